/**
 * Keeps a server running through a seed: whoever dies at a kill point is started again, armed for the next one of the plan. Everything that is
 * done to the process goes one after the other; requests to a server that is away wait for it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ServerProcess } from '../../../test/e2e/server-process.ts';

export interface Recovery { readonly ms: number; readonly cause: string }
const LIMIT_MS = 60_000;

/** What went wrong with the server itself, or with a job; ends the seed. */
export class Problem extends Error { override name = 'Problem'; }

export class Keeper {
  readonly server: ServerProcess;
  /** Each end of a process and why. */
  readonly ends: string[] = [];
  /** From the start of a process until all jobs ran that should. */
  readonly recoveries: Recovery[] = [];
  problem: Problem | undefined;
  readonly #arms: (string | undefined)[];
  readonly #log: (line: string) => void;
  readonly #env: Readonly<Record<string, string>>;
  #armed: string | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #watch: NodeJS.Timeout | undefined;
  #closed = false;
  #tending = false;
  /** `env`: of every process. */
  constructor(server: ServerProcess, arms: readonly (string | undefined)[], env: Readonly<Record<string, string>>, log: (line: string) => void) {
    this.server = server;
    this.#arms = [...arms];
    this.#env = env;
    this.#log = log;
  }
  async start(): Promise<void> {
    await this.#serial(async () => { await this.#launch('start'); });
    this.#watch = setInterval(() => { this.#tend(); }, 15);
  }
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    await this.#queue.catch(() => {});
    await this.server.remove();
  }
  /** Processes to come are not armed. */
  disarm(): void { this.#arms.length = 0; }
  get armed(): string | undefined { return this.#armed; }

  async #serial<T>(action: () => Promise<T>): Promise<T> {
    const mine = this.#queue.then(action, action);
    this.#queue = mine.catch(() => {});
    return await mine;
  }
  /** A process that died by itself: at its kill point, or by a defect. */
  #tend(): void {
    if (this.#closed || this.#tending || this.server.running || this.problem !== undefined) return;
    this.#tending = true;
    this.#serial(async () => { if (!this.server.running && !this.#closed) { this.#classify(); await this.#launch(this.ends.at(-1) ?? ''); } })
      .catch((error: unknown) => { this.problem ??= error instanceof Problem ? error : new Problem(String(error)); })
      .finally(() => { this.#tending = false; });
  }
  #classify(): void {
    const { ending } = this.server;
    if (ending !== 'SIGKILL' || this.#armed === undefined) throw new Problem(`the server has ended by itself with ${ending}: ${this.server.stderr.slice(-2000)}`);
    this.#ended(`point ${this.#armed.replace(/:.*/, '')}`);
  }
  #ended(cause: string): void {
    this.ends.push(cause);
    this.#log(`  the server ended: ${cause}`);
  }
  async #launch(cause: string): Promise<void> {
    for (;;) {
      this.#armed = this.#arms.shift();
      const started = performance.now();
      try {
        await this.server.launch({ ...this.#env, ...(this.#armed === undefined ? {} : { RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: this.#armed }) });
        void this.#timeRecovery(started, cause);
        return;
      } catch { this.#classify(); }
    }
  }
  async #timeRecovery(started: number, cause: string): Promise<void> {
    if (cause === 'start') return;
    const { pid } = this.server;
    while (this.server.running && this.server.pid === pid && !this.#closed) {
      const jobs = await this.#jobs();
      if (this.server.pid === pid && jobs !== undefined && jobs.every((j) => j.status === 'RUNNING' || j.status === 'FINISHED' || j.status === 'CANCELED')) { this.recoveries.push({ ms: performance.now() - started, cause }); return; }
      await pause(25);
    }
  }
  async #jobs(): Promise<readonly { readonly status: string }[] | undefined> {
    try {
      const answer = await fetch(this.server.url('/api/v1/jobs'), { signal: AbortSignal.timeout(20_000) });
      return answer.ok ? (await answer.json() as { jobs: { status: string }[] }).jobs : undefined;
    } catch { return undefined; }
  }

  /** SIGKILL, so many times: each further one meets the recovery from the one before, after a pause of `pauses`. */
  async kill(pauses: readonly number[], between?: () => Promise<void>): Promise<void> {
    await this.#serial(async () => {
      for (const ms of [0, ...pauses]) {
        await pause(ms);
        await this.server.end('SIGKILL');
        this.#ended(between !== undefined ? 'SIGKILL with the broker' : ms === 0 ? 'SIGKILL' : 'SIGKILL during recovery');
        if (between !== undefined) await between();
        await this.#launch(this.ends.at(-1) ?? '');
      }
    });
  }
  /** SIGTERM; it must end with code 0, unless it dies at its kill point on the way. */
  async restart(): Promise<void> {
    await this.#serial(async () => {
      const code = await this.server.end('SIGTERM');
      if (code === 0) this.#ended('SIGTERM'); else if (this.server.ending === 'SIGKILL' && this.#armed !== undefined) this.#classify(); else throw new Problem(`after SIGTERM the server ended with ${this.server.ending}: ${this.server.stderr.slice(-2000)}`);
      await this.#launch(this.ends.at(-1) ?? '');
    });
  }
  async freeze(ms: number): Promise<void> {
    await this.#serial(async () => {
      this.server.signal('SIGSTOP');
      await pause(ms);
      this.server.signal('SIGCONT');
    });
  }

  /** Waits until there is a server that answers. */
  async up(): Promise<void> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await pause(20)) {
      if (this.problem !== undefined) throw this.problem;
      try { if (this.server.running && (await fetch(this.server.url('/readyz'), { signal: AbortSignal.timeout(5000) })).ok) return; } catch { /* not yet */ }
    }
    throw new Problem('the server did not become ready');
  }
  /** One request; undefined when the connection was lost, so that nobody knows whether it was heard. */
  async ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
    await this.up();
    try {
      const answer = await fetch(this.server.url(path), { method, signal: AbortSignal.timeout(30_000), ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
      return { status: answer.status, body: await answer.json() };
    } catch { return undefined; }
  }
}
