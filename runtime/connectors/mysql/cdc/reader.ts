/**
 * The reader of changes of MySQL: one stream of the binlog for all captured tables, and beside it the snapshot of those that have not been
 * read yet. Two faces use it: the SQL table `mysql-cdc` and the pipeline source.
 *
 * What goes out is exact: a table's snapshot rows followed by its changes, each chunk joined to the stream at one place (`chunk.ts`). A
 * checkpoint holds that place and which ranges are out (`state.ts`); it falls between two transactions and between two chunks.
 */
import type { Connection } from 'mysql2/promise';
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { BATCH_ROWS } from '../../../../core/row/batch.ts';
import { schemaUnknown } from '../../../../core/errors/mysql-cdc.ts';
import { killPoint } from '../../../checkpoint/kill-points.ts';
import type { PollResult, SourceContext, SourceReader } from '../../contract.ts';
import { currentPosition, serverFacts } from '../binlog/facts.ts';
import { openBinlogStream } from '../binlog/stream.ts';
import { openConnection } from '../connection/open.ts';
import { requireReadable } from '../precheck/source.ts';
import { tableText, type BinlogPosition, type BinlogStream, type BinlogStreamOptions, type MySqlTable, type ServerFacts, type TableId, type TableMap } from '../contract.ts';
import type { CapturedTable, Face } from './captured.ts';
import { ChunkRows } from './chunk-rows.ts';
import { changesBetween, mergeDescribed } from './described.ts';
import { fenceModeOf } from './fence.ts';
import { schemaChanges } from '../ddl/changes.ts';
import type { SchemaEffect } from '../ddl/history.ts';
import { Follower, type FollowerHost } from './follower.ts';
import type { KeyPlan } from './key-plan.ts';
import { RowOutput, type BatchOutput, type RowOrigin } from './output.ts';
import { isReached, placeText } from './place.ts';
import { TablePatterns } from './patterns.ts';
import type { MissingWeights } from './placed-rows.ts';
import { pipelineColumn } from './pipeline-columns.ts';
import { progressOf, Rates } from './progress.ts';
import { Schemas } from './schemas.ts';
import { Snapshot } from './snapshot.ts';
import { otherReplicaId, replicaId } from './replica-id.ts';
import type { MySqlCdcSpec } from './spec.ts';
import { readState, type StoredState, type StoredTable } from './state.ts';
import { findTables, snapshotOf, type FoundTable } from './tables.ts';
import { readTimeZone } from './time-zone.ts';
import { decoderOptions, type DecoderOptions } from './values.ts';

/** Steps of the stream in one poll that gave no rows. */
const MOST_STEPS = 512;
/** How often the server tells that it is there; until the first time nothing says how far the stream is. */
const HEARTBEAT_MS = 1000;
const SNAPSHOT_ORIGIN: RowOrigin = { timestampMs: 0, gtid: null, file: null, pos: null, isSnapshot: true };

/** `plain`: a consistent snapshot without a stream, for a SELECT that ends. */
export interface ReaderOptions { readonly spec: MySqlCdcSpec; readonly face: Face; readonly context: SourceContext; readonly wake: () => void; readonly bounded: boolean }

export class ChangeReader implements SourceReader, FollowerHost {
  readonly spec: MySqlCdcSpec;
  private readonly options: ReaderOptions;
  private readonly output: RowOutput;
  private readonly patterns: TablePatterns;
  private readonly captured = new Map<string, CapturedTable>();
  private readonly rates: Rates;
  private readonly schemas: Schemas;
  private facts!: ServerFacts;
  private values!: DecoderOptions;
  private snapshot!: Snapshot;
  private follower: Follower | undefined;
  private side: Connection | undefined;
  private emitting: { readonly rows: ChunkRows; readonly table: string } | undefined;
  /** Tables to be announced before anything else goes out. */
  private unannounced: CapturedTable[] = [];
  private failure: unknown;
  private isStalled = false;
  private isClosed = false;
  private isOpen = false;
  /** Of a SELECT over the stream: everything up to here. */
  private end: BinlogPosition | undefined;
  private finished = false;
  constructor(options: ReaderOptions) {
    this.options = options;
    this.spec = options.spec;
    this.output = new RowOutput(options.face.appendOnly);
    this.patterns = new TablePatterns(options.spec.include, options.spec.exclude);
    this.rates = new Rates(options.context);
    this.schemas = new Schemas(options.context, (id) => this.wants(id));
  }
  private get isSnapshotOnly(): boolean { return this.spec.startup.mode === 'snapshot'; }

