/** Generated functions kept by their text: shared from round to round, not within one, and never without bound. */
import { expect } from 'chai';
import { beginGeneratedRound, generatedFactory } from '../../core/codegen/generated.ts';

describe('generated functions', () => {
  const BODY = 'return function (a) { return a + x; };';

  it('the n-th of a text is shared with the n-th of other rounds only', () => {
    beginGeneratedRound();
    const first = generatedFactory(['x'], BODY), second = generatedFactory(['x'], BODY);
    expect(first).to.not.equal(second);
    beginGeneratedRound();
    expect([generatedFactory(['x'], BODY) === first, generatedFactory(['x'], BODY) === second]).to.deep.equal([true, true]);
    expect(generatedFactory(['y'], BODY.replace('x', 'y'))).to.not.equal(first);
  });
  it('what a function refers to is its own', () => {
    beginGeneratedRound();
    const one = generatedFactory(['x'], BODY)(1) as (a: number) => number;
    beginGeneratedRound();
    const ten = generatedFactory(['x'], BODY)(10) as (a: number) => number;
    expect([one(5), ten(5), one(5)]).to.deep.equal([6, 15, 6]);
  });
  it('those not used for longest go first', () => {
    beginGeneratedRound();
    const kept = generatedFactory([], 'return 0;'), gone = generatedFactory([], 'return -1;');
    for (let i = 1; i <= 1500; i++) {
      generatedFactory([], `return ${i};`);
      beginGeneratedRound();
      expect(generatedFactory([], 'return 0;')).to.equal(kept);
      beginGeneratedRound();
    }
    expect(generatedFactory([], 'return -1;')).to.not.equal(gone);
  });
});
