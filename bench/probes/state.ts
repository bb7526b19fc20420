/**
 * What an entry of state costs, for the shapes that jobs keep most of: a group of an aggregate, a row of a join side, a value of
 * DISTINCT, all under BIGINT keys. Memory as the growth of the process and as the state tables count it; disk as the data folder; CPU of
 * making a checkpoint of entries that have all changed, and of being back after kill -9. A savepoint is a checkpoint and a copy of it, a
 * second one without changes only the copy: the difference is the checkpoint.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuSeconds, memoryMib } from '../harness/proc.ts';
import { median } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer, until } from '../harness/server.ts';
import { httpUrl, pause, round } from './probe.ts';
import type { Figures, Probe } from './probe.ts';
import { ScratchTopics } from './scratch.ts';

const ENTRIES = 500_000, SETTLE_MS = 1_500;
const SHAPES = [
  { name: 'a group (COUNT, SUM, MAX)', sink: 'k BIGINT, n BIGINT, total BIGINT, top BIGINT', select: 'SELECT k, COUNT(*), SUM(v), MAX(v) FROM t GROUP BY k' },
  { name: 'a row of a join side', sink: 'k BIGINT, v BIGINT, w BIGINT', select: 'SELECT t.k, t.v, s.v FROM t LEFT JOIN s ON t.k = s.k' },
  { name: 'a value of DISTINCT', sink: 'k BIGINT', select: 'SELECT DISTINCT k FROM t' },
];

async function measure(bench: Bench): Promise<Figures> {
  const topics = new ScratchTopics(bench.bootstrap), prefix = `rivulet-bench.state.${process.pid}`, entries = Math.round(ENTRIES * bench.scale), figures: Record<string, number> = {};
  try {
    await topics.fill(`${prefix}.t`, 4, entries, (out, i) => { out.text('{"k":'); out.int(i * 7919); out.text(',"v":'); out.int(i % 100_000); out.text('}'); });
    await topics.create(`${prefix}.s`, 4);
    const table = (name: string): string => `CREATE TEMPORARY TABLE ${name} (k BIGINT, v BIGINT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '${bench.bootstrap}', 'topic' = '${prefix}.${name}', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');\n`;
    const bare = await bareRestart(bench);
    for (const { name, sink, select } of SHAPES) {
      const found = await shape(bench, entries, bare, `SET 'execution.checkpointing.interval' = '0 s';\n${table('t')}${table('s')}CREATE TEMPORARY TABLE sink (${sink}) WITH ('connector' = 'blackhole');\nINSERT INTO sink ${select};`);
      for (const [what, value] of Object.entries(found)) figures[`${name}, ${what}`] = value;
    }
    return { 'entries': entries, ...figures };
  } finally { await topics.remove(); }
}

/** CPU from the start to ready, of a server without jobs. */
async function bareRestart(bench: Bench): Promise<number> {
  const server = await BenchServer.start(bench.server), starts: number[] = [];
  try {
    for (let i = 0; i < 3; i++) {
      await server.end('SIGKILL');
      await server.launch();
      await until('the server to be ready', () => server.isReady());
      await pause(SETTLE_MS);
      starts.push(cpuSeconds(server.pid));
    }
    return median(starts);
  } finally { await server.remove(); }
}

async function shape(bench: Bench, entries: number, bareCpu: number, sql: string): Promise<Figures> {
  const server = await BenchServer.start(bench.server);
  try {
    await pause(SETTLE_MS);
    const memoryBefore = memoryMib(server.pid).now, id = await server.submit(sql), kept = async (): Promise<number> => (await server.job(id)).nodes.reduce((n, node) => n + node.stateEntries, 0);
    await until('all entries to be kept', async () => await kept() >= entries);
    await pause(SETTLE_MS);
    const memory = (memoryMib(server.pid).now - memoryBefore) * 1048576, tables = (await server.job(id)).nodes.reduce((n, node) => n + node.stateBytes, 0), diskBefore = await folderBytes(server.dataDir);
    const first = await savepoint(server, id), disk = await folderBytes(server.dataDir) - diskBefore, second = await savepoint(server, id);
    await server.end('SIGKILL');
    await server.launch();
    await until('the job to run with its state', async () => (await server.statuses()).get(id) === 'RUNNING' && await kept() >= entries);
    await pause(SETTLE_MS);
    const each = (n: number, digits = 0): number => round(n / entries, digits);
    return {
      'bytes of memory, process': each(memory), 'bytes of memory, tables': each(tables), 'bytes of disk, checkpoint and savepoint': each(disk),
      'checkpoint, CPU µs': each((first - second) * 1e6, 2), 'restore, CPU µs': each((cpuSeconds(server.pid) - bareCpu) * 1e6, 2),
    };
  } finally { await server.remove(); }
}
/** CPU seconds of one. */
async function savepoint(server: BenchServer, id: string): Promise<number> {
  const from = cpuSeconds(server.pid), answer = await fetch(`${httpUrl(server)}/api/v1/jobs/${id}/savepoint`, { method: 'POST' });
  await answer.text();
  await pause(SETTLE_MS);
  return answer.ok ? cpuSeconds(server.pid) - from : NaN;
}
async function folderBytes(folder: string): Promise<number> {
  const sizes = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size);
  return (await Promise.all(sizes)).reduce((n, size) => n + size, 0);
}
export const state: Probe = { name: 'state', title: 'State for each entry', reads: [], run: measure };
