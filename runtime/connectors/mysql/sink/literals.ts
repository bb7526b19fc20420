/**
 * Values as MySQL literals. A statement of thousands of rows is sent as text: a prepared statement is limited to 65,535 parameters and
 * costs the client several times the CPU (docs/mysql.md, "Speed"). Texts are quoted with backslash escapes, which the sessions' sql_mode
 * (`connection/open.ts`) keeps on; bytes go as x'…'. Numbers are exact: MySQL reads decimal literals digit by digit.
 */
import { mysqlValueUnwritable } from '../../../../core/errors/mysql-tables.ts';
import { decimalText } from '../../../../core/types/decimal.ts';
import { floatText } from '../../../../core/types/java-number.ts';
import type { Long, SqlType } from '../../../../core/types/sql-type.ts';
import { clockText, dateText, instantFromLocal, localFromInstant, timestampText } from '../../../../core/types/temporal.ts';
import { zoneOrUtc } from '../../../../core/types/zone.ts';
import { GrowingBuffer } from '../../../formats/byte-sink.ts';
import { compileWriter } from '../../../formats/json/write.ts';
import { quoteText } from '../connection/open.ts';
import type { TargetColumn } from '../table/target.ts';

/** A value that is not NULL. */
export type Literal = (value: never) => string;

const hex = (bytes: Uint8Array): string => `x'${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}'`;

/** How values of a declared type are written into a column. `zone`: see TableSpec. Throws mysql-value-unwritable for NaN and infinities. */
export function literalOf(type: SqlType, column: TargetColumn, zone: string, table: string): Literal {
  switch (type.kind) {
    case 'BOOLEAN': return (v: boolean) => (v ? '1' : '0');
    case 'DECIMAL': { const { scale } = type; return (v: Long) => decimalText(v, scale); }
    case 'DOUBLE': return (v: number) => (Number.isFinite(v) ? String(v) : unwritable(v, column, table));
    // The shortest text of a 32-bit float: 1.1 stays 1.1 in a DOUBLE or DECIMAL column.
    case 'FLOAT': return (v: number) => (Number.isFinite(v) ? floatText(v) : unwritable(v, column, table));
    case 'CHAR': case 'VARCHAR': return quoteText;
    case 'BINARY': case 'VARBINARY': return hex;
    case 'DATE': return (v: number) => `'${dateText(v)}'`;
    case 'TIME': { const { precision } = type; return (v: number) => `'${clockText(v)}${precision === 0 ? '' : `.${String(v % 1000).padStart(3, '0')}`}'`; }
    case 'ARRAY': case 'MAP': case 'ROW': case 'MULTISET': return column.dataType === 'set' ? setLiteral(column, table) : jsonLiteral(type, column);
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return timestampLiteral(type.kind, type.precision, column, zone);
    default: return (v: Long) => String(v);
  }
}
function unwritable(value: number, column: TargetColumn, table: string): never { throw mysqlValueUnwritable({ table, column: column.name, why: String(value) }); }
/** A comma stands between members, so none can be in one. */
function setLiteral(column: TargetColumn, table: string): Literal {
  return (v: readonly (string | null)[]) => {
    const bad = v.find((member) => member === null || member.includes(','));
    if (bad !== undefined) throw mysqlValueUnwritable({ table, column: column.name, why: bad === null ? 'NULL as a member of a SET' : `the member "${bad.slice(0, 100)}" of a SET` });
    return quoteText(v.join(','));
  };
}
function jsonLiteral(type: SqlType, column: TargetColumn): Literal {
  const write = compileWriter(type, column.name, { timestampStandard: 'SQL', mapNullKeyMode: 'FAIL', mapNullKeyLiteral: 'null', plainDecimals: true, ignoreNullFields: false }), out = new GrowingBuffer();
  return (v: unknown) => {
    out.length = 0;
    write(v as never, out);
    return quoteText(out.bytes.toString('utf8', 0, out.length));
  };
}
/** Sessions run in UTC: what goes into a TIMESTAMP is written as an instant, into a DATETIME as a wall-clock time of the zone. Nine digits are cut to six. */
function timestampLiteral(kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ', precision: number, column: TargetColumn, zone: string): Literal {
  const rules = zoneOrUtc(zone), shown = Math.min(precision, 6);
  const text = (v: Long): string => { const t = timestampText(v, precision); return `'${precision > shown ? t.slice(0, shown - precision) : t}'`; };
  const toInstant = column.dataType === 'timestamp';
  if (toInstant === (kind === 'TIMESTAMP_LTZ')) return text;
  return toInstant ? (v: Long) => text(instantFromLocal(v, precision, rules)) : (v: Long) => text(localFromInstant(v, precision, rules));
}
