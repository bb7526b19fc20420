/**
 * The records inside a batch of format v2 (Kafka documentation, «Message Format», section Record), walked in place: per record length,
 * attributes, timestamp delta, offset delta, key, value, headers, all as variable-length integers. The cursor allocates nothing per record.
 */
import { kafkaDamagedBatch } from '../../../../core/errors/kafka.ts';
import type { RivuletError } from '../../../../core/errors/define.ts';
import type { FetchedBatch } from './types.ts';

/**
 * Use: `cursor.open(batch); while (cursor.next()) …`. The fields describe the current record; byte positions are in `bytes`.
 * `next` throws kafkaDamagedBatch when a record runs over the end of the batch.
 */
export class RecordCursor {
  bytes: Buffer = EMPTY;
  offset = -1;
  /** Milliseconds since 1970; -1 when the record has none. */
  timestampMs = -1;
  /** -1 for a null key, as keyEnd. */
  keyStart = -1;
  keyEnd = -1;
  /** -1 for a null value (tombstone), as valueEnd. */
  valueStart = -1;
  valueEnd = -1;
  /** Where the header count stands; for `decodeHeaders`. */
  headersStart = 0;
  /** First byte of the record, and of the one after it. */
  recordStart = 0;
  recordEnd = 0;
  /** Records not yet walked. */
  left = 0;
  #end = 0;
  #baseOffset = 0;
  #baseTimestampMs = 0;
  /** ≥ 0: LogAppendTime, the same for all records. */
  #appendTimeMs = -1;
  #batch: FetchedBatch | undefined;

  open(batch: FetchedBatch): void {
    this.bytes = batch.bytes;
    this.recordEnd = batch.start;
    this.left = batch.count;
    this.#end = batch.end;
    this.#baseOffset = batch.baseOffset;
    this.#baseTimestampMs = batch.baseTimestampMs;
    this.#appendTimeMs = batch.timestampType === 1 ? batch.maxTimestampMs : -1;
    this.#batch = batch;
  }

  /** Moves to the next record; false after the last. */
  next(): boolean {
    if (this.left === 0) return false;
    this.left--;
    const b = this.bytes;
    let o = this.recordEnd;
    this.recordStart = o;
    // Bytes past the end read as undefined, which ends every loop below; the check of `recordEnd` then refuses the record.
    let x = b[o++]!, v = x & 127, s = 7;
    while (x > 127) { x = b[o++]!; v |= (x & 127) << s; s += 7; }
    const recordEnd = o + (v >> 1);
    if ((v & 1) !== 0 || !(recordEnd <= this.#end)) throw this.#damaged();
    o++;   // attributes: none are defined
    x = b[o++]!;
    if (x < 128) v = x; else {
      v = x & 127;
      s = 7;
      const start = o - 1;
      do { x = b[o++]!; v |= (x & 127) << s; s += 7; } while (x > 127 && s < 28);
      if (x > 127) o = this.#longTimestamp(start);
    }
    if (x < 128) this.timestampMs = this.#baseTimestampMs + ((v >>> 1) ^ -(v & 1));
    if (this.#appendTimeMs >= 0) this.timestampMs = this.#appendTimeMs;
    x = b[o++]!;
    v = x & 127;
    s = 7;
    while (x > 127) { x = b[o++]!; v |= (x & 127) << s; s += 7; }
    this.offset = this.#baseOffset + ((v >>> 1) ^ -(v & 1));
    x = b[o++]!;
    v = x & 127;
    s = 7;
    while (x > 127) { x = b[o++]!; v |= (x & 127) << s; s += 7; }
    if ((v & 1) !== 0) this.keyStart = this.keyEnd = -1;
    else { this.keyStart = o; this.keyEnd = o += v >>> 1; }
    x = b[o++]!;
    v = x & 127;
    s = 7;
    while (x > 127) { x = b[o++]!; v |= (x & 127) << s; s += 7; }
    if ((v & 1) !== 0) this.valueStart = this.valueEnd = -1;
    else { this.valueStart = o; this.valueEnd = o += v >>> 1; }
    this.headersStart = o;
    this.recordEnd = recordEnd;
    if (!(o < recordEnd)) throw this.#damaged();
    return true;
  }

  /** A timestamp delta of 5 to 10 bytes; sets timestampMs and returns the position after it. */
  #longTimestamp(start: number): number {
    let o = start, value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const x = this.bytes[o++] ?? 0;
      value |= BigInt(x & 127) << shift;
      if (x < 128) break;
    }
    const delta = BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    this.timestampMs = this.#baseTimestampMs + Number(delta);
    return o;
  }

  #damaged(): RivuletError {
    const { topic, partition, baseOffset } = this.#batch ?? { topic: '', partition: -1, baseOffset: -1 };
    return kafkaDamagedBatch({ topic, partition, offset: baseOffset, why: `a record at byte ${this.recordStart} does not fit into its batch` });
  }
}
const EMPTY = Buffer.alloc(0);

