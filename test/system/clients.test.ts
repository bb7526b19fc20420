/**
 * PostgreSQL clients against the real server process: every catalog query recorded from psql 15 (meta commands, tab completion), pgjdbc,
 * SQLAlchemy, asyncpg and various tools runs; psql prints what users expect; drivers' parameters of all kinds arrive.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import type pg from 'pg';
import { ServerProcess } from '../e2e/server-process.ts';

const folder = new URL('psql-queries/', import.meta.url);
const hasPsql = spawnSync('psql', ['--version']).status === 0;
const DDL = [
  `CREATE TABLE orders (id BIGINT NOT NULL, customer STRING COMMENT 'who', amount DECIMAL(10, 2), ts TIMESTAMP(3), tags ARRAY<STRING>, m MAP<STRING, INT>, v VARCHAR(20), twice AS id * 2, off BIGINT METADATA FROM 'offset' VIRTUAL, PRIMARY KEY (id) NOT ENFORCED)
   COMMENT 'all orders' WITH ('connector' = 'upsert-kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = 'localhost:1', 'properties.sasl.jaas.config' = 'hidden words', 'key.format' = 'json', 'value.format' = 'json')`,
  `CREATE TABLE out_p (id BIGINT, s STRING) WITH ('connector' = 'print')`,
  'CREATE VIEW big AS SELECT id, v FROM orders WHERE amount > 10',
  'CREATE DATABASE other',
  `CREATE TABLE other.t2 (a INT) WITH ('connector' = 'print')`,
];
/** The queries of a file; `{oid of x}` stands for an object id. */
async function queriesOf(file: string, client: pg.Client): Promise<string[]> {
  const found: string[] = [];
  for (const part of readFileSync(new URL(file, folder), 'utf8').split(/;\n/)) {
    let text = part.replace(/^\s*--.*$/gm, '').trim();
    for (const mark of new Set(text.match(/\{oid of [^}]+\}/g) ?? [])) {
      const { rows } = await client.query<{ oid: number }>('SELECT oid FROM pg_catalog.pg_class WHERE relname = $1', [mark.slice(8, -1)]);
      text = text.replaceAll(mark, String(rows[0]?.oid));
    }
    if (text !== '') found.push(text);
  }
  return found;
}

