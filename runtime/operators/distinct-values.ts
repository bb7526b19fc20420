/**
 * The values a group has met under DISTINCT: state table (group key; arguments) → how often. Without retraction only whether a value is there
 * counts, and a value met again writes nothing.
 *
 * Of a dense group (`dense-groups.ts`) whose only argument is a number, the entries of pairs (group, value) met lately are remembered, so
 * that most rows need neither packing nor a walk through the table. The group is named by a number that is its alone for as long as it
 * is dense and never given again (its `incarnation`), so a pair of a group that is gone is never found. A pair stands in the first
 * of REACH places from its home that was free; when there is none, it takes the place of another. Nothing in it must be written anywhere.
 */
import { randomBytes } from 'node:crypto';
import type { Column } from '../../core/row/batch.ts';
import type { Entry, StateTable } from '../state/contract.ts';
import { removeAll } from './values-view.ts';

/** Places at first and at most (20 bytes each, so that they stay in the processor's cache: a look-up that waits for memory saves nothing); half full before there are more. */
const FIRST_PLACES = 2048, LAST_PLACES = 65_536, REACH = 8;
/** In the place of an incarnation. */
const FREE = 0, LEFT = -1;

export class DistinctValues {
  private readonly table: StateTable;
  private readonly retract: boolean;
  private readonly remembers: boolean;
  private readonly inconsistent: { value: number };
  /** By place: value, incarnation. */
  private pairs = new Float64Array(0);
  /** By place. */
  private entries = new Uint32Array(0);
  private mask = 0;
  private added = 0;
  private readonly low: number;
  private readonly high: number;
  private readonly group: number;
  constructor(table: StateTable, retract: boolean, inconsistent: { value: number }) {
    this.table = table;
    this.retract = retract;
    this.remembers = table.spec.subKey.length === 1 && table.spec.ttlMs === 0;
    this.inconsistent = inconsistent;
    const secret = randomBytes(12);
    this.low = secret.readInt32LE(0) | 1;
    this.high = secret.readInt32LE(4) | 1;
    this.group = secret.readInt32LE(8) | 1;
  }
  /**
   * Puts the arguments at `row` in or takes them out; true when they are the first of their kind or, taken out, the last. `value`: the first
   * of them. `incarnation`: of a dense group, else 0.
   */
  turns(incarnation: number, value: unknown, args: readonly Column[], key: readonly Column[], row: number, adds: boolean): boolean {
    if (incarnation === 0 || !this.remembers || typeof value !== 'number' || Object.is(value, -0)) return this.count(adds ? this.table.findOrCreateAt(key, args, row) : this.table.findAt(key, args, row), adds) !== 0;
    const found = this.find(incarnation, value);
    if (found >= 0) {
      if (!this.retract) return false;
      const left = this.count(this.entries[found]!, adds);
      if (left < 0) this.pairs[found * 2 + 1] = LEFT;
      return left !== 0;
    }
    const entry = adds ? this.table.findOrCreateAt(key, args, row) : this.table.findAt(key, args, row), turned = this.count(entry, adds);
    if (entry !== 0 && turned >= 0) this.remember(incarnation, value, entry);
    return turned !== 0;
  }
  /** 1: the first of its kind; -1: the last, its entry is gone; 0: neither. */
  private count(entry: Entry, adds: boolean): number {
    const { table } = this;
    if (entry === 0) { this.inconsistent.value++; return 0; }
    const count = table.meta(entry, 0);
    if (adds) {
      if (count === 0 || this.retract || table.spec.ttlMs > 0) table.setMeta(entry, 0, count + 1);
      return count === 0 ? 1 : 0;
    }
    if (count > 1) { table.setMeta(entry, 0, count - 1); return 0; }
    table.remove(entry);
    return -1;
  }
  private home(incarnation: number, value: number): number {
    let hash = Math.imul(value | 0, this.low) ^ Math.imul((value * 2.3283064365386963e-10) | 0, this.high) ^ Math.imul(incarnation | 0, this.group);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & this.mask;
  }
  /** The place of a pair, or -1. */
  private find(incarnation: number, value: number): number {
    const { pairs, mask } = this;
    if (pairs.length === 0) return -1;
    let place = this.home(incarnation, value);
    for (let step = 0; step < REACH; step++, place = (place + 1) & mask) {
      const has = pairs[place * 2 + 1]!;
      if (has === incarnation && pairs[place * 2] === value) return place;
      if (has === FREE) return -1;
    }
    return -1;
  }
  /** Of a pair that is not there. */
  private remember(incarnation: number, value: number, entry: Entry): void {
    if (this.added * 2 >= this.mask && this.mask + 1 < LAST_PLACES) this.grow();
    this.added++;
    const { pairs, mask } = this, home = this.home(incarnation, value);
    let place = home, step = 0;
    while (step < REACH && pairs[place * 2 + 1]! > FREE) { step++; place = (place + 1) & mask; }
    if (step === REACH) place = (home + this.added % REACH) & mask;
    pairs[place * 2] = value;
    pairs[place * 2 + 1] = incarnation;
    this.entries[place] = entry;
  }
  private grow(): void {
    const { pairs, entries } = this, size = entries.length === 0 ? FIRST_PLACES : entries.length * 2;
    this.pairs = new Float64Array(size * 2);
    this.entries = new Uint32Array(size);
    this.mask = size - 1;
    this.added = 0;
    for (let place = 0; place < entries.length; place++) if (pairs[place * 2 + 1]! > FREE) this.remember(pairs[place * 2 + 1]!, pairs[place * 2]!, entries[place]!);
  }
  clear(key: readonly Column[], row: number): void { removeAll(this.table, key, row); }
}
