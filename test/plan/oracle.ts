/** A plain evaluator of logical plans over whole tables: what a streaming plan's changelog must amount to. Written for clarity, not speed. */
import type { Expr } from '../../planner/physical/expr.ts';
import { decodeLiteral } from '../../planner/physical/expr.ts';
import type { AggregateCall } from '../../planner/physical/plan.ts';
import type { Aggregate, JoinRel, Rel, SetOp } from '../../planner/logical/rel.ts';

export type Row = readonly unknown[];
export type Tables = ReadonlyMap<string, readonly Row[]>;

/** `tables`: all physical columns of each table, by name. */
export function rowsOf(rel: Rel, tables: Tables): Row[] {
  switch (rel.kind) {
    case 'scan': return (tables.get(rel.table.path.name) ?? []).map((r) => rel.fields.map((f) => (f.kind === 'physical' ? r[f.field] : null)));
    case 'values': return rel.rows.map((r) => r.map((e) => valueOf(e, [])));
    case 'project': return rowsOf(rel.input, tables).map((r) => rel.exprs.map((e) => valueOf(e, r)));
    case 'filter': return rowsOf(rel.input, tables).filter((r) => valueOf(rel.condition, r) === true);
    case 'join': return joined(rel, tables);
    case 'aggregate': return grouped(rel, rowsOf(rel.input, tables));
    case 'union': return rel.inputs.flatMap((i) => rowsOf(i, tables));
    case 'setOp': return combined(rel, tables);
    case 'sort': case 'unnest': throw new TypeError(`the oracle has no ${rel.kind}`);
  }
}
function joined(rel: JoinRel, tables: Tables): Row[] {
  const left = rowsOf(rel.left, tables), right = rowsOf(rel.right, tables), hit = new Set<Row>();
  const nulls = (n: number): null[] => new Array<null>(n).fill(null), result: Row[] = [];
  for (const l of left) {
    const matches = right.filter((r) => rel.condition === null || valueOf(rel.condition, [...l, ...r]) === true);
    for (const r of matches) hit.add(r);
    if (rel.type === 'semi') { if (matches.length > 0) result.push(l); continue; }
    if (rel.type === 'anti') { if (matches.length === 0) result.push(l); continue; }
    result.push(...matches.map((r) => [...l, ...r]));
    if (matches.length === 0 && (rel.type === 'left' || rel.type === 'full')) result.push([...l, ...nulls(rel.right.columns.length)]);
  }
  if (rel.type === 'right' || rel.type === 'full') for (const r of right) if (!hit.has(r)) result.push([...nulls(rel.left.columns.length), ...r]);
  return result;
}
const keyOf = (row: Row): string => JSON.stringify(row, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
function grouped(rel: Aggregate, rows: readonly Row[]): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) { const key = keyOf(rel.keys.map((k) => row[k])); groups.set(key, [...(groups.get(key) ?? []), row]); }
  return [...groups.values()].map((g) => [...rel.keys.map((k) => g[0]?.[k]), ...rel.calls.map((c) => aggregated(c, g))]);
}
function aggregated(call: AggregateCall, group: readonly Row[]): unknown {
  const rows = group.filter((r) => call.filter === null || r[call.filter] === true), [arg] = call.args;
  if (arg === undefined) return rows.length;
  const all = rows.map((r) => r[arg]).filter((v) => v !== null) as number[], values = call.distinct ? [...new Set(all)] : all;
  switch (call.function) {
    case 'COUNT': return values.length;
    case 'SUM': return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
    case 'MIN': return values.length === 0 ? null : values.reduce((a, b) => (a < b ? a : b));
    case 'MAX': return values.length === 0 ? null : values.reduce((a, b) => (a > b ? a : b));
    default: throw new TypeError(`the oracle does not know ${call.function}`);
  }
}
function combined(rel: SetOp, tables: Tables): Row[] {
  const count = (rows: readonly Row[]): Map<string, Row[]> => { const m = new Map<string, Row[]>(); for (const r of rows) m.set(keyOf(r), [...(m.get(keyOf(r)) ?? []), r]); return m; };
  const left = count(rowsOf(rel.left, tables)), right = count(rowsOf(rel.right, tables));
  return [...left].flatMap(([key, rows]) => {
    const l = rows.length, r = right.get(key)?.length ?? 0;
    const times = rel.op === 'intersect' ? (rel.all ? Math.min(l, r) : Number(r > 0)) : rel.all ? Math.max(0, l - r) : Number(r === 0);
    return rows.slice(0, times);
  });
}

/** Three-valued logic: null is unknown. Integers only. */
export function valueOf(e: Expr, row: Row): unknown {
  switch (e.op) {
    case 'column': return row[e.index];
    case 'literal': return decodeLiteral(e.value);
    case 'cast': return valueOf(e.arg, row);
    case 'case': { const branch = e.branches.find((b) => valueOf(b.when, row) === true); return valueOf(branch === undefined ? e.otherwise : branch.then, row); }
    case 'field': throw new TypeError('the oracle has no rows in rows');
    case 'call': return callOf(e.name, e.args.map((a) => valueOf(a, row)));
  }
}
function callOf(name: string, args: readonly unknown[]): unknown {
  const [a, b] = args as readonly (number | null)[];
  switch (name) {
    case 'AND': return args.includes(false) ? false : args.includes(null) ? null : true;
    case 'OR': return args.includes(true) ? true : args.includes(null) ? null : false;
    case 'NOT': return args[0] === null ? null : args[0] !== true;
    case 'IS NULL': return args[0] === null;
    case 'IS NOT NULL': return args[0] !== null;
    case 'IS NOT DISTINCT FROM': return a === b;
    case 'IS DISTINCT FROM': return a !== b;
    case 'IN': return args[0] === null ? null : args.slice(1).includes(args[0]) ? true : args.includes(null) ? null : false;
    default:
  }
  if (a === null || a === undefined || b === null || b === undefined) return null;
  switch (name) {
    case '=': return a === b;
    case '<>': return a !== b;
    case '<': return a < b;
    case '>': return a > b;
    case '<=': return a <= b;
    case '>=': return a >= b;
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    default: throw new TypeError(`the oracle does not know ${name}`);
  }
}
