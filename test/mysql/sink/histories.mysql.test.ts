/**
 * Random histories through the writer against the same changes made one by one: what the buffer leaves out, puts in another order or
 * sends together must not show. Keys that a collation takes for one another, tables with a second unique index, repeated deliveries.
 */
import { expect } from 'chai';
import { BIGINT, INT, STRING, notNull } from '../../../core/types/sql-type.ts';
import { WriterDriver, type ColumnsOf } from '../../connectors/support.ts';
import { randomFrom } from '../../kafka/support.ts';
import { describeOnMySql, openDatabase, type TestDatabase } from '../support.ts';
import { mysqlTable } from './support.ts';

const TEXTS = ['a', 'A', 'á', 'a ', 'b', 'B ', 'ß', 'ss', 'SS', 'x\u0301', 'x', '\u0000', '', ' ', '\\', "'", '日本', '日本 ', 'ﬁ', 'fi', '😀', '😁'];
interface Shape { readonly name: string; readonly ddl: string; readonly columns: ColumnsOf; readonly key: readonly string[]; row(random: (n: number) => number): readonly unknown[] }
const SHAPES: readonly Shape[] = [
  { name: 'whole numbers', ddl: 'k BIGINT PRIMARY KEY, v INT', columns: { k: notNull(BIGINT), v: INT }, key: ['k'], row: (r) => [r(12), r(1000)] },
  { name: 'texts, case and accents alike', ddl: 'k VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY, v INT', columns: { k: notNull(STRING), v: INT }, key: ['k'], row: (r) => [TEXTS[r(TEXTS.length)], r(1000)] },
  { name: 'texts, blanks alike', ddl: 'k VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY, v INT', columns: { k: notNull(STRING), v: INT }, key: ['k'], row: (r) => [TEXTS[r(TEXTS.length)], r(1000)] },
  { name: 'texts, Unicode collation', ddl: 'k VARCHAR(20) COLLATE utf8mb4_unicode_520_ci PRIMARY KEY, v INT', columns: { k: notNull(STRING), v: INT }, key: ['k'], row: (r) => [TEXTS[r(TEXTS.length)], r(1000)] },
  { name: 'text and number', ddl: 'k VARCHAR(20) COLLATE utf8mb4_general_ci, n INT, v INT, PRIMARY KEY (k, n)', columns: { k: notNull(STRING), n: notNull(INT), v: INT }, key: ['k', 'n'], row: (r) => [TEXTS[r(6)], r(2), r(1000)] },
];

describeOnMySql('mysql sink, random histories', (server) => {
  let db: TestDatabase;
  before(async () => { db = await openDatabase(server, 'rvt_hist'); });
  after(async () => { await db.drop(); });
  const quote = (v: unknown): string => (typeof v === 'string' ? `'${v.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\u0000', '\\0')}'` : String(v));

  for (const shape of SHAPES) it(shape.name, async function () {
    this.timeout(60_000);
    for (let seed = 1; seed <= 5; seed++) {
      const next = randomFrom(seed * 7919), random = (n: number): number => Math.floor(next() * n), names = Object.keys(shape.columns);
      await db.run(`DROP TABLE IF EXISTS got, wanted; CREATE TABLE got (${shape.ddl}); CREATE TABLE wanted (${shape.ddl})`);
      const w = await new WriterDriver(mysqlTable(server, db, 'got', shape.columns, shape.key, { 'sink.buffer-flush.batch-size': String(1 + random(20)), 'sink.buffer-flush.max-rows': String(1 + random(60)), 'sink.buffer-flush.interval': '10 s' })).open();
      const statements: string[] = [];
      for (let batch = 0; batch < 12; batch++) {
        const rows = Array.from({ length: 1 + random(30) }, (): unknown[] => {
          const row = shape.row(random), isDelete = random(3) === 0;
          statements.push(isDelete ? `DELETE FROM wanted WHERE ${shape.key.map((k) => `${k} = ${quote(row[names.indexOf(k)])}`).join(' AND ')}` : `INSERT INTO wanted VALUES (${row.map(quote).join(', ')}) ON DUPLICATE KEY UPDATE ${names.map((n, i) => `${n} = ${quote(row[i])}`).join(', ')}`);
          return [isDelete ? (random(2) === 0 ? '-D' : '-U') : random(2) === 0 ? '+I' : '+U', ...row];
        });
        await w.push(rows);
        if (random(4) === 0) await w.checkpoint(batch + 1);
      }
      await w.checkpoint(99);
      await w.close();
      await db.run(`START TRANSACTION;${statements.join(';')};COMMIT`);
      const read = (table: string): Promise<unknown[][]> => db.rows(`SELECT ${names.map((n) => (n === 'k' ? 'HEX(k)' : n)).join(', ')} FROM ${table} ORDER BY 1, 2`);
      expect(await read('got'), `seed ${seed}`).deep.equal(await read('wanted'));
    }
  });
  it('a second unique index: values that wander between rows', async function () {
    this.timeout(60_000);
    for (let seed = 1; seed <= 8; seed++) {
      const next = randomFrom(seed * 104_729), random = (n: number): number => Math.floor(next() * n);
      await db.run('DROP TABLE IF EXISTS got; CREATE TABLE got (id BIGINT PRIMARY KEY, u INT NOT NULL UNIQUE)');
      const w = await new WriterDriver(mysqlTable(server, db, 'got', { id: notNull(BIGINT), u: INT }, ['id'], { 'sink.buffer-flush.max-rows': String(1 + random(40)) })).open();
      const model = new Map<number, number>();
      for (let batch = 0; batch < 10; batch++) {
        const rows: unknown[][] = [];
        for (let i = 0; i < 20; i++) {
          const id = random(8), free = Array.from({ length: 12 }, (_, u) => u).filter((u) => ![...model.values()].includes(u)), old = model.get(id);
          if (old !== undefined && random(3) === 0) { model.delete(id); rows.push(['-D', id, old]); continue; }
          const u = free[random(free.length)] as number;
          rows.push([old === undefined ? '+I' : '+U', id, u]);
          model.set(id, u);
        }
        await w.push(rows);
      }
      await w.checkpoint(1);
      await w.close();
      expect(await db.rows('SELECT id, u FROM got ORDER BY id'), `seed ${seed}`).deep.equal([...model].sort(([a], [b]) => a - b).map(([id, u]) => [String(id), u]));
    }
  });
});
