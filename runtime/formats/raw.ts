/**
 * The raw format at run time: one column is the whole message, big-endian numbers by default. A null message is a row with NULL, a NULL
 * is written as a null message. Flink: RawFormatDeserializationSchema, RawFormatSerializationSchema.
 */
import type { Json } from '../../catalog/registry/connectors.ts';
import { badRecord } from '../../core/errors/format.ts';
import { asLong } from '../../core/types/long.ts';
import type { Column } from '../../core/row/batch.ts';
import { typeText, type Long, type SqlType } from '../../core/types/sql-type.ts';
import type { ByteSink, Decoder, FormatRuntime } from '../connectors/contract.ts';
import { appendUtf8 } from './byte-sink.ts';
import type { RawSettings } from './raw-descriptor.ts';

type Read = (b: Buffer, start: number, end: number) => unknown;
type Write = (value: unknown, out: ByteSink) => void;

/** Bytes of a number type. */
const WIDTHS: Readonly<Partial<Record<SqlType['kind'], number>>> = { BOOLEAN: 1, TINYINT: 1, SMALLINT: 2, INT: 4, BIGINT: 8, FLOAT: 4, DOUBLE: 8 };

function reader(type: SqlType, settings: RawSettings): Read {
  const width = WIDTHS[type.kind], little = settings.littleEndian;
  const fixed = (read: (b: Buffer, at: number) => unknown): Read => (b, start, end) => {
    if (end - start !== width) throw badRecord({ format: 'raw', rule: `the size of data received for deserializing ${typeText(type)} type is not ${width}, but ${end - start}` });
    return read(b, start);
  };
  switch (type.kind) {
    case 'CHAR': case 'VARCHAR': {
      if (settings.charset === 'utf-8') return (b, start, end) => b.toString('utf8', start, end);
      const decoder = new TextDecoder(settings.charset);
      return (b, start, end) => decoder.decode(b.subarray(start, end));
    }
    case 'BOOLEAN': return fixed((b, at) => b[at] !== 0);
    case 'TINYINT': return fixed((b, at) => b.readInt8(at));
    case 'SMALLINT': return fixed(little ? (b, at) => b.readInt16LE(at) : (b, at) => b.readInt16BE(at));
    case 'INT': return fixed(little ? (b, at) => b.readInt32LE(at) : (b, at) => b.readInt32BE(at));
    case 'BIGINT': return fixed(little ? (b, at) => asLong(b.readBigInt64LE(at)) : (b, at) => asLong(b.readBigInt64BE(at)));
    case 'FLOAT': return fixed(little ? (b, at) => b.readFloatLE(at) : (b, at) => b.readFloatBE(at));
    case 'DOUBLE': return fixed(little ? (b, at) => b.readDoubleLE(at) : (b, at) => b.readDoubleBE(at));
    default: return (b, start, end) => Uint8Array.prototype.slice.call(b, start, end);
  }
}
function writer(type: SqlType, settings: RawSettings): Write {
  const little = settings.littleEndian, width = WIDTHS[type.kind] ?? 0;
  const fixed = (write: (b: Buffer, value: never, at: number) => unknown): Write => (value, out) => {
    out.ensure(width);
    write(out.bytes, value as never, out.length);
    out.length += width;
  };
  switch (type.kind) {
    case 'CHAR': case 'VARCHAR':
      if (settings.charset === 'utf-8') return (value, out) => appendUtf8(out, value as string);
      return (value, out) => {
        const text = value as string, encoding = settings.charset === 'utf-16le' ? 'utf16le' : 'latin1';
        out.ensure(text.length * 2);
        out.length += out.bytes.write(text, out.length, encoding);
      };
    case 'BOOLEAN': return fixed((b, value, at) => b.writeInt8(value ? 1 : 0, at));
    case 'TINYINT': return fixed((b, value, at) => b.writeInt8(value, at));
    case 'SMALLINT': return fixed(little ? (b, value, at) => b.writeInt16LE(value, at) : (b, value, at) => b.writeInt16BE(value, at));
    case 'INT': return fixed(little ? (b, value, at) => b.writeInt32LE(value, at) : (b, value, at) => b.writeInt32BE(value, at));
    case 'BIGINT': return fixed(little ? (b, value, at) => b.writeBigInt64LE(BigInt(value as Long), at) : (b, value, at) => b.writeBigInt64BE(BigInt(value as Long), at));
    case 'FLOAT': return fixed(little ? (b, value, at) => b.writeFloatLE(value, at) : (b, value, at) => b.writeFloatBE(value, at));
    case 'DOUBLE': return fixed(little ? (b, value, at) => b.writeDoubleLE(value, at) : (b, value, at) => b.writeDoubleBE(value, at));
    default: return (value, out) => {
      const bytes = value as Uint8Array;
      out.ensure(bytes.length);
      out.bytes.set(bytes, out.length);
      out.length += bytes.length;
    };
  }
}

export const rawRuntime: FormatRuntime = {
  identifier: 'raw',
  decoder(settings: Json, wanted): Decoder {
    const [field] = wanted;
    const read = field === undefined ? undefined : reader(field.type, settings as unknown as RawSettings);
    return {
      decode(bytes, start, end, target, kinds, at) {
        if (field !== undefined && read !== undefined) (target.columns[field.slot] as Column)[at] = start < 0 ? null : read(bytes, start, end);
        kinds[at] = 0;
        return 1;
      },
    };
  },
  encoder(settings: Json, fields) {
    const field = fields[0] as (typeof fields)[number], write = writer(field.type, settings as unknown as RawSettings);
    return {
      encode(batch, row, out) {
        const value = (batch.columns[field.column] as Column)[row];
        if (value === null) return false;
        write(value, out);
        return true;
      },
    };
  },
};
