/**
 * Expressions of catalog queries, compiled to closures over an Env with PostgreSQL's rules: types by name, quoted literals that take
 * the type of their surroundings, comparison of texts by code unit, arrays, records, regular expressions.
 */
import { divisionByZero, moreThanOneValue } from '../../core/errors/data.ts';
import { featureNotSupported } from '../../core/errors/common.ts';
import type { SourceRange } from '../../core/errors/define.ts';
import { columnNotFound, groupingError, invalidQuery, typeMismatch } from '../../core/errors/planner.ts';
import { elementOf, isArrayType } from '../../catalog/system/pg-types.ts';
import type { Argument, Expression, FunctionCall, Identifier, Query, SortItem } from '../../planner/sql/ast.ts';
import { aggregateNamed, type AggregateSpec } from './aggregates.ts';
import type { Compiler, Value } from './compiler.ts';
import { shown } from './compiler.ts';
import { setFunction, scalarFunction } from './functions/index.ts';
import { checkLength, likePattern, matches, regex, similarPattern } from './functions/text.ts';
import { fold, unite, type Env, type Row, type Scope } from './scope.ts';
import { commonType, compareValues, isNumber, isText } from './values.ts';
import type { WindowCall } from './windows.ts';

/** A subquery compiled; `correlated` false: it reads nothing of the enclosing query. */
export interface QueryPlan { readonly columns: readonly { readonly name: string; readonly type: string }[]; readonly uses: readonly number[]; readonly run: (env: Env | undefined, max?: number) => readonly Row[] }
/** Calls that give rows, in a select list. */
export interface SetCall { readonly run: (env: Env) => readonly Row[]; readonly isRecord: boolean }
export interface SortKey { readonly value: Value; readonly descending: boolean; readonly nullsFirst: boolean }
/** What may stand in the expression beside plain values. */
export interface Places { readonly aggregates?: AggregateSpec[] | undefined; readonly sets?: SetCall[] | undefined; readonly windows?: WindowCall[] | undefined }
export type CompileQuery = (query: Query, parent: Scope | undefined) => QueryPlan;

type Compare = (c: number) => boolean;
const COMPARE: Readonly<Record<string, Compare>> = { '=': (c) => c === 0, '<>': (c) => c !== 0, '<': (c) => c < 0, '>': (c) => c > 0, '<=': (c) => c <= 0, '>=': (c) => c >= 0 };
const BARE = new Set(['current_user', 'session_user', 'user', 'current_role', 'current_catalog', 'current_schema', 'current_date', 'current_timestamp', 'localtimestamp']);

export class ExpressionCompiler {
  readonly compiler: Compiler;
  readonly scope: Scope;
  readonly places: Places;
  readonly compileQuery: CompileQuery;
  constructor(compiler: Compiler, scope: Scope, compileQuery: CompileQuery, places: Places = {}) {
    this.compiler = compiler;
    this.scope = scope;
    this.compileQuery = compileQuery;
    this.places = places;
  }
  condition(e: Expression): Value { return this.compiler.cast(this.compile(e), 'bool', e.range); }

