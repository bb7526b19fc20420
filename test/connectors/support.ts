/** Tables, plan nodes and contexts for tests of connectors, and drivers that play the task's part for readers and writers. */
import type { Json, SinkDescription, SourceDescription } from '../../catalog/registry/connectors.ts';
import type { TableColumn, TableObject } from '../../catalog/objects/objects.ts';
import { ChangeBatch, KIND_TEXT } from '../../core/row/batch.ts';
import { materializeTexts } from '../../core/row/slices.ts';
import { STRING, type SqlType } from '../../core/types/sql-type.ts';
import type { SinkNode, SourceNode } from '../../planner/physical/plan.ts';
import type { ConnectorContext, SinkContext, SinkWriter, SourceReader } from '../../runtime/connectors/contract.ts';
import { connectorRegistry } from '../../runtime/connectors/index.ts';
import { sinkFactories, sourceFactories } from '../../runtime/connectors/runtimes.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';

export const BOOTSTRAP = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:9092';
let names = 0;
/** A topic or group nobody else uses. */
export const uniqueName = (base: string): string => `connectors-${base}-${process.pid}-${Date.now().toString(36)}-${++names}`;

/** Physical columns by type; metadata columns as [type, key]. */
export type ColumnsOf = Readonly<Record<string, SqlType | readonly [SqlType, string]>>;
const isMetadata = (c: SqlType | readonly [SqlType, string]): c is readonly [SqlType, string] => Array.isArray(c);
export function tableOf(columns: ColumnsOf, options: Readonly<Record<string, string>>, primaryKey?: readonly string[]): TableObject {
  return {
    kind: 'table', path: { catalog: 'c', database: 'd', name: 't' }, temporary: false,
    columns: Object.entries(columns).map(([name, c]): TableColumn => (isMetadata(c) ? { kind: 'metadata', name, type: c[0], metadataKey: c[1], virtual: false } : { kind: 'physical', name, type: c })),
    ...(primaryKey === undefined ? {} : { primaryKey: { name: 'pk', columns: primaryKey } }), options: new Map(Object.entries(options)),
  };
}
export const kafkaTable = (columns: ColumnsOf, topic: string, options: Readonly<Record<string, string>>, primaryKey?: readonly string[]): TableObject =>
  tableOf(columns, { connector: primaryKey === undefined ? 'kafka' : 'upsert-kafka', topic, 'properties.bootstrap.servers': BOOTSTRAP, ...options }, primaryKey);

const connectorOf = (table: TableObject): NonNullable<ReturnType<typeof connectorRegistry.get>> => {
  const connector = connectorRegistry.get(table.options.get('connector') ?? '');
  if (connector === undefined) throw new RangeError('no such connector');
  return connector;
};
export function describeSource(table: TableObject, bounded = false): SourceDescription {
  const description = connectorOf(table).describeSource?.(table, { formats: formatRegistry, timeZone: 'UTC', bounded });
  if (description === undefined) throw new RangeError('not a source');
  return description;
}
export function describeSink(table: TableObject): SinkDescription {
  const description = connectorOf(table).describeSink?.(table, { formats: formatRegistry, timeZone: 'UTC', bounded: false });
  if (description === undefined) throw new RangeError('not a sink');
  return description;
}
type Field = SourceNode['fields'][number];
/** The columns of a table as a scan or sink has them, `wanted` by name. */
function fieldsOf(table: TableObject, wanted: readonly string[]): { fields: Field[]; columns: { name: string; type: SqlType }[] } {
  const physical = table.columns.filter((c) => c.kind === 'physical'), chosen = wanted.map((n) => table.columns.find((c) => c.name === n) as TableColumn);
  return {
    fields: chosen.map((c): Field => (c.kind === 'metadata' ? { kind: 'metadata', key: c.metadataKey } : { kind: 'physical', field: physical.findIndex((p) => p.name === c.name) })),
    columns: chosen.map((c) => ({ name: c.name, type: c.kind === 'computed' ? STRING : c.type })),
  };
}
/** What plans are: JSON that has travelled. */
const travelled = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

export interface TestContext extends ConnectorContext { readonly counters: Map<string, { value: number }>; readonly logged: { level: string; message: string; fields: unknown }[] }
export function contextOf(subtask = 0, parallelism = 1): TestContext {
  const counters = new Map<string, { value: number }>(), logged: TestContext['logged'] = [];
  return {
    subtask, parallelism, jobId: 'job', bounded: false, timeZone: 'UTC', counters, logged, nowMs: Date.now,
    counter(name) { let c = counters.get(name); if (c === undefined) counters.set(name, c = { value: 0 }); return c; },
    log(level, message, fields) { logged.push({ level, message, fields }); },
  };
}

