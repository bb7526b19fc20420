/**
 * What came to an operator while it was in the middle of a row, in order: the rest of the batch at hand, batches behind it, watermarks and
 * ends. Batches are copies, as the rows of a `push` are valid during it alone. How much can come is bounded by the task, which pushes no
 * more than a message or a poll while a late operator has no room.
 */
import { ChangeBatch } from '../../core/row/batch.ts';

export interface WaitingBatch { readonly input: number; readonly batch: ChangeBatch; next: number }
type Waiting = WaitingBatch | (() => void);

export class Backlog {
  private waiting: Waiting[] = [];
  private head = 0;
  get isEmpty(): boolean { return this.head === this.waiting.length; }
  addRows(input: number, batch: ChangeBatch, from: number): void { this.waiting.push({ input, batch: copyOf(batch, from), next: 0 }); }
  addCall(call: () => void): void { this.waiting.push(call); }
  /** The batch whose turn it is; what is due before it is called. undefined: all is done. */
  first(): WaitingBatch | undefined {
    for (;;) {
      const waiting = this.waiting[this.head];
      if (waiting === undefined) { this.waiting = []; this.head = 0; return undefined; }
      if (typeof waiting !== 'function') return waiting;
      this.head++;
      waiting();
    }
  }
  /** The batch `first` gave is done. */
  shift(): void { this.head++; }
}

function copyOf(batch: ChangeBatch, from: number): ChangeBatch {
  const copy = new ChangeBatch(batch.columns.map((column) => column.slice(from, batch.size)));
  copy.size = batch.size - from;
  copy.kinds = batch.kinds === null ? null : batch.kinds.slice(from, batch.size);
  return copy;
}
