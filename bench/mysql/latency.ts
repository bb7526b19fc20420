/**
 * `mysql-latency`: one-row transactions at an even 1,000 a second over a few connections, and a reader of the topic in the same process,
 * so there is one clock. Two ages of each row when the reader gets it: since its INSERT was sent (MySQL's own commit is inside), and since
 * MySQL's answer that it is committed (MySQL shows a transaction to its readers of changes a little before it answers, so that one may be
 * below zero).
 */
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';
import { withOutTopic } from '../harness/out-topic.ts';
import { BenchFailure, until } from '../harness/server.ts';
import { PARTITIONS } from '../load/topics.ts';
import { pause, spread } from '../probes/probe.ts';
import type { Figures } from '../probes/probe.ts';
import { connect } from './database.ts';
import type { BenchDatabase } from './database.ts';
import type { CdcEngine, Copy } from './engines.ts';
import { RowWriter } from './load.ts';

const PER_SECOND = 1_000, SECONDS = 20, WARM_UP_SECONDS = 5, CONNECTIONS = 4;

/** Figures of one engine, under names that begin with its own. The table is empty or holds other ids. */
export async function latencyOf(engine: CdcEngine, database: BenchDatabase, bootstrap: string, table: string, firstId: number): Promise<Figures> {
  return await withOutTopic(bootstrap, async (topic) => {
    const copy: Copy = { place: database.place, bootstrap, table, topic, from: undefined };
    await engine.prepare(copy, 'latency', database);
    await engine.start({ ...copy, from: await database.position('latency') });
    try { return await paced(engine, copy, firstId); } finally { await engine.end(); }
  });
}

async function paced(engine: CdcEngine, copy: Copy, firstId: number): Promise<Figures> {
  const total = (WARM_UP_SECONDS + SECONDS) * PER_SECOND, first = WARM_UP_SECONDS * PER_SECOND, nan = (): Float64Array => new Float64Array(total).fill(NaN);
  const sent = nan(), committed = nan(), arrived = nan(), client = KafkaClient.of(copy.bootstrap), cursor = new RecordCursor();
  let missing = total, broken: unknown;
  const fetcher = client.fetcher<null>({
    onRecords(_, batch) {
      const at = performance.now();
      for (cursor.open(batch); cursor.next();) {
        const i = (JSON.parse(batch.bytes.toString('latin1', cursor.keyStart, cursor.keyEnd)) as { id: number }).id - firstId;
        if (Number.isNaN(arrived[i])) { arrived[i] = at; missing--; }
      }
    },
    onOffsetOutOfRange() { broken = new BenchFailure(`the reader of ${copy.topic} fell out of the log`); },
    onError(error) { broken ??= error; },
  }, { isolation: 'read_uncommitted' });
  try {
    for (let partition = 0; partition < PARTITIONS; partition++) fetcher.add({ topic: copy.topic, partition }, 0, null);
    await write(copy, total, firstId, sent, committed);
    await until(`every row to come out of ${engine.name}`, async () => {
      const why = broken ?? await engine.failure();
      if (why !== undefined) throw why instanceof Error ? why : new BenchFailure(`${engine.name} failed: ${String(why)}`);
      return missing === 0;
    }, 60_000, 100);
  } finally { fetcher.close(); await client.close(); }
  const ages = (since: Float64Array): Float64Array => arrived.map((at, i) => at - (since[i] ?? NaN)).subarray(first), commits = committed.map((at, i) => at - (sent[i] ?? NaN)).subarray(first);
  return { ...spread(`${engine.name}, from INSERT to Kafka,`, ages(sent)), ...spread(`${engine.name}, from commit to Kafka,`, ages(committed)), ...spread(`${engine.name}, of it MySQL's commit,`, commits) };
}

/** Every millisecond what is due; a connection takes the next row when it has its answer. */
async function write(copy: Copy, total: number, firstId: number, sent: Float64Array, committed: Float64Array): Promise<void> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, async () => await connect(copy.place))), rows = new RowWriter();
  try {
    // Ready when the first is due.
    const texts = Array.from({ length: total }, (_, i) => rows.rows(firstId + i, firstId + i + 1, 0).toString('latin1')), waiting: Promise<unknown>[] = [], began = performance.now();
    for (let i = 0; i < total;) {
      for (const due = Math.min(total, Math.floor((performance.now() - began) * PER_SECOND / 1000) + 1); i < due; i++) {
        const at = i, connection = connections[i % CONNECTIONS];
        sent[at] = performance.now();
        waiting.push((connection as NonNullable<typeof connection>).query(`INSERT INTO ${copy.table} VALUES ${texts[at]}`).then(() => { committed[at] = performance.now(); }));
      }
      await pause(1);
    }
    await Promise.all(waiting);
  } finally { for (const connection of connections) await connection.end(); }
}
