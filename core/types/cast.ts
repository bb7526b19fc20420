/**
 * CAST between every pair of types that `canCast` allows. Semantics: Flink's cast rules (`table.exec.legacy-cast-behaviour` DISABLED):
 * integers wrap, DECIMAL that does not fit is NULL, text that cannot be read fails the statement (TRY_CAST: NULL), CHAR(n) and
 * VARCHAR(n) cut and pad by code points, TIMESTAMP_LTZ goes through the session's zone. Arguments of the result are never NULL.
 */
import { castFailed, numberOutOfRange } from '../errors/data.ts';
import { internalError } from '../errors/common.ts';
import { castDecimal, decimalFromDouble, decimalToDouble, parseDecimal, power10, rescaleDown } from './decimal.ts';
import { isInteger, sameType } from './coercion.ts';
import { add64, intFromDouble, longFromDouble, lowInt, wrap64 } from './long.ts';
import { textPrinter } from './print-value.ts';
import { MAX_LENGTH, typeText, type Long, type SqlType } from './sql-type.ts';
import { DAY_MS, convertTimestamp, cutTime, epochMs, instantFromLocal, localFromInstant, parseDate, parseTime, parseTimestamp, timestampOf } from './temporal.ts';
import { zoneOrUtc } from './zone.ts';

/** Same shape as CompiledCall of catalog/registry (core imports nothing). */
export type CompiledCast = { readonly code: (args: readonly string[], ref: (value: unknown) => string) => string } | { readonly call: (value: never) => unknown };
/** undefined: the value cannot be cast. null: NULL. */
type Convert = (value: never) => unknown;

export interface CastEnv { readonly timeZone: string }

export function compileCast(from: SqlType, to: SqlType, env: CastEnv, safe: boolean): CompiledCast {
  const inline = inlineCast(from, to);
  if (inline !== undefined) return { code: (args, ref) => inline(args[0] ?? 'null', ref) };
  return { call: castFunction(from, to, env, safe) };
}
/** The cast as a function over values that are not NULL. Throws cast-failed or number-out-of-range unless safe. */
export function castFunction(from: SqlType, to: SqlType, env: CastEnv, safe: boolean): (value: never) => unknown {
  const convert = converter(from, to, env, safe);
  if (safe) return (value) => { const result = convert(value); return result === undefined ? null : result; };
  if (!mayFail(from)) return convert;
  const type = typeText(to);
  return (value) => {
    const result = convert(value);
    if (result === undefined) throw isInteger(to) && /^\s*[+-]?\d+(\.\d*)?\s*$/.test(String(value)) || to.kind === 'DECIMAL' && parseDecimal(String(value), 38, 0) !== undefined ? numberOutOfRange({ value: String(value), type }) : castFailed({ value: String(value), type });
    return result;
  };
}
const mayFail = (from: SqlType): boolean => from.kind === 'CHAR' || from.kind === 'VARCHAR';

/** Conversions short enough to stand in generated code. */
function inlineCast(from: SqlType, to: SqlType): ((a: string, ref: (value: unknown) => string) => string) | undefined {
  if (sameType(from, to)) return (a) => a;
  const small = from.kind === 'TINYINT' || from.kind === 'SMALLINT' || from.kind === 'INT';
  switch (to.kind) {
    case 'BIGINT': return small ? (a) => a : undefined;
    case 'INT': return small ? (a) => a : from.kind === 'BIGINT' ? (a, ref) => `${ref(lowInt)}(${a})` : undefined;
    case 'SMALLINT': return from.kind === 'TINYINT' ? (a) => a : from.kind === 'INT' ? (a) => `((${a} << 16) >> 16)` : undefined;
    case 'TINYINT': return small ? (a) => `((${a} << 24) >> 24)` : undefined;
    case 'DOUBLE': return small || from.kind === 'FLOAT' ? (a) => a : from.kind === 'BIGINT' ? (a) => `Number(${a})` : from.kind === 'DECIMAL' ? (a, ref) => `${ref(decimalToDouble)}(${a}, ${from.scale})` : undefined;
    case 'FLOAT': return small || from.kind === 'DOUBLE' ? (a) => `Math.fround(${a})` : undefined;
    case 'DECIMAL': {
      const digits = small || from.kind === 'BIGINT' ? { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19 }[from.kind] : undefined;
      if (digits !== undefined && to.scale === 0 && to.precision >= digits) return (a) => a;
      if (from.kind === 'DECIMAL' && from.scale === to.scale && from.precision <= to.precision) return (a) => a;
      return undefined;
    }
    case 'VARCHAR': return (from.kind === 'CHAR' || from.kind === 'VARCHAR') && from.length <= to.length ? (a) => a : small && to.length >= 11 ? (a) => `String(${a})` : undefined;
    default: return undefined;
  }
}

