/**
 * Do both engines give the same result? Before a query is timed, both run it once over a small topic into Kafka, and the rows that
 * remain are compared as a multiset. A query with a blackhole writes its changelog as debezium-json instead: engines may
 * retract and insert a different number of times on the way (Flink's joins and aggregates of two workers are not even the same from
 * run to run), so only what remains when every row taken back is gone can be compared. One that writes to Kafka keeps its own sink.
 */
import type { RecordCursor } from '../../runtime/connectors/kafka/client/index.ts';
import type { Engine } from './engines.ts';
import { readCommitted, withOutTopic } from './out-topic.ts';
import { BenchFailure } from './server.ts';

/** Rows as JSON text with how often each is there; never 0. */
export type Rows = ReadonlyMap<string, number>;
const SHOWN = 3;

/** The same text with its blackhole replaced by a topic that takes a changelog. */
export function intoTopic(sql: string, bootstrap: string, topic: string): string {
  return sql.replace("WITH ('connector' = 'blackhole')", `WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = '${bootstrap}', 'topic' = '${topic}', 'format' = 'debezium-json')`);
}
/** Adds one record's rows. A debezium-json record takes `before` back and adds `after`; any other is a row. */
export function addRecord(rows: Map<string, number>, json: string): void {
  const value = JSON.parse(json) as { op?: string; before?: unknown; after?: unknown }, add = (row: unknown, by: number): void => {
    if (row === null || row === undefined) return;
    const text = JSON.stringify(row), count = (rows.get(text) ?? 0) + by;
    if (count === 0) rows.delete(text); else rows.set(text, count);
  };
  if (value.op === undefined) { add(value, 1); return; }
  add(value.before, -1);
  add(value.after, 1);
}
/** What the first has and the second has not, the other way round, as sentences; undefined when they are the same. */
export function difference(rivulet: Rows, flink: Rows): string | undefined {
  const missing = (from: Rows, within: Rows): string[] => [...from].filter(([row, n]) => n !== (within.get(row) ?? 0)).map(([row, n]) => `${row} ×${n}`);
  const ours = missing(rivulet, flink), theirs = missing(flink, rivulet);
  if (ours.length === 0 && theirs.length === 0) return undefined;
  const shown = (name: string, rows: readonly string[]): string => `${rows.length} rows only or more often in ${name}${rows.length === 0 ? '' : `, as ${rows.slice(0, SHOWN).join(' ')}`}`;
  return `${shown('Rivulet', ours)}; ${shown('Flink', theirs)}`;
}

/** Runs the query on each engine and gives the number of rows that remain. @param textFor the query's text with this topic to write to */
export async function assertSameResults(engines: readonly Engine[], bootstrap: string, textFor: (topic: string) => string): Promise<number> {
  const results: Rows[] = [];
  for (const engine of engines) {
    results.push(await withOutTopic(bootstrap, async (topic, client) => {
      const rows = new Map<string, number>();
      await engine.run(intoTopic(textFor(topic), bootstrap, topic), undefined);
      await readCommitted(client, topic, (record: RecordCursor) => { if (record.valueStart >= 0) addRecord(rows, record.bytes.toString('utf8', record.valueStart, record.valueEnd)); });
      return rows;
    }));
  }
  const [rivulet = new Map<string, number>(), flink = rivulet] = results, why = difference(rivulet, flink);
  if (why !== undefined) throw new BenchFailure(`the results of Rivulet and Flink differ: ${why}`);
  return [...rivulet.values()].reduce((n, count) => n + count, 0);
}
