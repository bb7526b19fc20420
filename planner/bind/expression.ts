/**
 * Expressions: from syntax to bound, typed form. Names become positions, operators become calls of the function registry, implicit
 * casts are written out, constants are folded. Aggregate calls and subqueries become placeholders (column indexes above 1,000,000)
 * that the query binder resolves when it has built the aggregate or the join they stand for.
 */
import { featureNotSupported } from '../../core/errors/common.ts';
import { RivuletError, type SourceRange } from '../../core/errors/define.ts';
import { cannotCast, columnNotFound, functionNotFound, groupingError, invalidQuery, noMatchingSignature, parameterNotGiven, typeMismatch } from '../../core/errors/planner.ts';
import { nearest } from '../../core/errors/define.ts';
import { canCast, commonType, isCharacter, isNumeric, sameType } from '../../core/types/coercion.ts';
import { BIGINT, BOOLEAN, INT, INTERVAL_DAY_TIME, INTERVAL_YEAR_MONTH, NULL, STRING, asNullable, char, decimal, notNull, time, timestamp, timestampLtz, typeText, DATE, DOUBLE, type SqlType } from '../../core/types/sql-type.ts';
import type { ArgumentInfo } from '../../catalog/registry/functions.ts';
import { decodeLiteral, encodeLiteral, type Expr } from '../physical/expr.ts';
import type { Argument, Expression, FunctionCall, Identifier, Query } from '../sql/ast.ts';
import { intervalValue } from './interval.ts';
import { resolveTypeNode } from './type-node.ts';
import type { BindState } from './context.ts';
import type { Scope } from './scope.ts';

export const AGGREGATE = 1_000_000, SUBQUERY = 2_000_000;

/** An aggregate call found in a SELECT list or HAVING; arguments are over the input of the aggregate. */
export interface PendingAggregate { readonly name: string; readonly args: readonly Expr[]; readonly distinct: boolean; readonly filter: Expr | undefined; readonly type: SqlType }
/** A subquery standing for a value: its index is SUBQUERY + position in the list. */
export interface PendingSubquery { readonly kind: 'scalar' | 'exists' | 'in'; readonly query: Query; readonly operand: Expr | undefined; readonly range: SourceRange; readonly type: SqlType }

/** How a subquery's type is found before it is joined. */
export type SubqueryType = (query: Query, scope: Scope) => Promise<SqlType>;

export class ExpressionBinder {
  readonly state: BindState;
  readonly scope: Scope;
  /** Set where aggregate calls are allowed. */
  readonly aggregates: PendingAggregate[] | undefined;
  readonly subqueries: PendingSubquery[] | undefined;
  /** Types of scalar subqueries, found before binding (binding itself is synchronous). */
  readonly subqueryTypes: ReadonlyMap<Query, SqlType>;
  constructor(state: BindState, scope: Scope, options: { aggregates?: PendingAggregate[] | undefined; subqueries?: PendingSubquery[] | undefined; subqueryTypes?: ReadonlyMap<Query, SqlType> | undefined } = {}) {
    this.state = state;
    this.scope = scope;
    this.aggregates = options.aggregates;
    this.subqueries = options.subqueries;
    this.subqueryTypes = options.subqueryTypes ?? new Map();
  }

