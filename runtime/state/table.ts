/**
 * The state table: packed rows in an arena, a hash index on the bytes of the key, and per key a ring of its entries in the order they
 * were made. Sits under `contract.ts`; `snapshot.ts` reads and restores it.
 *
 * A row's body (see `arena.ts`) is: varint length of the key, varint length of the sub-key (only when the table has one), key, sub-key,
 * value. Packed rows delimit themselves, so two values are equal exactly when the bytes of one are a prefix of what is stored, and the
 * space behind a value needs no length.
 *
 * Per entry beside its row: address, key hash, two ring links (tables with sub-keys), a byte of flags, 8 bytes per meta and for the time
 * to live: 9–41 bytes, and 12–23 bytes per key in the index. A walk along a ring longer than CHAIN_LIMIT enters the whole ring into a
 * second index over (key, sub-key), so finding one of a million rows under a hot key costs what any other costs.
 *
 * Invariants: exactly one entry of a ring is HEAD and stands in `index`; every entry of a ring is in `subIndex` or none is; an entry is
 * in `dirty` exactly once while DIRTY or DEAD. Both indexes are keyed with a random seed that is kept with the state.
 */
import type { Column } from '../../core/row/batch.ts';
import { ByteWriter, readVarint, varintSize, writeVarint } from '../../core/row/bytes.ts';
import { compileRowCodec } from '../../core/row/codec.ts';
import type { RowCodec } from '../../core/row/codec.ts';
import { hashBytes } from '../../core/row/hash.ts';
import { Arena, ROW_HEADER_WORDS } from './arena.ts';
import type { Entry, StateTable, StateTableSpec } from './contract.ts';
import { DeleteLog, DirtyList, EntryIds, wider32, wider64 } from './entries.ts';
import { HashIndex } from './hash-index.ts';
import { giveBack, uncounted, type Grow } from './memory.ts';

/** Flags of an entry. PERSISTED: an earlier checkpoint knows it. DEAD: removed, but its id still stands in the dirty list. */
export const LIVE = 1, DIRTY = 2, PERSISTED = 4, INDEXED = 8, HEAD = 16, DEAD = 32;
const CHAIN_LIMIT = 8;
/** Finest hash segments; live sizes are kept for these (`snapshot.ts`). */
export const FINE_SEGMENTS = 256;
const EMPTY32 = new Uint32Array(0), EMPTY64 = new Float64Array(0);
const HEADER_BYTES = ROW_HEADER_WORDS * 4;

export interface TableOptions {
  /** Processing time in ms; read only by tables with a time to live. */
  readonly nowMs: () => number;
  /** False when no checkpoint will ever be taken: changes are not recorded. */
  readonly tracked: boolean;
  /** Key of the in-memory hash. */
  readonly seed: readonly [number, number];
  /** Counts its memory; refuses more than there is. */
  readonly grow?: Grow | undefined;
}

export class PackedTable implements StateTable {
  readonly spec: StateTableSpec;
  size = 0; wasCreated = false;
  // What the snapshotter reads.
  readonly arena: Arena;
  readonly index: HashIndex;
  flags = new Uint8Array(16); hash = new Uint32Array(16); address = new Uint32Array(16);
  nextIn: Uint32Array<ArrayBuffer>; previousIn: Uint32Array<ArrayBuffer>;
  meta0: Float64Array<ArrayBuffer>; meta1: Float64Array<ArrayBuffer>; written: Float64Array<ArrayBuffer>;
  readonly dirty: DirtyList; readonly deleted: DeleteLog;
  readonly ids = new EntryIds();
  /** Words of live rows by the top eight bits of the hash. */
  readonly liveWords = new Float64Array(FINE_SEGMENTS);
  seed0: number; seed1: number;

  private subIndex: HashIndex | null = null;
  private readonly hasSub: boolean;
  private readonly grow: Grow;
  private readonly ttlMs: number; private readonly tracked: boolean; private readonly nowMs: () => number;
  private readonly keyCodec: RowCodec; private readonly subCodec: RowCodec; private readonly valueCodec: RowCodec;
  private readonly emptyValue: Buffer;
  private readonly scratch = new ByteWriter(256); private readonly valueScratch = new ByteWriter(256);
  private sweepAt = 1;
  /** Of a list: the number of the next entry. */
  private readonly nextNumber: [number] = [0];
  /** Hash of the key looked up last. */
  private lastHash = 0;

