/**
 * The dead-letter topic of a table: records that it could not read, as they were (key, value, headers and timestamp, byte for byte), with
 * headers behind theirs that say where each came from and what is wrong. Names and idea as Kafka Connect's errors.deadletterqueue.
 *
 * Delivery is at least once: everything is acknowledged before the checkpoint whose positions stand behind the record completes
 * (`flush` in the reader's `prepare`). After a crash records behind the last checkpoint are read, and written, again; topic, partition
 * and offset in the headers tell a copy. Not by transactions: someone looking for what is wrong with a job should not have to wait for
 * its next checkpoint, which a job that is in trouble may never reach.
 *
 * What cannot be written fails the job (`dead-letter-failed`) and nothing is left out; while the broker is away the source waits.
 */
import { deadLetterFailed } from '../../../core/errors/connector.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { kafkaRequestFailed, kafkaUnknownTopic } from '../../../core/errors/kafka.ts';
import { why } from '../bad-records.ts';
import { addHeaders, type KafkaAccess, type NewTopic, type Producer, type ProducerTopic, type RecordCursor } from './client/index.ts';

/** Before the names of our headers. */
export const HEADER_PREFIX = '__rivulet.errors.';
/** The limit is the broker's: what it let into one topic it should let into another. */
const MOST_BYTES = 256 << 20;
/** What our headers may add to a record, generously. */
const HEADERS_BYTES = 16 << 10;
const FIELD_CHARACTERS = 200;

export interface DeadLetterOptions {
  readonly client: KafkaAccess;
  readonly topic: string;
  readonly table: string;
  readonly jobId: string;
  readonly nowMs: () => number;
  readonly onError: (error: RivuletError) => void;
}
/** Where the record stands and what is wrong with it. */
export interface DeadLetter { readonly topic: string; readonly partition: number; readonly part: 'key' | 'value'; readonly error: RivuletError }

export class DeadLetters {
  private readonly options: DeadLetterOptions;
  private readonly producer: Producer;
  private target: ProducerTopic | undefined;
  constructor(options: DeadLetterOptions) {
    this.options = options;
    this.producer = options.client.producer({ maxRequestBytes: MOST_BYTES, onError: (error) => options.onError(this.failed(error)) });
  }
  /** Makes the topic when it is missing, large enough for the records of `sources`. Rejects with what Kafka says. */
  async open(sources: readonly string[]): Promise<void> {
    const { client, topic } = this.options;
    try { await client.describeTopics([topic]); } catch (error) {
      if (!(error instanceof RivuletError) || error.code !== kafkaUnknownTopic.card.name) throw error;
      await this.create(sources);
    }
    await this.producer.init();
    this.target = await this.producer.topic(topic);
  }
  private async create(sources: readonly string[]): Promise<void> {
    const { client, topic } = this.options, plain: NewTopic = { topic, partitions: -1, replicationFactor: -1 };
    const sizes = await Promise.all(sources.slice(0, 100).map(async (name) => Number((await client.describeTopicConfig(name, ['max.message.bytes']).catch(() => undefined))?.get('max.message.bytes') ?? 0)));
    const largest = Math.max(0, ...sizes.filter((n) => n > 0));
    // A record may be older or newer than the topic would take from others, or keep: by its timestamp it may be due for deletion already.
    const configs = { 'retention.ms': '-1', 'message.timestamp.before.max.ms': '9223372036854775807', 'message.timestamp.after.max.ms': '9223372036854775807', ...(largest > 0 ? { 'max.message.bytes': String(largest + HEADERS_BYTES) } : {}) };
    try { await client.createTopics([{ ...plain, configs }]); } catch (error) {
      if (isAnswer(error, 'TOPIC_ALREADY_EXISTS')) return;
      // Brokers before 3.6 do not know the limits of timestamps.
      if (!isAnswer(error, 'INVALID_CONFIG')) throw error;
      await client.createTopics([plain]).catch((second: unknown) => { if (!isAnswer(second, 'TOPIC_ALREADY_EXISTS')) throw second; });
    }
  }

  /** The record the cursor stands on; its bytes are copied. Throws `dead-letter-failed`. */
  add(cursor: RecordCursor, letter: DeadLetter): void {
    const { target } = this;
    try {
      if (target === undefined) throw this.producer.failure ?? letter.error;
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor;
      this.producer.append(
        target, target.partitionFor(keyStart < 0 ? null : bytes, keyStart, keyEnd), keyStart < 0 ? null : bytes, keyStart, keyEnd,
        valueStart < 0 ? null : bytes, valueStart, valueEnd, cursor.timestampMs, addHeaders(cursor, this.headers(cursor, letter)),
      );
    } catch (error) { throw error instanceof RivuletError ? this.failed(error, letter, cursor.offset) : error; }
  }
  private headers(cursor: RecordCursor, { topic, partition, part, error }: DeadLetter): { key: string; value: string }[] {
    const { table, jobId, nowMs } = this.options;
    const facts: Record<string, string> = {
      topic, partition: String(partition), offset: String(cursor.offset), timestamp: String(cursor.timestampMs), table, job: jobId, part,
      ...(error.field === undefined ? {} : { field: error.field.slice(0, FIELD_CHARACTERS) }), code: error.code, message: why(error), time: new Date(nowMs()).toISOString(),
    };
    return Object.entries(facts).map(([key, value]) => ({ key: HEADER_PREFIX + key, value }));
  }
  private failed(cause: RivuletError, letter?: DeadLetter, offset?: number): RivuletError {
    const place = letter === undefined ? undefined : { topic: letter.topic, partition: letter.partition, offset: offset as number };
    return deadLetterFailed({ topic: this.options.topic, table: this.options.table, place, why: cause.message, detail: cause.detail }, { cause });
  }

  get hasRoom(): boolean { return this.producer.hasRoom; }
  /** Resolves when there is room again. */
  async ready(): Promise<void> { await this.producer.ready(); }
  /** Resolves when all records added so far are acknowledged. */
  async flush(): Promise<void> {
    try { await this.producer.flush(); } catch (error) { throw error instanceof RivuletError ? this.failed(error) : error; }
  }
  async close(): Promise<void> { await this.producer.close(); }
}
const isAnswer = (error: unknown, code: string): boolean => error instanceof RivuletError && error.code === kafkaRequestFailed.card.name && error.message.includes(code);
