/** Aggregates under additions and retractions in random order against a computation from scratch over the rows that are left. */
import { expect } from 'chai';
import { asLong } from '../../core/types/long.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, SMALLINT, STRING, TINYINT, decimal, typeText, type SqlType } from '../../core/types/sql-type.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import { joinTexts, replaceAll } from '../../runtime/functions/text-limit.ts';
import { plainError } from '../../runtime/graph/messages.ts';
import { Random } from './random.ts';

const bits: Readonly<Record<string, number>> = { TINYINT: 8, SMALLINT: 16, INT: 32, BIGINT: 64, DECIMAL: 60 };
function randomOf(random: Random, type: SqlType): unknown {
  if (random.below(6) === 0) return null;
  if (type.kind === 'DOUBLE') return random.below(2000) - 1000; // whole numbers: sums are exact in any order
  if (type.kind === 'BOOLEAN') return random.below(2) === 0;
  if (type.kind === 'VARCHAR') return random.pick(['a', 'b', 'c', '']);
  return asLong(BigInt.asIntN(bits[type.kind] ?? 32, random.big(bits[type.kind] ?? 32)));
}
const wrap = (v: bigint, type: SqlType): unknown => asLong(type.kind === 'DECIMAL' ? v : BigInt.asIntN(bits[type.kind] ?? 64, v));
const total = (values: readonly unknown[]): bigint => values.reduce((s: bigint, v) => s + BigInt(v as number), 0n);
/** From the non-null values in order. */
const REFERENCE: Readonly<Record<string, (values: readonly unknown[], type: SqlType) => unknown>> = {
  COUNT: (v) => v.length,
  SUM: (v, t) => (v.length === 0 ? null : t.kind === 'DOUBLE' ? Number(total(v)) : wrap(total(v), t)),
  $SUM0: (v, t) => (t.kind === 'DOUBLE' ? Number(total(v)) : wrap(total(v), t)),
  AVG: (v, t) => {
    if (v.length === 0) return null;
    if (t.kind === 'DOUBLE') return Number(total(v)) / v.length;
    if (t.kind !== 'DECIMAL') return wrap(BigInt.asIntN(64, total(v)) / BigInt(v.length), t);
    const n = total(v) * 10n ** BigInt(Math.max(6, t.scale) - t.scale), d = BigInt(v.length), size = ((n < 0n ? -n : n) * 2n + d) / (2n * d);
    return asLong(n < 0n ? -size : size);
  },
  COLLECT: (v) => { const m = new Map<unknown, number>(); for (const x of v) m.set(x, (m.get(x) ?? 0) + 1); return [...m].sort(); },
  BOOL_AND: (v) => (v.length === 0 ? null : v.every((x) => x === true)),
  BOOL_OR: (v) => (v.length === 0 ? null : v.includes(true)),
};
const NUMERIC = [TINYINT, SMALLINT, INT, BIGINT, DOUBLE, decimal(18, 2)];
const CASES: readonly (readonly [string, readonly SqlType[]])[] = [['COUNT', [INT, STRING]], ['SUM', NUMERIC], ['$SUM0', NUMERIC], ['AVG', NUMERIC], ['COLLECT', [INT, STRING]], ['BOOL_AND', [BOOLEAN]], ['BOOL_OR', [BOOLEAN]]];