  constructor(spec: StateTableSpec, options: TableOptions) {
    this.spec = spec;
    this.hasSub = spec.subKey.length > 0;
    this.ttlMs = spec.ttlMs;
    this.tracked = options.tracked;
    this.nowMs = options.nowMs;
    [this.seed0, this.seed1] = options.seed;
    this.keyCodec = compileRowCodec(spec.key);
    this.subCodec = compileRowCodec(spec.subKey);
    this.valueCodec = compileRowCodec(spec.value);
    this.emptyValue = Buffer.alloc(Math.ceil(spec.value.length / 8));
    this.emptyValue = this.emptyValue.subarray(0, this.valueCodec.encode(spec.value.map(() => null), this.valueScratch, 0));
    this.emptyValue.set(this.valueScratch.bytes.subarray(0, this.emptyValue.length));
    this.nextIn = this.hasSub ? new Uint32Array(16) : EMPTY32;
    this.previousIn = this.hasSub ? new Uint32Array(16) : EMPTY32;
    this.meta0 = spec.meta > 0 ? new Float64Array(16) : EMPTY64;
    this.meta1 = spec.meta > 1 ? new Float64Array(16) : EMPTY64;
    this.written = spec.ttlMs > 0 ? new Float64Array(16) : EMPTY64;
    this.grow = options.grow ?? uncounted;
    this.arena = new Arena((entry, address) => { this.address[entry] = address; }, this.grow);
    [this.index, this.dirty, this.deleted] = [new HashIndex(this.grow), new DirtyList(this.grow), new DeleteLog(this.grow)];
  }

  private get arrays() { return [this.flags, this.hash, this.address, this.nextIn, this.previousIn, this.meta0, this.meta1, this.written]; }
  private get arrayBytes(): number { return this.arrays.reduce((sum, array) => sum + array.byteLength, 0); }
  get bytes(): number {
    return this.arena.held + this.arrayBytes + this.index.bytes + (this.subIndex?.bytes ?? 0) + this.dirty.bytes + this.deleted.bytes;
  }

  /** Gives the memory back; the table is of no use afterwards. */
  close(): void {
    this.arena.close();
    for (const array of [...this.arrays, this.index.slots, this.subIndex?.slots ?? EMPTY32]) giveBack(array);
  }

  // Finding. The key is packed into `scratch`, then looked up by its bytes.

