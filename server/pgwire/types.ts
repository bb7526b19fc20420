/**
 * SQL types as PostgreSQL clients know them: type OIDs, sizes and modifiers (pg_type.dat of PostgreSQL 15), and back from the OIDs that
 * drivers put into Parse. What PostgreSQL has no type for (MAP, ROW, MULTISET, arrays of those or of arrays) goes out as json.
 */
import * as sql from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { CatalogType, ResultColumn } from '../gateway/contract.ts';

export const OID = {
  bool: 16, bytea: 17, char: 18, name: 19, int8: 20, int2: 21, int4: 23, text: 25, oid: 26, xid: 28, json: 114, xml: 142, float4: 700, float8: 701, unknown: 705, bpchar: 1042, varchar: 1043,
  date: 1082, time: 1083, timestamp: 1114, timestamptz: 1184, interval: 1186, numeric: 1700, uuid: 2950, jsonb: 3802,
} as const;

const ARRAY_OF: ReadonlyMap<number, number> = new Map([
  [OID.bool, 1000], [OID.bytea, 1001], [OID.int2, 1005], [OID.int4, 1007], [OID.text, 1009], [OID.bpchar, 1014], [OID.varchar, 1015], [OID.int8, 1016], [OID.float4, 1021],
  [OID.float8, 1022], [OID.timestamp, 1115], [OID.date, 1182], [OID.time, 1183], [OID.timestamptz, 1185], [OID.interval, 1187], [OID.numeric, 1231], [OID.json, 199],
]);
const ELEMENT_OF: ReadonlyMap<number, number> = new Map(Array.from(ARRAY_OF, ([element, array]) => [array, element]));

/** `size` is pg_type.typlen: bytes, or -1 for variable length. */
export interface PgType { readonly oid: number; readonly size: number; readonly modifier: number }

const CATALOG_TYPES: Readonly<Record<CatalogType, PgType>> = {
  oid: { oid: OID.oid, size: 4, modifier: -1 }, xid: { oid: OID.xid, size: 4, modifier: -1 }, name: { oid: OID.name, size: 64, modifier: -1 }, char: { oid: OID.char, size: 1, modifier: -1 },
  'oid[]': { oid: 1028, size: -1, modifier: -1 }, 'name[]': { oid: 1003, size: -1, modifier: -1 }, 'char[]': { oid: 1002, size: -1, modifier: -1 },
};
/** What RowDescription says of a column. */
export const pgTypeOfColumn = (column: ResultColumn): PgType => (column.pgType === undefined ? pgTypeOf(column.type) : CATALOG_TYPES[column.pgType]);
export function pgTypeOf(type: SqlType): PgType {
  switch (type.kind) {
    case 'BOOLEAN': return { oid: OID.bool, size: 1, modifier: -1 };
    case 'TINYINT': case 'SMALLINT': return { oid: OID.int2, size: 2, modifier: -1 };
    case 'INT': return { oid: OID.int4, size: 4, modifier: -1 };
    case 'BIGINT': return { oid: OID.int8, size: 8, modifier: -1 };
    case 'FLOAT': return { oid: OID.float4, size: 4, modifier: -1 };
    case 'DOUBLE': return { oid: OID.float8, size: 8, modifier: -1 };
    case 'DECIMAL': return { oid: OID.numeric, size: -1, modifier: ((type.precision << 16) | type.scale) + 4 };
    case 'CHAR': return { oid: OID.bpchar, size: -1, modifier: type.length + 4 };
    case 'VARCHAR': return type.length === sql.MAX_LENGTH ? { oid: OID.text, size: -1, modifier: -1 } : { oid: OID.varchar, size: -1, modifier: type.length + 4 };
    case 'BINARY': case 'VARBINARY': return { oid: OID.bytea, size: -1, modifier: -1 };
    case 'DATE': return { oid: OID.date, size: 4, modifier: -1 };
    case 'TIME': return { oid: OID.time, size: 8, modifier: fraction(type.precision) };
    case 'TIMESTAMP': return { oid: OID.timestamp, size: 8, modifier: fraction(type.precision) };
    case 'TIMESTAMP_LTZ': return { oid: OID.timestamptz, size: 8, modifier: fraction(type.precision) };
    case 'INTERVAL_YEAR_MONTH': case 'INTERVAL_DAY_TIME': return { oid: OID.interval, size: 16, modifier: -1 };
    case 'ARRAY': {
      const element = isJson(type.element) ? undefined : pgTypeOf(type.element), array = element && ARRAY_OF.get(element.oid);
      return element === undefined || array === undefined ? { oid: OID.json, size: -1, modifier: -1 } : { oid: array, size: -1, modifier: element.modifier };
    }
    case 'MAP': case 'MULTISET': case 'ROW': return { oid: OID.json, size: -1, modifier: -1 };
    case 'RAW': case 'NULL': return { oid: OID.text, size: -1, modifier: -1 };
  }
}
/** PostgreSQL knows no finer fraction than microseconds. */
const fraction = (precision: number): number => Math.min(precision, 6);

