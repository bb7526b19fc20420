/**
 * Values of a group kept for calls that cannot undo a value from their accumulator: MIN and MAX under retraction in order of value,
 * FIRST_VALUE, LAST_VALUE, LISTAGG … in order of arrival. NULLs are not kept. The call's result stands in a slot of its group, so it is
 * made anew only by changes that touch it. Flink: MapView and ListView of the WithRetract functions.
 *
 * MIN and MAX keep (group; value) → count. When the best value is retracted away the next best is found by walking the values if they are
 * few or the group is not cached, else from a heap of all values built then: values no longer there are dropped as they come up, so a hot
 * group costs O(log n) per retraction. The heap is lost with the cache.
 */
import type { Column } from '../../core/row/batch.ts';
import type { Compare } from '../../core/types/compare.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { OperatorState, StateTable } from '../state/contract.ts';
import { Arrivals } from './arrivals.ts';

/** What a cached group remembers of one call's values. `live`: how many different ones there are, while there is a heap. */
export interface ValuesMemo { heap: unknown[] | null; live: number }
export interface ValuesView {
  /** The result after the value at `row` came or went. `memo` is null for a group that is not cached; `second`: the call's second argument. */
  add(key: readonly Column[], value: readonly Column[], row: number, result: unknown, memo: ValuesMemo | null, second: unknown): unknown;
  retract(key: readonly Column[], value: readonly Column[], row: number, result: unknown, memo: ValuesMemo | null, second: unknown): unknown;
  /** False when the value last retracted was not there. */
  readonly wasFound: boolean;
  clear(key: readonly Column[], row: number): void;
}

/** Values walked before a heap is worth building. */
const WALK_LIMIT = 16;

export class OrderedValues implements ValuesView {
  wasFound = true;
  private readonly table: StateTable;
  /** Negative when a is better. */
  private readonly better: Compare;
  private readonly one: unknown[] = [null];
  private readonly key: unknown[] = [];
  constructor(state: OperatorState, name: string, key: readonly SqlType[], type: SqlType, better: Compare, ttlMs: number) {
    this.table = state.table({ name, key, subKey: [type], value: [], meta: 1, ttlMs });
    this.better = better;
  }
  add(key: readonly Column[], value: readonly Column[], row: number, result: unknown, memo: ValuesMemo | null): unknown {
    const { table } = this, v = value[0]![row];
    if (v === null) return result;
    const entry = table.findOrCreateAt(key, value, row);
    if (table.wasCreated && memo !== null && memo.heap !== null) this.intoHeap(memo, memo.heap, v);
    table.setMeta(entry, 0, table.meta(entry, 0) + 1);
    return result === null || this.better(v, result) < 0 ? v : result;
  }
  retract(key: readonly Column[], value: readonly Column[], row: number, result: unknown, memo: ValuesMemo | null): unknown {
    const { table } = this, v = value[0]![row];
    this.wasFound = true;
    if (v === null) return result;
    const entry = table.findAt(key, value, row);
    if (entry === 0) { this.wasFound = false; return result; }
    const left = table.meta(entry, 0) - 1;
    if (left > 0) { table.setMeta(entry, 0, left); return result; }
    table.remove(entry);
    if (memo !== null) memo.live--;
    if (result !== null && this.better(v, result) !== 0) return result;
    return memo !== null && memo.heap !== null ? this.fromHeap(key, row, memo.heap) : this.search(key, row, memo);
  }
  private search(key: readonly Column[], row: number, memo: ValuesMemo | null): unknown {
    const { table, one } = this;
    let best: unknown = null, count = 0;
    for (let entry = table.firstAt(key, row); entry !== 0; entry = table.next(entry)) {
      if (++count > WALK_LIMIT && memo !== null) { memo.heap = this.buildHeap(key, row); memo.live = memo.heap.length; return memo.heap[0]; }
      table.readSubKey(entry, one);
      if (best === null || this.better(one[0], best) < 0) best = one[0];
    }
    return best;
  }
  /** A value that comes and goes stands in the heap several times: with more of those than values the heap is given up. */
  private intoHeap(memo: ValuesMemo, heap: unknown[], value: unknown): void {
    memo.live++;
    if (heap.length > 2 * memo.live + 64) memo.heap = null;
    else push(heap, value, this.better);
  }
  private buildHeap(key: readonly Column[], row: number): unknown[] {
    const { table, one } = this, heap: unknown[] = [];
    for (let entry = table.firstAt(key, row); entry !== 0; entry = table.next(entry)) { table.readSubKey(entry, one); heap.push(one[0]); }
    for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap, i, this.better);
    return heap;
  }
  private fromHeap(key: readonly Column[], row: number, heap: unknown[]): unknown {
    for (let k = 0; k < key.length; k++) this.key[k] = key[k]![row];
    while (heap.length > 0) {
      this.one[0] = heap[0];
      if (this.table.find(this.key, this.one) !== 0) return heap[0];
      const last = heap.pop();
      if (heap.length > 0) { heap[0] = last; sink(heap, 0, this.better); }
    }
    return null;
  }
  clear(key: readonly Column[], row: number): void { removeAll(this.table, key, row); }
}
/** Removes all entries under a key. */
export function removeAll(table: StateTable, key: readonly Column[], row: number): void {
  for (let entry = table.firstAt(key, row); entry !== 0;) {
    const next = table.next(entry);
    table.remove(entry);
    entry = next;
  }
}
function push(heap: unknown[], value: unknown, better: Compare): void {
  let i = heap.push(value) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (better(value, heap[parent]) >= 0) break;
    heap[i] = heap[parent];
    i = parent;
  }
  heap[i] = value;
}
function sink(heap: unknown[], from: number, better: Compare): void {
  const value = heap[from], size = heap.length;
  let i = from;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && better(heap[child + 1], heap[child]) < 0) child++;
    if (better(heap[child], value) >= 0) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = value;
}

