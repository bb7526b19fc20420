/**
 * Fills the topics of the bench once per scale and keeps them: a topic is named after its scale and data version, and one that holds
 * the right number of records is left alone. 4 partitions; bids, auctions and persons go round, the order warehouse by key.
 */
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { RecordWriter, sizesOf } from './records.ts';
import type { Sizes } from './records.ts';
import type { Compression } from '../../runtime/connectors/kafka/client/index.ts';

export const PARTITIONS = 4;
/** Grows when `records.ts` writes other bytes. */
const VERSION = 1;
const SLICE = 5_000;

interface TopicPlan { readonly name: string; readonly count: number; readonly key: string | undefined; readonly compression?: Compression; readonly write: (records: RecordWriter, i: number) => void }

export const topicKinds = ['bid', 'bid-lz4', 'auction', 'person', 'order_dw.user', 'order_dw.order', 'order_dw.feedback'] as const;
export type TopicKind = (typeof topicKinds)[number];

/** What stands in front of the kind in a topic's name. */
export function topicPrefix(scale: number): string { return `rivulet-bench.v${VERSION}.x${scale}.`; }

export function plansOf(sizes: Sizes): Readonly<Record<TopicKind, TopicPlan>> {
  return {
    'bid': { name: 'bid', count: sizes.bids, key: undefined, write: (r, i) => r.bid(i) },
    'bid-lz4': { name: 'bid-lz4', count: sizes.bids, key: undefined, compression: 'lz4', write: (r, i) => r.bid(i) },
    'auction': { name: 'auction', count: sizes.auctions, key: undefined, write: (r, i) => r.auction(i) },
    'person': { name: 'person', count: sizes.persons, key: undefined, write: (r, i) => r.person(i) },
    'order_dw.user': { name: 'order_dw.user', count: sizes.users, key: 'id', write: (r, i) => r.user(i) },
    'order_dw.order': { name: 'order_dw.order', count: sizes.orders, key: 'order_id', write: (r, i) => r.order(i) },
    'order_dw.feedback': { name: 'order_dw.feedback', count: sizes.feedback, key: 'feedback_id', write: (r, i) => r.feedback(i) },
  };
}

/** Makes sure that the topics of these kinds exist and are full; tells of each it had to write. Gives the number of records per kind. */
export async function ensureTopics(bootstrap: string, scale: number, kinds: readonly TopicKind[], tell: (line: string) => void): Promise<ReadonlyMap<TopicKind, number>> {
  const client = KafkaClient.of(bootstrap), sizes = sizesOf(scale), plans = plansOf(sizes), counts = new Map<TopicKind, number>();
  try {
    const existing = new Set(await client.listTopics());
    for (const kind of kinds) {
      const plan = plans[kind], topic = topicPrefix(scale) + kind;
      counts.set(kind, plan.count);
      if (existing.has(topic)) {
        if (await recordCount(client, topic) === plan.count) continue;
        await client.deleteTopics([topic]);
      }
      await createWhenGone(client, topic);
      const from = performance.now(), bytes = await fill(client, topic, sizes, plan), seconds = (performance.now() - from) / 1000;
      tell(`${topic}: ${plan.count.toLocaleString('en')} records of ${(bytes / plan.count).toFixed(0)} bytes written in ${seconds.toFixed(1)} s (${Math.round(plan.count / seconds).toLocaleString('en')}/s)`);
    }
  } finally { await client.close(); }
  return counts;
}

export async function recordCount(client: KafkaClient, topic: string): Promise<number> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition }));
  const [ends, starts] = await Promise.all([client.listOffsets(partitions, 'latest'), client.listOffsets(partitions, 'earliest')]);
  return ends.reduce((n, p) => n + p.offset, 0) - starts.reduce((n, p) => n + p.offset, 0);
}

/** A topic deleted a moment ago may still be there for a while. */
export async function createWhenGone(client: KafkaClient, topic: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await client.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: -1, configs: { 'retention.ms': '-1' } }]);
      return;
    } catch (error) { if (tries >= 50) throw error; }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

async function fill(client: KafkaClient, topic: string, sizes: Sizes, plan: TopicPlan): Promise<number> {
  const producer = client.producer({ acks: 'all', batchSizeBytes: 256 * 1024, lingerMs: 50, compression: plan.compression ?? 'none' }), records = new RecordWriter(sizes), { out } = records, now = Date.now();
  await producer.init();
  const target = await producer.topic(topic);
  let bytes = 0;
  for (let i = 0; i < plan.count;) {
    if (!producer.hasRoom) await producer.ready();
    for (const stop = Math.min(plan.count, i + SLICE); i < stop; i++) {
      const keyStart = out.begin();
      if (plan.key !== undefined) { out.text('{"'); out.text(plan.key); out.text('":'); out.int(i + 1); out.text('}'); }
      const start = out.at;
      plan.write(records, i);
      const partition = plan.key === undefined ? i % PARTITIONS : target.partitionFor(out.bytes, keyStart, start);
      producer.append(target, partition, plan.key === undefined ? null : out.bytes, keyStart, start, out.bytes, start, out.at, now, null);
      bytes += out.at - start;
    }
    // Lets acknowledgements in.
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  await producer.flush();
  await producer.close();
  return bytes;
}
