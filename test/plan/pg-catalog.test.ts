/** What psql's backslash commands ask, over tables whose rows are given at plan time: it must plan, into VALUES and bounded operators. */
import { expect } from 'chai';
import type { SqlType } from '../../core/types/sql-type.ts';
import { BIGINT, BOOLEAN, INT, STRING } from '../../core/types/sql-type.ts';
import type { TableObject } from '../../catalog/objects/objects.ts';
import { planQuery, type PlannerContext } from '../../planner/planner.ts';
import { parseQuery } from '../../planner/sql/parser.ts';
import { Planner } from './harness.ts';

const tables: Readonly<Record<string, Readonly<Record<string, SqlType>>>> = {
  pg_class: { oid: BIGINT, relname: STRING, relnamespace: BIGINT, relkind: STRING, relowner: BIGINT, relam: BIGINT, reltablespace: BIGINT },
  pg_namespace: { oid: BIGINT, nspname: STRING, nspowner: BIGINT }, pg_am: { oid: BIGINT, amname: STRING },
  pg_attribute: { attrelid: BIGINT, attname: STRING, atttypid: BIGINT, atttypmod: INT, attnum: INT, attnotnull: BOOLEAN, atthasdef: BOOLEAN, attisdropped: BOOLEAN, attcollation: BIGINT, attidentity: STRING, attgenerated: STRING },
  pg_attrdef: { adrelid: BIGINT, adnum: INT, adbin: STRING }, pg_collation: { oid: BIGINT, collname: STRING }, pg_type: { oid: BIGINT, typcollation: BIGINT, typname: STRING },
};
const context = (): PlannerContext => ({
  ...new Planner().context(),
  resolveTable: (parts) => {
    const name = parts.at(-1) ?? '', columns = Object.entries(tables[name] ?? {});
    const table: TableObject = { kind: 'table', path: { catalog: 'system', database: 'pg_catalog', name }, temporary: false, columns: columns.map(([n, type]) => ({ kind: 'physical', name: n, type })), options: new Map() };
    return Promise.resolve(table);
  },
  virtualRows: (table) => Promise.resolve([table.columns.map(() => null)]),
});
const typesOf = async (sql: string): Promise<string[]> => (await planQuery(parseQuery(sql), context(), { mode: 'bounded' })).plan.nodes.map((n) => n.type);

describe('catalog queries of PostgreSQL clients', () => {
  it('plans \\dt', async () => {
    expect(await typesOf(`SELECT n.nspname as "Schema", c.relname as "Name", CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' END as "Type", pg_catalog.pg_get_userbyid(c.relowner) as "Owner"
      FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
      WHERE c.relkind IN ('r','p','') AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND n.nspname <> 'information_schema' AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2`)).to.include.members(['values', 'join', 'final-sort', 'collect']);
  });
  it('plans the first query of \\d name', async () => {
    expect(await typesOf(`SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relname OPERATOR(pg_catalog.~) '^(t)$' COLLATE pg_catalog.default AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 2, 3`)).to.include('final-sort');
  });
  it('plans the columns of \\d name: correlated subqueries with conditions over the outer row and inequalities', async () => {
    expect(await typesOf(`SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
      (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef),
      a.attnotnull,
      (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation) AS attcollation, a.attidentity, a.attgenerated
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = '16384' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`)).to.include.members(['group-aggregate', 'join']);
  });
  it('plans = ANY of an array and IN of a constant list', async () => {
    expect(await typesOf(`SELECT relname FROM pg_class WHERE relkind = ANY (ARRAY['r', 'v']) AND oid = ANY ('{1,2}'::oid[])`)).to.include('calc');
  });
});
