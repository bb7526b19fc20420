/** The clock of a client that was given none (tests, tools); the server gives its own. */
import type { Clock } from '../../../../core/ports/clock.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => { clearTimeout(timer); };
  },
};
