/** ENUM, SET, BIT, UUID, INET and VECTOR: values as rows of the binlog hold them and as the text protocol gives them. */

/** ENUM: 1 is the first value; 0 stands for a value that was not one, which MySQL shows as an empty text. undefined: no such value. */
export const enumText = (values: readonly string[], index: number): string | undefined => (index === 0 ? '' : values[index - 1]);
/** SET: one bit for each value, the first one lowest. */
export function setMembers(values: readonly string[], b: Buffer, at: number, bytes: number): string[] {
  const out: string[] = [];
  for (let i = 0; i < values.length && i < bytes * 8; i++) if ((b[at + (i >> 3)]! & 1 << (i & 7)) !== 0) out.push(values[i]!);
  return out;
}
/** The text of a SET names them with commas; values have none. */
export const setFromText = (text: string): string[] => (text === '' ? [] : text.split(','));

/** Big-endian bytes as a number or bigint. */
export function bitsValue(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const byte of bytes) value = value << 8n | BigInt(byte);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
/** 32-bit floats, little-endian. */
export function vectorOf(b: Buffer, start: number, end: number): number[] {
  const out: number[] = [];
  for (let at = start; at + 4 <= end; at += 4) out.push(b.readFloatLE(at));
  return out;
}

/** MariaDB turns the segments round in its tables, but not in the binlog. */
export const uuidText = (b: Buffer): string => `${b.toString('hex', 0, 4)}-${b.toString('hex', 4, 6)}-${b.toString('hex', 6, 8)}-${b.toString('hex', 8, 10)}-${b.toString('hex', 10, 16)}`;
export const inet4Text = (b: Buffer): string => `${b[0]!}.${b[1]!}.${b[2]!}.${b[3]!}`;
/** RFC 5952 with IPv4 tails where `inet6_ntoa` has them: the longest run of zero groups becomes `::`. */
export function inet6Text(b: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => b.readUInt16BE(i * 2));
  let bestAt = -1, bestLength = 0;
  for (let i = 0; i < 8;) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > bestLength) { bestAt = i; bestLength = end - i; }
    i = Math.max(end, i + 1);
  }
  if (bestLength < 2) bestAt = -1;
  const isMapped = bestAt === 0 && (bestLength === 6 || bestLength === 5 && groups[5] === 0xffff);
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === bestAt) { text += '::'; i += bestLength - 1; continue; }
    if (isMapped && i === 6) { text += `${text.endsWith(':') || text === '' ? '' : ':'}${inet4Text(b.subarray(12, 16))}`; break; }
    text += `${text === '' || text.endsWith(':') ? '' : ':'}${groups[i]!.toString(16)}`;
  }
  return text;
}
