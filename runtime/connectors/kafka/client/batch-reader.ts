/**
 * From the bytes of one record batch (format v2) to what `onRecords` gets: checks magic, length and CRC, unpacks, and cuts off records
 * below the position asked for or at and above the end asked for. One instance per fetcher; the object itself is the FetchedBatch.
 */
import type { RivuletError } from '../../../../core/errors/define.ts';
import { kafkaBatchTooLarge, kafkaDamagedBatch, kafkaOldMessageFormat } from '../../../../core/errors/kafka.ts';
import { CODEC_NAMES } from './codecs.ts';
import { crc32c } from '../../../../core/row/crc32c.ts';
import { RecordCursor } from './records.ts';
import type { FetchedBatch, TopicPartition } from './types.ts';
import { TooMuchUnpacked, unpack } from './unpack.ts';

/** Bytes before the records of a batch. */
export const BATCH_HEAD_BYTES = 61;
const EMPTY = Buffer.alloc(0);
/** Slow: not from Node's shared pool, which a kept slice would hold as a whole. */
const freshMemory = (size: number): Buffer => Buffer.allocUnsafeSlow(size);
/** length 1, attributes, two deltas, two lengths, header count */
const LEAST_RECORD_BYTES = 7;

export class BatchReader implements FetchedBatch {
  topic = '';
  partition = -1;
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;
  count = 0;
  baseOffset = 0;
  baseTimestampMs = 0;
  maxTimestampMs = 0;
  timestampType: 0 | 1 = 0;
  leaderEpoch = -1;
  /** Offset of the last record the batch had when written (compaction may have removed it). */
  lastOffset = 0;
  producerId = -1;
  transactional = false;
  control = false;
  #attributes = 0;
  readonly #cursor = new RecordCursor();
  readonly #maxUnpackedBytes: number;
  readonly #take: (size: number) => Buffer;

  /** `take`: where unpacked records go; by default fresh memory. */
  constructor(maxUnpackedBytes = 0x3fffffff, take = freshMemory) {
    this.#maxUnpackedBytes = maxUnpackedBytes;
    this.#take = take;
  }

  /** Takes the head of the batch at `frame[start..end)` over. Throws kafkaOldMessageFormat, kafkaDamagedBatch. */
  readHead(of: TopicPartition, frame: Buffer, start: number, end: number, checkCrc: boolean): void {
    this.topic = of.topic;
    this.partition = of.partition;
    this.baseOffset = int64(frame, start);
    const magic = frame[start + 16] ?? 0;
    if (magic < 2) throw kafkaOldMessageFormat({ topic: of.topic, partition: of.partition, offset: this.baseOffset, magic });
    if (magic > 2) throw this.#damaged(`message format ${magic} is unknown`);
    if (end - start < BATCH_HEAD_BYTES) throw this.#damaged(`it has only ${end - start} bytes`);
    if (checkCrc) {
      const stored = frame.readUInt32BE(start + 17), computed = crc32c(frame.subarray(start + 21, end));
      if (stored !== computed) throw this.#damaged(`its checksum is ${hex(computed)}, stored is ${hex(stored)}`);
    }
    const attributes = this.#attributes = frame.readInt16BE(start + 21);
    this.leaderEpoch = frame.readInt32BE(start + 12);
    this.lastOffset = this.baseOffset + frame.readInt32BE(start + 23);
    this.baseTimestampMs = int64(frame, start + 27);
    this.maxTimestampMs = int64(frame, start + 35);
    this.producerId = int64(frame, start + 43);
    this.count = frame.readInt32BE(start + 57);
    this.timestampType = (attributes & 8) !== 0 ? 1 : 0;
    this.transactional = (attributes & 16) !== 0;
    this.control = (attributes & 32) !== 0;
    this.bytes = frame;
    this.start = start + BATCH_HEAD_BYTES;
    this.end = end;
    if (this.count < 0 || this.lastOffset < this.baseOffset) throw this.#damaged(`it claims ${this.count} records up to offset ${this.lastOffset}`);
  }

  /** Throws kafkaBatchTooLarge, kafkaDamagedBatch. Unpacks the records and cuts the batch to offsets from `position` up to but without `until`. Afterwards `count` may be 0. */
  readRecords(position: number, until: number): void {
    const codec = this.#attributes & 7;
    if (codec !== 0 && this.count > 0) {
      try {
        this.bytes = unpack(codec, this.bytes.subarray(this.start, this.end), this.#maxUnpackedBytes, this.#take);
      } catch (cause) {
        if (cause instanceof TooMuchUnpacked) throw kafkaBatchTooLarge({ topic: this.topic, partition: this.partition, offset: this.baseOffset, codec: CODEC_NAMES[codec] ?? '', packedBytes: this.end - this.start, limitBytes: this.#maxUnpackedBytes }, { cause });
        throw this.#damaged(`its ${CODEC_NAMES[codec] ?? `codec ${codec}`} content cannot be unpacked`, cause);
      }
      this.start = 0;
      this.end = this.bytes.length;
    }
    if (this.count * LEAST_RECORD_BYTES > this.end - this.start) throw this.#damaged(`it claims ${this.count} records in ${this.end - this.start} bytes`);
    if (this.baseOffset < position || this.lastOffset >= until) this.#cut(position, until);
  }

  /** For a control batch: true when it ends a transaction by abort (control record type 0). */
  get isAbortMarker(): boolean {
    this.#cursor.open(this);
    if (!this.#cursor.next() || this.#cursor.keyEnd - this.#cursor.keyStart < 4) return false;
    return this.bytes.readInt16BE(this.#cursor.keyStart + 2) === 0;
  }

  #cut(position: number, until: number): void {
    const cursor = this.#cursor;
    cursor.open(this);
    let kept = 0, start = this.start, end = this.start;
    while (cursor.next()) {
      if (cursor.offset < position) continue;
      if (cursor.offset >= until) break;
      if (kept++ === 0) start = cursor.recordStart;
      end = cursor.recordEnd;
    }
    this.start = start;
    this.end = end;
    this.count = kept;
  }

  #damaged(why: string, cause?: unknown): RivuletError { return kafkaDamagedBatch({ topic: this.topic, partition: this.partition, offset: this.baseOffset, why }, { cause }); }
}

/** Signed 64 bits as a number; beyond 2^53 it loses digits, which no real offset or timestamp reaches. */
export function int64(b: Buffer, at: number): number { return b.readInt32BE(at) * 4294967296 + b.readUInt32BE(at + 4); }
function hex(n: number): string { return n.toString(16).padStart(8, '0'); }
