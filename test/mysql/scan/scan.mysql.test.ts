/** Bounded reads of `jdbc` tables against real servers: exact values, ranges, limits, taking up again behind a checkpoint. */
import { expect } from 'chai';
import type { Json } from '../../../catalog/registry/connectors.ts';
import type { TableObject } from '../../../catalog/objects/objects.ts';
import { BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, STRING, array, decimal, time, timestamp, timestampLtz } from '../../../core/types/sql-type.ts';
import { ReaderDriver, readTable, tableOf, type ColumnsOf } from '../../connectors/support.ts';
import { describeOnMySql, openDatabase, type TestDatabase } from '../support.ts';
import { refusal } from '../sink/support.ts';

describeOnMySql('jdbc scan', (server) => {
  let db: TestDatabase;
  before(async () => {
    db = await openDatabase(server, 'rvt_scan');
    await db.run('CREATE TABLE n (id BIGINT PRIMARY KEY, g INT, s VARCHAR(20), KEY (g))');
    await db.run(`INSERT INTO n VALUES ${Array.from({ length: 5000 }, (_, i) => `(${i}, ${i % 100 === 7 ? 'NULL' : i % 100}, 'row ${i}')`).join(',')}`);
  });
  after(async () => { await db.drop(); });
  const table = (name: string, columns: ColumnsOf, options: Record<string, string> = {}): TableObject => {
    const { host, port, user, password } = server.root;
    return tableOf(columns, { connector: 'jdbc', url: `jdbc:${server.flavor}://${host}:${port}/${db.name}`, username: user, password, 'table-name': name, ...options });
  };
  const N: ColumnsOf = { id: BIGINT, g: INT, s: STRING };

  it('reads every value exactly; zero dates are NULL', async () => {
    await db.run(`CREATE TABLE v (bi BIGINT, bu BIGINT UNSIGNED, de DECIMAL(30, 10), f FLOAT, d DOUBLE, bo TINYINT(1), bt BIT(9), s TEXT, vb VARBINARY(9), da DATE, t TIME(3), dt DATETIME(6), ts TIMESTAMP(6) NULL, js JSON, en ENUM('x', 'y'), x INT)`);
    await db.run(`SET time_zone = '+00:00'; SET sql_mode = ''; INSERT INTO v VALUES (-9223372036854775808, 18446744073709551615, -12345678901234567890.0123456789, 16777217, 0.1, 1, b'100000001', '😀''', x'00ff', '2024-02-29', '23:59:59.999', '9999-12-31 23:59:59.999999', '2023-11-14 22:13:20.123456', '{"a": 1}', 'y', 5), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0000-00-00', NULL, '2024-00-10', NULL, NULL, NULL, NULL)`);
    const rows = await readTable(table('v', { bi: BIGINT, bu: decimal(20, 0), de: decimal(30, 10), f: FLOAT, d: DOUBLE, bo: BOOLEAN, bt: INT, s: STRING, vb: BYTES, da: DATE, t: time(3), dt: timestamp(6), ts: timestampLtz(6), js: STRING, en: STRING, x: STRING }, { 'server-time-zone': '+02:00' }));
    expect(rows[0]?.slice(1)).deep.equal([-9223372036854775808n, 18446744073709551615n, -123456789012345678900123456789n, 16777216, 0.1, true, 257, "😀'", Buffer.from([0, 255]), 19782, 86_399_999, 253_402_300_799_999_999n, 1_700_000_000_123_456, server.flavor === 'mysql' ? '{"a": 1}' : '{"a": 1}', 'y', '5']);
    expect(rows[1]?.slice(1).every((v) => v === null)).equal(true);
    const shifted = await readTable(table('v', { ts: timestamp(3), dt: timestampLtz(0) }, { 'server-time-zone': '+02:00' }));
    expect(shifted[0]).deep.equal(['+I', 1_700_007_200_123, 253_402_293_599_000]);
  });
  it('reads sets, shapes and vectors as a mysql catalog declares them', async () => {
    const isVector = server.flavor === 'mysql';
    await db.run(`CREATE TABLE shapes (st SET('x','y'), p POINT${isVector ? ', v VECTOR(2)' : ''}); INSERT INTO shapes VALUES ('x,y', ST_GeomFromText('POINT(1 2)')${isVector ? ", STRING_TO_VECTOR('[1,2.5]')" : ''}), ('', NULL${isVector ? ', NULL' : ''})`);
    const rows = await readTable(table('shapes', { st: array(STRING), p: STRING, ...(isVector ? { v: array(FLOAT) } : {}) }));
    expect(rows).deep.equal([['+I', ['x', 'y'], '{"coordinates":[1,2],"type":"Point","srid":0}', ...(isVector ? [[1, 2.5]] : [])], ['+I', [], null, ...(isVector ? [null] : [])]]);
  });
  it('columns of the strangest names', async () => {
    await db.run("CREATE TABLE `__proto__` (`__proto__` INT PRIMARY KEY, `constructor` INT, `a``b` INT, `c.d` INT, `e'` INT); INSERT INTO `__proto__` VALUES (1, 2, 3, 4, 5)");
    const columns = Object.fromEntries([...['__proto__', 'constructor', 'a`b', 'c.d', "e'"].map((name) => [name, INT] as const)]);
    expect(await readTable(table('__proto__', columns))).deep.equal([['+I', 1, 2, 3, 4, 5]]);
  });
  it('only the needed columns, and no more rows than a limit', async () => {
    expect(await readTable(table('n', N), ['s', 'id']).then((r) => [r.length, r[4999]])).deep.equal([5000, ['+I', 'row 4999', 4999]]);
    const limited = await new ReaderDriver(table('n', N), { bounded: true, limit: 10, wanted: ['id'] }).open();
    expect((await limited.run()).rows.map((r) => r[1])).deep.equal(Array.from({ length: 10 }, (_, i) => i));
    await limited.close();
  });
  it('ranges over two subtasks read each row once, NULLs and rows outside the bounds too', async () => {
    const ranged = table('n', N, { 'scan.partition.column': 'g', 'scan.partition.num': '4', 'scan.partition.lower-bound': '10', 'scan.partition.upper-bound': '80' });
    const seen: unknown[] = [];
    for (const subtask of [0, 1]) {
      const driver = await new ReaderDriver(ranged, { bounded: true, subtask, parallelism: 2 }).open();
      const rows = (await driver.run()).rows;
      expect(rows.length).within(1000, 4000);
      seen.push(...rows.map((r) => r[1]));
      await driver.close();
    }
    expect(seen.sort((a, b) => Number(a) - Number(b))).deep.equal(Array.from({ length: 5000 }, (_, i) => i));
  });
  it('goes on behind a checkpoint, in whatever order the key has; text keys too', async () => {
    await db.run("CREATE TABLE k (a VARCHAR(20) COLLATE utf8mb4_general_ci, b DECIMAL(10,2), v INT, PRIMARY KEY (a, b))");
    await db.run(`INSERT INTO k VALUES ${Array.from({ length: 3000 }, (_, i) => `('${["it''s", 'É', 'b\\\\', 'A'][i % 4]}${i % 50}', ${i}.5, ${i})`).join(',')}`);
    for (const [name, wanted, value] of [['n', ['id'], 1], ['k', ['v'], 1]] as const) {
      const columns: ColumnsOf = name === 'n' ? N : { a: STRING, b: decimal(10, 2), v: INT };
      const first = await new ReaderDriver(table(name, columns), { bounded: true, wanted }).open();
      await first.run(() => first.rows.length >= 1024);
      const seen = first.rows.map((r) => r[value]), positions = JSON.parse(JSON.stringify(first.reader.positions())) as Json;
      expect(seen.length).lessThan(2999);
      await first.close();
      const second = await new ReaderDriver(table(name, columns), { bounded: true, wanted }).open([positions]);
      seen.push(...(await second.run()).rows.map((r) => r[value]));
      await second.close();
      expect(seen.map(Number).sort((a, b) => a - b), name).deep.equal(Array.from({ length: name === 'n' ? 5000 : 3000 }, (_, i) => i));
    }
  });
  it('a lost connection in the middle of a read', async () => {
    await db.run("CREATE TABLE wide (id BIGINT PRIMARY KEY, s TEXT); INSERT INTO wide SELECT id, REPEAT('x', 4000) FROM n");
    const driver = await new ReaderDriver(table('wide', { id: BIGINT, s: STRING }, { 'scan.fetch-size': '100' }), { bounded: true, wanted: ['id', 's'] }).open();
    await driver.run(() => driver.rows.length >= 200);
    for (const [id] of await db.rows('SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND info LIKE ?', [`SELECT %FROM \`${db.name}\`.\`wide\`%`])) await db.run(`KILL ${String(id)}`);
    expect((await driver.run()).rows.map((r) => r[1])).deep.equal(Array.from({ length: 5000 }, (_, i) => i));
    expect(driver.context.logged.map((l) => l.message).join()).match(/goes on/);
    await driver.close();
  });
  it('refuses what does not fit, by name', async () => {
    const open = (t: TableObject): Promise<unknown> => { const d = new ReaderDriver(t, { bounded: true }); return d.open().then(() => d.run()).finally(() => d.close()); };
    expect((await refusal(open(table('n', { idd: BIGINT })))).hint).contain('"id"');
    expect((await refusal(open(table('n', { s: INT })))).code).equal('mysql-column-mismatch');
    expect((await refusal(open(table('nn', N)))).code).equal('mysql-table-missing');
    await db.run("CREATE TABLE big (v BIGINT); INSERT INTO big VALUES (3000000000)");
    expect((await refusal(open(table('big', { v: INT })))).message).match(/column "v" .* holds "3000000000", which is no INT/);
  });
});
