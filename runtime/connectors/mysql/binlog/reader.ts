/**
 * From packets to what a job is told: the state machine over the events of a binlog. It knows frames of transactions (GTID, BEGIN, XID,
 * XA …), keeps the place, verifies checksums, looks up table maps and hands out rows undecoded. Without I/O of its own.
 *
 * Rows of tables nobody wants are skipped by their table id; a transaction without wanted rows gives no events, only a new position. What
 * could mean lost or wrong rows throws: statement-based changes, partial row images, incidents, events of unknown kinds.
 */
import { binlogDiverged, binlogUnreadable, binlogUnsupported } from '../../../../core/errors/mysql-binlog.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import { tableText, type BinlogEvent, type BinlogPosition, type RowsEvent, type ServerFacts, type TableId, type TableMap } from '../contract.ts';
import { checksumOf } from './checksum.ts';
import { inflateMaria, PayloadEvents } from './compressed.ts';
import * as E from './event-codes.ts';
import { COMPLETED_XA, GtidReader, mariaXaId, PREPARED_XA, STANDALONE } from './gtid-events.ts';
import { MariaGtidSet, MySqlGtidSet } from './gtid-set.ts';
import { lenenc, lenencAt } from './lenenc.ts';
import { changedTables, isBegin, kindOf, readStatement, savepointName, xaId, type Statement } from './statements.ts';
import { charsetsNamedIn } from '../types/charset-tables.ts';
import { TableMaps } from './table-maps.ts';
import type { Charsets } from './table-map.ts';
import { heldBytes, SavedRows, type HeldRows } from './held.ts';
import { Half, type Progress } from './transaction.ts';

/** Rows of XA transactions that are not committed yet; rows behind a savepoint, which are let out beyond it. */
const MOST_XA_BYTES = 256 * 1024 * 1024, MOST_SAVED_BYTES = 64 * 1024 * 1024;

class Rows implements RowsEvent {
  readonly kind = 'rows';
  change: 'insert' | 'update' | 'delete' = 'insert';
  table: TableMap = undefined as never;
  timestampMs = 0;
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
}
/** Texts are made when they are asked for: one-row transactions would spend half their time on them. */
class Begin {
  readonly kind = 'begin';
  timestampMs = 0;
  private readonly reader: GtidReader;
  hasGtid = false;
  constructor(reader: GtidReader) { this.reader = reader; }
  get gtid(): string | null { return this.hasGtid ? gtidText(this.reader) : null; }
}
class AtPosition<K extends 'commit' | 'heartbeat' | 'end'> {
  readonly kind: K;
  timestampMs = 0;
  private readonly progress: Progress;
  constructor(kind: K, progress: Progress) { this.kind = kind; this.progress = progress; }
  get position(): BinlogPosition { return this.progress.position; }
}
const gtidText = (reader: GtidReader): string => (reader.source.length < 36 ? `${reader.source}-${reader.number}` : `${reader.source}:${reader.number}`);

export interface ReaderOptions {
  /** `host:port`, for errors. */
  readonly server: string;
  readonly flavor: ServerFacts['flavor'];
  readonly charsets: Charsets;
  readonly wants: (table: TableId) => boolean;
  readonly wake: () => void;
  readonly verifyChecksums: boolean;
  /** Asks whether a transaction that was prepared before the reader's place has wanted rows; `xaKnown` tells. Absent: refused. */
  readonly askXa?: (id: string, file: string, pos: number) => void;
}

