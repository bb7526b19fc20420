/** Poison of every kind in messages of every format, records as bytes, and what is seen of bad records. */
import { KafkaClient, RecordCursor, decodeHeaders } from '../../runtime/connectors/kafka/client/index.ts';
import type { Compression } from '../../runtime/connectors/kafka/client/types.ts';
import { handler } from '../kafka/support.ts';
import type { Bench, Bytes } from './support.ts';

/** Verdict: refused, no row and no complaint, or read as a row. */
export type Verdict = 'bad' | 'none' | 'row';
export interface FormatCase {
  readonly format: string;
  readonly columns: string;
  readonly options?: Readonly<Record<string, string>>;
  /** A message that gives one row with this number in its first column. */
  readonly good: (n: number) => string | Buffer;
  readonly pills: readonly (readonly [name: string, bytes: Buffer, verdict: Verdict])[];
}
const bytes = (...parts: readonly (string | readonly number[])[]): Buffer => Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p) : Buffer.from(p))));
const BOM = [0xef, 0xbb, 0xbf], CUT_UTF8 = [0xe2, 0x82], SURROGATE = [0xed, 0xa0, 0x80];
/** `text(s)` is the message around a string of bytes; `head` what a message begins with. */
const jsonPills = (around: (inside: Buffer) => Buffer): FormatCase['pills'] => [
  ['not JSON', bytes('oops'), 'bad'], ['empty', bytes(''), 'none'], ['blank', bytes(' \n'), 'none'], ['text', bytes('"text"'), 'bad'], ['array', bytes('[1]'), 'bad'], ['number', bytes('17'), 'bad'],
  ['cut UTF-8', around(bytes(CUT_UTF8)), 'bad'], ['cut', around(bytes('x')).subarray(0, -3), 'bad'], ['NUL', bytes([0]), 'bad'], ['NUL inside', bytes('{"n":1', [0], '}'), 'bad'], ['BOM alone', bytes(BOM), 'none'],
  ['BOM', bytes(BOM, around(bytes('x')).toString('latin1')), 'row'], ['surrogate bytes', around(bytes(SURROGATE)), 'bad'], ['surrogate escape', around(bytes('\\ud800')), 'row'], ['deep', bytes('['.repeat(2000), ']'.repeat(2000)), 'bad'],
];
const row = (n: number, s: Buffer): Buffer => Buffer.concat([Buffer.from(`{"n":${n},"s":"`), s, Buffer.from('"}')]);
const wrapped = (head: string, tail: string) => (s: Buffer): Buffer => Buffer.concat([Buffer.from(head), row(7, s), Buffer.from(tail)]);
const changeFormat = (format: string, head: string, tail: string, more: FormatCase['pills'] = []): FormatCase => ({
  format, columns: 'n BIGINT, s STRING', good: (n) => `${head}{"n":${n},"s":"g"}${tail}`, pills: [...jsonPills(wrapped(head, tail)), ['no operation', bytes('{"other":1}'), 'bad'], ...more],
});
export const formatCases: readonly FormatCase[] = [
  // An array is one row per element in json, an element that is no object is refused.
  { format: 'json', columns: 'n BIGINT, s STRING', good: (n) => `{"n":${n},"s":"g"}`, pills: [...jsonPills((s) => row(7, s)), ['null', bytes('null'), 'none'], ['wrong type', bytes('{"n":"abc"}'), 'bad'], ['half an array', bytes('[{"n":7},{"n":'), 'bad']] },
  changeFormat('debezium-json', '{"before":null,"after":', ',"op":"c"}', [['unknown operation', bytes('{"op":"x"}'), 'bad'], ['null before', bytes('{"op":"d","before":null}'), 'bad']]),
  changeFormat('canal-json', '{"data":[', '],"type":"INSERT"}', [['DDL', bytes('{"isDdl":true,"type":"ALTER"}'), 'none'], ['half of two', bytes('{"data":[{"n":1},{"n":"x"}],"type":"INSERT"}'), 'bad']]),
  changeFormat('maxwell-json', '{"data":', ',"type":"insert"}'),
  changeFormat('ogg-json', '{"after":', ',"op_type":"I"}'),
  {
    format: 'csv', columns: 'n BIGINT, s STRING', good: (n) => `${n},g`,
    pills: [['too few', bytes('oops'), 'bad'], ['empty', bytes(''), 'none'], ['text', bytes('"text"'), 'bad'], ['array', bytes('[1]'), 'bad'], ['too many', bytes('1,2,3'), 'bad'], ['cut UTF-8', bytes('7,', CUT_UTF8), 'bad'], ['NUL', bytes([0]), 'bad'],
      ['NUL in a text', bytes('7,a', [0], 'b'), 'row'], ['BOM', bytes(BOM, '7,x'), 'row'], ['surrogate bytes', bytes('7,', SURROGATE), 'bad'], ['open quote', bytes('7,"x'), 'bad'], ['wrong type', bytes('x,y'), 'bad']],
  },
  {
    format: 'raw', columns: 'n BIGINT', good: (n) => { const b = Buffer.alloc(8); b.writeBigInt64BE(BigInt(n)); return b; },
    pills: [['too short', bytes('oops'), 'bad'], ['empty', bytes(''), 'bad'], ['NUL', bytes([0]), 'bad'], ['too long', bytes('nine bytes'), 'bad'], ['eight bytes', bytes('\x00\x00\x00\x00\x00\x00\x00\x07'), 'row']],
  },
];

