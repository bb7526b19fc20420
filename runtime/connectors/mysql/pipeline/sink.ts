/**
 * Writer of the pipeline sink `mysql`: rows of many tables into tables that are made, and follow their sources, as needed. Everything goes
 * one after the other on one connection: the rows of a table, the statements of a change of it (`target-ddl.ts`), its rows behind the
 * change. Rows of all tables that wait together are one transaction.
 *
 * By key a row is put or deleted as in the sink of SQL tables (`../sink/writer.ts`); an update that changes the key deletes the old row.
 * Tables without a key are appended to, and take no updates or deletes. Delivery is at least once, which by key leaves nothing double.
 */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { idText, type TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { mysqlTableUnwritable } from '../../../../core/errors/mysql-tables.ts';
import { rowRefused } from '../../../../core/errors/connector.ts';
import { isAccumulate, type ChangeBatch, type Column } from '../../../../core/row/batch.ts';
import type { SinkNode } from '../../../../planner/physical/plan.ts';
import type { PipelineBatch, SchemaChange } from '../../../pipelines/contract.ts';
import type { SinkContext, SinkFactory, SinkWriter } from '../../contract.ts';
import { quoteName } from '../connection/open.ts';
import { ChangeBuffer, type Taken } from '../sink/buffer.ts';
import { rowTexts, type RowTexts } from '../sink/rows.ts';
import { SinkSession } from '../sink/session.ts';
import { hasOtherUnique, StatementMaker, type Statement } from '../sink/statements.ts';
import type { SinkSpec } from '../table/spec.ts';
import { findTarget, type TargetTable } from '../table/target.ts';
import type { MySqlPipelineSinkSpec } from './sink-describe.ts';
import { changeStatements, createStatement, missingColumns, type TargetPlace } from './target-ddl.ts';
import { VersionLog } from './version-log.ts';

/** No more rows are taken in while so many wait. */
const MOST_ROWS = 32_768, MOST_LENGTH = 16 * 1024 * 1024;
const FLUSH_MS = 1000;

/** One version of a table: what writes its rows, once the table is known. */
class TableSink {
  readonly version: TableVersion;
  readonly spec: SinkSpec;
  texts: RowTexts | undefined;
  maker: StatementMaker | undefined;
  target: TargetTable | undefined;
  private buffer: ChangeBuffer | undefined;
  /** Positions of the columns that are written; undefined = all. */
  private written: readonly number[] | undefined;
  /** Rows that came before the table was known. */
  private waiting: { columns: Column[]; kinds: Uint8Array; size: number }[] = [];
  private waitingRows = 0;
  constructor(version: TableVersion, spec: MySqlPipelineSinkSpec) {
    const { schema, table } = version.id, database = schema === '' ? spec.database : schema;
    if (database === null || database === '') throw mysqlTableUnwritable({ target: table, table: spec.table, what: 'it names no database', hint: "Route it to db.table, or set 'database-name' in the block sink." });
    this.version = version;
    this.spec = {
      ...spec, database, name: table, columns: version.columns.map((c) => ({ name: c.name, type: c.type })), key: version.primaryKey.length === 0 ? null : version.primaryKey,
      intervalMs: null, ignoreNull: false, guarantee: 'at-least-once',
    };
  }
  get size(): number { return (this.buffer?.size ?? 0) + this.waitingRows; }
  get length(): number { return this.buffer?.length ?? 0; }
  /** `onlyKnown`: columns that the table lacks are left out, as it is ahead of these rows. */
  opened(target: TargetTable, onlyKnown: boolean): void {
    const { spec, version } = this, all = version.columns.map((_, i) => i), known = new Set(target.columns.map((c) => c.name.toLowerCase()));
    const written = onlyKnown ? all.filter((i) => known.has((version.columns[i]?.name ?? '').toLowerCase())) : all, texts = rowTexts(spec, target, written), key = spec.key?.map((k) => written.indexOf(k)) ?? null;
    this.written = written.length === all.length ? undefined : written;
    this.target = target;
    this.texts = texts;
    this.maker = new StatementMaker(spec, target, texts, key);
    this.buffer = new ChangeBuffer(key === null ? 'append' : hasOtherUnique(target, texts.columns, key) ? 'ordered' : 'reduced', texts.hasTextKey, texts.columns.length);
    const { waiting } = this;
    this.waiting = [];
    this.waitingRows = 0;
    for (const { columns, kinds, size } of waiting) { const shown = this.shown(columns); for (let row = 0; row < size; row++) this.add(shown, kinds[row] as number, row); }
  }
  push(batch: ChangeBatch): void {
    if (this.buffer !== undefined) { const shown = this.shown(batch.columns); for (let row = 0; row < batch.size; row++) this.add(shown, batch.kindAt(row), row); return; }
    const kinds = Uint8Array.from({ length: batch.size }, (_, row) => batch.kindAt(row));
    this.waiting.push({ columns: batch.columns.slice(0, this.version.columns.length).map((c) => c.slice(0, batch.size)), kinds, size: batch.size });
    this.waitingRows += batch.size;
  }
  private shown(columns: Column[]): Column[] { return this.written === undefined ? columns : this.written.map((i) => columns[i] as Column); }
  private add(columns: Column[], kind: number, row: number): void {
    const isDelete = !isAccumulate(kind);
    if (isDelete && this.spec.ignoreDelete) return;
    if (isDelete && this.spec.key === null) throw rowRefused({ table: idText(this.version.id), what: 'an update or delete of a table without a key', hint: 'Give it a key by primary-keys in a transform.' });
    this.buffer?.add(this.texts?.keyOf(columns, row) ?? 0, { columns }, row, isDelete);
  }
  take(): Taken | undefined { return this.buffer === undefined || this.buffer.size === 0 ? undefined : this.buffer.take(); }
}

class MySqlPipelineWriter implements SinkWriter {
  private readonly spec: MySqlPipelineSinkSpec;
  private readonly context: SinkContext;
  private readonly session: SinkSession;
  private readonly tables = new Map<string, TableSink>();
  private readonly logs = new Map<string, VersionLog>();
  private readonly nodeId: string;
  /** Everything under way, in order; never rejects. */
  private chain: Promise<void> = Promise.resolve();
  private underWay = 0;
  /** Tables that are being made or changed. */
  private changing = 0;
  private isDue = false;
  private timer: NodeJS.Timeout | undefined;
  private failure: unknown;
  constructor(node: SinkNode, context: SinkContext) {
    this.spec = node.spec as unknown as MySqlPipelineSinkSpec;
    this.context = context;
    this.nodeId = node.id;
    this.session = new SinkSession({ ...this.spec, database: '', name: '', columns: [], key: null, intervalMs: null, ignoreNull: false, guarantee: 'at-least-once' }, context);
  }
  async open(): Promise<void> { await this.session.retried('connect', async () => {}); }

  push(batch: ChangeBatch): void {
    if (this.failure !== undefined) throw this.failure;
    const given = batch as PipelineBatch;
    if (given.event !== null) { this.change(given.table, given.event.changes); return; }
    this.tableFor(given.table).push(batch);
    if (this.size >= this.spec.maxRows) this.flush();
    else this.timer ??= setTimeout(() => { this.timer = undefined; this.flush(); }, FLUSH_MS).unref();
  }
  private get size(): number { let size = 0; for (const t of this.tables.values()) size += t.size; return size; }
  private get length(): number { let length = 0; for (const t of this.tables.values()) length += t.length; return length; }
  private tableFor(version: TableVersion): TableSink {
    const known = this.tables.get(idText(version.id));
    return known?.version === version ? known : this.change(version, []);
  }
  /** What came before goes out under the old version; then the table is changed, and its next rows wait for that. */
  private change(version: TableVersion, changes: readonly SchemaChange[]): TableSink {
    const text = idText(version.id), before = this.tables.get(text), next = new TableSink(version, this.spec);
    this.tables.set(text, next);
    this.changing++;
    void this.run(async () => {
      const taken = before?.take();
      if (before !== undefined && taken !== undefined) await this.write([[before, taken]]);
      await this.follow(next, changes, before?.version);
      this.changing--;
    });
    return next;
  }
  private async follow(table: TableSink, changes: readonly SchemaChange[], before: TableVersion | undefined): Promise<void> {
    const { spec, version } = table, place: TargetPlace = { database: spec.database, name: spec.name, table: this.spec.table }, text = idText(version.id), log = this.logs.get(text) ?? new VersionLog(this.nodeId, place);
    this.logs.set(text, log);
    await this.session.retried(`change table ${place.database}.${place.name}`, async (connection) => {
      let found = await findTarget(spec, connection);
      const run = async (statements: readonly string[]): Promise<void> => {
        for (const sql of statements) await connection.query(sql);
        if (statements.length > 0) found = await findTarget(spec, connection);
      };
      await log.begin(connection, before ?? version);
      if (changes.some((c) => c.kind === 'drop.table')) {
        await run([`DROP TABLE IF EXISTS ${quoteName(place.database)}.${quoteName(place.name)}`]);
        await log.forget(connection);
        this.forget(table);
        return;
      }
      const ofColumns = changes.filter((c) => c.kind !== 'create.table' && c.kind !== 'truncate.table'), isMade = ofColumns.length > 0 && await log.changes(connection, before, version);
      for (const change of changes) if (isMade || change.kind === 'truncate.table') await run(changeStatements(place, change, version, found.target));
      if (found.target === undefined) await run([`CREATE DATABASE IF NOT EXISTS ${quoteName(place.database)}`, createStatement(place, version, this.spec.createProperties, found.server)]);
      if (found.target !== undefined && !log.isRepeated) await run(missingColumns(place, version, found.target));
      if (found.target !== undefined) table.opened(found.target, log.isRepeated);
    });
  }
  private forget(table: TableSink): void {
    const text = idText(table.version.id);
    if (this.tables.get(text) === table) this.tables.delete(text);
  }

  ready(): Promise<void> | undefined {
    if (this.failure !== undefined) return Promise.reject(this.failure as Error);
    if (this.changing === 0 && this.size < MOST_ROWS && this.length < MOST_LENGTH) return undefined;
    this.flush();
    return this.chain.then(() => { if (this.failure !== undefined) throw this.failure; });
  }
  idle(): void { this.flush(); }
  /** One flush at a time; while it is under way the next rows gather. */
  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.size === 0 || this.failure !== undefined) return;
    if (this.underWay > 0) { this.isDue = true; return; }
    void this.run(() => this.writeAll());
  }
  private async writeAll(): Promise<void> {
    const parts: [TableSink, Taken][] = [];
    for (const table of this.tables.values()) { const taken = table.take(); if (taken !== undefined) parts.push([table, taken]); }
    if (parts.length > 0) await this.write(parts);
  }
  private async write(parts: readonly (readonly [TableSink, Taken])[]): Promise<void> {
    const [first] = parts;
    if (first === undefined) return;
    function* statements(): Generator<Statement> { for (const [table, taken] of parts) yield* (table.maker as StatementMaker).of(taken); }
    await this.session.transaction(statements, first[0].target as TargetTable);
  }
  private run(work: () => Promise<void>): Promise<void> {
    this.isDue = false;
    this.underWay++;
    const run = this.chain.then(async () => { if (this.failure === undefined) await work(); }).catch((error: unknown) => {
      this.failure ??= error;
      this.context.fail?.(error);
    }).then(() => {
      if (--this.underWay === 0 && this.isDue) this.flush();
    });
    this.chain = run;
    return run;
  }

  async prepare(): Promise<Json> {
    clearTimeout(this.timer);
    this.timer = undefined;
    // By key it does no harm that rows of the next epoch may go along.
    await this.run(() => this.writeAll());
    if (this.failure !== undefined) throw this.failure;
    return null;
  }
  async commit(): Promise<void> {}
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.session.close();
  }
}
export const mysqlPipelineSink: SinkFactory = { identifier: 'mysql-pipeline', create: (node, context) => new MySqlPipelineWriter(node, context) };
