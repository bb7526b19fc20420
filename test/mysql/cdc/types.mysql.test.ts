/** Every type: what the snapshot reads is what the stream brings, as MySQL's own types and as the types that Flink's page declares. */
import { expect } from 'chai';
import type { SqlType } from '../../../core/types/sql-type.ts';
import { TYPES_BY_SERVER } from './all-types.ts';
import { Driver, freshDatabase, jsonOf, PipelineDriver, pipelineSpecOf, specOf, describeServers } from './support.ts';
import { INT } from '../../../core/types/sql-type.ts';

describeServers('types on', ({ name, server }) => {
  for (const slices of [false, true]) {
    it(`snapshot and stream give equal rows${slices ? ', with texts as slices' : ''}`, async () => {
      const { database, sql, drop } = await freshDatabase(server), types = TYPES_BY_SERVER(name);
      try {
        await sql(`SET SESSION sql_mode = ''; CREATE TABLE t (id INT NOT NULL PRIMARY KEY, ${types.map((t, i) => `c${i} ${t.ddl}`).join(', ')}) DEFAULT CHARACTER SET utf8mb4`);
        const rows = Math.max(...types.map((t) => t.values.length));
        const insert = (from: number): string => Array.from({ length: rows }, (_, r) => `INSERT INTO t VALUES (${from + r}, ${types.map((t) => t.values[r % t.values.length]).join(', ')})`).join('; ');
        await sql(insert(0));
        await sql(`INSERT INTO t (id) VALUES (999)`);
        const driver = await PipelineDriver.pipeline(pipelineSpecOf(server, `${database}\\.t`), slices).open() as PipelineDriver;
        await driver.until(() => driver.items.length === rows + 1, 'the snapshot');
        await sql(insert(100));
        await sql('INSERT INTO t (id) VALUES (1999)');
        await driver.until(() => driver.items.length === 2 * rows + 2, 'the stream');
        const byId = new Map(driver.items.map((i) => [i.row[0], i.row.slice(1)]));
        for (let r = 0; r < rows; r++) types.forEach((t, c) => expect(jsonOf([byId.get(100 + r)?.[c]]), `${t.ddl} ${t.values[r % t.values.length]}`).to.equal(jsonOf([byId.get(r)?.[c]])));
        expect(jsonOf(byId.get(1999) ?? [])).to.equal(jsonOf(byId.get(999) ?? []));
        // Updates carry the same values on both sides.
        driver.items.length = 0;
        await sql('UPDATE t SET id = id + 10000 WHERE id < 100');
        await driver.until(() => driver.items.length === 2 * rows, 'the updates');
        for (const item of driver.items) { const id = Number(item.row[0]) % 10000; expect(jsonOf(item.row.slice(1))).to.equal(jsonOf(byId.get(id) ?? [])); }
        await driver.close();
      } finally { await drop(); }
    });
  }
  it('gives the types that the page of Flink CDC declares', async () => {
    const { database, sql, drop } = await freshDatabase(server), types = TYPES_BY_SERVER(name).filter((t) => t.declared !== undefined);
    try {
      await sql(`SET SESSION sql_mode = ''; CREATE TABLE t (id INT NOT NULL PRIMARY KEY, ${types.map((t, i) => `c${i} ${t.ddl}`).join(', ')}) DEFAULT CHARACTER SET utf8mb4`);
      await sql(`INSERT INTO t VALUES (1, ${types.map((t) => t.values[0]).join(', ')})`);
      const columns = [{ name: 'id', type: INT }, ...types.map((t, i) => ({ name: `c${i}`, type: t.declared as SqlType }))];
      const driver = await Driver.of(specOf(server, `${database}\\.t`, columns, ['id'], { timeZone: null })).open();
      await driver.until(() => driver.changes.length === 1, 'the snapshot');
      await sql(`INSERT INTO t VALUES (2, ${types.map((t) => t.values[0]).join(', ')})`);
      await driver.until(() => driver.changes.length === 2, 'the stream');
      const [one, two] = driver.changes;
      types.forEach((t, c) => {
        expect(jsonOf([two?.row[c + 1]]), t.ddl).to.equal(jsonOf([one?.row[c + 1]]));
        if (t.first !== undefined) expect(one?.row[c + 1], t.ddl).to.deep.equal(t.first);
      });
      await driver.close();
    } finally { await drop(); }
  });
});
