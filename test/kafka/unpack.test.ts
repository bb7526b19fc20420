/** Unpacking of record batches: against the packers, on damaged input, and on a few bytes that claim to be much. And checksums without the native module. */
import { spawnSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { BATCH_HEAD_BYTES, BatchReader } from '../../runtime/connectors/kafka/client/batch-reader.ts';
import { sealBatch } from '../../runtime/connectors/kafka/client/batch-builder.ts';
import { CODEC_NAMES, compress } from '../../runtime/connectors/kafka/client/codecs.ts';
import { crc32c } from '../../core/row/crc32c.ts';
import { TooMuchUnpacked, unpack } from '../../runtime/connectors/kafka/client/unpack.ts';
import { randomFrom } from './support.ts';

const GZIP = 1, SNAPPY = 2, LZ4 = 3, ZSTD = 4, MIB = 1024 * 1024;
const fresh = (size: number): Buffer => Buffer.alloc(size);
const opened = (codec: number, packed: Buffer, limit = 64 * MIB): Buffer => unpack(codec, packed, limit, fresh);

/** Text with repeats near and far, runs, and noise: all kinds of matches and literals. */
function sample(seed: number): Buffer {
  const random = randomFrom(seed), pick = (n: number): number => Math.floor(random() * n), parts: Buffer[] = [];
  for (let n = pick(60), i = 0; i <= n; i++) {
    const kind = pick(4), all = parts[pick(parts.length || 1)];
    if (kind === 0 || all === undefined) parts.push(Buffer.from(Array.from({ length: pick(300) }, () => pick(256))));
    else if (kind === 1) parts.push(Buffer.alloc(pick([20, 300, 100_000][pick(3)]!), Buffer.from('abcdefghijklmnopqrstuvwxyz').subarray(0, 1 + pick(20))));
    else parts.push(all.subarray(pick(all.length || 1)));
  }
  return Buffer.concat(parts);
}
/** A batch of the log as a broker holds it, its checksum right, with this content. */
function batchOf(codec: number, content: Buffer, count: number): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(BATCH_HEAD_BYTES), content]);
  bytes.writeBigInt64BE(4711n, 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes[16] = 2;
  bytes.writeInt16BE(codec, 21);
  bytes.writeInt32BE(count - 1, 23);
  bytes.writeInt32BE(count, 57);
  sealBatch(bytes, -1, -1, -1);
  return bytes;
}
/** An LZ4 frame of blocks that say "255 more" again and again, the densest there is: each unpacks to 4 MB. */
function lz4Bomb(blocks: number): Buffer {
  const block = Buffer.concat([Buffer.alloc(4), Buffer.from([0x1f, 65, 1, 0]), Buffer.alloc(16_000, 255), Buffer.from([0, 0])]);
  block.writeUInt32LE(block.length - 4);
  return Buffer.concat([Buffer.from([4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0]), ...Array.from({ length: blocks }, () => block), Buffer.alloc(4)]);
}

