/** Random syntax trees of every kind the parser can make, for the test that printing and parsing are inverse. Ranges are empty. */
import type {
  Argument, Expression, FunctionCall, GroupItem, Hint, Identifier, IntervalQualifier, JsonBehavior, MatchPattern, OptionNode, PatternGroup, PatternQuantifier, QualifiedName, Query, QueryBody, Select, SortItem, TableAlias, TableReference, TimeUnit, TypeNode, WindowSpec,
} from '../../planner/sql/ast.ts';
import type { Insert, Statement, TableElement } from '../../planner/sql/ast-statement.ts';
import type { Chance } from './tree.ts';

const range = { start: 0, end: 0 } as const;
const NAMES = ['a', 'b', 'tBl', 'x1', '_c', 'EXPR$0', 'order', 'value', 'SELECT', 'a b', 'a`b', 'a"b', "a'; DROP TABLE t; --", '用户', '__proto__', '${x}', '1a', 'a.b', 'year', 'LEFT', 'KEY', 'null', '-- x', '/*+ y */', '\u2028'];
const PLAIN = ['a', 'b', 'tBl', 'x1', '_c', 'EXPR$0', '用户', 'key', 'status', '__proto__', 'constructor', 'comment', 'hash'];
const TEXTS = ['', 'x', "it's", 'a\nb', '--', '/* */', ';', '\\', '\\n', '"', '`', '$$', '\0', '\u2028', '订单', '😀', "x'];process.exit(1);//", '%_'];
const UNITS: readonly TimeUnit[] = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'EPOCH', 'DOW'];
const BINARY = ['+', '-', '*', '/', '%', '||', '=', '<>', '<', '>', '<=', '>=', '~', '~*', '!~', '!~*', '->', '->>', '#>', '#>>', '@>', '<@', '&', '|', '#', '^', 'OVERLAPS', 'CONTAINS', 'PRECEDES', 'IMMEDIATELY SUCCEEDS', 'MEMBER OF', 'MULTISET UNION', 'MULTISET EXCEPT ALL'] as const;

