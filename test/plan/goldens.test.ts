/**
 * Golden plans and errors: `goldens/*.sql` hold scripts and, behind a line `---- expect`, what the planner makes of the last statement of
 * each; a line `----` begins the next script, which sees the tables of those before. UPDATE_GOLDENS=1 writes them anew; review the diff.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { outcome, Planner } from './harness.ts';

const folder = new URL('goldens/', import.meta.url);

/** Pairs of script and expectation; the expectation of a new file may be missing. */
function blocks(text: string): { script: string; expected: string }[] {
  return text.split(/^----\n/m).map((block) => { const [script = '', expected = ''] = block.split(/^---- expect\n/m); return { script, expected }; });
}
describe('plans', () => {
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.sql')).sort()) {
    it(file.replace('.sql', ''), async () => {
      const at = new URL(file, folder), planner = new Planner(), written: string[] = [];
      for (const { script, expected } of blocks(readFileSync(at, 'utf8'))) {
        const actual = `${await outcome(script, planner)}\n`;
        if (process.env['UPDATE_GOLDENS'] !== '1') expect(actual).to.equal(expected);
        written.push(`${script}---- expect\n${actual}`);
      }
      if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(at, written.join('----\n'));
    });
  }
});
