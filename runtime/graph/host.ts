/**
 * What a worker thread runs: the subtasks of all jobs that live in it, taking turns. Each gets one round after another; between rounds
 * over all of them the event loop runs (network, messages). Nothing to do: no timer, no loop, until a message or a reader's wake-up.
 */
import { randomBytes } from 'node:crypto';
import { invariant } from '../../core/errors/common.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { buildSubtask, connectorContext, sinkContext, sinkNodes } from './build.ts';
import type { RuntimeRegistry } from './contract.ts';
import { heapExceeded } from '../../core/errors/runtime.ts';
import { HeapWatch } from './heap-watch.ts';
import { workerOf } from './layout.ts';
import { plainError } from './messages.ts';
import type { DeployMessage, PeerMessage, PeerPort, ToMain, ToWorker } from './messages.ts';
import { MemoryAccount } from '../state/memory.ts';
import type { SharedMemory } from '../state/memory.ts';
import { Subtask } from './subtask.ts';
import type { SubtaskHost } from './subtask.ts';

/** Shared with the main thread, which looks when the thread has died. */
export interface WorkerShares {
  readonly memory: SharedMemory;
  /** By worker: the attempt at work, 0 = none. */
  readonly atWork: SharedArrayBuffer;
  /** Of the thread's JavaScript heap; undefined: V8's limit alone. */
  readonly heapLimitBytes: number | undefined;
}
interface Attempt { readonly subtasks: Map<number, Subtask>; readonly state: Map<number, Map<string, Map<string, Uint8Array[][]>>>; workers: number; jobId: string }

export interface WorkerHostOptions {
  readonly worker: number;
  readonly registry: RuntimeRegistry;
  readonly post: (message: ToMain, transfer: readonly ArrayBuffer[]) => void;
  readonly killPoint: SubtaskHost['killPoint'];
  /** Without them nothing is counted. */
  readonly shares?: WorkerShares | undefined;
  /** The thread's own by default; a simulation gives its own. `later`: after what waits in the event loop. */
  readonly monotonicMs?: (() => number) | undefined;
  readonly later?: ((turn: () => void) => void) | undefined;
}

export class WorkerHost implements SubtaskHost {
  private readonly own: number;
  private readonly registry: RuntimeRegistry;
  private readonly post: (message: ToMain, transfer: readonly ArrayBuffer[]) => void;
  readonly killPoint: SubtaskHost['killPoint'];
  readonly monotonicMs: () => number;
  /** Sinks of jobs that this thread has recovered, and its name towards others. */
  private readonly claims = new Set<string>();
  private readonly recoveries = new Map<string, Promise<void>>();
  private readonly run = randomBytes(8).toString('hex');
  private readonly later: (turn: () => void) => void;
  private readonly shares: WorkerShares | undefined;
  private readonly atWork: Int32Array;
  private readonly heap: HeapWatch | undefined;
  private readonly peers = new Map<number, PeerPort>();
  private readonly attempts = new Map<number, Attempt>();
  private runnable = new Set<Subtask>();
  private isScheduled = false;
  constructor(options: WorkerHostOptions) {
    this.own = options.worker;
    this.registry = options.registry;
    this.shares = options.shares;
    this.atWork = options.shares === undefined ? new Int32Array(options.worker + 1) : new Int32Array(options.shares.atWork);
    this.heap = options.shares?.heapLimitBytes === undefined ? undefined : new HeapWatch(options.shares.heapLimitBytes);
    this.post = options.post;
    this.killPoint = options.killPoint;
    this.monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.later = options.later ?? setImmediate;
  }
  memory(deploy: DeployMessage, what: string): MemoryAccount | undefined { return this.shares === undefined ? undefined : new MemoryAccount({ server: this.shares.memory, job: deploy.memory, worker: this.own, what }); }
  toMain(message: ToMain, transfer: readonly ArrayBuffer[] = []): void { this.post(message, transfer); }
  toPeer(subtask: number, message: PeerMessage, transfer: readonly ArrayBuffer[]): void {
    const attempt = this.attempts.get(message.a);
    if (attempt === undefined) return;
    const worker = workerOf(subtask, attempt.workers);
    if (worker === this.own) this.fromPeer(message);
    else this.peers.get(worker)?.postMessage(message, [...transfer]);
  }
  private fromPeer(message: PeerMessage): void { this.attempts.get(message.a)?.subtasks.get(message.t)?.receive(message); }

  schedule(subtask: Subtask): void {
    this.runnable.add(subtask);
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.later(() => this.turn());
  }
  private turn(): void {
    this.isScheduled = false;
    const now = this.runnable;
    this.runnable = new Set();
    this.heap?.begin();
    let isFull = false;
    for (const subtask of now) {
      this.atWork[this.own] = subtask.attempt;
      if (subtask.round()) this.schedule(subtask);
      if (this.heap?.charge(this.attempts.get(subtask.attempt)?.jobId ?? '') === true) isFull = true;
    }
    this.atWork[this.own] = 0;
    if (isFull) this.relieveHeap();
  }

  private relieveHeap(): void {
    const found = this.heap?.culprit();
    if (found === undefined) return;
    const error = heapExceeded({ worker: this.own, heapBytes: found.heapBytes, limitBytes: this.shares?.heapLimitBytes ?? 0 });
    for (const { jobId, subtasks } of this.attempts.values()) if (jobId === found.job) for (const subtask of subtasks.values()) subtask.fail(error);
  }

