/**
 * The operator contract.
 *
 * All calls come from one thread, one at a time, and are synchronous: an operator never awaits and never blocks. Whatever it makes of a
 * `push` it has handed to `output` before `push` returns. What must survive a crash it keeps in state tables; what it caches outside
 * them it writes there in `flush`, which the task calls at every barrier (all inputs drained) before the tables are snapshotted.
 * To add an operator: a node type in planner/physical, one file here, one line in `index.ts`, one `.stream` test.
 */
import type { EvalEnv, FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { ChangelogMode } from '../../catalog/registry/connectors.ts';
import type { ChangeBatch } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { NodeOf, NodeType, PlanSettings } from '../../planner/physical/plan.ts';
import type { OperatorState } from '../state/contract.ts';

export interface Output {
  push(batch: ChangeBatch): void;
  /** Some receiver takes text as slices (`core/row/slices.ts`): worth leaving texts as they are. */
  readonly takesSlices?: boolean;
  /** Event time: no earlier rows will come (ms). */
  watermark(ms: number): void;
}
export interface Operator {
  push(input: number, batch: ChangeBatch): void;
  /** It looks at `batch.slices` itself, or hands the batch on. Otherwise all columns are complete before it gets the batch. */
  readonly takesSlices?: boolean;
  watermark?(input: number, ms: number): void;
  /** A bounded input has ended; called once per input. The task forwards the end downstream when all inputs ended. */
  endInput?(input: number): void;
  /** Write cached state to the tables; called at a barrier. */
  flush?(): void;
  close?(): void;
  /** True when no further input can change the output (LIMIT reached): the task stops the sources above. */
  readonly finished?: boolean;
}
export interface OperatorContext {
  readonly output: Output;
  readonly state: OperatorState;
  readonly env: EvalEnv;
  readonly functions: FunctionRegistry;
  readonly settings: PlanSettings;
  readonly subtask: number;
  readonly parallelism: number;
  /** Column types of each input. */
  readonly inputTypes: readonly (readonly SqlType[])[];
  /** Which kinds each input may carry; undefined = not known, any. */
  readonly inputChangelogs?: readonly ChangelogMode[] | undefined;
  /** Counters shown per operator: created on first use, e.g. `inconsistentRetractions`, `droppedLateRows`. */
  counter(name: string): { value: number };
}
export interface OperatorFactory<T extends NodeType> {
  readonly type: T;
  create(node: NodeOf<T>, context: OperatorContext): Operator;
}
