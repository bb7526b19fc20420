/** What a run of many seeds came to, in a few lines. */
import type { SeedResult } from './run.ts';

function counts(list: readonly string[]): string {
  const of = new Map<string, number>();
  for (const one of list) of.set(one, (of.get(one) ?? 0) + 1);
  return [...of].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`).join(', ');
}
/** Nearest rank; NaN of nothing. */
export function percentile(sorted: readonly number[], share: number): number { return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN; }

export function summary(results: readonly SeedResult[], ms: number): string[] {
  const wrong = results.filter((r) => r.problems.length > 0), recoveries = results.flatMap((r) => r.recoveries.filter((one) => !one.cause.includes('broker')).map((one) => one.ms)).sort((a, b) => a - b);
  const sum = (of: (r: SeedResult) => number): number => results.reduce((total, r) => total + of(r), 0), ends = results.flatMap((r) => r.ends);
  return [
    `${results.length} seeds in ${Math.round(ms / 1000)} s, ${sum((r) => r.jobs.length)} jobs, ${sum((r) => r.fed)} records in, ${sum((r) => r.written)} out`,
    `faults: ${counts(results.flatMap((r) => r.faults))}`,
    `ends of the server: ${ends.length}: ${counts(ends)}`,
    recoveries.length === 0 ? 'no recovery ended' : `recovery until all jobs run: ${recoveries.length}, p50 ${Math.round(percentile(recoveries, 0.5))} ms, p99 ${Math.round(percentile(recoveries, 0.99))} ms, longest ${Math.round(recoveries.at(-1) ?? Number.NaN)} ms`,
    wrong.length === 0 ? `all ${results.length} seeds right` : `${wrong.length} of ${results.length} seeds WRONG: ${wrong.map((r) => r.seed).join(', ')}`,
  ];
}
