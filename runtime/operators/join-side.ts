/**
 * One input of a regular join: the table of its rows, and reading matches from it for rows of the other input. Flink:
 * JoinRecordStateViews and OuterJoinRecordStateViews; the three shapes of JoinInputSideSpec, and one for rows never taken back, become
 *
 *   shape             key        sub-key                         value          meta
 *   join-key-unique   join key   –                               other columns  [associations]
 *   unique-key        join key   unique-key columns not in it    other columns  [associations]
 *   no-key            join key   all other columns               –              count of equal rows [, associations]
 *   append            join key   number (a list)                 other columns  [associations]
 *
 * Associations (how many rows of the other input this row matches) are kept for a side whose rows the join also emits alone: padded with
 * NULLs, or by SEMI and ANTI. Columns of the join key are stored once, in the key.
 *
 * Rows whose key has a NULL under `=` are not stored: they never match, so their whole output follows from the row itself.
 */
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { compileCopy, compileNulls, range } from '../../core/row/copy.ts';
import type { RowCopy } from '../../core/row/copy.ts';
import { invariant } from '../../core/errors/common.ts';
import { BIGINT } from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { JoinSide as SideSpec } from '../../planner/physical/plan.ts';
import type { Entry, OperatorState, StateTable } from '../state/contract.ts';

export interface SideOptions {
  readonly name: 'left' | 'right';
  readonly types: readonly SqlType[];
  readonly keys: readonly number[];
  readonly nullSafe: readonly boolean[];
  readonly spec: SideSpec;
  /** Its associations are needed. */
  readonly counted: boolean;
  readonly ttlMs: number;
  /** Where its columns begin in left ++ right. */
  readonly offset: number;
}

export class JoinSide {
  readonly table: StateTable;
  /** Equal rows share one entry with a count. */
  readonly counts: boolean;
  readonly counted: boolean;
  readonly width: number;
  readonly offset: number;
  /** An arriving row may take the place of one with the same key. */
  readonly unique: boolean;
  readonly keepsForEver: boolean;
  /** Columns of the batch at hand. */
  readonly keyIn: Column[];
  private readonly subIn: Column[];
  private readonly valueIn: Column[];
  private readonly keys: readonly number[];
  private readonly sub: readonly number[];
  private readonly value: readonly number[];
  private readonly guarded: readonly number[];
  private readonly associationAt: 0 | 1;
  private readonly isList: boolean;
  /** Copies a row of this input's batch to its place in left ++ right. */
  readonly copyRow: RowCopy;
  private readonly copySelf: RowCopy;
  private readonly copyNulls: (target: readonly Column[], at: number) => void;
  private readonly scratch: unknown[] = [];

  constructor(options: SideOptions, state: OperatorState) {
    const { types, keys, spec, offset } = options, pick = (columns: readonly number[]): SqlType[] => columns.map((c) => types[c]!);
    const others = range(0, types.length).filter((c) => !keys.includes(c));
    this.keys = keys;
    this.counts = spec.kind === 'no-key';
    this.isList = spec.kind === 'append';
    this.unique = !this.counts && !this.isList;
    this.counted = options.counted;
    this.keepsForEver = options.ttlMs === 0;
    this.sub = spec.kind === 'no-key' ? others : spec.kind === 'unique-key' ? others.filter((c) => spec.uniqueKey.includes(c)) : [];
    this.value = others.filter((c) => !this.sub.includes(c));
    this.associationAt = this.counts ? 1 : 0;
    this.width = types.length;
    this.offset = offset;
    this.guarded = keys.map((_, k) => k).filter((k) => options.nullSafe[k] !== true);
    this.table = state.table({
      name: options.name, key: pick(keys), subKey: this.isList ? [BIGINT] : pick(this.sub), isList: this.isList, value: pick(this.value), meta: ((this.counts ? 1 : 0) + (this.counted ? 1 : 0)) as 0 | 1 | 2, ttlMs: options.ttlMs,
    });
    this.keyIn = keys.map(() => []);
    this.subIn = this.sub.map(() => []);
    this.valueIn = this.value.map(() => []);
    this.copyRow = compileCopy(range(0, types.length), range(offset, types.length));
    this.copySelf = compileCopy(range(offset, types.length), range(offset, types.length));
    this.copyNulls = compileNulls(range(offset, types.length));
  }
  /** The other side's columns by key position, and where this side's columns go; called once the output exists. */
  private copyKey: RowCopy = () => {};
  private subOut: Column[] = [];
  private valueOut: Column[] = [];
  connect(other: JoinSide, out: readonly Column[]): void {
    this.copyKey = compileCopy(other.keys, this.keys.map((c) => this.offset + c));
    if (out.length < this.offset + this.width) return;
    this.subOut = this.sub.map((c) => out[this.offset + c]!);
    this.valueOut = this.value.map((c) => out[this.offset + c]!);
  }

