/**
 * Values of the text protocol read from their bytes, without a string between: what is most frequent in snapshots. The same values as
 * `textReader` makes of the texts. Bytes are what a server writes: digits where digits belong.
 */
import type { TextBuffer } from '../../../../core/row/text.ts';
import { asLong } from '../../../../core/types/long.ts';
import type { Long } from '../../../../core/types/sql-type.ts';
import { dayNumber, inUnit } from './temporal-values.ts';

/** Digits that a double holds, however they are added up. */
const SAFE_DIGITS = 15, MINUS = 45, POINT = 46;

/** Decimal digits with a sign; zeros of ZEROFILL in front. */
export function integerOf(b: Buffer, start: number, end: number): Long {
  if (end - start > SAFE_DIGITS) return asLong(BigInt((b as TextBuffer).latin1Slice(start, end)));
  const isNegative = b[start] === MINUS;
  let value = 0;
  for (let i = isNegative ? start + 1 : start; i < end; i++) value = value * 10 + (b[i]! - 48);
  return isNegative ? 0 - value : value;
}
/** Unscaled: MySQL writes all digits behind the point. */
export function decimalOf(b: Buffer, start: number, end: number): Long {
  // With the point, and perhaps a sign.
  if (end - start > SAFE_DIGITS) return asLong(BigInt((b as TextBuffer).latin1Slice(start, end).replace('.', '')));
  const isNegative = b[start] === MINUS;
  let value = 0;
  for (let i = isNegative ? start + 1 : start; i < end; i++) { const c = b[i]!; if (c !== POINT) value = value * 10 + (c - 48); }
  return isNegative ? 0 - value : value;
}
const two = (b: Buffer, at: number): number => b[at]! * 10 + b[at + 1]! - 528;
/** `2020-02-29`; null for `0000-00-00` and its like. */
export function dateOf(b: Buffer, start: number): number | null { return dayNumber(two(b, start) * 100 + two(b, start + 2), two(b, start + 5), two(b, start + 8)); }
/** `2020-02-29 12:34:56.789`, in the unit of TIMESTAMP(precision). */
export function datetimeOf(precision: number): (b: Buffer, start: number, end: number) => Long | null {
  return (b, start, end) => {
    const day = dateOf(b, start);
    if (day === null) return null;
    let micros = 0;
    for (let i = start + 20, unit = 100_000; i < end && unit >= 1; i++, unit /= 10) micros += (b[i]! - 48) * unit;
    return inUnit(day * 86400 + two(b, start + 11) * 3600 + two(b, start + 14) * 60 + two(b, start + 17), micros, precision);
  };
}
