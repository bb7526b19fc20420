/**
 * Chains of projections and filters become one calc where that does not compute anything more often than before: an inner expression
 * that is used twice stays in a calc of its own, unless it is a column, a constant or small and deterministic.
 */
import { conjunction, conjuncts, mayCopy, sizeOf, substitute, visit } from '../logical/expr-tools.ts';
import type { Filter, Project, Rel } from '../logical/rel.ts';
import type { Expr } from './expr.ts';

export interface CalcParts { readonly input: Rel; readonly condition: Expr | null; readonly projections: readonly Expr[] }
/** An expression of at most so many nodes may be computed twice rather than kept in a column. */
const SMALL = 3;

/** What the project and filter nodes from `rel` downwards amount to, as far as they fit into one calc. Projections are over `input`. */
export function mergeCalc(rel: Project | Filter, deterministic: (e: Expr) => boolean): CalcParts {
  let input: Rel = rel, conditions: Expr[] = [];
  let projections: readonly Expr[] = rel.columns.map((c, index) => ({ op: 'column', index, type: c.type }));
  for (;;) {
    if (input.kind === 'filter') {
      conditions = [...conjuncts(input.condition), ...conditions];
      input = input.input;
    } else if (input.kind === 'project' && fits(input.exprs, [...projections, ...conditions], conditions, deterministic)) {
      const { exprs } = input;
      projections = projections.map((p) => substitute(p, exprs));
      conditions = conditions.map((c) => substitute(c, exprs));
      input = input.input;
    } else return { input, condition: conjunction(conditions), projections };
  }
}
/** True when the users of `inner` may hold its expressions themselves. */
function fits(inner: readonly Expr[], users: readonly Expr[], conditions: readonly Expr[], deterministic: (e: Expr) => boolean): boolean {
  const uses = inner.map(() => 0);
  for (const user of users) visit(user, (e) => { if (e.op === 'column') uses[e.index] = (uses[e.index] ?? 0) + 1; });
  return mayCopy(users, inner) && inner.every((e, i) => {
    if (e.op === 'column' || e.op === 'literal') return true;
    if ((uses[i] ?? 0) === 0) return true;
    if (!deterministic(e)) return uses[i] === 1 && conditions.length === 0;
    return uses[i] === 1 || sizeOf(e) <= SMALL;
  });
}
/** True for a projection that gives its input back unchanged. */
export const isIdentity = (projections: readonly Expr[], width: number): boolean => projections.length === width && projections.every((p, i) => p.op === 'column' && p.index === i);
