/** Walks over the tokens of a statement: what every piece of the grammar needs. Nesting is counted, never followed by recursion. */
import { mysqlDdlNotUnderstood } from '../../../../core/errors/mysql-ddl.ts';
import type { TableId } from '../contract.ts';
import { Lexer, type LexerMode, type Token } from './lexer.ts';

export class Cursor {
  readonly #lexer: Lexer;
  readonly #ahead: Token[] = [];
  /** Database of names without one. */
  readonly database: string;
  constructor(text: string, database: string, mode: LexerMode) {
    this.#lexer = new Lexer(text, mode);
    this.database = database;
  }
  peek(distance = 0): Token {
    while (this.#ahead.length <= distance) this.#ahead.push(this.#lexer.next());
    return this.#ahead[distance]!;
  }
  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#ahead.shift();
    return token;
  }
  get isEnd(): boolean { return this.peek().kind === 'end'; }
  is(...words: readonly string[]): boolean { return words.every((word, i) => this.peek(i).word === word); }
  isAny(words: ReadonlySet<string>): boolean { const { word } = this.peek(); return word !== '' && words.has(word); }
  isPunct(text: string, distance = 0): boolean { const token = this.peek(distance); return token.kind === 'punct' && token.text === text; }
  /** All of these words, one behind the other. */
  accept(...words: readonly string[]): boolean {
    if (!this.is(...words)) return false;
    for (const _ of words) this.take();
    return true;
  }
  acceptPunct(text: string): boolean {
    if (!this.isPunct(text)) return false;
    this.take();
    return true;
  }
  expect(...words: readonly string[]): void { if (!this.accept(...words)) this.fail(words.join(' ')); }
  expectPunct(text: string): void { if (!this.acceptPunct(text)) this.fail(text); }
  /** Never returns. */
  fail(wanted: string): never {
    const token = this.peek(), { text } = this.#lexer;
    throw mysqlDdlNotUnderstood({ wanted, found: token.kind === 'end' ? 'the end' : text.slice(token.start, token.start + 40), sql: text.slice(0, 300) });
  }

  /** A name: a word, or quoted. */
  name(): string {
    const token = this.peek();
    if (token.kind !== 'word' && token.kind !== 'name' && token.kind !== 'quoted') this.fail('a name');
    return this.take().text;
  }
  get isName(): boolean { const { kind } = this.peek(); return kind === 'word' || kind === 'name' || kind === 'quoted'; }
  /** `table` or `database.table`. */
  tableName(): TableId {
    const first = this.name();
    return this.acceptPunct('.') ? { database: first, table: this.name() } : { database: this.database, table: first };
  }
  /** A name of a column, perhaps behind those of its table and database. */
  columnName(): string {
    let name = this.name();
    while (this.acceptPunct('.')) name = this.name();
    return name;
  }
  /** A text literal. */
  string(): string {
    // An introducer says the character set of the literal; the text is in that of the statement all the same.
    if (this.peek().kind === 'word' && this.peek().text.startsWith('_') && this.peek(1).kind === 'string') this.take();
    const token = this.peek();
    if (token.kind !== 'string' && token.kind !== 'quoted') this.fail('a text');
    return this.take().text;
  }
  /** The value of an option: a name or a text. */
  option(): string { return this.peek().kind === 'string' ? this.string() : this.name(); }
  number(): number {
    if (this.peek().kind !== 'number') this.fail('a number');
    const value = Number(this.take().text);
    return Number.isSafeInteger(value) ? value : 0;
  }
  /** Over one token, or over everything to the bracket that closes this one. */
  skip(): void {
    if (!this.acceptPunct('(')) { this.take(); return; }
    for (let depth = 1; depth > 0; ) {
      const token = this.take();
      if (token.kind === 'end') this.fail(')');
      if (token.kind === 'punct') depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
    }
  }
  /** Over `( … )` when it stands here. */
  skipParentheses(): boolean {
    if (!this.isPunct('(')) return false;
    this.skip();
    return true;
  }
  /** Up to a comma or closing bracket outside of brackets, or the end. */
  skipItem(): void { while (!this.isEnd && !this.isPunct(',') && !this.isPunct(')')) this.skip(); }
}
