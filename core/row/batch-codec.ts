/**
 * Batches in binary form for another worker thread: the sender encodes, transfers the ArrayBuffer, the receiver decodes into a batch it
 * reuses. A buffer holds one batch or several, one behind the other. Layout of a batch: u32 rows, u8 flags (1 kinds, 2 slices), the
 * kinds (one byte each, when any row is not +I), for a batch with slices one byte per column (1: it has slices), then the packed rows. In
 * a column with slices a text in the narrow form is a clean slice and can be a slice of the buffer again; other strings are wide. Both
 * ends run the same build, so there is no version here; state on disk has its own format.
 */
import { internalError } from '../errors/common.ts';
import type { SqlType } from '../types/sql-type.ts';
import { ChangeBatch } from './batch.ts';
import { ByteWriter } from './bytes.ts';
import { compileRowCodec } from './codec.ts';
import { isText, TextSlices } from './slices.ts';

const HEADER = 5;
const HAS_KINDS = 1, HAS_SLICES = 2;

/** Batches encoded and not sent yet. */
export class BatchFrames {
  readonly writer = new ByteWriter(1024);
  /** Bytes gathered. */
  length = 0;
  /** Everything gathered in a buffer of its own, to be transferred; begins anew. */
  take(): ArrayBuffer {
    const out = new ArrayBuffer(this.length);
    new Uint8Array(out).set(this.writer.bytes.subarray(0, this.length));
    this.length = 0;
    return out;
  }
}

export interface BatchCodec {
  /** Puts all rows, or the `count` rows named by `rows`, behind what is gathered; gives the bytes they take. */
  append(frames: BatchFrames, batch: ChangeBatch, rows: ArrayLike<number> | null, count: number): number;
  /** All rows, or the `count` rows named by `rows`. The buffer is the caller's: transfer it. */
  encode(batch: ChangeBatch, rows?: ArrayLike<number> | null, count?: number): ArrayBuffer;
  /** Of a buffer with one batch, which is reused by the next call. */
  decode(buffer: ArrayBuffer): ChangeBatch;
  /** Hands over the batches of a buffer one after another; each is reused for the next. */
  decodeEach(buffer: ArrayBuffer, receive: (batch: ChangeBatch) => void): void;
}

/** `takesSlices`: decoded batches carry the slices the sender had; else all strings are made. */
export function compileBatchCodec(types: readonly SqlType[], takesSlices = false): BatchCodec {
  const codec = compileRowCodec(types);
  const single = new BatchFrames();
  const batch = ChangeBatch.withWidth(types.length);
  const own = types.map((type) => (takesSlices && isText(type) ? new TextSlices() : null)), given = [...own];
  let kinds = new Uint8Array(1024);
  /** Slices for the columns that came with them; the position behind the column flags. */
  const takeSlices = (bytes: Buffer, at: number, rows: number): number => {
    for (let c = 0; c < own.length; c++) {
      const slices = bytes[at + c] === 1 ? own[c]! : null;
      given[c] = slices;
      slices?.begin(bytes);
      slices?.ensure(rows);
    }
    batch.slices = given;
    return at + own.length;
  };
  const append: BatchCodec['append'] = (frames, from, rows, count) => {
    const { slices } = from, { writer, length: start } = frames, bytes = writer.reserve(start, HEADER + count + types.length);
    bytes.writeUInt32LE(count, start);
    let p = start + HEADER, plain = true;
    if (from.kinds !== null) for (let i = 0; i < count; i++) {
      const kind = from.kinds[rows === null ? i : rows[i]!]!;
      if (kind !== 0) plain = false;
      bytes[p + i] = kind;
    }
    bytes[start + 4] = (plain ? 0 : HAS_KINDS) | (slices === null ? 0 : HAS_SLICES);
    if (!plain) p += count;
    if (slices === null) for (let i = 0; i < count; i++) p = codec.encodeColumns(from.columns, rows === null ? i : rows[i]!, writer, p);
    else {
      for (let c = 0; c < types.length; c++) bytes[p++] = slices[c] == null ? 0 : 1;
      for (let i = 0; i < count; i++) p = codec.encodeSliced(from.columns, slices, rows === null ? i : rows[i]!, writer, p, true);
    }
    frames.length = p;
    return p - start;
  };
  /** Reads the batch that begins at `start`; gives the position behind it. */
  const read = (bytes: Buffer, start: number): number => {
    const count = bytes.readUInt32LE(start), flags = bytes[start + 4]!;
    let p = start + HEADER;
    batch.size = count;
    batch.kinds = null;
    batch.slices = null;
    if ((flags & HAS_KINDS) !== 0) {
      if (kinds.length < count) kinds = new Uint8Array(count * 2);
      for (let i = 0; i < count; i++) kinds[i] = bytes[p++]!;
      batch.kinds = kinds;
    }
    if ((flags & HAS_SLICES) !== 0) p = takesSlices ? takeSlices(bytes, p, count) : p + types.length;
    if (batch.slices === null) for (let i = 0; i < count; i++) p = codec.decodeColumns(bytes, p, batch.columns, i);
    else for (let i = 0; i < count; i++) p = codec.decodeSliced(bytes, p, batch.columns, given, i);
    if (p > bytes.length) throw mismatch();
    return p;
  };
  return {
    append,
    encode(from, rows = null, count = rows === null ? from.size : rows.length) {
      append(single, from, rows, count);
      return single.take();
    },
    decode(buffer) {
      if (read(Buffer.from(buffer), 0) !== buffer.byteLength) throw mismatch();
      return batch;
    },
    decodeEach(buffer, receive) {
      const bytes = Buffer.from(buffer);
      for (let at = 0; at < bytes.length;) {
        at = read(bytes, at);
        receive(batch);
      }
    },
  };
}
const mismatch = (): Error => internalError({ what: 'a batch from another worker does not match its types' });

/** Codecs by type list, for callers that hold the types only; a list object is compiled once. */
export const batchCodec = {
  /** Own ArrayBuffer of exactly that size, to be transferred. */
  encode: (batch: ChangeBatch, types: readonly SqlType[]): ArrayBuffer => codecFor(types).encode(batch),
  /** The batch is reused by the next call of the same decoder. */
  decoder: (types: readonly SqlType[]): ((bytes: ArrayBuffer) => ChangeBatch) => { const codec = compileBatchCodec(types); return (bytes) => codec.decode(bytes); },
};
const compiled = new WeakMap<readonly SqlType[], BatchCodec>();
function codecFor(types: readonly SqlType[]): BatchCodec {
  let codec = compiled.get(types);
  if (codec === undefined) compiled.set(types, codec = compileBatchCodec(types));
  return codec;
}
