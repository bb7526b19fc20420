/**
 * A MySQL or MariaDB server run from its plain program (see `mysql-programs.ts`) on a free loopback port, set up as a source of changes
 * should be: row binlog, full images and metadata, GTIDs. Used where there is no Docker, and by tests that need a server of their own to
 * kill, stop or set up otherwise.
 *
 * Life: the server dies with us, even after SIGKILL (`tied-process.ts`). Data is in a temporary folder, removed by stop() or with us.
 */
import { constants, rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { MySqlService } from './mysql.ts';
import { serverProgram, type MySqlFlavor, type ServerProgram } from './mysql-programs.ts';
import { freePorts, ServiceUnavailable } from './support.ts';
import { TiedProcess } from './tied-process.ts';

export interface LocalMySql extends MySqlService {
  readonly port: number;
  /** Of the server's process. */
  readonly pid: number;
  /** SIGKILL to the server; its data stays for `start`. */
  kill(): Promise<void>;
  /** An orderly shutdown; data stays. */
  shutdown(): Promise<void>;
  /** Starts again on the same port with the same data, after `kill` or `shutdown`. `options`: instead of those given before. */
  start(options?: readonly string[]): Promise<void>;
  /** E.g. SIGSTOP and SIGCONT for a server that is slow. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

const START_LIMIT_MS = 90_000;
const COMMON = [
  '--bind-address=127.0.0.1', '--skip-name-resolve', '--log-bin=binlog', '--binlog-format=ROW', '--binlog-row-image=FULL', '--binlog-row-metadata=FULL', '--secure-file-priv=', '--innodb-buffer-pool-size=64M', '--max-allowed-packet=64M',
];
/** Without the performance schema MySQL needs half the memory; nothing of ours asks it. */
const FOR: Readonly<Record<MySqlFlavor, readonly string[]>> = {
  mysql: ['--mysqlx=OFF', '--performance-schema=OFF', '--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--log-error-verbosity=2', '--innodb-redo-log-capacity=64M'],
  mariadb: ['--gtid-strict-mode=ON', '--innodb-log-file-size=32M'],
};

/** Starts a server and waits until it answers. `options` as on the server's command line; later ones win. Rejects with ServiceUnavailable. */
export async function startLocalMySql(flavor: MySqlFlavor, options: readonly string[] = []): Promise<LocalMySql> {
  const program = await serverProgram(flavor), folder = await mkdtemp(join(tmpdir(), `rivulet-${flavor}-`)), [port = 0] = await freePorts(1);
  const server = new ServerProcess(program, folder, port, options);
  try {
    await cp(program.data, join(folder, 'data'), { recursive: true, mode: constants.COPYFILE_FICLONE });
    await server.start();
    return server;
  } catch (e) {
    await server.stop();
    throw e;
  }
}

class ServerProcess implements LocalMySql {
  readonly url: string;
  readonly how: string;
  readonly flavor: MySqlFlavor;
  readonly port: number;
  #process: TiedProcess | undefined;
  #options: readonly string[];
  readonly #program: ServerProgram;
  readonly #folder: string;
  readonly #onExit = (): void => { this.#process?.signal('SIGKILL'); rmSync(this.#folder, { recursive: true, force: true }); };
  constructor(program: ServerProgram, folder: string, port: number, options: readonly string[]) {
    this.#program = program;
    this.#folder = folder;
    this.#options = options;
    this.port = port;
    this.flavor = program.flavor;
    this.url = `mysql://root@127.0.0.1:${port}`;
    this.how = `${program.flavor} ${program.version}, own process`;
    process.on('exit', this.#onExit);
  }
  get pid(): number { return this.#process?.pid ?? 0; }

  async start(options: readonly string[] = this.#options): Promise<void> {
    if (this.#process !== undefined && !this.#process.ended) return;
    this.#options = options;
    const at = (name: string): string => join(this.#folder, name);
    // A killed server leaves its lock behind, and the pid in it may be somebody else's by now.
    await rm(at('s.sock.lock'), { force: true });
    const command = [
      ...this.#program.command, `--datadir=${at('data')}`, `--port=${this.port}`, `--socket=${at('s.sock')}`, `--pid-file=${at('server.pid')}`, `--server-id=${this.port}`, ...COMMON, ...FOR[this.flavor], ...options,
    ];
    const server = this.#process = await TiedProcess.start(command, { log: at('log'), folder: this.#folder });
    const until = Date.now() + START_LIMIT_MS;
    while (!await answersQuery(this.port)) {
      if (server.ended || Date.now() > until) {
        await server.kill();
        throw new ServiceUnavailable(`the ${this.flavor} server did not come up: ${(await server.lastOutput()).slice(-600)}`);
      }
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }
  async kill(): Promise<void> {
    await this.#process?.kill();
    await waitGone(this.pid);
  }
  async shutdown(): Promise<void> {
    const server = this.#process;
    if (server === undefined || server.ended) return;
    process.kill(server.pid, 'SIGTERM');
    const until = Date.now() + START_LIMIT_MS;
    while (!server.ended && Date.now() < until) await new Promise((resolve) => { setTimeout(resolve, 20); });
    await server.kill();
  }
  signal(name: 'SIGSTOP' | 'SIGCONT'): void { process.kill(this.pid, name); }
  async stop(): Promise<void> {
    await this.kill();
    process.off('exit', this.#onExit);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Its group has been killed: soon it is gone, or a zombie where nobody collects the dead. */
async function waitGone(pid: number): Promise<void> {
  for (let left = 500; left > 0 && pid !== 0; left--) {
    try { process.kill(pid, 0); } catch { return; }
    if (/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))) return;
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}

/** True when root can log in and ask. */
export async function answersQuery(port: number, host = '127.0.0.1'): Promise<boolean> {
  try {
    const connection = await createConnection({ host, port, user: 'root', connectTimeout: 3000 });
    connection.on('error', () => {});
    try { await connection.query('SELECT 1'); } finally { connection.destroy(); }
    return true;
  } catch { return false; }
}
