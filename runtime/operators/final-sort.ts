/**
 * The end of a bounded query: turns the changelog into the rows that are left, sorts them (stable: equal rows stay in order of arrival),
 * skips `offset` and gives at most `limit`. NULL order is the node's. Output: +I only.
 *
 *   input         sort keys   what is held                                       when rows go out
 *   append-only   none        nothing                                            as they come; `finished` at offset + limit
 *   append-only   some        with a limit twice what can still be shown, else all   at the end
 *   changelog     any         each distinct row with its count, packed           at the end
 *
 * State: `rows` as in the last line, and `passed`, the number of rows passed on. A checkpoint moves held rows of an append-only input to
 * `rows` (one-off queries take none and keep their short list). At most MAX_ROWS rows are held; beyond that the query fails with
 * `result-row-limit`. Source: Flink batch SortLimit over the final table of the stream.
 */
import { resultRowLimit } from '../../core/errors/state.ts';
import { BatchWriter, INSERT, isAccumulate } from '../../core/row/batch.ts';
import type { ChangeBatch, Column } from '../../core/row/batch.ts';
import { compileCopy, range } from '../../core/row/copy.ts';
import type { RowCopy } from '../../core/row/copy.ts';
import { compareValues } from '../../core/types/compare.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { FinalSortNode } from '../../planner/physical/plan.ts';
import type { StateTable } from '../state/contract.ts';
import { ForwardingOperator } from './base.ts';
import type { OperatorContext, OperatorFactory } from './contract.ts';

/** Rows a bounded result may hold in memory. */
export const MAX_ROWS = 5_000_000;
/** Rows gathered beyond those that can still be shown before they are sorted and cut. */
const PRUNE_SLACK = 8192;

