/**
 * Values of $1, $2 … as a client binds them, in text or binary format, turned into the representation of the type the planner gave the
 * parameter. Binary bytes are read by the OID the client declared (it knows what it sent), then brought to the target type: directly
 * when the types agree, by way of text otherwise. Errors as the `*in` and `*recv` functions of PostgreSQL give them.
 */
import { isUtf8 } from 'node:buffer';
import { featureNotSupported } from '../../core/errors/common.ts';
import { quoted } from '../../core/errors/define.ts';
import { invalidBinaryValue, invalidDatetimeValue, invalidEncoding, invalidTextValue, valueOutOfRange } from '../../core/errors/wire.ts';
import * as sql from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import { asLong, readDateTime, readTime, timestampOf, UTC } from '../values/datetime.ts';
import type { Zone } from '../values/datetime.ts';
import { fitDecimal, readDecimal } from '../values/decimal.ts';
import { FieldReader } from './message-reader.ts';
import { OID, pgTypeName, pgTypeOf, sqlTypeOfOid } from './types.ts';
import { textWriter } from './values.ts';
import type { FormatCode } from './values.ts';

/** `index` is 0-based; `declaredOid` 0 when the client left the type open. */
export function decodeParameter(index: number, bytes: Buffer | null, format: FormatCode, declaredOid: number, target: SqlType, zone: Zone): unknown {
  if (bytes === null) return null;
  if (format === 0) return readText(target, utf8(bytes), zone);
  const oid = declaredOid === 0 || declaredOid === OID.unknown ? pgTypeOf(target).oid : declaredOid;
  let read: { type: SqlType; value: unknown };
  try { read = readBinary(oid, new FieldReader(bytes), bytes.length); } catch (cause) {
    throw invalidBinaryValue({ parameter: index + 1, type: pgTypeName(target) }, { cause });
  }
  if (sql.typeText(read.type) === sql.typeText(target)) return read.value;
  return readText(target, textWriter(read.type, UTC)(read.value), UTC);
}

function utf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw invalidEncoding({});
  return bytes.toString('utf8');
}

/** A number of 1,000 digits is the longest text of a scalar that is looked at. */
const LONGEST_SCALAR = 1_100;

/** The value a text stands for. */
export function readText(type: SqlType, text: string, zone: Zone): unknown {
  const wrong = () => invalidTextValue({ type: pgTypeName(type), value: text });
  switch (type.kind) {
    case 'CHAR': case 'VARCHAR': return text;
    case 'BINARY': case 'VARBINARY': return readBytes(text);
    case 'ARRAY': return readArray(text, type).map((item) => (item === null ? null : readText(type.element, item, zone)));
    default: if (text.length > LONGEST_SCALAR) throw wrong(); // the patterns below are tried only on short texts
  }
  switch (type.kind) {
    case 'BOOLEAN': {
      if (/^\s*(t|tr|tru|true|y|ye|yes|on|1)\s*$/i.test(text)) return true;
      if (/^\s*(f|fa|fal|fals|false|n|no|of|off|0)\s*$/i.test(text)) return false;
      throw wrong();
    }
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return readInteger(type, INTEGER_BITS[type.kind], text);
    case 'FLOAT': case 'DOUBLE': {
      const value = readFloat(text);
      if (value === undefined) throw wrong();
      const fitted = type.kind === 'FLOAT' ? Math.fround(value) : value;
      if (!Number.isFinite(fitted) && /\d/.test(text)) throw valueOutOfRange({ type: pgTypeName(type), value: text });
      return fitted;
    }
    case 'DECIMAL': {
      const read = readDecimal(text);
      if (read === undefined) throw wrong();
      const value = fitDecimal(read, type.precision, type.scale);
      if (value === undefined) throw valueOutOfRange({ type: pgTypeName(type), value: text });
      return value;
    }
    case 'DATE': case 'TIME': case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return readMoment(type, text, zone);
    case 'INTERVAL_YEAR_MONTH': case 'INTERVAL_DAY_TIME': return readInterval(type, text);
    default: throw featureNotSupported({ feature: `a parameter of type ${sql.typeText(type)}`, instead: 'Pass its parts as parameters and build it in the statement.' });
  }
}

