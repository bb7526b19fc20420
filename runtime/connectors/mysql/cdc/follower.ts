/**
 * The stream's events on their way to the output, one after the other. Rows of tables whose snapshot is over are decoded straight into
 * the batch; rows of the others are placed by their key (`placed-rows.ts`). Statements go to whoever keeps the schemas.
 *
 * Between two transactions chunks begin and finished ones go out; `isAtBoundary` says that nothing of a transaction has been given out
 * without the rest.
 */
import type { BinlogEvent, BinlogPosition, BinlogStream, RowDecoder, RowsEvent, TableMap } from '../contract.ts';
import { killPoint } from '../../../checkpoint/kill-points.ts';
import type { CapturedTable } from './captured.ts';
import { clearSlices, type RowOrigin, type RowOutput, type Shape } from './output.ts';
import { PlacedRows, type MissingWeights } from './placed-rows.ts';
import type { KeyPlan } from './key-plan.ts';
import type { Snapshot } from './snapshot.ts';
import { keyType, rowDecoder } from './values.ts';

type StatementEvent = Extract<BinlogEvent, { kind: 'statement' }>;
export interface FollowerHost {
  /** undefined: not captured. */
  table(map: TableMap): CapturedTable | undefined;
  /** Rows of a table come with a description that has not been seen yet; may change the table's shape, or throw. */
  described(table: CapturedTable, map: TableMap, timestampMs: number): void;
  statement(event: StatementEvent): void;
  /** The stream waits until the weights are known. */
  askWeights(plan: KeyPlan, missing: MissingWeights): void;
}
/** What is made once for a description of a table and a shape. */
interface Known { readonly table: CapturedTable; readonly shape: Shape; readonly decoder: RowDecoder; placed: PlacedRows | undefined }
/** Descriptions of tables; a stream brings new ones when tables change and connections are lost. */
const MOST_KNOWN = 10_000;
interface MutableOrigin extends RowOrigin { timestampMs: number; gtid: string | null; file: string | null; pos: number | null; isSnapshot: boolean }

export class Follower {
  readonly stream: BinlogStream;
  /** Place of the last event, once one has come: everything before it has been given. */
  hasSeen = false;
  /** Time of the last event of a transaction. */
  lastEventMs = 0;
  /** Rows events taken in. */
  rowsEvents = 0;
  private readonly host: FollowerHost;
  private readonly output: RowOutput;
  private readonly snapshot: Snapshot;
  private readonly known = new Map<TableMap, Known | null>();
  private readonly needsPlace: boolean;
  private readonly origin: MutableOrigin = { timestampMs: 0, gtid: null, file: null, pos: null, isSnapshot: false };
  private current: RowsEvent | undefined;
  private currentKnown: Known | undefined;
  private placing: PlacedRows | undefined;
  private inTransaction = false;
  private hasGiven = false;
  /** Of a specific start: to be passed over. */
  private skipEvents: number;
  private skipRows: number;
  constructor(options: { stream: BinlogStream; host: FollowerHost; output: RowOutput; snapshot: Snapshot; needsPlace: boolean; skipEvents: number; skipRows: number }) {
    this.stream = options.stream;
    this.host = options.host;
    this.output = options.output;
    this.snapshot = options.snapshot;
    this.needsPlace = options.needsPlace;
    this.skipEvents = options.skipEvents;
    this.skipRows = options.skipRows;
  }
  /** Between two transactions: positions and new chunks are exact here. */
  get isBetween(): boolean { return !this.inTransaction && this.current === undefined; }
  /** Nothing was given out of a transaction that is not whole. */
  get isAtBoundary(): boolean { return this.isBetween || !this.hasGiven; }

