/**
 * The snapshot of all tables: a few connections that each cut a chunk, ask the reader to begin it between two transactions, and read it;
 * the reader takes finished ones from here once the stream has passed them (`chunk.ts`). What is begun and not emitted is bounded: twice
 * as many chunks as connections, each of a bounded number of rows.
 */
import type { Connection } from 'mysql2/promise';
import { RivuletError } from '../../../../core/errors/define.ts';
import { chunkTooLarge, keyChanged } from '../../../../core/errors/mysql-cdc.ts';
import { currentPosition } from '../binlog/facts.ts';
import { errorNumber, openConnection, query, withConnection } from '../connection/open.ts';
import type { MySqlServer } from '../connection/server.ts';
import type { BinlogPosition, MySqlTable, ServerFacts } from '../contract.ts';
import { Chunk } from './chunk.ts';
import { readChunk, sessionStatements, type FenceMode } from './fence.ts';
import type { Shape } from './output.ts';
import { isReached } from './place.ts';
import { RawRows } from './raw-rows.ts';
import { rangeHolds } from './ranges.ts';
import type { TableSnapshot } from './table-snapshot.ts';

/** Chunks begun or waiting per connection. */
const CHUNKS_PER_CONNECTION = 2;
/** Changes kept for all chunks in the making; beyond it the chunk with the most begins anew when the stream has calmed. */
const MOST_OVERLAID = 50_000;
const FIRST_BACKOFF_MS = 200, LAST_BACKOFF_MS = 5000;
/** Spare byte buffers of chunks kept for the next ones. */
const MOST_SPARE_BYTES = 16 << 20;

export interface SnapshotOptions {
  readonly server: MySqlServer;
  readonly facts: ServerFacts;
  readonly mode: FenceMode;
  readonly connections: number;
  readonly chunkSize: number;
  readonly maxRetries: number;
  /** The table's shape now; undefined when it has gone. */
  /** Deletes of rows whose chunk is not out yet go out too. */
  readonly tellsDeletes: boolean;
  readonly shapeOf: (table: string) => Shape | undefined;
  /** How far the stream is, once it has told. */
  readonly seen: () => BinlogPosition | undefined;
  readonly wake: () => void;
  readonly fail: (error: unknown) => void;
  readonly log: (level: 'info' | 'warn', message: string, fields?: Readonly<Record<string, unknown>>) => void;
}

export class Snapshot {
  /** By `db.table`, in the order they are read; finished ones leave. */
  readonly tables = new Map<string, TableSnapshot>();
  private readonly options: SnapshotOptions;
  private readonly starting: { chunk: Chunk; resolve: () => void }[] = [];
  /** Begun, in the order of their beginning. */
  private readonly begun: { readonly chunk: Chunk; readonly table: string }[] = [];
  private open = 0;
  private overlaid = 0;
  private isClosed = false;
  private hasFailed = false;
  /** Of all tables, since the start. */
  private schemaChanges = 0;
  private running = 0;
  private readonly spare: RawRows[] = [];
  private roomWaiters: (() => void)[] = [];
  constructor(options: SnapshotOptions) { this.options = options; }
  get tellsDeletes(): boolean { return this.options.tellsDeletes; }
  get isDone(): boolean { return this.tables.size === 0; }
  get isStarting(): boolean { return this.starting.length > 0; }
  get isReading(): boolean { return this.begun.length > 0; }
  /** An exact chunk does not know its position yet: the stream must stand still. */
  get blocksStream(): boolean { return this.begun.some(({ chunk }) => chunk.isExact && chunk.high === undefined && !chunk.isAbandoned); }
  start(): void {
    let wanted = 0;
    for (const table of this.tables.values()) { if (table.hasGaps) wanted += Math.max(1, table.estimatedChunks(this.options.chunkSize) - table.chunksDone); if (wanted >= this.options.connections) break; }
    wanted = Math.min(wanted, this.options.connections);
    while (this.running < wanted) { this.running++; void this.work().finally(() => {
        this.running--;
        // A range may have been given back while the connection was being closed.
        if (!this.isClosed && !this.hasFailed) this.start();
      }); }
  }
  /** Adds a table, also while others are read. */
  add(name: string, table: TableSnapshot): void { this.tables.set(name, table); }

