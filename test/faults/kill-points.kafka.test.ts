/**
 * The walk over all points at which the process can be killed: a join of two topics into two exactly-once sinks, one of them upsert-kafka,
 * in one statement set. Every point kills once, and each kill is followed by one in the recovery from it. At the end what read_committed
 * readers see must be what the same statements make of the same input undisturbed. Generated from the list: a point that is added there is
 * walked here, and one that the job does not come by fails the test.
 */
import { expect } from 'chai';
import { CHECKPOINT_KILL_POINTS, FILE_KILL_POINTS, KAFKA_RESTORE_KILL_POINTS, KILL_POINTS, LANE_KILL_POINTS, RESTORE_KILL_POINTS } from '../../runtime/checkpoint/kill-points.ts';
import type { KillPoint } from '../../runtime/checkpoint/kill-points.ts';
import { Bench, eventually } from './support.ts';

const IN_CHECKPOINT: readonly KillPoint[] = [...CHECKPOINT_KILL_POINTS, ...LANE_KILL_POINTS, ...FILE_KILL_POINTS], IN_RESTORE: readonly KillPoint[] = [...RESTORE_KILL_POINTS, ...KAFKA_RESTORE_KILL_POINTS];
/** Points that a checkpoint comes by more often than once or twice: so often within some five checkpoints. */
const OFTEN: Partial<Record<KillPoint, number>> = { 'mid-epoch': 40, 'between-flushes': 40, 'during-state-write': 40 };
const KEYS = 5;

class Walk {
  readonly bench: Bench;
  private job = '';
  private sent = 0;
  private readonly killed = new Set<string>();
  constructor(bench: Bench) { this.bench = bench; }
  async begin(): Promise<void> {
    for (const topic of ['orders', 'out', 'calm-out']) await this.bench.topic(topic, 2);
    for (const topic of ['names', 'totals', 'calm-totals']) await this.bench.topic(topic);
    await this.bench.values('names', Array.from({ length: KEYS }, (_, k) => `{"k":${k},"name":"name ${k}"}`));
    await this.feed();
    this.job = await this.submit('');
    await eventually('a first checkpoint', async () => (await this.rows('')).out.length > 0);
    await this.bench.server.end('SIGKILL');
  }
  private async submit(prefix: string): Promise<string> {
    const { bench } = this, exactly = { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name(`${prefix}t`) };
    return await bench.submit(`SET 'execution.checkpointing.interval' = '60 ms';
      CREATE TEMPORARY TABLE orders (n BIGINT, k BIGINT) ${bench.with('orders')};
      CREATE TEMPORARY TABLE names (k BIGINT, name STRING) ${bench.with('names')};
      CREATE TEMPORARY TABLE dst (n BIGINT, name STRING) ${bench.with(`${prefix}out`, exactly)};
      CREATE TEMPORARY TABLE totals (name STRING, c BIGINT, s BIGINT, PRIMARY KEY (name) NOT ENFORCED) ${bench.with(`${prefix}totals`, exactly, 'upsert-kafka')};
      CREATE TEMPORARY VIEW joined AS SELECT n, name FROM orders JOIN names ON orders.k = names.k;
      BEGIN STATEMENT SET; INSERT INTO dst SELECT n, name FROM joined; INSERT INTO totals SELECT name, COUNT(*), SUM(n) FROM joined GROUP BY name; END;`);
  }
  private async feed(): Promise<void> { for (const partition of [0, 1]) await this.bench.send('orders', Array.from({ length: 10 }, () => { const n = this.sent++; return [null, `{"n":${n},"k":${n % KEYS}}`] as const; }), partition); }
  /** Lets the server run into the point; the process must die of it. */
  async kill(point: KillPoint, nth: number): Promise<void> {
    const { server } = this.bench;
    // Some points come before the server listens.
    await server.launch({ RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: `${point}:${nth}`, RIVULET_BLOCK_FILE_FROM: '1' }).catch((error: unknown) => { if (server.running || !/ended with null/.test(String(error))) throw error; });
    await eventually(`the kill at ${point}, time ${nth}`, async () => { await this.feed(); return !server.running; });
    this.killed.add(point);
  }
  private async rows(base: string): Promise<{ out: string[]; totals: string[][] }> {
    const out = (await this.bench.records(`${base}out`)).map((r) => r.value ?? '').sort(), totals = new Map<string, string[]>();
    for (const { key, value } of await this.bench.records(`${base}totals`)) totals.set(key ?? '', [...totals.get(key ?? '') ?? [], value ?? 'deleted']);
    return { out, totals: [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, values]) => values) };
  }
  async expectSame(): Promise<void> {
    const { bench } = this;
    await bench.server.launch();
    await this.submit('calm-');
    await eventually('every row', async () => (await this.rows('')).out.length >= this.sent, 30_000);
    // What came late would be doubles: rows of a later checkpoint are waited for, and the calm job must have them, too.
    await this.feed();
    const countOf = (totals: readonly string[][]): number => totals.reduce((sum, values) => sum + (JSON.parse(values.at(-1) ?? '') as { c: number }).c, 0);
    await eventually('rows of a later checkpoint', async () => {
      const disturbed = await this.rows(''), calm = await this.rows('calm-');
      return [disturbed, calm].every(({ out, totals }) => out.length >= this.sent && countOf(totals) >= this.sent);
    });
    const disturbed = await this.rows(''), calm = await this.rows('calm-');
    expect(calm.out, 'the undisturbed run').to.have.length(this.sent);
    expect(disturbed.out).to.deep.equal(calm.out);
    expect(disturbed.totals.map((values) => values.at(-1))).to.deep.equal(calm.totals.map((values) => values.at(-1)));
    // Every state of a key that was written was written once, in its order.
    for (const values of disturbed.totals) {
      const counts = values.map((value) => (JSON.parse(value) as { c: number }).c);
      expect(counts).to.deep.equal([...new Set(counts)].sort((a, b) => a - b));
    }
    const { exceptions } = await bench.job(this.job);
    expect(exceptions).to.deep.equal([]);
    expect((await bench.records('out', 'read_uncommitted')).length, 'some transactions were aborted').to.be.greaterThan(this.sent);
    expect([...this.killed].sort(), 'every point of the list').to.deep.equal([...KILL_POINTS].sort());
  }
}

describe('kill points', function () {
  this.timeout(240_000);
  for (const parallelism of [1, 2]) {
    it(`A1–A7: killed at every point of a checkpoint and again in the recovery from each, parallelism ${parallelism}: both sinks as if undisturbed`, async () => {
      const bench = await Bench.open(`walk${parallelism}`, ['--parallelism', String(parallelism)]);
      try {
        const walk = new Walk(bench);
        await walk.begin();
        for (let i = 0; i < Math.max(IN_CHECKPOINT.length, IN_RESTORE.length); i++) {
          // Not in the first checkpoint after the start, so that the recovery has transactions to end.
          const point = IN_CHECKPOINT[i % IN_CHECKPOINT.length] as KillPoint;
          await walk.kill(point, OFTEN[point] ?? 3 + i % 2);
          await walk.kill(IN_RESTORE[i % IN_RESTORE.length] as KillPoint, 1);
        }
        // Three times in a row, with what the walk ended with.
        for (const point of ['during-restore', 'before-run'] as const) await walk.kill(point, 1);
        await walk.expectSame();
      } finally { await bench.close(); }
    });
  }
});
