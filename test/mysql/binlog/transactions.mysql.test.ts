/** Transactions, places and resuming of the binlog reader on real servers. */
import { expect } from 'chai';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import type { TableId } from '../../../runtime/connectors/mysql/contract.ts';
import { describeOnMySql, openDatabase, replUser, type TestDatabase } from '../support.ts';
import { endOfLog, failureOf, readAll } from './support.ts';

describeOnMySql('binlog: transactions', (test) => {
  let db: TestDatabase, server: MySqlServer;
  const ours = (table: TableId): boolean => table.database === db.name;
  const only = (texts: readonly string[]): string[] => texts.filter((t) => !t.startsWith('statement') || t.includes(db.name) || /\b(?:mine|other)\b/.test(t));
  before(async () => {
    db = await openDatabase(test, 'rvt_bl');
    server = await replUser(test);
    await db.run('CREATE TABLE mine (id INT PRIMARY KEY, v VARCHAR(20)); CREATE TABLE other (id INT PRIMARY KEY, v INT)');
  });
  after(async () => { await db.drop(); });

  it('gives whole transactions with begin and commit, and DDL as statements', async () => {
    const start = await endOfLog(server);
    await db.run("START TRANSACTION; INSERT INTO mine VALUES (1,'a'),(2,'b'); INSERT INTO other VALUES (1,1); UPDATE mine SET v='c' WHERE id=1; DELETE FROM mine WHERE id=2; COMMIT");
    await db.run('ALTER TABLE mine ADD COLUMN w INT');
    await db.run("INSERT INTO mine VALUES (3,'x',1)");
    const all = await readAll(server, start, ours);
    expect(only(all.told)).to.deep.equal(['begin', 'insert mine', 'insert other', 'update mine', 'delete mine', 'commit', 'statement ALTER TABLE mine ADD COLUMN w INT', 'begin', 'insert mine', 'commit', 'end']);
    expect(all.gtids.every((g) => g !== null && (test.flavor === 'mysql' ? /^[0-9a-f-]{36}:\d+$/ : /^\d+-\d+-\d+$/).test(g))).to.equal(true);
  });
  it('resumes by GTIDs behind every commit, and by file and offset', async () => {
    await db.run('FLUSH BINARY LOGS');
    // MariaDB cannot tell the GTIDs of an offset behind an event larger than max_allowed_packet.
    if (test.flavor === 'mariadb') await db.run("CREATE TABLE large (a LONGBLOB, b LONGBLOB); INSERT INTO large VALUES (REPEAT('x', 9000000), REPEAT('x', 9000000)); DROP TABLE large");
    const behindLarge = await endOfLog(server);
    for (let i = 10; i < 14; i++) await db.run(`INSERT INTO other VALUES (${i}, ${i})`);
    const all = await readAll(server, behindLarge, ours);
    expect(only(all.told)).to.deep.equal([...Array<string[]>(4).fill(['begin', 'insert other', 'commit']).flat(), 'end']);
    for (let i = 0; i < 4; i++) {
      const rest = [...Array<string[]>(3 - i).fill(['begin', 'insert other', 'commit']).flat(), 'end'];
      expect(only((await readAll(server, all.commits[i]!, ours)).told), `behind ${i}`).to.deep.equal(rest);
      const byOffset = await readAll(server, { ...all.commits[i]!, gtids: null }, ours);
      expect(only(byOffset.told), `behind ${i} by offset`).to.deep.equal(rest);
      expect(byOffset.commits.at(-1)?.gtids).to.equal(i === 3 ? undefined : all.commits[3]!.gtids);
    }
  });
  it('follows a rotation', async () => {
    const start = await endOfLog(server);
    await db.run('INSERT INTO other VALUES (20, 1); FLUSH BINARY LOGS; INSERT INTO other VALUES (21, 1)');
    const all = await readAll(server, start, ours);
    expect(only(all.told).filter((t) => !t.includes('FLUSH'))).to.deep.equal(['begin', 'insert other', 'commit', 'begin', 'insert other', 'commit', 'end']);
    expect(all.commits[1]!.file > all.commits[0]!.file, `${all.commits[0]!.file} ${all.commits[1]!.file}`).to.equal(true);
    expect(all.commits[1]!.pos).to.be.lessThan(2000);
  });
  it('starts at a time', async () => {
    await db.run('INSERT INTO other VALUES (30, 1); FLUSH BINARY LOGS; INSERT INTO other VALUES (31, 1); DO SLEEP(1.1)');
    const timestampMs = Date.now() - 50;
    await db.run('DO SLEEP(1.1); INSERT INTO other VALUES (32, 1); FLUSH BINARY LOGS; INSERT INTO other VALUES (33, 1)');
    expect(only((await readAll(server, { timestampMs }, ours)).told).filter((t) => t.startsWith('insert'))).to.deep.equal(['insert other', 'insert other']);
    expect(only((await readAll(server, { timestampMs: Date.now() + 3_600_000 }, ours)).told)).to.deep.equal(['end']);
  });
  for (const [name, change] of Object.entries({ 'the compressed protocol': { compress: true }, TLS: { tls: { verify: false, ca: null } }, both: { compress: true, tls: { verify: false, ca: null } } })) {
    // This MariaDB has no certificate.
    if (test.flavor === 'mariadb' && name !== 'the compressed protocol') continue;
    it(`reads through ${name}`, async () => {
      const start = await endOfLog({ ...server, ...change });
      await db.run(`TRUNCATE TABLE other; INSERT INTO other WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, i FROM n`);
      const plain = await readAll(server, start, ours), all = await readAll({ ...server, ...change }, start, ours);
      // Others may write at the same time.
      expect(only(all.told)).to.deep.equal(only(plain.told));
      expect(all.told.filter((t) => t === 'insert other').length).to.be.greaterThan(0);
      expect(all.commits).to.deep.equal(plain.commits);
    });
  }
  it('tells of a log that is gone', async () => {
    const start = await endOfLog(server);
    const file = await failureOf(readAll(server, { file: 'binlog.999999', pos: 4, gtids: null }, ours));
    expect(file.code).to.equal('binlog-purged');
    expect(file.message).to.contain('binlog.999999:4');
    expect(file.detail).to.contain('The server still has');
    const beyond = await failureOf(readAll(server, { ...start, pos: 2_000_000_000, gtids: null }, ours));
    expect(beyond.code).to.equal('binlog-purged');
    const ahead = test.flavor === 'mysql' ? start.gtids!.replace(/(\d+)$/, '999999999') : start.gtids!.replace(/(\d+)$/, '999999999');
    const gtids = await failureOf(readAll(server, { ...start, gtids: ahead }, ours));
    expect(gtids.code).to.equal('binlog-purged');
  });
  it('refuses an offset inside an event', async () => {
    const start = await endOfLog(server);
    await db.run('INSERT INTO other VALUES (40, 1)');
    const failure = await failureOf(readAll(server, { ...start, pos: start.pos + 5, gtids: null }, ours));
    expect(failure.code).to.be.oneOf(['binlog-bad-position', 'binlog-purged']);
  });
  it('does not pass over changes that a statement-based session makes', async () => {
    const start = await endOfLog(server);
    await db.run("SET SESSION binlog_format = 'STATEMENT'; UPDATE other SET v = 9 WHERE id = 40; SET SESSION binlog_format = 'ROW'");
    const failure = await failureOf(readAll(server, start, ours));
    expect(failure.code).to.equal('binlog-unsupported');
    expect(failure.message).to.contain('other');
    expect(failure.hint).to.contain('binlog_format');
    expect((await readAll(server, start, (t) => t.table === 'mine')).told.at(-1)).to.equal('end');
  });
  it('refuses rows without all columns', async () => {
    const start = await endOfLog(server);
    await db.run("SET SESSION binlog_row_image = 'MINIMAL'; UPDATE mine SET w = 9; SET SESSION binlog_row_image = 'FULL'");
    const failure = await failureOf(readAll(server, start, ours));
    expect(failure.hint).to.contain('binlog_row_image');
  });
  it('needs the right to replicate', async () => {
    const failure = await failureOf(readAll({ ...server, password: 'wrong' }, 'latest', ours));
    expect(failure.code).to.equal('mysql-access-denied');
    expect(JSON.stringify(failure) + failure.message).not.to.contain('wrong');
  });
});
