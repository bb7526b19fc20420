/**
 * Messages between the main thread and the workers, and between workers. All are plain data for structured clone; byte buffers are
 * transferred, never copied. An «attempt» is one incarnation of a job or query; messages of attempts a receiver does not know are
 * dropped, so late ones of a cancelled attempt do no harm.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Json } from '../../catalog/registry/connectors.ts';
import { RivuletError } from '../../core/errors/define.ts';
import type { ErrorDomain, RetryAdvice } from '../../core/errors/define.ts';
import { textTooLarge } from '../../core/errors/data.ts';
import { taskFailed } from '../../core/errors/runtime.ts';
import type { LogLevel } from '../../core/ports/log.ts';
import type { BadRecordSample } from '../connectors/bad-records.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import type { JobMemory } from '../state/memory.ts';

/** hold: the sources stay stopped after the barrier (stop with savepoint, shutdown). drain: inputs end before the barrier. */
export type TriggerMode = 'continue' | 'hold' | 'drain';

/**
 * start: writers follow. end: none does (any more), and nothing may stay open. commit: the job ended before; what is prepared is committed and all else left alone, because
 * another job may have taken over long ago.
 */
export type RecoverMode = 'start' | 'end' | 'commit';

/** One end of the line between two workers. */
export interface PeerPort extends Pick<MessagePort, 'postMessage' | 'close'> { on(event: 'message', listener: (message: unknown) => void): unknown }

export interface DeployMessage {
  readonly type: 'deploy';
  readonly attempt: number;
  readonly jobId: string;
  readonly plan: PhysicalPlan;
  readonly parallelism: number;
  readonly subtask: number;
  /** undefined: a fresh start. State blocks came before, in `state` messages. */
  readonly restored: RestoredFacts | undefined;
  /** False for queries: no checkpoints will be asked for. */
  readonly isCheckpointed: boolean;
  /** What all its subtasks count their state in. */
  readonly memory: JobMemory;
  /** Number of worker threads; subtask i lives in worker i mod workers. */
  readonly workers: number;
}
export interface RestoredFacts {
  /** Source node id → positions of all former subtasks. */
  readonly positions: Readonly<Record<string, readonly Json[]>>;
  /** Nodes whose inputs had all ended in this subtask at the checkpoint: their ends are not run again. */
  readonly ended: readonly string[];
  /** Node id → counter → value, of all former subtasks; only for the first. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Nodes that had other numbers of instances at the checkpoint: they keep only their own share of the keys. */
  readonly rescaled: readonly string[];
}
export type ToWorker =
  | { readonly type: 'peer'; readonly worker: number; readonly port: PeerPort }
  | { readonly type: 'state'; readonly attempt: number; readonly subtask: number; readonly node: string; readonly table: string; readonly former: number; readonly bytes: Uint8Array }
  | DeployMessage
  | { readonly type: 'run'; readonly attempt: number }
  | { readonly type: 'trigger'; readonly attempt: number; readonly epoch: number; readonly mode: TriggerMode }
  | { readonly type: 'resume'; readonly attempt: number }
  | { readonly type: 'commit'; readonly attempt: number; readonly epoch: number }
  | { readonly type: 'cancel'; readonly attempt: number }
  | { readonly type: 'credit'; readonly attempt: number; readonly subtask: number; readonly of: 'print' | 'collect'; readonly bytes: number }
  | { readonly type: 'recover'; readonly request: number; readonly jobId: string; readonly plan: PhysicalPlan; readonly parallelism: number; readonly committables: Readonly<Record<string, readonly Json[]>>; /** Sink node id → its instances at the checkpoint. */ readonly former: Readonly<Record<string, number>>; readonly mode: RecoverMode }
  | { readonly type: 'stats'; readonly request: number; readonly attempt: number };

