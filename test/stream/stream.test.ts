/**
 * Every `.stream` file beside this one, through every runner (the form of the files: test/README.md):
 *
 *   straight                          row by row in one subtask; the changelog must be as written within each key of the sink
 *   restored at marks / every line    the same, with a checkpoint and everything anew from it
 *   in batches                        each line as one batch; the rows the changelog amounts to must be as written after each line
 *   in two subtasks, in three …       the same over real exchanges, restored at marks, and across parallelisms
 *   shuffled                          the tables' lines in another order (each table's own order kept); the final rows must be as written
 *
 * A retraction of a row that was not sent fails everywhere, and so does a retraction that an operator does not know.
 * RIVULET_REFRESH=1 writes what comes out at `straight` into the files instead; read the diff.
 */
import { expect } from 'chai';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Random } from '../state/support.ts';
import { StreamRun } from './run.ts';
import { printedChanges, readStory, SinkTable, textOf } from './story.ts';
import type { Sink, Story, StoryLine, TextChange } from './story.ts';

interface Runner { readonly name: string; readonly start: number; readonly exact?: boolean; readonly whole?: boolean; readonly atMark?: (n: number) => number; readonly everyLine?: boolean }
const RUNNERS: readonly Runner[] = [
  { name: 'straight', start: 1, exact: true }, { name: 'restored at marks', start: 1, exact: true, atMark: () => 1 }, { name: 'restored at every line', start: 1, exact: true, everyLine: true },
  { name: 'in batches', start: 1, whole: true }, { name: 'in two subtasks', start: 2 }, { name: 'in three subtasks, in batches, restored at marks', start: 3, whole: true, atMark: () => 3 },
  { name: 'across parallelisms', start: 2, atMark: (n) => [1, 3, 2][n % 3]! },
];

class Tables {
  private readonly tables: ReadonlyMap<string, SinkTable>;
  constructor(story: Story) { this.tables = new Map([...story.sinks].map(([name, sink]) => [name, new SinkTable(sink)])); }
  of(sink: string): SinkTable { return this.tables.get(sink)!; }
}
const takePrinted = (run: StreamRun, story: Story, sink: string): TextChange[] => printedChanges(run.take(sink), story.sinks.get(sink)!.columns);

function play(story: Story, runner: Runner): void {
  const run = new StreamRun(story.plan, runner.start), got = new Tables(story), wanted = new Tables(story);
  let marks = 0;
  story.lines.forEach((line, i) => {
    const where = `${runner.name}: ${line.text}`;
    switch (line.verb) {
      case 'mark': if (runner.atMark !== undefined) run.restart(runner.atMark(marks++)); break;
      case 'now': run.nowMs = line.ms; break;
      case 'in': run.push(line.table, line.changes, runner.whole === true); break;
      case 'out': {
        const actual = takePrinted(run, story, line.sink);
        if (runner.exact === true) expectSameWithinKeys(story.sinks.get(line.sink)!, actual, line.changes, where);
        wanted.of(line.sink).apply(line.changes, `${where} (as written)`);
        got.of(line.sink).apply(actual, where);
        expect(got.of(line.sink).list(), where).to.deep.equal(wanted.of(line.sink).list());
      }
    }
    if (story.lines[i + 1]?.verb !== 'out') expectSilence(run, story, where);
    if (runner.everyLine === true) run.restart(1);
  });
  expect(run.inconsistent, `${runner.name}: inconsistent retractions`).to.equal(0);
}
function expectSameWithinKeys(sink: Sink, actual: readonly TextChange[], written: readonly TextChange[], where: string): void {
  const byKey = (changes: readonly TextChange[]): string => {
    const keys = new Map<string, TextChange[]>();
    for (const c of changes) { const key = SinkTable.keyOf(sink, c), list = keys.get(key); if (list === undefined) keys.set(key, [c]); else list.push(c); }
    return [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, list]) => textOf(list)).join('\n');
  };
  expect(byKey(actual), where).to.equal(byKey(written));
}
/** Output that the story says nothing about is an error at its place, not at the next line that speaks of the sink. */
function expectSilence(run: StreamRun, story: Story, where: string): void {
  for (const name of story.sinks.keys()) expect(textOf(takePrinted(run, story, name)), `${where}: output to ${name} that no line speaks of`).to.equal('');
}

