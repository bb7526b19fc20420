/**
 * SQL values as PostgreSQL's text and binary formats (the `*out` and `*send` functions of PostgreSQL 15). One encoder per column is
 * chosen when a result begins; it writes length and bytes of one value that is not NULL. On purpose different from PostgreSQL: fractions
 * of seconds have exactly the digits of their type, as Flink prints them. What is finer than microseconds is cut in text as in binary,
 * because drivers refuse it (psycopg fails on a seventh digit); CAST AS STRING shows it.
 */
import { assertNever, internalError } from '../../core/errors/common.ts';
import { timestampDigits } from '../../core/types/sql-type.ts';
import type { Long, SqlType } from '../../core/types/sql-type.ts';
import { dateText, offsetText, splitTimestamp, timestampText, timeText, zonedTimestampText } from '../values/datetime.ts';
import type { Zone } from '../values/datetime.ts';
import { decimalText, doubleText, floatText } from '../values/decimal.ts';
import { jsonWriter } from '../values/json.ts';
import type { OutBuffer } from './out-buffer.ts';
import type { CatalogType, ResultColumn } from '../gateway/contract.ts';
import { isJson, OID, pgTypeOf } from './types.ts';

/** Writes one value that is not NULL as a field. */
export type FieldEncoder = (out: OutBuffer, value: unknown) => void;

/** 0 text, 1 binary. */
export type FormatCode = 0 | 1;

export function fieldEncoder({ type, pgType }: Pick<ResultColumn, 'type' | 'pgType'>, format: FormatCode, zone: Zone): FieldEncoder {
  if (format === 1) return pgType === undefined ? binaryEncoder(type) : catalogEncoder(pgType);
  const text = textWriter(type, zone);
  return (out, value) => out.lengthAndText(text(value));
}

/** The text form of values of a type that are not NULL. */
export function textWriter(type: SqlType, zone: Zone): (value: unknown) => string {
  if (isJson(type)) return jsonWriter(type, 'number');
  switch (type.kind) {
    case 'BOOLEAN': return (v) => (v === true ? 't' : 'f');
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': case 'RAW': return String;
    case 'FLOAT': return (v) => floatText(v as number);
    case 'DOUBLE': return (v) => doubleText(v as number);
    case 'DECIMAL': return (v) => decimalText(v as Long, type.scale);
    case 'CHAR': case 'VARCHAR': return (v) => v as string;
    case 'BINARY': case 'VARBINARY': return (v) => { const b = v as Uint8Array; return `\\x${Buffer.from(b.buffer, b.byteOffset, b.byteLength).toString('hex')}`; };
    case 'DATE': return (v) => dateText(v as number);
    case 'TIME': return (v) => timeText(v as number, Math.min(type.precision, 6));
    case 'TIMESTAMP': return type.precision > 6 ? (v) => cutAtMicros(timestampText(v as Long, type.precision)) : (v) => timestampText(v as Long, type.precision);
    case 'TIMESTAMP_LTZ': return (v) => { const zoned = zonedTimestampText(v as Long, type.precision, zone); return cutAtMicros(zoned.text) + offsetText(zoned.offsetSeconds); };
    case 'INTERVAL_YEAR_MONTH': return (v) => yearsAndMonths(v as number);
    case 'INTERVAL_DAY_TIME': return (v) => daysAndTime(v as number);
    case 'ARRAY': return arrayWriter(type.element, zone);
    case 'NULL': return () => '';
    case 'MAP': case 'MULTISET': case 'ROW': throw internalError({ what: `${type.kind} is written as json` });
    default: return assertNever(type);
  }
}

/** Both forms of a timestamp's text end with the fraction. */
function cutAtMicros(text: string): string {
  const point = text.lastIndexOf('.');
  return point < 0 ? text : text.slice(0, point + 7);
}

