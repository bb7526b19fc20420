/**
 * Predicate push-down: conjuncts move towards the sources, equalities into join conditions; an outer join whose padded side a later
 * predicate rejects becomes an inner one. Meaning is kept because each step moves a conjunct only below operators that would pass the
 * same rows on: projections (after substitution), join sides that are not padded, group keys, both sides of set operations.
 * Conjuncts that are not deterministic stay where they are.
 */
import type { Expr } from '../physical/expr.ts';
import type { JoinType } from '../physical/plan.ts';
import { columnsIn, conjunction, conjuncts, mapColumns, mayCopy, substitute } from '../logical/expr-tools.ts';
import { filter, join, type JoinRel, type Rel } from '../logical/rel.ts';
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';
import { isDeterministic } from '../logical/deterministic.ts';
import { commonConjuncts } from './common-conjuncts.ts';

export function pushFilters(rel: Rel, functions: FunctionRegistry): Rel { return push(rel, [], functions); }

/** The relation filtered; nothing is left of it when a conjunct is FALSE or NULL. */
function over(rel: Rel, predicates: readonly Expr[]): Rel {
  if (predicates.some((p) => p.op === 'literal' && p.value !== true)) return { kind: 'values', columns: rel.columns, rows: [] };
  const condition = conjunction(predicates.filter((p) => p.op !== 'literal'));
  return condition === null ? rel : filter(rel, condition);
}
function push(rel: Rel, predicates: readonly Expr[], functions: FunctionRegistry): Rel {
  const movable = predicates.filter((p) => isDeterministic(p, functions)), fixed = predicates.filter((p) => !movable.includes(p));
  switch (rel.kind) {
    case 'filter': return pushFilterChain(rel, predicates, functions);
    case 'project': {
      const through = movable.filter((p) => mayCopy([p], rel.exprs) && [...columnsIn(p)].every((i) => isDeterministic(rel.exprs[i] as Expr, functions)));
      const input = push(rel.input, through.map((p) => substitute(p, rel.exprs)), functions);
      return over({ ...rel, input }, predicates.filter((p) => !through.includes(p)));
    }
    case 'join': return over(pushIntoJoin(rel, movable, functions), fixed);
    case 'aggregate': {
      const onKeys = movable.filter((p) => rel.keys.length > 0 && [...columnsIn(p)].every((i) => i < rel.keys.length));
      return over({ ...rel, input: push(rel.input, onKeys.map((p) => mapColumns(p, (i) => rel.keys[i] ?? i)), functions) }, predicates.filter((p) => !onKeys.includes(p)));
    }
    case 'union': return over({ ...rel, inputs: rel.inputs.map((i) => push(i, movable, functions)) }, fixed);
    case 'setOp': return over({ ...rel, left: push(rel.left, movable, functions), right: push(rel.right, movable, functions) }, fixed);
    case 'sort': return rel.limit === null && rel.offset === 0 ? over({ ...rel, input: push(rel.input, movable, functions) }, fixed) : over({ ...rel, input: push(rel.input, [], functions) }, predicates);
    case 'unnest': {
      const width = rel.input.columns.length, below = movable.filter((p) => [...columnsIn(p)].every((i) => i < width));
      return over({ ...rel, input: push(rel.input, below, functions) }, predicates.filter((p) => !below.includes(p)));
    }
    case 'scan': case 'values': return over(rel, predicates);
  }
}
/** WHERE with thousands of conjuncts arrives as a chain of filters: gathered in a loop. The lowest filter's conjuncts come first. */
function pushFilterChain(top: Rel, predicates: readonly Expr[], functions: FunctionRegistry): Rel {
  const levels: (readonly Expr[])[] = [predicates];
  let rel = top;
  while (rel.kind === 'filter') {
    levels.push(conjuncts(rel.condition).flatMap(commonConjuncts));
    rel = rel.input;
  }
  return push(rel, levels.reverse().flat(), functions);
}
function pushIntoJoin(rel: JoinRel, predicates: readonly Expr[], functions: FunctionRegistry): Rel {
  const width = rel.left.columns.length;
  const type = simplified(rel.type, predicates, width, functions);
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
  for (const c of conjuncts(rel.condition).flatMap(commonConjuncts)) {
    const side = columnsIn(c).size === 0 || !isDeterministic(c, functions) ? 'both' : sideOf(c);
    if (side === 'left' && (type === 'inner' || type === 'right' || type === 'semi')) left.push(c);
    else if (side === 'right' && (type === 'inner' || type === 'left' || type === 'semi' || type === 'anti')) right.push(mapColumns(c, (i) => i - width));
    else on.push(c);
  }
  return over(join(type, push(rel.left, left, functions), push(rel.right, right, functions), conjunction(on), rel), above);
}
/** A predicate that no padded row can pass makes the padding pointless. */
function simplified(type: JoinType, predicates: readonly Expr[], width: number, functions: FunctionRegistry): JoinType {
  if (type !== 'left' && type !== 'right' && type !== 'full') return type;
  const rejectsLeft = predicates.some((p) => rejectsNulls(p, (i) => i < width, functions)), rejectsRight = predicates.some((p) => rejectsNulls(p, (i) => i >= width, functions));
  if (type === 'left') return rejectsRight ? 'inner' : type;
  if (type === 'right') return rejectsLeft ? 'inner' : type;
  return rejectsLeft && rejectsRight ? 'inner' : rejectsLeft ? 'left' : rejectsRight ? 'right' : type;
}
/** True when the predicate is not TRUE for a row whose columns of one side are all NULL. */
function rejectsNulls(p: Expr, side: (index: number) => boolean, functions: FunctionRegistry): boolean {
  if (p.op === 'column') return side(p.index);
  if (p.op !== 'call') return false;
  if (p.name === 'AND') return p.args.some((a) => rejectsNulls(a, side, functions));
  if (p.name === 'OR') return p.args.every((a) => rejectsNulls(a, side, functions));
  if (p.name === 'IS TRUE') return p.args.every((a) => rejectsNulls(a, side, functions));
  if (p.name === 'IS NOT NULL' || p.name === 'IN') return p.args[0] !== undefined && isNullThen(p.args[0], side, functions);
  return isNullThen(p, side, functions);
}
/** True when the expression is NULL for such a row. */
function isNullThen(e: Expr, side: (index: number) => boolean, functions: FunctionRegistry): boolean {
  if (e.op === 'column') return side(e.index);
  if (e.op === 'cast' || e.op === 'field') return isNullThen(e.arg, side, functions);
  return e.op === 'call' && functions.scalar(e.name)?.strict === true && e.args.some((a) => isNullThen(a, side, functions));
}
