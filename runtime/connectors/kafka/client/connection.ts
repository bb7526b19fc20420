/**
 * One connection to one broker: plain TCP or TLS, ApiVersions and SASL at the start, then pipelined requests whose answers come back
 * in order and are matched by correlation id. Hot callers use `begin` and `send` with callbacks and read the frame themselves; the
 * others use `call`.
 *
 * Invariants: answers come in the order of requests (a Kafka guarantee; anything else is a protocol violation). After the first error
 * the connection is dead: every pending request fails once, and nothing is sent again. A broker serves one request of a connection at
 * a time, so a long poll must not share its connection with other calls (`cluster.ts` keeps them apart by purpose).
 */
import { connect as connectTcp, type Socket } from 'node:net';
import type { Clock } from '../../../../core/ports/clock.ts';
import { internalError } from '../../../../core/errors/common.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import { kafkaClientClosed, kafkaConnectionLost, kafkaProtocolViolation, kafkaTimeout, kafkaTlsFailed, kafkaUnsupportedBroker } from '../../../../core/errors/kafka.ts';
import { reachable } from '../../net/reach.ts';
import { tlsConnectOptions, type Endpoint, type KafkaClientConfig } from './config.ts';
import { authenticate } from './sasl.ts';
import { APIS, type Api } from './wire/apis.ts';
import { FrameAssembler } from './wire/frames.ts';
import { WireReader } from './wire/reader.ts';
import { WireWriter } from './wire/writer.ts';

export type OnFrame = (reader: WireReader) => void;
export type OnFailure = (error: RivuletError) => void;

interface Pending {
  readonly correlationId: number;
  readonly call: string;
  readonly flexible: boolean;
  /** On the clock's monotonic scale. */
  readonly deadline: number;
  readonly timeoutMs: number;
  readonly onFrame: OnFrame;
  readonly onFailure: OnFailure;
}

export class Connection {
  /** `host:port`, for texts. */
  readonly server: string;
  /** Set when the connection is dead. */
  failure: RivuletError | undefined;
  /** After this moment (monotonic) the broker wants to authenticate anew: open another connection instead. */
  retireAt = Infinity;
  bytesIn = 0;
  readonly #config: KafkaClientConfig;
  readonly #clock: Clock;
  readonly #versions = new Map<number, { min: number; max: number }>();
  readonly #pending: Pending[] = [];
  readonly #onClose: (() => void)[] = [];
  #socket: Socket | undefined;
  readonly #frames: FrameAssembler;
  #nextCorrelationId = 1;
  #cancelTimer: (() => void) | undefined;
  #timerAt = Infinity;