/** `{1,NULL,"a b"}`: elements are quoted where array_out would. */
function arrayWriter(element: SqlType, zone: Zone): (value: unknown) => string {
  const write = textWriter(element, zone);
  const one = (v: unknown): string => {
    if (v === null || v === undefined) return 'NULL';
    const text = write(v);
    return text === '' || /["\\{},\s]|^null$/i.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
  };
  return (value) => `{${(value as unknown[]).map(one).join(',')}}`;
}

/** intervalstyle `postgres`: `1 year 2 mons`. */
function yearsAndMonths(months: number): string {
  const years = Math.trunc(months / 12), rest = months % 12;
  const parts = [years === 0 ? '' : `${years} year${years === 1 ? '' : 's'}`, rest === 0 ? '' : `${rest} mon${rest === 1 ? '' : 's'}`].filter(Boolean);
  return parts.length === 0 ? '00:00:00' : parts.join(' ');
}
/** intervalstyle `postgres`: `-1 days -02:03:04.005`. */
function daysAndTime(ms: number): string {
  const size = Math.abs(ms), days = Math.floor(size / 86_400_000), rest = size - days * 86_400_000, sign = ms < 0 ? '-' : '';
  const time = rest === 0 ? '' : sign + timeText(rest, rest % 1000 === 0 ? 0 : 3);
  return days === 0 ? time || '00:00:00' : `${sign}${days} day${ms > 0 && days === 1 ? '' : 's'}${time === '' ? '' : ` ${time}`}`;
}

const EPOCH_2000_DAYS = 10_957;

function binaryEncoder(type: SqlType): FieldEncoder {
  if (isJson(type)) { const json = jsonWriter(type, 'number'); return (out, v) => out.lengthAndText(json(v)); }
  switch (type.kind) {
    case 'BOOLEAN': return (out, v) => { out.int32(1); out.byte(v === true ? 1 : 0); };
    case 'TINYINT': case 'SMALLINT': return (out, v) => { out.int32(2); out.int16(v as number); };
    case 'INT': return (out, v) => { out.int32(4); out.int32(v as number); };
    case 'BIGINT': return (out, v) => { out.int32(8); out.int64(BigInt(v as Long)); };
    case 'FLOAT': return (out, v) => { out.int32(4); out.float32(v as number); };
    case 'DOUBLE': return (out, v) => { out.int32(8); out.float64(v as number); };
    case 'DECIMAL': return (out, v) => numeric(out, v as Long, type.scale);
    case 'CHAR': case 'VARCHAR': return (out, v) => out.lengthAndText(v as string);
    case 'BINARY': case 'VARBINARY': return (out, v) => out.lengthAndBytes(v as Uint8Array);
    case 'DATE': return (out, v) => { out.int32(4); out.int32((v as number) - EPOCH_2000_DAYS); };
    case 'TIME': return (out, v) => { out.int32(8); out.int64(BigInt(v as number) * 1000n); };
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': {
      const digits = timestampDigits(type.precision);
      return (out, v) => { out.int32(8); out.int64(microsSince2000(v as Long, digits)); };
    }
    case 'INTERVAL_YEAR_MONTH': return (out, v) => { out.int32(16); out.int64(0n); out.int32(0); out.int32(v as number); };
    case 'INTERVAL_DAY_TIME': return (out, v) => {
      const days = Math.trunc((v as number) / 86_400_000);
      out.int32(16); out.int64(BigInt((v as number) - days * 86_400_000) * 1000n); out.int32(days); out.int32(0);
    };
    case 'ARRAY': return binaryArray(type.element);
    case 'RAW': case 'NULL': return (out, v) => out.lengthAndText(String(v));
    case 'MAP': case 'MULTISET': case 'ROW': throw internalError({ what: `${type.kind} is written as json` });
    default: return assertNever(type);
  }
}

/** Object ids are unsigned 32-bit numbers; name and "char" are texts. */
function catalogEncoder(type: CatalogType): FieldEncoder {
  switch (type) {
    case 'oid': case 'xid': return (out, v) => { out.int32(4); out.int32((v as number) | 0); };
    case 'name': case 'char': return (out, v) => out.lengthAndText(v as string);
    case 'oid[]': return arrayEncoder(catalogEncoder('oid'), OID.oid);
    case 'name[]': return arrayEncoder(catalogEncoder('name'), OID.name);
    case 'char[]': return arrayEncoder(catalogEncoder('char'), OID.char);
  }
}

function microsSince2000(value: Long, digits: 3 | 6 | 9): bigint {
  const { days, units } = splitTimestamp(value, digits);
  return BigInt(days - EPOCH_2000_DAYS) * 86_400_000_000n + BigInt(digits === 3 ? units * 1000 : digits === 6 ? units : Math.floor(units / 1000));
}

/** numeric_send: base-10000 digits around the decimal point, without leading and trailing zero digits. */
function numeric(out: OutBuffer, unscaled: Long, scale: number): void {
  const isNegative = unscaled < 0, text = String(isNegative ? -unscaled : unscaled);
  const whole = text.length > scale ? text.slice(0, text.length - scale) : '', fraction = scale === 0 ? '' : text.slice(-scale).padStart(scale, '0');
  const padded = whole.padStart(Math.ceil(whole.length / 4) * 4, '0') + fraction.padEnd(Math.ceil(scale / 4) * 4, '0');
  const groups: number[] = [];
  for (let i = 0; i < padded.length; i += 4) groups.push(Number(padded.slice(i, i + 4)));
  let weight = Math.ceil(whole.length / 4) - 1, first = 0, last = groups.length;
  while (first < last && groups[first] === 0) { first++; weight--; }
  while (last > first && groups[last - 1] === 0) last--;
  out.int32(8 + 2 * (last - first));
  out.int16(last - first);
  out.int16(first === last ? 0 : weight);
  out.int16(isNegative && first !== last ? 0x4000 : 0);
  out.int16(scale);
  for (let i = first; i < last; i++) out.int16(groups[i] as number);
}

/** array_send with one dimension. */
const binaryArray = (element: SqlType): FieldEncoder => arrayEncoder(binaryEncoder(element), pgTypeOf(element).oid);
function arrayEncoder(encode: FieldEncoder, oid: number): FieldEncoder {
  return (out, value) => {
    const items = value as readonly unknown[], start = out.beginField();
    out.int32(items.length === 0 ? 0 : 1);
    out.int32(items.some((item) => item === null) ? 1 : 0);
    out.int32(oid);
    if (items.length > 0) { out.int32(items.length); out.int32(1); }
    for (const item of items) { if (item === null || item === undefined) out.int32(-1); else encode(out, item); }
    out.endField(start);
  };
}
