/** Names of tables with what a snapshot wants to know of them, and the columns of chosen ones, out of information_schema. */
import type { Connection } from 'mysql2/promise';
import { mysqlTableUnsupported } from '../../../../core/errors/mysql-types.ts';
import { cellText, quoteName, query, type TextRow } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import { tableText, type MySqlTable, type TableId } from '../contract.ts';
import { describeTables, SYSTEM_DATABASES } from '../types/tables.ts';

/** Tables whose columns are asked for with one statement. */
const TABLES_PER_STATEMENT = 200;

/** `rows`: the server's estimate; `engine`: `InnoDB` and others, null for views. */
export interface ListedTable extends TableId { readonly engine: string | null; readonly rows: number; readonly comment: string; /** MariaDB keeps old versions of its rows. */ readonly isVersioned: boolean }

/** Base tables (and views when asked) of one database or of all but the server's own, in the order of their names. */
export async function listTables(server: MySqlServer, connection: Connection, database: string | null, views = false): Promise<ListedTable[]> {
  const where = database === null ? `TABLE_SCHEMA NOT IN (${SYSTEM_DATABASES.map((d) => `'${d}'`).join(', ')})` : 'TABLE_SCHEMA = ?';
  const kinds = `TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED'${views ? ", 'VIEW'" : ''})`;
  const rows = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE, COALESCE(TABLE_ROWS, 0), COALESCE(TABLE_COMMENT, ''), TABLE_TYPE FROM information_schema.TABLES WHERE ${where} AND ${kinds}`, database === null ? [] : [database], 'list tables');
  return rows.map((r) => ({ database: cellText(r[0]), table: cellText(r[1]), engine: maybe(r, 2), rows: Number(r[3] ?? 0), comment: cellText(r[4]), isVersioned: cellText(r[5]) === 'SYSTEM VERSIONED' }))
    .sort((a, b) => (a.database < b.database ? -1 : a.database > b.database ? 1 : a.table < b.table ? -1 : 1));
}
/** Old versions stand in the binlog as rows like others. Throws mysql-table-unsupported. */
export function refuseVersioned(tables: readonly ListedTable[]): void {
  const versioned = tables.find((t) => t.isVersioned);
  if (versioned !== undefined) throw mysqlTableUnsupported({ table: tableText(versioned), what: 'keeps old versions of its rows (WITH SYSTEM VERSIONING)' });
}

/** Columns and keys of tables, by `db.table`; those that have gone meanwhile are missing. */
export async function readTablesNamed(server: MySqlServer, connection: Connection, ids: readonly TableId[]): Promise<Map<string, MySqlTable>> {
  const out = new Map<string, MySqlTable>();
  for (let at = 0; at < ids.length; at += TABLES_PER_STATEMENT) for (const t of await describeTables(server, connection, ids.slice(at, at + TABLES_PER_STATEMENT))) out.set(tableText(t), t);
  return out;
}
/** `` `db`.`table` ``. */
export const quotedTable = (id: TableId): string => `${quoteName(id.database)}.${quoteName(id.table)}`;

const maybe = (row: TextRow, at: number): string | null => (row[at] === null || row[at] === undefined ? null : cellText(row[at]));
