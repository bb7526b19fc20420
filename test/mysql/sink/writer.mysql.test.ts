/** The writer of `mysql` tables against real servers: what stands in the table after which rows, exact values, and what is refused by name. */
import { expect } from 'chai';
import { array, BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, SMALLINT, STRING, TINYINT, char, decimal, notNull, time, timestamp, timestampLtz, varchar } from '../../../core/types/sql-type.ts';
import { WriterDriver, type ColumnsOf } from '../../connectors/support.ts';
import { describeOnMySql, openDatabase, userWith, dropUser, type TestDatabase } from '../support.ts';
import { mysqlTable, refusal } from './support.ts';

const KEYED: ColumnsOf = { id: notNull(BIGINT), name: STRING };

describeOnMySql('mysql sink', (server) => {
  let db: TestDatabase;
  before(async () => { db = await openDatabase(server, 'rvt_sink'); });
  after(async () => { await db.drop(); });
  const drivers: WriterDriver[] = [];
  afterEach(async () => { for (const d of drivers.splice(0)) await d.close(); });
  const open = async (name: string, columns: ColumnsOf, key?: readonly string[], options: Record<string, string> = {}): Promise<WriterDriver> => {
    const driver = new WriterDriver(mysqlTable(server, db, name, columns, key, options));
    drivers.push(driver);
    return await driver.open();
  };

  it('upserts and deletes by key; of a key the last change counts', async () => {
    await db.run('CREATE TABLE a (id BIGINT PRIMARY KEY, name VARCHAR(50)); INSERT INTO a VALUES (1, \'old\'), (9, \'gone\')');
    const w = await open('a', KEYED, ['id']);
    await w.push([['+I', 1, 'x'], ['+I', 2, 'y'], ['+U', 1, 'z'], ['-D', 9, 'gone'], ['-D', 2, 'y'], ['+I', 3, 'w'], ['-U', 3, 'w'], ['+U', 3, 'v'], ['-D', 77, null]]);
    await w.checkpoint();
    expect(await db.rows('SELECT * FROM a ORDER BY id')).deep.equal([['1', 'z'], ['3', 'v']]);
    // The same rows again, as after a restart.
    await w.push([['+I', 1, 'z'], ['-D', 9, null], ['+I', 3, 'v']]);
    await w.checkpoint(2);
    expect(await db.rows('SELECT * FROM a ORDER BY id')).deep.equal([['1', 'z'], ['3', 'v']]);
  });
  it('appends without PRIMARY KEY, also into AUTO_INCREMENT tables; a zero stays a zero', async () => {
    await db.run('CREATE TABLE b (n BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)');
    const w = await open('b', { v: INT });
    await w.push([['+I', 5], ['+I', 5], ['+I', null]]);
    await w.checkpoint();
    const given = await open('b', { n: BIGINT, v: INT });
    await given.push([['+I', 0, 7], ['+I', null, 8]]);
    await given.checkpoint();
    expect(await db.rows('SELECT IF(n > 0, \'+\', \'0\'), v FROM b ORDER BY n')).deep.equal([['0', 7], ['+', 5], ['+', 5], ['+', null], ['+', 8]]);
  });
  it('keeps every value exact', async () => {
    await db.run(`CREATE TABLE c (id BIGINT PRIMARY KEY, ti TINYINT, si SMALLINT, i INT, bo TINYINT(1), bit1 BIT(1), de DECIMAL(38, 18), f FLOAT, d DOUBLE, s TEXT, ch CHAR(4), vb VARBINARY(20), bl BLOB,
      da DATE, t TIME(3), dt DATETIME(6), ts TIMESTAMP(6) NULL, dl DATETIME(6), tw TIMESTAMP(3) NULL, js JSON, en ENUM('a','b,''c'), bu BIGINT UNSIGNED)`);
    const columns: ColumnsOf = {
      id: notNull(BIGINT), ti: TINYINT, si: SMALLINT, i: INT, bo: BOOLEAN, bit1: BOOLEAN, de: decimal(38, 18), f: FLOAT, d: DOUBLE, s: STRING, ch: char(4), vb: BYTES, bl: BYTES,
      da: DATE, t: time(3), dt: timestamp(6), ts: timestampLtz(6), dl: timestampLtz(6), tw: timestamp(3), js: STRING, en: varchar(10), bu: decimal(20, 0),
    };
    const w = await open('c', columns, ['id'], { 'server-time-zone': '+08:00' });
    const all = new Uint8Array(Array.from({ length: 20 }, (_, i) => [0, 39, 92, 255, 10, 13, 26, 34, 37, 95][i % 10] as number));
    const text = "it's \\ \"q\" \0 \x1a \n\r\t ${x} `y` 😀 ünï %_ -- /* */ ; \u2028";
    await w.push([
      ['+I', 9223372036854775807n, -128, -32768, -2147483648, true, true, 12345678901234567890123456789012345678n, Math.fround(1.1), -1.7976931348623157e308, text, 'ab', all, all, -1, 86_399_999, -1n * 62_135_596_800_000_000n + 1n, 1_700_000_000_123_456, 1_700_000_000_123_456, 1_700_000_000_123, '{"a": 9007199254740993}', "b,'c", 18446744073709551615n],
      ['+I', -9223372036854775808n, ...Array.from({ length: 21 }, () => null)],
      ['+I', 3, 127, 32767, 2147483647, false, false, -1, 0, 5e-324, '', '', new Uint8Array(0), new Uint8Array(0), 0, 0, 0, 1000000, 0, 100_000_000_000, '[]', 'a', 0],
    ]);
    await w.checkpoint();
    const [min, small, max] = await db.rows("SET time_zone = '+00:00'; SELECT id, ti, si, i, bo, bit1, de, f, d, s, ch, vb, bl, da, t, dt, ts, dl, tw, CAST(js AS CHAR), en, bu FROM c ORDER BY id").then((r) => r[1] as unknown as unknown[][]);
    expect(min).deep.equal(['-9223372036854775808', ...Array.from({ length: 21 }, () => null)]);
    expect(max?.slice(0, 10)).deep.equal(['9223372036854775807', -128, -32768, -2147483648, 1, Buffer.from([1]), '12345678901234567890.123456789012345678', 1.1, -1.7976931348623157e308, text]);
    expect(max?.slice(10)).deep.equal(['ab', Buffer.from(all), Buffer.from(all), '1969-12-31', '23:59:59.999', '0001-01-01 00:00:00.000001', '2023-11-14 22:13:20.123456', '2023-11-15 06:13:20.123456', '2023-11-14 14:13:20.123', '{"a": 9007199254740993}', "b,'c", '18446744073709551615']);
    expect(small?.slice(0, 13)).deep.equal(['3', 127, 32767, 2147483647, 0, Buffer.from([0]), '-0.000000000000000001', 0, 5e-324, '', '', Buffer.alloc(0), Buffer.alloc(0)]);
  });
  it('a list of texts into a SET; one that is no set is refused', async () => {
    await db.run("CREATE TABLE sets (id INT PRIMARY KEY, st SET('x','y'))");
    const w = await open('sets', { id: notNull(INT), st: array(STRING) }, ['id']);
    await w.push([['+I', 1, ['x', 'y']], ['+I', 2, []], ['+I', 3, null]]);
    await w.checkpoint();
    expect(await db.rows('SELECT id, st FROM sets ORDER BY id')).deep.equal([[1, 'x,y'], [2, ''], [3, null]]);
    expect((await refusal(w.push([['+I', 4, ['x,y']]]).then(() => w.checkpoint()))).message).match(/column "st" .* cannot take the member "x,y" of a SET/);
  });
  it('a composite key, keys that are texts, bytes and decimals', async () => {
    await db.run('CREATE TABLE d (a VARCHAR(20) COLLATE utf8mb4_bin, b VARBINARY(8), c DECIMAL(20,2), v INT, PRIMARY KEY (a, b, c))');
    const w = await open('d', { a: notNull(STRING), b: notNull(BYTES), c: notNull(decimal(20, 2)), v: INT }, ['a', 'b', 'c']);
    const b = new Uint8Array([0, 1, 255]);
    await w.push([['+I', "o'x", b, 150, 1], ['+I', "o'y", b, 150, 2], ['+I', '😀\\', b, -1, 3]]);
    await w.checkpoint();
    await w.push([['-D', "o'x", b, 150, 1], ['+U', '😀\\', b, -1, 4]]);
    await w.checkpoint(2);
    expect(await db.rows('SELECT a, HEX(b), c, v FROM d ORDER BY v')).deep.equal([["o'y", '0001FF', '1.50', 2], ['😀\\', '0001FF', '-0.01', 4]]);
  });
  it('texts that one key in MySQL are: what came last counts, in whatever order deletes and puts come', async () => {
    await db.run('CREATE TABLE e (k VARCHAR(20) PRIMARY KEY, v INT) COLLATE utf8mb4_general_ci');
    const w = await open('e', { k: notNull(STRING), v: INT }, ['k']);
    await w.push([['+I', 'A', 1], ['-D', 'a', null], ['-D', 'b', null], ['+I', 'B', 2], ['+I', 'é', 3], ['+I', 'e', 4], ['+I', 'é', 5], ['+I', 'f', 6], ['-D', 'F ', null], ['+I', 'ü', 7], ['-D', 'u', null], ['+I', 'x', 8]]);
    await w.checkpoint();
    expect(await db.rows('SELECT LOWER(k), v FROM e ORDER BY v')).deep.equal([['b', 2], ['é', 5], ['x', 8]]);
  });
  it('with a second unique index all changes are written in order', async () => {
    await db.run('CREATE TABLE f (id BIGINT PRIMARY KEY, u INT UNIQUE)');
    const w = await open('f', { id: notNull(BIGINT), u: INT }, ['id']);
    await w.push([['+I', 1, 1], ['+I', 2, 2], ['+U', 1, 3], ['+U', 2, 1], ['+U', 1, 2], ['-D', 2, 1], ['+I', 5, 1]]);
    await w.checkpoint();
    expect(await db.rows('SELECT id, u FROM f ORDER BY id')).deep.equal([['1', 2], ['5', 1]]);
    // A conflict in the unique index: the new row takes the place of the old one.
    await w.push([['+I', 7, 2]]);
    await w.checkpoint(2);
    expect(await db.rows('SELECT id, u FROM f ORDER BY id')).deep.equal([['5', 1], ['7', 2]]);
  });
  it('sink.ignore-delete and sink.ignore-null-when-update', async () => {
    await db.run('CREATE TABLE g (id BIGINT PRIMARY KEY, name VARCHAR(9), n INT)');
    const w = await open('g', { ...KEYED, n: INT }, ['id'], { 'sink.ignore-delete': 'true', 'sink.ignore-null-when-update': 'true' });
    await w.push([['+I', 1, 'a', 1], ['-D', 1, 'a', 1], ['+I', 2, null, null]]);
    await w.checkpoint();
    await w.push([['+U', 1, null, 2], ['+U', 2, 'b', null]]);
    await w.checkpoint(2);
    expect(await db.rows('SELECT * FROM g ORDER BY id')).deep.equal([['1', 'a', 2], ['2', 'b', null]]);
  });
  it('a table of key columns alone', async () => {
    await db.run('CREATE TABLE h (id BIGINT PRIMARY KEY)');
    const w = await open('h', { id: notNull(BIGINT) }, ['id']);
    await w.push([['+I', 1], ['+I', 1], ['+I', 2]]);
    await w.checkpoint();
    await w.push([['+I', 1], ['-D', 2]]);
    await w.checkpoint(2);
    expect(await db.rows('SELECT * FROM h')).deep.equal([['1']]);
  });
  it('many rows with texts longer than a packet all together; a row that no packet holds is named', async () => {
    await db.run('CREATE TABLE i (id BIGINT PRIMARY KEY, s LONGTEXT)');
    const w = await open('i', { id: notNull(BIGINT), s: STRING }, ['id']);
    const big = 'ä'.repeat(400_000);
    for (let i = 0; i < 30; i++) await w.push([['+I', i, big]]);
    await w.checkpoint();
    expect(await db.rows('SELECT COUNT(*), SUM(CHAR_LENGTH(s)) FROM i')).deep.equal([['30', '12000000']]);
    const [[limit]] = await db.rows('SELECT @@max_allowed_packet') as [[number]];
    if (Number(limit) > 70_000_000) return;
    await w.push([['+I', 99, 'x'.repeat(Number(limit))]]);
    const error = await refusal(w.writer.prepare(2));
    expect(error.code).equal('mysql-row-refused');
    expect(`${error.message} ${error.detail}`).match(/max_allowed_packet|bytes as a statement/).and.match(/key 99/);
  });
  it('rows that MySQL refuses are named by table, column and key, and nothing of their flush is written', async () => {
    await db.run('CREATE TABLE j (id BIGINT PRIMARY KEY, name VARCHAR(3), n TINYINT, must INT NOT NULL)');
    const columns = { id: notNull(BIGINT), name: STRING, n: INT, must: INT }, rows = Array.from({ length: 50 }, (_, i): unknown[] => ['+I', i, 'ok', 1, 1]);
    for (const [bad, column, why] of [[['+I', 1017, 'long', 1, 1], 'name', /too long/i], [['+I', 1017, 'ok', 300, 1], 'n', /out of range/i], [['+I', 1017, 'ok', 1, null], 'must', /cannot be null/i]] as const) {
      const w = await open('j', columns, ['id']);
      await w.push([...rows.slice(0, 23), bad, ...rows.slice(23)]);
      const error = await refusal(w.writer.prepare(1));
      expect([error.code, error.domain, error.retry]).deep.equal(['mysql-row-refused', 'data', 'never']);
      expect(error.message).contain(`"${column}"`).and.contain(`"${db.name}.j"`).and.match(why);
      expect(error.detail).contain('key 1017');
      expect(await db.rows('SELECT COUNT(*) FROM j')).deep.equal([['0']]);
    }
    const append = await open('j', columns);
    await append.push([['+I', 5, 'a', 1, 1], ['+I', 5, 'b', 1, 1]]);
    expect((await refusal(append.writer.prepare(1))).message).match(/duplicate/i);
    const nan = await open('j', { ...columns, n: DOUBLE } as ColumnsOf, ['id']).then(() => undefined, (error: unknown) => error);
    expect((nan as { code: string }).code).equal('mysql-column-mismatch');
  });

  const REFUSED: readonly (readonly [string, string, ColumnsOf, readonly string[] | undefined, Record<string, string>, string, RegExp])[] = [
    ['table', '', KEYED, ['id'], { 'table-name': 'ordres' }, 'mysql-table-missing', /Perhaps you meant "orders"/],
    ['database', '', KEYED, ['id'], { 'database-name': 'rvt_no_such' }, 'mysql-database-missing', /rvt_no_such/],
    ['column', '', { id: notNull(BIGINT), nmae: STRING }, ['id'], {}, 'mysql-column-missing', /Perhaps you meant "name"/],
    ['type', '', { id: notNull(BIGINT), name: INT }, ['id'], {}, 'mysql-column-mismatch', /declared as INT, but is "varchar\(50\)"/],
    ['text into a number', '', { id: notNull(STRING), name: STRING }, ['id'], {}, 'mysql-column-mismatch', /declared as STRING, but is "bigint/],
    ['key', '', { id: notNull(BIGINT), name: notNull(STRING) }, ['name'], {}, 'mysql-table-unwritable', /neither primary key nor unique index.*Unique in MySQL: \(id\)/],
    ['generated', '', { id: notNull(BIGINT), twice: BIGINT }, ['id'], {}, 'mysql-table-unwritable', /computes column "twice" itself/],
    ['needed', '', { name: STRING }, undefined, { 'table-name': 'strict' }, 'mysql-table-unwritable', /"must" is NOT NULL, has no default/],
    ['password', '', KEYED, ['id'], { password: 'sekret-9d' }, 'mysql-access-denied', /refused user/],
    ['port', '', KEYED, ['id'], { port: '1', 'sink.max-retries': '0' }, 'mysql-unreachable', /could not connect/],
  ];
  it('a table that does not fit is refused when it is opened, with near names and without the password', async () => {
    await db.run('CREATE TABLE orders (id BIGINT PRIMARY KEY, name VARCHAR(50), twice BIGINT AS (id * 2)); CREATE TABLE strict (name VARCHAR(9), must INT NOT NULL, dflt INT NOT NULL DEFAULT 3)');
    for (const [what, , columns, key, options, code, text] of REFUSED) {
      const driver = new WriterDriver(mysqlTable(server, db, 'orders', columns, key, options));
      const error = await refusal(driver.open());
      await driver.close();
      expect(error.code, what).equal(code);
      expect(`${error.message} ${error.detail ?? ''} ${error.hint ?? ''}`, what).match(text).and.not.contain('sekret-9d');
    }
  });
  it('a user without the right to write is told so at once', async () => {
    const user = await userWith(server, `SELECT ON ${db.name}.*`);
    try {
      await db.run('CREATE TABLE IF NOT EXISTS k (id BIGINT PRIMARY KEY, name VARCHAR(9))');
      const w = await open('k', KEYED, ['id'], { username: user.user, password: user.password });
      await w.push([['+I', 1, 'a']]);
      const error = await refusal(w.writer.prepare(1));
      expect([error.code, error.retry]).deep.equal(['mysql-access-denied', 'never']);
    } finally { await dropUser(server, user.user); }
  });
});
