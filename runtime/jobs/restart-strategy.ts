/**
 * When a failed job is started again. Flink: «Task Failure Recovery», restart strategies of version 2. Errors whose own advice is
 * `never` (the same input fails again) end the job under every strategy.
 */
import type { RestartStrategySettings } from './settings.ts';

/** The delay before the next restart in ms, or undefined: the job fails for good. */
export interface RestartStrategy { onFailure(nowMs: number): number | undefined }

/** `random` gives numbers in [0, 1). Times are of a monotonic clock. */
export function restartStrategy(settings: RestartStrategySettings, random: () => number): RestartStrategy {
  switch (settings.kind) {
    case 'none': return { onFailure: () => undefined };
    case 'fixed-delay': {
      let failures = 0;
      return { onFailure: () => (++failures > settings.attempts ? undefined : settings.delayMs) };
    }
    case 'failure-rate': {
      const failures: number[] = [];
      return {
        onFailure(nowMs) {
          failures.push(nowMs);
          while ((failures[0] as number) <= nowMs - settings.intervalMs) failures.shift();
          return failures.length > settings.maxFailures ? undefined : settings.delayMs;
        },
      };
    }
    case 'exponential-delay': {
      let backoffMs = settings.initialMs, attempts = 0, lastMs = Number.NEGATIVE_INFINITY, lastDelayMs = 0;
      return {
        onFailure(nowMs) {
          if (nowMs - lastMs - lastDelayMs >= settings.resetMs) { backoffMs = settings.initialMs; attempts = 0; }
          lastMs = nowMs;
          if (++attempts > settings.attempts) return undefined;
          lastDelayMs = Math.min(settings.maxMs, backoffMs * (1 + settings.jitter * (2 * random() - 1)));
          backoffMs = Math.min(settings.maxMs, backoffMs * settings.multiplier);
          return lastDelayMs;
        },
      };
    }
  }
}
