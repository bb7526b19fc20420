/** The pipeline face: every table whole, through one reader, with the schema events that belong between the rows. */
import { expect } from 'chai';
import { freshDatabase, PipelineDriver, pipelineSpecOf, describeServers } from './support.ts';

describeServers('pipeline source on', ({ name, server }) => {
  it('gives all tables, their changes and what DDL did to them', async () => {
    const { database, sql, drop } = await freshDatabase(server);
    try {
      await sql('CREATE TABLE user (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL); CREATE TABLE `order` (id BIGINT NOT NULL PRIMARY KEY, product VARCHAR(50) NOT NULL, user_id BIGINT NOT NULL)');
      await sql("INSERT INTO user VALUES (1,'Tom'),(2,'Jerry'); INSERT INTO `order` VALUES (1,'Football',2),(2,'Basket',1)");
      const driver = await PipelineDriver.pipeline(pipelineSpecOf(server, `${database}\\..*`)).open() as PipelineDriver;
      await driver.until(() => driver.items.length === 4, 'the snapshot');
      expect(driver.log.slice(0, 2)).to.deep.equal(['order create.table', 'user create.table']);
      expect(driver.log.slice(2).sort()).to.deep.equal(['order +I [1,"Football",2]', 'order +I [2,"Basket",1]', 'user +I [1,"Tom"]', 'user +I [2,"Jerry"]']);
      driver.log.length = 0;
      await sql("BEGIN; UPDATE user SET name = 'Tomas' WHERE id = 1; DELETE FROM `order` WHERE id = 2; COMMIT");
      await sql("ALTER TABLE user ADD COLUMN age INT FIRST, DROP COLUMN name; INSERT INTO user VALUES (30, 3); ALTER TABLE user RENAME COLUMN age TO years, MODIFY id DECIMAL(20,0) NOT NULL; UPDATE user SET years = 31 WHERE id = 3");
      await sql('TRUNCATE TABLE user; INSERT INTO user VALUES (1, 9); DROP TABLE `order`');
      await driver.until(() => driver.log.some((l) => l.includes('drop.table')), 'the last statement');
      expect(driver.log).to.deep.equal([
        'user -U [1,"Tom"]', 'user +U [1,"Tomas"]', 'order -D [2,"Basket",1]',
        'user drop.column,add.column', 'user +I [30,3]',
        'user rename.column,alter.column.type', 'user -U [30,3]', 'user +U [31,3]',
        'user truncate.table', 'user +I [1,9]', 'order drop.table',
      ]);
      const [, added] = driver.events.find((e) => e.changes.length === 2)?.changes ?? [];
      expect(added).to.deep.include({ kind: 'add.column', after: undefined });
      expect(driver.items.at(-1)?.version.columns.map((c) => [c.name, c.type.kind, c.nativeType])).to.deep.equal([['years', 'INT', 'int'], ['id', 'DECIMAL', 'decimal(20,0)']]);
      await driver.close();
    } finally { await drop(); }
  });
  it('gives texts of every sort as slices or values, behind the snapshot too', async () => {
    const { database, sql, drop } = await freshDatabase(server);
    try {
      await sql(`CREATE TABLE t (id INT NOT NULL PRIMARY KEY, plain VARCHAR(20), kind ENUM('first', 'second'), many SET('a', 'b'), old VARCHAR(20) CHARACTER SET latin1, other VARCHAR(20) CHARACTER SET cp1251, hour TIME, doc JSON)`);
      await sql(`INSERT INTO t VALUES (1, 'one', 'first', 'a,b', 'älter', 'да', '01:02:03', '{"a": 1}'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, 'say "x"', 'second', '', 'plain', 'ok', '11:12:13', '[]')`);
      const driver = await PipelineDriver.pipeline(pipelineSpecOf(server, `${database}\\.t`), true).open() as PipelineDriver;
      await driver.until(() => driver.items.length === 3, 'the snapshot');
      const rows = (): string[] => driver.log.splice(0).filter((l) => !l.includes('create.table')).map((l) => l.replaceAll(/(\d+)n/g, '$1')).sort();
      const before = rows();
      for (let round = 0; round < 2; round++) {
        await sql('UPDATE t SET id = id + 10; UPDATE t SET id = id - 10');
        const images = 12 * (round + 1);
        await driver.until(() => driver.items.length === 3 + images, 'the updates');
        // Every row comes back with its key, once as it went and once as it came.
        const back = rows().filter((l) => / \+U \[[123],/.test(l)).map((l) => l.replace('+U', '+I'));
        expect(back).to.deep.equal(before);
      }
      await driver.close();
    } finally { await drop(); }
  });
  it('does not call a table dropped that was renamed', async () => {
    const { database, sql, drop } = await freshDatabase(server);
    try {
      await sql("CREATE TABLE t (id INT NOT NULL PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE u (id INT NOT NULL PRIMARY KEY)");
      const driver = await PipelineDriver.pipeline(pipelineSpecOf(server, `${database}\\.(t|u)`)).open() as PipelineDriver;
      await driver.until(() => driver.items.length === 1, 'the snapshot');
      driver.log.length = 0;
      await sql('RENAME TABLE t TO elsewhere; DROP TABLE u');
      await driver.until(() => driver.log.length > 0, 'the last statement');
      expect(driver.log).to.deep.equal(['u drop.table']);
      await driver.close();
    } finally { await drop(); }
  });
  it('goes on behind DDL from positions before it', async () => {
    const { database, sql, drop } = await freshDatabase(server);
    try {
      await sql("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v VARCHAR(10)); INSERT INTO t VALUES (1, 'one')");
      const first = await PipelineDriver.pipeline(pipelineSpecOf(server, `${database}\\.t`)).open() as PipelineDriver;
      await first.until(() => first.items.length === 1, 'the snapshot');
      const positions = JSON.parse(JSON.stringify(first.reader.positions())) as never;
      await first.close();
      await sql("INSERT INTO t VALUES (2, 'two'); ALTER TABLE t ADD COLUMN n INT BEFORE v".replace(' BEFORE v', ' AFTER id'));
      await sql("INSERT INTO t VALUES (3, 33, 'three')");
      const second = await PipelineDriver.pipeline(pipelineSpecOf(server, `${database}\\.t`)).open([positions]) as PipelineDriver;
      await second.until(() => second.items.length === 2, 'what came after');
      expect(second.log).to.deep.equal(['t +I [2,"two"]', 't add.column', 't +I [3,33,"three"]']);
      await second.close();
    } finally { await drop(); }
  });
  it('tells the facts of rows that are asked for', async () => {
    const { database, sql, drop } = await freshDatabase(server);
    try {
      await sql('CREATE TABLE t (id INT NOT NULL PRIMARY KEY); INSERT INTO t VALUES (1)');
      const driver = await PipelineDriver.pipeline(pipelineSpecOf(server, `${database}\\.t`, { facts: ['op_ts', 'is_snapshot', 'binlog_file'] }), true).open() as PipelineDriver;
      await driver.until(() => driver.items.length === 1, 'the snapshot');
      expect(driver.items[0]?.row).to.deep.equal([1, 0, true, null]);
      await sql('INSERT INTO t VALUES (2)');
      await driver.until(() => driver.items.length === 2, 'the insert');
      const [id, at, isSnapshot, file] = driver.items[1]?.row ?? [];
      expect([id, isSnapshot]).to.deep.equal([2, false]);
      expect(Math.abs(Number(at) - Date.now())).to.be.lessThan(60_000);
      expect(file).to.match(/\.\d+$/);
      await driver.close();
    } finally { await drop(); }
  });
});
