/**
 * Watches the JavaScript heap of a worker thread, which all its jobs share, and looks for the job that fills it before V8 has to act: at V8's own
 * limit the thread ends, and with one large allocation too many the whole process. State lies outside this heap and is counted apart
 * (`runtime/state/memory.ts`); here are the objects of collected results, arrays, maps and caches.
 *
 * Each round of a subtask is charged to its job by how much the heap has grown meanwhile, collections included: what is kept adds up, what is
 * dropped mostly cancels out. That is a guess, since a collection may come in the round of another, so it is put to the proof: the job with
 * the largest sum is restarted, and when that frees little it is cleared and not taken for it again. Who is right three times fails for good
 * (`runtime/jobs/job.ts`). Reading the size of the heap takes about a microsecond, a round up to 4 ms.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Behind a collection, so much more must come before the next is tried. */
const AGAIN = 1.1;
/** A job was not it when its end frees less than this share of the limit. */
const LITTLE = 0.2;

export class HeapWatch {
  private readonly limitBytes: number;
  private readonly used: () => number;
  private readonly collect: () => void;
  /** By job. */
  private readonly growth = new Map<string, number>();
  private readonly cleared = new Set<string>();
  private suspect: { readonly job: string; readonly heapBytes: number } | undefined;
  private lastBytes = 0;
  private lookFromBytes: number;
  /** `used` and `collect`: of this thread's heap; tests give their own. */
  constructor(limitBytes: number, used: () => number = () => getHeapStatistics().used_heap_size, collect: () => void = collectNow) {
    this.limitBytes = limitBytes;
    this.lookFromBytes = limitBytes;
    this.used = used;
    this.collect = collect;
  }
  /** Before the first round of a turn. */
  begin(): void { this.lastBytes = this.used(); }
  /** Behind each round; true: the heap is to be looked at. */
  charge(job: string): boolean {
    const now = this.used();
    this.growth.set(job, (this.growth.get(job) ?? 0) + now - this.lastBytes);
    this.lastBytes = now;
    return now > this.lookFromBytes;
  }
  /** Collects, and gives the job that must end: undefined when the heap is within the limit again, or one is ending already. */
  culprit(): { readonly job: string; readonly heapBytes: number } | undefined {
    this.collect();
    const heapBytes = this.used();
    this.lastBytes = heapBytes;
    this.lookFromBytes = Math.max(this.limitBytes, heapBytes * AGAIN);
    if (heapBytes <= this.limitBytes || this.suspect !== undefined) return undefined;
    if ([...this.growth.keys()].every((job) => this.cleared.has(job))) this.cleared.clear();
    let found: string | undefined, most = Number.NEGATIVE_INFINITY;
    for (const [job, bytes] of this.growth) if (bytes > most && !this.cleared.has(job)) { found = job; most = bytes; }
    return found === undefined ? undefined : this.suspect = { job: found, heapBytes };
  }
  /** The job's subtasks in this thread are gone. */
  ended(job: string): void {
    this.growth.delete(job);
    if (this.suspect?.job !== job) return;
    this.collect();
    const now = this.used();
    if (now > this.suspect.heapBytes - this.limitBytes * LITTLE) this.cleared.add(job);
    this.suspect = undefined;
    this.lookFromBytes = Math.max(this.limitBytes, now);
  }
}

let gc: (() => void) | undefined;
function collectNow(): void {
  if (gc === undefined) {
    // Exposed in contexts made from now on; nothing else of the program sees it.
    setFlagsFromString('--expose-gc');
    gc = runInNewContext(`typeof gc === 'function' ? gc : () => {}`) as () => void;
  }
  gc();
}
