/**
 * Packs the records of a batch by Kafka's codec number (`unpack.ts` is the way back): 1 gzip, 2 snappy in xerial framing, 3 lz4 (frame format), 4 zstd. All
 * synchronous: a batch is handed over whole.
 */
import { createRequire } from 'node:module';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Compression } from './types.ts';

interface WasmCodecs { lz4Compress(b: Buffer): Buffer; snappyCompress(b: Buffer): Buffer }
let loaded: WasmCodecs | undefined;
function wasm(): WasmCodecs { return loaded ??= createRequire(import.meta.url)('@platformatic/wasm-utils') as WasmCodecs; }

export const CODEC_NAMES: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_BLOCK_BYTES = 64 * 1024;

export function compress(codec: number, input: Buffer): Buffer {
  switch (codec) {
    case 1: return gzipSync(input, { level: 1 });
    case 2: return snappy(input);
    case 3: return wasm().lz4Compress(input);
    case 4: return zstdCompressSync(input, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    default: throw new RangeError(`unknown codec ${codec}`);
  }
}

/** As the Java client frames it: magic, version, compatible version, then blocks with their length. */
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
