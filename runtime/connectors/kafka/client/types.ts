/**
 * The words and contracts of the Kafka wire client: what the kafka connectors, catalogs and jobs program against. `client.ts` holds
 * the class that gives them (`KafkaClient`), `records.ts` the cursor that walks fetched records, `config.ts` the configuration.
 *
 * Flow in: socket frame → Fetcher → `FetchHandler.onRecords` (bytes of one record batch, uncompressed, checked) → RecordCursor.
 * Flow out: `Producer.append` (byte ranges) → one record batch per partition built in place → Produce request → acknowledgement.
 *
 * Offsets, producer ids and timestamps (milliseconds since 1970) are numbers; an answer of Kafka outside ±2^53 is a protocol error.
 */
import type { RivuletError } from '../../../../core/errors/define.ts';
import type { Trouble } from './troubles.ts';

export interface TopicPartition { readonly topic: string; readonly partition: number }

/** `read_committed` hides aborted and open transactions; Kafka's default is `read_uncommitted`. */
export type IsolationLevel = 'read_uncommitted' | 'read_committed';

export interface PartitionMetadata {
  readonly partition: number;
  /** Broker id of the leader, -1 while there is none. */
  readonly leader: number;
  /** -1 when the broker does not tell. */
  readonly leaderEpoch: number;
}
export interface TopicMetadata {
  readonly topic: string;
  /** 32 hexadecimal digits; undefined for brokers before 2.8. A topic deleted and made again has another id. */
  readonly topicId: string | undefined;
  readonly internal: boolean;
  /** In order of partition number, without gaps. */
  readonly partitions: readonly PartitionMetadata[];
}

/** Where to look in a partition: its ends, or the first record with a timestamp at or after `timestampMs`. */
export type OffsetSpec = 'earliest' | 'latest' | { readonly timestampMs: number };
export interface PartitionOffset extends TopicPartition {
  /** -1 when asked by timestamp and no record is that late. */
  readonly offset: number;
  /** Timestamp of that record when asked by timestamp, else -1. */
  readonly timestampMs: number;
}
/** A committed offset of a group; `offset` -1 when the group has none for the partition. */
export interface CommittedOffset extends TopicPartition { readonly offset: number; readonly metadata: string | undefined }
export interface OffsetToCommit extends TopicPartition { readonly offset: number; readonly metadata?: string | undefined }
export interface GroupDescription {
  readonly group: string;
  /** As Kafka names it: `Empty`, `Stable`, `Dead`, `PreparingRebalance`, `CompletingRebalance`. */
  readonly state: string;
  readonly memberCount: number;
}

export interface NewTopic {
  readonly topic: string;
  /** -1: the broker's default. */
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly configs?: Readonly<Record<string, string>> | undefined;
}

// ---------------------------------------------------------------------------------------------------------------- reading

/**
 * One record batch as handed to `onRecords`. The object is reused for the next batch; `bytes` is not (it may be kept, it then holds
 * the memory of a whole answer), unless the fetcher was made with `reuseMemory`. `bytes[start..end)` holds `count` records of format v2, none below the position asked for.
 */
export interface FetchedBatch extends TopicPartition {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Number of records between start and end; at least 1. */
  readonly count: number;
  /** Offset to which the offset deltas of the records are relative. */
  readonly baseOffset: number;
  /** Milliseconds; timestamp deltas are relative to it. */
  readonly baseTimestampMs: number;
  /** Milliseconds; the timestamp of every record when timestampType is 1. */
  readonly maxTimestampMs: number;
  /** 0: CreateTime, 1: LogAppendTime. */
  readonly timestampType: 0 | 1;
  /** -1 when unknown. */
  readonly leaderEpoch: number;
}

