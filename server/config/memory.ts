/**
 * What the process may take, and how it is divided. The machine's memory is the cgroup's limit where there is one (v2, v1), else the
 * physical one; the process takes four fifths of it unless told otherwise.
 *
 *   limit = threads and buffers (BASE + PER_WORKER for each worker) + state + as much again as state
 *
 * State may be needed twice: a checkpoint copies what changed, a restore reads blocks and fills tables from them. Heaps of workers are capped
 * apart, far above what they need: the cap is for a job that keeps more objects than the machine can hold.
 */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

const MIB = 1024 * 1024;
const BASE = 160 * MIB, PER_WORKER = 48 * MIB, LEAST_STATE = 16 * MIB;
const LEAST_HEAP = 192 * MIB, MOST_HEAP = 2048 * MIB;
const SHARE = 0.8;

/** Bytes this process can have at most: of the cgroup or of the machine. `read` gives a file's text or throws. */
export function availableMemory(read: (path: string) => string = (path) => readFileSync(path, 'utf8'), physical: number = totalmem()): number {
  let least = physical;
  for (const path of cgroupFiles(read)) {
    try {
      const text = read(path).trim();
      if (/^\d+$/.test(text) && Number(text) > 0) least = Math.min(least, Number(text));
    } catch { /* no such hierarchy */ }
  }
  return least;
}
/** Limits of the own group and of those above it: the tightest counts. */
function cgroupFiles(read: (path: string) => string): string[] {
  const files: string[] = [];
  let own = '';
  try { own = read('/proc/self/cgroup'); } catch { return files; }
  for (const line of own.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined || (controllers !== '' && !controllers?.split(',').includes('memory'))) continue;
    const [folder, name] = controllers === '' ? ['/sys/fs/cgroup', 'memory.max'] : ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'];
    const parts = path.split('/').filter((part) => part !== '' && part !== '..');
    // In a container the path may be that of the host; the group's own files then stand at the top.
    for (let depth = parts.length; depth >= 0; depth--) files.push([folder, ...parts.slice(0, depth), name].join('/'));
  }
  return files;
}
export const defaultMemoryLimit = (): number => Math.floor(availableMemory() * SHARE / MIB) * MIB;

/** Bytes. */
export function memoryShares(limitBytes: number, workers: number): { readonly stateBytes: number; readonly heapBytes: number } {
  return {
    stateBytes: Math.max(LEAST_STATE, Math.floor((limitBytes - BASE - PER_WORKER * workers) / 2)),
    heapBytes: Math.min(MOST_HEAP, Math.max(LEAST_HEAP, Math.floor(limitBytes / (4 * workers)))),
  };
}
