/**
 * Expressions: binding powers from `precedence.ts`, chains in loops. Calls and functions with a syntax of their own are in `parse-function.ts`.
 */
import type { Expression, Identifier, IsTest, Like, Query } from './ast.ts';
import { BARE_FUNCTIONS, NEVER_FUNCTIONS } from './keywords.ts';
import type { Token } from './lexer.ts';
import { TypeParser } from './parse-type.ts';
import { ParserCore } from './parser-core.ts';
import { ADDITIVE, AT, COMPARISON, INFIX, type Infix, NOT, OTHER, UNARY } from './precedence.ts';
import { decodeHex, decodeString } from './string-literal.ts';

const OPERATOR_SYMBOLS = ['~', '~*', '!~', '!~*', '=', '<>', '<', '>', '<=', '>=', '+', '-', '*', '/', '%', '||', '->', '->>', '@>', '<@'] as const;
const RANGE_WORDS = new Set(['IN', 'BETWEEN', 'LIKE', 'ILIKE', 'SIMILAR', 'RLIKE', 'MEMBER', 'SUBMULTISET']);
const WHAT = 'an expression';

export abstract class ExpressionParser extends TypeParser {
  /** A word that starts an expression of its own kind (CASE, CAST, INTERVAL, EXTRACT …); undefined if it is just a name here. */
  protected abstract keywordExpression(token: Token): Expression | undefined;
  /** The current token is the `(` behind the name. */
  protected abstract call(name: readonly Identifier[], start: number): Expression;
  /** A query that goes on behind an operand in parentheses: set operators, ORDER BY, LIMIT. */
  protected abstract queryFrom(first: Query, start: number): Query;
  protected abstract get atQueryContinuation(): boolean;

  expression(min = 0): Expression {
    const outer = this.enter(), { start } = this.tok;
    const node = this.#infixes(this.#prefix(), start, min);
    this.leave(outer);
    return node;
  }

