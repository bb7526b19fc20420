/**
 * What is not throughput: time to start, to the first row, memory at rest and with idle jobs, what checkpoints cost, how long a job
 * with state needs to be back after kill -9. Each gives named figures for the table and the results file.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds, memoryMib } from './proc.ts';
import { fill, loadQuery, sources } from './queries.ts';
import { median, placesOf } from './run.ts';
import type { Bench } from './run.ts';
import { BenchServer, until } from './server.ts';

export type Figures = Readonly<Record<string, number>>;
const round = (n: number, digits = 0): number => Number(n.toFixed(digits));
const IDLE_JOBS = 50, SETTLE_MS = 2_000;
const settle = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, SETTLE_MS); });

/** Start to ready without kept code and with it (median of 5), first row of a SELECT over Kafka (cold and repeated), resident memory idle and with 50 idle jobs. */
export async function startAndIdle(bench: Bench): Promise<Figures> {
  const starts: number[] = [], codeFolder = await mkdtemp(join(tmpdir(), 'rivulet-bench-code-')), options = { ...bench.server, env: { NODE_COMPILE_CACHE: codeFolder } };
  for (let i = 0; i < 6; i++) {
    const server = await BenchServer.start(options);
    await until('the server to be ready', () => server.isReady());
    starts.push(server.startMs);
    // Ended in order, a process leaves its compiled code behind (bin/rivulet.js).
    await server.remove('SIGTERM');
  }
  await rm(codeFolder, { recursive: true, force: true });
  const server = await BenchServer.start(bench.server);
  try {
    await settle();
    const idleMib = memoryMib(server.pid).now, select = fill(`${sources(['bid'])}SELECT auction, price FROM bid LIMIT 1;`, placesOf(bench, '')), rows: number[] = [];
    for (let i = 0; i < 6; i++) { const from = performance.now(); await server.sql(select); rows.push(performance.now() - from); }
    const ddl = fill(sources(['bid']), { ...placesOf(bench, ''), bounded: false }).replaceAll('earliest-offset', 'latest-offset'), from = cpuSeconds(server.pid);
    for (let i = 0; i < IDLE_JOBS; i++) await server.sql(`${ddl}CREATE TEMPORARY TABLE sink (auction BIGINT, price BIGINT) WITH ('connector' = 'blackhole');\nINSERT INTO sink SELECT auction, price FROM bid WHERE price > ${i};`);
    await until('the idle jobs to run', async () => [...(await server.statuses()).values()].filter((s) => s === 'RUNNING').length === IDLE_JOBS);
    const submitCpu = cpuSeconds(server.pid) - from;
    await settle();
    const before = cpuSeconds(server.pid);
    await settle();
    const idleCpu = (cpuSeconds(server.pid) - before) / (SETTLE_MS / 1000), { now } = memoryMib(server.pid);
    return {
      'first start to ready, ms': round(starts[0] ?? NaN), 'later start to ready, ms': round(median(starts.slice(1))), 'first row of a SELECT after start, ms': round(rows[0] ?? NaN), 'first row of a SELECT later, ms': round(median(rows.slice(1))),
      'idle, MiB': round(idleMib), [`${IDLE_JOBS} idle jobs, MiB`]: round(now), [`${IDLE_JOBS} idle jobs, CPU of a core, %`]: round(idleCpu * 100, 1), 'submit a job, CPU ms': round(submitCpu / IDLE_JOBS * 1000),
    };
  } finally { await server.remove(); }
}

/** qj without checkpoints and with one every second: CPU, time, the checkpoints' own durations. */
export async function checkpointCost(bench: Bench): Promise<Figures> {
  const run = async (interval: string): Promise<{ cpu: number; seconds: number; durations: number[]; bytes: number }> => {
    const server = await BenchServer.start(bench.server);
    try {
      const { sql } = loadQuery('qj', { ...placesOf(bench, ''), settings: { ...bench.settings, 'execution.checkpointing.interval': interval } });
      const cpu = cpuSeconds(server.pid), id = await server.submit(sql);
      await server.waitFinished(id);
      const used = cpuSeconds(server.pid) - cpu, job = await server.job(id), done = job.checkpoints.filter((c) => c.status === 'completed');
      return { cpu: used, seconds: ((job.endTimeMs ?? NaN) - job.startTimeMs) / 1000, durations: done.map((c) => c.durationMs ?? NaN), bytes: done.reduce((n, c) => n + (c.sizeBytes ?? 0), 0) };
    } finally { await server.remove(); }
  };
  const without = await run('0 s'), with1 = await run('1 s');
  return {
    'qj without checkpoints, CPU s': round(without.cpu, 2), 'qj with a checkpoint every second, CPU s': round(with1.cpu, 2), 'checkpoints': with1.durations.length,
    'checkpoint, median ms': round(median(with1.durations)), 'checkpoint, longest ms': round(Math.max(0, ...with1.durations)), 'checkpoints wrote, MiB': round(with1.bytes / 1048576),
    'qj without checkpoints, s': round(without.seconds, 2), 'qj with a checkpoint every second, s': round(with1.seconds, 2),
  };
}

/** qj runs on after it has read everything; kill -9 after a checkpoint of its whole state; start again over the same folder. */
export async function restoreAfterKill(bench: Bench): Promise<Figures> {
  const server = await BenchServer.start(bench.server);
  try {
    const places = placesOf(bench, ''), query = loadQuery('qj', { ...places, bounded: false, settings: { ...bench.settings, 'execution.checkpointing.interval': '2 s' } }), id = await server.submit(query.sql);
    await until('qj to have read everything and saved it', async () => {
      const { checkpoints, nodes } = await server.job(id), [last, previous] = checkpoints.filter((c) => c.status === 'completed');
      return last !== undefined && previous !== undefined && last.totalBytes === previous.totalBytes && nodes.some((n) => n.stateEntries > 0);
    }, 300_000);
    const before = await server.job(id), entries = before.nodes.reduce((n, node) => n + node.stateEntries, 0), stateBytes = before.checkpoints.find((c) => c.status === 'completed')?.totalBytes ?? 0, { now } = memoryMib(server.pid);
    await server.end('SIGKILL');
    const from = performance.now();
    await server.launch();
    const ready = performance.now() - from;
    await until('the job to run again', async () => (await server.statuses()).get(id) === 'RUNNING');
    const running = performance.now() - from, cpu = cpuSeconds(server.pid), after = await server.job(id);
    return {
      'state entries': entries, 'state in the checkpoint, MiB': round(stateBytes / 1048576), 'memory with the state, MiB': round(now), 'restart to ready, ms': round(ready), 'restart to running with its state, ms': round(running),
      'restart, CPU s': round(cpu, 2), 'entries restored': after.nodes.reduce((n, node) => n + node.stateEntries, 0),
    };
  } finally { await server.remove(); }
}

export const probes: readonly { readonly name: string; readonly title: string; readonly run: (bench: Bench) => Promise<Figures> }[] = [
  { name: 'idle', title: 'Start, first row, memory at rest', run: startAndIdle },
  { name: 'checkpoint', title: 'Cost of checkpoints', run: checkpointCost },
  { name: 'restore', title: 'Back after kill -9', run: restoreAfterKill },
];