  private constructor(endpoint: Endpoint, config: KafkaClientConfig, clock: Clock) {
    this.server = `${endpoint.host}:${endpoint.port}`;
    this.#config = config;
    this.#clock = clock;
    this.#frames = new FrameAssembler(config.maxFrameBytes, (frame) => this.#onFrame(frame));
  }
  /** Frames of later answers come from here. */
  set frameMemory(allocate: (size: number) => Buffer) { this.#frames.allocate = allocate; }

  /** Connects, learns the broker's versions, logs in. Rejects with kafkaConnectionLost, kafkaTimeout, kafkaTlsFailed, kafkaAuthenticationFailed. */
  static async open(endpoint: Endpoint, config: KafkaClientConfig, clock: Clock): Promise<Connection> {
    const connection = new Connection(endpoint, config, clock);
    await connection.#connect(endpoint);
    try {
      await connection.#learnVersions();
      if (config.sasl) {
        const lifetimeMs = await authenticate(connection, config.sasl);
        // Kafka's KIP-368: use the connection for most of the session's life, then let a new one take over.
        if (lifetimeMs > 0) connection.retireAt = clock.monotonic() + lifetimeMs * 0.85;
      }
    } catch (e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  #connect(endpoint: Endpoint): Promise<void> {
    return new Promise((resolve, reject) => {
      const frames = this.#frames;
      const fed = (n: number): boolean => {
        this.bytesIn += n;
        const wrong = frames.failed;
        if (wrong !== undefined) this.#fail(kafkaProtocolViolation({ server: this.server, call: this.#pending[0]?.call ?? 'no request', why: wrong }));
        return this.failure === undefined;
      };
      let connected = false;
      const tls = this.#config.tls, reach = reachable(endpoint.host);
      const socket: Socket = tls
        // Loaded when wanted: node:tls costs 30 ms of every start otherwise.
        ? process.getBuiltinModule('node:tls').connect({ ...tlsConnectOptions(tls, endpoint), ...reach })
        // The kernel writes straight into the frame: no copy, and no stream machinery per chunk.
        : connectTcp({ host: endpoint.host, port: endpoint.port, ...reach, noDelay: true, keepAlive: true, onread: { buffer: () => frames.room(), callback: (n) => { frames.filled(n); return fed(n); } } });
      this.#socket = socket;
      socket.setTimeout(this.#config.connectTimeoutMs, () => { if (!connected) this.#fail(kafkaTimeout({ call: 'the connection attempt', server: this.server, timeoutMs: this.#config.connectTimeoutMs })); });
      if (tls) {
        socket.setNoDelay(true);
        socket.on('data', (chunk: Buffer) => { frames.feed(chunk); fed(chunk.length); });
      }
      socket.on(tls ? 'secureConnect' : 'connect', () => { connected = true; socket.setTimeout(0); resolve(); });
      socket.on('error', (e: Error & { code?: string }) => {
        if (e instanceof RivuletError) { this.#fail(e); return; }
        const byTls = tls !== undefined && !connected && !/^E[A-Z]+$/.test(e.code ?? '') || e.code === 'EPROTO';
        this.#fail(byTls ? kafkaTlsFailed({ server: this.server, why: reason(e) }, { cause: e }) : kafkaConnectionLost({ server: this.server, why: reason(e) }, { cause: e }));
      });
      socket.on('close', () => {
        this.#fail(kafkaConnectionLost({ server: this.server, why: 'the broker closed the connection' }));
        if (!connected) reject(this.failure);
      });
    });
  }

  async #learnVersions(): Promise<void> {
    const ranges = await this.call(APIS.apiVersions, () => {}, (r) => {
      const code = r.i16();
      const list = r.array((e) => ({ key: e.i16(), min: e.i16(), max: e.i16() }));
      if (code !== 0) throw r.violation(`ApiVersions failed with code ${code}`);
      return list;
    });
    for (const { key, min, max } of ranges) this.#versions.set(key, { min, max });
  }

  /** The newest version of the call that both sides know. Throws kafkaUnsupportedBroker. */
  version(api: Api): number {
    if (api === APIS.apiVersions) return 0;
    const offered = this.#versions.get(api.key);
    const version = Math.min(api.max, offered?.max ?? -1);
    if (offered === undefined || version < api.min || version < offered.min) {
      throw kafkaUnsupportedBroker({ server: this.server, call: api.name, has: offered ? `versions ${offered.min} to ${offered.max}` : 'no version', needs: `${api.min} to ${api.max}` });
    }
    return version;
  }

  /** A request with its header written; give it to `send`. */
  begin(api: Api, version: number, capacity?: number): WireWriter {
    const w = new WireWriter(capacity);
    w.i16(api.key).i16(version).i32(this.#nextCorrelationId).string(this.#config.clientId);
    w.flexible = version >= api.flexibleFrom;
    return w.tags();
  }

  /**
   * Sends a request made by `begin` (with no other `begin` in between), followed by `tail`, whose bytes must stay as they are until
   * the answer. `onFrame` gets a reader at the start of the answer's body; what it throws kills the connection. `onFrame` undefined:
   * no answer will come (Produce with acks=0).
   */
  send(api: Api, version: number, request: WireWriter, tail: readonly Buffer[], onFrame: OnFrame | undefined, onFailure: OnFailure, timeoutMs = this.#config.requestTimeoutMs): void {
    if (this.failure !== undefined || this.#socket === undefined) {
      const failure = this.failure ?? kafkaClientClosed({});
      queueMicrotask(() => onFailure(failure));
      return;
    }
    const correlationId = this.#nextCorrelationId++;
    if (this.#nextCorrelationId > 0x7ffffff0) this.#nextCorrelationId = 1;
    if (onFrame !== undefined) {
      const deadline = this.#clock.monotonic() + timeoutMs;
      this.#pending.push({ correlationId, call: api.name, flexible: version >= api.flexibleFrom, deadline, timeoutMs, onFrame, onFailure });
      this.#watch(deadline);
    }
    const head = request.finish(tail.reduce((n, b) => n + b.length, 0));
    if (tail.length === 0) { this.#socket.write(head); return; }
    this.#socket.cork();
    this.#socket.write(head);
    for (const part of tail) this.#socket.write(part);
    this.#socket.uncork();
  }

  /** One request and its answer. What `read` throws kills the connection and rejects. */
  call<T>(api: Api, write: (w: WireWriter, version: number) => void, read: (r: WireReader, version: number) => T, timeoutMs?: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const version = this.version(api);
      const request = this.begin(api, version);
      write(request, version);
      this.send(api, version, request, [], (reader) => resolve(read(reader, version)), reject, timeoutMs);
    });
  }

  get pendingCount(): number { return this.#pending.length; }
  /** The request whose answer is due next: since when (monotonic) it waits, and how long the broker may well take. */
  get waiting(): { readonly call: string; readonly sinceMs: number; readonly allowedMs: number } | undefined {
    const first = this.#pending[0];
    if (first === undefined) return undefined;
    const { call, deadline, timeoutMs } = first;
    return { call, sinceMs: deadline - timeoutMs, allowedMs: call === APIS.fetch.name ? Math.max(0, timeoutMs - this.#config.requestTimeoutMs) : 0 };
  }

  /** Runs once when the connection dies, at once if it is dead. */
  onClose(action: () => void): void { if (this.failure) action(); else this.#onClose.push(action); }

  close(error: RivuletError = kafkaClientClosed({})): void { this.#fail(error); }

  #onFrame(frame: Buffer): void {
    const pending = this.#pending.shift();
    if (pending === undefined) { this.#fail(kafkaProtocolViolation({ server: this.server, call: 'no request', why: 'an answer came that nobody asked for' })); return; }
    try {
      const reader = new WireReader(frame, 0, pending.flexible, this.server, pending.call);
      const correlationId = reader.i32();
      if (correlationId !== pending.correlationId) throw reader.violation(`answer ${correlationId} came in place of ${pending.correlationId}`);
      reader.tags();
      pending.onFrame(reader);
    } catch (e) {
      const error = isRivuletError(e) ? e : internalError({ what: `the answer to ${pending.call} could not be handled` }, { cause: e });
      pending.onFailure(error);
      this.#fail(error);
    }
  }

  #fail(error: RivuletError): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.#cancelTimer?.();
    this.#socket?.destroy();
    for (const pending of this.#pending.splice(0)) pending.onFailure(error);
    for (const action of this.#onClose.splice(0)) action();
  }

  /** One timer per connection, set to the earliest deadline. */
  #watch(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = deadline;
    this.#cancelTimer = this.#clock.after(Math.max(1, deadline - this.#clock.monotonic()), () => {
      this.#timerAt = Infinity;
      const now = this.#clock.monotonic();
      let next = Infinity;
      for (const pending of this.#pending) {
        if (pending.deadline <= now) {
          this.#fail(kafkaTimeout({ call: pending.call, server: this.server, timeoutMs: pending.timeoutMs }));
          return;
        }
        next = Math.min(next, pending.deadline);
      }
      if (next < Infinity) this.#watch(next);
    });
  }
}

function isRivuletError(e: unknown): e is RivuletError { return e instanceof Error && 'sqlstate' in e && 'retry' in e; }
function reason(e: Error & { code?: string }): string {
  const nested = (e as { errors?: Error[] }).errors;   // AggregateError of several addresses
  return (nested?.map((n) => n.message).join('; ') ?? e.message) || (e.code ?? 'unknown reason');
}
