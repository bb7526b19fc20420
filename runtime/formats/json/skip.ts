/**
 * Walks over JSON text in bytes without making values: exact validity as RFC 8259, except that control characters may stand unescaped
 * inside strings (Flink sets Jackson's ALLOW_UNESCAPED_CONTROL_CHARS). Every function takes the position of the first byte and gives
 * the position behind the value, or -1 when there is no valid value in [at, end). None reads a byte at or behind `end` as content,
 * allocates, or recurses.
 */

/** Deepest nesting of objects and arrays (Jackson's StreamReadConstraints: 1,000). */
export const MAX_DEPTH = 1000;

/** `at` stands on the opening quote. */
export function skipString(b: Uint8Array, at: number, end: number): number {
  if (b[at] !== 34) return -1;
  let o = at + 1, high = 0;
  for (; o < end; o++) {
    const c = b[o]!;
    if (c === 34) return high < 128 || isUtf8(b, at + 1, o) ? o + 1 : -1;
    high |= c;
    if (c === 92) {
      o = skipEscape(b, o, end);
      if (o < 0) return -1;
    }
  }
  return -1;
}
/** `at` stands on the backslash; gives the position of the escape's last byte. */
function skipEscape(b: Uint8Array, at: number, end: number): number {
  switch (b[at + 1]) {
    case 34: case 92: case 47: case 98: case 102: case 110: case 114: case 116: return at + 1 < end ? at + 1 : -1;
    case 117: {
      if (at + 5 >= end) return -1;
      for (let i = at + 2; i < at + 6; i++) if (hexDigit(b[i]!) < 0) return -1;
      return at + 5;
    }
    default: return -1;
  }
}
/** Value of a hexadecimal digit, -1 for other bytes. */
export function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/**
 * Position of the first quote, backslash or byte above 127 at or behind `at`, four bytes at a time (half the time of a byte loop from 12
 * bytes on); `end` when there is none. `view` is the memory of the bytes.
 */
export function findSpecial(view: DataView, at: number, end: number): number {
  let o = at;
  for (const stop = end - 3; o < stop; o += 4) {
    // A byte of x is 0 where the word has a quote; (x - 0x01…) & ~x then has its top bit set («haszero», exact for the lowest such byte).
    const v = view.getInt32(o, true), x = v ^ 0x22222222, y = v ^ 0x5c5c5c5c;
    const found = ((((x - 0x01010101) | 0) & ~x) | (((y - 0x01010101) | 0) & ~y) | v) & 0x80808080;
    if (found !== 0) return o + ((31 - Math.clz32(found & -found)) >> 3);
  }
  for (; o < end; o++) {
    const c = view.getUint8(o);
    if (c === 34 || c === 92 || c > 127) return o;
  }
  return end;
}

/** The same, and control characters are found too: what lies before it may stand in JSON as it is. */
export function findUnclean(view: DataView, at: number, end: number): number {
  let o = at;
  for (const stop = end - 3; o < stop; o += 4) {
    // v - 0x20… borrows into the top bit of a byte below 0x20, again exact for the lowest such byte.
    const v = view.getInt32(o, true), x = v ^ 0x22222222, y = v ^ 0x5c5c5c5c;
    const found = ((((x - 0x01010101) | 0) & ~x) | (((y - 0x01010101) | 0) & ~y) | (((v - 0x20202020) | 0) & ~v) | v) & 0x80808080;
    if (found !== 0) return o + ((31 - Math.clz32(found & -found)) >> 3);
  }
  for (; o < end; o++) {
    const c = view.getUint8(o);
    if (c === 34 || c === 92 || c < 32 || c > 127) return o;
  }
  return end;
}

/** Number by JSON's grammar: no plus, no leading zeros, digits on both sides of the point. */
export function skipNumber(b: Uint8Array, at: number, end: number): number {
  let o = at;
  if (b[o] === 45) o++;
  if (o >= end) return -1;
  if (b[o] === 48) o++;
  else {
    const first = o;
    while (o < end && b[o]! >= 48 && b[o]! <= 57) o++;
    if (o === first) return -1;
  }
  if (o < end && b[o] === 46) {
    const first = ++o;
    while (o < end && b[o]! >= 48 && b[o]! <= 57) o++;
    if (o === first) return -1;
  }
  if (o < end && (b[o]! | 32) === 101) {
    o++;
    if (o < end && (b[o] === 43 || b[o] === 45)) o++;
    const first = o;
    while (o < end && b[o]! >= 48 && b[o]! <= 57) o++;
    if (o === first) return -1;
  }
  return o;
}