  compile(e: Expression): Value {
    const { compiler } = this;
    switch (e.kind) {
      case 'column': return this.column(e.parts, e.range);
      case 'number': return numberLiteral(e.text, e.form);
      case 'string': return compiler.constant(e.value, 'unknown');
      case 'boolean': return compiler.constant(e.value, 'bool');
      case 'null': return compiler.constant(null, 'unknown');
      case 'interval': return compiler.constant(e.value, 'interval');
      case 'temporal': return compiler.cast(compiler.constant(e.value, 'unknown'), e.type === 'TIMESTAMP_LTZ' ? 'timestamptz' : e.type.toLowerCase(), e.range);
      case 'parameter': return compiler.parameter(e.index, e.range);
      case 'unary': return this.unary(e);
      case 'binary': return this.binary(e.op, this.compile(e.left), this.compile(e.right), e);
      case 'logical': return this.logical(e.op, e.operands.map((o) => this.condition(o)));
      case 'between': return this.between(e);
      case 'inList': return this.inList(e);
      case 'inQuery': return this.inQuery(e.operand, e.query, e.negated, e.range);
      case 'quantifiedQuery': return this.quantifiedQuery(e);
      case 'quantifiedArray': return this.quantifiedArray(e);
      case 'exists': { const rows = this.rowsOf(e.query, 1); return { type: 'bool', uses: rows.uses, run: (env) => rows.run(env).length > 0 }; }
      case 'subquery': return this.scalarQuery(e.query, e.range);
      case 'collectionQuery': { const rows = this.rowsOf(e.query); return { type: `${rows.columns[0]?.type === 'unknown' ? 'text' : rows.columns[0]?.type ?? 'text'}[]`, uses: rows.uses, run: (env) => rows.run(env).map((r) => r[0]) }; }
      case 'like': return this.like(e);
      case 'is': return this.isTest(e);
      case 'isDistinct': { const [l, r] = this.united([this.compile(e.left), this.compile(e.right)], e.range) as [Value, Value]; return { type: 'bool', uses: unite([l.uses, r.uses]), run: (env) => { const a = l.run(env), b = r.run(env); return (a === null || b === null ? a !== b : compareValues(a, b) !== 0) !== e.negated; } }; }
      case 'case': return this.caseOf(e);
      case 'cast': return this.explicitCast(e);
      case 'row': return this.row(e.items);
      case 'array': { const items = this.united(e.items.map((i) => this.compile(i)), e.range); return { type: `${items[0]?.type ?? 'text'}[]`, uses: unite(items.map((i) => i.uses)), run: (env) => items.map((i) => i.run(env)) }; }
      case 'index': return this.index(e);
      case 'slice': return this.slice(e);
      case 'field': return this.field(this.compile(e.operand), e.field);
      case 'collate': return this.compile(e.operand);
      case 'atTimeZone': return this.compile(e.operand);
      case 'extract': return this.extract(e);
      case 'trim': return compiler.call(e.mode === 'LEADING' ? 'ltrim' : e.mode === 'TRAILING' ? 'rtrim' : 'btrim', [this.compile(e.operand), ...(e.characters === undefined ? [] : [this.compile(e.characters)])], e.range);
      case 'call': return this.call(e);
      default: throw featureNotSupported({ feature: `${e.kind} in a query over system tables` }, { range: e.range });
    }
  }

