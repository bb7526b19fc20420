/**
 * What the change formats of MySQL tools have in common: an object whose members are noted by position, images of rows read by the
 * scanners of the json format, old values laid over new ones, metadata from members, and how rows are written.
 */
import { badRecord } from '../../core/errors/format.ts';
import { isAccumulate, type ChangeBatch, type Column } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { ByteSink, Decoder, Encoder, IgnoredErrors, WantedField } from '../connectors/contract.ts';
import { appendAscii } from './byte-sink.ts';
import { compileConverter, isBadRecord, type Converter } from './json/convert.ts';
import type { JsonSettings } from './json/descriptor.ts';
import type { RowWriter } from './json/encode.ts';
import { JsonReader } from './json/reader.ts';
import { ObjectScanner } from './json/scan.ts';

const QUOTE = 34, OPEN_OBJECT = 123, CLOSE_OBJECT = 125, OPEN_ARRAY = 91, LETTER_N = 110;

/** A decoder of one envelope. Subclasses say which members count and what rows they make. */
export abstract class ChangeDecoder implements Decoder {
  protected readonly reader: JsonReader;
  protected readonly settings: JsonSettings;
  /** As in Flink's messages: `Canal JSON`. */
  protected readonly title: string;
  private readonly members: ReadonlyMap<string, number>;
  /** Where each member's value begins; -1 = absent or null. */
  private readonly places: number[];
  private readonly fields: readonly WantedField[];
  private readonly old: ReadonlyMap<string, { readonly field: WantedField; readonly convert: Converter }>;
  private readonly metadata: readonly { readonly slot: number; readonly member: string; readonly convert: Converter }[];
  private readonly ignored: IgnoredErrors | undefined;
  /** `metadata`: metadata key → member of the envelope. */
  constructor(title: string, members: readonly string[], settings: JsonSettings, wanted: readonly WantedField[], metadata: Readonly<Record<string, string>>, ignored: IgnoredErrors | undefined) {
    this.title = title;
    this.ignored = ignored;
    this.settings = settings;
    this.reader = new JsonReader(title.toLowerCase());
    this.members = new Map([...new Set([...members, ...Object.values(metadata)])].map((name, i) => [name, i]));
    this.places = [...this.members].map(() => -1);
    this.fields = wanted.filter((f) => f.metadata === undefined);
    this.old = new Map(this.fields.map((field) => [field.name, { field, convert: compileConverter(field.type, `old.${field.name}`, settings) }]));
    const lenient = { ...settings, failOnMissingField: false, ignoreParseErrors: true };
    this.metadata = wanted.flatMap((f) => { const member = f.metadata === undefined ? undefined : metadata[f.metadata]; return member === undefined ? [] : [{ slot: f.slot, member, convert: compileConverter(f.type, member, lenient) }]; });
  }
  /** Scanner of an image; `path` stands before field names in errors. */
  protected scanner(all: readonly { name: string; type: SqlType }[], path: string): ObjectScanner { return new ObjectScanner(this.fields, all, this.settings, path); }
  /** Rows of the message whose members are noted. */
  protected abstract rows(target: ChangeBatch, kinds: Uint8Array, at: number): number;

