/** MySQL columns as columns of a pipeline. */
import { BIGINT, BOOLEAN, notNull, STRING, type SqlType } from '../../../../core/types/sql-type.ts';
import type { PipelineColumn, RowFact, TableVersion } from '../../../pipelines/contract.ts';
import type { MySqlColumn, MySqlTable, TableId } from '../contract.ts';
import { columnTypeText } from '../types/column-type.ts';
import type { MySqlCdcSpec } from './spec.ts';
import { pipelineType } from './values.ts';

export type ColumnSettings = Pick<MySqlCdcSpec, 'tinyint1AsBoolean' | 'comments'>;

export function pipelineColumn(table: TableId, column: MySqlColumn, settings: ColumnSettings): PipelineColumn {
  return { name: column.name, type: pipelineType(table, column, settings.tinyint1AsBoolean), nativeType: columnTypeText(column), ...(settings.comments && column.comment !== '' ? { comment: column.comment } : {}) };
}
/** A MySQL table as pipelines see it. */
export function tableVersion(table: MySqlTable, settings: ColumnSettings): TableVersion {
  const columns = table.columns.map((c) => pipelineColumn(table, c, settings));
  return { id: { schema: table.database, table: table.table }, columns, primaryKey: table.primaryKey.map((k) => table.columns.findIndex((c) => c.name === k)), ...(settings.comments && table.comment !== '' ? { comment: table.comment } : {}) };
}
/** `op_ts`: ms since the epoch, 0 in snapshot rows. */
export const ROW_FACT_TYPES: Readonly<Record<RowFact, SqlType>> = { op_ts: notNull(BIGINT), gtid: STRING, binlog_file: STRING, binlog_pos: BIGINT, is_snapshot: notNull(BOOLEAN) };
