/**
 * The ogg-json format at run time. Flink: OggJsonDeserializationSchema, OggJsonSerializationSchema.
 *
 *   I   +I after       U   -U before, +U after       D   -D before       others, T (truncate) too: error
 *
 * `op_ts` and `current_ts` are texts, `2020-05-13 15:40:06.000000` with a blank or a T. Written: `{"after":{…},"op_type":"I"}` and
 * `{"before":{…},"op_type":"D"}`.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import { badRecord } from '../../core/errors/format.ts';
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type ChangeBatch } from '../../core/row/batch.ts';
import { STRING, type SqlType } from '../../core/types/sql-type.ts';
import { parseTimestamp } from '../../core/types/temporal.ts';
import type { FormatRuntime, IgnoredErrors, WantedField } from '../connectors/contract.ts';
import { ChangeDecoder, ChangeEncoder } from './change-envelope.ts';
import type { JsonSettings } from './json/descriptor.ts';
import { compileRowWriter } from './json/encode.ts';
import type { ObjectScanner } from './json/scan.ts';

const METADATA = { table: 'table', 'primary-keys': 'primary_keys', 'ingestion-timestamp': 'current_ts', 'event-timestamp': 'op_ts' };

class OggDecoder extends ChangeDecoder {
  private readonly beforeImage: ObjectScanner;
  private readonly afterImage: ObjectScanner;
  private readonly times: readonly number[];
  constructor(settings: JsonSettings, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[], ignored: IgnoredErrors | undefined) {
    super('Ogg JSON', ['before', 'after', 'op_type'], settings, wanted.map((f) => (f.metadata !== undefined && f.type.kind === 'TIMESTAMP_LTZ' ? { ...f, type: STRING } : f)), METADATA, ignored);
    this.beforeImage = this.scanner(all, 'before.');
    this.afterImage = this.scanner(all, 'after.');
    this.times = wanted.filter((f) => f.metadata !== undefined && f.type.kind === 'TIMESTAMP_LTZ').map((f) => f.slot);
  }
  override decode(bytes: Buffer, start: number, end: number, target: ChangeBatch, kinds: Uint8Array, at: number): number {
    const rows = super.decode(bytes, start, end, target, kinds, at);
    for (const slot of this.times) for (let i = at; i < at + rows; i++) { const column = target.columns[slot] as unknown[], text = column[i]; column[i] = typeof text === 'string' ? parseTimestamp(text.replace('T', ' ').replace(/Z$/, ''), 6, 'sql') ?? null : null; }
    return rows;
  }
  protected rows(target: ChangeBatch, kinds: Uint8Array, at: number): number {
    const type = this.text('op_type');
    switch (type) {
      case 'I': this.image(this.afterImage, this.place('after'), 'after', target, at); kinds[at] = INSERT; return 1;
      case 'D': this.needBefore(type); this.image(this.beforeImage, this.place('before'), 'before', target, at); kinds[at] = DELETE; return 1;
      case 'U':
        this.needBefore(type);
        this.image(this.beforeImage, this.place('before'), 'before', target, at);
        this.image(this.afterImage, this.place('after'), 'after', target, at + 1);
        kinds[at] = UPDATE_BEFORE;
        kinds[at + 1] = UPDATE_AFTER;
        return 2;
      default: throw this.unknown('op_type', type);
    }
  }
  private needBefore(type: string): void {
    if (this.place('before') < 0) throw badRecord({ format: this.title, field: 'before', rule: 'the "before" field is null', flink: `The "before" field of ${type === 'U' ? 'UPDATE' : 'DELETE'} message is null. Message: '${this.reader.shortText()}'.`, hint: 'GoldenGate writes before images when supplemental logging of all columns is on.' });
  }
}
export const oggRuntime: FormatRuntime = {
  identifier: 'ogg-json',
  takesSlices: true,
  decoder: (settings: Json, wanted, all, ignored) => new OggDecoder(settings as unknown as JsonSettings, wanted, all, ignored),
  encoder: (settings: Json, fields) => new ChangeEncoder(compileRowWriter(fields, settings as unknown as JsonSettings), ['{"after":', ',"op_type":"I"}'], ['{"before":', ',"op_type":"D"}']),
};
