/**
 * Connectors whose options hold references. Describing such a table checks it with the values as they are now, but what goes into the plan
 * is the table with its references («deferred»), which is described again when a job is about to connect: plans, job records and
 * savepoints never hold a value, and a job that starts again takes what the reference says then.
 *
 * What state hangs on (`identity`) is that of the described table, with the references in place of any value that got into it: writing a
 * password by reference, or rotating it, keeps state with its operators.
 */
import type { TableObject } from '../../catalog/objects/objects.ts';
import type { Connector, ConnectorRegistry, DescribeContext, FormatRegistry, Json } from '../../catalog/registry/connectors.ts';
import type { PipelineConnector, PipelineConnectorRegistry, PipelineDescribeContext, PipelineOptions, PipelineSinkDescription, PipelineSourceDescription } from '../../catalog/registry/pipelines.ts';
import { hasReferences, referencesIn, secretsIn } from '../../catalog/secrets/references.ts';
import type { OptionReferences } from '../../catalog/secrets/resolver.ts';
import { invariant } from '../../core/errors/common.ts';
import { resolveTypeNode } from '../../planner/bind/type-node.ts';
import type { PhysicalNode, PhysicalPlan } from '../../planner/physical/plan.ts';
import { parseType } from '../../planner/sql/parser.ts';

type Options = readonly (readonly [string, string])[];
type Role = 'source' | 'sink' | 'lookup';
/** JSON-safe. */
type Deferred =
  | { readonly of: 'table'; readonly role: Role; readonly connector: string; readonly options: Options; readonly table: Omit<TableObject, 'options'>; readonly timeZone: string; readonly bounded: boolean }
  | { readonly of: 'pipeline'; readonly role: 'source' | 'sink'; readonly connector: string; readonly options: Options; readonly context: Omit<PipelineDescribeContext, 'parseType'> };
type SpecObject = { readonly [key: string]: Json };

const isObject = (spec: Json): spec is SpecObject => spec !== null && typeof spec === 'object' && !Array.isArray(spec);
/** Only describing makes members of this name: no connector's spec has one, and users' texts stand deeper. */
const deferredOf = (spec: Json): Deferred | undefined => (isObject(spec) && spec['deferred'] !== undefined ? spec['deferred'] as unknown as Deferred : undefined);

export interface DeferredConnectors {
  readonly connectors: ConnectorRegistry;
  readonly pipelines: PipelineConnectorRegistry;
  /** A spec with values. Throws what describing throws. */
  resolveSpec(spec: Json): Json;
  resolvePlan(plan: PhysicalPlan): PhysicalPlan;
}

export function deferReferences(given: { readonly connectors: ConnectorRegistry; readonly pipelines: PipelineConnectorRegistry; readonly formats: FormatRegistry; readonly references: OptionReferences }): DeferredConnectors {
  const { references, formats } = given;
  const resolveSpec = (spec: Json): Json => {
    const deferred = deferredOf(spec);
    if (deferred === undefined || !isObject(spec)) return spec;
    const { deferred: _deferred, identity: _identity, ...added } = spec, options = references.resolve(new Map(deferred.options));
    const real = deferred.of === 'table' ? describeTable(given.connectors, deferred, options, formats) : describeEnd(given.pipelines, deferred, options);
    return isObject(real) ? { ...real, ...added } : real;
  };
  return {
    connectors: { get: (identifier) => mapped(given.connectors.get(identifier), (c) => deferring(c, references)), identifiers: () => given.connectors.identifiers() },
    pipelines: { get: (identifier) => mapped(given.pipelines.get(identifier), (c) => deferringEnd(c, references, resolveSpec)), list: () => given.pipelines.list() },
    resolveSpec, resolvePlan: (plan) => (plan.nodes.some((n) => 'spec' in n && deferredOf(n.spec as unknown as Json) !== undefined) ? { ...plan, nodes: plan.nodes.map((n) => resolvedNode(n, resolveSpec)) } : plan),
  };
}
const mapped = <T>(value: T | undefined, map: (value: T) => T): T | undefined => (value === undefined ? undefined : map(value));
const resolvedNode = (node: PhysicalNode, resolveSpec: (spec: Json) => Json): PhysicalNode => (node.type === 'source' || node.type === 'sink' || node.type === 'lookup-join' ? { ...node, spec: resolveSpec(node.spec) } : node);

/** Names of the stored secrets a plan asks for. */
export function secretsOfPlan(plan: PhysicalPlan): readonly string[] {
  return plan.nodes.flatMap((n) => { const deferred = 'spec' in n ? deferredOf(n.spec as unknown as Json) : undefined; return deferred === undefined ? [] : secretsIn(new Map(deferred.options)); });
}

