/** Topics of one's own on the broker of the run, filled and read back by the wire client. */
import { KafkaClient, RecordCursor, decodeHeaders, encodeHeaders } from '../../runtime/connectors/kafka/client/index.ts';
import { BOOTSTRAP, uniqueName } from './support.ts';

export interface PlainRecord { readonly partition: number; readonly offset: number; readonly timestampMs: number; readonly key: string | null; readonly value: string | null; readonly headers: Record<string, string | null> }
export interface NewRecord { readonly key?: string | null; readonly value: string | Uint8Array | null; readonly partition?: number; readonly timestampMs?: number; readonly headers?: readonly { key: string; value: string }[] }

export class Topics {
  readonly client = KafkaClient.of(BOOTSTRAP);
  private readonly made: string[] = [];
  async make(base: string, partitions = 1): Promise<string> {
    const topic = uniqueName(base);
    // Some records carry old timestamps: a broker would delete them by its retention at any time.
    await this.client.createTopics([{ topic, partitions, replicationFactor: 1, configs: { 'retention.ms': '-1' } }]);
    this.made.push(topic);
    return topic;
  }
  async write(topic: string, records: readonly NewRecord[], transactionalId?: string, compression?: 'gzip'): Promise<void> {
    const producer = this.client.producer({ transactionalId, compression });
    await producer.init();
    const target = await producer.topic(topic);
    if (transactionalId !== undefined) producer.beginTransaction();
    for (const r of records) {
      const key = r.key === undefined || r.key === null ? null : Buffer.from(r.key), value = r.value === null ? null : Buffer.from(r.value as string);
      producer.append(target, r.partition ?? 0, key, 0, key?.length ?? 0, value, 0, value?.length ?? 0, r.timestampMs ?? Date.now(), r.headers === undefined ? null : encodeHeaders(r.headers));
    }
    await producer.flush();
    await producer.close();
  }
  /** Everything a reader of the isolation level sees, by partition and offset. */
  async read(topic: string, isolation: 'read_committed' | 'read_uncommitted' = 'read_committed'): Promise<PlainRecord[]> {
    const [meta] = await this.client.describeTopics([topic]), partitions = (meta?.partitions ?? []).map((p) => ({ topic, partition: p.partition }));
    const ends = (await this.client.listOffsets(partitions, 'latest', isolation)).filter((e) => e.offset > 0), records: PlainRecord[] = [], cursor = new RecordCursor();
    if (ends.length === 0) return records;
    await new Promise<void>((resolve, reject) => {
      let open = ends.length;
      const fetcher = this.client.fetcher<null>({
        onRecords(partition, batch) {
          cursor.open(batch);
          const text = (start: number, end: number): string | null => (start < 0 ? null : cursor.bytes.toString('utf8', start, end));
          while (cursor.next()) {
            records.push({
              partition: partition.partition, offset: cursor.offset, timestampMs: cursor.timestampMs, key: text(cursor.keyStart, cursor.keyEnd), value: text(cursor.valueStart, cursor.valueEnd),
              headers: Object.fromEntries(decodeHeaders(cursor).map((h) => [h.key, h.value?.toString() ?? null])),
            });
          }
        },
        onReachedEnd() { if (--open === 0) { fetcher.close(); resolve(); } },
        onOffsetOutOfRange() { fetcher.close(); reject(new RangeError('out of range')); },
        onError(error) { fetcher.close(); reject(error); },
      }, { isolation });
      for (const end of ends) fetcher.add(end, 0, null, end.offset);
    });
    return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }
  values = async (topic: string): Promise<(string | null)[]> => (await this.read(topic)).map((r) => r.value);
  async close(): Promise<void> {
    if (this.made.length > 0) await this.client.deleteTopics(this.made);
    await this.client.close();
  }
}
