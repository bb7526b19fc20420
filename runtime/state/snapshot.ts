/**
 * Snapshots of one state table: what changed since the last checkpoint as blocks per hash segment, and back.
 *
 * Entries fall into segments by the high bits of their key's hash: 1 segment while the table is small, then 16, then 256. A checkpoint
 * writes for each segment with changes a delta (deletes, then puts in the order of first change), or a base (all entries) that takes the
 * place of everything written for the segment before. A segment gets a base when its deltas outweigh its live rows or are many; how much
 * is rewritten in one checkpoint is bounded by what changed, so checkpoints cost what changed and pauses stay short. When the number of
 * segments rises all get a base at once; the table is then still small for its new number.
 *
 * Order under a key is kept: a base walks each ring from its head, a delta lists new entries in the order they were made.
 */
import { stateBlockDamaged } from '../../core/errors/state.ts';
import { readVarint, varintSize } from '../../core/row/bytes.ts';
import { partitionHash } from '../../core/row/hash.ts';
import { Arena, ROW_HEADER_WORDS } from './arena.ts';
import { BlockBuilder, checkSchema, readHeader, schemaHash, schemaText } from './block.ts';
import type { BlockHeader, BlockIdentity } from './block.ts';
import type { Entry } from './contract.ts';
import { DEAD, DIRTY, FINE_SEGMENTS, HEAD, PERSISTED } from './table.ts';
import type { PackedTable } from './table.ts';

/** Live words above which a table goes from 1 to 16 and from 16 to 256 segments. */
const SPLIT_WORDS = [32 * 1024, 4 * 1024 * 1024] as const;
/** A segment is rewritten when its deltas hold more words than its live rows (and this), or when there are so many. */
const MIN_REBASE_WORDS = 4096, MAX_DELTAS = 64;
/** Words rewritten as bases per checkpoint, unless twice the changed words are more. */
const REBASE_BUDGET_WORDS = 2 * 1024 * 1024;

export interface SegmentBlock { readonly segment: number; readonly kind: 'base' | 'delta'; readonly entries: number; readonly bytes: Uint8Array<ArrayBuffer> }

const DOUBLE = new Float64Array(1), HALVES = new Int32Array(DOUBLE.buffer);

export class TableSnapshotter {
  readonly table: PackedTable;
  readonly identity: BlockIdentity;
  segments = 1;
  /** By segment: words in deltas since the base, their number, and whether anything is stored at all. */
  private readonly deltaWords = new Float64Array(FINE_SEGMENTS);
  private readonly deltas = new Uint32Array(FINE_SEGMENTS);
  private readonly stored = new Uint8Array(FINE_SEGMENTS);
  private rewriteAll = false;
  private readonly extraWords: number;

  constructor(table: PackedTable) {
    this.table = table;
    const { spec } = table, schema = schemaText(spec);
    this.identity = { table: spec.name, schema, schemaWords: schemaHash(schema), timed: spec.ttlMs > 0 };
    this.extraWords = spec.meta * 2 + (spec.ttlMs > 0 ? 2 : 0);
  }

  /** The next checkpoint writes every segment whole: after a restore at another parallelism, or when a checkpoint's blocks were lost. */
  requestFull(): void { this.rewriteAll = true; }

  /** What changed since the last call; forgets that it changed. About 0.3 µs per changed entry. */
  take(): SegmentBlock[] {
    const { table } = this;
    const full = this.chooseSegments();
    if (!full && table.dirty.count === 0 && table.deleted.count === 0) return [];
    const rebase = full ? null : this.chooseRebases();
    const isWhole = (segment: number): boolean => full || (rebase !== null && rebase[segment] === 1);
    const builders = this.writeChanges(isWhole), blocks: SegmentBlock[] = [];
    for (let s = 0; s < this.segments; s++) {
      const builder = builders[s];
      if (isWhole(s)) blocks.push(this.writeBase(s, true));
      else if (builder !== undefined) blocks.push(this.finishChanges(s, builder));
    }
    table.dirty.clear();
    table.deleted.clear();
    return blocks;
  }
  /** Every segment whole, changing nothing: for savepoints. */
  takeFull(): SegmentBlock[] {
    const blocks: SegmentBlock[] = [];
    for (let s = 0; s < this.segments; s++) blocks.push(this.writeBase(s, false));
    return blocks;
  }