/** Position of the next byte that is no white space; `end` when there is none. */
export function skipBlanks(b: Uint8Array, at: number, end: number): number {
  let o = at;
  while (o < end) {
    const c = b[o]!;
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break;
    o++;
  }
  return o;
}

/** The literal `word` at `at`. */
function skipWord(b: Uint8Array, at: number, end: number, word: Uint8Array): number {
  if (at + word.length > end) return -1;
  for (let i = 0; i < word.length; i++) if (b[at + i] !== word[i]) return -1;
  return at + word.length;
}
const TRUE = Buffer.from('true'), FALSE = Buffer.from('false'), NULL = Buffer.from('null');

/** Any scalar. */
export function skipScalar(b: Uint8Array, at: number, end: number): number {
  switch (b[at]) {
    case 34: return skipString(b, at, end);
    case 116: return skipWord(b, at, end, TRUE);
    case 102: return skipWord(b, at, end, FALSE);
    case 110: return skipWord(b, at, end, NULL);
    default: return skipNumber(b, at, end);
  }
}

/** 1 per open object, 0 per open array; shared, as nothing below calls back. */
const open = new Uint8Array(MAX_DEPTH + 1);
/** What was wrong with the last value that could not be skipped. */
export const skipFailure = { tooDeep: false };

/** Any value; `depth` containers are open around it. Leading white space is not skipped. */
export function skipValue(b: Uint8Array, at: number, end: number, depth = 0): number {
  skipFailure.tooDeep = false;
  if (b[at] !== 123 && b[at] !== 91) return at < end ? skipScalar(b, at, end) : -1;
  let level = 0, o = at;
  for (;;) {
    // A value begins at `o`.
    if (o >= end) return -1;
    const c = b[o]!;
    if (c === 123 || c === 91) {
      if (++level + depth > MAX_DEPTH) { skipFailure.tooDeep = true; return -1; }
      open[level] = c === 123 ? 1 : 0;
      o = skipBlanks(b, o + 1, end);
      if (o >= end) return -1;
      if (b[o] !== (c === 123 ? 125 : 93)) {
        if (c === 123 && (o = skipKey(b, o, end)) < 0) return -1;
        continue;
      }
      o++;
      level--;
    } else if ((o = skipScalar(b, o, end)) < 0) return -1;
    // A value has ended: close what closes, until another value begins.
    for (;;) {
      if (level === 0) return o;
      o = skipBlanks(b, o, end);
      if (o >= end) return -1;
      const isObject = open[level] === 1;
      if (b[o] === 44) {
        o = skipBlanks(b, o + 1, end);
        if (isObject && (o = skipKey(b, o, end)) < 0) return -1;
        break;
      }
      if (b[o] !== (isObject ? 125 : 93)) return -1;
      o++;
      level--;
    }
  }
}
/** A key with its colon; gives the position of the value. */
function skipKey(b: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  let o = skipString(b, at, end);
  if (o < 0) return -1;
  o = skipBlanks(b, o, end);
  return o < end && b[o] === 58 ? skipBlanks(b, o + 1, end) : -1;
}

/** True when [at, end) is well-formed UTF-8 (Unicode, table 3-7): no overlong forms, surrogates or truncated sequences. */
export function isUtf8(b: Uint8Array, at: number, end: number): boolean {
  let o = at;
  while (o < end) {
    const c = b[o++]!;
    if (c < 128) continue;
    if (c < 0xc2 || c > 0xf4) return false;
    if (o >= end) return false;
    const second = b[o++]!;
    if ((second & 0xc0) !== 0x80) return false;
    if (c < 0xe0) continue;
    if (c < 0xf0) {
      if ((c === 0xe0 && second < 0xa0) || (c === 0xed && second > 0x9f)) return false;
      if (o >= end || (b[o++]! & 0xc0) !== 0x80) return false;
      continue;
    }
    if ((c === 0xf0 && second < 0x90) || (c === 0xf4 && second > 0x8f)) return false;
    if (o + 1 >= end || (b[o++]! & 0xc0) !== 0x80 || (b[o++]! & 0xc0) !== 0x80) return false;
  }
  return true;
}
