/**
 * Open addressing from a 32-bit hash to an entry, as pairs (hash, entry) in one typed array: a probe touches one cache line. The home
 * of a hash is given by its high bits, so slots are ordered by hash: doubling is one pass in order, and a hash segment (`snapshot.ts`)
 * is a run of slots. Deletion moves followers back, so there are no tombstones. Which entry is meant is for the caller to decide by
 * comparing keys: it walks `slots` itself, from `home(hash)` by `(slot + 2) & mask` until entry 0.
 */
import { giveBack, uncounted } from './memory.ts';
import type { Grow } from './memory.ts';

const MIN_BITS = 4;

export class HashIndex {
  /** slots[i] = hash, slots[i + 1] = entry; i even. */
  slots: Uint32Array<ArrayBuffer>;
  /** For positions in `slots`. */
  mask: number;
  size = 0;
  private bits = MIN_BITS;
  private limit: number;
  private readonly grow: Grow;
  constructor(grow: Grow = uncounted) {
    this.grow = grow;
    this.slots = new Uint32Array(2 << MIN_BITS);
    this.mask = (2 << MIN_BITS) - 1;
    this.limit = capacityLimit(MIN_BITS);
  }
  get bytes(): number { return this.slots.byteLength; }
  /** Number of slots as a power of two. */
  get slotBits(): number { return this.bits; }
  home(hash: number): number { return (hash >>> (32 - this.bits)) << 1; }

  add(hash: number, entry: number): void {
    if (this.size >= this.limit) this.resize(this.bits + 1);
    this.place(hash, entry);
    this.size++;
  }
  /**
   * Room for so many without growing. A snapshot comes in the order of hashes: put into an index that still grows, every entry would
   * land in the same few slots.
   */
  expect(count: number): void {
    let bits = this.bits;
    while (capacityLimit(bits) < count) bits++;
    if (bits > this.bits) this.resize(bits);
  }
  /** Where this very entry stands; it must be there. */
  private slotOf(hash: number, entry: number): number {
    const { slots, mask } = this;
    let at = this.home(hash);
    while (slots[at + 1] !== entry) at = (at + 2) & mask;
    return at;
  }
  replace(hash: number, entry: number, by: number): void { this.slots[this.slotOf(hash, entry) + 1] = by; }
  remove(hash: number, entry: number): void {
    const { slots, mask } = this;
    let hole = this.slotOf(hash, entry);
    for (let at = (hole + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      // A follower may move into the hole unless its home lies behind the hole.
      if (((at - this.home(slots[at]!)) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      slots[hole + 1] = slots[at + 1]!;
      hole = at;
    }
    slots[hole + 1] = 0;
    this.size--;
    if (this.bits > 10 && this.size * 8 < 1 << this.bits) this.resize(this.bits - 1);
  }
  private place(hash: number, entry: number): void {
    const { slots, mask } = this;
    let at = this.home(hash);
    while (slots[at + 1] !== 0) at = (at + 2) & mask;
    slots[at] = hash;
    slots[at + 1] = entry;
  }
  private resize(bits: number): void {
    const from = this.slots;
    this.grow((2 << bits) * 4 - from.byteLength);
    this.bits = bits;
    this.slots = new Uint32Array(2 << bits);
    this.mask = (2 << bits) - 1;
    this.limit = capacityLimit(bits);
    for (let at = 0; at < from.length; at += 2) if (from[at + 1] !== 0) this.place(from[at]!, from[at + 1]!);
    giveBack(from);
  }
}
/** At most 70 % full. */
const capacityLimit = (bits: number): number => Math.floor(0.7 * (1 << bits));
