/** `mysql-cdc` tables in jobs and queries of a real server: joins that follow MySQL, SELECTs that end, restarts. */
import { expect } from 'chai';
import { eventually, jobIdOf, materialise, ServerProcess } from '../../e2e/server-process.ts';
import { freshDatabase, describeServers } from './support.ts';


describeServers('mysql-cdc in SQL on', function ({ server: mysql }) {
  this.timeout(60_000);
  let server: ServerProcess, db: Awaited<ReturnType<typeof freshDatabase>>;
  const withClause = (table: string, more = ''): string => `WITH ('connector' = 'mysql-cdc', 'hostname' = '${mysql.host}', 'port' = '${mysql.port}', 'username' = '${mysql.user}', 'password' = '${mysql.password}', 'database-name' = '${db.database}', 'table-name' = '${table}'${more})`;
  before(async () => { db = await freshDatabase(mysql); server = await ServerProcess.start(); });
  after(async () => { await server?.remove(); await db?.drop(); });

  it('joins two tables and follows their changes, over a kill of the server', async () => {
    await db.sql('CREATE TABLE user (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL); CREATE TABLE `order` (id BIGINT NOT NULL PRIMARY KEY, product VARCHAR(50) NOT NULL, user_id BIGINT NOT NULL)');
    await db.sql("INSERT INTO user VALUES (1,'Tom'),(2,'Jerry'); INSERT INTO `order` VALUES (1,'Football',2),(2,'Basket',1)");
    const { body } = await server.sql(`
      SET 'execution.checkpointing.interval' = '200 ms';
      CREATE TABLE users (id BIGINT, name STRING, PRIMARY KEY (id) NOT ENFORCED) ${withClause('user')};
      CREATE TABLE orders (id BIGINT, product STRING, user_id BIGINT, kind STRING METADATA FROM 'row_kind', tab STRING METADATA FROM 'table_name', PRIMARY KEY (id) NOT ENFORCED) ${withClause('order')};
      CREATE TABLE joined (id BIGINT, product STRING, name STRING) WITH ('connector' = 'print');
      INSERT INTO joined SELECT o.id, o.product, u.name FROM orders o JOIN users u ON o.user_id = u.id`);
    expect(body.error, JSON.stringify(body.error)).to.equal(undefined);
    const job = jobIdOf(body.results), rows = async (): Promise<string> => materialise(await server.printed(job)).join(' ');
    await eventually('the snapshot is joined', async () => await rows() === '[1, Football, Jerry] [2, Basket, Tom]');
    await db.sql("UPDATE user SET name = 'Tomas' WHERE id = 1; INSERT INTO `order` VALUES (3, 'Ball', 2); UPDATE `order` SET id = 10 WHERE id = 1; DELETE FROM `order` WHERE id = 3");
    await eventually('changes are joined', async () => await rows() === '[10, Football, Jerry] [2, Basket, Tomas]');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.end('SIGKILL');
    await db.sql("UPDATE user SET name = 'Jery' WHERE id = 2");
    await server.launch();
    await eventually('goes on where it was', async () => (await server.printed(job)).some((l) => l.includes('Jery')));
    await server.sql(`STOP JOB '${job}'`);
  });
  it('answers a SELECT with the table as it stands', async () => {
    await db.sql("CREATE TABLE items (id INT NOT NULL PRIMARY KEY, v VARCHAR(20)); INSERT INTO items SELECT n, CONCAT('v', n) FROM (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 500) SELECT n FROM s) x; DELETE FROM items WHERE id % 2 = 0");
    const { body } = await server.sql(`
      CREATE TEMPORARY TABLE items (id INT, v STRING, db STRING METADATA FROM 'database_name', PRIMARY KEY (id) NOT ENFORCED) ${withClause('items', ", 'scan.incremental.snapshot.chunk.size' = '40'")};
      SELECT COUNT(*), SUM(id), MAX(v) FROM items; SELECT id, v, db FROM items WHERE id < 6 ORDER BY id`);
    expect(body.error, JSON.stringify(body.error)).to.equal(undefined);
    expect(body.results?.[1]?.rows).to.deep.equal([[250, 62500, 'v99']]);
    expect(body.results?.[2]?.rows).to.deep.equal([[1, 'v1', db.database], [3, 'v3', db.database], [5, 'v5', db.database]]);
  });
  it('ends a job by itself in startup mode snapshot', async () => {
    const { body } = await server.sql(`
      CREATE TEMPORARY TABLE once (id INT, v STRING, PRIMARY KEY (id) NOT ENFORCED) ${withClause('items', ", 'scan.startup.mode' = 'snapshot'")};
      CREATE TEMPORARY TABLE out2 (n BIGINT) WITH ('connector' = 'print');
      INSERT INTO out2 SELECT COUNT(*) FROM once`);
    expect(body.error, JSON.stringify(body.error)).to.equal(undefined);
    const job = jobIdOf(body.results);
    await eventually('the job has finished', async () => JSON.stringify((await server.sql('SHOW JOBS')).body.results?.[0]?.rows.find((r) => r.includes(job))).includes('FINISHED'));
    expect((await server.printed(job)).at(-1)).to.equal('+U[250]');
  });
}, ['mysql']);
