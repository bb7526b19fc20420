/**
 * Random histories through joins, aggregates and set operations, against a recomputation from the final inputs: replaying the output gives
 * the batch result, no row is retracted that was not sent, and a history with checkpoints, restores, and changes of parallelism in the
 * middle ends the same. RIVULET_SEED picks the first seed, RIVULET_ROUNDS their number.
 */
import { expect } from 'chai';
import { DELETE, INSERT, isAccumulate, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/row/batch.ts';
import { compilePartitioner } from '../../core/row/partition.ts';
import { BIGINT, BOOLEAN, STRING } from '../../core/types/sql-type.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import type { JoinSide, JoinType } from '../../planner/physical/plan.ts';
import { Manifest } from '../state/manifest.ts';
import { Random } from '../state/support.ts';
import { nodeOf, printChange, Running } from './harness.ts';
import type { Change, OperatorSetup } from './harness.ts';

const SEED = Number(process.env['RIVULET_SEED'] ?? 1), ROUNDS = Number(process.env['RIVULET_ROUNDS'] ?? 12);
type Row = readonly unknown[];
const text = (row: Row): string => printChange({ kind: 0, row }).slice(2);

/** The table a changelog describes; throws on a retraction of a row that is not there. */
class Replay {
  readonly rows = new Map<string, number>();
  apply({ kind, row }: Change): void {
    const key = text(row), count = this.rows.get(key) ?? 0;
    if (!isAccumulate(kind) && count === 0) expect.fail(`retraction of a row never sent: ${key}`);
    this.rows.set(key, count + (isAccumulate(kind) ? 1 : -1));
  }
  list(): string[] { return [...this.rows].flatMap(([row, n]) => Array.from({ length: n }, () => row)).sort(); }
}
/** An input whose rows come, change and go; `unique` columns identify them. With `onlyAdds` they only come. */
class History {
  readonly rows: Row[] = [];
  private readonly random: Random;
  private readonly make: () => Row;
  private readonly unique: readonly number[] | null;
  private readonly onlyAdds: boolean;
  constructor(random: Random, make: () => Row, unique: readonly number[] | null, onlyAdds = false) { this.random = random; this.make = make; this.unique = unique; this.onlyAdds = onlyAdds; }
  private identity(row: Row): string | null { return this.unique === null ? null : text(this.unique.map((c) => row[c])); }
  /** One to two changes that belong together. */
  step(): Change[] {
    const { random, rows } = this, at = random.below(rows.length);
    if (this.onlyAdds) { const row = this.make(); rows.push(row); return [{ kind: INSERT, row }]; }
    if (rows.length > 0 && random.chance(0.3)) return [{ kind: random.chance(0.7) ? DELETE : UPDATE_BEFORE, row: rows.splice(at, 1)[0]! }];
    const row = this.make(), id = this.identity(row), twin = id === null ? -1 : rows.findIndex((r) => this.identity(r) === id);
    if (twin < 0 && (rows.length === 0 || random.chance(0.6))) { rows.push(row); return [{ kind: random.chance(0.8) ? INSERT : UPDATE_AFTER, row }]; }
    const old = rows.splice(twin >= 0 ? twin : at, 1)[0]!;
    rows.push(row);
    return [{ kind: UPDATE_BEFORE, row: old }, { kind: UPDATE_AFTER, row }];
  }
}

/** Pushes the same random history straight and through restores (same and other parallelism); both must give `expected`. */
function check(seed: number, setup: OperatorSetup, keys: readonly (readonly number[])[], histories: (random: Random) => History[], expected: (inputs: readonly (readonly Row[])[]) => string[]): void {
  for (const mode of ['straight', 'restored', 'rescaled'] as const) {
    const random = new Random(seed), inputs = histories(random), choose = new Random(seed + 1), replay = new Replay();
    const owners = keys.map((key, i) => compilePartitioner(setup.inputs[i]!, key));
    let tasks = [new Running(setup)], manifests = [new Manifest()];
    for (let step = 0; step < 220; step++) {
      const side = random.below(inputs.length);
      for (const change of inputs[side]!.step()) {
        const task = tasks[owners[side]!(change.row.map((v) => [v]), 0) % tasks.length]!;
        task.push(side, [change]);
        for (const out of task.take()) replay.apply(out);
      }
      if (mode === 'straight' || !choose.chance(0.08)) continue;
      tasks.forEach((task, i) => { task.operator.flush?.(); manifests[i]!.add(task.backend.takeCheckpoint()); });
      const parallelism = mode === 'rescaled' ? 1 + choose.below(3) : 1, tables = Manifest.join(manifests), same = parallelism === tasks.length && parallelism === 1;
      tasks = Array.from({ length: parallelism }, (_, subtask) => new Running(setup, { tables, share: same ? undefined : { subtask, parallelism } }));
      if (!same) manifests = tasks.map(() => new Manifest());
    }
    expect(replay.list(), `RIVULET_SEED=${seed} ${mode}`).to.deep.equal(expected(inputs.map((i) => i.rows)).sort());
    for (const task of tasks) expect(task.counters.get('inconsistentRetractions')?.value ?? 0, `RIVULET_SEED=${seed} ${mode}`).to.equal(0);
  }
}
const seeds = Array.from({ length: ROUNDS }, (_, i) => SEED + i);

describe('properties', () => {
  const LESS: Expr = { op: 'call', name: '<', type: BOOLEAN, args: [{ op: 'column', index: 1, type: BIGINT }, { op: 'column', index: 4, type: BIGINT }] };
  const nothing = [null, null, null];
  function joined(type: JoinType, matches: (l: Row, r: Row) => boolean, [left, right]: readonly (readonly Row[])[]): string[] {
    const out: Row[] = [], hit = new Set<Row>();
    for (const l of left!) {
      const found = right!.filter((r) => matches(l, r));
      found.forEach((r) => hit.add(r));
      if (type === 'semi' || type === 'anti') { if ((found.length > 0) === (type === 'semi')) out.push(l); continue; }
      for (const r of found) out.push([...l, ...r]);
      if (found.length === 0 && (type === 'left' || type === 'full')) out.push([...l, ...nothing]);
    }
    if (type === 'right' || type === 'full') for (const r of right!) if (!hit.has(r)) out.push([...nothing, ...r]);
    return out.map(text);
  }
  for (const type of ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const) {
    it(`${type} join`, () => {
      for (const seed of seeds) {
        const pick = new Random(seed * 31), residual = pick.chance(0.5) ? LESS : null, nullSafe = pick.chance(0.3);
        const shapes: [JoinSide, readonly number[] | null][] = [[{ kind: 'no-key' }, null], [{ kind: 'unique-key', uniqueKey: [1] }, [1]], [{ kind: 'unique-key', uniqueKey: [0, 1] }, [0, 1]], [{ kind: 'join-key-unique' }, [0]], [{ kind: 'append' }, null]];
        const [left, leftUnique] = pick.pick(shapes), [right, rightUnique] = pick.pick(shapes);
        const setup: OperatorSetup = {
          node: nodeOf('join', type === 'semi' || type === 'anti' ? 3 : 6, { inputs: 2, joinType: type, leftKeys: [0], rightKeys: [0], nullSafe: [nullSafe], residual, left, right, ttlMs: [0, 0] }),
          inputs: [[BIGINT, BIGINT, STRING], [BIGINT, BIGINT, STRING]],
        };
        const matches = (l: Row, r: Row): boolean => l[0] === r[0] && (l[0] !== null || nullSafe) && (residual === null || Number(l[1]) < Number(r[1]));
        const rowOf = (random: Random) => (): Row => [random.chance(0.15) ? null : random.below(4), random.below(8), random.pick(['x', 'y', null])];
        check(seed, setup, [[0], [0]], (random) => [new History(random, rowOf(random), leftUnique, left.kind === 'append'), new History(random, rowOf(random), rightUnique, right.kind === 'append')], (inputs) => joined(type, matches, inputs));
      }
    });
  }

  it('group aggregate', () => {
    const call = (name: string, args: readonly number[], options: object = {}): object => ({ function: name, args, distinct: false, filter: null, type: BIGINT, ...options });
    const calls = [call('COUNT', []), call('SUM', [1]), call('MIN', [1]), call('MAX', [1]), call('COUNT', [1], { distinct: true }), call('SUM', [1], { distinct: true, filter: 2 })];
    for (const seed of seeds) {
      const setup: OperatorSetup = { node: nodeOf('group-aggregate', 7, { keys: [0], calls: calls as never, retract: true, emitUpdateBefore: true, emitOnEmptyEnd: false, ttlMs: 0 }), inputs: [[BIGINT, BIGINT, BOOLEAN]] };
      const expected = ([rows]: readonly (readonly Row[])[]): string[] => [...Map.groupBy(rows!, (r) => r[0])].map(([key, of]) => {
        const values = of.map((r) => r[1]).filter((v) => v !== null) as number[], filtered = [...new Set(of.filter((r) => r[2] === true && r[1] !== null).map((r) => r[1] as number))];
        const sum = (list: readonly number[]): number | null => (list.length === 0 ? null : list.reduce((a, b) => a + b, 0));
        return text([key, of.length, sum(values), values.length === 0 ? null : Math.min(...values), values.length === 0 ? null : Math.max(...values), new Set(values).size, sum(filtered)]);
      });
      check(seed, setup, [[0]], (random) => [new History(random, () => [random.chance(0.2) ? null : random.below(4), random.chance(0.1) ? null : random.below(30), random.pick([true, false, null])], null)], expected);
    }
  });

  it('set operations', () => {
    for (const seed of seeds) for (const op of ['intersect', 'except'] as const) for (const all of [false, true]) {
      const setup: OperatorSetup = { node: nodeOf('set-op', 1, { inputs: 2, op, all, ttlMs: 0 }), inputs: [[BIGINT], [BIGINT]] };
      const expected = ([left, right]: readonly (readonly Row[])[]): string[] => [...new Set(left!.map(text))].flatMap((row) => {
        const l = left!.filter((r) => text(r) === row).length, r = right!.filter((x) => text(x) === row).length;
        const n = op === 'intersect' ? (all ? Math.min(l, r) : Number(r > 0)) : all ? Math.max(l - r, 0) : Number(r === 0);
        return Array.from({ length: n }, () => row);
      });
      const history = (random: Random): History => new History(random, () => [random.chance(0.2) ? null : random.below(4)], null);
      check(seed, setup, [[0], [0]], (random) => [history(random), history(random)], expected);
    }
  });

  it('sink materialize: the sink shows a row for just the keys that have one', () => {
    for (const seed of seeds) for (const key of [[1], null]) {
      const setup: OperatorSetup = { node: nodeOf('sink-materialize', 3, { key: [0], inputUpsertKey: key, ttlMs: 0 }), inputs: [[BIGINT, BIGINT, STRING]] };
      const random = new Random(seed), history = new History(random, () => [random.below(3), random.below(6), random.pick(['x', 'y'])], key), shown = new Map<unknown, Row>();
      let running = new Running(setup);
      const manifest = new Manifest();
      for (let step = 0; step < 300; step++) {
        running.push(0, history.step());
        for (const { kind, row } of running.take()) {
          expect(kind).to.equal(kind === DELETE ? DELETE : shown.has(row[0]) ? UPDATE_AFTER : INSERT);
          if (kind === DELETE) shown.delete(row[0]); else shown.set(row[0], row);
        }
        for (const k of [0, 1, 2]) {
          const rows = history.rows.filter((r) => r[0] === k).map(text);
          if (rows.length === 0) expect(shown.has(k)).to.equal(false);
          else expect(rows, `RIVULET_SEED=${seed}`).to.include(text(shown.get(k)!));
        }
        if (random.chance(0.1)) running = running.restart(manifest);
      }
      expect(running.counters.get('inconsistentRetractions')?.value ?? 0).to.equal(0);
    }
  });
});
