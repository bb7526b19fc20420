/**
 * Builds one record batch (format v2) in place: records are encoded straight behind the room for the batch's head. Identity, sequence and
 * checksum are written when the batch is first sent, since a batch that is never sent must not use up sequence numbers.
 */
import { BATCH_HEAD_BYTES } from './batch-reader.ts';
import { compress } from './codecs.ts';
import { crc32c } from '../../../../core/row/crc32c.ts';

export class BatchBuilder {
  bytes: Buffer;
  /** End of what is written. */
  at = BATCH_HEAD_BYTES;
  count = 0;
  #baseTimestampMs = 0;
  #maxTimestampMs = 0;
  constructor(bytes: Buffer) { this.bytes = bytes; }

  /** Bytes a record takes at most, all lengths at their longest. */
  static recordBytes(keyBytes: number, valueBytes: number, headerBytes: number): number { return 5 + 1 + 10 + 5 + 5 + keyBytes + 5 + valueBytes + headerBytes; }

  /** The caller has made sure of `recordBytes` bytes of room. Start -1 is null; null headers are none. */
  append(key: Buffer | null, keyStart: number, keyEnd: number, value: Buffer | null, valueStart: number, valueEnd: number, timestampMs: number, headers: Buffer | null): void {
    if (this.count === 0) this.#baseTimestampMs = this.#maxTimestampMs = timestampMs;
    else if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs;
    const keyBytes = key === null || keyStart < 0 ? -1 : keyEnd - keyStart, valueBytes = value === null || valueStart < 0 ? -1 : valueEnd - valueStart;
    const delta = timestampMs - this.#baseTimestampMs, offset = this.count++, b = this.bytes;
    const deltaBytes = delta >= 0 && delta < 64 ? 1 : varlongBytes(delta);
    const length = 1 + deltaBytes + unsignedBytes(offset * 2) + (keyBytes < 0 ? 1 : unsignedBytes(keyBytes * 2) + keyBytes)
      + (valueBytes < 0 ? 1 : unsignedBytes(valueBytes * 2) + valueBytes) + (headers === null ? 1 : headers.length);
    let o = writeUnsigned(b, this.at, length * 2);
    b[o++] = 0;
    if (deltaBytes === 1) b[o++] = delta < 0 ? -2 * delta - 1 : 2 * delta; else o = writeVarlong(b, o, delta);
    o = writeUnsigned(b, o, offset * 2);
    if (keyBytes < 0) b[o++] = 1;
    else { o = writeUnsigned(b, o, keyBytes * 2); copyRange(key!, keyStart, keyEnd, b, o); o += keyBytes; }
    if (valueBytes < 0) b[o++] = 1;
    else { o = writeUnsigned(b, o, valueBytes * 2); copyRange(value!, valueStart, valueEnd, b, o); o += valueBytes; }
    if (headers === null) b[o++] = 0; else o += headers.copy(b, o);
    this.at = o;
  }

  /** Makes room for `n` more bytes. */
  reserve(n: number): void {
    if (this.at + n <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + n));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  /** Closes the batch: everything of the head but identity and checksum. The result stands in the builder's bytes unless compressed. */
  close(codec: number, transactional: boolean): Buffer {
    let batch = this.bytes.subarray(0, this.at);
    if (codec !== 0) {
      const packed = compress(codec, this.bytes.subarray(BATCH_HEAD_BYTES, this.at));
      // Data that does not shrink is sent as it is.
      if (packed.length < this.at - BATCH_HEAD_BYTES) {
        batch = Buffer.allocUnsafeSlow(BATCH_HEAD_BYTES + packed.length);
        packed.copy(batch, BATCH_HEAD_BYTES);
      } else codec = 0;
    }
    batch.fill(0, 0, 8);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt32BE(-1, 12);
    batch[16] = 2;
    batch.writeInt16BE(codec | (transactional ? 16 : 0), 21);
    batch.writeInt32BE(this.count - 1, 23);
    writeInt64(batch, 27, this.#baseTimestampMs);
    writeInt64(batch, 35, this.#maxTimestampMs);
    batch.writeInt32BE(this.count, 57);
    return batch;
  }
}

/** Completes the head of a closed batch. -1 for producers without identity. */
export function sealBatch(batch: Buffer, producerId: number, producerEpoch: number, sequence: number): void {
  writeInt64(batch, 43, producerId);
  batch.writeInt16BE(producerEpoch, 51);
  batch.writeInt32BE(sequence, 53);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
}

function writeInt64(b: Buffer, at: number, v: number): void {
  b.writeInt32BE(Math.floor(v / 4294967296), at);
  b.writeUInt32BE(v >>> 0, at + 4);
}
/** Short ranges by hand: a call into the runtime costs more than a few dozen bytes. */
function copyRange(source: Buffer, start: number, end: number, target: Buffer, at: number): void {
  if (end - start > 24) { source.copy(target, at, start, end); return; }
  for (let i = start; i < end; i++) target[at++] = source[i]!;
}
/** `v` is already zigzag-encoded: twice a number that is not negative, below 2^31. */
function unsignedBytes(v: number): number { return v < 128 ? 1 : v < 16384 ? 2 : v < 2097152 ? 3 : v < 268435456 ? 4 : 5; }
function writeUnsigned(b: Buffer, at: number, v: number): number {
  while (v > 127) { b[at++] = v & 127 | 128; v >>>= 7; }
  b[at++] = v;
  return at;
}
/** Zigzag of a safe integer can have 54 bits: by division, not by shifts. */
function varlongBytes(v: number): number {
  let z = v < 0 ? -2 * v - 1 : 2 * v, n = 1;
  while (z > 127) { z = Math.floor(z / 128); n++; }
  return n;
}
function writeVarlong(b: Buffer, at: number, v: number): number {
  let z = v < 0 ? -2 * v - 1 : 2 * v;
  while (z > 127) { b[at++] = (z % 128) | 128; z = Math.floor(z / 128); }
  b[at++] = z;
  return at;
}
