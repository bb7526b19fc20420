/** The sample topics of the demo and of the end-to-end tests: compacted, with JSON keys, filled once. */
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';

export interface SampleRecord { readonly key: Readonly<Record<string, unknown>>; readonly value: Readonly<Record<string, unknown>> }
export const sampleRecords: Readonly<Record<string, readonly SampleRecord[]>> = {
  user: [{ key: { id: 1 }, value: { id: 1, name: 'Tom' } }, { key: { id: 2 }, value: { id: 2, name: 'Jerry' } }],
  order: [{ key: { id: 1 }, value: { id: 1, product: 'Football', user_id: 2 } }, { key: { id: 2 }, value: { id: 2, product: 'Basket', user_id: 1 } }],
  feedback: [{ key: { id: 1 }, value: { id: 1, user_id: 1, comment: 'Good.' } }, { key: { id: 2 }, value: { id: 2, user_id: 2, comment: 'Very good' } }],
};
/** The printed rows that the sample must give, whatever the order of arrival. */
export const expectedRows: readonly string[] = ['+I[1, Football, Jerry]', '+I[2, Basket, Tom]', '+I[1, Good., Tom]', '+I[2, Very good, Jerry]'];

/** Makes the topics `user`, `order`, `feedback` and their twins `order_dw.*` (with a prefix for tests), each only if it does not exist, and fills those it made. */
export async function createSampleTopics(bootstrap: string, prefix = ''): Promise<readonly string[]> {
  const client = KafkaClient.of(bootstrap);
  try {
    const existing = new Set(await client.listTopics());
    const wanted = Object.entries(sampleRecords).flatMap(([name, records]) => [{ topic: prefix + name, records }, { topic: `${prefix}order_dw.${name}`, records }]);
    const missing = wanted.filter((t) => !existing.has(t.topic));
    if (missing.length === 0) return [];
    await client.createTopics(missing.map((t) => ({ topic: t.topic, partitions: 1, replicationFactor: -1, configs: { 'cleanup.policy': 'compact' } })));
    const producer = client.producer();
    await producer.init();
    for (const { topic, records } of missing) {
      const target = await producer.topic(topic);
      for (const r of records) {
        const key = Buffer.from(JSON.stringify(r.key)), value = Buffer.from(JSON.stringify(r.value));
        producer.append(target, 0, key, 0, key.length, value, 0, value.length, Date.now(), null);
      }
    }
    await producer.flush();
    await producer.close();
    return missing.map((t) => t.topic);
  } finally { await client.close(); }
}
