/** State tables against a plain model: random calls, rings of many entries, checkpoints, restores, other parallelisms, damage. */
import { expect } from 'chai';
import { compilePartitioner } from '../../core/row/partition.ts';
import * as t from '../../core/types/sql-type.ts';
import { OperatorStateBackend } from '../../runtime/state/backend.ts';
import type { StateBlock } from '../../runtime/state/backend.ts';
import type { StateTable, StateTableSpec } from '../../runtime/state/contract.ts';
import { Manifest } from './manifest.ts';
import { Random } from './support.ts';

const SPEC: StateTableSpec = { name: 'rows', key: [t.STRING, t.BIGINT], subKey: [t.BIGINT], value: [t.STRING, t.DOUBLE, t.BIGINT], meta: 2, ttlMs: 0 };
const backendOf = (): OperatorStateBackend => new OperatorStateBackend({ nowMs: () => 0 });

interface Item { key: unknown[]; sub: unknown[]; value: unknown[]; meta: [number, number] }
/** Key text → entries oldest first. */
type Model = Map<string, Item[]>;
const itemOf = (table: StateTable, entry: number): Item => {
  const item: Item = { key: [], sub: [], value: [], meta: [0, 0] };
  table.readKey(entry, item.key);
  table.readSubKey(entry, item.sub);
  table.readValue(entry, item.value);
  for (const i of [0, 1] as const) if (table.spec.meta > i) item.meta[i] = table.meta(entry, i);
  return item;
};
function contents(table: StateTable): Model {
  const model: Model = new Map();
  for (const entry of table.entries()) {
    const { key } = itemOf(table, entry);
    if (model.has(String(key))) continue;
    const items: Item[] = [];
    for (let e = table.first(key); e !== 0; e = table.next(e)) items.push(itemOf(table, e));
    model.set(String(key), items);
    expect(itemOf(table, table.last(key))).to.deep.equal(items.at(-1));
  }
  return model;
}
const sorted = (model: Model): unknown => [...model].filter(([, items]) => items.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
const count = (model: Model): number => [...model.values()].reduce((sum, items) => sum + items.length, 0);

/** One random change of table and model. */
function step(random: Random, table: StateTable, model: Model, keys: number, subs: number): void {
  const k = random.below(keys), key: unknown[] = [k % 7 === 0 ? null : `k${k}`, k], sub = [random.below(subs)];
  const items = model.get(String(key)) ?? [];
  model.set(String(key), items);
  const at = items.findIndex((item) => item.sub[0] === sub[0]);
  if (random.chance(0.35)) {
    const entry = table.find(key, sub);
    expect(entry !== 0).to.equal(at >= 0);
    if (at >= 0) { table.remove(entry); items.splice(at, 1); }
    return;
  }
  const entry = table.findOrCreate(key, sub);
  expect(table.wasCreated).to.equal(at < 0);
  if (at < 0) {
    items.push({ key, sub, value: [null, null, null], meta: [0, 0] });
    expect(itemOf(table, entry)).to.deep.equal(items.at(-1));
  }
  const item = items[at < 0 ? items.length - 1 : at]!;
  if (random.chance(0.8)) {
    const value = [random.chance(0.05) ? 'x'.repeat(random.below(3000)) : random.value(t.STRING), random.value(t.DOUBLE), random.value(t.BIGINT)];
    const differs = JSON.stringify(value, big) !== JSON.stringify(item.value, big);
    expect(table.writeValue(entry, value)).to.equal(differs);
    item.value = value;
  }
  if (random.chance(0.5)) { const i = random.below(2) as 0 | 1; item.meta[i] = random.below(100); table.setMeta(entry, i, item.meta[i]); }
}
const big = (_: string, v: unknown): unknown => (typeof v === 'bigint' ? `${v}n` : v === Infinity ? 'inf' : v);

describe('state table', () => {
  for (const [keys, subs, steps] of [[50, 3, 6000], [3, 400, 8000], [1, 5000, 8000], [4000, 1, 12000]] as const) {
    it(`does what a map does: ${keys} keys of up to ${subs} entries`, () => {
      const random = new Random(keys), table = backendOf().table(SPEC), model: Model = new Map();
      for (let i = 0; i < steps; i++) step(random, table, model, keys, subs);
      expect(sorted(contents(table))).to.deep.equal(sorted(model));
      expect(table.size).to.equal(count(model));
    });
  }
  it('keeps its place while the current entry is removed during a walk', () => {
    const table = backendOf().table(SPEC);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 30; i++) table.findOrCreate(['k', 1], [i]);
      const seen: unknown[] = [];
      for (let e = table.first(['k', 1]); e !== 0; e = table.next(e)) {
        const { sub } = itemOf(table, e);
        seen.push(sub[0]);
        if (round === 2 || Number(sub[0]) % 3 !== 1) table.remove(e);
      }
      expect(seen).to.have.length(round === 0 ? 30 : 30);
    }
    expect(table.size).to.equal(0);
    expect(table.first(['k', 1])).to.equal(0);
  });
  it('reads and writes columns like values', () => {
    const table = backendOf().table(SPEC), key = [['a', 'b'], [1, 2]], sub = [[10, 20]];
    const entry = table.findOrCreateAt(key, sub, 1);
    expect(table.find(['b', 2], [20])).to.equal(entry);
    expect(table.findAt(key, sub, 0)).to.equal(0);
    expect(table.firstAt(key, 1)).to.equal(entry);
    const value = [['p', 'q'], [0.5, null], [1n << 60n, 3]];
    expect(table.writeValueAt(entry, value, 0)).to.equal(true);
    expect(table.valueEqualsAt(entry, value, 0)).to.equal(true);
    expect(table.valueEqualsAt(entry, value, 1)).to.equal(false);
    const out: unknown[][] = [[], [], []];
    table.readValueAt(entry, out, 2);
    expect(out.map((c) => c[2])).to.deep.equal(['p', 0.5, 1n << 60n]);
    table.readKeyAt(entry, out, 0); expect([out[0]![0], out[1]![0]]).to.deep.equal(['b', 2]);
    table.readSubKeyAt(entry, out, 0); expect(out[0]![0]).to.equal(20);
  });
  it('gives memory of removed rows back', () => {
    const table = backendOf().table({ ...SPEC, meta: 0 }), text = 'x'.repeat(400);
    let most = 0;
    for (let i = 0; i < 60000; i++) {
      table.writeValue(table.findOrCreate(['k', i], [0]), [text, i, i]);
      if (i >= 2000) table.remove(table.find(['k', i - 2000], [0]));
      if (i === 20000) most = table.bytes;
    }
    expect(table.size).to.equal(2000);
    expect(table.bytes).to.be.below(most * 1.3);
    expect(table.bytes).to.be.below(8e6);
  });
  it('holds values larger than a page', () => {
    const table = backendOf().table(SPEC), into: unknown[] = [];
    for (let i = 0; i < 4; i++) table.writeValue(table.findOrCreate(['k', i], [0]), [String(i).repeat(3_000_000), 0, i]);
    table.remove(table.find(['k', 1], [0]));
    for (let i = 4; i < 3000; i++) table.writeValue(table.findOrCreate(['k', i], [0]), ['y'.repeat(900), 0, i]);
    table.readValue(table.find(['k', 2], [0]), into);
    expect(into).to.deep.equal(['2'.repeat(3_000_000), 0, 2]);
    table.readValue(table.find(['k', 2999], [0]), into);
    expect(into).to.deep.equal(['y'.repeat(900), 0, 2999]);
  });
});

