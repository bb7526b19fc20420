/** D9: a join stops in the middle of a row when nothing below has room, and goes on where it stopped: the same changes in the same order as without. */
import { expect } from 'chai';
import { BIGINT } from '../../core/types/sql-type.ts';
import { ChangeBatch } from '../../core/row/batch.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { LateOperator, OperatorContext } from '../../runtime/operators/contract.ts';
import { join } from '../../runtime/operators/join.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import { nodeOf } from './harness.ts';

const types = [BIGINT, BIGINT];
class Bed {
  readonly out: string[] = [];
  readonly watermarks: number[] = [];
  open = true;
  wakes = 0;
  readonly operator: LateOperator;
  constructor(joinType: 'inner' | 'full', paced: boolean) {
    const side = { kind: 'no-key' as const, uniqueKey: [] };
    const node = nodeOf('join', 4, { inputs: 2, joinType, leftKeys: [0], rightKeys: [0], nullSafe: [false], left: side, right: side, residual: null, ttlMs: [0, 0] });
    const context = {
      output: {
        push: (batch: ChangeBatch) => { for (let i = 0; i < batch.size; i++) this.out.push(`${batch.kindAt(i)} ${batch.columns.map((c) => String(c[i])).join()}`); },
        watermark: (ms: number) => { this.watermarks.push(ms); },
      },
      state: new OperatorStateBackend({ nowMs: () => 0 }), env: { timeZone: 'UTC', nowMs: () => 0, random: () => 0 }, functions: functionRegistry, settings: { timeZone: 'UTC', bounded: false, stateTtlMs: 0 },
      subtask: 0, parallelism: 1, inputTypes: [types, types], counter: () => ({ value: 0 }),
      ...(paced ? { late: { lookup: () => undefined, connector: {}, wake: () => { this.wakes++; }, room: () => this.open } } : {}),
    } as unknown as OperatorContext;
    this.operator = join.create(node, context) as LateOperator;
  }
  push(input: number, rows: readonly (readonly [bigint, bigint])[], kind = 0): void {
    const batch = new ChangeBatch([rows.map((r) => r[0]), rows.map((r) => r[1])]);
    batch.size = rows.length;
    if (kind !== 0) batch.kinds = new Uint8Array(rows.length).fill(kind);
    this.operator.push(input, batch);
    for (const column of batch.columns) column.fill(null); // as a producer uses its arrays again
  }
  drain(): void { for (let i = 0; i < 10_000 && !this.operator.isEmpty; i++) this.operator.release(); }
}
const rowsOf = (key: bigint, from: number, count: number): (readonly [bigint, bigint])[] => Array.from({ length: count }, (_, i) => [key, BigInt(from + i)] as const);

describe('join that stops in the middle', () => {
  for (const joinType of ['inner', 'full'] as const) it(`${joinType}: the same changes as one that does not, whatever is open when`, () => {
    const straight = new Bed(joinType, false), paced = new Bed(joinType, true);
    const steps: ((bed: Bed) => void)[] = [
      (bed) => bed.push(0, rowsOf(1n, 0, 1000)), (bed) => bed.push(0, [...rowsOf(1n, 5000, 700), ...rowsOf(2n, 0, 20)]),
      (bed) => bed.push(1, [...rowsOf(1n, 0, 20), ...rowsOf(3n, 0, 3), ...rowsOf(2n, 0, 40)]), (bed) => bed.operator.watermark?.(0, 7), (bed) => bed.operator.watermark?.(1, 9),
      (bed) => bed.push(1, rowsOf(1n, 0, 15), 3), (bed) => bed.push(0, rowsOf(1n, 0, 900), 3), (bed) => bed.push(1, rowsOf(1n, 0, 30)),
    ];
    for (const [i, step] of steps.entries()) {
      step(straight);
      paced.open = i % 3 === 0;
      step(paced);
      if (i % 2 === 1) paced.drain();
    }
    expect(paced.operator.isEmpty).to.equal(true);
    expect(paced.out).to.deep.equal(straight.out);
    expect(paced.watermarks).to.deep.equal(straight.watermarks);
    expect(straight.out.length).to.be.greaterThan(50_000);
  });
  it('makes no more than some batches while closed, not all while open, and holds back what comes behind', () => {
    const bed = new Bed('inner', true);
    bed.push(0, rowsOf(1n, 0, 1000));
    bed.push(0, rowsOf(1n, 1000, 1000));
    bed.open = false;
    bed.push(1, rowsOf(1n, 0, 1000));
    expect(bed.out.length).to.be.within(1024, 8192);
    expect([bed.operator.isEmpty, bed.operator.hasRoom, bed.operator.hasAnswers, bed.wakes]).to.deep.equal([false, false, true, 1]);
    bed.operator.watermark?.(0, 5);
    bed.operator.watermark?.(1, 5);
    bed.push(0, rowsOf(1n, 9000, 1));
    expect(bed.watermarks).to.deep.equal([]);
    bed.open = true;
    const before = bed.out.length;
    bed.operator.release();
    expect(bed.out.length - before).to.be.within(1024, 70_000);
    bed.drain();
    expect(bed.out).to.have.length(2000 * 1000 + 1000);
    expect(new Set(bed.out).size).to.equal(bed.out.length);
    expect(bed.watermarks).to.deep.equal([5]);
  });
});