  private column(parts: readonly Identifier[], range: SourceRange): Value {
    const [first] = parts;
    if (parts.length === 1 && first !== undefined && !first.quoted && BARE.has(first.value.toLowerCase())) return this.compiler.call(first.value.toLowerCase(), [], range);
    const found = this.scope.resolve(parts, range);
    const value: Value = { type: found.column.type, uses: found.uses, run: found.run, fields: found.column.fields };
    return found.rest.reduce((v: Value, id) => this.field(v, id), value);
  }
  private field(record: Value, id: Identifier): Value {
    const name = fold(id), at = record.fields?.findIndex((f) => f.name === name) ?? -1, field = record.fields?.[at];
    if (field === undefined) throw columnNotFound({ column: name, near: [], available: record.fields?.map((f) => f.name) }, { range: id.range });
    return { type: field.type, uses: record.uses, run: (env) => { const v = record.run(env); return v === null ? null : (v as Row)[at] ?? null; } };
  }
  private unary(e: Extract<Expression, { kind: 'unary' }>): Value {
    if (e.op === 'NOT') return not(this.condition(e.operand));
    const operand = this.compile(e.operand);
    if (e.op === '+') return operand;
    const n = isNumber(operand.type) ? operand : this.compiler.cast(operand, 'numeric', e.range);
    return { type: n.type, uses: n.uses, literal: n.literal === undefined ? undefined : { value: n.literal.value === null ? null : -(n.literal.value as number) }, run: (env) => { const v = n.run(env); return v === null ? null : -(v as number); } };
  }
  private binary(op: string, l: Value, r: Value, e: Extract<Expression, { kind: 'binary' }>): Value {
    if (op in COMPARE) return e.left.kind === 'row' && e.right.kind === 'row' ? this.rowEquality(op, e.left.items, e.right.items, e.range) : this.comparison(op, l, r, e.range);
    switch (op) {
      case '~': case '~*': case '!~': case '!~*': return this.regexTest(op, l, r, e.range);
      case '||': return this.concatenation(l, r, e.range);
      case '+': case '-': case '*': case '/': case '%': return this.arithmetic(op, l, r, e.range);
      case '@>': case '<@': { const [a, b] = this.united(op === '@>' ? [l, r] : [r, l], e.range) as [Value, Value]; return strict('bool', [a, b], (x, y) => (y as unknown[]).every((v) => (x as unknown[]).includes(v))); }
      case '&': return strict('int4', [this.compiler.cast(l, 'int4', e.range), this.compiler.cast(r, 'int4', e.range)], (a, b) => (a as number) & (b as number));
      case '|': return strict('int4', [this.compiler.cast(l, 'int4', e.range), this.compiler.cast(r, 'int4', e.range)], (a, b) => (a as number) | (b as number));
      default: throw featureNotSupported({ feature: `operator ${op} in a query over system tables` }, { range: e.range });
    }
  }
  /** All as one type. Throws type-mismatch. */
  united(values: readonly Value[], range: SourceRange): Value[] {
    const known = values.map((v): string | undefined => v.type).filter((t) => t !== 'unknown').reduce((a, b) => (a === undefined || b === undefined ? undefined : commonType(a, b)), values.find((v) => v.type !== 'unknown')?.type ?? 'unknown');
    if (known === undefined) throw typeMismatch({ what: `types ${[...new Set(values.map((v) => shown(v.type)))].join(' and ')} cannot be matched`, hint: 'Add a CAST.' }, { range });
    const type = known === 'unknown' ? 'text' : known;
    return values.map((v) => this.compiler.cast(v, type, range));
  }
  comparison(op: string, left: Value, right: Value, range: SourceRange): Value {
    if (commonType(left.type, right.type) === undefined) throw typeMismatch({ what: `operator does not exist: ${shown(left.type)} ${op} ${shown(right.type)}`, hint: 'Add a CAST to one side.' }, { range });
    const [l, r] = this.united([left, right], range) as [Value, Value];
    if (op === '=' && !isArrayType(l.type) && l.type !== 'record') return { type: 'bool', uses: unite([l.uses, r.uses]), run: (env) => { const a = l.run(env); if (a === null) return null; const b = r.run(env); return b === null ? null : a === b; } };
    const test = COMPARE[op] as Compare;
    return strict('bool', [l, r], (a, b) => test(compareValues(a, b)));
  }
  private rowEquality(op: string, left: readonly Expression[], right: readonly Expression[], range: SourceRange): Value {
    if (left.length !== right.length || (op !== '=' && op !== '<>')) throw invalidQuery({ what: `rows of ${left.length} and ${right.length} values cannot be compared with ${op}` }, { range });
    const all = this.logical('AND', left.map((l, i) => this.comparison('=', this.compile(l), this.compile(right[i] as Expression), range)));
    return op === '=' ? all : not(all);
  }
  private regexTest(op: string, left: Value, right: Value, range: SourceRange): Value {
    const l = this.compiler.cast(left, 'text', range), r = this.compiler.cast(right, 'text', range), ignoreCase = op.endsWith('*'), wanted = !op.startsWith('!');
    if (r.literal !== undefined && typeof r.literal.value === 'string') { const pattern = regex(r.literal.value, ignoreCase); return strict('bool', [l], (s) => pattern.matcher(s as string).find() === wanted); }
    return strict('bool', [l, r], (s, p) => matches(s as string, p as string, ignoreCase) === wanted);
  }
  private concatenation(l: Value, r: Value, range: SourceRange): Value {
    if (isArrayType(l.type) || isArrayType(r.type)) {
      if (l.type === 'unknown') return this.compiler.call('array_cat', [this.compiler.cast(l, r.type, range), r], range);
      if (r.type === 'unknown') return this.compiler.call('array_cat', [l, this.compiler.cast(r, l.type, range)], range);
      return this.compiler.call(isArrayType(l.type) ? (isArrayType(r.type) ? 'array_cat' : 'array_append') : 'array_prepend', [l, r], range);
    }
    return strict('text', [this.compiler.cast(l, 'text', range), this.compiler.cast(r, 'text', range)], (a, b) => { checkLength((a as string).length + (b as string).length); return (a as string) + (b as string); });
  }
  private arithmetic(op: string, left: Value, right: Value, range: SourceRange): Value {
    const wanted = isNumber(left.type) ? left.type : isNumber(right.type) ? right.type : left.type === 'oid' || right.type === 'oid' ? 'int8' : 'numeric';
    const [l, r] = this.united([isText(left.type) || left.type === 'oid' ? this.compiler.cast(left, wanted, range) : left, isText(right.type) || right.type === 'oid' ? this.compiler.cast(right, wanted, range) : right], range) as [Value, Value];
    const whole = l.type.startsWith('int');
    return strict(l.type, [l, r], (x, y) => {
      const a = Number(x), b = Number(y);
      if ((op === '/' || op === '%') && b === 0) throw divisionByZero({}, { range });
      switch (op) { case '+': return a + b; case '-': return a - b; case '*': return a * b; case '%': return a % b; default: return whole ? Math.trunc(a / b) : a / b; }
    });
  }
  private logical(op: 'AND' | 'OR', operands: readonly Value[]): Value {
    const stop = op === 'OR';
    return { type: 'bool', uses: unite(operands.map((o) => o.uses)), run: (env) => { let result: boolean | null = !stop; for (const o of operands) { const v = o.run(env); if (v === stop) return stop; if (v === null) result = null; } return result; } };
  }
  private between(e: Extract<Expression, { kind: 'between' }>): Value {
    const value = this.compile(e.operand), low = this.compile(e.low), high = this.compile(e.high);
    const within = this.logical('AND', [this.comparison('>=', value, low, e.range), this.comparison('<=', value, high, e.range)]);
    const test = e.symmetric ? this.logical('OR', [within, this.logical('AND', [this.comparison('>=', value, high, e.range), this.comparison('<=', value, low, e.range)])]) : within;
    return e.negated ? not(test) : test;
  }
  private inList(e: Extract<Expression, { kind: 'inList' }>): Value {
    const { operand } = e;
    const test = operand.kind === 'row' && operand.items.length > 1 ? this.logical('OR', e.list.map((i) => this.rowEquality('=', operand.items, i.kind === 'row' ? i.items : [i], e.range))) : this.memberOf(this.compile(operand), e.list.map((i) => this.compile(i)), e.range);
    return e.negated ? not(test) : test;
  }
  private memberOf(value: Value, items: readonly Value[], range: SourceRange): Value {
    const [v, ...list] = this.united([value, ...items], range) as [Value, ...Value[]];
    const constants = list.every((i) => i.literal !== undefined) ? new Set(list.map((i) => i.literal?.value)) : undefined;
    if (constants !== undefined && !isArrayType(v.type)) { const missing = constants.has(null) ? null : false; return strict('bool', [v], (x) => constants.has(x) || missing); }
    return { type: 'bool', uses: unite([v.uses, ...list.map((i) => i.uses)]), run: (env) => among(v.run(env), list.map((i) => i.run(env)), COMPARE['='] as Compare, true) };
  }
  private inQuery(operand: Expression, query: Query, negated: boolean, range: SourceRange): Value {
    const rows = this.rowsOf(query), items = operand.kind === 'row' ? operand.items : [operand];
    if (rows.columns.length !== items.length) throw invalidQuery({ what: `subquery has ${rows.columns.length < items.length ? 'too few' : 'too many'} columns` }, { range });
    const values = items.map((i, n) => { const v = this.compile(i), type = commonType(v.type, rows.columns[n]?.type ?? 'text'); return type === undefined ? v : this.compiler.cast(v, type === 'unknown' ? 'text' : type, range); });
    const [only] = values;
    const test: Value = {
      type: 'bool', uses: unite([rows.uses, ...values.map((v) => v.uses)]),
      run: (env) => {
        const all = rows.run(env);
        if (values.length === 1 && only !== undefined) return among(only.run(env), all.map((r) => r[0] ?? null), COMPARE['='] as Compare, true);
        const wanted = values.map((v) => v.run(env));
        if (wanted.includes(null)) return all.length === 0 ? false : null;
        return all.some((r) => wanted.every((w, i) => r[i] !== null && compareValues(w, r[i]) === 0));
      },
    };
    return negated ? not(test) : test;
  }
  private quantifiedQuery(e: Extract<Expression, { kind: 'quantifiedQuery' }>): Value {
    const rows = this.rowsOf(e.query), value = this.compile(e.left), type = commonType(value.type, rows.columns[0]?.type ?? 'text') ?? value.type, v = this.compiler.cast(value, type, e.range), test = COMPARE[e.op] as Compare;
    return { type: 'bool', uses: unite([rows.uses, v.uses]), run: (env) => among(v.run(env), rows.run(env).map((r) => r[0] ?? null), test, e.quantifier === 'ANY') };
  }
  private quantifiedArray(e: Extract<Expression, { kind: 'quantifiedArray' }>): Value {
    const value = this.compile(e.left), test = COMPARE[e.op] as Compare, [first] = e.items;
    if (e.items.length > 1 || first === undefined) { const items = this.united([value, ...e.items.map((i) => this.compile(i))], e.range); return { type: 'bool', uses: unite(items.map((i) => i.uses)), run: (env) => among(items[0]?.run(env), items.slice(1).map((i) => i.run(env)), test, e.quantifier === 'ANY') }; }
    const given = this.compile(first), element = isArrayType(given.type) ? elementOf(given.type) : value.type === 'unknown' ? 'text' : value.type;
    const common = commonType(value.type, element);
    if (common === undefined) throw typeMismatch({ what: `operator does not exist: ${shown(value.type)} ${e.op} ${shown(element)}` }, { range: e.range });
    const v = this.compiler.cast(value, common, e.range), items = this.compiler.cast(given, `${common}[]`, e.range);
    return strict('bool', [items], undefined, [v], (list, x) => among(x, list as unknown[], test, e.quantifier === 'ANY'));
  }
  private like(e: Extract<Expression, { kind: 'like' }>): Value {
    const value = this.compiler.cast(this.compile(e.operand), 'text', e.range), pattern = this.compiler.cast(this.compile(e.pattern), 'text', e.range);
    const escape = e.escape === undefined ? '\\' : String(this.compile(e.escape).literal?.value ?? '\\'), ignoreCase = e.op === 'ILIKE';
    const compile = (p: string): string => (e.op === 'SIMILAR TO' ? similarPattern(p) : e.op === 'RLIKE' ? p : likePattern(p, escape));
    const fixed = typeof pattern.literal?.value === 'string' ? regex(compile(pattern.literal.value), ignoreCase) : undefined;
    const test = strict('bool', [value, pattern], (s, p) => (fixed ?? regex(compile(p as string), ignoreCase)).matcher(s as string).find());
    return e.negated ? not(test) : test;
  }
  private isTest(e: Extract<Expression, { kind: 'is' }>): Value {
    const operand = e.test === 'NULL' ? this.compile(e.operand) : this.condition(e.operand), wanted = e.test === 'TRUE' ? true : e.test === 'FALSE' ? false : null;
    return { type: 'bool', uses: operand.uses, run: (env) => ((operand.run(env) ?? null) === wanted) !== e.negated };
  }
  private caseOf(e: Extract<Expression, { kind: 'case' }>): Value {
    const operand = e.operand === undefined ? undefined : this.compile(e.operand);
    const whens = e.branches.map((b) => this.logical('OR', b.conditions.map((c) => (operand === undefined ? this.condition(c) : this.comparison('=', operand, this.compile(c), c.range)))));
    const results = this.united([...e.branches.map((b) => this.compile(b.result)), ...(e.otherwise === undefined ? [] : [this.compile(e.otherwise)])], e.range), otherwise = e.otherwise === undefined ? undefined : results.at(-1);
    return { type: results[0]?.type ?? 'text', uses: unite([...whens, ...results].map((v) => v.uses)), run: (env) => { for (let i = 0; i < whens.length; i++) if (whens[i]?.run(env) === true) return results[i]?.run(env); return otherwise?.run(env) ?? null; } };
  }
  private explicitCast(e: Extract<Expression, { kind: 'cast' }>): Value {
    const to = this.compiler.typeNamed(e.type), operand = this.compile(e.operand);
    return this.compiler.cast(operand, to, e.range);
  }
  private row(items: readonly Expression[]): Value {
    const [only] = items;
    if (items.length === 1 && only !== undefined) return this.compile(only);
    const values = items.map((i) => this.compiler.settled(this.compile(i)));
    return { type: 'record', uses: unite(values.map((v) => v.uses)), fields: values.map((v, i) => ({ name: `f${i + 1}`, type: v.type })), run: (env) => values.map((v) => v.run(env)) };
  }
  private index(e: Extract<Expression, { kind: 'index' }>): Value {
    const array = this.compile(e.operand), at = this.compiler.cast(this.compile(e.index), 'int4', e.range), first = array.type === 'int2vector' || array.type === 'oidvector' ? 0 : 1;
    return strict(elementOf(array.type), [array, at], (a, i) => (a as unknown[])[(i as number) - first] ?? null);
  }
  private slice(e: Extract<Expression, { kind: 'slice' }>): Value {
    const array = this.compile(e.operand), bound = (x: Expression | undefined, otherwise: number): Value => (x === undefined ? this.compiler.constant(otherwise, 'int4') : this.compiler.cast(this.compile(x), 'int4', e.range));
    const from = bound(e.from, 1), to = bound(e.to, 2 ** 31), first = array.type === 'int2vector' || array.type === 'oidvector' ? 0 : 1;
    return { type: array.type, uses: unite([array.uses, from.uses, to.uses]), run: (env) => { const a = array.run(env) as unknown[] | null; return a === null ? null : a.slice(Math.max(0, (from.run(env) as number) - first), Math.max(0, (to.run(env) as number) - first + 1)); } };
  }
  private extract(e: Extract<Expression, { kind: 'extract' }>): Value {
    const t = this.compile(e.operand), parts: Readonly<Record<string, (d: Date) => number>> = { EPOCH: (d) => d.getTime() / 1000, YEAR: (d) => d.getUTCFullYear(), MONTH: (d) => d.getUTCMonth() + 1, DAY: (d) => d.getUTCDate(), HOUR: (d) => d.getUTCHours(), MINUTE: (d) => d.getUTCMinutes(), SECOND: (d) => d.getUTCSeconds() };
    const part = parts[e.unit];
    return strict('numeric', [t], (v) => (typeof v === 'number' && part !== undefined ? part(new Date(t.type === 'date' ? v * 86_400_000 : v)) : null));
  }

