/** Length-encoded integers of the MySQL protocol, up to 2^48. */

/** Behind the integer that `lenenc` read last; a second result without an object. */
export let lenencAt = 0;
export function lenenc(b: Buffer, at: number): number {
  const first = b.readUInt8(at);
  switch (first) {
    case 252: lenencAt = at + 3; return b.readUInt16LE(at + 1);
    case 253: lenencAt = at + 4; return b.readUIntLE(at + 1, 3);
    case 254: lenencAt = at + 9; return b.readUIntLE(at + 1, 6) + (b.readUInt16LE(at + 7) === 0 ? 0 : Number.MAX_SAFE_INTEGER);
    default: lenencAt = at + 1; return first;
  }
}