export class RandomTree {
  readonly #c: Chance;
  constructor(chance: Chance) { this.#c = chance; }

  identifier(): Identifier {
    const quoted = this.#c.bool();
    return { kind: 'identifier', value: this.#c.pick(quoted ? NAMES : PLAIN), quoted, range };
  }
  #ids(min: number, max: number): Identifier[] { return this.#c.list(min, max, () => this.identifier()); }
  name(): QualifiedName { return { kind: 'name', parts: this.#ids(1, 3), range }; }
  text(): string { return this.#c.pick(TEXTS); }
  #option(): OptionNode { return { kind: 'option', key: this.text(), value: this.text(), keyRange: range, valueRange: range, range }; }
  options(): OptionNode[] { return this.#c.list(1, 3, () => this.#option()); }
  hints(): Hint[] {
    return this.#c.bool(0.8) ? [] : this.#c.list(1, 2, (): Hint => ({ kind: 'hint', name: { kind: 'identifier', value: 'OPTIONS', quoted: false, range }, range, args: this.#c.list(1, 3, () => (this.#c.bool() ? this.#option() : { kind: 'hintValue', ...this.#c.pick([{ form: 'name', value: 't.a' }, { form: 'string', value: "it's" }, { form: 'number', value: '12' }] as const), range })) }));
  }

  // ---------------------------------------------------------------------------------------------------------------- types

  type(depth: number): TypeNode {
    const nullable = this.#c.pick([undefined, undefined, true, false]), kind = depth <= 0 ? 0 : this.#c.below(7);
    switch (kind) {
      case 1: return { kind: 'collectionType', collection: this.#c.pick(['ARRAY', 'MULTISET'] as const), element: this.type(depth - 1), nullable, range };
      case 2: return { kind: 'mapType', key: this.type(depth - 1), value: this.type(depth - 1), nullable, range };
      case 3: return { kind: 'rowType', fields: this.#c.list(0, 3, () => ({ kind: 'rowField', name: this.identifier(), type: this.type(depth - 1), comment: this.#c.maybe(() => this.text()), range })), nullable, range };
      case 4: return { kind: 'intervalType', qualifier: this.#c.maybe(() => this.qualifier(), 0.8), nullable, range };
      case 5: return { kind: 'rawType', className: this.text(), serializer: this.text(), nullable, range };
      default: {
        const [name, max] = this.#c.pick([['INT', 0], ['BIGINT', 0], ['STRING', 0], ['DECIMAL', 2], ['VARCHAR', 1], ['TIMESTAMP', 1], ['TIMESTAMP_LTZ', 1], ['TIMESTAMP WITH TIME ZONE', 1], ['TEXT', 0], ['DOUBLE', 0]] as const);
        return { kind: 'simpleType', name, quoted: false, qualifier: [], parameters: this.#c.list(0, max, () => this.#c.below(38)), nullable, range };
      }
    }
  }
  qualifier(): IntervalQualifier {
    const unit = (): TimeUnit => this.#c.pick(UNITS), precision = (): number | undefined => this.#c.maybe(() => this.#c.below(9), 0.3);
    if (this.#c.bool()) return { kind: 'intervalQualifier', from: unit(), fromPrecision: precision(), to: undefined, toPrecision: undefined, range };
    return { kind: 'intervalQualifier', from: unit(), fromPrecision: precision(), to: unit(), toPrecision: precision(), range };
  }

  // ---------------------------------------------------------------------------------------------------------------- expressions

  #exprs(min: number, max: number, depth: number): Expression[] { return this.#c.list(min, max, () => this.expression(depth)); }

  expression(depth: number): Expression {
    if (depth <= 0) return this.#leaf();
    const d = depth - 1, c = this.#c, negated = c.bool();
    switch (c.below(34)) {
      case 0: case 1: return this.#leaf();
      case 2: return { kind: 'unary', op: c.pick(['+', '-', 'NOT'] as const), operand: this.expression(d), range };
      case 3: case 4: case 5: case 6: return { kind: 'binary', op: c.pick(BINARY), left: this.expression(d), right: this.expression(d), range };
      case 7: case 8: case 9: return { kind: 'logical', op: c.pick(['AND', 'OR'] as const), operands: this.#exprs(2, 4, d), range };
      case 10: return { kind: 'between', negated, symmetric: c.bool(), operand: this.expression(d), low: this.expression(d), high: this.expression(d), range };
      case 11: return { kind: 'inList', negated, operand: this.expression(d), list: [this.#leaf(), ...this.#exprs(0, 3, d)], range };
      case 12: return { kind: 'inQuery', negated, operand: this.expression(d), query: this.query(d), range };
      case 13: return { kind: 'like', op: c.pick(['LIKE', 'ILIKE', 'SIMILAR TO', 'RLIKE'] as const), negated, operand: this.expression(d), pattern: this.expression(d), escape: c.maybe(() => this.expression(d)), range };
      case 14: return { kind: 'is', negated, test: c.pick(['NULL', 'TRUE', 'FALSE', 'UNKNOWN'] as const), operand: this.expression(d), range };
      case 15: return { kind: 'isDistinct', negated, left: this.expression(d), right: this.expression(d), range };
      case 16: return { kind: 'isJson', negated, what: c.pick(['VALUE', 'OBJECT', 'ARRAY', 'SCALAR'] as const), operand: this.expression(d), range };
      case 17: return { kind: 'quantifiedQuery', op: c.pick(['=', '<>', '>='] as const), quantifier: c.pick(['ALL', 'ANY'] as const), left: this.expression(d), query: this.query(d), range };
      case 18: return { kind: 'quantifiedArray', op: '=', quantifier: 'ANY', left: this.expression(d), items: [this.#leaf(), ...this.#exprs(0, 1, d)], range };
      case 19: return { kind: 'exists', query: this.query(d), range };
      case 20: return { kind: 'subquery', query: this.query(d), range };
      case 21: {
        const operand = c.maybe(() => this.expression(d));
        return { kind: 'case', operand, branches: c.list(1, 3, () => ({ kind: 'caseBranch', conditions: this.#exprs(1, operand === undefined ? 1 : 2, d), result: this.expression(d), range })), otherwise: c.maybe(() => this.expression(d)), range };
      }
      case 22: return { kind: 'cast', safe: c.bool(), operand: this.expression(d), type: this.type(2), range };
      case 23: return c.bool() ? { kind: 'row', explicit: true, items: this.#exprs(0, 3, d), range } : { kind: 'row', explicit: false, items: this.#exprs(2, 3, d), range };
      case 24: return { kind: 'array', collection: c.pick(['ARRAY', 'MULTISET'] as const), items: this.#exprs(0, 3, d), range };
      case 25: return { kind: 'map', items: [this.expression(d), this.expression(d)], range };
      case 26: return { kind: 'collectionQuery', collection: c.pick(['ARRAY', 'MULTISET', 'MAP'] as const), query: this.query(d), range };
      case 27: return { kind: 'index', operand: this.expression(d), index: this.expression(d), range };
      case 28: return { kind: 'slice', operand: this.expression(d), from: c.maybe(() => this.expression(d)), to: c.maybe(() => this.expression(d)), range };
      case 29: return { kind: 'field', operand: this.expression(d), field: this.identifier(), range };
      case 30: return { kind: 'atTimeZone', operand: this.expression(d), zone: this.expression(d), range };
      case 31: return { kind: 'collate', operand: this.expression(d), collation: this.name(), range };
      case 32: return this.call(d);
      default: return this.#special(d);
    }
  }
  #leaf(): Expression {
    const c = this.#c;
    switch (c.below(11)) {
      case 0: case 1: case 2: return { kind: 'column', parts: this.#ids(1, 3), range };
      case 3: return { kind: 'number', ...c.pick([{ text: '1', form: 'integer' }, { text: '12345678901234567890123', form: 'integer' }, { text: '1.10', form: 'decimal' }, { text: '.5', form: 'decimal' }, { text: '1e-10', form: 'double' }] as const), range };
      case 4: return { kind: 'string', value: this.text(), range };
      case 5: return { kind: 'binaryLiteral', hex: c.pick(['', '4A4B']), range };
      case 6: return { kind: 'boolean', value: c.pick([true, false, null]), range };
      case 7: return { kind: 'null', range };
      case 8: return { kind: 'temporal', type: c.pick(['DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ'] as const), value: this.text(), range };
      case 9: return c.bool(0.8) ? { kind: 'interval', negative: c.bool(), value: this.text(), qualifier: this.qualifier(), range } : { kind: 'interval', negative: false, value: '1 day', qualifier: undefined, range };
      default: return { kind: 'parameter', index: 1 + c.below(9), form: '$', range };
    }
  }
  call(depth: number): FunctionCall {
    const c = this.#c, d = depth - 1, over = c.maybe(() => (c.bool() ? this.identifier() : this.window(d)), 0.3);
    const name: QualifiedName = c.bool(0.3) ? this.name() : { kind: 'name', parts: [{ kind: 'identifier', value: c.pick(['f', 'COUNT', 'sum', 'LEFT', 'IF', 'YEAR', 'TUMBLE', 'LISTAGG']), quoted: false, range }], range };
    const plain = (value: FunctionCall['args']): FunctionCall => ({ kind: 'call', name, bare: false, quantifier: c.pick([undefined, undefined, 'DISTINCT', 'ALL'] as const), args: value, orderBy: c.bool(0.2) && !value.some((arg) => arg.kind === 'tableArgument') ? this.#sort(d) : [], nulls: c.maybe(() => c.pick(['IGNORE NULLS', 'RESPECT NULLS'] as const), 0.2), withinGroup: c.bool(0.2) ? this.#sort(d) : [], filter: c.maybe(() => this.expression(d), 0.2), over, range });
    switch (c.below(4)) {
      case 0: return plain([{ kind: 'star', qualifier: [], range }]);
      case 1: return { kind: 'call', name: { kind: 'name', parts: [{ kind: 'identifier', value: c.pick(['CURRENT_TIMESTAMP', 'current_date', 'USER']), quoted: false, range }], range }, bare: true, quantifier: undefined, args: [], orderBy: [], nulls: undefined, withinGroup: [], filter: undefined, over: undefined, range };
      default: return plain(c.list(1, 3, () => this.#argument(d)));
    }
  }
  #argument(depth: number): Argument {
    const c = this.#c;
    switch (c.below(6)) {
      case 0: return { kind: 'namedArgument', name: this.identifier(), value: c.bool() ? this.expression(depth) : { kind: 'descriptor', columns: [{ kind: 'descriptorColumn', name: this.identifier(), type: c.maybe(() => this.type(1)), range }], range }, range };
      case 1: return { kind: 'tableArgument', source: this.name(), hints: [], partitionBy: this.#exprs(0, 2, depth), orderBy: c.bool() ? [] : this.#sort(depth), range };
      case 2: return { kind: 'tableArgument', source: this.query(depth), hints: [], partitionBy: this.#exprs(1, 2, depth), orderBy: [], range };
      default: return this.expression(depth);
    }
  }
  #sort(depth: number): SortItem[] { return this.#c.list(1, 2, () => ({ kind: 'sortItem', expression: this.expression(depth), descending: this.#c.bool(), nulls: this.#c.pick([undefined, 'FIRST', 'LAST'] as const), range })); }
  window(depth: number): WindowSpec {
    const c = this.#c, bound = () => (c.bool() ? { kind: c.pick(['UNBOUNDED PRECEDING', 'CURRENT ROW'] as const), range } : { kind: c.pick(['PRECEDING', 'FOLLOWING'] as const), offset: this.expression(depth), range });
    return { kind: 'windowSpec', base: c.maybe(() => this.identifier(), 0.2), partitionBy: this.#exprs(0, 2, depth), orderBy: c.bool() ? [] : this.#sort(depth), frame: c.maybe(() => ({ kind: 'windowFrame', unit: c.pick(['ROWS', 'RANGE'] as const), from: bound(), to: c.maybe(bound), range })), range };
  }
  #special(d: number): Expression {
    const c = this.#c, e = (): Expression => this.expression(d), unit = c.pick(UNITS);
    const behavior = (): JsonBehavior => (c.bool() ? { kind: 'DEFAULT', value: e(), range } : { kind: c.pick(['NULL', 'ERROR'] as const), range }), onNull = c.pick([undefined, 'NULL', 'ABSENT'] as const), returning = c.maybe(() => this.type(1));
    const call = (name: string, args: Expression[]): Expression => ({ kind: 'call', name: { kind: 'name', parts: [{ kind: 'identifier', value: name, quoted: false, range }], range }, bare: false, quantifier: undefined, args, orderBy: [], nulls: undefined, withinGroup: [], filter: undefined, over: undefined, range });
    switch (c.below(13)) {
      case 0: return { kind: 'extract', unit, operand: e(), range };
      case 1: return { kind: 'trim', mode: c.pick(['BOTH', 'LEADING', 'TRAILING'] as const), characters: c.maybe(e), operand: e(), range };
      case 2: return { kind: 'roundToUnit', function: c.pick(['FLOOR', 'CEIL'] as const), operand: e(), unit, range };
      case 3: return { kind: 'timestampFunction', function: c.pick(['TIMESTAMPADD', 'TIMESTAMPDIFF'] as const), unit, left: e(), right: e(), range };
      case 4: return { kind: 'jsonExists', input: e(), path: e(), onError: c.maybe(() => ({ kind: c.pick(['TRUE', 'FALSE', 'UNKNOWN', 'ERROR'] as const), range })), range };
      case 5: return { kind: 'jsonValue', input: e(), path: e(), returning, onEmpty: c.maybe(behavior), onError: c.maybe(behavior), range };
      case 6: return { kind: 'jsonQuery', input: e(), path: e(), returning, wrapper: c.pick([undefined, 'WITHOUT', 'CONDITIONAL', 'UNCONDITIONAL'] as const), onEmpty: c.maybe(() => ({ kind: 'EMPTY ARRAY', range })), onError: c.maybe(() => ({ kind: 'EMPTY OBJECT', range })), range };
      case 7: return { kind: 'jsonObject', aggregate: false, entries: c.list(0, 2, () => ({ kind: 'jsonEntry', key: e(), value: e(), range })), onNull, filter: undefined, range };
      case 8: return { kind: 'jsonObject', aggregate: true, entries: [{ kind: 'jsonEntry', key: e(), value: e(), range }], onNull, filter: c.maybe(e), range };
      case 9: return { kind: 'jsonArray', aggregate: false, items: this.#exprs(0, 2, d), orderBy: [], onNull, filter: undefined, range };
      case 10: return { kind: 'jsonArray', aggregate: true, items: [e()], orderBy: c.bool() ? [] : this.#sort(d), onNull, filter: c.maybe(e), range };
      case 11: return call(c.pick(['POSITION', 'SUBSTRING']), this.#exprs(2, 3, d));
      default: return call('OVERLAY', this.#exprs(3, 4, d));
    }
  }

  // ---------------------------------------------------------------------------------------------------------------- queries

  query(depth: number): Query {
    const c = this.#c, d = depth - 1, body = this.#body(depth), withClause = c.maybe(() => ({ kind: 'with', recursive: c.bool(0.2), items: c.list(1, 2, () => ({ kind: 'commonTable', name: this.identifier(), columns: this.#ids(0, 2), query: this.query(d), range }) as const), range }) as const, depth > 0 ? 0.2 : 0);
    const limit = c.maybe(() => this.expression(d), 0.2), orderBy = c.bool(body.kind === 'query' ? 1 : 0.2) ? this.#sort(d) : [];
    return { kind: 'query', with: withClause, body, orderBy, limit, offset: c.maybe(() => this.expression(d), 0.2), range };
  }
  #body(depth: number): QueryBody {
    const c = this.#c, d = depth - 1;
    if (depth <= 0) return { kind: 'explicitTable', name: this.name(), range };
    switch (c.below(8)) {
      case 0: return { kind: 'values', rows: c.list(1, 3, () => this.#row(d)), range };
      case 1: case 2: return { kind: 'setOperation', op: c.pick(['UNION', 'INTERSECT', 'EXCEPT'] as const), all: c.bool(), operands: c.list(2, 4, () => this.#operand(d)), range };
      case 3: return this.#operandQuery(d);
      default: return this.select(d);
    }
  }
  #row(d: number): Expression {
    const row = this.expression(d);
    return row.kind === 'row' && row.explicit && row.items.length === 0 ? this.#leaf() : row;
  }
  #operand(d: number): QueryBody { return this.#c.bool(0.3) ? this.#operandQuery(d) : this.#body(d); }
  /** A query that keeps its parentheses: it has a clause of its own. */
  #operandQuery(d: number): Query { return { ...this.query(d), limit: { kind: 'number', text: '3', form: 'integer', range } }; }

  select(depth: number): Select {
    const c = this.#c, e = (): Expression => this.expression(depth);
    return {
      kind: 'select', hints: this.hints(), distinct: c.bool(0.2), items: c.list(1, 3, () => (c.bool(0.2) ? { kind: 'selectItem', expression: { kind: 'star', qualifier: this.#ids(0, 2), range }, alias: undefined, range } : { kind: 'selectItem', expression: e(), alias: c.maybe(() => this.identifier()), range })),
      from: c.bool(0.2) ? [] : c.list(1, 2, () => this.table(depth)), where: c.maybe(e), groupBy: c.maybe(() => ({ kind: 'groupBy', distinct: c.bool(0.2), items: c.list(1, 3, () => this.#groupItem(depth, 2)), range })), having: c.maybe(e, 0.2),
      windows: c.bool(0.9) ? [] : [{ kind: 'namedWindow', name: this.identifier(), spec: this.window(depth), range }], qualify: c.maybe(e, 0.1), range,
    };
  }
  #groupItem(depth: number, nesting: number): GroupItem {
    const c = this.#c;
    if (nesting > 0 && c.bool(0.2)) return { kind: 'groupingSets', form: c.pick(['GROUPING SETS', 'CUBE', 'ROLLUP'] as const), sets: c.list(1, 3, () => this.#groupItem(depth, nesting - 1)), range };
    return c.bool(0.1) ? { kind: 'emptyGroupingSet', range } : this.expression(depth);
  }
  table(depth: number): TableReference {
    const c = this.#c, d = depth - 1, alias = c.maybe((): TableAlias => ({ kind: 'tableAlias', name: this.identifier(), columns: this.#ids(0, 2), range }));
    switch (depth <= 0 ? 0 : c.below(8)) {
      case 1: return { kind: 'derivedTable', lateral: c.bool(0.3), query: this.query(d), hints: this.hints().slice(0, 1), alias, range };
      case 2: return { kind: 'tableFunction', lateral: c.bool(), wrapped: true, call: { ...this.call(d), bare: false }, ordinality: false, hints: [], alias, range };
      case 3: return { kind: 'unnest', lateral: false, operands: this.#exprs(1, 2, d), ordinality: c.bool(), alias, range };
      case 4: case 5: {
        const type = c.pick(['INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS', 'LEFT SEMI', 'LEFT ANTI'] as const), natural = type !== 'CROSS' && c.bool(0.2), condition = type !== 'CROSS' && !natural;
        const on = condition ? c.maybe(() => this.expression(d), 0.6) : undefined;
        return { kind: 'join', type, natural, left: this.table(d), right: this.table(d), on, using: condition && on === undefined ? this.#ids(0, 2) : [], range };
      }
      case 6: return {
        kind: 'matchRecognize', input: this.table(d), partitionBy: this.#exprs(0, 2, d), orderBy: this.#sort(d), measures: c.list(1, 2, () => ({ kind: 'matchMeasure', mode: c.pick([undefined, 'FINAL', 'RUNNING'] as const), expression: this.expression(d), alias: this.identifier(), range })), rowsPerMatch: c.pick([undefined, 'ONE', 'ALL'] as const),
        skip: c.pick([undefined, { kind: 'PAST LAST ROW', range }, { kind: 'TO NEXT ROW', range }, { kind: 'TO LAST', variable: this.identifier(), range }] as const), pattern: this.#group(2, { min: 1, max: 1, reluctant: false }), strictStart: c.bool(0.2), strictEnd: c.bool(0.2), within: c.maybe(() => this.expression(d)),
        subsets: c.bool(0.7) ? [] : [{ kind: 'matchSubset', name: this.identifier(), variables: this.#ids(1, 2), range }], define: [{ kind: 'matchDefinition', name: this.identifier(), condition: this.expression(d), range }], alias, range,
      };
      default: return { kind: 'namedTable', name: this.name(), hints: this.hints().slice(0, 1), asOf: c.maybe(() => this.expression(d), 0.2), alias, range };
    }
  }
  #quantifier(): PatternQuantifier {
    const c = this.#c, min = c.below(4), max = c.bool() ? undefined : min + c.below(3);
    return min === 1 && max === 1 ? { min, max, reluctant: false } : { min, max, reluctant: c.bool() };
  }
  #group(depth: number, quantifier: PatternQuantifier): PatternGroup { return { kind: 'patternGroup', alternatives: this.#c.list(1, 2, () => this.#c.list(1, 3, () => this.#pattern(depth))), quantifier, range }; }
  #pattern(depth: number): MatchPattern {
    switch (depth <= 0 ? 9 : this.#c.below(8)) {
      case 0: case 1: return this.#group(depth - 1, this.#quantifier());
      case 2: return { kind: 'patternPermute', items: this.#c.list(1, 3, () => this.#pattern(depth - 1)), quantifier: { min: 1, max: 1, reluctant: false }, range };
      case 3: return { kind: 'patternExclusion', pattern: this.#group(depth - 1, { min: 1, max: 1, reluctant: false }), quantifier: { min: 1, max: 1, reluctant: false }, range };
      default: return { kind: 'patternVariable', name: this.identifier(), quantifier: this.#quantifier(), range };
    }
  }

  // ---------------------------------------------------------------------------------------------------------------- statements

  insert(): Insert { return { kind: 'insert', overwrite: this.#c.bool(0.2), table: this.name(), hints: this.hints().slice(0, 1), partition: this.#c.bool(0.8) ? [] : [{ kind: 'partitionItem', column: this.identifier(), value: this.#leaf(), range }], columns: this.#c.list(0, 2, () => this.name()), query: this.query(2), range }; }
  #element(): TableElement {
    const c = this.#c, comment = c.maybe(() => this.text()), position = undefined, name = this.identifier();
    switch (c.below(5)) {
      case 0: return { kind: 'computedColumn', name, expression: this.expression(2), comment, position, range };
      case 1: return { kind: 'metadataColumn', name, type: this.type(1), key: c.maybe(() => this.text()), virtual: c.bool(), comment, position, range };
      case 2: return { kind: 'watermark', column: this.name(), expression: this.expression(2), range };
      case 3: return { kind: 'keyConstraint', type: 'PRIMARY KEY', name: c.maybe(() => this.identifier()), columns: this.#ids(1, 2), enforced: c.pick([undefined, true, false]), range };
      default: return { kind: 'physicalColumn', name, type: this.type(3), constraint: c.maybe(() => ({ kind: 'keyConstraint', type: 'PRIMARY KEY', name: undefined, columns: [], enforced: false, range }), 0.2), comment, position, range };
    }
  }
  statement(): Statement {
    const c = this.#c;
    switch (c.below(7)) {
      case 0: case 1: return {
        kind: 'createTable', form: c.pick(['CREATE', 'CREATE OR REPLACE'] as const), temporary: c.bool(), ifNotExists: c.bool(), name: this.name(), elements: c.maybe(() => c.list(0, 4, () => this.#element()), 0.8), comment: c.maybe(() => this.text()),
        distribution: c.maybe(() => ({ kind: 'distribution', method: c.pick([undefined, 'HASH'] as const), columns: this.#ids(1, 2), buckets: c.maybe(() => c.below(9)), range }), 0.2), partitionedBy: this.#ids(0, 1), options: c.maybe(() => this.options()),
        source: c.pick([undefined, undefined, { kind: 'asQuery', query: this.query(2), range }, { kind: 'asTable', table: this.name(), hints: this.hints().slice(0, 1), addColumns: [], range }, { kind: 'like', table: this.name(), options: [{ kind: 'likeOption', action: 'OVERWRITING', feature: 'OPTIONS', range }], range }] as const), range,
      };
      case 2: return { kind: 'createView', orReplace: c.bool(), temporary: c.bool(), ifNotExists: c.bool(), name: this.name(), columns: this.#ids(0, 2), comment: c.maybe(() => this.text()), query: this.query(3), range };
      case 3: return { kind: 'statementSet', form: c.pick(['EXECUTE', 'BEGIN'] as const), statements: c.list(1, 3, () => this.insert()), range };
      case 4: return this.insert();
      case 5: return { kind: 'setOption', form: 'quoted', scope: undefined, ...(({ key, value }) => ({ key, value, values: [value] }))({ key: this.text(), value: this.text() }), keyRange: range, valueRange: range, range };
      default: return { kind: 'queryStatement', query: this.query(4), range };
    }
  }
}