const INTEGER_BITS = { TINYINT: 8, SMALLINT: 16, INT: 32, BIGINT: 64 } as const;
function readInteger(type: SqlType, bits: number, text: string): sql.Long {
  if (!/^\s*[+-]?\d{1,1000}\s*$/.test(text)) throw invalidTextValue({ type: pgTypeName(type), value: text });
  const value = BigInt(text.trim().replace(/^\+/, ''));
  if (BigInt.asIntN(bits, value) !== value) throw valueOutOfRange({ type: pgTypeName(type), value: text });
  return asLong(value);
}
function readFloat(text: string): number | undefined {
  const trimmed = text.trim(), special = /^([+-]?)(inf(?:inity)?|nan)$/i.exec(trimmed);
  if (special !== null) return special[2]?.toLowerCase() === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : undefined;
}
/** bytea in hex (`\x00ff`) or escape format (`a\\b\001`). */
function readBytes(text: string): Uint8Array {
  const wrong = () => invalidTextValue({ type: 'bytea', value: text });
  if (text.startsWith('\\x')) {
    const hex = text.slice(2).replace(/\s/g, '');
    if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex)) throw wrong();
    return new Uint8Array(Buffer.from(hex, 'hex'));
  }
  const plain = Buffer.from(text, 'utf8'), out: number[] = [];
  for (let i = 0; i < plain.length; i++) {
    if (plain[i] !== 0x5c) { out.push(plain[i] as number); continue; }
    const octal = /^[0-3][0-7]{2}/.exec(plain.toString('latin1', i + 1, i + 4));
    if (plain[i + 1] === 0x5c) { out.push(0x5c); i++; } else if (octal !== null) { out.push(Number.parseInt(octal[0], 8)); i += 3; } else throw wrong();
  }
  return Uint8Array.from(out);
}
function readMoment(type: SqlType, text: string, zone: Zone): unknown {
  const wrong = () => invalidDatetimeValue({ type: pgTypeName(type), value: text });
  if (type.kind === 'TIME') {
    const ms = readTime(text);
    if (ms === undefined) throw wrong();
    return ms;
  }
  const read = readDateTime(text);
  if (read === undefined) throw wrong();
  if (type.kind === 'DATE') return read.days;
  if (type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ') throw wrong();
  if (type.kind === 'TIMESTAMP') return timestampOf(read, type.precision); // an offset is ignored, as PostgreSQL does
  const wall = read.days * 86_400 + read.secondOfDay;
  const offset = read.offsetSeconds ?? zone.offsetAt(wall - zone.offsetAt(wall));
  return timestampOf({ ...read, days: 0, secondOfDay: wall - offset }, type.precision);
}

const INTERVAL_UNITS: readonly (readonly [RegExp, 'month' | 'ms', number])[] = [
  [/^y(ea)?rs?$|^y$/, 'month', 12], [/^mon(th)?s?$/, 'month', 1], [/^w(eek)?s?$/, 'ms', 604_800_000], [/^d(ay)?s?$/, 'ms', 86_400_000], [/^h((ou)?rs?)?$/, 'ms', 3_600_000],
  [/^m(in(ute)?s?)?$/, 'ms', 60_000], [/^s(ec(ond)?s?)?$/, 'ms', 1000],
];
/** `1 year 2 mons`, `3 days 04:05:06.7`, `-02:00:00`; not ISO 8601. Months do not mix with days in Flink's two interval types. */
function readInterval(type: SqlType, text: string): number {
  const wrong = () => invalidDatetimeValue({ type: 'interval', value: text });
  let months = 0, ms = 0, isEmpty = true;
  const rest = text.toLowerCase().replace(/([+-]?)(\d+):(\d{2})(?::(\d{2}(?:\.\d+)?))?|([+-]?\d+(?:\.\d+)?)\s*([a-z]+)/g, (_all, sign, hour, minute, second, count, unit) => {
    isEmpty = false;
    if (count === undefined) { ms += (sign === '-' ? -1 : 1) * (Number(hour) * 3_600_000 + Number(minute) * 60_000 + Math.floor(Number(second ?? 0) * 1000)); return ''; }
    const found = INTERVAL_UNITS.find(([pattern]) => pattern.test(unit));
    if (found === undefined) throw wrong();
    if (found[1] === 'month') months += Math.trunc(Number(count) * found[2]); else ms += Math.trunc(Number(count) * found[2]);
    return '';
  });
  if (isEmpty || rest.trim() !== '') throw wrong();
  if (type.kind === 'INTERVAL_YEAR_MONTH' ? ms !== 0 : months !== 0) throw valueOutOfRange({ type: sql.typeText(type), value: text });
  return type.kind === 'INTERVAL_YEAR_MONTH' ? months : ms;
}

/** The elements of a one-dimensional array text (`{1,NULL,"a,b"}`); array_in. */
function readArray(text: string, type: SqlType): (string | null)[] {
  const wrong = () => invalidTextValue({ type: sql.typeText(type), value: text });
  const body = /^\s*\{([\s\S]*)\}\s*$/.exec(text)?.[1];
  if (body === undefined) throw wrong();
  if (body.trim() === '') return [];
  const items: (string | null)[] = [];
  for (let at = 0; at <= body.length; at++) { // at the start of an element; a comma is passed by the loop's step
    let text = '', isQuoted = false, isOpen = false;
    for (; at < body.length && (isOpen || body[at] !== ','); at++) {
      const c = body[at] as string;
      if (c === '\\') { if (++at === body.length) throw wrong(); text += body[at]; isQuoted ||= !isOpen; }
      else if (c === '"') { if (!isOpen && text.trim() !== '') throw wrong(); if (!isOpen) text = ''; isOpen = !isOpen; isQuoted = true; }
      else if (!isOpen && (c === '{' || c === '}')) throw wrong();
      else if (isOpen || !isQuoted) text += c;
      else if (c.trim() !== '') throw wrong();
    }
    if (isOpen || (!isQuoted && text.trim() === '')) throw wrong();
    items.push(isQuoted ? text : /^\s*null\s*$/i.test(text) ? null : text.trim());
  }
  return items;
}

const DAYS_1970_TO_2000 = 10_957;
/** Reads the binary form of a type by its OID; what is left over or missing throws. */
function readBinary(oid: number, reader: FieldReader, length: number): { type: SqlType; value: unknown } {
  const type = sqlTypeOfOid(oid);
  if (type === undefined) throw featureNotSupported({ feature: `a binary parameter of type ${oid}` });
  let read: { type: SqlType; value: unknown };
  switch (oid) {
    case OID.bool: read = { type, value: reader.byte() !== 0 }; break;
    case OID.int2: read = { type, value: (reader.uint16() << 16) >> 16 }; break;
    case OID.int4: read = { type, value: reader.int32() }; break;
    case OID.oid: read = { type, value: reader.uint32() }; break;
    case OID.int8: read = { type, value: asLong(reader.bytes(8).readBigInt64BE()) }; break;
    case OID.float4: read = { type, value: reader.bytes(4).readFloatBE() }; break;
    case OID.float8: read = { type, value: reader.bytes(8).readDoubleBE() }; break;
    case OID.numeric: read = readNumeric(reader); break;
    case OID.bytea: read = { type, value: Uint8Array.from(reader.bytes(length)) }; break;
    case OID.date: read = { type, value: reader.int32() + DAYS_1970_TO_2000 }; break;
    case OID.time: read = { type, value: Number(reader.bytes(8).readBigInt64BE() / 1000n) }; break;
    case OID.timestamp: case OID.timestamptz: read = { type, value: asLong(reader.bytes(8).readBigInt64BE() + BigInt(DAYS_1970_TO_2000) * 86_400_000_000n) }; break;
    case OID.interval: {
      const ms = Number(reader.bytes(8).readBigInt64BE() / 1000n), days = reader.int32(), months = reader.int32();
      read = months === 0 ? { type, value: ms + days * 86_400_000 } : { type: sql.INTERVAL_YEAR_MONTH, value: months };
      break;
    }
    case OID.uuid: read = { type, value: reader.bytes(16).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') }; break;
    case OID.jsonb: reader.byte(); read = { type, value: utf8(reader.bytes(length - 1)) }; break;
    default: read = type.kind === 'ARRAY' ? readBinaryArray(type.element, reader) : { type, value: utf8(reader.bytes(length)) };
  }
  reader.finish();
  return read;
}

/** numeric_recv: DECIMAL with the scale that was sent. */
function readNumeric(reader: FieldReader): { type: SqlType; value: sql.Long } {
  const count = reader.uint16(), weight = (reader.uint16() << 16) >> 16, sign = reader.uint16(), scale = reader.uint16();
  if (sign !== 0 && sign !== 0x4000) throw valueOutOfRange({ type: 'numeric', value: sign === 0xc000 ? 'NaN' : 'Infinity' });
  if (count > 100 || Math.abs(weight) > 100) throw valueOutOfRange({ type: 'numeric', value: `${count} digits` });
  let text = sign === 0 ? '' : '-';
  for (let i = 0; i < count; i++) text += String(reader.uint16()).padStart(4, '0');
  const fitted = fitDecimal(readDecimal(`${text === '' || text === '-' ? '0' : text}e${(weight + 1 - count) * 4}`) ?? { unscaled: 0n, scale: 0 }, 38, Math.min(scale, 38));
  if (fitted === undefined) throw valueOutOfRange({ type: 'numeric', value: text });
  return { type: sql.decimal(38, Math.min(scale, 38)), value: fitted };
}

function readBinaryArray(element: SqlType, reader: FieldReader): { type: SqlType; value: unknown[] } {
  const type = sql.array(element);
  const dimensions = reader.int32();
  reader.int32(); // whether it holds a NULL
  const elementOid = reader.uint32();
  if (dimensions === 0) return { type, value: [] };
  if (dimensions !== 1) throw featureNotSupported({ feature: `an array of ${quoted(String(dimensions))} dimensions` });
  const count = reader.int32();
  reader.int32(); // lower bound
  if (count < 0 || count > reader.left / 4) throw invalidTextValue({ type: 'array', value: `${count} elements` });
  const value = Array.from({ length: count }, () => {
    const length = reader.int32();
    if (length === -1) return null;
    const read = readBinary(elementOid, new FieldReader(reader.bytes(length)), length);
    return sql.typeText(read.type) === sql.typeText(element) ? read.value : readText(element, textWriter(read.type, UTC)(read.value), UTC);
  });
  return { type, value };
}
