/**
 * Queries over system tables: WITH, SELECT, set operations, VALUES, ORDER BY and LIMIT, compiled to closures that run at once on the
 * rows at hand. PostgreSQL's meaning throughout: folded names, NULLs last, `?column?`.
 */
import { featureNotSupported } from '../../core/errors/common.ts';
import { invalidQuery, typeMismatch } from '../../core/errors/planner.ts';
import type { Expression, GroupItem, Query, QueryBody, Select, SetOperation, SortItem } from '../../planner/sql/ast.ts';
import { Group, type AggregateSpec } from './aggregates.ts';
import type { Compiler, Value } from './compiler.ts';
import { ExpressionCompiler, type QueryPlan, type SetCall, type SortKey } from './expression.ts';
import { FromCompiler, conditionsOf, type CteTable, type FromPlan } from './from.ts';
import { rowComparer, type OrderKey } from './order.ts';
import { Scope, fold, reader, unite, type Column, type Env, type Row } from './scope.ts';
import { printType } from './type-name.ts';
import { commonType, converter, keyText } from './values.ts';
import { runWindow, type WindowCall } from './windows.ts';

/** Rounds of a recursion count like so many rows, so that an endless one ends before it fills the memory. */
const ROUND_COST = 100;
type Ctes = ReadonlyMap<string, CteTable>;

/** What a body gives: `width` visible columns, then hidden ones to sort by. */
interface Body { readonly columns: readonly Column[]; readonly width: number; readonly order: readonly OrderKey[]; readonly uses: readonly number[]; readonly run: (env: Env | undefined, max?: number) => Row[] }

export function compileQuery(compiler: Compiler, query: Query, parent: Scope | undefined, outerCtes: Ctes = new Map()): QueryPlan {
  const ctes = withTables(compiler, query, parent, outerCtes);
  const count = (e: Expression | undefined): Value | undefined => (e === undefined ? undefined : compiler.cast(new ExpressionCompiler(compiler, new Scope(undefined), () => { throw featureNotSupported({ feature: 'a subquery in LIMIT' }); }).compile(e), 'int8', e.range));
  const limit = count(query.limit), offset = count(query.offset), body = compileBody(compiler, query.body, parent, ctes, query.orderBy);
  const columns = body.columns.slice(0, body.width), compare = body.order.length === 0 ? undefined : rowComparer(body.order), isWide = body.columns.length > body.width;
  const number = (v: Value | undefined, otherwise: number): number => { const n = v?.run({ rows: [], parent: undefined }); return n === null || n === undefined ? otherwise : Number(n); };
  return {
    columns, uses: body.uses,
    run: (env, max = Infinity) => {
      const from = number(offset, 0), to = from + Math.min(number(limit, Infinity), max);
      let rows = body.run(env, compare === undefined ? to : Infinity);
      if (compare !== undefined) rows.sort(compare);
      if (from > 0 || to < rows.length) rows = rows.slice(from, to);
      return isWide ? rows.map((r) => r.slice(0, body.width)) : rows;
    },
  };
}
function withTables(compiler: Compiler, query: Query, parent: Scope | undefined, outer: Ctes): Ctes {
  if (query.with === undefined) return outer;
  const ctes = new Map(outer);
  for (const item of query.with.items) {
    const name = fold(item.name), body = item.query.body;
    const renamed = (columns: readonly Column[]): Column[] => columns.map((c, i) => { const id = item.columns[i]; return { ...c, type: c.type === 'unknown' ? 'text' : c.type, name: id === undefined ? c.name : fold(id) }; });
    if (query.with.recursive && body.kind === 'setOperation' && body.op === 'UNION' && mentions(body.operands.slice(1), name)) { ctes.set(name, recursiveTable(compiler, body, parent, ctes, name, renamed)); continue; }
    const plan = compileQuery(compiler, item.query, parent, ctes);
    ctes.set(name, tableOf(renamed(plan.columns), plan.uses, parent, (env) => plan.run(env)));
  }
  return ctes;
}
function tableOf(columns: readonly Column[], uses: readonly number[], scope: Scope | undefined, run: (env: Env | undefined) => readonly Row[]): CteTable {
  if (uses.some((m) => m !== 0)) return { columns, uses, scope, rows: run };
  let rows: readonly Row[] | undefined;
  return { columns, uses: [], scope, rows: () => (rows ??= run(undefined)) };
}
function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((n) => mentions(n, name));
  if (typeof node !== 'object' || node === null) return false;
  const named = node as { kind?: string; name?: { parts?: readonly { value: string }[] } };
  if (named.kind === 'namedTable' && named.name?.parts?.length === 1 && named.name.parts[0]?.value.toLowerCase() === name) return true;
  return Object.values(node).some((v) => mentions(v, name));
}
/** WITH RECURSIVE: the non-recursive part, then the recursive one over the rows of the round before until there are none. */
function recursiveTable(compiler: Compiler, body: SetOperation, parent: Scope | undefined, ctes: Ctes, name: string, renamed: (c: readonly Column[]) => Column[]): CteTable {
  const [base, ...rest] = body.operands as [QueryBody, ...QueryBody[]], start = compileBody(compiler, base, parent, ctes, []), columns = renamed(start.columns);
  let working: readonly Row[] = [];
  const inner = new Map(ctes).set(name, { columns, uses: [], scope: parent, rows: () => working }), steps = rest.map((r) => compileBody(compiler, r, parent, inner, []));
  const casts = steps.map((s) => s.columns.map((c, i) => converter(c.type, columns[i]?.type ?? c.type, compiler.names) ?? ((v: unknown) => v)));
  return tableOf(columns, unite([start.uses, ...steps.map((s) => s.uses)]), parent, (env) => {
    const seen = new Set<string>(), fresh = (rows: readonly Row[]): Row[] => (body.all ? [...rows] : rows.filter((r) => { const key = keyText(r); if (seen.has(key)) return false; seen.add(key); return true; }));
    const found = fresh(start.run(env));
    working = [...found];
    while (working.length > 0) {
      compiler.look(ROUND_COST + working.length);
      const next = fresh(steps.flatMap((s, i) => s.run(env).map((r) => r.map((v, c) => (v === null ? null : casts[i]?.[c]?.(v))))));
      found.push(...next);
      working = next;
    }
    return found;
  });
}

