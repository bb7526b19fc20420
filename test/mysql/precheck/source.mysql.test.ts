/**
 * The precheck of a source on real servers: all well with the least rights, and each thing that is wrong named with its remedy. Faults
 * E7: wrong password, missing privileges, STATEMENT, a server id that is taken; the password is in nothing that is told.
 */
import { expect } from 'chai';
import { openBinlogStream } from '../../../runtime/connectors/mysql/binlog/stream.ts';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import type { MySqlCdcSpec } from '../../../runtime/connectors/mysql/cdc/spec.ts';
import { checkMySqlSource } from '../../../runtime/connectors/mysql/precheck/source.ts';
import { checkMySqlTarget } from '../../../runtime/connectors/mysql/precheck/target.ts';
import type { CheckItem } from '../../../runtime/pipelines/check-item.ts';
import { connectRoot, describeOnMySql, dropUser, openDatabase, ownServer, replUser, REPL_PASSWORD, uniqueName, userWith, type TestDatabase } from '../support.ts';

const spec = (server: MySqlServer, database: string, more: Partial<MySqlCdcSpec> = {}): MySqlCdcSpec => ({
  table: 'source', server, serverIds: null, include: [`${database}\\..*`], exclude: [], startup: { mode: 'initial', file: null, pos: null, gtids: null, skipEvents: 0, skipRows: 0, timestampMs: null }, chunkSize: 8096, fetchSize: 1024, chunkKeys: [], evenFactor: [0.05, 1000], connections: 4,
  skipBackfill: false, unboundedChunkFirst: false, heartbeatMs: 30_000, maxRetries: 3, timeZone: null, newTables: 'ignore', schemaChanges: true, tinyint1AsBoolean: true, legacyJson: true, appendOnly: false, comments: false, ...more,
});
/** Items that are not `pass`, as `status name: detail`; the password must be nowhere. */
function notPassed(items: readonly CheckItem[]): string[] {
  expect(JSON.stringify(items)).to.not.contain(REPL_PASSWORD);
  for (const item of items) {
    expect(item.detail, item.name).to.match(/^[^\n]{3,}\.$/);
    if (item.status === 'fail' || item.status === 'warn') expect(item.fix, item.name).to.be.a('string');
  }
  return items.filter((i) => i.status !== 'pass').map((i) => `${i.status} ${i.name}: ${i.detail}`);
}

