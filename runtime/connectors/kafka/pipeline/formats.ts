/**
 * What a change looks like as a message. A format writes the image of a row (the object with its columns) and puts what stands around it;
 * the image before an update is written when its row comes by and kept, so the two rows of an update need not stand in one batch.
 * Shapes: Flink CDC's DebeziumJsonSerializationSchema and CanalJsonSerializationSchema; Kafka Connect's JSON for `schema`.
 */
import { idText, type PipelineTableId, type TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { DELETE, INSERT, UPDATE_BEFORE, type ChangeBatch } from '../../../../core/row/batch.ts';
import type { ByteSink } from '../../contract.ts';
import { appendUtf8, GrowingBuffer } from '../../../formats/byte-sink.ts';
import type { JsonSettings } from '../../../formats/json/descriptor.ts';
import { compileRowWriter, type RowWriter } from '../../../formats/json/encode.ts';
import { connectSchema } from './connect-schema.ts';
import { dtsFormat, writeDtsStatement } from './dts-record.ts';
import type { KafkaPipelineSpec } from './spec.ts';

export interface ChangeFormat {
  /** Kept until the row behind it is written. */
  before(batch: ChangeBatch, row: number): void;
  /** Forgets a kept image and writes a row; `kind` is not -U. False: a null message. */
  write(batch: ChangeBatch, row: number, kind: number, out: ByteSink): boolean;
  /** Slices of texts are read. */
  readonly takesSlices: boolean;
}

/** The message of a statement on a table; DTS's shapes. */
export function writeStatement(spec: KafkaPipelineSpec, id: PipelineTableId, sql: string, timestampMs: number, out: ByteSink): void {
  if (spec.value.format === 'avro') { writeDtsStatement(id, sql, timestampMs, out); return; }
  appendUtf8(out, JSON.stringify({ old: null, data: null, type: 'DDL', database: id.schema, table: id.table, pkNames: null, isDdl: true, sql, es: timestampMs }));
}

export function changeFormat(spec: KafkaPipelineSpec, table: TableVersion): ChangeFormat {
  const { format } = spec.value;
  if (format === 'avro') return dtsFormat(table, spec.facts);
  const image = compileRowWriter(table.columns.map((c, column) => ({ name: c.name, type: c.type, column })), { ...(spec.value.settings as unknown as JsonSettings), exactTime: true });
  switch (format) {
    case 'json': return new RowsAlone(image);
    case 'debezium-json': return new Envelope(image, debeziumParts(spec, table), -1);
    case 'canal-json': return new Envelope(image, canalParts(spec, table), spec.value.initType ? table.columns.length + spec.facts.indexOf('is_snapshot') : -1);
  }
}
/** A row as an object; a deleted one is a null message. */
class RowsAlone implements ChangeFormat {
  private readonly image: RowWriter;
  readonly takesSlices = true;
  constructor(image: RowWriter) { this.image = image; }
  before(): void {}
  write(batch: ChangeBatch, row: number, kind: number, out: ByteSink): boolean {
    if (kind === DELETE || kind === UPDATE_BEFORE) return false;
    this.image(batch, row, out);
    return true;
  }
}

/** Texts around the images: before the first, between the two of an update, behind the last. */
interface Parts {
  readonly insert: readonly [head: Buffer, tail: Buffer];
  readonly snapshot: readonly [head: Buffer, tail: Buffer];
  readonly update: readonly [head: Buffer, between: Buffer, tail: Buffer];
  /** An update whose row before is not known. */
  readonly blind: readonly [head: Buffer, tail: Buffer];
  readonly remove: readonly [head: Buffer, tail: Buffer];
}
class Envelope implements ChangeFormat {
  private readonly image: RowWriter;
  private readonly parts: Parts;
  /** Column that tells rows of the snapshot, or -1. */
  private readonly snapshotColumn: number;
  private readonly kept = new GrowingBuffer();
  private hasKept = false;
  readonly takesSlices = true;
  constructor(image: RowWriter, parts: Parts, snapshotColumn: number) {
    this.image = image;
    this.parts = parts;
    this.snapshotColumn = snapshotColumn;
  }
  before(batch: ChangeBatch, row: number): void {
    this.kept.length = 0;
    this.image(batch, row, this.kept);
    this.hasKept = true;
  }
  write(batch: ChangeBatch, row: number, kind: number, out: ByteSink): boolean {
    const { parts, hasKept } = this;
    this.hasKept = false;
    if (kind === INSERT || kind === DELETE || !hasKept) {
      const isSnapshot = this.snapshotColumn >= 0 && kind === INSERT && batch.columns[this.snapshotColumn]![row] === true;
      const around = kind === DELETE ? parts.remove : kind !== INSERT ? parts.blind : isSnapshot ? parts.snapshot : parts.insert;
      put(out, around[0]);
      this.image(batch, row, out);
      put(out, around[1]);
      return true;
    }
    const [head, between, tail] = parts.update;
    put(out, head);
    putRange(out, this.kept.bytes, this.kept.length);
    put(out, between);
    this.image(batch, row, out);
    put(out, tail);
    return true;
  }
}
function put(out: ByteSink, bytes: Buffer): void { putRange(out, bytes, bytes.length); }
function putRange(out: ByteSink, bytes: Buffer, length: number): void {
  out.ensure(length);
  bytes.copy(out.bytes, out.length, 0, length);
  out.length += length;
}

const pair = (head: string, tail: string): [Buffer, Buffer] => [Buffer.from(head), Buffer.from(tail)];
function debeziumParts(spec: KafkaPipelineSpec, table: TableVersion): Parts {
  const source = JSON.stringify({ db: table.id.schema, table: spec.value.fullTableId ? idText(table.id) : table.id.table });
  const open = spec.value.includeSchema ? `{"schema":${JSON.stringify(connectSchema(table))},"payload":{` : '{', close = spec.value.includeSchema ? '}}' : '}';
  const tail = (op: string): string => `,"op":"${op}","source":${source}${close}`;
  const insert = pair(`${open}"before":null,"after":`, tail('c'));
  return {
    insert, snapshot: insert, blind: pair(`${open}"before":null,"after":`, tail('u')), remove: pair(`${open}"before":`, `,"after":null${tail('d')}`),
    update: [Buffer.from(`${open}"before":`), Buffer.from(',"after":'), Buffer.from(tail('u'))],
  };
}
function canalParts(_spec: KafkaPipelineSpec, table: TableVersion): Parts {
  const tail = (type: string): string => `],"type":"${type}","database":${JSON.stringify(table.id.schema)},"table":${JSON.stringify(table.id.table)},"pkNames":${JSON.stringify(table.primaryKey.map((k) => table.columns[k]!.name))}}`;
  const head = '{"old":null,"data":[';
  return {
    insert: pair(head, tail('INSERT')), snapshot: pair(head, tail('INIT')), blind: pair(head, tail('UPDATE')), remove: pair(head, tail('DELETE')),
    update: [Buffer.from('{"old":['), Buffer.from('],"data":['), Buffer.from(tail('UPDATE'))],
  };
}
