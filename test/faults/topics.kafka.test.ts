/** What happens to topics, groups and processes behind a running job's back: A10, A13, C3–C5, C7–C9 of the fault list. */
import { expect } from 'chai';
import { Bench, eventually } from './support.ts';

describe('faults: topics and processes', function () {
  this.timeout(60_000);
  let bench: Bench;
  before(async () => { bench = await Bench.open('topics'); });
  after(async () => { await bench?.close(); });
  const counting = (base: string, options: Readonly<Record<string, string>> = {}): string => `CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with(base, options)}; CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM t`;
  const checkpointed = async (job: string, atLeast = 1): Promise<void> => { await eventually('a checkpoint', async () => (await bench.job(job)).checkpoints.filter((c) => c.status === 'completed').length >= atLeast); };

  it('C3: a topic deleted and made again fails its job, which names it', async () => {
    await bench.topic('again');
    await bench.values('again', ['{"n":1}', '{"n":2}', '{"n":3}']);
    const job = await bench.submit(counting('again'));
    await bench.printed(job, 3);
    await checkpointed(job);
    await bench.kafka.deleteTopics([bench.name('again')]);
    await eventually('the topic to be gone', async () => !(await bench.kafka.listTopics()).includes(bench.name('again')));
    await eventually('the topic to be made again', async () => { await bench.topic('again'); return true; });
    expect(await bench.failure(job)).to.contain(bench.name('again')).and.match(/deleted|out of range/);
  });
  it('C4: records deleted below the stored position while the server was down: fails with offset and ends of the log, goes on when told', async () => {
    await bench.topic('short');
    await bench.values('short', ['{"n":1}', '{"n":2}']);
    const plain = await bench.submit(counting('short')), told = await bench.submit(counting('short', { 'properties.auto.offset.reset': 'earliest' }));
    for (const job of [plain, told]) { await bench.printed(job, 2); await checkpointed(job); }
    await bench.server.end('SIGKILL');
    await bench.values('short', ['{"n":3}', '{"n":4}', '{"n":5}']);
    await bench.kafka.deleteRecords([{ topic: bench.name('short'), partition: 0, offset: 4 }]);
    await bench.server.launch();
    expect(await bench.failure(plain)).to.match(/offset 2\b/).and.match(/4 to 5/).and.contain(bench.name('short'));
    expect((await bench.printed(told, 1)).at(-1)).to.equal('+I[5]');
    await bench.sql(`STOP JOB '${told}'`);
  });
  it('C5: a partition added to the topic is read from its start', async () => {
    await bench.topic('grow');
    await bench.values('grow', ['{"n":1}']);
    const job = await bench.submit(counting('grow', { 'scan.topic-partition-discovery.interval': '200 ms' }));
    await bench.printed(job, 1);
    await bench.kafka.createPartitions(bench.name('grow'), 2);
    await eventually('the new partition', async () => (await bench.kafka.describeTopics([bench.name('grow')]))[0]?.partitions.length === 2);
    const writer = bench.kafka.producer(), bytes = Buffer.from('{"n":2}');
    await writer.init();
    writer.append(await writer.topic(bench.name('grow')), 1, null, -1, -1, bytes, 0, bytes.length, Date.now(), null);
    await writer.flush();
    await writer.close();
    expect(await bench.printed(job, 2)).to.deep.equal(['+I[1]', '+I[2]']);
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('C7: an open transaction holds a read_committed source; aborted records never show', async () => {
    await bench.topic('open');
    const job = await bench.submit(counting('open', { 'properties.isolation.level': 'read_committed' }));
    const writer = bench.kafka.producer({ transactionalId: bench.name('foreign') });
    await writer.init();
    const topic = await writer.topic(bench.name('open'));
    const write = async (n: number): Promise<void> => { const b = Buffer.from(`{"n":${n}}`); writer.append(topic, 0, null, -1, -1, b, 0, b.length, Date.now(), null); await writer.flush(); };
    writer.beginTransaction();
    await write(1);
    await writer.abortTransaction();
    writer.beginTransaction();
    await write(2);
    await bench.values('open', ['{"n":3}']);
    await writer.commitTransaction();
    expect(await bench.printed(job, 2)).to.deep.equal(['+I[2]', '+I[3]']);
    await writer.close();
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('C8: what others do to the group has no effect: positions are those of the checkpoint', async () => {
    await bench.topic('group');
    await bench.values('group', ['{"n":1}', '{"n":2}']);
    const group = bench.name('g'), job = await bench.submit(counting('group', { 'properties.group.id': group }));
    await bench.printed(job, 2);
    await checkpointed(job);
    await eventually('the offset of the checkpoint, for monitoring', async () => (await bench.kafka.committedOffsets(group, [{ topic: bench.name('group'), partition: 0 }]))[0]?.offset === 2);
    await bench.kafka.commitOffsets(group, [{ topic: bench.name('group'), partition: 0, offset: 0 }]);
    await bench.server.end('SIGKILL');
    await bench.server.launch();
    await bench.values('group', ['{"n":3}']);
    expect(await bench.printed(job, 1)).to.deep.equal(['+I[3]']);
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('A13: a server that ends tells a client in the middle of a streaming query', async () => {
    await bench.topic('stream');
    await bench.values('stream', ['{"n":1}']);
    const client = await bench.server.connect();
    await client.query(`CREATE TEMPORARY TABLE t (n BIGINT) ${bench.with('stream')}`);
    await client.query("SET 'execution.runtime-mode' = 'STREAMING'");
    const outcome = client.query('SELECT n FROM t').then(() => 'ended', (error: unknown) => (error as { code?: string }).code);
    await eventually('the query to run', async () => /rivulet_queries_running 1\b/.test(await (await fetch(bench.server.url('/metrics'))).text()));
    expect(await bench.server.end('SIGTERM')).to.equal(0);
    expect(await outcome).to.equal('57P01');
    await bench.server.launch();
  });
});
