/**
 * Pipelines as jobs: reads a document, looks up the tables (the structure stage), checks what would make it fail, plans it and hands it
 * to the job manager, where it is a job like any other.
 *
 * Secrets never leave: the job keeps the document with its variables unfilled, errors and items show names for secret values.
 */
import { idText, FACT_TYPES, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import type { Json } from '../../catalog/registry/connectors.ts';
import type { PipelineConnectorRegistry } from '../../catalog/registry/pipelines.ts';
import type { EvalEnv } from '../../catalog/registry/functions.ts';
import { masked } from '../../core/secrets/known.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { pipelinePrecheckFailed } from '../../core/errors/pipeline.ts';
import { noSuchJob } from '../../core/errors/wire.ts';
import { tablePatterns } from '../../core/text/table-pattern.ts';
import type { PlannerContext } from '../../planner/bind/context.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import type { TransformRule } from '../../planner/physical/pipeline.ts';
import { matchesAny, targetsOf } from '../../planner/physical/table-match.ts';
import { readDocument } from '../../planner/pipeline/document.ts';
import { describePipeline, planPipeline, type DescribedPipeline } from '../../planner/pipeline/plan.ts';
import { outputNames } from '../../planner/pipeline/transform.ts';
import { withoutValues } from '../../planner/pipeline/variables.ts';
import { few } from '../../runtime/pipelines/check-item.ts';
import type { Engine } from '../gateway/engine.ts';
import { shownSettings } from '../gateway/settings.ts';
import type { CheckedPipeline, CheckItem, CheckResult, PipelineChecker, PipelineRequest, Pipelines, PipelineSummary, SubmittedPipeline } from './contract.ts';

export interface PipelineServiceOptions {
  readonly engine: Engine;
  readonly connectors: PipelineConnectorRegistry;
  readonly checkers: readonly PipelineChecker[];
  /** Time zone of pipelines that name none. */
  readonly hostZone: string;
  /** A spec with values in place of references. Default: as it is. */
  readonly resolveSpec?: ((spec: Json) => Json) | undefined;
  /** Variables every pipeline may use; a request's own go before them. */
  readonly variables?: ReadonlyMap<string, string> | undefined;
}
interface Prepared { readonly described: DescribedPipeline; readonly plan: PhysicalPlan | undefined; readonly items: readonly CheckItem[]; readonly targets: CheckResult['targets'] }

export class PipelineService implements Pipelines {
  private readonly options: PipelineServiceOptions;
  constructor(options: PipelineServiceOptions) { this.options = options; }

  async check(request: PipelineRequest): Promise<CheckResult> {
    const values = this.valuesOf(request);
    return await hidden(values, async (hide) => resultOf(await this.prepare(request, values, hide), hide));
  }
  async submit(request: PipelineRequest): Promise<SubmittedPipeline> {
    const values = this.valuesOf(request);
    return await hidden(values, async (hide) => {
      const prepared = await this.prepare(request, values, hide), { described, plan } = prepared, result = resultOf(prepared, hide);
      if (!result.passed || plan === undefined) throw pipelinePrecheckFailed({ failed: result.items.filter((i) => i.status === 'fail').map((i) => `${i.name}: ${i.detail}${i.fix === undefined ? '' : ` ${i.fix}`}`) });
      const running = request.again === false && request.savepointPath === undefined ? await this.sameRunning(described, plan) : undefined;
      if (running !== undefined) return { ...result, id: running, alreadyRunning: true };
      const settings = { ...Object.fromEntries(shownSettings(Object.entries({ ...Object.fromEntries(this.options.engine.defaults), ...described.settings, ...request.settings }))), 'parallelism.default': '1', ...(request.savepointPath === undefined ? {} : { 'execution.savepoint.path': request.savepointPath }) };
      return { ...result, id: await this.options.engine.jobs.submit({ name: described.name, sql: described.document.shown, plan, settings }) };
    });
  }
  /** A job that is not ended with this document and these ends. */
  private async sameRunning({ document }: DescribedPipeline, plan: PhysicalPlan): Promise<string | undefined> {
    const { jobs } = this.options.engine, ids = plan.nodes.map((n) => n.id).join(' ');
    for (const { id } of jobs.list().filter((job) => job.isPipeline && job.endTimeMs === undefined)) {
      const detail = await jobs.detail(id);
      if (detail?.sql === document.shown && detail.nodes.map((n) => n.id).join(' ') === ids) return id;
    }
    return undefined;
  }
  private valuesOf(request: PipelineRequest): ReadonlyMap<string, string> { return new Map([...(this.options.variables ?? []), ...request.variables]); }

  /** `hide` keeps only what is secret once the document is read. */
  private async prepare(request: PipelineRequest, values: ReadonlyMap<string, string>, hide: Map<string, string>): Promise<Prepared> {
    const document = await readDocument(request.yaml, values);
    for (const name of values.keys()) if (!document.secretVariables.has(name)) hide.delete(name);
    const described = describePipeline(document, this.options.connectors, this.options.hostZone);
    const items: CheckItem[] = [];
    let tables: readonly TableVersion[] = [], plan: PhysicalPlan | undefined;
    try {
      tables = await described.sourceConnector.discover?.(described.source, new Map([...described.document.source.options].map(([k, v]) => [k, v.text]))) ?? [];
      items.push({ name: 'tables', status: 'pass', detail: described.sourceConnector.discover === undefined ? 'Found when rows come.' : `${tables.length} ${tables.length === 1 ? 'table' : 'tables'}: ${shortList(tables.map((t) => idText(t.id)))}.` });
      plan = planPipeline(described, tables, FACT_TYPES, this.context(described.timeZone));
    } catch (error) {
      // What the document says of tables is wrong in the document; that a server is away is not.
      if (!(error instanceof RivuletError) || (error.domain === 'user' && error.range !== undefined)) throw error;
      items.push({ name: 'tables', status: 'fail', detail: `${error.message}.`, fix: error.hint });
    }
    const ends = plan === undefined ? [] : endsOf(described, tables, plan);
    items.push(...keyItems(described, ends), ...ruleItems(described, tables));
    const { resolveSpec = (spec) => spec } = this.options;
    const checked: CheckedPipeline = {
      source: { type: described.document.source.type.text, spec: resolveSpec(described.source.spec) }, sink: { type: described.document.sink.type.text, spec: resolveSpec(described.sink.spec) },
      targets: ends.map(({ table, hasKey, target }) => ({ table, hasKey, target })), resumes: request.savepointPath !== undefined,
    };
    for (const checker of this.options.checkers) items.push(...await checker(checked));
    const byTable = new Map<string, string[]>();
    for (const end of ends) byTable.set(end.source, [...(byTable.get(end.source) ?? []), end.target]);
    return { described, plan, items, targets: [...byTable].map(([table, targets]) => ({ table, targets })) };
  }
  private context(timeZone: string): PlannerContext {
    const { engine } = this.options, env: EvalEnv = { timeZone, nowMs: () => engine.clock.now(), random: Math.random };
    return {
      resolveTable: () => { throw noSuchJob({ id: '' }); }, currentCatalog: '', currentDatabase: '', functions: engine.functions, connectors: engine.connectors, formats: engine.formats,
      option: () => undefined, timeZone, evaluateConstant: (expr) => engine.evaluateConstant(expr, env), parameterValues: [],
    };
  }

  async list(): Promise<readonly PipelineSummary[]> {
    const { jobs } = this.options.engine;
    return await Promise.all(jobs.list().filter((job) => job.isPipeline).map(async (job) => ({ ...job, progress: progressOf(await jobs.detail(job.id)) })));
  }
  async detail(id: string): Promise<Record<string, unknown> | undefined> {
    const { jobs } = this.options.engine, job = jobs.summary(id);
    if (job?.isPipeline !== true) return undefined;
    const detail = await jobs.detail(id);
    return detail === undefined ? undefined : { ...detail, document: detail.sql, progress: progressOf(detail) };
  }
}
const progressOf = (detail: Awaited<ReturnType<Engine['jobs']['detail']>>): PipelineSummary['progress'] => detail?.nodes.flatMap((node) => (node.type === 'source' ? node.progress : [])) ?? [];
const resultOf = ({ described, items, targets }: Prepared, hide: ReadonlyMap<string, string>): CheckResult => ({
  name: described.name, passed: items.every((i) => i.status !== 'fail'), targets,
  items: oncePerName(items).map((i) => ({ ...i, detail: masked(withoutValues(i.detail, hide)), ...(i.fix === undefined ? {} : { fix: masked(withoutValues(i.fix, hide)) }) })),
});
const GRAVITY: readonly CheckItem['status'][] = ['skipped', 'pass', 'warn', 'fail'];
/** Two parts may look at the same thing: the graver finding stands, of equals the first. */
function oncePerName(items: readonly CheckItem[]): readonly CheckItem[] {
  const graver = (a: CheckItem, b: CheckItem): CheckItem => (GRAVITY.indexOf(b.status) > GRAVITY.indexOf(a.status) ? b : a), byName = new Map<string, CheckItem>();
  for (const item of items) byName.set(item.name, graver(byName.get(item.name) ?? item, item));
  return [...byName.values()];
}
/** Errors name secret variables, not their values; before it is known which are secret, all. */
async function hidden<T>(values: ReadonlyMap<string, string>, work: (hide: Map<string, string>) => Promise<T>): Promise<T> {
  const hide = new Map(values);
  try { return await work(hide); } catch (error) {
    if (!(error instanceof RivuletError)) throw error;
    const clean = (text: string | undefined): string | undefined => (text === undefined ? undefined : withoutValues(text, hide));
    throw new RivuletError({ sqlstate: error.sqlstate, code: error.code, domain: error.domain, retry: error.retry, message: withoutValues(error.message, hide), detail: clean(error.detail), hint: clean(error.hint), range: error.range });
  }
}

interface End { readonly source: string; readonly table: string; readonly hasKey: boolean; readonly target: string }
/** Where every table goes: through its transform (which may take its key away) and its routes. */
function endsOf(described: DescribedPipeline, tables: readonly TableVersion[], plan: PhysicalPlan): End[] {
  const node = plan.nodes.find((n) => n.type === 'pipeline-transform'), rules = node?.type === 'pipeline-transform' ? node.spec.transforms : [];
  const { routes, firstRouteOnly } = described.routing;
  return tables.flatMap((table) => {
    const source = idText(table.id), rule = rules.find((r) => matchesAny(r.sources, source));
    return targetsOf(table.id, routes, firstRouteOnly).map((id) => ({ source, table: idText(id), hasKey: hasKey(table, rule), target: described.sinkConnector.targetOf?.(described.sink, id) ?? idText(id) }));
  });
}
function hasKey(table: TableVersion, rule: TransformRule | undefined): boolean {
  if (rule === undefined) return table.primaryKey.length > 0;
  if (rule.primaryKeys.length > 0) return true;
  const binding = rule.bindings.find((b) => b.tables.includes(idText(table.id))), names = binding === undefined ? [] : outputNames(binding.projection, table);
  return table.primaryKey.length > 0 && table.primaryKey.every((k) => names.includes(table.columns[k]!.name));
}
function keyItems(described: DescribedPipeline, ends: readonly End[]): CheckItem[] {
  if (ends.length === 0) return [];
  const without = ends.filter((e) => !e.hasKey).map((e) => e.source), sink = described.document.sink.type.text;
  const keys: CheckItem = without.length === 0 ? { name: 'primary keys', status: 'pass', detail: 'Every table has one.' }
    : described.sink.needsKey ? { name: 'primary keys', status: 'fail', detail: `No primary key: ${shortList(without)}; sink '${sink}' needs one.`, fix: "Add one, name columns by 'primary-keys' in a transform, or leave the tables out by 'tables.exclude'." }
    : { name: 'primary keys', status: 'warn', detail: `No primary key: ${shortList(without)}; after a failure rows of them may come twice.`, fix: 'Add a primary key where you can.' };
  const shared = described.sink.needsKey ? [...new Map(ends.map((e) => [e.target, [...new Set(ends.filter((o) => o.target === e.target).map((o) => o.table))]]))].filter(([, tables]) => tables.length > 1) : [];
  const [first] = shared;
  if (first === undefined) return [keys];
  return [keys, { name: 'one table per target', status: 'fail', detail: `${shortList(first[1])} all go to "${first[0]}", where their keys would overwrite one another.`, fix: 'Merge them by a route, or give each a target.' }];
}
/** A rule that means no table is a slip of the pen, unless its tables come later. */
function ruleItems({ document, routing }: DescribedPipeline, tables: readonly TableVersion[]): CheckItem[] {
  const idleKeys = document.transforms.flatMap((t) => ['partition-keys', 'table-options'].filter((k) => t.has(k)).map((k) => `${k} of ${t.get('source-table')?.text ?? ''}`));
  const unused: CheckItem[] = idleKeys.length === 0 ? [] : [{ name: 'options of tables', status: 'warn', detail: `No effect has ${shortList(idleKeys)}.`, fix: 'Partitions are chosen by partition.strategy of the sink, topics set up by sink.topic.config.*.' }];
  if (tables.length === 0 || (document.routes.length === 0 && document.transforms.length === 0)) return unused;
  const rules = [...document.routes.map((r, i) => ({ what: 'route', text: r.get('source-table')?.text ?? '', sources: routing.routes[i]?.sources ?? [] })), ...document.transforms.map((t) => ({ what: 'transform', text: t.get('source-table')?.text ?? '', sources: tablePatterns('source-table', t.get('source-table')?.text ?? '', true) }))];
  const idle = rules.filter((r) => !tables.some((t) => matchesAny(r.sources, idText(t.id)))).map((r) => `${r.what} of ${r.text}`);
  return [...unused, idle.length === 0 ? { name: 'rules', status: 'pass', detail: 'Every route and transform matches a table.' } : { name: 'rules', status: 'warn', detail: `No table matches the ${shortList(idle)}.`, fix: 'Write database.table; `\\.` is any character. Tables that come later are matched then.' }];
}
const shortList = (names: readonly string[]): string => few(names, 10);
