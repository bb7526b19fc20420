/**
 * The client through a proxy that (a) lowers the versions the broker offers, so that the encodings for brokers from 2.0 on are used, and
 * (b) answers with errors in place of successes and cuts connections, at random by a seed: acknowledgements get lost after the
 * broker has written, leaders seem to move, coordinators to load. Nothing may be lost, doubled or reordered.
 */
import { expect } from 'chai';
import type { Clock } from '../../core/ports/clock.ts';
import { systemClock } from '../../runtime/connectors/kafka/client/clock.ts';
import { KafkaClient, KafkaClientConfig } from '../../runtime/connectors/kafka/client/index.ts';
import { APIS } from '../../runtime/connectors/kafka/client/wire/apis.ts';
import { canStartLocalBroker, startLocalBroker, type LocalBroker } from '../../tools/services/kafka-broker.ts';
import { freePorts } from '../../tools/services/support.ts';
import { Proxy, type Asked } from './proxy.ts';
import { freshTopic, handler, randomFrom, readAll, uniqueName, until, type PlainRecord } from './support.ts';

describe('kafka through a proxy', function () {
  this.timeout(60_000);
  let broker: LocalBroker, proxy: Proxy, address: string, onAnswer: (asked: Pick<Asked, 'key'>, frame: Buffer) => boolean = () => true;
  before(async function () {
    if (!await canStartLocalBroker()) this.skip();
    const [port] = await freePorts(1);
    address = `127.0.0.1:${port}`;
    broker = await startLocalBroker({ properties: { 'advertised.listeners': `PLAINTEXT://${address}` } });
    proxy = await new Proxy(port!, broker.bootstrap, { onAnswer: (asked, frame) => (onAnswer(asked, frame) ? 'pass' : 'cut') }).listen();
  });
  after(async () => {
    proxy?.close();
    await broker?.stop();
  });
  const committedRecords = async (client: KafkaClient, topic: string, count: number): Promise<PlainRecord[]> => {
    let records = await readAll(client, topic, { isolation: 'read_committed' });
    for (let n = 0; n < 200 && records.length < count; n++) records = await readAll(client, topic, { isolation: 'read_committed' });
    return records;
  };

  const span = Math.max(...Object.values(APIS).map((a) => a.max - a.min));
  for (let lowered = 0; lowered <= span; lowered++) {
    it(`speaks each call ${lowered} versions below the newest we know, or in the oldest`, async () => {
      onAnswer = ({ key }, frame) => {
        // ApiVersions v0: code, then key, least, greatest of each call.
        if (key === 18) for (let i = 0, at = 10; i < frame.readInt32BE(6); i++, at += 6) {
          const ours = Object.values(APIS).find((a) => a.key === frame.readInt16BE(at));
          if (ours !== undefined) frame.writeInt16BE(Math.max(frame.readInt16BE(at + 2), ours.min, Math.min(frame.readInt16BE(at + 4), ours.max - lowered)), at + 4);
        }
        return true;
      };
      const client = KafkaClient.of(address), group = uniqueName('old');
      const topic = await freshTopic(client, 'old', 2, { 'cleanup.policy': 'delete' });
      const [meta] = await client.describeTopics([topic]);
      expect(meta!.partitions.map((p) => [p.partition, p.leader])).to.deep.equal([[0, 1], [1, 1]]);
      expect(meta!.topicId === undefined).to.equal(lowered > 2);
      const producer = client.producer({ transactionalId: uniqueName('old'), compression: 'lz4' });
      await producer.init();
      const target = await producer.topic(topic);
      for (const outcome of ['abort', 'commit'] as const) {
        producer.beginTransaction();
        for (let i = 0; i < 100; i++) { const v = Buffer.from(`${outcome} ${i}`); producer.append(target, i % 2, v, 0, v.length, v, 0, v.length, 1_790_000_000_000 + i, null); }
        await producer.flush();
        if (outcome === 'commit') await producer.commitTransaction(); else await producer.abortTransaction();
      }
      expect((await committedRecords(client, topic, 100)).map((r) => r.value)).to.have.members(Array.from({ length: 100 }, (_, i) => `commit ${i}`));
      expect((await readAll(client, topic)).length).to.equal(200);
      expect((await client.listOffsets([{ topic, partition: 1 }], { timestampMs: 1_790_000_000_050 }))[0]!.offset).to.equal(25);
      await client.commitOffsets(group, [{ topic, partition: 0, offset: 7, metadata: 'x' }]);
      expect(await client.committedOffsets(group, [{ topic, partition: 0 }, { topic, partition: 1 }])).to.deep.include({ topic, partition: 0, offset: 7, metadata: 'x' });
      expect((await client.describeGroup(group)).state).to.equal('Empty');
      expect((await client.describeTopicConfig(topic, ['cleanup.policy'])).get('cleanup.policy')).to.equal('delete');
      await client.createPartitions(topic, 3);
      await client.deleteRecords([{ topic, partition: 0, offset: 10 }]);
      expect((await client.listOffsets([{ topic, partition: 0 }], 'earliest'))[0]!.offset).to.equal(10);
      await client.deleteTopics([topic]);
      await client.close();
    });
  }

  it('sends nothing while a broker asks for a pause (throttle_time_ms), and goes on after it', async () => {
    // A clock that holds long timers until the test lets the time pass.
    let passedMs = 0;
    const held: (() => void)[] = [], PAUSE_MS = 1_000_000;
    const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + passedMs, after: (ms, action) => { if (ms < PAUSE_MS / 2) return systemClock.after(ms, action); held.push(action); return () => {}; } };
    const letPass = (): void => { passedMs += PAUSE_MS; for (const action of held.splice(0)) action(); };
    const answers = new Map<number, number>();
    let throttled = -1;
    onAnswer = ({ key }, frame) => {
      answers.set(key, (answers.get(key) ?? 0) + 1);
      if (key !== throttled) return true;
      throttled = -1;
      frame.writeInt32BE(PAUSE_MS, key === APIS.fetch.key ? 5 : frame.length - 4);
      return true;
    };
    const client = new KafkaClient(KafkaClientConfig.fromProperties(new Map([['bootstrap.servers', address]])), clock), topic = await freshTopic(client, 'throttle');
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic), v = Buffer.from('v');
    let seen = 0, wrong: unknown;
    const fetcher = client.fetcher<null>(handler((e) => { wrong = e; }, { onRecords(_, b) { seen += b.count; } })), p = fetcher.add({ topic, partition: 0 }, 0, null);
    const write = async (): Promise<void> => { producer.append(target, 0, null, -1, -1, v, 0, 1, 1, null); await producer.flush(); };
    /** Enough for an answer to have come if one had been asked for. */
    const meanwhile = async (): Promise<void> => { for (let i = 0; i < 20; i++) await client.listOffsets([{ topic, partition: 0 }], 'latest'); };
    await write();
    await until(() => seen === 1);
    throttled = APIS.fetch.key;
    await until(() => held.length === 1);
    const fetches = answers.get(APIS.fetch.key);
    await write();
    await meanwhile();
    expect([answers.get(APIS.fetch.key), seen, p.position]).to.deep.equal([fetches, 1, 1]);
    letPass();
    await until(() => seen === 2);
    throttled = APIS.produce.key;
    await write();
    const produced = answers.get(APIS.produce.key), third = write();
    await until(() => held.length === 1);
    await meanwhile();
    expect([answers.get(APIS.produce.key), seen]).to.deep.equal([produced, 3]);
    letPass();
    await third;
    await until(() => seen === 4);
    expect([wrong, producer.failure]).to.deep.equal([undefined, undefined]);
    await client.close();
  });

  /** Position of the first error code in an answer with at least one partition, and codes worth a retry; by API key. */
  const injectable: Readonly<Record<number, { at: (frame: Buffer) => number; codes: readonly number[] }>> = {
    [APIS.produce.key]: { at: (f) => f.readInt32BE(4) === 0 ? -1 : 18 + f.readInt16BE(8), codes: [6, 7, 9, 13, 20, 3] },
    // Up to here: correlation id, tags, throttle, code, session, topic count, id, partition count, partition.
    [APIS.fetch.key]: { at: (f) => f.length < 50 || f[15] === 1 || f[32] === 1 ? -1 : 37, codes: [6, 9, 56, 74, 3] },
    [APIS.initProducerId.key]: { at: () => 8, codes: [14, 15, 16, 51] },
    [APIS.addPartitionsToTxn.key]: { at: (f) => f.readInt32BE(8) === 0 ? -1 : 22 + f.readInt16BE(12), codes: [14, 15, 16, 51] },
    [APIS.endTxn.key]: { at: () => 8, codes: [14, 15, 16] },
    [APIS.metadata.key]: { at: () => -1, codes: [] },
    [APIS.findCoordinator.key]: { at: () => -1, codes: [] },
  };

  for (const seed of (process.env['RIVULET_SEEDS'] ?? '1,2').split(',').map(Number)) {
    it(`loses, doubles and reorders nothing when answers fail and connections break, seed ${seed}`, async () => {
      const random = randomFrom(seed);
      let injected = 0, cut = 0, quiet = true;
      onAnswer = ({ key }, frame) => {
        const place = injectable[key];
        if (quiet || place === undefined || random() > 0.15) return true;
        if (random() < 0.2) { cut++; return false; }
        const at = place.at(frame);
        if (at >= 0) { frame.writeInt16BE(place.codes[Math.floor(random() * place.codes.length)]!, at); injected++; }
        return true;
      };
      const client = KafkaClient.of(address, { 'retry.backoff.ms': '20', 'reconnect.backoff.ms': '10', 'reconnect.backoff.max.ms': '40' });
      const topic = await freshTopic(client, 'inject', 3);
      const transactional = seed % 2 === 0;
      const producer = client.producer({ batchSizeBytes: 400, ...(transactional ? { transactionalId: uniqueName('inject') } : {}) });
      quiet = false;
      await producer.init();
      const target = await producer.topic(topic);
      const seen: number[] = [0, 0, 0], at: number[] = [-1, -1, -1];
      let wrong: unknown;
      const fetcher = client.fetcher<null>(handler((e) => { wrong = e; }, {
        onRecords(p, batch) {
          // Offsets of what is handed over rise without holes but for markers.
          if (batch.baseOffset <= at[p.partition]!) wrong = new RangeError(`offset ${batch.baseOffset} after ${at[p.partition]}`);
          at[p.partition] = batch.baseOffset + batch.count - 1;
          seen[p.partition]! += batch.count;
        },
      }), { isolation: 'read_committed' });
      for (const partition of [0, 1, 2]) fetcher.add({ topic, partition }, 0, null);
      let written = 0;
      for (let round = 0; round < 60; round++) {
        if (transactional) producer.beginTransaction();
        const stop = written + 50;
        for (; written < stop; written++) { const v = Buffer.from(`${written}`); producer.append(target, written % 3, null, -1, -1, v, 0, v.length, Date.now(), null); }
        if (transactional) await producer.commitTransaction(); else await producer.flush();
      }
      await until(() => seen[0]! + seen[1]! + seen[2]! >= written || wrong !== undefined);
      quiet = true;
      const records = await committedRecords(client, topic, written);
      for (const partition of [0, 1, 2]) expect(records.filter((r) => r.partition === partition).map((r) => Number(r.value))).to.deep.equal(Array.from({ length: 1000 }, (_, i) => i * 3 + partition));
      expect([wrong, seen, producer.failure]).to.deep.equal([undefined, [1000, 1000, 1000], undefined]);
      expect(injected).to.be.greaterThan(5);
      expect(cut).to.be.greaterThan(0);
      await client.close();
    });
  }
});
