/** Access and settings that cannot work (E7): a clear error within seconds, once, and the password nowhere. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually, MySqlBench, PASSWORD, USER } from './mysql-support.ts';

/** Errors are waited for this long; on a machine that is not busy they come within a second. */
const LIMIT_MS = 20_000;

describe('faults: access to MySQL', function () {
  this.timeout(60_000);
  let all: MySqlBench | undefined;
  before(async function () {
    all = await MySqlBench.open('mysql-access');
    if (all === undefined) { this.skip(); return; }
    await all.query('CREATE TABLE t (id BIGINT PRIMARY KEY, v VARCHAR(20))');
    await all.query("INSERT INTO t VALUES (1, 'a')");
  });
  after(async () => { await all?.close(); });

  /** How a job over a table with these options ends: refused at once, or failed. All the server tells of it, as one text. */
  async function ending(options: Readonly<Record<string, string>>): Promise<string> {
    const { bench } = all as MySqlBench, from = Date.now();
    const { body } = await bench.server.sql(`CREATE TEMPORARY TABLE src (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) ${(all as MySqlBench).cdc('t', options)};
      CREATE TEMPORARY TABLE dst (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'print'); INSERT INTO dst SELECT * FROM src;`);
    if (body.error !== undefined) return JSON.stringify(body.error);
    const id = String(body.results?.at(-1)?.rows[0]?.[0]);
    const failed = await bench.status(id, 'FAILED', LIMIT_MS - (Date.now() - from));
    return JSON.stringify(failed);
  }
  it('E7: a wrong password: told with the user and the server, tried once', async () => {
    const text = await ending({ password: 'open-sesame-7' });
    expect(text).to.contain(USER).and.to.match(/refused user|access denied/i);
    expect(text).to.not.contain('open-sesame-7');
  });
  it('E7: an account that may not replicate: the missing grant is named', async () => {
    await (all as MySqlBench).query("CREATE USER 'weak'@'%' IDENTIFIED BY 'weak-secret-9'");
    await (all as MySqlBench).query("GRANT SELECT ON *.* TO 'weak'@'%'");
    const text = await ending({ username: 'weak', password: 'weak-secret-9' });
    expect(text).to.match(/REPLICATION (SLAVE|CLIENT)/);
    expect(text).to.not.contain('weak-secret-9');
  });
  it('E7: an account that may not read the table: told', async () => {
    await (all as MySqlBench).query("CREATE USER 'blind'@'%' IDENTIFIED BY 'blind-secret-9'");
    await (all as MySqlBench).query("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'blind'@'%'");
    const text = await ending({ username: 'blind', password: 'blind-secret-9' });
    expect(text).to.match(/SELECT|no table|not.*exist|cannot find/i);
  });
  for (const [setting, value, back] of [['binlog_format', 'STATEMENT', 'ROW'], ['binlog_row_image', 'MINIMAL', 'FULL']] as const) {
    it(`E7: ${setting}=${value}: refused by the name of the setting`, async () => {
      await (all as MySqlBench).query(`SET GLOBAL ${setting} = '${value}'`);
      try { expect(await ending({})).to.match(new RegExp(setting, 'i')); } finally { await (all as MySqlBench).query(`SET GLOBAL ${setting} = '${back}'`); }
    });
  }
  it('E7: a server id in use: the job that is cut off says so and does not fight for it', async () => {
    const { bench } = all as MySqlBench;
    const start = async (name: string): Promise<string> => bench.submit(`CREATE TEMPORARY TABLE src (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) ${(all as MySqlBench).cdc('t', { 'server-id': '7777' })};
      CREATE TEMPORARY TABLE ${name} (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'print'); INSERT INTO ${name} SELECT * FROM src;`);
    const first = await start('job_a');
    await bench.printed(first, 1);
    const second = await start('job_b');
    const texts = await eventually('one of them to end', async () => { const jobs = [await bench.job(first), await bench.job(second)]; return jobs.some((j) => j.status === 'FAILED') && jobs; }, LIMIT_MS);
    expect(JSON.stringify(texts.find((j) => j.status === 'FAILED'))).to.contain('7777').and.to.match(/server.?id/i);
    expect(texts.filter((j) => j.status === 'FAILED')).to.have.length(1);
    await (all as MySqlBench).query("INSERT INTO t VALUES (2, 'b')");
    const survivor = texts[0]?.status === 'FAILED' ? second : first;
    await bench.printed(survivor, 2);
    await bench.sql(`STOP JOB '${survivor}'`);
  });
  it('E7: the password stands in no log, no SHOW CREATE, no error, no job text, no checkpoint', async () => {
    const { bench, database } = all as MySqlBench;
    const script = `CREATE TABLE kept_${database} (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) ${(all as MySqlBench).cdc('t')}`;
    await bench.sql(script);
    const id = await bench.submit(`SET 'execution.checkpointing.interval' = '100 ms'; CREATE TEMPORARY TABLE p (id BIGINT, v STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'print'); INSERT INTO p SELECT * FROM kept_${database}`);
    await bench.printed(id, 1);
    await eventually('a checkpoint', async () => (await bench.job(id)).checkpoints.some((c) => c.status === 'completed'));
    const shown = JSON.stringify([await bench.sql(`SHOW CREATE TABLE kept_${database}`), await bench.job(id), await bench.sql('SHOW JOBS'), await bench.sql(`EXPLAIN SELECT * FROM kept_${database}`), (await (await fetch(bench.server.url('/metrics'))).text())]);
    expect(shown).to.not.contain(PASSWORD);
    expect(shown).to.contain('******');
    expect(bench.server.stderr + bench.server.stdout).to.not.contain(PASSWORD);
    await bench.sql(`STOP JOB '${id}' WITH SAVEPOINT`);
    const savepoints = join(bench.server.dataDir, 'savepoints');
    for (const file of await readdir(savepoints, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      expect((await readFile(join(file.parentPath, file.name))).includes(PASSWORD), `the savepoint's ${file.name}`).to.equal(false);
    }
  });
});
