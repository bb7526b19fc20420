/**
 * Writer of the pipelines' Kafka sinks: rows of many tables, each to its topic. Topics are made when a table is created (`topics.ts`);
 * until they can be written to, rows are kept and no more are taken. Delivery guarantees: `lanes.ts`. Changes of tables are not written;
 * later records simply have other fields.
 */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { idText, type TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import { pipelineTableWithoutKey } from '../../../../core/errors/pipeline.ts';
import type { ChangeBatch } from '../../../../core/row/batch.ts';
import { materializeTexts } from '../../../../core/row/slices.ts';
import type { SinkNode } from '../../../../planner/physical/plan.ts';
import type { PipelineBatch } from '../../../pipelines/contract.ts';
import type { SinkContext, SinkFactory, SinkWriter, Stuck } from '../../contract.ts';
import type { KafkaClient } from '../client/index.ts';
import { ProducerLanes } from '../lanes.ts';
import { clientOf } from '../sink.ts';
import { observe, stuckOn } from '../stuck.ts';
import { recoverTransactions } from '../transactions.ts';
import type { KafkaPipelineSpec } from './spec.ts';
import { writeStatement } from './formats.ts';
import { javaHash, RowBuffers, TableWriter } from './table-writer.ts';
import { topicOf } from './topic-name.ts';
import { PipelineTopics } from './topics.ts';

/** What a checkpoint keeps: the prepared transaction and a topic that it may have written to. */
type PipelineCommittable = { readonly [key: string]: Json } & { readonly topic: string };
/** By the job, not by the document: two pipelines of one document must not fence one another. */
const prefixOf = (spec: KafkaPipelineSpec, node: SinkNode, context: SinkContext): string => `${spec.transactionalIdPrefix ?? `rivulet-${context.jobId}`}-${node.id.slice(0, 8)}`;

class PipelineKafkaWriter implements SinkWriter {
  readonly takesSlices = true;
  private readonly spec: KafkaPipelineSpec;
  private readonly context: SinkContext;
  private readonly client: KafkaClient;
  private readonly lanes: ProducerLanes;
  private readonly topics: PipelineTopics;
  private readonly buffers = new RowBuffers();
  private readonly tables = new Map<string, TableWriter>();
  private last: TableWriter | undefined;
  /** Any topic written to: recovery leaves its mark under its name. */
  private anyTopic: string | undefined;
  constructor(node: SinkNode, context: SinkContext) {
    const spec = node.spec as unknown as KafkaPipelineSpec;
    this.spec = spec;
    this.context = context;
    this.client = observe(clientOf(spec, `rivulet-${context.jobId}-${context.subtask}`), context, spec.table);
    this.lanes = new ProducerLanes({ client: this.client, guarantee: spec.guarantee, prefix: prefixOf(spec, node, context), subtask: context.subtask, parallelism: context.parallelism });
    this.topics = new PipelineTopics(spec, this.client, this.lanes);
  }
  async open(): Promise<void> { await this.lanes.open(); }
  get stuck(): Stuck | undefined { return stuckOn(this.client); }

  push(batch: ChangeBatch): void {
    const given = batch as PipelineBatch;
    if (given.event !== null) { this.onEvent(given); return; }
    let writer = this.last;
    if (writer?.version !== given.table) writer = this.last = this.writerFor(given.table);
    if (batch.slices !== null && !writer.takesSlices) materializeTexts(batch);
    writer.write(batch, this.lanes.current, this.context.nowMs());
  }
  private onEvent(given: PipelineBatch): void {
    const text = idText(given.table.id), before = this.tables.get(text);
    before?.settle(() => this.lanes.current, this.context.nowMs());
    this.last = undefined;
    const { changes, sql, timestampMs } = given.event!;
    if (changes.length === 0) { if (sql !== null) this.writeStatement(given.table, sql, timestampMs); return; }
    if (changes.some((c) => c.kind === 'drop.table')) { this.tables.delete(text); return; }
    this.writerFor(given.table);
  }
  private writeStatement({ id }: TableVersion, sql: string, timestampMs: number): void {
    const { spec, buffers: { value } } = this, text = idText(id), topic = this.topics.handle(topicOf(spec, id), text), lane = this.lanes.current, hash = spec.partition.strategy === 'hash-by-table' ? javaHash(text) : 0;
    value.length = 0;
    writeStatement(spec, id, sql, timestampMs, value);
    topic.append(lane, null, 0, value.bytes, value.length, null, 0, hash, this.context.nowMs(), null);
  }
  /** Makes the topic when the table is new. */
  private writerFor(version: TableVersion): TableWriter {
    const text = idText(version.id), known = this.tables.get(text);
    if (known?.version === version) return known;
    known?.settle(() => this.lanes.current, this.context.nowMs());
    // Before its topic is made.
    if (this.spec.upsert && version.primaryKey.length === 0) throw pipelineTableWithoutKey({ table: text, sink: 'upsert-kafka' });
    const topic = topicOf(this.spec, version.id);
    const writer = new TableWriter(this.spec, version, this.topics.handle(topic, text), this.buffers);
    this.anyTopic ??= topic;
    this.tables.set(text, writer);
    return writer;
  }

  ready(): Promise<void> | undefined {
    const { pending } = this.topics;
    // A failed attempt stays pending and fails the job here.
    return pending ?? this.lanes.ready();
  }
  idle(): void { this.lanes.send(); }
  async prepare(): Promise<Json> {
    for (const writer of this.tables.values()) writer.settle(() => this.lanes.current, this.context.nowMs());
    const prepared = await this.lanes.prepare(this.topics.pending);
    return prepared === null ? null : { ...prepared as { readonly [key: string]: Json }, topic: this.anyTopic ?? '' } satisfies PipelineCommittable;
  }
  async commit(committable: Json): Promise<void> { await this.lanes.commit(committable); }
  async close(): Promise<void> {
    await this.lanes.close();
    await this.client.close();
  }
}

async function recover(node: SinkNode, committables: readonly Json[], context: SinkContext, former = 0): Promise<void> {
  const spec = node.spec as unknown as KafkaPipelineSpec, [stored] = committables.filter((c) => c !== null) as unknown as readonly PipelineCommittable[];
  if (spec.guarantee !== 'exactly-once' || (stored === undefined && former <= context.parallelism)) return;
  const client = observe(clientOf(spec, `rivulet-${context.jobId}-recover`), context, spec.table);
  try { await recoverTransactions(client, prefixOf(spec, node, context), stored?.topic ?? '', committables, context, former); } finally { await client.close(); }
}
export const kafkaPipelineSink: SinkFactory = { identifier: 'kafka-pipeline', create: (node, context) => new PipelineKafkaWriter(node, context), recover };
