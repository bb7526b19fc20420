/** Servers of one's own: killed, purged, reset, with other settings. */
import { expect } from 'chai';
import type { Connection } from 'mysql2/promise';
import type { BinlogEvent, BinlogPosition, TableId } from '../../../runtime/connectors/mysql/contract.ts';
import { decoderFor } from '../../../runtime/connectors/mysql/types/row-decoder.ts';
import type { MySqlFlavor } from '../../../tools/services/mysql.ts';
import { connectRoot, ownServer, testServer, type TestServer } from '../support.ts';
import { endOfLog, failureOf, freeServerId, read, readAll, told, type Reading } from './support.ts';
import { OPTIONS, streamAll, tablesOf, wantAll } from './types-support.ts';

type Own = NonNullable<Awaited<ReturnType<typeof ownServer>>>;
const ours = (table: TableId): boolean => table.database === 'rvt';
/** Ids of rows, by the first column, until `isLast` says so. */
async function idsUntil(reading: Reading, own: TestServer, isLast: (event: BinlogEvent, ids: number[]) => boolean, onRows: (ids: number[]) => Promise<void> = async () => {}): Promise<number[]> {
  const [table] = await tablesOf(own.root, 'rvt'), ids: number[] = [], columns: unknown[][] = [[]], kinds = new Uint8Array(1024);
  for (;;) {
    const event = await reading.next();
    if (event.kind === 'rows') {
      const decoder = decoderFor(event.table, table!, wantAll(table!).slice(0, 1), OPTIONS);
      for (let n; (n = decoder.decode(event, columns, kinds, 0, 1024, null)) > 0;) ids.push(...columns[0]!.slice(0, n) as number[]);
      await onRows(ids);
    }
    if (isLast(event, ids)) return ids;
  }
}
async function fresh(own: TestServer): Promise<Connection> {
  const connection = await connectRoot(own);
  await connection.query('DROP DATABASE IF EXISTS rvt; CREATE DATABASE rvt; USE rvt; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(3000))');
  return connection;
}
const many = (from: number, count: number, width = 100): string => `INSERT INTO t VALUES ${Array.from({ length: count }, (_, i) => `(${from + i}, REPEAT('v', ${width}))`).join(', ')}`;
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

