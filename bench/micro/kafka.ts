/**
 * CPU time per record of the Kafka client's two hot paths, against a real Kafka (KAFKA_BOOTSTRAP, or one started for the run): produce
 * ready-made bytes, and fetch and walk records, with and without checksums and for each codec. One JSON line per figure.
 * Usage: node bench/micro/kafka.ts [RECORDS] (default 1,000,000 of 220 B)
 */
import { KafkaClient, RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';
import type { Compression, FetcherOptions } from '../../runtime/connectors/kafka/client/types.ts';
import { acquireKafka } from '../../tools/services/kafka.ts';

const RECORDS = Number(process.argv[2] ?? 1_000_000), PARTITIONS = 4, RUNS = 3;

/** A bid of Nexmark as JSON, padded to 220 bytes. */
function makeValues(): Buffer[] {
  return Array.from({ length: 1000 }, (_, i) => Buffer.from(JSON.stringify({
    auction: 1000 + i * 7, bidder: 2000 + i * 13 % 997, price: 100 + i * 31, channel: ['Google', 'Facebook', 'Baidu', 'Apple'][i % 4], url: `https://www.nexmark.com/item.htm?query=${i}`, dateTime: '2026-07-01 10:00:00.000', extra: '',
  }).replace('"extra":""', '"extra":""').padEnd(220, ' ')));
}

async function measure(name: string, work: () => Promise<number>): Promise<void> {
  const figures: { usPerRecord: number; kPerSecond: number }[] = [];
  for (let i = 0; i < RUNS; i++) {
    const wall = performance.now(), cpu = process.cpuUsage();
    const n = await work();
    const used = process.cpuUsage(cpu);
    figures.push({ usPerRecord: (used.user + used.system) / n, kPerSecond: n / (performance.now() - wall) });
  }
  figures.sort((a, b) => a.usPerRecord - b.usPerRecord);
  const median = figures[RUNS >> 1]!;
  process.stdout.write(`${JSON.stringify({ name, usPerRecord: Number(median.usPerRecord.toFixed(3)), kPerSecond: Math.round(median.kPerSecond), runs: figures.map((f) => Number(f.usPerRecord.toFixed(3))) })}\n`);
}

async function produce(client: KafkaClient, topic: string, values: readonly Buffer[], compression: Compression, transactional: boolean): Promise<number> {
  const producer = client.producer({ compression, ...(transactional ? { transactionalId: `bench-${topic}` } : {}) });
  await producer.init();
  if (transactional) producer.beginTransaction();
  const target = await producer.topic(topic);
  for (let i = 0; i < RECORDS;) {
    if (!producer.hasRoom) await producer.ready();
    for (const stop = Math.min(RECORDS, i + 1000); i < stop; i++) {
      const value = values[i % values.length]!;
      producer.append(target, i % PARTITIONS, null, -1, -1, value, 0, value.length, 1_782_900_000_000 + i, null);
    }
    // Lets acknowledgements in, as a job that works batch by batch does.
    if (i % 20_000 === 0) await new Promise((r) => { setImmediate(r); });
  }
  await producer.flush();
  if (transactional) await producer.commitTransaction();
  await producer.close();
  return RECORDS;
}

async function consume(client: KafkaClient, topic: string, options: FetcherOptions): Promise<number> {
  const ends = await client.listOffsets(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })), 'latest');
  const cursor = new RecordCursor();
  let n = 0, bytes = 0, open = ends.length;
  await new Promise<void>((resolve, reject) => {
    const fetcher = client.fetcher<null>({
      onRecords(_, batch) {
        cursor.open(batch);
        while (cursor.next()) { n++; bytes += cursor.valueEnd - cursor.valueStart; }
        if (options.reuseMemory === true) fetcher.release(batch.bytes);
      },
      onReachedEnd() { if (--open === 0) { fetcher.close(); resolve(); } },
      onOffsetOutOfRange() { reject(new RangeError('offset out of range')); },
      onError: reject,
    }, options);
    for (const end of ends) fetcher.add(end, 0, null, end.offset);
  });
  if (bytes < n) throw new RangeError('no values');
  return n;
}

const kafka = await acquireKafka();
const client = KafkaClient.of(kafka.bootstrap);
const values = makeValues();
const made: string[] = [];
try {
  for (const compression of ['none', 'lz4', 'zstd', 'snappy', 'gzip'] as const) {
    const topic = `bench-kafka-${compression}-${process.pid}`;
    await client.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1 }]);
    made.push(topic);
    if (compression === 'none') {
      await measure('produce, idempotent', async () => await produce(client, topic, values, 'none', false));
      await measure('produce, transactional', async () => await produce(client, topic, values, 'none', true));
      await measure('fetch', async () => await consume(client, topic, {}));
      await measure('fetch, memory used again', async () => await consume(client, topic, { reuseMemory: true }));
      await measure('fetch, memory used again, checksums off', async () => await consume(client, topic, { reuseMemory: true, checkCrc: false }));
      await measure('fetch, checksums off', async () => await consume(client, topic, { checkCrc: false }));
      await measure('fetch, read_committed', async () => await consume(client, topic, { isolation: 'read_committed' }));
      continue;
    }
    await measure(`produce, ${compression}`, async () => await produce(client, topic, values, compression, false));
    await measure(`fetch, ${compression}`, async () => await consume(client, topic, {}));
  }
} finally {
  await client.deleteTopics(made);
  await client.close();
  await kafka.stop();
}
