/**
 * Which type several types have in common (CASE, UNION, IN, COALESCE, comparison, arithmetic), and what may be cast without CAST.
 * Semantics: Flink's LogicalTypeMerging.findCommonType and LogicalTypeCasts.supportsImplicitCast.
 */
import { BIGINT, DOUBLE, FLOAT, INT, SMALLINT, TINYINT, asNullable, array, decimal, map, row, timestamp, timestampLtz, time, type SqlType } from './sql-type.ts';

const INTEGERS = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'] as const;
const integerTypes: Readonly<Record<string, SqlType>> = { TINYINT, SMALLINT, INT, BIGINT };
/** Decimal digits that an integer type needs as a DECIMAL. */
const INTEGER_DIGITS: Readonly<Record<string, number>> = { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19 };

export const isInteger = (t: SqlType): boolean => t.kind in INTEGER_DIGITS;
export const isExactNumeric = (t: SqlType): boolean => isInteger(t) || t.kind === 'DECIMAL';
export const isApproximate = (t: SqlType): boolean => t.kind === 'FLOAT' || t.kind === 'DOUBLE';
export const isNumeric = (t: SqlType): boolean => isExactNumeric(t) || isApproximate(t);
export const isCharacter = (t: SqlType): boolean => t.kind === 'CHAR' || t.kind === 'VARCHAR';
export const isBinary = (t: SqlType): boolean => t.kind === 'BINARY' || t.kind === 'VARBINARY';
export const isTimestamp = (t: SqlType): boolean => t.kind === 'TIMESTAMP' || t.kind === 'TIMESTAMP_LTZ';
export const isDatetime = (t: SqlType): boolean => isTimestamp(t) || t.kind === 'DATE' || t.kind === 'TIME';
export const isInterval = (t: SqlType): boolean => t.kind === 'INTERVAL_DAY_TIME' || t.kind === 'INTERVAL_YEAR_MONTH';

/** Precision and scale of an exact number seen as a DECIMAL; undefined for other types. */
export function decimalOf(t: SqlType): { precision: number; scale: number } | undefined {
  if (t.kind === 'DECIMAL') return { precision: t.precision, scale: t.scale };
  const digits = INTEGER_DIGITS[t.kind];
  return digits === undefined ? undefined : { precision: digits, scale: 0 };
}
/** DECIMAL(p, s) cut to 38 digits; at least min(s, 6) digits of the scale stay (Flink: adjustPrecisionScale). */
export function cappedDecimal(precision: number, scale: number): SqlType {
  if (precision <= 38) return decimal(precision, scale);
  return decimal(38, Math.max(38 - (precision - scale), Math.min(scale, 6)));
}

/** The common type; nullable when any is. undefined when there is none. An empty list has none. */
export function commonType(types: readonly SqlType[]): SqlType | undefined {
  let result = types[0];
  for (let i = 1; i < types.length && result !== undefined; i++) {
    const next = types[i];
    result = next === undefined ? undefined : commonOfTwo(result, next);
  }
  return result;
}
function commonOfTwo(a: SqlType, b: SqlType): SqlType | undefined {
  const nullable = a.nullable || b.nullable;
  if (a.kind === 'NULL') return asNullable(b, true);
  if (b.kind === 'NULL') return asNullable(a, true);
  const bare = bareCommon(a, b);
  return bare === undefined ? undefined : asNullable(bare, nullable);
}
function bareCommon(a: SqlType, b: SqlType): SqlType | undefined {
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b);
  if (isCharacter(a) && isCharacter(b) || isBinary(a) && isBinary(b)) return commonLength(a, b);
  if (isTimestamp(a) && isTimestamp(b)) {
    const precision = Math.max(precisionOf(a), precisionOf(b));
    return a.kind === 'TIMESTAMP_LTZ' || b.kind === 'TIMESTAMP_LTZ' ? timestampLtz(precision) : timestamp(precision);
  }
  if (a.kind === 'DATE' && isTimestamp(b)) return b;
  if (isTimestamp(a) && b.kind === 'DATE') return a;
  if (a.kind !== b.kind) return undefined;
  switch (a.kind) {
    case 'TIME': return time(Math.max(a.precision, precisionOf(b)));
    case 'ARRAY': case 'MULTISET': {
      const element = 'element' in b ? commonOfTwo(a.element, b.element) : undefined;
      return element === undefined ? undefined : a.kind === 'ARRAY' ? array(element) : { kind: 'MULTISET', element, nullable: true };
    }
    case 'MAP': {
      if (b.kind !== 'MAP') return undefined;
      const key = commonOfTwo(a.key, b.key), value = commonOfTwo(a.value, b.value);
      return key === undefined || value === undefined ? undefined : map(key, value);
    }
    case 'ROW': {
      if (b.kind !== 'ROW' || a.fields.length !== b.fields.length) return undefined;
      const fields = a.fields.map((f, i) => ({ name: f.name, type: commonOfTwo(f.type, b.fields[i]?.type ?? f.type) }));
      return fields.every((f): f is { name: string; type: SqlType } => f.type !== undefined) ? row(fields) : undefined;
    }
    default: return a;
  }
}
const precisionOf = (t: SqlType): number => ('precision' in t ? t.precision : 0);
function commonNumber(a: SqlType, b: SqlType): SqlType {
  if (isApproximate(a) || isApproximate(b)) {
    // FLOAT with FLOAT or an integer stays FLOAT; with DECIMAL or DOUBLE it becomes DOUBLE.
    return [a, b].every((t) => t.kind === 'FLOAT' || isInteger(t)) ? FLOAT : DOUBLE;
  }
  if (a.kind !== 'DECIMAL' && b.kind !== 'DECIMAL') return integerTypes[INTEGERS[Math.max(INTEGERS.indexOf(a.kind as 'INT'), INTEGERS.indexOf(b.kind as 'INT'))] ?? 'BIGINT'] ?? BIGINT;
  const x = decimalOf(a) ?? { precision: 38, scale: 0 }, y = decimalOf(b) ?? { precision: 38, scale: 0 };
  const scale = Math.max(x.scale, y.scale), whole = Math.max(x.precision - x.scale, y.precision - y.scale);
  return cappedDecimal(whole + scale, scale);
}
function commonLength(a: SqlType, b: SqlType): SqlType {
  const length = Math.max('length' in a ? a.length : 0, 'length' in b ? b.length : 0);
  if (a.kind === b.kind && (a.kind === 'CHAR' || a.kind === 'BINARY') && 'length' in b && a.length === b.length) return a;
  return { kind: isCharacter(a) ? 'VARCHAR' : 'VARBINARY', length, nullable: true };
}