describe('catalog queries of clients, on the real server', function () {
  this.timeout(60_000);
  let server: ServerProcess, client: pg.Client;
  before(async () => {
    server = await ServerProcess.start();
    client = await server.connect();
    for (const statement of DDL) await client.query(statement);
  });
  after(async () => {
    await client.end();
    await server.remove();
  });
  const psql = (...commands: string[]): string => {
    const done = spawnSync('psql', ['-X', '-h', '127.0.0.1', '-p', String(server.pgPort), '-U', 'ann', '-d', 'default_catalog', ...commands.flatMap((c) => ['-c', c])], { encoding: 'utf8' });
    return (done.stdout + done.stderr).split('\n').map((l) => l.trimEnd()).join('\n').trim();
  };

  for (const file of readdirSync(folder)) {
    it(`${file}: every query is answered`, async () => {
      const failed: string[] = [];
      for (const text of await queriesOf(file, client)) {
        try { await client.query(text); } catch (error) { failed.push(`${error instanceof Error ? error.message : String(error)}: ${text.slice(0, 200)}`); }
      }
      expect(failed).to.deep.equal([]);
    });
  }
  it('the same in a session whose SELECTs are endless', async () => {
    const other = await server.connect();
    await other.query("SET 'execution.runtime-mode' = 'streaming'");
    expect((await other.query("SELECT relname FROM pg_catalog.pg_class WHERE relname = 'orders'")).rows).to.deep.equal([{ relname: 'orders' }]);
    await other.end();
  });
  it('temporary tables of this session and of no other', async () => {
    const other = await server.connect();
    await other.query("CREATE TEMPORARY TABLE mine (a INT) WITH ('connector' = 'print')");
    const ask = "SELECT relname, relpersistence FROM pg_class WHERE relname = 'mine'";
    expect((await other.query(ask)).rows).to.deep.equal([{ relname: 'mine', relpersistence: 't' }]);
    expect((await client.query(ask)).rows).to.deep.equal([]);
    await other.end();
  });
  it('node-postgres: parameters of every kind', async () => {
    const one = async (text: string, values: unknown[]): Promise<unknown> => (await client.query({ text, values, rowMode: 'array' })).rows;
    expect(await one('SELECT relname FROM pg_class WHERE relname = $1 AND relkind IN ($2, $3) AND oid > $4 AND relhasindex = $5 LIMIT $6', ['orders', 'r', 'v', 5, true, 10])).to.deep.equal([['orders']]);
    expect(await one('SELECT typname FROM pg_type WHERE typname = ANY($1) ORDER BY 1', [['int4', 'text']])).to.deep.equal([['int4'], ['text']]);
    expect(await one('SELECT typname FROM pg_type WHERE oid = ANY($1::oid[]) ORDER BY 1', [[23, 25]])).to.deep.equal([['int4'], ['text']]);
    expect(await one('SELECT $1::text AS m, $2::int + 1, $3::float8, $4::bool, $5::text IS NULL, current_schema()', ['x', 41, 1.5, false, null])).to.deep.equal([['x', 42, 1.5, false, true, 'default_database']]);
    expect(await one('SELECT $1::regclass::oid = c.oid FROM pg_class c WHERE c.relname = $1', ['orders'])).to.deep.equal([[true]]);
    const { fields } = await client.query("SELECT oid, relname, relkind, relnatts, relhasindex, reloptions, reltuples FROM pg_class WHERE relname = 'orders'");
    expect(fields.map((f) => f.dataTypeID)).to.deep.equal([26, 19, 18, 21, 16, 1009, 700]);
  });
  it('cursors and COPY', async () => {
    const other = await server.connect();
    await other.query('BEGIN');
    await other.query('DECLARE c CURSOR FOR SELECT nspname FROM pg_namespace ORDER BY 1');
    expect((await other.query('FETCH 2 FROM c')).rows).to.deep.equal([{ nspname: 'default_database' }, { nspname: 'information_schema' }]);
    await other.query('COMMIT');
    await other.end();
    if (hasPsql) expect(psql("\\copy (SELECT table_name FROM information_schema.tables WHERE table_schema = 'other') TO STDOUT")).to.equal('t2');
  });
  it('a system table beside a table of the user goes through the planner', async () => {
    await client.query("CREATE VIEW classes AS SELECT relname, relkind, relnamespace FROM pg_class WHERE oid = 'orders'::regclass");
    expect((await client.query('SELECT relname FROM classes')).rows).to.deep.equal([{ relname: 'orders' }]);
    expect((await client.query('SELECT c.relname, n.nspname FROM classes c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace')).rows).to.deep.equal([{ relname: 'orders', nspname: 'default_database' }]);
    await client.query('DROP VIEW classes');
  });
  it('session functions in a query over a table', async () => {
    expect((await client.query("SELECT a, CURRENT_USER AS u, CURRENT_SETTING('server_version') AS v FROM (VALUES (1)) t(a)")).rows).to.deep.equal([{ a: 1, u: 'tester', v: '15.0' }]);
  });
  it('errors point into the text', async () => {
    const error = await client.query('SELECT relname,\n nosuch FROM pg_class').then(() => undefined, (e: { code: string; position: string }) => e);
    expect([error?.code, error?.position]).to.deep.equal(['42703', '18']);
    const refused = await client.query('SELECT 1 AS value FROM orders').then(() => undefined, (e: { code: string }) => e.code);
    expect(refused).to.equal('42601');
  });

  describe('psql', function () {
    before(function () { if (!hasPsql) this.skip(); });
    it('\\d lists tables and views of the current database', () => {
      expect(psql('\\d')).to.equal([
        '             List of relations', '      Schema      |  Name  | Type  | Owner', '------------------+--------+-------+-------', ' default_database | big    | view  | ann', ' default_database | orders | table | ann', ' default_database | out_p  | table | ann', '(3 rows)'].join('\n').trim());
      expect(psql('\\dt')).to.contain('(2 rows)').and.to.contain('orders');
      expect(psql('\\dv')).to.contain('(1 row)').and.to.contain('big');
      expect(psql('\\dt other.*')).to.contain(' other  | t2   | table | ann');
      expect(psql('\\dt nothing*')).to.equal('Did not find any relation named "nothing*".');
    });
    it('\\d table shows columns, key, computed and metadata columns', () => {
      expect(psql('\\d orders')).to.equal([
        'Table "default_database.orders"',
        '  Column  |              Type              | Collation | Nullable |               Default',
        '----------+--------------------------------+-----------+----------+-------------------------------------',
        ' id       | bigint                         |           | not null |',
        ' customer | text                           |           |          |',
        ' amount   | numeric(10,2)                  |           |          |',
        ' ts       | timestamp(3) without time zone |           |          |',
        ' tags     | text[]                         |           |          |',
        ' m        | json                           |           |          |',
        ' v        | character varying(20)          |           |          |',
        ' twice    | bigint                         |           | not null | generated always as (id * 2) stored',
        " off      | bigint                         |           |          | METADATA FROM 'offset' VIRTUAL",
        'Indexes:', '    "PK_id" PRIMARY KEY, btree (id)'].join('\n'));
    });
    it('\\d+ shows comments, connector and options without secrets', () => {
      const shown = psql('\\d+ orders');
      expect(shown).to.match(/ customer .*\| who$/m).and.to.contain('Access method: upsert-kafka').and.to.contain('Options: connector=upsert-kafka, topic=orders,').and.to.contain('properties.sasl.jaas.config=******');
      expect(shown).not.to.contain('hidden words');
      expect(psql('\\d+ big')).to.contain('View definition:\n SELECT id, v FROM orders WHERE amount > 10;');
    });
    it('\\l, \\dn, \\du, \\df, \\dx, \\di, \\sv', () => {
      expect(psql('\\l')).to.match(/^ default_catalog \| ann +\| UTF8/m);
      expect(psql('\\dn')).to.match(/^ default_database \| ann$/m).and.to.match(/^ other +\| ann$/m);
      expect(psql('\\du')).to.match(/^ ann +\| Superuser/m);
      expect(psql('\\df upper')).to.match(/^ pg_catalog \| upper \|/m);
      expect(psql('\\dx')).to.contain('(0 rows)');
      expect(psql('\\di')).to.contain('PK_id');
      expect(psql('\\sv big')).to.equal('CREATE OR REPLACE VIEW default_database.big AS\n SELECT id, v FROM orders WHERE amount > 10');
    });
    it('\\gdesc names types', () => {
      const done = spawnSync('psql', ['-XAt', '-h', '127.0.0.1', '-p', String(server.pgPort), '-U', 'ann', '-d', 'default_catalog'], { encoding: 'utf8', input: "SELECT 1 AS a, CAST(2 AS BIGINT) AS b, TIMESTAMP '2020-01-01 00:00:00.123' AS c \\gdesc\n" });
      expect(done.stdout.trim()).to.equal('a|integer\nb|bigint\nc|timestamp(3) without time zone');
    });
  });
});
