/** From a catalog object to a relation: scan of the connector, computed columns on top; views are bound from their text. */
import { featureNotSupported } from '../../core/errors/common.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { metadataKeyUnknown, missingConnector, notALookup, notASource, unknownConnector } from '../../core/errors/planner.ts';
import { encodeLiteral, type Expr } from '../physical/expr.ts';
import { pathSummary, type TableObject } from '../../catalog/objects/objects.ts';
import { APPEND, type Connector, type LookupDescription, type SourceDescription } from '../../catalog/registry/connectors.ts';
import { canCast, sameType } from '../../core/types/coercion.ts';
import { asNullable } from '../../core/types/sql-type.ts';
import { column, project, type Rel, type RelColumn, type ScanField } from '../logical/rel.ts';
import type { Hint } from '../sql/ast.ts';
import { parseExpression } from '../sql/parser.ts';
import type { BindState } from './context.ts';
import { ExpressionBinder } from './expression.ts';
import { Scope } from './scope.ts';

/** The table with the options of its OPTIONS hints put over its own. */
export function withHints(table: TableObject, hints: readonly Hint[], dynamicOptions: boolean): TableObject {
  const options = new Map(table.options);
  let any = false;
  for (const hint of hints) {
    if (hint.name.value.toUpperCase() !== 'OPTIONS') continue;
    if (!dynamicOptions) throw featureNotSupported({ feature: 'an OPTIONS hint while table.dynamic-table-options.enabled is false' }, { range: hint.range });
    for (const a of hint.args) if (a.kind === 'option') { options.set(a.key, a.value); any = true; }
  }
  return any ? { ...table, options } : table;
}
export function connectorOf(state: BindState, table: TableObject): Connector {
  const identifier = table.options.get('connector'), known = state.context.connectors.identifiers();
  if (identifier === undefined) throw missingConnector({ table: pathSummary(table.path), known });
  const connector = state.context.connectors.get(identifier);
  if (connector === undefined) throw unknownConnector({ connector: identifier, known, table: pathSummary(table.path) });
  return connector;
}

/** The columns of a table with the types of its computed ones; the connector is not asked, so tables that are only written to have them too. */
export function declaredColumns(state: BindState, table: TableObject): RelColumn[] {
  const given = table.columns.flatMap((c): RelColumn[] => (c.kind === 'computed' ? [] : [{ name: c.name, type: c.type }]));
  const binder = new ExpressionBinder(state, Scope.of(given, [table.path.name]));
  return table.columns.map((c) => ({ name: c.name, type: c.kind === 'computed' ? unplaced(() => binder.bind(parseExpression(c.expression)).type) : c.type }));
}
/** Errors in a stored expression have no place in the statement at hand. */
function unplaced<T>(bind: () => T): T {
  try { return bind(); } catch (error) {
    if (error instanceof RivuletError) error.range = undefined;
    throw error;
  }
}

/** Columns in declared order: physical and metadata columns from the scan, computed ones over them. */
export async function bindTable(state: BindState, table: TableObject): Promise<Rel> {
  const virtual = await state.context.virtualRows?.(table);
  const declared = table.columns;
  if (virtual !== undefined) {
    const columns = declared.map((c): RelColumn => ({ name: c.name, type: c.kind === 'computed' ? { kind: 'NULL', nullable: true } : c.type }));
    return { kind: 'values', columns, rows: virtual.map((r) => columns.map((c, i): Expr => ({ op: 'literal', value: encodeLiteral(r[i] ?? null), type: c.type }))) };
  }
  const connector = connectorOf(state, table);
  if (connector.describeSource === undefined) throw notASource({ connector: connector.identifier, table: pathSummary(table.path) });
  return scanOf(state, table, connector, connector.describeSource(table, { formats: state.context.formats, timeZone: state.context.timeZone, bounded: state.bounded }));
}
/** A table that is asked by key: its scan stands for what can be asked, nobody reads it whole. */
export function bindLookupTable(state: BindState, table: TableObject): { rel: Rel; lookup: LookupDescription } {
  const connector = connectorOf(state, table);
  if (connector.describeLookup === undefined) throw notALookup({ connector: connector.identifier, table: pathSummary(table.path), known: state.context.connectors.identifiers().filter((c) => state.context.connectors.get(c)?.describeLookup !== undefined) });
  const lookup = connector.describeLookup(table, { formats: state.context.formats, timeZone: state.context.timeZone, bounded: state.bounded });
  return { lookup, rel: scanOf(state, table, connector, { changelogMode: APPEND, bounded: true, metadata: new Map(), spec: lookup.spec }) };
}
function scanOf(state: BindState, table: TableObject, connector: Connector, source: SourceDescription): Rel {
  const declared = table.columns;
  const columns: RelColumn[] = [], fields: ScanField[] = [];
  let physical = 0;
  for (const c of declared) {
    if (c.kind === 'physical') { columns.push({ name: c.name, type: c.type }); fields.push({ kind: 'physical', field: physical++ }); }
    if (c.kind !== 'metadata') continue;
    const type = source.metadata.get(c.metadataKey);
    if (type === undefined) throw metadataKeyUnknown({ key: c.metadataKey, column: c.name, table: pathSummary(table.path), known: [...source.metadata.keys()], mode: 'reading' });
    columns.push({ name: c.name, type });
    fields.push({ kind: 'metadata', key: c.metadataKey });
  }
  const scan: Rel = { kind: 'scan', columns, table, connector: connector.identifier, source, fields };
  const plain = declared.every((c) => c.kind === 'physical' || (c.kind === 'metadata' && sameType(c.type, columns.find((x) => x.name === c.name)?.type ?? c.type)));
  if (plain) return scan;
  const binder = new ExpressionBinder(state, Scope.of(columns, [table.path.name]));
  const exprs = declared.map((c): Expr => {
    const at = columns.findIndex((x) => x.name === c.name);
    if (c.kind === 'physical') return column(scan, at);
    if (c.kind === 'metadata') {
      const value = column(scan, at);
      if (!canCast(value.type, c.type)) throw featureNotSupported({ feature: `metadata column "${c.name}" declared with a type that its key "${c.metadataKey}" cannot be cast to` });
      return binder.cast(value, asNullable(c.type, value.type.nullable && c.type.nullable));
    }
    return unplaced(() => binder.bind(parseExpression(c.expression)));
  });
  return project(scan, exprs, declared.map((c) => c.name));
}
