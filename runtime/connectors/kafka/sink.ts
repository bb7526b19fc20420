/**
 * Writer of `kafka` and `upsert-kafka`: rows are encoded into reused byte sinks and appended to record batches of the producer.
 *
 * Delivery. none and at-least-once: an idempotent producer, flushed at every barrier (none: not waited for). exactly-once: the rows of
 * an epoch sit in a transaction; `prepare` gives its identity once all is acknowledged, `commit` ends it after the checkpoint is durable,
 * `recover` ends it with the stored identity after a crash (`transactions.ts`). A lane whose prepared transaction is not ended yet is
 * busy: `ready` holds the rows back when the turn comes to it.
 *
 * upsert: -D and -U are written as a null value under their key; the partition follows from the key, so a key's last record is its last
 * change. Flink: DynamicKafkaRecordSerializationSchema.
 */
import type { Json } from '../../../catalog/registry/connectors.ts';
import { rowRefused } from '../../../core/errors/connector.ts';
import { invariant } from '../../../core/errors/common.ts';
import { isAccumulate, type ChangeBatch, type Column } from '../../../core/row/batch.ts';
import type { SinkNode } from '../../../planner/physical/plan.ts';
import { GrowingBuffer } from '../../formats/byte-sink.ts';
import { formatRuntime } from '../../formats/runtimes.ts';
import type { Encoder, SinkContext, SinkFactory, SinkWriter } from '../contract.ts';
import { encodeHeaders, KafkaClient, KafkaClientConfig, type Producer, type ProducerOptions, type ProducerTopic } from './client/index.ts';
import type { FormatSpec, KafkaSinkSpec } from './spec.ts';
import { LANES, recoverTransactions, transactionalId, transactionPrefix, type Committable } from './transactions.ts';
import { UpsertBuffer, type BufferedRow } from './upsert-buffer.ts';

/** Flink's default is an hour; brokers allow 15 minutes unless told otherwise (transaction.max.timeout.ms). */
const TRANSACTION_TIMEOUT_MS = 15 * 60_000;
/** How long a closing writer tries to abort what it has open. */
const ABORT_LIMIT_MS = 2000;

/** A producer; with exactly-once one of LANES. `busy` while its prepared transaction is not ended. */
interface Lane { readonly producer: Producer; readonly topic: ProducerTopic; isOpen: boolean; busy: Promise<void> | undefined; free: (() => void) | undefined }

