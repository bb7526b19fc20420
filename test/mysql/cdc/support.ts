/**
 * Reads a `mysql-cdc` table without a server around it: the reader is polled as a subtask would, its changelog is applied to a map by key,
 * and every change that does not fit what stands there is noted. The map is then compared with the table itself.
 */
import { createConnection, type Connection } from 'mysql2/promise';
import { expect } from 'chai';
import type { Json } from '../../../catalog/registry/connectors.ts';
import { KIND_TEXT, type ChangeBatch, type Column } from '../../../core/row/batch.ts';
import { materializeTexts } from '../../../core/row/slices.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';
import type { SourceNode } from '../../../planner/physical/plan.ts';
import type { SourceContext, SourceReader } from '../../../runtime/connectors/contract.ts';
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import { mysqlPipelineSource } from '../../../runtime/connectors/mysql/cdc/pipeline-source.ts';
import type { MySqlPipelineSpec, MySqlTableSpec } from '../../../runtime/connectors/mysql/cdc/spec.ts';
import type { PipelineBatch, SchemaChange, TableVersion } from '../../../runtime/pipelines/contract.ts';
import { TITLE, type MySqlFlavor } from '../../../tools/services/mysql.ts';
import { describeOnMySql } from '../support.ts';
import { createTableReader } from '../../../runtime/connectors/mysql/cdc/table-source.ts';

export interface TestServer { readonly name: string; readonly server: MySqlServer }
/** A suite for each server of the run (of those wanted); for others it shows as skipped. */
export function describeServers(title: string, suite: (this: Mocha.Suite, found: TestServer) => void, flavors?: readonly MySqlFlavor[]): void {
  describeOnMySql(title, function run(server) { suite.call(this, { name: TITLE[server.flavor], server: server.root }); }, flavors);
}
export const connect = (server: MySqlServer, database?: string): Promise<Connection> => createConnection({ host: server.host, port: server.port, user: server.user, password: server.password, ...(database === undefined ? {} : { database }), multipleStatements: true, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true });

let made = 0;
/** A database of its own, dropped by the returned function. */
export async function freshDatabase(server: MySqlServer): Promise<{ database: string; sql: (text: string) => Promise<unknown[]>; connection: Connection; drop: () => Promise<void> }> {
  const database = `cdc_${process.pid}_${Date.now().toString(36)}_${made++}`, connection = await connect(server);
  await connection.query(`CREATE DATABASE ${database}; USE ${database}`);
  return {
    database, connection, sql: async (text) => { const [rows] = await connection.query(text); return rows as unknown[]; },
    drop: async () => { await connection.query(`DROP DATABASE IF EXISTS ${database}`); await connection.end(); },
  };
}

export const specOf = (server: MySqlServer, include: string, columns: MySqlTableSpec['columns'], primaryKey: readonly string[], more: Partial<MySqlTableSpec> = {}): MySqlTableSpec => ({
  table: 'default_catalog.default_database.t', server, serverIds: null, include: [include], exclude: [], startup: { mode: 'initial', file: null, pos: null, gtids: null, skipEvents: 0, skipRows: 0, timestampMs: null },
  chunkSize: 50, fetchSize: 1024, chunkKeys: [], evenFactor: [0.05, 1000], connections: 3, skipBackfill: false, unboundedChunkFirst: true, heartbeatMs: 30_000, maxRetries: 3, timeZone: null, newTables: 'ignore', schemaChanges: false,
  tinyint1AsBoolean: true, legacyJson: true, appendOnly: false, comments: false, columns, primaryKey, bounded: false, ...more,
});
export const nodeOf = (spec: MySqlTableSpec, metadata: readonly { key: string; type: SqlType }[] = []): SourceNode => ({
  id: 'n', type: 'source', inputs: [], connector: 'mysql-cdc', spec: spec as unknown as Json, table: spec.table, upsertKeys: [], label: '', changelog: { insert: true, updateBefore: true, updateAfter: true, delete: true },
  columns: [...spec.columns.map((c) => ({ name: c.name, type: c.type })), ...metadata.map((m) => ({ name: m.key, type: m.type }))],
  fields: [...spec.columns.map((_, field) => ({ kind: 'physical' as const, field })), ...metadata.map((m) => ({ kind: 'metadata' as const, key: m.key }))],
});
export interface Logged { readonly level: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> | undefined }
export function contextOf(logged: Logged[] = [], takesSlices = false): SourceContext {
  const counters = new Map<string, { value: number }>();
  return {
    subtask: 0, parallelism: 1, jobId: 'test', bounded: false, timeZone: 'UTC', takesSlices, nowMs: () => Date.now(), log: (level, message, fields) => { logged.push({ level, message, fields }); },
    counter: (name) => { let c = counters.get(name); if (c === undefined) counters.set(name, c = { value: 0 }); return c; },
  };
}
/** Rows as the map of a changelog has them: integers as numbers. */
export async function tableRows(connection: Connection, sql: string): Promise<string[]> {
  const [rows] = await connection.query<never[]>({ sql, rowsAsArray: true } as never);
  return (rows as (string | number | null)[][]).map((r) => JSON.stringify(r.map((v) => (typeof v === 'string' && /^-?\d+$/.test(v) ? Number(v) : v)))).sort();
}
export const jsonOf = (row: readonly unknown[]): string => JSON.stringify(row.map((v) => (v instanceof Uint8Array ? `x${Buffer.from(v).toString('hex')}` : v)), (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));

