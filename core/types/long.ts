/**
 * Arithmetic on "longs" (BIGINT, unscaled DECIMAL, timestamps): a JavaScript number when the value is a safe integer, otherwise a
 * bigint. Every function here takes canonical longs and gives canonical longs, so `===`, Map keys and JSON see one form per value.
 *
 * The names with `64` wrap silently at 64 bits, as Java's long does (Flink: integer arithmetic). The others are exact at any size and
 * serve DECIMAL. Both take a number path of a few machine instructions: a sum or product of two safe integers whose rounded result is
 * inside the safe range is exact. No function here gives -0.
 */
import type { Long } from './sql-type.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const BIG_MAX = BigInt(MAX), BIG_MIN = -BIG_MAX;
export const LONG_MAX = 9223372036854775807n, LONG_MIN = -9223372036854775808n;

/** Canonical form of an exact integer. */
export function asLong(value: bigint): Long { return value >= BIG_MIN && value <= BIG_MAX ? Number(value) : value; }
/** Canonical form after wrapping to 64 bits. */
export function wrap64(value: bigint): Long { return asLong(BigInt.asIntN(64, value)); }

export function add64(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') { const sum = a + b; if (sum <= MAX && sum >= -MAX) return sum; }
  return wrap64(BigInt(a) + BigInt(b));
}
export function subtract64(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') { const difference = a - b; if (difference <= MAX && difference >= -MAX) return difference; }
  return wrap64(BigInt(a) - BigInt(b));
}
export function multiply64(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') { const product = a * b; if (product <= MAX && product >= -MAX) return product + 0; }
  return wrap64(BigInt(a) * BigInt(b));
}
export function negate64(a: Long): Long { return typeof a === 'number' ? 0 - a : wrap64(-a); }

export function addExact(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') { const sum = a + b; if (sum <= MAX && sum >= -MAX) return sum; }
  return asLong(BigInt(a) + BigInt(b));
}
export function subtractExact(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') { const difference = a - b; if (difference <= MAX && difference >= -MAX) return difference; }
  return asLong(BigInt(a) - BigInt(b));
}
export function multiplyExact(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') { const product = a * b; if (product <= MAX && product >= -MAX) return product + 0; }
  return asLong(BigInt(a) * BigInt(b));
}
export function negateExact(a: Long): Long { return typeof a === 'number' ? 0 - a : -a; }
export function absExact(a: Long): Long { return a < 0 ? negateExact(a) : a; }

/** Quotient truncated toward zero, wrapped to 64 bits (only MIN / -1 wraps). `b` is not 0: the caller raises the error. */
export function divide64(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') return truncate(a, b);
  return wrap64(BigInt(a) / BigInt(b));
}
/** Remainder with the sign of the dividend. `b` is not 0. Exact at any size. */
export function remainder(a: Long, b: Long): Long {
  if (typeof a === 'number' && typeof b === 'number') return a % b + 0;
  return asLong(BigInt(a) % BigInt(b));
}
/** Exact for safe integers: `a - a % b` is a multiple of b, so the division does not round. */
function truncate(a: number, b: number): number { return (a - a % b) / b + 0; }
/** Quotient rounded toward negative infinity; `b` > 0. */
export function floorDivide(a: Long, b: number): Long {
  if (typeof a === 'number') { const rest = a % b, quotient = (a - rest) / b; return (rest < 0 ? quotient - 1 : quotient) + 0; }
  const big = BigInt(b), rest = a % big;
  return asLong((a - (rest < 0n ? rest + big : rest)) / big);
}
/** a - b * floor(a / b), 0 … b-1; `b` > 0. */
export function floorModulo(a: Long, b: number): number {
  if (typeof a === 'number') { const rest = a % b; return rest < 0 ? rest + b : rest + 0; }
  const rest = Number(a % BigInt(b));
  return rest < 0 ? rest + b : rest;
}

/** -1, 0, 1. Numbers and bigints compare exactly. */
export function compareLong(a: Long, b: Long): number { return a < b ? -1 : a > b ? 1 : 0; }

/** A DOUBLE cut to a whole number and clamped to 64 bits; NaN gives 0 (Java's `(long) d`). */
export function longFromDouble(d: number): Long {
  const whole = Math.trunc(d);
  if (whole <= MAX && whole >= -MAX) return whole + 0;
  if (whole !== whole) return 0;
  if (whole >= 9223372036854775807) return LONG_MAX;
  if (whole <= -9223372036854775808) return LONG_MIN;
  return asLong(BigInt(whole));
}
/** A DOUBLE cut and clamped to 32 bits; NaN gives 0 (Java's `(int) d`). */
export function intFromDouble(d: number): number {
  return d !== d ? 0 : d >= 2147483647 ? 2147483647 : d <= -2147483648 ? -2147483648 : Math.trunc(d) + 0;
}
/** The low 32 bits of a long as a signed number (Java's `(int) l`); `<< 24 >> 24` and `<< 16 >> 16` of it narrow further. */
export function lowInt(a: Long): number { return typeof a === 'number' ? (a >= -2147483648 && a <= 2147483647 ? a : Number(BigInt.asIntN(32, BigInt(a)))) : Number(BigInt.asIntN(32, a)); }
