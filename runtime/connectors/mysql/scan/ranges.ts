/**
 * The statements of a bounded read: one, or one per range of `scan.partition.column`. Rows come in the order of the primary key where that
 * costs nothing, so that a read can be taken up again behind the last key that came out; elsewhere a range is read again from its start.
 */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { quoteName, quoteText, selectedName } from '../connection/open.ts';
import { dateText, timestampText } from '../../../../core/types/temporal.ts';
import type { ScanSpec } from '../table/spec.ts';
import { columnsOf, type TargetColumn, type TargetTable } from '../table/target.ts';
import { selected } from '../table/text-values.ts';

export interface ScanPlan {
  readonly columns: readonly TargetColumn[];
  /** Columns that rows are ordered by; empty = in no order. They stand behind `columns` in the result. */
  readonly order: readonly TargetColumn[];
  readonly ranges: readonly string[];
}
/** `wanted`: positions among the table's columns. */
export function planScan(spec: ScanSpec, target: TargetTable, wanted: readonly number[]): ScanPlan {
  const primary = target.uniques.find((u) => u.name === 'PRIMARY')?.columns ?? [], by = spec.partition === null ? undefined : spec.columns[spec.partition.column]?.name;
  const isOrdered = by === undefined || primary[0]?.toLowerCase() === by.toLowerCase();
  const order = isOrdered ? primary.map((name) => target.columns.find((c) => c.name === name) as TargetColumn) : [];
  return { columns: columnsOf(target, spec, wanted), order: order.some((c) => c.dataType === 'float' || c.dataType === 'double') ? [] : order, ranges: rangesOf(spec) };
}
/** Conditions of the ranges. Rows outside the bounds belong to the first and the last one, NULLs to the first: all rows are read. */
function rangesOf({ partition, columns }: ScanSpec): string[] {
  if (partition === null || partition.count === 1) return [''];
  const { column, count, lower, upper } = partition, name = quoteName(columns[column]?.name ?? ''), type = columns[column]?.type;
  const value = (n: number): string => (type?.kind === 'DATE' ? `'${dateText(n)}'` : type?.kind === 'TIMESTAMP' || type?.kind === 'TIMESTAMP_LTZ' ? `'${timestampText(n, 3)}'` : String(n));
  const step = Math.max(1, Math.ceil((upper - lower + 1) / count)), cuts: number[] = [];
  for (let i = 1; i < count && lower + i * step <= upper; i++) cuts.push(lower + i * step);
  return [...cuts, undefined].map((end, i) => {
    const from = i === 0 ? undefined : cuts[i - 1];
    const parts = [...(from === undefined ? [] : [`${name} >= ${value(from)}`]), ...(end === undefined ? [] : [`${name} < ${value(end)}`])];
    return from === undefined && end !== undefined ? `(${parts.join(' AND ')} OR ${name} IS NULL)` : parts.join(' AND ');
  });
}
const NUMBERS: ReadonlySet<string> = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year']);
/** A key that came out, JSON-safe: texts, bytes as `{hex}`. */
export const keptKey = (values: readonly (string | Buffer | null)[]): Json => values.map((v) => (v === null ? null : typeof v === 'string' ? v : { hex: v.toString('hex') }));
function literal(value: Json, column: TargetColumn): string {
  if (value !== null && typeof value === 'object' && 'hex' in value) return `x'${String(value['hex']).replace(/[^0-9a-f]/g, '')}'`;
  const text = String(value);
  return NUMBERS.has(column.dataType) && /^-?[\d.]+$/.test(text) ? text : quoteText(text);
}
/** @param behind the last key that came out, or null @param limit rows at most, or undefined */
export function scanStatement(spec: ScanSpec, plan: ScanPlan, range: number, behind: readonly Json[] | null, limit: number | undefined): string {
  const { columns, order } = plan, keys = order.map((c) => quoteName(c.name));
  const conditions = [plan.ranges[range] ?? '', behind === null || keys.length === 0 ? '' : `(${keys.join(', ')}) > (${order.map((c, i) => literal(behind[i] ?? null, c)).join(', ')})`].filter((c) => c !== '');
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`, sort = keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`;
  return `SELECT ${[...columns.map(selected), ...order.map((c) => selectedName(c.name))].join(', ')} FROM ${quoteName(spec.database)}.${quoteName(spec.name)}${where}${sort}${limit === undefined ? '' : ` LIMIT ${limit}`}`;
}
