/**
 * The cluster as one client sees it: brokers, connections by broker and purpose, leaders of partitions, coordinators; and the two ways
 * to repeat a call, `retry` for whole calls and `perLeader` for calls split over the leaders of partitions.
 *
 * Invariants: a broker that cannot be reached is tried again only after its back-off, which doubles from reconnect.backoff.ms to
 * reconnect.backoff.max.ms, so no loop here can be busy. Errors of the login or of TLS are final and are not retried.
 */
import type { Clock } from '../../../../core/ports/clock.ts';
import type { RivuletError } from '../../../../core/errors/define.ts';
import { kafkaClientClosed, kafkaRequestFailed, kafkaTimeout, kafkaUnknownTopic, kafkaUnreachable } from '../../../../core/errors/kafka.ts';
import { readMetadata, writeMetadata, type MetadataAnswer, type TopicEntry } from './calls/metadata.ts';
import type { Endpoint, KafkaClientConfig } from './config.ts';
import { Connection } from './connection.ts';
import { Troubles, type Trouble } from './troubles.ts';
import type { TopicPartition } from './types.ts';
import { APIS } from './wire/apis.ts';
import { CODE, errorName, isRetriable, isStaleCoordinator } from './wire/error-codes.ts';

/** What an attempt of `retry` answers when it is worth another try; `error` is thrown when time is up. */
export class Again {
  readonly error: RivuletError;
  constructor(error: RivuletError) { this.error = error; }
}

interface Slot { connection: Connection | undefined; opening: Promise<Connection> | undefined; failures: number; notBefore: number }
interface TopicState { topicId: string | undefined; internal: boolean; leaders: number[]; leaderEpochs: number[] }
export type CoordinatorKind = 'group' | 'transaction';

/** Looks at a topic that the broker may be making: with the pauses of `retry` about a second. */
const CREATION_LOOKS = 7;
/** While the cluster was never reached, a wrong address should show soon. */
const FIRST_CONTACT_MS = 10_000;
/** A request unanswered for longer than this, beyond what the broker was asked to wait, is told as trouble before it times out. */
const STALL_MS = 3000;

export class Cluster {
  readonly config: KafkaClientConfig;
  readonly clock: Clock;
  readonly topics = new Map<string, TopicState>();
  readonly troubles: Troubles;
  /** Fetchers and producers that live on this cluster; closed with it. */
  readonly members = new Set<{ close(): unknown }>();
  #brokers = new Map<number, Endpoint>();
  #controllerId = -1;
  #reached = false;
  #closed = false;
  #seed = 0;
  readonly #slots = new Map<string, Slot>();
  readonly #coordinators = new Map<string, number>();
  readonly #sleepers = new Set<() => void>();
  #refreshing: { topics: ReadonlySet<string>; done: Promise<MetadataAnswer> } | undefined;

  constructor(config: KafkaClientConfig, clock: Clock) {
    this.config = config;
    this.clock = clock;
    this.troubles = new Troubles(clock);
  }

