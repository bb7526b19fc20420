/** INSERT: the query's columns meet the sink's by position; casts, missing columns, NOT NULL columns. Semantics: Flink "INSERT Statement". */
import { featureNotSupported } from '../../core/errors/common.ts';
import { nearest } from '../../core/errors/define.ts';
import { columnNotFound, invalidQuery, metadataKeyUnknown, notASink, sinkSchemaMismatch } from '../../core/errors/planner.ts';
import { wrongObjectKind } from '../../core/errors/catalog.ts';
import { pathSummary, type TableObject } from '../../catalog/objects/objects.ts';
import type { SinkDescription } from '../../catalog/registry/connectors.ts';
import { canImplicitlyCast } from '../../core/types/coercion.ts';
import { NULL, asNullable, typeText, type SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../physical/expr.ts';
import { column, project, type Rel, type ScanField } from '../logical/rel.ts';
import type { Insert } from '../sql/ast-statement.ts';
import type { BindState } from './context.ts';
import { ExpressionBinder, literal } from './expression.ts';
import { noCommonTables } from './environment.ts';
import { bindQuery } from './query.ts';
import { Scope } from './scope.ts';
import { connectorOf, withHints } from './table.ts';

/** A sink with the rows it gets: `rel` has exactly the sink's columns, in order and type. */
export interface BoundInsert {
  readonly rel: Rel;
  readonly table: TableObject;
  readonly connector: string;
  readonly description: SinkDescription;
  readonly fields: readonly ScanField[];
  readonly notNull: { readonly columns: readonly number[]; readonly policy: 'error' | 'drop' };
}
interface SinkColumn { readonly name: string; readonly type: SqlType; readonly field: ScanField }

export async function bindInsert(state: BindState, insert: Insert): Promise<BoundInsert> {
  if (insert.overwrite) throw featureNotSupported({ feature: 'INSERT OVERWRITE in streaming mode' }, { range: insert.range });
  const table = await targetTable(state, insert);
  const connector = connectorOf(state, table);
  if (connector.describeSink === undefined) throw notASink({ connector: connector.identifier, table: pathSummary(table.path) }, { range: insert.table.range });
  const description = located(insert, () => connector.describeSink?.(table, { formats: state.context.formats, timeZone: state.context.timeZone, bounded: false }));
  if (description === undefined) throw notASink({ connector: connector.identifier, table: pathSummary(table.path) }, { range: insert.table.range });
  const columns = sinkColumns(table, description);
  const statics = insert.partition.filter((p) => p.value !== undefined);
  const targets = targetColumns(insert, columns, statics.map((s) => s.column.value));
  const query = await bindQuery(state, insert.query, noCommonTables);
  const rel = aligned(state, insert, table, columns, targets, query);
  const policy = state.context.option('table.exec.sink.not-null-enforcer')?.toUpperCase() === 'DROP' ? 'drop' : 'error';
  const notNull = columns.flatMap((c, i) => (!c.type.nullable && rel.columns[i]?.type.nullable === true ? [i] : []));
  return { rel, table, connector: connector.identifier, description, fields: columns.map((c) => c.field), notNull: { columns: notNull, policy } };
}
async function targetTable(state: BindState, insert: Insert): Promise<TableObject> {
  const object = await locatedAsync(insert, () => state.context.resolveTable(insert.table.parts.map((p) => p.value)));
  if (object.kind !== 'table') throw wrongObjectKind({ name: pathSummary(object.path), is: 'view', wanted: 'table' }, { range: insert.table.range });
  return withHints(object, insert.hints, state.context.option('table.dynamic-table-options.enabled')?.toLowerCase() !== 'false');
}
/** Errors about the target without a place get the place of its name. */
function located<T>(insert: Insert, run: () => T): T {
  try { return run(); } catch (error) { throw placed(error, insert); }
}
async function locatedAsync<T>(insert: Insert, run: () => Promise<T>): Promise<T> {
  try { return await run(); } catch (error) { throw placed(error, insert); }
}
function placed(error: unknown, insert: Insert): unknown {
  if (error instanceof Error && 'range' in error && error.range === undefined) error.range = insert.table.range;
  return error;
}

/** Physical and writable metadata columns, as declared. */
function sinkColumns(table: TableObject, description: SinkDescription): SinkColumn[] {
  let physical = 0;
  return table.columns.flatMap((c): SinkColumn[] => {
    if (c.kind === 'physical') return [{ name: c.name, type: c.type, field: { kind: 'physical', field: physical++ } }];
    if (c.kind === 'computed' || c.virtual) return [];
    const type = description.metadata.get(c.metadataKey);
    if (type === undefined) throw metadataKeyUnknown({ key: c.metadataKey, column: c.name, table: pathSummary(table.path), known: [...description.metadata.keys()], mode: 'writing' });
    return [{ name: c.name, type: asNullable(type, c.type.nullable), field: { kind: 'metadata', key: c.metadataKey } }];
  });
}
/** For each query column the sink column it goes to. */
function targetColumns(insert: Insert, columns: readonly SinkColumn[], statics: readonly string[]): number[] {
  const at = (name: string, range: { start: number; end: number }): number => {
    const index = columns.findIndex((c) => c.name === name);
    if (index < 0) throw columnNotFound({ column: name, near: nearest(name, columns.map((c) => c.name)), available: columns.map((c) => c.name) }, { range });
    return index;
  };
  for (const p of insert.partition) at(p.column.value, p.range);
  if (insert.columns.length === 0) return columns.map((_, i) => i).filter((i) => !statics.includes(columns[i]?.name ?? ''));
  const targets = insert.columns.map((c) => {
    if (c.parts.length > 1) throw featureNotSupported({ feature: 'a nested column in the column list of INSERT' }, { range: c.range });
    return at(c.parts[0]?.value ?? '', c.range);
  });
  insert.columns.forEach((c, i) => { if (targets.indexOf(targets[i] ?? -1) !== i) throw invalidQuery({ what: `column "${c.parts[0]?.value ?? ''}" is named more than once` }, { range: c.range }); });
  return targets;
}
function aligned(state: BindState, insert: Insert, table: TableObject, columns: readonly SinkColumn[], targets: readonly number[], query: Rel): Rel {
  const schema = (list: readonly { name: string; type: SqlType }[]): string => list.map((c) => `${c.name}: ${typeText(c.type, true)}`).join(', ');
  const mismatch = (cause: string): Error => sinkSchemaMismatch({ sink: pathSummary(table.path), cause, query: schema(query.columns), schema: schema(insert.columns.length === 0 ? columns : targets.map((t) => columns[t] as SinkColumn)) }, { range: insert.range });
  if (query.columns.length !== targets.length) throw mismatch('Different number of columns.');
  const binder = new ExpressionBinder(state, new Scope([]));
  const exprs = columns.map((c, i): Expr => {
    const source = targets.indexOf(i), given = query.columns[source];
    if (given !== undefined) {
      if (!canImplicitlyCast(given.type, c.type)) throw mismatch(`Incompatible types for sink column '${c.name}' at position ${source}.`);
      return binder.cast(column(query, source), asNullable(c.type, given.type.nullable));
    }
    const fixed = insert.partition.find((p) => p.column.value === c.name)?.value;
    if (fixed !== undefined) return binder.cast(binder.bind(fixed), c.type);
    if (!c.type.nullable && insert.columns.length > 0) throw invalidQuery({ what: `column "${c.name}" is NOT NULL and must be among the inserted columns` }, { range: insert.range });
    return binder.cast(literal(null, NULL), c.type);
  });
  return project(query, exprs, columns.map((c) => c.name));
}
