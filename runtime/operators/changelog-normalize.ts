/**
 * ChangelogNormalize: an upsert stream (rows by key, deletes maybe with the key alone) becomes a complete changelog. Keeps the last row of
 * every key, for ever or for its time to live.
 *
 *   kept row   input      output                                     kept then
 *   none       +I, +U     +I new                                     new
 *   none       -D, -U     nothing                                    none
 *   equal      +I, +U     nothing; with a time to live -U old, +U new   new
 *   other      +I, +U     -U old (if wanted), +U new                 new
 *   any        -D, -U     -D old, all columns as kept                none
 *
 * Source: Flink DeduplicateFunctionHelper.processLastRowOnChangelog.
 */
import { BatchWriter, DELETE, INSERT, isAccumulate, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { compileCopy, range } from '../../core/row/copy.ts';
import type { RowCopy } from '../../core/row/copy.ts';
import type { StateTable } from '../state/contract.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorContext, OperatorFactory } from './contract.ts';
import type { ChangelogNormalizeNode } from '../../planner/physical/plan.ts';

class ChangelogNormalize extends ForwardingOperator {
  private readonly table: StateTable;
  private readonly out: BatchWriter;
  private readonly copyAll: RowCopy;
  private readonly copyKey: RowCopy;
  private readonly key: readonly number[];
  private readonly rest: readonly number[];
  private readonly keyIn: Column[];
  private readonly restIn: Column[];
  private readonly restOut: Column[];
  private readonly emitUpdateBefore: boolean;
  private readonly suppressEqual: boolean;
  constructor(node: ChangelogNormalizeNode, context: OperatorContext) {
    super(context.output);
    const types = context.inputTypes[0]!, width = types.length;
    this.key = node.key;
    this.rest = range(0, width).filter((c) => !node.key.includes(c));
    this.table = context.state.table({ name: 'rows', key: node.key.map((c) => types[c]!), subKey: [], value: this.rest.map((c) => types[c]!), meta: 0, ttlMs: node.ttlMs });
    this.out = new BatchWriter(width, context.output);
    this.copyAll = compileCopy(range(0, width), range(0, width));
    this.copyKey = compileCopy(node.key, node.key);
    this.keyIn = node.key.map(() => []);
    this.restIn = this.rest.map(() => []);
    this.restOut = this.rest.map((c) => this.out.columns[c]!);
    this.emitUpdateBefore = node.emitUpdateBefore;
    this.suppressEqual = node.ttlMs === 0;
  }
  push(_input: number, batch: ChangeBatch): void {
    this.key.forEach((c, k) => { this.keyIn[k] = batch.columns[c]!; });
    this.rest.forEach((c, k) => { this.restIn[k] = batch.columns[c]!; });
    for (let row = 0; row < batch.size; row++) {
      if (isAccumulate(batch.kindAt(row))) this.upsert(batch, row);
      else this.remove(batch, row);
    }
    this.out.flush();
  }
  private upsert(batch: ChangeBatch, row: number): void {
    const { table } = this, entry = table.findOrCreateAt(this.keyIn, EMPTY, row);
    if (table.wasCreated) {
      table.writeValueAt(entry, this.restIn, row);
      this.emit(batch, row, INSERT);
      return;
    }
    if (this.suppressEqual && table.valueEqualsAt(entry, this.restIn, row)) return;
    if (this.emitUpdateBefore) this.emitKept(batch, row, entry, UPDATE_BEFORE);
    table.writeValueAt(entry, this.restIn, row);
    this.emit(batch, row, UPDATE_AFTER);
  }
  private remove(batch: ChangeBatch, row: number): void {
    const entry = this.table.findAt(this.keyIn, EMPTY, row);
    if (entry === 0) return;
    this.emitKept(batch, row, entry, DELETE);
    this.table.remove(entry);
  }
  private emit(batch: ChangeBatch, row: number, kind: number): void {
    this.copyAll(batch.columns, row, this.out.columns, this.out.size);
    this.out.commit(kind);
  }
  private emitKept(batch: ChangeBatch, row: number, entry: number, kind: number): void {
    this.copyKey(batch.columns, row, this.out.columns, this.out.size);
    this.table.readValueAt(entry, this.restOut, this.out.size);
    this.out.commit(kind);
  }
}
const EMPTY: readonly Column[] = [];
export const changelogNormalize: OperatorFactory<'changelog-normalize'> = { type: 'changelog-normalize', create: (node, context) => new ChangelogNormalize(node, context) };
