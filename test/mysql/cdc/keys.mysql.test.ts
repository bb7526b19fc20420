/** Keys of all sorts under writers: composite, texts in their collations, bytes, decimals, times, ENUM; none at all. */
import { expect } from 'chai';
import type { SqlType } from '../../../core/types/sql-type.ts';
import { BIGINT, BYTES, INT, STRING, decimal, timestamp } from '../../../core/types/sql-type.ts';
import { Driver, freshDatabase, jsonOf, Materialised, specOf, describeServers } from './support.ts';
import { startWriters } from './writers.ts';

interface Case {
  readonly name: string;
  readonly columns: string;
  readonly key: readonly { name: string; type: SqlType }[];
  readonly keyOf: (n: number) => string | readonly string[];
  /** Rows with equal keys under the collation are one. */
  readonly chunkKey?: string;
  readonly only?: 'MySQL' | 'MariaDB';
}
const word = (n: number): string => ['Äpfel', 'apfel', 'Zoë', 'zoo', 'ß', 'ss-x', 'e\u0301x', 'éa', 'ABC', 'abd', 'a b', 'a-b', 'a_b', '日本', '😀'][n % 15] as string;
const CASES: readonly Case[] = [
  { name: 'a composite key', columns: 'id INT NOT NULL, b BIGINT UNSIGNED NOT NULL, PRIMARY KEY (id, b)', key: [{ name: 'id', type: INT }, { name: 'b', type: decimal(20, 0) }], keyOf: (n) => [String(n % 7), `${n}00000000000000000`] },
  { name: 'a text without case', columns: 'id VARCHAR(40) NOT NULL PRIMARY KEY', key: [{ name: 'id', type: STRING }], keyOf: (n) => `'${word(n)}${n % 40}'` },
  { name: 'a latin1 text', columns: 'id VARCHAR(40) CHARACTER SET latin1 NOT NULL PRIMARY KEY', key: [{ name: 'id', type: STRING }], keyOf: (n) => `'${['Ä', 'z', 'ß', 'é', 'O'][n % 5]}${n}'` },
  { name: 'a binary text', columns: 'id VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY', key: [{ name: 'id', type: STRING }], keyOf: (n) => `'${word(n)}${n % 40}'` },
  { name: 'a column that no object may have', columns: 'b INT NOT NULL, __proto__ VARCHAR(40) NOT NULL, PRIMARY KEY (b, __proto__)', key: [{ name: 'b', type: INT }, { name: '__proto__', type: STRING }], keyOf: (n) => [String(n % 40), `'${word(n)}'`] },
  { name: 'a UUID text', columns: 'id CHAR(36) NOT NULL PRIMARY KEY', key: [{ name: 'id', type: STRING }], keyOf: (n) => `'${(n * 2654435761 >>> 0).toString(16).padStart(8, '0')}-aaaa-4bbb-8ccc-${String(n).padStart(12, '0')}'` },
  { name: 'bytes', columns: 'id VARBINARY(20) NOT NULL PRIMARY KEY', key: [{ name: 'id', type: BYTES }], keyOf: (n) => `x'${(n * 2654435761 >>> 0).toString(16).padStart(8, '0')}'` },
  { name: 'a decimal', columns: 'id DECIMAL(30,3) NOT NULL PRIMARY KEY', key: [{ name: 'id', type: decimal(30, 3) }], keyOf: (n) => `${n - 200}123456789012345.${n % 1000}` },
  { name: 'a datetime', columns: 'id DATETIME(3) NOT NULL PRIMARY KEY', key: [{ name: 'id', type: timestamp(3) }], keyOf: (n) => `'2026-01-01 00:00:00.${String(n % 1000).padStart(3, '0')}'` },
  { name: 'an ENUM first', columns: "id ENUM('z','a','m') NOT NULL, b INT NOT NULL, PRIMARY KEY (id, b)", key: [{ name: 'id', type: STRING }, { name: 'b', type: INT }], keyOf: (n) => [`'${'zam'[n % 3]}'`, String(n)] },
  { name: 'an ENUM last', columns: "b INT NOT NULL, id ENUM('z','a','m') NOT NULL, PRIMARY KEY (b, id)", key: [{ name: 'b', type: INT }, { name: 'id', type: STRING }], keyOf: (n) => [String(n % 100), `'${'zam'[n % 3]}'`] },
  { name: 'another column to cut by', columns: 'id INT NOT NULL PRIMARY KEY', key: [{ name: 'id', type: INT }], keyOf: String, chunkKey: 'a' },
];

