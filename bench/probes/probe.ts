/** What every probe of this folder shares: its shape, small arithmetic, and how a probe finds its way into a running server. */
import type { Bench } from '../harness/run.ts';
import { BenchFailure } from '../harness/server.ts';
import type { BenchServer } from '../harness/server.ts';
import type { TopicKind } from '../load/topics.ts';

/** Named figures for the table and the results file; units stand in the names. */
export type Figures = Readonly<Record<string, number>>;
export interface Probe {
  /** As given to `npm run bench -- NAME`. */
  readonly name: string;
  readonly title: string;
  /** The topics of scale `bench.scale` that it reads. */
  readonly reads: readonly TopicKind[];
  /** Those topics are full. Throws BenchFailure. */
  readonly run: (bench: Bench) => Promise<Figures>;
}

export const round = (n: number, digits = 0): number => Number(n.toFixed(digits));
export const pause = async (ms: number): Promise<void> => { await new Promise((resolve) => { setTimeout(resolve, ms); }); };

/** The topics of the query qj. */
export const ORDERS: readonly TopicKind[] = ['order_dw.order', 'order_dw.user', 'order_dw.feedback'];

/** The value that `share` (0 … 1) of the values do not exceed, by nearest rank; NaN for none. Leaves the values in their order. */
export function percentile(values: readonly number[] | Float64Array, share: number): number {
  if (values.length === 0) return NaN;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
/** p50, p99 and the greatest, of milliseconds, under names that begin with `what`. */
export function spread(what: string, values: readonly number[] | Float64Array, digits = 1): Figures {
  return { [`${what} p50, ms`]: round(percentile(values, 0.5), digits), [`${what} p99, ms`]: round(percentile(values, 0.99), digits), [`${what} max, ms`]: round(percentile(values, 1), digits) };
}

/** The port for psql, from the banner of the server's start. */
export function pgPort(server: BenchServer): number {
  const port = Number(/psql -h \S+ -p (\d+)/.exec(server.log)?.[1]);
  if (!(port > 0)) throw new BenchFailure('the banner of the server names no port for psql');
  return port;
}
/** Where HTTP listens, from the same banner. */
export function httpUrl(server: BenchServer): string {
  const url = /http:\/\/[^/\s]*:\d+/.exec(server.log)?.[0];
  if (url === undefined) throw new BenchFailure('the banner of the server names no address for HTTP');
  return url;
}
