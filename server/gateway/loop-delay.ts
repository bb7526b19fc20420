/**
 * How long the main thread was away from its event loop: what every client waits for. Measured from the first time somebody asks, so that a
 * server nobody watches does not wake for it; each answer is for the time since the answer before.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricSample } from '../../runtime/jobs/contract.ts';

const RESOLUTION_MS = 10;
let histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;

export function loopDelaySamples(): readonly MetricSample[] {
  if (histogram === undefined) {
    histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    histogram.enable();
  }
  const seconds = (ns: number): number => Math.max(0, ns / 1e9 - RESOLUTION_MS / 1e3), isEmpty = histogram.count === 0;
  const max = isEmpty ? 0 : seconds(histogram.max), p99 = isEmpty ? 0 : seconds(histogram.percentile(99));
  histogram.reset();
  const sample = (name: string, help: string, value: number): MetricSample => ({ name, kind: 'gauge', help, value, labels: {} });
  return [
    sample('event_loop_delay_max_seconds', 'Longest time the main thread kept its event loop waiting since the last scrape', max),
    sample('event_loop_delay_p99_seconds', 'The same, 99 % of turns', p99),
  ];
}
