/**
 * `npm run test:chaos -- --seed 1 --runs 20`: a Kafka and servers of our own, random jobs, faults; prints a line per seed, for one that failed
 * what differed and how to run it again, and a summary. Exit code 1 when any failed. `--jobs J` runs seeds in J processes side by side.
 */
import { fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalBroker } from '../../services/kafka-broker.ts';
import { planSeed, type PlanLimits } from './plan.ts';
import { runSeed, type SeedResult } from './run.ts';
import { summary } from './summary.ts';
import { openWorld } from './world.ts';

process.env['TZ'] = 'UTC';
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
const print = (line: string): void => { process.stdout.write(`${line}\n`); };
const { values } = parseArgs({ options: {
  seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) }, runs: { type: 'string', default: '1' }, jobs: { type: 'string', default: '1' }, only: { type: 'string', default: '' }, fault: { type: 'string', default: '' },
  faults: { type: 'string' }, feed: { type: 'string', default: '1500' }, keep: { type: 'string', default: join(tmpdir(), 'rivulet-chaos-failed') }, break: { type: 'string' }, verbose: { type: 'boolean', default: false }, plan: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
} });
if (values.help) {
  print(`npm run test:chaos -- [--seed N] [--runs N] [--jobs PROCESSES] [--only PART-OF-A-SCENARIO] [--fault PART-OF-A-FAULT] [--faults N]
  [--feed MS] [--keep FOLDER-FOR-FAILURES] [--break DEFECT] [--plan: only say what the seed would do] [--verbose]`);
  process.exit(0);
}
const limits: PlanLimits = { only: values.only, onlyFaults: values.fault, faults: values.faults === undefined ? undefined : Number(values.faults), feedMs: Number(values.feed) };
const env: Record<string, string> = values.break === undefined ? {} : { RIVULET_TEST_BUILD: '1', RIVULET_TEST_DEFECT: values.break };
const rest = process.argv.slice(2).join(' ').replace(/--(seed|runs|jobs)[ =]\S+/g, '').replace(/ +/g, ' ').trim();

/** Seeds one after the other, as long as there is a next one. */
async function work(next: () => Promise<number | undefined>, done: (result: SeedResult) => void): Promise<void> {
  const broker = await startLocalBroker(), world = await openWorld(broker.bootstrap, broker);
  try {
    for (let seed = await next(); seed !== undefined; seed = await next()) {
      done(await runSeed(world, planSeed(seed, limits), { keep: values.keep, env, log: values.verbose ? print : () => {} }));
    }
  } finally {
    await world.close();
    await broker.stop();
  }
}
const results: SeedResult[] = [];
function report(result: SeedResult): void {
  results.push(result);
  print(`${result.problems.length === 0 ? 'right' : 'WRONG'}  seed ${result.seed}: ${(result.ms / 1000).toFixed(1)} s, ${result.fed} → ${result.written} records; ${result.jobs.join('; ')}; ${[...result.faults, ...result.ends.filter((e) => e.startsWith('point'))].join(', ')}`);
  for (const problem of result.problems) print(`  ${problem.slice(0, 3000)}`);
  if (result.problems.length > 0) print(`  again: npm run test:chaos -- --seed ${result.seed} --runs 1 ${rest}`);
}

if (process.send !== undefined && process.env['RIVULET_CHAOS_WORKER'] === '1') {
  const channel = process.send.bind(process);
  await work(async () => await new Promise<number | undefined>((resolve) => { process.once('message', (seed) => { resolve(typeof seed === 'number' ? seed : undefined); }); channel('next'); }), (result) => { channel(result); });
  process.exit(0);
}
const seeds = Array.from({ length: Number(values.runs) }, (_, i) => Number(values.seed) + i);
if (values.plan) {
  for (const seed of seeds) { const plan = planSeed(seed, limits); print(`seed ${seed}: ${plan.jobs.map((j) => `${j.scenario.name} ×${j.parallelism}, ${j.checkpointMs} ms`).join('; ')}; ${plan.faults.map((f) => `${f.at}/${plan.batches.length} ${f.fault.name}`).join(', ')}; armed ${plan.arms.map((a) => a ?? '-').join(', ')}`); }
  process.exit(0);
}
const started = Date.now(), processes = Math.min(Number(values.jobs), seeds.length);
if (processes <= 1) await work(() => Promise.resolve(seeds.shift()), report);
else await Promise.all(Array.from({ length: processes }, async () => {
  const child = fork(import.meta.filename, process.argv.slice(2), { env: { ...process.env, RIVULET_CHAOS_WORKER: '1' } });
  child.on('message', (message) => { if (message === 'next') child.send(seeds.shift() ?? 'end'); else report(message as SeedResult); });
  await new Promise((resolve) => child.on('exit', resolve));
}));
for (const line of summary(results, Date.now() - started)) print(line);
process.exit(results.length === Number(values.runs) && results.every((r) => r.problems.length === 0) ? 0 : 1);
