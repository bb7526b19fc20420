/** DTS's Avro records, read back by a reader that knows Avro's specification and the schema, and nothing of the writer. */
import { expect } from 'chai';
import { dtsFormat, writeDtsStatement } from '../../runtime/connectors/kafka/pipeline/dts-record.ts';
import { DTS_SCHEMA } from '../../runtime/formats/avro/dts-schema.ts';
import { writeAvroLong } from '../../runtime/formats/avro/binary.ts';
import { GrowingBuffer } from '../../runtime/formats/byte-sink.ts';
import { batch, table } from './support.ts';
import type { TableVersion } from '../../catalog/objects/pipeline-table.ts';

type Schema = string | readonly Schema[] | { readonly type: Schema; readonly name?: string; readonly namespace?: string; readonly fields?: readonly { readonly name: string; readonly type: Schema }[]; readonly items?: Schema; readonly values?: Schema; readonly symbols?: readonly string[] };
class AvroReader {
  private at = 0;
  private readonly bytes: Buffer;
  private readonly named = new Map<string, Schema>();
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    const register = (s: Schema): void => {
      if (typeof s === 'string') return;
      if (Array.isArray(s)) { s.forEach(register); return; }
      const own = s as Exclude<Schema, string | readonly Schema[]>;
      if (own.name !== undefined) this.named.set(`${own.namespace}.${own.name}`, own);
      for (const f of own.fields ?? []) register(f.type);
      if (own.items !== undefined) register(own.items);
      if (typeof own.type === 'object') register(own.type);
    };
    (DTS_SCHEMA as readonly Schema[]).forEach(register);
  }
  long(): bigint {
    let z = 0n, shift = 0n, b: number;
    do { b = this.bytes[this.at++]!; z |= BigInt(b & 127) << shift; shift += 7n; } while (b > 127);
    return z >> 1n ^ -(z & 1n);
  }
  private take(): Buffer { const n = Number(this.long()); this.at += n; return this.bytes.subarray(this.at - n, this.at); }
  read(s: Schema): unknown {
    if (Array.isArray(s)) { const branch = (s as readonly Schema[])[Number(this.long())]!, value = this.read(branch); return typeof branch === 'string' && branch.includes('.') ? { [branch.split('.').at(-1)!]: value } : value; }
    switch (s) {
      case 'null': return null;
      case 'int': case 'long': return Number(this.long());
      case 'double': this.at += 8; return this.bytes.readDoubleLE(this.at - 8);
      case 'string': return this.take().toString('utf8');
      case 'bytes': return this.take().toString('utf8');
    }
    if (typeof s === 'string') return this.read(this.named.get(s)!);
    const own = s as Exclude<Schema, string | readonly Schema[]>, blocks = (each: () => void): void => { for (let n = Number(this.long()); n !== 0; n = Number(this.long())) for (let i = 0; i < n; i++) each(); };
    switch (own.type) {
      case 'record': return Object.fromEntries(own.fields!.map((f) => [f.name, this.read(f.type)]));
      case 'enum': return own.symbols![Number(this.long())];
      case 'array': { const out: unknown[] = []; blocks(() => out.push(this.read(own.items!))); return out; }
      case 'map': { const out: Record<string, unknown> = {}; blocks(() => { const key = this.read('string') as string; out[key] = this.read(own.values!); }); return out; }
      default: return this.read(own.type);
    }
  }
  get isAtEnd(): boolean { return this.at === this.bytes.length; }
}
const FACTS = ['op_ts', 'binlog_file', 'binlog_pos', 'gtid', 'is_snapshot'];
interface Decoded { readonly operation: string; readonly fields: { name: string; dataTypeNumber: number }[]; readonly beforeImages: unknown[] | null; readonly afterImages: unknown[] | null; readonly [key: string]: unknown }
function decoded(bytes: Buffer): Decoded {
  const reader = new AvroReader(bytes), record = reader.read(DTS_SCHEMA.at(-1) as Schema) as Decoded;
  expect(reader.isAtEnd).to.equal(true);
  return record;
}
function messages(t: TableVersion, rows: readonly (readonly unknown[])[]): Decoded[] {
  const format = dtsFormat(t, FACTS), b = batch(t, ...rows), out: Decoded[] = [];
  for (let row = 0; row < b.size; row++) {
    if (b.kindAt(row) === 1) { format.before(b, row); continue; }
    const buffer = new GrowingBuffer(16);
    format.write(b, row, b.kindAt(row), buffer);
    out.push(decoded(buffer.bytes.subarray(0, buffer.length)));
  }
  return out;
}

