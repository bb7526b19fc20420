/**
 * Reads a `.stream` file: a job in SQL, what comes into its tables and what must come out of its sinks. The form is in test/README.md.
 * The SQL is planned by the real planner with the real functions, connectors and formats; nothing connects anywhere, since only the
 * plan is taken from them.
 */
import { fail } from 'node:assert/strict';
import { KIND_TEXT, isAccumulate } from '../../core/row/batch.ts';
import { valuePrinter } from '../../core/types/print-value.ts';
import { STRING } from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import type { PlannerContext } from '../../planner/planner.ts';
import { evaluateConstant } from '../../runtime/codegen/compile.ts';
import { connectorRegistry } from '../../runtime/connectors/index.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { Change } from '../operators/harness.ts';
import { Planner } from '../plan/harness.ts';

const codegen = { functions: functionRegistry, env: { timeZone: 'UTC', nowMs: () => 0, random: () => 0 } };
class RealPlanner extends Planner {
  override context(): PlannerContext {
    return { ...super.context(), functions: functionRegistry, connectors: connectorRegistry, formats: formatRegistry, evaluateConstant: (e: Expr) => evaluateConstant(e, codegen) };
  }
}

/** A change as the file writes it: every value as its text. */
export interface TextChange { readonly kind: string; readonly values: readonly string[] }
export type StoryLine =
  | { readonly verb: 'in'; readonly table: string; readonly changes: readonly Change[]; readonly text: string }
  | { readonly verb: 'out'; readonly sink: string; readonly changes: readonly TextChange[]; readonly text: string }
  | { readonly verb: 'now'; readonly ms: number; readonly text: string }
  | { readonly verb: 'mark'; readonly text: string };
export interface Sink { readonly columns: readonly SqlType[]; /** Columns of the primary key; undefined = none declared. */ readonly key: readonly number[] | undefined; readonly upsert: boolean }
export interface Story {
  readonly plan: PhysicalPlan;
  readonly sinks: ReadonlyMap<string, Sink>;
  readonly lines: readonly StoryLine[];
  /** Runners that cannot hold for this story, with the reason. */
  readonly skips: ReadonlyMap<string, string>;
}
interface Table { readonly columns: readonly { readonly name: string; readonly type: SqlType }[] }

const KAFKA = "'connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'scan.startup.mode' = 'earliest-offset'";
const UPSERT_KAFKA = "'connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'key.format' = 'json', 'value.format' = 'json'";
const SOURCE: Readonly<Record<string, string>> = { append: `${KAFKA}, 'format' = 'json'`, retract: `${KAFKA}, 'format' = 'debezium-json'`, upsert: UPSERT_KAFKA };
const SINK: Readonly<Record<string, string>> = { append: "'connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'localhost:1', 'format' = 'json'", retract: "'connector' = 'print'", upsert: UPSERT_KAFKA };

/** Lines that go on with the one before begin with at least six blanks. */
export const logicalLines = (text: string): string[] => text.replaceAll(/\n {6,}(?=\S)/g, ' ').split('\n').map((l) => l.trim());

export async function readStory(text: string): Promise<Story> {
  const planner = new RealPlanner(), tables = new Map<string, Table>(), sinks = new Map<string, Sink>(), lines: StoryLine[] = [], skips = new Map<string, string>();
  const jobs: string[] = [];
  for (const line of logicalLines(text)) {
    const skip = /^# skip ([\w ]+): (.+)$/.exec(line);
    if (skip !== null) skips.set(skip[1]!, skip[2]!);
    if (line === '' || line.startsWith('#')) continue;
    const [, verb, rest] = /^(\w+)\s*(.*)$/.exec(line) ?? fail(`not a line of a story: ${line}`);
    switch (verb) {
      case 'table': case 'sink': await declare(planner, verb, rest!, tables, sinks); break;
      case 'sql': await planner.prepare(`${rest!}; SELECT 1`); break;
      case 'job': jobs.push(rest!); break;
      case 'mark': lines.push({ verb, text: line }); break;
      case 'now': lines.push({ verb, ms: Number(rest), text: line }); break;
      case 'in': {
        const [, name, changes] = /^(\w+)\s*(.*)$/.exec(rest!)!, table = tables.get(name!) ?? fail(`no table: ${line}`);
        lines.push({ verb, table: name!, changes: inputChanges(changes!, table, line), text: line });
        break;
      }
      default:
        if (!sinks.has(verb!)) fail(`neither a verb nor a sink: ${line}`);
        lines.push({ verb: 'out', sink: verb!, changes: textChanges(rest!), text: line });
    }
  }
  const job = jobs.length === 1 ? jobs[0]! : `EXECUTE STATEMENT SET BEGIN ${jobs.map((j) => `${j}; `).join('')}END`;
  return { plan: await planner.plan(await planner.prepare(job)), sinks, lines, skips };
}

