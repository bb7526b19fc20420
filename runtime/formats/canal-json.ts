/**
 * The canal-json format at run time. Flink: CanalJsonDeserializationSchema, CanalJsonSerializationSchema.
 *
 *   INSERT, INIT   +I per element of data              DELETE                    -D per element of data
 *   UPDATE         -U (old over data), +U per element  CREATE, `isDdl`: true, DDL   nothing
 *
 * A member of `old` counts when it is there, also as null: a change from NULL is one. INIT is what Data Transmission Service writes for
 * rows that were there before; Flink knows neither it nor other DDL and fails. Written: `{"data":[…],"type":"INSERT"}` and DELETE.
 */
import { RE2JS } from 're2js';
import type { Json } from '../../catalog/registry/connectors.ts';
import { badRecord } from '../../core/errors/format.ts';
import { BATCH_ROWS, DELETE, INSERT, MAX_BATCH_ROWS, UPDATE_AFTER, UPDATE_BEFORE, type ChangeBatch } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { FormatRuntime, IgnoredErrors, WantedField } from '../connectors/contract.ts';
import { asMillis, type CanalSettings } from './canal-descriptor.ts';
import { ChangeDecoder, ChangeEncoder } from './change-envelope.ts';
import { compileRowWriter } from './json/encode.ts';
import type { ObjectScanner } from './json/scan.ts';

const METADATA = { database: 'database', table: 'table', 'sql-type': 'sqlType', 'pk-names': 'pkNames', 'ingestion-timestamp': 'ts', 'event-timestamp': 'es' };

class CanalDecoder extends ChangeDecoder {
  private readonly data: ObjectScanner;
  private readonly database: RE2JS | undefined;
  private readonly table: RE2JS | undefined;
  constructor(settings: CanalSettings, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[], ignored: IgnoredErrors | undefined) {
    super('Canal JSON', ['data', 'old', 'type', 'database', 'table', 'isDdl'], settings, wanted.map((f) => (f.metadata === undefined ? f : { ...f, type: asMillis(f.type) })), METADATA, ignored);
    this.data = this.scanner(all, 'data.');
    this.database = settings.database === null ? undefined : RE2JS.compile(settings.database);
    this.table = settings.table === null ? undefined : RE2JS.compile(settings.table);
  }
  protected rows(target: ChangeBatch, kinds: Uint8Array, at: number): number {
    if (this.database?.matches(this.text('database') ?? '') === false || this.table?.matches(this.text('table') ?? '') === false) return 0;
    const type = this.text('type'), isDdl = this.place('isDdl') >= 0 && this.reader.bytes[this.place('isDdl')] === 116;
    if (isDdl) return 0;
    switch (type) {
      case 'INSERT': case 'INIT': return this.images(INSERT, target, kinds, at);
      case 'DELETE': return this.images(DELETE, target, kinds, at);
      case 'UPDATE': return this.updates(target, kinds, at);
      case 'CREATE': case 'DDL': return 0;
      default: throw this.unknown('type', type);
    }
  }
  private images(kind: number, target: ChangeBatch, kinds: Uint8Array, at: number): number {
    const elements = this.rowsOfData(1);
    elements.forEach((from, i) => {
      this.image(this.data, from, 'data', target, at + i);
      kinds[at + i] = kind;
    });
    return elements.length;
  }
  private updates(target: ChangeBatch, kinds: Uint8Array, at: number): number {
    const elements = this.rowsOfData(2), old = this.elements('old');
    elements.forEach((from, i) => {
      const row = at + 2 * i;
      this.image(this.data, from, 'data', target, row + 1);
      this.before(old[i] ?? -1, row + 1, target, row);
      kinds[row] = UPDATE_BEFORE;
      kinds[row + 1] = UPDATE_AFTER;
    });
    return 2 * elements.length;
  }
  private rowsOfData(rowsEach: number): number[] {
    const elements = this.elements('data');
    if (elements.length === 0 && this.place('data') < 0) throw badRecord({ format: this.title, field: 'data', rule: 'it is null or missing', flink: `Corrupt Canal JSON message '${this.reader.shortText()}'.` });
    // Not by what is left of the batch: whether a message is taken must not follow from the rows before it.
    if (elements.length * rowsEach > MAX_BATCH_ROWS - BATCH_ROWS) throw badRecord({ format: this.title, field: 'data', rule: `it has ${elements.length} elements, more than the ${(MAX_BATCH_ROWS - BATCH_ROWS) / rowsEach} that are read` });
    return elements;
  }
}

export const canalRuntime: FormatRuntime = {
  identifier: 'canal-json',
  takesSlices: true,
  decoder: (settings: Json, wanted, all, ignored) => new CanalDecoder(settings as unknown as CanalSettings, wanted, all, ignored),
  encoder: (settings: Json, fields) => new ChangeEncoder(compileRowWriter(fields, settings as unknown as CanalSettings), ['{"data":[', '],"type":"INSERT"}'], ['{"data":[', '],"type":"DELETE"}']),
};
