/**
 * Groups of a group aggregate numbered from 0, with their accumulators side by side in one typed array (`group-fields.ts`): a group that is
 * here is reached through two cache lines, without a look at the state table. The table stays what is durable: a group is made there
 * first and read from there, and `flush` writes what changed at a barrier.
 *
 *   state 0       the group is gone; its number waits for its key to come back
 *   USED          the fields hold the group
 *   BOXED         some value does not fit a double: all slots stand in `slots` instead of the fields
 *   DIRTY         the table has an older state
 *   MET           used since the last sweep
 *
 * Bounded: at LIMIT groups (fewer where groups have slots: these are objects), or when keys and boxed groups take too many bytes, a sweep
 * writes out those not met since the last one, at least half of all, and renumbers the others. So neither a sweep nor a flush takes longer
 * than about 0.1 s. It pays only while groups come again soon: when most look-ups miss, `isWorthwhile` turns false and the operator works
 * on the table, telling `sample` which groups it meets; when these repeat, it turns true again.
 *
 * Memory per group: 21 bytes, 8 per field, and its place in the index: 8–16 bytes for a number, 28–44 and the packed bytes for a packed key.
 */
import type { Column } from '../../core/row/batch.ts';
import type { Entry, StateTable } from '../state/contract.ts';
import type { Aggregates, Group } from './aggregate-calls.ts';
import { compileMoves } from './group-fields.ts';
import type { FieldLayout, FieldMoves } from './group-fields.ts';
import { groupKeys } from './group-keys.ts';
import type { GroupKeys } from './group-keys.ts';
import type { ValuesMemo } from './values-view.ts';

export const USED = 1, BOXED = 2, DIRTY = 4, MET = 8;
const FIRST = 1024, LIMIT = 262_144, LIMIT_WITH_SLOTS = 32_768;
/** After so many, groups have none and their distinct values are not remembered. */
const LAST_INCARNATION = 0x7fffffff;
/** Bytes of keys and boxed groups. */
const LIMIT_BYTES = 48 << 20, BOXED_BYTES = 200;
/** Of the entries that have these bits clear, as many as this are remembered by `sample`: a cache of LIMIT / 2 groups in small. */
const SAMPLE_SHIFT = 4, SAMPLE_SLOTS = 8192, SAMPLE_WINDOW = 2048;

export class DenseGroups {
  readonly keys: GroupKeys;
  readonly stride: number;
  fields: Float64Array<ArrayBuffer>;
  state = new Uint8Array(FIRST);
  /** By group: the slots of calls without fields, or of all calls when BOXED. */
  readonly slots: (unknown[] | undefined)[] = [];
  readonly memos: (readonly (ValuesMemo | null)[])[] = [];
  /** Groups numbered, gone ones included. */
  count = 0;
  isWorthwhile = true;
  private entries = new Uint32Array(FIRST);
  private readonly table: StateTable;
  private readonly calls: Aggregates;
  private readonly layout: FieldLayout;
  private readonly moves: FieldMoves;
  private readonly scratch: unknown[] = [];
  private readonly limit: number;
  private boxed = 0;
  private incarnations = 0;
  private rows = 0;
  private misses = 0;
  private sampled = 0;
  private repeated = 0;
  private readonly met = new Uint32Array(SAMPLE_SLOTS);

  constructor(table: StateTable, calls: Aggregates, layout: FieldLayout) {
    this.table = table;
    this.calls = calls;
    this.layout = layout;
    this.moves = compileMoves(layout);
    this.stride = layout.stride;
    this.limit = layout.hasSlots ? LIMIT_WITH_SLOTS : LIMIT;
    this.keys = groupKeys(table.spec.key, layout.stride);
    this.fields = new Float64Array(FIRST * layout.stride);
    this.keys.useFields(this.fields);
  }
  /** Between batches. */
  noteRows(rows: number): void { this.rows += rows; }
  get isFull(): boolean { return this.count === this.limit || this.keys.weight + this.boxed * BOXED_BYTES > LIMIT_BYTES; }

