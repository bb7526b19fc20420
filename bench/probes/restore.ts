/** How long a job with state needs to be back after kill -9. */
import { cpuSeconds, memoryMib } from '../harness/proc.ts';
import { loadQuery } from '../harness/queries.ts';
import { placesOf } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer, until } from '../harness/server.ts';
import { ORDERS, round } from './probe.ts';
import type { Figures, Probe } from './probe.ts';

/** qj runs on after it has read everything; kill -9 after a checkpoint of its whole state; start again over the same folder. */
async function restoreAfterKill(bench: Bench): Promise<Figures> {
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

export const restore: Probe = { name: 'restore', title: 'Back after kill -9', reads: ORDERS, run: restoreAfterKill };
