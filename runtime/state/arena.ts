/**
 * Memory of packed rows: pages outside the JavaScript heap, filled from the front, so an allocation is an addition. A row is
 *
 *   word 0  its entry (0 = the row is dead)          word 1  its size in words, these two included
 *   bytes   the body, opaque here, padded to whole words with zeros
 *
 * An address is a count of 4-byte words over all pages, so 32 bits reach 16 GiB. Space of dead rows comes back by evacuation: when a new
 * page is needed and a third of what is used is dead, the page with most dead rows is emptied into the current one (at most about
 * 1 MiB copied, below a millisecond) and used again. The first page starts small and grows in place, so small tables stay small.
 */
import { invariant } from '../../core/errors/common.ts';
import { giveBack, uncounted } from './memory.ts';
import type { Grow } from './memory.ts';

const PAGE_BITS = 18;
/** Words of a page: 1 MiB. */
export const PAGE_WORDS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_WORDS - 1;
const FIRST_WORDS = 256;
/** Words before a row's body. */
export const ROW_HEADER_WORDS = 2;

export class Arena {
  /** By page; a row larger than a page has a buffer of its own that covers several page numbers. */
  readonly bytes: Buffer<ArrayBuffer>[] = [];
  readonly words: Int32Array[] = [];
  /** Words given out and words of dead rows, by page. */
  private readonly used: number[] = [];
  private readonly dead: number[] = [];
  /** Empty pages kept for use, and page numbers whose memory was given back. */
  private readonly free: number[] = [];
  private readonly vacant: number[] = [];
  private page = -1;
  private top = 0;
  private room = 0;
  private usedWords = 0;
  private deadWords = 0;
  private heldBytes = 0;
  /** Told where a row has moved to. */
  private readonly moved: (entry: number, address: number) => void;

  /** Told before memory is taken; its refusal leaves the arena as it was. */
  private readonly grow: Grow;

  constructor(moved: (entry: number, address: number) => void, grow: Grow = uncounted) { this.moved = moved; this.grow = grow; }

  /** Bytes of memory held. */
  get held(): number { return this.heldBytes; }
  static pageOf(address: number): number { return address >>> PAGE_BITS; }
  static wordOf(address: number): number { return address & PAGE_MASK; }

  /** Room for a row of so many words (header included), its header written and its last word zeroed. May move other rows. */
  allocate(entry: number, words: number): number {
    if (this.top + words > this.room) this.makeRoom(words);
    const at = this.top, page = this.page;
    const view = this.words[page]!;
    view[at + words - 1] = 0;
    view[at] = entry;
    view[at + 1] = words;
    this.top = at + words;
    this.usedWords += words;
    this.used[page] = this.top;
    return ((page << PAGE_BITS) | at) >>> 0;
  }
  /** Grows the row last allocated in place; false when another came after it or the page is full. */
  extend(address: number, words: number): boolean {
    const page = address >>> PAGE_BITS, at = address & PAGE_MASK;
    const view = this.words[page]!;
    const had = view[at + 1]!;
    if (page !== this.page || at + had !== this.top || at + words > this.room) return false;
    view[at + words - 1] = 0;
    view[at + 1] = words;
    this.top = at + words;
    this.usedWords += words - had;
    this.used[page] = this.top;
    return true;
  }
  release(address: number): void {
    const page = address >>> PAGE_BITS, at = address & PAGE_MASK;
    const view = this.words[page]!;
    const words = view[at + 1]!;
    view[at] = 0;
    if (page === this.page && at + words === this.top) {
      this.top = at;
      this.used[page] = at;
      this.usedWords -= words;
      return;
    }
    this.deadWords += words;
    this.dead[page]! += words;
    if (page !== this.page && this.dead[page] === this.used[page]) this.recycle(page);
  }

  /** Gives the memory back now instead of when it is collected. Nothing can be read or written afterwards. */
  close(): void {
    for (const page of this.bytes) giveBack(page);
  }

