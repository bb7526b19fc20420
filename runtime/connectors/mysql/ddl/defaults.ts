/** What a schema history needs to know of a server beside its tables. */
import type { Connection } from 'mysql2/promise';
import { query } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import { tableText, type ServerFacts, type TableId } from '../contract.ts';
import { Collations } from './collations.ts';
import type { DdlContext } from './column.ts';

export interface SchemaDefaults extends DdlContext {
  /** `lower_case_table_names` is not 0: names of tables and databases are equal whatever their case. */
  readonly foldsNames: boolean;
  readonly serverCollation: string;
  /** Default collation by database. */
  readonly databases: ReadonlyMap<string, string>;
}
/** Reads with any user's rights. */
export async function readSchemaDefaults(server: MySqlServer, connection: Connection, facts: ServerFacts): Promise<SchemaDefaults> {
  const ask = async (sql: string): Promise<string[][]> => (await query(server, connection, sql, [], 'read character sets and their defaults')).map((row) => row.map((value) => (value === null ? '' : value.toString())));
  const [settings = []] = await ask('SELECT @@lower_case_table_names, @@explicit_defaults_for_timestamp, @@collation_server');
  const sets = await ask('SELECT CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME, MAXLEN FROM information_schema.CHARACTER_SETS');
  const collations = await ask('SELECT COLLATION_NAME, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE CHARACTER_SET_NAME IS NOT NULL');
  const databases = await ask('SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA');
  return {
    facts, foldsNames: settings[0] !== '0', explicitTimestamps: settings[1] !== '0' && settings[1] !== 'OFF', serverCollation: settings[2] ?? 'utf8mb4_general_ci',
    collations: new Collations(sets.map(([name = '', collation = '', width]) => ({ name, collation, width: Number(width) })), collations.map(([name = '', charset = '']) => [name, charset] as const)),
    databases: new Map(databases.map(([name = '', collation = '']) => [name, collation])),
  };
}
/** Default collations by `db.table`, of the tables of these databases that the user may see. */
export async function readTableCollations(server: MySqlServer, connection: Connection, tables: readonly TableId[]): Promise<Map<string, string>> {
  const databases = [...new Set(tables.map((t) => t.database))];
  if (databases.length === 0) return new Map();
  const rows = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (${databases.map(() => '?').join(', ')}) AND TABLE_COLLATION IS NOT NULL`, databases, 'read the collations of tables');
  const wanted = new Set(tables.map(tableText));
  return new Map(rows.map((row) => [tableText({ database: String(row[0]), table: String(row[1]) }), String(row[2])] as const).filter(([name]) => wanted.has(name)));
}