describe('DTS records', () => {
  it('operations, images, place and names', () => {
    const t = table('shop.t', 'id BIGINT NOT NULL, name STRING', 'id'), facts = [1_700_000_000_123, 'bin.000007', 4567, 'u:9', false];
    const [init, insert, update, remove] = messages(t, [['+I', 1, 'ä', 0, null, null, null, true], ['+I', 9007199254740993n, null, ...facts], ['-U', 1, 'ä', ...facts], ['+U', 1, 'b', ...facts], ['-D', 1, 'b', ...facts]]);
    expect(init).to.include({ operation: 'INIT', objectName: 'shop.t', sourceTimestamp: 0, sourcePosition: '', bornTimestamp: 0, processTimestamps: null, beforeImages: null });
    expect(init?.['source']).to.deep.equal({ sourceType: 'MySQL', version: '' });
    expect(init?.['tags']).to.deep.equal({ pk_uk_info: '{"PRIMARY":["id"]}' });
    expect(init?.fields).to.deep.equal([{ name: 'id', dataTypeNumber: 8 }, { name: 'name', dataTypeNumber: 253 }]);
    expect(init?.afterImages).to.deep.equal([{ Integer: { precision: 8, value: '1' } }, { Character: { charset: 'utf8mb4', value: 'ä' } }]);
    expect(insert).to.include({ operation: 'INSERT', sourceTimestamp: 1_700_000_000, sourcePosition: '4567@bin.000007', safeSourcePosition: '4567@bin.000007', sourceTxid: 'u:9', bornTimestamp: 1_700_000_000_123 });
    expect(insert?.afterImages).to.deep.equal([{ Integer: { precision: 8, value: '9007199254740993' } }, null]);
    expect(update?.operation).to.equal('UPDATE');
    expect([update?.beforeImages?.[1], update?.afterImages?.[1]]).to.deep.equal([{ Character: { charset: 'utf8mb4', value: 'ä' } }, { Character: { charset: 'utf8mb4', value: 'b' } }]);
    expect(remove).to.include({ operation: 'DELETE', afterImages: null });
    expect(remove?.beforeImages?.length).to.equal(2);
    expect(Number(insert?.['id'])).to.equal(Number(init?.['id']) + 1);
  });
  it('images of every type', () => {
    const bare = table('s.t', 'a BOOLEAN, b DECIMAL(20, 0), c DECIMAL(10, 2), d DOUBLE, e DATE, f TIME(3), g TIMESTAMP(6), h TIMESTAMP_LTZ(3), i BYTES, j STRING, k INT, l ARRAY<FLOAT>, m TIMESTAMP(3)');
    const native = ['tinyint(1)', 'bigint unsigned', 'decimal(10,2)', 'double', 'date', 'time(3)', 'datetime(6)', 'timestamp(3)', 'blob', 'json', 'year', 'vector(2)', 'datetime(3)'], t: TableVersion = { ...bare, columns: bare.columns.map((c, i) => ({ ...c, nativeType: native[i]! })) };
    const [record] = messages(t, [['+I', true, 18446744073709551615n, -5, 0.5, 19_000, 45_296_789, 1_700_000_000_123_456, -1, Buffer.from('xy'), '{"a":1}', 2024, [1, 2], -1, 0, null, null, null, true]]);
    const at = (year: number | null, month: number | null, day: number | null, hour: number | null, minute: number | null, second: number | null, millis: number | null): unknown => ({ DateTime: { year, month, day, hour, minute, second, millis } });
    expect(record?.afterImages).to.deep.equal([
      { Integer: { precision: 1, value: '1' } }, { Integer: { precision: 8, value: '18446744073709551615' } }, { Decimal: { value: '-0.05', precision: 10, scale: 2 } }, { Float: { value: 0.5, precision: 8, scale: 0 } }, at(2022, 1, 8, null, null, null, null),
      at(null, null, null, 12, 34, 56, 789_000), at(2023, 11, 14, 22, 13, 20, 123_456), { Timestamp: { timestamp: -1, millis: 999_000 } }, { BinaryObject: { type: 'blob', value: 'xy' } }, { TextObject: { type: 'json', value: '{"a":1}' } },
      at(2024, null, null, null, null, null, null), { TextObject: { type: 'ARRAY<FLOAT>', value: '[1.0, 2.0]' } }, at(1969, 12, 31, 23, 59, 59, 999_000),
    ]);
    expect(record?.fields.map((f) => f.dataTypeNumber)).to.deep.equal([1, 8, 246, 5, 10, 11, 12, 7, 252, 245, 13, 253, 12]);
  });
  it("MySQL's TIME, a text in pipelines, keeps its microseconds; a negative one is a text", () => {
    const bare = table('s.t', 'a STRING'), t: TableVersion = { ...bare, columns: bare.columns.map((c) => ({ ...c, nativeType: 'time(6)' })) };
    const [day, long, negative] = messages(t, ['12:34:56.123456', '838:59:59', '-00:30:00'].map((text) => ['+I', text, 0, null, null, null, true]));
    const at = (hour: number, minute: number, second: number, millis: number): unknown => ({ DateTime: { year: null, month: null, day: null, hour, minute, second, millis } });
    expect([day, long, negative].map((r) => r?.afterImages)).to.deep.equal([[at(12, 34, 56, 123_456)], [at(838, 59, 59, 0)], [{ Character: { charset: 'utf8mb4', value: '-00:30:00' } }]]);
    expect(day?.fields.map((f) => f.dataTypeNumber)).to.deep.equal([11]);
  });
  it('long texts, empty tables, an update whose row before is not known', () => {
    const t = table('s.t', 'a STRING'), long = 'x'.repeat(100_000);
    expect(messages(t, [['+I', long, 0, null, null, null, false]])[0]?.afterImages).to.deep.equal([{ Character: { charset: 'utf8mb4', value: long } }]);
    expect(messages(t, [['+U', 'a', 0, null, null, null, false]])[0]).to.include({ operation: 'UPDATE', beforeImages: null });
  });
  it('statements', () => {
    const out = new GrowingBuffer(16);
    writeDtsStatement({ schema: 'shop', table: 't' }, 'ALTER TABLE t ADD x int', 1_700_000_000_123, out);
    expect(decoded(out.bytes.subarray(0, out.length))).to.include({ operation: 'DDL', objectName: 'shop.t', fields: null, beforeImages: null, afterImages: 'ALTER TABLE t ADD x int', sourceTimestamp: 1_700_000_000, bornTimestamp: 1_700_000_000_123 });
  });
  it('longs as Avro writes them', () => {
    for (const value of [0, -1, 1, 63, 64, -64, -65, 2 ** 30, -(2 ** 30), 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2n ** 63n - 1n, -(2n ** 63n)]) {
      const out = new GrowingBuffer(16);
      writeAvroLong(out, value);
      expect(new AvroReader(out.bytes.subarray(0, out.length)).long(), String(value)).to.equal(BigInt(value));
    }
  });
});
