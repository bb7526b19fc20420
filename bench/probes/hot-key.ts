/**
 * A hot key: GROUP BY with nine records in ten under one key, against the same query with keys drawn evenly. One worker then gets nine
 * rows in ten over the exchange; its cache has the group at hand, so a record costs less, but the time is that of one worker. And what
 * another job sees of it: a filter over the same records beside each of the two.
 */
import { median } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer } from '../harness/server.ts';
import { Draws } from '../load/draws.ts';
import { round } from './probe.ts';
import type { Figures, Probe } from './probe.ts';
import { costOf, medianCost, ScratchTopics } from './scratch.ts';

const RECORDS = 1_000_000, KEYS = 10_000;

async function measure(bench: Bench): Promise<Figures> {
  const topics = new ScratchTopics(bench.bootstrap), prefix = `rivulet-bench.hot-key.${process.pid}`, records = Math.round(RECORDS * bench.scale), draws = new Draws(), figures: Record<string, number> = {};
  const server = await BenchServer.start(bench.server);
  try {
    for (const kind of ['even', 'hot'] as const) {
      await topics.fill(`${prefix}.${kind}`, 4, records, (out, i) => {
        draws.seed(7, i);
        const key = kind === 'hot' && draws.upto(10) > 0 ? 0 : draws.upto(KEYS);
        out.text('{"k":'); out.int(key); out.text(',"v":'); out.int(draws.upto(1_000_000)); out.text('}');
      });
    }
    const source = (kind: string): string => `CREATE TEMPORARY TABLE t (k BIGINT, v BIGINT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '${bench.bootstrap}', 'topic' = '${prefix}.${kind}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json');\n`;
    const grouped = (kind: string): string => `${source(kind)}CREATE TEMPORARY TABLE sink (k BIGINT, n BIGINT, total BIGINT) WITH ('connector' = 'blackhole');\nINSERT INTO sink SELECT k, COUNT(*), SUM(v) FROM t GROUP BY k;`;
    const filtered = `${source('even')}CREATE TEMPORARY TABLE sink (k BIGINT, v BIGINT) WITH ('connector' = 'blackhole');\nINSERT INTO sink SELECT k, v FROM t WHERE v < 1000;`;
    const alone = await medianCost(server, bench.runs, filtered);
    figures['a filter alone, s'] = round(alone.seconds, 2);
    for (const kind of ['even', 'hot'] as const) {
      const cost = await medianCost(server, bench.runs, grouped(kind)), beside: number[] = [];
      for (let run = 0; run < bench.runs; run++) {
        const running = await server.submit(grouped(kind));
        beside.push((await costOf(server, filtered)).seconds);
        await server.waitFinished(running);
      }
      figures[`${kind} keys, s`] = round(cost.seconds, 2);
      figures[`${kind} keys, CPU µs for each record`] = round(cost.cpuSeconds * 1e6 / records, 2);
      figures[`a filter beside ${kind} keys, s`] = round(median(beside), 2);
    }
    return figures;
  } finally {
    await server.remove();
    await topics.remove();
  }
}
export const hotKey: Probe = { name: 'hot-key', title: 'Nine records in ten under one key', reads: [], run: measure };
