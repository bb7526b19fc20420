/** The client against a real Kafka, with kafkajs as the second opinion: it writes what we read and reads what we write. */
import { expect } from 'chai';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { RivuletError } from '../../core/errors/define.ts';
import { encodeHeaders, KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import type { Compression, FetchPartition } from '../../runtime/connectors/kafka/client/types.ts';
import { BOOTSTRAP, freshTopic, handler, readAll, uniqueName, until } from './support.ts';

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';

describe('kafka client', () => {
  const client = KafkaClient.of(BOOTSTRAP);
  const judge = new Kafka({ brokers: [BOOTSTRAP], logLevel: logLevel.ERROR });
  const admin = judge.admin(), made: string[] = [];
  const topicFor = async (base: string, partitions = 1, configs: Record<string, string> = {}): Promise<string> => { const t = await freshTopic(client, base, partitions, configs); made.push(t); return t; };
  before(async () => { await admin.connect(); });
  after(async () => {
    await client.deleteTopics(made);
    await client.close();
    await admin.disconnect();
  });
  const failure = async (work: Promise<unknown>): Promise<RivuletError> => {
    try { await work; } catch (e) { expect(e).to.be.instanceOf(RivuletError); return e as RivuletError; }
    throw new RangeError('it should have failed');
  };

  it('reads what kafkajs writes: nulls, headers, timestamps, partitions, gzip', async () => {
    const topic = await topicFor('read', 3);
    const producer = judge.producer();
    await producer.connect();
    const given = Array.from({ length: 300 }, (_, i) => ({
      key: i % 5 === 0 ? null : `key-${i % 17}`, value: i % 7 === 0 ? null : `value ${i} äöü`.repeat(i % 4 + 1), partition: i % 3,
      timestamp: String(1_780_000_000_000 + (i % 3 === 0 ? i * 1_000_000 : -i)), headers: i % 2 ? { a: `h${i}`, __proto__x: '' } : {},
    }));
    for (const [n, compression] of [CompressionTypes.None, CompressionTypes.GZIP].entries()) await producer.send({ topic, compression, messages: given.slice(n * 150, n * 150 + 150) });
    await producer.disconnect();
    const read = await readAll(client, topic);
    const expected = [0, 1, 2].flatMap((partition) => given.filter((g) => g.partition === partition).map((g, offset) => ({
      partition, offset, timestampMs: Number(g.timestamp), key: g.key, value: g.value, headers: Object.entries(g.headers).map(([key, value]) => ({ key, value })),
    })));
    expect(read).to.deep.equal(expected);
  });

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as Compression[]) {
    it(`writes ${compression} so that others can read it`, async () => {
      const topic = await topicFor(`write-${compression}`, 2);
      const producer = client.producer({ compression, batchSizeBytes: 4000 });
      await producer.init();
      const target = await producer.topic(topic);
      const expected: unknown[] = [];
      for (let i = 0; i < 500; i++) {
        const key = i % 6 === 0 ? null : Buffer.from(`k${i}`), value = i % 9 === 0 ? null : Buffer.from(`value number ${i} `.repeat(4));
        const headers = i % 4 === 0 ? encodeHeaders([{ key: 'h', value: `${i}` }, { key: 'n', value: null }]) : null;
        producer.append(target, i % 2, key, 0, key?.length ?? 0, value, 0, value?.length ?? 0, 1_790_000_000_000 + i, headers);
        expected.push({ partition: i % 2, offset: String(i >> 1), timestamp: String(1_790_000_000_000 + i), key: key?.toString() ?? null, value: value?.toString() ?? null, headers: headers === null ? {} : { h: String(i), n: null } });
      }
      await producer.flush();
      expect(producer.bufferedBytes).to.equal(0);
      await producer.close();
      expect((await readAll(client, topic)).map((r) => ({ partition: r.partition, offset: String(r.offset), timestamp: String(r.timestampMs), key: r.key, value: r.value, headers: Object.fromEntries(r.headers.map((h) => [h.key, h.value])) })))
        .to.have.deep.members(expected);
      if (compression !== 'none' && compression !== 'gzip') return;   // kafkajs brings only gzip
      const seen: unknown[] = [];
      const consumer = judge.consumer({ groupId: uniqueName('judge') });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ eachMessage: async ({ partition, message: m }) => {
        seen.push({ partition, offset: m.offset, timestamp: m.timestamp, key: m.key?.toString() ?? null, value: m.value?.toString() ?? null, headers: Object.fromEntries(Object.entries(m.headers ?? {}).map(([k, v]) => [k, v === null || v === undefined ? null : String(v)])) });
      } });
      await until(() => seen.length >= 500);
      await consumer.disconnect();
      expect(seen).to.have.deep.members(expected);
    });
  }

  it('puts keys on the partitions kafkajs puts them on', async () => {
    const topic = await topicFor('partitioner', 7);
    const producer = judge.producer();
    await producer.connect();
    await producer.send({ topic, messages: Array.from({ length: 200 }, (_, i) => ({ key: `${'k'.repeat(i % 9)}${i}`, value: 'x' })) });
    await producer.disconnect();
    const ours = client.producer();
    await ours.init();
    const target = await ours.topic(topic);
    for (const r of await readAll(client, topic)) { const key = Buffer.from(r.key!); expect(target.partitionFor(key, 0, key.length), r.key!).to.equal(r.partition); }
    await ours.close();
  });

  it('spreads records without key over partitions, batch by batch', async () => {
    const topic = await topicFor('sticky', 4);
    const producer = client.producer({ batchSizeBytes: 1000 });
    await producer.init();
    const target = await producer.topic(topic), value = Buffer.from('v'.repeat(100));
    for (let i = 0; i < 200; i++) producer.append(target, target.partitionFor(null, -1, -1), null, -1, -1, value, 0, value.length, i, null);
    await producer.flush();
    await producer.close();
    const counts = [0, 1, 2, 3].map((p) => 0 * p);
    for (const r of await readAll(client, topic)) counts[r.partition]!++;
    expect(counts.reduce((a, b) => a + b)).to.equal(200);
    expect(Math.min(...counts)).to.be.greaterThan(30);
  });

  it('tells offsets: earliest, latest, by time; and deletes records', async () => {
    const topic = await topicFor('offsets');
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic), value = Buffer.from('v');
    for (let i = 0; i < 50; i++) producer.append(target, 0, null, -1, -1, value, 0, 1, 1_790_000_000_000 + i * 1000, null);
    await producer.flush();
    await producer.close();
    const p = [{ topic, partition: 0 }];
    expect(await client.listOffsets(p, 'earliest')).to.deep.equal([{ topic, partition: 0, offset: 0, timestampMs: -1 }]);
    expect(await client.listOffsets(p, 'latest')).to.deep.equal([{ topic, partition: 0, offset: 50, timestampMs: -1 }]);
    expect(await client.listOffsets(p, { timestampMs: 1_790_000_010_500 })).to.deep.equal([{ topic, partition: 0, offset: 11, timestampMs: 1_790_000_011_000 }]);
    expect((await client.listOffsets(p, { timestampMs: 1_800_000_000_000 }))[0]!.offset).to.equal(-1);
    await client.deleteRecords([{ topic, partition: 0, offset: 20 }]);
    expect((await client.listOffsets(p, 'earliest'))[0]!.offset).to.equal(20);
    expect((await failure(client.listOffsets([{ topic, partition: 5 }], 'latest'))).message).to.equal(`Kafka refused ListOffsets for partition 5 of topic '${topic}': UNKNOWN_TOPIC_OR_PARTITION`);
  });

  it('commits and reads offsets of a group without joining it, as kafkajs sees them', async () => {
    const topic = await topicFor('groups', 3), group = uniqueName('group');
    expect((await client.committedOffsets(group, [{ topic, partition: 0 }]))[0]!.offset).to.equal(-1);
    await client.commitOffsets(group, [{ topic, partition: 0, offset: 5, metadata: 'm' }, { topic, partition: 2, offset: 0 }]);
    expect(await client.committedOffsets(group, [0, 1, 2].map((partition) => ({ topic, partition })))).to.deep.equal([
      { topic, partition: 0, offset: 5, metadata: 'm' }, { topic, partition: 1, offset: -1, metadata: '' }, { topic, partition: 2, offset: 0, metadata: '' }]);
    const [theirs] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    expect(theirs!.partitions.map((p) => [p.partition, p.offset]).sort()).to.deep.equal([[0, '5'], [1, '-1'], [2, '0']]);
    expect(await client.describeGroup(group)).to.deep.equal({ group, state: 'Empty', memberCount: 0 });
    expect((await client.describeGroup(uniqueName('nobody'))).memberCount).to.equal(0);
  });

  it('is refused the offsets of a group with live members', async () => {
    const topic = await topicFor('alive'), group = uniqueName('alive');
    const consumer = judge.consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topic });
    const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
    await consumer.run({ eachMessage: async () => {} });
    await joined;
    expect((await client.describeGroup(group)).memberCount).to.equal(1);
    expect((await failure(client.commitOffsets(group, [{ topic, partition: 0, offset: 1 }]))).message).to.equal(`Kafka refused OffsetCommit for group '${group}': UNKNOWN_MEMBER_ID`);
    await consumer.disconnect();
  });

  it('describes, creates, grows and deletes topics', async () => {
    const topic = await topicFor('admin', 2, { 'cleanup.policy': 'compact' });
    expect(await client.describeTopicConfig(topic, ['cleanup.policy'])).to.deep.equal(new Map([['cleanup.policy', 'compact']]));
    expect((await client.describeTopicConfig(topic)).get('compression.type')).to.equal('producer');
    expect((await client.describeBrokerConfig(['transaction.max.timeout.ms'])).get('transaction.max.timeout.ms')).to.match(/^\d+$/);
    await client.createPartitions(topic, 5);
    const [meta] = await client.describeTopics([topic]);
    expect(meta!.partitions.map((p) => p.partition)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(meta!.topicId).to.match(/^[0-9a-f]{32}$/);
    expect(await client.listTopics()).to.include(topic);
    expect((await failure(client.createTopics([{ topic, partitions: 1, replicationFactor: 1 }]))).message).to.equal(`Kafka refused CreateTopics for topic '${topic}': TOPIC_ALREADY_EXISTS`);
    const gone = await freshTopic(client, 'gone');
    await client.deleteTopics([gone]);
    // A broker answers before its own view has caught up with the deletion.
    let after: unknown;
    while (after === undefined) after = await client.describeTopics([gone]).then(() => undefined, (error: unknown) => error);
    expect((after as { code: string }).code).to.equal('kafka-unknown-topic');
    const misspelt = await failure(client.describeTopics([topic.replace('admin', 'amdin')]));
    expect(misspelt.hint).to.contain(topic);
    expect(await client.listTopics()).not.to.include(gone);
  });

  it('reads from any position, follows seeks, pauses and removals, and new records at once', async () => {
    const topic = await topicFor('live', 2);
    const producer = client.producer({ batchSizeBytes: 300 });
    await producer.init();
    const target = await producer.topic(topic);
    const write = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) { const v = Buffer.from(`${i}`); for (const p of [0, 1]) producer.append(target, p, null, -1, -1, v, 0, v.length, i, null); }
      await producer.flush();
    };
    await write(0, 100);
    const seen: [number[], number[]] = [[], []];
    let wrong: unknown, ends = 0;
    const fetcher = client.fetcher<null>(handler((e) => { wrong = e; }, {
      onRecords(partition, batch) {
        for (let i = 0; i < batch.count; i++) seen[partition.partition as 0 | 1].push(batch.baseOffset);
        // Back-pressure: every batch of partition 1 pauses it.
        if (partition.partition === 1) { partition.pause(); setImmediate(() => { partition.resume(); }); }
      },
      onReachedEnd() { ends++; },
    }));
    const [a, b] = [fetcher.add({ topic, partition: 0 }, 37, null), fetcher.add({ topic, partition: 1 }, 0, null)];
    await until(() => seen[0].length === 63 && seen[1].length === 100);
    await until(() => a.highWatermark === 100);
    expect([a.position, a.visibleEnd, b.position]).to.deep.equal([100, 100, 100]);
    b.pause();
    await write(100, 120);
    await until(() => seen[0].length === 83);
    expect(seen[1].length).to.equal(100);
    fetcher.seek(a, 110);
    await until(() => seen[0].length === 93);
    b.resume();
    await until(() => seen[1].length === 120);
    fetcher.remove(a);
    await write(120, 130);
    await until(() => seen[1].length === 130);
    expect(seen[0].length).to.equal(93);
    fetcher.pause();
    await write(130, 131);
    fetcher.resume();
    await until(() => seen[1].length === 131);
    const c = fetcher.add({ topic, partition: 0 }, 125, null, 128);
    await until(() => ends === 1);
    expect(c.position).to.equal(128);
    expect(seen[0].length).to.equal(96);
    expect([wrong, fetcher.outage]).to.deep.equal([undefined, undefined]);
    fetcher.close();
    await producer.close();
  });

  it('tells an offset outside the log and goes on after seek; never jumps by itself', async () => {
    const topic = await topicFor('range');
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic), v = Buffer.from('v');
    for (let i = 0; i < 30; i++) producer.append(target, 0, null, -1, -1, v, 0, 1, i, null);
    await producer.flush();
    await producer.close();
    await client.deleteRecords([{ topic, partition: 0, offset: 10 }]);
    const told: unknown[] = [];
    let seen = 0;
    const fetcher = client.fetcher<null>(handler((e) => told.push(e), {
      onRecords(_, batch) { seen += batch.count; },
      onOffsetOutOfRange(partition, log) { told.push([partition.position, log]); },
    }));
    const p: FetchPartition<null> = fetcher.add({ topic, partition: 0 }, 3, null);
    await until(() => told.length === 1);
    expect([told, seen]).to.deep.equal([[[3, { earliest: 10, latest: 30 }]], 0]);
    fetcher.seek(p, 10);
    await until(() => seen === 20);
    fetcher.seek(p, 31);
    await until(() => told.length === 2);
    expect(told[1]).to.deep.equal([31, { earliest: 10, latest: 30 }]);
    fetcher.close();
  });

  it('notices a topic made again under its name', async () => {
    const topic = await topicFor('again');
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic), v = Buffer.from('v');
    const fill = async (): Promise<void> => { for (let i = 0; i < 10; i++) producer.append(target, 0, null, -1, -1, v, 0, 1, i, null); await producer.flush(); };
    await fill();
    let seen = 0, told: unknown;
    const fetcher = client.fetcher<null>(handler((e) => { told = e; }, { onRecords(_, batch) { seen += batch.count; } }));
    fetcher.add({ topic, partition: 0 }, 0, null);
    await until(() => seen === 10);
    await admin.deleteTopics({ topics: [topic] });
    await until2(async () => !(await client.listTopics()).includes(topic));
    await client.createTopics([{ topic, partitions: 1, replicationFactor: 1 }]);
    await until(() => told !== undefined);
    expect((told as RivuletError).code).to.equal('kafka-topic-replaced');
    expect((told as RivuletError).message).to.equal(`Kafka topic "${topic}" was deleted and made again while it was in use`);
    expect(seen).to.equal(10);
    fetcher.close();
    await producer.close();
  });

  it('skips what compaction removed and keeps offsets', async () => {
    const topic = await topicFor('compact', 1, { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'segment.ms': '100', 'max.compaction.lag.ms': '100' });
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 40; i++) { const k = Buffer.from(`k${i}`), v = Buffer.from(`${round}`); producer.append(target, 0, k, 0, k.length, v, 0, 1, Date.now(), null); }
      await producer.flush();
      await new Promise((r) => { setTimeout(r, 150); });   // beyond segment.ms: the next batch begins a new segment, which alone makes the last one cleanable
    }
    const end = Buffer.from('end');
    producer.append(target, 0, end, 0, 3, end, 0, 3, Date.now(), null);
    await producer.flush();
    await producer.close();
    let records = await readAll(client, topic);
    expect(records.slice(-1)[0]).to.include({ offset: 120, value: 'end' });
    for (let n = 0; n < 100 && records.length > 41; n++) { await new Promise((r) => { setTimeout(r, 200); }); records = await readAll(client, topic); }
    expect(records.map((r) => [r.key, r.offset])).to.deep.equal([...Array.from({ length: 40 }, (_, i) => [`k${i}`, 80 + i]), ['end', 120]]);
    expect((await readAll(client, topic, {}, 100)).length).to.equal(21);
  });
});

async function until2(condition: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 500; n++) {
    if (await condition()) return;
    await new Promise((r) => { setTimeout(r, 20); });
  }
  throw new RangeError('condition not met');
}
