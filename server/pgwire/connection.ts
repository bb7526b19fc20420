/**
 * One client from accepted socket to its end: start-up, then messages one after another. Bytes come in by events and wait in the
 * MessageReader; one loop takes messages from it, so answers keep their order and a busy client is simply not read further. Whatever
 * goes wrong here ends this connection only.
 */
import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { featureNotSupported, internalError, queryCancelled } from '../../core/errors/common.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { connectionTimeout, invalidEncoding, protocolViolation } from '../../core/errors/wire.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Principal } from '../auth/contract.ts';
import type { Gateway } from '../gateway/contract.ts';
import { ALPN, type TlsPort } from '../tls/port.ts';
import type { Authenticator } from './auth.ts';
import { Channel } from './channel.ts';
import { ExtendedQuery, FailedStatement } from './extended-query.ts';
import type { PgLimits } from './limits.ts';
import { FieldReader, MessageReader } from './message-reader.ts';
import type { Message } from './message-reader.ts';
import { authenticationOk, backendKeyData, errorResponse, negotiateProtocolVersion } from './messages.ts';
import { runSimpleQuery } from './simple-query.ts';
import { SocketWriter } from './socket-writer.ts';
import { readStartup } from './startup.ts';
import type { StartupPacket } from './startup.ts';

/** What a connection asks of the server it belongs to. */
export interface ConnectionHost {
  readonly gateway: Gateway;
  readonly limits: PgLimits;
  readonly log: Log;
  readonly authenticate: Authenticator;
  /** undefined: no TLS here. */
  readonly tls: TlsPort | undefined;
  /** Makes a session's place and secret; throws tooManyConnections. */
  admit(connection: PgConnection, keyBytes: number): { processId: number; key: Buffer };
  cancel(processId: number, key: Buffer): void;
}

/** Time a client has to take our last words before the socket is destroyed. */
const LINGER_MS = 1_000;
const BYTES_PER_EXTRA_SECOND = 64 * 1024;

const SIMPLE_QUERY = 'Q', SYNC = 'S', TERMINATE = 'X', PASSWORD_MESSAGE = 0x70;
/** First byte of a TLS handshake; a start-up packet that began so would be of 369 MB. */
const TLS_HANDSHAKE = 0x16;

