/**
 * How the cost of a record grows: with 1, 4 and 16 times the data, with 1, 8 and 64 partitions, with 1, 10 and 100 columns read, with
 * 1, 10 and 50 jobs over the same topic. CPU µs of the server for each record read, medians after a run that compiles; flat is good, a
 * figure that grows with its step is a cost that is not linear. Keys and state grow with the data (ten times the bids, ten times the
 * bidders), and tables beyond the processor's caches cost more for each look-up.
 */
import { fill, loadQuery, sources } from '../harness/queries.ts';
import { placesOf } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer } from '../harness/server.ts';
import { RecordWriter, sizesOf } from '../load/records.ts';
import { ensureTopics, topicPrefix } from '../load/topics.ts';
import { ORDERS, round } from './probe.ts';
import type { Figures, Probe } from './probe.ts';
import { costOf, medianCost, ScratchTopics } from './scratch.ts';

/** Of `bench.scale`: 100k, 400k and 1.6M bids at scale 1. */
const DATA = [{ name: '1x', share: 0.1 }, { name: '4x', share: 0.4 }, { name: '16x', share: 1.6 }] as const;
const PARTITIONS = [1, 8, 64], COLUMNS = [1, 10, 100], JOBS = [1, 10, 50];
const BIDS = 300_000;
/** Enough that the generated code of the widest table is optimised early in a run: each job compiles its own. */
const WIDE = 100_000;
const micros = (cpuSeconds: number, records: number): number => round(cpuSeconds * 1e6 / records, 2);

async function measure(bench: Bench): Promise<Figures> {
  const topics = new ScratchTopics(bench.bootstrap), prefix = `rivulet-bench.growth.${process.pid}`;
  try {
    return { ...await withServer(bench, data), ...await withServer(bench, (server) => partitions(server, bench, topics, prefix)), ...await withServer(bench, (server) => columns(server, bench, topics, prefix)), ...await withServer(bench, jobs) };
  } finally { await topics.remove(); }
}
async function withServer(bench: Bench, run: (server: BenchServer, bench: Bench) => Promise<Figures>): Promise<Figures> {
  const server = await BenchServer.start(bench.server);
  try { return await run(server, bench); } finally { await server.remove(); }
}
const scaled = (bench: Bench, share: number): Bench => ({ ...bench, scale: round(bench.scale * share, 3) });

async function data(server: BenchServer, bench: Bench): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const { name, share } of DATA) {
    const sized = scaled(bench, share), counts = await ensureTopics(bench.bootstrap, sized.scale, ['bid', ...ORDERS], () => {});
    for (const query of ['q0', 'qa-bidder', 'qj']) {
      const { sql, reads } = loadQuery(query, placesOf(sized, '')), records = reads.reduce((n, kind) => n + (counts.get(kind) ?? 0), 0);
      figures[`${query}, data ${name}, µs`] = micros((await medianCost(server, bench.runs, sql)).cpuSeconds, records);
    }
  }
  return Object.fromEntries(Object.entries(figures).sort(([a], [b]) => a.split(',')[0]!.localeCompare(b.split(',')[0]!)));
}
async function partitions(server: BenchServer, bench: Bench, topics: ScratchTopics, prefix: string): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const count of PARTITIONS) {
    const places = { ...placesOf(bench, ''), prefix: `${prefix}.p${count}.` }, records = new RecordWriter(sizesOf(1));
    // The record writer has a text of its own, which is copied; made ready outside what is measured.
    await topics.fill(`${places.prefix}bid`, count, BIDS, (out, i) => { const start = records.out.begin(); records.bid(i); out.at += records.out.bytes.copy(out.bytes, out.at, start, records.out.at); });
    figures[`q0, ${count} partitions, µs`] = micros((await medianCost(server, bench.runs, loadQuery('q0', places).sql)).cpuSeconds, BIDS);
  }
  return figures;
}
async function columns(server: BenchServer, bench: Bench, topics: ScratchTopics, prefix: string): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const width of COLUMNS) {
    const topic = `${prefix}.c${width}`, names = Array.from({ length: width }, (_, c) => `c${c}`), schema = names.map((name) => `${name} BIGINT`).join(', ');
    await topics.fill(topic, 4, WIDE, (out, i) => {
      for (let c = 0; c < width; c++) { out.text(c === 0 ? '{"c' : ',"c'); out.int(c); out.text('":'); out.int((i * 7 + c) % 10_000); }
      out.text('}');
    });
    const sql = `CREATE TEMPORARY TABLE wide (${schema}) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '${bench.bootstrap}', 'topic' = '${topic}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json');
CREATE TEMPORARY TABLE sink (${schema}) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT ${names.join(', ')} FROM wide;`;
    const { cpuSeconds } = await medianCost(server, bench.runs, sql);
    figures[`${width} columns, µs`] = micros(cpuSeconds, WIDE);
    figures[`${width} columns, µs for each column`] = micros(cpuSeconds, WIDE * width);
  }
  return figures;
}
async function jobs(server: BenchServer, bench: Bench): Promise<Figures> {
  const sized = scaled(bench, DATA[0].share), counts = await ensureTopics(bench.bootstrap, sized.scale, ['bid'], () => {}), records = counts.get('bid') ?? 0, figures: Record<string, number> = {};
  const sql = (i: number): string => fill(`${sources(['bid'])}CREATE TEMPORARY TABLE sink (auction BIGINT, price BIGINT, extra STRING) WITH ('connector' = 'blackhole');\nINSERT INTO sink SELECT auction, price, extra FROM bid WHERE price > ${i};`, placesOf(sized, ''));
  await costOf(server, sql(0));
  for (const count of JOBS) {
    const { cpuSeconds } = await costOf(server, ...Array.from({ length: count }, (_, i) => sql(i)));
    figures[`${count} jobs, µs (with submission)`] = micros(cpuSeconds, records * count);
  }
  return figures;
}

export const growth: Probe = { name: 'growth', title: 'Cost of a record, CPU µs, as things grow', reads: [], run: measure };
