/**
 * Drafts of plan nodes: what `translate.ts` makes of a logical plan before change modes and ids are known. A draft knows which columns
 * identify its rows, how its rows are spread over subtasks and which kinds of change it can give; `properties/changelog.ts` then
 * decides who sends -U, and `finish.ts` writes the plan.
 *
 * Equal drafts are one object (see DraftTable.make), so equal sub-plans of a statement set are computed once.
 */
import type { Exchange, PhysicalNode, PlanColumn } from './plan.ts';

type WithoutBase<N> = N extends PhysicalNode ? Omit<N, 'id' | 'inputs' | 'columns' | 'changelog' | 'upsertKeys' | 'label'> : never;
/** The parameters of one node. `retract` and `emitUpdateBefore` are false here and set by `finish.ts`. */
export type NodeBody = WithoutBase<PhysicalNode>;

/** Kinds besides insert. Update: may carry +U, whether with -U is decided later. */
export interface ChangeKinds { readonly update: boolean; readonly delete: boolean }
/** How rows lie over subtasks: by the hash of these columns, all in one, or anyhow (undefined). */
export type Distribution = { readonly kind: 'hash'; readonly keys: readonly number[] } | { readonly kind: 'single' } | undefined;
export type ColumnSet = readonly number[];

export interface DraftEdge { readonly node: Draft; readonly exchange: Exchange }
export interface Draft {
  /** Position in the table: inputs have smaller ones. */
  readonly index: number;
  readonly body: NodeBody;
  readonly inputs: readonly DraftEdge[];
  readonly columns: readonly PlanColumn[];
  readonly kinds: ChangeKinds;
  /** Column sets without two equal rows at one moment; an empty set: at most one row. */
  readonly unique: readonly ColumnSet[];
  /** Unique sets whose changes arrive in order at one place, so that +U alone tells what it replaces (Flink: upsert keys). */
  readonly upsert: readonly ColumnSet[];
  readonly distribution: Distribution;
  /** A source's own stream carries -U. */
  readonly sourceBefore?: boolean | undefined;
  /** Key of an upsert sink as columns of its input; absent for other sinks. */
  readonly sinkKey?: ColumnSet | undefined;
}
export type DraftFacts = Pick<Draft, 'kinds' | 'unique' | 'upsert' | 'distribution' | 'sourceBefore' | 'sinkKey'>;

export class DraftTable {
  private readonly known = new Map<string, Draft>();
  readonly drafts: Draft[] = [];
  private readonly share: boolean;
  /** `share` false: equal sub-plans stay apart (`table.optimizer.reuse-sub-plan-enabled`). */
  constructor(share: boolean) { this.share = share; }

  /** The draft with this meaning; the names of its columns are those of the first such draft. Sinks and results are never merged. */
  make(body: NodeBody, inputs: readonly DraftEdge[], columns: readonly PlanColumn[], facts: DraftFacts): Draft {
    const terminal = body.type === 'sink' || body.type === 'collect';
    const key = this.share && !terminal ? JSON.stringify([body, inputs.map((i) => [i.node.index, i.exchange]), columns.map((c) => c.type)]) : undefined;
    const found = key === undefined ? undefined : this.known.get(key);
    if (found !== undefined) return found;
    const draft: Draft = { index: this.drafts.length, body, inputs, columns, ...facts };
    this.drafts.push(draft);
    if (key !== undefined) this.known.set(key, draft);
    return draft;
  }
}
export const APPEND_KINDS: ChangeKinds = Object.freeze({ update: false, delete: false });
export const isAppend = (kinds: ChangeKinds): boolean => !kinds.update && !kinds.delete;
