/**
 * `rivulet pipeline run | check | list | stop`: talks to a server over HTTP; without one on this machine it starts one in this process
 * and stays. Reports go to standard output, problems to standard error. Ends with 0, 1 (failed) or 2 (the document or command is wrong).
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { didYouMean } from '../../core/errors/define.ts';
import { pipelineVariableInvalid } from '../../core/errors/pipeline.ts';
import { unexpectedArgument } from '../../core/errors/config.ts';
import type { CheckResult } from '../pipelines/contract.ts';
import { targetOf, trustAuthority, type Target } from './connection.ts';
import { HELP, readArguments, unreadable, valuesFor, type PipelineArguments } from './arguments.ts';
import { failureText, stageKey, stageText, type Watched } from './stages.ts';

export interface PipelineCli {
  /** Starts a server with these arguments in this process; gives its URL. `passing`: without the jobs and tables of its data directory, on ports nobody knows. */
  startServer(argv: readonly string[], passing: boolean): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown };
}
const PROBE_MS = 1000, WATCH_MS = 1000, QUIET_MS = 30_000;
interface ErrorAnswer { readonly code: string; readonly message: string; readonly detail?: string; readonly hint?: string; readonly line?: number; readonly column?: number }
/** The server said no: told to the user as it stands. */
interface Refused { readonly status: number; readonly error: ErrorAnswer }

/** Gives the exit code; undefined: the server that was started here goes on. */
export async function pipelineCommand(argv: readonly string[], cli: PipelineCli): Promise<number | undefined> {
  const args = readArguments(argv);
  if (args.action === 'help') { cli.stdout.write(HELP); return 0; }
  // What is wrong with the file shows before a server is started for it.
  const body = args.action === 'run' || args.action === 'check' ? await request(args, cli) : {};
  const running = await serverFor(args, cli);
  if (running === undefined) {
    if (args.server !== undefined) throw pipelineVariableInvalid({ what: `no server answers at ${args.server}` });
    if (args.action === 'list' || args.action === 'stop') throw pipelineVariableInvalid({ what: 'no server runs on this machine', hint: 'Start one (rivulet), or name one by --server http://host:7480.' });
  } else if (args.rest.length > 0) throw Object.assign(unexpectedArgument({ argument: args.rest[0]! }), { hint: didYouMean(args.rest[0]!, ['--var', '--secrets', '--server', '--user', '--server-ca', '--from-savepoint', '--detach', '--savepoint', '--again']) ?? 'A server runs already; its flags were given when it was started.' });
  // A server that is started here for a check has no users.
  const started = running === undefined, target = running ?? targetOf(await cli.startServer(args.rest, args.action === 'check'), args, cli.env);
  const outcome = await act(args, body, target, cli, started);
  // A server that was started for a pipeline stays with it; for a check, or when it was refused, it has done its work.
  return started && args.action === 'run' && outcome === undefined ? undefined : outcome ?? 0;
}
type Body = Readonly<Record<string, unknown>>;
async function act(args: PipelineArguments, body: Body, target: Target, cli: PipelineCli, started: boolean): Promise<number | undefined> {
  switch (args.action) {
    case 'list': return await showList(target, cli);
    case 'stop': return await stop(args, target, cli);
    case 'check': return await check(args, body, target, cli);
    default: return await run(args, body, target, cli, started);
  }
}
async function serverFor(args: PipelineArguments, cli: PipelineCli): Promise<Target | undefined> {
  if (args.serverCa !== undefined) await trustAuthority(args.serverCa);
  const own = args.rest.findIndex((a) => a === '--http-port' || a.startsWith('--http-port='));
  const port = own < 0 ? cli.env['RIVULET_HTTP_PORT'] ?? '7480' : args.rest[own]!.includes('=') ? args.rest[own]!.split('=')[1] : args.rest[own + 1];
  const target = targetOf(args.server ?? `http://127.0.0.1:${port}`, args, cli.env);
  try {
    const answer = await fetch(`${target.url}/readyz`, { signal: AbortSignal.timeout(PROBE_MS) });
    return answer.status === 200 || answer.status === 503 ? target : undefined;
  } catch { return undefined; }
}

