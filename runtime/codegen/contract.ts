/**
 * Generated code for bound expressions. The generator addresses columns by index and constants by reference; no text of a user ever
 * becomes code. Implemented in `runtime/codegen/compile.ts` with exactly these signatures.
 */
import type { EvalEnv, FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';

export interface CodegenContext { readonly functions: FunctionRegistry; readonly env: EvalEnv }

/** Filter + projection over a whole batch: appends passing rows (values and kinds) to `out` from `out.size`; gives the new size. `outKinds` is written only when the input has kinds. */
export type CalcFunction = (input: ChangeBatch, from: number, to: number, out: readonly Column[], outKinds: Uint8Array, at: number) => number;
export type CompileCalc = (condition: Expr | null, projections: readonly Expr[], inputTypes: readonly SqlType[], context: CodegenContext) => CalcFunction;
/** Predicate over one row given as values by position (join residual: left ++ right). NULL counts as false. */
export type CompileRowPredicate = (condition: Expr, inputTypes: readonly SqlType[], context: CodegenContext) => (row: readonly unknown[]) => boolean;
/** Value of an expression without columns. */
export type EvaluateConstant = (expr: Expr, context: CodegenContext) => unknown;
