/** Writers of single values as JSON, by type: the encode table of Flink's RowDataToJsonConverters with Jackson's text forms. */
import { unwritableValue } from '../../../core/errors/format.ts';
import { decimalText } from '../../../core/types/decimal.ts';
import { doubleText, floatText } from '../../../core/types/java-number.ts';
import { javaDecimalText } from '../../../core/types/print-value.ts';
import { timestampDigits, type Long, type SqlType } from '../../../core/types/sql-type.ts';
import type { ByteSink } from '../../connectors/contract.ts';
import { appendAscii, appendUtf8 } from '../byte-sink.ts';
import type { TextSlices } from '../../../core/row/slices.ts';
import { copyAscii, type TextBuffer } from '../../../core/row/text.ts';
import type { JsonSettings } from './descriptor.ts';
import { quoteJson } from './reader.ts';
import { writeClock, writeClockMs, writeDate, writeTimestamp } from './temporal.ts';

/** Appends a value that is not NULL. */
export type ValueWriter = (value: unknown, out: ByteSink) => void;
/** `exactTime`: TIME with its milliseconds, which Flink's format leaves out. */
export type EncodeSettings = Pick<JsonSettings, 'timestampStandard' | 'mapNullKeyMode' | 'mapNullKeyLiteral' | 'plainDecimals' | 'ignoreNullFields'> & { readonly exactTime?: boolean };

/** Appends a whole number (number or bigint). */
export function writeInteger(value: Long, out: ByteSink): void {
  out.ensure(24);
  if (typeof value !== 'number' || value > 999999999 || value < -999999999) {
    if (typeof value === 'number' && value > 0) { writeLarge(value, out); return; }
    appendAscii(out, String(value));
    return;
  }
  const b = out.bytes;
  let o = out.length, v = value | 0;
  if (v < 0) { b[o++] = 45; v = -v; }
  o += v < 10 ? 1 : v < 100 ? 2 : v < 1000 ? 3 : v < 10000 ? 4 : v < 100000 ? 5 : v < 1000000 ? 6 : v < 10000000 ? 7 : v < 100000000 ? 8 : 9;
  out.length = o;
  do { const q = (v / 10) | 0; b[--o] = 48 + v - q * 10; v = q; } while (v !== 0);
}
/** 10 to 16 digits: the lower nine by themselves, so that both halves are small integers. */
function writeLarge(value: number, out: ByteSink): void {
  const high = Math.floor(value / 1e9);
  let low = (value - high * 1e9) | 0;
  writeInteger(high, out);
  const b = out.bytes, o = out.length;
  for (let i = o + 8; i >= o; i--) { const q = (low / 10) | 0; b[i] = 48 + low - q * 10; low = q; }
  out.length = o + 9;
}

const POWERS = Array.from({ length: 16 }, (_, i) => 10 ** i), PLAIN_SCALE = 6, LARGEST_SCALE = 15;
/** Appends `unscaled / 10^scale` with all its places; scale 1 to 15. The quotient of a safe integer rounds down to the right whole part. */
export function writeDecimal(unscaled: number, scale: number, out: ByteSink): void {
  out.ensure(40);
  let v = unscaled;
  if (v < 0) { out.bytes[out.length++] = 45; v = -v; }
  const power = POWERS[scale]!, whole = Math.floor(v / power);
  writeInteger(whole, out);
  const b = out.bytes, o = out.length;
  let rest = v - whole * power;
  b[o] = 46;
  for (let i = o + scale; i > o; i--) { const q = Math.floor(rest / 10); b[i] = 48 + rest - q * 10; rest = q; }
  out.length = o + scale + 1;
}

