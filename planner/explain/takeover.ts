/**
 * What a new plan takes over from the state of an old one (`execution.savepoint.path`), node by node: said by EXPLAIN before anything starts.
 * A node finds its state by its id, which is a hash of its meaning (`physical/finish.ts`).
 */
import { bytesText } from '../../core/errors/define.ts';
import type { PhysicalPlan } from '../physical/plan.ts';
import { statefulNodes, title } from './state.ts';

export interface StoredState {
  readonly path: string;
  readonly jobName: string;
  /** Nodes with state or positions. `label` undefined: written by a version that did not note it. */
  readonly nodes: readonly { readonly id: string; readonly label: string | undefined; readonly bytes: number; readonly hasPositions: boolean }[];
}
export interface Takeover { readonly text: string; readonly kept: number; readonly fresh: number; readonly dropped: number; readonly isPossible: boolean }

/** `dropsUnclaimed`: `execution.savepoint.ignore-unclaimed-state`. */
export function takeover(plan: PhysicalPlan, stored: StoredState, dropsUnclaimed: boolean): Takeover {
  const found = new Map(stored.nodes.map((node) => [node.id, node])), stateful = statefulNodes(plan), lines: string[] = [];
  let kept = 0, fresh = 0;
  for (const node of plan.nodes) {
    const state = found.get(node.id);
    if (state !== undefined) {
      kept++;
      lines.push(`kept     ${title(node)}: ${node.type === 'source' ? 'goes on at its stored positions' : `${bytesText(state.bytes)} of state`}`);
    } else if (node.type === 'source') {
      fresh++;
      lines.push(`new      ${title(node)}: begins where its options say`);
    } else if (stateful.has(node.id)) {
      fresh++;
      lines.push(`new      ${title(node)}: starts empty, and sees of kept sources only what comes after their positions`);
    }
  }
  const known = new Set(plan.nodes.map((node) => node.id)), unclaimed = stored.nodes.filter(({ id }) => !known.has(id));
  for (const { id, label, bytes, hasPositions } of unclaimed) lines.push(`${dropsUnclaimed ? 'dropped ' : 'unclaimed'} ${label === undefined ? id : title({ id, label })}: ${hasPositions ? 'positions' : `${bytesText(bytes)} of state`}`);
  const isPossible = unclaimed.length === 0 || dropsUnclaimed;
  lines.push(isPossible ? 'The job can start.' : "The start is refused: SET 'execution.savepoint.ignore-unclaimed-state' = 'true' drops what is unclaimed.");
  return { text: [`${stored.path} of job ${stored.jobName}`, ...lines].join('\n'), kept, fresh, dropped: unclaimed.length, isPossible };
}
