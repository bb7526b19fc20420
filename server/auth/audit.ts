/**
 * One line for everything that changes something, is refused, or fails to log in: who, from where, by which protocol, what (secrets masked),
 * how it ended. To the log, and with --audit-log as JSON lines to a file of its own that is opened anew on SIGHUP, for log rotation.
 * A line is written before the answer goes out. Failed logins beyond a number a second are only counted, so that who guesses cannot fill the disk. A file that cannot be written is told once, and tried again with every line.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { auditUnusable } from '../../core/errors/access.ts';
import { RivuletError } from '../../core/errors/define.ts';
import type { Log } from '../../core/ports/log.ts';

/** The action of somebody who is not in yet. */
export const LOGIN = 'login';

export interface AuditEntry {
  readonly user: string;
  readonly remote: string | undefined;
  readonly protocol: 'pg' | 'http';
  /** login, or the masked text of a statement, or `POST /api/v1/jobs/…/stop`. */
  readonly action: string;
  readonly outcome: 'done' | 'refused' | 'failed';
  /** Name of the error. */
  readonly error?: string | undefined;
  readonly durationMs: number;
}
export interface Audit {
  record(entry: AuditEntry): void;
  /** Goes on in a new file of the same name. */
  reopen(): void;
  close(): void;
}

/** Lines a second of failed logins; the next line that is written says how many were left out. */
const LOGINS_PER_SECOND = 20;
/** Longest text kept of a statement. */
const MAX_ACTION = 10_000;

/** Throws audit-unusable when the file cannot be opened now. */
export function openAudit(path: string | undefined, log: Log): Audit {
  let file = path === undefined ? undefined : openFile(path), isBroken = false, second = 0, logins = 0, leftOut = 0;
  const isTooMuch = (entry: AuditEntry): boolean => {
    if (entry.action !== LOGIN) return false;
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) { second = now; logins = 0; }
    return ++logins > LOGINS_PER_SECOND;
  };
  const write = (line: string): void => {
    if (path === undefined) return;
    try {
      file ??= openFile(path);
      writeSync(file, line);
      isBroken = false;
    } catch (error) {
      if (!isBroken) log.error('the audit log cannot be written; its lines are in this log only', { path, err: error });
      isBroken = true;
    }
  };
  const release = (): void => { if (file !== undefined) closeSync(file); file = undefined; };
  return {
    record(entry) {
      if (isTooMuch(entry)) { leftOut++; return; }
      const shown = { ...entry, ...(leftOut === 0 ? {} : { failedLoginsLeftOut: leftOut }), action: entry.action.length > MAX_ACTION ? `${entry.action.slice(0, MAX_ACTION)}…` : entry.action, durationMs: Math.round(entry.durationMs) };
      leftOut = 0;
      write(`${JSON.stringify({ time: new Date().toISOString(), ...shown })}\n`);
      log[entry.outcome === 'done' ? 'info' : 'warn']('audit', shown);
    },
    reopen() {
      release();
      try { if (path !== undefined) file = openFile(path); } catch (error) { log.error('the audit log cannot be opened anew', { path, err: error }); }
    },
    close: release,
  };
}
function openFile(path: string): number {
  try { return openSync(path, 'a', 0o600); } catch (error) { throw auditUnusable({ path, why: (error as NodeJS.ErrnoException).code ?? String(error) }, { cause: error }); }
}
export const silentAudit: Audit = { record() {}, reopen() {}, close() {} };

/** Runs a change and tells how it ended. */
export async function audited<T>(audit: Audit, entry: Omit<AuditEntry, 'outcome' | 'error' | 'durationMs'>, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    const answer = await work();
    audit.record({ ...entry, outcome: 'done', durationMs: performance.now() - start });
    return answer;
  } catch (error) {
    audit.record({ ...entry, ...outcomeOf(error), durationMs: performance.now() - start });
    throw error;
  }
}
/** Refused: for who it was, not for what went wrong. */
export function outcomeOf(error: unknown): Pick<AuditEntry, 'outcome' | 'error'> {
  const isRefused = error instanceof RivuletError && (error.sqlstate === '42501' || error.sqlstate.startsWith('28'));
  return { outcome: isRefused ? 'refused' : 'failed', error: error instanceof RivuletError ? error.code : 'defect' };
}
