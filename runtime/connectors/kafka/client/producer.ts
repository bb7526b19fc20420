/**
 * Writes record batches: `append` fills one batch per partition, full or due batches go to the leaders' senders (`producer-sender.ts`),
 * acknowledgements free their memory. Transactions: partitions join by AddPartitionsToTxn before their first batch, `commitTransaction`
 * flushes and ends. Fails once and for all on what cannot be repeated; the job then restarts from its checkpoint.
 *
 * Invariants: batches of a partition are sent, and repeated, in order of append. With idempotence a batch keeps its sequence over all
 * repeats, so the log gets each record once. `bufferedBytes` counts every record from append to acknowledgement.
 */
import { internalError, invariant } from '../../../../core/errors/common.ts';
import type { RivuletError } from '../../../../core/errors/define.ts';
import { kafkaClientClosed, kafkaRecordTooLarge } from '../../../../core/errors/kafka.ts';
import { BATCH_HEAD_BYTES } from './batch-reader.ts';
import { BatchBuilder } from './batch-builder.ts';
import { addPartitionsToTxn, endTransaction, initProducerId, type ProducerIdentity } from './calls/transactions.ts';
import type { Cluster } from './cluster.ts';
import { CODEC_NAMES } from './codecs.ts';
import { describeKey } from './key-text.ts';
import { ProducerSender, type SenderHost } from './producer-sender.ts';
import { PartitionQueue, TopicQueues, type OutBatch } from './producer-queue.ts';
import type { Producer, ProducerOptions, ProducerTopic, StoredTransaction } from './types.ts';

interface FlushWaiter { readonly lastId: number; resolve(): void; reject(e: unknown): void }
let producerCount = 0;

export class BatchProducer implements Producer, SenderHost {
  failure: RivuletError | undefined;
  bufferedBytes = 0;
  readonly cluster: Cluster;
  readonly acks: -1 | 0 | 1;
  readonly idempotent: boolean;
  readonly transactionalId: string | undefined;
  readonly deliveryTimeoutMs: number;
  readonly topics = new Map<string, TopicQueues>();
  identity: ProducerIdentity | undefined;
  readonly purpose: string;
  readonly #transactionTimeoutMs: number;
  readonly #codec: number;
  readonly #batchBytes: number;
  readonly #lingerMs: number;
  readonly #maxRecordBytes: number;
  readonly #maxBufferedBytes: number;
  readonly #onError: ((error: RivuletError) => void) | undefined;
  readonly #number = ++producerCount;
  readonly #sender: ProducerSender;
  readonly #unacked = new Set<OutBatch>();
  readonly #opened = new Set<PartitionQueue>();
  #flushWaiters: FlushWaiter[] = [];
  #roomWaiters: { resolve(): void; reject(e: unknown): void }[] = [];
  #lastId = 0;
  #cancelLinger: (() => void) | undefined;
  #inTransaction = false;
  #hasRecords = false;
  #joining = false;
  #held = false;
  #closed = false;

  constructor(cluster: Cluster, options: ProducerOptions) {
    const o = { ...cluster.config.producer, ...defined(options) };
    this.cluster = cluster;
    this.transactionalId = o.transactionalId;
    this.acks = o.acks === 0 ? 0 : o.acks === 1 ? 1 : -1;
    this.idempotent = this.transactionalId !== undefined || (o.idempotent ?? this.acks === -1) && this.acks === -1;
    this.deliveryTimeoutMs = o.deliveryTimeoutMs ?? 120_000;
    this.purpose = `produce-${this.#number}`;
    this.#transactionTimeoutMs = o.transactionTimeoutMs ?? 600_000;
    this.#codec = Math.max(0, CODEC_NAMES.indexOf(o.compression ?? 'none'));
    this.#maxRecordBytes = o.maxRequestBytes ?? 1024 * 1024;
    this.#batchBytes = Math.max(BATCH_HEAD_BYTES + 1, Math.min(o.batchSizeBytes ?? 256 * 1024, this.#maxRecordBytes));
    this.#lingerMs = o.lingerMs ?? 5;
    this.#maxBufferedBytes = o.maxBufferedBytes ?? 32 * 1024 * 1024;
    this.#onError = o.onError;
    this.#sender = new ProducerSender(this);
    cluster.members.add(this);
  }

