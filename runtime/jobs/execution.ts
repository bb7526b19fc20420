/**
 * One incarnation («attempt») of a job or query in the workers: sends subtasks out with their state, tells when all are ready, and takes
 * them back. It knows nothing of restarts or checkpoints; its owner does.
 */
import type { RivuletError } from '../../core/errors/define.ts';
import { invariant } from '../../core/errors/common.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import { layOut, workerOf } from '../graph/layout.ts';
import type { Layout } from '../graph/layout.ts';
import { revivedError } from '../graph/messages.ts';
import type { PrintedLine, RestoredFacts, SnapshotMessage, ToMain } from '../graph/messages.ts';
import { blocksOf } from '../checkpoint/manifest.ts';
import type { Manifest } from '../checkpoint/manifest.ts';
import { killPoint } from '../checkpoint/kill-points.ts';
import type { BlockReader } from '../checkpoint/savepoint.ts';
import { jobMemory } from '../state/memory.ts';
import type { JobMemory } from '../state/memory.ts';
import type { AttemptHandler, SubtaskStats, WorkerPool } from './workers.ts';

/** Subtasks that do not confirm their end by then are given up; they can do no harm but hold on to their connections. */
const CANCEL_TIMEOUT_MS = 10_000;

export interface ExecutionEvents {
  /** Every subtask has opened its sources and sinks. */
  onReady(): void;
  /** All sinks of all subtasks have seen the end of their input. */
  onDone(): void;
  onFailed(error: RivuletError, at: { nodeId: string | undefined; subtask: number | undefined }): void;
  onSnapshot?(message: SnapshotMessage): void;
  onCommitted?(subtask: number, epoch: number): void;
  /** A subtask has processed changes and its inputs are idle now. */
  onQuiet?(): void;
  onPrint?(lines: readonly PrintedLine[], bytes: number, credit: () => void): void;
  onRows?(bytes: ArrayBuffer, credit: () => void): void;
}

export class Execution implements AttemptHandler {
  readonly layout: Layout;
  readonly parallelism: number;
  private readonly pool: WorkerPool;
  readonly jobId: string;
  private readonly plan: PhysicalPlan;
  private readonly clock: Clock;
  private readonly events: ExecutionEvents;
  private readonly attempt: number;
  /** State of its subtasks. */
  readonly memory: JobMemory;
  private readonly ready = new Set<number>();
  private readonly done = new Set<number>();
  private readonly deployed = new Set<number>();
  /** What the subtasks had counted when they ended. */
  readonly lastStats: SubtaskStats[] = [];
  private isEnding = false;
  private hasFailed = false;
  private onAllCancelled: () => void = () => {};
  constructor(options: { pool: WorkerPool; jobId: string; plan: PhysicalPlan; parallelism: number; clock: Clock; events: ExecutionEvents; /** Bytes of state it may hold; without: all there is. */ memoryLimitBytes?: number | undefined }) {
    this.pool = options.pool;
    this.jobId = options.jobId;
    this.plan = options.plan;
    this.parallelism = options.parallelism;
    this.clock = options.clock;
    this.events = options.events;
    this.layout = layOut(options.plan, options.parallelism);
    this.memory = jobMemory(options.memoryLimitBytes ?? Number.POSITIVE_INFINITY);
    this.attempt = options.pool.register(this);
  }
  get isAlive(): boolean { return !this.isEnding && !this.hasFailed; }