export class EventReader {
  readonly progress: Progress;
  private readonly options: ReaderOptions;
  private readonly maps: TableMaps;
  private readonly gtid = new GtidReader();
  private readonly rows = new Rows();
  private readonly begin = new Begin(this.gtid);
  private readonly commit: AtPosition<'commit'>;
  private readonly beat: AtPosition<'heartbeat'>;
  private readonly ended: AtPosition<'end'>;
  /** -1: not known before the first event. */
  private checksumBytes = -1;
  private payload: PayloadEvents | undefined;
  /** Events that come behind the one given: `ready[at…]`, then, when `isClosing`, the end of the transaction. */
  private ready: BinlogEvent[] = [];
  private readyAt = 0;
  private isClosing = false;
  private hasGtid = false;
  /** An event told of the transaction before it begins. */
  private isAnnounced = false;
  private inTransaction = false;
  private isBegun = false;
  private transactionMs = 0;
  private transactionStart = 0;
  /** Of the running transaction: rows events read and what they were, and how many of them are out. */
  private seen = 0;
  private seenMark = 0;
  private given = 0;
  private givenMark = 0;
  private saved: SavedRows | undefined;
  private half: Half | undefined;
  private xaId: string | undefined;
  private isAsking = false;
  private xaRefused: RivuletError | undefined;
  private heldBytes = 0;
  private hasMoved = false;
  constructor(progress: Progress, options: ReaderOptions) {
    this.progress = progress;
    this.options = options;
    this.maps = new TableMaps(options, options.wants);
    this.commit = new AtPosition('commit', progress);
    this.beat = new AtPosition('heartbeat', progress);
    this.ended = new AtPosition('end', progress);
  }
  /** The connection was lost and all that had arrived was given: forget its table ids and the half transaction, which comes again. */
  reset(): void {
    if (this.half === undefined && this.given > 0) this.half = new Half(this.key, this.given, this.givenMark);
    this.checksumBytes = -1;
    this.maps.forgetIds();
    this.leave();
    this.hasGtid = false;
    this.progress.file = this.progress.wholeFile;
    this.progress.pos = this.progress.wholePos;
  }
  /** Rows of a transaction were given whose end was not. */
  get isInside(): boolean { return this.isBegun || this.half !== undefined; }
  /** Character sets that the event, if it is a statement, names and nobody can read yet. Header at `start`. */
  charsetsBroughtBy(b: Buffer, start: number, end: number): string[] {
    if (b[start + 4] !== E.QUERY) return [];
    const behind = end - Math.max(0, this.checksumBytes);
    if (isBegin(b, behind)) return [];
    const { sql } = this.attempt(() => readStatement(b, start + E.HEADER, behind, this.options.charsets, undefined));
    return kindOf(sql) === 'other' ? charsetsNamedIn(sql, [...this.options.charsets.values()].map((c) => c.charset)) : [];
  }
  get place(): string { return `${this.progress.file}:${this.progress.pos}`; }

  /** An event that was ready already, or one of a compressed transaction; undefined: feed the next packet, or `isWaiting`. */
  pending(): BinlogEvent | undefined {
    if (this.xaRefused !== undefined) throw this.xaRefused;
    if (this.readyAt < this.ready.length) return this.ready[this.readyAt++];
    if (this.readyAt > 0) { this.ready = []; this.readyAt = 0; }
    if (this.isClosing) return this.committed();
    while (this.payload !== undefined) {
      const { payload } = this, state = this.attempt(() => payload.next());
      if (state === 'wait') return undefined;
      if (state === 'end') { payload.close(); this.payload = undefined; return undefined; }
      const event = this.guarded(payload.bytes, payload.start, payload.end, true);
      if (event !== undefined) return event;
    }
    return undefined;
  }
  /** The next events are being inflated: no packet may be fed. */
  get isWaiting(): boolean { return this.payload !== undefined || this.isAsking; }
  /** What `askXa` asked for: rows that nobody wants can be passed over. */
  xaKnown(found: 'none' | 'some' | 'unknown'): void {
    this.isAsking = false;
    if (found === 'none') this.done(); else this.xaRefused = this.unknownXa(found);
  }
  /** The new position, if it moved without an event having told of it. */
  moved(): BinlogEvent | undefined {
    if (!this.hasMoved || this.inTransaction) return undefined;
    this.hasMoved = false;
    return this.beat;
  }
  atEnd(): BinlogEvent { return this.ended; }