  handle(message: ToWorker): void {
    switch (message.type) {
      case 'peer': this.connect(message.worker, message.port); return;
      case 'state': this.keepState(message); return;
      case 'deploy': this.deploy(message); return;
      case 'recover': this.recoverInTurn(message); return;
      case 'stats': {
        const subtasks = this.attempts.get(message.attempt)?.subtasks.values() ?? [];
        this.toMain({ type: 'stats', request: message.request, subtasks: [...subtasks].map((subtask) => ({ subtask: subtask.index, nodes: subtask.stats() })) });
        return;
      }
      default: this.toSubtasks(message);
    }
  }
  private toSubtasks(message: Extract<ToWorker, { type: 'run' | 'trigger' | 'resume' | 'commit' | 'cancel' | 'credit' }>): void {
    const attempt = this.attempts.get(message.attempt);
    if (attempt === undefined) return;
    this.atWork[this.own] = message.attempt;
    for (const subtask of attempt.subtasks.values()) {
      switch (message.type) {
        case 'run': subtask.run(); break;
        case 'trigger': subtask.trigger(message.epoch, message.mode); break;
        case 'resume': subtask.resume(); break;
        case 'commit': void subtask.commit(message.epoch); break;
        case 'credit': if (message.subtask === subtask.index) subtask.credit(message.of, message.bytes); break;
        case 'cancel': void subtask.cancel().then((nodes) => { this.toMain({ type: 'cancelled', attempt: message.attempt, subtask: subtask.index, nodes }); if (this.heap !== undefined) setImmediate(() => this.heap?.ended(attempt.jobId)); }); break;
      }
    }
    if (message.type === 'cancel') this.attempts.delete(message.attempt);
  }
  private connect(worker: number, port: PeerPort): void {
    this.peers.get(worker)?.close();
    this.peers.set(worker, port);
    port.on('message', (message) => this.fromPeer(message as PeerMessage));
  }
  private attemptOf(id: number): Attempt {
    let attempt = this.attempts.get(id);
    if (attempt === undefined) this.attempts.set(id, attempt = { subtasks: new Map(), state: new Map(), workers: 1, jobId: '' });
    return attempt;
  }
  private keepState(message: Extract<ToWorker, { type: 'state' }>): void {
    const { state } = this.attemptOf(message.attempt);
    const tables = entryOf(entryOf(state, message.subtask, () => new Map<string, Map<string, Uint8Array[][]>>()), message.node, () => new Map<string, Uint8Array[][]>());
    const lists = entryOf(tables, message.table, () => []);
    while (lists.length <= message.former) lists.push([]);
    (lists[message.former] as Uint8Array[]).push(message.bytes);
  }
  private deploy(message: DeployMessage): void {
    const attempt = this.attemptOf(message.attempt);
    attempt.workers = message.workers;
    attempt.jobId = message.jobId;
    this.atWork[this.own] = message.attempt;
    const subtask = new Subtask({ attempt: message.attempt, index: message.subtask, host: this, positions: message.restored?.positions });
    attempt.subtasks.set(message.subtask, subtask);
    try {
      subtask.assemble(buildSubtask(message, this.registry, this, subtask, attempt.state.get(message.subtask) ?? new Map()));
    } catch (error) {
      subtask.fail(error);
      return;
    }
    attempt.state.delete(message.subtask);
    void subtask.open();
  }
  /** One at a time of a job: the end of one that was not waited for must not fence the writers of the next start. */
  private recoverInTurn(message: Extract<ToWorker, { type: 'recover' }>): void {
    const { jobId } = message, done = (this.recoveries.get(jobId) ?? Promise.resolve()).then(() => this.recover(message)).finally(() => { if (this.recoveries.get(jobId) === done) this.recoveries.delete(jobId); });
    this.recoveries.set(jobId, done);
  }
  /** Ends what a checkpoint says is prepared, before any writer of the new attempt opens. */
  private async recover(message: Extract<ToWorker, { type: 'recover' }>): Promise<void> {
    let lost: RivuletError | undefined;
    try {
      this.killPoint('before-recover');
      for (const node of sinkNodes(message.plan)) {
        const committables = message.committables[node.id] ?? [];
        const factory = this.registry.sink(node.connector);
        if (factory?.recover === undefined) { invariant(committables.length === 0, `sink connector ${node.connector} can recover what it prepared`); continue; }
        const name = `${message.jobId} ${node.id}`, isHeld = this.claims.has(name), { mode } = message;
        const base = connectorContext(message.plan, message.jobId, 0, mode === 'start' ? node.parallelism ?? message.parallelism : mode === 'end' ? 0 : Number.POSITIVE_INFINITY, this, () => ({ value: 0 }));
        try {
          const claim = mode === 'commit' ? undefined : { own: `${this.run}-${message.jobId}`, isHeld };
          await factory.recover(node, committables, { ...sinkContext(base, node, () => {}), claim }, mode === 'commit' ? 0 : message.former[node.id]);
          if (mode === 'start') this.claims.add(name);
        } catch (error) {
          // What one sink has lost for good is no reason to leave the others' prepared.
          if (!(error instanceof RivuletError) || error.retry !== 'never') throw error;
          lost ??= error;
        }
        if (mode === 'end') this.claims.delete(name);
        this.killPoint('between-recovers');
      }
      this.toMain({ type: 'recovered', request: message.request, error: lost === undefined ? undefined : plainError(lost) });
    } catch (error) {
      this.toMain({ type: 'recovered', request: message.request, error: plainError(error) });
    }
  }
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
