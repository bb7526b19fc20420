/** The stories of `test/stream/*.stream` as scenarios: the same tables over real topics, the lines of each table in their order. */
import { readdirSync, readFileSync } from 'node:fs';
import { logicalLines } from '../../../test/stream/story.ts';
import { ENDS, keyOf, ORDERED, rowText } from './scenario.ts';
import type { Change, InputTopic, Row, Scenario, SinkTopic, TopicKind } from './scenario.ts';
import { canonical } from './judge.ts';

const FOLDER = new URL('../../../test/stream/', import.meta.url);
const OPTIONS: Readonly<Record<TopicKind, string>> = {
  append: "'connector' = 'kafka', 'format' = 'json'", retract: "'connector' = 'kafka', 'format' = 'debezium-json'", upsert: "'connector' = 'upsert-kafka', 'key.format' = 'json', 'value.format' = 'json'",
};
interface Table { readonly name: string; readonly kind: TopicKind; readonly columns: readonly { readonly name: string; readonly type: string }[]; readonly key: readonly string[] | undefined; readonly sql: string }

export function stories(): Scenario[] {
  return readdirSync(FOLDER).filter((f) => f.endsWith('.stream')).sort().map((file) => readStory(file.replace('.stream', ''), readFileSync(new URL(file, FOLDER), 'utf8')));
}

export function readStory(name: string, text: string): Scenario {
  const tables: Table[] = [], sinks: Table[] = [], setup: string[] = [], jobs: string[] = [], rows = new Map<string, Change[]>(), written = new Map<string, Change[]>();
  let expires = false, ordered = false;
  for (const line of logicalLines(text)) {
    ordered ||= line.startsWith('# skip shuffled');
    if (line === '' || line.startsWith('#') || line === 'mark') continue;
    const [, verb = '', rest = ''] = /^(\w+)\s*(.*)$/.exec(line) ?? [];
    switch (verb) {
      case 'table': { const table = declare(rest, true); tables.push(table); setup.push(table.sql); break; }
      case 'sink': { const table = declare(rest, false); sinks.push(table); setup.push(table.sql); break; }
      case 'sql': setup.push(rest); break;
      case 'job': jobs.push(rest); break;
      case 'now': expires = true; break;
      case 'in': {
        const [, into = '', changes = ''] = /^(\w+)\s*(.*)$/.exec(rest) ?? [], table = tables.find((t) => t.name === into);
        if (table === undefined) throw new RangeError(`${name}: no table ${into}`);
        rows.set(into, [...rows.get(into) ?? [], ...inputsOf(table, changes)]);
        break;
      }
      default: {
        const table = sinks.find((t) => t.name === verb);
        if (table === undefined) throw new RangeError(`${name}: not a line: ${line}`);
        written.set(verb, [...written.get(verb) ?? [], ...inputsOf(table, rest)]);
      }
    }
  }
  ordered ||= ORDERED.test([...setup, ...jobs].join(' '));
  const job = jobs.length === 1 ? jobs[0] ?? '' : `EXECUTE STATEMENT SET BEGIN ${jobs.map((j) => `${j}; `).join('')}END`;
  const inputs = tables.map((t): InputTopic => ({ name: t.name, kind: t.kind, key: t.key, inputs: rows.get(t.name) ?? [] }));
  const outputs = sinks.map((t): SinkTopic => ({ name: t.name, kind: t.kind, approximate: isApproximate(t) }));
  const expected = expires ? undefined : new Map(sinks.map((s) => [s.name, finalRows(s, written.get(s.name) ?? [])]));
  return { name: `stream/${name}`, setup, job, inputs, sinks: outputs, ordered, ends: ENDS.test(jobs.join(' ')), extensible: true, expected };
}

function declare(text: string, source: boolean): Table {
  const [, name = '', columns = '', mode = ''] = /^(\w+)\s+(\(.*\))\s+(\w+)$/.exec(text) ?? [], kind = mode as TopicKind;
  const key = /PRIMARY KEY \(([^)]*)\)/i.exec(columns)?.[1]?.split(',').map(plainName);
  const list = columns.slice(1, -1).replace(/,?\s*PRIMARY KEY \([^)]*\) NOT ENFORCED/i, '').split(/,(?![^(]*\))/).map((column) => { const [, of = '', type = ''] = /^\s*(\S+)\s+(.*)$/.exec(column) ?? []; return { name: plainName(of), type }; });
  const start = source && kind !== 'upsert' ? ", 'scan.startup.mode' = 'earliest-offset'" : '';
  return { name, kind, columns: list, key, sql: `CREATE TABLE \`${name}\` ${columns} WITH (${OPTIONS[kind]}, 'topic' = '\${topic.${name}}', 'properties.bootstrap.servers' = '\${KAFKA}'${start})` };
}
const plainName = (name: string): string => name.trim().replaceAll('`', '');

/** `+I[…]` and `{…}` as changes; a -U takes the +U behind it along, as one record of debezium-json does. */
function inputsOf(table: Table, text: string): Change[] {
  const changes: Change[] = [];
  let before: Row | null = null;
  for (const [, kind = '+I', list, json] of text.matchAll(/([+-][IUD])?(?:\[(.*?)\](?=\s|$)|(\{.*?\})(?=\s|$))/g)) {
    const row = json !== undefined ? fromJson(table, json) : Object.fromEntries((list ?? '').split(/, ?/).map((value, i) => [table.columns[i]?.name ?? '', jsonText(value, table.columns[i]?.type ?? '')]));
    // Without a +U behind it a -U is the end of its row.
    if (before !== null && kind !== '+U') { changes.push({ before, after: null }); before = null; }
    if (kind === '-U' && table.kind === 'retract') { before = row; continue; }
    changes.push(kind.startsWith('-') ? { before: row, after: null } : { before, after: row });
    before = null;
  }
  if (before !== null) changes.push({ before, after: null });
  return changes;
}
function fromJson(table: Table, json: string): Row {
  const values = JSON.parse(json) as Record<string, unknown>;
  return Object.fromEntries(table.columns.map(({ name, type }) => [name, jsonText(values[name] === null || values[name] === undefined ? 'null' : String(values[name]), type)]));
}
/** The rows that changes come to, as canonical texts. */
function finalRows(table: Table, changes: readonly Change[]): string[] {
  const approximate = isApproximate(table), rows: { key: string; text: string }[] = [];
  const entry = (row: Row): { key: string; text: string } => { const text = canonical(rowText(row), approximate); return { key: table.kind === 'upsert' ? canonical(rowText(keyOf(row, table.key ?? [])), false) : text, text }; };
  const remove = (row: Row): void => { const at = rows.findIndex((r) => r.key === entry(row).key); if (at >= 0) rows.splice(at, 1); };
  for (const { before, after } of changes) {
    if (before !== null) remove(before);
    // A key takes no NULL: such a row is left out (`COMMON_SETTINGS`).
    if (after === null || table.key?.some((name) => after[name] === 'null') === true) continue;
    if (table.kind === 'upsert') remove(after);
    rows.push(entry(after));
  }
  return rows.map((r) => r.text);
}
const isApproximate = (table: Table): boolean => table.columns.some((c) => /DOUBLE|FLOAT/i.test(c.type));
const jsonText = (value: string, type: string): string => (value === 'null' || /^(TINYINT|SMALLINT|INT|INTEGER|BIGINT|DECIMAL|NUMERIC|DOUBLE|FLOAT|BOOLEAN)\b/i.test(type) ? value.toLowerCase() : JSON.stringify(value));
