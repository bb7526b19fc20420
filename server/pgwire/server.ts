/**
 * The PostgreSQL protocol server: accepts clients, counts them, keeps the secrets that cancel requests are checked by, and looks after
 * time limits.
 */
import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { userGone } from '../../core/errors/access.ts';
import { addressUnavailable, serverShutdown, tooManyConnections } from '../../core/errors/wire.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Gateway } from '../gateway/contract.ts';
import type { Authenticator } from './auth.ts';
import { PgConnection } from './connection.ts';
import type { Principal } from '../auth/contract.ts';
import type { TlsPort } from '../tls/port.ts';
import { defaultPgLimits } from './limits.ts';
import type { PgLimits } from './limits.ts';
import { errorResponse } from './messages.ts';
import { OutBuffer } from './out-buffer.ts';

export interface PgServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly gateway: Gateway;
  readonly log: Log;
  readonly limits?: Partial<PgLimits> | undefined;
  readonly authenticate: Authenticator;
  readonly tls?: TlsPort | undefined;
}

export interface RunningServer {
  readonly port: number;
  /** Ends the sessions of everybody who is not welcome any more. */
  endSessions(isWelcome: (principal: Principal) => boolean): void;
  /** Stops accepting, tells clients (57P01), aborts what they run; resolves when all are gone. */
  close(): Promise<void>;
}

/** Sockets beyond the connection limit that may be in start-up: cancel requests must come through when the server is full. */
const STARTING_EXTRA = 100;
const CHECK_MS = 1_000, CLOSE_GRACE_MS = 5_000;

/** Listens until closed. Rejects with `address-unavailable` when the port is taken. */
export async function startPgServer(options: PgServerOptions): Promise<RunningServer> {
  const limits: PgLimits = { ...defaultPgLimits, ...options.limits };
  const clients = new PgClients(options, limits);
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) => clients.accept(socket));
  await new Promise<void>((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => reject(addressUnavailable({ host: options.host, port: options.port, code: error.code, why: error.message, flag: 'pg-port' }, { cause: error }));
    server.once('error', refused);
    server.listen({ port: options.port, host: options.host, backlog: 511 }, () => { server.off('error', refused); resolve(); });
  });
  server.on('error', (error) => options.log.error('PostgreSQL protocol: could not accept a connection', { err: error }));
  const timer = setInterval(() => clients.checkTimes(), Math.min(CHECK_MS, limits.startupTimeoutMs / 2));
  timer.unref();
  return {
    port: (server.address() as AddressInfo).port,
    endSessions: (isWelcome) => clients.endSessions(isWelcome),
    async close() {
      clearInterval(timer);
      const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
      await clients.close();
      await closed;
    },
  };
}

class PgClients {
  readonly #options: PgServerOptions;
  readonly #limits: PgLimits;
  /** All connections with their end; those in `#sessions` have passed start-up. */
  readonly #connections = new Map<PgConnection, Promise<void>>();
  readonly #sessions = new Map<number, { connection: PgConnection; key: Buffer }>();
  readonly #processIds = new Map<PgConnection, number>();

  constructor(options: PgServerOptions, limits: PgLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  accept(socket: Socket): void {
    if (this.#connections.size >= this.#limits.connections + STARTING_EXTRA) {
      const out = new OutBuffer();
      errorResponse(out, tooManyConnections({ limit: this.#limits.connections }), undefined, 'FATAL');
      socket.on('error', () => {});
      socket.end(out.take());
      socket.destroySoon();
      return;
    }
    const connection = new PgConnection(socket, {
      gateway: this.#options.gateway, limits: this.#limits, log: this.#options.log, authenticate: this.#options.authenticate, tls: this.#options.tls,
      admit: (asking, keyBytes) => this.#admit(asking, keyBytes), cancel: (processId, key) => this.#cancel(processId, key),
    });
    const gone = new Promise<void>((resolve) => { socket.once('close', () => resolve()); });
    this.#connections.set(connection, Promise.all([connection.serve(), gone]).then(() => { this.#forget(connection); }));
  }

  checkTimes(): void {
    const now = performance.now();
    for (const connection of this.#connections.keys()) connection.checkTimes(now);
  }

  endSessions(isWelcome: (principal: Principal) => boolean): void {
    for (const connection of this.#connections.keys()) if (connection.principal !== undefined && !isWelcome(connection.principal)) connection.shutDown(userGone({ user: connection.principal.name }));
  }

  async close(): Promise<void> {
    const reason = serverShutdown({});
    for (const connection of this.#connections.keys()) connection.shutDown(reason);
    const timer = setTimeout(() => { for (const connection of this.#connections.keys()) connection.destroy(); }, CLOSE_GRACE_MS);
    await Promise.all(this.#connections.values());
    clearTimeout(timer);
  }

  #admit(connection: PgConnection, keyBytes: number): { processId: number; key: Buffer } {
    if (this.#sessions.size >= this.#limits.connections) throw tooManyConnections({ limit: this.#limits.connections });
    let processId: number;
    do processId = randomInt(1, 0x7fffffff); while (this.#sessions.has(processId));
    const key = randomBytes(keyBytes);
    this.#sessions.set(processId, { connection, key });
    this.#processIds.set(connection, processId);
    return { processId, key };
  }

  /** PostgreSQL never says whether a cancel request was right. */
  #cancel(processId: number, key: Buffer): void {
    const session = this.#sessions.get(processId);
    if (session !== undefined && key.length === session.key.length && timingSafeEqual(key, session.key)) session.connection.cancel();
  }

  #forget(connection: PgConnection): void {
    this.#connections.delete(connection);
    const processId = this.#processIds.get(connection);
    if (processId === undefined) return;
    this.#processIds.delete(connection);
    this.#sessions.delete(processId);
  }
}
