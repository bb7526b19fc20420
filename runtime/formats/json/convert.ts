/**
 * From a JSON value to a SQL value, exactly, for every type: the table of Flink's JsonParserToRowDataConverters. A converter is made
 * once per column; the reader stands on the first byte of the value and afterwards behind it. Generated scanners (`scan.ts`) do the
 * common forms by themselves and call these for all others.
 */
import { RivuletError } from '../../../core/errors/define.ts';
import { badRecord } from '../../../core/errors/format.ts';
import { timestampDigits, typeText, type RowField, type SqlType } from '../../../core/types/sql-type.ts';
import type { JsonSettings } from './descriptor.ts';
import { decimalValue, doubleText, wholePart, wholeText } from './numbers.ts';
import type { JsonReader } from './reader.ts';
import { cursor, readDate, readTime, readTimestamp, type TimestampForm } from './temporal.ts';

/** Values of one message that ignore-parse-errors makes NULL, each some 15 µs; with more the whole message is given up. */
const MOST_NULLED = 10_000;

export type Converter = (reader: JsonReader) => unknown;
export interface DecodeSettings extends Pick<JsonSettings, 'failOnMissingField' | 'ignoreParseErrors' | 'timestampStandard' | 'acceptBothStandards'> {
  /** Reads nested rows (the reader stands on `{`) by generated code; without it they are read exactly here. */
  readonly rows?: (fields: readonly RowField[], path: string, settings: DecodeSettings) => (r: JsonReader) => unknown[];
}

/** Converter for a column or a nested value; `path` names it in errors. NULL gives null; with ignore-parse-errors so does a bad value. */
export function compileConverter(type: SqlType, path: string, settings: DecodeSettings): Converter {
  const convert = compileBare(type, path, settings);
  if (!settings.ignoreParseErrors) return (r) => { if (r.bytes[r.at] === 110) { r.word(); return null; } return convert(r); };
  return (r) => {
    if (r.bytes[r.at] === 110) { r.word(); return null; }
    const { at, depth, nulled } = r;
    try { return convert(r); } catch (error) {
      if (r.isMalformed || !isBadRecord(error)) throw error;
      if (nulled >= MOST_NULLED) throw r.malformed(`more than ${MOST_NULLED} of its values cannot be read`);
      r.nulled = nulled + 1;
      r.nulledBy = error;
      r.at = at;
      r.depth = depth;
      r.skip();
      return null;
    }
  };
}
export const isBadRecord = (error: unknown): error is RivuletError => error instanceof RivuletError && error.code === 'bad-record';

