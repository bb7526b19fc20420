/**
 * A process killed at every named point of a checkpoint and started again: the committed output of both sinks equals that of an
 * undisturbed run, row for row. faults.md A1–A8.
 */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { CHECKPOINT_KILL_POINTS, RESTORE_KILL_POINTS } from '../../runtime/checkpoint/kill-points.ts';
import { materialized, newFolder } from './support/plans.ts';
import { ledgerRows } from './support/registry.ts';

const CHILD = fileURLToPath(new URL('./support/crash-child.ts', import.meta.url));
/** Runs the child to its end; gives `exit 0` or the signal that ended it. */
function run(folder: string, killAt: string, killAfterMs?: number, more: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, folder], { env: { ...process.env, RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: killAt, ...more }, stdio: ['ignore', 'inherit', 'inherit'] });
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    child.on('error', reject);
    child.on('exit', (code, signal) => { clearTimeout(timer); resolve(signal ?? `exit ${code}`); });
  });
}
function expectComplete(folder: string): void {
  expect(materialized(ledgerRows(join(folder, 'counts')))).to.deep.equal(new Map(Array.from({ length: 10 }, (_, key) => [key, 400])));
  const raw = ledgerRows(join(folder, 'raw'));
  expect([raw.length, new Set(raw).size]).to.deep.equal([4000, 4000]);
}

describe('crash', function () {
  this.timeout(60_000);
  for (const [i, point] of CHECKPOINT_KILL_POINTS.entries()) {
    for (const nth of i % 2 === 0 ? ['3'] : ['1', '4']) {
      it(`${point}, time ${nth}: nothing lost, nothing twice`, async () => {
        const folder = newFolder();
        expect(await run(folder, `${point}:${nth}`)).to.equal('SIGKILL');
        expect(await run(folder, '')).to.equal('exit 0');
        expectComplete(folder);
      });
    }
  }
  it('A7: at every point of a restore, one after another, then it works', async () => {
    const folder = newFolder();
    expect(await run(folder, 'after-state-write:3')).to.equal('SIGKILL');
    for (const point of [...RESTORE_KILL_POINTS, 'during-restore']) expect(await run(folder, point), point).to.equal('SIGKILL');
    expect(await run(folder, '')).to.equal('exit 0');
    expectComplete(folder);
  });
  it('kills at any moment, one after another', async () => {
    const folder = newFolder();
    let ended = '';
    for (let i = 0; i < 6 && ended !== 'exit 0'; i++) ended = await run(folder, '', 250 + 37 * i);
    if (ended !== 'exit 0') expect(await run(folder, '')).to.equal('exit 0');
    expectComplete(folder);
  });
  it('the same while the store is always compacting and all blocks stand in files that are emptied into the next', async () => {
    const folder = newFolder(), small = { RIVULET_WRITE_BUFFER: '65536', RIVULET_BLOCK_FILE_FROM: '1' };
    let ended = '';
    for (let i = 0; i < 6 && ended !== 'exit 0'; i++) ended = await run(folder, '', 300 + 41 * i, small);
    if (ended !== 'exit 0') expect(await run(folder, '', undefined, small)).to.equal('exit 0');
    expectComplete(folder);
  });
});
