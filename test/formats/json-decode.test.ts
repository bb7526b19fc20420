/** The decode table of the json format, value by value, each read by all three ways of the scanner. */
import { expect } from 'chai';
import { BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, SMALLINT, STRING, TINYINT, array, decimal, map, row, time, timestamp, timestampLtz, typeText, type SqlType } from '../../core/types/sql-type.ts';
import { decodeOne, decodeTester, plain } from './support.ts';

/** Type, JSON, expected value (or `error`). */
const CASES: readonly (readonly [SqlType, string, unknown])[] = [
  [BOOLEAN, 'true', true], [BOOLEAN, 'false', false], [BOOLEAN, '"TRUE"', true], [BOOLEAN, '" true "', true], [BOOLEAN, '"yes"', false], [BOOLEAN, '1', false], [BOOLEAN, 'null', null],
  [TINYINT, '127', 127], [TINYINT, '-128', -128], [TINYINT, '128', Error], [TINYINT, '"12"', 12], [SMALLINT, '-32768', -32768], [SMALLINT, '32768', Error],
  [INT, '0', 0], [INT, '-0', 0], [INT, '2147483647', 2147483647], [INT, '-2147483648', -2147483648], [INT, '2147483648', Error], [INT, '1.9', 1], [INT, '-1.9', -1], [INT, '1e3', 1000], [INT, '12e-1', 1],
  [INT, '" 42 "', 42], [INT, '"+7"', 7], [INT, '"1.5"', Error], [INT, '""', Error], [INT, 'true', Error], [INT, '[1]', Error], [INT, '{}', Error], [INT, 'null', null], [INT, '1e-999999999', 0],
  [BIGINT, '9007199254740991', 9007199254740991], [BIGINT, '9007199254740993', 9007199254740993n], [BIGINT, '-9223372036854775808', -9223372036854775808n], [BIGINT, '9223372036854775807', 9223372036854775807n],
  [BIGINT, '9223372036854775808', Error], [BIGINT, '123456789012345678', 123456789012345678n], [BIGINT, '-1234567890123456', -1234567890123456], [BIGINT, '"9007199254740993"', 9007199254740993n], [BIGINT, '9007199254740993.9', 9007199254740993n], [BIGINT, '1e400', Error], [BIGINT, '-9007199254740992', -9007199254740992n],
  [DOUBLE, '1', 1], [DOUBLE, '-0', 0], [DOUBLE, '-0.0', -0], [DOUBLE, '0.1', 0.1], [DOUBLE, '123.456', 123.456], [DOUBLE, '1e400', Infinity], [DOUBLE, '"NaN"', NaN], [DOUBLE, '"-Infinity"', -Infinity], [DOUBLE, '" 1.5 "', 1.5], [DOUBLE, '"1.5f"', 1.5],
  [DOUBLE, '2.2250738585072014E-308', 2.2250738585072014e-308], [DOUBLE, '9007199254740993', 9007199254740992], [DOUBLE, '"x"', Error], [DOUBLE, '""', Error], [FLOAT, '0.1', Math.fround(0.1)], [FLOAT, '"16777217"', 16777216],
  [decimal(10, 2), '1.005', 101], [decimal(10, 2), '-1.005', -101], [decimal(10, 2), '1.004', 100], [decimal(10, 2), '7', 700], [decimal(10, 2), '"3.1"', 310], [decimal(3, 1), '99.95', null], [decimal(3, 1), '99.94', 999], [decimal(10, 2), '1e2', 10000],
  [decimal(38, 18), '12345678901234567890.123456789012345678', 12345678901234567890123456789012345678n], [decimal(10, 2), '"abc"', Error], [decimal(10, 2), 'true', Error], [decimal(38, 0), '1e400', null], [decimal(20, 4), '90071992547409.91', 900719925474099100n],
  [STRING, '"abc"', 'abc'], [STRING, '""', ''], [STRING, '1.50', '1.50'], [STRING, 'true', 'true'], [STRING, 'null', null], [STRING, '{"a" : [1, 2.50, -0, "x\\/\\u0001"], "b":{ }}', '{"a":[1,2.5,0,"x/\\u0001"],"b":{}}'], [STRING, '[ 1 , "é" ]', '[1,"é"]'],
  [STRING, '"\\u00e9\\ud83d\\ude00\\n\\"\\\\"', 'é😀\n"\\'], [STRING, '"a\\ud800b"', 'a?b'], [STRING, '"\u2028 \u202e ${x} `y`"', '\u2028 \u202e ${x} `y`'], [STRING, '"tab\there"', 'tab\there'], [STRING, '1e5', '1e5'], [STRING, '[1e5, 1.0E-7, 123456789.5]', '[100000.0,1.0E-7,1.234567895E8]'],
  [BYTES, '"aGVsbG8="', Buffer.from('hello')], [BYTES, '""', Buffer.alloc(0)], [BYTES, '"aGVsbG8"', Error], [BYTES, '"***"', Error], [BYTES, '12', Error],
  [DATE, '"2024-02-29"', 19782], [DATE, '"1969-12-31"', -1], [DATE, '"0000-01-01"', -719528], [DATE, '"9999-12-31"', 2932896], [DATE, '"2023-02-29"', Error], [DATE, '"2024-2-9"', Error], [DATE, '"2024-02-29 "', Error], [DATE, '20240229', Error], [DATE, '"+12345-01-01"', 3789391],
  [time(0), '"12:34:56"', 45296000], [time(3), '"12:34:56.789"', 45296000], [time(0), '"24:00:00"', Error], [time(0), '"12:34"', Error],
  [timestamp(3), '"2024-01-31 12:34:56.789"', 1706704496789], [timestamp(3), '"2024-01-31 12:34:56"', 1706704496000], [timestamp(3), '"2024-01-31 12:34:56.7"', 1706704496700], [timestamp(3), '"2024-01-31 12:34:56.123456789"', 1706704496123], [timestamp(6), '"2024-01-31 12:34:56.123456"', 1706704496123456], [timestamp(9), '"2024-01-31 12:34:56.123456789"', 1706704496123456789n],
  [timestamp(9), '"1970-01-01 00:00:00.000000001"', 1], [timestamp(6), '"9999-12-31 23:59:59.999999"', 253402300799999999n], [timestamp(3), '"0000-01-01 00:00:00"', -62167219200000], [timestamp(3), '"1969-12-31 23:59:59.999"', -1],
  [timestamp(3), '"2024-01-31T12:34:56"', Error], [timestamp(3), '"2024-01-31 12:34:60"', Error], [timestamp(3), '"2024-01-31 12:34"', Error], [timestamp(3), '"2024-01-31 12:34:56Z"', Error], [timestamp(3), '"2024-01-31 12:34:5x"', Error], [timestamp(3), '"2024-01-31 12:34:56.1234567890"', Error], [timestamp(3), '1706704496789', Error], [timestamp(3), '""', Error], [timestamp(3), 'null', null],
  [timestampLtz(3), '"2024-01-31 12:34:56.789Z"', 1706704496789], [timestampLtz(3), '"2024-01-31 12:34:56.789"', Error], [timestampLtz(3), '"2024-01-31 12:34:56.789+01:00"', Error],
  [array(INT), '[]', []], [array(INT), '[1, null ,"3"]', [1, null, 3]], [array(array(STRING)), '[[],["a"]]', [[], ['a']]], [array(INT), '{"a":1}', Error], [array(INT), '1', Error],
  [map(STRING, INT), '{"a":1,"a":2,"__proto__":3}', new Map([['a', 2], ['__proto__', 3]])], [map(STRING, INT), '{}', new Map()], [map(STRING, INT), '[]', Error], [{ kind: 'MULTISET', element: STRING, nullable: true }, '{"x":2}', new Map([['x', 2]])],
  [row([{ name: 'x', type: INT }, { name: 'y.z', type: STRING }]), '{"y.z":"q","u":[{}],"x":5,"x":6}', [6, 'q']], [row([{ name: 'x', type: INT }]), '{}', [null]], [row([{ name: 'x', type: INT }]), '[1]', Error],
  [{ kind: 'INTERVAL_DAY_TIME', nullable: true }, '1500', 1500],
];

