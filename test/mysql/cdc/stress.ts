/** Many snapshots under the same writers, by hand: `node test/mysql/cdc/stress.ts URL rounds`. Prints rounds with problems. */
import { BIGINT, INT, varchar } from '../../../core/types/sql-type.ts';
import { Driver, freshDatabase, Materialised, specOf, tableRows } from './support.ts';
import { placeOf } from '../support.ts';
import { startWriters } from './writers.ts';

const server = placeOf(process.argv[2] ?? process.env['MYSQL_URL'] ?? ''), rounds = Number(process.argv[3] ?? 20);
const { database, sql, connection, drop } = await freshDatabase(server);
try {
  await sql('CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, a INT, name VARCHAR(50), n BIGINT)');
  await sql("INSERT INTO t SELECT n * 2, n, CONCAT('first ', n), n FROM (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 300) SELECT n FROM s) x; ANALYZE TABLE t");
  let bad = 0, lastTransactions = 0;
  for (let round = 0; round < rounds; round++) {
    const writers = await startWriters(server, database, { count: 6, keys: 200, seed: round });
    const columns = [{ name: 'id', type: BIGINT }, { name: 'a', type: INT }, { name: 'name', type: varchar(50) }, { name: 'n', type: BIGINT }];
    const table = new Materialised([0], 4), driver = Driver.of(specOf(server, `${database}\\.t`, columns, ['id'], { chunkSize: 5, connections: 4 }));
    driver.onChange = (c) => table.apply(c.kind, c.row);
    await driver.open();
    await driver.until(() => (driver.reader.progress?.() as { stage: string }).stage === 'incremental', 'snapshot');
    lastTransactions = (await writers.stop()).transactions;
    const wanted = await tableRows(connection, 'SELECT id, a, name, n FROM t');
    await driver.until(() => table.problems.length > 0 || JSON.stringify(table.sorted()) === JSON.stringify(wanted), 'equal', 5000).catch(() => { table.problems.push('not equal'); });
    if (table.problems.length > 0) { bad++; process.stdout.write(`round ${round}: ${table.problems[0]}\n`); }
    await driver.close();
  }
  process.stdout.write(`${rounds} rounds, ${bad} with problems; ${lastTransactions} transactions in the last\n`);
} finally { await drop(); }
