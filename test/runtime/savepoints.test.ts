/** Starting from savepoints and checkpoints, disposing of savepoints, and what of a job is known after a restart of the server. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Level } from 'level';
import type { JobRecord } from '../../runtime/jobs/job.ts';
import { APPEND } from '../../catalog/registry/connectors.ts';
import { INT } from '../../core/types/sql-type.ts';
import type { PhysicalNode } from '../../planner/physical/plan.ts';
import { StateStore } from '../../runtime/checkpoint/store.ts';
import { silentLog } from '../../core/ports/log.ts';
import type { JobManager } from '../../runtime/jobs/contract.ts';
import { counts, fileNumbers, ledgerFolder, materialized, newFolder, numbers, openManager, planOf, sink, statusIs, until } from './support/plans.ts';
import { ledgerRows } from './support/registry.ts';

const submit = (manager: JobManager, plan: ReturnType<typeof planOf>, settings: Record<string, string> = {}): Promise<string> => manager.submit({ name: 'test job', sql: 'INSERT INTO …', plan, settings });
const code = (action: Promise<unknown>): Promise<string> => action.then(() => 'done', (error: { code?: string }) => String(error.code ?? error));

const values = (n: number): PhysicalNode => ({ changelog: APPEND, upsertKeys: [], type: 'values', id: 'val', inputs: [], columns: [{ name: 'n', type: INT }], label: 'Values', rows: [[{ op: 'literal', type: INT, value: n }]] });

describe('savepoints and starting states', () => {
  let manager: JobManager, dataDir: string;
  beforeEach(async () => { dataDir = newFolder(); manager = await openManager(dataDir); });
  afterEach(() => manager.shutdown());

  /** A job that has counted three rows of a file, and its ledger. */
  const counting = async (): Promise<{ id: string; file: string; folder: string; plan: ReturnType<typeof planOf> }> => {
    const file = join(dataDir, 'numbers'), folder = ledgerFolder(dataDir);
    writeFileSync(file, '1\n2\n11\n');
    const plan = planOf(fileNumbers(file), counts(), sink('ledger', { folder }, 'agg')), id = await submit(manager, plan, { 'execution.checkpointing.interval': '20 ms', 'parallelism.default': '1' });
    await until('three rows', () => materialized(ledgerRows(folder)).get(1) === 2);
    return { id, file, folder, plan };
  };

  it('another job goes on from a checkpoint of one that is down, from the newest or a named one; not from one that runs', async () => {
    const { id, file, folder, plan } = await counting();
    expect(await code(submit(manager, plan, { 'execution.savepoint.path': `checkpoint:${id}` }))).to.equal('job-wrong-status');
    await manager.cancel(id);
    const [newest] = manager.checkpoints();
    expect(newest).to.include({ jobId: id, jobName: 'test job' });
    writeFileSync(file, '1\n2\n11\n21\n');
    for (const path of [`checkpoint:${id}`, newest?.path as string]) {
      expect((await manager.startingState(path)).nodes.map((node) => [node.id, node.bytes > 0, node.hasPositions])).to.have.deep.members([['agg', true, false], ['src', false, true]]);
      const own = ledgerFolder(dataDir, `own-${path.length}`), next = await submit(manager, planOf(fileNumbers(file), counts(), sink('ledger', { folder: own }, 'agg')), { 'execution.savepoint.path': path, 'execution.checkpointing.interval': '20 ms' });
      await until('the row since', () => ledgerRows(own).length === 2);
      expect(ledgerRows(own).sort()).to.deep.equal(['+U[1, 3]', '-U[1, 2]']);
      await manager.drop(next);
    }
    expect(materialized(ledgerRows(folder)).get(1)).to.equal(2);
    expect(await code(manager.startingState(`checkpoint:${id}/99999`))).to.equal('savepoint-unreadable');
    expect(await code(manager.startingState('checkpoint:nobody'))).to.equal('job-not-found');
    expect(await code(manager.startingState('nowhere'))).to.equal('savepoint-missing');
  });
  it('rows of VALUES are said once, also when a checkpoint comes before the restored job has come by them again', async () => {
    const folder = ledgerFolder(dataDir), file = join(dataDir, 'numbers');
    writeFileSync(file, '1\n');
    const word = values(7), plan = planOf(fileNumbers(file), word, sink('ledger', { folder: ledgerFolder(dataDir, 'other') }, 'src', { id: 'other', columns: fileNumbers(file).columns }), sink('ledger', { folder }, word.id, { columns: word.columns }));
    let id = await submit(manager, plan, { 'execution.checkpointing.interval': '0 ms' });
    await statusIs(manager, id, 'RUNNING');
    for (let i = 0; i < 8; i++) {
      const { savepointPath } = await manager.stop(id, { savepoint: true });
      id = await submit(manager, plan, { 'execution.savepoint.path': savepointPath as string, 'execution.checkpointing.interval': '0 ms', 'parallelism.default': i % 2 === 0 ? '1' : '2' });
      // Not a turn later than it runs: the checkpoint of the stop is on its way before the job's first batch.
      while (manager.summary(id)?.status !== 'RUNNING') await new Promise((resolve) => { setImmediate(resolve); });
    }
    await manager.stop(id, { savepoint: true });
    expect(ledgerRows(folder)).to.deep.equal(['+I[7]']);
  });
  it('a job goes back to a checkpoint of its own', async () => {
    const { id } = await counting(), path = manager.checkpoints()[0]?.path as string;
    await manager.restart(id, { from: { savepointPath: path } });
    await statusIs(manager, id, 'RUNNING');
    expect((await manager.detail(id))?.restoredFrom).to.match(/^checkpoint/);
  });
  it('a savepoint can be removed, also by a file URL; other folders and other programs\' files are left alone', async () => {
    const { id } = await counting(), { savepointPath } = await manager.savepoint(id);
    expect((await manager.startingState(`file://${savepointPath}`)).path).to.equal(savepointPath);
    const foreign = join(dataDir, 'foreign');
    mkdirSync(foreign);
    expect(await code(manager.dropSavepoint(foreign))).to.equal('savepoint-missing');
    writeFileSync(join(foreign, 'manifest.json'), '{"name":"web app"}');
    expect(await code(manager.dropSavepoint(foreign))).to.equal('savepoint-unreadable');
    expect(readdirSync(foreign)).to.deep.equal(['manifest.json']);
    writeFileSync(join(savepointPath, 'notes.txt'), 'mine');
    await manager.dropSavepoint(savepointPath);
    expect(readdirSync(savepointPath)).to.deep.equal(['notes.txt']);
    expect(await manager.savepoints()).to.deep.equal([]);
    const second = (await manager.savepoint(id)).savepointPath;
    await manager.dropSavepoint(`file://${second}`);
    expect(existsSync(second)).to.equal(false);
  });
  it('statuses and failures are known after a restart of the server, also while the job is between two tries', async () => {
    const plan = planOf(numbers({ failAt: 5, failFile: join(dataDir, 'once'), end: 'idle' }), counts(), sink('slow', {}, 'agg'));
    const id = await submit(manager, plan, { 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.delay': '1 h' });
    await statusIs(manager, id, 'RESTARTING');
    const before = await manager.detail(id);
    expect(before?.statuses.map((s) => s.status)).to.deep.equal(['RESTARTING', 'FAILING', 'RUNNING', 'INITIALIZING']);
    expect(before?.nextRestartMs).to.be.greaterThan(Date.now() + 3_000_000);
    await manager.shutdown();
    manager = await openManager(dataDir);
    await statusIs(manager, id, 'RUNNING');
    const after = await manager.detail(id);
    expect(after?.statuses.slice(0, 4).map((s) => s.status)).to.deep.equal(['RUNNING', 'INITIALIZING', 'RESTARTING', 'FAILING']);
    expect([after?.exceptions[0]?.code, after?.nextRestartMs]).to.deep.equal(['test-failure', undefined]);
  });
  it('a job whose definition is damaged is listed as FAILED with the reason; it cannot be started, its state can be taken out, and it can be dropped; the others run', async () => {
    const first = await counting(), { id } = await counting();
    await statusIs(manager, id, 'RUNNING');
    await manager.checkpoint(id);
    await manager.shutdown();
    const raw = new Level<string, Buffer>(join(dataDir, 'state'), { valueEncoding: 'buffer' }), value = await raw.get(`j/${id}`) as Buffer;
    value[value.length >> 1] = (value[value.length >> 1] as number) ^ 4;
    await raw.put(`j/${id}`, value);
    await raw.close();
    for (const start of ['first', 'second']) {
      manager = await openManager(dataDir);
      await statusIs(manager, first.id, 'RUNNING');
      const detail = await manager.detail(id);
      expect(detail, start).to.include({ status: 'FAILED', problem: 'a job definition is damaged' });
      expect(detail?.exceptions[0]).to.include({ code: 'state-damaged', detail: `"${join(dataDir, 'state')} (j/${id})": its checksum does not match.` });
      for (const from of ['latest', 'initial'] as const) expect(await manager.restart(id, { from }).catch((error: { code: string }) => error.code)).to.equal('state-damaged');
      expect((await manager.savepoint(id)).savepointPath).to.contain('savepoints');
      if (start === 'first') await manager.shutdown();
    }
    await manager.drop(id);
    await manager.shutdown();
    manager = await openManager(dataDir);
    expect(manager.list().map((job) => job.id)).to.deep.equal([first.id]);
  });
  it('keeps as many checkpoints as execution.checkpointing.num-retained says, or its older name; two by default, never none', async () => {
    const plan = planOf(numbers({ paceMs: 1, batch: 5, end: 'idle' }), counts(), sink('blackhole', {}, 'agg')), ids = new Map<string, number>();
    for (const [settings, kept] of [[{}, 2], [{ 'execution.checkpointing.num-retained': '4' }, 4], [{ 'state.checkpoints.num-retained': '1' }, 1], [{ 'state.checkpoints.num-retained': '1', 'execution.checkpointing.num-retained': '3' }, 3]] as const) {
      ids.set(await manager.submit({ name: 'job', sql: '', plan, settings: { 'execution.checkpointing.interval': '10 ms', ...settings } }), kept);
    }
    for (const id of ids.keys()) await until('six checkpoints', async () => ((await manager.detail(id))?.checkpoints.filter((one) => one.status === 'completed').length ?? 0) >= 6);
    await manager.shutdown();
    const store = await StateStore.open(dataDir, silentLog);
    try { for (const [id, kept] of ids) expect((await store.manifests(id)).length).to.equal(kept); } finally { await store.close(); }
    manager = await openManager(dataDir, { leaveStopped: true });
    expect(await manager.submit({ name: 'job', sql: '', plan, settings: { 'execution.checkpointing.num-retained': '0' } }).catch((error: { code: string }) => error.code)).to.equal('invalid-option-value');
  });
  it('a job whose stored settings cannot be read is listed as FAILED with the reason, and can be dropped; the others run', async () => {
    const { id } = await counting();
    await manager.shutdown();
    const store = await StateStore.open(dataDir, silentLog), record = (await store.jobs())[0]?.record as JobRecord;
    await store.putJob('f'.repeat(32), { ...record, id: 'f'.repeat(32), name: 'broken', settings: { 'execution.checkpointing.interval': 'never' } });
    await store.close();
    manager = await openManager(dataDir);
    await statusIs(manager, 'f'.repeat(32), 'FAILED');
    await statusIs(manager, id, 'RUNNING');
    expect((await manager.detail('f'.repeat(32)))?.exceptions[0]?.code).to.equal('invalid-option-value');
    await manager.drop('f'.repeat(32));
    expect(manager.list().map((job) => job.id)).to.deep.equal([id]);
  });
});
