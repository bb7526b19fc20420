/**
 * DECIMAL arithmetic on unscaled longs (`value * 10^scale`, canonical as in `long.ts`). A value that does not fit its precision is
 * null, as in Flink (DecimalDataUtils, DecimalData.fromBigDecimal: round half up to the scale, then null when the precision is
 * exceeded). Result types of expressions: the `…Type` functions ("Data Types", decimal arithmetic; LogicalTypeMerging).
 */
import { cappedDecimal } from './coercion.ts';
import { asLong, multiplyExact } from './long.ts';
import type { Long, SqlType } from './sql-type.ts';

const POWERS: readonly bigint[] = Array.from({ length: 120 }, (_, i) => 10n ** BigInt(i));
const NUMBER_POWERS: readonly number[] = Array.from({ length: 16 }, (_, i) => 10 ** i);
/** 10^n as a long. */
export function power10(n: number): Long { return n < 16 ? NUMBER_POWERS[n]! : bigPower10(n); }
export function bigPower10(n: number): bigint { return n < 120 ? POWERS[n]! : 10n ** BigInt(n); }

export interface DecimalShape { readonly precision: number; readonly scale: number }

/** Half away from zero: a / 10^digits. */
export function divideHalfUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor, rest = value % divisor;
  if ((rest < 0n ? -rest : rest) * 2n < (divisor < 0n ? -divisor : divisor)) return quotient;
  return (value < 0n) === (divisor < 0n) ? quotient + 1n : quotient - 1n;
}
/** The same number at another scale; digits that do not fit the smaller scale are rounded half up (away from zero). */
export function rescale(value: Long, from: number, to: number): Long {
  if (to >= from) return to === from ? value : multiplyExact(value, power10(to - from));
  const digits = from - to;
  if (typeof value === 'number' && digits < 16) {
    const unit = NUMBER_POWERS[digits]!, rest = value % unit, quotient = (value - rest) / unit;
    return (rest * 2 >= unit ? quotient + 1 : rest * -2 >= unit ? quotient - 1 : quotient) + 0;
  }
  return asLong(divideHalfUp(BigInt(value), bigPower10(digits)));
}
/** The same number at a smaller scale, cut toward zero. */
export function rescaleDown(value: Long, from: number, to: number): Long {
  if (to >= from) return rescale(value, from, to);
  return asLong(BigInt(value) / bigPower10(from - to));
}
/** The value, or null when it has more digits than `precision`. */
export function checkPrecision(value: Long, precision: number): Long | null {
  if (precision < 16) { const limit = NUMBER_POWERS[precision]!; return value < limit && value > -limit ? value : null; }
  if (typeof value === 'number') return value;
  const limit = bigPower10(precision);
  return value < limit && value > -limit ? value : null;
}
/** DECIMAL of one shape into another. */
export function castDecimal(value: Long, from: number, precision: number, scale: number): Long | null {
  return checkPrecision(rescale(value, from, scale), precision);
}

const whole = (a: DecimalShape): number => a.precision - a.scale;
export function plusType(a: DecimalShape, b: DecimalShape): SqlType {
  const scale = Math.max(a.scale, b.scale);
  return cappedDecimal(scale + Math.max(whole(a), whole(b)) + 1, scale);
}
export function timesType(a: DecimalShape, b: DecimalShape): SqlType { return cappedDecimal(a.precision + b.precision + 1, a.scale + b.scale); }
export function divideType(a: DecimalShape, b: DecimalShape): SqlType {
  const scale = Math.max(6, a.scale + b.precision + 1);
  return cappedDecimal(whole(a) + b.scale + scale, scale);
}
export function moduloType(a: DecimalShape, b: DecimalShape): SqlType {
  const scale = Math.max(a.scale, b.scale);
  return cappedDecimal(Math.min(whole(a), whole(b)) + scale, scale);
}
/** ROUND and TRUNCATE to `digits` (a constant). */
export function roundType(a: DecimalShape, digits: number): SqlType {
  if (digits >= a.scale) return { kind: 'DECIMAL', precision: a.precision, scale: a.scale, nullable: true };
  const precision = digits < 0 ? 1 + whole(a) : 1 + whole(a) + digits;
  return { kind: 'DECIMAL', precision: Math.min(38, precision), scale: Math.max(0, digits), nullable: true };
}

