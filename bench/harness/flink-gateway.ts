/**
 * A client of Flink's SQL gateway and JobManager, over their REST APIs: a session of its own for each text, its statements one after
 * the other, and what the JobManager tells of a bounded job. Knows nothing of processes.
 */
import { BenchFailure, until } from './server.ts';

export interface FlinkJob { readonly seconds: number; /** Records read by the sources, all together. */ readonly recordsRead: number }
interface ResultPage { readonly resultType: string; readonly jobID?: string }
interface JobDetails { readonly 'start-time': number; readonly 'end-time': number; readonly vertices: readonly { readonly name: string; readonly metrics: Readonly<Record<string, number>> }[] }

const POLL_MS = 100, JOB_LIMIT_MS = 1_800_000, STATEMENT_LIMIT_MS = 120_000;

/** The statements of a text without comment lines; each must end with a semicolon at the end of a line. */
export function statementsOf(text: string): string[] {
  return text.replaceAll(/^--.*$/gm, '').split(/;[ \t]*$/m).map((statement) => statement.trim()).filter((statement) => statement !== '');
}
/** The innermost cause of a Java stack trace, one line; the text itself when it is none. */
export function causeOf(trace: string): string {
  const causes = [...trace.matchAll(/Caused by: (.*)/g)];
  return (causes.at(-1)?.[1] ?? trace.split('\n', 1)[0] ?? '').trim();
}

export class FlinkGateway {
  readonly #gateway: string;
  readonly #jobManager: string;
  /** Base URLs, without a slash at the end. */
  constructor(gateway: string, jobManager: string) { this.#gateway = `${gateway}/v3`; this.#jobManager = jobManager; }

  /** Runs a text in a fresh session and gives the id of the job that its INSERT started. */
  async submit(text: string): Promise<string> {
    const { sessionHandle } = await call(`${this.#gateway}/sessions`, 'POST', {}) as { sessionHandle: string }, session = `${this.#gateway}/sessions/${sessionHandle}`;
    try {
      let job: string | undefined;
      for (const statement of statementsOf(text)) job = await this.#execute(session, statement) ?? job;
      if (job === undefined) throw new BenchFailure('the statements started no job in Flink');
      return job;
    } finally { await call(session, 'DELETE'); }
  }
  /** The id of the job that the statement started, undefined when it started none. */
  async #execute(session: string, statement: string): Promise<string | undefined> {
    const { operationHandle } = await call(`${session}/statements`, 'POST', { statement }) as { operationHandle: string };
    let page: ResultPage | undefined;
    await until(`Flink to run ${statement.slice(0, 40)}`, async () => {
      page = await call(`${session}/operations/${operationHandle}/result/0?rowFormat=JSON`, 'GET') as ResultPage;
      return page.resultType !== 'NOT_READY';
    }, STATEMENT_LIMIT_MS);
    return page?.jobID;
  }
  /** Waits for a bounded job to finish; fails with its cause when it fails. */
  async waitFinished(job: string, limitMs = JOB_LIMIT_MS): Promise<FlinkJob> {
    await until(`Flink's job ${job} to finish`, async () => {
      const { status } = await call(`${this.#jobManager}/jobs/${job}/status`, 'GET') as { status: string };
      if (['FAILED', 'FAILING', 'CANCELED', 'RESTARTING', 'SUSPENDED'].includes(status)) throw new BenchFailure(`Flink's job is ${status}: ${await this.#whyFailed(job)}`);
      return status === 'FINISHED';
    }, limitMs, POLL_MS);
    const details = await call(`${this.#jobManager}/jobs/${job}`, 'GET') as JobDetails;
    return {
      seconds: (details['end-time'] - details['start-time']) / 1000,
      recordsRead: details.vertices.filter((vertex) => vertex.name.includes('Source: ')).reduce((n, vertex) => n + (vertex.metrics['read-records'] ?? 0), 0),
    };
  }
  async #whyFailed(job: string): Promise<string> {
    const { exceptionHistory } = await call(`${this.#jobManager}/jobs/${job}/exceptions`, 'GET') as { exceptionHistory?: { entries: readonly { stacktrace: string }[] } };
    return causeOf(exceptionHistory?.entries[0]?.stacktrace ?? 'no cause given');
  }
}

async function call(url: string, method: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(url, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
  const parsed = await answer.json() as { errors?: readonly string[] };
  if (!answer.ok) throw new BenchFailure(`Flink: ${causeOf(parsed.errors?.at(-1) ?? String(answer.status))}`);
  return parsed;
}