export type TimestampType = { readonly kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ'; readonly precision: number };
/** How timestamps of a type are written under the settings. */
export function timestampForm(type: TimestampType, settings: DecodeSettings): TimestampForm {
  const sql = settings.timestampStandard === 'SQL', both = settings.acceptBothStandards;
  return {
    sql: sql || both, iso: !sql || both, digits: timestampDigits(type.precision),
    zone: type.kind === 'TIMESTAMP' ? 'none' : settings.timestampStandard === 'ISO-8601-WITH-OFFSET' ? 'offset' : 'Z',
  };
}

function compileBare(type: SqlType, path: string, settings: DecodeSettings): Converter {
  const cannot = (r: JsonReader, text: string): Error => r.wrong(path, `'${text.slice(0, 60)}' cannot be read as ${typeText(type)}`);
  /** Text of a string or number, trimmed as Java does; other values are refused. */
  const numberText = (r: JsonReader): string => {
    const c = r.bytes[r.at];
    if (c === 34) return javaTrim(r.string());
    if (c === 123 || c === 91 || c === 116 || c === 102) throw cannot(r, rawText(r));
    return r.number();
  };
  const text = (r: JsonReader): string => {
    if (r.bytes[r.at] !== 34) throw cannot(r, rawText(r));
    return r.string();
  };
  const whole = (bits: 8 | 16 | 32 | 64): Converter => (r) => {
    const isText = r.bytes[r.at] === 34, t = numberText(r);
    const value = isText ? wholeText(t, bits) : wholePart(t, bits);
    if (value === undefined) throw cannot(r, t);
    return value;
  };
  /** `read` over the bytes of a string, all of which must be used. */
  const temporal = (read: (bytes: Uint8Array, at: number, end: number) => unknown): Converter => (r) => {
    const t = text(r), bytes = Buffer.from(t);
    const value = read(bytes, 0, bytes.length);
    if (value !== value) throw cannot(r, t);
    return value;
  };
  switch (type.kind) {
    case 'BOOLEAN': return boolean;
    case 'TINYINT': return whole(8);
    case 'SMALLINT': return whole(16);
    case 'INT': case 'INTERVAL_YEAR_MONTH': return whole(32);
    case 'BIGINT': case 'INTERVAL_DAY_TIME': return whole(64);
    case 'FLOAT': case 'DOUBLE': {
      const round = type.kind === 'FLOAT' ? Math.fround : (v: number): number => v;
      return (r) => {
        const isText = r.bytes[r.at] === 34, t = numberText(r), value = doubleText(t);
        if (value === undefined) throw cannot(r, t);
        // A whole number has no negative zero; -0.0 and the text "-0" have.
        return value === 0 && !isText && t === '-0' ? 0 : round(value);
      };
    }
    case 'DECIMAL': return (r) => {
      const t = numberText(r), value = decimalValue(t, type.precision, type.scale);
      if (value === undefined) throw cannot(r, t);
      return value;
    };
    case 'CHAR': case 'VARCHAR': return string;
    case 'BINARY': case 'VARBINARY': return (r) => {
      const t = text(r), value = base64(t);
      if (value === undefined) throw cannot(r, t);
      return value;
    };
    case 'DATE': return temporal((b, at, end) => { const day = readDate(b, at, end); return cursor.at === end ? day : NaN; });
    case 'TIME': return temporal(readTime);
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': { const form = timestampForm(type as TimestampType, settings); return temporal((b, at, end) => readTimestamp(b, at, end, form)); }
    case 'ARRAY': return arrayOf(compileConverter(type.element, `${path}[]`, settings), cannot);
    case 'MAP': return mapOf(compileConverter(type.value, `${path}{}`, settings), cannot);
    case 'MULTISET': return mapOf(compileConverter({ kind: 'INT', nullable: true }, `${path}{}`, settings), cannot);
    case 'ROW': {
      const read = (settings.rows ?? exactRows)(type.fields, path, settings);
      return (r) => { if (r.bytes[r.at] !== 123) throw cannot(r, rawText(r)); return read(r); };
    }
    case 'NULL': return (r) => { r.skip(); return null; };
    case 'RAW': return (r) => { throw cannot(r, rawText(r)); };
  }
}

/** Java's String.trim: characters up to the blank. */
function javaTrim(text: string): string {
  let from = 0, to = text.length;
  while (from < to && text.charCodeAt(from) <= 32) from++;
  while (to > from && text.charCodeAt(to - 1) <= 32) to--;
  return from === 0 && to === text.length ? text : text.slice(from, to);
}
/** The value as it stands, for error texts; steps over it. */
function rawText(r: JsonReader): string {
  const from = r.at;
  r.skip();
  return r.bytes.toString('utf8', from, Math.min(r.at, from + 80));
}
const boolean: Converter = (r) => {
  switch (r.bytes[r.at]) {
    case 116: r.word(); return true;
    case 34: return javaTrim(r.string()).toLowerCase() === 'true';
    default: r.skip(); return false;
  }
};
const string: Converter = (r) => {
  switch (r.bytes[r.at]) {
    case 34: return r.string();
    case 123: case 91: return r.compacted();
    case 116: r.word(); return 'true';
    case 102: r.word(); return 'false';
    default: return r.number();
  }
};
/** Base64 with padding (Jackson's MIME_NO_LINEFEEDS); white space is tolerated. */
function base64(text: string): Uint8Array | undefined {
  const clean = text.replace(/[\s]+/g, '');
  if (clean.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(clean)) return undefined;
  return new Uint8Array(Buffer.from(clean, 'base64'));
}
type Cannot = (r: JsonReader, text: string) => Error;

function arrayOf(element: Converter, cannot: Cannot): Converter {
  return (r) => {
    if (r.bytes[r.at] !== 91) throw cannot(r, rawText(r));
    r.enter();
    const items: unknown[] = [];
    if (r.next() === 93) r.at++;
    else do { r.next(); items.push(element(r)); } while (r.more(93));
    r.depth--;
    return items;
  };
}
function mapOf(value: Converter, cannot: Cannot): Converter {
  return (r) => {
    if (r.bytes[r.at] !== 123) throw cannot(r, rawText(r));
    r.enter();
    const map = new Map<string, unknown>();
    if (r.next() === 125) r.at++;
    else do { const key = r.key(); r.next(); map.set(key, value(r)); } while (r.more(125));
    r.depth--;
    return map;
  };
}
function exactRows(fields: readonly RowField[], path: string, settings: DecodeSettings): (r: JsonReader) => unknown[] {
  const places = new Map(fields.map((f, i) => [f.name, i]));
  const converters = fields.map((f) => compileConverter(f.type, `${path}.${f.name}`, settings));
  return (r) => {
    const values: unknown[] = new Array(converters.length).fill(null), seen = settings.failOnMissingField ? new Set<number>() : undefined;
    r.enter();
    if (r.next() === 125) r.at++;
    else do {
      const place = places.get(r.key());
      r.next();
      if (place === undefined) r.skip();
      else { values[place] = (converters[place] as Converter)(r); seen?.add(place); }
    } while (r.more(125));
    r.depth--;
    if (seen !== undefined && seen.size < fields.length) throw missingField(r, `${path}.${fields.find((_, i) => !seen.has(i))?.name}`);
    return values;
  };
}
/** The error of fail-on-missing-field. */
export function missingField(r: JsonReader, name: string): Error {
  return badRecord({ format: r.format, field: name, rule: 'it is missing', flink: `Could not find field with name '${name}'. Record: ${r.shortText()}`, hint: `Set '${r.format}.fail-on-missing-field' to 'false' to read it as NULL.` });
}
