/** The start of the server as a process: what it loads, what it runs, and how it ends when it is told to while it is still starting. */
import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, isFresh } from '../../tools/build/main.ts';

const root = join(import.meta.dirname, '../..'), READY = /Rivulet \S+ is ready/;
/** Writes what each thread has loaded when it ends: our own and packages' modules, and Node's. */
const WITNESS = `
import { appendFileSync } from 'node:fs';
import { registerHooks, createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
const urls = [];
registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
const { cache } = createRequire(import.meta.url);
setTimeout(() => { appendFileSync(process.env.WITNESS, JSON.stringify({ isMainThread, urls: [...urls, ...Object.keys(cache)], builtins: process.moduleLoadList }) + '\\n'); }, 2000).unref();
`;
interface Loaded { readonly isMainThread: boolean; readonly urls: readonly string[]; readonly builtins: readonly string[] }

describe('Start of the server', function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rivulet-start-'));
    if (!isFresh()) await build();
  });
  const children: ChildProcess[] = [];
  afterEach(() => { for (const child of children.splice(0)) child.kill('SIGKILL'); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  const start = (options: { entry?: string; env?: Record<string, string>; flags?: string[]; more?: string[] } = {}) => {
    const args = [...(options.flags ?? []), options.entry ?? join(root, 'bin/rivulet.js'), '--data-dir', mkdtempSync(join(folder, 'data-')), '--pg-port', '0', '--http-port', '0', '--parallelism', '2', '--log-format', 'json', ...(options.more ?? [])];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'code'), ...options.env } });
    children.push(child);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const ready = async (): Promise<void> => { while (!READY.test(stderr)) { if (child.exitCode !== null) expect.fail(`ended with ${child.exitCode}: ${stderr}`); await once(child.stderr, 'data'); } };
    return { child, ended, ready, text: () => stderr };
  };
  const loaded = async (env: Record<string, string> = {}): Promise<Loaded[]> => {
    const witness = join(folder, `witness-${process.hrtime.bigint()}`), preload = join(folder, 'witness.mjs');
    writeFileSync(preload, WITNESS);
    writeFileSync(witness, '');
    const { child, ended, ready } = start({ flags: ['--import', preload], env: { ...env, WITNESS: witness } });
    await ready();
    const read = (): Loaded[] => readFileSync(witness, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as Loaded);
    while (read().length < 3) await new Promise((resolve) => { setTimeout(resolve, 50); });
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
    return read();
  };

  it('makes its data directory readable for its owner only', async () => {
    const dataDir = join(folder, 'made', 'data'), { ready } = start({ more: ['--data-dir', dataDir] });
    await ready();
    expect(statSync(dataDir).mode & 0o777).to.equal(0o700);
  });
  it('loads from the bundle only what a server at rest needs', async () => {
    const threads = await loaded();
    expect(threads.filter((t) => t.isMainThread)).to.have.length(1);
    for (const { isMainThread, urls, builtins } of threads) {
      const packages = [...new Set(urls.map((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]).filter((name) => name !== undefined))];
      expect(packages.filter((name) => /swagger|ajv|prom-client|pretty|yaml|wasm-utils|testcontainers|kafkajs/.test(name))).to.deep.equal([]);
      if (!isMainThread) expect(packages.filter((name) => name !== 're2js' && !name.startsWith('@node-rs/'))).to.deep.equal([]);
      // Node's type stripper (20 MB) and fetch; TLS (8 MB), which fastify asks for in the main thread.
      expect(builtins.filter((name) => (isMainThread ? /amaro|undici/ : /amaro|undici|tls|http/).test(name))).to.deep.equal([]);
      expect(urls.filter((url) => url.endsWith('.ts'))).to.deep.equal([]);
      expect(urls.some((url) => url.endsWith(isMainThread ? '/dist/process.js' : '/dist/registry.js'))).to.equal(true);
    }
  });
  it('runs the sources when it is told to, in every thread', async () => {
    for (const { isMainThread, urls } of await loaded({ RIVULET_FROM_SOURCES: '1' })) {
      expect(urls.filter((url) => url.includes('/dist/process.js') || url.includes('/dist/registry.js'))).to.deep.equal([]);
      expect(urls.some((url) => url.endsWith(isMainThread ? '/server/process.ts' : '/runtime/registry.ts'))).to.equal(true);
    }
  });
  it('does not run a bundle of other sources, nor one it cannot judge', async () => {
    const copy = join(folder, 'copy');
    mkdirSync(copy);
    for (const part of ['bin', 'core/row', 'server', 'dist', 'package.json']) cpSync(join(root, part), join(copy, part), { recursive: true, preserveTimestamps: true });
    writeFileSync(join(copy, 'server/process.ts'), `export const run = () => process.stderr.write('from the sources\\n');\n`);
    writeFileSync(join(copy, 'dist/process.js'), `export const run = () => process.stderr.write('from the bundle\\n');\n`);
    const run = async (): Promise<string> => { const { ended, text } = start({ entry: join(copy, 'bin/rivulet.js') }); await ended; return text(); };
    expect(await run(), 'an edited source').to.equal('from the sources\n');
    const inputs = ['server/process.ts', 'core/row/batch.ts'].map((path) => ({ path, size: statSync(join(copy, path)).size, mtimeMs: statSync(join(copy, path)).mtimeMs }));
    writeFileSync(join(copy, 'dist/inputs.json'), JSON.stringify(inputs));
    expect(await run(), 'all as it was').to.equal('from the bundle\n');
    utimesSync(join(copy, 'core/row/batch.ts'), new Date(0), new Date(0));
    expect(await run(), 'a source touched').to.equal('from the sources\n');
    writeFileSync(join(copy, 'dist/inputs.json'), '[{');
    expect(await run(), 'a damaged list').to.equal('from the sources\n');
  });
  it('ends with 0 on SIGTERM at any moment of the start', async () => {
    for (const delayMs of [60, 100, 140, 180, 240, 320]) {
      const { child, ended, text } = start();
      await new Promise((resolve) => { setTimeout(resolve, delayMs); });
      child.kill('SIGTERM');
      const outcome = await ended;
      // Node itself has not come to our first line yet.
      if (outcome[1] === 'SIGTERM' && text() === '') continue;
      expect(outcome, `${delayMs} ms: ${text()}`).to.deep.equal([0, null]);
    }
    const { child, ended, ready } = start();
    await ready();
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([0, null]);
  });
});