  private makeRoom(words: number): void {
    if (this.page === 0 && this.room < PAGE_WORDS && this.top + words <= PAGE_WORDS) return this.growFirst(this.top + words);
    if (this.page < 0) {
      this.openPage(Math.min(PAGE_WORDS, Math.max(FIRST_WORDS, words)), words);
      return;
    }
    this.openPage(PAGE_WORDS, words);
    // At most two evacuations per new page keep the pause short; each frees more than it fills.
    for (let i = 0; i < 2 && this.deadWords > PAGE_WORDS / 2 && this.deadWords * 3 > this.usedWords; i++) this.evacuate();
    if (this.top + words > this.room) this.openPage(PAGE_WORDS, words);
  }
  private growFirst(words: number): void {
    const size = Math.min(PAGE_WORDS, Math.max(words, this.room * 4));
    this.grow((size - this.room) * 4);
    const bytes = Buffer.allocUnsafeSlow(size * 4);
    bytes.set(this.bytes[0]!.subarray(0, this.top * 4));
    this.heldBytes += (size - this.room) * 4;
    this.bytes[0] = bytes;
    this.words[0] = new Int32Array(bytes.buffer, 0, size);
    this.room = size;
  }
  /** Makes a page of `size` words the current one; `words` may ask for more than an ordinary page. */
  private openPage(size: number, words: number): void {
    let page = words <= PAGE_WORDS && size === PAGE_WORDS ? this.free.pop() : undefined;
    if (page === undefined) {
      const wanted = Math.max(size, words);
      this.grow(wanted * 4);
      const bytes = Buffer.allocUnsafeSlow(wanted * 4);
      const view = new Int32Array(bytes.buffer, 0, wanted);
      page = wanted <= PAGE_WORDS ? this.vacant.pop() : undefined;
      if (page === undefined) {
        page = this.bytes.length;
        const covers = Math.ceil(wanted / PAGE_WORDS);
        invariant(page + covers <= 1 << (32 - PAGE_BITS), 'a state table holds less than 16 GiB');
        for (let i = 0; i < covers; i++) { this.bytes.push(bytes); this.words.push(view); this.used.push(0); this.dead.push(0); }
      } else {
        this.bytes[page] = bytes;
        this.words[page] = view;
      }
      this.heldBytes += wanted * 4;
    }
    this.page = page;
    this.top = 0;
    this.room = this.words[page]!.length;
    this.used[page] = 0;
    this.dead[page] = 0;
  }
  /** A page whose rows are all dead. Buffers of giant rows are given back, ordinary pages kept for use. */
  private recycle(page: number): void {
    this.usedWords -= this.used[page]!;
    this.deadWords -= this.dead[page]!;
    this.used[page] = 0;
    this.dead[page] = 0;
    const size = this.words[page]!.length;
    if (size === PAGE_WORDS && this.free.length < 8) { this.free.push(page); return; }
    this.heldBytes -= size * 4;
    this.grow(-size * 4);
    const nothing = Buffer.allocUnsafeSlow(0), none = new Int32Array(0);
    for (let i = 0; i < Math.ceil(size / PAGE_WORDS); i++) { this.bytes[page + i] = nothing; this.words[page + i] = none; this.vacant.push(page + i); }
  }
  private evacuate(): void {
    let worst = -1, most = PAGE_WORDS / 4;
    for (let page = 0; page < this.dead.length; page++) if (page !== this.page && this.dead[page]! > most) { most = this.dead[page]!; worst = page; }
    if (worst < 0) return;
    const from = this.words[worst]!, end = this.used[worst]!;
    for (let at = 0; at < end;) {
      const entry = from[at]!, words = from[at + 1]!;
      if (entry !== 0) {
        if (this.top + words > this.room) this.openPage(PAGE_WORDS, words);
        const to = this.allocate(entry, words), target = this.words[this.page]!, base = to & PAGE_MASK;
        for (let i = ROW_HEADER_WORDS; i < words; i++) target[base + i] = from[at + i]!;
        this.moved(entry, to);
        from[at] = 0;
        this.dead[worst]! += words;
        this.deadWords += words;
      }
      at += words;
    }
    this.recycle(worst);
  }
}
