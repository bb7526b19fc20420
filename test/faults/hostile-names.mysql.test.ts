/** F9 with a real MySQL: databases, tables and columns whose names would be SQL, read, followed, looked up, written, made and changed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { hostileNames, quote, text } from './hostile-names.ts';
import { eventually, MySqlBench, PASSWORD, USER } from './mysql-support.ts';

describe('faults: hostile names in MySQL', function () {
  this.timeout(90_000);
  let all: MySqlBench, names: string[], canary: string;
  before(async function () {
    const opened = await MySqlBench.open('names');
    if (opened === undefined) { this.skip(); return; }
    all = opened;
    canary = join(all.bench.server.dataDir, 'canary');
    // MySQL has names of up to 64 characters of the basic plane, without NUL and without blanks at their end; databases without . and /.
    names = hostileNames(canary).filter((n) => n.length <= 60 && !/[\0\ud800-\udfff]|\s$/.test(n) && n !== '.' && n !== '..' && !/^[A-Za-z]+$/.test(n.replaceAll('__proto__', '?')));
    await all.query('SELECT 1');
    await all.query(`GRANT ALL ON *.* TO '${USER}'@'%'`);
  });
  after(async () => { await all?.close(); });
  afterEach(async () => { expect(existsSync(canary)).to.equal(false); expect(await all.bench.rows('SELECT 1')).to.deep.equal([[1]]); });
  const table = (connector: 'mysql' | 'mysql-cdc', database: string, name: string, columns: string): string => `CREATE TEMPORARY TABLE t (${columns}) WITH ('connector'='${connector}', 'hostname'='127.0.0.1', 'port'='${all.mysql.port}', 'username'='${USER}', 'password'='${PASSWORD}', 'database-name'=${text(database)}, 'table-name'=${text(name)}, 'server-time-zone'='UTC');`;
  /** Names of mysql-cdc are regular expressions. */
  const pattern = (name: string): string => name.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');

  it('F9: a table of any name with columns of any name is described by the catalog, read, looked up and written', async () => {
    await all.bench.sql(`CREATE CATALOG my WITH ('type'='mysql', 'hostname'='127.0.0.1', 'port'='${all.mysql.port}', 'username'='${USER}', 'password'='${PASSWORD}', 'default-database'='${all.database}')`);
    const unread: string[] = [];
    for (const name of names) {
      const path = `my.${quote(all.database)}.${quote(name)}`;
      await all.query(`CREATE TABLE ${quote(all.database)}.${quote(name)} (id INT PRIMARY KEY, ${quote(`c${name}`)} VARCHAR(100) COMMENT ${text(name.replaceAll('\\', ''))}) COMMENT ${text(name.replaceAll('\\', ''))}`);
      await all.bench.sql(`INSERT INTO ${path} SELECT * FROM (VALUES (1, ${text(name)})) AS v (a, b)`);
      await eventually(`the row of ${JSON.stringify(name)}`, async () => (await all.query(`SELECT ${quote(`c${name}`)} FROM ${quote(all.database)}.${quote(name)} WHERE id = 1`)).length === 1);
      expect(await all.query(`SELECT ${quote(`c${name}`)} FROM ${quote(all.database)}.${quote(name)}`), 'a text is written letter by letter').to.deep.equal([[name]]);
      expect(await all.bench.rows(`SELECT id, ${quote(`c${name}`)} FROM ${path} WHERE ${quote(`c${name}`)} = ${text(name)}`), name).to.deep.equal([[1, name]]);
      expect((await all.bench.rows(`DESCRIBE ${path}`)).map((r) => r[0])).to.deep.equal(['id', `c${name}`]);
      const looked = await all.bench.server.sql(`CREATE TEMPORARY VIEW v AS SELECT 1 AS k, PROCTIME() AS p; SELECT t.${quote(`c${name}`)} FROM v JOIN ${path} FOR SYSTEM_TIME AS OF v.p AS t ON v.k = t.id`);
      if (looked.status !== 200) unread.push(`${name}: ${JSON.stringify(looked.body.error).slice(0, 200)}`);
    }
    expect(unread).to.deep.equal([]);
    // A table called like a pattern is itself and no other.
    await all.query('CREATE TABLE `o.her` (id INT PRIMARY KEY)');
    await all.query('INSERT INTO `o.her` VALUES (1)');
    await all.query('CREATE TABLE `other` (id INT PRIMARY KEY)');
    await all.query('INSERT INTO `other` VALUES (2)');
    expect(await all.bench.rows(`SELECT id FROM my.${quote(all.database)}.\`o.her\``)).to.deep.equal([[1]]);
    const follower = await all.bench.submit(`CREATE TEMPORARY TABLE p (id INT) WITH ('connector'='print'); INSERT INTO p SELECT id FROM my.${quote(all.database)}.\`o.her\``);
    await all.bench.printed(follower, 1);
    await all.query('INSERT INTO `other` VALUES (3)');
    await all.query('INSERT INTO `o.her` VALUES (4)');
    expect(await all.bench.printed(follower, 2)).to.deep.equal(['+I[1]', '+I[4]']);
    await all.query('DROP TABLE `o.her`, `other`');
    expect((await all.bench.rows(`SHOW TABLES FROM my.${quote(all.database)}`)).flat()).to.include.members(names);
    expect((await all.query(`SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${text(all.database)}`))[0]?.[0], 'nothing was dropped').to.equal(String(names.length));
    for (const id of (await all.bench.rows('SHOW JOBS')).filter((r) => r[2] === 'RUNNING').map((r) => String(r[0]))) await all.bench.sql(`STOP JOB '${id}'`);
    await all.bench.sql('DROP CATALOG my');
  });
  it('F9: changes of tables and databases of any name are followed, new columns and all', async () => {
    const chosen = names.filter((n) => !n.includes('/')).slice(0, 10);
    for (const name of chosen) await all.query(`CREATE DATABASE ${quote(`d${name}`)}`);
    for (const name of chosen) {
      await all.query(`CREATE TABLE ${quote(`d${name}`)}.${quote(name)} (${quote(name)} INT PRIMARY KEY, v INT)`);
      await all.query(`INSERT INTO ${quote(`d${name}`)}.${quote(name)} VALUES (1, 1)`);
    }
    const jobs: string[] = [];
    for (const name of chosen) jobs.push(await all.bench.submit(`${table('mysql-cdc', pattern(`d${name}`), pattern(name), `${quote(name)} INT, v INT, PRIMARY KEY (${quote(name)}) NOT ENFORCED`)} CREATE TEMPORARY TABLE p (a INT, b INT) WITH ('connector'='print'); INSERT INTO p SELECT * FROM t`));
    for (const [i, name] of chosen.entries()) {
      const printed = await all.bench.printed(jobs[i] ?? '', 1);
      expect(printed, name).to.deep.equal(['+I[1, 1]']);
      await all.query(`ALTER TABLE ${quote(`d${name}`)}.${quote(name)} ADD COLUMN ${quote(`n${name}`)} INT`);
      await all.query(`UPDATE ${quote(`d${name}`)}.${quote(name)} SET v = 2`);
      expect(await all.bench.printed(jobs[i] ?? '', 3)).to.deep.equal(['+I[1, 1]', '-U[1, 1]', '+U[1, 2]']);
      await all.bench.sql(`STOP JOB '${jobs[i] ?? ''}'`);
    }
    for (const name of chosen) await all.query(`DROP DATABASE ${quote(`d${name}`)}`);
  });
  it('F9, F10: a pipeline copies tables of any name and makes them in another database', async () => {
    const chosen = names.filter((n) => !/[/.\\]/.test(n)).slice(0, 12), from = `${all.database}_from`, to = `${all.database}_to`;
    await all.query(`CREATE DATABASE ${from}`);
    await all.query(`CREATE DATABASE ${to}`);
    for (const name of chosen) {
      await all.query(`CREATE TABLE ${from}.${quote(name)} (id INT PRIMARY KEY, ${quote(name)} VARCHAR(100))`);
      await all.query(`INSERT INTO ${from}.${quote(name)} VALUES (1, ${text(name)})`);
    }
    const server = `hostname: 127.0.0.1\n  port: ${all.mysql.port}\n  username: ${USER}\n  password: ${PASSWORD}\n`;
    const yaml = `source:\n  type: mysql\n  ${server}  tables: ${from}.\\.*\n  server-time-zone: UTC\nsink:\n  type: mysql\n  ${server}  database-name: ${to}\nroute:\n  - source-table: ${from}.\\.*\n    sink-table: ${to}.<>\n    replace-symbol: <>\n`;
    const answer = await fetch(all.bench.server.url('/api/v1/pipelines'), { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: yaml }), body = await answer.json() as { id?: string; error?: unknown };
    expect(body.id, JSON.stringify(body.error)).to.be.a('string');
    for (const name of chosen) {
      await eventually(`the copy of ${JSON.stringify(name)}`, async () => (await all.query(`SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${to}' AND TABLE_NAME = ${text(name)}`))[0]?.[0] === '1' && (await all.query(`SELECT id FROM ${to}.${quote(name)}`)).length === 1);
      expect(await all.query(`SELECT id, ${quote(name)} AS c FROM ${to}.${quote(name)}`)).to.deep.equal([[1, name]]);
      await all.query(`ALTER TABLE ${from}.${quote(name)} ADD COLUMN ${quote(`n${name}`)} INT DEFAULT 7`);
    }
    await all.query(`INSERT INTO ${from}.${quote(chosen.at(-1) ?? '')} VALUES (2, 'x', 8)`);
    await eventually('the new column', async () => (await all.query(`SELECT id, ${quote(`n${chosen.at(-1) ?? ''}`)} AS n FROM ${to}.${quote(chosen.at(-1) ?? '')}`).catch(() => [])).some((r) => String(r[0]) === '2' && String(r[1]) === '8'));
    await all.bench.sql(`STOP JOB '${body.id ?? ''}'`);
  });
});
