/**
 * Reader of a `jdbc` or `mysql` table that ends: only the needed columns, streamed, so that memory is bounded by the fetch size; ranges
 * (`ranges.ts`) are spread over the subtasks, one connection each. A lost connection is opened again and the read goes on behind the last
 * key; without an order the range could not be taken up again without doubling rows, and the job goes back to its checkpoint.
 */
import type { Readable } from 'node:stream';
import type { Connection } from 'mysql2/promise';
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { BATCH_ROWS, ChangeBatch, type Column } from '../../../../core/row/batch.ts';
import type { SqlType } from '../../../../core/types/sql-type.ts';
import type { SourceNode } from '../../../../planner/physical/plan.ts';
import type { PollResult, SourceContext, SourceFactory, SourceReader } from '../../contract.ts';
import { mysqlError, openConnection, type TextRow } from '../connection/open.ts';
import { checkFit } from '../table/fit.ts';
import type { ScanSpec } from '../table/spec.ts';
import { readTarget } from '../table/target.ts';
import { readText, type ReadText } from '../table/text-values.ts';
import { keptKey, planScan, scanStatement, type ScanPlan } from './ranges.ts';

const FIRST_PAUSE_MS = 200;
/** Ranges of a subtask that are done, and how far the one at work is. */
interface ScanPosition { readonly done: readonly number[]; readonly current: { readonly range: number; readonly behind: readonly Json[] } | null }

class ScanReader implements SourceReader {
  private readonly spec: ScanSpec;
  private readonly context: SourceContext;
  private readonly wake: () => void;
  private readonly wanted: readonly number[];
  private readonly limit: number | undefined;
  private plan!: ScanPlan;
  private readers!: readonly ReadText[];
  private connection: Connection | undefined;
  private stream: Readable | undefined;
  private failure: unknown;
  private left: number[] = [];
  private readonly done: number[] = [];
  private range = -1;
  private behind: readonly Json[] | null = null;
  private lastRow: TextRow | undefined;
  private rows = 0;
  private attempts = 0;
  private hasEnded = false;
  private isClosed = false;
  private readonly batch: ChangeBatch;

