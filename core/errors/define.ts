/**
 * What an error of Rivulet is: a SQLSTATE, a stable name, a primary text in lower case without a full stop, and, where they help,
 * a detail, a hint and the place in the statement. Every error a user can see is an entry of a catalogue file beside this one
 * (one file per area, listed in `index.ts`); nobody else constructs RivuletError. Domain and retry, never texts, decide what the
 * runtime does with an error.
 */
import { masked } from '../secrets/known.ts';

/** user: the statement is wrong. data: a record is wrong. external: Kafka, MySQL, disk. internal: ours alone. */
export type ErrorDomain = 'user' | 'data' | 'external' | 'internal';
/** never: the same input fails again. backoff: retry the call. restart: restart the job from its last checkpoint. */
export type RetryAdvice = 'never' | 'backoff' | 'restart';

/** Half-open range of UTF-16 code units in the statement text the user sent. */
export interface SourceRange { readonly start: number; readonly end: number }

export class RivuletError extends Error {
  readonly sqlstate: string;
  readonly code: string;
  readonly domain: ErrorDomain;
  readonly retry: RetryAdvice;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** Path of the field inside a record that cannot be read or written. */
  readonly field: string | undefined;
  /** Place in the statement; relative to the text given to the parser. */
  range: SourceRange | undefined;
  /** Texts lose what is known to be secret: values come into them from servers and libraries too. */
  constructor(fields: { sqlstate: string; code: string; domain: ErrorDomain; retry: RetryAdvice; message: string; detail?: string | undefined; hint?: string | undefined; field?: string | undefined; range?: SourceRange | undefined; cause?: unknown }) {
    super(masked(fields.message), fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = 'RivuletError';
    this.sqlstate = fields.sqlstate;
    this.code = fields.code;
    this.domain = fields.domain;
    this.retry = fields.retry;
    this.detail = fields.detail === undefined ? undefined : masked(fields.detail);
    this.hint = fields.hint === undefined ? undefined : masked(fields.hint);
    this.field = fields.field;
    this.range = fields.range;
  }
}

export interface ErrorCard<P> {
  readonly sqlstate: string;
  /** Stable kebab-case name, for logs, docs and tests. */
  readonly name: string;
  readonly domain: ErrorDomain;
  readonly retry: RetryAdvice;
  readonly message: (p: P) => string;
  readonly detail?: (p: P) => string | undefined;
  readonly hint?: (p: P) => string | undefined;
  readonly field?: (p: P) => string | undefined;
}
export interface ErrorFactory<P> { (p: P, at?: { range?: SourceRange | undefined; cause?: unknown }): RivuletError; readonly card: ErrorCard<P> }

/** Makes the constructor of one kind of error. Use: `throw columnNotFound({ column, near }, { range: node.range })`. */
export function defineError<P>(card: ErrorCard<P>): ErrorFactory<P> {
  const make = (p: P, at?: { range?: SourceRange | undefined; cause?: unknown }): RivuletError => new RivuletError({
    sqlstate: card.sqlstate, code: card.name, domain: card.domain, retry: card.retry,
    message: card.message(p), detail: card.detail?.(p), hint: card.hint?.(p), field: card.field?.(p), range: at?.range, cause: at?.cause,
  });
  return Object.assign(make, { card });
}

/** A name as it stands in an error text: in double quotes, control characters escaped, cut at 120 characters. */
export function quoted(name: string): string {
  const clean = name.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `"${clean.length > 120 ? `${clean.slice(0, 117)}...` : clean}"`;
}

/** `Did you mean "a" or "b"?` for the names nearest to a misspelt one; undefined when none is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const near = nearest(name, candidates);
  return near.length === 0 ? undefined : `Did you mean ${near.map(quoted).join(' or ')}?`;
}

/** The up to three candidates within a third of the name's length in edit distance (letter case costs nothing) and not much farther than the best, nearest first. */
export function nearest(name: string, candidates: Iterable<string>): string[] {
  const target = name.toLowerCase();
  const scored: { candidate: string; score: number }[] = [];
  let seen = 0;
  for (const candidate of candidates) {
    if (++seen > 5000) break;
    const lower = candidate.toLowerCase();
    const limit = Math.max(1, Math.floor(Math.max(target.length, lower.length) / 3));
    const score = lower.length > 3 && target.length > 3 && (lower.endsWith(`_${target}`) || lower.endsWith(`.${target}`)) ? 1 : editDistance(target, lower, limit);
    if (score <= limit) scored.push({ candidate, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
  const best = scored[0]?.score ?? 0;
  return scored.filter((s) => s.score <= best + 1).slice(0, 3).map((s) => s.candidate);
}

/** Levenshtein distance with swaps of neighbours, cut off above `limit`; names are cut at 64 characters. */
function editDistance(a: string, b: string, limit: number): number {
  const s = a.slice(0, 64), t = b.slice(0, 64);
  if (Math.abs(s.length - t.length) > limit) return limit + 1;
  let before: number[] = [], last = Array.from({ length: t.length + 1 }, (_, i) => i);
  for (let i = 1; i <= s.length; i++) {
    const row = [i];
    for (let j = 1; j <= t.length; j++) {
      const same = s[i - 1] === t[j - 1];
      let best = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && s[i - 1] === t[j - 2] && s[i - 2] === t[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[t.length] ?? limit + 1;
}

/** 1-based line and column (in characters) of an offset in UTF-16 units. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const upTo = text.slice(0, offset);
  const line = upTo.split('\n').length;
  const column = [...upTo.slice(upTo.lastIndexOf('\n') + 1)].length + 1;
  return { line, column };
}
/** A size as it stands in an error text: binary units, one digit behind the point. */
export function bytesText(bytes: number): string {
  let value = bytes, unit = 0;
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  while (Math.abs(value) >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
