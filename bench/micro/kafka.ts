/**
 * CPU time per record of the Kafka client's hot paths, against a real Kafka (KAFKA_BOOTSTRAP, or one started for the run): produce
 * ready-made bytes, and fetch and walk records, with and without checksums, for each codec, few and many partitions, small records.
 * The records are the bids of the bench (no two alike, so codecs have real work), or 20 bytes of each. One JSON line per figure, the median of the runs;
 * the work before them warms the compiler.
 * Usage: node bench/micro/kafka.ts [RECORDS] [NAME...] (default 1,000,000; only figures whose name contains a NAME)
 */
import { KafkaClient, RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';
import type { Compression, FetcherOptions, ProducerOptions } from '../../runtime/connectors/kafka/client/types.ts';
import { acquireKafka } from '../../tools/services/kafka.ts';
import { RecordWriter, sizesOf } from '../load/records.ts';

const RECORDS = Number(process.argv[2] ?? 1_000_000), WANTED = process.argv.slice(3), RUNS = 5, DIFFERENT = 50_000;

interface Values { readonly bytes: Buffer; readonly ends: Int32Array }
/** Bids as JSON, cut to `most` bytes, one behind the other. */
function makeValues(most: number): Values {
  const writer = new RecordWriter(sizesOf(1)), bytes = Buffer.allocUnsafe(DIFFERENT * Math.min(most, 400)), ends = new Int32Array(DIFFERENT);
  for (let i = 0, at = 0; i < DIFFERENT; i++) {
    const start = writer.out.begin();
    writer.bid(i);
    at += writer.out.bytes.copy(bytes, at, start, Math.min(writer.out.at, start + most));
    ends[i] = at;
  }
  return { bytes, ends };
}

async function measure(name: string, work: () => Promise<number>): Promise<void> {
  if (WANTED.length > 0 && !WANTED.some((w) => name.includes(w))) return;
  const figures: { usPerRecord: number; kPerSecond: number }[] = [];
  await work();
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

async function produce(client: KafkaClient, topic: string, values: Values, options: ProducerOptions, records = RECORDS): Promise<number> {
  const producer = client.producer(options), { bytes, ends } = values;
  await producer.init();
  const transactional = options.transactionalId !== undefined;
  if (transactional) producer.beginTransaction();
  const target = await producer.topic(topic), partitions = target.partitionCount;
  for (let i = 0; i < records;) {
    if (!producer.hasRoom) await producer.ready();
    for (const stop = Math.min(records, i + 1000); i < stop; i++) {
      const n = i % DIFFERENT;
      producer.append(target, i % partitions, null, -1, -1, bytes, n === 0 ? 0 : ends[n - 1]!, ends[n]!, 1_782_900_000_000 + i, null);
    }
    // Lets acknowledgements in, as a job that works batch by batch does.
    if (i % 20_000 === 0) await new Promise((r) => { setImmediate(r); });
  }
  await producer.flush();
  if (transactional) await producer.commitTransaction();
  await producer.close();
  return records;
}

async function consume(client: KafkaClient, topic: string, partitions: number, options: FetcherOptions): Promise<number> {
  const ends = (await client.listOffsets(Array.from({ length: partitions }, (_, partition) => ({ topic, partition })), 'latest')).filter((e) => e.offset > 0);
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

/** The records are older than a broker's default retention. */
const FOR_EVER = { 'retention.ms': '-1' };
const kafka = await acquireKafka();
const client = KafkaClient.of(kafka.bootstrap);
const bids = makeValues(Infinity), small = makeValues(20);
const made: string[] = [];
async function filled(name: string, partitions: number, values: Values, compression: Compression): Promise<string> {
  const topic = `bench-kafka-${name.replaceAll(' ', '-')}-${process.pid}`;
  await client.createTopics([{ topic, partitions, replicationFactor: 1, configs: FOR_EVER }]);
  made.push(topic);
  if (WANTED.length === 0 || WANTED.some((w) => `fetch, ${name}`.includes(w))) await produce(client, topic, values, { compression });
  return topic;
}
/** Written to and deleted again, so that disk and page cache stay small. */
async function writing(name: string, partitions: number, values: Values, options: ProducerOptions): Promise<void> {
  if (WANTED.length > 0 && !WANTED.some((w) => name.includes(w))) return;
  const topic = `bench-kafka-write-${made.length}-${process.pid}`;
  await client.createTopics([{ topic, partitions, replicationFactor: 1, configs: FOR_EVER }]);
  await measure(name, async () => await produce(client, topic, values, options));
  await client.deleteTopics([topic]);
}
const REUSE: FetcherOptions = { reuseMemory: true };
try {
  await writing('produce, at least once, not idempotent', 4, bids, { idempotent: false });
  await writing('produce, idempotent', 4, bids, {});
  await writing('produce, transactional', 4, bids, { transactionalId: `bench-${process.pid}` });
  await writing('produce, 20 B', 4, small, {});
  await writing('produce, 64 partitions', 64, bids, {});
  for (const compression of ['lz4', 'zstd', 'snappy', 'gzip'] as const) await writing(`produce, ${compression}`, 4, bids, { compression });
  const plain = await filled('none', 4, bids, 'none');
  await measure('fetch, none', async () => await consume(client, plain, 4, REUSE));
  await measure('fetch, none, fresh memory', async () => await consume(client, plain, 4, {}));
  await measure('fetch, none, checksums off', async () => await consume(client, plain, 4, { ...REUSE, checkCrc: false }));
  await measure('fetch, none, read_committed', async () => await consume(client, plain, 4, { ...REUSE, isolation: 'read_committed' }));
  for (const compression of ['lz4', 'zstd', 'snappy', 'gzip'] as const) {
    const topic = await filled(compression, 4, bids, compression);
    await measure(`fetch, ${compression}`, async () => await consume(client, topic, 4, REUSE));
  }
  const many = await filled('64 partitions', 64, bids, 'none'), tiny = await filled('20 B', 4, small, 'none');
  await measure('fetch, 64 partitions', async () => await consume(client, many, 64, REUSE));
  await measure('fetch, 20 B', async () => await consume(client, tiny, 4, REUSE));
} finally {
  await client.deleteTopics(made);
  await client.close();
  await kafka.stop();
}
