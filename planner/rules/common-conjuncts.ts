/** (a AND b) OR (a AND c) → a AND (b OR c): what all branches demand can then be pushed down or become a join key. */
import { BOOLEAN } from '../../core/types/sql-type.ts';
import { conjunction, conjuncts, exprKey, literalTrue } from '../logical/expr-tools.ts';
import type { Expr } from '../physical/expr.ts';

/** Beyond so many branches a common part is unlikely, and looking for one is dear. */
const MAX_BRANCHES = 100;

/** The conjuncts of one condition, common parts of an OR pulled out. */
export function commonConjuncts(e: Expr): readonly Expr[] {
  if (e.op !== 'call' || e.name !== 'OR' || e.args.length > MAX_BRANCHES) return [e];
  const branches = e.args.map((branch) => new Map(conjuncts(branch).map((c) => [exprKey(c), c])));
  const [first] = branches;
  const common = first === undefined ? [] : [...first.keys()].filter((key) => branches.every((b) => b.has(key)));
  if (first === undefined || common.length === 0) return [e];
  const rest = branches.map((b) => conjunction([...b].filter(([key]) => !common.includes(key)).map(([, c]) => c)));
  const pulled = common.map((key) => first.get(key) ?? literalTrue);
  return rest.some((r) => r === null) ? pulled : [...pulled, { op: 'call', name: 'OR', args: rest as Expr[], type: BOOLEAN }];
}
