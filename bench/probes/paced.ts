/**
 * Latency from produce to consume: records sent at an even rate, each with the time of its sending inside, and readers on connections of
 * their own that note how old each is on arrival: one of the topic written to, one of the topic where it comes out. All in this process,
 * so there is one clock. The first reader gives the floor under the same load: what Kafka, its client and this process take without the
 * job; the difference for one record is what the job adds, at least (the job reads the record beside the first reader, not behind it).
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { KafkaClient, RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';
import type { Fetcher, IsolationLevel } from '../../runtime/connectors/kafka/client/index.ts';
import { BenchFailure, until } from '../harness/server.ts';
import { pause } from './probe.ts';

const PAD = 'x'.repeat(150);
/** Monotonic microseconds. */
const nowMicros = (): number => Math.round(performance.now() * 1000);

export interface PacedRun {
  readonly bootstrap: string;
  /** Where the records go, where they come out. Both exist, with these partitions. */
  readonly into: string;
  readonly outOf: string;
  readonly partitions: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** The first records are not counted: connections, compiled code. */
  readonly warmUpSeconds: number;
  /** Of the reader. */
  readonly isolation: IsolationLevel;
  /** How many of the records come out again, by number. */
  readonly comesOut: (id: number) => boolean;
}
export interface PacedFigures {
  /** Age on arrival of the records that come out, in the topic they were written to and where they come out, and the differences. */
  readonly floorMs: readonly number[];
  readonly ageMs: readonly number[];
  readonly addedMs: readonly number[];
  /** By how much timers of this process came late, p99. */
  readonly loopDelayMs: number;
}

/** Sends and reads; every record that should come out must. Throws BenchFailure. */
export async function pacedRun(run: PacedRun): Promise<PacedFigures> {
  const client = KafkaClient.of(run.bootstrap), first = run.warmUpSeconds * run.perSecond, total = (run.warmUpSeconds + run.seconds) * run.perSecond;
  const atInput = new Float64Array(total).fill(NaN), atOutput = new Float64Array(total).fill(NaN), delay = monitorEventLoopDelay({ resolution: 1 });
  let missing = total, broken: unknown;
  for (let id = 0; id < total; id++) if (run.comesOut(id)) missing++;
  // A record seen twice (at least once) counts with its first arrival.
  const into = (ages: Float64Array): Arrived => (id, sent, at) => { if (Number.isNaN(ages[id])) { ages[id] = (at - sent) / 1000; missing--; } };
  const failed = (error: unknown): void => { broken ??= error; };
  const readers: Reader[] = [];
  try {
    readers.push(await readFromEnd(run, run.into, 'read_uncommitted', into(atInput), failed), await readFromEnd(run, run.outOf, run.isolation, into(atOutput), failed));
    // The first Fetches are on their way when the first record is sent.
    await pause(200);
    delay.enable();
    await send(client, run, total);
    await until('every record to come out', async () => { if (broken !== undefined) throw broken; return missing === 0; }, 30_000);
    delay.disable();
  } finally {
    for (const reader of readers) await reader.close();
    await client.close();
  }
  const counted = Array.from({ length: total - first }, (_, i) => first + i).filter((id) => run.comesOut(id)), of = (ages: Float64Array, id: number): number => ages[id] ?? NaN;
  return { floorMs: counted.map((id) => of(atInput, id)), ageMs: counted.map((id) => of(atOutput, id)), addedMs: counted.map((id) => of(atOutput, id) - of(atInput, id)), loopDelayMs: delay.percentile(99) / 1e6 };
}

type Arrived = (id: number, sentMicros: number, arrivedMicros: number) => void;
interface Reader { close(): Promise<void> }

async function readFromEnd(run: PacedRun, topic: string, isolation: IsolationLevel, arrived: Arrived, failed: (error: unknown) => void): Promise<Reader> {
  const client = KafkaClient.of(run.bootstrap), cursor = new RecordCursor();
  const ends = await client.listOffsets(Array.from({ length: run.partitions }, (_, partition) => ({ topic, partition })), 'latest', isolation);
  const fetcher: Fetcher<null> = client.fetcher<null>({
    onRecords(_, batch) {
      const at = nowMicros();
      cursor.open(batch);
      while (cursor.next()) {
        const { id, sent } = JSON.parse(batch.bytes.toString('latin1', cursor.valueStart, cursor.valueEnd)) as { id: number; sent: number };
        arrived(id, sent, at);
      }
    },
    onOffsetOutOfRange() { failed(new BenchFailure(`the reader of ${topic} fell out of the log`)); },
    onError: failed,
  }, { isolation });
  for (const { partition, offset } of ends) fetcher.add({ topic, partition }, offset, null);
  return { close: async () => { fetcher.close(); await client.close(); } };
}

/** Every millisecond what is due, sent at once; round robin over the partitions. */
async function send(client: KafkaClient, run: PacedRun, total: number): Promise<void> {
  const producer = client.producer({ lingerMs: 0 });
  await producer.init();
  const topic = await producer.topic(run.into), from = performance.now();
  for (let id = 0; id < total;) {
    const due = Math.min(total, Math.floor((performance.now() - from) * run.perSecond / 1000) + 1);
    for (; id < due; id++) {
      const value = Buffer.from(`{"id":${id},"sent":${nowMicros()},"pad":"${PAD}"}`, 'latin1');
      producer.append(topic, id % run.partitions, null, -1, -1, value, 0, value.length, Date.now(), null);
    }
    producer.send();
    await pause(1);
  }
  await producer.flush();
  await producer.close();
}
