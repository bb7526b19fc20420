/** Every type, at its edges: the snapshot's value, the stream's value and what they should be. */
import { expect } from 'chai';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import { describeOnMySql, openDatabase, replUser, type TestDatabase } from '../support.ts';
import { endOfLog } from './support.ts';
import { selectAll, streamAll, tablesOf, wantAll } from './types-support.ts';

/** Column type → SQL literals with the values they become (undefined: what the server says); a string of one type only for a flavour begins with it. */
type Case = readonly [type: string, ...values: (readonly [literal: string, value: unknown])[]];
const CASES: readonly Case[] = [
  ['TINYINT', ['-128', -128], ['127', 127]], ['TINYINT UNSIGNED', ['0', 0], ['255', 255]], ['TINYINT(1)', ['1', 1], ['-7', -7]], ['SMALLINT', ['-32768', -32768]], ['SMALLINT UNSIGNED', ['65535', 65535]],
  ['MEDIUMINT', ['-8388608', -8388608], ['8388607', 8388607]], ['MEDIUMINT UNSIGNED', ['16777215', 16777215]], ['INT', ['-2147483648', -2147483648], ['2147483647', 2147483647]], ['INT UNSIGNED', ['4294967295', 4294967295]], ['INT(8) ZEROFILL', ['42', 42]],
  ['BIGINT', ['-9223372036854775808', -9223372036854775808n], ['9223372036854775807', 9223372036854775807n], ['9007199254740991', 9007199254740991], ['9007199254740993', 9007199254740993n], ['-9007199254740992', -9007199254740992n], ['-1', -1]],
  ['BIGINT UNSIGNED', ['18446744073709551615', 18446744073709551615n], ['1', 1]],
  ['DECIMAL(10,2)', ['-12345678.91', -1234567891], ['0', 0], ['-0.01', -1]], ['DECIMAL(5,0)', ['-99999', -99999]], ['DECIMAL(3,3)', ['0.001', 1], ['-0.999', -999]], ['DECIMAL(18,9)', ['123456789.123456789', 123456789123456789n]],
  ['DECIMAL(38,10)', ['-1234567890123456789012345678.0123456789', -12345678901234567890123456780123456789n]], ['DECIMAL(65,30)', ['12345678901234567890123456789012345.123456789012345678901234567890', '12345678901234567890123456789012345.123456789012345678901234567890'], ['-0.5', '-0.500000000000000000000000000000']],
  ['FLOAT', ['1.1', Math.fround(1.1)], ['16777216', 16777216], ['-3.4e38', Math.fround(-3.4e38)], ['1.17e-38', Math.fround(1.17e-38)]], ['DOUBLE', ['1.1', 1.1], ['1.7976931348623157e308', 1.7976931348623157e308], ['-2.2250738585072014e-308', -2.2250738585072014e-308], ['0.1234567890123456789', 0.12345678901234568]],
  ['DATE', ["'2020-02-29'", 18321], ["'0001-01-01'", -719162], ["'9999-12-31'", 2932896], ["'0000-00-00'", null], ["'2020-00-15'", null]],
  ['TIME(3)', ["'23:59:59.999'", '23:59:59.999'], ["'00:00:00'", '00:00:00.000'], ["'-838:59:59'", '-838:59:59.000']], ['TIME', ["'12:34:56'", '12:34:56'], ["'100:00:00'", '100:00:00']], ['TIME(6)', ["'01:02:03.000999'", '01:02:03.000999']],
  ['DATETIME', ["'2020-02-29 12:34:56'", 1582979696000], ["'0000-00-00 00:00:00'", null], ["'1000-01-01 00:00:00'", -30610224000000]], ['DATETIME(3)', ["'1969-12-31 23:59:59.999'", -1]],
  ['DATETIME(6)', ["'2020-02-29 12:34:56.123456'", 1582979696123456], ["'9999-12-31 23:59:59.999999'", 253402300799999999n], ["'1969-12-31 23:59:59.999999'", -1], ["'0001-01-01 00:00:00.000001'", -62135596799999999n]],
  ['DATETIME(1)', ["'2020-02-29 12:34:56.7'", 1582979696700]], ['DATETIME(5)', ["'2020-02-29 12:34:56.12345'", 1582979696123450]],
  ['TIMESTAMP NULL', ["'2020-02-29 12:34:56'", 1582979696000], ["'1970-01-01 00:00:01'", 1000], ["'2038-01-19 03:14:07'", 2147483647000], ["'0000-00-00 00:00:00'", null]], ['TIMESTAMP(6) NULL', ["'2020-02-29 12:34:56.123456'", 1582979696123456]], ['TIMESTAMP(2) NULL', ["'2020-02-29 12:34:56.12'", 1582979696120]],
  ['YEAR', ["'0000'", 0], ['1901', 1901], ['2155', 2155]],
  ['CHAR(5)', ["'ab'", 'ab'], ["''", ''], ["'ab  '", 'ab']], ['VARCHAR(300)', ["'ü€😀'", 'ü€😀'], ["REPEAT('x', 300)", 'x'.repeat(300)], ["'a\"b\\\\c\\n'", 'a"b\\c\n']], ["VARCHAR(20) CHARACTER SET latin1", ["'äö€'", 'äö€'], ["_latin1 X'8190'", '\u0081\u0090']],
  ['VARCHAR(20) CHARACTER SET gbk', ["'中文'", '中文']], ['VARCHAR(20) CHARACTER SET cp1251', ["'привет'", 'привет']], ['VARCHAR(20) CHARACTER SET sjis', ["'日本'", '日本']], ['VARCHAR(20) CHARACTER SET utf16', ["'a😀'", 'a😀']], ['VARCHAR(20) CHARACTER SET ucs2', ["'añ'", 'añ']], ['CHAR(20) CHARACTER SET utf32', ["'añ'", 'añ']],
  ['VARCHAR(20) CHARACTER SET koi8r', ["'привет'", 'привет']], ['VARCHAR(20) CHARACTER SET big5', ["'中文'", '中文']], ['VARCHAR(20) CHARACTER SET euckr', ["'한국'", '한국']], ['VARCHAR(20) CHARACTER SET latin2', ["'łódź'", 'łódź']], ['VARCHAR(20) CHARACTER SET cp850', ["'é½'", 'é½']],
  ['VARCHAR(20) CHARACTER SET ujis', ["'日本～￡'", undefined], ["_ujis X'A1C1A1F18FB0A1'", undefined]], ['VARCHAR(20) CHARACTER SET cp932', ["_cp932 X'8160F941'", undefined]], ['VARCHAR(20) CHARACTER SET eucjpms', ["_eucjpms X'8FF3F3A1C1'", undefined]], ['VARCHAR(20) CHARACTER SET hp8', ["_hp8 X'A1B0FF'", undefined]], ['VARCHAR(20) CHARACTER SET koi8u', ["_koi8u X'95C1'", undefined]], 
  ['TINYTEXT', ["'t'", 't']], ['TEXT', ["REPEAT('é', 5000)", 'é'.repeat(5000)]], ['MEDIUMTEXT', ["'m'", 'm']], ['LONGTEXT', ["REPEAT('y', 70000)", 'y'.repeat(70000)]],
  ['BINARY(4)', ["X'6162'", '0x61620000'], ["X'00002020'", '0x00002020'], ["X'20202020'", '0x20202020']], ['VARBINARY(300)', ["X'00FF'", '0x00ff'], ["''", '0x']], ['TINYBLOB', ["X'00'", '0x00']], ['BLOB', ["X'FFFE'", '0xfffe']], ['LONGBLOB', ["X'0102'", '0x0102']],
  ['BIT(1)', ["b'1'", true], ["b'0'", false]], ['BIT(12)', ["b'101010101010'", '0x0aaa']], ['BIT(64)', ["X'8000000000000001'", '0x8000000000000001']],
  ["ENUM('a','b,c','it''s','')", ["'a'", 'a'], ["'b,c'", 'b,c'], ["'it''s'", "it's"], ["'no such'", '']], ["SET('x','y''z','w')", ["'x,w'", 'x,w'], ["''", ''], ["'y''z'", "y'z"]],
  [`SET(${Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(',')})`, ["'m0,m31,m32,m63'", 'm0,m31,m32,m63']], [`ENUM(${Array.from({ length: 300 }, (_, i) => `'e${i}'`).join(',')})`, ["'e299'", 'e299']],
  ['POINT', ["ST_GeomFromText('POINT(1 -2.5)')", '{"coordinates":[1,-2.5],"type":"Point","srid":0}']], ['GEOMETRY', ["ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')", '{"coordinates":[[[0,0],[1,0],[1,1],[0,0]]],"type":"Polygon","srid":0}'], ["ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')", '{"geometries":[{"coordinates":[1,2],"type":"Point"},{"coordinates":[[0,0],[1,1]],"type":"LineString"}],"type":"GeometryCollection","srid":0}'], ["ST_GeomFromText('MULTIPOINT(1 2,3 4)')", '{"coordinates":[[1,2],[3,4]],"type":"MultiPoint","srid":0}'], ["ST_GeomFromText('POINT(1 2)', 4326)", '{"coordinates":[2,1],"type":"Point","srid":4326}']],
];
const MYSQL_CASES: readonly Case[] = [
  ['VARCHAR(20) CHARACTER SET gb18030', ["_gb18030 X'8139EF30A3A0B0A1'", undefined], ["'é中😀'", 'é中😀']],
  ['JSON', ["'{\"b\": 1, \"a\": [1, 2.5, null, true, \"x\\\\\"y\"]}'", '{"a": [1, 2.5, null, true, "x\\"y"], "b": 1}'], ["'18446744073709551615'", '18446744073709551615'], ["JSON_ARRAY(CAST(1.20 AS DECIMAL(5,2)), CAST('2020-01-02' AS DATE), CAST('2020-01-02 03:04:05.6' AS DATETIME(6)), CAST('-10:11:12' AS TIME), CAST(X'0102' AS BINARY))", '[1.20, "2020-01-02", "2020-01-02 03:04:05.600000", "-10:11:12.000000", "base64:type15:AQI="]'], ["'[]'", '[]'], ["'{}'", '{}'], ["'\"ü\"'", '"ü"'], ["'1e300'", '1e300']],
  ['VECTOR(3)', ["STRING_TO_VECTOR('[1,-2.5,4096]')", [1, -2.5, 4096]]],
];
const MARIADB_CASES: readonly Case[] = [
  ['JSON', ["'{\"b\": 1}'", '{"b": 1}']], ['UUID', ["'123e4567-e89b-12d3-a456-426655440000'", '123e4567-e89b-12d3-a456-426655440000'], ["'00000000-0000-0000-0000-000000000000'", '00000000-0000-0000-0000-000000000000'], ["'f47ac10b-58cc-4372-a567-0e02b2c3d479'", 'f47ac10b-58cc-4372-a567-0e02b2c3d479'], ["'018f4b1e-7d6a-7c3b-9a51-1f2e3d4c5b6a'", '018f4b1e-7d6a-7c3b-9a51-1f2e3d4c5b6a']],
  ['INET6', ["'2001:db8::ff00:42:8329'", '2001:db8::ff00:42:8329'], ["'::'", '::'], ["'::1'", '::1'], ["'::ffff:192.0.2.1'", '::ffff:192.0.2.1'], ["'fe80::'", 'fe80::'], ["'::1.2.3.4'", '::1.2.3.4'], ["'1:0:0:2::3'", '1:0:0:2::3']], ['INET4', ["'192.168.0.1'", '192.168.0.1'], ["'0.0.0.0'", '0.0.0.0']],
];

