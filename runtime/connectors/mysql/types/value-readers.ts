/**
 * The pieces of generated code that read one value of a row (or step over it), by type code and metadata of the table map. A piece finds
 * the bytes `b` and the position `p` and sets `v` to the base value of `mapping.ts`; where the value has a length of its own, `length` sets
 * `n` first, moves `p` to the value, and the caller moves on by `n`.
 */
import { stringMaker, type MakeString, type TextBuffer } from '../../../../core/row/text.ts';
import { decimalText } from '../../../../core/types/decimal.ts';
import * as T from '../binlog/column-codes.ts';
import type { MySqlColumn } from '../contract.ts';
import { textDecoder } from './charset.ts';
import { decimalReader, decimalSize } from './decimal-binary.ts';
import { geometryText } from './geometry.ts';
import { jsonText } from './json-binary.ts';
import { isGeometry, MAX_DECIMAL } from './mapping.ts';
import { enumText, inet4Text, inet6Text, setMembers, uuidText, vectorOf } from './small-values.ts';
import { fractionBytes, readDate, readDatetime, readOldDatetime, readOldTime, readOldTimestamp, readTime, readTimestamp } from './temporal-values.ts';

export interface ValueReader { readonly length: string; readonly code: string; readonly isSliceable: boolean }
type Ref = (value: unknown) => string;

const LENGTH_CODES = ['', 'n = b[p]; p += 1;', 'n = b[p] | b[p + 1] << 8; p += 2;', 'n = b[p] | b[p + 1] << 8 | b[p + 2] << 16; p += 3;', 'n = (b[p] | b[p + 1] << 8 | b[p + 2] << 16 | b[p + 3] << 24) >>> 0; p += 4;'] as const;

