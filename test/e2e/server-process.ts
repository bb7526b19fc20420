/** The real server as a process of its own, for end-to-end tests: start, find its ports, stop in order, kill. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { freePorts } from '../../tools/services/support.ts';

const root = new URL('../../', import.meta.url).pathname;
export const bootstrap = (): string => process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:19092';

export class ServerProcess {
  readonly dataDir: string;
  readonly options: string[];
  private child: ChildProcess | undefined;
  pgPort = 0;
  httpPort = 0;
  /** Of the present process. */
  stderr = '';
  /** Of all processes so far. */
  log = '';
  stdout = '';
  constructor(dataDir: string, options: readonly string[] = []) { this.dataDir = dataDir; this.options = [...options]; }

  static async start(options: readonly string[] = []): Promise<ServerProcess> {
    const server = new ServerProcess(await mkdtemp(join(tmpdir(), 'rivulet-test-')), options);
    await server.launch();
    return server;
  }
  /** Starts the process on the same data directory and, after the first time, on the same ports. */
  async launch(env: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.pgPort === 0) [this.pgPort, this.httpPort] = await freePorts(2) as [number, number];
    const child = spawn(process.execPath, [join(root, 'bin/rivulet.js'), '--data-dir', this.dataDir, '--pg-port', String(this.pgPort), '--http-port', String(this.httpPort), '--log-level', 'warn', '--log-format', 'json', ...this.options], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.child = child;
    // It does not outlive a test that ends without cleaning up.
    const onExit = (): void => { child.kill('SIGKILL'); };
    process.on('exit', onExit);
    child.once('exit', () => { process.off('exit', onExit); });
    this.stderr = '';
    child.stdout.on('data', (d: Buffer) => { this.stdout += String(d); });
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (d: Buffer) => {
        this.stderr += String(d);
        this.log += String(d);
        const pgPort = /-p (\d+)\n/.exec(this.stderr)?.[1], http = /https?:\/\/[^/]*:(\d+)\/api/.exec(this.stderr)?.[1];
        if (pgPort !== undefined && http !== undefined) { this.pgPort = Number(pgPort); this.httpPort = Number(http); resolve(); }
      });
      child.once('exit', (code) => reject(new Error(`server ended with ${code}: ${this.stderr}`)));
    });
  }
  get pid(): number { return this.child?.pid ?? 0; }
  get running(): boolean { return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null; }
  /** How the last process ended: its exit code or the signal that killed it; undefined while it runs. */
  get ending(): number | NodeJS.Signals | undefined { return this.child?.exitCode ?? this.child?.signalCode ?? undefined; }
  signal(signal: NodeJS.Signals): void { this.child?.kill(signal); }
  /** Sends a signal and waits for the end; gives the exit code (null when killed). */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.child;
    if (child === undefined || !this.running) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    return ended;
  }
  async remove(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true });
  }
  async connect(): Promise<pg.Client> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.pgPort, user: 'tester', database: 'default_catalog' });
    client.on('error', () => {});
    await client.connect();
    return client;
  }
  url(path: string): string { return `http://127.0.0.1:${this.httpPort}${path}`; }
  async sql(text: string): Promise<{ status: number; body: { results?: { columns: { name: string; type: string }[]; rows: unknown[][] }[]; error?: Record<string, unknown> } }> {
    const answer = await fetch(this.url('/api/v1/sql'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sql: text }) });
    return { status: answer.status, body: await answer.json() as never };
  }
  async printed(jobId: string, sink?: string): Promise<string[]> {
    const answer = await fetch(this.url(`/api/v1/jobs/${jobId}/print${sink === undefined ? '' : `?sink=${sink}`}`));
    return (await answer.text()).split('\n').filter((l) => l !== '');
  }
}

/** Polls until the check gives a value other than undefined or false, or the limit is over. */
export async function eventually<T>(what: string, check: () => Promise<T | undefined | false>, limitMs = 20_000): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    try { const value = await check(); if (value !== undefined && value !== false) return value; } catch (error) { last = error; }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error(`waited in vain for ${what}${last instanceof Error ? ` (${last.message})` : ''}`);
}

/** The job a script started, out of the results of its statements. */
export const jobIdOf = (results: readonly { readonly columns: readonly { readonly name: string }[]; readonly rows: readonly (readonly unknown[])[] }[] | undefined): string => String(results?.find((r) => r.columns.length === 1 && r.columns[0]?.name === 'job id')?.rows[0]?.[0]);
/** What a changelog of printed rows amounts to, sorted; every retraction must take back a row that is there. */
export function materialise(lines: readonly string[]): string[] {
  const rows: string[] = [];
  for (const line of lines) {
    const kind = line.slice(0, 2), row = line.slice(2);
    if (kind === '+I' || kind === '+U') rows.push(row);
    else { const at = rows.indexOf(row); expect(at, `retraction of a row that is not there: ${line}`).to.be.at.least(0); rows.splice(at, 1); }
  }
  return rows.sort();
}
