/**
 * Writer of `kafka` and `upsert-kafka`: rows are encoded into reused byte sinks and appended to record batches of the producer.
 *
 * Delivery. none and at-least-once: an idempotent producer, flushed at every barrier (none: not waited for). exactly-once: the rows of
 * an epoch sit in a transaction; `prepare` gives its identity once all is acknowledged, `commit` ends it after the checkpoint is durable,
 * `recover` ends it with the stored identity after a crash. Two transactional ids are used in turn, so that the next epoch can be
 * written while one commits. Protocol and argument: docs/exactly-once.md.
 */
import type { Json } from '../../../catalog/registry/connectors.ts';
import { rowRefused } from '../../../core/errors/connector.ts';
import { DELETE, UPDATE_BEFORE, type ChangeBatch } from '../../../core/row/batch.ts';
import type { SinkNode } from '../../../planner/physical/plan.ts';
import { formatRuntime } from '../../formats/runtimes.ts';
import type { ByteSink, Encoder, SinkContext, SinkFactory, SinkWriter } from '../contract.ts';
import { encodeHeaders, KafkaClient, KafkaClientConfig, type Compression, type Producer, type ProducerOptions, type ProducerTopic, type StoredTransaction } from './client/index.ts';
import type { FormatSpec, KafkaSinkSpec } from './spec.ts';

/** Default of Flink's sink is an hour; brokers allow 15 minutes unless told otherwise. */
const TRANSACTION_TIMEOUT_MS = 15 * 60_000;