export interface SnapshotBlock { readonly node: string; readonly table: string; readonly kind: 'base' | 'delta'; readonly bytes: Uint8Array<ArrayBuffer>; readonly crc: number; readonly entries: number }
export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly attempt: number;
  readonly epoch: number;
  readonly subtask: number;
  readonly blocks: readonly SnapshotBlock[];
  readonly positions: Readonly<Record<string, Json>>;
  readonly committables: Readonly<Record<string, Json>>;
  /** Node id → counter → value; nodes without counters left out. */
  readonly counters: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly ended: readonly string[];
  /** No row came in since the checkpoint before: nothing but positions can have changed. */
  readonly isUntouched: boolean;
  /** Bytes of all state held by this subtask. */
  readonly stateBytes: number;
  /** From trigger to the snapshot being taken; how long the barrier took to come through. */
  readonly alignMs: number;
  /** How long rows stood still for the snapshot itself. */
  readonly pauseMs: number;
}
export interface PrintedLine { readonly sink: string; readonly text: string; readonly stream: 'stdout' | 'stderr'; readonly logger: boolean }
export interface NodeStats {
  readonly id: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly watermarkMs: number | undefined;
  readonly stateBytes: number;
  readonly stateEntries: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Of a source: the last records that it could not read. */
  readonly badRecords: readonly BadRecordSample[];
  readonly activity: string | undefined;
  /** What a source tells of how far it is, or null. */
  readonly progress: Json;
}
export type ToMain =
  | { readonly type: 'up' }
  | { readonly type: 'ready'; readonly attempt: number; readonly subtask: number }
  | { readonly type: 'done'; readonly attempt: number; readonly subtask: number }
  | SnapshotMessage
  | { readonly type: 'committed'; readonly attempt: number; readonly subtask: number; readonly epoch: number }
  /** Changes since the last barrier have been processed and the inputs are idle now. */
  | { readonly type: 'quiet'; readonly attempt: number; readonly subtask: number }
  | { readonly type: 'failed'; readonly attempt: number; readonly subtask: number; readonly node: string | undefined; readonly error: PlainError }
  /** `nodes`: the last counters. */
  | { readonly type: 'cancelled'; readonly attempt: number; readonly subtask: number; readonly nodes: readonly NodeStats[] }
  | { readonly type: 'print'; readonly attempt: number; readonly subtask: number; readonly lines: readonly PrintedLine[]; readonly bytes: number }
  | { readonly type: 'rows'; readonly attempt: number; readonly subtask: number; readonly bytes: ArrayBuffer }
  | { readonly type: 'recovered'; readonly request: number; readonly error: PlainError | undefined }
  | { readonly type: 'stats'; readonly request: number; readonly subtasks: readonly { readonly subtask: number; readonly nodes: readonly NodeStats[] }[] }
  | { readonly type: 'log'; readonly jobId: string; readonly level: LogLevel; readonly message: string; readonly fields: Readonly<Record<string, unknown>> };

/** Between workers; short names because one goes with every batch. */
export type PeerMessage = {
  /** attempt */ readonly a: number;
  /** edge index in the layout */ readonly e: number;
  /** sending subtask (for credit: the one that got the data) */ readonly f: number;
  /** receiving subtask */ readonly t: number;
} & (
  | { readonly k: 'data'; readonly x: ArrayBuffer }
  | { readonly k: 'barrier'; readonly x: number }
  | { readonly k: 'watermark'; readonly x: number }
  | { readonly k: 'end'; readonly x: 0 }
  /** x: bytes taken off the channel. */
  | { readonly k: 'credit'; readonly x: number }
);

/** A RivuletError (or what else was thrown) as data. */
export interface PlainError {
  readonly message: string;
  readonly sqlstate: string;
  readonly code: string;
  readonly domain: ErrorDomain;
  readonly retry: RetryAdvice;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
  readonly cause: string | undefined;
}
export function plainError(thrown: unknown, node?: string): PlainError {
  const error = thrown instanceof RivuletError ? thrown : thrown instanceof RangeError && thrown.message === 'Invalid string length' ? textTooLarge({ node }, { cause: thrown }) : taskFailed({ why: thrown instanceof Error ? thrown.message : String(thrown), node }, { cause: thrown });
  const cause = error.cause instanceof Error ? error.cause : undefined;
  return {
    message: error.message, sqlstate: error.sqlstate, code: error.code, domain: error.domain, retry: error.retry, detail: error.detail, hint: error.hint,
    stack: cause?.stack ?? error.stack, cause: cause?.message,
  };
}
export function revivedError(plain: PlainError): RivuletError {
  const error = new RivuletError({ ...plain, code: plain.code, cause: plain.cause });
  if (plain.stack !== undefined) error.stack = plain.stack;
  return error;
}
