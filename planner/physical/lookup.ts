/**
 * Lookup joins: the right side, filters and projections over one scan, becomes keys, a condition and projections behind the join. Keys are
 * columns of the table as they stand in it, compared with a column of the left side or with a constant; everything else of ON and of
 * filters on the table is a condition on the rows found. Semantics: Flink CommonPhysicalLookupJoin, StreamExecLookupJoin.
 */
import type { LookupDescription } from '../../catalog/registry/connectors.ts';
import { lookupNeedsKey } from '../../core/errors/planner.ts';
import { featureNotSupported, invariant } from '../../core/errors/common.ts';
import { pathSummary } from '../../catalog/objects/objects.ts';
import { isCharacter, sameType } from '../../core/types/coercion.ts';
import { BOOLEAN, asNullable, notNull, type SqlType } from '../../core/types/sql-type.ts';
import { conjunction, conjuncts, mapColumns, mayCopy, replaceTop, shift, substitute } from '../logical/expr-tools.ts';
import { column, type JoinRel, type Rel, type Scan } from '../logical/rel.ts';
import { minimalKeys, passedColumn } from '../properties/keys.ts';
import type { ChangeKinds, ColumnSet, Draft } from './draft.ts';
import type { Expr } from './expr.ts';
import { positions, splitCondition } from './join-condition.ts';
import type { LookupKey } from './plan.ts';
import type { PlanBuilder } from './translate.ts';

/** The right side over its scan. */
interface TableSide { readonly scan: Scan; readonly conditions: readonly Expr[]; readonly projections: readonly Expr[] }

