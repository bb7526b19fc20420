/**
 * Writer of `kafka` and `upsert-kafka`: rows are encoded into reused byte sinks and appended to record batches of the producer.
 *
 * Delivery guarantees: `lanes.ts`.
 *
 * upsert: -D and -U are written as a null value under their key; the partition follows from the key, so a key's last record is its last
 * change. Flink: DynamicKafkaRecordSerializationSchema.
 */
import type { Json } from '../../../catalog/registry/connectors.ts';
import { rowRefused, rowUnwritable } from '../../../core/errors/connector.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { unwritableValue } from '../../../core/errors/format.ts';
import { invariant } from '../../../core/errors/common.ts';
import { isAccumulate, type ChangeBatch, type Column } from '../../../core/row/batch.ts';
import type { SinkNode } from '../../../planner/physical/plan.ts';
import { GrowingBuffer } from '../../formats/byte-sink.ts';
import { formatRuntime } from '../../formats/runtimes.ts';
import type { Encoder, SinkContext, SinkFactory, SinkWriter, Stuck } from '../contract.ts';
import { rowText } from '../row-text.ts';
import { encodeHeaders, KafkaClient, KafkaClientConfig, type ProducerTopic } from './client/index.ts';
import { ProducerLanes } from './lanes.ts';
import type { FormatSpec, KafkaSinkSpec } from './spec.ts';
import { observe, stuckOn } from './stuck.ts';
import { recoverTransactions, transactionPrefix } from './transactions.ts';
import { UpsertBuffer, type BufferedRow } from './upsert-buffer.ts';

export const clientOf = (spec: Pick<KafkaSinkSpec, 'properties'>, clientId: string): KafkaClient => new KafkaClient(KafkaClientConfig.fromProperties(new Map(Object.entries({ 'client.id': clientId, ...spec.properties }))));

class KafkaWriter implements SinkWriter {
  private readonly spec: KafkaSinkSpec;
  private readonly context: SinkContext;
  private readonly client: KafkaClient;
  private readonly keyEncoder: Encoder | undefined;
  private readonly valueEncoder: Encoder;
  private readonly key = new GrowingBuffer();
  private readonly value = new GrowingBuffer();
  private readonly timestampColumn: number;
  private readonly headersColumn: number;
  readonly takesSlices: boolean;
  private readonly lanes: ProducerLanes;
  private readonly buffer: UpsertBuffer | undefined;
  private flushTimer: NodeJS.Timeout | undefined;
  private roundRobin = 0;
  private failure: unknown;

  constructor(node: SinkNode, context: SinkContext) {
    const spec = node.spec as unknown as KafkaSinkSpec;
    this.spec = spec;
    this.context = context;
    this.client = observe(clientOf(spec, `rivulet-${context.jobId}-${context.subtask}`), context, spec.table);
    this.lanes = new ProducerLanes({ client: this.client, guarantee: spec.guarantee, prefix: transactionPrefix(spec, node), subtask: context.subtask, parallelism: context.parallelism });
    const places = new Map(node.fields.flatMap((x, i) => (x.kind === 'physical' ? [[x.field, i] as const] : [])));
    const encoderOf = (format: FormatSpec): Encoder => formatRuntime(format.format).encoder(format.settings, format.fields.map((f) => {
      const column = places.get(f.field) ?? -1;
      invariant(column >= 0, `the sink gets column ${f.field} of its table`);
      return { name: f.name, type: f.type, column };
    }));
    this.valueEncoder = encoderOf(spec.value);
    this.keyEncoder = spec.key === null ? undefined : encoderOf(spec.key);
    this.takesSlices = [spec.value, ...(spec.key === null ? [] : [spec.key])].every((format) => formatRuntime(format.format).takesSlices === true);
    this.timestampColumn = node.fields.findIndex((f) => f.kind === 'metadata' && f.key === 'timestamp');
    this.headersColumn = node.fields.findIndex((f) => f.kind === 'metadata' && f.key === 'headers');
    this.buffer = spec.bufferRows > 0 ? new UpsertBuffer(spec.bufferRows) : undefined;
  }
  async open(): Promise<void> {
    await this.lanes.open();
    await this.lanes.topic(this.spec.topic);
  }

