/**
 * GROUP BY without a window: per group one row of results, kept up to date. State: `groups` (group key → accumulator slots; meta: number of
 * rows, if the input retracts), `distinct-<n>` per DISTINCT argument list and filter (group; arguments → count), `values-<n>` per call that
 * needs its values (`values-view.ts`). A row arrives; old and new are the group's results before and after it:
 *
 *   group     row      rows left   output
 *   unknown   +I, +U   –           +I new
 *   unknown   -U, -D   –           nothing; counted
 *   known     any      > 0         -U old (if wanted), +U new; nothing if old equals new, unless state has a time to live
 *   known     -U, -D   0           -D old, and the group is forgotten
 *
 * Without keys there is one group; at the end of bounded input it gives its row even if there was no input (`emitOnEmptyEnd`).
 * Source: Flink GroupAggFunction.
 *
 * Groups in use are kept numbered with their accumulators as doubles (`dense-groups.ts`), where generated code works on them
 * (`aggregate-step.ts`), and are written to the table at a barrier. With many groups that seldom come again, and always under a time to
 * live, since then the table must see every access, rows go straight to the table.
 */
import { BatchWriter, ChangeBatch, DELETE, INSERT, isAccumulate, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import type { Column } from '../../core/row/batch.ts';
import { compileCopy, compileSpread, range } from '../../core/row/copy.ts';
import type { RowCopy } from '../../core/row/copy.ts';
import { equalValues } from '../../core/types/compare.ts';
import type { GroupAggregateNode } from '../../planner/physical/plan.ts';
import type { StateTable } from '../state/contract.ts';
import { compileAggregates } from './aggregate-calls.ts';
import type { Aggregates, Group } from './aggregate-calls.ts';
import { compileStep } from './aggregate-step.ts';
import type { RareRows, Step } from './aggregate-step.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorContext, OperatorFactory } from './contract.ts';
import { DenseGroups } from './dense-groups.ts';
import { layoutFields } from './group-fields.ts';
import { hasNumberKey } from './group-keys.ts';

class GroupAggregate extends ForwardingOperator implements RareRows {
  private readonly node: GroupAggregateNode;
  private readonly table: StateTable;
  private readonly calls: Aggregates;
  private readonly out: BatchWriter;
  private readonly copyKey: RowCopy;
  private readonly keyIn: Column[];
  /** Null under a time to live. */
  private readonly groups: DenseGroups | null;
  private readonly step: Step;
  private readonly suppressEqual: boolean;
  private readonly inconsistent: { value: number };
  /** Results before and after a row. */
  private readonly before: unknown[] = [];
  private readonly fresh: unknown[] = [];
  /** The group at hand outside generated code, and slots for it. */
  private readonly passing: Group;
  private readonly slots: unknown[];
  private batch: ChangeBatch = ChangeBatch.withWidth(0);
  private readonly spread: (values: readonly unknown[], target: readonly Column[], at: number) => void;
  constructor(node: GroupAggregateNode, context: OperatorContext) {
    super(context.output);
    const types = context.inputTypes[0]!, keyTypes = node.keys.map((c) => types[c]!);
    this.node = node;
    this.inconsistent = context.counter('inconsistentRetractions');
    this.calls = compileAggregates(node, keyTypes, types, context, this.inconsistent);
    this.table = context.state.table({ name: 'groups', key: keyTypes, subKey: [], value: this.calls.slots, meta: node.retract ? 1 : 0, ttlMs: node.ttlMs });
    this.out = new BatchWriter(node.keys.length + node.calls.length, context.output);
    this.copyKey = compileCopy(node.keys, range(0, node.keys.length));
    this.keyIn = node.keys.map(() => []);
    this.spread = compileSpread(node.calls.length, node.keys.length);
    this.suppressEqual = node.ttlMs === 0;
    this.slots = new Array<unknown>(this.calls.slots.length);
    this.passing = { slots: this.slots, rows: 0, memos: [], incarnation: 0 };
    const layout = layoutFields(this.calls.calls, { key: hasNumberKey(keyTypes), rows: node.retract, incarnation: node.calls.some((call) => call.distinct) });
    this.groups = node.ttlMs === 0 ? new DenseGroups(this.table, this.calls, layout) : null;
    this.step = this.groups === null ? () => {} : compileStep(node, this.calls, layout, this.groups, this.out, this);
  }
  push(_input: number, batch: ChangeBatch): void {
    for (let k = 0; k < this.keyIn.length; k++) this.keyIn[k] = batch.columns[this.node.keys[k]!]!;
    this.calls.bind(batch.columns);
    this.batch = batch;
    const { kinds } = batch, { groups } = this;
    if (groups !== null && groups.isWorthwhile) {
      if (groups.isFull) groups.sweep();
      groups.noteRows(batch.size);
      this.step(batch, this.keyIn);
      if (!groups.isWorthwhile) groups.drop();
    } else for (let row = 0; row < batch.size; row++) this.changeStored(row, kinds === null || isAccumulate(kinds[row]!));
    this.out.flush();
  }
  enter(row: number, adds: boolean, group: number): number {
    const { table, passing } = this, groups = this.groups!, value = this.keyIn.length === 0 ? null : this.keyIn[0]![row];
    const entry = adds ? table.findOrCreateAt(this.keyIn, NONE, row) : table.findAt(this.keyIn, NONE, row);
    if (entry === 0) { this.inconsistent.value++; return -1; }
    const isNew = adds && table.wasCreated;
    let known = group;
    if (groups.isFull) {
      groups.sweep();
      // The sweep may have given the number to another group.
      known = groups.keys.find(value, this.keyIn, row);
    }
    const at = groups.enter(known, entry, value, this.keyIn, row);
    if (!isNew) { groups.read(at); return at; }
    groups.take(at, passing);
    this.begin(passing, row);
    groups.put(at, passing);
    return -1;
  }
  slow(row: number, adds: boolean, group: number): void {
    const { passing } = this, groups = this.groups!;
    groups.take(group, passing);
    if (this.change(passing, row, adds)) groups.put(group, passing);
    else {
      this.table.remove(groups.entryOf(group));
      groups.remove(group);
    }
  }
  /** A row of a group that is read from the table and written back at once. */
  private changeStored(row: number, adds: boolean): void {
    const { table, passing, slots } = this;
    const entry = adds ? table.findOrCreateAt(this.keyIn, NONE, row) : table.findAt(this.keyIn, NONE, row);
    if (entry === 0) { this.inconsistent.value++; return; }
    const isNew = adds && table.wasCreated;
    this.groups?.sample(entry);
    passing.slots = slots;
    passing.memos = NO_MEMOS;
    passing.incarnation = 0;
    if (isNew) this.begin(passing, row);
    else {
      table.readValue(entry, slots);
      passing.rows = this.node.retract ? table.meta(entry, 0) : 1;
      if (!this.change(passing, row, adds)) { table.remove(entry); return; }
    }
    table.writeValue(entry, slots);
    if (this.node.retract) table.setMeta(entry, 0, passing.rows);
  }
  /** The first row of a group. */
  private begin(group: Group, row: number): void {
    this.calls.init(group.slots);
    group.rows = 1;
    this.calls.update(group, row, true, this.keyIn);
    this.calls.results(group.slots, this.fresh);
    this.emit(row, this.fresh, INSERT);
  }
  /** A further row; false when the group is gone with it. */
  private change(group: Group, row: number, adds: boolean): boolean {
    const { before, fresh } = this;
    this.calls.results(group.slots, before);
    if (adds) group.rows++;
    else if (this.node.retract && --group.rows === 0) {
      this.emit(row, before, DELETE);
      this.calls.clear(this.keyIn, row);
      return false;
    }
    this.calls.update(group, row, adds, this.keyIn);
    this.calls.results(group.slots, fresh);
    if (this.suppressEqual && isSame(before, fresh)) return true;
    if (this.node.emitUpdateBefore) this.emit(row, before, UPDATE_BEFORE);
    this.emit(row, fresh, UPDATE_AFTER);
    return true;
  }
  private emit(row: number, results: readonly unknown[], kind: number): void {
    const { out } = this, at = out.size;
    this.copyKey(this.batch.columns, row, out.columns, at);
    this.spread(results, out.columns, at);
    out.commit(kind);
  }
  flush(): void { this.groups?.flush(); }
  override endInput(input: number): void {
    if (this.node.emitOnEmptyEnd && this.table.size === 0) {
      this.calls.init(this.slots);
      this.calls.results(this.slots, this.fresh);
      this.spread(this.fresh, this.out.columns, this.out.size);
      this.out.commit(INSERT);
      this.out.flush();
    }
    super.endInput(input);
  }
}
const NONE: readonly Column[] = [];
const NO_MEMOS: Group['memos'] = [];
function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !equalValues(a[i], b[i])) return false;
  return true;
}
export const groupAggregate: OperatorFactory<'group-aggregate'> = { type: 'group-aggregate', create: (node, context) => new GroupAggregate(node, context) };
