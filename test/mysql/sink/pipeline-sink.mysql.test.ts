/** The pipeline sink `mysql` against real servers: tables made and changed in order with their rows, and whole pipelines from MySQL to MySQL. */
import { expect } from 'chai';
import { RETRACT, type Json } from '../../../catalog/registry/connectors.ts';
import type { TableVersion } from '../../../catalog/objects/pipeline-table.ts';
import { STRING } from '../../../core/types/sql-type.ts';
import type { SinkNode } from '../../../planner/physical/plan.ts';
import { mysqlPipeline } from '../../../runtime/connectors/mysql/pipeline/describe.ts';
import { mysqlPipelineSink } from '../../../runtime/connectors/mysql/pipeline/sink.ts';
import type { SinkWriter } from '../../../runtime/connectors/contract.ts';
import { PipelineBatch, type SchemaChange } from '../../../runtime/pipelines/contract.ts';
import { contextOf } from '../../connectors/support.ts';
import { Bench } from '../../faults/support.ts';
import { ServerProcess } from '../../e2e/server-process.ts';
import { batch, create, table } from '../../pipelines/support.ts';
import { describeOnMySql, openDatabase, type TestDatabase } from '../support.ts';
import { refusal } from './support.ts';

function event(version: TableVersion, ...changes: SchemaChange[]): PipelineBatch {
  const b = new PipelineBatch(version, 0);
  b.event = { changes, sql: null, timestampMs: 0 };
  b.size = 1;
  return b;
}