  private shift(): number { return 32 - Math.log2(this.segments); }
  private segmentOf(hash: number, shift: number): number { return shift === 32 ? 0 : hash >>> shift; }
  private liveWordsOf(segment: number): number {
    const width = FINE_SEGMENTS / this.segments;
    let sum = 0;
    for (let i = segment * width; i < (segment + 1) * width; i++) sum += this.table.liveWords[i]!;
    return sum;
  }
  /** Raises the number of segments when the table has grown; true when all segments must be rewritten. */
  private chooseSegments(): boolean {
    let live = 0, any = false;
    for (let i = 0; i < FINE_SEGMENTS; i++) { live += this.table.liveWords[i]!; any ||= this.stored[i] === 1; }
    const wanted = live > SPLIT_WORDS[1] ? 256 : live > SPLIT_WORDS[0] ? 16 : 1;
    const full = this.rewriteAll || (any && wanted > this.segments);
    this.rewriteAll = false;
    if (wanted > this.segments) this.segments = wanted;
    return full;
  }
  /** Marks segments due for a base, the most overgrown first, within the budget. */
  private chooseRebases(): Uint8Array | null {
    const due: { segment: number; live: number; weight: number }[] = [];
    for (let s = 0; s < this.segments; s++) {
      if (this.deltas[s] === 0) continue;
      const live = this.liveWordsOf(s), words = this.deltaWords[s]!;
      if (words > Math.max(live, MIN_REBASE_WORDS) || this.deltas[s]! >= MAX_DELTAS) due.push({ segment: s, live, weight: words / (live + 1) + this.deltas[s]! / MAX_DELTAS });
    }
    if (due.length === 0) return null;
    due.sort((a, b) => b.weight - a.weight);
    const { table } = this;
    const rowWords = table.size === 0 ? 0 : table.liveWords.reduce((a, b) => a + b, 0) / table.size;
    let budget = Math.max(REBASE_BUDGET_WORDS, 2 * rowWords * table.dirty.count);
    const chosen = new Uint8Array(FINE_SEGMENTS);
    for (const [i, { segment, live }] of due.entries()) {
      budget -= live;
      if (budget < 0 && i > 0) break;
      chosen[segment] = 1;
    }
    return chosen;
  }