export class GrowingBytes implements ByteSink {
  bytes: Buffer = Buffer.allocUnsafeSlow(4096);
  length = 0;
  ensure(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
interface Lane { readonly producer: Producer; topic: ProducerTopic | undefined; open: boolean; /** Set while its prepared transaction is not ended. */ busy: Promise<void> | undefined; free: (() => void) | undefined }

const clientOf = (spec: KafkaSinkSpec): KafkaClient => new KafkaClient(KafkaClientConfig.fromProperties(new Map(Object.entries(spec.properties))));
const number = (text: string | undefined, otherwise: number | undefined): number | undefined => (text === undefined || !/^\d+$/.test(text) ? otherwise : Number(text));

class KafkaWriter implements SinkWriter {
  private readonly spec: KafkaSinkSpec;
  private readonly context: SinkContext;
  private readonly client: KafkaClient;
  private readonly keyEncoder: Encoder | undefined;
  private readonly valueEncoder: Encoder;
  private readonly key = new GrowingBytes();
  private readonly value = new GrowingBytes();
  private readonly timestampColumn: number;
  private readonly headersColumn: number;
  private readonly exactlyOnce: boolean;
  private lanes: Lane[] = [];
  private at = 0;
  private roundRobin = 0;
  constructor(node: SinkNode, context: SinkContext) {
    const spec = node.spec as unknown as KafkaSinkSpec;
    this.spec = spec;
    this.context = context;
    this.client = clientOf(spec);
    this.exactlyOnce = spec.guarantee === 'exactly-once';
    const encoderOf = (format: FormatSpec): Encoder => formatRuntime(format.format).encoder(format.settings, format.fields.map((f) => ({ name: f.name, type: f.type, column: node.fields.findIndex((x) => x.kind === 'physical' && x.field === f.field) })));
    this.valueEncoder = encoderOf(spec.value);
    this.keyEncoder = spec.key === null ? undefined : encoderOf(spec.key);
    this.timestampColumn = node.fields.findIndex((f) => f.kind === 'metadata' && f.key === 'timestamp');
    this.headersColumn = node.fields.findIndex((f) => f.kind === 'metadata' && f.key === 'headers');
  }
  async open(): Promise<void> {
    const p = this.spec.properties;
    const shared: ProducerOptions = {
      compression: p['compression.type'] as Compression | undefined, batchSizeBytes: number(p['batch.size'], undefined), lingerMs: number(p['linger.ms'], undefined), maxRequestBytes: number(p['max.request.size'], undefined),
      maxBufferedBytes: number(p['buffer.memory'], undefined), deliveryTimeoutMs: number(p['delivery.timeout.ms'], undefined), idempotent: p['enable.idempotence'] !== 'false', acks: p['acks'] === '0' ? 0 : p['acks'] === '1' ? 1 : undefined,
    };
    const timeout = number(p['transaction.timeout.ms'], TRANSACTION_TIMEOUT_MS);
    const options = this.exactlyOnce ? [0, 1].map((lane): ProducerOptions => ({ ...shared, idempotent: true, acks: 'all', transactionalId: transactionalId(this.spec, this.context.subtask, lane), transactionTimeoutMs: timeout })) : [shared];
    this.lanes = options.map((o) => ({ producer: this.client.producer(o), topic: undefined, open: false, busy: undefined, free: undefined }));
    for (const lane of this.lanes) { await lane.producer.init(); lane.topic = await lane.producer.topic(this.spec.topic); }
  }
  private lane(): Lane {
    const lane = this.lanes[this.at] as Lane;
    if (this.exactlyOnce && !lane.open) { lane.producer.beginTransaction(); lane.open = true; }
    return lane;
  }
  push(batch: ChangeBatch): void {
    const { producer, topic } = this.lane();
    if (topic === undefined) return;
    const { key, value, keyEncoder, valueEncoder, spec } = this;
    for (let row = 0; row < batch.size; row++) {
      const kind = batch.kindAt(row);
      let hasKey = false;
      if (keyEncoder !== undefined) { key.length = 0; hasKey = keyEncoder.encode(batch, row, key); }
      let hasValue = false;
      if (!spec.upsert || (kind !== DELETE && kind !== UPDATE_BEFORE)) { value.length = 0; hasValue = valueEncoder.encode(batch, row, value); }
      if (spec.upsert && !hasKey) throw rowRefused({ table: spec.table, what: 'the key is NULL' });
      const partition = this.partition(topic, hasKey);
      producer.append(topic, partition, hasKey ? key.bytes : null, hasKey ? 0 : -1, hasKey ? key.length : -1, hasValue ? value.bytes : null, hasValue ? 0 : -1, hasValue ? value.length : -1, this.timestamp(batch, row), this.headers(batch, row));
    }
  }
  private partition(topic: ProducerTopic, hasKey: boolean): number {
    if (this.spec.partitioner === 'fixed') return this.context.subtask % topic.partitionCount;
    if (this.spec.partitioner === 'round-robin' && !hasKey) return this.roundRobin++ % topic.partitionCount;
    return hasKey ? topic.partitionFor(this.key.bytes, 0, this.key.length) : topic.partitionFor(null, -1, -1);
  }
  private timestamp(batch: ChangeBatch, row: number): number {
    const given = this.timestampColumn < 0 ? null : batch.columns[this.timestampColumn]?.[row];
    return given === null || given === undefined ? this.context.nowMs() : Number(given);
  }
  private headers(batch: ChangeBatch, row: number): Buffer | null {
    const given = this.headersColumn < 0 ? null : batch.columns[this.headersColumn]?.[row];
    return given instanceof Map ? encodeHeaders([...given as Map<string, Uint8Array | null>].map(([k, v]) => ({ key: k, value: v === null ? null : Buffer.from(v.buffer, v.byteOffset, v.length) }))) : null;
  }
  ready(): Promise<void> | undefined {
    const lane = this.lanes[this.at] as Lane;
    if (lane.busy !== undefined) return lane.busy;
    return lane.producer.failure !== undefined || !lane.producer.hasRoom ? lane.producer.ready() : undefined;
  }
  idle(): void { this.lanes[this.at]?.producer.send(); }

  async prepare(): Promise<Json> {
    const lane = this.lanes[this.at] as Lane;
    if (!this.exactlyOnce) {
      if (this.spec.guarantee === 'at-least-once') await lane.producer.flush();
      else lane.producer.send();
      return null;
    }
    if (!lane.open || !lane.producer.transactionHasRecords) return null;
    lane.open = false;
    lane.busy = new Promise((resolve) => { lane.free = resolve; });
    this.at = 1 - this.at;
    await lane.producer.flush();
    return lane.producer.storedTransaction as unknown as Json;
  }
  async commit(committable: Json): Promise<void> {
    const stored = committable as unknown as StoredTransaction | null;
    if (stored === null) return;
    const lane = this.lanes.find((l) => l.producer.storedTransaction?.transactionalId === stored.transactionalId && l.busy !== undefined);
    if (lane === undefined) { await this.client.endTransactionWith(stored, 'commit'); return; }
    await lane.producer.commitTransaction();
    lane.busy = undefined;
    lane.free?.();
  }
  async close(): Promise<void> {
    for (const lane of this.lanes) await lane.producer.close();
    await this.client.close();
  }
}
const transactionalId = (spec: KafkaSinkSpec, subtask: number, lane: number): string => `${spec.transactionalIdPrefix ?? ''}-${subtask}-${lane}`;

async function recover(node: SinkNode, committables: readonly Json[]): Promise<void> {
  const stored = committables.filter((c): c is Json & object => c !== null) as unknown as readonly StoredTransaction[];
  if (stored.length === 0) return;
  const client = clientOf(node.spec as unknown as KafkaSinkSpec);
  try { for (const transaction of stored) await client.endTransactionWith(transaction, 'commit'); } finally { await client.close(); }
}
export const kafkaSink: SinkFactory = { identifier: 'kafka', create: (node, context) => new KafkaWriter(node, context), recover };
export const upsertKafkaSink: SinkFactory = { identifier: 'upsert-kafka', create: (node, context) => new KafkaWriter(node, context), recover };
