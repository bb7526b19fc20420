/** The exactly-once writer by itself, at moments a killed process hits only by luck: what of its transactions a restart ends, and how. */
import { expect } from 'chai';
import type { Json } from '../../catalog/registry/connectors.ts';
import { ChangeBatch } from '../../core/row/batch.ts';
import { STRING } from '../../core/types/sql-type.ts';
import type { SinkNode } from '../../planner/physical/plan.ts';
import type { SinkContext, SinkWriter } from '../../runtime/connectors/contract.ts';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import type { ProducerTopic } from '../../runtime/connectors/kafka/client/types.ts';
import { ProducerLanes, type Lane } from '../../runtime/connectors/kafka/lanes.ts';
import { kafkaSink } from '../../runtime/connectors/kafka/sink.ts';
import type { KafkaSinkSpec } from '../../runtime/connectors/kafka/spec.ts';
import { bootstrap, eventually } from '../e2e/server-process.ts';
import { freshTopic, readAll } from '../kafka/support.ts';

describe('exactly-once writer', function () {
  this.timeout(60_000);
  const client = KafkaClient.of(bootstrap()), made: string[] = [], writers: SinkWriter[] = [];
  after(async () => {
    for (const writer of writers) await writer.close();
    await client.deleteTopics(made);
    await client.close();
  });
  const context = (subtask = 0, parallelism = 1): SinkContext => ({ subtask, parallelism, jobId: 'job', bounded: false, timeZone: 'UTC', counter: () => ({ value: 0 }), log: () => {}, nowMs: Date.now, columns: [], print: () => {} });
  async function nodeOf(base: string): Promise<SinkNode> {
    const topic = await freshTopic(client, base);
    made.push(topic);
    const spec: KafkaSinkSpec = {
      table: 't', topic, properties: { 'bootstrap.servers': bootstrap() }, key: null, upsert: false, guarantee: 'exactly-once', transactionalIdPrefix: topic, partitioner: 'default', bufferRows: 0, bufferMs: 0,
      value: { format: 'raw', settings: { charset: 'UTF-8', littleEndian: false }, fields: [{ name: 's', type: STRING, field: 0 }] },
    };
    return { id: 'n', type: 'sink', connector: 'kafka', spec: spec as unknown as Json, fields: [{ kind: 'physical', field: 0 }], table: 't', notNull: { columns: [], policy: 'error' } } as unknown as SinkNode;
  }
  async function open(node: SinkNode, of = context()): Promise<SinkWriter> {
    const writer = kafkaSink.create(node, of);
    writers.push(writer);
    await writer.open();
    return writer;
  }
  const topicOf = (node: SinkNode): string => (node.spec as unknown as KafkaSinkSpec).topic;
  const visible = async (node: SinkNode): Promise<string[]> => (await readAll(client, topicOf(node), { isolation: 'read_committed' })).map((r) => r.value ?? '');
  /** Writes a row and waits until the broker has it. */
  async function write(node: SinkNode, writer: SinkWriter, text: string): Promise<void> {
    await writer.ready();
    const batch = new ChangeBatch([[text]]);
    batch.size = 1;
    writer.push(batch);
    writer.idle?.();
    await eventually(`row ${text} at the broker`, async () => (await readAll(client, topicOf(node), { isolation: 'read_uncommitted' })).some((r) => r.value === text));
  }
  /** Nobody asks the writer for anything any more, as if its process had died; it is closed behind the tests, a zombie by then. */
  const die = async (_writer: SinkWriter): Promise<void> => {};

  it('rows of an epoch stand before those of the next in the log, however long the rest of the epoch takes', async () => {
    const topic = await freshTopic(client, 'order'), lanes = new ProducerLanes({ client, guarantee: 'exactly-once', prefix: topic, subtask: 0, parallelism: 1 });
    made.push(topic);
    await lanes.open();
    await lanes.topic(topic);
    const append = (lane: Lane, text: string): void => { const bytes = Buffer.from(text); lane.producer.append(lane.topics[0] as ProducerTopic, 0, bytes, 0, bytes.length, bytes, 0, bytes.length, Date.now(), null); };
    const values = async (): Promise<(string | null)[]> => (await readAll(client, topic, { isolation: 'read_uncommitted' })).map((r) => r.value);
    for (let epoch = 1; epoch <= 6; epoch++) {
      const lane = lanes.current;
      let finish: () => void = () => {};
      const prepared = lanes.prepare(new Promise<void>((resolve) => { finish = resolve; })), before = (await values()).length;
      append(lanes.current, `${epoch + 1} first`);
      lanes.send();
      // Long enough for a record that is not held back.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(await values(), 'nothing of the next epoch yet').to.have.length(before);
      append(lane, `${epoch} last`);
      finish();
      await lanes.commit(await prepared);
      await eventually('the next epoch to follow', async () => (await values()).includes(`${epoch + 1} first`));
    }
    expect(await values()).to.deep.equal(['1 last', '2 first', '2 last', '3 first', '3 last', '4 first', '4 last', '5 first', '5 last', '6 first', '6 last', '7 first']);
    await lanes.close();
  });
  it('a restart commits what the checkpoint names and nothing that was begun behind it, however many epochs ago', async () => {
    for (const epochs of [1, 2, 3, 4, 5, 6, 7]) {
      const node = await nodeOf('behind'), writer = await open(node);
      let newest: Json = null;
      for (let epoch = 1; epoch <= epochs; epoch++) {
        await write(node, writer, `e${epoch}`);
        newest = await writer.prepare(epoch);
        await writer.commit(newest);
      }
      // The next epoch is prepared but its checkpoint never becomes durable; rows behind it are at the broker already.
      await write(node, writer, 'prepared');
      await writer.prepare(epochs + 1);
      await write(node, writer, 'begun');
      await die(writer);
      await kafkaSink.recover?.(node, [newest], context());
      const next = await open(node);
      await write(node, next, 'again');
      await next.commit(await next.prepare(epochs + 2));
      await eventually('the new row', async () => (await visible(node)).includes('again'));
      expect(await visible(node)).to.deep.equal([...Array.from({ length: epochs }, (_, i) => `e${i + 1}`), 'again']);
    }
  });
  it('falling back to the checkpoint before the newest commits nothing of later epochs', async () => {
    const node = await nodeOf('fallback'), writer = await open(node);
    await write(node, writer, 'one');
    const first = await writer.prepare(1);
    await writer.commit(first);
    await write(node, writer, 'two');
    await writer.commit(await writer.prepare(2));
    await write(node, writer, 'three');
    await writer.prepare(3);
    await write(node, writer, 'four');
    await die(writer);
    await kafkaSink.recover?.(node, [first], context());
    await open(node);
    expect(await visible(node)).to.deep.equal(['one', 'two']);
  });
  it('restores from the same checkpoint again and again, with writers opened in between', async () => {
    const node = await nodeOf('again'), writer = await open(node);
    await write(node, writer, 'kept');
    const named = await writer.prepare(1);
    await write(node, writer, 'begun');
    await die(writer);
    for (let restart = 0; restart < 3; restart++) {
      await kafkaSink.recover?.(node, [named], context());
      const next = await open(node);
      await write(node, next, `begun by restart ${restart}`);
      await die(next);
    }
    await kafkaSink.recover?.(node, [named], context());
    const last = await open(node);
    await write(node, last, 'end');
    await last.commit(await last.prepare(2));
    await eventually('the end', async () => (await visible(node)).includes('end'));
    expect(await visible(node)).to.deep.equal(['kept', 'end']);
  });
  it('with fewer subtasks than before, the transactions of those that are gone are aborted', async () => {
    const node = await nodeOf('fewer'), writers2 = [await open(node, context(0, 2)), await open(node, context(1, 2))] as const;
    await write(node, writers2[0], 'a');
    await write(node, writers2[1], 'b');
    const named = [await writers2[0].prepare(1), await writers2[1].prepare(1)];
    await write(node, writers2[1], 'left open');
    for (const writer of writers2) await die(writer);
    await kafkaSink.recover?.(node, named, context(0, 1));
    const next = await open(node, context(0, 1));
    await write(node, next, 'c');
    await next.commit(await next.prepare(2));
    await eventually('a reader to get past what was left open', async () => (await visible(node)).includes('c'));
    expect((await visible(node)).sort()).to.deep.equal(['a', 'b', 'c']);
  });
  it('… also when the checkpoint names no transaction', async () => {
    const node = await nodeOf('none'), gone = await open(node, context(1, 2));
    await write(node, gone, 'left open');
    await die(gone);
    await kafkaSink.recover?.(node, [], context(0, 1), 2);
    const next = await open(node, context(0, 1));
    await write(node, next, 'c');
    await next.commit(await next.prepare(2));
    await eventually('a reader to get past what was left open', async () => (await visible(node)).includes('c'));
    expect(await visible(node)).to.deep.equal(['c']);
  });
  it('a writer that closes aborts what it has open, and nothing that is prepared', async () => {
    const node = await nodeOf('closing'), writer = await open(node);
    await write(node, writer, 'prepared');
    const named = await writer.prepare(1);
    await write(node, writer, 'open');
    await writer.close();
    const plain = client.producer({});
    await plain.init();
    const topic = await plain.topic(topicOf(node)), bytes = Buffer.from('plain');
    plain.append(topic, 0, null, -1, -1, bytes, 0, bytes.length, Date.now(), null);
    await plain.flush();
    await plain.close();
    expect(await visible(node), 'the prepared one still stands before readers').to.deep.equal([]);
    await kafkaSink.recover?.(node, [named], context());
    await eventually('readers to get past', async () => (await visible(node)).length === 2);
    expect(await visible(node)).to.deep.equal(['prepared', 'plain']);
  });
  it('a zombie that closes late does not disturb its successor', async () => {
    const node = await nodeOf('zombie'), zombie = await open(node);
    await write(node, zombie, 'of the zombie');
    const next = await open(node);
    await write(node, next, 'of the successor');
    await zombie.close();
    await next.commit(await next.prepare(1));
    await eventually('the row', async () => (await visible(node)).length === 1);
    expect(await visible(node)).to.deep.equal(['of the successor']);
  });
  it('A12: a transaction that Kafka has aborted is reported as lost, not passed over', async () => {
    const node = await nodeOf('lost'), writer = await open(node);
    await write(node, writer, 'lost');
    const named = await writer.prepare(1);
    await die(writer);
    // What the broker's timeout does: aborts, under a newer epoch of the producer.
    const other = client.producer({ transactionalId: (named as { transactionalId: string }).transactionalId });
    await other.init();
    await other.close();
    let code: unknown;
    try { await kafkaSink.recover?.(node, [named], context()); } catch (error) { code = (error as { code?: string }).code; }
    expect(code).to.equal('kafka-transaction-lost');
    expect(await visible(node)).to.deep.equal([]);
  });
});