/** Below this many characters a loop beats the native copy. */
const SHORT = 128;
/** Appends a string in quotes, escaped as Jackson does: quote, backslash and control characters only. */
export function writeString(value: string, out: ByteSink): void {
  const length = value.length;
  out.ensure(length * 3 + 2);
  const b = out.bytes as TextBuffer, start = out.length;
  let o = start;
  b[o++] = 34;
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) {
      const c = value.charCodeAt(i);
      if (c < 32 || c > 126 || c === 34 || c === 92) { out.length = start; writeUnusual(value, out); return; }
      b[o++] = c;
    }
  } else {
    if (SPECIAL.test(value)) { writeUnusual(value, out); return; }
    o += b.utf8Write(value, o, length * 3);
  }
  b[o++] = 34;
  out.length = o;
}
/** Writes a slice in quotes at `o`; gives the position behind. There is room for it. */
export function copyQuoted(from: TextSlices, start: number, end: number, into: DataView, o: number): number {
  into.setUint8(o, 34);
  const behind = copyAscii(from.view, start, end, into, o + 1);
  into.setUint8(behind, 34);
  return behind + 1;
}
const SPECIAL = /["\\\u0000-\u001f]/;
function writeUnusual(value: string, out: ByteSink): void { appendUtf8(out, quoteJson(value)); }

function writeQuotedAscii(text: string, out: ByteSink): void {
  out.ensure(text.length + 2);
  out.bytes[out.length++] = 34;
  appendAscii(out, text);
  out.bytes[out.length++] = 34;
}

export function compileWriter(type: SqlType, path: string, settings: EncodeSettings): ValueWriter {
  switch (type.kind) {
    case 'BOOLEAN': return (v, out) => appendAscii(out, v === true ? 'true' : 'false');
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': case 'INTERVAL_YEAR_MONTH': case 'INTERVAL_DAY_TIME': return (v, out) => writeInteger(v as Long, out);
    // Jackson puts NaN and infinities in quotes.
    case 'FLOAT': return (v, out) => { if (Number.isFinite(v)) appendAscii(out, floatText(v as number)); else writeQuotedAscii(doubleText(v as number), out); };
    case 'DOUBLE': return (v, out) => { if (Number.isFinite(v)) appendAscii(out, doubleText(v as number)); else writeQuotedAscii(doubleText(v as number), out); };
    case 'DECIMAL': {
      const { scale } = type, text = settings.plainDecimals ? decimalText : javaDecimalText;
      if (scale === 0) return (v, out) => writeInteger(v as Long, out);
      // Up to six places both forms are the plain one.
      if (scale <= PLAIN_SCALE || (settings.plainDecimals && scale <= LARGEST_SCALE)) return (v, out) => { if (typeof v === 'number') writeDecimal(v, scale, out); else appendAscii(out, text(v as Long, scale)); };
      return (v, out) => appendAscii(out, text(v as Long, scale));
    }
    case 'CHAR': case 'VARCHAR': return (v, out) => writeString(v as string, out);
    case 'BINARY': case 'VARBINARY': return (v, out) => { const bytes = v as Uint8Array; writeQuotedAscii(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'), out); };
    case 'DATE': return (v, out) => quotedTemporal(out, (b, o) => writeDate(b, o, v as number));
    case 'TIME': if (settings.exactTime === true) return (v, out) => quotedTemporal(out, (b, o) => writeClockMs(b, o, v as number)); return (v, out) => quotedTemporal(out, (b, o) => writeClock(b, o, Math.floor((v as number) / 1000)));
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return timestampWriter(timestampDigits(type.precision), settings.timestampStandard === 'SQL' ? 32 : 84, type.kind === 'TIMESTAMP_LTZ');
    case 'ARRAY': return arrayWriter(compileWriter(type.element, `${path}[]`, settings));
    case 'MAP': return mapWriter(compileWriter(type.value, `${path}{}`, settings), path, settings);
    case 'MULTISET': return mapWriter((v, out) => writeInteger(v as Long, out), path, settings);
    case 'ROW': return rowWriter(type.fields.map((f) => ({ name: `${quoteJson(f.name)}:`, write: compileWriter(f.type, `${path}.${f.name}`, settings) })), settings.ignoreNullFields);
    case 'NULL': case 'RAW': return () => { throw unwritableValue({ format: 'json', field: path, rule: `a value of type ${type.kind} cannot be written` }); };
  }
}
function quotedTemporal(out: ByteSink, write: (b: Uint8Array, o: number) => number): void {
  out.ensure(48);
  const b = out.bytes;
  b[out.length] = 34;
  const o = write(b, out.length + 1);
  b[o] = 34;
  out.length = o + 1;
}
function timestampWriter(digits: 3 | 6 | 9, separator: number, isUtc: boolean): ValueWriter {
  return (v, out) => {
    out.ensure(48);
    const b = out.bytes;
    b[out.length] = 34;
    let o = writeTimestamp(b, out.length + 1, v as Long, digits, separator);
    if (isUtc) b[o++] = 90;
    b[o] = 34;
    out.length = o + 1;
  };
}
function arrayWriter(element: ValueWriter): ValueWriter {
  return (v, out) => {
    const items = v as readonly unknown[];
    byte(out, 91);
    for (let i = 0; i < items.length; i++) {
      if (i > 0) byte(out, 44);
      if (items[i] === null) appendAscii(out, 'null'); else element(items[i], out);
    }
    byte(out, 93);
  };
}
function mapWriter(value: ValueWriter, path: string, settings: EncodeSettings): ValueWriter {
  return (v, out) => {
    let isFirst = true;
    byte(out, 123);
    for (const [key, item] of v as ReadonlyMap<string | null, unknown>) {
      if (key === null && settings.mapNullKeyMode !== 'LITERAL') {
        if (settings.mapNullKeyMode === 'DROP') continue;
        throw unwritableValue({
          format: 'json', field: path, rule: "JSON format doesn't support to serialize map data with null keys",
          hint: "You can drop null key entries or encode null in literals by specifying the 'map-null-key.mode' option of the format.",
        });
      }
      if (!isFirst) byte(out, 44);
      isFirst = false;
      writeString(key ?? settings.mapNullKeyLiteral, out);
      byte(out, 58);
      if (item === null) appendAscii(out, 'null'); else value(item, out);
    }
    byte(out, 125);
  };
}
function rowWriter(fields: readonly { name: string; write: ValueWriter }[], ignoreNulls: boolean): ValueWriter {
  return (v, out) => {
    const values = v as readonly unknown[];
    let isFirst = true;
    byte(out, 123);
    for (let i = 0; i < fields.length; i++) {
      const item = values[i], field = fields[i]!;
      if (item === null && ignoreNulls) continue;
      if (!isFirst) byte(out, 44);
      isFirst = false;
      appendUtf8(out, field.name);
      if (item === null) appendAscii(out, 'null'); else field.write(item, out);
    }
    byte(out, 125);
  };
}
function byte(out: ByteSink, c: number): void {
  out.ensure(1);
  out.bytes[out.length++] = c;
}
