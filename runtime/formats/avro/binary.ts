/** Avro's binary encoding of primitives. Source: Apache Avro specification, "Binary encoding". Lengths and union branches are zigzag variable-length integers. */
import type { Long } from '../../../core/types/sql-type.ts';
import type { ByteSink } from '../../connectors/contract.ts';
import { appendUtf8 } from '../byte-sink.ts';

/** int and long. */
export function writeAvroLong(out: ByteSink, value: Long): void {
  out.ensure(10);
  if (typeof value === 'number' && value >= -0x3fffffff && value <= 0x3fffffff) {
    let z = value << 1 ^ value >> 31, o = out.length;
    while (z > 127) { out.bytes[o++] = z & 127 | 128; z >>>= 7; }
    out.bytes[o++] = z;
    out.length = o;
    return;
  }
  const big = BigInt(value);
  let z = BigInt.asUintN(64, big << 1n ^ big >> 63n);
  while (z > 127n) { out.bytes[out.length++] = Number(z & 127n) | 128; z >>= 7n; }
  out.bytes[out.length++] = Number(z);
}
export function writeAvroString(out: ByteSink, text: string): void {
  const at = out.length, length = text.length;
  out.ensure(length * 3 + 5);
  if (length < 64) {
    // Short ASCII, most texts: a length of one byte, and a loop beats the native copy.
    const b = out.bytes;
    let i = 0;
    for (let o = at + 1; i < length; i++) {
      const c = text.charCodeAt(i);
      if (c > 127) break;
      b[o++] = c;
    }
    if (i === length) { b[at] = length * 2; out.length = at + 1 + length; return; }
  }
  writeAvroBytes(out, Buffer.from(text));
}
export function writeAvroBytes(out: ByteSink, bytes: Uint8Array): void {
  writeAvroLong(out, bytes.length);
  out.ensure(bytes.length);
  out.bytes.set(bytes, out.length);
  out.length += bytes.length;
}
export function writeAvroDouble(out: ByteSink, value: number): void {
  out.ensure(8);
  out.view.setFloat64(out.length, value, true);
  out.length += 8;
}