  /** One event of the log, header first: `b[start, end)`. */
  feed(b: Buffer, start: number, end: number): BinlogEvent | undefined { return this.guarded(b, start, end, false); }
  private guarded(b: Buffer, start: number, end: number, isInner: boolean): BinlogEvent | undefined {
    try { return this.event(b, start, end, isInner); } catch (error) { throw this.unreadable(error); }
  }
  private attempt<T>(work: () => T): T { try { return work(); } catch (error) { throw this.unreadable(error); } }
  private unreadable(error: unknown): RivuletError {
    return error instanceof RivuletError ? error : binlogUnreadable({ server: this.options.server, place: this.place, why: (error as Error).message }, { cause: error });
  }
  private refuse(what: string, hint: string): RivuletError { return binlogUnsupported({ server: this.options.server, place: this.place, what, hint }); }

  private event(b: Buffer, start: number, end: number, isInner: boolean): BinlogEvent | undefined {
    if (end - start < E.HEADER) throw new RangeError(`an event has ${end - start} bytes`);
    const type = b[start + 4]!, length = b.readUInt32LE(start + 9), endLow = b.readUInt32LE(start + 13), flags = b.readUInt16LE(start + 17), body = start + E.HEADER;
    if (length !== end - start) throw new RangeError(`an event of ${end - start} bytes says it has ${length}`);
    let sign = length;
    if (!isInner) {
      if (type === E.FORMAT_DESCRIPTION) this.checksumBytes = b[end - 5] === 1 ? 4 : 0;
      else if (this.checksumBytes < 0) this.checksumBytes = b.readInt32LE(end - 4) === checksumOf(b, start, end - 4) ? 4 : 0;
      if (this.checksumBytes === 4) {
        end -= 4;
        sign = b.readInt32LE(end);
        if (this.options.verifyChecksums && checksumOf(b, start, end) !== sign) throw new RangeError(`the checksum of an event of ${length} bytes does not match`);
      }
      // The last 0 of the file and events of the dump thread stand nowhere in it.
      if (endLow !== 0 && (flags & E.ARTIFICIAL_FLAG) === 0 && type !== E.HEARTBEAT && type !== E.HEARTBEAT_2) this.progress.moveTo(endLow, length);
    }
    const seconds = b.readUInt32LE(start);
    switch (type) {
      case E.TABLE_MAP: this.maps.add(b, body, end); return undefined;
      case E.WRITE_ROWS_2: case E.WRITE_ROWS_1: return this.rowsEvent('insert', type === E.WRITE_ROWS_2, b, body, end, seconds, sign, false);
      case E.UPDATE_ROWS_2: case E.UPDATE_ROWS_1: return this.rowsEvent('update', type === E.UPDATE_ROWS_2, b, body, end, seconds, sign, false);
      case E.DELETE_ROWS_2: case E.DELETE_ROWS_1: return this.rowsEvent('delete', type === E.DELETE_ROWS_2, b, body, end, seconds, sign, false);
      case E.WRITE_ROWS_COMPRESSED_1: case E.WRITE_ROWS_COMPRESSED_2: return this.rowsEvent('insert', type === E.WRITE_ROWS_COMPRESSED_2, b, body, end, seconds, sign, true);
      case E.UPDATE_ROWS_COMPRESSED_1: case E.UPDATE_ROWS_COMPRESSED_2: return this.rowsEvent('update', type === E.UPDATE_ROWS_COMPRESSED_2, b, body, end, seconds, sign, true);
      case E.DELETE_ROWS_COMPRESSED_1: case E.DELETE_ROWS_COMPRESSED_2: return this.rowsEvent('delete', type === E.DELETE_ROWS_COMPRESSED_2, b, body, end, seconds, sign, true);
      case E.GTID: this.gtid.readPlain(b, body, end); this.nextTransaction(true, seconds, length); return undefined;
      case E.GTID_TAGGED: this.gtid.readTagged(b, body, end); this.nextTransaction(true, seconds, length); return undefined;
      case E.ANONYMOUS_GTID: this.gtid.readPlain(b, body, end); this.nextTransaction(false, seconds, length); return undefined;
      case E.MARIA_GTID: this.gtid.readMaria(b, body, end, b.readUInt32LE(start + 5)); return this.mariaGtid(b, body, seconds, length);
      case E.QUERY:
        if (isBegin(b, end)) { this.enterByStatement(seconds, length); return undefined; }
        return this.statement(readStatement(b, body, end, this.options.charsets, undefined), seconds, length);
      case E.QUERY_COMPRESSED: return this.statement(readStatement(b, body, end, this.options.charsets, (s, e) => inflateMaria(b, s, e)), seconds, length);
      case E.XID: return this.finish();
      case E.XA_PREPARE: return this.prepare(b, body);
      case E.TRANSACTION_PAYLOAD:
        if (isInner) throw new RangeError('a compressed transaction holds another');
        this.payload = new PayloadEvents(b, body, end, this.options.wake);
        return this.pending();
      case E.ROTATE: this.rotate(b, body, end, seconds, flags); return undefined;
      case E.FORMAT_DESCRIPTION: this.newFile(endLow); return undefined;
      case E.PREVIOUS_GTIDS: case E.MARIA_GTID_LIST: case E.STOP: case E.BINLOG_CHECKPOINT: case E.ROWS_QUERY: case E.ANNOTATE_ROWS: case E.TRANSACTION_CONTEXT: case E.VIEW_CHANGE: case E.IGNORABLE: case E.START_ENCRYPTION:
      // They stand before the statement they belong to, which decides.
      case E.INTVAR: case E.RAND: case E.USER_VAR: case E.BEGIN_LOAD_QUERY: case E.APPEND_BLOCK: case E.DELETE_FILE: return undefined;
      case E.HEARTBEAT: case E.HEARTBEAT_2: return this.heartbeat(endLow);
      case E.EXECUTE_LOAD_QUERY: return this.loadStatement(b, body, end);
      case E.PARTIAL_UPDATE_ROWS: return this.partialUpdate(b, body);
      case E.INCIDENT: throw this.refuse('an incident: the server says that it lost changes', 'Take a new snapshot: start the job anew without its old state.');
      default:
        if ((flags & E.IGNORABLE_FLAG) !== 0) return undefined;
        throw this.refuse(`an event of type ${type}, which this version does not know`, 'It may change rows, so it cannot be passed over.');
    }
  }