  /** Sends the state of a checkpoint to the workers that will own it. Rejects with `state-damaged` when a block cannot be read. */
  async sendState(manifest: Manifest, read: BlockReader): Promise<void> {
    const rescaled = new Set(this.rescaledNodes(manifest)), instances = new Map(this.layout.nodes.map((node) => [node.node.id, node.instances]));
    for (const { node, table, subtask: former, ref } of blocksOf(manifest)) {
      const count = instances.get(node);
      if (count === undefined) continue;
      const bytes = await read(ref);
      if (!this.isAlive) return;
      if (rescaled.has(node)) {
        for (let subtask = 0; subtask < count; subtask++) this.sendBlock(subtask, node, table, former, subtask === count - 1 ? bytes : bytes.slice());
      } else {
        this.sendBlock(former, node, table, 0, bytes);
      }
      killPoint('during-state-send');
    }
  }
  private sendBlock(subtask: number, node: string, table: string, former: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.pool.post(workerOf(subtask, this.pool.size), { type: 'state', attempt: this.attempt, subtask, node, table, former, bytes }, [bytes.buffer]);
  }
  /** Sends the subtasks out; they open at once. Throws when something that the plan refers to cannot be looked up; nothing was sent then. With a manifest: its state has been sent before. */
  deploy(manifest: Manifest | undefined): void {
    const workers = this.pool.size, plan = this.pool.resolvePlan(this.plan);
    for (let subtask = 0; subtask < this.parallelism; subtask++) {
      this.deployed.add(subtask);
      this.pool.post(workerOf(subtask, workers), {
        type: 'deploy', attempt: this.attempt, jobId: this.jobId, plan, parallelism: this.parallelism, subtask, workers, memory: this.memory, isCheckpointed: this.events.onSnapshot !== undefined,
        restored: manifest === undefined ? undefined : this.factsFor(manifest, subtask),
      });
    }
  }
  /** Nodes of the plan with another number of instances than when the manifest was written. */
  rescaledNodes(manifest: Manifest): readonly string[] {
    return this.layout.nodes.filter(({ node, instances }) => { const before = manifest.nodes[node.id]; return before !== undefined && before.instances !== instances; }).map(({ node }) => node.id);
  }
  private factsFor(manifest: Manifest, subtask: number): RestoredFacts {
    const rescaled = this.rescaledNodes(manifest);
    const ended = Object.entries(manifest.nodes).filter(([id, node]) => (rescaled.includes(id) ? node.ended.every((has) => has) : node.ended[subtask] === true)).map(([id]) => id);
    return { positions: manifest.positions, ended, rescaled, counters: subtask === 0 ? manifest.counters ?? {} : {} };
  }
  run(): void { this.pool.broadcast(this.parallelism, { type: 'run', attempt: this.attempt }); }
  trigger(epoch: number, mode: 'continue' | 'hold' | 'drain'): void { this.pool.broadcast(this.parallelism, { type: 'trigger', attempt: this.attempt, epoch, mode }); }
  commit(epoch: number): void { this.pool.broadcast(this.parallelism, { type: 'commit', attempt: this.attempt, epoch }); }
  resume(): void { this.pool.broadcast(this.parallelism, { type: 'resume', attempt: this.attempt }); }
  stats(): Promise<readonly SubtaskStats[]> { return this.pool.stats(this.attempt, this.parallelism); }

  onMessage(message: ToMain): void {
    if (message.type === 'cancelled') {
      if (message.nodes.length > 0) this.lastStats.push({ subtask: message.subtask, nodes: message.nodes });
      this.noteGone(message.subtask);
      return;
    }
    if (!this.isAlive) return;
    switch (message.type) {
      case 'ready':
        this.ready.add(message.subtask);
        if (this.ready.size === this.parallelism) this.events.onReady();
        return;
      case 'done':
        this.done.add(message.subtask);
        if (this.done.size === this.parallelism) this.events.onDone();
        return;
      case 'failed':
        this.hasFailed = true;
        this.events.onFailed(revivedError(message.error), { nodeId: message.node, subtask: message.subtask });
        return;
      case 'snapshot': this.events.onSnapshot?.(message); return;
      case 'committed': this.events.onCommitted?.(message.subtask, message.epoch); return;
      case 'quiet': this.events.onQuiet?.(); return;
      case 'print': this.events.onPrint?.(message.lines, message.bytes, () => this.credit(message.subtask, 'print', message.bytes)); return;
      case 'rows': {
        const bytes = message.bytes.byteLength;
        this.events.onRows?.(message.bytes, () => this.credit(message.subtask, 'collect', bytes));
        return;
      }
      default: invariant(false, `message ${message.type} is not for an attempt`);
    }
  }
  private credit(subtask: number, of: 'print' | 'collect', bytes: number): void {
    if (!this.isEnding) this.pool.post(workerOf(subtask, this.pool.size), { type: 'credit', attempt: this.attempt, subtask, of, bytes });
  }
  onWorkerDeath(worker: number, error: RivuletError): void {
    for (const subtask of [...this.deployed]) if (workerOf(subtask, this.pool.size) === worker) this.noteGone(subtask);
    if (!this.isAlive) return;
    this.hasFailed = true;
    this.events.onFailed(error, { nodeId: undefined, subtask: undefined });
  }
  private noteGone(subtask: number): void {
    this.deployed.delete(subtask);
    if (this.isEnding && this.deployed.size === 0) this.onAllCancelled();
  }
  /** Takes all subtasks back: sources and sinks closed, memory freed. False: some did not answer in time. */
  async end(): Promise<boolean> {
    if (this.isEnding) return true;
    this.isEnding = true;
    let isComplete = true;
    this.pool.broadcast(this.parallelism, { type: 'cancel', attempt: this.attempt });
    if (this.deployed.size > 0) {
      isComplete = await new Promise<boolean>((resolve) => {
        const stop = this.clock.after(CANCEL_TIMEOUT_MS, () => resolve(false));
        this.onAllCancelled = () => { stop(); resolve(true); };
      });
    }
    this.pool.unregister(this.attempt);
    return isComplete;
  }
}
