/**
 * What every demo does: starts the server as a user would, sends it scripts, shows what a job prints, and takes everything down at the end,
 * at Ctrl-C and at a failure.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = new URL('../../', import.meta.url).pathname;
export const isCi = process.env['CI'] === 'true';
export const pgPort = process.env['RIVULET_PG_PORT'] ?? '7432';
const ROWS_LIMIT_MS = 60_000, START_LIMIT_MS = 30_000;

export const say = (text: string): void => { process.stdout.write(`${text}\n`); };
export class DemoFailed extends Error {}

export class Stage {
  readonly http = `http://127.0.0.1:${process.env['RIVULET_HTTP_PORT'] ?? '7480'}`;
  private server: ChildProcess | undefined;
  private dataDir: string | undefined;
  private readonly following = new AbortController();
  private readonly closing: (() => Promise<void>)[] = [];
  private ended = false;

  /** Something to be stopped at the end, last first. */
  onEnd(stop: () => Promise<void>): void { this.closing.unshift(stop); }
  async startServer(): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'rivulet-demo-'));
    const server = spawn(process.execPath, [join(root, 'bin/rivulet.js'), '--data-dir', this.dataDir, '--log-level', process.env['RIVULET_LOG_LEVEL'] ?? 'warn'], { stdio: ['ignore', 'ignore', 'inherit'], env: process.env });
    this.server = server;
    server.on('exit', (code) => { if (!this.ended) { say(`The server ended with code ${code}.`); void this.end(1); } });
    await until(START_LIMIT_MS, 'the server to be ready', async () => (await fetch(`${this.http}/readyz`)).ok);
  }
  async post(path: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.http}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const json = await answer.json() as { error?: { message: string } };
    if (!answer.ok) throw new DemoFailed(`the server refused ${path}: ${JSON.stringify(json.error ?? json)}`);
    return json;
  }
  /** Sends the whole script in one request; gives the id of the job it started. */
  async submit(sql: string): Promise<string> {
    const body = await this.post('/api/v1/sql', { sql }) as { results?: { columns: { name: string }[]; rows: unknown[][] }[]; error?: unknown };
    if (body.results === undefined) throw new DemoFailed(`the server refused the script: ${JSON.stringify(body.error ?? body)}`);
    const started = body.results.find((r) => r.columns.length === 1 && r.columns[0]?.name === 'job id');
    if (started === undefined) throw new DemoFailed('the script started no job');
    return String(started.rows[0]?.[0]);
  }
  /** Follows the print log of a job for good and shows each row. `seen` gets them too. */
  follow(jobId: string, seen: (line: string) => void): void {
    const read = async (): Promise<void> => {
      const answer = await fetch(`${this.http}/api/v1/jobs/${jobId}/print?follow=true`, { signal: this.following.signal });
      if (!answer.ok || answer.body === null) throw new DemoFailed(`the print log answered ${answer.status}: ${await answer.text()}`);
      let rest = '';
      for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + piece).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') { say(`  ${line}`); seen(line); }
      }
    };
    read().catch((error: unknown) => { if (!this.ended) void this.fail(error); });
  }
  async fail(error: unknown): Promise<void> {
    if (!this.ended) say(`demo: ${error instanceof Error ? error.message : String(error)}`);
    await this.end(1);
  }
  async end(code: number): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.following.abort();
    if (this.server !== undefined && this.server.exitCode === null) {
      const gone = new Promise((resolve) => this.server?.once('exit', resolve));
      this.server.kill('SIGTERM');
      await gone;
    }
    for (const stop of this.closing) await stop().catch(() => {});
    if (this.dataDir !== undefined) await rm(this.dataDir, { recursive: true, force: true });
    process.exit(code);
  }
}

/** Lines printed so far and those that are still to come. */
export class Lines {
  private readonly seen = new Map<string, number>();
  readonly add = (line: string): void => { this.seen.set(line, (this.seen.get(line) ?? 0) + 1); };
  /** Resolves when each of the lines has been printed; they count from the start of the demo. */
  async include(wanted: readonly string[]): Promise<void> {
    const missing = (): string[] => wanted.filter((line) => !this.seen.has(line));
    await until(ROWS_LIMIT_MS, 'the expected rows', async () => missing().length === 0).catch(() => { throw new DemoFailed(`these rows did not come within ${ROWS_LIMIT_MS / 1000} s: ${missing().join(', ')}`); });
  }
  /** Resolves when a line like this has been printed. */
  async match(wanted: RegExp): Promise<void> { await until(ROWS_LIMIT_MS, `a row like ${wanted.source}`, async () => [...this.seen.keys()].some((line) => wanted.test(line))); }
}

export async function until(limitMs: number, what: string, check: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + limitMs; Date.now() < deadline;) {
    if (await check().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new DemoFailed(`waited ${limitMs / 1000} s in vain for ${what}`);
}
/** Runs a demo; Ctrl-C ends it in order, a failure says why and ends with 1. */
export function present(play: (stage: Stage) => Promise<void>): void {
  const stage = new Stage();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { say('\nEnding …'); void stage.end(signal === 'SIGINT' ? 0 : 143); });
  play(stage).catch((error: unknown) => stage.fail(error));
}