  async open(restored: readonly Json[] | undefined): Promise<void> {
    const { spec, options } = this, { context } = options;
    if (context.subtask !== 0) { this.finished = this.isOpen = true; return; }
    const state = readState(spec.table, restored), connection = await openConnection(spec.server);
    try {
      this.facts = await serverFacts(spec.server, connection);
      this.values = decoderOptions(spec, await readTimeZone(spec, connection));
      const found = await findTables(spec, connection, this.patterns, state), takesSnapshot = spec.startup.mode === 'initial' || this.isSnapshotOnly;
      const isPlain = options.bounded && takesSnapshot && state === undefined;
      if (!isPlain) await requireReadable(spec, connection, this.facts, found.map((t) => t.schema));
      this.snapshot = new Snapshot({
        server: spec.server, facts: this.facts, mode: isPlain ? 'plain' : fenceModeOf(this.facts), connections: isPlain ? 1 : spec.connections, chunkSize: spec.chunkSize, maxRetries: isPlain ? 0 : spec.maxRetries, tellsDeletes: state !== undefined && options.face.repeats === true,
        shapeOf: (name) => this.captured.get(name)?.shape, seen: () => (this.follower?.hasSeen === true ? this.follower.position : undefined), wake: options.wake, fail: (error) => this.fail(error), log: (level, message, fields) => context.log(level, message, { table: spec.table, ...fields }),
      });
      if (!isPlain && !(this.isSnapshotOnly && state !== undefined && found.every((t) => t.finished === null))) await this.openStream(state, connection);
      if (state !== undefined) await this.schemas.restore(spec.server, connection, this.facts, state.schemas);
      const known = this.follower === undefined ? undefined : await this.schemas.begin(spec.server, connection, this.facts, found.filter((t) => t.isNew).map((t) => t.schema));
      for (const table of found) this.capture({ ...table, schema: known?.get(table.name) ?? table.schema });
      if (options.bounded && !takesSnapshot) this.end = await currentPosition(spec.server, connection, this.facts);
    } finally { await connection.end().catch(() => connection.destroy()); }
    if (this.isClosed) { await this.close(); return; }
    this.rates.before = state?.done ?? [0, 0];
    this.isOpen = true;
    this.snapshot.start();
    options.wake();
  }
  private async openStream(state: StoredState | undefined, connection: Connection): Promise<void> {
    const { spec, options } = this, { startup } = spec;
    const stream: BinlogStream = openBinlogStream(spec.server, this.facts, { ...await this.replicaIds(connection), heartbeatMs: HEARTBEAT_MS, wants: (id) => this.wants(id), wake: options.wake, maxRetries: spec.maxRetries });
    if (state !== undefined) await stream.open(state.position);
    else switch (startup.mode) {
      case 'earliest-offset': await stream.open('earliest'); break;
      case 'timestamp': await stream.open({ timestampMs: startup.timestampMs ?? 0 }); break;
      case 'specific-offset': await stream.open(startup.file === null ? { ...await currentPosition(spec.server, connection, this.facts), gtids: startup.gtids } : { file: startup.file, pos: startup.pos ?? 4, gtids: startup.gtids }); break;
      default: await stream.open('latest');
    }
    const [skipEvents, skipRows] = state?.skip ?? (startup.mode === 'specific-offset' ? [startup.skipEvents, startup.skipRows] : [0, 0]);
    this.follower = new Follower({ stream, host: this, output: this.output, snapshot: this.snapshot, needsPlace: options.face.needsPlace, skipEvents, skipRows });
    // Without GTIDs, and on MariaDB, the place a stream begins at is exact from the start.
    this.follower.hasSeen = !(this.facts.flavor === 'mysql' && this.facts.gtidMode);
  }
  private async replicaIds(connection: Connection): Promise<Pick<BinlogStreamOptions, 'serverId' | 'otherServerId'>> {
    const { spec, facts } = this, serverId = await replicaId(spec, connection, facts);
    let used = serverId;
    return {
      serverId,
      otherServerId: async () => {
        const other = await otherReplicaId(spec, facts, used);
        if (other === undefined) return undefined;
        this.options.context.log('warn', 'another reader has logged in to MySQL with the same server id; this one goes on with another', { table: spec.table, serverId: used, otherServerId: other });
        return (used = other);
      },
    };
  }
  private capture(found: FoundTable): void {
    const { schema, name } = found, table: CapturedTable = { id: { database: schema.database, table: schema.table }, name, schema, shape: this.options.face.shapeOf(schema, null, this.values), isAnnounced: found.announced, isUncertain: false };
    this.captured.set(name, table);
    if (!found.announced) this.unannounced.push(table);
    if (found.finished !== null) this.snapshot.add(name, snapshotOf(this.spec, found, this.values));
  }
  private wants(id: TableId): boolean { return this.captured.has(tableText(id)) || (this.spec.newTables === 'stream' && this.patterns.matches(id)); }
  private fail(error: unknown): void {
    this.failure ??= error;
    this.options.wake();
  }

