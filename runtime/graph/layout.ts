/**
 * How a physical plan is laid out over subtasks: which nodes live in which subtask, which edges stay inside a subtask and which are
 * exchanges, and what lies downstream of each entry point (for back-pressure). Pure and deterministic: coordinator and workers compute
 * it each for themselves from the same plan.
 *
 * A node has instances in subtasks 0…n-1: n is the job's parallelism, 1 below a `single` exchange, for VALUES and for collect, or the
 * sink's own. A forward edge between nodes of equal n is a local call; to fewer instances it becomes an exchange (i → i mod n).
 */
import { planVersionUnknown } from '../../core/errors/runtime.ts';
import { invariant } from '../../core/errors/common.ts';
import { PLAN_VERSION } from '../../planner/physical/plan.ts';
import type { NodeType, PhysicalNode, PhysicalPlan } from '../../planner/physical/plan.ts';

export interface LayoutEdge {
  /** Position in `Layout.edges`; the same in every subtask. */
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** Which input of `to`. */
  readonly input: number;
  /** local: a call inside the subtask. hash: by the keys' hash. modulo: all rows of subtask i to i mod n. */
  readonly kind: 'local' | 'hash' | 'modulo';
  readonly keys: readonly number[];
}
export interface LayoutNode {
  readonly index: number;
  readonly node: PhysicalNode;
  /** Lives in subtasks 0…instances-1. */
  readonly instances: number;
  /** By input. */
  readonly inputs: readonly LayoutEdge[];
  readonly outputs: readonly LayoutEdge[];
}
export interface Layout {
  readonly parallelism: number;
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly LayoutEdge[];
}

export function layOut(plan: PhysicalPlan, parallelism: number): Layout {
  if (plan.version !== PLAN_VERSION) throw planVersionUnknown({ found: plan.version, known: PLAN_VERSION });
  const at = new Map<string, number>();
  const edges: LayoutEdge[] = [];
  const nodes: (LayoutNode & { outputs: LayoutEdge[] })[] = [];
  for (const [index, node] of plan.nodes.entries()) {
    const sources = node.inputs.map((input) => {
      const from = at.get(input.node);
      invariant(from !== undefined, `plan node ${node.id} comes after its input ${input.node}`);
      return nodes[from] as (typeof nodes)[number];
    });
    const instances = instancesOf(node, sources, parallelism);
    const inputs = node.inputs.map((input, i) => {
      const from = sources[i] as (typeof nodes)[number];
      const isLocal = input.exchange.kind === 'forward' ? from.instances <= instances : instances === 1 && from.instances === 1;
      const kind = isLocal ? 'local' as const : input.exchange.kind === 'hash' && instances > 1 ? 'hash' as const : 'modulo' as const;
      const edge: LayoutEdge = { index: edges.length, from: from.index, to: index, input: i, kind, keys: input.exchange.kind === 'hash' ? input.exchange.keys : [] };
      edges.push(edge);
      from.outputs.push(edge);
      return edge;
    });
    invariant(!at.has(node.id), `plan node id ${node.id} is unique`);
    at.set(node.id, index);
    nodes.push({ index, node, instances, inputs, outputs: [] });
  }
  return { parallelism, nodes, edges };
}

function instancesOf(node: PhysicalNode, inputs: readonly LayoutNode[], parallelism: number): number {
  if (node.type === 'values' || node.type === 'collect') return 1;
  if (node.type === 'source') return Math.min(node.parallelism ?? parallelism, parallelism);
  if (node.type === 'sink' && node.parallelism !== undefined) return Math.min(node.parallelism, parallelism);
  let instances = 1;
  for (const [i, input] of node.inputs.entries()) {
    if (input.exchange.kind === 'hash') return parallelism;
    if (input.exchange.kind === 'single') return 1;
    instances = Math.max(instances, (inputs[i] as LayoutNode).instances);
  }
  return instances;
}

/** Nodes whose operators answer later (LateOperator): rows pushed to one go no further in that call. */
const isLateNode = (node: PhysicalNode): boolean => node.type === 'lookup-join' || (node.type === 'join' && node.joinType !== 'semi' && node.joinType !== 'anti');

/** Everything rows from a place may reach inside this subtask without waiting: calls run through to these sinks and exchanges. */
export interface Reach { readonly nodes: ReadonlySet<number>; readonly exchanges: ReadonlySet<number> }

/**
 * What rows pushed to the node `start` touch at once in a subtask. Own shares of an exchange are handed over as calls, so the walk goes
 * through exchanges too; their channels to other subtasks are what must have credit. It ends at nodes that answer later, unless `below`
 * asks for what their answers touch.
 */
export function reachOf(layout: Layout, start: number, below = false): Reach {
  const nodes = new Set<number>(), exchanges = new Set<number>();
  const visit = (index: number): void => {
    if (nodes.has(index)) return;
    const asStart = below && index === start;
    if (!asStart) nodes.add(index);
    if (!asStart && isLateNode((layout.nodes[index] as LayoutNode).node)) return;
    for (const edge of (layout.nodes[index] as LayoutNode).outputs) {
      if (edge.kind !== 'local') exchanges.add(edge.index);
      visit(edge.to);
    }
  };
  visit(start);
  return { nodes, exchanges };
}

/** Subtask → worker thread. */
export const workerOf = (subtask: number, workers: number): number => subtask % workers;
