/**
 * The topics a pipeline writes to. One that does not exist is made when its table is met; until it can be written to, records for it
 * are kept here, copied, and the sink takes no more rows. Topics asked for in one round of the event loop are made together.
 */
import { kafkaRequestFailed } from '../../../../core/errors/kafka.ts';
import { pipelineInvalidOption } from '../../../../core/errors/pipeline.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import type { KafkaClient, NewTopic, ProducerTopic } from '../client/index.ts';
import type { Lane, ProducerLanes } from '../lanes.ts';
import type { KafkaPipelineSpec } from './spec.ts';
import { isTopicName } from './topic-name.ts';

/** Reference: five tries, half a second to a second apart. */
const TRIES = 5, FIRST_PAUSE_MS = 500;

/** `hash`: of the bytes that decide the partition: -1 = of the key, -2 = of `by`; else the hash itself. */
interface Held { readonly lane: Lane; readonly key: Buffer | null; readonly value: Buffer | null; readonly by: Buffer | null; readonly hash: number; readonly timestampMs: number; readonly headers: Buffer | null }
export const BY_KEY = -1, BY_COLUMNS = -2;
/** The partition that a hash or bytes mean. */
export function partitionOf(topic: ProducerTopic, hash: number, key: Buffer | null, keyLength: number, by: Buffer | null, byLength: number): number {
  if (topic.partitionCount === 1) return 0;
  if (hash >= 0) return hash % topic.partitionCount;
  if (hash === BY_COLUMNS && by !== null) return topic.partitionFor(by, 0, byLength);
  return key === null ? topic.partitionFor(null, -1, -1) : topic.partitionFor(key, 0, keyLength);
}

export class TopicHandle {
  readonly name: string;
  /** Its number among the lanes' topics; -1 until it can be written to. */
  number = -1;
  /** The first table that wrote to it. */
  readonly owner: string;
  readonly held: Held[] = [];
  constructor(name: string, owner: string) { this.name = name; this.owner = owner; }
  /** To the producer, or kept until it can be. */
  append(lane: Lane, key: Buffer | null, keyLength: number, value: Buffer | null, valueLength: number, by: Buffer | null, byLength: number, hash: number, timestampMs: number, headers: Buffer | null): void {
    if (this.number < 0) { this.hold(lane, key, keyLength, value, valueLength, by, byLength, hash, timestampMs, headers); return; }
    const to = lane.topics[this.number]!;
    lane.producer.append(to, partitionOf(to, hash, key, keyLength, by, byLength), key, 0, keyLength, value, 0, valueLength, timestampMs, headers);
  }
  private hold(lane: Lane, key: Buffer | null, keyLength: number, value: Buffer | null, valueLength: number, by: Buffer | null, byLength: number, hash: number, timestampMs: number, headers: Buffer | null): void {
    const copy = (bytes: Buffer | null, length: number): Buffer | null => (bytes === null ? null : Buffer.from(bytes.subarray(0, length)));
    this.held.push({ lane, key: copy(key, keyLength), value: copy(value, valueLength), by: copy(by, byLength), hash, timestampMs, headers });
  }
  /** From now on records go to the producers; those kept go first. */
  open(number: number): void {
    this.number = number;
    for (const r of this.held) {
      const topic = r.lane.topics[number]!, partition = partitionOf(topic, r.hash, r.key, r.key?.length ?? 0, r.by, r.by?.length ?? 0);
      r.lane.producer.append(topic, partition, r.key, 0, r.key?.length ?? 0, r.value, 0, r.value?.length ?? 0, r.timestampMs, r.headers);
    }
    this.held.length = 0;
  }
}

