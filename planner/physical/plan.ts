/**
 * The physical plan: what the planner hands to the runtime, and the only planner folder the runtime reads. Plain JSON: it travels to
 * worker threads and is stored with the job, so that a restart needs no catalog. Nodes are listed inputs first.
 *
 * A node's `id` is a hash of its meaning (type, parameters, ids of its inputs), so state finds its node again when a query changes.
 * A statement set is one plan with several sinks; equal sub-plans stand in it once.
 */
import type { ChangelogMode, Json, LookupCache } from '../../catalog/registry/connectors.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr, LiteralValue } from './expr.ts';
import type { PipelineTransformSpec } from './pipeline.ts';

export const PLAN_VERSION = 1;

export interface PhysicalPlan {
  readonly version: number;
  readonly nodes: readonly PhysicalNode[];
  /** Session facts fixed when the job was made. */
  readonly settings: PlanSettings;
}
export interface PlanSettings {
  readonly timeZone: string;
  /** True for a query that ends: sources are bounded by their end offsets at start. */
  readonly bounded: boolean;
  /** Idle-state retention in ms; 0 = kept for ever (`table.exec.state.ttl`). */
  readonly stateTtlMs: number;
}

export interface PlanColumn { readonly name: string; readonly type: SqlType }

/** How rows get from an input node to this node. With one subtask all are forward. */
export type Exchange =
  | { readonly kind: 'forward' }
  | { readonly kind: 'hash'; readonly keys: readonly number[] }
  /** Everything to subtask 0. */
  | { readonly kind: 'single' };
export interface InputEdge { readonly node: string; readonly exchange: Exchange }

interface NodeBase {
  readonly id: string;
  readonly inputs: readonly InputEdge[];
  readonly columns: readonly PlanColumn[];
  readonly changelog: ChangelogMode;
  /** Column sets that identify a row of the output (Flink's upsert keys), smallest first; may be empty. */
  readonly upsertKeys: readonly (readonly number[])[];
  /** One line as EXPLAIN shows it, e.g. `Join(joinType=[LeftOuterJoin], where=[(user_id = id)], …)`. */
  readonly label: string;
}

export interface SourceNode extends NodeBase {
  readonly type: 'source';
  readonly connector: string;
  /** From the connector's describeSource. */
  readonly spec: Json;
  /** What each output column is: a physical column (`field`: its position among the table's physical columns) or a metadata key. Only needed columns appear (projection push-down). */
  readonly fields: readonly ({ readonly kind: 'physical'; readonly field: number } | { readonly kind: 'metadata'; readonly key: string })[];
  /** Stop after so many rows (LIMIT push-down into a bounded scan); per subtask. */
  readonly limit?: number | undefined;
  /** Table name for metrics and errors. */
  readonly table: string;
  /** Fixed number of subtasks, or undefined = the job's. */
  readonly parallelism?: number | undefined;
}
export interface ValuesNode extends NodeBase { readonly type: 'values'; readonly rows: readonly (readonly Expr[])[] }
/** Filter then project; kinds pass through. */
export interface CalcNode extends NodeBase { readonly type: 'calc'; readonly condition: Expr | null; readonly projections: readonly Expr[] }
export interface UnionNode extends NodeBase { readonly type: 'union' }

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti';
/**
 * What is known of one side's rows under a join key: at most one row; rows identified by `uniqueKey`; nothing; nothing but that none is
 * ever taken back, so that equal rows need not be found again. Flink: JoinInputSideSpec, which knows the first three.
 */
export type JoinSide =
  | { readonly kind: 'join-key-unique' }
  | { readonly kind: 'unique-key'; readonly uniqueKey: readonly number[] }
  | { readonly kind: 'no-key' }
  | { readonly kind: 'append' };
/** Regular streaming join; inputs[0] left, inputs[1] right; output left ++ right columns (semi, anti: left only). Flink: StreamingJoinOperator. */
export interface JoinNode extends NodeBase {
  readonly type: 'join';
  readonly joinType: JoinType;
  readonly leftKeys: readonly number[];
  readonly rightKeys: readonly number[];
  /** Per key pair: false = `=` (NULL matches nothing), true = IS NOT DISTINCT FROM. */
  readonly nullSafe: readonly boolean[];
  /** Further condition over left ++ right columns. */
  readonly residual: Expr | null;
  readonly left: JoinSide;
  readonly right: JoinSide;
  /** Per-side idle-state retention in ms (STATE_TTL hint), 0 = for ever. */
  readonly ttlMs: readonly [number, number];
}
/** A column of the looked up table that must equal a column of the input, or a constant. */
export type LookupKey = { readonly column: number; readonly from: number } | { readonly column: number; readonly value: LiteralValue };
/**
 * Each input row is joined with the rows that a table has for its key when the row comes. Output: input columns, then those of the table
 * (`fields`, as in SourceNode). Flink: StreamExecLookupJoin.
 */
