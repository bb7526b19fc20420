/** Hostile and drifting input: poison pills, deep nesting, prototype names, exact numbers, schema drift, code in names. */
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BIGINT, INT, STRING, array, decimal, map, row, timestamp, type SqlType } from '../../core/types/sql-type.ts';
import { decodeOne, decodeTester, encodeOne, plain } from './support.ts';

describe('json: faults', () => {
  it('poison pills are refused with a reason, or skipped; their neighbours survive', () => {
    const pills: readonly (readonly [string, Uint8Array])[] = [
      ['not JSON', Buffer.from('hello')], ['text', Buffer.from('"text"')], ['array of numbers', Buffer.from('[1]')], ['truncated UTF-8', Buffer.concat([Buffer.from('{"a":1,"s":"'), Buffer.of(0xe2, 0x82), Buffer.from('"}')])], ['overlong UTF-8', Buffer.concat([Buffer.from('{"s":"'), Buffer.of(0xc0, 0x80), Buffer.from('"}')])],
      ['surrogate in UTF-8', Buffer.concat([Buffer.from('{"s":"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"}')])], ['bad UTF-8 in a column nobody reads', Buffer.concat([Buffer.from('{"a":1,"x":"'), Buffer.of(0xff), Buffer.from('"}')])], ['NUL', Buffer.from('{"a":\u00001}')], ['only NUL', Buffer.from('\u0000')],
      ['cut', Buffer.from('{"a":1,"s":"x')], ['cut number', Buffer.from('{"a":1')], ['UTF-16', Buffer.from('{"a":1}', 'utf16le')], ['comma', Buffer.from('{"a":1,}')], ['single quotes', Buffer.from("{'a':1}")], ['bad escape', Buffer.from('{"s":"\\x"}')], ['bad \\u', Buffer.from('{"s":"\\u12g4"}')], ['NaN', Buffer.from('{"a":NaN}')], ['leading zero', Buffer.from('{"a":01}')], ['plus', Buffer.from('{"a":+1}')],
    ];
    const strict = decodeTester('json', { a: INT, s: STRING }), lenient = decodeTester('json', { a: INT, s: STRING }, { 'ignore-parse-errors': 'true' });
    for (const round of [1, 2, 3]) for (const [name, bytes] of pills) {
      const error = strict.error(bytes);
      expect(error.code, `${name} ${round}`).equal('bad-record');
      expect(error.domain).equal('data');
      expect(error.detail ?? '', name).match(/^Failed to deserialize JSON '/);
      expect(lenient.rows(bytes), name).deep.equal([]);
      for (const tester of [strict, lenient]) expect(tester.rows('{"a":7,"s":"ok"}')).deep.equal([['+I', 7, 'ok']]);
    }
  });
  it('a byte order mark is skipped, a NUL inside a string is kept, a lone surrogate becomes a question mark', () => {
    expect(decodeOne({ a: INT }, Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from('{"a":1}')]))).deep.equal([1]);
    expect(decodeOne({ a: STRING }, '{"a":"x\u0000y"}')).deep.equal(['x\u0000y']);
    expect(decodeOne({ a: STRING }, '{"a":"\\udc00\\ud83d\\ude00\\ud800"}')).deep.equal(['?😀?']);
  });
  it('100,000 levels are refused by the depth limit, 999 are read', () => {
    for (const [open, close] of [['[', ']'], ['{"a":', '}']] as const) {
      const deep = `{"s":${open.repeat(100_000)}1${close.repeat(100_000)}}`, fine = `{"s":${open.repeat(998)}1${close.repeat(998)},"a":5}`;
      for (const columns of [{ s: STRING, a: INT }, { a: INT }] as Record<string, SqlType>[]) {
        const tester = decodeTester('json', columns);
        for (let i = 0; i < 3; i++) {
          expect(tester.error(deep).message).contain('nested deeper than 1000 levels');
          expect(tester.rows(fine)[0]?.at(-1)).equal(5);
        }
      }
    }
    expect(decodeTester('json', { a: INT }).error('['.repeat(100_000)).code).equal('bad-record');
    const flat = decodeTester('json', { 'a.a': INT }, { 'infer-schema.flatten-nested-columns.enable': 'true' });
    expect(flat.error(`${'{"a":'.repeat(100_000)}1`).code).equal('bad-record');
  });
  it('names of Object.prototype are data: as columns, nested, as map keys', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then', 'valueOf'];
    const columns: Record<string, SqlType> = Object.create(null);
    for (const name of names) columns[name] = STRING;
    const fields = names.map((name) => ({ name, type: INT })), nested = `{${names.map((n, i) => `"${n}":${i}`).join(',')}}`;
    expect(decodeOne(columns, `{${names.map((n) => `"${n}":"v ${n}"`).join(',')}}`)).deep.equal(names.map((n) => `v ${n}`));
    expect(decodeOne(columns, '{"a":1}')).deep.equal(names.map(() => null));
    expect(decodeOne({ r: row(fields), m: map(STRING, INT) }, `{"r":${nested},"m":${nested}}`)).deep.equal([names.map((_, i) => i), new Map(names.map((n, i) => [n, i]))]);
    expect(encodeOne('json', columns, names.map((n) => `v ${n}`))).equal(`{${names.map((n) => `"${n}":"v ${n}"`).join(',')}}`);
    expect(encodeOne('json', { r: row(fields), m: map(STRING, INT) }, [names.map((_, i) => i), new Map(names.map((n, i) => [n, i]))])).equal(`{"r":${nested},"m":${nested}}`);
    expect(({} as Record<string, unknown>)['polluted']).equal(undefined);
    decodeOne({ x: STRING }, '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"x":{"__proto__":{"polluted":1}}}');
    expect(({} as Record<string, unknown>)['polluted']).equal(undefined);
  });
  it('numbers are exact both ways', () => {
    const columns = { a: BIGINT, b: decimal(38, 18), c: decimal(38, 0), d: array(BIGINT) };
    const json = '{"a":9007199254740993,"b":12345678901234567890.123456789012345678,"c":-99999999999999999999999999999999999999,"d":[-9223372036854775808,9007199254740992,9007199254740991]}';
    const values = decodeOne(columns, json);
    expect(JSON.stringify(values, plain)).equal('["9007199254740993n","12345678901234567890123456789012345678n","-99999999999999999999999999999999999999n",["-9223372036854775808n","9007199254740992n",9007199254740991]]');
    expect(encodeOne('json', columns, values)).equal(json);
  });
  it('schema drift: type changes and new fields, record by record', () => {
    const { rows, error } = decodeTester('json', { a: INT, s: STRING });
    for (let i = 0; i < 40; i++) {
      expect(rows('{"a":1,"s":"x"}')).deep.equal([['+I', 1, 'x']]);
      expect(rows('{"a":"2","s":{"k":1}}')).deep.equal([['+I', 2, '{"k":1}']]);
      expect(rows('{"a":3,"s":[true],"new":{"deep":[1]}}')).deep.equal([['+I', 3, '[true]']]);
      expect(rows('{"s":"only"}')).deep.equal([['+I', null, 'only']]);
      expect(rows(`{"s":"y","a":4,"f${i}":null}`)).deep.equal([['+I', 4, 'y']]);
      expect(error('{"a":{"k":1},"s":"x"}').message).contain('field "a"');
    }
  });
  it('wide objects: 10,000 columns, 500 of them wanted', () => {
    const columns: Record<string, SqlType> = {}, names = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    for (const n of names.filter((_, i) => i % 20 === 0)) columns[n] = INT;
    const json = `{${names.map((n, i) => `"${n}":${i}`).join(',')}}`, small = `{${Object.keys(columns).slice(0, 200).map((n) => `"${n}":1`).join(',')}}`;
    expect(decodeOne(columns, json)).deep.equal(names.map((_, i) => i).filter((i) => i % 20 === 0));
    expect(decodeOne(columns, small).filter((v) => v === 1)).length(200);
  });
  it('strings and names come out unchanged', () => {
    const texts = ['"', "'", '`', '${x}', '\\', '\n', '\u2028\u2029', '😀', '\u202eabc', 'a\u0000b', '</script>', '\ufeff'];
    const columns: Record<string, SqlType> = {};
    texts.forEach((t) => { columns[`n${t}`] = STRING; });
    const json = encodeOne('json', columns, texts) ?? '';
    expect(JSON.parse(json)).deep.equal(Object.fromEntries(texts.map((t) => [`n${t}`, t])));
    expect(decodeOne(columns, json)).deep.equal(texts);
  });
  it('code in names is data', () => {
    const canary = join(tmpdir(), `rivulet-canary-${process.pid}`);
    const write = `require('fs').writeFileSync(${JSON.stringify(canary)},'x')`;
    const names = ['x"];process.exit(1);//', '${process.exit(1)}', '\u2028process.exit(1)', "constructor.constructor('return process')().exit(1)", '__proto__', `"]));${write};//`, `*/${write}/*`, '`+process.exit(1)+`', '\\"];process.exit(1)//', "');process.exit(1)//"];
    const columns: Record<string, SqlType> = Object.create(null);
    for (const n of names) columns[n] = STRING;
    const json = `{${names.map((n) => `${JSON.stringify(n)}:${JSON.stringify(n)}`).join(',')}}`;
    expect(decodeOne(columns, json)).deep.equal(names);
    expect(encodeOne('json', columns, names)).equal(json.replace('\u2028', '\u2028'));
    // Learned shapes hold the unknown names of the data too.
    const tester = decodeTester('json', { a: INT });
    for (let i = 0; i < 3; i++) expect(tester.rows(`${json.slice(0, -1)},"a":1}`)).deep.equal([['+I', 1]]);
    for (const literal of names) expect(encodeOne('json', { m: map(STRING, INT) }, [new Map([[null, 1]])], { 'map-null-key.mode': 'LITERAL', 'map-null-key.literal': literal })).equal(`{"m":{${JSON.stringify(literal)}:1}}`);
    expect(existsSync(canary)).equal(false);
    rmSync(canary, { force: true });
  });
  it('an error text is short and without control characters', () => {
    const error = decodeTester('json', { a: INT, t: timestamp(3) }).error(`{"a":"${'x\n'.repeat(5000).replaceAll('\n', '\\n')}"}`);
    expect(error.message.length).lessThan(300);
    expect(error.detail?.length).lessThan(400);
    expect(decodeTester('json', { a: INT }).error('\u001b[31m{').detail).contain('\\u001b');
  });
});
