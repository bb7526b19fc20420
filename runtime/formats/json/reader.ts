/**
 * An exact reader of one JSON message in bytes: positions, strings, raw and compacted text. The converters (`convert.ts`) and the slow
 * path stand on it; the generated scanners use it wherever a value is not of the simplest form, so both give the same.
 *
 * Defined here: a UTF-8 byte order mark before the message is skipped; bytes that are no UTF-8 are an error; a lone surrogate written as
 * an escape becomes `?` (as Java encodes it); nesting is limited to 1,000; what follows the first value of a message is not looked at
 * (Jackson's default, FAIL_ON_TRAILING_TOKENS off).
 */
import { badRecord, shortened } from '../../../core/errors/format.ts';
import type { RivuletError } from '../../../core/errors/define.ts';
import { doubleText } from '../../../core/types/java-number.ts';
import type { TextBuffer } from '../../../core/row/text.ts';
import { hexDigit, isUtf8, skipBlanks, skipFailure, skipNumber, skipString, skipValue } from './skip.ts';

const EMPTY = Buffer.alloc(0) as TextBuffer;
const EMPTY_VIEW = new DataView(new ArrayBuffer(0));

export class JsonReader {
  bytes: TextBuffer = EMPTY;
  /** Position of the next byte. */
  at = 0;
  end = 0;
  /** Where the message begins, for error texts. */
  start = 0;
  /** Containers open around `at`. */
  depth = 0;
  /** Set when the text is no JSON: such an error costs the whole message even with ignore-parse-errors. */
  isMalformed = false;
  /** Fields of the message that ignore-parse-errors has made NULL, and why the last of them. */
  nulled = 0;
  nulledBy: RivuletError | undefined;
  readonly format: string;
  constructor(format: string) { this.format = format; }

  /** The same memory as `bytes`, for reading words of four bytes. */
  view: DataView = EMPTY_VIEW;

  open(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes as TextBuffer;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.start = start;
    this.end = end;
    this.depth = 0;
    this.isMalformed = false;
    this.nulled = 0;
    skipFailure.tooDeep = false;
    this.at = end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf ? start + 3 : start;
  }
  /** Skips white space; the next byte, or -1 at the end. */
  next(): number {
    this.at = skipBlanks(this.bytes, this.at, this.end);
    return this.at < this.end ? this.bytes[this.at]! : -1;
  }
  /** Skips white space and takes the byte `wanted`. */
  expect(wanted: number): void {
    if (this.next() !== wanted) throw this.malformed();
    this.at++;
  }
  /** Takes `,` (true) or the closing byte (false) behind a member of a container. */
  more(close: number): boolean {
    const c = this.next();
    if (c === close) { this.at++; return false; }
    if (c !== 44) throw this.malformed();
    this.at++;
    return true;
  }
  enter(): void {
    this.at++;
    if (++this.depth > 1000) { skipFailure.tooDeep = true; throw this.malformed(); }
  }
  /** The name of a member, with its colon. */
  key(): string {
    if (this.next() !== 34) throw this.malformed();
    const name = this.string();
    this.expect(58);
    return name;
  }
  /** Steps over the value at the next byte. */
  skip(): void {
    this.next();
    const o = skipValue(this.bytes, this.at, this.end, this.depth);
    if (o < 0) throw this.malformed();
    this.at = o;
  }
  /** The literal at `at`: `null`, `true` or `false` by its length 4 or 5. */
  word(): void {
    const o = skipValue(this.bytes, this.at, this.end);
    if (o < 0) throw this.malformed();
    this.at = o;
  }
  /** The text of the number at `at`. */
  number(): string {
    const o = skipNumber(this.bytes, this.at, this.end);
    if (o < 0) throw this.malformed();
    const text = this.bytes.latin1Slice(this.at, o);
    this.at = o;
    return text;
  }
  /** The string whose opening quote stands at `at`. */
  string(): string {
    const b = this.bytes, start = this.at + 1, end = this.end;
    let o = start, high = 0;
    for (; ; o++) {
      if (o >= end) throw this.malformed();
      const c = b[o]!;
      if (c === 34) break;
      if (c === 92) return this.#escapedString(start, o, high);
      high |= c;
    }
    this.at = o + 1;
    if (high < 128) return b.latin1Slice(start, o);
    if (!isUtf8(b, start, o)) throw this.malformed('a string is not valid UTF-8');
    return b.utf8Slice(start, o);
  }
  #escapedString(start: number, firstEscape: number, highSoFar: number): string {
    const b = this.bytes, end = this.end;
    let text = '', from = start, high = highSoFar, hasSurrogate = false;
    for (let o = firstEscape; ;) {
      if (o >= end) throw this.malformed();
      const c = b[o]!;
      if (c !== 34 && c !== 92) { high |= c; o++; continue; }
      if (o > from) text += this.#slice(from, o, high);
      if (c === 34) { this.at = o + 1; break; }
      const escape = o + 1 < end ? b[o + 1]! : 0;
      if (escape === 117) {
        if (o + 6 > end) throw this.malformed();
        let unit = 0;
        for (let i = o + 2; i < o + 6; i++) { const digit = hexDigit(b[i]!); if (digit < 0) throw this.malformed('an escape in a string is not valid'); unit = unit << 4 | digit; }
        if (unit >= 0xd800 && unit <= 0xdfff) hasSurrogate = true;
        text += String.fromCharCode(unit);
        o += 6;
      } else {
        const plain = ESCAPES[escape];
        if (plain === undefined) throw this.malformed('an escape in a string is not valid');
        text += plain;
        o += 2;
      }
      from = o;
      high = 0;
    }
    return hasSurrogate && !text.isWellFormed() ? text.replace(LONE_SURROGATE, '?') : text;
  }
  #slice(from: number, to: number, high: number): string {
    if (high < 128) return this.bytes.latin1Slice(from, to);
    if (!isUtf8(this.bytes, from, to)) throw this.malformed('a string is not valid UTF-8');
    return this.bytes.utf8Slice(from, to);
  }
  /**
   * The value at the next byte as Jackson writes it again: no white space, shortest escapes, numbers with a fraction or exponent as
   * doubles (Flink's json format gives this to STRING columns for objects and arrays).
   */
  compacted(): string {
    this.next();
    const from = this.at;
    this.skip();
    return compact(this, from, this.at);
  }

  /** The error for a text that is no JSON. */
  malformed(rule?: string): RivuletError {
    this.isMalformed = true;
    const why = skipFailure.tooDeep ? 'nested deeper than 1000 levels' : rule ?? `not valid JSON near byte ${Math.max(0, Math.min(this.at, this.end) - this.start)}`;
    skipFailure.tooDeep = false;
    return badRecord({ format: this.format, rule: why, text: this.shortText() });
  }
  /** The error for a value that does not fit its column. */
  wrong(field: string, rule: string): RivuletError {
    return badRecord({ format: this.format, field, rule, text: this.shortText() });
  }
  shortText(): string { return shortened(this.bytes.toString('utf8', this.start, Math.min(this.end, this.start + 220))); }
}