/** True when values of the type are sent as JSON text. */
export function isJson(type: SqlType): boolean {
  return type.kind === 'MAP' || type.kind === 'MULTISET' || type.kind === 'ROW' || type.kind === 'ARRAY' && (type.element.kind === 'ARRAY' || isJson(type.element));
}

/**
 * The type a driver means by the OID it gives for a parameter; undefined when the type is to be inferred (0, unknown) or when we do not
 * know it. numeric carries no precision: DECIMAL(38, 18), what Flink takes for a Java BigDecimal.
 */
export function sqlTypeOfOid(oid: number): SqlType | undefined {
  switch (oid) {
    case OID.bool: return sql.BOOLEAN;
    case OID.int2: return sql.SMALLINT;
    case OID.int4: return sql.INT;
    case OID.int8: case OID.oid: return sql.BIGINT;
    case OID.float4: return sql.FLOAT;
    case OID.float8: return sql.DOUBLE;
    case OID.numeric: return sql.decimal(38, 18);
    case OID.text: case OID.varchar: case OID.bpchar: case OID.name: case OID.json: case OID.jsonb: case OID.xml: case OID.uuid: return sql.STRING;
    case OID.bytea: return sql.BYTES;
    case OID.date: return sql.DATE;
    case OID.time: return sql.time(3);
    case OID.timestamp: return sql.timestamp(6);
    case OID.timestamptz: return sql.timestampLtz(6);
    case OID.interval: return sql.INTERVAL_DAY_TIME;
    case 1028: return sql.array(sql.BIGINT);
    case 1002: case 1003: return sql.array(sql.STRING);
    default: {
      const element = ELEMENT_OF.get(oid), type = element === undefined ? undefined : sqlTypeOfOid(element);
      return type === undefined ? undefined : sql.array(type);
    }
  }
}

/** PostgreSQL's name of a type, for its error texts (`invalid input syntax for type integer`). */
export function pgTypeName(type: SqlType): string {
  switch (type.kind) {
    case 'BOOLEAN': return 'boolean';
    case 'TINYINT': return 'tinyint';
    case 'SMALLINT': return 'smallint';
    case 'INT': return 'integer';
    case 'BIGINT': return 'bigint';
    case 'FLOAT': return 'real';
    case 'DOUBLE': return 'double precision';
    case 'DECIMAL': return `numeric(${type.precision},${type.scale})`;
    case 'BINARY': case 'VARBINARY': return 'bytea';
    case 'DATE': return 'date';
    case 'TIME': return 'time';
    case 'TIMESTAMP': return 'timestamp';
    case 'TIMESTAMP_LTZ': return 'timestamp with time zone';
    case 'INTERVAL_YEAR_MONTH': case 'INTERVAL_DAY_TIME': return 'interval';
    default: return sql.typeText(type);
  }
}
