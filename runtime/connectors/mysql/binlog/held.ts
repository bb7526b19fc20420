/**
 * Rows that wait inside their transaction: behind a SAVEPOINT they may still be taken back (`ROLLBACK TO` stands in the log when tables
 * without transactions were changed too), and rows of an XA transaction are nobody's before XA COMMIT. Bounded in bytes.
 */
import type { TableMap } from '../contract.ts';

export interface HeldRows { readonly change: 'insert' | 'update' | 'delete'; readonly table: TableMap; readonly timestampMs: number; readonly bytes: Buffer }
/** What an entry costs beside its bytes. */
const OVERHEAD = 200;
export const heldBytes = (rows: readonly HeldRows[]): number => rows.reduce((sum, { bytes }) => sum + bytes.length + OVERHEAD, 0);

/** Of one transaction since its first savepoint. Numbers count the transaction's rows events. */
export class SavedRows {
  private rows: HeldRows[] = [];
  private numbers: number[] = [];
  private readonly points: { readonly name: string; readonly number: number }[] = [];
  size = 0;
  /** @param number of the last rows event before it */
  savepoint(name: string, number: number): void {
    const known = this.points.findIndex((p) => p.name === name);
    if (known >= 0) this.points.splice(known, 1);
    this.points.push({ name, number });
  }
  add(rows: HeldRows, number: number): void {
    this.rows.push(rows);
    this.numbers.push(number);
    this.size += rows.bytes.length + OVERHEAD;
  }
  /** Drops what came behind the savepoint. False: rows up to event `given` are out already, or nobody knows the savepoint. */
  rollbackTo(name: string, given: number): boolean {
    const at = this.points.findIndex((p) => p.name === name), point = this.points[at];
    if (point === undefined || given > point.number) return false;
    this.points.length = at + 1;
    let keep = this.rows.length;
    while (keep > 0 && this.numbers[keep - 1]! > point.number) keep--;
    this.rows.length = this.numbers.length = keep;
    this.size = heldBytes(this.rows);
    return true;
  }
  /** All rows, which are not held any more; the savepoints stay known. */
  take(): HeldRows[] {
    const { rows } = this;
    this.rows = [];
    this.numbers = [];
    this.size = 0;
    return rows;
  }
  get isEmpty(): boolean { return this.rows.length === 0; }
}