function converter(from: SqlType, to: SqlType, env: CastEnv, safe: boolean): Convert {
  if (from.kind === 'NULL') return () => null;
  if (sameType(from, to)) return (v) => v;
  switch (to.kind) {
    case 'CHAR': case 'VARCHAR': return fitted(toText(from, env), to.kind === 'CHAR', 'length' in to ? to.length : MAX_LENGTH);
    case 'BINARY': case 'VARBINARY': return toBytes(from, to.kind === 'BINARY', 'length' in to ? to.length : MAX_LENGTH);
    case 'BOOLEAN': return toBoolean(from);
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return toInteger(from, to.kind);
    case 'FLOAT': { const double = toDoubleFrom(from); return (v) => { const d = double(v); return d === undefined ? undefined : Math.fround(d); }; }
    case 'DOUBLE': return toDoubleFrom(from);
    case 'DECIMAL': return toDecimal(from, to.precision, to.scale);
    case 'DATE': case 'TIME': case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return toTemporal(from, to, env);
    case 'INTERVAL_DAY_TIME': case 'INTERVAL_YEAR_MONTH': return from.kind === 'CHAR' || from.kind === 'VARCHAR' ? (v) => parseInteger(v, -(2n ** 53n), 2n ** 53n) : (v) => (typeof v === 'bigint' ? Number(v) : v);
    case 'ARRAY': case 'MULTISET': case 'MAP': case 'ROW': return toNested(from, to, env, safe);
    case 'RAW': case 'NULL': return (v) => v;
  }
}
const undefinedCast = (from: SqlType, to: string): never => { throw internalError({ what: `no cast from ${typeText(from)} to ${to}` }); };

// ---- text and bytes -------------------------------------------------------------------------------------------------------------
function toText(from: SqlType, env: CastEnv): (v: never) => string { return textPrinter(from, env.timeZone); }
/** Cut to n code points; CHAR(n) is filled with blanks. */
function fitted(text: (v: never) => string, pads: boolean, length: number): Convert {
  if (length === MAX_LENGTH) return text;
  if (!pads) return (v) => cutText(text(v), length);
  return (v) => { const cut = cutText(text(v), length), size = codePoints(cut); return size < length ? cut + ' '.repeat(length - size) : cut; };
}
/** The first n code points. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  let at = 0;
  for (let n = 0; n < length && at < text.length; n++) at += isPair(text, at) ? 2 : 1;
  return text.slice(0, at);
}
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && isPair(text, i)) { count--; i++; }
  return count;
}
/** True when a surrogate pair starts at `at`. */
export function isPair(text: string, at: number): boolean { return (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00; }

function toBytes(from: SqlType, pads: boolean, length: number): Convert {
  const fit = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length > length) return bytes.slice(0, length);
    if (!pads || bytes.length === length) return bytes;
    const padded = new Uint8Array(length);
    padded.set(bytes);
    return padded;
  };
  if (from.kind === 'BINARY' || from.kind === 'VARBINARY') return fit as Convert;
  return (v) => fit(new Uint8Array(Buffer.from(String(v), 'utf8')));
}
const TRUE_WORDS = new Set(['t', 'true', 'y', 'yes', '1']), FALSE_WORDS = new Set(['f', 'false', 'n', 'no', '0']);
function toBoolean(from: SqlType): Convert {
  if (from.kind === 'CHAR' || from.kind === 'VARCHAR') return (v: string) => { const word = v.trim().toLowerCase(); return TRUE_WORDS.has(word) ? true : FALSE_WORDS.has(word) ? false : undefined; };
  return (v: Long) => v !== 0;
}

