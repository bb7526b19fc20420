/**
 * Judges a topic of changes (`debezium-json`, `canal-json`): each record says what a row was and what it has become. Exactly once means that
 * every before image is the row as the records before have left it, every step is the next of the row's history, and changes stand in
 * the order of the binlog within a partition. At least once, a record may repeat an earlier step.
 */
import type { TableHistory } from './history.ts';
import { imageProblem, show, stepsOf, type Step, type Steps } from './steps.ts';
import type { TopicRecord } from '../topics.ts';
import { imageOf, type Rules, type Verdict } from './check-upsert.ts';
import { keyText, type ChaosTable, type Image } from './tables.ts';
import { exactJson } from './values.ts';

export type ChangelogFormat = 'debezium-json' | 'canal-json';
interface Pair { readonly before: Image | null; readonly after: Image | null }
type Objects = readonly Readonly<Record<string, unknown>>[];

/** The changes of one record, or a sentence on what is wrong with it. */
export function changesOf(format: ChangelogFormat, table: ChaosTable, value: string): readonly Pair[] | string {
  const envelope = exactJson(value);
  if (envelope === undefined) return 'the value is no JSON object';
  const image = (object: unknown): Image | null | string => (object === null || object === undefined ? null : imageOf(table, object as Record<string, unknown>));
  const pair = (before: Image | null | string, after: Image | null | string): Pair | string => (typeof before === 'string' ? before : typeof after === 'string' ? after : { before, after });
  const pairs: (Pair | string)[] = [];
  if (format === 'debezium-json') {
    const op = envelope['op'], { before, after } = envelope;
    if (op !== 'c' && op !== 'r' && op !== 'u' && op !== 'd') return `op ${JSON.stringify(op)}`;
    if ((op === 'u' || op === 'd') !== (before !== null && before !== undefined) || (op === 'd') === (after !== null && after !== undefined)) return `op ${op} does not fit its images`;
    pairs.push(pair(image(before), image(after)));
  } else {
    const type = envelope['type'], data = envelope['data'] as Objects | null, old = envelope['old'] as Objects | null | undefined;
    if (!Array.isArray(data) || data.length === 0) return 'canal without data';
    data.forEach((row: Readonly<Record<string, unknown>>, i) => {
      if (type === 'INSERT') pairs.push(pair(null, image(row)));
      else if (type === 'DELETE') pairs.push(pair(image(row), null));
      else if (type === 'UPDATE') pairs.push(pair(image({ ...row, ...old?.[i] }), image(row)));
      else pairs.push(`type ${JSON.stringify(type)}`);
    });
  }
  const problem = pairs.find((p) => typeof p === 'string');
  return problem ?? pairs as Pair[];
}

export function checkChangelog(format: ChangelogFormat, table: ChaosTable, history: TableHistory, records: readonly TopicRecord[], rules: Rules): Verdict {
  const check = new ChangelogCheck(stepsOf(table, history), rules);
  for (const record of records) {
    if (record.value === null) { check.note(record, 'a tombstone in a topic of changes'); continue; }
    const changes = changesOf(format, table, record.value);
    if (typeof changes === 'string') check.note(record, changes);
    else for (const change of changes) check.take(record, change);
  }
  return check.verdict(records.length);
}

