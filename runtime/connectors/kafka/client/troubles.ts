/**
 * What does not go on at present, and why: each part of the client that tries something again notes it here until it is over, so that
 * a job can tell what it waits for and since when. Counts the attempts; logs the beginning and the end of a time of trouble, seldom.
 */
import type { Clock } from '../../../../core/ports/clock.ts';
import type { RivuletError } from '../../../../core/errors/define.ts';

/** `sinceMs`: milliseconds since 1970. */
export interface Trouble { readonly sinceMs: number; readonly error: RivuletError }
/** Where the client counts and logs; the counters are raised by it. */
export interface ClientObserver {
  /** Attempts after the first, of whatever call. */
  readonly retries: { value: number };
  /** Connections tried again after one was lost or refused. */
  readonly reconnects: { value: number };
  log(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void;
}
/** Trouble that comes and goes is logged once in this time. */
const LOG_EVERY_MS = 30_000;

export class Troubles {
  observer: ClientObserver = { retries: { value: 0 }, reconnects: { value: 0 }, log: () => {} };
  readonly #clock: Clock;
  readonly #open = new Map<object, { readonly sinceMs: number; error: RivuletError }>();
  #loggedAt = -Infinity;
  #isLogged = false;
  constructor(clock: Clock) { this.#clock = clock; }

  /** `who` tries again, because of the error. */
  note(who: object, error: RivuletError): void {
    this.observer.retries.value++;
    const known = this.#open.get(who);
    if (known !== undefined) known.error = error;
    else this.#open.set(who, { sinceMs: this.#clock.now(), error });
    const now = this.#clock.monotonic();
    if (this.#isLogged || now - this.#loggedAt < LOG_EVERY_MS) return;
    this.#loggedAt = now;
    this.#isLogged = true;
    this.observer.log('warn', 'trouble with Kafka; trying again', { err: error });
  }
  /** `who` goes on, or has given up. */
  over(who: object): void {
    if (!this.#open.delete(who) || this.#open.size > 0 || !this.#isLogged) return;
    this.#isLogged = false;
    this.observer.log('info', 'Kafka answers again', { afterMs: Math.round(this.#clock.monotonic() - this.#loggedAt) });
  }
  get isAny(): boolean { return this.#open.size > 0; }
  /** That which lasts longest. */
  get oldest(): Trouble | undefined {
    let oldest: Trouble | undefined;
    for (const trouble of this.#open.values()) if (oldest === undefined || trouble.sinceMs < oldest.sinceMs) oldest = trouble;
    return oldest;
  }
}
