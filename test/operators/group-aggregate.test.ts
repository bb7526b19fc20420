/** The case table of GROUP BY, and the calls: DISTINCT, FILTER, MIN and MAX with retraction, values by arrival. */
import { expect } from 'chai';
import { BIGINT, BOOLEAN, DOUBLE, STRING } from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { AggregateCall, GroupAggregateNode } from '../../planner/physical/plan.ts';
import { checkStory, nodeOf, parseChanges, printChange, Running } from './harness.ts';
import type { OperatorSetup } from './harness.ts';

const TYPES: readonly SqlType[] = [STRING, BIGINT, BOOLEAN];
const call = (name: string, args: readonly number[] = [], options: Partial<AggregateCall> = {}): AggregateCall => ({ function: name, args, distinct: false, filter: null, type: name === 'LISTAGG' ? STRING : BIGINT, ...options });
const group = (calls: readonly AggregateCall[], options: Partial<Omit<GroupAggregateNode, 'inputs'>> = {}, inputs: readonly SqlType[] = TYPES): OperatorSetup => ({
  node: nodeOf('group-aggregate', (options.keys ?? [0]).length + calls.length, { keys: [0], calls, retract: true, emitUpdateBefore: true, emitOnEmptyEnd: false, ttlMs: 0, ...options }), inputs: [inputs],
});