/** The text of JSON with references in place of the values they have now; whole values first, so that a short one does not take a long one apart. */
function withoutValues(json: Json, options: ReadonlyMap<string, string>, resolved: ReadonlyMap<string, string>): Json {
  const pairs = [...options].flatMap(([key, text]): [string, string][] => (referencesIn(text).length === 0 ? [] : [[resolved.get(key) ?? '', text], ...partsOf(text, resolved.get(key) ?? '')])).filter(([value]) => value !== '').sort((a, b) => b[0].length - a[0].length);
  const walk = (value: Json): Json => {
    if (typeof value === 'string') return pairs.reduce((t, [found, reference]) => t.replaceAll(found, () => reference), value);
    if (Array.isArray(value)) return (value as readonly Json[]).map(walk);
    return isObject(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v)])) : value;
  };
  return walk(json);
}
/** The value of a lone reference inside a longer text, found by what stands around it. */
function partsOf(text: string, value: string): [string, string][] {
  const [only, second] = referencesIn(text);
  if (only === undefined || second !== undefined) return [];
  const at = text.indexOf(only.text), behind = text.length - at - only.text.length;
  return [[value.slice(at, value.length - behind), only.text]];
}
/** Keeps the object's members in their order, so that ids made of the text stay. */
const specOf = (deferred: Deferred, real: Json, options: ReadonlyMap<string, string>, resolved: ReadonlyMap<string, string>): SpecObject => ({
  deferred: deferred as unknown as Json, identity: withoutValues(isObject(real) && 'identity' in real ? real['identity'] ?? null : real, options, resolved),
});

function deferring(connector: Connector, references: OptionReferences): Connector {
  function describe<T extends { readonly spec: Json }>(role: Role, inner: (table: TableObject, context: DescribeContext) => T): (table: TableObject, context: DescribeContext) => T {
    return (table, context) => {
      const resolved = references.resolve(table.options);
      if (!hasReferences(table.options)) return inner(table, context);
      const { options, ...rest } = table, description = inner({ ...table, options: resolved }, context);
      const deferred: Deferred = { of: 'table', role, connector: connector.identifier, options: [...options], table: rest, timeZone: context.timeZone, bounded: context.bounded };
      return { ...description, spec: specOf(deferred, description.spec, options, resolved) };
    };
  }
  const { describeSource, describeSink, describeLookup } = connector;
  return {
    ...connector,
    ...(describeSource === undefined ? {} : { describeSource: describe('source', describeSource.bind(connector)) }),
    ...(describeSink === undefined ? {} : { describeSink: describe('sink', describeSink.bind(connector)) }),
    ...(describeLookup === undefined ? {} : { describeLookup: describe('lookup', describeLookup.bind(connector)) }),
  };
}
function describeTable(registry: ConnectorRegistry, deferred: Extract<Deferred, { of: 'table' }>, options: ReadonlyMap<string, string>, formats: FormatRegistry): Json {
  const connector = registry.get(deferred.connector), table: TableObject = { ...deferred.table, options }, context: DescribeContext = { formats, timeZone: deferred.timeZone, bounded: deferred.bounded };
  const described = deferred.role === 'source' ? connector?.describeSource?.(table, context) : deferred.role === 'sink' ? connector?.describeSink?.(table, context) : connector?.describeLookup?.(table, context);
  invariant(described !== undefined, `connector ${deferred.connector} describes what it has described before`);
  return described.spec;
}

function deferringEnd(connector: PipelineConnector, references: OptionReferences, resolveSpec: (spec: Json) => Json): PipelineConnector {
  function describe<T extends { readonly spec: Json; readonly identity: Json }>(role: 'source' | 'sink', inner: (options: PipelineOptions, context: PipelineDescribeContext) => T): (options: PipelineOptions, context: PipelineDescribeContext) => T {
    return (options, context) => {
      const resolved = references.resolve(options);
      if (!hasReferences(options)) return inner(options, context);
      const { parseType: _, ...plain } = context, description = inner(resolved, context);
      const deferred: Deferred = { of: 'pipeline', role, connector: connector.identifier, options: [...options], context: plain };
      return { ...description, spec: specOf(deferred, description.identity, options, resolved), identity: withoutValues(description.identity, options, resolved) };
    };
  }
  const real = <T extends PipelineSourceDescription | PipelineSinkDescription>(description: T): T => ({ ...description, spec: resolveSpec(description.spec) });
  const { describeSource, describeSink, discover, targetOf } = connector;
  return {
    ...connector,
    ...(describeSource === undefined ? {} : { describeSource: describe('source', describeSource.bind(connector)) }),
    ...(describeSink === undefined ? {} : { describeSink: describe('sink', describeSink.bind(connector)) }),
    ...(discover === undefined ? {} : { discover: (source, options) => discover.call(connector, real(source), references.resolve(options)) }),
    ...(targetOf === undefined ? {} : { targetOf: (sink, id) => targetOf.call(connector, real(sink), id) }),
  };
}
function describeEnd(registry: PipelineConnectorRegistry, deferred: Extract<Deferred, { of: 'pipeline' }>, options: ReadonlyMap<string, string>): Json {
  const connector = registry.get(deferred.connector), context: PipelineDescribeContext = { ...deferred.context, parseType: (text) => resolveTypeNode(parseType(text.trim())) };
  const described = deferred.role === 'source' ? connector?.describeSource?.(options, context) : connector?.describeSink?.(options, context);
  invariant(described !== undefined, `pipeline end ${deferred.connector} describes what it has described before`);
  return described.spec;
}
