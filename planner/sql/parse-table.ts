/** What stands behind FROM: tables, subqueries, table functions, UNNEST, joins, MATCH_RECOGNIZE. Source: Flink "Joins", "Window TVF", "Pattern Recognition". */
import type { DerivedTable, Expression, Identifier, Join, MatchDefinition, MatchMeasure, MatchPattern, MatchRecognize, MatchSkip, MatchSubset, PatternGroup, PatternQuantifier, Query, TableAlias, TableReference } from './ast.ts';
import { FunctionParser } from './parse-function.ts';

const NOTHING: never[] = [];
const ONCE: PatternQuantifier = { min: 1, max: 1, reluctant: false };
const BEHIND_TABLE = 'WHERE JOIN LEFT RIGHT FULL INNER CROSS NATURAL GROUP HAVING ORDER LIMIT OFFSET FETCH UNION EXCEPT INTERSECT WINDOW QUALIFY MATCH_RECOGNIZE'.split(' ');
const A_TABLE = 'a table name';

export abstract class TableParser extends FunctionParser {
  /** One entry of the FROM list: a table with all its joins. */
  protected tableReference(): TableReference {
    const { start } = this.tok;
    return this.#joins(this.#table(), start);
  }

  #joins(first: TableReference, start: number): TableReference {
    let left = first;
    for (;;) {
      const natural = this.take('NATURAL'), type = this.#joinType();
      if (type === undefined) {
        if (natural) this.fail('JOIN');
        return left;
      }
      const right = this.#table();
      let on: Expression | undefined, using: readonly Identifier[] = NOTHING;
      if (type !== 'CROSS' && !natural) {
        if (this.take('ON')) on = this.expression();
        else if (this.take('USING')) using = this.nameList();
      }
      left = { kind: 'join', type, natural, left, right, on, using, range: this.rangeFrom(start) };
      this.grow();
    }
  }
  #joinType(): Join['type'] | undefined {
    if (this.take('JOIN')) return 'INNER';
    if (this.takeWords('CROSS', 'JOIN')) return 'CROSS';
    if (this.takeWords('INNER', 'JOIN')) return 'INNER';
    const side = this.takeOne(['LEFT', 'RIGHT', 'FULL'] as const);
    if (side === undefined) return undefined;
    const half = side === 'LEFT' ? this.takeOne(['SEMI', 'ANTI'] as const) : undefined;
    if (half === undefined) this.take('OUTER');
    this.need('JOIN');
    return half === undefined ? side : `LEFT ${half}`;
  }

  #table(): TableReference {
    const outer = this.enter(), { start } = this.tok;
    let table = this.#primaryTable(start);
    while (this.at('MATCH_RECOGNIZE')) {
      table = this.#matchRecognize(table, start);
      this.grow();
    }
    this.leave(outer);
    return table;
  }
  #primaryTable(start: number): TableReference {
    const lateral = this.take('LATERAL');
    if (this.tok.word === '(') {
      const inside = this.#parenthesized();
      return inside.kind === 'query' ? this.#derived(inside, lateral, start) : lateral ? this.fail('a query') : inside;
    }
    if (this.at('TABLE') && this.peek().word === '(') return this.#tableFunction(lateral, true, start);
    if (this.take('UNNEST')) {
      const operands = this.parenthesized(() => this.expression()), ordinality = this.takeWords('WITH', 'ORDINALITY');
      return { kind: 'unnest', lateral, operands, ordinality, alias: this.#alias(), range: this.rangeFrom(start) };
    }
    const name = this.qualifiedName(A_TABLE);
    if (this.tok.word === '(') {
      const call = this.call(name.parts, start), ordinality = this.takeWords('WITH', 'ORDINALITY'), hints = this.hints();
      return { kind: 'tableFunction', lateral, wrapped: false, call, ordinality, hints, alias: this.#alias(), range: this.rangeFrom(start) };
    }
    if (lateral) this.fail('TABLE');
    let hints = this.hints();
    const asOf = this.takeWords('FOR', 'SYSTEM_TIME', 'AS', 'OF') ? this.expression() : undefined;
    if (hints.length === 0) hints = this.hints();
    const alias = this.#alias();
    if (hints.length === 0) hints = this.hints();
    return { kind: 'namedTable', name, hints, asOf, alias, range: this.rangeFrom(start) };
  }

  /** `TABLE(f(…))`. */
  #tableFunction(lateral: boolean, wrapped: boolean, start: number): TableReference {
    this.next();
    this.need('(');
    const at = this.tok, call = this.expression();
    if (call.kind !== 'call' || call.bare) {
      this.note('a table function');
      return call.kind === 'column' && this.tok.word !== ')' ? this.fail('"("') : this.failAt(at, 'a call of a table function such as TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL \'1\' MINUTE)');
    }
    this.need(')');
    const hints = this.hints();
    return { kind: 'tableFunction', lateral, wrapped, call, ordinality: false, hints, alias: this.#alias(), range: this.rangeFrom(start) };
  }

  /** At `(`: a query, or a table reference with its joins. Decided by what follows an inner query, as in `queryOrExpressions`. */
  #parenthesized(): Query | TableReference {
    const outer = this.enter();
    this.next();
    let inside: Query | TableReference;
    if (this.atQuery) inside = this.query();
    else if (this.parenthesisOpensQuery) {
      const { start } = this.tok, inner = this.#parenthesized();
      if (inner.kind !== 'query') inside = this.#joins(inner, start);
      else if (this.tok.word === ')') inside = inner;
      else inside = this.atQueryContinuation ? this.queryFrom(inner, start) : this.#joins(this.#derived(inner, false, start), start);
    } else inside = this.tableReference();
    this.need(')');
    this.leave(outer);
    return inside;
  }
  #derived(query: Query, lateral: boolean, start: number): DerivedTable {
    const hints = this.hints();
    return { kind: 'derivedTable', lateral, query, hints, alias: this.#alias(), range: this.rangeFrom(start) };
  }

  #alias(): TableAlias | undefined {
    const { start } = this.tok;
    if (!this.take('AS')) {
      if (!this.atName) return undefined;
      this.noteAlternatives(BEHIND_TABLE);
    }
    const name = this.identifier('a table alias'), columns = this.tok.word === '(' ? this.nameList() : NOTHING;
    return { kind: 'tableAlias', name, columns, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- MATCH_RECOGNIZE

  #matchRecognize(input: TableReference, start: number): MatchRecognize {
    this.next();
    this.need('(');
    const partitionBy = this.takeWords('PARTITION', 'BY') ? this.list(() => this.expression()) : NOTHING, orderBy = this.optionalOrderBy();
    const measures = this.take('MEASURES') ? this.list(this.#measure) : NOTHING, rowsPerMatch = this.#rowsPerMatch(), skip = this.#skip();
    this.need('PATTERN');
    this.need('(');
    const strictStart = this.take('^'), from = this.tok.start, pattern = this.#alternatives(from), strictEnd = this.take('$');
    this.need(')');
    const within = this.take('WITHIN') ? this.expression() : undefined, subsets = this.take('SUBSET') ? this.list(this.#subset) : NOTHING;
    this.need('DEFINE');
    const define = this.list(this.#definition);
    this.need(')');
    const alias = this.#alias();
    return { kind: 'matchRecognize', input, partitionBy, orderBy, measures, rowsPerMatch, skip, pattern, strictStart, strictEnd, within, subsets, define, alias, range: this.rangeFrom(start) };
  }
  #measure(): MatchMeasure {
    const { start } = this.tok, behind = this.peek().word;
    const mode = behind === '.' || behind === 'AS' ? undefined : this.takeOne(['FINAL', 'RUNNING'] as const), expression = this.expression();
    this.need('AS');
    return { kind: 'matchMeasure', mode, expression, alias: this.identifier('a column name'), range: this.rangeFrom(start) };
  }
  #rowsPerMatch(): 'ONE' | 'ALL' | undefined {
    const rows = this.takeOne(['ONE', 'ALL'] as const);
    if (rows === undefined) return undefined;
    this.need(rows === 'ONE' ? 'ROW' : 'ROWS');
    this.needWords('PER', 'MATCH');
    return rows;
  }
  #skip(): MatchSkip | undefined {
    const { start } = this.tok;
    if (!this.take('AFTER')) return undefined;
    this.needWords('MATCH', 'SKIP');
    if (this.takeWords('PAST', 'LAST', 'ROW')) return { kind: 'PAST LAST ROW', range: this.rangeFrom(start) };
    this.need('TO');
    if (this.takeWords('NEXT', 'ROW')) return { kind: 'TO NEXT ROW', range: this.rangeFrom(start) };
    const kind = this.takeOne(['FIRST', 'LAST'] as const) === 'FIRST' ? 'TO FIRST' : 'TO LAST';
    return { kind, variable: this.identifier('a pattern variable'), range: this.rangeFrom(start) };
  }
  #subset(): MatchSubset {
    const { start } = this.tok, name = this.identifier('a pattern variable');
    this.need('=');
    return { kind: 'matchSubset', name, variables: this.nameList(), range: this.rangeFrom(start) };
  }
  #definition(): MatchDefinition {
    const { start } = this.tok, name = this.identifier('a pattern variable');
    this.need('AS');
    return { kind: 'matchDefinition', name, condition: this.expression(), range: this.rangeFrom(start) };
  }

  /** `A B+ | C`, up to what closes the group. */
  #alternatives(start: number): PatternGroup {
    const outer = this.enter(), alternatives = [this.#sequence()];
    while (this.take('|')) alternatives.push(this.#sequence());
    this.leave(outer);
    return { kind: 'patternGroup', alternatives, quantifier: ONCE, range: this.rangeFrom(start) };
  }
  #sequence(): MatchPattern[] {
    const items = [this.#factor()];
    while (this.atName || this.tok.word === '(' || this.tok.word === '{' || this.tok.word === 'PERMUTE') items.push(this.#factor());
    return items;
  }
  #factor(): MatchPattern {
    const { start } = this.tok, atom = this.#atom(start), quantifier = this.#quantifier();
    return quantifier === undefined ? atom : { ...atom, quantifier, range: this.rangeFrom(start) };
  }
  #atom(start: number): MatchPattern {
    if (this.tok.word === 'PERMUTE' && this.peek().word === '(') {
      this.next();
      return { kind: 'patternPermute', items: this.parenthesized(this.#factor), quantifier: ONCE, range: this.rangeFrom(start) };
    }
    if (this.take('(')) {
      const group = this.#alternatives(this.tok.start);
      this.need(')');
      return { ...group, range: this.rangeFrom(start) };
    }
    if (this.tok.word === '{' && this.peek().word === '-') {
      this.next();
      this.next();
      const pattern = this.#alternatives(this.tok.start);
      this.need('-');
      this.need('}');
      return { kind: 'patternExclusion', pattern, quantifier: ONCE, range: this.rangeFrom(start) };
    }
    return { kind: 'patternVariable', name: this.identifier('a pattern variable'), quantifier: ONCE, range: this.rangeFrom(start) };
  }
  #quantifier(): PatternQuantifier | undefined {
    let min: number, max: number | undefined;
    if (this.take('*')) { min = 0; max = undefined; }
    else if (this.take('+')) { min = 1; max = undefined; }
    else if (this.take('?')) { min = 0; max = 1; }
    else if (this.tok.word === '{' && this.peek().word !== '-') {
      this.next();
      const from = this.tok.type === 'number' ? this.wholeNumber() : undefined;
      if (this.take(',')) max = this.tok.type === 'number' ? this.wholeNumber() : undefined;
      else max = from ?? this.fail('a whole number');
      min = from ?? 0;
      this.need('}');
    } else return undefined;
    return { min, max, reluctant: this.take('?') };
  }
}
