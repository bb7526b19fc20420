/**
 * The FROM clause of a catalog query as nested loops. Every item is a leaf with rows; conditions run as soon as the items they read
 * have rows, and an equality on a column of the next item looks its rows up instead of scanning them. Inner joins may run in any order
 * (the one with most lookups is taken); an outer join runs when the items of its condition have rows.
 */
import { featureNotSupported } from '../../core/errors/common.ts';
import { invalidQuery, columnNotFound } from '../../core/errors/planner.ts';
import type { Expression, Join, TableAlias, TableReference } from '../../planner/sql/ast.ts';
import { systemTable } from '../../catalog/system/system-tables.ts';
import { ExpressionCompiler, plain, type CompileQuery, type QueryPlan } from './expression.ts';
import type { Compiler, LoadedTable, Value } from './compiler.ts';
import { setFunction } from './functions/index.ts';
import { MAX_LEAVES, fold, reader, unite, type Column, type Env, type Leaf, type Row, type Scope } from './scope.ts';

/** Rows of a leaf. `isFixed`: the same array whatever the environment, so that it can be indexed. */
interface Source { readonly uses: readonly number[]; readonly isFixed: boolean; readonly loaded?: LoadedTable | undefined; readonly rows: (env: Env) => readonly Row[] }
interface LeafNode { readonly kind: 'leaf'; readonly leaf: Leaf; readonly source: Source; readonly nulls: Row }
interface JoinNode { readonly kind: 'join'; readonly type: 'inner' | 'left' | 'full'; readonly left: Node; readonly right: Node; readonly on: readonly Condition[] }
type Node = LeafNode | JoinNode;
/** A conjunct. `column = key` of a leaf, in both directions, where it is an equality. */
interface Condition { readonly value: Value; readonly mask: number; readonly lookups: readonly { readonly leaf: number; readonly at: number; readonly key: Value }[] }
/** Called for every combination of rows; true stops. */
type Emit = () => boolean;
export interface FromPlan { readonly scope: Scope; readonly run: (env: Env, emit: Emit) => boolean; readonly nulls: readonly Row[] }

/** A common table expression. `uses` are those of its definition, which stands in `scope`; without any the rows are made once. */
export interface CteTable { readonly columns: readonly Column[]; readonly uses: readonly number[]; readonly scope: Scope | undefined; readonly rows: (env: Env | undefined) => readonly Row[] }
export interface FromContext { readonly compiler: Compiler; readonly compileQuery: CompileQuery; readonly ctes: ReadonlyMap<string, CteTable> }

const maskOf = (uses: readonly number[]): number => uses[0] ?? 0;

export class FromCompiler {
  private readonly context: FromContext;
  private readonly scope: Scope;
  private readonly nulls: Row[] = [];
  constructor(context: FromContext, scope: Scope) { this.context = context; this.scope = scope; }

  compile(from: readonly TableReference[], where: (expressions: ExpressionCompiler) => readonly Condition[]): FromPlan {
    const nodes = from.map((r) => this.node(r));
    const tree = nodes.length === 0 ? undefined : nodes.reduce((left, right): Node => ({ kind: 'join', type: 'inner', left, right, on: [] }));
    const conditions = where(this.expressions());
    const run = planGroup(tree, conditions, 0, (rows) => this.context.compiler.look(rows));
    return { scope: this.scope, run, nulls: this.nulls };
  }
  private expressions(): ExpressionCompiler { return new ExpressionCompiler(this.context.compiler, this.scope, this.context.compileQuery); }