function compileBody(compiler: Compiler, body: QueryBody, parent: Scope | undefined, ctes: Ctes, orderBy: readonly SortItem[]): Body {
  switch (body.kind) {
    case 'select': return compileSelect(compiler, body, parent, ctes, orderBy);
    case 'explicitTable': {
      const select: Select = { kind: 'select', hints: [], distinct: false, items: [{ kind: 'selectItem', expression: { kind: 'star', qualifier: [], range: body.range }, alias: undefined, range: body.range }], from: [{ kind: 'namedTable', name: body.name, hints: [], asOf: undefined, alias: undefined, range: body.range }], where: undefined, groupBy: undefined, having: undefined, windows: [], qualify: undefined, range: body.range };
      return compileSelect(compiler, select, parent, ctes, orderBy);
    }
    case 'query': { const plan = compileQuery(compiler, body, parent, ctes); return ordered(plan.columns, plan.uses, (env) => [...plan.run(env)], orderBy); }
    case 'values': {
      const expressions = new ExpressionCompiler(compiler, new Scope(parent), (q, p) => compileQuery(compiler, q, p, ctes));
      const rows = body.rows.map((r) => (r.kind === 'row' ? r.items : [r]).map((e) => expressions.compile(e))), width = rows[0]?.length ?? 0;
      const columns = Array.from({ length: width }, (_, c) => { const united = expressions.united(rows.map((r) => r[c] as Value), body.range); rows.forEach((r, i) => { r[c] = united[i] as Value; }); return { name: `column${c + 1}`, type: united[0]?.type ?? 'text' }; });
      return ordered(columns, expressions.scope.outer, (env) => { const own: Env = { rows: [], parent: env }; return rows.map((r) => r.map((v) => v.run(own))); }, orderBy);
    }
    case 'setOperation': return compileSetOperation(compiler, body, parent, ctes, orderBy);
  }
}
/** ORDER BY over a result: by name or position only. */
function ordered(columns: readonly Column[], uses: readonly number[], run: (env: Env | undefined) => Row[], orderBy: readonly SortItem[]): Body {
  const order = orderBy.map((o): OrderKey => {
    const e = o.expression, at = e.kind === 'number' ? Number(e.text) - 1 : e.kind === 'column' && e.parts.length === 1 && e.parts[0] !== undefined ? columns.findIndex((c) => c.name === fold(e.parts[0] as never)) : -1;
    if (columns[at] === undefined) throw invalidQuery({ what: 'ORDER BY over a set operation must name a column of the result' }, { range: o.range });
    return { at, descending: o.descending, nullsFirst: o.nulls === undefined ? o.descending : o.nulls === 'FIRST' };
  });
  return { columns, width: columns.length, order, uses, run };
}
function compileSetOperation(compiler: Compiler, op: SetOperation, parent: Scope | undefined, ctes: Ctes, orderBy: readonly SortItem[]): Body {
  const inputs = op.operands.map((o) => compileBody(compiler, o, parent, ctes, [])), width = inputs[0]?.columns.length ?? 0;
  if (inputs.some((i) => i.columns.length !== width)) throw invalidQuery({ what: `each ${op.op} query must have the same number of columns` }, { range: op.range });
  const columns = Array.from({ length: width }, (_, c): Column => {
    const type = inputs.map((i): string | undefined => i.columns[c]?.type ?? 'text').reduce((a, b) => (a === undefined || b === undefined ? undefined : a === 'unknown' && b === 'unknown' ? 'unknown' : commonType(a, b)));
    if (type === undefined) throw typeMismatch({ what: `${op.op} types ${[...new Set(inputs.map((i) => i.columns[c]?.type))].join(' and ')} cannot be matched`, hint: 'Add CASTs.' }, { range: op.range });
    return { name: inputs[0]?.columns[c]?.name ?? '', type: type === 'unknown' ? 'text' : type };
  });
  const casts = inputs.map((i) => i.columns.map((c, at) => converter(c.type, columns[at]?.type ?? c.type, compiler.names) ?? ((v: unknown) => v)));
  const rowsOf = (env: Env | undefined, i: number): Row[] => (inputs[i] as Body).run(env).map((r) => r.map((v, c) => (v === null ? null : casts[i]?.[c]?.(v))));
  const run = (env: Env | undefined): Row[] => {
    let result = rowsOf(env, 0);
    if (op.op === 'UNION') { for (let i = 1; i < inputs.length; i++) for (const r of rowsOf(env, i)) result.push(r); return op.all ? result : distinct(result); }
    for (let i = 1; i < inputs.length; i++) {
      const counts = new Map<string, number>();
      for (const r of rowsOf(env, i)) { const key = keyText(r); counts.set(key, (counts.get(key) ?? 0) + 1); }
      result = result.filter((r) => {
        const key = keyText(r), left = counts.get(key) ?? 0;
        if (op.all && left > 0) counts.set(key, left - 1);
        return (left > 0) === (op.op === 'INTERSECT');
      });
      if (!op.all) result = distinct(result);
    }
    return result;
  };
  return ordered(columns, unite(inputs.map((i) => i.uses)), run, orderBy);
}
const distinct = (rows: readonly Row[]): Row[] => { const seen = new Set<string>(); return rows.filter((r) => { const key = keyText(r); if (seen.has(key)) return false; seen.add(key); return true; }); };

