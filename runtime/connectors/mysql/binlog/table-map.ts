/**
 * TABLE_MAP events: which table the rows behind it belong to and how their columns are stored. With `binlog_row_metadata=FULL` they
 * tell names, signedness, character sets and keys too, and the table as of that place of the log is made from them.
 * Format: `Table_map_event` of MySQL's rows_event.h; MariaDB writes the same.
 */
import type { MySqlColumn, MySqlTable, ServerFacts, TableMap } from '../contract.ts';
import { lenenc, lenencAt } from './lenenc.ts';
import * as T from './column-codes.ts';

export type Charsets = ReadonlyMap<number, { readonly charset: string; readonly collation: string }>;
/** MariaDB counts geometries among the columns with a character set. */
export interface TableMapFacts { readonly flavor: ServerFacts['flavor']; readonly charsets: Charsets }
/** Types of the optional metadata fields. */
const SIGNEDNESS = 1, DEFAULT_CHARSET = 2, COLUMN_CHARSET = 3, COLUMN_NAME = 4, SET_VALUES = 5, ENUM_VALUES = 6, GEOMETRY_TYPE = 7, SIMPLE_KEY = 8, PREFIX_KEY = 9, ENUM_SET_DEFAULT_CHARSET = 10, ENUM_SET_CHARSET = 11;

/** Database and table of an event whose body begins at `at`, behind the table id and flags. */
export function tableNames(b: Buffer, at: number): { database: string; table: string; behind: number } {
  const databaseEnd = at + 1 + b[at]!, tableAt = databaseEnd + 1, tableEnd = tableAt + 1 + b[tableAt]!;
  return { database: b.toString('utf8', at + 1, databaseEnd), table: b.toString('utf8', tableAt + 1, tableEnd), behind: tableEnd + 1 };
}
/** Throws RangeError where the event is cut short. */
export function parseTableMap(b: Buffer, at: number, end: number, { flavor, charsets }: TableMapFacts): TableMap {
  const { database, table, behind } = tableNames(b, at), count = lenenc(b, behind);
  at = lenencAt;
  if (count > 4096 || at + count > end) throw new RangeError(`${count} columns`);
  const types = Array.from(b.subarray(at, at + count));
  at += count;
  const metaLength = lenenc(b, at);
  at = lenencAt;
  const metadata = readMetadata(b, at, types);
  at += metaLength;
  const nullBits = at;
  at += count + 7 >> 3;
  if (at > end) throw new RangeError('the table map is cut short');
  const nullable = types.map((_, i) => (b[nullBits + (i >> 3)]! & 1 << (i & 7)) !== 0);
  return { database, table, types, metadata, full: readFull(b, at, end, { database, table, types, metadata, nullable, flavor }, charsets) };
}
function readMetadata(b: Buffer, at: number, types: readonly number[]): number[] {
  return types.map((type) => {
    switch (type) {
      case T.FLOAT: case T.DOUBLE: case T.JSON: case T.BLOB: case T.GEOMETRY: case T.VECTOR: case T.TIMESTAMP2: case T.DATETIME2: case T.TIME2: case T.TINY_BLOB: case T.MEDIUM_BLOB: case T.LONG_BLOB: return b.readUInt8(at++);
      case T.VARCHAR: case T.BIT: at += 2; return b.readUInt16LE(at - 2);
      // The first byte is the real type or the precision.
      case T.STRING: case T.NEWDECIMAL: case T.ENUM: case T.SET: case T.VAR_STRING: at += 2; return b.readUInt16BE(at - 2);
      default: return 0;
    }
  });
}