class ChangelogCheck {
  readonly #steps: Steps;
  readonly #rules: Rules;
  /** Per key: the state it has come to; `half` = taken back by a delete whose insert must follow (an update as two records). */
  readonly #places = new Map<string, { index: number; half: boolean }>();
  /** Change of the history that the partition has come to. */
  readonly #order = new Map<number, number>();
  readonly #wrong: string[] = [];
  #repeats = 0;
  constructor(steps: Steps, rules: Rules) { this.#steps = steps; this.#rules = rules; }

  note(record: TopicRecord, problem: string): void { this.#wrong.push(`${this.#steps.table.name} partition ${record.partition} offset ${record.offset} ${record.value?.slice(0, 160)}: ${problem}`); }
  take(record: TopicRecord, change: Pair): void {
    const problem = this.#before(change) ?? this.#after(record, change);
    if (problem !== undefined) this.note(record, problem);
  }
  /** A before image must be the version the key stands at, with the columns of the moment it ended. */
  #before({ before, after }: Pair): string | undefined {
    if (before === null) return undefined;
    const { table, byKey, byVersion, ends } = this.#steps, key = keyText(table, before), at = byVersion.get(before['ver'] ?? '');
    if (at === undefined || at.key !== key) return `the before image has version ${before['ver']}, which key ${key} never had`;
    const end = ends.get(before['ver'] ?? '');
    if (end?.before === null || end === undefined) return `version ${before['ver']} was never changed`;
    const problem = imageProblem(this.#steps, { image: end.before, alters: end.alters, change: 0 }, before, { fields: this.#rules.fields, columns: this.#rules.columns, later: false });
    if (problem !== undefined) return `the before image ${problem}`;
    const place = this.#places.get(key), list = byKey.get(key) as readonly Step[];
    if (this.#rules.exactlyOnce && (place === undefined || place.index !== at.index || place.half)) return `the before image is state ${at.index} of key ${key}, the topic had left it at ${place === undefined ? 'nothing' : `${place.index}${place.half ? ' taken back' : ''}`}`;
    const ended = list[at.index + 1]?.image === null;
    if (after === null || keyText(table, after) !== key) this.#places.set(key, ended ? { index: at.index + 1, half: false } : { index: at.index, half: true });
    return undefined;
  }
  #after(record: TopicRecord, { before, after }: Pair): string | undefined {
    if (after === null) return undefined;
    const { table, byKey, byVersion, history } = this.#steps, key = keyText(table, after), at = byVersion.get(after['ver'] ?? '');
    if (at === undefined) return `version ${after['ver']} was never committed`;
    if (at.key !== key) return `version ${after['ver']} belongs to key ${at.key}`;
    const step = byKey.get(key)?.[at.index] as Step, place = this.#places.get(key);
    const problem = imageProblem(this.#steps, step, after, { fields: this.#rules.fields, columns: this.#rules.columns, later: before === null });
    if (problem !== undefined) return problem;
    this.#places.set(key, { index: at.index, half: false });
    if (!this.#rules.exactlyOnce) {
      if (place !== undefined && at.index <= place.index) { this.#repeats++; return undefined; }
      return place === undefined || at.index === place.index + 1 || this.#rules.jumps ? undefined : `skips from state ${place.index} to ${at.index}`;
    }
    if (before === null && place !== undefined && !place.half && byKey.get(key)?.[place.index]?.image !== null && history.truncates.length === 0) return `inserts key ${key}, which is there (state ${show(String(place.index))})`;
    if (place !== undefined && at.index !== place.index + 1) return at.index === place.index ? 'is there twice' : `goes from state ${place.index} to ${at.index}`;
    return this.#ordered(record, step, place === undefined && before === null);
  }
  /** Rows of the snapshot stand in any order. */
  #ordered(record: TopicRecord, step: Step, snapshot: boolean): string | undefined {
    const last = this.#order.get(record.partition) ?? -1;
    if (snapshot) return undefined;
    this.#order.set(record.partition, step.change);
    return step.change >= last ? undefined : `change ${step.change} of the table stands behind change ${last}`;
  }
  verdict(records: number): Verdict {
    const missing: string[] = [];
    for (const [key, list] of this.#steps.byKey) {
      const place = this.#places.get(key), last = list.length - 1;
      if (place?.index === last && !place.half || place === undefined && list[last]?.image === null) continue;
      missing.push(`${this.#steps.table.name} key ${key}: the topic shows ${place === undefined ? 'nothing' : `state ${place.index}${place.half ? ' taken back' : ''}`}, the table has come to ${last}`);
    }
    return { complete: missing.length === 0, wrong: this.#wrong.slice(0, 10), missing: missing.slice(0, 10), records, repeats: this.#repeats };
  }
}
