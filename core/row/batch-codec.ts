/**
 * Batches in binary form for another worker thread: the sender encodes, transfers the ArrayBuffer, the receiver decodes into a batch it
 * reuses. Layout: u32 rows, u8 flags (1 kinds, 2 slices), the kinds (one byte each, when any row is not +I), for a batch with slices one
 * byte per column (1: it has slices), then the packed rows. In a column with slices a text in the narrow form is a clean slice and can be
 * a slice of the buffer again; other strings are wide. Both ends run the same build, so there is no version here; state on disk has its
 * own format.
 */
import { internalError } from '../errors/common.ts';
import type { SqlType } from '../types/sql-type.ts';
import { ChangeBatch } from './batch.ts';
import { ByteWriter } from './bytes.ts';
import { compileRowCodec } from './codec.ts';
import { isText, TextSlices } from './slices.ts';

const HEADER = 5;
const HAS_KINDS = 1, HAS_SLICES = 2;

export interface BatchCodec {
  /** All rows, or the `count` rows named by `rows`. The buffer is the caller's: transfer it. */
  encode(batch: ChangeBatch, rows?: ArrayLike<number> | null, count?: number): ArrayBuffer;
  /** The batch is reused by the next call. */
  decode(buffer: ArrayBuffer): ChangeBatch;
}

/** `takesSlices`: decoded batches carry the slices the sender had; else all strings are made. */
export function compileBatchCodec(types: readonly SqlType[], takesSlices = false): BatchCodec {
  const codec = compileRowCodec(types);
  const writer = new ByteWriter(64 * 1024);
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
  return {
    encode(from, rows = null, count = rows === null ? from.size : rows.length) {
      const { slices } = from, bytes = writer.reserve(0, HEADER + count + types.length);
      bytes.writeUInt32LE(count, 0);
      let p = HEADER, plain = true;
      if (from.kinds !== null) for (let i = 0; i < count; i++) {
        const kind = from.kinds[rows === null ? i : rows[i]!]!;
        if (kind !== 0) plain = false;
        bytes[p + i] = kind;
      }
      bytes[4] = (plain ? 0 : HAS_KINDS) | (slices === null ? 0 : HAS_SLICES);
      if (!plain) p += count;
      if (slices === null) for (let i = 0; i < count; i++) p = codec.encodeColumns(from.columns, rows === null ? i : rows[i]!, writer, p);
      else {
        for (let c = 0; c < types.length; c++) bytes[p++] = slices[c] == null ? 0 : 1;
        for (let i = 0; i < count; i++) p = codec.encodeSliced(from.columns, slices, rows === null ? i : rows[i]!, writer, p, true);
      }
      const out = new ArrayBuffer(p);
      new Uint8Array(out).set(writer.bytes.subarray(0, p));
      return out;
    },
    decode(buffer) {
      const bytes = Buffer.from(buffer);
      const count = bytes.readUInt32LE(0);
      let p = HEADER;
      batch.size = count;
      batch.kinds = null;
      batch.slices = null;
      if ((bytes[4]! & HAS_KINDS) !== 0) {
        if (kinds.length < count) kinds = new Uint8Array(count * 2);
        for (let i = 0; i < count; i++) kinds[i] = bytes[p++]!;
        batch.kinds = kinds;
      }
      if ((bytes[4]! & HAS_SLICES) !== 0) p = takesSlices ? takeSlices(bytes, p, count) : p + types.length;
      if (batch.slices === null) for (let i = 0; i < count; i++) p = codec.decodeColumns(bytes, p, batch.columns, i);
      else for (let i = 0; i < count; i++) p = codec.decodeSliced(bytes, p, batch.columns, given, i);
      if (p !== bytes.length) throw internalError({ what: 'a batch from another worker does not match its types' });
      return batch;
    },
  };
}

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
