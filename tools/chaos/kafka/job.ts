/**
 * A job under test and what a user does to it: submit, stop, take savepoints, start again, at another parallelism, too. The server may die
 * in the middle of any of it; then what it remembers of the job decides how to go on, and at the end of each action the job is active.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Keeper, Problem } from './keeper.ts';

export interface JobText { readonly name: string; /** The script for a job of this name, parallelism, and savepoint to begin with. */ script(name: string, parallelism: number, savepoint: string | undefined): string }
interface JobFacts { readonly id: string; readonly name: string; readonly status: string; readonly exceptions?: readonly { readonly message: string; readonly detail?: string; readonly code: string }[] }
const ACTIVE = ['CREATED', 'INITIALIZING', 'RUNNING', 'RESTARTING', 'FAILING'], LIMIT_MS = 60_000;

export class ChaosJob {
  readonly #keeper: Keeper;
  readonly #text: JobText;
  #generation = 0;
  #id = '';
  #parallelism: number;
  constructor(keeper: Keeper, text: JobText, parallelism: number) {
    this.#keeper = keeper;
    this.#text = text;
    this.#parallelism = parallelism;
  }
  get name(): string { return this.#text.name; }
  get id(): string { return this.#id; }

  async submit(): Promise<void> { await this.#submit(undefined); }
  async facts(): Promise<JobFacts> { return (await this.#untilAnswered('GET', `/api/v1/jobs/${this.#id}`)).body as JobFacts; }
  /** A sentence when the job is not active although nobody has ended it. `ends`: it may come to its end by itself. */
  async trouble(ends = false): Promise<string | undefined> {
    const { status, exceptions } = await this.facts(), first = exceptions?.[0];
    return ACTIVE.includes(status) || (ends && status === 'FINISHED') ? undefined : `job ${this.name} is ${status}${first === undefined ? '' : `: ${first.message}; ${first.detail ?? ''} (${first.code})`}`;
  }

  /** Ends behind a last checkpoint and begins again there. */
  async stopAndRestart(): Promise<void> {
    await this.#end('stop', {});
    await this.#restart('latest');
  }
  async cancelAndRestart(): Promise<void> {
    await this.#end('cancel', undefined);
    await this.#restart('latest');
  }
  async restartRunning(): Promise<void> { await this.#restart('latest'); }
  async savepoint(): Promise<void> { await this.#keeper.ask('POST', `/api/v1/jobs/${this.#id}/savepoint`); }
  /** Ends with a savepoint and begins again from it: the job itself, or the statement submitted anew at another parallelism. */
  async stopWithSavepoint(parallelism: number | undefined, drop: boolean): Promise<void> {
    const path = await this.#end('stop', { savepoint: true });
    if (path === undefined) { await this.#restart('latest'); return; }
    if (parallelism === undefined) { await this.#restart({ savepointPath: path }); return; }
    const old = this.#id;
    this.#parallelism = parallelism;
    await this.#submit(path);
    if (drop) await this.#keeper.ask('DELETE', `/api/v1/jobs/${old}`);
  }

  async #untilAnswered(method: 'GET' | 'POST', path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end;) { const answer = await this.#keeper.ask(method, path); if (answer !== undefined) return answer; }
    throw new Problem(`no answer from ${path}`);
  }
  /** A submission whose answer was lost is looked for by its name. */
  async #submit(savepoint: string | undefined): Promise<void> {
    const name = `${this.#text.name}-${this.#generation++}`, script = this.#text.script(name, this.#parallelism, savepoint);
    for (const end = Date.now() + LIMIT_MS; Date.now() < end;) {
      const answer = await this.#keeper.ask('POST', '/api/v1/sql', { sql: script });
      const { results, error } = (answer?.body ?? {}) as { results?: { columns: { name: string }[]; rows: unknown[][] }[]; error?: { message: string; detail?: string; sqlstate?: string } };
      const id = results?.findLast((r) => r.columns[0]?.name === 'job id')?.rows[0]?.[0];
      if (typeof id === 'string') { this.#id = id; return; }
      const { jobs } = (await this.#untilAnswered('GET', '/api/v1/jobs')).body as { jobs: JobFacts[] }, there = jobs.find((j) => j.name === name);
      if (there !== undefined) {
        this.#id = there.id;
        if ((await this.facts()).exceptions?.[0]?.code !== 'job-uncertain') return;
        // Half submitted when the server died, which says so: forgotten and done again.
        await this.#keeper.ask('DELETE', `/api/v1/jobs/${there.id}`);
      }
      if (error !== undefined && !/^(57|08|58)/.test(error.sqlstate ?? '')) throw new Problem(`job ${name} was not accepted: ${JSON.stringify(error)}`);
      await pause(50);
    }
    throw new Problem(`job ${name} could not be submitted`);
  }
  /** Ends the job; gives the savepoint's path, undefined when there is none or the answer was lost. The job has ended in any case. */
  async #end(how: 'stop' | 'cancel', body: unknown): Promise<string | undefined> {
    let refusal: unknown;
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await pause(30)) {
      const answer = await this.#keeper.ask('POST', `/api/v1/jobs/${this.#id}/${how}`, body);
      if (answer?.status === 200) return (answer.body as { savepointPath?: string }).savepointPath;
      refusal = answer?.body;
      const { status } = await this.facts();
      if (status === 'FAILED') throw new Problem(await this.trouble());
      if (!ACTIVE.includes(status) && status !== 'CANCELLING') return undefined;
    }
    throw new Problem(`job ${this.name} could not be ended: ${JSON.stringify(refusal)}`);
  }
  async #restart(from: 'latest' | { readonly savepointPath: string }): Promise<void> {
    let refusal: unknown;
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await pause(30)) {
      const answer = await this.#keeper.ask('POST', `/api/v1/jobs/${this.#id}/restart`, { from });
      if (answer?.status === 200) return;
      refusal = answer?.body;
      // Heard although the answer was lost: the process that heard it died, and the next one runs the job.
      if (answer === undefined && ACTIVE.includes((await this.facts()).status)) return;
    }
    throw new Problem(`job ${this.name} could not be started again: ${JSON.stringify(refusal)}`);
  }
}
