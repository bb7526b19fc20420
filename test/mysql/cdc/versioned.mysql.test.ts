/** MariaDB's tables with old versions of their rows are refused by name where a pattern catches them, not left out in silence. */
import { expect } from 'chai';
import { RivuletError } from '../../../core/errors/define.ts';
import { withConnection } from '../../../runtime/connectors/mysql/connection/open.ts';
import { listTables, refuseVersioned } from '../../../runtime/connectors/mysql/cdc/structure.ts';
import { discoverTables } from '../../../runtime/connectors/mysql/pipeline/discover.ts';
import type { MySqlCdcSpec } from '../../../runtime/connectors/mysql/cdc/spec.ts';
import { describeOnMySql, openDatabase } from '../support.ts';

describeOnMySql('Tables with system versioning', (server) => {
  it('are listed, and refused where they would be captured', async () => {
    const db = await openDatabase(server, 'versioned');
    try {
      await db.run('CREATE TABLE plain (id INT PRIMARY KEY); CREATE TABLE kept (id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING');
      const listed = await withConnection(server.root, {}, (connection) => listTables(server.root, connection, db.name));
      expect(listed.map((t) => [t.table, t.isVersioned])).to.deep.equal([['kept', true], ['plain', false]]);
      expect(() => refuseVersioned(listed)).to.throw(RivuletError, /kept/);
      const spec = { server: server.root, include: [`${db.name}\\..*`], exclude: [], newTables: 'ignore', tinyint1AsBoolean: true } as unknown as MySqlCdcSpec;
      await discoverTables(spec, `${db.name}.\\.*`).then(() => expect.fail('accepted'), (error: RivuletError) => expect(error.code).to.equal('mysql-table-unsupported'));
      const [only] = await discoverTables({ ...spec, exclude: [`${db.name}\\.kept`] }, `${db.name}.\\.*`);
      expect(only?.id.table).to.equal('plain');
    } finally { await db.drop(); }
  });
}, ['mariadb']);