  // ---- frames of transactions
  private nextTransaction(hasGtid: boolean, seconds: number, length: number): void {
    if (this.inTransaction) this.cutOff();
    this.hasGtid = hasGtid;
    this.isAnnounced = true;
    this.transactionMs = this.gtid.commitMs > 0 ? this.gtid.commitMs : seconds * 1000;
    this.transactionStart = this.progress.pos - length;
  }
  private mariaGtid(b: Buffer, at: number, seconds: number, length: number): undefined {
    this.nextTransaction(true, seconds, length);
    const { flags } = this.gtid;
    if ((flags & STANDALONE) === 0) this.enter();
    if ((flags & PREPARED_XA) !== 0) this.xaId = mariaXaId(b, at, flags);
    if ((flags & COMPLETED_XA) !== 0) this.inTransaction = false;
  }
  private enter(): void { this.inTransaction = true; }
  /** A transaction begins that was not announced by a GTID event. */
  private enterByStatement(seconds: number, length: number): void {
    if (this.inTransaction) return;
    if (!this.isAnnounced) { this.transactionMs = seconds * 1000; this.transactionStart = this.progress.pos - length; }
    this.enter();
  }
  private leave(): void {
    this.inTransaction = this.isBegun = this.isAnnounced = false;
    this.given = this.givenMark = this.seen = this.seenMark = 0;
    this.isClosing = false;
    this.saved = this.xaId = undefined;
  }
  private get key(): string { return this.hasGtid ? gtidText(this.gtid) : `${this.progress.file}:${this.transactionStart}`; }
  /** The transaction is whole. */
  private finish(): BinlogEvent | undefined {
    if (this.half !== undefined && this.isBegun) throw this.diverged('the transaction ends before the rows that were read of it');
    if (this.saved !== undefined && !this.saved.isEmpty) { this.isClosing = true; return this.letOut(this.saved.take()); }
    if (this.isBegun) return this.committed();
    this.done();
    return undefined;
  }
  private committed(): BinlogEvent {
    this.done();
    this.hasMoved = false;
    this.commit.timestampMs = this.transactionMs;
    return this.commit;
  }
  /** Gives rows that were held back; the first event of them. */
  private letOut(rows: readonly HeldRows[]): BinlogEvent | undefined {
    this.given = this.seen;
    this.givenMark = this.seenMark;
    const events: BinlogEvent[] = rows.map((held) => Object.assign(new Rows(), { change: held.change, table: held.table, timestampMs: held.timestampMs, bytes: held.bytes, start: 0, end: held.bytes.length }));
    if (!this.isBegun) { this.isBegun = true; this.fillBegin(); events.unshift(this.begin); }
    this.ready = events;
    this.readyAt = 1;
    return events[0];
  }
  private done(): void {
    this.progress.done(this.hasGtid ? this.gtid : undefined);
    this.hasGtid = false;
    this.hasMoved = true;
    this.leave();
  }
  /** A transaction without an end, after a crash of the server: it was rolled back. */
  private cutOff(): void {
    if (this.isBegun) throw this.diverged('a transaction whose rows were read has no end: the server rolled it back when it recovered');
    this.hasGtid = false;
    this.leave();
  }
  private diverged(why: string): RivuletError { return binlogDiverged({ server: this.options.server, place: this.place, why }); }

