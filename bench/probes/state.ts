/**
 * What an entry of state costs, for the shapes that jobs keep most of: a group of an aggregate, a row of a join side, a value of
 * DISTINCT, all under BIGINT keys. Memory as the growth of the process (heap and code included) and as the state tables count it; disk as the checkpoint counts it; CPU of
 * making a checkpoint of entries that have all changed, and of being back after kill -9. A savepoint is a checkpoint and a copy of it, a
 * second one without changes only the copy: the difference is the checkpoint. What a restart costs without state (process, code, Kafka) is
 * measured with the aggregate over an empty topic and taken off.
 */
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
] as const;

async function measure(bench: Bench): Promise<Figures> {
  const topics = new ScratchTopics(bench.bootstrap), prefix = `rivulet-bench.state.${process.pid}`, entries = Math.round(ENTRIES * bench.scale), figures: Record<string, number> = {};
  try {
    await topics.fill(`${prefix}.t`, 4, entries, (out, i) => { out.text('{"k":'); out.int(i * 7919); out.text(',"v":'); out.int(i % 100_000); out.text('}'); });
    await topics.create(`${prefix}.s`, 4);
    const table = (name: string, topic: string): string => `CREATE TEMPORARY TABLE ${name} (k BIGINT, v BIGINT) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '${bench.bootstrap}', 'topic' = '${prefix}.${topic}', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');\n`;
    const sqlOf = (t: string, sink: string, select: string): string => `SET 'execution.checkpointing.interval' = '0 s';\n${table('t', t)}${table('s', 's')}CREATE TEMPORARY TABLE sink (${sink}) WITH ('connector' = 'blackhole');\nINSERT INTO sink ${select};`;
    const bare = await bareRestart(bench, sqlOf('s', SHAPES[0].sink, SHAPES[0].select));
    for (const { name, sink, select } of SHAPES) {
      const found = await shape(bench, entries, bare, sqlOf('t', sink, select));
      for (const [what, value] of Object.entries(found)) figures[`${name}, ${what}`] = value;
    }
    return { 'entries': entries, ...figures };
  } finally { await topics.remove(); }
}

/** CPU from the start until a job without state runs. */
async function bareRestart(bench: Bench, sql: string): Promise<number> {
  const server = await BenchServer.start(bench.server), starts: number[] = [];
  try {
    const id = await server.submit(sql);
    await until('the job to run', async () => (await server.statuses()).get(id) === 'RUNNING');
    for (let i = 0; i < 3; i++) starts.push(await restarted(server, id, 0));
    return median(starts);
  } finally { await server.remove(); }
}
/** kill -9 and start; CPU until the job is there again with its entries. */
async function restarted(server: BenchServer, id: string, entries: number): Promise<number> {
  await server.end('SIGKILL');
  await server.launch();
  await until('the job to run with its state', async () => (await server.statuses()).get(id) === 'RUNNING' && await keptBy(server, id) >= entries);
  await pause(SETTLE_MS);
  return cpuSeconds(server.pid);
}
const keptBy = async (server: BenchServer, id: string): Promise<number> => (await server.job(id)).nodes.reduce((n, node) => n + node.stateEntries, 0);

async function shape(bench: Bench, entries: number, bareCpu: number, sql: string): Promise<Figures> {
  const server = await BenchServer.start(bench.server);
  try {
    await pause(SETTLE_MS);
    const memoryBefore = memoryMib(server.pid).now, id = await server.submit(sql);
    await until('all entries to be kept', async () => await keptBy(server, id) >= entries);
    await pause(SETTLE_MS);
    const memory = (memoryMib(server.pid).now - memoryBefore) * 1048576, tables = (await server.job(id)).nodes.reduce((n, node) => n + node.stateBytes, 0);
    const first = await savepoint(server, id), second = await savepoint(server, id), disk = (await server.job(id)).checkpoints.find((c) => c.status === 'completed')?.totalBytes ?? NaN;
    const restart = await restarted(server, id, entries);
    const each = (n: number, digits = 0): number => round(n / entries, digits);
    return {
      'bytes of memory, process': each(memory), 'bytes of memory, tables': each(tables), 'bytes of disk': each(disk),
      'checkpoint, CPU µs': each((first - second) * 1e6, 2), 'restore, CPU µs': each((restart - bareCpu) * 1e6, 2),
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
export const state: Probe = { name: 'state', title: 'State for each entry', reads: [], run: measure };