  /** Takes the columns of a batch of this input. */
  bind(batch: ChangeBatch): void {
    for (let k = 0; k < this.keys.length; k++) this.keyIn[k] = batch.columns[this.keys[k]!]!;
    for (let k = 0; k < this.sub.length; k++) this.subIn[k] = batch.columns[this.sub[k]!]!;
    for (let k = 0; k < this.value.length; k++) this.valueIn[k] = batch.columns[this.value[k]!]!;
  }
  /** The row's key has a NULL that matches nothing. */
  hasNullKey(row: number): boolean {
    for (let i = 0; i < this.guarded.length; i++) if (this.keyIn[this.guarded[i]!]![row] === null) return true;
    return false;
  }

  // Storing rows of this input.

  /** Precondition: rows of this side may be taken back. */
  find(row: number): Entry { invariant(!this.isList, 'no row of an append-only input is taken back'); return this.table.findAt(this.keyIn, this.subIn, row); }
  add(row: number, associations: number): void {
    const { table } = this;
    if (this.isList) {
      const entry = table.appendAt(this.keyIn, this.valueIn, row);
      if (this.counted && associations !== 0) table.setMeta(entry, 0, associations);
      return;
    }
    const entry = table.findOrCreateAt(this.keyIn, this.subIn, row);
    if (this.counts) table.setMeta(entry, 0, table.meta(entry, 0) + 1);
    else if (this.value.length > 0) table.writeValueAt(entry, this.valueIn, row);
    if (this.counted) table.setMeta(entry, this.associationAt, associations);
  }
  /** Takes one such row away. */
  retract(entry: Entry): void {
    const { table } = this, count = this.counts ? table.meta(entry, 0) : 1;
    if (count > 1) table.setMeta(entry, 0, count - 1);
    else table.remove(entry);
  }
  associations(entry: Entry): number { return this.table.meta(entry, this.associationAt); }
  setAssociations(entry: Entry, count: number): void { this.table.setMeta(entry, this.associationAt, count); }
  /** How many equal rows an entry stands for. */
  copies(entry: Entry): number { return this.counts ? this.table.meta(entry, 0) : 1; }

  // Reading rows of this input; `other` is the batch of the other input whose row has the same key.

  /** Writes a stored row to its place in the output. */
  emit(entry: Entry, other: readonly Column[], row: number, out: readonly Column[], at: number): void {
    this.copyKey(other, row, out, at);
    this.emitStored(entry, out, at);
  }
  /** The same where the key's columns stand there already. */
  emitStored(entry: Entry, out: readonly Column[], at: number): void {
    if (this.subOut.length > 0) this.table.readSubKeyAt(entry, this.subOut, at);
    if (this.valueOut.length > 0) this.table.readValueAt(entry, this.valueOut, at);
  }
  /** Repeats this side's columns of an output row. */
  copyOutput(out: readonly Column[], from: number, at: number): void { this.copySelf(out, from, out, at); }
  emitNulls(out: readonly Column[], at: number): void { this.copyNulls(out, at); }
  /** Puts a stored row's columns into left ++ right values, except the key's (see `fillKey`). */
  fill(entry: Entry, values: unknown[]): void {
    const { scratch } = this;
    if (this.sub.length > 0) {
      this.table.readSubKey(entry, scratch);
      for (let k = 0; k < this.sub.length; k++) values[this.offset + this.sub[k]!] = scratch[k];
    }
    if (this.value.length > 0) {
      this.table.readValue(entry, scratch);
      for (let k = 0; k < this.value.length; k++) values[this.offset + this.value[k]!] = scratch[k];
    }
  }
  /** The key's columns, from a row of the other input. */
  fillKey(otherKey: readonly Column[], row: number, values: unknown[]): void {
    for (let k = 0; k < this.keys.length; k++) values[this.offset + this.keys[k]!] = otherKey[k]![row];
  }
  /** The columns of a row of this input's batch. */
  fillRow(columns: readonly Column[], row: number, values: unknown[]): void {
    for (let c = 0; c < this.width; c++) values[this.offset + c] = columns[c]![row];
  }
}

/** The rows of a side that match a row of the other: entries, each once; `rows` counts equal rows too. Reused. */
export class Matches {
  entries: Entry[] = [];
  count = 0;
  rows = 0;
  /**
   * Finds the matches of a row of `from`'s batch. With a residual condition the row's values are in `values` already
   * (`fillRow` or `fill`), and the key's columns of `side` too.
   */
  collect(side: JoinSide, from: JoinSide, row: number, residual: ((values: readonly unknown[]) => boolean) | null, values: unknown[]): void {
    this.count = 0;
    this.rows = 0;
    const { table } = side;
    for (let entry = table.firstAt(from.keyIn, row); entry !== 0; entry = table.next(entry)) {
      if (residual !== null) {
        side.fill(entry, values);
        if (!residual(values)) continue;
      }
      this.entries[this.count++] = entry;
      this.rows += side.copies(entry);
    }
  }
  clear(): void { this.count = 0; this.rows = 0; }
  has(entry: Entry): boolean {
    for (let i = 0; i < this.count; i++) if (this.entries[i] === entry) return true;
    return false;
  }
}