/** Calls `each` for every record of the batch; the cursor is the same object each time. */
export function forEachRecord(batch: FetchedBatch, each: (cursor: RecordCursor) => void): void {
  const cursor = new RecordCursor();
  cursor.open(batch);
  while (cursor.next()) each(cursor);
}

export interface RecordHeader { readonly key: string; readonly value: Buffer | null }

/** Headers of the record the cursor stands on, in order, duplicates kept. Values are views into the batch. */
export function decodeHeaders(cursor: RecordCursor): RecordHeader[] {
  const bytes = cursor.bytes, end = cursor.recordEnd;
  const state = { at: cursor.headersStart };
  const length = (): number => {
    let value = 0, factor = 1, byte: number;
    do {
      byte = bytes[state.at++] ?? 0;
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127);
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  };
  const headers: RecordHeader[] = [];
  const take = (n: number): Buffer => {
    const start = state.at;
    state.at = Math.min(end, start + Math.max(0, n));
    return bytes.subarray(start, state.at);
  };
  for (let n = length(); n > 0 && state.at < end; n--) {
    const key = take(length()).toString('utf8');
    const size = length();
    headers.push({ key, value: size < 0 ? null : take(size) });
  }
  return headers;
}

/** The headers of the record the cursor stands on, byte for byte, with `more` behind them, as `Producer.append` wants them. */
export function addHeaders(cursor: RecordCursor, more: readonly { readonly key: string; readonly value: Buffer | string | null }[]): Buffer {
  let at = cursor.headersStart, own = 0, factor = 1, byte: number;
  do {
    byte = cursor.bytes[at++] ?? 0;
    own += (byte & 127) * factor;
    factor *= 128;
  } while (byte > 127);
  const parts = more.flatMap(headerParts);
  return Buffer.concat([varint(own / 2 + more.length), cursor.bytes.subarray(at, cursor.recordEnd), ...parts]);
}
/** Headers as `Producer.append` wants them: count, then key and value of each. Null for an empty list. */
export function encodeHeaders(headers: readonly { readonly key: string; readonly value: Buffer | string | null }[]): Buffer | null {
  if (headers.length === 0) return null;
  return Buffer.concat([varint(headers.length), ...headers.flatMap(headerParts)]);
}
function headerParts({ key, value }: { readonly key: string; readonly value: Buffer | string | null }): Buffer[] {
  const name = Buffer.from(key), content = value === null ? undefined : Buffer.from(value as string);
  return [varint(name.length), name, ...(content === undefined ? [varint(-1)] : [varint(content.length), content])];
}
function varint(v: number): Buffer {
  const bytes: number[] = [];
  let z = ((v << 1) ^ (v >> 31)) >>> 0;
  for (; z > 127; z >>>= 7) bytes.push(z & 127 | 128);
  bytes.push(z);
  return Buffer.from(bytes);
}