interface Read { readonly expected: unknown[][]; snapshot: unknown[][]; stream: unknown[][]; without: unknown[][] }
describeOnMySql('binlog: types', (test) => {
  const cases = [...CASES, ...(test.flavor === 'mysql' ? MYSQL_CASES : MARIADB_CASES)], read: Read[] = [];
  let db: TestDatabase, server: MySqlServer;
  before(async () => {
    db = await openDatabase(test, 'rvt_bl_types');
    server = await replUser(test);
    await db.run("SET SESSION sql_mode = ''; SET SESSION time_zone = '+00:00'");
    const start = await endOfLog(server);
    for (const [n, [type, ...values]] of cases.entries()) {
      // MariaDB keeps the order of the axes.
      const wished = values.filter(([literal]) => test.flavor === 'mysql' || !literal.includes('4326'));
      await db.run(`CREATE TABLE t${n} (id INT PRIMARY KEY, a INT NOT NULL, v ${type}, z INT NOT NULL); INSERT INTO t${n} VALUES ${[...wished.map(([literal], i) => `(${i}, ${i}, ${literal}, ${i * 7})`), `(${wished.length}, -1, NULL, -2)`].join(', ')}`);
      read.push({ expected: [...wished.map(([, value], i) => [i, i, value, i * 7]), [wished.length, -1, null, -2]], snapshot: [], stream: [], without: [] });
    }
    const tables = await tablesOf(server, db.name), numbers = tables.map((table) => Number(table.table.slice(1))), wanted = new Map(tables.map((table) => [table.table, wantAll(table)]));
    // The columns around it are right when the one in question is stepped over.
    const others = new Map([...wanted].map(([table, all]) => [table, all.filter((w) => w.column.name !== 'v').map((w, slot) => ({ ...w, slot }))]));
    const snapshots = await selectAll(server, tables, wanted, 'id'), streams = await streamAll(server, tables, wanted, start), without = await streamAll(server, tables, others, start);
    for (const n of numbers) Object.assign(read[n]!, { snapshot: snapshots.get(`t${n}`), stream: streams.get(`t${n}`), without: without.get(`t${n}`) });
  });
  after(async () => { await db.drop(); });

  cases.forEach(([type], n) => {
    it(type.length > 60 ? `${type.slice(0, 60)}…` : type, () => {
      const { snapshot, stream, without } = read[n]!, expected = read[n]!.expected.map((row, i) => row.map((value, c) => (value === undefined ? snapshot[i]![c] : value)));
      expect(snapshot, 'snapshot').to.deep.equal(expected);
      expect(stream, 'stream').to.deep.equal(expected);
      expect(without, 'stepped over').to.deep.equal(expected.map(([id, a, , z]) => [id, a, z]));
    });
  });
});
