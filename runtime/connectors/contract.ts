/**
 * Sources, sinks and formats at run time. One reader or writer per subtask, in a worker thread.
 * To add a connector: a folder `connectors/<name>/` with its descriptor (planner half, catalog/registry/connectors.ts) and its factory
 * here, and one line in `connectors/index.ts`.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import type { ChangeBatch } from '../../core/row/batch.ts';
import type { TextSlices } from '../../core/row/slices.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { BadRecordSample } from './bad-records.ts';
import type { LookupJoinNode, SinkNode, SourceNode } from '../../planner/physical/plan.ts';

export interface ConnectorContext {
  readonly subtask: number;
  readonly parallelism: number;
  /** Shown in errors, client ids, transactional ids. */
  readonly jobId: string;
  readonly bounded: boolean;
  readonly timeZone: string;
  counter(name: string): { value: number };
  /** Structured log line of the job. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
  nowMs(): number;
}
export interface SourceContext extends ConnectorContext {
  /** Whoever gets the rows takes text as slices (`core/row/slices.ts`): a reader that can give them should. */
  readonly takesSlices?: boolean;
  /** It reads for a SELECT, without checkpoints: it leaves nothing behind. */
  readonly isQuery?: boolean;
}

/** `more`: call again soon. `idle`: nothing until `wake` is called. `finished`: bounded input is at its end. */
export type PollResult = 'more' | 'idle' | 'finished';
/** Why a connector cannot go on for now, by itself or by nobody's fault: the system outside is away (it tries again), or has nothing to give before something happens there. */
export interface Stuck { readonly what: 'retrying' | 'waiting'; /** Milliseconds since 1970. */ readonly sinceMs: number; readonly why: string }

export interface SourceReader {
  /**
   * Connects, works out start positions (restored positions beat start-up modes) and begins to fetch.
   * `restored`: what all subtasks' `positions()` gave at the checkpoint (any former parallelism); take your own splits out of it.
   */
  open(restored: readonly Json[] | undefined): Promise<void>;
  /** Emits about one batch (at most MAX_BATCH_ROWS rows) of what has arrived; synchronous. Throws what must fail the job. */
  poll(output: { push(batch: ChangeBatch): void }): PollResult;
  /** Positions after everything emitted so far, JSON-safe, own splits only. */
  positions(): Json;
  /**
   * False while rows of a transaction have been emitted and others have not: a barrier waits until the transaction is out, so that no
   * checkpoint holds half of one. Absent: every position is a boundary.
   */
  readonly atBoundary?: boolean;
  /** How far it is, JSON-safe, for the job page: stages, chunks, lag. Cheap: asked about once a second. */
  progress?(): Json;
  /** Barrier: resolves when what it wrote itself about records before the positions (dead letters) is safely out. The checkpoint waits. */
  prepare?(): Promise<void>;
  /** The last records that it could not read, oldest first. */
  badRecords?(): readonly BadRecordSample[];
  /** undefined: nothing holds it up. Cheap, as `progress`. */
  readonly stuck?: Stuck | undefined;
  /** The checkpoint with these positions is complete (commit offsets for monitoring; failures are logged only). */
  checkpointed?(positions: Json): void;
  close(): Promise<void>;
}
export interface SourceFactory {
  readonly identifier: string;
  /** `wake` may be called at any time, from callbacks, when an idle reader has data again or has failed. */
  create(node: SourceNode, context: SourceContext, wake: () => void): SourceReader;
}

