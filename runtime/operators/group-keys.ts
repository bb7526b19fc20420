/**
 * Finds the number of a dense group (`dense-groups.ts`) by its key. Which way depends on the key's types:
 *
 *   none                                     always group 0
 *   one column of whole numbers              open addressing; the key itself stands in the group's fields, so a hit reads two cache lines.
 *                                            NULL, booleans and bigints, which are rare, in a Map
 *   one column of text                       a Map: a text that was met before has its hash with it
 *   several columns, doubles, binary, nested packed bytes (`core/row/codec.ts`), found by their keyed hash; whatever the codec takes for a
 *                                            value of the column is found here
 *
 * Equality is that of the packed bytes in all of them, as in the state table: doubles, whose -0 and 0 are two groups, go by bytes. Hashes
 * are keyed at random, so whoever chooses the data cannot make keys collide. A key stays until `keep`, also when its group is gone.
 */
import { randomBytes } from 'node:crypto';
import type { Column } from '../../core/row/batch.ts';
import { ByteWriter } from '../../core/row/bytes.ts';
import { compileRowCodec } from '../../core/row/codec.ts';
import type { RowCodec } from '../../core/row/codec.ts';
import { hashBytes } from '../../core/row/hash.ts';
import type { SqlType } from '../../core/types/sql-type.ts';

export interface GroupKeys {
  /** The group, or -1. `value` is the key's first column at `row`. */
  find(value: unknown, key: readonly Column[], row: number): number;
  /** Of a key that `find` does not know; groups are added in the order of their numbers. */
  add(value: unknown, key: readonly Column[], row: number, group: number): void;
  /** Renumbers: group g becomes to[g], or is forgotten (-1). Order is kept; `kept` of them stay. The fields have moved already. */
  keep(to: Int32Array, kept: number): void;
  /** The fields of groups were moved to another array. */
  useFields(fields: Float64Array): void;
  /** Bytes held by keys of no fixed size. */
  readonly weight: number;
}

const WHOLE = new Set(['BOOLEAN', 'TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'DECIMAL', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ', 'INTERVAL_YEAR_MONTH', 'INTERVAL_DAY_TIME']);
/** Whether the key is a number, which stands in the first field of each group. */
export const hasNumberKey = (types: readonly SqlType[]): boolean => types.length === 1 && WHOLE.has(types[0]!.kind);
/** `stride`: fields per group. */
export function groupKeys(types: readonly SqlType[], stride: number): GroupKeys {
  const [only] = types;
  if (only === undefined) return new NoKey();
  if (types.length > 1) return new PackedKeys(types);
  return hasNumberKey(types) ? new NumberKeys(stride) : only.kind === 'CHAR' || only.kind === 'VARCHAR' ? new TextKeys() : new PackedKeys(types);
}

class NoKey implements GroupKeys {
  readonly weight = 0;
  private group = -1;
  find(): number { return this.group; }
  add(): void { this.group = 0; }
  keep(to: Int32Array): void { if (this.group === 0) this.group = to[0]!; }
  useFields(): void {}
}

function keepIn<K>(map: ReadonlyMap<K, number>, to: Int32Array): Map<K, number> {
  const kept = new Map<K, number>();
  for (const [key, group] of map) if (to[group]! >= 0) kept.set(key, to[group]!);
  return kept;
}

const FIRST_BITS = 10;
class NumberKeys implements GroupKeys {
  readonly weight = 0;
  private readonly stride: number;
  private fields = new Float64Array(0);
  /** Group + 1, 0 = free; at most half full. */
  private slots = new Int32Array(1 << FIRST_BITS);
  private shift = 32 - FIRST_BITS;
  private count = 0;
  private others = new Map<unknown, number>();
  private readonly low: number;
  private readonly high: number;
  constructor(stride: number) {
    this.stride = stride;
    const secret = randomBytes(8);
    this.low = secret.readInt32LE(0) | 1;
    this.high = secret.readInt32LE(4) | 1;
  }
  useFields(fields: Float64Array<ArrayBuffer>): void { this.fields = fields; }
  private home(value: number): number {
    let hash = Math.imul(value | 0, this.low) ^ Math.imul((value * 2.3283064365386963e-10) | 0, this.high);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x2c1b3c6d) >>> this.shift;
  }
  find(value: unknown): number {
    if (typeof value !== 'number') return this.others.get(value) ?? -1;
    const { slots, fields, stride } = this, mask = slots.length - 1;
    for (let at = this.home(value); ; at = (at + 1) & mask) {
      const group = slots[at]! - 1;
      if (group < 0 || fields[group * stride] === value) return group;
    }
  }
  add(value: unknown, _key: readonly Column[], _row: number, group: number): void {
    this.fields[group * this.stride] = typeof value === 'number' ? value : NaN;
    if (typeof value !== 'number') { this.others.set(value, group); return; }
    if (++this.count * 2 > this.slots.length) this.rebuild(this.slots.length * 2, group);
    this.place(value, group);
  }
  private place(value: number, group: number): void {
    const { slots } = this, mask = slots.length - 1;
    let at = this.home(value);
    while (slots[at] !== 0) at = (at + 1) & mask;
    slots[at] = group + 1;
  }
  /** Enters all groups below `groups` anew. */
  private rebuild(size: number, groups: number): number {
    this.slots = new Int32Array(size);
    this.shift = Math.clz32(size) + 1;
    let entered = 0;
    for (let group = 0; group < groups; group++) {
      const value = this.fields[group * this.stride]!;
      if (value === value) { this.place(value, group); entered++; }
    }
    return entered;
  }
  keep(to: Int32Array, kept: number): void {
    this.others = keepIn(this.others, to);
    this.count = this.rebuild(this.slots.length, kept);
  }
}

