/** System tables over a session's catalog: what they show, what they ask for, what clients may not see. */
import { expect } from 'chai';
import { systemDefinitions } from '../../catalog/system/definitions.ts';
import { hashOid, relationOid } from '../../catalog/system/oids.ts';
import { pgTypeOfSql } from '../../catalog/system/pg-types.ts';
import { providers } from '../../catalog/system/relations/index.ts';
import { systemTable } from '../../catalog/system/system-tables.ts';
import {
  BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, INTERVAL_DAY_TIME, INTERVAL_YEAR_MONTH, SMALLINT, STRING, TINYINT, array, char, decimal, map, row, time, timestamp, timestampLtz, varchar,
} from '../../core/types/sql-type.ts';
import { pgTypeOf } from '../../server/pgwire/types.ts';
import { run, world, type World } from './support.ts';

const failure = async (work: Promise<unknown>): Promise<{ sqlstate?: string | undefined }> => work.then(() => ({}), (e: { sqlstate?: string }) => ({ sqlstate: e.sqlstate }));

describe('system tables', () => {
  let w: World;
  beforeEach(async () => { w = await world(); });

  it('are found by bare, qualified and fully qualified names of any case', () => {
    expect(systemTable(['pg_class'])?.oid).to.equal(1259);
    expect(systemTable(['PG_CATALOG', 'Pg_Class'])?.oid).to.equal(1259);
    expect(systemTable(['default_catalog', 'information_schema', 'columns'])?.name).to.equal('columns');
    for (const parts of [['class'], ['columns'], ['tables'], ['public', 'pg_class'], ['a', 'b', 'c', 'pg_class'], ['pg_no_such']]) expect(systemTable(parts), parts.join('.')).to.equal(undefined);
  });
  it('have a definition for every relation that somebody fills, with the columns that are filled', async () => {
    const names = new Set(systemDefinitions().map((d) => `${d.schema}.${d.name}`));
    for (const [name, provider] of providers) {
      expect(names, name).to.include(name);
      const table = systemTable(name.split('.')), context = w.context(), rows = await table?.rows(context);
      for (const r of rows ?? []) expect(r.length, name).to.equal(table?.columns.length);
      if (provider.demandBy !== undefined) expect(table?.columns.map((c) => c.name), name).to.include(provider.demandBy);
    }
  });
  it('give every object one id, the same in every session', async () => {
    expect(await run(w, "select oid from pg_class where relname = 'orders'")).to.equal(String(relationOid('default_catalog', 'default_database', 'orders', false)));
    expect(await run(await world(), "select 'orders'::regclass::oid")).to.equal(await run(w, "select 'orders'::regclass::oid"));
    expect(await run(w, 'select oid, count(*) from pg_class group by oid having count(*) > 1')).to.equal('');
    expect(hashOid('relation', 'a', 'b.c')).to.not.equal(hashOid('relation', 'a.b', 'c'));
    for (let i = 0; i < 5000; i++) { const oid = hashOid('x', i); expect(oid >= 16384 && oid <= 0x7fffffff).to.equal(true); }
  });
  it('describe columns as the wire sends them', () => {
    const types = [BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, decimal(10, 2), char(3), varchar(7), STRING, BYTES, DATE, time(0), timestamp(0), timestamp(3), timestamp(9), timestampLtz(6), INTERVAL_DAY_TIME, INTERVAL_YEAR_MONTH, array(INT), array(STRING), array(array(INT)), map(STRING, INT), row([{ name: 'a', type: INT }]), array(map(STRING, INT))];
    for (const type of types) { const wire = pgTypeOf(type); expect(pgTypeOfSql(type), JSON.stringify(type)).to.deep.equal({ oid: wire.oid, modifier: wire.modifier }); }
  });
  it('show columns, keys, comments and defaults', async () => {
    expect(await run(w, `select attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum) from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where attrelid = 'orders'::regclass and attnum > 0 order by attnum`)).to.equal([
      'id|bigint|t|∅|∅', 'customer|text|f|∅|who', 'amount|numeric(10,2)|f|∅|∅', 'ts|timestamp(3) without time zone|f|∅|∅', 'tags|text[]|f|∅|∅', 'v|character varying(20)|f|∅|∅', "off|bigint|f|METADATA FROM 'offset' VIRTUAL|∅"].join('\n'));
    expect(await run(w, "select conname, contype, conkey, pg_get_constraintdef(oid) from pg_constraint")).to.equal('PK_id|p|{1}|PRIMARY KEY (id) NOT ENFORCED');
    expect(await run(w, "select table_name, table_type, is_insertable_into from information_schema.tables order by 1")).to.equal('big|VIEW|NO\norders|BASE TABLE|YES');
    expect(await run(w, "select obj_description('orders'::regclass, 'pg_class'), pg_get_viewdef('big'::regclass)")).to.equal('all orders| SELECT id FROM orders;');
    expect(await run(w, 'select job_id, status from information_schema.jobs')).to.equal('j1|RUNNING');
  });
  it('mask secrets among the options of a table', async () => {
    const shown = await run(w, "select array_to_string(reloptions, ', ') from pg_class where relname = 'orders'");
    expect(shown).to.equal('connector=kafka, properties.sasl.jaas.config=******');
  });
  it('show the session: catalogs as databases, the current one, user and settings', async () => {
    expect(await run(w, 'select datname from pg_database order by 1')).to.equal('default_catalog\ntopics');
    expect(await run(w, 'select current_database(), current_schema(), current_user, pg_get_userbyid(relowner) from pg_class limit 1')).to.equal('default_catalog|default_database|ann|ann');
    expect(await run(w, "select set_config('application_name', 'x', false), current_setting('application_name'), current_setting('nope', true)")).to.equal('x|x|∅');
    expect((await failure(run(w, "select current_setting('nope')"))).sqlstate).to.equal('42704');
    w.catalog.createTemporary({ kind: 'view', path: { catalog: 'default_catalog', database: 'default_database', name: 'orders' }, temporary: true, query: 'SELECT 1', context: { catalog: 'default_catalog', database: 'default_database' }, columns: [] }, false);
    expect(await run(w, "select relkind, relpersistence from pg_class where relname = 'orders'")).to.equal('v|t');
  });
  it('tell what is wrong by SQLSTATE', async () => {
    expect((await failure(run(w, "select 'nothere'::regclass"))).sqlstate).to.equal('42P01');
    expect((await failure(run(w, 'select nosuch from pg_class'))).sqlstate).to.equal('42703');
    expect((await failure(run(w, 'select oid from pg_class c, pg_type t'))).sqlstate).to.equal('42702');
    expect((await failure(run(w, 'select nosuch(1) from pg_class'))).sqlstate).to.equal('42883');
    expect((await failure(run(w, "select 'a'::nosuchtype from pg_class"))).sqlstate).to.equal('42704');
    expect((await failure(run(w, "select relname + 1 from pg_class where relname = 'orders'"))).sqlstate).to.equal('22P02');
    expect((await failure(run(w, 'select (select oid from pg_class)'))).sqlstate).to.equal('21000');
    expect((await failure(run(w, 'select 1/0 from pg_class'))).sqlstate).to.equal('22012');
    expect((await failure(run(w, "select * from pg_class where relname ~ '('"))).sqlstate).to.equal('2201B');
  });
  it('bound the work of a query', async () => {
    expect((await failure(run(w, 'select count(*) from pg_attribute a, pg_attribute b, pg_attribute c'))).sqlstate).to.equal('54000');
    expect((await failure(run(w, 'with recursive t(n) as (select 1 union all select n from t) select count(*) from t'))).sqlstate).to.equal('54000');
    expect((await failure(run(w, 'select count(*) from generate_series(1, 90000) a, generate_series(1, 90000) b'))).sqlstate).to.equal('54000');
    for (const text of ["repeat(repeat('a', 100000), 100000)", "lpad('a', 2000000000)", "format('%2000000000s', 'a')"]) expect((await failure(run(w, `select ${text}`))).sqlstate, text).to.equal('22023');
    for (const text of ["select 'a'::text union all select s || s from t", "select repeat('a', 8) union all select s || s from t"]) expect((await failure(run(w, `with recursive t(s) as (${text}) select count(*) from t`))).sqlstate, text).to.equal('22023');
    expect((await failure(run(w, "with recursive t(a) as (select array[1] union all select a || a from t) select count(*) from t"))).sqlstate).to.equal('54000');
    expect(await run(w, "select count(*) from pg_class where repeat('a', 30) ~ '(a+)+$'")).to.match(/^\d+$/);
  });
});

