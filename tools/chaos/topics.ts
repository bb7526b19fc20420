/**
 * Everything that ever stood in some topics, as a read_committed consumer of another maker (kafkajs) sees it while it is written. Topics
 * that do not exist yet are waited for. A broker may die under it: records are kept by offset, so reading again adds nothing.
 */
import { createRequire } from 'node:module';
import type { Consumer, Kafka } from 'kafkajs';

export interface TopicRecord { readonly partition: number; readonly offset: number; readonly key: string | null; readonly value: string | null }

/**
 * kafkajs lets through the first record of an aborted transaction when an answer begins behind the beginning of several: it steps into one
 * transaction per record. Its filter is replaced before it is loaded, by the rule of the Java client.
 */
interface RawMessage { readonly offset: string; readonly key: Buffer | null; readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean; readonly isControlBatch: boolean } }
interface Aborted { readonly firstOffset: string; readonly producerId: string }
function withoutAborted({ messages, abortedTransactions }: { messages: readonly RawMessage[]; abortedTransactions: readonly Aborted[] | undefined }): RawMessage[] {
  const waiting = [...abortedTransactions ?? []].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset)), open = new Set<string>();
  return messages.filter(({ offset, key, batchContext: { producerId, inTransaction, isControlBatch } }) => {
    while (waiting.length > 0 && Number(waiting[0]?.firstOffset) <= Number(offset)) open.add(String(waiting.shift()?.producerId));
    if (isControlBatch) { if (key?.readInt16BE(2) === 0) open.delete(String(producerId)); return true; }
    return !(inTransaction && open.has(String(producerId)));
  });
}
const load = createRequire(import.meta.url);
load('kafkajs/src/consumer/filterAbortedMessages.js');
const filter = load.cache[load.resolve('kafkajs/src/consumer/filterAbortedMessages.js')];
if (filter === undefined) throw new RangeError('kafkajs has another shape');
filter.exports = withoutAborted;
const kafkajs = load('kafkajs') as typeof import('kafkajs');

export class TopicWatcher {
  readonly #kafka: Kafka;
  readonly #topics: readonly string[];
  readonly #records = new Map<string, Map<string, TopicRecord>>();
  #consumer: Consumer | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;
  /** What went wrong last, for a report. */
  lastError = '';
  constructor(bootstrap: string, topics: readonly string[]) {
    this.#kafka = new kafkajs.Kafka({ clientId: 'chaos', brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING, retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 20 } });
    this.#topics = topics;
  }
  start(): void { this.#running = this.#run(); }
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#consumer?.disconnect().catch(() => {});
    await this.#running;
  }
  /** By partition and offset. */
  records(topic: string): TopicRecord[] { return [...this.#records.get(topic)?.values() ?? []].sort((a, b) => a.partition - b.partition || a.offset - b.offset); }
  get count(): number { return [...this.#records.values()].reduce((sum, of) => sum + of.size, 0); }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#waitForTopics();
        if (this.#stopped) return;
        await this.#consume();
      } catch (error) { this.lastError = String(error); }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
  async #waitForTopics(): Promise<void> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      while (!this.#stopped) {
        const there = new Set(await admin.listTopics());
        if (this.#topics.every((t) => there.has(t))) return;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    } finally { await admin.disconnect().catch(() => {}); }
  }
  /** Resolves when the consumer has died for good and another must begin again. */
  async #consume(): Promise<void> {
    const consumer = this.#consumer = this.#kafka.consumer({ groupId: `chaos-${process.pid}-${Date.now()}-${Math.random()}`, allowAutoTopicCreation: false, sessionTimeout: 10_000, maxWaitTimeInMs: 200 });
    const dead = new Promise<void>((resolve) => { consumer.on('consumer.crash', ({ payload }) => { this.lastError = String(payload.error); if (!payload.restart) resolve(); }); });
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.#topics], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: async ({ batch }) => {
      let of = this.#records.get(batch.topic);
      if (of === undefined) this.#records.set(batch.topic, of = new Map());
      for (const m of batch.messages) of.set(`${batch.partition}:${m.offset}`, { partition: batch.partition, offset: Number(m.offset), key: m.key?.toString('utf8') ?? null, value: m.value?.toString('utf8') ?? null });
      return Promise.resolve();
    } });
    await Promise.race([dead, new Promise<void>((resolve) => { consumer.on('consumer.stop', () => { if (this.#stopped) resolve(); }); })]);
    await consumer.disconnect().catch(() => {});
  }
}

/** Compacted topics, as upsert tables want them. */
export async function createTopics(bootstrap: string, topics: readonly string[]): Promise<void> {
  const admin = new kafkajs.Kafka({ clientId: 'chaos', brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try { await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 4, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] })) }); } finally { await admin.disconnect(); }
}