interface Item { readonly name: string; readonly value: Value }
function compileSelect(compiler: Compiler, select: Select, parent: Scope | undefined, ctes: Ctes, orderBy: readonly SortItem[]): Body {
  const subquery = (q: Query, p: Scope | undefined): QueryPlan => compileQuery(compiler, q, p, ctes), scope = new Scope(parent);
  const from = new FromCompiler({ compiler, compileQuery: subquery, ctes }, scope).compile(select.from, (expressions) => (select.where === undefined ? [] : conditionsOf(expressions, select.where)));
  const aggregates: AggregateSpec[] = [], sets: SetCall[] = [], windows: WindowCall[] = [], expressions = new ExpressionCompiler(compiler, scope, subquery, { aggregates, sets, windows });
  const items = select.items.flatMap((item): Item[] => {
    const e = item.expression;
    if (e.kind === 'star') return scope.star(e.qualifier, e.range).map(({ column, leaf, at }) => ({ name: column.name, value: { type: column.type, uses: [1 << leaf.index], fields: column.fields, run: reader(0, leaf.index, at) } }));
    return [{ name: item.alias === undefined ? nameOf(e) : fold(item.alias), value: expressions.compile(e) }];
  });
  const having = select.having === undefined ? undefined : expressions.condition(select.having);
  const sort = orderBy.map((o) => sortItem(expressions, items, o));
  const hidden = sort.filter((s) => s.at === undefined).map((s) => s.key.value);
  const groups = select.groupBy === undefined ? undefined : select.groupBy.items.flatMap((g) => groupItem(expressions, items, g));
  const project = projector([...items.map((i) => i.value), ...hidden], sets);
  let next = items.length;
  const order = sort.map((s): OrderKey => ({ at: s.at ?? next++, descending: s.key.descending, nullsFirst: s.key.nullsFirst }));
  const isGrouped = groups !== undefined || aggregates.length > 0 || having !== undefined;
  const columns = [...items.map((i) => ({ name: i.name, type: i.value.type, fields: i.value.fields })), ...hidden.map((h) => ({ name: '', type: h.type }))];
  const run = (outer: Env | undefined, max = Infinity): Row[] => {
    const rows: Row[] = [], env: Env = { rows: [...from.nulls], parent: outer };
    if (isGrouped) runGroups(from, env, groups ?? [], aggregates, having, windows, (e) => project(e, rows));
    else if (windows.length > 0) runWindows(from, env, windows, (e) => project(e, rows));
    else from.run(env, () => { project(env, rows); return rows.length >= max && !select.distinct; });
    return select.distinct ? distinct(rows) : rows;
  };
  return { columns, width: items.length, order, uses: scope.outer, run };
}
/** Adds the row, or the rows, that the select list makes of an environment. */
function projector(values: readonly Value[], sets: readonly SetCall[]): (env: Env, rows: Row[]) => void {
  if (sets.length === 0) return (env, rows) => { rows.push(values.map((v) => v.run(env))); };
  return (env, rows) => {
    const all = sets.map((s) => s.run(env)), count = Math.max(...all.map((a) => a.length));
    for (let i = 0; i < count; i++) {
      const own: Env = { ...env, sets: sets.map((s, n) => { const row = all[n]?.[i]; return row === undefined ? null : s.isRecord ? row : row[0]; }) };
      rows.push(values.map((v) => v.run(own)));
    }
  };
}
function runGroups(from: FromPlan, env: Env, keys: readonly Value[], aggregates: readonly AggregateSpec[], having: Value | undefined, windows: readonly WindowCall[], emit: (env: Env) => void): void {
  const groups = new Map<string, Group>();
  if (keys.length === 0) groups.set('[]', new Group({ ...env, rows: [...env.rows] }, aggregates));
  from.run(env, () => {
    const key = keyText(keys.map((k) => k.run(env)));
    let group = groups.get(key);
    if (group === undefined) { group = new Group({ ...env, rows: [...env.rows] }, aggregates); groups.set(key, group); }
    group.add(env);
    return false;
  });
  const environments = [...groups.values()].map((g): Env => ({ ...g.env, aggregates: g.results() })).filter((e) => having === undefined || having.run(e) === true);
  withWindows(environments, windows, emit);
}
function runWindows(from: FromPlan, env: Env, windows: readonly WindowCall[], emit: (env: Env) => void): void {
  const environments: Env[] = [];
  from.run(env, () => { environments.push({ ...env, rows: [...env.rows] }); return false; });
  withWindows(environments, windows, emit);
}
function withWindows(environments: readonly Env[], windows: readonly WindowCall[], emit: (env: Env) => void): void {
  const values = windows.map((w) => runWindow(w, environments));
  environments.forEach((e, i) => emit(windows.length === 0 ? e : { ...e, windows: values.map((v) => v[i]) }));
}