export interface SinkWriter {
  open(): Promise<void>;
  /** Encodes and buffers; synchronous. Must copy what it keeps. */
  push(batch: ChangeBatch): void;
  /** It looks at `batch.slices`, or at no value; otherwise it finds all values in the columns. */
  readonly takesSlices?: boolean;
  /** undefined = has room. Otherwise the task reads no further until the promise settles (back-pressure). */
  ready(): Promise<void> | undefined;
  /** undefined: nothing holds it up. Cheap: asked about once a second. */
  readonly stuck?: Stuck | undefined;
  /** The inputs are idle: send what is buffered. */
  idle?(): void;
  /**
   * Barrier of `epoch`: rows pushed before it belong to the epoch, later ones to the next. Resolves when all of the epoch's rows are
   * safely out (acknowledged; for exactly-once: in a prepared transaction) with what a commit after a crash needs, or null.
   */
  prepare(epoch: number): Promise<Json>;
  /** The checkpoint is durable: make the epoch visible. Repeatable. */
  commit(committable: Json): Promise<void>;
  close(): Promise<void>;
}
export interface SinkFactory {
  readonly identifier: string;
  create(node: SinkNode, context: SinkContext): SinkWriter;
  /**
   * At restore, before any writer opens: end the transactions the checkpoint says are prepared. Idempotent. `former`: subtasks of the sink at the checkpoint. With a context of no subtasks the job ends: what is
   * not committed is aborted, wherever it is open. With one of infinitely many it only commits.
   */
  recover?(node: SinkNode, committables: readonly Json[], context: SinkContext, former?: number): Promise<void>;
}
export interface SinkContext extends ConnectorContext {
  /** Of `recover`: the name of whoever starts, and whether it has started before in this process, so that a name found in its place is a later one's. */
  readonly claim?: { readonly own: string; readonly isHeld: boolean } | undefined;
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  /** For print: one line of a row, kept per job and shown to psql, HTTP and the console; also written to stdout/stderr and the log as asked. */
  print(line: string, to: { readonly stream: 'stdout' | 'stderr'; readonly logger: boolean }): void;
  /** Fails the job now: for failures that come while no row does. */
  fail?(error: unknown): void;
}

/** A row of a looked up table: values of the node's `fields`, in order. */
export type LookupRow = readonly unknown[];
/** Asks a table for the rows of keys, as they are now. Retries are its own affair. */
export interface LookupReader {
  open(): Promise<void>;
  /**
   * The rows of each key, in the order of the keys. A key holds the values of the node's keys that come from the input, in their order,
   * none NULL; constants the reader adds itself. Equal means equal as SQL values here, whatever the database's collation says.
   */
  lookup(keys: readonly (readonly unknown[])[]): Promise<readonly (readonly LookupRow[])[]>;
  /** All rows, for a cache of the whole table. */
  all(): Promise<readonly LookupRow[]>;
  close(): Promise<void>;
}
export interface LookupFactory { readonly identifier: string; create(node: LookupJoinNode, context: ConnectorContext): LookupReader }

/** Where a record came from, for errors. */
export interface RecordOrigin { readonly topic: string; readonly partition: number; readonly offset: number }

/**
 * Decoder of one message value or key for chosen columns, made once per reader. Appends rows: writes column values at
 * `columns[slot][row]`. `slots[i]` is the output slot of the i-th wanted field.
 */
export interface Decoder {
  /**
   * Decodes bytes[start, end) into `target` from row `at`; start < 0 means a null message. Returns the number of rows written
   * (0: skipped, several: JSON array, debezium update). Fills `kinds[at…]`. Throws a `bad-record` RivuletError naming the field; the
   * reader adds topic, partition and offset and applies the table's error policy.
   */
  decode(bytes: Buffer, start: number, end: number, target: ChangeBatch, kinds: Uint8Array, at: number): number;
}
/** Writes one row of a batch as a message; the growing buffer is owned by the caller. */
export interface Encoder {
  /** Appends the row's bytes to `out`; false = null message (tombstone / skip). */
  encode(batch: ChangeBatch, row: number, out: ByteSink): boolean;
}
/** A growable byte buffer that encoders write into. */
export interface ByteSink { bytes: Buffer; /** The memory of `bytes`. */ view: DataView; length: number; ensure(more: number): void }

export interface WantedField { /** Name inside the message (prefix removed). */ readonly name: string; readonly type: SqlType; /** Output slot; */ readonly slot: number; /** Format metadata key instead of a field, e.g. `source.timestamp`. */ readonly metadata?: string | undefined; /** Where texts of the column go as slices; only given to formats with `takesSlices`. */ readonly slices?: TextSlices | undefined }
/** Told of what ignore-parse-errors hides in a message: how many fields became NULL; 0 = the message, or what was left of it, gives no row. */
export type IgnoredErrors = (error: RivuletError, nulledFields: number) => void;
export interface FormatRuntime {
  readonly identifier: string;
  /**
   * Decoders write texts to `WantedField.slices` where given (and a negative start where they write the column), encoders read
   * `batch.slices`.
   */
  readonly takesSlices?: boolean;
  /** `settings` from the descriptor's describe(); `all` are all fields the table declares for this role (missing-field checks). */
  decoder?(settings: Json, wanted: readonly WantedField[], all: readonly { name: string; type: SqlType }[], ignored?: IgnoredErrors): Decoder;
  encoder?(settings: Json, fields: readonly { readonly name: string; readonly type: SqlType; readonly column: number }[]): Encoder;
}