  private node(r: TableReference): Node {
    switch (r.kind) {
      case 'namedTable': {
        const parts = r.name.parts, name = parts.length === 1 && parts[0] !== undefined ? fold(parts[0]) : undefined, cte = name === undefined ? undefined : this.context.ctes.get(name);
        if (cte !== undefined && name !== undefined) return this.leaf([name], cte.columns, this.cteSource(cte), r.alias);
        const table = systemTable(parts.map((p) => p.value));
        if (table === undefined) throw featureNotSupported({ feature: `table "${parts.map((p) => p.value).join('.')}" in a query over system tables` }, { range: r.range });
        const loaded = this.context.compiler.table(table), columns = table.columns.map((c) => ({ name: c.name, type: c.pg }));
        return this.leaf([table.schema, table.name], columns, { uses: [], isFixed: true, loaded, rows: () => loaded.rows }, r.alias);
      }
      case 'derivedTable': {
        const plan = this.context.compileQuery(r.query, r.lateral ? this.scope : this.scope.parent);
        return this.leaf([], plan.columns, this.derived(plan, r.lateral), r.alias);
      }
      case 'tableFunction': return this.tableFunction(r);
      case 'unnest': {
        const parts = r.operands.map((o) => this.expressions().setRows('unnest', [this.expressions().compile(o)], r.range));
        const columns = parts.map((p, i) => ({ name: i === 0 ? 'unnest' : `unnest_${i + 1}`, type: p.columns[0]?.type ?? 'text' }));
        const rows = (env: Env): Row[] => { const all = parts.map((p) => p.run(env)), n = Math.max(0, ...all.map((a) => a.length)); return Array.from({ length: n }, (_, i) => all.map((a) => a[i]?.[0] ?? null)); };
        return this.functionLeaf(columns, { uses: unite(parts.map((p) => p.uses)), isFixed: false, rows }, r.alias, r.ordinality);
      }
      case 'join': return this.join(r);
      case 'matchRecognize': throw featureNotSupported({ feature: 'MATCH_RECOGNIZE over system tables' }, { range: r.range });
    }
  }
  private cteSource(cte: CteTable): Source {
    if (!cte.uses.some((m) => m !== 0)) return { uses: [], isFixed: true, rows: () => cte.rows(undefined) };
    const depth = this.scope.depthOf(cte.scope);
    this.scope.noteUses(cte.uses, depth);
    return { uses: [...Array.from({ length: depth }, () => 0), ...cte.uses], isFixed: false, rows: (env) => { let e: Env | undefined = env; for (let d = 0; d < depth; d++) e = e?.parent; return cte.rows(e); } };
  }
  private derived(plan: QueryPlan, lateral: boolean): Source {
    if (lateral) return { uses: plan.uses, isFixed: !plan.uses.some((m) => m !== 0), rows: plan.uses.some((m) => m !== 0) ? (env) => plan.run(env) : once(() => plan.run(undefined)) };
    plan.uses.forEach((mask, i) => { this.scope.outer[i] = (this.scope.outer[i] ?? 0) | mask; });
    const isFixed = !plan.uses.some((m) => m !== 0);
    return { uses: [0, ...plan.uses], isFixed, rows: isFixed ? once(() => plan.run(undefined)) : (env) => plan.run(env.parent) };
  }
  private tableFunction(r: Extract<TableReference, { kind: 'tableFunction' }>): Node {
    const name = r.call.name.parts.at(-1)?.value.toLowerCase() ?? '', expressions = this.expressions(), args = r.call.args.map((a) => expressions.compile(plain(a)));
    if (setFunction(name) !== undefined) { const rows = expressions.setRows(name, args, r.range); return this.functionLeaf(rows.columns, { uses: rows.uses, isFixed: false, rows: rows.run }, r.alias, r.ordinality); }
    const value = this.context.compiler.call(name, args, r.range);
    return this.functionLeaf([{ name, type: value.type }], { uses: value.uses, isFixed: false, rows: (env) => [[value.run(env)]] }, r.alias, r.ordinality);
  }
  /** A function of one column gives that column its alias. */
  private functionLeaf(columns: readonly Column[], source: Source, alias: TableAlias | undefined, ordinality: boolean): Node {
    const [only] = columns, named = columns.length === 1 && only !== undefined && alias !== undefined ? [{ ...only, name: fold(alias.name) }] : columns;
    const all = ordinality ? [...named, { name: 'ordinality', type: 'int8' }] : named;
    return this.leaf([columns[0]?.name ?? ''], all, ordinality ? { ...source, rows: (env) => source.rows(env).map((row, i) => [...row, i + 1]) } : source, alias);
  }
  private leaf(names: readonly string[], columns: readonly Column[], source: Source, alias: TableAlias | undefined): LeafNode {
    if (alias !== undefined && alias.columns.length > columns.length) throw invalidQuery({ what: `table "${alias.name.value}" has ${columns.length} columns available but ${alias.columns.length} columns specified` }, { range: alias.range });
    if (this.scope.leaves.length >= MAX_LEAVES) throw featureNotSupported({ feature: `more than ${MAX_LEAVES} tables in one query over system tables` });
    const shown = alias === undefined ? columns : columns.map((c, i) => { const id = alias.columns[i]; return id === undefined ? c : { ...c, name: fold(id) }; });
    const leaf: Leaf = { index: this.scope.leaves.length, names: alias === undefined ? names : [fold(alias.name)], columns: shown, tableId: source.loaded?.table.oid }, nulls = columns.map(() => null);
    this.scope.leaves.push(leaf);
    this.nulls.push(nulls);
    return { kind: 'leaf', leaf, source, nulls };
  }
  private join(r: Join): Node {
    const [first, second] = r.type === 'RIGHT' ? [this.node(r.left), this.node(r.right)].reverse() as [Node, Node] : [this.node(r.left), this.node(r.right)];
    if (r.type === 'LEFT SEMI' || r.type === 'LEFT ANTI') throw featureNotSupported({ feature: `${r.type} JOIN over system tables` }, { range: r.range });
    const type = r.type === 'LEFT' || r.type === 'RIGHT' ? 'left' : r.type === 'FULL' ? 'full' : 'inner';
    return { kind: 'join', type, left: first, right: second, on: r.on === undefined ? this.usingConditions(r, first, second) : this.onConditions(r.on, first, second) };
  }
  private onConditions(on: Expression, left: Node, right: Node): Condition[] {
    const before = this.scope.visible;
    this.scope.visible = leavesOf(left) | leavesOf(right);
    try { return conditionsOf(this.expressions(), on); } finally { this.scope.visible = before; }
  }
  private usingConditions(r: Join, left: Node, right: Node): Condition[] {
    const columnsOf = (node: Node): { leaf: Leaf; at: number; name: string; type: string }[] => this.scope.leaves.filter((l) => (leavesOf(node) & (1 << l.index)) !== 0).flatMap((leaf) => leaf.columns.map((c, at) => ({ leaf, at, name: c.name, type: c.type })));
    const ls = columnsOf(left), rs = columnsOf(right), names = r.natural ? [...new Set(ls.map((c) => c.name))].filter((n) => rs.some((c) => c.name === n)) : r.using.map(fold);
    const expressions = this.expressions();
    return names.map((name) => {
      const l = ls.find((c) => c.name === name), x = rs.find((c) => c.name === name);
      if (l === undefined || x === undefined) throw columnNotFound({ column: name, near: [] }, { range: r.range });
      this.scope.hidden.add(name);
      const value = (c: typeof l): Value => ({ type: c.type, uses: [1 << c.leaf.index], run: reader(0, c.leaf.index, c.at) });
      return conditionOf(expressions.comparison('=', value(l), value(x), r.range), [{ leaf: l.leaf.index, at: l.at, key: value(x) }, { leaf: x.leaf.index, at: x.at, key: value(l) }]);
    });
  }
}
const once = (make: () => readonly Row[]): (() => readonly Row[]) => { let rows: readonly Row[] | undefined; return () => (rows ??= make()); };
const leavesOf = (node: Node): number => (node.kind === 'leaf' ? 1 << node.leaf.index : leavesOf(node.left) | leavesOf(node.right));

