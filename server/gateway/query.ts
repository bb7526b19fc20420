/** SELECT, INSERT, EXPLAIN and the schemas of queries: from syntax through the planner to a running query or job. */
import { featureNotSupported } from '../../core/errors/common.ts';
import { STRING, type SqlType } from '../../core/types/sql-type.ts';
import type { SessionCatalog } from '../../catalog/objects/manager.ts';
import { pathSummary, type CatalogObject } from '../../catalog/objects/objects.ts';
import { systemTable, type SystemContext } from '../../catalog/system/system-tables.ts';
import { KIND_TEXT } from '../../core/row/batch.ts';
import type { EvalEnv } from '../../catalog/registry/functions.ts';
import { bindQuerySchema, describeObject, explain, planQuery, planStatementSet, type PlannerContext } from '../../planner/planner.ts';
import type { Query } from '../../planner/sql/ast.ts';
import { takeover } from '../../planner/explain/takeover.ts';
import type { Takeover } from '../../planner/explain/takeover.ts';
import { maskStatement } from '../../planner/sql/mask.ts';
import type { Explain, Insert } from '../../planner/sql/ast-statement.ts';
import type { StateFacts } from '../../runtime/jobs/contract.ts';
import { jobSettings } from '../../runtime/jobs/settings.ts';
import { isForPlanner, routeOf } from '../catalog-query/route.ts';
import { describeCatalogQuery, runCatalogQuery } from '../catalog-query/run.ts';
import type { ExecuteOptions, Notice, PreparedStatement, ResultColumn, RowChunk, RowsResult } from './contract.ts';
import type { Engine } from './engine.ts';
import { rowsResult, stringColumns } from './results.ts';
import type { SessionSettings } from './settings.ts';
import { regclassOf, systemContext, tableObjectOf } from './system-context.ts';

/** Values for $1… with the types the statement was described with. */
export interface BoundParameters { readonly values: readonly unknown[]; readonly types: readonly SqlType[] }

export class QueryRunner {
  private readonly engine: Engine;
  private readonly catalog: SessionCatalog;
  private readonly settings: SessionSettings;
  private readonly user: string;
  private readonly sessionId: string;
  constructor(engine: Engine, catalog: SessionCatalog, settings: SessionSettings, user: string, sessionId: string) {
    this.engine = engine;
    this.catalog = catalog;
    this.settings = settings;
    this.user = user;
    this.sessionId = sessionId;
  }

  async select(query: Query, options: ExecuteOptions, parameters?: BoundParameters): Promise<RowsResult> {
    const route = routeOf(query);
    if (route !== undefined) {
      try {
        const answer = await runCatalogQuery(query, () => this.systemContext(), parameters);
        return rowsResult('SELECT', answer.columns, answer.rows);
      } catch (error) { if (!isForPlanner(route, error)) throw error; }
    }
    const streaming = this.settings.streamingSelect();
    const planned = await planQuery(query, this.context(parameters), { mode: streaming ? 'streaming' : 'bounded' });
    const chunks = this.engine.jobs.runQuery(planned.plan, { signal: options.signal, settings: this.settings.forJob() });
    if (!streaming) return { kind: 'rows', tag: 'SELECT', columns: planned.columns, chunks, endless: false };
    return { kind: 'rows', tag: 'SELECT', columns: [{ name: 'op', type: STRING }, ...planned.columns], chunks: withOperations(chunks), endless: true };
  }

  /** Plans and starts one job. With `table.dml-sync` it waits for the job's end. */
  async insert(inserts: readonly Insert[], sql: string, options: ExecuteOptions): Promise<RowsResult> {
    const planned = await planStatementSet(inserts, this.context());
    const name = this.settings.get('pipeline.name') ?? `insert-into_${planned.sinkPaths.map(pathSummary).join(',')}`;
    const from = await this.startsFrom();
    if (from !== undefined) options.onNotice?.(takeoverNotice(takeover(planned.plan, from.stored, from.dropsUnclaimed)));
    const id = await this.engine.jobs.submit({ name, sql: maskStatement(sql), plan: planned.plan, settings: this.settings.forJob() });
    options.onNotice?.({ severity: 'NOTICE', sqlstate: '00000', message: `job ${id} started`, hint: `SHOW JOBS lists jobs; STOP JOB '${id}' WITH SAVEPOINT stops this one.` });
    if (this.settings.get('table.dml-sync')?.toLowerCase() === 'true') await this.engine.jobs.waitFor(id, options.signal);
    return rowsResult('INSERT', stringColumns('job id'), [[id]]);
  }
  /** Path of the state that the session names for its next job. */
  statePath(): string | undefined { return jobSettings(this.settings.forJob(), 1).savepointPath; }
  /** The state the next job starts from, if the session names one. */
  private async startsFrom(): Promise<{ stored: StateFacts; dropsUnclaimed: boolean } | undefined> {
    const { savepointPath, ignoreUnclaimedState } = jobSettings(this.settings.forJob(), 1);
    return savepointPath === undefined ? undefined : { stored: await this.engine.jobs.startingState(savepointPath), dropsUnclaimed: ignoreUnclaimedState };
  }
  /** Everything `insert` checks, without starting a job. */
  async check(inserts: readonly Insert[], _options: ExecuteOptions): Promise<void> { await planStatementSet(inserts, this.context()); }

