/** Record batches: what the builder writes the reader reads, for all shapes and codecs; damaged batches are errors, never loops. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { BatchBuilder, sealBatch } from '../../runtime/connectors/kafka/client/batch-builder.ts';
import { BatchReader } from '../../runtime/connectors/kafka/client/batch-reader.ts';
import { CODEC_NAMES } from '../../runtime/connectors/kafka/client/codecs.ts';
import { encodeHeaders, forEachRecord } from '../../runtime/connectors/kafka/client/records.ts';
import { murmur2, partitionForKey } from '../../runtime/connectors/kafka/client/partitioner.ts';
import { plain, randomFrom, type PlainRecord } from './support.ts';

interface Given { key: string | null; value: string | null; timestampMs: number; headers: { key: string; value: string | null }[] }

function build(records: readonly Given[], codec = 0): Buffer {
  const builder = new BatchBuilder(Buffer.alloc(64));
  for (const r of records) {
    const key = r.key === null ? null : Buffer.from(`xx${r.key}`), value = r.value === null ? null : Buffer.from(`y${r.value}`), headers = encodeHeaders(r.headers);
    builder.reserve(BatchBuilder.recordBytes(key?.length ?? 0, value?.length ?? 0, headers?.length ?? 1));
    builder.append(key, key ? 2 : -1, key?.length ?? -1, value, value ? 1 : -1, value?.length ?? -1, r.timestampMs, headers);
  }
  const bytes = builder.close(codec, false);
  sealBatch(bytes, 7, 1, 0);
  return bytes;
}
function read(bytes: Buffer, position = 0, until = Infinity): PlainRecord[] {
  const reader = new BatchReader(), records: PlainRecord[] = [];
  reader.readHead({ topic: 't', partition: 3 }, bytes, 0, bytes.length, true);
  reader.readRecords(position, until);
  forEachRecord(reader, (cursor) => records.push(plain(3, cursor)));
  return records;
}
function randomRecords(seed: number): Given[] {
  const random = randomFrom(seed), pick = (n: number): number => Math.floor(random() * n);
  const text = (most: number): string => 'aé€😀z'.repeat(pick(most)).slice(0, pick(most * 3)).toWellFormed();
  const base = [0, -1, 1_780_000_000_000, 2 ** 52][pick(4)]!;
  return Array.from({ length: 1 + pick(200) }, () => ({
    key: pick(4) === 0 ? null : text(20), value: pick(5) === 0 ? null : text([1, 50, 3000][pick(3)]!),
    timestampMs: base + [0, 1, 63, 64, 5000, -1, -70, 3e8, -3e9, 1e12, -5e11][pick(11)]! * (pick(2) || 1),
    headers: Array.from({ length: pick(3) }, () => ({ key: text(5), value: pick(3) === 0 ? null : text(10) })),
  }));
}

describe('kafka record batches', () => {
  for (const [codec, name] of CODEC_NAMES.entries()) {
    it(`reads back what it wrote, whatever the records, ${name}`, () => {
      for (let seed = 1; seed <= 40; seed++) {
        const given = randomRecords(seed * 7 + codec);
        expect(read(build(given, codec)), `seed ${seed}`).to.deep.equal(given.map((r, offset) => ({ partition: 3, offset, ...r })));
      }
    });
  }

  it('hands over only offsets from the position up to the end', () => {
    const given = randomRecords(5).slice(0, 20);
    while (given.length < 20) given.push(given[0]!);
    for (const codec of [0, 4]) {
      const bytes = build(given, codec);
      expect(read(bytes, 7, 11).map((r) => r.offset)).to.deep.equal([7, 8, 9, 10]);
      expect(read(bytes, 19).map((r) => r.offset)).to.deep.equal([19]);
      expect(read(bytes, 20)).to.deep.equal([]);
      expect(read(bytes, 0, 0)).to.deep.equal([]);
    }
  });

  it('keeps a header named __proto__ and duplicates', () => {
    const headers = [{ key: '__proto__', value: 'x' }, { key: 'a', value: '1' }, { key: 'a', value: null }];
    expect(read(build([{ key: null, value: 'v', timestampMs: 1, headers }]))[0]!.headers).to.deep.equal(headers);
  });

  it('refuses a batch with any bit flipped behind the checksum, and says where', () => {
    const bytes = build(randomRecords(11));
    for (let i = 0; i < 200; i++) {
      const damaged = Buffer.from(bytes), at = 21 + (i * 997) % (bytes.length - 21);
      damaged[at]! ^= 1 << i % 8;
      expect(() => read(damaged)).to.throw(RivuletError, 'record batch at offset 0 of partition 3 of Kafka topic "t" cannot be read');
    }
  });

  it('ends with a typed error on records that lie about their lengths, the checksum being right', () => {
    const bytes = build(randomRecords(12).map((r) => ({ ...r, value: 'short' }))), random = randomFrom(99);
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const damaged = Buffer.from(bytes);
      for (let n = 0; n < 3; n++) damaged[57 + Math.floor(random() * (damaged.length - 57))] = Math.floor(random() * 256);
      sealBatch(damaged, 7, 1, 0);
      try { read(damaged); } catch (e) { expect(e).to.be.instanceOf(RivuletError); refused++; }
    }
    expect(refused).to.be.greaterThan(100);
  });

  it('names old message formats', () => {
    const bytes = build(randomRecords(1));
    bytes[16] = 1;
    expect(() => read(bytes)).to.throw(RivuletError, 'holds messages of format v1');
  });

  it('refuses damaged compressed content', () => {
    for (let codec = 1; codec <= 4; codec++) {
      const bytes = build(Array.from({ length: 50 }, () => ({ key: 'k', value: 'the same again and again', timestampMs: 5, headers: [] })), codec);
      expect(bytes.readInt16BE(21) & 7).to.equal(codec);
      const cut = bytes.subarray(0, bytes.length - 9);
      cut.writeInt32BE(cut.length - 12, 8);
      sealBatch(cut, 7, 1, 0);
      expect(() => read(cut), CODEC_NAMES[codec]).to.throw(RivuletError, 'cannot be read');
    }
  });
});

describe('kafka partitioner', () => {
  // Values of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
  for (const [text, hash] of [['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536], ['a-little-bit-longer-string', -1486304829], ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107]] as const) {
    it(`hashes ${text} as the Java client`, () => {
      const bytes = Buffer.from(`__${text}__`);
      expect(murmur2(bytes, 2, bytes.length - 2)).to.equal(hash);
      expect(partitionForKey(bytes, 2, bytes.length - 2, 7)).to.equal((hash & 0x7fffffff) % 7);
    });
  }
});
