/** Group keys of every kind against a plain list: the same numbers before and after groups are forgotten, hostile texts and odd numbers included. */
import { expect } from 'chai';
import type { Column } from '../../core/row/batch.ts';
import { BIGINT, BOOLEAN, DOUBLE, STRING } from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import { groupKeys } from '../../runtime/operators/group-keys.ts';
import { Random } from '../state/support.ts';

const TEXTS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\u0000', '€', '\ud800', 'a'];
const NUMBERS = [0, -1, 2 ** 32, -(2 ** 32), 2 ** 31, 2 ** 53 - 1, -(2 ** 53) + 1, 2n ** 60n, -(2n ** 60n)];
const long = (random: Random): unknown => (random.chance(0.1) ? random.pick([null, ...NUMBERS]) : random.chance(0.5) ? random.below(2000) : random.below(2000) * 4294967296);
const text = (random: Random): unknown => (random.chance(0.1) ? random.pick([null, ...TEXTS]) : `key ${random.below(3000)}`);
const KINDS: readonly { name: string; types: readonly SqlType[]; make: (random: Random) => unknown[] }[] = [
  { name: 'whole numbers', types: [BIGINT], make: (random) => [long(random)] },
  { name: 'booleans', types: [BOOLEAN], make: (random) => [random.pick([true, false, null])] },
  { name: 'text', types: [STRING], make: (random) => [text(random)] },
  { name: 'doubles', types: [DOUBLE], make: (random) => [random.pick([null, 0, -0, NaN, Infinity, random.below(1000) / 8])] },
  { name: 'several columns', types: [STRING, BIGINT], make: (random) => [random.pick([...TEXTS, null]), long(random)] },
];
/** Names a key as the state table tells keys apart. */
const nameOf = (key: readonly unknown[]): string => key.map((v) => `${typeof v}:${Object.is(v, -0) ? '-0' : String(v)}`).join('|');

describe('group keys', () => {
  for (const { name, types, make } of KINDS) {
    it(`of ${name} find what was added, and after a renumbering what was kept`, () => {
      const random = new Random(7), stride = 3;
      let fields = new Float64Array(8 * stride), model = new Map<string, number>(), made: unknown[][] = [];
      const keys = groupKeys(types, stride);
      keys.useFields(fields);
      const columns = (key: readonly unknown[]): Column[] => key.map((v) => [v]);
      for (let step = 0; step < 12_000; step++) {
        const key = make(random), known = model.get(nameOf(key)) ?? -1;
        expect(keys.find(key[0], columns(key), 0), nameOf(key)).to.equal(known);
        if (known < 0) {
          if ((made.length + 1) * stride > fields.length) { const wider = new Float64Array(fields.length * 2); wider.set(fields); keys.useFields(fields = wider); }
          keys.add(key[0], columns(key), 0, made.length);
          model.set(nameOf(key), made.length);
          made.push(key);
        }
        if (step % 3000 !== 2999) continue;
        const to = Int32Array.from(made, () => -1), kept: unknown[][] = [];
        made.forEach((k, g) => { if (random.chance(0.6)) { to[g] = kept.length; fields.copyWithin(kept.length * stride, g * stride, (g + 1) * stride); kept.push(k); } });
        keys.keep(to, kept.length);
        made = kept;
        model = new Map(made.map((k, g) => [nameOf(k), g]));
      }
      for (const [g, key] of made.entries()) expect(keys.find(key[0], columns(key), 0)).to.equal(g);
    });
  }
  it('of no column are one group', () => {
    const keys = groupKeys([], 3);
    expect(keys.find(null, [], 0)).to.equal(-1);
    keys.add(null, [], 0, 0);
    expect(keys.find(null, [], 0)).to.equal(0);
    keys.keep(Int32Array.of(-1), 0);
    expect(keys.find(null, [], 0)).to.equal(-1);
  });
});
