/**
 * Generated code for bound expressions. The generator addresses columns by index and constants by reference; no text of a user ever
 * becomes code. Implemented in `runtime/codegen/compile.ts` with exactly these signatures.
 */
import type { EvalEnv, FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import type { ColumnSlices } from '../../core/row/slices.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';

export interface CodegenContext { readonly functions: FunctionRegistry; readonly env: EvalEnv }

/**
 * Filter + projection over rows [from, to) of a batch: writes passing rows to `out` from `at` on and gives the position behind the
 * last. `outKinds` is written only when the input has kinds. `sources`, if given, gets each output row's input row. `outSlices` is used
 * with `passed` columns only.
 */
export type CalcFunction = (input: ChangeBatch, from: number, to: number, out: readonly Column[], outKinds: Uint8Array, at: number, sources: Int32Array | null, outSlices?: ColumnSlices) => number;
export interface CalcOptions {
  /** The input has slices: a text column that is read becomes a string only in rows that get so far. */
  readonly sliced?: boolean;
  /** Projections that are a text column alone and pass its slices on to `outSlices` (needs `sliced`). */
  readonly passed?: ReadonlySet<number>;
  /** Projections that the caller fills. */
  readonly omitted?: ReadonlySet<number>;
}
export type CompileCalc = (condition: Expr | null, projections: readonly Expr[], inputTypes: readonly SqlType[], context: CodegenContext, options?: CalcOptions) => CalcFunction;
/** Predicate over one row given as values by position (join residual: left ++ right). NULL counts as false. */
export type CompileRowPredicate = (condition: Expr, inputTypes: readonly SqlType[], context: CodegenContext) => (row: readonly unknown[]) => boolean;
/** Value of an expression without columns. */
export type EvaluateConstant = (expr: Expr, context: CodegenContext) => unknown;
