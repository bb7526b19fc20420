/**
 * `npm run demo:mysql`: the whole way of the main example on a real MySQL and a real Kafka. Makes the database `order_dw`, copies it to
 * Kafka by the three documents of `sql-examples/` (default topic names, a route per table, one route for all), joins the topics through
 * the Kafka JSON catalog, prints the rows, changes MySQL and shows the printed join follow. Stays up until Ctrl-C; with CI=true it ends
 * with 0 once everything expected was seen. `--reset`: drops `order_dw` and the topics of an earlier run first.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createConnection, type Connection } from 'mysql2/promise';
import { KafkaClient } from '../../runtime/connectors/kafka/client/index.ts';
import { acquireKafka } from '../services/kafka.ts';
import { acquireMySql } from '../services/mysql.ts';
import { changes, createTables, DATABASE, filledRows, fillTables, recordsOf } from './order-dw.ts';
import { lastValues } from './last-values.ts';
import { DemoFailed, isCi, Lines, pgPort, present, root, say, until, type Stage } from './stage.ts';

const STAGE_LIMIT_MS = 60_000;
type Table = keyof typeof recordsOf;
const TABLES = Object.keys(recordsOf) as Table[];
/** The documents, and the topic each makes of a table. */
const DOCUMENTS: readonly { readonly file: string; readonly topicOf: (table: Table) => string }[] = [
  { file: '03-pipeline-default-names.yaml', topicOf: (table) => `${DATABASE}.${table}` },
  { file: '04-pipeline-routes.yaml', topicOf: (table) => ({ user: 'user1', order: 'order2', feedback: 'feedback3' })[table] },
  { file: '05-pipeline-batch-route.yaml', topicOf: (table) => `topic_${table}` },
];
const JOIN = '06-order-dw-join.sql';

present(async (stage) => {
  say('Looking for a MySQL (MYSQL_URL, Docker, or the plain program) and a Kafka (KAFKA_BOOTSTRAP, Docker, or java) …');
  const [mysql, kafka] = await Promise.all([acquireMySql({ flavor: 'mysql' }), acquireKafka()]);
  stage.onEnd(() => mysql.stop());
  stage.onEnd(() => kafka.stop());
  const url = new URL(mysql.url), client = KafkaClient.of(kafka.bootstrap);
  stage.onEnd(() => client.close());
  say(`MySQL is at ${url.host} (${mysql.how}), Kafka at ${kafka.bootstrap} (${kafka.how}).\n`);
  const database = await createConnection(mysql.url);
  stage.onEnd(() => database.end());
  if (process.argv.includes('--reset')) await reset(database, client);
  await createDatabase(database);
  await stage.startServer();
  for (const { file, topicOf } of DOCUMENTS) {
    const id = await startPipeline(stage, file, url, kafka.bootstrap);
    say(`${file}: pipeline ${id} made these topics:`);
    for (const table of TABLES) say(`  ${topicOf(table).padEnd(20)} ${await records(client, topicOf(table), recordsOf[table])}`);
  }
  say(`\nSubmitting sql-examples/${JOIN}: the topics are tables of the Kafka JSON catalog …\n`);
  const sql = (await readFile(join(root, 'sql-examples', JOIN), 'utf8')).replaceAll('127.0.0.1:9092', kafka.bootstrap);
  const jobId = await stage.submit(sql), lines = new Lines();
  stage.follow(jobId, lines.add);
  await lines.include(filledRows);
  say('\nNow MySQL changes, and the join follows:');
  for (const { sql: change, prints } of changes) {
    say(`\n  mysql> ${change};`);
    await database.query(change);
    await lines.match(prints);
  }
  if (isCi) { say('\nEverything expected was printed.'); return stage.end(0); }
  say(`\nThe pipelines and the job ${jobId} run on: change ${DATABASE} and watch. Try it by hand:`);
  say(`  mysql -h ${url.hostname} -P ${url.port} -u ${url.username} ${DATABASE}`);
  say(`  psql -h 127.0.0.1 -p ${pgPort}        then: SHOW JOBS;`);
  say(`  curl -s ${stage.http}/api/v1/pipelines`);
  say('Ctrl-C ends the server, the jobs, and the MySQL and Kafka that were started.\n');
});

async function reset(database: Connection, client: KafkaClient): Promise<void> {
  await database.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
  const made = DOCUMENTS.flatMap(({ topicOf }) => TABLES.map(topicOf)), there = (await client.listTopics()).filter((topic) => made.includes(topic));
  if (there.length === 0) return;
  await client.deleteTopics(there);
  await until(STAGE_LIMIT_MS, 'the topics to be deleted', async () => (await client.listTopics()).every((topic) => !made.includes(topic)));
}
async function createDatabase(database: Connection): Promise<void> {
  const [found] = await database.query('SELECT 1 FROM information_schema.schemata WHERE schema_name = ?', [DATABASE]) as unknown as [unknown[]];
  if (found.length > 0) throw new DemoFailed(`the database ${DATABASE} exists already; run it with \`-- --reset\` to drop it and the topics of an earlier run`);
  await database.query(`CREATE DATABASE ${DATABASE}`);
  await database.changeUser({ database: DATABASE });
  for (const statement of [...createTables, ...fillTables]) { say(`  mysql> ${statement};`); await database.query(statement); }
  say('');
}
/** Starts the pipeline and waits until the existing rows are copied; gives its job's id. */
async function startPipeline(stage: Stage, file: string, mysql: URL, bootstrap: string): Promise<string> {
  const text = (await readFile(join(root, 'sql-examples', file), 'utf8')).replaceAll('127.0.0.1:9092', bootstrap).replace(/^(\s*port:) 3306$/m, `$1 ${mysql.port}`);
  const variables = { hostname: mysql.hostname, usernmae: decodeURIComponent(mysql.username), password: decodeURIComponent(mysql.password), ak: '', sk: '', instanceId: '', endpoint: '', regionId: '' };
  const { id } = await stage.post('/api/v1/pipelines', { yaml: text, variables }) as { id: string };
  await until(STAGE_LIMIT_MS, `${file} to reach the incremental stage`, async () => {
    const detail = await (await fetch(`${stage.http}/api/v1/pipelines/${id}`)).json() as { status: string; lastError?: string; progress: { stage?: string }[] };
    if (detail.status === 'FAILED') await stage.fail(new DemoFailed(`${file}: ${detail.lastError}`));
    return detail.progress.some((p) => p.stage === 'incremental');
  });
  return id;
}
/** Waits for the last value of every key to be the wanted one; gives the records as they stand. */
async function records(client: KafkaClient, topic: string, wanted: Readonly<Record<string, string>>): Promise<string> {
  let last = new Map<string, string>();
  await until(STAGE_LIMIT_MS, `the records of topic ${topic}`, async () => {
    last = await lastValues(client, topic);
    return Object.entries(wanted).every(([key, value]) => last.get(key) === value);
  });
  return [...last].map(([key, value]) => `${key} → ${value}`).join('   ');
}
