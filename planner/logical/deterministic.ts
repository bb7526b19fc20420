/** Whether an expression gives the same value whenever it is computed: only such ones may be moved or computed twice. */
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { Expr } from '../physical/expr.ts';
import { visit } from './expr-tools.ts';

export function isDeterministic(e: Expr, functions: FunctionRegistry): boolean {
  let yes = true;
  visit(e, (x) => { if (x.op === 'call' && functions.scalar(x.name)?.deterministic === false) yes = false; });
  return yes;
}