/** How a call makes its result of the values in order of arrival: one end of them, or all. */
export type FromArrivals = 'first' | 'last' | ((values: Iterable<unknown>, second: unknown) => unknown);

export class ArrivalValues implements ValuesView {
  wasFound = true;
  private readonly arrivals: Arrivals;
  private readonly from: FromArrivals;
  private readonly one: unknown[] = [];
  constructor(state: OperatorState, name: string, key: readonly SqlType[], type: SqlType, from: FromArrivals, ttlMs: number) {
    this.arrivals = new Arrivals(state, name, key, [type], ttlMs);
    this.from = from;
  }
  add(key: readonly Column[], value: readonly Column[], row: number, result: unknown, _memo: ValuesMemo | null, second: unknown): unknown {
    if (value[0]![row] === null) return result;
    this.arrivals.add(key, value, row);
    return this.result(key, row, second);
  }
  retract(key: readonly Column[], value: readonly Column[], row: number, result: unknown, _memo: ValuesMemo | null, second: unknown): unknown {
    this.wasFound = value[0]![row] === null || this.arrivals.remove(key, value, row);
    return value[0]![row] === null ? result : this.result(key, row, second);
  }
  private result(key: readonly Column[], row: number, second: unknown): unknown {
    const { rows } = this.arrivals;
    if (typeof this.from === 'function') return this.from(this.walk(key, row), second);
    const entry = this.from === 'first' ? rows.firstAt(key, row) : rows.lastAt(key, row);
    if (entry === 0) return null;
    rows.readSubKey(entry, this.one);
    return this.one[0];
  }
  private *walk(key: readonly Column[], row: number): Iterable<unknown> {
    const { rows } = this.arrivals;
    for (let entry = rows.firstAt(key, row); entry !== 0; entry = rows.next(entry)) { rows.readSubKey(entry, this.one); yield this.one[0]; }
  }
  clear(key: readonly Column[], row: number): void { this.arrivals.clear(key, row); }
}
