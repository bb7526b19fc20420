/**
 * Whether rows described by a table map are rows of the table that is known: as many columns, each stored as its type would be. A rows
 * event without full metadata names no columns, so a difference here must stop the job: values would get under wrong names.
 */
import { mysqlTableChanged } from '../../../../core/errors/mysql-types.ts';
import * as T from '../binlog/column-codes.ts';
import { tableText, type MySqlColumn, type MySqlTable, type TableMap } from '../contract.ts';
import { columnTypeText } from './column-type.ts';
import { isGeometry } from './mapping.ts';

/** Throws mysql-table-changed. */
export function checkMap(map: TableMap, table: MySqlTable): void {
  const name = tableText(map), stop = (why: string): never => { throw mysqlTableChanged({ table: name, why }); };
  if (map.types.length !== table.columns.length) stop(`Rows have ${map.types.length} columns, the table as it is known has ${table.columns.length}`);
  table.columns.forEach((column, i) => {
    if (!matches(column, map.types[i]!, map.metadata[i]!)) stop(`Column ${i + 1} is known as "${column.name}" ${columnTypeText(column)}, rows hold ${shapeText(map.types[i]!, map.metadata[i]!)} there`);
    const named = map.full?.columns[i];
    if (named !== undefined && named.name !== column.name) stop(`Column ${i + 1} is known as "${column.name}", rows name it "${named.name}"`);
    if (named !== undefined && named.unsigned !== column.unsigned && T.isNumeric(map.types[i]!)) stop(`Column "${column.name}" is known as ${columnTypeText(column)}, rows say it is ${named.unsigned ? '' : 'not '}unsigned`);
  });
}
const shapeText = (type: number, metadata: number): string => columnTypeText({ ...T.shapeOf(type, metadata, false, undefined, 1), unsigned: false, values: null });

function matches(column: MySqlColumn, type: number, metadata: number): boolean {
  const real = T.realType(type, metadata), low = metadata & 255, high = metadata >> 8, { dataType } = column;
  switch (dataType) {
    case 'tinyint': return real === T.TINY;
    case 'smallint': return real === T.SHORT;
    case 'mediumint': return real === T.INT24;
    case 'int': return real === T.LONG;
    case 'bigint': return real === T.LONGLONG;
    case 'float': return real === T.FLOAT;
    case 'double': return real === T.DOUBLE;
    case 'decimal': return real === T.NEWDECIMAL && high === column.length && low === column.scale;
    case 'date': return real === T.DATE || real === T.NEWDATE;
    case 'year': return real === T.YEAR;
    case 'time': return real === T.TIME2 && low === column.scale || real === T.TIME && column.scale === 0;
    case 'datetime': return real === T.DATETIME2 && low === column.scale || real === T.DATETIME && column.scale === 0;
    case 'timestamp': return real === T.TIMESTAMP2 && low === column.scale || real === T.TIMESTAMP && column.scale === 0;
    case 'bit': return real === T.BIT && high * 8 + low === column.length;
    case 'json': return real === T.JSON;
    case 'vector': return real === T.VECTOR;
    case 'enum': return real === T.ENUM;
    case 'set': return real === T.SET && low === setBytes(column.values?.length ?? 0);
    case 'char': case 'binary': return real === T.STRING && lengthFits(column, T.stringLength(metadata));
    case 'varchar': case 'varbinary': return (real === T.VARCHAR || real === T.VAR_STRING) && lengthFits(column, metadata);
    case 'tinytext': case 'tinyblob': return real === T.BLOB && low === 1;
    case 'text': case 'blob': return real === T.BLOB && low === 2;
    case 'mediumtext': case 'mediumblob': return real === T.BLOB && low === 3;
    case 'longtext': case 'longblob': return real === T.BLOB && low === 4;
    case 'uuid': case 'inet6': return real === T.STRING && T.stringLength(metadata) === 16;
    case 'inet4': return real === T.STRING && T.stringLength(metadata) === 4;
    default: return isGeometry(dataType) && real === T.GEOMETRY;
  }
}
/** Bytes of a SET with so many values: 1, 2, 3, 4 or 8. */
export const setBytes = (values: number): number => { const bytes = values + 7 >> 3; return bytes > 4 ? 8 : Math.max(1, bytes); };
/** Metadata counts bytes, the table characters of one to four bytes. */
function lengthFits(column: MySqlColumn, bytes: number): boolean {
  const length = column.length ?? 0;
  return column.charset === null ? bytes === length : bytes >= length && bytes <= length * 4;
}
