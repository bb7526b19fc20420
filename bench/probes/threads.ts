/** What Linux tells of the threads of a process. */
import { readFileSync, readdirSync } from 'node:fs';

const NANOS = 1e9;

/** Time a thread ran and time it stood ready and had no processor (schedstat in the kernel's documentation of /proc); 0 where not counted. */
function schedule(pid: number, thread: number | string): { busySeconds: number; waitSeconds: number } {
  const [ran = NaN, waited = NaN] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ').map(Number);
  return { busySeconds: ran / NANOS, waitSeconds: waited / NANOS };
}
/** Of the thread that Node calls the main one. */
export function mainThread(pid: number): { busySeconds: number; waitSeconds: number } { return schedule(pid, pid); }
/** The waiting of all living threads added up: how much of a delay is the machine's. */
export function processorWaitSeconds(pid: number): number {
  let seconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    // A thread may end while it is looked at.
    try { seconds += schedule(pid, thread).waitSeconds; } catch { continue; }
  }
  return seconds;
}
