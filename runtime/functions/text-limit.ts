/**
 * The longest text that functions make out of many: each copy of it is made in one piece, and a worker thread has little more room than a few of
 * them. One that would be longer is refused before it is made.
 */
import { invalidArgument } from '../../core/errors/data.ts';

export const MAX_MADE = 1 << 24;
/** Throws invalid-argument. */
export function checkMade(name: string, length: number, hint?: string): void { if (length > MAX_MADE) throw invalidArgument({ function: name, what: `the result would have more than ${MAX_MADE} characters`, hint }); }

/** Every occurrence of `a` in `s` replaced. */
export function replaceAll(s: string, a: string, b: string): string {
  // Counted only where it could matter.
  if (s.length + (s.length + 1) * b.length > MAX_MADE) checkMade('REPLACE', s.length + occurrences(s, a) * (b.length - a.length));
  return s.replaceAll(a, () => b);
}
function occurrences(s: string, a: string): number {
  if (a === '') return s.length + 1;
  let count = 0;
  for (let at = s.indexOf(a); at >= 0; at = s.indexOf(a, at + a.length)) count++;
  return count;
}
export function joinTexts(name: string, texts: readonly string[], by: string): string {
  let length = by.length * Math.max(0, texts.length - 1);
  for (const text of texts) length += text.length;
  checkMade(name, length);
  return texts.join(by);
}
