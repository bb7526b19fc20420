/**
 * Checkpoints at random moments, in the snapshot and behind it: the reader is thrown away, what it emitted since the checkpoint too, and a
 * new one goes on from the positions. Nothing is lost, nothing comes twice.
 */
import { expect } from 'chai';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { BIGINT, INT, varchar } from '../../../core/types/sql-type.ts';
import { Driver, freshDatabase, Materialised, specOf, tableRows, describeServers } from './support.ts';
import { random, startWriters } from './writers.ts';

const COLUMNS = [{ name: 'id', type: BIGINT }, { name: 'a', type: INT }, { name: 'name', type: varchar(50) }, { name: 'n', type: BIGINT }];

describeServers('restore on', ({ name, server }) => {
  for (const seed of [11, 12, 13]) {
    it(`goes on exactly after fifteen restarts (seed ${seed})`, async () => {
      const { database, sql, connection, drop } = await freshDatabase(server), draw = random(seed);
      try {
        await sql('CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, a INT, name VARCHAR(50), n BIGINT)');
        await sql("INSERT INTO t SELECT n * 2, n, CONCAT('first ', n), n FROM (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) x; ANALYZE TABLE t");
        const writers = await startWriters(server, database, { count: 6, keys: 2000, seed, pauseMs: 2 });
        const spec = specOf(server, `${database}\\.t`, COLUMNS, ['id'], { chunkSize: 25, connections: 2 });
        let table = new Materialised([0], 4), saved = { table: table.copy(), positions: undefined as Json | undefined }, restartsInSnapshot = 0, driver = Driver.of(spec);
        const begin = async (): Promise<void> => {
          driver = Driver.of(spec);
          driver.onChange = (c) => table.apply(c.kind, c.row);
          await driver.open(saved.positions === undefined ? undefined : [JSON.parse(JSON.stringify(saved.positions)) as Json]);
        };
        await begin();
        for (let restart = 0; restart < 15; restart++) {
          let checkpoints = 1 + draw(3);
          while (checkpoints > 0) {
            for (let steps = draw(12); steps >= 0; steps--) await driver.step(5);
            if (driver.reader.atBoundary === false) continue;
            saved = { positions: driver.reader.positions(), table: table.copy() };
            checkpoints--;
          }
          for (let steps = draw(10); steps >= 0; steps--) await driver.step(5);
          if ((driver.reader.progress?.() as { stage: string }).stage === 'full') restartsInSnapshot++;
          await driver.close();
          table = saved.table.copy();
          await begin();
        }
        await driver.until(() => (driver.reader.progress?.() as { stage: string }).stage === 'incremental', 'the snapshot is done');
        const { chunks, chunksDone } = (driver.reader.progress?.() as unknown as { full: { chunks: number; chunksDone: number } }).full;
        expect(chunksDone, 'chunks of all runs').to.be.at.least(900 / 25 - 1).and.to.equal(chunks);
        await writers.stop();
        const wanted = await tableRows(connection, 'SELECT id, a, name, n FROM t');
        await driver.until(() => table.problems.length > 0 || JSON.stringify(table.sorted()) === JSON.stringify(wanted), 'the changelog leads to the table').catch(() => {});
        expect(table.problems.slice(0, 5)).to.deep.equal([]);
        expect(table.sorted()).to.deep.equal(wanted);
        expect(restartsInSnapshot, 'restarts in the middle of the snapshot').to.be.greaterThan(2);
        await driver.close();
      } finally { await drop(); }
    });
  }
});