  poll(target: BatchOutput): PollResult {
    if (this.finished) return 'finished';
    if (!this.isOpen || this.isStalled) return 'idle';
    const { output } = this;
    output.begin(target);
    const result = this.work(target);
    output.flush();
    return result;
  }
  private work(target: BatchOutput): PollResult {
    const { output, follower, snapshot } = this;
    for (let steps = 0; steps < MOST_STEPS && output.pushed < BATCH_ROWS / 2; steps++) {
      if (this.emitting !== undefined) { this.emitChunk(this.emitting); continue; }
      if (follower === undefined || follower.isBetween) {
        if (this.unannounced.length > 0) this.announceAll(target);
        const state = this.betweenTransactions();
        if (state === 'chunk') continue;
        if (state === 'finished') { output.flush(); this.finished = true; return 'finished'; }
        if (state === 'wait') return this.rest();
      }
      if (follower === undefined) return this.rest();
      if (!follower.step()) return this.rest();
      if (this.isStalled) return 'idle';
    }
    return 'more';
  }
  /** Nothing to do until something arrives; what failed beside the stream shows here. */
  private rest(): PollResult {
    if (this.failure !== undefined) { this.output.flush(); throw this.failure; }
    return 'idle';
  }
  private betweenTransactions(): 'chunk' | 'finished' | 'wait' | 'go' {
    const { snapshot, follower } = this;
    if (this.failure !== undefined) return 'wait';
    if (snapshot.isDone) return this.isSnapshotOnly || follower === undefined || (this.end !== undefined && follower.hasSeen && isReached(follower.position, this.end)) ? 'finished' : 'go';
    if (snapshot.isStarting) snapshot.atBoundary(follower?.position);
    if (snapshot.isReading) {
      const settled = snapshot.settled(follower?.hasSeen === true ? follower.position : undefined);
      if (settled !== undefined) {
        this.output.flush();
        this.emitting = { rows: new ChunkRows(settled.chunk, (snapshot.tables.get(settled.table) as { plan: KeyPlan }).plan), table: settled.table };
        return 'chunk';
      }
      if (snapshot.blocksStream) return 'wait';
    }
    return 'go';
  }
  private emitChunk({ rows, table }: { readonly rows: ChunkRows; readonly table: string }): void {
    const isOut = rows.emit(this.output, SNAPSHOT_ORIGIN);
    killPoint('mid-chunk');
    if (!isOut) return;
    this.output.flush();
    this.emitting = undefined;
    this.rates.chunk(rows.chunk.rows.count);
    const isTableDone = this.snapshot.finish(table, rows.chunk);
    killPoint('behind-chunk');
    if (isTableDone) {
      killPoint('hand-over');
      this.options.context.log('info', 'the snapshot of a table is complete', { table });
    }
    if (this.snapshot.isDone) this.rates.snapshotDone();
  }
  private announceAll(target: BatchOutput): void {
    for (const table of this.unannounced) {
      table.isAnnounced = true;
      this.options.face.announce?.(target, table.shape, [{ kind: 'create.table' }], null, 0);
    }
    this.unannounced = [];
  }

