/** The jobs a run watches, as a user writes them: a YAML pipeline of the whole database, or SQL over mysql-cdc tables. */
import type { ChaosColumn, ChaosTable } from './tables.ts';

export type Mode = 'pipeline' | 'debezium' | 'canal' | 'sql' | 'round-trip';
export const MODES: readonly Mode[] = ['pipeline', 'debezium', 'canal', 'sql', 'round-trip'];
export interface JobWorld {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Where the round trip ends. */
  readonly target: string;
  readonly bootstrap: string;
  readonly guarantee: 'exactly-once' | 'at-least-once';
  readonly serverIds: string;
  readonly chunkSize: number;
  readonly checkpointMs: number;
  /** `schema.change.behavior`. */
  readonly behavior: string;
  readonly tables: readonly ChaosTable[];
}
export const topicOf = (world: Pick<JobWorld, 'database'>, mode: Mode, table: ChaosTable): string => (mode === 'sql' || mode === 'round-trip' ? `${world.database}-${table.name}` : `${world.database}.${table.name}`);

export function pipelineYaml(world: JobWorld, mode: Mode): string {
  const format = mode === 'debezium' ? 'debezium-json' : 'canal-json';
  return `source:
  type: mysql
  hostname: ${world.host}
  port: ${world.port}
  username: ${world.user}
  password: ${world.password}
  tables: ${world.database}.\\.*
  server-id: ${world.serverIds}
  server-time-zone: UTC
  scan.incremental.snapshot.chunk.size: ${world.chunkSize}
  scan.snapshot.fetch.size: 64
sink:
  type: ${mode === 'pipeline' ? 'upsert-kafka' : 'kafka'}
  properties.bootstrap.servers: ${world.bootstrap}
  sink.delivery-guarantee: ${world.guarantee}
${mode === 'pipeline' ? '' : `  value.format: ${format}\n`}pipeline:
  name: chaos ${world.database}
  schema.change.behavior: ${world.behavior}
  execution.checkpointing.interval: ${world.checkpointMs} ms
  restart-strategy.type: fixed-delay
  restart-strategy.fixed-delay.attempts: 100000
  restart-strategy.fixed-delay.delay: 300 ms
`;
}

/** The SQL type of a column by the tables of the reference. */
export function sqlType(column: ChaosColumn): string {
  const type = column.ddl.replace(/ (NOT )?NULL$/, '').replace(/ (CHARACTER SET|COLLATE) \S+/g, '');
  if (type === 'BIGINT UNSIGNED') return 'DECIMAL(20, 0)';
  if (type === 'INT UNSIGNED') return 'BIGINT';
  if (/^(VARBINARY|BINARY)/.test(type)) return 'BYTES';
  if (/^(VARCHAR|MEDIUMTEXT)/.test(type)) return 'STRING';
  return type.replace('DATETIME', 'TIMESTAMP');
}
const settings = (world: JobWorld): string => `SET 'execution.checkpointing.interval' = '${world.checkpointMs} ms'; SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '100000'; SET 'restart-strategy.fixed-delay.delay' = '300 ms';`;
const columnsOf = (table: ChaosTable): string => `${table.columns.map((c) => `\`${c.name}\` ${sqlType(c)}`).join(', ')}, PRIMARY KEY (${table.key.map((k) => `\`${k}\``).join(', ')}) NOT ENFORCED`;
const topicTable = (world: JobWorld, table: ChaosTable, name: string): string => `CREATE TEMPORARY TABLE \`${name}\` (${columnsOf(table)}) WITH ('connector' = 'upsert-kafka', 'topic' = '${topicOf(world, 'sql', table)}', 'properties.bootstrap.servers' = '${world.bootstrap}', 'key.format' = 'json', 'value.format' = 'json', 'sink.delivery-guarantee' = '${world.guarantee}', 'sink.transactional-id-prefix' = '${world.database}-${table.name}', 'properties.isolation.level' = 'read_committed');`;

/** Every table from mysql-cdc into an upsert-kafka topic, in one job. */
export function copySql(world: JobWorld): string {
  const source = (table: ChaosTable): string => `CREATE TEMPORARY TABLE \`from_${table.name}\` (${columnsOf(table)}) WITH ('connector' = 'mysql-cdc', 'hostname' = '${world.host}', 'port' = '${world.port}', 'username' = '${world.user}', 'password' = '${world.password}', 'database-name' = '${world.database}', 'table-name' = '${table.name}', 'server-time-zone' = 'UTC', 'scan.incremental.snapshot.chunk.size' = '${world.chunkSize}', 'scan.snapshot.fetch.size' = '64');`;
  return `${settings(world)}
${world.tables.map((t) => `${source(t)}\n${topicTable(world, t, `to_${t.name}`)}`).join('\n')}
BEGIN STATEMENT SET;
${world.tables.map((t) => `INSERT INTO \`to_${t.name}\` SELECT * FROM \`from_${t.name}\`;`).join('\n')}
END;`;
}

/** Queries over the tables and the MySQL tables they are kept in; the same text is asked of the source afterwards. */
export const QUERIES: readonly { readonly name: string; readonly columns: string; readonly mysqlColumns: string; readonly key: string; readonly sql: (from: (table: string) => string, decimal: string) => string }[] = [
  {
    name: 'sums', key: 'g', columns: 'g INT, c BIGINT, s DECIMAL(38, 0), v DECIMAL(20, 0)', mysqlColumns: 'g INT PRIMARY KEY, c BIGINT, s DECIMAL(38, 0), v BIGINT UNSIGNED',
    sql: (from, decimal) => `SELECT g, COUNT(*) AS c, SUM(CAST(n AS ${decimal})) AS s, MAX(ver) AS v FROM ${from('numbers')} GROUP BY g`,
  },
  {
    name: 'joined', key: 'a, b', columns: 'a INT, b DECIMAL(20, 0), note STRING, amount DECIMAL(20, 4)', mysqlColumns: 'a INT, b BIGINT UNSIGNED, note VARCHAR(200), amount DECIMAL(20, 4), PRIMARY KEY (a, b)',
    sql: (from) => `SELECT x.id AS a, y.id AS b, y.note AS note, x.amount AS amount FROM ${from('numbers')} AS x JOIN ${from('unsigneds')} AS y ON x.g = y.g WHERE MOD(x.id, 5) = 0`,
  },
];
/** Topics back into MySQL by way of the queries. */
export function backSql(world: JobWorld): string {
  const used = world.tables.filter((t) => t.name === 'numbers' || t.name === 'unsigneds');
  const sinks = QUERIES.map((q) => `CREATE TEMPORARY TABLE \`sink_${q.name}\` (${q.columns}, PRIMARY KEY (${q.key}) NOT ENFORCED) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://${world.host}:${world.port}/${world.target}', 'table-name' = '${q.name}', 'username' = '${world.user}', 'password' = '${world.password}');`);
  return `${settings(world)}
${used.map((t) => topicTable(world, t, `topic_${t.name}`)).join('\n')}
${sinks.join('\n')}
BEGIN STATEMENT SET;
${QUERIES.map((q) => `INSERT INTO \`sink_${q.name}\` ${q.sql((t) => `\`topic_${t}\``, 'DECIMAL(38, 0)')};`).join('\n')}
END;`;
}
