/**
 * The worker threads, shared by all jobs: started once, by the first attempt (so that they do not slow the server's own start), connected
 * pairwise, replaced when they die. Messages of an attempt go to the handler that registered for it; those of unknown attempts are
 * dropped.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { RivuletError } from '../../core/errors/define.ts';
import { accessPolicy } from '../../core/access/policy.ts';
import { serverStopping, workerDied, workerLost } from '../../core/errors/runtime.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Manifest } from '../checkpoint/manifest.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import { revivedError } from '../graph/messages.ts';
import type { NodeStats, PeerPort, RecoverMode, ToMain, ToWorker } from '../graph/messages.ts';
import { moduleUrl } from '../modules.ts';
import { forgetWorker, sharedMemory } from '../state/memory.ts';
import type { SharedMemory } from '../state/memory.ts';
import type { WorkerData } from '../worker.ts';

export interface AttemptHandler {
  onMessage(message: ToMain): void;
  /** A worker with one of the attempt's subtasks is gone: `worker-died` if the attempt was at work when it happened, or nobody knows which; else `worker-lost`. */
  onWorkerDeath(worker: number, error: RivuletError): void;
  readonly parallelism: number;
  readonly jobId: string;
}
export interface SubtaskStats { readonly subtask: number; readonly nodes: readonly NodeStats[] }
/** `widest`: most subtasks the job ever ran with. */
export interface RecoveredJob { readonly id: string; readonly plan: PhysicalPlan; readonly parallelism: number; readonly widest?: number | undefined }
interface Request { readonly worker: number; readonly resolve: (message: ToMain) => void; readonly reject: (error: RivuletError) => void }

/** Bytes; without: no limit. */
export interface WorkerLimits { readonly stateBytes: number; /** JavaScript heap of each worker: the job that fills it fails. */ readonly heapBytes: number | undefined }
const MIB = 1024 * 1024;
/** V8's own limit lies so far above: room for what one call makes before the thread looks again. */
const HARD_HEAP = 2;
/** A worker thread as the pool sees it. */
export interface Thread {
  postMessage(message: ToWorker, transfer?: readonly (ArrayBuffer | PeerPort)[]): void;
  on(event: 'message', listener: (message: ToMain) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  terminate(): Promise<unknown>;
}
/** Where threads and the lines between them come from; a simulation gives its own. */
export interface Threads { start(data: WorkerData): Thread; line(): readonly [PeerPort, PeerPort] }
const realThreads: Threads = {
  start: (workerData) => new Worker(moduleUrl('worker'), {
    workerData, name: `rivulet-worker-${workerData.worker}`,
    ...(workerData.shares?.heapLimitBytes === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(workerData.shares.heapLimitBytes * HARD_HEAP / MIB) } }),
  }) as Thread,
  line: () => { const { port1, port2 } = new MessageChannel(); return [port1, port2]; },
};

