/**
 * The operator contract.
 *
 * All calls come from one thread, one at a time, and are synchronous: an operator never awaits and never blocks. Whatever it makes of a
 * `push` it has handed to `output` before `push` returns, a `LateOperator` excepted. What must survive a crash it keeps in state tables; what it caches outside
 * them it writes there in `flush`, which the task calls at every barrier (all inputs drained) before the tables are snapshotted.
 * To add an operator: a node type in planner/physical, one file here, one line in `index.ts`, one `.stream` test.
 */
import type { EvalEnv, FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { ConnectorContext, LookupFactory } from '../connectors/contract.ts';
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
/**
 * An operator that asks the outside, or makes more of a row than goes out at once, and answers later, in the order it was asked. The task sees to the rest: it pushes only while there is
 * room, lets a barrier or the end of input through only when nothing is unanswered, and takes answers out while what lies below has room.
 */
export interface LateOperator extends Operator {
  open(): Promise<void>;
  /** More rows may be pushed; rows in flight are bounded by it, give or take a batch. */
  readonly hasRoom: boolean;
  /** Every row has been answered and released. */
  readonly isEmpty: boolean;
  /** The oldest row is answered, or asking has failed. */
  readonly hasAnswers: boolean;
  /** Hands a batch or so of answers to `output`. Throws what asking failed with. */
  release(): void;
  closed(): Promise<void>;
}
export const isLate = (operator: Operator | undefined): operator is LateOperator => operator !== undefined && 'release' in operator;
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
  /** For late operators: connectors that are asked, how to say that answers have come, and whether what lies below has room. */
  readonly late?: { readonly lookup: (identifier: string) => LookupFactory | undefined; readonly connector: ConnectorContext; readonly wake: () => void; readonly room?: (() => boolean) | undefined } | undefined;
}
export interface OperatorFactory<T extends NodeType> {
  readonly type: T;
  create(node: NodeOf<T>, context: OperatorContext): Operator;
}
