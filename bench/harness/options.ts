/** The command line shared by the bench and the profiler. */
import { parseArgs } from 'node:util';
import { BenchFailure } from './server.ts';
import type { Bench } from './run.ts';

export interface BenchArguments { readonly names: readonly string[]; readonly bench: Omit<Bench, 'bootstrap'>; readonly record: boolean }

export const usage = `usage: npm run bench -- [QUERY|PROBE ...] [options]
  QUERY          q0 q1 q2 q0k qa-channel qa-bidder q3 qj (any file of bench/queries)
  PROBE          idle checkpoint restore
  --scale N      1 (default): 1M bids, 400k orders; 5: the full size
  --runs N       runs per query, the median counts; default 3
  --parallelism N  of the server; default: the number of cores
  --set K=V      a job setting, e.g. execution.checkpointing.interval=0
  --no-record    do not append to bench/results
`;

export function benchArguments(argv: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...argv], allowPositionals: true, allowNegative: true,
    options: { scale: { type: 'string', default: '1' }, runs: { type: 'string', default: '3' }, parallelism: { type: 'string' }, set: { type: 'string', multiple: true, default: [] }, record: { type: 'boolean', default: true }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) throw new BenchFailure(usage);
  const number = (name: string, text: string): number => { const n = Number(text); if (!(n > 0)) throw new BenchFailure(`--${name} needs a number above 0, not "${text}"`); return n; };
  const settings = Object.fromEntries(values.set.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  return {
    names: positionals, record: values.record,
    bench: { scale: number('scale', values.scale), runs: number('runs', values.runs), server: { parallelism: values.parallelism === undefined ? undefined : number('parallelism', values.parallelism) }, settings },
  };
}
