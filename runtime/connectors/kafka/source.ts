/**
 * Reader of `kafka` and `upsert-kafka`: fetched record batches wait in a queue (bounded by bytes: beyond it fetching pauses); `poll`
 * walks their records in place and lets the decoders write the wanted columns straight into the arrays of one reused batch.
 *
 * Invariant: `next` of a split is the offset behind the last record whose rows have been emitted, so positions taken between polls are
 * exact. A record's rows are emitted in one poll.
 *
 * Text columns stand as slices of the fetched bytes when receivers take them. A batch whose records come from several buffers (small
 * answers, compressed record batches) has its texts copied into an arena, unless enough rows stand already to emit them by themselves.
 */
import type { Json } from '../../../catalog/registry/connectors.ts';
import { offsetOutOfRange } from '../../../core/errors/connector.ts';
import type { RivuletError } from '../../../core/errors/define.ts';
import { BATCH_ROWS, ChangeBatch, MAX_BATCH_ROWS, UPDATE_AFTER } from '../../../core/row/batch.ts';
import { materializeTexts, TextArena, type ColumnSlices } from '../../../core/row/slices.ts';
import type { SourceNode } from '../../../planner/physical/plan.ts';
import type { BadRecordSample } from '../bad-records.ts';
import type { PollResult, SourceContext, SourceFactory, SourceReader, Stuck } from '../contract.ts';
import { KafkaClient, KafkaClientConfig, RecordCursor, type FetchedBatch, type Fetcher, type FetchPartition } from './client/index.ts';
import { DeadLetters } from './dead-letters.ts';
import { newSplits, startSplits, type Split } from './places.ts';
import { RecordDecoder } from './record-decoder.ts';
import { Rejections } from './rejections.ts';
import type { KafkaSourceSpec } from './spec.ts';
import { observe, stuckOn } from './stuck.ts';

/** Fetching pauses above, goes on below (bytes of fetched, undecoded records). */
const PAUSE_BYTES = 4 << 20, RESUME_BYTES = 2 << 20;
/**
 * How long the broker may hold a Fetch while nothing comes, unless `fetch.max.wait.ms` says. It answers at once when something does, so this
 * is no latency but the price of an idle job; longer, a new partition, or one that changes its leader, would wait for an answer that is under way.
 */
const IDLE_WAIT_MS = 2000;
/** Bad records, which cost some 20 µs each, that one poll goes through. */
const REFUSED_PER_POLL = 500;

/** Rows that are worth a batch of their own when the bytes they point into are at their end. */
const WORTH_EMITTING = BATCH_ROWS / 4;

interface ReadingSplit { readonly topic: string; readonly partition: number; readonly topicId: string | undefined; next: number; readonly end: number | undefined; ended: boolean }
type Partition = FetchPartition<ReadingSplit>;
type Queued = FetchedBatch & { readonly split: ReadingSplit };

class KafkaReader implements SourceReader {
  private readonly spec: KafkaSourceSpec;
  private readonly context: SourceContext;
  private readonly wake: () => void;
  private readonly client: KafkaClient;
  private readonly batch: ChangeBatch;
  private readonly kinds = new Uint8Array(MAX_BATCH_ROWS);
  private readonly decoder: RecordDecoder;
  private readonly deadLetters: DeadLetters | undefined;
  private readonly rejections: Rejections;
  private isWaiting = false;
  /** Rows may be of other kinds than +I. */
  private readonly changes: boolean;
  private readonly limit: number;
  private readonly cursor = new RecordCursor();
  private readonly queue: (Queued | undefined)[] = [];
  private head = 0;
  private queuedBytes = 0;
  private current: Queued | undefined;
  private fetcher: Fetcher<ReadingSplit> | undefined;
  private readonly splits: ReadingSplit[] = [];
  private failure: unknown;
  private paused = false;
  private emitted = 0;
  private discovery: NodeJS.Timeout | undefined;
  private discovering = false;
  private closed = false;
  /** Bytes the slices of the rows since the last gathering point into. */
  private textBytes: Buffer | undefined;
  private readonly arena = new TextArena();
  /** Read to their end in this poll; given back when the batch is out. */
  private readonly spent: Buffer[] = [];

