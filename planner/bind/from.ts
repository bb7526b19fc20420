/** The FROM clause: tables, views, common table expressions, derived tables and joins, with the names they bring into scope. */
import { featureNotSupported } from '../../core/errors/common.ts';
import { columnNotFound, invalidQuery } from '../../core/errors/planner.ts';
import { nearest } from '../../core/errors/define.ts';
import { INT, asNullable, notNull, typeText, type SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../physical/expr.ts';
import type { JoinType } from '../physical/plan.ts';
import { conjunction } from '../logical/expr-tools.ts';
import { column, inputsOf, join, project, type JoinRel, type RelColumn, type Rel } from '../logical/rel.ts';
import type { Expression, Join, NamedTable, Query, TableAlias, TableReference, Unnest } from '../sql/ast.ts';
import type { BindState } from './context.ts';
import { ExpressionBinder } from './expression.ts';
import type { Environment } from './environment.ts';
import { Scope, type MergedColumn, type ScopeRelation } from './scope.ts';
import { bindLookupTable, bindTable, withHints } from './table.ts';

export interface FromContext {
  readonly state: BindState;
  readonly environment: Environment;
  /** STATE_TTL hints by alias. */
  readonly ttl: ReadonlyMap<string, number>;
  bindQuery(state: BindState, query: Query, environment: Environment, outer?: Scope): Promise<Rel>;
  bindView(state: BindState, text: string, context: { catalog: string; database: string }): Promise<Rel>;
}
/** `lookup`: the table is asked by key, as a right side of a join only. */
export interface FromResult { readonly rel: Rel; readonly scope: Scope; readonly lookup?: JoinRel['lookup'] }

/** A comma list: cross joins from left to right. */
export async function bindFrom(context: FromContext, from: readonly TableReference[], outer: Scope | undefined): Promise<FromResult> {
  let result: FromResult | undefined;
  for (const reference of from) {
    if (reference.kind === 'unnest' && result !== undefined) { result = bindUnnest(context, result, reference, false, outer); continue; }
    const next = await bindReference(context, reference, outer);
    result = result === undefined ? next : combine(result, next, 'inner', null, context, [], outer);
  }
  return result as FromResult;
}
async function bindReference(context: FromContext, r: TableReference, outer: Scope | undefined): Promise<FromResult> {
  switch (r.kind) {
    case 'namedTable': return bindNamed(context, r, outer);
    case 'derivedTable': {
      if (r.lateral) throw featureNotSupported({ feature: 'LATERAL' }, { range: r.range });
      return aliased(await context.bindQuery(context.state, r.query, context.environment), [], r.alias, outer);
    }
    case 'join': return bindJoin(context, r, outer);
    case 'tableFunction': {
      const name = r.call.name.parts.at(-1)?.value.toUpperCase() ?? '';
      throw featureNotSupported({ feature: ['TUMBLE', 'HOP', 'CUMULATE', 'SESSION'].includes(name) ? `window table-valued function ${name}` : `table function ${name}` }, { range: r.range });
    }
    case 'unnest': return bindUnnest(context, { rel: { kind: 'values', columns: [], rows: [[]] }, scope: new Scope([], [], outer) }, r, false, outer);
    case 'matchRecognize': throw featureNotSupported({ feature: 'MATCH_RECOGNIZE' }, { range: r.range });
  }
}
async function bindNamed(context: FromContext, r: NamedTable, outer: Scope | undefined): Promise<FromResult> {
  if (r.asOf !== undefined) throw featureNotSupported({ feature: 'FOR SYSTEM_TIME AS OF outside the right side of an INNER or LEFT JOIN' }, { range: r.range });
  const parts = r.name.parts.map((p) => p.value), [first] = parts;
  const common = parts.length === 1 && first !== undefined ? context.environment.get(first) : undefined;
  if (common !== undefined && first !== undefined) {
    const rel = await context.bindQuery(context.state, common.query, common.environment);
    return aliased(renamed(rel, common.columns, r.range), [first], r.alias, outer);
  }
  let object;
  try { object = await context.state.context.resolveTable(parts); } catch (error) { throw at(error, r.name.range); }
  const names = [object.path.catalog, object.path.database, object.path.name];
  if (object.kind === 'view') {
    const rel = await context.bindView(context.state, object.query, object.context);
    return aliased(renamed(rel, object.columns.map((c) => c.name), r.range), names, r.alias, outer);
  }
  const table = withHints(object, r.hints, context.state.context.option('table.dynamic-table-options.enabled')?.toLowerCase() !== 'false');
  let rel;
  try { rel = await bindTable(context.state, table); } catch (error) { throw at(error, r.name.range); }
  return aliased(rel, names, r.alias, outer);
}
/** Gives an error that has no place in the text the place of the name it is about. */
function at(error: unknown, range: { start: number; end: number }): unknown {
  if (error instanceof Error && 'range' in error && error.range === undefined) error.range = range;
  return error;
}
function renamed(rel: Rel, names: readonly string[], range: { start: number; end: number }): Rel {
  if (names.length === 0) return rel;
  if (names.length !== rel.columns.length) throw invalidQuery({ what: `${names.length} column names are given for ${rel.columns.length} columns` }, { range });
  return rel.columns.every((c, i) => c.name === names[i]) ? rel : { ...rel, columns: rel.columns.map((c, i) => ({ ...c, name: names[i] ?? c.name })) };
}
function aliased(rel: Rel, names: readonly string[], alias: TableAlias | undefined, outer: Scope | undefined): FromResult {
  const shown = alias === undefined ? rel : renamed(rel, alias.columns.map((c) => c.value), alias.range);
  return { rel: shown, scope: new Scope([{ names: alias === undefined ? names : [alias.name.value], start: 0, columns: shown.columns }], [], outer) };
}

const JOIN_TYPES: Readonly<Record<Join['type'], JoinType>> = { INNER: 'inner', CROSS: 'inner', LEFT: 'left', RIGHT: 'right', FULL: 'full', 'LEFT SEMI': 'semi', 'LEFT ANTI': 'anti' };
/** CROSS JOIN UNNEST(collection of the left side) [WITH ORDINALITY]. */
function bindUnnest(context: FromContext, left: FromResult, u: Unnest, keepsEmpty: boolean, outer: Scope | undefined): FromResult {
  const [operand] = u.operands;
  if (operand === undefined || u.operands.length > 1) throw featureNotSupported({ feature: 'UNNEST of several collections' }, { range: u.range });
  const collection = new ExpressionBinder(context.state, new Scope(left.scope.relations, left.scope.merged, outer)).bind(operand), width = left.rel.columns.length;
  const elements = elementColumns(collection.type);
  if (elements === undefined) throw invalidQuery({ what: `UNNEST needs an ARRAY, MAP or MULTISET, not ${typeText(collection.type)}` }, { range: operand.range });
  const named = [...elements, ...(u.ordinality ? [{ name: 'ORDINALITY', type: notNull(INT) }] : [])].map((c, i) => ({ name: u.alias?.columns[i]?.value ?? c.name, type: keepsEmpty ? asNullable(c.type) : c.type }));
  if (u.alias !== undefined && u.alias.columns.length > named.length) throw invalidQuery({ what: `${u.alias.columns.length} column names are given for ${named.length} columns` }, { range: u.alias.range });
  const input = project(left.rel, [...left.rel.columns.map((_, i) => column(left.rel, i)), collection], [...left.rel.columns.map((c) => c.name), 'unnest$']);
  const rel: Rel = { kind: 'unnest', input, column: width, outer: keepsEmpty, ordinality: u.ordinality, columns: [...input.columns, ...named] };
  return { rel, scope: new Scope([...left.scope.relations, { names: [u.alias?.name.value ?? 'UNNEST'], start: width + 1, columns: named }], left.scope.merged, outer) };
}
function elementColumns(type: SqlType): RelColumn[] | undefined {
  if (type.kind === 'MAP') return [{ name: 'KEY', type: type.key }, { name: 'VALUE', type: type.value }];
  if (type.kind !== 'ARRAY' && type.kind !== 'MULTISET') return undefined;
  const { element } = type;
  return element.kind === 'ROW' ? element.fields.map((f) => ({ name: f.name, type: asNullable(f.type, f.type.nullable || element.nullable) })) : [{ name: 'EXPR$0', type: element }];
}
async function bindJoin(context: FromContext, r: Join, outer: Scope | undefined): Promise<FromResult> {
  if (r.right.kind === 'unnest') {
    const always = r.on === undefined || (r.on.kind === 'boolean' && r.on.value === true);
    if (!always || r.natural || r.using.length > 0 || (r.type !== 'CROSS' && r.type !== 'INNER' && r.type !== 'LEFT')) throw featureNotSupported({ feature: 'a join with UNNEST other than CROSS JOIN, or INNER or LEFT JOIN ON TRUE' }, { range: r.range });
    return bindUnnest(context, await bindReference(context, r.left, outer), r.right, r.type === 'LEFT', outer);
  }
  const left = await bindReference(context, r.left, outer), right = r.right.kind === 'namedTable' && r.right.asOf !== undefined ? await bindLookup(context, left, r, r.right, r.right.asOf, outer) : await bindReference(context, r.right, outer);
  const type = JOIN_TYPES[r.type];
  const using = r.natural ? left.scope.columnNames().filter((n) => right.scope.columnNames().includes(n)) : r.using.map((u) => u.value);
  r.using.forEach((u) => { for (const side of [left, right]) if (!side.scope.columnNames().includes(u.value)) throw columnNotFound({ column: u.value, near: nearest(u.value, side.scope.columnNames()) }, { range: u.range }); });
  const both = combine(left, right, type, null, context, [], outer);
  const binder = new ExpressionBinder(context.state, both.fullScope);
  if (r.on !== undefined) {
    const condition = binder.condition(r.on, 'JOIN ON');
    return combine(left, right, type, condition, context, [], outer);
  }
  const width = left.rel.columns.length;
  const pairs = using.map((name) => ({ name, l: lookUp(left.scope, name), r: lookUp(right.scope, name, width) }));
  const condition = conjunction(pairs.map((p) => { const [a, b] = binder.comparable(p.l, p.r, r.range); return binder.call('=', [a, b], r.range); }));
  const merged = pairs.map((p): MergedColumn => ({ name: p.name, expr: type === 'right' ? p.r : type === 'full' ? { op: 'case', branches: [{ when: binder.call('IS NOT NULL', [p.l], r.range), then: p.l }], otherwise: p.r, type: p.l.type } : p.l }));
  return combine(left, right, type, condition, context, merged, outer);
}
/** `JOIN table FOR SYSTEM_TIME AS OF left.proctime`: a table with a connector that can be asked by key. */
async function bindLookup(context: FromContext, left: FromResult, r: Join, table: NamedTable, asOf: Expression, outer: Scope | undefined): Promise<FromResult> {
  if (r.type !== 'INNER' && r.type !== 'LEFT') throw featureNotSupported({ feature: `${r.type} JOIN with FOR SYSTEM_TIME AS OF`, instead: 'Lookup joins are INNER or LEFT.' }, { range: r.range });
  const time = new ExpressionBinder(context.state, new Scope(left.scope.relations, left.scope.merged, outer)).bind(asOf);
  if (!isProcessingTime(time, left.rel)) throw featureNotSupported({ feature: 'FOR SYSTEM_TIME AS OF an event time (temporal joins)', instead: 'For the table as it is now: give the left side a column `proctime AS PROCTIME()` and write FOR SYSTEM_TIME AS OF its proctime.' }, { range: asOf.range });
  let object;
  try { object = await context.state.context.resolveTable(table.name.parts.map((p) => p.value)); } catch (error) { throw at(error, table.name.range); }
  if (object.kind === 'view') throw featureNotSupported({ feature: 'a view as the right side of a lookup join', instead: 'Name the table itself.' }, { range: table.name.range });
  const known = withHints(object, table.hints, context.state.context.option('table.dynamic-table-options.enabled')?.toLowerCase() !== 'false');
  let bound;
  try { bound = bindLookupTable(context.state, known); } catch (error) { throw at(error, table.name.range); }
  return { ...aliased(bound.rel, [object.path.catalog, object.path.database, object.path.name], table.alias, outer), lookup: bound.lookup };
}
/** True when the value is PROCTIME(), computed where the row comes from or here. */
function isProcessingTime(e: Expr, rel: Rel): boolean {
  if (e.op === 'call') return e.name === 'PROCTIME';
  if (e.op !== 'column') return false;
  switch (rel.kind) {
    case 'project': return isProcessingTime(rel.exprs[e.index] as Expr, rel.input);
    case 'join': {
      const width = rel.left.columns.length;
      return e.index < width ? isProcessingTime(e, rel.left) : isProcessingTime({ ...e, index: e.index - width }, rel.right);
    }
    case 'union': return rel.inputs.every((i) => isProcessingTime(e, i));
    case 'filter': case 'sort': case 'unnest': return inputsOf(rel).every((i) => e.index < i.columns.length && isProcessingTime(e, i));
    default: return false;
  }
}
function lookUp(scope: Scope, name: string, by = 0): Expr {
  const range = { start: 0, end: 0 };
  const { expr } = scope.resolve([{ kind: 'identifier', value: name, quoted: true, range }], range);
  return expr.op === 'column' ? { ...expr, index: expr.index + by } : expr;
}
/** Joins two FROM items; `fullScope` shows both sides also for semi and anti joins (the condition needs them). */
function combine(left: FromResult, right: FromResult, type: JoinType, condition: Expr | null, context: FromContext, merged: readonly MergedColumn[], outer: Scope | undefined): FromResult & { fullScope: Scope } {
  const width = left.rel.columns.length;
  const ttlOf = (side: FromResult): number | undefined => { const [only] = side.scope.relations; return side.scope.relations.length === 1 ? context.ttl.get(only?.names.at(-1) ?? '') : undefined; };
  const ttl: JoinRel['ttlMs'] = [ttlOf(left), ttlOf(right)];
  const rel = join(type, left.rel, right.rel, condition, { ttlMs: ttl[0] === undefined && ttl[1] === undefined ? undefined : ttl, lookup: right.lookup });
  const typed = (r: ScopeRelation, by: number): ScopeRelation => ({ names: r.names, start: r.start + by, columns: r.columns.map((c, i) => rel.columns[r.start + by + i] === undefined ? c : { name: c.name, type: rel.columns[r.start + by + i]?.type ?? c.type }) });
  const leftRelations = left.scope.relations.map((r) => typed(r, 0)), all = [...leftRelations, ...right.scope.relations.map((r) => typed(r, width))];
  const kept = [...left.scope.merged.filter((m) => !merged.some((x) => x.name === m.name)), ...merged];
  const fullScope = new Scope(all, kept, outer);
  return { rel, fullScope, scope: type === 'semi' || type === 'anti' ? new Scope(leftRelations, left.scope.merged, outer) : fullScope };
}
