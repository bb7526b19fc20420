/** CAST as a table: SQL, result; and the text forms of temporal values. Source: Flink cast rules. */
import { expect } from 'chai';
import { printValue } from '../../core/types/print-value.ts';
import { BIGINT, BYTES, DATE, DOUBLE, INT, STRING, array, decimal, map, row, time, timestamp, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';
import { civilOf, dateText, dayOf, daysOf, monthOf, parseInstant, parseIsoDate, parseTimestamp, timestampText, yearOf } from '../../core/types/temporal.ts';
import { offsetOfLocal, zoneOf, zoneOrUtc } from '../../core/types/zone.ts';
import { failure, printed } from './evaluate.ts';

const CASTS: readonly (readonly [sql: string, result: string])[] = [
  ["CAST('12.9' AS INT)", '12'], ["CAST(' 7 ' AS INT)", '7'], ["TRY_CAST('x' AS INT)", 'NULL'], ["TRY_CAST('99999999999' AS INT)", 'NULL'],
  ['CAST(300 AS TINYINT)', '44'], ['CAST(70000 AS SMALLINT)', '4464'], ['CAST(9223372036854775807 AS INT)', '-1'], ['CAST(-1.99 AS INT)', '-1'], ['CAST(1e20 AS BIGINT)', '9223372036854775807'], ['CAST(1e20 AS INT)', '2147483647'],
  ['CAST(123.456 AS DECIMAL(5, 1))', '123.5'], ['CAST(12345 AS DECIMAL(3, 0))', 'NULL'], ["TRY_CAST('12345' AS DECIMAL(3, 0))", 'NULL'], ["CAST('1.005' AS DECIMAL(3, 2))", '1.01'], ['CAST(0.1e0 AS DECIMAL(10, 5))', '0.10000'],
  ['CAST(TRUE AS STRING)', 'TRUE'], ["CAST('Yes' AS BOOLEAN)", 'TRUE'], ["CAST('0' AS BOOLEAN)", 'FALSE'], ["TRY_CAST('on' AS BOOLEAN)", 'NULL'], ['CAST(0 AS BOOLEAN)', 'FALSE'], ['CAST(TRUE AS INT)', '1'],
  ["CAST('abcdef' AS VARCHAR(3))", 'abc'], ["CAST('ab' AS CHAR(4)) || '|'", 'ab  |'], ["CAST('😀😀😀' AS VARCHAR(2))", '😀😀'], ['CAST(1e10 AS STRING)', '1.0E10'], ['CAST(1.50 AS STRING)', '1.50'],
  ["CAST('2020-02-29' AS DATE)", '2020-02-29'], ["TRY_CAST('2021-02-29' AS DATE)", 'NULL'], ["CAST('2020-02-29 12:34:56.789' AS TIMESTAMP(3))", '2020-02-29 12:34:56.789'], ["CAST('2020-2-9 1:2:3' AS TIMESTAMP(0))", '2020-02-09 01:02:03'],
  ["CAST('2020-02-29' AS TIMESTAMP(3))", '2020-02-29 00:00:00.000'], ["CAST(TIMESTAMP '2020-02-29 12:34:56.789' AS TIMESTAMP(1))", '2020-02-29 12:34:56.7'], ["CAST(TIMESTAMP '2020-02-29 12:34:56.123456789' AS TIMESTAMP(9))", '2020-02-29 12:34:56.123456789'],
  ["CAST(TIMESTAMP '2020-02-29 12:34:56' AS DATE)", '2020-02-29'], ["CAST(TIMESTAMP '1969-12-31 23:59:59' AS DATE)", '1969-12-31'], ["CAST(TIMESTAMP '2020-02-29 12:34:56' AS TIME)", '12:34:56'], ["CAST('12:34:56.5' AS TIME(3))", '12:34:56.5'],
  ["CAST(DATE '2020-02-29' AS TIMESTAMP(3))", '2020-02-29 00:00:00.000'], ['CAST(INTERVAL \'1\' DAY AS STRING)', '+1 00:00:00.000'], ["CAST(INTERVAL '14' MONTH AS STRING)", '+1-02'],
  ["CAST(ARRAY['1', '2'] AS ARRAY<INT>)", '[1, 2]'], ["CAST(MAP['a', 1] AS STRING)", '{a=1}'], ["CAST(ROW(1, CAST(NULL AS STRING)) AS STRING)", '(1, NULL)'], ["CAST(ARRAY[1, 2] AS STRING)", '[1, 2]'], ["CAST(X'616263' AS STRING)", 'abc'],
  ["CAST(CAST(NULL AS INT) AS STRING)", 'NULL'],
];
describe('CAST', () => {
  for (const [sql, result] of CASTS) it(`${sql} → ${result}`, () => expect(printed(sql, 'UTC', false)).to.equal(result));
  it('fails the statement on text that is no number, with the value in the message', () => {
    expect(failure("CAST('abc' AS INT)")).to.include({ sqlstate: '22P02', code: 'cast-failed', message: 'cannot cast "abc" to INT' });
    expect(failure("CAST('3000000000' AS INT)")).to.include({ sqlstate: '22003', code: 'number-out-of-range' });
    expect(failure("CAST('maybe' AS BOOLEAN)").code).to.equal('cast-failed');
  });
  it('goes through the session zone for instants', () => {
    expect(printed("CAST(TIMESTAMP '2024-07-01 12:00:00' AS TIMESTAMP_LTZ(3))", 'Europe/Berlin')).to.equal('2024-07-01 12:00:00.000');
    expect(printed("CAST(TO_TIMESTAMP_LTZ(0, 3) AS TIMESTAMP(0))", 'Asia/Shanghai')).to.equal('1970-01-01 08:00:00');
    expect(printed("CAST(TO_TIMESTAMP_LTZ(-1, 3) AS DATE)", 'America/New_York')).to.equal('1969-12-31');
  });
});
describe('calendar and zones', () => {
  it('agrees with Date over 24,000 years', () => {
    for (let day = -4_400_000; day < 4_400_000; day += 997) {
      const d = new Date(day * 86_400_000), civil = civilOf(day);
      expect([yearOf(civil), monthOf(civil), dayOf(civil)]).to.deep.equal([d.getUTCFullYear(), d.getUTCMonth() + 1, d.getUTCDate()]);
      expect(daysOf(yearOf(civil), monthOf(civil), dayOf(civil))).to.equal(day);
    }
    expect(dateText(-719_529)).to.equal('-0001-12-31');
  });
  it('reads the forms of the formats, and nothing else', () => {
    expect(parseTimestamp('2020-02-29 12:34:56.789', 3, 'json')).to.equal(Date.UTC(2020, 1, 29, 12, 34, 56, 789));
    expect(parseTimestamp('2020-02-29T12:34', 3, 'iso')).to.equal(Date.UTC(2020, 1, 29, 12, 34));
    expect(parseInstant('2020-02-29 12:34:56Z', 0, 'json')).to.equal(Date.UTC(2020, 1, 29, 12, 34, 56));
    for (const bad of ['2020-02-29T12:34:56', '2020-2-29 12:34:56', '2020-02-29 12:34', '2020-02-29', '2020-13-01 00:00:00', '2020-02-29 25:00:00', '', '2020-02-29 12:34:56Z']) expect(parseTimestamp(bad, 3, 'json'), bad).to.equal(undefined);
    expect([parseIsoDate('2020-02-30'), parseIsoDate('2020-02-29x'), parseIsoDate('1969-12-31')]).to.deep.equal([undefined, undefined, -1]);
  });
  it('keeps nanoseconds beyond 2^53 exact', () => {
    const v = parseTimestamp('9999-12-31 23:59:59.999999999', 9, 'sql');
    expect(v).to.equal(253402300799999999999n);
    expect(timestampText(v ?? 0, 9)).to.equal('9999-12-31 23:59:59.999999999');
    expect(timestampText(parseTimestamp('0001-01-01 00:00:00.000000001', 9, 'sql') ?? 0, 9)).to.equal('0001-01-01 00:00:00.000000001');
  });
  it('finds offsets around changes of the clock', () => {
    const berlin = zoneOrUtc('Europe/Berlin'), hour = 3_600_000;
    const gap = Date.UTC(2024, 2, 31, 2, 30), twice = Date.UTC(2024, 9, 27, 2, 30);
    expect(offsetOfLocal(berlin, gap)).to.equal(hour); // moves forward to 03:30
    expect(offsetOfLocal(berlin, twice)).to.equal(2 * hour); // the earlier of the two
    expect(berlin.offsetAt(Date.UTC(2024, 2, 31, 0, 59, 59, 999))).to.equal(hour);
    expect(berlin.offsetAt(Date.UTC(2024, 2, 31, 1))).to.equal(2 * hour);
    expect([zoneOf('GMT+08:00')?.offsetAt(0), zoneOf('-3')?.offsetAt(0), zoneOf('Nowhere/Atlantis')]).to.deep.equal([8 * hour, -3 * hour, undefined]);
  });
});
describe('print connector', () => {
  const PRINTS: readonly (readonly [SqlType, unknown, string])[] = [
    [INT, null, 'null'], [BIGINT, 9007199254740993n, '9007199254740993'], [DOUBLE, 1e10, '1.0E10'], [decimal(10, 2), 5, '0.05'], [decimal(20, 10), 1, '1E-10'], [decimal(20, 10), 0, '0E-10'], [STRING, 'a, b', 'a, b'],
    [DATE, 18321, '2020-02-29'], [time(0), 45_000_000, '12:30'], [timestamp(3), 1_582_977_600_000, '2020-02-29T12:00'], [timestamp(3), 1_582_977_601_500, '2020-02-29T12:00:01.500'], [timestampLtz(3), 1_582_977_600_000, '2020-02-29T12:00:00Z'],
    [array(INT), [1, null, 3], '[1, null, 3]'], [map(STRING, INT), new Map([['k', 1]]), '{k=1}'], [row([{ name: 'a', type: INT }, { name: 'b', type: STRING }]), [1, 'x'], '+I[1, x]'], [BYTES, new Uint8Array([1, 255]), '[1, -1]'],
  ];
  for (const [type, value, text] of PRINTS) it(text, () => expect(printValue(type, value)).to.equal(text));
});
