/** MySQL columns as columns of a pipeline. */
import { BIGINT, BOOLEAN, notNull, STRING, type SqlType } from '../../../../core/types/sql-type.ts';
import type { PipelineColumn, RowFact } from '../../../pipelines/contract.ts';
import type { MySqlColumn } from '../contract.ts';
import { pipelineType, type TypeSettings } from './values.ts';

export function pipelineColumn(column: MySqlColumn, settings: TypeSettings): PipelineColumn {
  const type = pipelineType(column, settings);
  return { name: column.name, type: column.nullable ? type : notNull(type), nativeType: nativeType(column), ...(settings.comments && column.comment !== '' ? { comment: column.comment } : {}) };
}
/** As in `bigint unsigned`, `decimal(10,2)`, `enum('a','b')`. */
export function nativeType(c: MySqlColumn): string {
  const text = c.values !== null ? `(${c.values.map((v) => `'${v.replaceAll("'", "''")}'`).join(',')})`
    : c.dataType === 'decimal' ? `(${c.length ?? 10},${c.scale ?? 0})` : /^(time|datetime|timestamp)$/.test(c.dataType) ? (c.scale === null || c.scale === 0 ? '' : `(${c.scale})`) : c.length === null ? '' : `(${c.length})`;
  return `${c.dataType}${text}${c.unsigned ? ' unsigned' : ''}`;
}
/** `op_ts`: ms since the epoch, 0 in snapshot rows. */
export const ROW_FACT_TYPES: Readonly<Record<RowFact, SqlType>> = { op_ts: notNull(BIGINT), gtid: STRING, binlog_file: STRING, binlog_pos: BIGINT, is_snapshot: notNull(BOOLEAN) };