describeServers('keys on', ({ server }) => {
  for (const { name, columns, key, keyOf, chunkKey } of CASES) {
    it(`${name}`, async () => {
      const { database, sql, drop } = await freshDatabase(server), names = key.map((k) => k.name);
      try {
        await sql(`CREATE TABLE t (${columns.replace(/, PRIMARY/, ', a INT, name VARCHAR(50), n BIGINT, PRIMARY').replace(/ PRIMARY KEY$/, ' PRIMARY KEY, a INT, name VARCHAR(50), n BIGINT')}) DEFAULT CHARACTER SET utf8mb4`);
        const literals = Array.from({ length: 400 }, (_, n) => keyOf(n)).map((k) => (typeof k === 'string' ? [k] : k));
        await sql(`INSERT IGNORE INTO t (${names.join(', ')}, a, name, n) VALUES ${literals.map((k, n) => `(${k.join(', ')}, ${n}, 'first', ${n})`).join(', ')}; ANALYZE TABLE t`);
        const writers = await startWriters(server, database, { count: 4, keys: 400, key: names, keyOf, seed: 5 });
        const all = [...key, { name: 'a', type: INT }, { name: 'name', type: STRING }, { name: 'n', type: BIGINT }];
        const table = new Materialised(key.map((_, i) => i), all.length), driver = Driver.of(specOf(server, `${database}\\.t`, all, names, { chunkSize: 20, chunkKeys: chunkKey === undefined ? [] : [['.*', chunkKey]] }));
        driver.onChange = (c) => table.apply(c.kind, c.row);
        await driver.open();
        await driver.until(() => (driver.reader.progress?.() as { stage: string }).stage === 'incremental', 'the snapshot is done');
        const progress = driver.reader.progress?.() as { full: { chunksDone: number } };
        await writers.stop();
        // The table as a fresh snapshot has it.
        const wanted = new Materialised(key.map((_, i) => i), all.length), again = Driver.of(specOf(server, `${database}\\.t`, all, names, { bounded: true }));
        again.onChange = (c) => wanted.apply(c.kind, c.row);
        await (await again.open()).untilFinished();
        await again.close();
        await driver.until(() => table.problems.length > 0 || JSON.stringify(table.sorted()) === JSON.stringify(wanted.sorted()), 'the changelog leads to the table').catch(() => {});
        expect(table.problems.slice(0, 3)).to.deep.equal([]);
        expect(table.sorted()).to.deep.equal(wanted.sorted());
        if (name !== 'an ENUM first') expect(progress.full.chunksDone).to.be.greaterThan(3);
        await driver.close();
      } finally { await drop(); }
    });
  }
  it('no key at all, cut by a column', async () => {
    const { database, sql, drop } = await freshDatabase(server);
    try {
      await sql('CREATE TABLE t (id INT, a INT, name VARCHAR(50), n BIGINT, KEY (id))');
      await sql(`INSERT INTO t VALUES (NULL, 0, 'null', 0), (NULL, 1, 'null', 0), ${Array.from({ length: 300 }, (_, n) => `(${n % 50}, ${n}, 'first', ${n})`).join(', ')}; ANALYZE TABLE t`);
      const writers = await startWriters(server, database, { count: 3, keys: 60, seed: 9, pauseMs: 1 });
      const all = [{ name: 'id', type: INT }, { name: 'a', type: INT }, { name: 'name', type: STRING }, { name: 'n', type: BIGINT }];
      const driver = Driver.of(specOf(server, `${database}\\.t`, all, [], { chunkSize: 20, chunkKeys: [['.*', 'id']] })), rows = new Map<string, number>(), problems: string[] = [];
      driver.onChange = ({ kind, row }) => {
        const text = jsonOf(row), count = rows.get(text) ?? 0, next = kind === '+I' || kind === '+U' ? count + 1 : count - 1;
        if (next < 0) problems.push(`${kind} ${text} where none stands`);
        if (next === 0) rows.delete(text); else rows.set(text, next);
      };
      await driver.open();
      await driver.until(() => (driver.reader.progress?.() as { stage: string }).stage === 'incremental', 'the snapshot is done');
      await writers.stop();
      const wanted = new Map<string, number>();
      for (const r of await sql('SELECT id, a, name, n FROM t') as { id: number; a: number; name: string; n: string }[]) { const text = jsonOf([r.id, r.a, r.name, Number(r.n)]); wanted.set(text, (wanted.get(text) ?? 0) + 1); }
      const sorted = (m: Map<string, number>): string => JSON.stringify([...m].sort());
      await driver.until(() => problems.length > 0 || sorted(rows) === sorted(wanted), 'the changelog leads to the table', 10_000).catch(() => {});
      expect(problems.slice(0, 3)).to.deep.equal([]);
      expect(sorted(rows)).to.equal(sorted(wanted));
      await driver.close();
    } finally { await drop(); }
  });
});
