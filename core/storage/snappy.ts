/** Unpacks a raw Snappy block of data whose checksum has been checked. Source of the format: google/snappy, format_description.txt. */
export function unpackSnappy(packed: Buffer): Buffer {
  let at = 0, length = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = packed[at++] ?? 0;
    length += (byte & 127) * shift;
    if (byte < 128) break;
  }
  const out = Buffer.alloc(length);
  let filled = 0;
  while (at < packed.length && filled < length) {
    const tag = packed[at++] as number, kind = tag & 3;
    if (kind === 0) {
      let size = (tag >> 2) + 1;
      if (size > 60) { const bytes = size - 60; size = packed.readUIntLE(at, bytes) + 1; at += bytes; }
      packed.copy(out, filled, at, at + size);
      at += size;
      filled += size;
      continue;
    }
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = kind === 1 ? ((tag >> 5) << 8) | (packed[at] as number) : kind === 2 ? packed.readUInt16LE(at) : packed.readUInt32LE(at);
    at += kind === 1 ? 1 : kind === 2 ? 2 : 4;
    // Byte by byte: a copy may read what it has just written.
    for (let i = 0; i < size; i++, filled++) out[filled] = out[filled - back] as number;
  }
  return out;
}
