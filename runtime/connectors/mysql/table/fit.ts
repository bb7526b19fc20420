/**
 * Which declared types go with which MySQL types, for writing and for reading. What fits here and still cannot hold a value is refused by
 * MySQL itself (strict mode); what does not fit would be changed without a word, so it is refused when the table is opened.
 *
 *   BOOLEAN                    integers, bit                    DATE                       date; written also to datetime, timestamp
 *   TINYINT … BIGINT           integers, decimal, double, year, bit     TIME               time
 *   DECIMAL                    integers, decimal, double        TIMESTAMP, TIMESTAMP_LTZ   datetime, timestamp
 *   FLOAT, DOUBLE              float, double, decimal           BINARY, VARBINARY          binary, varbinary, blob, bit, geometry, vector
 *   ARRAY, MAP, ROW            json, text, as JSON; written only.  ARRAY<STRING>: set.  ARRAY<FLOAT>: vector, read only
 *   CHAR, VARCHAR              char, varchar, text, enum, set, json, time and MariaDB's text-like types; read: anything but binary columns and bit; geometry as MySQL CDC tells it
 */
import { mysqlColumnMismatch } from '../../../../core/errors/mysql-tables.ts';
import { typeText, type SqlType } from '../../../../core/types/sql-type.ts';
import { isGeometry } from '../types/mapping.ts';
import type { TargetColumn, TargetTable } from './target.ts';
import type { TableSpec } from './spec.ts';

const INTEGERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'], FRACTIONS = ['decimal', 'double', 'float'];
const TEXTS = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set', 'json', 'uuid', 'inet4', 'inet6'];
const BINARIES = ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'vector', 'geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geomcollection', 'geometrycollection'];
const UNREADABLE_AS_TEXT: ReadonlySet<string> = new Set([...BINARIES.filter((t) => !isGeometry(t)), 'bit']);
const isText = (type: SqlType): boolean => type.kind === 'CHAR' || type.kind === 'VARCHAR';
/** Columns that are lists in MySQL. */
const isList = (type: SqlType, dataType: string, direction: 'read' | 'write'): boolean => type.kind === 'ARRAY' && (dataType === 'set' ? isText(type.element) : dataType === 'vector' && direction === 'read' && type.element.kind === 'FLOAT');

function homes(type: SqlType): readonly string[] {
  switch (type.kind) {
    case 'BOOLEAN': return [...INTEGERS, 'bit'];
    case 'TINYINT': case 'SMALLINT': case 'INT': case 'BIGINT': return [...INTEGERS, ...FRACTIONS, 'year', 'bit'];
    case 'DECIMAL': return [...INTEGERS, ...FRACTIONS];
    case 'FLOAT': case 'DOUBLE': return FRACTIONS;
    case 'CHAR': case 'VARCHAR': return [...TEXTS, 'time'];
    case 'BINARY': case 'VARBINARY': return [...BINARIES, 'bit'];
    case 'DATE': return ['date'];
    case 'TIME': return ['time'];
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': return ['datetime', 'timestamp'];
    case 'ARRAY': case 'MAP': case 'ROW': case 'MULTISET': return ['json', 'text', 'mediumtext', 'longtext'];
    default: return [];
  }
}
/** Values of the type are written into columns of the MySQL type. */
export const fits = (type: SqlType, dataType: string): boolean => homes(type).includes(dataType);
export const isStorable = (type: SqlType): boolean => homes(type).length > 0;

/** Throws mysql-column-mismatch. */
export function checkFit(spec: TableSpec, target: TargetTable, column: TargetColumn, type: SqlType, direction: 'read' | 'write'): void {
  if (isList(type, column.dataType, direction)) return;
  const isNested = type.kind === 'ARRAY' || type.kind === 'MAP' || type.kind === 'ROW' || type.kind === 'MULTISET';
  if (isNested && direction === 'read') throw mysqlColumnMismatch({ column: column.name, declared: typeText(type), actual: column.columnType, target: target.text, table: spec.table, hint: 'Declare it as STRING and take it apart with JSON functions.' });
  if (homes(type).includes(column.dataType)) return;
  if (direction === 'write' && type.kind === 'DATE' && (column.dataType === 'datetime' || column.dataType === 'timestamp')) return;
  if (direction === 'read' && isText(type) && !UNREADABLE_AS_TEXT.has(column.dataType)) return;
  throw mysqlColumnMismatch({ column: column.name, declared: typeText(type), actual: column.columnType, target: target.text, table: spec.table });
}
/** Types no column takes are refused when the statement is planned. */
export function refuseUnstorable(table: string, name: string, type: SqlType): Error {
  return mysqlColumnMismatch({ column: name, declared: typeText(type), actual: 'nothing of the kind', target: name, table, hint: 'Write nested values as JSON text with JSON_STRING.' });
}
