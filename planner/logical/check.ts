/** The last look at a bound query before it is rewritten: every expression speaks of columns its input has. */
import { featureNotSupported } from '../../core/errors/common.ts';
import type { Expr } from '../physical/expr.ts';
import { columnsIn } from './expr-tools.ts';
import { inputsOf, type Rel } from './rel.ts';

/** A column beyond the input is one of the enclosing query that the binder could not join away. */
export function refuseStrayColumns(root: Rel): void {
  // Walked with a list: a WHERE of thousands of conjuncts is a chain of filters.
  const waiting: Rel[] = [root];
  for (let rel = waiting.pop(); rel !== undefined; rel = waiting.pop()) {
    const inputs = inputsOf(rel), width = inputs.reduce((sum, i) => sum + i.columns.length, 0);
    for (const e of expressionsOf(rel)) for (const c of columnsIn(e)) if (c >= width) throw featureNotSupported({ feature: 'a correlated subquery of this form', instead: 'Correlation is supported in the WHERE clause of EXISTS, IN and scalar subqueries, to the query directly around them.' });
    for (const input of inputs) waiting.push(input);
  }
}
function expressionsOf(rel: Rel): readonly Expr[] {
  switch (rel.kind) {
    case 'project': return rel.exprs;
    case 'filter': return [rel.condition];
    case 'join': return rel.condition === null ? [] : [rel.condition];
    case 'values': return rel.rows.flat();
    default: return [];
  }
}
