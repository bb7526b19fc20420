/** The MySQL table of docs/performance.md out of the result files, and the bars of its cells. */
import { RESULTS, thousands } from '../harness/report.ts';
import { BenchFailure } from '../harness/server.ts';
import { resultLines } from '../harness/markdown.ts';
import type { CopyFigures } from './cases.ts';

/** Rows per CPU second of the whole process, from MySQL into Kafka, snapshot. */
export const SNAPSHOT_BAR = 150_000;
/** Times Debezium's rows per CPU second, binlog. */
export const STREAM_BAR = 3;
/** Resident memory at its highest. */
export const PEAK_BAR_MIB = 400;
export const MYSQL_MARKERS = ['<!-- bench mysql table: written by `node bench/table.ts --mysql --write` -->', '<!-- end of bench mysql table -->'] as const;
const isSnapshot = ({ mysql }: Pick<CopyFigures, 'mysql'>): boolean => mysql === 'snapshot', mark = (met: boolean): string => met ? '✓' : '✗';

/** Rows per CPU second, with the bar of the snapshot. */
export function speedCell(f: Pick<CopyFigures, 'mysql' | 'recordsPerCpuSecond'>): string {
  return isSnapshot(f) ? `${thousands(f.recordsPerCpuSecond)} ${mark(f.recordsPerCpuSecond >= SNAPSHOT_BAR)} ${thousands(SNAPSHOT_BAR)}` : thousands(f.recordsPerCpuSecond);
}
/** `4.2x ✓ 3`: with the bar of the binlog. Empty without Debezium. */
export function ratioCell(f: Pick<CopyFigures, 'mysql' | 'ratio'>): string {
  if (f.ratio === undefined) return '';
  return isSnapshot(f) ? `${f.ratio.toFixed(1)}x` : `${f.ratio.toFixed(1)}x ${mark(f.ratio >= STREAM_BAR)} ${STREAM_BAR}`;
}
export function peakCell(f: Pick<CopyFigures, 'peakMib'>): string { return `${thousands(f.peakMib)} ${mark(f.peakMib <= PEAK_BAR_MIB)} ${PEAK_BAR_MIB}`; }

export interface CopyLine extends CopyFigures {
  readonly at: string;
  readonly rows: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly commit: string;
}
/** Every line with figures of Rivulet and Debezium, oldest first. */
export function copyLines(folder = RESULTS): CopyLine[] { return resultLines<CopyLine>(folder).filter((line) => line.mysql !== undefined && line.debezium !== undefined); }

const ORDER = ['snapshot', 'stream-large', 'stream-mixed', 'stream-small'];
/** The newest line of each case and, of the snapshot, of each size. */
export function newestCopies(lines: readonly CopyLine[]): CopyLine[] {
  const byCase = new Map(lines.map((line) => [`${line.mysql} ${isSnapshot(line) ? line.rows : ''}`, line]));
  return [...byCase.values()].sort((a, b) => ORDER.indexOf(a.mysql) - ORDER.indexOf(b.mysql) || a.rows - b.rows);
}
export function copyMarkdown(lines: readonly CopyLine[]): string {
  const line = lines.at(-1), k = (n: number | undefined): string => `${thousands(Math.round((n ?? NaN) / 1000))}k`;
  if (line === undefined) throw new BenchFailure('no results of MySQL with Debezium in bench/results: npm run bench -- mysql-snapshot mysql-stream');
  const rows = lines.map((f) => [
    `${f.mysql}: ${f.title}`, `${(f.records / 1e6).toFixed(2)}M`, k(f.recordsPerSecond), k(f.debezium?.recordsPerSecond), isSnapshot(f) ? `**${k(f.recordsPerCpuSecond)} ${mark(f.recordsPerCpuSecond >= SNAPSHOT_BAR)} ${SNAPSHOT_BAR / 1000}k**` : k(f.recordsPerCpuSecond),
    k(f.debezium?.recordsPerCpuSecond), `**${ratioCell(f)}**`, `**${f.peakMib} MiB ${mark(f.peakMib <= PEAK_BAR_MIB)} ${PEAK_BAR_MIB}**`, `${thousands(f.debezium?.peakMib ?? NaN)} MiB`,
  ]);
  return `| from MySQL into Kafka | rows | rows/s | Debezium | rows per CPU s, bar | Debezium | ratio, bar | peak memory, bar | Debezium |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
${rows.map((row) => `| ${row.join(' | ')} |\n`).join('')}
Rivulet at commit ${[...new Set(lines.map((f) => `\`${f.commit}\``))].join(', ')} on Node ${line.node.replace('v', '')} beside Debezium ${line.debezium?.version ?? ''}, MySQL ${line.mysqlVersion}, ${line.at.slice(0, 10)}, ${line.cores} cores of ${line.cpu}, median of ${line.runs.length} pairs.
`;
}
