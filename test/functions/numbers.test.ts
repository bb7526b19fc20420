/** Longs and decimals against plain BigInt and rational arithmetic, on random values of all sizes. */
import { expect } from 'chai';
import { add64, addExact, asLong, compareLong, divide64, floorDivide, floorModulo, lowInt, longFromDouble, multiply64, multiplyExact, negate64, remainder, subtract64, wrap64 } from '../../core/types/long.ts';
import { checkPrecision, decimalFromDouble, decimalText, divideDecimal, parseDecimal, rescale, rescaleDown } from '../../core/types/decimal.ts';
import { doubleText, floatText } from '../../core/types/java-number.ts';
import type { Long } from '../../core/types/sql-type.ts';
import { Random } from './random.ts';

const ROUNDS = 4000;
const isCanonical = (v: Long): boolean => (typeof v === 'number' ? Number.isSafeInteger(v) && !Object.is(v, -0) : v > 9007199254740991n || v < -9007199254740991n);
const EDGES = [0n, 1n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) + 1n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 2n ** 31n, -(2n ** 31n)];

describe('long arithmetic', () => {
  const random = new Random();
  const value = (): bigint => (random.below(4) === 0 ? random.pick(EDGES) : BigInt.asIntN(64, random.big(64)));
  const check = (what: string, given: Long, wanted: bigint): void => {
    expect(isCanonical(given), `${what} gave ${String(given)}, seed ${random.seed}`).to.equal(true);
    expect(BigInt(given), `${what}, seed ${random.seed}`).to.equal(wanted);
  };
  it('agrees with 64-bit two\'s complement', () => {
    for (let i = 0; i < ROUNDS; i++) {
      const a = value(), b = value(), x = asLong(a), y = asLong(b);
      check(`${a} + ${b}`, add64(x, y), BigInt.asIntN(64, a + b));
      check(`${a} - ${b}`, subtract64(x, y), BigInt.asIntN(64, a - b));
      check(`${a} * ${b}`, multiply64(x, y), BigInt.asIntN(64, a * b));
      check(`-${a}`, negate64(x), BigInt.asIntN(64, -a));
      check(`(int) ${a}`, lowInt(x), BigInt.asIntN(32, a));
      if (b !== 0n) {
        check(`${a} / ${b}`, divide64(x, y), BigInt.asIntN(64, a / b));
        check(`${a} % ${b}`, remainder(x, y), a % b);
      }
      expect(compareLong(x, y)).to.equal(a < b ? -1 : a > b ? 1 : 0);
    }
  });
  it('exact operations never wrap', () => {
    for (let i = 0; i < ROUNDS; i++) {
      const a = random.big(126), b = random.big(126);
      check(`${a} + ${b}`, addExact(asLong(a), asLong(b)), a + b);
      check(`${a} * ${b}`, multiplyExact(asLong(a), asLong(b)), a * b);
    }
  });
  it('floor division has a remainder from 0 up to the divisor', () => {
    for (let i = 0; i < ROUNDS; i++) {
      const a = value(), d = random.pick([1, 7, 1000, 86_400_000, 86_400_000_000_000]);
      const q = BigInt(floorDivide(asLong(a), d)), r = floorModulo(asLong(a), d);
      expect(r >= 0 && r < d && q * BigInt(d) + BigInt(r) === a, `${a} by ${d}, seed ${random.seed}`).to.equal(true);
    }
  });
  it('wraps and clamps at the edges', () => {
    expect(wrap64(2n ** 63n)).to.equal(-(2n ** 63n));
    expect([longFromDouble(1e300), longFromDouble(-1e300), longFromDouble(Number.NaN), longFromDouble(-0.5), longFromDouble(1.9)]).to.deep.equal([2n ** 63n - 1n, -(2n ** 63n), 0, 0, 1]);
  });
});

