/** Decodes and encodes single messages for the tests of formats. */
import { ChangeBatch, KIND_TEXT } from '../../core/row/batch.ts';
import { RivuletError } from '../../core/errors/define.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Decoder } from '../../runtime/connectors/contract.ts';
import { GrowingBuffer } from '../../runtime/formats/byte-sink.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { formatRuntime } from '../../runtime/formats/runtimes.ts';

export type Columns = Readonly<Record<string, SqlType>>;
export type Options = Readonly<Record<string, string>>;
const listed = (columns: Columns): { name: string; type: SqlType }[] => Object.keys(columns).map((name) => ({ name, type: columns[name] as SqlType }));

export interface DecodeTester {
  /** Rows of a message as `[kind, ...values]`; the message lies between other bytes, as in a record batch. */
  rows(message: string | Uint8Array | null): unknown[][];
  /** The error a message causes. */
  error(message: string | Uint8Array): RivuletError;
}
/** `metadata`: format metadata keys with their types, read into further columns. */
export function decodeTester(format: string, columns: Columns, options: Options = {}, metadata: Columns = {}): DecodeTester {
  const all = listed(columns), descriptor = formatRegistry.get(format);
  if (descriptor === undefined) throw new RangeError(`no format ${format}`);
  const settings = JSON.parse(JSON.stringify(descriptor.describe(new Map(Object.entries(options)), all, 'value', 'decode')));
  const wanted = [...all.map((f, slot) => ({ ...f, slot })), ...listed(metadata).map((m, i) => ({ name: '', type: m.type, slot: all.length + i, metadata: m.name }))];
  const decoder: Decoder = formatRuntime(format).decoder(settings, wanted, all);
  const decode = (message: string | Uint8Array | null): unknown[][] => {
    const target = ChangeBatch.withWidth(wanted.length), kinds = new Uint8Array(8192).fill(9);
    if (message === null) return take(decoder.decode(Buffer.alloc(0), -1, -1, target, kinds, 2));
    const bytes = Buffer.concat([Buffer.from('"}7,'), Buffer.from(message as string), Buffer.from('9"}1,"a":5}]')]);
    return take(decoder.decode(bytes, 4, bytes.length - 12, target, kinds, 2));
    function take(count: number): unknown[][] { return Array.from({ length: count }, (_, i) => [KIND_TEXT[kinds[2 + i] as 0], ...target.columns.map((c) => c[2 + i])]); }
  };
  return {
    rows: decode,
    error(message) {
      try { decode(message); } catch (error) { if (error instanceof RivuletError) return error; throw error; }
      throw new RangeError('the message was read without an error');
    },
  };
}
/** The values of one row of one message that was read three times: exactly, by any order, and by a learned shape. */
export function decodeOne(columns: Columns, message: string | Uint8Array, options: Options = {}): unknown[] {
  const tester = decodeTester('json', columns, options);
  const [first, second, third] = [tester.rows(message), tester.rows(message), tester.rows(message)];
  if (JSON.stringify(second, plain) !== JSON.stringify(first, plain) || JSON.stringify(third, plain) !== JSON.stringify(first, plain)) throw new RangeError(`readings differ for ${String(message)}`);
  return (first?.[0] ?? []).slice(1);
}
/** JSON.stringify replacer that tells bigints, maps and bytes apart. */
export function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Map) return { map: [...value] };
  if (value instanceof Uint8Array) return { bytes: [...value] };
  return Object.is(value, -0) ? '-0' : typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
/** Text of one row as a message; null for no message. `capacity` small: the buffer must grow. */
export function encodeOne(format: string, columns: Columns, values: readonly unknown[], options: Options = {}, kind = 0): string | null {
  const bytes = encodeBytes(format, columns, values, options, kind);
  return bytes === null ? null : bytes.toString('utf8');
}
export function encodeBytes(format: string, columns: Columns, values: readonly unknown[], options: Options = {}, kind = 0): Buffer | null {
  const fields = listed(columns).map((f, column) => ({ ...f, column }));
  const settings = JSON.parse(JSON.stringify(formatRegistry.get(format)?.describe(new Map(Object.entries(options)), fields, 'value', 'encode')));
  const encoder = formatRuntime(format).encoder(settings, fields);
  const batch = new ChangeBatch(values.map((v) => ['before', v])), out = new GrowingBuffer(1);
  batch.size = 2;
  batch.kinds = Uint8Array.of(0, kind);
  return encoder.encode(batch, 1, out) ? Buffer.from(out.bytes.subarray(0, out.length)) : null;
}
