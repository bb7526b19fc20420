/**
 * Decoder of the json format: a message to rows. Flink: JsonParserRowDataDeserializationSchema.
 *
 *   object                 one row            array      one row per element (an element that is null gives none)
 *   null, empty, blank     no row             other      error
 *
 * With ignore-parse-errors a field that cannot be read is NULL, and a message that cannot be read gives no row (of an array: no further
 * row). All rows are +I.
 */
import type { Json } from '../../../catalog/registry/connectors.ts';
import type { ChangeBatch } from '../../../core/row/batch.ts';
import type { TextSlices } from '../../../core/row/slices.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';
import type { Decoder, IgnoredErrors, WantedField } from '../../connectors/contract.ts';
import { isBadRecord } from './convert.ts';
import type { JsonSettings } from './descriptor.ts';
import { JsonReader } from './reader.ts';
import { ObjectScanner } from './scan.ts';

export class JsonDecoder implements Decoder {
  private readonly scanner: ObjectScanner;
  private readonly reader = new JsonReader('json');
  private readonly ignoreErrors: boolean;
  private readonly slices: readonly TextSlices[];
  private readonly ignored: IgnoredErrors | undefined;
  constructor(settings: JsonSettings, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[], ignored?: IgnoredErrors) {
    this.scanner = new ObjectScanner(wanted, all, settings);
    this.ignoreErrors = settings.ignoreParseErrors;
    this.ignored = ignored;
    this.slices = wanted.flatMap((f) => f.slices ?? []);
  }
  decode(bytes: Buffer, start: number, end: number, target: ChangeBatch, kinds: Uint8Array, at: number): number {
    if (start < 0 || start === end) return 0;
    const r = this.reader;
    r.open(bytes, start, end);
    if (bytes[r.at] === 123 && !this.ignoreErrors) {
      this.scanner.read(r, target.columns, at);
      kinds[at] = 0;
      return 1;
    }
    const rows = this.decodeOther(target, kinds, at);
    if (r.nulledBy !== undefined && r.nulled > 0) this.ignored?.(r.nulledBy, r.nulled);
    return rows;
  }
  private decodeOther(target: ChangeBatch, kinds: Uint8Array, at: number): number {
    const r = this.reader;
    let rows = 0;
    try {
      if (r.next() !== 91) return this.element(target, kinds, at);
      r.enter();
      if (r.next() === 93) return 0;
      do { r.next(); rows += this.element(target, kinds, at + rows); } while (r.more(93));
      return rows;
    } catch (error) {
      if (!this.ignoreErrors || !isBadRecord(error)) throw error;
      this.ignored?.(error, 0);
    }
    return rows;
  }
  private element(target: ChangeBatch, kinds: Uint8Array, at: number): number {
    const r = this.reader;
    switch (r.next()) {
      case -1: if (r.depth > 0) throw r.malformed(); return 0;
      case 110: r.word(); return 0;
      case 123: for (const slices of this.slices) slices.ensure(at + 1); this.scanner.read(r, target.columns, at); kinds[at] = 0; return 1;
      default: r.skip(); throw r.malformed('the value is not a JSON object');
    }
  }
}

export const jsonDecoder = (settings: Json, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[], ignored?: IgnoredErrors): Decoder =>
  new JsonDecoder(settings as unknown as JsonSettings, wanted, all, ignored);
