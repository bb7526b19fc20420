/**
 * INTERSECT and EXCEPT, with and without ALL, over whole rows; NULL equals NULL. State: one entry per distinct row with the number of
 * times each input holds it (left l, right r); gone when both are 0. Each row is to be in the output
 *
 *   INTERSECT      1 time if l > 0 and r > 0, else 0        INTERSECT ALL   min(l, r)
 *   EXCEPT         1 time if l > 0 and r = 0, else 0        EXCEPT ALL      max(l - r, 0)
 *
 * and every change of that number is sent as so many +I or -D. A retraction of a row an input does not hold is counted and dropped.
 * Source: the results of Flink's rewriting (ReplaceIntersectWithSemiJoin, RewriteIntersectAll, RewriteMinusAll).
 */
import { BatchWriter, DELETE, INSERT, isAccumulate } from '../../core/row/batch.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { compileCopy, range } from '../../core/row/copy.ts';
import type { RowCopy } from '../../core/row/copy.ts';
import type { SetOpNode } from '../../planner/physical/plan.ts';
import type { StateTable } from '../state/contract.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorContext, OperatorFactory } from './contract.ts';

const TIMES: Record<'intersect' | 'except', { some: (l: number, r: number) => number; all: (l: number, r: number) => number }> = {
  intersect: { some: (l, r) => (l > 0 && r > 0 ? 1 : 0), all: Math.min },
  except: { some: (l, r) => (l > 0 && r === 0 ? 1 : 0), all: (l, r) => Math.max(l - r, 0) },
};

class SetOp extends ForwardingOperator {
  private readonly table: StateTable;
  private readonly out: BatchWriter;
  private readonly copy: RowCopy;
  private readonly times: (left: number, right: number) => number;
  private readonly inconsistent: { value: number };
  constructor(node: SetOpNode, context: OperatorContext) {
    super(context.output, 2);
    const types = context.inputTypes[0]!;
    this.table = context.state.table({ name: 'counts', key: types, subKey: [], value: [], meta: 2, ttlMs: node.ttlMs });
    this.out = new BatchWriter(types.length, context.output);
    this.copy = compileCopy(range(0, types.length), range(0, types.length));
    this.times = TIMES[node.op][node.all ? 'all' : 'some'];
    this.inconsistent = context.counter('inconsistentRetractions');
  }
  push(input: number, batch: ChangeBatch): void {
    const { table } = this, side = input as 0 | 1;
    for (let row = 0; row < batch.size; row++) {
      const adds = isAccumulate(batch.kindAt(row));
      const entry = adds ? table.findOrCreateAt(batch.columns, EMPTY, row) : table.findAt(batch.columns, EMPTY, row);
      if (!adds && (entry === 0 || table.meta(entry, side) === 0)) { this.inconsistent.value++; continue; }
      const before = this.times(table.meta(entry, 0), table.meta(entry, 1));
      table.setMeta(entry, side, table.meta(entry, side) + (adds ? 1 : -1));
      const after = this.times(table.meta(entry, 0), table.meta(entry, 1));
      if (table.meta(entry, 0) === 0 && table.meta(entry, 1) === 0) table.remove(entry);
      for (let n = before; n < after; n++) this.emit(batch, row, INSERT);
      for (let n = before; n > after; n--) this.emit(batch, row, DELETE);
    }
    this.out.flush();
  }
  private emit(batch: ChangeBatch, row: number, kind: number): void {
    this.copy(batch.columns, row, this.out.columns, this.out.size);
    this.out.commit(kind);
  }
}
const EMPTY: readonly Column[] = [];
export const setOp: OperatorFactory<'set-op'> = { type: 'set-op', create: (node, context) => new SetOp(node, context) };
