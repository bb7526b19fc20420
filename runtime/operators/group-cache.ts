/**
 * Decoded groups of a group aggregate: two generations, the elder written back and dropped when the younger is full. It pays only while
 * groups come again soon; with many groups in even use the packed rows are denser in the processor's caches than objects are. So it
 * watches itself: when most look-ups miss, `isWorthwhile` turns false and the operator works on the table directly, telling `sample`
 * which groups it meets; when these repeat, it turns true again.
 */
import type { Entry } from '../state/contract.ts';
import type { ValuesMemo } from './values-view.ts';

export interface Group {
  entry: Entry;
  readonly slots: unknown[];
  /** Rows in the group; exact only when the input retracts. */
  rows: number;
  isDirty: boolean;
  /** By call; empty for a group that is not cached. */
  readonly memos: readonly (ValuesMemo | null)[];
}

/** Groups per generation: at about 200 bytes each some 7 MB in all. */
const GENERATION = 16384;
/** Look-ups between two decisions. */
const WINDOW = 16384;
const SAMPLE_MASK = 8191;

export class GroupCache {
  isWorthwhile = true;
  private young = new Map<unknown, Group>();
  private elder = new Map<unknown, Group>();
  private readonly writeBack: (group: Group) => void;
  private lookUps = 0;
  private hits = 0;
  /** By entry: the group met last in a slot; a hit here is a hit a cache of this size would have had. */
  private readonly met = new Uint32Array(SAMPLE_MASK + 1);
  constructor(writeBack: (group: Group) => void) { this.writeBack = writeBack; }
  get(key: unknown): Group | undefined {
    this.lookUps++;
    const group = this.young.get(key);
    if (group !== undefined) { this.hits++; return group; }
    const old = this.elder.get(key);
    if (old !== undefined) { this.hits++; this.elder.delete(key); this.add(key, old); }
    return old;
  }
  add(key: unknown, group: Group): void {
    if (this.young.size >= GENERATION) {
      for (const old of this.elder.values()) this.writeBack(old);
      this.elder = this.young;
      this.young = new Map();
    }
    this.young.set(key, group);
  }
  delete(key: unknown): void { if (!this.young.delete(key)) this.elder.delete(key); }
  /** Notes a group met without the cache. */
  sample(entry: Entry): void {
    this.lookUps++;
    const slot = entry & SAMPLE_MASK;
    if (this.met[slot] === entry) this.hits++;
    else this.met[slot] = entry;
  }
  /** Between batches: is the cache worth its while? */
  decide(): void {
    if (this.lookUps < WINDOW) return;
    const isWorthwhile = this.hits * 10 > this.lookUps * (this.isWorthwhile ? 6 : 8);
    if (!isWorthwhile && this.isWorthwhile) this.drop();
    this.isWorthwhile = isWorthwhile;
    this.lookUps = 0;
    this.hits = 0;
  }
  writeAll(): void {
    for (const group of this.young.values()) this.writeBack(group);
    for (const group of this.elder.values()) this.writeBack(group);
  }
  /** Writes all back and forgets them. */
  drop(): void {
    this.writeAll();
    this.young.clear();
    this.elder.clear();
  }
}