  constructor(node: SourceNode, context: SourceContext, wake: () => void) {
    const spec = node.spec as unknown as KafkaSourceSpec;
    this.spec = spec;
    this.context = context;
    this.wake = wake;
    this.client = observe(new KafkaClient(KafkaClientConfig.fromProperties(new Map(Object.entries({ 'client.id': `rivulet-${context.jobId}-${context.subtask}`, ...spec.properties })))), context, spec.table);
    this.batch = ChangeBatch.withWidth(node.fields.length);
    this.changes = spec.upsert || spec.changelog;
    this.limit = node.limit ?? Number.POSITIVE_INFINITY;
    const { table, deadLetterTopic } = spec;
    // A SELECT leaves no traces in a topic.
    this.deadLetters = deadLetterTopic === undefined || context.isQuery === true ? undefined : new DeadLetters({ client: this.client, topic: deadLetterTopic, table, jobId: context.jobId, nowMs: () => context.nowMs(), onError: (error) => this.fail(error) });
    this.rejections = new Rejections(spec, context, this.deadLetters);
    this.decoder = new RecordDecoder(spec, node, context, (error, nulledFields) => this.ignored(error, nulledFields));
    this.batch.slices = this.decoder.slices;
  }

  async open(restored: readonly Json[] | undefined): Promise<void> {
    const splits = await startSplits(this.client, this.spec, restored, this.context.subtask, this.context.parallelism);
    this.rejections.restore(restored);
    await this.deadLetters?.open([...new Set(splits.map((s) => s.topic))]);
    if (this.closed) return;
    this.fetcher = this.client.fetcher<ReadingSplit>({
      onRecords: (partition, batch) => this.arrived(partition, batch),
      onAnswerEnd: () => this.wake(),
      onReachedEnd: (partition) => { partition.tag.ended = true; this.wake(); },
      onOffsetOutOfRange: (partition, log) => this.outOfRange(partition, log),
      onError: (error) => this.fail(error),
    }, { reuseMemory: true, ...(this.spec.properties['fetch.max.wait.ms'] === undefined ? { maxWaitMs: IDLE_WAIT_MS } : {}) });
    for (const split of splits) this.read(split);
    if (this.spec.discoveryMs > 0) this.discovery = setInterval(() => void this.discover(), Math.max(10, this.spec.discoveryMs)).unref();
    this.wake();
  }
  private read(split: Split): void {
    const { topic, partition, topicId, offset, end } = split;
    const tag: ReadingSplit = { topic, partition, topicId, next: offset, end, ended: end !== undefined && offset >= end };
    this.splits.push(tag);
    if (!tag.ended) this.fetcher?.add({ topic, partition }, offset, tag, end);
  }
  private async discover(): Promise<void> {
    if (this.discovering) return;
    this.discovering = true;
    try {
      const found = await newSplits(this.client, this.spec, this.splits, this.context.subtask, this.context.parallelism);
      if (this.closed) return;
      for (const split of found) { this.context.log('info', 'new partition found', { topic: split.topic, partition: split.partition, table: this.spec.table }); this.read(split); }
    } catch (error) {
      if (!this.closed) this.context.log('warn', 'looking for new partitions failed; trying again later', { err: error, table: this.spec.table });
    } finally { this.discovering = false; }
  }
  private arrived(partition: Partition, batch: FetchedBatch): void {
    const { topic, bytes, start, end, count, baseOffset, baseTimestampMs, maxTimestampMs, timestampType, leaderEpoch } = batch;
    this.queue.push({ topic, partition: batch.partition, bytes, start, end, count, baseOffset, baseTimestampMs, maxTimestampMs, timestampType, leaderEpoch, split: partition.tag });
    this.queuedBytes += end - start;
    if (this.paused || this.queuedBytes <= PAUSE_BYTES) return;
    this.paused = true;
    this.fetcher?.pause();
    // The end of the answer, which wakes otherwise, does not come while fetching is paused.
    this.wake();
  }
  private outOfRange(partition: Partition, log: { readonly earliest: number; readonly latest: number }): void {
    const reset = this.spec.properties['auto.offset.reset'], to = reset === 'earliest' ? log.earliest : reset === 'latest' ? log.latest : -1;
    const { topic, partition: number, position } = partition;
    if (to < 0) { this.fail(offsetOutOfRange({ topic, partition: number, offset: position, earliest: log.earliest, latest: log.latest, table: this.spec.table })); return; }
    this.context.log('warn', 'offset out of range: going on at the end that auto.offset.reset names', { topic, partition: number, offset: position, to, table: this.spec.table });
    this.context.counter('offsetsReset').value++;
    this.fetcher?.seek(partition, to);
  }
  private fail(error: unknown): void {
    this.failure ??= error;
    this.wake();
  }

