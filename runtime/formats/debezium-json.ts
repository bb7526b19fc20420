/**
 * The debezium-json format at run time. Flink: DebeziumJsonDeserializationSchema, DebeziumJsonSerializationSchema.
 *
 *   op c, r   +I after        op u   -U before, +U after        op d   -D before        null or empty message   nothing
 *
 * Written: +I, +U as {"before":null,"after":{…},"op":"c"}, -U, -D as {"before":{…},"after":null,"op":"d"}.
 * `before` and `after` are read by the scanners of the json format straight into the columns.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import { badRecord } from '../../core/errors/format.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, isAccumulate } from '../../core/row/batch.ts';
import { BIGINT, type SqlType } from '../../core/types/sql-type.ts';
import type { ByteSink, Decoder, Encoder, FormatRuntime, IgnoredErrors, WantedField } from '../connectors/contract.ts';
import { appendAscii } from './byte-sink.ts';
import type { DebeziumSettings } from './debezium-descriptor.ts';
import { compileConverter, isBadRecord, type Converter } from './json/convert.ts';
import { compileRowWriter, type RowWriter } from './json/encode.ts';
import { JsonReader } from './json/reader.ts';
import { ObjectScanner } from './json/scan.ts';

/** Where the parts of an envelope begin in the bytes; -1 when absent or null. */
interface Envelope { before: number; after: number; op: string | null; source: number; tsMs: number; schema: number }

class DebeziumDecoder implements Decoder {
  private readonly reader = new JsonReader('debezium json');
  private readonly envelope: Envelope = { before: -1, after: -1, op: null, source: -1, tsMs: -1, schema: -1 };
  private readonly before: ObjectScanner;
  private readonly after: ObjectScanner;
  private readonly settings: DebeziumSettings;
  private readonly metadata: readonly { readonly slot: number; readonly read: (r: JsonReader, e: Envelope) => unknown }[];
  private readonly ignored: IgnoredErrors | undefined;
  constructor(settings: DebeziumSettings, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[], ignored: IgnoredErrors | undefined) {
    this.ignored = ignored;
    const fields = wanted.filter((f) => f.metadata === undefined);
    this.settings = settings;
    this.before = new ObjectScanner(fields, all, settings, 'before.');
    this.after = new ObjectScanner(fields, all, settings, 'after.');
    this.metadata = wanted.filter((f) => f.metadata !== undefined).map((f) => ({ slot: f.slot, read: metadataReader(f.metadata as string, settings) }));
  }
  decode(bytes: Buffer, start: number, end: number, target: ChangeBatch, kinds: Uint8Array, at: number): number {
    if (start < 0 || start === end) return 0;
    const r = this.reader;
    r.open(bytes, start, end);
    try { return this.rows(r, target, kinds, at); } catch (error) {
      if (!isBadRecord(error)) throw error;
      if (!this.settings.ignoreParseErrors) throw r.isMalformed ? badRecord({ format: 'Debezium JSON', rule: 'the message is corrupt', flink: `Corrupt Debezium JSON message '${r.shortText()}'. ${error.message}.` }, { cause: error }) : error;
      this.ignored?.(error, 0);
      return 0;
    }
  }
  private rows(r: JsonReader, target: ChangeBatch, kinds: Uint8Array, at: number): number {
    if (r.next() < 0) return 0;
    const e = this.envelope;
    e.before = e.after = e.source = e.tsMs = e.schema = -1;
    e.op = null;
    this.readEnvelope(r, e, this.settings.schemaInclude);
    const op = e.op as string | null;
    let rows = 1;
    switch (op) {
      case 'c': case 'r': this.image(r, this.after, e.after, 'after', target, at); kinds[at] = INSERT; break;
      case 'u':
        this.image(r, this.before, e.before, 'before', target, at);
        this.image(r, this.after, e.after, 'after', target, at + 1);
        kinds[at] = UPDATE_BEFORE;
        kinds[at + 1] = UPDATE_AFTER;
        rows = 2;
        break;
      case 'd': this.image(r, this.before, e.before, 'before', target, at); kinds[at] = DELETE; break;
      default: throw badRecord({ format: 'Debezium JSON', field: 'op', rule: `unknown "op" value "${op}"`, flink: `Unknown "op" value "${op}". The Debezium JSON message is '${r.shortText()}'.` });
    }
    if (r.nulledBy !== undefined && r.nulled > 0) this.ignored?.(r.nulledBy, r.nulled);
    for (const m of this.metadata) {
      const value = m.read(r, e), column = target.columns[m.slot] as Column;
      column[at] = value;
      if (rows === 2) column[at + 1] = value;
    }
    return rows;
  }
  /** Notes where the parts stand; with `wrapped` the envelope is the member `payload`. */
  private readEnvelope(r: JsonReader, e: Envelope, wrapped: boolean): void {
    if (r.next() !== 123) { r.skip(); throw r.malformed('the message is not a JSON object'); }
    r.enter();
    if (r.next() === 125) { r.at++; r.depth--; return; }
    do {
      const key = r.key(), first = r.next(), from = first === 110 ? -1 : r.at;
      if (wrapped) {
        if (key === 'schema') e.schema = from;
        else if (key === 'payload' && first === 123) { this.readEnvelope(r, e, false); continue; }
      } else switch (key) {
        case 'before': e.before = from; break;
        case 'after': e.after = from; break;
        case 'source': e.source = from; break;
        case 'ts_ms': e.tsMs = from; break;
        case 'op': if (first === 34) { e.op = r.string(); continue; } break;
        default:
      }
      r.skip();
    } while (r.more(125));
    r.depth--;
  }
  private image(r: JsonReader, scanner: ObjectScanner, from: number, name: 'before' | 'after', target: ChangeBatch, at: number): void {
    if (from < 0) {
      throw badRecord(name === 'before'
        ? { format: 'Debezium JSON', field: name, rule: 'the "before" field is null', flink: `The "before" field of ${this.envelope.op === 'u' ? 'UPDATE' : 'DELETE'} message is null. Message: '${r.shortText()}'.`, hint: 'If you are using Debezium Postgres Connector, please check the Postgres table has been set REPLICA IDENTITY to FULL level.' }
        : { format: 'Debezium JSON', field: name, rule: 'the "after" field is null', flink: `Corrupt Debezium JSON message '${r.shortText()}'.` });
    }
    if (r.bytes[from] !== 123) throw r.wrong(name, 'it is not a JSON object');
    r.at = from;
    scanner.read(r, target.columns, at);
  }
}

