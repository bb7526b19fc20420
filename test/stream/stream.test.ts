/**
 * Every `.stream` file beside this one, through every runner: straight; with checkpoint and restore at each mark, and at every line; at
 * parallelism 2 and 3; across parallelisms at each mark. At parallelism 1 the changelog must match as written. At others each line's output
 * must amount to the same rows. A retraction of a row that was not sent fails everywhere.
 *
 * A file: `table <name> (<columns>) append|retract|upsert`, `sink <name> (<columns>) append|retract`, one `job` line of SQL, then the story:
 * `in <table> <changes>`, `<sink> <changes>` (all that came out since the last such line), `mark`.
 */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { isAccumulate } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import { planStatementSet } from '../../planner/planner.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { parseChanges, printChange } from '../operators/harness.ts';
import type { Change } from '../operators/harness.ts';
import { Planner } from '../plan/harness.ts';
import { StreamRun } from './run.ts';

interface Story { readonly plan: PhysicalPlan; readonly types: ReadonlyMap<string, readonly SqlType[]>; readonly lines: readonly string[] }
const SOURCE: Record<string, string> = { append: "'connector' = 'kafka', 'format' = 'json'", retract: "'connector' = 'kafka', 'format' = 'debezium-json'", upsert: "'connector' = 'upsert-kafka'" };
const SINK: Record<string, string> = { append: SOURCE['append']!, retract: "'connector' = 'print'" };

async function readStory(text: string): Promise<Story> {
  const lines = text.split('\n').map((l) => l.trim()).filter((l) => l !== '' && !l.startsWith('#'));
  const planner = new Planner(), types = new Map<string, readonly SqlType[]>();
  let job = '';
  for (const line of lines) {
    const table = /^(table|sink)\s+(\w+)\s+(\(.*\))\s+(\w+)$/.exec(line);
    if (table !== null) {
      const [, what, name, columns, mode] = table;
      await planner.prepare(`CREATE TABLE \`${name}\` ${columns} WITH (${(what === 'table' ? SOURCE : SINK)[mode!]}); SELECT 1`);
      const object = planner.objects.get(name!)!;
      types.set(name!, object.kind === 'table' ? object.columns.flatMap((c) => (c.kind === 'physical' ? [c.type] : [])) : []);
    }
    if (line.startsWith('job ')) job = line.slice(4).trim();
  }
  const statement = await planner.prepare(job), inserts = statement.kind === 'insert' ? [statement] : statement.kind === 'statementSet' ? statement.statements.filter((s) => s.kind === 'insert') : [];
  const { plan } = await planStatementSet(inserts, { ...planner.context(), functions: functionRegistry });
  return { plan, types, lines: lines.filter((l) => !/^(table|sink|job)\s/.test(l)) };
}

/** A table kept by changes; counts may not fall below zero. */
class Rows {
  readonly counts = new Map<string, number>();
  apply(changes: readonly Change[], where: string): void {
    for (const { kind, row } of changes) {
      const key = printChange({ kind: 0, row }).slice(2), count = (this.counts.get(key) ?? 0) + (isAccumulate(kind) ? 1 : -1);
      if (count < 0) expect.fail(`${where}: retraction of a row never sent: ${key}`);
      if (count === 0) this.counts.delete(key); else this.counts.set(key, count);
    }
  }
  list(): string[] { return [...this.counts].map(([key, n]) => `${n} × ${key}`).sort(); }
}
interface Runner { readonly name: string; readonly start: number; readonly atMark?: (n: number) => number; readonly everyLine?: boolean }
const RUNNERS: readonly Runner[] = [
  { name: 'straight', start: 1 }, { name: 'restored at marks', start: 1, atMark: () => 1 }, { name: 'restored at every line', start: 1, everyLine: true },
  { name: 'in two subtasks', start: 2 }, { name: 'in three subtasks, restored at marks', start: 3, atMark: () => 3 }, { name: 'across parallelisms', start: 2, atMark: (n) => [1, 3, 2][n % 3]! },
];
function play(story: Story, runner: Runner): void {
  const run = new StreamRun(story.plan, runner.start), got = new Map<string, Rows>(), wanted = new Map<string, Rows>();
  const table = (of: Map<string, Rows>, name: string): Rows => { let rows = of.get(name); if (rows === undefined) of.set(name, rows = new Rows()); return rows; };
  const isExact = runner.start === 1;
  let marks = 0;
  for (const line of story.lines) {
    const [, verb, rest] = /^(\w+)\s*(.*)$/.exec(line)!, where = `${runner.name}: ${line}`;
    if (verb === 'mark') { if (runner.atMark !== undefined) run.restart(runner.atMark(marks++)); continue; }
    if (verb === 'in') {
      const [, name, changes] = /^(\w+)\s*(.*)$/.exec(rest!)!;
      run.push(name!, parseChanges(changes!, story.types.get(name!)!));
    } else {
      const expected = parseChanges(rest!, story.types.get(verb!)!), actual = run.take(verb!);
      if (isExact) expect(actual.map(printChange).join('  '), where).to.equal(expected.map(printChange).join('  '));
      table(wanted, verb!).apply(expected, `${where} (as written)`);
      table(got, verb!).apply(actual, where);
      expect(table(got, verb!).list(), where).to.deep.equal(table(wanted, verb!).list());
    }
    if (runner.everyLine === true) run.restart(1);
  }
  for (const name of wanted.keys()) expect(run.take(name).map(printChange), `${runner.name}: output no line speaks of`).to.deep.equal([]);
  expect(run.inconsistent, `${runner.name}: inconsistent retractions`).to.equal(0);
}

describe('streams', () => {
  const folder = new URL('.', import.meta.url);
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.stream')).sort()) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    describe(`${file}: ${/# description: (.*)/.exec(text)![1]}`, () => {
      for (const runner of RUNNERS) it(runner.name, async () => play(await readStory(text), runner));
    });
  }
});
