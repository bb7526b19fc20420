/** Decoded groups of a group aggregate: two generations, the elder written back and dropped when the younger is full. */
import type { Entry } from '../state/contract.ts';
import type { ValuesMemo } from './values-view.ts';

export interface Group {
  readonly entry: Entry;
  readonly slots: unknown[];
  /** As last sent. */
  readonly results: unknown[];
  /** Rows in the group; exact only when the input retracts. */
  rows: number;
  isDirty: boolean;
  readonly memos: readonly (ValuesMemo | null)[];
}

/** Groups per generation: at about 300 bytes each at most 10 MB in all. */
const GENERATION = 16384;

export class GroupCache {
  private young = new Map<unknown, Group>();
  private elder = new Map<unknown, Group>();
  private readonly writeBack: (group: Group) => void;
  constructor(writeBack: (group: Group) => void) { this.writeBack = writeBack; }
  get(key: unknown): Group | undefined {
    const group = this.young.get(key);
    if (group !== undefined) return group;
    const old = this.elder.get(key);
    if (old !== undefined) { this.elder.delete(key); this.add(key, old); }
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
