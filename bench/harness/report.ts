/** Tables for people, JSON lines for comparisons: `bench/results/<date>.jsonl`, one line per query or probe with the machine it ran on. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { QueryFigures } from './figures.ts';
import type { Machine } from './proc.ts';
import { cardOf } from './queries.ts';

export const RESULTS = join(import.meta.dirname, '../results');
export const thousands = (n: number): string => n.toLocaleString('en');

export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)).join('  ').trimEnd()).join('\n') + '\n';
}

/** `4.2x ✓ 4`: the ratio, whether the bar is met, the bar. Empty without a ratio. */
export function ratioCell({ query, ratio }: Pick<QueryFigures, 'query' | 'ratio'>): string {
  const { bar } = cardOf(query);
  if (ratio === undefined) return '';
  return bar === undefined ? `${ratio.toFixed(1)}x` : `${ratio.toFixed(1)}x ${ratio >= bar.ratio ? '✓' : '✗'} ${bar.ratio}`;
}
/** `1/7.3 ✓ 1/5`: the share of Flink's peak memory, whether it is small enough, the bar. Empty without Flink. */
export function memoryCell({ query, memory }: Pick<QueryFigures, 'query' | 'memory'>): string {
  const { bar } = cardOf(query);
  if (memory === undefined) return '';
  return bar === undefined ? `1/${(1 / memory).toFixed(1)}` : `1/${(1 / memory).toFixed(1)} ${memory <= 1 / bar.memory ? '✓' : '✗'} 1/${bar.memory}`;
}

const ALONE = ['query', 'records', 'records/s', 'per CPU s', 'µs CPU', 'peak MiB', 'rows out'];
const SIDE_BY_SIDE = ['query', 'records', 'records/s', 'Flink', 'per CPU s', 'Flink', 'ratio, bar', 'peak MiB', 'Flink', 'share, bar'];
/** With Flink: both engines beside each other, Rivulet first; without: Rivulet's figures. */
export function queryTable(figures: readonly QueryFigures[]): string {
  const withFlink = figures.some((f) => f.flink !== undefined);
  return table([withFlink ? SIDE_BY_SIDE : ALONE, ...figures.map((f) => withFlink ? besideFlink(f) : alone(f))]);
}
function alone(f: QueryFigures): string[] {
  return [f.query, thousands(f.records), thousands(f.recordsPerSecond), thousands(f.recordsPerCpuSecond), (1e6 / f.recordsPerCpuSecond).toFixed(2), thousands(f.peakMib), thousands(f.sinkRows)];
}
function besideFlink(f: QueryFigures): string[] {
  const of = (n: number | undefined): string => n === undefined ? '' : thousands(n);
  return [
    f.query, thousands(f.records), thousands(f.recordsPerSecond), of(f.flink?.recordsPerSecond), thousands(f.recordsPerCpuSecond), of(f.flink?.recordsPerCpuSecond), ratioCell(f),
    thousands(f.peakMib), of(f.flink?.peakMib), memoryCell(f),
  ];
}

/** Appends one line to today's file. `load` is the load average of the last minute: how busy the machine was. */
export function record(line: Readonly<Record<string, unknown>>, on: Machine): void {
  mkdirSync(RESULTS, { recursive: true });
  const now = new Date().toISOString(), load = Number((loadavg()[0] ?? NaN).toFixed(1));
  appendFileSync(join(RESULTS, `${now.slice(0, 10)}.jsonl`), `${JSON.stringify({ at: now, ...line, ...on, load })}\n`);
}
