/**
 * What a column becomes when a table declares another type than MySQL's own: widening, and where values may or may not fit (BIGINT
 * UNSIGNED as BIGINT) a check of every value. What cannot be is refused by name before anything is read.
 *
 * Base values, decoded from rows or texts alike, are of `baseType`, with three exceptions that a conversion always follows: TIME is signed
 * microseconds, SET an array of texts, and DECIMAL of more than 38 digits is text.
 */
import { mysqlTypeMismatch, mysqlTypeUnsupported, mysqlValueOutOfRange } from '../../../../core/errors/mysql-types.ts';
import { castFunction } from '../../../../core/types/cast.ts';
import { isInteger } from '../../../../core/types/coercion.ts';
import { castDecimal, checkPrecision } from '../../../../core/types/decimal.ts';
import { floatText } from '../../../../core/types/java-number.ts';
import { cutTime } from '../../../../core/types/temporal.ts';
import { timestampDigits, typeText, type Long, type SqlType } from '../../../../core/types/sql-type.ts';
import { tableText, type TableId, type WantedColumn } from '../contract.ts';
import { columnTypeText } from './column-type.ts';
import { baseType } from './mapping.ts';
import { bitsValue } from './small-values.ts';
import { timeOfDay, timeValueText } from './temporal-values.ts';

/** Never called with null. null: the base value is the value. */
export type Conversion = ((value: never) => unknown) | null;
export interface ConversionOptions {
  /** `server-time-zone`: of DATETIME read as TIMESTAMP_LTZ and TIMESTAMP read as TIMESTAMP. */
  readonly timeZone: string;
}
const LIMITS: Readonly<Record<string, number>> = { TINYINT: 128, SMALLINT: 32768, INT: 2147483648 };
const LONG_MAX = 9223372036854775807n;

/** Throws mysql-type-unsupported and mysql-type-mismatch. */
export function conversionOf(table: TableId, wanted: Pick<WantedColumn, 'column' | 'type'>, options: ConversionOptions): Conversion {
  const { column, type } = wanted, base = baseType(column), names = { table: tableText(table), column: column.name };
  if (base === undefined) throw mysqlTypeUnsupported({ ...names, type: columnTypeText(column) });
  const declared = typeText(type), fail = (value: unknown, hint?: string): never => { throw mysqlValueOutOfRange({ ...names, value: String(value), declared, hint }); };
  const found = column.dataType === 'time' ? fromTime(type, column.scale ?? 0, fail) : column.dataType === 'bit' ? fromBits(base, type, fail)
    : column.dataType === 'set' ? fromSet(type) : isInteger(base) || base.kind === 'DECIMAL' ? fromExact(base, type, fail) : fromOther(base, type, options);
  if (found === undefined) throw mysqlTypeMismatch({ ...names, type: columnTypeText(column), declared, natural: typeText(base), hint: hintOf(base, type) });
  return found;
}
function hintOf(base: SqlType, type: SqlType): string | undefined {
  if (base.kind === 'DECIMAL' && type.kind === 'DECIMAL') return `Its ${base.scale} digits behind the point would be lost; declare it as ${typeText(base)} and CAST.`;
  return undefined;
}
/** Conversions that cannot be give undefined. */
type Found = Conversion | undefined;
type Fail = (value: unknown, hint?: string) => never;

