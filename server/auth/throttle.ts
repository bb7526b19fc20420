/**
 * Slows down whoever tries passwords. Counted per address and user, so that a right password from elsewhere still gets in: the first
 * failures are free, each further one doubles the wait, to a minute. One address may try many users: beyond its own number of failures it
 * is held to one try a second, but for users that came in from there before. Attempts under way at the same time are few once one has
 * failed; before that they are not counted, since a pool opens all its connections at once. Memory is bounded; the entries that were used
 * longest ago go first.
 */
import { loginThrottled } from '../../core/errors/access.ts';
import type { Clock } from '../../core/ports/clock.ts';

export interface ThrottleLimits {
  /** Failures of one user from one address that cost nothing. */
  readonly freePerUser: number;
  readonly freePerAddress: number;
  /** Wait after the first failure that is not free; doubles with each. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Without failures for so long, all is forgotten. */
  readonly forgetMs: number;
  readonly entries: number;
}
export const defaultThrottle: ThrottleLimits = { freePerUser: 10, freePerAddress: 100, firstWaitMs: 1_000, longestWaitMs: 60_000, forgetMs: 15 * 60_000, entries: 10_000 };

interface Entry { failures: number; pending: number; lastMs: number }
/** What became of an attempt: one of the three is called, once. `abandoned`: nothing was guessed. */
export interface Attempt { succeeded(): void; failed(): void; abandoned(): void }
/** Of a name in a key. Names that differ only behind it are counted as one. */
const NAME_LENGTH = 128;

export class Throttle {
  readonly #clock: Clock;
  readonly #limits: ThrottleLimits;
  readonly #users = new Map<string, Entry>();
  readonly #addresses = new Map<string, Entry>();
  /** Address and user that came in. */
  readonly #known = new Map<string, true>();
  constructor(clock: Clock, limits: Partial<ThrottleLimits> = {}) { this.#clock = clock; this.#limits = { ...defaultThrottle, ...limits }; }

  /** Begins an attempt; throws login-throttled when it is too soon. */
  begin(remote: string, user: string): Attempt {
    const now = this.#clock.monotonic(), { freePerUser, freePerAddress, firstWaitMs, longestWaitMs, entries } = this.#limits;
    const address = networkOf(remote), key = `${address} ${user.slice(0, NAME_LENGTH)}`, pair = this.#entry(this.#users, key, now), all = this.#entry(this.#addresses, address, now);
    const beyond = pair.failures - freePerUser, wait = beyond < 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(beyond, 20));
    const left = Math.max(pair.lastMs + wait, all.failures < freePerAddress || this.#known.has(key) ? 0 : all.lastMs + firstWaitMs) - now;
    if (left > 0 || (pair.failures > 0 && pair.pending >= Math.max(1, freePerUser - pair.failures))) throw loginThrottled({ user, seconds: Math.max(1, Math.ceil(left / 1000)) });
    pair.pending++;
    put(this.#users, key, pair, entries);
    put(this.#addresses, address, all, entries);
    return {
      succeeded: () => {
        this.#users.delete(key);
        put(this.#known, key, true, entries);
      },
      failed: () => {
        pair.pending--;
        for (const entry of [pair, all]) { entry.failures++; entry.lastMs = this.#clock.monotonic(); }
        // Others may have dropped or replaced it meanwhile.
        put(this.#users, key, pair, entries);
      },
      abandoned: () => {
        pair.pending--;
        if (pair.failures === 0 && pair.pending <= 0 && this.#users.get(key) === pair) this.#users.delete(key);
      },
    };
  }
  /** Entries held, for tests of the bound. */
  get size(): number { return this.#users.size + this.#addresses.size + this.#known.size; }

  #entry(map: Map<string, Entry>, key: string, now: number): Entry {
    const entry = map.get(key);
    return entry === undefined || now - entry.lastMs > this.#limits.forgetMs ? { failures: 0, pending: 0, lastMs: now } : entry;
  }
}
/** Puts at the end of the map's order and drops what is first when there is too much. */
function put<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) { const oldest = map.keys().next(); if (oldest.done !== true) map.delete(oldest.value); }
}
/** An IPv6 client has a whole /64 to choose from. */
function networkOf(remote: string): string {
  const address = remote.replace(/^::ffff:/i, '').replace(/%.*$/, '');
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::'), left = head === '' ? [] : head.split(':'), right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = tail === undefined ? left : [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right];
  return groups.slice(0, 4).map((g) => g.replace(/^0+(?=.)/, '')).join(':');
}
