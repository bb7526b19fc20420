/** Two projections in a row become one, and a projection that changes nothing vanishes. An expression is not copied when it is more than a column and used twice. */
import { substitute, visit } from '../logical/expr-tools.ts';
import { isDeterministic } from '../logical/deterministic.ts';
import { inputsOf, type Project, type Rel } from '../logical/rel.ts';
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';

export function mergeProjects(rel: Rel, functions: FunctionRegistry): Rel {
  const inner = withInputs(rel, inputsOf(rel).map((i) => mergeProjects(i, functions)));
  if (inner.kind !== 'project') return inner;
  const { input } = inner;
  if (input.kind === 'project' && isMergeable(inner, input, functions)) return mergeProjects({ ...inner, input: input.input, exprs: inner.exprs.map((e) => substitute(e, input.exprs)) }, functions);
  const identity = inner.exprs.length === input.columns.length && inner.exprs.every((e, i) => e.op === 'column' && e.index === i);
  return identity ? input : inner;
}
function isMergeable(outer: Project, inner: Project, functions: FunctionRegistry): boolean {
  const uses = new Array<number>(inner.exprs.length).fill(0);
  for (const e of outer.exprs) visit(e, (x) => { if (x.op === 'column') uses[x.index] = (uses[x.index] ?? 0) + 1; });
  return inner.exprs.every((e, i) => e.op === 'column' || e.op === 'literal' || ((uses[i] ?? 0) <= 1 && isDeterministic(e, functions)));
}
/** The same node over other inputs. */
export function withInputs(rel: Rel, inputs: readonly Rel[]): Rel {
  const [a, b] = inputs;
  switch (rel.kind) {
    case 'scan': case 'values': return rel;
    case 'join': case 'setOp': return a === rel.left && b === rel.right ? rel : { ...rel, left: a ?? rel.left, right: b ?? rel.right };
    case 'union': return inputs.every((i, n) => i === rel.inputs[n]) ? rel : { ...rel, inputs };
    default: return a === rel.input || a === undefined ? rel : { ...rel, input: a };
  }
}
