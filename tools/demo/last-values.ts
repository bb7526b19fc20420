/** What a topic holds: the last value of every key, as texts. For small topics. */
import { KafkaClient, RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';

/** In the order the keys came first; `null` for tombstones and records without a key. */
export async function lastValues(client: KafkaClient, topic: string): Promise<Map<string, string>> {
  const [{ partitions } = { partitions: [] }] = await client.describeTopics([topic]), ends = await client.listOffsets(partitions.map(({ partition }) => ({ topic, partition })), 'latest');
  const last = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    let open = 0;
    const cursor = new RecordCursor();
    const fetcher = client.fetcher<null>({
      onRecords: (_partition, batch) => {
        cursor.open(batch);
        while (cursor.next()) last.set(textAt(cursor.bytes, cursor.keyStart, cursor.keyEnd), textAt(cursor.bytes, cursor.valueStart, cursor.valueEnd));
      },
      onAnswerEnd: () => {}, onReachedEnd: () => { if (--open === 0) { fetcher.close(); resolve(); } }, onOffsetOutOfRange: () => {}, onError: (error) => { fetcher.close(); reject(error as Error); },
    });
    for (const { partition } of partitions) {
      const end = ends.find((e) => e.partition === partition)?.offset ?? 0;
      if (end > 0) { open++; fetcher.add({ topic, partition }, 0, null, end); }
    }
    if (open === 0) { fetcher.close(); resolve(); }
  });
  return last;
}
const textAt = (bytes: Buffer, start: number, end: number): string => (start < 0 ? 'null' : bytes.toString('utf8', start, end));
