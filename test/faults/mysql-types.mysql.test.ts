/** Values of every kind (E6): the row a snapshot gives, the row the binlog gives and what a SELECT shows are the same. */
import { expect } from 'chai';
import { exactJson } from '../../tools/chaos/mysql/values.ts';
import { DURABLE, eventually, MySqlBench } from './mysql-support.ts';

/** Column of MySQL, column of SQL, a literal, what the JSON of the sink must hold (numbers as their text). */
const CASES: readonly (readonly [name: string, mysql: string, sql: string, literal: string, json: unknown])[] = [
  ['big', 'BIGINT', 'BIGINT', '-9223372036854775808', '-9223372036854775808'],
  ['ubig', 'BIGINT UNSIGNED', 'DECIMAL(20, 0)', '18446744073709551615', '18446744073709551615'],
  ['umid', 'MEDIUMINT UNSIGNED', 'INT', '16777215', '16777215'],
  ['uint', 'INT UNSIGNED', 'BIGINT', '4294967295', '4294967295'],
  ['utiny', 'TINYINT UNSIGNED', 'SMALLINT', '255', '255'],
  ['flag', 'TINYINT(1)', 'BOOLEAN', '1', true],
  ['deci', 'DECIMAL(38, 18)', 'DECIMAL(38, 18)', '-12345678901234567890.123456789012345678', '-12345678901234567890.123456789012345678'],
  ['huge', 'DECIMAL(65, 30)', 'STRING', '12345678901234567890123456789012345.000000000000000000000000000001', '12345678901234567890123456789012345.000000000000000000000000000001'],
  ['bit1', 'BIT(1)', 'BOOLEAN', "b'1'", true],
  ['bit10', 'BIT(10)', 'BYTES', "b'1000000011'", Buffer.from([2, 3]).toString('base64')],
  ['flo', 'FLOAT', 'FLOAT', '1.1', '1.1'],
  ['dou', 'DOUBLE', 'DOUBLE', '0.1', '0.1'],
  ['zero', 'DATE', 'DATE', "'0000-00-00'", null],
  ['zerots', 'DATETIME', 'TIMESTAMP(0)', "'0000-00-00 00:00:00'", null],
  ['day', 'DATE', 'DATE', "'9999-12-31'", '9999-12-31'],
  ['micro', 'DATETIME(6)', 'TIMESTAMP(6)', "'2001-02-03 04:05:06.000007'", '2001-02-03 04:05:06.000007'],
  // The server's zone is +08:00: a TIMESTAMP shows as it does there.
  ['stamp', 'TIMESTAMP(6) NULL', 'TIMESTAMP(6)', "'2001-02-03 04:05:06.700000'", '2001-02-03 04:05:06.7'],
  ['clock', 'TIME(3)', 'STRING', "'23:59:59.123'", '23:59:59.123'],
  ['yr', 'YEAR', 'INT', '2155', '2155'],
  ['text4', 'VARCHAR(20)', 'STRING', "'😀\\0é\\''", "😀\0é'"],
  ['latin', 'CHAR(8) CHARACTER SET latin1', 'STRING', "'Ärger'", 'Ärger'],
  ['bin', 'BINARY(4)', 'BYTES', "x'0100'", Buffer.from([1, 0, 0, 0]).toString('base64')],
  ['blo', 'BLOB', 'BYTES', "x'00ff00'", Buffer.from([0, 255, 0]).toString('base64')],
  ['en', "ENUM('a','b,c','d''e')", 'STRING', "'d''e'", "d'e"],
  ['st', "SET('x','y','z')", 'ARRAY<STRING>', "'x,z'", ['x', 'z']],
  ['blank', 'VARCHAR(5)', 'STRING', "''", ''],
  ['nothing', 'INT', 'INT', 'NULL', null],
];

describe('faults: values of MySQL', function () {
  this.timeout(60_000);
  let all: MySqlBench | undefined;
  before(async function () {
    all = await MySqlBench.open('mysql-types', [...DURABLE, '--default-time-zone=+08:00']);
    if (all === undefined) this.skip();
  });
  after(async () => { await all?.close(); });

  it('E6: DECIMAL, unsigned, BIT, zero dates, microseconds, another zone, utf8mb4, BLOB, ENUM, SET: snapshot and binlog as a SELECT has them', async () => {
    const { bench } = all as MySqlBench, mine = all as MySqlBench;
    await mine.query("SET SESSION sql_mode = ''");
    await mine.query(`CREATE TABLE kinds (id BIGINT PRIMARY KEY, ${CASES.map(([name, type]) => `${name} ${type}`).join(', ')}, js JSON)`);
    const insert = async (id: number): Promise<void> => { await mine.query(`INSERT INTO kinds VALUES (${id}, ${CASES.map((c) => c[3]).join(', ')}, '{"b": [1, 12345678901234567890, 1.50], "a": "é"}')`); };
    await insert(1);
    await bench.topic('kinds', 1, { 'cleanup.policy': 'compact' });
    const columns = `id BIGINT, ${CASES.map(([name, , type]) => `\`${name}\` ${type}`).join(', ')}, js STRING, PRIMARY KEY (id) NOT ENFORCED`;
    const job = await bench.submit(`SET 'execution.checkpointing.interval' = '200 ms'; CREATE TEMPORARY TABLE src (${columns}) ${mine.cdc('kinds', { 'server-time-zone': '+08:00' })}; CREATE TEMPORARY TABLE dst (${columns}) ${bench.with('kinds', { 'value.json.encode.decimal-as-plain-number': 'true' }, 'upsert-kafka')}; INSERT INTO dst SELECT * FROM src;`);
    await eventually('the snapshot', async () => (await mine.lastValues('kinds')).size === 1);
    await insert(2);
    await mine.query('INSERT INTO kinds SELECT 3, ' + CASES.map(([name]) => name).join(', ') + ', js FROM kinds WHERE id = 1');
    await mine.query(`INSERT INTO kinds (id) VALUES (4)`);
    await mine.query(`UPDATE kinds SET ${CASES.map(([name, , , literal]) => `${name} = ${literal}`).join(', ')}, js = '{"b": [1, 12345678901234567890, 1.50], "a": "é"}' WHERE id = 4`);
    const rows = await eventually('the changes', async () => { const values = await mine.lastValues('kinds'); return values.size === 4 && [...values.values()].every((v) => exactJson(v)?.['big'] !== null) && values; });
    await bench.status(job, 'RUNNING');
    const [[server] = []] = await mine.query('SELECT CAST(js AS CHAR) FROM kinds WHERE id = 1');
    for (const [key, value] of rows) {
      const row = exactJson(value) ?? {};
      for (const [name, , , , json] of CASES) expect(row[name], `${name} of ${key}`).to.deep.equal(json);
      expect(row['js'], `js of ${key}`).to.equal(server);
    }
  });
});