  private statement(statement: Statement, seconds: number, length: number): BinlogEvent | undefined {
    switch (kindOf(statement.sql)) {
      case 'begin': this.enterByStatement(seconds, length); return undefined;
      case 'commit': return this.finish();
      case 'rollback':
        if (this.isBegun) throw this.takenBack('ROLLBACK');
        this.saved = undefined;
        return this.finish();
      case 'rollback-to':
        if (this.saved?.rollbackTo(savepointName(statement.sql), this.given) === false || this.saved === undefined && this.isBegun) throw this.takenBack('ROLLBACK TO SAVEPOINT');
        return undefined;
      case 'savepoint':
        if (this.inTransaction && /^\s*SAVEPOINT/i.test(statement.sql)) (this.saved ??= new SavedRows()).savepoint(savepointName(statement.sql), this.seen);
        return undefined;
      case 'xa-end': return undefined;
      case 'xa-start': this.enterByStatement(seconds, length); this.xaId ??= xaId(statement.sql); return undefined;
      case 'xa-prepare': return this.prepared();
      case 'xa-commit': return this.completeXa(xaId(statement.sql), true);
      case 'xa-rollback': return this.completeXa(xaId(statement.sql), false);
      case 'rows': this.refuseChanges(statement); return this.afterStatement();
      case 'other': return this.other(statement, seconds);
    }
  }
  private takenBack(how: string): RivuletError { return this.refuse(`${how} behind rows of a transaction`, 'Rows that were read already are taken back. This takes more than 64 MiB of rows behind a savepoint, or a session with a binlog_format other than ROW. Take a new snapshot.'); }
  private other(statement: Statement, seconds: number): BinlogEvent {
    const timestampMs = this.isAnnounced ? this.transactionMs : seconds * 1000;
    this.afterStatement();
    this.hasMoved = false;
    return { kind: 'statement', ...statement, position: this.progress.position, timestampMs };
  }
  /** A statement that stands alone is its own transaction. */
  private afterStatement(): undefined { if (!this.inTransaction) this.done(); }
  private refuseChanges(statement: Statement): void {
    for (const [database, table] of changedTables(statement.sql, statement.database, statement.ansiQuotes)) {
      if (!this.options.wants({ database, table })) continue;
      throw this.refuse(`a statement that changes "${tableText({ database, table })}" (${statement.sql.trim().slice(0, 60)}…) instead of its rows`, 'Set binlog_format = ROW on the server, for all sessions, and take a new snapshot: which rows the statement changed cannot be known.');
    }
  }
  /** LOAD DATA of a statement-based log. */
  private loadStatement(b: Buffer, at: number, end: number): BinlogEvent | undefined {
    const databaseLength = b.readUInt8(at + 8), vars = b.readUInt16LE(at + 11), databaseAt = at + 26 + vars, textAt = databaseAt + databaseLength + 1;
    this.refuseChanges({ database: b.toString('utf8', databaseAt, databaseAt + databaseLength), sql: b.toString('utf8', textAt, end), ansiQuotes: false, noBackslashEscapes: false });
    return this.afterStatement();
  }

