/**
 * Predicate push-down: conjuncts move towards the sources, equalities into join conditions; an outer join whose padded side a later
 * predicate rejects becomes an inner one. Meaning is kept because each step moves a conjunct only below operators that would pass the
 * same rows on: projections (after substitution), join sides that are not padded, group keys, both sides of set operations.
 */
import type { Expr } from '../physical/expr.ts';
import type { JoinType } from '../physical/plan.ts';
import { columnsIn, conjunction, conjuncts, mapColumns, substitute, visit } from '../logical/expr-tools.ts';
import { filter, join, type JoinRel, type Rel } from '../logical/rel.ts';
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';

export function pushFilters(rel: Rel, functions: FunctionRegistry): Rel { return push(rel, [], functions); }

const over = (rel: Rel, predicates: readonly Expr[]): Rel => { const c = conjunction(predicates); return c === null ? rel : filter(rel, c); };
function push(rel: Rel, predicates: readonly Expr[], functions: FunctionRegistry): Rel {
  switch (rel.kind) {
    case 'filter': return push(rel.input, [...predicates, ...conjuncts(rel.condition)], functions);
    case 'project': {
      const movable = predicates.filter((p) => [...columnsIn(p)].every((i) => isDeterministic(rel.exprs[i] as Expr, functions)));
      const kept = predicates.filter((p) => !movable.includes(p));
      return over({ ...rel, input: push(rel.input, movable.map((p) => substitute(p, rel.exprs)), functions) }, kept);
    }
    case 'join': return pushIntoJoin(rel, predicates, functions);
    case 'aggregate': {
      const onKeys = predicates.filter((p) => rel.keys.length > 0 && [...columnsIn(p)].every((i) => i < rel.keys.length));
      return over({ ...rel, input: push(rel.input, onKeys.map((p) => mapColumns(p, (i) => rel.keys[i] ?? i)), functions) }, predicates.filter((p) => !onKeys.includes(p)));
    }
    case 'union': return { ...rel, inputs: rel.inputs.map((i) => push(i, predicates, functions)) };
    case 'setOp': return { ...rel, left: push(rel.left, predicates, functions), right: push(rel.right, predicates, functions) };
    case 'sort': return rel.limit === null && rel.offset === 0 ? { ...rel, input: push(rel.input, predicates, functions) } : over({ ...rel, input: push(rel.input, [], functions) }, predicates);
    case 'scan': case 'values': return over(rel, predicates);
  }
}
function pushIntoJoin(rel: JoinRel, predicates: readonly Expr[], functions: FunctionRegistry): Rel {
  const width = rel.left.columns.length;
  const type = simplified(rel.type, predicates, width);
  const padsLeft = type === 'right' || type === 'full', padsRight = type === 'left' || type === 'full';
  const sideOf = (e: Expr): 'left' | 'right' | 'both' => { const c = [...columnsIn(e)]; return c.every((i) => i < width) ? 'left' : c.every((i) => i >= width) ? 'right' : 'both'; };
  const left: Expr[] = [], right: Expr[] = [], on: Expr[] = [], above: Expr[] = [];
  for (const p of predicates) {
    const side = sideOf(p);
    if (side === 'left' && !padsLeft) left.push(p);
    else if (side === 'right' && !padsRight) right.push(mapColumns(p, (i) => i - width));
    else if (type === 'inner') on.push(p);
    else above.push(p);
  }
  for (const c of conjuncts(rel.condition)) {
    const side = columnsIn(c).size === 0 ? 'both' : sideOf(c);
    if (side === 'left' && (type === 'inner' || type === 'right' || type === 'semi')) left.push(c);
    else if (side === 'right' && (type === 'inner' || type === 'left' || type === 'semi' || type === 'anti')) right.push(mapColumns(c, (i) => i - width));
    else on.push(c);
  }
  return over(join(type, push(rel.left, left, functions), push(rel.right, right, functions), conjunction(on), rel.ttlMs), above);
}
/** A predicate that no padded row can pass makes the padding pointless. */
function simplified(type: JoinType, predicates: readonly Expr[], width: number): JoinType {
  if (type !== 'left' && type !== 'right' && type !== 'full') return type;
  const rejectsLeft = predicates.some((p) => rejectsNulls(p, (i) => i < width)), rejectsRight = predicates.some((p) => rejectsNulls(p, (i) => i >= width));
  if (type === 'left') return rejectsRight ? 'inner' : type;
  if (type === 'right') return rejectsLeft ? 'inner' : type;
  return rejectsLeft && rejectsRight ? 'inner' : rejectsLeft ? 'left' : rejectsRight ? 'right' : type;
}
const STRICT = new Set(['=', '<>', '<', '>', '<=', '>=', 'LIKE', 'IN', 'IS NOT NULL', 'IS TRUE']);
/** True when the predicate is not TRUE for a row whose columns of one side are all NULL. */
function rejectsNulls(p: Expr, side: (index: number) => boolean): boolean {
  if (p.op !== 'call' || !STRICT.has(p.name)) return false;
  const bare = (e: Expr | undefined): boolean => e !== undefined && (e.op === 'column' ? side(e.index) : e.op === 'cast' && bare(e.arg));
  return p.name === 'IN' ? bare(p.args[0]) : p.args.some(bare);
}
function isDeterministic(e: Expr, functions: FunctionRegistry): boolean {
  let yes = true;
  visit(e, (x) => { if (x.op === 'call' && functions.scalar(x.name)?.deterministic === false) yes = false; });
  return yes;
}
