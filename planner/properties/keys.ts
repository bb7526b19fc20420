/**
 * Keys of a relation's rows. Unique keys: no two rows of the current result agree on them (join input specs). Upsert keys: unique keys
 * along which changes also stay in order when rows are spread by other keys on the way (what a sink's key is checked against).
 * Sources: Flink FlinkRelMdUniqueKeys, FlinkRelMdUpsertKeys.
 */
import type { Expr } from '../physical/expr.ts';
import { conjuncts } from '../logical/expr-tools.ts';
import type { JoinRel, Rel } from '../logical/rel.ts';

export type Key = readonly number[];
const MAX_KEYS = 16;

export const uniqueKeys = (rel: Rel): readonly Key[] => keysOf(rel, false);
export const upsertKeys = (rel: Rel): readonly Key[] => keysOf(rel, true);

const caches = [new WeakMap<Rel, readonly Key[]>(), new WeakMap<Rel, readonly Key[]>()] as const;
function keysOf(rel: Rel, upsert: boolean): readonly Key[] {
  const cache = caches[upsert ? 1 : 0], known = cache.get(rel);
  if (known !== undefined) return known;
  const keys = minimal(compute(rel, upsert));
  cache.set(rel, keys);
  return keys;
}
function compute(rel: Rel, upsert: boolean): readonly Key[] {
  switch (rel.kind) {
    case 'scan': {
      const pk = rel.table.primaryKey?.columns, at = pk?.map((name) => rel.columns.findIndex((c) => c.name === name));
      const position = pk?.length === 2 && pk.includes('partition') && pk.includes('offset');
      const trusted = rel.source.upsertKey !== undefined || rel.source.changelogMode.delete || position;
      return trusted && at !== undefined && at.every((i) => i >= 0) ? [at] : [];
    }
    case 'values': return rel.rows.length <= 1 ? [[]] : [];
    case 'filter': case 'sort': return keysOf(rel.input, upsert);
    case 'project': return keysOf(rel.input, upsert).flatMap((k) => { const mapped = k.map((c) => rel.exprs.findIndex((e) => isColumn(e, c))); return mapped.every((i) => i >= 0) ? [mapped] : []; });
    case 'aggregate': return [rel.keys.map((_, i) => i)];
    case 'join': return joinKeys(rel, upsert);
    case 'union': return [];
    case 'setOp': return rel.all ? [] : [rel.columns.map((_, i) => i)];
  }
}
/** A cast that keeps values apart would do too, but Flink takes only plain references. */
const isColumn = (e: Expr, index: number): boolean => e.op === 'column' && e.index === index;

/** Equi-join columns of both sides, by position. */
export function equiColumns(rel: JoinRel): { left: number[]; right: number[] } {
  const width = rel.left.columns.length, left: number[] = [], right: number[] = [];
  for (const c of conjuncts(rel.condition)) {
    if (c.op !== 'call' || (c.name !== '=' && c.name !== 'IS NOT DISTINCT FROM')) continue;
    const [a, b] = c.args;
    if (a?.op !== 'column' || b?.op !== 'column') continue;
    if (a.index < width && b.index >= width) { left.push(a.index); right.push(b.index - width); }
    if (b.index < width && a.index >= width) { left.push(b.index); right.push(a.index - width); }
  }
  return { left, right };
}
const contains = (set: Key, sub: Key): boolean => sub.every((c) => set.includes(c));
function joinKeys(rel: JoinRel, upsert: boolean): readonly Key[] {
  const on = equiColumns(rel), width = rel.left.columns.length;
  // An upsert key that lacks a join column may see its changes on different subtasks, out of order.
  const ordered = (keys: readonly Key[], joinKey: Key): readonly Key[] => (upsert ? keys.filter((k) => contains(k, joinKey)) : keys);
  const left = ordered(keysOf(rel.left, upsert), on.left), right = ordered(keysOf(rel.right, upsert), on.right);
  if (rel.type === 'semi' || rel.type === 'anti') return left;
  const moved = right.map((k) => k.map((c) => c + width));
  const result: Key[] = left.flatMap((l) => moved.map((r) => [...l, ...r]));
  if (keysOf(rel.right, upsert).some((k) => contains(on.right, k)) && (rel.type === 'inner' || rel.type === 'left')) result.push(...left);
  if (keysOf(rel.left, upsert).some((k) => contains(on.left, k)) && (rel.type === 'inner' || rel.type === 'right')) result.push(...moved);
  return result;
}
/** Without duplicates and without keys that contain another; shortest first; at most sixteen. */
function minimal(keys: readonly Key[]): readonly Key[] {
  const sorted = keys.map((k) => [...new Set(k)].sort((a, b) => a - b)).sort((a, b) => a.length - b.length), kept: Key[] = [];
  for (const k of sorted) if (kept.length < MAX_KEYS && !kept.some((s) => contains(k, s))) kept.push(k);
  return kept;
}