  /** The group of a key that is not here or gone (`group`: -1 or its number); what it holds is to be set by `read` or `put`. */
  enter(group: number, entry: Entry, value: unknown, key: readonly Column[], row: number): number {
    this.misses++;
    let at = group;
    if (at < 0) {
      if (this.count === this.state.length) this.grow();
      at = this.count++;
      this.slots.push(undefined);
      this.memos.push(NONE);
      this.keys.add(value, key, row, at);
    }
    this.entries[at] = entry;
    this.state[at] = USED | MET;
    this.memos[at] = this.calls.memos();
    this.slots[at] = this.layout.hasSlots ? new Array<unknown>(this.calls.slots.length) : undefined;
    if (this.layout.incarnation >= 0) this.fields[at * this.stride + this.layout.incarnation] = this.incarnations < LAST_INCARNATION ? ++this.incarnations : 0;
    return at;
  }
  private grow(): void {
    const size = this.state.length * 2;
    const fields = new Float64Array(size * this.stride), state = new Uint8Array(size), entries = new Uint32Array(size);
    fields.set(this.fields); state.set(this.state); entries.set(this.entries);
    this.fields = fields; this.state = state; this.entries = entries;
    this.keys.useFields(fields);
  }
  entryOf(group: number): Entry { return this.entries[group]!; }
  /** Takes a group over from the table. */
  read(group: number): void {
    const { table, scratch } = this, entry = this.entries[group]!;
    table.readValue(entry, scratch);
    this.fill(group, scratch, this.layout.rows < 0 ? 1 : table.meta(entry, 0));
  }
  /** What `taken` holds is now the group's state. */
  put(group: number, taken: Group): void {
    this.fill(group, taken.slots, taken.rows);
    this.state[group]! |= DIRTY | MET;
  }
  private fill(group: number, slots: readonly unknown[], rows: number): void {
    const base = group * this.stride, wasBoxed = (this.state[group]! & BOXED) !== 0;
    if (this.layout.rows >= 0) this.fields[base + this.layout.rows] = rows;
    const fits = this.moves.fromSlots(slots, this.fields, base);
    if (fits) this.state[group]! &= ~BOXED; else this.state[group]! |= BOXED;
    this.boxed += Number(!fits) - Number(wasBoxed);
    if (fits && !this.layout.hasSlots) { this.slots[group] = undefined; return; }
    const own = this.slots[group] ??= new Array<unknown>(this.calls.slots.length);
    if (own !== slots) for (let i = 0; i < this.calls.slots.length; i++) own[i] = slots[i];
  }
  /** All slots of the group; `into.slots` is written to by whoever changes the group, who then calls `put`. */
  take(group: number, into: Group): void {
    const base = group * this.stride, own = this.slots[group], { rows, incarnation } = this.layout;
    into.slots = own ?? this.scratch;
    if ((this.state[group]! & BOXED) === 0) this.moves.toSlots(this.fields, base, into.slots);
    into.rows = rows < 0 ? 1 : this.fields[base + rows]!;
    into.memos = this.memos[group]!;
    into.incarnation = incarnation < 0 ? 0 : this.fields[base + incarnation]!;
  }
  /** The group is gone. */
  remove(group: number): void {
    if ((this.state[group]! & BOXED) !== 0) this.boxed--;
    this.state[group] = 0;
    this.slots[group] = undefined;
    this.memos[group] = NONE;
  }
  private writeBack(group: number): void {
    const state = this.state[group]!, entry = this.entries[group]!;
    if ((state & DIRTY) === 0) return;
    const slots = this.slots[group] ?? this.scratch;
    if ((state & BOXED) === 0) this.moves.toSlots(this.fields, group * this.stride, slots);
    this.table.writeValue(entry, slots);
    if (this.layout.rows >= 0) this.table.setMeta(entry, 0, this.fields[group * this.stride + this.layout.rows]!);
    this.state[group] = state & ~DIRTY;
  }
  flush(): void { for (let group = 0; group < this.count; group++) this.writeBack(group); }

  /** Makes room; all numbers change. */
  sweep(): void {
    const alive = this.mark(), to = new Int32Array(this.count).fill(-1);
    // Of more than half the younger stay.
    let skip = Math.max(0, alive - (this.count >> 1)), kept = 0;
    for (let group = 0; group < this.count; group++) {
      const state = this.state[group]!;
      if (state === 0) continue;
      if ((state & MET) === 0 || skip > 0) {
        if ((state & MET) !== 0) skip--;
        this.writeBack(group);
        continue;
      }
      to[group] = kept;
      this.move(group, kept++);
    }
    this.cut(kept);
    this.keys.keep(to, kept);
    this.isWorthwhile = this.misses * 2 < this.rows;
    this.rows = this.misses = 0;
  }
  /** Number of groups met since the last sweep. */
  private mark(): number {
    let met = 0;
    for (let group = 0; group < this.count; group++) if ((this.state[group]! & MET) !== 0) met++;
    return met;
  }
  private move(from: number, to: number): void {
    const { stride } = this;
    this.fields.copyWithin(to * stride, from * stride, (from + 1) * stride);
    this.state[to] = this.state[from]! & ~MET;
    this.entries[to] = this.entries[from]!;
    this.slots[to] = this.slots[from];
    this.memos[to] = this.memos[from]!;
  }
  private cut(kept: number): void {
    this.slots.length = this.memos.length = this.count = kept;
    this.boxed = 0;
    for (let group = 0; group < kept; group++) if ((this.state[group]! & BOXED) !== 0) this.boxed++;
  }
  /** Writes all back and forgets them: before the operator works on the table. */
  drop(): void {
    this.flush();
    const none = new Int32Array(this.count).fill(-1);
    this.cut(0);
    this.keys.keep(none, 0);
  }
  /** Notes a group met in the table while it is not worthwhile to keep groups here. */
  sample(entry: Entry): void {
    if ((entry & ((1 << SAMPLE_SHIFT) - 1)) !== 0) return;
    const slot = (entry >>> SAMPLE_SHIFT) & (SAMPLE_SLOTS - 1);
    if (this.met[slot] === entry) this.repeated++; else this.met[slot] = entry;
    if (++this.sampled < SAMPLE_WINDOW) return;
    this.isWorthwhile = this.repeated * 10 > this.sampled * 7;
    this.sampled = this.repeated = 0;
  }
}
const NONE: readonly (ValuesMemo | null)[] = [];
