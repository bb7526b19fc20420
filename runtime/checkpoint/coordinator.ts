/**
 * Runs the checkpoints of one incarnation of a job, on the main thread. One at a time:
 *
 *   trigger → barriers through all subtasks, sinks prepared → all snapshots here → one atomic synced write → sinks commit → complete
 *
 * A kill between any two steps is repaired at the next start: before the write the epoch never was (its transactions are aborted by the
 * sinks), after it the stored committables are committed again. A write that fails (disk full) is tried again until the timeout, because
 * the workers have already handed over their deltas; meanwhile the job runs on.
 */
import { checkpointTimedOut, checkpointWriteFailed } from '../../core/errors/runtime.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Layout } from '../graph/layout.ts';
import type { SnapshotMessage, TriggerMode } from '../graph/messages.ts';
import { killPoint } from './kill-points.ts';
import { mergeSnapshots, totalBytes } from './log.ts';
import type { CheckpointEvent, CheckpointLog } from './log.ts';
import type { Manifest } from './manifest.ts';
import { planNodeIds } from './manifest.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import { reason } from '../../core/storage/files.ts';
import type { NewBlock } from './store.ts';

export interface CoordinatorOptions {
  readonly jobId: string;
  readonly jobName: string;
  readonly plan: PhysicalPlan;
  readonly layout: Layout;
  readonly history: CheckpointLog;
  /** What this incarnation was restored from, if its blocks may be built upon (same number of instances). */
  readonly base: Manifest | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly minPauseMs: number;
  readonly tolerableFailures: number;
  readonly clock: Clock;
  readonly log: Log;
  /** To every subtask. */
  readonly trigger: (epoch: number, mode: TriggerMode) => void;
  readonly commit: (epoch: number) => void;
  /** Too many checkpoints failed: the job must fail. */
  readonly fail: (error: RivuletError) => void;
}
interface Current {
  readonly epoch: number;
  readonly kind: Manifest['kind'];
  readonly event: CheckpointEvent;
  readonly startedMs: number;
  readonly snapshots: Map<number, SnapshotMessage>;
  readonly committed: Set<number>;
  phase: 'snapshots' | 'write' | 'commit';
  manifest: Manifest | undefined;
  readonly resolve: (manifest: Manifest) => void;
  readonly reject: (error: RivuletError) => void;
  stopTimer: () => void;
}

const RETRY_WRITE_MS = 1000;
/**
 * A job that has come to rest after changes is checkpointed at once instead of at the end of its interval, so that a crash while nothing
 * happens repeats nothing. Not sooner than the first after the rest, nor more often than the second (a slow trickle of records).
 */
const QUIET_DELAY_MS = 30, QUIET_SPACING_MS = 500;

export class CheckpointCoordinator {
  private readonly options: CoordinatorOptions;
  private base: Manifest | undefined;
  private current: Current | undefined;
  private readonly waiting: (() => void)[] = [];
  private stopTimer: () => void = () => {};
  private aborted: RivuletError | undefined;
  private failures = 0;
  private isSuspended = false;
  /** Of the monotonic clock: when the last periodic checkpoint started, and when the next one is due. */
  private lastStartedMs = Number.NEGATIVE_INFINITY;
  private nextMs = Number.POSITIVE_INFINITY;
  /** Settles when no write is under way; a restart must not choose its checkpoint before. */
  private writing: Promise<void> = Promise.resolve();
  constructor(options: CoordinatorOptions) {
    this.options = options;
    this.base = options.base;
  }
  /** Starts the periodic checkpoints. */
  start(): void { this.scheduleNext(this.options.intervalMs); }
  /** No periodic checkpoints from now on (or again): a stop is under way. */
  suspend(isSuspended: boolean): void {
    this.stopTimer();
    this.isSuspended = isSuspended;
    if (!isSuspended) this.scheduleNext(this.options.intervalMs);
  }
  /** The inputs are idle and there are changes not checkpointed yet: the next checkpoint comes soon. */
  quiet(): void {
    if (this.options.intervalMs <= 0) return;
    const now = this.options.clock.monotonic(), delayMs = Math.max(QUIET_DELAY_MS, this.lastStartedMs + QUIET_SPACING_MS - now);
    if (now + delayMs >= this.nextMs) return;
    this.stopTimer();
    this.scheduleNext(delayMs);
  }
  /** Starts lie one interval apart, unless a checkpoint took longer; then only the pause lies between. */
  private scheduleNext(delayMs: number): void {
    const { intervalMs, minPauseMs, clock } = this.options;
    if (intervalMs <= 0 || this.aborted !== undefined || this.isSuspended) return;
    this.nextMs = clock.monotonic() + delayMs;
    this.stopTimer = clock.after(delayMs, () => {
      const startedMs = clock.monotonic();
      this.lastStartedMs = startedMs;
      this.run('checkpoint', 'continue').catch(() => {}).finally(() => this.scheduleNext(Math.max(minPauseMs, startedMs + intervalMs - clock.monotonic())));
    });
  }
  /** A checkpoint now, or after the one under way. Rejects when the incarnation ends before it is complete. */
  async run(kind: Manifest['kind'], mode: TriggerMode): Promise<Manifest> {
    while (this.current !== undefined && this.aborted === undefined) await new Promise<void>((done) => this.waiting.push(done));
    if (this.aborted !== undefined) throw this.aborted;
    const epoch = this.options.history.nextEpoch();
    killPoint('before-barrier');
    return await new Promise<Manifest>((resolve, reject) => {
      this.current = {
        epoch, kind, event: this.options.history.begin(epoch, kind, this.options.clock.now()), startedMs: this.options.clock.monotonic(),
        snapshots: new Map(), committed: new Set(), phase: 'snapshots', manifest: undefined, resolve, reject, stopTimer: () => {},
      };
      this.armTimeout(this.current);
      this.options.trigger(epoch, mode);
    });
  }
  private armTimeout(current: Current): void {
    current.stopTimer = this.options.clock.after(this.options.timeoutMs, () => {
      if (this.current !== current) return;
      const { epoch, event, phase } = current, waitingFor = this.waitingFor(current);
      const error = phase === 'write' && event.failure !== undefined ? checkpointWriteFailed({ epoch, why: event.failure }) : checkpointTimedOut({ epoch, timeoutMs: this.options.timeoutMs, waitingFor });
      this.options.history.failed++;
      event.failure = error.message;
      this.options.log.warn(error.message, { jobId: this.options.jobId, epoch, waitingFor });
      if (++this.failures > this.options.tolerableFailures) this.options.fail(error);
      else this.armTimeout(current);
    });
  }
  private waitingFor(current: Current): string {
    const missing = (have: { has(i: number): boolean }): string => Array.from({ length: this.options.layout.parallelism }, (_, i) => i).filter((i) => !have.has(i)).join(', ');
    switch (current.phase) {
      case 'snapshots': return `barriers or sinks of subtask ${missing(current.snapshots)}`;
      case 'write': return 'the disk';
      case 'commit': return `the commit of subtask ${missing(current.committed)}`;
    }
  }

