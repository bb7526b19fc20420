/** The pipelines' Kafka sinks against a real broker: topics, records byte for byte, partitions, guarantees over crashes. */
import { expect } from 'chai';
import type { Json } from '../../catalog/registry/connectors.ts';
import type { TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { KafkaClient, partitionForKey } from '../../runtime/connectors/kafka/client/index.ts';
import { kafkaPipelineSink } from '../../runtime/connectors/kafka/pipeline/writer.ts';
import { javaHash } from '../../runtime/connectors/kafka/pipeline/table-writer.ts';
import { kafkaPipeline, upsertKafkaPipeline } from '../../runtime/connectors/kafka/pipeline/describe.ts';
import type { PipelineBatch } from '../../runtime/pipelines/contract.ts';
import { STRING } from '../../core/types/sql-type.ts';
import type { SinkNode } from '../../planner/physical/plan.ts';
import { RETRACT } from '../../catalog/registry/connectors.ts';
import { Topics } from '../connectors/kafka-support.ts';
import { BOOTSTRAP, contextOf } from '../connectors/support.ts';
import { batch, create, event, failure, table } from './support.ts';

let count = 0;
const database = (): string => `pl${process.pid}_${Date.now().toString(36)}_${++count}`;

class Sink {
  readonly writer;
  private readonly node: SinkNode;
  private readonly jobId: string;
  constructor(type: 'upsert-kafka' | 'kafka', options: Readonly<Record<string, string>> = {}, jobId = `j${database()}`) {
    const connector = type === 'kafka' ? kafkaPipeline : upsertKafkaPipeline;
    const described = connector.describeSink!(new Map(Object.entries({ 'properties.bootstrap.servers': BOOTSTRAP, ...options })), { name: 's', pipeline: 'p', parallelism: undefined, timeZone: 'UTC', ends: false, parseType: () => STRING });
    this.node = { type: 'sink', id: 'abcdef0123456789', inputs: [], columns: [], changelog: RETRACT, upsertKeys: [], label: '', connector: described.connector, spec: described.spec, table: 's', fields: [], notNull: { columns: [], policy: 'error' } };
    this.jobId = jobId;
    this.writer = kafkaPipelineSink.create(this.node, this.context());
  }
  private context(): Parameters<typeof kafkaPipelineSink.create>[1] { return { ...contextOf(), columns: [], print: () => {}, jobId: this.jobId }; }
  async open(): Promise<this> { await this.writer.open(); return this; }
  /** As a task does: rows only while there is room. */
  async push(...batches: readonly PipelineBatch[]): Promise<void> { for (const b of batches) { this.writer.push(b); await this.writer.ready(); } }
  async checkpoint(): Promise<Json> { const c = await this.writer.prepare(1); await this.writer.commit(c); return c; }
  async recover(...committables: readonly Json[]): Promise<void> { await kafkaPipelineSink.recover!(this.node, committables, this.context(), 1); }
}

describe('pipeline kafka sinks', () => {
  const topics = new Topics(), made: string[] = [];
  after(async () => {
    const client = KafkaClient.of(BOOTSTRAP), there = new Set(await client.listTopics());
    await client.deleteTopics(made.filter((t) => there.has(t)));
    await client.close();
    await topics.close();
  });
  const records = async (topic: string, isolation?: 'read_uncommitted'): Promise<(readonly [string | null, string | null])[]> => (await topics.read(topic, isolation)).map((r) => [r.key, r.value] as const);
  /** The coordinator's decision reaches readers a moment after the commit. */
  const appears = async (topic: string, rows: number): Promise<void> => {
    for (let i = 0; i < 100 && (await records(topic)).length < rows; i++) await new Promise((resolve) => { setTimeout(resolve, 20); });
    expect((await records(topic)).length).to.equal(rows);
  };
  const own = (name: string): string => { const topic = `${database()}.${name}`; made.push(topic); return topic; };
  const orders = (id = own('order')): TableVersion => table(id, 'id BIGINT NOT NULL, product VARCHAR(50) NOT NULL, user_id BIGINT NOT NULL', 'id');

  it('upsert-kafka: the rows of the guide; the topic is compacted and has the cluster\'s defaults', async () => {
    const t = orders(), topic = `${t.id.schema}.${t.id.table}`, sink = await new Sink('upsert-kafka').open();
    // Rows right behind the event, before the topic exists.
    sink.writer.push(create(t));
    sink.writer.push(batch(t, ['+I', 1, 'Football', 2], ['+I', 2, 'Basket', 1]));
    await sink.writer.ready();
    await sink.checkpoint();
    await sink.writer.close();
    expect([...await records(topic)].sort()).to.deep.equal([['{"id":1}', '{"id":1,"product":"Football","user_id":2}'], ['{"id":2}', '{"id":2,"product":"Basket","user_id":1}']]);
    expect(await topics.client.describeTopicConfig(topic, ['cleanup.policy'])).to.deep.equal(new Map([['cleanup.policy', 'compact']]));
    const [meta] = await topics.client.describeTopics([topic]), defaults = await topics.client.describeBrokerConfig(['num.partitions']);
    expect(String(meta?.partitions.length)).to.equal(defaults.get('num.partitions'));
  });
  it('upsert-kafka: an update is one record, a changed key takes the old one away, a deleted row is a null', async () => {
    const t = orders(), sink = await new Sink('upsert-kafka', { 'sink.topic.partitions': '1' }).open();
    await sink.push(create(t), batch(t, ['+I', 1, 'a', 2], ['-U', 1, 'a', 2], ['+U', 1, 'b', 2], ['-U', 1, 'b', 2], ['+U', 7, 'b', 2], ['-D', 7, 'b', 2]));
    // The two rows of an update in two batches: same key, then another.
    await sink.push(batch(t, ['+I', 3, 'c', 1], ['-U', 3, 'c', 1]), batch(t, ['+U', 3, 'd', 1], ['-U', 3, 'd', 1]), batch(t, ['+U', 4, 'd', 1]));
    await sink.checkpoint();
    await sink.writer.close();
    expect(await records(`${t.id.schema}.order`)).to.deep.equal([
      ['{"id":1}', '{"id":1,"product":"a","user_id":2}'], ['{"id":1}', '{"id":1,"product":"b","user_id":2}'], ['{"id":1}', null], ['{"id":7}', '{"id":7,"product":"b","user_id":2}'], ['{"id":7}', null],
      ['{"id":3}', '{"id":3,"product":"c","user_id":1}'], ['{"id":3}', '{"id":3,"product":"d","user_id":1}'], ['{"id":3}', null], ['{"id":4}', '{"id":4,"product":"d","user_id":1}'],
    ]);
  });
  it('keys of several columns in the key\'s order; values of many types exactly', async () => {
    const t = table(own('types'), 'a STRING NOT NULL, b DECIMAL(20, 0) NOT NULL, c DECIMAL(10, 2), d TIMESTAMP(6), e TIME(3), f BYTES, g DOUBLE, h BOOLEAN, i DATE, j TIMESTAMP_LTZ(3)', 'b,a'), sink = await new Sink('upsert-kafka').open();
    await sink.push(create(t), batch(t, ['+I', 'k"ö', 18446744073709551615n, -5, 1_700_000_000_123_456, 45_296_789, Uint8Array.of(1, 2, 255), 0.1, true, 19_000, -1]));
    await sink.checkpoint();
    await sink.writer.close();
    expect(await records(`${t.id.schema}.types`)).to.deep.equal([['{"b":18446744073709551615,"a":"k\\"ö"}', '{"a":"k\\"ö","b":18446744073709551615,"c":-0.05,"d":"2023-11-14 22:13:20.123456","e":"12:34:56.789","f":"AQL/","g":0.1,"h":true,"i":"2022-01-08","j":"1969-12-31 23:59:59.999Z"}']]);
  });
  it('tables without key, two tables in one compacted topic, names that are none: refused', async () => {
    const sink = await new Sink('upsert-kafka', { topic: own('one').replaceAll('$', '') }).open(), keyless = table('a.b', 'x INT');
    expect((await failure(() => sink.writer.push(create(keyless)))).code).to.equal('pipeline-table-without-key');
    sink.writer.push(create(orders('a.one')));
    expect((await failure(() => sink.writer.push(create(orders('a.two'))))).message).to.include('their keys would overwrite one another');
    await sink.writer.ready();
    await sink.writer.close();
    const named = await new Sink('upsert-kafka').open();
    expect((await failure(() => named.writer.push(create(orders('a.b$c'))))).message).to.include('cannot be the name of a topic');
    await named.writer.close();
  });
  it('existing topics are used as they are; later records have other fields', async () => {
    const topic = own('given');
    await topics.client.createTopics([{ topic, partitions: 3, replicationFactor: 1 }]);
    const [db = '', name = ''] = topic.split('.'), t = table(`${db}.${name}`, 'id INT NOT NULL, a INT', 'id'), wider = table(`${db}.${name}`, 'id INT NOT NULL, a INT, b INT', 'id'), sink = await new Sink('upsert-kafka').open();
    await sink.push(create(t), batch(t, ['+I', 1, 5]), batch(wider, ['+I', 2, 6, 7]));
    await sink.checkpoint();
    await sink.writer.close();
    const found = await topics.read(topic);
    expect(found.map((r) => r.value).sort()).to.deep.equal(['{"id":1,"a":5}', '{"id":2,"a":6,"b":7}']);
    for (const r of found) expect(r.partition).to.equal(partitionForKey(Buffer.from(r.key ?? ''), 0, r.key!.length, 3));
    expect((await topics.client.describeTopicConfig(topic, ['cleanup.policy'])).get('cleanup.policy')).to.equal('delete');
  });

  const CHANGES = (t: TableVersion): PipelineBatch[] => [create(t), batch(t, ['+I', 1, 'a', 2], ['-U', 1, 'a', 2], ['+U', 1, 'b', 2], ['-D', 1, 'b', 2]), batch(t, ['-U', 5, 'x', 1]), batch(t, ['+U', 5, 'y', 1])];
  it('kafka, debezium-json: the shapes of the reference, TableId in the key, all to partition 0', async () => {
    const t = orders(), db = t.id.schema, sink = await new Sink('kafka', { 'sink.topic.partitions': '3' }).open(), source = `"source":{"db":"${db}","table":"order"}}`;
    await sink.push(...CHANGES(t));
    await sink.checkpoint();
    await sink.writer.close();
    const key = (id: number): string => `{"TableId":"${db}.order","id":${id}}`, row = (id: number, p: string, u: number): string => `{"id":${id},"product":"${p}","user_id":${u}}`, found = await topics.read(`${db}.order`);
    expect(found.map((r) => [r.key, r.value])).to.deep.equal([
      [key(1), `{"before":null,"after":${row(1, 'a', 2)},"op":"c",${source}`], [key(1), `{"before":${row(1, 'a', 2)},"after":${row(1, 'b', 2)},"op":"u",${source}`], [key(1), `{"before":${row(1, 'b', 2)},"after":null,"op":"d",${source}`],
      [key(5), `{"before":${row(5, 'x', 1)},"after":${row(5, 'y', 1)},"op":"u",${source}`],
    ]);
    expect(new Set(found.map((r) => r.partition))).to.deep.equal(new Set([0]));
  });
  it('kafka, canal-json: with INIT for rows of the snapshot where asked; csv keys; headers', async () => {
    const t = orders(), db = t.id.schema, sink = await new Sink('kafka', { 'value.format': 'canal-json', 'canal-json.snapshot-type': 'INIT', 'key.format': 'csv', 'sink.add-tableId-to-header-enabled': 'true', 'sink.custom-header': 'a:1, b:x:y;c:' }).open(), tail = `"database":"${db}","table":"order","pkNames":["id"]}`;
    await sink.push(create(t), batch(t, ['+I', 1, 'a', 2, true], ['+I', 2, 'a,"b"', 2, false], ['-U', 1, 'a', 2, false], ['+U', 1, 'b', 2, false], ['-D', 1, 'b', 2, false]));
    await sink.checkpoint();
    await sink.writer.close();
    const found = await topics.read(`${db}.order`);
    expect(found.map((r) => r.value)).to.deep.equal([
      `{"old":null,"data":[{"id":1,"product":"a","user_id":2}],"type":"INIT",${tail}`, `{"old":null,"data":[{"id":2,"product":"a,\\"b\\"","user_id":2}],"type":"INSERT",${tail}`,
      `{"old":[{"id":1,"product":"a","user_id":2}],"data":[{"id":1,"product":"b","user_id":2}],"type":"UPDATE",${tail}`, `{"old":null,"data":[{"id":1,"product":"b","user_id":2}],"type":"DELETE",${tail}`,
    ]);
    expect(found[0]?.key).to.equal(`${db}.order,1`);
    expect(found[0]?.headers).to.deep.equal({ namespace: '', schemaName: db, tableName: 'order', a: '1', b: 'x:y', c: '' });
  });
  it('statements as messages of type DDL, where asked', async () => {
    const t = orders(), db = t.id.schema, sink = await new Sink('kafka', { 'value.format': 'canal-json', 'sink.ddl-messages.enabled': 'true', 'partition.strategy': 'hash-by-table', 'sink.topic.partitions': '3' }).open(), said = event(t);
    said.event = { changes: [], sql: 'ALTER TABLE `order` ADD x int -- "q"', timestampMs: 1_700_000_000_000 };
    await sink.push(create(t), said, batch(t, ['+I', 1, 'a', 2, false]));
    await sink.checkpoint();
    await sink.writer.close();
    const found = await topics.read(`${db}.order`);
    expect(found.map((r) => [r.key, r.partition])).to.deep.equal([[null, javaHash(`${db}.order`) % 3], [`{"TableId":"${db}.order","id":1}`, javaHash(`${db}.order`) % 3]]);
    expect(JSON.parse(found[0]?.value ?? '')).to.deep.equal({ old: null, data: null, type: 'DDL', database: db, table: 'order', pkNames: null, isDdl: true, sql: 'ALTER TABLE `order` ADD x int -- "q"', es: 1_700_000_000_000 });
    expect((await failure(() => new Sink('kafka', { 'sink.ddl-messages.enabled': 'true' }))).message).to.include('canal-json or avro');
  });
  it('kafka, json and the schema of debezium-json', async () => {
    const t = orders(), json = await new Sink('kafka', { 'value.format': 'json' }).open();
    await json.push(...CHANGES(t));
    await json.checkpoint();
    await json.writer.close();
    expect((await records(`${t.id.schema}.order`)).map(([, v]) => v)).to.deep.equal(['{"id":1,"product":"a","user_id":2}', '{"id":1,"product":"b","user_id":2}', null, '{"id":5,"product":"y","user_id":1}']);
    // A changed key takes the old one away; without a key a deleted row cannot be told.
    const v = orders(), w = table(own('keyless'), 'x INT'), keys = await new Sink('kafka', { 'value.format': 'json' }).open();
    await keys.push(create(v), create(w), batch(v, ['-U', 1, 'a', 2], ['+U', 9, 'a', 2]), batch(w, ['+I', 1], ['-U', 1], ['+U', 2], ['-D', 2]));
    await keys.checkpoint();
    await keys.writer.close();
    expect(await records(`${v.id.schema}.order`)).to.deep.equal([[`{"TableId":"${v.id.schema}.order","id":1}`, null], [`{"TableId":"${v.id.schema}.order","id":9}`, '{"id":9,"product":"a","user_id":2}']]);
    expect((await records(`${w.id.schema}.keyless`)).map(([, value]) => value)).to.deep.equal(['{"x":1}', '{"x":2}']);
    const u = orders(), schema = await new Sink('kafka', { 'debezium-json.include-schema.enabled': 'true' }).open();
    await schema.push(create(u), batch(u, ['+I', 1, 'a', 2]));
    await schema.checkpoint();
    await schema.writer.close();
    const message = JSON.parse((await records(`${u.id.schema}.order`))[0]?.[1] ?? '') as { schema: { fields: { field: string; fields?: { field: string; type: string }[] }[] }; payload: { op: string } };
    expect(message.payload.op).to.equal('c');
    expect(message.schema.fields.map((f) => f.field)).to.deep.equal(['before', 'after', 'op', 'source']);
    expect(message.schema.fields[0]?.fields?.map((f) => [f.field, f.type])).to.deep.equal([['id', 'int64'], ['product', 'string'], ['user_id', 'int64']]);
  });
  it('partitions by table and by chosen columns; an update that moves a row takes the old record away', async () => {
    const t = orders(), db = t.id.schema, byTable = await new Sink('kafka', { 'partition.strategy': 'hash-by-table', 'sink.topic.partitions': '5' }).open();
    await byTable.push(...CHANGES(t));
    await byTable.checkpoint();
    await byTable.writer.close();
    expect(new Set((await topics.read(`${db}.order`)).map((r) => r.partition))).to.deep.equal(new Set([javaHash(`${db}.order`) % 5]));
    const u = orders(), sink = await new Sink('upsert-kafka', { 'partition.strategy': 'hash-by-columns', 'partition.columns': `${u.id.schema}.order:user_id`, 'sink.topic.partitions': '7' }).open();
    await sink.push(create(u), batch(u, ['+I', 1, 'a', 2], ['-U', 1, 'a', 2], ['+U', 1, 'b', 2], ['-U', 1, 'b', 2], ['+U', 1, 'b', 3]));
    await sink.checkpoint();
    await sink.writer.close();
    const at = (user: number): number => { const key = Buffer.from(`{"user_id":${user}}`); return partitionForKey(key, 0, key.length, 7); }, found = await topics.read(`${u.id.schema}.order`);
    expect(at(2)).to.not.equal(at(3));
    expect(found.filter((r) => r.partition === at(2)).map((r) => r.value?.includes('"b"') ?? null)).to.deep.equal([false, true, null]);
    expect(found.filter((r) => r.partition === at(3)).map((r) => r.value)).to.deep.equal(['{"id":1,"product":"b","user_id":3}']);
  });
  it('topics by mapping, and all into one', async () => {
    const a = orders(), b = orders(), mapped = own('mapped'), sink = await new Sink('kafka', { 'sink.tableId-to-topic.mapping': `${a.id.schema}.\\.*:${mapped}`, 'value.format': 'json' }).open();
    await sink.push(create(a), create(b), batch(a, ['+I', 1, 'a', 1]), batch(b, ['+I', 2, 'b', 1]));
    await sink.checkpoint();
    await sink.writer.close();
    expect((await records(mapped)).length).to.equal(1);
    expect((await records(`${b.id.schema}.order`)).length).to.equal(1);
    const one = own('all'), all = await new Sink('kafka', { topic: one }).open();
    await all.push(create(a), create(b), batch(a, ['+I', 1, 'a', 1]), batch(b, ['+I', 2, 'b', 1]));
    await all.checkpoint();
    await all.writer.close();
    expect((await records(one)).length).to.equal(2);
  });

  describe('exactly once', () => {
    const options = { 'sink.delivery-guarantee': 'exactly-once' };
    it('rows appear with the commit, those that waited for their topic too', async () => {
      const t = orders(), topic = `${t.id.schema}.order`, sink = await new Sink('upsert-kafka', options).open();
      sink.writer.push(create(t));
      sink.writer.push(batch(t, ['+I', 1, 'a', 2]));
      const prepared = await sink.writer.prepare(1);
      expect(await records(topic)).to.deep.equal([]);
      await sink.push(batch(t, ['+I', 2, 'b', 2]));
      await sink.writer.commit(prepared);
      await appears(topic, 1);
      await sink.checkpoint();
      await appears(topic, 2);
      expect(await sink.writer.prepare(3)).to.equal(null);
      await sink.writer.close();
    });
    it('a create event alone prepares nothing, and the next rows go on', async () => {
      const t = orders(), sink = await new Sink('upsert-kafka', options).open();
      sink.writer.push(create(t));
      expect(await sink.writer.prepare(1)).to.equal(null);
      await sink.push(batch(t, ['+I', 1, 'a', 2]));
      await sink.checkpoint();
      await appears(`${t.id.schema}.order`, 1);
      await sink.writer.close();
    });
    it('killed before the checkpoint was durable: nothing; after it: once and only once', async () => {
      const t = orders(), topic = `${t.id.schema}.order`, job = `k${database()}`, dead = await new Sink('upsert-kafka', options, job).open();
      await dead.push(create(t), batch(t, ['+I', 1, 'a', 2]));
      await dead.writer.prepare(1);
      // Not in a checkpoint: a restart repeats the row.
      const second = new Sink('upsert-kafka', options, job);
      await second.recover();
      await second.open();
      await second.push(create(t), batch(t, ['+I', 1, 'a', 2]));
      const stored = await second.writer.prepare(1);
      // In a checkpoint, not committed; twice.
      for (let i = 0; i < 2; i++) {
        const next = new Sink('upsert-kafka', options, job);
        await next.recover(stored);
        await next.open();
        await next.writer.close();
      }
      await appears(topic, 1);
      expect(await records(topic)).to.deep.equal([['{"id":1}', '{"id":1,"product":"a","user_id":2}']]);
      await second.writer.close().catch(() => {});
      await dead.writer.close().catch(() => {});
    });
  });
});