const conditionOf = (value: Value, lookups: Condition['lookups'] = []): Condition => ({ value, mask: maskOf(value.uses), lookups });
/** The conjuncts of a condition, with what they allow to look up. Casts between the types of a lookup must not change values: dates and arrays are left out. */
export function conditionsOf(expressions: ExpressionCompiler, e: Expression): Condition[] {
  if (e.kind === 'logical' && e.op === 'AND') return e.operands.flatMap((o) => conditionsOf(expressions, o));
  if (e.kind !== 'binary' || e.op !== '=' || e.left.kind === 'row') return [conditionOf(expressions.condition(e))];
  const left = expressions.compile(e.left), right = expressions.compile(e.right), lookups: Condition['lookups'][number][] = [];
  for (const [side, value, other] of [[e.left, left, right], [e.right, right, left]] as const) {
    const at = columnAt(expressions, side, value);
    if (at === undefined || value.type.endsWith('[]') || /^(date|timestamp)/.test(value.type)) continue;
    const [, key] = expressions.united([value, other], e.range) as [Value, Value];
    lookups.push({ ...at, key });
  }
  return [conditionOf(expressions.comparison('=', left, right, e.range), lookups)];
}
/** The column of this query level that an expression is, if it is nothing else. */
function columnAt(expressions: ExpressionCompiler, e: Expression, value: Value): { leaf: number; at: number } | undefined {
  if (e.kind !== 'column' || value.uses.length !== 1 || value.fields !== undefined) return undefined;
  const found = expressions.scope.place(e.parts);
  return found === undefined ? undefined : { leaf: found.leaf.index, at: found.at };
}

