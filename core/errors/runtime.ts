/** Errors of jobs, checkpoints, savepoints and the state store. */
import { bytesText, defineError, didYouMean, quoted } from './define.ts';

export const jobNotFound = defineError<{ id: string; known?: Iterable<string> | undefined }>({
  sqlstate: '42704', name: 'job-not-found', domain: 'user', retry: 'never', message: (p) => `job ${quoted(p.id)} does not exist`,
  hint: (p) => (p.known === undefined ? undefined : didYouMean(p.id, p.known)) ?? 'List the jobs with SHOW JOBS.',
});
export const printSinkNotFound = defineError<{ sink: string; known: readonly string[] }>({
  sqlstate: '42704', name: 'print-sink-not-found', domain: 'user', retry: 'never', message: (p) => `the job has no print sink ${quoted(p.sink)}`,
  detail: (p) => (p.known.length === 0 ? 'It has no print sinks.' : `Its print sinks: ${p.known.map(quoted).join(', ')}.`),
  hint: (p) => didYouMean(p.sink, p.known.flatMap((name) => [name, name.slice(name.lastIndexOf('.') + 1)])),
});
export const jobWrongStatus = defineError<{ id: string; status: string; action: string; allowed: string }>({
  sqlstate: '55000', name: 'job-wrong-status', domain: 'user', retry: 'never',
  message: (p) => `cannot ${p.action} job ${quoted(p.id)}: it is ${p.status}`, hint: (p) => `This is possible for jobs that are ${p.allowed}.`,
});
/** What `waitFor` (dml-sync) rejects with when the job itself has no better error. */
export const jobEnded = defineError<{ id: string; status: string }>({
  sqlstate: '57014', name: 'job-ended', domain: 'user', retry: 'never', message: (p) => `job ${quoted(p.id)} ended as ${p.status}`,
});
export const serverStopping = defineError<Record<never, never>>({
  sqlstate: '57P01', name: 'server-stopping', domain: 'external', retry: 'backoff', message: () => 'the server is shutting down',
});
export const workerDied = defineError<{ worker: number; why: string; isOutOfMemory: boolean }>({
  sqlstate: '53200', name: 'worker-died', domain: 'internal', retry: 'restart',
  message: (p) => (p.isOutOfMemory ? `worker thread ${p.worker} ran out of memory` : `worker thread ${p.worker} died`), detail: (p) => `${p.why}.`,
  hint: (p) => (p.isOutOfMemory ? 'Give the process more memory, more workers, or bound the state with table.exec.state.ttl.' : undefined),
});
/** For the other jobs of the thread: their own work was not what ended it. */
export const workerLost = defineError<{ worker: number; job: string }>({
  sqlstate: '53200', name: 'worker-lost', domain: 'internal', retry: 'restart',
  message: (p) => `worker thread ${p.worker} died while it worked for another job`, detail: (p) => `It was at work for ${quoted(p.job)}.`,
});
export const jobKillsWorkers = defineError<{ deaths: number; withinMs: number; why: string }>({
  sqlstate: '53200', name: 'job-kills-workers', domain: 'user', retry: 'never',
  message: (p) => `worker threads ran out of memory or died ${p.deaths} times while they worked for this job`, detail: (p) => `Within ${Math.round(p.withinMs / 60_000)} min; at last: ${p.why}`,
  hint: () => 'It is not started again by itself, since each death restarts the other jobs too. Bound what one row or statement makes (long texts, arrays), give the server more memory, then RESTART JOB.',
});
export const heapExceeded = defineError<{ worker: number; heapBytes: number; limitBytes: number }>({
  sqlstate: '53200', name: 'heap-exceeded', domain: 'user', retry: 'restart',
  message: () => 'the job keeps more objects in memory than its worker thread may hold',
  detail: (p) => `The JavaScript heap of worker ${p.worker} holds ${bytesText(p.heapBytes)}, of ${bytesText(p.limitBytes)}, and this job seems to have made most of it; without it the others go on.`,
  hint: () => 'Large arrays, maps, texts and sorted results are such objects: bound them with LIMIT or narrower rows, or give the server more memory with --memory-limit.',
});
/** An error of a task that is none of ours: a defect, named with its place. */
export const taskFailed = defineError<{ why: string; node?: string | undefined }>({
  sqlstate: 'XX000', name: 'task-failed', domain: 'internal', retry: 'restart',
  message: (p) => `internal error in a task: ${p.why}`, detail: (p) => (p.node === undefined ? undefined : `In ${p.node}.`),
  hint: () => 'This is a defect of Rivulet; please report it with the statement and the server log.',
});
export const notNullViolated = defineError<{ column: string; table: string; row: string }>({
  sqlstate: '23502', name: 'not-null-violated', domain: 'data', retry: 'never',
  message: (p) => `column ${quoted(p.column)} of table ${quoted(p.table)} is NOT NULL, but a null value is being written into it`, detail: (p) => `The row: ${p.row}`,
  hint: () => "SET 'table.exec.sink.not-null-enforcer' = 'DROP' leaves such rows out and counts them (droppedNullRows).", field: (p) => p.column,
});
export const unknownRuntimePart = defineError<{ kind: 'operator' | 'source connector' | 'sink connector' | 'lookup connector' | 'format'; name: string }>({
  sqlstate: '0A000', name: 'unknown-runtime-part', domain: 'internal', retry: 'never', message: (p) => `no ${p.kind} ${quoted(p.name)} is registered`,
  hint: () => 'The plan may come from another version of Rivulet.',
});
export const planVersionUnknown = defineError<{ found: number; known: number }>({
  sqlstate: '0A000', name: 'plan-version-unknown', domain: 'user', retry: 'never',
  message: (p) => `plan format ${p.found} cannot be run`, detail: (p) => `This version of Rivulet knows format ${p.known}.`,
});

