/**
 * Reads a set of partitions: one loop per broker that leads some of them, with one Fetch under way, or two while there is a backlog
 * (`fetch-plan.ts`), travelling while the last answers are handed over. In order of arrival; after 10 ms the event loop gets its turn.
 *
 * Invariants: at most two Fetches per broker are under way, on connections of their own, and at most three answers per broker wait. A
 * partition (since its last seek) is in at most one Fetch, and none is asked for it while a part of an answer is held for it.
 * Offsets handed over of one partition rise strictly, none is skipped but control, aborted and compacted-away records. Nothing here
 * decides to jump: an offset outside the log stops the partition and is told.
 */
import type { RivuletError } from '../../../../core/errors/define.ts';
import { internalError } from '../../../../core/errors/common.ts';
import { kafkaOldMessageFormat, kafkaDamagedBatch, kafkaRequestFailed, kafkaTopicReplaced, kafkaTransactionOpen, kafkaUnknownTopic } from '../../../../core/errors/kafka.ts';
import { BatchReader, int64 } from './batch-reader.ts';
import { fetchVersion, readFetch, topicKey, writeFetch, type FetchAnswer, type FetchedPartition } from './calls/fetch.ts';
import { listOffsets } from './calls/offsets.ts';
import { canTryAgain, type Cluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { PartitionState, type Chunk } from './fetch-partition.ts';
import { adapt, divide, newLoop, targetsOf, type Lane, type Loop } from './fetch-plan.ts';
import type { Trouble } from './troubles.ts';
import type { Fetcher, FetcherOptions, FetchHandler, FetchPartition, TopicPartition } from './types.ts';
import { APIS } from './wire/apis.ts';
import { FramePool } from './wire/frame-pool.ts';
import { CODE, errorName, isRetriable, isStaleMetadata } from './wire/error-codes.ts';

const TURN_MS = 10;
/** A broker that is starting may not know a topic yet. */
const MISSING_TOPIC_MS = 5000;
/** An open transaction is nothing to tell of at once: those of a healthy writer last from checkpoint to checkpoint. */
const HELD_MS = 1000;
/** While some partitions of a broker rest, a long poll without them must not keep them waiting. */
const SHORT_WAIT_MS = 25;

/** Asked-for partitions, by number and topic, as they were then. */
type Asked<Tag> = ReadonlyMap<string, { readonly state: PartitionState<Tag>; readonly generation: number }>;
interface Answer<Tag> { readonly loop: Loop<Tag> | undefined; readonly chunks: Chunk<Tag>[]; next: number }

let fetcherCount = 0;

export class PartitionFetcher<Tag> implements Fetcher<Tag> {
  outage: RivuletError | undefined;
  bytesIn = 0;
  readonly #cluster: Cluster;
  readonly #handler: FetchHandler<Tag>;
  readonly #committedOnly: boolean;
  readonly #maxBytes: number;
  readonly #partitionMaxBytes: number | undefined;
  readonly #minBytes: number;
  readonly #maxWaitMs: number;
  readonly #checkCrc: boolean;
  readonly #purposes: readonly [string, string] = [`fetch-${++fetcherCount}`, `fetch-${fetcherCount}-second`];
  readonly #partitions = new Set<PartitionState<Tag>>();
  readonly #loops = new Map<number, Loop<Tag>>();
  readonly #queue: Answer<Tag>[] = [];
  readonly #frames = new FramePool();
  readonly #reader: BatchReader;
  readonly #reuses: boolean;
  #paused = false;
  #closed = false;
  #pumpScheduled = false;
  #pumping = false;
  #lookupRunning = false;
  #lookupFailures = 0;

  constructor(cluster: Cluster, handler: FetchHandler<Tag>, options: FetcherOptions) {
    this.#cluster = cluster;
    this.#handler = handler;
    this.#committedOnly = (options.isolation ?? cluster.config.isolation) === 'read_committed';
    this.#maxBytes = options.maxBytes ?? cluster.config.fetcher.maxBytes ?? 4 * 1024 * 1024;
    this.#partitionMaxBytes = options.partitionMaxBytes ?? cluster.config.fetcher.partitionMaxBytes;
    this.#minBytes = options.minBytes ?? cluster.config.fetcher.minBytes ?? 1;
    this.#maxWaitMs = options.maxWaitMs ?? cluster.config.fetcher.maxWaitMs ?? 500;
    this.#reuses = options.reuseMemory ?? false;
    this.#reader = new BatchReader(cluster.config.maxUnpackedBytes, this.#reuses ? this.#frames.spare : undefined);
    cluster.members.add(this);
    this.#checkCrc = options.checkCrc ?? cluster.config.fetcher.checkCrc ?? true;
  }

  get partitions(): FetchPartition<Tag>[] { return [...this.#partitions]; }

  add(of: TopicPartition, offset: number, tag: Tag, until = Infinity): FetchPartition<Tag> {
    const state = new PartitionState(of.topic, of.partition, offset, until, tag, () => { this.#wake(state); });
    this.#partitions.add(state);
    this.#place(state);
    return state;
  }

  remove(partition: FetchPartition<Tag>): void {
    const state = partition as PartitionState<Tag>;
    state.removed = true;
    state.held = [];
    this.#cluster.troubles.over(state);
    this.#partitions.delete(state);
    this.#loops.get(state.leader)?.partitions.delete(state);
  }

  seek(partition: FetchPartition<Tag>, offset: number): void {
    const state = partition as PartitionState<Tag>;
    if (state.removed) return;
    this.#loops.get(state.leader)?.partitions.delete(state);
    state.reset(offset);
    this.#place(state);
  }

  pause(): void { this.#paused = true; }
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#schedulePump();
  }

  close(): void {
    this.#closed = true;
    this.#cluster.members.delete(this);
    for (const state of this.#partitions) this.#cluster.troubles.over(state);
    this.#partitions.clear();
    this.#queue.length = 0;
    this.#loops.clear();
    for (const purpose of this.#purposes) this.#cluster.release(purpose);
  }

  // ------------------------------------------------------------------------------------------------------------ leaders

  /** Gives a partition to the loop of its leader, or asks who that is. */
  #place(state: PartitionState<Tag>): void {
    state.phase = 'lookup';
    const known = this.#cluster.topics.get(state.topic);
    const leader = known?.leaders[state.partition] ?? -1;
    // A broker of an older version tells no id; what is known stays.
    if (known === undefined || leader < 0 || (state.topicId !== undefined && known.topicId !== undefined && state.topicId !== known.topicId)) { this.#lookup(); return; }
    state.topicId ??= known.topicId;
    state.missingSince = undefined;
    state.leader = leader;
    state.phase = 'reading';
    let loop = this.#loops.get(leader);
    if (loop === undefined) this.#loops.set(leader, loop = newLoop(leader, this.#maxBytes));
    loop.partitions.add(state);
    this.#schedulePump();
  }

  /** Takes a partition from its loop, since the broker does not lead it any more or cannot be reached. */
  #displace(state: PartitionState<Tag>): void {
    this.#loops.get(state.leader)?.partitions.delete(state);
    if (state.phase === 'reading') state.phase = 'lookup';
    this.#lookup();
  }

  #noteOutage(error: RivuletError, partitions: Iterable<PartitionState<Tag>>): void {
    this.outage = error;
    for (const state of partitions) this.#cluster.troubles.note(state, error);
  }

  /** Asks for the leaders of all displaced partitions until each has one; with back-off, one at a time. */
  #lookup(): void {
    if (this.#lookupRunning || this.#closed) return;
    this.#lookupRunning = true;
    const again = (): void => {
      const { retryBackoffMs } = this.#cluster.config;
      const waitMs = this.#lookupFailures === 0 ? 0 : Math.min(1000, Math.max(20, retryBackoffMs) * 2 ** Math.min(5, this.#lookupFailures - 1));
      this.#lookupFailures++;
      const start = (): void => {
        if (this.#closed) return;
        const open = [...this.#partitions].filter((p) => p.phase === 'lookup');
        if (open.length === 0) { this.#lookupRunning = false; return; }
        this.#cluster.refresh([...new Set(open.map((p) => p.topic))]).then((answer) => {
          if (this.#closed) return;
          this.#lookupRunning = false;
          const codes = new Map(answer.topics.map((t) => [t.topic, t.code]));
          for (const state of open) if (state.phase === 'lookup' && !state.removed) this.#found(state, codes.get(state.topic) ?? CODE.UNKNOWN_TOPIC_OR_PARTITION);
          if (this.#lookupRunning) return;
          if ([...this.#partitions].some((p) => p.phase === 'lookup')) { this.#lookupRunning = true; again(); } else this.#lookupFailures = 0;
        }).catch((e: unknown) => {
          if (this.#closed) return;
          if (canTryAgain(e)) { this.#noteOutage(e as RivuletError, open); again(); return; }
          this.#lookupRunning = false;
          this.#failAll(e);
        });
      };
      if (waitMs === 0) queueMicrotask(start); else void this.#cluster.sleep(waitMs).then(start);
    };
    again();
  }

  #found(state: PartitionState<Tag>, code: number): void {
    const known = this.#cluster.topics.get(state.topic);
    if (code === 0 && known !== undefined) {
      if (state.topicId !== undefined && known.topicId !== undefined && known.topicId !== state.topicId) { this.#stop(state, kafkaTopicReplaced({ topic: state.topic, partition: state.partition, position: state.position, now: 'another' })); return; }
      if (state.partition >= known.leaders.length) { this.#stop(state, kafkaRequestFailed({ call: 'Metadata', code: 'UNKNOWN_TOPIC_OR_PARTITION', what: `partition ${state.partition} of topic '${state.topic}'` })); return; }
      if ((known.leaders[state.partition] ?? -1) >= 0) this.#place(state);
      else this.#cluster.troubles.note(state, kafkaRequestFailed({ call: 'Metadata', code: 'LEADER_NOT_AVAILABLE', what: `partition ${state.partition} of topic '${state.topic}'` }));
      return;
    }
    if (code !== CODE.UNKNOWN_TOPIC_OR_PARTITION) {
      const error = kafkaRequestFailed({ call: 'Metadata', code: errorName(code), what: `topic '${state.topic}'` });
      if (code !== 0 && !isRetriable(code)) this.#stop(state, error); else this.#cluster.troubles.note(state, error);
      return;
    }
    const now = this.#cluster.clock.monotonic();
    state.missingSince ??= now;
    if (now - state.missingSince < MISSING_TOPIC_MS) return;
    this.#stop(state, state.topicId === undefined ? kafkaUnknownTopic({ topic: state.topic, known: this.#cluster.topics.keys() })
      : kafkaTopicReplaced({ topic: state.topic, partition: state.partition, position: state.position, now: 'gone' }));
  }

  // ---------------------------------------------------------------------------------------------------------- fetching

  /** Starts the Fetches of the loop that it may and that have something to ask for. */
  #kick(loop: Loop<Tag>): void { for (const lane of loop.lanes) this.#kickLane(loop, lane); }

  #kickLane(loop: Loop<Tag>, lane: Lane): void {
    if (lane.busy || this.#paused || this.#closed || loop.waiting >= 2) return;
    const targets = targetsOf(loop, lane, this.#maxBytes);
    if (targets.length === 0) return;
    lane.busy = true;
    const restMs = loop.throttledUntil - this.#cluster.clock.monotonic();
    if (restMs > 0) {
      this.#cluster.clock.after(restMs, () => { lane.busy = false; this.#kick(loop); });
      return;
    }
    const live = lane.connection;
    if (live !== undefined && live.failure === undefined && this.#cluster.clock.monotonic() < live.retireAt) { this.#send(loop, lane, live, targets); return; }
    const purpose = this.#purposes[lane.number === 0 ? 0 : 1];
    this.#cluster.connection(loop.brokerId, purpose).then((connection) => {
      if (this.#closed) { this.#cluster.release(purpose); return; }
      lane.connection = connection;
      if (this.#reuses) connection.frameMemory = this.#frames.take;
      lane.busy = false;
      this.#kick(loop);
    }).catch((e: unknown) => { this.#lost(loop, lane, e); });
  }

  #send(loop: Loop<Tag>, lane: Lane, connection: Connection, targets: PartitionState<Tag>[]): void {
    const groups = new Map<string, PartitionState<Tag>[]>();
    for (const target of targets) {
      const group = groups.get(target.topic);
      if (group) group.push(target); else groups.set(target.topic, [target]);
    }
    let version: number;
    try { version = fetchVersion(connection.version(APIS.fetch), targets); } catch (e) { this.#failAll(e); return; }
    divide(loop, targets, this.#partitionMaxBytes);
    const maxWaitMs = targets.length < loop.partitions.size ? Math.min(SHORT_WAIT_MS, this.#maxWaitMs) : this.#maxWaitMs;
    const request = connection.begin(APIS.fetch, version, 1024);
    writeFetch(request, version, groups.values(), groups.size, { maxWaitMs, minBytes: this.#minBytes, maxBytes: loop.answerBytes, committedOnly: this.#committedOnly });
    const asked: Asked<Tag> = new Map(targets.map((t) => [`${t.partition} ${topicKey(version, t)}`, { state: t, generation: t.generation }]));
    for (const target of targets) target.asked = true;
    const back = (): void => {
      lane.busy = false;
      for (const { state, generation } of asked.values()) if (state.generation === generation) state.asked = false;
    };
    connection.send(APIS.fetch, version, request, [], (r) => {
      back();
      this.bytesIn += r.bytes.length;
      this.#onAnswer(loop, readFetch(r, version), r.bytes, asked);
    }, (e) => { back(); this.#lost(loop, lane, e); }, this.#cluster.config.requestTimeoutMs + maxWaitMs);
  }

  #onAnswer(loop: Loop<Tag>, answer: FetchAnswer, frame: Buffer, asked: Asked<Tag>): void {
    if (this.#closed) return;
    this.outage = undefined;
    if (answer.throttleMs > 0) loop.throttledUntil = this.#cluster.clock.monotonic() + answer.throttleMs;
    if (answer.code !== 0 && isRetriable(answer.code)) for (const { state } of asked.values()) this.#cluster.troubles.note(state, kafkaRequestFailed({ call: 'Fetch', code: errorName(answer.code) }));
    else if (answer.code !== 0) { this.#failAll(kafkaRequestFailed({ call: 'Fetch', code: errorName(answer.code) })); return; }
    const chunks: Chunk<Tag>[] = [];
    // An answer that is refused as a whole names no partitions.
    let slow = answer.code !== 0, bytes = 0;
    for (const part of answer.partitions) {
      const entry = asked.get(`${part.partition} ${part.topicKey}`);
      if (entry === undefined || entry.state.removed || entry.state.generation !== entry.generation) continue;
      if (part.code !== 0) { slow = this.#onCode(entry.state, part.code) || slow; continue; }
      if (this.#cluster.troubles.isAny) this.#cluster.troubles.over(entry.state);
      if (this.#committedOnly) this.#noteHeld(entry.state, part);
      entry.state.highWatermark = part.highWatermark;
      entry.state.visibleEnd = this.#committedOnly && part.lastStableOffset >= 0 ? part.lastStableOffset : part.highWatermark;
      bytes += part.end - part.start;
      const chunk = this.#locate(entry.state, part, frame);
      if (chunk === undefined) continue;
      chunks.push(chunk);
      this.#frames.hold(frame);
      // To the end of the order: the others come first next time.
      if (loop.partitions.delete(entry.state)) loop.partitions.add(entry.state);
    }
    if (chunks.length > 0) loop.batchBytes = chunks.reduce((most, { partition }) => Math.max(most, partition.batchBytes), 0);
    adapt(loop, bytes, this.#maxBytes);
    if (slow) loop.throttledUntil = Math.max(loop.throttledUntil, this.#cluster.clock.monotonic() + this.#cluster.config.retryBackoffMs);
    if (chunks.length > 0) { this.#queue.push({ loop, chunks, next: 0 }); loop.waiting++; }
    this.#kick(loop);
    this.#pump();
  }

  /** Before the state takes the answer over. */
  #noteHeld(state: PartitionState<Tag>, part: FetchedPartition): void {
    const isHeld = part.lastStableOffset >= 0 && part.lastStableOffset < part.highWatermark;
    if (!isHeld) state.heldSince = undefined;
    else if (state.heldSince === undefined || part.lastStableOffset !== state.visibleEnd) state.heldSince = this.#cluster.clock.monotonic();
  }
  get held(): Trouble | undefined {
    const { clock } = this.#cluster;
    let first: PartitionState<Tag> | undefined;
    for (const state of this.#partitions) if (state.heldSince !== undefined && state.position >= state.visibleEnd && (first?.heldSince === undefined || state.heldSince < first.heldSince)) first = state;
    const forMs = first?.heldSince === undefined ? 0 : clock.monotonic() - first.heldSince;
    if (first === undefined || forMs < HELD_MS) return undefined;
    return { sinceMs: clock.now() - Math.round(forMs), error: kafkaTransactionOpen({ topic: first.topic, partition: first.partition, offset: first.visibleEnd }) };
  }

  /** Finds the whole batches and moves the fetch position past them; touches only their heads. */
  #locate(state: PartitionState<Tag>, part: FetchedPartition, frame: Buffer): Chunk<Tag> | undefined {
    let at = part.start, position = state.fetchPosition, largest = 0;
    while (part.end - at >= 17) {
      const batchEnd = at + 12 + frame.readInt32BE(at + 8);
      if (batchEnd > part.end) break;
      const magic = frame[at + 16] ?? 0, baseOffset = int64(frame, at);
      if (magic < 2) { this.#stop(state, kafkaOldMessageFormat({ topic: state.topic, partition: state.partition, offset: baseOffset, magic })); return undefined; }
      const next = batchEnd - at < 61 ? -1 : baseOffset + frame.readInt32BE(at + 23) + 1;
      if (next < position) { this.#stop(state, kafkaDamagedBatch({ topic: state.topic, partition: state.partition, offset: baseOffset, why: `it does not lead past offset ${position}` })); return undefined; }
      position = next;
      largest = Math.max(largest, batchEnd - at);
      at = batchEnd;
    }
    if (at === part.start) {
      // Not one whole batch: only brokers before 0.10.1 cut the first one, and only a larger limit helps.
      if (part.end > part.start) state.leastBytes = Math.min(state.askedBytes * 2, this.#cluster.config.maxFrameBytes / 2);
      return undefined;
    }
    state.batchBytes = largest;
    state.bytesPerOffset = (at - part.start) / Math.max(1, position - state.fetchPosition);
    state.fetchPosition = position;
    return { partition: state, generation: state.generation, frame, at: part.start, end: at, aborted: this.#committedOnly ? [...part.aborted].sort((a, b) => a.firstOffset - b.firstOffset) : [], abortedProducers: new Set() };
  }

  /** An error of one partition; true when the loop should wait a little. */
  #onCode(state: PartitionState<Tag>, code: number): boolean {
    if (code === CODE.OFFSET_OUT_OF_RANGE) { this.#outOfRange(state); return false; }
    const error = kafkaRequestFailed({ call: 'Fetch', code: errorName(code), what: `partition ${state.partition} of topic '${state.topic}', offset ${state.fetchPosition}` });
    if (isStaleMetadata(code) || code === CODE.UNKNOWN_TOPIC_OR_PARTITION) {
      this.#cluster.troubles.note(state, error);
      // A leader that says it is none while metadata names it still: the look-up backs off.
      this.#cluster.topics.delete(state.topic);
      this.#lookupFailures = Math.max(1, this.#lookupFailures);
      this.#displace(state);
      return false;
    }
    if (isRetriable(code) && code !== CODE.CORRUPT_MESSAGE) { this.#cluster.troubles.note(state, error); return true; }
    this.#stop(state, error);
    return false;
  }

  #outOfRange(state: PartitionState<Tag>): void {
    const generation = state.generation;
    state.phase = 'still';
    this.#loops.get(state.leader)?.partitions.delete(state);
    const ends = ['earliest', 'latest'] as const;
    void Promise.all(ends.map(async (at) => (await listOffsets(this.#cluster, [state], at, 'read_uncommitted'))[0]?.offset ?? -1).map(async (p) => await p.catch(() => -1))).then(([earliest = -1, latest = -1]) => {
      if (this.#closed || state.removed || state.generation !== generation) return;
      state.outOfRange = { earliest, latest };
      this.#tellOutOfRange(state);
    });
  }

  /** Only after everything received was handed over: a seek now must not drop records. */
  #tellOutOfRange(state: PartitionState<Tag>): void {
    const log = state.outOfRange;
    if (log === undefined || state.position < state.fetchPosition) return;
    state.outOfRange = undefined;
    this.#guard(state, () => { this.#handler.onOffsetOutOfRange(state, log); });
  }

  #lost(loop: Loop<Tag>, lane: Lane, e: unknown): void {
    lane.busy = false;
    lane.connection = undefined;
    if (this.#closed) return;
    if (!canTryAgain(e)) { this.#failAll(e); return; }
    this.#noteOutage(e as RivuletError, loop.partitions);
    this.#lookupFailures = Math.max(1, this.#lookupFailures);
    for (const state of [...loop.partitions]) this.#displace(state);
  }

  // ------------------------------------------------------------------------------------------------------- handing over

  #wake(state: PartitionState<Tag>): void {
    if (state.removed || this.#closed) return;
    if (state.held.length > 0) {
      this.#queue.unshift({ loop: undefined, chunks: state.held, next: 0 });
      state.held = [];
    }
    this.#schedulePump();
  }

  #schedulePump(): void {
    if (this.#pumpScheduled || this.#closed) return;
    this.#pumpScheduled = true;
    setImmediate(() => {
      this.#pumpScheduled = false;
      for (const state of this.#partitions) this.#checkEnd(state);
      for (const loop of this.#loops.values()) this.#kick(loop);
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const clock = this.#cluster.clock, stopAt = clock.monotonic() + TURN_MS;
    while (!this.#paused && !this.#closed) {
      const answer = this.#queue[0];
      if (answer === undefined) break;
      const chunk = answer.chunks[answer.next];
      if (chunk === undefined) {
        this.#queue.shift();
        if (answer.loop !== undefined) { answer.loop.waiting--; this.#kick(answer.loop); }
        if (this.#handler.onAnswerEnd !== undefined) this.#guard(undefined, () => { this.#handler.onAnswerEnd?.(); });
        continue;
      }
      if (this.#handOver(chunk)) answer.next++;
      if (clock.monotonic() > stopAt) { this.#schedulePump(); break; }
    }
    this.#pumping = false;
  }

  /** Hands over the next batch of a chunk; true when the chunk is done (or put aside). */
  #handOver(chunk: Chunk<Tag>): boolean {
    const state = chunk.partition;
    if (state.removed || state.generation !== chunk.generation || state.reachedEnd) return true;
    if (state.paused) { state.held.push(chunk); return true; }
    if (chunk.at >= chunk.end) { this.#frames.release(chunk.frame); return true; }
    const reader = this.#reader;
    this.#guard(state, () => {
      const end = chunk.at + 12 + chunk.frame.readInt32BE(chunk.at + 8);
      reader.readHead(state, chunk.frame, chunk.at, end, this.#checkCrc);
      chunk.at = end;
      const position = state.position;
      state.position = Math.max(position, Math.min(reader.lastOffset + 1, state.until));
      if (!this.#hidden(chunk, reader)) {
        reader.readRecords(position, state.until);
        if (reader.count > 0) {
          if (this.#reuses) this.#frames.hold(reader.bytes);
          this.#handler.onRecords(state, reader);
        }
      }
      this.#checkEnd(state);
    });
    if (state.outOfRange !== undefined) this.#tellOutOfRange(state);
    if (chunk.at < chunk.end) return false;
    this.#frames.release(chunk.frame);
    return true;
  }
  release(bytes: Buffer): void { this.#frames.release(bytes); }

  /** Control batches, and under read_committed those of aborted transactions (as the Java client's CompletedFetch). */
  #hidden(chunk: Chunk<Tag>, reader: BatchReader): boolean {
    if (!this.#committedOnly) return reader.control;
    while (chunk.aborted.length > 0 && chunk.aborted[0]!.firstOffset <= reader.lastOffset) chunk.abortedProducers.add(chunk.aborted.shift()!.producerId);
    if (reader.control) {
      if (reader.isAbortMarker) chunk.abortedProducers.delete(reader.producerId);
      return true;
    }
    return reader.transactional && chunk.abortedProducers.has(reader.producerId);
  }

  #checkEnd(state: PartitionState<Tag>): void {
    if (state.reachedEnd || state.removed || state.paused || state.phase === 'still' || state.position < state.until) return;
    state.reachedEnd = true;
    this.#guard(state, () => { this.#handler.onReachedEnd?.(state); });
  }

  /** Runs work that may throw on bad data; the partition then stands still and the error is told. */
  #guard(state: PartitionState<Tag> | undefined, work: () => void): void {
    try {
      work();
    } catch (e) {
      const error = e instanceof Error && 'sqlstate' in e ? e as RivuletError : internalError({ what: 'reading from Kafka failed' }, { cause: e });
      if (state === undefined) this.#failAll(error); else this.#stop(state, error);
    }
  }

  #stop(state: PartitionState<Tag>, error: RivuletError): void {
    state.generation++;
    state.held = [];
    state.phase = 'still';
    this.#cluster.troubles.over(state);
    this.#loops.get(state.leader)?.partitions.delete(state);
    this.#handler.onError(error, state);
  }

  #failAll(e: unknown): void {
    const error = e instanceof Error && 'sqlstate' in e ? e as RivuletError : internalError({ what: 'reading from Kafka failed' }, { cause: e });
    this.outage = error;
    for (const state of this.#partitions) { state.generation++; state.held = []; state.phase = 'still'; }
    for (const loop of this.#loops.values()) loop.partitions.clear();
    this.#handler.onError(error, undefined);
  }
}
