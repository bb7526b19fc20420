/** The planner's face: queries and INSERTs from syntax to physical plan, schemas for DESCRIBE and drivers, EXPLAIN. */
import { invariant } from '../core/errors/common.ts';
import { RivuletError } from '../core/errors/define.ts';
import { expressionTooDeep } from '../core/errors/planner.ts';
import { parseDuration } from '../catalog/options/options.ts';
import { pathSummary, type ObjectPath, type TableObject } from '../catalog/objects/objects.ts';
import type { ChangelogMode } from '../catalog/registry/connectors.ts';
import { STRING, type SqlType } from '../core/types/sql-type.ts';
import type { BindState, PlannerContext } from './bind/context.ts';
import { bindInsert, type BoundInsert } from './bind/insert.ts';
import { noCommonTables } from './bind/environment.ts';
import { bindQuery } from './bind/query.ts';
import { declaredColumns } from './bind/table.ts';
import { explainText } from './explain/explain.ts';
import type { ExplainInput } from './explain/explain.ts';
import { logicalTree } from './explain/logical-tree.ts';
import type { Rel, RelColumn } from './logical/rel.ts';
import { buildPlan, type PlanRoot } from './physical/build.ts';
import type { PhysicalPlan, PlanColumn, PlanSettings } from './physical/plan.ts';
import { optimize } from './rules/index.ts';
import type { Query } from './sql/ast.ts';
import type { Explain, Insert } from './sql/ast-statement.ts';
export type { PlannerContext } from './bind/context.ts';

export interface PlannedQuery { readonly plan: PhysicalPlan; readonly columns: readonly PlanColumn[]; readonly changelog: ChangelogMode }
export interface PlannedStatementSet { readonly plan: PhysicalPlan; readonly sinkPaths: readonly ObjectPath[] }
export interface QueryMode { readonly mode: 'bounded' | 'streaming' }

const stateFor = (context: PlannerContext, bounded: boolean): BindState => ({ context, bounded, parameters: [], viewDepth: 0, work: { blocks: 0 } });
function settingsOf(context: PlannerContext, bounded: boolean): PlanSettings {
  return { timeZone: context.timeZone, bounded, stateTtlMs: parseDuration('table.exec.state.ttl', context.option('table.exec.state.ttl') ?? '0') };
}
const reuse = (context: PlannerContext): { reuseSources: boolean } => ({ reuseSources: context.option('table.optimizer.reuse-source-enabled')?.toLowerCase() !== 'false' });
/** Nesting that gets through the parser may still be too deep for a walk over the tree: a clear error instead of a stack overflow. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try { return await work(); } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message)) throw expressionTooDeep({}, { cause: error });
    throw error;
  }
}

/** A SELECT: its rows go to the client. Bounded: sources end at the offsets of the start, the final rows come sorted and limited. */
export function planQuery(query: Query, context: PlannerContext, options: QueryMode): Promise<PlannedQuery> {
  return guarded(async () => {
    const bounded = options.mode === 'bounded';
    const rel = await bindQuery(stateFor(context, bounded), query, noCommonTables);
    const plan = plannedQuery(rel, context, bounded);
    const collect = plan.nodes.find((n) => n.type === 'collect');
    invariant(collect !== undefined, 'a query has a collect node');
    return { plan, columns: rel.columns, changelog: collect.changelog };
  });
}
function plannedQuery(rel: Rel, context: PlannerContext, bounded: boolean): PhysicalPlan {
  const [optimized] = optimize([rel], context.functions, reuse(context));
  return buildPlan([{ kind: 'collect', rel: optimized ?? rel, mode: bounded ? 'bounded' : 'streaming' }], context, settingsOf(context, bounded));
}

/** One or several INSERTs as one job. */
export function planStatementSet(inserts: readonly Insert[], context: PlannerContext): Promise<PlannedStatementSet> {
  return guarded(async () => {
    const { plan, bound } = await plannedInserts(inserts, context);
    return { plan, sinkPaths: bound.map((b) => b.table.path) };
  });
}
async function plannedInserts(inserts: readonly Insert[], context: PlannerContext): Promise<{ plan: PhysicalPlan; bound: readonly BoundInsert[] }> {
  const state = stateFor(context, false), bound: BoundInsert[] = [];
  for (const insert of inserts) bound.push(await bindInsert(state, insert));
  const optimized = optimize(bound.map((b) => b.rel), context.functions, reuse(context));
  const roots = bound.map((b, i): PlanRoot => ({ kind: 'sink', rel: optimized[i] ?? b.rel, table: b.table, connector: b.connector, description: b.description, fields: b.fields, notNull: b.notNull }));
  try { return { plan: buildPlan(roots, context, settingsOf(context, false)), bound }; } catch (error) {
    if (error instanceof RivuletError && inserts.length === 1) error.range ??= inserts[0]?.range;
    throw error;
  }
}

export interface QuerySchema { readonly columns: readonly RelColumn[]; /** Type of each $n; STRING where nothing tells. */ readonly parameterTypes: readonly SqlType[] }
/** Columns of a query without planning it: CREATE VIEW, CREATE TABLE AS, Parse and Describe. */
export function bindQuerySchema(query: Query, context: PlannerContext): Promise<QuerySchema> {
  return guarded(async () => {
    const state = stateFor(context, true);
    const rel = await bindQuery(state, query, noCommonTables);
    return { columns: rel.columns, parameterTypes: Array.from(state.parameters, (t) => t ?? STRING) };
  });
}
/** Columns of a table with the types of its computed columns. */
export function describeObject(table: TableObject, context: PlannerContext): Promise<readonly RelColumn[]> {
  return guarded(async () => declaredColumns(stateFor(context, true), table));
}

/** A SELECT is explained as it would run: bounded unless the session asks for endless SELECTs. */
const isBatchMode = (context: PlannerContext): boolean => context.option('execution.runtime-mode')?.toUpperCase() !== 'STREAMING';
export type Explained = { readonly query: Query } | { readonly inserts: readonly Insert[] };
/** EXPLAIN's text: the statement as understood, the physical plan, what state it keeps. INSERTs and streaming queries are explained as streaming. */
export function explain(what: Explained, context: PlannerContext, statement: Explain, from?: ExplainInput['from']): Promise<string> {
  const details = statement.details.map(String);
  return guarded(async () => {
    if ('inserts' in what) {
      const { plan, bound } = await plannedInserts(what.inserts, context);
      return explainText({ ast: bound.map((b) => logicalTree(b.rel, pathSummary(b.table.path))).join('\n\n'), plan, details, from });
    }
    const bounded = isBatchMode(context), rel = await bindQuery(stateFor(context, bounded), what.query, noCommonTables);
    return explainText({ ast: logicalTree(rel), plan: plannedQuery(rel, context, bounded), details });
  });
}
