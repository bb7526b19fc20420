/**
 * Judges a topic of last values (`upsert-kafka`): records with a key and a row, or a key and nothing (the row is gone). Exactly once means
 * that each key's records are a stretch of its history without a gap or a repeat that reaches to its end; at least once, that a record may
 * go back to an earlier state after a crash, but never skip one on its way forward.
 */
import type { TopicRecord } from '../topics.ts';
import type { TableHistory } from './history.ts';
import { imageProblem, stepsOf, type Fields, type Step, type Steps } from './steps.ts';
import { columnFacts, keyText, type ChaosTable, type Image } from './tables.ts';
import { exactJson, fromJson } from './values.ts';

export interface Rules {
  readonly exactlyOnce: boolean;
  readonly fields: Fields;
  /** The columns the topic has; all when undefined. */
  readonly columns?: readonly string[] | undefined;
  /** At least once, and the process died while the snapshot was read: a chunk that is read again jumps over what happened between. */
  readonly jumps: boolean;
}
export interface Verdict {
  /** The topic shows every key's last state. Until then more may come. */
  readonly complete: boolean;
  /** What no later record can mend; empty = fine so far. */
  readonly wrong: readonly string[];
  /** What is not there yet, shortened. */
  readonly missing: readonly string[];
  readonly records: number;
  /** Records that went back, at least once. */
  readonly repeats: number;
}

/** The columns of a JSON object as texts; undefined with a sentence when it is none, or has an unknown column. */
export function imageOf(table: ChaosTable, object: Readonly<Record<string, unknown>>): Image | string {
  const image: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(object)) {
    const facts = columnFacts(table, name);
    if (facts === undefined) return `has the unknown column ${name}`;
    image[name] = fromJson(facts.kind, value);
  }
  return image;
}

export function checkUpsert(table: ChaosTable, history: TableHistory, records: readonly TopicRecord[], rules: Rules): Verdict {
  const check = new UpsertCheck(stepsOf(table, history), rules);
  for (const record of records) check.take(record);
  return check.verdict(records.length);
}

class UpsertCheck {
  readonly #steps: Steps;
  readonly #rules: Rules;
  readonly #places = new Map<string, number>();
  readonly #partitions = new Map<string, number>();
  readonly #wrong: string[] = [];
  #repeats = 0;
  constructor(steps: Steps, rules: Rules) { this.#steps = steps; this.#rules = rules; }

  take(record: TopicRecord): void {
    const problem = this.#judge(record);
    if (problem !== undefined) this.#wrong.push(`${this.#steps.table.name} partition ${record.partition} offset ${record.offset} key ${record.key}: ${problem}`);
  }
  #judge(record: TopicRecord): string | undefined {
    const { table, byKey, byVersion } = this.#steps, keyObject = record.key === null ? undefined : exactJson(record.key);
    if (keyObject === undefined) return 'the key is no JSON object';
    if (Object.keys(keyObject).join() !== table.key.join()) return `the key has the columns ${Object.keys(keyObject).join()}`;
    const keyImage = imageOf(table, keyObject);
    if (typeof keyImage === 'string') return `the key ${keyImage}`;
    const key = keyText(table, keyImage), list = byKey.get(key), place = this.#places.get(key);
    if (list === undefined) return 'no such key was ever in the table';
    const partition = this.#partitions.get(key);
    this.#partitions.set(key, record.partition);
    if (partition !== undefined && partition !== record.partition) return `was in partition ${partition} before`;
    if (record.value === null) return this.#gone(key, list, place);
    const object = exactJson(record.value);
    if (object === undefined) return 'the value is no JSON object';
    const image = imageOf(table, object);
    if (typeof image === 'string') return `the value ${image}`;
    const at = byVersion.get(image['ver'] ?? '');
    if (at === undefined) return `version ${image['ver']} was never committed`;
    if (at.key !== key) return `version ${image['ver']} belongs to key ${at.key}`;
    const first = place === undefined || !this.#rules.exactlyOnce;
    const problem = imageProblem(this.#steps, list[at.index] as Step, image, { fields: this.#rules.fields, columns: this.#rules.columns, later: first });
    if (problem !== undefined) return problem;
    return this.#move(key, at.index, place);
  }
  #move(key: string, index: number, place: number | undefined): string | undefined {
    this.#places.set(key, index);
    if (place === undefined || index === place + 1) return undefined;
    if (index > place + 1) return this.#rules.jumps ? undefined : `skips ${index - place - 1} states of its history (from ${place} to ${index})`;
    if (!this.#rules.exactlyOnce) { this.#repeats++; return undefined; }
    return index === place ? 'is there twice' : `goes back in its history (from ${place} to ${index})`;
  }
  #gone(key: string, list: readonly Step[], place: number | undefined): string | undefined {
    if (place !== undefined && list[place + 1]?.image === null) return this.#move(key, place + 1, place);
    if (this.#rules.exactlyOnce) return place === undefined ? 'begins with a tombstone' : list[place]?.image === null ? 'tombstone twice' : 'tombstone while the row was there';
    // A repeat: the latest end of the row that can be meant.
    for (let i = Math.min(place ?? list.length - 1, list.length - 1); i >= 0; i--) {
      if (list[i]?.image === null) { this.#repeats++; this.#places.set(key, i); return undefined; }
    }
    if (this.#rules.jumps && place !== undefined) {
      const next = list.findIndex((s, i) => i > place && s.image === null);
      if (next >= 0) { this.#places.set(key, next); return undefined; }
    }
    return 'tombstone of a row that was never gone before';
  }
  verdict(records: number): Verdict {
    const missing: string[] = [];
    for (const [key, list] of this.#steps.byKey) {
      const place = this.#places.get(key), last = list.length - 1;
      if (place === last || place === undefined && list[last]?.image === null) continue;
      missing.push(`${this.#steps.table.name} key ${key}: the topic shows ${place === undefined ? 'nothing' : `state ${place}${list[place]?.image === null ? ' (gone)' : ''}`}, the table has come to ${last}${list[last]?.image === null ? ' (gone)' : ''}`);
    }
    return { complete: missing.length === 0, wrong: this.#wrong.slice(0, 10), missing: missing.slice(0, 10), records, repeats: this.#repeats };
  }
}