  find(key: readonly unknown[], subKey: readonly unknown[]): Entry {
    const keyEnd = this.keyCodec.encode(key, this.scratch, 0);
    return this.lookUp(keyEnd, this.hasSub ? this.subCodec.encode(subKey, this.scratch, keyEnd) : keyEnd);
  }
  findAt(key: readonly Column[], subKey: readonly Column[], row: number): Entry {
    const keyEnd = this.keyCodec.encodeColumns(key, row, this.scratch, 0);
    return this.lookUp(keyEnd, this.hasSub ? this.subCodec.encodeColumns(subKey, row, this.scratch, keyEnd) : keyEnd);
  }
  findOrCreate(key: readonly unknown[], subKey: readonly unknown[]): Entry {
    if (this.ttlMs > 0) this.sweep();
    const keyEnd = this.keyCodec.encode(key, this.scratch, 0);
    return this.lookUpOrCreate(keyEnd, this.hasSub ? this.subCodec.encode(subKey, this.scratch, keyEnd) : keyEnd);
  }
  findOrCreateAt(key: readonly Column[], subKey: readonly Column[], row: number): Entry {
    if (this.ttlMs > 0) this.sweep();
    const keyEnd = this.keyCodec.encodeColumns(key, row, this.scratch, 0);
    return this.lookUpOrCreate(keyEnd, this.hasSub ? this.subCodec.encodeColumns(subKey, row, this.scratch, keyEnd) : keyEnd);
  }
  appendAt(key: readonly Column[], value: readonly Column[], row: number): Entry {
    if (this.ttlMs > 0) this.sweep();
    const keyEnd = this.keyCodec.encodeColumns(key, row, this.scratch, 0), subEnd = this.subCodec.encode(this.nextNumber, this.scratch, keyEnd);
    const end = this.valueCodec.encodeColumns(value, row, this.scratch, subEnd);
    this.nextNumber[0]++;
    this.wasCreated = true;
    const entry = this.addEntry(this.headOf(keyEnd), keyEnd, subEnd);
    this.address[entry] = this.newRow(entry, keyEnd, subEnd, end);
    return entry;
  }
  first(key: readonly unknown[]): Entry { return this.firstLive(this.headOf(this.keyCodec.encode(key, this.scratch, 0))); }
  firstAt(key: readonly Column[], row: number): Entry { return this.firstLive(this.headOf(this.keyCodec.encodeColumns(key, row, this.scratch, 0))); }
  private firstLive(head: Entry): Entry { return head !== 0 && this.ttlMs > 0 && this.isExpired(head) ? this.afterExpired(head) : head; }
  /** Drops an expired entry; gives the one behind it. */
  private afterExpired(entry: Entry): Entry { this.remove(entry); return this.next(entry); }
  next(entry: Entry): Entry {
    if (!this.hasSub) return 0;
    let next = this.nextIn[entry]!;
    // A removed entry keeps its way on: 0 or the follower.
    if ((this.flags[entry]! & LIVE) !== 0 && (this.flags[next]! & HEAD) !== 0) return 0;
    if (this.ttlMs > 0 && next !== 0 && this.isExpired(next)) next = this.afterExpired(next);
    return next;
  }
  last(key: readonly unknown[]): Entry { return this.lastUnder(this.keyCodec.encode(key, this.scratch, 0)); }
  lastAt(key: readonly Column[], row: number): Entry { return this.lastUnder(this.keyCodec.encodeColumns(key, row, this.scratch, 0)); }
  private lastUnder(keyEnd: number): Entry {
    for (;;) {
      const head = this.headOf(keyEnd);
      if (head === 0) return 0;
      const tail = this.hasSub ? this.previousIn[head]! : head;
      if (this.ttlMs === 0 || !this.isExpired(tail)) return tail;
      this.remove(tail);
    }
  }

  /** The head of the ring under the key in scratch[0…keyEnd), expired or not. */
  private headOf(keyEnd: number): Entry {
    const hash = hashBytes(this.scratch.bytes, 0, keyEnd, this.seed0, this.seed1);
    this.lastHash = hash;
    const { slots, mask } = this.index;
    for (let at = this.index.home(hash); ; at = (at + 2) & mask) {
      const entry = slots[at + 1]!;
      if (entry === 0 || (slots[at] === hash && this.hasKey(entry, keyEnd))) return entry;
    }
  }
  private lookUp(keyEnd: number, subEnd: number): Entry {
    const head = this.headOf(keyEnd);
    if (head === 0) return 0;
    const entry = this.hasSub ? this.inRing(head, keyEnd, subEnd) : head;
    if (this.ttlMs > 0 && entry !== 0 && this.isExpired(entry)) { this.remove(entry); return 0; }
    return entry;
  }
  private lookUpOrCreate(keyEnd: number, subEnd: number): Entry {
    let head = this.headOf(keyEnd);
    if (head !== 0) {
      const entry = this.hasSub ? this.inRing(head, keyEnd, subEnd) : head;
      if (entry !== 0) {
        if (this.ttlMs === 0 || !this.isExpired(entry)) { this.wasCreated = false; return entry; }
        this.remove(entry);
        head = this.headOf(keyEnd);
      }
    }
    this.wasCreated = true;
    const entry = this.addEntry(head, keyEnd, subEnd), { scratch, emptyValue } = this;
    scratch.reserve(subEnd, emptyValue.length);
    for (let i = 0; i < emptyValue.length; i++) scratch.bytes[subEnd + i] = emptyValue[i]!;
    this.address[entry] = this.newRow(entry, keyEnd, subEnd, subEnd + emptyValue.length);
    return entry;
  }
  private inRing(head: Entry, keyEnd: number, subEnd: number): Entry {
    if ((this.flags[head]! & INDEXED) === 0) {
      let entry = head, steps = 0;
      do {
        if (this.hasKeys(entry, keyEnd, subEnd)) return entry;
        entry = this.nextIn[entry]!;
        if (entry === head) return 0;
      } while (++steps < CHAIN_LIMIT);
      this.indexRing(head);
    }
    const index = this.subIndex!, hash = this.subHash(this.lastHash, this.scratch.bytes, keyEnd, subEnd);
    const { slots, mask } = index;
    for (let at = index.home(hash); ; at = (at + 2) & mask) {
      const entry = slots[at + 1]!;
      if (entry === 0 || (slots[at] === hash && this.hasKeys(entry, keyEnd, subEnd))) return entry;
    }
  }
  private indexRing(head: Entry): void {
    this.subIndex ??= new HashIndex(this.grow);
    let entry = head;
    do {
      this.flags[entry]! |= INDEXED;
      this.subIndex.add(this.fullHash(entry), entry);
      entry = this.nextIn[entry]!;
    } while (entry !== head);
  }
  /** Hash of a sub-key under a key of this hash, for the second index, which is in memory only. */
  private subHash(keyHash: number, bytes: Uint8Array, from: number, to: number): number { return hashBytes(bytes, from, to, this.seed0 ^ keyHash, this.seed1); }
  /** The same of a stored entry. */
  private fullHash(entry: Entry): number {
    const bytes = this.pageOf(entry), at = this.bodyAt(entry);
    const keyLength = readVarint(bytes, at), p = at + varintSize(keyLength), subLength = readVarint(bytes, p), from = p + varintSize(subLength) + keyLength;
    return this.subHash(this.hash[entry]!, bytes, from, from + subLength);
  }

