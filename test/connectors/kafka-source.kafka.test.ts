/** The kafka and upsert-kafka sources against a real broker: keys, metadata, start and end places, positions, bad records. */
import { expect } from 'chai';
import type { Json } from '../../catalog/registry/connectors.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { BIGINT, BYTES, INT, STRING, array, map, row, timestampLtz } from '../../core/types/sql-type.ts';
import { ownerOf } from '../../runtime/connectors/kafka/places.ts';
import { Topics } from './kafka-support.ts';
import { ReaderDriver, kafkaTable, readTable, uniqueName } from './support.ts';

const JSON_TABLE = { format: 'json', 'scan.startup.mode': 'earliest-offset' };
const numbers = (from: number, to: number, partition?: number): { value: string; partition?: number }[] => Array.from({ length: to - from }, (_, i) => ({ value: `{"n":${from + i}}`, ...(partition === undefined ? {} : { partition }) }));
const sorted = (rows: readonly unknown[][]): unknown[] => rows.map((r) => r[1]).sort((a, b) => Number(a) - Number(b));
async function failure(run: () => Promise<unknown>): Promise<RivuletError> {
  try { await run(); } catch (error) { if (error instanceof RivuletError) return error; throw error; }
  throw new RangeError('nothing failed');
}
const saved = (driver: ReaderDriver): Json => JSON.parse(JSON.stringify(driver.reader.positions())) as Json;

