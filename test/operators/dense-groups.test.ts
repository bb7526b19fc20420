/**
 * Dense groups of the group aggregate: the same output as the path straight through the table, which a time to live takes, over random
 * histories with restarts; values that do not fit a double; more groups than are kept dense.
 */
import { expect } from 'chai';
import { ChangeBatch, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import { BIGINT, BOOLEAN, decimal, DOUBLE, INT, STRING } from '../../core/types/sql-type.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { AggregateCall } from '../../planner/physical/plan.ts';
import { functionRegistry } from '../../runtime/functions/index.ts';
import type { Operator, OperatorContext } from '../../runtime/operators/contract.ts';
import { groupAggregate } from '../../runtime/operators/group-aggregate.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import { Manifest } from '../state/manifest.ts';
import { Random } from '../state/support.ts';
import { checkStory, nodeOf, printChange, Running } from './harness.ts';
import type { Change, OperatorSetup } from './harness.ts';

const SEED = Number(process.env['RIVULET_SEED'] ?? 1), ROUNDS = Number(process.env['RIVULET_ROUNDS'] ?? 30);
/** Key, text, whole number, double, filter, decimal, int. */
const TYPES: readonly SqlType[] = [BIGINT, STRING, BIGINT, DOUBLE, BOOLEAN, decimal(38, 18), INT];
function call(name: string, args: readonly number[] = [], options: Partial<AggregateCall> = {}, types = TYPES): AggregateCall {
  const aggregate = functionRegistry.aggregate(name)!, signature = aggregate.infer(args.map((c) => ({ type: types[c]! })))!;
  return { function: name, args, distinct: false, filter: null, type: signature.result, ...options };
}
interface Options { readonly keys?: readonly number[]; readonly retract?: boolean; readonly ttlMs?: number; readonly before?: boolean }
const setupOf = (calls: readonly AggregateCall[], { keys = [0], retract = true, ttlMs = 0, before = true }: Options = {}): OperatorSetup => ({
  node: nodeOf('group-aggregate', keys.length + calls.length, { keys, calls, retract, emitUpdateBefore: before, emitOnEmptyEnd: false, ttlMs }), inputs: [TYPES],
});
const CALLS: readonly AggregateCall[] = [
  call('COUNT'), call('COUNT', [1]), call('COUNT', [1, 2]), call('SUM', [2]), call('$SUM0', [2], { filter: 4 }), call('SUM', [3]), call('SUM', [5]), call('SUM', [6]), call('AVG', [2]), call('AVG', [3]),
  call('AVG', [5]), call('AVG', [6]), call('MIN', [2]), call('MAX', [2]), call('MIN', [3]), call('MAX', [3], { filter: 4 }), call('MAX', [5]), call('MIN', [1]), call('LAST_VALUE', [1]), call('ARRAY_AGG', [2]), call('STDDEV_POP', [3]),
  call('COUNT', [2], { distinct: true }), call('SUM', [2], { distinct: true }), call('COUNT', [2], { distinct: true, filter: 4 }), call('COUNT', [1], { distinct: true }), call('MAX', [2], { distinct: true }), call('COUNT', [3], { distinct: true }),
  call('COUNT', [1, 2], { distinct: true }),
];
const EDGE = Number.MAX_SAFE_INTEGER;
const rowOf = (random: Random): unknown[] => [
  random.pick([null, 0, 1, -1, 4294967296, 2n ** 60n]), random.pick([null, '__proto__', 'constructor', '', 'x', 'ü', '€']),
  random.chance(0.1) ? random.pick([EDGE, -EDGE, 2n ** 62n, -(2n ** 62n)]) : random.chance(0.1) ? null : random.below(20) - 10,
  random.pick([null, 0, -0, 1.5, -2.25, NaN, random.below(8)]), random.pick([true, false, null]), random.pick([null, 0, 10 ** 15, 10n ** 18n, -(10n ** 30n), random.below(100)]), random.pick([null, 2147483647, -5, random.below(50)]),
];
/** One to forty changes; rows taken out were put in before, but for a few. */
function history(random: Random, retract: boolean, steps: number): Change[][] {
  const rows: unknown[][] = [];
  return Array.from({ length: steps }, () => Array.from({ length: 1 + random.below(random.chance(0.3) ? 40 : 3) }, (): Change => {
    if (retract && rows.length > 0 && random.chance(0.45)) return { kind: random.chance(0.5) ? DELETE : UPDATE_BEFORE, row: random.chance(0.03) ? rowOf(random) : rows.splice(random.below(rows.length), 1)[0]! };
    const row = rowOf(random);
    rows.push(row);
    return { kind: retract && random.chance(0.5) ? UPDATE_AFTER : INSERT, row };
  }));
}
/** Without updates that change nothing, which a time to live sends. */
function essential(changes: readonly Change[]): string[] {
  const printed = changes.map(printChange), kept: string[] = [];
  for (let i = 0; i < printed.length; i++) {
    if (changes[i]!.kind === UPDATE_BEFORE && changes[i + 1]?.kind === UPDATE_AFTER && same(changes[i]!.row, changes[i + 1]!.row)) i++;
    else kept.push(printed[i]!);
  }
  return kept;
}
const same = (a: readonly unknown[], b: readonly unknown[]): boolean => a.every((v, i) => v === b[i] || (v !== v && b[i] !== b[i]) || (Array.isArray(v) && String(v) === String(b[i])));

describe('dense groups', () => {
  it('give what the path through the table gives', () => {
    for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
      const random = new Random(seed), retract = random.chance(0.6), keys = random.pick([[0], [1], [3], [0, 1], [4], [5], []]);
      // An aggregate that has no way back is not asked for one.
      const calls = Array.from({ length: random.below(6) }, () => random.pick(CALLS)), restarts = random.chance(0.5);
      const steps = history(random, retract, 60), stored = new Running(setupOf(calls, { keys, retract, ttlMs: 1e9 })), manifest = new Manifest();
      let dense = new Running(setupOf(calls, { keys, retract }));
      steps.forEach((changes, step) => {
        dense.push(0, changes);
        stored.push(0, changes);
        const where = `RIVULET_SEED=${seed} step ${step} keys ${keys.join()} ${calls.map((c) => `${c.function}(${c.args.join()})`).join(' ')}`;
        expect(essential(dense.take()), where).to.deep.equal(essential(stored.take()));
        if (restarts) dense = dense.restart(manifest);
        else if (random.chance(0.2)) dense.operator.flush!();
      });
      // A restart of the harness loses the counter.
      if (!restarts) expect(dense.counters.get('inconsistentRetractions')!.value, `RIVULET_SEED=${seed}`).to.equal(stored.counters.get('inconsistentRetractions')!.value);
      expect(dense.backend.entries, `RIVULET_SEED=${seed}`).to.equal(stored.backend.entries);
    }
  }).timeout(60_000);

  it('leave the range of doubles and come back', () => checkStory(setupOf([call('SUM', [2]), call('AVG', [2])]), `
    in0 +I[1, a, 9007199254740991, null, null, null, null]
    out +I[1, 9007199254740991, 9007199254740991]
    in0 +I[1, a, 2, null, null, null, null]
    out -U[1, 9007199254740991, 9007199254740991]  +U[1, 9007199254740993, 4503599627370496]
    in0 -D[1, a, 2, null, null, null, null]
    out -U[1, 9007199254740993, 4503599627370496]  +U[1, 9007199254740991, 9007199254740991]
    in0 +I[1, a, -9007199254740000, null, null, null, null]
    out -U[1, 9007199254740991, 9007199254740991]  +U[1, 991, 495]
    in0 +I[1, a, 9223372036854775807, null, null, null, null]
    out -U[1, 991, 495]  +U[1, -9223372036854774818, -3074457345618258272]
    in0 -D[1, a, 9223372036854775807, null, null, null, null]
    out -U[1, -9223372036854774818, -3074457345618258272]  +U[1, 991, 495]
  `));
  it('keep NULL and NaN apart, and -0', () => {
    const running = new Running(setupOf([call('MIN', [3]), call('MAX', [3])], { retract: false, before: false }));
    const push = (v: unknown): string[] => { running.push(0, [{ kind: 0, row: [1, null, null, v, null, null, null] }]); return running.take().map(printChange); };
    expect(push(null)).to.deep.equal(['+I[1, null, null]']);
    expect(push(NaN)).to.deep.equal(['+U[1, NaN, NaN]']);
    expect(push(-0)).to.deep.equal(['+U[1, -0, NaN]']);
    expect(push(0)).to.deep.equal([]);
    expect(push(-1)).to.deep.equal(['+U[1, -1, NaN]']);
  });

  it('beyond the number kept: numbers as keys, then restored', () => {
    const groups = 270_000, window = 30_000, manifest = new Manifest(), setup = setupOf([call('COUNT'), call('SUM', [2])], { retract: false, before: false });
    const counts = new Float64Array(groups), sums = new Float64Array(groups);
    const open = (restored?: ConstructorParameters<typeof OperatorStateBackend>[0]['restored']): { operator: Operator; backend: OperatorStateBackend } => {
      const backend = new OperatorStateBackend({ nowMs: () => 0, restored });
      const push = (batch: ChangeBatch): void => { for (let i = 0; i < batch.size; i++) { const g = batch.columns[0]![i] as number; counts[g] = batch.columns[1]![i] as number; sums[g] = batch.columns[2]![i] as number; } };
      const context = { output: { push, watermark() {} }, state: backend, inputTypes: setup.inputs, functions: functionRegistry, counter: () => ({ value: 0 }) };
      return { operator: groupAggregate.create(setup.node as never, context as unknown as OperatorContext), backend };
    };
    let { operator, backend } = open();
    const batch = ChangeBatch.withWidth(TYPES.length);
    const pass = (from: number, to: number): void => {
      for (let at = from; at < to; at += batch.size) {
        batch.size = Math.min(1000, to - at);
        for (let i = 0; i < batch.size; i++) { batch.columns[0]![i] = at + i; batch.columns[2]![i] = at + i; }
        operator.push(0, batch);
      }
    };
    const checkAll = (times: number): void => { for (let g = 0; g < groups; g++) if (counts[g] !== times || sums[g] !== times * g) expect.fail(`group ${g}: ${counts[g]} ${sums[g]}`); };
    // Every group comes three times before the walk goes on, so that most look-ups find it dense; then all come once more.
    for (let from = 0; from < groups; from += window) for (let time = 0; time < 3; time++) pass(from, from + window);
    pass(0, groups);
    checkAll(4);
    operator.flush!();
    manifest.add(backend.takeCheckpoint());
    ({ operator, backend } = open({ tables: manifest.tables(), share: undefined }));
    pass(0, groups);
    checkAll(5);
  }).timeout(60_000);
  /** Every group comes twice before the walk goes on, so that most look-ups find it dense; then all come once more. Gives the last row of each. */
  function walk(running: Running, groups: number, window: number): Map<string, readonly unknown[]> {
    const last = new Map<string, readonly unknown[]>();
    const push = (from: number, to: number): void => {
      for (let at = from; at < to; at += 4096) running.push(0, Array.from({ length: Math.min(4096, to - at) }, (_, i) => ({ kind: 0, row: [at + i, `g${at + i}`, (at + i) % 5, null, null, null, null] })));
      for (const { row } of running.take()) last.set(String(row[0]), row);
    };
    for (let from = 0; from < groups; from += window) for (let time = 0; time < 2; time++) push(from, Math.min(groups, from + window));
    push(0, groups);
    return last;
  }
  for (const keys of [[1], [1, 0]]) {
    it(`beyond the number kept: ${keys.length === 1 ? 'text' : 'two columns'}, and calls with slots`, () => {
      const groups = 36_000, running = new Running(setupOf([call('COUNT'), call('MAX', [1]), call('COUNT', [2], { distinct: true })], { keys, retract: false, before: false }));
      const last = walk(running, groups, 6_000), n = keys.length;
      expect(last.size).to.equal(groups);
      for (const row of last.values()) if (row[n] !== 3 || row[n + 1] !== row[0] || row[n + 2] !== 1) expect.fail(`wrong: ${String(row)}`);
    }).timeout(60_000);
  }
  it('go to the table when groups do not come again, and come back when they do', () => {
    const groups = 300_000, running = new Running(setupOf([call('COUNT'), call('SUM', [2])], { retract: false, before: false })), counts = new Map<unknown, number>();
    const push = (of: (i: number) => number, rows: number): void => {
      for (let at = 0; at < rows; at += 8192) {
        const wanted = Array.from({ length: Math.min(8192, rows - at) }, (_, i) => of(at + i));
        running.push(0, wanted.map((g) => ({ kind: 0, row: [g, null, 1, null, null, null, null] })));
        const out = running.take();
        wanted.forEach((g, i) => {
          const n = (counts.get(g) ?? 0) + 1, { row } = out[i]!;
          counts.set(g, n);
          if (row[0] !== g || row[1] !== n || row[2] !== n) expect.fail(`group ${g} is ${String(row)}, should be at ${n}`);
        });
      }
    };
    push((i) => i, groups);
    push((i) => groups - 1 - i, groups);
    push((i) => i % 1000, 200_000);
    push((i) => i * 7, 40_000);
  }).timeout(60_000);
  it('count many distinct values, also of groups that went and came back', () => {
    const random = new Random(5), running = new Running(setupOf([call('COUNT'), call('COUNT', [2], { distinct: true })])), held: [number, number][] = [];
    const counts = new Map<number, Map<number, number>>();
    for (let step = 0; step < 60; step++) {
      // Now and then all rows of a group go.
      const gone = step % 10 === 9 ? random.below(3) : -1;
      const out = gone >= 0 ? held.filter(([g]) => g === gone) : held.length > 6000 ? held.slice(0, 400) : [];
      for (const pair of out) held.splice(held.indexOf(pair), 1);
      const into = Array.from({ length: gone >= 0 ? 0 : 500 }, (): [number, number] => [random.below(3), random.below(4000)]);
      held.push(...into);
      const change = (kind: number) => ([g, v]: [number, number]): Change => ({ kind, row: [g, null, v, null, null, null, null] });
      running.push(0, [...out.map(change(DELETE)), ...into.map(change(INSERT))]);
      for (const [pairs, by] of [[out, -1], [into, 1]] as const) for (const [g, v] of pairs) {
        const of = counts.get(g) ?? new Map<number, number>();
        counts.set(g, of);
        const n = (of.get(v) ?? 0) + by;
        if (n === 0) of.delete(v); else of.set(v, n);
      }
      const last = new Map(running.take().map((c) => [c.row[0], c]));
      for (const [g, c] of last) {
        const of = counts.get(g as number)!;
        if (of.size === 0) expect(c.kind).to.equal(DELETE);
        else expect(c.row).to.deep.equal([g, [...of.values()].reduce((a, b) => a + b, 0), of.size]);
      }
    }
    expect(running.counters.get('inconsistentRetractions')!.value).to.equal(0);
  });
});
