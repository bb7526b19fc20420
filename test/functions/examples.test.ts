/** Every example on a function's card is true, folded by the binder and run by generated code. */
import { expect } from 'chai';
import { scalarFamilies } from '../../runtime/functions/index.ts';
import { printed } from './evaluate.ts';

describe('examples of function cards', () => {
  for (const fn of scalarFamilies.flat()) {
    for (const { sql, result } of fn.doc.examples) {
      it(`${sql} → ${result}`, () => {
        expect(printed(sql)).to.equal(result);
        expect(printed(sql, 'UTC', false)).to.equal(result);
      });
    }
  }
  it('names are unique over all families, aliases included', () => {
    const names = scalarFamilies.flat().flatMap((f) => [f.name, ...(f.aliases ?? [])]);
    expect(names.filter((n, i) => names.indexOf(n) !== i)).to.deep.equal([]);
  });
});