  constructor(node: SourceNode, context: SourceContext, wake: () => void) {
    this.spec = node.spec as unknown as ScanSpec;
    this.context = context;
    this.wake = wake;
    this.wanted = node.fields.map((f) => (f.kind === 'physical' ? f.field : -1));
    this.limit = node.limit;
    this.batch = ChangeBatch.withWidth(node.fields.length);
  }
  async open(restored: readonly Json[] | undefined): Promise<void> {
    const { spec, context } = this;
    const connection = await this.connect(), target = await readTarget(spec, connection);
    this.plan = planScan(spec, target, this.wanted);
    this.readers = this.wanted.map((i, n) => {
      const column = this.plan.columns[n] as ScanPlan['columns'][number], type = spec.columns[i]?.type as SqlType;
      checkFit(spec, target, column, type, 'read');
      return readText(type, column, spec);
    });
    const former = (restored ?? []) as unknown as readonly (ScanPosition | null)[], finished = new Set(former.flatMap((p) => p?.done ?? []));
    this.kept = new Map(former.flatMap((p) => (p?.current == null ? [] : [[p.current.range, p.current.behind] as const])));
    this.left = this.plan.ranges.map((_, i) => i).filter((i) => i % context.parallelism === context.subtask && !finished.has(i));
    this.done.push(...[...finished].filter((i) => i % context.parallelism === context.subtask));
    this.begin();
  }
  private async connect(): Promise<Connection> {
    const connection = await openConnection(this.spec.server);
    // mysql2 tells the connection of its loss, not the stream.
    connection.on('error', (error: unknown) => { if (this.connection === connection && this.stream !== undefined) this.recover(error); });
    this.connection = connection;
    return connection;
  }
  private kept: ReadonlyMap<number, readonly Json[]> = new Map();
  /** The next range, or the rest of the one that was cut short. */
  private begin(): void {
    if (this.range < 0) {
      const next = this.left.shift();
      if (next === undefined) { this.hasEnded = true; return; }
      this.range = next;
      this.behind = this.kept.get(next) ?? null;
      this.lastRow = undefined;
    }
    const sql = scanStatement(this.spec, this.plan, this.range, this.behind, this.limit === undefined ? undefined : Math.max(0, this.limit - this.rows));
    // The streaming interface is the callback connection's.
    const raw = (this.connection as unknown as { connection: { query(sql: string): { stream(options: { highWaterMark: number }): Readable } } }).connection;
    const stream = raw.query(sql).stream({ highWaterMark: this.spec.fetchRows });
    this.stream = stream;
    stream.on('readable', () => { if (this.stream === stream) this.wake(); });
    stream.on('end', () => { if (this.stream === stream) { this.isStreamDone = true; this.wake(); } });
    stream.on('error', (error) => { if (this.stream === stream) this.recover(error); });
  }
  private isStreamDone = false;
  private recover(raw: unknown): void {
    const error = mysqlError(this.spec.server, raw, `read ${this.spec.database}.${this.spec.name}`), mayResume = this.plan.order.length > 0 || this.lastRow === undefined;
    this.stream = undefined;
    if (error.retry === 'never' || !mayResume || this.attempts >= this.spec.maxRetries || this.isClosed) { this.failure = error; this.wake(); return; }
    const pause = FIRST_PAUSE_MS * 2 ** this.attempts++;
    this.context.log('warn', `reading ${this.spec.name} failed and goes on: ${error.message}`, { table: this.spec.table, attempt: this.attempts });
    this.connection?.destroy();
    setTimeout(() => { void this.reopen(); }, pause).unref();
  }
  private async reopen(): Promise<void> {
    if (this.isClosed) return;
    try {
      await this.connect();
      if (this.lastRow !== undefined) this.behind = this.keyOf(this.lastRow);
      this.begin();
      this.wake();
    } catch (error) { this.recover(error); }
  }
  private keyOf(row: TextRow): readonly Json[] { return keptKey(row.slice(this.plan.columns.length)) as readonly Json[]; }

  poll(output: { push(batch: ChangeBatch): void }): PollResult {
    if (this.failure !== undefined) throw this.failure;
    if (this.hasEnded) return 'finished';
    const { stream, batch, readers } = this;
    if (stream === undefined) return 'idle';
    let size = 0;
    while (size < BATCH_ROWS) {
      const row = stream.read() as TextRow | null;
      if (row === null) break;
      for (let c = 0; c < readers.length; c++) {
        const value = row[c] as string | Buffer | null;
        (batch.columns[c] as Column)[size] = value === null ? null : (readers[c] as ReadText)(value);
      }
      this.lastRow = row;
      size++;
    }
    this.rows += size;
    if (size > 0) {
      batch.size = size;
      this.attempts = 0;
      output.push(batch);
      return 'more';
    }
    if (!this.isStreamDone) return 'idle';
    this.isStreamDone = false;
    this.done.push(this.range);
    this.range = -1;
    if (this.limit !== undefined && this.rows >= this.limit) this.left = [];
    this.begin();
    return this.hasEnded ? 'finished' : 'more';
  }
  positions(): Json {
    const behind = this.lastRow !== undefined && this.plan.order.length > 0 ? this.keyOf(this.lastRow) : this.behind;
    return { done: this.done, current: this.range < 0 || behind === null ? null : { range: this.range, behind } } satisfies ScanPosition as unknown as Json;
  }
  /** A range without an order cannot be taken up in its middle: barriers wait for its end. */
  get atBoundary(): boolean { return this.hasEnded || this.plan.order.length > 0 || this.lastRow === undefined || this.range < 0; }
  async close(): Promise<void> {
    this.isClosed = true;
    this.stream = undefined;
    this.connection?.destroy();
  }
}
const factory = (identifier: string): SourceFactory => ({ identifier, create: (node, context, wake) => new ScanReader(node, context, wake) });
export const jdbcScan = factory('jdbc'), mysqlScan = factory('mysql');
