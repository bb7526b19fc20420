/**
 * Rows on their way out of the reader: gathered in the batch of their shape, pushed when it is full, when rows of another shape come, or
 * when told. Texts of binlog rows are slices of the event's bytes, which the next event replaces: before that they are copied into an
 * arena, unless the batch goes out first. Texts of chunks are slices of the chunk's bytes.
 */
import { BATCH_ROWS, DELETE, INSERT, MAX_BATCH_ROWS, UPDATE_AFTER, UPDATE_BEFORE, type ChangeBatch, type Column } from '../../../../core/row/batch.ts';
import { TextArena, type ColumnSlices } from '../../../../core/row/slices.ts';
import type { MySqlTable, WantedColumn } from '../contract.ts';
import type { DecoderOptions } from './values.ts';

/** What of a row a face may ask for besides its columns. */
export type Fact = 'table_name' | 'database_name' | 'op_ts' | 'row_kind' | 'gtid' | 'binlog_file' | 'binlog_pos' | 'is_snapshot';
/** Where the rows of one version of a table go. `batch` may be shared by tables of the same columns. */
export interface Shape {
  readonly table: MySqlTable;
  readonly batch: ChangeBatch;
  readonly wanted: readonly WantedColumn[];
  /** How its values are read. */
  readonly values: DecoderOptions;
  readonly facts: readonly { readonly slot: number; readonly fact: Fact }[];
  /**
   * Slots of the declared PRIMARY KEY: an update that changes it goes out as -D and +I, as Debezium has it. Readers downstream may drop a
   * -U whose key they take to be that of the +U.
   */
  readonly keySlots?: readonly number[] | undefined;
}
/** Of the rows being emitted. */
export interface RowOrigin { readonly timestampMs: number; readonly gtid: string | null; readonly file: string | null; readonly pos: number | null; readonly isSnapshot: boolean }
const KINDS = ['+I', '-U', '+U', '-D'] as const;

export interface BatchOutput { push(batch: ChangeBatch): void }