export interface RawRecord { readonly partition: number; readonly offset: number; readonly timestampMs: number; readonly key: Buffer | null; readonly value: Buffer | null; readonly headers: readonly { readonly key: string; readonly value: string | null }[]; /** The header section without its count. */ readonly headerBytes: Buffer }
/** All records, copied. */
export async function rawRecords(client: KafkaClient, topic: string): Promise<RawRecord[]> {
  const [meta] = await client.describeTopics([topic]), ends = await client.listOffsets(meta!.partitions.map((p) => ({ topic, partition: p.partition })), 'latest');
  const out: RawRecord[] = [], cursor = new RecordCursor();
  let open = ends.length;
  await new Promise<void>((resolve, reject) => {
    const fetcher = client.fetcher<null>(handler((e) => { fetcher.close(); reject(e); }, {
      onRecords(partition, batch) {
        cursor.open(batch);
        while (cursor.next()) {
          const part = (from: number, to: number): Buffer | null => (from < 0 ? null : Buffer.from(cursor.bytes.subarray(from, to)));
          out.push({ partition: partition.partition, offset: cursor.offset, timestampMs: cursor.timestampMs, key: part(cursor.keyStart, cursor.keyEnd), value: part(cursor.valueStart, cursor.valueEnd), headers: decodeHeaders(cursor).map((h) => ({ key: h.key, value: h.value === null ? null : h.value.toString('utf8') })), headerBytes: Buffer.from(cursor.bytes.subarray(cursor.headersStart + 1, cursor.recordEnd)) });
        }
      },
      onReachedEnd() { if (--open === 0) { fetcher.close(); resolve(); } },
    }), {});
    for (const end of ends) fetcher.add(end, 0, null, end.offset);
  });
  return out.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}
export const lettersHeader = (record: RawRecord, name: string): string | null | undefined => record.headers.find((h) => h.key === `__rivulet.errors.${name}`)?.value;
/** One record batch of all records. */
export async function sendBatch(bench: Bench, base: string, records: readonly (readonly [key: Bytes, value: Bytes, headers?: Buffer | null, timestampMs?: number])[], compression: Compression = 'none'): Promise<void> {
  const producer = bench.kafka.producer({ lingerMs: 10_000, batchSizeBytes: 8 << 20, maxRequestBytes: 64 << 20, compression });
  await producer.init();
  try {
    const topic = await producer.topic(bench.name(base));
    for (const [k, v, headers, timestampMs] of records) {
      const key = typeof k === 'string' ? Buffer.from(k) : k, value = typeof v === 'string' ? Buffer.from(v) : v;
      producer.append(topic, 0, key, 0, key?.length ?? -1, value, 0, value?.length ?? -1, timestampMs ?? Date.now(), headers ?? null);
    }
    await producer.flush();
  } finally { await producer.close(); }
}
export interface Sample { readonly topic: string; readonly partition: number; readonly offset: number; readonly part: string; readonly field: string | null; readonly code: string; readonly message: string; readonly outcome: string; readonly key: string | null; readonly value: string | null; readonly nodeId: string }
export async function samplesOf(bench: Bench, job: string): Promise<Sample[]> { return ((await (await fetch(bench.server.url(`/api/v1/jobs/${job}/bad-records`))).json()) as { records: Sample[] }).records; }
/** Of the sources of a job. */
export async function countersOf(bench: Bench, job: string): Promise<Record<string, number>> {
  const { nodes } = await bench.job(job) as unknown as { nodes: { type: string; counters: Record<string, number> }[] };
  const out: Record<string, number> = {};
  for (const node of nodes) for (const [name, value] of Object.entries(node.counters)) out[name] = (out[name] ?? 0) + value;
  return out;
}