/** A partition being read. One object from `add` to `remove`; use it as a key or hang things on `tag`. */
export interface FetchPartition<Tag = unknown> extends TopicPartition {
  tag: Tag;
  /** Offset of the next record that will be handed over. Moves past control, aborted and compacted-away records too. */
  readonly position: number;
  /** From the last answer: end of the log visible to any reader (high watermark), -1 before the first answer. */
  readonly highWatermark: number;
  /** From the last answer: end of the log visible to this fetcher's isolation level, -1 before the first answer. `lag = visibleEnd - position`. */
  readonly visibleEnd: number;
  readonly paused: boolean;
  /** No more records until `resume`; those already here are held, so a pause inside onRecords takes effect after the current batch. */
  pause(): void;
  resume(): void;
}

/** What a fetcher tells. Called on the event loop, never inside a call of the fetcher's own methods. Must not throw. */
export interface FetchHandler<Tag = unknown> {
  onRecords(partition: FetchPartition<Tag>, batch: FetchedBatch): void;
  /** Every batch of an answer that could be handed over was; a good moment to pass on partly filled row batches. */
  onAnswerEnd?(): void;
  /** `position` has reached `until` (see `add`); the partition is not read any more. */
  onReachedEnd?(partition: FetchPartition<Tag>): void;
  /**
   * The position lies outside the log: records were deleted, or the topic was made again. The partition stands still until `seek` or
   * `remove`: the policy decision (`auto.offset.reset`, fail the job) is the caller's. The ends of the log are given, -1 when unknown.
   */
  onOffsetOutOfRange(partition: FetchPartition<Tag>, log: { readonly earliest: number; readonly latest: number }): void;
  /**
   * Reading cannot go on: topic gone or made again under another id, no authorization, damaged or unreadable data. The partition (all, when undefined)
   * stands still. Lost connections and moved leaders are not reported; they are mended with back-off, see `Fetcher.outage`.
   */
  onError(error: RivuletError, partition: FetchPartition<Tag> | undefined): void;
}

export interface FetcherOptions {
  readonly isolation?: IsolationLevel | undefined;
  /** Largest answer (fetch.max.bytes); default 4 MiB. Smaller ones are asked for while there is no backlog. A larger single batch still comes. */
  readonly maxBytes?: number | undefined;
  /** Limit per partition of one answer (max.partition.fetch.bytes); default: as the backlog wants, up to the whole answer. */
  readonly partitionMaxBytes?: number | undefined;
  /** The broker waits until it has this many bytes, or `maxWaitMs` (fetch.min.bytes); default 1. */
  readonly minBytes?: number | undefined;
  /** How long a broker may hold an answer while there is nothing new; default 500 ms. */
  readonly maxWaitMs?: number | undefined;
  /** Verify the CRC-32C of every batch (check.crcs); default true. */
  readonly checkCrc?: boolean | undefined;
  /** The handler calls `release` with the bytes of every batch once it has read it, and keeps no views of them; default false. */
  readonly reuseMemory?: boolean | undefined;
}

export interface Fetcher<Tag = unknown> {
  /** Begins to read at `offset`, up to but without `until` when given. A partition may be added once. */
  add(partition: TopicPartition, offset: number, tag: Tag, until?: number): FetchPartition<Tag>;
  remove(partition: FetchPartition<Tag>): void;
  /** Goes on at another offset; what is here or on its way for the partition is dropped. Also restarts it after onOffsetOutOfRange or onError. */
  seek(partition: FetchPartition<Tag>, offset: number): void;
  readonly partitions: readonly FetchPartition<Tag>[];
  /** Stops handing over and fetching for all partitions (back-pressure); at most three answers per broker stay in memory. */
  pause(): void;
  resume(): void;
  /** Why nothing can be read now (broker away), undefined while all is well. For health and «why is there no output». */
  readonly outage: RivuletError | undefined;
  /** The open transaction a read_committed reader has been standing before for a while; undefined: none. */
  readonly held: Trouble | undefined;
  /** Bytes received since the start, for metrics. */
  readonly bytesIn: number;
  /** With `reuseMemory`: the batch handed over with these bytes is read; once for each. One that never is costs memory until collected. */
  release(bytes: Buffer): void;
  /** Stops; no handler is called afterwards. */
  close(): void;
}

