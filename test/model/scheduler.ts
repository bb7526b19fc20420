/**
 * The heart of the simulation: everything that happens is an event on a line (first in, first out) or a timer, and a seed says which comes
 * next. Time moves only when a timer's turn comes. After each event all promises are settled before the next one, so a run is a function
 * of its seed.
 */
import type { Clock } from '../../core/ports/clock.ts';

const realImmediate = setImmediate;

/** Something that can die or stand still with everything it has under way; a thread's parent is its process. */
export class Life {
  readonly parent: Life | undefined;
  private own: 'alive' | 'paused' | 'dead' = 'alive';
  constructor(parent?: Life) { this.parent = parent; }
  get isDead(): boolean { return this.own === 'dead' || this.parent?.isDead === true; }
  get isAlive(): boolean { return this.own === 'alive' && this.parent?.isAlive !== false; }
  die(): void { this.own = 'dead'; }
  pause(): void { if (this.own === 'alive') this.own = 'paused'; }
  resume(): void { if (this.own === 'paused') this.own = 'alive'; }
}

/** Events that happen in their order, each at some time. */
export class Line {
  readonly owner: Life;
  readonly queue: (() => void)[] = [];
  isActive = false;
  constructor(owner: Life) { this.owner = owner; }
}
interface Timer { readonly owner: Life; readonly atMs: number; readonly action: () => void; isCancelled: boolean }

export class Scheduler {
  nowMs = 1_000_000;
  steps = 0;
  /** Timers fire only when nothing else can happen: no limit is exceeded because the seed wanted it. */
  isPatient = false;
  readonly random: () => number;
  private active: Line[] = [];
  private timers: Timer[] = [];
  /** Called when time has moved. */
  onTime: () => void = () => {};
  constructor(random: () => number) { this.random = random; }

  below(n: number): number { return Math.floor(this.random() * n); }
  chance(share: number): boolean { return this.random() < share; }
  post(line: Line, event: () => void): void {
    if (line.owner.isDead) return;
    line.queue.push(event);
    if (line.isActive) return;
    line.isActive = true;
    this.active.push(line);
  }
  after(owner: Life, delayMs: number, action: () => void): () => void {
    const timer: Timer = { owner, atMs: this.nowMs + Math.max(0, delayMs), action, isCancelled: false };
    this.timers.push(timer);
    return () => { timer.isCancelled = true; };
  }
  clockOf(owner: Life): Clock { return { now: () => this.nowMs, monotonic: () => this.nowMs, after: (delayMs, action) => this.after(owner, delayMs, action) }; }

  /** Time passes without anybody noticing it in between. */
  sleep(ms: number): void {
    this.nowMs += ms;
    this.onTime();
  }
  /** Lets one event happen; false: nothing can. */
  async step(): Promise<boolean> {
    this.steps++;
    const lines = this.runnable(), wantsTimer = lines.length === 0 || (!this.isPatient && this.chance(this.isTimerNear ? 1 / 24 : 1 / 800));
    const done = (wantsTimer && this.fireTimer()) || this.runOne(lines);
    await settled();
    return done;
  }
  /** Long limits are rarely exceeded. */
  private get isTimerNear(): boolean { return this.timers.some((timer) => !timer.isCancelled && timer.owner.isAlive && timer.atMs - this.nowMs <= 2000); }
  private runnable(): Line[] {
    this.active = this.active.filter((line) => (line.isActive = !line.owner.isDead && line.queue.length > 0));
    return this.active.filter((line) => line.owner.isAlive);
  }
  private runOne(lines: readonly Line[]): boolean {
    if (lines.length === 0) return false;
    lines[this.below(lines.length)]?.queue.shift()?.();
    return true;
  }
  private fireTimer(): boolean {
    this.timers = this.timers.filter((timer) => !timer.isCancelled && !timer.owner.isDead);
    let first: Timer | undefined;
    for (const timer of this.timers) if (timer.owner.isAlive && (first === undefined || timer.atMs < first.atMs)) first = timer;
    if (first === undefined) return false;
    first.isCancelled = true;
    this.nowMs = Math.max(this.nowMs, first.atMs);
    this.onTime();
    first.action();
    return true;
  }
}
/** All promises that can settle have. */
export const settled = (): Promise<void> => new Promise((resolve) => { realImmediate(resolve); });
