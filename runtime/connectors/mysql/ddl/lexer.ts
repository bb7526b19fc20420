/**
 * Tokens of a MySQL or MariaDB statement, made one at a time, so that a statement that concerns nobody costs its first words. Linear in
 * the text. What stands in executable comments (`/*!50100 … *\/`, `/*M! … *\/`) counts where the server would run it.
 *
 * A text in double quotes is a string or, with ANSI_QUOTES, a name; the grammar of DDL never allows both at a place, so the token says
 * only that it was quoted so.
 */
import type { ServerFacts } from '../contract.ts';

/** `word`: unquoted name or keyword, as written. `name`: in backticks. `quoted`: in double quotes. `string`: text literal. `punct`: one character. */
export type TokenKind = 'word' | 'name' | 'quoted' | 'string' | 'number' | 'punct' | 'end';
export interface Token {
  readonly kind: TokenKind;
  /** Without quotes and escapes. */
  readonly text: string;
  /** Words in upper case, else ''. */
  readonly word: string;
  /** Offset in the statement. */
  readonly start: number;
}
export interface LexerMode { readonly facts: Pick<ServerFacts, 'flavor' | 'version'>; /** `NO_BACKSLASH_ESCAPES` of `sql_mode`. */ readonly plainBackslash: boolean }

const ESCAPES: Readonly<Record<string, string>> = { 0: '\0', n: '\n', r: '\r', t: '\t', b: '\b', Z: '\u001a' };
const BLANK = /[ \t\n\r\f\v\u00a0]/, WORD = /[0-9A-Za-z$_\u0080-\uffff]/;
/** Everything that is neither blank, comment nor quoted, for jumping over it. */
const WORD_RUN = /[0-9A-Za-z$_\u0080-\uffff]+/y;

export class Lexer {
  readonly text: string;
  readonly #mode: LexerMode;
  #at = 0;
  /** Inside an executable comment that counts: its end is a blank. */
  #executing = false;
  #afterDot = false;
  constructor(text: string, mode: LexerMode) { this.text = text; this.#mode = mode; }

  next(): Token {
    this.#skipBlanks();
    const start = this.#at, c = this.text[start], afterDot = this.#afterDot;
    this.#afterDot = c === '.';
    if (c === undefined || c === ';') return { kind: 'end', text: '', word: '', start };
    if (c === '`') return this.#quoted('name', '`', start);
    if (c === '"') return this.#quoted('quoted', '"', start);
    if (c === "'") return this.#quoted('string', "'", start);
    if (!WORD.test(c)) { this.#at++; return { kind: 'punct', text: c, word: '', start }; }
    return this.#word(start, afterDot);
  }

  #word(start: number, afterDot: boolean): Token {
    WORD_RUN.lastIndex = start;
    const run = WORD_RUN.exec(this.text)?.[0] ?? '', end = this.text[start + run.length];
    this.#at = start + run.length;
    // A name may begin with a digit; behind a dot it may be nothing but digits.
    if (!afterDot && /^(\d+|\d+e\d+|0x[0-9a-f]+|0b[01]+)$/i.test(run)) return /^0x/i.test(run) ? { kind: 'string', text: hexText(run.slice(2)), word: '', start } : { kind: 'number', text: run, word: '', start };
    if (end === "'" && /^[xbn]$/i.test(run)) {
      const body = this.#quoted('string', "'", start);
      return /^x$/i.test(run) ? { ...body, text: hexText(body.text) } : /^b$/i.test(run) ? { ...body, text: bitText(body.text) } : body;
    }
    return { kind: 'word', text: run, word: run.toUpperCase(), start };
  }

  #quoted(kind: TokenKind, quote: string, start: number): Token {
    const { text } = this, escapes = kind !== 'name' && !this.#mode.plainBackslash;
    let out = '', from = this.text.indexOf(quote, start) + 1, at = from;
    for (; at < text.length; at++) {
      const c = text[at];
      if (c === quote) {
        if (text[at + 1] !== quote) break;
        out += text.slice(from, at + 1);
        at++;
        from = at + 1;
      } else if (c === '\\' && escapes) {
        const escaped = text[at + 1] ?? '';
        // \% and \_ keep their backslash outside of patterns.
        out += text.slice(from, at) + (escaped === '%' || escaped === '_' ? `\\${escaped}` : ESCAPES[escaped] ?? escaped);
        at++;
        from = at + 1;
      }
    }
    this.#at = at + 1;
    return { kind, text: out + text.slice(from, at), word: '', start };
  }

  #skipBlanks(): void {
    const { text } = this;
    for (;;) {
      const c = text[this.#at];
      if (c === undefined) return;
      if (BLANK.test(c)) this.#at++;
      else if (c === '#' || (c === '-' && text[this.#at + 1] === '-' && (text[this.#at + 2] === undefined || /\s/.test(text[this.#at + 2]!)))) this.#at = behind(text, '\n', this.#at);
      else if (c === '/' && text[this.#at + 1] === '*') this.#comment();
      else if (c === '*' && this.#executing && text[this.#at + 1] === '/') { this.#executing = false; this.#at += 2; } else return;
    }
  }
  #comment(): void {
    const opener = /\/\*(M?)!(\d{5,6})?/y;
    opener.lastIndex = this.#at;
    const found = opener.exec(this.text);
    if (found === null || this.#executing || !this.#runs(found[1] === 'M', found[2])) { this.#at = behind(this.text, '*/', this.#at + 2); return; }
    this.#executing = true;
    this.#at += found[0].length;
  }
  #runs(mariaDbOnly: boolean, since: string | undefined): boolean {
    const { flavor, version: [major, minor, patch] } = this.#mode.facts, own = major * 10_000 + minor * 100 + patch, number = since === undefined ? 0 : Number(since);
    if (flavor === 'mysql') return !mariaDbOnly && number <= own;
    // MariaDB leaves out what MySQL 5.7 and later added.
    return number <= own && (mariaDbOnly || number < 50_700 || number > 99_999);
  }
}

const behind = (text: string, what: string, from: number): number => { const at = text.indexOf(what, from); return at < 0 ? text.length : at + what.length; };
const hexText = (digits: string): string => Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex').toString('utf8');
const bitText = (bits: string): string => hexText((/^[01]{1,4096}$/.test(bits) ? BigInt(`0b${bits}`) : 0n).toString(16));
