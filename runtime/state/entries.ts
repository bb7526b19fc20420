/** Bookkeeping of a table's entries: ids in use, which entries changed since the last checkpoint, and which were deleted. */
import { giveBack, uncounted } from './memory.ts';
import type { Grow } from './memory.ts';

const DIRTY_FLAG = 2, DEAD_FLAG = 32;

/** Entry ids from 1 up; ids given back are taken again first. */
export class EntryIds {
  highest = 0;
  private free = new Uint32Array(16);
  private count = 0;
  take(): number { return this.count > 0 ? this.free[--this.count]! : ++this.highest; }
  give(id: number): void {
    if (this.count === this.free.length) { const wide = new Uint32Array(this.count * 2); wide.set(this.free); this.free = wide; }
    this.free[this.count++] = id;
  }
}

/**
 * Entries changed since the last checkpoint, each once, in the order of their first change: for new ones the order they were made in,
 * which restoring must keep. Removed ones stay in the list (their ids are not used again meanwhile) until it is taken or full.
 */
export class DirtyList {
  list = new Uint32Array(64);
  count = 0;
  dead = 0;
  private readonly grow: Grow;
  constructor(grow: Grow = uncounted) { this.grow = grow; }
  get bytes(): number { return this.list.byteLength; }
  add(entry: number, flags: Uint8Array, ids: EntryIds): void {
    if (this.count === this.list.length) {
      if (this.dead * 2 > this.count) this.dropDead(flags, ids);
      else { this.grow(this.list.byteLength); const wide = new Uint32Array(this.count * 2); wide.set(this.list); this.list = wide; }
    }
    this.list[this.count++] = entry;
  }
  /** Undoes the last `add`. */
  takeBack(): void { this.count--; }
  private dropDead(flags: Uint8Array, ids: EntryIds): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const entry = this.list[i]!;
      if ((flags[entry]! & DIRTY_FLAG) !== 0) this.list[kept++] = entry;
      else if ((flags[entry]! & DEAD_FLAG) !== 0) { flags[entry] = 0; ids.give(entry); }
    }
    this.count = kept;
    this.dead = 0;
  }
  clear(): void {
    this.count = 0;
    this.dead = 0;
    if (this.list.length > 1 << 16) { this.grow((1 << 14) - this.list.byteLength); this.list = new Uint32Array(1 << 12); }
  }
}

/** Keys of persisted entries removed since the last checkpoint: records of hash, body length in words, body (lengths, key, sub-key; zero-padded). */
export class DeleteLog {
  words = new Uint32Array(0);
  bytesView = Buffer.from(this.words.buffer);
  end = 0;
  count = 0;
  private readonly grow: Grow;
  constructor(grow: Grow = uncounted) { this.grow = grow; }
  get bytes(): number { return this.words.byteLength; }
  add(hash: number, from: Buffer, start: number, stop: number): void {
    const length = (stop - start + 3) >> 2;
    if (this.end + 2 + length > this.words.length) {
      const size = Math.max(64, this.words.length * 2, this.end + 2 + length);
      this.grow((size - this.words.length) * 4);
      const wide = new Uint32Array(size);
      wide.set(this.words.subarray(0, this.end));
      this.words = wide;
      this.bytesView = Buffer.from(wide.buffer);
    }
    this.words[this.end] = hash;
    this.words[this.end + 1] = length;
    if (length > 0) this.words[this.end + 1 + length] = 0;
    from.copy(this.bytesView, (this.end + 2) * 4, start, stop);
    this.end += 2 + length;
    this.count++;
  }
  clear(): void {
    this.end = 0;
    this.count = 0;
    if (this.words.length > 1 << 16) { this.grow(-this.words.byteLength); this.words = new Uint32Array(0); this.bytesView = Buffer.from(this.words.buffer); }
  }
}

/** The same numbers in an array of `to` places, the old one given back; an array without any stays as it is. */
export function wider32(from: Uint32Array<ArrayBuffer>, to: number): Uint32Array<ArrayBuffer> {
  if (from.length === 0) return from;
  const wide = new Uint32Array(to);
  wide.set(from);
  giveBack(from);
  return wide;
}
export function wider64(from: Float64Array<ArrayBuffer>, to: number): Float64Array<ArrayBuffer> {
  if (from.length === 0) return from;
  const wide = new Float64Array(to);
  wide.set(from);
  giveBack(from);
  return wide;
}
