/** The product's main job on a real Kafka: both example scripts, over psql's protocol and HTTP; live changes; kill -9; savepoints. */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { createSampleTopics, expectedRows, sampleRecords } from '../../tools/demo/sample-data.ts';
import { bootstrap, eventually, jobIdOf, materialise, ServerProcess } from './server-process.ts';

const prefix = `e2e${Date.now().toString(36)}_`;
async function example(name: string): Promise<string> {
  let sql = (await readFile(new URL(`../../sql-examples/${name}`, import.meta.url), 'utf8')).replaceAll('127.0.0.1:9092', bootstrap());
  for (const topic of Object.keys(sampleRecords)) sql = sql.replaceAll(`\`kafka\`.\`${topic}\``, `\`kafka\`.\`${prefix}${topic}\``).replaceAll(`'topic' = '${topic}'`, `'topic' = '${prefix}${topic}'`);
  return sql.replaceAll('`kafka`.feedback', `\`kafka\`.\`${prefix}feedback\``);
}
const expectedTable = expectedRows.map((r) => r.slice(2)).sort();

describe('the main job', function () {
  this.timeout(120_000);
  let server: ServerProcess, producer: Producer;
  const kafka = new Kafka({ clientId: 'e2e', brokers: [bootstrap()], logLevel: logLevel.NOTHING });
  const send = (topic: string, key: unknown, value: unknown): Promise<unknown> => producer.send({ topic: prefix + topic, messages: [{ key: JSON.stringify(key), value: value === null ? null : JSON.stringify(value) }] });
  before(async () => {
    await createSampleTopics(bootstrap(), prefix);
    producer = kafka.producer();
    await producer.connect();
    server = await ServerProcess.start();
  });
  after(async () => {
    await server?.remove();
    await producer?.disconnect();
  });

  it('shows topics as tables and reads them', async () => {
    const { status, body } = await server.sql((await example('01-order-join.sql')).split('CREATE TEMPORARY')[0] ?? '');
    expect(body.error).to.equal(undefined);
    expect(status).to.equal(200);
    const [, tables, columns, rows] = body.results ?? [];
    expect(tables?.rows.flat()).to.include.members(['user', 'order', 'feedback', 'order_dw.user'].map((t) => prefix + t));
    expect(columns?.rows.map((r) => r.slice(0, 3))).to.deep.equal([['key_id', 'BIGINT', 'FALSE'], ['value_id', 'BIGINT', 'TRUE'], ['value_product', 'STRING', 'TRUE'], ['value_user_id', 'BIGINT', 'TRUE'], ['partition', 'INT', 'FALSE'], ['offset', 'BIGINT', 'FALSE'], ['timestamp', 'TIMESTAMP_LTZ(3)', 'FALSE']]);
    expect(rows?.rows.map((r) => r.slice(0, 4))).to.have.deep.members([[1, 1, 'Football', 2], [2, 2, 'Basket', 1]]);
  });

  it('runs the join from hand-written sources, in one HTTP request', async () => {
    const { body } = await server.sql(await example('02-order-join-tables.sql'));
    expect(body.error).to.equal(undefined);
    const job = jobIdOf(body.results);
    await eventually('the joined rows', async () => { const rows = materialise(await server.printed(job)); return rows.length === 4 && rows.join() === expectedTable.join(); });
    await server.sql(`STOP JOB '${job}'`);
  });

  it('runs the join over the Kafka catalog, follows changes, survives kill -9 and savepoints', async () => {
    const client = await server.connect();
    const created = await client.query((await example('01-order-join.sql')).replace('CREATE CATALOG', 'CREATE CATALOG IF NOT EXISTS')) as unknown as { fields: { name: string }[]; rows: Record<string, string>[] }[];
    const job = created.find((r) => r.fields.length === 1 && r.fields[0]?.name === 'job id')?.rows[0]?.['job id'] ?? '';
    expect(job).to.match(/^[0-9a-f]{32}$/);
    await eventually('the joined rows', async () => materialise(await server.printed(job)).join() === expectedTable.join());

    await send('order', { id: 3 }, { id: 3, product: 'Racket', user_id: 2 });
    await eventually('the new order', async () => (await server.printed(job)).includes('+I[3, Racket, Jerry]'));
    const before = (await server.printed(job)).length;
    await send('user', { id: 2 }, { id: 2, name: 'Gerald' });
    const renamed = await eventually('the renamed user', async () => { const lines = await server.printed(job); return materialise(lines).filter((r) => r.includes('Gerald')).length === 3 && lines.slice(before); });
    expect(renamed).to.include.members(['-U[3, Racket, Jerry]', '+I[3, Racket, Gerald]']);

    // Killed after a checkpoint has surely covered everything: the state goes on, nothing joins twice.
    await eventually('a checkpoint', async () => {
      const detail = await (await fetch(server.url(`/api/v1/jobs/${job}`))).json() as { checkpoints: { status: string }[] };
      return detail.checkpoints.filter((c) => c.status === 'completed').length >= 2;
    }, 40_000);
    await client.end().catch(() => {});
    await server.end('SIGKILL');
    await send('order', { id: 4 }, { id: 4, product: 'Net', user_id: 1 });
    await server.launch();
    await eventually('the order sent while the server was dead', async () => (await server.printed(job)).includes('+I[4, Net, Tom]'));
    expect(await server.printed(job, 'print_user_product')).to.deep.equal(['+I[4, Net, Tom]']);
    await send('user', { id: 1 }, { id: 1, name: 'Thomas' });
    const after = await eventually('a rename joined with state from before the kill', async () => { const lines = await server.printed(job); return lines.includes('+I[1, Good., Thomas]') && lines.includes('+I[4, Net, Thomas]') && lines.includes('+I[2, Basket, Thomas]') && lines; });
    expect(after).to.include.members(['-U[2, Basket, Tom]', '-U[4, Net, Tom]']);
    expect(after.filter((l) => l === '+I[2, Basket, Thomas]')).to.have.length(1);

    const stopped = await server.sql(`STOP JOB '${job}' WITH SAVEPOINT`);
    expect(stopped.body.error).to.equal(undefined);
    const path = String(stopped.body.results?.[0]?.rows[0]?.[0]);
    await send('order', { id: 5 }, { id: 5, product: 'Glove', user_id: 1 });
    const resumed = await server.sql(`RESTART JOB '${job}' FROM SAVEPOINT '${path}'`);
    expect(resumed.body.error).to.equal(undefined);
    await eventually('the order sent while the job was stopped', async () => (await server.printed(job)).includes('+I[5, Glove, Thomas]'));
    expect((await server.printed(job)).filter((l) => l.startsWith('+I[3, Racket'))).to.have.length(0);

    await server.sql(`STOP JOB '${job}'`);
    await server.sql(`RESTART JOB '${job}' FROM INITIAL`);
    await eventually('everything read again after a fresh start', async () => (await server.printed(job)).filter((l) => l.startsWith('+I[3, Racket')).length > 0);
    await server.sql(`DROP JOB '${job}'`);
  });

  it('ends in order on SIGTERM', async () => { expect(await server.end('SIGTERM')).to.equal(0); });
});
