/**
 * The csv format at run time. Flink: CsvRowDataDeserializationSchema, CsvToRowDataConverters, CsvRowDataSerializationSchema, over Jackson.
 *
 * A message is one line; a line end behind it, empty messages and, if allowed, comments give nothing. Fewer fields than columns are an
 * error, with ignore-parse-errors NULL; more are an error, with ignore-parse-errors the line is skipped. Numbers and times are trimmed,
 * texts are not. Quotes inside a quoted field are doubled. Written fields are quoted where they must be.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import { badRecord, shortened } from '../../core/errors/format.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { parseDouble } from '../../core/types/cast.ts';
import { decimalText, parseDecimal } from '../../core/types/decimal.ts';
import { doubleText, floatText } from '../../core/types/java-number.ts';
import { javaDecimalText } from '../../core/types/print-value.ts';
import { typeText, type Long, type SqlType } from '../../core/types/sql-type.ts';
import { clockText, cutTime, dateText, parseDate, parseInstant, parseTime, parseTimestamp, timestampText } from '../../core/types/temporal.ts';
import type { ByteSink, Decoder, Encoder, FormatRuntime, IgnoredErrors, WantedField } from '../connectors/contract.ts';
import { appendUtf8 } from './byte-sink.ts';
import type { CsvSettings } from './csv-descriptor.ts';
import { isUtf8 } from './json/skip.ts';
import { wholeText } from './json/numbers.ts';
import { isBadRecord } from './json/convert.ts';

/** Undefined: the text is none of the type; null: it does not fit (DECIMAL). */
type Read = (text: string) => unknown;
const BITS: Readonly<Record<string, 8 | 16 | 32 | 64>> = { TINYINT: 8, SMALLINT: 16, INT: 32, BIGINT: 64 };
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function reader(type: SqlType, settings: CsvSettings): Read {
  switch (type.kind) {
    case 'BOOLEAN': return (t) => t.trim().toLowerCase() === 'true';
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': { const bits = BITS[type.kind] as 64; return (t) => { const trimmed = t.trim(); return /^[+-]?\d+$/.test(trimmed) ? wholeText(trimmed.replace(/^\+/, ''), bits) : undefined; }; }
    case 'DECIMAL': { const { precision, scale } = type; return (t) => parseDecimal(t.trim(), precision, scale); }
    case 'DOUBLE': return (t) => parseDouble(t.trim());
    case 'FLOAT': return (t) => { const v = parseDouble(t.trim()); return v === undefined ? undefined : Math.fround(v); };
    case 'BINARY': case 'VARBINARY': return (t) => (BASE64.test(t.trim()) ? Buffer.from(t.trim(), 'base64') : undefined);
    case 'DATE': return (t) => parseDate(t.trim());
    case 'TIME': { const { precision } = type; return (t) => { const ms = parseTime(t.trim()); return ms === undefined ? undefined : cutTime(ms, precision); }; }
    case 'TIMESTAMP': { const { precision } = type; return (t) => parseTimestamp(t.trim(), precision, 'json'); }
    case 'TIMESTAMP_LTZ': { const { precision } = type; return (t) => parseInstant(t.trim(), precision, 'json'); }
    case 'ARRAY': return partsReader((n) => Array.from({ length: n }, () => type.element), settings);
    case 'ROW': return partsReader(() => type.fields.map((f) => f.type), settings);
    default: return (t) => t;
  }
}
function partsReader(typesOf: (parts: number) => readonly SqlType[], settings: CsvSettings): Read {
  const readers = new Map<string, Read>();
  const readerOf = (type: SqlType): Read => { const key = JSON.stringify(type); let read = readers.get(key); if (read === undefined) readers.set(key, read = reader(type, settings)); return read; };
  return (text) => {
    const parts = text === '' ? [] : text.split(settings.elementDelimiter), types = typesOf(parts.length), out: unknown[] = [];
    if (types.length !== parts.length) return undefined;
    for (const [i, part] of parts.entries()) {
      const value = part === settings.nullLiteral ? null : readerOf(types[i] as SqlType)(part);
      if (value === undefined) return undefined;
      out.push(value);
    }
    return out;
  };
}

