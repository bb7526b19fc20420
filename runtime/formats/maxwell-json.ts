/**
 * The maxwell-json format at run time. Flink: MaxwellJsonDeserializationSchema, MaxwellJsonSerializationSchema.
 *
 *   insert   +I data       update   -U (old over data), +U data       delete   -D data       other types, `bootstrap-insert` too: error
 *
 * `old` holds the columns that changed; a member that is there counts, also as null. `ts` is in seconds.
 * Written: `{"data":{…},"type":"insert"}` and delete.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type ChangeBatch } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { FormatRuntime, IgnoredErrors, WantedField } from '../connectors/contract.ts';
import { ChangeDecoder, ChangeEncoder } from './change-envelope.ts';
import { asMillis } from './canal-descriptor.ts';
import type { JsonSettings } from './json/descriptor.ts';
import { compileRowWriter } from './json/encode.ts';
import type { ObjectScanner } from './json/scan.ts';

const METADATA = { database: 'database', table: 'table', 'primary-key-columns': 'primary_key_columns', 'ingestion-timestamp': 'ts' };
const SECONDS_LIMIT = 100_000_000_000;

class MaxwellDecoder extends ChangeDecoder {
  private readonly data: ObjectScanner;
  private readonly times: readonly number[];
  constructor(settings: JsonSettings, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[], ignored: IgnoredErrors | undefined) {
    super('Maxwell JSON', ['data', 'old', 'type'], settings, wanted.map((f) => (f.metadata === undefined ? f : { ...f, type: asMillis(f.type) })), METADATA, ignored);
    this.data = this.scanner(all, 'data.');
    this.times = wanted.filter((f) => f.metadata === 'ingestion-timestamp').map((f) => f.slot);
  }
  override decode(bytes: Buffer, start: number, end: number, target: ChangeBatch, kinds: Uint8Array, at: number): number {
    const rows = super.decode(bytes, start, end, target, kinds, at);
    // Maxwell writes seconds; a value that can only be milliseconds stays.
    for (const slot of this.times) for (let i = at; i < at + rows; i++) { const column = target.columns[slot] as unknown[], value = column[i]; if (typeof value === 'number' && Math.abs(value) < SECONDS_LIMIT) column[i] = value * 1000; }
    return rows;
  }
  protected rows(target: ChangeBatch, kinds: Uint8Array, at: number): number {
    const type = this.text('type'), data = this.place('data');
    switch (type) {
      case 'insert': case 'delete':
        this.image(this.data, data, 'data', target, at);
        kinds[at] = type === 'insert' ? INSERT : DELETE;
        return 1;
      case 'update':
        this.image(this.data, data, 'data', target, at + 1);
        this.before(this.place('old'), at + 1, target, at);
        kinds[at] = UPDATE_BEFORE;
        kinds[at + 1] = UPDATE_AFTER;
        return 2;
      default: throw this.unknown('type', type);
    }
  }
}
export const maxwellRuntime: FormatRuntime = {
  identifier: 'maxwell-json',
  takesSlices: true,
  decoder: (settings: Json, wanted, all, ignored) => new MaxwellDecoder(settings as unknown as JsonSettings, wanted, all, ignored),
  encoder: (settings: Json, fields) => new ChangeEncoder(compileRowWriter(fields, settings as unknown as JsonSettings), ['{"data":', ',"type":"insert"}'], ['{"data":', ',"type":"delete"}']),
};
