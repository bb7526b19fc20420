/**
 * Shared by tests that need MySQL (`*.mysql.test.ts`): the servers of the run from MYSQL_URL and MARIADB_URL, databases of one's own in
 * them, a user with the rights that a reader of changes needs and no others, and servers of one's own for kills and other settings.
 */
import { randomBytes } from 'node:crypto';
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { MySqlServer } from '../../runtime/connectors/mysql/connection/server.ts';
import { startLocalMySql, type LocalMySql } from '../../tools/services/mysql-server.ts';
import { TITLE, URL_VARIABLE, type MySqlFlavor } from '../../tools/services/mysql.ts';
import { ServiceUnavailable } from '../../tools/services/support.ts';

export interface TestServer {
  readonly flavor: MySqlFlavor;
  readonly url: string;
  /** Of the user who may do everything. */
  readonly root: MySqlServer;
}
export const REPL_USER = 'rivulet_repl', REPL_PASSWORD = 'repl-pw-7f3a';

/** The server a URL names. */
export function placeOf(text: string): MySqlServer {
  const url = new URL(text);
  return { host: url.hostname, port: Number(url.port === '' ? 3306 : url.port), user: decodeURIComponent(url.username), password: decodeURIComponent(url.password), tls: null, compress: false, connectTimeoutMs: 10_000 };
}
const serverOf = (flavor: MySqlFlavor, text: string): TestServer => ({ flavor, url: text, root: placeOf(text) });
/** The server of the run, undefined when it has none. */
export function testServer(flavor: MySqlFlavor): TestServer | undefined {
  const url = process.env[URL_VARIABLE[flavor]];
  return url === undefined || url === '' ? undefined : serverOf(flavor, url);
}

/** A suite for each flavour that the run has; for others it shows as skipped. `flavors`: only these. */
export function describeOnMySql(title: string, suite: (this: Mocha.Suite, server: TestServer) => void, flavors: readonly MySqlFlavor[] = ['mysql', 'mariadb']): void {
  for (const flavor of flavors) {
    const server = testServer(flavor), full = `${title} (${TITLE[flavor]})`;
    if (server === undefined) describe.skip(`${full}: ${URL_VARIABLE[flavor]} is not set`, () => { it('needs a server', () => {}); });
    else describe(full, function run() { suite.call(this, server); });
  }
}

/** A name nobody else uses, made of letters, digits and `_`. */
export const uniqueName = (base: string): string => `${base}_${randomBytes(5).toString('hex')}`;

/** A connection of root; several statements in one text are allowed. */
export async function connectRoot(server: TestServer, database?: string): Promise<Connection> {
  const { host, port, user, password } = server.root;
  const connection = await createConnection({ host, port, user, password, ...(database === undefined ? {} : { database }), multipleStatements: true, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, charset: 'utf8mb4' });
  connection.on('error', () => {});
  return connection;
}

export interface TestDatabase {
  readonly name: string;
  readonly connection: Connection;
  /** One or several statements. */
  run(sql: string, values?: readonly unknown[]): Promise<void>;
  /** Rows as arrays of what mysql2 makes of them (dates, BIGINT and DECIMAL as texts). */
  rows(sql: string, values?: readonly unknown[]): Promise<unknown[][]>;
  /** Drops the database and closes the connection. */
  drop(): Promise<void>;
}
/** An empty database of one's own, utf8mb4. */
export async function openDatabase(server: TestServer, base = 'rivulet_test'): Promise<TestDatabase> {
  const name = uniqueName(base), connection = await connectRoot(server);
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4; USE ${name}`);
  return {
    name, connection,
    async run(sql, values = []) { await connection.query(sql, [...values]); },
    async rows(sql, values = []) { const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true, values: [...values] }); return rows as unknown as unknown[][]; },
    async drop() {
      await connection.query(`DROP DATABASE IF EXISTS ${name}`);
      await connection.end();
    },
  };
}

/** The user of a reader of changes: SELECT, REPLICATION SLAVE, REPLICATION CLIENT, SHOW VIEW and nothing else. Made when it is not there. */
export async function replUser(server: TestServer): Promise<MySqlServer> {
  return await userWith(server, 'SELECT, REPLICATION SLAVE, REPLICATION CLIENT, SHOW VIEW ON *.*', REPL_USER, REPL_PASSWORD);
}
/** @param grants as in `GRANT … TO`, e.g. `SELECT ON db.*`; null = none */
export async function userWith(server: TestServer, grants: string | null, user = uniqueName('rvt_u'), password = REPL_PASSWORD): Promise<MySqlServer> {
  const root = await connectRoot(server);
  try {
    // ER_CANNOT_USER: it is there already. Servers before 5.7 know no IF NOT EXISTS here.
    await root.query(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`).catch((e: unknown) => { if ((e as { errno?: number }).errno !== 1396) throw e; });
    if (grants !== null) await root.query(`GRANT ${grants} TO '${user}'@'%'`);
  } finally { await root.end(); }
  return { ...server.root, user, password };
}
export async function dropUser(server: TestServer, user: string): Promise<void> {
  const root = await connectRoot(server);
  try { await root.query(`DROP USER '${user}'@'%'`).catch(() => {}); } finally { await root.end(); }
}

/** A server of one's own, to kill or with other settings; the caller stops it. Undefined where none can be started without Docker. */
export async function ownServer(flavor: MySqlFlavor, options: readonly string[] = []): Promise<(TestServer & { readonly local: LocalMySql }) | undefined> {
  try {
    const local = await startLocalMySql(flavor, options);
    return { ...serverOf(flavor, local.url), local };
  } catch (e) {
    if (e instanceof ServiceUnavailable) return undefined;
    throw e;
  }
}
