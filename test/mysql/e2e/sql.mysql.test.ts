/**
 * Jobs in SQL with a real server, MySQL and Kafka: topics applied to tables, lookup joins, changes of one table written to another, kill -9
 * at every named point of a checkpoint. faults.md A1–A7 for MySQL sinks.
 */
import { expect } from 'chai';
import { Bench, eventually } from '../../faults/support.ts';
import { describeOnMySql, openDatabase, type TestDatabase } from '../support.ts';

const POINTS = ['before-barrier:1', 'after-prepare:1', 'after-prepare:2', 'before-state-write:2', 'after-state-write:1', 'after-state-write:2', 'between-commits:1', 'after-commit:1', 'during-restore:1'] as const;
const hasKafka = (process.env['KAFKA_BOOTSTRAP'] ?? '') !== '';

describeOnMySql('MySQL in SQL', (server) => {
  let db: TestDatabase;
  const benches: Bench[] = [];
  before(async function () {
    if (!hasKafka) this.skip();
    db = await openDatabase(server, 'rvt_sql');
  });
  after(async () => { await db?.drop(); });
  afterEach(async () => { for (const b of benches.splice(0)) await b.close(); });
  const open = async (area: string, parallelism = 1): Promise<Bench> => {
    const bench = await Bench.open(area, ['--parallelism', String(parallelism)]);
    benches.push(bench);
    return bench;
  };
  const mysql = (table: string, options: Readonly<Record<string, string>> = {}): string => {
    const { host, port, user, password } = server.root;
    return `WITH (${Object.entries({ connector: 'mysql', hostname: host, port: String(port), username: user, password, 'database-name': db.name, 'table-name': table, ...options }).map(([k, v]) => `'${k}' = '${v}'`).join(', ')})`;
  };
  const rows = (sql: string): Promise<unknown[][]> => db.rows(sql);
  const becomes = (what: string, sql: string, expected: unknown[][]): Promise<unknown> => eventually(what, async () => JSON.stringify(await rows(sql)) === JSON.stringify(expected), 20_000).catch(async () => { expect(await rows(sql), what).deep.equal(expected); });

  it('topics of json, debezium-json and canal-json applied to tables', async () => {
    const bench = await open('pull');
    for (const name of ['plain', 'dbz', 'canal']) { await bench.topic(name); await db.run(`CREATE TABLE ${name} (id BIGINT PRIMARY KEY, name VARCHAR(50), amount DECIMAL(20, 4), at DATETIME(3))`); }
    const columns = 'id BIGINT, name STRING, amount DECIMAL(20, 4), `at` TIMESTAMP(3)', sink = (name: string): string => `CREATE TEMPORARY TABLE out_${name} (${columns}, PRIMARY KEY (id) NOT ENFORCED) ${mysql(name)};`;
    await bench.values('plain', ['{"id":9007199254740993,"name":"a","amount":1234567890123456.7891,"at":"2024-02-29 12:00:00.123"}', '{"id":1,"name":"old"}', '{"id":1,"name":"new"}']);
    await bench.values('dbz', ['{"before":null,"after":{"id":1,"name":"x","amount":"1.5"},"op":"c"}', '{"before":null,"after":{"id":2,"name":"y"},"op":"r"}', '{"before":{"id":1,"name":"x","amount":"1.5"},"after":{"id":1,"name":"xx","amount":"1.5"},"op":"u"}', '{"before":{"id":1,"name":"xx","amount":"1.5"},"after":null,"op":"d"}', '{"before":null,"after":{"id":3,"name":"moved","amount":"1.5"},"op":"c"}', '{"before":{"id":2,"name":"y"},"after":null,"op":"d"}']);
    await bench.values('canal', ['{"data":[{"id":"1","name":"a","amount":"1.5000"},{"id":"2","name":"b"}],"type":"INSERT"}', '{"data":[{"id":"1","name":"z","amount":"1.5000"}],"old":[{"name":"a"}],"type":"UPDATE"}', '{"data":[{"id":"2","name":"b"}],"type":"DELETE"}']);
    const job = await bench.submit(`${['plain', 'dbz', 'canal'].map((name) => `CREATE TEMPORARY TABLE in_${name} (${columns}) ${bench.with(name, { format: { plain: 'json', dbz: 'debezium-json', canal: 'canal-json' }[name] ?? 'json' })}; ${sink(name)}`).join('\n')}
      BEGIN STATEMENT SET; ${['plain', 'dbz', 'canal'].map((name) => `INSERT INTO out_${name} SELECT * FROM in_${name};`).join(' ')} END;`);
    await bench.status(job, 'RUNNING');
    await becomes('plain', 'SELECT id, name, amount, at FROM plain ORDER BY id', [['1', 'new', null, null], ['9007199254740993', 'a', '1234567890123456.7891', '2024-02-29 12:00:00.123']]);
    await becomes('debezium', 'SELECT id, name, amount FROM dbz ORDER BY id', [['3', 'moved', '1.5000']]);
    await becomes('canal', 'SELECT id, name, amount FROM canal ORDER BY id', [['1', 'z', '1.5000']]);
  });

  // Each point costs a start of the server: one parallelism for each flavour.
  for (const parallelism of server.flavor === 'mysql' ? [2] : [1]) it(`kill -9 at every point of a checkpoint, parallelism ${parallelism}: upserts right, exactly-once rows once`, async function () {
    this.timeout(120_000);
    const bench = await open(`crash${parallelism}`, parallelism);
    await bench.topic('in', 2);
    await db.run(`CREATE TABLE counts${parallelism} (k BIGINT PRIMARY KEY, c BIGINT, s BIGINT); CREATE TABLE once${parallelism} (n BIGINT)`);
    let sent = 0;
    const feed = async (): Promise<void> => { for (const partition of [0, 1]) await bench.send('in', Array.from({ length: 20 }, () => [null, `{"n":${sent++}}`] as const), partition); };
    await feed();
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '150 ms';
      CREATE TEMPORARY TABLE src (n BIGINT) ${bench.with('in')};
      CREATE TEMPORARY TABLE counts (k BIGINT, c BIGINT, s BIGINT, PRIMARY KEY (k) NOT ENFORCED) ${mysql(`counts${parallelism}`)};
      CREATE TEMPORARY TABLE once_only (n BIGINT) ${mysql(`once${parallelism}`, { 'sink.delivery-guarantee': 'exactly-once' })};
      BEGIN STATEMENT SET; INSERT INTO once_only SELECT n FROM src; INSERT INTO counts SELECT MOD(n, 7), COUNT(*), SUM(n) FROM src GROUP BY MOD(n, 7); END;`);
    await bench.status(job, 'RUNNING');
    await bench.server.end('SIGKILL');
    for (const point of POINTS) {
      await bench.server.launch({ RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: point }).catch((error: unknown) => { if (bench.server.running || !/ended with null/.test(String(error))) throw error; });
      await eventually(`the kill at ${point}`, async () => { await feed(); return !bench.server.running; });
    }
    await bench.server.launch();
    await becomes('every row', `SELECT COUNT(DISTINCT n) FROM once${parallelism}`, [[String(sent)]]);
    await feed();
    await becomes('every row of a later checkpoint', `SELECT COUNT(*), COUNT(DISTINCT n), MAX(n) FROM once${parallelism}`, [[String(sent), String(sent), String(sent - 1)]]);
    const sums = new Map<number, [number, number]>();
    for (let n = 0; n < sent; n++) { const at = sums.get(n % 7) ?? [0, 0]; sums.set(n % 7, [at[0] + 1, at[1] + n]); }
    await becomes('sums', `SELECT k, c, s FROM counts${parallelism} ORDER BY k`, [...sums].sort(([a], [b]) => a - b).map(([k, [c, s]]) => [String(k), String(c), String(s)]));
  });

  for (const parallelism of [1, 2]) it(`a lookup join follows the table, over a checkpoint and a restart, parallelism ${parallelism}`, async function () {
    this.timeout(60_000);
    const bench = await open(`lookup${parallelism}`, parallelism);
    await bench.topic('orders', 2);
    const t = `users${parallelism}`, out = `joined${parallelism}`;
    await db.run(`CREATE TABLE ${t} (id BIGINT PRIMARY KEY, name VARCHAR(50), kind VARCHAR(10)); INSERT INTO ${t} VALUES ${Array.from({ length: 100 }, (_, i) => `(${i}, 'name ${i}', '${i % 2 === 0 ? 'vip' : 'plain'}')`).join(',')}; CREATE TABLE ${out} (oid BIGINT PRIMARY KEY, name VARCHAR(50))`);
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '200 ms';
      CREATE TEMPORARY TABLE orders (id BIGINT, user_id BIGINT, proctime AS PROCTIME()) ${bench.with('orders')};
      CREATE TEMPORARY TABLE users (id BIGINT, name STRING, kind STRING, PRIMARY KEY (id) NOT ENFORCED) ${mysql(t)};
      CREATE TEMPORARY TABLE joined (oid BIGINT, name STRING, PRIMARY KEY (oid) NOT ENFORCED) ${mysql(out)};
      INSERT INTO joined SELECT o.id, u.name FROM orders AS o LEFT JOIN users FOR SYSTEM_TIME AS OF o.proctime AS u ON o.user_id = u.id AND u.kind = 'vip'`);
    await bench.status(job, 'RUNNING');
    const send = (from: number, to: number): Promise<void[]> => Promise.all([0, 1].map((p) => bench.send('orders', Array.from({ length: (to - from) / 2 }, (_, i) => [null, `{"id":${from + 2 * i + p},"user_id":${(from + 2 * i + p) % 120}}`] as const), p)));
    await send(0, 5000);
    await becomes('all orders', `SELECT COUNT(*), SUM(name IS NULL), MIN(name) FROM ${out}`, [['5000', String(Array.from({ length: 5000 }, (_, i) => i % 120).filter((u) => u > 99 || u % 2 === 1).length), 'name 0']]);
    await db.run(`UPDATE ${t} SET name = 'changed' WHERE id = 0; DELETE FROM ${t} WHERE id = 2`);
    await bench.send('orders', [[null, '{"id":9000,"user_id":0}'], [null, '{"id":9001,"user_id":2}'], [null, '{"id":9002,"user_id":null}']]);
    await becomes('the table as it is now', `SELECT oid, name FROM ${out} WHERE oid >= 9000 ORDER BY oid`, [['9000', 'changed'], ['9001', null], ['9002', null]]);
    await bench.server.end('SIGKILL');
    await send(10_000, 12_000);
    await bench.server.launch();
    await becomes('goes on after kill -9', `SELECT COUNT(*), COUNT(DISTINCT oid), SUM(name = 'changed') FROM ${out} WHERE oid >= 9000`, [['2003', '2003', String(1 + Array.from({ length: 2000 }, (_, i) => 10_000 + i).filter((n) => n % 120 === 0).length)]]);
  });

  it('MySQL to SQL to MySQL: snapshot and changes of a table, joined and written to another', async function () {
    this.timeout(60_000);
    const bench = await open('roundtrip');
    await db.run("CREATE TABLE src_t (id BIGINT PRIMARY KEY, grp VARCHAR(10), v INT); CREATE TABLE copy_t (id BIGINT PRIMARY KEY, grp VARCHAR(10), v INT); CREATE TABLE sums_t (grp VARCHAR(10) PRIMARY KEY, n BIGINT, s BIGINT); INSERT INTO src_t SELECT n, CONCAT('g', n % 3), n FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) AS t");
    const key = 'PRIMARY KEY (id) NOT ENFORCED';
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '300 ms';
      CREATE TEMPORARY TABLE src_t (id BIGINT, grp STRING, v INT, ${key}) ${mysql('src_t')};
      CREATE TEMPORARY TABLE copy_t (id BIGINT, grp STRING, v INT, ${key}) ${mysql('copy_t')};
      CREATE TEMPORARY TABLE sums_t (grp STRING, n BIGINT, s BIGINT, PRIMARY KEY (grp) NOT ENFORCED) ${mysql('sums_t')};
      BEGIN STATEMENT SET; INSERT INTO copy_t SELECT * FROM src_t; INSERT INTO sums_t SELECT grp, COUNT(*), SUM(v) FROM src_t GROUP BY grp; END;`);
    await bench.status(job, 'RUNNING');
    const equal = async (what: string): Promise<void> => {
      await becomes(what, 'SELECT * FROM copy_t ORDER BY id', await rows('SELECT * FROM src_t ORDER BY id'));
      await becomes(`sums: ${what}`, 'SELECT * FROM sums_t ORDER BY grp', (await rows('SELECT grp, COUNT(*), SUM(v) FROM src_t GROUP BY grp ORDER BY grp')).map(([g, n, s]) => [g, String(n), String(s)]));
    };
    await equal('the snapshot');
    await db.run("DELETE FROM src_t WHERE id % 5 = 0; UPDATE src_t SET grp = 'new' WHERE id % 7 = 0; UPDATE src_t SET id = id + 10000 WHERE id < 10; INSERT INTO src_t VALUES (5000, 'g1', 1)");
    await equal('the changes');
    await bench.server.end('SIGKILL');
    await db.run("DELETE FROM src_t WHERE grp = 'g2'; INSERT INTO src_t VALUES (6000, 'g9', 9)");
    await bench.server.launch();
    await equal('what happened while the server was down');
  });
  it('a SELECT of a mysql table reads it once', async () => {
    const bench = await open('select');
    await db.run("CREATE TABLE plain_t (id BIGINT PRIMARY KEY, name VARCHAR(9)); INSERT INTO plain_t VALUES (1, 'a'), (2, NULL)");
    expect(await bench.rows(`CREATE TEMPORARY TABLE p (id BIGINT, name STRING) ${mysql('plain_t')}; SELECT name, id FROM p ORDER BY id`)).deep.equal([['a', 1], [null, 2]]);
    const dim = `CREATE TEMPORARY TABLE dim (id BIGINT, name STRING) ${mysql('plain_t')};`;
    expect(await bench.rows(`${dim} SELECT t.x, d.name FROM (SELECT x, PROCTIME() AS p FROM (VALUES (1), (2), (3)) AS v (x)) AS t LEFT JOIN dim FOR SYSTEM_TIME AS OF t.p AS d ON t.x = d.id ORDER BY t.x`)).deep.equal([[1, 'a'], [2, null], [3, null]]);
    expect(await bench.refusal(`${dim} INSERT INTO dim SELECT 1`)).match(/Different number of columns/);
  });
});
