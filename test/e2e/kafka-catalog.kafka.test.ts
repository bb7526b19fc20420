/** The Kafka JSON catalog on a real Kafka: every option, through the server. */
import { expect } from 'chai';
import { Kafka, logLevel, type Admin, type Message, type Producer } from 'kafkajs';
import type pg from 'pg';
import { ServerProcess, bootstrap } from './server-process.ts';

const prefix = `cat${Date.now().toString(36)}_`;

describe('Kafka JSON catalog', function () {
  this.timeout(60_000);
  let server: ServerProcess, client: pg.Client, producer: Producer, admin: Admin;
  const kafka = new Kafka({ clientId: 'catalog', brokers: [bootstrap()], logLevel: logLevel.NOTHING });
  async function topic(name: string, messages: readonly Message[], options: { compacted?: boolean; partitions?: number } = {}): Promise<void> {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: prefix + name, numPartitions: options.partitions ?? 1, ...(options.compacted === true ? { configEntries: [{ name: 'cleanup.policy', value: 'compact' }] } : {}) }] });
    if (messages.length > 0) await producer.send({ topic: prefix + name, messages: [...messages] });
  }
  const describeTable = async (catalog: string, name: string): Promise<string[]> => (await client.query(`DESCRIBE ${catalog}.kafka.\`${prefix}${name}\``)).rows.map((r: Record<string, string | null>) => `${r['name']} ${r['type']}${r['null'] === 'FALSE' ? ' NOT NULL' : ''}${r['key'] === null ? '' : ` ${r['key']}`}`);
  async function failure(sql: string): Promise<{ code: string; message: string; detail?: string; hint?: string; position?: string }> {
    try { await client.query(sql); } catch (error) { return error as never; }
    throw new Error(`was not refused: ${sql}`);
  }
  before(async () => {
    admin = kafka.admin();
    producer = kafka.producer();
    await Promise.all([admin.connect(), producer.connect()]);
    server = await ServerProcess.start();
    client = await server.connect();
    await client.query(`CREATE CATALOG c WITH ('type'='kafka', 'properties.bootstrap.servers'='${bootstrap()}', 'format'='json')`);
  });
  after(async () => {
    await client?.end().catch(() => {});
    await server?.remove();
    await Promise.all([admin?.disconnect(), producer?.disconnect()]);
  });

  it('merges the fields of several records over several partitions', async () => {
    await topic('merge', [{ value: '{"a":1,"t":"2023-01-01 12:00:01"}', partition: 0 }, { value: '{"a":1.5,"b":"x","t":"2023-01-01"}', partition: 1 }, { value: '{"n":null,"o":{"x":1},"l":[1],"big":12345678901234567890}', partition: 2 }], { partitions: 3 });
    const columns = await describeTable('c', 'merge');
    expect(columns).to.include.members(['value_a DOUBLE', 'value_b STRING', 'value_o STRING', 'value_l STRING', 'value_big DECIMAL(20, 0)', 'value_t TIMESTAMP(6)']);
    expect(columns.slice(-3)).to.deep.equal(['partition INT NOT NULL PRI(partition, offset)', 'offset BIGINT NOT NULL PRI(partition, offset)', 'timestamp TIMESTAMP_LTZ(3) NOT NULL']);
    expect(columns.some((c) => c.startsWith('value_n '))).to.equal(false);
    const { rows } = await client.query(`SELECT value_o, value_l, value_big FROM c.kafka.\`${prefix}merge\` WHERE value_o IS NOT NULL`);
    expect(rows).to.deep.equal([{ value_o: '{"x":1}', value_l: '[1]', value_big: '12345678901234567890' }]);
  });
  it('makes an upsert table of a compacted topic with JSON keys, and a plain one when told', async () => {
    const messages = [{ key: '{"id":1}', value: '{"v":"a"}' }, { key: '{"id":1}', value: '{"v":"b"}' }, { key: '{"id":2}', value: '{"v":"c"}' }, { key: '{"id":2}', value: null }];
    await topic('compacted', messages, { compacted: true });
    expect((await describeTable('c', 'compacted')).slice(0, 2)).to.deep.equal(['key_id BIGINT NOT NULL PRI(key_id)', 'value_v STRING']);
    expect((await client.query(`SELECT key_id, value_v FROM c.kafka.\`${prefix}compacted\``)).rows).to.deep.equal([{ key_id: '1', value_v: 'b' }]);
    await client.query(`CREATE CATALOG plain WITH ('type'='kafka', 'properties.bootstrap.servers'='${bootstrap()}', 'format'='json', 'infer-schema.compacted-topic-as-upsert-table'='false', 'key.fields-prefix'='k.', 'value.fields-prefix'='v.')`);
    expect((await describeTable('plain', 'compacted')).slice(0, 2)).to.deep.equal(['k.id BIGINT', 'v.v STRING']);
    expect((await client.query(`SELECT \`k.id\`, \`v.v\`, \`offset\` FROM plain.kafka.\`${prefix}compacted\` ORDER BY \`offset\``)).rows.map((r: Record<string, string>) => Object.values(r).join())).to.deep.equal(['1,a,0', '1,b,1', '2,c,2']);
  });
  it('reads keys that are not JSON as one VARBINARY column', async () => {
    await topic('rawkey', [{ key: 'not json', value: '{"a":1}' }]);
    expect((await describeTable('c', 'rawkey'))[0]).to.equal('key_col BYTES');
    const { rows } = await client.query(`SELECT key_col, value_a FROM c.kafka.\`${prefix}rawkey\``) as { rows: { key_col: Buffer; value_a: string }[] };
    expect(rows.map((r) => [String(r.key_col), r.value_a])).to.deep.equal([['not json', '1']]);
  });
  it('flattens nested objects and makes primitives STRING when asked', async () => {
    await topic('nested', [{ value: '{"a":{"b":{"c":1,"d":[1,2]}},"e":true}' }]);
    await client.query(`CREATE CATALOG flat WITH ('type'='kafka', 'properties.bootstrap.servers'='${bootstrap()}', 'format'='json', 'infer-schema.flatten-nested-columns.enable'='true', 'infer-schema.primitive-as-string'='true')`);
    expect((await describeTable('flat', 'nested')).slice(0, 3)).to.deep.equal(['value_a.b.c STRING', 'value_a.b.d STRING', 'value_e STRING']);
    expect((await client.query(`SELECT \`value_a.b.c\` AS c, \`value_a.b.d\` AS d, value_e AS e FROM flat.kafka.\`${prefix}nested\``)).rows).to.deep.equal([{ c: '1', d: '[1,2]', e: 'true' }]);
  });
  it('keeps hostile names as data', async () => {
    await topic('names', [{ value: JSON.stringify({ constructor: 1, 'a`b': 2, 'x"];process.exit(1);//': 3, '${process.exit(1)}': 4, 'new\nline': 5 }).replace('{', '{"__proto__":6,') }]);
    const { rows, fields } = await client.query(`SELECT * FROM c.kafka.\`${prefix}names\``);
    expect(fields.map((f) => f.name)).to.include.members(['value___proto__', 'value_constructor', 'value_a`b', 'value_x"];process.exit(1);//', 'value_${process.exit(1)}', 'value_new\nline']);
    expect(Object.values(rows[0] as Record<string, string>).slice(0, 6).sort()).to.deep.equal(['1', '2', '3', '4', '5', '6']);
    const ddl = (await client.query(`SHOW CREATE TABLE c.kafka.\`${prefix}names\``)).rows[0]?.['result'] as string;
    expect(ddl).to.include('`value_a``b` BIGINT').and.include("'topic' = ");
  });
  it('says what is wrong with topics and options', async () => {
    await topic('empty', []);
    await topic('garbage', [{ value: 'hello' }, { value: '[1]' }]);
    const missing = await failure(`SELECT * FROM c.kafka.\`${prefix}emty\``);
    expect([missing.code, missing.message, missing.hint]).to.deep.equal(['42P01', `topic "${prefix}emty" does not exist in "c"."kafka"`, `Did you mean "${prefix}empty"?`]);
    expect(missing.position).to.equal('15');
    const empty = await failure(`DESCRIBE c.kafka.\`${prefix}empty\``);
    expect([empty.message, empty.detail]).to.deep.equal([`no schema could be inferred from topic "${prefix}empty"`, 'The topic holds no messages.']);
    expect((await failure(`DESCRIBE c.kafka.\`${prefix}garbage\``)).detail).to.equal('Of 2 sampled messages none has a JSON object as its value.');
    expect((await failure("CREATE CATALOG x WITH ('type'='kafka', 'format'='json')")).message).to.equal('one or more required options are missing for catalog type "kafka": "properties.bootstrap.servers"');
    expect((await failure(`CREATE CATALOG x WITH ('type'='kafka', 'properties.bootstrap.servers'='x:1', 'format'='json', 'max.fetch.record'='5')`)).hint).to.equal('Did you mean "max.fetch.records"?');
    expect((await failure(`CREATE CATALOG x WITH ('type'='kafka', 'properties.bootstrap.servers'='x:1', 'format'='json', 'key.fields-prefix'='value_')`)).message).to.include('must not be prefixes of each other');
    expect((await failure(`CREATE CATALOG x WITH ('type'='kafak')`)).hint).to.equal('Did you mean "kafka"?');
    expect((await failure(`CREATE TABLE c.kafka.t (a INT) WITH ('connector'='print')`)).code).to.equal('0A000');
  });
  it('reads more than the sampled records, and a column list pins the schema', async () => {
    await topic('many', Array.from({ length: 150 }, (_, i) => ({ value: JSON.stringify(i < 120 ? { a: i } : { a: i, late: i }) })));
    expect((await describeTable('c', 'many')).some((c) => c.startsWith('value_late'))).to.equal(false);
    expect((await client.query(`SELECT COUNT(*) AS n FROM c.kafka.\`${prefix}many\``)).rows).to.deep.equal([{ n: '150' }]);
    await client.query(`CREATE TEMPORARY TABLE pinned (value_late BIGINT) LIKE c.kafka.\`${prefix}many\` (EXCLUDING CONSTRAINTS)`);
    expect((await client.query('SELECT COUNT(value_late) AS n, SUM(value_a) AS s FROM pinned')).rows).to.deep.equal([{ n: '30', s: '11175' }]);
  });
});
