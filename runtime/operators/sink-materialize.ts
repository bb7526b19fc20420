/**
 * SinkUpsertMaterialize: in front of a sink whose key differs from what identifies the stream's rows. Keeps the rows of each sink key in
 * order of arrival; the sink shows the last one. Rows are identified by the stream's upsert key, or as a whole when it has none.
 *
 *   input          list before                output                               list after
 *   +I, +U row     empty                      +I row                               [row]
 *   +I, +U row     not empty                  +U row                               row appended, or put where its upsert key stands
 *   -U, -D row     row is the only one        -D row (as in the input)             empty
 *   -U, -D row     row is the last of more    +U of the one before it              without it
 *   -U, -D row     row stands further ahead   nothing                              without it
 *   -U, -D row     row is not there           nothing; counted                     as it was
 *
 * Source: Flink SinkUpsertMaterializer.
 */
import { BatchWriter, DELETE, INSERT, isAccumulate, UPDATE_AFTER } from '../../core/row/batch.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { compileCopy, range } from '../../core/row/copy.ts';
import type { RowCopy } from '../../core/row/copy.ts';
import type { SinkMaterializeNode } from '../../planner/physical/plan.ts';
import type { Entry, StateTable } from '../state/contract.ts';
import { Arrivals } from './arrivals.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorContext, OperatorFactory } from './contract.ts';

class SinkMaterialize extends ForwardingOperator {
  private readonly out: BatchWriter;
  private readonly copyAll: RowCopy;
  private readonly copyKey: RowCopy;
  private readonly key: readonly number[];
  private readonly sub: readonly number[];
  private readonly rest: readonly number[];
  private readonly keyIn: Column[];
  private readonly subIn: Column[];
  private readonly restIn: Column[];
  private readonly subOut: Column[];
  private readonly restOut: Column[];
  /** With an upsert key: (sink key; upsert key) → the other columns. Without: all other columns are the sub-key, several times. */
  private readonly table: StateTable;
  private readonly arrivals: Arrivals | null;
  private readonly inconsistent: { value: number };
  constructor(node: SinkMaterializeNode, context: OperatorContext) {
    super(context.output);
    const types = context.inputTypes[0]!, all = range(0, types.length), pick = (columns: readonly number[]): typeof types => columns.map((c) => types[c]!);
    const others = all.filter((c) => !node.key.includes(c));
    this.key = node.key;
    this.sub = node.inputUpsertKey === null ? others : others.filter((c) => node.inputUpsertKey!.includes(c));
    this.rest = others.filter((c) => !this.sub.includes(c));
    this.out = new BatchWriter(types.length, context.output);
    this.arrivals = node.inputUpsertKey === null ? new Arrivals(context.state, 'list', pick(this.key), pick(this.sub), node.ttlMs) : null;
    this.table = this.arrivals?.rows ?? context.state.table({ name: 'rows', key: pick(this.key), subKey: pick(this.sub), value: pick(this.rest), meta: 0, ttlMs: node.ttlMs });
    this.copyAll = compileCopy(all, all);
    this.copyKey = compileCopy(this.key, this.key);
    this.keyIn = this.key.map(() => []);
    this.subIn = this.sub.map(() => []);
    this.restIn = this.rest.map(() => []);
    // A list's sub-key ends with its number, which goes nowhere.
    this.subOut = [...this.sub.map((c) => this.out.columns[c]!), ...(this.arrivals === null ? [] : [[]])];
    this.restOut = this.rest.map((c) => this.out.columns[c]!);
    this.inconsistent = context.counter('inconsistentRetractions');
  }
  push(_input: number, batch: ChangeBatch): void {
    this.key.forEach((c, k) => { this.keyIn[k] = batch.columns[c]!; });
    this.sub.forEach((c, k) => { this.subIn[k] = batch.columns[c]!; });
    this.rest.forEach((c, k) => { this.restIn[k] = batch.columns[c]!; });
    for (let row = 0; row < batch.size; row++) {
      if (isAccumulate(batch.kindAt(row))) this.add(batch, row);
      else this.retract(batch, row);
    }
    this.out.flush();
  }
  private add(batch: ChangeBatch, row: number): void {
    const kind = this.table.firstAt(this.keyIn, row) === 0 ? INSERT : UPDATE_AFTER;
    if (this.arrivals !== null) this.arrivals.add(this.keyIn, this.subIn, row);
    else this.table.writeValueAt(this.table.findOrCreateAt(this.keyIn, this.subIn, row), this.restIn, row);
    this.emit(batch, row, kind);
  }
  private retract(batch: ChangeBatch, row: number): void {
    const entry = this.arrivals?.find(this.keyIn, this.subIn, row) ?? this.table.findAt(this.keyIn, this.subIn, row);
    if (entry === 0) { this.inconsistent.value++; return; }
    const wasLast = this.table.next(entry) === 0;
    if (this.arrivals !== null) this.arrivals.remove(this.keyIn, this.subIn, row);
    else this.table.remove(entry);
    const first = this.table.firstAt(this.keyIn, row);
    if (first === 0) this.emit(batch, row, DELETE);
    else if (wasLast) this.emitKept(batch, row, this.table.lastAt(this.keyIn, row));
  }
  private emit(batch: ChangeBatch, row: number, kind: number): void {
    this.copyAll(batch.columns, row, this.out.columns, this.out.size);
    this.out.commit(kind);
  }
  private emitKept(batch: ChangeBatch, row: number, entry: Entry): void {
    const at = this.out.size;
    this.copyKey(batch.columns, row, this.out.columns, at);
    this.table.readSubKeyAt(entry, this.subOut, at);
    this.table.readValueAt(entry, this.restOut, at);
    this.out.commit(UPDATE_AFTER);
  }
}
export const sinkMaterialize: OperatorFactory<'sink-materialize'> = { type: 'sink-materialize', create: (node, context) => new SinkMaterialize(node, context) };
