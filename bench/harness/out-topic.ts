/** Topics that queries write to: one for each run, read back as a reader of committed records sees them, deleted afterwards. */
import { KafkaClient, RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';
import { createWhenGone, PARTITIONS } from '../load/topics.ts';
import { BenchFailure } from './server.ts';

const READ_LIMIT_MS = 120_000;
let made = 0;

/** Calls `work` with the name of a fresh topic. */
export async function withOutTopic<T>(bootstrap: string, work: (topic: string, client: KafkaClient) => Promise<T>): Promise<T> {
  const client = KafkaClient.of(bootstrap), topic = `rivulet-bench.out.${process.pid}.${++made}`;
  try {
    await createWhenGone(client, topic);
    return await work(topic, client);
  } finally {
    await client.deleteTopics([topic]).catch(() => {});
    await client.close();
  }
}

/** Reads every committed record up to the present end and gives their number; markers and aborted records are none. */
export async function readCommitted(client: KafkaClient, topic: string, each: (value: RecordCursor) => void = () => {}): Promise<number> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })), cursor = new RecordCursor();
  const ends = (await client.listOffsets(partitions, 'latest', 'read_uncommitted')).filter((end) => end.offset > 0);
  if (ends.length === 0) return 0;
  let records = 0, open = ends.length;
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => { clearTimeout(late); fetcher.close(); reject(new BenchFailure(`${topic} cannot be read back: ${why}`)); };
    const late = setTimeout(() => { fail('its end is not visible, a transaction may be open'); }, READ_LIMIT_MS);
    const fetcher = client.fetcher<null>({
      onRecords(_, batch) { for (cursor.open(batch); cursor.next(); records++) each(cursor); },
      onReachedEnd() { if (--open === 0) { clearTimeout(late); fetcher.close(); resolve(); } },
      onOffsetOutOfRange(partition) { fail(`offset ${partition.position} is gone`); },
      onError(error) { fail(error.message); },
    }, { isolation: 'read_committed' });
    for (const end of ends) fetcher.add(end, 0, null, end.offset);
  });
  return records;
}
