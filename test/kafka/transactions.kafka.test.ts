/** Transactions: what read_committed shows, ending by stored identity after a crash, fencing, expiry. */
import { expect } from 'chai';
import { Kafka, logLevel } from 'kafkajs';
import { RivuletError } from '../../core/errors/define.ts';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import type { Producer, ProducerTopic } from '../../runtime/connectors/kafka/client/types.ts';
import { BOOTSTRAP, freshTopic, handler, readAll, uniqueName, until } from './support.ts';

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';

describe('kafka transactions', () => {
  const client = KafkaClient.of(BOOTSTRAP), made: string[] = [], producers: Producer[] = [];
  const topicFor = async (base: string, partitions = 1): Promise<string> => { const t = await freshTopic(client, base, partitions); made.push(t); return t; };
  const writer = async (transactionalId: string, transactionTimeoutMs = 60_000): Promise<Producer> => {
    const producer = client.producer({ transactionalId, transactionTimeoutMs, batchSizeBytes: 500 });
    producers.push(producer);
    await producer.init();
    return producer;
  };
  const write = (producer: Producer, topic: ProducerTopic, texts: readonly string[]): void => {
    for (const [i, text] of texts.entries()) { const v = Buffer.from(text); producer.append(topic, i % topic.partitionCount, null, -1, -1, v, 0, v.length, i, null); }
  };
  const committed = async (topic: string): Promise<(string | null)[]> => (await readAll(client, topic, { isolation: 'read_committed' })).map((r) => r.value).sort();
  const failure = async (work: Promise<unknown>): Promise<RivuletError> => {
    try { await work; } catch (e) { expect(e).to.be.instanceOf(RivuletError); return e as RivuletError; }
    throw new RangeError('it should have failed');
  };
  const texts = (name: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${name}${String(i).padStart(3, '0')}`);
  after(async () => {
    for (const p of producers) await p.close();
    await client.deleteTopics(made);
    await client.close();
  });

  it('shows committed records only, over several transactions of one producer', async () => {
    const topic = await topicFor('txn', 3), producer = await writer(uniqueName('txn')), target = await producer.topic(topic);
    const expected: string[] = [];
    for (let n = 0; n < 6; n++) {
      producer.beginTransaction();
      write(producer, target, texts(`t${n}-`, 50));
      await producer.flush();
      if (n % 2 === 0) { await producer.commitTransaction(); expected.push(...texts(`t${n}-`, 50)); } else await producer.abortTransaction();
    }
    producer.beginTransaction();
    await producer.commitTransaction();   // an empty one costs nothing
    await until2(async () => (await committed(topic)).length === expected.length);
    expect(await committed(topic)).to.deep.equal(expected.sort());
    expect((await readAll(client, topic)).length).to.equal(300);
  });

  it('aborts with records not yet sent and goes on', async () => {
    const topic = await topicFor('drop'), producer = await writer(uniqueName('drop')), target = await producer.topic(topic);
    producer.beginTransaction();
    write(producer, target, texts('lost', 200));
    await producer.abortTransaction();
    expect(producer.bufferedBytes).to.equal(0);
    producer.beginTransaction();
    write(producer, target, texts('kept', 20));
    await producer.commitTransaction();
    await until2(async () => (await committed(topic)).length > 0);
    expect(await committed(topic)).to.deep.equal(texts('kept', 20));
  });

  it('ends the transaction of a dead writer by its stored identity, before init would abort it', async () => {
    for (const outcome of ['commit', 'abort'] as const) {
      const topic = await topicFor(`stored-${outcome}`), id = uniqueName('stored');
      const dead = await writer(id), target = await dead.topic(topic);
      dead.beginTransaction();
      write(dead, target, texts('a', 30));
      await dead.flush();
      const stored = structuredClone(JSON.parse(JSON.stringify(dead.storedTransaction)) as NonNullable<Producer['storedTransaction']>);
      await dead.close();
      expect(await committed(topic)).to.deep.equal([]);
      const other = KafkaClient.of(BOOTSTRAP);
      await other.endTransactionWith(stored, outcome);
      await other.endTransactionWith(stored, outcome);   // a repeat after a crash in between succeeds too
      await other.close();
      const next = await writer(id), nextTarget = await next.topic(topic);
      next.beginTransaction();
      write(next, nextTarget, texts('b', 3));
      await next.commitTransaction();
      const expected = [...outcome === 'commit' ? texts('a', 30) : [], ...texts('b', 3)];
      await until2(async () => (await committed(topic)).length === expected.length);
      expect(await committed(topic)).to.deep.equal(expected);
      const late = await failure(client.endTransactionWith(stored, 'commit'));
      expect([late.code, late.message]).to.deep.equal(['kafka-transaction-lost', late.message]);
      expect(late.message).to.match(/^Kafka no longer knows the prepared transaction ".*" \((PRODUCER_FENCED|INVALID_PRODUCER_EPOCH)\)$/);
    }
  });

  it('reports a stored transaction that was ended the other way', async () => {
    const topic = await topicFor('otherway'), id = uniqueName('otherway'), dead = await writer(id), target = await dead.topic(topic);
    dead.beginTransaction();
    write(dead, target, texts('a', 3));
    await dead.flush();
    await client.endTransactionWith(dead.storedTransaction!, 'abort');
    const e = await failure(until3(async () => { await client.endTransactionWith(dead.storedTransaction!, 'commit'); }));
    expect(e.code).to.equal('kafka-transaction-lost');
    expect(e.message).to.contain('INVALID_TXN_STATE');
  });

  it('fences the older of two writers with one transactional id', async () => {
    const topic = await topicFor('fence'), id = uniqueName('fence'), older = await writer(id), target = await older.topic(topic);
    older.beginTransaction();
    write(older, target, ['x']);
    await older.flush();
    const newer = await writer(id);
    write(older, target, ['y']);
    const e = await failure(older.flush().then(async () => { await older.commitTransaction(); }));
    expect(['kafka-producer-fenced', 'kafka-transaction-lost']).to.include(e.code);
    expect(older.failure).to.equal(e);
    expect(() => { write(older, target, ['z']); }).to.throw(RivuletError);
    newer.beginTransaction();
    write(newer, await newer.topic(topic), ['n']);
    await newer.commitTransaction();
    await until2(async () => (await committed(topic)).length === 1);
    expect(await committed(topic)).to.deep.equal(['n']);
  });

  it('waits behind the open transaction of somebody else, and hides its records when it is aborted', async () => {
    const topic = await topicFor('open');
    const judge = new Kafka({ brokers: [BOOTSTRAP], logLevel: logLevel.ERROR });
    const theirs = judge.producer({ transactionalId: uniqueName('theirs'), maxInFlightRequests: 1, idempotent: true });
    await theirs.connect();
    const txn = await theirs.transaction();
    await txn.send({ topic, messages: texts('hidden', 10).map((value) => ({ value })) });
    const plainWriter = client.producer();
    await plainWriter.init();
    write(plainWriter, await plainWriter.topic(topic), texts('plain', 10));
    await plainWriter.flush();
    await plainWriter.close();
    let seen = 0, dirty = 0, wrong: unknown;
    const fetcher = client.fetcher<null>(handler((e) => { wrong = e; }, { onRecords(_, b) { seen += b.count; } }), { isolation: 'read_committed' });
    const p = fetcher.add({ topic, partition: 0 }, 0, null);
    const dirtyFetcher = client.fetcher<null>(handler((e) => { wrong = e; }, { onRecords(_, b) { dirty += b.count; } }), { isolation: 'read_uncommitted' });
    dirtyFetcher.add({ topic, partition: 0 }, 0, null);
    await until(() => dirty === 20 && p.highWatermark === 20);
    expect([seen, p.visibleEnd, p.position]).to.deep.equal([0, 0, 0]);
    await txn.abort();
    await until(() => seen === 10 && p.position === 21);
    fetcher.close();
    dirtyFetcher.close();
    await theirs.disconnect();
    expect(wrong).to.equal(undefined);
    expect(await committed(topic)).to.deep.equal(texts('plain', 10));
  });

  it('names the limit when the transaction timeout is above the broker\'s', async () => {
    const e = await failure(writer(uniqueName('timeout'), 2_000_000_000));
    expect(e.message).to.contain('INVALID_TRANSACTION_TIMEOUT');
    expect(e.hint).to.contain('transaction.max.timeout.ms');
  });
});

async function until2(condition: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 500; n++) {
    if (await condition()) return;
    await new Promise((r) => { setTimeout(r, 20); });
  }
  throw new RangeError('condition not met');
}
/** Repeats what succeeds until it fails. */
async function until3(work: () => Promise<void>): Promise<void> { for (let n = 0; n < 100; n++) await work(); }