  /** SELECT, WITH, VALUES or TABLE t. */
  protected get atQuery(): boolean {
    const { word } = this.tok;
    return word === 'SELECT' || word === 'WITH' || word === 'VALUES' || (word === 'TABLE' && this.peek().word !== '(');
  }
  #runEnd = -1;
  #runTokens: readonly Token[] | undefined;
  /** At a `(`: true if the first thing behind this and all following parentheses is a query. The end of a run of parentheses is remembered, else n of them would cost n². */
  protected get parenthesisOpensQuery(): boolean {
    if (this.tok.word !== '(') return false;
    const { tokens, index } = this;
    if (this.#runTokens !== tokens || index >= this.#runEnd || tokens[this.#runEnd - 1]?.word !== '(') {
      let end = index;
      while (tokens[end]?.word === '(') end++;
      this.#runTokens = tokens;
      this.#runEnd = end;
    }
    const { word } = tokens[this.#runEnd] as Token;
    return word === 'SELECT' || word === 'WITH' || word === 'VALUES' || (word === 'TABLE' && tokens[this.#runEnd + 1]?.word !== '(');
  }

  /**
   * Behind a `(`, up to and with its `)`: a query, or expressions. `((SELECT 1) UNION …)` is a query and `((SELECT 1) + 1)` an expression: what
   * follows the inner parentheses decides, without a second attempt.
   */
  protected queryOrExpressions(): Query | Expression[] {
    if (this.atQuery) {
      const query = this.query();
      this.need(')');
      return query;
    }
    const outer = this.enter();
    let first: Expression;
    if (this.parenthesisOpensQuery) {
      const { start } = this.tok;
      this.next();
      const inner = this.queryOrExpressions();
      if (!Array.isArray(inner)) {
        if (this.take(')')) { this.leave(outer); return inner; }
        if (this.atQueryContinuation) {
          const query = this.queryFrom(inner, start);
          this.need(')');
          this.leave(outer);
          return query;
        }
      }
      first = this.#infixes(this.#inParentheses(inner, start), start, 0);
    } else first = this.expression();
    const items = [first];
    while (this.take(',')) items.push(this.expression());
    this.need(')');
    this.leave(outer);
    return items;
  }
  #inParentheses(inside: Query | Expression[], start: number): Expression {
    if (!Array.isArray(inside)) return { kind: 'subquery', query: inside, range: this.rangeFrom(start) };
    return inside.length === 1 ? inside[0] as Expression : { kind: 'row', explicit: false, items: inside, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- operands

  #prefix(): Expression {
    const token = this.tok, { start } = token;
    switch (token.type) {
      case 'word': return this.#word(token);
      case 'quoted': return this.#name(start);
      case 'number': return this.#number(token);
      case 'string': return this.#string(token);
      case 'parameter': {
        this.next();
        return { kind: 'parameter', index: Number(token.text), form: '$', range: this.tokenRange(token) };
      }
      case 'symbol': break;
      default: return this.fail(WHAT);
    }
    switch (token.word) {
      case '(': this.next(); return this.#inParentheses(this.queryOrExpressions(), start);
      case '-': case '+': {
        this.next();
        const operand = this.expression(UNARY);
        return { kind: 'unary', op: token.word, operand, range: this.rangeFrom(start) };
      }
      case '?': this.next(); return { kind: 'parameter', index: ++this.questionMarks, form: '?', range: this.tokenRange(token) };
      default: return this.fail(WHAT);
    }
  }

  #number(token: Token): Expression {
    const after = this.peek();
    if (after.start === token.end && (after.type === 'word' || after.type === 'number')) { this.next(); this.fail('a blank or an operator behind the number'); }
    this.next();
    return { kind: 'number', text: token.text, form: token.form as 'integer' | 'decimal' | 'double', range: this.tokenRange(token) };
  }

  /** Strings that follow each other on separate lines are one (SQL standard, Calcite, PostgreSQL). */
  #string(token: Token): Expression {
    const { start } = token;
    this.next();
    if (token.form === 'X') {
      let hex = decodeHex(token);
      while (this.tok.type === 'string' && this.tok.newLine) hex += decodeHex(this.next());
      return { kind: 'binaryLiteral', hex, range: this.rangeFrom(start) };
    }
    let escape = '\\';
    if (token.form === 'U&' && this.take('UESCAPE')) {
      escape = this.string('an escape character in quotes');
      if (escape.length !== 1 || /[0-9A-Fa-f+'"\s]/.test(escape)) this.fail('an escape character in quotes');
    }
    let value = decodeString(token, escape);
    while (this.tok.type === 'string' && this.tok.newLine) value += decodeString(this.next(), escape);
    return { kind: 'string', value, range: this.rangeFrom(start) };
  }

  #word(token: Token): Expression {
    const special = this.keywordExpression(token);
    if (special !== undefined) return special;
    const { word } = token;
    if (this.peek().word === '(' ? NEVER_FUNCTIONS.has(word) : this.refused.has(word) && (!BARE_FUNCTIONS.has(word) || this.peek().word === '.')) this.fail(WHAT);
    return this.#name(token.start);
  }

  /** A column or a call. */
  #name(start: number): Expression {
    const parts = [this.anyIdentifier(WHAT)];
    while (this.tok.word === '.' && ParserCore.isName(this.peek())) {
      this.next();
      parts.push(this.anyIdentifier());
    }
    if (this.tok.word === '(') return this.call(parts, start);
    const [first] = parts;
    if (first !== undefined && parts.length === 1 && !first.quoted && BARE_FUNCTIONS.has(first.value.toUpperCase())) {
      return { kind: 'call', name: { kind: 'name', parts, range: first.range }, bare: true, quantifier: undefined, args: [], orderBy: [], nulls: undefined, withinGroup: [], filter: undefined, over: undefined, range: first.range };
    }
    return { kind: 'column', parts, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- operators

  #infixes(first: Expression, start: number, min: number): Expression {
    let left = first;
    for (;;) {
      const infix = INFIX.get(this.tok.word);
      if (infix === undefined || (infix.level < min && !(infix.kind === 'is' && min <= ADDITIVE && this.#distinctAhead))) return left;
      const whole = this.#infix(infix, left, start);
      if (whole === undefined) return left;
      left = whole;
      this.grow();
    }
  }

  get #distinctAhead(): boolean { return this.peek().word === 'DISTINCT' || (this.peek().word === 'NOT' && this.peek(2).word === 'DISTINCT'); }

  /** The node of `left` and the operator at hand; undefined if the operator belongs to someone else. */
  #infix(infix: Infix, left: Expression, start: number): Expression | undefined {
    switch (infix.kind) {
      case 'binary': {
        this.next();
        return this.#binary(infix.op, left, this.expression(infix.level + 1), start);
      }
      case 'comparison': return this.#comparison(infix.op, left, start);
      case 'logical': {
        const operands = [left];
        while (this.take(infix.op)) operands.push(this.expression(infix.level + 1));
        return { kind: 'logical', op: infix.op, operands, range: this.rangeFrom(start) };
      }
      case 'is': return this.#is(left, start);
      case 'not':
        if (!RANGE_WORDS.has(this.peek().word)) return undefined;
        this.next();
        return this.#range(true, left, start);
      case 'in': case 'between': case 'like': return this.#range(false, left, start);
      case 'immediately': case 'member': case 'submultiset': case 'multiset': case 'operator': return this.#wordOperator(infix, left, start);
      case 'cast': {
        this.next();
        return { kind: 'cast', safe: false, operand: left, type: this.type(), range: this.rangeFrom(start) };
      }
      case 'dot':
        if (!ParserCore.isName(this.peek())) return undefined;
        this.next();
        return { kind: 'field', operand: left, field: this.anyIdentifier(), range: this.rangeFrom(start) };
      case 'bracket': return this.#bracket(left, start);
      case 'at': {
        if (this.peek().word !== 'TIME') return undefined;
        this.next();
        this.needWords('TIME', 'ZONE');
        return { kind: 'atTimeZone', operand: left, zone: this.expression(AT + 1), range: this.rangeFrom(start) };
      }
      case 'collate': {
        this.next();
        return { kind: 'collate', operand: left, collation: this.qualifiedName('a collation'), range: this.rangeFrom(start) };
      }
      default: return infix satisfies never;
    }
  }
  #binary(op: Extract<Expression, { kind: 'binary' }>['op'], left: Expression, right: Expression, start: number): Expression {
    return { kind: 'binary', op, left, right, range: this.rangeFrom(start) };
  }

  #comparison(op: '=' | '<>' | '<' | '>' | '<=' | '>=', left: Expression, start: number): Expression {
    this.next();
    const word = this.tok.word;
    if ((word !== 'ALL' && word !== 'ANY' && word !== 'SOME') || this.peek().word !== '(') return this.#binary(op, left, this.expression(COMPARISON + 1), start);
    const quantifier = word === 'ALL' ? 'ALL' : 'ANY';
    this.next();
    this.next();
    const right = this.queryOrExpressions();
    if (Array.isArray(right)) return { kind: 'quantifiedArray', op, quantifier, left, items: right, range: this.rangeFrom(start) };
    return { kind: 'quantifiedQuery', op, quantifier, left, query: right, range: this.rangeFrom(start) };
  }

  /** IN, BETWEEN, LIKE and kin; NOT is already consumed. */
  #range(negated: boolean, left: Expression, start: number): Expression {
    const { word } = this.next();
    switch (word) {
      case 'IN': {
        this.need('(');
        const right = this.queryOrExpressions();
        if (Array.isArray(right)) return { kind: 'inList', negated, operand: left, list: right, range: this.rangeFrom(start) };
        return { kind: 'inQuery', negated, operand: left, query: right, range: this.rangeFrom(start) };
      }
      case 'BETWEEN': {
        const symmetric = this.takeOne(['SYMMETRIC', 'ASYMMETRIC']) === 'SYMMETRIC', low = this.expression(OTHER);
        this.need('AND');
        const high = this.expression(OTHER);
        return { kind: 'between', negated, symmetric, operand: left, low, high, range: this.rangeFrom(start) };
      }
      case 'MEMBER': case 'SUBMULTISET': {
        this.need('OF');
        const whole = this.#binary(`${word} OF`, left, this.expression(COMPARISON + 1), start);
        return negated ? { kind: 'unary', op: 'NOT', operand: whole, range: whole.range } : whole;
      }
      default: {
        if (word === 'SIMILAR') this.need('TO');
        const op: Like['op'] = word === 'SIMILAR' ? 'SIMILAR TO' : word as 'LIKE' | 'ILIKE' | 'RLIKE';
        const pattern = this.expression(OTHER), escape = this.take('ESCAPE') ? this.expression(OTHER) : undefined;
        return { kind: 'like', op, negated, operand: left, pattern, escape, range: this.rangeFrom(start) };
      }
    }
  }

  #is(left: Expression, start: number): Expression {
    this.next();
    const negated = this.take('NOT');
    if (this.takeWords('DISTINCT', 'FROM')) return { kind: 'isDistinct', negated, left, right: this.expression(ADDITIVE), range: this.rangeFrom(start) };
    if (this.take('JSON')) return { kind: 'isJson', negated, what: this.takeOne(['VALUE', 'OBJECT', 'ARRAY', 'SCALAR']) ?? 'VALUE', operand: left, range: this.rangeFrom(start) };
    const test: IsTest['test'] | undefined = this.takeOne(['NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'EMPTY']) ?? (this.takeWords('A', 'SET') ? 'A SET' : undefined);
    return { kind: 'is', negated, test: test ?? this.fail('NULL'), operand: left, range: this.rangeFrom(start) };
  }

  #wordOperator(infix: Infix, left: Expression, start: number): Expression | undefined {
    switch (infix.kind) {
      case 'immediately': {
        if (this.peek().word !== 'PRECEDES' && this.peek().word !== 'SUCCEEDS') return undefined;
        this.next();
        const word = this.needOne(['PRECEDES', 'SUCCEEDS'] as const);
        return this.#binary(`IMMEDIATELY ${word}`, left, this.expression(COMPARISON + 1), start);
      }
      case 'multiset': {
        const word = this.peek().word;
        if (word !== 'UNION' && word !== 'INTERSECT' && word !== 'EXCEPT') return undefined;
        this.next();
        this.next();
        const all = this.takeOne(['ALL', 'DISTINCT']) === 'ALL';
        return this.#binary(all ? `MULTISET ${word} ALL` : `MULTISET ${word}`, left, this.expression(ADDITIVE + 1), start);
      }
      case 'operator': {
        if (this.peek().word !== '(') return undefined;
        this.next();
        this.next();
        while (this.tok.type === 'word' || this.tok.type === 'quoted') { this.next(); this.need('.'); }
        const op = this.needOne(OPERATOR_SYMBOLS, 'an operator');
        this.need(')');
        return this.#binary(op, left, this.expression(OTHER + 1), start);
      }
      default: return this.#range(false, left, start);
    }
  }

  /** `[i]`, `[i:j]`. */
  #bracket(left: Expression, start: number): Expression {
    this.next();
    const from = this.tok.word === ':' ? undefined : this.expression();
    if (from !== undefined && this.take(']')) return { kind: 'index', operand: left, index: from, range: this.rangeFrom(start) };
    this.need(':');
    const to = this.tok.word === ']' ? undefined : this.expression();
    this.need(']');
    return { kind: 'slice', operand: left, from, to, range: this.rangeFrom(start) };
  }

  protected notExpression(start: number): Expression {
    this.next();
    return { kind: 'unary', op: 'NOT', operand: this.expression(NOT), range: this.rangeFrom(start) };
  }
}
