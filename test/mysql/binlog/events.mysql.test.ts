/** Kinds of transactions and events: XA, tags, compression, large rows, what must be refused. */
import { expect } from 'chai';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import type { TableId } from '../../../runtime/connectors/mysql/contract.ts';
import { describeOnMySql, openDatabase, replUser, type TestDatabase } from '../support.ts';
import { endOfLog, failureOf, read, readAll } from './support.ts';
import { OPTIONS, streamAll, tablesOf, wantAll } from './types-support.ts';

const MILLION = 1_000_000;

describeOnMySql('binlog: events', (test) => {
  let db: TestDatabase, server: MySqlServer;
  const ours = (table: TableId): boolean => table.database === db.name, rows = (texts: readonly string[]): string[] => texts.filter((t) => !t.startsWith('statement'));
  before(async () => {
    db = await openDatabase(test, 'rvt_bl_ev');
    server = await replUser(test);
    await db.run('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100)); CREATE TABLE m (id INT PRIMARY KEY) ENGINE = MyISAM; CREATE TABLE big (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB, c LONGBLOB)');
  });
  after(async () => { await db.drop(); });

  if (test.flavor === 'mysql') {
    it('gives the rows of an XA transaction when it is committed, not when it is prepared', async () => {
      const start = await endOfLog(server), [a, b, c] = ['a', 'b', 'c'].map((n) => `'${db.name}-${n}'`);
      await db.run(`XA START ${a}; INSERT INTO t VALUES (1, 'a'); XA END ${a}; XA PREPARE ${a}`);
      await db.run(`XA START ${b}; INSERT INTO t VALUES (2, 'b'); XA END ${b}; XA PREPARE ${b}; XA ROLLBACK ${b}`).catch(() => {});
      await db.rows('SELECT 1');
      const half = await readAll(server, start, ours);
      expect(rows(half.told)).to.deep.equal(['end']);
      await db.run(`XA COMMIT ${a}; XA START ${c}; INSERT INTO t VALUES (3, 'c'); XA END ${c}; XA COMMIT ${c} ONE PHASE`);
      expect(rows((await readAll(server, start, ours)).told)).to.deep.equal(['begin', 'insert t', 'commit', 'begin', 'insert t', 'commit', 'end']);
      // A position stored while it was prepared leaves it out, so a restart reads it again.
      expect(rows((await readAll(server, half.position, ours)).told)).to.deep.equal(['begin', 'insert t', 'commit', 'begin', 'insert t', 'commit', 'end']);
    });
    it('reads tagged GTIDs and resumes by them', async () => {
      const start = await endOfLog(server);
      await db.run("SET SESSION gtid_next = 'AUTOMATIC:rvt_tag'; INSERT INTO t VALUES (10, 'x'); INSERT INTO t VALUES (11, 'x'); SET SESSION gtid_next = 'AUTOMATIC'; INSERT INTO t VALUES (12, 'x')");
      const all = await readAll(server, start, ours);
      expect(all.gtids[0]).to.match(/^[0-9a-f-]{36}:rvt_tag:\d+$/);
      expect(all.commits[1]!.gtids).to.match(/:rvt_tag:\d/);
      expect((await readAll(server, all.commits[0]!, ours)).gtids).to.deep.equal(all.gtids.slice(1));
      const tagged = (set: unknown): string | undefined => /:rvt_tag(?::\d[\d-]*)+/.exec(String(set).replace(/\s/g, ''))?.[0], [[executed]] = await db.rows('SELECT @@GLOBAL.gtid_executed') as [[unknown]];
      expect(tagged((await readAll(server, 'latest', ours)).position.gtids)).to.be.a('string').and.equal(tagged(executed));
      // A set found by walking a file with tagged PREVIOUS_GTIDS.
      await db.run("FLUSH BINARY LOGS; INSERT INTO t VALUES (13, 'x')");
      const last = await readAll(server, 'latest', ours);
      expect((await readAll(server, { ...last.position, gtids: null }, ours)).position.gtids).to.contain(':rvt_tag:');
    });
    it('reads compressed transactions', async () => {
      const start = await endOfLog(server);
      await db.run("SET SESSION binlog_transaction_compression = ON; START TRANSACTION; INSERT INTO t VALUES (20, 'x'), (21, 'y'); UPDATE t SET v = 'z' WHERE id = 20; COMMIT; DELETE FROM t WHERE id = 21; SET SESSION binlog_transaction_compression = OFF");
      expect(rows((await readAll(server, start, ours)).told)).to.deep.equal(['begin', 'insert t', 'update t', 'commit', 'begin', 'delete t', 'commit', 'end']);
    });
    it('refuses partial updates of JSON', async () => {
      await db.run("CREATE TABLE j (id INT PRIMARY KEY, doc JSON); INSERT INTO j VALUES (1, JSON_OBJECT('a', REPEAT('x', 200), 'b', 1))");
      const start = await endOfLog(server);
      await db.run("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'; UPDATE j SET doc = JSON_SET(doc, '$.b', 2); SET SESSION binlog_row_value_options = ''");
      const failure = await failureOf(readAll(server, start, ours));
      expect(failure.code).to.equal('binlog-unsupported');
      expect(failure.hint).to.contain('binlog_row_value_options');
    });
  } else {
    it('refuses prepared XA transactions of captured tables', async () => {
      const start = await endOfLog(server);
      await db.run(`XA START '${db.name}'; INSERT INTO t VALUES (1, 'a'); XA END '${db.name}'; XA PREPARE '${db.name}'; XA COMMIT '${db.name}'`);
      expect((await failureOf(readAll(server, start, ours))).message).to.contain('XA');
      const others = (t: TableId): boolean => t.table === 'nobody';
      expect((await readAll(server, start, others)).told.at(-1)).to.equal('end');
      // One without captured rows is known behind a restart, and looked up where it was prepared before the first start.
      const before = await endOfLog(server);
      await db.run(`XA START '${db.name}2'; INSERT INTO t VALUES (2, 'a'); XA END '${db.name}2'; XA PREPARE '${db.name}2'`);
      const between = (await readAll(server, before, others)).position, unaware = await endOfLog(server);
      await db.run(`XA COMMIT '${db.name}2'`);
      expect(between.xa).to.have.length(1);
      expect((await readAll(server, between, others)).position.xa).to.equal(undefined);
      expect((await readAll(server, unaware, others)).told.at(-1)).to.equal('end');
      expect((await failureOf(readAll(server, unaware, ours))).message).to.contain('prepared before');
    });
  }
  it('knows XA transactions without changes, and ends that are no commits', async () => {
    const start = await endOfLog(server);
    await db.run(`XA START '${db.name}e'; XA END '${db.name}e'; XA PREPARE '${db.name}e'; XA COMMIT '${db.name}e'`);
    await db.run(`XA START '${db.name}f'; SELECT 1; XA END '${db.name}f'; XA COMMIT '${db.name}f' ONE PHASE; XA START '${db.name}g'; INSERT INTO t VALUES (50, 'g'); XA END '${db.name}g'; XA ROLLBACK '${db.name}g'`);
    await db.run("INSERT INTO t VALUES (51, 'x')");
    expect(rows((await readAll(server, start, ours)).told)).to.deep.equal(['begin', 'insert t', 'commit', 'end']);
  });
  it('gives no rows that were rolled back, to a savepoint or whole, with MyISAM among them', async () => {
    const start = await endOfLog(server);
    // MySQL with GTIDs allows no MyISAM inside of transactions; then the log does not hold what was rolled back.
    const nonTransactional = (id: number): string => (test.flavor === 'mysql' ? '' : `INSERT INTO m VALUES (${id}); `);
    await db.run(`START TRANSACTION; INSERT INTO t VALUES (30, 'a'); SAVEPOINT s; INSERT INTO t VALUES (31, 'b'); ${nonTransactional(1)}ROLLBACK TO s; INSERT INTO t VALUES (32, 'c'); SAVEPOINT r; INSERT INTO t VALUES (34, 'd'); SAVEPOINT s; INSERT INTO t VALUES (35, 'e'); ${nonTransactional(3)}ROLLBACK TO r; INSERT INTO t VALUES (36, 'f'); COMMIT`);
    await db.run(`START TRANSACTION; INSERT INTO t VALUES (33, 'a'); ${nonTransactional(2)}ROLLBACK`);
    const tables = (await tablesOf(server, db.name)).filter((t) => t.table === 't' || t.table === 'm'), read = await streamAll(server, tables, new Map(tables.map((t) => [t.table, wantAll(t)])), start);
    expect(read.get('t')).to.deep.equal([[30, 'a'], [32, 'c'], [36, 'f']]);
    expect(read.get('m')).to.deep.equal(test.flavor === 'mysql' ? [] : [[1], [3], [2]]);
    expect(await db.rows('SELECT * FROM t WHERE id BETWEEN 30 AND 39')).to.deep.equal([[30, 'a'], [32, 'c'], [36, 'f']]);
  });
  it('reads rows larger than a packet', async () => {
    const start = await endOfLog(server);
    await db.run("INSERT INTO big (b, c) VALUES (REPEAT('x', 9000000), REPEAT('y', 9000000)), ('small', 's'), (REPEAT('y', 8388600), REPEAT('z', 8388560))");
    const tables = (await tablesOf(server, db.name)).filter((t) => t.table === 'big'), wanted = wantAll(tables[0]!), read = await streamAll(server, tables, new Map([['big', wanted]]), start);
    expect(read.get('big')!.map(([id, b, c]) => [id, (String(b).length - 2) / 2, String(b).slice(-2), (String(c).length - 2) / 2])).to.deep.equal([[1, 9000000, '78', 9000000], [2, 5, '6c', 1], [3, 8388600, '79', 8388560]]);
  }).timeout(60_000);
  it('tells of the place when others write', async () => {
    const start = await endOfLog(server);
    await db.run("INSERT INTO t VALUES (40, 'x')");
    const reading = await read(server, start, () => false);
    try {
      for (let kind = ''; kind !== 'end';) { kind = (await reading.next()).kind; expect(kind).to.be.oneOf(['heartbeat', 'end']); }
      expect(reading.stream.position.gtids).not.to.equal(start.gtids);
    } finally { await reading.close(); }
  });
  for (const compression of test.flavor === 'mysql' ? ['OFF', 'ON'] : ['OFF']) {
    it(`reads a transaction of a million rows in little memory, compression ${compression}`, async () => {
      await db.run(`DROP TABLE IF EXISTS many; CREATE TABLE many (id INT PRIMARY KEY, a VARCHAR(60))`);
      const start = await endOfLog(server);
      if (test.flavor === 'mysql') await db.run(`SET SESSION cte_max_recursion_depth = ${MILLION}; SET SESSION binlog_transaction_compression = ${compression}`); else await db.run(`SET SESSION max_recursive_iterations = ${MILLION}`);
      await db.run(`INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MILLION}) SELECT i, CONCAT('a text of some length in row ', i) FROM n`);
      if (test.flavor === 'mysql') await db.run('SET SESSION binlog_transaction_compression = OFF');
      const [table] = (await tablesOf(server, db.name)).filter((t) => t.table === 'many'), { decoderFor } = await import('../../../runtime/connectors/mysql/types/row-decoder.ts');
      const reading = await read(server, start, (t) => t.table === 'many' && ours(t)), columns: unknown[][] = [[], []], kinds = new Uint8Array(1024);
      let count = 0, sum = 0, most = 0, queued = 0, commits = 0;
      const before = process.memoryUsage.rss();
      try {
        for (;;) {
          const event = await reading.next();
          if (event.kind === 'commit') commits++;
          if (event.kind === 'end') break;
          if (event.kind !== 'rows') continue;
          const decoder = decoderFor(event.table, table!, wantAll(table!), OPTIONS);
          for (let n; (n = decoder.decode(event, columns, kinds, 0, 1024, null)) > 0;) for (let i = 0; i < n; i++) { count++; sum += columns[0]![i] as number; }
          if (count % 100 === 0 || count % 97 < 3) most = Math.max(most, process.memoryUsage.rss());
          queued = Math.max(queued, reading.stream.stats.queuedBytes);
        }
      } finally { await reading.close(); }
      expect([count, sum, commits]).to.deep.equal([MILLION, MILLION * (MILLION + 1) / 2, 1]);
      expect(queued).to.be.lessThan(compression === 'ON' ? 64 * 1024 * 1024 : 8.5 * 1024 * 1024);
      expect((most - before) / 1048576, 'MiB').to.be.lessThan(200);
    }).timeout(120_000);
  }
  it('holds the server back while nobody reads', async () => {
    const start = await endOfLog(server);
    await db.run("INSERT INTO big (b) SELECT REPEAT('z', 1000000) FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8) q");
    const reading = await read(server, start, ours, { queueBytes: 100_000 });
    try {
      await new Promise((resolve) => { setTimeout(resolve, 300); });
      expect(reading.stream.stats.queuedBytes).to.be.within(1, 400_000);
      let bytes = 0;
      for (;;) { const event = await reading.next(); if (event.kind === 'end') break; if (event.kind === 'rows') bytes += event.end - event.start; }
      expect(bytes).to.be.greaterThan(8_000_000);
    } finally { await reading.close(); }
  });
});
