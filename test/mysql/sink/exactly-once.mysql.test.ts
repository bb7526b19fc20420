/**
 * Exactly-once writing and what may happen to a server in the middle of it: the case table of `sink/exactly-once.ts` row by row, lost
 * connections, deadlocks, a server killed and restarted.
 */
import { expect } from 'chai';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { BIGINT, INT, notNull } from '../../../core/types/sql-type.ts';
import { WriterDriver } from '../../connectors/support.ts';
import { eventually } from '../../faults/support.ts';
import { connectRoot, describeOnMySql, dropUser, openDatabase, ownServer, userWith, type TestDatabase, type TestServer } from '../support.ts';
import { mysqlTable, refusal } from './support.ts';

const APPENDED = { v: INT }, KEYED = { id: notNull(BIGINT), v: INT };
const EXACTLY = { 'sink.delivery-guarantee': 'exactly-once' };

describeOnMySql('mysql sink, exactly once', (given) => {
  // A user of its own: its connections can be killed without harm to others.
  let db: TestDatabase, server: TestServer;
  before(async () => {
    db = await openDatabase(given, 'rvt_eo');
    server = { ...given, root: await userWith(given, 'ALL ON *.*') };
  });
  after(async () => {
    for (const xid of await xids()) await db.run(`XA ROLLBACK '${xid}'`);
    await dropUser(given, server.root.user);
    await db.drop();
  });
  const drivers: WriterDriver[] = [];
  afterEach(async () => { for (const d of drivers.splice(0)) await d.close(); });
  const driverFor = (name: string, options: Record<string, string> = EXACTLY): WriterDriver => {
    const driver = new WriterDriver(mysqlTable(server, db, name, APPENDED, undefined, options));
    drivers.push(driver);
    return driver;
  };
  const values = async (name: string): Promise<number[]> => (await db.rows(`SELECT v FROM ${name} ORDER BY v`)).map(([v]) => Number(v));
  const recover = (driver: WriterDriver, committables: readonly Json[]): Promise<void> => driver.factory().recover?.(driver.node, committables, driver.context) ?? Promise.resolve();
  const xids = async (): Promise<string[]> => (await db.rows('XA RECOVER')).map((r) => String(r[3])).filter((x) => x.startsWith('rivulet-'));

  it('rows show when their checkpoint is complete, not before; rows of the next epoch wait', async () => {
    await db.run('CREATE TABLE a (v INT)');
    const w = await driverFor('a').open();
    await w.push([['+I', 1], ['+I', 2]]);
    const first = await w.writer.prepare(1);
    await w.push([['+I', 3]]);
    w.writer.idle?.();
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    expect(await values('a')).deep.equal([]);
    await w.writer.commit(first);
    expect(await values('a')).deep.equal([1, 2]);
    await w.writer.commit(first);
    await w.checkpoint(2);
    expect(await values('a')).deep.equal([1, 2, 3]);
    expect(await w.writer.prepare(3)).equal(null);
    expect(await db.rows('SELECT epoch, target FROM rivulet_epochs')).deep.equal([['2', `${db.name}.a`]]);
    expect(await xids()).deep.equal([]);
  });
  it('killed before XA PREPARE: nothing is left of the epoch', async () => {
    await db.run('CREATE TABLE b (v INT)');
    const w = await driverFor('b').open();
    await w.push([['+I', 1]]);
    w.writer.idle?.();
    await w.close();
    const again = driverFor('b');
    await recover(again, []);
    await again.open();
    await again.push([['+I', 1]]);
    await again.checkpoint(1);
    expect(await values('b')).deep.equal([1]);
  });
  it('killed between prepare and a durable checkpoint: rolled back by recover, or by the next writer', async () => {
    await db.run('CREATE TABLE c (v INT)');
    for (const how of ['recover', 'open'] as const) {
      const w = await driverFor('c').open();
      await w.push([['+I', 1]]);
      await w.writer.prepare(1);
      await w.close();
      expect((await xids()).length).equal(1);
      const again = driverFor('c');
      if (how === 'recover') await recover(again, []);
      await again.open();
      expect(await xids(), how).deep.equal([]);
      expect(await values('c')).deep.equal([]);
    }
  });
  it('killed between a durable checkpoint and XA COMMIT: committed by recover, once', async () => {
    await db.run('CREATE TABLE d (v INT)');
    const w = await driverFor('d').open();
    await w.push([['+I', 1], ['+I', 1]]);
    const stored = await w.writer.prepare(7);
    await w.close();
    for (let i = 0; i < 3; i++) { await recover(driverFor('d'), [stored]); expect(await values('d')).deep.equal([1, 1]); }
  });
  it('a prepared transaction that somebody rolled back is not passed over', async function () {
    this.timeout(30_000);
    await db.run('CREATE TABLE e (v INT)');
    const w = await driverFor('e').open();
    await w.push([['+I', 1]]);
    const stored = await w.writer.prepare(9);
    await w.close();
    const [xid] = await xids();
    await db.run(`XA ROLLBACK '${xid}'`);
    const error = await refusal(recover(driverFor('e'), [stored]));
    expect([error.code, error.retry]).deep.equal(['mysql-transaction-lost', 'never']);
    expect(error.message).contain('checkpoint 9').and.contain(`"${db.name}.e"`);
  });
  it('a lost connection takes the epoch with it, and the job back to its checkpoint', async function () {
    this.timeout(40_000);
    await db.run('CREATE TABLE f (v INT)');
    const w = await driverFor('f').open();
    await w.push([['+I', 1]]);
    w.writer.idle?.();
    // Killed before its first row it would just begin again.
    await eventually('the row in its transaction', async () => {
      // The view is not made anew while it is looked at more often than every 0.1 s.
      await new Promise((resolve) => { setTimeout(resolve, 150); });
      return (await db.rows('SELECT 1 FROM information_schema.innodb_trx AS t JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id WHERE p.user = ? AND t.trx_rows_modified > 0', [server.root.user])).length > 0;
    }, 30_000);
    await killConnections(db, server.root.user);
    await w.push([['+I', 2]]);
    const error = await refusal(w.writer.prepare(1));
    expect(error.retry).equal('restart');
    const again = driverFor('f');
    await recover(again, []);
    await again.open();
    await again.push([['+I', 1], ['+I', 2]]);
    await again.checkpoint(1);
    expect(await values('f')).deep.equal([1, 2]);
  });
});

