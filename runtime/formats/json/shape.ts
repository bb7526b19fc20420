/** Learns the shape of a JSON object from a sample: which bytes stand between the values, and which value is which wanted field. */
import type { JsonReader } from './reader.ts';
import { skipBlanks, skipString, skipValue } from './skip.ts';

export interface ShapeStep {
  /** Bytes from the end of the value before (or the object's beginning) up to this value. */
  readonly before: Uint8Array;
  /** Wanted field, or -1: step over. */
  readonly field: number;
  /** Of the sample's value. */
  readonly firstByte: number;
  readonly length: number;
}
export interface Shape { readonly steps: readonly ShapeStep[]; readonly tail: Uint8Array; /** All names met, flattened ones too. */ readonly names: ReadonlySet<string> }

const MAX_STEPS = 300, MAX_LITERAL_BYTES = 12_000;

/**
 * The object at `start` has just been read well. undefined when it has no fixed shape worth code: duplicate or escaped keys, too many of
 * them. Objects under a name of `prefixes` are entered: their members are steps of their own.
 */
export function learnShape(r: JsonReader, start: number, places: ReadonlyMap<string, number>, prefixes: ReadonlySet<string>): Shape | undefined {
  const b = r.bytes, end = r.end, steps: ShapeStep[] = [], names = new Set<string>();
  let literalStart = start, literalBytes = 0, o = start;
  const take = (to: number): Uint8Array => { literalBytes += to - literalStart; return Uint8Array.prototype.slice.call(b, literalStart, to); };
  /** `o` stands on `{`; afterwards behind `}`, which belongs to the next literal. */
  const object = (prefix: string): boolean => {
    o = skipBlanks(b, o + 1, end);
    if (b[o] === 125) { o++; return true; }
    for (;;) {
      const keyEnd = skipString(b, o, end);
      if (keyEnd < 0 || b.subarray(o, keyEnd).includes(92)) return false;
      const name = prefix + b.utf8Slice(o + 1, keyEnd - 1);
      if (names.has(name) || steps.length >= MAX_STEPS || literalBytes + keyEnd - literalStart > MAX_LITERAL_BYTES) return false;
      names.add(name);
      o = skipBlanks(b, keyEnd, end);
      o = skipBlanks(b, o + 1, end);
      const field = places.get(name) ?? -1;
      if (field < 0 && prefixes.has(name) && b[o] === 123) {
        if (!object(`${name}.`)) return false;
      } else {
        const from = o, before = take(o);
        o = skipValue(b, o, end);
        if (o < 0) return false;
        steps.push({ before, field, firstByte: b[from] ?? 0, length: o - from });
        literalStart = o;
      }
      o = skipBlanks(b, o, end);
      if (b[o] === 125) { o++; return true; }
      o = skipBlanks(b, o + 1, end);
    }
  };
  if (!object('') || steps.length === 0) return undefined;
  return { steps, tail: take(o), names };
}