  decode(bytes: Buffer, start: number, end: number, target: ChangeBatch, kinds: Uint8Array, at: number): number {
    if (start < 0 || start === end) return 0;
    const r = this.reader;
    r.open(bytes, start, end);
    try {
      if (r.next() < 0) return 0;
      this.note();
      const rows = this.rows(target, kinds, at);
      // Of the columns, not of the metadata.
      if (r.nulledBy !== undefined && r.nulled > 0) this.ignored?.(r.nulledBy, r.nulled);
      if (rows > 0) for (const m of this.metadata) this.fill(m, target, at, rows);
      return rows;
    } catch (error) {
      if (!isBadRecord(error)) throw error;
      if (!this.settings.ignoreParseErrors) throw r.isMalformed ? badRecord({ format: this.title, rule: 'the message is corrupt', flink: `Corrupt ${this.title} message '${r.shortText()}'. ${error.message}.` }, { cause: error }) : error;
      this.ignored?.(error, 0);
      return 0;
    }
  }
  private note(): void {
    const r = this.reader;
    this.places.fill(-1);
    if (r.next() !== OPEN_OBJECT) { r.skip(); throw r.malformed('the message is not a JSON object'); }
    r.enter();
    if (r.next() === CLOSE_OBJECT) { r.at++; r.depth--; return; }
    do {
      const at = this.members.get(r.key()), first = r.next();
      if (at !== undefined) this.places[at] = first === LETTER_N ? -1 : r.at;
      r.skip();
    } while (r.more(CLOSE_OBJECT));
    r.depth--;
  }
  /** Where a member's value begins; -1 = absent or null. */
  protected place(member: string): number { return this.places[this.members.get(member) as number] as number; }
  /** A member that is a string; null = absent, null or no string. */
  protected text(member: string): string | null {
    const at = this.place(member), r = this.reader;
    if (at < 0 || r.bytes[at] !== QUOTE) return null;
    r.at = at;
    return r.string();
  }
  /** Positions of the elements of an array, or of the value alone when it is an object. */
  protected elements(member: string): number[] {
    const at = this.place(member), r = this.reader;
    if (at < 0) return [];
    if (r.bytes[at] !== OPEN_ARRAY) return [at];
    const found: number[] = [];
    r.at = at;
    r.enter();
    if (r.next() === 93) r.at++;
    else do { r.next(); found.push(r.at); r.skip(); } while (r.more(93));
    r.depth--;
    return found;
  }
  /** Reads an image into row `at`. */
  protected image(scanner: ObjectScanner, from: number, name: string, target: ChangeBatch, at: number): void {
    const r = this.reader;
    if (from < 0) throw badRecord({ format: this.title, field: name, rule: 'it is null or missing', flink: `Corrupt ${this.title} message '${r.shortText()}'.` });
    if (r.bytes[from] !== OPEN_OBJECT) throw r.wrong(name, 'it is not a JSON object');
    for (const f of this.fields) f.slices?.ensure(at + 1);
    r.at = from;
    scanner.read(r, target.columns, at);
  }
  /** Row `at` as row `from` with the members of `old` over it; a member that is there counts, also when it is null. */
  protected before(old: number, from: number, target: ChangeBatch, at: number): void {
    for (const { slot, slices } of this.fields) {
      const column = target.columns[slot] as Column;
      column[at] = column[from];
      if (slices === undefined) continue;
      slices.ensure(Math.max(at, from) + 1);
      slices.starts[at] = slices.starts[from] as number;
      slices.ends[at] = slices.ends[from] as number;
    }
    const r = this.reader;
    if (old < 0 || r.bytes[old] !== OPEN_OBJECT) return;
    r.at = old;
    r.enter();
    if (r.next() === CLOSE_OBJECT) { r.at++; r.depth--; return; }
    do {
      const found = this.old.get(r.key());
      r.next();
      if (found === undefined) { r.skip(); continue; }
      (target.columns[found.field.slot] as Column)[at] = found.convert(r);
      if (found.field.slices !== undefined) found.field.slices.starts[at] = -1;
    } while (r.more(CLOSE_OBJECT));
    r.depth--;
  }
  private fill({ slot, member, convert }: { slot: number; member: string; convert: Converter }, target: ChangeBatch, at: number, rows: number): void {
    const from = this.place(member), r = this.reader, column = target.columns[slot] as Column;
    let value: unknown = null;
    if (from >= 0) { r.at = from; value = convert(r); }
    for (let i = at; i < at + rows; i++) column[i] = value;
  }
  protected unknown(member: string, value: string | null): Error {
    return badRecord({ format: this.title, field: member, rule: `unknown "${member}" value "${value}"`, flink: `Unknown "${member}" value "${value}". The ${this.title} message is '${this.reader.shortText()}'` });
  }
}

/** Writes a row between two constant texts: one pair for +I and +U, one for -U and -D. */
export class ChangeEncoder implements Encoder {
  private readonly write: RowWriter;
  private readonly forms: readonly [readonly [string, string], readonly [string, string]];
  constructor(write: RowWriter, put: readonly [string, string], taken: readonly [string, string]) { this.write = write; this.forms = [put, taken]; }
  encode(batch: ChangeBatch, row: number, out: ByteSink): boolean {
    const [head, tail] = this.forms[isAccumulate(batch.kindAt(row)) ? 0 : 1];
    appendAscii(out, head);
    this.write(batch, row, out);
    appendAscii(out, tail);
    return true;
  }
}