  // ---- XA
  private prepare(b: Buffer, at: number): BinlogEvent | undefined {
    const isOnePhase = b[at] !== 0;
    if (!isOnePhase) return this.prepared();
    return this.release(this.saved?.take() ?? []);
  }
  private prepared(): undefined {
    const { progress } = this, rows = this.saved?.take() ?? [];
    if (this.xaId !== undefined) {
      const canWait = progress.executed instanceof MySqlGtidSet && this.hasGtid;
      if (rows.length > 0 && !canWait) throw this.refuse(`a prepared XA transaction with rows of "${tableText(rows[0]!.table)}"`, 'XA transactions of captured tables need MySQL with gtid_mode = ON, so that they can be read again when they are committed after a restart.');
      progress.prepared.set(this.xaId, { gtid: this.hasGtid ? gtidText(this.gtid) : null, rows });
      this.heldBytes += heldBytes(rows);
    }
    this.done();
  }
  private completeXa(id: string, isCommit: boolean): BinlogEvent | undefined {
    const known = this.progress.prepared.get(id);
    if (known === undefined && isCommit) {
      if (this.options.askXa === undefined) throw this.unknownXa('unknown');
      this.isAsking = true;
      this.options.askXa(id, this.progress.file, this.progress.wholePos);
      return undefined;
    }
    this.progress.prepared.delete(id);
    this.heldBytes -= heldBytes(known?.rows ?? []);
    if (!isCommit || known === undefined) { this.done(); return undefined; }
    return this.release(known.rows);
  }
  /** It will not come again: the next start, and the snapshot it takes, lie behind it. */
  private unknownXa(found: 'some' | 'unknown'): RivuletError {
    return Object.assign(this.refuse(`the commit of an XA transaction ${found === 'some' ? 'with rows of captured tables ' : ''}that was prepared before the job began to read`, 'Take a new snapshot when XA RECOVER lists no prepared transaction.'), { retry: 'restart' });
  }
  /** Gives rows that were held back as one transaction, the one that ends now. */
  private release(rows: readonly HeldRows[]): BinlogEvent | undefined {
    this.leave();
    if (rows.length === 0) { this.done(); return undefined; }
    this.inTransaction = this.isClosing = true;
    return this.letOut(rows);
  }

