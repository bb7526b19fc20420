/**
 * `FROM a, b, c WHERE a.x = c.x AND b.y = c.y` joins a and b without any condition when taken in the order written: every row of a with
 * every row of b, in one task. Where that happens, inner joins are taken in another order: always the next table in the list that has an
 * equality with those joined already. Trees without such a cross join keep the order written, as Flink does. Column order is kept by a projection.
 */
import { columnsIn, conjunction, conjuncts, mapColumns } from '../logical/expr-tools.ts';
import { column, inputsOf, join, project, type JoinRel, type Rel } from '../logical/rel.ts';
import type { Expr } from '../physical/expr.ts';
import { withInputs } from './merge-projects.ts';

export function orderJoins(rel: Rel): Rel {
  if (rel.kind === 'join' && isPlainInner(rel)) {
    const leaves: Rel[] = [], conditions: Expr[] = [];
    const crossed = flatten(rel, 0, leaves, conditions);
    const inputs = leaves.map(orderJoins);
    if (crossed && leaves.length > 2) return reordered(rel, inputs, conditions);
  }
  return withInputs(rel, inputsOf(rel).map(orderJoins));
}
const isPlainInner = (rel: JoinRel): boolean => rel.type === 'inner' && rel.ttlMs === undefined && rel.lookup === undefined;

/** Leaves from left to right and all conjuncts over their columns in a row. True when one of the joins has no equality between its sides. */
function flatten(rel: Rel, start: number, leaves: Rel[], conditions: Expr[]): boolean {
  if (rel.kind !== 'join' || !isPlainInner(rel)) { leaves.push(rel); return false; }
  const left = flatten(rel.left, start, leaves, conditions), right = flatten(rel.right, start + rel.left.columns.length, leaves, conditions);
  const own = conjuncts(rel.condition), width = rel.left.columns.length;
  conditions.push(...own.map((c) => mapColumns(c, (i) => i + start)));
  return left || right || !own.some((c) => links(c, (i) => i < width, (i) => i >= width));
}
/** An equality of an expression of the one side with one of the other. */
function links(e: Expr, one: (column: number) => boolean, other: (column: number) => boolean): boolean {
  if (e.op !== 'call' || (e.name !== '=' && e.name !== 'IS NOT DISTINCT FROM')) return false;
  const [a, b] = e.args.map((x) => [...columnsIn(x)]);
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return false;
  return (a.every(one) && b.every(other)) || (a.every(other) && b.every(one));
}
function reordered(original: JoinRel, leaves: readonly Rel[], conditions: readonly Expr[]): Rel {
  const starts: number[] = [];
  let total = 0;
  for (const leaf of leaves) { starts.push(total); total += leaf.columns.length; }
  const leafOf = (c: number): number => starts.findLastIndex((s, i) => s <= c && (leaves[i]?.columns.length ?? 0) > 0 && c < s + (leaves[i]?.columns.length ?? 0));
  const order = chooseOrder(leaves.length, conditions, leafOf);
  const at = new Map<number, number>();
  let rel: Rel | undefined, waiting = [...conditions];
  for (const n of order) {
    const leaf = leaves[n] as Rel, width = rel?.columns.length ?? 0;
    leaf.columns.forEach((_, i) => at.set((starts[n] ?? 0) + i, width + i));
    if (rel === undefined) { rel = leaf; continue; }
    const ready = waiting.filter((c) => [...columnsIn(c)].every((i) => at.has(i)));
    waiting = waiting.filter((c) => !ready.includes(c));
    rel = join('inner', rel, leaf, conjunction(ready.map((c) => mapColumns(c, (i) => at.get(i) ?? i))));
  }
  const result = rel as Rel;
  return project(result, original.columns.map((_, i) => column(result, at.get(i) ?? i)), original.columns.map((c) => c.name));
}
function chooseOrder(count: number, conditions: readonly Expr[], leafOf: (column: number) => number): number[] {
  const order = [0], rest = Array.from({ length: count - 1 }, (_, i) => i + 1);
  while (rest.length > 0) {
    const linked = rest.findIndex((n) => conditions.some((c) => links(c, (i) => order.includes(leafOf(i)), (i) => leafOf(i) === n)));
    order.push(...rest.splice(Math.max(linked, 0), 1));
  }
  return order;
}
