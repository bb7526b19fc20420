/**
 * What takes minutes or root, by hand (RIVULET_LONG=1): leaders and transaction coordinators that move between two brokers, a broker whose
 * disk is full for real, a server asleep for a minute. In every run the same stands in short form: `kafka-outages`, `kafka-refusals`
 * (NOT_LEADER, NOT_COORDINATOR, KAFKA_STORAGE_ERROR), `test/kafka/leaders`, `exactly-once`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { canStartLocalBroker, startLocalBroker, startLocalCluster, type LocalBroker } from '../../tools/services/kafka-broker.ts';
import { run } from '../../tools/services/support.ts';
import { Bench, eventually } from './support.ts';


describe('faults: brokers, by hand', function () {
  this.timeout(600_000);
  before(async function () { if (process.env['RIVULET_LONG'] !== '1' || !await canStartLocalBroker()) this.skip(); });

  /** Rows in, and out exactly once. */
  class Story {
    readonly bench: Bench;
    sent = 0;
    constructor(bench: Bench) { this.bench = bench; }
    async begin(replicationFactor: number, options: Readonly<Record<string, string>> = {}): Promise<string> {
      const { bench } = this;
      for (const base of ['in', 'out']) await bench.kafka.createTopics([{ topic: bench.name(base), partitions: 4, replicationFactor }]);
      const job = await bench.submit(`SET 'execution.checkpointing.interval' = '300 ms'; SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '100'; SET 'restart-strategy.fixed-delay.delay' = '500 ms';
        CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('in', options)}; CREATE TEMPORARY TABLE o (n BIGINT) ${bench.with('out', { ...options, 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t') })}; INSERT INTO o SELECT n FROM t`);
      await bench.status(job, 'RUNNING');
      return job;
    }
    async feed(rows = 50): Promise<void> { for (const partition of [0, 1, 2, 3]) await this.bench.send('in', Array.from({ length: rows }, () => [null, `{"n":${this.sent++}}`] as const), partition); }
    async complete(): Promise<void> {
      await this.feed();
      const seen = await eventually('all rows', async () => { const found = (await this.bench.records('out')).map((r) => (JSON.parse(r.value ?? '') as { n: number }).n); return found.length >= this.sent && found; }, 120_000);
      expect(seen.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: this.sent }, (_, n) => n));
    }
  }

  it('C1, C2: a broker of two dies and comes back, three times: leaders and transaction coordinators move, each row once', async () => {
    let brokers: LocalBroker[] = [], bench: Bench | undefined;
    try {
      brokers = await startLocalCluster(2, { 'transaction.state.log.replication.factor': '2', 'offsets.topic.replication.factor': '2' });
      bench = await Bench.open('two', ['--parallelism', '2'], brokers.map((b) => b.bootstrap).join(','));
      const story = new Story(bench), job = await story.begin(2);
      await story.complete();
      for (let round = 0; round < 3; round++) {
        await story.feed();
        await brokers[1]?.kill();
        await story.complete();
        await brokers[1]?.start();
        for (let i = 0; i < 20; i++) { await story.feed(5); await pause(200); }
        await story.complete();
      }
      console.log(`      restarts of the job: ${(await bench.job(job)).restarts}; retries ${await bench.counter(job, 'retries')}, reconnects ${await bench.counter(job, 'reconnects')}`);
    } finally {
      await bench?.server.remove();
      await bench?.kafka.close();
      for (const broker of brokers.reverse()) await broker.stop();
    }
  });
  it('C15: the disk of the broker is full: the sink says so; with room and the broker back every row is there once', async function () {
    const dir = await mkdtemp(join(tmpdir(), 'rivulet-full-'));
    if ((await run('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'rivulet-full', dir])).code !== 0) { console.log('      SKIPPED: mounting a small file system needs root'); await rm(dir, { recursive: true }); this.skip(); }
    let broker: LocalBroker | undefined, bench: Bench | undefined;
    try {
      broker = await startLocalBroker({ properties: { 'log.dirs': join(dir, 'logs'), 'log.index.size.max.bytes': '65536', 'log.segment.bytes': '1048576', 'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1', 'metadata.log.segment.bytes': '8388608' } });
      bench = await Bench.open('full', ['--parallelism', '1'], broker.bootstrap);
      await bench.topic('out');
      const filler = 'x'.repeat(1000), rows = 40_000;
      const job = await bench.submit(`SET 'restart-strategy.type' = 'none'; CREATE TEMPORARY TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '8000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '${rows - 1}');
        CREATE TEMPORARY TABLE o (n BIGINT, s STRING) ${bench.with('out', { 'properties.delivery.timeout.ms': '600000', 'properties.request.timeout.ms': '3000', 'properties.buffer.memory': '1000000' })}; INSERT INTO o SELECT n, '${filler}' FROM g`);
      const told = await eventually('the sink to say that it is stuck', async () => { const text = await (bench as Bench).activity(job, 'sink'); return text.startsWith('retrying since') && text; }, 60_000), before = bench.residentMegabytes();
      await pause(10_000);
      expect(bench.residentMegabytes() - before, 'MB more').to.be.lessThan(50);
      console.log(`      ${told}; after 10 s: ${await bench.activity(job, 'source')}, ${await bench.activity(job, 'sink')}`);
      // A broker all of whose directories have failed ends by itself.
      await broker.kill();
      expect((await run('mount', ['-o', 'remount,size=120m', dir])).code).to.equal(0);
      await broker.start();
      const out = await eventually('all rows', async () => { const found = await (bench as Bench).records('out'); return found.length >= rows && found; }, 120_000);
      expect(out.map((r) => (JSON.parse(r.value ?? '') as { n: number }).n)).to.deep.equal(Array.from({ length: rows }, (_, n) => n));
    } finally {
      await bench?.server.remove();
      await bench?.kafka.close();
      await broker?.stop();
      await run('umount', ['-l', dir]);
      await rm(dir, { recursive: true, force: true });
    }
  });
  it('A10: asleep for a minute in the middle of its input: sessions are made anew, what expired is made again, each row once', async () => {
    const bench = await Bench.open('minute', ['--parallelism', '2']);
    try {
      const story = new Story(bench), job = await story.begin(1, { 'properties.transaction.timeout.ms': '20000' });
      await story.complete();
      for (const ms of [5000, 60_000]) {
        await story.feed(500);
        process.kill(bench.server.pid, 'SIGSTOP');
        await pause(ms);
        process.kill(bench.server.pid, 'SIGCONT');
        await story.complete();
        console.log(`      asleep ${ms / 1000} s: ${(await bench.job(job)).restarts} restarts so far`);
      }
      await bench.kafka.deleteTopics([bench.name('in'), bench.name('out')]);
    } finally { await bench.close(); }
  });
});
