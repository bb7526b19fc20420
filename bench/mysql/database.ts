/** The MySQL of the bench: where it is, a database of our own in it, positions in its binlog, and what its tables hold. */
import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import { BenchFailure } from '../harness/server.ts';
import { LastValues } from './last-values.ts';
import type { Row } from './last-values.ts';
import { createTable } from './load.ts';

export interface MySqlPlace { readonly host: string; readonly port: number; readonly user: string; readonly password: string }
/** A place in the binlog, with a name for what engines remember of it. `gtids`: executed up to there, empty without GTIDs. */
export interface Position { readonly name: string; readonly file: string; readonly pos: number; readonly gtids: string }

/** @param url `mysql://user:password@host:port` */
export function placeOf(url: string): MySqlPlace {
  if (!URL.canParse(url) || new URL(url).protocol !== 'mysql:') throw new BenchFailure('the address of MySQL must look like mysql://user:password@host:port');
  const { hostname, port, username, password } = new URL(url);
  return { host: hostname, port: Number(port === '' ? 3306 : port), user: decodeURIComponent(username), password: decodeURIComponent(password) };
}
export async function connect(place: MySqlPlace): Promise<Connection> {
  try { return await createConnection({ ...place, multipleStatements: true, dateStrings: true, timezone: 'Z' }); } catch (e) { throw new BenchFailure(`MySQL at ${place.host}:${place.port} cannot be reached: ${e instanceof Error ? e.message : String(e)}`); }
}

/** The table of `touch`. */
export const PLACES = 'places';
/** Rows read at once when a table is compared. */
const SLICE = 50_000;

export class BenchDatabase {
  readonly place: MySqlPlace;
  readonly name: string;
  readonly connection: Connection;
  private constructor(place: MySqlPlace, name: string, connection: Connection) {
    this.place = place;
    this.name = name;
    this.connection = connection;
  }
  /** An empty database; `remove` drops it. */
  static async create(place: MySqlPlace, name: string): Promise<BenchDatabase> {
    const connection = await connect(place);
    await connection.query(`DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name}; CREATE TABLE ${name}.${PLACES} (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY)`);
    return new BenchDatabase(place, name, connection);
  }
  async remove(): Promise<void> {
    await this.connection.query(`DROP DATABASE IF EXISTS ${this.name}`);
    await this.connection.end();
  }
  /** `database.table`, new and empty. */
  async table(name: string): Promise<string> {
    const full = `${this.name}.${name}`;
    await this.connection.query(createTable(full));
    return full;
  }
  async #rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> { return (await this.connection.query(sql))[0] as unknown as Record<string, unknown>[]; }
  async version(): Promise<string> { return String((await this.#rows('SELECT VERSION() AS version'))[0]?.['version']); }
  /** A transaction that readers see, in a table of its own. */
  async touch(): Promise<void> { await this.connection.query(`INSERT INTO ${this.name}.${PLACES} VALUES ()`); }
  /** The end of the binlog, which is the begin of a file: what servers and readers skip to get there is not to be measured. */
  async position(name: string): Promise<Position> {
    await this.connection.query('FLUSH BINARY LOGS');
    const row = (await this.#rows('SHOW BINARY LOG STATUS').catch(async () => await this.#rows('SHOW MASTER STATUS')))[0];
    if (row === undefined) throw new BenchFailure('the MySQL of the bench writes no binlog');
    return { name, file: String(row['File']), pos: Number(row['Position']), gtids: String(row['Executed_Gtid_Set'] ?? '').replace(/\s+/g, '') };
  }
  /** What the table holds. @param ids every id is below it */
  async lastValues(table: string, ids: number): Promise<LastValues> {
    const values = new LastValues(ids);
    for (let from = -1; ;) {
      const rows = await this.#rows(`SELECT * FROM ${table} WHERE id > ${from} ORDER BY id LIMIT ${SLICE}`) as unknown as Row[];
      for (const row of rows) values.set(row);
      if (rows.length < SLICE) return values;
      from = rows[SLICE - 1]?.id ?? from;
    }
  }
}
