/**
 * The exactly-once Kafka sink under kill -9 at every named point (A1–A8): a read_committed reader sees each row once, and transactions of
 * dead processes do not stand in its way.
 */
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';

const POINTS = ['before-barrier:1', 'after-prepare:1', 'after-prepare:2', 'before-state-write:2', 'after-state-write:1', 'after-state-write:2', 'between-commits:1', 'after-commit:1', 'after-commit:3', 'during-restore:1', 'during-restore:1'] as const;

describe('exactly-once sink', function () {
  this.timeout(120_000);
  for (const parallelism of [1, 2]) {
    it(`A1–A7: killed at every point of a checkpoint, parallelism ${parallelism}: each row once`, async () => {
      const bench = await Bench.open(`eo${parallelism}`, ['--parallelism', String(parallelism)]);
      try {
        await bench.topic('in', 2);
        await bench.topic('out', 2);
        await bench.topic('out2', 1);
        let sent = 0;
        const feed = async (): Promise<void> => { for (const partition of [0, 1]) await bench.send('in', Array.from({ length: 20 }, () => [null, `{"n":${sent++}}`] as const), partition); };
        await feed();
        const exactly = (prefix: string): Record<string, string> => ({ 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name(prefix) });
        const job = await bench.submit(`SET 'execution.checkpointing.interval' = '150 ms';
          CREATE TEMPORARY TABLE src (n BIGINT) ${bench.with('in')};
          CREATE TEMPORARY TABLE dst (n BIGINT) ${bench.with('out', exactly('t'))};
          CREATE TEMPORARY TABLE dst2 (n BIGINT) ${bench.with('out2', exactly('t'))};
          BEGIN STATEMENT SET; INSERT INTO dst SELECT n FROM src; INSERT INTO dst2 SELECT n FROM src WHERE MOD(n, 2) = 0; END;`);
        await bench.status(job, 'RUNNING');
        await bench.server.end('SIGKILL');
        for (const point of POINTS) {
          // Some points come before the server listens.
          await bench.server.launch({ RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: point }).catch((error: unknown) => { if (bench.server.running || !/ended with null/.test(String(error))) throw error; });
          await eventually(`the kill at ${point}`, async () => { await feed(); return !bench.server.running; });
        }
        await bench.server.launch();
        const all = Array.from({ length: sent }, (_, i) => i), seen = async (base: string): Promise<number[]> => (await bench.records(base)).map((r) => Number((JSON.parse(r.value ?? '{}') as { n: number }).n)).sort((a, b) => a - b);
        await eventually('every row', async () => (await seen('out')).length >= sent && (await seen('out2')).length >= sent / 2, 30_000);
        // Two more checkpoints: what comes late would be doubles.
        const last = (await bench.job(job)).checkpoints.length;
        await feed();
        all.push(...Array.from({ length: sent - all.length }, (_, i) => all.length + i));
        await eventually('rows of a later checkpoint', async () => (await seen('out')).length >= sent && (await bench.job(job)).checkpoints.filter((c) => c.status === 'completed').length > Math.min(last, 18));
        expect(await seen('out')).to.deep.equal(all);
        expect(await seen('out2')).to.deep.equal(all.filter((n) => n % 2 === 0));
        expect((await bench.records('out', 'read_uncommitted')).length, 'some transactions were aborted').to.be.greaterThan(sent);
        expect((await bench.job(job)).lastError ?? undefined).to.equal(undefined);
      } finally { await bench.close(); }
    });
  }
});
