/** The queries of `bench/queries`: their text with this run's addresses, and how many records each reads. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TopicKind } from '../load/topics.ts';

const FOLDER = join(import.meta.dirname, '../queries');

/** In the order of the table; the second figure is Flink 2.2.0's records per CPU second of its TaskManager on two such cores (docs/performance.md). */
export const queries: readonly { readonly name: string; readonly flinkPerCpuSecond: number }[] = [
  { name: 'q0', flinkPerCpuSecond: 194_000 }, { name: 'q1', flinkPerCpuSecond: 232_000 }, { name: 'q2', flinkPerCpuSecond: 253_000 }, { name: 'q0k', flinkPerCpuSecond: 74_000 },
  { name: 'qa-channel', flinkPerCpuSecond: 172_000 }, { name: 'qa-bidder', flinkPerCpuSecond: 207_000 }, { name: 'q3', flinkPerCpuSecond: 114_000 }, { name: 'qj', flinkPerCpuSecond: 23_000 },
];

export interface Query { readonly name: string; readonly title: string; readonly reads: readonly TopicKind[]; readonly sql: string }
export interface QueryPlaces { readonly bootstrap: string; readonly prefix: string; readonly outTopic: string; readonly bounded?: boolean | undefined; readonly settings?: Readonly<Record<string, string>> | undefined }

const TABLES: Readonly<Record<string, TopicKind>> = { bid: 'bid', auction: 'auction', person: 'person', users: 'order_dw.user', orders: 'order_dw.order', feedback: 'order_dw.feedback' };

/** Reads a query and puts the tables it names in front of it. The first line of the file is its title, `-- reads:` lists its topics. */
export function loadQuery(name: string, places: QueryPlaces): Query {
  const text = readFileSync(join(FOLDER, `${name}.sql`), 'utf8');
  const title = /^-- (.*)/.exec(text)?.[1] ?? name, reads = (/^-- reads: (.*)$/m.exec(text)?.[1] ?? '').split(' ') as TopicKind[];
  const settings = Object.entries(places.settings ?? {}).map(([key, value]) => `SET '${key}' = '${value}';\n`).join('');
  return { name, title, reads, sql: fill(settings + sources(reads) + text, places) };
}
/** The CREATE statements of the sources that read these topics. */
export function sources(reads: readonly TopicKind[]): string {
  const ddl = readFileSync(join(FOLDER, 'ddl.sql'), 'utf8').split(/(?<=;)\n/);
  return ddl.filter((statement) => reads.includes(TABLES[/CREATE TEMPORARY TABLE (\w+)/.exec(statement)?.[1] ?? ''] as TopicKind)).join('\n') + '\n';
}
export function fill(sql: string, places: QueryPlaces): string {
  return sql.replaceAll('${BOOTSTRAP}', places.bootstrap).replaceAll('${PREFIX}', places.prefix).replaceAll('${OUT}', places.outTopic).replaceAll('${BOUNDED}', places.bounded === false ? 'unbounded' : 'latest-offset');
}
