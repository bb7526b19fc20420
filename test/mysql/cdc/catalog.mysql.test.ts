/** The MySQL catalog through a server: names, columns, keys, comments, patterns; its tables read, joined, written; nothing secret shown. */
import { expect } from 'chai';
import { eventually, ServerProcess } from '../../e2e/server-process.ts';
import { connect, freshDatabase, describeServers } from './support.ts';


describeServers('the MySQL catalog on', function ({ server: mysql }) {
  this.timeout(60_000);
  let server: ServerProcess, db: Awaited<ReturnType<typeof freshDatabase>>;
  const run = async (text: string): Promise<{ columns: { name: string }[]; rows: unknown[][] }[]> => {
    const { body } = await server.sql(text);
    expect(body.error, JSON.stringify(body.error)).to.equal(undefined);
    return body.results ?? [];
  };
  const user = 'cdc_catalog', password = "pass'word1";
  before(async () => {
    db = await freshDatabase(mysql);
    await db.sql(`CREATE USER IF NOT EXISTS ${user}@'%' IDENTIFIED BY 'pass''word1'; GRANT SELECT, INSERT, UPDATE, DELETE, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ${user}@'%'`);
    await db.sql("CREATE TABLE `user` (id BIGINT NOT NULL, name VARCHAR(50) NOT NULL COMMENT 'as written', is_new TINYINT(1), born DATE, PRIMARY KEY (id)) COMMENT 'people'");
    await db.sql("CREATE TABLE `odd``name.1` (a INT PRIMARY KEY); CREATE TABLE part_1 (id INT PRIMARY KEY, v VARCHAR(9)); CREATE TABLE part_2 LIKE part_1; CREATE TABLE copy (id BIGINT PRIMARY KEY, name VARCHAR(50)); CREATE VIEW grown AS SELECT id, name FROM user");
    await db.sql("INSERT INTO user VALUES (1, 'Tom', 1, '2001-02-03'), (2, 'Jerry', 0, NULL); INSERT INTO part_1 VALUES (1, 'a'); INSERT INTO part_2 VALUES (1, 'b')");
    server = await ServerProcess.start();
    await run(`CREATE CATALOG m WITH ('type' = 'mysql', 'hostname' = '${mysql.host}', 'port' = '${mysql.port}', 'username' = '${user}', 'password' = '${password.replace("'", "''")}', 'default-database' = '${db.database}'); USE CATALOG m`);
  });
  after(async () => {
    await server?.remove();
    await db?.sql(`DROP USER IF EXISTS ${user}@'%'`);
    await db?.drop();
  });

  it('lists and describes what is there', async () => {
    const [, databases] = await run('USE CATALOG m; SHOW DATABASES'), [tables] = await run(`SHOW TABLES FROM m.\`${db.database}\``), [columns] = await run(`DESCRIBE m.\`${db.database}\`.\`user\``);
    expect(databases?.rows.flat()).to.include(db.database).and.not.to.include('mysql');
    expect(tables?.rows.flat()).to.deep.equal(['copy', 'grown', 'odd`name.1', 'part_1', 'part_2', 'user']);
    expect(columns?.rows.map((r) => r.slice(0, 4))).to.deep.equal([['id', 'BIGINT', 'FALSE', 'PRI(id)'], ['name', 'VARCHAR(50)', 'FALSE', null], ['is_new', 'BOOLEAN', 'TRUE', null], ['born', 'DATE', 'TRUE', null]]);
    const client = await server.connect();
    try {
      await client.query('USE CATALOG m');
      const { rows } = await client.query(`SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'user' AND table_schema = '${db.database}' ORDER BY ordinal_position`);
      expect(rows.map((r: { column_name: string; data_type: string }) => [r.column_name, r.data_type])).to.deep.equal([['id', 'bigint'], ['name', 'character varying'], ['is_new', 'boolean'], ['born', 'date']]);
    } finally { await client.end(); }
  });
  it('shows no password, in statements, errors or plans', async () => {
    const shown = JSON.stringify([await run('SHOW CREATE CATALOG m'), await run(`SHOW CREATE TABLE m.\`${db.database}\`.\`user\``), await run(`EXPLAIN SELECT * FROM m.\`${db.database}\`.\`user\``), (await server.sql(`SELECT nope FROM m.\`${db.database}\`.\`user\``)).body]);
    expect(shown).to.include('******').and.not.to.match(/pass'+word1/);
  });
  it('reads tables in queries that end', async () => {
    const [rows, odd, view] = await run(`SELECT id, name, is_new, born FROM m.\`${db.database}\`.\`user\` ORDER BY id; SELECT COUNT(*) FROM m.\`${db.database}\`.\`odd\`\`name.1\`; SELECT name FROM m.\`${db.database}\`.grown ORDER BY name`);
    expect(rows?.rows).to.deep.equal([[1, 'Tom', true, '2001-02-03'], [2, 'Jerry', false, null]]);
    expect(odd?.rows).to.deep.equal([[0]]);
    expect(view?.rows).to.deep.equal([['Jerry'], ['Tom']]);
  });
  it('streams one table into another', async () => {
    const results = await run(`INSERT INTO m.\`${db.database}\`.copy SELECT id, UPPER(name) FROM m.\`${db.database}\`.\`user\``), job = String(results.at(-1)?.rows[0]?.[0]), other = await connect(mysql, db.database);
    const copied = async (): Promise<string> => { const [rows] = await other.query('SELECT id, name FROM copy ORDER BY id'); return JSON.stringify(rows); };
    await eventually('the snapshot is copied', async () => await copied() === '[{"id":"1","name":"TOM"},{"id":"2","name":"JERRY"}]');
    await db.sql("UPDATE user SET name = 'Tomas' WHERE id = 1; DELETE FROM user WHERE id = 2; INSERT INTO user VALUES (3, 'Spike', NULL, NULL)");
    await eventually('changes are copied', async () => await copied() === '[{"id":"1","name":"TOMAS"},{"id":"3","name":"SPIKE"}]');
    await server.sql(`STOP JOB '${job}'`);
    await other.end();
  });
  it('reads tables of one pattern as one', async () => {
    const [described] = await run(`DESCRIBE m.\`${db.database}\`.\`part_[0-9]\``);
    expect(described?.rows.map((r) => r[0])).to.deep.equal(['_db_name', '_table_name', 'id', 'v']);
    const results = await run(`CREATE TEMPORARY TABLE default_catalog.default_database.parts (t STRING, id INT, v STRING) WITH ('connector' = 'print'); INSERT INTO default_catalog.default_database.parts SELECT _table_name, id, v FROM m.\`${db.database}\`.\`part_[0-9]\``);
    const job = String(results.at(-1)?.rows[0]?.[0]);
    await eventually('both parts', async () => (await server.printed(job)).sort().join() === '+I[part_1, 1, a],+I[part_2, 1, b]');
    await server.sql(`STOP JOB '${job}'`);
  });
  it('says what is not there and what it does not do', async () => {
    const code = async (text: string): Promise<unknown> => (await server.sql(text)).body.error?.['code'];
    expect(await code(`SELECT * FROM m.\`${db.database}\`.\`users\``)).to.equal('table-not-found');
    expect(await code('SELECT * FROM m.nope.t')).to.equal('database-not-found');
    expect(await code(`CREATE TABLE m.\`${db.database}\`.x (a INT)`)).to.equal('catalog-read-only');
    expect(await code("CREATE CATALOG n WITH ('type' = 'mysql', 'hostname' = 'h')")).to.equal('missing-option');
    await run(`CREATE CATALOG bad WITH ('type' = 'mysql', 'hostname' = '${mysql.host}', 'port' = '${mysql.port}', 'username' = 'nobody', 'password' = 'wrong-secret', 'default-database' = 'x')`);
    const { body } = await server.sql('SHOW TABLES FROM bad.x');
    expect(body.error?.['code']).to.equal('mysql-access-denied');
    expect(JSON.stringify(body)).not.to.include('wrong-secret');
  });
}, ['mysql']);
