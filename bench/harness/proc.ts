/** What Linux tells of a process under /proc: CPU time of all its threads, resident memory now and at its peak. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User and system time of the process with its living and ended threads (proc_pid_stat(5), fields 14 and 15); resolution 10 ms. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1'), fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
/** VmRSS and VmHWM of proc_pid_status(5), in MiB. */
export function memoryMib(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1'), of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? NaN) / 1024;
  return { now: of('VmRSS'), peak: of('VmHWM') };
}
/** Lets the peak begin anew (proc_pid_clear_refs(5), value 5). */
export function resetPeak(pid: number): void { writeFileSync(`/proc/${pid}/clear_refs`, '5'); }

export interface Machine { readonly cpu: string; readonly cores: number; readonly node: string; readonly commit: string; readonly modified: boolean }

/** Where a figure was measured; `modified`: the checkout differed from the commit. */
export function machine(): Machine {
  const git = (...args: string[]): string => { try { return execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'ignore'] }).trim(); } catch { return ''; } };
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), node: process.version, commit: git('rev-parse', '--short', 'HEAD'),
    modified: git('status', '--porcelain', '--untracked-files=no', '--', ':/core', ':/catalog', ':/planner', ':/runtime', ':/server') !== '',
  };
}
