/** Tables for people, JSON lines for comparisons: `bench/results/<date>.jsonl`, one line per query or probe with the machine it ran on. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './proc.ts';
import { queries } from './queries.ts';
import type { QueryFigures } from './run.ts';

const FOLDER = join(import.meta.dirname, '../results');
const thousands = (n: number): string => n.toLocaleString('en');

export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) => row.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)).join('  ')).join('\n') + '\n';
}
export const queryHead = ['query', 'records', 'records/s', 'per CPU s', 'µs CPU', 'Flink per CPU s', 'ratio', 'peak MiB', 'rows out'];
export function queryRow(f: QueryFigures): string[] {
  const flink = queries.find((q) => q.name === f.query)?.flinkPerCpuSecond;
  return [
    f.query, thousands(f.records), thousands(f.recordsPerSecond), thousands(f.recordsPerCpuSecond), (1e6 / f.recordsPerCpuSecond).toFixed(2),
    flink === undefined ? '' : thousands(flink), flink === undefined ? '' : `${(f.recordsPerCpuSecond / flink).toFixed(1)}x`, thousands(f.peakMib), thousands(f.sinkRows),
  ];
}
/** Appends one line to today's file. */
export function record(line: Readonly<Record<string, unknown>>, on: Machine): void {
  mkdirSync(FOLDER, { recursive: true });
  const now = new Date().toISOString();
  appendFileSync(join(FOLDER, `${now.slice(0, 10)}.jsonl`), `${JSON.stringify({ at: now, ...line, ...on })}\n`);
}