/** a / b: 38 significant digits rounded half up, then the result's scale (Flink rounds twice like this). `b` is not 0. */
export function divideDecimal(a: Long, aScale: number, b: Long, bScale: number, precision: number, scale: number): Long | null {
  const numerator = BigInt(a), denominator = BigInt(b);
  if (numerator === 0n) return 0;
  // quotient = numerator/denominator * 10^(bScale - aScale). Bring it to 38 digits: shift so that the integer quotient has 38 digits.
  let digits = digitCount(numerator) - digitCount(denominator);
  if (compareScaled(numerator, denominator, digits) >= 0) digits++; // now the quotient is in [10^(digits-1), 10^digits)
  const shift = 38 - digits;
  const quotient = shift >= 0 ? divideHalfUp(numerator * bigPower10(shift), denominator) : divideHalfUp(numerator, denominator * bigPower10(-shift));
  return checkPrecision(rescale(asLong(quotient), shift + aScale - bScale, scale), precision);
}
/** Compares |a| with |b| * 10^digits. */
function compareScaled(a: bigint, b: bigint, digits: number): number {
  const x = (a < 0n ? -a : a) * (digits < 0 ? bigPower10(-digits) : 1n), y = (b < 0n ? -b : b) * (digits > 0 ? bigPower10(digits) : 1n);
  return x < y ? -1 : x > y ? 1 : 0;
}
/** Decimal digits of a number other than 0. */
export function digitCount(value: bigint): number { return (value < 0n ? -value : value).toString().length; }

/** Plain text with exactly `scale` digits of fraction: (-5, 2) is `-0.05` (Java: BigDecimal.toPlainString). */
export function decimalText(value: Long, scale: number): string {
  if (scale === 0) return String(value);
  const negative = value < 0, digits = String(negative ? -value : value).padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
/** DOUBLE nearest to the decimal, as Flink computes it: one division for up to 18 digits, else correctly rounded. */
export function decimalToDouble(value: Long, scale: number): number {
  if (typeof value === 'number') return scale < 23 ? value / 10 ** scale : Number(`${value}e-${scale}`);
  return Number(`${value}e-${scale}`);
}
/** DOUBLE to DECIMAL through its shortest text (BigDecimal.valueOf); NaN and infinities are not numbers here: null. */
export function decimalFromDouble(value: number, precision: number, scale: number): Long | null {
  if (!Number.isFinite(value)) return null;
  return parseDecimal(String(value), precision, scale) ?? null;
}

const FORM = /^[ \t\n\r]*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?[ \t\n\r]*$/;
/** Reads `-12.50`, `.5`, `1e-3`, blanks around it; rounds half up to the scale. undefined: not a number; null: does not fit. */
export function parseDecimal(text: string, precision: number, scale: number): Long | null | undefined {
  const m = FORM.exec(text);
  if (m === null) return undefined;
  const integer = m[2] ?? '', fraction = m[3] ?? '';
  if (integer === '' && fraction === '') return undefined;
  return fitDigits(m[1] === '-', integer + fraction, fraction.length - Number(m[4] ?? 0), precision, scale);
}
/** ±digits * 10^-from as DECIMAL(precision, scale), rounded half up; null when it does not fit. `digits` may be any length. */
export function fitDigits(negative: boolean, digits: string, from: number, precision: number, scale: number): Long | null {
  let at = 0;
  while (at < digits.length - 1 && digits.charCodeAt(at) === 48) at++;
  const significant = at === 0 ? digits : digits.slice(at), shift = scale - from;
  if (significant === '0') return 0;
  if (significant.length + shift > precision + 1) return null; // too large even before rounding
  if (significant.length + shift < 0) return 0; // below half a unit
  let value: Long;
  if (shift >= 0) value = multiplyExact(significant.length < 16 ? Number(significant) : asLong(BigInt(significant)), power10(shift));
  else value = rescale(significant.length < 16 ? Number(significant) : asLong(BigInt(significant)), -shift, 0);
  const fitted = checkPrecision(value, precision);
  return fitted === null || !negative ? fitted : typeof fitted === 'number' ? 0 - fitted : -fitted;
}
