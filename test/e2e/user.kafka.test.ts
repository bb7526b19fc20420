/** What a user meets besides the main job: sinks whose topic is new, jobs that do not start, tables that are only written to, metrics, errors over HTTP. */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import type pg from 'pg';
import { createSampleTopics } from '../../tools/demo/sample-data.ts';
import { ServerProcess, bootstrap, eventually } from './server-process.ts';

const prefix = `user${Date.now().toString(36)}_`;
const withKafka = (topic: string, more = ''): string => `WITH ('connector'='kafka', 'topic'='${prefix}${topic}', 'properties.bootstrap.servers'='${bootstrap()}', 'format'='json', 'scan.startup.mode'='earliest-offset'${more})`;

describe('a user by hand', function () {
  this.timeout(60_000);
  let server: ServerProcess, client: pg.Client, admin: Admin;
  const jobId = async (sql: string): Promise<string> => String(Object.values((await client.query(sql)).rows[0] as Record<string, string>)[0]);
  const status = async (id: string): Promise<string> => String((await client.query(`DESCRIBE JOB '${id}'`)).rows[0].status);
  async function failure(sql: string): Promise<{ code: string; message: string; detail?: string; hint?: string }> {
    try { await client.query(sql); } catch (error) { return error as never; }
    throw new Error(`was not refused: ${sql}`);
  }
  before(async () => {
    admin = new Kafka({ clientId: 'user', brokers: [bootstrap()], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    server = await ServerProcess.start();
    client = await server.connect();
  });
  after(async () => {
    await client?.end().catch(() => {});
    await server?.remove();
    const made = (await admin.listTopics()).filter((t) => t.startsWith(prefix));
    if (made.length > 0) await admin.deleteTopics({ topics: made });
    await admin?.disconnect();
  });

  it('runs every statement of the README', async () => {
    await createSampleTopics(bootstrap(), prefix);
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8'), block = /```sql\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const text = block.replace(/--.*$/gm, '').replaceAll('127.0.0.1:9092', bootstrap()).replace(/`kafka`\.`(\w+)`/g, `\`kafka\`.\`${prefix}$1\``).replaceAll(`'topic'='`, `'topic'='${prefix}`);
    const statements = text.split(';').map((s) => s.trim()).filter((s) => s !== '');
    expect(statements.length).to.be.greaterThan(9);
    let id = '';
    for (const statement of statements) {
      const { rows } = await client.query(statement.replaceAll('<job id>', id)) as { rows: Record<string, string>[] };
      if (statement.startsWith('INSERT')) {
        id = rows[0]?.['job id'] ?? '';
        const counts = async (): Promise<unknown> => (await client.query('SELECT user_name, orders FROM orders_per_user ORDER BY user_name')).rows;
        await eventually('the counts', async () => JSON.stringify(await counts()) === JSON.stringify([{ user_name: 'Jerry', orders: '1' }, { user_name: 'Tom', orders: '1' }]));
      }
      if (statement.startsWith('SELECT')) expect(rows).to.have.length(2);
    }
    await eventually('the job to run again', async () => (await status(id)) === 'RUNNING');
    await client.query(`STOP JOB '${id}'`);
  });
  it('writes to a topic that the broker makes with the first write, as with Flink; reading makes none', async () => {
    await client.query(`CREATE TEMPORARY TABLE made (id BIGINT, name STRING) ${withKafka('made')}`);
    const id = await jobId(`INSERT INTO made VALUES (1, 'a'), (2, 'b')`);
    await eventually('the end of the job', async () => (await status(id)) === 'FINISHED');
    expect((await client.query('SELECT * FROM made ORDER BY id')).rows).to.deep.equal([{ id: '1', name: 'a' }, { id: '2', name: 'b' }]);
    const error = await failure(`SELECT * FROM made /*+ OPTIONS('topic'='${prefix}mad') */`);
    expect(error).to.include({ code: '42P01', message: `Kafka topic "${prefix}mad" does not exist` });
    expect(error.hint).to.contain(`"${prefix}made"`);
    expect(error.detail).to.contain('Existing topics: ');
    expect(await admin.listTopics()).to.include(`${prefix}made`).and.not.include(`${prefix}mad`);
  });
  it('describes tables that can only be written to, computed columns too', async () => {
    await client.query(`CREATE TEMPORARY TABLE hole (id BIGINT, twice AS id * 2) WITH ('connector'='blackhole')`);
    expect((await client.query('DESCRIBE hole')).rows.map((r: Record<string, string>) => [r['name'], r['type'], r['extras']])).to.deep.equal([['id', 'BIGINT', null], ['twice', 'BIGINT', 'AS id * 2']]);
    expect((await failure('CREATE TABLE twins (a INT, a INT)')).message).to.equal('column "a" is declared more than once');
  });
  it('alters a catalog, and checks its options as when it was made', async () => {
    await client.query(`CREATE CATALOG k WITH ('type'='kafka', 'properties.bootstrap.servers'='${bootstrap()}', 'format'='json')`);
    await client.query(`ALTER CATALOG k SET ('value.fields-prefix'='v_')`);
    expect((await client.query(`DESCRIBE k.kafka.\`${prefix}made\``)).rows.map((r: Record<string, string>) => r['name']).slice(0, 2)).to.deep.equal(['v_id', 'v_name']);
    expect((await failure(`ALTER CATALOG k SET ('value.field-prefix'='w_')`)).hint).to.contain('value.fields-prefix');
    expect((await failure(`ALTER CATALOG k RESET ('format')`)).message).to.contain('"format"');
    await server.end();
    await server.launch();
    client = await server.connect();
    expect(String(Object.values((await client.query('SHOW CREATE CATALOG k')).rows[0] as object)[0])).to.contain(`'value.fields-prefix' = 'v_'`);
    await client.query(`ALTER CATALOG k RESET ('value.fields-prefix')`);
    await client.query(`CREATE TEMPORARY TABLE made (id BIGINT, name STRING) ${withKafka('made')}`);
  });
  it('names the port that is taken', async () => {
    const second = new ServerProcess(`${server.dataDir}-second`, ['--http-port', String(server.httpPort)]);
    const why = await second.launch().then(() => 'started', (error: Error) => error.message);
    await second.remove();
    expect(why).to.contain(`cannot listen on 127.0.0.1:${server.httpPort}: the port is in use`).and.contain('--http-port').and.not.contain('    at ');
  });
  it('stops a job that starts over and over', async () => {
    await client.query(`SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '1000'; SET 'restart-strategy.fixed-delay.delay' = '1 h'`);
    await client.query(`CREATE TEMPORARY TABLE far (n INT) ${withKafka('far').replace(bootstrap(), '127.0.0.1:1')}; CREATE TEMPORARY TABLE nothing (n INT) WITH ('connector'='blackhole')`);
    const id = await jobId('INSERT INTO nothing SELECT n FROM far');
    await eventually('an attempt', async () => ['INITIALIZING', 'RESTARTING'].includes(await status(id)));
    expect((await failure(`STOP JOB '${id}' WITH SAVEPOINT`)).code).to.equal('55000');
    await client.query(`STOP JOB '${id}'`);
    expect(await status(id)).to.equal('CANCELED');
    expect(await failure(`DESCRIBE JOB 'nope'`)).to.include({ code: '42704', message: 'job "nope" does not exist' });
    await client.query('RESET');
  });
  it('DESCRIBE JOB says why a job failed', async () => {
    await client.query(`SET 'restart-strategy.type' = 'none'; CREATE TEMPORARY TABLE zero (n BIGINT) WITH ('connector'='datagen', 'number-of-rows'='1', 'fields.n.kind'='sequence', 'fields.n.start'='0', 'fields.n.end'='0'); CREATE TEMPORARY TABLE nowhere (n BIGINT) WITH ('connector'='blackhole')`);
    const id = await jobId('INSERT INTO nowhere SELECT 1 / n FROM zero');
    await eventually('the failure', async () => (await status(id)) === 'FAILED');
    expect(String((await client.query(`DESCRIBE JOB '${id}'`)).rows[0].error)).to.match(/^division by zero/i);
    await client.query('RESET');
  });
  it('starts from a savepoint under the newer name of the option, and shows options without a value', async () => {
    await client.query(`CREATE TEMPORARY TABLE kept (name STRING, n BIGINT) WITH ('connector'='print')`);
    const insert = 'INSERT INTO kept SELECT name, COUNT(*) FROM made GROUP BY name', first = await jobId(insert);
    await eventually('printed rows', async () => (await server.printed(first)).length === 2);
    const path = await jobId(`STOP JOB '${first}' WITH SAVEPOINT`);
    await client.query(`SET 'execution.state-recovery.path' = '${path}'`);
    const second = await jobId(insert);
    await client.query(`RESET 'execution.state-recovery.path'`);
    await jobId(`INSERT INTO made VALUES (3, 'a')`);
    await eventually('the update', async () => (await server.printed(second)).length === 2);
    expect(await server.printed(second)).to.deep.equal(['-U[a, 1]', '+U[a, 2]']);
    await client.query(`STOP JOB '${second}'; RESET`);
    expect((await client.query('SHOW parallelism.default')).rows).to.have.length(1);
  });
  it('counts rows in the first scrape', async () => {
    await client.query(`CREATE TEMPORARY TABLE seen (id BIGINT, name STRING) WITH ('connector'='print')`);
    const id = await jobId('INSERT INTO seen SELECT * FROM made');
    await eventually('printed rows', async () => (await server.printed(id)).length === 3);
    const lines = (await (await fetch(server.url('/metrics'))).text()).split('\n').filter((l) => l.includes(id));
    expect(lines.find((l) => l.startsWith('rivulet_operator_records_in_total') && l.includes('type="sink"'))).to.match(/ 3$/);
    const unknown = await fetch(server.url(`/api/v1/jobs/${id}/print?sink=sen`));
    expect(unknown.status).to.equal(404);
    expect((await unknown.json() as { error: Record<string, string> }).error).to.include({ message: 'the job has no print sink "sen"', hint: 'Did you mean "seen"?' });
    expect(await server.printed(id, 'seen')).to.have.length(3);
    await client.query(`STOP JOB '${id}'`);
  });
  it('takes no parameter without a value for NULL', async () => {
    expect(await failure('SELECT $1')).to.include({ code: '42P02', message: 'there is no parameter $1' });
    expect((await failure('INSERT INTO seen SELECT CAST($1 AS BIGINT), $2')).code).to.equal('42P02');
    const refused = await client.query('INSERT INTO seen SELECT CAST($1 AS BIGINT), $2', [1, 'a']).then(() => 'taken', (error: { code: string }) => error.code);
    expect(refused).to.equal('0A000');
    expect((await client.query('SELECT name FROM made WHERE id = $1', [2])).rows).to.deep.equal([{ name: 'b' }]);
  });
  it('says over HTTP which statement failed, also when the error has no place of its own', async () => {
    const { status: code, body } = await server.sql(`SELECT 1;\n  USE CATALOG nowhere;`);
    expect(code).to.equal(400);
    expect(body.error).to.include({ sqlstate: '3D000', line: 2, column: 3 });
    expect(body.results).to.have.length(1);
  });
});
