/**
 * The real log: pino, written to **stderr**, because stdout belongs to the rows of the `print` connector (as a TaskManager's .out file
 * does in Flink). JSON lines where stderr is no terminal, readable lines on one: pino-pretty runs as a stream inside the process, since
 * a worker transport costs a thread and start time. A reader of our output that goes away must not end the server: see
 * `surviveBrokenPipes`.
 */
import pino from 'pino';
import { masked } from '../../core/secrets/known.ts';
import type { Log, LogFields, LogLevel } from '../../core/ports/log.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** auto: readable on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** For tests: where the lines go instead of stderr. */
  readonly destination?: { write(line: string): void } | undefined;
}

export interface RootLog extends Log {
  /** Changes the level of this log and of children made from now on. */
  setLevel(level: LogLevel): void;
}

/** Opens the log. Asynchronous only because the pretty printer is imported when it is wanted. */
export async function openLog(options: LogOptions): Promise<RootLog> {
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && process.stderr.isTTY === true);
  const root = pino({
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err },
  }, withoutSecrets(isPretty ? await prettyStream(options.destination) : options.destination ?? standardError()));
  return { ...wrap(root), setLevel(level) { root.level = level; } };
}

/** The last gate: causes, stacks and fields may hold what a library or a server has put into them. */
const withoutSecrets = (stream: pino.DestinationStream): pino.DestinationStream => ({ write: (line) => { stream.write(masked(line)); } });

/** What is kept of lines that cannot be written (disk full), to be tried again with the next; what is more is lost. */
const KEPT_BYTES = 1024 * 1024;
function standardError(): pino.DestinationStream {
  const stream = pino.destination({ fd: 2, sync: true, maxLength: KEPT_BYTES });
  // The log must not end what it tells about.
  stream.on('error', () => {});
  return stream;
}
async function prettyStream(destination: LogOptions['destination']): Promise<pino.DestinationStream> {
  const { PinoPretty } = await import('pino-pretty');
  const { Writable } = await import('node:stream');
  const target = destination === undefined ? 2 : new Writable({ write(chunk, _encoding, done) { destination.write(String(chunk)); done(); } });
  return PinoPretty({ colorize: destination === undefined && process.stderr.isTTY === true, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname', singleLine: true, destination: target, sync: true });
}

/** pino wants fields before the message and keeps methods on the instance: this turns it into the port. */
function wrap(logger: pino.Logger): Log {
  const write = (level: LogLevel) => (message: string, fields?: LogFields): void => {
    if (fields === undefined) logger[level](message);
    else logger[level](fields, message);
  };
  return {
    trace: write('trace'), debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'),
    child: (fields) => wrap(logger.child(fields)),
  };
}

/**
 * Keeps the process alive when whoever reads stdout or stderr goes away (EPIPE) or a log file's disk is full: the lines are lost, the jobs
 * are not. Calls `onBroken` once per stream. Other errors of these streams are treated alike; there is nowhere to write them to.
 */
export function surviveBrokenPipes(onBroken: (stream: 'stdout' | 'stderr', error: Error) => void = () => {}): void {
  for (const name of ['stdout', 'stderr'] as const) {
    let isBroken = false;
    process[name].on('error', (error: Error) => {
      if (isBroken) return;
      isBroken = true;
      onBroken(name, error);
    });
  }
}
