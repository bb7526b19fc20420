/** Random rows: what the snapshot reads equals what the stream reads, JSON is the server's own text, and @vlasky/zongji agrees where it can be trusted. */
import ZongJi from '@vlasky/zongji';
import { expect } from 'chai';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import type { MySqlTable } from '../../../runtime/connectors/mysql/contract.ts';
import { decimalText } from '../../../core/types/decimal.ts';
import { dateText, timestampText } from '../../../core/types/temporal.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, STRING, decimal, time, timestamp, timestampLtz, varchar, type Long, type SqlType } from '../../../core/types/sql-type.ts';
import { describeOnMySql, openDatabase, replUser, type TestDatabase } from '../support.ts';
import { conversionOf } from '../../../runtime/connectors/mysql/types/conversions.ts';
import { endOfLog, freeServerId } from './support.ts';
import { OPTIONS, selectAll, streamAll, tablesOf, wantAll } from './types-support.ts';

const random = (n: number): number => Math.floor(Math.random() * n), pick = <T>(of: readonly T[]): T => of[random(of.length)]!;
const digits = (n: number): string => Array.from({ length: n }, () => random(10)).join(''), int = (bits: number): string => { const v = BigInt.asIntN(bits, BigInt(`0x${Array.from({ length: 16 }, () => random(16).toString(16)).join('')}`)); return String(random(2) === 0 ? v >> BigInt(random(bits)) : v); };
const text = (n: number): string => Array.from({ length: random(n) }, () => pick(['a', 'Z', '0', ' ', '"', '\\', "'", '\n', 'ü', '€', '😀', '\u0001', '日', '%'])).join('');
const two = (n: number): string => String(n).padStart(2, '0'), clock = (p: number): string => `${two(random(24))}:${two(random(60))}:${two(random(60))}${p > 0 ? `.${digits(p)}` : ''}`, date = (): string => `${String(pick([1, 999, 1500, 1969, 1970, 2024, 9999, 1900 + random(200)])).padStart(4, '0')}-${two(1 + random(12))}-${two(1 + random(28))}`;
const double = (): number => { const v = new Float64Array(new BigUint64Array([BigInt.asUintN(64, BigInt(int(64)))]).buffer)[0]!; return Number.isFinite(v) ? v : 0.1; };
const TYPES: Readonly<Record<string, () => unknown>> = {
  'TINYINT': () => int(8), 'SMALLINT UNSIGNED': () => random(65536), 'MEDIUMINT': () => int(24), 'INT UNSIGNED': () => random(2 ** 32), 'BIGINT': () => int(64), 'BIGINT UNSIGNED': () => String(BigInt.asUintN(64, BigInt(int(64)))),
  'DECIMAL(38,12)': () => `${pick(['', '-'])}${digits(random(26) + 1)}.${digits(random(13))}`, 'DECIMAL(9,4)': () => `${pick(['', '-'])}${digits(random(5) + 1)}.${digits(4)}`, 'DECIMAL(65,30)': () => `${pick(['', '-'])}${digits(35)}.${digits(30)}`,
  'FLOAT': () => Math.fround((Math.random() - 0.5) * 10 ** random(30)), 'DOUBLE': double, 'DATE': date, 'TIME(6)': () => clock(6), 'TIME': () => clock(0), 'DATETIME(6)': () => `${date()} ${clock(6)}`, 'DATETIME(2)': () => `${date()} ${clock(2)}`, 'DATETIME': () => `${date()} ${clock(0)}`,
  'TIMESTAMP(6) NULL': () => `${1971 + random(60)}-0${1 + random(9)}-1${random(10)} ${clock(6)}`, 'YEAR': () => 1901 + random(250), 'CHAR(20)': () => text(20).trimEnd(), 'VARCHAR(400)': () => text(400), 'TEXT': () => text(3000), 'VARCHAR(30) CHARACTER SET latin1': () => Array.from({ length: random(30) }, () => pick(['a', 'ä', '€', 'ÿ', ' '])).join(''),
  'VARBINARY(50)': () => Buffer.from(Array.from({ length: random(50) }, () => random(256))), 'BINARY(8)': () => Buffer.from(Array.from({ length: random(9) }, () => pick([0, 32, 65, 255]))), 'BLOB': () => Buffer.from(Array.from({ length: random(500) }, () => random(256))), 'BIT(37)': () => Buffer.from(Array.from({ length: 4 }, () => random(256))), "ENUM('x','y','')": () => pick(['x', 'y', '']), "SET('a','b','c','d')": () => pick(['', 'a', 'b,d', 'a,b,c,d']),
};
function json(depth: number): unknown {
  switch (random(depth > 3 ? 6 : 9)) {
    case 0: return null;
    case 1: return pick([true, false]);
    case 2: return pick([0, 1, -1, 32767, 32768, -32768, -32769, 65535, 65536, 2147483647, 2147483648, -2147483649, 4294967295, 4294967296, 9007199254740991]);
    case 3: return double();
    case 4: return text(pick([3, 3, 200, 70_000]));
    case 5: return Math.round(Math.random() * 1e6) / 100;
    case 6: return Array.from({ length: random(pick([4, 4, 40])) }, () => json(depth + 1));
    default: return Object.fromEntries(Array.from({ length: random(pick([4, 4, 40])) }, () => [text(6), json(depth + 1)]));
  }
}

