/** Values of the text protocol and of row events as Rivulet's values: the types module under the names the reader uses. */
import { schemaUnknown } from '../../../../core/errors/mysql-cdc.ts';
import { parseDecimal } from '../../../../core/types/decimal.ts';
import { asLong } from '../../../../core/types/long.ts';
import { BIGINT, BYTES, DATE, DOUBLE, INT, SMALLINT, STRING, TINYINT, decimal, timestamp, timestampLtz, varchar, type SqlType } from '../../../../core/types/sql-type.ts';
import { parseDate, parseTimestamp } from '../../../../core/types/temporal.ts';
import type { MySqlColumn, MySqlTable, RowDecoder, TableMap, WantedColumn } from '../contract.ts';
export type TextCell = (b: Buffer, start: number, end: number) => unknown;
export function naturalType(c: MySqlColumn): SqlType {
  switch (c.dataType) {
    case 'tinyint': return TINYINT; case 'smallint': return SMALLINT; case 'int': return INT; case 'bigint': return BIGINT; case 'decimal': return decimal(c.length ?? 10, c.scale ?? 0);
    case 'varchar': return varchar(c.length ?? 1); case 'double': return DOUBLE; case 'date': return DATE; case 'datetime': return timestamp(c.scale ?? 0); case 'timestamp': return timestampLtz(c.scale ?? 0);
    case 'varbinary': case 'binary': return BYTES; default: return STRING;
  }
}
export function textCell(_c: MySqlColumn, t: SqlType): TextCell {
  const text = (b: Buffer, s: number, e: number): string => b.toString('utf8', s, e);
  switch (t.kind) {
    case 'TINYINT': case 'SMALLINT': case 'INT': return (b, s, e) => Number(text(b, s, e));
    case 'BIGINT': return (b, s, e) => asLong(BigInt(text(b, s, e)));
    case 'DECIMAL': return (b, s, e) => parseDecimal(text(b, s, e), t.precision, t.scale);
    case 'DATE': return (b, s, e) => parseDate(text(b, s, e));
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return (b, s, e) => parseTimestamp(text(b, s, e), t.precision, 'sql');
    case 'VARBINARY': return (b, s, e) => new Uint8Array(b.subarray(s, e));
    case 'DOUBLE': return (b, s, e) => Number(text(b, s, e));
    default: return text;
  }
}
/** The bytes of the value are its text as they stand. */
export const textSlice = (c: MySqlColumn, t: SqlType): boolean => (t.kind === 'VARCHAR' || t.kind === 'CHAR') && ['char', 'varchar', 'text', 'tinytext', 'mediumtext', 'longtext'].includes(c.dataType);
export function rowDecoder(map: TableMap, _table: MySqlTable, wanted: readonly WantedColumn[]): RowDecoder {
  const n = map.types.length, image = (b: Buffer, at: number, out: unknown[]): number => {
    const nulls = at; at += (n + 7) >> 3;
    for (let i = 0; i < n; i++) {
      if ((b[nulls + (i >> 3)]! & (1 << (i & 7))) !== 0) { out[i] = null; continue; }
      switch (map.types[i]) {
        case 1: out[i] = b.readInt8(at); at += 1; break;
        case 3: out[i] = b.readInt32LE(at); at += 4; break;
        case 8: out[i] = asLong(b.readBigInt64LE(at)); at += 8; break;
        case 15: { const long = map.metadata[i]! > 255, l = long ? b.readUInt16LE(at) : b[at]!; at += long ? 2 : 1; out[i] = b.toString('utf8', at, at + l); at += l; break; }
        default: throw schemaUnknown({ table: '', place: '', why: `${map.types[i]}` });
      }
    }
    return at;
  };
  const row: unknown[] = [];
  return { decode(ev, columns, kinds, at, max) {
    let k = 0; const two = ev.change === 'update';
    while (ev.start < ev.end && k + (two ? 2 : 1) <= max) for (let p = 0; p < (two ? 2 : 1); p++) {
      (ev as { start: number }).start = image(ev.bytes, ev.start, row);
      for (const w of wanted) columns[w.slot]![at + k] = row[w.source];
      kinds[at + k] = two ? p + 1 : ev.change === 'insert' ? 0 : 3; k++;
    }
    return k;
  } };
}
export interface TypeSettings { readonly tinyint1AsBoolean: boolean; readonly legacyJson: boolean; readonly comments: boolean }
export const pipelineType = (c: MySqlColumn, _s: TypeSettings): SqlType => naturalType(c);
/** Why a column cannot be read as a type, or undefined. */
export function unreadable(_c: MySqlColumn, _t: SqlType, _s: TypeSettings): string | undefined { return undefined; }
