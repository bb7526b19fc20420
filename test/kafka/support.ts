/** Shared by the Kafka client's tests: the broker of the run, topics of one's own, and everything of a topic as plain objects. */
import { KafkaClient, RecordCursor, decodeHeaders } from '../../runtime/connectors/kafka/client/index.ts';
import type { FetcherOptions, FetchHandler, FetchPartition } from '../../runtime/connectors/kafka/client/types.ts';

export const BOOTSTRAP = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:9092';
let count = 0;

export interface PlainRecord { partition: number; offset: number; timestampMs: number; key: string | null; value: string | null; headers: { key: string; value: string | null }[] }

/** A name nobody else uses. */
export function uniqueName(base: string): string { return `kafka-client-${base}-${process.pid}-${Date.now().toString(36)}-${++count}`; }

export async function freshTopic(client: KafkaClient, base: string, partitions = 1, configs: Record<string, string> = {}): Promise<string> {
  const topic = uniqueName(base);
  // Records of tests carry old timestamps: a broker would delete them by its retention at any time.
  await client.createTopics([{ topic, partitions, replicationFactor: 1, configs: { 'retention.ms': '-1', ...configs } }]);
  return topic;
}

/** Copies what the cursor stands on. */
export function plain(partition: number, cursor: RecordCursor): PlainRecord {
  const text = (start: number, end: number): string | null => start < 0 ? null : cursor.bytes.toString('utf8', start, end);
  return {
    partition, offset: cursor.offset, timestampMs: cursor.timestampMs, key: text(cursor.keyStart, cursor.keyEnd), value: text(cursor.valueStart, cursor.valueEnd),
    headers: decodeHeaders(cursor).map((h) => ({ key: h.key, value: h.value === null ? null : h.value.toString('utf8') })),
  };
}

/** A handler that rejects on everything unexpected; override what the test is about. */
export function handler(fail: (e: unknown) => void, parts: Partial<FetchHandler<null>>): FetchHandler<null> {
  return {
    onRecords() {},
    onOffsetOutOfRange(partition, log) { fail(new RangeError(`offset ${partition.position} out of ${log.earliest}..${log.latest}`)); },
    onError: fail,
    ...parts,
  };
}

/** All records from `from` to the present end, as seen by the isolation level, in order within partitions. */
export async function readAll(client: KafkaClient, topic: string, options: FetcherOptions = {}, from = 0): Promise<PlainRecord[]> {
  const [meta] = await client.describeTopics([topic]);
  const ends = await client.listOffsets(meta!.partitions.map((p) => ({ topic, partition: p.partition })), 'latest', options.isolation ?? 'read_uncommitted');
  const records: PlainRecord[] = [];
  const cursor = new RecordCursor();
  let open = ends.length;
  await new Promise<void>((resolve, reject) => {
    const fetcher = client.fetcher<null>(handler((e) => { fetcher.close(); reject(e); }, {
      onRecords(partition, batch) {
        cursor.open(batch);
        while (cursor.next()) records.push(plain(partition.partition, cursor));
      },
      onReachedEnd() { if (--open === 0) { fetcher.close(); resolve(); } },
    }), options);
    for (const end of ends) fetcher.add(end, from, null, end.offset);
  });
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** Waits until a condition holds; a limit stands only so that a failure shows before the runner's. */
export async function until(condition: () => boolean, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new RangeError(`condition not met: ${condition.toString()}`);
    await new Promise((r) => { setTimeout(r, 5); });
  }
}

export type { FetchPartition };
/** A deterministic sequence of numbers in [0, 1) (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  };
}
