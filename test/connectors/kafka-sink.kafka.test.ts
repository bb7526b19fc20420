/** The kafka and upsert-kafka sinks against a real broker: what is written, where, and the guarantees over crashes. */
import { expect } from 'chai';
import type { Json } from '../../catalog/registry/connectors.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { BYTES, INT, STRING, map, timestampLtz } from '../../core/types/sql-type.ts';
import { partitionForKey } from '../../runtime/connectors/kafka/client/index.ts';
import { LANES } from '../../runtime/connectors/kafka/transactions.ts';
import { Topics } from './kafka-support.ts';
import { WriterDriver, contextOf, kafkaTable, readTable, uniqueName } from './support.ts';

const inserts = (from: number, to: number): unknown[][] => Array.from({ length: to - from }, (_, i) => ['+I', from + i]);
async function failure(run: () => Promise<unknown>): Promise<RivuletError> {
  try { await run(); } catch (error) { if (error instanceof RivuletError) return error; throw error; }
  throw new RangeError('nothing failed');
}

describe('kafka sink', () => {
  const topics = new Topics();
  after(() => topics.close());
  const numbers = async (topic: string): Promise<number[]> => (await topics.values(topic)).map((v) => (JSON.parse(v ?? '') as { n: number }).n);

  it('writes values, keys, timestamps and headers; reads them back', async () => {
    const topic = await topics.make('write', 3);
    const table = kafkaTable({ id: INT, name: STRING, ts: [timestampLtz(3), 'timestamp'], h: [map(STRING, BYTES), 'headers'] }, topic, { 'key.format': 'json', 'key.fields': 'id', 'value.format': 'json', 'properties.compression.type': 'lz4' });
    const driver = await new WriterDriver(table).open(), header = new Map([['a', Uint8Array.of(49)], ['b', null]]);
    await driver.push([['+I', 1, 'x', 1700000000123, header], ['+I', 2, null, null, null]]);
    await driver.checkpoint();
    await driver.close();
    const records = await topics.read(topic), first = records.find((r) => r.key === '{"id":1}');
    expect(first).deep.include({ value: '{"id":1,"name":"x"}', timestampMs: 1700000000123, headers: { a: '1', b: null }, partition: partitionForKey(Buffer.from('{"id":1}'), 0, 8, 3) });
    const second = records.find((r) => r.key === '{"id":2}');
    expect(second).deep.include({ value: '{"id":2,"name":null}', headers: {} });
    expect(second?.timestampMs).within(Date.now() - 60_000, Date.now() + 1000);
    expect(await readTable(table, ['name', 'ts'])).deep.include.members([['+I', 'x', 1700000000123]]);
  });
  it('except_key and prefixes; fixed and round-robin partitioners', async () => {
    const topic = await topics.make('parts', 2);
    const keyed = await new WriterDriver(kafkaTable({ k_id: INT, v_a: STRING }, topic, { 'key.format': 'json', 'key.fields': 'k_id', 'key.fields-prefix': 'k_', 'value.format': 'json', 'value.fields-prefix': 'v_', 'value.fields-include': 'EXCEPT_KEY', 'sink.partitioner': 'fixed' }), { subtask: 3, parallelism: 4 }).open();
    await keyed.push([['+I', 1, 'x']]);
    await keyed.checkpoint();
    await keyed.close();
    expect((await topics.read(topic)).map((r) => [r.partition, r.key, r.value])).deep.equal([[1, '{"id":1}', '{"a":"x"}']]);
    const even = await topics.make('even', 2), round = await new WriterDriver(kafkaTable({ n: INT }, even, { format: 'json', 'sink.partitioner': 'round-robin' })).open();
    await round.push(inserts(0, 4));
    await round.checkpoint();
    await round.close();
    expect((await topics.read(even)).map((r) => [r.partition, r.value])).deep.equal([[0, '{"n":0}'], [0, '{"n":2}'], [1, '{"n":1}'], [1, '{"n":3}']]);
  });
  it('debezium-json carries all kinds', async () => {
    const topic = await topics.make('dbz'), table = kafkaTable({ n: INT }, topic, { format: 'debezium-json' }), driver = await new WriterDriver(table).open();
    await driver.push([['+I', 1], ['-U', 1], ['+U', 2], ['-D', 2]]);
    await driver.checkpoint();
    await driver.close();
    expect(await readTable(table)).deep.equal([['+I', 1], ['-D', 1], ['+I', 2], ['-D', 2]]);
  });
  it('upsert-kafka: tombstones, the last change of a key is its last record, null keys refused', async () => {
    const topic = await topics.make('upsert', 2), table = kafkaTable({ id: INT, a: STRING }, topic, { 'key.format': 'json', 'value.format': 'json' }, ['id']);
    const driver = await new WriterDriver(table).open();
    for (let i = 0; i < 50; i++) await driver.push([['+I', i % 5, `v${i}`], ['-U', i % 5, `v${i}`], ['+U', i % 5, `w${i}`], ['-D', (i + 1) % 5, null]]);
    await driver.checkpoint();
    const last = new Map((await topics.read(topic)).map((r) => [r.key, r.value]));
    // Each round writes one key and deletes the next.
    expect([...last].sort()).deep.equal([['{"id":0}', null], ...[1, 2, 3, 4].map((id) => [`{"id":${id}}`, `{"id":${id},"a":"w${45 + id}"}`])]);
    await driver.close();
    const raw = await new WriterDriver(kafkaTable({ id: STRING, a: STRING }, topic, { 'key.format': 'raw', 'value.format': 'json' }, ['id'])).open();
    expect((await failure(() => raw.push([['+I', null, 'x']]))).code).equal('row-refused');
    await raw.close();
  });
  it('buffer-flush keeps the last row of a key; written by rows, by time and at barriers', async () => {
    const topic = await topics.make('buffer');
    const table = (rows: string, interval: string) => kafkaTable({ id: INT, a: STRING }, topic, { 'key.format': 'json', 'value.format': 'json', 'sink.buffer-flush.max-rows': rows, 'sink.buffer-flush.interval': interval }, ['id']);
    const plain = async (): Promise<unknown[]> => (await topics.read(topic)).map((r) => [r.key, r.value]);
    const byRows = await new WriterDriver(table('2', '1 h')).open();
    await byRows.push([['+I', 1, 'a'], ['+U', 1, 'b'], ['-D', 1, null], ['+I', 1, 'c']]);
    await byRows.push([['+I', 2, 'x']]);
    await byRows.push([['+I', 3, 'y'], ['-D', 3, 'y']]);
    await byRows.writer.prepare(1);
    expect(await plain()).deep.equal([['{"id":1}', '{"id":1,"a":"c"}'], ['{"id":2}', '{"id":2,"a":"x"}'], ['{"id":3}', null]]);
    await byRows.close();
    const byTime = await new WriterDriver(table('100', '20 ms')).open();
    await byTime.push([['+I', 4, 'z'], ['+U', 4, 'zz']]);
    for (let end = performance.now() + 10_000; (await plain()).length < 4;) if (performance.now() > end) throw new RangeError('not flushed in time');
    expect((await plain()).at(-1)).deep.equal(['{"id":4}', '{"id":4,"a":"zz"}']);
    await byTime.close();
  });
  it('writing waits when too much is unacknowledged', async () => {
    const topic = await topics.make('room'), driver = await new WriterDriver(kafkaTable({ n: INT, s: STRING }, topic, { format: 'json', 'properties.buffer.memory': '65536', 'properties.batch.size': '16384' })).open();
    let waits = 0;
    for (let i = 0; i < 300; i++) {
      if (driver.writer.ready() !== undefined) waits++;
      await driver.push(Array.from({ length: 10 }, (_, j) => ['+I', i * 10 + j, 'x'.repeat(1000)]));
    }
    await driver.checkpoint();
    expect(waits).greaterThan(5);
    expect(await numbers(topic)).deep.equal(Array.from({ length: 3000 }, (_, i) => i));
    await driver.close();
  });
  it('a record over the limit is refused by its key', async () => {
    const topic = await topics.make('huge'), driver = await new WriterDriver(kafkaTable({ id: INT, s: STRING }, topic, { 'key.format': 'json', 'key.fields': 'id', 'value.format': 'json', 'properties.max.request.size': '1000' })).open();
    const error = await failure(() => driver.push([['+I', 7, 'x'.repeat(2000)]]));
    expect([error.code, error.detail?.includes('{"id":7}')]).deep.equal(['kafka-record-too-large', true]);
    await driver.close();
  });
});

