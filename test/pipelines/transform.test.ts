/** The transform operator: rows by projection, filter and route; targets that follow their sources by every behaviour; restarts. */
import { expect } from 'chai';
import { BIGINT, INT, notNull, STRING } from '../../core/types/sql-type.ts';
import type { TableVersion } from '../../catalog/objects/pipeline-table.ts';
import { batch, create, event, failure, table, TransformRun, transformSpec } from './support.ts';

const USER = table('shop.user', 'id BIGINT NOT NULL, name VARCHAR(50), age INT', 'id');
const run = async (blocks: string, tables: readonly TableVersion[] = [USER], ends?: string): Promise<TransformRun> => new TransformRun(await transformSpec(blocks, tables, ends));
const rule = (keys: string): string => `transform:\n  - source-table: shop.\\.*\n${keys.split('\n').map((k) => `    ${k}`).join('\n')}\n`;

describe('pipeline transform: rows', () => {
  it('without rules rows pass as they are, under a create event', async () => {
    const t = await run('');
    t.push(create(USER), batch(USER, ['+I', 1, 'a', 3], ['-U', 1, 'a', 3], ['+U', 1, 'b', 3], ['-D', 1, 'b', 3]));
    expect(t.lines).to.deep.equal(['shop.user create.table (id, name, age)', 'shop.user +I[1, a, 3]', 'shop.user -U[1, a, 3]', 'shop.user +U[1, b, 3]', 'shop.user -D[1, b, 3]']);
  });
  it('rows without a create event are told as created first', async () => {
    expect((await run('')).push(batch(USER, ['+I', 1, 'a', 3])).lines[0]).to.equal('shop.user create.table (id, name, age)');
  });
  it('projection: star, computed, renamed, replaced, left out', async () => {
    const t = await run(rule("projection: \\*, UPPER(name) AS name, age + 1 AS older, id AS copy, __table_name__ AS t, 'x' AS c"));
    t.push(batch(USER, ['+I', 1, 'a', 3]));
    expect(t.lines).to.deep.equal(['shop.user create.table (id, age, name, older, copy, t, c)', 'shop.user +I[1, 3, A, 4, 1, user, x]']);
    expect((await run(rule('projection: id, name'))).push(batch(USER, ['+I', 1, 'a', 3])).lines).to.deep.equal(['shop.user create.table (id, name)', 'shop.user +I[1, a]']);
  });
  it('filters by the samples: id > 1000, IN', async () => {
    const t = await run(rule('filter: id > 1000'));
    t.push(batch(USER, ['+I', 1000, 'a', 3], ['+I', 1001, 'b', 3]));
    expect(t.take()).to.deep.equal(['shop.user create.table (id, name, age)', 'shop.user +I[1001, b, 3]']);
    const u = await run(rule("filter: name IN ('hangzhou','shanghai')"));
    u.push(batch(USER, ['+I', 1, 'hangzhou', 3], ['+I', 2, 'beijing', 3], ['+I', 3, null, 3]));
    expect(u.take().slice(1)).to.deep.equal(['shop.user +I[1, hangzhou, 3]']);
  });
  it('an update under a filter: both pass, only before, only after, neither', async () => {
    const t = await run(rule('filter: age >= 18\nprojection: id, age'));
    t.push(batch(USER, ['-U', 1, 'a', 20], ['+U', 1, 'b', 30], ['-U', 2, 'a', 20], ['+U', 2, 'a', 3], ['-U', 3, 'a', 3], ['+U', 3, 'a', 20], ['-U', 4, 'a', 3], ['+U', 4, 'a', 4]));
    expect(t.take().slice(1)).to.deep.equal(['shop.user -U[1, 20]', 'shop.user +U[1, 30]', 'shop.user -D[2, 20]', 'shop.user +I[3, 20]']);
  });
  it('a filter may name a computed column', async () => {
    expect((await run(rule('projection: id, age * 2 AS twice\nfilter: twice > 5'))).push(batch(USER, ['+I', 1, 'a', 2], ['+I', 2, 'a', 3])).take().slice(1)).to.deep.equal(['shop.user +I[2, 6]']);
  });
  it('the kind of a change; deletes kept as rows', async () => {
    const t = await run(rule('projection: id, __data_event_type__ AS op\nconverter-after-transform: SOFT_DELETE'));
    t.push(batch(USER, ['+I', 1, 'a', 2], ['-U', 1, 'a', 2], ['+U', 1, 'b', 2], ['-D', 1, 'b', 2]));
    expect(t.take().slice(1)).to.deep.equal(['shop.user +I[1, +I]', 'shop.user -U[1, -U]', 'shop.user +U[1, +U]', 'shop.user +I[1, -D]']);
  });
  it('the first rule that matches counts; database and table names; LIKE has wildcards', async () => {
    const t = await run("transform:\n  - source-table: shop.u\\.*\n    projection: id, __schema_name__ || '.' || __table_name__ AS t\n    filter: name LIKE 'a%'\n  - source-table: shop.user\n    projection: name\n");
    t.push(batch(USER, ['+I', 1, 'abc', 2], ['+I', 2, 'xa', 2]));
    expect(t.take().slice(1)).to.deep.equal(['shop.user +I[1, shop.user]']);
  });
  it('facts of rows reach expressions and the sink', async () => {
    const ends = 'source:\n  type: fake\n  x.facts: op_ts\nsink:\n  type: fake\n  x.facts: is_snapshot,op_ts\n', t = await run(rule('projection: \\*, op_ts + 1 AS later'), [USER], ends);
    t.push(batch(USER, ['+I', 1, 'a', 2, 1000, true]));
    expect(t.take().slice(1)).to.deep.equal(['shop.user +I[1, a, 2, 1001, true, 1000]']);
  });
  it('primary keys of a rule; a key that is not in the projection is none', async () => {
    const t = await run(rule('projection: id, name\nprimary-keys: name'));
    t.push(create(USER));
    expect(t.batches[0]?.version.primaryKey).to.deep.equal([1]);
    expect(t.batches[0]?.version.columns[1]?.type.nullable).to.equal(false);
    const u = await run(rule('projection: name'));
    u.push(create(USER));
    expect(u.batches[0]?.version.primaryKey).to.deep.equal([]);
  });
  it('a chosen key that is NULL is refused', async () => {
    const t = await run(rule('projection: \\*\nprimary-keys: name'));
    t.push(batch(USER, ['+I', 1, 'a', 2]));
    expect((await failure(() => t.push(batch(USER, ['+I', 2, null, 2])))).message).to.equal('the key column "name" is NULL in a row for table "shop.user"');
  });
  it('a table goes to several targets, several tables into one with all their columns', async () => {
    const A = table('s1.t', 'id BIGINT NOT NULL, a INT', 'id'), B = table('s2.t', 'id BIGINT NOT NULL, a BIGINT, b VARCHAR(9) NOT NULL', 'id'), C = table('s3.t', 'id BIGINT NOT NULL, b VARCHAR(9)', 'id');
    const t = await run('route:\n  - source-table: s\\.*.t\n    sink-table: all.t\n  - source-table: s1.t\n    sink-table: copy.t\n', [A, B, C]);
    t.push(create(A), batch(A, ['+I', 1, 5]));
    expect(t.take()).to.deep.equal(['all.t create.table (id, a)', 'copy.t create.table (id, a)', 'all.t +I[1, 5]', 'copy.t +I[1, 5]']);
    t.push(create(B), batch(B, ['+I', 2, 6, 'x']), batch(A, ['+I', 3, 7]), create(C), batch(C, ['+I', 4, 'y']));
    expect(t.take()).to.deep.equal(['all.t alter.column.type+add.column (id, a, b)', 'all.t +I[2, 6, x]', 'all.t +I[3, 7, null]', 'copy.t +I[3, 7]', 'all.t +I[4, null, y]']);
    expect(t.batches[2]?.version.columns.map((c) => c.type)).to.deep.equal([notNull(BIGINT), BIGINT, { kind: 'VARCHAR', length: 9, nullable: true }]);
  });
  it('merged columns of types without a common number become text', async () => {
    const A = table('s1.t', 'id BIGINT NOT NULL, a INT', 'id'), B = table('s2.t', 'id BIGINT NOT NULL, a STRING', 'id');
    const t = await run('route:\n  - source-table: s\\.*.t\n    sink-table: all.t\n', [A, B]);
    t.push(create(A), create(B), batch(A, ['+I', 1, 5]), batch(B, ['+I', 2, 'x']));
    expect(t.take().slice(-2)).to.deep.equal(['all.t +I[1, 5]', 'all.t +I[2, x]']);
    expect(t.batches.at(-1)?.version.columns[1]?.type).to.deep.equal(STRING);
    expect(typeof (await failure(() => { const u = t.push(create(table('s3.t', 'id BIGINT NOT NULL, a BYTES', 'id'))); return u; })).message).to.equal('string');
  });
  it('merged tables of different keys are refused', async () => {
    const A = table('s1.t', 'id BIGINT NOT NULL, a INT NOT NULL', 'id'), B = table('s2.t', 'id BIGINT NOT NULL, a INT NOT NULL', 'id,a');
    const t = await run('route:\n  - source-table: s\\.*.t\n    sink-table: all.t\n', [A, B]);
    expect((await failure(() => t.push(create(A), create(B)))).message).to.include('key');
  });
  for (const [name, keys, why] of [
    ['an unknown column', 'projection: id, nam', /column "nam" does not exist|nam/], ['aggregates', 'projection: COUNT(*) AS n', /aggregate|COUNT/i], ['subqueries', 'filter: id IN (SELECT 1)', /subquer/i], ['a query behind the list', 'projection: id FROM t', /SELECT list alone/],
    ['a computed column without name', 'projection: id + 1', /needs a name/], ['a filter that is no condition', 'filter: id + 1', /BOOLEAN/], ['a name twice', 'projection: id, name AS id', /twice/], ['a key that is not there', 'projection: id\nprimary-keys: name', /not in the projection/],
    ['another converter', 'converter-after-transform: HARD', /SOFT_DELETE/], ['several statements', 'filter: id = 1; SELECT 2', /./],
  ] as const) it(`refuses ${name}`, async () => { const error = await failure(() => run(rule(keys))); expect(error.message).to.match(why); expect(error.range?.start).to.be.greaterThan(0); });
});

