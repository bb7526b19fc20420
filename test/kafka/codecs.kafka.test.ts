/**
 * Codecs against Kafka's own: a topic with a `compression.type` makes the broker pack again what it gets, so its Java packers give us what we
 * read, and its Java unpackers read what we have packed.
 */
import { expect } from 'chai';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import type { Compression } from '../../runtime/connectors/kafka/client/types.ts';
import { BOOTSTRAP, freshTopic, randomFrom, readAll } from './support.ts';

describe('kafka codecs', () => {
  const client = KafkaClient.of(BOOTSTRAP), made: string[] = [];
  after(async () => {
    await client.deleteTopics(made);
    await client.close();
  });
  /** JSON-like values, every tenth long, some of noise. */
  function values(): string[] {
    const random = randomFrom(9), pick = (n: number): number => Math.floor(random() * n);
    return Array.from({ length: 4000 }, (_, i) => `{"id":${i},"name":"user ${pick(50)}","note":"${i % 10 === 0 ? 'long '.repeat(pick(400)) : ''}","noise":"${Array.from({ length: pick(30) }, () => pick(1e9).toString(36)).join('')}"}`);
  }
  async function throughBroker(ours: Compression, theirs: Compression): Promise<void> {
    const topic = await freshTopic(client, `codec-${ours}-${theirs}`, 1, { 'compression.type': theirs === 'none' ? 'uncompressed' : theirs }), given = values();
    made.push(topic);
    const producer = client.producer({ compression: ours });
    await producer.init();
    const target = await producer.topic(topic);
    for (const [i, text] of given.entries()) { const v = Buffer.from(text); producer.append(target, 0, null, -1, -1, v, 0, v.length, i, null); }
    await producer.flush();
    await producer.close();
    for (const options of [{}, { reuseMemory: true }]) expect((await readAll(client, topic, options)).map((r) => r.value)).to.deep.equal(given);
  }
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`the broker unpacks our ${codec}`, async () => { await throughBroker(codec, 'none'); });
    it(`we unpack the broker's ${codec}`, async () => { await throughBroker('none', codec); });
  }
});
