/**
 * From a Kafka record to rows: value, key and metadata written straight into the columns of a batch. Flink:
 * DynamicKafkaDeserializationSchema.
 *
 * A column that key and value both carry (fields-include ALL) comes from the value; in upsert-kafka from the key, which is all a
 * tombstone has. A record whose key gives no row (null key, format json) gives none in Flink; here it is counted as droppedNullKeys, and
 * in upsert-kafka it is an error, because such a record belongs to no row.
 */
import { badRecord } from '../../../core/errors/format.ts';
import { DELETE, UPDATE_AFTER, type ChangeBatch, type Column } from '../../../core/row/batch.ts';
import { isText, TextSlices } from '../../../core/row/slices.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';
import type { SourceNode } from '../../../planner/physical/plan.ts';
import { formatRuntime } from '../../formats/runtimes.ts';
import type { Decoder, IgnoredErrors, SourceContext, WantedField } from '../contract.ts';
import { decodeHeaders, type FetchedBatch, type RecordCursor } from './client/index.ts';
import { headerFilter } from './header-filter.ts';
import { metadataColumn, type MetadataColumn } from './metadata.ts';
import type { FormatSpec, KafkaSourceSpec } from './spec.ts';

const FORMAT_METADATA = 'value.';

export class RecordDecoder {
  /** What is being decoded, for errors. */
  part: 'key' | 'value' = 'value';
  private readonly upsert: boolean;
  private readonly hasKey: boolean;
  /** A null key gives no row. */
  private readonly needsKey: boolean;
  private readonly key: Decoder | undefined;
  private readonly value: Decoder;
  private readonly keySlots: readonly number[];
  /** Slots that are NULL in the row of a tombstone. */
  private readonly valueSlots: readonly number[];
  private readonly metadata: readonly MetadataColumn[];
  private readonly passes: ReturnType<typeof headerFilter> | undefined;
  private readonly nullKeys: { value: number };
  /** By output slot, when receivers take them: texts of the record, in its own bytes. */
  readonly slices: (TextSlices | null)[] | null;

  /** `ignored`: told of what ignore-parse-errors hides in the record being decoded. */
  constructor(spec: KafkaSourceSpec, node: SourceNode, context: SourceContext, ignored?: IgnoredErrors) {
    const own = node.fields.map((): TextSlices | null => null);
    const slicesFor = (format: FormatSpec, type: SqlType, slot: number): TextSlices | undefined =>
      (context.takesSlices === true && isText(type) && formatRuntime(format.format).takesSlices === true ? own[slot] ??= new TextSlices() : undefined);
    const wantedOf = (format: FormatSpec): WantedField[] => {
      const known = new Map(format.fields.map((x) => [x.field, x]));
      return node.fields.flatMap((f, slot): WantedField[] => {
        const field = f.kind === 'physical' ? known.get(f.field) : undefined;
        return field === undefined ? [] : [{ name: field.name, type: field.type, slot, slices: slicesFor(format, field.type, slot) }];
      });
    };
    const formatMetadata = node.fields.flatMap((f, slot): WantedField[] => (f.kind === 'metadata' && f.key.startsWith(FORMAT_METADATA)
      ? [{ name: '', type: node.columns[slot]?.type ?? { kind: 'NULL', nullable: true }, slot, metadata: f.key.slice(FORMAT_METADATA.length) }] : []));
    let values = wantedOf(spec.value), keys = spec.key === null ? [] : wantedOf(spec.key);
    const taken = new Set((spec.upsert ? keys : values).map((w) => w.slot));
    if (spec.upsert) values = values.filter((v) => !taken.has(v.slot));
    else keys = keys.filter((k) => !taken.has(k.slot));
    this.slices = own.some((s) => s !== null) ? own : null;
    this.upsert = spec.upsert;
    this.hasKey = spec.key !== null;
    this.needsKey = spec.key !== null && (spec.upsert || spec.key.format !== 'raw');
    this.key = spec.key === null || keys.length === 0 ? undefined : formatRuntime(spec.key.format).decoder(spec.key.settings, keys, spec.key.fields, ignored);
    this.value = formatRuntime(spec.value.format).decoder(spec.value.settings, [...values, ...formatMetadata], spec.value.fields, ignored);
    this.keySlots = keys.map((k) => k.slot);
    this.valueSlots = [...values, ...formatMetadata].map((v) => v.slot);
    this.metadata = node.fields.flatMap((f, slot) => (f.kind === 'metadata' && !f.key.startsWith(FORMAT_METADATA) ? [metadataColumn(f.key, slot)] : []));
    this.passes = spec.headerFilter === null ? undefined : headerFilter(spec.headerFilter);
    this.nullKeys = context.counter('droppedNullKeys');
  }

  /** Decodes the record the cursor stands on into the rows from `row`; gives their number. Throws bad-record. */
  decode(cursor: RecordCursor, fetched: FetchedBatch, batch: ChangeBatch, kinds: Uint8Array, row: number): number {
    if (this.passes !== undefined && !this.passes(decodeHeaders(cursor))) return 0;
    if (this.hasKey && !this.decodeKey(cursor, batch, kinds, row)) return 0;
    this.part = 'value';
    let made: number;
    if (this.upsert && cursor.valueStart < 0) {
      for (let i = 0; i < this.valueSlots.length; i++) this.setNull(batch, this.valueSlots[i]!, row);
      kinds[row] = DELETE;
      made = 1;
    } else {
      made = this.value.decode(cursor.bytes, cursor.valueStart, cursor.valueEnd, batch, kinds, row);
      if (made === 0) return 0;
      if (this.upsert) for (let i = row; i < row + made; i++) kinds[i] = UPDATE_AFTER;
      if (made > 1) for (const slot of this.keySlots) this.repeat(batch, slot, row, made);
    }
    for (let m = 0; m < this.metadata.length; m++) {
      const { slot, read } = this.metadata[m]!, value = read(cursor, fetched), column = batch.columns[slot] as Column;
      for (let i = row; i < row + made; i++) column[i] = value;
    }
    return made;
  }
  private setNull(batch: ChangeBatch, slot: number, row: number): void {
    (batch.columns[slot] as Column)[row] = null;
    const slices = this.slices?.[slot];
    if (slices != null) slices.starts[row] = -1;
  }
  /** A value of the key in all rows of the record. */
  private repeat(batch: ChangeBatch, slot: number, row: number, made: number): void {
    const column = batch.columns[slot] as Column, slices = this.slices?.[slot];
    for (let i = row + 1; i < row + made; i++) column[i] = column[row];
    if (slices == null) return;
    slices.ensure(row + made);
    slices.starts.fill(slices.starts[row]!, row + 1, row + made);
    slices.ends.fill(slices.ends[row]!, row + 1, row + made);
  }
  /** False: the record gives no row. */
  private decodeKey(cursor: RecordCursor, batch: ChangeBatch, kinds: Uint8Array, row: number): boolean {
    this.part = 'key';
    if (this.needsKey && cursor.keyStart < 0) return this.withoutKey();
    if (this.key === undefined) return true;
    return this.key.decode(cursor.bytes, cursor.keyStart, cursor.keyEnd, batch, kinds, row) > 0 || this.withoutKey();
  }
  private withoutKey(): false {
    if (this.upsert) throw badRecord({ format: 'upsert-kafka', rule: 'the record has no key', hint: "Every record of an upsert-kafka topic needs its primary key as the message key; 'scan.on-error'='skip' leaves such records out." });
    this.nullKeys.value++;
    return false;
  }
}
