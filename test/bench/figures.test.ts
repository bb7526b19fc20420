/** Figures of both engines taken together, and the tables made of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { compared, median, summarize, summarizeFlink } from '../../bench/harness/figures.ts';
import type { QueryFigures, RunFigures } from '../../bench/harness/figures.ts';
import { comparedLines, markdown, newest, withTable } from '../../bench/harness/markdown.ts';
import type { ResultLine } from '../../bench/harness/markdown.ts';
import { cardOf, queries } from '../../bench/harness/queries.ts';
import { memoryCell, queryTable, ratioCell } from '../../bench/harness/report.ts';

const run = (seconds: number, cpuSeconds: number, peakMib: number, others?: RunFigures['others']): RunFigures => ({ seconds, cpuSeconds, peakMib, others });
const RIVULET = [run(2, 4, 200), run(1, 2, 210), run(1, 2, 205)], FLINK = [run(10, 12, 1000, { cpuSeconds: 8, peakMib: 500 }), run(5, 16, 1100, { cpuSeconds: 1, peakMib: 400 }), run(4, 6, 900, { cpuSeconds: 2, peakMib: 700 })];
const WARM_UP = [run(99, 99, 9999, { cpuSeconds: 99, peakMib: 9999 })], OURS = { runs: RIVULET, warmUp: WARM_UP }, THEIRS = { runs: FLINK, warmUp: WARM_UP };
const figures = (query: string): QueryFigures => ({ query, records: 1200, ...summarize(1200, OURS), sinkRows: 5, flink: summarizeFlink(1200, THEIRS, '2.2.0', 4096), ...compared(RIVULET, FLINK) });

describe('bench: figures', () => {
  it('takes the middle value, or the mean of two', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1])).to.equal(2.5);
    expect(median([])).to.be.NaN;
  });
  it('takes the speed of the median run and the highest memory, and keeps the warm-up apart', () => {
    expect(summarize(1200, OURS)).to.deep.equal({ recordsPerSecond: 1200, recordsPerCpuSecond: 600, peakMib: 210, ...OURS });
  });
  it("counts Flink's other processes apart", () => {
    expect(summarizeFlink(1200, THEIRS, '2.2.0', 4096)).to.include({ recordsPerCpuSecond: 100, peakMib: 1100, allRecordsPerCpuSecond: Math.round(1200 / 17), allPeakMib: 1600 });
  });
  it('takes the median of the ratios of pairs, not the ratio of medians', () => {
    // Pairs give 3, 8 and 3; the medians 12 and 2 would give 6.
    expect(compared(RIVULET, FLINK)).to.deep.equal({ ratio: 3, memory: 0.191 });
  });
});

describe('bench: tables', () => {
  it('marks a bar that is met and one that is missed', () => {
    expect(cardOf('q0').bar).to.deep.equal({ ratio: 4, memory: 5 });
    expect(ratioCell({ query: 'q0', ratio: 4 })).to.equal('4.0x ✓ 4');
    expect(ratioCell({ query: 'q0', ratio: 3.99 })).to.equal('4.0x ✗ 4');
    expect(memoryCell({ query: 'q0', memory: 0.2 })).to.equal('1/5.0 ✓ 1/5');
    expect(memoryCell({ query: 'q0', memory: 0.25 })).to.equal('1/4.0 ✗ 1/5');
    expect([ratioCell({ query: 'own', ratio: 2 }), memoryCell({ query: 'own', memory: 0.5 })]).to.deep.equal(['2.0x', '1/2.0']);
    expect([ratioCell({ query: 'q0' }), memoryCell({ query: 'q0' })]).to.deep.equal(['', '']);
  });
  it('shows both engines, or Rivulet alone', () => {
    const [head, row] = queryTable([figures('q0')]).split('\n');
    expect(head?.split(/ {2,}/)).to.deep.equal(['query', 'records', 'records/s', 'Flink', 'per CPU s', 'Flink', 'ratio, bar', 'peak MiB', 'Flink', 'share, bar']);
    expect(row?.split(/ {2,}/)).to.deep.equal(['q0', '1,200', '1,200', '240', '600', '100', '3.0x ✗ 4', '210', '1,100', '1/5.2 ✓ 1/5']);
    expect(queryTable([{ query: 'q0', records: 1200, ...summarize(1200, OURS), sinkRows: 5 }]).split('\n')[1]?.split(/ {2,}/)).to.deep.equal(['q0', '1,200', '1,200', '600', '1666.67', '210', '5']);
  });
});

describe('bench: results as Markdown', () => {
  const line = (query: string, more: Partial<ResultLine> = {}): ResultLine => ({ at: '2026-11-28T10:00:00.000Z', scale: 2, settings: {}, cpu: 'Some CPU', cores: 2, node: 'v26.10.0', commit: 'abc1234', modified: false, ...figures(query), ...more });

  it('takes the newest line of each query of one commit, in the order of the bench, and says which scale it had', () => {
    const lines = [line('q1', { commit: 'old' }), line('q2'), line('q0', { records: 1 }), line('q0', { scale: 1 }), line('q0', { records: 2 })];
    expect(newest(lines).map((l) => [l.query, l.records])).to.deep.equal([['q0', 2], ['q2', 1200]]);
    expect(newest(lines, 'old').map((l) => l.query)).to.deep.equal(['q1']);
    expect(newest([line('q2'), line('q0'), line('q1', { scale: 5 })]).map((l) => l.scale)).to.deep.equal([2, 5, 2]);
    expect(markdown(newest([line('q2'), line('q0'), line('q1', { scale: 5 })]))).to.contain(', scale 2 (q1: 5), median');
    expect(() => newest(lines, 'other')).to.throw('commit other');
    expect(() => newest([])).to.throw('npm run bench');
  });
  it('reads the result files, without probes, runs of Rivulet alone and odd settings', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rivulet-results-'));
    try {
      const write = (name: string, ...lines: unknown[]): void => { writeFileSync(join(folder, name), lines.map((l) => `${JSON.stringify(l)}\n`).join('')); };
      write('2026-11-28.jsonl', line('q1'), { probe: 'idle', figures: {} }, line('q2', { flink: undefined }), line('q0', { settings: { a: 'b' } }));
      write('2026-11-27.jsonl', line('q0'));
      writeFileSync(join(folder, 'notes.txt'), 'no json');
      expect(comparedLines(folder).map((l) => l.query)).to.deep.equal(['q0', 'q1']);
    } finally { rmSync(folder, { recursive: true }); }
  });
  it('writes a table with its circumstances', () => {
    const text = markdown([line('q0'), line('q2')]);
    expect(text).to.contain('| q0: Pass-through, every field | 0.00M | 1k | 0k | 1k | 0k | **3.0x ✗ 4** | 210 MiB | 1,100 MiB | **1/5.2 ✓ 1/5** |\n');
    expect(text).to.contain('commit `abc1234` on Node 26.10.0 beside Apache Flink 2.2.0, 2026-11-28, 2 cores of Some CPU, scale 2, median of 3 pairs').and.to.contain('2 of 2 queries miss a bar.');
    expect(markdown([line('q0', { ratio: 5, modified: true })])).to.contain('`abc1234` with changes').and.to.contain('Every bar is met.');
  });
  it('replaces what stands between the markers, and asks for them', () => {
    const page = 'before\n<!-- bench table: written by `node bench/table.ts --write` -->\nold\n<!-- end of bench table -->\nafter\n', once = withTable(page, 'new\n', 'page.md');
    expect(once).to.contain('\n\nnew\n\n<!-- end').and.to.match(/^before\n/).and.to.match(/\nafter\n$/).and.not.contain('old');
    expect(withTable(once, 'new\n', 'page.md')).to.equal(once);
    expect(() => withTable('none', 'new', 'page.md')).to.throw('page.md');
  });
  it('has a title and a bar for every query', () => {
    const text = markdown(queries.map(({ name }) => line(name)));
    for (const { name } of queries) expect(text).to.match(new RegExp(`^\\| ${name}: \\S`, 'm'));
  });
});