  // Bytes of rows.

  private pageOf(entry: Entry): Buffer { return this.arena.bytes[Arena.pageOf(this.address[entry]!)]!; }
  private bodyAt(entry: Entry): number { return (Arena.wordOf(this.address[entry]!) << 2) + HEADER_BYTES; }
  private hasKey(entry: Entry, keyEnd: number): boolean {
    const bytes = this.pageOf(entry), wanted = this.scratch.bytes;
    let p = this.bodyAt(entry);
    const length = readVarint(bytes, p);
    if (length !== keyEnd) return false;
    p += varintSize(length);
    if (this.hasSub) p += varintSize(readVarint(bytes, p));
    for (let i = 0; i < keyEnd; i++) if (bytes[p + i] !== wanted[i]) return false;
    return true;
  }
  private hasKeys(entry: Entry, keyEnd: number, subEnd: number): boolean {
    const bytes = this.pageOf(entry), wanted = this.scratch.bytes;
    let p = this.bodyAt(entry);
    if (readVarint(bytes, p) !== keyEnd) return false;
    p += varintSize(keyEnd);
    const subLength = readVarint(bytes, p);
    if (subLength !== subEnd - keyEnd) return false;
    p += varintSize(subLength);
    // From the end: sub-keys differ there sooner than keys do.
    for (let i = subEnd - 1; i >= 0; i--) if (bytes[p + i] !== wanted[i]) return false;
    return true;
  }
  /** Where the value of an entry begins in its page. */
  private valueAt(entry: Entry): number {
    const bytes = this.pageOf(entry);
    let p = this.bodyAt(entry);
    const keyLength = readVarint(bytes, p);
    p += varintSize(keyLength) + keyLength;
    if (!this.hasSub) return p;
    const subLength = readVarint(bytes, p - keyLength);
    return p + varintSize(subLength) + subLength;
  }
  private keyAt(entry: Entry): number {
    const bytes = this.pageOf(entry);
    let p = this.bodyAt(entry);
    p += varintSize(readVarint(bytes, p));
    return this.hasSub ? p + varintSize(readVarint(bytes, p)) : p;
  }
  private subKeyAt(entry: Entry): number {
    return this.keyAt(entry) + readVarint(this.pageOf(entry), this.bodyAt(entry));
  }
  readKey(entry: Entry, into: unknown[]): void { this.keyCodec.decode(this.pageOf(entry), this.keyAt(entry), into); }
  readSubKey(entry: Entry, into: unknown[]): void { this.subCodec.decode(this.pageOf(entry), this.subKeyAt(entry), into); }
  readValue(entry: Entry, into: unknown[]): void { this.valueCodec.decode(this.pageOf(entry), this.valueAt(entry), into); }
  readKeyAt(entry: Entry, columns: readonly Column[], row: number): void { this.keyCodec.decodeColumns(this.pageOf(entry), this.keyAt(entry), columns, row); }
  readSubKeyAt(entry: Entry, columns: readonly Column[], row: number): void { this.subCodec.decodeColumns(this.pageOf(entry), this.subKeyAt(entry), columns, row); }
  readValueAt(entry: Entry, columns: readonly Column[], row: number): void { this.valueCodec.decodeColumns(this.pageOf(entry), this.valueAt(entry), columns, row); }