describe('pipeline transform: changes of tables', () => {
  const WIDER = table('shop.user', 'id BIGINT NOT NULL, name VARCHAR(50), age BIGINT, city STRING NOT NULL', 'id');
  const added = event(WIDER, { kind: 'add.column', column: { name: 'city', type: notNull(STRING) }, after: 'age' }, { kind: 'alter.column.type', name: 'age', from: INT, column: { name: 'age', type: BIGINT } });
  const RENAMED = table('shop.user', 'id BIGINT NOT NULL, title VARCHAR(50)', 'id');
  const renamed = event(RENAMED, { kind: 'rename.column', from: 'name', to: 'title' }, { kind: 'drop.column', name: 'age' });
  const behavior = (name: string, more = ''): string => `pipeline:\n  schema.change.behavior: ${name}\n${more}`;

  const stories: readonly [behavior: string, afterAdd: readonly string[], afterRename: readonly string[]][] = [
    ['evolve', ['shop.user add.column+alter.column.type (id, name, age, city)', 'shop.user +I[2, b, 4, x]'], ['shop.user rename.column+drop.column (id, title)', 'shop.user +I[3, c]']],
    ['try_evolve', ['shop.user add.column+alter.column.type (id, name, age, city)', 'shop.user +I[2, b, 4, x]'], ['shop.user rename.column+drop.column (id, title)', 'shop.user +I[3, c]']],
    ['lenient', ['shop.user add.column+alter.column.type (id, name, age, city)', 'shop.user +I[2, b, 4, x]'], ['shop.user add.column (id, name, age, title)', 'shop.user +I[3, null, null, c]']],
    ['ignore', ['shop.user +I[2, b, 4]'], ['shop.user +I[3, null, null]']],
  ];
  for (const [name, afterAdd, afterRename] of stories) {
    it(name, async () => {
      const t = (await run(behavior(name))).push(create(USER), batch(USER, ['+I', 1, 'a', 3]));
      t.take();
      t.push(added, batch(WIDER, ['+I', 2, 'b', 4, 'x']));
      expect(t.take().map((l) => l.replace('alter.column.type+add.column', 'add.column+alter.column.type'))).to.deep.equal(afterAdd);
      const u = (await run(behavior(name))).push(create(USER));
      u.take();
      u.push(renamed, batch(RENAMED, ['+I', 3, 'c']));
      expect(u.take()).to.deep.equal(afterRename);
    });
  }
  it('lenient: what is added is nullable', async () => {
    const t = (await run('')).push(create(USER), added);
    expect(t.batches[1]?.version.columns.find((c) => c.name === 'city')?.type.nullable).to.equal(true);
  });
  it('exception refuses all but new tables', async () => {
    const t = (await run(behavior('exception'))).push(create(USER));
    const error = await failure(() => t.push(added));
    expect(error.code).to.equal('pipeline-schema-change-refused');
    expect(error.message).to.include('shop.user');
  });
  it('drop and truncate: told with evolve, not with lenient unless nothing is excluded', async () => {
    const truncate = event(USER, { kind: 'truncate.table' }), drop = event(USER, { kind: 'drop.table' });
    for (const [name, sink, expected] of [['evolve', '', ['truncate.table', 'drop.table']], ['lenient', '', []], ['lenient', '  exclude.schema.changes: [add.column]\n', ['truncate.table', 'drop.table']], ['evolve', '  exclude.schema.changes: [drop]\n', ['truncate.table']], ['evolve', '  include.schema.changes: [drop.table]\n', ['drop.table']]] as const) {
      const t = await run(behavior(name), [USER], `source:\n  type: fake\nsink:\n  type: fake\n${sink}`);
      t.push(create(USER), truncate, drop);
      expect(t.batches.slice(1).map((b) => b.changes[0]?.kind), `${name} ${sink}`).to.deep.equal(expected);
    }
  });
  it('truncate and drop that are the first thing heard after a restart', async () => {
    const spec = await transformSpec(behavior('evolve'), [USER]), t = new TransformRun(spec).push(create(USER)).restarted(spec).push(event(USER, { kind: 'truncate.table' }));
    expect(t.batches.map((b) => b.changes[0]?.kind)).to.deep.equal(['create.table', 'truncate.table']);
    expect(new TransformRun(spec).push(create(USER)).restarted(spec).push(event(USER, { kind: 'drop.table' })).batches.map((b) => b.changes[0]?.kind)).to.deep.equal(['create.table', 'drop.table']);
  });
  it('a dropped table may come again with other columns', async () => {
    const t = (await run(behavior('evolve'))).push(create(USER), event(USER, { kind: 'drop.table' })), AGAIN = table('shop.user', 'k INT NOT NULL', 'k');
    t.take();
    t.push(create(AGAIN), batch(AGAIN, ['+I', 1]));
    expect(t.take()).to.deep.equal(['shop.user create.table (k)', 'shop.user +I[1]']);
  });
  it('excluded kinds leave the target as it is, rows are fitted', async () => {
    const t = await run(behavior('evolve'), [USER], 'source:\n  type: fake\nsink:\n  type: fake\n  exclude.schema.changes: [add.column, alter.column.type]\n');
    t.push(create(USER));
    t.take();
    t.push(added, batch(WIDER, ['+I', 2, 'b', 4, 'x']));
    expect(t.take()).to.deep.equal(['shop.user +I[2, b, 4]']);
    const error = await failure(() => t.push(batch(WIDER, ['+I', 2, 'b', 3_000_000_000, 'x'])));
    expect(error.code).to.equal('pipeline-value-unfit');
    expect(error.message).to.include('"age"').and.include('INT');
  });
  it('a changed key is refused', async () => {
    const OTHER = table('shop.user', 'id BIGINT NOT NULL, name VARCHAR(50) NOT NULL, age INT', 'id,name');
    const refused = await failure(async () => (await run('')).push(create(USER), event(OTHER)));
    expect(refused.message).to.include('primary key is now (id, name)');
    expect(refused.hint).to.include('remove "shop.user"').and.not.include('schema.change.behavior');
    const KEY = table('shop.user', 'uid BIGINT NOT NULL, name VARCHAR(50), age INT', 'uid'), change = { kind: 'rename.column', from: 'id', to: 'uid' } as const;
    expect((await failure(async () => (await run('')).push(create(USER), event(KEY, change)))).code).to.equal('pipeline-key-differs');
    const t = (await run(behavior('evolve'))).push(create(USER), event(KEY, change));
    expect(t.batches[1]?.version.primaryKey).to.deep.equal([0]);
  });
  it('expressions hold when columns come and move, and are refused when theirs go', async () => {
    const t = (await run(rule('projection: \\*, age + 1 AS older\nfilter: age > 1'))).push(create(USER)), MOVED = table('shop.user', 'x INT, id BIGINT NOT NULL, age INT, name VARCHAR(99)', 'id');
    t.take();
    t.push(event(MOVED), batch(MOVED, ['+I', 9, 1, 5, 'n'], ['+I', 9, 2, 1, 'n']));
    expect(t.take().at(-1)).to.equal('shop.user +I[1, n, 5, 6, 9]');
    const gone = await failure(() => t.push(event(RENAMED)));
    expect(gone.code).to.equal('pipeline-rule-unmapped');
    expect(gone.message).to.include('it has no column "age"');
    expect((await failure(() => t.push(event(table('shop.user', 'id BIGINT NOT NULL, age STRING', 'id'))))).message).to.include('"age" is STRING, not INT');
  });
  it('a table not known at the start takes the rule that fits its columns', async () => {
    const t = await run(rule('projection: id, age + 1 AS older')), LATER = table('shop.later', 'id BIGINT NOT NULL, age INT', 'id');
    expect(t.push(create(LATER), batch(LATER, ['+I', 1, 2])).take()).to.deep.equal(['shop.later create.table (id, older)', 'shop.later +I[1, 3]']);
    expect((await failure(() => t.push(create(table('shop.other', 'id BIGINT NOT NULL', 'id'))))).code).to.equal('pipeline-rule-unmapped');
  });
  it('a restart keeps what the target has: kept columns, merged columns, nothing told twice within a run', async () => {
    const spec = await transformSpec('', [USER]), t = new TransformRun(spec);
    t.push(create(USER), renamed, batch(RENAMED, ['+I', 3, 'c']));
    const again = t.restarted(spec);
    again.push(batch(RENAMED, ['+I', 4, 'd']), create(RENAMED), batch(RENAMED, ['+I', 5, 'e']));
    expect(again.take()).to.deep.equal(['shop.user create.table (id, name, age, title)', 'shop.user +I[4, null, null, d]', 'shop.user +I[5, null, null, e]']);
  });
  for (const [name, afterAdd, afterRename] of stories) {
    it(`a change that is the first thing heard after a restart, ${name}`, async () => {
      const spec = await transformSpec(behavior(name), [USER]);
      const t = new TransformRun(spec).push(create(USER)).restarted(spec).push(added, batch(WIDER, ['+I', 2, 'b', 4, 'x']));
      expect(t.take().slice(1).map((l) => l.replace('alter.column.type+add.column', 'add.column+alter.column.type'))).to.deep.equal(afterAdd);
      const u = new TransformRun(spec).push(create(USER)).restarted(spec).push(renamed, batch(RENAMED, ['+I', 3, 'c']));
      expect(u.take().slice(1)).to.deep.equal(afterRename);
    });
  }
  it('a change that is the first thing heard after a restart, exception', async () => {
    const spec = await transformSpec(behavior('exception'), [USER]), t = new TransformRun(spec).push(create(USER)).restarted(spec);
    expect((await failure(() => t.push(added))).code).to.equal('pipeline-schema-change-refused');
  });
  for (const name of ['evolve', 'lenient', 'ignore', 'exception']) {
    it(`a changed document goes on from a savepoint with ${name}: its columns are taken, those it leaves out stay`, async () => {
      const t = new TransformRun(await transformSpec(`${rule('projection: id, name')}${behavior(name)}`, [USER])).push(create(USER)), spec = await transformSpec(`${rule('projection: id, age, UPPER(name) AS loud')}${behavior(name)}`, [USER]);
      const again = t.restarted(spec).push(batch(USER, ['+I', 1, 'a', 2]), batch(USER, ['+I', 2, 'b', 3]));
      expect(again.take()).to.deep.equal(['shop.user create.table (id, name)', 'shop.user add.column+add.column (id, name, age, loud)', 'shop.user +I[1, null, 2, A]', 'shop.user +I[2, null, 3, B]']);
      expect(again.restarted(spec).push(batch(USER, ['+I', 3, 'c', 4])).take()).to.deep.equal(['shop.user create.table (id, name, age, loud)', 'shop.user +I[3, null, 4, C]']);
    });
    it(`a restart of merged tables with ${name}: the first source takes nothing from the others`, async () => {
      const A = table('s1.t', 'id BIGINT NOT NULL, a INT', 'id'), B = table('s2.t', 'id BIGINT NOT NULL, b INT', 'id'), spec = await transformSpec(`route:\n  - source-table: s\\.*.t\n    sink-table: all.t\n${behavior(name)}`, [A, B]), t = new TransformRun(spec);
      t.push(create(A), create(B));
      const again = t.restarted(spec).push(batch(A, ['+I', 1, 2]), batch(B, ['+I', 2, 3]));
      expect(again.take()).to.deep.equal(['all.t create.table (id, a, b)', 'all.t +I[1, 2, null]', 'all.t +I[2, null, 3]']);
    });
  }
});
