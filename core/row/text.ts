/**
 * Strings out of Latin-1 bytes. A call of Buffer.latin1Slice costs about 75 ns however short the text, String.fromCharCode with a fixed
 * number of arguments 25 ns. Values of many columns repeat (channels, states, names), so each column that is decoded has a table of
 * recent short strings: a hit allocates nothing and gives the same string again, whose hash V8 knows already, so that a later look-up
 * in a Map costs 25 ns instead of 150. The table begins small, grows while many look-ups miss, and is dropped when at its largest it
 * still misses more than one look-up in four. (Cutting from one text per record would cost 15 ns, but strings of 13 characters and more then
 * hold the whole text in memory for as long as they live in state.)
 */

/** Node's native text copies, which its type declarations leave out; they save the checks of `toString` (10 ns a call). */
export type TextBuffer = Buffer & {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  latin1Write(text: string, at: number, length: number): number;
  utf8Write(text: string, at: number, length: number): number;
};

/** The memory of a buffer, for reading and writing words. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
/**
 * Copies ASCII bytes [start, end) to `at`; gives the position behind them. Eight at a time, the last eight overlapping: a third of the time
 * of a byte loop, and native copies pay only from some hundred bytes on. As doubles, which is exact: no eight bytes of ASCII are a NaN,
 * whose bits might change.
 */
export function copyAscii(from: DataView, start: number, end: number, into: DataView, at: number): number {
  const length = end - start;
  if (length < 8) {
    if (length < 4) { for (let i = start; i < end; i++) into.setUint8(at++, from.getUint8(i)); return at; }
    into.setInt32(at, from.getInt32(start, true), true);
    into.setInt32(at + length - 4, from.getInt32(end - 4, true), true);
    return at + length;
  }
  const last = at + length - 8;
  for (let i = start; at < last; i += 8, at += 8) into.setFloat64(at, from.getFloat64(i, true), true);
  into.setFloat64(last, from.getFloat64(end - 8, true), true);
  return last + 8;
}

/** The bytes [start, end) as Latin-1 text. */
export type MakeString = (b: TextBuffer, start: number, end: number) => string;

/** At most about 1.5 MB per column: 16,384 strings of up to 40 characters. */
const FIRST_SIZE = 512, LAST_SIZE = 16_384, LONGEST = 40;
/** Per place in `words`: the length, then the bytes, four to a word. */
const STRIDE = 1 + LONGEST / 4;
const scratch = new Int32Array(STRIDE);

class RecentStrings {
  private texts: string[] = [];
  private words = new Int32Array(0);
  private mask = 0;
  private misses = 0;
  private hits = 0;
  isUseful = true;
  constructor() { this.resize(FIRST_SIZE); }
  private resize(size: number): void {
    this.texts = new Array<string>(size).fill('');
    this.words = new Int32Array(size * STRIDE);
    this.mask = size - 1;
  }
  /** `length` from 1 to LONGEST. */
  get(b: TextBuffer, start: number, length: number): string {
    const end = start + length, stop = end - 3;
    let hash = length, n = 1, i = start;
    for (; i < stop; i += 4) {
      const word = b[i]! | b[i + 1]! << 8 | b[i + 2]! << 16 | b[i + 3]! << 24;
      scratch[n++] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    if (i < end) {
      let word = b[i]!;
      if (i + 1 < end) word |= b[i + 1]! << 8;
      if (i + 2 < end) word |= b[i + 2]! << 16;
      scratch[n++] = word;
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    scratch[0] = length;
    const place = hash & this.mask, { words } = this;
    let at = place * STRIDE, k = 0;
    while (k < n && words[at + k] === scratch[k]) k++;
    if (k === n) { this.hits++; return this.texts[place]!; }
    // Two places for each hash: the second is tried, and on a miss the elder of the two goes.
    at = (place ^ 1) * STRIDE;
    k = 0;
    while (k < n && words[at + k] === scratch[k]) k++;
    if (k === n) { this.hits++; return this.texts[place ^ 1]!; }
    return this.add(place, n, asciiString(b, start, end));
  }
  private add(place: number, n: number, text: string): string {
    const { words, texts } = this, at = place * STRIDE, other = place ^ 1;
    words.copyWithin(other * STRIDE, at, at + STRIDE);
    texts[other] = texts[place]!;
    for (let k = 0; k < n; k++) words[at + k] = scratch[k]!;
    texts[place] = text;
    if (++this.misses > this.mask * 4) this.decide();
    return text;
  }
  /** After four misses per place. */
  private decide(): void {
    const size = this.mask + 1;
    if (this.hits < this.misses * 8) {
      if (size < LAST_SIZE) this.resize(Math.min(LAST_SIZE, size * 4));
      else if (this.hits < this.misses * 3) { this.isUseful = false; this.texts = []; this.words = new Int32Array(0); }
    }
    this.misses = this.hits = 0;
  }
}

export function stringMaker(): MakeString {
  const recent = new RecentStrings();
  return (b, start, end) => {
    const length = end - start;
    return length > LONGEST || !recent.isUseful ? asciiString(b, start, end) : length === 0 ? '' : recent.get(b, start, length);
  };
}

const from = String.fromCharCode;
/** The bytes [o, end) as Latin-1 text. */
export function asciiString(b: TextBuffer, o: number, end: number): string {
  switch (end - o) {
    case 0: return '';
    case 1: return from(b[o]!);
    case 2: return from(b[o]!, b[o + 1]!);
    case 3: return from(b[o]!, b[o + 1]!, b[o + 2]!);
    case 4: return from(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!);
    case 5: return from(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!);
    case 6: return from(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!);
    case 7: return from(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!);
    case 8: return from(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!);
    case 9: return from(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!, b[o + 8]!);
    case 10: return from(b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!, b[o + 8]!, b[o + 9]!);
    default: return b.latin1Slice(o, end);
  }
}