// ---- numbers --------------------------------------------------------------------------------------------------------------------
const RANGES = { TINYINT: [-128n, 127n], SMALLINT: [-32768n, 32767n], INT: [-2147483648n, 2147483647n], BIGINT: [-(2n ** 63n), 2n ** 63n - 1n] } as const;
type IntegerKind = keyof typeof RANGES;
const INTEGER = /^[ \t\n\r]*([+-]?)(\d+)(?:\.\d*)?[ \t\n\r]*$/;
/** Sign, digits, and a fraction that is cut. */
function parseInteger(text: string, low: bigint, high: bigint): Long | undefined {
  const m = INTEGER.exec(text), digits = m?.[2];
  if (digits === undefined || digits.length > 4000) return undefined;
  const big = BigInt(digits), value = m?.[1] === '-' ? -big : big;
  return value < low || value > high ? undefined : wrap64(value);
}
function toInteger(from: SqlType, kind: IntegerKind): Convert {
  const [low, high] = RANGES[kind];
  const narrow = (v: Long): Long => (kind === 'BIGINT' ? v : kind === 'INT' ? lowInt(v) : kind === 'SMALLINT' ? (lowInt(v) << 16) >> 16 : (lowInt(v) << 24) >> 24);
  switch (from.kind) {
    case 'CHAR': case 'VARCHAR': return (v: string) => parseInteger(v, low, high);
    case 'BOOLEAN': return (v: boolean) => (v ? 1 : 0);
    case 'FLOAT': case 'DOUBLE': return kind === 'BIGINT' ? longFromDouble : (v: number) => narrow(intFromDouble(v));
    case 'DECIMAL': return (v: Long) => { const whole = rescaleDown(v, from.scale, 0); return narrow(typeof whole === 'bigint' ? wrap64(whole) : whole); };
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return narrow;
    case 'INTERVAL_DAY_TIME': case 'INTERVAL_YEAR_MONTH': return narrow;
    default: return undefinedCast(from, kind);
  }
}
const DOUBLE_FORM = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?|NaN|Infinity)$/;
/** Java's Double.valueOf, decimal forms. */
export function parseDouble(text: string): number | undefined {
  const trimmed = text.trim();
  if (!DOUBLE_FORM.test(trimmed)) return undefined;
  return trimmed.endsWith('NaN') ? Number.NaN : Number(/[dDfF]$/.test(trimmed) ? trimmed.slice(0, -1) : trimmed);
}
function toDoubleFrom(from: SqlType): (v: never) => number | undefined {
  switch (from.kind) {
    case 'CHAR': case 'VARCHAR': return (v: string) => parseDouble(v);
    case 'BOOLEAN': return (v: boolean) => (v ? 1 : 0);
    case 'DECIMAL': return (v: Long) => decimalToDouble(v, from.scale);
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': case 'FLOAT': case 'DOUBLE': return Number as (v: never) => number;
    default: return undefinedCast(from, 'DOUBLE');
  }
}
function toDecimal(from: SqlType, precision: number, scale: number): Convert {
  switch (from.kind) {
    case 'CHAR': case 'VARCHAR': return (v: string) => parseDecimal(v, precision, scale) ?? undefined;
    case 'BOOLEAN': return (v: boolean) => (v ? castDecimal(power10(scale), scale, precision, scale) : 0);
    case 'FLOAT': case 'DOUBLE': return (v: number) => decimalFromDouble(v, precision, scale);
    case 'DECIMAL': return (v: Long) => castDecimal(v, from.scale, precision, scale);
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return (v: Long) => castDecimal(v, 0, precision, scale);
    default: return undefinedCast(from, 'DECIMAL');
  }
}

