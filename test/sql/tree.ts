/** What the tests of the SQL front end share: trees without places, short notation, seeded chance. */
import { readFileSync } from 'node:fs';

export interface CorpusCase { readonly id: string; readonly category: string; readonly source: string; readonly sql: string; readonly flinkValid: boolean }
export const corpus = JSON.parse(readFileSync(new URL('./corpus.json', import.meta.url), 'utf8')) as readonly CorpusCase[];

/** The tree as JSON would carry it, without any range. */
export function bare(node: unknown): unknown {
  return JSON.parse(JSON.stringify(node, (key: string, value: unknown) => (key === 'range' || key === 'keyRange' || key === 'valueRange' ? undefined : value)));
}

/** Mulberry32: the same numbers for the same seed on every machine. */
export class Chance {
  #state: number;
  constructor(seed: number) { this.#state = seed >>> 0; }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number { return Math.floor(this.next() * n); }
  bool(probability = 0.5): boolean { return this.next() < probability; }
  pick<T>(items: readonly T[]): T { return items[this.below(items.length)] as T; }
  list<T>(min: number, max: number, make: () => T): T[] { return Array.from({ length: min + this.below(max - min + 1) }, () => make()); }
  maybe<T>(make: () => T, probability = 0.4): T | undefined { return this.bool(probability) ? make() : undefined; }
}
