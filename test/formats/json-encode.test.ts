/** The encode table of the json format, and that what is written is read again. */
import { expect } from 'chai';
import { BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, STRING, array, decimal, map, row, time, timestamp, timestampLtz, typeText, type SqlType } from '../../core/types/sql-type.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { decodeOne, encodeOne, plain } from './support.ts';

const CASES: readonly (readonly [SqlType, unknown, string])[] = [
  [BOOLEAN, true, 'true'], [BOOLEAN, false, 'false'], [INT, 0, '0'], [INT, -2147483648, '-2147483648'], [INT, 1000000000, '1000000000'], [INT, 999999999, '999999999'],
  [BIGINT, 9007199254740991, '9007199254740991'], [BIGINT, -9007199254740991, '-9007199254740991'], [BIGINT, 9223372036854775807n, '9223372036854775807'], [BIGINT, -9223372036854775808n, '-9223372036854775808'], [BIGINT, 1000000001, '1000000001'], [BIGINT, 12000000000, '12000000000'],
  [DOUBLE, 1, '1.0'], [DOUBLE, 0.1, '0.1'], [DOUBLE, 1e7, '1.0E7'], [DOUBLE, 9999999, '9999999.0'], [DOUBLE, 0.001, '0.001'], [DOUBLE, 0.0001, '1.0E-4'], [DOUBLE, -1.5e300, '-1.5E300'], [DOUBLE, -0, '-0.0'], [DOUBLE, NaN, '"NaN"'], [DOUBLE, -Infinity, '"-Infinity"'], [DOUBLE, 123456.789, '123456.789'], [DOUBLE, 5e-324, '4.9E-324'],
  [FLOAT, Math.fround(0.1), '0.1'], [FLOAT, 16777216, '1.6777216E7'], [FLOAT, Math.fround(3.4028235e38), '3.4028235E38'],
  [decimal(10, 2), 101, '1.01'], [decimal(10, 2), -5, '-0.05'], [decimal(10, 2), 100, '1.00'], [decimal(10, 0), 7, '7'], [decimal(38, 0), 12345678901234567890123456789012345678n, '12345678901234567890123456789012345678'], [decimal(12, 9), 27, '2.7E-8'], [decimal(12, 9), 270000, '0.000270000'], [decimal(20, 9), 0, '0E-9'],
  [STRING, 'abc', '"abc"'], [STRING, '', '""'], [STRING, 'a"b\\c/\b\f\n\r\t\u0001\u001f\u007f', '"a\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001F\u007f"'], [STRING, 'é😀\u2028', '"é😀\u2028"'], [STRING, 'x'.repeat(200), `"${'x'.repeat(200)}"`], [STRING, `${'x'.repeat(200)}"`, `"${'x'.repeat(200)}\\""`], [STRING, 'ж'.repeat(200), `"${'ж'.repeat(200)}"`],
  [BYTES, Uint8Array.of(104, 105), '"aGk="'], [DATE, 19782, '"2024-02-29"'], [DATE, -719528, '"0000-01-01"'], [DATE, 3789391, '"+12345-01-01"'], [time(0), 45296000, '"12:34:56"'], [time(3), 789, '"00:00:00"'],
  [timestamp(3), 1706704496789, '"2024-01-31 12:34:56.789"'], [timestamp(3), 1706704496700, '"2024-01-31 12:34:56.7"'], [timestamp(3), 1706704496000, '"2024-01-31 12:34:56"'], [timestamp(3), -1, '"1969-12-31 23:59:59.999"'], [timestamp(6), 1706704496123456, '"2024-01-31 12:34:56.123456"'], [timestamp(6), 1, '"1970-01-01 00:00:00.000001"'], [timestamp(9), 1706704496123456789n, '"2024-01-31 12:34:56.123456789"'], [timestamp(9), -1, '"1969-12-31 23:59:59.999999999"'], [timestamp(6), 253402300799999999n, '"9999-12-31 23:59:59.999999"'],
  [timestampLtz(3), 1706704496789, '"2024-01-31 12:34:56.789Z"'], [array(INT), [1, null, 3], '[1,null,3]'], [array(STRING), [], '[]'], [map(STRING, INT), new Map([['a', 1], ['__proto__', null]]), '{"a":1,"__proto__":null}'],
  [{ kind: 'MULTISET', element: STRING, nullable: true }, new Map([['x', 2]]), '{"x":2}'], [row([{ name: 'x"y', type: INT }, { name: 'z', type: array(STRING) }]), [null, ['q']], '{"x\\"y":null,"z":["q"]}'], [INT, null, 'null'],
];

describe('json encode', () => {
  for (const [type, value, json] of CASES) {
    it(`${typeText(type)}: ${json.slice(0, 60)}`, () => {
      expect(encodeOne('json', { v: type }, [value])).equal(`{"v":${json}}`);
      expect(encodeOne('json', { a: STRING, v: type, z: INT }, ['q', value, 5])).equal(`{"a":"q","v":${json},"z":5}`);
      if (type.kind === 'TIME' || json === '"NaN"') return;
      expect(JSON.stringify(decodeOne({ v: type }, `{"v":${json}}`), plain)).equal(JSON.stringify([value], plain));
    });
  }
  it('options', () => {
    expect(encodeOne('json', { v: decimal(12, 9) }, [27], { 'encode.decimal-as-plain-number': 'true' })).equal('{"v":0.000000027}');
    const columns = { a: INT, r: row([{ name: 'x', type: INT }, { name: 'y', type: INT }]), b: INT };
    for (const options of [{ 'encode.ignore-null-fields': 'true' }, { 'write-null-properties': 'false' }]) {
      expect(encodeOne('json', columns, [null, [null, 2], 3], options)).equal('{"r":{"y":2},"b":3}');
      expect(encodeOne('json', columns, [null, null, null], options)).equal('{}');
    }
    const iso = { 'timestamp-format.standard': 'ISO-8601' };
    expect(encodeOne('json', { v: timestamp(3), w: timestampLtz(3) }, [1706704496780, 0], iso)).equal('{"v":"2024-01-31T12:34:56.78","w":"1970-01-01T00:00:00Z"}');
  });
  it('NULL keys of maps', () => {
    const columns = { m: map(STRING, INT) }, value = [new Map([[null, 1], ['a', 2]])];
    expect(encodeOne('json', columns, value, { 'map-null-key.mode': 'DROP' })).equal('{"m":{"a":2}}');
    expect(encodeOne('json', columns, value, { 'map-null-key.mode': 'literal', 'map-null-key.literal': 'none' })).equal('{"m":{"none":1,"a":2}}');
    expect(() => encodeOne('json', columns, value)).to.throw(RivuletError, "JSON format doesn't support to serialize map data with null keys");
  });
});
