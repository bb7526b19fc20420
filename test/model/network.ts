/**
 * The way to the broker and the client at its end. Requests and answers get lost, a lost request is repeated until it is answered, and the
 * first copy of a repeated one may arrive after all. What a dead process had sent still arrives.
 */
import { kafkaClientClosed, kafkaDeliveryFailed, kafkaProducerFenced, kafkaTransactionLost } from '../../core/errors/kafka.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import type { KafkaAccess, Producer, ProducerOptions, ProducerTopic, StoredTransaction } from '../../runtime/connectors/kafka/client/index.ts';
import type { LaneClient } from '../../runtime/connectors/kafka/lanes.ts';
import type { RecoverClient } from '../../runtime/connectors/kafka/transactions.ts';
import type { Broker, Code, Identity } from './broker.ts';
import { Life, Line } from './scheduler.ts';
import type { Scheduler } from './scheduler.ts';

export class Network {
  readonly scheduler: Scheduler;
  readonly broker: Broker;
  /** Share of requests that do not come back as they should. */
  lossy = 0.06;
  private readonly wire = new Life();
  constructor(scheduler: Scheduler, broker: Broker) { this.scheduler = scheduler; this.broker = broker; }
  /** Requests over one connection arrive in order. */
  connection(): Line { return new Line(this.wire); }
  /** `isFencing`: a late copy would end what has begun since, which Kafka cannot tell from a takeover; assumed not to happen. */
  call<T>(connection: Line, answers: Line, ask: () => T, isFencing = false): Promise<T> {
    const { scheduler } = this;
    return new Promise((resolve) => {
      const attempt = (over: Line): void => {
        const fate = scheduler.random() >= this.lossy ? 'answered' : (['request lost', 'answer lost', 'late'] as const)[scheduler.below(isFencing ? 2 : 3)];
        scheduler.post(over, () => {
          const answer = fate === 'answered' || fate === 'answer lost' ? ask() : undefined;
          // The connection is given up and made anew; what was in the old one arrives when it likes.
          if (fate === 'late') scheduler.post(this.connection(), () => { ask(); });
          scheduler.post(answers, () => { if (fate === 'answered') resolve(answer as T); else attempt(fate === 'answer lost' ? over : this.connection()); });
        });
      };
      attempt(connection);
    });
  }
}

const endError = (transactionalId: string, code: Code): RivuletError => kafkaTransactionLost({ transactionalId, code });

/** A client of one thread. */
export class ModelClient implements LaneClient, RecoverClient {
  readonly config: LaneClient['config'];
  readonly network: Network;
  readonly life: Life;
  private readonly line: Line;
  readonly answers: Line;
  constructor(network: Network, life: Life, transactionTimeoutMs: number) {
    this.network = network;
    this.life = life;
    this.config = { producer: { transactionTimeoutMs } };
    this.line = network.connection();
    this.answers = new Line(life);
  }
  async endTransactionWith(stored: StoredTransaction, outcome: 'commit' | 'abort'): Promise<void> {
    const code = await this.network.call(this.line, this.answers, () => this.network.broker.endTransaction(stored, outcome));
    if (code !== 'NONE') throw endError(stored.transactionalId, code);
  }
  async commitOffsets(...[group, offsets]: Parameters<KafkaAccess['commitOffsets']>): Promise<void> {
    await this.network.call(this.line, this.answers, () => { for (const { topic, partition, metadata } of offsets) this.network.broker.metadata.set(`${group} ${topic} ${partition}`, metadata ?? ''); });
  }
  async committedOffsets(...[group, places]: Parameters<KafkaAccess['committedOffsets']>): ReturnType<KafkaAccess['committedOffsets']> {
    return await this.network.call(this.line, this.answers, () => places.map((place) => {
      const metadata = this.network.broker.metadata.get(`${group} ${place.topic} ${place.partition}`);
      return { ...place, offset: metadata === undefined ? -1 : 0, metadata: metadata ?? '', leaderEpoch: -1 };
    }));
  }
  producer(options: ProducerOptions = {}): Producer { return new ModelProducer(this, options); }
}

