/**
 * Values of MySQL's text protocol (`connection/open.ts`: texts, Buffers for binary columns and BIT) as values of declared types. Zero
 * dates are NULL, as MySQL CDC's driver has them; what a type cannot hold is refused by column and text.
 */
import { mysqlValueUnreadable } from '../../../../core/errors/mysql-tables.ts';
import { parseDecimal } from '../../../../core/types/decimal.ts';
import { asLong } from '../../../../core/types/long.ts';
import { typeText, type Long, type SqlType } from '../../../../core/types/sql-type.ts';
import { cutTime, instantFromLocal, localFromInstant, parseIsoDate, parseTime, parseTimestamp } from '../../../../core/types/temporal.ts';
import { zoneOrUtc } from '../../../../core/types/zone.ts';
import { quoteName, selectedName } from '../connection/open.ts';
import { geometryText } from '../types/geometry.ts';
import { isGeometry } from '../types/mapping.ts';
import { setFromText, vectorOf } from '../types/small-values.ts';
import type { TableSpec } from './spec.ts';
import type { TargetColumn } from './target.ts';

/** From a value that is not NULL; null for zero dates. Throws mysql-value-unreadable. */
export type ReadText = (value: string | Buffer) => unknown;
/** How a column is asked for: a FLOAT's own text has six digits only. */
export const selected = (column: TargetColumn): string => (column.dataType === 'float' ? `(${quoteName(column.name)} + 0E0)` : selectedName(column.name));

const LIMITS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  TINYINT: [-128n, 127n], SMALLINT: [-32768n, 32767n], INT: [-2147483648n, 2147483647n], BIGINT: [-9223372036854775808n, 9223372036854775807n],
};
const WHOLE = /^(-?\d+)(?:\.0+)?$/, ZERO_DATE = /^\d{4}-(?:00|\d\d-00)/;

export function readText(type: SqlType, column: TargetColumn, spec: TableSpec): ReadText {
  const refused = (value: string | Buffer): never => { throw mysqlValueUnreadable({ table: spec.table, column: column.name, declared: typeText(type), text: typeof value === 'string' ? value : `0x${value.toString('hex', 0, 40)}` }); };
  switch (type.kind) {
    case 'BOOLEAN': return (v) => (typeof v === 'string' ? Number(v) !== 0 : v.some((b) => b !== 0));
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return wholeReader(LIMITS[type.kind] as readonly [bigint, bigint], refused);
    case 'DECIMAL': { const { precision, scale } = type; return (v) => parseDecimal(String(v), precision, scale) ?? refused(v); }
    case 'FLOAT': return (v) => Math.fround(Number(v));
    case 'DOUBLE': return (v) => Number(v);
    case 'BINARY': case 'VARBINARY': return (v) => (typeof v === 'string' ? Buffer.from(v) : v);
    case 'DATE': return (v) => dated(String(v), parseIsoDate(String(v)), refused);
    case 'TIME': { const { precision } = type; return (v) => { const ms = parseTime(String(v)); return ms === undefined ? refused(v) : cutTime(ms, precision); }; }
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return timestampReader(type.kind, type.precision, column, spec.zone, refused);
    case 'ARRAY': return column.dataType === 'vector' ? (v) => vectorOf(v as Buffer, 0, v.length) : (v) => setFromText(String(v));
    default: return isGeometry(column.dataType) ? (v) => geometryText(v as Buffer, 0, v.length) : (v) => (typeof v === 'string' ? v : v.toString('utf8'));
  }
}
function wholeReader([low, high]: readonly [bigint, bigint], refused: (v: string | Buffer) => never): ReadText {
  const lowest = Number(low), highest = Number(high);
  return (v) => {
    if (typeof v !== 'string') return asLong(BigInt(`0x${v.length === 0 ? '0' : v.toString('hex')}`));
    const n = Number(v);
    if (Number.isSafeInteger(n) && n >= lowest && n <= highest) return n === 0 ? 0 : n;
    const digits = WHOLE.exec(v)?.[1];
    if (digits === undefined) return refused(v);
    const big = BigInt(digits);
    return big < low || big > high ? refused(v) : asLong(big);
  };
}
const dated = <T>(text: string, value: T | undefined, refused: (v: string) => never): T | null => value !== undefined && !ZERO_DATE.test(text) ? value : ZERO_DATE.test(text) ? null : refused(text);
/** Sessions are in UTC; see `sink/literals.ts` for the zone. */
function timestampReader(kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ', precision: number, column: TargetColumn, zone: string, refused: (v: string | Buffer) => never): ReadText {
  const rules = zoneOrUtc(zone), isInstant = column.dataType === 'timestamp', parse = (v: string | Buffer): Long | null => dated(String(v), parseTimestamp(String(v), precision, 'sql'), refused);
  if (isInstant === (kind === 'TIMESTAMP_LTZ')) return parse;
  return (v) => { const value = parse(v); return value === null ? null : isInstant ? localFromInstant(value, precision, rules) : instantFromLocal(value, precision, rules); };
}
