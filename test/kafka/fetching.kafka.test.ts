/** How much is fetched: records beyond every limit, many partitions side by side, a reader that stops taking, a broker that waits for more. */
import { expect } from 'chai';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { BOOTSTRAP, freshTopic, handler, readAll, until } from './support.ts';

const KIB = 1024, MIB = 1024 * KIB;

describe('kafka fetching', function () {
  this.timeout(60_000);
  const client = KafkaClient.of(BOOTSTRAP), made: string[] = [];
  after(async () => {
    await client.deleteTopics(made);
    await client.close();
  });
  /** `records` per partition, each `bytesOf(i)` long, in batches of about 16 KiB. */
  async function filled(base: string, partitions: number, records: number, bytesOf: (i: number) => number): Promise<string> {
    const topic = await freshTopic(client, base, partitions);
    made.push(topic);
    const producer = client.producer({ batchSizeBytes: 16 * KIB });
    await producer.init();
    const target = await producer.topic(topic), value = Buffer.alloc(MIB, 'abcdefgh');
    for (let i = 0; i < records; i++) {
      for (let p = 0; p < partitions; p++) producer.append(target, p, null, -1, -1, value, 0, bytesOf(i), i, null);
      if (!producer.hasRoom) await producer.ready();
    }
    await producer.flush();
    await producer.close();
    return topic;
  }

  it('reads records larger than max.partition.fetch.bytes and fetch.max.bytes from every partition', async () => {
    const sizes = (i: number): number => i % 4 === 2 ? 300_000 + i : i, topic = await filled('beyond', 3, 20, sizes);
    for (const options of [{ maxBytes: 50_000, partitionMaxBytes: 10_000 }, { maxBytes: 1, partitionMaxBytes: 1 }, {}]) {
      const read = await readAll(client, topic, options);
      expect(read.map((r) => [r.partition, r.offset, r.value!.length])).to.deep.equal([0, 1, 2].flatMap((p) => Array.from({ length: 20 }, (_, i) => [p, i, sizes(i)])));
    }
  });

  it('lets 64 partitions with a backlog move on together, and keeps little in memory for a reader that stops', async () => {
    const PARTITIONS = 64, RECORDS = 3000, topic = await filled('many', PARTITIONS, RECORDS, () => 300);
    let open = PARTITIONS, spread = 0, wrong: unknown, stopped = 0;
    await new Promise<void>((resolve, reject) => {
      const fetcher = client.fetcher<null>(handler((e) => { wrong = e; reject(e); }, {
        onRecords() {
          if (stopped > 0) return;
          // Nothing is taken for as long as several answers need.
          fetcher.pause();
          void (async () => {
            for (let i = 0; i < 30; i++) await client.listOffsets([{ topic, partition: 0 }], 'latest');
            stopped = fetcher.bytesIn;
            fetcher.resume();
          })().catch(reject);
        },
        onAnswerEnd() {
          const positions = fetcher.partitions.map((p) => p.position);
          spread = Math.max(spread, Math.max(...positions) - Math.min(...positions));
        },
        onReachedEnd() { if (--open === 0) { fetcher.close(); resolve(); } },
      }));
      for (let partition = 0; partition < PARTITIONS; partition++) fetcher.add({ topic, partition }, 0, null, RECORDS);
    });
    expect(wrong).to.equal(undefined);
    expect(stopped).to.be.within(1, 4 * MIB);
    expect(spread, 'records by which one partition was ahead of another').to.be.lessThan(RECORDS / 2);
  });

  it('waits for fetch.min.bytes, but not longer than fetch.max.wait.ms', async () => {
    const topic = await filled('least', 1, 1, () => 10);
    let answers = 0, wrong: unknown;
    const patient = client.fetcher<null>(handler((e) => { wrong = e; }, { onRecords() { answers++; } }), { minBytes: 100_000, maxWaitMs: 300_000 });
    const prompt = client.fetcher<null>(handler((e) => { wrong = e; }, { onRecords() { answers += 100; } }), { minBytes: 100_000, maxWaitMs: 1 });
    patient.add({ topic, partition: 0 }, 0, null);
    prompt.add({ topic, partition: 0 }, 0, null);
    await until(() => answers === 100);
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic), value = Buffer.alloc(200_000);
    producer.append(target, 0, null, -1, -1, value, 0, value.length, 1, null);
    await producer.flush();
    // One answer with both batches.
    await until(() => answers === 202);
    patient.close();
    prompt.close();
    await producer.close();
    expect(wrong).to.equal(undefined);
  });
});
