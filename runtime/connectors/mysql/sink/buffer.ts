/**
 * What waits to be written: values by column, and which rows count. Three forms:
 *
 *   append    rows in order; for tables without PRIMARY KEY
 *   ordered   all changes in order; for tables with a second unique index, where leaving out a change could let two rows meet in it
 *   reduced   of a key only the last change. Deletes and puts of a segment touch different rows, so their order among each other is free
 *
 * In `reduced`, two texts that are different keys here may be one key in MySQL ('a' and 'A', 'a' and 'a '), which its collation decides.
 * Keys of printable ASCII are one row there at most if they are equal in lower case without blanks at the end; of other texts nothing is
 * known. When a delete and a put might so meet, a new segment begins; segments are written in order. Puts keep the order of their last
 * change among themselves.
 *
 * Values are kept, not statements: a text per row that lives until its flush cost three times the CPU, nearly all of it in the collector.
 */
import type { ChangeBatch, Column } from '../../../../core/row/batch.ts';

export type BufferForm = 'append' | 'ordered' | 'reduced';
/** What identifies a row: a value of the key column, or a text of all of them. */
export type RowKey = string | number | bigint;
/** Rows written together: first the deletes, then the puts. */
export interface Segment { readonly deletes: readonly number[]; readonly puts: readonly number[] }
export interface Taken { readonly columns: readonly Column[]; readonly segments: readonly Segment[] }

/** Printable ASCII without escapes. */
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

class OpenSegment {
  /** Key → row. */
  readonly changes = new Map<RowKey, number>();
  /** Loose text of a key → the key; only for texts. */
  readonly loose = new Map<string, RowKey>();
  hasWide = false;
  puts = 0;
  deletes = 0;
}

export class ChangeBuffer {
  private readonly form: BufferForm;
  /** Some key column is a text. */
  private readonly textKeys: boolean;
  private readonly width: number;
  private columns: Column[];
  private isDelete: boolean[] = [];
  private segments: OpenSegment[] = [];
  private current = new OpenSegment();
  /** Rows held: at least as many as will be written. */
  size = 0;
  /** Characters and bytes of long values, in outline. */
  length = 0;
  constructor(form: BufferForm, textKeys: boolean, width: number) {
    this.form = form;
    this.textKeys = textKeys;
    this.width = width;
    this.columns = Array.from({ length: width }, () => []);
  }

  /** Copies a row. */
  add(key: RowKey, batch: Pick<ChangeBatch, 'columns'>, row: number, isDelete: boolean): void {
    const at = this.form === 'reduced' ? this.place(key, isDelete) : this.size++;
    this.isDelete[at] = isDelete;
    for (let c = 0; c < this.width; c++) {
      const value = ((this.columns[c] as Column)[at] = (batch.columns[c] as Column)[row]);
      if (typeof value === 'string' || value instanceof Uint8Array) this.length += value.length;
    }
  }
  /** Where the row of a key stands: a change takes the place of the one before it. */
  private place(key: RowKey, isDelete: boolean): number {
    if (this.textKeys) this.splitWhereTextsMayMeet(String(key), key, isDelete);
    const { current } = this, before = current.changes.get(key), at = before ?? this.size++;
    if (before !== undefined) {
      if (this.isDelete[before] === true) current.deletes--; else current.puts--;
      if (this.textKeys) current.changes.delete(key);
    }
    if (isDelete) current.deletes++; else current.puts++;
    if (before === undefined || this.textKeys) current.changes.set(key, at);
    return at;
  }
  private splitWhereTextsMayMeet(text: string, key: RowKey, isDelete: boolean): void {
    const isWide = !PLAIN.test(text), loose = isWide ? '' : text.toLowerCase().replace(/ +(?='|$)/g, '');
    let { current } = this;
    const own = current.changes.get(key), isTurned = own !== undefined && this.isDelete[own] !== isDelete;
    const others = (isDelete ? current.puts : current.deletes) - (isTurned ? 1 : 0), other = isWide ? undefined : current.loose.get(loose);
    const mayMeet = isWide || current.hasWide ? others > 0 : other !== undefined && other !== key;
    if (mayMeet) {
      this.segments.push(current);
      this.current = current = new OpenSegment();
    }
    current.hasWide ||= isWide;
    if (!isWide) current.loose.set(loose, key);
  }

  /** Everything, to be written in order; the buffer is empty afterwards. */
  take(): Taken {
    const { columns, isDelete } = this;
    const segments = this.form === 'reduced' ? [...this.segments, this.current].map((s) => segmentOf(s, isDelete)) : runsOf(isDelete);
    this.columns = Array.from({ length: this.width }, () => []);
    this.isDelete = [];
    this.segments = [];
    this.current = new OpenSegment();
    this.size = 0;
    this.length = 0;
    return { columns, segments };
  }
}
function segmentOf(open: OpenSegment, isDelete: readonly boolean[]): Segment {
  const deletes: number[] = [], puts: number[] = [];
  for (const row of open.changes.values()) if (isDelete[row] === true) deletes.push(row); else puts.push(row);
  return { deletes, puts };
}
/** Neighbours of one kind together. */
function runsOf(isDelete: readonly boolean[]): Segment[] {
  const runs: { deletes: number[]; puts: number[] }[] = [];
  isDelete.forEach((gone, row) => {
    let last = runs.at(-1);
    if (last === undefined || (gone ? last.puts.length : last.deletes.length) > 0) runs.push(last = { deletes: [], puts: [] });
    if (gone) last.deletes.push(row); else last.puts.push(row);
  });
  return runs;
}
