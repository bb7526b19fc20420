/** What the planner halves (SQL table `mysql-cdc`, pipeline source `mysql`) tell the reader of changes: plain JSON inside the plan. */
import type { SqlType } from '../../../../core/types/sql-type.ts';
import type { RowFact } from '../../../pipelines/contract.ts';
import type { MySqlServer } from '../connection/server.ts';

/** `scan.startup.*`, checked. */
export interface CdcStartup {
  readonly mode: 'initial' | 'earliest-offset' | 'latest-offset' | 'specific-offset' | 'timestamp' | 'snapshot';
  readonly file: string | null;
  readonly pos: number | null;
  readonly gtids: string | null;
  readonly skipEvents: number;
  readonly skipRows: number;
  readonly timestampMs: number | null;
}
export interface MySqlCdcSpec {
  /** Table or pipeline name, for errors. */
  readonly table: string;
  readonly server: MySqlServer;
  /** Ids to log in with as a replica, both ends included; null = one at random. */
  readonly serverIds: readonly [first: number, last: number] | null;
  /** Regular expressions (RE2 syntax, whole match) on `db.table`: captured if one of `include` matches and none of `exclude`. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly startup: CdcStartup;
  readonly chunkSize: number;
  readonly fetchSize: number;
  /** Chunk key columns that are not the primary key's first: regular expression on `db.table` → column. */
  readonly chunkKeys: readonly (readonly [table: string, column: string])[];
  readonly evenFactor: readonly [lower: number, upper: number];
  /** Chunks read at the same time, each on a connection of its own. */
  readonly connections: number;
  /** `scan.incremental.snapshot.backfill.skip`: changes during a chunk's read may appear twice. */
  readonly skipBackfill: boolean;
  readonly unboundedChunkFirst: boolean;
  readonly heartbeatMs: number;
  readonly maxRetries: number;
  /** `server-time-zone`; null = the server's own. */
  readonly timeZone: string | null;
  readonly newTables: 'ignore' | 'snapshot' | 'stream';
  readonly schemaChanges: boolean;
  readonly tinyint1AsBoolean: boolean;
  readonly legacyJson: boolean;
  /** Every change as +I (`scan.read-changelog-as-append-only.enabled`). */
  readonly appendOnly: boolean;
  readonly comments: boolean;
}
/** Of connector `mysql-pipeline`: every captured table whole, batches are PipelineBatches. The node's `columns` and `fields` are empty. */
export interface MySqlPipelineSpec extends MySqlCdcSpec {
  /** Columns behind each table's own, in this order. */
  readonly facts: readonly RowFact[];
  /** The sink may hold rows of chunks that a failure took out of the state again. */
  readonly repeats?: boolean;
}
/** Of connector `mysql-cdc`: one SQL table over one or several MySQL tables of like columns. */
export interface MySqlTableSpec extends MySqlCdcSpec {
  /** Physical columns in declared order, found in MySQL by name. */
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly primaryKey: readonly string[];
  /** A SELECT that ends: the state as of its start. */
  readonly bounded: boolean;
}
