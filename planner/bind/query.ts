/**
 * Queries: from syntax to a logical plan. FROM, WHERE, GROUP BY, HAVING, SELECT, DISTINCT, set operations, ORDER BY and LIMIT in SQL's
 * order of meaning. Common table expressions and views are expanded where they are used; equal sub-plans meet again in the physical plan.
 */
import { featureNotSupported } from '../../core/errors/common.ts';
import { RivuletError, type SourceRange } from '../../core/errors/define.ts';
import { groupingError, invalidQuery, tooManyColumns, tooManyQueryBlocks, typeMismatch } from '../../core/errors/planner.ts';
import { MAX_COLUMNS, MAX_QUERY_BLOCKS } from '../sql/limits.ts';
import { commonType, sameType } from '../../core/types/coercion.ts';
import { asNullable, typeText, NULL, STRING, type SqlType } from '../../core/types/sql-type.ts';
import { parseDuration } from '../../catalog/options/options.ts';
import type { Expr } from '../physical/expr.ts';
import { conjuncts, exprKey } from '../logical/expr-tools.ts';
import { column, filter, project, type Rel, type SortKey } from '../logical/rel.ts';
import type { Expression, Hint, Query, QueryBody, Select, SetOperation, SortItem } from '../sql/ast.ts';
import { parseQuery } from '../sql/parser.ts';
import { groupRelation, needsGrouping, type Grouping } from './aggregate.ts';
import type { BindState } from './context.ts';
import { ExpressionBinder, type PendingAggregate, type PendingSubquery } from './expression.ts';
import { noCommonTables, withCommonTables, type Environment } from './environment.ts';
import { bindFrom, type FromResult } from './from.ts';
import { Scope } from './scope.ts';
import { applyPredicate, attachSubqueries, prepareSubqueries, type BoundSubqueries, type QueryBinding } from './subquery.ts';

const MAX_VIEW_DEPTH = 50, BLOCKS_PER_TURN = 50;

export async function bindQuery(state: BindState, query: Query, environment: Environment, outer?: Scope): Promise<Rel> {
  const inner = withCommonTables(query, environment);
  const limit = countOf(state, query.limit, 'LIMIT'), offset = countOf(state, query.offset, 'OFFSET') ?? 0;
  const { rel, keys, width } = await bindBody(state, query.body, inner, outer, query.orderBy);
  if (keys.length === 0 && limit === undefined && offset === 0) return rel;
  const sorted: Rel = { kind: 'sort', input: rel, keys, offset, limit: limit ?? null, columns: rel.columns };
  return width === rel.columns.length ? sorted : project(sorted, rel.columns.slice(0, width).map((_, i) => column(sorted, i)), rel.columns.map((c) => c.name));
}
function countOf(state: BindState, e: Expression | undefined, clause: string): number | undefined {
  if (e === undefined) return undefined;
  const bound = new ExpressionBinder(state, new Scope([])).bind(e);
  if (bound.op === 'literal' && bound.value === null) return undefined;
  const n = bound.op === 'literal' ? Number(typeof bound.value === 'object' && bound.value !== null && 'big' in bound.value ? bound.value.big : bound.value) : NaN;
  if (!Number.isSafeInteger(n) || n < 0) throw invalidQuery({ what: `${clause} must be a constant whole number of at least 0` }, { range: e.range });
  return n;
}

/** Given to the subquery binder, which cannot import this file without a cycle. */
const binding: QueryBinding = { bindQuery, bindSelectCore, finishSelect };