  private call(e: FunctionCall): Value {
    const name = fold(e.name.parts.at(-1) as Identifier).toLowerCase(), { range } = e;
    if (e.over !== undefined) return this.window(name, e);
    if (aggregateNamed(name) && scalarFunction(name) === undefined) return this.aggregate(name, e);
    const args = e.args.map((a) => this.compile(plain(a)));
    const set = setFunction(name);
    if (set !== undefined) return this.setCall(name, args, range);
    switch (name) {
      case 'coalesce': { const all = this.united(args, range); return { type: all[0]?.type ?? 'text', uses: unite(all.map((a) => a.uses)), run: (env) => { for (const a of all) { const v = a.run(env); if (v !== null) return v; } return null; } }; }
      case 'nullif': { const [a, b] = args as [Value, Value], same = this.comparison('=', a, b, range), v = this.compiler.settled(a); return { type: v.type, uses: unite([a.uses, b.uses]), run: (env) => (same.run(env) === true ? null : v.run(env)) }; }
      case 'greatest': case 'least': {
        const all = this.united(args, range), sign = name === 'greatest' ? 1 : -1;
        return { type: all[0]?.type ?? 'text', uses: unite(all.map((a) => a.uses)), run: (env) => all.map((a) => a.run(env)).filter((v) => v !== null).reduce((x: unknown, y) => (x === null || compareValues(y, x) * sign > 0 ? y : x), null) };
      }
      default: return this.compiler.call(name, args, range);
    }
  }
  /** The closure that gives the rows of a set function. */
  setRows(name: string, args: readonly Value[], range: SourceRange): { readonly columns: readonly { name: string; type: string }[]; readonly uses: readonly number[]; readonly run: (env: Env) => readonly Row[] } {
    const set = setFunction(name);
    if (set === undefined) throw invalidQuery({ what: `function ${name} gives no rows` }, { range });
    const given = args.map((a, i) => { const wanted = set.args[Math.min(i, set.args.length - 1)] ?? 'any'; return wanted === 'any' ? this.compiler.settled(a) : this.compiler.cast(a, wanted, range); });
    const call = this.compiler.callEnvironment(given.map((a) => a.type));
    return { columns: set.columns(call.types), uses: unite(given.map((a) => a.uses)), run: (env) => { const values = given.map((a) => a.run(env)); return values.includes(null) ? [] : set.rows(values, call); } };
  }
  private setCall(name: string, args: readonly Value[], range: SourceRange): Value {
    const { sets } = this.places;
    if (sets === undefined) throw featureNotSupported({ feature: `set-returning function ${name} in this place` }, { range });
    const rows = this.setRows(name, args, range), isRecord = rows.columns.length > 1, at = sets.length;
    sets.push({ run: rows.run, isRecord });
    return { type: isRecord ? 'record' : rows.columns[0]?.type ?? 'text', uses: rows.uses, fields: isRecord ? rows.columns : undefined, run: (env) => env.sets?.[at] ?? null };
  }
  private aggregate(name: string, e: FunctionCall): Value {
    const { aggregates } = this.places;
    if (aggregates === undefined) throw groupingError({ what: `aggregate function "${name}" is not allowed here` }, { range: e.range });
    const inner = new ExpressionCompiler(this.compiler, this.scope, this.compileQuery), isStar = e.args.length === 1 && e.args[0]?.kind === 'star';
    const args = isStar ? [] : e.args.map((a) => this.compiler.settled(inner.compile(plain(a))));
    const { type, finish } = aggregateNamed(name, args.map((a) => a.type)) as { type: string; finish: (rows: readonly Row[]) => unknown };
    const order = [...e.orderBy, ...e.withinGroup].map((o) => inner.sortKey(o));
    const filter = e.filter === undefined ? undefined : inner.condition(e.filter), at = aggregates.length;
    aggregates.push({ args, order, filter, distinct: e.quantifier === 'DISTINCT', isCount: isStar && filter === undefined, finish });
    return { type, uses: unite([...args, ...order.map((o) => o.value)].map((a) => a.uses)), run: (env) => env.aggregates?.[at] ?? null };
  }
  private window(name: string, e: FunctionCall): Value {
    const { windows } = this.places, over = e.over;
    if (windows === undefined || over === undefined || over.kind === 'identifier') throw featureNotSupported({ feature: 'a window function in this place' }, { range: e.range });
    const inner = new ExpressionCompiler(this.compiler, this.scope, this.compileQuery, { aggregates: this.places.aggregates });
    const args = e.args.length === 1 && e.args[0]?.kind === 'star' ? [] : e.args.map((a) => this.compiler.settled(inner.compile(plain(a))));
    const ranking = name === 'row_number' || name === 'rank' || name === 'dense_rank', found = ranking ? undefined : aggregateNamed(name, args.map((a) => a.type));
    if (!ranking && found === undefined) throw featureNotSupported({ feature: `window function ${name} in a query over system tables` }, { range: e.range });
    const at = windows.length;
    windows.push({ name, args, finish: found?.finish, partition: over.partitionBy.map((p) => inner.compile(p)), order: over.orderBy.map((o) => inner.sortKey(o)) });
    return { type: found?.type ?? 'int8', uses: [], run: (env) => env.windows?.[at] ?? null };
  }
  /** NULLs are the greatest, as PostgreSQL has it. */
  sortKey(o: SortItem): SortKey { return { value: this.compiler.settled(this.compile(o.expression)), descending: o.descending, nullsFirst: o.nulls === undefined ? o.descending : o.nulls === 'FIRST' }; }

