/**
 * SQL values as JSON text, written directly so that numbers stay exact: BIGINT is a JSON number with all its digits. Used for HTTP rows
 * and for MAP, ROW and nested arrays over the PostgreSQL protocol. Shapes:
 *   BOOLEAN true/false · integers, FLOAT, DOUBLE numbers (NaN and infinities as strings) · DECIMAL number or string (caller's choice) ·
 *   strings · BYTES base64 · DATE `2020-02-29` · TIME `12:34:56` · TIMESTAMP `2020-02-29 12:34:56.789` · TIMESTAMP_LTZ the same in UTC with `Z`
 *   (Flink's 'json.timestamp-format.standard' = 'SQL') · intervals as Flink prints them · ARRAY array · ROW object · MAP, MULTISET object
 *   with keys as text. Duplicate field names stay duplicate.
 */
import { assertNever } from '../../core/errors/common.ts';
import type { Long, SqlType } from '../../core/types/sql-type.ts';
import { dateText, timestampText, timeText } from './datetime.ts';
import { decimalText, doubleText, floatText } from './decimal.ts';

/** Writes one value of a type; NULL is `null`. */
export type JsonWriter = (value: unknown) => string;

const numberText = (text: string, value: number): string => (Number.isFinite(value) ? text : `"${text}"`);

/** The writer of a type. `exactDecimals: 'string'` for readers that would round numbers. */
export function jsonWriter(type: SqlType, exactDecimals: 'string' | 'number'): JsonWriter {
  const write = writerOf(type, exactDecimals);
  return (value) => (value === null || value === undefined ? 'null' : write(value));
}

function writerOf(type: SqlType, exactDecimals: 'string' | 'number'): JsonWriter {
  switch (type.kind) {
    case 'BOOLEAN': case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return String;
    case 'FLOAT': return (v) => numberText(floatText(v as number), v as number);
    case 'DOUBLE': return (v) => numberText(doubleText(v as number), v as number);
    case 'DECIMAL': return exactDecimals === 'number' ? (v) => decimalText(v as Long, type.scale) : (v) => `"${decimalText(v as Long, type.scale)}"`;
    case 'CHAR': case 'VARCHAR': return (v) => JSON.stringify(v);
    case 'BINARY': case 'VARBINARY': return (v) => { const bytes = v as Uint8Array; return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`; };
    case 'DATE': return (v) => `"${dateText(v as number)}"`;
    case 'TIME': return (v) => `"${timeText(v as number, type.precision)}"`;
    case 'TIMESTAMP': return (v) => `"${timestampText(v as Long, type.precision)}"`;
    case 'TIMESTAMP_LTZ': return (v) => `"${timestampText(v as Long, type.precision)}Z"`;
    case 'INTERVAL_YEAR_MONTH': return (v) => `"${yearMonthText(v as number)}"`;
    case 'INTERVAL_DAY_TIME': return (v) => `"${dayTimeText(v as number)}"`;
    case 'ARRAY': {
      const element = jsonWriter(type.element, exactDecimals);
      return (v) => `[${(v as unknown[]).map(element).join(',')}]`;
    }
    case 'ROW': {
      const fields = type.fields.map((field) => ({ key: JSON.stringify(field.name), write: jsonWriter(field.type, exactDecimals) }));
      return (v) => `{${fields.map((field, i) => `${field.key}:${field.write((v as unknown[])[i])}`).join(',')}}`;
    }
    case 'MAP': case 'MULTISET': {
      const key = keyWriter(type.kind === 'MAP' ? type.key : type.element), value: JsonWriter = type.kind === 'MAP' ? jsonWriter(type.value, exactDecimals) : String;
      return (v) => `{${Array.from(v as Map<unknown, unknown>, ([k, item]) => `${key(k)}:${value(item)}`).join(',')}}`;
    }
    case 'RAW': return (v) => JSON.stringify(String(v));
    case 'NULL': return () => 'null';
    default: return assertNever(type);
  }
}

/** A key of an object is a string: scalars as their text, anything else as its JSON in a string; a NULL key is `"null"`, as in Flink's json format. */
function keyWriter(type: SqlType): JsonWriter {
  const write = jsonWriter(type, 'number');
  return (key) => {
    const text = typeof key === 'string' ? JSON.stringify(key) : write(key);
    return text.startsWith('"') ? text : JSON.stringify(text);
  };
}

/** Months → `+1-02`, as Flink casts INTERVAL YEAR TO MONTH to a string. */
export function yearMonthText(months: number): string {
  const size = Math.abs(months);
  return `${months < 0 ? '-' : '+'}${Math.floor(size / 12)}-${String(size % 12).padStart(2, '0')}`;
}
/** Milliseconds → `+1 02:03:04.005`, as Flink casts INTERVAL DAY TO SECOND to a string. */
export function dayTimeText(ms: number): string {
  const size = Math.abs(ms), days = Math.floor(size / 86_400_000);
  return `${ms < 0 ? '-' : '+'}${days} ${timeText(size - days * 86_400_000, 3)}`;
}
