/** Time as a port, so that tests and simulations can replace it; the real one is `server/ports/clock.ts`. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z by the wall clock: may jump. */
  now(): number;
  /** Milliseconds since some start; never goes back. For durations and deadlines. */
  monotonic(): number;
  /** Calls once after `delayMs`; the answer cancels it. Such a timer alone does not keep the process alive. */
  after(delayMs: number, action: () => void): () => void;
}
