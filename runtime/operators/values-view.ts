/**
 * Values of a group kept for calls that cannot undo a value from their accumulator: MIN and MAX under retraction in order of value,
 * FIRST_VALUE, LAST_VALUE, LISTAGG … in order of arrival. NULLs are not kept. Flink: MapView and ListView of the WithRetract functions.
 *
 * MIN and MAX keep (group; value) → count. The best value is remembered per group while the group is cached. When it is retracted away the
 * next best is found by walking the values if they are few, else from a heap of all values built then: values no longer there are dropped
 * as they come up, so a hot group costs O(log n) per retraction and the heap is lost with the cache.
 */
import type { Column } from '../../core/row/batch.ts';
import type { Compare } from '../../core/types/compare.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { OperatorState, StateTable } from '../state/contract.ts';
import { Arrivals } from './arrivals.ts';

/** What a cached group remembers of one call's values. `live`: how many different ones there are, while there is a heap. */
export interface ValuesMemo { best: unknown; isKnown: boolean; heap: unknown[] | null; live: number }
export interface ValuesView {
  memo(): ValuesMemo;
  add(key: readonly Column[], value: readonly Column[], row: number, memo: ValuesMemo): void;
  /** False when the value is not there. */
  retract(key: readonly Column[], value: readonly Column[], row: number, memo: ValuesMemo): boolean;
  /** The call's result; NULL when there are no values. */
  result(key: readonly Column[], row: number, memo: ValuesMemo, second: unknown): unknown;
  clear(key: readonly Column[], row: number): void;
}

/** Values walked before a heap is worth building. */
const WALK_LIMIT = 16;

export class OrderedValues implements ValuesView {
  private readonly table: StateTable;
  /** Negative when a is better. */
  private readonly better: Compare;
  private readonly one: unknown[] = [null];
  private readonly key: unknown[] = [];
  constructor(state: OperatorState, name: string, key: readonly SqlType[], type: SqlType, better: Compare, ttlMs: number) {
    this.table = state.table({ name, key, subKey: [type], value: [], meta: 1, ttlMs });
    this.better = better;
  }
  memo(): ValuesMemo { return { best: null, isKnown: false, heap: null, live: 0 }; }
  add(key: readonly Column[], value: readonly Column[], row: number, memo: ValuesMemo): void {
    const { table } = this, v = value[0]![row];
    if (v === null) return;
    const entry = table.findOrCreateAt(key, value, row);
    if (table.wasCreated && memo.heap !== null) this.intoHeap(memo, v);
    table.setMeta(entry, 0, table.meta(entry, 0) + 1);
    if (memo.isKnown && (memo.best === null || this.better(v, memo.best) < 0)) memo.best = v;
  }
  retract(key: readonly Column[], value: readonly Column[], row: number, memo: ValuesMemo): boolean {
    const { table } = this, v = value[0]![row];
    if (v === null) return true;
    const entry = table.findAt(key, value, row);
    if (entry === 0) return false;
    const left = table.meta(entry, 0) - 1;
    if (left > 0) { table.setMeta(entry, 0, left); return true; }
    table.remove(entry);
    memo.live--;
    if (memo.isKnown && memo.best !== null && this.better(v, memo.best) === 0) memo.isKnown = false;
    return true;
  }
  result(key: readonly Column[], row: number, memo: ValuesMemo): unknown {
    if (!memo.isKnown) {
      memo.best = memo.heap === null ? this.search(key, row, memo) : this.fromHeap(key, row, memo.heap);
      memo.isKnown = true;
    }
    return memo.best;
  }
  private search(key: readonly Column[], row: number, memo: ValuesMemo): unknown {
    const { table, one } = this;
    let best: unknown = null, count = 0;
    for (let entry = table.firstAt(key, row); entry !== 0; entry = table.next(entry)) {
      if (++count > WALK_LIMIT) { memo.heap = this.buildHeap(key, row); memo.live = memo.heap.length; return memo.heap[0]; }
      table.readSubKey(entry, one);
      if (best === null || this.better(one[0], best) < 0) best = one[0];
    }
    return best;
  }
  /** A value that comes and goes stands in the heap several times: with more of those than values the heap is given up. */
  private intoHeap(memo: ValuesMemo, value: unknown): void {
    memo.live++;
    if (memo.heap!.length > 2 * memo.live + 64) memo.heap = null;
    else push(memo.heap!, value, this.better);
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
  clear(key: readonly Column[], row: number): void {
    for (let entry = this.table.firstAt(key, row); entry !== 0;) {
      const next = this.table.next(entry);
      this.table.remove(entry);
      entry = next;
    }
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

/** Gives a call all its values in order of arrival. */
export class ArrivalValues implements ValuesView {
  private readonly arrivals: Arrivals;
  private readonly fromValues: (values: Iterable<unknown>, second: unknown) => unknown;
  constructor(state: OperatorState, name: string, key: readonly SqlType[], type: SqlType, fromValues: (values: Iterable<unknown>, second: unknown) => unknown, ttlMs: number) {
    this.arrivals = new Arrivals(state, name, key, [type], ttlMs);
    this.fromValues = fromValues;
  }
  memo(): ValuesMemo { return { best: null, isKnown: false, heap: null, live: 0 }; }
  add(key: readonly Column[], value: readonly Column[], row: number, memo: ValuesMemo): void {
    if (value[0]![row] === null) return;
    this.arrivals.add(key, value, row);
    memo.isKnown = false;
  }
  retract(key: readonly Column[], value: readonly Column[], row: number, memo: ValuesMemo): boolean {
    if (value[0]![row] === null) return true;
    memo.isKnown = false;
    return this.arrivals.remove(key, value, row);
  }
  result(key: readonly Column[], row: number, memo: ValuesMemo, second: unknown): unknown {
    if (!memo.isKnown) { memo.best = this.fromValues(this.walk(key, row), second); memo.isKnown = true; }
    return memo.best;
  }
  private *walk(key: readonly Column[], row: number): Iterable<unknown> {
    const { rows } = this.arrivals, value: unknown[] = [];
    for (let entry = rows.firstAt(key, row); entry !== 0; entry = rows.next(entry)) { rows.readSubKey(entry, value); yield value[0]; }
  }
  clear(key: readonly Column[], row: number): void { this.arrivals.clear(key, row); }
}
