/**
 * Events inside events. MySQL's TRANSACTION_PAYLOAD holds the events of a transaction compressed by zstd; large ones are inflated in the
 * background chunk by chunk as their events are asked for, so that a transaction of any size takes little memory beyond its compressed
 * bytes. MariaDB compresses single events (`log_bin_compress`) by zlib. Formats: `Transaction_payload_event` of MySQL's
 * control_events.h; `binlog_buf_uncompress` of MariaDB's log_event.cc.
 */
import { createZstdDecompress, inflateSync, zstdDecompressSync, type ZstdDecompress } from 'node:zlib';
import { HEADER } from './event-codes.ts';
import { lenenc, lenencAt } from './lenenc.ts';
import { ByteQueue } from './packets.ts';

/** Payloads up to here are inflated at once: a stream costs 100 µs more. */
const SMALL = 1024 * 1024, CHUNK = 64 * 1024;
const ZSTD = 0, NONE = 255;
const END_MARK = 0, COMPRESSION_TYPE = 2, PLAIN_SIZE = 3;

export class PayloadEvents {
  private readonly plain = new ByteQueue();
  private readonly stream: ZstdDecompress | undefined;
  private failure: string | undefined;
  private isEnded = false;
  /** Of the event that `next` found. */
  bytes: Buffer = this.plain.bytes;
  start = 0;
  end = 0;
  /** @param wake called when `next` may find something again. Throws RangeError for a payload that is cut short. */
  constructor(b: Buffer, at: number, end: number, wake: () => void) {
    let compression = NONE, size = 0;
    for (let field = lenenc(b, at); field !== END_MARK; field = lenenc(b, at)) {
      const length = lenenc(b, lenencAt), start = lenencAt;
      if (field === COMPRESSION_TYPE) compression = lenenc(b, start); else if (field === PLAIN_SIZE) size = lenenc(b, start);
      at = start + length;
    }
    const body = b.subarray(lenencAt, end);
    if (compression === NONE) { this.plain.push(body); this.isEnded = true; return; }
    if (compression !== ZSTD) throw new RangeError(`compression ${compression} is not known`);
    if (size <= SMALL) {
      this.plain.push(zstdDecompressSync(body, { maxOutputLength: Math.max(1, size) }));
      this.isEnded = true;
      return;
    }
    const stream = createZstdDecompress({ chunkSize: CHUNK });
    this.stream = stream;
    stream.on('readable', wake);
    stream.on('end', () => { this.isEnded = true; wake(); });
    stream.on('error', (error) => { this.failure = error.message; wake(); });
    stream.end(body);
  }
  /** `wait`: call again after `wake`. Throws RangeError where the payload is damaged. */
  next(): 'event' | 'wait' | 'end' {
    const { plain } = this;
    for (;;) {
      if (plain.ensure(HEADER)) {
        const length = plain.bytes.readUInt32LE(plain.at + 9);
        if (length < HEADER) throw new RangeError(`an event inside a compressed transaction has a length of ${length}`);
        if (plain.ensure(length)) {
          this.bytes = plain.bytes;
          this.start = plain.at;
          this.end = plain.at + length;
          plain.skip(length);
          return 'event';
        }
      }
      if (this.failure !== undefined) throw new RangeError(`a compressed transaction could not be inflated: ${this.failure}`);
      const chunk = this.stream?.read() as Buffer | null | undefined;
      if (chunk !== null && chunk !== undefined) { plain.push(chunk); continue; }
      if (!this.isEnded) return 'wait';
      if (plain.size > 0) throw new RangeError('a compressed transaction is cut short');
      return 'end';
    }
  }
  close(): void { this.stream?.destroy(); }
}

/** MariaDB: a byte with the number of length bytes, the plain length (big-endian), then zlib data. Throws RangeError. */
export function inflateMaria(b: Buffer, start: number, end: number): Buffer {
  const header = b.readUInt8(start), lengthBytes = header & 7;
  if ((header & 0xe0) !== 0x80 || (header & 0x70) >> 4 !== 0 || lengthBytes < 1 || lengthBytes > 4) throw new RangeError(`a compressed event begins with ${header}`);
  const length = b.readUIntBE(start + 1, lengthBytes), plain = inflateSync(b.subarray(start + 1 + lengthBytes, end), { maxOutputLength: Math.max(1, length) });
  if (plain.length !== length) throw new RangeError(`a compressed event has ${plain.length} bytes instead of ${length}`);
  return plain;
}
