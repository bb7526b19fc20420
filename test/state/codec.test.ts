/** The row codec: what goes in comes out, equal values give equal bytes, and no key is a prefix of another. */
import { expect } from 'chai';
import { ChangeBatch } from '../../core/row/batch.ts';
import { ByteWriter } from '../../core/row/bytes.ts';
import { compileBatchCodec } from '../../core/row/batch-codec.ts';
import { compileRowCodec } from '../../core/row/codec.ts';
import { compilePartitioner } from '../../core/row/partition.ts';
import { hashBytes } from '../../core/row/hash.ts';
import * as t from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import { Random } from './support.ts';

const bytesOf = (types: readonly SqlType[], values: readonly unknown[]): Buffer => {
  const writer = new ByteWriter(1);
  const end = compileRowCodec(types).encode(values, writer, 3);
  return Buffer.from(writer.bytes.subarray(3, end));
};
const roundTrip = (type: SqlType, value: unknown): unknown => {
  const into: unknown[] = [];
  const bytes = bytesOf([type], [value]);
  expect(compileRowCodec([type]).decode(Buffer.concat([Buffer.alloc(5), bytes, Buffer.alloc(3)]), 5, into)).to.equal(5 + bytes.length);
  return into[0];
};

describe('row codec', () => {
  const longs = [0, 1, -1, 191, 192, -32, -33, 127, -128, -129, 32767, 32768, -32768, -32769, 8388607, 8388608, -8388608, -8388609, 2147483647, 2147483648, -2147483648,
    -2147483649, 2 ** 39 - 1, 2 ** 39, -(2 ** 39), -(2 ** 39) - 1, 2 ** 47 - 1, 2 ** 47, -(2 ** 47) - 1, 1774224000000, 9007199254740991, -9007199254740991,
    9007199254740993n, -9223372036854775808n, 9223372036854775807n, 10n ** 38n - 1n, -(10n ** 38n - 1n)];
  for (const value of longs) it(`keeps the integer ${value}`, () => {
    expect(roundTrip(t.BIGINT, value)).to.equal(value);
    expect(roundTrip(t.decimal(38, 0), value)).to.equal(value);
  });
  it('writes a small bigint like the number', () => expect(bytesOf([t.BIGINT], [5n])).to.deep.equal(bytesOf([t.BIGINT], [5])));
  it('writes longs of few digits in few bytes', () => {
    expect(bytesOf([t.BIGINT], [100]).length).to.equal(2);
    expect(bytesOf([t.timestamp(3)], [1774224000000]).length).to.equal(8);
  });

  const texts = ['', 'a', 'ünïcode', 'я'.repeat(100), '日本語', '\u0000', '\ud800', 'x\udc00y', '😀', 'a'.repeat(47), 'a'.repeat(48), 'a'.repeat(5000), `${'é'.repeat(60)}`, `${'a'.repeat(60)}日`, '__proto__', '${x}`\u2028'];
  for (const text of texts) it(`keeps the text ${JSON.stringify(text.slice(0, 12))} of ${text.length} units`, () => expect(roundTrip(t.STRING, text)).to.equal(text));

  it('keeps doubles, floats, booleans, bytes and NULL', () => {
    for (const value of [0, 1.5, -1e300, Infinity, -Infinity, 5e-324]) expect(roundTrip(t.DOUBLE, value)).to.equal(value);
    expect(Object.is(roundTrip(t.DOUBLE, -0), -0)).to.equal(true);
    expect(roundTrip(t.DOUBLE, NaN)).to.be.NaN;
    expect(roundTrip(t.FLOAT, Math.fround(0.1))).to.equal(Math.fround(0.1));
    expect(roundTrip(t.BOOLEAN, true)).to.equal(true);
    expect(roundTrip(t.BOOLEAN, false)).to.equal(false);
    expect(roundTrip(t.BYTES, new Uint8Array([0, 255, 7]))).to.deep.equal(new Uint8Array([0, 255, 7]));
    for (const type of [t.BIGINT, t.STRING, t.DOUBLE, t.array(t.INT), t.NULL]) expect(roundTrip(type, null)).to.equal(null);
  });
  it('tells -0 from 0 and one NaN from nothing else, as keys', () => {
    expect(bytesOf([t.DOUBLE], [-0])).to.not.deep.equal(bytesOf([t.DOUBLE], [0]));
    expect(bytesOf([t.DOUBLE], [NaN])).to.deep.equal(bytesOf([t.DOUBLE], [new Float64Array(new BigUint64Array([0xfff8000000000001n]).buffer)[0]]));
    expect(bytesOf([t.BIGINT], [-0])).to.deep.equal(bytesOf([t.BIGINT], [0]));
  });
  it('keeps nested values', () => {
    const type = t.row([{ name: '__proto__', type: t.array(t.STRING) }, { name: 'm', type: t.map(t.STRING, t.array(t.BIGINT)) }]);
    const value = [['a', null, 'ж'], new Map([['k', [1, null, 9007199254740993n]], ['a', null]])];
    const back = roundTrip(type, value) as unknown[];
    expect(back[0]).to.deep.equal(value[0]);
    expect([...(back[1] as Map<string, unknown>)].sort()).to.deep.equal([...(value[1] as Map<string, unknown>)].sort());
    expect(roundTrip(t.RAW, { any: new Map([[1n, 'x']]) })).to.deep.equal({ any: new Map([[1n, 'x']]) });
  });
  it('writes equal maps alike whatever their order', () => {
    const type = t.map(t.STRING, t.INT);
    expect(bytesOf([type], [new Map([['a', 1], ['b', 2]])])).to.deep.equal(bytesOf([type], [new Map([['b', 2], ['a', 1]])]));
  });

  it('is canonical and prefix-free on random rows of random types', () => {
    const random = new Random(7);
    for (let round = 0; round < 300; round++) {
      const types = random.types(1 + random.below(12));
      const rows = Array.from({ length: 20 }, () => types.map((type) => random.value(type)));
      const encoded = rows.map((row) => bytesOf(types, row));
      rows.forEach((row, i) => {
        const into: unknown[] = [];
        expect(compileRowCodec(types).decode(encoded[i]!, 0, into), `seed 7 round ${round}`).to.equal(encoded[i]!.length);
        expect(into).to.deep.equal(row);
        expect(bytesOf(types, into)).to.deep.equal(encoded[i]);
        encoded.forEach((other) => { if (other.length > encoded[i]!.length) expect(other.subarray(0, encoded[i]!.length).equals(encoded[i]!)).to.equal(false); });
      });
    }
  });
});