class CsvDecoder implements Decoder {
  private readonly settings: CsvSettings;
  private readonly count: number;
  /** By column of the table; undefined where it is not wanted. */
  private readonly wanted: readonly ({ readonly field: WantedField; readonly read: Read } | undefined)[];
  private readonly names: readonly string[];
  private readonly ignored: IgnoredErrors | undefined;
  constructor(settings: CsvSettings, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[], ignored: IgnoredErrors | undefined) {
    this.ignored = ignored;
    this.settings = settings;
    this.count = all.length;
    this.names = all.map((c) => c.name);
    const byName = new Map(wanted.filter((f) => f.metadata === undefined).map((f) => [f.name, f]));
    this.wanted = all.map((c) => { const field = byName.get(c.name); return field === undefined ? undefined : { field, read: reader(field.type, settings) }; });
  }
  decode(bytes: Buffer, start: number, end: number, target: ChangeBatch, kinds: Uint8Array, at: number): number {
    if (start < 0 || start === end) return 0;
    try {
      if (!isUtf8(bytes, start, end)) throw badRecord({ format: 'csv', rule: 'the line is not valid UTF-8', text: shortened(bytes.toString('latin1', start, Math.min(end, start + 220))) });
      const line = bytes.toString('utf8', start, end).replace(/\r?\n$/, '').replace(/^\ufeff/, '');
      if (line === '' || (this.settings.allowComments && line.startsWith('#'))) return 0;
      this.row(line, target, at);
      kinds[at] = 0;
      return 1;
    } catch (error) {
      if (!this.settings.ignoreParseErrors || !isBadRecord(error)) throw error;
      this.ignored?.(error, 0);
      return 0;
    }
  }
  private row(line: string, target: ChangeBatch, at: number): void {
    const { settings, count } = this, fields = this.split(line);
    const mismatch = fields.length === count ? undefined : badRecord({ format: 'csv', rule: `row length mismatch: ${count} fields expected but was ${fields.length}`, text: shortened(line) });
    if (mismatch !== undefined && (fields.length > count || !settings.ignoreParseErrors)) throw mismatch;
    let nulled = Math.max(0, count - fields.length), nulledBy = mismatch;
    for (let c = 0; c < count; c++) {
      const one = this.wanted[c];
      if (one === undefined) continue;
      const text = fields[c], column = target.columns[one.field.slot] as Column;
      let value = text === undefined || text === settings.nullLiteral ? null : one.read(text);
      if (value === undefined) {
        const error = badRecord({ format: 'csv', field: this.names[c], rule: `'${shortened(text ?? '').slice(0, 60)}' cannot be read as ${typeText(one.field.type)}`, text: shortened(line), hint: text === '' ? "Set 'csv.null-literal' = '' to read empty fields as NULL." : undefined });
        if (!settings.ignoreParseErrors) throw error;
        nulled++;
        nulledBy = error;
        value = null;
      }
      column[at] = value;
    }
    if (nulledBy !== undefined) this.ignored?.(nulledBy, nulled);
  }
  private split(line: string): string[] {
    const { delimiter, quote, escape } = this.settings, fields: string[] = [];
    if ((quote === null || !line.includes(quote)) && (escape === null || !line.includes(escape))) return line.split(delimiter);
    // Looking at `field` itself for each quote would make the time grow with the square of its length.
    let field = '', isQuoted = false, hasQuote = false, isBlank = true;
    for (let i = 0; i < line.length; i++) {
      const c = line[i] as string;
      if (escape !== null && c === escape && i + 1 < line.length) { field += line[++i] as string; isBlank &&= (line[i] as string).trim() === ''; continue; }
      if (isQuoted) {
        if (c !== quote) field += c;
        else if (line[i + 1] === quote) { field += c; i++; } else isQuoted = false;
      } else if (c === delimiter) {
        fields.push(field);
        field = '';
        hasQuote = false;
        isBlank = true;
      } else if (c === quote && isBlank && !hasQuote) {
        field = '';
        isQuoted = hasQuote = true;
      } else if (!hasQuote || c.trim() !== '') { field += c; isBlank &&= c.trim() === ''; }
    }
    if (isQuoted) throw badRecord({ format: 'csv', rule: 'a quoted field is not closed', text: shortened(line) });
    return [...fields, field];
  }
}

