/**
 * 32-bit hash of a byte range: HalfSipHash-1-3 (Aumasson and Bernstein's SipHash for 32-bit words), about 20 ns for a key of 8 bytes.
 * With a secret key an attacker who chooses the data cannot make it collide, so the in-memory index of state tables is keyed at
 * random. With the fixed PARTITION key it decides which subtask owns a row: that hash is part of the state's identity on disk and must
 * never change (`docs/state-format.md`).
 */

/** Key of the partition hash; part of state format version 1. */
export const PARTITION_K0 = 0x52697675, PARTITION_K1 = 0x6c657431;

/** Hash of `bytes[from…to)` under the key (k0, k1): an unsigned 32-bit integer. */
export function hashBytes(bytes: Uint8Array, from: number, to: number, k0: number, k1: number): number {
  let v0 = k0 | 0, v1 = k1 | 0, v2 = 0x6c796765 ^ k0, v3 = 0x74656462 ^ k1;
  const length = to - from, end = to - (length & 3);
  let at = from;
  for (; at < end; at += 4) {
    const m = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    v3 ^= m;
    v0 = (v0 + v1) | 0; v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0; v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0; v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0; v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0; v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2; v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= m;
  }
  let last = length << 24;
  switch (length & 3) {
    case 3: last |= (bytes[at]!) | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16); break;
    case 2: last |= (bytes[at]!) | (bytes[at + 1]! << 8); break;
    case 1: last |= bytes[at]!; break;
    default:
  }
  v3 ^= last;
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0; v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0; v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0; v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0; v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0; v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2; v2 = (v2 << 16) | (v2 >>> 16);
    if (round === 0) { v0 ^= last; v2 ^= 0xff; }
  }
  return (v1 ^ v3) >>> 0;
}

/** The hash that assigns keys to subtasks; 0 for the empty key, so that state without a key belongs to subtask 0. */
export const partitionHash = (bytes: Uint8Array, from: number, to: number): number => (from === to ? 0 : hashBytes(bytes, from, to, PARTITION_K0, PARTITION_K1));
