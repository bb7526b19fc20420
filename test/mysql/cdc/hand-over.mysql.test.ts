/**
 * The hand-over from snapshot to stream under concurrent writers: whatever is written while chunks are read, the changelog fits together
 * change by change and leads to the table itself.
 */
import { expect } from 'chai';
import { BIGINT, INT, varchar } from '../../../core/types/sql-type.ts';
import { Driver, freshDatabase, Materialised, specOf, tableRows, describeServers } from './support.ts';
import { startWriters } from './writers.ts';

const COLUMNS = [{ name: 'id', type: BIGINT }, { name: 'a', type: INT }, { name: 'name', type: varchar(50) }, { name: 'n', type: BIGINT }];
const DDL = 'CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, a INT, name VARCHAR(50), n BIGINT)';

describeServers('hand-over on', ({ name, server }) => {
  for (const seed of [1, 2]) {
    it(`is exact under six writers (seed ${seed})`, async () => {
      const { database, sql, connection, drop } = await freshDatabase(server);
      try {
        await sql(DDL);
        await sql(`INSERT INTO t SELECT n * 2, n, CONCAT('first ', n), n FROM (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) x; ANALYZE TABLE t`);
        const writers = await startWriters(server, database, { count: 6, keys: 2000, seed });
        const table = new Materialised([0], 4), driver = Driver.of(specOf(server, `${database}\\.t`, COLUMNS, ['id'], { chunkSize: 40 }));
        driver.onChange = (c) => table.apply(c.kind, c.row);
        await driver.open();
        await driver.until(() => (driver.reader.progress?.() as { stage: string }).stage === 'incremental', 'the snapshot is done');
        const after = Date.now() + 500;
        await driver.until(() => Date.now() > after, 'some stream');
        await writers.stop();
        const wanted = await tableRows(connection, 'SELECT id, a, name, n FROM t');
        await driver.until(() => table.problems.length > 0 || JSON.stringify(table.sorted()) === JSON.stringify(wanted), 'the changelog leads to the table').catch(() => {});
        expect(table.problems.slice(0, 5)).to.deep.equal([]);
        expect(table.sorted()).to.deep.equal(wanted);
        expect(table.kinds['+I']).to.be.greaterThan(100);
        await driver.close();
      } finally { await drop(); }
    });
  }
});