  get closed(): boolean { return this.#closed; }
  get controllerId(): number { return this.#controllerId; }
  get brokerIds(): number[] { return [...this.#brokers.keys()]; }

  // ------------------------------------------------------------------------------------------------------- connections

  /** A live connection to a broker known from metadata. `purpose` keeps long polls apart from other calls. */
  async connection(brokerId: number, purpose = 'control'): Promise<Connection> {
    const endpoint = this.#brokers.get(brokerId);
    if (endpoint === undefined) throw kafkaUnreachable({ servers: `broker ${brokerId}`, why: 'the cluster does not name its address' });
    return await this.#connectionTo(endpoint, purpose);
  }

  /** Any live connection for calls that every broker can serve. */
  async anyConnection(): Promise<Connection> {
    const known = [...this.#brokers.values()];
    for (const endpoint of known) {
      const live = this.#slots.get(slotKey(endpoint, 'control'))?.connection;
      if (live !== undefined && this.#usable(live)) return live;
    }
    const candidates = [...new Map([...known, ...this.config.bootstrapServers].map((e) => [slotKey(e, ''), e])).values()];
    let last: unknown;
    for (let i = 0; i < candidates.length; i++) {
      const endpoint = candidates[(this.#seed + i) % candidates.length];
      if (endpoint === undefined) continue;
      try {
        return await this.#connectionTo(endpoint, 'control');
      } catch (e) {
        if (!canTryAgain(e)) throw e;
        last = e;
      }
    }
    this.#seed++;
    throw kafkaUnreachable({ servers: this.config.servers, why: detailOf(last) }, { cause: last });
  }

  async #connectionTo(endpoint: Endpoint, purpose: string): Promise<Connection> {
    const key = slotKey(endpoint, purpose);
    let slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, slot = { connection: undefined, opening: undefined, failures: 0, notBefore: 0 });
    if (slot.connection !== undefined && this.#usable(slot.connection)) return slot.connection;
    return await (slot.opening ??= this.#open(slot, endpoint).finally(() => { slot.opening = undefined; }));
  }

  async #open(slot: Slot, endpoint: Endpoint): Promise<Connection> {
    const waitMs = slot.notBefore - this.clock.monotonic();
    if (waitMs > 0) await this.sleep(waitMs);
    if (this.#closed) throw kafkaClientClosed({});
    if (slot.failures > 0) this.troubles.observer.reconnects.value++;
    try {
      const connection = await Connection.open(endpoint, this.config, this.clock);
      if (this.#closed) { connection.close(); throw kafkaClientClosed({}); }
      slot.connection = connection;
      const openedAt = this.clock.monotonic();
      connection.onClose(() => {
        if (slot.connection === connection) slot.connection = undefined;
        // A connection that dies young counts as a failed attempt: a broker that accepts and hangs up must not cause a busy loop.
        if (this.clock.monotonic() - openedAt > 10_000) slot.failures = 0;
        this.#backOff(slot);
      });
      this.#reached = true;
      return connection;
    } catch (e) {
      this.#backOff(slot);
      throw e;
    }
  }

  /** Closes the connections of one purpose; for fetchers and producers that end. */
  release(purpose: string): void {
    for (const [key, slot] of this.#slots) {
      if (!key.startsWith(`${purpose} `)) continue;
      this.#slots.delete(key);
      slot.connection?.close();
      slot.opening?.then((c) => { c.close(); }, () => {});
    }
  }

  #backOff(slot: Slot): void {
    const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.config;
    slot.notBefore = this.clock.monotonic() + Math.min(reconnectBackoffMaxMs, reconnectBackoffMs * 2 ** Math.min(slot.failures++, 10));
  }

  /** Not dead, and its login still good; one whose login runs out serves what it has and is closed then. */
  #usable(connection: Connection): boolean {
    if (connection.failure !== undefined) return false;
    if (this.clock.monotonic() < connection.retireAt) return true;
    const retire = (): void => { if (connection.pendingCount === 0) connection.close(); else this.clock.after(1000, retire); };
    connection.retireAt = -Infinity;
    retire();
    return false;
  }

  // ---------------------------------------------------------------------------------------------------------- metadata

  /** Asks for topics (null: all) and takes the answer over. Calls for the same topics at the same time share one request. */
  async refresh(topics: readonly string[] | null): Promise<MetadataAnswer> {
    const running = this.#refreshing;
    if (running !== undefined && topics !== null && topics.every((t) => running.topics.has(t))) return await running.done;
    const done = this.#refreshNow(topics);
    const mine = { topics: new Set(topics), done };
    if (topics !== null) this.#refreshing = mine;
    try { return await done; } finally { if (this.#refreshing === mine) this.#refreshing = undefined; }
  }

  async #refreshNow(topics: readonly string[] | null, mayCreate = false): Promise<MetadataAnswer> {
    const connection = await this.anyConnection();
    const answer = await connection.call(APIS.metadata, (w, v) => writeMetadata(w, v, topics, mayCreate), readMetadata);
    if (answer.brokers.length > 0) this.#brokers = new Map(answer.brokers.map((b) => [b.id, { host: b.host, port: b.port }]));
    this.#controllerId = answer.controllerId;
    for (const entry of answer.topics) this.#take(entry);
    return answer;
  }

  #take(entry: TopicEntry): void {
    if (entry.code === CODE.UNKNOWN_TOPIC_OR_PARTITION) { this.topics.delete(entry.topic); return; }
    if (entry.code !== 0 && entry.partitions.length === 0) return;
    const leaders: number[] = [], leaderEpochs: number[] = [];
    for (const p of entry.partitions) { leaders[p.partition] = p.leader; leaderEpochs[p.partition] = p.leaderEpoch; }
    this.topics.set(entry.topic, { topicId: entry.topicId, internal: entry.internal, leaders, leaderEpochs });
  }

  /** Broker id of the leader as far as known; -1 when unknown. */
  leader(topic: string, partition: number): number { return this.topics.get(topic)?.leaders[partition] ?? -1; }

  /**
   * Topics that exist, or, with `mayCreate`, that the broker makes when they are written to (auto.create.topics.enable): it answers "unknown"
   * while it does. Repeats while leaders are missing is the caller's. Rejects with kafkaUnknownTopic or kafkaRequestFailed.
   */
  async requireTopics(names: readonly string[], mayCreate = false): Promise<TopicEntry[]> {
    let unknowns = 0;
    return await this.retry(async () => {
      const { topics } = mayCreate ? await this.#refreshNow(names, true) : await this.refresh(names);
      const entries: TopicEntry[] = [];
      for (const name of names) {
        const entry = topics.find((t) => t.topic === name);
        if (entry === undefined || entry.code === CODE.UNKNOWN_TOPIC_OR_PARTITION || entry.code === 17) {
          const unknown = kafkaUnknownTopic({ topic: name, known: await this.#topicNames() });
          if (mayCreate && entry?.code === CODE.UNKNOWN_TOPIC_OR_PARTITION && ++unknowns < CREATION_LOOKS) return new Again(unknown);
          throw unknown;
        }
        if (isRetriable(entry.code)) return new Again(kafkaRequestFailed({ call: 'Metadata', code: errorName(entry.code), what: `topic '${name}'` }));
        if (entry.code !== 0) throw kafkaRequestFailed({ call: 'Metadata', code: errorName(entry.code), what: `topic '${name}'` });
        entries.push(entry);
      }
      return entries;
    });
  }

  async #topicNames(): Promise<string[]> {
    try { return (await this.refresh(null)).topics.filter((t) => !t.internal).map((t) => t.topic); } catch { return []; }
  }

  // ------------------------------------------------------------------------------------------------------ coordinators

  /** Connection to the coordinator of a group or transactional id; found anew after `forgetCoordinator`. */
  async coordinator(kind: CoordinatorKind, id: string, purpose = 'control'): Promise<Connection | Again> {
    const key = `${kind} ${id}`;
    const cached = this.#coordinators.get(key);
    if (cached !== undefined && this.#brokers.has(cached)) return await this.connection(cached, purpose);
    const connection = await this.anyConnection();
    const found = await connection.call(APIS.findCoordinator, (w) => w.string(id).i8(kind === 'group' ? 0 : 1),
      (r) => { r.i32(); return { code: r.i16(), text: r.nullableString(), id: r.i32(), host: r.string(), port: r.i32() }; });
    const failed = (): RivuletError => kafkaRequestFailed({ call: 'FindCoordinator', code: errorName(found.code), what: `${kind} '${id}'`, text: found.text ?? undefined });
    if (found.code !== 0) { if (isRetriable(found.code)) return new Again(failed()); throw failed(); }
    this.#brokers.set(found.id, { host: found.host, port: found.port });
    this.#coordinators.set(key, found.id);
    return await this.connection(found.id, purpose);
  }
  forgetCoordinator(kind: CoordinatorKind, id: string): void { this.#coordinators.delete(`${kind} ${id}`); }

  /** A call to a coordinator; `code` of the answer decides on a repeat. `limitMs`: see `retry`. */
  async callCoordinator<T extends { readonly code: number }>(kind: CoordinatorKind, id: string, call: string, ask: (connection: Connection) => Promise<T>, limitMs?: number): Promise<T> {
    return await this.retry(async () => {
      try {
        const connection = await this.coordinator(kind, id);
        if (connection instanceof Again) return connection;
        const answer = await ask(connection);
        if (isStaleCoordinator(answer.code)) this.forgetCoordinator(kind, id);
        if (isRetriable(answer.code)) return new Again(kafkaRequestFailed({ call, code: errorName(answer.code), what: `${kind} '${id}'` }));
        return answer;
      } catch (e) {
        if (canTryAgain(e)) this.forgetCoordinator(kind, id);
        throw e;
      }
    }, limitMs);
  }

  // ---------------------------------------------------------------------------------------------------------- repeating

  /** Repeats an attempt while it answers Again or throws an error that advises to retry, for `limitMs`, else default.api.timeout.ms. */
  async retry<T>(attempt: () => Promise<T | Again>, limitMs?: number): Promise<T> {
    const start = this.clock.monotonic();
    try {
      for (let n = 0; ; n++) {
        let failure: RivuletError;
        try {
          const answer = await attempt();
          if (!(answer instanceof Again)) return answer;
          failure = answer.error;
        } catch (e) {
          if (!canTryAgain(e)) throw e;
          failure = e as RivuletError;
        }
        if (this.#closed) throw kafkaClientClosed({});
        const mostMs = limitMs ?? (this.#reached ? this.config.apiTimeoutMs : Math.min(FIRST_CONTACT_MS, this.config.apiTimeoutMs));
        if (this.clock.monotonic() - start >= mostMs) throw failure;
        this.troubles.note(attempt, failure);
        await this.sleep(Math.min(1000, Math.max(10, this.config.retryBackoffMs) * 2 ** Math.min(n, 5) * 0.2));
      }
    } finally { this.troubles.over(attempt); }
  }

  /**
   * Asks the leaders of partitions and puts the results together in the order of `items`. `ask` answers a code per item, in order; items
   * with a stale leader are asked again. Rejects with kafkaUnknownTopic, or kafkaRequestFailed with the first final code.
   */
  async perLeader<I extends TopicPartition, R>(call: string, items: readonly I[], ask: (connection: Connection, items: readonly I[]) => Promise<readonly { code: number; result: R }[]>): Promise<R[]> {
    const results: (R | undefined)[] = new Array<R | undefined>(items.length);
    let open = items.map((item, index) => ({ item, index }));
    let mustRefresh = open.some(({ item }) => this.leader(item.topic, item.partition) < 0);
    await this.retry(async () => {
      if (mustRefresh) await this.requireTopics([...new Set(open.map(({ item }) => item.topic))]);
      mustRefresh = true;
      const byLeader = new Map<number, typeof open>();
      for (const entry of open) {
        const leader = this.leader(entry.item.topic, entry.item.partition);
        const list = byLeader.get(leader);
        if (list) list.push(entry); else byLeader.set(leader, [entry]);
      }
      const left: typeof open = [];
      let failure: RivuletError | undefined;
      await Promise.all([...byLeader].map(async ([leader, entries]) => {
        const fail = (code: number, { item }: (typeof open)[number]): RivuletError => kafkaRequestFailed({ call, code: errorName(code), what: `partition ${item.partition} of topic '${item.topic}'` });
        if (leader < 0) {
          const first = entries[0];
          const unknown = entries.find(({ item }) => item.partition >= (this.topics.get(item.topic)?.leaders.length ?? 0));
          if (unknown) throw fail(CODE.UNKNOWN_TOPIC_OR_PARTITION, unknown);
          if (first) failure = fail(5, first);
          left.push(...entries);
          return;
        }
        const answers = await ask(await this.connection(leader), entries.map((e) => e.item));
        for (const [i, entry] of entries.entries()) {
          const answer = answers[i];
          if (answer === undefined) throw fail(-1, entry);
          if (answer.code === 0) results[entry.index] = answer.result;
          else if (isRetriable(answer.code) || answer.code === CODE.UNKNOWN_TOPIC_OR_PARTITION) { failure = fail(answer.code, entry); left.push(entry); }
          else throw fail(answer.code, entry);
        }
      }));
      open = left;
      return failure === undefined ? null : new Again(failure);
    });
    return results as R[];
  }

  /** What does not go on and since when; a request that waits too long for its answer counts. */
  get trouble(): Trouble | undefined {
    const now = this.clock.monotonic(), { oldest } = this.troubles;
    let longestMs = oldest === undefined ? 0 : this.clock.now() - oldest.sinceMs, stalled: Trouble | undefined;
    for (const { connection } of this.#slots.values()) {
      const waiting = connection?.waiting;
      if (connection === undefined || waiting === undefined) continue;
      const forMs = Math.round(now - waiting.sinceMs);
      if (forMs <= waiting.allowedMs + STALL_MS || forMs <= longestMs) continue;
      longestMs = forMs;
      stalled = { sinceMs: this.clock.now() - forMs, error: kafkaTimeout({ call: waiting.call, server: connection.server, timeoutMs: forMs }) };
    }
    return stalled ?? oldest;
  }

  /** Waits; ends early when the client is closed. */
  async sleep(ms: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => { this.#sleepers.delete(wake); cancel(); resolve(); };
      const cancel = this.clock.after(ms, wake);
      this.#sleepers.add(wake);
    });
  }

  close(): void {
    this.#closed = true;
    for (const slot of this.#slots.values()) slot.connection?.close();
    for (const wake of [...this.#sleepers]) wake();
  }
}

function slotKey(endpoint: Endpoint, purpose: string): string { return `${purpose} ${endpoint.host}:${endpoint.port}`; }
/** Whether an error advises to try the call again. */
export function canTryAgain(e: unknown): boolean { return e instanceof Error && (e as Partial<RivuletError>).retry === 'backoff'; }
function detailOf(e: unknown): string {
  const error = e as Partial<RivuletError> | undefined;
  return (error?.detail ?? error?.message ?? 'unknown reason').replace(/\.$/, '');
}
