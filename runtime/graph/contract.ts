/**
 * What the task graph needs from its neighbours: operators, connectors and the state backend.
 * One module (`runtime/registry.ts`; tests have their own) exports them as `runtimeRegistry`; every worker thread imports it by path.
 */
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { NodeType } from '../../planner/physical/plan.ts';
import type { LookupFactory, SinkFactory, SourceFactory } from '../connectors/contract.ts';
import type { OperatorFactory } from '../operators/contract.ts';
import type { OperatorState } from '../state/contract.ts';
import type { MemoryAccount } from '../state/memory.ts';

/** A packed piece of one state table (or of a part of it; `table` names the list of blocks it belongs to): what changed since the checkpoint before (delta) or all of it (base). */
export interface StateBlock {
  readonly table: string;
  /** A base takes the place of all earlier blocks of this list and operator instance. */
  readonly kind: 'base' | 'delta';
  /** Alone in its ArrayBuffer: it is transferred to the main thread. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly entries: number;
}
/** Which part of a table's keys an operator instance owns: those whose key hash falls to it, by the same hash as the exchange. */
export interface StateShare { readonly subtask: number; readonly parallelism: number }

/** State of one operator instance, with what checkpoints need. */
export interface OperatorStateBackend extends OperatorState {
  /** What changed since the last call (or since restore), and forgets that it changed. Synchronous; at most 1 µs per changed entry. Nothing changed: empty. */
  takeCheckpoint(): readonly StateBlock[];
  /** Names of restored tables that no `table()` call has asked for. */
  unclaimed(): readonly string[];
  readonly bytes: number;
  readonly entries: number;
  close(): void;
}
/**
 * Blocks to restore: table name → one list per former subtask, oldest block first. With `share` undefined the instance takes everything
 * it is given (same parallelism as before), else only its own keys; then everything kept counts as changed and the first
 * `takeCheckpoint` gives it as base blocks, because the old blocks belong to other shares.
 */
export interface RestoredState { readonly tables: ReadonlyMap<string, readonly (readonly Uint8Array[])[]>; readonly share: StateShare | undefined; /** Nobody else reads the blocks. */ readonly isOwned?: boolean | undefined }

export interface RuntimeRegistry {
  operator(type: NodeType): OperatorFactory<NodeType> | undefined;
  source(identifier: string): SourceFactory | undefined;
  sink(identifier: string): SinkFactory | undefined;
  lookup?(identifier: string): LookupFactory | undefined;
  readonly functions: FunctionRegistry;
  /** `memory` counts what the state takes and refuses more than there is. `isTracked` false: no checkpoint will be taken (queries), changes need not be recorded. */
  stateBackend(restored: RestoredState | undefined, nowMs: () => number, isTracked: boolean, memory?: MemoryAccount): OperatorStateBackend;
}
