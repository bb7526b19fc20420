/** Rules of functions that surprise, as Flink has them; hostile arguments; types of results. */
import { expect } from 'chai';
import { failure, printed, typeOf } from './evaluate.ts';

const VALUES: Readonly<Record<string, readonly (readonly [sql: string, result: string])[]>> = {
  'text counts characters': [
    ["CHAR_LENGTH('a😀b')", '3'], ["SUBSTRING('a😀bc', 2, 2)", '😀b'], ["REVERSE('a😀b')", 'b😀a'], ["POSITION('b' IN 'a😀b')", '3'], ["LEFT('😀x', 1)", '😀'], ["RIGHT('x😀', 1)", '😀'], ["'😀' LIKE '_'", 'TRUE'], ["'a😀b' LIKE '%😀_'", 'TRUE'], ["OVERLAY('a😀c' PLACING 'b' FROM 2)", 'abc'],
  ],
  substring: [["SUBSTRING('hello', 6)", ''], ["SUBSTRING('hello', -6)", ''], ["SUBSTRING('hello', -5, 1)", 'h'], ["SUBSTRING('', 1)", ''], ["SUBSTRING('hello', 2, 0)", ''], ["SUBSTRING('hello', 4, 2147483647)", 'lo']],
  search: [["LOCATE('l', 'hello', 0)", '0'], ["POSITION('' IN 'abc')", '1'], ["INSTR('abcabc', 'b', -1, 2)", '2'], ["INSTR('abc', 'c', 0)", '0'], ["INSTR('aaa', 'aa', 1, 2)", '2']],
  padding: [["LPAD('hi', -1, '?')", 'NULL'], ["LPAD('hi', 4, '')", 'NULL'], ["RPAD('hi', 0, 'x')", ''], ["RPAD('hi', 5, 'ab')", 'hiaba']],
  parts: [["SPLIT_INDEX('a,,c', ',', 1)", ''], ["SPLIT_INDEX('a', ',', -1)", 'NULL'], ["SPLIT_INDEX('a-b', 45, 1)", 'b'], ["SPLIT_INDEX('', ',', 0)", 'NULL'], ["OVERLAY('abc' PLACING 'x' FROM 0)", 'abc'], ["OVERLAY('abc' PLACING 'x' FROM 9)", 'abc'], ["TRANSLATE('aabb', 'ab', 'x')", 'xx'], ["TRIM(BOTH 'ab' FROM 'abcba')", 'c']],
  concatenation: [["CONCAT_WS(CAST(NULL AS STRING), 'a', 'b')", 'NULL'], ["CONCAT_WS(',', CAST(NULL AS STRING))", ''], ["'a' || CAST(NULL AS STRING)", 'NULL']],
  patterns: [
    ["'a_b' LIKE 'a\\_b'", 'TRUE'], ["'axb' LIKE 'a\\_b'", 'FALSE'], ["'' LIKE '%'", 'TRUE'], ["'' LIKE '_'", 'FALSE'], ["'abcabd' LIKE '%ab_'", 'TRUE'], ["'mississippi' LIKE 'm%iss%pi'", 'TRUE'], ["'a\nb' LIKE 'a%b'", 'TRUE'],
    ["REGEXP_EXTRACT('abc', '(x)?b', 1)", 'NULL'], ["REGEXP_EXTRACT('abc', 'b', 5)", 'NULL'], ["REGEXP_EXTRACT('abc', '(')", 'NULL'], ["REGEXP_REPLACE('abc', '(', 'x')", 'NULL'], ["REGEXP_REPLACE('aaa', 'a', '$1')", '$1$1$1'], ["REGEXP_REPLACE('abc', 'x*', '-')", '-a-b-c-'], ["REGEXP('ABC', '(?i)abc')", 'TRUE'],
    ["'abc' SIMILAR TO 'a_c'", 'TRUE'], ["'a.c' SIMILAR TO 'a.c'", 'TRUE'], ["'abc' SIMILAR TO 'a.c'", 'FALSE'], ["'abab' SIMILAR TO '(ab){2}'", 'TRUE'], ["'Abc' ~* '^a'", 'TRUE'],
  ],
  'integers wrap and truncate': [['2147483647 + 1', '-2147483648'], ['9223372036854775807 + 1', '-9223372036854775808'], ['CAST(127 AS TINYINT) + CAST(1 AS TINYINT)', '-128'], ['-7 / 2', '-3'], ['-7 % 3', '-1'], ['65536 * 65536', '0'], ['3037000500 * 3037000500', '-9223372036709301616'], ['- CAST(-128 AS TINYINT)', '-128'], ['ABS(CAST(-2147483648 AS INT))', '-2147483648']],
  'decimals': [['1.10 + 2.205', '3.305'], ['0.1 + 0.2', '0.3'], ['1.5 * 1.5', '2.25'], ['10.0 / 4', '2.500000000000'], ['99999999999999999999999999999999999999 + 1', 'NULL'], ['5.5 % -2', '1.5'], ['-5.5 % 2', '-1.5'], ['0.1 = 0.10', 'TRUE'], ['1.0 < 1', 'FALSE']],
  'doubles': [['1e0 / 0', 'Infinity'], ['0e0 / 0', 'NaN'], ['LN(0)', '-Infinity'], ['LN(-1)', 'NaN'], ['SQRT(-1)', 'NaN'], ['0.1e0 + 0.2e0', '0.30000000000000004'], ['1e0 / 3', '0.3333333333333333']],
  'rounding': [['ROUND(-2.5)', '-3'], ['ROUND(25, -1)', '30'], ['ROUND(-25, -1)', '-30'], ['ROUND(1.005e0, 2)', '1.01'], ['ROUND(123.456, -2)', '100'], ['ROUND(1.2, 5)', '1.2'], ['TRUNCATE(-1.99, 1)', '-1.9'], ['TRUNCATE(129, -1)', '120'], ['CEIL(-1.5)', '-1'], ['FLOOR(-1.5)', '-2'], ['FLOOR(7)', '7'], ['CEIL(1.2e0)', '2.0']],
  'dates': [
    ["EXTRACT(WEEK FROM DATE '2020-12-31')", '53'], ["EXTRACT(DOY FROM DATE '2020-12-31')", '366'], ["EXTRACT(QUARTER FROM DATE '2020-12-31')", '4'], ["EXTRACT(EPOCH FROM TIMESTAMP '1970-01-02 00:00:01')", '86401'], ["EXTRACT(MILLISECOND FROM TIMESTAMP '1970-01-02 00:00:01.234')", '234'],
    ["FLOOR(TIMESTAMP '2020-05-20 10:00:00' TO QUARTER)", '2020-04-01 00:00:00'], ["FLOOR(DATE '2024-02-29' TO WEEK)", '2024-02-25'], ["CEIL(TIMESTAMP '2020-12-31 00:00:00' TO YEAR)", '2021-01-01 00:00:00'], ["FLOOR(TIMESTAMP '1969-12-31 23:59:59' TO DAY)", '1969-12-31 00:00:00'],
    ["TIMESTAMPDIFF(HOUR, TIMESTAMP '2020-01-01 01:59:00', TIMESTAMP '2020-01-01 00:00:00')", '-1'], ["TIMESTAMPDIFF(YEAR, DATE '2020-02-29', DATE '2021-02-28')", '1'], ["TIMESTAMPDIFF(MONTH, DATE '2020-03-31', DATE '2020-02-29')", '-1'], ["TIMESTAMPADD(HOUR, 25, DATE '2020-01-01')", '2020-01-02 01:00:00'],
    ["TO_TIMESTAMP('2020-02-30 00:00:00')", '2020-02-29 00:00:00.000'], ["TO_TIMESTAMP('2020-13-01 00:00:00')", 'NULL'], ["TO_DATE('2020-02-30')", 'NULL'], ["DATE_FORMAT(TIMESTAMP '2020-02-09 03:04:05.678', 'E, d MMM yy h:mm a ''x'' SSS')", 'Sun, 9 Feb 20 3:04 AM x 678'], ["TO_TIMESTAMP('09/Feb/2020 11:04 PM', 'dd/MMM/yyyy hh:mm a')", '2020-02-09 23:04:00.000'], ["TO_TIMESTAMP('2020-02-09T03:04:05', 'yyyy-MM-dd''T''HH:mm:ss')", '2020-02-09 03:04:05.000'],
    ["CONVERT_TZ('2020-07-01 12:00:00', 'Europe/Berlin', 'Nowhere')", '2020-07-01 10:00:00'], ["UNIX_TIMESTAMP('2020', 'yyyy')", '1577836800'],
    ["INTERVAL '1' DAY + INTERVAL '2' HOUR", '+1 02:00:00.000'], ["TIMESTAMP '2020-01-01 00:00:00' - TIMESTAMP '2019-12-31 00:00:00'", '+1 00:00:00.000'], ["TIME '23:30:00' + INTERVAL '1' HOUR", '00:30:00'],
  ],
  'collections': [['ARRAY[1, 2][0]', 'NULL'], ['ARRAY_CONTAINS(ARRAY[1, CAST(NULL AS INT)], CAST(NULL AS INT))', 'TRUE'], ['CARDINALITY(ARRAY_DISTINCT(ARRAY[1.0, 1.00, 2]))', '2'], ["MAP_KEYS(MAP['__proto__', 1])", '[__proto__]'], ["STR_TO_MAP('a=1=2,b')", '{a=1=2, b=NULL}'], ['ARRAY_SORT(ARRAY[2, CAST(NULL AS INT), 1])', '[NULL, 1, 2]'], ['ARRAY_SORT(ARRAY[2, CAST(NULL AS INT), 1], FALSE)', '[2, 1, NULL]']],
  'json': [[`JSON_VALUE('{"a":[1,2]}', '$.a[1]')`, '2'], [`JSON_VALUE('{"a":1.0e2}', '$.a')`, '1.0e2'], [`JSON_VALUE('{"a":9007199254740993}', '$.a' RETURNING STRING)`, '9007199254740993'], [`JSON_VALUE('{"a":1}', '$.b' DEFAULT 'x' ON EMPTY)`, 'x'], [`JSON_VALUE('{"__proto__":1}', '$.__proto__')`, '1'], [`JSON_EXISTS('{"a":null}', '$.a')`, 'TRUE'], [`'{}' IS JSON`, 'TRUE'], [`JSON_QUERY('{"a":[1,{"b":"\\u0041"}]}', '$.a')`, '[1,{"b":"A"}]']],
  'hashes': [["SHA256('')", 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'], ["SHA2('abc', 224)", '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7']],
};
describe('functions', () => {
  for (const [rule, cases] of Object.entries(VALUES)) describe(rule, () => {
    for (const [sql, result] of cases) it(`${sql} → ${result}`, () => expect(printed(sql, 'UTC', false)).to.equal(result));
  });
  it('an instant shows in the session zone', () => {
    expect(printed("DATE_FORMAT(TO_TIMESTAMP_LTZ(0, 3), 'HH:mm')", 'Asia/Shanghai')).to.equal('08:00');
    expect(printed('HOUR(TO_TIMESTAMP_LTZ(0, 3))', 'America/New_York')).to.equal('19');
    expect(printed('FLOOR(TO_TIMESTAMP_LTZ(0, 3) TO DAY)', 'Asia/Shanghai')).to.equal('1970-01-01 00:00:00.000');
    expect(printed('CURRENT_DATE', 'Pacific/Auckland')).to.equal('2024-03-01');
    expect(printed('FROM_UNIXTIME(0)', 'Asia/Kolkata')).to.equal('1970-01-01 05:30:00');
    expect(printed("UNIX_TIMESTAMP('1970-01-01 08:00:00')", 'Asia/Shanghai')).to.equal('0');
  });
});
describe('errors of functions', () => {
  const ERRORS: readonly (readonly [sql: string, code: string])[] = [
    ['1 / 0', 'division-by-zero'], ['MOD(1, 0)', 'division-by-zero'], ['1.0 / 0', 'division-by-zero'], ['1.0 % 0.0', 'division-by-zero'], ['CAST(1 AS BIGINT) / 0', 'division-by-zero'], ["INSTR('a', 'a', 1, 0)", 'invalid-argument'], ['TO_TIMESTAMP_LTZ(1, 6)', 'invalid-argument'], ["SHA2('a', 1)", 'invalid-argument'],
    ["REPEAT('x', 2147483647)", 'invalid-argument'], ["LPAD('x', 2147483647, 'y')", 'invalid-argument'], ["REGEXP('a', '(?=a)')", 'invalid-pattern'], ["REGEXP_EXTRACT('aa', '(a)\\1')", 'invalid-pattern'], ["'a' LIKE 'x\\'", 'invalid-pattern'], ["'a' SIMILAR TO '('", 'invalid-pattern'], ['ELEMENT(ARRAY[1, 2])', 'invalid-argument'], ["DATE_FORMAT(TIMESTAMP '2020-01-01 00:00:00', 'ww')", 'invalid-argument'],
  ];
  for (const [sql, code] of ERRORS) it(`${sql}: ${code}`, () => expect(failure(sql).code).to.equal(code));
});
describe('patterns run in linear time', () => {
  const long = 'a'.repeat(20_000);
  for (const sql of [`REGEXP('${long}', '(a+)+$b')`, `REGEXP('${long}', '(a|a)*b')`, `REGEXP_EXTRACT('${long}', '(.*)(.*)(.*)x', 1)`, `'${long}' LIKE '%a%a%a%a%a%b'`, `'${long}' SIMILAR TO '(a|aa)+b'`]) {
    it(`${sql.slice(0, 8)}…${sql.slice(-24)}`, function () { this.timeout(10_000); expect(printed(sql, 'UTC', false)).to.be.oneOf(['FALSE', 'NULL']); });
  }
});
describe('types of results', () => {
  const TYPES: readonly (readonly [sql: string, type: string])[] = [
    ['1 + 1', 'INT'], ['1 + CAST(1 AS BIGINT)', 'BIGINT'], ['1 + 1.5', 'DECIMAL(12, 1)'], ['1.10 * 2.205', 'DECIMAL(8, 5)'], ['0.908 * CAST(1 AS BIGINT)', 'DECIMAL(23, 3)'], ['CAST(1 AS DECIMAL(38, 10)) * CAST(1 AS DECIMAL(38, 10))', 'DECIMAL(38, 6)'], ['1.0 / 3', 'DECIMAL(13, 12)'], ['1e0 + 1.5', 'DOUBLE'], ['MOD(CAST(7 AS BIGINT), 3)', 'INT'],
    ["CHAR_LENGTH('a')", 'INT'], ['ROUND(1.234, 2)', 'DECIMAL(4, 2)'], ['ABS(1.5)', 'DECIMAL(2, 1)'], ['FLOOR(1.5)', 'DECIMAL(2, 0)'], ['COALESCE(1, 2.5)', 'DECIMAL(11, 1)'], ['TO_TIMESTAMP_LTZ(0, 3)', 'TIMESTAMP_LTZ(3)'], ["TO_TIMESTAMP('')", 'TIMESTAMP(3)'], ["EXTRACT(DAY FROM DATE '2020-01-01')", 'BIGINT'], ['ARRAY[1, 2.5][1]', 'DECIMAL(11, 1)'], ["MAP['a', 1]", 'MAP<CHAR(1) NOT NULL, INT NOT NULL>'], ["TIMESTAMP '2020-01-01 00:00:00' + INTERVAL '1' DAY", 'TIMESTAMP(0)'],
  ];
  for (const [sql, type] of TYPES) it(`${sql}: ${type}`, () => expect(typeOf(sql)).to.equal(type));
});
