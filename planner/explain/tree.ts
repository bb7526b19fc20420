/** Plan trees as Flink prints them: inputs below, `:-` and `+-`, one Exchange line per exchange; sub-plans used again are named. */
import type { ChangelogMode } from '../../catalog/registry/connectors.ts';
import { exchangeText } from '../physical/label.ts';
import type { PhysicalNode, PhysicalPlan } from '../physical/plan.ts';

/** A plan printed as a tree may repeat shared parts many times; what is longer than this is cut. */
const MAX_LINES = 2000;

export interface TreeOptions {
  /** Adds `changelogMode=[I,UB,UA,D]` to every node. */
  readonly changelog: boolean;
  /** Prints shared sub-plans once and refers to them by `reuse_id`. */
  readonly reuse: boolean;
}
export function planTrees(plan: PhysicalPlan, options: TreeOptions): string {
  const nodes = new Map(plan.nodes.map((n) => [n.id, n])), uses = useCounts(plan), reuse = new Map<string, number>();
  const lines: string[] = [];
  const print = (node: PhysicalNode, first: string, rest: string): void => {
    if (lines.length >= MAX_LINES) { if (lines.length === MAX_LINES) lines.push('...'); return; }
    const shared = options.reuse && (uses.get(node.id) ?? 0) > 1, known = reuse.get(node.id);
    if (shared && known !== undefined) { lines.push(`${first}Reused(reference_id=[${known}])`); return; }
    if (shared) reuse.set(node.id, reuse.size + 1);
    lines.push(`${first}${withMode(node.label, node, options)}${shared ? `(reuse_id=[${reuse.get(node.id) ?? 0}])` : ''}`);
    node.inputs.forEach((edge, i) => {
      const input = nodes.get(edge.node), last = i === node.inputs.length - 1;
      if (input === undefined) return;
      const head = `${rest}${last ? '+- ' : ':- '}`, tail = `${rest}${last ? '   ' : ':  '}`;
      if (edge.exchange.kind === 'forward') { print(input, head, tail); return; }
      lines.push(`${head}${withMode(exchangeText(edge.exchange, input.columns), input, options)}`);
      print(input, `${tail}+- `, `${tail}   `);
    });
  };
  const roots = plan.nodes.filter((n) => n.type === 'sink' || n.type === 'collect');
  roots.forEach((root, i) => { if (i > 0) lines.push(''); print(root, '', ''); });
  return lines.join('\n');
}
function useCounts(plan: PhysicalPlan): Map<string, number> {
  const uses = new Map<string, number>();
  for (const node of plan.nodes) for (const input of node.inputs) uses.set(input.node, (uses.get(input.node) ?? 0) + 1);
  return uses;
}
function withMode(label: string, node: PhysicalNode, options: TreeOptions): string {
  if (!options.changelog) return label;
  const mode = `changelogMode=[${node.type === 'sink' ? 'NONE' : modeText(node.changelog)}]`;
  if (!label.endsWith(')')) return `${label}(${mode})`;
  return `${label.slice(0, -1)}${label.endsWith('()') ? '' : ', '}${mode})`;
}
/** `I,UB,UA,D`: the kinds a stream may carry. */
export function modeText(mode: ChangelogMode): string {
  return [...(mode.insert ? ['I'] : []), ...(mode.updateBefore ? ['UB'] : []), ...(mode.updateAfter ? ['UA'] : []), ...(mode.delete ? ['D'] : [])].join(',');
}