  /** Called between two transactions: chunks that are about to be read begin here. */
  atBoundary(position: BinlogPosition | undefined): void {
    for (const { chunk, resolve } of this.starting.splice(0)) {
      chunk.start = position;
      const table = this.nameOf(chunk), snapshot = this.tables.get(table);
      // Its columns may have changed since it was asked for.
      if (this.options.shapeOf(table) !== chunk.shape) chunk.isAbandoned = true;
      if (snapshot !== undefined && !chunk.isAbandoned) { snapshot.chunks.push(chunk); this.begun.push({ chunk, table }); }
      resolve();
    }
  }
  /** A transaction is whole: exact chunks that reach beyond it hold its changes already. */
  committed(position: BinlogPosition): void { for (const { chunk } of this.begun) if (chunk.isExact && chunk.log.length > 0 && chunk.high !== undefined && chunk.high !== null && isReached(chunk.high, position)) chunk.log = []; }
  /** A chunk whose rows are true now, with its table. */
  settled(seen: BinlogPosition | undefined): { readonly chunk: Chunk; readonly table: string } | undefined {
    return this.begun.find(({ chunk }) => chunk.high === null || (chunk.high !== undefined && seen !== undefined && isReached(seen, chunk.high)));
  }
  /** The rows of a chunk are out: changes of its keys go out as they come. True when its table is done. */
  finish(name: string, chunk: Chunk): boolean {
    const table = this.tables.get(name);
    this.leave(chunk);
    table?.finish(chunk);
    if (table?.isDone === true) this.tables.delete(name);
    return table?.isDone === true;
  }
  /** Counts a change kept for a chunk. When too many are kept the chunk with the most begins anew. */
  kept(chunk: Chunk): void {
    if (++this.overlaid <= MOST_OVERLAID || chunk.isExact) return;
    let worst = chunk;
    for (const { chunk: other } of this.begun) if (other.overlay.size > worst.overlay.size) worst = other;
    this.abandon(worst);
  }
  /** The columns of a table have changed, or it has gone: what is being read of it is of no use. */
  abandonTable(name: string): void { for (const { chunk, table } of [...this.begun]) if (table === name) this.abandon(chunk); }
  /** The columns of a table are others now. Throws when rows that are out can no longer be told from those that are not. */
  schemaChanged(name: string, schema: MySqlTable, sql: string | null): void {
    const table = this.tables.get(name);
    this.schemaChanges++;
    if (table === undefined) return;
    this.abandonTable(name);
    for (const column of table.plan.columns) {
      const now = schema.columns.find((c) => c.name === column.name);
      if (now === undefined || now.dataType !== column.dataType || now.collation !== column.collation) throw keyChanged({ table: name, column: column.name, statement: sql });
    }
    if (JSON.stringify(schema.primaryKey) !== JSON.stringify(table.plan.identity.map((c) => c.name))) throw keyChanged({ table: name, column: schema.primaryKey.join(', '), statement: sql });
  }
  drop(name: string): void {
    this.schemaChanges++;
    this.abandonTable(name);
    this.tables.delete(name);
  }
  private abandon(chunk: Chunk): void {
    const name = this.nameOf(chunk), wasRead = chunk.high !== undefined;
    chunk.isAbandoned = true;
    this.leave(chunk);
    const table = this.tables.get(name);
    table?.remove(chunk);
    // One that is still being read is given back by its connection.
    if (wasRead) table?.giveBack(chunk.range);
    this.start();
  }
  private leave(chunk: Chunk): void {
    const at = this.begun.findIndex((b) => b.chunk === chunk);
    if (at >= 0) this.begun.splice(at, 1);
    this.overlaid -= chunk.overlay.size;
    if (chunk.high !== undefined) this.release(chunk);
  }
  private release(chunk: Chunk): void {
    this.open--;
    if (chunk.rows.bytes.length <= MOST_SPARE_BYTES / CHUNKS_PER_CONNECTION) this.spare.push(chunk.rows);
    for (const wake of this.roomWaiters.splice(0)) wake();
  }
  private nameOf(chunk: Chunk): string { return `${chunk.shape.table.database}.${chunk.shape.table.table}`; }