export class RowOutput {
  size = 0;
  readonly kinds = new Uint8Array(MAX_BATCH_ROWS + 2);
  /** Rows pushed since `begin`. */
  pushed = 0;
  private shape: Shape | undefined;
  private target: BatchOutput = { push: () => {} };
  private readonly appendOnly: boolean;
  private readonly arena = new TextArena();
  /** Bytes the slices of rows behind the gathered ones lie in. */
  private bytes: Buffer | undefined;
  /** `appendOnly`: every row goes out as +I. */
  constructor(appendOnly: boolean) { this.appendOnly = appendOnly; }
  begin(target: BatchOutput): void { this.target = target; this.pushed = 0; }
  /** Where batches go during this poll; for events between them. */
  get receiver(): BatchOutput { return this.target; }
  get room(): number { return BATCH_ROWS - this.size; }
  /** Columns to write the next row of a shape into, at `size`; slices of these rows will lie in `bytes`. */
  open(shape: Shape, bytes: Buffer | undefined): ChangeBatch {
    if (this.shape?.batch !== shape.batch) this.flush();
    this.shape = shape;
    if (bytes !== undefined && bytes !== this.bytes) {
      this.settle();
      this.bytes = bytes;
    }
    return shape.batch;
  }
  /** Rows up to `size + count` stand in the columns, their kinds in `kinds`. */
  add(count: number, origin: RowOrigin): void {
    const shape = this.shape as Shape, to = this.size + count;
    if (shape.keySlots !== undefined) this.splitMoves(shape, shape.keySlots, this.size, to, origin);
    if (shape.facts.length > 0) fillFacts(shape, this.kinds, this.size, to, origin);
    this.size = to;
    // The two rows of an update stay together.
    if (to >= BATCH_ROWS && this.kinds[to - 1] !== UPDATE_BEFORE) this.flush();
  }
  /** Updates among rows [from, to), or of the row before and the first of them. */
  private splitMoves(shape: Shape, keySlots: readonly number[], from: number, to: number, origin: RowOrigin): void {
    const { kinds } = this;
    for (let row = Math.max(1, from); row < to; row++) {
      if (kinds[row] !== UPDATE_AFTER || kinds[row - 1] !== UPDATE_BEFORE || keySlots.every((slot) => this.isSame(shape.batch, slot, row))) continue;
      kinds[row - 1] = DELETE;
      kinds[row] = INSERT;
      if (row === from && shape.facts.length > 0) fillFacts(shape, kinds, row - 1, row, origin);
    }
  }
  /** A column has one value in a row and the one before it. */
  private isSame({ columns, slices }: ChangeBatch, slot: number, row: number): boolean {
    const text = slices?.[slot], column = columns[slot] as Column;
    const at = (i: number): unknown => (text !== null && text !== undefined && (text.starts[i] as number) >= 0 ? this.bytes?.toString('latin1', text.starts[i], text.ends[i]) : column[i]);
    const a = at(row - 1), b = at(row);
    return a === b || (a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0);
  }
  /** The bytes the slices lie in will be used again. */
  settle(): void {
    const slices = this.shape?.batch.slices ?? null;
    if (this.bytes !== undefined && slices !== null && this.size > this.arena.gathered) this.arena.gather(slices, this.bytes, this.size);
    this.bytes = undefined;
  }
  flush(): void {
    const { shape, size } = this;
    if (shape === undefined || size === 0) return;
    const { batch } = shape;
    if (batch.slices !== null) this.beginSlices(batch.slices);
    batch.size = size;
    batch.kinds = this.appendOnly || this.isPlain(size) ? null : this.kinds;
    this.size = 0;
    this.pushed += size;
    this.target.push(batch);
    // Whoever writes rows next gives slices only where a text can be one.
    if (batch.slices !== null) for (const s of batch.slices) s?.starts.fill(-1, 0, size);
  }
  private isPlain(size: number): boolean {
    for (let i = 0; i < size; i++) if (this.kinds[i] !== INSERT) return false;
    return true;
  }
  private beginSlices(slices: ColumnSlices): void {
    let bytes = this.bytes;
    if (this.arena.gathered > 0) {
      if (bytes !== undefined && this.size > this.arena.gathered) this.arena.gather(slices, bytes, this.size);
      bytes = this.arena.buffer;
    }
    this.arena.reset();
    if (bytes !== undefined) for (const s of slices) s?.begin(bytes);
  }
}
/** Gives text columns of row `at` their values from the column, not from slices. */
export function clearSlices(batch: ChangeBatch, at: number): void {
  const { slices } = batch;
  if (slices === null) return;
  for (let c = 0; c < slices.length; c++) {
    const s = slices[c];
    if (s === null || s === undefined) continue;
    s.ensure(at + 1);
    s.starts[at] = -1;
  }
}
function fillFacts(shape: Shape, kinds: Uint8Array, from: number, to: number, origin: RowOrigin): void {
  for (const { slot, fact } of shape.facts) {
    const column = shape.batch.columns[slot] as Column;
    if (fact === 'row_kind') for (let i = from; i < to; i++) column[i] = KINDS[kinds[i] as 0];
    else { const value = factOf(shape, fact, origin); for (let i = from; i < to; i++) column[i] = value; }
    const slices = shape.batch.slices?.[slot];
    if (slices !== null && slices !== undefined) { slices.ensure(to); slices.starts.fill(-1, from, to); }
  }
}
function factOf(shape: Shape, fact: Exclude<Fact, 'row_kind'>, origin: RowOrigin): unknown {
  switch (fact) {
    case 'table_name': return shape.table.table;
    case 'database_name': return shape.table.database;
    case 'op_ts': return origin.isSnapshot ? 0 : origin.timestampMs;
    case 'gtid': return origin.gtid;
    case 'binlog_file': return origin.file;
    case 'binlog_pos': return origin.pos;
    case 'is_snapshot': return origin.isSnapshot;
  }
}
