/**
 * Connections to MySQL by mysql2. Values come as texts exactly as the server writes them, rows as arrays; sessions run in UTC with
 * strict mode, so that a TIMESTAMP reads the same in a snapshot and in the binlog. Errors come as RivuletErrors without passwords.
 */
import { connect, type Socket } from 'node:net';
import type { Connection, ConnectionOptions } from 'mysql2/promise';
import { mysqlAccessDenied, mysqlConnectionLost, mysqlStatementFailed, mysqlUnreachable } from '../../../../core/errors/mysql.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import { reachable } from '../../net/reach.ts';
import { serverText, type MySqlServer } from './server.ts';

/** Rows as arrays of texts, Buffers (binary columns) and nulls. */
export type TextRow = readonly (string | Buffer | null)[];

/** ER_ACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR, ER_NOT_SUPPORTED_AUTH_MODE, ER_MUST_CHANGE_PASSWORD, ER_HOST_NOT_PRIVILEGED, ER_SPECIFIC_ACCESS_DENIED_ERROR … */
const DENIED = new Set([1044, 1045, 1130, 1142, 1143, 1227, 1251, 1698, 1820, 3118, 3159, 3879]);
/** Statements that may pass when they are sent again: lock wait, deadlock, shutdown, killed, read-only during a fail-over. */
const TRANSIENT = new Set([1040, 1053, 1077, 1152, 1205, 1213, 1290, 1317, 1836, 1927, 2006, 2013, 3024, 3058, 3572]);

interface MySqlFailure { readonly errno?: number; readonly code?: string; readonly sqlMessage?: string; readonly fatal?: boolean; readonly message?: string }
/** A value as text; NULL and what is missing as ''. */
export const cellText = (value: TextRow[number] | undefined): string => (value === null || value === undefined ? '' : value.toString());
/** The number of a server's own error, else undefined. */
export const errorNumber = (error: unknown): number | undefined => { const { errno, sqlMessage } = (error ?? {}) as MySqlFailure; return sqlMessage === undefined ? undefined : errno; };
/** True when the connection is of no use any more. */
export const isConnectionLoss = (error: unknown): boolean => {
  const { code, fatal, errno } = (error ?? {}) as MySqlFailure;
  return fatal === true || code === 'PROTOCOL_CONNECTION_LOST' || errno === 1053 || errno === 1927 || /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_AGAIN)/.test(code ?? '') || /closed state/.test((error as MySqlFailure | null)?.message ?? '');
};
const reasonOf = (error: unknown): string => { const { sqlMessage, message, code } = (error ?? {}) as MySqlFailure; return sqlMessage ?? ((message === undefined || message === '') ? code ?? String(error) : message); };

/** @param what what the statement was to do, as in "read the table list" */
export function mysqlError(server: MySqlServer, error: unknown, what: string): RivuletError {
  if (error instanceof RivuletError) return error;
  const number = errorNumber(error), at = serverText(server), why = reasonOf(error);
  if (number !== undefined && DENIED.has(number)) return mysqlAccessDenied({ server: at, user: server.user, why });
  if (isConnectionLoss(error)) return mysqlConnectionLost({ server: at, why: `${why} (while trying to ${what})` }, { cause: error });
  const failed = mysqlStatementFailed({ server: at, what, why }, { cause: error });
  return number !== undefined && TRANSIENT.has(number) ? failed : Object.assign(failed, { retry: 'never' });
}

/** A peer that vanished without a word is noticed some ten seconds after so much silence, not after the two hours of the system. */
const KEEP_ALIVE_MS = 30_000;

