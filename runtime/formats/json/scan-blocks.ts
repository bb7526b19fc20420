/**
 * Pieces of generated scanner code. Names of a user appear in the code only as byte numbers to compare with.
 *
 * Variables of the generated function: `b` bytes, `w` the same as a DataView, `o` position, `end`, `cols` and `at` (column arrays, row),
 * `r` the JsonReader, `C` exact converters by wanted field, `F` timestamp forms, `S` makers of strings or TextSlices, `T` the helpers below. A block stands on the first byte of a value and leaves `o`
 * behind it. It handles the common form of its type by itself and hands all else to the exact converter, so results never differ.
 * Digits may be read past `end`; the scanner checks in the end that `o` is not behind it.
 */
import type { Long, SqlType } from '../../../core/types/sql-type.ts';
import type { TimestampType } from './convert.ts';
import { cursor, quotedDate, quotedTimestamp } from './temporal.ts';
import { findSpecial, findUnclean, isUtf8, skipBlanks, skipNumber, skipString, skipValue } from './skip.ts';

/** Exact for 16 to 18 digits: a long in canonical form. */
function longDigits(b: Uint8Array, start: number, end: number, negative: boolean): Long {
  let high = 0, low = 0;
  const split = end - 9;
  for (let i = start; i < split; i++) high = high * 10 + b[i]! - 48;
  for (let i = split; i < end; i++) low = low * 10 + b[i]! - 48;
  const safe = high * 1e9 + low;
  if (safe <= Number.MAX_SAFE_INTEGER) return negative ? -safe : safe;
  const value = BigInt(high) * 1000000000n + BigInt(low);
  return negative ? -value : value;
}
const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
export const scanHelpers = { longDigits, quotedTimestamp, quotedDate, cursor, POWERS, skipString, skipNumber, skipValue, skipBlanks, isUtf8, findSpecial, findUnclean };

/** Call of the exact converter of wanted field `i`; `s` holds where the value begins (a blank there: a learned shape does not fit). */
const exact = (i: number, slot: number): string => `{ if (b[s] <= 32 || s >= end) return -1; r.at = s; cols[${slot}][at] = C[${i}](r); o = r.at; }`;
const NULL_OR = (i: number, slot: number): string => `if (b[s] === 110 && b[s+1] === 117 && b[s+2] === 108 && b[s+3] === 108) { cols[${slot}][at] = null; o = s + 4; } else ${exact(i, slot)}`;

/** Strings that were longer than this in the sample are searched by words. */
const LONG_STRING = 12;
/** Moves `o` from behind the opening quote to the first quote, backslash or byte above 127, and sets `c` to it. */
const toSpecial = (length: number): string => (length > LONG_STRING ? 'o = T.findSpecial(w, o, end); if (o < end) c = b[o];' : 'while (o < end && (c = b[o]) !== 34 && c !== 92 && c < 128) o++;');

/** The same up to the first byte that may not stand in a slice. */
const toUnclean = (length: number): string => (length > LONG_STRING ? 'o = T.findUnclean(w, o, end); if (o < end) c = b[o];' : 'while (o < end && (c = b[o]) !== 34 && c !== 92 && c < 128 && c > 31) o++;');
/** A text as a slice; what is no clean string of ASCII stands in the column. */
function sliceBlock(i: number, slot: number, length: number): string {
  return `{ const s = o; let c = 0; if (b[o] === 34) { o++; ${toUnclean(length)} }
    if (c === 34 && o < end) { S[${i}].starts[at] = s + 1; S[${i}].ends[at] = o; o++; } else { S[${i}].starts[at] = -1; ${NULL_OR(i, slot)} } }`;
}

/**
 * Code that reads the value of wanted field `i` of a type into output slot `slot`, a text as a slice when `sliced`; `length` is that of the
 * value in a sample.
 */
