/** Prometheus text from the samples of jobs and of the process, through prom-client (imported with the first scrape: it costs start time). */
import type { MetricSample } from '../../runtime/jobs/contract.ts';

let defaults: Promise<{ metrics(): Promise<string> }> | undefined;
async function processMetrics(): Promise<{ metrics(): Promise<string> }> {
  const { Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
export async function prometheusText(samples: readonly MetricSample[]): Promise<string> {
  const { Registry, Gauge, Counter } = await import('prom-client');
  const registry = new Registry();
  const metrics = new Map<string, { add(labels: Readonly<Record<string, string>>, value: number): void }>();
  const labelNames = new Map<string, Set<string>>();
  for (const s of samples) { const names = labelNames.get(s.name) ?? new Set<string>(); for (const k of Object.keys(s.labels)) names.add(k); labelNames.set(s.name, names); }
  for (const s of samples) {
    let metric = metrics.get(s.name);
    if (metric === undefined) {
      const config = { name: `rivulet_${s.name}`, help: s.help, labelNames: [...(labelNames.get(s.name) ?? [])], registers: [registry] };
      if (s.kind === 'gauge') { const gauge = new Gauge(config); metric = { add: (l, v) => gauge.set({ ...l }, v) }; }
      else { const counter = new Counter(config); metric = { add: (l, v) => counter.inc({ ...l }, v) }; }
      metrics.set(s.name, metric);
    }
    metric.add(s.labels, s.value);
  }
  defaults ??= processMetrics();
  return (await registry.metrics()) + (await (await defaults).metrics());
}