// ------------------------------------------------------------------------------------------------------------- running

interface Group { readonly leaves: LeafNode[]; readonly outer: { node: Node; on: readonly Condition[] }[]; readonly full: JoinNode[]; readonly conditions: Condition[] }
function flatten(node: Node | undefined, group: Group): void {
  if (node === undefined) return;
  if (node.kind === 'leaf') { group.leaves.push(node); return; }
  if (node.type === 'full') { group.full.push(node); return; }
  flatten(node.left, group);
  if (node.type === 'left') { group.outer.push({ node: node.right, on: node.on }); return; }
  flatten(node.right, group);
  group.conditions.push(...node.on);
}
type Step = (env: Env, emit: Emit) => boolean;
/** Nests the steps of a group; `bound` are the leaves that have rows already. */
function planGroup(tree: Node | undefined, conditions: readonly Condition[], bound: number, look: (rows: number) => void): Step {
  const group: Group = { leaves: [], outer: [], full: [], conditions: [...conditions] };
  flatten(tree, group);
  const steps: Step[] = [], waiting = new Set(group.conditions), leaves = [...group.leaves], outer = [...group.outer];
  let done = bound;
  /** Conditions whose leaves all have rows now. */
  const ready = (): Value[] => [...waiting].filter((c) => (c.mask & ~done) === 0).map((c) => { waiting.delete(c); return c.value; });
  const first = ready();
  for (const node of group.full) { done |= leavesOf(node); steps.push(filtered(fullJoin(node, bound, look), ready())); }
  while (leaves.length > 0 || outer.length > 0) {
    const next = best(leaves, [...waiting], done);
    if (next !== undefined) {
      leaves.splice(leaves.indexOf(next.node), 1);
      done |= 1 << next.node.leaf.index;
      steps.push(scan(next.node, next.lookup, ready(), look));
      continue;
    }
    const at = outer.findIndex((o) => o.on.every((c) => (c.mask & ~(done | leavesOf(o.node))) === 0)), o = outer[Math.max(0, at)];
    if (o === undefined) break;
    outer.splice(Math.max(0, at), 1);
    const inner = planGroup(o.node, o.on, done, look), nulls = leafNodes(o.node);
    done |= leavesOf(o.node);
    steps.push(leftJoin(inner, nulls, ready()));
  }
  const rest = [...waiting].map((c) => c.value);
  return (env, emit) => {
    if (!passes(first, env)) return false;
    const run = (i: number): boolean => { const step = steps[i]; return step === undefined ? (passes(rest, env) ? emit() : false) : step(env, () => run(i + 1)); };
    return run(0);
  };
}
interface Choice { readonly node: LeafNode; readonly lookup: { readonly at: number; readonly key: Value } | undefined }
/** The leaf to read next: by constant, by what is bound, with a condition of its own, else as written. */
function best(leaves: readonly LeafNode[], waiting: readonly Condition[], done: number): Choice | undefined {
  let found: Choice | undefined, score = -1;
  for (const node of leaves) {
    if ((maskOf(node.source.uses) & ~done) !== 0) continue;
    const own = 1 << node.leaf.index;
    const lookups = node.source.isFixed ? waiting.flatMap((c) => c.lookups).filter((l) => l.leaf === node.leaf.index && (maskOf(l.key.uses) & ~done) === 0) : [];
    // A table that has to be asked for by one column is read by that column or as late as possible.
    const by = node.source.loaded?.demand === undefined ? undefined : node.source.loaded.table.demandBy, asked = by === undefined ? undefined : lookups.find((l) => node.source.loaded?.table.columns[l.at]?.name === by);
    const constant = by === undefined ? lookups.find((l) => maskOf(l.key.uses) === 0) : asked !== undefined && maskOf(asked.key.uses) === 0 ? asked : undefined, lookup = asked ?? constant ?? lookups[0];
    const points = constant !== undefined ? 4 : by !== undefined && asked === undefined ? -0.5 : lookup !== undefined ? 3 : !node.source.isFixed ? 2 : waiting.some((c) => (c.mask & ~done) === own) ? 1 : 0;
    if (points > score) { score = points; found = { node, lookup }; }
  }
  return found;
}
function leafNodes(node: Node): LeafNode[] { return node.kind === 'leaf' ? [node] : [...leafNodes(node.left), ...leafNodes(node.right)]; }
function passes(conditions: readonly Value[], env: Env): boolean {
  for (const c of conditions) if (c.run(env) !== true) return false;
  return true;
}
const filtered = (step: Step, conditions: readonly Value[]): Step => (env, emit) => step(env, () => (passes(conditions, env) ? emit() : false));

