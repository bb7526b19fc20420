/**
 * The conformance cases (cases/, from other projects' public suites; see README.md and data/LICENCES.md) against the real server over
 * psql's protocol, by their runner. `CONFORMANCE_CASES` chooses others by a regular expression; restart cases are killed with -9.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from './lib.mjs';
import { CATEGORIES, FURTHER } from './selection.ts';
import { ServerProcess, bootstrap } from '../e2e/server-process.ts';

const here = new URL('.', import.meta.url).pathname, root = new URL('../../', import.meta.url).pathname;
const CASES = process.env['CONFORMANCE_CASES'] ?? CATEGORIES;

/** Runs run.mjs; gives its output and exit code. */
function runCases(server: ServerProcess, filter: string, more: readonly string[] = []): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(here, 'run.mjs'), '--backend', 'pg', '--kafka', bootstrap(), ...more, '--filter', filter, '--jobs', '2', '--prefix', `conf${process.pid}_`], {
    env: { ...process.env, CONF_MODULES: root, PGHOST: '127.0.0.1', PGPORT: String(server.pgPort), PGUSER: 'tester', CONF_SESSION_SQL: 'CREATE DATABASE IF NOT EXISTS conf_${id}; USE conf_${id}', CONF_CLOSE_SQL: '' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d: Buffer) => { output += String(d); });
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, output })));
}

interface Case { category: string; steps: { restart?: boolean }[] }
/** The cases with more than one step, each further step marked `restart`. Numbers stay exact: read and written by the runner's own JSON. */
async function writeRestartCases(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const category of await readdir(join(here, 'cases'))) {
    for (const name of await readdir(join(here, 'cases', category))) {
      const one = parse(await readFile(join(here, 'cases', category, name), 'utf8')) as Case;
      if (one.steps.length < 2) continue;
      for (const step of one.steps.slice(1)) step.restart = true;
      await writeFile(join(folder, name), stringify(one));
    }
  }
}

/** Kills the server with -9 before each further step of each case of several steps; gives what the runner says. */
async function runKilled(parallelism: string): Promise<{ code: number | null; output: string }> {
  const server = await ServerProcess.start(['--parallelism', parallelism]);
  const cases = join(server.dataDir, 'cases');
  await writeRestartCases(cases);
  const script = join(server.dataDir, 'restart.mjs');
  // The runner asks this script to kill and start the server; the script asks this test, which owns the process, over a file-less signal: HTTP.
  const { createServer } = await import('node:http');
  const control = createServer((_request, response) => { void server.end('SIGKILL').then(() => server.launch()).then(() => response.end('ok'), (e: unknown) => { response.statusCode = 500; response.end(String(e)); }); });
  await new Promise<void>((resolve) => control.listen(0, '127.0.0.1', resolve));
  const address = control.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await writeFile(script, `const r = await fetch('http://127.0.0.1:${port}/'); if (!r.ok) { console.error(await r.text()); process.exit(1); }\n`);
  try {
    return await runCases(server, CASES, ['--cases', cases, '--restart', `${process.execPath} ${script}`, '--jobs', '1', '--timeout', '40']);
  } finally { control.close(); await server.remove(); }
}

describe('conformance', function () {
  this.timeout(600_000);
  for (const [what, cases, parallelism] of [['the cases', CASES, '1'], ['the cases', CASES, '2'], ['TPC-H and further Nexmark queries', FURTHER, '2']] as const) {
    it(`passes ${what} at parallelism ${parallelism}`, async () => {
      const server = await ServerProcess.start(['--parallelism', parallelism]);
      try {
        const { code, output } = await runCases(server, cases);
        expect(code, output).to.equal(0);
      } finally { await server.remove(); }
    });
  }
  it('A8: passes the cases of several steps with kill -9 before each further step, at parallelism 1 and 2', async () => {
    for (const { code, output } of await Promise.all(['1', '2'].map(runKilled))) expect(code, output).to.equal(0);
  });
});
