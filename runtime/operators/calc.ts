/**
 * Calc: filter, then project. State: none. Changelog in = out, with one exception under a condition:
 *
 *   input pair      -U passes   +U passes   output
 *   -U, +U          yes         yes         -U, +U
 *   -U, +U          yes         no          -D         (the row leaves the filter)
 *   -U, +U          no          yes         +I         (the row enters it)
 *   -U, +U          no          no          nothing
 *
 * A pair is two neighbouring rows of one batch; a -U or +U whose partner stands in another batch is treated as if the partner had not
 * passed, which amounts to the same rows. Flink's Calc leaves the kinds as they are; a sink by key would then miss the delete.
 * Source: Flink StreamExecCalc; the difference stands in docs/semantics.md#filter-kinds.
 *
 * Without a condition rows stay where they are, so projections that are a column alone show the input's column itself, slices included.
 * With one, text columns are passed on as slices when the receiver takes them.
 */
import { BATCH_ROWS, ChangeBatch, MAX_BATCH_ROWS } from '../../core/row/batch.ts';
import type { Column } from '../../core/row/batch.ts';
import { isText, TextSlices } from '../../core/row/slices.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import type { CalcNode } from '../../planner/physical/plan.ts';
import { compileCalc } from '../codegen/compile.ts';
import type { CalcFunction, CalcOptions } from '../codegen/contract.ts';
import type { Operator, OperatorContext, OperatorFactory, Output } from './contract.ts';
import { mendPairs } from './pairs.ts';

/** Output column → the input column it is. */
type Bare = ReadonlyMap<number, number>;
/** The functions for batches without and with slices; the second is compiled when the first such batch comes. */
class CalcPlan {
  readonly filters: boolean;
  readonly width: number;
  /** Shown without a copy. */
  readonly shown: Bare;
  /** Text columns passed on as slices. */
  readonly passed: Bare;
  readonly plain: CalcFunction;
  private compiled: CalcFunction | undefined;
  private readonly compile: (options: CalcOptions) => CalcFunction;
  constructor(node: CalcNode, inputTypes: readonly SqlType[], context: OperatorContext) {
    const bare = new Map(node.projections.flatMap((p: Expr, n): [number, number][] => (p.op === 'column' ? [[n, p.index]] : [])));
    this.filters = node.condition !== null;
    this.width = node.projections.length;
    this.shown = this.filters ? new Map() : bare;
    this.passed = new Map(this.filters && context.output.takesSlices === true ? [...bare].filter(([, c]) => isText(inputTypes[c] as SqlType)) : []);
    const omitted = new Set(this.shown.keys());
    this.compile = (options) => compileCalc(node.condition, node.projections, inputTypes, { functions: context.functions, env: context.env }, { ...options, omitted });
    this.plain = this.compile({});
  }
  get sliced(): CalcFunction { return this.compiled ??= this.compile({ sliced: true, passed: new Set(this.passed.keys()) }); }
}

class CalcOperator implements Operator {
  readonly takesSlices: boolean;
  private readonly plan: CalcPlan;
  private readonly output: Output;
  private readonly batch: ChangeBatch;
  private kinds = new Uint8Array(BATCH_ROWS);
  private sources = new Int32Array(BATCH_ROWS);
  /** By output column: own slices of `passed` columns; what the batch shows. */
  private readonly own: readonly (TextSlices | null)[];
  private readonly given: (TextSlices | null)[];
  constructor(plan: CalcPlan, output: Output) {
    this.plan = plan;
    this.output = output;
    this.takesSlices = plan.filters || output.takesSlices === true;
    this.batch = ChangeBatch.withWidth(plan.width);
    this.own = Array.from({ length: plan.width }, (_, n) => (plan.passed.has(n) ? new TextSlices() : null));
    this.given = this.own.map(() => null);
  }
  push(_input: number, input: ChangeBatch): void {
    const { plan, batch } = this;
    if (input.kinds !== null && this.kinds.length < input.size) { this.kinds = new Uint8Array(MAX_BATCH_ROWS); this.sources = new Int32Array(MAX_BATCH_ROWS); }
    const pairs = input.kinds !== null && plan.filters, sources = pairs ? this.sources : null;
    for (const [n, c] of plan.shown) batch.columns[n] = input.columns[c] as Column;
    let size: number;
    if (input.slices === null) {
      batch.slices = null;
      size = plan.plain(input, 0, input.size, batch.columns, this.kinds, 0, sources);
    } else {
      batch.slices = this.slicesFor(input, input.slices);
      size = plan.sliced(input, 0, input.size, batch.columns, this.kinds, 0, sources, this.own);
    }
    if (size === 0) return;
    if (pairs) mendPairs(this.kinds, this.sources, size);
    batch.size = size;
    batch.kinds = input.kinds === null ? null : this.kinds;
    this.output.push(batch);
  }
  private slicesFor(input: ChangeBatch, slices: readonly (TextSlices | null)[]): (TextSlices | null)[] | null {
    const { plan, own, given } = this;
    let some = false;
    for (const [n, c] of plan.shown) some = (given[n] = slices[c] ?? null) !== null || some;
    for (const [n, c] of plan.passed) {
      const from = slices[c] ?? null, into = own[n] as TextSlices;
      into.ensure(input.size);
      given[n] = from === null ? null : into;
      if (from === null) continue;
      into.begin(from.bytes);
      some = true;
    }
    return some ? given : null;
  }
}
export const calc: OperatorFactory<'calc'> = {
  type: 'calc',
  create(node, context: OperatorContext) {
    return new CalcOperator(new CalcPlan(node, context.inputTypes[0] ?? [], context), context.output);
  },
};
