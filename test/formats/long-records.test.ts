/**
 * Messages of up to a megabyte of the same thing: reading takes time by their length, not by its square (that would take minutes: the limit of
 * the test stands for it), and what is thrown stays short.
 */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { ChangeBatch, MAX_BATCH_ROWS } from '../../core/row/batch.ts';
import { BIGINT, BYTES, DOUBLE, STRING, array, decimal, map, timestamp, type SqlType } from '../../core/types/sql-type.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { formatRuntime } from '../../runtime/formats/runtimes.ts';

const long = (unit: string, size = 300_000): string => unit.repeat(Math.floor(size / unit.length)), MEGABYTE = 1_000_000;
const TYPES: Readonly<Record<string, SqlType>> = { n: BIGINT, s: STRING, d: decimal(38, 18), t: timestamp(3), f: DOUBLE, y: BYTES, a: array(BIGINT), m: map(STRING, STRING) };
const VALUES = [
  long('9'), `0.${long('9')}`, `1e${long('9')}`, `"${long(' ')}"`, `"${long('\\u00e9')}"`, `"${long('\\\\')}"`, `"${long('\\ud800')}"`, `"${long('é')}"`, `[${long('1,')}1]`, `[${long('"a",')}1]`, `[${long('{},')}1]`, `{${long('"k":1,')}"k":1}`,
  `{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":${i}`).join(',')}}`, `"2024-01-01 00:00:00.${long('0')}"`, `"${long('A=')}"`, `"${long('A ')}"`,
];
const LINES = ['x"', '"x', ' "', ',', '"', ',"', '\\'].map((unit) => long(unit, MEGABYTE)).flatMap((text) => [text, `1,${text}`, `"${text}"`]);

describe('formats: long messages', function () {
  this.timeout(60_000);
  const read = (format: string, columns: Readonly<Record<string, SqlType>>, message: string, lenient: boolean): string | undefined => {
    const fields = Object.keys(columns).map((name) => ({ name, type: columns[name] as SqlType }));
    const settings = JSON.parse(JSON.stringify(formatRegistry.get(format)?.describe(new Map(lenient ? [['ignore-parse-errors', 'true']] : []), fields, 'value', 'decode')));
    const decoder = formatRuntime(format).decoder(settings, fields.map((f, slot) => ({ ...f, slot })), fields), bytes = Buffer.from(message);
    try { decoder.decode(bytes, 0, bytes.length, ChangeBatch.withWidth(fields.length), new Uint8Array(MAX_BATCH_ROWS), 0); return undefined; } catch (error) {
      if (!(error instanceof RivuletError) || error.code !== 'bad-record') throw error;
      return error.message + (error.detail ?? '');
    }
  };
  for (const lenient of [false, true]) it(`C12, D1: 300 KB of the same thing in a field of every type, json${lenient ? ', ignore-parse-errors' : ''}`, () => {
    for (const name of Object.keys(TYPES)) for (const value of VALUES) {
      const error = read('json', TYPES, `{"${name}":${value}}`, lenient);
      if (lenient) expect(error, `${name} ${value.slice(0, 20)}`).to.equal(undefined);
      else expect(error?.length ?? 0).to.be.lessThan(1500);
    }
  });
  it('C12, D1: a line of a megabyte of quotes, delimiters and blanks, csv', () => {
    for (const line of LINES) expect(read('csv', { n: BIGINT, s: STRING }, line, false)?.length ?? 0).to.be.lessThan(1500);
  });
  it('C12: 10,000 columns and keys of a megabyte are read', () => {
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`c${i}`, BIGINT]));
    const message = `{${Object.keys(wide).map((k, i) => `"${k}":${i}`).join(',')}}`;
    for (const format of ['json']) expect(read(format, wide, message, false)).to.equal(undefined);
    expect(read('csv', wide, Object.keys(wide).map((_, i) => String(i)).join(','), false)).to.equal(undefined);
    expect(read('json', { [long('k', MEGABYTE)]: BIGINT }, `{"${long('k', MEGABYTE)}":1,"${long('z', MEGABYTE)}":2}`, false)).to.equal(undefined);
  });
});