/** The lines that bring rows, each table's own order kept, tables mixed by the seed. */
function shuffledInputs(lines: readonly StoryLine[], seed: number): Extract<StoryLine, { verb: 'in' }>[] {
  const queues = new Map<string, Extract<StoryLine, { verb: 'in' }>[]>(), at = new Random(seed), mixed: Extract<StoryLine, { verb: 'in' }>[] = [];
  for (const line of lines) if (line.verb === 'in') queues.set(line.table, [...(queues.get(line.table) ?? []), line]);
  for (let open = [...queues.values()]; open.length > 0; open = open.filter((q) => q.length > 0)) mixed.push(at.pick(open).shift()!);
  return mixed;
}
function playShuffled(story: Story, seed: number): void {
  const run = new StreamRun(story.plan, 1 + seed % 2), got = new Tables(story), wanted = new Tables(story), name = `shuffled by ${seed}`;
  for (const line of shuffledInputs(story.lines, seed)) {
    run.push(line.table, line.changes, false);
    for (const sink of story.sinks.keys()) got.of(sink).apply(takePrinted(run, story, sink), `${name}: ${line.text}`);
  }
  for (const line of story.lines) if (line.verb === 'out') wanted.of(line.sink).apply(line.changes, line.text);
  for (const sink of story.sinks.keys()) expect(got.of(sink).list(), `${name}: ${sink} at the end`).to.deep.equal(wanted.of(sink).list());
}

/** The text of a story with what came out in place of what was written. */
function refreshed(text: string, story: Story): string {
  const run = new StreamRun(story.plan, 1), names = [...story.sinks.keys()], width = Math.max(...text.split('\n').map((l) => /^in \w+ */.exec(l)?.[0].length ?? 0), ...names.map((n) => n.length + 2));
  const lines = text.split('\n').filter((l) => !names.includes(l.split(/\s/, 1)[0]!));
  let at = 0;
  return lines.flatMap((l) => {
    if (!/^(in|now|mark)\b/.test(l)) return [l];
    while (story.lines[at]?.verb === 'out') at++;
    const line = story.lines[at++]!;
    if (line.verb === 'now') run.nowMs = line.ms;
    if (line.verb !== 'in') return [l];
    run.push(line.table, line.changes, false);
    const outputs = names.map((name) => ({ name, text: textOf(takePrinted(run, story, name)) })), any = outputs.filter((o) => o.text !== '');
    return [l, ...(any.length > 0 ? any : outputs.slice(0, 1)).map((o) => `${o.name.padEnd(width)}${o.text}`.trimEnd())];
  }).join('\n');
}

describe('streams', () => {
  const folder = new URL('.', import.meta.url), SEEDS = Number(process.env['RIVULET_SHUFFLES'] ?? 6);
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.stream')).sort()) {
    const path = new URL(file, folder), text = readFileSync(path, 'utf8');
    describe(`${file}: ${/# description: (.*)/.exec(text)?.[1] ?? 'no description'}`, () => {
      let story: Story;
      before(async () => { story = await readStory(text); });
      if (process.env['RIVULET_REFRESH'] === '1') { it('written anew', () => { writeFileSync(path, refreshed(text, story)); }); return; }
      it('says what it shows and where that comes from', () => { expect(text).to.match(/^# description: .+\n# semantic: .+\n/); });
      for (const runner of RUNNERS) it(runner.name, function run() { if (story.skips.has(runner.name)) this.skip(); play(story, runner); });
      it('shuffled', function run() { if (story.skips.has('shuffled')) this.skip(); for (let seed = 1; seed <= SEEDS; seed++) playShuffled(story, seed); });
    });
  }
});
