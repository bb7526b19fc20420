/**
 * Text → tokens. Flink's lexical rules (back-tick names, `//` comments, hints, U&'', _UTF16'') with what PostgreSQL clients send
 * ("names", E'', $$…$$, $1, `::` and the operators of its catalogue queries).
 *
 * The lexer never throws: what it cannot read becomes a token of type BAD, reported by the parser when it gets there, so that an
 * earlier mistake is reported first and `splitStatements` works on any text. One pass, no look-back, linear in the length.
 */
import type { RivuletError } from '../../core/errors/define.ts';
import { emptyName, nameTooLong, stringTooLong, unexpectedCharacter, unterminatedToken } from '../../core/errors/syntax.ts';
import { MAX_NAME_LENGTH, MAX_STRING_LENGTH } from './limits.ts';

export type TokenType = 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol' | 'bad' | 'end';

export interface Token {
  readonly type: TokenType;
  readonly start: number;
  readonly end: number;
  /** The word in upper case, or the symbol; empty for everything else. What the parser compares. */
  readonly word: string;
  /** Word and number as written; quoted names and plain strings decoded; strings of a form `E` or `U&` raw between their quotes. */
  readonly text: string;
  /** Of a string: '' (plain, N'', _charset'', $$), 'E', 'U&' or 'X'. Of a number: 'integer', 'decimal' or 'double'. */
  readonly form: string;
  /** A line break stands between the token before and this one (decides whether two strings are one). */
  readonly newLine: boolean;
  readonly error: RivuletError | undefined;
}

const SPACE = 1, NAME_START = 2, NAME_PART = 4, DIGIT = 8;
const CLASS = new Uint8Array(128);
for (const c of ' \t\n\r\f\v') CLASS[c.charCodeAt(0)] = SPACE;
for (let c = 65; c <= 90; c++) { CLASS[c] = NAME_START | NAME_PART; CLASS[c + 32] = NAME_START | NAME_PART; }
for (const c of '_$') CLASS[c.charCodeAt(0)] = NAME_START | NAME_PART;
for (let c = 48; c <= 57; c++) CLASS[c] = DIGIT | NAME_PART;

const NL = 10, QUOTE = 39, DOUBLE_QUOTE = 34, BACK_TICK = 96, DOLLAR = 36, DOT = 46, MINUS = 45, SLASH = 47, STAR = 42, PLUS = 43, AMP = 38;
const UNICODE_NAME = /[\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}]/u;
/** No-break space, ideographic space, byte order mark: what copied text brings along. */
const isWideSpace = (c: number): boolean => c === 0xa0 || c === 0x3000 || c === 0xfeff;
const LOOKALIKES: Readonly<Record<string, string>> = { '，': ',', '；': ';', '（': '(', '）': ')', '‘': "'", '’': "'", '“': "'", '”': "'", '＝': '=', '。': '.', '：': ':', '＊': '*', '–': '-', '—': '-' };
/** Longest first. */
const SYMBOLS3 = new Set(['!~*', '->>', '#>>', '/*+']);
const SYMBOLS2 = new Set(['!~', '~*', '::', '=>', '->', '||', '<>', '!=', '<=', '>=', '#>', '@>', '<@']);
const SYMBOLS1 = new Set('+-*/%(),.;=<>[]{}?|~:^&#'.split(''));
/** Symbols that no longer symbol starts with, by character code: most of all symbols, made without a look at what follows. */
const ALONE: (string | undefined)[] = Array.from({ length: 128 }, (_, c) => ('+%(),.;[]{}?^&'.includes(String.fromCharCode(c)) ? String.fromCharCode(c) : undefined));

export class Lexer {
  readonly text: string;
  pos: number;
  #inHint = false;
  #newLine = false;
  constructor(text: string, pos = 0) { this.text = text; this.pos = pos; }

  /** Skips blanks and comments; at the end of a broken comment returns its BAD token. */
  #skipBlanks(): Token | undefined {
    const { text } = this;
    this.#newLine = false;
    for (;;) {
      const c = text.charCodeAt(this.pos);
      if (c === NL) { this.#newLine = true; this.pos++; }
      else if (c < 128 ? CLASS[c] === SPACE : isWideSpace(c)) this.pos++;
      else if ((c === MINUS || c === SLASH) && text.charCodeAt(this.pos + 1) === c) {
        const end = text.indexOf('\n', this.pos);
        this.pos = end < 0 ? text.length : end;
      } else if (c === SLASH && text.charCodeAt(this.pos + 1) === STAR && text.charCodeAt(this.pos + 2) !== PLUS) {
        const start = this.pos, end = text.indexOf('*/', start + 2);
        if (end < 0) return this.#bad(start, text.length, unterminatedToken({ what: 'comment', close: '*/' }, { range: { start, end: start + 2 } }));
        this.pos = end + 2;
      } else return undefined;
    }
  }

