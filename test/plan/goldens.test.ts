/**
 * Golden plans and errors: `goldens/*.sql` hold a script and, behind a line `---- expect`, what the planner makes of its last statement.
 * UPDATE_GOLDENS=1 writes them anew; review the diff.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { outcome } from './harness.ts';

const folder = new URL('goldens/', import.meta.url), SEPARATOR = '---- expect\n';

describe('plans', () => {
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.sql')).sort()) {
    it(file.replace('.sql', ''), async () => {
      const text = readFileSync(new URL(file, folder), 'utf8'), [script = '', expected] = text.split(SEPARATOR);
      const actual = `${await outcome(script)}\n`;
      if (process.env['UPDATE_GOLDENS'] === '1') { writeFileSync(new URL(file, folder), `${script}${SEPARATOR}${actual}`); return; }
      expect(actual).to.equal(expected);
    });
  }
});
