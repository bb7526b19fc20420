/**
 * What the parts of the MySQL connectors tell one another: tables as MySQL describes them, places in a binlog, and the stream of a
 * binlog. A reader of changes is one per job and source (subtask 0); several connections read chunks of a snapshot side by side.
 */
import type { Column } from '../../../core/row/batch.ts';
import type { ColumnSlices } from '../../../core/row/slices.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';

/** A column of a MySQL table, from information_schema, a DDL statement or a table map with full metadata. JSON-safe. */
export interface MySqlColumn {
  readonly name: string;
  /** Lower case, without length and attributes: `bigint`, `varchar`, `enum`, `datetime`, `geometry`, `vector`, MariaDB's `uuid`, `inet6` … */
  readonly dataType: string;
  /** Characters of char and varchar, bytes of binary and varbinary, bits of bit, digits of decimal, display width of integers (`tinyint(1)`). */
  readonly length: number | null;
  /** Digits behind the point of decimal; fraction digits of time, datetime, timestamp. */
  readonly scale: number | null;
  readonly unsigned: boolean;
  readonly nullable: boolean;
  /** MySQL's name of the character set (`utf8mb4`, `latin1`); null for types without. */
  readonly charset: string | null;
  readonly collation: string | null;
  /** Of enum and set, in order. */
  readonly values: readonly string[] | null;
  readonly generated: boolean;
  readonly comment: string;
}
export interface TableId { readonly database: string; readonly table: string }
/** `db.table`, MySQL's and the pipelines' text of a table. */
export const tableText = (id: TableId): string => `${id.database}.${id.table}`;
export interface MySqlTable extends TableId {
  readonly columns: readonly MySqlColumn[];
  /** Names in key order; empty = none. */
  readonly primaryKey: readonly string[];
  readonly comment: string;
}

/**
 * A place between two transactions of a binlog. `gtids`: everything executed up to there (MySQL `uuid:1-5,…`, MariaDB `0-1-5`), null
 * without GTIDs. With GTIDs the set counts and file and offset are for people; without, file and offset count. JSON-safe.
 */
export interface BinlogPosition {
  readonly file: string;
  readonly pos: number;
  readonly gtids: string | null;
  /** XA transactions without wanted rows that were prepared before and may be committed behind it; absent: none, or the GTIDs leave them out. */
  readonly xa?: readonly string[];
}

/** MySQL or MariaDB: they differ in GTIDs, statements and events. */
export interface ServerFacts {
  readonly flavor: 'mysql' | 'mariadb';
  /** As in `SELECT VERSION()`. */
  readonly versionText: string;
  readonly version: readonly [major: number, minor: number, patch: number];
  readonly gtidMode: boolean;
}

/** One wanted column of a table: where it is in MySQL and what it becomes. */
export interface WantedColumn {
  /** Position among the table's columns as `MySqlTable.columns` lists them. */
  readonly source: number;
  readonly column: MySqlColumn;
  readonly type: SqlType;
  /** Output column of the batch. */
  readonly slot: number;
}

/** What a rows event says of its table; one object per version of a table and connection, so `===` tells whether something changed. */
export interface TableMap extends TableId {
  /** MySQL's type codes of all columns with their metadata, as sent. */
  readonly types: readonly number[];
  readonly metadata: readonly number[];
  /** Names, signedness, character sets, values, primary key: undefined where the server sends none (`binlog_row_metadata=MINIMAL`). */
  readonly full: MySqlTable | undefined;
}
/** Decodes the rows of a rows event for chosen columns; made once per table map and choice. */
export interface RowDecoder {
  /**
   * Writes up to `max` rows from row `at` of the columns, before and after images of an update as two rows, never one without the other
   * (so `max` is at least 2), and moves `rows.start` behind them. Texts of `slices` columns go there as byte ranges when given. Returns the
   * number of rows; 0 = the event has no more.
   */
  decode(rows: RowsEvent, columns: readonly Column[], kinds: Uint8Array, at: number, max: number, slices: ColumnSlices | null): number;
}

export type BinlogEvent =
  /** Before the first rows of a transaction that has wanted ones. `timestampMs`: its commit, to the ms where the server tells (MySQL 8). */
  | { readonly kind: 'begin'; /** Of this transaction, as in `uuid:7` or `0-1-7`; made when asked for. */ readonly gtid: string | null; readonly timestampMs: number }
  | RowsEvent
  /** The transaction is whole; `position` is behind it. */
  | { readonly kind: 'commit'; /** Made when asked for. */ readonly position: BinlogPosition; readonly timestampMs: number }
  /**
   * Everything else that was executed, DDL above all. `position` is behind it; inside a transaction (CREATE TABLE … SELECT) behind the
   * last whole transaction. The two modes of its session change how the text is read. Not for logs: CREATE USER holds a password's hash.
   */
  | { readonly kind: 'statement'; readonly database: string; readonly sql: string; readonly ansiQuotes: boolean; readonly noBackslashEscapes: boolean; readonly position: BinlogPosition; readonly timestampMs: number }
  /** Nothing happened; the position may have moved on (other databases, rotation). */
  | { readonly kind: 'heartbeat'; readonly position: BinlogPosition }
  /** With `nonBlocking`: everything the server had has been read. */
  | { readonly kind: 'end'; readonly position: BinlogPosition };
export interface RowsEvent {
  readonly kind: 'rows';
  readonly change: 'insert' | 'update' | 'delete';
  readonly table: TableMap;
  readonly timestampMs: number;
  /** Bytes of rows not decoded yet: valid until `next` is called. */
  readonly bytes: Buffer;
  start: number;
  readonly end: number;
}

export interface BinlogStreamOptions {
  readonly serverId: number;
  /** Another id, asked for when a reader that logged in under the same one has cut this stream off; undefined or absent: there is none, the stream fails. */
  readonly otherServerId?: () => Promise<number | undefined>;
  readonly heartbeatMs: number;
  /** Ends the stream at the end of the log instead of waiting for more. */
  readonly nonBlocking?: boolean;
  /** Rows of other tables are skipped undecoded. Asked once per table map. */
  readonly wants: (table: TableId) => boolean;
  /** Called at any time when `next` may have something again: event, loss of connection, end. */
  readonly wake: () => void;
  /** Attempts to connect again in a row (`connect.max-retries`) before `next` throws mysql-connection-lost; 10 unless given. */
  readonly maxRetries?: number;
  /** Bytes that may wait to be read before the socket is held back; 8 MiB unless given. */
  readonly queueBytes?: number;
  /** CRC-32 of every event; true unless given. */
  readonly verifyChecksums?: boolean;
}
/**
 * A binlog as a stream that is pulled: what arrived waits in a queue bounded by bytes (beyond it the socket is not read). Reconnecting
 * after losses is the stream's affair (with back-off; from the last whole transaction, rows already given of a half one are skipped);
 * what cannot be mended is thrown by `next` after everything that had arrived before.
 */
export interface BinlogStream {
  /** Connects and asks for the log from there. Rejects with binlog-purged, mysql-access-denied, mysql-unreachable … */
  open(start: BinlogPosition | { readonly timestampMs: number } | 'earliest' | 'latest'): Promise<void>;
  /** The next event, or undefined when nothing has arrived. The object is valid until the next call. */
  next(): BinlogEvent | undefined;
  /** Behind the last whole transaction given. */
  readonly position: BinlogPosition;
  /** For the job page: bytes waiting in the queue, the last heartbeat or event, reconnects. */
  readonly stats: { readonly queuedBytes: number; readonly lastHeardMs: number; readonly reconnects: number; readonly readBytes: number };
  close(): Promise<void>;
}
