/**
 * The pipeline source `kafka`: reads topics by the ordinary Kafka reader (splits, positions, discovery) as raw messages and makes rows of
 * tables of them. A message's rows go out in one poll, so positions are exact; what was inferred of the tables is part of them.
 */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import type { TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { recordRejected } from '../../../../core/errors/connector.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import { INSERT, UPDATE_AFTER, type ChangeBatch } from '../../../../core/row/batch.ts';
import { BIGINT, INT, STRING, type SqlType } from '../../../../core/types/sql-type.ts';
import type { SourceNode } from '../../../../planner/physical/plan.ts';
import { PipelineBatch, type SchemaChange } from '../../../pipelines/contract.ts';
import { BadRecordSamples, DEFAULT_SAMPLES, excerpt, why, type BadRecordSample } from '../../bad-records.ts';
import type { PollResult, SourceContext, SourceFactory, SourceReader, Stuck } from '../../contract.ts';
import { kafkaSource } from '../source.ts';
import { InferredTables, rowValues } from './inferred-tables.ts';
import { readMessage, type Message } from './messages.ts';
import type { KafkaPipelineSourceSpec } from './source-spec.ts';

type Output = { push(batch: ChangeBatch): void };
/** Columns of the raw reader: value, key, topic, partition, offset. */
const RAW: SourceNode['fields'] = [{ kind: 'physical', field: 0 }, ...['__raw_key__', 'topic', 'partition', 'offset'].map((key) => ({ kind: 'metadata', key } as const))];
const RAW_COLUMNS = [STRING, STRING, STRING, INT, BIGINT].map((type: SqlType, i) => ({ name: String(i), type }));
/** Rows gathered of one table before they go on. */
const GATHERED = 1024;
/** Of messages that are left out the first are logged. */
const LOGGED = 10;

class KafkaPipelineReader implements SourceReader {
  private readonly spec: KafkaPipelineSourceSpec;
  private readonly context: SourceContext;
  private readonly inner: SourceReader;
  private tables: InferredTables;
  private readonly skipped: { value: number };
  private readonly samples = new BadRecordSamples(DEFAULT_SAMPLES);
  private out: Output | undefined;
  private batch: PipelineBatch | undefined;
  private readonly kinds = new Uint8Array(GATHERED + 1);
  private size = 0;
  constructor(node: SourceNode, context: SourceContext, wake: () => void) {
    const spec = node.spec as unknown as KafkaPipelineSourceSpec;
    this.spec = spec;
    this.context = context;
    this.inner = kafkaSource.create({ ...node, spec: spec.reader as unknown as Json, fields: RAW, columns: RAW_COLUMNS }, { ...context, takesSlices: false }, wake);
    this.tables = this.tablesOf(spec.tables ?? []);
    this.skipped = context.counter('skippedRecords');
  }
  private readonly warned = new Set<string>();
  private tablesOf(known: readonly TableVersion[]): InferredTables {
    const { inference } = this.spec;
    return new InferredTables({ ...inference, fixed: new Map(inference.fixed), timeZone: 'UTC', cut: (table, column, text) => this.warnOfCut(table, column, text) }, known);
  }
  /** Once for each column. */
  private warnOfCut(table: string, column: string, text: string): void {
    const name = `${table}.${column}`;
    if (this.warned.has(name) || this.warned.size >= LOGGED) return;
    this.warned.add(name);
    this.context.log('warn', "numbers of a column have more digits than DOUBLE keeps; name it in 'json.infer-schema.fixed-types', as in price:DECIMAL(30,10)", { table, column, example: text.slice(0, 60) });
  }
  async open(restored: readonly Json[] | undefined): Promise<void> {
    const stored = restored?.map((r) => r as unknown as { reader: Json; tables: readonly TableVersion[]; badRecords?: readonly BadRecordSample[] });
    if (this.context.subtask === 0) this.samples.restore(stored?.flatMap((s) => s.badRecords ?? []) ?? []);
    if (stored !== undefined) this.tables = this.tablesOf(stored.flatMap((s) => s.tables));
    await this.inner.open(stored?.map((s) => s.reader));
  }
  poll(output: Output): PollResult {
    this.out = output;
    const result = this.inner.poll(this);
    this.flush();
    return result;
  }
  /** Called by the raw reader during poll. */
  push(raw: ChangeBatch): void {
    const [values, keys, topics, partitions, offsets] = raw.columns;
    for (let row = 0; row < raw.size; row++) {
      const topic = topics![row] as string;
      try {
        const message = readMessage(topic, keys![row] as string | null, values![row] as string | null, this.spec.messages);
        if (message !== undefined) this.add(message);
      } catch (error) { this.refuse(error, { topic, partition: partitions![row] as number, offset: Number(offsets![row]), key: keys![row] as string | null, value: values![row] as string | null }); }
    }
  }
  private add(message: Message): void {
    const { table, changes } = this.tables.after(message);
    if (changes.length > 0) this.tell(table.version, changes);
    // All rows of the message, or none: one that cannot be read takes its message with it.
    const rows = message.rows.map((row) => rowValues(table, row.members)), { facts } = this.spec, width = table.version.columns.length;
    if (this.batch?.table !== table.version) { this.flush(); this.batch = new PipelineBatch(table.version, width + facts.length); }
    const { batch, kinds } = this;
    rows.forEach((values, i) => {
      const kind = message.rows[i]!.kind;
      // The two rows of an update stay together.
      if (this.size >= GATHERED && kind !== UPDATE_AFTER) this.flush();
      const at = this.size++;
      for (let c = 0; c < width; c++) batch.columns[c]![at] = values[c];
      for (let f = 0; f < facts.length; f++) batch.columns[width + f]![at] = factOf(facts[f]!);
      kinds[at] = kind;
    });
  }
  private tell(version: TableVersion, changes: readonly SchemaChange[]): void {
    this.flush();
    const event = new PipelineBatch(version, 0);
    event.size = 1;
    event.event = { changes, sql: null, timestampMs: this.context.nowMs() };
    this.out!.push(event);
  }
  private flush(): void {
    const { batch, size, kinds } = this;
    if (batch === undefined || size === 0) return;
    batch.size = size;
    batch.kinds = kinds.subarray(0, size).every((k) => k === INSERT) ? null : kinds;
    this.size = 0;
    this.out!.push(batch);
  }
  private refuse(error: unknown, { topic, partition, offset, key, value }: { readonly topic: string; readonly partition: number; readonly offset: number; readonly key: string | null; readonly value: string | null }): void {
    if (!(error instanceof RivuletError) || error.code !== 'bad-record') throw error;
    const { errors } = this.spec, rejected = recordRejected({ topic, partition, offset, table: this.spec.reader.table, part: 'value', field: error.field, why: error.message, detail: error.detail, hint: "Set 'ingestion.ignore-errors' to leave such messages out." });
    const isLast = !errors.ignore || (errors.most >= 0 && this.skipped.value >= errors.most), text = (of: string | null): string | null => (of === null ? null : excerpt(Buffer.from(of.slice(0, 400)), 0, Buffer.byteLength(of.slice(0, 400))));
    this.samples.add({ topic, partition, offset, timestampMs: -1, table: this.spec.reader.table, part: 'value', field: error.field ?? null, code: error.code, message: why(error), outcome: isLast ? 'failed' : 'skipped', key: text(key), value: text(value), atMs: this.context.nowMs() });
    if (isLast) throw rejected;
    if (++this.skipped.value <= LOGGED) this.context.log('warn', 'a message is left out', { err: rejected, topic, partition, offset });
  }
  positions(): Json { return { reader: this.inner.positions(), tables: this.tables.versions as unknown as Json, ...(this.samples.list.length === 0 ? {} : { badRecords: this.samples.list as unknown as Json }) }; }
  badRecords(): readonly BadRecordSample[] { return this.samples.list; }
  get stuck(): Stuck | undefined { return this.inner.stuck; }
  progress(): Json { return { stage: 'incremental', tables: this.tables.versions.length }; }
  checkpointed(positions: Json): void { this.inner.checkpointed?.((positions as { readonly reader: Json } | null)?.reader ?? null); }
  async close(): Promise<void> { await this.inner.close(); }
}
/** Facts that a topic does not tell. */
const factOf = (fact: string): unknown => (fact === 'op_ts' ? 0 : fact === 'is_snapshot' ? false : null);
export const kafkaPipelineSource: SourceFactory = { identifier: 'kafka-pipeline', create: (node, context, wake) => new KafkaPipelineReader(node, context, wake) };
