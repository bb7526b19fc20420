/**
 * Does the main thread answer while the workers run at full speed? `SELECT 1` over the PG wire protocol, one after another, while
 * nothing runs (the floor), while q0 and qj run again and again, and while statements of all kinds are submitted beside qj by another
 * connection. Bar: p99 ≤ 20 ms with two workers on two cores. Kafka, the client and the server share the processors, so each figure
 * stands beside the time the server's main thread waited for one.
 */
import { Client } from 'pg';
import { cpuSeconds } from '../harness/proc.ts';
import { fill, loadQuery, sources } from '../harness/queries.ts';
import { placesOf } from '../harness/run.ts';
import type { Bench } from '../harness/run.ts';
import { BenchServer } from '../harness/server.ts';
import { ORDERS, pause, percentile, pgPort, round, spread } from './probe.ts';
import type { Figures, Probe } from './probe.ts';
import { mainThread } from './threads.ts';

const PHASE_MS = 10_000, BETWEEN_MS = 2;

async function measure(bench: Bench): Promise<Figures> {
  const server = await BenchServer.start(bench.server);
  try {
    const places = placesOf(bench, ''), sqlOf = (name: string): string => loadQuery(name, places).sql, waits: Waits = { explain: [], select: [], insert: [] };
    const again = (name: string): Load => async (isOver) => { while (!isOver()) await server.waitFinished(await server.submit(sqlOf(name))); };
    return {
      ...await phase(server, 'idle,', async () => {}),
      ...await phase(server, 'beside q0,', again('q0')),
      ...await phase(server, 'beside qj,', again('qj')),
      ...await phase(server, 'beside qj and submissions,', async (isOver) => { await Promise.all([again('qj')(isOver), submissions(server, bench, isOver, waits)]); }),
      ...spread('of these an EXPLAIN,', waits.explain), ...spread('of these ten rows of Kafka,', waits.select), ...spread('of these an INSERT until its job is stored,', waits.insert),
    };
  } finally { await server.remove(); }
}
/** Milliseconds to the whole answer, by kind of statement. */
interface Waits { readonly explain: number[]; readonly select: number[]; readonly insert: number[] }
type Load = (isOver: () => boolean) => Promise<void>;

async function phase(server: BenchServer, what: string, load: Load): Promise<Figures> {
  const client = new Client({ host: '127.0.0.1', port: pgPort(server), user: 'bench', database: 'bench' }), times: number[] = [];
  await client.connect();
  let isOver = false;
  try {
    const loading = load(() => isOver), from = performance.now(), before = mainThread(server.pid), cpu = cpuSeconds(server.pid);
    // The first second starts the load.
    await pause(1_000);
    while (performance.now() - from < PHASE_MS) {
      const asked = performance.now();
      await client.query('SELECT 1');
      times.push(performance.now() - asked);
      await pause(BETWEEN_MS);
    }
    const seconds = (performance.now() - from) / 1000, after = mainThread(server.pid), used = cpuSeconds(server.pid) - cpu;
    isOver = true;
    await loading;
    return {
      ...spread(what, times), [`${what} p99.9, ms`]: round(percentile(times, 0.999), 1), [`${what} answers`]: times.length,
      [`${what} main thread busy, %`]: round((after.busySeconds - before.busySeconds) / seconds * 100, 1),
      [`${what} main thread waiting for a processor, %`]: round((after.waitSeconds - before.waitSeconds) / seconds * 100, 1),
      [`${what} CPU of the server, cores`]: round(used / seconds, 2),
    };
  } finally { await client.end(); }
}

/** What people send to a server: DDL, EXPLAIN, a short query over Kafka, jobs started and stopped; one after another without a pause. */
async function submissions(server: BenchServer, bench: Bench, isOver: () => boolean, waits: Waits): Promise<void> {
  const places = placesOf(bench, ''), bounded = fill(sources(['bid']), places), endless = fill(sources(['bid']), { ...places, bounded: false });
  const timed = async <T>(into: number[], work: () => Promise<T>): Promise<T> => { const from = performance.now(), result = await work(); into.push(performance.now() - from); return result; };
  for (let i = 0; !isOver(); i++) {
    await timed(waits.explain, () => server.sql(`${endless}EXPLAIN SELECT bidder, COUNT(*), MAX(price) FROM bid WHERE channel <> 'x${i}' GROUP BY bidder;`));
    await timed(waits.select, () => server.sql(`${bounded}SELECT auction, price FROM bid LIMIT 10;`));
    const job = await timed(waits.insert, () => server.submit(`${endless.replaceAll('earliest-offset', 'latest-offset')}CREATE TEMPORARY TABLE sink (auction BIGINT, price BIGINT) WITH ('connector' = 'blackhole');\nINSERT INTO sink SELECT auction, price FROM bid WHERE price > ${i};`));
    await server.sql('SHOW JOBS;');
    await server.sql(`STOP JOB '${job}';`);
  }
}

export const responsive: Probe = { name: 'responsive', title: 'SELECT 1 while the workers run at full speed', reads: [...ORDERS, 'bid'], run: measure };