/** A reader with what it has emitted; `run` polls until a condition holds or the input ends. */
export class ReaderDriver {
  readonly rows: unknown[][] = [];
  readonly sizes: number[] = [];
  /** Texts that came as slices. */
  sliced = 0;
  readonly context: TestContext;
  readonly reader: SourceReader;
  isFinished = false;
  private wakeUp: () => void = () => {};
  constructor(table: TableObject, options: { wanted?: readonly string[]; bounded?: boolean; subtask?: number; parallelism?: number; limit?: number; takesSlices?: boolean } = {}) {
    const wanted = options.wanted ?? table.columns.map((c) => c.name), { fields, columns } = fieldsOf(table, wanted), connector = table.options.get('connector') ?? '';
    const description = describeSource(table, options.bounded ?? false);
    const node: SourceNode = travelled({ id: 'n', type: 'source', inputs: [], columns, changelog: description.changelogMode, upsertKeys: [], label: '', connector, spec: description.spec, fields, table: 't', ...(options.limit === undefined ? {} : { limit: options.limit }) });
    this.context = contextOf(options.subtask ?? 0, options.parallelism ?? 1);
    const factory = sourceFactories.find((f) => f.identifier === connector);
    if (factory === undefined) throw new RangeError('no source');
    this.reader = factory.create(node, { ...this.context, takesSlices: options.takesSlices ?? false }, () => this.wakeUp());
  }
  async open(restored?: readonly Json[]): Promise<this> { await this.reader.open(restored); return this; }
  readonly push = (batch: ChangeBatch): void => {
    this.sizes.push(batch.size);
    for (const slices of batch.slices ?? []) this.sliced += slices?.starts.subarray(0, batch.size).filter((start) => start >= 0).length ?? 0;
    materializeTexts(batch);
    for (let i = 0; i < batch.size; i++) this.rows.push([KIND_TEXT[batch.kindAt(i)], ...batch.columns.map((c) => c[i])]);
  };
  /** Polls once. */
  step(): void { if (this.reader.poll(this) === 'finished') this.isFinished = true; }
  async run(until: () => boolean = () => false, limitMs = 20_000): Promise<this> {
    const endMs = performance.now() + limitMs;
    while (!this.isFinished && !until()) {
      if (performance.now() > endMs) throw new RangeError(`still waiting; rows so far: ${this.rows.length}`);
      const woken = new Promise<void>((resolve) => { this.wakeUp = resolve; });
      const result = this.reader.poll(this);
      if (result === 'finished') this.isFinished = true;
      else if (result === 'idle' && !until()) await Promise.race([woken, new Promise((resolve) => { setTimeout(resolve, 50); })]);
      else await new Promise((resolve) => { setImmediate(resolve); });
    }
    return this;
  }
  async close(): Promise<void> { await this.reader.close(); }
}
/** All rows of a bounded read, sorted as text. */
export async function readTable(table: TableObject, wanted?: readonly string[]): Promise<unknown[][]> {
  const driver = await new ReaderDriver(table, { ...(wanted === undefined ? {} : { wanted }), bounded: true }).open();
  try { return (await driver.run()).rows; } finally { await driver.close(); }
}

export class WriterDriver {
  readonly printed: string[] = [];
  readonly writer: SinkWriter;
  readonly node: SinkNode;
  readonly context: SinkContext & TestContext;
  private readonly width: number;
  constructor(table: TableObject, options: { subtask?: number; parallelism?: number; columns?: readonly string[] } = {}) {
    const { fields, columns } = fieldsOf(table, options.columns ?? table.columns.map((c) => c.name)), connector = table.options.get('connector') ?? '', description = describeSink(table);
    this.node = travelled({ id: 'n', type: 'sink', inputs: [], columns, changelog: description.changelogMode, upsertKeys: [], label: '', connector, spec: description.spec, fields, table: 't', notNull: { columns: [], policy: 'error' } });
    this.context = { ...contextOf(options.subtask ?? 0, options.parallelism ?? 1), columns, print: (line, to) => { this.printed.push(`${to.stream}${to.logger ? '+log' : ''}: ${line}`); } };
    this.width = columns.length;
    const factory = this.factory();
    this.writer = factory.create(this.node, this.context);
  }
  factory(): (typeof sinkFactories)[number] {
    const factory = sinkFactories.find((f) => f.identifier === this.node.connector);
    if (factory === undefined) throw new RangeError('no sink');
    return factory;
  }
  async open(): Promise<this> { await this.writer.open(); return this; }
  /** Pushes rows `[kind, ...values]` as one batch once the writer has room. */
  async push(rows: readonly (readonly unknown[])[]): Promise<void> {
    for (let room = this.writer.ready(); room !== undefined; room = this.writer.ready()) await room;
    const batch = ChangeBatch.withWidth(this.width);
    batch.kinds = new Uint8Array(rows.length);
    rows.forEach((row, i) => { (batch.kinds as Uint8Array)[i] = KIND_TEXT.indexOf(row[0] as '+I'); row.slice(1).forEach((v, c) => { (batch.columns[c] as unknown[])[i] = v; }); });
    batch.size = rows.length;
    this.writer.push(batch);
  }
  /** Barrier, then the checkpoint becomes durable. */
  async checkpoint(epoch = 1): Promise<Json> {
    const committable = travelled(await this.writer.prepare(epoch));
    await this.writer.commit(committable);
    return committable;
  }
  async close(): Promise<void> { await this.writer.close(); }
}