  async init(): Promise<void> {
    this.#check();
    if (this.idempotent) this.identity = await initProducerId(this.cluster, this.transactionalId, this.#transactionTimeoutMs);
  }

  async topic(name: string): Promise<ProducerTopic> {
    this.#check();
    const known = this.topics.get(name);
    if (known !== undefined) return known;
    const [entry] = await this.cluster.requireTopics([name], true);
    const made = this.topics.get(name) ?? new TopicQueues(name, entry?.partitions.length ?? 0, this.#number);
    this.topics.set(name, made);
    return made;
  }

  append(topic: ProducerTopic, partition: number, key: Buffer | null, keyStart: number, keyEnd: number, value: Buffer | null, valueStart: number, valueEnd: number, timestampMs: number, headers: Buffer | null): void {
    if (this.failure !== undefined) throw this.failure;
    const queue = (topic as TopicQueues).queues[partition];
    if (queue === undefined) throw internalError({ what: `partition ${partition} of topic '${topic.topic}' does not exist` });
    const recordBytes = BatchBuilder.recordBytes(key === null || keyStart < 0 ? 0 : keyEnd - keyStart, value === null || valueStart < 0 ? 0 : valueEnd - valueStart, headers === null ? 1 : headers.length);
    let builder = queue.open;
    if (builder === undefined || builder.at + recordBytes > Math.min(this.#batchBytes, queue.batchLimitBytes)) {
      if (builder !== undefined) this.#closeBatch(queue, builder);
      builder = this.#openBatch(queue, recordBytes, key, keyStart, keyEnd);
    } else if (builder.at + recordBytes > builder.bytes.length) builder.reserve(recordBytes);
    const before = builder.at;
    builder.append(key, keyStart, keyEnd, value, valueStart, valueEnd, timestampMs, headers);
    this.bufferedBytes += builder.at - before;
  }

  #openBatch(queue: PartitionQueue, recordBytes: number, key: Buffer | null, keyStart: number, keyEnd: number): BatchBuilder {
    invariant(!this.idempotent || this.identity !== undefined, 'a producer is initialised before it is used');
    invariant(this.transactionalId === undefined || this.#inTransaction, 'a transactional producer has begun a transaction');
    if (recordBytes > this.#maxRecordBytes) {
      throw kafkaRecordTooLarge({ topic: queue.topic.topic, key: key === null || keyStart < 0 ? 'null' : describeKey(key, keyStart, keyEnd), sizeBytes: recordBytes, limitBytes: this.#maxRecordBytes, option: "'properties.max.request.size' (and the topic's 'max.message.bytes')" });
    }
    this.#hasRecords = true;
    queue.openedAt = this.cluster.clock.monotonic();
    this.#opened.add(queue);
    this.#cancelLinger ??= this.cluster.clock.after(this.#lingerMs, () => { this.#cancelLinger = undefined; if (this.failure === undefined) this.send(); });
    return queue.begin(recordBytes, this.#batchBytes);
  }

  #closeBatch(queue: PartitionQueue, builder: BatchBuilder): void {
    queue.open = undefined;
    this.#opened.delete(queue);
    const bytes = builder.close(this.#codec, this.transactionalId !== undefined);
    const batch: OutBatch = { id: ++this.#lastId, queue, bytes, count: builder.count, sizeBytes: builder.at - BATCH_HEAD_BYTES, createdAt: queue.openedAt, sequence: -1, memory: bytes.buffer === builder.bytes.buffer ? builder.bytes : undefined };
    if (batch.memory === undefined) queue.recycle(builder.bytes);
    queue.ready.push(batch);
    this.#unacked.add(batch);
    queue.topic.unstick(queue.partition);
    if (this.transactionalId !== undefined && !queue.joined) this.#join(); else this.#sender.offer(queue);
  }

  send(): void {
    for (const queue of this.#opened) if (queue.open !== undefined) this.#closeBatch(queue, queue.open);
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
  }

  async flush(): Promise<void> {
    this.#check();
    this.send();
    if (this.#unacked.size === 0) return;
    await new Promise<void>((resolve, reject) => { this.#flushWaiters.push({ lastId: this.#lastId, resolve, reject }); });
  }

  get hasRoom(): boolean { return this.bufferedBytes < this.#maxBufferedBytes; }
  async ready(): Promise<void> {
    this.#check();
    if (this.hasRoom) return;
    this.send();
    await new Promise<void>((resolve, reject) => { this.#roomWaiters.push({ resolve, reject }); });
  }

  // ------------------------------------------------------------------------------------------------------ transactions

  beginTransaction(): void {
    this.#check();
    invariant(this.transactionalId !== undefined && this.identity !== undefined && !this.#inTransaction, 'a transaction begins once, on an initialised transactional producer');
    this.#inTransaction = true;
    this.#hasRecords = false;
  }
  get storedTransaction(): StoredTransaction | undefined {
    return this.transactionalId === undefined || this.identity === undefined ? undefined : { transactionalId: this.transactionalId, ...this.identity };
  }
  get transactionHasRecords(): boolean { return this.#hasRecords; }
  get isHeld(): boolean { return this.#held; }
  hold(): void {
    invariant(this.transactionalId !== undefined, 'a transactional producer is held');
    this.#held = true;
  }
  release(): void {
    this.#held = false;
    if (this.failure === undefined && this.#queues().some((q) => !q.joined && q.ready.length > 0)) this.#join();
  }

  async commitTransaction(): Promise<void> {
    const stored = this.storedTransaction;
    invariant(stored !== undefined && this.#inTransaction, 'a transaction was begun');
    await this.flush();
    if (this.#hasRecords) {
      // As long as the broker keeps the transaction: giving up earlier would only have somebody else try.
      try { await endTransaction(this.cluster, stored, 'commit', this.#transactionTimeoutMs); } catch (e) { throw this.fail(e); }
    }
    this.#leaveTransaction();
  }

  /** By InitProducerId: it aborts, and its new epoch starts the sequences anew, whatever became of the batches under way. */
  async abortTransaction(): Promise<void> {
    this.#check();
    invariant(this.#inTransaction, 'a transaction was begun');
    for (const batch of this.#unacked) this.bufferedBytes -= batch.sizeBytes;
    for (const queue of this.#opened) { this.bufferedBytes -= (queue.open?.at ?? BATCH_HEAD_BYTES) - BATCH_HEAD_BYTES; queue.open = undefined; }
    this.#unacked.clear();
    this.#opened.clear();
    this.#sender.forget();
    await this.init();
    this.#leaveTransaction();
    this.#settle();
  }

  #leaveTransaction(): void {
    this.#inTransaction = this.#hasRecords = false;
    for (const topic of this.topics.values()) for (const queue of topic.queues) queue.joined = false;
  }

  /** Lets all partitions with closed batches join the transaction, one request at a time. */
  #join(): void {
    const stored = this.storedTransaction;
    if (this.#joining || this.#held || stored === undefined) return;
    this.#joining = true;
    // What a request of an older epoch says, after an abort, counts for nothing.
    const current = (): boolean => this.identity?.producerEpoch === stored.producerEpoch && this.failure === undefined;
    queueMicrotask(() => {
      const queues = this.#queues().filter((q) => !q.joined && q.ready.length > 0);
      if (queues.length === 0) { this.#joining = false; return; }
      addPartitionsToTxn(this.cluster, stored, queues.map((q) => ({ topic: q.topic.topic, partition: q.partition })), this.deliveryTimeoutMs).then(() => {
        if (current()) for (const queue of queues) { queue.joined = true; this.#sender.offer(queue); }
      }, (e: unknown) => { if (current()) this.fail(e); }).finally(() => {
        this.#joining = false;
        if (this.failure === undefined && this.#queues().some((q) => !q.joined && q.ready.length > 0)) this.#join();
      });
    });
  }
  #queues(): PartitionQueue[] { return [...this.topics.values()].flatMap((t) => t.queues); }

  // ------------------------------------------------------------------------------------------------ told by the sender

  acknowledged(batch: OutBatch): void {
    if (!this.#unacked.delete(batch)) return;
    this.bufferedBytes -= batch.sizeBytes;
    if (batch.memory !== undefined) batch.queue.recycle(batch.memory);
    if (this.#unacked.size === 0) for (const topic of this.topics.values()) topic.rest();
    this.#settle();
  }
  /** A batch too large for the topic stands in the queue as several now. */
  replaced(batch: OutBatch, by: readonly OutBatch[]): void {
    this.#unacked.delete(batch);
    for (const part of by) this.#unacked.add(part);
  }
  mayResend(queue: PartitionQueue): boolean { return this.transactionalId === undefined || queue.joined; }

  /** Fails the producer for good (once) and returns its error. */
  fail(e: unknown): RivuletError {
    if (this.failure !== undefined) return this.failure;
    const error = e instanceof Error && 'sqlstate' in e ? e as RivuletError : internalError({ what: 'writing to Kafka failed' }, { cause: e });
    this.failure = error;
    this.#end(error);
    if (!this.#closed) this.#onError?.(error);
    return error;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.cluster.members.delete(this);
    this.fail(kafkaClientClosed({}));
  }

  #end(error: RivuletError): void {
    this.#cancelLinger?.();
    this.cluster.release(this.purpose);
    const waiters = [...this.#flushWaiters, ...this.#roomWaiters];
    this.#flushWaiters = [];
    this.#roomWaiters = [];
    for (const waiter of waiters) waiter.reject(error);
    for (const topic of this.topics.values()) for (const queue of topic.queues) { queue.open = undefined; queue.ready.length = 0; }
  }

  /** Wakes those who wait for acknowledgements or room. */
  #settle(): void {
    if (this.#roomWaiters.length > 0 && this.hasRoom) for (const waiter of this.#roomWaiters.splice(0)) waiter.resolve();
    if (this.#flushWaiters.length === 0) return;
    let oldest = Infinity;
    for (const batch of this.#unacked) oldest = Math.min(oldest, batch.id);
    this.#flushWaiters = this.#flushWaiters.filter((waiter) => {
      if (waiter.lastId >= oldest) return true;
      waiter.resolve();
      return false;
    });
  }

  #check(): void { if (this.failure !== undefined) throw this.failure; }
}

/** Without the fields that are undefined, so that they do not hide defaults. */
function defined(options: ProducerOptions): ProducerOptions { return Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)); }