/** True when a value of `from` may be stored in a column of `to` without CAST (INSERT), nullability aside. */
export function canImplicitlyCast(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'NULL') return true;
  if (isNumeric(from) && isNumeric(to)) {
    if (to.kind === 'DECIMAL') return true;
    if (isApproximate(to)) return !(from.kind === 'DOUBLE' && to.kind === 'FLOAT');
    if (isInteger(from) && isInteger(to)) return INTEGERS.indexOf(from.kind as 'INT') <= INTEGERS.indexOf(to.kind as 'INT');
    return false;
  }
  if (isCharacter(from) && isCharacter(to) || isBinary(from) && isBinary(to)) return true;
  if (isTimestamp(from)) return isTimestamp(to) || to.kind === 'DATE' || to.kind === 'TIME';
  if (from.kind === 'DATE' && isTimestamp(to)) return true;
  if (from.kind !== to.kind) return false;
  switch (from.kind) {
    case 'ARRAY': case 'MULTISET': return 'element' in to && canImplicitlyCast(from.element, to.element);
    case 'MAP': return to.kind === 'MAP' && canImplicitlyCast(from.key, to.key) && canImplicitlyCast(from.value, to.value);
    case 'ROW': return to.kind === 'ROW' && from.fields.length === to.fields.length && from.fields.every((f, i) => canImplicitlyCast(f.type, to.fields[i]?.type ?? f.type));
    default: return true;
  }
}
/** True when CAST between the types is defined at all. */
export function canCast(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'NULL' || from.kind === 'RAW' || canImplicitlyCast(from, to) || isCharacter(to)) return true;
  if (isCharacter(from)) return isNumeric(to) || to.kind === 'BOOLEAN' || isDatetime(to) || isBinary(to) || isInterval(to);
  if (isNumeric(from)) return isNumeric(to) || to.kind === 'BOOLEAN' || (isInteger(from) && isInterval(to));
  if (from.kind === 'BOOLEAN') return isNumeric(to);
  if (isInterval(from)) return isInteger(to) || from.kind === to.kind;
  if (from.kind === 'TIME') return to.kind === 'TIME' || isTimestamp(to);
  if (from.kind === 'DATE') return isTimestamp(to);
  if (from.kind === to.kind) {
    if ('element' in from && 'element' in to) return canCast(from.element, to.element);
    if (from.kind === 'MAP' && to.kind === 'MAP') return canCast(from.key, to.key) && canCast(from.value, to.value);
    if (from.kind === 'ROW' && to.kind === 'ROW') return from.fields.length === to.fields.length && from.fields.every((f, i) => canCast(f.type, to.fields[i]?.type ?? f.type));
  }
  return false;
}
/** Same type but for nullability. */
export function sameType(a: SqlType, b: SqlType): boolean { return JSON.stringify(asNullable(a)) === JSON.stringify(asNullable(b)); }