describe('group aggregate', () => {
  it('walks its case table', () => checkStory(group([call('COUNT'), call('SUM', [1])]), `
    in0 +I[a, 5, null]
    out +I[a, 1, 5]
    mark
    in0 +U[a, 2, null]  -U[a, 5, null]
    out -U[a, 1, 5]  +U[a, 2, 7]  -U[a, 2, 7]  +U[a, 1, 2]
    in0 -D[b, 1, null]
    out
    mark
    in0 -D[a, 2, null]
    out -D[a, 1, 2]
    in0 +I[a, 9, null]
    out +I[a, 1, 9]
  `));
  it('says nothing when the results stay equal', () => checkStory(group([call('SUM', [1])]), `
    in0 +I[a, 5, null]  +I[a, 0, null]  +I[a, null, null]
    out +I[a, 5]
    mark
    in0 -U[a, 0, null]  -D[a, 5, null]
    out -U[a, 5]  +U[a, null]
    in0 -D[a, null, null]
    out -D[a, null]
  `));
  it('sends equal results again while state has a time to live, and begins anew when it is over', () => checkStory(group([call('SUM', [1])], { ttlMs: 1000 }), `
    in0 +I[a, 5, null]
    in0 +I[a, 0, null]
    out +I[a, 5]  -U[a, 5]  +U[a, 5]
    now 1000
    in0 +I[a, 1, null]
    out +I[a, 1]
    in0 -D[z, 1, null]
    out
  `));
  it('leaves -U out when nobody needs it', () => checkStory(group([call('COUNT')], { emitUpdateBefore: false, retract: false }), `
    in0 +I[a, 1, null]  +I[a, 1, null]  +I[b, 1, null]
    out +I[a, 1]  +U[a, 2]  +I[b, 1]
  `));
  it('takes NULL for a group, and several keys of any type', () => checkStory(group([call('COUNT')], { keys: [1, 0, 2] }), `
    in0 +I[null, null, null]  +I[null, 1, null]  +I[null, null, null]
    out +I[null, null, null, 1]  +I[1, null, null, 1]  -U[null, null, null, 1]  +U[null, null, null, 2]
    mark
    in0 -D[null, 1, null]  +I[null, null, true]
    out -D[1, null, null, 1]  +I[null, null, true, 1]
  `));
  it('has one group without keys, and a row of it at the end even without input', () => {
    const setup = group([call('COUNT'), call('SUM', [1])], { keys: [], emitOnEmptyEnd: true });
    checkStory(setup, 'in0 +I[a, 1, null]  +I[a, 2, null]\n out +I[1, 1]  -U[1, 1]  +U[2, 3]\n end0\n out');
    checkStory(setup, 'end0\n out +I[0, null]');
    checkStory(setup, 'in0 +I[a, 1, null]\n in0 -D[a, 1, null]\n out +I[1, 1]  -D[1, 1]\n end0\n out +I[0, null]');
  });
  it('tells -0 from 0 as keys, as Flink does', () => {
    const running = new Running(group([call('COUNT')], {}, [DOUBLE]));
    running.push(0, [0, -0, NaN, 0, NaN].map((v) => ({ kind: 0, row: [v] })));
    expect(running.take().map(printChange)).to.deep.equal(['+I[0, 1]', '+I[-0, 1]', '+I[NaN, 1]', '-U[0, 1]', '+U[0, 2]', '-U[NaN, 1]', '+U[NaN, 2]']);
  });

  describe('FILTER and DISTINCT', () => {
    it('count each value once per filter', () => checkStory(group([call('COUNT', [1], { distinct: true }), call('SUM', [1], { distinct: true }), call('COUNT', [1], { distinct: true, filter: 2 }), call('COUNT', [1], { filter: 2 })]), `
      in0 +I[a, 5, true]  +I[a, 5, false]
      out +I[a, 1, 5, 1, 1]
      mark
      in0 +I[a, 5, true]  +I[a, null, true]
      out -U[a, 1, 5, 1, 1]  +U[a, 1, 5, 1, 2]
      in0 -D[a, 5, true]
      out -U[a, 1, 5, 1, 2]  +U[a, 1, 5, 1, 1]
      mark
      in0 -D[a, 5, true]
      out -U[a, 1, 5, 1, 1]  +U[a, 1, 5, 0, 0]
      in0 -D[a, 5, false]
      out -U[a, 1, 5, 0, 0]  +U[a, 0, null, 0, 0]
      in0 -D[a, null, true]
      out -D[a, 0, null, 0, 0]
    `));
    it('forget the values of a group that is gone', () => {
      const running = new Running(group([call('COUNT', [1], { distinct: true }), call('MIN', [1]), call('LAST_VALUE', [1])]));
      running.push(0, parseChanges('+I[a, 1, null]  +I[a, 2, null]  -D[a, 1, null]  -D[a, 2, null]', TYPES));
      expect(running.backend.entries).to.equal(0);
    });
  });

  describe('MIN and MAX with retraction', () => {
    it('fall back to the next best', () => checkStory(group([call('MIN', [1]), call('MAX', [1])]), `
      in0 +I[a, 5, null]  +I[a, 5, null]  +I[a, 3, null]  +I[a, 9, null]
      out +I[a, 5, 5]  -U[a, 5, 5]  +U[a, 3, 5]  -U[a, 3, 5]  +U[a, 3, 9]
      mark
      in0 -D[a, 3, null]  -D[a, 5, null]
      out -U[a, 3, 9]  +U[a, 5, 9]
      mark
      in0 -D[a, 5, null]  +I[a, null, null]
      out -U[a, 5, 9]  +U[a, 9, 9]
      in0 -D[a, 9, null]
      out -U[a, 9, 9]  +U[a, null, null]
    `));
    it('stay right over long random histories, with checkpoints between', () => {
      let seed = 42;
      const random = (n: number): number => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) % n; };
      const setup = group([call('MIN', [1]), call('MAX', [1])]), values: number[] = [];
      const running = new Running(setup);
      for (let i = 0; i < 4000; i++) {
        const shrink = i > 2500 ? 7 : 3;
        let change;
        if (values.length > 1 && random(10) < shrink) {
          const extreme = random(2) === 0 ? values.indexOf(Math.min(...values)) : random(values.length);
          change = { kind: 3, row: ['a', values.splice(extreme, 1)[0]!, null] };
        } else { values.push(random(500)); change = { kind: 0, row: ['a', values.at(-1)!, null] }; }
        running.push(0, [change]);
        const out = running.take();
        if (out.length > 0) expect(out.at(-1)!.row).to.deep.equal(['a', Math.min(...values), Math.max(...values)]);
      }
    });
    it('finds the next best of a hot group in logarithmic time', () => {
      const running = new Running(group([call('MIN', [1])])), n = 60000;
      for (let i = 0; i < n; i += 1000) running.push(0, Array.from({ length: 1000 }, (_, k) => ({ kind: 0, row: ['a', (i + k) * 7919 % n, null] })));
      running.take();
      for (let i = 0; i < n - 1; i++) running.push(0, [{ kind: 3, row: ['a', i, null] }]);
      expect(running.take().at(-1)!.row).to.deep.equal(['a', n - 1]);
    });
  });
  it('keeps values by arrival; of equal ones the oldest goes', () => checkStory(group([call('FIRST_VALUE', [1]), call('LAST_VALUE', [1])]), `
    in0 +I[a, 1, null]  +I[a, 2, null]  +I[a, 1, null]
    out +I[a, 1, 1]  -U[a, 1, 1]  +U[a, 1, 2]  -U[a, 1, 2]  +U[a, 1, 1]
    mark
    in0 -D[a, 1, null]
    out -U[a, 1, 1]  +U[a, 2, 1]
    mark
    in0 -D[a, 1, null]  +I[a, null, null]
    out -U[a, 2, 1]  +U[a, 2, 2]
  `));
  it('counts retractions of values that are not there and goes on', () => {
    const running = new Running(group([call('MIN', [1]), call('COUNT', [1], { distinct: true }), call('FIRST_VALUE', [1])]));
    running.push(0, parseChanges('+I[a, 1, null]  +I[a, 2, null]  -D[a, 7, null]', TYPES));
    expect(running.take().at(-1)!.row).to.deep.equal(['a', 1, 2, 1]);
    expect(running.counters.get('inconsistentRetractions')!.value).to.equal(3);
  });
  it('keeps more groups than its cache holds', () => {
    const running = new Running(group([call('COUNT'), call('SUM', [1])], {}, [BIGINT, BIGINT, BOOLEAN])), n = 50000;
    for (let round = 0; round < 2; round++) for (let i = 0; i < n; i += 1000) running.push(0, Array.from({ length: 1000 }, (_, k) => ({ kind: 0, row: [i + k, i + k, null] })));
    const last = running.take().slice(-2000);
    expect(last.filter((c) => c.kind === 2).every((c) => c.row[1] === 2 && c.row[2] === 2 * Number(c.row[0]))).to.equal(true);
  });
});
