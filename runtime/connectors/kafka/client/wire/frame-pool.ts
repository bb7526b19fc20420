/**
 * Memory of large answers, used again once their records are read. Without it every megabyte fetched is fresh memory: the kernel clears
 * its pages, and V8 collects garbage because of it (measured: a third of the CPU of a filter over Kafka).
 *
 * A frame is given back when everyone who held it has let go: whoever takes a part calls `hold`, and `release` when done. Frames nobody
 * holds, or whose holders forget to release, are left to the garbage collector: that costs speed, never correctness.
 */

/** Smaller frames are not worth it; one of them tells that the reader has caught up, and the pool lets its memory go. */
const LEAST_BYTES = 64 * 1024, STEP_BYTES = 256 * 1024, MOST_FREE = 8, MOST_FREE_BYTES = 32 * 1024 * 1024;

export class FramePool {
  #free: ArrayBuffer[] = [];
  #freeBytes = 0;
  readonly #holds = new WeakMap<Buffer, number>();

  /** A frame of exactly this length; its content is what was there before. */
  readonly take = (size: number): Buffer => {
    if (size < LEAST_BYTES) {
      if (this.#freeBytes > 0) { this.#free = []; this.#freeBytes = 0; }
      // Slow: not from Node's shared pool, which a kept slice would hold as a whole.
      return Buffer.allocUnsafeSlow(size);
    }
    return this.spare(size);
  };
  /** As `take`, for what is unpacked from a frame, whose size tells nothing about how far the reader is. */
  readonly spare = (size: number): Buffer => {
    if (size < LEAST_BYTES) return Buffer.allocUnsafeSlow(size);
    const found = this.#free.findIndex((b) => b.byteLength >= size && b.byteLength <= size * 4);
    if (found >= 0) {
      const [memory] = this.#free.splice(found, 1) as [ArrayBuffer];
      this.#freeBytes -= memory.byteLength;
      return Buffer.from(memory, 0, size);
    }
    return Buffer.allocUnsafeSlow(Math.ceil(size / STEP_BYTES) * STEP_BYTES).subarray(0, size);
  };
  hold(frame: Buffer): void { if (frame.length >= LEAST_BYTES) this.#holds.set(frame, (this.#holds.get(frame) ?? 0) + 1); }
  /** Other buffers than held frames are ignored. */
  release(frame: Buffer): void {
    const holds = this.#holds.get(frame);
    if (holds === undefined) return;
    if (holds > 1) { this.#holds.set(frame, holds - 1); return; }
    this.#holds.delete(frame);
    const memory = frame.buffer as ArrayBuffer;
    if (this.#free.length >= MOST_FREE || this.#freeBytes + memory.byteLength > MOST_FREE_BYTES) return;
    this.#free.push(memory);
    this.#freeBytes += memory.byteLength;
  }
}
