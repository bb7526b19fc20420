/**
 * Logical plan: immutable relational nodes over positions. Every expression in a node speaks of the columns of its input (a join's of
 * left ++ right). The binder makes it, rules rewrite it, `planner/physical/build.ts` turns it into the physical plan.
 */
import type { TableObject } from '../../catalog/objects/objects.ts';
import type { LookupDescription, SourceDescription } from '../../catalog/registry/connectors.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../physical/expr.ts';
import type { AggregateCall, JoinType } from '../physical/plan.ts';

export interface RelColumn { readonly name: string; readonly type: SqlType }
export type ScanField = { readonly kind: 'physical'; readonly field: number } | { readonly kind: 'metadata'; readonly key: string };

export interface Scan { readonly kind: 'scan'; readonly columns: readonly RelColumn[]; readonly table: TableObject; readonly connector: string; readonly source: SourceDescription; readonly fields: readonly ScanField[]; readonly limit?: number | undefined }
export interface ValuesRel { readonly kind: 'values'; readonly columns: readonly RelColumn[]; readonly rows: readonly (readonly Expr[])[] }
export interface Project { readonly kind: 'project'; readonly columns: readonly RelColumn[]; readonly input: Rel; readonly exprs: readonly Expr[] }
export interface Filter { readonly kind: 'filter'; readonly columns: readonly RelColumn[]; readonly input: Rel; readonly condition: Expr }
/**
 * `condition` null: TRUE. Semi and anti keep the left columns only. `ttlMs`: STATE_TTL of the sides, undefined = the job's. `lookup`: the
 * right side, filters and projections over one scan, is asked for each row's key when the row comes (FOR SYSTEM_TIME AS OF a processing time).
 */
export interface JoinRel { readonly kind: 'join'; readonly columns: readonly RelColumn[]; readonly type: JoinType; readonly left: Rel; readonly right: Rel; readonly condition: Expr | null; readonly ttlMs?: readonly [number | undefined, number | undefined] | undefined; readonly lookup?: LookupDescription | undefined }
/** Columns: keys, then one per call. */
export interface Aggregate { readonly kind: 'aggregate'; readonly columns: readonly RelColumn[]; readonly input: Rel; readonly keys: readonly number[]; readonly calls: readonly AggregateCall[]; readonly ttlMs?: number | undefined }
/** UNION ALL. */
export interface Union { readonly kind: 'union'; readonly columns: readonly RelColumn[]; readonly inputs: readonly Rel[] }
export interface SetOp { readonly kind: 'setOp'; readonly columns: readonly RelColumn[]; readonly op: 'intersect' | 'except'; readonly all: boolean; readonly left: Rel; readonly right: Rel }
/** UNNEST: the input's columns, then those of an element of the collection in `column`, then its position from 1 (`ordinality`). `outer`: a row without elements stays, padded. */
export interface Unnest { readonly kind: 'unnest'; readonly columns: readonly RelColumn[]; readonly input: Rel; readonly column: number; readonly outer: boolean; readonly ordinality: boolean }
export interface SortKey { readonly column: number; readonly descending: boolean; readonly nullsFirst: boolean }
/** `limit` null: no limit. */
export interface Sort { readonly kind: 'sort'; readonly columns: readonly RelColumn[]; readonly input: Rel; readonly keys: readonly SortKey[]; readonly offset: number; readonly limit: number | null }
export type Rel = Scan | ValuesRel | Project | Filter | JoinRel | Aggregate | Union | SetOp | Unnest | Sort;

export const project = (input: Rel, exprs: readonly Expr[], names: readonly string[]): Project => ({ kind: 'project', input, exprs, columns: exprs.map((e, i) => ({ name: names[i] ?? `EXPR$${i}`, type: e.type })) });
export const filter = (input: Rel, condition: Expr): Filter => ({ kind: 'filter', input, condition, columns: input.columns });
export function join(type: JoinType, left: Rel, right: Rel, condition: Expr | null, more: Pick<JoinRel, 'ttlMs' | 'lookup'> = {}): JoinRel {
  const nullable = (columns: readonly RelColumn[], yes: boolean): readonly RelColumn[] => (yes ? columns.map((c) => ({ name: c.name, type: c.type.nullable ? c.type : { ...c.type, nullable: true } })) : columns);
  const columns = type === 'semi' || type === 'anti' ? left.columns : [...nullable(left.columns, type === 'right' || type === 'full'), ...nullable(right.columns, type === 'left' || type === 'full')];
  return { kind: 'join', type, left, right, condition, columns, ttlMs: more.ttlMs, lookup: more.lookup };
}
/** A column of a relation as an expression. */
export const column = (rel: Rel, index: number): Expr => ({ op: 'column', index, type: rel.columns[index]?.type ?? { kind: 'NULL', nullable: true } });
export const inputsOf = (rel: Rel): readonly Rel[] => {
  switch (rel.kind) {
    case 'scan': case 'values': return [];
    case 'join': case 'setOp': return [rel.left, rel.right];
    case 'union': return rel.inputs;
    default: return [rel.input];
  }
};
