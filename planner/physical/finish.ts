/**
 * From drafts to the plan: change modes, DropUpdateBefore over sources whose -U nobody needs, node ids and labels.
 *
 * An id is a hash of the node's meaning: its parameters, column types and the ids of its inputs. Names of columns and the place in the
 * plan do not count, so state finds its operator again when a query is renamed or another INSERT joins the set. Which fields a scan
 * reads does not count either, because another query may widen it; what stands on a scan is identified by the fields it takes from it.
 */
import { createHash } from 'node:crypto';
import type { ChangelogMode, Json } from '../../catalog/registry/connectors.ts';
import type { TableObject } from '../../catalog/objects/objects.ts';
import { inferChangelog } from '../properties/changelog.ts';
import { rewrite } from '../logical/expr-tools.ts';
import type { Draft, NodeBody } from './draft.ts';
import type { Expr } from './expr.ts';
import { labelOf } from './label.ts';
import { PLAN_VERSION, type InputEdge, type PhysicalNode, type PhysicalPlan, type PlanSettings } from './plan.ts';

export function finishPlan(drafts: readonly Draft[], tables: ReadonlyMap<Draft, TableObject>, settings: PlanSettings): PhysicalPlan {
  const changes = inferChangelog(drafts);
  const nodes: PhysicalNode[] = [], made = new Map<Draft, PhysicalNode>(), dropped = new Map<Draft, PhysicalNode>(), taken = new Set<string>(), scans = new Map<string, ScanFields>();
  const modeOf = (d: Draft, before: boolean): ChangelogMode => ({ insert: true, updateBefore: d.kinds.update && before, updateAfter: d.kinds.update, delete: d.kinds.delete });
  const add = (body: NodeBody, inputs: readonly InputEdge[], d: Draft, changelog: ChangelogMode, label: string): PhysicalNode => {
    const base = { columns: d.columns, changelog, upsertKeys: d.upsert, label };
    const meaning = meaningOf(body, inputs, d, scans);
    const node = { id: freshId(meaning.text, taken), ...body, inputs, ...base } as PhysicalNode;
    if (meaning.scan !== undefined) scans.set(node.id, meaning.scan);
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
/** A node that gives fields of a scan as they are: the scan itself, -U dropped or not, perhaps fields chosen. `fields` by output column. */
interface ScanFields { readonly scan: string; readonly fields: readonly string[] }

function meaningOf(body: NodeBody, inputs: readonly InputEdge[], draft: Draft, scans: ReadonlyMap<string, ScanFields>): { text: string; scan?: ScanFields | undefined } {
  if (body.type === 'source') {
    const { fields, ...rest } = body, text = JSON.stringify({ ...rest, spec: identityOf(body.spec) });
    return { text, scan: { scan: text, fields: fields.map((f) => JSON.stringify(f)) } };
  }
  const [input] = inputs, below = input === undefined ? undefined : scans.get(input.node);
  if (below !== undefined && body.type === 'drop-update-before') return chosen({ scan: `${body.type} ${below.scan}`, fields: below.fields });
  if (below !== undefined && body.type === 'calc') {
    const picked = body.projections.map((p) => (p.op === 'column' ? below.fields[p.index] : undefined));
    if (body.condition === null && picked.every((p) => p !== undefined)) return chosen({ scan: below.scan, fields: picked });
    const byField = (e: Expr): unknown => rewrite(e, (x) => (x.op === 'column' ? { ...x, index: (below.fields[x.index] ?? x.index) as number } : x));
    return { text: JSON.stringify([below.scan, body.condition === null ? null : byField(body.condition), body.projections.map(byField)]) };
  }
  // How to connect and what is remembered do not change what comes out.
  const said = body.type === 'lookup-join' ? { ...body, spec: identityOf(body.spec), cache: null } : body;
  const references = inputs.map((i) => [scans.get(i.node) ?? i.node, i.exchange]);
  return { text: JSON.stringify([said, references, draft.columns.map((c) => c.type)]) };
}
/** What of a source's spec says which rows it gives (SourceDescription.spec). */
function identityOf(spec: Json): Json {
  return spec !== null && typeof spec === 'object' && 'identity' in spec ? spec['identity'] ?? null : spec;
}
const chosen = (scan: ScanFields): { text: string; scan: ScanFields } => ({ text: JSON.stringify(scan), scan });

function freshId(text: string, taken: Set<string>): string {
  // Two sinks may be the same in everything: INSERT the same twice.
  for (let copy = 0; ; copy++) {
    const id = createHash('sha256').update(copy === 0 ? text : `${text}#${copy}`).digest('hex').slice(0, 16);
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}