class TextKeys implements GroupKeys {
  weight = 0;
  private groups = new Map<unknown, number>();
  find(value: unknown): number { return this.groups.get(value) ?? -1; }
  add(value: unknown, _key: readonly Column[], _row: number, group: number): void {
    this.groups.set(value, group);
    if (typeof value === 'string') this.weight += value.length * 2;
  }
  keep(to: Int32Array): void {
    this.groups = keepIn(this.groups, to);
    this.weight = 0;
    for (const key of this.groups.keys()) if (typeof key === 'string') this.weight += key.length * 2;
  }
  useFields(): void {}
}

class PackedKeys implements GroupKeys {
  private readonly codec: RowCodec;
  private readonly scratch = new ByteWriter(256);
  private readonly seed0: number;
  private readonly seed1: number;
  /** Pairs (hash, group + 1), 0 = free; at most half full. */
  private slots = new Int32Array(2 << FIRST_BITS);
  private count = 0;
  /** Keys end to end, by group; group g ends at ends[g]. */
  private bytes = Buffer.alloc(4096);
  private ends = new Uint32Array(1024);
  private hashes = new Int32Array(1024);
  /** Of the key looked up last. */
  private hash = 0;
  private length = 0;
  constructor(types: readonly SqlType[]) {
    this.codec = compileRowCodec(types);
    const secret = randomBytes(8);
    this.seed0 = secret.readUInt32LE(0);
    this.seed1 = secret.readUInt32LE(4);
  }
  get weight(): number { return this.count === 0 ? 0 : this.ends[this.count - 1]!; }
  useFields(): void {}
  find(_value: unknown, key: readonly Column[], row: number): number {
    const length = this.codec.encodeColumns(key, row, this.scratch, 0), hash = hashBytes(this.scratch.bytes, 0, length, this.seed0, this.seed1) | 0;
    this.hash = hash;
    this.length = length;
    const { slots } = this, mask = slots.length - 1;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const group = slots[at + 1]! - 1;
      if (group < 0 || (slots[at] === hash && this.isKey(group, length))) return group;
    }
  }
  private isKey(group: number, length: number): boolean {
    const { bytes, ends } = this, wanted = this.scratch.bytes, from = group === 0 ? 0 : ends[group - 1]!;
    if (ends[group]! - from !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== wanted[i]) return false;
    return true;
  }
  /** The key must be the one looked up last. */
  add(_value: unknown, _key: readonly Column[], _row: number, group: number): void {
    const from = this.weight, end = from + this.length;
    if (end > this.bytes.length) { const wider = Buffer.alloc(Math.max(end, this.bytes.length * 2)); wider.set(this.bytes.subarray(0, from)); this.bytes = wider; }
    if (group === this.ends.length) { this.ends = wider(this.ends, new Uint32Array(group * 2)); this.hashes = wider(this.hashes, new Int32Array(group * 2)); }
    this.bytes.set(this.scratch.bytes.subarray(0, this.length), from);
    this.ends[group] = end;
    this.hashes[group] = this.hash;
    this.count = group + 1;
    if (this.count * 4 > this.slots.length) this.rebuild(this.slots.length * 2);
    else this.place(this.hash, group);
  }
  private place(hash: number, group: number): void {
    const { slots } = this, mask = slots.length - 1;
    let at = (hash << 1) & mask;
    while (slots[at + 1] !== 0) at = (at + 2) & mask;
    slots[at] = hash;
    slots[at + 1] = group + 1;
  }
  private rebuild(size: number): void {
    this.slots = new Int32Array(size);
    for (let group = 0; group < this.count; group++) this.place(this.hashes[group]!, group);
  }
  keep(to: Int32Array, kept: number): void {
    let from = 0, end = 0;
    for (let group = 0; group < this.count; group++) {
      const until = this.ends[group]!, target = to[group]!;
      if (target >= 0) {
        this.bytes.copyWithin(end, from, until);
        end += until - from;
        this.ends[target] = end;
        this.hashes[target] = this.hashes[group]!;
      }
      from = until;
    }
    this.count = kept;
    this.rebuild(this.slots.length);
  }
}
function wider<T extends Uint32Array | Int32Array>(from: T, to: T): T { to.set(from); return to; }
