/**
 * Subqueries become joins. EXISTS and IN at the top of a WHERE clause: semi and anti joins. Scalar subqueries, and EXISTS or IN inside
 * an expression: a left join whose column takes the subquery's place. A subquery may speak of the enclosing query's columns in its
 * WHERE clause (correlation); those conjuncts move into the join condition. Semantics: Flink "Queries", subqueries; SQL's NOT IN.
 */
import { featureNotSupported } from '../../core/errors/common.ts';
import type { SourceRange } from '../../core/errors/define.ts';
import { invalidQuery } from '../../core/errors/planner.ts';
import { BIGINT, BOOLEAN, NULL, asNullable, type SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../physical/expr.ts';
import type { AggregateCall } from '../physical/plan.ts';
import { columnsIn, conjunction, conjuncts, literalTrue, mapColumns, replaceTop, shift, visit } from '../logical/expr-tools.ts';
import { column, filter, join, project, type Rel } from '../logical/rel.ts';
import type { Expression, Query, Select, SortItem } from '../sql/ast.ts';
import { groupRelation } from './aggregate.ts';
import type { BindState } from './context.ts';
import { AGGREGATE, ExpressionBinder, SUBQUERY, literal, type PendingAggregate, type PendingSubquery } from './expression.ts';
import { withCommonTables, type Environment } from './environment.ts';
import type { BoundBody, SelectCore } from './query.ts';
import { OUTER, Scope } from './scope.ts';

/** What the query binder does, handed in by it. */
export interface QueryBinding {
  bindQuery(state: BindState, query: Query, environment: Environment, outer?: Scope): Promise<Rel>;
  bindSelectCore(state: BindState, select: Select, environment: Environment, outer: Scope | undefined): Promise<SelectCore>;
  finishSelect(state: BindState, select: Select, environment: Environment, core: SelectCore, orderBy: readonly SortItem[]): Promise<BoundBody>;
}
interface Place { readonly state: BindState; readonly environment: Environment; readonly binding: QueryBinding }
/** A subquery bound once: whole when uncorrelated, else FROM and WHERE with the select list still to come. */
type BoundSubquery = { readonly rel: Rel; readonly correlated?: undefined } | { readonly rel: Rel; readonly correlated: readonly Expr[]; readonly items: readonly Expr[]; readonly aggregates: readonly PendingAggregate[] };
export interface BoundSubqueries { readonly bound: ReadonlyMap<Query, BoundSubquery>; readonly types: ReadonlyMap<Query, SqlType> }

/** Binds the subqueries that stand in some expressions (not those inside them). */
export async function prepareSubqueries(place: Place, scope: Scope, expressions: readonly Expression[]): Promise<BoundSubqueries> {
  const bound = new Map<Query, BoundSubquery>(), types = new Map<Query, SqlType>();
  for (const query of expressions.flatMap((e) => queriesIn(e))) {
    const sub = await bindSubquery(place, query, scope);
    bound.set(query, sub);
    types.set(query, (sub.correlated === undefined ? sub.rel.columns[0]?.type : sub.items[0]?.type) ?? NULL);
  }
  return { bound, types };
}
/** Queries directly inside an expression. */
function queriesIn(node: unknown, found: Query[] = []): Query[] {
  if (Array.isArray(node)) { for (const item of node) queriesIn(item, found); return found; }
  if (typeof node !== 'object' || node === null) return found;
  if ('kind' in node && node.kind === 'query') { found.push(node as Query); return found; }
  for (const [key, value] of Object.entries(node)) if (key !== 'range' && typeof value === 'object') queriesIn(value, found);
  return found;
}

async function bindSubquery(place: Place, query: Query, outer: Scope): Promise<BoundSubquery> {
  const select = query.body.kind === 'select' ? query.body : undefined;
  if (select === undefined || query.limit !== undefined || query.offset !== undefined) return { rel: await place.binding.bindQuery(place.state, query, place.environment) };
  const environment = withCommonTables(query, place.environment);
  const core = await place.binding.bindSelectCore(place.state, select, environment, outer);
  if (core.correlated.length === 0) {
    const { rel, width } = await place.binding.finishSelect(place.state, select, environment, core, []);
    return { rel: width === rel.columns.length ? rel : project(rel, rel.columns.slice(0, width).map((_, i) => column(rel, i)), rel.columns.map((c) => c.name)) };
  }
  return correlatedSelect(place.state, select, core);
}
function correlatedSelect(state: BindState, select: Select, core: SelectCore): BoundSubquery {
  if (select.groupBy !== undefined || select.having !== undefined) throw featureNotSupported({ feature: 'GROUP BY in a correlated subquery' }, { range: select.range });
  const aggregates: PendingAggregate[] = [], binder = new ExpressionBinder(state, core.scope, { aggregates });
  const items = select.items.flatMap((i) => (i.expression.kind === 'star' ? core.scope.star(i.expression.qualifier, i.expression.range).map((c) => c.expr) : [binder.bind(i.expression)]));
  return { rel: core.rel, correlated: core.correlated, items, aggregates };
}

/** WHERE: plain conjuncts filter, subquery conjuncts join, conjuncts over outer columns are handed up. */
export async function applyPredicate(place: Place, input: Rel, scope: Scope, where: Expression): Promise<SelectCore> {
  const parts = where.kind === 'logical' && where.op === 'AND' ? where.operands : [where];
  const correlated: Expr[] = [];
  let rel = input;
  const special = parts.filter((p) => predicateOf(p) !== undefined), plain = parts.filter((p) => predicateOf(p) === undefined);
  const pendings: PendingSubquery[] = [];
  const prepared = await prepareSubqueries(place, scope, plain);
  const binder = new ExpressionBinder(place.state, scope, { subqueries: pendings, subqueryTypes: prepared.types });
  const late: Expr[] = [];
  for (const p of plain) for (const c of conjuncts(binder.condition(p, 'WHERE'))) {
    const columns = [...columnsIn(c)];
    if (columns.some((i) => i >= OUTER)) correlated.push(c);
    else if (columns.some((i) => i >= SUBQUERY)) late.push(c);
    else rel = filter(rel, c);
  }
  for (const p of special) rel = await applySubqueryPredicate(place, rel, scope, p);
  if (late.length > 0) {
    const attached = attachSubqueries(place.state, rel, pendings, prepared, (e) => e, { conditions: late, values: [] }), width = rel.columns.length;
    const filtered = late.reduce((r: Rel, c) => filter(r, attached.resolve(c)), attached.rel);
    rel = project(filtered, Array.from({ length: width }, (_, i) => column(filtered, i)), filtered.columns.map((c) => c.name));
  }
  return { rel, scope, correlated };
}
interface SubqueryPredicate { readonly kind: 'exists' | 'in'; readonly negated: boolean; readonly query: Query; readonly operand: Expression | undefined; readonly range: SourceRange }
function predicateOf(e: Expression): SubqueryPredicate | undefined {
  if (e.kind === 'exists') return { kind: 'exists', negated: false, query: e.query, operand: undefined, range: e.range };
  if (e.kind === 'inQuery') return { kind: 'in', negated: e.negated, query: e.query, operand: e.operand, range: e.range };
  if (e.kind === 'quantifiedQuery' && e.op === '=' && e.quantifier === 'ANY') return { kind: 'in', negated: false, query: e.query, operand: e.left, range: e.range };
  if (e.kind === 'unary' && e.op === 'NOT') { const inner = predicateOf(e.operand); return inner === undefined ? undefined : { ...inner, negated: !inner.negated }; }
  return undefined;
}
/** Semi join for EXISTS and IN, anti join for their negations. */
async function applySubqueryPredicate(place: Place, rel: Rel, scope: Scope, e: Expression): Promise<Rel> {
  const p = predicateOf(e) as SubqueryPredicate, sub = await bindSubquery(place, p.query, scope), width = rel.columns.length;
  const binder = new ExpressionBinder(place.state, scope), type = p.negated ? 'anti' : 'semi';
  const right = sub.correlated === undefined ? sub.rel : withItems(sub, p.range);
  const itemCount = sub.correlated === undefined ? right.columns.length : sub.items.length;
  const outerParts = sub.correlated?.map((c) => joinCondition(c, width, width + itemCount)) ?? [];
  if (p.kind === 'exists') return join(type, rel, right, conjunction(outerParts));
  const operands = p.operand?.kind === 'row' ? p.operand.items : p.operand === undefined ? [] : [p.operand];
  if (operands.length !== itemCount) throw invalidQuery({ what: `IN compares ${operands.length} value${operands.length === 1 ? '' : 's'} with a subquery of ${itemCount} columns` }, { range: p.range });
  const tests = operands.map((o, i) => {
    const bound = binder.bind(o), item: Expr = { op: 'column', index: width + i, type: right.columns[i]?.type ?? NULL };
    const [a, b] = binder.comparable(bound, item, p.range);
    const equal = binder.call('=', [a, b], p.range);
    if (!p.negated || (!bound.type.nullable && !item.type.nullable)) return equal;
    // NOT IN: a NULL on either side makes the comparison unknown, and unknown keeps the row out.
    const unknown = [bound, item].filter((x) => x.type.nullable).map((x) => binder.call('IS NULL', [x], p.range));
    return binder.call('OR', [equal, ...unknown], p.range);
  });
  return join(type, rel, right, conjunction([...tests, ...outerParts]));
}
/** The select list of a correlated subquery followed by all columns of its FROM, which the correlation may need. */
function withItems(sub: Extract<BoundSubquery, { items: readonly Expr[] }>, range: SourceRange): Rel {
  if (sub.aggregates.length > 0) throw featureNotSupported({ feature: 'an aggregate in a correlated EXISTS or IN subquery' }, { range });
  return project(sub.rel, [...sub.items, ...sub.rel.columns.map((_, i) => column(sub.rel, i))], [...sub.items.map((_, i) => `item$${i}`), ...sub.rel.columns.map((c) => c.name)]);
}
/** A correlated conjunct over (outer ++ inner): outer columns lose their mark, inner ones move behind. */
const joinCondition = (c: Expr, _outerWidth: number, innerFrom: number): Expr => mapColumns(c, (i) => (i >= OUTER ? i - OUTER : i + innerFrom));

/**
 * Joins pending subqueries to a relation, each adding columns on the right. `resolve` puts the columns in place of the placeholders.
 * `overOuter` turns an expression over the scope's row into one over `rel` (after grouping these differ).
 */
export function attachSubqueries(state: BindState, rel: Rel, pendings: readonly PendingSubquery[], prepared: BoundSubqueries, overOuter: (e: Expr) => Expr, uses: SubqueryUses): { rel: Rel; resolve(e: Expr): Expr } {
  const values: Expr[] = [], loose = new Set<number>();
  for (const e of uses.conditions) whereUnknownIsFalse(e, true, loose);
  for (const e of uses.values) whereUnknownIsFalse(e, false, loose);
  let result = rel;
  for (const [at, p] of pendings.entries()) {
    const sub = prepared.bound.get(p.query);
    if (sub === undefined) throw featureNotSupported({ feature: 'a subquery in this place' }, { range: p.range });
    const binder = new ExpressionBinder(state, new Scope([]));
    const made = p.kind === 'scalar' ? scalar(result, p, sub, binder, overOuter) : mark(result, p, sub, binder, overOuter, loose.has(SUBQUERY + at));
    result = made.rel;
    values.push(made.value);
  }
  return { rel: result, resolve: (e) => replaceTop(e, (x) => (x.op === 'column' && x.index >= SUBQUERY && x.index < OUTER ? values[x.index - SUBQUERY] : undefined)) };
}
/** The expressions with placeholders: conditions (WHERE, HAVING) and values (select list, ORDER BY). */
export interface SubqueryUses { readonly conditions: readonly Expr[]; readonly values: readonly Expr[] }
/** Collects the placeholders in whose place NULL means the same as FALSE: a condition, its conjuncts and disjuncts, WHEN of CASE. */
function whereUnknownIsFalse(e: Expr, isCondition: boolean, into: Set<number>): void {
  if (e.op === 'column') { if (isCondition) into.add(e.index); return; }
  if (e.op === 'case') {
    for (const b of e.branches) { whereUnknownIsFalse(b.when, true, into); whereUnknownIsFalse(b.then, isCondition, into); }
    whereUnknownIsFalse(e.otherwise, isCondition, into);
  } else if (e.op === 'call' && (e.name === 'AND' || e.name === 'OR' || e.name === 'IS TRUE')) for (const a of e.args) whereUnknownIsFalse(a, isCondition || e.name === 'IS TRUE', into);
  // Below anything else (NOT, comparisons, functions) unknown counts: no placeholder there is collected.
}
interface Attached { readonly rel: Rel; readonly value: Expr }
function scalar(rel: Rel, p: PendingSubquery, sub: BoundSubquery, binder: ExpressionBinder, overOuter: (e: Expr) => Expr): Attached {
  const width = rel.columns.length;
  if (sub.correlated === undefined) {
    if (sub.rel.columns.length !== 1) throw invalidQuery({ what: `a scalar subquery must return one column, not ${sub.rel.columns.length}` }, { range: p.range });
    const right = isSingleRow(sub.rel) ? sub.rel : singleValue(sub.rel, [], [column(sub.rel, 0)]);
    return { rel: join('left', rel, right, null), value: { op: 'column', index: width, type: asNullable(right.columns[0]?.type ?? NULL) } };
  }
  const [item] = sub.items;
  if (item === undefined || sub.items.length !== 1) throw invalidQuery({ what: `a scalar subquery must return one column, not ${sub.items.length}` }, { range: p.range });
  const pairs = hasOuter([item, ...sub.aggregates.flatMap((a) => [...a.args, ...(a.filter === undefined ? [] : [a.filter])])]) ? undefined : equalities(sub.correlated);
  const { right, condition } = pairs === undefined ? overDistinctOuter(rel, sub, item, p, binder, overOuter) : overKeys(rel, sub, item, pairs, p, binder, overOuter);
  const read: Expr = { op: 'column', index: width, type: asNullable(right.columns[0]?.type ?? NULL) }, joined = join('left', rel, right, condition);
  const noRows = overNoRows(item, sub.aggregates, overOuter);
  if (sub.aggregates.length === 0 || isNull(noRows, (name) => binder.state.context.functions.scalar(name)?.strict === true)) return { rel: joined, value: read };
  // An aggregate over no rows has a value too: COUNT is 0, so COUNT(*) + 1 is 1.
  const isFound = binder.call('IS NOT NULL', [column(joined, joined.columns.length - 1)], p.range);
  return { rel: joined, value: { op: 'case', branches: [{ when: isFound, then: read }], otherwise: binder.cast(noRows, read.type), type: read.type } };
}
/** The select item of an aggregating subquery when no row meets the outer one. */
function overNoRows(item: Expr, aggregates: readonly PendingAggregate[], overOuter: (e: Expr) => Expr): Expr {
  return replaceTop(item, (x) => {
    if (x.op !== 'column') return undefined;
    if (x.index >= OUTER) return overOuter({ ...x, index: x.index - OUTER });
    return aggregates[x.index - AGGREGATE]?.name === 'COUNT' ? literal(0, x.type) : literal(null, asNullable(x.type));
  });
}
/** NULL for certain: a NULL goes in and every function around it is strict. Then the padding of the left join says it already. */
function isNull(e: Expr, strict: (name: string) => boolean): boolean {
  if (e.op === 'literal') return e.value === null;
  return e.op === 'cast' ? isNull(e.arg, strict) : e.op === 'call' && strict(e.name) && e.args.some((a) => isNull(a, strict));
}
type Correlated = Extract<BoundSubquery, { items: readonly Expr[] }>;
interface Joinable { /** The value, then the columns it is joined by (see valuePerKey). */ readonly right: Rel; readonly condition: Expr | null }
/** Correlation by equalities only: the subquery is grouped by its sides of them and joined on them. */
function overKeys(rel: Rel, sub: Correlated, item: Expr, pairs: Pairs, p: PendingSubquery, binder: ExpressionBinder, overOuter: (e: Expr) => Expr): Joinable {
  const { inner, outer, conditions } = pairs, width = rel.columns.length;
  const right = valuePerKey(sub.rel, inner, sub.aggregates, item, p.range);
  const equal = outer.map((o, i) => { const [a, b] = binder.comparable(overOuter(o), { op: 'column', index: width + 1 + i, type: right.columns[1 + i]?.type ?? NULL }, p.range); return binder.call('=', [a, b], p.range); });
  return { right, condition: conjunction([...equal, ...conditions.map(overOuter)]) };
}
/**
 * Any other correlation: the distinct values of the outer columns it speaks of are joined to the subquery's FROM under its conditions,
 * the subquery is computed per such combination and joined back. Costs a second use of the outer relation.
 */
function overDistinctOuter(rel: Rel, sub: Correlated, item: Expr, p: PendingSubquery, binder: ExpressionBinder, overOuter: (e: Expr) => Expr): Joinable {
  const used = [...new Set([...sub.correlated, item, ...sub.aggregates.flatMap((a) => [...a.args, ...(a.filter === undefined ? [] : [a.filter])])].flatMap((e) => [...columnsIn(e)].filter((i) => i >= OUTER)))];
  const outer = used.map((i) => overOuter({ op: 'column', index: i - OUTER, type: outerType(sub, item, i) }));
  const picked = project(rel, outer, []), count = outer.length;
  const distinct: Rel = { kind: 'aggregate', input: picked, keys: outer.map((_, i) => i), calls: [], columns: picked.columns };
  const place = (e: Expr): Expr => mapColumns(e, (i) => (i >= OUTER ? used.indexOf(i) : i >= AGGREGATE ? i : i + count));
  const joined = join('inner', distinct, sub.rel, conjunction(sub.correlated.map(place)));
  const aggregates = sub.aggregates.map((a) => ({ ...a, args: a.args.map(place), filter: a.filter === undefined ? undefined : place(a.filter) }));
  const right = valuePerKey(joined, outer.map((_, i) => column(joined, i)), aggregates, place(item), p.range);
  const width = rel.columns.length;
  return { right, condition: conjunction(outer.map((o, i) => binder.call('IS NOT DISTINCT FROM', [o, { op: 'column', index: width + 1 + i, type: right.columns[1 + i]?.type ?? NULL }], p.range))) };
}
function outerType(sub: Correlated, item: Expr, index: number): SqlType {
  let type: SqlType = NULL;
  for (const e of [...sub.correlated, item, ...sub.aggregates.flatMap((a) => a.args)]) visit(e, (x) => { if (x.op === 'column' && x.index === index) type = x.type; });
  return type;
}
const hasOuter = (exprs: readonly Expr[]): boolean => exprs.some((e) => [...columnsIn(e)].some((i) => i >= OUTER));
/** One row per key: the value first, then the keys, then TRUE where the subquery aggregates. */
function valuePerKey(rel: Rel, keys: readonly Expr[], aggregates: readonly PendingAggregate[], item: Expr, range: SourceRange): Rel {
  if (aggregates.length === 0) return singleValue(rel, keys, [item]);
  const grouped = groupRelation(rel, keys, aggregates);
  const fail = (name: string): Error => invalidQuery({ what: `column "${name}" must be inside an aggregate function` }, { range });
  return project(grouped.rel, [grouped.rewrite(item, fail), ...keys.map((k) => grouped.rewrite(k, fail)), literalTrue], ['value']);
}
/** EXISTS and IN as a value: TRUE where the left join found a partner. `loose`: where it is used, unknown may be FALSE. */
function mark(rel: Rel, p: PendingSubquery, sub: BoundSubquery, binder: ExpressionBinder, overOuter: (e: Expr) => Expr, loose: boolean): Attached {
  const width = rel.columns.length;
  const pairs = sub.correlated === undefined ? { inner: [], outer: [], conditions: [] } : equalities(sub.correlated);
  if (pairs === undefined) throw featureNotSupported({ feature: 'EXISTS or IN inside an expression with a correlation other than equality', instead: 'Move it to the top of WHERE, joined to other conditions by AND.' }, { range: p.range });
  const { inner, outer, conditions } = pairs;
  const item = sub.correlated === undefined ? column(sub.rel, 0) : sub.items[0], itemCount = sub.correlated === undefined ? sub.rel.columns.length : sub.items.length;
  if (p.kind === 'in' && itemCount !== 1) throw invalidQuery({ what: `IN compares one value with a subquery of ${itemCount} columns` }, { range: p.range });
  const keys = [...(p.kind === 'in' && item !== undefined ? [item] : []), ...inner];
  // Without keys the constant is the key: a global aggregate would give a row even when all rows are gone.
  const grouped = keys.length > 0 ? keys : [literalTrue], below = project(sub.rel, grouped, keys.map((_, i) => `key$${i}`));
  const groups: Rel = { kind: 'aggregate', input: below, keys: grouped.map((_, i) => i), calls: [], columns: below.columns };
  const distinct = keys.length > 0 ? project(groups, [...keys.map((_, i) => column(groups, i)), literalTrue], keys.map((_, i) => `key$${i}`)) : groups;
  const left = [...(p.operand === undefined ? [] : [p.operand]), ...outer].map(overOuter);
  const equal = left.map((l, i) => { const [a, b] = binder.comparable(l, { op: 'column', index: width + i, type: below.columns[i]?.type ?? NULL }, p.range); return binder.call('=', [a, b], p.range); });
  const condition = conjunction([...equal, ...conditions.map(overOuter)]);
  const joined = join('left', rel, distinct, condition);
  const found = binder.call('IS NOT NULL', [column(joined, width + keys.length)], p.range);
  const operand = p.operand === undefined ? undefined : overOuter(p.operand);
  if (loose || operand === undefined || item === undefined || (!operand.type.nullable && !item.type.nullable)) return { rel: joined, value: found };
  return orUnknown(joined, sub.rel, { inner, item, operand, found, on: [...outer.map(overOuter)], conditions: conditions.map(overOuter) }, binder, p.range);
}
interface InParts { readonly inner: readonly Expr[]; readonly item: Expr; readonly operand: Expr; readonly found: Expr; readonly on: readonly Expr[]; readonly conditions: readonly Expr[] }
/** SQL's IN: without a partner it is unknown, not FALSE, when the subquery has rows and the value or one of the rows is NULL. The rows are counted. */
function orUnknown(rel: Rel, below: Rel, parts: InParts, binder: ExpressionBinder, range: SourceRange): Attached {
  const { inner, item } = parts, width = rel.columns.length, count = { ...BIGINT, nullable: false } as const;
  const call = (args: readonly number[]): AggregateCall => ({ function: 'COUNT', args, distinct: false, filter: null, type: count });
  const counted: Rel = {
    kind: 'aggregate', input: project(below, [...inner, item], []), keys: inner.map((_, i) => i), calls: [call([]), call([inner.length])],
    columns: [...inner.map((e, i) => ({ name: `key$${i}`, type: e.type })), { name: 'rows', type: count }, { name: 'values', type: count }],
  };
  const equal = parts.on.map((l, i) => { const [a, b] = binder.comparable(l, { op: 'column', index: width + i, type: counted.columns[i]?.type ?? NULL }, range); return binder.call('=', [a, b], range); });
  const joined = join('left', rel, counted, conjunction([...equal, ...parts.conditions]));
  const rows = column(joined, width + inner.length), values = column(joined, width + inner.length + 1);
  const some = binder.call('>', [rows, literal(0, count)], range), isNull = binder.call('OR', [binder.call('IS NULL', [parts.operand], range), binder.call('<', [values, rows], range)], range);
  return { rel: joined, value: { op: 'case', branches: [{ when: parts.found, then: literalTrue }, { when: binder.call('AND', [some, isNull], range), then: literal(null, BOOLEAN) }], otherwise: literal(false, { ...BOOLEAN, nullable: false }), type: BOOLEAN } };
}
/** The error «more than one element» comes from SINGLE_VALUE at run time. */
function singleValue(rel: Rel, keys: readonly Expr[], items: readonly Expr[]): Rel {
  const below = project(rel, [...keys, ...items], []);
  const aggregate: Rel = {
    kind: 'aggregate', input: below, keys: keys.map((_, i) => i), calls: items.map((e, i) => ({ function: 'SINGLE_VALUE', args: [keys.length + i], distinct: false, filter: null, type: asNullable(e.type) })),
    columns: [...keys.map((k, i) => ({ name: `key$${i}`, type: k.type })), ...items.map((e, i) => ({ name: `value$${i}`, type: asNullable(e.type) }))],
  };
  return project(aggregate, [...items.map((_, i) => column(aggregate, keys.length + i)), ...keys.map((_, i) => column(aggregate, i))], ['value']);
}
/** `inner` and `outer`: the sides of the equalities, over their own rows. `conditions`: over the outer row alone. */
interface Pairs { readonly inner: Expr[]; readonly outer: Expr[]; readonly conditions: Expr[] }
/** Correlation as `inner = outer` pairs; undefined when there are other conditions over both. */
function equalities(correlated: readonly Expr[]): Pairs | undefined {
  const pairs: Pairs = { inner: [], outer: [], conditions: [] };
  for (const c of correlated) {
    const isOuter = (e: Expr): boolean | undefined => { const all = [...columnsIn(e)]; return all.every((i) => i >= OUTER) ? true : all.every((i) => i < OUTER) ? false : undefined; };
    if (isOuter(c) === true) { pairs.conditions.push(shift(c, -OUTER)); continue; }
    const [a, b] = c.op === 'call' && c.name === '=' && c.args.length === 2 ? c.args : [];
    if (a === undefined || b === undefined || isOuter(a) === undefined || isOuter(b) === undefined || isOuter(a) === isOuter(b)) return undefined;
    pairs.inner.push(isOuter(a) === true ? b : a);
    pairs.outer.push(shift(isOuter(a) === true ? a : b, -OUTER));
  }
  return pairs;
}
/** True when the relation has exactly one row by construction: a global aggregate, perhaps projected. */
function isSingleRow(rel: Rel): boolean {
  if (rel.kind === 'project') return isSingleRow(rel.input);
  if (rel.kind === 'aggregate') return rel.keys.length === 0;
  return rel.kind === 'values' && rel.rows.length === 1;
}
