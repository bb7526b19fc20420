/**
 * The task graph alone, with the connectors of its tests: rows through source → exchange → count by key → sink, first row of a query,
 * checkpoint and restore of two million keys, fifty idle jobs. One JSON line per figure. Run: `node bench/micro/jobs.ts`.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collect, counts, newFolder, numbers, openManager, planOf, sink, until } from '../../test/runtime/support/plans.ts';

const show = (bench: string, value: number, more: object = {}): void => console.log(JSON.stringify({ bench: `jobs/${bench}`, value: Math.round(value * 100) / 100, ...more }));
const rssMb = (): number => process.memoryUsage().rss / 1e6;
const dataDir = newFolder(), signal = new AbortController().signal;
let manager = await openManager(dataDir);

for (let i = 0; i < 3; i++) {
  const startMs = performance.now();
  for await (const _ of manager.runQuery(planOf(numbers({ count: 1 }), collect('src')), { signal })) { show('query-first-row-ms', performance.now() - startMs); break; }
}
for (const parallelism of ['1', '2']) {
  const rows = 4_000_000, startMs = performance.now(), cpu = process.cpuUsage();
  const plan = planOf(numbers({ count: rows / 4, keys: 100_000, batch: 1000 }), counts(), sink('blackhole', {}, 'agg'));
  await manager.waitFor(await manager.submit({ name: 'bench', sql: '', plan, settings: { 'parallelism.default': parallelism, 'execution.checkpointing.interval': '1 s' } }));
  const { user, system } = process.cpuUsage(cpu);
  show('count-by-key-us-per-row', (user + system) / rows, { parallelism: Number(parallelism), rowsPerSecond: Math.round(rows / (performance.now() - startMs) * 1000) });
}
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const plan = planOf(numbers({ count: 500_000, keys: 2_000_000, batch: 1000, end: 'idle' }), counts(), sink('blackhole', {}, 'agg'));
const big = await manager.submit({ name: 'big', sql: '', plan, settings: { 'execution.checkpointing.interval': '10 min' } });
await until('all rows', async () => (await manager.detail(big))?.nodes[1]?.recordsIn === 2_000_000);
const checkpoint = await manager.checkpoint(big);
show('checkpoint-2M-changed-ms', checkpoint.durationMs ?? 0, { sizeBytes: checkpoint.sizeBytes });
await manager.shutdown();
const restoreMs = performance.now();
manager = await openManager(dataDir);
await until('running', () => manager.summary(big)?.status === 'RUNNING');
show('restore-2M-ms', performance.now() - restoreMs);
show('main-loop-most-ms', delay.max / 1e6);
delay.disable();
await manager.drop(big);

const beforeMb = rssMb();
for (let i = 0; i < 50; i++) await manager.submit({ name: `idle ${i}`, sql: '', plan: planOf(numbers({ count: 10, end: 'idle' }), counts(), sink('blackhole', {}, 'agg')), settings: { 'execution.checkpointing.interval': '1 s' } });
await until('all run', () => manager.list().filter((job) => job.status === 'RUNNING').length === 50);
await new Promise((resolve) => { setTimeout(resolve, 2000); });
const cpu = process.cpuUsage();
await new Promise((resolve) => { setTimeout(resolve, 3000); });
const used = process.cpuUsage(cpu);
show('50-idle-jobs-mb', rssMb() - beforeMb);
show('50-idle-jobs-cpu-percent', (used.user + used.system) / 30_000);
await manager.shutdown();