const ROOM = 12;
/** One record of the simulation is one append; a batch is what waits for one partition. */
class ModelProducer implements Producer {
  failure: RivuletError | undefined;
  transactionHasRecords = false;
  isHeld = false;
  private readonly client: ModelClient;
  private readonly options: ProducerOptions;
  private readonly line: Line;
  private identity: Identity | undefined;
  private waiting: { readonly partition: string; readonly row: string }[] = [];
  private unacknowledged = 0;
  private readonly joined = new Set<string>();
  private readonly sequences = new Map<string, number>();
  private isPumping = false;
  private wakers: { resolve(): void; reject(error: unknown): void; holds(): boolean }[] = [];
  constructor(client: ModelClient, options: ProducerOptions) { this.client = client; this.options = options; this.line = client.network.connection(); }
  private get id(): string { return this.options.transactionalId ?? ''; }
  async init(): Promise<void> {
    const { network, answers } = this.client;
    this.identity = { transactionalId: this.id, ...await network.call(this.line, answers, () => network.broker.initProducerId(this.id, this.options.transactionTimeoutMs ?? 0), true) };
  }
  async topic(topic: string): Promise<ProducerTopic> { return { topic, partitionCount: 2, partitionFor: () => 0 }; }
  append(...[topic, partition, , , , value]: Parameters<Producer['append']>): void {
    if (this.failure !== undefined) throw this.failure;
    this.waiting.push({ partition: `${topic.topic}-${partition}`, row: String(value) });
    this.unacknowledged++;
    this.transactionHasRecords = true;
    this.send();
  }
  send(): void { if (!this.isPumping && !this.isHeld && this.failure === undefined && this.waiting.length > 0) void this.pump(); }
  private async pump(): Promise<void> {
    this.isPumping = true;
    const { network, answers } = this.client, { broker } = network, identity = this.identity as Identity;
    while (this.waiting.length > 0 && this.failure === undefined) {
      const { partition } = this.waiting[0] as { partition: string }, rows = this.waiting.filter((one) => one.partition === partition).map((one) => one.row);
      this.waiting = this.waiting.filter((one) => one.partition !== partition);
      if (!this.joined.has(partition)) {
        const code = await network.call(this.line, answers, () => broker.addPartitions(identity, [partition]));
        if (code !== 'NONE') { this.fail(kafkaProducerFenced({ transactionalId: this.id, code })); break; }
        this.joined.add(partition);
      }
      const sequence = this.sequences.get(partition) ?? 0, code = await network.call(this.line, answers, () => broker.produce(identity, partition, sequence, rows));
      if (code !== 'NONE') { this.fail(code === 'PRODUCER_FENCED' ? kafkaProducerFenced({ transactionalId: this.id, code }) : kafkaDeliveryFailed({ topic: partition, partition: 0, code, why: code })); break; }
      this.sequences.set(partition, sequence + rows.length);
      this.unacknowledged -= rows.length;
      this.wake();
    }
    this.isPumping = false;
  }
  private until(holds: () => boolean): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (holds()) return Promise.resolve();
    return new Promise((resolve, reject) => { this.wakers.push({ resolve, reject, holds }); });
  }
  private wake(): void { this.wakers = this.wakers.filter((one) => { if (one.holds()) one.resolve(); return !one.holds(); }); }
  private fail(error: RivuletError): void {
    this.failure ??= error;
    for (const one of this.wakers.splice(0)) one.reject(this.failure);
  }
  async flush(): Promise<void> { this.send(); await this.until(() => this.unacknowledged === 0); }
  get bufferedBytes(): number { return this.unacknowledged; }
  get hasRoom(): boolean { return this.unacknowledged < ROOM; }
  async ready(): Promise<void> { await this.until(() => this.hasRoom); }
  beginTransaction(): void { this.transactionHasRecords = false; }
  get storedTransaction(): StoredTransaction | undefined { return this.identity; }
  hold(): void { this.isHeld = true; }
  release(): void { this.isHeld = false; this.send(); }
  async commitTransaction(): Promise<void> {
    await this.flush();
    await this.client.endTransactionWith(this.identity as Identity, 'commit').catch((error: RivuletError) => { this.fail(error); throw error; });
    this.joined.clear();
    this.transactionHasRecords = false;
  }
  async abortTransaction(): Promise<void> { throw new TypeError('lanes end what they have open by its identity'); }
  async close(): Promise<void> { this.fail(kafkaClientClosed({})); }
}
