/** For the fault tests of MySQL: a MySQL server of their own (to set up, kill and purge), an account with the least grants, and tables of the SQL server over it. */
import { createConnection, type Connection } from 'mysql2/promise';
import { ServiceUnavailable } from '../../tools/services/support.ts';
import { startLocalMySql, type LocalMySql } from '../../tools/services/mysql-server.ts';
import { Bench, bootstrap, eventually } from './support.ts';

export { Bench, bootstrap, eventually };
export const USER = 'watcher', PASSWORD = 'correct-horse-battery';
/** Commits that were answered survive kill -9. */
export const DURABLE = ['--sync-binlog=1', '--innodb-flush-log-at-trx-commit=1'] as const;

export class MySqlBench {
  readonly mysql: LocalMySql;
  readonly bench: Bench;
  readonly database: string;
  private root: Connection | undefined;
  private constructor(mysql: LocalMySql, bench: Bench) {
    this.mysql = mysql;
    this.bench = bench;
    this.database = `faults_${process.pid}_${Date.now().toString(36)}`;
  }
  /** Undefined where no MySQL can be started: the tests are skipped. */
  static async open(area: string, options: readonly string[] = DURABLE, broker: string = bootstrap()): Promise<MySqlBench | undefined> {
    let mysql: LocalMySql;
    try { mysql = await startLocalMySql('mysql', options); } catch (error) {
      if (error instanceof ServiceUnavailable && process.env['RIVULET_REQUIRE_MYSQL'] !== '1') return undefined;
      throw error;
    }
    const all = new MySqlBench(mysql, await Bench.open(area, ['--parallelism', '1'], broker));
    await all.query(`CREATE USER '${USER}'@'%' IDENTIFIED BY '${PASSWORD}'`);
    await all.query(`GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT, SHOW VIEW ON *.* TO '${USER}'@'%'`);
    return all;
  }
  async close(): Promise<void> {
    this.root?.destroy();
    await this.bench.close();
    await this.mysql.stop();
  }
  /** As root, in our database; connects again when the server was restarted. Values are texts. */
  async query(sql: string): Promise<string[][]> {
    if (this.root === undefined) {
      const connection = await createConnection({ uri: this.mysql.url, charset: 'utf8mb4', rowsAsArray: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true });
      connection.on('error', () => { this.root = undefined; });
      this.root = connection;
      await connection.query(`CREATE DATABASE IF NOT EXISTS ${this.database}`);
      await connection.query(`USE ${this.database}`);
    }
    try { return (await this.root.query(sql))[0] as string[][]; } catch (error) {
      if ((error as { fatal?: boolean }).fatal === true) this.root = undefined;
      throw error;
    }
  }
  /** WITH of a mysql-cdc table. */
  cdc(table: string, options: Readonly<Record<string, string>> = {}): string {
    const all = { connector: 'mysql-cdc', hostname: '127.0.0.1', port: String(this.mysql.port), username: USER, password: PASSWORD, 'database-name': this.database, 'table-name': table, 'server-time-zone': 'UTC', ...options };
    return `WITH (${Object.entries(all).map(([key, value]) => `'${key}' = '${value.replaceAll("'", "''")}'`).join(', ')})`;
  }
  /** The last value of each key of a topic, tombstones gone. */
  async lastValues(base: string): Promise<Map<string, string>> {
    const rows = new Map<string, string>();
    for (const { key, value } of await this.bench.records(base)) if (value === null) rows.delete(key ?? ''); else rows.set(key ?? '', value);
    return rows;
  }
}
