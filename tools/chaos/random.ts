/** Choices from a seed: the same seed makes the same choices, whatever the servers' timing makes of them. */
export class Random {
  #state: number;
  constructor(seed: number) { this.#state = seed | 0; }
  /** In [0, 1); mulberry32. */
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let t = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  }
  /** A whole number in [0, below). */
  int(below: number): number { return Math.floor(this.next() * below); }
  between(low: number, high: number): number { return low + this.int(high - low + 1); }
  chance(probability: number): boolean { return this.next() < probability; }
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[this.int(list.length)] as T;
  }
  /** By weights, which need not add up to one. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.next() * list.reduce((sum, [w]) => sum + w, 0);
    for (const [weight, value] of list) if ((at -= weight) < 0) return value;
    return (list.at(-1) as readonly [number, T])[1];
  }
  /** An independent sequence for a part of the run, so that one part's number of choices does not change another's. */
  fork(part: number): Random { return new Random(Math.imul(this.#state ^ part * 0x9e3779b1, 0x85ebca6b) ^ part); }
}