export interface LookupJoinNode extends NodeBase {
  readonly type: 'lookup-join';
  readonly joinType: 'inner' | 'left';
  readonly connector: string;
  /** From the connector's describeLookup. */
  readonly spec: Json;
  readonly fields: SourceNode['fields'];
  readonly table: string;
  readonly keys: readonly LookupKey[];
  /** Further condition over input ++ table columns. */
  readonly residual: Expr | null;
  /** The keys hold the table's PRIMARY KEY: at most one row; kinds pass through. Otherwise -U leaves as -D and +U as +I. */
  readonly unique: boolean;
  readonly cache: LookupCache;
  /** More rows of one key fail the job. */
  readonly maxRowsPerKey: number;
}
export interface AggregateCall {
  readonly function: string;
  /** Columns of the input. */
  readonly args: readonly number[];
  readonly distinct: boolean;
  /** BOOLEAN input column of FILTER (WHERE …), or null. */
  readonly filter: number | null;
  readonly type: SqlType;
}
/** Output: group key columns then one column per call. Flink: GroupAggFunction. */
export interface GroupAggregateNode extends NodeBase {
  readonly type: 'group-aggregate';
  readonly keys: readonly number[];
  readonly calls: readonly AggregateCall[];
  /** Input carries -U/-D. */
  readonly retract: boolean;
  /** Downstream needs -U. */
  readonly emitUpdateBefore: boolean;
  /** Bounded run without keys: an empty input still gives one row at its end. */
  readonly emitOnEmptyEnd: boolean;
  readonly ttlMs: number;
}
/** Upsert stream (+I/+U/-D by key, deletes maybe without values) → complete changelog. Flink: ChangelogNormalize. */
export interface ChangelogNormalizeNode extends NodeBase { readonly type: 'changelog-normalize'; readonly key: readonly number[]; readonly emitUpdateBefore: boolean; readonly ttlMs: number }
export interface DropUpdateBeforeNode extends NodeBase { readonly type: 'drop-update-before' }
/** INTERSECT / EXCEPT [ALL] over whole rows; counters per row and side. */
export interface SetOpNode extends NodeBase { readonly type: 'set-op'; readonly op: 'intersect' | 'except'; readonly all: boolean; readonly ttlMs: number }
/** Keeps the rows per sink key in arrival order when the sink's key differs from the stream's upsert key. Flink: SinkUpsertMaterializer. */
export interface SinkMaterializeNode extends NodeBase { readonly type: 'sink-materialize'; readonly key: readonly number[]; readonly inputUpsertKey: readonly number[] | null; readonly ttlMs: number }
/** Bounded runs: turns the changelog into the final rows at the end of input, sorts them (stable), skips and limits. Without sort keys and with append-only input it passes rows on as they come and ends early. */
export interface FinalSortNode extends NodeBase {
  readonly type: 'final-sort';
  readonly sort: readonly { readonly column: number; readonly descending: boolean; readonly nullsFirst: boolean }[];
  readonly offset: number;
  readonly limit: number | null;
}
/** Output: the input's columns, the element's columns (a ROW's fields, a MAP's key and value), the position when `ordinality`. Flink: StreamExecCorrelate with UNNEST. */
export interface UnnestNode extends NodeBase { readonly type: 'unnest'; readonly column: number; readonly outer: boolean; readonly ordinality: boolean }
/** Streaming LIMIT without ORDER BY over append-only input: the first n rows. */
export interface LimitNode extends NodeBase { readonly type: 'limit'; readonly offset: number; readonly limit: number }
/** Of pipelines: routes, transforms and schema evolution over `PipelineBatch`; always one subtask. */
export interface PipelineTransformNode extends NodeBase { readonly type: 'pipeline-transform'; readonly spec: PipelineTransformSpec }
export interface SinkNode extends NodeBase {
  readonly type: 'sink';
  readonly connector: string;
  readonly spec: Json;
  /** What each input column is to the sink. */
  readonly fields: readonly ({ readonly kind: 'physical'; readonly field: number } | { readonly kind: 'metadata'; readonly key: string })[];
  readonly table: string;
  /** Names of NOT NULL columns checked before writing (`table.exec.sink.not-null-enforcer`). */
  readonly notNull: { readonly columns: readonly number[]; readonly policy: 'error' | 'drop' };
  /** Fixed number of subtasks, or undefined = the job's. */
  readonly parallelism?: number | undefined;
}
/** Result of a SELECT: rows go to the client that asked. Always one subtask. */
export interface CollectNode extends NodeBase { readonly type: 'collect' }

export type PhysicalNode = SourceNode | ValuesNode | CalcNode | UnionNode | JoinNode | LookupJoinNode | GroupAggregateNode | ChangelogNormalizeNode | DropUpdateBeforeNode | SetOpNode | SinkMaterializeNode | FinalSortNode | UnnestNode | LimitNode | PipelineTransformNode | SinkNode | CollectNode;
export type NodeType = PhysicalNode['type'];
export type NodeOf<T extends NodeType> = Extract<PhysicalNode, { type: T }>;
