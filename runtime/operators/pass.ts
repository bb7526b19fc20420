/**
 * Operators that keep no rows: UNION ALL (rows of all inputs as they come), DropUpdateBefore (-U out, nothing else touched; Flink
 * StreamExecDropUpdateBefore), streaming LIMIT (the first rows of an append-only stream; Flink StreamExecLimit) and VALUES (its rows once,
 * when its end is called).
 */
import { BatchWriter, ChangeBatch, INSERT, UPDATE_BEFORE } from '../../core/row/batch.ts';
import { compileCopy, range } from '../../core/row/copy.ts';
import type { RowCopy } from '../../core/row/copy.ts';
import { BIGINT } from '../../core/types/sql-type.ts';
import { evaluateConstant } from '../codegen/compile.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorFactory, Output } from './contract.ts';
import type { StateTable } from '../state/contract.ts';

class Union extends ForwardingOperator {
  get takesSlices(): boolean { return this.output.takesSlices === true; }
  push(_input: number, batch: ChangeBatch): void { this.output.push(batch); }
}
export const union: OperatorFactory<'union'> = { type: 'union', create: (node, context) => new Union(context.output, node.inputs.length) };

class DropUpdateBefore extends ForwardingOperator {
  private readonly out: BatchWriter;
  private readonly copy: RowCopy;
  constructor(output: Output, width: number) {
    super(output);
    this.out = new BatchWriter(width, output);
    this.copy = compileCopy(range(0, width), range(0, width));
  }
  push(_input: number, batch: ChangeBatch): void {
    if (batch.kinds === null || !hasUpdateBefore(batch)) { this.output.push(batch); return; }
    for (let row = 0; row < batch.size; row++) {
      if (batch.kinds[row] === UPDATE_BEFORE) continue;
      this.copy(batch.columns, row, this.out.columns, this.out.size);
      this.out.commit(batch.kinds[row]!);
    }
    this.out.flush();
  }
}
function hasUpdateBefore(batch: ChangeBatch): boolean {
  for (let row = 0; row < batch.size; row++) if (batch.kinds![row] === UPDATE_BEFORE) return true;
  return false;
}
export const dropUpdateBefore: OperatorFactory<'drop-update-before'> = {
  type: 'drop-update-before', create: (node, context) => new DropUpdateBefore(context.output, node.columns.length),
};

/** State: one entry with the number of rows seen, so that a restored job does not begin to count anew. */
class Limit extends ForwardingOperator {
  private readonly batch: ChangeBatch;
  private readonly width: number;
  private readonly table: StateTable;
  private readonly offset: number;
  private readonly end: number;
  private seen: number;
  constructor(output: Output, width: number, table: StateTable, offset: number, limit: number) {
    super(output);
    this.batch = ChangeBatch.withWidth(width);
    this.width = width;
    this.table = table;
    this.offset = offset;
    this.end = offset + limit;
    const entry = table.find([], []);
    this.seen = entry === 0 ? 0 : readCount(table, entry);
  }
  get finished(): boolean { return this.seen >= this.end; }
  push(_input: number, batch: ChangeBatch): void {
    const from = Math.max(0, this.offset - this.seen), to = Math.min(batch.size, this.end - this.seen);
    this.seen += Math.min(batch.size, Math.max(0, this.end - this.seen));
    if (to <= from) return;
    if (from === 0 && to === batch.size) { this.output.push(batch); return; }
    for (let c = 0; c < this.width; c++) {
      const source = batch.columns[c]!, target = this.batch.columns[c]!;
      for (let row = from; row < to; row++) target[row - from] = source[row];
    }
    this.batch.size = to - from;
    this.output.push(this.batch);
  }
  flush(): void { this.table.writeValue(this.table.findOrCreate([], []), [this.seen]); }
}
function readCount(table: StateTable, entry: number): number {
  const into: unknown[] = [];
  table.readValue(entry, into);
  return Number(into[0]);
}
export const limit: OperatorFactory<'limit'> = {
  type: 'limit',
  create: (node, context) => new Limit(context.output, node.columns.length, context.state.table({ name: 'seen', key: [], subKey: [], value: [BIGINT], meta: 0, ttlMs: 0 }), node.offset, node.limit),
};

export const values: OperatorFactory<'values'> = {
  type: 'values',
  create: (node, context) => ({
    push() {},
    endInput() {
      const out = new BatchWriter(node.columns.length, context.output);
      for (const row of node.rows) {
        row.forEach((expr, c) => { out.columns[c]![out.size] = evaluateConstant(expr, { functions: context.functions, env: context.env }); });
        out.commit(INSERT);
      }
      out.flush();
    },
  }),
};
