/**
 * Writes the rows of one version of one table: key, value, partition, headers, compiled once.
 *
 * By key (upsert-kafka, and plain rows of tables that have one): an update is one record, the new row under its key. Only when its key (or, where columns choose it, its partition) is another
 * than before, a null value goes to the old one first; so a reader that keeps the newest value of a key never sees a row vanish that is
 * there. -D is a null value. Otherwise: one message per change, under the key of the row it ends with; plain rows of tables without a key
 * cannot tell a deleted one, so nothing is written for it.
 *
 * The two rows of an update stand one behind the other; should a batch end between them, the key and image of the first are kept.
 */
import { idText, type TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { pipelineInvalidOption } from '../../../../core/errors/pipeline.ts';
import { INSERT, UPDATE_AFTER, UPDATE_BEFORE, type ChangeBatch } from '../../../../core/row/batch.ts';
import type { TextSlices } from '../../../../core/row/slices.ts';
import { matchesAny } from '../../../../planner/physical/table-match.ts';
import { GrowingBuffer } from '../../../formats/byte-sink.ts';
import type { JsonSettings } from '../../../formats/json/descriptor.ts';
import { compileRowWriter, type RowWriter } from '../../../formats/json/encode.ts';
import { encodeHeaders } from '../client/index.ts';
import type { Lane } from '../lanes.ts';
import { changeFormat, type ChangeFormat } from './formats.ts';
import { keyWriter } from './keys.ts';
import type { KafkaPipelineSpec } from './spec.ts';
import { BY_COLUMNS, BY_KEY, type TopicHandle } from './topics.ts';

/** Buffers of all writers of a sink: one row is encoded at a time. */
export class RowBuffers { readonly key = new GrowingBuffer(); readonly value = new GrowingBuffer(); readonly by = new GrowingBuffer() }
/** Java's String.hashCode, made positive: DTS's hash of a table. */
export function javaHash(text: string): number {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
  return h & 0x7fffffff;
}

export class TableWriter {
  readonly version: TableVersion;
  readonly takesSlices: boolean;
  private readonly isByKey: boolean;
  private readonly topic: TopicHandle;
  private readonly buffers: RowBuffers;
  private readonly format: ChangeFormat;
  private readonly writeKey: RowWriter | undefined;
  /** Chosen columns as JSON, where they decide the partition. */
  private readonly writeBy: RowWriter | undefined;
  private readonly hash: number;
  private readonly headers: Buffer | null;
  private readonly keyColumns: readonly number[];
  private readonly byColumns: readonly number[];
  /** Of the -U met last, when its +U has not come yet. */
  private readonly oldKey = new GrowingBuffer(256);
  private readonly oldBy = new GrowingBuffer(64);
  private hasOld = false;
  constructor(spec: KafkaPipelineSpec, version: TableVersion, topic: TopicHandle, buffers: RowBuffers) {
    this.version = version;
    this.isByKey = spec.upsert || (spec.value.format === 'json' && version.primaryKey.length > 0);
    this.topic = topic;
    this.buffers = buffers;
    this.format = changeFormat(spec, version);
    this.takesSlices = this.format.takesSlices;
    this.writeKey = keyWriter(spec, version);
    this.keyColumns = version.primaryKey;
    this.byColumns = columnsFor(spec, version);
    this.writeBy = this.byColumns.length === 0 ? undefined : compileRowWriter(this.byColumns.map((column) => ({ name: version.columns[column]!.name, type: version.columns[column]!.type, column })), { ...(spec.key.settings as unknown as JsonSettings), exactTime: true });
    const { strategy } = spec.partition;
    this.hash = strategy === 'all-to-zero' ? 0 : strategy === 'hash-by-table' ? javaHash(idText(version.id)) : this.writeBy === undefined ? BY_KEY : BY_COLUMNS;
    const { schema, table } = version.id;
    this.headers = encodeHeaders([...(spec.tableIdHeaders ? [{ key: 'namespace', value: '' }, { key: 'schemaName', value: schema }, { key: 'tableName', value: table }] : []), ...spec.headers.map(([key, value]) => ({ key, value }))]);
  }

  write(batch: ChangeBatch, lane: Lane, timestampMs: number): void {
    if (this.isByKey) this.writeByKey(batch, lane, timestampMs); else this.writeChanges(batch, lane, timestampMs);
  }
  /** No +U will come for a kept -U. */
  settle(lane: () => Lane, timestampMs: number): void {
    if (!this.hasOld) return;
    this.hasOld = false;
    if (this.isByKey) this.tombstone(lane(), timestampMs);
  }

  private writeByKey(batch: ChangeBatch, lane: Lane, timestampMs: number): void {
    const { kinds, size } = batch, { key, value } = this.buffers, writeKey = this.writeKey!;
    for (let row = 0; row < size; row++) {
      const kind = kinds === null ? INSERT : kinds[row]!;
      if (kind === UPDATE_BEFORE) {
        if (this.hasOld) this.tombstone(lane, timestampMs);
        // The usual update leaves the key as it is: nothing to encode twice.
        if (row + 1 < size && kinds![row + 1] === UPDATE_AFTER && this.isSame(batch, row)) { this.hasOld = false; continue; }
        this.oldKey.length = this.oldBy.length = 0;
        writeKey(batch, row, this.oldKey);
        this.writeBy?.(batch, row, this.oldBy);
        this.hasOld = true;
        continue;
      }
      key.length = value.length = 0;
      writeKey(batch, row, key);
      this.by(batch, row);
      if (this.hasOld) {
        if (kind !== UPDATE_AFTER || !this.isOldPlace(key)) this.tombstone(lane, timestampMs);
        this.hasOld = false;
      }
      const hasValue = this.format.write(batch, row, kind, value);
      this.append(lane, key.bytes, key.length, hasValue ? value.bytes : null, value.length, timestampMs);
    }
  }
  private writeChanges(batch: ChangeBatch, lane: Lane, timestampMs: number): void {
    const { kinds, size } = batch, { key, value } = this.buffers, { writeKey, format } = this;
    for (let row = 0; row < size; row++) {
      const kind = kinds === null ? INSERT : kinds[row]!;
      if (kind === UPDATE_BEFORE) { format.before(batch, row); continue; }
      key.length = value.length = 0;
      writeKey?.(batch, row, key);
      this.by(batch, row);
      const hasValue = format.write(batch, row, kind, value);
      if (!hasValue) continue;
      this.append(lane, writeKey === undefined ? null : key.bytes, key.length, value.bytes, value.length, timestampMs);
    }
  }
  private by(batch: ChangeBatch, row: number): void {
    if (this.writeBy === undefined) return;
    this.buffers.by.length = 0;
    this.writeBy(batch, row, this.buffers.by);
  }
  /** Key and partition columns of two neighbouring rows are the same values. */
  private isSame(batch: ChangeBatch, row: number): boolean {
    const { keyColumns, byColumns } = this;
    for (let i = 0; i < keyColumns.length; i++) if (!sameValue(batch, keyColumns[i]!, row)) return false;
    for (let i = 0; i < byColumns.length; i++) if (!sameValue(batch, byColumns[i]!, row)) return false;
    return true;
  }
  private isOldPlace(key: GrowingBuffer): boolean {
    const { by } = this.buffers;
    return sameBytes(this.oldKey, key) && (this.writeBy === undefined || sameBytes(this.oldBy, by));
  }
  private tombstone(lane: Lane, timestampMs: number): void {
    this.hasOld = false;
    this.appendTo(lane, this.oldKey.bytes, this.oldKey.length, null, 0, this.writeBy === undefined ? null : this.oldBy.bytes, this.oldBy.length, timestampMs);
  }
  private append(lane: Lane, key: Buffer | null, keyLength: number, value: Buffer | null, valueLength: number, timestampMs: number): void {
    const { by } = this.buffers;
    this.appendTo(lane, key, keyLength, value, valueLength, this.writeBy === undefined ? null : by.bytes, by.length, timestampMs);
  }
  private appendTo(lane: Lane, key: Buffer | null, keyLength: number, value: Buffer | null, valueLength: number, by: Buffer | null, byLength: number, timestampMs: number): void {
    const { topic, hash, headers } = this;
    topic.append(lane, key, keyLength, value, valueLength, by, byLength, hash, timestampMs, headers);
  }
}
const sameBytes = (a: GrowingBuffer, b: GrowingBuffer): boolean => a.length === b.length && a.bytes.compare(b.bytes, 0, b.length, 0, a.length) === 0;
/** False for what cannot be told cheaply: then the bytes decide. */
function sameValue(batch: ChangeBatch, column: number, row: number): boolean {
  const slice: TextSlices | null = batch.slices?.[column] ?? null;
  if (slice !== null && (slice.starts[row]! >= 0 || slice.starts[row + 1]! >= 0)) return sameSlices(slice, row);
  const values = batch.columns[column]!;
  return values[row] === values[row + 1];
}
function sameSlices({ bytes, starts, ends }: TextSlices, row: number): boolean {
  const a = starts[row]!, b = starts[row + 1]!, length = ends[row]! - a;
  if (a < 0 || b < 0 || ends[row + 1]! - b !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
/** Positions of the columns that choose a table's partition; none: it goes by its key. */
function columnsFor(spec: KafkaPipelineSpec, version: TableVersion): number[] {
  if (spec.partition.strategy !== 'hash-by-columns') return [];
  const names = spec.partition.columns.find((c) => matchesAny(c.patterns, idText(version.id)))?.names ?? [];
  return names.map((name) => {
    const at = version.columns.findIndex((c) => c.name === name);
    if (at < 0) throw pipelineInvalidOption({ where: `sink ${spec.table}`, what: `'partition.columns' names "${name}", which table "${idText(version.id)}" does not have`, hint: `It has ${version.columns.map((c) => c.name).join(', ')}.` });
    return at;
  });
}