/** Common tables and views are written out wherever they are named: two names of one in each of twenty levels make a million. */
async function countBlock({ work }: BindState, range: SourceRange): Promise<void> {
  if (work === undefined) return;
  if (++work.blocks > MAX_QUERY_BLOCKS) throw tooManyQueryBlocks({ max: MAX_QUERY_BLOCKS }, { range });
  // Others get their turn meanwhile.
  if (work.blocks % BLOCKS_PER_TURN === 0) await new Promise<void>((resolve) => { setImmediate(resolve); });
}
/** `width`: visible columns; further ones only serve sorting. */
export interface BoundBody { readonly rel: Rel; readonly keys: readonly SortKey[]; readonly width: number }
async function bindBody(state: BindState, body: QueryBody, environment: Environment, outer: Scope | undefined, orderBy: readonly SortItem[]): Promise<BoundBody> {
  await countBlock(state, body.range);
  if (body.kind === 'select') {
    const listed = body.items.length;
    if (listed > MAX_COLUMNS) throw tooManyColumns({ what: 'the result', columns: listed, max: MAX_COLUMNS }, { range: body.range });
    const bound = await bindSelect(state, body, environment, outer, orderBy);
    if (bound.width > MAX_COLUMNS) throw tooManyColumns({ what: 'the result', columns: bound.width, max: MAX_COLUMNS }, { range: body.range });
    return bound;
  }
  const rel = body.kind === 'query' ? await bindQuery(state, body, environment, outer)
    : body.kind === 'setOperation' ? await bindSetOperation(state, body, environment, outer)
    : body.kind === 'values' ? bindValues(state, body.rows)
    : (await bindFrom(fromContext(state, environment), [{ kind: 'namedTable', name: body.name, hints: [], asOf: undefined, alias: undefined, range: body.range }], outer)).rel;
  const binder = new ExpressionBinder(state, Scope.of(rel.columns, []));
  const keys = orderBy.map((o) => sortKey(o, outputColumn(rel, o.expression) ?? columnIndex(binder.bind(o.expression), o.range)));
  return { rel, keys, width: rel.columns.length };
}
const columnIndex = (e: Expr, range: SourceRange): number => { if (e.op === 'column') return e.index; throw featureNotSupported({ feature: 'ORDER BY of an expression over a set operation', instead: 'Wrap the query in SELECT * FROM (…).' }, { range }); };
/** NULLs count as smallest: first when ascending, last when descending. */
const sortKey = (o: SortItem, at: number): SortKey => ({ column: at, descending: o.descending, nullsFirst: o.nulls === undefined ? !o.descending : o.nulls === 'FIRST' });
/** A column of the output by ordinal or by its bare name. */
function outputColumn(rel: Rel, e: Expression): number | undefined {
  if (e.kind === 'number' && e.form === 'integer') {
    const n = Number(e.text);
    if (n < 1 || n > rel.columns.length) throw invalidQuery({ what: `ORDER BY position ${e.text} is not in the select list` }, { range: e.range });
    return n - 1;
  }
  if (e.kind !== 'column' || e.parts.length !== 1) return undefined;
  const at = rel.columns.findIndex((c) => c.name === e.parts[0]?.value);
  return at < 0 ? undefined : at;
}

function bindValues(state: BindState, rows: readonly Expression[]): Rel {
  const binder = new ExpressionBinder(state, new Scope([]));
  const bound = rows.map((r) => (r.kind === 'row' ? r.items : [r]).map((i) => binder.bind(i)));
  const width = bound[0]?.length ?? 0;
  bound.forEach((r, i) => { if (r.length !== width) throw invalidQuery({ what: `VALUES rows have different numbers of columns (${width} and ${r.length})` }, { range: rows[i]?.range }); });
  const types = Array.from({ length: width }, (_, c) => {
    const common = commonType(bound.map((r) => r[c]?.type ?? NULL));
    if (common === undefined) throw typeMismatch({ what: `values of column ${c + 1} have no common type: ${[...new Set(bound.map((r) => typeText(r[c]?.type ?? NULL)))].join(', ')}` }, { range: rows[0]?.range });
    return common.kind === 'NULL' ? STRING : common;
  });
  return { kind: 'values', columns: types.map((type, i) => ({ name: `EXPR$${i}`, type })), rows: bound.map((r) => r.map((e, i) => binder.cast(e, types[i] ?? e.type))) };
}

