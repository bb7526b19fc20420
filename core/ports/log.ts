/**
 * The log as the parts of Rivulet see it; the real one is `server/ports/log.ts`. Levels by duty: error = someone must act,
 * warn = look here first when something is wrong, info = life cycle, debug and trace = local. Never per row at info or above.
 */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** Structured fields of a line: `{ jobId, nodeId, err }`. `err` is logged with its stack and its chain of causes. Never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to each line. */
  child(fields: LogFields): Log;
}

/** Swallows everything: for tests and for parts without a log. */
export const silentLog: Log = Object.freeze({ trace() {}, debug() {}, info() {}, warn() {}, error() {}, child() { return silentLog; } });
