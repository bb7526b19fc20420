#!/usr/bin/env node
// @ts-check
/**
 * The entry. Lets Node keep compiled code between runs, then runs the bundle of `tools/build` while it is made of the sources as they
 * are, else the sources. Measured: a start from sources costs 1.8 s of CPU and 187 MB (each thread loads Node's type stripper and 120 to
 * 250 files), with kept code 0.6 s and 140 MB, from the bundle 0.45 and 0.3 s.
 *
 * This one file is JavaScript because a TypeScript entry brings the stripper in (19 MB, 60 ms) whatever it starts. Kept code lies under
 * the user's own cache folder, not in a shared temporary one: what lies there is run. NODE_COMPILE_CACHE (another folder),
 * NODE_DISABLE_COMPILE_CACHE=1 (none) and RIVULET_FROM_SOURCES=1 (no bundle) hold.
 */
import { readFileSync, statSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// A name that an old Node lacks would end in a syntax error that says nothing.
if (!('enableCompileCache' in nodeModule)) {
  process.stderr.write(`rivulet: Node ${process.versions.node} is too old\n  npm start and npx rivulet run the one that npm ci installed; else 22.22 or a newer one is needed.\n`);
  process.exit(1);
}
const root = join(import.meta.dirname, '..');

/** True when every source the bundle was made of is as it was then. A bundle that cannot be judged is not used. */
function isBundleFresh() {
  if (process.env['RIVULET_FROM_SOURCES']) return false;
  try {
    /** @type {{ path: string, size: number, mtimeMs: number }[]} */
    const inputs = JSON.parse(readFileSync(join(root, 'dist/inputs.json'), 'utf8'));
    return inputs.every(({ path, size, mtimeMs }) => { const now = statSync(join(root, path)); return now.size === size && now.mtimeMs === mtimeMs; });
  } catch { return false; }
}

/** Until `process.ts` takes over, nothing is open that would have to be closed. The listeners stay the same: a signal that waits while they change would be lost. */
/** @type {(signal: NodeJS.Signals) => void} */
let end = () => process.exit(0);
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) process.on(signal, () => end(signal));

// Worker threads look at the variable only.
process.env['NODE_COMPILE_CACHE'] ??= join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rivulet', 'code');
nodeModule.enableCompileCache(process.env['NODE_COMPILE_CACHE']);
const entry = isBundleFresh() ? '../dist/process.js' : '../server/process.ts';
/** @type {typeof import('../server/process.ts')} */
const { run } = await import(entry);
await run((handler) => { end = handler; });