  poll(output: { push(batch: ChangeBatch): void }): PollResult {
    if (this.deadLetters?.hasRoom === false) return this.waitForRoom(this.deadLetters);
    let row = 0;
    const refusals = this.rejections.count + REFUSED_PER_POLL;
    const most = Math.min(BATCH_ROWS, this.limit - this.emitted);
    while (row < most && this.rejections.count < refusals) {
      const queued = this.current ?? this.take();
      if (queued === undefined || (queued.bytes !== this.textBytes && !this.turnTo(queued.bytes, row))) break;
      row = this.decode(queued, row, most, refusals);
    }
    if (row > 0) this.emit(row, output);
    for (const bytes of this.spent) this.fetcher?.release(bytes);
    this.spent.length = 0;
    this.textBytes = undefined;
    if (this.emitted >= this.limit) return 'finished';
    if (this.current !== undefined || this.head < this.queue.length) return 'more';
    // What arrived before a failure has been emitted; positions stand in front of it.
    if (this.failure !== undefined) throw this.failure;
    return this.fetcher !== undefined && this.spec.bounded.mode !== 'unbounded' && this.splits.every((s) => s.ended) ? 'finished' : 'idle';
  }
  /** The next rows lie in other bytes. False: emit those that stand first. */
  private turnTo(bytes: Buffer, rows: number): boolean {
    const { slices } = this.batch;
    if (slices !== null && this.textBytes !== undefined && rows > 0) {
      if (rows >= WORTH_EMITTING && this.arena.gathered === 0) return false;
      this.arena.gather(slices, this.textBytes, rows);
    }
    this.textBytes = bytes;
    return true;
  }
  private beginSlices(slices: ColumnSlices, rows: number): void {
    const { arena } = this;
    let bytes = this.textBytes as Buffer;
    if (arena.gathered > 0) { arena.gather(slices, bytes, rows); bytes = arena.buffer; }
    arena.reset();
    for (const s of slices) s?.begin(bytes);
  }
  private emit(rows: number, output: { push(batch: ChangeBatch): void }): void {
    const { batch, kinds } = this;
    this.emitted += rows;
    if (batch.slices !== null) this.beginSlices(batch.slices, rows);
    if (rows <= MAX_BATCH_ROWS) {
      batch.size = rows;
      batch.kinds = this.changes ? kinds : null;
      output.push(batch);
      return;
    }
    // One message gave more rows than a batch may hold (a JSON array): those that `kinds` has no room for are its rows, all of one kind.
    const rest = this.spec.upsert ? UPDATE_AFTER : 0;
    batch.size = rows;
    materializeTexts(batch);
    for (let from = 0; from < rows; from += MAX_BATCH_ROWS) {
      const part = new ChangeBatch(batch.columns.map((column) => column.slice(from, from + MAX_BATCH_ROWS)));
      part.size = Math.min(MAX_BATCH_ROWS, rows - from);
      if (this.changes) { part.kinds = new Uint8Array(part.size).fill(rest); part.kinds.set(kinds.subarray(from, from + part.size)); }
      output.push(part);
    }
    for (const column of batch.columns) column.length = 0;
  }
  private take(): Queued | undefined {
    const queued = this.queue[this.head];
    if (queued === undefined) return undefined;
    this.queue[this.head++] = undefined;
    if (this.head === this.queue.length) { this.queue.length = 0; this.head = 0; }
    this.current = queued;
    this.cursor.open(queued);
    return queued;
  }
  /** Nothing is read while the dead-letter topic takes nothing. */
  private waitForRoom(deadLetters: DeadLetters): PollResult {
    if (this.failure !== undefined) throw this.failure;
    if (!this.isWaiting) {
      this.isWaiting = true;
      deadLetters.ready().catch((error: unknown) => this.fail(error)).finally(() => { this.isWaiting = false; this.wake(); });
    }
    return 'idle';
  }
  /** Decodes records of the current batch until `most` rows stand, enough were refused, or the batch is at its end. */
  private decode(queued: Queued, from: number, most: number, refusals: number): number {
    const { cursor, batch, kinds, decoder, rejections } = this, { split } = queued;
    let row = from;
    while (row < most && rejections.count < refusals) {
      if (!cursor.next()) {
        this.current = undefined;
        this.spent.push(queued.bytes);
        this.queuedBytes -= queued.end - queued.start;
        if (this.paused && this.queuedBytes < RESUME_BYTES) { this.paused = false; this.fetcher?.resume(); }
        break;
      }
      try { row += decoder.decode(cursor, queued, batch, kinds, row); } catch (error) { rejections.refuse(error, { topic: queued.topic, partition: queued.partition, part: decoder.part, cursor }); }
      split.next = cursor.offset + 1;
    }
    return row;
  }
  private ignored(error: RivuletError, nulledFields: number): void {
    const { topic, partition } = this.current as Queued;
    this.rejections.ignored(error, { topic, partition, part: this.decoder.part, cursor: this.cursor }, nulledFields);
  }