/** All connections of a user but the one that asks. */
async function killConnections(db: TestDatabase, user: string): Promise<void> {
  const rows = await db.rows('SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user = ?', [user]);
  for (const [id] of rows) await db.run(`KILL ${String(id)}`).catch(() => {});
}

describeOnMySql('mysql sink, faults', (given) => {
  let server: TestServer, db: TestDatabase, own: Awaited<ReturnType<typeof ownServer>>;
  before(async function () {
    this.timeout(120_000);
    own = await ownServer(given.flavor);
    if (own === undefined) this.skip();
    server = own;
    db = await openDatabase(server, 'rvt_faults');
  });
  after(async () => { await own?.local.stop(); });
  const open = async (name: string, options: Record<string, string> = {}): Promise<WriterDriver> => new WriterDriver(mysqlTable(server, db, name, KEYED, ['id'], options)).open();

  it('connections killed again and again while rows are written: all there, the retries counted', async () => {
    await db.run('CREATE TABLE a (id BIGINT PRIMARY KEY, v INT)');
    const w = await open('a', { 'sink.max-retries': '10', 'sink.buffer-flush.max-rows': '500' });
    for (let i = 0; i < 20_000; i += 500) {
      await w.push(Array.from({ length: 500 }, (_, j) => ['+U', (i + j) % 7000, i + j]));
      if (i % 4000 === 2000) await killConnections(db, server.root.user);
    }
    await w.checkpoint();
    await w.close();
    expect(await db.rows('SELECT COUNT(*), SUM(v) FROM a')).deep.equal([['7000', String(Array.from({ length: 7000 }, (_, k) => k + 7000 * (k + 14_000 < 20_000 ? 2 : 1)).reduce((a, b) => a + b))]]);
    expect(w.context.counters.get('sinkRetries')?.value).greaterThan(0);
  });
  it('deadlocks with other writers are sent again', async () => {
    await db.run('CREATE TABLE b (id BIGINT PRIMARY KEY, v INT); INSERT INTO b SELECT id, 0 FROM a WHERE id < 200');
    const w = await open('b', { 'sink.max-retries': '50' }), other = await connectRoot(server, db.name);
    let isOver = false;
    const rival = (async (): Promise<void> => {
      while (!isOver) {
        try { await other.query('START TRANSACTION'); await other.query('UPDATE b SET v = v WHERE id = 199'); await other.query('UPDATE b SET v = v WHERE id = 0'); await other.query('UPDATE b SET v = v'); await other.query('COMMIT'); } catch { await other.query('ROLLBACK'); }
      }
    })();
    for (let i = 1; i <= 60; i++) { await w.push(Array.from({ length: 200 }, (_, j) => ['+U', i % 2 === 0 ? j : 199 - j, i])); await w.checkpoint(i); }
    isOver = true;
    await rival;
    await other.end();
    await w.close();
    expect(await db.rows('SELECT COUNT(*), MIN(v), MAX(v) FROM b')).deep.equal([['200', 60, 60]]);
  });
  it('the server is killed and started again in the middle: retried, or given up by a name', async function () {
    this.timeout(120_000);
    const { local } = own as NonNullable<typeof own>;
    await db.run('CREATE TABLE c (id BIGINT PRIMARY KEY, v INT)');
    const w = await open('c', { 'sink.max-retries': '20', 'sink.buffer-flush.max-rows': '1000' });
    for (let i = 0; i < 10; i++) await w.push(Array.from({ length: 1000 }, (_, j) => ['+I', i * 1000 + j, j]));
    await local.kill();
    for (let i = 10; i < 20; i++) await w.push(Array.from({ length: 1000 }, (_, j) => ['+I', i * 1000 + j, j]));
    const prepared = w.writer.prepare(1);
    await new Promise((resolve) => { setTimeout(resolve, 500); });
    await local.start();
    await prepared;
    await w.close();
    db = { ...db, connection: await connectRoot(server, db.name) };
    const [rows] = await db.connection.query({ sql: 'SELECT COUNT(*), SUM(v) FROM c', rowsAsArray: true });
    expect(JSON.parse(JSON.stringify(rows))).deep.equal([['20000', String(20 * 499_500)]]);
    await local.kill();
    const failing = new WriterDriver(mysqlTable(server, db, 'c', KEYED, ['id'], { 'sink.max-retries': '1' }));
    expect((await refusal(failing.open())).code).equal('mysql-unreachable');
    await failing.close();
    await local.start();
  });
});