export class PgConnection {
  #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #reader = new MessageReader();
  #writer: SocketWriter;
  /** Set once the connection is encrypted. */
  #secure: { readonly endpointHash: Buffer | undefined } | undefined;
  #principal: Principal | undefined;
  /** Takes our listeners off the socket; others listen for its end. */
  #unlisten: () => void = () => {};
  readonly #log: Log;
  #channel: Channel | undefined;
  #extended: ExtendedQuery | undefined;
  #isSkipping = false;
  #isLost = false;
  #isEnding = false;
  #isBusy = true;
  /** In a TLS handshake: nothing of ours may go out in clear. */
  #isShaking = false;
  #wake: (() => void) | undefined;
  #shutdown: RivuletError | undefined;
  #phase: 'startup' | 'session' = 'startup';
  readonly #startedAt = performance.now();
  #messageSince: number | undefined;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#writer = new SocketWriter(socket);
    this.#log = host.log.child({ remote: `${socket.remoteAddress}:${socket.remotePort}` });
    this.#listen(socket);
  }

  /** Serves the client to its end; never rejects. */
  async serve(): Promise<void> {
    try {
      const startup = await this.#startUp();
      if (startup !== undefined) await this.#serveMessages(startup);
    } catch (error) {
      if (!this.#isLost) this.#endWith(this.#asFatal(error));
    } finally {
      this.#onLost();
      await this.#extended?.closePortals();
      await this.#channel?.session.close().catch((error: unknown) => this.#log.error('session did not close', { err: error }));
      this.#finish();
    }
  }

  /** A CancelRequest with this connection's key. */
  cancel(): void { this.#channel?.cancel(queryCancelled({ why: 'user request' })); }

  /** Ends the connection from our side: what runs is aborted and the client told why. */
  shutDown(reason: RivuletError): void {
    this.#shutdown ??= reason;
    this.#channel?.endWith(reason);
    if (this.#isShaking) this.#socket.destroy();
    this.#wakeUp();
  }
  /** Who is on the other end; undefined before login. */
  get principal(): Principal | undefined { return this.#principal; }
  /** Last resort of the server's own end. */
  destroy(): void { this.#socket.destroy(); }

  /** Enforces the time limits; called about once a second. */
  checkTimes(now: number): void {
    const { limits } = this.#host;
    this.#writer.watch(now);
    if (this.#isEnding) return;
    if (this.#phase === 'startup') {
      if (now - this.#startedAt > limits.startupTimeoutMs) this.#giveUp(connectionTimeout({ what: 'start-up', timeoutMs: limits.startupTimeoutMs }));
    } else if (this.#messageSince !== undefined && !this.#isBusy) {
      const allowed = limits.messageTimeoutMs + this.#reader.announced / BYTES_PER_EXTRA_SECOND * 1000;
      if (now - this.#messageSince > allowed) this.#giveUp(connectionTimeout({ what: 'a message', timeoutMs: limits.messageTimeoutMs }));
    }
    if (this.#writer.stalledSince !== undefined && now - this.#writer.stalledSince > limits.writeStallTimeoutMs) {
      this.#log.warn('client does not read its results', { timeoutMs: limits.writeStallTimeoutMs });
      this.#socket.destroy();
    }
  }

  // ---- start-up

  async #startUp(): Promise<Extract<StartupPacket, { kind: 'startup' }> | undefined> {
    const asked = new Set<string>();
    for (;;) {
      if (this.#shutdown !== undefined) throw this.#shutdown;
      if (this.#reader.nextType === TLS_HANDSHAKE && this.#host.tls !== undefined && this.#secure === undefined && asked.size === 0) {
        await this.#upgrade(this.#host.tls, true);
        continue;
      }
      const bytes = this.#reader.startupPacket(this.#host.limits.startupBytes);
      if (bytes === undefined) {
        if (this.#isLost) return undefined;
        await this.#moreInput();
        continue;
      }
      const packet = readStartup(bytes);
      if (packet.kind === 'startup') return packet;
      if (packet.kind === 'cancel') {
        this.#host.cancel(packet.processId, packet.key);
        return undefined;
      }
      if (asked.has(packet.kind) || this.#secure !== undefined) throw protocolViolation({ what: `unexpected second ${packet.kind} request` });
      asked.add(packet.kind);
      if (packet.kind === 'ssl' && this.#host.tls !== undefined) await this.#upgrade(this.#host.tls, false);
      else this.#socket.write('N');
    }
  }

  /** From here on the socket is the encrypted one. `isDirect`: the handshake has begun already, without a request. */
  async #upgrade(tls: TlsPort, isDirect: boolean): Promise<void> {
    // Such bytes would be taken for something the client sent under encryption (CVE-2021-23214).
    if (!isDirect && this.#reader.waiting > 0) throw protocolViolation({ what: 'received unencrypted data after SSL request' });
    const raw = this.#socket;
    this.#unlisten();
    raw.on('error', (error) => this.#log.debug('connection error', { err: error }));
    raw.once('close', () => this.#onLost());
    raw.pause();
    this.#isShaking = true;
    if (isDirect) raw.unshift(this.#reader.takeAll());
    else raw.write('S');
    try {
      const secure = await tls.accept(raw);
      this.#isShaking = false;
      if (this.#isLost) { secure.socket.destroy(); return; }
      this.#secure = { endpointHash: secure.endpointHash };
      this.#socket = secure.socket;
      this.#writer = new SocketWriter(secure.socket);
      this.#listen(secure.socket);
    } catch (error) {
      this.#log.debug('connection not encrypted', { err: error });
      raw.destroy();
      this.#onLost();
      return;
    }
    if (isDirect && (this.#socket as TLSSocket).alpnProtocol !== ALPN) throw protocolViolation({ what: `direct TLS connections must negotiate the application protocol "${ALPN}"` });
  }

  async #openSession(startup: Extract<StartupPacket, { kind: 'startup' }>): Promise<{ channel: Channel; extended: ExtendedQuery } | undefined> {
    const host = this.#host, remote = this.#socket.remoteAddress ?? '', { user, database, parameters } = startup, { out } = this.#writer;
    if (startup.negotiate !== undefined) negotiateProtocolVersion(out, startup.negotiate.version, startup.negotiate.unknownOptions);
    const login = { user, database, remoteAddress: remote, isEncrypted: this.#secure !== undefined, endpointHash: this.#secure?.endpointHash };
    const principal = await host.authenticate(login, { out, ask: () => this.#nextPassword() });
    if (principal === undefined) return undefined;
    this.#principal = principal;
    // A place is for who is in: those who are not must not take it from others.
    const { processId, key } = host.admit(this, startup.minor >= 2 ? 32 : 4);
    const applicationName = parameters.get('application_name');
    const session = host.gateway.openSession({ protocol: 'pg', principal, database, applicationName, remote, parameters });
    const known = new Map([['session_authorization', user], ['application_name', applicationName ?? '']]);
    const channel = new Channel({ writer: this.#writer, session, limits: host.limits, log: this.#log.child({ session: session.id }), known });
    this.#channel = channel;
    this.#extended = new ExtendedQuery(channel);
    if (this.#shutdown !== undefined) throw this.#shutdown;
    if (this.#isLost) this.#abandonStatements();
    authenticationOk(out);
    channel.reportParameters();
    backendKeyData(out, processId, key);
    await channel.ready();
    this.#phase = 'session';
    this.#log.debug('session opened', { user, database, applicationName });
    return { channel, extended: this.#extended };
  }

  /** What the client answers to a step of the login. */
  async #nextPassword(): Promise<Buffer | undefined> {
    await this.#writer.flush();
    for (;;) {
      if (this.#shutdown !== undefined) throw this.#shutdown;
      const type = this.#reader.nextType;
      if (type !== undefined && type !== PASSWORD_MESSAGE) throw protocolViolation({ what: `expected SASL response, got message type ${type}` });
      const message = this.#reader.message(this.#host.limits.loginBytes);
      if (message !== undefined) return message.body;
      if (this.#isLost) return undefined;
      await this.#moreInput();
    }
  }

  // ---- messages

  async #serveMessages(startup: Extract<StartupPacket, { kind: 'startup' }>): Promise<void> {
    const opened = await this.#openSession(startup);
    if (opened === undefined) return;
    const { channel, extended } = opened;
    while (!this.#isLost) {
      if (this.#shutdown !== undefined) throw this.#shutdown;
      const message = this.#reader.message(this.#host.limits.messageBytes);
      if (message === undefined) {
        if (this.#reader.waiting > 0) this.#messageSince ??= performance.now();
        await this.#moreInput();
        continue;
      }
      this.#messageSince = undefined;
      const type = String.fromCharCode(message.type);
      if (type === TERMINATE) return;
      if (this.#isSkipping && type !== SYNC) continue;
      await this.#answer(type, message, channel, extended);
    }
  }

  async #answer(type: string, message: Message, channel: Channel, extended: ExtendedQuery): Promise<void> {
    try {
      const body = new FieldReader(message.body);
      switch (type) {
        case 'P': return await extended.parse(body);
        case 'B': return await extended.bind(body);
        case 'D': return extended.describe(body);
        case 'E': return await extended.execute(body);
        case 'C': return await extended.close(body);
        case 'H': return await channel.writer.flush();
        case 'd': case 'c': case 'f': return; // COPY data of a client whose COPY has failed already
        case SYNC:
          this.#isSkipping = false;
          await extended.afterCycle();
          return await channel.ready();
        case SIMPLE_QUERY: return await this.#simpleQuery(body, channel, extended);
        case 'F': throw featureNotSupported({ feature: 'the function call message', instead: 'Call the function in a SELECT.' });
        default: throw new UnknownMessage(message.type);
      }
    } catch (error) {
      if (this.#shutdown !== undefined) throw this.#shutdown;
      if (error instanceof UnknownMessage) throw protocolViolation({ what: `invalid frontend message type ${error.type}` });
      if (error instanceof FailedStatement) channel.sendError(error.thrown, error.text, error.signal);
      else channel.sendError(error, undefined);
      if (type === SIMPLE_QUERY || type === 'F' || type === SYNC) { await extended.afterCycle(); return await channel.ready(); }
      this.#isSkipping = true;
      await channel.writer.flush();
    }
  }

  async #simpleQuery(body: FieldReader, channel: Channel, extended: ExtendedQuery): Promise<void> {
    const bytes = body.zeroEnded();
    body.finish();
    if (!isUtf8(bytes)) throw invalidEncoding({});
    await extended.beforeSimpleQuery();
    await runSimpleQuery(channel, bytes.toString('utf8'));
    if (this.#shutdown !== undefined) throw this.#shutdown;
    await extended.afterCycle();
    await channel.ready();
  }

  // ---- the socket

  #listen(socket: Socket): void {
    const onData = (chunk: Buffer): void => this.#onData(chunk), onEnd = (): void => this.#onLost(), onError = (error: Error): void => { this.#log.debug('connection error', { err: error }); this.#onLost(); };
    socket.on('data', onData).on('error', onError).on('end', onEnd).on('close', onEnd);
    this.#unlisten = () => { socket.off('data', onData).off('error', onError).off('end', onEnd).off('close', onEnd); };
  }
  #onData(chunk: Buffer): void {
    if (this.#isEnding) return;
    this.#reader.push(chunk);
    // Whoever is not in yet has nothing to say that would be longer than a start-up packet.
    const { readBufferBytes, startupBytes } = this.#host.limits, most = this.#phase === 'startup' ? startupBytes : readBufferBytes;
    if (this.#isBusy && this.#reader.waiting > Math.max(most, this.#reader.announced)) this.#socket.pause();
    this.#wakeUp();
  }

  async #moreInput(): Promise<void> {
    if (this.#isLost || this.#shutdown !== undefined) return;
    this.#isBusy = false;
    if (this.#socket.isPaused()) this.#socket.resume();
    await new Promise<void>((resolve) => { this.#wake = resolve; });
    this.#isBusy = true;
  }
  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #onLost(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#abandonStatements();
    this.#wakeUp();
  }
  #abandonStatements(): void { this.#channel?.endWith(queryCancelled({ why: 'lost connection' })); }

  #asFatal(error: unknown): RivuletError {
    if (error instanceof RivuletError && error.domain !== 'internal') return error;
    this.#log.error('connection failed with a defect', { err: error });
    return error instanceof RivuletError ? error : internalError({ what: 'the connection could not be served' }, { cause: error });
  }

  /** For time limits: the loop is waiting for input and would not notice. */
  #giveUp(error: RivuletError): void {
    this.#log.warn('connection gave up', { why: error.message });
    this.#endWith(error);
    this.#onLost();
  }
  #endWith(error: RivuletError): void {
    if (this.#isEnding) return;
    if (this.#isShaking) { this.#socket.destroy(); return; }
    errorResponse(this.#writer.out, error, undefined, 'FATAL');
    this.#finish();
  }
  /** Sends what is left and ends the socket; a client that does not take it is cut off. */
  #finish(): void {
    if (this.#isEnding) return;
    void this.#writer.flush();
    this.#isEnding = true;
    if (this.#socket.destroyed) return;
    this.#socket.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }
}

/** A message type nobody knows: the stream cannot be trusted any more. */
class UnknownMessage {
  readonly type: number;
  constructor(type: number) { this.type = type; }
}