  onSnapshot(message: SnapshotMessage): void {
    const { current } = this;
    if (current === undefined || current.epoch !== message.epoch || current.phase !== 'snapshots') return;
    current.snapshots.set(message.subtask, message);
    if (current.snapshots.size < this.options.layout.parallelism) return;
    killPoint('after-prepare');
    current.phase = 'write';
    this.writing = this.write(current);
  }
  private async write(current: Current): Promise<void> {
    const { options } = this, snapshots = [...current.snapshots.values()].sort((a, b) => a.subtask - b.subtask);
    const facts = { jobId: options.jobId, jobName: options.jobName, epoch: current.epoch, kind: current.kind, createdMs: options.clock.now(), planNodes: planNodeIds(options.plan) };
    const merged = mergeSnapshots(facts, options.layout, this.base, snapshots, (block, place) => options.history.refFor(block, place));
    let { manifest, blocks }: { manifest: Manifest; blocks: readonly NewBlock[] } = merged;
    const isUnchanged = current.kind === 'checkpoint' && this.base !== undefined && blocks.length === 0 && snapshots.every((snapshot) => snapshot.isUntouched) && sameFacts(manifest, this.base);
    if (!isUnchanged) {
      ({ manifest, blocks } = await options.history.emptyFiles(manifest, blocks).catch((error: unknown) => {
        // The blocks stay where they are; whether they can be read matters at a restore.
        options.log.warn('block files could not be tidied up', { jobId: options.jobId, epoch: current.epoch, why: reason(error) });
        return merged;
      }));
      killPoint('before-state-write');
      while (!await this.tryWrite(current, manifest, blocks)) if (this.current !== current || this.aborted !== undefined) return;
      killPoint('after-state-write');
      this.base = manifest;
    }
    if (this.current !== current) return;
    current.event.sizeBytes = isUnchanged ? 0 : blocks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    current.event.totalBytes = totalBytes(manifest);
    current.phase = 'commit';
    current.manifest = isUnchanged ? this.base : manifest;
    options.commit(current.epoch);
  }
  private async tryWrite(current: Current, manifest: Manifest, blocks: readonly NewBlock[]): Promise<boolean> {
    try {
      await this.options.history.write(manifest, blocks);
      return true;
    } catch (error) {
      current.event.failure = reason(error);
      this.options.log.warn('a checkpoint could not be written; trying again', { jobId: this.options.jobId, epoch: current.epoch, why: current.event.failure });
      await new Promise<void>((done) => { this.options.clock.after(RETRY_WRITE_MS, done); });
      return false;
    }
  }
  onCommitted(subtask: number, epoch: number): void {
    const { current } = this;
    if (current === undefined || current.epoch !== epoch || current.phase !== 'commit') return;
    current.committed.add(subtask);
    if (current.committed.size < this.options.layout.parallelism) return;
    killPoint('after-commit');
    this.options.history.noteCommitted((current.manifest as Manifest).epoch);
    current.stopTimer();
    this.failures = 0;
    this.options.history.completed++;
    Object.assign(current.event, { status: 'completed', failure: undefined, durationMs: this.options.clock.monotonic() - current.startedMs });
    this.current = undefined;
    current.resolve(current.manifest as Manifest);
    this.waiting.shift()?.();
  }

  /** The incarnation ends: no more checkpoints; the one under way has failed unless its write is already through. */
  abort(error: RivuletError): void {
    if (this.aborted !== undefined) return;
    this.aborted = error;
    this.stopTimer();
    const { current } = this;
    this.current = undefined;
    if (current !== undefined) {
      current.stopTimer();
      this.options.history.failed++;
      Object.assign(current.event, { status: 'failed', failure: current.event.failure ?? error.message });
      current.reject(error);
    }
    for (const wake of this.waiting.splice(0)) wake();
  }
  /** Resolves when a write that `abort` came across has ended one way or the other. */
  async settled(): Promise<void> { await this.writing; }
}

function sameFacts(a: Manifest, b: Manifest): boolean {
  const text = (m: Manifest): string => JSON.stringify([m.positions, m.committables, Object.entries(m.nodes).map(([id, node]) => [id, node.instances, node.ended])]);
  return Object.keys(a.committables).length === 0 && text(a) === text(b);
}
