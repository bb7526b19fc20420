/** Transactions stay whole: wherever a checkpoint may fall, sums that every transaction keeps are kept; large ones stream through. */
import { expect } from 'chai';
import { BIGINT, INT } from '../../../core/types/sql-type.ts';
import { connect, Driver, freshDatabase, specOf, describeServers } from './support.ts';
import { random } from './writers.ts';

describeServers('transactions on', ({ name, server }) => {
  it('keep their sums at every boundary', async () => {
    const { database, sql, drop } = await freshDatabase(server);
    try {
      await sql("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, amount BIGINT); INSERT INTO t SELECT n, 100 FROM (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) x; INSERT INTO t SELECT id + 900, 100 FROM t; INSERT INTO t SELECT id + 1800, 100 FROM t");
      const driver = Driver.of(specOf(server, `${database}\\.t`, [{ name: 'id', type: INT }, { name: 'amount', type: BIGINT }], ['id'], { chunkSize: 1000 }));
      let sum = 0, rows = 0, boundaries = 0, inside = 0, changes = 0;
      driver.onChange = ({ kind, row }) => { const sign = kind === '+I' || kind === '+U' ? 1 : -1; sum += sign * Number(row[1]); rows += sign; changes++; };
      await driver.open();
      await driver.until(() => rows === 3600, 'the snapshot');
      let isStopped = false;
      const writer = async (seed: number): Promise<void> => {
        const connection = await connect(server, database), draw = random(seed);
        while (!isStopped) {
          const size = draw(10) === 0 ? 3600 : 1 + draw(40), from = 1 + draw(3600 - size + 1), amount = draw(9);
          try {
            await connection.query(`BEGIN; UPDATE t SET amount = amount - ${amount} WHERE id BETWEEN ${from} AND ${from + size - 1}; UPDATE t SET amount = amount + ${amount} * ${size} WHERE id = ${1 + draw(3600)}; COMMIT`);
          } catch (error) {
            if (![1213, 1205].includes((error as { errno?: number }).errno ?? 0)) throw error;
            await connection.query('ROLLBACK');
          }
        }
        await connection.end();
      };
      const writers = Promise.all([1, 2, 3].map(writer)), end = Date.now() + 1500;
      while (Date.now() < end) {
        await driver.step();
        if (driver.reader.atBoundary === false) { inside++; continue; }
        boundaries++;
        if (sum !== 360_000 || rows !== 3600) expect.fail(`at a boundary the sum is ${sum} and the rows are ${rows}`);
      }
      isStopped = true;
      await writers;
      expect(changes).to.be.greaterThan(3600);
      expect(boundaries).to.be.greaterThan(5);
      expect(inside, 'polls that ended inside a transaction').to.be.greaterThan(3);
      await driver.close();
    } finally { await drop(); }
  });
  it('of 300,000 rows stream through in bounded memory, with no boundary inside', async () => {
    const { database, sql, drop } = await freshDatabase(server);
    try {
      await sql('CREATE TABLE t (id INT NOT NULL PRIMARY KEY, amount BIGINT); INSERT INTO t VALUES (0, 0)');
      const driver = Driver.of(specOf(server, `${database}\\.t`, [{ name: 'id', type: INT }, { name: 'amount', type: BIGINT }], ['id']));
      let rows = 0;
      driver.onChange = () => { rows++; };
      await driver.open();
      await driver.until(() => rows === 1, 'the snapshot');
      await sql(name === 'MySQL' ? 'SET SESSION cte_max_recursion_depth = 1000000' : 'SET SESSION max_recursive_iterations = 1000000');
      const insert = sql('INSERT INTO t SELECT n, n FROM (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 300000) SELECT n FROM s) x');
      const begin = process.memoryUsage();
      let grown = 0;
      await driver.until(() => {
        grown = Math.max(grown, process.memoryUsage().arrayBuffers - begin.arrayBuffers);
        if (rows > 1 && rows < 300_001 && driver.reader.atBoundary !== false) expect.fail(`a boundary behind ${rows} rows`);
        return rows === 300_001;
      }, 'all rows', 60_000);
      await insert;
      // Buffers outside the heap: the queue holds 8 MiB.
      expect(grown).to.be.lessThan(64 << 20);
      await driver.close();
    } finally { await drop(); }
  });
});