describe('kafka unpacking', () => {
  for (const codec of [GZIP, SNAPPY, LZ4, ZSTD]) {
    it(`gives back what was packed, ${CODEC_NAMES[codec]}`, () => {
      for (let seed = 1; seed <= 120; seed++) {
        const given = sample(seed * 11 + codec);
        expect(opened(codec, compress(codec, given)).equals(given), `seed ${seed}`).to.equal(true);
      }
    });
    it(`ends on damaged input with an error or with something within the limit, ${CODEC_NAMES[codec]}`, () => {
      const random = randomFrom(codec), packed = compress(codec, sample(77).subarray(0, 20_000));
      let refused = 0;
      for (let i = 0; i < 1000; i++) {
        const damaged = Buffer.from(packed);
        for (let n = 0; n < 1 + i % 4; n++) damaged[Math.floor(random() * Math.min(damaged.length, i % 2 === 0 ? 200 : damaged.length))] = Math.floor(random() * 256);
        let size = 0;
        try { size = opened(codec, damaged.subarray(0, damaged.length - i % 3), 100_000).length; } catch { refused++; }
        expect(size).to.be.at.most(100_000);
      }
      expect(refused).to.be.greaterThan(100);
      // And what comes next is not disturbed.
      expect(opened(codec, packed).equals(sample(77).subarray(0, 20_000))).to.equal(true);
    });
  }

  it('reads raw snappy (librdkafka) and literals with long lengths', () => {
    const noise = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i * 7919 >> 3 & 255));
    const raw = Buffer.concat([Buffer.from([0xf0, 0xa2, 0x04, 62 << 2, 0x6f, 0x11, 0x01]), noise]);
    expect(opened(SNAPPY, raw).equals(noise)).to.equal(true);
    expect(opened(SNAPPY, Buffer.from([0])).length).to.equal(0);
    expect(() => opened(SNAPPY, raw.subarray(0, 1000))).to.throw(RangeError);
  });
  it('reads lz4 blocks that are stored, with content size and block checksums', () => {
    const text = Buffer.from('stored as it is'), frame = Buffer.alloc(15 + 4 + text.length + 4 + 4);
    frame.writeUInt32LE(0x184d2204, 0);
    frame[4] = 0x78;
    frame[5] = 0x40;
    frame.writeUInt32LE((0x80000000 | text.length) >>> 0, 15);
    text.copy(frame, 19);
    expect(opened(LZ4, frame).toString()).to.equal('stored as it is');
  });

  const hundredMiB = Buffer.alloc(100 * MIB);
  const bombs: [string, number, Buffer][] = [['zstd', ZSTD, zstdCompressSync(hundredMiB)], ['gzip', GZIP, gzipSync(hundredMiB)], ['lz4', LZ4, lz4Bomb(25)]];
  for (const [name, codec, bomb] of bombs) {
    it(`refuses ${bomb.length} bytes of ${name} that unpack to 100 MB or so, naming topic, partition and offset`, () => {
      const bytes = batchOf(codec, bomb, 1), reader = new BatchReader(64 * MIB), before = process.memoryUsage().rss;
      reader.readHead({ topic: 'orders', partition: 3 }, bytes, 0, bytes.length, true);
      expect(() => { reader.readRecords(0, Infinity); }).to.throw(RivuletError, 'record batch at offset 4711 of partition 3 of Kafka topic "orders" unpacks to more than 67108864 bytes')
        .that.includes({ code: 'kafka-batch-too-large', hint: "If it is meant to be so large, raise 'properties.unpacked.batch.max.bytes'; else start after it." });
      expect(process.memoryUsage().rss - before).to.be.lessThan(300 * MIB);
    });
  }
  it('believes no claimed size: memory is taken for what is there', () => {
    // Snappy that announces 4 GB, lz4 whose block says 4 MB and holds nothing.
    expect(() => opened(SNAPPY, Buffer.from([255, 255, 255, 255, 15, 0, 65]))).to.throw(RangeError, 'impossible length');
    expect(() => opened(LZ4, lz4Bomb(1), MIB)).to.throw(TooMuchUnpacked);
    expect(() => opened(LZ4, Buffer.concat([lz4Bomb(1).subarray(0, 11), Buffer.from([255])]))).to.throw(RangeError);
  });
});

describe('kafka checksums', () => {
  const inputs = [Buffer.alloc(0), Buffer.from('123456789'), Buffer.alloc(32), Buffer.alloc(32, 255), ...[1, 63, 64, 65, 4095, 4096, 70_001].map((n) => Buffer.from(Array.from({ length: n }, (_, i) => i * 31 & 255)))];
  it('are those of RFC 3720 and its appendix', () => {
    expect([crc32c(inputs[1]!), crc32c(inputs[2]!), crc32c(inputs[3]!)]).to.deep.equal([0xe3069283, 0x8a9136aa, 0x62a8ab43]);
  });
  it('are the same on platforms without the native module', () => {
    // A process in which the optional dependency cannot be loaded.
    const script = `const { registerHooks } = require('node:module');
      let refused = 0;
      registerHooks({ resolve(name, context, next) { if (name.startsWith('@node-rs/')) { refused++; throw new Error('no native module here'); } return next(name, context); } });
      const { crc32c } = require(${JSON.stringify(import.meta.resolve('../../core/row/crc32c.ts').replace('file://', ''))});
      const inputs = ${JSON.stringify(inputs.map((b) => b.toString('base64')))};
      console.log(JSON.stringify([refused, ...inputs.map((b) => crc32c(Buffer.from(b, 'base64'))), refused]));`;
    const run = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(run.stderr).to.equal('');
    expect(JSON.parse(run.stdout)).to.deep.equal([0, ...inputs.map((b) => crc32c(b)), 1]);
  });
});