const indexes = new WeakMap<readonly Row[], Map<number, Map<unknown, Row[]>>>();
const NO_ROWS: readonly Row[] = [];
function lookedUp(rows: readonly Row[], at: number, key: unknown): readonly Row[] {
  let byColumn = indexes.get(rows);
  if (byColumn === undefined) { byColumn = new Map(); indexes.set(rows, byColumn); }
  let index = byColumn.get(at);
  if (index === undefined) {
    index = new Map();
    for (const row of rows) { const value = row[at], list = index.get(value); if (list === undefined) index.set(value, [row]); else list.push(row); }
    byColumn.set(at, index);
  }
  return index.get(key) ?? NO_ROWS;
}
function scan({ leaf, source }: LeafNode, lookup: { readonly at: number; readonly key: Value } | undefined, conditions: readonly Value[], look: (rows: number) => void): Step {
  const demand = demandOf(source.loaded, leaf, lookup);
  return (env, emit) => {
    const all = source.rows(env);
    let rows = all;
    if (lookup !== undefined) {
      const key = lookup.key.run(env);
      if (key === null) return false;
      demand?.(source.loaded, key);
      rows = lookedUp(all, lookup.at, key);
    } else demand?.(source.loaded, undefined);
    look(rows.length);
    for (const row of rows) {
      env.rows[leaf.index] = row;
      if (passes(conditions, env) && emit()) return true;
    }
    return false;
  };
}
type Demand = (loaded: LoadedTable | undefined, key: unknown) => void;
/** What reading this table in this way asks the catalog for; see SystemTable.demandBy. */
function demandOf(loaded: LoadedTable | undefined, leaf: Leaf, lookup: { readonly at: number; readonly key: Value } | undefined): Demand | undefined {
  const table = loaded?.table, column = lookup === undefined ? undefined : table?.columns[lookup.at]?.name;
  if (table === undefined || loaded?.demand === undefined || leaf.index < 0) return undefined;
  if (table.demandConstant !== undefined) return column === table.demandConstant && maskOf(lookup?.key.uses ?? []) === 0 ? (l, key) => l?.demand?.(key) : undefined;
  if (table.demandBy === undefined) return undefined;
  return column === table.demandBy ? (l, key) => l?.demand?.(key) : (l) => l?.demand?.(undefined);
}
function leftJoin(inner: Step, leaves: readonly LeafNode[], conditions: readonly Value[]): Step {
  return (env, emit) => {
    let matched = false;
    const stopped = inner(env, () => { matched = true; return passes(conditions, env) ? emit() : false; });
    if (stopped || matched) return stopped;
    for (const { leaf, nulls } of leaves) env.rows[leaf.index] = nulls;
    return passes(conditions, env) ? emit() : false;
  };
}
/** FULL JOIN: the left join, then the right side's rows without a partner. */
function fullJoin(node: JoinNode, bound: number, look: (rows: number) => void): Step {
  const left = planGroup(node.left, [], bound, look), right = planGroup(node.right, [], bound | leavesOf(node.left), look), rights = leafNodes(node.right), lefts = leafNodes(node.left);
  const condition = node.on.map((c) => c.value);
  return (env, emit) => {
    const combinations: Row[][] = [], met = new Set<number>();
    right(env, () => { combinations.push(rights.map((n) => env.rows[n.leaf.index] as Row)); return false; });
    const place = (rows: readonly Row[]): void => rights.forEach((n, i) => { env.rows[n.leaf.index] = rows[i] as Row; });
    const stopped = left(env, () => {
      let matched = false;
      for (const [i, rows] of combinations.entries()) {
        place(rows);
        if (!passes(condition, env)) continue;
        matched = true;
        met.add(i);
        if (emit()) return true;
      }
      if (matched) return false;
      place(rights.map((n) => n.nulls));
      return emit();
    });
    if (stopped) return true;
    for (const [i, rows] of combinations.entries()) {
      if (met.has(i)) continue;
      for (const n of lefts) env.rows[n.leaf.index] = n.nulls;
      place(rows);
      if (emit()) return true;
    }
    return false;
  };
}