  private async work(): Promise<void> {
    let connection: Connection | undefined, attempts = 0;
    try {
      while (!this.isClosed) {
        // Before the table's columns are looked at: the stream may come to the statement while the answer is on its way.
        const { schemaChanges } = this;
        try {
          if (!await this.room()) return;
          const next = this.nextTable();
          if (next === undefined) return;
          const [name, table] = next;
          connection ??= await this.connect();
          await this.readOne(connection, name, table);
          attempts = 0;
        } catch (error) {
          connection?.destroy();
          connection = undefined;
          if (this.isClosed) return;
          if (hasTableChanged(error) && this.options.mode !== 'plain' && await this.schemaFollows(schemaChanges)) continue;
          if (!isTransient(error) || attempts++ >= this.options.maxRetries) { this.hasFailed = true; this.options.fail(error); return; }
          this.options.log('warn', 'reading a chunk failed; it is read again', { err: error });
          await new Promise((resolve) => setTimeout(resolve, Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempts)).unref());
        }
      }
    } finally { await connection?.end().catch(() => connection?.destroy()); }
  }
  private nextTable(): readonly [string, TableSnapshot] | undefined {
    for (const entry of this.tables) if (entry[1].hasGaps) return entry;
    return undefined;
  }
  /** Waits until another chunk may be begun. False: nothing to do any more. */
  private async room(): Promise<boolean> {
    while (!this.isClosed && this.open >= this.options.connections * CHUNKS_PER_CONNECTION) await new Promise<void>((resolve) => { this.roomWaiters.push(resolve); });
    return !this.isClosed;
  }
  private async connect(): Promise<Connection> {
    const { server, mode } = this.options, connection = await openConnection(server);
    try { for (const sql of sessionStatements(mode)) await query(server, connection, sql, [], 'set up reading'); } catch (error) { connection.destroy(); throw error; }
    return connection;
  }
  private async readOne(connection: Connection, name: string, table: TableSnapshot): Promise<void> {
    const { server, facts, mode } = this.options;
    this.open++;
    let chunk: Chunk | undefined;
    try {
      const range = await table.take(connection);
      if (range === undefined) return;
      const shape = this.options.shapeOf(name);
      if (shape === undefined) { table.giveBack(range); return; }
      chunk = new Chunk(range, shape, mode !== 'plain' && table.plan.identity.length === 0, this.spare.pop() ?? new RawRows());
      const begun = chunk;
      await new Promise<void>((resolve) => { this.starting.push({ chunk: begun, resolve }); this.options.wake(); });
      const isCancelled = (): boolean => this.isClosed || begun.isAbandoned;
      if (isCancelled()) return;
      const read = await readChunk({ server, connection, facts, mode, rowsPerRead: table.rowsPerRead, isCancelled }, table.plan, chunk);
      if (isCancelled()) return;
      if (read === 'too much') {
        if (!table.shrink()) throw chunkTooLarge({ table: name });
        return;
      }
      chunk.range = read.range;
      if (read.rest !== null) { table.addRest(read.rest); this.cutOverlay(table, chunk); }
      chunk.high = read.high;
    } finally {
      if (chunk?.high === undefined) {
        // Not read: an error, or the columns changed meanwhile.
        this.open--;
        if (chunk !== undefined) { chunk.isAbandoned = true; this.forget(name, chunk); table.giveBack(chunk.range); }
        for (const wake of this.roomWaiters.splice(0)) wake();
      }
      this.start();
      this.options.wake();
    }
  }
  /**
   * A column or table is gone: the stream is behind the statement that took it away. False when the stream comes to where the server is
   * now without any change of a table since `before`.
   */
  private async schemaFollows(before: number): Promise<boolean> {
    const { server, facts, seen } = this.options;
    let end: BinlogPosition;
    try { end = await withConnection(server, {}, (connection) => currentPosition(server, connection, facts)); } catch { return true; }
    while (!this.isClosed && this.schemaChanges === before) {
      const at = seen();
      if (at !== undefined && isReached(at, end)) return false;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return true;
  }
  private forget(name: string, chunk: Chunk): void {
    const at = this.begun.findIndex((b) => b.chunk === chunk);
    if (at >= 0) { this.begun.splice(at, 1); this.overlaid -= chunk.overlay.size; }
    this.tables.get(name)?.remove(chunk);
  }
  /** Reading stopped early: changes behind the end belong to what is left. */
  private cutOverlay(table: TableSnapshot, chunk: Chunk): void {
    for (const [id, { key }] of chunk.overlay) if (!rangeHolds(table.plan.kinds, chunk.range, key)) { chunk.overlay.delete(id); this.overlaid--; }
  }
  close(): void {
    this.isClosed = true;
    for (const { resolve } of this.starting.splice(0)) resolve();
    for (const wake of this.roomWaiters.splice(0)) wake();
  }
}
/** ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR, ER_TABLE_DEF_CHANGED. */
const hasTableChanged = (error: unknown): boolean => error instanceof RivuletError && [1146, 1054, 1412].includes(errorNumber(error.cause) ?? 0);
const isTransient = (error: unknown): boolean => error instanceof RivuletError && error.retry !== 'never';
