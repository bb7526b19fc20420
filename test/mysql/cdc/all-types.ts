/** MySQL's types with values at their ends, the SQL type that Flink CDC's page gives each, and what the first value is then. */
import { array, BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, SMALLINT, STRING, TINYINT, decimal, time, timestamp, varchar, type SqlType } from '../../../core/types/sql-type.ts';

export interface TypeCase { readonly ddl: string; readonly values: readonly string[]; readonly declared?: SqlType; readonly first?: unknown }
const bytes = (length: number): SqlType => ({ kind: 'BINARY', length, nullable: true });
const COMMON: readonly TypeCase[] = [
  { ddl: 'TINYINT', values: ['-128', '127'], declared: TINYINT, first: -128 },
  { ddl: 'TINYINT(1)', values: ['1', '0', '2'], declared: BOOLEAN, first: true },
  { ddl: 'TINYINT UNSIGNED', values: ['255'], declared: SMALLINT, first: 255 },
  { ddl: 'SMALLINT', values: ['-32768', '32767'], declared: SMALLINT, first: -32768 },
  { ddl: 'SMALLINT UNSIGNED', values: ['65535'], declared: INT, first: 65535 },
  { ddl: 'MEDIUMINT', values: ['-8388608', '8388607'], declared: INT, first: -8388608 },
  { ddl: 'MEDIUMINT UNSIGNED', values: ['16777215'], declared: BIGINT, first: 16777215 },
  { ddl: 'INT', values: ['-2147483648', '2147483647'], declared: INT, first: -2147483648 },
  { ddl: 'INT UNSIGNED', values: ['4294967295'], declared: BIGINT, first: 4294967295 },
  { ddl: 'INT(8) ZEROFILL', values: ['42'], declared: BIGINT, first: 42 },
  { ddl: 'BIGINT', values: ['-9223372036854775808', '9223372036854775807', '9007199254740993'], declared: BIGINT, first: -9223372036854775808n },
  { ddl: 'BIGINT UNSIGNED', values: ['18446744073709551615', '1'], declared: decimal(20, 0), first: 18446744073709551615n },
  { ddl: 'FLOAT', values: ['1.1', '-3.4e38', '0.000001', '16777217'], declared: FLOAT, first: Math.fround(1.1) },
  { ddl: 'DOUBLE', values: ['1.1', '-1.7976931348623157e308', '5e-324', '-0.0', '123456789.123456789'], declared: DOUBLE, first: 1.1 },
  { ddl: 'DECIMAL(38,18)', values: ['12345678901234567890.123456789012345678', '-0.000000000000000001'], declared: decimal(38, 18), first: 12345678901234567890123456789012345678n },
  { ddl: 'DECIMAL(65,30)', values: ['-12345678901234567890123456789012345.123456789012345678901234567890'], declared: STRING, first: '-12345678901234567890123456789012345.123456789012345678901234567890' },
  { ddl: 'DECIMAL(5,0)', values: ['-99999', '0'], declared: decimal(5, 0), first: -99999 },
  { ddl: 'DATE', values: ["'2024-02-29'", "'1000-01-01'", "'9999-12-31'", "'0000-00-00'", "'2024-00-00'"], declared: DATE, first: 19782 },
  { ddl: 'TIME', values: ["'23:59:59'", "'00:00:00'"], declared: time(0), first: 86399000 },
  { ddl: 'TIME(6)', values: ["'12:34:56.123456'", "'00:00:00.000001'"] },
  { ddl: 'DATETIME', values: ["'2024-02-29 12:34:56'", "'0000-00-00 00:00:00'"], declared: timestamp(0), first: Date.UTC(2024, 1, 29, 12, 34, 56) },
  { ddl: 'DATETIME(3)', values: ["'2024-02-29 12:34:56.789'"], declared: timestamp(3), first: Date.UTC(2024, 1, 29, 12, 34, 56, 789) },
  { ddl: 'DATETIME(6)', values: ["'9999-12-31 23:59:59.999999'", "'1000-01-01 00:00:00.000001'"], declared: timestamp(6) },
  { ddl: 'TIMESTAMP NULL', values: ["'2024-06-30 12:00:00'", "'1970-01-02 00:00:01'", "'2038-01-18 03:14:07'"], declared: timestamp(0), first: Date.UTC(2024, 5, 30, 12, 0, 0) },
  { ddl: 'TIMESTAMP(6) NULL', values: ["'2024-06-30 12:00:00.000001'"], declared: timestamp(6) },
  { ddl: 'YEAR', values: ['2024', '1901', '0'], declared: INT, first: 2024 },
  { ddl: 'CHAR(10)', values: ["'a b'", "''", "'trail   '", "'日本語😀'"], declared: varchar(10), first: 'a b' },
  { ddl: 'VARCHAR(200)', values: ["'plain ascii'", "'quote \\' \" back\\\\slash'", "'tab\\tnew\\nline'", "'😀🏴‍☠️ ä'", "'trail   '", "''"], declared: varchar(200), first: 'plain ascii' },
  { ddl: 'VARCHAR(100) CHARACTER SET latin1', values: ["'Ärger €'", "'abc'"], declared: varchar(100), first: 'Ärger €' },
  { ddl: 'TEXT', values: [`'${'x'.repeat(5000)}'`, "'short'"], declared: STRING },
  { ddl: 'LONGTEXT', values: [`'${'y'.repeat(70_000)}'`], declared: STRING },
  { ddl: 'BINARY(4)', values: ["x'0001'", "x'00000000'", "x'ffffffff'"], declared: bytes(4), first: new Uint8Array([0, 1, 0, 0]) },
  { ddl: 'VARBINARY(10)', values: ["x'00ff00'", "x''"], declared: BYTES, first: new Uint8Array([0, 255, 0]) },
  { ddl: 'BLOB', values: ["x'deadbeef'", `x'${'00'.repeat(3000)}'`], declared: BYTES, first: new Uint8Array([0xde, 0xad, 0xbe, 0xef]) },
  { ddl: 'BIT(1)', values: ["b'1'", "b'0'"], declared: BOOLEAN, first: true },
  { ddl: 'BIT(10)', values: ["b'1000000001'"], declared: bytes(2), first: new Uint8Array([2, 1]) },
  { ddl: 'BIT(64)', values: ["b'1111111111111111111111111111111111111111111111111111111111111111'"] },
  { ddl: "ENUM('a','b,c','it''s','ä')", values: ["'b,c'", "'it''s'", "'ä'", "'nope'"], declared: STRING, first: 'b,c' },
  { ddl: "SET('x','y','z')", values: ["'x,z'", "''", "'y'"], declared: array(STRING), first: ['x', 'z'] },
  { ddl: 'POINT', values: ["ST_GeomFromText('POINT(1 2.5)')"], declared: STRING },
  { ddl: 'GEOMETRY', values: ["ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')", "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')"] },
];
const MYSQL: readonly TypeCase[] = [
  { ddl: 'JSON', values: [`'{"a": [1, 2.5, null, true], "b": "ü\\\\n", "big": 9007199254740993}'`, "'[]'", "'\"text\"'", `CAST('{"d": 12.30}' AS JSON)`], declared: STRING, first: '{"a": [1, 2.5, null, true], "b": "ü\\n", "big": 9007199254740993}' },
  { ddl: 'VECTOR(3)', values: ["STRING_TO_VECTOR('[1,2.5,-3]')"] },
];
const MARIADB: readonly TypeCase[] = [
  { ddl: 'JSON', values: [`'{"a": 1}'`] },
  { ddl: 'UUID', values: ["'123e4567-e89b-12d3-a456-426655440000'"] },
  { ddl: 'INET6', values: ["'2001:db8::ff00:42:8329'", "'::ffff:192.0.2.1'"] },
];
export const TYPES_BY_SERVER = (server: string): readonly TypeCase[] => [...COMMON, ...(server === 'MySQL' ? MYSQL : MARIADB)];