interface Bare { readonly database: string; readonly table: string; readonly types: readonly number[]; readonly metadata: readonly number[]; readonly nullable: readonly boolean[]; readonly flavor: ServerFacts['flavor'] }
function readFull(b: Buffer, at: number, end: number, map: Bare, charsets: Charsets): MySqlTable | undefined {
  const { types, metadata } = map, real = types.map((type, i) => T.realType(type, metadata[i]!));
  const found: { names?: string[]; unsigned?: boolean[]; collations: Map<number, number>; values: Map<number, string[]>; geometry: number[]; key: number[] } = { collations: new Map(), values: new Map(), geometry: [], key: [] };
  const texts = indexes(real, (type) => type === T.VARCHAR || type === T.STRING || type === T.BLOB || type === T.GEOMETRY && map.flavor === 'mariadb'), enums = indexes(real, (type) => type === T.ENUM), sets = indexes(real, (type) => type === T.SET);
  const choices = indexes(real, (type) => type === T.ENUM || type === T.SET);
  const raw: { column: number; values: Buffer[] }[] = [];
  while (at < end) {
    const field = b[at]!, length = lenenc(b, at + 1), start = lenencAt, stop = start + length;
    if (stop > end) throw new RangeError('the table map is cut short');
    switch (field) {
      case SIGNEDNESS: { let bit = 0; found.unsigned = types.map((type) => T.isNumeric(type) && (b[start + (bit >> 3)]! & 0x80 >> (bit++ & 7)) !== 0); break; }
      case DEFAULT_CHARSET: defaultCharsets(b, start, stop, texts, found.collations); break;
      case ENUM_SET_DEFAULT_CHARSET: defaultCharsets(b, start, stop, choices, found.collations); break;
      case COLUMN_CHARSET: { let p = start; for (const column of texts) { found.collations.set(column, lenenc(b, p)); p = lenencAt; } break; }
      case ENUM_SET_CHARSET: { let p = start; for (const column of choices) { found.collations.set(column, lenenc(b, p)); p = lenencAt; } break; }
      case COLUMN_NAME: { found.names = []; for (let p = start; p < stop;) { const n = lenenc(b, p); p = lenencAt; found.names.push(b.toString('utf8', p, p + n)); p += n; } break; }
      case ENUM_VALUES: readValues(b, start, stop, enums, raw); break;
      case SET_VALUES: readValues(b, start, stop, sets, raw); break;
      case GEOMETRY_TYPE: for (let p = start; p < stop; p = lenencAt) found.geometry.push(lenenc(b, p)); break;
      case SIMPLE_KEY: for (let p = start; p < stop; p = lenencAt) found.key.push(lenenc(b, p)); break;
      case PREFIX_KEY: for (let p = start; p < stop; p = lenencAt) { found.key.push(lenenc(b, p)); lenenc(b, lenencAt); } break;
      default: break;
    }
    at = stop;
  }
  const { names } = found;
  if (names === undefined || names.length !== types.length) return undefined;
  let geometries = 0;
  const columns = types.map((type, i): MySqlColumn => {
    const collation = charsets.get(found.collations.get(i) ?? -1), values = raw.find((r) => r.column === i)?.values ?? null;
    const shape = T.shapeOf(type, metadata[i]!, collation?.charset === 'binary', found.geometry[type === T.GEOMETRY ? geometries++ : 0], charsetWidth(collation?.charset));
    const isText = shape.isText && collation !== undefined && collation.charset !== 'binary';
    return {
      name: names[i]!, dataType: shape.dataType, length: shape.length, scale: shape.scale, unsigned: type !== T.YEAR && (found.unsigned?.[i] ?? false), nullable: map.nullable[i]!,
      charset: isText ? collation.charset : null, collation: isText ? collation.collation : null, values: values === null ? null : values.map((v) => T.valueText(v, collation?.charset ?? 'utf8mb4')), generated: false, comment: '',
    };
  });
  return { database: map.database, table: map.table, columns, primaryKey: found.key.map((i) => names[i] ?? ''), comment: '' };
}
const indexes = (types: readonly number[], is: (type: number) => boolean): number[] => types.flatMap((type, i) => (is(type) ? [i] : []));
/** The default, then pairs of a position among the text columns and another collation. */
function defaultCharsets(b: Buffer, start: number, stop: number, columns: readonly number[], out: Map<number, number>): void {
  const usual = lenenc(b, start);
  for (const column of columns) out.set(column, usual);
  for (let p = lenencAt; p < stop; p = lenencAt) {
    const column = columns[lenenc(b, p)], collation = lenenc(b, lenencAt);
    if (column !== undefined) out.set(column, collation);
  }
}
function readValues(b: Buffer, start: number, stop: number, columns: readonly number[], out: { column: number; values: Buffer[] }[]): void {
  let p = start;
  for (const column of columns) {
    if (p >= stop) return;
    const count = lenenc(b, p), values: Buffer[] = [];
    p = lenencAt;
    for (let i = 0; i < count && p < stop; i++) { const n = lenenc(b, p); p = lenencAt; values.push(Buffer.from(b.subarray(p, p + n))); p += n; }
    out.push({ column, values });
  }
}
/** Lengths of CHAR and VARCHAR are in bytes of the longest character. */
function charsetWidth(charset: string | undefined): number {
  switch (charset) {
    case 'utf8mb4': case 'utf16': case 'utf16le': case 'utf32': case 'gb18030': return 4;
    case 'utf8': case 'utf8mb3': case 'ujis': case 'eucjpms': return 3;
    case 'ucs2': case 'gbk': case 'big5': case 'gb2312': case 'sjis': case 'cp932': case 'euckr': return 2;
    default: return 1;
  }
}