const ESCAPES: readonly (string | undefined)[] = Array.from({ length: 128 }, (_, c) => ({ 34: '"', 92: '\\', 47: '/', 98: '\b', 102: '\f', 110: '\n', 114: '\r', 116: '\t' } as Record<number, string>)[c]);
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** `reader` is used for its string decoding; [from, end) is a valid value. */
function compact(reader: JsonReader, from: number, end: number): string {
  const b = reader.bytes;
  let text = '', copied = from, high = 0, o = from;
  const flush = (to: number): void => {
    if (to > copied) text += high < 128 ? b.latin1Slice(copied, to) : b.utf8Slice(copied, to);
    high = 0;
  };
  while (o < end) {
    const c = b[o]!;
    if (c === 34) {
      const stop = skipString(b, o, end);
      let plain = true;
      for (let i = o + 1; i < stop - 1; i++) { const x = b[i]!; high |= x; if (x === 92 || x < 32) plain = false; }
      if (!plain) {
        flush(o);
        const at = reader.at;
        reader.at = o;
        text += quoteJson(reader.string());
        reader.at = at;
        copied = stop;
      }
      o = stop;
    } else if (c === 32 || c === 10 || c === 13 || c === 9) {
      flush(o);
      copied = o = skipBlanks(b, o, end);
    } else if (c === 45 || (c >= 48 && c <= 57)) {
      const stop = skipNumber(b, o, end);
      const number = b.latin1Slice(o, stop);
      const written = rewriteNumber(number);
      if (written !== number) { flush(o); text += written; copied = stop; }
      o = stop;
    } else o++;
  }
  flush(end);
  return text;
}
function rewriteNumber(text: string): string {
  if (!/[.eE]/.test(text)) return text === '-0' ? '0' : text;
  const value = Number(text);
  return Number.isFinite(value) ? doubleText(value) : text;
}

const NEEDS_ESCAPE = /["\\\u0000-\u001f]/g;
const SHORT: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** A string as Jackson writes it. */
export function quoteJson(text: string): string {
  return `"${text.replace(NEEDS_ESCAPE, (c) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)}"`;
}
