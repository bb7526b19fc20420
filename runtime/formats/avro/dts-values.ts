/**
 * Values as images of DTS's records, by SQL type: writers of one union branch each, and MySQL's number of a column's type. `millis` of
 * times holds microseconds, as DTS's own readers take it.
 */
import { decimalText } from '../../../core/types/decimal.ts';
import { printValue } from '../../../core/types/print-value.ts';
import { timestampDigits, typeText, type Long, type SqlType } from '../../../core/types/sql-type.ts';
import type { ByteSink } from '../../connectors/contract.ts';
import { writeAvroBytes, writeAvroDouble, writeAvroLong, writeAvroString } from './binary.ts';
import { imageBranch } from './dts-schema.ts';

/** Appends a branch and its value; the value is not NULL. */
export type ImageWriter = (value: unknown, out: ByteSink) => void;
const INTEGER_BYTES: Readonly<Record<string, number>> = { BOOLEAN: 1, TINYINT: 1, SMALLINT: 2, INT: 4, BIGINT: 8 };
const TEXT_TYPES = new Set(['json', 'enum', 'set']);

/** `native`: MySQL's name of the type, as in `enum`. */
export function imageWriter(type: SqlType, native: string): ImageWriter {
  switch (type.kind) {
    case 'BOOLEAN': return (v, out) => integer(out, 1, v === true ? '1' : '0');
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': if (native !== 'year') { const bytes = INTEGER_BYTES[type.kind] ?? 8; return (v, out) => integer(out, bytes, String(v)); } return (v, out) => dateTime(out, [Number(v), null, null, null, null, null, null]);
    case 'DECIMAL': {
      // An unsigned BIGINT is a decimal here and an integer in MySQL.
      if (native.endsWith('int') || native === 'serial') return (v, out) => integer(out, 8, String(v));
      return (v, out) => { writeAvroLong(out, imageBranch('Decimal')); writeAvroString(out, decimalText(v as Long, type.scale)); writeAvroLong(out, type.precision); writeAvroLong(out, type.scale); };
    }
    case 'FLOAT': case 'DOUBLE': return (v, out) => { writeAvroLong(out, imageBranch('Float')); writeAvroDouble(out, v as number); writeAvroLong(out, type.kind === 'FLOAT' ? 4 : 8); writeAvroLong(out, 0); };
    case 'CHAR': case 'VARCHAR': return textWriter(native);
    case 'BINARY': case 'VARBINARY': return (v, out) => { writeAvroLong(out, imageBranch('BinaryObject')); writeAvroString(out, native === '' ? 'blob' : native); writeAvroBytes(out, v as Uint8Array); };
    case 'DATE': return (v, out) => { const { year, month, day } = fromDays(v as number); dateTime(out, [year, month, day, null, null, null, null]); };
    case 'TIME': return (v, out) => { const ms = v as number; dateTime(out, [null, null, null, Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60, (ms % 1000) * 1000]); };
    case 'TIMESTAMP': { const digits = timestampDigits(type.precision); return (v, out) => wallClock(out, v as Long, digits); }
    case 'TIMESTAMP_LTZ': { const digits = timestampDigits(type.precision); return (v, out) => { const { seconds, micros } = split(v as Long, digits); writeAvroLong(out, imageBranch('Timestamp')); writeAvroLong(out, seconds); writeAvroLong(out, micros); }; }
    default: return (v, out) => { writeAvroLong(out, imageBranch('TextObject')); writeAvroString(out, typeText(type)); writeAvroString(out, printValue(type, v)); };
  }
}
function textWriter(native: string): ImageWriter {
  if (native === 'time') return timeTextWriter;
  if (TEXT_TYPES.has(native)) return (v, out) => { writeAvroLong(out, imageBranch('TextObject')); writeAvroString(out, native); writeAvroString(out, v as string); };
  return character;
}
const character: ImageWriter = (v, out) => { writeAvroLong(out, imageBranch('Character')); writeAvroString(out, 'utf8mb4'); writeAvroString(out, v as string); };
/** MySQL's TIME as text; a DateTime has no sign. */
const timeTextWriter: ImageWriter = (v, out) => {
  const parts = /^(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(v as string);
  if (parts === null) { character(v, out); return; }
  dateTime(out, [null, null, null, Number(parts[1]), Number(parts[2]), Number(parts[3]), Number((parts[4] ?? '').padEnd(6, '0'))]);
};
function integer(out: ByteSink, bytes: number, text: string): void { writeAvroLong(out, imageBranch('Integer')); writeAvroLong(out, bytes); writeAvroString(out, text); }
function dateTime(out: ByteSink, parts: readonly (number | null)[]): void {
  writeAvroLong(out, imageBranch('DateTime'));
  for (const part of parts) {
    if (part === null) { writeAvroLong(out, 0); continue; }
    writeAvroLong(out, 1);
    writeAvroLong(out, part);
  }
}
/** Seconds rounded down, and the microseconds behind them. */
function split(value: Long, digits: 3 | 6 | 9): { seconds: number; micros: number } {
  if (typeof value === 'number') {
    const perSecond = digits === 3 ? 1e3 : digits === 6 ? 1e6 : 1e9, seconds = Math.floor(value / perSecond), fraction = value - seconds * perSecond;
    return { seconds, micros: digits === 3 ? fraction * 1000 : digits === 6 ? fraction : Math.floor(fraction / 1000) };
  }
  const unit = digits === 3 ? 1000n : digits === 6 ? 1_000_000n : 1_000_000_000n, big = BigInt(value), rest = ((big % unit) + unit) % unit;
  return { seconds: Number((big - rest) / unit), micros: Number(rest * 1_000_000n / unit) };
}
function wallClock(out: ByteSink, value: Long, digits: 3 | 6 | 9): void {
  const { seconds, micros } = split(value, digits), day = Math.floor(seconds / 86400), second = seconds - day * 86400, { year, month, day: of } = fromDays(day);
  dateTime(out, [year, month, of, Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60, micros]);
}
function fromDays(days: number): { year: number; month: number; day: number } {
  const date = new Date(days * 86_400_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

const MYSQL_NUMBERS: Readonly<Record<string, number>> = {
  decimal: 246, numeric: 246, tinyint: 1, smallint: 2, int: 3, integer: 3, float: 4, double: 5, timestamp: 7, bigint: 8, mediumint: 9, date: 10, time: 11, datetime: 12, year: 13, bit: 16, json: 245, enum: 247, set: 248,
  tinyblob: 249, tinytext: 252, mediumblob: 250, longblob: 251, blob: 252, text: 252, mediumtext: 252, longtext: 252, varchar: 253, varbinary: 253, char: 254, binary: 254, geometry: 255,
};
const SQL_NUMBERS: Readonly<Record<string, number>> = {
  BOOLEAN: 1, TINYINT: 1, SMALLINT: 2, INT: 3, BIGINT: 8, FLOAT: 4, DOUBLE: 5, DECIMAL: 246, CHAR: 254, VARCHAR: 253, BINARY: 252, VARBINARY: 252, DATE: 10, TIME: 11, TIMESTAMP: 12, TIMESTAMP_LTZ: 7,
};
/** First word of a native type: `bigint unsigned` → `bigint`. */
export const nativeName = (native: string | undefined): string => /^[a-z]+/.exec((native ?? '').toLowerCase())?.[0] ?? '';
/** MySQL's wire number of a column's type. A number that announces text or bytes fits what the image holds: texts never are BLOBs. */
export function typeNumber(type: SqlType, native: string): number {
  const text = type.kind === 'CHAR' || type.kind === 'VARCHAR', number = MYSQL_NUMBERS[native] ?? SQL_NUMBERS[type.kind] ?? 253;
  if (text) return TEXT_TYPES.has(native) || native === 'time' ? number : number === 254 ? 254 : 253;
  if (type.kind === 'BINARY' || type.kind === 'VARBINARY') return number >= 249 && number <= 252 ? number : 252;
  return number;
}