const clientOf = (spec: KafkaSinkSpec, clientId: string): KafkaClient => new KafkaClient(KafkaClientConfig.fromProperties(new Map(Object.entries({ 'client.id': clientId, ...spec.properties }))));

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
  private readonly exactlyOnce: boolean;
  private readonly transactions: string;
  private readonly buffer: UpsertBuffer | undefined;
  private flushTimer: NodeJS.Timeout | undefined;
  private readonly lanes: Lane[] = [];
  private turn = 0;
  private roundRobin = 0;
  private failure: unknown;

  constructor(node: SinkNode, context: SinkContext) {
    const spec = node.spec as unknown as KafkaSinkSpec;
    this.spec = spec;
    this.context = context;
    this.client = clientOf(spec, `rivulet-${context.jobId}-${context.subtask}`);
    this.exactlyOnce = spec.guarantee === 'exactly-once';
    this.transactions = transactionPrefix(spec, node);
    const encoderOf = (format: FormatSpec): Encoder => formatRuntime(format.format).encoder(format.settings, format.fields.map((f) => {
      const column = node.fields.findIndex((x) => x.kind === 'physical' && x.field === f.field);
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
    const { spec, client } = this, timeoutMs = client.config.producer.transactionTimeoutMs ?? TRANSACTION_TIMEOUT_MS;
    const options: ProducerOptions[] = this.exactlyOnce
      ? Array.from({ length: LANES }, (_, lane) => ({ idempotent: true, acks: 'all', transactionalId: transactionalId(this.transactions, this.context.subtask, lane), transactionTimeoutMs: timeoutMs }))
      : [{}];
    for (const o of options) {
      const producer = client.producer(o);
      await producer.init();
      this.lanes.push({ producer, topic: await producer.topic(spec.topic), isOpen: false, busy: undefined, free: undefined });
    }
  }
  /** The lane of the current epoch, its transaction begun. */
  private lane(): Lane {
    const lane = this.lanes[this.turn] as Lane;
    if (this.exactlyOnce && !lane.isOpen) {
      invariant(lane.busy === undefined, 'rows come only while the sink is ready');
      lane.producer.beginTransaction();
      lane.isOpen = true;
    }
    return lane;
  }

  push(batch: ChangeBatch): void {
    if (this.failure !== undefined) throw this.failure;
    const lane = this.lane(), { key, value, keyEncoder, valueEncoder, buffer } = this, { upsert } = this.spec, nowMs = this.context.nowMs();
    for (let row = 0; row < batch.size; row++) {
      let hasKey = false, hasValue = false;
      if (keyEncoder !== undefined) { key.length = 0; hasKey = keyEncoder.encode(batch, row, key); }
      if (!upsert || isAccumulate(batch.kindAt(row))) { value.length = 0; hasValue = valueEncoder.encode(batch, row, value); }
      if (upsert && !hasKey) throw rowRefused({ table: this.spec.table, what: 'the key is NULL', hint: 'Filter such rows out, or write the key with format json.' });
      const timestampMs = this.timestampColumn < 0 ? nowMs : this.timestamp(batch, row, nowMs), headers = this.headersColumn < 0 ? null : this.headers(batch, row);
      if (buffer !== undefined) { buffer.put(key.bytes, key.length, hasValue ? value.bytes : null, value.length, timestampMs, headers); continue; }
      const partition = this.partition(lane.topic, hasKey, key.bytes, key.length);
      lane.producer.append(lane.topic, partition, hasKey ? key.bytes : null, 0, key.length, hasValue ? value.bytes : null, 0, value.length, timestampMs, headers);
    }
    if (buffer === undefined) return;
    if (buffer.isFull) this.flushBuffer();
    else if (buffer.size > 0) this.flushTimer ??= setTimeout(() => this.flushInTime(), this.spec.bufferMs).unref();
  }
  private flushBuffer(): void {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    if (this.buffer === undefined || this.buffer.size === 0) return;
    const { producer, topic } = this.lane();
    this.buffer.drain((row: BufferedRow) => producer.append(topic, this.partition(topic, true, row.key, row.key.length), row.key, 0, row.key.length, row.value, 0, row.value?.length ?? 0, row.timestampMs, row.headers));
  }
  private flushInTime(): void {
    this.flushTimer = undefined;
    const lane = this.lanes[this.turn];
    if (lane === undefined) return;
    // The lane's last transaction is still being ended: as soon as it is.
    if (lane.busy !== undefined) { void lane.busy.then(() => this.flushInTime()); return; }
    try {
      this.flushBuffer();
      this.lanes[this.turn]?.producer.send();
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

  ready(): Promise<void> | undefined {
    const lane = this.lanes[this.turn] as Lane;
    if (lane.busy !== undefined) return lane.busy;
    return lane.producer.failure !== undefined || !lane.producer.hasRoom ? lane.producer.ready() : undefined;
  }
  idle(): void { this.lanes[this.turn]?.producer.send(); }

  async prepare(): Promise<Json> {
    if (this.failure !== undefined) throw this.failure;
    this.flushBuffer();
    const lane = this.lanes[this.turn] as Lane;
    if (!this.exactlyOnce) {
      if (this.spec.guarantee === 'at-least-once') await lane.producer.flush();
      else lane.producer.send();
      return null;
    }
    if (!lane.isOpen || !lane.producer.transactionHasRecords) return null;
    // Rows that come while the rest of this runs belong to the next epoch.
    lane.isOpen = false;
    lane.busy = new Promise((resolve) => { lane.free = resolve; });
    this.turn = (this.turn + 1) % LANES;
    await lane.producer.flush();
    const stored = lane.producer.storedTransaction;
    invariant(stored !== undefined, 'a prepared transaction has an identity');
    return { ...stored, parallelism: this.context.parallelism } satisfies Committable as unknown as Json;
  }
  async commit(committable: Json): Promise<void> {
    const stored = committable as unknown as Committable | null;
    if (stored === null) return;
    const lane = this.lanes.find((l) => l.busy !== undefined && l.producer.storedTransaction?.transactionalId === stored.transactionalId);
    if (lane === undefined) { await this.client.endTransactionWith(stored, 'commit'); return; }
    await lane.producer.commitTransaction();
    lane.busy = undefined;
    lane.free?.();
  }
  async close(): Promise<void> {
    clearTimeout(this.flushTimer);
    await this.abortOpen();
    for (const lane of this.lanes) await lane.producer.close();
    await this.client.close();
  }
  /**
   * Rows behind the last barrier will never be committed: without an end they would stand before read_committed readers until the
   * transaction's timeout. By EndTxn, not by InitProducerId: a process that was thought dead must not fence its successor. What cannot be
   * ended in time is left to the next start and the timeout. Prepared transactions are not touched.
   */
  private async abortOpen(): Promise<void> {
    const open = this.exactlyOnce ? this.lanes.filter((lane) => lane.isOpen && lane.producer.failure === undefined && lane.producer.transactionHasRecords) : [];
    if (open.length === 0) return;
    const ended = open.map(async ({ producer }) => {
      // A batch still under way would come behind the abort and hang there.
      await producer.flush();
      if (producer.storedTransaction !== undefined) await this.client.endTransactionWith(producer.storedTransaction, 'abort');
    });
    let timer: NodeJS.Timeout | undefined;
    const inTime = new Promise<void>((resolve) => { timer = setTimeout(resolve, ABORT_LIMIT_MS); });
    await Promise.race([Promise.allSettled(ended), inTime]);
    clearTimeout(timer);
  }
}

async function recover(node: SinkNode, committables: readonly Json[], context: SinkContext, former = 0): Promise<void> {
  const spec = node.spec as unknown as KafkaSinkSpec;
  if (spec.guarantee !== 'exactly-once' || (committables.length === 0 && former <= context.parallelism)) return;
  const client = clientOf(spec, `rivulet-${context.jobId}-recover`);
  try { await recoverTransactions(client, node, committables, context, former); } finally { await client.close(); }
}
export const kafkaSink: SinkFactory = { identifier: 'kafka', create: (node, context) => new KafkaWriter(node, context), recover };
export const upsertKafkaSink: SinkFactory = { identifier: 'upsert-kafka', create: (node, context) => new KafkaWriter(node, context), recover };
