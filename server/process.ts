/** The process: reads the configuration, starts the server, prints how to reach it, and ends it in order on SIGTERM and SIGINT, also while it is still starting. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RivuletError } from '../core/errors/define.ts';
import { keepHeapsWhileIdle, tidyHeapAfterStart } from '../core/ports/heap.ts';
import type { Log } from '../core/ports/log.ts';
import { loadCommandLine, type CommandLine, type Config } from './config/config.ts';
import { openLog, surviveBrokenPipes } from './ports/log.ts';
import { startServer, type RunningServer } from './boot.ts';
import manifest from '../package.json' with { type: 'json' };

/** A second signal, or this long after the first, ends the process at once. */
const STOP_LIMIT_MS = 30_000;
/** sysexits: EX_SOFTWARE. */
const DEFECT_EXIT_CODE = 70;
/** Whoever waited for the start goes first. */
const WARM_UP_AFTER_MS = 100;

type OnSignal = (handler: (signal: NodeJS.Signals) => void) => void;

/** @param onSignal takes what SIGTERM and SIGINT do from the moment something is open that must be closed */
export async function run(onSignal: OnSignal): Promise<void> {
  try { await serve(onSignal); } catch (error) {
    process.stderr.write(error instanceof RivuletError
      ? `rivulet: ${error.message}\n${error.detail === undefined ? '' : `  ${error.detail}\n`}${error.hint === undefined ? '' : `  ${error.hint}\n`}`
      : `rivulet: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
    process.exit(error instanceof RivuletError && error.domain === 'user' ? 2 : 1);
  }
}
async function serve(onSignal: OnSignal): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv[0] === 'pipeline') { await pipeline(argv.slice(1), onSignal); return; }
  if (argv[0] === 'user') { await user(argv.slice(1)); return; }
  const command = await commandLine(argv[0] === 'serve' ? argv.slice(1) : argv);
  if (command.kind === 'print') { process.stdout.write(command.text); return; }
  await start(command.config, onSignal);
}
async function user(argv: readonly string[]): Promise<void> {
  const { userCommand } = await import('./cli/user.ts'), { readPassword } = await import('./cli/password.ts');
  process.exit(await userCommand(argv, { env: process.env, stdout: process.stdout, password: (what) => readPassword(process.stdin, process.stderr, what) }));
}
/** The commands of pipelines; the server is started only if one of them needs it here. */
async function pipeline(argv: readonly string[], onSignal: OnSignal): Promise<void> {
  const { pipelineCommand } = await import('./cli/pipeline.ts');
  let server: RunningServer | undefined, folder: string | undefined;
  const code = await pipelineCommand(argv, {
    env: process.env, stdout: process.stdout, stderr: process.stderr,
    startServer: async (flags, passing) => {
      // A check must not bring back the jobs of the data directory.
      folder = passing ? await mkdtemp(join(tmpdir(), 'rivulet-check-')) : undefined;
      const command = await commandLine(['--log-level', 'warn', ...flags, ...(folder === undefined ? [] : ['--data-dir', folder, '--pg-port', '0', '--http-port', '0'])]);
      if (command.kind === 'print') { process.stdout.write(command.text); process.exit(0); }
      server = await start(command.config, onSignal, passing);
      return `${command.config.tlsCert === undefined ? 'http' : 'https'}://${command.config.host.includes(':') ? `[${command.config.host}]` : command.config.host}:${server.httpPort}`;
    },
  });
  if (code === undefined) return;
  await server?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  process.exit(code);
}
async function start(config: Config, onSignal: OnSignal, isQuiet = false): Promise<RunningServer> {
  surviveBrokenPipes();
  const log = await openLog({ level: config.logLevel, format: config.logFormat });
  process.on('unhandledRejection', (reason) => { log.error('a promise was rejected and nobody looked: please report this', { err: reason }); });
  const starting = startServer(config, log, manifest.version);
  const end = ending(starting, log);
  onSignal(end);
  process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
    // Errors of connections concern one client; a call that failed half-way may have left anything behind, and a restart goes on from what is durable.
    if (error.syscall !== undefined) { log.error('an error of a connection or file that nobody looked at: please report this', { err: error }); return; }
    log.error('uncaught error on the main thread: please report this; the server ends in order, jobs go on from their checkpoints when it is started again', { err: error });
    end('SIGTERM', DEFECT_EXIT_CODE);
  });
  const server = await starting;
  // Without anything to read again SIGHUP ends the process, as it does when its terminal is closed.
  if (server.reload !== undefined) process.on('SIGHUP', () => void server.reload?.());
  if (isQuiet) return server;
  process.stderr.write(banner(config, server, performance.now()));
  setTimeout(() => void server.warmUp(), WARM_UP_AFTER_MS).unref();
  keepHeapsWhileIdle();
  tidyHeapAfterStart();
  return server;
}
/** Ends the server in order; one that is still starting, when it has started. */
function ending(starting: Promise<RunningServer>, log: Log): (signal: NodeJS.Signals, code?: number) => void {
  let stopping = false;
  return (signal, code = 0) => {
    if (stopping) process.exit(code === 0 ? 130 : code);
    stopping = true;
    log.info('stopping: final checkpoint of every job', { signal });
    setTimeout(() => { log.error('stopping took too long; ending now'); process.exit(1); }, STOP_LIMIT_MS).unref();
    // One that cannot start says why itself.
    starting.then((server) => server.stop().then(() => process.exit(code), (error: unknown) => { log.error('stopping failed', { err: error }); process.exit(1); }), () => {});
  };
}
async function commandLine(argv: readonly string[]): Promise<CommandLine> { return await loadCommandLine(argv, process.env, manifest.version); }
function banner({ host, dataDir, parallelism, tlsCert }: Config, { pgPort, httpPort }: RunningServer, ms: number): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return [
    '', `Rivulet ${manifest.version} is ready (${ms.toFixed(0)} ms)`,
    `  psql    psql -h ${host} -p ${pgPort}`,
    `  HTTP    curl -s ${tlsCert === undefined ? 'http' : 'https'}://${shown}:${httpPort}/api/v1/sql -H 'content-type: application/json' -d '{"sql": "SHOW JOBS"}'`,
    `  data    ${dataDir}   parallelism ${parallelism}`, '', '',
  ].join('\n');
}