function fromTime(type: SqlType, scale: number, fail: Fail): Found {
  if (type.kind === 'VARCHAR' || type.kind === 'CHAR') return (micros: number) => timeValueText(micros, scale);
  if (type.kind !== 'TIME') return undefined;
  const { precision } = type;
  return (micros: number) => cutTime(timeOfDay(micros) ?? fail(timeValueText(micros, scale), 'MySQL times reach from -838 to 838 hours, TIME from 0 to 24. Declare the column as STRING.'), precision);
}
function fromBits(base: SqlType, type: SqlType, fail: Fail): Found {
  switch (type.kind) {
    case 'BINARY': case 'VARBINARY': return 'length' in base && type.length >= base.length ? null : undefined;
    case 'BOOLEAN': return (bits: Uint8Array) => bitsValue(bits) !== 0;
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return (bits: Uint8Array) => checkInteger(bitsValue(bits), type.kind, fail);
    case 'DECIMAL': return (bits: Uint8Array) => fitted(bitsValue(bits), 0, type, fail);
    default: return undefined;
  }
}
function fromSet(type: SqlType): Found {
  if (type.kind === 'VARCHAR' || type.kind === 'CHAR') return (members: readonly string[]) => members.join(',');
  return type.kind === 'ARRAY' && (type.element.kind === 'VARCHAR' || type.element.kind === 'CHAR') ? null : undefined;
}
function checkInteger(value: Long, kind: string, fail: Fail): Long {
  const limit = LIMITS[kind];
  if (limit === undefined ? typeof value === 'bigint' && (value > LONG_MAX || value < -LONG_MAX - 1n) : value >= limit || value < -limit) return fail(value);
  return value;
}
const fitted = (value: Long, scale: number, type: { readonly precision: number; readonly scale: number }, fail: Fail): Long => castDecimal(value, scale, type.precision, type.scale) ?? fail(value);

/** Integers and DECIMAL. */
function fromExact(base: SqlType, type: SqlType, fail: Fail): Found {
  const scale = base.kind === 'DECIMAL' ? base.scale : 0, digits = base.kind === 'DECIMAL' ? base.precision - base.scale : { TINYINT: 3, SMALLINT: 5, INT: 10, BIGINT: 19 }[base.kind as 'INT'];
  switch (type.kind) {
    case 'BOOLEAN': return isInteger(base) ? (value: Long) => value !== 0 : undefined;
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': {
      if (scale > 0) return undefined;
      const order = ['TINYINT', 'SMALLINT', 'INT', 'BIGINT'];
      if (base.kind !== 'DECIMAL' && order.indexOf(base.kind) <= order.indexOf(type.kind)) return null;
      return (value: Long) => checkInteger(value, type.kind, fail);
    }
    case 'DECIMAL': {
      if (type.scale < scale) return undefined;
      if (type.scale === scale) return type.precision - type.scale >= digits ? null : (value: Long) => checkPrecision(value, type.precision) ?? fail(value);
      return (value: Long) => fitted(value, scale, type, fail);
    }
    case 'FLOAT': case 'DOUBLE': case 'VARCHAR': case 'CHAR': return castFunction(base, wide(type), { timeZone: 'UTC' }, true);
    default: return undefined;
  }
}
/** Texts longer than a declared CHAR(n) or VARCHAR(n) are given whole: nothing of the source is cut. */
const wide = (type: SqlType): SqlType => (type.kind === 'CHAR' || type.kind === 'VARCHAR' ? { kind: 'VARCHAR', length: 2147483647, nullable: true } : type);

function fromOther(base: SqlType, type: SqlType, { timeZone }: ConversionOptions): Found {
  const isText = type.kind === 'VARCHAR' || type.kind === 'CHAR', cast = (): Conversion => castFunction(base, wide(type), { timeZone }, true);
  switch (base.kind) {
    case 'CHAR': case 'VARCHAR': return isText ? null : undefined;
    case 'BINARY': case 'VARBINARY': return type.kind === 'BINARY' || type.kind === 'VARBINARY' ? null : undefined;
    case 'FLOAT':
      if (type.kind === 'FLOAT') return null;
      // The nearest double of the digits that people see: 1.1, not 1.100000023841858.
      if (type.kind === 'DOUBLE') return (value: number) => Number(floatText(value));
      return isText ? cast() : undefined;
    case 'DOUBLE': return type.kind === 'DOUBLE' ? null : isText ? cast() : undefined;
    case 'DATE': return type.kind === 'DATE' ? null : type.kind === 'TIMESTAMP' || isText ? cast() : undefined;
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ':
      if (type.kind === base.kind) return timestampDigits(type.precision) === timestampDigits(base.precision) && type.precision >= base.precision ? null : cast();
      return type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ' || isText ? cast() : undefined;
    case 'ARRAY': return type.kind === 'ARRAY' && (type.element.kind === 'FLOAT' || type.element.kind === 'DOUBLE') ? null : undefined;
    default: return undefined;
  }
}
