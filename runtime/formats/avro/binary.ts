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
export function writeAvroString(out: ByteSink, text: string): void { writeAvroText(out, text); }
function writeAvroText(out: ByteSink, text: string): void {
  // Short ASCII, most texts, has a length of one byte.
  const at = out.length;
  out.ensure(text.length * 3 + 5);
  out.length = at + 1;
  appendUtf8(out, text);
  const bytes = out.length - at - 1;
  if (bytes < 64) { out.bytes[at] = bytes * 2; return; }
  const body = Buffer.from(out.bytes.subarray(at + 1, out.length));
  out.length = at;
  writeAvroBytes(out, body);
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