async function declare(planner: Planner, what: 'table' | 'sink', text: string, tables: Map<string, Table>, sinks: Map<string, Sink>): Promise<void> {
  const [, name, columns, mode] = /^(\w+)\s+(\(.*\))\s+(\w+)$/.exec(text) ?? fail(`not a table: ${text}`);
  const options = (what === 'table' ? SOURCE : SINK)[mode!] ?? fail(`append, retract or upsert: ${text}`);
  await planner.prepare(`CREATE TABLE \`${name!}\` ${columns!} WITH (${options}); SELECT 1`);
  const object = planner.objects.get(name!);
  if (object?.kind !== 'table') return fail(`no table: ${text}`);
  const physical = object.columns.flatMap((c) => (c.kind === 'physical' ? [{ name: c.name, type: c.type }] : []));
  if (what === 'table') tables.set(name!, { columns: physical });
  else sinks.set(name!, { columns: physical.map((c) => c.type), key: object.primaryKey?.columns.map((k) => physical.findIndex((c) => c.name === k)), upsert: mode === 'upsert' });
}

/** `+I[1, a]` by position, or `{"id": 1}` by name (a kind may stand before it; columns left out are NULL). */
function inputChanges(text: string, table: Table, where: string): Change[] {
  const changes: Change[] = [];
  for (const [whole, kind, list, json] of text.matchAll(/([+-][IUD])?(?:\[(.*?)\](?=\s|$)|(\{.*?\})(?=\s|$))/g)) {
    const at = KIND_TEXT.indexOf((kind ?? '+I') as '+I');
    if (json !== undefined) {
      const values = new Map(Object.entries(JSON.parse(json) as Record<string, unknown>));
      changes.push({ kind: at, row: table.columns.map((c) => { const v = values.get(c.name); return v === null || v === undefined ? null : typedValue(String(v), c.type); }) });
      continue;
    }
    const values = list!.split(/, ?/);
    if (values.length !== table.columns.length) fail(`${whole} has not as many values as the table has columns: ${where}`);
    changes.push({ kind: at, row: values.map((v, i) => (v === 'null' ? null : typedValue(v, table.columns[i]!.type))) });
  }
  return changes.length > 0 ? changes : fail(`no rows: ${where}`);
}
/** A value from its text, by the engine's own CAST. */
function typedValue(text: string, type: SqlType): unknown {
  if (type.kind === 'VARCHAR') return text;
  return evaluateConstant({ op: 'cast', arg: { op: 'literal', value: text, type: STRING }, type, safe: false }, codegen);
}
export const textChanges = (text: string): TextChange[] => [...text.matchAll(/([+-][IUD])\[(.*?)\](?=\s|$)/g)].map(([, kind, values]) => ({ kind: kind!, values: values!.split(/, ?/) }));
export function printedChanges(changes: readonly Change[], types: readonly SqlType[]): TextChange[] {
  const printers = types.map((t) => valuePrinter(t));
  return changes.map(({ kind, row }) => ({ kind: KIND_TEXT[kind]!, values: row.map((v, i) => (v === null || v === undefined ? 'null' : printers[i]!(v))) }));
}
export const textOf = (changes: readonly TextChange[]): string => changes.map((c) => `${c.kind}[${c.values.join(', ')}]`).join('  ');

/** What the changes of a sink amount to; a sink by key takes -U as a delete, as upsert-kafka does. Fails on a retraction of a row that was never sent. */
export class SinkTable {
  private readonly rows = new Map<string, { readonly text: string; count: number }>();
  private readonly sink: Sink;
  constructor(sink: Sink) { this.sink = sink; }
  /** The values a change is filed under. Changes of one key come in order; between keys any order is right. */
  static keyOf(sink: Sink, change: TextChange): string { return (sink.key ?? [0]).map((c) => change.values[c]).join(', '); }
  apply(changes: readonly TextChange[], where: string): void {
    for (const change of changes) {
      const text = change.values.join(', '), key = this.sink.upsert ? SinkTable.keyOf(this.sink, change) : text, known = this.rows.get(key);
      if (isAccumulate(KIND_TEXT.indexOf(change.kind as '+I'))) this.rows.set(key, { text, count: this.sink.upsert ? 1 : (known?.count ?? 0) + 1 });
      else if (known === undefined) fail(`${where}: retraction of a row never sent: ${text}`);
      else if (--known.count === 0 || this.sink.upsert) this.rows.delete(key);
    }
  }
  list(): string[] { return [...this.rows.values()].map((r) => `${r.count} × ${r.text}`).sort(); }
}
