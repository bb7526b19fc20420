/** Kafka's default partitioner for keyed records: murmur2 of the key bytes (org.apache.kafka.common.utils.Utils.murmur2), modulo. */

/** Signed 32-bit hash of `bytes[start..end)`, equal to the Java client's. */
export function murmur2(bytes: Buffer, start: number, end: number): number {
  const M = 0x5bd1e995;
  let length = end - start, at = start;
  let h = 0x9747b28c ^ length;
  for (; length >= 4; length -= 4, at += 4) {
    let k = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    k = Math.imul(k, M);
    k ^= k >>> 24;
    h = Math.imul(h, M) ^ Math.imul(k, M);
  }
  if (length === 3) h ^= bytes[at + 2]! << 16;
  if (length >= 2) h ^= bytes[at + 1]! << 8;
  if (length >= 1) h = Math.imul(h ^ bytes[at]!, M);
  h = Math.imul(h ^ h >>> 13, M);
  return h ^ h >>> 15;
}

/** Partition of a keyed record: `toPositive(murmur2(key)) % count`. */
export function partitionForKey(key: Buffer, start: number, end: number, partitionCount: number): number {
  return (murmur2(key, start, end) & 0x7fffffff) % partitionCount;
}
