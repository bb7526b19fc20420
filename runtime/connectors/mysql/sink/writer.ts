/**
 * Writer of `mysql` and `jdbc` tables. Rows are gathered; while a flush is under way the next ones gather, so that a busy server is sent
 * fewer, larger statements. A flush is one transaction, or part of the epoch's with exactly-once (`exactly-once.ts`).
 *
 *   +I, +U   put (INSERT … ON DUPLICATE KEY UPDATE; INSERT without PRIMARY KEY)      -D, -U   delete by key (`sink.ignore-delete`: nothing)
 *
 * At-least-once: a restart writes again what came after the last checkpoint; with a PRIMARY KEY that changes nothing. Flink:
 * JdbcOutputFormat, TableBufferReducedStatementExecutor, MySqlDialect.
 */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { isAccumulate, type ChangeBatch } from '../../../../core/row/batch.ts';
import { invariant } from '../../../../core/errors/common.ts';
import type { SinkNode } from '../../../../planner/physical/plan.ts';
import type { SinkContext, SinkFactory, SinkWriter } from '../../contract.ts';
import { quoteText } from '../connection/open.ts';
import type { SinkSpec } from '../table/spec.ts';
import { readTarget, type TargetTable } from '../table/target.ts';
import { ChangeBuffer, type Taken } from './buffer.ts';
import { commitPrepared, createEpochs, freshXid, markEpoch, rollBackOthers, sinkName, xidPrefix, type PreparedEpoch } from './exactly-once.ts';
import { rowTexts, type RowTexts } from './rows.ts';
import { SinkSession } from './session.ts';
import { hasOtherUnique, StatementMaker } from './statements.ts';

/** No more rows are taken in while so much waits behind a flush. */
const MOST_ROWS = 32_768, MOST_LENGTH = 16 * 1024 * 1024;
/** Without `sink.buffer-flush.interval`. */
const DEFAULT_INTERVAL_MS = 1000;

class MySqlWriter implements SinkWriter {
  private readonly spec: SinkSpec;
  private readonly node: SinkNode;
  private readonly context: SinkContext;
  private readonly session: SinkSession;
  private readonly exactlyOnce: boolean;
  private readonly prefix: string;
  private target!: TargetTable;
  private texts!: RowTexts;
  private maker!: StatementMaker;
  private buffer!: ChangeBuffer;
  private timer: NodeJS.Timeout | undefined;
  /** Rows wait to be written as soon as the flush under way is done. */
  private isDue = false;
  /** The flush under way; never rejects, failures are kept. */
  private flushing: Promise<void> | undefined;
  private failure: unknown;
  /** The XA transaction of the epoch, once a row of it was written. */
  private xid: string | undefined;
  /** The last one that was committed. */
  private committed: string | undefined;
  /** The transaction before it is prepared and not yet committed: its connection writes nothing else, its rows are locked. */
  private prepared: { readonly done: Promise<void>; readonly free: () => void } | undefined;

  constructor(node: SinkNode, context: SinkContext) {
    this.spec = node.spec as unknown as SinkSpec;
    this.node = node;
    this.context = context;
    this.session = new SinkSession(this.spec, context);
    this.exactlyOnce = this.spec.guarantee === 'exactly-once';
    this.prefix = xidPrefix(node, context);
  }
  async open(): Promise<void> {
    const { spec, session } = this, written = this.node.fields.map((f) => (f.kind === 'physical' ? f.field : -1));
    this.target = await session.retried('read the table', (connection) => readTarget(spec, connection));
    this.texts = rowTexts(spec, this.target, written);
    const { columns, hasTextKey } = this.texts, key = spec.key?.map((k) => written.indexOf(k)) ?? null;
    this.maker = new StatementMaker(spec, this.target, this.texts, key);
    this.buffer = new ChangeBuffer(key === null ? 'append' : hasOtherUnique(this.target, columns, key) ? 'ordered' : 'reduced', hasTextKey, columns.length);
    if (!this.exactlyOnce) return;
    await session.retried('create table rivulet_epochs', (connection) => createEpochs(spec, connection));
    await rollBackOthers(spec, session, `${sinkName(this.prefix, this.context.subtask)}-`, new Set());
  }

  push(batch: ChangeBatch): void {
    if (this.failure !== undefined) throw this.failure;
    const { buffer, texts, spec } = this;
    for (let row = 0; row < batch.size; row++) {
      const isDelete = !isAccumulate(batch.kindAt(row));
      if (!isDelete || !spec.ignoreDelete) buffer.add(texts.keyOf(batch.columns, row), batch, row, isDelete);
    }
    if (buffer.size === 0) return;
    if (spec.maxRows > 0 && buffer.size >= spec.maxRows) this.flush();
    else if (spec.intervalMs !== 0) this.timer ??= setTimeout(() => { this.timer = undefined; this.flush(); }, spec.intervalMs ?? DEFAULT_INTERVAL_MS).unref();
  }
  ready(): Promise<void> | undefined {
    if (this.failure !== undefined) return Promise.reject(this.failure as Error);
    if (this.buffer.size < MOST_ROWS && this.buffer.length < MOST_LENGTH) return undefined;
    this.flush();
    return this.flushing?.then(() => { if (this.failure !== undefined) throw this.failure; });
  }
  idle(): void { if (this.spec.intervalMs === null) this.flush(); }