export interface OpenOptions {
  /** Database of unqualified names. */
  readonly database?: string;
  /** Session time zone of TIMESTAMP texts; UTC unless said otherwise. */
  readonly timeZone?: string;
  /** Several statements in one text (never with users' texts). */
  readonly multipleStatements?: boolean;
  /** Statements are sent as they are, `?` and values are not looked for: that costs 1.2 µs per row of a large INSERT. */
  readonly literalStatements?: boolean;
}
/** Rejects with mysql-access-denied, mysql-unreachable, connector-host-refused. The caller ends the connection. */
export async function openConnection(server: MySqlServer, options: OpenOptions = {}): Promise<Connection> {
  // Loaded when wanted: a server without MySQL keeps the memory and the time.
  const { createConnection } = await import('mysql2/promise'), reach = reachable(server.host);
  let connection: Connection, refused: RivuletError | undefined;
  try {
    connection = await createConnection({
      host: server.host, port: server.port, user: server.user, password: server.password, database: options.database, connectTimeout: server.connectTimeoutMs,
      charset: 'utf8mb4_bin', rowsAsArray: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, decimalNumbers: false, jsonStrings: true,
      typeCast: asText, multipleStatements: options.multipleStatements ?? false, compress: server.compress,
      stream: (): Socket => {
        const socket = connect({ host: server.host, port: server.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, ...reach });
        return socket.once('error', (error) => { if (error instanceof RivuletError) refused = error; });
      },
      ...(options.literalStatements === true ? { queryFormat: (sql: string): string => sql } : {}),
      ...(server.tls === null ? {} : { ssl: { rejectUnauthorized: server.tls.verify, ...(server.tls.ca === null ? {} : { ca: server.tls.ca }) } }),
    } as ConnectionOptions);
  } catch (error) {
    // The client gives errors of the socket on as copies.
    if (refused !== undefined) throw refused;
    const number = errorNumber(error);
    if (number !== undefined && DENIED.has(number)) throw mysqlAccessDenied({ server: serverText(server), user: server.user, why: reasonOf(error) });
    throw mysqlUnreachable({ server: serverText(server), why: reasonOf(error) }, { cause: error });
  }
  // Without a listener a lost connection would end the process; the next statement tells of it.
  connection.on('error', () => {});
  try {
    await connection.query(`SET SESSION time_zone = '${options.timeZone ?? '+00:00'}', SESSION net_write_timeout = 600, SESSION sql_mode = 'STRICT_ALL_TABLES', SESSION group_concat_max_len = 1048576`);
  } catch (error) { connection.destroy(); throw mysqlError(server, error, 'set up the session'); }
  return connection;
}
/** One statement; rows as texts. */
export async function query(server: MySqlServer, connection: Connection, sql: string, values: readonly (string | number | bigint | Buffer | null)[], what: string): Promise<readonly TextRow[]> {
  try {
    const [rows] = await connection.query(sql, values as unknown[]);
    return Array.isArray(rows) ? rows as unknown as TextRow[] : [];
  } catch (error) { throw mysqlError(server, error, what); }
}
/** The pause before a statement that failed for a passing reason is sent again: 0.1 s, growing to 10 s. Keeps no process alive. */
export const pauseBeforeRetry = (attempt: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, Math.min(100 * 2 ** attempt, 10_000)).unref(); });
/** Opens, asks, closes. */
export async function withConnection<T>(server: MySqlServer, options: OpenOptions, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await openConnection(server, options);
  try { return await work(connection); } finally { await connection.end().catch(() => connection.destroy()); }
}
/** `a``b`, for names inside statements. */
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
/** Columns of these names get another one in the answer: the client refuses to make properties of them. */
const NO_PROPERTY = new Set(['__proto__', '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__']);
/** A column in a SELECT list. */
export const selectedName = (name: string): string => (NO_PROPERTY.has(name) ? `${quoteName(name)} AS \`column ${name}\`` : quoteName(name));

const SPECIAL = /['\\\0]/, ALL_SPECIAL = /['\\\0]/g;
/** `'it\'s'`, for texts inside statements of our sessions, whose sql_mode keeps backslash escapes on. */
export function quoteText(text: string): string {
  return SPECIAL.test(text) ? `'${text.replace(ALL_SPECIAL, (c) => (c === '\0' ? '\\0' : `\\${c}`))}'` : `'${text}'`;
}

/** mysql2 asks for each value: texts as they are, binary columns (BLOB, BINARY, BIT, GEOMETRY) as Buffers, JSON as text. */
function asText(field: { readonly type: string; readonly length: number; string(encoding?: string): string | null; buffer(): Buffer | null }, next: () => unknown): unknown {
  switch (field.type) {
    case 'BIT': case 'GEOMETRY': case 'VECTOR': return field.buffer();
    case 'STRING': case 'VAR_STRING': case 'VARCHAR': case 'BLOB': case 'TINY_BLOB': case 'MEDIUM_BLOB': case 'LONG_BLOB': case 'ENUM': case 'SET': return next();
    case 'JSON': return field.string('utf8');
    default: return field.string('ascii');
  }
}
