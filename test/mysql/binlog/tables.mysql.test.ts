/** Tables that are described in unusual ways: what information_schema says of them agrees with the rows of the log. */
import { expect } from 'chai';
import { TextSlices } from '../../../core/row/slices.ts';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import { decoderFor } from '../../../runtime/connectors/mysql/types/row-decoder.ts';
import { connectRoot, describeOnMySql, openDatabase, replUser, type TestDatabase } from '../support.ts';
import { endOfLog, failureOf, read, readAll } from './support.ts';
import { OPTIONS, selectAll, streamAll, tablesOf, wantAll } from './types-support.ts';

describeOnMySql('binlog: tables', (test) => {
  let db: TestDatabase, server: MySqlServer;
  before(async () => { db = await openDatabase(test, 'rvt_bl_tab'); server = await replUser(test); });
  after(async () => { await db.drop(); });
  const isMySql = test.flavor === 'mysql';

  const SHAPES: Readonly<Record<string, readonly [columns: string, insert: string]>> = {
    generated: ['id INT PRIMARY KEY, a INT, v INT AS (a * 2) VIRTUAL, s VARCHAR(20) AS (CONCAT(\'x\', a)) STORED, z INT', '(id, a, z) VALUES (1, 5, 9), (2, NULL, 8)'],
    'an enum of odd values': ["id INT PRIMARY KEY, e ENUM('a\\\\b', 'tab\\tx', 'it''s', 'q\"q', 'ü'), t SET('ä', 'b\\\\')", "VALUES (1, 'a\\\\b', 'ä,b\\\\'), (2, 'it''s', ''), (3, 'ü', 'ä'), (4, 'tab\\tx', NULL), (5, 'q\"q', 'b\\\\')"],
    'names that need quotes': ['`id``x` INT PRIMARY KEY, `sélect` INT, `a.b "c"` VARCHAR(5)', "VALUES (1, 2, 'x')"],
    'a key of several columns': ['a INT, b VARCHAR(10), c INT, PRIMARY KEY (b, a)', "VALUES (1, 'x', 3)"],
    'no key': ['a INT, b INT', 'VALUES (1, 2), (1, 2)'],
    'a column that is invisible': [`id INT PRIMARY KEY, h INT ${isMySql ? 'INVISIBLE' : 'INVISIBLE DEFAULT 4'}, z INT`, '(id, h, z) VALUES (1, 2, 3)'],
    'nine columns and many NULLs': [`id INT PRIMARY KEY, ${Array.from({ length: 20 }, (_, i) => `c${i} INT`).join(', ')}`, `VALUES (1, ${Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 'NULL' : i)).join(', ')})`],
    ...(isMySql ? { 'an index on an expression': ['id INT PRIMARY KEY, a VARCHAR(20), INDEX ((UPPER(a))), z INT', "VALUES (1, 'x', 3)"] as const } : {}),
  };
  for (const [name, [columns, insert]] of Object.entries(SHAPES)) {
    it(`with ${name}`, async () => {
      const quoted = `\`t ${name.slice(0, 20)}\``, start = await endOfLog(server);
      await db.run(`CREATE TABLE ${quoted} (${columns})`);
      await db.run(`INSERT INTO ${quoted} ${insert}`);
      const [table] = (await tablesOf(server, db.name)).filter((t) => t.table === `t ${name.slice(0, 20)}`), wanted = new Map([[table!.table, wantAll(table!)]]);
      const snapshot = (await selectAll(server, [table!], wanted, '1')).get(table!.table)!;
      expect(snapshot.length).to.be.greaterThan(0);
      expect((await streamAll(server, [table!], wanted, start)).get(table!.table)).to.deep.equal(snapshot);
      if (name === 'a key of several columns') expect(table!.primaryKey).to.deep.equal(['b', 'a']);
      if (name === 'generated') expect(table!.columns.map((c) => c.generated)).to.deep.equal([false, false, true, true, false]);
    });
  }
  if (!isMySql) {
    it('with versions kept by the server are refused', async () => {
      await db.run('CREATE TABLE versioned (id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING');
      expect(await failureOf(tablesOf(server, db.name))).to.have.property('code', 'mysql-table-unsupported');
      await db.run('DROP TABLE versioned');
    });
  }
  it('are the same whether the log or information_schema describes them', async () => {
    await db.run("CREATE TABLE both_ways (id BIGINT UNSIGNED, k INT, d DECIMAL(10,3) NOT NULL, y YEAR, f FLOAT, c CHAR(5), v VARCHAR(50) CHARACTER SET latin1, b VARBINARY(9), bi BINARY(3), tx TEXT, mb MEDIUMBLOB, e ENUM('x','y'), s SET('p','q'), dt DATETIME(3), ti TIME(1), ts TIMESTAMP NULL, bt BIT(11), p POINT, PRIMARY KEY (k, id))");
    const start = await endOfLog(server);
    await db.run('INSERT INTO both_ways (id, k, d) VALUES (1, 2, 3)');
    const reading = await read(server, start, (t) => t.database === db.name && t.table === 'both_ways'), [known] = (await tablesOf(server, db.name)).filter((t) => t.table === 'both_ways');
    try {
      let event = await reading.next();
      while (event.kind !== 'rows') event = await reading.next();
      const { full } = event.table, bare = (c: { length: number | null; dataType: string }): object => ({ ...c, length: /int|year|float/.test(c.dataType) ? null : c.length });
      expect(full!.primaryKey).to.deep.equal(known!.primaryKey);
      expect(full!.columns.map(bare)).to.deep.equal(known!.columns.map(bare));
    } finally { await reading.close(); }
  });
  it('give texts as slices of the event when asked', async () => {
    await db.run('CREATE TABLE sliced (id INT PRIMARY KEY, a VARCHAR(100), b TEXT, c VARCHAR(100) CHARACTER SET latin1)');
    const start = await endOfLog(server), texts = ['plain', '', 'quo"te', 'back\\slash', 'ü', 'new\nline', '😀', 'x'.repeat(90), '~ !'];
    await db.run('INSERT INTO sliced VALUES ?', [texts.map((t, i) => [i, t, t, t.includes('😀') ? null : t])]);
    const [table] = (await tablesOf(server, db.name)).filter((t) => t.table === 'sliced'), reading = await read(server, start, (t) => t.table === 'sliced' && t.database === db.name), out: unknown[][] = [[], [], [], []], slices = [null, new TextSlices(), new TextSlices(), new TextSlices()];
    let count = 0, sliced = 0;
    try {
      for (let event = await reading.next(); event.kind !== 'end'; event = await reading.next()) {
        if (event.kind !== 'rows') continue;
        for (const slice of slices) slice?.begin(event.bytes);
        const size = decoderFor(event.table, table!, wantAll(table!), OPTIONS).decode(event, out, new Uint8Array(8192), count, 1000, slices);
        slices.forEach((slice, c) => { for (let row = count; row < count + size; row++) if (slice !== null && slice.starts[row]! >= 0) { sliced++; out[c]![row] = event.bytes.toString('latin1', slice.starts[row], slice.ends[row]); } });
        count += size;
      }
    } finally { await reading.close(); }
    expect(count).to.equal(texts.length);
    expect(out[1]).to.deep.equal(texts);
    expect(out[2]).to.deep.equal(texts);
    expect(out[3]).to.deep.equal(texts.map((t) => (t.includes('😀') ? null : t)));
    expect(sliced).to.equal(3 * ['plain', '', 'x', '~ !'].length);
  });
  it('changed by statements in any character set', async () => {
    await db.run('CREATE TABLE commented (id INT)');
    const start = await endOfLog(server), latin = await connectRoot(test, db.name);
    await latin.query("SET NAMES latin1; SET SESSION sql_mode = 'ANSI_QUOTES'");
    await latin.query(Buffer.from("ALTER TABLE commented COMMENT 'grün'", 'latin1') as never).catch(async () => { await latin.query("ALTER TABLE commented COMMENT 'x'"); });
    await latin.end();
    const statements: { sql: string; ansiQuotes: boolean }[] = [], reading = await read(server, start, () => false);
    try { for (let event = await reading.next(); event.kind !== 'end'; event = await reading.next()) if (event.kind === 'statement' && event.database === db.name) statements.push(event); } finally { await reading.close(); }
    expect(statements[0]!.ansiQuotes).to.equal(true);
    expect(statements[0]!.sql).to.contain('ALTER TABLE commented COMMENT');
  });
  it('made from a query come with their statement and rows', async () => {
    await db.run('CREATE TABLE origin (id INT PRIMARY KEY); INSERT INTO origin VALUES (1), (2)');
    const start = await endOfLog(server);
    await db.run('CREATE TABLE made AS SELECT * FROM origin');
    const { told } = await readAll(server, start, (t) => t.database === db.name), at = told.findIndex((t) => /CREATE TABLE\s+`?made/.test(t));
    expect(at).to.be.greaterThan(-1);
    expect(told.indexOf('insert made')).to.be.greaterThan(at);
  });
});
