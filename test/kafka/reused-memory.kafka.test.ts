/** Reading with memory that is used again: no batch may change while its reader still has it. */
import { expect } from 'chai';
import { KafkaClient, RecordCursor, type FetchedBatch } from '../../runtime/connectors/kafka/client/index.ts';
import { BOOTSTRAP, handler, uniqueName } from './support.ts';

const RECORDS = 60_000, PARTITIONS = 3;
const valueOf = (i: number): string => `${i}:`.padEnd(150 + i % 97, String.fromCharCode(97 + i % 26));

describe('fetching into memory used again', function () {
  this.timeout(60_000);
  const topic = uniqueName('reuse'), client = KafkaClient.of(BOOTSTRAP);
  before(async () => {
    await client.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1 }]);
    const producer = client.producer();
    await producer.init();
    const target = await producer.topic(topic);
    for (let i = 0; i < RECORDS; i++) {
      if (i % 1000 === 0 && !producer.hasRoom) await producer.ready();
      const value = Buffer.from(valueOf(i));
      producer.append(target, i % PARTITIONS, null, -1, -1, value, 0, value.length, 1_700_000_000_000, null);
    }
    await producer.flush();
  });
  after(async () => {
    await client.deleteTopics([topic]);
    await client.close();
  });

  it('gives every record unchanged to a reader that lags behind', async () => {
    const seen: number[] = [], memory = new Set<ArrayBufferLike>(), waiting: FetchedBatch[] = [], cursor = new RecordCursor();
    let answers = 0;
    await new Promise<void>((resolve, reject) => {
      let open = PARTITIONS;
      const read = (batch: FetchedBatch): void => {
        cursor.open(batch);
        while (cursor.next()) {
          const value = cursor.bytes.toString('latin1', cursor.valueStart, cursor.valueEnd), i = Number(value.slice(0, value.indexOf(':')));
          if (value !== valueOf(i)) throw new Error(`record ${i} has changed: ${value.slice(0, 40)}`);
          seen.push(i);
        }
        fetcher.release(batch.bytes);
      };
      const fetcher = client.fetcher<null>(handler(reject, {
        onRecords(_, batch) {
          const { topic: of, partition, bytes, start, end, count, baseOffset, baseTimestampMs, maxTimestampMs, timestampType, leaderEpoch } = batch;
          memory.add(bytes.buffer);
          waiting.push({ topic: of, partition, bytes, start, end, count, baseOffset, baseTimestampMs, maxTimestampMs, timestampType, leaderEpoch });
          try { while (waiting.length > 5) read(waiting.shift() as FetchedBatch); } catch (e) { reject(e); }
        },
        onAnswerEnd() { answers++; },
        onReachedEnd() {
          if (--open > 0) return;
          try { while (waiting.length > 0) read(waiting.shift() as FetchedBatch); resolve(); } catch (e) { reject(e); }
        },
      }), { reuseMemory: true, maxBytes: 400_000, partitionMaxBytes: 300_000 });
      for (let partition = 0; partition < PARTITIONS; partition++) fetcher.add({ topic, partition }, 0, null, RECORDS / PARTITIONS);
    });
    expect(seen.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: RECORDS }, (_, i) => i));
    expect(answers).to.be.greaterThan(15);
    expect(memory.size, 'pieces of memory used').to.be.lessThan(answers);
  });
});
