/** A table as pipelines see it, from source to sink: a version of its columns and key. JSON-safe. */
import { BIGINT, BOOLEAN, STRING, notNull, type SqlType } from '../../core/types/sql-type.ts';

/** `nativeType`: the source's own type, as in `bigint unsigned`, for formats and sinks that show it. */
export interface PipelineColumn { readonly name: string; readonly type: SqlType; readonly comment?: string | undefined; readonly nativeType?: string | undefined }
export interface PipelineTableId { readonly schema: string; readonly table: string }
export interface TableVersion {
  /** Where rows come from; after routing: where they go. */
  readonly id: PipelineTableId;
  readonly columns: readonly PipelineColumn[];
  /** Positions among the columns; empty = no key. */
  readonly primaryKey: readonly number[];
  readonly comment?: string | undefined;
}
/** `db.table`, or the table's name alone where there is no database: names of topics, texts that patterns are matched with. */
export const idText = (id: PipelineTableId): string => (id.schema === '' ? id.table : `${id.schema}.${id.table}`);
/** The id a text means: what stands before its first dot is the database. */
export function idOf(text: string): PipelineTableId {
  const dot = text.indexOf('.');
  return dot < 0 ? { schema: '', table: text } : { schema: text.slice(0, dot), table: text.slice(dot + 1) };
}

/** Facts of a row that a pipeline may ask for (`metadata.list`, formats): columns behind the table's own. `op_ts` is in milliseconds, 0 in the snapshot. */
export const FACT_TYPES: ReadonlyMap<string, SqlType> = new Map([
  ['op_ts', notNull(BIGINT)], ['gtid', STRING], ['binlog_file', STRING], ['binlog_pos', BIGINT], ['is_snapshot', notNull(BOOLEAN)],
]);
