/** Time to start, to the first row of a SELECT over Kafka, memory at rest and with idle jobs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuSeconds, memoryMib } from '../harness/proc.ts';
import { fill, sources } from '../harness/queries.ts';
import { median, placesOf } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer, until } from '../harness/server.ts';
import { pause, round } from './probe.ts';
import type { Figures, Probe } from './probe.ts';

const IDLE_JOBS = 50, SETTLE_MS = 2_000;

/** Start to ready without kept code and with it (median of 5), first row of a SELECT over Kafka (cold and repeated), resident memory idle and with 50 idle jobs. */
async function startAndIdle(bench: Bench): Promise<Figures> {
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
    await pause(SETTLE_MS);
    const idleMib = memoryMib(server.pid).now, select = fill(`${sources(['bid'])}SELECT auction, price FROM bid LIMIT 1;`, placesOf(bench, '')), rows: number[] = [];
    for (let i = 0; i < 6; i++) { const from = performance.now(); await server.sql(select); rows.push(performance.now() - from); }
    const ddl = fill(sources(['bid']), { ...placesOf(bench, ''), bounded: false }).replaceAll('earliest-offset', 'latest-offset'), from = cpuSeconds(server.pid);
    for (let i = 0; i < IDLE_JOBS; i++) await server.sql(`${ddl}CREATE TEMPORARY TABLE sink (auction BIGINT, price BIGINT) WITH ('connector' = 'blackhole');\nINSERT INTO sink SELECT auction, price FROM bid WHERE price > ${i};`);
    await until('the idle jobs to run', async () => [...(await server.statuses()).values()].filter((s) => s === 'RUNNING').length === IDLE_JOBS);
    const submitCpu = cpuSeconds(server.pid) - from;
    await pause(SETTLE_MS);
    const before = cpuSeconds(server.pid);
    await pause(SETTLE_MS);
    const idleCpu = (cpuSeconds(server.pid) - before) / (SETTLE_MS / 1000), { now } = memoryMib(server.pid);
    return {
      'first start to ready, ms': round(starts[0] ?? NaN), 'later start to ready, ms': round(median(starts.slice(1))), 'first row of a SELECT after start, ms': round(rows[0] ?? NaN), 'first row of a SELECT later, ms': round(median(rows.slice(1))),
      'idle, MiB': round(idleMib), [`${IDLE_JOBS} idle jobs, MiB`]: round(now), [`${IDLE_JOBS} idle jobs, CPU of a core, %`]: round(idleCpu * 100, 1), 'submit a job, CPU ms': round(submitCpu / IDLE_JOBS * 1000),
    };
  } finally { await server.remove(); }
}

export const idle: Probe = { name: 'idle', title: 'Start, first row, memory at rest', reads: ['bid'], run: startAndIdle };
