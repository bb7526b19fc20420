/** The case table of the regular join, walked for every join type and shape of input, and what lies beyond it. */
import { expect } from 'chai';
import { BIGINT, STRING } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import type { JoinNode, JoinSide, JoinType } from '../../planner/physical/plan.ts';
import { checkStory, nodeOf, parseChanges, printChange, Running } from './harness.ts';
import type { OperatorSetup } from './harness.ts';

const NO_KEY: JoinSide = { kind: 'no-key' }, UNIQUE: JoinSide = { kind: 'join-key-unique' }, BY_ID: JoinSide = { kind: 'unique-key', uniqueKey: [1] };
/** left (k BIGINT, v STRING) with right (k BIGINT, v STRING) on k = k. */
function join(joinType: JoinType, options: Partial<JoinNode> = {}): OperatorSetup {
  const single = joinType === 'semi' || joinType === 'anti';
  return {
    node: nodeOf('join', single ? 2 : 4, { inputs: 2, joinType, leftKeys: [0], rightKeys: [0], nullSafe: [false], residual: null, left: NO_KEY, right: NO_KEY, ttlMs: [0, 0], ...options } as never),
    inputs: [[BIGINT, STRING], [BIGINT, STRING]],
  };
}
/** left.v < right.v */
const LESS: Expr = { op: 'call', name: '<', type: { kind: 'BOOLEAN', nullable: true }, args: [{ op: 'column', index: 1, type: STRING }, { op: 'column', index: 3, type: STRING }] };

const LISTS: Partial<JoinNode> = { left: { kind: 'append' }, right: { kind: 'append' } };

