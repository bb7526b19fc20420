/**
 * Values of the text protocol and of row events for the reader: the decoders of `types`, fed with the bytes of packets. What is most
 * frequent in snapshots (integers, texts) is read from the bytes without a string between.
 */
import type { TextBuffer } from '../../../../core/row/text.ts';
import { STRING, type SqlType } from '../../../../core/types/sql-type.ts';
import type { MySqlColumn, MySqlTable, RowDecoder, TableId, TableMap, WantedColumn } from '../contract.ts';
import { conversionOf } from '../types/conversions.ts';
import { baseType, isBinaryType, isGeometry, isTextType, MAX_DECIMAL, sqlTypeOf } from '../types/mapping.ts';
import { decoderFor, type DecoderOptions } from '../types/row-decoder.ts';
import { dateOf, datetimeOf, decimalOf, integerOf } from '../types/text-bytes.ts';
import { textReader } from '../types/text-decoder.ts';
import type { MySqlCdcSpec } from './spec.ts';

export type { DecoderOptions };
/** The value of bytes [start, end); never called for NULL. */
export type TextCell = (b: Buffer, start: number, end: number) => unknown;
/** `timeZone`: the server's, or what the user says it is. */
export const decoderOptions = (spec: Pick<MySqlCdcSpec, 'legacyJson'>, timeZone: string): DecoderOptions => ({ timeZone, compactJson: !spec.legacyJson });

/** What a key column's value is for comparing and telling rows apart. */
export const keyType = (column: MySqlColumn): SqlType => (column.dataType === 'time' || column.dataType === 'set' ? STRING : baseType(column) ?? STRING);
export const rowDecoder = (map: TableMap, table: MySqlTable, wanted: readonly WantedColumn[], options: DecoderOptions): RowDecoder => decoderFor(map, table, wanted, options);
/** The type a column has in a pipeline, nullability included. Throws mysql-type-unsupported. */
export const pipelineType = (table: TableId, column: MySqlColumn, tinyint1AsBoolean: boolean): SqlType => sqlTypeOf(table, column, { face: 'pipeline', tinyint1AsBoolean });
/** Throws mysql-type-unsupported and mysql-type-mismatch. */
export const checkReadable = (table: TableId, column: MySqlColumn, type: SqlType, options: DecoderOptions): void => { conversionOf(table, { column, type }, options); };

const SMALL_INTEGERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'year']);
/** Throws mysql-type-unsupported and mysql-type-mismatch. */
export function textCell(table: TableId, column: MySqlColumn, type: SqlType, options: DecoderOptions): TextCell {
  const convert = conversionOf(table, { column, type }, options), base = baseCell(table, column, options);
  if (convert === null) return base;
  const apply = convert as (value: unknown) => unknown;
  return (b, start, end) => { const value = base(b, start, end); return value === null ? null : apply(value); };
}
function baseCell(table: TableId, column: MySqlColumn, options: DecoderOptions): TextCell {
  const { dataType } = column;
  if (SMALL_INTEGERS.has(dataType) || dataType === 'bigint') return integerOf;
  if (dataType === 'decimal' && (column.length ?? 10) <= MAX_DECIMAL) return decimalOf;
  if (dataType === 'date') return dateOf;
  if (dataType === 'datetime' || dataType === 'timestamp') return datetimeOf(column.scale ?? 0);
  const read = textReader(table, column, options) as ((value: string | Buffer) => unknown) | null;
  if (isTextType(dataType) || dataType === 'enum' || dataType === 'set' || dataType === 'json') {
    const text = (b: Buffer, start: number, end: number): string => (b as TextBuffer).utf8Slice(start, end);
    return read === null || isTextType(dataType) || dataType === 'enum' ? text : (b, start, end) => read(text(b, start, end));
  }
  if (read === null) return (b, start, end) => (b as TextBuffer).utf8Slice(start, end);
  if (isBinaryType(dataType) || isGeometry(dataType) || dataType === 'bit' || dataType === 'vector') return (b, start, end) => read(b.subarray(start, end));
  return (b, start, end) => read((b as TextBuffer).latin1Slice(start, end));
}
/** The bytes of a value of the text protocol are the value's text. */
export const isTextAsSent = (table: TableId, column: MySqlColumn, type: SqlType, options: DecoderOptions): boolean => (type.kind === 'VARCHAR' || type.kind === 'CHAR') && (isTextType(column.dataType) || column.dataType === 'enum') && conversionOf(table, { column, type }, options) === null;