export function readBlock(type: SqlType, i: number, slot: number, sliced: boolean, length = 0): string {
  if (sliced) return sliceBlock(i, slot, length);
  const out = `cols[${slot}][at]`, other = NULL_OR(i, slot);
  switch (type.kind) {
    case 'BOOLEAN':
      return `{ const s = o; if (b[o] === 116 && b[o+1] === 114 && b[o+2] === 117 && b[o+3] === 101) { ${out} = true; o += 4; } else if (b[o] === 102 && b[o+1] === 97 && b[o+2] === 108 && b[o+3] === 115 && b[o+4] === 101) { ${out} = false; o += 5; } else ${other} }`;
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': {
      const max = type.kind === 'TINYINT' ? 127 : type.kind === 'SMALLINT' ? 32767 : type.kind === 'INT' ? 2147483647 : Number.MAX_SAFE_INTEGER;
      const long = type.kind === 'BIGINT' ? `else if (n > 15 && n < 19 && b[d] !== 48 && c !== 46 && (c | 32) !== 101) ${out} = T.longDigits(b, d, o, d !== s);` : '';
      return `{ const s = o; if (b[o] === 45) o++; const d = o; let v = 0, c;
        while ((c = b[o]) >= 48 && c <= 57) { v = v * 10 + c - 48; o++; }
        const n = o - d;
        if (n > 0 && n < 16 && v <= ${max} && (b[d] !== 48 || n === 1) && c !== 46 && (c | 32) !== 101) ${out} = d === s ? v : 0 - v;
        ${long} else ${other} }`;
    }
    case 'DOUBLE': case 'FLOAT': case 'DECIMAL': return fractionBlock(type, out, other);
    case 'CHAR': case 'VARCHAR':
      return `{ const s = o; let c = 0; if (b[o] === 34) { o++;
        ${toSpecial(length)}
        if (c === 34 && o < end) { ${out} = S[${i}](b, s + 1, o); o++; } else ${exact(i, slot)} } else ${other} }`;
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ':
      return `{ const s = o; const v = b[o] === 34 ? T.quotedTimestamp(b, o, end, F[${i}]) : NaN; if (v === v) { ${out} = v; o = T.cursor.at; } else ${other} }`;
    case 'DATE':
      return `{ const s = o; const v = b[o] === 34 ? T.quotedDate(b, o, end) : NaN; if (v === v) { ${out} = v; o = T.cursor.at; } else ${other} }`;
    default: return `{ const s = o; ${other} }`;
  }
}
/**
 * Up to 15 digits with a point: exact in a double, and digits / 10^k is then correctly rounded for k <= 22 (Clinger). For DECIMAL the
 * digits are the unscaled value once the missing zeros are added.
 */
function fractionBlock(type: SqlType, out: string, other: string): string {
  const head = `{ const s = o; if (b[o] === 45) o++; const d = o; let v = 0, c, k = 0;
    while ((c = b[o]) >= 48 && c <= 57) { v = v * 10 + c - 48; o++; }
    let n = o - d; const w = n;
    if (c === 46) { o++; while ((c = b[o]) >= 48 && c <= 57) { v = v * 10 + c - 48; o++; k++; } n += k; }
    if (w > 0 && n < 16 && (b[d] !== 48 || w === 1) && (k > 0 || b[o-1] !== 46) && (c | 32) !== 101`;
  if (type.kind === 'DECIMAL') {
    const limit = type.precision > 15 ? Number.MAX_SAFE_INTEGER : Number(`1e${type.precision}`) - 1;
    if (type.scale > 22) return `{ const s = o; ${other} }`;
    return `${head} && k <= ${type.scale} && (v *= T.POWERS[${type.scale} - k]) <= ${limit}) ${out} = d === s ? v : 0 - v; else ${other} }`;
  }
  const value = type.kind === 'FLOAT' ? 'Math.fround(v)' : 'v';
  return `${head}) { if (k > 0) v /= T.POWERS[k]; if (d !== s) v = k === 0 && v === 0 ? 0 : -v; ${out} = ${value}; } else ${other} }`;
}

/** Code that steps over a value; first byte and length of the sample's value choose what is tried first. */
export function skipBlock(firstByte: number, length: number): string {
  if (firstByte === 34) return `if (b[o] === 34) { const s = o++; let c = 0; ${toSpecial(length)} if (c === 34 && o < end) o++; else if ((o = T.skipString(b, s, end)) < 0) return -1; } else if ((o = T.skipValue(b, o, end, r.depth)) < 0) return -1;`;
  if (firstByte === 45 || (firstByte >= 48 && firstByte <= 57)) return `if (b[o] >= 49 && b[o] <= 57) { const s = o; do o++; while (b[o] >= 48 && b[o] <= 57); if ((b[o] === 46 || (b[o] | 32) === 101) && (o = T.skipNumber(b, s, end)) < 0) return -1; } else if ((o = T.skipValue(b, o, end, r.depth)) < 0) return -1;`;
  return 'if ((o = T.skipValue(b, o, end, r.depth)) < 0) return -1;';
}

/** Condition that the bytes at `at` equal `bytes`, of which none lies at or behind `end`. From four on they are compared by words. */
export function bytesEqual(bytes: Uint8Array, at: string): string {
  const n = bytes.length;
  if (n < 4) return Array.from(bytes, (c, i) => `b[${at}+${i}] === ${c}`).join(' && ') || 'true';
  const view = new DataView(bytes.buffer, bytes.byteOffset, n), tests = [`${at} + ${n} <= end`];
  for (let i = 0; i + 4 <= n; i += 4) tests.push(`w.getInt32(${at}+${i}, true) === ${view.getInt32(i, true)}`);
  // The last word overlaps the one before it.
  if (n % 4 !== 0) tests.push(`w.getInt32(${at}+${n - 4}, true) === ${view.getInt32(n - 4, true)}`);
  return tests.join(' && ');
}

/** True when a type has a timestamp form. */
export const isTimestampType = (type: SqlType): type is SqlType & TimestampType => type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ';
