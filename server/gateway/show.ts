/** SHOW and DESCRIBE. Column names and cells as Flink prints them ("SHOW Statements", "DESCRIBE Statements"). */
import { wrongObjectKind } from '../../core/errors/catalog.ts';
import { featureNotSupported } from '../../core/errors/common.ts';
import { noSuchJob } from '../../core/errors/wire.ts';
import { BIGINT, INT, STRING, timestamp, typeText } from '../../core/types/sql-type.ts';
import type { SessionCatalog } from '../../catalog/objects/manager.ts';
import { pathSummary, type CatalogObject, type TableObject } from '../../catalog/objects/objects.ts';
import { maskOption } from '../../catalog/options/secrets.ts';
import type { Describe, Show } from '../../planner/sql/ast-statement.ts';
import type { JobDetail, JobManager, JobSummary } from '../../runtime/jobs/contract.ts';
import { stuckNodes } from '../../runtime/jobs/detail.ts';
import type { Engine } from './engine.ts';
import { partsOf } from './ddl.ts';
import type { ResultColumn, RowsResult } from './contract.ts';
import { likeMatcher, oneColumn, rowsResult, stringColumns } from './results.ts';
import type { SessionSettings } from './settings.ts';
import { showSecrets } from './secrets.ts';
import { showUsers } from './users.ts';
import { showCreateCatalog, showCreateTable, showCreateView } from './show-create.ts';

export interface ShowContext { readonly engine: Engine; readonly catalog: SessionCatalog; readonly settings: SessionSettings; /** Bound columns of any table or view, computed columns included. */ readonly schemaOf: (object: CatalogObject) => Promise<readonly ResultColumn[]> }

export async function show(context: ShowContext, s: Show): Promise<RowsResult> {
  const { catalog, engine } = context, tag = 'SHOW';
  const filter = s.like === undefined ? () => true : ((m, negated) => (name: string) => m(name) !== negated)(likeMatcher(s.like.pattern, s.like.op === 'ILIKE'), s.like.negated);
  const names = (column: string, values: readonly string[]): RowsResult => oneColumn(tag, column, values.filter(filter));
  const parts = s.name === undefined ? [] : partsOf(s.name);
  switch (s.target) {
    case 'CATALOGS': return names('catalog name', engine.catalogs.names());
    case 'CURRENT CATALOG': return oneColumn(tag, 'current catalog name', [catalog.currentCatalog]);
    case 'CURRENT DATABASE': return oneColumn(tag, 'current database name', [catalog.currentDatabase]);
    case 'DATABASES': return names('database name', await engine.catalogs.get(parts[0] ?? catalog.currentCatalog).listDatabases());
    case 'TABLES': { const at = await catalog.database(parts); return names('table name', await catalog.tableNames(at.catalog, at.database)); }
    case 'VIEWS': { const at = await catalog.database(parts); return names('view name', await catalog.tableNames(at.catalog, at.database, 'view')); }
    case 'FUNCTIONS': return names('function name', engine.functions.names().map((n) => n.toLowerCase()).filter((n) => /^[a-z]/.test(n)));
    case 'USER FUNCTIONS': return names('function name', []);
    case 'MODULES': return oneColumn(tag, 'module name', ['core']);
    case 'FULL MODULES': return rowsResult(tag, stringColumns('module name', 'used'), [['core', 'TRUE']]);
    case 'JARS': return oneColumn(tag, 'jars', []);
    case 'JOBS': return showJobs(engine.jobs);
    case 'SECRETS': return showSecrets(engine, filter);
    case 'BAD RECORDS': return showBadRecords(engine.jobs, s);
    case 'SAVEPOINTS': return showSavepoints(engine.jobs);
    case 'CHECKPOINTS': return showCheckpoints(engine.jobs);
    case 'USERS': return showUsers(engine, filter);
    case 'COLUMNS': return describeTable(context, await catalog.resolve(parts), filter);
    case 'PARTITIONS': return oneColumn(tag, 'partition name', []);
    case 'CREATE TABLE': return oneColumn(tag, 'result', [showCreateTable(await tableNamed(catalog, parts, 'table'))]);
    case 'CREATE VIEW': {
      const object = await catalog.resolve(parts);
      if (object.kind !== 'view') throw wrongObjectKind({ name: pathSummary(object.path), is: 'table', wanted: 'view', instead: 'Use SHOW CREATE TABLE.' }, { range: s.name?.range });
      return oneColumn(tag, 'result', [showCreateView(object)]);
    }
    case 'CREATE CATALOG': return oneColumn(tag, 'result', [showCreateCatalog(engine.catalogs.get(parts[0] ?? ''))]);
    case 'SETTING': return s.setting === undefined || s.setting === 'all'
      ? rowsResult(tag, stringColumns('name', 'setting', 'description'), context.settings.allPg().map(([k, v]) => [k, v, '']))
      : oneColumn(tag, s.setting.toLowerCase() === 'timezone' ? 'TimeZone' : s.setting, [context.settings.showPg(s.setting)]);
    default: throw featureNotSupported({ feature: `SHOW ${s.target}` }, { range: s.range });
  }
}
async function tableNamed(catalog: SessionCatalog, parts: readonly string[], wanted: 'table'): Promise<TableObject> {
  const object = await catalog.resolve(parts);
  if (object.kind !== wanted) throw wrongObjectKind({ name: pathSummary(object.path), is: object.kind, wanted, instead: 'Use SHOW CREATE VIEW.' });
  return object;
}
const JOB_COLUMNS: readonly ResultColumn[] = [{ name: 'job id', type: STRING }, { name: 'job name', type: STRING }, { name: 'status', type: STRING }, { name: 'start time', type: timestamp(3) }];
/** Flink's columns, and what is wrong with a job at the moment. */
export const showJobs = (jobs: JobManager): RowsResult => rowsResult('SHOW', [...JOB_COLUMNS, ...stringColumns('problem')], jobs.list().map((j) => [j.id, j.name, j.status, j.startTimeMs, j.problem ?? null]));
async function showSavepoints(jobs: JobManager): Promise<RowsResult> {
  return rowsResult('SHOW', [...stringColumns('savepoint path', 'job id', 'job name'), { name: 'created', type: timestamp(3) }, { name: 'size', type: BIGINT }],
    (await jobs.savepoints()).map((s) => [s.path, s.jobId, s.jobName, s.createdMs, s.sizeBytes]));
}

