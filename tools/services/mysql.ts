/**
 * Gets a real MySQL or MariaDB for tests and demos: the one named by MYSQL_URL or MARIADB_URL, else a container when a Docker engine
 * answers, else a server started from its plain program (see `mysql-server.ts`). Whoever acquires it stops it; a server we started also
 * dies with this process, however this process ends.
 */
import { dockerAnswers, dockerHost } from './docker.ts';
import type { MySqlFlavor } from './mysql-programs.ts';
import { answersQuery, startLocalMySql } from './mysql-server.ts';
import { freePorts, ServiceUnavailable } from './support.ts';

export type { MySqlFlavor } from './mysql-programs.ts';
/** A server set up as a source of changes (row binlog, full images and metadata, GTIDs). */
export interface MySqlService {
  /** `mysql://root@127.0.0.1:3307`; the user may do everything. */
  readonly url: string;
  readonly flavor: MySqlFlavor;
  /** How it was found, for the log: `MYSQL_URL`, `docker mysql:9` or `mysql 9.7.4, own process`. */
  readonly how: string;
  /** Stops what was started for this call and removes its data. Safe to call twice. */
  stop(): Promise<void>;
}
/** `options`: extra server options, as on its command line; not for a server that is given. */
export interface MySqlWish { readonly flavor: MySqlFlavor; readonly options?: readonly string[] }

export const URL_VARIABLE: Readonly<Record<MySqlFlavor, string>> = { mysql: 'MYSQL_URL', mariadb: 'MARIADB_URL' };
export const TITLE: Readonly<Record<MySqlFlavor, string>> = { mysql: 'MySQL', mariadb: 'MariaDB' };
const IMAGE: Readonly<Record<MySqlFlavor, string>> = { mysql: 'mysql:9', mariadb: 'mariadb:10.11' };

/** Finds or starts a server. Rejects with ServiceUnavailable, one sentence that says what was tried and what to do. */
export async function acquireMySql({ flavor, options = [] }: MySqlWish): Promise<MySqlService> {
  const given = process.env[URL_VARIABLE[flavor]];
  if (given) return { url: given, flavor, how: URL_VARIABLE[flavor], stop: async () => {} };
  const problems: string[] = [];
  if (process.env['RIVULET_TOOLS_MYSQL'] !== 'local') {
    if (await dockerAnswers()) {
      try { return await startContainer(flavor, options); } catch (cause) { problems.push(`Docker answered but the container did not start: ${String(cause)}`); }
    } else problems.push('no Docker engine answers');
  }
  try { return await startLocalMySql(flavor, options); } catch (e) {
    if (!(e instanceof ServiceUnavailable)) throw e;
    throw new ServiceUnavailable(`no ${TITLE[flavor]} at hand (${[...problems, e.message].join('; ')}). Start Docker, or set ${URL_VARIABLE[flavor]}=mysql://root:password@host:port to a server that tests may write to.`);
  }
}

const SETTINGS = ['--log-bin=binlog', '--binlog-format=ROW', '--binlog-row-image=FULL', '--binlog-row-metadata=FULL', '--server-id=1', '--skip-name-resolve', '--max-allowed-packet=64M'];
const GTID: Readonly<Record<MySqlFlavor, readonly string[]>> = { mysql: ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'], mariadb: ['--gtid-strict-mode=ON'] };

async function startContainer(flavor: MySqlFlavor, options: readonly string[]): Promise<MySqlService> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const [port = 0] = await freePorts(1), host = dockerHost();
  const container = await new GenericContainer(IMAGE[flavor])
    .withExposedPorts({ container: 3306, host: port })
    .withEnvironment(flavor === 'mysql' ? { MYSQL_ALLOW_EMPTY_PASSWORD: 'yes', MYSQL_ROOT_HOST: '%' } : { MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: 'yes', MARIADB_ROOT_HOST: '%' })
    .withCommand([...SETTINGS, ...GTID[flavor], ...options])
    // The images start a server without network for the set-up first, and say this of both.
    .withWaitStrategy(Wait.forLogMessage(/ready for connections/, 2))
    .start();
  const until = Date.now() + 60_000;
  while (!await answersQuery(port, host)) {
    if (Date.now() > until) { await container.stop(); throw new ServiceUnavailable(`${IMAGE[flavor]} does not answer at ${host}:${port}`); }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
  return { url: `mysql://root@${host}:${port}`, flavor, how: `docker ${IMAGE[flavor]}`, stop: async () => { await container.stop(); } };
}