describe('texts made of many', () => {
  const big = 'x'.repeat(1 << 20);
  it('have a limit that is looked at before they are made; what is below it is made', () => {
    expect(replaceAll(big, 'x', 'yy').length).to.equal(1 << 21);
    expect([replaceAll('aXbX', 'X', '$&'), replaceAll('ab', '', '-'), joinTexts('ARRAY_JOIN', ['a', 'b'], '-'), joinTexts('ARRAY_JOIN', [], big)]).to.deep.equal(['a$&b$&', '-a-b-', 'a-b', '']);
    expect(replaceAll(big, 'z', big), 'long, but nothing to replace').to.equal(big);
    for (const make of [() => replaceAll(big, 'x', big), () => replaceAll(big, '', big), () => joinTexts('ARRAY_JOIN', ['a', 'b', 'c'], 'x'.repeat(1 << 23))]) expect(make).to.throw().with.property('code', 'invalid-argument');
    expect(plainError(new RangeError('Invalid string length'), 'Calc').code).to.equal('text-too-large');
  });
});
describe('aggregates', () => {
  for (const [name, types] of CASES) for (const type of types) it(`${name} of ${typeText(type)}`, () => {
    const random = new Random(), fn = functionRegistry.aggregate(name), signature = fn?.infer([{ type }]);
    if (fn === undefined || signature === undefined) throw new Error(name);
    const aggregate = fn.compile([type], signature.result, { retract: true });
    const acc: unknown[] = ['untouched'], live: unknown[] = [];
    aggregate.init(acc, 1);
    for (let step = 0; step < 300; step++) {
      if (live.length > 0 && random.below(3) === 0) { const [gone] = live.splice(random.below(live.length), 1); aggregate.retract(acc, 1, gone, undefined); }
      else { const v = randomOf(random, type); live.push(v); aggregate.add(acc, 1, v, undefined); }
      const given = aggregate.result(acc, 1), wanted = REFERENCE[name]?.(live.filter((v) => v !== null), type);
      expect(given instanceof Map ? [...given].sort() : given, `seed ${random.seed}, step ${step}`).to.deep.equal(wanted);
    }
    expect([acc[0], acc.length]).to.deep.equal(['untouched', 1 + aggregate.slots.length]);
  });
  const over = (name: string, types: readonly SqlType[], rows: readonly (readonly unknown[])[]): unknown => {
    const fn = functionRegistry.aggregate(name), signature = fn?.infer(types.map((type) => ({ type, literal: type.kind === 'VARCHAR' ? { value: ';' } : undefined })));
    if (fn === undefined || signature === undefined) throw new Error(name);
    const aggregate = fn.compile(types, signature.result, { retract: false }), acc: unknown[] = [];
    aggregate.init(acc, 0);
    for (const [a, b] of rows) aggregate.add(acc, 0, a, b);
    return aggregate.result(acc, 0);
  };
  it('MIN and MAX skip NULL, keep bigint order and give NULL for nothing', () => {
    const rows = [[null], [2n ** 60n], [5], [-7]];
    expect([over('MIN', [BIGINT], rows), over('MAX', [BIGINT], rows), over('MAX', [BIGINT], [[null]])]).to.deep.equal([-7, 2n ** 60n, null]);
    expect(over('MAX', [STRING], [['\uffff'], ['😀'], ['z']])).to.equal('😀'); // by code points
  });
  it('FIRST_VALUE, LAST_VALUE, LISTAGG, ARRAY_AGG go by arrival', () => {
    const rows = [[null], ['b'], ['a'], [null]];
    expect([over('FIRST_VALUE', [STRING], rows), over('LAST_VALUE', [STRING], rows), over('LISTAGG', [STRING], rows)]).to.deep.equal(['b', 'a', 'b,a']);
    expect(over('LISTAGG', [STRING, STRING], rows.map(([v]) => [v, ';']))).to.equal('b;a');
    expect(over('ARRAY_AGG', [STRING], rows)).to.deep.equal([null, 'b', 'a', null]);
    const kept = functionRegistry.aggregate('LISTAGG')?.compile([STRING, STRING], STRING, { retract: true }).values as { fromValues(v: Iterable<unknown>, by: unknown): unknown };
    expect([kept.fromValues(['x', 'y'], ' | '), kept.fromValues([], ',')]).to.deep.equal(['x | y', null]);
  });
  it('LISTAGG refuses to grow a text that would fill the heap of its thread, in order of arrival and out of kept values', () => {
    const piece = 'x'.repeat(1 << 20), pieces = Array.from({ length: 15 }, () => [piece]);
    expect((over('LISTAGG', [STRING], pieces) as string).length).to.equal(15 * (1 << 20) + 14);
    for (const more of [[...pieces, [piece]], [...pieces, [piece], ['y']]]) expect(() => over('LISTAGG', [STRING], more)).to.throw().with.property('code', 'invalid-argument');
    const kept = functionRegistry.aggregate('LISTAGG')?.compile([STRING], STRING, { retract: true }).values as { fromValues(v: Iterable<unknown>): unknown };
    expect(() => kept.fromValues([...pieces, [piece]].flat())).to.throw().with.property('code', 'invalid-argument');
  });
  it('variances of a known sample', () => {
    const rows = [[2], [4], [4], [4], [5], [5], [7], [9], [null]];
    expect([over('VAR_POP', [DOUBLE], rows), over('STDDEV_POP', [DOUBLE], rows), over('VAR_SAMP', [DOUBLE], [[1]]), over('VAR_POP', [DOUBLE], [[null]])]).to.deep.equal([4, 2, null, null]);
    expect(over('STDDEV_SAMP', [DOUBLE], rows)).to.be.closeTo(2.13809, 1e-5);
  });
  it('SINGLE_VALUE refuses a second row', () => {
    expect(over('SINGLE_VALUE', [INT], [[7]])).to.equal(7);
    expect(() => over('SINGLE_VALUE', [INT], [[7], [7]])).to.throw().with.property('code', 'more-than-one-value');
  });
  it('a DECIMAL sum beyond 38 digits is NULL', () => {
    const most = asLong(10n ** 38n - 1n);
    expect([over('SUM', [decimal(38, 0)], [[most]]), over('SUM', [decimal(38, 0)], [[most], [1]])]).to.deep.equal([most, null]);
  });
});