/** Those that a job could start from (`execution.savepoint.path`). */
const showCheckpoints = (jobs: JobManager): RowsResult => rowsResult('SHOW', [...stringColumns('checkpoint path', 'job id', 'job name'), { name: 'epoch', type: BIGINT }, { name: 'created', type: timestamp(3) }, { name: 'size', type: BIGINT }],
  jobs.checkpoints().map((c) => [c.path, c.jobId, c.jobName, c.epoch, c.createdMs, c.sizeBytes]));

const BAD_RECORD_COLUMNS: readonly ResultColumn[] = [
  ...stringColumns('job id', 'table', 'topic'), { name: 'partition', type: INT }, { name: 'offset', type: BIGINT }, { name: 'timestamp', type: timestamp(3) }, ...stringColumns('part', 'field', 'error', 'outcome', 'key', 'value'), { name: 'read at', type: timestamp(3) },
];
/** Newest first. */
async function showBadRecords(jobs: JobManager, s: Show): Promise<RowsResult> {
  const { jobId } = s;
  if (jobId !== undefined && jobs.summary(jobId) === undefined) throw noSuchJob({ id: jobId }, { range: s.range });
  const found = await Promise.all((jobId === undefined ? jobs.list().map((j) => j.id) : [jobId]).map(async (id) => ((await jobs.badRecords(id)) ?? []).map((one) => ({ id, one }))));
  return rowsResult('SHOW', BAD_RECORD_COLUMNS, found.flat().sort((a, b) => b.one.atMs - a.one.atMs)
    .map(({ id, one }) => [id, one.table, one.topic, one.partition, one.offset, one.timestampMs < 0 ? null : one.timestampMs, one.part, one.field, one.message, one.outcome, one.key, one.value, one.atMs]));
}