async function ask<T>(target: Target, path: string, body?: unknown): Promise<T | Refused> {
  const answer = await fetch(`${target.url}/api/v1${path}`, body === undefined ? { headers: target.headers } : { method: 'POST', headers: { ...target.headers, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const json = await answer.json() as T & { error?: ErrorAnswer };
  return answer.ok ? json : { status: answer.status, error: json.error ?? { code: '', message: `the server answered ${answer.status}` } };
}
const isRefused = (answer: unknown): answer is Refused => typeof answer === 'object' && answer !== null && 'error' in answer && 'status' in answer && typeof answer.status === 'number';
function tell(refused: Refused, file: string, cli: PipelineCli): number {
  const { error } = refused, hint = error.code === 'login-required' ? 'Give --user NAME with RIVULET_PASSWORD in the environment, or a token in RIVULET_TOKEN.' : error.hint, place = error.line === undefined ? '' : `${file}:${error.line}:${error.column ?? 1}: `;
  const lines = [`rivulet: ${place}${error.message}`, ...(error.detail === undefined ? [] : error.detail.split('\n').map((l) => `  ${l}`)), ...(hint === undefined ? [] : [`  ${hint}`])];
  cli.stderr.write(`${lines.join('\n')}\n`);
  return refused.status >= 500 || error.code === 'pipeline-precheck-failed' ? 1 : 2;
}
async function request(args: PipelineArguments, cli: PipelineCli): Promise<Body> {
  const file = args.target!;
  let yaml: string;
  try { yaml = readFileSync(file, 'utf8'); } catch (error) { throw pipelineVariableInvalid({ what: unreadable(`the pipeline document '${file}'`, error) }); }
  // The server has a working directory of its own.
  const savepoint = args.savepoint !== undefined && existsSync(args.savepoint) ? resolve(args.savepoint) : args.savepoint;
  return { yaml, variables: Object.fromEntries(await valuesFor(yaml, args, cli.env)), ...(savepoint === undefined ? {} : { savepointPath: savepoint }) };
}

async function check(args: PipelineArguments, body: Body, target: Target, cli: PipelineCli): Promise<number> {
  const result = await ask<CheckResult>(target, '/pipelines/check', body);
  if (isRefused(result)) return tell(result, args.target!, cli);
  cli.stdout.write(checkText(result));
  return result.passed ? 0 : 1;
}
const MARKS = { pass: 'pass', warn: 'WARN', fail: 'FAIL', skipped: 'skip' } as const;
export function checkText(result: CheckResult): string {
  const width = Math.max(...result.items.map((i) => i.name.length), 0);
  const items = result.items.flatMap((i) => [`  ${MARKS[i.status]}  ${i.name.padEnd(width)}  ${i.detail}`, ...(i.status === 'pass' || i.fix === undefined ? [] : [`        ${' '.repeat(width)}→ ${i.fix}`])]);
  const targets = result.targets.map((t) => `  ${t.table} → ${t.targets.join(', ')}`), failed = result.items.filter((i) => i.status === 'fail').length;
  return [result.name, ...items, ...(targets.length === 0 ? [] : ['Tables', ...targets]), failed === 0 ? 'The pipeline can start.' : `${failed} ${failed === 1 ? 'item' : 'items'} failed.`, ''].join('\n');
}
async function run(args: PipelineArguments, body: Body, target: Target, cli: PipelineCli, started: boolean): Promise<number | undefined> {
  const result = await ask<CheckResult & { id: string; alreadyRunning?: boolean }>(target, '/pipelines', { ...body, again: args.again });
  if (isRefused(result)) return tell(result, args.target!, cli);
  if (result.alreadyRunning === true) cli.stdout.write(`The same pipeline runs already as job ${result.id} (--again starts another).\n`);
  else cli.stdout.write(`${checkText(result)}Job ${result.id} started.\n`);
  cli.stdout.write(`  stop it:   rivulet pipeline stop ${result.id} --savepoint\n`);
  return args.follow || started ? await watch(result.id, target, cli, started) : 0;
}
/** Shows the stages until the job ends. */
async function watch(id: string, target: Target, cli: PipelineCli, started: boolean): Promise<number | undefined> {
  const isTerminal = cli.stdout.isTTY === true;
  let shown = '', key = '', toldMs = 0;
  for (;;) {
    const job = await ask<Watched>(target, `/pipelines/${id}`).catch(() => undefined);
    // A server that was started here is being ended by a signal, which ends the process too.
    if (job === undefined) { if (started) return undefined; cli.stderr.write('\nrivulet: the server does not answer any more; the pipeline goes on with it\n'); return 1; }
    if (isRefused(job)) { cli.stdout.write('\nThe pipeline is gone.\n'); return 1; }
    const text = stageText(job), now = performance.now();
    if (isTerminal && text !== shown) cli.stdout.write(`\r\u001b[K  ${text}`);
    else if (!isTerminal && (stageKey(job) !== key || now - toldMs > QUIET_MS)) { cli.stdout.write(`  ${text}\n`); toldMs = now; }
    shown = text;
    key = stageKey(job);
    if (job.status === 'FINISHED' || job.status === 'FAILED' || job.status === 'CANCELED') { cli.stdout.write(`${isTerminal ? '\n' : ''}${failureText(job)}`); return job.status === 'FINISHED' ? 0 : 1; }
    await new Promise((resolve) => { setTimeout(resolve, WATCH_MS); });
  }
}
async function showList(target: Target, cli: PipelineCli): Promise<number> {
  const answer = await ask<{ pipelines: readonly (Watched & { id: string; name: string })[] }>(target, '/pipelines');
  if (isRefused(answer)) return tell(answer, '', cli);
  cli.stdout.write(answer.pipelines.length === 0 ? 'There are no pipelines.\n' : answer.pipelines.map((p) => `${p.id}  ${p.name}\n  ${stageText(p)}\n`).join(''));
  return 0;
}
async function stop(args: PipelineArguments, target: Target, cli: PipelineCli): Promise<number> {
  const answer = await ask<{ savepointPath?: string }>(target, `/jobs/${encodeURIComponent(args.target!)}/stop`, { savepoint: args.withSavepoint });
  if (isRefused(answer)) return tell(answer, '', cli);
  cli.stdout.write(answer.savepointPath === undefined ? 'Stopped.\n' : `Stopped. Go on with: rivulet pipeline run FILE.yaml --from-savepoint ${answer.savepointPath}\n`);
  return 0;
}
