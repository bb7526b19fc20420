/** Every file of a data directory damaged in every way, one at a time: nothing may be missing or old without a word. faults.md B3. */
import { expect } from 'chai';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyOf, filesOf, judge, makeDirectory } from './damage-support.ts';
import type { Truth } from './damage-support.ts';

const FLIPS = process.env['RIVULET_LONG'] === '1' ? 400 : 10;
type Damage = readonly [what: string, apply: (path: string) => void];
/** So many places spread over the file, the first and the last byte among them; another bit each time. */
function damages(path: string): Damage[] {
  const whole = readFileSync(path), places = [...new Set(Array.from({ length: Math.min(FLIPS, whole.length) }, (_, i) => Math.round((i * (whole.length - 1)) / Math.max(1, Math.min(FLIPS, whole.length) - 1))))];
  const flip = (at: number) => (file: string): void => { const bytes = readFileSync(file); bytes[at] = (bytes[at] as number) ^ (1 << (at * 5 + 3) % 8); writeFileSync(file, bytes); };
  return [
    ['deleted', (file) => rmSync(file)], ['truncated by 1 byte', (file) => truncateSync(file, whole.length - 1)], ['cut in half', (file) => truncateSync(file, whole.length >> 1)], ['emptied', (file) => truncateSync(file, 0)],
    ['its second half zeros', (file) => writeFileSync(file, Buffer.concat([whole.subarray(0, whole.length >> 1), Buffer.alloc(whole.length - (whole.length >> 1))]))],
    ...places.map((at): Damage => [`a bit of byte ${at} flipped`, flip(at)]),
  ];
}

describe('damage', function () {
  this.timeout(process.env['RIVULET_LONG'] === '1' ? 3_600_000 : 120_000);
  let truth: Truth;
  before(async () => { truth = await makeDirectory(); });

  it('the judge finds nothing in a whole directory, and finds what is gone', async () => {
    const notes: string[] = [];
    expect(await judge(truth, copyOf(truth), '', notes)).to.deep.equal([]);
    expect(notes).to.deep.equal(['catalog right', 'state right', 'state right']);
    const empty = copyOf(truth);
    for (const name of ['state', 'catalog', 'state-epochs.json', 'catalog-revision.json']) rmSync(join(empty, name), { recursive: true });
    expect(await judge(truth, empty, '')).to.deep.equal(['the catalog is not what it was', ...['a', 'b', 'c'].map((job) => `job ${job.repeat(32)} is gone`)]);
  });
  it('B3: each file truncated, with a bit flipped here and there, deleted: the right state, the checkpoint before and a line that says so, or a refusal that names it; again so at the next start', async () => {
    const findings: string[] = [], outcomes = new Map<string, number>();
    for (const file of filesOf(truth.dataDir)) {
      for (const [what, apply] of damages(join(truth.dataDir, file))) {
        const copy = copyOf(truth), notes: string[] = [];
        apply(join(copy, file));
        for (const start of ['first', 'second']) findings.push(...(await judge(truth, copy, file, notes)).map((finding) => `${file}, ${what}, ${start} start: ${finding}`));
        for (const note of notes) outcomes.set(note, (outcomes.get(note) ?? 0) + 1);
        rmSync(dirname(copy), { recursive: true });
      }
    }
    expect(findings).to.deep.equal([]);
    // All kinds of outcomes came up.
    expect([...outcomes.keys()]).to.include.members(['state right', 'state before', 'checkpoints refused', 'state refused', 'catalog refused', 'savepoint refused', 'record refused']);
    if (process.env['RIVULET_LONG'] === '1') process.stdout.write(`${JSON.stringify(Object.fromEntries(outcomes))}\n`);
  });
});
