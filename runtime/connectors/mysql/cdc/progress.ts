/** How far a reader is, for the job page: structure, full data, incremental, with rates and an estimate of the time left. */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import type { SourceContext } from '../../contract.ts';
import { currentPosition } from '../binlog/facts.ts';
import { withConnection } from '../connection/open.ts';
import type { BinlogPosition, ServerFacts } from '../contract.ts';
import type { Follower } from './follower.ts';
import { comparePlaces } from './place.ts';
import type { Snapshot } from './snapshot.ts';
import type { Done } from './state.ts';
import type { MySqlCdcSpec } from './spec.ts';

/** Rates are over about so long. */
const WINDOW_MS = 10_000;
/** How often the server is asked for the end of its binlog, while somebody wants to know. */
const ASK_MS = 5000;

export class Rates {
  rows = 0;
  chunks = 0;
  tablesRead = 0;
  /** Chunks and rows of earlier runs, by their checkpoint. */
  before: Done = [0, 0];
  /** The server's last answer. */
  end: BinlogPosition | undefined;
  private readonly counters: { readonly rows: { value: number }; readonly chunks: { value: number } };
  private readonly context: SourceContext;
  private startedMs = 0;
  private windowMs = 0;
  private windowRows = 0;
  private lastRate = 0;
  private askedMs = 0;
  private isAsking = false;
  private isClosed = false;
  constructor(context: SourceContext) {
    this.context = context;
    this.counters = { rows: context.counter('snapshotRows'), chunks: context.counter('snapshotChunks') };
  }
  chunk(rows: number): void {
    const now = this.context.nowMs();
    if (this.startedMs === 0) this.startedMs = this.windowMs = now;
    this.rows += rows;
    this.chunks++;
    this.counters.rows.value += rows;
    this.counters.chunks.value++;
    if (now - this.windowMs < WINDOW_MS) return;
    this.lastRate = (this.rows - this.windowRows) * 1000 / (now - this.windowMs);
    this.windowMs = now;
    this.windowRows = this.rows;
  }
  get done(): Done { return [this.before[0] + this.chunks, this.before[1] + this.rows]; }
  snapshotDone(): void { this.lastRate = 0; }
  rowsPerSecond(nowMs: number): number {
    if (this.lastRate > 0) return Math.round(this.lastRate);
    return this.startedMs === 0 || nowMs <= this.startedMs ? 0 : Math.round(this.rows * 1000 / (nowMs - this.startedMs));
  }
  /** Asks for the end of the binlog now and then; the answer is there at the next call. */
  ask(spec: MySqlCdcSpec, facts: ServerFacts, nowMs: number): void {
    if (this.isAsking || this.isClosed || nowMs - this.askedMs < ASK_MS) return;
    this.askedMs = nowMs;
    this.isAsking = true;
    void withConnection(spec.server, {}, (connection) => currentPosition(spec.server, connection, facts))
      .then((end) => { this.end = end; }, () => { this.end = undefined; }).finally(() => { this.isAsking = false; });
  }
  close(): void { this.isClosed = true; }
}

export function progressOf(of: { readonly spec: MySqlCdcSpec; readonly rates: Rates; readonly snapshot: Snapshot; readonly follower: Follower | undefined; readonly tables: number; readonly finished: boolean; readonly facts: ServerFacts; readonly nowMs: number }): Json {
  const { snapshot, follower, rates, nowMs } = of, out: Record<string, Json> = { stage: of.finished ? 'finished' : snapshot.isDone ? 'incremental' : 'full' };
  if (!snapshot.isDone || rates.done[0] > 0) {
    const [chunksDone, rows] = rates.done;
    let left = 0, chunksLeft = 0;
    for (const table of snapshot.tables.values()) {
      const total = table.estimatedChunks(of.spec.chunkSize);
      chunksLeft += Math.max(0, total - table.chunksDone);
      left += Math.max(0, table.splitter.estimatedRows - table.rowsDone);
    }
    const perSecond = snapshot.isDone ? 0 : rates.rowsPerSecond(nowMs);
    out['full'] = { tables: of.tables, tablesDone: of.tables - snapshot.tables.size, chunks: chunksDone + chunksLeft, chunksDone, rows, rowsPerSecond: perSecond, etaSeconds: perSecond === 0 ? null : Math.ceil(left / perSecond) };
  }
  if (follower === undefined) return out;
  rates.ask(of.spec, of.facts, nowMs);
  const at = follower.position, { stats } = follower.stream, { end } = rates;
  const isBehind = stats.queuedBytes > 0 || (end !== undefined && comparePlaces(at, end) < 0);
  out['incremental'] = {
    file: at.file, pos: at.pos, gtids: at.gtids, lagSeconds: isBehind && follower.lastEventMs > 0 ? Math.max(0, Math.round((nowMs - follower.lastEventMs) / 1000)) : 0,
    lagBytes: end === undefined ? stats.queuedBytes : end.file === at.file ? Math.max(0, end.pos - at.pos) : null, reconnects: stats.reconnects, readBytes: stats.readBytes,
  };
  return out;
}
