/**
 * Outputs under kill -9 of the whole server at any moment (A8; at every named point: `kill-points.kafka.test.ts`), in order (A9) and at
 * rest. A read_committed reader of an exactly-once sink sees each row once, state counts each row once, and transactions of dead processes
 * stand in nobody's way.
 */
import type { ChildProcess } from 'node:child_process';
import { expect } from 'chai';
import { randomFrom } from '../kafka/support.ts';
import { Bench, eventually } from './support.ts';

/** A job with two exactly-once sinks of one prefix and a counting upsert sink; rows are fed to it by number. */
class Story {
  readonly bench: Bench;
  job = '';
  sent = 0;
  constructor(bench: Bench) { this.bench = bench; }
  async begin(): Promise<void> {
    const { bench } = this;
    for (const [topic, partitions] of [['in', 2], ['out', 2], ['out2', 1]] as const) await bench.topic(topic, partitions);
    await bench.topic('counts', 1, { 'cleanup.policy': 'compact' });
    await this.feed();
    const exactly = { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t') };
    this.job = await bench.submit(`SET 'execution.checkpointing.interval' = '150 ms';
      CREATE TEMPORARY TABLE src (n BIGINT) ${bench.with('in')};
      CREATE TEMPORARY TABLE dst (n BIGINT) ${bench.with('out', exactly)};
      CREATE TEMPORARY TABLE dst2 (n BIGINT) ${bench.with('out2', exactly)};
      CREATE TEMPORARY TABLE counts (k BIGINT, c BIGINT, s BIGINT, PRIMARY KEY (k) NOT ENFORCED) ${bench.with('counts', {}, 'upsert-kafka')};
      BEGIN STATEMENT SET;
      INSERT INTO dst SELECT n FROM src; INSERT INTO dst2 SELECT n FROM src WHERE MOD(n, 2) = 0; INSERT INTO counts SELECT MOD(n, 7), COUNT(*), SUM(n) FROM src GROUP BY MOD(n, 7);
      END;`);
    await bench.status(this.job, 'RUNNING');
  }
  async feed(): Promise<void> { for (const partition of [0, 1]) await this.bench.send('in', Array.from({ length: 20 }, () => [null, `{"n":${this.sent++}}`] as const), partition); }
  async seen(base: string): Promise<number[]> { return (await this.bench.records(base)).map((r) => (JSON.parse(r.value ?? '') as { n: number }).n).sort((a, b) => a - b); }
  async counts(): Promise<string[]> { return [...new Map((await this.bench.records('counts')).map((r) => [r.key, r.value])).values()].map(String).sort(); }
  async expectComplete(): Promise<void> {
    const { bench } = this;
    await eventually('every row', async () => (await this.seen('out')).length >= this.sent && (await this.seen('out2')).length >= this.sent / 2, 30_000);
    // What came late would be doubles: rows of a later checkpoint are waited for.
    await this.feed();
    const all = Array.from({ length: this.sent }, (_, n) => n), sums = new Map<number, [number, number]>();
    for (const n of all) { const at = sums.get(n % 7) ?? [0, 0]; sums.set(n % 7, [at[0] + 1, at[1] + n]); }
    const expected = [...sums].map(([k, [c, s]]) => `{"k":${k},"c":${c},"s":${s}}`).sort();
    await eventually('rows of a later checkpoint', async () => (await this.seen('out')).length >= this.sent && (await this.counts()).join() === expected.join()).catch(() => {});
    await eventually('the other sink', async () => (await this.seen('out2')).length >= this.sent / 2);
    expect(await this.seen('out')).to.deep.equal(all);
    expect(await this.seen('out2')).to.deep.equal(all.filter((n) => n % 2 === 0));
    expect(await this.counts()).to.deep.equal(expected);
    expect((await bench.job(this.job)).lastError ?? undefined).to.equal(undefined);
  }
}

describe('outputs under kill -9', function () {
  this.timeout(120_000);
  it('A8: killed before its first checkpoint with more subtasks, it goes on with fewer: what the others left open holds nobody up', async () => {
    const bench = await Bench.open('eonarrow', []);
    try {
      const story = new Story(bench);
      await story.begin();
      await bench.server.end('SIGTERM');
      await bench.server.launch({ RIVULET_PARALLELISM: '1' });
      await story.feed();
      await eventually('rows of a checkpoint', async () => (await story.seen('out')).length >= story.sent);
      await bench.server.end('SIGKILL');
      await bench.server.launch({ RIVULET_PARALLELISM: '3', RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: 'after-prepare:1' });
      await eventually('the kill', async () => { await story.feed(); return !bench.server.running; });
      await bench.server.launch({ RIVULET_PARALLELISM: '1' });
      await story.expectComplete();
    } finally { await bench.close(); }
  });
  it('A8: at any moment, one after another, with another parallelism each time: each row once', async () => {
    const bench = await Bench.open('eoany', []), random = randomFrom(20_261_121);
    try {
      const story = new Story(bench);
      await story.begin();
      for (let kill = 0; kill < 8; kill++) {
        const end = performance.now() + random() * 500;
        do await story.feed(); while (performance.now() < end);
        await bench.server.end('SIGKILL');
        await bench.server.launch({ RIVULET_PARALLELISM: String(1 + kill % 3) });
      }
      await story.expectComplete();
    } finally { await bench.close(); }
  });
  it('A12: down until Kafka has aborted what was prepared: the job fails and says so; a savepoint saves its state', async () => {
    const bench = await Bench.open('lost');
    try {
      await bench.topic('in');
      await bench.topic('out');
      await bench.values('in', ['{"n":1}', '{"n":1}']);
      const job = await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('in')}; CREATE TEMPORARY TABLE o (n BIGINT, c BIGINT) ${bench.with('out', { format: 'debezium-json', 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t') })}; INSERT INTO o SELECT n, COUNT(*) FROM t GROUP BY n`);
      await eventually('the first rows', async () => (await bench.records('out')).length > 0);
      const detail = await bench.job(job) as unknown as { nodes: { id: string; type: string }[] }, sink = detail.nodes.find((n) => n.type === 'sink')?.id ?? '';
      await bench.server.end('SIGTERM');
      await bench.values('in', ['{"n":1}']);
      await bench.server.launch({ RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: 'after-state-write:1' }).catch(() => {});
      await eventually('the kill between checkpoint and commit', async () => !bench.server.running);
      // What the broker's timeout does: aborts, under a newer epoch of the producer.
      for (let lane = 0; lane < 4; lane++) { const other = bench.kafka.producer({ transactionalId: `${bench.name('t')}-${sink.slice(0, 8)}-0-${lane}` }); await other.init(); await other.close(); }
      await bench.server.launch();
      expect(await bench.failure(job)).to.match(/no longer knows the prepared transaction/);
      const { savepointPath } = await (await fetch(bench.server.url(`/api/v1/jobs/${job}/savepoint`), { method: 'POST' })).json() as { savepointPath: string };
      await bench.sql(`RESTART JOB '${job}' FROM SAVEPOINT '${savepointPath}'`);
      await bench.values('in', ['{"n":1}']);
      await eventually('the state to be counted on', async () => (await bench.records('out')).some((r) => r.value?.includes('"after":{"n":1,"c":4}') ?? false));
      expect((await bench.records('out')).some((r) => r.value?.includes('"after":{"n":1,"c":3}') ?? false), 'the lost row').to.equal(false);
    } finally { await bench.close(); }
  });
  it('A10: asleep until its open transaction has expired, the server wakes, is fenced, and makes the rows again', async () => {
    const bench = await Bench.open('asleep');
    try {
      await bench.topic('in');
      await bench.topic('out');
      const { child } = bench.server as unknown as { child: ChildProcess }, seen = async (isolation: 'read_committed' | 'read_uncommitted'): Promise<(string | null)[]> => (await bench.records('out', isolation)).map((r) => r.value);
      // Checkpoints only when asked for.
      const job = await bench.submit(`SET 'execution.checkpointing.interval' = '0 s'; SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '5'; SET 'restart-strategy.fixed-delay.delay' = '100 ms';
        CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('in')};
        CREATE TEMPORARY TABLE o (n BIGINT) ${bench.with('out', { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t'), 'properties.transaction.timeout.ms': '1000' })};
        INSERT INTO o SELECT n FROM t`);
      const checkpoint = async (): Promise<boolean> => (await fetch(bench.server.url(`/api/v1/jobs/${job}/savepoint`), { method: 'POST' })).ok;
      await bench.status(job, 'RUNNING');
      await bench.values('in', ['{"n":1}']);
      await eventually('the first row', async () => (await seen('read_uncommitted')).length === 1 && await checkpoint() && (await seen('read_committed')).length === 1);
      await bench.values('in', ['{"n":2}']);
      await eventually('the second row at the broker', async () => (await seen('read_uncommitted')).includes('{"n":2}'));
      child.kill('SIGSTOP');
      const place = [{ topic: bench.name('out'), partition: 0 }], end = async (isolation: 'read_committed' | 'read_uncommitted'): Promise<number | undefined> => (await bench.kafka.listOffsets(place, 'latest', isolation))[0]?.offset;
      await eventually('the broker to end the transaction', async () => await end('read_committed') === await end('read_uncommitted'), 40_000);
      child.kill('SIGCONT');
      await bench.values('in', ['{"n":3}']);
      await eventually('the rows made again', async () => (await bench.job(job)).status === 'RUNNING' && await checkpoint() && (await seen('read_committed')).length >= 3, 40_000);
      expect(await seen('read_committed')).to.deep.equal(['{"n":1}', '{"n":2}', '{"n":3}']);
      expect((await bench.job(job)).restarts).to.be.greaterThan(0);
    } finally { await bench.close(); }
  });
  it('A9: after SIGTERM, and after kill -9 while nothing happens, an at-least-once sink repeats nothing', async () => {
    const bench = await Bench.open('rest');
    try {
      await bench.topic('in');
      await bench.topic('out');
      const group = bench.name('g');
      await bench.submit(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('in', { 'properties.group.id': group })}; CREATE TEMPORARY TABLE o (n BIGINT) ${bench.with('out')}; INSERT INTO o SELECT n FROM t`);
      let sent = 0;
      for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL'] as const) {
        await bench.values('in', Array.from({ length: 100 }, () => `{"n":${sent++}}`));
        // The group's offset is that of the last complete checkpoint, long before the interval of 10 s is over.
        if (signal === 'SIGKILL') await eventually('the checkpoint at rest', async () => (await bench.kafka.committedOffsets(group, [{ topic: bench.name('in'), partition: 0 }]))[0]?.offset === sent, 8000);
        else await eventually('some rows', async () => (await bench.records('out')).length > sent - 100);
        expect(await bench.server.end(signal)).to.equal(signal === 'SIGTERM' ? 0 : null);
        await bench.server.launch();
      }
      await bench.values('in', [`{"n":${sent++}}`]);
      await eventually('the row behind', async () => (await bench.records('out')).some((r) => r.value === `{"n":${sent - 1}}`));
      expect((await bench.records('out')).map((r) => r.value)).to.deep.equal(Array.from({ length: sent }, (_, n) => `{"n":${n}}`));
    } finally { await bench.close(); }
  });
});