describeOnMySql('pipeline sink mysql', (server) => {
  let db: TestDatabase;
  beforeEach(async () => { db = await openDatabase(server, 'rvt_pl'); });
  afterEach(async () => { await writer?.close(); writer = undefined; await db.drop(); });
  let writer: SinkWriter | undefined;
  const open = async (options: Readonly<Record<string, string>> = {}): Promise<SinkWriter> => {
    const { host, port, user, password } = server.root;
    const given = new Map(Object.entries({ hostname: host, port: String(port), username: user, password, ...options }));
    const described = mysqlPipeline.describeSink!(given, { name: 's', pipeline: 'p', parallelism: undefined, timeZone: 'UTC', ends: false, parseType: () => STRING });
    const node: SinkNode = { type: 'sink', id: 'abcdef0123456789', inputs: [], columns: [], changelog: RETRACT, upsertKeys: [], label: '', connector: described.connector, spec: JSON.parse(JSON.stringify(described.spec)) as Json, table: 's', fields: [], notNull: { columns: [], policy: 'error' } };
    writer = mysqlPipelineSink.create(node, { ...contextOf(), columns: [], print: () => {} });
    await writer.open();
    return writer;
  };
  const columns = async (name: string): Promise<string[]> => (await db.rows('SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION', [db.name, name])).map(([n, t, y]) => `${n} ${String(t).replace(/^(tiny|small|medium|big)?int\(\d+\)(?!$)/, '$1int').replace(/^(small|big|)int\(\d+\)/, '$1int')} ${y}`);
  const rows = (name: string, order = 'id'): Promise<unknown[][]> => db.rows(`SELECT * FROM \`${name}\` ORDER BY ${order}`);

  it('makes tables, puts and deletes by key, and moves rows whose key changes', async () => {
    const w = await open(), t = table(`${db.name}.orders`, 'id BIGINT NOT NULL, name VARCHAR(50) NOT NULL, price DECIMAL(10, 2), happened TIMESTAMP_LTZ(3), doc ARRAY<INT>', 'id');
    w.push(create(t));
    w.push(batch(t, ['+I', 1, 'a', 150, 1_700_000_000_123, [1, null]], ['+I', 2, "b'\\", null, null, null]));
    w.push(batch(t, ['-U', 1, 'a', 150, null, null], ['+U', 1, 'A', 151, null, []], ['-U', 2, "b'\\", null, null, null], ['+U', 20, 'moved', null, null, null], ['+I', 3, 'x', 0, null, null], ['-D', 3, 'x', 0, null, null]));
    await w.prepare(1);
    expect(await columns('orders')).deep.equal(['id bigint NO', 'name varchar(50) NO', 'price decimal(10,2) YES', 'happened timestamp(3) YES', `doc ${server.flavor === 'mysql' ? 'json' : 'longtext'} YES`]);
    expect((await rows('orders')).map((r) => r.slice(0, 3))).deep.equal([['1', 'A', '1.51'], ['20', 'moved', null]]);
    // As after a restart: the table is there, the rows come again.
    await w.close();
    const again = await open();
    again.push(create(t));
    again.push(batch(t, ['+I', 1, 'A', 151, null, null]));
    await again.prepare(2);
    expect((await rows('orders')).map((r) => r.slice(0, 2))).deep.equal([['1', 'A'], ['20', 'moved']]);
  });
  it('follows changes of a table in order with its rows; the same changes again do nothing', async () => {
    const id = `${db.name}.t`, v1 = table(id, 'id INT NOT NULL, a VARCHAR(10)', 'id'), v2 = table(id, 'id INT NOT NULL, n BIGINT, a VARCHAR(10)', 'id'), v3 = table(id, 'id INT NOT NULL, n BIGINT, b VARCHAR(10)', 'id'), v4 = table(id, 'id INT NOT NULL, n BIGINT, b STRING', 'id'), v5 = table(id, 'id INT NOT NULL, b STRING', 'id');
    const story = (w: SinkWriter): void => {
      w.push(create(v1));
      w.push(batch(v1, ['+I', 1, 'one']));
      w.push(event(v2, { kind: 'add.column', column: v2.columns[1]!, after: 'id' }));
      w.push(batch(v2, ['+I', 2, 22, 'two']));
      w.push(event(v3, { kind: 'rename.column', from: 'a', to: 'b' }));
      w.push(batch(v3, ['+U', 1, 11, 'uno']));
      w.push(event(v4, { kind: 'alter.column.type', name: 'b', from: v3.columns[2]!.type, column: v4.columns[2]! }));
      w.push(batch(v4, ['+I', 3, 33, 'longer than ten characters']));
    };
    const w = await open();
    story(w);
    await w.prepare(1);
    const expected = [[1, '11', 'uno'], [2, '22', 'two'], [3, '33', 'longer than ten characters']];
    expect(await rows('t')).deep.equal(expected);
    await w.close();
    // From any place since the last checkpoint: from the beginning, from the middle, from where it was.
    const repeated = await open(), shape = await columns('t');
    story(repeated);
    await repeated.prepare(1);
    expect([await rows('t'), await columns('t')]).deep.equal([expected, shape]);
    await repeated.close();
    const middle = await open();
    middle.push(batch(v2, ['+I', 2, 22, 'two']));
    middle.push(event(v3, { kind: 'rename.column', from: 'a', to: 'b' }));
    middle.push(batch(v3, ['+U', 1, 11, 'uno']));
    middle.push(event(v4, { kind: 'alter.column.type', name: 'b', from: v3.columns[2]!.type, column: v4.columns[2]! }));
    await middle.prepare(1);
    expect([await rows('t'), await columns('t')]).deep.equal([expected, shape]);
    await middle.close();
    const again = await open();
    again.push(batch(v4, ['+U', 3, 33, 'longer than ten characters']));
    await again.prepare(1);
    expect([await rows('t'), await columns('t')]).deep.equal([expected, shape]);
    again.push(event(v5, { kind: 'drop.column', name: 'n' }));
    again.push(batch(v5, ['+I', 4, 'four']));
    await again.prepare(2);
    expect(await columns('t')).deep.equal(['id int NO', 'b longtext YES']);
    again.push(event(v5, { kind: 'truncate.table' }));
    again.push(batch(v5, ['+I', 5, 'five']));
    await again.prepare(3);
    expect(await rows('t')).deep.equal([[5, 'five']]);
    again.push(event(v5, { kind: 'drop.table' }));
    await again.prepare(4);
    expect(await db.rows("SHOW TABLES LIKE 't'")).deep.equal([]);
    again.push(create(v5));
    again.push(batch(v5, ['+I', 6, 'six']));
    await again.prepare(5);
    expect(await rows('t')).deep.equal([[6, 'six']]);
  });
  it('keeps keys apart that only differ in case or blanks; tables without a key are appended to', async () => {
    const w = await open({ 'database-name': db.name }), keyed = table('texts', 'k STRING NOT NULL, v INT', 'k'), log = table('log', 'k STRING, v INT', '');
    w.push(create(keyed));
    w.push(batch(keyed, ['+I', 'a', 1], ['+I', 'A', 2], ['+I', 'a ', 3], ['+I', 'á', 4], ['-D', 'A', null]));
    w.push(create(log));
    w.push(batch(log, ['+I', 'x', 1], ['+I', 'x', 1]));
    await w.prepare(1);
    expect(await db.rows('SELECT CONCAT(k, \'|\'), v FROM texts ORDER BY v')).deep.equal([['a|', 1], ['a |', 3], ['á|', 4]]);
    expect((await rows('log', 'v')).length).equal(2);
    expect(await refusal((async () => { w.push(batch(log, ['-D', 'x', 1])); await w.prepare(2); })())).property('message').contain('without a key');
  });
  it('refuses by name: a target without a database, an existing table that does not fit, a row', async () => {
    const w = await open(), loose = table('loose', 'id INT NOT NULL', 'id');
    expect(await refusal((async () => { w.push(create(loose)); await w.prepare(1); })())).property('code', 'mysql-table-unwritable');
    await db.run('CREATE TABLE taken (id VARCHAR(9) PRIMARY KEY, v INT)');
    const other = await open(), t = table(`${db.name}.taken`, 'id INT NOT NULL, v INT', 'id');
    other.push(create(t));
    expect(await refusal(other.prepare(1))).property('code', 'mysql-column-mismatch');
    await other.close();
    const third = await open(), small = table(`${db.name}.small`, 'id INT NOT NULL, v VARCHAR(3)', 'id');
    third.push(create(small));
    third.push(batch(small, ['+I', 7, 'four']));
    const error = await refusal(third.prepare(1));
    expect([error.code, error.detail]).deep.equal(['mysql-row-refused', 'Row with key 7, written by table "s".']);
  });

  it('a pipeline from MySQL to MySQL: every type, changes and DDL, over kill -9', async function () {
    this.timeout(90_000);
    // MariaDB's JSON is a text with a check.
    const LIST = "id, ti, b1, su, me, i, de, d, vc, tx, en, st, CONCAT(js, '') AS js, vb, bl, bi, da, t, dt, ts, y";
    const process_ = await ServerProcess.start(['--parallelism', '1']), target = `${db.name}_copy`;
    const all = `id BIGINT UNSIGNED NOT NULL PRIMARY KEY, ti TINYINT, b1 TINYINT(1), su SMALLINT UNSIGNED, me MEDIUMINT, i INT, de DECIMAL(30, 10), d DOUBLE, vc VARCHAR(40) NOT NULL, tx TEXT, en ENUM('a','b''c'), st SET('x','y'), js JSON, vb VARBINARY(20), bl BLOB, bi BIT(9),
      da DATE, t TIME(6), dt DATETIME(6), ts TIMESTAMP(3) NULL, y YEAR`;
    try {
      await db.run(`CREATE TABLE everything (${all}); CREATE TABLE plain (id INT PRIMARY KEY, v VARCHAR(20))`);
      await db.run("INSERT INTO everything VALUES (18446744073709551615, -128, 1, 65535, -8388608, 5, 12345678901234567890.0123456789, 0.1, 'ü😀''\\\\', 'tx', 'b''c', 'x,y', '{\"a\": 9007199254740993}', x'00ff', x'27', b'100000001', '2024-02-29', '-123:59:59.123456', '9999-12-31 23:59:59.999999', '2024-01-01 12:00:00.123', 2024), (1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
      await db.run('INSERT INTO plain VALUES (1, \'a\'), (2, \'b\')');
      const { host, port, user, password } = server.root, place = `  hostname: ${host}\n  port: ${port}\n  username: ${user}\n  password: "${password}"\n`;
      const yaml = `source:\n  type: mysql\n${place}  tables: ${db.name}.\\.*\nsink:\n  type: mysql\n${place}route:\n  - source-table: ${db.name}.\\.*\n    sink-table: ${target}.<>\n    replace-symbol: <>\npipeline:\n  schema.change.behavior: evolve\n`;
      const answer = await fetch(process_.url('/api/v1/pipelines'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ yaml, settings: { 'execution.checkpointing.interval': '200 ms' } }) });
      expect(answer.status, await answer.clone().text()).equal(201);
      const same = async (what: string): Promise<void> => {
        let last: unknown;
        for (const giveUp = Date.now() + 25_000; Date.now() < giveUp;) {
          try {
            last = [await db.rows(`SELECT ${LIST} FROM ${target}.everything ORDER BY id`), await db.rows(`SELECT * FROM ${target}.plain ORDER BY id`)];
            if (JSON.stringify(last) === JSON.stringify([await db.rows(`SELECT ${LIST} FROM everything ORDER BY id`), await db.rows('SELECT * FROM plain ORDER BY id')])) return;
          } catch (error) { last = error; }
          await new Promise((resolve) => { setTimeout(resolve, 50); });
        }
        if (last instanceof Error) throw last;
        expect(last, what).deep.equal([await db.rows(`SELECT ${LIST} FROM everything ORDER BY id`), await db.rows('SELECT * FROM plain ORDER BY id')]);
      };
      await same('the snapshot');
      const types = (base: string): Promise<unknown[][]> => db.rows('SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_KEY FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = \'everything\' ORDER BY ORDINAL_POSITION', [base]);
      expect(await types(target)).deep.equal(await types(db.name));
      await db.run("UPDATE everything SET vc = 'changed', bi = b'1' WHERE id = 1; UPDATE plain SET id = 20 WHERE id = 2; DELETE FROM plain WHERE id = 1; INSERT INTO plain VALUES (3, 'c')");
      await same('the changes');
      await db.run("ALTER TABLE plain ADD COLUMN n INT, MODIFY v VARCHAR(100); INSERT INTO plain VALUES (4, REPEAT('x', 90), 44); ALTER TABLE plain RENAME COLUMN n TO m; UPDATE plain SET m = 5; CREATE TABLE ignored (id INT PRIMARY KEY)");
      await same('the DDL');
      await process_.end('SIGKILL');
      await db.run("INSERT INTO plain VALUES (5, 'five', NULL); ALTER TABLE plain DROP COLUMN m; DELETE FROM plain WHERE id = 3; INSERT INTO plain VALUES (6, 'six')");
      await process_.launch();
      await same('what happened while it was down');
      await db.run('TRUNCATE TABLE plain; INSERT INTO plain VALUES (7, \'seven\')');
      await same('TRUNCATE');
    } finally {
      await process_.remove();
      await db.run(`DROP DATABASE IF EXISTS ${target}`);
    }
  });
  it('a pipeline from topics to MySQL: debezium-json becomes a table that follows its messages', async function () {
    if ((process.env['KAFKA_BOOTSTRAP'] ?? '') === '') this.skip();
    this.timeout(60_000);
    const bench = await Bench.open('pull');
    try {
      await bench.topic('dbz');
      const message = (op: string, before: unknown, after: unknown): string => JSON.stringify({ before, after, op, source: { db: 'shop', table: 'orders' } });
      const { host, port, user, password } = server.root;
      await bench.values('dbz', [message('c', null, { id: 1, name: 'a', price: 1.5 }), message('c', null, { id: 2, name: 'b', price: null })]);
      const yaml = `source:\n  type: kafka\n  topic: ${bench.name('dbz')}\n  value.format: debezium-json\n  properties.bootstrap.servers: ${bench.broker}\nsink:\n  type: mysql\n  hostname: ${host}\n  port: ${port}\n  username: ${user}\n  password: "${password}"\nroute:\n  - source-table: shop.orders\n    sink-table: ${db.name}.pulled\ntransform:\n  - source-table: shop.orders\n    projection: \\*\n    primary-keys: id\n`;
      const answer = await fetch(bench.server.url('/api/v1/pipelines'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ yaml, settings: { 'execution.checkpointing.interval': '200 ms' } }) });
      expect(answer.status, await answer.clone().text()).equal(201);
      const becomes = async (expected: unknown[][]): Promise<void> => {
        const read = (): Promise<unknown[][]> => db.rows('SELECT id, name FROM pulled ORDER BY id').catch(() => []);
        for (const giveUp = Date.now() + 20_000; Date.now() < giveUp && JSON.stringify(await read()) !== JSON.stringify(expected);) await new Promise((resolve) => { setTimeout(resolve, 50); });
        expect(await read()).deep.equal(expected);
      };
      await becomes([['1', 'a'], ['2', 'b']]);
      await bench.values('dbz', [message('u', { id: 1, name: 'a' }, { id: 1, name: 'A', price: 2.5, more: 'new' }), message('d', { id: 2, name: 'b' }, null), message('c', null, { id: 3, name: 'c' })]);
      await becomes([['1', 'A'], ['3', 'c']]);
      expect(await db.rows('SELECT more FROM pulled WHERE id = 1')).deep.equal([['new']]);
    } finally { await bench.close(); }
  });
});