  async explain(statement: Explain): Promise<string> {
    const inner = statement.statement;
    switch (inner.kind) {
      case 'queryStatement': return explain({ query: inner.query }, this.context(), statement);
      case 'insert': return explain({ inserts: [inner] }, this.context(), statement, await this.startsFrom());
      case 'executeStatement': return inner.statement.kind === 'insert' ? explain({ inserts: [inner.statement] }, this.context(), statement, await this.startsFrom()) : explain({ query: inner.statement.query }, this.context(), statement);
      case 'statementSet': return explain({ inserts: inner.statements.map((s) => { if (s.kind !== 'insert') throw featureNotSupported({ feature: 'EXPLAIN of CREATE TABLE AS' }, { range: s.range }); return s; }) }, this.context(), statement, await this.startsFrom());
      default: throw featureNotSupported({ feature: 'EXPLAIN of this statement', instead: 'EXPLAIN works for queries, INSERT and statement sets.' }, { range: inner.range });
    }
  }

  async schemaOfQuery(query: Query): Promise<readonly ResultColumn[]> { return (await bindQuerySchema(query, this.context())).columns; }
  /** Columns and parameter types of a query, for Parse/Describe. */
  async describe(query: Query, hints: readonly (SqlType | undefined)[]): Promise<Pick<PreparedStatement, 'parameterTypes' | 'parameterCatalogTypes'> & { columns: readonly ResultColumn[] }> {
    const route = routeOf(query);
    if (route !== undefined) { try { return describeCatalogQuery(query, this.systemContext(), hints); } catch (error) { if (!isForPlanner(route, error)) throw error; } }
    const bound = await bindQuerySchema(query, { ...this.context(), parameterTypes: hints, parameterValues: undefined });
    const columns = this.settings.streamingSelect() ? [{ name: 'op', type: STRING }, ...bound.columns] : bound.columns;
    return { columns, parameterTypes: bound.parameterTypes };
  }
  async schemaOfObject(object: CatalogObject): Promise<readonly ResultColumn[]> {
    return object.kind === 'view' ? object.columns : describeObject(object, this.context());
  }

  private systemContext(): SystemContext {
    return systemContext({ engine: this.engine, catalog: this.catalog, settings: this.settings, user: this.user, sessionId: this.sessionId, schemaOf: (object) => this.schemaOfObject(object) });
  }
  /** System tables first, as PostgreSQL's search path has it; a bare name inside a view comes with the view's catalog and database. */
  private async resolveTable(parts: readonly string[]): Promise<CatalogObject> {
    const bare = parts.length === 3 ? systemTable(parts.slice(-1)) : undefined;
    const system = systemTable(parts) ?? (bare !== undefined && (await this.catalog.find(parts)) === undefined ? bare : undefined);
    return system === undefined ? this.catalog.resolve(parts) : tableObjectOf(system, this.catalog.currentCatalog);
  }
  private context(parameters?: BoundParameters): PlannerContext {
    const timeZone = this.settings.timeZone();
    const session = { user: this.user, catalog: this.catalog.currentCatalog, database: this.catalog.currentDatabase, version: this.engine.version, setting: (name: string) => this.settings.pgParameter(name) ?? this.settings.get(name) };
    const env: EvalEnv = { timeZone, nowMs: () => this.engine.clock.now(), random: Math.random, session };
    return {
      resolveTable: (parts) => this.resolveTable(parts),
      virtualRows: (table) => (table.options.size === 0 ? systemTable([table.path.database, table.path.name])?.rows(this.systemContext()) : undefined),
      regclass: (name) => regclassOf(name, this.catalog),
      currentCatalog: this.catalog.currentCatalog, currentDatabase: this.catalog.currentDatabase,
      functions: this.engine.functions, connectors: this.engine.connectors, formats: this.engine.formats,
      option: (key) => this.settings.get(key), timeZone,
      evaluateConstant: (expr) => this.engine.evaluateConstant(expr, env),
      // Without values a parameter is an error, not NULL; only `describe` binds statements whose values come later.
      parameterTypes: parameters?.types, parameterValues: parameters?.values ?? [],
    };
  }
}

/** Puts the kind of each change before its row. */
async function* withOperations(chunks: AsyncIterable<RowChunk>): AsyncGenerator<RowChunk> {
  for await (const chunk of chunks) yield { rows: chunk.rows.map((r, i) => [KIND_TEXT[(chunk.kinds?.[i] ?? 0) as 0], ...r]) };
}
const takeoverNotice = ({ text, kept, fresh, dropped, isPossible }: Takeover): Notice => ({
  severity: kept > 0 && isPossible ? 'NOTICE' : 'WARNING', sqlstate: kept > 0 ? '00000' : '01000', message: `of the state given, ${kept} operator${kept === 1 ? ' is' : 's are'} kept; ${fresh} new, ${dropped} ${isPossible ? 'dropped' : 'unclaimed'}`, detail: text,
});
