/**
 * The power fails at any moment: what no sync has promised is gone, files and names alike. Every checkpoint, table, job and savepoint that
 * somebody was told of is there, whole, and nothing is taken for damage. The journal of syncs comes from the real process. faults.md A2, A3.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openRecordStore } from '../../catalog/store/record-store.ts';
import { silentLog } from '../../core/ports/log.ts';
import type { Log } from '../../core/ports/log.ts';
import { CheckpointLog } from '../../runtime/checkpoint/log.ts';
import { blocksOf } from '../../runtime/checkpoint/manifest.ts';
import { openSavepoint } from '../../runtime/checkpoint/savepoint.ts';
import { StateStore } from '../../runtime/checkpoint/store.ts';
import { fastFolder } from '../runtime/support/plans.ts';
import { PowerJournal, Shim } from './shim/shim.ts';

/** Every moment takes 20 s; without RIVULET_LONG some are left out, others each time. */
const MOMENTS = process.env['RIVULET_LONG'] === '1' ? Number.POSITIVE_INFINITY : 60;

/** What is not as promised. */
async function judge(dataDir: string, promised: readonly string[]): Promise<string[]> {
  const findings: string[] = [], log: Log = { ...silentLog, warn: (message, fields) => { findings.push(`${message} ${JSON.stringify(fields)}`); }, error: (message, fields) => { findings.push(`${message} ${JSON.stringify(fields)}`); }, child: () => log };
  const catalog = await openRecordStore(join(dataDir, 'catalog'), log), keys = new Set((await catalog.all()).map(({ key }) => key));
  await catalog.close();
  const store = await StateStore.open(dataDir, log), jobs = await store.jobs();
  await store.sweep(new Set(jobs.map(({ id }) => id)));
  for (const { id, damage } of jobs) if (damage !== undefined && damage.code !== 'job-uncertain') findings.push(`job ${id}: ${damage.detail}`);
  for (const one of promised) {
    const [what, name, epoch] = one.split('/') as [string, string, string];
    if (what === 'object' && !keys.has(one)) findings.push(`${one} is gone`);
    if (what === 'job' && jobs.find(({ id, damage }) => id === name && damage === undefined) === undefined) findings.push(`job ${name} is gone`);
    if (what === 'savepoint') {
      const { manifest, read, close } = await openSavepoint(join(dataDir, 'savepoints'), name);
      for (const { ref } of blocksOf(manifest)) await read(ref);
      await close();
    }
    if (what !== 'checkpoint' || promised.includes(`checkpoint/${name}/${Number(epoch) + 1}`)) continue;
    const history = new CheckpointLog(name, store, log);
    await history.load();
    const newest = history.newest();
    if (newest === undefined || newest.epoch < Number(epoch)) { findings.push(`checkpoint ${epoch} of ${name} is gone, there is ${newest?.epoch}`); continue; }
    for (const { ref } of blocksOf(newest)) if (!Buffer.from(await history.read(ref)).toString().startsWith(`${name[0]} ${newest.epoch} `)) findings.push(`checkpoint ${newest.epoch} of ${name} holds something else`);
  }
  await store.close();
  return findings;
}

describe('power failure', function () {
  this.timeout(process.env['RIVULET_LONG'] === '1' ? 600_000 : 60_000);
  it('A2, A3: at any moment: what was promised is there and whole, what was not does no harm', async function () {
    const dataDir = join(fastFolder(), 'data'), shim = Shim.for(join(dataDir, '..'), { hasJournal: true });
    if (shim === undefined) { this.skip(); return; }
    const { status, stderr } = spawnSync(process.execPath, [new URL('./shim/power-child.ts', import.meta.url).pathname, dataDir], { env: { ...process.env, ...shim.env, RIVULET_TEST_BUILD: '1', RIVULET_WRITE_BUFFER: '65536' }, encoding: 'utf8' });
    expect(status, stderr).to.equal(0);
    const journal = new PowerJournal(shim.journal), last = journal.events.at(-1)?.number ?? 0;
    expect(journal.promised(last).length).to.equal(4 + 48 + 4 + 8);
    expect(['.ldb', '.log', 'MANIFEST', '.blocks', 'state-epochs.json', 'catalog-revision.json', '.bin', 'manifest.json'].filter((part) => !journal.events.some(({ path }) => path.includes(part)))).to.deep.equal([]);
    const step = Math.max(1, Math.ceil(last / MOMENTS)), findings: string[] = [];
    for (let moment = 1 + Date.now() % step; moment <= last; moment += step) {
      const copy = join(fastFolder(), 'data');
      journal.restore(moment, dataDir, copy);
      try { findings.push(...(await judge(copy, journal.promised(moment))).map((finding) => `moment ${moment} of ${last}: ${finding}`)); } catch (error) { findings.push(`moment ${moment} of ${last}: ${String(error)} ${(error as { detail?: string }).detail ?? ''}`); }
      rmSync(dirname(copy), { recursive: true });
    }
    expect(findings).to.deep.equal([]);
  });
});
