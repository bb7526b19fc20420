/**
 * Jobs as the server sees them: submit, watch, stop, restore; and one-off queries whose rows stream to the caller. Implemented by
 * `manager.ts` (`startJobManager`). Everything here runs on the main thread and never blocks it; the work is done in worker threads.
 *
 * All waiting calls reject with RivuletErrors (`core/errors/runtime.ts`). Texts of options and their defaults: `settings.ts`.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { BadRecordSample } from '../connectors/bad-records.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import type { WorkerLimits } from './workers.ts';

/**
 * Flink's JobStatus, as SHOW JOBS prints it. A job stopped with a savepoint is FINISHED as in Flink. INITIALIZING: opening sources and
 * sinks, or restoring. SUSPENDED: the server is shutting down; the job runs on at the next start.
 */
export type JobStatus =
  | 'CREATED' | 'INITIALIZING' | 'RUNNING' | 'FAILING' | 'FAILED' | 'RESTARTING' | 'CANCELLING' | 'CANCELED' | 'FINISHED' | 'SUSPENDED';

export interface JobSummary {
  readonly id: string;
  readonly name: string;
  readonly status: JobStatus;
  /** When the job was submitted, ms since the epoch. */
  readonly startTimeMs: number;
  /** When it reached its final status; undefined while it has none. */
  readonly endTimeMs: number | undefined;
  readonly parallelism: number;
  /** Times it was restarted by the restart strategy since it was submitted or restarted by hand. */
  readonly restarts: number;
  /** Its plan is a pipeline's. */
  readonly isPipeline: boolean;
  /** Primary text of what last made it fail, also while it is RUNNING again; undefined = never failed. */
  readonly lastError: string | undefined;
  /** What a person should look at now: why it failed or restarts, or why its checkpoints cannot be written; undefined = nothing. */
  readonly problem: string | undefined;
}

export interface JobException {
  readonly atMs: number;
  readonly message: string;
  readonly sqlstate: string;
  /** Stable name of the error, e.g. `kafka-topic-replaced`. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** Plan node and subtask where it came up, if known. */
  readonly nodeId: string | undefined;
  readonly subtask: number | undefined;
}

export interface StatusChange { readonly status: JobStatus; readonly atMs: number }

export interface CheckpointRecord {
  readonly epoch: number;
  readonly kind: 'checkpoint' | 'savepoint' | 'final';
  readonly status: 'completed' | 'failed' | 'in-progress';
  readonly startedMs: number;
  /** From trigger to durable and committed. */
  readonly durationMs: number | undefined;
  /** Bytes written for it (changed state only; everything for a savepoint). */
  readonly sizeBytes: number | undefined;
  /** Bytes of all state the checkpoint stands for. */
  readonly totalBytes: number | undefined;
  readonly failure: string | undefined;
  readonly path: string | undefined;
}

export interface NodeDetail {
  readonly id: string;
  readonly type: string;
  /** Of a source or sink. */
  readonly table?: string | undefined;
  readonly label: string;
  readonly inputs: readonly { readonly node: string; readonly exchange: string }[];
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** Largest watermark that all subtasks have reached (ms); undefined = none yet. */
  readonly watermarkMs: number | undefined;
  readonly stateBytes: number;
  readonly stateEntries: number;
  /** Operator and connector counters, e.g. `droppedLateRows`, summed over subtasks. */
  readonly counters: Readonly<Record<string, number>>;
  /** One text per subtask of a source or sink, or of a join (which may stop in the middle of a row): `running`, `idle`, `back-pressured`, `full`, `finished`, `opening`, or `retrying since …: why`, `waiting since …: why`. */
  readonly activity: readonly string[];
  /** One per subtask of a source that tells how far it is: stages, chunks, lag. */
  readonly progress: readonly Json[];
}

/** JSON-safe. */
export interface JobDetail extends JobSummary {
  readonly sql: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeDetail[];
  /** Newest first, bounded. */
  readonly checkpoints: readonly CheckpointRecord[];
  /** Newest first, bounded. */
  readonly exceptions: readonly JobException[];
  /** Where the running incarnation began: `initial`, `checkpoint 17`, a savepoint path. */
  readonly restoredFrom: string;
  /** Newest first, bounded; over restarts of the server. */
  readonly statuses: readonly StatusChange[];
  /** When the restart strategy starts it again (ms since the epoch), while it is RESTARTING. */
  readonly nextRestartMs: number | undefined;
}

/** A record that a source of the job could not read. */
export interface JobBadRecord extends BadRecordSample { readonly nodeId: string; readonly subtask: number }

export interface PrintLine {
  readonly sink: string;
  /** Grows by one per line of the job, over restarts of the job within one server run. */
  readonly sequence: number;
  readonly text: string;
}

/** Up to some thousands of rows; `kinds` absent = all +I. Same shape as the gateway's RowChunk. */
export interface RowChunk { readonly rows: readonly (readonly unknown[])[]; readonly kinds?: readonly number[] | undefined }

export interface SubmitRequest {
  readonly name: string;
  /** Statement text, kept for SHOW and the console; never executed again. */
  readonly sql: string;
  readonly plan: PhysicalPlan;
  /**
   * Session options that concern jobs (`execution.*`, `restart-strategy.*`, `parallelism.default` …) as text. Unknown keys are kept and
   * ignored; bad values of known keys throw `invalid-option-value`. `execution.savepoint.path` starts from a savepoint.
   */
  readonly settings: Readonly<Record<string, string>>;
}

export interface StopOptions {
  readonly savepoint: boolean;
  /** Let bounded-style ends run through the operators before stopping (Flink's --drain). */
  readonly drain?: boolean | undefined;
}
export type RestartFrom = 'latest' | 'initial' | { readonly savepointPath: string };

