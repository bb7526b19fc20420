/**
 * Pseudo-random draws for the bench data, reseeded for every record, so that a record depends on its number alone and the same scale
 * gives the same bytes on every machine. A 32-bit mixer: fast without bigint; not for anything but test data.
 */
const STREAM = 0x85ebca6b, NUMBER = 0x9e3779b1, STEP = 0x9e3779b9;

function mixed(x: number): number {
  let z = x | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

export class Draws {
  #state = 0;
  /** Begins record `n` of a stream (bid, order …). */
  seed(stream: number, n: number): void { this.#state = mixed(mixed(Math.imul(stream, STREAM)) ^ Math.imul(n + 1, NUMBER)) | 0; }
  /** 32 bits, as a number from 0. */
  next(): number { this.#state = (this.#state + STEP) | 0; return mixed(this.#state); }
  /** 0 … n-1, for n up to 2^32. */
  upto(n: number): number { return Math.floor(this.next() * n / 0x1_0000_0000); }
  /** 0 ≤ x < 1. */
  unit(): number { return this.next() / 0x1_0000_0000; }
}