async function bindSetOperation(state: BindState, op: SetOperation, environment: Environment, outer: Scope | undefined): Promise<Rel> {
  const inputs: Rel[] = [];
  for (const operand of op.operands) inputs.push((await bindBody(state, operand, environment, outer, [])).rel);
  const width = inputs[0]?.columns.length ?? 0, binder = new ExpressionBinder(state, new Scope([]));
  inputs.forEach((r, i) => { if (r.columns.length !== width) throw invalidQuery({ what: `each side of ${op.op} must have the same number of columns (${width} and ${r.columns.length})` }, { range: op.operands[i]?.range }); });
  const types = Array.from({ length: width }, (_, c): SqlType => {
    const common = commonType(inputs.map((r) => r.columns[c]?.type ?? NULL));
    if (common === undefined) throw typeMismatch({ what: `column ${c + 1} of ${op.op} has types without a common type: ${inputs.map((r) => typeText(r.columns[c]?.type ?? NULL)).join(', ')}`, hint: 'Add CASTs.' }, { range: op.range });
    return common;
  });
  const names = inputs[0]?.columns.map((c) => c.name) ?? [];
  const aligned = inputs.map((r) => (r.columns.every((c, i) => sameType(c.type, types[i] ?? c.type)) ? r : project(r, r.columns.map((_, i) => binder.cast(column(r, i), types[i] ?? NULL)), names)));
  const columns = types.map((type, i) => ({ name: names[i] ?? '', type: asNullable(type, inputs.some((r) => r.columns[i]?.type.nullable !== false)) }));
  if (op.op === 'UNION') {
    const all: Rel = { kind: 'union', inputs: aligned, columns };
    return op.all ? all : { kind: 'aggregate', input: all, keys: columns.map((_, i) => i), calls: [], columns };
  }
  return aligned.slice(1).reduce((left: Rel, right): Rel => ({ kind: 'setOp', op: op.op === 'INTERSECT' ? 'intersect' : 'except', all: op.all, left, right, columns }), aligned[0] as Rel);
}

/** FROM and WHERE of a SELECT. `correlated`: conjuncts that speak of the enclosing query's columns, not applied yet. */
export interface SelectCore { readonly rel: Rel; readonly scope: Scope; readonly correlated: readonly Expr[] }
export async function bindSelectCore(state: BindState, select: Select, environment: Environment, outer: Scope | undefined): Promise<SelectCore> {
  if (select.windows.length > 0) throw featureNotSupported({ feature: 'the WINDOW clause' }, { range: select.windows[0]?.range });
  if (select.qualify !== undefined) throw featureNotSupported({ feature: 'QUALIFY' }, { range: select.qualify.range });
  const from: FromResult = select.from.length === 0 ? { rel: { kind: 'values', columns: [], rows: [[]] }, scope: new Scope([], [], outer) } : await bindFrom(fromContext(state, environment, ttlHints(select.hints)), select.from, outer);
  if (select.where === undefined) return { ...from, correlated: [] };
  return applyPredicate({ state, environment, binding }, from.rel, from.scope, select.where);
}
const fromContext = (state: BindState, environment: Environment, ttl: ReadonlyMap<string, number> = new Map()) => ({ state, environment, ttl, bindQuery, bindView });

/** A view's query in the catalog and database it was made in; positions inside its text mean nothing to the user. */
async function bindView(state: BindState, text: string, context: { catalog: string; database: string }): Promise<Rel> {
  if (state.viewDepth >= MAX_VIEW_DEPTH) throw featureNotSupported({ feature: `views nested deeper than ${MAX_VIEW_DEPTH}` });
  const inside: BindState = {
    ...state, viewDepth: state.viewDepth + 1,
    context: { ...state.context, currentCatalog: context.catalog, currentDatabase: context.database, resolveTable: (parts) => state.context.resolveTable(parts.length === 1 ? [context.catalog, context.database, ...parts] : parts.length === 2 ? [context.catalog, ...parts] : parts) },
  };
  try { return await bindQuery(inside, parseQuery(text), noCommonTables); } catch (error) {
    if (error instanceof RivuletError) error.range = undefined;
    throw error;
  }
}
function ttlHints(hints: readonly Hint[]): ReadonlyMap<string, number> {
  const ttl = new Map<string, number>();
  for (const h of hints) if (h.name.value.toUpperCase() === 'STATE_TTL') for (const a of h.args) if (a.kind === 'option') ttl.set(a.key, parseDuration('STATE_TTL', a.value));
  return ttl;
}

