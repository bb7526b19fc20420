/**
 * Disks that answer with errors, clocks that jump, folders that cannot be used: the real server, its system calls bent by the shim. faults.md
 * B4, B5, B6, B7, A11.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, ServerProcess } from '../e2e/server-process.ts';
import { newFolder } from '../runtime/support/plans.ts';
import { Shim } from './shim/shim.ts';
import { completedEpochs, expectCounted, factsOf, newestOf, summing } from './sums.ts';

const isLong = process.env['RIVULET_LONG'] === '1';
const root = new URL('../../', import.meta.url).pathname;

describe('disk errors', function () {
  this.timeout(60_000);
  const servers: ServerProcess[] = [];
  afterEach(async () => { for (const server of servers.splice(0)) await server.end('SIGKILL'); });
  const launch = async (dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> => {
    const server = new ServerProcess(dataDir, ['--parallelism', '1']);
    servers.push(server);
    await server.launch(env);
    return server;
  };
  const submit = async (server: ServerProcess, rate: number, settings: string): Promise<string> => {
    const { body } = await server.sql(summing(rate, settings));
    expect(body.error).to.equal(undefined);
    return String(body.results?.at(-1)?.rows[0]?.[0]);
  };

  it('B5: a sync or a write that ends with EIO: the checkpoint has failed and says so, the old one stands, later ones are true; also after a kill in between', async function () {
    const dataDir = join(newFolder(), 'data'), shim = Shim.for(dataDir);
    if (shim === undefined) { this.skip(); return; }
    const server = await launch(dataDir, shim.env), id = await submit(server, 1200, "SET 'execution.checkpointing.interval'='50 ms'");
    for (const faults of [{ syncs: 'EIO' }, { writes: 'EIO' }, { syncs: 'EIO', after: 1 }] as const) {
      const before = newestOf(await eventually('a checkpoint', async () => { const one = await factsOf(server, id); return one.problem === undefined && newestOf(one) > 1 && one; }));
      shim.set(faults);
      const failing = await eventually('the failure to show', async () => { const one = await factsOf(server, id); return one.problem !== undefined && one; });
      expect(failing.problem).to.match(/could not be written: .*(i\/o error|input\/output error)/i);
      expect(failing).to.include({ status: 'RUNNING', restarts: 0 });
      const { body } = await server.sql(`CREATE VIEW broken AS SELECT 1 AS x`);
      expect(body.error).to.have.property('code', 'data-write-failed');
      expect(newestOf(await factsOf(server, id))).to.be.within(before, failing.checkpoints[0]?.epoch ?? 0).and.below(failing.checkpoints[0]?.epoch ?? 0);
      shim.set({});
      await eventually('checkpoints to go on', async () => newestOf(await factsOf(server, id)) > newestOf(failing));
      expect((await server.sql('SHOW TABLES')).body.results?.[0]?.rows).to.deep.equal([]);
    }
    shim.set({ syncs: 'EIO' });
    await eventually('the failure to show', async () => (await factsOf(server, id)).problem !== undefined);
    await server.end('SIGKILL');
    shim.set({});
    await server.launch(shim.env);
    expect((await eventually('the job', async () => { const one = await factsOf(server, id); return one.status === 'RUNNING' && one; })).restoredFrom).to.match(/^checkpoint/);
    await expectCounted(server, id);
  });
  it('B5: a change of the catalog whose sync failed is taken back by itself, so that it is not there after a kill either', async function () {
    const dataDir = join(newFolder(), 'data'), shim = Shim.for(dataDir);
    if (shim === undefined) { this.skip(); return; }
    const server = await launch(dataDir, shim.env);
    await server.sql("CREATE TABLE kept (n BIGINT) WITH ('connector'='blackhole')");
    shim.set({ syncs: 'EIO' });
    for (const sql of ['CREATE VIEW late AS SELECT 1 AS x', 'DROP TABLE kept', 'ALTER TABLE kept RENAME TO other']) expect((await server.sql(sql)).body.error).to.have.property('code', 'data-write-failed');
    shim.set({});
    const logs = (): string[] => readdirSync(join(dataDir, 'catalog')).filter((name) => name.endsWith('.log'));
    const before = logs();
    await eventually('the database to be opened again', () => Promise.resolve(logs().length > 0 && logs().join() !== before.join()), 5000);
    await new Promise((resolve) => { setTimeout(resolve, 200); });
    await server.end('SIGKILL');
    await server.launch(shim.env);
    expect((await server.sql('SHOW TABLES')).body.results?.[0]?.rows).to.deep.equal([['kept']]);
  });
  it('B6: the clock goes back a day and on by a month: numbers of checkpoints and timers go on, the live checkpoint stays, counts are right', async function () {
    const dataDir = join(newFolder(), 'data'), shim = Shim.for(dataDir), day = 86_400_000;
    if (shim === undefined) { this.skip(); return; }
    const server = await launch(dataDir, shim.env), id = await submit(server, 1200, "SET 'execution.checkpointing.interval'='50 ms'");
    let before = 0;
    for (const clockMs of [-day, 30 * day]) {
      const jumpedMs = Date.now();
      shim.set({ clockMs });
      const after = await eventually('checkpoints under the new time', async () => { const one = await factsOf(server, id); return newestOf(one) > before + 2 && Math.abs((one.checkpoints[0]?.startedMs ?? 0) - jumpedMs - clockMs) < day / 2 && one; });
      // Durations and intervals are not of this clock.
      for (const one of after.checkpoints.filter((c) => c.status === 'completed')) expect(one.durationMs).to.be.within(0, 30_000);
      expect(completedEpochs(after)).to.deep.equal([...completedEpochs(after)].sort((a, b) => b - a));
      expect(after).to.include({ status: 'RUNNING', restarts: 0 });
      before = newestOf(after);
      await server.end('SIGKILL');
      await server.launch(shim.env);
      const { restoredFrom } = await eventually('the job', async () => { const one = await factsOf(server, id); return one.status === 'RUNNING' && one; });
      expect(Number(/^checkpoint (\d+)$/.exec(restoredFrom)?.[1])).to.be.at.least(before);
    }
    await expectCounted(server, id);
  });
  it('B7: checkpoints one after another: the directory, open files and memory stay bounded', async () => {
    const dataDir = join(newFolder(), 'data'), server = await launch(dataDir), wanted = isLong ? 10_000 : 300;
    const id = await submit(server, isLong ? 2000 : 5000, `SET 'execution.checkpointing.interval'='${isLong ? 50 : 5} ms'`);
    const size = (): number => readdirSync(dataDir, { recursive: true }).map((name) => { try { const s = statSync(join(dataDir, String(name))); return s.isFile() ? s.size : 0; } catch { return 0; } }).reduce((a, b) => a + b, 0);
    const measure = (): { files: number; bytes: number; fds: number; rss: number } => ({ files: readdirSync(dataDir, { recursive: true }).length, bytes: size(), fds: readdirSync(`/proc/${server.pid}/fd`).length, rss: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024 });
    const done = (share: number): Promise<boolean> => eventually(`${wanted * share} checkpoints`, async () => newestOf(await factsOf(server, id)) >= wanted * share, isLong ? 1_800_000 : 40_000);
    await done(0.3);
    const early = measure();
    await done(1);
    const late = measure();
    if (isLong) process.stdout.write(`      after ${wanted * 0.3}: ${JSON.stringify(early)}, after ${wanted}: ${JSON.stringify(late)}\n`);
    // LevelDB's log grows to 16 MiB before it becomes a table, and one is written while the next begins.
    expect(late.bytes).to.be.below(48 * 1024 * 1024);
    expect(late.files).to.be.below(40);
    expect(late.fds - early.fds, 'open files').to.be.below(8);
    expect(late.rss - early.rss, 'memory in MiB').to.be.below(40);
    expect(await factsOf(server, id)).to.include({ status: 'RUNNING', restarts: 0 });
  }).timeout(isLong ? 3_600_000 : 60_000);

  const code = newFolder();
  chmodSync(code, 0o777);
  /** Starts the server and gives its exit code and what it said; as another user than root, who may do everything. */
  const start = (dataDir: string): { status: number | null; said: string } => {
    const asUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { status, stderr, signal } = spawnSync(process.execPath, [join(root, 'bin/rivulet.js'), '--data-dir', dataDir, '--pg-port', '0', '--http-port', '0', '--log-format', 'json', '--log-level', 'warn', '--parallelism', '1'], { ...asUser, encoding: 'utf8', timeout: 15_000, env: { ...process.env, NODE_COMPILE_CACHE: code, HOME: '/nonexistent' } });
    return { status: signal === null ? status : null, said: stderr };
  };
  const give = (path: string): void => { if (process.getuid?.() === 0) for (const one of [path, ...readdirSync(path, { recursive: true }).map((name) => join(path, String(name)))]) chownSync(one, 65_534, 65_534); };
  it('B4: a data directory that is read-only, of another user, a file, a loop of links, or with a file that may not be read: one readable line that names it, and exit code 2 or 1', async () => {
    const made = join(newFolder(), 'data'), first = await launch(made);
    await first.sql(`CREATE TABLE t (n BIGINT) WITH ('connector'='blackhole')`);
    await submit(first, 1000, "SET 'execution.checkpointing.interval'='50 ms'");
    await first.end('SIGTERM');
    const place = newFolder();
    chmodSync(place, 0o755);
    const copy = (name: string): string => { const to = join(place, name); cpSync(made, to, { recursive: true }); give(to); return to; };
    const cases: [what: string, dataDir: string, named: RegExp][] = [];
    const readOnly = copy('read-only');
    chmodSync(join(readOnly), 0o500);
    chmodSync(join(readOnly, 'state'), 0o500);
    chmodSync(join(readOnly, 'catalog'), 0o500);
    cases.push(['read-only', readOnly, /permission denied|read-only/i]);
    const file = join(place, 'file');
    writeFileSync(file, 'not a folder');
    cases.push(['a file', file, /not a directory|not a folder|exists/i], ['below a file', join(file, 'data'), /not a directory/i]);
    symlinkSync(join(place, 'loop'), join(place, 'loop'));
    cases.push(['a loop of links', join(place, 'loop'), /too many|loop|exists/i]);
    if (process.getuid?.() === 0) {
      mkdirSync(join(place, 'foreign'), { mode: 0o700 });
      cases.push(['of another user', join(place, 'foreign'), /permission denied/i]);
    } else process.stderr.write('      SKIPPED: a directory of another user needs root\n');
    for (const name of isLong ? ['state/CURRENT', 'state-epochs.json', 'catalog-revision.json', 'catalog'] : ['state/CURRENT', 'state-epochs.json']) {
      const dataDir = copy(name.replaceAll(/[/.]/g, '-'));
      chmodSync(join(dataDir, name), 0);
      cases.push([`${name} may not be read`, dataDir, /permission denied/i]);
    }
    for (const [what, dataDir, named] of cases) {
      const { status, said } = start(dataDir);
      expect(status, `${what}: ${said}`).to.be.oneOf([1, 2]);
      expect(said, what).to.match(named).and.contain(dataDir.split('/').at(-1)).and.match(/^rivulet: /);
      expect(said.trim().split('\n').length, `${what}: ${said}`).to.be.at.most(3);
      expect(said, what).to.not.match(/\n\s+at /);
    }
    // The same directory, where nothing is in the way, is as it was.
    const whole = await launch(made);
    expect((await whole.sql('SHOW TABLES')).body.results?.[0]?.rows).to.deep.equal([['t']]);
  });
  it('A11: a second server is refused under whatever name it comes to the directory, and changes nothing in it', async () => {
    const dataDir = join(newFolder(), 'data'), server = await launch(dataDir), id = await submit(server, 1000, "SET 'execution.checkpointing.interval'='50 ms'");
    const link = join(newFolder(), 'link');
    symlinkSync(dataDir, link);
    for (const path of [link, `/proc/${server.pid}/cwd/../../../../../../../..${dataDir}`]) {
      const second = new ServerProcess(path, ['--parallelism', '1']);
      expect(await second.launch().then(() => 'started', (error: Error) => error.message), path).to.match(/server ended with [12]/).and.contain('another server uses data directory');
    }
    const before = newestOf(await factsOf(server, id));
    await eventually('checkpoints to go on', async () => newestOf(await factsOf(server, id)) > before + 2);
    await server.end('SIGKILL');
    await server.launch();
    expect((await eventually('the job', async () => { const one = await factsOf(server, id); return one.status === 'RUNNING' && one; })).restoredFrom).to.match(/^checkpoint/);
  });
});
