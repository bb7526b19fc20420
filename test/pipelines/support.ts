/** Tables, batches and transforms for tests of pipelines. */
import { connectorRegistry } from '../../runtime/connectors/index.ts';
import { pipelineRegistry } from '../../runtime/connectors/pipelines.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { evaluateConstant } from '../../runtime/codegen/compile.ts';
import { pipelineTransform } from '../../runtime/pipelines/transform.ts';
import { PipelineBatch, type SchemaChange } from '../../runtime/pipelines/contract.ts';
import { stateBackend } from '../../runtime/state/backend.ts';
import type { OperatorStateBackend } from '../../runtime/graph/contract.ts';
import { FACT_TYPES, idOf, idText, type PipelineColumn, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import type { PipelineConnector, PipelineConnectorRegistry } from '../../catalog/registry/pipelines.ts';
import { RETRACT } from '../../catalog/registry/connectors.ts';
import { KIND_TEXT, type ChangeBatch } from '../../core/row/batch.ts';
import { materializeTexts } from '../../core/row/slices.ts';
import { notNull } from '../../core/types/sql-type.ts';
import { parseType } from '../../planner/sql/parser.ts';
import { resolveTypeNode } from '../../planner/bind/type-node.ts';
import type { PlannerContext } from '../../planner/bind/context.ts';
import type { PipelineTransformSpec } from '../../planner/physical/pipeline.ts';
import { readDocument } from '../../planner/pipeline/document.ts';
import { describePipeline, planPipeline } from '../../planner/pipeline/plan.ts';
import type { Operator } from '../../runtime/operators/contract.ts';

/** `table('shop.user', 'id BIGINT NOT NULL, name STRING', 'id')`. */
export function table(id: string, columns: string, key = ''): TableVersion {
  const list = columns.split(/,(?![^(]*\))/).map((c): PipelineColumn => {
    const [, name = '', text = ''] = /^\s*(\S+)\s+(.*?)\s*$/s.exec(c) ?? [], isNotNull = / NOT NULL$/.test(text), type = resolveTypeNode(parseType(text.replace(/ NOT NULL$/, '')));
    return { name, type: isNotNull ? notNull(type) : type };
  });
  return { id: idOf(id), columns: list, primaryKey: key.split(',').filter((k) => k !== '').map((k) => list.findIndex((c) => c.name === k.trim())) };
}
/** Rows with their kinds: `['+I', 1, 'a']`. */
export function batch(version: TableVersion, ...rows: readonly (readonly unknown[])[]): PipelineBatch {
  const out = new PipelineBatch(version, Math.max(...rows.map((r) => r.length - 1)));
  rows.forEach((row, at) => row.slice(1).forEach((value, c) => { out.columns[c]![at] = value; }));
  out.size = rows.length;
  const kinds = Uint8Array.from(rows.map((r) => (KIND_TEXT as readonly string[]).indexOf(r[0] as string)));
  out.kinds = kinds.every((k) => k === 0) ? null : kinds;
  return out;
}
export function event(version: TableVersion, ...changes: readonly SchemaChange[]): PipelineBatch {
  const out = new PipelineBatch(version, 0);
  out.size = 1;
  out.event = { changes, sql: null, timestampMs: 0 };
  return out;
}
export const create = (version: TableVersion): PipelineBatch => event(version, { kind: 'create.table' });
/** `shop.user +I[1, a]`, `shop.user create.table (id, name)`. */
export function linesOf(given: PipelineBatch): string[] {
  const text = idText(given.table.id);
  if (given.event !== null) return [`${text} ${given.event.changes.map((c) => c.kind).join('+')} (${given.table.columns.map((c) => c.name).join(', ')})`];
  materializeTexts(given);
  return Array.from({ length: given.size }, (_, row) => `${text} ${KIND_TEXT[given.kindAt(row)]}[${given.columns.map((c) => String(c[row])).join(', ')}]`);
}

export const plannerContext: PlannerContext = {
  resolveTable: () => { throw new Error('no tables here'); }, currentCatalog: '', currentDatabase: '', functions: functionRegistry, connectors: connectorRegistry, formats: formatRegistry, option: () => undefined, timeZone: 'UTC',
  evaluateConstant: (expr) => evaluateConstant(expr, { functions: functionRegistry, env: { timeZone: 'UTC', nowMs: Date.now, random: Math.random } }), parameterValues: [],
};
/** A source that captures the tables given, and a sink that takes anything. */
const fake: PipelineConnector = {
  identifier: 'fake', description: 'For tests.', options: [{ key: 'password', type: 'string', description: '' }, { key: 'port', type: 'int', description: '' }, { key: 'x.*', type: 'string', description: '' }, { key: 'scan.startup.mode', type: 'string', description: '' }],
  describeSource: (options) => ({ connector: 'fake', spec: Object.fromEntries(options), identity: 'fake', bounded: false, schemaChanges: true, facts: (options.get('x.facts') ?? '').split(',').filter((f) => f !== '') }),
  describeSink: (options) => ({ connector: 'fake', spec: Object.fromEntries(options), identity: 'fake', facts: (options.get('x.facts') ?? '').split(',').filter((f) => f !== ''), needsKey: false }),
};
export const registry: PipelineConnectorRegistry = { get: (type) => (type === 'fake' ? fake : pipelineRegistry.get(type)), list: () => [fake, ...pipelineRegistry.list()] };
export const ENDS = 'source:\n  type: fake\nsink:\n  type: fake\n';

/** The transform of a document's blocks behind source and sink. */
export async function transformSpec(blocks: string, tables: readonly TableVersion[], ends = ENDS): Promise<PipelineTransformSpec> {
  const plan = planPipeline(describePipeline(await readDocument(`${ends}${blocks}`, new Map()), registry, 'UTC'), tables, FACT_TYPES, plannerContext);
  const node = plan.nodes.find((n) => n.type === 'pipeline-transform');
  if (node?.type !== 'pipeline-transform') throw new Error('no transform');
  return node.spec;
}
export class TransformRun {
  readonly lines: string[] = [];
  readonly batches: { version: TableVersion; changes: readonly SchemaChange[] }[] = [];
  readonly state: OperatorStateBackend;
  private readonly operator: Operator;
  /** `seen` gets every batch while it is valid. */
  constructor(spec: PipelineTransformSpec, state?: OperatorStateBackend, seen: (batch: PipelineBatch) => void = () => {}) {
    this.state = state ?? stateBackend(undefined, Date.now, true);
    this.operator = pipelineTransform.create({ type: 'pipeline-transform', id: 't', inputs: [], columns: [], changelog: RETRACT, upsertKeys: [], label: '', spec }, {
      output: { push: (b: ChangeBatch) => { const given = b as PipelineBatch; seen(given); this.lines.push(...linesOf(given)); if (given.event !== null) this.batches.push({ version: given.table, changes: given.event.changes }); }, watermark: () => {}, takesSlices: true },
      state: this.state, env: { timeZone: 'UTC', nowMs: Date.now, random: Math.random }, functions: functionRegistry, settings: { timeZone: 'UTC', bounded: false, stateTtlMs: 0 }, subtask: 0, parallelism: 1, inputTypes: [[]], counter: () => ({ value: 0 }),
    });
  }
  push(...batches: readonly PipelineBatch[]): this { for (const b of batches) this.operator.push(0, b); return this; }
  /** What came out since the last call. */
  take(): string[] { return this.lines.splice(0); }
  /** The same operator after a restart from a checkpoint taken now. */
  restarted(spec: PipelineTransformSpec, seen?: (batch: PipelineBatch) => void): TransformRun {
    const tables = new Map<string, Uint8Array[][]>();
    for (const block of this.state.takeCheckpoint()) tables.set(block.table, [[...(tables.get(block.table)?.[0] ?? []), block.bytes]]);
    return new TransformRun(spec, stateBackend({ tables, share: undefined }, Date.now, true), seen);
  }
}
export async function failure(work: () => unknown): Promise<{ code: string; message: string; detail?: string; hint?: string; range?: { start: number } }> {
  try { await work(); } catch (error) { return error as { code: string; message: string }; }
  throw new Error('it did not fail');
}
