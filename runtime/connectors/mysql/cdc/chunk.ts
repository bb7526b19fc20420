/**
 * A chunk: a range of a table's key whose rows are being read while the binlog goes on.
 *
 * It begins at a place of the stream between two transactions. Its rows are read so that everything the stream had given by then is in
 * them (`fence.ts`); they may hold more, since transactions commit while they are read. From its beginning on the stream's changes of its
 * keys are kept in an overlay, the last one of each key. `high` is a position taken behind the rows: everything in the rows lies before it.
 * Once the stream has passed `high`, rows plus overlay are exactly the table between those two transactions, whichever of the changes the
 * rows already held: the last change of a key decides, and a key without changes has not changed. Then the rows go out as +I, and from
 * there on changes of the keys go out as they come. Nothing of a chunk need be remembered but that its range is finished.
 *
 * A table without a key to tell its rows apart has no overlay. Its rows are read so that they are exactly true at `high`, and the stream
 * stands still until `high` is known; changes before it are dropped, those of the transaction that passes it are kept until it is whole.
 */
import type { BinlogPosition } from '../contract.ts';
import type { SortValue } from './key-order.ts';
import type { KeyRange } from './ranges.ts';
import type { RawRows } from './raw-rows.ts';
import type { RowOrigin, Shape } from './output.ts';

/** `values` by wanted column; null = deleted. */
export interface Overlaid { readonly key: readonly SortValue[]; readonly values: readonly unknown[] | null }
export interface LoggedRow { readonly kind: number; readonly values: readonly unknown[] }

export class Chunk {
  range: KeyRange;
  /** As of its beginning: a change of the table's columns makes the rows useless. */
  readonly shape: Shape;
  readonly isExact: boolean;
  readonly rows: RawRows;
  /** Behind which transaction it began. */
  start: BinlogPosition | undefined;
  /** undefined: not read yet; null: nothing to wait for. */
  high: BinlogPosition | null | undefined;
  readonly overlay = new Map<string, Overlaid>();
  /** Of the transaction under way, when exact. */
  log: LoggedRow[] = [];
  logOrigin: RowOrigin | undefined;
  isAbandoned = false;
  constructor(range: KeyRange, shape: Shape, isExact: boolean, rows: RawRows) {
    this.range = range;
    this.shape = shape;
    this.isExact = isExact;
    this.rows = rows;
  }
}
