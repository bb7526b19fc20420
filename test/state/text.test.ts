/** Recent strings give the text of the bytes, whatever they gave before: few values, many, none that repeats, and each again. */
import { expect } from 'chai';
import { stringMaker, type TextBuffer } from '../../core/row/text.ts';

/** Checks every text of a sequence; the table grows and gives up by what it meets. */
function check(count: number, textOf: (i: number) => string): void {
  const make = stringMaker(), bytes = Buffer.alloc(256) as TextBuffer;
  for (let i = 0; i < count; i++) {
    const text = textOf(i), from = i % 7, length = bytes.write(text, from, 'latin1');
    const made = make(bytes, from, from + length);
    if (made !== text) expect(made).to.equal(text);
  }
}

describe('recent strings', () => {
  it('are right for few values', () => { check(20_000, (i) => ['Google', 'Facebook', 'Baidu', 'Apple', ''][i % 5] ?? ''); });
  it('are right for values that fill the table while it grows', () => { check(300_000, (i) => `channel-${Math.imul(i, 0x9e3779b1) >>> 18}`); });
  it('are right for values that never repeat, until and after the table is dropped', () => { check(300_000, (i) => `value ${i}`); });
  it('are right for every length around a word and the longest, and for bytes above 127', () => { check(5_000, (i) => String.fromCharCode(97 + i % 150).repeat(i % 45)); });
  it('tell apart texts that differ in length or in one byte alone', () => { check(10_000, (i) => `${'\0'.repeat(i % 9)}${String.fromCharCode(i % 3)}`); });
  it('give the same string again', () => {
    const make = stringMaker(), bytes = Buffer.from('Facebook') as TextBuffer;
    expect(make(bytes, 0, 8)).to.equal('Facebook').and.equal(make(bytes, 0, 8));
  });
});
