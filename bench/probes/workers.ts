/**
 * What a second worker thread brings: the same queries over the same data with parallelism 1 and 2 in turn, in one server with two
 * workers. Ratio of the times (1 / 2) and of the CPU (2 / 1; what the exchange and shared caches cost). Bar: time ≥ 1.5 wherever the
 * broker leaves room; it and the bench share the cores, so q0, which reads fastest, gains least.
 */
import { loadQuery } from '../harness/queries.ts';
import { median, placesOf } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer } from '../harness/server.ts';
import { ORDERS, round } from './probe.ts';
import type { Figures, Probe } from './probe.ts';
import { costOf } from './scratch.ts';
import type { Cost } from './scratch.ts';

const QUERIES = ['q0', 'qa-bidder', 'qj'];

async function measure(bench: Bench): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const query of QUERIES) {
    const server = await BenchServer.start({ ...bench.server, parallelism: 2 }), costs: readonly [Cost[], Cost[]] = [[], []];
    try {
      // One turn for the compiler, which is not counted.
      for (let run = -1; run < bench.runs; run++) for (const at of [0, 1] as const) {
        const { sql } = loadQuery(query, { ...placesOf(bench, ''), settings: { ...bench.settings, 'parallelism.default': String(at + 1) } }), cost = await costOf(server, sql);
        if (run >= 0) costs[at].push(cost);
      }
    } finally { await server.remove(); }
    const [one, two] = costs, of = (all: readonly Cost[], what: keyof Cost): number => median(all.map((cost) => cost[what]));
    figures[`${query}, 1 worker, s`] = round(of(one, 'seconds'), 2);
    figures[`${query}, 2 workers, s`] = round(of(two, 'seconds'), 2);
    figures[`${query}, times as fast with 2`] = round(median(one.map((cost, i) => cost.seconds / (two[i]?.seconds ?? NaN))), 2);
    figures[`${query}, 1 worker, CPU s`] = round(of(one, 'cpuSeconds'), 2);
    figures[`${query}, CPU with 2 to that with 1`] = round(median(one.map((cost, i) => (two[i]?.cpuSeconds ?? NaN) / cost.cpuSeconds)), 2);
  }
  return figures;
}
export const workers: Probe = { name: 'workers', title: 'Two worker threads against one', reads: [...ORDERS, 'bid'], run: measure };
