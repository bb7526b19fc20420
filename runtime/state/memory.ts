/**
 * How much memory state takes, counted where it is allocated and refused before it is: rows and their indexes lie outside V8's heap, so no
 * limit of V8 stops them, and the kernel would stop the whole process.
 *
 * The server's count is shared between threads: one slot per worker in a SharedArrayBuffer, so that the main thread can strike out a
 * worker that died. A job's count is shared between its subtasks. Both are in KiB; an operator takes room in steps (`STEP_KIB`, then an
 * eighth of what it has), so that growing a table touches the shared words rarely.
 *
 * Who must stop when all is used: whoever asks for more, but a job below a sixteenth of the limit is let go on until an eighth more than the
 * limit is used, so that a small job does not fail for a large neighbour's appetite.
 */
import { stateMemoryExceeded } from '../../core/errors/state.ts';

const KIB = 1024, STEP_KIB = 64;
const LARGE_BYTES = 1024 * KIB;
const SMALL_SHARE = 16, OVERDRAFT = 1.125;

/** Told of every allocation of a table before it is made (positive) and after it is given up (negative). Throws `state-memory-exceeded`. */
export type Grow = (bytes: number) => void;
export const uncounted: Grow = () => {};

/** Frees a large array at once, not when the collector comes to it: what takes its place is often as large. Nothing may read it any more. */
export function giveBack(array: ArrayBufferView): void { if (array.byteLength >= LARGE_BYTES && array.buffer instanceof ArrayBuffer) array.buffer.transfer(0); }

/** What all threads share: KiB by worker. */
export interface SharedMemory { readonly workers: SharedArrayBuffer; /** Infinity: no limit. */ readonly limitBytes: number }
/** What the subtasks of one incarnation of a job share: KiB, one word. */
export interface JobMemory { readonly used: SharedArrayBuffer; readonly limitBytes: number }

export const sharedMemory = (workers: number, limitBytes: number): SharedMemory => ({ workers: new SharedArrayBuffer(workers * 4), limitBytes });
export const jobMemory = (limitBytes: number): JobMemory => ({ used: new SharedArrayBuffer(4), limitBytes });
export const usedByJob = (memory: JobMemory): number => Atomics.load(new Int32Array(memory.used), 0) * KIB;
/** Bytes of state in all workers. */
export function usedByAll(memory: SharedMemory): number {
  const words = new Int32Array(memory.workers);
  let sum = 0;
  for (let i = 0; i < words.length; i++) sum += Atomics.load(words, i);
  return sum * KIB;
}
/** A worker is gone, and all it held with it. */
export function forgetWorker(memory: SharedMemory, worker: number): void { Atomics.store(new Int32Array(memory.workers), worker, 0); }

/** The count of one operator instance (or of blocks waiting to be restored), on behalf of its job. */
export class MemoryAccount {
  private readonly server: SharedMemory;
  private readonly job: JobMemory;
  private readonly ownSlot: Int32Array;
  private readonly worker: number;
  private readonly ofJob: Int32Array;
  private readonly what: string;
  private bytes = 0;
  private reservedKib = 0;
  /** `what`: the operator as errors name it. */
  constructor(options: { server: SharedMemory; job: JobMemory; worker: number; what: string }) {
    this.server = options.server;
    this.job = options.job;
    this.worker = options.worker;
    this.what = options.what;
    this.ownSlot = new Int32Array(options.server.workers);
    this.ofJob = new Int32Array(options.job.used);
  }
  readonly grow: Grow = (bytes) => {
    const wantedKib = Math.ceil((this.bytes + bytes) / KIB);
    if (wantedKib > this.reservedKib) this.reserve(Math.max(wantedKib - this.reservedKib, STEP_KIB, this.reservedKib >> 3), wantedKib);
    else if (this.reservedKib - wantedKib > Math.max(STEP_KIB * 2, this.reservedKib >> 2)) this.take(wantedKib - this.reservedKib);
    this.bytes += bytes;
  };
  private take(kib: number): void {
    Atomics.add(this.ownSlot, this.worker, kib);
    Atomics.add(this.ofJob, 0, kib);
    this.reservedKib += kib;
  }
  private reserve(kib: number, wantedKib: number): void {
    if (this.fits(kib)) { this.take(kib); return; }
    const least = wantedKib - this.reservedKib;
    if (this.fits(least)) { this.take(least); return; }
    const jobBytes = usedByJob(this.job), isJob = jobBytes + least * KIB > this.job.limitBytes;
    throw stateMemoryExceeded({ operator: this.what, operatorBytes: this.bytes, jobBytes, usedBytes: usedByAll(this.server), neededBytes: least * KIB, limitBytes: isJob ? this.job.limitBytes : this.server.limitBytes, isJob });
  }
  private fits(kib: number): boolean {
    const { server, job } = this, ofJob = usedByJob(job) + kib * KIB;
    if (ofJob > job.limitBytes) return false;
    if (server.limitBytes === Number.POSITIVE_INFINITY) return true;
    const all = usedByAll(server) + kib * KIB;
    return all <= server.limitBytes || (ofJob <= server.limitBytes / SMALL_SHARE && all <= server.limitBytes * OVERDRAFT);
  }
  close(): void {
    this.take(-this.reservedKib);
    this.bytes = 0;
  }
}