describe('json decode', () => {
  for (const [type, json, expected] of CASES) {
    it(`${typeText(type)} from ${json}`, () => {
      // The value in front of, between and behind others, with blanks and without.
      for (const message of [`{"v":${json}}`, `{"a":"q","v":${json},"z":[1,{"v":3}]}`, `  {\n"v" : ${json} ,\t"z" : -1.5e3 }  `]) {
        if (expected === Error) {
          const error = decodeTester('json', { v: type }).error(message);
          expect(error.code).equal('bad-record');
          expect(error.message).contain('"v"');
          expect(decodeTester('json', { v: type }, { 'ignore-parse-errors': 'true' }).rows(message)).deep.equal([['+I', null]]);
        } else expect(JSON.stringify(decodeOne({ v: type }, message), plain), message).equal(JSON.stringify([expected instanceof Buffer ? new Uint8Array(expected) : expected], plain));
      }
    });
  }

  it('rows of a message: object, array, null, nothing', () => {
    const { rows, error } = decodeTester('json', { a: INT });
    expect(rows('{"a":1}')).deep.equal([['+I', 1]]);
    expect(rows('[{"a":1}, null, {"b":2} ]')).deep.equal([['+I', 1], ['+I', null]]);
    for (const nothing of ['', '  ', 'null', '[]']) expect(rows(nothing), nothing).deep.equal([]);
    expect(rows(null)).deep.equal([]);
    for (const wrong of ['"text"', '5', 'true', '[1]', '[{"a":1},2]']) expect(error(wrong).code, wrong).equal('bad-record');
  });
  it('missing, null, unknown and repeated fields; names are case-sensitive', () => {
    const { rows } = decodeTester('json', { a: INT, B: STRING });
    for (let i = 0; i < 3; i++) {
      expect(rows('{"A":1,"b":"x"}')).deep.equal([['+I', null, null]]);
      expect(rows('{"a":1,"x":{"a":9},"a":2}')).deep.equal([['+I', 2, null]]);
      expect(rows('{"B":"q","a":null}')).deep.equal([['+I', null, 'q']]);
      expect(rows('{}')).deep.equal([['+I', null, null]]);
      expect(rows('{"\\u0061":7}')).deep.equal([['+I', 7, null]]);
    }
  });
  it('fail-on-missing-field names the field, also of a column that is not read', () => {
    const { rows, error } = decodeTester('json', { a: INT, b: INT }, { 'fail-on-missing-field': 'true' });
    for (let i = 0; i < 3; i++) {
      expect(rows('{"a":1,"b":null}')).deep.equal([['+I', 1, null]]);
      expect(error('{"a":1}').detail).contain("Could not find field with name 'b'.");
    }
  });
  it('ignore-parse-errors: a bad field is NULL, a bad message is skipped', () => {
    const { rows } = decodeTester('json', { a: INT, b: array(INT) }, { 'ignore-parse-errors': 'true' });
    expect(rows('{"a":"x","b":[1,"y"]}')).deep.equal([['+I', null, [1, null]]]);
    for (const bad of ['{"a":1', 'nonsense', '{"a":1,}', '"text"', '{"a":tru}']) expect(rows(bad), bad).deep.equal([]);
    expect(rows('[{"a":1},7,{"a":2}]')).deep.equal([['+I', 1, null]]);
  });
  it('timestamp standards', () => {
    const iso = { 'timestamp-format.standard': 'ISO-8601' };
    expect(decodeOne({ v: timestamp(3), w: timestampLtz(3) }, '{"v":"2024-01-31T12:34:56.789","w":"2024-01-31T12:34:56.789Z"}', iso)).deep.equal([1706704496789, 1706704496789]);
    expect(decodeOne({ v: timestamp(3) }, '{"v":"2024-01-31T12:34"}', iso)).deep.equal([1706704440000]);
    expect(decodeTester('json', { v: timestamp(3) }, iso).error('{"v":"2024-01-31 12:34:56"}').message).contain('TIMESTAMP(3)');
    expect(decodeOne({ v: timestampLtz(3) }, '{"v":"2024-01-31T12:34:56+01:00"}', { 'timestamp-format.standard': 'ISO-8601-WITH-OFFSET' })).deep.equal([1706700896000]);
    // A table of the Kafka catalog may hold both.
    const catalog = { 'infer-schema.flatten-nested-columns.enable': 'false' };
    expect(decodeOne({ v: timestamp(6), w: timestamp(6) }, '{"v":"2024-01-31T12:34:56","w":"2024-01-31 12:34:56"}', catalog)).deep.equal([1706704496000000, 1706704496000000]);
  });
  it('flattened names', () => {
    const options = { 'infer-schema.flatten-nested-columns.enable': 'true' }, columns = { a: INT, 'n.x': INT, 'n.m.y': STRING, 'n.arr': STRING };
    const tester = decodeTester('json', columns, options);
    for (let i = 0; i < 3; i++) {
      expect(tester.rows('{"a":1,"n":{"x":2,"m":{"y":"q","z":0},"arr":[1, 2]},"o":{"x":9}}')).deep.equal([['+I', 1, 2, 'q', '[1,2]']]);
      expect(tester.rows('{"n":{"m":{}},"a":1}')).deep.equal([['+I', 1, null, null, null]]);
      expect(tester.rows('{"n":null,"a":1}')).deep.equal([['+I', 1, null, null, null]]);
      expect(tester.rows('{"n.x":5}')).deep.equal([['+I', null, 5, null, null]]);
      expect(tester.error('{"n":{"x":1},"n.x":2}').message).contain('flattened');
    }
    expect(decodeTester('json', columns, { ...options, 'ignore-parse-errors': 'true' }).rows('{"n":{"x":1},"n.x":2}')).deep.equal([['+I', null, 2, null, null]]);
  });
});
