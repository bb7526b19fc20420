/**
 * What the protocols (PG wire, HTTP) ask of the engine: a session takes statement text and gives back results as streams of row
 * chunks. Values are in the representation of `core/types/sql-type.ts`; protocols encode them. Errors are RivuletErrors whose
 * range, if any, points into the text handed to `execute` or `prepare`.
 */
import type { Principal } from '../auth/contract.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { RetainedCheckpoint, SavepointInfo } from '../../runtime/jobs/contract.ts';

export interface ResultColumn {
  readonly name: string;
  readonly type: SqlType;
  /** A type of PostgreSQL that SQL's types do not have, for columns of system tables; drivers that decode by type need it. The PG protocol shows it instead of `type`. */
  readonly pgType?: CatalogType | undefined;
}
export type CatalogType = 'oid' | 'xid' | 'name' | 'char' | 'oid[]' | 'name[]' | 'char[]';

/**
 * Up to some thousands of rows; `kinds` only for changelog results (0 +I, 1 -U, 2 +U, 3 -D), absent = all +I. The PG protocol sends values only:
 * a gateway that wants changes to be seen there puts a column `op` into the result. HTTP's NDJSON shows kinds as `op`.
 */
export interface RowChunk { readonly rows: readonly (readonly unknown[])[]; readonly kinds?: readonly number[] | undefined }

export interface RowsResult {
  readonly kind: 'rows';
  readonly columns: readonly ResultColumn[];
  /** PG command tag without the count, e.g. `SELECT`, `SHOW`, `INSERT` (then the tag is sent as `INSERT 0 n`). */
  readonly tag: string;
  /** Pulled by the protocol: the engine makes no more than the client reads (back-pressure). Ending it early frees the query. */
  readonly chunks: AsyncIterable<RowChunk>;
  /** True when the rows never end by themselves (streaming SELECT): protocols flush each chunk at once. */
  readonly endless: boolean;
  /** Set for `COPY (query) TO STDOUT`: the PG protocol sends the rows as COPY data with the tag `COPY n`; HTTP ignores it. */
  readonly copy?: CopyFormat | undefined;
}
/** How COPY writes rows (PostgreSQL, "COPY"): `text` with backslash escapes, or `csv`. Absent fields have PostgreSQL's defaults. */
export interface CopyFormat { readonly format: 'text' | 'csv'; readonly header?: boolean | undefined; readonly delimiter?: string | undefined; readonly null?: string | undefined; readonly quote?: string | undefined }
/** A statement without rows; `tag` is the PG command tag (`CREATE TABLE`, `SET`, `BEGIN` …). */
export interface DoneResult { readonly kind: 'done'; readonly tag: string }
/** The text held no statement (PG EmptyQueryResponse). */
export interface EmptyResult { readonly kind: 'empty' }
export type StatementResult = RowsResult | DoneResult | EmptyResult;

export interface Notice { readonly severity: 'NOTICE' | 'WARNING'; readonly sqlstate: string; readonly message: string; readonly detail?: string | undefined; readonly hint?: string | undefined }

export interface ExecuteOptions {
  /** Aborted on cancel request or lost connection: the running statement ends with 57014. */
  readonly signal: AbortSignal;
  readonly onNotice?: ((notice: Notice) => void) | undefined;
}

/** I idle, T in a transaction block, E failed transaction block: the byte of PG's ReadyForQuery. */
export type TransactionStatus = 'I' | 'T' | 'E';

export interface PreparedStatement {
  /** The type of each $n in order, inferred (STRING where nothing tells). */
  readonly parameterTypes: readonly SqlType[];
  /** For parameters that are compared with columns of system tables; see ResultColumn.pgType. */
  readonly parameterCatalogTypes?: readonly (CatalogType | undefined)[] | undefined;
  /** undefined when the statement returns no rows. */
  readonly columns: readonly ResultColumn[] | undefined;
  /** Values by position in the representation of their parameterTypes; null for NULL. */
  execute(parameters: readonly unknown[], options: ExecuteOptions): Promise<StatementResult>;
}

export interface Session {
  readonly id: string;
  readonly transactionStatus: TransactionStatus;
  /**
   * Runs the statements of a text one after another; results come in order, each to be read to its end before the next is asked for.
   * The first error ends the iteration by throwing. A statement set (`BEGIN STATEMENT SET; … END;`) counts as one statement with one
   * result (column `job id`) when it stands whole in the text; when a client sends it piece by piece the session collects it.
   */
  execute(text: string, options: ExecuteOptions): AsyncIterable<StatementResult>;
  /** One statement with $1… parameters. `parameterTypeHints[i]` undefined = infer. Empty text gives undefined. */
  prepare(text: string, parameterTypeHints: readonly (SqlType | undefined)[], options: ExecuteOptions): Promise<PreparedStatement | undefined>;
  /** Told by the protocol when an extended-protocol error must fail the transaction block, and at Sync. */
  noteError(): void;
  /** Run-time parameters reported to PG clients at start-up (server_version, client_encoding, TimeZone …). */
  parameter(name: string): string | undefined;
  /** Drops temporary objects and ends what the session still runs (not its jobs). */
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly protocol: 'pg' | 'http';
  readonly principal: Principal;
  /** PG start-up `database`: a catalog name if such a catalog exists, else ignored. */
  readonly database?: string | undefined;
  readonly applicationName?: string | undefined;
  readonly remote?: string | undefined;
  /** Other start-up parameters (client_encoding, options, TimeZone …). */
  readonly parameters?: ReadonlyMap<string, string> | undefined;
}

export interface JobSummary { readonly id: string; readonly name: string; readonly status: string; readonly startTimeMs: number; /** What a person should look at now. */ readonly problem?: string | undefined }
export interface PrintLine { readonly sink: string; readonly sequence: number; readonly text: string }

/** The whole engine as the protocols see it. */
export interface Gateway {
  openSession(options: SessionOptions): Session;
  jobs(): readonly JobSummary[];
  /** Plan, state, per-operator row counts, checkpoints, restarts, last failure; JSON-safe. undefined = no such job. */
  jobDetail(id: string): Promise<Record<string, unknown> | undefined>;
  /** The last records that the job's sources could not read, oldest first. undefined = no such job. */
  badRecords(id: string): Promise<readonly object[] | undefined>;
  /** The newest `tail` printed rows of a job (all kept ones by default), oldest first. undefined = no such job. */
  printed(id: string, options: { sink?: string | undefined; tail?: number | undefined }): readonly PrintLine[] | undefined;
  /** Endless: each row printed from now on, until the signal aborts. */
  followPrinted(id: string, options: { sink?: string | undefined; signal: AbortSignal }): AsyncIterable<PrintLine>;
  /** Job actions; throw a RivuletError (job-not-found …). */
  stopJob(id: string, options: { savepoint: boolean; drain?: boolean | undefined }): Promise<{ savepointPath?: string | undefined }>;
  cancelJob(id: string): Promise<void>;
  savepointJob(id: string): Promise<{ savepointPath: string }>;
  restartJob(id: string, options: { from: 'latest' | 'initial' | { savepointPath: string } }): Promise<void>;
  dropJob(id: string): Promise<void>;
  savepoints(): Promise<readonly SavepointInfo[]>;
  /** Retained checkpoints of all jobs. */
  checkpoints(): readonly RetainedCheckpoint[];
  dropSavepoint(path: string): Promise<void>;
  /** Names to complete at a place in a text (for consoles). */
  readonly ready: boolean;
  /** Prometheus text. */
  metrics(): Promise<string>;
  readonly version: string;
}
