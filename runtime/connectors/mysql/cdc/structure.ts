/** Tables as information_schema describes them: names by pattern, then columns, keys and comments of those wanted, a few hundred at a time. */
import type { Connection } from 'mysql2/promise';
import { quoteName, query, type TextRow } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import { tableText, type MySqlColumn, type MySqlTable, type TableId } from '../contract.ts';

export const SYSTEM_DATABASES: ReadonlySet<string> = new Set(['information_schema', 'mysql', 'performance_schema', 'sys']);
/** Tables whose columns are asked for with one statement. */
const TABLES_PER_STATEMENT = 200;

/** `rows`: the server's estimate; `engine`: `InnoDB` and others, null for views. */
export interface ListedTable extends TableId { readonly engine: string | null; readonly rows: number; readonly comment: string }

/** Base tables (and views when asked) of one database or of all but the server's own, in the order of their names. */
export async function listTables(server: MySqlServer, connection: Connection, database: string | null, views = false): Promise<ListedTable[]> {
  const where = database === null ? `TABLE_SCHEMA NOT IN (${[...SYSTEM_DATABASES].map((d) => `'${d}'`).join(', ')})` : 'TABLE_SCHEMA = ?';
  const kinds = views ? "TABLE_TYPE IN ('BASE TABLE', 'VIEW')" : "TABLE_TYPE = 'BASE TABLE'";
  const rows = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE, COALESCE(TABLE_ROWS, 0), COALESCE(TABLE_COMMENT, '') FROM information_schema.TABLES WHERE ${where} AND ${kinds}`, database === null ? [] : [database], 'list tables');
  return rows.map((r) => ({ database: text(r, 0), table: text(r, 1), engine: maybe(r, 2), rows: Number(r[3] ?? 0), comment: text(r, 4) }))
    .sort((a, b) => (a.database < b.database ? -1 : a.database > b.database ? 1 : a.table < b.table ? -1 : 1));
}

/** Columns and keys of tables, by `db.table`; those that have gone meanwhile are missing. */
export async function readTables(server: MySqlServer, connection: Connection, ids: readonly TableId[]): Promise<Map<string, MySqlTable>> {
  const found = new Map<string, MySqlTable>();
  for (let at = 0; at < ids.length; at += TABLES_PER_STATEMENT) {
    const some = ids.slice(at, at + TABLES_PER_STATEMENT), names = some.map(() => '(?, ?)').join(', '), values = some.flatMap((t) => [t.database, t.table]);
    const columns = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, IS_NULLABLE, CHARACTER_SET_NAME, COLLATION_NAME, EXTRA, COLUMN_COMMENT FROM information_schema.COLUMNS WHERE (TABLE_SCHEMA, TABLE_NAME) IN (${names}) ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION`, values, 'read the columns of tables');
    const keys = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE (TABLE_SCHEMA, TABLE_NAME) IN (${names}) AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX`, values, 'read the primary keys of tables');
    const comments = await query(server, connection, `SELECT TABLE_SCHEMA, TABLE_NAME, COALESCE(TABLE_COMMENT, '') FROM information_schema.TABLES WHERE (TABLE_SCHEMA, TABLE_NAME) IN (${names})`, values, 'read the comments of tables');
    const columnsOf = grouped(columns), keysOf = grouped(keys), commentsOf = grouped(comments);
    for (const id of some) {
      const own = columnsOf.get(tableText(id));
      if (own === undefined) continue;
      found.set(tableText(id), { database: id.database, table: id.table, columns: own.map(columnOf), primaryKey: (keysOf.get(tableText(id)) ?? []).map((r) => text(r, 2)), comment: text(commentsOf.get(tableText(id))?.[0] ?? [], 2) });
    }
  }
  return found;
}
/** `` `db`.`table` ``. */
export const quotedTable = (id: TableId): string => `${quoteName(id.database)}.${quoteName(id.table)}`;

const text = (row: TextRow, at: number): string => { const v = row[at]; return v === null || v === undefined ? '' : typeof v === 'string' ? v : v.toString('utf8'); };
const maybe = (row: TextRow, at: number): string | null => (row[at] === null || row[at] === undefined ? null : text(row, at));
const number = (row: TextRow, at: number): number | null => (row[at] === null || row[at] === undefined ? null : Number(text(row, at)));
function grouped(rows: readonly TextRow[]): Map<string, TextRow[]> {
  const out = new Map<string, TextRow[]>();
  for (const row of rows) {
    const key = `${text(row, 0)}.${text(row, 1)}`, list = out.get(key);
    if (list === undefined) out.set(key, [row]); else list.push(row);
  }
  return out;
}
function columnOf(row: TextRow): MySqlColumn {
  const dataType = text(row, 3).toLowerCase(), full = text(row, 4), extra = text(row, 12).toUpperCase(), charset = maybe(row, 10);
  const width = /^\w+\((\d+)/.exec(full)?.[1], isChars = number(row, 5) !== null && !/text|blob|enum|set|json/.test(dataType);
  return {
    name: text(row, 2), dataType, nullable: text(row, 9) === 'YES', unsigned: /\bunsigned\b/i.test(full), charset, collation: maybe(row, 11),
    length: isChars ? number(row, 5) : dataType === 'decimal' ? number(row, 6) : width === undefined || /^(enum|set|time|datetime|timestamp)$/.test(dataType) ? null : Number(width),
    scale: dataType === 'decimal' ? number(row, 7) : /^(time|datetime|timestamp)$/.test(dataType) ? number(row, 8) ?? 0 : null,
    values: dataType === 'enum' || dataType === 'set' ? quotedValues(full) : null, generated: /\b(VIRTUAL|STORED|PERSISTENT) GENERATED|^(VIRTUAL|STORED|PERSISTENT)/.test(extra), comment: text(row, 13),
  };
}
const ESCAPES: Readonly<Record<string, string>> = { 0: '\0', n: '\n', r: '\r', t: '\t', b: '\b', Z: '\u001a' };
/** The values in `enum('a','it''s')`. */
export function quotedValues(columnType: string): string[] {
  return [...columnType.matchAll(/'((?:[^'\\]|''|\\.)*)'/gs)].map((m) => (m[1] ?? '').replace(/''|\\(.)/gs, (whole, c: string | undefined) => (c === undefined ? "'" : ESCAPES[c] ?? c)));
}