function metadataReader(key: string, settings: DebeziumSettings): (r: JsonReader, e: Envelope) => unknown {
  const lenient = { ...settings, failOnMissingField: false, ignoreParseErrors: true };
  const convert = (type: SqlType): Converter => compileConverter(type, key, lenient);
  const valueAt = (r: JsonReader, from: number, converter: Converter): unknown => {
    if (from < 0) return null;
    r.at = from;
    return converter(r);
  };
  const text = convert({ kind: 'VARCHAR', length: 2147483647, nullable: true }), long = convert(BIGINT);
  /** Member of `source`. */
  const member = (name: string, converter: Converter) => (r: JsonReader, e: Envelope): unknown => {
    if (e.source < 0 || r.bytes[e.source] !== 123) return null;
    r.at = e.source;
    r.enter();
    let value: unknown = null;
    if (r.next() === 125) r.at++;
    else do { const isWanted = r.key() === name; r.next(); if (isWanted) value = converter(r); else r.skip(); } while (r.more(125));
    r.depth--;
    return value;
  };
  switch (key) {
    case 'schema': return (r, e) => valueAt(r, e.schema, text);
    case 'ingestion-timestamp': return (r, e) => valueAt(r, e.tsMs, long);
    case 'source.timestamp': return member('ts_ms', long);
    case 'source.database': return member('db', text);
    case 'source.schema': return member('schema', text);
    case 'source.table': return member('table', text);
    default: {
      const map = convert({ kind: 'MAP', key: { kind: 'VARCHAR', length: 2147483647, nullable: true }, value: { kind: 'VARCHAR', length: 2147483647, nullable: true }, nullable: true });
      return (r, e) => valueAt(r, e.source, map);
    }
  }
}

class DebeziumEncoder implements Encoder {
  private readonly write: RowWriter;
  private readonly heads: readonly [string, string];
  private readonly tails: readonly [string, string];
  constructor(write: RowWriter, ignoreNulls: boolean) {
    this.write = write;
    this.heads = ignoreNulls ? ['{"after":', '{"before":'] : ['{"before":null,"after":', '{"before":'];
    this.tails = ignoreNulls ? [',"op":"c"}', ',"op":"d"}'] : [',"op":"c"}', ',"after":null,"op":"d"}'];
  }
  encode(batch: ChangeBatch, row: number, out: ByteSink): boolean {
    const form = isAccumulate(batch.kindAt(row)) ? 0 : 1;
    appendAscii(out, this.heads[form]);
    this.write(batch, row, out);
    appendAscii(out, this.tails[form]);
    return true;
  }
}

export const debeziumRuntime: FormatRuntime = {
  identifier: 'debezium-json',
  takesSlices: true,
  decoder: (settings: Json, wanted, all, ignored) => new DebeziumDecoder(settings as unknown as DebeziumSettings, wanted, all, ignored),
  encoder(settings: Json, fields) {
    const s = settings as unknown as DebeziumSettings;
    return new DebeziumEncoder(compileRowWriter(fields, s), s.ignoreNullFields);
  },
};