  // Writing.

  writeValue(entry: Entry, values: readonly unknown[]): boolean { return this.store(entry, this.valueCodec.encode(values, this.valueScratch, 0)); }
  writeValueAt(entry: Entry, columns: readonly Column[], row: number): boolean { return this.store(entry, this.valueCodec.encodeColumns(columns, row, this.valueScratch, 0)); }
  valueEqualsAt(entry: Entry, columns: readonly Column[], row: number): boolean {
    return this.differsAt(entry, this.valueAt(entry), this.valueCodec.encodeColumns(columns, row, this.valueScratch, 0)) < 0;
  }
  /** -1 when the value stored at `p` is valueScratch[0…length), else a position before which they agree. */
  private differsAt(entry: Entry, p: number, length: number): number {
    const bytes = this.pageOf(entry), wanted = this.valueScratch.bytes;
    if (length > this.rowEnd(entry) - p) return 0;
    for (let i = 0; i < length; i++) if (bytes[p + i] !== wanted[i]) return i;
    return -1;
  }
  private rowEnd(entry: Entry): number {
    const address = this.address[entry]!, word = Arena.wordOf(address);
    return (word + this.arena.words[Arena.pageOf(address)]![word + 1]!) << 2;
  }
  private store(entry: Entry, length: number): boolean {
    let p = this.valueAt(entry);
    const from = this.differsAt(entry, p, length);
    if (from < 0) {
      if (this.ttlMs > 0) this.touch(entry);
      return false;
    }
    if (p + length > this.rowEnd(entry)) p = this.widen(entry, p - this.bodyAt(entry), length);
    const bytes = this.pageOf(entry), value = this.valueScratch.bytes;
    if (length < 64) for (let i = from; i < length; i++) bytes[p + i] = value[i]!;
    else value.copy(bytes, p, 0, length);
    this.touch(entry);
    return true;
  }
  /** Makes room for a value of `length` bytes behind the `head` bytes of key and sub-key; gives where the value goes. */
  private widen(entry: Entry, head: number, length: number): number {
    const old = this.address[entry]!;
    const had = this.arena.words[Arena.pageOf(old)]![Arena.wordOf(old) + 1]!;
    let words = ROW_HEADER_WORDS + ((head + length + 3) >> 2);
    if (!this.arena.extend(old, words)) {
      // A value that grew once grows again (counters): leave an eighth.
      words += 1 + (length >> 5);
      const address = this.arena.allocate(entry, words);
      const before = this.address[entry]!, source = this.pageOf(entry), at = this.bodyAt(entry);
      const target = this.arena.bytes[Arena.pageOf(address)]!, to = (Arena.wordOf(address) << 2) + HEADER_BYTES;
      for (let i = 0; i < head; i++) target[to + i] = source[at + i]!;
      target.fill(0, to + head + length, to + (words - ROW_HEADER_WORDS) * 4);
      this.arena.release(before);
      this.address[entry] = address;
    }
    this.liveWords[this.hash[entry]! >>> 24]! += words - had;
    return this.bodyAt(entry) + head;
  }
  meta(entry: Entry, index: 0 | 1): number { return index === 0 ? this.meta0[entry]! : this.meta1[entry]!; }
  setMeta(entry: Entry, index: 0 | 1, value: number): void {
    const meta = index === 0 ? this.meta0 : this.meta1;
    if (meta[entry] === value && this.ttlMs === 0) return;
    meta[entry] = value;
    this.touch(entry);
  }
  private touch(entry: Entry): void {
    if (this.ttlMs > 0) this.written[entry] = this.nowMs();
    if ((this.flags[entry]! & DIRTY) === 0 && this.tracked) {
      this.flags[entry]! |= DIRTY;
      this.dirty.add(entry, this.flags, this.ids);
    }
  }

  // Entries.