describe('kafka sink, exactly once', () => {
  const topics = new Topics();
  after(() => topics.close());
  const numbers = async (topic: string): Promise<number[]> => (await topics.values(topic)).map((v) => (JSON.parse(v ?? '') as { n: number }).n);
  /** The topic comes to hold these, in order of offset: an ended transaction is visible a little later. */
  const holds = async (topic: string, expected: readonly number[], what?: string): Promise<void> => {
    let seen = await numbers(topic);
    for (const end = performance.now() + 5000; seen.length < expected.length && performance.now() < end; seen = await numbers(topic));
    expect(seen, what).deep.equal(expected);
  };
  const tableOf = (topic: string, prefix: string, options: Record<string, string> = {}) => kafkaTable({ n: INT }, topic, { format: 'json', 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': prefix, ...options });
  const recover = (driver: WriterDriver, committables: readonly Json[], parallelism = 1): Promise<void> | undefined => driver.factory().recover?.(driver.node, committables, { ...contextOf(0, parallelism), columns: [], print: () => {} });

  it('rows appear with the commit of their epoch; the next epoch is written meanwhile', async () => {
    const topic = await topics.make('eo'), driver = await new WriterDriver(tableOf(topic, uniqueName('txn'))).open();
    await driver.push(inserts(0, 3));
    const first = await driver.writer.prepare(1);
    await holds(topic, []);
    await driver.push(inserts(3, 5));
    await driver.writer.commit(first);
    await holds(topic, [0, 1, 2]);
    const second = await driver.writer.prepare(2);
    await driver.push(inserts(5, 6));
    await driver.writer.commit(second);
    expect(await driver.writer.prepare(3)).not.equal(null);
    await holds(topic, [0, 1, 2, 3, 4]);
    await driver.close();
  });
  it('an epoch without rows has nothing to commit', async () => {
    const driver = await new WriterDriver(tableOf(await topics.make('eo-empty'), uniqueName('txn'))).open();
    for (let epoch = 1; epoch < 5; epoch++) expect(await driver.checkpoint(epoch)).equal(null);
    await driver.close();
  });
  it('the lane of a transaction not ended yet holds rows back', async () => {
    const topic = await topics.make('eo-lanes'), driver = await new WriterDriver(tableOf(topic, uniqueName('txn'))).open(), committables: Json[] = [];
    for (let epoch = 0; epoch < LANES; epoch++) { await driver.push(inserts(epoch, epoch + 1)); committables.push(await driver.writer.prepare(epoch)); }
    let isWaiting = true;
    const pushed = driver.push(inserts(LANES, LANES + 1)).then(() => { isWaiting = false; });
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(isWaiting).equal(true);
    await driver.writer.commit(committables[0] as Json);
    await pushed;
    for (const committable of committables.slice(1)) await driver.writer.commit(committable);
    await holds(topic, Array.from({ length: LANES }, (_, i) => i));
    await driver.close();
  });
  it('killed before the checkpoint was durable: the rows never appear', async () => {
    const topic = await topics.make('eo-abort'), table = tableOf(topic, uniqueName('txn'));
    const killed = await new WriterDriver(table).open();
    await killed.push(inserts(0, 3));
    await killed.writer.prepare(1);
    await killed.push(inserts(3, 5));
    await killed.close();
    const next = await new WriterDriver(table).open();
    await next.push(inserts(10, 12));
    await next.checkpoint();
    await next.close();
    await holds(topic, [10, 11]);
  });
  it('killed after it, before or after the commit, and again before the next checkpoint: once and only once', async () => {
    for (const committedBefore of [false, true]) {
      const topic = await topics.make('eo-commit'), table = tableOf(topic, uniqueName('txn')), killed = await new WriterDriver(table).open();
      await killed.push(inserts(0, 3));
      const stored = JSON.parse(JSON.stringify(await killed.writer.prepare(1))) as Json;
      if (committedBefore) await killed.writer.commit(stored);
      await killed.push(inserts(3, 5));
      await killed.close();
      // Recovery may itself be killed: after it, after the writers have opened, after they have written.
      for (let attempt = 0; attempt < 3; attempt++) {
        const driver = new WriterDriver(table);
        await recover(driver, [stored]);
        await holds(topic, [0, 1, 2], `attempt ${attempt}`);
        if (attempt > 0) await driver.open();
        if (attempt > 1) { await driver.push(inserts(3, 6)); await driver.checkpoint(2); }
        await driver.close();
      }
      await holds(topic, [0, 1, 2, 3, 4, 5]);
    }
  });
  it('killed during the next checkpoint: what was begun behind it is not committed with the stored identity', async () => {
    const topic = await topics.make('eo-later'), table = tableOf(topic, uniqueName('txn')), killed = await new WriterDriver(table).open();
    let stored: Json = null;
    for (let epoch = 0; epoch < 6; epoch++) { await killed.push(inserts(epoch, epoch + 1)); stored = JSON.parse(JSON.stringify(await killed.checkpoint(epoch))) as Json; }
    await killed.push(inserts(10, 20));
    await killed.writer.prepare(6);
    await killed.push(inserts(20, 30));
    await killed.writer.prepare(7);
    await killed.push(inserts(30, 40));
    killed.writer.idle?.();
    await killed.close();
    const next = new WriterDriver(table);
    await recover(next, [stored]);
    await next.open();
    await next.push(inserts(10, 12));
    await next.checkpoint(8);
    await next.close();
    await holds(topic, [0, 1, 2, 3, 4, 5, 10, 11]);
  });
  it('a prepared transaction that Kafka has dropped is reported, not skipped', async () => {
    const topic = await topics.make('eo-lost'), table = tableOf(topic, uniqueName('txn')), killed = await new WriterDriver(table).open();
    await killed.push(inserts(0, 3));
    const stored = JSON.parse(JSON.stringify(await killed.writer.prepare(1))) as Json;
    await killed.close();
    // Another writer takes the id, as the expiry of the transaction does too.
    const other = topics.client.producer({ transactionalId: (stored as { transactionalId: string }).transactionalId });
    await other.init();
    await other.close();
    const error = await failure(async () => recover(new WriterDriver(table), [stored]));
    expect([error.code, error.retry]).deep.equal(['kafka-transaction-lost', 'never']);
    await holds(topic, []);
  });
  it('fewer subtasks than before: what the missing ones left open is aborted', async () => {
    const topic = await topics.make('eo-rescale'), table = tableOf(topic, uniqueName('txn')), committables: Json[] = [];
    for (let subtask = 0; subtask < 3; subtask++) {
      const driver = await new WriterDriver(table, { subtask, parallelism: 3 }).open();
      await driver.push(inserts(subtask, subtask + 1));
      committables.push(JSON.parse(JSON.stringify(await driver.writer.prepare(1))) as Json);
      await driver.push(inserts(100, 110));
      await driver.writer.prepare(2);
      await driver.close();
    }
    const driver = new WriterDriver(table);
    await recover(driver, committables);
    await driver.open();
    await driver.push(inserts(7, 8));
    await driver.checkpoint(2);
    await driver.close();
    // Nothing open is left that would hide what was written last.
    const seen = async (): Promise<number[]> => (await numbers(topic)).sort((a, b) => a - b);
    for (const end = performance.now() + 5000; (await seen()).length < 4 && performance.now() < end;);
    expect(await seen()).deep.equal([0, 1, 2, 7]);
    const place = { topic, partition: 0 };
    const [[committed], [all]] = await Promise.all([topics.client.listOffsets([place], 'latest', 'read_committed'), topics.client.listOffsets([place], 'latest', 'read_uncommitted')]);
    expect(committed?.offset).equal(all?.offset);
  });
  it('a transaction timeout above the broker\'s limit is refused with the option to set', async () => {
    const error = await failure(() => new WriterDriver(tableOf('x', uniqueName('txn'), { 'properties.transaction.timeout.ms': '99999999' })).open());
    expect(error.hint).contain('transaction.timeout.ms');
  });
});