// ---------------------------------------------------------------------------------------------------------------- writing

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface ProducerOptions {
  /** `all` (default) waits for all replicas in sync; 0 does not wait at all. Idempotent producers need `all`. */
  readonly acks?: 'all' | 0 | 1 | undefined;
  /**
   * Default true: retries after a lost connection neither double nor reorder records. One gap is Kafka's own: a broker forgets producers
   * by the timestamps of their records (producer.id.expiration.ms, one day), so with older timestamps a batch repeated over a restart of the broker may stand
   * in the log twice. Transactions close it: the broker keeps the producers of open transactions.
   */
  readonly idempotent?: boolean | undefined;
  /** Makes the producer transactional. Unique per live writer: a second one with the same id fences the first. */
  readonly transactionalId?: string | undefined;
  /** The broker aborts a transaction open for longer; default 10 minutes (brokers allow 15 by default). */
  readonly transactionTimeoutMs?: number | undefined;
  readonly compression?: Compression | undefined;
  /** A batch is sent when it has this many bytes; default 256 KiB. */
  readonly batchSizeBytes?: number | undefined;
  /** A batch is sent at the latest this long after its first record; default 5 ms. `send()` and `flush()` do not wait. */
  readonly lingerMs?: number | undefined;
  /** Largest record (max.request.size), default 1 MiB; a larger one is an error that names topic and key. */
  readonly maxRequestBytes?: number | undefined;
  /** `ready()` waits while more than this is buffered or unacknowledged (buffer.memory); default 32 MiB. */
  readonly maxBufferedBytes?: number | undefined;
  /** A batch not acknowledged after this long fails the producer (delivery.timeout.ms); default 120 s. */
  readonly deliveryTimeoutMs?: number | undefined;
  /** Called once when the producer has failed for good; the same error is thrown by every later call. */
  readonly onError?: ((error: RivuletError) => void) | undefined;
}

/** A topic one writes to; from `Producer.topic`. */
export interface ProducerTopic {
  readonly topic: string;
  /** Grows when partitions are added and the client has noticed. */
  readonly partitionCount: number;
  /**
   * Kafka's default partitioner: murmur2 of the key bytes, as the Java client (DefaultPartitioner); with a null key (`key` null or start -1)
   * a partition that changes with every batch (sticky).
   */
  partitionFor(key: Buffer | null, start: number, end: number): number;
}

/** What ends a transaction of a process that no longer lives; store it with the checkpoint after `flush()`. JSON-safe. */
export interface StoredTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface Producer {
  /** Gets the producer id (InitProducerId); with a transactional id this fences older producers and aborts what they left open. */
  init(): Promise<void>;
  /** Looks a topic up once. Rejects with kafkaUnknownTopic. */
  topic(name: string): Promise<ProducerTopic>;
  /**
   * Adds a record to the partition's batch; copies the bytes. `key`/`value` null (or start -1) is a null key/value.
   * `headers`: from `encodeHeaders`, or null for none. Never blocks: ask `ready()` between row batches. Throws kafkaRecordTooLarge,
   * and the producer's failure when it has failed.
   */
  append(topic: ProducerTopic, partition: number, key: Buffer | null, keyStart: number, keyEnd: number, value: Buffer | null, valueStart: number, valueEnd: number, timestampMs: number, headers: Buffer | null): void;
  /** Sends all begun batches now, without waiting; for the moment the input is idle. */
  send(): void;
  /** Resolves when everything appended so far is acknowledged; rejects when the producer failed. Before a checkpoint completes. */
  flush(): Promise<void>;
  /** Bytes appended and not acknowledged. */
  readonly bufferedBytes: number;
  /** True when `bufferedBytes` is below the limit: go on appending. */
  readonly hasRoom: boolean;
  /** Resolves as soon as `hasRoom`; rejects when the producer failed. */
  ready(): Promise<void>;
  /** Set once the producer has failed for good. */
  readonly failure: RivuletError | undefined;
  /** Opens a transaction; records appended before it was ended belong to it. Partitions join it by themselves. */
  beginTransaction(): void;
  /** The open transaction's identity, for the checkpoint; undefined when not transactional or not initialised. */
  readonly storedTransaction: StoredTransaction | undefined;
  /** True when the open transaction holds records (an empty one need not be ended or stored). */
  readonly transactionHasRecords: boolean;
  /** Until `release` no partition joins the transaction, so records are taken but not sent. For a transaction that has no records yet. */
  hold(): void;
  release(): void;
  readonly isHeld: boolean;
  /** Flushes and commits; resolves when the coordinator has decided (records become visible shortly after). */
  commitTransaction(): Promise<void>;
  /** Drops what is not sent and aborts. */
  abortTransaction(): Promise<void>;
  /** Stops; unsent records are dropped (flush first), an open transaction is left open for its stored identity. */
  close(): Promise<void>;
}

