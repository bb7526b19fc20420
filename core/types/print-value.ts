/**
 * Values as text, in two ways. `printValue`: what Flink's print connector shows (Java's toString of the external value: `null`,
 * timestamps ISO with `T`, nested rows `+I[…]`). `valueText`: what CAST(… AS STRING) gives (RowDataToStringConverter and the cast
 * rules: `TRUE`, `2020-02-29 12:34:56.789`, rows `(a, b)`).
 */
import { decimalText } from './decimal.ts';
import { doubleText, floatText } from './java-number.ts';
import type { Long, SqlType } from './sql-type.ts';
import { dateText, dayTimeText, javaInstantText, javaTimeText, javaTimestampText, localFromInstant, timeText, timestampText, yearMonthText } from './temporal.ts';
import { zoneOrUtc } from './zone.ts';

/** Text of a value; NULL is handled. */
export type ValuePrinter = (value: unknown) => string;

/** One value as the print connector shows it. Compile a `valuePrinter` once where many values are printed. */
export function printValue(type: SqlType, value: unknown): string { return valuePrinter(type)(value); }

export function valuePrinter(type: SqlType): ValuePrinter {
  const print = printerOf(type);
  return (value) => (value === null || value === undefined ? 'null' : print(value));
}
function printerOf(type: SqlType): ValuePrinter {
  switch (type.kind) {
    case 'BOOLEAN': case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': case 'CHAR': case 'VARCHAR': case 'RAW': case 'NULL': return String;
    case 'FLOAT': return (v) => floatText(v as number);
    case 'DOUBLE': return (v) => doubleText(v as number);
    case 'DECIMAL': return (v) => javaDecimalText(v as Long, type.scale);
    case 'BINARY': case 'VARBINARY': return (v) => `[${Array.from(v as Uint8Array, (b) => (b << 24) >> 24).join(', ')}]`;
    case 'DATE': return (v) => dateText(v as number);
    case 'TIME': return (v) => javaTimeText(v as number);
    case 'TIMESTAMP': return (v) => javaTimestampText(v as Long, type.precision);
    case 'TIMESTAMP_LTZ': return (v) => javaInstantText(v as Long, type.precision);
    case 'INTERVAL_YEAR_MONTH': return (v) => javaPeriodText(v as number);
    case 'INTERVAL_DAY_TIME': return (v) => javaDurationText(v as number);
    case 'ARRAY': { const element = valuePrinter(type.element); return (v) => `[${(v as unknown[]).map(element).join(', ')}]`; }
    case 'ROW': { const fields = type.fields.map((f) => valuePrinter(f.type)); return (v) => `+I[${fields.map((print, i) => print((v as unknown[])[i])).join(', ')}]`; }
    case 'MAP': return mapText(valuePrinter(type.key), valuePrinter(type.value));
    case 'MULTISET': return mapText(valuePrinter(type.element), String);
  }
}
function mapText(key: ValuePrinter, value: ValuePrinter): ValuePrinter {
  return (map) => `{${Array.from(map as Map<unknown, unknown>, ([k, v]) => `${key(k)}=${value(v)}`).join(', ')}}`;
}
/** BigDecimal.toString: plain, but `1E-7` when the first digit stands behind more than six places. */
export function javaDecimalText(value: Long, scale: number): string {
  if (scale <= 6) return decimalText(value, scale);
  const digits = String(value < 0 ? -value : value), exponent = digits.length - 1 - scale;
  if (exponent >= -6) return decimalText(value, scale);
  return `${value < 0 ? '-' : ''}${digits.slice(0, 1)}${digits.length > 1 ? `.${digits.slice(1)}` : ''}E${exponent}`;
}
/** java.time.Period.toString: `P1Y2M`. */
function javaPeriodText(months: number): string {
  const years = Math.trunc(months / 12), rest = months % 12;
  return months === 0 ? 'P0D' : `P${years === 0 ? '' : `${years}Y`}${rest === 0 ? '' : `${rest}M`}`;
}
/** java.time.Duration.toString: `PT26H3.5S`. */
function javaDurationText(ms: number): string {
  if (ms === 0) return 'PT0S';
  const hours = Math.trunc(ms / 3_600_000), minutes = Math.trunc(ms % 3_600_000 / 60_000), rest = ms % 60_000;
  return `PT${hours === 0 ? '' : `${hours}H`}${minutes === 0 ? '' : `${minutes}M`}${rest === 0 ? '' : `${rest / 1000}S`}`;
}

/** CAST to STRING. `timeZone`: the session's, for TIMESTAMP_LTZ. NULL gives `NULL` (Flink's text of a NULL inside a nested value). */
export function valueText(type: SqlType, value: unknown, timeZone: string): string { return textPrinter(type, timeZone)(value); }

export function textPrinter(type: SqlType, timeZone: string): ValuePrinter {
  const print = textPrinterOf(type, timeZone);
  return (value) => (value === null || value === undefined ? 'NULL' : print(value));
}
function textPrinterOf(type: SqlType, timeZone: string): ValuePrinter {
  switch (type.kind) {
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': case 'CHAR': case 'VARCHAR': case 'RAW': return String;
    case 'NULL': return () => 'NULL';
    case 'BOOLEAN': return (v) => (v === true ? 'TRUE' : 'FALSE');
    case 'FLOAT': return (v) => floatText(v as number);
    case 'DOUBLE': return (v) => doubleText(v as number);
    case 'DECIMAL': return (v) => decimalText(v as Long, type.scale);
    case 'BINARY': case 'VARBINARY': return (v) => { const bytes = v as Uint8Array; return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'); };
    case 'DATE': return (v) => dateText(v as number);
    case 'TIME': return (v) => timeText(v as number, type.precision);
    case 'TIMESTAMP': return (v) => timestampText(v as Long, type.precision);
    case 'TIMESTAMP_LTZ': { const zone = zoneOrUtc(timeZone); return (v) => timestampText(localFromInstant(v as Long, type.precision, zone), type.precision); }
    case 'INTERVAL_YEAR_MONTH': return (v) => yearMonthText(v as number);
    case 'INTERVAL_DAY_TIME': return (v) => dayTimeText(v as number);
    case 'ARRAY': { const element = textPrinter(type.element, timeZone); return (v) => `[${(v as unknown[]).map(element).join(', ')}]`; }
    case 'ROW': { const fields = type.fields.map((f) => textPrinter(f.type, timeZone)); return (v) => `(${fields.map((print, i) => print((v as unknown[])[i])).join(', ')})`; }
    case 'MAP': return mapText(textPrinter(type.key, timeZone), textPrinter(type.value, timeZone));
    case 'MULTISET': return mapText(textPrinter(type.element, timeZone), String);
  }
}