for (const flavor of ['mysql', 'mariadb'] as const satisfies readonly MySqlFlavor[]) {
  describe(`binlog: a server of one's own (${flavor})`, function suite() {
    this.timeout(120_000);
    let own: Own;
    before(async function start() {
      const found = testServer(flavor) === undefined ? undefined : await ownServer(flavor);
      if (found === undefined) { this.skip(); return; }
      own = found;
    });
    after(async () => { await own?.local.stop(); });

    it('goes on behind a kill of the server in the middle of a transaction, each row once', async () => {
      const root = await fresh(own), start = await endOfLog(own.root);
      await root.query(many(0, 100));
      await root.query(many(1000, 20_000, 2500));
      await root.query(many(100_000, 50));
      root.destroy();
      // A small queue keeps the rest of the large transaction on the server.
      const reading = await read(own.root, start, ours, { nonBlocking: false, queueBytes: 50_000, maxRetries: 60 });
      let kills = 0;
      try {
        const ids = await idsUntil(reading, own, (event, all) => event.kind === 'commit' && all.at(-1) === 100_049, async (all) => {
          if (kills === 0 && all.length > 3000 || kills === 1 && all.length > 9000) {
            kills++;
            await own.local.kill();
            await own.local.start();
          }
        });
        expect(kills).to.equal(2);
        expect(ids).to.deep.equal([...range(0, 100), ...range(1000, 20_000), ...range(100_000, 50)]);
        expect(reading.stream.stats.reconnects).to.be.greaterThan(1);
      } finally { await reading.close(); }
    });
    it('reconnects when its connection is killed and when the server falls silent', async () => {
      const root = await fresh(own), serverId = freeServerId(), reading = await read(own.root, 'latest', ours, { nonBlocking: false, serverId, heartbeatMs: 500, maxRetries: 60 });
      try {
        await root.query(many(0, 1));
        await idsUntil(reading, own, (event) => event.kind === 'commit');
        const [list] = await root.query<never>("SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'") as unknown as [{ ID: number }[]];
        for (const { ID } of list) await root.query(`KILL ${ID}`);
        await root.query(many(10, 2));
        expect(await idsUntil(reading, own, (event) => event.kind === 'commit')).to.deep.equal([10, 11]);
        const { reconnects } = reading.stream.stats;
        expect(reconnects).to.be.greaterThan(0);
        own.local.signal('SIGSTOP');
        for (const until = Date.now() + 20_000; reading.stream.stats.reconnects === reconnects && Date.now() < until;) { reading.stream.next(); await new Promise((resolve) => { setTimeout(resolve, 50); }); }
        own.local.signal('SIGCONT');
        expect(reading.stream.stats.reconnects).to.be.greaterThan(reconnects);
        await root.query(many(20, 2));
        expect(await idsUntil(reading, own, (event) => event.kind === 'commit')).to.deep.equal([20, 21]);
      } finally { own.local.signal('SIGCONT'); await reading.close(); root.destroy(); }
    });
    it('gives up when the server stays away', async () => {
      const root = await fresh(own), reading = await read(own.root, 'latest', ours, { nonBlocking: false, maxRetries: 2 });
      root.destroy();
      await own.local.kill();
      try {
        const failure = await failureOf((async () => { for (;;) await reading.next(); })());
        expect(failure.code).to.equal('mysql-connection-lost');
      } finally { await reading.close(); await own.local.start(); }
    });
    it('says who has taken its server id', async () => {
      const serverId = freeServerId(), first = await read(own.root, 'latest', ours, { nonBlocking: false, serverId }), root = await fresh(own);
      const second = await read(own.root, 'latest', ours, { nonBlocking: false, serverId });
      try {
        await root.query(many(0, 1));
        const failure = await failureOf((async () => { for (;;) await first.next(); })());
        expect(failure.code, failure.detail).to.equal('binlog-server-id-taken');
        expect(failure.message).to.contain(String(serverId));
        expect(failure.hint).to.contain('server-id');
        for (let kind = ''; kind !== 'commit';) kind = (await second.next()).kind;
      } finally { await first.close(); await second.close(); root.destroy(); }
    });
    it('verifies checksums, or does without', async () => {
      const root = await fresh(own), start = await endOfLog(own.root);
      await root.query("SET GLOBAL binlog_checksum = 'NONE'");
      await root.query(many(0, 3));
      await root.query("SET GLOBAL binlog_checksum = 'CRC32'");
      await root.query(many(10, 3));
      const all = await readAll(own.root, start, ours);
      expect(all.told.filter((t) => !t.startsWith('statement'))).to.deep.equal(['begin', 'insert t', 'commit', 'begin', 'insert t', 'commit', 'end']);
      await root.query("SET GLOBAL binlog_checksum = 'NONE'");
      await root.query(many(20, 3));
      expect((await readAll(own.root, all.position, ours)).told.filter((t) => !t.startsWith('statement'))).to.deep.equal(['begin', 'insert t', 'commit', 'end']);
      await root.query("SET GLOBAL binlog_checksum = 'CRC32'");
      root.destroy();
    });
    it('reads by a table that is given where the log names no columns, and sees when it is another', async () => {
      const root = await fresh(own);
      await root.query("SET GLOBAL binlog_row_metadata = 'MINIMAL'");
      root.destroy();
      const connection = await connectRoot(own, 'rvt');
      try {
        await connection.query("CREATE TABLE u (id INT UNSIGNED PRIMARY KEY, name VARCHAR(20), e ENUM('a','b,c'), n TINYINT UNSIGNED, d DECIMAL(8,2))");
        const start = await endOfLog(own.root), tables = (await tablesOf(own.root, 'rvt')).filter((t) => t.table === 'u'), wanted = new Map([['u', wantAll(tables[0]!)]]);
        await connection.query("INSERT INTO u VALUES (4294967295, 'x', 'b,c', 200, 1.25)");
        expect((await streamAll(own.root, tables, wanted, start)).get('u')).to.deep.equal([[4294967295, 'x', 'b,c', 200, 125]]);
        await connection.query('ALTER TABLE u DROP COLUMN name');
        await connection.query("INSERT INTO u VALUES (1, 'a', 1, 1)");
        expect((await failureOf(streamAll(own.root, tables, wanted, start))).code).to.equal('mysql-table-changed');
        await connection.query('ALTER TABLE u ADD COLUMN name INT AFTER id');
        const again = await endOfLog(own.root);
        await connection.query("INSERT INTO u VALUES (2, 5, 'a', 1, 1)");
        expect((await failureOf(streamAll(own.root, tables, wanted, again))).detail).to.contain('name');
      } finally { await connection.query("SET GLOBAL binlog_row_metadata = 'FULL'"); connection.destroy(); }
    });
    if (flavor === 'mariadb') {
      it('reads events that MariaDB compresses', async () => {
        const root = await fresh(own), start = await endOfLog(own.root);
        await root.query('SET GLOBAL log_bin_compress = ON; SET GLOBAL log_bin_compress_min_len = 10');
        root.destroy();
        const connection = await connectRoot(own, 'rvt');
        await connection.query(many(0, 500));
        await connection.query("UPDATE t SET v = REPEAT('w', 150) WHERE id < 300; DELETE FROM t WHERE id > 400");
        await connection.query("ALTER TABLE t COMMENT 'a long comment, a long comment, a long comment, a long comment, a long comment'");
        await connection.query('SET GLOBAL log_bin_compress = OFF');
        connection.destroy();
        const [table] = await tablesOf(own.root, 'rvt'), reading = await read(own.root, start, ours), counts: Record<string, number> = {}, columns: unknown[][] = [[], []], kinds = new Uint8Array(4096), texts: string[] = [];
        try {
          for (let event = await reading.next(); event.kind !== 'end'; event = await reading.next()) {
            if (event.kind === 'statement') texts.push(told(event)!);
            if (event.kind !== 'rows') continue;
            const n = decoderFor(event.table, table!, wantAll(table!), OPTIONS).decode(event, columns, kinds, 0, 4096, null);
            counts[event.change] = (counts[event.change] ?? 0) + n;
          }
        } finally { await reading.close(); }
        expect(counts).to.deep.equal({ insert: 500, update: 600, delete: 99 });
        expect(texts.join()).to.contain('ALTER TABLE t COMMENT');
      });
    }
    it('tells what is left when the log was purged, and when it was reset', async () => {
      const root = await fresh(own), start = await endOfLog(own.root);
      await root.query(many(0, 3));
      await root.query('FLUSH BINARY LOGS');
      const [logs] = await root.query(flavor === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS') as unknown as [{ File: string }[]], { File: file } = logs[0]!;
      // A file that a reader or the engine still needs is not purged yet.
      for (let first = ''; first !== file;) {
        await root.query(`FLUSH ENGINE LOGS; PURGE BINARY LOGS TO '${file}'`);
        first = (await root.query('SHOW BINARY LOGS') as unknown as [{ Log_name: string }[]])[0][0]!.Log_name;
      }
      for (const position of [start, { ...start, gtids: null }] satisfies BinlogPosition[]) {
        const failure = await failureOf(readAll(own.root, position, ours));
        expect(failure.code, JSON.stringify(position)).to.equal('binlog-purged');
        expect(failure.detail).to.contain(file);
        expect(failure.hint).to.contain('snapshot');
      }
      expect((await readAll(own.root, 'earliest', ours)).told.at(-1)).to.equal('end');
      await root.query(many(10, 3));
      const before = await endOfLog(own.root);
      await root.query(flavor === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
      await root.query(many(20, 3));
      expect((await failureOf(readAll(own.root, before, ours))).code).to.equal('binlog-purged');
      root.destroy();
    });
  });
}

describe('binlog: MySQL without GTIDs', function suite() {
  this.timeout(120_000);
  let own: Own;
  before(async function start() {
    const found = testServer('mysql') === undefined ? undefined : await ownServer('mysql', ['--gtid-mode=OFF', '--enforce-gtid-consistency=OFF']);
    if (found === undefined) { this.skip(); return; }
    own = found;
  });
  after(async () => { await own?.local.stop(); });

  it('resumes by file and offset, also from the begin and from a time', async () => {
    const root = await fresh(own), start = await endOfLog(own.root), from = Date.now() - 1000;
    expect(start.gtids).to.equal(null);
    await root.query(many(0, 1));
    await root.query('FLUSH BINARY LOGS');
    await root.query(many(1, 1));
    root.destroy();
    const all = await readAll(own.root, start, ours), tx = ['begin', 'insert t', 'commit'], plain = (texts: string[]): string[] => texts.filter((t) => !t.startsWith('statement'));
    expect(plain(all.told)).to.deep.equal([...tx, ...tx, 'end']);
    expect(all.gtids).to.deep.equal([null, null]);
    expect(plain((await readAll(own.root, all.commits[0]!, ours)).told)).to.deep.equal([...tx, 'end']);
    expect(plain((await readAll(own.root, 'earliest', ours)).told)).to.deep.equal([...tx, ...tx, 'end']);
    expect(plain((await readAll(own.root, { timestampMs: from }, ours)).told)).to.deep.equal([...tx, ...tx, 'end']);
    expect((await failureOf(readAll(own.root, { ...start, pos: start.pos + 7 }, ours))).code).to.equal('binlog-bad-position');
  });
  it('goes on behind a kill of the server in the middle of a transaction, each row once', async () => {
    const root = await fresh(own), start = await endOfLog(own.root);
    await root.query(many(0, 20_000, 2500));
    root.destroy();
    const reading = await read(own.root, start, ours, { nonBlocking: false, queueBytes: 50_000, maxRetries: 60 });
    let isKilled = false;
    try {
      const ids = await idsUntil(reading, own, (event) => event.kind === 'commit', async (all) => {
        if (isKilled || all.length < 3000) return;
        isKilled = true;
        await own.local.kill();
        await own.local.start();
      });
      expect(ids).to.deep.equal(range(0, 20_000));
    } finally { await reading.close(); }
  });
  it('gives no rows that were rolled back to a savepoint though MyISAM keeps the log from dropping them', async () => {
    const root = await fresh(own), start = await endOfLog(own.root);
    await root.query("CREATE TABLE m (id INT PRIMARY KEY) ENGINE = MyISAM; START TRANSACTION; INSERT INTO t VALUES (1, 'a'); SAVEPOINT s; INSERT INTO t VALUES (2, 'b'); INSERT INTO m VALUES (1); ROLLBACK TO s; INSERT INTO t VALUES (3, 'c'); COMMIT; START TRANSACTION; INSERT INTO t VALUES (4, 'd'); INSERT INTO m VALUES (2); ROLLBACK; INSERT INTO t VALUES (5, 'e')");
    const tables = await tablesOf(own.root, 'rvt'), rows = await streamAll(own.root, tables, new Map(tables.map((t) => [t.table, wantAll(t).slice(0, 1)])), start);
    expect([rows.get('t'), rows.get('m')]).to.deep.equal([[[1], [3], [5]], [[1], [2]]]);
    root.destroy();
  });
  it('refuses prepared XA transactions of captured tables', async () => {
    const root = await fresh(own), start = await endOfLog(own.root);
    await root.query("XA START 'x'; INSERT INTO t VALUES (1, 'a'); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'");
    expect((await failureOf(readAll(own.root, start, ours))).hint).to.contain('gtid_mode');
    root.destroy();
  });
});
