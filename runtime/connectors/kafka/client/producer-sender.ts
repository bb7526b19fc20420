/**
 * Carries closed batches to the leaders: one connection per broker, up to five Produce requests under way on it, each with at most one
 * batch per partition. Repeats what Kafka calls retriable, in order; finds leaders again; splits batches that are too large for a topic.
 *
 * How order survives failures: after the first failed batch of a partition nothing more of it is sent until everything under way has come
 * back; what failed goes back into the queue by its sequence and is sent again first. Only one batch of a partition is under way without
 * idempotence, and before its first acknowledgement: a broker that knows nothing of the producer takes any sequence as the first, so that a
 * second batch would pass a first one that was refused.
 */
import type { RivuletError } from '../../../../core/errors/define.ts';
import { kafkaDeliveryFailed, kafkaProducerFenced, kafkaProtocolViolation, kafkaRecordTooLarge, kafkaRequestFailed, kafkaTopicReplaced } from '../../../../core/errors/kafka.ts';
import { BATCH_HEAD_BYTES, BatchReader } from './batch-reader.ts';
import { BatchBuilder, sealBatch } from './batch-builder.ts';
import { describeConfig } from './calls/admin.ts';
import { sendProduce, type ProduceAnswer } from './calls/produce.ts';
import { isFenced, type ProducerIdentity } from './calls/transactions.ts';
import { canTryAgain, type Cluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { describeKey } from './key-text.ts';
import { isBefore, type OutBatch, type PartitionQueue, type TopicQueues } from './producer-queue.ts';
import { RecordCursor } from './records.ts';
import { CODE, errorName, isRetriable, isStaleMetadata } from './wire/error-codes.ts';

const REQUESTS_PER_BROKER = 5;
/** The broker remembers the last five batches per producer and partition. */
const BATCHES_PER_PARTITION = 5;
/** How long an acknowledgement proves that the broker knows our sequence; it forgets idle producers after a day (producer.id.expiration.ms). */
const PROVEN_MS = 3_600_000;
const REQUEST_BYTES = 4 * 1024 * 1024;
const MISSING_TOPIC_MS = 5000;

/** What the sender needs of its producer. */
export interface SenderHost {
  readonly cluster: Cluster;
  readonly acks: -1 | 0 | 1;
  readonly idempotent: boolean;
  readonly transactionalId: string | undefined;
  readonly deliveryTimeoutMs: number;
  readonly purpose: string;
  readonly topics: ReadonlyMap<string, TopicQueues>;
  readonly identity: ProducerIdentity | undefined;
  readonly failure: RivuletError | undefined;
  acknowledged(batch: OutBatch): void;
  replaced(batch: OutBatch, by: readonly OutBatch[]): void;
  mayResend(queue: PartitionQueue): boolean;
  fail(e: unknown): RivuletError;
}
interface Broker { readonly id: number; connection: Connection | undefined; connecting: boolean; requests: number; throttledUntil: number; readonly queues: Set<PartitionQueue> }

export class ProducerSender {
  readonly #host: SenderHost;
  readonly #cluster: Cluster;
  readonly #brokers = new Map<number, Broker>();
  /** Raised by `forget`: answers to older requests count for nothing. */
  #era = 0;
  #lookupRunning = false;
  #lookupFailures = 0;
  constructor(host: SenderHost) {
    this.#host = host;
    this.#cluster = host.cluster;
  }

  /** The queue may have something to send. */
  offer(queue: PartitionQueue): void {
    if (this.#host.failure !== undefined || queue.ready.length === 0 || !this.#host.mayResend(queue)) return;
    if (queue.repairing) {
      if (queue.inFlight.length > 0) return;
      queue.repairing = false;
    }
    const waitMs = queue.notBefore - this.#cluster.clock.monotonic();
    if (waitMs > 0) { this.#cluster.clock.after(waitMs, () => { this.offer(queue); }); return; }
    const leader = this.#cluster.leader(queue.topic.topic, queue.partition);
    if (leader < 0) { this.#lookup(); return; }
    let broker = this.#brokers.get(leader);
    if (broker === undefined) this.#brokers.set(leader, broker = { id: leader, connection: undefined, connecting: false, requests: 0, throttledUntil: 0, queues: new Set() });
    broker.queues.add(queue);
    this.#kick(broker);
  }

  /** Drops everything queued and under way, for an abort; sequences start anew with the next identity. */
  forget(): void {
    this.#era++;
    for (const topic of this.#host.topics.values()) for (const queue of topic.queues) {
      queue.ready.length = queue.inFlight.length = 0;
      queue.nextSequence = 0;
      queue.repairing = false;
      queue.provenAt = -Infinity;
      this.#cluster.troubles.over(queue);
    }
    for (const broker of this.#brokers.values()) { broker.queues.clear(); broker.requests = 0; broker.connection = undefined; }
    // The connections may still carry requests of the old epoch: with them closed nothing of it can arrive late on our side.
    this.#cluster.release(this.#host.purpose);
  }

  #kick(broker: Broker): void {
    while (broker.queues.size > 0 && broker.requests < REQUESTS_PER_BROKER && this.#host.failure === undefined) {
      const restMs = broker.throttledUntil - this.#cluster.clock.monotonic();
      if (restMs > 0) { this.#cluster.clock.after(restMs, () => { this.#kick(broker); }); return; }
      const connection = broker.connection;
      if (connection === undefined || connection.failure !== undefined || this.#cluster.clock.monotonic() >= connection.retireAt && connection.pendingCount === 0) { this.#connect(broker); return; }
      const batches = this.#collect(broker);
      if (batches.length === 0) return;
      this.#send(broker, connection, batches);
    }
  }

  #connect(broker: Broker): void {
    if (broker.connecting) return;
    broker.connecting = true;
    this.#cluster.connection(broker.id, this.#host.purpose).then((connection) => {
      broker.connecting = false;
      broker.connection = connection;
      this.#kick(broker);
    }, (e: unknown) => {
      broker.connecting = false;
      if (!canTryAgain(e)) { this.#host.fail(e); return; }
      const waiting = [...broker.queues];
      broker.queues.clear();
      for (const queue of waiting) this.#expire(queue, e as RivuletError);
      this.#lookupFailures = Math.max(1, this.#lookupFailures);
      this.#lookup();
    });
  }

  /** At most one batch of each partition, in order of offering; queues with more stay. */
  #collect(broker: Broker): OutBatch[] {
    const batches: OutBatch[] = [];
    let bytes = 0;
    const provenSince = this.#cluster.clock.monotonic() - PROVEN_MS;
    // A copy: the set is reordered meanwhile.
    for (const queue of [...broker.queues]) {
      const batch = queue.ready[0];
      if (batch === undefined || queue.repairing) { broker.queues.delete(queue); continue; }
      if (this.#cluster.leader(queue.topic.topic, queue.partition) !== broker.id) {
        broker.queues.delete(queue);
        queueMicrotask(() => { this.offer(queue); });
        continue;
      }
      if (queue.inFlight.length >= (this.#host.idempotent && queue.provenAt > provenSince ? BATCHES_PER_PARTITION : 1)) continue;
      if (bytes > 0 && bytes + batch.bytes.length > REQUEST_BYTES) break;
      queue.ready.shift();
      queue.inFlight.push(batch);
      this.#seal(queue, batch);
      batches.push(batch);
      bytes += batch.bytes.length;
      // To the end of the order, so that the others come first next time.
      broker.queues.delete(queue);
      if (queue.ready.length > 0) broker.queues.add(queue);
      if (bytes >= REQUEST_BYTES) break;
    }
    return batches;
  }

  #seal(queue: PartitionQueue, batch: OutBatch): void {
    if (batch.sequence >= 0) return;
    const identity = this.#host.identity;
    if (identity === undefined) { batch.sequence = 0; sealBatch(batch.bytes, -1, -1, -1); return; }
    batch.sequence = queue.nextSequence;
    queue.nextSequence = (queue.nextSequence + batch.count) % 0x80000000;
    sealBatch(batch.bytes, identity.producerId, identity.producerEpoch, batch.sequence);
  }

  #send(broker: Broker, connection: Connection, batches: readonly OutBatch[]): void {
    const era = this.#era;
    const items = batches.map((b) => ({ topic: b.queue.topic.topic, partition: b.queue.partition, bytes: b.bytes }));
    broker.requests++;
    const back = (): boolean => { if (era !== this.#era) return false; broker.requests--; return true; };
    try {
      sendProduce(connection, items, this.#host.transactionalId, this.#host.acks, this.#cluster.config.requestTimeoutMs,
        (answer) => { if (back()) { this.#onAnswer(broker, connection, batches, answer); this.#kick(broker); } },
        (e) => { if (back()) this.#onLost(broker, batches, e); });
    } catch (e) { this.#host.fail(e); return; }
    if (this.#host.acks === 0 && back()) for (const batch of batches) this.#done(batch);
  }

  #onAnswer(broker: Broker, connection: Connection, batches: readonly OutBatch[], answer: ProduceAnswer): void {
    if (answer.throttleMs > 0) broker.throttledUntil = this.#cluster.clock.monotonic() + answer.throttleMs;
    const results = new Map(answer.results.map((r) => [`${r.partition} ${r.topic}`, r]));
    for (const batch of batches) {
      const result = results.get(`${batch.queue.partition} ${batch.queue.topic.topic}`);
      if (result === undefined) { connection.close(kafkaProtocolViolation({ server: connection.server, call: 'Produce', why: `partition ${batch.queue.partition} is missing` })); this.#host.fail(connection.failure); return; }
      if (result.code === 0 || result.code === CODE.DUPLICATE_SEQUENCE_NUMBER) this.#done(batch);
      else this.#refused(batch, result.code, result.text);
    }
    for (const batch of batches) this.offer(batch.queue);
  }

  #done(batch: OutBatch): void {
    const queue = batch.queue, at = queue.inFlight.indexOf(batch);
    if (at >= 0) queue.inFlight.splice(at, 1);
    queue.failures = 0;
    queue.provenAt = this.#cluster.clock.monotonic();
    queue.missingSince = undefined;
    this.#cluster.troubles.over(queue);
    this.#host.acknowledged(batch);
  }

  #refused(batch: OutBatch, code: number, text: string | undefined): void {
    const queue = batch.queue, topic = queue.topic.topic, transactionalId = this.#host.transactionalId;
    if (isFenced(code) && transactionalId !== undefined) { this.#host.fail(kafkaProducerFenced({ transactionalId, code: errorName(code) })); return; }
    if (code === CODE.MESSAGE_TOO_LARGE || code === CODE.RECORD_LIST_TOO_LARGE) { this.#tooLarge(batch); return; }
    // Out of order behind a batch that failed is its consequence; at the head of the line records are missing in the log.
    const behind = code === CODE.OUT_OF_ORDER_SEQUENCE_NUMBER && [...queue.inFlight, ...queue.ready].some((b) => b !== batch && b.sequence >= 0 && isBefore(b.sequence, batch.sequence));
    const missing = code === CODE.UNKNOWN_TOPIC_OR_PARTITION;
    const error = kafkaDeliveryFailed({ topic, partition: queue.partition, code: errorName(code), why: text ?? 'Kafka refused the batch' });
    if (missing) {
      const now = this.#cluster.clock.monotonic();
      queue.missingSince ??= now;
      if (now - queue.missingSince > MISSING_TOPIC_MS) { this.#host.fail(kafkaTopicReplaced({ topic, partition: queue.partition, position: -1, now: 'gone' })); return; }
    } else if (!behind && !isRetriable(code)) {
      this.#host.fail(code === 29 || code === 31 || code === 87 ? kafkaRequestFailed({ call: 'Produce', code: errorName(code), what: `partition ${queue.partition} of topic '${topic}'`, text }) : error);
      return;
    }
    if (missing || isStaleMetadata(code)) this.#cluster.topics.delete(topic);
    this.#again(batch, error);
  }

  /** Puts a batch back to be sent again after a pause. */
  #again(batch: OutBatch, why: RivuletError): void {
    const queue = batch.queue;
    queue.repairing = true;
    queue.putBack(batch);
    queue.notBefore = this.#cluster.clock.monotonic() + Math.min(1000, this.#cluster.config.retryBackoffMs * 2 ** Math.min(5, queue.failures++));
    this.#expire(queue, why);
  }

  #expire(queue: PartitionQueue, why: RivuletError): void {
    const oldest = queue.ready[0];
    if (oldest !== undefined) this.#cluster.troubles.note(queue, why);
    if (oldest === undefined || this.#cluster.clock.monotonic() - oldest.createdAt < this.#host.deliveryTimeoutMs) return;
    this.#host.fail(kafkaDeliveryFailed({ topic: queue.topic.topic, partition: queue.partition, code: 'delivery.timeout.ms', why: `not acknowledged within ${this.#host.deliveryTimeoutMs} ms; the last reason: ${why.message}` }, { cause: why }));
  }

  #onLost(broker: Broker, batches: readonly OutBatch[], e: RivuletError): void {
    broker.connection = undefined;
    if (this.#host.failure !== undefined) return;
    if (!canTryAgain(e)) { this.#host.fail(e); return; }
    for (const batch of batches) this.#again(batch, e);
    // Another broker may lead now.
    for (const batch of batches) this.#cluster.topics.delete(batch.queue.topic.topic);
    for (const batch of batches) this.offer(batch.queue);
  }

  /** Finds the leaders of all queues that have something to send; one at a time, with back-off. */
  #lookup(): void {
    if (this.#lookupRunning || this.#host.failure !== undefined) return;
    this.#lookupRunning = true;
    const waitMs = this.#lookupFailures === 0 ? 0 : Math.min(1000, Math.max(20, this.#cluster.config.retryBackoffMs) * 2 ** Math.min(5, this.#lookupFailures - 1));
    void (async () => {
      if (waitMs > 0) await this.#cluster.sleep(waitMs);
      const queues = this.#waiting();
      let lost: RivuletError | undefined;
      try {
        const answer = await this.#cluster.refresh([...new Set(queues.map((q) => q.topic.topic))]);
        for (const entry of answer.topics) this.#host.topics.get(entry.topic)?.grow(entry.partitions.length);
        const missing = queues.find((q) => this.#cluster.leader(q.topic.topic, q.partition) < 0);
        const code = answer.topics.find((t) => t.topic === missing?.topic.topic)?.code ?? 0;
        this.#lookupFailures = missing === undefined ? 0 : this.#lookupFailures + 1;
        if (missing !== undefined) {
          lost = kafkaRequestFailed({ call: 'Metadata', code: errorName(code || 5), what: `topic '${missing.topic.topic}'` });
          if (code === CODE.UNKNOWN_TOPIC_OR_PARTITION && this.#isGone(missing)) return;
        }
      } catch (e) {
        if (!canTryAgain(e)) { this.#host.fail(e); return; }
        lost = e as RivuletError;
        this.#lookupFailures++;
      } finally { this.#lookupRunning = false; }
      // Not only those asked for: others may have come to wait meanwhile.
      for (const queue of this.#waiting()) {
        if (lost !== undefined && this.#cluster.leader(queue.topic.topic, queue.partition) < 0) this.#expire(queue, lost);
        this.offer(queue);
      }
    })();
  }

  #waiting(): PartitionQueue[] { return [...this.#host.topics.values()].flatMap((t) => t.queues).filter((q) => q.ready.length > 0); }

  #isGone(queue: PartitionQueue): boolean {
    const now = this.#cluster.clock.monotonic();
    queue.missingSince ??= now;
    if (now - queue.missingSince <= MISSING_TOPIC_MS) return false;
    this.#host.fail(kafkaTopicReplaced({ topic: queue.topic.topic, partition: queue.partition, position: -1, now: 'gone' }));
    return true;
  }

  /** The topic takes only smaller batches: split in two; a single record is an error that names it. */
  #tooLarge(batch: OutBatch): void {
    const queue = batch.queue, reader = new BatchReader();
    reader.readHead({ topic: queue.topic.topic, partition: queue.partition }, batch.bytes, 0, batch.bytes.length, false);
    reader.readRecords(0, Infinity);
    const cursor = new RecordCursor();
    cursor.open(reader);
    if (batch.count === 1) {
      cursor.next();
      const { topic } = queue.topic, key = cursor.keyStart < 0 ? 'null' : describeKey(cursor.bytes, cursor.keyStart, cursor.keyEnd), sizeBytes = batch.bytes.length;
      const failWith = (limitBytes: number): void => { this.#host.fail(kafkaRecordTooLarge({ topic, key, sizeBytes, limitBytes, option: "the topic's 'max.message.bytes'" })); };
      describeConfig(this.#cluster, 'topic', topic, ['max.message.bytes']).then((c) => { failWith(Number(c.get('max.message.bytes') ?? -1)); }, () => { failWith(-1); });
      return;
    }
    const codec = batch.bytes.readInt16BE(21) & 7, half = batch.count >> 1;
    const parts: OutBatch[] = [];
    for (const count of [half, batch.count - half]) {
      const builder = new BatchBuilder(Buffer.allocUnsafeSlow(BATCH_HEAD_BYTES + (reader.end - reader.start) + 16 * count));
      for (let i = 0; i < count && cursor.next(); i++) {
        const b = cursor.bytes;
        builder.append(b, cursor.keyStart, cursor.keyEnd, b, cursor.valueStart, cursor.valueEnd, cursor.timestampMs, b.subarray(cursor.headersStart, cursor.recordEnd));
      }
      const sequence = parts.length === 0 ? batch.sequence : (batch.sequence + half) % 0x80000000;
      const bytes = builder.close(codec, this.#host.transactionalId !== undefined), identity = this.#host.identity;
      sealBatch(bytes, identity?.producerId ?? -1, identity?.producerEpoch ?? -1, identity === undefined ? -1 : sequence);
      parts.push({ id: batch.id, queue, bytes, count, sizeBytes: parts.length === 0 ? batch.sizeBytes >> 1 : batch.sizeBytes - (batch.sizeBytes >> 1), createdAt: batch.createdAt, sequence, memory: undefined });
    }
    queue.batchLimitBytes = Math.min(queue.batchLimitBytes, Math.max(1024, batch.bytes.length >> 1));
    queue.inFlight.splice(queue.inFlight.indexOf(batch), 1);
    queue.repairing = true;
    for (const part of parts.reverse()) queue.putBack(part);
    this.#host.replaced(batch, parts);
  }
}