  // ---- rows
  private fillBegin(): void {
    this.begin.hasGtid = this.hasGtid;
    this.begin.timestampMs = this.transactionMs;
  }
  private rowsEvent(change: RowsEvent['change'], isV2: boolean, b: Buffer, at: number, end: number, seconds: number, sign: number, isCompressed: boolean): BinlogEvent | undefined {
    const table = this.maps.find(b, at);
    if (table === null) return undefined;
    if (table === undefined) throw new RangeError('rows come without the description of their table');
    at += 8;
    if (isV2) at += b.readUInt16LE(at);
    const count = lenenc(b, at), width = count + 7 >> 3;
    at = lenencAt;
    if (count !== table.types.length) throw new RangeError(`rows of "${tableText(table)}" have ${count} columns, its description ${table.types.length}`);
    const images = change === 'update' ? 2 : 1;
    for (let image = 0; image < images; image++, at += width) {
      if (!isFull(b, at, count)) throw this.refuse(`rows of "${tableText(table)}" without all of their columns`, 'Set binlog_row_image = FULL on the server, for all sessions, and take a new snapshot.');
    }
    if (!this.inTransaction) this.enterByStatement(seconds, 0);
    this.seen++;
    this.seenMark = Half.next(this.seenMark, sign);
    if (this.half !== undefined && this.isAgain()) return undefined;
    let bytes = b;
    if (isCompressed) { bytes = inflateMaria(b, at, end); at = 0; end = bytes.length; }
    if (this.xaId !== undefined || this.saved !== undefined) return this.hold({ change, table, timestampMs: seconds * 1000, bytes: Buffer.from(bytes.subarray(at, end)) });
    const { rows } = this;
    rows.change = change;
    rows.table = table;
    rows.timestampMs = seconds * 1000;
    rows.bytes = bytes;
    rows.start = at;
    rows.end = end;
    this.given = this.seen;
    this.givenMark = this.seenMark;
    if (this.isBegun) return rows;
    this.isBegun = true;
    this.fillBegin();
    this.ready.push(rows);
    return this.begin;
  }
  /** True for rows that were given before the connection was lost. */
  private isAgain(): boolean {
    const half = this.half!;
    if (!this.isBegun) {
      if (half.key !== this.key) throw this.diverged(`transaction ${half.key}, of which rows were read, is gone; ${this.key} stands in its place`);
      this.isBegun = true;
    }
    this.given = this.seen;
    this.givenMark = this.seenMark;
    if (this.seen < half.events) return true;
    if (this.seenMark !== half.mark) throw this.diverged(`transaction ${half.key} has other rows than those that were read`);
    this.half = undefined;
    return true;
  }
  private hold(rows: HeldRows): BinlogEvent | undefined {
    const saved = this.saved ??= new SavedRows();
    saved.add(rows, this.seen);
    if (this.xaId === undefined) return saved.size > MOST_SAVED_BYTES ? this.letOut(saved.take()) : undefined;
    if (this.heldBytes + saved.size > MOST_XA_BYTES) throw this.refuse('XA transactions of more than 256 MiB that are not committed', 'Commit prepared transactions (XA RECOVER lists them) or make them smaller.');
    return undefined;
  }
  private partialUpdate(b: Buffer, at: number): undefined {
    const table = this.maps.find(b, at);
    if (table === null) return;
    throw this.refuse(`partial JSON updates of "${table === undefined ? 'a table' : tableText(table)}"`, "Set binlog_row_value_options = '' on the server, for all sessions, and take a new snapshot.");
  }

  // ---- files and places
  private rotate(b: Buffer, at: number, end: number, seconds: number, flags: number): void {
    const { progress } = this, file = b.toString('utf8', at + 8, end);
    const isMove = file !== progress.file;
    progress.file = file;
    progress.pos = b.readUIntLE(at, 6);
    if (this.inTransaction) return;
    // At the begin of a connection by GTID the place told is where the server looks, behind what it skips.
    if (seconds === 0 && (flags & E.ARTIFICIAL_FLAG) !== 0 && !isMove) return;
    progress.wholeFile = file;
    progress.wholePos = progress.pos;
    if (isMove) this.hasMoved = true;
  }
  /** Not the copy at the begin of a connection (end position 0): a file begins, so a transaction without an end has none. */
  private newFile(endLow: number): void {
    if (endLow === 0) return;
    if (this.inTransaction) this.cutOff();
    this.maps.forgetIds();
  }
  private heartbeat(endLow: number): BinlogEvent | undefined {
    if (this.inTransaction) return undefined;
    const { progress } = this;
    if (endLow !== 0) { progress.moveTo(endLow, 0); progress.wholePos = progress.pos; progress.wholeFile = progress.file; }
    this.hasMoved = false;
    return this.beat;
  }
  /** PREVIOUS_GTIDS and GTID_LIST bodies, for whoever searches a place. */
  static executedBefore(type: number, b: Buffer, at: number, end: number): MySqlGtidSet | MariaGtidSet {
    if (type === E.PREVIOUS_GTIDS) return MySqlGtidSet.decode(b, at, end);
    const set = new MariaGtidSet(), count = b.readUInt32LE(at) & 0xfffffff;
    for (let i = 0, p = at + 4; i < count; i++, p += 16) set.addTransaction(b.readUInt32LE(p), b.readUInt32LE(p + 4), b.readUInt32LE(p + 8) + b.readUInt32LE(p + 12) * 4294967296);
    return set;
  }
}
/** All columns are there. */
function isFull(b: Buffer, at: number, count: number): boolean {
  const whole = count >> 3;
  for (let i = 0; i < whole; i++) if (b[at + i] !== 255) return false;
  const rest = count & 7, mask = (1 << rest) - 1;
  return rest === 0 || (b[at + whole]! & mask) === mask;
}
