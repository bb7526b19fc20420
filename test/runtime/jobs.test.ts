/** Jobs end to end in worker threads with fake connectors: one and two subtasks, checkpoints, restarts, stops, savepoints, queries. */
import { expect } from 'chai';
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import type { JobManager } from '../../runtime/jobs/contract.ts';
import { collect, counts, fileNumbers, leftJoin, ledgerFolder, limitTo, materialized, newFolder, numbers, openManager, planOf, sink, statusIs, until } from './support/plans.ts';
import { ledgerRows } from './support/registry.ts';

const submit = (manager: JobManager, plan: ReturnType<typeof planOf>, settings: Record<string, string> = {}): Promise<string> => manager.submit({ name: 'test job', sql: 'INSERT INTO …', plan, settings });
/** 4 splits of 1,000 rows over 10 keys: 400 per key. */
const COMPLETE = new Map(Array.from({ length: 10 }, (_, key) => [key, 400]));

describe('jobs', () => {
  let manager: JobManager, dataDir: string;
  beforeEach(async () => { dataDir = newFolder(); manager = await openManager(dataDir); });
  afterEach(() => manager.shutdown());

  for (const parallelism of ['1', '2', '3']) {
    it(`runs a bounded job to its end and commits everything once, parallelism ${parallelism}`, async () => {
      const folder = ledgerFolder(dataDir);
      const id = await submit(manager, planOf(numbers({}), counts(), sink('ledger', { folder }, 'agg')), { 'parallelism.default': parallelism });
      expect((await manager.waitFor(id)).status).to.equal('FINISHED');
      expect(materialized(ledgerRows(folder))).to.deep.equal(COMPLETE);
      const detail = await manager.detail(id);
      expect(detail?.nodes.map((node) => [node.id, node.recordsIn])).to.deep.equal([['src', 0], ['agg', 4000], ['snk', 7990]]);
      expect(detail?.checkpoints[0]).to.include({ kind: 'final', status: 'completed' });
    });
  }
  for (const parallelism of ['1', '2']) {
    it(`lets no barrier into a transaction of a source, parallelism ${parallelism}`, async () => {
      const folder = ledgerFolder(dataDir);
      // Batches of 7 rows meet the end of a transaction of 50 rarely by themselves.
      const id = await submit(manager, planOf(numbers({ splits: 1, count: 100_000, paceMs: 1, batch: 7, transaction: 50 }), sink('ledger', { folder }, 'src', { columns: numbers({}).columns })), { 'parallelism.default': parallelism, 'execution.checkpointing.interval': '1 h' });
      await statusIs(manager, id, 'RUNNING');
      for (let i = 0; i < 5; i++) expect((await manager.checkpoint(id)).status).to.equal('completed');
      expect((await manager.detail(id))?.nodes[0]?.progress[0]).to.have.property('rows');
      await manager.stop(id, { savepoint: true });
      const sizes = readdirSync(folder).filter((file) => file.startsWith('done-')).map((file) => ledgerRows(folder, file).length);
      expect(sizes.length).to.be.greaterThan(2);
      expect(sizes.filter((size) => size % 50 !== 0)).to.deep.equal([]);
    });
  }
  it('gives a source the number of subtasks it asks for', async () => {
    const folder = ledgerFolder(dataDir), one = { ...numbers({}), parallelism: 1 };
    const id = await submit(manager, planOf(one, counts(), sink('ledger', { folder }, 'agg')), { 'parallelism.default': '3' });
    await manager.waitFor(id);
    expect(materialized(ledgerRows(folder))).to.deep.equal(COMPLETE);
    const [source, aggregate] = (await manager.detail(id))?.nodes ?? [];
    expect([source?.activity.length, aggregate?.recordsIn]).to.deep.equal([1, 4000]);
  });
  it('reads a shared source once for two sinks and drops nothing of either', async () => {
    const one = ledgerFolder(dataDir, 'one'), two = ledgerFolder(dataDir, 'two');
    const id = await submit(manager, planOf(numbers({}), counts(), sink('ledger', { folder: one }, 'agg'), sink('ledger', { folder: two }, 'src', { id: 'raw', columns: numbers({}).columns })));
    await manager.waitFor(id);
    expect(materialized(ledgerRows(one))).to.deep.equal(COMPLETE);
    expect(new Set(ledgerRows(two))).to.have.lengthOf(4000);
  });
  it('stops with a savepoint, goes on from it as another job at another parallelism, and refuses a plan that lacks its operators', async () => {
    const folder = ledgerFolder(dataDir), plan = planOf(numbers({ paceMs: 2, batch: 20 }), counts(), sink('ledger', { folder }, 'agg'));
    // Ledger files sort by epoch, and the second job counts epochs anew: no checkpoints but the savepoint.
    const id = await submit(manager, plan, { 'parallelism.default': '1', 'execution.checkpointing.interval': '0 ms' });
    await until('some rows', async () => ((await manager.detail(id))?.nodes[1]?.recordsIn ?? 0) > 100);
    const { savepointPath } = await manager.stop(id, { savepoint: true });
    expect(manager.summary(id)?.status).to.equal('FINISHED');
    const rowsAtStop = ledgerRows(folder).length;
    expect(rowsAtStop).to.be.within(100, 7000);
    expect((await manager.savepoints()).map((savepoint) => savepoint.path)).to.deep.equal([savepointPath]);
    const settings = { 'execution.savepoint.path': savepointPath as string, 'parallelism.default': '2' };
    const other = planOf(numbers({}, 'src2'), counts('src2', 'agg2'), sink('ledger', { folder }, 'agg2'));
    await submit(manager, other, settings).then(() => expect.fail('accepted'), (error: { code: string }) => expect(error.code).to.equal('state-not-claimed'));
    const second = await submit(manager, plan, settings);
    await manager.waitFor(second);
    expect(materialized(ledgerRows(folder))).to.deep.equal(COMPLETE);
    expect((await manager.detail(second))?.restoredFrom).to.match(/^checkpoint/);
  });
  for (const [first, second] of [['1', '3'], ['3', '2']] as const) {
    it(`keeps a join right when it stops at parallelism ${first} and goes on at ${second}`, async () => {
      const folder = ledgerFolder(dataDir), pace = { count: 60, keys: 20, paceMs: 1, batch: 6 };
      const joined = leftJoin('left', 'right'), plan = planOf(numbers({ ...pace, splits: 5 }, 'left'), numbers({ ...pace, splits: 2 }, 'right'), joined, sink('ledger', { folder }, 'join', { columns: joined.columns }));
      const id = await submit(manager, plan, { 'parallelism.default': first, 'execution.checkpointing.interval': '0 ms' });
      await until('some rows', async () => ((await manager.detail(id))?.nodes[2]?.recordsIn ?? 0) > 60);
      const { savepointPath } = await manager.stop(id, { savepoint: true });
      await manager.waitFor(await submit(manager, plan, { 'execution.savepoint.path': savepointPath as string, 'parallelism.default': second }));
      const balance = new Map<string, number>();
      for (const line of ledgerRows(folder)) { const row = line.slice(2); balance.set(row, (balance.get(row) ?? 0) + (/^[+][IU]/.test(line) ? 1 : -1)); }
      const rows = [...balance].filter(([, count]) => count !== 0), wrong = rows.filter(([, count]) => count !== 1);
      expect(wrong).to.deep.equal([]);
      expect(rows.some(([row]) => row.includes('null'))).to.equal(false);
      expect(rows).to.have.lengthOf(300 * 120 / 20);
    });
  }
  it('restarts after a failure from the last checkpoint and shows the failure', async () => {
    const folder = ledgerFolder(dataDir);
    const plan = planOf(numbers({ paceMs: 1, batch: 20, failAt: 700, failFile: join(dataDir, 'failed') }), counts(), sink('ledger', { folder }, 'agg'));
    const id = await submit(manager, plan, { 'execution.checkpointing.interval': '10 ms', 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.delay': '1 ms' });
    await manager.waitFor(id);
    expect(materialized(ledgerRows(folder))).to.deep.equal(COMPLETE);
    const detail = await manager.detail(id);
    expect(detail).to.include({ restarts: 1, lastError: 'failure at 700' });
    expect(detail?.exceptions[0]).to.include({ code: 'test-failure', nodeId: 'src' });
    expect(detail?.restoredFrom).to.match(/^checkpoint \d+$/);
  });
  it('fails for good when the strategy gives up, and at once when the same input would fail again; the other job runs on', async () => {
    const plan = (spec: object) => planOf(numbers(spec), counts(), sink('slow', {}, 'agg'));
    const other = await submit(manager, plan({ end: 'idle' }));
    const poisoned = await submit(manager, plan({ poisonAt: 50 }));
    await statusIs(manager, poisoned, 'FAILED');
    expect(manager.summary(poisoned)).to.include({ restarts: 0, lastError: 'poison at 50' });
    await manager.waitFor(poisoned).then(() => expect.fail('resolved'), (error: { sqlstate: string }) => expect(error.sqlstate).to.equal('22000'));
    const hopeless = await submit(manager, plan({ failAt: 5, failFile: join(dataDir, 'once') }), { 'restart-strategy.type': 'none' });
    await statusIs(manager, hopeless, 'FAILED');
    expect(manager.summary(other)?.status).to.equal('RUNNING');
    await manager.drop(poisoned);
    expect(manager.summary(poisoned)).to.equal(undefined);
  });
  it('survives the death of a worker thread: its jobs restart from their checkpoints', async () => {
    const folder = ledgerFolder(dataDir);
    const plan = planOf(numbers({ paceMs: 1, batch: 20, exitThreadAt: 600, failFile: join(dataDir, 'died') }), counts(), sink('ledger', { folder }, 'agg'));
    const id = await submit(manager, plan, { 'execution.checkpointing.interval': '10 ms', 'restart-strategy.exponential-delay.initial-backoff': '1 ms' });
    await manager.waitFor(id);
    expect(materialized(ledgerRows(folder))).to.deep.equal(COMPLETE);
    expect(manager.summary(id)?.lastError).to.match(/^worker thread \d died$/);
  });
  it('brings jobs back with their state when the server starts again, and keeps the status of ended ones', async () => {
    const file = join(dataDir, 'numbers'), folder = ledgerFolder(dataDir);
    writeFileSync(file, '1\n2\n11\n');
    const id = await submit(manager, planOf(fileNumbers(file), counts(), sink('ledger', { folder }, 'agg')));
    const cancelled = await submit(manager, planOf(numbers({ end: 'idle' }), counts(), sink('slow', {}, 'agg')));
    await statusIs(manager, cancelled, 'RUNNING');
    await manager.cancel(cancelled);
    await until('rows', async () => (await manager.detail(id))?.nodes[2]?.recordsIn === 4);
    await manager.shutdown();
    expect(materialized(ledgerRows(folder))).to.deep.equal(new Map([[1, 2], [2, 1]]));
    appendFileSync(file, '12\n1\n');
    manager = await openManager(dataDir, { parallelism: 1 });
    await statusIs(manager, id, 'RUNNING');
    expect(manager.summary(cancelled)?.status).to.equal('CANCELED');
    await until('rows', async () => (await manager.detail(id))?.nodes[2]?.recordsIn === 4);
    expect(await manager.checkpoint(id)).to.include({ status: 'completed' });
    expect(materialized(ledgerRows(folder))).to.deep.equal(new Map([[1, 3], [2, 2]]));
    await manager.restart(id, { from: 'initial' });
    await statusIs(manager, id, 'RUNNING');
    await until('all rows again', async () => (await manager.detail(id))?.nodes[2]?.recordsIn === 8);
  });
  it('falls back to the checkpoint before a damaged one, and refuses to start from nothing when all are damaged', async () => {
    const file = join(dataDir, 'numbers'), folder = ledgerFolder(dataDir);
    writeFileSync(file, '1\n');
    const id = await submit(manager, planOf(fileNumbers(file), counts(), sink('ledger', { folder }, 'agg')), { 'parallelism.default': '1', 'execution.checkpointing.interval': '0 ms' });
    await until('the first row', async () => (await manager.detail(id))?.nodes[2]?.recordsIn === 1);
    await manager.checkpoint(id);
    appendFileSync(file, '2\n');
    await until('the second row', async () => (await manager.detail(id))?.nodes[2]?.recordsIn === 2);
    await manager.shutdown();
    const damage = async (which: number): Promise<void> => {
      const raw = new Level<string, Uint8Array>(join(dataDir, 'state'), { valueEncoding: 'view' }), keys = await raw.keys({ gt: 'b/', lt: 'b0' }).all();
      await raw.put(keys.at(which) as string, new Uint8Array(10));
      await raw.close();
    };
    await damage(-1);
    manager = await openManager(dataDir);
    await statusIs(manager, id, 'RUNNING');
    expect((await manager.detail(id))?.restoredFrom).to.equal('checkpoint 1');
    await until('the second row again', async () => (await manager.detail(id))?.nodes[2]?.recordsIn === 1);
    await manager.shutdown();
    await damage(0);
    manager = await openManager(dataDir);
    await statusIs(manager, id, 'FAILED');
    expect(manager.summary(id)?.lastError).to.match(/^no retained checkpoint of job/);
    expect((await manager.detail(id))?.exceptions[0]?.detail).to.match(/its? .*bytes|checksum|missing/);
  });
  it('fails when a checkpoint takes longer than its timeout, and says what it waited for', async () => {
    const settings = { 'execution.checkpointing.interval': '5 ms', 'execution.checkpointing.timeout': '50 ms', 'restart-strategy.type': 'none' };
    const id = await submit(manager, planOf(numbers({ end: 'idle' }), counts(), sink('stuck', {}, 'agg')), settings);
    await statusIs(manager, id, 'FAILED');
    expect((await manager.detail(id))?.exceptions[0]).to.include({ code: 'checkpoint-timed-out', detail: 'Waiting for barriers or sinks of subtask 0, 1.' });
    expect((await manager.detail(id))?.checkpoints[0]?.status).to.equal('failed');
  });
  it('can be cancelled, restarted and dropped while it still opens its sources', async () => {
    const id = await submit(manager, planOf({ ...numbers({}), connector: 'unreachable' } as ReturnType<typeof numbers>, counts(), sink('slow', {}, 'agg')));
    expect(manager.summary(id)?.status).to.equal('INITIALIZING');
    await manager.cancel(id);
    expect(manager.summary(id)?.status).to.equal('CANCELED');
    await manager.restart(id, { from: 'latest' });
    expect(manager.summary(id)?.status).to.equal('INITIALIZING');
    await manager.drop(id);
    expect(manager.list()).to.deep.equal([]);
  });
  it('does not poll its sources while a sink is full', async () => {
    const id = await submit(manager, planOf(numbers({ count: 50_000, keys: 1000, batch: 1000 }), counts(), sink('slow', {}, 'agg')));
    await manager.waitFor(id);
    const held = (await manager.detail(id))?.nodes[2]?.counters['mostHeld'] ?? 0;
    expect(held).to.be.within(2000, 12_000);
  });
  it('prints lines in order, keeps them and lets others follow', async () => {
    const file = join(dataDir, 'numbers'), out: string[] = [];
    writeFileSync(file, '');
    await manager.shutdown();
    manager = await openManager(newFolder(), { printTo: async (_stream, text) => { out.push(text); } });
    const id = await submit(manager, planOf(fileNumbers(file), sink('lines', {}, 'src', { exchange: { kind: 'single' }, id: 'printer' })));
    await statusIs(manager, id, 'RUNNING');
    const abort = new AbortController(), followed = manager.followPrinted(id, { signal: abort.signal })[Symbol.asyncIterator]();
    appendFileSync(file, '7\n8\n');
    expect((await followed.next()).value).to.deep.equal({ sink: 'printer', sequence: 1, text: '+I[7, 7, 1]' });
    expect((await followed.next()).value).to.include({ sequence: 2 });
    expect(manager.printed(id, { tail: 1 })).to.deep.equal([{ sink: 'printer', sequence: 2, text: '+I[8, 8, 1]' }]);
    await until('output', () => out.join('') === '+I[7, 7, 1]\n+I[8, 8, 1]\n');
    const last = followed.next();
    abort.abort();
    expect((await last).done).to.equal(true);
  });

  describe('queries', () => {
    it('stream all rows of a bounded plan and end', async () => {
      let rows = 0;
      for await (const chunk of manager.runQuery(planOf(numbers({ count: 5000 }), collect('src')), { signal: new AbortController().signal })) rows += chunk.rows.length;
      expect(rows).to.equal(20_000);
    });
    it('end at LIMIT although their source never does', async () => {
      const got: unknown[] = [];
      for await (const chunk of manager.runQuery(planOf(numbers({ count: 1e9, end: 'idle' }), limitTo('src', 5), collect('lim')), { signal: new AbortController().signal })) got.push(...chunk.rows);
      expect(got).to.have.lengthOf(5);
    });
    it('read no further ahead than the window while nobody takes rows, and end when aborted', async () => {
      const abort = new AbortController(), iterator = manager.runQuery(planOf(numbers({ count: 1e9, end: 'idle', batch: 1000 }), collect('src')), { signal: abort.signal })[Symbol.asyncIterator]();
      const first = (await iterator.next()).value as { rows: unknown[][] };
      expect(first.rows[0]).to.have.lengthOf(3);
      abort.abort();
      await iterator.next().then(() => expect.fail('went on'), (error: { sqlstate: string }) => expect(error.sqlstate).to.equal('57014'));
    });
    it('report the error of their source', async () => {
      const iterator = manager.runQuery(planOf(numbers({ poisonAt: 3 }), collect('src')), { signal: new AbortController().signal })[Symbol.asyncIterator]();
      await iterator.next().then(() => expect.fail('went on'), (error: { code: string }) => expect(error.code).to.equal('test-poison'));
    });
  });
  it('refuses a data directory another server uses', async () => {
    await openManager(dataDir).then(() => expect.fail('opened'), (error: { code: string }) => expect(error.code).to.equal('data-directory-in-use'));
  });
  it('refuses what the status does not allow', async () => {
    const id = await submit(manager, planOf(numbers({}), counts(), sink('slow', {}, 'agg')));
    await manager.waitFor(id);
    await manager.stop(id, { savepoint: true }).then(() => expect.fail('stopped'), (error: { code: string }) => expect(error.code).to.equal('job-wrong-status'));
    await manager.savepoint(id).then(() => expect.fail('taken'), (error: { code: string }) => expect(error.code).to.equal('job-wrong-status'));
    await manager.cancel('00').then(() => expect.fail('cancelled'), (error: { code: string }) => expect(error.code).to.equal('job-not-found'));
  });
});
