/** Worker threads of a process: the real hosts, their messages on lines of the scheduler. A thread can die alone. */
import type { RuntimeRegistry } from '../../runtime/graph/contract.ts';
import { WorkerHost } from '../../runtime/graph/host.ts';
import type { PeerPort, ToMain, ToWorker } from '../../runtime/graph/messages.ts';
import type { Thread, Threads } from '../../runtime/jobs/workers.ts';
import { Life, Line } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';

class ModelThread implements Thread {
  readonly life: Life;
  private readonly scheduler: Scheduler;
  private readonly host: WorkerHost;
  private readonly inbox: Line;
  private readonly outbox: Line;
  private readonly exits: ((code: number) => void)[] = [];
  private onMessage: (message: ToMain) => void = () => {};
  constructor(process: Life, worker: number, registryOf: (life: Life) => RuntimeRegistry, scheduler: Scheduler) {
    this.life = new Life(process);
    this.scheduler = scheduler;
    this.inbox = new Line(this.life);
    this.outbox = new Line(process);
    const turns = new Line(this.life);
    this.host = new WorkerHost({
      worker, registry: registryOf(this.life), killPoint: () => {}, monotonicMs: () => scheduler.nowMs, later: (turn) => scheduler.post(turns, turn),
      post: (message) => { if (!this.life.isDead) scheduler.post(this.outbox, () => this.onMessage(message)); },
    });
  }
  postMessage(message: ToWorker): void { this.scheduler.post(this.inbox, () => this.host.handle(message)); }
  on(event: 'message' | 'error' | 'exit', listener: never): this {
    if (event === 'message') this.onMessage = listener;
    if (event === 'exit') this.exits.push(listener);
    return this;
  }
  die(): void {
    if (this.life.isDead) return;
    this.life.die();
    this.scheduler.post(this.outbox, () => { for (const exit of this.exits) exit(1); });
  }
  async terminate(): Promise<void> { this.life.die(); }
}

export class ModelThreads implements Threads {
  readonly running: ModelThread[] = [];
  private readonly process: Life;
  private readonly registryOf: (life: Life) => RuntimeRegistry;
  private readonly scheduler: Scheduler;
  constructor(process: Life, registryOf: (life: Life) => RuntimeRegistry, scheduler: Scheduler) { this.process = process; this.registryOf = registryOf; this.scheduler = scheduler; }
  start(data: { readonly worker: number }): Thread {
    const thread = new ModelThread(this.process, data.worker, this.registryOf, this.scheduler);
    this.running.push(thread);
    return thread;
  }
  line(): readonly [PeerPort, PeerPort] {
    const listeners: ((message: unknown) => void)[] = [() => {}, () => {}], isClosed = [false, false];
    const end = (own: number): PeerPort => {
      const line = new Line(this.process), other = 1 - own;
      return {
        postMessage: (message: unknown) => { if (!isClosed[own]) this.scheduler.post(line, () => { if (!isClosed[other]) listeners[other]?.(message); }); },
        on: (_event, listener) => { listeners[own] = listener; },
        close: () => { isClosed[own] = true; },
      };
    };
    return [end(0), end(1)];
  }
  killOne(): void { const alive = this.running.filter((thread) => !thread.life.isDead); alive[this.scheduler.below(alive.length)]?.die(); }
}
