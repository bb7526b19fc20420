/** What Linux tells of the threads of a process. */
import { readFileSync, readdirSync } from 'node:fs';

/**
 * Time the living threads of a process stood ready to run and had no processor, added up (proc documentation of the kernel, schedstat,
 * second field): how much of a delay is the machine's. 0 where the kernel does not count it.
 */
export function processorWaitSeconds(pid: number): number {
  let nanos = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    // A thread may end while it is looked at.
    try { nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[1] ?? 0); } catch { continue; }
  }
  return nanos / 1e9;
}
