/** The servers that tests run on: settings of a source of changes, and servers of one's own that are killed and come back. */
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { TITLE, type MySqlFlavor } from '../../tools/services/mysql.ts';
import { connectRoot, describeOnMySql, openDatabase, ownServer, replUser, testServer } from '../mysql/support.ts';
import { query, withConnection } from '../../runtime/connectors/mysql/connection/open.ts';

describeOnMySql('the server of the run', (server) => {
  it('writes a row binlog with full images and metadata', async () => {
    const root = await connectRoot(server);
    const [rows] = await root.query('SELECT @@log_bin, @@binlog_format, @@binlog_row_image, @@binlog_row_metadata');
    expect(rows).to.deep.equal([{ '@@log_bin': '1', '@@binlog_format': 'ROW', '@@binlog_row_image': 'FULL', '@@binlog_row_metadata': 'FULL' }]);
    await root.end();
  });
  it('lets a user with the least rights read what root wrote', async () => {
    const database = await openDatabase(server), user = await replUser(server);
    await database.run('CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(20)); INSERT INTO t VALUES (9007199254740993, \'Zoë\')');
    const rows = await withConnection(user, {}, async (connection) => await query(user, connection, `SELECT * FROM ${database.name}.t`, [], 'read'));
    expect(rows).to.deep.equal([['9007199254740993', 'Zoë']]);
    expect(await database.rows('SELECT * FROM t')).to.deep.equal([['9007199254740993', 'Zoë']]);
    await database.drop();
  });
});

for (const flavor of ['mysql', 'mariadb'] satisfies MySqlFlavor[]) {
  describe(`a ${TITLE[flavor]} server of one's own`, () => {
    it('takes options, keeps its data over a kill and over a shutdown, starts with other options', async function () {
      if (testServer(flavor) === undefined) return this.skip();
      const server = await ownServer(flavor, ['--binlog-row-image=MINIMAL']);
      if (server === undefined) return this.skip();
      try {
        const database = await openDatabase(server, 'own');
        await database.run('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)');
        expect(await database.rows('SELECT @@binlog_row_image')).to.deep.equal([['MINIMAL']]);
        await server.local.kill();
        await server.local.start([]);
        const again = await connectRoot(server, database.name);
        expect((await again.query('SELECT COUNT(*) AS n, @@binlog_row_image AS image FROM t'))[0]).to.deep.equal([{ n: '2', image: 'FULL' }]);
        const { pid } = server.local;
        await server.local.shutdown();
        await server.local.start();
        expect(server.local.pid).to.not.equal(pid);
        const third = await connectRoot(server, database.name);
        expect((await third.query('SELECT COUNT(*) AS n FROM t'))[0]).to.deep.equal([{ n: '2' }]);
        third.destroy();
      } finally { await server.local.stop(); }
      expect(existsSync(`/proc/${server.local.pid}/cwd`)).to.equal(false);
    });
  });
}
