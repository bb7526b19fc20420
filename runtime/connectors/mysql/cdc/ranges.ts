/**
 * Ranges of a table's key, `(from, to]`, null = open: chunks are ranges, and what of a table has been read is a list of ranges that grows
 * together as chunks are finished, so it stays short however many chunks a table has.
 */
import { compareKeys, loadSortValue, storeSortValue, type KeyOrderKind, type SortValue, type StoredSortValue } from './key-order.ts';

/** A key as a boundary: to compare with, and to write into statements. */
export interface Bound { readonly sort: readonly SortValue[]; readonly literals: readonly string[] }
export interface KeyRange { readonly from: Bound | null; readonly to: Bound | null }
export const WHOLE: KeyRange = Object.freeze({ from: null, to: null });

export interface StoredBound { readonly s: readonly StoredSortValue[]; readonly l: readonly string[] }
export type StoredRange = readonly [from: StoredBound | null, to: StoredBound | null];
const storeBound = (b: Bound | null): StoredBound | null => (b === null ? null : { s: b.sort.map(storeSortValue), l: b.literals });
const loadBound = (b: StoredBound | null): Bound | null => (b === null ? null : { sort: b.s.map(loadSortValue), literals: b.l });
export const storeRange = (r: KeyRange): StoredRange => [storeBound(r.from), storeBound(r.to)];
export const loadRange = (r: StoredRange): KeyRange => ({ from: loadBound(r[0]), to: loadBound(r[1]) });

export function rangeHolds(kinds: readonly KeyOrderKind[], range: KeyRange, key: readonly SortValue[]): boolean {
  return (range.from === null || compareKeys(kinds, key, range.from.sort) > 0) && (range.to === null || compareKeys(kinds, key, range.to.sort) <= 0);
}

/** What of a table has been read, in key order, neighbours joined. */
export class FinishedRanges {
  private ranges: KeyRange[];
  private readonly kinds: readonly KeyOrderKind[];
  constructor(kinds: readonly KeyOrderKind[], ranges: readonly KeyRange[] = []) {
    this.kinds = kinds;
    this.ranges = [...ranges];
  }
  holds(key: readonly SortValue[]): boolean {
    for (let i = 0; i < this.ranges.length; i++) if (rangeHolds(this.kinds, this.ranges[i] as KeyRange, key)) return true;
    return false;
  }
  add(range: KeyRange): void {
    const all = [...this.ranges, range].sort((a, b) => (a.from === null ? -1 : b.from === null ? 1 : compareKeys(this.kinds, a.from.sort, b.from.sort)));
    const joined: KeyRange[] = [];
    for (const next of all) {
      const last = joined.at(-1);
      if (last !== undefined && last.to !== null && next.from !== null && compareKeys(this.kinds, last.to.sort, next.from.sort) === 0) joined[joined.length - 1] = { from: last.from, to: next.to };
      else joined.push(next);
    }
    this.ranges = joined;
  }
  /** What is left to read, in key order. */
  gaps(): KeyRange[] {
    const out: KeyRange[] = [];
    let from: Bound | null = null, isOpen = true;
    for (const range of this.ranges) {
      if (range.from !== null) out.push({ from, to: range.from });
      from = range.to;
      if (from === null) { isOpen = false; break; }
    }
    if (isOpen) out.push({ from, to: null });
    return out;
  }
  toJson(): readonly StoredRange[] { return this.ranges.map(storeRange); }
}

/** `(a > 1 OR (a = 1 AND b > 2))`, helped along with `a >= 1` so that an index range is used. */
export function aboveCondition(columns: readonly string[], bound: Bound, sign: '>' | '<=' | '<'): string {
  const strict = sign === '>' ? '>' : '<';
  const alternatives = columns.map((_, i) => {
    const equal = columns.slice(0, i).map((c, j) => `${c} = ${bound.literals[j]}`), last = i === columns.length - 1;
    return [...equal, `${columns[i]} ${last ? sign : strict} ${bound.literals[i]}`].join(' AND ');
  });
  if (alternatives.length === 1) return alternatives[0] as string;
  return `${columns[0]} ${sign === '>' ? '>=' : '<='} ${bound.literals[0]} AND (${alternatives.map((a) => `(${a})`).join(' OR ')})`;
}
/** The WHERE of a range; rows without a key value belong to the first. */
export function rangeCondition(columns: readonly string[], range: KeyRange, nullable: boolean): string {
  const parts: string[] = [];
  if (range.from !== null) parts.push(aboveCondition(columns, range.from, '>'));
  if (range.to !== null) parts.push(aboveCondition(columns, range.to, '<='));
  if (parts.length === 0) return '';
  const text = parts.join(' AND ');
  return nullable && range.from === null ? `(${text} OR ${columns[0]} IS NULL)` : text;
}