  get stuck(): Stuck | undefined { return stuckOn(this.client, this.fetcher?.held); }
  positions(): Json {
    return { splits: this.splits.map((s) => ({ topic: s.topic, partition: s.partition, offset: s.next, ...(s.topicId === undefined ? {} : { topicId: s.topicId }), ...(s.end === undefined ? {} : { end: s.end }) })), ...this.rejections.stored() };
  }
  badRecords(): readonly BadRecordSample[] { return this.rejections.list; }
  /** Dead letters of records before the positions are safely out. */
  async prepare(): Promise<void> { await this.deadLetters?.flush(); }
  checkpointed(positions: Json): void {
    const group = this.spec.groupId, splits = (positions as { splits?: readonly Split[] } | null)?.splits ?? [];
    if (group === null || this.closed || splits.length === 0 || this.spec.properties['commit.offsets.on.checkpoint'] === 'false') return;
    this.client.commitOffsets(group, splits.map((s) => ({ topic: s.topic, partition: s.partition, offset: s.offset })))
      .catch((error: unknown) => { if (!this.closed) this.context.log('debug', 'committing offsets to the group failed; they are only for monitoring', { err: error, group }); });
  }
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.discovery);
    this.fetcher?.close();
    await this.deadLetters?.close();
    await this.client.close();
  }
}

export const kafkaSource: SourceFactory = { identifier: 'kafka', create: (node, context, wake) => new KafkaReader(node, context, wake) };
export const upsertKafkaSource: SourceFactory = { identifier: 'upsert-kafka', create: (node, context, wake) => new KafkaReader(node, context, wake) };
