/**
 * Everything that ever stood in some topics, as a read_committed consumer of another maker (kafkajs) sees it while it is written. Topics
 * that do not exist yet are waited for. A broker may die under it: records are kept by offset, so reading again adds nothing.
 */
import { Kafka, logLevel, type Consumer } from 'kafkajs';
import type { TopicRecord } from './check-upsert.ts';

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
    this.#kafka = new Kafka({ clientId: 'chaos', brokers: [bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 20 } });
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
