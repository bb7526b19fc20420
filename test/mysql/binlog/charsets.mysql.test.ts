/** Every code of every character set: the binlog's text is the server's own, also of one that comes in while the log is read. */
import { expect } from 'chai';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import { query, withConnection } from '../../../runtime/connectors/mysql/connection/open.ts';
import { loadCharsetTables } from '../../../runtime/connectors/mysql/types/charset-tables.ts';
import { textDecoder } from '../../../runtime/connectors/mysql/types/charset.ts';
import { describeOnMySql, openDatabase, replUser, type TestDatabase } from '../support.ts';
import { endOfLog } from './support.ts';
import { selectAll, streamAll, tablesOf, wantAll } from './types-support.ts';

describeOnMySql('binlog: character sets', (test) => {
  let db: TestDatabase, server: MySqlServer;
  before(async () => { db = await openDatabase(test, 'rvt_bl_cs'); server = await replUser(test); });
  after(async () => { await db.drop(); });

  it('one that nobody had used before is known when its first rows come', async () => {
    const start = await endOfLog(server);
    await db.run("CREATE TABLE late (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET eucjpms); INSERT INTO late VALUES (1, _eucjpms X'8FF3F3A1C1F5A1')");
    const tables = await tablesOf(server, db.name), wanted = new Map([['late', wantAll(tables[0]!)]]);
    expect((await streamAll(server, tables, wanted, start)).get('late')).to.deep.equal((await selectAll(server, tables, wanted, 'id')).get('late'));
  });
  it('all characters of the basic plane that a character set has come back as the server reads them', async () => {
    await withConnection(server, {}, async (connection) => {
      const ask = async (sql: string): Promise<readonly (string | null)[][]> => (await query(server, connection, sql, [], 'ask')).map((row) => row.map((v) => (v === null ? null : v.toString())));
      const charsets = (await ask("SELECT CHARACTER_SET_NAME FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME <> 'binary'")).map((row) => row[0]!);
      await loadCharsetTables(server, connection, charsets);
      const units = Array.from({ length: 0xffff }, (_, i) => i).filter((u) => u >= 0x20 && (u < 0xd800 || u > 0xdfff));
      for (const charset of charsets) {
        for (let at = 0; at < units.length; at += 16_000) {
          // One character a line; what the character set has not is a question mark.
          const text = units.slice(at, at + 16_000).map((u) => String.fromCharCode(u)).join('\n'), source = `CONVERT(_utf8mb4 X'${Buffer.from(text).toString('hex')}' USING ${charset})`;
          const [[bytes, back]] = (await ask(`SELECT HEX(${source}), CONVERT(${source} USING utf8mb4)`)) as [[string, string]], buffer = Buffer.from(bytes, 'hex');
          expect(textDecoder(charset)?.(buffer, 0, buffer.length) === back, `${charset} from U+${units[at]!.toString(16)}`).to.equal(true);
        }
      }
    });
  }).timeout(60_000);
});