describe('join', () => {
  describe('rows that are never taken back', () => {
    it('equal rows are rows each, in the order they came', () => checkStory(join('inner', LISTS), `
      in0 +I[1, a]  +I[1, a]  +I[1, b]
      out
      mark
      in1 +I[1, x]
      out +I[1, a, 1, x]  +I[1, a, 1, x]  +I[1, b, 1, x]
      mark
      in0 +I[1, a]  +I[2, c]
      out +I[1, a, 1, x]
      in1 +I[1, x]
      out +I[1, a, 1, x]  +I[1, a, 1, x]  +I[1, b, 1, x]  +I[1, a, 1, x]
    `));
    it('full: each is padded until its first match, also after more than a ring is walked through', () => checkStory(join('full', LISTS), `
      in0 +I[1, a]  +I[1, a]  +I[null, n]
      out +I[1, a, null, null]  +I[1, a, null, null]  +I[null, n, null, null]
      mark
      in1 +I[1, x]
      out -D[1, a, null, null]  -D[1, a, null, null]  +I[1, a, 1, x]  +I[1, a, 1, x]
      mark
      in0 +I[1, b]  +I[1, c]  +I[1, d]  +I[1, e]  +I[1, f]  +I[1, g]  +I[1, h]  +I[1, i]
      out +I[1, b, 1, x]  +I[1, c, 1, x]  +I[1, d, 1, x]  +I[1, e, 1, x]  +I[1, f, 1, x]  +I[1, g, 1, x]  +I[1, h, 1, x]  +I[1, i, 1, x]
      mark
      in1 +I[2, y]
      out +I[null, null, 2, y]
      in0 +I[2, z]
      out -D[null, null, 2, y]  +I[2, z, 2, y]
    `));
    it('semi: a left row shows with its first match', () => checkStory(join('semi', LISTS), `
      in0 +I[1, a]  +I[1, a]
      out
      mark
      in1 +I[1, x]
      out +I[1, a]  +I[1, a]
      in1 +I[1, x]
      out
    `));
  });
  describe('case table', () => {
    it('inner × inner: output keeps the kind of the input', () => checkStory(join('inner'), `
      in0 +I[1, a]  +U[2, b]
      out
      mark
      in1 +I[1, x]  +U[2, y]
      out +I[1, a, 1, x]  +U[2, b, 2, y]
      in0 -U[1, a]  +U[1, c]  -D[2, b]
      out -U[1, a, 1, x]  +U[1, c, 1, x]  -D[2, b, 2, y]
      mark
      in1 -D[1, x]
      out -D[1, c, 1, x]
      in1 -D[2, y]
      out
    `));
    it('left: a row without a match is padded, the first match takes that back, the last lost one brings it again', () => checkStory(join('left'), `
      in0 +I[1, a]
      out +I[1, a, null, null]
      mark
      in1 +I[1, x]
      out -D[1, a, null, null]  +I[1, a, 1, x]
      in1 +I[1, y]
      out +I[1, a, 1, y]
      mark
      in0 +U[1, b]
      out +I[1, b, 1, x]  +I[1, b, 1, y]
      in1 -D[1, x]
      out -D[1, a, 1, x]  -D[1, b, 1, x]
      mark
      in1 -U[1, y]
      out -U[1, a, 1, y]  -U[1, b, 1, y]  +I[1, a, null, null]  +I[1, b, null, null]
      in0 -U[1, a]  -D[1, b]
      out -D[1, a, null, null]  -D[1, b, null, null]
    `));
    it('left: a retracted row takes its joined rows with it', () => checkStory(join('left'), `
      in1 +I[1, x]  +I[1, y]
      in0 +I[1, a]
      out +I[1, a, 1, x]  +I[1, a, 1, y]
      mark
      in0 -U[1, a]  +U[1, b]
      out -D[1, a, 1, x]  -D[1, a, 1, y]  +I[1, b, 1, x]  +I[1, b, 1, y]
    `));
    it('right: as left, the other way round', () => checkStory(join('right'), `
      in1 +I[1, x]
      out +I[null, null, 1, x]
      mark
      in0 +I[1, a]
      out -D[null, null, 1, x]  +I[1, a, 1, x]
      in0 -U[1, a]
      out -U[1, a, 1, x]  +I[null, null, 1, x]
      in1 -D[1, x]
      out -D[null, null, 1, x]
    `));
    it('full: both sides', () => checkStory(join('full'), `
      in0 +I[1, a]  +I[2, b]
      out +I[1, a, null, null]  +I[2, b, null, null]
      mark
      in1 +U[1, x]  +I[3, z]
      out -D[1, a, null, null]  +I[1, a, 1, x]  +I[null, null, 3, z]
      in0 -D[1, a]
      out -D[1, a, 1, x]  +I[null, null, 1, x]
      mark
      in0 +I[1, c]
      out -D[null, null, 1, x]  +I[1, c, 1, x]
      in1 -U[1, x]
      out -D[1, c, 1, x]  +I[1, c, null, null]
    `));
    it('semi: rows that have a match, each once', () => checkStory(join('semi'), `
      in0 +I[1, a]  +U[2, b]
      out
      mark
      in1 +U[1, x]  +I[1, y]
      out +U[1, a]
      in0 +U[1, c]  -U[1, c]
      out +U[1, c]  -U[1, c]
      in1 -D[1, x]
      out
      mark
      in1 -U[1, y]
      out -U[1, a]
      in0 -D[1, a]
      out
    `));
    it('anti: rows that have none', () => checkStory(join('anti'), `
      in0 +U[1, a]
      out +U[1, a]
      mark
      in1 +U[1, x]  +I[1, y]
      out -D[1, a]
      in0 +I[1, b]
      out
      in1 -U[1, x]
      out
      mark
      in1 -D[1, y]
      out +I[1, a]  +I[1, b]
      in0 -U[1, a]
      out -U[1, a]
    `));
  });

  describe('equal rows', () => {
    it('are counted, joined as often as they are there, and go one at a time', () => checkStory(join('left'), `
      in0 +I[1, a]  +I[1, a]
      out +I[1, a, null, null]  +I[1, a, null, null]
      mark
      in1 +I[1, x]
      out -D[1, a, null, null]  -D[1, a, null, null]  +I[1, a, 1, x]  +I[1, a, 1, x]
      in0 -D[1, a]
      out -D[1, a, 1, x]
      mark
      in1 -D[1, x]
      out -D[1, a, 1, x]  +I[1, a, null, null]
    `));
  });

  describe('NULL keys', () => {
    it('match nothing under =', () => checkStory(join('full'), `
      in0 +I[null, a]
      out +I[null, a, null, null]
      mark
      in1 +I[null, x]
      out +I[null, null, null, x]
      in0 -D[null, a]
      out -D[null, a, null, null]
    `));
    it('are dropped by an inner join, kept by anti', () => {
      checkStory(join('inner'), 'in0 +I[null, a]\n in1 +I[null, x]\n out');
      checkStory(join('anti'), 'in1 +I[null, x]\n in0 +I[null, a]  -D[null, a]\n out +I[null, a]  -D[null, a]');
      checkStory(join('semi'), 'in1 +I[null, x]\n in0 +I[null, a]\n out');
    });
    it('match each other under IS NOT DISTINCT FROM', () => checkStory(join('left', { nullSafe: [true] }), `
      in0 +I[null, a]
      out +I[null, a, null, null]
      mark
      in1 +I[null, x]
      out -D[null, a, null, null]  +I[null, a, null, x]
    `));
  });

  describe('residual condition', () => {
    it('decides who is a match', () => checkStory(join('left', { residual: LESS }), `
      in0 +I[1, m]
      in1 +I[1, a]
      out +I[1, m, null, null]
      mark
      in1 +I[1, z]
      out -D[1, m, null, null]  +I[1, m, 1, z]
      in0 +I[1, zz]  +I[1, A]
      out +I[1, zz, null, null]  +I[1, A, 1, a]  +I[1, A, 1, z]
      mark
      in1 -D[1, z]
      out -D[1, m, 1, z]  -D[1, A, 1, z]  +I[1, m, null, null]
    `));
  });

  describe('unique inputs', () => {
    it('keep one row per join key', () => checkStory(join('inner', { right: UNIQUE }), `
      in0 +I[1, a]
      in1 +I[1, x]
      out +I[1, a, 1, x]
      mark
      in1 +U[1, y]
      out +U[1, a, 1, y]
      in0 +I[1, b]
      out +I[1, b, 1, y]
      in1 -D[1, whatever]
      out -D[1, a, 1, whatever]  -D[1, b, 1, whatever]
      in0 +I[1, c]
      out
    `));
    it('keep one row per unique key', () => checkStory(join('left', { left: BY_ID, right: BY_ID }), `
      in1 +I[1, x]  +I[1, y]  +I[1, x]
      in0 +I[1, a]
      out +I[1, a, 1, x]  +I[1, a, 1, y]
      mark
      in1 -D[1, x]  -D[1, y]
      out -D[1, a, 1, x]  -D[1, a, 1, y]  +I[1, a, null, null]
    `));
    it('do not count a row twice when an upsert takes its place', () => checkStory(join('left', { left: UNIQUE, right: UNIQUE }), `
      in0 +I[1, a]
      in1 +I[1, x]
      out +I[1, a, null, null]  -D[1, a, null, null]  +I[1, a, 1, x]
      mark
      in1 +U[1, y]
      out +I[1, a, 1, y]
      in1 -D[1, y]
      out -D[1, a, 1, y]  +I[1, a, null, null]
      in0 +U[1, b]
      out +I[1, b, null, null]
    `));
    it('retract what only the replaced row matched', () => checkStory(join('left', { right: UNIQUE, residual: LESS }), `
      in0 +I[1, m]
      in1 +I[1, z]
      out +I[1, m, null, null]  -D[1, m, null, null]  +I[1, m, 1, z]
      mark
      in1 +U[1, a]
      out -D[1, m, 1, z]  +I[1, m, null, null]
      in1 +U[1, y]
      out -D[1, m, null, null]  +I[1, m, 1, y]
    `));
    it('retract a semi-joined row whose replacement has no match', () => checkStory(join('semi', { left: UNIQUE, residual: LESS }), `
      in1 +I[1, m]
      in0 +I[1, a]
      out +I[1, a]
      mark
      in0 +U[1, z]
      out -D[1, a]
      in0 +U[1, b]
      out +U[1, b]
    `));
  });

  describe('inconsistent input', () => {
    for (const type of ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const) {
      it(`${type}: a retraction of a row that is not there is counted, and says nothing`, () => {
        const running = new Running(join(type));
        running.push(1, parseChanges('+I[1, x]', [BIGINT, STRING]));
        running.take();
        running.push(0, parseChanges('-D[1, a]  -U[7, q]', [BIGINT, STRING]));
        running.push(1, parseChanges('-D[1, y]', [BIGINT, STRING]));
        expect(running.take()).to.deep.equal([]);
        expect(running.counters.get('inconsistentRetractions')!.value).to.equal(3);
        running.push(0, parseChanges('+I[1, a]', [BIGINT, STRING]));
        expect(running.take().map(printChange)).to.deep.equal(type === 'anti' ? [] : type === 'semi' ? ['+I[1, a]'] : type === 'right' || type === 'full' ? ['-D[null, null, 1, x]', '+I[1, a, 1, x]'] : ['+I[1, a, 1, x]']);
      });
    }
  });

  it('forgets each side after its own time to live', () => checkStory(join('inner', { ttlMs: [1000, 5000] }), `
    in0 +I[1, a]
    in1 +I[1, x]
    out +I[1, a, 1, x]
    now 1000
    in1 +I[1, y]
    out
    in0 +I[1, b]
    out +I[1, b, 1, x]  +I[1, b, 1, y]
    now 5500
    in0 +I[1, c]
    out +I[1, c, 1, y]
  `));
  it('joins many rows of one key', () => {
    const running = new Running(join('inner'));
    for (const side of [0, 1]) running.push(side, Array.from({ length: 1000 }, (_, i) => ({ kind: 0, row: [1, `${side}-${i}`] })));
    const out = running.take();
    expect(out).to.have.length(1_000_000);
    expect(new Set(out.slice(0, 5000).map(printChange)).size).to.equal(5000);
  });
  it('sends the smaller watermark of its inputs on', () => {
    const running = new Running(join('inner'));
    running.operator.watermark!(0, 10);
    running.operator.watermark!(1, 5);
    running.operator.watermark!(1, 20);
    running.operator.endInput!(0);
    expect(running.watermarks).to.deep.equal([5, 10, 20]);
  });
});
