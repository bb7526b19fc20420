/**
 * Equalities of a join become equalities of columns of one type, as a join's keys must be: sides that are expressions, or of different
 * types, are computed below the join and dropped above it. `t1 JOIN t2 ON t1.a + 1 = t2.b` keeps its key and need not run in one task.
 */
import { commonType, isCharacter, sameType } from '../../core/types/coercion.ts';
import { asNullable, type SqlType } from '../../core/types/sql-type.ts';
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';
import { columnsIn, conjunction, conjuncts, mapColumns } from '../logical/expr-tools.ts';
import { column, inputsOf, join, project, type JoinRel, type Rel } from '../logical/rel.ts';
import { isDeterministic } from '../logical/deterministic.ts';
import type { Expr } from '../physical/expr.ts';
import { withInputs } from './merge-projects.ts';

export function joinKeyColumns(rel: Rel, functions: FunctionRegistry): Rel {
  const inner = withInputs(rel, inputsOf(rel).map((i) => joinKeyColumns(i, functions)));
  return inner.kind === 'join' ? withKeyColumns(inner, functions) : inner;
}
function withKeyColumns(rel: JoinRel, functions: FunctionRegistry): Rel {
  const width = rel.left.columns.length, left: Expr[] = [], right: Expr[] = [];
  const parts = conjuncts(rel.condition).map((c): Expr | { left: Expr; right: Expr; call: Expr } => computedPair(c, width, functions) ?? c);
  for (const p of parts) {
    if (!('call' in p)) continue;
    if (!isColumn(p.left)) left.push(p.left);
    if (!isColumn(p.right)) right.push(p.right);
  }
  if (left.length === 0 && right.length === 0) return rel;
  let l = 0, r = 0;
  const rightStart = width + left.length, moved = (i: number): number => (i < width ? i : i - width + rightStart);
  const condition = parts.map((p): Expr => {
    if (!('call' in p)) return mapColumns(p, moved);
    const a: Expr = isColumn(p.left) ? p.left : { op: 'column', index: width + l++, type: p.left.type };
    const b: Expr = p.right.op === 'column' ? { ...p.right, index: p.right.index + rightStart } : { op: 'column', index: rightStart + rel.right.columns.length + r++, type: p.right.type };
    return { ...(p.call as Extract<Expr, { op: 'call' }>), args: [a, b] };
  });
  const wide = join(rel.type, extended(rel.left, left), extended(rel.right, right), conjunction(condition), rel);
  const semi = rel.type === 'semi' || rel.type === 'anti';
  return project(wide, rel.columns.map((_, i) => column(wide, semi ? i : moved(i))), rel.columns.map((c) => c.name));
}
const isColumn = (e: Expr): boolean => e.op === 'column';
const extended = (rel: Rel, extra: readonly Expr[]): Rel => (extra.length === 0 ? rel : project(rel, [...rel.columns.map((_, i) => column(rel, i)), ...extra], [...rel.columns.map((c) => c.name), ...extra.map((_, i) => `$f${rel.columns.length + i}`)]));

/** An equality of an expression of each side that is not yet one of two columns of one type. `right` is over the right columns. */
function computedPair(e: Expr, width: number, functions: FunctionRegistry): { left: Expr; right: Expr; call: Expr } | undefined {
  if (e.op !== 'call' || (e.name !== '=' && e.name !== 'IS NOT DISTINCT FROM')) return undefined;
  const [a, b] = e.args;
  if (a === undefined || b === undefined) return undefined;
  const side = (x: Expr): 'left' | 'right' | undefined => { const c = [...columnsIn(x)]; return c.length === 0 ? undefined : c.every((i) => i < width) ? 'left' : c.every((i) => i >= width) ? 'right' : undefined; };
  const sa = side(a), sb = side(b);
  if (sa === undefined || sb === undefined || sa === sb || !isDeterministic(e, functions)) return undefined;
  const [l, r] = sa === 'left' ? [a, b] : [b, a];
  const alike = sameType(l.type, r.type) || (isCharacter(l.type) && isCharacter(r.type));
  if (isColumn(l) && isColumn(r) && alike) return undefined;
  const common = alike ? undefined : commonType([l.type, r.type]);
  if (!alike && common === undefined) return undefined;
  const as = (x: Expr, to: SqlType | undefined): Expr => (to === undefined || sameType(x.type, to) ? x : { op: 'cast', arg: x, type: asNullable(to, x.type.nullable), safe: false });
  return { left: as(l, common), right: as(mapColumns(r, (i) => i - width), common), call: e };
}
