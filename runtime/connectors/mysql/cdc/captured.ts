/** The tables a reader captures, and how a face (SQL table, pipeline) wants their rows. */
import type { SchemaChange } from '../../../pipelines/contract.ts';
import type { MySqlTable, TableId } from '../contract.ts';
import type { BatchOutput, Shape } from './output.ts';
import type { DecoderOptions } from './values.ts';

export interface CapturedTable {
  readonly id: TableId;
  /** `db.table` */
  readonly name: string;
  /** As of the place of the stream. */
  schema: MySqlTable;
  shape: Shape;
  /** The receivers have been told of it. */
  isAnnounced: boolean;
  /** A statement on it could not be followed: its columns are known again with the next full description. */
  isUncertain: boolean;
}
export interface Face {
  /** How rows of this version of a table go out. `statement`: the DDL that led to it. Throws when the table cannot serve. */
  shapeOf(table: MySqlTable, statement: string | null, values: DecoderOptions): Shape;
  /** Sends a schema event that leads to `shape`; absent where nobody wants them. */
  announce?(target: BatchOutput, shape: Shape, changes: readonly SchemaChange[], sql: string | null, timestampMs: number): void;
  /** Rows' places in the binlog are asked for. */
  readonly needsPlace: boolean;
  /** Every change goes out as +I. */
  readonly appendOnly: boolean;
  /** The receiver may hold rows from before a failure that the state knows nothing of. */
  readonly repeats?: boolean;
}
