/**
 * Values to bytes and back: the primitives under the row codec. Each form is self-delimiting and canonical: equal values give equal
 * bytes, and no encoding is a prefix of another of the same type, so encoded rows serve as keys compared byte by byte.
 *
 *   long     1–8 bytes, or 2 + n for bigint. Tag t < 224: the value t - 32. 224…230: a little-endian two's complement of t - 223
 *            bytes, the fewest that hold the value. 231 (positive), 232 (negative): a length byte, then the magnitude, little-endian,
 *            minimal; only for values beyond 2^53-1
 *   double   8 bytes IEEE 754, little-endian; one NaN. -0 differs from 0 and NaN equals NaN, as keys do in Flink (bytes of BinaryRowData)
 *   float    the same in 4 bytes
 *   string   varint of 2 * length + wide, then one byte per UTF-16 unit when all are below 256, else (wide) two. Lossless for lone
 *            surrogates, and both forms are plain copies in V8, where UTF-8 must be transcoded
 *   bytes    varint length, then the bytes
 */
import { internalError } from '../errors/common.ts';
import { copyAscii, viewOf } from './text.ts';

const WORD = 4294967296;
const SMALL_MIN = -32, SMALL_END = 192, FIXED = 223, BIG_POSITIVE = 231, BIG_NEGATIVE = 232;
/** Bytes a long needs at most when it is a number or a bigint of 128 bits. */
export const MAX_LONG_BYTES = 2 + 17;

/** Node's native copies, which its type declarations leave out. */
type RawBuffer = Buffer & { latin1Write(text: string, at: number, length: number): number; ucs2Write(text: string, at: number, length: number): number };

/** Grows by doubling; `bytes` may be replaced by any call of `reserve`, `string` or `binary`, so re-read it after them. */
export class ByteWriter {
  bytes: Buffer;
  private view: DataView;
  constructor(capacity = 256) { this.bytes = Buffer.allocUnsafeSlow(capacity); this.view = viewOf(this.bytes); }
  /** Makes room for `more` bytes from position `at`; what stands before `at` is kept. */
  reserve(at: number, more: number): Buffer {
    if (this.bytes.length - at >= more) return this.bytes;
    const wider = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, at + more + 64));
    wider.set(this.bytes.subarray(0, at));
    this.bytes = wider;
    this.view = viewOf(wider);
    return wider;
  }
  /** Writes a string at `at` and keeps `after` bytes free behind it; gives the position behind the string. */
  string(at: number, value: string, after: number): number {
    const length = value.length;
    const bytes = this.reserve(at, length + 5 + after);
    let p = writeVarint(bytes, at, length * 2);
    if (length < 48) {
      for (let i = 0; i < length; i++) {
        const unit = value.charCodeAt(i);
        if (unit > 255) return this.wideString(at, value, after);
        bytes[p++] = unit;
      }
      return p;
    }
    // As many UTF-8 bytes as units means pure ASCII, told by one native scan; else look unit by unit.
    if (Buffer.byteLength(value) !== length) for (let i = 0; i < length; i++) if (value.charCodeAt(i) > 255) return this.wideString(at, value, after);
    (bytes as RawBuffer).latin1Write(value, p, length);
    return p + length;
  }
  /** The bytes [start, end) of `from`, all ASCII, as a string: what `string` gives for it. */
  slice(at: number, from: DataView, start: number, end: number, after: number): number {
    const p = writeVarint(this.reserve(at, end - start + 5 + after), at, (end - start) * 2);
    return copyAscii(from, start, end, this.view, p);
  }
  /** A string in the wide form although it may fit the narrow one. */
  wideString(at: number, value: string, after: number): number {
    const length = value.length;
    const bytes = this.reserve(at, length * 2 + 5 + after);
    const p = writeVarint(bytes, at, length * 2 + 1);
    (bytes as RawBuffer).ucs2Write(value, p, length * 2);
    return p + length * 2;
  }
  binary(at: number, value: Uint8Array, after: number): number {
    const bytes = this.reserve(at, value.length + 5 + after);
    const p = writeVarint(bytes, at, value.length);
    bytes.set(value, p);
    return p + value.length;
  }
}
/** LEB128 of a non-negative integer below 2^31. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value > 127) { bytes[at++] = (value & 127) | 128; value >>>= 7; }
  bytes[at] = value;
  return at + 1;
}
/** Bytes a varint takes. */
export const varintSize = (value: number): number => (value < 128 ? 1 : value < 16384 ? 2 : value < 2097152 ? 3 : value < 268435456 ? 4 : 5);

