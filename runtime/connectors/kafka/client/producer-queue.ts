/** What a producer keeps per partition: the batch being filled, closed batches in order, and those on their way. */
import { BATCH_HEAD_BYTES } from './batch-reader.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { ProducerTopic } from './types.ts';
import { partitionForKey } from './partitioner.ts';

const LEAST_BUFFER_BYTES = 16 * 1024;
/**
 * Memory of acknowledged batches kept for new ones, per topic. Under load as much as a broker behind may acknowledge at once: fresh
 * megabytes cost a tenth of Kafka → Kafka in page faults and collections. With nothing on its way, two batches per partition.
 */
const MOST_SPARE_BYTES = 16 * 1024 * 1024, LARGEST_SPARE_BYTES = 1024 * 1024, SPARES_AT_REST = 2;

/** A closed batch. `sequence` is -1 until it is first sent; then it stays, so that a repeat is recognised by the broker. */
export interface OutBatch {
  readonly id: number;
  readonly queue: PartitionQueue;
  bytes: Buffer;
  readonly count: number;
  /** What it counts in `bufferedBytes`. */
  readonly sizeBytes: number;
  readonly createdAt: number;
  sequence: number;
  /** The memory to use again after the acknowledgement. */
  readonly memory: Buffer | undefined;
}

export class PartitionQueue {
  readonly topic: TopicQueues;
  readonly partition: number;
  open: BatchBuilder | undefined;
  /** When the open batch got its first record (monotonic ms). */
  openedAt = 0;
  readonly ready: OutBatch[] = [];
  readonly inFlight: OutBatch[] = [];
  nextSequence = 0;
  /** After a failure nothing is sent until all in flight have come back, so that repeats keep the order. */
  repairing = false;
  /** Monotonic; not sent before. */
  notBefore = 0;
  failures = 0;
  /** Monotonic time of the last acknowledgement under the present identity. */
  provenAt = -Infinity;
  /** Belongs to the open transaction. */
  joined = false;
  /** Largest batch the broker takes, learned from its refusals. */
  batchLimitBytes = Infinity;
  missingSince: number | undefined;
  #lastBytes = LEAST_BUFFER_BYTES;
  constructor(topic: TopicQueues, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** A builder with room for a record of `recordBytes`. */
  begin(recordBytes: number, batchBytes: number): BatchBuilder {
    const wanted = BATCH_HEAD_BYTES + recordBytes;
    const spare = this.topic.takeSpare();
    if (spare !== undefined && spare.length >= wanted) return this.open = new BatchBuilder(spare);
    return this.open = new BatchBuilder(Buffer.allocUnsafeSlow(Math.max(wanted, Math.min(batchBytes, this.#lastBytes))));
  }
  /** Memory of an acknowledged batch. */
  recycle(memory: Buffer): void {
    this.#lastBytes = Math.max(LEAST_BUFFER_BYTES, memory.length);
    this.topic.keepSpare(memory);
  }
  /** Puts a batch that must be sent again back to its place. */
  putBack(batch: OutBatch): void {
    const at = this.inFlight.indexOf(batch);
    if (at >= 0) this.inFlight.splice(at, 1);
    let place = 0;
    while (place < this.ready.length && this.ready[place]!.sequence >= 0 && isBefore(this.ready[place]!.sequence, batch.sequence)) place++;
    this.ready.splice(place, 0, batch);
  }
}

/** Sequences wrap at 2^31. */
export function isBefore(a: number, b: number): boolean { return ((b - a) & 0x7fffffff) < 0x40000000 && a !== b; }

export class TopicQueues implements ProducerTopic {
  readonly topic: string;
  readonly queues: PartitionQueue[] = [];
  #sticky: number;
  #spares: Buffer[] = [];
  #spareBytes = 0;
  constructor(topic: string, partitionCount: number, firstSticky: number) {
    this.topic = topic;
    this.grow(partitionCount);
    this.#sticky = firstSticky % Math.max(1, partitionCount);
  }
  takeSpare(): Buffer | undefined {
    const memory = this.#spares.pop();
    if (memory !== undefined) this.#spareBytes -= memory.length;
    return memory;
  }
  keepSpare(memory: Buffer): void {
    if (memory.length > LARGEST_SPARE_BYTES || this.#spareBytes + memory.length > MOST_SPARE_BYTES) return;
    this.#spares.push(memory);
    this.#spareBytes += memory.length;
  }
  /** Nothing is on its way. */
  rest(): void { while (this.#spares.length > SPARES_AT_REST * this.queues.length) this.takeSpare(); }
  get partitionCount(): number { return this.queues.length; }
  grow(partitionCount: number): void { while (this.queues.length < partitionCount) this.queues.push(new PartitionQueue(this, this.queues.length)); }
  partitionFor(key: Buffer | null, start: number, end: number): number {
    return key === null || start < 0 ? this.#sticky : partitionForKey(key, start, end, this.queues.length);
  }
  /** The partition's batch was closed: records without key go to another one. */
  unstick(partition: number): void { if (this.#sticky === partition) this.#sticky = (partition + 1) % this.queues.length; }
}
