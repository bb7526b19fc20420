/**
 * Expressions that start with a word: literals (DATE '…', INTERVAL …), CASE, CAST, constructors, calls with everything that may follow them, and the
 * functions with a syntax of their own. Source: Flink "System (Built-in) Functions", Calcite "SQL language".
 */
import type { Argument, Case, CaseBranch, DescriptorColumn, Expression, FunctionCall, Identifier, JsonArray, JsonBehavior, JsonEntry, JsonOnNull, NullTreatment, Query, SortItem, TableArgument, WindowFrame, WindowSpec, FrameBound } from './ast.ts';
import { ExpressionParser } from './parse-expression.ts';
import type { Token } from './lexer.ts';
import { ParserCore } from './parser-core.ts';
import { OTHER } from './precedence.ts';

type NamedValue = Exclude<Argument, { kind: 'namedArgument' }>;
/** Words `keywordExpression` knows; all others are names. */
const KEYWORDS = new Set(('NOT NULL TRUE FALSE UNKNOWN DEFAULT CASE CAST TRY_CAST INTERVAL DATE TIME TIMESTAMP EXISTS ARRAY MAP MULTISET ROW EXTRACT POSITION TRIM OVERLAY SUBSTRING CEIL CEILING FLOOR TIMESTAMPADD TIMESTAMPDIFF ' +
  'JSON_EXISTS JSON_VALUE JSON_QUERY JSON_OBJECT JSON_OBJECTAGG JSON_ARRAY JSON_ARRAYAGG').split(' '));
const NOTHING: never[] = [];

export abstract class FunctionParser extends ExpressionParser {
  protected keywordExpression(token: Token): Expression | undefined {
    const { word, start } = token;
    if (!KEYWORDS.has(word)) return undefined;
    const behind = this.peek(), open = behind.word === '(';
    switch (word) {
      case 'NOT': return this.notExpression(start);
      case 'NULL': this.next(); return { kind: 'null', range: this.tokenRange(token) };
      case 'TRUE': case 'FALSE': this.next(); return { kind: 'boolean', value: word === 'TRUE', range: this.tokenRange(token) };
      case 'UNKNOWN': this.next(); return { kind: 'boolean', value: null, range: this.tokenRange(token) };
      case 'DEFAULT': this.next(); return { kind: 'default', range: this.tokenRange(token) };
      case 'CASE': return this.#case(start);
      case 'INTERVAL': return behind.type === 'string' || behind.word === '-' || behind.word === '+' ? this.#interval(start) : undefined;
      case 'DATE': case 'TIME':
        if (behind.type !== 'string') return undefined;
        this.next();
        return { kind: 'temporal', type: word, value: this.string(), range: this.rangeFrom(start) };
      case 'TIMESTAMP': return this.#timestampLiteral(start);
      case 'ARRAY': case 'MAP': case 'MULTISET': return this.#collection(word, start);
    }
    return open ? this.#special(word, start) : undefined;
  }