describeOnMySql('precheck of a source', (server) => {
  let database: TestDatabase, user: MySqlServer;
  const users: string[] = [];
  const userOf = async (grants: string | null): Promise<MySqlServer> => { const made = await userWith(server, grants); users.push(made.user); return made; };
  before(async () => {
    database = await openDatabase(server, 'rivulet_pre');
    user = await replUser(server);
    await database.run('CREATE TABLE a (id BIGINT PRIMARY KEY, v VARCHAR(10)); CREATE TABLE b (id INT PRIMARY KEY)');
  });
  after(async () => { await database.drop(); for (const one of users) await dropUser(server, one); });

  it('passes with the least rights', async () => {
    const items = await checkMySqlSource(spec(user, database.name));
    expect(notPassed(items).filter((line) => !/^skipped the reader's id|^warn (binlog retention|durability)/.test(line))).to.deep.equal([]);
    const names = items.map((i) => i.name);
    for (const name of ['source connection', 'version', 'binlog', 'binlog format', 'row image', 'row metadata', 'binlog retention', 'binlog files', 'server id', "the reader's id", 'time zone', 'right to SELECT', 'right to REPLICATION SLAVE', 'right to REPLICATION CLIENT', 'right to SHOW VIEW', 'tables', 'primary keys', 'column types']) expect(names, name).to.include(name);
    expect(items.find((i) => i.name === 'tables')?.detail).to.equal(`2: ${database.name}.a, ${database.name}.b.`);
  });
  it('names rights that are missing, and what grants them', async () => {
    const bare = await userOf(`SELECT ON \`${database.name}\`.\`a\``), items = await checkMySqlSource(spec(bare, database.name)), lines = notPassed(items);
    expect(lines).to.include(`fail right to REPLICATION SLAVE: User "${bare.user}" does not have it.`).and.to.include(`fail right to REPLICATION CLIENT: User "${bare.user}" does not have it.`);
    expect(items.find((i) => i.name === 'right to REPLICATION SLAVE')?.fix).to.equal(`GRANT REPLICATION SLAVE ON *.* TO '${bare.user}'@'…';`);
    // A table without any right on it cannot even be seen.
    expect(items.find((i) => i.name === 'tables')?.detail).to.equal(`1: ${database.name}.a.`);
    const nobody = await userOf(null);
    expect(notPassed(await checkMySqlSource(spec(nobody, database.name))).join('\n')).to.match(/fail tables: No table matches .*or the user may not see it/);
    const inserter = await userOf(`INSERT ON \`${database.name}\`.*`), answer = await checkMySqlSource(spec(inserter, database.name));
    expect(notPassed(answer)).to.include(`fail right to SELECT: User "${inserter.user}" may not read ${database.name}.a, ${database.name}.b.`);
    expect(answer.find((i) => i.name === 'right to SELECT')?.fix).to.equal(`GRANT SELECT ON \`${database.name}\`.* TO '${inserter.user}'@'…';`);
  });
  it('counts rights that a role gives', async () => {
    const role = uniqueName('rvt_role'), holder = await userOf(null), root = await connectRoot(server);
    try {
      await root.query(`CREATE ROLE ${role}; GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT, SHOW VIEW ON *.* TO ${role}; GRANT ${role} TO '${holder.user}'@'%'`);
      await root.query(server.flavor === 'mysql' ? `SET DEFAULT ROLE ${role} TO '${holder.user}'@'%'` : `SET DEFAULT ROLE ${role} FOR '${holder.user}'@'%'`);
      expect(notPassed(await checkMySqlSource(spec(holder, database.name))).filter((line) => line.includes('right'))).to.deep.equal([]);
    } finally { await root.query(`DROP ROLE ${role}`); await root.end(); }
  });
  it('refuses a wrong password, and a server that is not there, in one item without the password', async () => {
    const wrong = await checkMySqlSource(spec({ ...user, password: `${REPL_PASSWORD}x` }, database.name));
    expect(notPassed(wrong).join('\n')).to.match(new RegExp(`^fail source connection: MySQL at "${server.root.host}:${server.root.port}" refused user "${user.user}"`));
    expect(wrong).to.have.length(1);
    const away = await checkMySqlSource(spec({ ...user, port: 1 }, database.name));
    expect(notPassed(away).join('\n')).to.match(/^fail source connection: Could not connect to MySQL at ".*:1"/);
  });
  it('says which tables have no key or a column that cannot be read', async () => {
    await database.run('CREATE TABLE keyless (id INT)');
    try {
      expect(notPassed(await checkMySqlSource(spec(user, database.name)))).to.include(`fail primary keys: Without one: ${database.name}.keyless.`);
      expect(notPassed(await checkMySqlSource(spec(user, database.name, { chunkKeys: [[`${database.name}\\.keyless`, 'id']] }))).join()).to.match(/warn primary keys: .*cannot be told apart/);
      expect(notPassed(await checkMySqlSource(spec(user, database.name, { exclude: [`${database.name}\\.keyless`] }))).join()).to.not.contain('primary keys');
    } finally { await database.run('DROP TABLE keyless'); }
  });
  it("compares 'server-time-zone' with the server's", async () => {
    const [[offset]] = await database.rows('SELECT TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(), NOW())') as [[unknown]], hours = Number(offset), far = `UTC${hours > 0 ? '-' : '+'}07:00`;
    expect(notPassed(await checkMySqlSource(spec(user, database.name, { timeZone: far }))).join()).to.match(/fail time zone: The MySQL server has a timezone offset \(\d+ seconds (?:ahead of|behind) UTC\) which does not match the configured timezone UTC[+-]07:00\./);
  });
  it('warns of a start that the server no longer has', async () => {
    const startup = { mode: 'specific-offset', file: 'binlog.999999', pos: 4, gtids: null, skipEvents: 0, skipRows: 0, timestampMs: null } as const;
    expect(notPassed(await checkMySqlSource(spec(user, database.name, { startup }))).join()).to.match(/fail start of reading: The server has no binlog file binlog\.999999/);
  });
  it('notices that a server id is used by a reader that is connected', async function () {
    // MariaDB lists its readers only to those who may change replication.
    const asker = server.flavor === 'mysql' ? user : server.root, id = 900_000_000 + Math.floor(Math.random() * 1_000_000);
    const stream = openBinlogStream(user, undefined, { serverId: id, heartbeatMs: 1000, wants: () => false, wake: () => {} });
    await stream.open('latest');
    try {
      const check = async (serverIds: readonly [number, number], resumes = false): Promise<string> => notPassed(await checkMySqlSource(spec(asker, database.name, { serverIds }), { resumes })).filter((line) => line.includes("reader's id")).join();
      for (let left = 50; left > 0 && await check([id, id]) === ''; left--) await new Promise((resolve) => { setTimeout(resolve, 20); });
      expect(await check([id, id])).to.equal(`fail the reader's id: Of 'server-id' ${id} the only id is used by a reader that is connected.`);
      expect(await check([id, id], true)).to.match(/^warn/);
      expect(await check([id, id + 1])).to.equal('');
      expect(await check([id + 1, id + 4])).to.equal('');
    } finally { await stream.close(); }
  });
  it('checks a target: rights on its tables, and databases', async () => {
    const writer = await userOf(`INSERT, UPDATE ON \`${database.name}\`.*`), tables = [{ database: database.name, table: 'a' }, { database: 'no_such_database', table: 'b' }];
    const lines = notPassed(await checkMySqlTarget({ server: writer, tables, makesTables: false }));
    expect(lines).to.include(`fail target right to DELETE: User "${writer.user}" does not have it on ${database.name}.a, no_such_database.b.`).and.to.include('fail target databases: They do not exist: no_such_database.');
    const making = notPassed(await checkMySqlTarget({ server: writer, tables: [...tables, { database: database.name, table: 'new' }], makesTables: true }));
    expect(making).to.include(`fail target right to CREATE: User "${writer.user}" does not have it on no_such_database.b, ${database.name}.new.`).and.to.include(`warn target right to ALTER: User "${writer.user}" does not have it on ${database.name}.a, no_such_database.b, ${database.name}.new; it is needed when a source table changes.`);
    expect(notPassed(await checkMySqlTarget({ server: server.root, tables: [{ database: database.name, table: 'a' }], makesTables: true }))).to.deep.equal([]);
    expect(notPassed(await checkMySqlTarget({ server: { ...writer, password: 'x' }, tables, makesTables: false })).join()).to.match(/^fail target connection: MySQL at/);
  });

  it("names each of the server's settings that are wrong", async function () {
    const options = server.flavor === 'mysql'
      ? ['--binlog-format=STATEMENT', '--binlog-row-image=MINIMAL', '--binlog-row-metadata=MINIMAL', '--binlog-row-value-options=PARTIAL_JSON', '--gtid-mode=OFF', '--enforce-gtid-consistency=OFF', '--binlog-expire-logs-seconds=3600', '--sync-binlog=0', '--binlog-ignore-db=hidden', '--binlog-transaction-compression=ON']
      : ['--binlog-format=STATEMENT', '--binlog-row-image=MINIMAL', '--binlog-row-metadata=NO_LOG', '--expire-logs-days=1', '--sync-binlog=0', '--binlog-ignore-db=hidden', '--log-bin-compress=ON'];
    const own = await ownServer(server.flavor, options);
    if (own === undefined) return this.skip();
    try {
      const root = await connectRoot(own);
      await root.query('CREATE DATABASE hidden; CREATE TABLE hidden.t (id INT PRIMARY KEY)');
      const items = await checkMySqlSource(spec(await replUser(own), 'hidden')), lines = notPassed(items);
      for (const expected of [/^fail binlog format: binlog_format is STATEMENT/, /^fail row image: binlog_row_image is MINIMAL/, /^warn row metadata: binlog_row_metadata is (MINIMAL|NO_LOG)/, /^warn binlog retention: Files are kept for (1 hours|1 days)/, /^warn durability: sync_binlog is 0/, /^fail binlog filters: Changes in hidden are kept out/]) expect(lines.some((line) => expected.test(line)), `${String(expected)} in ${lines.join('\n')}`).to.equal(true);
      if (server.flavor === 'mysql') for (const expected of [/^fail partial rows: binlog_row_value_options is PARTIAL_JSON/, /^warn GTIDs: gtid_mode is OFF/]) expect(lines.some((line) => expected.test(line)), String(expected)).to.equal(true);
      expect(items.find((i) => i.name === 'compression')?.status).to.equal('pass');
      await own.local.shutdown();
      await own.local.start(['--skip-log-bin', ...server.flavor === 'mysql' ? ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF'] : []]);
      expect(notPassed(await checkMySqlSource(spec(await replUser(own), 'hidden'))).join('\n')).to.match(/fail binlog: MySQL at ".*" writes no binlog/);
    } finally { await own.local.stop(); }
  });
});
