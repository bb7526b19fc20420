/**
 * Text columns as byte slices. A VARCHAR or CHAR value that nobody looks into need never become a JavaScript string (70 ns): it travels as
 * a range of bytes from the JSON scanner through projections and exchanges into the sink, which copies it. A batch may carry slices
 * beside its columns (`ChangeBatch.slices`), one TextSlices per text column that has them.
 *
 * Invariants: a slice is ASCII without quotes, backslashes and control characters, so it stands in JSON as it is, is its own Latin-1 and
 * UTF-8 form, and has as many characters as bytes. `starts[row] < 0`: the value (a string or NULL) stands in the column as ever. Where it
 * is not negative the column's place holds anything until `materialize` has been called. Slices are valid only during the `push` of their
 * batch, as everything of a batch is: their bytes are often a frame of the network that is used again.
 *
 * Only receivers that declare it (`takesSlices`) look at slices; before any other gets the batch its columns are completed
 * (`runtime/graph/instance.ts`).
 */
import { BATCH_ROWS, MAX_BATCH_ROWS, type ChangeBatch, type Column } from './batch.ts';
import type { SqlType } from '../types/sql-type.ts';
import { copyAscii, stringMaker, viewOf, type MakeString, type TextBuffer } from './text.ts';

const NO_BYTES = Buffer.alloc(0) as TextBuffer, NO_VIEW = viewOf(NO_BYTES);
/** A record that gives two rows may begin on the last row of a full batch. */
const FIRST_ROWS = BATCH_ROWS + 16;

export class TextSlices {
  bytes: TextBuffer = NO_BYTES;
  /** The memory of `bytes`. */
  view = NO_VIEW;
  /** First byte by row; negative: no slice. Replaced by `ensure`. */
  starts: Int32Array;
  /** Byte behind the last, by row. */
  ends: Int32Array;
  private maker: MakeString | undefined;
  private isComplete = false;
  constructor(rows = FIRST_ROWS) {
    this.starts = new Int32Array(rows).fill(-1);
    this.ends = new Int32Array(rows);
  }
  /** Makes strings of slices; values that repeat give the same string again. */
  get make(): MakeString { return this.maker ??= stringMaker(); }
  /** The producer calls it before every push: the slices of this push lie in `bytes`. */
  begin(bytes: Buffer): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes as TextBuffer;
      this.view = viewOf(bytes);
    }
    this.isComplete = false;
  }
  /** Room for so many rows; what stands is kept. */
  ensure(rows: number): void {
    if (rows <= this.starts.length) return;
    const starts = new Int32Array(rows * 2).fill(-1), ends = new Int32Array(rows * 2);
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
  }
  /** Completes the column with strings; once for each `begin`, however many receivers ask. */
  materialize(column: Column, size: number): void {
    if (this.isComplete) return;
    this.isComplete = true;
    const { bytes, starts, ends, make } = this;
    for (let row = 0; row < size; row++) if (starts[row]! >= 0) column[row] = make(bytes, starts[row]!, ends[row]!);
  }
}
/** By column; null: its values stand in the column only. */
export type ColumnSlices = readonly (TextSlices | null)[];

/** What generated code reads for a text column without slices. */
export const NO_SLICES = new TextSlices(MAX_BATCH_ROWS);

export const isText = (type: SqlType): boolean => type.kind === 'VARCHAR' || type.kind === 'CHAR';

/** Completes the columns of a batch for a receiver that does not take slices; the slices stay for those that do. */
export function materializeTexts(batch: ChangeBatch): void {
  const { slices, columns, size } = batch;
  if (slices === null) return;
  for (let c = 0; c < slices.length; c++) slices[c]?.materialize(columns[c] as Column, size);
}

/**
 * Gathers the texts of a batch whose rows come from several buffers: before the next buffer is read, and at the end, the slices of the
 * rows since the last call are copied here.
 */
export class TextArena {
  private bytes = NO_BYTES;
  private view = NO_VIEW;
  private length = 0;
  private rows = 0;
  /** Rows whose texts were gathered since `reset`. */
  get gathered(): number { return this.rows; }
  get buffer(): TextBuffer { return this.bytes; }
  reset(): void { this.length = this.rows = 0; }
  /** Copies the slices of the rows up to `size` out of `from`. */
  gather(slices: ColumnSlices, bytes: Buffer, size: number): void {
    const from = viewOf(bytes);
    for (const slice of slices) if (slice !== null) this.copy(slice, from, size);
    this.rows = size;
  }
  private copy(slice: TextSlices, from: DataView, size: number): void {
    const { starts, ends } = slice;
    for (let row = this.rows; row < size; row++) {
      const start = starts[row]!;
      if (start < 0) continue;
      const end = ends[row]!;
      this.ensure(end - start);
      starts[row] = this.length;
      ends[row] = this.length = copyAscii(from, start, end, this.view, this.length);
    }
  }
  private ensure(more: number): void {
    if (this.bytes.length - this.length >= more) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(64 * 1024, this.bytes.length * 2, this.length + more)) as TextBuffer;
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
    this.view = viewOf(wider);
  }
}
