/** Writes ASCII into one growing buffer: no string per record. `start` marks where the record begun last starts, `at` where it ends. */
import type { Draws } from './draws.ts';

/** More than the longest record of `records.ts` and of the probes. */
const ROOM = 4096;
const TWO = Array.from({ length: 100 }, (_, i) => [48 + Math.floor(i / 10), 48 + i % 10] as const);

export class TextWriter {
  bytes: Buffer = Buffer.allocUnsafe(1 << 20);
  at = 0;

  /** Forgets what was written when the buffer is nearly full, so that it never has to grow. */
  begin(): number {
    if (this.at + ROOM > this.bytes.length) this.at = 0;
    return this.at;
  }
  text(s: string): void {
    const { bytes } = this;
    let at = this.at;
    for (let i = 0; i < s.length; i++) bytes[at++] = s.charCodeAt(i);
    this.at = at;
  }
  /** A whole number from 0 to 2^53. */
  int(n: number): void {
    let end = this.at + 1;
    for (let rest = Math.floor(n / 10); rest > 0; rest = Math.floor(rest / 10)) end++;
    this.at = end;
    for (let rest = n, i = end - 1; ; i--) {
      const less = Math.floor(rest / 10);
      this.bytes[i] = 48 + (rest - less * 10);
      if (less === 0) return;
      rest = less;
    }
  }
  twoDigits(n: number): void {
    const pair = TWO[n] ?? [48, 48];
    this.bytes[this.at++] = pair[0];
    this.bytes[this.at++] = pair[1];
  }
  /** `letters` small letters. */
  word(letters: number, draws: Draws): void {
    const { bytes } = this;
    let bits = 0, at = this.at;
    for (let i = 0; i < letters; i++) {
      if (i % 6 === 0) bits = draws.next();
      bytes[at++] = 97 + (bits & 31) % 26;
      bits >>>= 5;
    }
    this.at = at;
  }
}
