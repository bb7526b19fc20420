/** The real server as a process of its own, as a user starts it: free ports, a data folder that goes with it, SQL over HTTP. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const MAIN = join(import.meta.dirname, '../../bin/rivulet.js');
const START_LIMIT_MS = 60_000;
/** A question about a job costs the server 1 ms of CPU, which is counted; when the job began and ended it tells itself. */
const POLL_JOB_MS = 200;

export interface ServerOptions {
  readonly parallelism?: number | undefined;
  /** For node itself, e.g. `--cpu-prof`. */
  readonly nodeFlags?: readonly string[] | undefined;
  /** Beside this process's own environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** `pipe`: what the jobs print can be read from `stdout`; else it is thrown away. */
  readonly stdout?: 'pipe' | undefined;
}
interface Result { readonly columns: readonly { readonly name: string }[]; readonly rows: readonly (readonly unknown[])[] }
export interface NodeFigures { readonly type: string; readonly label: string; readonly recordsIn: number; readonly recordsOut: number; readonly stateBytes: number; readonly stateEntries: number; readonly counters: Readonly<Record<string, number>> }
export interface CheckpointFigures { readonly epoch: number; readonly kind: string; readonly status: string; readonly durationMs?: number; readonly sizeBytes?: number; readonly totalBytes?: number }
export interface JobFigures {
  readonly status: string;
  readonly startTimeMs: number;
  readonly endTimeMs?: number;
  readonly restoredFrom: string;
  readonly nodes: readonly NodeFigures[];
  readonly checkpoints: readonly CheckpointFigures[];
  readonly exceptions: readonly { readonly message: string; readonly detail?: string }[];
}

/** What went wrong in a bench; printed without a stack. */
export class BenchFailure extends Error { override name = 'BenchFailure'; }

export class BenchServer {
  readonly dataDir: string;
  readonly #options: ServerOptions;
  #child: ChildProcess | undefined;
  #url = '';
  #stderr = '';
  /** From spawn to the banner, which is printed when both ports listen. */
  startMs = 0;
  /** Neither the server nor its data outlives the bench, unless that is killed. */
  readonly #onExit = (): void => { this.#child?.kill('SIGKILL'); rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 3 }); };
  private constructor(dataDir: string, options: ServerOptions) {
    this.dataDir = dataDir;
    this.#options = options;
    process.on('exit', this.#onExit);
  }

  static async start(options: ServerOptions = {}): Promise<BenchServer> {
    const server = new BenchServer(await mkdtemp(join(tmpdir(), 'rivulet-bench-')), options);
    await server.launch();
    return server;
  }
  /** Starts (again) over the same data folder. */
  async launch(): Promise<void> {
    const { parallelism, nodeFlags = [], env = {} } = this.#options, from = performance.now();
    const child = spawn(process.execPath, [...nodeFlags, MAIN, '--data-dir', this.dataDir, '--pg-port', '0', '--http-port', '0', '--log-level', 'warn', '--log-format', 'json', ...(parallelism === undefined ? [] : ['--parallelism', String(parallelism)])], { stdio: ['ignore', this.#options.stdout ?? 'ignore', 'pipe'], env: { ...process.env, ...env } });
    this.#child = child;
    this.#stderr = '';
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new BenchFailure(`the server did not start: ${this.#stderr}`)), START_LIMIT_MS);
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        this.#stderr = (this.#stderr + text).slice(-20_000);
        const url = /http:\/\/[^/]*:\d+/.exec(this.#stderr)?.[0];
        if (url !== undefined && this.#url === '') { this.#url = url; clearTimeout(late); resolve(); }
      });
      child.once('exit', (code) => { this.#url = ''; clearTimeout(late); reject(new BenchFailure(`the server ended with ${code}: ${this.#stderr}`)); });
    });
    this.startMs = performance.now() - from;
  }
  get pid(): number {
    if (this.#child?.pid === undefined) throw new BenchFailure('the server does not run');
    return this.#child.pid;
  }
  get stdout(): Readable {
    if (this.#child?.stdout == null) throw new BenchFailure('the server does not run, or was not started with a pipe');
    return this.#child.stdout;
  }
  /** The last of what it logged. */
  get log(): string { return this.#stderr; }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => { child.once('exit', () => resolve()); });
    child.kill(signal);
    await ended;
  }
  async remove(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.end(signal);
    process.off('exit', this.#onExit);
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async #json(path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.#url + path, body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const parsed = await answer.json() as { error?: { message: string; detail?: string; line?: number } };
    if (parsed.error !== undefined) throw new BenchFailure([parsed.error.message, parsed.error.detail, parsed.error.line === undefined ? undefined : `line ${parsed.error.line}`].filter((t) => t !== undefined).join('; '));
    return parsed;
  }
  async isReady(): Promise<boolean> { return (await fetch(`${this.#url}/readyz`)).status === 200; }
  /** Runs a text of statements; one result for each. */
  async sql(sql: string): Promise<readonly Result[]> { return (await this.#json('/api/v1/sql', { sql }) as { results: Result[] }).results; }
  /** Submits a text that ends with an INSERT or a statement set and gives the job's id. */
  async submit(sql: string): Promise<string> {
    const id = (await this.sql(sql)).find((r) => r.columns[0]?.name === 'job id')?.rows[0]?.[0];
    if (typeof id !== 'string') throw new BenchFailure('the statements started no job');
    return id;
  }
  /** Submits a pipeline and gives its job's id. */
  async submitPipeline(yaml: string): Promise<string> {
    const id = (await this.#json('/api/v1/pipelines', { yaml }) as { id?: unknown }).id;
    if (typeof id !== 'string') throw new BenchFailure('the pipeline started no job');
    return id;
  }
  async cancel(id: string): Promise<void> { await this.#json(`/api/v1/jobs/${id}/cancel`, {}); }
  /** Why the job does not run, undefined while it does. */
  async jobFailure(id: string): Promise<string | undefined> {
    const status = (await this.statuses()).get(id);
    if (status !== 'FAILED' && status !== 'RESTARTING' && status !== 'CANCELED') return undefined;
    const why = (await this.job(id)).exceptions[0];
    return `the job is ${status}: ${why?.message ?? ''} ${why?.detail ?? ''}`;
  }
  async job(id: string): Promise<JobFigures> { return await this.#json(`/api/v1/jobs/${id}`) as JobFigures; }
  /** Status of every job by id; cheap for the server, unlike `job`. */
  async statuses(): Promise<ReadonlyMap<string, string>> {
    const { jobs } = await this.#json('/api/v1/jobs') as { jobs: { id: string; status: string }[] };
    return new Map(jobs.map((job) => [job.id, job.status]));
  }
  /** Polls until the job is FINISHED; fails when it fails. */
  async waitFinished(id: string, limitMs = 600_000): Promise<void> {
    await until(`job ${id} to finish`, async () => {
      const why = await this.jobFailure(id);
      if (why !== undefined) throw new BenchFailure(why);
      return (await this.statuses()).get(id) === 'FINISHED';
    }, limitMs, POLL_JOB_MS);
  }
}

/** Polls until the condition holds. */
export async function until(what: string, isSo: () => Promise<boolean>, limitMs = 120_000, everyMs = 20): Promise<void> {
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => { setTimeout(resolve, everyMs); });
  }
  throw new BenchFailure(`waited in vain for ${what}`);
}