/** round(numerator / denominator) half away from zero. */
function halfUp(numerator: bigint, denominator: bigint): bigint {
  const n = (numerator < 0n ? -numerator : numerator) * 2n, d = denominator < 0n ? -denominator : denominator;
  const size = (n + d) / (2n * d);
  return (numerator < 0n) === (denominator < 0n) ? size : -size;
}
describe('decimal arithmetic', () => {
  const random = new Random();
  it('rescales half up, or cuts', () => {
    for (let i = 0; i < ROUNDS; i++) {
      const v = random.big(126), from = random.below(30), to = random.below(30);
      const wanted = to >= from ? v * 10n ** BigInt(to - from) : halfUp(v, 10n ** BigInt(from - to));
      expect(BigInt(rescale(asLong(v), from, to)), `${v} ${from}→${to}, seed ${random.seed}`).to.equal(wanted);
      expect(BigInt(rescaleDown(asLong(v), from, to))).to.equal(to >= from ? wanted : v / 10n ** BigInt(from - to));
    }
  });
  it('divides to 38 digits, then to the scale', () => {
    for (let i = 0; i < ROUNDS; i++) {
      const a = random.big(100), b = random.big(100) || 1n, s1 = random.below(10), s2 = random.below(10), scale = 6 + random.below(12);
      // reference: the quotient as a fraction of integers, its decimal exponent by comparing, 38 significant digits, then the scale
      const n = a * 10n ** BigInt(s2), d = b * 10n ** BigInt(s1), abs = (x: bigint): bigint => (x < 0n ? -x : x);
      let shift = 60;
      const power = (e: number): bigint => 10n ** BigInt(Math.max(0, e)); // below 0 the divisor is scaled instead
      while (abs(n) * power(shift) / (abs(d) * power(-shift)) >= 10n ** 38n) shift--;
      let wanted: bigint | null = 0n;
      if (a !== 0n) {
        const rounded = halfUp(n * power(shift), d * power(-shift));
        wanted = scale >= shift ? rounded * 10n ** BigInt(scale - shift) : halfUp(rounded, 10n ** BigInt(shift - scale));
        if (abs(wanted) >= 10n ** 38n) wanted = null;
      }
      const given = divideDecimal(asLong(a), s1, asLong(b), s2, 38, scale);
      expect(given === null ? null : BigInt(given), `${a}e-${s1} / ${b}e-${s2} at ${scale}, seed ${random.seed}`).to.equal(wanted);
    }
  });
  it('text and value are inverse', () => {
    for (let i = 0; i < ROUNDS; i++) {
      const v = asLong(random.big(120)), scale = random.below(20);
      expect(parseDecimal(decimalText(v, scale), 38, scale)).to.equal(checkPrecision(v, 38));
    }
  });
  it('reads what Java reads', () => {
    const cases: readonly [string, number, number, Long | null | undefined][] = [
      ['1.10', 3, 2, 110], ['-.5', 3, 1, -5], ['1e3', 5, 0, 1000], ['1E-3', 5, 3, 1], [' 12 ', 5, 0, 12], ['9.995', 3, 2, null], ['9.994', 3, 2, 999], ['1e99999', 5, 0, null], ['1e-99999', 5, 2, 0],
      ['', 5, 0, undefined], ['abc', 5, 0, undefined], ['1.2.3', 5, 0, undefined], ['0.000', 5, 2, 0], ['-0', 5, 0, 0], ['00012', 2, 0, 12], ['-0.005', 5, 2, -1], [`1${'0'.repeat(40)}`, 38, 0, null],
    ];
    for (const [text, p, s, wanted] of cases) expect(parseDecimal(text, p, s), text).to.equal(wanted);
    expect([decimalFromDouble(0.1, 10, 3), decimalFromDouble(1e30, 10, 0), decimalFromDouble(Number.NaN, 10, 0)]).to.deep.equal([100, null, null]);
  });
});
describe('numbers as Java prints them', () => {
  it('doubles and floats', () => {
    const doubles: readonly [number, string][] = [[1, '1.0'], [0.1, '0.1'], [1e7, '1.0E7'], [12345678.5, '1.23456785E7'], [1e-3, '0.001'], [0.00012, '1.2E-4'], [1e21, '1.0E21'], [-0, '-0.0'], [NaN, 'NaN'], [-Infinity, '-Infinity'], [9999999, '9999999.0'], [-1.5e-10, '-1.5E-10'], [123456789012, '1.23456789012E11']];
    for (const [v, text] of doubles) expect(doubleText(v)).to.equal(text);
    expect([floatText(Math.fround(0.1)), floatText(Math.fround(16777216)), floatText(Math.fround(3.4e38))]).to.deep.equal(['0.1', '1.6777216E7', '3.4E38']);
  });
  it('has two digits where Java has: the smallest numbers', () => {
    expect([5e-324, -5e-324, 1e-323, 1.5e-323].map(doubleText)).to.deep.equal(['4.9E-324', '-4.9E-324', '9.9E-324', '1.5E-323']);
    expect(floatText(Math.fround(1e-45))).to.equal('1.4E-45');
  });
  it('reads back to the same number', () => {
    const random = new Random(), view = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < ROUNDS; i++) {
      view.setUint32(0, random.next() * 4294967296); view.setUint32(4, random.next() * 4294967296);
      const d = view.getFloat64(0), f = view.getFloat32(0);
      expect(Number(doubleText(d))).to.deep.equal(d);
      expect(Math.fround(Number(floatText(f)))).to.deep.equal(f);
    }
  });
});
