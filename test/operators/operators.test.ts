/** Case tables of the operators between source and sink. The join has a file of its own, as has the group aggregate. */
import { expect } from 'chai';
import { BIGINT, DOUBLE, STRING } from '../../core/types/sql-type.ts';
import type { FinalSortNode } from '../../planner/physical/plan.ts';
import { createFinalSort } from '../../runtime/operators/final-sort.ts';
import { checkStory, nodeOf, parseChanges, printChange, Running } from './harness.ts';
import type { OperatorSetup } from './harness.ts';

const PAIR = [BIGINT, STRING];

describe('changelog normalize', () => {
  const normalize = (ttlMs = 0, emitUpdateBefore = true): OperatorSetup => ({ node: nodeOf('changelog-normalize', 2, { key: [0], emitUpdateBefore, ttlMs }), inputs: [PAIR] });
  it('makes a complete changelog of an upsert stream', () => checkStory(normalize(), `
    in0 +U[1, a]  +I[2, b]
    out +I[1, a]  +I[2, b]
    mark
    in0 +U[1, c]  +I[1, d]
    out -U[1, a]  +U[1, c]  -U[1, c]  +U[1, d]
    in0 +U[1, d]
    out
    mark
    in0 -D[1, null]  -D[1, null]  -D[9, null]
    out -D[1, d]
    in0 +U[1, e]  -U[1, e]  +U[1, f]
    out +I[1, e]  -D[1, e]  +I[1, f]
    in0 +U[null, x]  -D[null, null]
    out +I[null, x]  -D[null, x]
  `));
  it('leaves -U out when nobody needs it', () => checkStory(normalize(0, false), `
    in0 +U[1, a]  +U[1, b]  -D[1, null]
    out +I[1, a]  +U[1, b]  -D[1, b]
  `));
  it('sends equal rows again while state has a time to live, and forgets keys', () => checkStory(normalize(1000), `
    in0 +U[1, a]  +U[1, a]
    out +I[1, a]  -U[1, a]  +U[1, a]
    now 1000
    in0 +U[1, a]  -D[2, null]
    out +I[1, a]
  `));
});

describe('drop update before', () => {
  it('drops -U and nothing else', () => checkStory({ node: nodeOf('drop-update-before', 2, {}), inputs: [PAIR] }, `
    in0 +I[1, a]  -U[1, a]  +U[1, b]  -D[1, b]
    out +I[1, a]  +U[1, b]  -D[1, b]
    in0 +I[2, a]
    out +I[2, a]
  `));
});

describe('union', () => {
  it('passes rows of all inputs with their kinds', () => checkStory({ node: nodeOf('union', 2, { inputs: 3 }), inputs: [PAIR, PAIR, PAIR] }, `
    in0 +I[1, a]
    in2 -D[3, c]
    in1 +U[2, b]
    out +I[1, a]  -D[3, c]  +U[2, b]
  `));
});

describe('set operations', () => {
  const setOp = (op: 'intersect' | 'except', all: boolean): OperatorSetup => ({ node: nodeOf('set-op', 2, { inputs: 2, op, all, ttlMs: 0 }), inputs: [PAIR, PAIR] });
  it('INTERSECT: in both, once', () => checkStory(setOp('intersect', false), `
    in0 +I[1, a]  +I[1, a]  +I[null, null]
    out
    in1 +I[1, a]  +U[1, a]  +I[null, null]
    out +I[1, a]  +I[null, null]
    mark
    in0 -D[1, a]
    out
    in1 -U[1, a]  -D[1, a]
    out -D[1, a]
  `));
  it('INTERSECT ALL: as often as in both', () => checkStory(setOp('intersect', true), `
    in0 +I[1, a]  +I[1, a]
    in1 +I[1, a]
    out +I[1, a]
    mark
    in1 +I[1, a]  +I[1, a]
    out +I[1, a]
    in0 -D[1, a]
    out -D[1, a]
  `));
  it('EXCEPT: in the left and not in the right, once', () => checkStory(setOp('except', false), `
    in0 +I[1, a]  +I[1, a]
    out +I[1, a]
    mark
    in1 +I[1, a]
    out -D[1, a]
    in1 -D[1, a]
    out +I[1, a]
    in0 -D[1, a]
    out
    in0 -D[1, a]
    out -D[1, a]
  `));
  it('EXCEPT ALL: as often as more in the left', () => checkStory(setOp('except', true), `
    in0 +I[1, a]  +I[1, a]  +I[1, a]
    out +I[1, a]  +I[1, a]  +I[1, a]
    mark
    in1 +I[1, a]  +I[1, a]  +I[1, a]  +I[1, a]
    out -D[1, a]  -D[1, a]  -D[1, a]
    in1 -D[1, a]  -D[1, a]
    out +I[1, a]
  `));
  it('counts retractions of rows that are not there and leaves no negative numbers', () => {
    const running = new Running(setOp('except', true));
    running.push(0, parseChanges('-D[1, a]', PAIR));
    running.push(1, parseChanges('-D[1, a]', PAIR));
    running.push(0, parseChanges('+I[1, a]  -D[1, a]  -D[1, a]', PAIR));
    expect(running.take().map(printChange)).to.deep.equal(['+I[1, a]', '-D[1, a]']);
    expect(running.counters.get('inconsistentRetractions')!.value).to.equal(3);
    expect(running.backend.entries).to.equal(0);
  });
});