/** Writes a long (number or bigint); the caller has reserved MAX_LONG_BYTES. */
export function writeLong(bytes: Uint8Array, at: number, value: number | bigint): number {
  if (typeof value !== 'number') return writeBig(bytes, at, value);
  const low = value | 0;
  if (low === value) {
    if (low >= SMALL_MIN && low < SMALL_END) { bytes[at] = low - SMALL_MIN; return at + 1; }
    if (low >= -128 && low < 128) { bytes[at] = FIXED + 1; bytes[at + 1] = low; return at + 2; }
    bytes[at + 1] = low; bytes[at + 2] = low >> 8;
    if (low >= -32768 && low < 32768) { bytes[at] = FIXED + 2; return at + 3; }
    bytes[at + 3] = low >> 16;
    if (low >= -8388608 && low < 8388608) { bytes[at] = FIXED + 3; return at + 4; }
    bytes[at] = FIXED + 4; bytes[at + 4] = low >> 24;
    return at + 5;
  }
  const high = (value - (value >>> 0)) / WORD;
  bytes[at + 1] = low; bytes[at + 2] = low >> 8; bytes[at + 3] = low >> 16; bytes[at + 4] = low >> 24; bytes[at + 5] = high;
  if (high >= -128 && high < 128) { bytes[at] = FIXED + 5; return at + 6; }
  bytes[at + 6] = high >> 8;
  if (high >= -32768 && high < 32768) { bytes[at] = FIXED + 6; return at + 7; }
  bytes[at] = FIXED + 7; bytes[at + 7] = high >> 16;
  return at + 8;
}
function writeBig(bytes: Uint8Array, at: number, value: bigint): number {
  if (value >= -9007199254740991n && value <= 9007199254740991n) return writeLong(bytes, at, Number(value));
  let rest = value < 0n ? -value : value;
  let p = at + 2;
  while (rest > 0n) { bytes[p++] = Number(rest & 0xffn); rest >>= 8n; }
  if (p - at > MAX_LONG_BYTES) throw internalError({ what: 'an integer of more than 136 bits reached the row codec' });
  bytes[at] = value < 0n ? BIG_NEGATIVE : BIG_POSITIVE;
  bytes[at + 1] = p - at - 2;
  return p;
}
/** Bytes that follow the tag of a long; `at` is the position behind the tag. */
export const longTail = (bytes: Uint8Array, at: number, tag: number): number => (tag <= FIXED ? 0 : tag < BIG_POSITIVE ? tag - FIXED : 1 + bytes[at]!);
/** Reads the long with this tag whose tail stands at `at`. */
export function readLong(bytes: Uint8Array, at: number, tag: number): number | bigint {
  switch (tag) {
    case FIXED + 1: return (bytes[at]! << 24) >> 24;
    case FIXED + 2: return ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16;
    case FIXED + 3: return ((bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) << 8) >> 8;
    case FIXED + 4: return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    case FIXED + 5: return readLow(bytes, at) + ((bytes[at + 4]! << 24) >> 24) * WORD;
    case FIXED + 6: return readLow(bytes, at) + (((bytes[at + 4]! | (bytes[at + 5]! << 8)) << 16) >> 16) * WORD;
    case FIXED + 7: return readLow(bytes, at) + (((bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16)) << 8) >> 8) * WORD;
    case BIG_POSITIVE: return readMagnitude(bytes, at);
    case BIG_NEGATIVE: return -readMagnitude(bytes, at);
    default: return tag + SMALL_MIN;
  }
}
const readLow = (bytes: Uint8Array, at: number): number => (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
function readMagnitude(bytes: Uint8Array, at: number): bigint {
  let value = 0n;
  for (let i = at + bytes[at]!; i > at; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

const DOUBLE = new Float64Array(1), FLOAT = new Float32Array(1);
const DOUBLE_BYTES = new Uint8Array(DOUBLE.buffer), FLOAT_BYTES = new Uint8Array(FLOAT.buffer);
export function writeDouble(bytes: Uint8Array, at: number, value: number): number {
  DOUBLE[0] = value === value ? value : NaN;
  bytes[at] = DOUBLE_BYTES[0]!; bytes[at + 1] = DOUBLE_BYTES[1]!; bytes[at + 2] = DOUBLE_BYTES[2]!; bytes[at + 3] = DOUBLE_BYTES[3]!;
  bytes[at + 4] = DOUBLE_BYTES[4]!; bytes[at + 5] = DOUBLE_BYTES[5]!; bytes[at + 6] = DOUBLE_BYTES[6]!; bytes[at + 7] = DOUBLE_BYTES[7]!;
  return at + 8;
}
export function readDouble(bytes: Uint8Array, at: number): number {
  DOUBLE_BYTES[0] = bytes[at]!; DOUBLE_BYTES[1] = bytes[at + 1]!; DOUBLE_BYTES[2] = bytes[at + 2]!; DOUBLE_BYTES[3] = bytes[at + 3]!;
  DOUBLE_BYTES[4] = bytes[at + 4]!; DOUBLE_BYTES[5] = bytes[at + 5]!; DOUBLE_BYTES[6] = bytes[at + 6]!; DOUBLE_BYTES[7] = bytes[at + 7]!;
  return DOUBLE[0]!;
}
export function writeFloat(bytes: Uint8Array, at: number, value: number): number {
  FLOAT[0] = value === value ? value : NaN;
  bytes[at] = FLOAT_BYTES[0]!; bytes[at + 1] = FLOAT_BYTES[1]!; bytes[at + 2] = FLOAT_BYTES[2]!; bytes[at + 3] = FLOAT_BYTES[3]!;
  return at + 4;
}
export function readFloat(bytes: Uint8Array, at: number): number {
  FLOAT_BYTES[0] = bytes[at]!; FLOAT_BYTES[1] = bytes[at + 1]!; FLOAT_BYTES[2] = bytes[at + 2]!; FLOAT_BYTES[3] = bytes[at + 3]!;
  return FLOAT[0]!;
}
/** Reads a varint; the position behind it is `at + varintSize(value)`. */
export function readVarint(bytes: Uint8Array, at: number): number {
  let value = bytes[at]!;
  if (value < 128) return value;
  value &= 127;
  for (let shift = 7; ; shift += 7) {
    const next = bytes[++at]!;
    value |= (next & 127) << shift;
    if (next < 128 || shift > 28) return value;
  }
}
