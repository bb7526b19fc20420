/**
 * `npm run bench`: Rivulet's own figures. Fills topics of a real Kafka once (bench/load), starts the real server, submits each query
 * over HTTP, waits for the bounded job to end; prints a table and appends JSON lines to bench/results. See docs/performance.md.
 * Trust records per CPU second; records/s and times depend on who else uses the machine, and Kafka itself is not counted.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, isFresh } from '../tools/build/main.ts';
import { acquireKafka } from '../tools/services/kafka.ts';
import { ServiceUnavailable } from '../tools/services/support.ts';
import { benchArguments } from './harness/options.ts';
import type { BenchArguments } from './harness/options.ts';
import { probes } from './harness/probes.ts';
import { machine } from './harness/proc.ts';
import { loadQuery, queries } from './harness/queries.ts';
import { queryHead, queryRow, record, table } from './harness/report.ts';
import { placesOf, runQuery } from './harness/run.ts';
import type { Bench } from './harness/run.ts';
import { BenchFailure } from './harness/server.ts';
import { ensureTopics } from './load/topics.ts';
import type { TopicKind } from './load/topics.ts';

const print = (text: string): void => { process.stdout.write(text); };

async function main(args: BenchArguments): Promise<void> {
  const names = args.names.length > 0 ? args.names : [...queries, ...probes].map((one) => one.name);
  for (const name of names) if (!probes.some((p) => p.name === name) && !existsSync(join(import.meta.dirname, 'queries', `${name}.sql`))) throw new BenchFailure(`no query or probe is called "${name}"`);
  // The server as its users start it.
  if (!isFresh()) await build();
  const kafka = await acquireKafka();
  try {
    const bench: Bench = { ...args.bench, bootstrap: kafka.bootstrap }, on = machine();
    print(`${on.cores} cores of ${on.cpu}, node ${on.node}, commit ${on.commit}${on.modified ? ' with changes' : ''}; Kafka at ${kafka.bootstrap} (${kafka.how}); scale ${bench.scale}\n`);
    const isProbe = (name: string): boolean => probes.some((p) => p.name === name);
    const reads = new Set<TopicKind>(names.flatMap((name) => isProbe(name) ? [...loadQuery('qj', placesOf(bench, '')).reads, 'bid'] : loadQuery(name, placesOf(bench, '')).reads));
    const counts = await ensureTopics(bench.bootstrap, bench.scale, [...reads], (line) => print(`${line}\n`));
    const rows: string[][] = [queryHead];
    for (const name of names.filter((n) => !isProbe(n))) {
      const figures = await attempt(name, () => runQuery(bench, name, counts));
      if (figures === undefined) continue;
      rows.push(queryRow(figures));
      print(`${name}: ${figures.runs.map((r) => `${r.seconds.toFixed(2)} s, ${r.cpuSeconds.toFixed(2)} CPU s`).join(' | ')}\n`);
      if (args.record) record({ scale: bench.scale, settings: bench.settings, ...bench.server, ...figures }, on);
    }
    if (rows.length > 1) print(`\n${table(rows)}`);
    for (const probe of probes.filter((p) => names.includes(p.name))) {
      const figures = await attempt(probe.name, () => probe.run(bench));
      if (figures === undefined) continue;
      print(`\n${probe.title}\n${table(Object.entries(figures).map(([name, value]) => [`  ${name}`, value.toLocaleString('en')]))}`);
      if (args.record) record({ scale: bench.scale, settings: bench.settings, ...bench.server, probe: probe.name, figures }, on);
    }
  } finally { await kafka.stop(); }
}
/** One that fails does not keep the others from running; the exit code tells. */
async function attempt<T>(name: string, run: () => Promise<T>): Promise<T | undefined> {
  try { return await run(); } catch (error) {
    if (!(error instanceof BenchFailure)) throw error;
    process.stderr.write(`${name} failed: ${error.message}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

try { await main(benchArguments(process.argv.slice(2))); } catch (error) {
  if (!(error instanceof BenchFailure || error instanceof ServiceUnavailable)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
