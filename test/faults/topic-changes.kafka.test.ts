/** Topics and groups changed behind the back of jobs at parallelism 2: C3, C4, C5, C7–C9 where the simple case is not enough. */
import { expect } from 'chai';
import { Stranger } from '../kafka/raw-calls.ts';
import { Bench, eventually } from './support.ts';

describe('faults: topics changed behind the back', function () {
  this.timeout(90_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('changes', ['--parallelism', '2']); });
  after(async () => { await bench?.close(); });
  const numbers = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => `{"n":${from + i}}`);
  const printing = (base: string, options: Readonly<Record<string, string>> = {}): string => `SET 'execution.checkpointing.interval' = '100 ms'; CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with(base, options)}; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t`;
  const checkpointed = async (job: string): Promise<void> => { await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.some((c) => c.status === 'completed')); };
  const remake = async (base: string, partitions = 1): Promise<void> => {
    await bench.kafka.deleteTopics([bench.name(base)]);
    await eventually('the topic to be made again', async () => { await bench.topic(base, partitions); return true; });
  };
  const sorted = (lines: readonly string[]): number[] => lines.map((l) => Number(/\d+/.exec(l)?.[0])).sort((a, b) => a - b);

  it('C3: a topic made again while the server is down, with records at the offsets it had reached: fails with topic and offset, never reads on', async () => {
    await bench.topic('valid');
    await bench.values('valid', numbers(0, 5));
    const job = await bench.submit(printing('valid'));
    await bench.printed(job, 5);
    await checkpointed(job);
    await bench.server.end('SIGKILL');
    await remake('valid');
    await bench.values('valid', numbers(100, 50));
    await bench.server.launch();
    expect(await bench.failure(job)).to.contain(bench.name('valid')).and.match(/deleted and made again/).and.match(/offset 5\b/);
    expect(await bench.server.printed(job)).to.deep.equal([]);
    // As the hint says: from nothing, it reads what is there.
    await bench.sql(`RESTART JOB '${job}' FROM INITIAL`);
    expect(sorted(await bench.printed(job, 50))).to.deep.equal(Array.from({ length: 50 }, (_, i) => 100 + i));
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('C3: the same under a running job', async () => {
    await bench.topic('under');
    await bench.values('under', numbers(0, 5));
    const job = await bench.submit(printing('under'));
    await bench.printed(job, 5);
    await remake('under');
    await bench.values('under', numbers(100, 50));
    expect(await bench.failure(job)).to.contain(bench.name('under')).and.match(/deleted|made again/);
    expect(sorted(await bench.server.printed(job))).to.deep.equal([0, 1, 2, 3, 4]);
  });
  it('C3: the topic of a sink made again: the job goes on, in the new topic, each row once', async () => {
    await bench.topic('feed');
    for (const out of ['remade', 'remadex']) await bench.topic(out);
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '100 ms'; CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('feed')};
      CREATE TEMPORARY TABLE a (n BIGINT) ${bench.with('remade')}; CREATE TEMPORARY TABLE x (n BIGINT) ${bench.with('remadex', { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('x') })};
      BEGIN STATEMENT SET; INSERT INTO a SELECT n FROM t; INSERT INTO x SELECT n FROM t; END;`);
    await bench.values('feed', numbers(0, 5));
    for (const out of ['remade', 'remadex']) await eventually('the first rows', async () => (await bench.records(out)).length === 5);
    // At rest: nothing is on its way that would be lost with the old topic.
    await checkpointed(job);
    for (const out of ['remade', 'remadex']) await remake(out);
    await bench.values('feed', numbers(5, 20));
    for (const out of ['remade', 'remadex']) {
      await eventually('the rows in the new topic', async () => (await bench.records(out)).length >= 20, 40_000);
      expect((await bench.records(out)).map((r) => r.value), out).to.deep.equal(numbers(5, 20));
    }
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('C5: partitions added, while it runs and while it is down, are read from their start whatever the start-up mode, each record once', async () => {
    await bench.topic('wide');
    const send = async (partition: number, from: number): Promise<void> => { await bench.send('wide', numbers(from, 10).map((v) => [null, v] as const), partition); };
    const job = await bench.submit(printing('wide', { 'scan.startup.mode': 'latest-offset', 'scan.topic-partition-discovery.interval': '200 ms' }));
    await bench.status(job, 'RUNNING');
    await send(0, 0);
    await bench.printed(job, 10);
    await bench.kafka.createPartitions(bench.name('wide'), 3);
    // The writer of the tests looks its topics up once.
    await bench.renewWriter();
    for (const partition of [1, 2]) await send(partition, partition * 10);
    expect(sorted(await bench.printed(job, 30))).to.deep.equal(Array.from({ length: 30 }, (_, i) => i));
    await checkpointed(job);
    await bench.server.end('SIGTERM');
    await bench.kafka.createPartitions(bench.name('wide'), 5);
    await bench.renewWriter();
    for (const partition of [3, 4]) await send(partition, partition * 10);
    await bench.server.launch();
    expect(sorted(await bench.printed(job, 20))).to.deep.equal(Array.from({ length: 20 }, (_, i) => 30 + i));
    await send(1, 50);
    await eventually('rows of the old ones', async () => (await bench.server.printed(job)).length >= 30);
    expect(sorted(await bench.server.printed(job))).to.deep.equal(Array.from({ length: 30 }, (_, i) => 30 + i));
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('C7: a source held back by an open transaction says by which place and since when; what is aborted never shows', async () => {
    await bench.topic('held');
    const job = await bench.submit(printing('held', { 'properties.isolation.level': 'read_committed', 'properties.fetch.max.wait.ms': '200' })), writer = bench.kafka.producer({ transactionalId: bench.name('foreign') });
    await writer.init();
    const topic = await writer.topic(bench.name('held')), write = async (n: number): Promise<void> => { const b = Buffer.from(`{"n":${n}}`); writer.append(topic, 0, null, -1, -1, b, 0, b.length, Date.now(), null); await writer.flush(); };
    await bench.values('held', numbers(1, 1));
    await bench.printed(job, 1);
    for (const end of ['abort', 'commit'] as const) {
      writer.beginTransaction();
      await write(2);
      await bench.values('held', numbers(3, 1));
      const told = await eventually('the source to say what holds it', async () => { const text = await bench.activity(job, 'source'); return text.includes('waiting since') && text; });
      expect(told).to.contain(bench.name('held')).and.match(/partition 0 .*open transaction/);
      expect((await bench.server.printed(job)).length).to.equal(end === 'abort' ? 1 : 2);
      if (end === 'abort') await writer.abortTransaction(); else await writer.commitTransaction();
      await bench.printed(job, end === 'abort' ? 2 : 4);
    }
    expect(sorted(await bench.server.printed(job))).to.deep.equal([1, 2, 3, 3]);
    await eventually('the source to be well', async () => !(await bench.activity(job, 'source')).includes('since'));
    await writer.close();
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('C8, C9: strangers join and leave its group 200 times, reset and delete its offsets: no effect, over a kill -9 too', async () => {
    await bench.topic('storm', 4);
    await bench.topic('calm');
    const group = bench.name('g'), place = { topic: bench.name('storm'), partition: 0 };
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '200 ms'; SET 'restart-strategy.type' = 'none'; CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('storm', { 'properties.group.id': group })};
      CREATE TEMPORARY TABLE o (n BIGINT) ${bench.with('calm', { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': bench.name('s') })}; INSERT INTO o SELECT n FROM t`);
    let sent = 0, joins = 0, isOver = false;
    const feed = async (): Promise<void> => { for (const partition of [0, 1, 2, 3]) { await bench.send('storm', numbers(sent, 10).map((v) => [null, v] as const), partition); sent += 10; } };
    const seen = async (): Promise<number[]> => (await bench.records('calm')).map((r) => (JSON.parse(r.value ?? '') as { n: number }).n).sort((a, b) => a - b);
    await feed();
    await eventually('the first rows', async () => (await seen()).length === sent);
    await eventually('the offsets of a checkpoint', async () => ((await bench.kafka.committedOffsets(group, [place]))[0]?.offset ?? -1) > 0);
    const stranger = await Stranger.connect(bench.broker);
    // Before anybody is a member: the offset is deleted, then the whole group.
    expect(await stranger.deleteOffset(group, place.topic, 0)).to.equal(0);
    expect(await stranger.deleteGroup(group)).to.be.oneOf([0, 69]);
    const feeding = (async () => { while (!isOver) { await feed(); await new Promise((r) => setTimeout(r, 50)); } })();
    await Promise.all(Array.from({ length: 10 }, async () => {
      for (let i = 0; i < 20; i++) {
        const member = await Stranger.connect(bench.broker), joined = member.join(group, place.topic).then(async ({ member: id, code }) => { if (code === 0) await member.leave(group, id); }).catch(() => {});
        joins++;
        await Promise.race([joined, new Promise((r) => setTimeout(r, 60))]);
        member.close();
      }
    }));
    isOver = true;
    await feeding;
    stranger.close();
    expect(joins).to.equal(200);
    await eventually('all rows', async () => (await seen()).length >= sent);
    expect((await bench.job(job)).restarts).to.equal(0);
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await feed();
    await eventually('all rows', async () => (await seen()).length >= sent);
    expect(await seen()).to.deep.equal(Array.from({ length: sent }, (_, n) => n));
    expect((await bench.job(job)).lastError ?? undefined).to.equal(undefined);
    await bench.sql(`STOP JOB '${job}'`);
  });
});
