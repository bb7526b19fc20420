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
 * Groups met lately are kept decoded in a cache and written to the tables at a barrier or when they leave it: 0.1–0.2 µs per row for a
 * cached group. A group is found by its key value where one column of a scalar type is the key, else by its entry in `groups`. With a time
 * to live nothing stays cached beyond a batch, since the table must see every access.
 */
import { BatchWriter, DELETE, INSERT, isAccumulate, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { compileCopy, range } from '../../core/row/copy.ts';
import type { RowCopy } from '../../core/row/copy.ts';
import { equalValues } from '../../core/types/compare.ts';
import type { GroupAggregateNode } from '../../planner/physical/plan.ts';
import type { Entry, StateTable } from '../state/contract.ts';
import { compileAggregates } from './aggregate-calls.ts';
import type { Aggregates } from './aggregate-calls.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorContext, OperatorFactory } from './contract.ts';
import { GroupCache } from './group-cache.ts';
import type { Group } from './group-cache.ts';

/** Types whose values are the same exactly when a Map holds them for the same key. Doubles are not: -0 and 0 are two groups. */
const MAP_KEYS = new Set(['BOOLEAN', 'TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'DECIMAL', 'CHAR', 'VARCHAR', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ', 'INTERVAL_YEAR_MONTH', 'INTERVAL_DAY_TIME']);

class GroupAggregate extends ForwardingOperator {
  private readonly node: GroupAggregateNode;
  private readonly table: StateTable;
  private readonly calls: Aggregates;
  private readonly out: BatchWriter;
  private readonly copyKey: RowCopy;
  private readonly keyIn: Column[];
  private readonly cache: GroupCache;
  private readonly isByValue: boolean;
  private readonly suppressEqual: boolean;
  private readonly inconsistent: { value: number };
  private readonly fresh: unknown[] = [];
  private readonly resultsAt: number;
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
    this.resultsAt = node.keys.length;
    this.isByValue = keyTypes.length === 1 && MAP_KEYS.has(keyTypes[0]!.kind);
    this.suppressEqual = node.ttlMs === 0;
    this.cache = new GroupCache((group) => this.writeBack(group));
  }
  push(_input: number, batch: ChangeBatch): void {
    for (let k = 0; k < this.keyIn.length; k++) this.keyIn[k] = batch.columns[this.node.keys[k]!]!;
    this.calls.bind(batch.columns);
    const { kinds } = batch;
    for (let row = 0; row < batch.size; row++) this.change(batch, row, kinds === null || isAccumulate(kinds[row]!));
    this.out.flush();
    if (!this.suppressEqual) this.cache.drop();
  }
  private change(batch: ChangeBatch, row: number, adds: boolean): void {
    const cacheKey = this.isByValue ? this.keyIn[0]![row] : this.keyIn.length === 0 ? 0 : this.table.findAt(this.keyIn, NONE, row);
    let group = cacheKey === 0 && !this.isByValue && this.keyIn.length > 0 ? undefined : this.cache.get(cacheKey);
    group ??= this.load(cacheKey, row);
    if (group === undefined) {
      if (!adds) { this.inconsistent.value++; return; }
      this.create(batch, row);
      return;
    }
    if (adds) group.rows++;
    else if (--group.rows === 0 && this.node.retract) { this.forget(batch, row, group, cacheKey); return; }
    this.calls.update(group, row, adds, this.keyIn);
    const { fresh } = this;
    this.calls.results(group, row, this.keyIn, fresh);
    if (this.suppressEqual && isSame(group.results, fresh)) { group.isDirty = true; return; }
    if (this.node.emitUpdateBefore) this.emit(batch, row, group.results, UPDATE_BEFORE);
    this.emit(batch, row, fresh, UPDATE_AFTER);
    for (let i = 0; i < fresh.length; i++) group.results[i] = fresh[i];
    group.isDirty = true;
  }
  private create(batch: ChangeBatch, row: number): void {
    const entry = this.table.findOrCreateAt(this.keyIn, NONE, row);
    const group = this.newGroup(entry);
    this.calls.init(group.slots);
    group.rows = 1;
    group.isDirty = true;
    this.cache.add(this.isByValue ? this.keyIn[0]![row] : this.keyIn.length === 0 ? 0 : entry, group);
    this.calls.update(group, row, true, this.keyIn);
    this.calls.results(group, row, this.keyIn, group.results);
    this.emit(batch, row, group.results, INSERT);
  }
  /** The last row of the group goes: its results as they were, then nothing is left of it. */
  private forget(batch: ChangeBatch, row: number, group: Group, cacheKey: unknown): void {
    this.emit(batch, row, group.results, DELETE);
    this.cache.delete(cacheKey);
    this.table.remove(group.entry);
    this.calls.clear(this.keyIn, row);
  }
  private load(cacheKey: unknown, row: number): Group | undefined {
    const entry = this.isByValue || this.keyIn.length === 0 ? this.table.findAt(this.keyIn, NONE, row) : cacheKey as Entry;
    if (entry === 0) return undefined;
    const group = this.newGroup(entry);
    this.table.readValue(entry, group.slots);
    group.rows = this.node.retract ? this.table.meta(entry, 0) : 1;
    this.calls.results(group, row, this.keyIn, group.results);
    this.cache.add(cacheKey, group);
    return group;
  }
  private newGroup(entry: Entry): Group {
    return { entry, slots: new Array<unknown>(this.calls.slots.length), results: new Array<unknown>(this.node.calls.length), rows: 0, isDirty: false, memos: this.calls.memos() };
  }
  private writeBack(group: Group): void {
    if (!group.isDirty) return;
    group.isDirty = false;
    this.table.writeValue(group.entry, group.slots);
    if (this.node.retract) this.table.setMeta(group.entry, 0, group.rows);
  }
  private emit(batch: ChangeBatch, row: number, results: readonly unknown[], kind: number): void {
    const { out } = this, at = out.size;
    this.copyKey(batch.columns, row, out.columns, at);
    for (let i = 0; i < results.length; i++) out.columns[this.resultsAt + i]![at] = results[i];
    out.commit(kind);
  }
  flush(): void { this.cache.writeAll(); }
  override endInput(input: number): void {
    if (this.node.emitOnEmptyEnd && this.table.size === 0) {
      const group = this.newGroup(0);
      this.calls.init(group.slots);
      this.calls.results(group, 0, NONE, group.results);
      group.results.forEach((value, i) => { this.out.columns[this.resultsAt + i]![this.out.size] = value; });
      this.out.commit(INSERT);
      this.out.flush();
    }
    super.endInput(input);
  }
}
const NONE: readonly Column[] = [];
function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !equalValues(a[i], b[i])) return false;
  return true;
}
export const groupAggregate: OperatorFactory<'group-aggregate'> = { type: 'group-aggregate', create: (node, context) => new GroupAggregate(node, context) };