// ---- dates and times ------------------------------------------------------------------------------------------------------------
function toTemporal(from: SqlType, to: SqlType, env: CastEnv): Convert {
  const zone = zoneOrUtc(env.timeZone);
  if (from.kind === 'CHAR' || from.kind === 'VARCHAR') {
    switch (to.kind) {
      case 'DATE': return (v: string) => parseDate(v.trim());
      case 'TIME': return (v: string) => { const ms = parseTime(v.trim()); return ms === undefined ? undefined : cutTime(ms, to.precision); };
      case 'TIMESTAMP': return (v: string) => parseTimestamp(v.trim(), to.precision, 'sql');
      case 'TIMESTAMP_LTZ': return (v: string) => { const local = parseTimestamp(v.trim(), to.precision, 'sql'); return local === undefined ? undefined : instantFromLocal(local, to.precision, zone); };
      default: return undefinedCast(from, to.kind);
    }
  }
  if (from.kind === 'DATE') return to.kind === 'TIMESTAMP' ? (v: number) => timestampOf(v * DAY_MS, 0, to.precision) : to.kind === 'TIMESTAMP_LTZ' ? (v: number) => instantFromLocal(timestampOf(v * DAY_MS, 0, to.precision), to.precision, zone) : undefinedCast(from, to.kind);
  if (from.kind === 'TIME') {
    if (to.kind === 'TIME') return (v: number) => cutTime(v, to.precision);
    if (to.kind === 'TIMESTAMP') return (v: number) => timestampOf(v, 0, to.precision);
    if (to.kind === 'TIMESTAMP_LTZ') return (v: number) => instantFromLocal(timestampOf(v, 0, to.precision), to.precision, zone);
    return undefinedCast(from, to.kind);
  }
  if (from.kind !== 'TIMESTAMP' && from.kind !== 'TIMESTAMP_LTZ') return undefinedCast(from, to.kind);
  const { precision } = from, isInstant = from.kind === 'TIMESTAMP_LTZ';
  const local = (v: Long): Long => (isInstant ? localFromInstant(v, precision, zone) : v);
  switch (to.kind) {
    case 'DATE': return (v: Long) => Math.floor(epochMs(local(v), precision) / DAY_MS);
    case 'TIME': return (v: Long) => { const ms = epochMs(local(v), precision); return cutTime(ms - Math.floor(ms / DAY_MS) * DAY_MS, to.precision); };
    case 'TIMESTAMP': return (v: Long) => convertTimestamp(local(v), precision, to.precision);
    case 'TIMESTAMP_LTZ': return isInstant ? (v: Long) => convertTimestamp(v, precision, to.precision) : (v: Long) => convertTimestamp(instantFromLocal(v, precision, zone), precision, to.precision);
    default: return undefinedCast(from, to.kind);
  }
}

// ---- nested values --------------------------------------------------------------------------------------------------------------
function toNested(from: SqlType, to: SqlType, env: CastEnv, safe: boolean): Convert {
  const inner = (a: SqlType, b: SqlType): ((v: unknown) => unknown) => {
    const cast = castFunction(a, b, env, safe) as (v: unknown) => unknown;
    return (v) => (v === null ? null : cast(v));
  };
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY') { const element = inner(from.element, to.element); return (v: unknown[]) => v.map(element); }
  if (from.kind === 'MULTISET' && to.kind === 'MULTISET') {
    const element = inner(from.element, to.element);
    return (v: Map<unknown, number>) => { const result = new Map<unknown, Long>(); for (const [k, n] of v) { const key = element(k); result.set(key, add64(result.get(key) ?? 0, n)); } return result; };
  }
  if (from.kind === 'MAP' && to.kind === 'MAP') {
    const key = inner(from.key, to.key), value = inner(from.value, to.value);
    return (v: Map<unknown, unknown>) => new Map(Array.from(v, ([k, x]) => [key(k), value(x)]));
  }
  if (from.kind === 'ROW' && to.kind === 'ROW') { const fields = to.fields.map((f, i) => inner(from.fields[i]?.type ?? f.type, f.type)); return (v: unknown[]) => fields.map((cast, i) => cast(v[i] ?? null)); }
  return undefinedCast(from, typeText(to));
}