describe('sink materialize', () => {
  const materialize = (inputUpsertKey: readonly number[] | null): OperatorSetup => ({ node: nodeOf('sink-materialize', 3, { key: [0], inputUpsertKey, ttlMs: 0 }), inputs: [[BIGINT, BIGINT, STRING]] });
  it('shows the last of the rows of a sink key, identified by the upsert key', () => checkStory(materialize([1]), `
    in0 +I[1, 10, a]  +I[1, 20, b]
    out +I[1, 10, a]  +U[1, 20, b]
    mark
    in0 +U[1, 10, aa]
    out +U[1, 10, aa]
    in0 -D[1, 20, b]
    out +U[1, 10, aa]
    mark
    in0 +I[1, 30, c]  -U[1, 10, aa]
    out +U[1, 30, c]
    in0 -D[1, 30, c]
    out -D[1, 30, c]
  `));
  it('identifies rows as a whole without an upsert key; of equal rows the oldest goes', () => checkStory(materialize(null), `
    in0 +I[1, 1, a]  +I[1, 2, b]  +I[1, 1, a]
    out +I[1, 1, a]  +U[1, 2, b]  +U[1, 1, a]
    mark
    in0 -D[1, 1, a]
    out
    in0 -D[1, 1, a]
    out +U[1, 2, b]
    mark
    in0 -U[1, 2, b]
    out -D[1, 2, b]
    in0 +I[1, 1, a]
    out +I[1, 1, a]
  `));
  it('drops retractions of rows that are not there and counts them', () => {
    for (const key of [[1], null]) {
      const running = new Running(materialize(key));
      running.push(0, parseChanges('+I[1, 1, a]  -D[1, 2, b]  -D[7, 1, a]', [BIGINT, BIGINT, STRING]));
      expect(running.take().map(printChange)).to.deep.equal(['+I[1, 1, a]']);
      expect(running.counters.get('inconsistentRetractions')!.value).to.equal(2);
    }
  });
});

describe('limit', () => {
  const limit = (offset: number, count: number): OperatorSetup => ({ node: nodeOf('limit', 2, { offset, limit: count }), inputs: [PAIR] });
  it('passes the first rows and counts on after a restore', () => checkStory(limit(1, 3), `
    in0 +I[1, a]  +I[2, b]
    out +I[2, b]
    mark
    in0 +I[3, c]  +I[4, d]  +I[5, e]
    out +I[3, c]  +I[4, d]
    in0 +I[6, f]
    out
  `));
  it('says when it is done', () => {
    const running = new Running(limit(0, 2));
    running.push(0, parseChanges('+I[1, a]', PAIR));
    expect(running.operator.finished).to.equal(false);
    running.push(0, parseChanges('+I[1, a]  +I[1, b]', PAIR));
    expect(running.operator.finished).to.equal(true);
  });
});

