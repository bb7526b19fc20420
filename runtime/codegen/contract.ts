/**
 * Generated code for bound expressions. The generator addresses columns by index and constants by reference; no text of a user ever
 * becomes code. Implemented in `runtime/codegen/compile.ts` with exactly these signatures.
 */
import type { EvalEnv, FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';

export interface CodegenContext { readonly functions: FunctionRegistry; readonly env: EvalEnv }

/**
 * Filter + projection over rows [from, to) of a batch: writes passing rows to `out` from `at` on and gives the position behind the
 * last. `outKinds` is written only when the input has kinds. `sources`, if given, gets each output row's input row.
 */
export type CalcFunction = (input: ChangeBatch, from: number, to: number, out: readonly Column[], outKinds: Uint8Array, at: number, sources: Int32Array | null) => number;
export type CompileCalc = (condition: Expr | null, projections: readonly Expr[], inputTypes: readonly SqlType[], context: CodegenContext) => CalcFunction;
/** Predicate over one row given as values by position (join residual: left ++ right). NULL counts as false. */
export type CompileRowPredicate = (condition: Expr, inputTypes: readonly SqlType[], context: CodegenContext) => (row: readonly unknown[]) => boolean;
/** Value of an expression without columns. */
export type EvaluateConstant = (expr: Expr, context: CodegenContext) => unknown;
