/**
 * The cursor over tokens that every part of the parser stands on, with errors, names, options and hints.
 *
 * The parser is one object, written as a chain of classes (core → types → expressions → functions → queries → DDL → session → statements), a
 * link per file; links below call upward only through the abstract methods declared here. Plain recursive descent; binary
 * operators by binding power. It never backtracks: one token of look-ahead nearly everywhere, so the time is linear.
 *
 * Errors: the first run keeps no books. When it fails, the statement is parsed again with `notes` on: every test that failed at a
 * place is remembered, and the message is made of what was tried there (see `parser-failure.ts`).
 * Depth: `enter`/`leave` bound the recursion, `grow` the height that left-associative chains add without recursion.
 */
import type { SourceRange } from '../../core/errors/define.ts';
import { nestedTooDeeply, numberOutOfRange, tooManyTokens } from '../../core/errors/syntax.ts';
import type { Expression, Hint, HintArgument, Identifier, OptionNode, QualifiedName, Query } from './ast.ts';
import { REFUSED_NAMES } from './keywords.ts';
import { Lexer, type Token } from './lexer.ts';
import { MAX_NESTING_DEPTH, MAX_TOKENS } from './limits.ts';
import { failure, type Notes } from './parser-failure.ts';
import { decodeString } from './string-literal.ts';

export const MAX_INT = 2147483647;

export abstract class ParserCore {
  readonly text: string;
  readonly notes: Notes | undefined;
  protected readonly lexer: Lexer;
  /** Tokens of the statement at hand, up to and with its `;` or the end of the text. */
  protected tokens: Token[] = [];
  protected index = 0;
  protected tok!: Token;
  /** End of the token consumed last. */
  protected lastEnd: number;
  /** Number of `?` seen in the statement. */
  protected questionMarks = 0;
  /** The statement may hold passwords: its strings do not stand in messages. */
  protected hidesTexts = false;
  #tokenCount = 0;
  #depth = 0;
  #height = 0;

  /** Words that are no names unless quoted. */
  protected readonly refused: ReadonlySet<string>;

  constructor(text: string, pos: number, notes?: Notes, refused: ReadonlySet<string> = REFUSED_NAMES) {
    this.refused = refused;
    this.text = text;
    this.notes = notes;
    this.lexer = new Lexer(text, pos);
    this.lastEnd = pos;
  }

  abstract expression(min?: number): Expression;
  abstract query(): Query;

  // -------------------------------------------------------------------------------------------------------------- tokens