  /** A condition: must be BOOLEAN. */
  condition(e: Expression, clause: string): Expr {
    const bound = this.bind(e);
    if (bound.type.kind === 'NULL') return this.cast(bound, BOOLEAN);
    if (bound.type.kind !== 'BOOLEAN') throw typeMismatch({ what: `argument of ${clause} must be BOOLEAN, not ${typeText(bound.type)}` }, { range: e.range });
    return bound;
  }
  bind(e: Expression): Expr {
    switch (e.kind) {
      case 'column': return this.column(e.parts, e.range);
      case 'number': return numberLiteral(e.text, e.form, e.range);
      case 'string': return literal(e.value, notNull(e.value.length === 0 ? STRING : char([...e.value].length)));
      case 'boolean': return e.value === null ? literal(null, BOOLEAN) : literal(e.value, notNull(BOOLEAN));
      case 'null': return literal(null, NULL);
      case 'binaryLiteral': return literal(new Uint8Array(Buffer.from(e.hex, 'hex')), { kind: 'BINARY', length: Math.max(1, e.hex.length >> 1), nullable: false });
      case 'temporal': return this.temporal(e.type, e.value, e.range);
      case 'interval': return intervalLiteral(e);
      case 'parameter': return this.parameter(e.index, undefined, e.range);
      case 'unary': return this.unary(e);
      case 'binary': return this.binary(e.op, e.left, e.right, e.range);
      case 'logical': return this.call(e.op, e.operands.map((o) => this.condition(o, e.op)), e.range);
      case 'between': return this.between(e);
      case 'inList': return this.inList(e);
      case 'inQuery': return this.subquery('in', e.query, e.range, this.bind(e.operand), e.negated);
      case 'exists': return this.subquery('exists', e.query, e.range, undefined, false);
      case 'subquery': return this.subquery('scalar', e.query, e.range, undefined, false);
      case 'like': return this.like(e);
      case 'is': return this.isTest(e);
      case 'isDistinct': { const [l, r] = this.comparable(this.bind(e.left), this.bind(e.right), e.range); return this.call(e.negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM', [l, r], e.range); }
      case 'isJson': { const test = this.call(`IS JSON ${e.what}`, [this.bind(e.operand)], e.range); return e.negated ? this.call('NOT', [test], e.range) : test; }
      case 'quantifiedArray': return this.quantified(e);
      case 'case': return this.caseOf(e);
      case 'cast': return this.explicitCast(e);
      case 'row': return e.items.length === 1 && !e.explicit && e.items[0] !== undefined ? this.bind(e.items[0]) : this.call('ROW', e.items.map((i) => this.bind(i)), e.range);
      case 'array': if (e.collection === 'ARRAY') return this.call('ARRAY', this.unified(e.items.map((i) => this.bind(i)), e.range), e.range); throw this.unsupported('MULTISET constructor', e.range);
      case 'map': return this.call('MAP', e.items.map((i) => this.bind(i)), e.range);
      case 'index': return this.call('ITEM', [this.bind(e.operand), this.bind(e.index)], e.range);
      case 'field': return this.fields(this.bind(e.operand), [e.field]);
      case 'extract': return this.call('EXTRACT', [text(e.unit), this.bind(e.operand)], e.range);
      case 'trim': return this.call('TRIM', [text(e.mode), e.characters === undefined ? text(' ') : this.bind(e.characters), this.bind(e.operand)], e.range);
      case 'roundToUnit': return this.call(e.function, [this.bind(e.operand), text(e.unit)], e.range);
      case 'timestampFunction': return this.call(e.function, [text(e.unit), this.bind(e.left), this.bind(e.right)], e.range);
      case 'collate': return this.bind(e.operand);
      case 'call': return this.functionCall(e);
      case 'star': throw invalidQuery({ what: '"*" may stand only alone in a SELECT list or in COUNT(*)' }, { range: e.range });
      case 'default': throw this.unsupported('DEFAULT', e.range);
      case 'jsonExists': case 'jsonValue': case 'jsonQuery': return this.jsonCall(e);
      default: throw this.unsupported(FEATURES[e.kind] ?? e.kind, e.range);
    }
  }
  private unsupported(feature: string, range: SourceRange): RivuletError { return featureNotSupported({ feature }, { range }); }

  private column(parts: readonly Identifier[], range: SourceRange): Expr {
    const [first] = parts;
    if (parts.length === 1 && first !== undefined && !first.quoted && BARE_FUNCTIONS.has(first.value.toUpperCase()) && !this.scope.columnNames().includes(first.value)) return this.call(first.value.toUpperCase(), [], range);
    const { expr, rest } = this.scope.resolve(parts, range);
    return this.fields(expr, rest);
  }
  private fields(expr: Expr, path: readonly Identifier[]): Expr {
    return path.reduce((value: Expr, name) => {
      if (value.type.kind !== 'ROW') throw typeMismatch({ what: `cannot take field "${name.value}" of a value of type ${typeText(value.type)}` }, { range: name.range });
      const index = value.type.fields.findIndex((f) => f.name === name.value), field = value.type.fields[index];
      if (field === undefined) throw columnNotFound({ column: name.value, near: nearest(name.value, value.type.fields.map((f) => f.name)) }, { range: name.range });
      return { op: 'field', arg: value, index, type: asNullable(field.type, field.type.nullable || value.type.nullable) };
    }, expr);
  }
  private temporal(type: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ', value: string, range: SourceRange): Expr {
    const digits = /\.(\d+)/.exec(value)?.[1]?.length ?? 0;
    const target = type === 'DATE' ? DATE : type === 'TIME' ? time(Math.min(digits, 9)) : type === 'TIMESTAMP' ? timestamp(Math.min(digits, 9)) : timestampLtz(Math.min(digits, 9));
    const folded = this.cast(literal(value, notNull(STRING)), notNull(target));
    if (folded.op === 'cast') throw typeMismatch({ what: `invalid ${type} literal '${value}'` }, { range });
    return folded;
  }
  /** $n; its type is what the surroundings want, else STRING. */
  private parameter(index: number, wanted: SqlType | undefined, range: SourceRange): Expr {
    const at = index - 1, known = this.state.context.parameterTypes?.[at] ?? this.state.parameters[at];
    const type = known ?? (wanted === undefined || wanted.kind === 'NULL' ? STRING : asNullable(wanted, true));
    this.state.parameters[at] = type;
    const values = this.state.context.parameterValues;
    if (values === undefined) return literal(null, type);
    if (at >= values.length) throw parameterNotGiven({ index }, { range });
    return literal(values[at], type);
  }
  /** Binds an operand, giving parameters in it the type of its counterpart. */
  private bindAs(e: Expression, wanted: SqlType | undefined): Expr { return e.kind === 'parameter' ? this.parameter(e.index, wanted, e.range) : this.bind(e); }

  private unary(e: Extract<Expression, { kind: 'unary' }>): Expr {
    if (e.op === 'NOT') return this.not(e.operand, e.range);
    if (e.op === '-' && e.operand.kind === 'number') return numberLiteral(`-${e.operand.text}`, e.operand.form, e.range);
    const operand = this.bind(e.operand);
    return e.op === '+' ? operand : this.call('-', [operand], e.range);
  }
  private not(operand: Expression, range: SourceRange): Expr {
    if (operand.kind === 'inQuery') return this.subquery('in', operand.query, range, this.bind(operand.operand), !operand.negated);
    return this.call('NOT', [this.condition(operand, 'NOT')], range);
  }

  private binary(op: string, l: Expression, r: Expression, range: SourceRange): Expr {
    if (op === '!~' || op === '!~*') return this.call('NOT', [this.binary(op.slice(1), l, r, range)], range);
    const right0 = l.kind === 'parameter' ? this.bind(r) : undefined;
    const left = this.bindAs(l, right0?.type), right = right0 ?? this.bindAs(r, left.type);
    if (COMPARISONS.has(op)) { const [a, b] = this.comparable(left, right, range); return this.call(op, [a, b], range); }
    return this.call(op, [left, right], range);
  }
  /** Casts two operands of a comparison to their common type. A text constant takes the type of the other side. */
  comparable(left: Expr, right: Expr, range: SourceRange): [Expr, Expr] {
    const common = commonType([left.type, right.type]);
    if (common !== undefined) return needsCommonForm(left.type, right.type) ? [this.cast(left, common), this.cast(right, common)] : [this.typed(left, common), this.typed(right, common)];
    for (const [a, b, swap] of [[left, right, false], [right, left, true]] as const) {
      if (a.op === 'literal' && isCharacter(a.type) && canCast(a.type, b.type)) {
        const converted = this.cast(a, asNullable(b.type, a.type.nullable));
        return swap ? [b, converted] : [converted, b];
      }
    }
    throw typeMismatch({ what: `cannot compare ${typeText(left.type)} with ${typeText(right.type)}`, hint: 'Add a CAST to one side.' }, { range });
  }
  /** NULL literals get the type of their surroundings. */
  private typed(e: Expr, type: SqlType): Expr { return e.type.kind === 'NULL' ? this.cast(e, type) : e; }
  private unified(items: readonly Expr[], range: SourceRange): Expr[] {
    const common = commonType(items.map((i) => i.type));
    if (common === undefined && items.length > 0) throw typeMismatch({ what: `values of types ${[...new Set(items.map((i) => typeText(i.type)))].join(', ')} have no common type`, hint: 'Add CASTs.' }, { range });
    return common === undefined ? [] : items.map((i) => this.cast(i, asNullable(common, i.type.nullable)));
  }
  private between(e: Extract<Expression, { kind: 'between' }>): Expr {
    const value = this.bind(e.operand), low = this.bindAs(e.low, value.type), high = this.bindAs(e.high, value.type);
    const within = (a: Expr, b: Expr): Expr => {
      const [v1, l] = this.comparable(value, a, e.range), [v2, h] = this.comparable(value, b, e.range);
      return this.call('AND', [this.call('>=', [v1, l], e.range), this.call('<=', [v2, h], e.range)], e.range);
    };
    const test = e.symmetric ? this.call('OR', [within(low, high), within(high, low)], e.range) : within(low, high);
    return e.negated ? this.call('NOT', [test], e.range) : test;
  }
  private inList(e: Extract<Expression, { kind: 'inList' }>): Expr {
    const value = this.bind(e.operand), items = e.list.map((i) => this.bindAs(i, value.type));
    const common = commonType([value.type, ...items.map((i) => i.type)]);
    const all = common === undefined ? [value, ...items.map((i) => this.comparable(value, i, e.range)[1])] : [value, ...items].map((i) => this.cast(i, asNullable(common, i.type.nullable)));
    const test = this.call('IN', all, e.range);
    return e.negated ? this.call('NOT', [test], e.range) : test;
  }
  private quantified(e: Extract<Expression, { kind: 'quantifiedArray' }>): Expr {
    const value = this.bind(e.left), items = e.items.flatMap(arrayItems);
    if (items.length === 1 && items[0] !== undefined && items[0] === e.items[0]) {
      const arrayValue = this.bind(items[0]);
      if (arrayValue.type.kind === 'ARRAY' && e.op === '=' && e.quantifier === 'ANY') return this.call('ARRAY_CONTAINS', [arrayValue, value], e.range);
    }
    const tests = items.map((i) => { const [a, b] = this.comparable(value, this.bindAs(i, value.type), e.range); return this.call(e.op, [a, b], e.range); });
    if (tests.length === 0) return literal(e.quantifier === 'ALL', notNull(BOOLEAN));
    return tests.length === 1 && tests[0] !== undefined ? tests[0] : this.call(e.quantifier === 'ANY' ? 'OR' : 'AND', tests, e.range);
  }
  private like(e: Extract<Expression, { kind: 'like' }>): Expr {
    const value = this.bind(e.operand), args = [value, this.bindAs(e.pattern, STRING)];
    if (e.escape !== undefined) args.push(this.bind(e.escape));
    const test = this.call(e.op === 'RLIKE' ? 'REGEXP' : e.op, args, e.range);
    return e.negated ? this.call('NOT', [test], e.range) : test;
  }
  private isTest(e: Extract<Expression, { kind: 'is' }>): Expr {
    const test = e.test === 'UNKNOWN' ? 'NULL' : e.test;
    if (test === 'A SET' || test === 'EMPTY') throw this.unsupported(`IS ${test}`, e.range);
    const operand = this.bind(e.operand);
    return this.call(`IS ${e.negated ? 'NOT ' : ''}${test}`, [test === 'NULL' ? operand : this.typed(operand, BOOLEAN)], e.range);
  }
  private caseOf(e: Extract<Expression, { kind: 'case' }>): Expr {
    const operand = e.operand === undefined ? undefined : this.bind(e.operand);
    const whens = e.branches.map((b) => {
      const tests = b.conditions.map((c) => {
        if (operand === undefined) return this.condition(c, 'CASE WHEN');
        const [l, r] = this.comparable(operand, this.bindAs(c, operand.type), c.range);
        return this.call('=', [l, r], c.range);
      });
      return tests.length === 1 && tests[0] !== undefined ? tests[0] : this.call('OR', tests, b.range);
    });
    const results = e.branches.map((b) => this.bind(b.result)), otherwise = e.otherwise === undefined ? literal(null, NULL) : this.bind(e.otherwise);
    const common = commonType([...results, otherwise].map((r) => r.type));
    if (common === undefined) throw typeMismatch({ what: `branches of CASE have types ${[...new Set([...results, otherwise].map((r) => typeText(r.type)))].join(', ')}, which have no common type`, hint: 'Add CASTs.' }, { range: e.range });
    const as = (x: Expr): Expr => this.cast(x, asNullable(common, x.type.nullable));
    return { op: 'case', branches: whens.map((when, i) => ({ when, then: as(results[i] ?? otherwise) })), otherwise: as(otherwise), type: common };
  }
  private explicitCast(e: Extract<Expression, { kind: 'cast' }>): Expr {
    const to = resolveTypeNode(e.type), { regclass } = this.state.context;
    if (regclass !== undefined && e.operand.kind === 'string' && e.type.kind === 'simpleType' && e.type.name.toUpperCase() === 'REGCLASS') return literal(regclass(e.operand.value), notNull(BIGINT));
    const operand = this.bindAs(e.operand, to);
    if (e.operand.kind === 'interval' && operand.type.kind === to.kind) return operand;
    if (!canCast(operand.type, to)) throw cannotCast({ from: typeText(operand.type), to: typeText(to) }, { range: e.range });
    return this.cast(operand, asNullable(to, operand.type.nullable || e.safe), e.safe);
  }
  /** The expression as `type`; nothing is added when it has it already. Nullability follows the operand. */
  cast(e: Expr, type: SqlType, safe = false): Expr {
    if (sameType(e.type, type)) return e;
    if ((e.type.kind === 'CHAR' || e.type.kind === 'VARCHAR') && type.kind === 'VARCHAR' && type.length >= e.type.length) return e.op === 'literal' ? { ...e, type: asNullable(type, e.type.nullable) } : e;
    if (e.op === 'literal' && e.value === null) return literal(null, asNullable(type, true));
    return this.fold({ op: 'cast', arg: e, type: asNullable(type, e.type.nullable || safe), safe });
  }
  private fold(e: Expr): Expr {
    const fn = e.op === 'call' ? this.state.context.functions.scalar(e.name) : undefined;
    const constant = e.op === 'call' ? e.args.every((a) => a.op === 'literal') && fn?.deterministic === true && (e.args.length > 0 || fn.session === true) : e.op === 'cast' && e.arg.op === 'literal';
    if (!constant || this.hasParameters() || !isCheap(e)) return e;
    try {
      const value = this.state.context.evaluateConstant(e);
      return literal(value, asNullable(e.type, value === null));
    } catch { return e; }
  }
  /** While a statement is only described, parameters are NULL placeholders that must not be folded away. */
  private hasParameters(): boolean { return this.state.parameters.length > 0 && this.state.context.parameterValues === undefined; }

  /** A call of a scalar function with arguments bound already; adds casts as its signature says. */
  call(name: string, args: readonly Expr[], range: SourceRange): Expr {
    const fn = this.state.context.functions.scalar(name);
    if (fn === undefined) throw notYet.has(name) ? featureNotSupported({ feature: `function ${name}` }, { range }) : functionNotFound({ name, known: this.state.context.functions.names() }, { range });
    const infos: ArgumentInfo[] = args.map((a) => ({ type: a.type, literal: a.op === 'literal' ? { value: decodeLiteral(a.value) } : undefined }));
    let signature;
    try { signature = fn.infer(infos); } catch (error) {
      if (error instanceof RivuletError) error.range ??= range;
      throw error;
    }
    if (signature === undefined) throw noMatchingSignature({ name: fn.name, types: args.map((a) => typeText(a.type)), signature: fn.doc.signature }, { range });
    const wanted = signature.args;
    const cast = wanted === undefined ? args : args.map((a, i) => { const to = wanted[i]; return to === undefined ? a : this.cast(a, asNullable(to, a.type.nullable)); });
    return this.fold({ op: 'call', name: fn.name, args: cast, type: signature.result });
  }

  private functionCall(e: FunctionCall): Expr {
    const parts = e.name.parts.map((p) => p.value), name = (parts.at(-1) ?? '').toUpperCase();
    if (e.over !== undefined) throw this.unsupported('OVER window aggregation', e.range);
    const functions = this.state.context.functions;
    const aggregate = functions.aggregate(name);
    if (aggregate !== undefined && functions.scalar(name) === undefined) return this.aggregate(aggregate.name, e);
    if (e.quantifier === 'DISTINCT' || e.filter !== undefined || e.withinGroup.length > 0) throw groupingError({ what: `function "${name}" is not an aggregate function, so DISTINCT, FILTER and WITHIN GROUP make no sense` }, { range: e.range });
    const args = e.args.map((a) => this.bindAs(plainArgument(a), undefined));
    const rewritten = this.conditional(name, args, e.range);
    return rewritten ?? this.call(name, args, e.range);
  }
  /** COALESCE, IF, IFNULL, NULLIF as CASE: lazy branches and a common type for nothing. */
  private conditional(name: string, args: readonly Expr[], range: SourceRange): Expr | undefined {
    const [a, b, c] = args;
    const isNull = (x: Expr, no = ''): Expr => this.call(`IS ${no}NULL`, [x], range);
    if ((name === 'COALESCE' || (name === 'IFNULL' && args.length === 2)) && args.length > 0) {
      const unified = this.unified(args, range), last = unified.at(-1);
      if (last === undefined) return undefined;
      const type = unified.every((u) => u.type.nullable) ? asNullable(last.type, true) : notNull(last.type);
      return unified.length === 1 ? last : { op: 'case', branches: unified.slice(0, -1).map((u) => ({ when: isNull(u, 'NOT '), then: u })), otherwise: last, type };
    }
    if (name === 'IF' && a !== undefined && b !== undefined && c !== undefined && args.length === 3) {
      const [then, otherwise] = this.unified([b, c], range);
      if (then === undefined || otherwise === undefined) return undefined;
      return { op: 'case', branches: [{ when: this.cast(a, BOOLEAN), then }], otherwise, type: asNullable(then.type, then.type.nullable || otherwise.type.nullable) };
    }
    if (name === 'NULLIF' && a !== undefined && b !== undefined && args.length === 2) {
      const [l, r] = this.comparable(a, b, range);
      return { op: 'case', branches: [{ when: this.call('=', [l, r], range), then: literal(null, asNullable(a.type, true)) }], otherwise: a, type: asNullable(a.type, true) };
    }
    return undefined;
  }
  private aggregate(name: string, e: FunctionCall): Expr {
    if (this.aggregates === undefined) throw groupingError({ what: `aggregate function "${name}" is not allowed here`, hint: 'Aggregates may stand in the SELECT list and in HAVING; filter rows before aggregation with WHERE or FILTER (WHERE …).' }, { range: e.range });
    if (e.orderBy.length > 0 || e.withinGroup.length > 0) throw this.unsupported('ORDER BY inside an aggregate call', e.range);
    const inner = new ExpressionBinder(this.state, this.scope);
    const args = e.args.length === 1 && e.args[0]?.kind === 'star' ? [] : e.args.map((a) => inner.bind(plainArgument(a)));
    const fn = this.state.context.functions.aggregate(name);
    const infos: ArgumentInfo[] = args.map((a) => ({ type: a.type, literal: a.op === 'literal' ? { value: decodeLiteral(a.value) } : undefined }));
    const signature = fn?.infer(infos);
    if (fn === undefined || signature === undefined) throw noMatchingSignature({ name, types: args.map((a) => typeText(a.type)), signature: fn?.doc.signature ?? name }, { range: e.range });
    const wanted = signature.args;
    const cast = wanted === undefined ? args : args.map((a, i) => { const to = wanted[i]; return to === undefined ? a : this.cast(a, asNullable(to, a.type.nullable)); });
    const filter = e.filter === undefined ? undefined : inner.condition(e.filter, 'FILTER');
    this.aggregates.push({ name: fn.name, args: cast, distinct: e.quantifier === 'DISTINCT', filter, type: signature.result });
    return { op: 'column', index: AGGREGATE + this.aggregates.length - 1, type: signature.result };
  }
  private subquery(kind: PendingSubquery['kind'], query: Query, range: SourceRange, operand: Expr | undefined, negated: boolean): Expr {
    if (this.subqueries === undefined) throw this.unsupported('a subquery in this place', range);
    const type = kind === 'scalar' ? asNullable(this.subqueryTypes.get(query) ?? NULL, true) : BOOLEAN;
    this.subqueries.push({ kind, query, operand, range, type });
    const value: Expr = { op: 'column', index: SUBQUERY + this.subqueries.length - 1, type };
    return negated ? this.call('NOT', [value], range) : value;
  }
  private jsonCall(e: Extract<Expression, { kind: 'jsonExists' | 'jsonValue' | 'jsonQuery' }>): Expr {
    const behaviour = (b: { kind: string; value?: Expression } | undefined): Expr[] => [text(b?.kind ?? ''), b?.value === undefined ? literal(null, NULL) : this.bind(b.value)];
    const base = [this.bind(e.input), this.bind(e.path)];
    switch (e.kind) {
      case 'jsonExists': return this.call('JSON_EXISTS', e.onError === undefined ? base : [...base, text(e.onError.kind)], e.range);
      case 'jsonQuery': return this.call('JSON_QUERY', [...base, text(e.wrapper ?? 'WITHOUT'), text(e.onEmpty?.kind ?? 'NULL'), text(e.onError?.kind ?? 'NULL')], e.range);
      case 'jsonValue': return this.cast(this.call('JSON_VALUE', [...base, ...behaviour(e.onEmpty), ...behaviour(e.onError)], e.range), e.returning === undefined ? STRING : resolveTypeNode(e.returning));
    }
  }
}

/** The items of an array written out: ARRAY[…], perhaps cast, or PostgreSQL's `'{a,b}'::type[]`; anything else is an item itself. */
function arrayItems(e: Expression): readonly Expression[] {
  if (e.kind === 'array') return e.items;
  if (e.kind !== 'cast') return [e];
  const { operand, type, range } = e;
  if (operand.kind === 'array') return operand.items;
  if (operand.kind !== 'string' || type.kind !== 'collectionType' || !/^\{.*\}$/s.test(operand.value)) return [e];
  const parts = operand.value.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? [];
  return parts.map((part): Expression => {
    const text = part.startsWith('"') ? part.slice(1, -1).replace(/\\(.)/g, '$1') : part.trim();
    const value: Expression = text === 'NULL' && !part.startsWith('"') ? { kind: 'null', range } : { kind: 'string', value: text, range };
    return { kind: 'cast', safe: false, operand: value, type: type.element, range };
  });
}
/** Built-in functions of Flink that are not built yet: a clear answer instead of «does not exist». A name here that the registry has is never looked up. */
const notYet = new Set(('TUMBLE HOP SESSION CUMULATE TUMBLE_START TUMBLE_END TUMBLE_ROWTIME TUMBLE_PROCTIME HOP_START HOP_END HOP_ROWTIME HOP_PROCTIME SESSION_START SESSION_END SESSION_ROWTIME SESSION_PROCTIME '
  + 'GROUPING GROUPING_ID GROUP_ID CURRENT_WATERMARK SOURCE_WATERMARK MATCH_ROWTIME MATCH_PROCTIME ROW_NUMBER RANK DENSE_RANK NTILE LEAD LAG CUME_DIST PERCENT_RANK '
  + 'COLLECT ARRAY_AGG PERCENTILE JSON_OBJECTAGG JSON_ARRAYAGG JSON_EXISTS JSON_VALUE JSON_QUERY JSON_STRING JSON_OBJECT JSON_ARRAY JSON_QUOTE JSON_UNQUOTE JSON_LENGTH PARSE_JSON TRY_PARSE_JSON '
  + 'ARRAY_DISTINCT ARRAY_POSITION ARRAY_REMOVE ARRAY_REVERSE ARRAY_SORT ARRAY_SLICE ARRAY_JOIN ARRAY_UNION ARRAY_EXCEPT ARRAY_INTERSECT ARRAY_MAX ARRAY_MIN ARRAY_APPEND ARRAY_PREPEND ARRAY_CONCAT '
  + 'MAP_KEYS MAP_VALUES MAP_ENTRIES MAP_UNION MAP_FROM_ARRAYS STR_TO_MAP PARSE_URL URL_ENCODE URL_DECODE URL_DECODE_RECURSIVE SPLIT REGEXP_COUNT REGEXP_EXTRACT_ALL REGEXP_INSTR REGEXP_SUBSTR UNHEX BIN PRINTF TYPEOF '
  + 'ENCODE DECODE SUBSTRING_INDEX SOUNDEX CONVERT_TZ ML_PREDICT UUID DEGREES RADIANS BITAND').split(' '));
const COMPARISONS = new Set(['=', '<>', '<', '>', '<=', '>=']);
/** Functions that may be written without parentheses and look like columns. */
const BARE_FUNCTIONS = new Set(['CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP', 'LOCALTIME', 'LOCALTIMESTAMP', 'CURRENT_ROW_TIMESTAMP', 'CURRENT_USER', 'SESSION_USER', 'CURRENT_CATALOG', 'CURRENT_SCHEMA', 'USER']);
const FEATURES: Readonly<Record<string, string>> = { quantifiedQuery: 'comparison with ANY or ALL of a subquery', collectionQuery: 'ARRAY(subquery)', slice: 'array slice', atTimeZone: 'AT TIME ZONE', jsonObject: 'JSON_OBJECT', jsonArray: 'JSON_ARRAY' };

export const literal = (value: unknown, type: SqlType): Expr => ({ op: 'literal', value: encodeLiteral(value), type: asNullable(type, value === null) });
const text = (value: string): Expr => literal(value, notNull(STRING));
function plainArgument(a: Argument): Expression {
  if (a.kind === 'namedArgument' || a.kind === 'tableArgument' || a.kind === 'descriptor') throw featureNotSupported({ feature: 'a named, table or descriptor argument of a scalar function' }, { range: a.range });
  return a;
}
/** True when equal values of the two types may look different (scales, units, integer against fraction): both must be cast to the common type first. */
function needsCommonForm(a: SqlType, b: SqlType): boolean {
  if (sameType(a, b)) return false;
  if (isCharacter(a) && isCharacter(b)) return false;
  const integers = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE']);
  if (integers.has(a.kind) && integers.has(b.kind)) return a.kind === 'FLOAT' || b.kind === 'FLOAT' || (a.kind === 'BIGINT') !== (b.kind === 'BIGINT') && (a.kind === 'DOUBLE' || b.kind === 'DOUBLE');
  return isNumeric(a) || a.kind !== b.kind || 'precision' in a;
}
/** `1` INT (BIGINT when it does not fit), `1.10` DECIMAL(3, 2), `1e0` DOUBLE. */
export function numberLiteral(source: string, form: 'integer' | 'decimal' | 'double', range: SourceRange): Expr {
  if (form === 'double') return literal(Number(source), notNull(DOUBLE));
  const [whole = '', fraction = ''] = source.split('.');
  const unscaled = BigInt(`${whole === '' || whole === '-' ? `${whole}0` : whole}${fraction}`);
  const value = unscaled >= -9007199254740991n && unscaled <= 9007199254740991n ? Number(unscaled) : unscaled;
  if (form === 'integer') {
    if (unscaled >= -2147483648n && unscaled <= 2147483647n) return literal(value, notNull(INT));
    if (unscaled >= -(2n ** 63n) && unscaled < 2n ** 63n) return literal(value, notNull(BIGINT));
  }
  const digits = String(unscaled < 0n ? -unscaled : unscaled).length, precision = Math.max(digits, fraction.length, 1);
  if (precision > 38) throw invalidQuery({ what: `numeric literal ${source.slice(0, 60)} has more than 38 digits` }, { range });
  return literal(value, notNull(decimal(precision, fraction.length)));
}
function intervalLiteral(e: Extract<Expression, { kind: 'interval' }>): Expr {
  const value = intervalValue(e);
  return literal(value.months ?? value.ms ?? 0, notNull(value.months === undefined ? INTERVAL_DAY_TIME : INTERVAL_YEAR_MONTH));
}

/** Texts a call may be given to be computed while planning, in characters together: time grows with the product of text and pattern. */
const CHEAP_TEXT = 1024, CHEAP_CAST_TEXT = 64 * 1024;
/** What makes long texts of short ones, by a number among the arguments. */
const AMPLIFIERS: ReadonlySet<string> = new Set(['REPEAT', 'LPAD', 'RPAD']);
/** Planning is done on the thread that serves everybody; what may take long is left to the run. */
function isCheap(e: Expr): boolean {
  const args = e.op === 'call' ? e.args : e.op === 'cast' ? [e.arg] : [];
  let length = 0;
  for (const arg of args) {
    if (arg.op !== 'literal') continue;
    if (typeof arg.value === 'string') length += arg.value.length;
    else if (e.op === 'call' && typeof arg.value === 'number' && arg.value > CHEAP_TEXT && AMPLIFIERS.has(e.name)) return false;
    else if (typeof arg.value === 'object' && arg.value !== null && 'list' in arg.value && arg.value.list.length > CHEAP_TEXT) return false;
  }
  return length <= (e.op === 'cast' ? CHEAP_CAST_TEXT : CHEAP_TEXT);
}
