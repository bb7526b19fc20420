/**
 * Leaders that move, on a cluster of two brokers of the test's own: one is killed and its partitions go to the other; it comes back and takes
 * them from a living leader, which then answers NOT_LEADER_OR_FOLLOWER. Reading and writing go on all the while; nothing is lost, doubled, reordered.
 */
import { expect } from 'chai';
import { KafkaClient, RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';
import { canStartLocalBroker, startLocalCluster, type LocalBroker } from '../../tools/services/kafka-broker.ts';
import { handler, uniqueName, until } from './support.ts';

const PARTITIONS = 4;

describe('kafka leaders', function () {
  this.timeout(180_000);
  let brokers: LocalBroker[] = [];
  before(async function () {
    if (!await canStartLocalBroker()) this.skip();
    brokers = await startLocalCluster(2);
  });
  after(async () => { for (const broker of brokers.reverse()) await broker.stop(); });

  it('are followed when they die and when they take back what was theirs', async () => {
    const client = KafkaClient.of(brokers.map((b) => b.bootstrap).join(','), { 'request.timeout.ms': '5000', 'reconnect.backoff.max.ms': '200' }), topic = uniqueName('leaders');
    await client.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 2 }]);
    const leaders = async (): Promise<number[]> => (await client.describeTopics([topic]))[0]!.partitions.map((p) => p.leader);
    const producer = client.producer({ batchSizeBytes: 1000 });
    await producer.init();
    const target = await producer.topic(topic), cursor = new RecordCursor(), seen: number[][] = Array.from({ length: PARTITIONS }, () => []);
    let wrong: unknown, written = 0;
    const fetcher = client.fetcher<null>(handler((e) => { wrong = e; }, {
      onRecords(p, batch) {
        cursor.open(batch);
        while (cursor.next()) seen[p.partition]!.push(Number(cursor.bytes.toString('latin1', cursor.valueStart, cursor.valueEnd)));
      },
    }));
    for (let partition = 0; partition < PARTITIONS; partition++) fetcher.add({ topic, partition }, 0, null);
    /** Writes on until the leaders are as wanted, and some more. */
    const writeUntil = async (wanted: (now: readonly number[]) => boolean): Promise<number[]> => {
      for (let more = -1, now: number[] = []; ;) {
        for (const stop = written + 40; written < stop; written++) { const v = Buffer.from(String(written)); producer.append(target, written % PARTITIONS, null, -1, -1, v, 0, v.length, Date.now(), null); }
        await new Promise((r) => { setTimeout(r, 10); });   // spreads the writes over the change
        if (more < 0) { now = await leaders(); if (wanted(now)) more = 10; } else if (more-- === 0) return now;
      }
    };
    const both = (now: readonly number[]): boolean => now.includes(1) && now.includes(2);
    const first = await writeUntil(both);
    await brokers[1]!.kill();
    expect(await writeUntil((now) => now.every((id) => id === 1))).to.deep.equal([1, 1, 1, 1]);
    await until(() => seen.flat().length > written / 2);
    await brokers[1]!.start();
    expect(await writeUntil(both)).to.deep.equal(first);
    await producer.flush();
    await until(() => seen.flat().length >= written || wrong !== undefined);
    for (const [partition, values] of seen.entries()) expect(values).to.deep.equal(Array.from({ length: written / PARTITIONS }, (_, i) => i * PARTITIONS + partition));
    expect([wrong, producer.failure, fetcher.outage]).to.deep.equal([undefined, undefined, undefined]);
    await client.close();
  });
});