  push(batch: ChangeBatch): void {
    if (this.failure !== undefined) throw this.failure;
    try { this.encode(batch); } catch (error) { throw this.named(error, batch); }
  }
  /** Finds the row that could not be written by trying: so good rows need not be kept track of. */
  private named(error: unknown, batch: ChangeBatch): unknown {
    if (!(error instanceof RivuletError) || error.code !== unwritableValue.card.name) return error;
    let row = 0;
    for (; row < batch.size - 1; row++) {
      try {
        this.key.length = this.value.length = 0;
        this.keyEncoder?.encode(batch, row, this.key);
        if (!this.spec.upsert || isAccumulate(batch.kindAt(row))) this.valueEncoder.encode(batch, row, this.value);
      } catch { break; }
    }
    return rowUnwritable({ table: this.spec.table, why: error.message, field: error.field, row: rowText(batch, row, this.context.columns), hint: error.hint }, { cause: error });
  }
  private encode(batch: ChangeBatch): void {
    const lane = this.lanes.current, topic = lane.topics[0]!, { key, value, keyEncoder, valueEncoder, buffer } = this, { upsert } = this.spec, nowMs = this.context.nowMs();
    for (let row = 0; row < batch.size; row++) {
      let hasKey = false, hasValue = false;
      if (keyEncoder !== undefined) { key.length = 0; hasKey = keyEncoder.encode(batch, row, key); }
      if (!upsert || isAccumulate(batch.kindAt(row))) { value.length = 0; hasValue = valueEncoder.encode(batch, row, value); }
      if (upsert && !hasKey) throw rowRefused({ table: this.spec.table, what: 'the key is NULL', row: rowText(batch, row, this.context.columns), hint: 'Filter such rows out, or write the key with format json.' });
      const timestampMs = this.timestampColumn < 0 ? nowMs : this.timestamp(batch, row, nowMs), headers = this.headersColumn < 0 ? null : this.headers(batch, row);
      if (buffer !== undefined) { buffer.put(key.bytes, key.length, hasValue ? value.bytes : null, value.length, timestampMs, headers); continue; }
      const partition = this.partition(topic, hasKey, key.bytes, key.length);
      lane.producer.append(topic, partition, hasKey ? key.bytes : null, 0, key.length, hasValue ? value.bytes : null, 0, value.length, timestampMs, headers);
    }
    if (buffer === undefined) return;
    if (buffer.isFull) this.flushBuffer();
    else if (buffer.size > 0) this.flushTimer ??= setTimeout(() => this.flushInTime(), this.spec.bufferMs).unref();
  }
  private flushBuffer(): void {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    if (this.buffer === undefined || this.buffer.size === 0) return;
    const { producer, topics } = this.lanes.current, topic = topics[0]!;
    this.buffer.drain((row: BufferedRow) => producer.append(topic, this.partition(topic, true, row.key, row.key.length), row.key, 0, row.key.length, row.value, 0, row.value?.length ?? 0, row.timestampMs, row.headers));
  }
  private flushInTime(): void {
    this.flushTimer = undefined;
    if (!this.lanes.isOpened) return;
    const { busy } = this.lanes;
    // The lane's last transaction is still being ended: as soon as it is.
    if (busy !== undefined) { void busy.then(() => this.flushInTime()); return; }
    try {
      this.flushBuffer();
      this.lanes.send();
    } catch (error) { this.failure = error; }
  }
  private partition(topic: ProducerTopic, hasKey: boolean, key: Buffer, keyLength: number): number {
    switch (this.spec.partitioner) {
      case 'fixed': return this.context.subtask % topic.partitionCount;
      case 'round-robin': if (!hasKey) return this.roundRobin++ % topic.partitionCount;
    }
    return hasKey ? topic.partitionFor(key, 0, keyLength) : topic.partitionFor(null, -1, -1);
  }
  private timestamp(batch: ChangeBatch, row: number, nowMs: number): number {
    const given = (batch.columns[this.timestampColumn] as Column)[row];
    return given === null ? nowMs : Number(given);
  }
  private headers(batch: ChangeBatch, row: number): Buffer | null {
    const given = (batch.columns[this.headersColumn] as Column)[row] as ReadonlyMap<string, Uint8Array | null> | null;
    if (given === null) return null;
    return encodeHeaders([...given].map(([key, v]) => ({ key, value: v === null ? null : Buffer.from(v.buffer, v.byteOffset, v.length) })));
  }

  ready(): Promise<void> | undefined { return this.lanes.ready(); }
  get stuck(): Stuck | undefined { return stuckOn(this.client); }
  idle(): void { this.lanes.send(); }

  async prepare(): Promise<Json> {
    if (this.failure !== undefined) throw this.failure;
    this.flushBuffer();
    return await this.lanes.prepare();
  }
  async commit(committable: Json): Promise<void> { await this.lanes.commit(committable); }
  async close(): Promise<void> {
    clearTimeout(this.flushTimer);
    await this.lanes.close();
    await this.client.close();
  }
}

async function recover(node: SinkNode, committables: readonly Json[], context: SinkContext, former = 0): Promise<void> {
  const spec = node.spec as unknown as KafkaSinkSpec;
  if (spec.guarantee !== 'exactly-once') return;
  const client = observe(clientOf(spec, `rivulet-${context.jobId}-recover`), context, spec.table);
  try { await recoverTransactions(client, transactionPrefix(spec, node), spec.topic, committables, context, former); } finally { await client.close(); }
}
export const kafkaSink: SinkFactory = { identifier: 'kafka', create: (node, context) => new KafkaWriter(node, context), recover };
export const upsertKafkaSink: SinkFactory = { identifier: 'upsert-kafka', create: (node, context) => new KafkaWriter(node, context), recover };