  /**
   * What changed, by segment, for all segments but those written whole. Entries are taken in the order of their change and not segment by
   * segment: rows made one after another lie one after another, so both passes, one for the sizes and one that copies, read memory in order.
   */
  private writeChanges(isWhole: (segment: number) => boolean): (BlockBuilder | undefined)[] {
    const shift = this.shift(), sizes = new Float64Array(this.segments);
    this.measure(shift, sizes);
    // The first block of a segment holds all of it: that is a base.
    const builders = Array.from(sizes, (words, s) => (words === 0 || isWhole(s) ? undefined : new BlockBuilder(this.identity, this.stored[s] === 0 ? 'base' : 'delta', words)));
    const { table } = this, { hash, flags } = table, { list, count } = table.dirty, { words, end } = table.deleted;
    for (let at = 0; at < end; at += 2 + words[at + 1]!) builders[this.segmentOf(words[at]!, shift)]?.addDelete(words, at + 1);
    for (let i = 0; i < count; i++) {
      const entry = list[i]!, builder = builders[this.segmentOf(hash[entry]!, shift)];
      if (builder === undefined) continue;
      this.writeEntry(builder, entry);
      flags[entry] = (flags[entry]! & ~DIRTY) | PERSISTED;
    }
    return builders;
  }
  /** Words of the changes per segment. Removed entries leave the dirty list; their ids are free again. */
  private measure(shift: number, sizes: Float64Array): void {
    const { table } = this, { hash, flags, address, arena } = table, { dirty } = table, { list, count } = dirty, { words, end } = table.deleted;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const entry = list[i]!;
      if ((flags[entry]! & DEAD) !== 0) { flags[entry] = 0; table.ids.give(entry); continue; }
      list[kept++] = entry;
      const at = address[entry]!;
      sizes[this.segmentOf(hash[entry]!, shift)]! += 1 - ROW_HEADER_WORDS + this.extraWords + arena.words[Arena.pageOf(at)]![Arena.wordOf(at) + 1]!;
    }
    dirty.count = kept;
    for (let at = 0; at < end; at += 2 + words[at + 1]!) sizes[this.segmentOf(words[at]!, shift)]! += 1 + words[at + 1]!;
  }
  private finishChanges(segment: number, builder: BlockBuilder): SegmentBlock {
    if (builder.kind === 'base') this.noteBase(segment, builder.puts);
    else { this.deltaWords[segment]! += builder.bodyWords; this.deltas[segment]!++; }
    return this.finished(segment, builder);
  }
  private finished(segment: number, builder: BlockBuilder): SegmentBlock {
    return { segment, kind: builder.kind, entries: builder.puts + builder.deletes, bytes: builder.finish(segment, this.segments, [this.table.seed0, this.table.seed1]) };
  }
  private noteBase(segment: number, puts: number): void {
    this.deltaWords[segment] = 0;
    this.deltas[segment] = 0;
    this.stored[segment] = puts > 0 ? 1 : 0;
  }
  /** All entries of a segment. Slots are ordered by hash, so it is a run of them, and what its last homes pushed further. */
  private writeBase(segment: number, settle: boolean): SegmentBlock {
    const { table, segments } = this, { slots, mask, slotBits } = table.index;
    const builder = new BlockBuilder(this.identity, 'base', this.liveWordsOf(segment) * (1 + this.extraWords / 4));
    const shift = this.shift(), slotCount = 1 << slotBits;
    const start = Math.floor(segment * slotCount / segments), end = Math.max(start + 1, Math.floor((segment + 1) * slotCount / segments));
    for (let slot = start; slot < end; slot++) {
      const at = slot << 1, head = slots[at + 1]!;
      if (head !== 0 && this.segmentOf(slots[at]!, shift) === segment) this.writeRing(builder, head, settle);
    }
    if (segments > 1) for (let at = (end << 1) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      if (this.segmentOf(slots[at]!, shift) === segment) this.writeRing(builder, slots[at + 1]!, settle);
    }
    if (settle) this.noteBase(segment, builder.puts);
    return this.finished(segment, builder);
  }
  private writeRing(builder: BlockBuilder, head: Entry, settle: boolean): void {
    const { flags, nextIn } = this.table;
    let entry = head;
    do {
      this.writeEntry(builder, entry);
      if (settle) flags[entry] = (flags[entry]! & ~DIRTY) | PERSISTED;
      if (nextIn.length === 0) return;
      entry = nextIn[entry]!;
    } while ((flags[entry]! & HEAD) === 0);
  }
  /** Word count, the row's body, metas and time. */
  private writeEntry(builder: BlockBuilder, entry: Entry): void {
    const { table } = this, address = table.address[entry]!;
    const from = table.arena.words[Arena.pageOf(address)]!, at = Arena.wordOf(address), length = from[at + 1]! - ROW_HEADER_WORDS;
    builder.reserve(1 + length + this.extraWords);
    const { words } = builder;
    let end = builder.end;
    words[end++] = length;
    for (let i = at + ROW_HEADER_WORDS, stop = i + length; i < stop; i++) words[end++] = from[i]!;
    if (this.extraWords > 0) {
      const { meta, ttlMs } = table.spec;
      if (meta > 0) { DOUBLE[0] = table.meta0[entry]!; words[end++] = HALVES[0]!; words[end++] = HALVES[1]!; }
      if (meta > 1) { DOUBLE[0] = table.meta1[entry]!; words[end++] = HALVES[0]!; words[end++] = HALVES[1]!; }
      if (ttlMs > 0) { DOUBLE[0] = table.written[entry]!; words[end++] = HALVES[0]!; words[end++] = HALVES[1]!; }
    }
    builder.end = end;
    builder.puts++;
  }

  /**
   * Reads blocks into the table, one list per former instance, oldest first. `owns` picks keys by their partition hash. Lists of several
   * former instances, or a pick, make the next checkpoint a full one. `share`: the part of the keys that will be picked, about.
   * `spent` is handed each block that is not needed any more.
   */
  restore(lists: readonly (readonly Uint8Array[])[], owns: ((hash: number) => boolean) | undefined, now: number, share = 1, spent: (block: Uint8Array) => void = () => {}): void {
    const chains = lists.filter((list) => list.length > 0).map((list) => this.fromLastBase(list));
    const isSame = owns === undefined && new Set(chains.map((c) => c[0]!.header.seed.join())).size === 1;
    const first = chains[0]?.[0];
    if (first === undefined) return;
    if (this.table.size === 0) [this.table.seed0, this.table.seed1] = first.header.seed;
    const puts = chains.reduce((sum, chain) => sum + chain.reduce((of, { header }) => of + header.puts, 0), 0);
    this.table.index.expect(this.table.size + puts * share);
    for (const chain of chains) for (const { header, block, name } of chain) {
      this.segments = Math.max(this.segments, header.segments);
      const { length } = block;
      this.apply(header, block, name, owns, now);
      spent(block);
      if (!isSame) continue;
      this.stored[header.segment] = 1;
      if (header.kind === 'delta') { this.deltas[header.segment]!++; this.deltaWords[header.segment]! += (length - header.bodyAt) / 4; }
    }
    if (!isSame) this.requestFull();
  }
  private fromLastBase(list: readonly Uint8Array[]): { header: BlockHeader; block: Buffer; name: string }[] {
    const chain: { header: BlockHeader; block: Buffer; name: string }[] = [];
    for (let i = list.length - 1; i >= 0; i--) {
      const bytes = list[i]!, name = `${this.identity.table} #${i + 1} of ${list.length}`;
      // Words are read in place, so the block must stand at a multiple of 4.
      const block = bytes.byteOffset % 4 === 0 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes);
      const header = readHeader(block, name);
      checkSchema(block, this.identity);
      chain.unshift({ header, block, name });
      if (header.kind === 'base') break;
    }
    return chain;
  }
  private apply(header: BlockHeader, block: Buffer, name: string, owns: ((hash: number) => boolean) | undefined, now: number): void {
    const { table } = this, { meta, ttlMs } = table.spec;
    const words = new Int32Array(block.buffer, block.byteOffset, block.length >> 2);
    const hasSub = table.spec.subKey.length > 0, extra = meta * 2 + (header.timed ? 2 : 0);
    let at = header.bodyAt >> 2;
    const isMine = (from: number): boolean => {
      const length = readVarint(block, from), p = from + varintSize(length), key = hasSub ? p + varintSize(readVarint(block, p)) : p;
      return owns!(partitionHash(block, key, key + length));
    };
    for (let i = 0; i < header.deletes; i++) {
      const length = words[at]!;
      if (owns === undefined || isMine((at + 1) * 4)) table.restoreDelete(block, (at + 1) * 4);
      at += 1 + length;
    }
    for (let i = 0; i < header.puts; i++) {
      const length = words[at]!, rest = at + 1 + length;
      if (owns === undefined || isMine((at + 1) * 4)) {
        const entry = table.restoreRow(block, (at + 1) * 4, length * 4);
        if (meta > 0) table.meta0[entry] = double(words, rest);
        if (meta > 1) table.meta1[entry] = double(words, rest + 2);
        if (ttlMs > 0) table.written[entry] = header.timed ? double(words, rest + meta * 2) : now;
      }
      at = rest + extra;
    }
    if (at !== words.length) throw stateBlockDamaged({ block: name, why: 'Its records do not fill it' });
  }
}
function double(words: Int32Array, at: number): number {
  HALVES[0] = words[at]!;
  HALVES[1] = words[at + 1]!;
  return DOUBLE[0]!;
}