  /** Takes in one event or a batch of the current one's rows. False: nothing has arrived. */
  step(): boolean {
    if (this.current !== undefined) { this.rows(this.current); return true; }
    this.output.settle();
    const event = this.stream.next();
    if (event === undefined) return false;
    switch (event.kind) {
      case 'begin':
        this.inTransaction = true;
        this.origin.timestampMs = this.lastEventMs = event.timestampMs;
        this.origin.gtid = this.needsPlace ? event.gtid : null;
        if (this.needsPlace) { const at = this.stream.position; this.origin.file = at.file; this.origin.pos = at.pos; }
        return true;
      case 'rows': this.begin(event); return true;
      case 'commit':
        this.inTransaction = this.hasGiven = false;
        this.skipEvents = this.skipRows = 0;
        this.hasSeen = true;
        if (!this.snapshot.isDone) this.snapshot.committed(event.position);
        return true;
      case 'statement':
        this.hasSeen = true;
        this.lastEventMs = event.timestampMs;
        this.host.statement(event);
        return true;
      case 'heartbeat': case 'end': this.hasSeen = true; return true;
    }
  }
  private begin(event: RowsEvent): void {
    this.rowsEvents++;
    if (this.hasGiven) killPoint('mid-transaction');
    if (this.skipEvents > 0) { this.skipEvents--; return; }
    let known = this.known.get(event.table);
    if (known === undefined) {
      if (this.known.size >= MOST_KNOWN) this.known.clear();
      const table = this.host.table(event.table);
      if (table !== undefined) this.host.described(table, event.table, event.timestampMs);
      known = table === undefined ? null : this.make(event.table, table);
      this.known.set(event.table, known);
    }
    if (known === null) return;
    // A schema event may have given the table another shape under the same description.
    if (known.shape !== known.table.shape) this.known.set(event.table, known = this.make(event.table, known.table));
    this.current = event;
    this.currentKnown = known;
    this.placing = undefined;
    const table = this.snapshot.tables.get(known.table.name);
    if (table === undefined) { known.placed = undefined; return; }
    if (known.placed?.plan !== table.plan) known.placed = this.makePlaced(event.table, known, table.plan);
    this.placing = known.placed;
  }
  private make(map: TableMap, table: CapturedTable): Known { return { table, shape: table.shape, decoder: rowDecoder(map, table.schema, table.shape.wanted, table.shape.values), placed: undefined }; }
  private makePlaced(map: TableMap, known: Known, plan: KeyPlan): PlacedRows {
    const { schema, shape } = known.table, keys = plan.columns.map((column, slot) => ({ source: schema.columns.findIndex((c) => c.name === column.name), column, type: keyType(column), slot }));
    return new PlacedRows(shape, plan, rowDecoder(map, schema, shape.wanted.map((w, slot) => ({ ...w, slot })), shape.values), rowDecoder(map, schema, keys, shape.values));
  }
  private rows(event: RowsEvent): void {
    const known = this.currentKnown as Known, { output, origin } = this;
    if (this.placing !== undefined) { this.place(event, this.placing, known); return; }
    const isSkipping = this.skipRows > 0, batch = output.open(known.shape, event.bytes);
    const count = known.decoder.decode(event, batch.columns, output.kinds, output.size, Math.max(2, output.room), isSkipping ? null : batch.slices);
    if (count === 0) { this.current = undefined; return; }
    this.hasGiven = true;
    if (isSkipping) for (let i = 0; i < count; i++) clearSlices(batch, output.size + i);
    const skipped = isSkipping ? this.skip(batch.columns, output.size, count) : 0;
    if (count > skipped) output.add(count - skipped, origin);
  }
  private place(event: RowsEvent, placing: PlacedRows, known: Known): void {
    if (placing.isEmpty) {
      if (!placing.load(event)) { this.current = undefined; return; }
      const missing = placing.findKeys();
      if (missing.size > 0) { this.host.askWeights(placing.plan, missing); return; }
    }
    const table = this.snapshot.tables.get(known.table.name);
    if (table === undefined) return;
    this.hasGiven = true;
    placing.place(this.output, this.snapshot, table, this.origin);
  }
  /** The weights that `askWeights` asked for are known. */
  weightsKnown(): void { this.placing?.findKeys(); }
  /** Rows of a specific start that had been read before: the first ones of the first event. */
  private skip(columns: readonly unknown[][], at: number, count: number): number {
    const { kinds } = this.output, isUpdate = kinds[at] === 1, images = isUpdate ? 2 : 1, skipped = Math.min(count, this.skipRows * images);
    this.skipRows -= skipped / images;
    for (const column of columns) column.copyWithin(at, at + skipped, at + count);
    kinds.copyWithin(at, at + skipped, at + count);
    return skipped;
  }
  get position(): BinlogPosition { return this.stream.position; }
  get skipLeft(): readonly [events: number, rows: number] { return [this.skipEvents, this.skipRows]; }
}
