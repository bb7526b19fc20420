/** A small seeded generator for property tests; the seed is in every failure. */
export class Random {
  readonly seed: number;
  #state: number;
  constructor(seed = Number(process.env.SEED ?? 0) || (Date.now() & 0xfffffff)) { this.seed = seed; this.#state = seed | 0; }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number { return Math.floor(this.next() * n); }
  pick<T>(items: readonly T[]): T { return items[this.below(items.length)] as T; }
  /** An integer of up to `bits` bits, all sizes equally likely, either sign. */
  big(bits: number): bigint {
    const size = this.below(bits + 1);
    let value = 0n;
    for (let i = 0; i < size; i++) value = (value << 1n) | BigInt(this.below(2));
    return this.below(2) === 0 ? value : -value;
  }
}
