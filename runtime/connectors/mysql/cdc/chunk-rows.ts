/**
 * From a chunk's raw rows to the columns of a batch. Rows that have a later change in the chunk's overlay are left out; the overlay's own
 * rows follow behind them.
 */
import type { Column } from '../../../../core/row/batch.ts';
import { isText } from '../../../../core/row/slices.ts';
import type { MySqlColumn } from '../contract.ts';
import { selectExpression } from '../types/text-decoder.ts';
import { compileChunkDecoder, type CellStep, type DecodeRow } from './chunk-decoder.ts';
import type { Chunk, LoggedRow } from './chunk.ts';
import type { KeyPlan } from './key-plan.ts';
import { clearSlices, type RowOrigin, type RowOutput, type Shape } from './output.ts';
import { isTextAsSent, keyType, textCell, type TextCell } from './values.ts';

/** `cells[i]`: of the i-th wanted column; `keyCells[i]`: of the plan's i-th key column. Each column is selected once. */
export interface Selected { readonly sql: string; readonly count: number; readonly cells: readonly number[]; readonly keyCells: readonly number[] }
const known = new WeakMap<Shape, { readonly plan: KeyPlan; readonly selected: Selected }>();
export function selectedColumns(shape: Shape, plan: KeyPlan): Selected {
  const before = known.get(shape);
  if (before?.plan === plan) return before.selected;
  const columns: MySqlColumn[] = [];
  const place = (column: MySqlColumn): number => { const at = columns.findIndex((c) => c.name === column.name); return at < 0 ? columns.push(column) - 1 : at; };
  const cells = shape.wanted.map((w) => place(w.column)), keyCells = plan.columns.map(place);
  const selected: Selected = { sql: columns.length === 0 ? '1' : columns.map(selectExpression).join(', '), count: columns.length, cells, keyCells };
  known.set(shape, { plan, selected });
  return selected;
}

/** Chunks of a table follow one another with the same shape and key. */
const compiled = new WeakMap<Selected, DecodeRow>();
function decoderOf(shape: Shape, selected: Selected): DecodeRow {
  const before = compiled.get(selected);
  if (before !== undefined) return before;
  const { table, values, batch: { slices } } = shape;
  const steps = Array.from({ length: selected.count }, (_, c) => shape.wanted.flatMap((w, i): CellStep[] => {
    if (selected.cells[i] !== c) return [];
    return [{ slot: w.slot, cell: textCell(table, w.column, w.type, values), slices: isText(w.type) && isTextAsSent(table, w.column, w.type, values) ? slices?.[w.slot] ?? null : null }];
  }));
  const decode = compileChunkDecoder(steps);
  compiled.set(selected, decode);
  return decode;
}

/** Emits one chunk, a batch at a time. */
export class ChunkRows {
  readonly chunk: Chunk;
  private readonly plan: KeyPlan;
  private readonly decode: DecodeRow;
  private readonly keyCellReaders: readonly TextCell[];
  private next = 0;
  private readonly overlaid: IterableIterator<{ readonly values: readonly unknown[] | null }>;
  private isRowsDone = false;
  private logged = 0;
  constructor(chunk: Chunk, plan: KeyPlan) {
    this.chunk = chunk;
    this.plan = plan;
    const { shape } = chunk;
    this.decode = decoderOf(shape, selectedColumns(shape, plan));
    this.keyCellReaders = plan.columns.map((c) => textCell(shape.table, c, keyType(c), shape.values));
    this.overlaid = chunk.overlay.values();
  }
  /** Adds rows until the output is full; true when the chunk has no more. */
  emit(output: RowOutput, origin: RowOrigin): boolean {
    if (!this.isRowsDone) {
      this.emitRows(output, origin);
      if (this.next < this.chunk.rows.count) return false;
      this.isRowsDone = true;
      // What follows has its texts in the columns.
      output.settle();
    }
    return this.emitOverlaid(output, origin);
  }
  private emitRows(output: RowOutput, origin: RowOrigin): void {
    const { chunk: { rows, shape, overlay }, decode } = this, batch = output.open(shape, rows.bytes), { columns, slices } = batch;
    const most = output.room, from = output.size;
    if (slices !== null) for (const s of slices) s?.ensure(from + most);
    let at = from;
    for (; at < from + most && this.next < rows.count; this.next++) {
      if (overlay.size > 0 && overlay.has(this.identityOf(this.next))) continue;
      decode(rows.bytes, rows.starts[this.next] as number, columns, at);
      output.kinds[at++] = 0;
    }
    if (at > from) output.add(at - from, origin);
  }
  private identityOf(row: number): string {
    const { rows } = this.chunk, selected = selectedColumns(this.chunk.shape, this.plan);
    const values = this.plan.columns.map((_, i) => { const cell = rows.cell(row, selected.keyCells[i] as number); return cell === null ? null : (this.keyCellReaders[i] as TextCell)(cell, 0, cell.length); });
    return this.plan.identityText(values);
  }
  private emitOverlaid(output: RowOutput, origin: RowOrigin): boolean {
    while (output.room > 0) {
      const next = this.overlaid.next();
      if (next.done === true) return this.emitLogged(output);
      const { values } = next.value;
      if (values === null) continue;
      const before = output.pushed;
      writeValues(output, this.chunk.shape, 0, values);
      output.add(1, origin);
      if (output.pushed !== before) return false;
    }
    return false;
  }
  /** Changes of a transaction that reaches beyond an exact chunk. */
  private emitLogged(output: RowOutput): boolean {
    const { log, shape, logOrigin } = this.chunk;
    while (this.logged < log.length) {
      const { kind, values } = log[this.logged++] as LoggedRow, before = output.pushed;
      writeValues(output, shape, kind, values);
      output.add(1, logOrigin as RowOrigin);
      if (output.pushed !== before) return this.logged >= log.length;
    }
    return true;
  }
}
/** Row `output.size` from values by wanted column. */
export function writeValues(output: RowOutput, shape: Shape, kind: number, values: readonly unknown[]): void {
  const batch = output.open(shape, undefined), at = output.size;
  for (let i = 0; i < shape.wanted.length; i++) (batch.columns[(shape.wanted[i] as { slot: number }).slot] as Column)[at] = values[i];
  clearSlices(batch, at);
  output.kinds[at] = kind;
}
