/**
 * Rows of a SELECT (text protocol, UTC session, as `connection/open.ts` gives them) into columns, in the same form as the rows of the
 * binlog: a value read by the snapshot equals the value that the stream brings later.
 */
import { generatedFactory } from '../../../../core/codegen/generated.ts';
import { mysqlTypeUnsupported } from '../../../../core/errors/mysql-types.ts';
import type { Column } from '../../../../core/row/batch.ts';
import { asLong } from '../../../../core/types/long.ts';
import type { Long } from '../../../../core/types/sql-type.ts';
import { quoteName, selectedName, type TextRow } from '../connection/open.ts';
import { tableText, type MySqlColumn, type TableId, type WantedColumn } from '../contract.ts';
import { columnTypeText } from './column-type.ts';
import { conversionOf } from './conversions.ts';
import { geometryText } from './geometry.ts';
import { withoutBlanks } from './json-binary.ts';
import { baseType, isGeometry, isTextType, MAX_DECIMAL } from './mapping.ts';
import type { DecoderOptions } from './row-decoder.ts';
import { setFromText, vectorOf } from './small-values.ts';
import { parseDateText, parseDatetimeText, parseTimeText } from './temporal-values.ts';

export interface TextDecoder {
  /** What to SELECT for the wanted columns, in their order. */
  readonly selectList: string;
  /** Writes `rows[from, to)` to the columns from row `at` on. */
  decode(rows: readonly TextRow[], from: number, to: number, columns: readonly Column[], at: number): void;
}
/** Throws mysql-type-unsupported and mysql-type-mismatch. */
export function textDecoderFor(table: TableId, wanted: readonly WantedColumn[], options: DecoderOptions): TextDecoder {
  const refs: unknown[] = [], ref = (value: unknown): string => `r${refs.push(value) - 1}`;
  let body = '';
  wanted.forEach((want, i) => {
    const convert = conversionOf(table, want, options), read = textReader(table, want.column, options);
    const base = read === null ? 'v' : `${ref(read)}(v)`;
    body += `{ const v = row[${i}], c = c${want.slot}; `;
    body += convert === null ? `c[at] = v === null ? null : ${base}; }\n` : `const w = v === null ? null : ${base}; c[at] = w === null ? null : ${ref(convert)}(w); }\n`;
  });
  const text = `return function decode(rows, from, to, columns, at) { ${wanted.map((w) => `const c${w.slot} = columns[${w.slot}];`).join(' ')}
for (let i = from; i < to; i++, at++) { const row = rows[i];
${body}} };`;
  const decode = generatedFactory(refs.map((_, i) => `r${i}`), text)(...refs) as TextDecoder['decode'];
  return { selectList: wanted.map((w) => selectExpression(w.column)).join(', '), decode };
}
/** FLOAT is sent with six digits; as a double it comes with all it has. */
export const selectExpression = (column: Pick<MySqlColumn, 'name' | 'dataType'>): string => (column.dataType === 'float' ? `(${quoteName(column.name)} + 0e0)` : selectedName(column.name));

type Value = string | Buffer;
const textOf = (value: Value): string => (typeof value === 'string' ? value : value.toString());
const bytesOf = (value: Value): Uint8Array => { const from = typeof value === 'string' ? Buffer.from(value, 'latin1') : value, copy = new Uint8Array(from.length); copy.set(from); return copy; };

/** From a text (or bytes of binary columns) to the base value; null: it is the base value. */
export function textReader(table: TableId, column: MySqlColumn, options: DecoderOptions): ((value: never) => unknown) | null {
  const { dataType } = column, precision = column.scale ?? 0;
  switch (dataType) {
    case 'tinyint': case 'smallint': case 'mediumint': case 'int': case 'year': case 'double': return Number;
    case 'bigint': return longOf;
    case 'float': return (value: string) => Math.fround(Number(value));
    case 'decimal': return (column.length ?? 10) > MAX_DECIMAL ? plainDecimal : unscaled;
    case 'date': return (value: string) => parseDateText(value);
    case 'time': return (value: string) => parseTimeText(value);
    case 'datetime': case 'timestamp': return (value: string) => parseDatetimeText(value, precision);
    case 'bit': case 'binary': case 'varbinary': case 'tinyblob': case 'blob': case 'mediumblob': case 'longblob': return bytesOf;
    case 'json': return options.compactJson ? (value: Value) => withoutBlanks(textOf(value)) : textOf;
    case 'set': return (value: Value) => setFromText(textOf(value));
    case 'vector': return (value: Buffer) => vectorOf(value, 0, value.length);
    default: break;
  }
  if (isGeometry(dataType)) return (value: Buffer) => geometryText(value, 0, value.length);
  if (isTextType(dataType) || baseType(column) !== undefined) return textOf;
  throw mysqlTypeUnsupported({ table: tableText(table), column: column.name, type: columnTypeText(column) });
}
const longOf = (text: string): Long => (text.length < 16 ? Number(text) : asLong(BigInt(text)));
/** MySQL writes all digits behind the point. */
const unscaled = (text: string): Long => { const point = text.indexOf('.'), digits = point < 0 ? text : text.slice(0, point) + text.slice(point + 1); return digits.length < 16 ? Number(digits) + 0 : longBig(digits); };
const longBig = (digits: string): Long => asLong(digits.startsWith('-') ? -BigInt(digits.slice(1)) : BigInt(digits));
/** Without the zeros of ZEROFILL. */
const plainDecimal = (text: string): string => text.replace(/^(-?)0+(?=\d)/, '$1');