/** `at`: a visible item; else the key is computed beside the items. */
function sortItem(expressions: ExpressionCompiler, items: readonly Item[], o: SortItem): { at: number | undefined; key: SortKey } {
  const at = itemAt(items, o.expression), item = at === undefined ? undefined : items[at];
  if (item === undefined) return { at: undefined, key: expressions.sortKey(o) };
  return { at, key: { value: item.value, descending: o.descending, nullsFirst: o.nulls === undefined ? o.descending : o.nulls === 'FIRST' } };
}
/** A position, or the name of an item. */
function itemAt(items: readonly Item[], e: Expression): number | undefined {
  if (e.kind === 'number' && e.form === 'integer') {
    const at = Number(e.text) - 1;
    if (items[at] === undefined) throw invalidQuery({ what: `position ${e.text} is not in the select list` }, { range: e.range });
    return at;
  }
  const [only] = e.kind === 'column' && e.parts.length === 1 ? e.parts : [], at = only === undefined ? -1 : items.findIndex((i) => i.name === fold(only));
  return at < 0 ? undefined : at;
}
function groupItem(expressions: ExpressionCompiler, items: readonly Item[], g: GroupItem): Value[] {
  if (g.kind === 'groupingSets') throw featureNotSupported({ feature: `${g.form} over system tables` }, { range: g.range });
  if (g.kind === 'emptyGroupingSet') return [];
  if (g.kind === 'row' && !g.explicit) return g.items.flatMap((i) => groupItem(expressions, items, i));
  const [only] = g.kind === 'column' && g.parts.length === 1 ? g.parts : [];
  if (g.kind === 'number' || (only !== undefined && !expressions.scope.has(fold(only)))) { const at = itemAt(items, g), item = at === undefined ? undefined : items[at]; if (item !== undefined) return [item.value]; }
  return [expressions.compile(g)];
}
/** The name PostgreSQL gives a column without alias. */
const nameOf = (e: Expression): string => figure(e)?.name ?? '?column?';
/** `strong`: a name of the user's or of a function; a type's name gives way to one. Source: FigureColname in PostgreSQL's parse_target.c. */
function figure(e: Expression): { readonly name: string; readonly strong: boolean } | undefined {
  const strong = (name: string): { name: string; strong: boolean } => ({ name, strong: true });
  switch (e.kind) {
    case 'column': return strong(fold(e.parts.at(-1) as never));
    case 'field': return strong(fold(e.field));
    case 'call': return strong((e.name.parts.at(-1)?.value ?? '').toLowerCase());
    case 'cast': { const inner = figure(e.operand); return inner?.strong === true ? inner : e.type.kind === 'simpleType' ? { name: printType(e.type), strong: false } : inner; }
    case 'collate': case 'index': case 'slice': return figure(e.operand);
    case 'case': { const otherwise = e.otherwise === undefined ? undefined : figure(e.otherwise); return otherwise?.strong === true ? otherwise : { name: 'case', strong: false }; }
    case 'array': case 'exists': case 'extract': return strong(e.kind);
    case 'row': return e.items.length === 1 && e.items[0] !== undefined && !e.explicit ? figure(e.items[0]) : strong('row');
    case 'collectionQuery': return strong('array');
    case 'trim': return strong(e.mode === 'LEADING' ? 'ltrim' : e.mode === 'TRAILING' ? 'rtrim' : 'btrim');
    case 'boolean': return { name: 'bool', strong: false };
    case 'subquery': { const first = e.query.body.kind === 'select' ? e.query.body.items[0] : undefined; return first === undefined ? undefined : first.alias === undefined ? figure(first.expression) : strong(fold(first.alias)); }
    default: return undefined;
  }
}