class FinalSort extends ForwardingOperator {
  private readonly node: FinalSortNode;
  private readonly types: readonly SqlType[];
  private readonly out: BatchWriter;
  private readonly copy: RowCopy;
  private readonly order: (columns: readonly Column[], a: number, b: number) => number;
  private readonly end: number;
  private readonly maxRows: number;
  private readonly inconsistent: { value: number };
  private isAppendOnly = true;
  /** Rows of an append-only input. */
  private held: Column[];
  private count = 0;
  /** Rows of a changelog: (); whole row → count. */
  private readonly table: StateTable;
  private readonly passedTable: StateTable;
  private tableRows = 0;
  private passed = 0;
  constructor(node: FinalSortNode, context: OperatorContext, maxRows: number) {
    super(context.output);
    this.node = node;
    this.types = context.inputTypes[0]!;
    this.out = new BatchWriter(this.types.length, context.output);
    this.copy = compileCopy(range(0, this.types.length), range(0, this.types.length));
    this.order = compileOrder(node.sort, this.types);
    this.end = node.limit === null ? Number.POSITIVE_INFINITY : node.offset + node.limit;
    this.maxRows = maxRows;
    this.held = this.types.map(() => []);
    this.inconsistent = context.counter('inconsistentRetractions');
    this.table = context.state.table({ name: 'rows', key: [], subKey: this.types, value: [], meta: 1, ttlMs: 0 });
    this.passedTable = context.state.table({ name: 'passed', key: [], subKey: [], value: [], meta: 1, ttlMs: 0 });
    for (const entry of this.table.entries()) this.tableRows += this.table.meta(entry, 0);
    if (this.tableRows > 0) this.isAppendOnly = false;
    const passed = this.passedTable.find([], []);
    if (passed !== 0) this.passed = this.passedTable.meta(passed, 0);
    const mode = context.inputChangelogs?.[0];
    this.streams = node.sort.length === 0 && mode !== undefined && !mode.updateBefore && !mode.updateAfter && !mode.delete;
  }
  /** Rows may pass at once. */
  private readonly streams: boolean;
  get finished(): boolean { return this.streams && this.passed >= this.end; }
  push(_input: number, batch: ChangeBatch): void {
    if (this.streams) { this.pass(batch); return; }
    if (this.isAppendOnly && batch.kinds !== null) this.becomeChangelog();
    if (this.isAppendOnly) this.gather(batch);
    else this.apply(batch);
  }
  private pass(batch: ChangeBatch): void {
    for (let row = 0; row < batch.size && this.passed < this.end; row++) {
      if (this.passed++ < this.node.offset) continue;
      this.copy(batch.columns, row, this.out.columns, this.out.size);
      this.out.commit(INSERT);
    }
    this.out.flush();
  }
  private gather(batch: ChangeBatch): void {
    for (let row = 0; row < batch.size; row++) this.copy(batch.columns, row, this.held, this.count++);
    if (this.count > 2 * this.end + PRUNE_SLACK) this.prune();
    if (this.count > this.maxRows) throw resultRowLimit({ limit: this.maxRows, what: 'the result' });
  }
  /** Keeps the rows that can still be shown, in order. */
  private prune(): void {
    const rows = this.sortedRows(this.held, this.count), kept = Math.min(this.end, rows.length);
    const next: Column[] = this.types.map(() => []);
    for (let i = 0; i < kept; i++) this.copy(this.held, rows[i]!, next, i);
    this.held = next;
    this.count = kept;
  }
  private sortedRows(columns: readonly Column[], count: number): Uint32Array {
    const rows = new Uint32Array(count);
    for (let i = 0; i < count; i++) rows[i] = i;
    // Arrival decides between equals; typed arrays sort by comparison without boxing.
    if (this.node.sort.length > 0) rows.sort((a, b) => this.order(columns, a, b) || a - b);
    return rows;
  }
  private becomeChangelog(): void {
    this.isAppendOnly = false;
    for (let row = 0; row < this.count; row++) this.change(this.held, row, true);
    this.held = this.types.map(() => []);
    this.count = 0;
  }
  private apply(batch: ChangeBatch): void { for (let row = 0; row < batch.size; row++) this.change(batch.columns, row, isAccumulate(batch.kindAt(row))); }
  private change(columns: readonly Column[], row: number, adds: boolean): void {
    const { table } = this;
    if (adds) {
      const entry = table.findOrCreateAt(EMPTY, columns, row);
      table.setMeta(entry, 0, table.meta(entry, 0) + 1);
      if (++this.tableRows > this.maxRows) throw resultRowLimit({ limit: this.maxRows, what: 'the result' });
      return;
    }
    const entry = table.findAt(EMPTY, columns, row);
    if (entry === 0) { this.inconsistent.value++; return; }
    this.tableRows--;
    const left = table.meta(entry, 0) - 1;
    if (left === 0) table.remove(entry);
    else table.setMeta(entry, 0, left);
  }
  flush(): void {
    if (this.streams) this.passedTable.setMeta(this.passedTable.findOrCreate([], []), 0, this.passed);
    else if (this.count > 0) this.becomeChangelog();
  }
  override endInput(input: number): void {
    if (!this.streams) this.emitAll();
    super.endInput(input);
  }
  private emitAll(): void {
    for (let entry = this.table.first([]); entry !== 0; entry = this.table.next(entry)) {
      for (let n = this.table.meta(entry, 0); n > 0; n--) this.table.readSubKeyAt(entry, this.held, this.count++);
    }
    const rows = this.sortedRows(this.held, this.count), to = Math.min(this.end, rows.length);
    for (let i = this.node.offset; i < to; i++) {
      this.copy(this.held, rows[i]!, this.out.columns, this.out.size);
      this.out.commit(INSERT);
    }
    this.out.flush();
    this.held = this.types.map(() => []);
    this.count = 0;
  }
}
const EMPTY: readonly Column[] = [];

/** Order of two rows of the same columns by the sort keys. */
function compileOrder(sort: FinalSortNode['sort'], types: readonly SqlType[]): (columns: readonly Column[], a: number, b: number) => number {
  const keys = sort.map((key) => ({ ...key, compare: compareValues(types[key.column]!) }));
  return (columns, a, b) => {
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k]!, x = columns[key.column]![a], y = columns[key.column]![b];
      if (x === null || y === null) {
        if (x !== y) return (x === null) === key.nullsFirst ? -1 : 1;
        continue;
      }
      const order = key.compare(x, y);
      if (order !== 0) return key.descending ? -order : order;
    }
    return 0;
  };
}
export const createFinalSort = (node: FinalSortNode, context: OperatorContext, maxRows = MAX_ROWS): FinalSort => new FinalSort(node, context, maxRows);
export const finalSort: OperatorFactory<'final-sort'> = { type: 'final-sort', create: (node, context) => createFinalSort(node, context) };
