/** What the planner halves of `mysql` and `jdbc` tell sink, lookup and scan: plain JSON inside the plan. */
import type { SqlType } from '../../../../core/types/sql-type.ts';
import type { MySqlServer } from '../connection/server.ts';

/** A table in MySQL as it is declared in SQL. */
export interface TableSpec {
  /** The SQL table, for errors. */
  readonly table: string;
  readonly server: MySqlServer;
  readonly database: string;
  /** The table's name in MySQL. */
  readonly name: string;
  /** Physical columns in order. */
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  /** Zone in which MySQL's TIMESTAMP stands for a wall-clock time, and its DATETIME for an instant. */
  readonly zone: string;
  /** Times a statement is sent again after a loss of connection, a deadlock, a lock wait. */
  readonly maxRetries: number;
}
export interface SinkSpec extends TableSpec {
  /** Positions of the PRIMARY KEY among the columns; null = rows are appended. */
  readonly key: readonly number[] | null;
  /** Rows gathered before they are written; 0 = not counted. */
  readonly maxRows: number;
  /** Longest time they are gathered; 0 = not timed. Null: as soon as the input rests, and at least once a second. */
  readonly intervalMs: number | null;
  /** Rows of one statement at most. */
  readonly statementRows: number;
  readonly ignoreDelete: boolean;
  readonly ignoreNull: boolean;
  readonly guarantee: 'at-least-once' | 'exactly-once';
}
export interface ScanSpec extends TableSpec {
  readonly fetchRows: number;
  /** `scan.partition.*`: ranges of a column read side by side; bounds as whole numbers (days for DATE, ms for timestamps). */
  readonly partition: { readonly column: number; readonly count: number; readonly lower: number; readonly upper: number } | null;
}
