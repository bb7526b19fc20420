/** The queries of `bench/queries`: their text with this run's addresses, how many records each reads, and what is asked of each. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TopicKind } from '../load/topics.ts';

const FOLDER = join(import.meta.dirname, '../queries');

export interface Bar {
  /** At least this many times Flink's records per CPU second. */
  readonly ratio: number;
  /** At most 1/this of Flink's peak memory. */
  readonly memory: number;
}
export interface QueryCard {
  readonly name: string;
  readonly bar: Bar;
  /** What Flink's TaskManager gets; less than it needs would measure its garbage collector. */
  readonly taskManagerMib: number;
}
const card = (name: string, ratio: number, memory: number, taskManagerMib = 4096): QueryCard => ({ name, bar: { ratio, memory }, taskManagerMib });

/** In the order of the table. */
export const queries: readonly QueryCard[] = [
  card('q0', 4, 5), card('q0-lz4', 4, 5), card('q1', 6, 5), card('q2', 6, 5), card('q0k', 4, 5), card('q0x', 4, 5), card('qa-channel', 5, 4), card('qa-bidder', 5, 4),
  card('q3', 5, 4), card('qj', 6, 3, 8192), card('union-all', 4, 3), card('distinct', 4, 3), card('count-distinct', 4, 3),
];
/** A query that is only a file has no bar. */
export function cardOf(name: string): Omit<QueryCard, 'bar'> & { readonly bar?: Bar } { return queries.find((q) => q.name === name) ?? { name, taskManagerMib: 4096 }; }

export interface Query { readonly name: string; readonly title: string; readonly reads: readonly TopicKind[]; readonly sql: string }
export interface QueryPlaces { readonly bootstrap: string; readonly prefix: string; readonly outTopic: string; readonly bounded?: boolean | undefined; readonly settings?: Readonly<Record<string, string>> | undefined }

const TABLES: Readonly<Record<string, TopicKind>> = { bid: 'bid', bid_lz4: 'bid-lz4', auction: 'auction', person: 'person', users: 'order_dw.user', orders: 'order_dw.order', feedback: 'order_dw.feedback' };

/** Reads a query and puts the tables it names in front of it. The first line of the file is its title, `-- reads:` lists its topics. */
export function loadQuery(name: string, places: QueryPlaces): Query {
  const text = readFileSync(join(FOLDER, `${name}.sql`), 'utf8');
  const title = titleOf(name), reads = (/^-- reads: (.*)$/m.exec(text)?.[1] ?? '').split(' ') as TopicKind[];
  const settings = Object.entries(places.settings ?? {}).map(([key, value]) => `SET '${key}' = '${value}';\n`).join('');
  return { name, title, reads, sql: fill(settings + sources(reads) + text, places) };
}
export function titleOf(name: string): string { return /^-- (.*?)\.?\n/.exec(readFileSync(join(FOLDER, `${name}.sql`), 'utf8'))?.[1] ?? name; }
/** The CREATE statements of the sources that read these topics. */
export function sources(reads: readonly TopicKind[]): string {
  const ddl = readFileSync(join(FOLDER, 'ddl.sql'), 'utf8').split(/(?<=;)\n/);
  return ddl.filter((statement) => reads.includes(TABLES[/CREATE TEMPORARY TABLE (\w+)/.exec(statement)?.[1] ?? ''] as TopicKind)).join('\n') + '\n';
}
export function fill(sql: string, places: QueryPlaces): string {
  return sql.replaceAll('${BOOTSTRAP}', places.bootstrap).replaceAll('${PREFIX}', places.prefix).replaceAll('${OUT}', places.outTopic).replaceAll('${BOUNDED}', places.bounded === false ? 'unbounded' : 'latest-offset');
}