export class PipelineTopics {
  private readonly spec: KafkaPipelineSpec;
  private readonly client: KafkaClient;
  private readonly lanes: ProducerLanes;
  private readonly handles = new Map<string, TopicHandle>();
  private waiting: TopicHandle[] = [];
  /** Resolves when every topic met so far can be written to. */
  pending: Promise<void> | undefined;
  constructor(spec: KafkaPipelineSpec, client: KafkaClient, lanes: ProducerLanes) {
    this.spec = spec;
    this.client = client;
    this.lanes = lanes;
  }
  /** Throws for names Kafka does not take, and for a second table in a topic whose keys would overwrite one another. */
  handle(name: string, table: string): TopicHandle {
    const known = this.handles.get(name);
    if (known !== undefined) {
      if (this.spec.upsert && known.owner !== table) throw this.refused(`tables "${known.owner}" and "${table}" both go to topic "${name}", where their keys would overwrite one another`, 'Give each a topic, merge them by a route, or use sink type kafka.');
      return known;
    }
    if (!isTopicName(name)) throw this.refused(`"${name}" cannot be the name of a topic`, 'Kafka takes up to 249 letters, digits, dots, underscores and dashes; give the table another name by a route.');
    const handle = new TopicHandle(name, table);
    this.handles.set(name, handle);
    this.waiting.push(handle);
    // All pending ones are waited for together, so rows keep their order within a lane.
    const before = this.pending, own = new Promise<void>((resolve, reject) => { setImmediate(() => { this.makeWaiting().then(resolve, reject); }); });
    const all: Promise<void> = Promise.all([before, own]).then(() => { if (this.pending === all) this.pending = undefined; });
    // Whoever asks hears of a failure; an unheard one must not end the process.
    all.catch(() => {});
    this.pending = all;
    return handle;
  }
  private refused(what: string, hint: string): RivuletError { return pipelineInvalidOption({ where: `sink ${this.spec.table}`, what, hint }); }

  private async makeWaiting(): Promise<void> {
    const handles = this.waiting;
    this.waiting = [];
    if (handles.length === 0) return;
    const there = new Set(await this.client.listTopics()), missing = handles.filter((h) => !there.has(h.name));
    if (missing.length > 0) await this.create(missing.map((h) => h.name));
    for (const handle of handles) handle.open(await this.lanes.topic(handle.name));
  }
  private async create(names: readonly string[]): Promise<void> {
    const { partitions, replicationFactor, configs } = this.spec.newTopic;
    let shape = { partitions, replicationFactor };
    for (let tries = 1; ; tries++) {
      const wanted = names.map((topic): NewTopic => ({ topic, ...shape, configs }));
      try {
        // One by one after the first try: then one topic that exists does not keep the others from being made.
        if (tries === 1) { await this.client.createTopics(wanted); return; }
        for (const topic of wanted) await this.client.createTopics([topic]).catch((error: unknown) => { if (!isCode(error, 'TOPIC_ALREADY_EXISTS')) throw error; });
        return;
      } catch (error) {
        if (isCode(error, 'INVALID_PARTITIONS') || isCode(error, 'INVALID_REPLICATION_FACTOR')) {
          const known = shape.partitions > 0 && shape.replicationFactor > 0 ? undefined : await this.brokerDefaults(shape);
          if (known === undefined) throw error;
          shape = known;
          continue;
        }
        if (tries >= TRIES || !(error instanceof RivuletError) || (error.domain !== 'external' && !isCode(error, 'TOPIC_ALREADY_EXISTS'))) throw error;
        await new Promise((resolve) => { setTimeout(resolve, FIRST_PAUSE_MS); });
      }
    }
  }
  /** Brokers before 2.4 do not fill defaults in themselves. */
  private async brokerDefaults(shape: { partitions: number; replicationFactor: number }): Promise<{ partitions: number; replicationFactor: number } | undefined> {
    const config = await this.client.describeBrokerConfig(['num.partitions', 'default.replication.factor']), of = (name: string): number => Number(config.get(name) ?? 1);
    const found = { partitions: shape.partitions > 0 ? shape.partitions : of('num.partitions'), replicationFactor: shape.replicationFactor > 0 ? shape.replicationFactor : of('default.replication.factor') };
    return found.partitions > 0 && found.replicationFactor > 0 ? found : undefined;
  }
}
const isCode = (error: unknown, code: string): boolean => error instanceof RivuletError && error.code === kafkaRequestFailed.card.name && `${error.message} ${error.detail ?? ''}`.includes(code);
