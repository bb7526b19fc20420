/** A table as it stands in MySQL, read when a sink, a lookup or a scan opens: columns, unique indexes, and the server's limits. */
import type { Connection } from 'mysql2/promise';
import { nearest } from '../../../../core/errors/define.ts';
import { mysqlColumnMissing, mysqlDatabaseMissing, mysqlTableMissing } from '../../../../core/errors/mysql-tables.ts';
import { cellText, query, quoteText, type TextRow } from '../connection/open.ts';
import { serverText } from '../connection/server.ts';
import { tableText } from '../contract.ts';
import type { TableSpec } from './spec.ts';

export interface TargetColumn {
  readonly name: string;
  /** Lower case, bare: `int`, `datetime`. */
  readonly dataType: string;
  /** As MySQL writes it: `int unsigned`, `datetime(6)`. */
  readonly columnType: string;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly autoIncrement: boolean;
  readonly generated: boolean;
  /** Fraction digits of TIME, DATETIME, TIMESTAMP; digits behind the point of DECIMAL. */
  readonly scale: number;
}
/** A unique index over whole columns. */
export interface UniqueIndex { readonly name: string; readonly columns: readonly string[] }
export interface TargetTable {
  /** `database.table`. */
  readonly text: string;
  readonly columns: readonly TargetColumn[];
  readonly uniques: readonly UniqueIndex[];
  /** Some unique index is over prefixes or expressions. */
  readonly hasPartialUnique: boolean;
  readonly maxPacket: number;
  readonly flavor: 'mysql' | 'mariadb';
  readonly version: readonly [major: number, minor: number, patch: number];
}

/** Throws mysql-database-missing, mysql-table-missing with near names, and what asking the server throws. */
export async function readTarget(spec: TableSpec, connection: Connection): Promise<TargetTable> {
  const { target } = await findTarget(spec, connection);
  if (target === undefined) throw await missing(spec, connection);
  return target;
}
/** The table if there is one, and the server in any case. */
export async function findTarget(spec: TableSpec, connection: Connection): Promise<{ target: TargetTable | undefined; server: Pick<TargetTable, 'flavor' | 'version'> }> {
  const { server } = spec, where = `TABLE_SCHEMA = ${quoteText(spec.database)} AND TABLE_NAME = ${quoteText(spec.name)}`, what = `read the columns of ${tableText({ database: spec.database, table: spec.name })}`;
  const rows = await query(server, connection, `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT IS NOT NULL, EXTRA, DATETIME_PRECISION, NUMERIC_SCALE, GENERATION_EXPRESSION FROM information_schema.COLUMNS WHERE ${where} ORDER BY ORDINAL_POSITION`, [], what);
  const columns = rows.map((r): TargetColumn => {
    const extra = cellText(r[5]).toLowerCase();
    return {
      name: cellText(r[0]), dataType: cellText(r[1]).toLowerCase(), columnType: cellText(r[2]), nullable: cellText(r[3]) === 'YES', hasDefault: cellText(r[4]) === '1',
      autoIncrement: extra.includes('auto_increment'), generated: cellText(r[8]) !== '', scale: Number(r[6] ?? r[7] ?? 0),
    };
  });
  const parts = await query(server, connection, `SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS WHERE ${where} AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX`, [], what);
  const indexes = Map.groupBy(parts, (r) => cellText(r[0])), isWhole = (list: readonly TextRow[]): boolean => list.every((r) => r[1] !== null && r[2] === null);
  const [facts] = await query(server, connection, 'SELECT @@max_allowed_packet, VERSION()', [], 'read its limits'), version = cellText(facts?.[1]);
  const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(version.replace(/^5\.5\.5-/, ''));
  const found = { flavor: /mariadb/i.test(version) ? 'mariadb' as const : 'mysql' as const, version: [Number(numbers?.[1] ?? 0), Number(numbers?.[2] ?? 0), Number(numbers?.[3] ?? 0)] as const };
  if (rows.length === 0) return { target: undefined, server: found };
  const target: TargetTable = {
    text: tableText({ database: spec.database, table: spec.name }), columns,
    uniques: [...indexes].filter(([, list]) => isWhole(list)).map(([name, list]) => ({ name, columns: list.map((r) => cellText(r[1])) })),
    hasPartialUnique: [...indexes.values()].some((list) => !isWhole(list)),
    maxPacket: Number(facts?.[0] ?? 4_194_304), ...found,
  };
  return { target, server: found };
}
async function missing(spec: TableSpec, connection: Connection): Promise<Error> {
  const { server, database, table } = spec, at = serverText(server);
  const names = async (sql: string): Promise<string[]> => (await query(server, connection, sql, [], 'list what there is')).map((r) => cellText(r[0]));
  const databases = await names('SELECT SCHEMA_NAME FROM information_schema.SCHEMATA');
  if (!databases.includes(database)) return mysqlDatabaseMissing({ database, server: at, table, near: nearest(database, databases) });
  const tables = await names(`SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoteText(database)} LIMIT 10000`);
  return mysqlTableMissing({ target: tableText({ database, table: spec.name }), server: at, table, near: nearest(spec.name, tables) });
}
/** The MySQL columns of some declared ones. MySQL's column names know no case. Throws mysql-column-missing. */
export function columnsOf(target: TargetTable, spec: TableSpec, wanted: readonly number[]): TargetColumn[] {
  const byName = new Map(target.columns.map((c) => [c.name.toLowerCase(), c]));
  return wanted.map((i) => {
    const name = spec.columns[i]?.name ?? '', found = byName.get(name.toLowerCase());
    if (found === undefined) throw mysqlColumnMissing({ column: name, target: target.text, table: spec.table, near: nearest(name, target.columns.map((c) => c.name)) });
    return found;
  });
}