/** STATE_TTL of a GROUP BY over a single relation. */
function groupTtl(select: Select, scope: Scope): number | undefined {
  const [only] = scope.relations;
  return scope.relations.length === 1 ? ttlHints(select.hints).get(only?.names.at(-1) ?? '') : undefined;
}
interface Item { readonly name: string; readonly expr: Expr }
async function bindSelect(state: BindState, select: Select, environment: Environment, outer: Scope | undefined, orderBy: readonly SortItem[]): Promise<BoundBody> {
  const core = await bindSelectCore(state, select, environment, outer);
  if (core.correlated.length > 0) throw featureNotSupported({ feature: 'a correlated subquery of this form', instead: 'Correlation is supported in the WHERE clause of EXISTS, IN and scalar subqueries.' }, { range: select.range });
  return finishSelect(state, select, environment, core, orderBy);
}
/** Everything after WHERE. */
export async function finishSelect(state: BindState, select: Select, environment: Environment, core: SelectCore, orderBy: readonly SortItem[]): Promise<BoundBody> {
  const { scope } = core;
  const sets = select.groupBy?.items.find((i) => i.kind === 'groupingSets');
  if (sets?.kind === 'groupingSets') throw featureNotSupported({ feature: sets.form, instead: 'Write one SELECT … GROUP BY per set and put UNION ALL between them.' }, { range: sets.range });
  const aggregates: PendingAggregate[] = [], subqueries: PendingSubquery[] = [];
  const prepared = await prepareSubqueries({ state, environment, binding }, scope, [...select.items.map((i) => i.expression), ...(select.having === undefined ? [] : [select.having]), ...orderBy.map((o) => o.expression)]);
  const binder = new ExpressionBinder(state, scope, { aggregates, subqueries, subqueryTypes: prepared.types });
  const items: Item[] = select.items.flatMap((item, i): Item[] => {
    if (item.expression.kind === 'star') return scope.star(item.expression.qualifier, item.expression.range).map((c) => ({ name: c.name, expr: c.expr }));
    return [{ name: item.alias?.value ?? nameOf(item.expression) ?? `EXPR$${i}`, expr: binder.bind(item.expression) }];
  });
  const having = select.having === undefined ? undefined : binder.condition(select.having, 'HAVING');
  const sort = orderBy.map((o) => bindSortItem(binder, items, o, select.distinct));
  if (select.groupBy === undefined && aggregates.length === 0 && having === undefined) return shape(await plainSelect(core, items, sort, subqueries, prepared, state), items.length, select.distinct, sort, orderBy);
  const groups = select.groupBy === undefined ? [] : groupExpressions(select, new ExpressionBinder(state, scope), items, binder);
  const grouped = groupRelation(core.rel, groups, aggregates, groupTtl(select, scope));
  return shape(await groupedSelect(state, select, grouped, items, having, sort, subqueries, prepared), items.length, select.distinct, sort, orderBy);
}
/** A sort key: a visible item (`at`) or a further expression. */
interface SortExpr { readonly at: number | undefined; readonly expr: Expr }
function bindSortItem(binder: ExpressionBinder, items: readonly Item[], o: SortItem, distinct: boolean): SortExpr {
  const e = o.expression;
  if (e.kind === 'number' && e.form === 'integer') {
    const n = Number(e.text), item = items[n - 1];
    if (item === undefined) throw invalidQuery({ what: `ORDER BY position ${e.text} is not in the select list` }, { range: e.range });
    return { at: n - 1, expr: item.expr };
  }
  if (e.kind === 'column' && e.parts.length === 1) {
    const at = items.findIndex((i) => i.name === e.parts[0]?.value), item = items[at];
    if (item !== undefined) return { at, expr: item.expr };
  }
  const expr = binder.bind(e), key = exprKey(expr), at = items.findIndex((i) => exprKey(i.expr) === key);
  if (at < 0 && distinct) throw invalidQuery({ what: 'for SELECT DISTINCT, ORDER BY expressions must appear in the select list' }, { range: o.range });
  return { at: at < 0 ? undefined : at, expr };
}
async function plainSelect(core: SelectCore, items: readonly Item[], sort: readonly SortExpr[], subqueries: readonly PendingSubquery[], prepared: BoundSubqueries, state: BindState): Promise<Rel> {
  const attached = attachSubqueries(state, core.rel, subqueries, prepared, (e) => e, { conditions: [], values: [...items.map((i) => i.expr), ...sort.map((s) => s.expr)] });
  const hidden = sort.filter((s) => s.at === undefined);
  const exprs = [...items.map((i) => i.expr), ...hidden.map((s) => s.expr)].map(attached.resolve);
  return Promise.resolve(project(attached.rel, exprs, [...items.map((i) => i.name), ...hidden.map((_, i) => `sort$${i}`)]));
}
async function groupedSelect(state: BindState, select: Select, grouped: Grouping, items: readonly Item[], having: Expr | undefined, sort: readonly SortExpr[], subqueries: readonly PendingSubquery[], prepared: BoundSubqueries): Promise<Rel> {
  const over = (e: Expr, range: SourceRange | undefined): Expr => grouped.rewrite(e, (name) => groupingError({ what: `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`, hint: 'Add it to GROUP BY, or wrap it in an aggregate such as MAX or LAST_VALUE.' }, { range }));
  const attached = attachSubqueries(state, grouped.rel, subqueries, prepared, (e) => over(e, select.range), { conditions: having === undefined ? [] : [having], values: [...items.map((i) => i.expr), ...sort.map((s) => s.expr)] });
  const hidden = sort.filter((s) => s.at === undefined);
  const exprs = items.map((item, i) => attached.resolve(over(item.expr, select.items[Math.min(i, select.items.length - 1)]?.range)));
  const extra = hidden.map((s) => attached.resolve(over(s.expr, select.range)));
  const filtered = having === undefined ? attached.rel : conjuncts(attached.resolve(over(having, select.having?.range))).reduce((r: Rel, c) => filter(r, c), attached.rel);
  return Promise.resolve(project(filtered, [...exprs, ...extra], [...items.map((i) => i.name), ...hidden.map((_, i) => `sort$${i}`)]));
}
/** DISTINCT on top, and the sort keys as positions. */
function shape(rel: Rel, width: number, distinct: boolean, sort: readonly SortExpr[], orderBy: readonly SortItem[]): BoundBody {
  const result: Rel = distinct ? { kind: 'aggregate', input: rel, keys: rel.columns.map((_, i) => i), calls: [], columns: rel.columns } : rel;
  let hidden = width;
  const keys = sort.map((s, i) => { const at = s.at ?? hidden++, o = orderBy[i]; return o === undefined ? { column: at, descending: false, nullsFirst: true } : sortKey(o, at); });
  return { rel: result, keys, width };
}
/** GROUP BY expressions; an ordinal or an alias that is no column means the select item (as PostgreSQL clients write it). */
function groupExpressions(select: Select, binder: ExpressionBinder, items: readonly Item[], itemBinder: ExpressionBinder): Expr[] {
  if (select.groupBy === undefined) return [];
  const flat: Expression[] = [];
  for (const item of select.groupBy.items) {
    if (item.kind === 'emptyGroupingSet' || item.kind === 'groupingSets') continue;
    if (item.kind === 'row' && !item.explicit) flat.push(...item.items); else flat.push(item);
  }
  return flat.map((e) => {
    if (e.kind === 'number' && e.form === 'integer') { const item = items[Number(e.text) - 1]; if (item !== undefined && !needsGrouping(item.expr)) return item.expr; }
    if (e.kind === 'column' && e.parts.length === 1 && !itemBinder.scope.columnNames().includes(e.parts[0]?.value ?? '')) {
      const item = items.find((i) => i.name === e.parts[0]?.value);
      if (item !== undefined && !needsGrouping(item.expr)) return item.expr;
    }
    return binder.bind(e);
  });
}
/** The name of a column reference is the name of its item. */
function nameOf(e: Expression): string | undefined {
  if (e.kind === 'column') return e.parts.at(-1)?.value;
  if (e.kind === 'field') return e.field.value;
  return undefined;
}