describe('values', () => {
  it('gives its rows at its end', () => {
    const literal = (value: null | number | string): unknown => ({ op: 'literal', value, type: typeof value === 'string' ? STRING : BIGINT });
    const running = new Running({ node: nodeOf('values', 2, { inputs: 0, rows: [[literal(1), literal('a')], [literal(null), literal('b')]] } as never), inputs: [] });
    running.operator.endInput!(0);
    expect(running.take().map(printChange)).to.deep.equal(['+I[1, a]', '+I[null, b]']);
  });
});

describe('final sort', () => {
  const TYPES = [BIGINT, STRING, DOUBLE];
  const sort = (fields: Partial<Omit<FinalSortNode, 'inputs'>>, appendOnly = false): OperatorSetup => ({ node: nodeOf('final-sort', 3, { sort: [], offset: 0, limit: null, ...fields }), inputs: [TYPES], appendOnly });
  const by = (column: number, descending = false, nullsFirst = !descending): FinalSortNode['sort'][number] => ({ column, descending, nullsFirst });
  it('passes append-only rows as they come and is done at its limit', () => {
    const running = new Running(sort({ offset: 1, limit: 2 }, true));
    running.push(0, parseChanges('+I[1, a, 1]  +I[2, b, 1]', TYPES));
    expect(running.take().map(printChange)).to.deep.equal(['+I[2, b, 1]']);
    expect(running.operator.finished).to.equal(false);
    running.push(0, parseChanges('+I[3, c, 1]  +I[4, d, 1]', TYPES));
    expect(running.take().map(printChange)).to.deep.equal(['+I[3, c, 1]']);
    expect(running.operator.finished).to.equal(true);
  });
  it('gives what is left of a changelog at the end, equal rows as often as they are there', () => checkStory(sort({}), `
    in0 +I[1, a, 1]  +I[1, a, 1]  +I[2, b, 1]
    in0 -U[2, b, 1]  +U[2, c, 1]  -D[1, a, 1]
    out
    end0
    out +I[1, a, 1]  +I[2, c, 1]
  `));
  it('sorts by several keys, stable, NULLs where they are asked for', () => checkStory(sort({ sort: [by(1), by(0, true)] }), `
    in0 +I[1, b, 1]  +I[2, a, 1]  +I[3, null, 1]  +I[3, b, 1]  +I[null, a, 1]  +I[2, a, 2]
    end0
    out +I[3, null, 1]  +I[2, a, 1]  +I[2, a, 2]  +I[null, a, 1]  +I[3, b, 1]  +I[1, b, 1]
  `));
  it('sorts numbers, large and small, as numbers', () => checkStory(sort({ sort: [by(0)], offset: 1, limit: 3 }), `
    in0 +I[9007199254740993, a, 1]  +I[10, a, 1]  +I[9, a, 1]  -D[9, a, 1]  +I[-9223372036854775808, a, 1]  +I[null, a, 1]
    end0
    out +I[-9223372036854775808, a, 1]  +I[10, a, 1]  +I[9007199254740993, a, 1]
  `));
  it('holds little more than its limit of an append-only input', () => {
    const running = new Running(sort({ sort: [by(2)], limit: 2 }, true));
    for (let i = 0; i < 30; i++) running.push(0, Array.from({ length: 1000 }, (_, n) => ({ kind: 0, row: [i, 'x', 1e6 - (i * 1000 + n)] })));
    running.operator.endInput!(0);
    expect(running.take().map((c) => c.row[2])).to.deep.equal([970001, 970002]);
  });
  it('refuses more rows than it may hold', () => {
    for (const kinds of ['+I', '+U']) {
      const setup = sort({ sort: [by(0)] });
      const running = new Running(setup);
      const small = createFinalSort(setup.node as FinalSortNode, { output: { push() {}, watermark() {} }, state: running.backend, inputTypes: [TYPES], counter: () => ({ value: 0 }) } as never, 3);
      const batch = parseChanges(`${kinds}[1, a, 1]  ${kinds}[2, a, 1]  ${kinds}[3, a, 1]  ${kinds}[4, a, 1]`, TYPES);
      expect(() => small.push(0, { size: 4, kinds: kinds === '+I' ? null : new Uint8Array(4).fill(2), columns: TYPES.map((_, c) => batch.map((b) => b.row[c])), kindAt: () => 0 } as never)).to.throw().with.property('code', 'result-row-limit');
    }
  });
});
