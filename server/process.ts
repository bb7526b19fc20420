/** The process: reads the configuration, starts the server, prints how to reach it, and ends it in order on SIGTERM and SIGINT. */
import { RivuletError } from '../core/errors/define.ts';
import { loadCommandLine, type CommandLine } from './config/config.ts';
import { openLog, surviveBrokenPipes } from './ports/log.ts';
import { startServer } from './boot.ts';
import manifest from '../package.json' with { type: 'json' };

/** A second signal, or this long after the first, ends the process at once. */
const STOP_LIMIT_MS = 30_000;

async function main(): Promise<void> {
  const started = performance.now();
  const command = await commandLine();
  if (command.kind === 'print') { process.stdout.write(command.text); return; }
  const { config } = command;
  surviveBrokenPipes();
  const log = await openLog({ level: config.logLevel, format: config.logFormat });
  process.on('unhandledRejection', (reason) => { log.error('a promise was rejected and nobody looked: please report this', { err: reason }); });
  const server = await startServer(config, log, manifest.version);
  process.stderr.write(banner(config.host, server.pgPort, server.httpPort, config.dataDir, config.parallelism, performance.now() - started));
  let stopping = false;
  const end = (signal: string): void => {
    if (stopping) process.exit(130);
    stopping = true;
    log.info('stopping: final checkpoint of every job', { signal });
    setTimeout(() => { log.error('stopping took too long; ending now'); process.exit(1); }, STOP_LIMIT_MS).unref();
    server.stop().then(() => process.exit(0), (error: unknown) => { log.error('stopping failed', { err: error }); process.exit(1); });
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
}
async function commandLine(): Promise<CommandLine> {
  const argv = process.argv.slice(2);
  return loadCommandLine(argv[0] === 'serve' ? argv.slice(1) : argv, process.env, manifest.version);
}
function banner(host: string, pgPort: number, httpPort: number, dataDir: string, parallelism: number, ms: number): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return [
    '', `Rivulet ${manifest.version} is ready (${ms.toFixed(0)} ms)`,
    `  psql    psql -h ${host} -p ${pgPort}`,
    `  HTTP    curl -s http://${shown}:${httpPort}/api/v1/sql -H 'content-type: application/json' -d '{"sql": "SHOW JOBS"}'`,
    `  data    ${dataDir}   parallelism ${parallelism}`, '', '',
  ].join('\n');
}
main().catch((error: unknown) => {
  if (error instanceof RivuletError) {
    process.stderr.write(`rivulet: ${error.message}\n${error.detail === undefined ? '' : `  ${error.detail}\n`}${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
    process.exit(error.domain === 'user' ? 2 : 1);
  }
  process.stderr.write(`rivulet: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
  process.exit(1);
});