export class WorkerPool {
  readonly size: number;
  private readonly registryModule: string;
  private readonly log: Log;
  private readonly threads: Threads;
  private readonly workers: Thread[] = [];
  private readonly handlers = new Map<number, AttemptHandler>();
  private readonly requests = new Map<number, Request>();
  private nextAttempt = 1;
  private nextRequest = 1;
  private isStopping = false;
  /** What a plan refers to, looked up: see JobManagerOptions.resolvePlan. */
  readonly resolvePlan: (plan: PhysicalPlan) => PhysicalPlan;
  private readonly limits: WorkerLimits;
  /** State of all workers, and which attempt each is at work for. */
  readonly memory: SharedMemory;
  private readonly atWork: Int32Array<SharedArrayBuffer>;
  /** Threads that died since the start, for metrics. */
  deaths = 0;
  constructor(size: number, registryModule: string, log: Log, threads: Threads = realThreads, resolvePlan: (plan: PhysicalPlan) => PhysicalPlan = (plan) => plan, limits: WorkerLimits = { stateBytes: Number.POSITIVE_INFINITY, heapBytes: undefined }) {
    this.size = size;
    this.resolvePlan = resolvePlan;
    this.registryModule = registryModule;
    this.log = log;
    this.threads = threads;
    this.limits = limits;
    this.memory = sharedMemory(size, limits.stateBytes);
    this.atWork = new Int32Array(new SharedArrayBuffer(size * 4));
  }
  private start(): void {
    if (this.workers.length > 0 || this.isStopping) return;
    for (let i = 0; i < this.size; i++) this.spawn(i);
  }
  private spawn(index: number): void {
    const worker = this.threads.start({ worker: index, registryModule: this.registryModule, access: accessPolicy(), shares: { memory: this.memory, atWork: this.atWork.buffer, heapLimitBytes: this.limits.heapBytes } });
    let fatal: unknown;
    this.workers[index] = worker;
    worker.on('message', (message) => this.route(message));
    worker.on('error', (error) => { fatal = error; });
    worker.on('exit', (code) => this.onExit(index, worker, fatal ?? `exit code ${code}`));
    for (const [other, peer] of this.workers.entries()) {
      if (other === index || peer === undefined) continue;
      const [port1, port2] = this.threads.line();
      worker.postMessage({ type: 'peer', worker: other, port: port1 }, [port1]);
      peer.postMessage({ type: 'peer', worker: index, port: port2 }, [port2]);
    }
  }
  private onExit(index: number, worker: Thread, fatal: unknown): void {
    if (this.isStopping || this.workers[index] !== worker) return;
    this.deaths++;
    const isOutOfMemory = (fatal as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';
    const why = fatal instanceof Error ? fatal.message : String(fatal), culprit = this.handlers.get(this.atWork[index] as number);
    this.atWork[index] = 0;
    forgetWorker(this.memory, index);
    this.log.error('a worker thread died; it is replaced and its jobs restart', { worker: index, atWork: culprit?.jobId, err: fatal });
    this.spawn(index);
    for (const [id, request] of this.requests) if (request.worker === index) { this.requests.delete(id); request.reject(workerDied({ worker: index, why, isOutOfMemory }, { cause: fatal })); }
    for (const handler of [...this.handlers.values()]) {
      if (index >= handler.parallelism) continue;
      handler.onWorkerDeath(index, culprit === undefined || handler === culprit ? workerDied({ worker: index, why, isOutOfMemory }, { cause: fatal }) : workerLost({ worker: index, job: culprit.jobId }, { cause: fatal }));
    }
  }
  private route(message: ToMain): void {
    switch (message.type) {
      case 'up': return;
      case 'log': this.log[message.level](message.message, { jobId: message.jobId, ...message.fields }); return;
      case 'recovered': case 'stats': {
        const request = this.requests.get(message.request);
        this.requests.delete(message.request);
        request?.resolve(message);
        return;
      }
      default:
        try {
          this.handlers.get(message.attempt)?.onMessage(message);
        } catch (error) {
          this.log.error('a message of a worker could not be handled', { type: message.type, err: error });
        }
    }
  }

  register(handler: AttemptHandler): number {
    this.start();
    const attempt = this.nextAttempt++;
    this.handlers.set(attempt, handler);
    return attempt;
  }
  unregister(attempt: number): void { this.handlers.delete(attempt); }
  post(worker: number, message: ToWorker, transfer: readonly ArrayBuffer[] = []): void { this.workers[worker]?.postMessage(message, [...transfer]); }
  /** To the workers that have subtasks of a job of this parallelism. */
  broadcast(parallelism: number, message: ToWorker): void { for (let i = 0; i < Math.min(parallelism, this.size); i++) this.post(i, message); }

  private async ask<T extends ToMain['type']>(worker: number, build: (request: number) => ToWorker): Promise<Extract<ToMain, { type: T }>> {
    if (this.isStopping) throw serverStopping({});
    this.start();
    const request = this.nextRequest++;
    return await new Promise<ToMain>((resolve, reject) => {
      this.requests.set(request, { worker, resolve, reject });
      this.post(worker, build(request));
    }) as Extract<ToMain, { type: T }>;
  }
  /**
   * Ends what a checkpoint says is prepared, and what subtasks beyond the present ones may have left open, also when they died before their
   * first checkpoint; rejects with the sink's error.
   */
  async recover(job: RecoveredJob, manifest: Manifest | undefined): Promise<void> {
    await this.endTransactions(job, manifest, 'start');
  }
  /** The job ends: commits what its checkpoint has prepared and aborts all else that its sinks have open. */
  async recoverForGood(job: RecoveredJob, manifest: Manifest | undefined): Promise<void> { await this.endTransactions(job, manifest, 'end'); }
  /** Of a job that has ended: commits what its checkpoint has prepared, if that was not possible before. */
  async commitPrepared(job: RecoveredJob, manifest: Manifest): Promise<void> { await this.endTransactions(job, manifest, 'commit'); }
  private async endTransactions({ id: jobId, plan, parallelism, widest = 0 }: RecoveredJob, manifest: Manifest | undefined, mode: RecoverMode): Promise<void> {
    const committables = manifest?.committables ?? {}, former = Object.fromEntries(plan.nodes.map(({ id }) => [id, Math.max(widest, mode === 'end' ? parallelism : 0, manifest?.nodes[id]?.instances ?? 0)]));
    const resolved = this.resolvePlan(plan);
    const { error } = await this.ask<'recovered'>(0, (request) => ({ type: 'recover', request, jobId, plan: resolved, parallelism, committables, former, mode }));
    if (error !== undefined) throw revivedError(error);
  }
  async stats(attempt: number, parallelism: number): Promise<readonly SubtaskStats[]> {
    const workers = Array.from({ length: Math.min(parallelism, this.size) }, (_, i) => i);
    const answers = await Promise.all(workers.map((worker) => this.ask<'stats'>(worker, (request) => ({ type: 'stats', request, attempt })).catch(() => undefined)));
    return answers.flatMap((answer) => answer?.subtasks ?? []);
  }
  async terminate(): Promise<void> {
    this.isStopping = true;
    for (const [id, request] of this.requests) { this.requests.delete(id); request.reject(serverStopping({})); }
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