describe('kafka source', () => {
  const topics = new Topics();
  after(() => topics.close());

  it('reads values, keys and metadata of records', async () => {
    const topic = await topics.make('meta', 2);
    await topics.write(topic, [{ key: '{"id":7}', value: '{"a":"x"}', partition: 1, timestampMs: 1700000000123, headers: [{ key: 'h', value: '1' }, { key: 'h', value: '2' }] }, { key: '{"id":8}', value: null, partition: 1 }, { key: '{"id":9}', value: '[{"a":"y"},{"a":"z"}]', partition: 1, timestampMs: 5 }]);
    const table = kafkaTable({
      k_id: INT, v_a: STRING, topic: [STRING, 'topic'], p: [INT, 'partition'], o: [BIGINT, 'offset'], ts: [timestampLtz(3), 'timestamp'], tt: [STRING, 'timestamp-type'], h: [map(STRING, BYTES), 'headers'],
      hl: [array(row([{ name: 'key', type: STRING }, { name: 'value', type: BYTES }])), 'header-list'], rk: [STRING, '__raw_key__'], rv: [STRING, '__raw_value__'],
    }, topic, { 'key.format': 'json', 'key.fields': 'k_id', 'key.fields-prefix': 'k_', 'value.format': 'json', 'value.fields-prefix': 'v_', 'value.fields-include': 'EXCEPT_KEY' });
    const one = new Uint8Array(Buffer.from('1')), two = new Uint8Array(Buffer.from('2'));
    expect(await readTable(table)).deep.equal([
      ['+I', 7, 'x', topic, 1, 0, 1700000000123, 'CreateTime', new Map([['h', two]]), [['h', one], ['h', two]], '{"id":7}', '{"a":"x"}'],
      ...['y', 'z'].map((a) => ['+I', 9, a, topic, 1, 2, 5, 'CreateTime', new Map(), [], '{"id":9}', '[{"a":"y"},{"a":"z"}]']),
    ]);
    // Only what is wanted, in the order wanted.
    expect(await readTable(table, ['o', 'v_a', 'k_id'])).deep.equal([['+I', 0, 'x', 7], ['+I', 2, 'y', 9], ['+I', 2, 'z', 9]]);
    expect(await readTable(table, [])).deep.equal([['+I'], ['+I'], ['+I']]);
  });
  it('gives the same rows with texts as slices: several buffers in one batch, keys, tombstones, messages of many rows', async () => {
    const plain = await topics.make('slices', 2), compressed = await topics.make('slices-gzip', 1), keyed = await topics.make('slices-keyed', 1);
    const record = (i: number, partition: number): { key: string; value: string; partition: number } => ({ key: `{"k":"key ${i % 7}"}`, value: `{"n":${i},"a":"text ${i}","b":${['null', '"é"', '"\\n"', '"same"'][i % 4]}}`, partition });
    for (const size of [1, 700, 3, 1500]) for (const partition of [0, 1]) await topics.write(plain, Array.from({ length: size }, (_, i) => record(i, partition)));
    for (const size of [5, 50, 300, 2, 900]) await topics.write(compressed, Array.from({ length: size }, (_, i) => record(i, 0)), undefined, 'gzip');
    await topics.write(keyed, [record(0, 0), { key: '{"k":"key 0"}', value: null }, ...[3000, 9000].map((n) => ({ key: `{"k":"${n}"}`, value: `[${Array.from({ length: n }, (_, i) => record(i, 0).value).join(',')}]` })), record(3, 0)]);
    const columns = { k: STRING, n: INT, a: STRING, b: STRING, o: [BIGINT, 'offset'] as const }, options = { 'key.format': 'json', 'key.fields': 'k', 'value.format': 'json', 'value.fields-include': 'EXCEPT_KEY' };
    for (const [table, least] of [[kafkaTable(columns, plain, { ...options, 'scan.startup.mode': 'earliest-offset' }), 8000], [kafkaTable(columns, compressed, { ...options, 'scan.startup.mode': 'earliest-offset' }), 2000], [kafkaTable(columns, keyed, { 'key.format': 'json', 'value.format': 'json', 'value.fields-include': 'EXCEPT_KEY' }, ['k']), 6000]] as const) {
      const drivers = await Promise.all([true, false].map((takesSlices) => new ReaderDriver(table, { bounded: true, takesSlices }).open()));
      for (const driver of drivers) await driver.run();
      const [slices, strings] = drivers.map((driver) => driver.rows.map((r) => r.map(String).join(' ')).sort());
      expect(slices).deep.equal(strings);
      expect(drivers[0]?.sliced).greaterThan(least);
      expect(drivers[1]?.sliced).equal(0);
      for (const driver of drivers) await driver.close();
    }
  });
  it('a key column that the value has too comes from the value; a record without a key gives no row, as in Flink, and is counted', async () => {
    const topic = await topics.make('keys');
    await topics.write(topic, [{ key: '{"id":1,"u":10}', value: '{"id":2,"a":"x"}' }, { key: null, value: '{"id":3}' }, { key: '{"id":4}', value: '{"a":"y"}' }]);
    const options = { 'key.format': 'json', 'key.fields': 'id', 'value.format': 'json' };
    const driver = await new ReaderDriver(kafkaTable({ id: INT, a: STRING }, topic, options), { bounded: true }).open();
    await driver.run();
    expect(driver.rows).deep.equal([['+I', 2, 'x'], ['+I', null, 'y']]);
    expect(driver.context.counters.get('droppedNullKeys')?.value).equal(1);
    await driver.close();
    expect(await readTable(kafkaTable({ id: INT, a: STRING }, topic, { ...options, 'value.fields-include': 'EXCEPT_KEY' }))).deep.equal([['+I', 1, 'x'], ['+I', 4, 'y']]);
    expect(await readTable(kafkaTable({ k: STRING, a: STRING }, topic, { 'key.format': 'raw', 'key.fields': 'k', 'value.format': 'json', 'value.fields-include': 'EXCEPT_KEY' }))).deep.equal([['+I', '{"id":1,"u":10}', 'x'], ['+I', null, null], ['+I', '{"id":4}', 'y']]);
  });
  it('upsert-kafka: +U and -D by key; a record without a key is an error or skipped', async () => {
    const topic = await topics.make('upsert');
    await topics.write(topic, [{ key: '{"id":1}', value: '{"id":1,"a":"x"}' }, { key: '{"id":1}', value: null }, { key: ' { "id" : 2 } ', value: null }, { key: '{"id":3}', value: '{"a":"z"}' }]);
    const table = (options: Record<string, string>) => kafkaTable({ id: INT, a: STRING, o: [BIGINT, 'offset'] }, topic, { 'key.format': 'json', 'value.format': 'json', ...options }, ['id']);
    const rows = [['+U', 1, 'x', 0], ['-D', 1, null, 1], ['-D', 2, null, 2], ['+U', 3, 'z', 3]];
    expect(await readTable(table({ 'scan.startup.mode': 'latest-offset' }))).deep.equal(rows);
    await topics.write(topic, [{ key: null, value: '{"id":4}' }, { key: '{"id":5}', value: '{"id":5}' }]);
    const error = await failure(() => readTable(table({})));
    expect(error.code).equal('record-rejected');
    expect(error.detail).contain('offset 4 (key)');
    expect(await readTable(table({ 'scan.on-error': 'skip' }))).deep.equal([...rows, ['+U', 5, null, 5]]);
  });
  it('debezium-json gives all kinds, its metadata under value.', async () => {
    const topic = await topics.make('dbz');
    await topics.write(topic, [{ value: '{"op":"c","after":{"id":1},"source":{"db":"s"}}' }, { value: '{"op":"u","before":{"id":1},"after":{"id":2}}' }, { value: null }, { value: '{"op":"d","before":{"id":2}}' }]);
    expect(await readTable(kafkaTable({ id: INT, db: [STRING, 'value.source.database'], o: [BIGINT, 'offset'] }, topic, { format: 'debezium-json' }))).deep.equal([['+I', 1, 's', 0], ['-U', 1, null, 1], ['+U', 2, null, 1], ['-D', 2, null, 3]]);
  });

  it('start places', async () => {
    const topic = await topics.make('start', 2), group = uniqueName('group');
    await topics.write(topic, [0, 1].flatMap((partition) => Array.from({ length: 5 }, (_, i) => ({ value: `{"n":${partition * 10 + i}}`, partition, timestampMs: 1000 + i }))));
    const read = async (options: Record<string, string>): Promise<unknown[]> => sorted(await readTable(kafkaTable({ n: INT }, topic, { format: 'json', 'scan.bounded.mode': 'latest-offset', ...options })));
    expect(await read({ 'scan.startup.mode': 'earliest-offset' })).deep.equal([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
    expect(await read({ 'scan.startup.mode': 'latest-offset' })).deep.equal([]);
    expect(await read({ 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '1003' })).deep.equal([3, 4, 13, 14]);
    expect(await read({ 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '9999' })).deep.equal([]);
    expect(await read({ 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:4' })).deep.equal([4, 10, 11, 12, 13, 14]);
    const none = await failure(() => read({ 'scan.startup.mode': 'group-offsets', 'properties.group.id': group }));
    expect([none.code, none.message.includes(group)]).deep.equal(['no-committed-offset', true]);
    expect(await read({ 'scan.startup.mode': 'group-offsets', 'properties.group.id': group, 'properties.auto.offset.reset': 'latest' })).deep.equal([]);
    await topics.client.commitOffsets(group, [{ topic, partition: 0, offset: 3 }]);
    expect(await read({ 'scan.startup.mode': 'group-offsets', 'properties.group.id': group, 'properties.auto.offset.reset': 'earliest' })).deep.equal([3, 4, 10, 11, 12, 13, 14]);
    const beyond = await new ReaderDriver(kafkaTable({ n: INT }, topic, { format: 'json', 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:99' })).open();
    expect((await failure(() => beyond.run())).code).equal('offset-out-of-range');
    await beyond.close();
  });
  it('end places', async () => {
    const topic = await topics.make('end', 2), group = uniqueName('group');
    await topics.write(topic, [0, 1].flatMap((partition) => Array.from({ length: 5 }, (_, i) => ({ value: `{"n":${partition * 10 + i}}`, partition, timestampMs: 1000 + i }))));
    const read = async (options: Record<string, string>): Promise<unknown[]> => sorted(await readTable(kafkaTable({ n: INT }, topic, { ...JSON_TABLE, ...options })));
    expect(await read({ 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': '1002' })).deep.equal([0, 1, 10, 11]);
    expect(await read({ 'scan.bounded.mode': 'specific-offsets', 'scan.bounded.specific-offsets': 'partition:1,offset:2' })).deep.equal([10, 11]);
    await topics.client.commitOffsets(group, [{ topic, partition: 0, offset: 1 }, { topic, partition: 1, offset: 0 }]);
    expect(await read({ 'scan.bounded.mode': 'group-offsets', 'properties.group.id': group })).deep.equal([0]);
  });
  it('a bounded read ends at the offsets seen at its start, also behind aborted transactions', async () => {
    const topic = await topics.make('bounded');
    await topics.write(topic, numbers(0, 3));
    const producer = topics.client.producer({ transactionalId: uniqueName('txn') });
    await producer.init();
    const target = await producer.topic(topic);
    producer.beginTransaction();
    const lost = Buffer.from('{"n":99}');
    producer.append(target, 0, null, 0, 0, lost, 0, lost.length, 1, null);
    await producer.flush();
    await producer.abortTransaction();
    await producer.close();
    expect(sorted(await readTable(kafkaTable({ n: INT }, topic, { ...JSON_TABLE, 'properties.isolation.level': 'read_committed' })))).deep.equal([0, 1, 2]);
    expect(sorted(await readTable(kafkaTable({ n: INT }, topic, JSON_TABLE)))).deep.equal([0, 1, 2, 99]);
    expect(await readTable(kafkaTable({ n: INT }, await topics.make('empty', 3), JSON_TABLE))).deep.equal([]);
  });
  it('several topics, a pattern, and header filters', async () => {
    const base = uniqueName('multi'), [a, b] = [`${base}-a`, `${base}-b`];
    await topics.client.createTopics([a, b].map((topic) => ({ topic, partitions: 1, replicationFactor: 1 })));
    await topics.write(a, [{ value: '{"n":1}', headers: [{ key: 'depart', value: 'toy' }] }, { value: '{"n":2}', headers: [{ key: 'depart', value: 'book' }, { key: 'env', value: 'test' }] }]);
    await topics.write(b, [{ value: '{"n":3}' }]);
    const pattern = { ...kafkaTable({ n: INT }, 'x', JSON_TABLE) };
    const options = new Map(pattern.options);
    options.delete('topic');
    options.set('topic-pattern', `${base}-[ab]`);
    expect(sorted(await readTable(kafkaTable({ n: INT }, `${a};${b}`, JSON_TABLE)))).deep.equal([1, 2, 3]);
    expect(sorted(await readTable({ ...pattern, options }))).deep.equal([1, 2, 3]);
    expect((await failure(() => readTable({ ...pattern, options: new Map([...options, ['topic-pattern', `${base}-`]]) }))).code).equal('no-partitions');
    expect(sorted(await readTable(kafkaTable({ n: INT }, a, { ...JSON_TABLE, 'scan.header-filter': 'depart:toy|depart:book&!env:test' })))).deep.equal([1]);
    await topics.client.deleteTopics([a, b]);
    expect((await failure(() => readTable(kafkaTable({ n: INT }, a, JSON_TABLE)))).code).equal('kafka-unknown-topic');
  });
  it('batches stay within their limit, a large array is split, LIMIT ends the read', async () => {
    const topic = await topics.make('large');
    await topics.write(topic, [{ value: `[${Array.from({ length: 20_000 }, (_, i) => `{"n":${i}}`).join(',')}]` }, ...numbers(20_000, 25_000)]);
    const driver = await (await new ReaderDriver(kafkaTable({ n: INT }, topic, JSON_TABLE), { bounded: true }).open()).run();
    expect(sorted(driver.rows)).deep.equal(Array.from({ length: 25_000 }, (_, i) => i));
    expect(Math.max(...driver.sizes)).equal(8192);
    await driver.close();
    const limited = await (await new ReaderDriver(kafkaTable({ n: INT }, topic, { ...JSON_TABLE, 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:1' }), { limit: 10 }).open()).run();
    expect(limited.rows).length(10);
    await limited.close();
  });

  it('positions are exact between polls and beat the start mode; offsets are committed for monitoring', async () => {
    const topic = await topics.make('restore', 3), group = uniqueName('group');
    await topics.write(topic, [0, 1, 2].flatMap((p) => numbers(p * 10_000, p * 10_000 + 3000, p)));
    const table = kafkaTable({ n: INT }, topic, { format: 'json', 'scan.startup.mode': 'earliest-offset', 'scan.bounded.mode': 'latest-offset', 'properties.group.id': group });
    const seen: unknown[] = [];
    let positions: Json[] | undefined;
    for (const parallelism of [1, 2, 3, 1]) {
      // Restored ends hold: what is written later is not read.
      const last = parallelism === 1 && positions !== undefined;
      const drivers = await Promise.all(Array.from({ length: parallelism }, (_, subtask) => new ReaderDriver(last ? kafkaTable({ n: INT }, topic, { format: 'json', 'scan.startup.mode': 'latest-offset', 'scan.bounded.mode': 'latest-offset' }) : table, { subtask, parallelism }).open(positions)));
      for (const driver of drivers) await driver.run(() => !last && driver.rows.length >= 700);
      for (const driver of drivers) seen.push(...driver.rows.map((r) => r[1]));
      positions = drivers.map(saved);
      drivers[0]?.reader.checkpointed?.(positions[0] as Json);
      if (parallelism === 1 && !last) {
        const offset = (positions[0] as { splits: { partition: number; offset: number }[] }).splits[0]?.offset ?? -1;
        for (let end = performance.now() + 10_000; (await topics.client.committedOffsets(group, [{ topic, partition: 0 }]))[0]?.offset !== offset;) if (performance.now() > end) throw new RangeError('offsets were not committed');
      }
      for (const driver of drivers) await driver.close();
      await topics.write(topic, numbers(90_000, 90_001, 1));
    }
    expect(seen).length(9000);
    expect(new Set(seen).size).equal(9000);
  });
  it('partitions are spread over subtasks, all of them once', () => {
    for (const parallelism of [1, 2, 3, 7]) {
      const owners = Array.from({ length: 12 }, (_, partition) => ownerOf({ topic: 'some topic', partition }, parallelism));
      expect(Math.max(...owners)).equal(parallelism - 1);
      expect(owners.every((o) => o >= 0)).equal(true);
    }
  });
  it('finds new partitions and reads them from their start, whatever the start mode', async () => {
    const topic = await topics.make('grow');
    const driver = await new ReaderDriver(kafkaTable({ n: INT }, topic, { format: 'json', 'scan.startup.mode': 'latest-offset', 'scan.topic-partition-discovery.interval': '50 ms' })).open();
    await topics.write(topic, numbers(1, 2));
    await driver.run(() => driver.rows.length === 1);
    await topics.client.createPartitions(topic, 2);
    await topics.write(topic, numbers(5, 8, 1));
    await driver.run(() => driver.rows.length === 4);
    expect(sorted(driver.rows)).deep.equal([1, 5, 6, 7]);
    expect((saved(driver) as { splits: { partition: number; offset: number }[] }).splits.map((s) => [s.partition, s.offset])).deep.equal([[0, 1], [1, 3]]);
    await driver.close();
    // A partition that a checkpoint does not know begins at its start too.
    const restored = await new ReaderDriver(kafkaTable({ n: INT }, topic, { format: 'json', 'scan.startup.mode': 'latest-offset' })).open([{ splits: [{ topic, partition: 0, offset: 1 }] }]);
    await restored.run(() => restored.rows.length === 3);
    expect(sorted(restored.rows)).deep.equal([5, 6, 7]);
    await restored.close();
  });

  it('a bad record fails with its place, again after a restart; or is skipped and counted', async () => {
    const topic = await topics.make('poison');
    await topics.write(topic, [...numbers(0, 2), { value: 'hello' }, ...numbers(3, 4), { value: Buffer.of(0x7b, 0xff) }, ...numbers(5, 7)]);
    const table = (options: Record<string, string>) => kafkaTable({ n: INT }, topic, { ...JSON_TABLE, ...options });
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await failure(() => readTable(table({})));
      expect([error.code, error.domain, error.retry]).deep.equal(['record-rejected', 'data', 'never']);
      expect(error.detail).contain(`Topic "${topic}", partition 0, offset 2 (value)`).and.contain("Failed to deserialize JSON 'hello'.");
    }
    for (const options of [{ 'scan.on-error': 'skip' }, { 'json.ignore-parse-errors': 'true' }]) {
      const driver = await (await new ReaderDriver(table(options), { bounded: true }).open()).run();
      expect(sorted(driver.rows)).deep.equal([0, 1, 3, 5, 6]);
      expect(driver.context.counters.get('skippedRecords')?.value).equal(2);
      if ('scan.on-error' in options) expect(driver.context.logged.filter((l) => l.level === 'warn')).length(2);
      await driver.close();
    }
  });
  it('deleted records: the job fails with the offsets named, or follows auto.offset.reset', async () => {
    const topic = await topics.make('retention');
    await topics.write(topic, numbers(0, 10));
    await topics.client.deleteRecords([{ topic, partition: 0, offset: 6 }]);
    const positions: Json[] = [{ splits: [{ topic, partition: 0, offset: 2, end: 10 }] }], bounded = { ...JSON_TABLE, 'scan.bounded.mode': 'latest-offset' };
    const driver = await new ReaderDriver(kafkaTable({ n: INT }, topic, bounded)).open(positions), error = await failure(() => driver.run());
    expect([error.code, error.message.includes('offset 2'), error.detail?.includes('6 to 10')]).deep.equal(['offset-out-of-range', true, true]);
    await driver.close();
    const lenient = await new ReaderDriver(kafkaTable({ n: INT }, topic, { ...bounded, 'properties.auto.offset.reset': 'earliest' })).open(positions);
    expect(sorted((await lenient.run()).rows)).deep.equal([6, 7, 8, 9]);
    expect(lenient.context.counters.get('offsetsReset')?.value).equal(1);
    await lenient.close();
  });
  it('a topic made again under its name is not read on from old offsets', async () => {
    const topic = await topics.make('again');
    await topics.write(topic, numbers(0, 3));
    const driver = await new ReaderDriver(kafkaTable({ n: INT }, topic, JSON_TABLE)).open();
    await driver.run(() => driver.rows.length === 3);
    const positions = saved(driver);
    await driver.close();
    await topics.client.deleteTopics([topic]);
    for (let made = false; !made;) { try { await topics.client.createTopics([{ topic, partitions: 1, replicationFactor: 1 }]); made = true; } catch (error) { if ((error as RivuletError).code !== 'kafka-request-failed') throw error; } }
    await topics.write(topic, numbers(10, 20));
    const error = await failure(() => new ReaderDriver(kafkaTable({ n: INT }, topic, JSON_TABLE)).open([positions]));
    expect([error.code, error.message.includes(topic), error.detail]).deep.equal(['kafka-topic-replaced', true, 'Partition 0, offset 3.']);
  });
  it('fetching pauses while rows are not taken, and goes on', async () => {
    const topic = await topics.make('pressure'), filler = 'x'.repeat(900);
    for (let i = 0; i < 3; i++) await topics.write(topic, Array.from({ length: 12_000 }, (_, j) => ({ value: `{"n":${i * 12_000 + j},"s":"${filler}"}` })));
    const driver = await new ReaderDriver(kafkaTable({ n: INT }, topic, JSON_TABLE), { bounded: true }).open();
    const queued = (): number => (driver.reader as unknown as { queuedBytes: number }).queuedBytes;
    for (let last = -1; queued() !== last || last < 1e6;) { last = queued(); await new Promise((resolve) => { setTimeout(resolve, 100); }); }
    // Of 34 MB; the window and what one more answer may bring.
    expect(queued()).within(1e6, 20 << 20);
    await driver.run();
    expect(sorted(driver.rows)).deep.equal(Array.from({ length: 36_000 }, (_, i) => i));
    await driver.close();
  });
});
