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
 * Groups that come again and again are kept decoded in a cache (`group-cache.ts`) and written to the table at a barrier; there a group is
 * found by its key value where one column of a scalar type is the key, else by its entry in `groups`. Otherwise, and always under a time to
 * live, since then the table must see every access, rows go straight to the table.
 */
import { BatchWriter, DELETE, INSERT, isAccumulate, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { compileCopy, compileSpread, range } from '../../core/row/copy.ts';
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
  /** Results before and after a row. */
  private readonly before: unknown[] = [];
  private readonly fresh: unknown[] = [];
  /** The group at hand when it is not cached. */
  private readonly passing: Group;
  private readonly usesCache: boolean;
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
    this.isByValue = keyTypes.length === 1 && MAP_KEYS.has(keyTypes[0]!.kind);
    this.suppressEqual = node.ttlMs === 0;
    this.usesCache = node.ttlMs === 0;
    this.passing = { ...this.newGroup(0), memos: [] };
    this.cache = new GroupCache((group) => this.writeBack(group));
  }
  push(_input: number, batch: ChangeBatch): void {
    for (let k = 0; k < this.keyIn.length; k++) this.keyIn[k] = batch.columns[this.node.keys[k]!]!;
    this.calls.bind(batch.columns);
    const { kinds } = batch;
    if (this.usesCache && this.cache.isWorthwhile) for (let row = 0; row < batch.size; row++) this.changeCached(batch, row, kinds === null || isAccumulate(kinds[row]!));
    else for (let row = 0; row < batch.size; row++) this.changeStored(batch, row, kinds === null || isAccumulate(kinds[row]!));
    this.out.flush();
    if (this.usesCache) this.cache.decide();
  }
  /** A row of a group that is, or will be, in the cache. */
  private changeCached(batch: ChangeBatch, row: number, adds: boolean): void {
    const cacheKey = this.isByValue ? this.keyIn[0]![row] : this.keyIn.length === 0 ? 0 : this.table.findAt(this.keyIn, NONE, row);
    // Entries are positive: 0 is no group yet, or the one group without keys.
    let group = cacheKey === 0 && !this.isByValue && this.keyIn.length > 0 ? undefined : this.cache.get(cacheKey);
    if (group === undefined) {
      const entry = this.isByValue || this.keyIn.length === 0 ? this.table.findAt(this.keyIn, NONE, row) : cacheKey as Entry;
      group = this.newGroup(entry);
      if (entry !== 0) {
        this.read(group);
        this.cache.add(cacheKey, group);
      } else if (adds) {
        group.entry = this.table.findOrCreateAt(this.keyIn, NONE, row);
        this.begin(group, batch, row);
        this.cache.add(this.isByValue || this.keyIn.length === 0 ? cacheKey : group.entry, group);
        return;
      } else { this.inconsistent.value++; return; }
    }
    if (this.change(group, batch, row, adds)) group.isDirty = true;
    else this.cache.delete(cacheKey);
  }
  /** A row of a group that is read from the table and written back at once. */
  private changeStored(batch: ChangeBatch, row: number, adds: boolean): void {
    const { table, passing } = this;
    const entry = adds ? table.findOrCreateAt(this.keyIn, NONE, row) : table.findAt(this.keyIn, NONE, row);
    if (entry === 0) { this.inconsistent.value++; return; }
    const isNew = adds && table.wasCreated;
    if (this.usesCache) this.cache.sample(entry);
    passing.entry = entry;
    if (isNew) this.begin(passing, batch, row);
    else {
      this.read(passing);
      if (!this.change(passing, batch, row, adds)) return;
    }
    passing.isDirty = true;
    this.writeBack(passing);
  }
  /** The first row of a group. */
  private begin(group: Group, batch: ChangeBatch, row: number): void {
    this.calls.init(group.slots);
    group.rows = 1;
    group.isDirty = true;
    this.calls.update(group, row, true, this.keyIn);
    this.calls.results(group, this.fresh);
    this.emit(batch, row, this.fresh, INSERT);
  }
  /** A further row; false when the group is gone with it. */
  private change(group: Group, batch: ChangeBatch, row: number, adds: boolean): boolean {
    const { before, fresh } = this;
    this.calls.results(group, before);
    if (adds) group.rows++;
    else if (this.node.retract && --group.rows === 0) {
      this.emit(batch, row, before, DELETE);
      this.table.remove(group.entry);
      this.calls.clear(this.keyIn, row);
      return false;
    }
    this.calls.update(group, row, adds, this.keyIn);
    this.calls.results(group, fresh);
    if (this.suppressEqual && isSame(before, fresh)) return true;
    if (this.node.emitUpdateBefore) this.emit(batch, row, before, UPDATE_BEFORE);
    this.emit(batch, row, fresh, UPDATE_AFTER);
    return true;
  }
  private newGroup(entry: Entry): Group {
    return { entry, slots: new Array<unknown>(this.calls.slots.length), rows: 0, isDirty: false, memos: this.calls.memos() };
  }
  private read(group: Group): void {
    this.table.readValue(group.entry, group.slots);
    group.rows = this.node.retract ? this.table.meta(group.entry, 0) : 1;
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
    this.spread(results, out.columns, at);
    out.commit(kind);
  }
  flush(): void { this.cache.writeAll(); }
  override endInput(input: number): void {
    if (this.node.emitOnEmptyEnd && this.table.size === 0) {
      const group = this.newGroup(0);
      this.calls.init(group.slots);
      this.calls.results(group, this.fresh);
      this.spread(this.fresh, this.out.columns, this.out.size);
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
