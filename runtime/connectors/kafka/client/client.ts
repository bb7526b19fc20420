/** The Kafka client: one object per worker that gives everything of KafkaAccess over the wire. Connects with the first call. */
import type { Clock } from '../../../../core/ports/clock.ts';
import { createPartitions, createTopics, deleteRecords, deleteTopics, describeConfig } from './calls/admin.ts';
import { commitOffsets, committedOffsets, describeGroup, listOffsets } from './calls/offsets.ts';
import { checkNewTopics, describeRights, idempotenceProblem, transactionProblem, type Rights } from './calls/rights.ts';
import { endTransaction } from './calls/transactions.ts';
import { systemClock } from './clock.ts';
import { Cluster } from './cluster.ts';
import { KafkaClientConfig } from './config.ts';
import { PartitionFetcher } from './fetcher.ts';
import { BatchProducer } from './producer.ts';
import type { ClientObserver, Trouble } from './troubles.ts';
import type {
  CommittedOffset, Fetcher, FetcherOptions, FetchHandler, GroupDescription, IsolationLevel, KafkaAccess, NewTopic, OffsetSpec, OffsetToCommit,
  PartitionOffset, Producer, ProducerOptions, StoredTransaction, TopicMetadata, TopicPartition,
} from './types.ts';

export class KafkaClient implements KafkaAccess {
  readonly config: KafkaClientConfig;
  readonly #cluster: Cluster;
  constructor(config: KafkaClientConfig, clock: Clock = systemClock) {
    this.config = config;
    this.#cluster = new Cluster(config, clock);
  }
  /** Shorthand for tests and tools: only `bootstrap.servers` and what else is given. */
  static of(bootstrapServers: string, properties: Readonly<Record<string, string>> = {}): KafkaClient {
    return new KafkaClient(KafkaClientConfig.fromProperties(new Map([['bootstrap.servers', bootstrapServers], ...Object.entries(properties)])));
  }

  /** Counts and log lines of this client go there from now on. */
  observe(observer: ClientObserver): void { this.#cluster.troubles.observer = observer; }
  /** What is being tried again, why, and since when: the part that lasts longest. */
  get trouble(): Trouble | undefined { return this.#cluster.trouble; }

  async listTopics(): Promise<string[]> {
    const { topics } = await this.#cluster.retry(async () => await this.#cluster.refresh(null));
    return topics.filter((t) => !t.internal && t.code === 0).map((t) => t.topic).sort();
  }
  async describeTopics(names: readonly string[]): Promise<TopicMetadata[]> {
    return (await this.#cluster.requireTopics(names)).map((t) => ({
      topic: t.topic, topicId: t.topicId, internal: t.internal,
      partitions: t.partitions.map(({ partition, leader, leaderEpoch }) => ({ partition, leader, leaderEpoch })).sort((a, b) => a.partition - b.partition),
    }));
  }
  async listOffsets(partitions: readonly TopicPartition[], at: OffsetSpec, isolation: IsolationLevel = this.config.isolation): Promise<PartitionOffset[]> {
    return await listOffsets(this.#cluster, partitions, at, isolation);
  }
  async committedOffsets(group: string, partitions: readonly TopicPartition[]): Promise<CommittedOffset[]> { return await committedOffsets(this.#cluster, group, partitions); }
  async commitOffsets(group: string, offsets: readonly OffsetToCommit[]): Promise<void> { await commitOffsets(this.#cluster, group, offsets); }
  async describeGroup(group: string): Promise<GroupDescription> { return await describeGroup(this.#cluster, group); }
  async describeTopicConfig(topic: string, names?: readonly string[]): Promise<Map<string, string | null>> { return await describeConfig(this.#cluster, 'topic', topic, names); }
  async describeBrokerConfig(names: readonly string[]): Promise<Map<string, string | null>> { return await describeConfig(this.#cluster, 'broker', undefined, names); }
  async createTopics(topics: readonly NewTopic[]): Promise<void> { await createTopics(this.#cluster, topics); }
  async createPartitions(topic: string, count: number): Promise<void> { await createPartitions(this.#cluster, topic, count); }
  async deleteTopics(names: readonly string[]): Promise<void> { await deleteTopics(this.#cluster, names); }
  async deleteRecords(below: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> { await deleteRecords(this.#cluster, below); }
  async endTransactionWith(stored: StoredTransaction, outcome: 'commit' | 'abort'): Promise<void> { await endTransaction(this.#cluster, stored, outcome); }

  /** The user's rights on the cluster and on topics; topics need not exist. */
  async describeRights(topics: readonly string[]): Promise<Rights> { return await describeRights(this.#cluster, topics); }
  /** Those of the topics that could not be made, and why; nothing is made. */
  async checkNewTopics(topics: readonly NewTopic[]): Promise<readonly { readonly topic: string; readonly code: string; readonly text: string | undefined }[]> { return await checkNewTopics(this.#cluster, topics); }
  /** Kafka's name of why no idempotent producer can be had. */
  async idempotenceProblem(): Promise<string | undefined> { return await idempotenceProblem(this.#cluster); }
  /** Kafka's name of why a transactional id may not be used. */
  async transactionProblem(transactionalId: string): Promise<string | undefined> { return await transactionProblem(this.#cluster, transactionalId); }

  fetcher<Tag>(handler: FetchHandler<Tag>, options: FetcherOptions = {}): Fetcher<Tag> {
    return new PartitionFetcher(this.#cluster, handler, options);
  }
  producer(options: ProducerOptions = {}): Producer {
    return new BatchProducer(this.#cluster, options);
  }

  async close(): Promise<void> {
    for (const member of [...this.#cluster.members]) await member.close();
    this.#cluster.close();
  }
}