// ----------------------------------------------------------------------------------------------------------------- client

/**
 * Everything one can ask of a Kafka cluster; `KafkaClient` gives it over the wire, tests may give their own. Calls retry what Kafka
 * calls retriable within `request.timeout.ms` × a few, then reject with an error of core/errors/kafka.ts. One instance per worker.
 */
export interface KafkaAccess {
  /** Names of all topics one may see, internal ones (`__consumer_offsets`) left out, sorted. Also proves that the cluster can be reached. */
  listTopics(): Promise<string[]>;
  /** One entry per name, in order. Rejects with kafkaUnknownTopic (nearest names in the hint); creates nothing. Always asks the cluster. */
  describeTopics(names: readonly string[]): Promise<TopicMetadata[]>;
  /** One entry per partition, in order. `latest` of read_committed is the last stable offset. */
  listOffsets(partitions: readonly TopicPartition[], at: OffsetSpec, isolation?: IsolationLevel): Promise<PartitionOffset[]>;
  /** Offsets a consumer group has committed (OffsetFetch), in order; offset -1 for none. */
  committedOffsets(group: string, partitions: readonly TopicPartition[]): Promise<CommittedOffset[]>;
  /** Commits without being a member (generation -1). Rejects with kafkaRequestFailed UNKNOWN_MEMBER_ID when live members own the group. */
  commitOffsets(group: string, offsets: readonly OffsetToCommit[]): Promise<void>;
  describeGroup(group: string): Promise<GroupDescription>;
  /** Topic settings by name, e.g. `cleanup.policy`; all of them when `names` is left out. Null for settings without a value. */
  describeTopicConfig(topic: string, names?: readonly string[]): Promise<Map<string, string | null>>;
  /** Broker settings by name, e.g. `transaction.max.timeout.ms`. */
  describeBrokerConfig(names: readonly string[]): Promise<Map<string, string | null>>;
  /** Rejects with kafkaRequestFailed TOPIC_ALREADY_EXISTS and the like. Resolves when the topics can be used. */
  createTopics(topics: readonly NewTopic[]): Promise<void>;
  /** Raises a topic's number of partitions to `count`. */
  createPartitions(topic: string, count: number): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Deletes all records below the offset of each entry; -1: all records. */
  deleteRecords(below: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
  fetcher<Tag>(handler: FetchHandler<Tag>, options?: FetcherOptions): Fetcher<Tag>;
  /** Not yet initialised: call `init()`. */
  producer(options?: ProducerOptions): Producer;
  /**
   * Ends a transaction of a dead writer with the identity stored in a checkpoint. Must come before `init()` of a producer with the same
   * transactional id (InitProducerId would abort it). Committing one that is committed already succeeds. Rejects with
   * kafkaTransactionLost when Kafka has aborted it or knows it no longer.
   */
  endTransactionWith(stored: StoredTransaction, outcome: 'commit' | 'abort'): Promise<void>;
  /** Closes connections, fetchers and producers. */
  close(): Promise<void>;
}
