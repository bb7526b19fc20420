/**
 * Rows of a table under snapshot: decoded aside, since what becomes of each depends on where its key lies. Keys in finished chunks go out;
 * keys in chunks that are being read are kept for them; others are dropped, a later chunk will hold them. An update whose key moves is a
 * delete where it was and an insert where it is.
 */
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, type Column } from '../../../../core/row/batch.ts';
import type { RowDecoder, RowsEvent } from '../contract.ts';
import { Chunk } from './chunk.ts';
import { writeValues } from './chunk-rows.ts';
import type { SortValue } from './key-order.ts';
import type { KeyPlan } from './key-plan.ts';
import type { RowOrigin, RowOutput, Shape } from './output.ts';
import type { Snapshot } from './snapshot.ts';
import type { TableSnapshot } from './table-snapshot.ts';

const ROWS = 512;

export type MissingWeights = Map<string, { column: number; text: string }>;
export class PlacedRows {
  readonly shape: Shape;
  readonly plan: KeyPlan;
  private readonly decoder: RowDecoder;
  private readonly keyDecoder: RowDecoder;
  private readonly columns: Column[];
  private readonly keyColumns: Column[];
  private readonly kinds = new Uint8Array(ROWS + 2);
  private readonly keys: (SortValue[] | undefined)[] = [];
  private count = 0;
  private next = 0;
  /** `decoder` gives the shape's wanted columns, `keyDecoder` the plan's key columns as their own types; both numbered from 0. */
  constructor(shape: Shape, plan: KeyPlan, decoder: RowDecoder, keyDecoder: RowDecoder) {
    this.shape = shape;
    this.plan = plan;
    this.decoder = decoder;
    this.keyDecoder = keyDecoder;
    this.columns = shape.wanted.map(() => []);
    this.keyColumns = plan.columns.map(() => []);
  }
  /** The next rows of an event; false when it has no more. */
  load(event: RowsEvent): boolean {
    const { start } = event;
    this.keyDecoder.decode(event, this.keyColumns, this.kinds, 0, ROWS, null);
    event.start = start;
    this.count = this.decoder.decode(event, this.columns, this.kinds, 0, ROWS, null);
    this.next = 0;
    return this.count > 0;
  }
  get isEmpty(): boolean { return this.next >= this.count; }
  /** Finds the sort values of all loaded rows; what is missing must be asked for before `place`. */
  findKeys(): MissingWeights {
    const missing: MissingWeights = new Map();
    for (let row = 0; row < this.count; row++) this.keys[row] = this.plan.sortValues(this.keyValues(row), missing);
    return missing;
  }
  /** Puts rows where they belong until the output is full. */
  place(output: RowOutput, snapshot: Snapshot, table: TableSnapshot, origin: RowOrigin): void {
    const before = output.pushed;
    while (this.next < this.count && output.pushed === before) {
      const row = this.next, kind = this.kinds[row] as number, to = this.route(table, row);
      if (kind !== UPDATE_BEFORE) {
        this.next = row + 1;
        this.one(output, snapshot, row, to, kind, origin);
        continue;
      }
      this.next = row + 2;
      const after = this.route(table, row + 1);
      if (to === 'finished' && after === 'finished') { this.emit(output, row, UPDATE_BEFORE, origin); this.emit(output, row + 1, UPDATE_AFTER, origin); } else if (to === after && to instanceof Chunk && to.isExact) {
        to.logOrigin = { ...origin };
        to.log.push({ kind: UPDATE_BEFORE, values: this.values(row) }, { kind: UPDATE_AFTER, values: this.values(row + 1) });
      } else {
        // One that keeps its key is not gone: its row comes with its chunk.
        const isGone = !snapshot.tellsDeletes || this.plan.identityText(this.keyValues(row)) !== this.plan.identityText(this.keyValues(row + 1));
        this.one(output, snapshot, row, to, DELETE, origin, isGone);
        this.one(output, snapshot, row + 1, after, INSERT, origin);
      }
    }
  }
  private route(table: TableSnapshot, row: number): Chunk | 'finished' | 'unread' { return table.route(this.keys[row] as SortValue[]); }
  private one(output: RowOutput, snapshot: Snapshot, row: number, to: Chunk | 'finished' | 'unread', kind: number, origin: RowOrigin, isGone = true): void {
    // A row that is not out yet by the state may be out all the same, from before a failure: nobody else would take it back.
    if (to === 'finished' || kind === DELETE && isGone && snapshot.tellsDeletes) this.emit(output, row, kind, origin);
    if (to instanceof Chunk) this.keep(snapshot, to, row, kind, origin);
  }
  private keep(snapshot: Snapshot, chunk: Chunk, row: number, kind: number, origin: RowOrigin): void {
    const values = this.values(row);
    if (chunk.isExact) { chunk.logOrigin ??= { ...origin }; chunk.log.push({ kind, values }); return; }
    const id = this.plan.identityText(this.keyValues(row)), isNew = !chunk.overlay.has(id);
    chunk.overlay.set(id, { key: this.keys[row] as SortValue[], values: kind === DELETE ? null : values });
    if (isNew) snapshot.kept(chunk);
  }
  private emit(output: RowOutput, row: number, kind: number, origin: RowOrigin): void {
    writeValues(output, this.shape, kind, this.values(row));
    output.add(1, origin);
  }
  private values(row: number): unknown[] {
    const out: unknown[] = [];
    for (let i = 0; i < this.columns.length; i++) out.push((this.columns[i] as Column)[row]);
    return out;
  }
  private keyValues(row: number): unknown[] {
    const out: unknown[] = [];
    for (let i = 0; i < this.keyColumns.length; i++) out.push((this.keyColumns[i] as Column)[row]);
    return out;
  }
}
