/**
 * MySQL's types as SQL types. `baseType` is what a value is when it has been decoded, before anybody's wishes; `sqlTypeOf` is what a
 * column becomes when nobody declares anything. Source: "Data Type Mapping" of Flink CDC's MySQL connector and pipeline connector. Differences:
 * SET of a pipeline is a STRING instead of an error, TIME of a pipeline a STRING with all its digits, VECTOR is ARRAY<FLOAT>, MariaDB's UUID and INET are STRING.
 */
import { mysqlTypeUnsupported } from '../../../../core/errors/mysql-types.ts';
import { array, BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, SMALLINT, STRING, TINYINT, asNullable, char, decimal, time, timestamp, timestampLtz, varchar, type SqlType } from '../../../../core/types/sql-type.ts';
import { tableText, type MySqlColumn, type TableId } from '../contract.ts';
import { columnTypeText } from './column-type.ts';

export interface MappingOptions {
  /** SQL tables and pipelines differ in TIMESTAMP, TIME, MEDIUMINT UNSIGNED and SET. */
  readonly face: 'table' | 'pipeline';
  /** `treat-tinyint1-as-boolean.enabled` */
  readonly tinyint1AsBoolean: boolean;
}
export const MAX_DECIMAL = 38;
const GEOMETRIES = new Set(['geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geomcollection', 'geometrycollection']);
export const isGeometry = (dataType: string): boolean => GEOMETRIES.has(dataType);
export const isTextType = (dataType: string): boolean => /^(?:char|varchar|tinytext|text|mediumtext|longtext)$/.test(dataType);
export const isBinaryType = (dataType: string): boolean => /^(?:binary|varbinary|tinyblob|blob|mediumblob|longblob)$/.test(dataType);
const binary = (length: number): SqlType => ({ kind: 'BINARY', length: Math.max(1, length), nullable: true }), varbinary = (length: number): SqlType => ({ kind: 'VARBINARY', length: Math.max(1, length), nullable: true });

/** undefined: no value of the type can be read. Nullable, whatever the column is. */
export function baseType(column: MySqlColumn): SqlType | undefined {
  const { dataType, unsigned, length, scale } = column;
  switch (dataType) {
    case 'tinyint': return unsigned ? SMALLINT : TINYINT;
    case 'smallint': return unsigned ? INT : SMALLINT;
    case 'mediumint': return INT;
    case 'int': return unsigned ? BIGINT : INT;
    case 'bigint': return unsigned ? decimal(20, 0) : BIGINT;
    case 'float': return FLOAT;
    case 'double': return DOUBLE;
    case 'decimal': return (length ?? 10) > MAX_DECIMAL ? STRING : decimal(length ?? 10, scale ?? 0);
    case 'date': return DATE;
    case 'time': return time(scale ?? 0);
    case 'datetime': return timestamp(scale ?? 0);
    case 'timestamp': return timestampLtz(scale ?? 0);
    case 'year': return INT;
    case 'bit': return binary((length ?? 1) + 7 >> 3);
    case 'char': return char(Math.max(1, length ?? 1));
    case 'varchar': return varchar(Math.max(1, length ?? 1));
    case 'tinytext': case 'text': case 'mediumtext': case 'longtext': case 'json': case 'enum': case 'uuid': case 'inet4': case 'inet6': return STRING;
    case 'set': return array(STRING);
    case 'binary': return binary(length ?? 1);
    case 'varbinary': return varbinary(length ?? 1);
    case 'tinyblob': case 'blob': case 'mediumblob': case 'longblob': return BYTES;
    case 'vector': return array(FLOAT);
    default: return isGeometry(dataType) ? STRING : undefined;
  }
}
/** With the column's nullability. Throws mysql-type-unsupported. */
export function sqlTypeOf(table: TableId, column: MySqlColumn, options: MappingOptions): SqlType {
  const base = baseType(column);
  if (base === undefined) throw mysqlTypeUnsupported({ table: tableText(table), column: column.name, type: columnTypeText(column) });
  return asNullable(faceType(column, base, options), column.nullable);
}
function faceType(column: MySqlColumn, base: SqlType, { face, tinyint1AsBoolean }: MappingOptions): SqlType {
  switch (column.dataType) {
    case 'tinyint': return column.length === 1 && !column.unsigned && tinyint1AsBoolean ? BOOLEAN : base;
    case 'bit': return (column.length ?? 1) === 1 ? BOOLEAN : base;
    case 'mediumint': return column.unsigned && face === 'table' ? BIGINT : base;
    case 'timestamp': return face === 'table' ? timestamp(column.scale ?? 0) : base;
    // TIME of SQL holds milliseconds of a day; a copy keeps microseconds, negative times and those beyond a day.
    case 'time': return face === 'pipeline' ? STRING : base;
    case 'set': return face === 'pipeline' ? STRING : base;
    default: return base;
  }
}