describe('tables whose schema must be sampled', () => {
  const many = Array.from({ length: 100 }, (_, i) => `t${i}`);
  const catalogOf = async (): Promise<World> => { const w = await world([...many, 'empty']); w.catalog.useCatalog('topics'); return w; };

  it('are listed without sampling any', async () => {
    const w = await catalogOf();
    expect(await run(w, "select count(*) from pg_class where relkind = 'r' and relnamespace > 16384")).to.equal('101');
    expect(await run(w, "select count(*) from information_schema.tables")).to.equal('101');
    expect(await run(w, "select c.relname from pg_class c left join pg_namespace n on n.oid = c.relnamespace where c.relname = 't7' and pg_table_is_visible(c.oid)")).to.equal('t7');
    expect(w.counting.sampled).to.deep.equal([]);
  });
  it('are sampled when a query asks for one, by id or by name, once', async () => {
    const w = await catalogOf(), byId = "select attname from pg_attribute where attrelid = 't7'::regclass and attnum > 0 order by attnum";
    expect(await run(w, byId)).to.equal('key_id\nvalue_t7');
    expect(await run(w, byId)).to.equal('key_id\nvalue_t7');
    expect(await run(w, "select column_name from information_schema.columns where table_name = 't8' order by ordinal_position")).to.equal('key_id\nvalue_t8');
    expect(await run(w, "select relhasindex from pg_class where oid = 't9'::regclass")).to.equal('t');
    expect(w.counting.sampled).to.deep.equal(['t7', 't8', 't9']);
  });
  it('are sampled when a join comes to them, and only those', async () => {
    const w = await catalogOf();
    expect(await run(w, "select c.relname, a.attname from pg_attribute a, pg_class c, pg_namespace n where a.attrelid = c.oid and c.relnamespace = n.oid and c.relname like 't1_' and a.attnum = 2 order by 1 limit 2")).to.equal('t10|value_t10\nt11|value_t11');
    expect([...w.counting.sampled].sort()).to.deep.equal(['t10', 't11', 't12', 't13', 't14', 't15', 't16', 't17', 't18', 't19']);
  });
  it('are sampled in a bounded number when a query wants all', async () => {
    const w = await world(many);
    w.catalog.useCatalog('topics');
    expect(await run(w, 'select count(distinct table_name) from information_schema.columns')).to.equal('16');
    expect(w.counting.sampled.length).to.equal(16);
  });
  it('have no columns where no schema can be found', async () => {
    const w = await catalogOf();
    expect(await run(w, "select attname from pg_attribute where attrelid = 'empty'::regclass")).to.equal('');
  });
});