  next(): Token {
    const broken = this.#skipBlanks();
    if (broken !== undefined) return broken;
    const { text } = this, start = this.pos;
    if (start >= text.length) return this.#token('end', start, text.length, '', '', '');
    const c = text.charCodeAt(start), kind = c < 128 ? CLASS[c] as number : 0;
    if ((kind & NAME_START) !== 0) return this.#nameOrPrefixed(start, c);
    if (c === QUOTE) return this.#string(start, start, '');
    if (c === BACK_TICK || c === DOUBLE_QUOTE) return this.#quotedName(start, c);
    if ((kind & DIGIT) !== 0 || (c === DOT && this.#isDigit(start + 1))) return this.#number(start);
    if (c >= 128) {
      const point = String.fromCodePoint(text.codePointAt(start) as number);
      if (UNICODE_NAME.test(point)) return this.#word(start);
    }
    return this.#symbol(start);
  }

  /** Moves behind the `;` and blanks between statements without making tokens. */
  skipEmptyStatements(): void {
    for (;;) {
      const broken = this.#skipBlanks();
      if (broken !== undefined) { this.pos = broken.start; return; }
      if (this.text.charCodeAt(this.pos) !== 59) return;
      this.pos++;
    }
  }

  #token(type: TokenType, start: number, end: number, word: string, text: string, form: string): Token {
    this.pos = end;
    return { type, start, end, word, text, form, newLine: this.#newLine, error: undefined };
  }
  #bad(start: number, end: number, error: RivuletError): Token {
    this.pos = end;
    return { type: 'bad', start, end, word: '', text: '', form: '', newLine: this.#newLine, error };
  }
  #isDigit(at: number): boolean { const c = this.text.charCodeAt(at); return c >= 48 && c <= 57; }

  #nameOrPrefixed(start: number, c: number): Token {
    const { text } = this, next = text.charCodeAt(start + 1);
    if (next === QUOTE) {
      if (c === 0x58 || c === 0x78) return this.#string(start, start + 1, 'X');
      if (c === 0x45 || c === 0x65) return this.#escapeString(start);
      if (c === 0x4e || c === 0x6e) return this.#string(start, start + 1, '');
    }
    if ((c === 0x55 || c === 0x75) && next === AMP && text.charCodeAt(start + 2) === QUOTE) return this.#string(start, start + 2, 'U&');
    if (c === DOLLAR) {
      const dollar = this.#dollar(start);
      if (dollar !== undefined) return dollar;
    }
    return this.#word(start);
  }

  #word(start: number): Token {
    const { text } = this;
    let end = start;
    for (;;) {
      const c = text.charCodeAt(end);
      if (c < 128) { if (((CLASS[c] as number) & NAME_PART) === 0) break; end++; continue; }
      if (!(c >= 128)) break;
      const point = text.codePointAt(end) as number;
      if (!UNICODE_NAME.test(String.fromCodePoint(point))) break;
      end += point > 0xffff ? 2 : 1;
    }
    if (text.charCodeAt(end) === QUOTE && text.charCodeAt(start) === 95) return this.#string(start, end, '');
    if (end - start > MAX_NAME_LENGTH) return this.#bad(start, end, nameTooLong({ length: end - start, max: MAX_NAME_LENGTH }, { range: { start, end } }));
    const word = text.slice(start, end);
    return this.#token('word', start, end, word.toUpperCase(), word, '');
  }

