/**
 * DECIMAL as rows of the binlog store it: groups of nine digits in four bytes, big-endian, shorter groups at both ends; the first bit is
 * inverted, and a negative number has all bits inverted. Format: strings/decimal.c of MySQL (`decimal2bin`).
 */
import { asLong } from '../../../../core/types/long.ts';
import type { Long } from '../../../../core/types/sql-type.ts';

/** Bytes of a group of 0 to 9 digits. */
const BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const, POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;
const BIG_POWERS = POWERS.map(BigInt);
/** While the number so far is below, nine more digits fit a double exactly. */
const ROOM = 9_007_198;

export const decimalSize = (precision: number, scale: number): number => groups(precision, scale).reduce((sum, digits) => sum + BYTES[digits]!, 0);
/** Digits of each group. */
function groups(precision: number, scale: number): number[] {
  const whole = precision - scale, out: number[] = [];
  if (whole % 9 > 0) out.push(whole % 9);
  for (let i = 0; i < Math.floor(whole / 9); i++) out.push(9);
  for (let i = 0; i < Math.floor(scale / 9); i++) out.push(9);
  if (scale % 9 > 0) out.push(scale % 9);
  return out;
}
/** Reads the unscaled value at a position. */
export function decimalReader(precision: number, scale: number): (b: Buffer, at: number) => Long {
  const digits = groups(precision, scale), sizes = digits.map((d) => BYTES[d]!), count = digits.length;
  return (b, at) => {
    const isNegative = (b[at]! & 0x80) === 0, mask = isNegative ? 0xff : 0;
    let value = 0, big = 0n, isBig = false, first = 0x80;
    for (let g = 0; g < count; g++) {
      let group = 0;
      for (let i = sizes[g]!; i > 0; i--) { group = group * 256 + (b[at++]! ^ mask ^ first); first = 0; }
      if (!isBig && value >= ROOM && digits[g] !== 0) { isBig = true; big = BigInt(value); }
      if (isBig) big = big * BIG_POWERS[digits[g]!]! + BigInt(group); else value = value * POWERS[digits[g]!]! + group;
    }
    if (isBig) return asLong(isNegative ? -big : big);
    return isNegative ? 0 - value : value;
  };
}
