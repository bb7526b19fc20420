/** The Kafka JSON catalog's view of a cluster (catalog/kafka/kafka-catalog.ts), over the wire client. Connects with the first call. */
import type { KafkaCatalogPort, SampledRecord } from '../../../catalog/kafka/kafka-catalog.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { kafkaSampleTimeout } from '../../../core/errors/kafka-catalog.ts';
import { KafkaClient, KafkaClientConfig, RecordCursor, type FetchPartition } from './client/index.ts';

/** A topic that gives nothing for so long is taken to hold what has arrived. */
const SAMPLE_TIMEOUT_MS = 10_000;

export function openKafkaCatalogPort(properties: () => ReadonlyMap<string, string>): KafkaCatalogPort {
  let client: KafkaClient | undefined, madeOf = '';
  // Another password, or a certificate that was renewed, makes another client.
  const get = (): KafkaClient => {
    const now = properties(), text = JSON.stringify([...now]);
    if (client !== undefined && text === madeOf) return client;
    const former = client;
    client = new KafkaClient(KafkaClientConfig.fromProperties(now));
    madeOf = text;
    void former?.close().catch(() => {});
    return client;
  };
  return {
    listTopics: () => get().listTopics(),
    async isCompacted(topic) { return (await get().describeTopicConfig(topic, ['cleanup.policy'])).get('cleanup.policy')?.split(',').includes('compact') === true; },
    async sample(topic, limit) {
      try { return await sample(get(), topic, limit); } catch (error) {
        if (error instanceof RivuletError && error.code === 'kafka-unknown-topic') return undefined;
        throw error;
      }
    },
    async close() { await client?.close(); },
  };
}

/** The oldest records of every partition, `limit` in all, read up to the ends seen at the start. */
async function sample(client: KafkaClient, topic: string, limit: number): Promise<readonly SampledRecord[]> {
  const [metadata] = await client.describeTopics([topic]);
  const partitions = (metadata?.partitions ?? []).map((p) => ({ topic, partition: p.partition }));
  const [starts, ends] = await Promise.all([client.listOffsets(partitions, 'earliest'), client.listOffsets(partitions, 'latest', 'read_committed')]);
  const filled = partitions.map((p, i) => ({ ...p, from: starts[i]?.offset ?? 0, until: ends[i]?.offset ?? 0 })).filter((p) => p.until > p.from);
  if (filled.length === 0) return [];
  const share = Math.ceil(limit / filled.length), records: SampledRecord[] = [], cursor = new RecordCursor();
  return new Promise((resolve, reject) => {
    let open = filled.length;
    const finish = (settle: () => void): void => { clearTimeout(timer); fetcher.close(); settle(); };
    const end = (partition: FetchPartition<{ taken: number; ended: boolean }>): void => {
      if (partition.tag.ended) return;
      partition.tag.ended = true;
      fetcher.remove(partition);
      if (--open === 0) finish(() => resolve(records.slice(0, limit)));
    };
    const fetcher = client.fetcher<{ taken: number; ended: boolean }>({
      onRecords(partition, batch) {
        cursor.open(batch);
        try {
          while (partition.tag.taken < share && cursor.next()) {
            partition.tag.taken++;
            records.push({ key: copy(cursor.bytes, cursor.keyStart, cursor.keyEnd), value: copy(cursor.bytes, cursor.valueStart, cursor.valueEnd) });
          }
        } catch (error) { finish(() => reject(error as Error)); return; }
        if (partition.tag.taken >= share) end(partition);
      },
      onReachedEnd: end,
      onOffsetOutOfRange: end,
      onError(error) { finish(() => reject(error)); },
    }, { isolation: 'read_committed', maxBytes: 1 << 20, partitionMaxBytes: 256 << 10 });
    const timer = setTimeout(() => finish(() => (records.length > 0 ? resolve(records) : reject(kafkaSampleTimeout({ topic, ms: SAMPLE_TIMEOUT_MS })))), SAMPLE_TIMEOUT_MS);
    for (const p of filled) fetcher.add({ topic, partition: p.partition }, p.from, { taken: 0, ended: false }, p.until);
  });
}
const copy = (bytes: Buffer, start: number, end: number): Uint8Array | null => (start < 0 ? null : new Uint8Array(bytes.subarray(start, end)));