  /** Reads the tokens up to the next `;`. Statement blocks call it for each of their statements. */
  protected loadStatement(): void {
    const tokens: Token[] = [];
    for (;;) {
      const token = this.lexer.next();
      tokens.push(token);
      if (token.type === 'end' || token.word === ';') break;
      if (++this.#tokenCount > MAX_TOKENS) throw tooManyTokens({ max: MAX_TOKENS }, { range: { start: token.start, end: token.end } });
    }
    this.tokens = tokens;
    this.index = 0;
    this.tok = tokens[0] as Token;
  }
  protected next(): Token {
    const token = this.tok;
    this.lastEnd = token.end;
    if (this.index < this.tokens.length - 1) this.tok = this.tokens[++this.index] as Token;
    return token;
  }
  protected peek(ahead = 1): Token { return this.tokens[Math.min(this.index + ahead, this.tokens.length - 1)] as Token; }
  protected get atStatementEnd(): boolean { return this.tok.type === 'end' || this.tok.word === ';'; }

  protected note(what: string): false {
    this.notes?.add(this.tok.start, what);
    return false;
  }
  /** True if the current token is this word (upper case) or symbol. */
  protected at(word: string): boolean { return this.tok.word === word || (this.notes === undefined ? false : this.note(word)); }
  protected atWords(first: string, second: string, third?: string): boolean {
    if (!this.at(first) || this.peek().word !== second) return false;
    return third === undefined || this.peek(2).word === third;
  }
  protected take(word: string): boolean {
    if (!this.at(word)) return false;
    this.next();
    return true;
  }
  /** Takes all words or none. */
  protected takeWords(...words: readonly string[]): boolean {
    if (!this.at(words[0] as string)) return false;
    for (let i = 1; i < words.length; i++) if (this.peek(i).word !== words[i]) return false;
    for (let i = 0; i < words.length; i++) this.next();
    return true;
  }
  protected takeOne<T extends string>(words: readonly T[]): T | undefined {
    for (const word of words) if (this.take(word)) return word;
    return undefined;
  }
  protected need(word: string): void {
    if (this.tok.word !== word) this.fail(word);
    this.next();
  }
  protected needWords(...words: readonly string[]): void { for (const word of words) this.need(word); }
  protected needOne<T extends string>(words: readonly T[], what?: string): T { return this.takeOne(words) ?? this.fail(what ?? words[0] as string); }

  /** Remembers words that could have stood where a name without AS was taken for an alias. */
  protected noteAlternatives(words: readonly string[]): void { if (this.notes !== undefined) for (const word of words) this.note(word); }

  /** Throws. `what` is what should have stood here: a word of the language, a symbol, or a description such as `a table name`. */
  protected fail(what: string): never {
    this.note(what);
    throw failure(this.text, this.tok, this.tokens[this.index - 1], what, this.notes, this.hidesTexts);
  }

  /** As `fail`, for a token seen earlier. */
  protected failAt(token: Token, what: string): never {
    throw failure(this.text, token, undefined, what, undefined);
  }

  // -------------------------------------------------------------------------------------------------------------- depth

  /** Opens a level of recursion; returns what `leave` wants back. */
  protected enter(): number {
    if (++this.#depth > MAX_NESTING_DEPTH) this.#tooDeep();
    const outer = this.#height;
    this.#height = 0;
    return outer;
  }
  protected leave(outer: number): void {
    this.#depth--;
    const height = this.#height + 1;
    this.#height = height > outer ? height : outer;
    if (height > MAX_NESTING_DEPTH) this.#tooDeep();
  }
  /** What was parsed on this level so far becomes the child of a new node. */
  protected grow(): void { if (++this.#height > MAX_NESTING_DEPTH) this.#tooDeep(); }
  #tooDeep(): never { throw nestedTooDeeply({ max: MAX_NESTING_DEPTH }, { range: { start: this.tok.start, end: this.tok.end } }); }

  // -------------------------------------------------------------------------------------------------------------- small parts

  protected rangeFrom(start: number): SourceRange { return { start, end: this.lastEnd }; }
  protected tokenRange(token: Token): SourceRange { return { start: token.start, end: token.end }; }

  protected list<T>(item: () => T): T[] {
    const items = [item.call(this)];
    while (this.take(',')) items.push(item.call(this));
    return items;
  }
  /** `( item, … )`, one at least. */
  protected parenthesized<T>(item: () => T): T[] {
    this.need('(');
    const items = this.list(item);
    this.need(')');
    return items;
  }

  /** A quoted name, or a word that is not reserved. */
  protected get atName(): boolean { return this.tok.type === 'quoted' || (this.tok.type === 'word' && !this.refused.has(this.tok.word)); }
  protected static isName(token: Token): boolean { return token.type === 'quoted' || token.type === 'word'; }

  protected identifier(what = 'a name'): Identifier {
    if (!this.atName) this.fail(what);
    return this.anyIdentifier(what);
  }
  /** Also reserved words: behind a dot nothing else can stand. */
  protected anyIdentifier(what = 'a name'): Identifier {
    if (!ParserCore.isName(this.tok)) this.fail(what);
    const token = this.next();
    return { kind: 'identifier', value: token.text, quoted: token.type === 'quoted', range: { start: token.start, end: token.end } };
  }
  protected qualifiedName(what = 'a name'): QualifiedName {
    const start = this.tok.start, parts = [this.identifier(what)];
    while (this.tok.word === '.') {
      this.next();
      parts.push(this.anyIdentifier());
    }
    return { kind: 'name', parts, range: this.rangeFrom(start) };
  }
  protected nameList(): Identifier[] { return this.parenthesized(this.identifier); }

  /** A plain string literal, decoded. */
  protected string(what = "a string in '…'"): string {
    if (this.tok.type !== 'string' || this.tok.form === 'X') this.fail(what);
    return decodeString(this.next(), '\\');
  }
  protected optionalString(word: string): string | undefined { return this.take(word) ? this.string() : undefined; }
  protected wholeNumber(what = 'a whole number'): number {
    if (this.tok.type !== 'number' || this.tok.form !== 'integer') this.fail(what);
    const token = this.next(), value = Number(token.text);
    if (value > MAX_INT) throw numberOutOfRange({ what: 'number', text: token.text, max: MAX_INT }, { range: this.tokenRange(token) });
    return value;
  }

  protected ifNotExists(): boolean { return this.takeWords('IF', 'NOT', 'EXISTS'); }
  protected ifExists(): boolean { return this.takeWords('IF', 'EXISTS'); }

  /** `'key' = 'value'`; RisingWave's `'key' = SECRET name` is a reference. */
  protected option(): OptionNode {
    const keyToken = this.tok, key = this.string("an option key in '…'");
    this.need('=');
    const valueToken = this.tok, value = this.take('SECRET') ? `\${secret:${this.identifier('a secret name').value}}` : this.string("an option value in '…'");
    return { kind: 'option', key, value, keyRange: this.tokenRange(keyToken), valueRange: { start: valueToken.start, end: this.lastEnd }, range: this.rangeFrom(keyToken.start) };
  }
  protected options(): OptionNode[] { return this.parenthesized(this.option); }
  protected withOptions(): OptionNode[] | undefined { return this.take('WITH') ? this.options() : undefined; }

  /** Any number of `/*+ NAME(…), NAME(…) * /`; [] if there is none. */
  protected hints(): Hint[] {
    if (this.tok.word !== '/*+') return NO_HINTS;
    const hints: Hint[] = [];
    while (this.take('/*+')) {
      do hints.push(this.#hint()); while (this.take(',') || this.tok.type === 'word');
      this.need('*/');
    }
    return hints;
  }
  #hint(): Hint {
    const start = this.tok.start, name = this.anyIdentifier('a hint such as OPTIONS'), args: HintArgument[] = [];
    if (this.take('(') && !this.take(')')) {
      do args.push(this.#hintArgument()); while (this.take(','));
      this.need(')');
    }
    return { kind: 'hint', name, args, range: this.rangeFrom(start) };
  }
  #hintArgument(): HintArgument {
    const token = this.tok, start = token.start, { form, value } = this.#hintLiteral(), keyRange = this.rangeFrom(start);
    if (form === 'number' || !this.take('=')) return { kind: 'hintValue', form, value, range: keyRange };
    const valueStart = this.tok.start, right = this.#hintLiteral();
    return { kind: 'option', key: value, value: right.value, keyRange, valueRange: this.rangeFrom(valueStart), range: this.rangeFrom(start) };
  }
  #hintLiteral(): { form: 'name' | 'string' | 'number'; value: string } {
    if (this.tok.type === 'string') return { form: 'string', value: this.string() };
    if (this.tok.type === 'number') return { form: 'number', value: this.next().text };
    const parts = [this.anyIdentifier('a hint argument').value];
    while (this.take('.')) parts.push(this.anyIdentifier().value);
    return { form: 'name', value: parts.join('.') };
  }
}

const NO_HINTS: Hint[] = [];
