/**
 * Numbers between JSON text and SQL values, exactly: digits are never rounded through a double unless the type is FLOAT or DOUBLE.
 * Texts are ASCII, already known to be JSON numbers or taken from strings (then checked here).
 */
import { parseDecimal } from '../../../core/types/decimal.ts';
import { asLong } from '../../../core/types/long.ts';
import type { Long } from '../../../core/types/sql-type.ts';

/** Longest number looked at digit by digit (Jackson's StreamReadConstraints: 1,000 characters). */
export const MAX_NUMBER_LENGTH = 1000;

const DECIMAL_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$/;
export interface Digits { readonly negative: boolean; /** All digits, without point. */ readonly digits: string; /** value = digits * 10^exponent */ readonly exponent: number }
/** Takes a decimal text apart (as java.math.BigDecimal reads it); undefined when it is none. */
export function decimalDigits(text: string): Digits | undefined {
  if (text.length > MAX_NUMBER_LENGTH) return undefined;
  const m = DECIMAL_TEXT.exec(text);
  if (m === null) return undefined;
  const whole = m[2] ?? '', fraction = m[3] ?? '';
  if (whole.length + fraction.length === 0) return undefined;
  return { negative: m[1] === '-', digits: whole + fraction, exponent: Number(m[4] ?? 0) - fraction.length };
}


/** The whole part of a number, towards zero, when it lies in [-2^(bits-1), 2^(bits-1)-1]; undefined otherwise. */
export function wholePart(text: string, bits: 8 | 16 | 32 | 64): Long | undefined {
  const parts = decimalDigits(text);
  if (parts === undefined) return undefined;
  const { digits, exponent } = parts;
  const kept = exponent < 0 ? digits.slice(0, Math.max(0, digits.length + exponent)) : digits;
  const significant = kept.replace(/^0+/, '');
  if (significant === '') return 0;
  const zeros = Math.max(0, exponent);
  if (significant.length + zeros > 19) return undefined;
  const magnitude = BigInt(significant) * 10n ** BigInt(zeros);
  const value = parts.negative ? -magnitude : magnitude;
  return BigInt.asIntN(bits, value) === value ? asLong(value) : undefined;
}
/** A whole number as java.lang.Long.parseLong reads it (sign and digits only), within `bits`. */
export function wholeText(text: string, bits: 8 | 16 | 32 | 64): Long | undefined {
  if (!/^[+-]?\d{1,300}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(bits, value) === value ? asLong(value) : undefined;
}

/**
 * A number as DECIMAL(precision, scale): the unscaled value rounded half up; null when it has more digits than the precision allows;
 * undefined when the text is no number. Flink: DecimalData.fromBigDecimal.
 */
export function decimalValue(text: string, precision: number, scale: number): Long | null | undefined {
  return text.length > MAX_NUMBER_LENGTH ? undefined : parseDecimal(text, precision, scale);
}

/** A text as java.lang.Double.parseDouble reads it (without hexadecimal forms); undefined when it is none. */
export function doubleText(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/.test(text)) return Number(text.replace(/[dDfF]$/, ''));
  const m = /^([+-]?)(NaN|Infinity)$/.exec(text);
  if (m === null) return undefined;
  return m[2] === 'NaN' ? NaN : m[1] === '-' ? -Infinity : Infinity;
}
