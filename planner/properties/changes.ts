/** Which changes a relation's stream carries beside inserts. Source: Flink FlinkChangelogModeInferenceProgram, modify kinds. */
import type { Rel } from '../logical/rel.ts';

export interface Changes { readonly update: boolean; readonly delete: boolean }
const NONE: Changes = { update: false, delete: false };
const cache = new WeakMap<Rel, Changes>();

export function changesOf(rel: Rel): Changes {
  const known = cache.get(rel);
  if (known !== undefined) return known;
  const changes = compute(rel);
  cache.set(rel, changes);
  return changes;
}
export const isAppendOnly = (rel: Rel): boolean => { const c = changesOf(rel); return !c.update && !c.delete; };
const either = (a: Changes, b: Changes): Changes => ({ update: a.update || b.update, delete: a.delete || b.delete });

function compute(rel: Rel): Changes {
  switch (rel.kind) {
    case 'scan': return { update: rel.source.changelogMode.updateAfter || rel.source.changelogMode.updateBefore, delete: rel.source.changelogMode.delete };
    case 'values': return NONE;
    case 'project': return changesOf(rel.input);
    // A row that leaves the filter by an update leaves as a delete.
    case 'filter': { const c = changesOf(rel.input); return { update: c.update, delete: c.delete || c.update }; }
    case 'aggregate': { const c = changesOf(rel.input); return { update: true, delete: c.update || c.delete }; }
    case 'union': return rel.inputs.map(changesOf).reduce(either, NONE);
    case 'setOp': return isAppendOnly(rel.left) && (rel.op === 'intersect' ? isAppendOnly(rel.right) : false) ? NONE : { update: false, delete: true };
    case 'sort': return changesOf(rel.input);
    case 'join': {
      const both = either(changesOf(rel.left), changesOf(rel.right));
      if (rel.type === 'inner') return both;
      if (rel.type === 'semi') return both.update || both.delete ? { update: changesOf(rel.left).update, delete: true } : NONE;
      if (rel.type === 'anti') return { update: changesOf(rel.left).update, delete: true };
      return { update: both.update, delete: true };
    }
  }
}
