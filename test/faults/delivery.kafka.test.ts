/** What each delivery guarantee keeps, to the letter of the table in docs/exactly-once.md: when the server is killed, and when the broker of the sink dies. */
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { canStartLocalBroker, startLocalBroker } from '../../tools/services/kafka-broker.ts';
import { readAll } from '../kafka/support.ts';
import { Bench, eventually, ServerProcess } from './support.ts';

const rowsOf = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `{"n":${from + i}}`);
/** No checkpoint but those asked for; restarts all the same. */
const BY_HAND = `SET 'execution.checkpointing.interval' = '0 s'; SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '1000'; SET 'restart-strategy.fixed-delay.delay' = '100 ms';`;

describe('delivery guarantees', function () {
  this.timeout(120_000);
  it('A1, A4, A5: killed with rows behind the last checkpoint: none and at-least-once write them again, exactly-once and the last record per key of upsert-kafka do not tell', async () => {
    const bench = await Bench.open('guarantees', ['--parallelism', '2']);
    try {
      const topics = ['none', 'least', 'exact', 'upsert', 'upsert-exact'], exactly = { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t') };
      for (const topic of ['in', ...topics]) await bench.topic(topic);
      const job = await bench.submit(`${BY_HAND}
        CREATE TEMPORARY TABLE src (n BIGINT) ${bench.with('in')};
        CREATE TEMPORARY TABLE a (n BIGINT) ${bench.with('none', { 'sink.delivery-guarantee': 'none' })};
        CREATE TEMPORARY TABLE b (n BIGINT) ${bench.with('least', { 'sink.delivery-guarantee': 'at-least-once' })};
        CREATE TEMPORARY TABLE c (n BIGINT) ${bench.with('exact', exactly)};
        CREATE TEMPORARY TABLE d (k BIGINT, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) ${bench.with('upsert', {}, 'upsert-kafka')};
        CREATE TEMPORARY TABLE e (k BIGINT, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) ${bench.with('upsert-exact', exactly, 'upsert-kafka')};
        BEGIN STATEMENT SET;
        INSERT INTO a SELECT n FROM src; INSERT INTO b SELECT n FROM src; INSERT INTO c SELECT n FROM src;
        INSERT INTO d SELECT MOD(n, 1), COUNT(*) FROM src GROUP BY MOD(n, 1); INSERT INTO e SELECT MOD(n, 1), COUNT(*) FROM src GROUP BY MOD(n, 1);
        END;`);
      await bench.status(job, 'RUNNING');
      const checkpoint = async (): Promise<boolean> => (await fetch(bench.server.url(`/api/v1/jobs/${job}/savepoint`), { method: 'POST' })).ok;
      const values = async (topic: string, isolation: 'read_committed' | 'read_uncommitted' = 'read_committed'): Promise<(string | null)[]> => (await bench.records(topic, isolation)).map((r) => r.value);
      const counts = async (topic: string): Promise<number[]> => (await values(topic)).map((value) => (JSON.parse(value ?? '') as { c: number }).c);
      const atBroker = (times: number): Promise<boolean> => eventually(`${times} records in each topic`, async () => { for (const topic of topics) if ((await values(topic, 'read_uncommitted')).length < times) return false; return true; }, 40_000);
      // One at a time, so that every count of the groups is written.
      const feed = async (from: number, to: number, before: number): Promise<void> => { for (let n = from; n < to; n++) { await bench.values('in', [`{"n":${n}}`]); await atBroker(before + n - from + 1); } };

      await feed(0, 2, 0);
      expect(await values('exact'), 'nothing is visible before the checkpoint').to.deep.equal([]);
      const open = (await bench.kafka.listOffsets([{ topic: bench.name('exact'), partition: 0 }], 'latest', 'read_uncommitted'))[0]?.offset ?? 0;
      await bench.server.end('SIGKILL');
      await bench.server.launch();
      // The transaction of the dead is ended, before any row that comes.
      const lastStable = async (): Promise<number> => (await bench.kafka.listOffsets([{ topic: bench.name('exact'), partition: 0 }], 'latest', 'read_committed'))[0]?.offset ?? 0;
      await eventually('readers to get past what the dead process left', async () => await lastStable() > open, 10_000);
      await atBroker(4);
      expect(await checkpoint()).to.equal(true);
      await feed(2, 4, 4);
      await bench.server.end('SIGKILL');
      await bench.server.launch();
      await atBroker(8);
      await feed(4, 5, 8);
      expect(await checkpoint()).to.equal(true);
      const again = [...rowsOf(0, 2), ...rowsOf(0, 2), ...rowsOf(2, 4), ...rowsOf(2, 4), ...rowsOf(4, 5)];
      expect(await values('none')).to.deep.equal(again);
      expect(await values('least')).to.deep.equal(again);
      expect(await values('exact')).to.deep.equal(rowsOf(0, 5));
      expect(await counts('upsert')).to.deep.equal([1, 2, 1, 2, 3, 4, 3, 4, 5]);
      expect(await counts('upsert-exact')).to.deep.equal([1, 2, 3, 4, 5]);
    } finally { await bench.close(); }
  });
  it('A11: a second server on a copied data directory takes the transactional ids over; the first is fenced, finds it and stays down', async () => {
    const bench = await Bench.open('copied', ['--parallelism', '1']), copy = new ServerProcess(await mkdtemp(join(tmpdir(), 'rivulet-test-')), ['--parallelism', '1']);
    try {
      for (const topic of ['in', 'out']) await bench.topic(topic);
      const job = await bench.submit(`SET 'execution.checkpointing.interval' = '100 ms'; SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '1000'; SET 'restart-strategy.fixed-delay.delay' = '50 ms';
        CREATE TEMPORARY TABLE src (n BIGINT) ${bench.with('in')};
        CREATE TEMPORARY TABLE dst (n BIGINT) ${bench.with('out', { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('t') })};
        INSERT INTO dst SELECT n FROM src`);
      const seen = async (): Promise<string> => (await bench.records('out')).map((r) => r.value).join();
      await bench.values('in', rowsOf(0, 2));
      await eventually('the first rows', async () => await seen() === rowsOf(0, 2).join());
      await bench.server.end('SIGTERM');
      await cp(bench.server.dataDir, copy.dataDir, { recursive: true });
      await bench.server.launch();
      await bench.status(job, 'RUNNING');
      await copy.launch();
      await eventually('the copy to run', async () => (await (await fetch(copy.url(`/api/v1/jobs/${job}`))).json() as { status: string }).status === 'RUNNING');
      await bench.values('in', rowsOf(2, 4));
      expect(await bench.failure(job)).to.match(/another job writes with the Kafka transactional ids/);
      await eventually('the rows', async () => (await seen()).includes(rowsOf(3, 4).join()));
      await bench.values('in', rowsOf(4, 6));
      await eventually('later rows', async () => (await seen()).includes(rowsOf(5, 6).join()));
      expect(await seen()).to.equal(rowsOf(0, 6).join());
    } finally { await copy.remove(); await bench.close(); }
  });
  it('C2: the broker of the sinks dies, a checkpoint is asked for, the server is killed: none has lost what was under way, at-least-once and exactly-once have not', async function () {
    if (!await canStartLocalBroker()) { this.skip(); return; }
    const broker = await startLocalBroker(), bench = await Bench.open('brokerless', ['--parallelism', '1']), there = KafkaClient.of(broker.bootstrap);
    try {
      await bench.topic('in');
      const jobs = new Map<string, string>(), topic = (guarantee: string): string => bench.name(guarantee), guarantees = ['none', 'at-least-once', 'exactly-once'] as const;
      await there.createTopics(guarantees.map((one) => ({ topic: topic(one), partitions: 1, replicationFactor: 1, configs: {} })));
      for (const guarantee of guarantees) {
        jobs.set(guarantee, await bench.submit(`${BY_HAND}
          CREATE TEMPORARY TABLE src (n BIGINT) ${bench.with('in', { 'properties.group.id': topic(guarantee) })};
          CREATE TEMPORARY TABLE dst (n BIGINT) ${bench.with(guarantee, { 'properties.bootstrap.servers': broker.bootstrap, 'sink.delivery-guarantee': guarantee, 'sink.transactional-id-prefix': bench.name(guarantee) })};
          INSERT INTO dst SELECT n FROM src;`));
        await bench.status(jobs.get(guarantee) ?? '', 'RUNNING');
      }
      const checkpoint = async (guarantee: string): Promise<boolean> => (await fetch(bench.server.url(`/api/v1/jobs/${jobs.get(guarantee)}/savepoint`), { method: 'POST' })).ok;
      const seen = async (guarantee: string): Promise<string> => (await readAll(there, topic(guarantee), { isolation: 'read_committed' })).map((r) => r.value).join();
      const counted = async (guarantee: string): Promise<number | undefined> => (await bench.kafka.committedOffsets(topic(guarantee), [{ topic: bench.name('in'), partition: 0 }]))[0]?.offset;
      await bench.values('in', rowsOf(0, 2));
      for (const guarantee of guarantees) await eventually('the first rows', async () => await checkpoint(guarantee) && await seen(guarantee) === rowsOf(0, 2).join());
      await broker.kill();
      await bench.values('in', rowsOf(2, 4));
      // Its barrier waits for nobody: the checkpoint counts rows that no broker has.
      await eventually('the checkpoint of none', async () => await checkpoint('none') && await counted('none') === 4);
      for (const guarantee of ['at-least-once', 'exactly-once']) void checkpoint(guarantee).catch(() => {});
      await bench.server.end('SIGKILL');
      await broker.start();
      await bench.server.launch();
      await bench.values('in', rowsOf(4, 5));
      for (const guarantee of guarantees) await eventually(`the last row of ${guarantee}`, async () => await checkpoint(guarantee) && (await seen(guarantee)).includes(rowsOf(4, 5).join()), 60_000);
      expect(await seen('none')).to.equal([...rowsOf(0, 2), ...rowsOf(4, 5)].join());
      expect(await seen('at-least-once')).to.equal(rowsOf(0, 5).join());
      expect(await seen('exactly-once')).to.equal(rowsOf(0, 5).join());
    } finally {
      await bench.close();
      await there.close();
      await broker.stop();
    }
  });
});
