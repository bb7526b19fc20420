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
 */
import { BATCH_ROWS, ChangeBatch, DELETE, INSERT, MAX_BATCH_ROWS, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import { compileCalc } from '../codegen/compile.ts';
import type { CalcFunction } from '../codegen/contract.ts';
import type { Operator, OperatorContext, OperatorFactory, Output } from './contract.ts';

class CalcOperator implements Operator {
  private readonly calc: CalcFunction;
  private readonly filters: boolean;
  private readonly output: Output;
  private readonly batch: ChangeBatch;
  private kinds = new Uint8Array(BATCH_ROWS);
  private sources = new Int32Array(BATCH_ROWS);
  constructor(calc: CalcFunction, width: number, filters: boolean, output: Output) {
    this.calc = calc;
    this.filters = filters;
    this.output = output;
    this.batch = ChangeBatch.withWidth(width);
  }
  push(_input: number, batch: ChangeBatch): void {
    if (batch.kinds !== null && this.kinds.length < batch.size) { this.kinds = new Uint8Array(MAX_BATCH_ROWS); this.sources = new Int32Array(MAX_BATCH_ROWS); }
    const pairs = batch.kinds !== null && this.filters;
    const size = this.calc(batch, 0, batch.size, this.batch.columns, this.kinds, 0, pairs ? this.sources : null);
    if (size === 0) return;
    if (pairs) this.mendPairs(size);
    this.batch.size = size;
    this.batch.kinds = batch.kinds === null ? null : this.kinds;
    this.output.push(this.batch);
  }
  private mendPairs(size: number): void {
    const { kinds, sources } = this;
    for (let row = 0; row < size; row++) {
      const kind = kinds[row];
      if (kind === UPDATE_BEFORE) {
        if (row + 1 < size && kinds[row + 1] === UPDATE_AFTER && sources[row + 1] === (sources[row] ?? 0) + 1) row++;
        else kinds[row] = DELETE;
      } else if (kind === UPDATE_AFTER) kinds[row] = INSERT;
    }
  }
}
export const calc: OperatorFactory<'calc'> = {
  type: 'calc',
  create(node, context: OperatorContext) {
    const compiled = compileCalc(node.condition, node.projections, context.inputTypes[0] ?? [], { functions: context.functions, env: context.env });
    return new CalcOperator(compiled, node.projections.length, node.condition !== null, context.output);
  },
};
