/**
 * Random tables and random ALTERs on a real server: after each statement that the server accepts, the schema history's table is what
 * information_schema says, column by column, and the changes it told lead from the table before to the one after.
 * RIVULET_SEED picks the first seed, RIVULET_ROUNDS their number.
 */
import { expect } from 'chai';
import { withConnection } from '../../../runtime/connectors/mysql/connection/open.ts';
import type { MySqlColumn, MySqlTable, ServerFacts } from '../../../runtime/connectors/mysql/contract.ts';
import type { TableChange } from '../../../runtime/connectors/mysql/ddl/changes.ts';
import { readSchemaDefaults, type SchemaDefaults } from '../../../runtime/connectors/mysql/ddl/defaults.ts';
import { SchemaHistory } from '../../../runtime/connectors/mysql/ddl/history.ts';
import { describeOnMySql, openDatabase, type TestDatabase } from '../support.ts';
import { DdlGenerator } from './generator.ts';

const SEED = Number(process.env['RIVULET_SEED'] ?? 1), ROUNDS = Number(process.env['RIVULET_ROUNDS'] ?? 4), STEPS = 25;

/** A column as information_schema.COLUMNS has it. */
type Shown = readonly [name: string, dataType: string, columnType: string, isNullable: string, charset: string | null, collation: string | null, isGenerated: boolean, comment: string];
async function shownBy(database: TestDatabase, table: string): Promise<{ columns: Shown[]; key: string[] }> {
  const columns = await database.rows('SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, COLLATION_NAME, EXTRA, COLUMN_COMMENT FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION', [database.name, table]);
  const key = await database.rows("SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX", [database.name, table]);
  return { columns: columns.map((r) => [String(r[0]), String(r[1]), String(r[2]), String(r[3]), r[4] as string | null, r[5] as string | null, /(VIRTUAL|STORED|PERSISTENT) GENERATED/.test(String(r[6])), String(r[7])]), key: key.map((r) => String(r[0])) };
}
function shown(c: MySqlColumn, zerofill: boolean): Shown {
  const type = c.values !== null ? `${c.dataType}(${c.values.map((v) => `'${v.replaceAll("'", "''")}'`).join(',')})`
    : c.dataType === 'decimal' ? `decimal(${c.length},${c.scale})`
      : /^(time|datetime|timestamp)$/.test(c.dataType) ? `${c.dataType}${c.scale === 0 ? '' : `(${c.scale})`}`
        : `${c.dataType}${c.length === null ? '' : `(${c.length})`}`;
  return [c.name, c.dataType, `${type}${c.unsigned ? ' unsigned' : ''}${zerofill ? ' zerofill' : ''}`, c.nullable ? 'YES' : 'NO', c.charset, c.collation, c.generated, c.comment];
}
/** `float(7,3)` and `double(8,2)` keep their length only, ZEROFILL is not kept. */
function compare(table: MySqlTable | undefined, server: { columns: readonly Shown[]; key: readonly string[] }, what: string): void {
  const expected = server.columns.map((c): Shown => [c[0], c[1], c[2].replace(/^(float|double)\((\d+),\d+\)/, '$1($2)'), c[3], c[4], c[5], c[6], c[7]]);
  expect((table?.columns ?? []).map((c, i) => shown(c, / zerofill$/.test(server.columns[i]?.[2] ?? ''))), what).to.deep.equal(expected);
  expect(table?.primaryKey ?? [], `primary key ${what}`).to.deep.equal(server.key);
}
/** What a receiver makes of a table when it carries the changes out one by one; places are not followed. */
function carriedOut(before: MySqlTable, changes: readonly TableChange[]): MySqlColumn[] {
  let columns = [...before.columns];
  const at = (name: string): number => { const found = columns.findIndex((c) => c.name === name); expect(found, `column ${name}`).to.be.at.least(0); return found; };
  for (const change of changes) {
    if (change.kind === 'drop.column') columns.splice(at(change.name), 1);
    else if (change.kind === 'rename.column') { expect(columns.some((c) => c.name.toLowerCase() === change.to.toLowerCase() && c.name.toLowerCase() !== change.from.toLowerCase()), `${change.to} is free`).to.equal(false); columns[at(change.from)] = { ...columns[at(change.from)]!, name: change.to }; } else if (change.kind === 'alter.column') columns[at(change.name)] = change.to;
    else if (change.kind === 'add.column') { if (typeof change.after === 'string') at(change.after); columns = [...columns, change.column]; }
  }
  return columns;
}
const byName = (columns: readonly MySqlColumn[]): string[] => columns.map((c) => JSON.stringify(c)).sort();