type Write = (value: never) => string;
const withoutZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
function writer(type: SqlType, settings: CsvSettings): Write {
  switch (type.kind) {
    case 'DECIMAL': { const { scale } = type; return settings.scientific ? (v: Long) => javaDecimalText(v, scale) : (v: Long) => decimalText(v, scale); }
    case 'DOUBLE': return (v: number) => doubleText(v);
    case 'FLOAT': return (v: number) => floatText(v);
    case 'BINARY': case 'VARBINARY': return (v: Uint8Array) => Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('base64');
    case 'DATE': return (v: number) => dateText(v);
    case 'TIME': return (v: number) => withoutZeros(`${clockText(v)}.${String(v % 1000).padStart(3, '0')}`);
    case 'TIMESTAMP': { const { precision } = type; return (v: Long) => withoutZeros(timestampText(v, precision)); }
    case 'TIMESTAMP_LTZ': { const { precision } = type; return (v: Long) => `${withoutZeros(timestampText(v, precision))}Z`; }
    case 'ARRAY': { const element = partWriter(type.element, settings); return (v: readonly never[]) => v.map(element).join(settings.elementDelimiter); }
    case 'ROW': { const parts = type.fields.map((f) => partWriter(f.type, settings)); return (v: readonly never[]) => parts.map((write, i) => write(v[i] as never)).join(settings.elementDelimiter); }
    default: return (v: unknown) => String(v);
  }
}
function partWriter(type: SqlType, settings: CsvSettings): Write {
  const write = writer(type, settings);
  return (v: unknown) => (v === null ? settings.nullLiteral ?? '' : write(v as never));
}
class CsvEncoder implements Encoder {
  private readonly settings: CsvSettings;
  private readonly fields: readonly { readonly column: number; readonly write: Write }[];
  constructor(settings: CsvSettings, fields: readonly { readonly type: SqlType; readonly column: number }[]) {
    this.settings = settings;
    this.fields = fields.map((f) => ({ column: f.column, write: writer(f.type, settings) }));
  }
  encode(batch: ChangeBatch, row: number, out: ByteSink): boolean {
    const { settings } = this;
    let line = '';
    this.fields.forEach(({ column, write }, i) => {
      const value = (batch.columns[column] as Column)[row];
      line += (i === 0 ? '' : settings.delimiter) + (value === null ? settings.nullLiteral ?? '' : this.quoted(write(value as never)));
    });
    appendUtf8(out, line);
    return true;
  }
  private quoted(text: string): string {
    const { delimiter, quote, escape, nullLiteral } = this.settings, escaped = escape === null ? text : text.replaceAll(escape, escape + escape);
    if (quote === null) return escape === null ? text : escaped.replaceAll(delimiter, escape + delimiter);
    const isSafe = !text.includes(delimiter) && !text.includes(quote) && !/[\r\n]/.test(text) && text !== nullLiteral && !text.startsWith('#') && text.trim() === text;
    return isSafe ? escaped : `${quote}${escaped.replaceAll(quote, quote + quote)}${quote}`;
  }
}

export const csvRuntime: FormatRuntime = {
  identifier: 'csv',
  decoder: (settings: Json, wanted, all, ignored) => new CsvDecoder(settings as unknown as CsvSettings, wanted, all, ignored),
  encoder: (settings: Json, fields) => new CsvEncoder(settings as unknown as CsvSettings, fields),
};
