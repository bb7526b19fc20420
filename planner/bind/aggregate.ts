/** GROUP BY: the projection of keys and arguments below, the aggregate, and the rewriting of what stands above it. */
import type { Expr } from '../physical/expr.ts';
import type { AggregateCall } from '../physical/plan.ts';
import { exprKey, replaceTop, visit } from '../logical/expr-tools.ts';
import { project, type Aggregate, type Rel } from '../logical/rel.ts';
import { AGGREGATE, SUBQUERY, type PendingAggregate } from './expression.ts';
import { OUTER } from './scope.ts';

export interface Grouping {
  readonly rel: Aggregate;
  /** An expression over the aggregate's input, with placeholders, as one over its output. `fail` makes the error for a stray column. */
  rewrite(e: Expr, fail: (column: string) => Error): Expr;
}
/** True for expressions with aggregate placeholders. */
export function needsGrouping(e: Expr): boolean {
  let found = false;
  visit(e, (x) => { if (x.op === 'column' && x.index >= AGGREGATE && x.index < SUBQUERY) found = true; });
  return found;
}
export function groupRelation(input: Rel, groups: readonly Expr[], aggregates: readonly PendingAggregate[], ttlMs?: number | undefined): Grouping {
  const exprs: Expr[] = [], names: string[] = [], positions = new Map<string, number>();
  const add = (e: Expr): number => {
    const key = exprKey(e), known = positions.get(key);
    if (known !== undefined) return known;
    positions.set(key, exprs.length);
    names.push(e.op === 'column' ? input.columns[e.index]?.name ?? '' : `$f${exprs.length}`);
    return exprs.push(e) - 1;
  };
  const keys = [...new Set(groups.map(add))];
  const callKeys = new Map<string, number>(), calls: AggregateCall[] = [];
  const callOf = aggregates.map((a) => {
    const call: AggregateCall = { function: a.name, args: a.args.map(add), distinct: a.distinct, filter: a.filter === undefined ? null : add(a.filter), type: a.type };
    const key = JSON.stringify(call), known = callKeys.get(key);
    if (known !== undefined) return known;
    callKeys.set(key, calls.length);
    return calls.push(call) - 1;
  });
  const below = project(input, exprs, names);
  const rel: Aggregate = { kind: 'aggregate', input: below, keys, calls, ttlMs, columns: [...keys.map((k) => below.columns[k] ?? { name: '', type: { kind: 'NULL', nullable: true } as const }), ...calls.map((c, i) => ({ name: `EXPR$${i}`, type: c.type }))] };
  const byKey = new Map(keys.map((k, i) => [exprKey(exprs[k] as Expr), i]));
  return {
    rel,
    rewrite: (e, fail) => replaceTop(e, (x) => {
      const at = byKey.get(exprKey(x));
      if (at !== undefined && x.op !== 'literal') return { op: 'column', index: at, type: rel.columns[at]?.type ?? x.type };
      if (x.op !== 'column') return undefined;
      if (x.index >= SUBQUERY && x.index < OUTER) return x;
      if (x.index >= AGGREGATE && x.index < SUBQUERY) return { op: 'column', index: keys.length + (callOf[x.index - AGGREGATE] ?? 0), type: x.type };
      throw fail(input.columns[x.index]?.name ?? `column ${x.index}`);
    }),
  };
}
