/**
 * What a source remembers of records that it could not read: the last few, small enough to go into every checkpoint beside the positions,
 * so that they and the counters always tell of the same records. Values are the users' and may be personal: what is kept of each is
 * bounded (`EXCERPT_BYTES`), how many are kept is the table's option `scan.bad-records.samples`, 0 = none.
 */
import { shortened } from '../../core/errors/format.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import { isUtf8 } from 'node:buffer';

/** failed: it ended the job. skipped, dead-letter: as `scan.on-error` says. ignored: gave no row, nulled: lost fields, by ignore-parse-errors. */
export type BadRecordOutcome = 'failed' | 'skipped' | 'dead-letter' | 'ignored' | 'nulled';
/** JSON-safe. */
export interface BadRecordSample {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Of the record, ms since the epoch; -1: it has none. */
  readonly timestampMs: number;
  readonly table: string;
  readonly part: 'key' | 'value';
  /** Path inside the message; null: all of it. */
  readonly field: string | null;
  readonly code: string;
  readonly message: string;
  readonly outcome: BadRecordOutcome;
  /** The first bytes as text, control characters escaped, or as hex digits behind `\x` when they are no UTF-8; null: there is none. */
  readonly key: string | null;
  readonly value: string | null;
  /** When it was read. */
  readonly atMs: number;
}
/** Largest number of samples a table may ask for. */
export const MAX_SAMPLES = 100;
export const DEFAULT_SAMPLES = 10;
const EXCERPT_BYTES = 200, MESSAGE_CHARACTERS = 300;

/** A safe text of bytes[start, end): short, one line, the same for the same bytes. start < 0: null. */
export function excerpt(bytes: Buffer, start: number, end: number): string | null {
  if (start < 0) return null;
  const whole = end - start, cut = Math.min(whole, EXCERPT_BYTES), part = bytes.subarray(start, start + wholeCharacters(bytes, start, cut));
  const more = whole > part.length ? `... (${whole} bytes)` : '';
  return isUtf8(part) ? shortened(part.toString('utf8')) + more : `\\x${bytes.toString('hex', start, start + Math.min(whole, EXCERPT_BYTES / 2))}${whole > EXCERPT_BYTES / 2 ? `... (${whole} bytes)` : ''}`;
}
/** How many of `length` bytes end on a character's end, when they are UTF-8. */
function wholeCharacters(bytes: Buffer, start: number, length: number): number {
  let end = length;
  while (end > 0 && end > length - 4 && start + end < bytes.length && (bytes[start + end]! & 0xc0) === 0x80) end--;
  return length < EXCERPT_BYTES ? length : end;
}
/** What is wrong, shortened. */
export const why = (error: RivuletError): string => (error.message.length > MESSAGE_CHARACTERS ? `${error.message.slice(0, MESSAGE_CHARACTERS - 3)}...` : error.message);

/** The newest samples, oldest first; as positions keep them. */
export class BadRecordSamples {
  private readonly most: number;
  private readonly kept: BadRecordSample[] = [];
  constructor(most: number) { this.most = most; }
  get wanted(): boolean { return this.most > 0; }
  add(sample: BadRecordSample): void {
    if (this.most === 0) return;
    if (this.kept.length === this.most) this.kept.shift();
    this.kept.push(sample);
  }
  /** Of all former subtasks. */
  restore(samples: readonly BadRecordSample[]): void {
    for (const sample of [...samples].sort((a, b) => a.atMs - b.atMs)) this.add(sample);
  }
  get list(): readonly BadRecordSample[] { return this.kept; }
}
