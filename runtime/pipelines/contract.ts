/**
 * What flows through a pipeline: batches of rows of many tables, each with the table it belongs to, and schema events between them. A
 * pipeline is a job whose plan is source → (pipeline-transform) → sink, all in subtask 0 and joined by direct calls, so a batch may carry
 * objects. Between two schema events of a table its batches carry the same `TableVersion` object: receivers keep what they compiled for
 * it by identity. Rows of one table keep their order; rows of different tables between two polls may change places.
 */
import type { PipelineColumn, TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { ChangeBatch } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';

export type { PipelineColumn, PipelineTableId, TableVersion } from '../../catalog/objects/pipeline-table.ts';

/** Names are those of Flink CDC's schema events. */
export type SchemaChange =
  | { readonly kind: 'create.table' }
  /** `after`: undefined = first, null = last. */
  | { readonly kind: 'add.column'; readonly column: PipelineColumn; readonly after: string | null | undefined }
  | { readonly kind: 'alter.column.type'; readonly name: string; readonly from: SqlType; readonly column: PipelineColumn }
  | { readonly kind: 'rename.column'; readonly from: string; readonly to: string }
  | { readonly kind: 'drop.column'; readonly name: string }
  | { readonly kind: 'drop.table' }
  | { readonly kind: 'truncate.table' };

/** Facts of a row that a pipeline may ask for (`metadata.list`, formats); columns behind the table's own, in this order as asked. */
export const ROW_FACTS = ['op_ts', 'gtid', 'binlog_file', 'binlog_pos', 'is_snapshot'] as const;
export type RowFact = (typeof ROW_FACTS)[number];

export class PipelineBatch extends ChangeBatch {
  table: TableVersion;
  /** Not null: an event, one row without columns, that leads to `table`; everything pushed before belongs to the version before. No changes: only the statement is told, to sinks that ask for it. */
  event: { readonly changes: readonly SchemaChange[]; /** The statement, where there was one. */ readonly sql: string | null; readonly timestampMs: number } | null = null;
  constructor(table: TableVersion, width: number) {
    super(Array.from({ length: width }, () => []));
    this.table = table;
  }
}