export const checkpointTimedOut = defineError<{ epoch: number; timeoutMs: number; waitingFor: string }>({
  sqlstate: '57014', name: 'checkpoint-timed-out', domain: 'external', retry: 'restart',
  message: (p) => `checkpoint ${p.epoch} was not complete after ${p.timeoutMs} ms`, detail: (p) => `Waiting for ${p.waitingFor}.`,
  hint: () => "Look for back-pressure, or raise 'execution.checkpointing.timeout'.",
});
export const checkpointWriteFailed = defineError<{ epoch: number; why: string }>({
  sqlstate: '58030', name: 'checkpoint-write-failed', domain: 'external', retry: 'restart',
  message: (p) => `checkpoint ${p.epoch} could not be written`, detail: (p) => `${p.why}.`, hint: () => 'Check the free space and the health of the disk with the data directory.',
});
export const stateDamaged = defineError<{ what: string; where: string; why: string }>({
  sqlstate: 'XX001', name: 'state-damaged', domain: 'external', retry: 'never',
  message: (p) => `${p.what} is damaged`, detail: (p) => `${quoted(p.where)}: ${p.why}.`,
});
export const noUsableCheckpoint = defineError<{ job: string; damaged: readonly string[] }>({
  sqlstate: 'XX001', name: 'no-usable-checkpoint', domain: 'external', retry: 'never',
  message: (p) => `no retained checkpoint of job ${quoted(p.job)} can be read`, detail: (p) => `Damaged: ${p.damaged.join('; ')}.`,
  hint: () => 'Restart the job from a savepoint, or from its initial state (which reads the sources again from their start-up positions).',
});
export const stateNotClaimed = defineError<{ nodes: readonly { readonly id: string; readonly label: string | undefined }[] }>({
  sqlstate: '55000', name: 'state-not-claimed', domain: 'user', retry: 'never',
  message: (p) => `the savepoint holds state of ${p.nodes.length} operator${p.nodes.length === 1 ? '' : 's'} that the new query does not have`,
  detail: (p) => `Operators: ${p.nodes.slice(0, 5).map(({ id, label }) => (label === undefined ? quoted(id) : `${label.length > 160 ? `${label.slice(0, 157)}...` : label} [${id}]`)).join('; ')}${p.nodes.length > 5 ? '; …' : ''}.`,
  hint: () => "EXPLAIN of the statement shows what would be taken over. SET 'execution.savepoint.ignore-unclaimed-state' = 'true' drops this state.",
});
export const savepointUnreadable = defineError<{ path: string; why: string }>({
  sqlstate: '58P01', name: 'savepoint-unreadable', domain: 'user', retry: 'never', message: (p) => `could not read savepoint ${quoted(p.path)}`, detail: (p) => `${p.why}.`,
});
export const savepointMissing = defineError<{ path: string; why: string }>({
  sqlstate: '58P01', name: 'savepoint-missing', domain: 'user', retry: 'never', message: (p) => `there is no savepoint ${quoted(p.path)}`, detail: (p) => `${p.why}.`, hint: () => 'SHOW SAVEPOINTS lists those of the data directory.',
});
export const savepointFailed = defineError<{ job: string; why: string }>({
  sqlstate: '58030', name: 'savepoint-failed', domain: 'external', retry: 'never', message: (p) => `savepoint of job ${quoted(p.job)} failed`, detail: (p) => `${p.why}.`,
});
/** A job in the store that its index does not know: being submitted or being dropped when the server died, or back through damage. */
export const jobUncertain = defineError<{ path: string }>({
  sqlstate: '55000', name: 'job-uncertain', domain: 'external', retry: 'never', message: () => 'the server died while this job was being submitted or dropped',
  detail: (p) => `It stands in the store, but not in ${quoted(p.path)}.`, hint: () => 'DROP JOB forgets it, RESTART JOB runs it.',
});

export const runtimeErrors = {
  heapExceeded, workerLost, jobKillsWorkers, jobNotFound, printSinkNotFound, jobWrongStatus, jobEnded, serverStopping, workerDied, taskFailed, notNullViolated, unknownRuntimePart, planVersionUnknown,
  checkpointTimedOut, checkpointWriteFailed, stateDamaged, noUsableCheckpoint, stateNotClaimed, savepointUnreadable, savepointMissing, savepointFailed,
  jobUncertain,
};
