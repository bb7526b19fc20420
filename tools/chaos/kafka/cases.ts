/** The conformance cases that the engine runs, as scenarios: all steps of a topic one behind the other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canon, parse, stringify } from '../../../test/conformance/lib.mjs';
import { RUNNABLE } from '../../../test/conformance/selection.ts';
import { ENDS, ORDERED, topicOf, type Change, type Input, type InputTopic, type Row, type Scenario, type SinkTopic, type TopicKind } from './scenario.ts';

const FOLDER = new URL('../../../test/conformance/', import.meta.url).pathname;
/** Cases whose result is the row of a key that came last, in a topic without keys. */
const LAST_WINS: ReadonlySet<string> = new Set(['changelog/rw-upsert-last-wins']);
const KINDS: Readonly<Record<string, TopicKind>> = { json: 'append', 'debezium-json': 'retract', upsert: 'upsert' };

interface CaseRecord { readonly key?: unknown; readonly value?: unknown; readonly raw?: string; readonly rawKey?: string }
interface Case {
  readonly id: string; readonly category: string; readonly optional?: boolean; readonly mustFail?: string; readonly config?: Readonly<Record<string, string>>;
  readonly topics: Readonly<Record<string, { readonly format: string }>>; readonly setup: readonly string[]; readonly job: readonly string[];
  readonly sinks: Readonly<Record<string, { readonly format: string; readonly key?: readonly string[]; readonly columns: readonly string[] }>>;
  readonly steps: readonly { readonly produce?: Readonly<Record<string, readonly CaseRecord[] | { readonly file: string }>> }[];
  readonly expect: Readonly<Record<string, { readonly final: readonly unknown[]; readonly approx?: boolean }>>;
}

export function cases(): Scenario[] {
  const found: Scenario[] = [];
  for (const category of readdirSync(join(FOLDER, 'cases')).sort()) {
    for (const file of readdirSync(join(FOLDER, 'cases', category)).sort()) {
      const one = parse(readFileSync(join(FOLDER, 'cases', category, file), 'utf8')) as Case, name = `${one.category}/${one.id}`;
      if (RUNNABLE.test(name) && one.mustFail === undefined && one.optional !== true) found.push(scenarioOf(name, one));
    }
  }
  return found;
}
function scenarioOf(name: string, one: Case): Scenario {
  const sql = [...one.setup, ...one.job].join('\n'), fromFiles = one.steps.some((s) => Object.values(s.produce ?? {}).some((list) => 'file' in list));
  const inputs = Object.entries(one.topics).filter(([topic]) => one.sinks[topic] === undefined).map(([topic, { format }]): InputTopic => {
    const kind = KINDS[format] ?? 'append', key = /PRIMARY KEY \(([^)]*)\)/i.exec(one.setup.find((s) => topicOf(s) === topic) ?? '')?.[1]?.split(',').map((k) => k.trim().replaceAll('`', ''));
    let inputs: readonly Input[] | undefined;
    return { name: topic, kind, key, get inputs() { return inputs ??= one.steps.flatMap((step) => recordsOf(step.produce?.[topic]).map((r) => inputOf(kind, r))); } };
  });
  const sinks = Object.entries(one.sinks).map(([topic, { format }]): SinkTopic => ({ name: topic, kind: KINDS[format] ?? 'append', approximate: one.expect[topic]?.approx === true || /\b(DOUBLE|FLOAT)\b/i.test(sql) }));
  return {
    name, setup: [...Object.entries(one.config ?? {}).map(([key, value]) => `SET '${key}' = '${value}'`), ...one.setup], job: one.job[0] ?? '', inputs, sinks,
    ordered: ORDERED.test(sql) || LAST_WINS.has(name), ends: ENDS.test(sql), extensible: !fromFiles,
    expected: new Map(sinks.map((s) => [s.name, (one.expect[s.name]?.final ?? []).map((row) => canon(row, s.approximate))])),
  };
}
/** Input files that several cases share, read when the first is played. */
const files = new Map<string, readonly CaseRecord[]>();
function recordsOf(list: readonly CaseRecord[] | { readonly file: string } | undefined): readonly CaseRecord[] {
  if (list === undefined) return [];
  if (!('file' in list)) return list;
  let records = files.get(list.file);
  if (records === undefined) files.set(list.file, records = readFileSync(join(FOLDER, list.file), 'utf8').split('\n').filter((line) => line !== '').map((line) => parse(line) as CaseRecord));
  return records;
}
const rowOf = (value: unknown): Row | null => (typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, v]) => [name, stringify(v)])) : null);
function inputOf(kind: TopicKind, record: CaseRecord): Input {
  const key = record.rawKey ?? (record.key === undefined || record.key === null ? null : stringify(record.key)), value = record.raw ?? (record.value === undefined || record.value === null ? null : stringify(record.value));
  const change = record.raw === undefined && record.rawKey === undefined ? changeOf(kind, record) : undefined;
  return change ?? { rawKey: key, rawValue: value };
}
/** The change that a record is; undefined for one that is none of its topic's kind. */
function changeOf(kind: TopicKind, { key, value }: CaseRecord): Change | undefined {
  const row = rowOf(value), of = rowOf(key);
  if (kind === 'append') return row === null ? undefined : { before: null, after: row };
  if (kind === 'upsert') return of === null ? undefined : row === null ? { before: of, after: null } : { before: null, after: row };
  const { op, before, after } = (value ?? {}) as { op?: unknown; before?: unknown; after?: unknown };
  if (op === 'c' || op === 'r') return { before: null, after: rowOf(after) };
  if (op === 'u') return rowOf(before) === null ? undefined : { before: rowOf(before), after: rowOf(after) };
  return op === 'd' ? { before: rowOf(before), after: null } : undefined;
}
