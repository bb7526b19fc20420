/**
 * `node bench/profile.ts QUERY|MYSQL [options]`: runs one query, or one MySQL case, in a server whose threads are profiled, prints the functions with the most
 * self time per worker thread, and leaves a flame graph of all threads (`flame.html`, for any browser) and the `.cpuprofile` files in
 * bench/results. Profiling costs some speed: shares count, not times. `--cpu-prof` of node covers worker threads; profiles are written
 * at exit. The sources are run, not the bundle, so that places name them.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { acquireKafka } from '../tools/services/kafka.ts';
import { flamePage } from './flame/page.ts';
import { flameTree, selfTimes } from './flame/profile.ts';
import type { Profile } from './flame/profile.ts';
import { benchArguments } from './harness/options.ts';
import { loadQuery } from './harness/queries.ts';
import { placesOf } from './harness/run.ts';
import type { Bench } from './harness/run.ts';
import { BenchServer } from './harness/server.ts';
import type { ServerOptions } from './harness/server.ts';
import { isMySqlCase } from './mysql/names.ts';
import { runMySqlCases } from './mysql/run.ts';
import { ensureTopics } from './load/topics.ts';

const TOP = 40;

async function main(): Promise<void> {
  const { names: [name = 'q2'], bench: args, mysqlRows } = benchArguments(process.argv.slice(2)), folder = join(import.meta.dirname, 'results', `profile-${name}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const kafka = await acquireKafka();
  try {
    const bench = { ...args, bootstrap: kafka.bootstrap }, profiled = { ...bench.server, env: { RIVULET_FROM_SOURCES: '1' }, nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'] };
    if (isMySqlCase(name)) await runMySqlCases([name], { bootstrap: bench.bootstrap, rows: mysqlRows, runs: bench.runs, warmUps: bench.warmUps, server: profiled, opponent: false, print: (text) => process.stdout.write(text), record: () => {}, attempt: async (_, run) => await run() });
    else await profileQuery(bench, name, profiled);
  } finally { await kafka.stop(); }
  show(name, args, folder);
}
async function profileQuery(bench: Bench, name: string, profiled: ServerOptions): Promise<void> {
  const query = loadQuery(name, placesOf(bench, `rivulet-bench.profile.${process.pid}`));
  await ensureTopics(bench.bootstrap, bench.scale, query.reads, (line) => process.stdout.write(`${line}\n`));
  const server = await BenchServer.start(profiled);
  try { for (let run = 0; run < bench.runs; run++) await server.waitFinished(await server.submit(query.sql)); } finally { await server.remove('SIGTERM'); }
}
/** What the profiles in the folder say: the top of each thread, and a flame graph of all. */
function show(name: string, args: Pick<Bench, 'scale' | 'runs'>, folder: string): void {
  const threads = readdirSync(folder).filter((f) => f.endsWith('.cpuprofile')).map((file) => ({ file, profile: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile }));
  for (const { file, profile } of threads) {
    const { total, functions } = selfTimes(profile);
    process.stdout.write(`\n${join(relative(process.cwd(), folder), file)}: ${total.toFixed(0)} ms busy\n${functions.slice(0, TOP).filter(([, ms]) => ms / total > 0.003).map(([f, ms]) => `${(ms / total * 100).toFixed(1).padStart(6)} %  ${ms.toFixed(0).padStart(6)} ms  ${f}`).join('\n')}\n`);
  }
  const page = join(folder, 'flame.html');
  writeFileSync(page, flamePage(`${name}, scale ${args.scale}, ${args.runs} runs`, threads.map(({ file, profile }) => flameTree(profile, threadName(file))).filter((thread) => thread.ms > 0).sort((a, b) => b.ms - a.ms)));
  process.stdout.write(`\nflame graph: ${relative(process.cwd(), page)}\n`);
}
/** From Node's file name, `CPU.<date>.<time>.<pid>.<thread>.<n>.cpuprofile`. */
function threadName(file: string): string {
  const thread = file.split('.')[4] ?? '?';
  return thread === '0' ? 'main thread' : `thread ${thread}`;
}
if (import.meta.main) await main();
