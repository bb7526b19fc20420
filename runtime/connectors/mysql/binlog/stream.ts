/**
 * `BinlogStream`: the connection, the queue and the reader together, with reconnects. Everything is decoded inside `next`; callbacks of
 * the socket only queue bytes and wake. When the queue is full the socket is not read, so the server waits.
 *
 * A loss shows when all that had arrived was given: then it connects again, at once and with growing pauses, from the last whole
 * transaction; `reader.ts` passes over the rows of a half one. Silence for two and a half heartbeats is a loss too, and so is a reader
 * that logs in with this one's id while there is another id to go on with.
 */
import { binlogDiverged, binlogPurged, binlogServerIdTaken, binlogUnreadable } from '../../../../core/errors/mysql-binlog.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import { mysqlConnectionLost } from '../../../../core/errors/mysql.ts';
import { openConnection, withConnection } from '../connection/open.ts';
import { serverText, type MySqlServer } from '../connection/server.ts';
import type { BinlogEvent, BinlogPosition, BinlogStream, BinlogStreamOptions, ServerFacts } from '../contract.ts';
import { dumpError, EOF_PACKET, ERROR_PACKET, openDump, readDumpError, type Dump, type DumpError } from './connection.ts';
import { charsetsById, serverFacts, whatIsLeft } from './facts.ts';
import { EventReader } from './reader.ts';
import { resolveStart, type BinlogStart } from './start.ts';
import type { Charsets } from './table-map.ts';
import { Progress } from './transaction.ts';
import { rowsOfPrepared, type LookBack } from './xa-lookback.ts';
import { loadCharsetTables, usedCharsets } from '../types/charset-tables.ts';

const QUEUE_BYTES = 8 * 1024 * 1024, MAX_RETRIES = 10, FIRST_PAUSE_MS = 200, LAST_PAUSE_MS = 10_000, SILENT_HEARTBEAT_MS = 30_000;
/** Events of other tables are passed over for so many bytes before others get their turn. */
const TURN_BYTES = 4 * 1024 * 1024;
/** So often an id is changed; from then on, pushing one another away in turn would be all that happens. */
const MAX_ID_CHANGES = 10, ID_CHANGES_WITHIN_MS = 60_000;

const isOf = (error: unknown, card: { readonly card: { readonly name: string } }): boolean => error instanceof RivuletError && error.code === card.card.name;

/** Connects when `open` is called. `facts`: from `serverFacts`, asked of the server when not given. */
export function openBinlogStream(server: MySqlServer, facts: ServerFacts | undefined, options: BinlogStreamOptions): BinlogStream { return new Stream(server, facts, options); }

/** A second connection of the same id would end this one. */
const lookBackId = (serverId: number): number => serverId + 1_000_000_007 & 0x7fffffff;

class Stream implements BinlogStream {
  private readonly server: MySqlServer;
  private facts: ServerFacts | undefined;
  private readonly options: BinlogStreamOptions;
  private reader: EventReader | undefined;
  private dump: Dump | undefined;
  private failure: RivuletError | undefined;
  private lost: string | undefined;
  private isConnecting = false;
  private isPaused = false;
  private isEnded = false;
  private isClosed = false;
  private retries = 0;
  private held: { readonly b: Buffer; readonly start: number; readonly end: number } | undefined;
  private uuid: string | undefined;
  private serverId: number;
  private idChanges: number[] = [];
  private pause: NodeJS.Timeout | undefined;
  private watch: NodeJS.Timeout | undefined;
  private endPause: (() => void) | undefined;
  private readonly counts = { lastHeardMs: 0, reconnects: 0, readBytes: 0 };
  constructor(server: MySqlServer, facts: ServerFacts | undefined, options: BinlogStreamOptions) {
    this.server = server;
    this.facts = facts;
    this.options = options;
    this.serverId = options.serverId;
  }
  get position(): BinlogPosition { return this.reader?.progress.position ?? { file: '', pos: 4, gtids: null }; }
  get stats(): BinlogStream['stats'] { return { queuedBytes: this.dump?.packets.size ?? 0, ...this.counts }; }

  async open(start: BinlogStart): Promise<void> {
    const { server, options } = this;
    const connection = await openConnection(server);
    let facts: ServerFacts, charsets: Charsets;
    try {
      facts = this.facts ??= await serverFacts(server, connection);
      charsets = await charsetsById(server, connection, facts);
      await loadCharsetTables(server, connection, await usedCharsets(server, connection));
    } finally { connection.destroy(); }
    // A file may be purged between the question which is the first and the request to send it.
    for (let attempt = 0; ; attempt++) {
      const position = await resolveStart(server, facts, this.serverId, start);
      this.reader = new EventReader(new Progress(facts.flavor, position), { server: serverText(server), flavor: facts.flavor, charsets, wants: options.wants, wake: options.wake, verifyChecksums: options.verifyChecksums ?? true, askXa: (id, file, pos) => { void this.lookBack(id, { context: { server, facts, serverId: lookBackId(this.serverId) }, charsets, wants: options.wants, file, pos }); } });
      try {
        await this.connect(facts);
        break;
      } catch (error) {
        this.drop();
        if (await this.changeId(error)) continue;
        const isPurged = isOf(error, binlogPurged);
        if (!isPurged || typeof start === 'object' && 'file' in start || attempt === 3) throw error;
      }
    }
    if (this.isClosed) { this.drop(); return; }
    this.watch = setInterval(() => this.listen(), Math.max(50, this.heartbeatMs / 2));
    this.watch.unref();
  }
  private get heartbeatMs(): number { return this.options.heartbeatMs > 0 ? this.options.heartbeatMs : SILENT_HEARTBEAT_MS; }

