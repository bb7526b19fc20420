/** The rewrite rules in the order they run. To add one: a file beside this, a line here, a golden plan in test/plan. */
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { Rel } from '../logical/rel.ts';
import { refuseStrayColumns } from '../logical/check.ts';
import { joinKeyColumns } from './join-keys.ts';
import { orderJoins } from './join-order.ts';
import { mergeProjects } from './merge-projects.ts';
import { pruneColumns } from './prune-columns.ts';
import { pushFilters } from './push-filters.ts';
import { shareScans } from './share-scans.ts';

interface Rule { readonly name: string; readonly apply: (rel: Rel, functions: FunctionRegistry) => Rel }
export const rules: readonly Rule[] = [
  { name: 'push-filters', apply: pushFilters },
  { name: 'join-order', apply: orderJoins },
  { name: 'merge-projects', apply: mergeProjects },
  { name: 'join-keys', apply: joinKeyColumns },
  { name: 'prune-columns', apply: pruneColumns },
  { name: 'merge-projects', apply: mergeProjects },
];
/** All queries of a job: each rewritten by itself, then scans of the same source widened so that they meet. Columns and their order stay. */
export function optimize(rels: readonly Rel[], functions: FunctionRegistry, options: { readonly reuseSources: boolean } = { reuseSources: true }): Rel[] {
  for (const rel of rels) refuseStrayColumns(rel);
  const rewritten = rels.map((rel) => rules.reduce((r, rule) => rule.apply(r, functions), rel));
  return options.reuseSources ? shareScans(rewritten) : rewritten;
}
