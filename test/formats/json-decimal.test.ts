/** DECIMAL written without a string in between, against the text it must be. */
import { expect } from 'chai';
import { decimalText } from '../../core/types/decimal.ts';
import { GrowingBuffer } from '../../runtime/formats/byte-sink.ts';
import { writeDecimal } from '../../runtime/formats/json/write.ts';

const written = (value: number, scale: number): string => { const out = new GrowingBuffer(8); writeDecimal(value, scale, out); return out.bytes.toString('latin1', 0, out.length); };

describe('json: DECIMAL', () => {
  it('is what the decimal prints as, at every scale and size', () => {
    let seed = 7;
    const random = (): number => { seed = Math.imul(seed, 1103515245) + 12345 & 0x7fffffff; return seed / 0x80000000; };
    for (let scale = 1; scale <= 15; scale++) {
      const edges = Array.from({ length: 16 }, (_, i) => 10 ** i).flatMap((n) => [n - 1, n, n + 1, n * 9]).filter((n) => Number.isSafeInteger(n));
      const values = [0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, ...edges, ...Array.from({ length: 500 }, () => Math.floor(random() * 10 ** Math.floor(1 + random() * 15)))];
      for (const value of values) for (const signed of value === 0 ? [0] : [value, -value]) expect(written(signed, scale)).to.equal(decimalText(signed, scale));
    }
  });
});
