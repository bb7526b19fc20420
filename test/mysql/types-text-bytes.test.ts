/** Values read from the bytes of the text protocol are those that are read from its texts. */
import { expect } from 'chai';
import type { MySqlColumn } from '../../runtime/connectors/mysql/contract.ts';
import { dateOf, datetimeOf, decimalOf, integerOf } from '../../runtime/connectors/mysql/types/text-bytes.ts';
import { textReader } from '../../runtime/connectors/mysql/types/text-decoder.ts';

const column = (dataType: string, length: number | null, scale: number | null): MySqlColumn => ({ name: 'c', dataType, length, scale, unsigned: false, nullable: true, charset: null, collation: null, values: null, generated: false, comment: '' });
const same = (of: MySqlColumn, texts: readonly string[], read: (b: Buffer, start: number, end: number) => unknown): void => {
  const expected = textReader({ database: 'd', table: 't' }, of, { timeZone: 'UTC', compactJson: false }) as (text: string) => unknown;
  for (const text of texts) {
    const bytes = Buffer.from(`--${text}99`);
    expect(read(bytes, 2, bytes.length - 2), `${of.dataType} ${text}`).to.equal(expected(text));
  }
};

describe('mysql: values from bytes', () => {
  it('integers of every length', () => { same(column('bigint', null, null), ['0', '-1', '7', '0007', '999999999999999', '-99999999999999', '9007199254740991', '9007199254740992', '-9223372036854775808', '18446744073709551615'], integerOf); });
  it('decimals of every length and sign', () => {
    same(column('decimal', 38, 10), ['0', '0.00', '-0.05', '12.50', '-12.50', '00012.50', '999999999999.99', '9999999999999.99', '-99999999999999.99', '1234567890123456789012345678.0123456789', '-0.0000000001', '-1234567890123456789012345678.0123456789'], decimalOf);
  });
  it('dates, those that are none, and the ends of the calendar', () => { same(column('date', null, null), ['2020-02-29', '0000-00-00', '2020-00-10', '2020-10-00', '0001-01-01', '1969-12-31', '9999-12-31'], dateOf); });
  it('datetimes of every precision', () => {
    for (let scale = 0; scale <= 6; scale++) {
      const fraction = scale === 0 ? '' : `.${'123456'.slice(0, scale)}`;
      same(column('datetime', null, scale), [`2020-02-29 12:34:56${fraction}`, `1000-01-01 00:00:00${fraction}`, `9999-12-31 23:59:59${fraction}`, `1969-12-31 23:59:59${fraction}`, `0000-00-00 00:00:00${fraction}`], datetimeOf(scale));
    }
  });
});
