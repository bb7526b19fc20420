/**
 * Sources that make each row from its number, at a rate: `datagen`, `nexmark`. A subtask makes the rows of its lanes (every n-th number),
 * and positions are the next number of each lane, so that a restored job goes on exactly where it was, at any parallelism.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import { BATCH_ROWS, ChangeBatch, type Column } from '../../core/row/batch.ts';
import type { ConnectorContext, PollResult, SourceReader } from './contract.ts';

/** The value of a column in the row of a number. */
export type MakeValue = (row: number) => unknown;
/** `rows`: of the whole table, null = endless. One maker per output column. */
export interface NumberedRows { readonly rowsPerSecond: number; readonly rows: number | null; readonly makers: readonly MakeValue[] }

/** Every `step`-th row number from `next` on. */
interface Lane { next: number; readonly step: number }

/** The reader of sources that make rows out of their numbers. */
export class NumberedRowsReader implements SourceReader {
  private lanes: Lane[] = [];
  private readonly makers: readonly MakeValue[];
  private readonly batch: ChangeBatch;
  private readonly spec: NumberedRows;
  private readonly context: ConnectorContext;
  private readonly wake: () => void;
  private timer: NodeJS.Timeout | undefined;
  private startedMs = 0;
  private made = 0;
  constructor(spec: NumberedRows, context: ConnectorContext, wake: () => void) {
    this.spec = spec;
    this.context = context;
    this.wake = wake;
    this.makers = spec.makers;
    this.batch = ChangeBatch.withWidth(spec.makers.length);
  }
  open(restored: readonly Json[] | undefined): Promise<void> {
    const { subtask, parallelism } = this.context;
    if (restored === undefined) this.lanes = [{ next: subtask, step: parallelism }];
    else {
      // The lanes of all former subtasks, dealt out to those of now.
      const all = restored.flatMap((p) => (p as { lanes?: readonly Lane[] } | null)?.lanes ?? []).toSorted((a, b) => a.next % a.step - b.next % b.step || a.step - b.step);
      this.lanes = all.filter((_, i) => i % parallelism === subtask).map((lane) => ({ ...lane }));
    }
    this.startedMs = performance.now();
    return Promise.resolve();
  }
  poll(output: { push(batch: ChangeBatch): void }): PollResult {
    if (this.isAtEnd()) return 'finished';
    const perMs = this.spec.rowsPerSecond / this.context.parallelism / 1000;
    const due = Math.floor((performance.now() - this.startedMs) * perMs) + 1 - this.made;
    if (due <= 0) {
      this.timer ??= setTimeout(() => { this.timer = undefined; this.wake(); }, Math.max(1, Math.min(1000, (1 - due) / perMs)));
      return 'idle';
    }
    const size = this.fill(Math.min(due, BATCH_ROWS));
    this.made += size;
    this.batch.size = size;
    output.push(this.batch);
    return this.isAtEnd() ? 'finished' : 'more';
  }
  private fill(most: number): number {
    const { rows } = this.spec, limit = rows ?? Number.POSITIVE_INFINITY;
    let size = 0;
    for (const lane of this.lanes) {
      for (; size < most && lane.next < limit; size++, lane.next += lane.step) {
        for (let c = 0; c < this.makers.length; c++) (this.batch.columns[c] as Column)[size] = (this.makers[c] as MakeValue)(lane.next);
      }
    }
    return size;
  }
  private isAtEnd(): boolean {
    const { rows } = this.spec;
    return rows === null ? this.lanes.length === 0 : this.lanes.every((lane) => lane.next >= rows);
  }
  positions(): Json { return { lanes: this.lanes.map(({ next, step }) => ({ next, step })) }; }
  close(): Promise<void> { clearTimeout(this.timer); return Promise.resolve(); }
}