  /** A new entry behind the last of the ring of `head` (0 = it begins one), its key in scratch; it has no row yet. */
  private addEntry(head: Entry, keyEnd: number, subEnd: number): Entry {
    const entry = this.ids.take();
    if (entry >= this.flags.length) this.growEntries();
    this.hash[entry] = this.lastHash;
    this.size++;
    if (head === 0) {
      this.flags[entry] = LIVE | HEAD;
      this.index.add(this.lastHash, entry);
      if (this.hasSub) { this.nextIn[entry] = entry; this.previousIn[entry] = entry; }
    } else {
      const tail = this.previousIn[head]!;
      this.flags[entry] = LIVE | (this.flags[head]! & INDEXED);
      this.nextIn[tail] = entry; this.previousIn[entry] = tail;
      this.nextIn[entry] = head; this.previousIn[head] = entry;
      if ((this.flags[head]! & INDEXED) !== 0) this.subIndex!.add(this.subHash(this.lastHash, this.scratch.bytes, keyEnd, subEnd), entry);
    }
    if (this.spec.meta > 0) this.meta0[entry] = 0;
    if (this.spec.meta > 1) this.meta1[entry] = 0;
    this.touch(entry);
    return entry;
  }
  /** Puts key, sub-key and value, which end in scratch at these places, into the arena. */
  private newRow(entry: Entry, keyEnd: number, subEnd: number, end: number): number {
    const subLength = subEnd - keyEnd;
    const lengths = varintSize(keyEnd) + (this.hasSub ? varintSize(subLength) : 0);
    const words = ROW_HEADER_WORDS + ((lengths + end + 3) >> 2);
    const address = this.arena.allocate(entry, words);
    const bytes = this.arena.bytes[Arena.pageOf(address)]!, key = this.scratch.bytes;
    let p = writeVarint(bytes, (Arena.wordOf(address) << 2) + HEADER_BYTES, keyEnd);
    if (this.hasSub) p = writeVarint(bytes, p, subLength);
    if (end < 96) for (let i = 0; i < end; i++) bytes[p++] = key[i]!;
    else key.copy(bytes, p, 0, end);
    this.liveWords[this.lastHash >>> 24]! += words;
    return address;
  }
  remove(entry: Entry): void {
    const flags = this.flags[entry]!, hash = this.hash[entry]!, address = this.address[entry]!;
    if ((flags & INDEXED) !== 0) this.subIndex!.remove(this.fullHash(entry), entry);
    if ((flags & PERSISTED) !== 0 && this.tracked) this.logDelete(entry);
    this.unlink(entry, flags, hash);
    this.liveWords[hash >>> 24]! -= this.arena.words[Arena.pageOf(address)]![Arena.wordOf(address) + 1]!;
    this.arena.release(address);
    this.size--;
    if ((flags & DIRTY) !== 0) { this.flags[entry] = DEAD; this.dirty.dead++; } else { this.flags[entry] = 0; this.ids.give(entry); }
  }
  private unlink(entry: Entry, flags: number, hash: number): void {
    if (!this.hasSub) { this.index.remove(hash, entry); return; }
    const next = this.nextIn[entry]!, previous = this.previousIn[entry]!;
    if (next === entry) { this.index.remove(hash, entry); this.nextIn[entry] = 0; return; }
    this.nextIn[previous] = next;
    this.previousIn[next] = previous;
    if ((flags & HEAD) !== 0) { this.index.replace(hash, entry, next); this.flags[next]! |= HEAD; }
    else if ((this.flags[next]! & HEAD) !== 0) this.nextIn[entry] = 0;
  }
  private logDelete(entry: Entry): void {
    const bytes = this.pageOf(entry), from = this.bodyAt(entry);
    this.deleted.add(this.hash[entry]!, bytes, from, this.valueAt(entry));
  }
  *entries(): Iterable<Entry> {
    for (let entry = 1; entry <= this.ids.highest; entry++) {
      if ((this.flags[entry]! & LIVE) === 0) continue;
      if (this.ttlMs > 0 && this.isExpired(entry)) this.remove(entry);
      else yield entry;
    }
  }
  private growEntries(): void {
    const to = this.flags.length * 2;
    this.grow(this.arrayBytes);
    const wide8 = new Uint8Array(to); wide8.set(this.flags); this.flags = wide8;
    this.hash = wider32(this.hash, to); this.address = wider32(this.address, to);
    this.nextIn = wider32(this.nextIn, to); this.previousIn = wider32(this.previousIn, to);
    this.meta0 = wider64(this.meta0, to); this.meta1 = wider64(this.meta1, to); this.written = wider64(this.written, to);
  }