  /** Resolves when the server has begun to send. */
  private async connect(facts: ServerFacts): Promise<void> {
    const { options, server } = this, from = this.reader!.progress.resume;
    let first: (() => void) | undefined;
    const begun = new Promise<void>((resolve) => { first = resolve; });
    this.lost = undefined;
    this.isPaused = false;
    const dump = await openDump(server, facts, from, { serverId: this.serverId, heartbeatMs: this.heartbeatMs, nonBlocking: options.nonBlocking ?? false }, {
      data: (chunk) => {
        this.counts.readBytes += chunk.length;
        this.counts.lastHeardMs = Date.now();
        if (first !== undefined && dump.packets.peek() !== undefined) { first(); first = undefined; }
        if (dump.packets.size > (options.queueBytes ?? QUEUE_BYTES) && !this.isPaused) { this.isPaused = true; dump.pause(); }
        options.wake();
      },
      lost: (why) => {
        first?.();
        this.lost ??= why;
        options.wake();
      },
    });
    this.dump = dump;
    this.counts.lastHeardMs = Date.now();
    // File and offset mean nothing on another server.
    if (this.uuid !== undefined && dump.uuid !== undefined && dump.uuid !== this.uuid) throw binlogDiverged({ server: serverText(server), place: `${from.file}:${from.pos}`, why: `Another server answers now (${dump.uuid} instead of ${this.uuid}), and without GTIDs (gtid_mode = ON) the place in its log is not known` });
    this.uuid ??= dump.uuid;
    const limit = setTimeout(() => { this.lost ??= 'the server did not begin to send its binlog'; first?.(); }, server.connectTimeoutMs);
    await begun;
    clearTimeout(limit);
    await this.checkFirst(dump, from);
  }
  /** A refusal is the first packet. */
  private async checkFirst(dump: Dump, from: BinlogPosition): Promise<void> {
    const { packets } = dump;
    // Not taken from the queue when it is an event: its length stands in front of it, its first byte says what it is.
    const first = packets.peek();
    if (first !== ERROR_PACKET) {
      if (this.lost !== undefined && packets.size === 0) throw mysqlConnectionLost({ server: serverText(this.server), why: this.lost });
      return;
    }
    while (!packets.next()) {
      if (this.lost !== undefined) throw mysqlConnectionLost({ server: serverText(this.server), why: this.lost });
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    throw await this.explain(readDumpError(packets.bytes, packets.start, packets.end), from);
  }
  private async explain(error: DumpError, from: BinlogPosition): Promise<RivuletError> {
    let left: string | undefined;
    if (error.number === 1236) {
      try {
        const connection = await openConnection(this.server);
        left = await whatIsLeft(this.server, connection, this.facts!).finally(() => { connection.destroy(); });
      } catch { left = undefined; }
    }
    return dumpError(this.server, error, this.serverId, from, left);
  }

  /** True when `error` says that the id is taken and another one was found. */
  private async changeId(error: unknown): Promise<boolean> {
    const now = Date.now();
    if (!isOf(error, binlogServerIdTaken)) return false;
    this.idChanges = [...this.idChanges.filter((at) => now - at < ID_CHANGES_WITHIN_MS), now];
    const other = this.idChanges.length > MAX_ID_CHANGES ? undefined : await this.options.otherServerId?.();
    if (other === undefined) return false;
    this.serverId = other;
    return true;
  }

  next(): BinlogEvent | undefined {
    const { reader } = this;
    if (this.failure !== undefined) throw this.failure;
    if (reader === undefined || this.isClosed || this.isConnecting) return undefined;
    try { return this.advance(reader); } catch (error) {
      this.failure = error as RivuletError;
      this.drop();
      throw error;
    }
  }
  /** A statement that brings in another character set waits, unread, until it is known how to read its texts: rows may stand behind it. */
  private isHeld(reader: EventReader, b: Buffer, start: number, end: number): boolean {
    const missing = reader.charsetsBroughtBy(b, start, end);
    if (missing.length === 0) return false;
    this.held = { b, start, end };
    this.isConnecting = true;
    void withConnection(this.server, {}, (connection) => loadCharsetTables(this.server, connection, missing)).catch((error: unknown) => { this.failure = error as RivuletError; }).finally(() => { this.isConnecting = false; this.options.wake(); });
    return true;
  }
  private advance(reader: EventReader): BinlogEvent | undefined {
    const { dump, held } = this;
    if (held !== undefined) {
      this.held = undefined;
      const event = reader.feed(held.b, held.start, held.end);
      if (event !== undefined) return event;
    }
    for (let bytes = 0; bytes < TURN_BYTES;) {
      const ready = reader.pending();
      if (ready !== undefined) return ready;
      if (reader.isWaiting) return undefined;
      if (dump === undefined || !dump.packets.next()) return this.dry(reader);
      const { packets } = dump, { bytes: b, start, end } = packets, first = b[start];
      if (this.isPaused && packets.size < (this.options.queueBytes ?? QUEUE_BYTES) / 2) this.resume(dump);
      bytes += end - start;
      if (first === 0) {
        if (this.isHeld(reader, b, start + 1, end)) return undefined;
        const event = reader.feed(b, start + 1, end);
        // Only what moves on counts: a server that is lost again right after its greeting must not be asked in a circle.
        if (event !== undefined) { this.retries = 0; return event; }
      } else if (first === EOF_PACKET && end - start < 9) {
        if (this.options.nonBlocking !== true) { this.lose('the server ended the binlog'); continue; }
        this.isEnded = true;
        this.drop();
        return reader.atEnd();
      } else if (first === ERROR_PACKET) {
        this.refused(readDumpError(b, start, end));
      } else {
        throw binlogUnreadable({ server: serverText(this.server), place: reader.place, why: `a packet begins with ${first}` });
      }
    }
    setImmediate(this.options.wake);
    return reader.moved();
  }
  private resume(dump: Dump): void {
    this.isPaused = false;
    this.counts.lastHeardMs = Date.now();
    dump.resume();
  }
  /** All that had arrived was given. */
  private dry(reader: EventReader): BinlogEvent | undefined {
    const { dump } = this;
    if (this.isEnded) return undefined;
    if (dump !== undefined && this.isPaused) this.resume(dump);
    const moved = reader.moved();
    if (dump?.packets.broken !== undefined) this.lose(dump.packets.broken);
    if (this.lost !== undefined) void this.reconnect(reader);
    return moved;
  }
  private async lookBack(id: string, at: LookBack): Promise<void> {
    let found: 'none' | 'some' | 'unknown';
    try { found = await rowsOfPrepared(id, at); } catch { found = 'unknown'; }
    this.reader?.xaKnown(found);
    this.options.wake();
  }
  /** The server ends the stream: for good, or because it shuts down. */
  private refused(error: DumpError): void {
    if (error.isLoss) { this.lose(error.text); return; }
    this.isConnecting = true;
    const from = this.reader!.progress.resume;
    this.drop();
    void this.afterRefusal(error, from).catch((failure: unknown) => { this.failure = failure as RivuletError; }).finally(() => { this.isConnecting = false; this.options.wake(); });
  }
  private async afterRefusal(error: DumpError, from: BinlogPosition): Promise<void> {
    const failure = await this.explain(error, from);
    if (await this.changeId(failure)) this.lost = failure.message;
    else this.failure = failure;
  }
  private lose(why: string): void {
    this.lost ??= why;
    this.drop();
  }
  private drop(): void {
    this.dump?.destroy();
    this.dump = undefined;
  }
  /** A connection can be dead without anybody saying so. */
  private listen(): void {
    if (this.isEnded || this.isPaused || this.isConnecting || this.dump === undefined || this.lost !== undefined || this.dump.packets.size > 0) return;
    const silentMs = Date.now() - this.counts.lastHeardMs;
    if (silentMs <= this.heartbeatMs * 2.5 + 1000) return;
    this.lose(`nothing was heard for ${Math.round(silentMs / 1000)} s`);
    this.options.wake();
  }

  private async reconnect(reader: EventReader): Promise<void> {
    const why = this.lost ?? 'the connection was closed';
    this.isConnecting = true;
    this.drop();
    reader.reset();
    try {
      await this.tryAgain(why);
    } catch (error) {
      this.failure = error as RivuletError;
    }
    this.isConnecting = false;
    if (this.isClosed) this.drop();
    this.options.wake();
  }
  private async tryAgain(why: string): Promise<void> {
    for (;;) {
      if (this.retries >= (this.options.maxRetries ?? MAX_RETRIES)) throw mysqlConnectionLost({ server: serverText(this.server), why: `${why}; ${this.retries} attempts to connect again failed` });
      if (this.retries > 0) await this.rest(Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.retries - 1)));
      if (this.isClosed) return;
      this.retries++;
      this.counts.reconnects++;
      try {
        await this.connect(this.facts!);
        return;
      } catch (error) {
        this.drop();
        if (await this.changeId(error)) continue;
        if (!(error instanceof RivuletError) || error.retry === 'never' || isOf(error, binlogDiverged)) throw error;
        why = error.detail ?? error.message;
      }
    }
  }
  private rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.endPause = resolve;
      this.pause = setTimeout(resolve, ms);
    });
  }

  close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.pause);
    clearInterval(this.watch);
    this.endPause?.();
    this.drop();
    return Promise.resolve();
  }
}

