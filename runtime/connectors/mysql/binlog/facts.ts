/** What a server says of itself and of its binlog: flavor, version, GTIDs, the files it has, where it writes. */
import type { Connection } from 'mysql2/promise';
import { binlogOff } from '../../../../core/errors/mysql-binlog.ts';
import { cellText, errorNumber, query, type TextRow } from '../connection/open.ts';
import { serverText, type MySqlServer } from '../connection/server.ts';
import type { BinlogPosition, ServerFacts } from '../contract.ts';

export async function serverFacts(server: MySqlServer, connection: Connection): Promise<ServerFacts> {
  const [row] = await query(server, connection, 'SELECT VERSION()', [], 'tell its version');
  const versionText = cellText(row?.[0]), numbers = /(\d+)\.(\d+)\.(\d+)/.exec(versionText.replace(/^5\.5\.5-(?=\d+\.)/, ''));
  const flavor = /mariadb/i.test(versionText) ? 'mariadb' : 'mysql';
  return {
    flavor, versionText, version: [Number(numbers?.[1] ?? 0), Number(numbers?.[2] ?? 0), Number(numbers?.[3] ?? 0)],
    gtidMode: flavor === 'mariadb' || await variable(server, connection, 'gtid_mode') === 'ON',
  };
}
/** A global variable's text in upper case; undefined where the server has none of that name. */
export async function variable(server: MySqlServer, connection: Connection, name: string): Promise<string | undefined> {
  const rows = await query(server, connection, 'SHOW GLOBAL VARIABLES WHERE Variable_name = ?', [name], `tell its variable ${name}`);
  return rows.length === 0 ? undefined : cellText(rows[0]![1]).toUpperCase();
}
/** `since`: as `80_022` for 8.0.22. */
const isFrom = ({ flavor, version: [major, minor, patch] }: ServerFacts, wanted: ServerFacts['flavor'], since: number): boolean => flavor === wanted && major * 10_000 + minor * 100 + patch >= since;
/** Newer servers of MySQL have other words for it, and in the end no longer the old ones. */
export const positionStatement = (facts: ServerFacts): string => (isFrom(facts, 'mysql', 80_200) ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
/** The readers that are connected; their ids stand in the first column of both statements' answers. */
export const readersStatement = (facts: ServerFacts): string => (isFrom(facts, 'mysql', 80_022) ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS');

/** The end of the log now. The GTIDs may lag behind the file position a little, never lead. */
export async function currentPosition(server: MySqlServer, connection: Connection, facts: ServerFacts): Promise<BinlogPosition> {
  // BINLOG_GTID_POS would tell the GTIDs of the very offset, but reads the whole file and fails where an event is large.
  const gtids = facts.flavor === 'mariadb' ? cellText((await query(server, connection, 'SELECT @@GLOBAL.gtid_binlog_pos', [], 'tell its GTIDs'))[0]?.[0]) : null;
  const [row] = await query(server, connection, positionStatement(facts), [], 'tell the end of its binlog');
  if (row === undefined) throw binlogOff({ server: serverText(server) });
  const file = cellText(row[0]), pos = Number(cellText(row[1]));
  if (!facts.gtidMode) return { file, pos, gtids: null };
  if (facts.flavor === 'mysql') return { file, pos, gtids: cellText(row[4]).replace(/\s+/g, '') };
  return { file, pos, gtids };
}
/** MariaDB: what had been executed at a place of a file; null when the file has no event there, or an event too large for the server to read. */
export async function mariaGtids(server: MySqlServer, connection: Connection, file: string, pos: number): Promise<string | null> {
  const [row] = await query(server, connection, 'SELECT BINLOG_GTID_POS(?, ?)', [file, pos], 'tell the GTIDs of a binlog position');
  return row === undefined || row[0] === null ? null : cellText(row[0]);
}
/** Oldest first; empty when the server writes none. */
export async function binlogFiles(server: MySqlServer, connection: Connection): Promise<{ readonly file: string; readonly size: number }[]> {
  const rows = await query(server, connection, 'SHOW BINARY LOGS', [], 'list its binlog files').catch((error: unknown): readonly TextRow[] => {
    // ER_NO_BINARY_LOGGING
    if (errorNumber((error as { cause?: unknown }).cause) === 1381) return [];
    throw error;
  });
  return rows.map((row) => ({ file: cellText(row[0]), size: Number(cellText(row[1])) }));
}
/** Character set by number of collation, as table maps and statements name them. */
export async function charsetsById(server: MySqlServer, connection: Connection, facts: ServerFacts): Promise<ReadonlyMap<number, { readonly charset: string; readonly collation: string }>> {
  const rows = isFrom(facts, 'mariadb', 101_000)
    ? await query(server, connection, 'SELECT ID, CHARACTER_SET_NAME, FULL_COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY', [], 'list its collations')
    : await query(server, connection, 'SELECT ID, CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS', [], 'list its collations');
  return new Map(rows.filter((row) => row[0] !== null).map((row) => [Number(cellText(row[0])), { charset: cellText(row[1]), collation: cellText(row[2]) }]));
}
/** "binlog.000001 to binlog.000007, GTIDs from 0-1-5 on", for the error of a purged log; undefined when the server does not tell. */
export async function whatIsLeft(server: MySqlServer, connection: Connection, facts: ServerFacts): Promise<string | undefined> {
  try {
    const files = await binlogFiles(server, connection), first = files[0], last = files[files.length - 1];
    if (first === undefined || last === undefined) return 'no binlog';
    const span = first === last ? `${first.file} (${first.size} bytes)` : `${first.file} to ${last.file}`;
    if (facts.flavor === 'mysql') {
      if (!facts.gtidMode) return span;
      const [row] = await query(server, connection, 'SELECT @@GLOBAL.gtid_purged, @@GLOBAL.gtid_executed', [], 'tell its GTIDs');
      const clean = (value: string | Buffer | null | undefined): string => cellText(value).replace(/\s+/g, '') || 'none';
      return `${span}; GTIDs executed ${clean(row?.[1])}, of which purged ${clean(row?.[0])}`;
    }
    const from = await mariaGtids(server, connection, first.file, 4), [row] = await query(server, connection, 'SELECT @@GLOBAL.gtid_binlog_pos', [], 'tell its GTIDs');
    return `${span}; GTIDs behind ${from === null || from === '' ? 'the very first' : from} up to ${cellText(row?.[0]) || 'none'}`;
  } catch { return undefined; }
}
