/**
 * The working unit of the runtime: a batch of changes, column by column. A row is a position in the columns.
 *
 * Ownership: a batch and its columns belong to the one who pushes it and are valid only during that `push` call; the receiver copies
 * what it keeps. So producers reuse their arrays and nothing is allocated per row.
 */
import type { TextSlices } from './slices.ts';

/** Integer kinds in Flink's order (RowKind.toByteValue). */
export type RowKind = 0 | 1 | 2 | 3;
export const INSERT = 0, UPDATE_BEFORE = 1, UPDATE_AFTER = 2, DELETE = 3;
/** `+I -U +U -D`, as Flink prints them. */
export const KIND_TEXT = ['+I', '-U', '+U', '-D'] as const;
/** +I and +U add a row, -U and -D take one away. */
export const isAccumulate = (kind: number): boolean => kind === INSERT || kind === UPDATE_AFTER;

/** Values of one column in the representation of `core/types/sql-type.ts`; may be longer than the batch. */
export type Column = unknown[];

/** Rows a producer gathers before it pushes; a batch may be smaller (input went idle), never larger than MAX_BATCH_ROWS. */
export const BATCH_ROWS = 1024;
export const MAX_BATCH_ROWS = 8192;

export class ChangeBatch {
  size = 0;
  /** One kind per row; null when all rows are +I (append-only streams never touch it). */
  kinds: Uint8Array | null = null;
  readonly columns: Column[];
  /** Text columns as byte slices, by column; looked at only by receivers that take them, others find all values in `columns` (`slices.ts`). */
  slices: (TextSlices | null)[] | null = null;
  constructor(columns: Column[]) { this.columns = columns; }
  static withWidth(width: number): ChangeBatch { return new ChangeBatch(Array.from({ length: width }, () => [])); }
  kindAt(row: number): RowKind { return this.kinds === null ? 0 : (this.kinds[row] as RowKind); }
}

/** Where a producer pushes to. */
export interface BatchReceiver { push(batch: ChangeBatch): void }

/**
 * Gathers rows of an operator's output and pushes them downstream when full or when told. Write the values of the next row into
 * `columns[c][row]` for every c, then call `commit(kind)`:
 *
 *   const at = writer.size; writer.columns[0][at] = v; … writer.commit(INSERT);
 */
export class BatchWriter {
  readonly columns: Column[];
  size = 0;
  private readonly batch: ChangeBatch;
  private readonly kinds: Uint8Array;
  private plain = true;
  private readonly output: BatchReceiver;
  constructor(width: number, output: BatchReceiver) {
    this.batch = ChangeBatch.withWidth(width);
    this.columns = this.batch.columns;
    this.kinds = new Uint8Array(BATCH_ROWS);
    this.output = output;
  }
  commit(kind: number): void {
    this.kinds[this.size] = kind;
    if (kind !== INSERT) this.plain = false;
    if (++this.size === BATCH_ROWS) this.flush();
  }
  /** Pushes what is gathered, if anything. Operators call it at the end of each push, so output never lingers. */
  flush(): void {
    if (this.size === 0) return;
    this.batch.size = this.size;
    this.batch.kinds = this.plain ? null : this.kinds;
    this.size = 0;
    this.plain = true;
    this.output.push(this.batch);
  }
}