  // ---- what the follower asks
  table(map: TableMap): CapturedTable | undefined {
    const known = this.captured.get(tableText(map));
    if (known !== undefined || !this.wants(map)) return known;
    if (map.full === undefined) throw schemaUnknown({ table: tableText(map), place: placeText(this.position), why: 'It was made while the job was running' });
    return this.adopt(map.full);
  }
  /** Captures a table that appears in the stream. */
  private adopt(schema: MySqlTable): CapturedTable {
    const name = tableText(schema), table: CapturedTable = { id: schema, name, schema, shape: this.options.face.shapeOf(schema, null, this.values), isAnnounced: true, isUncertain: false };
    this.captured.set(name, table);
    this.output.flush();
    this.options.face.announce?.(this.output.receiver, table.shape, [{ kind: 'create.table' }], null, 0);
    return table;
  }
  described(table: CapturedTable, map: TableMap, timestampMs: number): void {
    if (map.full === undefined) {
      if (table.isUncertain) throw schemaUnknown({ table: table.name, place: placeText(this.position), why: `The statement "${this.schemas.lastStatement(table.name) ?? ''}" could not be followed` });
      if (map.types.length !== table.schema.columns.length) throw schemaUnknown({ table: table.name, place: placeText(this.position), why: `Rows have ${map.types.length} columns, the table as it is known has ${table.schema.columns.length}` });
      return;
    }
    const merged = mergeDescribed(table.schema, map.full);
    table.isUncertain = false;
    if (merged === table.schema) return;
    this.schemas.put(merged);
    this.change(table, merged, changesBetween(table.schema, merged, this.spec), this.schemas.lastStatement(table.name), timestampMs);
  }
  private change(table: CapturedTable, schema: MySqlTable, changes: Parameters<NonNullable<Face['announce']>>[2], sql: string | null, timestampMs: number): void {
    this.output.flush();
    this.snapshot.schemaChanged(table.name, schema, sql);
    table.schema = schema;
    table.shape = this.options.face.shapeOf(schema, sql, this.values);
    this.options.face.announce?.(this.output.receiver, table.shape, changes, sql, timestampMs);
  }
  statement(event: Parameters<FollowerHost['statement']>[0]): void {
    for (const effect of this.schemas.statement(event)) this.affected(effect, event);
  }
  private affected(effect: SchemaEffect & { readonly isOld: boolean }, { sql, timestampMs }: Parameters<FollowerHost['statement']>[0]): void {
    const name = tableText(effect.id), table = this.captured.get(name), { after, changes } = effect, { face } = this.options;
    if (table === undefined) {
      if (after !== undefined && this.wants(effect.id)) this.adopt(after);
      return;
    }
    // Whatever comes into an emptied or new table comes through the stream.
    if (changes.some((c) => c.kind === 'drop.table' || c.kind === 'truncate.table' || c.kind === 'create.table')) this.snapshot.drop(name);
    if (effect.isOld) return;
    table.isUncertain = effect.problem !== undefined;
    if (effect.problem !== undefined) { this.snapshot.abandonTable(name); return; }
    // A table that is renamed away is not gone with its rows: nobody is told to drop its copy.
    const events = after === undefined && effect.unseenRows !== undefined ? [] : schemaChanges(changes, (column) => pipelineColumn(effect.id, column, this.spec));
    if (after !== undefined && JSON.stringify(after) !== JSON.stringify(table.schema)) { this.change(table, after, events, sql, timestampMs); return; }
    if (face.announce === undefined) { if (changes.length > 0) this.options.context.log('warn', 'a statement emptied or dropped a table: rows that went out of it stay', { table: name, statement: sql.slice(0, 500) }); return; }
    if (events.length === 0) return;
    this.output.flush();
    face.announce(this.output.receiver, table.shape, events, sql, timestampMs);
  }
  askWeights(plan: KeyPlan, missing: MissingWeights): void {
    this.isStalled = true;
    void this.weights(plan, missing).catch((error: unknown) => { this.fail(error); }).finally(() => { this.isStalled = false; this.options.wake(); });
  }
  private async weights(plan: KeyPlan, missing: MissingWeights): Promise<void> {
    this.side ??= await openConnection(this.spec.server);
    try { await plan.askWeights(this.side, missing); } catch (error) {
      this.side.destroy();
      this.side = undefined;
      throw error;
    }
    this.follower?.weightsKnown();
  }

  // ---- state
  private get position(): BinlogPosition { return this.follower?.position ?? { file: '', pos: 4, gtids: null }; }
  get atBoundary(): boolean { return this.emitting === undefined && (this.follower?.isAtBoundary ?? true); }
  positions(): Json {
    if (this.options.context.subtask !== 0) return null;
    const tables: Record<string, StoredTable> = Object.create(null);
    for (const [name, { schema, isAnnounced }] of this.captured) tables[name] = { ...(this.schemas.knows(schema) ? {} : { schema }), finished: this.snapshot.tables.get(name)?.toJson() ?? null, announced: isAnnounced, ...this.doneOf(name) };
    const state: StoredState = { version: 1, position: this.position, skip: this.follower?.skipLeft ?? [0, 0], tables, schemas: this.schemas.snapshot(this.position), done: this.rates.done };
    return state as unknown as Json;
  }
  private doneOf(name: string): Pick<StoredTable, 'done'> {
    const table = this.snapshot.tables.get(name);
    return table === undefined ? {} : { done: [table.chunksDone, table.rowsDone] };
  }
  progress(): Json {
    if (!this.isOpen || this.finished && this.options.context.subtask !== 0) return { stage: 'structure' };
    return progressOf({ spec: this.spec, rates: this.rates, snapshot: this.snapshot, follower: this.follower, tables: this.captured.size, finished: this.finished, facts: this.facts, nowMs: this.options.context.nowMs() });
  }
  async close(): Promise<void> {
    this.isClosed = true;
    this.snapshot?.close();
    this.rates.close();
    await this.follower?.stream.close();
    this.side?.destroy();
  }
}
