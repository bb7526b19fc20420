/**
 * What the message families of one connection share: the way out, the session, the statement that runs now and can be cancelled, and
 * the parameters last reported to the client.
 */
import { internalError } from '../../core/errors/common.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import type { Log } from '../../core/ports/log.ts';
import type { ExecuteOptions, Session } from '../gateway/contract.ts';
import { UTC, zoneOf } from '../values/datetime.ts';
import type { Zone } from '../values/datetime.ts';
import type { PgLimits } from './limits.ts';
import { asClientError, errorResponse, noticeResponse, parameterStatus, readyForQuery } from './messages.ts';
import type { SocketWriter } from './socket-writer.ts';

/** The parameters PostgreSQL reports (GUC_REPORT), with what we say where the session has no opinion. */
const REPORTED: readonly (readonly [string, string])[] = [
  ['server_version', '15.0'], ['server_encoding', 'UTF8'], ['client_encoding', 'UTF8'], ['application_name', ''], ['default_transaction_read_only', 'off'], ['in_hot_standby', 'off'],
  ['is_superuser', 'off'], ['session_authorization', ''], ['DateStyle', 'ISO, MDY'], ['IntervalStyle', 'postgres'], ['TimeZone', 'UTC'], ['integer_datetimes', 'on'], ['standard_conforming_strings', 'on'],
];

export class Channel {
  readonly writer: SocketWriter;
  readonly session: Session;
  readonly limits: PgLimits;
  readonly log: Log;
  readonly #known: ReadonlyMap<string, string>;
  readonly #reported = new Map<string, string>();
  #running: AbortController | undefined;
  #end: RivuletError | undefined;
  #zone: Zone = UTC;

  /** `known`: values of reported parameters by what the connection itself knows (user, application name). */
  constructor(parts: { writer: SocketWriter; session: Session; limits: PgLimits; log: Log; known: ReadonlyMap<string, string> }) {
    this.writer = parts.writer;
    this.session = parts.session;
    this.limits = parts.limits;
    this.log = parts.log;
    this.#known = parts.known;
  }

  /** Time zone of timestamptz texts, by the session's TimeZone. */
  get zone(): Zone {
    const name = this.session.parameter('TimeZone') ?? 'UTC';
    if (name !== this.#zone.name) this.#zone = zoneOf(name) ?? UTC;
    return this.#zone;
  }

  /** Runs something that a cancel request or a lost connection can abort. A portal that goes on brings its own controller. */
  async cancellable<T>(work: (signal: AbortSignal) => Promise<T>, controller = new AbortController()): Promise<T> {
    this.#running = controller;
    if (this.#end !== undefined) controller.abort(this.#end);
    try { return await work(controller.signal); } finally { this.#running = undefined; }
  }
  /** Aborts the running statement, if any. */
  cancel(reason: RivuletError): void { this.#running?.abort(reason); }
  /** Aborts what runs and everything that would run later: the connection is lost or the server stops. */
  endWith(reason: RivuletError): void {
    this.#end ??= reason;
    this.cancel(reason);
  }

  options(signal: AbortSignal): ExecuteOptions {
    return { signal, onNotice: (notice) => { noticeResponse(this.writer.out, notice); this.writer.flushSoon(); } };
  }

  /** Answers a statement's error; what is not a RivuletError is a defect: its text goes to the log, not to the client. */
  sendError(thrown: unknown, text: string | undefined, signal?: AbortSignal): void {
    if (this.#end !== undefined) return; // the connection ends; its last word is the reason for that
    const known = asClientError(thrown, signal);
    if (known === undefined) this.log.error('statement failed with a defect', { err: thrown });
    else if (known.domain === 'internal') this.log.error('statement failed with an internal error', { err: known });
    this.session.noteError();
    errorResponse(this.writer.out, known ?? internalError({ what: 'the statement could not be run' }, { cause: thrown }), text, 'ERROR');
  }

  /** Tells the client of reported parameters that changed (all of them the first time). */
  reportParameters(): void {
    for (const [name, byDefault] of REPORTED) {
      const value = this.session.parameter(name) ?? this.#known.get(name) ?? byDefault;
      if (this.#reported.get(name) === value) continue;
      this.#reported.set(name, value);
      parameterStatus(this.writer.out, name, value);
    }
  }

  /** End of a message cycle: the client may send the next. */
  ready(): Promise<void> | undefined {
    this.reportParameters();
    readyForQuery(this.writer.out, this.session.transactionStatus);
    return this.writer.flush();
  }
}
