/** Lookups in MySQL tables against real servers: which rows a key finds, exactly, of every type a key may have; losses of connection; what is refused. */
import { expect } from 'chai';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, STRING, decimal, notNull, timestamp, timestampLtz } from '../../../core/types/sql-type.ts';
import { encodeLiteral } from '../../../planner/physical/expr.ts';
import type { LookupJoinNode, LookupKey } from '../../../planner/physical/plan.ts';
import type { LookupReader } from '../../../runtime/connectors/contract.ts';
import { connectorRegistry } from '../../../runtime/connectors/index.ts';
import { lookupFactories } from '../../../runtime/connectors/runtimes.ts';
import { formatRegistry } from '../../../runtime/formats/index.ts';
import { contextOf, type ColumnsOf } from '../../connectors/support.ts';
import { describeOnMySql, dropUser, openDatabase, userWith, type TestDatabase, type TestServer } from '../support.ts';
import { mysqlTable, refusal } from '../sink/support.ts';

describeOnMySql('mysql lookup', (given) => {
  let db: TestDatabase, server: TestServer;
  const readers: LookupReader[] = [];
  before(async () => {
    db = await openDatabase(given, 'rvt_lookup');
    server = { ...given, root: await userWith(given, `SELECT ON ${db.name}.*`) };
    await db.run(`CREATE TABLE users (id BIGINT PRIMARY KEY, name VARCHAR(50) COLLATE utf8mb4_general_ci, grp INT, KEY (name)); INSERT INTO users VALUES (1, 'Tom', 10), (2, 'tom', 10), (3, 'Jérôme', 20), (4, 'jerome', NULL), (9007199254740993, '😀''\\\\', 20)`);
  });
  after(async () => { await dropUser(given, server.root.user); await db.drop(); });
  afterEach(async () => { for (const r of readers.splice(0)) await r.close(); });
  const context = contextOf();
  const open = async (name: string, columns: ColumnsOf, keys: readonly (string | readonly [string, unknown])[], options: Record<string, string> = {}): Promise<LookupReader> => {
    const table = mysqlTable(server, db, name, columns, undefined, options), names = Object.keys(columns);
    const described = connectorRegistry.get('mysql')?.describeLookup?.(table, { formats: formatRegistry, timeZone: 'UTC', bounded: false });
    const node = {
      type: 'lookup-join', connector: 'mysql', spec: JSON.parse(JSON.stringify(described?.spec)) as Json, table: 't', fields: names.map((_, field) => ({ kind: 'physical', field })), maxRowsPerKey: described?.maxRowsPerKey,
      keys: keys.map((k, from): LookupKey => (typeof k === 'string' ? { column: names.indexOf(k), from } : { column: names.indexOf(k[0]), value: encodeLiteral(k[1]) })),
    } as unknown as LookupJoinNode;
    const reader = lookupFactories.find((f) => f.identifier === 'mysql')?.create(node, context) as LookupReader;
    readers.push(reader);
    await reader.open();
    return reader;
  };
  const USERS: ColumnsOf = { id: BIGINT, name: STRING, grp: INT };

  it('finds by one key, many at once, in the order of the keys', async () => {
    const reader = await open('users', USERS, ['id']);
    expect(await reader.lookup([[9007199254740993n], [7], [1], [2]])).deep.equal([[[9007199254740993n, "😀'\\", 20]], [], [[1, 'Tom', 10]], [[2, 'tom', 10]]]);
    expect(await reader.lookup([[9223372036854775807n], [-1]])).deep.equal([[], []]);
  });
  it('texts are equal as in SQL, whatever the collation says', async () => {
    const reader = await open('users', USERS, ['name']);
    expect(await reader.lookup([['tom'], ['Tom'], ['TOM'], ['jerome'], ['Jérôme'], ['tom '], ["😀'\\"], ["x' OR '1'='1"]])).deep.equal([[[2, 'tom', 10]], [[1, 'Tom', 10]], [], [[4, 'jerome', null]], [[3, 'Jérôme', 20]], [], [[9007199254740993n, "😀'\\", 20]], []]);
  });
  it('several keys, constants, several rows of a key', async () => {
    const both = await open('users', USERS, ['grp', 'name']);
    expect((await both.lookup([[10, 'tom'], [20, 'tom'], [10, 'Tom']])).map((r) => r.map((x) => x[0]))).deep.equal([[2], [], [1]]);
    const constant = await open('users', USERS, ['grp', ['name', 'tom']]);
    expect((await constant.lookup([[10], [20]])).map((r) => r.map((x) => x[0]))).deep.equal([[2], []]);
    const group = await open('users', { grp: INT, id: BIGINT }, ['grp']);
    expect((await group.lookup([[10]]))[0]?.map((r) => r[1])).have.members([1, 2]);
    const few = await open('users', { grp: INT, id: BIGINT }, ['grp'], { 'lookup.max-join-rows': '1' });
    expect(await refusal(few.lookup([[10]]))).property('code', 'too-many-lookup-rows');
    expect((await group.all()).length).equal(5);
  });
  it('every type a key may have', async () => {
    await db.run(`CREATE TABLE typed (i BIGINT UNSIGNED, de DECIMAL(30, 10), f FLOAT, d DOUBLE, b TINYINT(1), vb VARBINARY(20), da DATE, dt DATETIME(6), ts TIMESTAMP(3) NULL, n INT);
      SET time_zone = '+00:00'; INSERT INTO typed VALUES (18446744073709551615, 12345678901234567890.0123456789, 1.1, 0.1, 1, x'00ff27', '2024-02-29', '2024-01-01 00:00:00.000001', '2024-01-01 12:00:00.123', 1)`);
    const columns: ColumnsOf = { i: decimal(20, 0), de: decimal(30, 10), f: FLOAT, d: DOUBLE, b: BOOLEAN, vb: BYTES, da: DATE, dt: timestamp(6), ts: timestampLtz(3), n: INT };
    const [row] = (await (await open('typed', columns, ['n'])).lookup([[1]]))[0] ?? [];
    expect(row).deep.equal([18446744073709551615n, 123456789012345678900123456789n, Math.fround(1.1), 0.1, true, Buffer.from([0, 255, 39]), 19782, 1_704_067_200_000_001, 1_704_110_400_123, 1]);
    for (const [i, name] of Object.keys(columns).entries()) {
      const reader = await open('typed', columns, [name]), found = await reader.lookup([[row?.[i]]]);
      expect(found[0]?.length, name).equal(1);
    }
    expect(await (await open('typed', columns, ['d'])).lookup([[Number.NaN], [0.1]]).then((r) => r.map((x) => x.length))).deep.equal([0, 1]);
  });
  it('many large keys are asked for in several statements', async () => {
    const reader = await open('users', USERS, ['name']), keys = Array.from({ length: 40 }, (_, i) => [`${'k'.repeat(1_000_000)}${i}`]);
    expect((await reader.lookup([...keys, ['tom']])).at(-1)).deep.equal([[2, 'tom', 10]]);
  });
  it('killed connections are opened again; with no tries left the failure has a name', async () => {
    const reader = await open('users', USERS, ['id']), strict = await open('users', USERS, ['id'], { 'lookup.max-retries': '0' });
    const kill = async (): Promise<void> => { for (const [id] of await db.rows('SELECT id FROM information_schema.processlist WHERE user = ?', [server.root.user])) await db.run(`KILL ${String(id)}`); await new Promise((resolve) => { setTimeout(resolve, 50); }); };
    await kill();
    expect(await reader.lookup([[1]])).deep.equal([[[1, 'Tom', 10]]]);
    expect((await refusal(strict.lookup([[1]]))).code).equal('mysql-connection-lost');
    expect(await strict.lookup([[1]])).deep.equal([[[1, 'Tom', 10]]]);
    expect(context.counters.get('lookupRetries')?.value).greaterThan(0);
  });
  it('refuses a table that does not fit by name', async () => {
    expect((await refusal(open('userz', USERS, ['id']))).hint).contain('"users"');
    expect((await refusal(open('users', { id: BIGINT, nam: STRING }, ['id']))).hint).contain('"name"');
    expect((await refusal(open('users', { id: notNull(BIGINT), name: BYTES }, ['id']))).code).equal('mysql-column-mismatch');
  });
});
