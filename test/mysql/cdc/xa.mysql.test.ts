/** XA transactions that were prepared before a reader began: those of other tables are passed over, one with captured rows stops it by name. */
import { expect } from 'chai';
import { RivuletError } from '../../../core/errors/define.ts';
import { INT } from '../../../core/types/sql-type.ts';
import { connect, Driver, freshDatabase, specOf, describeServers } from './support.ts';

describeServers('XA on', ({ name, server }) => {
  for (const [what, table] of [['of another table is passed over', 'other'], ['with captured rows stops the reader, for a start anew', 't']] as const) {
    it(`a prepared transaction ${what}`, async () => {
      const { database, sql, drop } = await freshDatabase(server), id = `'${database}'`;
      try {
        await sql('CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE other (id INT PRIMARY KEY); INSERT INTO t VALUES (1)');
        const session = await connect(server, database);
        await session.query(`XA START ${id}; INSERT INTO ${table} VALUES (7); XA END ${id}; XA PREPARE ${id}`);
        const driver = await Driver.of(specOf(server, `${database}\\.t`, [{ name: 'id', type: INT }], ['id'])).open();
        await driver.until(() => driver.changes.length === 1, 'the snapshot');
        await session.query(`XA COMMIT ${id}`);
        await session.end();
        await sql('INSERT INTO t VALUES (2)');
        let failure: unknown;
        await driver.until(() => driver.changes.length === 2, 'the insert behind it').catch((error: unknown) => { failure = error; });
        if (table === 'other') {
          expect(failure).to.equal(undefined);
          expect(driver.changes.at(-1)).to.deep.equal({ kind: '+I', row: [2] });
        } else {
          expect(failure).to.be.instanceOf(RivuletError);
          expect((failure as RivuletError).message).to.include('XA transaction with rows of captured tables');
          expect((failure as RivuletError).retry).to.equal('restart');
        }
        await driver.close();
      } finally { await drop(); }
    });
  }
});
