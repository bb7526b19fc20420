/** Evaluates one SQL expression the way a statement would: parsed, bound, compiled, run. For tests of functions. */
import { functionRegistry } from '../../runtime/functions/index.ts';
import { evaluateConstant } from '../../runtime/codegen/compile.ts';
import { ExpressionBinder } from '../../planner/bind/expression.ts';
import type { BindState, PlannerContext } from '../../planner/bind/context.ts';
import { Scope } from '../../planner/bind/scope.ts';
import { parseExpression } from '../../planner/sql/parser.ts';
import { valueText } from '../../core/types/print-value.ts';
import { typeText, type SqlType } from '../../core/types/sql-type.ts';
import type { EvalEnv } from '../../catalog/registry/functions.ts';
import type { Expr } from '../../planner/physical/expr.ts';

/** 2024-02-29 12:34:56.789 UTC. */
export const NOW_MS = Date.UTC(2024, 1, 29, 12, 34, 56, 789);
export const environment = (timeZone = 'UTC'): EvalEnv => ({ timeZone, nowMs: () => NOW_MS, random: () => 0.25 });

/** `columns`: types of columns c0, c1 … that the expression may name. `fold`: let the binder fold constants. */
export function bindExpression(sql: string, options: { timeZone?: string; columns?: readonly SqlType[]; fold?: boolean } = {}): Expr {
  const env = environment(options.timeZone);
  const context = {
    functions: functionRegistry, timeZone: env.timeZone, option: () => undefined,
    evaluateConstant: (e: Expr) => { if (options.fold === false && e.op !== 'cast') throw new Error('not folded'); return evaluateConstant(e, { functions: functionRegistry, env }); },
  } as unknown as PlannerContext;
  const state: BindState = { context, bounded: true, parameters: [], viewDepth: 0 };
  return new ExpressionBinder(state, Scope.of((options.columns ?? []).map((type, i) => ({ name: `c${i}`, type })), ['t'])).bind(parseExpression(sql));
}
export function evaluate(sql: string, timeZone = 'UTC', fold = true): { value: unknown; type: SqlType } {
  const expr = bindExpression(sql, { timeZone, fold });
  return { value: evaluateConstant(expr, { functions: functionRegistry, env: environment(timeZone) }), type: expr.type };
}
/** The value as CAST to STRING prints it. */
export function printed(sql: string, timeZone = 'UTC', fold = true): string {
  const { value, type } = evaluate(sql, timeZone, fold);
  return valueText(type, value, timeZone);
}
export const typeOf = (sql: string): string => typeText(bindExpression(sql).type);
/** Text of the error that the expression gives; fails when it gives none. */
export function failure(sql: string): { sqlstate: string; code: string; message: string } {
  let value: unknown;
  try { value = evaluate(sql, 'UTC', false).value; } catch (error) { return error as { sqlstate: string; code: string; message: string }; }
  throw new Error(`${sql} gave ${String(value)}`);
}
