/**
 * Which columns identify a row. Unique keys hold for the table a stream amounts to; upsert keys further ask that all changes of one key
 * pass through one subtask in order, so that a key must contain the columns of every hash exchange on its way.
 * Semantics: Flink FlinkRelMdUniqueKeys, FlinkRelMdUpsertKeys, JoinInputSideSpec.
 *
 * Key lists are free of duplicates and ordered by size, then by columns; an empty set means at most one row.
 */
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../physical/expr.ts';
import type { ColumnSet } from '../physical/draft.ts';
import type { JoinSide, JoinType } from '../physical/plan.ts';

/** Beyond this many the rest is dropped: keys only help, and products of keys would explode. */
const MAX_KEYS = 16;

export const contains = (set: ColumnSet, part: ColumnSet): boolean => part.every((c) => set.includes(c));
export const equalSets = (a: ColumnSet, b: ColumnSet): boolean => a.length === b.length && contains(a, b);

/** Sorted, without duplicates and without supersets of other keys. */
export function minimalKeys(keys: readonly ColumnSet[]): readonly ColumnSet[] {
  const sorted = keys.map((k) => [...new Set(k)].sort((a, b) => a - b)).sort((a, b) => a.length - b.length || compare(a, b));
  const kept: ColumnSet[] = [];
  for (const key of sorted) if (kept.length < MAX_KEYS && !kept.some((k) => contains(key, k))) kept.push(key);
  return kept;
}
function compare(a: ColumnSet, b: ColumnSet): number {
  for (const [i, x] of a.entries()) if (x !== b[i]) return x - (b[i] ?? 0);
  return 0;
}

/** Keys behind a projection: each key column must be passed on as it is, or by a cast that keeps different values apart. */
export function projectKeys(keys: readonly ColumnSet[], projections: readonly Expr[]): readonly ColumnSet[] {
  const outputs = new Map<number, number[]>();
  for (const [i, e] of projections.entries()) {
    const source = passedColumn(e);
    if (source !== undefined) outputs.set(source, [...(outputs.get(source) ?? []), i]);
  }
  return minimalKeys(keys.flatMap((key) => combinations(key.map((c) => outputs.get(c) ?? []))));
}
/** The input column that an expression passes on without merging values, if it does that. */
export function passedColumn(e: Expr): number | undefined {
  if (e.op === 'column') return e.index;
  return e.op === 'cast' && !e.safe && e.arg.op === 'column' && keepsApart(e.arg.type, e.type) ? e.arg.index : undefined;
}
const WIDTH: Readonly<Record<string, number>> = { TINYINT: 1, SMALLINT: 2, INT: 3, BIGINT: 4 };
function keepsApart(from: SqlType, to: SqlType): boolean {
  const a = WIDTH[from.kind], b = WIDTH[to.kind];
  if (a !== undefined && b !== undefined) return a <= b;
  if ('length' in from && 'length' in to) return to.kind === 'VARCHAR' && from.kind === 'VARCHAR' && from.length <= to.length;
  return from.kind === to.kind && JSON.stringify({ ...from, nullable: true }) === JSON.stringify({ ...to, nullable: true });
}
function combinations(choices: readonly (readonly number[])[]): number[][] {
  let result: number[][] = [[]];
  for (const choice of choices) {
    result = result.flatMap((head) => choice.map((c) => [...head, c]));
    if (result.length > MAX_KEYS) result = result.slice(0, MAX_KEYS);
  }
  return result;
}
/** Columns of a hash distribution behind a projection; undefined when one is lost. */
export function projectColumns(keys: ColumnSet, projections: readonly Expr[]): number[] | undefined {
  const mapped = keys.map((k) => projections.findIndex((e) => e.op === 'column' && e.index === k));
  return mapped.includes(-1) ? undefined : mapped;
}

export interface JoinInput { readonly unique: readonly ColumnSet[]; readonly upsert: readonly ColumnSet[]; readonly keys: ColumnSet; readonly width: number }
/** Unique and upsert keys of a join's output. A side's keys survive when each of its rows meets at most one of the other side. */
export function joinKeys(type: JoinType, left: JoinInput, right: JoinInput): { unique: readonly ColumnSet[]; upsert: readonly ColumnSet[] } {
  const leftUnique = left.unique.some((k) => contains(left.keys, k)), rightUnique = right.unique.some((k) => contains(right.keys, k));
  const of = (l: readonly ColumnSet[], r: readonly ColumnSet[]): readonly ColumnSet[] => {
    if (type === 'semi' || type === 'anti') return minimalKeys(l);
    const shifted = r.map((k) => k.map((c) => c + left.width));
    const keys: ColumnSet[] = l.flatMap((a) => shifted.map((b) => [...a, ...b]));
    if (rightUnique && (type === 'inner' || type === 'left')) keys.push(...l);
    if (leftUnique && (type === 'inner' || type === 'right')) keys.push(...shifted);
    return minimalKeys(keys);
  };
  const inPlace = (side: JoinInput): readonly ColumnSet[] => side.upsert.filter((k) => contains(k, side.keys));
  return { unique: of(left.unique, right.unique), upsert: of(inPlace(left), inPlace(right)) };
}
/** What the state of one join side looks like. `upsert`: the input's keys before the exchange by the join keys; `isKept`: its rows are never taken back and never expire. */
export function joinSide(upsert: readonly ColumnSet[], joinKeyColumns: ColumnSet, isKept: boolean): JoinSide {
  if (upsert.some((k) => contains(joinKeyColumns, k))) return { kind: 'join-key-unique' };
  const [smallest] = upsert;
  return smallest === undefined ? { kind: isKept ? 'append' : 'no-key' } : { kind: 'unique-key', uniqueKey: smallest };
}
/** True when +U without its -U is enough for a join's side: the key that identifies its rows holds the join key, so an update never changes it. */
export const keyHoldsJoinKey = (upsert: readonly ColumnSet[], joinKeyColumns: ColumnSet): boolean => upsert.some((k) => contains(k, joinKeyColumns));
