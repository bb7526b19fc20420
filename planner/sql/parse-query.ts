/** Queries: WITH, set operations, SELECT and its clauses, VALUES, ORDER BY and LIMIT. Source: Flink "Queries", Calcite "SQL language". */
import type { CommonTable, Expression, GroupBy, GroupItem, Identifier, NamedWindow, Query, QueryBody, Select, SelectItem, SetOperation, TableReference, WithClause } from './ast.ts';
import { REFUSED_NAMES } from './keywords.ts';
import { TableParser } from './parse-table.ts';

const NOTHING: never[] = [];
const BEHIND_ITEM = ['FROM', 'WHERE', 'UNION', 'LIKE', 'BETWEEN'];
const CONTINUATIONS = new Set(['UNION', 'EXCEPT', 'MINUS', 'INTERSECT', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH']);

export abstract class QueryParser extends TableParser {
  query(): Query {
    const outer = this.enter(), { start } = this.tok;
    const clause = this.#withClause();
    const query = this.#clauses(clause, this.#setOperations(undefined, start), start);
    this.leave(outer);
    return query;
  }
  protected get atQueryContinuation(): boolean { return CONTINUATIONS.has(this.tok.word); }
  protected queryFrom(first: Query, start: number): Query { return this.#clauses(undefined, this.#setOperations(unwrapped(first), start), start); }

  /** ORDER BY, LIMIT, OFFSET, FETCH; LIMIT and OFFSET in any order, as PostgreSQL has it. */
  #clauses(clause: WithClause | undefined, body: QueryBody, start: number): Query {
    const orderBy = this.optionalOrderBy();
    let limit: Expression | undefined, offset: Expression | undefined;
    for (;;) {
      if (offset === undefined && this.take('OFFSET')) {
        offset = this.expression();
        if (!this.take('ROWS')) this.take('ROW');
      } else if (limit === undefined && this.take('LIMIT')) {
        if (this.take('ALL')) break;
        limit = this.expression();
      } else if (limit === undefined && this.take('FETCH')) limit = this.#fetch();
      else break;
    }
    if (offset === undefined && this.take('OFFSET')) {
      offset = this.expression();
      if (!this.take('ROWS')) this.take('ROW');
    }
    if (body.kind === 'query' && clause === undefined && orderBy.length === 0 && limit === undefined && offset === undefined) return body;
    return { kind: 'query', with: clause, body, orderBy, limit, offset, range: this.rangeFrom(start) };
  }
  /** `FIRST|NEXT [n] ROW|ROWS ONLY`; without a number it is one row. */
  #fetch(): Expression {
    this.needOne(['FIRST', 'NEXT']);
    const { start, end, word } = this.tok;
    const count: Expression = word === 'ROW' || word === 'ROWS' ? { kind: 'number', text: '1', form: 'integer', range: { start, end } } : this.expression();
    this.needOne(['ROWS', 'ROW']);
    this.need('ONLY');
    return count;
  }

  #withClause(): WithClause | undefined {
    const { start } = this.tok;
    if (!this.take('WITH')) return undefined;
    const recursive = this.take('RECURSIVE'), items = this.list(this.#commonTable);
    return { kind: 'with', recursive, items, range: this.rangeFrom(start) };
  }
  #commonTable(): CommonTable {
    const { start } = this.tok, name = this.identifier('a name for the query'), columns = this.tok.word === '(' ? this.nameList() : NOTHING;
    this.need('AS');
    if (!this.take('MATERIALIZED')) this.takeWords('NOT', 'MATERIALIZED');
    this.need('(');
    const query = this.query();
    this.need(')');
    return { kind: 'commonTable', name, columns, query, range: this.rangeFrom(start) };
  }

  // -------------------------------------------------------------------------------------------------------------- set operations

  /** UNION and EXCEPT, left to right; a run of the same operator is one node. `first`: an operand parsed already. */
  #setOperations(first: QueryBody | undefined, start: number): QueryBody {
    let left = this.#intersections(first, start);
    let run: { op: SetOperation['op']; all: boolean; operands: QueryBody[] } | undefined;
    for (;;) {
      const op = this.take('UNION') ? 'UNION' : this.take('EXCEPT') || this.take('MINUS') ? 'EXCEPT' : undefined;
      if (op === undefined) break;
      const all = this.#allOrDistinct(), from = this.tok.start, right = this.#intersections(undefined, from);
      if (run !== undefined && run.op === op && run.all === all) {
        run.operands.push(right);
        continue;
      }
      if (run !== undefined) left = { kind: 'setOperation', ...run, range: { start, end: (run.operands.at(-1) as QueryBody).range.end } };
      run = { op, all, operands: [left, right] };
      this.grow();
    }
    return run === undefined ? left : { kind: 'setOperation', ...run, range: this.rangeFrom(start) };
  }
  #intersections(first: QueryBody | undefined, start: number): QueryBody {
    let left = first ?? this.#queryTerm();
    while (this.take('INTERSECT')) {
      const all = this.#allOrDistinct(), operands = [left, this.#queryTerm()];
      while (this.at('INTERSECT') && (this.peek().word === 'ALL') === all) {
        this.next();
        this.#allOrDistinct();
        operands.push(this.#queryTerm());
      }
      left = { kind: 'setOperation', op: 'INTERSECT', all, operands, range: this.rangeFrom(start) };
      this.grow();
    }
    return left;
  }
  #allOrDistinct(): boolean { return this.takeOne(['ALL', 'DISTINCT']) === 'ALL'; }

  #queryTerm(): QueryBody {
    const { start } = this.tok;
    if (this.take('(')) {
      const query = this.query();
      this.need(')');
      return unwrapped(query);
    }
    if (this.take('VALUES')) return { kind: 'values', rows: this.list(() => this.expression()), range: this.rangeFrom(start) };
    if (this.at('TABLE') && this.peek().word !== '(') {
      this.next();
      return { kind: 'explicitTable', name: this.qualifiedName('a table name'), range: this.rangeFrom(start) };
    }
    return this.#select();
  }

  // -------------------------------------------------------------------------------------------------------------- SELECT

  #select(): Select {
    const { start } = this.tok;
    if (this.tok.word !== 'SELECT') {
      this.noteAlternatives(['SELECT', 'VALUES', 'WITH', 'TABLE']);
      this.fail('a query');
    }
    this.next();
    const hints = this.hints(), distinct = this.takeOne(['DISTINCT', 'ALL']) === 'DISTINCT', items = this.list(this.#selectItem);
    const from: TableReference[] = this.take('FROM') ? this.list(() => this.tableReference()) : NOTHING;
    const where = this.take('WHERE') ? this.expression() : undefined;
    const groupBy = this.#groupBy(), having = this.take('HAVING') ? this.expression() : undefined;
    const windows = this.take('WINDOW') ? this.list(this.#namedWindow) : NOTHING, qualify = this.take('QUALIFY') ? this.expression() : undefined;
    return { kind: 'select', hints, distinct, items, from, where, groupBy, having, windows, qualify, range: this.rangeFrom(start) };
  }
  #selectItem(): SelectItem {
    const { start } = this.tok;
    const star = this.tok.word === '*' ? this.#star() : this.qualifiedStar();
    if (star !== undefined) return { kind: 'selectItem', expression: star, alias: undefined, range: this.rangeFrom(start) };
    const expression = this.expression();
    const alias = this.take('AS') ? this.#label() : this.atName ? this.#implicitAlias() : undefined;
    return { kind: 'selectItem', expression, alias, range: this.rangeFrom(start) };
  }
  /** Behind AS. In PostgreSQL any word may stand there. */
  #label(): Identifier {
    const { type, word } = this.peek(), ends = type === 'end' || word === ',' || word === ')' || word === ';' || word === 'FROM';
    return ends && this.refused !== REFUSED_NAMES ? this.anyIdentifier('a column name') : this.identifier('a column name');
  }
  #implicitAlias(): Identifier {
    this.noteAlternatives(BEHIND_ITEM);
    return this.identifier();
  }
  #star(): Expression {
    const token = this.next();
    return { kind: 'star', qualifier: NOTHING, range: this.tokenRange(token) };
  }

  #groupBy(): GroupBy | undefined {
    const { start } = this.tok;
    if (!this.take('GROUP')) return undefined;
    this.need('BY');
    const distinct = this.takeOne(['DISTINCT', 'ALL']) === 'DISTINCT', items = this.list(this.#groupItem);
    return { kind: 'groupBy', distinct, items, range: this.rangeFrom(start) };
  }
  #groupItem(): GroupItem {
    const { start } = this.tok;
    const form = this.takeWords('GROUPING', 'SETS') ? 'GROUPING SETS' : this.peek().word === '(' ? this.takeOne(['CUBE', 'ROLLUP'] as const) : undefined;
    if (form !== undefined) {
      const outer = this.enter(), sets = this.parenthesized(this.#groupItem);
      this.leave(outer);
      return { kind: 'groupingSets', form, sets, range: this.rangeFrom(start) };
    }
    if (this.tok.word === '(' && this.peek().word === ')') {
      this.next();
      this.next();
      return { kind: 'emptyGroupingSet', range: this.rangeFrom(start) };
    }
    return this.expression();
  }
  #namedWindow(): NamedWindow {
    const { start } = this.tok, name = this.identifier('a window name');
    this.need('AS');
    return { kind: 'namedWindow', name, spec: this.windowSpec(), range: this.rangeFrom(start) };
  }
}

/** A query in parentheses that has no clauses of its own is its body. */
function unwrapped(query: Query): QueryBody {
  return query.with === undefined && query.orderBy.length === 0 && query.limit === undefined && query.offset === undefined ? query.body : query;
}