describe('partitioning', () => {
  it('tells apart every length and every flipped bit', () => {
    const seen = new Set<number>();
    for (let length = 0; length < 64; length++) seen.add(hashBytes(new Uint8Array(length), 0, length, 1, 2));
    expect(seen.size).to.equal(64);
    const base = Uint8Array.from({ length: 11 }, (_, i) => i);
    for (let bit = 0; bit < 88; bit++) { const b = base.slice(); b[bit >> 3]! ^= 1 << (bit & 7); seen.add(hashBytes(b, 0, 11, 1, 2)); }
    expect(seen.size).to.equal(64 + 88);
  });
  it('never changes: these hashes are part of the state format', () => {
    const hash = compilePartitioner([t.STRING, t.BIGINT], [1, 0]);
    expect(hash([['a', 'user', null], [1, 9007199254740993n, null]], 0)).to.equal(FROZEN[0]);
    expect(hash([['a', 'user', null], [1, 9007199254740993n, null]], 1)).to.equal(FROZEN[1]);
    expect(hash([['a', 'user', null], [1, 9007199254740993n, null]], 2)).to.equal(FROZEN[2]);
  });
  it('depends on the key alone and spreads evenly', () => {
    const hash = compilePartitioner([t.BIGINT, t.STRING], [0]);
    expect(hash([[5], ['x']], 0)).to.equal(compilePartitioner([t.STRING, t.INT], [1])([['y'], [5]], 0));
    const buckets = new Array<number>(7).fill(0);
    for (let i = 0; i < 7000; i++) buckets[hash([[i * 1000], ['']], 0) % 7]!++;
    for (const count of buckets) expect(count).to.be.within(850, 1150);
  });
  it('sends everything to 0 without a key', () => expect(compilePartitioner([t.INT], [])([[4]], 0)).to.equal(0));
});
const FROZEN = [2302394847, 4081965430, 1872353857];

describe('batch codec', () => {
  it('carries kinds, values and selections', () => {
    const codec = compileBatchCodec([t.BIGINT, t.STRING]);
    const batch = new ChangeBatch([[1, 2, null], ['a', null, 'ж']]);
    batch.size = 3;
    expect(codec.decode(codec.encode(batch))).to.deep.include({ size: 3, kinds: null });
    batch.kinds = new Uint8Array([0, 3, 2]);
    const back = codec.decode(codec.encode(batch, [2, 1]));
    expect(back.size).to.equal(2);
    expect([back.kindAt(0), back.kindAt(1)]).to.deep.equal([2, 3]);
    expect(back.columns.map((c) => c.slice(0, 2))).to.deep.equal([[null, 2], ['ж', null]]);
    expect(codec.decode(codec.encode(batch, [0])).kinds).to.equal(null);
  });
});