/** What is wrong with the job now (what its nodes were doing counts only while they are there), else what brought it down last, with what helps, as psql would show an error; null for a job that has not failed. */
function whatFailed({ status, lastError, problem }: JobSummary, detail: JobDetail | undefined): string | null {
  const now = [...(problem === undefined || problem === lastError ? [] : [problem]), ...(detail === undefined || !(status === 'RUNNING' || status === 'INITIALIZING') ? [] : new Set(stuckNodes(detail)))];
  if (now.length > 0) return now.join('\n');
  if (lastError === undefined) return null;
  const last = detail?.exceptions.find((e) => e.message === lastError);
  return [lastError, ...(last?.detail === undefined ? [] : [`DETAIL:  ${last.detail}`]), ...(last?.hint === undefined ? [] : [`HINT:  ${last.hint}`])].join('\n');
}

/** Statuses and failures, newest first, one per line, in UTC. */
function historyText({ statuses, exceptions, nextRestartMs }: Pick<JobDetail, 'statuses' | 'exceptions' | 'nextRestartMs'>): string {
  const at = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replace('T', ' ');
  const lines = [...statuses.map((s) => ({ atMs: s.atMs, text: s.status as string })), ...exceptions.map((e) => ({ atMs: e.atMs, text: `failed: ${e.message}` }))].sort((a, b) => b.atMs - a.atMs);
  return [...(nextRestartMs === undefined ? [] : [`${at(nextRestartMs)} next restart`]), ...lines.map(({ atMs, text }) => `${at(atMs)} ${text}`)].join('\n');
}

export async function describe(context: ShowContext, s: Describe): Promise<RowsResult> {
  if (s.target === 'JOB') {
    const job = context.engine.jobs.list().filter((j) => j.id === s.jobId);
    if (job.length === 0) throw noSuchJob({ id: s.jobId ?? '' }, { range: s.range });
    return rowsResult('DESCRIBE', [...JOB_COLUMNS, ...stringColumns('error'), { name: 'restarts', type: BIGINT }, ...stringColumns('restored from', 'history')], await Promise.all(job.map(async (j) => {
      const detail = await context.engine.jobs.detail(j.id);
      return [j.id, j.name, j.status, j.startTimeMs, whatFailed(j, detail), j.restarts, detail?.restoredFrom ?? null, detail === undefined ? null : historyText(detail)];
    })));
  }
  const parts = s.name === undefined ? [] : partsOf(s.name);
  if (s.target === 'CATALOG') {
    const catalog = context.engine.catalogs.get(parts[0] ?? '');
    const rows: string[][] = [['name', catalog.name], ['type', catalog.type], ['comment', '']];
    if (s.extended) for (const [k, v] of catalog.options) if (k !== 'type') rows.push([`option:${k}`, maskOption(k, v)]);
    return rowsResult('DESCRIBE', stringColumns('info name', 'info value'), rows);
  }
  if (s.target !== 'TABLE') throw featureNotSupported({ feature: `DESCRIBE ${s.target}` }, { range: s.range });
  return describeTable(context, await context.catalog.resolve(parts), () => true);
}
async function describeTable(context: ShowContext, object: CatalogObject, filter: (name: string) => boolean): Promise<RowsResult> {
  const schema = await context.schemaOf(object), table = object.kind === 'table' ? object : undefined;
  const comments = table?.columns.some((c) => c.comment !== undefined) === true;
  const key = table?.primaryKey?.columns ?? [];
  const rows = schema.filter((c) => filter(c.name)).map((c) => {
    const declared = table?.columns.find((d) => d.name === c.name);
    const rowtime = table?.watermark?.column === c.name ? ' *ROWTIME*' : declared?.kind === 'computed' && /^PROCTIME\(\)$/i.test(declared.expression) ? ' *PROCTIME*' : '';
    const extras = declared?.kind === 'computed' ? `AS ${declared.expression}` : declared?.kind === 'metadata' ? `METADATA${declared.metadataKey === declared.name ? '' : ` FROM '${declared.metadataKey}'`}${declared.virtual ? ' VIRTUAL' : ''}` : null;
    return [c.name, typeText(c.type) + rowtime, c.type.nullable ? 'TRUE' : 'FALSE', key.includes(c.name) ? `PRI(${key.join(', ')})` : null, extras, table?.watermark?.column === c.name ? table.watermark.expression : null, ...(comments ? [declared?.comment ?? null] : [])];
  });
  return rowsResult('DESCRIBE', stringColumns('name', 'type', 'null', 'key', 'extras', 'watermark', ...(comments ? ['comment'] : [])), rows);
}