export function lookupJoin(builder: PlanBuilder, rel: JoinRel, lookup: LookupDescription): Draft {
  const left = builder.build(rel.left), width = rel.left.columns.length, side = tableSide(rel.right);
  if (side === undefined) return withoutRows(builder, rel, left);
  const { scan, projections } = side, { keys, residual } = keysOf(rel, side), table = pathSummary(scan.table.path);
  if (keys.length === 0) throw lookupNeedsKey({ table });
  invariant(rel.type === 'inner' || rel.type === 'left', 'lookup joins are inner or left');
  const primary = positions(scan, scan.table.primaryKey?.columns), unique = primary !== undefined && primary.every((c) => keys.some((k) => k.column === c));
  const columns = [...rel.left.columns, ...scan.columns.map((c) => ({ name: c.name, type: rel.type === 'left' ? asNullable(c.type) : c.type }))];
  const draft = builder.table.make(
    { type: 'lookup-join', joinType: rel.type, connector: scan.connector, spec: lookup.spec, fields: scan.fields, table, keys, residual, unique, cache: lookup.cache, maxRowsPerKey: lookup.maxRowsPerKey },
    [{ node: left, exchange: { kind: 'forward' } }], columns,
    { kinds: kindsOf(left.kinds, rel.type, unique), unique: identified(left.unique, primary, unique, width), upsert: identified(left.upsert, primary, unique, width), distribution: left.distribution });
  return builder.calc(draft, null, [...rel.left.columns.map((c, index): Expr => ({ op: 'column', index, type: c.type })), ...behind(rel, side, keys)], rel.columns);
}
/** Undefined: a filter left no rows. */
function tableSide(right: Rel): TableSide | undefined {
  let rel = right, conditions: Expr[] = [];
  let projections: readonly Expr[] = rel.columns.map((_, i) => column(right, i));
  for (;;) {
    if (rel.kind === 'scan') return { scan: rel, conditions, projections };
    if (rel.kind === 'values' && rel.rows.length === 0) return undefined;
    if (rel.kind === 'filter') { conditions.push(...conjuncts(rel.condition)); rel = rel.input; continue; }
    if (rel.kind !== 'project') throw featureNotSupported({ feature: 'a lookup join with a table of this form' });
    const { exprs } = rel;
    if (!mayCopy([...projections, ...conditions], exprs)) throw featureNotSupported({ feature: 'a lookup join with a table whose computed columns use one another this often' });
    projections = projections.map((p) => substitute(p, exprs));
    conditions = conditions.map((c) => substitute(c, exprs));
    rel = rel.input;
  }
}
function keysOf(rel: JoinRel, { scan, conditions, projections }: TableSide): { keys: LookupKey[]; residual: Expr | null } {
  const width = rel.left.columns.length, { leftKeys, rightKeys, nullSafe, residual } = splitCondition(rel.condition, width), keys: LookupKey[] = [];
  const behindWidth = (e: Expr): Expr | undefined => (e.op === 'column' && e.index >= width ? shift(projections[e.index - width] as Expr, width) : undefined);
  const rest = conjuncts(residual).map((c) => replaceTop(c, behindWidth));
  leftKeys.forEach((from, i) => {
    const right = projections[rightKeys[i] as number] as Expr, at = nullSafe[i] === true ? undefined : passedColumn(right);
    if (at !== undefined && !keys.some((k) => k.column === at)) { keys.push({ column: at, from }); return; }
    rest.push({ op: 'call', name: nullSafe[i] === true ? 'IS NOT DISTINCT FROM' : '=', args: [column(rel.left, from), shift(right, width)], type: BOOLEAN });
  });
  for (const c of conditions) {
    const constant = constantKey(c, scan);
    if (constant !== undefined && !keys.some((k) => k.column === constant.column)) keys.push(constant);
    else rest.push(shift(c, width));
  }
  return { keys, residual: conjunction(rest) };
}
/** `column = constant` of one type. */
function constantKey(e: Expr, scan: Scan): LookupKey | undefined {
  if (e.op !== 'call' || e.name !== '=') return undefined;
  const [a, b] = e.args, [c, value] = a?.op === 'column' ? [a, b] : [b, a];
  if (c?.op !== 'column' || value?.op !== 'literal' || value.value === null) return undefined;
  return alike(scan.columns[c.index]?.type, value.type) ? { column: c.index, value: value.value } : undefined;
}
const alike = (a: SqlType | undefined, b: SqlType): boolean => a !== undefined && ((isCharacter(a) && isCharacter(b)) || sameType(a, b));
/** What the query sees of the table. Computed columns of a padded row are NULL too: then the key's column is. */
function behind(rel: JoinRel, { scan, projections }: TableSide, keys: readonly LookupKey[]): Expr[] {
  const [key] = keys, width = rel.left.columns.length;
  return projections.map((p, i): Expr => {
    const value = mapColumns(p, (c) => c + width), type = rel.columns[width + i]?.type ?? p.type;
    if (p.op === 'column') return { ...value, type };
    if (rel.type === 'inner' || key === undefined) return value;
    const at: Expr = { op: 'column', index: width + key.column, type: asNullable(scan.columns[key.column]?.type ?? BOOLEAN) };
    const found: Expr = { op: 'call', name: 'IS NOT NULL', args: [at], type: notNull(BOOLEAN) };
    return { op: 'case', branches: [{ when: found, then: value }], otherwise: { op: 'literal', value: null, type }, type };
  });
}
function kindsOf(input: ChangeKinds, type: 'inner' | 'left', unique: boolean): ChangeKinds {
  if (!unique) return { update: false, delete: input.update || input.delete };
  return type === 'inner' && input.update ? { update: true, delete: true } : input;
}
/** A row of the input is one row, or one per row found, which the table's key tells apart. */
function identified(keys: readonly ColumnSet[], primary: ColumnSet | undefined, unique: boolean, width: number): readonly ColumnSet[] {
  if (unique) return keys;
  return primary === undefined ? [] : minimalKeys(keys.map((k) => [...k, ...primary.map((c) => c + width)]));
}
/** FALSE as a condition on the table: nothing is asked. */
function withoutRows(builder: PlanBuilder, rel: JoinRel, left: Draft): Draft {
  if (rel.type === 'inner') return builder.build({ kind: 'values', columns: rel.columns, rows: [] });
  const width = rel.left.columns.length;
  return builder.calc(left, null, rel.columns.map((c, index): Expr => (index < width ? { op: 'column', index, type: c.type } : { op: 'literal', value: null, type: c.type })), rel.columns);
}
