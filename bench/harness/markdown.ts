/** The table of the README and of docs/performance.md out of the result files, and its place between two marker comments. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QueryFigures } from './figures.ts';
import { cardOf, queries, titleOf } from './queries.ts';
import { memoryCell, ratioCell, RESULTS, thousands } from './report.ts';
import { BenchFailure } from './server.ts';

/** A line of the results that holds both engines' figures of a query. */
export interface ResultLine extends QueryFigures {
  readonly at: string;
  readonly scale: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly commit: string;
  readonly modified: boolean;
}
const BEGIN = '<!-- bench table: written by `node bench/table.ts --write` -->', END = '<!-- end of bench table -->';

/** Every line of the result files, oldest first; what kind one is, its fields tell. */
export function resultLines<T>(folder: string): T[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl')).sort();
  return files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as T));
}
/** Every line with figures of both engines under default settings, oldest first. */
export function comparedLines(folder = RESULTS): ResultLine[] {
  return resultLines<ResultLine>(folder).filter((line) => line.query !== undefined && line.flink !== undefined && Object.keys(line.settings).length === 0);
}
/** The newest line of each query among those of one commit: the given one, or else that of the newest line. In the order of the bench. */
export function newest(lines: readonly ResultLine[], commit?: string): ResultLine[] {
  const of = commit === undefined ? lines : lines.filter((line) => line.commit.startsWith(commit) || commit.startsWith(line.commit)), last = of.at(-1);
  if (last === undefined) throw new BenchFailure(commit === undefined ? 'no results with Flink in bench/results: npm run bench' : `no results with Flink of commit ${commit} in bench/results`);
  const byQuery = new Map(of.filter((line) => line.commit === last.commit).map((line) => [line.query, line]));
  return queries.map(({ name }) => byQuery.get(name)).filter((line) => line !== undefined);
}
export function markdown(lines: readonly ResultLine[]): string {
  const [line] = lines, k = (n: number): string => `${thousands(Math.round(n / 1000))}k`, mib = (n: number): string => `${thousands(n)} MiB`;
  if (line === undefined) throw new BenchFailure('no results');
  const rows = lines.map((f) => [
    `${f.query}: ${titleOf(f.query)}`, `${(f.records / 1e6).toFixed(2)}M`, k(f.recordsPerSecond), k(f.flink?.recordsPerSecond ?? NaN), k(f.recordsPerCpuSecond), k(f.flink?.recordsPerCpuSecond ?? NaN),
    `**${ratioCell(f)}**`, mib(f.peakMib), mib(f.flink?.peakMib ?? NaN), `**${memoryCell(f)}**`,
  ]);
  const missed = lines.filter((f) => { const { bar } = cardOf(f.query); return bar !== undefined && ((f.ratio ?? 0) < bar.ratio || (f.memory ?? 1) > 1 / bar.memory); }).length;
  return `| query | records | records/s | Flink | records per CPU s | Flink | ratio, bar | peak memory | Flink | share, bar |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
${rows.map((row) => `| ${row.join(' | ')} |\n`).join('')}
Rivulet at commit \`${line.commit}\`${lines.some((f) => f.modified) ? ' with changes' : ''} on Node ${line.node.replace('v', '')} beside Apache Flink ${line.flink?.version ?? ''}, ${line.at.slice(0, 10)}, ${line.cores} cores of ${line.cpu}, ${scales(lines)}, median of ${line.runs.length} pairs. Rivulet: its whole process; Flink: its TaskManager alone. ${missed === 0 ? 'Every bar is met.' : `${missed} of ${lines.length} queries miss a bar.`}
`;
}
/** `scale 5`, or with the queries of other scales named: `scale 5 (q0k, q0x: 2)`. */
function scales(lines: readonly ResultLine[]): string {
  const by = [...Map.groupBy(lines, (line) => line.scale)].sort((a, b) => b[1].length - a[1].length), rest = by.slice(1).map(([scale, of]) => `${of.map((line) => line.query).join(', ')}: ${scale}`);
  return `scale ${by[0]?.[0]}${rest.length === 0 ? '' : ` (${rest.join('; ')})`}`;
}
/** The page with what stands between the markers replaced. */
export function withTable(page: string, table: string, name: string, begin = BEGIN, end = END): string {
  const from = page.indexOf(begin), to = page.indexOf(end);
  if (from < 0 || to < from) throw new BenchFailure(`${name} lacks the lines "${begin}" and "${end}"`);
  return `${page.slice(0, from)}${begin}\n\n${table}\n${page.slice(to)}`;
}