describe('time to live', () => {
  const SPEC_TTL: StateTableSpec = { ...SPEC, ttlMs: 1000 };
  const clock = (): { now: number; table: StateTable; backend: OperatorStateBackend } => {
    const self = { now: 0 } as { now: number; table: StateTable; backend: OperatorStateBackend };
    self.backend = new OperatorStateBackend({ nowMs: () => self.now });
    self.table = self.backend.table(SPEC_TTL);
    return self;
  };
  it('drops what was not written for so long, on access', () => {
    const c = clock();
    for (let i = 0; i < 3; i++) c.table.findOrCreate(['k', 1], [i]);
    c.now = 900;
    c.table.setMeta(c.table.find(['k', 1], [1]), 0, 0);
    c.now = 1000;
    expect(c.table.find(['k', 1], [0])).to.equal(0);
    const left: unknown[] = [];
    for (let e = c.table.first(['k', 1]); e !== 0; e = c.table.next(e)) left.push(itemOf(c.table, e).sub[0]);
    expect(left).to.deep.equal([1]);
    c.now = 1900;
    expect(c.table.last(['k', 1])).to.equal(0);
    expect(c.table.size).to.equal(0);
  });
  it('makes an expired entry anew, empty', () => {
    const c = clock();
    c.table.writeValue(c.table.findOrCreate(['k', 1], [1]), ['old', 1, 1]);
    c.now = 5000;
    const entry = c.table.findOrCreate(['k', 1], [1]);
    expect(c.table.wasCreated).to.equal(true);
    expect(itemOf(c.table, entry).value).to.deep.equal([null, null, null]);
  });
  it('sweeps away what nobody asks for', () => {
    const c = clock();
    for (let i = 0; i < 500; i++) c.table.findOrCreate(['k', i], [0]);
    c.now = 2000;
    for (let i = 0; i < 300; i++) c.table.findOrCreate(['live', 0], [0]);
    expect(c.table.size).to.equal(1);
  });
  it('keeps the time of the last write over a restore', () => {
    const c = clock(), manifest = new Manifest();
    c.table.findOrCreate(['k', 1], [1]);
    manifest.add(c.backend.takeCheckpoint());
    let now = 999;
    const restored = new OperatorStateBackend({ nowMs: () => now, restored: { tables: manifest.tables(), share: undefined } }).table(SPEC_TTL);
    expect(restored.find(['k', 1], [1])).to.not.equal(0);
    now = 1000;
    expect(restored.find(['k', 1], [1])).to.equal(0);
  });
});