export interface QueryOptions {
  /** Aborting frees the query's sources, operators and buffers within moments; the iterable ends by throwing `query-cancelled`. */
  readonly signal: AbortSignal;
  /** As in SubmitRequest; only parallelism matters. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** Plain numbers for Prometheus; names without prefix, labels ready to be escaped. */
export interface MetricSample { readonly name: string; readonly kind: 'counter' | 'gauge'; readonly help: string; readonly value: number; readonly labels: Readonly<Record<string, string>> }

export interface JobManager {
  /** Resolves with the job id (32 hex digits) once the job is stored durably and is being started; failures to open show in its status. */
  submit(request: SubmitRequest): Promise<string>;
  /** Newest last. Transient queries are not listed. */
  list(): readonly JobSummary[];
  summary(id: string): JobSummary | undefined;
  /** Asks the workers for counters. undefined = no such job. */
  detail(id: string): Promise<JobDetail | undefined>;
  /** The last records that the job's sources could not read, oldest first; a few per source and subtask. undefined = no such job. */
  badRecords(id: string): Promise<readonly JobBadRecord[] | undefined>;
  /** Resolves when the job has reached a final status (or the signal aborts: `query-cancelled`). For `table.dml-sync`. Rejects with its root error if it FAILED. */
  waitFor(id: string, signal?: AbortSignal): Promise<JobSummary>;
  stop(id: string, options: StopOptions): Promise<{ savepointPath?: string | undefined }>;
  cancel(id: string): Promise<void>;
  savepoint(id: string): Promise<{ savepointPath: string }>;
  /** A checkpoint now, outside the interval; resolves when it is complete. */
  checkpoint(id: string): Promise<CheckpointRecord>;
  /** Starts a job that has a final status again, or restarts a running one. `latest`: its newest checkpoint, else from the start. */
  restart(id: string, options: { readonly from: RestartFrom }): Promise<void>;
  /** Cancels if need be and forgets the job with its checkpoints and printed lines. Savepoints stay. */
  drop(id: string): Promise<void>;
  printed(id: string, options: { sink?: string | undefined; tail?: number | undefined }): readonly PrintLine[] | undefined;
  /** Endless until the signal aborts or the job is dropped. A reader too slow for the ring skips to the oldest line kept. */
  followPrinted(id: string, options: { sink?: string | undefined; signal: AbortSignal }): AsyncIterable<PrintLine>;
  /**
   * Runs a plan with a CollectNode without checkpoints. The rows are produced no faster than they are taken (bounded read-ahead). Ends
   * at the end of bounded input; leaving the loop early frees everything.
   */
  runQuery(plan: PhysicalPlan, options: QueryOptions): AsyncIterable<RowChunk>;
  /** Savepoints in the data directory, newest first. */
  savepoints(): Promise<readonly SavepointInfo[]>;
  /** Removes a savepoint of the data directory or at another path. Throws `savepoint-unreadable`. */
  dropSavepoint(path: string): Promise<void>;
  /** Retained checkpoints of all jobs, jobs in their order, newest first in each. */
  checkpoints(): readonly RetainedCheckpoint[];
  /** What a job could take over from a savepoint or checkpoint (`execution.savepoint.path`). Throws `savepoint-unreadable` and the like. */
  startingState(path: string): Promise<StateFacts>;
  /** Tables read or written by jobs that are not in a final status: connector spec table name → job ids (for DROP checks and dependency lists). */
  usedTables(): ReadonlyMap<string, readonly string[]>;
  /** Jobs that are not in a final status, with their plans as they are stored. */
  unfinished(): readonly { readonly id: string; readonly plan: PhysicalPlan }[];
  metrics(): Promise<readonly MetricSample[]>;
  /** False while restoring at start or shutting down; the reason for humans in `notReady`. */
  readonly ready: boolean;
  readonly notReady: string | undefined;
  /** A final checkpoint for every running job, sinks flushed, workers ended, store closed. Idempotent. */
  shutdown(): Promise<void>;
}

export interface RetainedCheckpoint { readonly path: string; readonly jobId: string; readonly jobName: string; readonly epoch: number; readonly createdMs: number; readonly sizeBytes: number }
export interface StateFacts { readonly path: string; readonly jobName: string; readonly createdMs: number; readonly nodes: readonly StateNode[] }
/** `label`: as EXPLAIN shows the operator; savepoints of older versions do not know it. */
export interface StateNode { readonly id: string; readonly label: string | undefined; readonly bytes: number; readonly hasPositions: boolean }

export interface SavepointInfo { readonly path: string; readonly jobId: string; readonly jobName: string; readonly createdMs: number; readonly sizeBytes: number; readonly version: string }

export interface JobManagerOptions {
  readonly dataDir: string;
  /** Worker threads, and the parallelism of jobs that do not say otherwise (`parallelism.default`). */
  readonly parallelism: number;
  readonly log: Log;
  readonly clock: Clock;
  /** What state and the workers' heaps may take; default: no limit. */
  readonly limits?: WorkerLimits | undefined;
  /** File URL or path of the module with operators, connectors and functions; tests give their own. Default: `runtime/registry.ts`. */
  readonly registryModule?: string | undefined;
  /** Where rows of print sinks go; default process.stdout / process.stderr. Resolves when there is room. */
  readonly printTo?: ((stream: 'stdout' | 'stderr', text: string) => Promise<void> | undefined) | undefined;
  /** The plan as it is run: what it refers to looked up. Called each time an incarnation or a query is about to connect; what it throws fails that. Default: as it is. */
  readonly resolvePlan?: ((plan: PhysicalPlan) => PhysicalPlan) | undefined;
  /** Default false: do not start the jobs of the store that should run (for inspection). */
  readonly leaveStopped?: boolean | undefined;
}
