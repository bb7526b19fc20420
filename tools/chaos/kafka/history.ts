/**
 * What is fed into a topic: the scenario's own inputs, shortened or followed by rows made up of the values that stand there, and to which
 * partition each record goes. Rows of an upsert topic follow their key, a row that is taken back follows where it was put in, so that the
 * table the topic amounts to does not depend on how partitions interleave.
 */
import type { Random } from '../random.ts';
import { encode, isRaw, keyOf, rowText, type Change, type Input, type InputTopic, type Row } from './scenario.ts';

export interface FedRecord { readonly partition: number; readonly key: string | null; readonly value: string | null }

/** Values seen per column, to make up more. */
function valuesOf(inputs: readonly Input[]): Map<string, string[]> {
  const seen = new Map<string, Set<string>>();
  for (const input of inputs) {
    if (isRaw(input)) continue;
    for (const row of [input.before, input.after]) for (const [name, value] of Object.entries(row ?? {})) { const of = seen.get(name); if (of === undefined) seen.set(name, new Set([value])); else of.add(value); }
  }
  return new Map([...seen].map(([name, of]) => [name, [...of]]));
}
/** A value of the column: one that was seen, a small number where numbers stand, a letter where words do. */
function makeValue(values: readonly string[], key: boolean, random: Random): string {
  const known = values.filter((v) => !key || v !== 'null'), one = known.length === 0 ? 'null' : random.pick(known);
  if (random.chance(key ? 0.2 : 0.5)) return one;
  if (/^-?\d+$/.test(one)) return String(random.int(key ? 40 : 12));
  return /^"[a-z]+"$/.test(one) ? JSON.stringify(random.pick(['a', 'b', 'c', 'd', 'e', 'f'])) : one;
}
/** So many more changes behind those of the topic. */
export function extend(topic: InputTopic, count: number, random: Random): Input[] {
  const values = valuesOf(topic.inputs), names = [...values.keys()], live = liveRows(topic), out: Input[] = [...topic.inputs];
  const { key } = topic, idOf = (row: Row): string => (key === undefined ? rowText(row) : rowText(keyOf(row, key)));
  const make = (): Row => Object.fromEntries(names.map((name) => [name, makeValue(values.get(name) ?? [], key?.includes(name) === true, random)]));
  const put = (change: Change): void => { out.push(change); };
  for (let i = 0; i < count && names.length > 0; i++) {
    const row = make();
    if (topic.kind === 'append') { put({ before: null, after: row }); continue; }
    if (topic.kind === 'upsert') { put(random.chance(0.25) ? { before: keyOf(row, key ?? []), after: null } : { before: null, after: row }); continue; }
    const at = live.length === 0 || random.chance(0.45) ? -1 : random.int(live.length), old = live[at];
    if (old === undefined) { if (key !== undefined && live.some((r) => idOf(r) === idOf(row))) continue; live.push(row); put({ before: null, after: row }); continue; }
    if (random.chance(0.5)) { live.splice(at, 1); put({ before: old, after: null }); continue; }
    const next = key === undefined ? row : { ...row, ...keyOf(old, key) };
    live[at] = next;
    put({ before: old, after: next });
  }
  return out;
}
/** Rows of a changelog that have not been taken back. */
function liveRows(topic: InputTopic): Row[] {
  const live: Row[] = [];
  if (topic.kind !== 'retract') return live;
  for (const input of topic.inputs) {
    if (isRaw(input)) continue;
    const { before, after } = input;
    if (before !== null) { const at = live.findIndex((r) => rowText(r) === rowText(before)); if (at >= 0) live.splice(at, 1); }
    if (after !== null) live.push(after);
  }
  return live;
}

/** Records with their partitions; one partition for inputs whose order cannot be kept in several. */
export function toRecords(topic: InputTopic, inputs: readonly Input[], partitions: number, random: Random): FedRecord[] {
  const several = partitions > 1 && canSplit(topic, inputs), where = new Map<string, number[]>(), byKey = new Map<string, number>();
  const keyed = (row: Row): number => { const text = rowText(keyOf(row, topic.key ?? [])), known = byKey.get(text) ?? random.int(partitions); byKey.set(text, known); return known; };
  return inputs.map((input) => {
    const record = encode(topic, input);
    if (!several || isRaw(input)) return { partition: 0, ...record };
    const { before, after } = input, row = after ?? before ?? {};
    if (topic.key !== undefined && topic.kind !== 'append') return { partition: keyed(row), ...record };
    const from = before === null ? undefined : where.get(rowText(before))?.shift(), partition = from ?? random.int(partitions);
    if (after !== null && topic.kind === 'retract') where.set(rowText(after), [...where.get(rowText(after)) ?? [], partition]);
    return { partition, ...record };
  });
}
/** False when a record is none of a row, takes back a row that was not put in, or changes a key. */
function canSplit(topic: InputTopic, inputs: readonly Input[]): boolean {
  const counts = new Map<string, number>();
  for (const input of inputs) {
    if (isRaw(input)) return false;
    const { before, after } = input;
    if (topic.kind !== 'retract') continue;
    if (before !== null) { const left = (counts.get(rowText(before)) ?? 0) - 1; if (left < 0) return false; counts.set(rowText(before), left); }
    if (after !== null) counts.set(rowText(after), (counts.get(rowText(after)) ?? 0) + 1);
    if (before !== null && after !== null && topic.key !== undefined && rowText(keyOf(before, topic.key)) !== rowText(keyOf(after, topic.key))) return false;
  }
  return true;
}
