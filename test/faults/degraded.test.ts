/** A server that is short of what it stands on: G1 and G2 of the fault list. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../e2e/server-process.ts';

const root = new URL('../../', import.meta.url).pathname;
interface Running { readonly child: ChildProcess; http(path: string): string; sql(text: string): Promise<{ status: number; text: string }>; stderr(): string; readonly ended: Promise<number | null> }

describe('faults: a degraded machine', function () {
  this.timeout(60_000);
  const open: { child: ChildProcess; dataDir: string }[] = [];
  /** `shell`: what the server is started by, `$0 "$@"` standing for its command. */
  const start = async (shell: string, env: Readonly<Record<string, string>> = {}): Promise<Running> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'rivulet-degraded-')), port = 20_000 + Math.floor(Math.random() * 20_000);
    const child = spawn('/bin/bash', ['-c', shell, process.execPath, join(root, 'bin/rivulet.js'), '--data-dir', dataDir, '--pg-port', String(port), '--http-port', String(port + 1), '--parallelism', '1', '--log-format', 'json'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    open.push({ child, dataDir });
    let stderr = '';
    child.stderr?.on('data', (d: Buffer) => { stderr += String(d); });
    const ended = new Promise<number | null>((resolve) => { child.once('exit', resolve); });
    const http = (path: string): string => `http://127.0.0.1:${port + 1}${path}`;
    await eventually('the server to be ready', async () => (await fetch(http('/readyz'))).ok);
    return { child, http, ended, stderr: () => stderr, sql: async (text) => { const answer = await fetch(http('/api/v1/sql'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sql: text }) }); return { status: answer.status, text: await answer.text() }; } };
  };
  const job = `CREATE TEMPORARY TABLE g (n BIGINT) WITH ('connector'='datagen', 'rows-per-second'='1000', 'fields.n.kind'='sequence', 'fields.n.start'='1', 'fields.n.end'='200'); CREATE TEMPORARY TABLE p (n BIGINT) WITH ('connector'='print'); INSERT INTO p SELECT n FROM g`;
  const finishes = async (server: Running): Promise<void> => {
    const id = /"rows":\[\["([0-9a-f]{32})"\]\]/.exec((await server.sql(job)).text)?.[1];
    await eventually('the job to finish', async () => (await (await fetch(server.http(`/api/v1/jobs/${id}`))).json() as { status: string }).status === 'FINISHED');
    expect((await (await fetch(server.http(`/api/v1/jobs/${id}/print`))).text()).trim().split('\n')).to.have.length(200);
  };
  afterEach(async () => {
    for (const { child, dataDir } of open.splice(0)) {
      child.kill('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('G2: with 64 descriptors connections beyond them wait or are refused, the rest work, and they come back', async () => {
    const server = await start('ulimit -n 64; exec "$0" "$@"'), sockets: Socket[] = [];
    const pgPort = Number(new URL(server.http('/')).port) - 1;
    for (let i = 0; i < 150; i++) { const socket = connect(pgPort, '127.0.0.1'); socket.on('error', () => {}); sockets.push(socket); }
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.child.exitCode).to.equal(null);
    for (const socket of sockets) socket.destroy();
    await eventually('the server to answer again', async () => (await server.sql('SELECT 1')).text.includes('[[1]]'));
    await finishes(server);
  });
  it('G2: with a full disk behind its log and its output it works on, and ends in order', async function () {
    if (process.platform !== 'linux') { console.log('skipped: /dev/full is of Linux'); this.skip(); }
    const server = await start('exec "$0" "$@" >/dev/full 2>/dev/full');
    await finishes(server);
    server.child.kill('SIGTERM');
    expect(await server.ended).to.equal(0);
  });
  it('G2: with stdout and stderr closed by their reader it works on', async () => {
    const server = await start('exec "$0" "$@"');
    server.child.stdout?.destroy();
    server.child.stderr?.destroy();
    await finishes(server);
    expect((await server.sql('SELECT 1')).text).to.contain('[[1]]');
  });
  it('G2: at the lowest priority, and without a folder for temporary files', async () => { await finishes(await start('exec nice -n 19 "$0" "$@"', { TMPDIR: '/nonexistent' })); });
  it('G1: a rejection that nobody looks at is logged and the server goes on; an uncaught error is logged and ends it in order with code 70', async () => {
    const bad = "process.on('SIGUSR2', () => { Promise.reject(new Error('a stray rejection')); }); process.on('SIGURG', () => { setTimeout(() => { throw new Error('a stray error'); }); });";
    const server = await start('exec "$0" "$@"', { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`import { isMainThread } from 'node:worker_threads'; if (isMainThread) { ${bad} }`)}` });
    server.child.kill('SIGUSR2');
    await eventually('a line in the log', async () => Promise.resolve(server.stderr().includes('a stray rejection')));
    await finishes(server);
    server.child.kill('SIGURG');
    expect(await server.ended).to.equal(70);
    expect(server.stderr()).to.contain('a stray error').and.contain('uncaught error on the main thread');
  });
});
