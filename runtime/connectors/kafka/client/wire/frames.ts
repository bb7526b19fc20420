/**
 * Cuts the byte stream of a connection into frames (4 bytes length, content). Each frame is a buffer of its own from `allocate`, by
 * default fresh memory, so that readers may keep parts of it. Two ways in: `room`/`filled` lets the socket read straight into the frame; `feed` copies from chunks
 * (TLS). After `failed` is set nothing more comes out.
 */
export class FrameAssembler {
  /** What is wrong with the stream; undefined while it is well. */
  failed: string | undefined;
  /** Where frames come from; see `frame-pool.ts`. */
  allocate: (size: number) => Buffer = freshFrame;
  readonly #maxFrameBytes: number;
  readonly #onFrame: (frame: Buffer) => void;
  readonly #head = Buffer.alloc(4);
  #headBytes = 0;
  #frame: Buffer | undefined;
  #frameBytes = 0;
  constructor(maxFrameBytes: number, onFrame: (frame: Buffer) => void) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#onFrame = onFrame;
  }

  /** Where the next bytes belong; never empty. */
  room(): Buffer { return this.#frame ? this.#frame.subarray(this.#frameBytes) : this.#head.subarray(this.#headBytes); }

  /** `n` bytes were written to the start of `room()`. */
  filled(n: number): void {
    if (this.failed !== undefined) return;
    if (this.#frame === undefined) {
      this.#headBytes += n;
      if (this.#headBytes === 4) this.#open();
      return;
    }
    this.#frameBytes += n;
    if (this.#frameBytes < this.#frame.length) return;
    const frame = this.#frame;
    this.#frame = undefined;
    this.#onFrame(frame);
  }

  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.failed === undefined;) {
      const n = chunk.copy(this.room(), 0, at);
      at += n;
      this.filled(n);
    }
  }

  #open(): void {
    const size = this.#head.readInt32BE(0);
    this.#headBytes = 0;
    if (size < 4 || size > this.#maxFrameBytes) {
      this.failed = `it announces ${size} bytes (first bytes ${this.#head.toString('hex')}), which no Kafka answer has; the limit is ${this.#maxFrameBytes}`;
      return;
    }
    this.#frame = this.allocate(size);
    this.#frameBytes = 0;
  }
}
/** Slow: not from the shared pool, which a kept slice would hold as a whole. */
const freshFrame = (size: number): Buffer => Buffer.allocUnsafeSlow(size);
