/** The csv format: lines, quotes, types, options, errors, both ways. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, INT, STRING, array, decimal, map, row, time, timestamp, timestampLtz } from '../../core/types/sql-type.ts';
import { decodeTester, encodeOne, type Columns, type Options } from './support.ts';

const COLUMNS: Columns = { id: INT, name: STRING, n: DOUBLE };
const rows = (line: string | null, columns = COLUMNS, options: Options = {}): unknown[][] => decodeTester('csv', columns, options).rows(line).map((r) => r.slice(1));
const fails = (line: string, columns = COLUMNS, options: Options = {}): RivuletError => decodeTester('csv', columns, options).error(line);

describe('csv', () => {
  it('lines, quotes, delimiters', () => {
    expect(rows('1,a b ,2.5\r\n')).deep.equal([[1, 'a b ', 2.5]]);
    expect(rows('1,"a,""b""\n;",2.5')).deep.equal([[1, 'a,"b"\n;', 2.5]]);
    expect(rows('1,"",2')).deep.equal([[1, '', 2]]);
    expect([rows(null), rows(''), rows('\n')]).deep.equal([[], [], []]);
    expect(rows("1|'x|y'|2", COLUMNS, { 'field-delimiter': '|', 'quote-character': "'" })).deep.equal([[1, 'x|y', 2]]);
    expect(rows('1\t"x\t2', COLUMNS, { 'field-delimiter': '\\t', 'disable-quote-character': 'true' })).deep.equal([[1, '"x', 2]]);
    expect(rows('1\u0001x\u00012', COLUMNS, { 'field-delimiter': "U&'\\0001'" })).deep.equal([[1, 'x', 2]]);
    expect(rows('1,a\\,b,2', COLUMNS, { 'escape-character': '\\' })).deep.equal([[1, 'a,b', 2]]);
    expect(rows('# 1,a,2', COLUMNS, { 'allow-comments': 'true' })).deep.equal([]);
    expect(rows('7,ünï 😀 \u2028,0')).deep.equal([[7, 'ünï 😀 \u2028', 0]]);
  });
  it('types, exactly', () => {
    const columns = { b: BIGINT, d: decimal(38, 10), f: BOOLEAN, y: BYTES, da: DATE, t: time(3), ts: timestamp(6), l: timestampLtz(3), a: array(INT), r: row([{ name: 'x', type: INT }, { name: 's', type: STRING }]) };
    const line = '9223372036854775807,1234567890123456789012345678.0123456789,TRUE,AP8=,2024-02-29,23:59:59.999,2024-01-01 00:00:00.000001,2024-01-01 00:00:00.5Z,1;2;3,4;x';
    const values = [9223372036854775807n, 12345678901234567890123456780123456789n, true, Buffer.from([0, 255]), 19782, 86_399_999, 1_704_067_200_000_001, 1_704_067_200_500, [1, 2, 3], [4, 'x']];
    expect(rows(line, columns)).deep.equal([values]);
    expect(encodeOne('csv', columns, values)).equal(line.replace('TRUE', 'true'));
    expect(rows(' 5 ,1e3, no ,,2024-2-9,1:02:03,,', { b: BIGINT, d: decimal(10, 2), f: BOOLEAN, y: BYTES, da: DATE, t: time(0), ts: timestamp(3), l: timestampLtz(3) }, { 'null-literal': '' })).deep.equal([[5, 100000, false, null, 19762, 3_723_000, null, null]]);
    expect(rows('99999999999', { d: decimal(5, 2) })).deep.equal([[null]]);
  });
  it('NULL', () => {
    expect(rows('1,n/a,n/a', COLUMNS, { 'null-literal': 'n/a' })).deep.equal([[1, null, null]]);
    expect(rows('1,,2')).deep.equal([[1, '', 2]]);
    expect(encodeOne('csv', COLUMNS, [null, null, 1], { 'null-literal': 'n/a' })).equal('n/a,n/a,1.0');
    expect(encodeOne('csv', COLUMNS, [null, null, 1])).equal(',,1.0');
  });
  it('errors name field and line; ignore-parse-errors gives NULL or skips', () => {
    const lenient = { 'ignore-parse-errors': 'true' };
    for (const [line, message, instead] of [
      ['1,a', /row length mismatch: 3 fields expected but was 2/, [[1, 'a', null]]], ['1,a,2,3', /3 fields expected but was 4/, []], ['x,a,2', /field "id": 'x' cannot be read as INT/, [[null, 'a', 2]]],
      ['1.5,a,2', /cannot be read as INT/, [[null, 'a', 2]]], ['2147483648,a,2', /cannot be read as INT/, [[null, 'a', 2]]], [',a,2', /field "id"/, [[null, 'a', 2]]], ['1,"a,2', /a quoted field is not closed/, []],
    ] as const) {
      const error = fails(line);
      expect([error.code, error.domain]).deep.equal(['bad-record', 'data']);
      expect(error.message, line).match(message);
      expect(rows(line, COLUMNS, lenient), line).deep.equal(instead);
    }
    expect(decodeTester('csv', COLUMNS).error(Uint8Array.from([0x31, 0x2c, 0xff, 0x2c, 0x32])).message).contain('UTF-8');
  });
  it('quotes what it must when writing, and reads it back', () => {
    for (const text of ['plain', 'a,b', 'say "hi"', 'two\nlines', ' blanks ', '#hash', "it's", '', 'ü😀']) {
      const line = encodeOne('csv', { a: STRING, b: INT }, [text, 1]) ?? '';
      expect(rows(line, { a: STRING, b: INT }), line).deep.equal([[text, 1]]);
    }
    expect(encodeOne('csv', { a: STRING }, ['x,y'])).equal('"x,y"');
    expect([encodeOne('csv', { d: decimal(20, 10) }, [1]), encodeOne('csv', { d: decimal(20, 10) }, [1], { 'write-bigdecimal-in-scientific-notation': 'false' })]).deep.equal(['1E-10', '0.0000000001']);
  });
  it('refuses options and types by name', () => {
    expect(() => decodeTester('csv', COLUMNS, { 'field-delimiter': '||' })).to.throw(RivuletError, "Option 'csv.field-delimiter' must be a string with single character, but was: ||");
    expect(() => decodeTester('csv', COLUMNS, { 'disable-quote-character': 'true', 'quote-character': "'" })).to.throw(RivuletError, 'quote character');
    expect(() => decodeTester('csv', { m: map(STRING, INT) })).to.throw(RivuletError, `CSV format doesn't support type MAP<STRING, INT> (column "m")`);
    expect(() => decodeTester('csv', { m: array(array(INT)) })).to.throw(RivuletError, 'inside another');
  });
});
