/**
 * From a document to a physical plan: source → pipeline-transform → sink, one subtask, forward edges. In two steps, because between them
 * the tables are looked up: `describePipeline` checks everything that needs no server, `planPipeline` binds the rules to the tables.
 *
 * Node ids hang on what state means, not on options: the source's identity (its server), the sink's, and `operator.uid.prefix`. So a
 * document with another password, more tables or other rules goes on from a savepoint of the one before.
 */
import { createHash } from 'node:crypto';
import { idText, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { parseEnum, parseInteger, type DeclaredOption } from '../../catalog/options/options.ts';
import { RETRACT, type Json } from '../../catalog/registry/connectors.ts';
import type { PipelineConnector, PipelineConnectorRegistry, PipelineDescribeContext, PipelineSinkDescription, PipelineSourceDescription } from '../../catalog/registry/pipelines.ts';
import { invalidOptionValue } from '../../core/errors/common.ts';
import { lineAndColumn, RivuletError } from '../../core/errors/define.ts';
import { pipelineInvalidOption, pipelineMissingKey, pipelineUnknownKey, pipelineUnknownType, pipelineUnsupportedOptions } from '../../core/errors/pipeline.ts';
import type { PlannerContext } from '../bind/context.ts';
import { resolveTypeNode } from '../bind/type-node.ts';
import { parseType } from '../sql/parser.ts';
import { PLAN_VERSION, type PhysicalNode, type PhysicalPlan } from '../physical/plan.ts';
import { SCHEMA_CHANGE_KINDS, type PipelineTransformSpec, type SchemaBehavior, type SchemaChangeKind } from '../physical/pipeline.ts';
import type { EndBlock, OptionValue, PipelineDocument } from './document.ts';
import { pipelineOptions, sinkChangeOptions } from './options.ts';
import { bindRoutes } from './route.ts';
import { bindTransforms, type FactTypes } from './transform.ts';

export interface DescribedPipeline {
  readonly document: PipelineDocument;
  readonly name: string;
  readonly timeZone: string;
  readonly source: PipelineSourceDescription;
  readonly sink: PipelineSinkDescription;
  readonly sourceConnector: PipelineConnector;
  readonly sinkConnector: PipelineConnector;
  /** All of the transform but its bound rules. */
  readonly routing: Omit<PipelineTransformSpec, 'transforms'>;
  readonly uidPrefix: string;
  /** Settings of the job. */
  readonly settings: Readonly<Record<string, string>>;
}

const matches = (card: DeclaredOption, key: string): boolean => (card.key.endsWith('*') ? key.startsWith(card.key.slice(0, -1)) : card.key === key);
const textsOf = (options: ReadonlyMap<string, OptionValue>): Map<string, string> => new Map([...options].map(([k, v]) => [k, v.text]));

const MAX_TABLES_IN_NAME = 60;
/** `mysql shop.orders`: what tells pipelines apart that nobody gave a name. */
function namedByTables({ type, options }: EndBlock): string {
  const tables = (options.get('tables') ?? options.get('topic') ?? options.get('topic-pattern'))?.text;
  return tables === undefined ? type.text : `${type.text} ${tables.length > MAX_TABLES_IN_NAME ? `${tables.slice(0, MAX_TABLES_IN_NAME)}…` : tables}`;
}
/** Throws errors of `core/errors/pipeline.ts` and of options, with the place in the document. `hostZone`: the server's time zone. */
export function describePipeline(document: PipelineDocument, connectors: PipelineConnectorRegistry, hostZone: string): DescribedPipeline {
  const { source, sink, settings } = document, setting = (key: string): string | undefined => settings.get(key)?.text;
  for (const [key, value] of settings) if (!pipelineOptions.some((o) => matches(o, key))) throw pipelineUnknownKey({ what: 'option of the pipeline block', key, known: pipelineOptions.map((o) => o.key), ...lineAndColumn(document.text, value.range.start) }, { range: value.range });
  const choice = (key: string): string => inPlace(settings.get(key), () => parseEnum(key, setting(key) ?? pipelineOptions.find((o) => o.key === key)?.default ?? '', pipelineOptions.find((o) => o.key === key)?.values ?? []));
  const sourceConnector = connectorOf('source', source, connectors, document), sinkConnector = connectorOf('sink', sink, connectors, document);
  checkOptions(source, sourceConnector.sourceOptions ?? sourceConnector.options, document);
  checkOptions(sink, [...sinkConnector.options, ...sinkChangeOptions], document);
  const name = setting('name') ?? `${source.name ?? namedByTables(source)} → ${sink.name ?? sink.type.text}`;
  const parallelism = setting('parallelism') === undefined ? undefined : inPlace(settings.get('parallelism'), () => parseInteger('parallelism', setting('parallelism') ?? '1', 1, 1024));
  const timeZone = inPlace(settings.get('local-time-zone'), () => zoneOf(setting('local-time-zone') ?? hostZone));
  const context = (block: EndBlock): PipelineDescribeContext => ({ name: block.name ?? block.type.text, pipeline: name, parallelism, timeZone, ends: choice('execution.runtime-mode') === 'BATCH', parseType: (text) => resolveTypeNode(parseType(text.trim())) });
  const from = textsOf(source.options), to = new Map([...textsOf(sink.options)].filter(([k]) => !sinkChangeOptions.some((o) => o.key === k)));
  const described = {
    source: inBlock(source, () => sourceConnector.describeSource!(from, context(source))), sink: inBlock(sink, () => sinkConnector.describeSink!(to, context(sink))),
  };
  const behavior = described.source.schemaChanges ? choice('schema.change.behavior') as SchemaBehavior : 'ignore';
  const routing: DescribedPipeline['routing'] = {
    pipeline: name, routes: bindRoutes(document.routes), firstRouteOnly: choice('route-mode') === 'FIRST_MATCH', behavior,
    changes: changesFor(sink, behavior), sourceFacts: [...new Set([...described.source.facts, ...described.sink.facts])], sinkFacts: described.sink.facts, statements: described.sink.statements === true,
  };
  const jobSettings = Object.fromEntries([...settings].filter(([k]) => (k.startsWith('execution.') && k !== 'execution.runtime-mode') || k.startsWith('restart-strategy.')).map(([k, v]) => [k, v.text]));
  return { document, name, timeZone, ...described, sourceConnector, sinkConnector, routing, uidPrefix: setting('operator.uid.prefix') ?? setting('schema.operator.uid') ?? '', settings: jobSettings };
}
function zoneOf(zone: string): string {
  try { return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone; } catch (error) { throw invalidOptionValue({ option: 'local-time-zone', value: zone, expected: "a time zone such as 'Asia/Shanghai', 'UTC' or '+08:00'" }, { cause: error }); }
}
function connectorOf(role: 'source' | 'sink', block: EndBlock, connectors: PipelineConnectorRegistry, document: PipelineDocument): PipelineConnector {
  const found = connectors.get(block.type.text), can = (c: PipelineConnector): boolean => (role === 'source' ? c.describeSource : c.describeSink) !== undefined;
  if (found !== undefined && can(found)) return found;
  throw pipelineUnknownType({ type: block.type.text, role, known: connectors.list().filter(can).map((c) => c.identifier), ...lineAndColumn(document.text, block.type.range.start) }, { range: block.type.range });
}
function checkOptions(block: EndBlock, cards: readonly DeclaredOption[], document: PipelineDocument): void {
  const unsupported = [...block.options].filter(([key]) => !cards.some((c) => matches(c, key))), [first] = unsupported;
  if (first !== undefined) throw pipelineUnsupportedOptions({ type: block.type.text, unsupported: unsupported.map(([k]) => k), supported: ['type', 'name', ...cards.map((c) => c.key)], ...lineAndColumn(document.text, first[1].range.start) }, { range: first[1].range });
  for (const card of cards) if (card.required === true && !block.options.has(card.key)) throw pipelineMissingKey({ where: `'${block.type.text}'`, key: card.key, ...lineAndColumn(document.text, block.range.start) }, { range: block.range });
}
function inPlace<T>(value: OptionValue | undefined, work: () => T): T {
  try { return work(); } catch (error) {
    if (error instanceof RivuletError) error.range ??= value?.range;
    throw error;
  }
}
/** An error that names an option of the block points at it, others at the block. */
function inBlock<T>(block: EndBlock, work: () => T): T {
  try { return work(); } catch (error) {
    if (error instanceof RivuletError) {
      const named = [...block.options].filter(([key]) => error.message.includes(`'${key}'`) || error.message.includes(`"${key}"`)).sort((a, b) => b[0].length - a[0].length)[0];
      error.range ??= named?.[1].range ?? block.range;
    }
    throw error;
  }
}

/** What the sink is told of: `include` restricts, `exclude` goes before it, create.table always is. A prefix stands for all kinds that begin with it. */
function changesFor(sink: EndBlock, behavior: SchemaBehavior): SchemaChangeKind[] {
  const kindsOf = (key: string): SchemaChangeKind[] | undefined => {
    const value = sink.options.get(key);
    if (value === undefined) return undefined;
    return value.text.split(/[,;]/).map((n) => n.trim().toLowerCase()).filter((n) => n !== '').flatMap((n) => {
      const found = SCHEMA_CHANGE_KINDS.filter((k) => k === n || k.startsWith(`${n}.`) || k.endsWith(`.${n}`));
      if (found.length === 0) throw pipelineInvalidOption({ where: 'the block sink', what: `'${key}' names "${n}"`, hint: `There are ${SCHEMA_CHANGE_KINDS.join(', ')}, and their first words.` }, { range: value.range });
      return found;
    });
  };
  const excluded = kindsOf('exclude.schema.changes') ?? (behavior === 'lenient' ? ['drop.table', 'truncate.table'] : []);
  const included = kindsOf('include.schema.changes') ?? SCHEMA_CHANGE_KINDS;
  return SCHEMA_CHANGE_KINDS.filter((k) => k === 'create.table' || (included.includes(k) && !excluded.includes(k)));
}

/** @param tables what the source captures now; @param facts types of the source's facts */
export function planPipeline(described: DescribedPipeline, tables: readonly TableVersion[], facts: FactTypes, context: PlannerContext): PhysicalPlan {
  const { source, sink, routing, document } = described;
  const transforms = bindTransforms(document.transforms, tables, new Map([...facts].filter(([name]) => routing.sourceFacts.includes(name))), context);
  const idFor = (...meaning: Json[]): string => createHash('sha256').update(JSON.stringify(['pipeline', described.uidPrefix, ...meaning])).digest('hex').slice(0, 16);
  const ids = { source: idFor('source', source.connector, source.identity), transform: idFor('transform', source.connector, source.identity), sink: idFor('sink', source.connector, source.identity, sink.connector, sink.identity) };
  const base = { columns: [], changelog: RETRACT, upsertKeys: [] }, forward = { kind: 'forward' } as const;
  const names = { source: document.source.name ?? document.source.type.text, sink: document.sink.name ?? document.sink.type.text };
  const nodes: PhysicalNode[] = [
    {
      ...base, type: 'source', id: ids.source, inputs: [], connector: source.connector, spec: { ...source.spec, facts: routing.sourceFacts, ...(sink.repeats === true ? { repeats: true } : {}), ...(source.keepsTables === true ? { tables: tables as unknown as Json } : {}) }, table: names.source, parallelism: 1, fields: [],
      label: `PipelineSource(type=[${document.source.type.text}], tables=[${shortList(tables.map((t) => idText(t.id)))}])`,
    },
    { ...base, type: 'pipeline-transform', id: ids.transform, inputs: [{ node: ids.source, exchange: forward }], spec: { ...routing, transforms }, label: `PipelineTransform(routes=[${routing.routes.length}], transforms=[${transforms.length}], schemaChanges=[${routing.behavior}])` },
    {
      ...base, type: 'sink', id: ids.sink, inputs: [{ node: ids.transform, exchange: forward }], connector: sink.connector, spec: sink.spec, table: names.sink, parallelism: 1, fields: [],
      notNull: { columns: [], policy: 'error' }, label: `PipelineSink(type=[${document.sink.type.text}])`,
    },
  ];
  return { version: PLAN_VERSION, nodes, settings: { timeZone: described.timeZone, bounded: source.bounded, stateTtlMs: 0 } };
}
const SHOWN_TABLES = 10;
const shortList = (names: readonly string[]): string => `${names.slice(0, SHOWN_TABLES).join(', ')}${names.length > SHOWN_TABLES ? `, ... ${names.length - SHOWN_TABLES} more` : ''}`;
