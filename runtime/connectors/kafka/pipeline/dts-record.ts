/**
 * Changes as DTS's Avro records. Rows of a snapshot have operation INIT. `id` counts the messages of a run; position, transaction and time
 * come from the binlog (facts of the source), the primary key stands in the tag `pk_uk_info`.
 */
import { idText, type PipelineTableId, type TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { DELETE, INSERT, type ChangeBatch, type Column } from '../../../../core/row/batch.ts';
import type { ByteSink } from '../../contract.ts';
import { writeAvroLong, writeAvroString } from '../../../formats/avro/binary.ts';
import { imageWriter, nativeName, typeNumber, type ImageWriter } from '../../../formats/avro/dts-values.ts';
import { imageBranch, LIST_BRANCH, NONE_BRANCH, OPERATIONS, TEXT_BRANCH } from '../../../formats/avro/dts-schema.ts';
import { GrowingBuffer } from '../../../formats/byte-sink.ts';
import type { ChangeFormat } from './formats.ts';

/** Shared by the tables of a writer: numbers messages. */
let nextId = 1;

class DtsRecords implements ChangeFormat {
  readonly takesSlices = false;
  private readonly images: readonly ImageWriter[];
  /** From `objectName` to `fields`: the same in every record. */
  private readonly middle = new GrowingBuffer();
  private readonly kept = new GrowingBuffer();
  private hasKept = false;
  private readonly places: Readonly<Record<'op_ts' | 'binlog_file' | 'binlog_pos' | 'gtid' | 'is_snapshot', number>>;
  constructor(table: TableVersion, facts: readonly string[]) {
    const at = (fact: string): number => table.columns.length + facts.indexOf(fact);
    this.places = { op_ts: at('op_ts'), binlog_file: at('binlog_file'), binlog_pos: at('binlog_pos'), gtid: at('gtid'), is_snapshot: at('is_snapshot') };
    this.images = table.columns.map((c) => imageWriter(c.type, nativeName(c.nativeType)));
    const { middle } = this;
    writeAvroLong(middle, 1);
    writeAvroString(middle, idText(table.id));
    writeAvroLong(middle, NONE_BRANCH);
    writeAvroLong(middle, 1);
    writeAvroString(middle, 'pk_uk_info');
    writeAvroString(middle, JSON.stringify(table.primaryKey.length === 0 ? {} : { PRIMARY: table.primaryKey.map((k) => table.columns[k]!.name) }));
    writeAvroLong(middle, 0);
    writeAvroLong(middle, LIST_BRANCH);
    writeAvroLong(middle, table.columns.length);
    for (const c of table.columns) { writeAvroString(middle, c.name); writeAvroLong(middle, typeNumber(c.type, nativeName(c.nativeType))); }
    if (table.columns.length > 0) writeAvroLong(middle, 0);
  }
  before(batch: ChangeBatch, row: number): void {
    this.kept.length = 0;
    this.image(batch, row, this.kept);
    this.hasKept = true;
  }
  write(batch: ChangeBatch, row: number, kind: number, out: ByteSink): boolean {
    const { places, hasKept } = this, of = (at: number): unknown => (batch.columns[at] as Column)[row];
    this.hasKept = false;
    const bornMs = Number(of(places.op_ts) ?? 0), file = of(places.binlog_file), position = file === null || file === undefined ? '' : `${String(of(places.binlog_pos) ?? 0)}@${String(file)}`;
    const operation = kind === DELETE ? 'DELETE' : kind !== INSERT ? 'UPDATE' : of(places.is_snapshot) === true ? 'INIT' : 'INSERT';
    writeAvroLong(out, 0);
    writeAvroLong(out, nextId++);
    writeAvroLong(out, Math.floor(bornMs / 1000));
    writeAvroString(out, position);
    writeAvroString(out, position);
    writeAvroString(out, String(of(places.gtid) ?? ''));
    writeAvroLong(out, 0);
    writeAvroString(out, '');
    writeAvroLong(out, OPERATIONS.indexOf(operation));
    copy(this.middle, out);
    if (operation === 'DELETE') this.image(batch, row, out); else if (hasKept && operation === 'UPDATE') copy(this.kept, out); else writeAvroLong(out, NONE_BRANCH);
    if (operation === 'DELETE') writeAvroLong(out, NONE_BRANCH); else this.image(batch, row, out);
    writeAvroLong(out, bornMs);
    return true;
  }
  private image(batch: ChangeBatch, row: number, out: ByteSink): void {
    const { images } = this;
    writeAvroLong(out, LIST_BRANCH);
    if (images.length > 0) writeAvroLong(out, images.length);
    for (let c = 0; c < images.length; c++) {
      const value = (batch.columns[c] as Column)[row];
      if (value === null || value === undefined) writeAvroLong(out, imageBranch('null')); else images[c]!(value, out);
    }
    writeAvroLong(out, 0);
  }
}
function copy(from: GrowingBuffer, out: ByteSink): void {
  out.ensure(from.length);
  from.bytes.copy(out.bytes, out.length, 0, from.length);
  out.length += from.length;
}
export const dtsFormat = (table: TableVersion, facts: readonly string[]): ChangeFormat => new DtsRecords(table, facts);
/** A statement: its text stands for the image behind the change. */
export function writeDtsStatement(id: PipelineTableId, sql: string, timestampMs: number, out: ByteSink): void {
  writeAvroLong(out, 0);
  writeAvroLong(out, nextId++);
  writeAvroLong(out, Math.floor(timestampMs / 1000));
  for (let i = 0; i < 3; i++) writeAvroString(out, '');
  writeAvroLong(out, 0);
  writeAvroString(out, '');
  writeAvroLong(out, OPERATIONS.indexOf('DDL'));
  writeAvroLong(out, 1);
  writeAvroString(out, idText(id));
  writeAvroLong(out, NONE_BRANCH);
  writeAvroLong(out, 0);
  writeAvroLong(out, NONE_BRANCH);
  writeAvroLong(out, NONE_BRANCH);
  writeAvroLong(out, TEXT_BRANCH);
  writeAvroString(out, sql);
  writeAvroLong(out, timestampMs);
}