/** What a changelog leads to, and what in it does not fit. */
export class Materialised {
  readonly rows = new Map<string, string>();
  readonly problems: string[] = [];
  readonly kinds = { '+I': 0, '-U': 0, '+U': 0, '-D': 0 };
  private readonly key: readonly number[];
  private readonly width: number;
  constructor(key: readonly number[], width: number) { this.key = key; this.width = width; }
  apply(kind: (typeof KIND_TEXT)[number], row: readonly unknown[]): void {
    this.kinds[kind]++;
    const values = row.slice(0, this.width), key = jsonOf(this.key.map((k) => values[k])), text = jsonOf(values), before = this.rows.get(key);
    if (kind === '+I' || kind === '+U') {
      if (before !== undefined) this.problems.push(`${kind} ${text} where ${before} stands`);
      this.rows.set(key, text);
    } else {
      if (before !== text) this.problems.push(`${kind} ${text} where ${before ?? 'nothing'} stands`);
      this.rows.delete(key);
    }
  }
  copy(): Materialised {
    const out = new Materialised(this.key, this.width);
    for (const [k, v] of this.rows) out.rows.set(k, v);
    out.problems.push(...this.problems);
    return out;
  }
  sorted(): string[] { return [...this.rows.values()].sort(); }
}
export interface Change { readonly kind: (typeof KIND_TEXT)[number]; readonly row: readonly unknown[] }

/** Polls a reader until a condition holds. */
export class Driver {
  readonly reader: SourceReader;
  readonly changes: Change[] = [];
  /** Called with each change; else they are gathered. */
  onChange: (change: Change) => void = (change) => { this.changes.push(change); };
  private woken = false;
  private wake: () => void = () => {};
  state: 'open' | 'finished' = 'open';
  constructor(make: (wake: () => void) => SourceReader) { this.reader = make(() => { this.woken = true; this.wake(); }); }
  static of(spec: MySqlTableSpec, options: { metadata?: readonly { key: string; type: SqlType }[]; takesSlices?: boolean; logged?: Logged[] } = {}): Driver {
    return new Driver((wake) => createTableReader(nodeOf(spec, options.metadata), contextOf(options.logged, options.takesSlices), wake));
  }
  async open(restored?: readonly Json[]): Promise<this> { await this.reader.open(restored); return this; }
  readonly push: (batch: ChangeBatch) => void = (batch: ChangeBatch): void => {
    materializeTexts(batch);
    for (let row = 0; row < batch.size; row++) this.onChange({ kind: KIND_TEXT[batch.kindAt(row)], row: batch.columns.map((c: Column) => c[row]) });
  };
  /** One poll; waits for a wake-up when there is nothing. */
  async step(waitMs = 50): Promise<void> {
    this.woken = false;
    const result = this.reader.poll({ push: this.push });
    if (result === 'finished') { this.state = 'finished'; return; }
    if (result === 'more' || this.woken) { await new Promise((resolve) => setImmediate(resolve)); return; }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }
  async until(condition: () => boolean | Promise<boolean>, what: string, limitMs = 30_000): Promise<void> {
    const end = Date.now() + limitMs;
    while (!await condition()) {
      if (Date.now() > end) expect.fail(`timed out: ${what}; progress ${JSON.stringify(this.reader.progress?.())}`);
      await this.step();
    }
  }
  untilFinished(limitMs = 30_000): Promise<void> { return this.until(() => this.state === 'finished', 'the reader ends', limitMs); }
  close(): Promise<void> { return this.reader.close(); }
}

/** A pipeline's source: batches with their tables, events between. */
export interface PipelineItem { readonly table: string; readonly kind: string; readonly row: readonly unknown[]; readonly version: TableVersion }
export interface PipelineEventItem { readonly table: string; readonly changes: readonly SchemaChange[]; readonly version: TableVersion }
export class PipelineDriver extends Driver {
  readonly items: PipelineItem[] = [];
  readonly events: PipelineEventItem[] = [];
  /** Rows and events as texts in their order. */
  readonly log: string[] = [];
  override readonly push = (batch: ChangeBatch): void => {
    const { table, event } = batch as PipelineBatch, name = `${table.id.schema}.${table.id.table}`;
    if (event !== null) { this.events.push({ table: name, changes: event.changes, version: table }); this.log.push(`${table.id.table} ${event.changes.map((c) => c.kind).join(',')}`); return; }
    materializeTexts(batch);
    for (let row = 0; row < batch.size; row++) {
      const values = batch.columns.map((c: Column) => c[row]), kind = KIND_TEXT[batch.kindAt(row)];
      this.items.push({ table: name, kind, row: values, version: table });
      this.log.push(`${table.id.table} ${kind} ${jsonOf(values)}`);
    }
  };
  static pipeline(spec: MySqlPipelineSpec, takesSlices = false): PipelineDriver {
    const node = { id: 'n', type: 'source', inputs: [], connector: 'mysql-pipeline', spec: spec as unknown as Json, table: spec.table, upsertKeys: [], label: '', changelog: { insert: true, updateBefore: true, updateAfter: true, delete: true }, columns: [], fields: [] } as const;
    return new PipelineDriver((wake) => mysqlPipelineSource.create(node, contextOf([], takesSlices), wake));
  }
}
export const pipelineSpecOf = (server: MySqlServer, include: string, more: Partial<MySqlPipelineSpec> = {}): MySqlPipelineSpec => {
  const { columns: _c, primaryKey: _k, bounded: _b, ...common } = specOf(server, include, [], []);
  return { ...common, schemaChanges: true, facts: [], ...more };
};
