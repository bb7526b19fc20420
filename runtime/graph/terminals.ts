/**
 * The ends of a chain: sinks and the collect node of a SELECT. Both look like operators to their neighbours above and say whether they
 * have room (back-pressure).
 */
import { notNullViolated } from '../../core/errors/runtime.ts';
import { compileBatchCodec } from '../../core/row/batch-codec.ts';
import type { BatchCodec } from '../../core/row/batch-codec.ts';
import { rowText } from '../connectors/row-text.ts';
import { ChangeBatch, isAccumulate } from '../../core/row/batch.ts';
import type { Column } from '../../core/row/batch.ts';
import { materializeTexts } from '../../core/row/slices.ts';
import type { CollectNode, PlanColumn, SinkNode } from '../../planner/physical/plan.ts';
import type { SinkWriter, Stuck } from '../connectors/contract.ts';
import type { Operator } from '../operators/contract.ts';
import type { PrintedLine } from './messages.ts';

export interface Terminal extends Operator { readonly hasRoom: boolean }

/** What was printed and sent to the main thread but not yet written there; shared by the sinks of a subtask. */
const PRINT_WINDOW_BYTES = 256 * 1024;
export class PrintBuffer {
  private lines: PrintedLine[] = [];
  private bytes = 0;
  private inFlightBytes = 0;
  private readonly send: (lines: readonly PrintedLine[], bytes: number) => void;
  constructor(send: (lines: readonly PrintedLine[], bytes: number) => void) { this.send = send; }
  add(line: PrintedLine): void {
    this.lines.push(line);
    this.bytes += line.text.length + 16;
    if (this.lines.length >= 4096) this.flush();
  }
  flush(): void {
    if (this.lines.length === 0) return;
    this.inFlightBytes += this.bytes;
    this.send(this.lines, this.bytes);
    this.lines = [];
    this.bytes = 0;
  }
  credit(bytes: number): void { this.inFlightBytes -= bytes; }
  get hasRoom(): boolean { return this.inFlightBytes + this.bytes < PRINT_WINDOW_BYTES; }
}

export class SinkTerminal implements Terminal {
  readonly node: SinkNode;
  readonly writer: SinkWriter;
  private readonly print: PrintBuffer;
  private readonly wake: () => void;
  private readonly fail: (error: unknown) => void;
  private readonly dropped: { value: number };
  private isWaiting = false;
  private readonly passing: ChangeBatch;
  constructor(options: { node: SinkNode; writer: SinkWriter; width: number; print: PrintBuffer; wake: () => void; fail: (error: unknown) => void; dropped: { value: number } }) {
    this.node = options.node;
    this.writer = options.writer;
    this.print = options.print;
    this.wake = options.wake;
    this.fail = options.fail;
    this.dropped = options.dropped;
    this.passing = ChangeBatch.withWidth(options.width);
  }
  get takesSlices(): boolean { return this.writer.takesSlices === true; }
  get stuck(): Stuck | undefined { return this.writer.stuck; }
  /** It holds up the rows above. */
  get isFull(): boolean { return this.isWaiting || !this.print.hasRoom; }
  push(_input: number, batch: ChangeBatch): void {
    const checked = this.node.notNull.columns.length === 0 ? batch : this.enforceNotNull(batch);
    if (checked.size > 0) this.writer.push(checked);
  }
  /** Asked before every batch; while the writer is full its promise is waited for once. */
  get hasRoom(): boolean {
    if (this.isWaiting || !this.print.hasRoom) return false;
    const room = this.writer.ready();
    if (room === undefined) return true;
    this.isWaiting = true;
    room.then(() => { this.isWaiting = false; this.wake(); }, this.fail);
    return false;
  }
  /** Flink: ConstraintEnforcer, `table.exec.sink.not-null-enforcer`. Only rows that add a value are checked; deletes may carry keys alone. */
  private enforceNotNull(batch: ChangeBatch): ChangeBatch {
    let violations = 0;
    const isBad = (row: number): boolean => {
      if (!isAccumulate(batch.kindAt(row))) return false;
      for (const c of this.node.notNull.columns) if (!isSlice(batch, c, row) && (batch.columns[c] as Column)[row] === null) return true;
      return false;
    };
    for (let row = 0; row < batch.size; row++) if (isBad(row)) violations++;
    if (violations === 0) return batch;
    materializeTexts(batch);
    if (this.node.notNull.policy === 'error') throw this.violation(batch, isBad);
    this.dropped.value += violations;
    const out = this.passing;
    out.kinds = batch.kinds === null ? null : new Uint8Array(batch.size - violations);
    out.size = 0;
    for (let row = 0; row < batch.size; row++) {
      if (isBad(row)) continue;
      for (let c = 0; c < batch.columns.length; c++) (out.columns[c] as Column)[out.size] = (batch.columns[c] as Column)[row];
      if (out.kinds !== null) out.kinds[out.size] = batch.kindAt(row);
      out.size++;
    }
    return out;
  }
  private violation(batch: ChangeBatch, isBad: (row: number) => boolean): Error {
    let row = 0;
    while (!isBad(row)) row++;
    const column = this.node.notNull.columns.find((c) => !isSlice(batch, c, row) && (batch.columns[c] as Column)[row] === null) as number;
    return notNullViolated({ column: this.node.columns[column]?.name ?? `${column}`, table: this.node.table, row: rowText(batch, row, this.node.columns) });
  }
}

const isSlice = (batch: ChangeBatch, c: number, row: number): boolean => (batch.slices?.[c]?.starts[row] ?? -1) >= 0;

/** Rows of a SELECT on their way to the main thread: in flight at most a window and one batch. */
const COLLECT_WINDOW_BYTES = 1024 * 1024;
export class CollectTerminal implements Terminal {
  private readonly codec: BatchCodec;
  private readonly send: (bytes: ArrayBuffer) => void;
  private inFlightBytes = 0;
  constructor(node: CollectNode, columns: readonly PlanColumn[], send: (bytes: ArrayBuffer) => void) {
    this.codec = compileBatchCodec((node.columns.length > 0 ? node.columns : columns).map((column) => column.type));
    this.send = send;
  }
  readonly takesSlices = true;
  push(_input: number, batch: ChangeBatch): void {
    const bytes = this.codec.encode(batch);
    this.inFlightBytes += bytes.byteLength;
    this.send(bytes);
  }
  credit(bytes: number): void { this.inFlightBytes -= bytes; }
  get hasRoom(): boolean { return this.inFlightBytes < COLLECT_WINDOW_BYTES; }
}
