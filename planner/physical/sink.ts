/**
 * What stands behind a query: a table sink with its change check, shuffle by key and SinkUpsertMaterialize, or the collect of a SELECT.
 * Semantics: Flink FlinkChangelogModeInferenceProgram (sinks), "Changelog to sinks", `table.exec.sink.*` options.
 */
import type { ChangelogMode, SinkDescription } from '../../catalog/registry/connectors.ts';
import { pathSummary, type TableObject } from '../../catalog/objects/objects.ts';
import { sinkCannotConsume, upsertSinkNeedsKey } from '../../core/errors/planner.ts';
import { NULL } from '../../core/types/sql-type.ts';
import type { Rel } from '../logical/rel.ts';
import { contains } from '../properties/keys.ts';
import type { PlanBuilder } from './translate.ts';
import { isAppend, type ChangeKinds, type ColumnSet, type Draft, type DraftEdge } from './draft.ts';
import { labelOf } from './label.ts';
import type { PlanColumn, SinkNode } from './plan.ts';

/** `rel` has exactly the columns that `fields` name, cast to the sink's types. */
export interface SinkRoot {
  readonly kind: 'sink';
  readonly rel: Rel;
  readonly table: TableObject;
  readonly connector: string;
  readonly description: SinkDescription;
  readonly fields: SinkNode['fields'];
  readonly notNull: SinkNode['notNull'];
}
export interface SinkOptions {
  readonly upsertMaterialize: 'AUTO' | 'NONE' | 'FORCE';
  readonly keyedShuffle: 'AUTO' | 'NONE' | 'FORCE';
}

const isAppendSink = (m: ChangelogMode): boolean => !m.updateAfter && !m.updateBefore && !m.delete;

/** Adds the sink. Throws sink-cannot-consume-changes, upsert-sink-needs-key. */
export function buildSink(builder: PlanBuilder, root: SinkRoot, options: SinkOptions): void {
  const { table, description } = root, mode = description.changelogMode;
  const input = builder.build(root.rel), key = sinkKey(root);
  const upsert = !isAppendSink(mode) && !mode.updateBefore;
  checkConsumes(builder, root, input);
  if (upsert && key === undefined && !isAppend(input.kinds)) throw upsertSinkNeedsKey({ sink: pathSummary(table.path) });
  const materialized = upsert && key !== undefined && needsMaterialize(input, key, options) ? materialize(builder, input, key) : input;
  const edge: DraftEdge = upsert && key !== undefined && options.keyedShuffle !== 'NONE' ? builder.byKey(materialized, key) : { node: materialized, exchange: { kind: 'forward' } };
  const draft = builder.table.make(
    { type: 'sink', connector: root.connector, spec: description.spec, fields: root.fields, table: pathSummary(table.path), notNull: root.notNull, parallelism: description.parallelism }, [edge],
    sinkColumns(root), { kinds: materialized.kinds, unique: [], upsert: [], distribution: undefined, sinkKey: upsert ? key : undefined });
  builder.tables.set(draft, table);
}
/** The sink's own names for the columns it gets. */
function sinkColumns(root: SinkRoot): PlanColumn[] {
  const physical = root.table.columns.filter((c) => c.kind === 'physical');
  return root.fields.map((f, i) => ({ name: (f.kind === 'physical' ? physical[f.field]?.name : root.table.columns.find((c) => c.kind === 'metadata' && c.metadataKey === f.key)?.name) ?? '', type: root.rel.columns[i]?.type ?? NULL }));
}
/** The primary key as columns of the sink's input; undefined when there is none or a key column is not written. */
function sinkKey(root: SinkRoot): ColumnSet | undefined {
  const names = root.table.primaryKey?.columns ?? [], physical = root.table.columns.filter((c) => c.kind === 'physical');
  const columns = names.map((name) => root.fields.findIndex((f) => f.kind === 'physical' && physical[f.field]?.name === name));
  return columns.length === 0 || columns.includes(-1) ? undefined : columns;
}
/** An upsert key inside the sink's key keeps the sink right; otherwise two rows of different upsert keys may meet under one sink key. */
function needsMaterialize(input: Draft, key: ColumnSet, options: SinkOptions): boolean {
  if (options.upsertMaterialize !== 'AUTO') return options.upsertMaterialize === 'FORCE';
  return !isAppend(input.kinds) && !input.upsert.some((k) => contains(key, k));
}
function materialize(builder: PlanBuilder, input: Draft, key: ColumnSet): Draft {
  const [smallest] = input.upsert;
  const inputUpsertKey = smallest === undefined || smallest.length === 0 ? null : smallest;
  return builder.table.make({ type: 'sink-materialize', key, inputUpsertKey, ttlMs: builder.options.settings.stateTtlMs }, [builder.byKey(input, key)], input.columns,
    { kinds: { update: true, delete: true }, unique: [key], upsert: [key], distribution: { kind: 'hash', keys: key } });
}

function checkConsumes(builder: PlanBuilder, root: SinkRoot, input: Draft): void {
  const mode = root.description.changelogMode;
  const refused = (k: ChangeKinds): ChangeKinds => ({ update: k.update && !mode.updateAfter, delete: k.delete && !mode.delete });
  if (isAppend(refused(input.kinds))) return;
  const producer = producerOf(input, refused), diff = refused(producer.kinds);
  const changes = [...(diff.update ? ['update'] : []), ...(diff.delete ? ['delete'] : [])].join(' and ');
  throw sinkCannotConsume({ sink: pathSummary(root.table.path), changes, producer: labelOf(producer, builder.tables) });
}
/** The node that brings the changes in: projections, filters and unions only pass them on. */
function producerOf(draft: Draft, refused: (k: ChangeKinds) => ChangeKinds): Draft {
  const { type } = draft.body;
  if (type !== 'calc' && type !== 'union' && type !== 'limit') return draft;
  const next = draft.inputs.find((i) => !isAppend(refused(i.node.kinds)));
  return next === undefined ? draft : producerOf(next.node, refused);
}

/** The result of a SELECT. Bounded runs give final rows, so a changelog is materialised first. */
export function buildCollect(builder: PlanBuilder, rel: Rel, bounded: boolean): void {
  const input = builder.build(rel);
  const rows = bounded && !isAppend(input.kinds)
    ? builder.table.make({ type: 'final-sort', sort: [], offset: 0, limit: null }, [builder.single(input)], input.columns, { kinds: { update: false, delete: false }, unique: input.unique, upsert: input.unique, distribution: { kind: 'single' } })
    : input;
  builder.table.make({ type: 'collect' }, [builder.single(rows)], rel.columns, { kinds: rows.kinds, unique: rows.unique, upsert: rows.upsert, distribution: { kind: 'single' } });
}
