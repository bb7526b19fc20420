/** DECIMAL between its unscaled "long" (see `core/types/sql-type.ts`) and decimal text; and FLOAT as its shortest text. */
import type { Long } from '../../core/types/sql-type.ts';
import { asLong } from './datetime.ts';

/** Unscaled value and scale → plain text with exactly `scale` fraction digits: (-5, 2) → `-0.05`. */
export function decimalText(unscaled: Long, scale: number): string {
  if (scale === 0) return String(unscaled);
  const isNegative = unscaled < 0, digits = String(isNegative ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${isNegative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** What a number's text says: the value is `unscaled * 10^-scale`; scale may be negative (`1e3`). */
export interface ReadDecimal { readonly unscaled: bigint; readonly scale: number }

/** Reads `-12.50`, `.5`, `1e-3`; undefined when it is no number or has absurdly many digits. */
export function readDecimal(text: string): ReadDecimal | undefined {
  const m = /^\s*([+-]?)(\d{0,1000})(?:\.(\d{0,1000}))?(?:e([+-]?\d{1,4}))?\s*$/i.exec(text);
  if (m === null) return undefined;
  const whole = m[2] ?? '', fraction = m[3] ?? '';
  if (whole === '' && fraction === '') return undefined;
  const unscaled = BigInt(whole + fraction);
  return { unscaled: m[1] === '-' ? -unscaled : unscaled, scale: fraction.length - Number(m[4] ?? 0) };
}

/** Fits a number into DECIMAL(precision, scale), rounding half away from zero as Flink and PostgreSQL do; undefined when it has too many digits. */
export function fitDecimal(read: ReadDecimal, precision: number, scale: number): Long | undefined {
  const shift = scale - read.scale;
  let value = read.unscaled;
  if (shift >= 0) value = shift > 5_000 && value !== 0n ? 10n ** 40n : value * 10n ** BigInt(Math.min(shift, 5_000));
  else {
    const divisor = 10n ** BigInt(-shift), size = value < 0n ? -value : value, rounded = (size + divisor / 2n) / divisor;
    value = value < 0n ? -rounded : rounded;
  }
  const limit = 10n ** BigInt(precision);
  return value >= limit || value <= -limit ? undefined : asLong(value);
}

/** A DOUBLE as PostgreSQL writes it: shortest exact text, `NaN`, `Infinity`, `-0`. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
/** A FLOAT: the shortest text that reads back as the same 32-bit number (0.1, not 0.10000000149011612). */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value)) return doubleText(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}
