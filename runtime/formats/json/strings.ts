/**
 * Strings out of ASCII bytes. A call of Buffer.latin1Slice costs about 75 ns however short the text, String.fromCharCode with a fixed
 * number of arguments 25 ns. Values of many columns repeat (channels, states, names), so each column has a small table of recent short
 * strings: a hit allocates nothing and gives strings that later Map look-ups have hashed already. A column whose values do not repeat
 * loses its table soon. (Cutting from one text per record would cost 15 ns, but strings of 13 characters and more then hold the whole
 * text in memory for as long as they live in state.)
 */
import type { TextBuffer } from '../text-buffer.ts';

export type MakeString = (b: TextBuffer, start: number, end: number) => string;

const SIZE = 512, LONGEST = 40, TRIAL = 2048;

export function stringMaker(): MakeString {
  const recent: string[] = new Array<string>(SIZE).fill('');
  let tries = 0, hits = 0, isUseful = true;
  return (b, start, end) => {
    const length = end - start;
    if (!isUseful || length > LONGEST) return asciiString(b, start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = (hash * 31 + b[i]!) | 0;
    const place = (hash ^ hash >>> 9) & (SIZE - 1);
    const known = recent[place]!;
    if (known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === b[start + i]) i++;
      if (i === length) { hits++; return known; }
    }
    if (++tries === TRIAL) {
      // Only misses are tries: fewer than one hit per miss does not pay.
      if (hits < tries) isUseful = false;
      tries = 0;
      hits = 0;
    }
    return recent[place] = asciiString(b, start, end);
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
