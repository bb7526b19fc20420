/** DDL under a SQL table: what it does not need may change as it likes, in the snapshot and behind it; what it needs stops the job by name. */
import { expect } from 'chai';
import { RivuletError } from '../../../core/errors/define.ts';
import { BIGINT, INT, STRING } from '../../../core/types/sql-type.ts';
import { Driver, freshDatabase, Materialised, specOf, type Logged, describeServers } from './support.ts';
import { startWriters } from './writers.ts';

const COLUMNS = [{ name: 'id', type: BIGINT }, { name: 'a', type: BIGINT }, { name: 'b', type: STRING }];
const failureOf = async (work: () => Promise<unknown>): Promise<RivuletError> => {
  try { await work(); } catch (error) { if (error instanceof RivuletError) return error; throw error; }
  return expect.fail('nothing failed');
};

describeServers('DDL under a table on', ({ name, server }) => {
  let db: Awaited<ReturnType<typeof freshDatabase>>;
  beforeEach(async () => { db = await freshDatabase(server); await db.sql("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, x VARCHAR(5), a INT, b VARCHAR(20)); INSERT INTO t VALUES (1, 'x', 10, 'one')"); });
  afterEach(() => db.drop());
  const spec = (more: Parameters<typeof specOf>[4] = {}): ReturnType<typeof specOf> => specOf(server, `${db.database}\\.t`, COLUMNS, ['id'], more);

  it('columns that are not read come, go and move', async () => {
    const driver = await Driver.of(spec()).open();
    await driver.until(() => driver.changes.length === 1, 'the snapshot');
    await db.sql('ALTER TABLE t ADD COLUMN first INT FIRST, DROP COLUMN x'); await db.sql("INSERT INTO t (id, a, b) VALUES (2, 20, 'two')");
    await db.sql('ALTER TABLE t MODIFY b VARCHAR(20) FIRST, MODIFY a INT AFTER b'); await db.sql("INSERT INTO t (id, a, b) VALUES (3, 30, 'three')");
    await db.sql('ALTER TABLE t MODIFY a BIGINT, RENAME COLUMN first TO last'); await db.sql("UPDATE t SET a = 9007199254740993 WHERE id = 1");
    await db.sql('ALTER TABLE t ADD INDEX (b), COMMENT = \'x\''); await db.sql('DELETE FROM t WHERE id = 2');
    await driver.until(() => driver.changes.length === 6, 'all changes');
    expect(driver.changes.map((c) => [c.kind, ...c.row])).to.deep.equal([['+I', 1, 10, 'one'], ['+I', 2, 20, 'two'], ['+I', 3, 30, 'three'], ['-U', 1, 10, 'one'], ['+U', 1, 9007199254740993n, 'one'], ['-D', 2, 20, 'two']]);
    await driver.close();
  });
  it('a column it reads is renamed', async () => {
    const driver = await Driver.of(spec()).open();
    await driver.until(() => driver.changes.length === 1, 'the snapshot');
    await db.sql('ALTER TABLE t RENAME COLUMN b TO c'); await db.sql("INSERT INTO t (id) VALUES (4)");
    const failure = await failureOf(() => driver.until(() => driver.changes.length > 3, 'a failure'));
    expect([failure.code, failure.retry]).to.deep.equal(['cdc-column-unusable', 'never']);
    expect(failure.detail).to.include('ALTER TABLE t RENAME COLUMN b TO c');
    await driver.close();
  });
  it('a column it reads becomes another type', async () => {
    const driver = await Driver.of(spec()).open();
    await driver.until(() => driver.changes.length === 1, 'the snapshot');
    await db.sql('UPDATE t SET a = NULL; ALTER TABLE t MODIFY a DATETIME'); await db.sql("INSERT INTO t (id) VALUES (4)");
    const failure = await failureOf(() => driver.until(() => driver.changes.length > 3, 'a failure'));
    expect(failure.code).to.equal('cdc-column-unusable');
    expect(failure.detail).to.include('MODIFY a DATETIME');
    await driver.close();
  });
  it('a table is emptied, dropped and made again', async () => {
    const logged: Logged[] = [], driver = await Driver.of(spec(), { logged }).open();
    await driver.until(() => driver.changes.length === 1, 'the snapshot');
    await db.sql('TRUNCATE TABLE t'); await db.sql("INSERT INTO t (id, a) VALUES (5, 50)");
    await db.sql('DROP TABLE t'); await db.sql("CREATE TABLE t (b VARCHAR(9), a INT, id INT PRIMARY KEY)"); await db.sql("INSERT INTO t VALUES ('six', 60, 6)");
    await driver.until(() => driver.changes.length === 3, 'all changes');
    expect(driver.changes.slice(1).map((c) => [c.kind, ...c.row])).to.deep.equal([['+I', 5, 50, null], ['+I', 6, 60, 'six']]);
    expect(logged.filter((l) => l.level === 'warn').length).to.be.greaterThan(0);
    await driver.close();
  });
  it('ALTERs in the middle of the snapshot, with writers, shift nothing', async () => {
    await db.sql("DROP TABLE t; CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, a INT, name VARCHAR(50), n BIGINT)");
    await db.sql("INSERT INTO t SELECT n * 2, n, CONCAT('first ', n), n FROM (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) x; ANALYZE TABLE t");
    const writers = await startWriters(server, db.database, { count: 4, keys: 2000, seed: 3 }), columns = [{ name: 'id', type: BIGINT }, { name: 'a', type: INT }, { name: 'name', type: STRING }, { name: 'n', type: BIGINT }];
    const table = new Materialised([0], 4), driver = Driver.of(specOf(server, `${db.database}\\.t`, columns, ['id'], { chunkSize: 10 }));
    driver.onChange = (c) => table.apply(c.kind, c.row);
    await driver.open();
    let isAltering = true;
    const alters = (async () => {
      for (let i = 0; i < 6; i++) {
        await db.sql(i % 2 === 0 ? `ALTER TABLE t ADD COLUMN extra${i} INT FIRST` : `ALTER TABLE t DROP COLUMN extra${i - 1}, MODIFY name VARCHAR(${50 + i}) ${i % 4 === 1 ? 'FIRST' : 'AFTER n'}`);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      isAltering = false;
    })();
    await driver.until(() => !isAltering && (driver.reader.progress?.() as { stage: string }).stage === 'incremental', 'the snapshot is done', 60_000);
    await alters;
    await writers.stop();
    const wanted = (await db.sql('SELECT id, a, name, n FROM t') as { id: string; a: number; name: string; n: string }[]).map((r) => JSON.stringify([Number(r.id), r.a, r.name, Number(r.n)])).sort();
    await driver.until(() => table.problems.length > 0 || JSON.stringify(table.sorted()) === JSON.stringify(wanted), 'the changelog leads to the table').catch(() => {});
    expect(table.problems.slice(0, 3)).to.deep.equal([]);
    expect(table.sorted()).to.deep.equal(wanted);
    await driver.close();
  });
});
