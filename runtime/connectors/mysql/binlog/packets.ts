/**
 * From the chunks of a socket to MySQL's packets: nothing is copied while a packet lies within one chunk; packets of 16 MiB and more,
 * which the protocol cuts, are put together again. In the compressed protocol frames are inflated as packets are asked for.
 * Format: "MySQL Packets" and "Compression" of the client/server protocol.
 */
import { inflateSync } from 'node:zlib';

/** Bytes that arrived, taken from the front. */
export class ByteQueue {
  private chunks: Buffer[] = [];
  private head = 0;
  /** The front: what `ensure` made contiguous begins here. */
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  size = 0;
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.size += chunk.length;
    if (this.at === this.bytes.length) { this.bytes = chunk; this.at = 0; } else this.chunks.push(chunk);
  }
  /** Makes the next `length` bytes contiguous; false when so many have not arrived. */
  ensure(length: number): boolean {
    if (this.bytes.length - this.at >= length) return true;
    if (this.size < length) return false;
    const joined = Buffer.allocUnsafeSlow(length);
    let filled = this.bytes.copy(joined, 0, this.at);
    while (filled < length) {
      const chunk = this.chunks[this.head]!, taken = chunk.copy(joined, filled);
      filled += taken;
      if (taken < chunk.length) this.chunks[this.head] = chunk.subarray(taken); else this.chunks[this.head++] = undefined as never;
    }
    if (this.head > 64 && this.head * 2 > this.chunks.length) { this.chunks = this.chunks.slice(this.head); this.head = 0; }
    this.bytes = joined;
    this.at = 0;
    return true;
  }
  skip(length: number): void {
    this.at += length;
    this.size -= length;
    if (this.at < this.bytes.length) return;
    if (this.head < this.chunks.length) {
      this.bytes = this.chunks[this.head]!;
      this.chunks[this.head++] = undefined as never;
      this.at = 0;
    }
    if (this.head === this.chunks.length) { this.chunks.length = 0; this.head = 0; }
  }
}

const LONGEST = 0xffffff;
const length24 = (b: Buffer, at: number): number => b[at]! | b[at + 1]! << 8 | b[at + 2]! << 16;

/** `next` gives one packet's payload as `bytes[start, end)`, valid until it is called again. */
export class Packets {
  private readonly raw = new ByteQueue();
  private readonly plain: ByteQueue;
  private parts: Buffer[] = [];
  private sequence = 1;
  private readonly isCompressed: boolean;
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  /** Not undefined: the stream is out of step and cannot be read on. */
  broken: string | undefined;
  constructor(isCompressed: boolean) {
    this.isCompressed = isCompressed;
    this.plain = isCompressed ? new ByteQueue() : this.raw;
  }
  push(chunk: Buffer): void { this.raw.push(chunk); }
  /** Bytes that wait here. */
  get size(): number { return this.isCompressed ? this.raw.size + this.plain.size : this.raw.size; }
  /** The first byte of the next packet, undefined when it has not arrived; nothing is taken. */
  peek(): number | undefined {
    while (!this.plain.ensure(5)) if (!this.isCompressed || !this.inflate()) return undefined;
    return this.plain.bytes[this.plain.at + 4];
  }
  /** False: the rest of the next packet has not arrived, or `broken`. */
  next(): boolean {
    const { plain } = this;
    while (this.broken === undefined) {
      if (plain.ensure(4)) {
        const length = length24(plain.bytes, plain.at);
        if (plain.ensure(length + 4)) {
          if (this.take(length)) return true;
          continue;
        }
      }
      if (!this.isCompressed || !this.inflate()) return false;
    }
    return false;
  }
  private take(length: number): boolean {
    const { plain } = this, { bytes, at } = plain;
    // In the compressed protocol the server counts frames, and packets only until it sends.
    if (!this.isCompressed && bytes[at + 3] !== this.sequence) { this.broken = `packet ${bytes[at + 3]} came instead of packet ${this.sequence}`; return false; }
    this.sequence = this.sequence + 1 & 255;
    plain.skip(length + 4);
    this.bytes = bytes;
    this.start = at + 4;
    this.end = this.start + length;
    if (length < LONGEST && this.parts.length === 0) return true;
    this.parts.push(bytes.subarray(this.start, this.end));
    if (length === LONGEST) return false;
    this.bytes = Buffer.concat(this.parts);
    this.parts = [];
    this.start = 0;
    this.end = this.bytes.length;
    return true;
  }
  private inflate(): boolean {
    const { raw } = this;
    if (!raw.ensure(7)) return false;
    const length = length24(raw.bytes, raw.at), plainLength = length24(raw.bytes, raw.at + 4);
    if (!raw.ensure(7 + length)) return false;
    const body = raw.bytes.subarray(raw.at + 7, raw.at + 7 + length);
    raw.skip(7 + length);
    if (plainLength === 0) { this.plain.push(body); return true; }
    try {
      const inflated = inflateSync(body, { maxOutputLength: plainLength });
      if (inflated.length !== plainLength) { this.broken = 'a compressed frame has another length than it says'; return false; }
      this.plain.push(inflated);
      return true;
    } catch (error) {
      this.broken = `a compressed frame could not be inflated: ${(error as Error).message}`;
      return false;
    }
  }
}