  private scalarQuery(query: Query, range: SourceRange): Value {
    const rows = this.rowsOf(query), [only] = rows.columns;
    if (only === undefined || rows.columns.length !== 1) throw invalidQuery({ what: `a scalar subquery must return one column, not ${rows.columns.length}` }, { range });
    return { type: only.type, uses: rows.uses, run: (env) => { const all = rows.run(env); if (all.length > 1) throw moreThanOneValue({}, { range }); return all[0]?.[0] ?? null; } };
  }
  /** A subquery; one that reads nothing of this query runs once. */
  private rowsOf(query: Query, max?: number): QueryPlan & { run: (env: Env) => readonly Row[] } {
    const plan = this.compileQuery(query, this.scope);
    if (plan.uses.some((mask) => mask !== 0)) return { ...plan, run: (env) => plan.run(env, max) };
    let rows: readonly Row[] | undefined;
    return { ...plan, run: (env) => (rows ??= plan.run(env, max)) };
  }
}

export function plain(a: Argument): Expression {
  if (a.kind === 'namedArgument') return plain(a.value);
  if (a.kind === 'tableArgument' || a.kind === 'descriptor') throw featureNotSupported({ feature: 'a table argument in a query over system tables' }, { range: a.range });
  return a;
}
const not = (v: Value): Value => ({ type: 'bool', uses: v.uses, run: (env) => { const x = v.run(env); return x === null ? null : x !== true; } });
/** NULL when one of `args` is NULL; `more` may be NULL. */
function strict(type: string, args: readonly Value[], run: ((a: unknown, b: unknown) => unknown) | undefined, more: readonly Value[] = [], runMore?: (a: unknown, b: unknown) => unknown): Value {
  const [a, b] = args as [Value, Value?], [c] = more, uses = unite([...args, ...more].map((v) => v.uses));
  if (c !== undefined && runMore !== undefined) return { type, uses, run: (env) => { const x = a.run(env); return x === null ? null : runMore(x, c.run(env)); } };
  const f = run as (a: unknown, b: unknown) => unknown;
  if (b === undefined) return { type, uses, run: (env) => { const x = a.run(env); return x === null ? null : f(x, null); } };
  return { type, uses, run: (env) => { const x = a.run(env); if (x === null) return null; const y = b.run(env); return y === null ? null : f(x, y); } };
}
/** `x op ANY/ALL (items)` with SQL's three values. */
function among(x: unknown, items: readonly unknown[], test: Compare, any: boolean): boolean | null {
  if (items.length === 0) return !any;
  let hasNull = x === null;
  if (!hasNull) for (const item of items) {
    if (item === null) { hasNull = true; continue; }
    if (test(compareValues(x, item)) === any) return any;
  }
  return hasNull ? null : !any;
}
function numberLiteral(text: string, form: 'integer' | 'decimal' | 'double'): Value {
  const value = Number(text), type = form === 'integer' ? (Math.abs(value) < 2 ** 31 ? 'int4' : 'int8') : form === 'decimal' ? 'numeric' : 'float8';
  return { type, uses: [], literal: { value }, run: () => value };
}