describeOnMySql('schema history against the server', (server) => {
  let database: TestDatabase, defaults: SchemaDefaults, isOld = false;
  before(async () => {
    database = await openDatabase(server, 'rivulet_ddl');
    await database.run(`ALTER DATABASE ${database.name} CHARACTER SET latin1; SET SESSION sql_mode = 'STRICT_ALL_TABLES'`);
    const [[version = '']] = await database.rows('SELECT VERSION()') as [[string]], numbers = version.split(/[.-]/).map(Number), facts: ServerFacts = { flavor: server.flavor, versionText: version, version: [numbers[0]!, numbers[1]!, numbers[2]!], gtidMode: true };
    isOld = server.flavor === 'mysql' && numbers[0]! < 8;
    defaults = await withConnection(server.root, {}, async (connection) => await readSchemaDefaults(server.root, connection, facts));
  });
  after(async () => { await database.drop(); });

  for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
    it(`follows random statements, seed ${seed}`, async () => {
      const generator = new DdlGenerator(seed, server.flavor), history = new SchemaHistory(defaults, () => true), table = `t${seed}`, id = { database: database.name, table };
      let accepted = 0;
      const attempt = async (sql: string): Promise<boolean> => {
        try { await database.run(sql); } catch (e) { if ((e as { errno?: number }).errno === 1064 && !isOld) throw e; return false; }
        accepted++;
        return true;
      };
      for (let create = generator.create(table); !await attempt(create); create = generator.create(table));
      const [created] = history.apply(generator.last, database.name);
      expect(created?.changes).to.deep.equal([{ kind: 'create.table' }]);
      compare(history.get(id), await shownBy(database, table), `RIVULET_SEED=${seed}: ${generator.last}`);
      for (let step = 0; step < STEPS; step++) {
        const old = history.get(id)!, sql = generator.alter(table, old.columns.map((c) => c.name), old.primaryKey.length > 0);
        if (!await attempt(sql)) continue;
        const what = `RIVULET_SEED=${seed} step ${step}: ${sql}`, [effect] = history.apply(sql, database.name);
        compare(history.get(id), await shownBy(database, table), what);
        expect(effect?.problem, what).to.equal(undefined);
        expect(effect?.after, what).to.deep.equal(history.get(id));
        if (effect?.changes[0]?.kind !== 'drop.table') expect(byName(carriedOut(old, effect?.changes ?? [])), what).to.deep.equal(byName(history.get(id)!.columns));
        const restored = SchemaHistory.restore(JSON.parse(JSON.stringify(history.snapshot())), defaults, () => true);
        expect(restored.get(id), what).to.deep.equal(history.get(id));
      }
      expect(accepted).to.be.greaterThan(3);
    });
  }

  it('knows every type', async () => {
    const history = new SchemaHistory(defaults, () => true), generator = new DdlGenerator(1, server.flavor);
    await database.run('DROP TABLE IF EXISTS every_type');
    const sql = `CREATE TABLE every_type (${generator.types.filter((type) => !isOld || !/JSON|VECTOR|SRID|GEOMCOLLECTION/.test(type)).map((type, i) => `c${i} ${type}`).join(', ')})`;
    await database.run(sql);
    history.apply(sql, database.name);
    compare(history.get({ database: database.name, table: 'every_type' }), await shownBy(database, 'every_type'), sql);
  });

  it('is right about tables made like others, by queries, exchanged and renamed, and about databases', async () => {
    const history = new SchemaHistory(defaults, () => true), at = (table: string): { database: string; table: string } => ({ database: database.name, table });
    const run = async (sql: string): Promise<void> => { await database.run(sql); history.apply(sql, database.name); };
    for (const sql of [
      'CREATE TABLE a1 (id INT PRIMARY KEY, `na``me` VARCHAR(10) DEFAULT \'x\') DEFAULT CHARSET=utf8mb4 COMMENT=\'it\'\'s\'',
      'CREATE TABLE a2 LIKE a1', 'ALTER TABLE a2 ADD extra DATETIME(3)', 'RENAME TABLE a1 TO a3, a2 TO a1', 'CREATE TABLE IF NOT EXISTS a3 (x INT)', 'DROP TABLE IF EXISTS nothing', `ALTER DATABASE ${database.name} COLLATE utf8mb4_unicode_ci`,
      'CREATE TABLE a4 (t TEXT)', 'DROP TABLE a4', 'CREATE TABLE a4 (t VARCHAR(3), KEY (t)) /*!50100 PARTITION BY KEY (t) PARTITIONS 2 */', 'TRUNCATE a4', 'ALTER TABLE a4 RENAME a5, ADD COLUMN u INT FIRST', 'CREATE TABLE a6 (id INT) -- end\n', 'CREATE INDEX i ON a6 (id)', 'DROP INDEX i ON a6',
      'ALTER TABLE a3 DROP INDEX `PRIMARY`', `ALTER DATABASE ${database.name} CHARACTER SET latin1`,
    ]) await run(sql);
    const tables = (await database.rows("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE 'a_'", [database.name])).map((r) => String(r[0])).sort();
    expect(tables).to.deep.equal(['a1', 'a3', 'a5', 'a6']);
    for (const table of tables) compare(history.get(at(table)), await shownBy(database, table), table);
    expect(history.snapshot().tables.map((t) => t.table.table).sort()).to.deep.equal(tables);
    expect(history.get(at('a3'))?.comment).to.equal("it's");
  });
});
