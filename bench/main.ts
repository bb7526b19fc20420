/**
 * `npm run bench`: Rivulet and Apache Flink side by side. Fills topics of a real Kafka once (bench/load); for each query starts the real
 * server and a Flink cluster, compares what both make of a small topic, then runs the query on both in turn; prints a table and
 * appends JSON lines to bench/results. Then the probes, of Rivulet alone, and, when they are named, the MySQL cases, beside Debezium
 * (bench/mysql). See docs/performance.md.
 * Trust records per CPU second; records/s and times depend on who else uses the machine, and Kafka itself is not counted.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, isFresh } from '../tools/build/main.ts';
import { whyNoFlink } from '../tools/services/flink.ts';
import { acquireKafka } from '../tools/services/kafka.ts';
import { ServiceUnavailable } from '../tools/services/support.ts';
import type { QueryFigures } from './harness/figures.ts';
import { benchArguments } from './harness/options.ts';
import type { BenchArguments } from './harness/options.ts';
import { probes } from './probes/registry.ts';
import { machine } from './harness/proc.ts';
import { loadQuery, queries } from './harness/queries.ts';
import { queryTable, record, table } from './harness/report.ts';
import { CHECK_SCALE, placesOf, runQuery } from './harness/run.ts';
import type { Bench } from './harness/run.ts';
import { BenchFailure } from './harness/server.ts';
import { isMySqlCase } from './mysql/names.ts';
import { runMySqlCases } from './mysql/run.ts';
import { ensureTopics } from './load/topics.ts';
import type { TopicKind } from './load/topics.ts';

const print = (text: string): void => { process.stdout.write(text); };

async function main(args: BenchArguments): Promise<void> {
  const names = args.names.length > 0 ? args.names : [...queries, ...probes].map((one) => one.name);
  const isProbe = (name: string): boolean => probes.some((p) => p.name === name), isQuery = (name: string): boolean => !isProbe(name) && !isMySqlCase(name), ofMySql = names.filter(isMySqlCase);
  for (const name of names) if (isQuery(name) && !existsSync(join(import.meta.dirname, 'queries', `${name}.sql`))) throw new BenchFailure(`no query, probe or MySQL case is called "${name}"`);
  // The server as its users start it.
  if (!isFresh()) await build();
  const noFlink = args.bench.flink && names.some(isQuery) ? await whyNoFlink() : undefined, flink = args.bench.flink && noFlink === undefined;
  const kafka = await acquireKafka({ fast: true });
  try {
    const bench: Bench = { ...args.bench, flink, bootstrap: kafka.bootstrap }, on = machine();
    print(`${on.cores} cores of ${on.cpu}, node ${on.node}, commit ${on.commit}${on.modified ? ' with changes' : ''}; Kafka at ${kafka.bootstrap} (${kafka.how}); scale ${bench.scale}\n`);
    if (noFlink !== undefined) print(`Rivulet alone, without Flink: ${noFlink}\n`);
    const reads = new Set<TopicKind>(names.filter((name) => !isMySqlCase(name)).flatMap((name) => probes.find((p) => p.name === name)?.reads ?? loadQuery(name, placesOf(bench, '')).reads));
    const counts = await ensureTopics(bench.bootstrap, bench.scale, [...reads], (line) => print(`${line}\n`));
    const timed = names.filter(isQuery), all: QueryFigures[] = [];
    if (flink) await ensureTopics(bench.bootstrap, CHECK_SCALE, [...new Set(timed.flatMap((name) => loadQuery(name, placesOf(bench, '')).reads))], () => {});
    for (const name of timed) {
      const figures = await attempt(name, () => runQuery(bench, name, counts, (line) => print(`${line}\n`)));
      if (figures === undefined) continue;
      all.push(figures);
      if (args.record) record({ scale: bench.scale, settings: bench.settings, ...bench.server, ...figures }, on);
    }
    if (all.length > 0) print(`\n${queryTable(all)}`);
    for (const probe of probes.filter((p) => names.includes(p.name))) {
      const figures = await attempt(probe.name, () => probe.run(bench));
      if (figures === undefined) continue;
      print(`\n${probe.title}\n${table(Object.entries(figures).map(([name, value]) => [`  ${name}`, value.toLocaleString('en')]))}`);
      if (args.record) record({ scale: bench.scale, settings: bench.settings, ...bench.server, probe: probe.name, figures }, on);
    }
    if (ofMySql.length > 0) {
      await attempt('MySQL', () => runMySqlCases(ofMySql, {
        bootstrap: bench.bootstrap, rows: args.mysqlRows, runs: bench.runs, warmUps: bench.warmUps, server: bench.server, opponent: args.bench.flink, print, attempt,
        record: (line) => { if (args.record) record({ settings: bench.settings, ...bench.server, ...line }, on); },
      }));
    }
  } finally { await kafka.stop(); }
}
/** One that fails does not keep the others from running; the exit code tells. */
async function attempt<T>(name: string, run: () => Promise<T>): Promise<T | undefined> {
  try { return await run(); } catch (error) {
    if (!(error instanceof BenchFailure || error instanceof ServiceUnavailable)) throw error;
    process.stderr.write(`${name} failed: ${error.message}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

// Ended early, the servers end too: they listen to `exit`.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => { process.exit(130); });
try { await main(benchArguments(process.argv.slice(2))); } catch (error) {
  if (!(error instanceof BenchFailure || error instanceof ServiceUnavailable)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