describeOnMySql('binlog: random rows', (test) => {
  let db: TestDatabase, server: MySqlServer;
  before(async () => { db = await openDatabase(test, 'rvt_bl_random'); server = await replUser(test); await db.run("SET SESSION sql_mode = ''; SET SESSION time_zone = '+00:00'"); });
  after(async () => { await db.drop(); });
  const named = async (name: string): Promise<MySqlTable> => (await tablesOf(server, db.name)).find((t) => t.table === name)!;

  it('are the same in the snapshot and in the stream', async () => {
    const columns = Object.entries(TYPES);
    await db.run(`CREATE TABLE every (id INT PRIMARY KEY, ${columns.map(([type], i) => `c${i} ${type}`).join(', ')})`);
    const start = await endOfLog(server), rows = Array.from({ length: 300 }, (_, id) => [id, ...columns.map(([, make]) => (random(8) === 0 ? null : make()))]);
    for (let at = 0; at < rows.length; at += 50) await db.run('INSERT INTO every VALUES ?', [rows.slice(at, at + 50)]);
    await db.run('UPDATE every SET id = id + 1000 WHERE id < 0');
    const table = await named('every'), wanted = new Map([['every', wantAll(table, { face: 'table', tinyint1AsBoolean: false })]]), options = { ...OPTIONS, timeZone: 'Europe/Berlin' };
    const snapshot = (await selectAll(server, [table], wanted, 'id', options)).get('every')!, stream = (await streamAll(server, [table], wanted, start, options)).get('every')!;
    expect(snapshot.length).to.equal(300);
    snapshot.forEach((row, id) => { row.forEach((value, c) => { expect(stream[id]![c], `${table.columns[c]!.name} ${columns[c - 1]?.[0] ?? ''}`).to.deep.equal(value); }); });
  });
  if (test.flavor === 'mysql') {
    it('JSON is the text of the server', async () => {
      await db.run('CREATE TABLE docs (id INT PRIMARY KEY, doc JSON)');
      const start = await endOfLog(server), docs = Array.from({ length: 80 }, () => json(0));
      for (const [id, doc] of docs.entries()) await db.run('INSERT INTO docs VALUES (?, ?)', [id, JSON.stringify(doc)]);
      const table = await named('docs'), wanted = new Map([['docs', wantAll(table)]]), texts = (await db.rows('SELECT id, CAST(doc AS CHAR) FROM docs ORDER BY id')), stream = (await streamAll(server, [table], wanted, start)).get('docs')!;
      texts.forEach(([id, expected], i) => { expect(stream[i], String(id)).to.deep.equal([id, expected]); });
      const compact = { ...OPTIONS, compactJson: true };
      expect((await streamAll(server, [table], wanted, start, compact)).get('docs')).to.deep.equal((await selectAll(server, [table], wanted, 'id', compact)).get('docs'));
    }).timeout(60_000);
  }
  it('are what zongji reads, for the types it reads rightly', async () => {
    await db.run('CREATE TABLE judged (id INT PRIMARY KEY, b BIGINT, d DECIMAL(20,5), s VARCHAR(100), dt DATETIME(6), da DATE, f DOUBLE)');
    const start = await endOfLog(server), rows = Array.from({ length: 100 }, (_, id) => [id, int(64), `${pick(['', '-'])}${digits(14)}.${digits(5)}`, text(100), `${date()} ${clock(6)}`, date(), Math.random() * 1e9]);
    await db.run('INSERT INTO judged VALUES ?', [rows]);
    const table = await named('judged'), stream = (await streamAll(server, [table], new Map([['judged', wantAll(table)]]), start)).get('judged')!;
    const { host, port, user, password } = test.root, zongji = new ZongJi({ host, port, user, password, dateStrings: true }), judged: Record<string, unknown>[] = [];
    await new Promise<void>((resolve, reject) => {
      zongji.on('error', reject);
      zongji.on('binlog', (event: unknown) => { for (const row of (event as { rows?: Record<string, unknown>[] }).rows ?? []) judged.push(row); if (judged.length >= rows.length) resolve(); });
      void zongji.start({ serverId: freeServerId(), filename: start.file, position: start.pos, includeEvents: ['tablemap', 'writerows', 'rotate'], includeSchema: { [db.name]: ['judged'] } });
    });
    zongji.stop();
    const shown = stream.map(([id, b, d, s, dt, da, f]) => [id, String(b), decimalText(d as Long, 5), s, timestampText(dt as Long, 6), dateText(da as number), f]);
    expect(shown).to.deep.equal(judged.map((row) => [row['id'], String(row['b']), String(row['d']), row['s'], row['dt'], row['da'], row['f']]));
  });
  it('become the declared types, or are refused by name', async () => {
    await db.run("CREATE TABLE declared (i INT, u BIGINT UNSIGNED, d DECIMAL(10,2), f FLOAT, t TIME(3), dt DATETIME(3), ts TIMESTAMP(3) NULL, s SET('a','b'), b BIT(4), y TINYINT(1), v VARBINARY(4), big DECIMAL(50,2))");
    const start = await endOfLog(server);
    await db.run("INSERT INTO declared VALUES (7, 5, 1.25, 1.1, '-30:00:01.5', '2026-07-01 12:00:00.5', '2026-07-01 12:00:00.5', 'a,b', b'1010', 2, X'01', -1.5)");
    const table = await named('declared'), to: Record<string, SqlType> = { i: BIGINT, u: BIGINT, d: decimal(20, 4), f: DOUBLE, t: STRING, dt: timestampLtz(3), ts: timestamp(6), s: STRING, b: INT, y: BOOLEAN, big: STRING };
    const wanted = new Map([['declared', wantAll(table, undefined, to)]]), options = { ...OPTIONS, timeZone: 'Europe/Berlin' }, expected = [[7, 5, 12500, 1.1, '-30:00:01.500', 1782900000500, 1782914400500000, 'a,b', 10, true, '0x01', '-1.50']];
    expect((await streamAll(server, [table], wanted, start, options)).get('declared')).to.deep.equal(expected);
    expect((await selectAll(server, [table], wanted, 'i', options)).get('declared')).to.deep.equal(expected);
    const cast = wantAll(table, undefined, { f: STRING, d: varchar(20), i: STRING });
    expect((await streamAll(server, [table], new Map([['declared', cast.slice(0, 4)]]), start)).get('declared')).to.deep.equal([['7', 5, '1.25', '1.1']]);
    for (const [name, type] of [['d', decimal(10, 1)], ['v', STRING], ['dt', INT], ['i', timestamp(3)], ['s', INT], ['t', BIGINT]] as const) {
      expect(() => conversionOf(table, { column: table.columns.find((c) => c.name === name)!, type }, OPTIONS), name).to.throw().with.property('code', 'mysql-type-mismatch');
    }
    await db.run("INSERT INTO declared (u, t) VALUES (18446744073709551615, '25:00:00')");
    for (const type of [{ u: BIGINT }, { t: time(3) }]) {
      const error = await streamAll(server, [table], new Map([['declared', wantAll(table, undefined, { t: STRING, ...type })]]), start).then(() => undefined, (e: unknown) => e);
      expect(error).to.have.property('code', 'mysql-value-out-of-range');
    }
  });
});
