/**
 * Rows under a key in the order they arrived, equal rows several times, each retraction taking the oldest equal one: what
 * SinkUpsertMaterializer's list and the value lists of FIRST_VALUE, LAST_VALUE, LISTAGG with retraction are in Flink, without the walk
 * through the list. Two tables: `<name>-rows` holds each occurrence under (key; row, n), n counting the occurrences of equal rows, so its
 * ring is the list; `<name>-counts` holds under (key; row) which n is the oldest left (meta 0) and which comes next (meta 1). Each step is
 * O(1) however long the list is.
 */
import { BIGINT } from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Column } from '../../core/row/batch.ts';
import type { Entry, OperatorState, StateTable } from '../state/contract.ts';

export class Arrivals {
  /** Walk it with `first`/`next`; an entry's sub-key is the row and its number. */
  readonly rows: StateTable;
  private readonly counts: StateTable;
  /** The row's columns and one more for the number. */
  private readonly numbered: Column[];
  private readonly numberAt: number;
  constructor(state: OperatorState, name: string, key: readonly SqlType[], row: readonly SqlType[], ttlMs: number) {
    this.rows = state.table({ name: `${name}-rows`, key, subKey: [...row, BIGINT], value: [], meta: 0, ttlMs });
    this.counts = state.table({ name: `${name}-counts`, key, subKey: row, value: [], meta: 2, ttlMs });
    this.numberAt = row.length;
    this.numbered = [...row.map(() => []), []];
  }
  private entryColumns(row: readonly Column[], at: number, number: number): readonly Column[] {
    for (let c = 0; c < this.numberAt; c++) this.numbered[c] = row[c]!;
    this.numbered[this.numberAt]![at] = number;
    return this.numbered;
  }
  add(key: readonly Column[], row: readonly Column[], at: number): void {
    const count = this.counts.findOrCreateAt(key, row, at), number = this.counts.meta(count, 1);
    this.counts.setMeta(count, 1, number + 1);
    this.rows.findOrCreateAt(key, this.entryColumns(row, at, number), at);
  }
  /** The oldest occurrence of this row, or 0. */
  find(key: readonly Column[], row: readonly Column[], at: number): Entry {
    const count = this.counts.findAt(key, row, at);
    return count === 0 ? 0 : this.rows.findAt(key, this.entryColumns(row, at, this.counts.meta(count, 0)), at);
  }
  /** Takes the oldest occurrence out; false when there is none. */
  remove(key: readonly Column[], row: readonly Column[], at: number): boolean {
    const count = this.counts.findAt(key, row, at);
    if (count === 0) return false;
    const number = this.counts.meta(count, 0);
    const entry = this.rows.findAt(key, this.entryColumns(row, at, number), at);
    if (entry !== 0) this.rows.remove(entry);
    if (number + 1 >= this.counts.meta(count, 1)) this.counts.remove(count);
    else this.counts.setMeta(count, 0, number + 1);
    return entry !== 0;
  }
  /** Drops all rows of a key. */
  clear(key: readonly Column[], at: number): void {
    for (const table of [this.rows, this.counts]) for (let entry = table.firstAt(key, at); entry !== 0;) {
      const next = table.next(entry);
      table.remove(entry);
      entry = next;
    }
  }
}
