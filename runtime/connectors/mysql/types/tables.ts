/** Tables with their columns and keys out of information_schema. */
import type { Connection } from 'mysql2/promise';
import { mysqlTableUnsupported } from '../../../../core/errors/mysql-types.ts';
import { cellText, query } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import { tableText, type MySqlColumn, type MySqlTable, type TableId } from '../contract.ts';
import { parseColumnType } from './column-type.ts';

/** Databases of the server's own. */
export const SYSTEM_DATABASES: readonly string[] = ['mysql', 'information_schema', 'performance_schema', 'sys'];
const MOST_NAMES = 200;
type Value = string | Buffer | null | undefined;

/** Names of base tables (no views) that `wants` says yes to; system databases are left out. */
export async function readTableNames(server: MySqlServer, connection: Connection, wants: (table: TableId) => boolean): Promise<TableId[]> {
  return (await list(server, connection, wants)).map(({ database, table }) => ({ database, table }));
}
async function list(server: MySqlServer, connection: Connection, wants: (table: TableId) => boolean): Promise<(TableId & { readonly isVersioned: boolean })[]> {
  const rows = await query(server, connection, "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_SCHEMA NOT IN (?, ?, ?, ?) ORDER BY 1, 2", SYSTEM_DATABASES, 'list its tables');
  return rows.map((row) => ({ database: cellText(row[0]), table: cellText(row[1]), isVersioned: cellText(row[2]) === 'SYSTEM VERSIONED' })).filter(wants);
}
/**
 * The tables that `wants` says yes to, by database and name, with all columns as rows of the binlog have them. Rejects with
 * mysql-table-unsupported for MariaDB's tables WITH SYSTEM VERSIONING, whose old versions stand in the binlog as rows like others.
 */
export async function readTables(server: MySqlServer, connection: Connection, wants: (table: TableId) => boolean): Promise<MySqlTable[]> {
  const names = await list(server, connection, wants), versioned = names.find((n) => n.isVersioned), out: MySqlTable[] = [];
  if (versioned !== undefined) throw mysqlTableUnsupported({ table: tableText(versioned), what: 'keeps old versions of its rows (WITH SYSTEM VERSIONING)' });
  for (let at = 0; at < names.length; at += MOST_NAMES) out.push(...await describeTables(server, connection, names.slice(at, at + MOST_NAMES)));
  return out;
}
/** Tables of these names, in their order; names that are not there (any more) are left out. */
export async function describeTables(server: MySqlServer, connection: Connection, names: readonly TableId[]): Promise<MySqlTable[]> {
  const places = names.map(() => '(?, ?)').join(', '), values = names.flatMap(({ database, table }) => [database, table]), key = (database: Value, table: Value): string => `${cellText(database)}\0${cellText(table)}`;
  const columns = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, COLLATION_NAME, EXTRA, COLUMN_COMMENT FROM information_schema.COLUMNS WHERE (TABLE_SCHEMA, TABLE_NAME) IN (${places}) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`, values, 'describe its columns');
  const keys = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY' AND (TABLE_SCHEMA, TABLE_NAME) IN (${places}) ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX`, values, 'describe its primary keys');
  const comments = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_COMMENT FROM information_schema.TABLES WHERE (TABLE_SCHEMA, TABLE_NAME) IN (${places})`, values, 'describe its tables');
  const columnsOf = new Map<string, MySqlColumn[]>(), keyOf = new Map<string, string[]>(), commentOf = new Map(comments.map((row) => [key(row[0], row[1]), cellText(row[2])]));
  for (const row of columns) {
    const list = columnsOf.get(key(row[0], row[1])) ?? [], extra = cellText(row[7]);
    columnsOf.set(key(row[0], row[1]), list);
    list.push({ name: cellText(row[2]), ...parseColumnType(cellText(row[3])), nullable: cellText(row[4]) === 'YES', charset: row[5] === null ? null : cellText(row[5]), collation: row[6] === null ? null : cellText(row[6]), generated: /\b(?:VIRTUAL|STORED|PERSISTENT) GENERATED\b|\bGENERATED\b.*\b(?:VIRTUAL|STORED)\b/i.test(extra), comment: cellText(row[8]) });
  }
  for (const row of keys) { const list = keyOf.get(key(row[0], row[1])) ?? []; keyOf.set(key(row[0], row[1]), list); list.push(cellText(row[2])); }
  return names.flatMap(({ database, table }) => {
    const list = columnsOf.get(key(database, table));
    return list === undefined ? [] : [{ database, table, columns: list, primaryKey: keyOf.get(key(database, table)) ?? [], comment: commentOf.get(key(database, table)) ?? '' }];
  });
}
