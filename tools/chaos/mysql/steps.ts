/**
 * The history of a table by key: each key's states one after the other. A topic is judged by where its records stand in these lists, so a
 * loss, a repeat, a wrong order and a wrong value are each seen at the record that has it and not only in the result.
 */
import { evolve } from './alters.ts';
import type { Change, TableHistory } from './history.ts';
import { keyText, type ChaosTable, type Image } from './tables.ts';

/** A state of a key: the row as written, or null = gone. `change`: position in the table's history. */
export interface Step { readonly image: Image | null; readonly alters: number; readonly change: number }
export interface Steps {
  readonly table: ChaosTable;
  readonly history: TableHistory;
  readonly byKey: ReadonlyMap<string, readonly Step[]>;
  /** Where a row version is, by `ver`. */
  readonly byVersion: ReadonlyMap<string, { readonly key: string; readonly index: number }>;
  /** The change that ended a row version, by its `ver`. */
  readonly ends: ReadonlyMap<string, Change>;
}

export function stepsOf(table: ChaosTable, history: TableHistory): Steps {
  const byKey = new Map<string, Step[]>(), byVersion = new Map<string, { key: string; index: number }>(), ends = new Map<string, Change>();
  const push = (key: string, step: Step): number => {
    const list = byKey.get(key);
    if (list !== undefined) return list.push(step) - 1;
    byKey.set(key, [step]);
    return 0;
  };
  history.changes.forEach((change, i) => {
    const { before, after, alters } = change;
    const beforeKey = before && keyText(table, before), afterKey = after && keyText(table, after);
    if (before !== null && beforeKey !== null) {
      if (beforeKey !== afterKey) push(beforeKey, { image: null, alters, change: i });
      if (before['ver']) ends.set(before['ver'], change);
    }
    if (after !== null && afterKey !== null) byVersion.set(after['ver'] ?? '', { key: afterKey, index: push(afterKey, { image: after, alters, change: i }) });
  });
  return { table, history, byKey, byVersion, ends };
}

/** How a record's columns must stand to the row's: `exact` = the same; `loose` = others may be there if they are null (columns kept after a DROP or RENAME). */
export type Fields = 'exact' | 'loose';
const sameImage = (found: Image, wanted: Image, fields: Fields, columns: readonly string[] | undefined): boolean => {
  const names = columns ?? Object.keys(wanted);
  if (names.some((name) => !(name in found) || found[name] !== (wanted[name] ?? null))) return false;
  return Object.keys(found).every((name) => names.includes(name) || fields === 'loose' && found[name] === null);
};
/**
 * Undefined when the image is the row as written at the step. `later`: it may also show what ALTERs did to it afterwards, as a row that a
 * snapshot reads does; the ALTERs a before image of the stream shows are given by `until`.
 */
export function imageProblem(steps: Steps, step: Step, found: Image, rules: { readonly fields: Fields; readonly columns: readonly string[] | undefined; readonly later: boolean }): string | undefined {
  let image = step.image;
  if (image === null) return 'a row that was gone';
  if (sameImage(found, image, rules.fields, rules.columns)) return undefined;
  if (rules.later) {
    for (const alter of steps.history.alters.slice(step.alters)) {
      image = evolve(image, alter);
      if (sameImage(found, image, rules.fields, rules.columns)) return undefined;
    }
  }
  const differing = Object.keys({ ...step.image, ...found }).filter((name) => found[name] !== step.image?.[name] && (rules.columns?.includes(name) ?? true));
  return `differs in ${differing.slice(0, 4).map((name) => `${name}: ${show(found[name])} instead of ${show(step.image?.[name])}`).join('; ')}`;
}
export const show = (value: string | null | undefined): string => (value === undefined ? 'no field' : value === null ? 'NULL' : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value));
