/** CPU profiles as V8 writes them (`.cpuprofile`): names of frames, self times, and the tree of calls with what was called together. */
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly scriptId?: string; readonly url: string; readonly lineNumber: number };
  /** Ids of the nodes called from here. */
  readonly children?: readonly number[];
}
/** `timeDeltas[i]`: µs before sample `i`, in which node `samples[i]` ran. */
export interface Profile { readonly nodes: readonly ProfileNode[]; readonly samples: readonly number[]; readonly timeDeltas: readonly number[] }

/** `name place:line`; generated code has no address, code of the engine no place. */
export function frameName({ callFrame: { functionName, url, lineNumber, scriptId = '0' } }: ProfileNode): string {
  const place = url.startsWith('file://') ? relative(ROOT, url.slice(7)) : url === '' && Number(scriptId) > 0 ? `generated #${scriptId}` : url;
  return `${functionName || '(anonymous)'}${place === '' ? '' : ` ${place}:${lineNumber + 1}`}`;
}
/** ms by node id. */
function selfById(profile: Profile): Map<number, number> {
  const times = new Map<number, number>();
  profile.samples.forEach((id, i) => { times.set(id, (times.get(id) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000); });
  return times;
}
/** Self time per function, ms, greatest first; idle time left out. */
export function selfTimes(profile: Profile): { total: number; functions: readonly (readonly [string, number])[] } {
  const self = selfById(profile), times = new Map<string, number>();
  for (const node of profile.nodes) { const ms = self.get(node.id), name = frameName(node); if (ms !== undefined) times.set(name, (times.get(name) ?? 0) + ms); }
  for (const idle of ['(idle)', '(root)']) times.delete(idle);
  const functions = [...times].sort((a, b) => b[1] - a[1]);
  return { total: functions.reduce((n, [, ms]) => n + ms, 0), functions };
}

/** A function called along one path: `ms` with all it called. Children by time, greatest first. */
export interface Frame { readonly name: string; readonly ms: number; readonly children: readonly Frame[] }

/** Calls of equal name under the same parent are one frame; idle time is left out. The root's time is the busy time of the thread. */
export function flameTree(profile: Profile, title: string): Frame {
  const self = selfById(profile), byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const called = new Set(profile.nodes.flatMap((node) => node.children ?? []));
  const framesOf = (nodes: readonly ProfileNode[]): Frame[] => {
    const groups = new Map<string, ProfileNode[]>();
    for (const node of nodes) { const name = frameName(node), group = groups.get(name); if (group === undefined) groups.set(name, [node]); else group.push(node); }
    groups.delete('(idle)');
    return [...groups].map(([name, group]): Frame => {
      const children = framesOf(group.flatMap((node) => (node.children ?? []).flatMap((id) => byId.get(id) ?? [])));
      return { name, ms: group.reduce((n, node) => n + (self.get(node.id) ?? 0), 0) + children.reduce((n, child) => n + child.ms, 0), children };
    }).filter((frame) => frame.ms > 0).sort((a, b) => b.ms - a.ms);
  };
  const tops = framesOf(profile.nodes.filter((node) => !called.has(node.id))).flatMap((frame) => (frame.name === '(root)' ? frame.children : [frame]));
  return { name: title, ms: tops.reduce((n, frame) => n + frame.ms, 0), children: tops };
}