  /** End of a text in quotes that escapes a quote by doubling it; -1 when it never ends. `from` is behind the opening quote. */
  #closing(quote: string, from: number): number {
    const { text } = this;
    for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 2)) if (text[at + 1] !== quote) return at;
    return -1;
  }

  /** `open`: position of the opening quote. */
  #string(start: number, open: number, form: string): Token {
    const { text } = this, close = this.#closing("'", open + 1);
    if (close < 0) return this.#bad(start, text.length, unterminatedToken({ what: 'string', close: "a single quote (')" }, { range: { start, end: open + 1 } }));
    const raw = text.slice(open + 1, close);
    if (raw.length > MAX_STRING_LENGTH) return this.#bad(start, close + 1, stringTooLong({ length: raw.length, max: MAX_STRING_LENGTH }, { range: { start, end: close + 1 } }));
    return this.#token('string', start, close + 1, '', raw.includes("'") ? raw.replaceAll("''", "'") : raw, form);
  }

  /** E'…': a backslash takes the next character along, so that \' does not close. */
  #escapeString(start: number): Token {
    const { text } = this;
    for (let at = start + 2; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c === 92) at++;
      else if (c === QUOTE) {
        if (text.charCodeAt(at + 1) === QUOTE) { at++; continue; }
        if (at - start > MAX_STRING_LENGTH) return this.#bad(start, at + 1, stringTooLong({ length: at - start, max: MAX_STRING_LENGTH }, { range: { start, end: at + 1 } }));
        return this.#token('string', start, at + 1, '', text.slice(start + 2, at), 'E');
      }
    }
    return this.#bad(start, text.length, unterminatedToken({ what: 'string', close: "a single quote (')" }, { range: { start, end: start + 2 } }));
  }

  #quotedName(start: number, c: number): Token {
    const quote = String.fromCharCode(c), { text } = this, close = this.#closing(quote, start + 1);
    if (close < 0) return this.#bad(start, text.length, unterminatedToken({ what: 'quoted name', close: c === BACK_TICK ? 'a back-tick (`)' : 'a double quote (")' }, { range: { start, end: start + 1 } }));
    const end = close + 1, raw = text.slice(start + 1, close);
    if (raw.length === 0) return this.#bad(start, end, emptyName({}, { range: { start, end } }));
    if (raw.length > MAX_NAME_LENGTH) return this.#bad(start, end, nameTooLong({ length: raw.length, max: MAX_NAME_LENGTH }, { range: { start, end } }));
    return this.#token('quoted', start, end, '', raw.includes(quote) ? raw.replaceAll(quote + quote, quote) : raw, '');
  }

  /** `$1`, `$$…$$`, `$tag$…$tag$`; undefined for a name that starts with a dollar sign, such as $f1. */
  #dollar(start: number): Token | undefined {
    const { text } = this;
    let end = start + 1;
    if (this.#isDigit(end)) {
      while (this.#isDigit(end)) end++;
      return this.#token('parameter', start, end, '', text.slice(start + 1, end), '$');
    }
    const first = text.charCodeAt(end);
    if (first !== DOLLAR && !(first < 128 ? ((CLASS[first] as number) & NAME_PART) !== 0 : first >= 128)) return this.#token('symbol', start, end, '$', '', '');
    for (let c = first; c < 128 && c !== DOLLAR && ((CLASS[c] as number) & NAME_PART) !== 0; c = text.charCodeAt(end)) end++;
    if (text.charCodeAt(end) !== DOLLAR) return undefined;
    end++;
    const tag = text.slice(start, end), close = text.indexOf(tag, end);
    if (close < 0) return this.#bad(start, text.length, unterminatedToken({ what: 'dollar-quoted string', close: tag.length > 32 ? 'the same tag' : tag }, { range: { start, end } }));
    if (close - end > MAX_STRING_LENGTH) return this.#bad(start, close + tag.length, stringTooLong({ length: close - end, max: MAX_STRING_LENGTH }, { range: { start, end: close + tag.length } }));
    return this.#token('string', start, close + tag.length, '', text.slice(end, close), '');
  }

  /** `1`, `1.5`, `1.`, `.5`, `1e10`. */
  #number(start: number): Token {
    const { text } = this;
    let end = start, form = 'integer';
    while (this.#isDigit(end)) end++;
    if (text.charCodeAt(end) === DOT) {
      form = 'decimal';
      end++;
      while (this.#isDigit(end)) end++;
    }
    const e = text.charCodeAt(end);
    if (e === 101 || e === 69) {
      const sign = text.charCodeAt(end + 1), digits = sign === PLUS || sign === MINUS ? end + 2 : end + 1;
      if (this.#isDigit(digits)) {
        form = 'double';
        end = digits;
        while (this.#isDigit(end)) end++;
      }
    }
    if (end - start > MAX_NAME_LENGTH) return this.#bad(start, end, stringTooLong({ length: end - start, max: MAX_NAME_LENGTH }, { range: { start, end } }));
    return this.#token('number', start, end, '', text.slice(start, end), form);
  }

  #symbol(start: number): Token {
    const { text } = this, alone = ALONE[text.charCodeAt(start)];
    if (alone !== undefined) return this.#token('symbol', start, start + 1, alone, '', '');
    let symbol = text.slice(start, start + 3);
    if (symbol.length < 3 || !SYMBOLS3.has(symbol)) {
      symbol = text.slice(start, start + 2);
      if (this.#inHint && symbol === '*/') { this.#inHint = false; return this.#token('symbol', start, start + 2, '*/', '', ''); }
      if (!SYMBOLS2.has(symbol)) {
        symbol = symbol.slice(0, 1);
        if (!SYMBOLS1.has(symbol)) {
          const character = String.fromCodePoint(text.codePointAt(start) as number), end = start + character.length;
          return this.#bad(start, end, unexpectedCharacter({ character, instead: LOOKALIKES[character] }, { range: { start, end } }));
        }
      }
    } else if (symbol === '/*+') this.#inHint = true;
    return this.#token('symbol', start, start + symbol.length, symbol, '', '');
  }
}
