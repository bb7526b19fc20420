/**
 * EXPLAIN: what was understood, how it will run, what it will keep. Sections and spellings as in Flink ("EXPLAIN Statements"), plus
 * `== State ==`, which Flink does not have.
 */
import type { PhysicalPlan } from '../physical/plan.ts';
import { stateText } from './state.ts';
import { takeover } from './takeover.ts';
import type { StoredState } from './takeover.ts';
import { planTrees } from './tree.ts';

export interface ExplainInput {
  /** Text of the first section. */
  readonly ast: string;
  readonly plan: PhysicalPlan;
  /** ESTIMATED_COST, CHANGELOG_MODE, PLAN_ADVICE, JSON_EXECUTION_PLAN; unknown ones have no effect. */
  readonly details: readonly string[];
  /** What the job would start from, if the session says so. */
  readonly from?: { readonly stored: StoredState; readonly dropsUnclaimed: boolean } | undefined;
}
export function explainText({ ast, plan, details, from }: ExplainInput): string {
  const changelog = details.includes('CHANGELOG_MODE');
  const sections: (readonly [string, string])[] = [
    ['Abstract Syntax Tree', ast],
    ['Optimized Physical Plan', planTrees(plan, { changelog, reuse: false })],
    ['Optimized Execution Plan', planTrees(plan, { changelog, reuse: true })],
    ['State', stateText(plan)],
  ];
  if (from !== undefined) sections.push(['State Taken Over', takeover(plan, from.stored, from.dropsUnclaimed).text]);
  if (details.includes('JSON_EXECUTION_PLAN')) sections.push(['Physical Execution Plan', jsonPlan(plan)]);
  return sections.map(([title, text]) => `== ${title} ==\n${text}\n`).join('\n');
}
/** Flink's stream graph JSON in outline: nodes with their predecessors and how rows are shipped. */
function jsonPlan(plan: PhysicalPlan): string {
  const nodes = plan.nodes.map((n) => ({
    id: n.id, type: n.label.split('(')[0] ?? n.type, pact: n.type === 'source' ? 'Data Source' : n.type === 'sink' ? 'Data Sink' : 'Operator', contents: n.label,
    predecessors: n.inputs.map((i) => ({ id: i.node, ship_strategy: i.exchange.kind === 'hash' ? 'HASH' : i.exchange.kind === 'single' ? 'GLOBAL' : 'FORWARD' })),
  }));
  return JSON.stringify({ nodes }, null, 2);
}
