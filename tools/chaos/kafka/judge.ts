/**
 * Judges what stands in a sink's topic against the rows it must come to. Exactly once of rows that are only added: each row as often as it
 * must be; at least once: no row missing, no row that was never asked for. Changelogs: never a retraction of a row that is not there, and at
 * the end exactly the rows. Last values: the last record of each key is its row, and no other key has one.
 *
 * Rows are compared by one canonical text (`canonical`); values are JSON whose numbers keep their digits.
 */
import { canon, parse } from '../../../test/conformance/lib.mjs';
import type { SinkTopic } from './scenario.ts';

export interface SinkRecord { readonly key: string | null; readonly value: string | null }
export interface Verdict {
  /** What no later record can mend. */
  readonly wrong: readonly string[];
  /** What more records may mend: rows that are not there yet, or still there. */
  readonly missing: readonly string[];
}
/**
 * `at-least-once-strands`: last values at least once of a job whose inputs interleave: a row that only the dead process came by, under a key that
 * no later one comes by, stays (docs/exactly-once.md).
 */
export type Guarantee = 'exactly-once' | 'at-least-once' | 'at-least-once-strands';
const SHOWN = 6;

/** One text per value whoever wrote it: fields sorted, NULLs left out, numbers without needless digits. `approximate`: ten digits of a number. */
export const canonical = (json: string, approximate: boolean): string => canon(parse(json), approximate);

/** A multiset of texts. */
class Bag {
  readonly counts: Map<string, number> = new Map();
  add(text: string, by = 1): number { const now = (this.counts.get(text) ?? 0) + by; if (now === 0) this.counts.delete(text); else this.counts.set(text, now); return now; }
  of(text: string): number { return this.counts.get(text) ?? 0; }
  static of(texts: Iterable<string>): Bag { const bag = new Bag(); for (const text of texts) bag.add(text); return bag; }
}
const shown = (list: readonly string[]): string => `${list.slice(0, SHOWN).join(', ')}${list.length > SHOWN ? ` and ${list.length - SHOWN} more` : ''}`;
const cut = (text: string | null): string => (text === null ? 'null' : text.slice(0, 200));

/** `expected`: canonical texts, one per row. Records in the order of their partitions' offsets. */
export function judge(sink: SinkTopic, guarantee: Guarantee, expected: readonly string[], records: readonly SinkRecord[]): Verdict {
  const wrong: string[] = [], found = (() => {
    try {
      switch (sink.kind) {
        case 'append': return appended(sink, records);
        case 'retract': return changed(sink, records, wrong);
        case 'upsert': return lastValues(sink, records);
      }
    } catch (error) { wrong.push(`a record that cannot be read: ${String(error)}`); return undefined; }
  })();
  if (found === undefined) return { wrong, missing: [] };
  const wanted = Bag.of(expected), absent: string[] = [], extra: string[] = [], twice = sink.kind === 'append' && guarantee === 'at-least-once';
  for (const [row, count] of wanted.counts) if (found.of(row) < count) absent.push(`${row} (${found.of(row)} of ${count})`);
  for (const [row, count] of found.counts) if (count > wanted.of(row) && !(twice && wanted.of(row) > 0)) extra.push(`${row} (${count} instead of ${wanted.of(row)})`);
  const missing = absent.length > 0 ? [`${absent.length} rows are missing: ${shown(absent)}`] : [], surplus = extra.length > 0 ? [`${extra.length} rows are too many: ${shown(extra)}`] : [];
  if (sink.kind === 'upsert' && guarantee === 'at-least-once-strands' && absent.length === 0) return { wrong, missing };
  return sink.kind === 'append' ? { wrong: [...wrong, ...surplus], missing } : { wrong, missing: [...missing, ...surplus] };
}

function appended(sink: SinkTopic, records: readonly SinkRecord[]): Bag {
  return Bag.of(records.map((r) => { if (r.value === null) throw new RangeError('a tombstone among rows that are only added'); return canonical(r.value, sink.approximate); }));
}
function changed(sink: SinkTopic, records: readonly SinkRecord[], wrong: string[]): Bag {
  const bag = new Bag();
  for (const { value } of records) {
    const change = value === null ? null : parse(value) as { op?: unknown; before?: unknown; after?: unknown } | null;
    if (change === null || typeof change !== 'object' || !['c', 'r', 'u', 'd'].includes(String(change.op))) throw new RangeError(`no change of debezium-json: ${cut(value)}`);
    if (change.op === 'd' || (change.op === 'u' && change.before !== null && change.before !== undefined)) {
      const before = canon(change.before, sink.approximate);
      if (bag.of(before) === 0) { wrong.push(`a retraction of a row that is not there: ${before}`); continue; }
      bag.add(before, -1);
    }
    if (change.op !== 'd') bag.add(canon(change.after, sink.approximate));
  }
  return bag;
}
function lastValues(sink: SinkTopic, records: readonly SinkRecord[]): Bag {
  const rows = new Map<string, string>();
  for (const { key, value } of records) {
    if (key === null) throw new RangeError(`a record without a key: ${cut(value)}`);
    if (value === null) rows.delete(canonical(key, false)); else rows.set(canonical(key, false), canonical(value, sink.approximate));
  }
  return Bag.of(rows.values());
}
/** What a topic amounts to, as the expectation of another run; a sentence for a topic that is wrong by itself. */
export function rowsOf(sink: SinkTopic, records: readonly SinkRecord[]): { readonly rows: readonly string[]; readonly wrong: readonly string[] } {
  const wrong: string[] = [], bag = sink.kind === 'append' ? appended(sink, records) : sink.kind === 'retract' ? changed(sink, records, wrong) : lastValues(sink, records);
  return { rows: [...bag.counts].flatMap(([row, count]) => Array.from({ length: count }, () => row)), wrong };
}