  // Time to live.

  private isExpired(entry: Entry): boolean { return this.nowMs() - this.written[entry]! >= this.ttlMs; }
  /** A few entries per call, round and round, so that keys nobody asks for go too. */
  private sweep(): void {
    for (let i = 0; i < 2; i++) {
      if (this.sweepAt > this.ids.highest) this.sweepAt = 1;
      const entry = this.sweepAt++;
      if (entry <= this.ids.highest && (this.flags[entry]! & LIVE) !== 0 && this.isExpired(entry)) this.remove(entry);
    }
  }

  // Restoring; `from` and the lengths describe a row body in a block.

  /** Puts a row as a snapshot has it. The entry is clean and known to a checkpoint. */
  restoreRow(body: Buffer, from: number, length: number): Entry {
    const keyEnd = this.takeKeys(body, from), subEnd = this.restoreSubEnd;
    const number = this.spec.isList === true ? this.numberIn(this.scratch.bytes, keyEnd) : -1;
    // Numbers given out go on behind those restored.
    if (number >= this.nextNumber[0]) this.nextNumber[0] = number + 1;
    const head = this.headOf(keyEnd);
    let entry = head === 0 || !this.hasSub ? head : number >= 0 && number > this.lastNumber(head) ? 0 : this.inRing(head, keyEnd, subEnd);
    if (entry !== 0) this.liveWords[this.lastHash >>> 24]! -= this.dropRow(entry);
    else entry = this.addEntryClean(head, keyEnd, subEnd);
    const words = ROW_HEADER_WORDS + (length >> 2);
    const address = this.arena.allocate(entry, words);
    body.copy(this.arena.bytes[Arena.pageOf(address)]!, (Arena.wordOf(address) << 2) + HEADER_BYTES, from, from + length);
    this.address[entry] = address;
    this.liveWords[this.hash[entry]! >>> 24]! += words;
    this.flags[entry] = (this.flags[entry]! & ~DIRTY) | PERSISTED;
    return entry;
  }
  /** Of a list: the greatest number of a ring. A restored entry with a greater one comes behind all, so there is nothing to look for. */
  private lastNumber(head: Entry): number {
    const tail = this.previousIn[head]!;
    return this.numberIn(this.pageOf(tail), this.subKeyAt(tail));
  }
  private readonly number: unknown[] = [];
  private numberIn(bytes: Buffer, at: number): number {
    this.subCodec.decode(bytes, at, this.number);
    return Number(this.number[0]);
  }
  restoreDelete(body: Buffer, from: number): void {
    const keyEnd = this.takeKeys(body, from);
    const head = this.headOf(keyEnd);
    const entry = head !== 0 && this.hasSub ? this.inRing(head, keyEnd, this.restoreSubEnd) : head;
    if (entry === 0) return;
    this.flags[entry]! &= ~PERSISTED;
    this.remove(entry);
  }
  private restoreSubEnd = 0;
  /** Copies key and sub-key of a row body to scratch; gives the end of the key. */
  private takeKeys(body: Buffer, from: number): number {
    const keyLength = readVarint(body, from);
    let p = from + varintSize(keyLength), subLength = 0;
    if (this.hasSub) { subLength = readVarint(body, p); p += varintSize(subLength); }
    const both = keyLength + subLength, to = this.scratch.reserve(0, both);
    for (let i = 0; i < both; i++) to[i] = body[p + i]!;
    this.restoreSubEnd = both;
    return keyLength;
  }
  private dropRow(entry: Entry): number {
    const address = this.address[entry]!, words = this.arena.words[Arena.pageOf(address)]![Arena.wordOf(address) + 1]!;
    this.arena.release(address);
    return words;
  }
  private addEntryClean(head: Entry, keyEnd: number, subEnd: number): Entry {
    const entry = this.addEntry(head, keyEnd, subEnd);
    if ((this.flags[entry]! & DIRTY) !== 0) { this.dirty.takeBack(); this.flags[entry]! &= ~DIRTY; }
    return entry;
  }
}
