/**
 * A slow sink: a statement set writes to `print`, whose reader takes little or nothing (the server's stdout), and to a blackhole. Its
 * job stands still with its sink; other jobs should not notice. The time of q0 alone, beside the slow job and beside the stopped one,
 * and whether the main thread, through which printed rows go, still answers.
 */
import { Client } from 'pg';
import { cpuSeconds } from '../harness/proc.ts';
import { fill, loadQuery, sources } from '../harness/queries.ts';
import { placesOf } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer, until } from '../harness/server.ts';
import { pause, percentile, pgPort, round } from './probe.ts';
import type { Figures, Probe } from './probe.ts';
import { medianCost } from './scratch.ts';

const CHUNK_BYTES = 16 * 1024, EVERY_MS = 50, ANSWERS = 200;

async function measure(bench: Bench): Promise<Figures> {
  const server = await BenchServer.start({ ...bench.server, stdout: 'pipe' });
  let timer: NodeJS.Timeout | undefined;
  try {
    const { stdout } = server, q0 = loadQuery('q0', placesOf(bench, '')).sql, alone = await medianCost(server, bench.runs, q0);
    let printed = 0;
    stdout.pause();
    timer = setInterval(() => { printed += (stdout.read(CHUNK_BYTES) as Buffer | null)?.length ?? 0; }, EVERY_MS);
    const slow = await server.submit(fill(`${sources(['bid'])}CREATE TEMPORARY TABLE printed (auction BIGINT, extra STRING) WITH ('connector' = 'print');
CREATE TEMPORARY TABLE counted (auction BIGINT, price BIGINT) WITH ('connector' = 'blackhole');
EXECUTE STATEMENT SET BEGIN INSERT INTO printed SELECT auction, extra FROM bid; INSERT INTO counted SELECT auction, price FROM bid; END;`, { ...placesOf(bench, ''), bounded: false }));
    await until('rows to be printed', async () => printed > 4 * CHUNK_BYTES);
    const from = performance.now(), before = printed, besideSlow = await medianCost(server, bench.runs, q0), rate = (printed - before) / (performance.now() - from) * 1000;
    clearInterval(timer);
    await pause(500);
    const besideStopped = await medianCost(server, bench.runs, q0), answers = await selectOne(server), cpu = cpuSeconds(server.pid);
    await pause(1_000);
    const idleCpu = cpuSeconds(server.pid) - cpu, { nodes, status } = await server.job(slow);
    stdout.resume();
    return {
      'q0 alone, s': round(alone.seconds, 2), 'q0 beside a slow sink, s': round(besideSlow.seconds, 2), 'q0 beside a stopped sink, s': round(besideStopped.seconds, 2),
      'the slow sink, KiB/s': round(rate / 1024), 'SELECT 1 beside the stopped sink, p99, ms': round(percentile(answers, 0.99), 1), 'CPU beside the stopped sink alone, % of a core': round(idleCpu * 100, 1),
      'rows its job has read': nodes.find((node) => node.type === 'source')?.recordsOut ?? NaN, 'its job runs': status === 'RUNNING' ? 1 : 0,
    };
  } finally {
    clearInterval(timer);
    await server.remove();
  }
}
async function selectOne(server: BenchServer): Promise<number[]> {
  const client = new Client({ host: '127.0.0.1', port: pgPort(server), user: 'bench', database: 'bench' }), times: number[] = [];
  await client.connect();
  try {
    for (let i = 0; i < ANSWERS; i++) { const from = performance.now(); await client.query('SELECT 1'); times.push(performance.now() - from); }
  } finally { await client.end(); }
  return times;
}
export const slowSink: Probe = { name: 'slow-sink', title: 'A sink that takes little or nothing', reads: ['bid'], run: measure };
