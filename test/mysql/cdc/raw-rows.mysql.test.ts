/** Rows read as bytes: whole whatever the sizes of packets, errors by name, and a connection that is lost in the middle is told. */
import { expect } from 'chai';
import { RivuletError } from '../../../core/errors/define.ts';
import { openConnection, query } from '../../../runtime/connectors/mysql/connection/open.ts';
import { RawRows, readRawRows } from '../../../runtime/connectors/mysql/cdc/raw-rows.ts';
import { connect, describeServers } from './support.ts';

describeServers('raw rows of', ({ name, server }) => {
  for (const compress of [false, true]) {
    it(`have all cells${compress ? ', compressed too' : ''}`, async () => {
      const connection = await openConnection({ ...server, compress }), rows = new RawRows();
      try {
        await query(server, connection, name === 'MySQL' ? 'SET SESSION cte_max_recursion_depth = 100000' : 'SET SESSION max_recursive_iterations = 100000', [], 'set up');
        for (let round = 0; round < 2; round++) {
          rows.reset();
          await readRawRows(server, connection, "SELECT n, IF(n % 3 = 0, NULL, REPEAT('x', n % 700)), CONCAT('end', n) FROM (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 5000) SELECT n FROM s) t ORDER BY n", rows, 'read');
          expect(rows.count).to.equal(5000);
          for (let i = 0; i < 5000; i++) {
            const n = i + 1;
            if (rows.cell(i, 0)?.toString() !== String(n) || rows.cell(i, 1)?.length !== (n % 3 === 0 ? undefined : n % 700) || rows.cell(i, 2)?.toString() !== `end${n}`) expect.fail(`row ${n} is wrong`);
          }
        }
        rows.reset();
        await readRawRows(server, connection, "SELECT REPEAT('y', 70000), 1 UNION ALL SELECT 'z', 2", rows, 'read');
        expect([rows.count, rows.cell(0, 0)?.length, rows.cell(0, 1)?.toString(), rows.cell(1, 0)?.toString()]).to.deep.equal([2, 70_000, '1', 'z']);
        rows.reset();
        await readRawRows(server, connection, 'SELECT 1 FROM (SELECT 1) t WHERE 1 = 0', rows, 'read');
        expect(rows.count).to.equal(0);
      } finally { connection.destroy(); }
    });
  }
  it('tell of a refusal and go on', async () => {
    const connection = await openConnection(server), rows = new RawRows();
    try {
      const failure: unknown = await readRawRows(server, connection, 'SELECT nope FROM information_schema.TABLES', rows, 'read rows').catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(RivuletError);
      await readRawRows(server, connection, 'SELECT 5', rows, 'read rows');
      expect(rows.cell(0, 0)?.toString()).to.equal('5');
    } finally { connection.destroy(); }
  });
  it('tell of a connection that is lost while they are read', async () => {
    const connection = await openConnection(server), other = await connect(server);
    try {
      const [row] = await query(server, connection, 'SELECT CONNECTION_ID()', [], 'ask');
      const reading = readRawRows(server, connection, 'SELECT 1 UNION ALL SELECT SLEEP(20)', new RawRows(), 'read rows').then(() => undefined, (error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await other.query(`KILL ${String(row?.[0])}`);
      const failure = await reading;
      expect(failure).to.be.instanceOf(RivuletError);
      expect((failure as RivuletError).retry).not.to.equal('never');
    } finally { connection.destroy(); await other.end(); }
  });
});