describe('checkpoints', () => {
  for (const [seed, keys, subs, steps, rounds] of [[1, 40, 4, 300, 12], [2, 2, 600, 400, 12], [3, 3000, 3, 2500, 10], [4, 20000, 1, 30000, 4]] as const) {
    it(`restores what was there, through deltas and bases: ${keys} keys of up to ${subs} entries`, () => {
      const random = new Random(seed), model: Model = new Map(), manifest = new Manifest();
      let backend = backendOf(), table = backend.table(SPEC);
      for (let round = 0; round < rounds; round++) {
        for (let i = 0; i < steps; i++) step(random, table, model, keys, subs);
        manifest.add(backend.takeCheckpoint());
        if (round % 3 !== 2) continue;
        backend = new OperatorStateBackend({ nowMs: () => 0, restored: { tables: manifest.tables(), share: undefined } });
        table = backend.table(SPEC);
        expect(table.size).to.equal(count(model));
        expect(sorted(contents(table)), `seed ${seed} round ${round}`).to.deep.equal(sorted(model));
      }
      expect(manifest.kinds).to.include.members(['base', 'delta']);
    });
  }
  it('writes what changed, not what is held, and nothing when nothing changed', () => {
    const backend = backendOf(), table = backend.table(SPEC);
    for (let i = 0; i < 20000; i++) table.findOrCreate(['k', i], [0]);
    const first = size(backend.takeCheckpoint());
    expect(backend.takeCheckpoint()).to.deep.equal([]);
    for (let i = 0; i < 20; i++) table.setMeta(table.find(['k', i * 7], [0]), 0, 5);
    table.remove(table.find(['k', 3], [0]));
    const blocks = backend.takeCheckpoint();
    expect(blocks.reduce((sum, b) => sum + b.entries, 0)).to.equal(21);
    expect(size(blocks)).to.be.below(first / 200);
  });
  it('keeps the stored size near the live size under endless updates', () => {
    const backend = backendOf(), table = backend.table(SPEC), manifest = new Manifest();
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 5000; i++) table.setMeta(table.findOrCreate(['k', i], [0]), 0, round + 1);
      manifest.add(backend.takeCheckpoint());
    }
    expect(manifest.bytes).to.be.below(4 * size(backend.takeSavepoint()));
  });
  it('restores a table that grew from 1 to 256 segments between checkpoints', () => {
    const spec: StateTableSpec = { name: 'grown', key: [t.BIGINT], subKey: [], value: [t.STRING], meta: 1, ttlMs: 0 }, random = new Random(9);
    const backend = backendOf(), table = backend.table(spec), manifest = new Manifest(), model = new Map<number, number>(), text = 'x'.repeat(500);
    for (const upTo of [100, 6000, 7000, 70000, 90000, 91000]) {
      for (let i = 0; i < upTo / 2; i++) {
        const k = random.below(upTo), entry = table.findOrCreate([k], []);
        if (random.chance(0.1)) { table.remove(entry); model.delete(k); continue; }
        if (table.wasCreated) table.writeValue(entry, [text]);
        table.setMeta(entry, 0, i);
        model.set(k, i);
      }
      manifest.add(backend.takeCheckpoint());
      const restored = new OperatorStateBackend({ nowMs: () => 0, restored: { tables: manifest.tables(), share: undefined } }).table(spec);
      expect(restored.size).to.equal(model.size);
      for (const [k, meta] of model) if (restored.meta(restored.find([k], []), 0) !== meta) expect.fail(`key ${k} at ${upTo}`);
    }
    expect(manifest.tables().size).to.equal(256);
  });
  it('takes a savepoint without changing the next checkpoint', () => {
    const random = new Random(5), model: Model = new Map(), backend = backendOf(), table = backend.table(SPEC), manifest = new Manifest(), save = new Manifest();
    for (let i = 0; i < 500; i++) step(random, table, model, 30, 3);
    manifest.add(backend.takeCheckpoint());
    for (let i = 0; i < 500; i++) step(random, table, model, 30, 3);
    save.add(backend.takeSavepoint());
    manifest.add(backend.takeCheckpoint());
    for (const m of [save, manifest]) expect(sorted(contents(new OperatorStateBackend({ nowMs: () => 0, restored: { tables: m.tables(), share: undefined } }).table(SPEC)))).to.deep.equal(sorted(model));
  });
  it('restores at parallelism 1 → 2 → 3 → 1, each key where the exchange sends it', () => {
    const random = new Random(6), model: Model = new Map();
    const one = backendOf();
    for (let i = 0; i < 4000; i++) step(random, one.table(SPEC), model, 800, 4);
    let manifests = [new Manifest()];
    manifests[0]!.add(one.takeCheckpoint());
    const hash = compilePartitioner(SPEC.key, [0, 1]);
    for (const parallelism of [2, 3, 1]) {
      const former = Manifest.join(manifests);
      manifests = [];
      let total = 0;
      for (let subtask = 0; subtask < parallelism; subtask++) {
        const backend = new OperatorStateBackend({ nowMs: () => 0, restored: { tables: former, share: { subtask, parallelism } } });
        const table = backend.table(SPEC);
        for (const [, items] of contents(table)) {
          expect(hash(items[0]!.key.map((v) => [v]), 0) % parallelism).to.equal(subtask);
          expect(items).to.deep.equal(model.get(String(items[0]!.key)));
          total += items.length;
        }
        const manifest = new Manifest();
        manifest.add(backend.takeCheckpoint());
        manifests.push(manifest);
      }
      expect(total).to.equal(count(model));
    }
  });
  it('gives state without a key to subtask 0', () => {
    const spec: StateTableSpec = { name: 'one', key: [], subKey: [], value: [t.BIGINT], meta: 0, ttlMs: 0 };
    const backend = backendOf(), manifest = new Manifest();
    backend.table(spec).writeValue(backend.table(spec).findOrCreate([], []), [7]);
    manifest.add(backend.takeCheckpoint());
    const sizes = [0, 1].map((subtask) => new OperatorStateBackend({ nowMs: () => 0, restored: { tables: manifest.tables(), share: { subtask, parallelism: 2 } } }).table(spec).size);
    expect(sizes).to.deep.equal([1, 0]);
  });
  it('names restored tables nobody asked for', () => {
    const backend = backendOf(), manifest = new Manifest();
    backend.table(SPEC).findOrCreate(['a', 1], [1]);
    manifest.add(backend.takeCheckpoint());
    const restored = new OperatorStateBackend({ nowMs: () => 0, restored: { tables: manifest.tables(), share: undefined } });
    restored.table({ ...SPEC, name: 'other' });
    expect(restored.unclaimed()).to.deep.equal(['rows']);
  });
  it('refuses blocks with any byte changed, cut or added, and blocks of another schema', () => {
    const backend = backendOf();
    for (let i = 0; i < 5; i++) backend.table(SPEC).findOrCreate(['k', i], [i]);
    const [block] = backend.takeCheckpoint();
    const restore = (bytes: Uint8Array, spec = SPEC): StateTable => new OperatorStateBackend({ nowMs: () => 0, restored: { tables: new Map([['rows/0', [[bytes]]]]), share: undefined } }).table(spec);
    expect(restore(block!.bytes).size).to.equal(5);
    for (let i = 0; i < block!.bytes.length; i++) {
      const bad = block!.bytes.slice();
      bad[i]! ^= 1 << (i % 8);
      expect(() => restore(bad), `byte ${i}`).to.throw().with.property('code', 'state-block-damaged');
    }
    expect(() => restore(block!.bytes.slice(0, -1))).to.throw('"rows #1 of 1" is damaged');
    expect(() => restore(new Uint8Array(0))).to.throw().with.property('code', 'state-block-damaged');
    expect(() => restore(block!.bytes, { ...SPEC, value: [t.STRING, t.DOUBLE, t.STRING] })).to.throw().with.property('code', 'state-incompatible');
    expect(restore(block!.bytes, { ...SPEC, ttlMs: 50 }).size).to.equal(5);
    expect(restore(block!.bytes, { ...SPEC, key: SPEC.key.map(t.notNull) }).size).to.equal(5);
  });
});
const size = (blocks: readonly StateBlock[]): number => blocks.reduce((sum, b) => sum + b.bytes.length, 0);
