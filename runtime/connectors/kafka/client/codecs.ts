/**
 * Compression of record batches by Kafka's codec number: 1 gzip, 2 snappy (xerial framing or raw), 3 lz4 (frame format), 4 zstd. All
 * synchronous: a batch is handed over whole. What a damaged or hostile input throws is turned into an error by the caller.
 */
import { createRequire } from 'node:module';
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Compression } from './types.ts';

interface WasmCodecs { lz4Compress(b: Buffer): Buffer; lz4Decompress(b: Buffer): Buffer; snappyCompress(b: Buffer): Buffer; snappyDecompress(b: Buffer): Buffer }
let loaded: WasmCodecs | undefined;
function wasm(): WasmCodecs { return loaded ??= createRequire(import.meta.url)('@platformatic/wasm-utils') as WasmCodecs; }

export const CODEC_NAMES: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
/** A batch may not unpack to more than this. */
const MAX_UNPACKED_BYTES = 512 * 1024 * 1024;
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_BLOCK_BYTES = 64 * 1024;

/** Throws anything on damaged input. */
export function decompress(codec: number, input: Buffer): Buffer {
  switch (codec) {
    case 1: return gunzipSync(input, { maxOutputLength: MAX_UNPACKED_BYTES });
    case 2: return unsnappy(input);
    case 3: return wasm().lz4Decompress(input);
    case 4: return zstdDecompressSync(input, { maxOutputLength: MAX_UNPACKED_BYTES });
    default: throw new RangeError(`unknown codec ${codec}`);
  }
}

export function compress(codec: number, input: Buffer): Buffer {
  switch (codec) {
    case 1: return gzipSync(input, { level: 1 });
    case 2: return snappy(input);
    case 3: return wasm().lz4Compress(input);
    case 4: return zstdCompressSync(input, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    default: throw new RangeError(`unknown codec ${codec}`);
  }
}

/** The Java client frames snappy as xerial does: magic, version, compatible version, then blocks with their length. librdkafka writes raw blocks. */
function unsnappy(input: Buffer): Buffer {
  if (input.length < 16 || input.compare(XERIAL_MAGIC, 0, 8, 0, 8) !== 0) return unsnappyBlock(input);
  const blocks: Buffer[] = [];
  for (let at = 16; at < input.length;) {
    const size = input.readInt32BE(at);
    if (size < 0 || size > input.length - at - 4) throw new RangeError('a snappy block does not fit');
    blocks.push(unsnappyBlock(input.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return blocks.length === 1 && blocks[0] ? blocks[0] : Buffer.concat(blocks);
}
function unsnappyBlock(block: Buffer): Buffer {
  let length = 0;
  for (let i = 0, factor = 1; i < 5; i++, factor *= 128) {
    const byte = block[i] ?? 0;
    length += (byte & 127) * factor;
    if (byte < 128) break;
  }
  // Snappy cannot shrink below 1 in 64 or so: a length beyond that is a lie.
  if (length > MAX_UNPACKED_BYTES || length > block.length * 256) throw new RangeError('a snappy block claims an impossible length');
  return wasm().snappyDecompress(block);
}
function snappy(input: Buffer): Buffer {
  const header = Buffer.alloc(16);
  XERIAL_MAGIC.copy(header);
  header.writeInt32BE(1, 8);
  header.writeInt32BE(1, 12);
  const parts: Buffer[] = [header];
  for (let at = 0; at < input.length; at += XERIAL_BLOCK_BYTES) {
    const block = wasm().snappyCompress(input.subarray(at, at + XERIAL_BLOCK_BYTES));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}
