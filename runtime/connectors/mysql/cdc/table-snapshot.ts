/** One table under snapshot: what of it has been read, what is being read, what is left, and who a changed row's key belongs to. */
import type { Connection } from 'mysql2/promise';
import type { SortValue } from './key-order.ts';
import type { Chunk } from './chunk.ts';
import type { KeyPlan } from './key-plan.ts';
import { FinishedRanges, rangeHolds, type Bound, type KeyRange, type StoredRange } from './ranges.ts';
import type { Splitter } from './splitter.ts';

export class TableSnapshot {
  readonly plan: KeyPlan;
  readonly splitter: Splitter;
  /** Begun and not finished. */
  readonly chunks: Chunk[] = [];
  chunksDone = 0;
  /** Rows asked for with one statement; becomes less where rows are large. */
  rowsPerRead: number;
  rowsDone = 0;
  private readonly finished: FinishedRanges;
  private readonly gaps: KeyRange[];
  /** Ranges handed out that are neither given back nor finished. */
  private outstanding = 0;
  private splitting: Promise<unknown> = Promise.resolve();
  constructor(plan: KeyPlan, splitter: Splitter, finished: readonly KeyRange[], rowsPerRead: number) {
    this.rowsPerRead = rowsPerRead;
    this.plan = plan;
    this.splitter = splitter;
    this.finished = new FinishedRanges(plan.kinds, finished);
    this.gaps = this.finished.gaps();
  }
  get hasGaps(): boolean { return this.gaps.length > 0; }
  get isDone(): boolean { return this.gaps.length === 0 && this.outstanding === 0; }
  /** The next range to read; one connection at a time cuts. */
  take(connection: Connection): Promise<KeyRange | undefined> {
    const turn = this.splitting.then(() => this.cut(connection));
    this.splitting = turn.catch(() => {});
    return turn;
  }
  private async cut(connection: Connection): Promise<KeyRange | undefined> {
    const gap = this.gaps.shift();
    if (gap === undefined) return undefined;
    this.outstanding++;
    let end: Bound | null;
    try { end = await this.splitter.cut(connection, gap); } catch (error) { this.giveBack(gap); throw error; }
    if (end === null) return gap;
    this.gaps.unshift({ from: end, to: gap.to });
    return { from: gap.from, to: end };
  }
  /** Not read after all. */
  giveBack(range: KeyRange): void {
    this.outstanding--;
    this.gaps.unshift(range);
  }
  /** A read had too many bytes. False: it cannot be cut smaller. */
  shrink(): boolean {
    if (this.rowsPerRead <= 2 || this.plan.order.length === 0) return false;
    this.rowsPerRead = Math.max(2, this.rowsPerRead >> 2);
    return true;
  }
  /** Behind what was read of a range. */
  addRest(range: KeyRange): void { this.gaps.unshift(range); }
  finish(chunk: Chunk): void {
    this.outstanding--;
    this.remove(chunk);
    this.finished.add(chunk.range);
    this.chunksDone++;
    this.rowsDone += chunk.rows.count;
  }
  remove(chunk: Chunk): void {
    const at = this.chunks.indexOf(chunk);
    if (at >= 0) this.chunks.splice(at, 1);
  }
  route(key: readonly SortValue[]): Chunk | 'finished' | 'unread' {
    const { kinds } = this.plan;
    for (let i = 0; i < this.chunks.length; i++) { const chunk = this.chunks[i] as Chunk; if (rangeHolds(kinds, chunk.range, key)) return chunk; }
    return this.finished.holds(key) ? 'finished' : 'unread';
  }
  /** Chunks of about the wanted size, by the server's estimate of the rows. */
  estimatedChunks(chunkSize: number): number { return this.isDone ? this.chunksDone : Math.max(this.chunksDone + this.outstanding + (this.hasGaps ? 1 : 0), Math.ceil(this.splitter.estimatedRows / chunkSize)); }
  toJson(): readonly StoredRange[] { return this.finished.toJson(); }
}
