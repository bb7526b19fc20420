/**
 * Random histories: rows and DDL of several tables through a filter, a computed column and routes, with restarts in between, for every
 * behaviour. What comes out must be a changelog without contradiction (nothing twice, nothing taken back that is not there, no pair torn)
 * and end as the tables do. `RIVULET_SEEDS` makes it longer; a failure names its seed.
 */
import { expect } from 'chai';
import { idText, type PipelineColumn, type TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { BIGINT, INT, STRING, notNull, varchar, type SqlType } from '../../core/types/sql-type.ts';
import { materializeTexts } from '../../core/row/slices.ts';
import { KIND_TEXT } from '../../core/row/batch.ts';
import type { PipelineBatch, SchemaChange } from '../../runtime/pipelines/contract.ts';
import { batch, create, event, TransformRun, transformSpec } from './support.ts';

type Row = ReadonlyMap<string, unknown>;
/** Mulberry32. */
function random(seed: number): (n: number) => number {
  let a = seed >>> 0;
  return (n) => { a = a + 0x6d2b79f5 | 0; let t = Math.imul(a ^ a >>> 15, a | 1); t = t + Math.imul(t ^ t >>> 7, t | 61) ^ t; return ((t ^ t >>> 14) >>> 0) % n; };
}
class Source {
  columns: PipelineColumn[] = [{ name: 'id', type: notNull(BIGINT) }, { name: 'v', type: INT }, { name: 's', type: varchar(20) }];
  version: TableVersion;
  readonly rows = new Map<number, Row>();
  private readonly id: TableVersion['id'];
  constructor(table: string) { this.id = { schema: 'db', table }; this.version = this.made(); }
  made(): TableVersion { return this.version = { id: this.id, columns: this.columns, primaryKey: [this.columns.findIndex((c) => c.name === 'id')] }; }
  values(row: Row): unknown[] { return this.columns.map((c) => row.get(c.name) ?? null); }
}
/** The target as a consumer by key sees it. */
class Target {
  readonly rows = new Map<string, Row>();
  private before: string | undefined;
  take(given: PipelineBatch): void {
    if (given.event !== null) { expect(this.before, 'an event tears a pair').to.equal(undefined); return; }
    materializeTexts(given);
    for (let row = 0; row < given.size; row++) {
      const values = new Map(given.table.columns.map((c, i) => [c.name, given.columns[i]![row]])), key = `${idText(given.table.id)} ${given.table.primaryKey.map((k) => String(given.columns[k]![row])).join()}`, kind = KIND_TEXT[given.kindAt(row)];
      if (this.before !== undefined) { expect(kind, `behind -U of ${this.before}`).to.equal('+U'); this.before = undefined; }
      switch (kind) {
        case '+I': expect(this.rows.has(key), `twice ${key}`).to.equal(false); this.rows.set(key, values); break;
        case '-D': expect(this.rows.delete(key), `not there ${key}`).to.equal(true); break;
        case '-U': expect(this.rows.delete(key), `not there ${key}`).to.equal(true); this.before = key; break;
        default: this.rows.set(key, values);
      }
    }
  }
}
const TYPES: readonly SqlType[] = [INT, BIGINT, STRING];

async function story(seed: number, behavior: string, isMerged: boolean): Promise<void> {
  const pick = random(seed), sources = ['a', 'b'].map((t) => new Source(t)), target = new Target();
  const spec = await transformSpec(`transform:\n  - source-table: db.\\.*\n    projection: \\*, id * 2 AS twice, __table_name__ AS shard\n    filter: MOD(id, 5) <> 0\n    primary-keys: shard,id\n${isMerged ? 'route:\n  - source-table: db.\\.*\n    sink-table: all.t\n' : ''}pipeline:\n  schema.change.behavior: ${behavior}\n`, sources.map((s) => s.version));
  let run = new TransformRun(spec, undefined, (b) => target.take(b)), next = 1;
  for (const s of sources) run.push(create(s.version));
  for (let step = 0; step < 120; step++) {
    const s = sources[pick(sources.length)]!, ids = [...s.rows.keys()], id = ids[pick(Math.max(1, ids.length))];
    const fresh = (): Row => new Map(s.columns.map((c) => [c.name, c.type.kind === 'INT' || c.type.kind === 'BIGINT' ? (pick(4) === 0 ? null : pick(1000)) : pick(4) === 0 ? null : `t${pick(100)}`]));
    switch (pick(10)) {
      case 0: case 1: case 2: { const row = new Map(fresh()).set('id', next); s.rows.set(next++, row); run.push(batch(s.version, ['+I', ...s.values(row)])); break; }
      case 3: case 4: { if (id === undefined) break; const row = new Map(fresh()).set('id', id); run.push(batch(s.version, ['-U', ...s.values(s.rows.get(id)!)], ['+U', ...s.values(row)])); s.rows.set(id, row); break; }
      case 5: { if (id === undefined) break; const row = new Map(s.rows.get(id)!).set('id', next); run.push(batch(s.version, ['-U', ...s.values(s.rows.get(id)!)], ['+U', ...s.values(row)])); s.rows.delete(id); s.rows.set(next++, row); break; }
      case 6: { if (id === undefined) break; run.push(batch(s.version, ['-D', ...s.values(s.rows.get(id)!)])); s.rows.delete(id); break; }
      case 7: run = run.restarted(spec, (b) => target.take(b)); break;
      default: {
        const changes = alter(s, pick, step);
        if (changes !== undefined) run.push(event(s.made(), ...changes));
      }
    }
  }
  // Every row once more, so that all of them have the columns of now.
  for (const s of sources) for (const [, row] of s.rows) run.push(batch(s.version, ['-U', ...s.values(row)], ['+U', ...s.values(row)]));
  const expected = new Map(sources.flatMap((s) => [...s.rows].filter(([id]) => id % 5 !== 0).map(([id, row]): [string, Row] => [`${isMerged ? 'all.t' : idText(s.version.id)} ${s.version.id.table},${id}`, new Map(s.columns.map((c) => [c.name, row.get(c.name) ?? null]))])));
  expect([...target.rows.keys()].sort()).to.deep.equal([...expected.keys()].sort());
  for (const [key, row] of expected) {
    const got = target.rows.get(key)!;
    expect(got.get('twice')).to.equal(Number(row.get('id')) * 2);
    // With `ignore` the target keeps the columns of the start.
    for (const [name, value] of row) if (behavior !== 'ignore' || got.has(name)) expect(String(got.get(name)), `${key}.${name}`).to.equal(String(value));
  }
}
/** A column comes, goes, is renamed or widened. */
function alter(s: Source, pick: (n: number) => number, step: number): SchemaChange[] | undefined {
  const others = s.columns.filter((c) => c.name !== 'id'), one = others[pick(Math.max(1, others.length))];
  switch (pick(4)) {
    case 0: {
      const column = { name: `c${step}`, type: TYPES[pick(3)]! }, at = pick(s.columns.length + 1);
      s.columns = s.columns.toSpliced(at, 0, column);
      return [{ kind: 'add.column', column, after: at === 0 ? undefined : s.columns[at - 1]!.name }];
    }
    case 1: if (one === undefined) return undefined; s.columns = s.columns.filter((c) => c !== one); return [{ kind: 'drop.column', name: one.name }];
    case 2: {
      if (one === undefined) return undefined;
      const to = `r${step}`;
      s.columns = s.columns.map((c) => (c === one ? { ...c, name: to } : c));
      for (const [id, row] of s.rows) s.rows.set(id, new Map(row).set(to, row.get(one.name) ?? null));
      return [{ kind: 'rename.column', from: one.name, to }];
    }
    default: {
      if (one === undefined || one.type.kind === 'VARCHAR') return undefined;
      const column = { ...one, type: BIGINT };
      s.columns = s.columns.map((c) => (c === one ? column : c));
      return [{ kind: 'alter.column.type', name: one.name, from: one.type, column }];
    }
  }
}
describe('pipeline transform: random histories', () => {
  const seeds = Number(process.env['RIVULET_SEEDS'] ?? '10'), first = Number(process.env['RIVULET_SEED'] ?? '1');
  for (const behavior of ['lenient', 'evolve', 'ignore']) for (const isMerged of [false, true]) {
    it(`${behavior}${isMerged ? ', merged' : ''}`, async () => {
      for (let seed = first; seed < first + seeds; seed++) {
        try { await story(seed, behavior, isMerged); } catch (error) { (error as Error).message = `seed ${seed}: ${(error as Error).message}`; throw error; }
      }
    });
  }
});