  /** Writes what is buffered now, or right after the flush under way. */
  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.buffer.size === 0 || this.failure !== undefined) return;
    if (this.flushing !== undefined) { this.isDue = true; return; }
    const taken = this.buffer.take();
    void this.run(() => this.write(taken));
  }
  /** Lets `work` follow what is under way; keeps its failure. */
  private run(work: () => Promise<void>): Promise<void> {
    this.isDue = false;
    const before = this.flushing;
    const run = (async (): Promise<void> => {
      await before;
      if (this.failure === undefined) await work();
    })().catch((error: unknown) => { this.fail(error); }).then(() => {
      if (this.flushing !== run) return;
      this.flushing = undefined;
      if (this.isDue) this.flush();
    });
    this.flushing = run;
    return run;
  }
  /** A failure outside `push` must not wait for the next row. */
  private fail(error: unknown): void {
    this.failure ??= error;
    this.context.fail?.(error);
  }
  private async write(taken: Taken): Promise<void> {
    if (!this.exactlyOnce) { await this.session.transaction(() => this.maker.of(taken), this.target); return; }
    await this.prepared?.done;
    const xid = this.xid ?? freshXid(this.prefix, this.context.subtask);
    if (this.xid === undefined) await this.session.retried('begin a transaction', (connection) => connection.query(`XA START ${quoteText(xid)}`));
    this.xid = xid;
    const connection = await this.session.connect();
    // Nothing is sent again here: a lost or rolled back transaction takes the whole epoch with it, and the job goes back to its checkpoint.
    try { for (const statement of this.maker.of(taken)) await this.session.run(connection, statement, this.target, true); } catch (error) { throw this.session.failed(error, `write to ${this.target.text}`); }
  }

  async prepare(epoch: number): Promise<Json> {
    if (this.failure !== undefined) throw this.failure;
    clearTimeout(this.timer);
    this.timer = undefined;
    // Taken now: rows that come while the rest of this runs belong to the next epoch.
    const taken = this.buffer.size === 0 ? undefined : this.buffer.take();
    let committable: PreparedEpoch | null = null;
    await this.run(async () => {
      if (taken !== undefined) await this.write(taken);
      if (this.exactlyOnce && this.xid !== undefined) committable = await this.prepareTransaction(epoch, this.xid);
    });
    if (this.failure !== undefined) throw this.failure;
    return committable;
  }
  private async prepareTransaction(epoch: number, xid: string): Promise<PreparedEpoch> {
    const { session, spec } = this, connection = await session.connect(), prepared: PreparedEpoch = { xid, sink: sinkName(this.prefix, this.context.subtask), epoch }, name = quoteText(xid);
    try { for (const sql of [markEpoch(spec, prepared), `XA END ${name}`, `XA PREPARE ${name}`]) await connection.query(sql); } catch (error) { throw session.failed(error, 'prepare a transaction'); }
    this.xid = undefined;
    let free = (): void => {};
    const done = new Promise<void>((resolve) => { free = resolve; });
    this.prepared = { done, free };
    return prepared;
  }
  async commit(committable: Json): Promise<void> {
    const prepared = committable as unknown as PreparedEpoch | null;
    if (prepared === null || prepared.xid === this.committed) return;
    await commitPrepared(this.spec, this.session, prepared);
    this.committed = prepared.xid;
    this.prepared?.free();
    this.prepared = undefined;
  }
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.prepared?.free();
    await this.session.close();
  }
}

/** Commits what the checkpoint says is prepared, and rolls back what later attempts of the sink have prepared, also in subtasks that are no more. */
async function recover(node: SinkNode, committables: readonly Json[], context: SinkContext): Promise<void> {
  const spec = node.spec as unknown as SinkSpec;
  if (spec.guarantee !== 'exactly-once') return;
  const session = new SinkSession(spec, context), stored = committables.filter((c) => c !== null) as unknown as PreparedEpoch[];
  try {
    for (const one of stored) await commitPrepared(spec, session, one);
    await rollBackOthers(spec, session, xidPrefix(node, context), new Set());
  } finally { await session.close(); }
}
function factory(identifier: string): SinkFactory {
  return { identifier, create: (node, context) => { invariant(node.fields.every((f) => f.kind === 'physical'), 'MySQL tables have no metadata columns to write'); return new MySqlWriter(node, context); }, recover };
}
export const mysqlSink = factory('mysql'), jdbcSink = factory('jdbc');
