/**
 * Types of a pipeline's columns in a MySQL table that is made for them. The source's own type is taken where it is one of MySQL's that
 * holds the values as pipelines carry them; else:
 *
 *   BOOLEAN tinyint(1)          CHAR(n), VARCHAR(n) same up to 255 and 1024, then mediumtext, longtext      DATE date, TIME(p) time(p)
 *   TINYINT … BIGINT same       BINARY(n), VARBINARY(n) same up to 255 and 1024, then longblob            TIMESTAMP(p) datetime(p)
 *   DECIMAL same, FLOAT, DOUBLE same        ARRAY, MAP, ROW json                                       TIMESTAMP_LTZ(p) timestamp(p)
 *
 * Key columns of texts and bytes are varchar and varbinary of at most 255, texts with a binary collation without padding, so that keys
 * that differ are different rows.
 */
import { mysqlTableUnwritable } from '../../../../core/errors/mysql-tables.ts';
import { typeText } from '../../../../core/types/sql-type.ts';
import type { PipelineColumn } from '../../../pipelines/contract.ts';
import { quoteText } from '../connection/open.ts';
import { fits } from '../table/fit.ts';
import type { TargetTable } from '../table/target.ts';
import { columnTypeText, parseColumnType } from '../types/column-type.ts';

export type TargetServer = Pick<TargetTable, 'flavor' | 'version'>;
const NATIVE: ReadonlySet<string> = new Set([
  'tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'float', 'double', 'char', 'varchar', 'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'tinytext', 'text', 'mediumtext', 'longtext',
  'date', 'time', 'datetime', 'timestamp', 'year', 'enum', 'set', 'json', 'bit',
]);
const TEXTS: ReadonlySet<string> = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set']), BLOBS: ReadonlySet<string> = new Set(['tinyblob', 'blob', 'mediumblob', 'longblob']);
const KEY_LENGTH = 255, INLINE_LENGTH = 1024, WIDEST_VARCHAR = 16_383;

/** @param isKey part of the primary key. Throws mysql-table-unwritable. */
export function targetType(column: PipelineColumn, isKey: boolean, server: TargetServer, where: { readonly target: string; readonly table: string }): string {
  const type = nativeText(column, isKey) ?? typeOf(column, isKey, where);
  return isKey && TEXTS.has(parseColumnType(type).dataType) ? `${type} CHARACTER SET utf8mb4 COLLATE ${binaryCollation(server)}` : type;
}
function nativeText({ nativeType, type }: PipelineColumn, isKey: boolean): string | undefined {
  if (nativeType === undefined) return undefined;
  const parts = parseColumnType(nativeType), { dataType, values, length } = parts;
  if (!NATIVE.has(dataType) || !fits(type, dataType)) return undefined;
  if (dataType === 'varchar' && (length ?? 0) > WIDEST_VARCHAR) return 'longtext';
  if (isKey && (BLOBS.has(dataType) || dataType.endsWith('text') || dataType === 'json')) return undefined;
  return values === null ? columnTypeText(parts) : `${dataType}(${values.map(quoteText).join(',')})`;
}
function binaryCollation({ flavor, version: [major, minor, patch] }: TargetServer): string {
  if (flavor === 'mariadb') return 'utf8mb4_nopad_bin';
  return major > 8 || (major === 8 && (minor > 0 || patch >= 17)) ? 'utf8mb4_0900_bin' : 'utf8mb4_bin';
}
function typeOf({ name, type }: PipelineColumn, isKey: boolean, where: { readonly target: string; readonly table: string }): string {
  switch (type.kind) {
    case 'BOOLEAN': return 'tinyint(1)';
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': case 'FLOAT': case 'DOUBLE': case 'DATE': return type.kind.toLowerCase();
    case 'DECIMAL': if (type.scale <= 30) return `decimal(${type.precision},${type.scale})`; break;
    case 'TIME': return `time${digits(type)}`;
    case 'TIMESTAMP': return `datetime${digits(type)}`;
    case 'TIMESTAMP_LTZ': return `timestamp${digits(type)}`;
    case 'CHAR': return type.length <= KEY_LENGTH ? `char(${type.length})` : textOf(type.length, isKey);
    case 'VARCHAR': return textOf(type.length, isKey);
    case 'BINARY': return type.length <= KEY_LENGTH ? `binary(${type.length})` : bytesOf(type.length, isKey);
    case 'VARBINARY': return bytesOf(type.length, isKey);
    case 'ARRAY': case 'MAP': case 'ROW': case 'MULTISET': if (!isKey) return 'json';
  }
  throw mysqlTableUnwritable({ ...where, what: `column "${name}" is ${typeText(type)}, for which MySQL has no type${isKey ? ' that a key may have' : ''}`, hint: 'CAST it to STRING in a transform.' });
}
const digits = ({ precision }: { readonly precision: number }): string => (precision === 0 ? '' : `(${Math.min(precision, 6)})`);
const textOf = (length: number, isKey: boolean): string => (isKey ? `varchar(${Math.min(length, KEY_LENGTH)})` : length <= INLINE_LENGTH ? `varchar(${length})` : length <= 4_000_000 ? 'mediumtext' : 'longtext');
const bytesOf = (length: number, isKey: boolean): string => (isKey ? `varbinary(${Math.min(length, KEY_LENGTH)})` : length <= INLINE_LENGTH ? `varbinary(${length})` : 'longblob');
