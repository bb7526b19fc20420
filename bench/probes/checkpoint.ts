/** What checkpoints cost a job with much state that changes fast: qj with one every second against qj without. */
import { cpuSeconds } from '../harness/proc.ts';
import { loadQuery } from '../harness/queries.ts';
import { median, placesOf } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer } from '../harness/server.ts';
import { ORDERS, round } from './probe.ts';
import type { Figures, Probe } from './probe.ts';

/** qj without checkpoints and with one every second: CPU, time, the checkpoints' own durations. */
async function checkpointCost(bench: Bench): Promise<Figures> {
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

export const checkpoint: Probe = { name: 'checkpoint', title: 'Cost of checkpoints', reads: ORDERS, run: checkpointCost };