  /** The word is followed by `(`. */
  #special(word: string, start: number): Expression | undefined {
    switch (word) {
      case 'CAST': case 'TRY_CAST': return this.#cast(word === 'TRY_CAST', start);
      case 'EXISTS': {
        this.next();
        this.next();
        const inside = this.queryOrExpressions();
        return Array.isArray(inside) ? this.fail('a query') : { kind: 'exists', query: inside, range: this.rangeFrom(start) };
      }
      case 'ROW': {
        this.next();
        this.next();
        const items = this.#expressionsUntil(')');
        return { kind: 'row', explicit: true, items, range: this.rangeFrom(start) };
      }
      case 'EXTRACT': {
        this.next();
        this.next();
        const unit = this.timeUnit();
        this.need('FROM');
        return { kind: 'extract', unit, operand: this.#last(), range: this.rangeFrom(start) };
      }
      case 'POSITION': return this.#separated(start, 'IN', 'FROM', OTHER);
      case 'SUBSTRING': return this.#separated(start, 'FROM', 'FOR', 0);
      case 'OVERLAY': return this.#overlay(start);
      case 'TRIM': return this.#trim(start);
      case 'FLOOR': case 'CEIL': case 'CEILING': return this.#roundToUnit(word === 'FLOOR' ? 'FLOOR' : 'CEIL', start);
      case 'TIMESTAMPADD': case 'TIMESTAMPDIFF': {
        this.next();
        this.next();
        const unit = this.timeUnit();
        this.need(',');
        const left = this.expression();
        this.need(',');
        return { kind: 'timestampFunction', function: word, unit, left, right: this.#last(), range: this.rangeFrom(start) };
      }
      default: return this.#json(word, start);
    }
  }
  /** The last expression of a call, with its `)`. */
  #last(): Expression {
    const value = this.expression();
    this.need(')');
    return value;
  }
  #expressionsUntil(close: string): Expression[] {
    if (this.take(close)) return NOTHING;
    const items = this.list(() => this.expression());
    this.need(close);
    return items;
  }

  #case(start: number): Case {
    this.next();
    const operand = this.at('WHEN') ? undefined : this.expression(), branches: CaseBranch[] = [];
    for (let from = this.tok.start; this.take('WHEN'); from = this.tok.start) {
      const conditions = operand === undefined ? [this.expression()] : this.list(() => this.expression());
      this.need('THEN');
      branches.push({ kind: 'caseBranch', conditions, result: this.expression(), range: this.rangeFrom(from) });
    }
    if (branches.length === 0) this.fail('WHEN');
    const otherwise = this.take('ELSE') ? this.expression() : undefined;
    this.need('END');
    return { kind: 'case', operand, branches, otherwise, range: this.rangeFrom(start) };
  }

  #cast(safe: boolean, start: number): Expression {
    this.next();
    this.next();
    const operand = this.expression();
    this.need('AS');
    const type = this.type();
    this.need(')');
    return { kind: 'cast', safe, operand, type, range: this.rangeFrom(start) };
  }

  /** A unit must follow; only PostgreSQL's form, with the unit inside the string, goes without. */
  #interval(start: number): Expression {
    this.next();
    const negative = this.take('-');
    if (!negative) this.take('+');
    const value = this.string();
    const qualifier = this.atUnit || !/[A-Za-z]/.test(value) ? this.intervalQualifier() : undefined;
    return { kind: 'interval', negative, value, qualifier, range: this.rangeFrom(start) };
  }

  #timestampLiteral(start: number): Expression | undefined {
    const behind = this.peek();
    if (behind.type === 'string') {
      this.next();
      return { kind: 'temporal', type: 'TIMESTAMP', value: this.string(), range: this.rangeFrom(start) };
    }
    if (behind.word !== 'WITH' || this.peek(2).word !== 'LOCAL') return undefined;
    this.next();
    this.needWords('WITH', 'LOCAL', 'TIME', 'ZONE');
    return { kind: 'temporal', type: 'TIMESTAMP_LTZ', value: this.string(), range: this.rangeFrom(start) };
  }

  /** `ARRAY[…]`, `MAP[k, v, …]`, `ARRAY(SELECT …)`; with other arguments it is a call. */
  #collection(collection: 'ARRAY' | 'MAP' | 'MULTISET', start: number): Expression | undefined {
    const open = this.peek().word;
    if (open === '[') {
      this.next();
      this.next();
      const items = this.#expressionsUntil(']'), range = this.rangeFrom(start);
      if (collection !== 'MAP') return { kind: 'array', collection, items, range };
      return items.length % 2 === 0 ? { kind: 'map', items, range } : this.fail('a value for each key of the map');
    }
    if (open !== '(') return undefined;
    const nameToken = this.tok, { word } = this.peek(2);
    if (word !== 'SELECT' && word !== 'WITH' && word !== 'VALUES' && word !== '(' && (word !== 'TABLE' || this.peek(3).word === '(')) return undefined;
    this.next();
    this.next();
    const inside = this.queryOrExpressions();
    return Array.isArray(inside) ? this.#plainCall(inside, nameToken) : { kind: 'collectionQuery', collection, query: inside, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- calls

  protected call(parts: readonly Identifier[], start: number): FunctionCall {
    const name = { kind: 'name', parts, range: this.rangeFrom(start) } as const;
    this.need('(');
    const quantifier = this.takeOne(['DISTINCT', 'ALL'] as const);
    const args = this.at(')') || this.at('ORDER') ? NOTHING : this.list(this.argument);
    const early = this.#nullTreatment(), orderBy = this.optionalOrderBy(), nulls = early ?? this.#nullTreatment();
    this.need(')');
    return this.#afterCall(name, args, quantifier, orderBy, nulls, start);
  }
  #plainCall(args: readonly Argument[], nameToken: Token): FunctionCall {
    const range = this.tokenRange(nameToken);
    return this.#afterCall({ kind: 'name', parts: [{ kind: 'identifier', value: nameToken.text, quoted: false, range }], range }, args, undefined, NOTHING, undefined, nameToken.start);
  }
  #afterCall(name: FunctionCall['name'], args: readonly Argument[], quantifier: FunctionCall['quantifier'], orderBy: readonly SortItem[], inside: NullTreatment | undefined, start: number): FunctionCall {
    let withinGroup: readonly SortItem[] = NOTHING;
    if (this.takeWords('WITHIN', 'GROUP')) {
      this.needWords('(', 'ORDER', 'BY');
      withinGroup = this.list(this.sortItem);
      this.need(')');
    }
    const filter = this.#filter(), nulls = inside ?? this.#nullTreatment();
    const over = this.take('OVER') ? (this.tok.word === '(' ? this.windowSpec() : this.identifier('a window')) : undefined;
    return { kind: 'call', name, bare: false, quantifier, args, orderBy, nulls, withinGroup, filter, over, range: this.rangeFrom(start) };
  }
  #nullTreatment(): NullTreatment | undefined {
    if (this.takeWords('IGNORE', 'NULLS')) return 'IGNORE NULLS';
    return this.takeWords('RESPECT', 'NULLS') ? 'RESPECT NULLS' : undefined;
  }
  #filter(): Expression | undefined {
    if (this.tok.word !== 'FILTER' || this.peek().word !== '(') return undefined;
    this.next();
    this.next();
    this.need('WHERE');
    return this.#last();
  }

  protected argument(): Argument {
    const { start } = this.tok;
    if (ParserCore.isName(this.tok) && this.peek().word === '=>') {
      const name = this.anyIdentifier();
      this.next();
      return { kind: 'namedArgument', name, value: this.#value(), range: this.rangeFrom(start) };
    }
    return this.#value();
  }
  #value(): NamedValue {
    const { start, word } = this.tok;
    if (word === '*') {
      this.next();
      return { kind: 'star', qualifier: NOTHING, range: this.rangeFrom(start) };
    }
    if (word === 'TABLE' && ParserCore.isName(this.peek())) {
      this.next();
      return this.#tableArgument(this.qualifiedName('a table name'), start);
    }
    if (word === 'DESCRIPTOR' && this.peek().word === '(') {
      this.next();
      return { kind: 'descriptor', columns: this.parenthesized(this.#descriptorColumn), range: this.rangeFrom(start) };
    }
    if (this.atQuery) return { kind: 'subquery', query: this.query(), range: this.rangeFrom(start) };
    const star = this.qualifiedStar();
    if (star !== undefined) return star;
    const value = this.expression();
    return value.kind === 'subquery' && this.at('PARTITION') ? this.#tableArgument(value.query, start) : value;
  }
  /** `TABLE t PARTITION BY k ORDER BY ts`; several keys stand in parentheses. */
  #tableArgument(source: TableArgument['source'], start: number): TableArgument {
    const hints = this.hints();
    const partitionBy = this.takeWords('PARTITION', 'BY') ? (this.tok.word === '(' ? this.parenthesized(() => this.expression()) : [this.expression()]) : NOTHING;
    const orderBy = this.takeWords('ORDER', 'BY') ? (this.tok.word === '(' ? this.parenthesized(this.sortItem) : [this.sortItem()]) : NOTHING;
    return { kind: 'tableArgument', source, hints, partitionBy, orderBy, range: this.rangeFrom(start) };
  }
  #descriptorColumn(): DescriptorColumn {
    const { start } = this.tok, name = this.identifier('a column name');
    const type = this.tok.word === ',' || this.tok.word === ')' ? undefined : this.type();
    return { kind: 'descriptorColumn', name, type, range: this.rangeFrom(start) };
  }
  /** `t.*`, `a.b.*`. */
  protected qualifiedStar(): Expression | undefined {
    if (!ParserCore.isName(this.tok) || this.peek().word !== '.') return undefined;
    let ahead = 2;
    while (ParserCore.isName(this.peek(ahead)) && this.peek(ahead + 1).word === '.') ahead += 2;
    if (this.peek(ahead).word !== '*') return undefined;
    const { start } = this.tok, qualifier = [this.identifier('a table name')];
    while (this.take('.') && this.tok.word !== '*') qualifier.push(this.anyIdentifier());
    this.need('*');
    return { kind: 'star', qualifier, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- order and windows

  protected optionalOrderBy(): readonly SortItem[] { return this.takeWords('ORDER', 'BY') ? this.list(this.sortItem) : NOTHING; }
  protected sortItem(): SortItem {
    const { start } = this.tok, expression = this.expression(), descending = this.takeOne(['ASC', 'DESC'] as const) === 'DESC';
    const nulls = this.take('NULLS') ? this.needOne(['FIRST', 'LAST'] as const) : undefined;
    return { kind: 'sortItem', expression, descending, nulls, range: this.rangeFrom(start) };
  }
  protected windowSpec(): WindowSpec {
    const { start } = this.tok;
    this.need('(');
    const base = this.atName ? this.identifier() : undefined;
    const partitionBy = this.takeWords('PARTITION', 'BY') ? this.list(() => this.expression()) : NOTHING, orderBy = this.optionalOrderBy();
    const unit = this.takeOne(['ROWS', 'RANGE'] as const), frame = unit === undefined ? undefined : this.#frame(unit);
    this.need(')');
    return { kind: 'windowSpec', base, partitionBy, orderBy, frame, range: this.rangeFrom(start) };
  }
  #frame(unit: 'ROWS' | 'RANGE'): WindowFrame {
    const start = this.lastEnd - unit.length, between = this.take('BETWEEN'), from = this.#bound();
    if (between) this.need('AND');
    return { kind: 'windowFrame', unit, from, to: between ? this.#bound() : undefined, range: this.rangeFrom(start) };
  }
  #bound(): FrameBound {
    const { start } = this.tok;
    if (this.takeWords('CURRENT', 'ROW')) return { kind: 'CURRENT ROW', range: this.rangeFrom(start) };
    if (this.take('UNBOUNDED')) return { kind: this.needOne(['PRECEDING', 'FOLLOWING'] as const) === 'PRECEDING' ? 'UNBOUNDED PRECEDING' : 'UNBOUNDED FOLLOWING', range: this.rangeFrom(start) };
    const offset = this.expression(OTHER), kind = this.needOne(['PRECEDING', 'FOLLOWING'] as const);
    return { kind, offset, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- functions with words between their arguments

  /** `F(a WORD1 b [WORD2 c])`, or ordinary arguments. */
  #separated(start: number, first: string, second: string, level: number): Expression {
    const nameToken = this.next();
    this.need('(');
    const args = [this.expression(level)];
    if (this.take(first)) {
      args.push(this.expression());
      if (this.take(second)) args.push(this.expression());
    } else if (second === 'FOR' && this.take('FOR')) args.push({ kind: 'number', text: '1', form: 'integer', range: { start, end: start } }, this.expression());
    else while (this.take(',')) args.push(this.expression());
    this.need(')');
    return this.#plainCall(args, nameToken);
  }
  #overlay(start: number): Expression {
    const nameToken = this.next();
    this.need('(');
    const args = [this.expression()];
    if (this.take('PLACING')) {
      args.push(this.expression());
      this.need('FROM');
      args.push(this.expression());
      if (this.take('FOR')) args.push(this.expression());
    } else while (this.take(',')) args.push(this.expression());
    this.need(')');
    return start === nameToken.start ? this.#plainCall(args, nameToken) : this.fail('PLACING');
  }
  #trim(start: number): Expression {
    this.next();
    this.next();
    const mode = this.takeOne(['BOTH', 'LEADING', 'TRAILING'] as const) ?? 'BOTH';
    if (this.take('FROM')) return { kind: 'trim', mode, characters: undefined, operand: this.#last(), range: this.rangeFrom(start) };
    const first = this.expression();
    if (this.take('FROM')) return { kind: 'trim', mode, characters: first, operand: this.#last(), range: this.rangeFrom(start) };
    this.need(')');
    return { kind: 'trim', mode, characters: undefined, operand: first, range: this.rangeFrom(start) };
  }
  #roundToUnit(name: 'FLOOR' | 'CEIL', start: number): Expression {
    const nameToken = this.next();
    this.need('(');
    const operand = this.expression();
    if (this.take('TO')) {
      const unit = this.timeUnit();
      this.need(')');
      return { kind: 'roundToUnit', function: name, operand, unit, range: this.rangeFrom(start) };
    }
    const args = [operand];
    while (this.take(',')) args.push(this.expression());
    this.need(')');
    return this.#plainCall(args, nameToken);
  }

  // -------------------------------------------------------------------------------------------------------------- JSON

  #json(word: string, start: number): Expression | undefined {
    this.next();
    this.next();
    switch (word) {
      case 'JSON_OBJECT': case 'JSON_OBJECTAGG': return this.#jsonObject(word === 'JSON_OBJECTAGG', start);
      case 'JSON_ARRAY': case 'JSON_ARRAYAGG': return this.#jsonArray(word === 'JSON_ARRAYAGG', start);
    }
    const input = this.expression();
    this.need(',');
    const path = this.expression();
    if (word === 'JSON_EXISTS') {
      const onError = this.#behavior(['ERROR'])?.behavior;
      this.need(')');
      return { kind: 'jsonExists', input, path, onError, range: this.rangeFrom(start) };
    }
    const returning = this.take('RETURNING') ? this.type() : undefined;
    const wrapper = word === 'JSON_QUERY' ? this.#wrapper() : undefined;
    let onEmpty: JsonBehavior | undefined, onError: JsonBehavior | undefined;
    for (let found = this.#behavior(['EMPTY', 'ERROR']); found !== undefined; found = onError === undefined ? this.#behavior(['EMPTY', 'ERROR']) : undefined) {
      if (found.on === 'EMPTY') onEmpty = found.behavior;
      else onError = found.behavior;
    }
    this.need(')');
    const range = this.rangeFrom(start);
    return word === 'JSON_VALUE' ? { kind: 'jsonValue', input, path, returning, onEmpty, onError, range } : { kind: 'jsonQuery', input, path, returning, wrapper, onEmpty, onError, range };
  }
  #wrapper(): 'WITHOUT' | 'CONDITIONAL' | 'UNCONDITIONAL' | undefined {
    const word = this.takeOne(['WITHOUT', 'WITH'] as const);
    if (word === undefined) return undefined;
    const condition = word === 'WITH' ? this.takeOne(['CONDITIONAL', 'UNCONDITIONAL'] as const) : undefined;
    this.take('ARRAY');
    this.need('WRAPPER');
    return word === 'WITHOUT' ? 'WITHOUT' : condition ?? 'UNCONDITIONAL';
  }
  #behavior(events: readonly ('EMPTY' | 'ERROR')[]): { behavior: JsonBehavior; on: 'EMPTY' | 'ERROR' } | undefined {
    const { start } = this.tok;
    let behavior: JsonBehavior;
    if (this.take('DEFAULT')) behavior = { kind: 'DEFAULT', value: this.expression(OTHER), range: this.rangeFrom(start) };
    else {
      const kind = this.takeOne(['NULL', 'ERROR', 'TRUE', 'FALSE', 'UNKNOWN', 'EMPTY'] as const);
      if (kind === undefined) return undefined;
      if (kind !== 'EMPTY') behavior = { kind, range: this.rangeFrom(start) };
      else behavior = { kind: this.takeOne(['ARRAY', 'OBJECT'] as const) === 'OBJECT' ? 'EMPTY OBJECT' : 'EMPTY ARRAY', range: this.rangeFrom(start) };
    }
    this.need('ON');
    return { behavior, on: this.needOne(events) };
  }

  #onNull(): JsonOnNull | undefined {
    if (this.takeWords('NULL', 'ON', 'NULL')) return 'NULL';
    return this.takeWords('ABSENT', 'ON', 'NULL') ? 'ABSENT' : undefined;
  }
  #jsonObject(aggregate: boolean, start: number): Expression {
    const entries: JsonEntry[] = [];
    let onNull = this.#onNull();
    if (onNull === undefined && this.tok.word !== ')') {
      do entries.push(this.#jsonEntry()); while (!aggregate && this.take(','));
      onNull = this.#onNull();
    }
    if (aggregate && entries.length === 0) this.fail('KEY');
    this.need(')');
    const filter = aggregate ? this.#filter() : undefined;
    return { kind: 'jsonObject', aggregate, entries, onNull, filter, range: this.rangeFrom(start) };
  }
  /** `[KEY] k VALUE v`, `k : v`, `k, v`. */
  #jsonEntry(): JsonEntry {
    const { start } = this.tok, behind = this.peek().word;
    if (this.tok.word === 'KEY' && behind !== 'VALUE' && behind !== ':' && behind !== ',' && behind !== '.') this.next();
    const key = this.expression();
    if (!this.take('VALUE') && !this.take(':') && !this.take(',')) this.fail('VALUE');
    return { kind: 'jsonEntry', key, value: this.expression(), range: this.rangeFrom(start) };
  }
  #jsonArray(aggregate: boolean, start: number): JsonArray {
    const items: Expression[] = [];
    let onNull = this.#onNull(), orderBy: readonly SortItem[] = NOTHING;
    if (onNull === undefined && this.tok.word !== ')') {
      do items.push(this.#jsonItem()); while (!aggregate && this.take(','));
      if (aggregate) orderBy = this.optionalOrderBy();
      onNull = this.#onNull();
    }
    if (aggregate && items.length === 0) this.fail('an expression');
    this.need(')');
    if (aggregate && this.takeWords('WITHIN', 'GROUP')) {
      this.needWords('(', 'ORDER', 'BY');
      orderBy = this.list(this.sortItem);
      this.need(')');
    }
    const filter = aggregate ? this.#filter() : undefined;
    return { kind: 'jsonArray', aggregate, items, orderBy, onNull, filter, range: this.rangeFrom(start) };
  }
  #jsonItem(): Expression {
    const { start } = this.tok;
    return this.atQuery ? { kind: 'subquery', query: this.query() satisfies Query, range: this.rangeFrom(start) } : this.expression();
  }
}
