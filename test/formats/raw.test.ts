/** The raw format: every type both ways, charsets, byte order, wrong sizes, NULL. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { BIGINT, BOOLEAN, BYTES, DOUBLE, FLOAT, INT, SMALLINT, STRING, TINYINT, array, type SqlType } from '../../core/types/sql-type.ts';
import { decodeTester, encodeBytes } from './support.ts';

const CASES: readonly (readonly [SqlType, unknown, string, string])[] = [
  [BOOLEAN, true, '01', '01'], [TINYINT, -2, 'fe', 'fe'], [SMALLINT, -2, 'fffe', 'feff'], [INT, 258, '00000102', '02010000'], [BIGINT, 258, '0000000000000102', '0201000000000000'], [BIGINT, -9223372036854775808n, '8000000000000000', '0000000000000080'],
  [FLOAT, 1.5, '3fc00000', '0000c03f'], [DOUBLE, 1.5, '3ff8000000000000', '000000000000f83f'], [STRING, 'é😀', 'c3a9f09f9880', 'c3a9f09f9880'], [STRING, '', '', ''], [BYTES, Uint8Array.of(0, 255), '00ff', '00ff'],
];
describe('raw', () => {
  for (const [type, value, big, little] of CASES) {
    it(`${type.kind} ${String(value)}`, () => {
      for (const [hex, options] of [[big, {}], [little, { endianness: 'little-endian' }]] as const) {
        expect(encodeBytes('raw', { v: type }, [value], options)?.toString('hex')).equal(hex);
        expect(decodeTester('raw', { v: type }, options).rows(Buffer.from(hex, 'hex'))).deep.equal([['+I', value]]);
      }
    });
  }
  it('NULL is a null message, and back', () => {
    expect(encodeBytes('raw', { v: STRING }, [null])).equal(null);
    expect(decodeTester('raw', { v: STRING }).rows(null)).deep.equal([['+I', null]]);
  });
  it('charsets', () => {
    expect(decodeTester('raw', { v: STRING }, { charset: 'GBK' }).rows(Buffer.of(0xc4, 0xe3))).deep.equal([['+I', '你']]);
    expect(encodeBytes('raw', { v: STRING }, ['é'], { charset: 'ISO-8859-1' })?.toString('hex')).equal('e9');
    expect(encodeBytes('raw', { v: STRING }, ['aé'], { charset: 'UTF-16LE' })?.toString('hex')).equal('6100e900');
    expect(() => decodeTester('raw', { v: STRING }, { charset: 'nonsense' })).to.throw(RivuletError, "unsupported 'nonsense'");
  });
  it('refuses wrong sizes, several columns and types without a raw form', () => {
    expect(decodeTester('raw', { v: INT }).error(Buffer.alloc(3)).message).contain('INT type is not 4');
    expect(() => decodeTester('raw', { v: INT, w: INT })).to.throw(RivuletError, 'only supports single physical column');
    expect(() => decodeTester('raw', { v: array(INT) })).to.throw(RivuletError, 'ARRAY<INT>');
  });
});
