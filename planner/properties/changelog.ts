/**
 * Who sends -U. Two passes over the drafts: needs go from sinks to sources, then what each node gives goes from sources to sinks.
 * Semantics: Flink FlinkChangelogModeInferenceProgram (SatisfyModifyKindSetTraitVisitor, SatisfyUpdateKindTraitVisitor).
 *
 * Case table, "needs -U of its input":
 *   sink, append only            no updates may come at all (checked where the sink is made)
 *   sink, retract                yes
 *   sink, upsert                 only if its key is not an upsert key of the input: then a changed key must delete the old one
 *   sink-materialize             yes
 *   collect, final-sort          yes (rows are compared as a whole)
 *   calc                         as its consumer; always when it filters: it turns the -U of a row that leaves the filter into -D
 *   union                        as its consumer
 *   join                         yes; as its consumer where an upsert key of the input holds the join key
 *   lookup-join                  as its consumer; always when a row may find no partner, or several
 *   group-aggregate, set-op      yes
 *   changelog-normalize          no
 * A consumer that does not need -U may still get it when the node is shared with one that does or filters; all operators bear that. In
 * front of an upsert sink with the same key it is dropped where every -U has its +U. Elsewhere an upsert sink must take -U as a delete: the
 * old key of an update that changed the sink's key, or a joined row whose successor found no partner.
 */
import type { Draft } from '../physical/draft.ts';
import { equalSets, keyHoldsJoinKey } from './keys.ts';

export interface ChangelogPlan {
  /** By draft: somebody needs -U. */
  readonly needed: readonly boolean[];
  /** By draft: its output carries -U. Sources for which only DropUpdateBefore's output is read still say true. */
  readonly before: readonly boolean[];
  /** By draft and input: a DropUpdateBefore stands on the edge. Over sources whose -U the consumer does not need, and before upsert sinks of the same key. */
  dropsBefore(draft: Draft, input: number): boolean;
}

export function inferChangelog(drafts: readonly Draft[]): ChangelogPlan {
  const needed: boolean[] = drafts.map(() => false);
  for (let i = drafts.length - 1; i >= 0; i--) {
    const draft = drafts[i];
    if (draft === undefined) continue;
    draft.inputs.forEach((edge, n) => { if (edge.node.kinds.update && needsBefore(draft, n, needed[draft.index] ?? false)) needed[edge.node.index] = true; });
  }
  const before: boolean[] = [];
  const dropsBefore = (draft: Draft, input: number): boolean => {
    const source = draft.inputs[input]?.node;
    if (source === undefined || !source.kinds.update || before[source.index] !== true) return false;
    return (source.body.type === 'source' || (draft.body.type === 'sink' && isPaired(source))) && !needsBefore(draft, input, needed[draft.index] ?? false);
  };
  for (const draft of drafts) before.push(givesBefore(draft, needed[draft.index] ?? false, (n) => (before[draft.inputs[n]?.node.index ?? -1] ?? false) && !dropsBefore(draft, n)));
  return { needed, before, dropsBefore };
}
/** True when each -U of the stream is followed by a +U of the same upsert key. A join breaks pairs: the new row may find no partner. */
function isPaired(draft: Draft): boolean {
  switch (draft.body.type) {
    case 'source': case 'changelog-normalize': case 'group-aggregate': return true;
    case 'calc': case 'union': return draft.inputs.every((i) => isPaired(i.node));
    case 'lookup-join': return passesPairs(draft.body) && draft.inputs.every((i) => isPaired(i.node));
    default: return false;
  }
}
/** Each row stays one row. */
const passesPairs = (body: { readonly unique: boolean; readonly joinType: 'inner' | 'left' }): boolean => body.unique && body.joinType === 'left';
function needsBefore(draft: Draft, input: number, need: boolean): boolean {
  const { body } = draft, source = draft.inputs[input]?.node;
  if (source === undefined) return false;
  switch (body.type) {
    case 'calc': return need || body.condition !== null;
    case 'union': case 'limit': case 'drop-update-before': return body.type !== 'drop-update-before' && need;
    case 'join': return need || !keyHoldsJoinKey(source.upsert, input === 0 ? body.leftKeys : body.rightKeys);
    case 'lookup-join': return need || !passesPairs(body);
    case 'group-aggregate': case 'set-op': case 'sink-materialize': case 'final-sort': case 'collect': case 'unnest': return true;
    case 'sink': return sinkNeedsBefore(draft, source);
    case 'changelog-normalize': case 'source': case 'values': case 'pipeline-transform': return false;
  }
}
function sinkNeedsBefore(draft: Draft, source: Draft): boolean {
  const key = draft.sinkKey;
  return key === undefined || !source.upsert.some((k) => equalSets(k, key));
}
function givesBefore(draft: Draft, need: boolean, input: (n: number) => boolean): boolean {
  switch (draft.body.type) {
    case 'source': return draft.sourceBefore === true;
    case 'values': case 'drop-update-before': case 'set-op': case 'sink-materialize': case 'final-sort': case 'unnest': return false;
    case 'changelog-normalize': case 'group-aggregate': return need && draft.kinds.update;
    case 'lookup-join': return draft.body.unique && input(0);
    case 'calc': case 'union': case 'limit': case 'join': case 'pipeline-transform': case 'sink': case 'collect': return draft.inputs.some((_, n) => input(n));
  }
}
