/**
 * From drafts to the plan: change modes, DropUpdateBefore over sources whose -U nobody needs, node ids and labels.
 *
 * An id is a hash of the node's meaning: its parameters, column types and the ids of its inputs. Names of columns and the place in the
 * plan do not count, so state finds its operator again when a query is renamed or another INSERT joins the set.
 */
import { createHash } from 'node:crypto';
import type { ChangelogMode } from '../../catalog/registry/connectors.ts';
import type { TableObject } from '../../catalog/objects/objects.ts';
import { inferChangelog } from '../properties/changelog.ts';
import type { Draft, NodeBody } from './draft.ts';
import { labelOf } from './label.ts';
import { PLAN_VERSION, type InputEdge, type PhysicalNode, type PhysicalPlan, type PlanSettings } from './plan.ts';

export function finishPlan(drafts: readonly Draft[], tables: ReadonlyMap<Draft, TableObject>, settings: PlanSettings): PhysicalPlan {
  const changes = inferChangelog(drafts);
  const nodes: PhysicalNode[] = [], made = new Map<Draft, PhysicalNode>(), dropped = new Map<Draft, PhysicalNode>(), taken = new Set<string>();
  const modeOf = (d: Draft, before: boolean): ChangelogMode => ({ insert: true, updateBefore: d.kinds.update && before, updateAfter: d.kinds.update, delete: d.kinds.delete });
  const add = (body: NodeBody, inputs: readonly InputEdge[], d: Draft, changelog: ChangelogMode, label: string): PhysicalNode => {
    const base = { columns: d.columns, changelog, upsertKeys: d.upsert, label };
    const node = { id: freshId(body, inputs, d, taken), ...body, inputs, ...base } as PhysicalNode;
    nodes.push(node);
    return node;
  };
  const withoutBefore = (source: Draft): PhysicalNode => {
    let node = dropped.get(source);
    if (node === undefined) {
      node = add({ type: 'drop-update-before' }, [{ node: idOf(made, source), exchange: { kind: 'forward' } }], source, modeOf(source, false), 'DropUpdateBefore');
      dropped.set(source, node);
    }
    return node;
  };
  for (const draft of drafts) {
    const inputs = draft.inputs.map((edge, n): InputEdge => ({ node: changes.dropsBefore(draft, n) ? withoutBefore(edge.node).id : idOf(made, edge.node), exchange: edge.exchange }));
    const body = withModes(draft, changes.before[draft.index] ?? false);
    made.set(draft, add(body, inputs, draft, modeOf(draft, changes.before[draft.index] ?? false), labelOf(draft, tables)));
  }
  return { version: PLAN_VERSION, nodes, settings };
}
const idOf = (made: ReadonlyMap<Draft, PhysicalNode>, draft: Draft): string => made.get(draft)?.id ?? '';

function withModes(draft: Draft, before: boolean): NodeBody {
  const { body } = draft;
  if (body.type === 'changelog-normalize') return { ...body, emitUpdateBefore: before };
  if (body.type !== 'group-aggregate') return body;
  const input = draft.inputs[0]?.node.kinds;
  return { ...body, retract: input !== undefined && (input.update || input.delete), emitUpdateBefore: before };
}
function freshId(body: NodeBody, inputs: readonly InputEdge[], draft: Draft, taken: Set<string>): string {
  const text = JSON.stringify([body, inputs, draft.columns.map((c) => c.type)]);
  // Two sinks may be the same in everything: INSERT the same twice.
  for (let copy = 0; ; copy++) {
    const id = createHash('sha256').update(copy === 0 ? text : `${text}#${copy}`).digest('hex').slice(0, 16);
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}
