/**
 * Watches the JavaScript heap of a worker thread, which all its jobs share, and finds the job that fills it before V8 has to: at V8's own
 * limit the thread ends, and with one large allocation too many the whole process. State lies outside this heap and is counted apart
 * (`runtime/state/memory.ts`); here are the objects of collected results, arrays, maps and caches.
 *
 * Each round of a subtask is charged to its attempt by how much the heap has grown meanwhile, collections included. What is allocated and
 * dropped cancels out over time; what is kept adds up. When the heap is over the limit even after a collection, the attempt with the
 * largest sum is it. Reading the size of the heap takes about a microsecond, a round up to 4 ms.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Behind a collection that did not help enough to fail a job, so much more must come before the next is tried. */
const AGAIN = 1.1;

export class HeapWatch {
  private readonly limitBytes: number;
  private readonly used: () => number;
  private readonly collect: () => void;
  private readonly growth = new Map<number, number>();
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
  charge(attempt: number): boolean {
    const now = this.used();
    this.growth.set(attempt, (this.growth.get(attempt) ?? 0) + now - this.lastBytes);
    this.lastBytes = now;
    return now > this.lookFromBytes;
  }
  /** Collects, and gives the attempt that must end: undefined when the heap is within the limit again. */
  culprit(): { readonly attempt: number; readonly heapBytes: number } | undefined {
    this.collect();
    const heapBytes = this.used();
    this.lastBytes = heapBytes;
    if (heapBytes <= this.limitBytes) { this.lookFromBytes = Math.max(this.limitBytes, heapBytes * AGAIN); return undefined; }
    let attempt: number | undefined, most = 0;
    for (const [one, bytes] of this.growth) if (bytes > most) { attempt = one; most = bytes; }
    this.lookFromBytes = heapBytes * AGAIN;
    return attempt === undefined ? undefined : { attempt, heapBytes };
  }
  forget(attempt: number): void {
    this.growth.delete(attempt);
    this.lookFromBytes = this.limitBytes;
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