/** Bytes of a value, or of the length in front of it. */
function sizes(type: number, metadata: number): { readonly fixed: number } | { readonly lengthBytes: number } | undefined {
  const low = metadata & 255, high = metadata >> 8;
  switch (T.realType(type, metadata)) {
    case T.TINY: case T.YEAR: return { fixed: 1 };
    case T.SHORT: return { fixed: 2 };
    case T.INT24: case T.DATE: case T.NEWDATE: case T.TIME: return { fixed: 3 };
    case T.LONG: case T.FLOAT: case T.TIMESTAMP: return { fixed: 4 };
    case T.LONGLONG: case T.DOUBLE: case T.DATETIME: return { fixed: 8 };
    case T.NEWDECIMAL: return { fixed: decimalSize(high, low) };
    case T.TIME2: return { fixed: 3 + fractionBytes(low) };
    case T.TIMESTAMP2: return { fixed: 4 + fractionBytes(low) };
    case T.DATETIME2: return { fixed: 5 + fractionBytes(low) };
    case T.BIT: return { fixed: high + (low > 0 ? 1 : 0) };
    case T.ENUM: case T.SET: return { fixed: low };
    case T.VARCHAR: case T.VAR_STRING: case T.VARCHAR_COMPRESSED: return { lengthBytes: metadata > 255 ? 2 : 1 };
    case T.STRING: return { lengthBytes: T.stringLength(metadata) > 255 ? 2 : 1 };
    case T.BLOB: case T.JSON: case T.GEOMETRY: case T.VECTOR: case T.BLOB_COMPRESSED: return low >= 1 && low <= 4 ? { lengthBytes: low } : undefined;
    default: return undefined;
  }
}
/** Steps over a value. undefined: its size is not known. */
export function sizeCode(type: number, metadata: number): string | undefined {
  const size = sizes(type, metadata);
  return size === undefined ? undefined : 'fixed' in size ? `p += ${size.fixed};` : `${LENGTH_CODES[size.lengthBytes as 1]} p += n;`;
}
/** undefined: values of the type are not read. */
export function valueReader(type: number, metadata: number, column: MySqlColumn, options: { readonly compactJson: boolean }, ref: Ref): ValueReader | undefined {
  const size = sizes(type, metadata), low = metadata & 255, high = metadata >> 8, { unsigned } = column;
  if (size === undefined) return undefined;
  if ('lengthBytes' in size) {
    const found = lengthened(T.realType(type, metadata), column, options, ref);
    return found === undefined ? undefined : { length: LENGTH_CODES[size.lengthBytes as 1], ...found };
  }
  const fixed = (code: string): ValueReader => ({ length: '', code: `${code} p += ${size.fixed};`, isSliceable: false }), call = (read: unknown, ...more: readonly number[]): ValueReader => fixed(`v = ${ref(read)}(b, p${more.map((m) => `, ${m}`).join('')});`);
  switch (T.realType(type, metadata)) {
    case T.TINY: return fixed(unsigned ? 'v = b[p];' : 'v = b[p] << 24 >> 24;');
    case T.SHORT: return fixed(unsigned ? 'v = b[p] | b[p + 1] << 8;' : 'v = (b[p] | b[p + 1] << 8) << 16 >> 16;');
    case T.INT24: return fixed(unsigned ? 'v = b[p] | b[p + 1] << 8 | b[p + 2] << 16;' : 'v = (b[p] << 8 | b[p + 1] << 16 | b[p + 2] << 24) >> 8;');
    case T.LONG: return fixed(`v = (b[p] | b[p + 1] << 8 | b[p + 2] << 16 | b[p + 3] << 24)${unsigned ? ' >>> 0' : ''};`);
    case T.LONGLONG: return fixed(`const h = b[p + 4] | b[p + 5] << 8 | b[p + 6] << 16 | b[p + 7] << 24; v = h >= 0 && h < 2097152 ? h * 4294967296 + ((b[p] | b[p + 1] << 8 | b[p + 2] << 16 | b[p + 3] << 24) >>> 0) : ${ref(unsigned ? wideUnsigned : wideSigned)}(b, p);`);
    case T.FLOAT: return fixed('v = b.readFloatLE(p);');
    case T.DOUBLE: return fixed('v = b.readDoubleLE(p);');
    case T.NEWDECIMAL: return high > MAX_DECIMAL ? call(wideDecimal(high, low)) : call(decimalReader(high, low));
    case T.DATE: case T.NEWDATE: return call(readDate);
    case T.YEAR: return fixed('v = b[p] === 0 ? 0 : b[p] + 1900;');
    case T.TIME2: return call(readTime, low);
    case T.DATETIME2: return call(readDatetime, low);
    case T.TIMESTAMP2: return call(readTimestamp, low);
    case T.TIME: return call(readOldTime);
    case T.DATETIME: return call(readOldDatetime, 0);
    case T.TIMESTAMP: return call(readOldTimestamp, 0);
    case T.BIT: return call(copyBytes, size.fixed);
    case T.ENUM: { const values = column.values ?? []; return fixed(`v = ${ref(enumReader(values))}(b[p]${low === 2 ? ' | b[p + 1] << 8' : ''});`); }
    case T.SET: { const values = column.values ?? []; return fixed(`v = ${ref((b: Buffer, at: number) => setMembers(values, b, at, low))}(b, p);`); }
    default: return undefined;
  }
}
function lengthened(real: number, column: MySqlColumn, options: { readonly compactJson: boolean }, ref: Ref): { code: string; isSliceable: boolean } | undefined {
  const read = (reader: (b: Buffer, start: number, end: number) => unknown): { code: string; isSliceable: boolean } => ({ code: `if (p + n > end) throw new RangeError('a value is cut short'); v = ${ref(reader)}(b, p, p + n);`, isSliceable: false });
  switch (real) {
    case T.JSON: return read((b, start, end) => jsonText(b, start, end, options.compactJson));
    case T.VECTOR: return read(vectorOf);
    case T.GEOMETRY: return isGeometry(column.dataType) ? read(geometryText) : undefined;
    case T.VARCHAR: case T.VAR_STRING: case T.STRING: case T.BLOB: break;
    default: return undefined;
  }
  switch (column.dataType) {
    // Zeros at the end are not stored.
    case 'uuid': return read((b, start, end) => uuidText(padded(b, start, end, 16)));
    case 'inet6': return read((b, start, end) => inet6Text(padded(b, start, end, 16)));
    case 'inet4': return read((b, start, end) => inet4Text(padded(b, start, end, 4)));
    case 'binary': { const length = column.length ?? 1; return read((b, start, end) => padded(b, start, end, length)); }
    case 'varbinary': case 'tinyblob': case 'blob': case 'mediumblob': case 'longblob': return read((b, start, end) => copyBytes(b, start, end - start));
    default: break;
  }
  const charset = column.charset ?? 'utf8mb4', isUtf8 = /^(?:utf8|utf8mb3|utf8mb4|ascii)$/.test(charset);
  if (isUtf8 || charset === 'latin1') return { ...read(shortText(stringMaker(), textDecoder(charset)!)), isSliceable: true };
  const decode = textDecoder(charset);
  return decode === undefined ? undefined : read(decode);
}
/** ASCII texts, nearly all, through the table of recent ones: a native call costs more than the check. */
function shortText(make: MakeString, decode: (b: Buffer, start: number, end: number) => string): (b: Buffer, start: number, end: number) => string {
  return (b, start, end) => {
    if (end - start > 40) return decode(b, start, end);
    for (let i = start; i < end; i++) if (b[i]! > 127) return decode(b, start, end);
    return make(b as TextBuffer, start, end);
  };
}
const wideSigned = (b: Buffer, at: number): number | bigint => canonical(b.readBigInt64LE(at)), wideUnsigned = (b: Buffer, at: number): number | bigint => canonical(b.readBigUInt64LE(at));
const canonical = (value: bigint): number | bigint => (value <= 9007199254740991n && value >= -9007199254740991n ? Number(value) : value);
function wideDecimal(precision: number, scale: number): (b: Buffer, at: number) => string {
  const read = decimalReader(precision, scale);
  return (b, at) => decimalText(read(b, at), scale);
}
function enumReader(values: readonly string[]): (index: number) => string {
  return (index) => {
    const text = enumText(values, index);
    if (text === undefined) throw new RangeError(`an enum of ${values.length} values has value ${index}`);
    return text;
  };
}
function copyBytes(b: Buffer, at: number, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(b.subarray(at, at + length));
  return copy;
}
function padded(b: Buffer, start: number, end: number, length: number): Buffer {
  const copy = Buffer.alloc(Math.max(length, end - start));
  b.copy(copy, 0, start, end);
  return copy;
}
