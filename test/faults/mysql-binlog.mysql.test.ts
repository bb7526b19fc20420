/** Logs that are gone (E4), tables that change under a job (E5), and a transaction larger than memory should hold (E8). */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { eventually, MySqlBench, PASSWORD, USER } from './mysql-support.ts';

describe('faults: binlog of MySQL', function () {
  this.timeout(120_000);
  let all: MySqlBench | undefined;
  before(async function () {
    all = await MySqlBench.open('mysql-binlog');
    if (all === undefined) this.skip();
  });
  after(async () => { await all?.close(); });

  /** A job that copies a table of (id, v) into a topic of the same name. */
  async function copy(table: string, guarantee = 'exactly-once', columns = 'id BIGINT, v STRING'): Promise<string> {
    const { bench } = all as MySqlBench;
    await bench.topic(table, 1, { 'cleanup.policy': 'compact' });
    return await bench.submit(`SET 'execution.checkpointing.interval' = '200 ms'; SET 'restart-strategy.type' = 'fixed-delay'; SET 'restart-strategy.fixed-delay.attempts' = '1000'; SET 'restart-strategy.fixed-delay.delay' = '100 ms';
      CREATE TEMPORARY TABLE src (${columns}, PRIMARY KEY (id) NOT ENFORCED) ${(all as MySqlBench).cdc(table)};
      CREATE TEMPORARY TABLE dst (${columns}, PRIMARY KEY (id) NOT ENFORCED) ${bench.with(table, { 'sink.delivery-guarantee': guarantee, 'sink.transactional-id-prefix': bench.name(table) }, 'upsert-kafka')};
      INSERT INTO dst SELECT * FROM src;`);
  }
  const rowsOf = async (table: string): Promise<string[]> => [...(await (all as MySqlBench).lastValues(table)).values()].sort();
  const shown = async (table: string, rows: readonly string[]): Promise<void> => {
    let last: string[] = [];
    await eventually(`${rows.length} rows in ${table}`, async () => { last = await rowsOf(table); return last.join() === [...rows].sort().join(); }).catch((error: unknown) => { throw new Error(`${String(error)}: ${last.slice(0, 10).join()}`); });
  };

  for (const [how, purge] of [
    ['PURGE BINARY LOGS', ['FLUSH BINARY LOGS', 'FLUSH BINARY LOGS', 'PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY']],
    ['RESET BINARY LOGS AND GTIDS', ['RESET BINARY LOGS AND GTIDS']],
  ] as const) {
    it(`E4: ${how} past the stored position: fails once and says where; a new snapshot on request`, async () => {
      const mine = all as MySqlBench, { bench } = mine, table = `gone_${how.slice(0, 5).toLowerCase()}`;
      await mine.query(`CREATE TABLE ${table} (id BIGINT PRIMARY KEY, v VARCHAR(20))`);
      await mine.query(`INSERT INTO ${table} VALUES (1, 'a'), (2, 'b')`);
      const job = await copy(table);
      await shown(table, ['{"id":1,"v":"a"}', '{"id":2,"v":"b"}']);
      await mine.query(`UPDATE ${table} SET v = 'c' WHERE id = 1`);
      await shown(table, ['{"id":1,"v":"c"}', '{"id":2,"v":"b"}']);
      expect(await bench.server.end('SIGTERM')).to.equal(0);
      await mine.query(`INSERT INTO ${table} VALUES (3, 'unseen')`);
      for (const statement of purge) await mine.query(statement);
      await mine.query(`INSERT INTO ${table} VALUES (4, 'after')`);
      await bench.server.launch();
      const failed = await bench.status(job, 'FAILED'), text = JSON.stringify(failed.exceptions[0]);
      expect(text).to.contain('binlog').and.to.match(/binlog\.\d{6}|[0-9a-f-]{36}:1-\d+/, 'the position is named');
      expect(text).to.match(/snapshot/i, 'the way out is named');
      expect(failed.restarts, 'no restarts').to.equal(0);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await bench.job(job)).to.include({ status: 'FAILED', restarts: 0 });
      await bench.sql(`RESTART JOB '${job}' FROM INITIAL`);
      await shown(table, ['{"id":1,"v":"c"}', '{"id":2,"v":"b"}', '{"id":3,"v":"unseen"}', '{"id":4,"v":"after"}']);
      await mine.query(`DELETE FROM ${table} WHERE id = 2`);
      await shown(table, ['{"id":1,"v":"c"}', '{"id":3,"v":"unseen"}', '{"id":4,"v":"after"}']);
      await bench.sql(`STOP JOB '${job}'`);
    });
  }

  it('E5: columns added, moved and renamed beside those a table declares: no value under a wrong name', async () => {
    const mine = all as MySqlBench, { bench } = mine;
    await mine.query('CREATE TABLE shifted (id BIGINT PRIMARY KEY, v VARCHAR(20), w INT)');
    await mine.query("INSERT INTO shifted VALUES (1, 'a', 10)");
    const job = await copy('shifted', 'exactly-once', 'id BIGINT, v STRING, w INT');
    await shown('shifted', ['{"id":1,"v":"a","w":10}']);
    await mine.query("ALTER TABLE shifted ADD COLUMN x VARCHAR(20) DEFAULT 'x' FIRST");
    await mine.query("INSERT INTO shifted VALUES ('y', 2, 'b', 20)");
    await mine.query('ALTER TABLE shifted RENAME COLUMN x TO y, MODIFY COLUMN w BIGINT FIRST');
    await mine.query("INSERT INTO shifted VALUES (30, 'z', 3, 'c')");
    await mine.query('ALTER TABLE shifted DROP COLUMN y');
    await mine.query("INSERT INTO shifted VALUES (40, 4, 'd')");
    await mine.query('UPDATE shifted SET w = w + 1 WHERE id = 1');
    await shown('shifted', ['{"id":1,"v":"a","w":11}', '{"id":2,"v":"b","w":20}', '{"id":3,"v":"c","w":30}', '{"id":4,"v":"d","w":40}']);
    await bench.sql(`STOP JOB '${job}'`);
  });
  it('E5: TRUNCATE and DROP TABLE under a job: the server and the job live on, rows of the new table come', async () => {
    const mine = all as MySqlBench, { bench } = mine;
    await mine.query('CREATE TABLE emptied (id BIGINT PRIMARY KEY, v VARCHAR(20))');
    await mine.query("INSERT INTO emptied VALUES (1, 'a')");
    const job = await copy('emptied');
    await shown('emptied', ['{"id":1,"v":"a"}']);
    await mine.query('TRUNCATE TABLE emptied');
    await mine.query("INSERT INTO emptied VALUES (2, 'b')");
    await shown('emptied', ['{"id":1,"v":"a"}', '{"id":2,"v":"b"}']);
    await mine.query('DROP TABLE emptied');
    await mine.query('CREATE TABLE emptied (v VARCHAR(20), id BIGINT PRIMARY KEY)');
    await mine.query("INSERT INTO emptied VALUES ('c', 3)");
    await shown('emptied', ['{"id":1,"v":"a"}', '{"id":2,"v":"b"}', '{"id":3,"v":"c"}']);
    expect((await bench.job(job)).restarts).to.equal(0);
    expect(await bench.rows('SELECT 1')).to.deep.equal([[1]]);
    await bench.sql(`STOP JOB '${job}'`);
  });

  it('E2: killed in a snapshot that is written at least once: rows that are deleted before they are read again do not stay in the topic', async () => {
    const mine = all as MySqlBench, { bench } = mine, topic = bench.name('ghosts');
    await mine.query('CREATE TABLE ghosts (id BIGINT PRIMARY KEY, v VARCHAR(20))');
    await mine.query('SET SESSION cte_max_recursion_depth = 10000');
    await mine.query("INSERT INTO ghosts WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 6000) SELECT i, 'row' FROM n");
    const yaml = `source:\n  type: mysql\n  hostname: 127.0.0.1\n  port: ${mine.mysql.port}\n  username: ${USER}\n  password: ${PASSWORD}\n  tables: ${mine.database}.ghosts\n  scan.incremental.snapshot.chunk.size: 10\nsink:\n  type: upsert-kafka\n  properties.bootstrap.servers: ${bench.broker}\nroute:\n  - source-table: ${mine.database}.ghosts\n    sink-table: ${topic}\npipeline:\n  execution.checkpointing.interval: 50 ms\n`;
    const killedAt = async (point: string): Promise<void> => {
      await bench.server.launch({ RIVULET_TEST_BUILD: '1', RIVULET_KILL_AT: point }).catch((error: unknown) => { if (bench.server.running) throw error; });
      if (point.startsWith('after-commit')) {
        const answer = await fetch(bench.server.url('/api/v1/pipelines'), { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: yaml }).catch(() => undefined);
        if (answer !== undefined) expect(answer.status, await answer.text()).to.equal(201);
      }
      await eventually(`the kill at ${point}`, async () => !bench.server.running);
    };
    await bench.server.end('SIGKILL');
    // A checkpoint early in the snapshot; then chunks that are at the broker and in no checkpoint.
    await killedAt('after-commit:1');
    const before = (await mine.lastValues('ghosts')).size;
    await killedAt('before-state-write:2');
    expect((await mine.lastValues('ghosts')).size, 'rows nobody has noted').to.be.greaterThan(before);
    await mine.query('DELETE FROM ghosts WHERE id > 1');
    await bench.server.launch();
    await mine.query("INSERT INTO ghosts VALUES (1000, 'end')");
    await shown('ghosts', ['{"id":1,"v":"row"}', '{"id":1000,"v":"end"}']);
    await bench.sql(`STOP JOB '${(await bench.rows('SHOW JOBS')).find((row) => JSON.stringify(row).includes('RUNNING'))?.[0]}'`);
    await bench.kafka.deleteTopics([topic]);
  });

  it('E8: a transaction of a million rows: memory stays bounded, and readers see all of it or nothing', async () => {
    const mine = all as MySqlBench, { bench } = mine, count = 1_000_000;
    await mine.query('CREATE TABLE mass (id INT PRIMARY KEY, v INT)');
    await mine.query('INSERT INTO mass VALUES (-1, 0)');
    const job = await copy('mass', 'exactly-once', 'id INT, v INT');
    await shown('mass', ['{"id":-1,"v":0}']);
    const peak = async (): Promise<number> => Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${bench.server.pid}/status`, 'utf8'))?.[1]) / 1024;
    const before = await peak();
    await mine.query('SET SESSION cte_max_recursion_depth = 1001');
    await mine.query(`INSERT INTO mass WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 999) SELECT a.i * 1000 + b.i, a.i FROM n AS a, n AS b`);
    await mine.query('INSERT INTO mass VALUES (-2, 0)');
    const seen = new Set<number>();
    await eventually('the row behind the transaction', async () => {
      const { partitions: [end] } = { partitions: await bench.kafka.listOffsets([{ topic: bench.name('mass'), partition: 0 }], 'latest', 'read_committed') };
      seen.add(Number(end?.offset));
      return Number(end?.offset) > count;
    }, 60_000);
    const middle = [...seen].filter((offset) => offset > 1000 && offset < count);
    expect(middle, 'ends seen in the middle of the transaction').to.deep.equal([]);
    await bench.status(job, 'RUNNING');
    expect(await peak() - before, 'MiB more than before').to.be.lessThan(400);
    await bench.sql(`STOP JOB '${job}'`);
  });
});
