/**
 * Reader of `kafka` and `upsert-kafka`: fetched record batches wait in a queue (bounded by bytes: beyond it fetching pauses); `poll`
 * walks their records in place and lets the decoders write the wanted columns straight into the arrays of one reused batch.
 *
 * Invariant: `next` of a split is the offset behind the last record whose rows have been emitted, so positions taken between polls are
 * exact. A record's rows are never spread over two batches.
 */
import type { Json } from '../../../catalog/registry/connectors.ts';
import { offsetOutOfRange, recordRejected } from '../../../core/errors/connector.ts';
import { RivuletError } from '../../../core/errors/define.ts';
import { BATCH_ROWS, ChangeBatch, DELETE, MAX_BATCH_ROWS, UPDATE_AFTER } from '../../../core/row/batch.ts';
import type { SourceNode } from '../../../planner/physical/plan.ts';
import { formatRuntime } from '../../formats/runtimes.ts';
import type { ConnectorContext, Decoder, PollResult, SourceFactory, SourceReader, WantedField } from '../contract.ts';
import { decodeHeaders, KafkaClient, KafkaClientConfig, RecordCursor, type FetchedBatch, type Fetcher, type FetchPartition } from './client/index.ts';
import { newSplits, startSplits, type Split } from './places.ts';
import type { FormatSpec, KafkaSourceSpec } from './spec.ts';

/** Fetching pauses above, goes on below (bytes of fetched, undecoded records). */
const PAUSE_BYTES = 16 << 20, RESUME_BYTES = 6 << 20;

interface ReadingSplit { readonly topic: string; readonly partition: number; next: number; readonly end: number | undefined; ended: boolean }
type Partition = FetchPartition<ReadingSplit>;
type Queued = FetchedBatch & { readonly split: ReadingSplit };

/** Writes the metadata columns of a row. */
type MetadataWriter = (cursor: RecordCursor, batch: FetchedBatch, columns: readonly unknown[][], row: number) => void;

class KafkaReader implements SourceReader {
  private readonly spec: KafkaSourceSpec;
  private readonly context: ConnectorContext;
  private readonly wake: () => void;
  private readonly client: KafkaClient;
  private readonly batch: ChangeBatch;
  private readonly kinds = new Uint8Array(MAX_BATCH_ROWS);
  private readonly keyDecoder: Decoder | undefined;
  private readonly valueDecoder: Decoder;
  /** Slots of value columns, set to NULL for a tombstone. */
  private readonly valueSlots: readonly number[];
  private readonly metadata: readonly MetadataWriter[];
  private readonly changes: boolean;
  private readonly limit: number;
  private readonly cursor = new RecordCursor();
  private readonly queue: Queued[] = [];
  private head = 0;
  private queuedBytes = 0;
  private current: Queued | undefined;
  private fetcher: Fetcher<ReadingSplit> | undefined;
  private readonly splits: ReadingSplit[] = [];
  private failure: unknown;
  private paused = false;
  private emitted = 0;
  private discovery: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(node: SourceNode, context: ConnectorContext, wake: () => void) {
    const spec = node.spec as unknown as KafkaSourceSpec;
    this.spec = spec;
    this.context = context;
    this.wake = wake;
    this.client = new KafkaClient(KafkaClientConfig.fromProperties(new Map(Object.entries(spec.properties))));
    this.batch = ChangeBatch.withWidth(node.fields.length);
    this.changes = spec.upsert || spec.changelog;
    this.limit = node.limit ?? Number.POSITIVE_INFINITY;
    const wantedOf = (format: FormatSpec, but: ReadonlySet<number> = new Set()): WantedField[] => node.fields.flatMap((f, slot): WantedField[] => {
      const field = f.kind === 'physical' ? format.fields.find((x) => x.field === f.field) : undefined;
      return field === undefined || but.has(slot) ? [] : [{ name: field.name, type: field.type, slot }];
    });
    const values = wantedOf(spec.value);
    // A key column that the value has too comes from the value (fields-include ALL); a tombstone has only the key.
    const inValue = new Set(spec.upsert ? [] : values.map((v) => v.slot));
    const keys = spec.key === null ? [] : wantedOf(spec.key, inValue);
    const formatMetadata = node.fields.flatMap((f, slot): WantedField[] => (f.kind === 'metadata' && f.key.startsWith('value.') ? [{ name: '', type: node.columns[slot]?.type ?? { kind: 'NULL', nullable: true }, slot, metadata: f.key.slice('value.'.length) }] : []));
    this.valueDecoder = decoderOf(spec.value, [...values, ...formatMetadata]);
    this.keyDecoder = spec.key === null || keys.length === 0 ? undefined : decoderOf(spec.key, keys);
    const keySlots = new Set(keys.map((k) => k.slot));
    this.valueSlots = values.map((v) => v.slot).filter((s) => !keySlots.has(s));
    this.metadata = node.fields.flatMap((f, slot) => (f.kind === 'metadata' && !f.key.startsWith('value.') ? [metadataWriter(f.key, slot)] : []));
  }

  async open(restored: readonly Json[] | undefined): Promise<void> {
    const splits = await startSplits(this.client, this.spec, restored, this.context.subtask, this.context.parallelism);
    if (this.closed) return;
    const isolation = this.spec.properties['isolation.level'] === 'read_committed' ? 'read_committed' : 'read_uncommitted';
    this.fetcher = this.client.fetcher<ReadingSplit>({
      onRecords: (partition, batch) => this.arrived(partition, batch),
      onAnswerEnd: () => this.wake(),
      onReachedEnd: (partition) => { partition.tag.ended = true; this.wake(); },
      onOffsetOutOfRange: (partition, log) => this.outOfRange(partition, log),
      onError: (error) => { this.failure ??= error; this.wake(); },
    }, { isolation });
    for (const split of splits) this.read(split);
    if (this.spec.discoveryMs > 0) this.discovery = setInterval(() => void this.discover(), this.spec.discoveryMs).unref();
    this.wake();
  }
  private read(split: Split): void {
    const tag: ReadingSplit = { topic: split.topic, partition: split.partition, next: split.offset, end: split.end, ended: split.end !== undefined && split.offset >= split.end };
    this.splits.push(tag);
    if (!tag.ended) this.fetcher?.add(split, split.offset, tag, split.end);
  }
  private async discover(): Promise<void> {
    try {
      const found = await newSplits(this.client, this.spec, this.splits, this.context.subtask, this.context.parallelism);
      if (this.closed) return;
      for (const split of found) { this.context.log('info', 'new partition found', { topic: split.topic, partition: split.partition }); this.read(split); }
    } catch (error) { this.context.log('warn', 'looking for new partitions failed; trying again later', { err: error }); }
  }
  private arrived(partition: Partition, batch: FetchedBatch): void {
    const { topic, bytes, start, end, count, baseOffset, baseTimestampMs, maxTimestampMs, timestampType, leaderEpoch } = batch;
    this.queue.push({ topic, partition: batch.partition, bytes, start, end, count, baseOffset, baseTimestampMs, maxTimestampMs, timestampType, leaderEpoch, split: partition.tag });
    this.queuedBytes += end - start;
    if (!this.paused && this.queuedBytes > PAUSE_BYTES) { this.paused = true; this.fetcher?.pause(); }
  }
  private outOfRange(partition: Partition, log: { readonly earliest: number; readonly latest: number }): void {
    const reset = this.spec.properties['auto.offset.reset'], to = reset === 'earliest' ? log.earliest : reset === 'latest' ? log.latest : -1;
    const { topic, partition: number, position } = partition;
    if (to >= 0) {
      this.context.log('warn', 'offset out of range: going on at the end that auto.offset.reset names', { topic, partition: number, offset: position, to });
      this.context.counter('offsetsReset').value++;
      this.fetcher?.seek(partition, to);
      return;
    }
    this.failure ??= offsetOutOfRange({ topic, partition: number, offset: position, earliest: log.earliest, latest: log.latest, table: this.spec.table });
    this.wake();
  }

  poll(output: { push(batch: ChangeBatch): void }): PollResult {
    if (this.failure !== undefined) throw this.failure;
    let row = 0;
    const most = Math.min(BATCH_ROWS, this.limit - this.emitted);
    while (row < most) {
      const queued = this.current ?? this.take();
      if (queued === undefined) break;
      row = this.decode(queued, row, most);
    }
    if (row > 0) {
      this.batch.size = row;
      this.batch.kinds = this.changes ? this.kinds : null;
      this.emitted += row;
      output.push(this.batch);
    }
    if (this.emitted >= this.limit) return 'finished';
    if (this.current !== undefined || this.head < this.queue.length) return 'more';
    return this.fetcher !== undefined && this.spec.bounded.mode !== 'unbounded' && this.splits.every((s) => s.ended) ? 'finished' : 'idle';
  }
  private take(): Queued | undefined {
    const queued = this.queue[this.head];
    if (queued === undefined) return undefined;
    (this.queue as (Queued | undefined)[])[this.head++] = undefined;
    if (this.head === this.queue.length) { this.queue.length = 0; this.head = 0; }
    this.current = queued;
    this.cursor.open(queued);
    return queued;
  }
  /** Decodes records of the current batch until `most` rows stand or the batch is at its end. */
  private decode(queued: Queued, from: number, most: number): number {
    const { cursor, batch, kinds, keyDecoder, valueDecoder, metadata } = this, { split } = queued;
    let row = from;
    while (row < most) {
      if (!cursor.next()) {
        this.current = undefined;
        this.queuedBytes -= queued.end - queued.start;
        if (this.paused && this.queuedBytes < RESUME_BYTES) { this.paused = false; this.fetcher?.resume(); }
        return row;
      }
      let made = 0;
      if (cursor.valueStart < 0) {
        if (this.spec.upsert) { for (const slot of this.valueSlots) (batch.columns[slot] as unknown[])[row] = null; kinds[row] = DELETE; made = 1; }
      } else {
        try { made = valueDecoder.decode(cursor.bytes, cursor.valueStart, cursor.valueEnd, batch, kinds, row); } catch (error) { throw this.rejected(error, 'value'); }
        if (this.spec.upsert) for (let i = row; i < row + made; i++) kinds[i] = UPDATE_AFTER;
      }
      for (let i = row; i < row + made; i++) {
        if (keyDecoder !== undefined) {
          const kind = kinds[i] as number;
          try { keyDecoder.decode(cursor.bytes, cursor.keyStart, cursor.keyEnd, batch, kinds, i); } catch (error) { throw this.rejected(error, 'key'); }
          kinds[i] = kind;
        }
        for (const write of metadata) write(cursor, queued, batch.columns, i);
      }
      row += made;
      split.next = cursor.offset + 1;
      if (row > MAX_BATCH_ROWS - 1) break;
    }
    return row;
  }
  private rejected(error: unknown, part: 'key' | 'value'): unknown {
    if (!(error instanceof RivuletError) || error.domain !== 'data') return error;
    const queued = this.current;
    return recordRejected({ topic: queued?.topic ?? '', partition: queued?.partition ?? 0, offset: this.cursor.offset, table: this.spec.table, part, why: error.message, detail: error.detail, hint: error.hint }, { cause: error });
  }

  positions(): Json { return { splits: this.splits.map((s) => ({ topic: s.topic, partition: s.partition, offset: s.next, ...(s.end === undefined ? {} : { end: s.end }) })) }; }
  checkpointed(positions: Json): void {
    if (this.spec.groupId === null || this.closed) return;
    const splits = (positions as unknown as { splits: readonly Split[] }).splits;
    if (splits.length === 0) return;
    this.client.commitOffsets(this.spec.groupId, splits).catch((error: unknown) => this.context.log('debug', 'committing offsets to the group failed; they are only for monitoring', { err: error }));
  }
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.discovery);
    this.fetcher?.close();
    await this.client.close();
  }
}
function decoderOf(format: FormatSpec, wanted: readonly WantedField[]): Decoder {
  return formatRuntime(format.format).decoder(format.settings, wanted, format.fields);
}
const TIMESTAMP_TYPES = ['CreateTime', 'LogAppendTime'] as const;
function metadataWriter(key: string, slot: number): MetadataWriter {
  const write = (value: (cursor: RecordCursor, batch: FetchedBatch) => unknown): MetadataWriter => (cursor, batch, columns, row) => { (columns[slot] as unknown[])[row] = value(cursor, batch); };
  switch (key) {
    case 'topic': return write((_, b) => b.topic);
    case 'partition': return write((_, b) => b.partition);
    case 'offset': return write((c) => c.offset);
    case 'timestamp': return write((c) => c.timestampMs);
    case 'timestamp-type': return write((c, b) => (c.timestampMs < 0 ? 'NoTimestampType' : TIMESTAMP_TYPES[b.timestampType]));
    case 'leader-epoch': return write((_, b) => (b.leaderEpoch < 0 ? null : b.leaderEpoch));
    case 'headers': return write((c) => new Map(decodeHeaders(c).map((h) => [h.key, h.value === null ? null : new Uint8Array(h.value)])));
    default: return write(() => null);
  }
}
export const kafkaSource: SourceFactory = { identifier: 'kafka', create: (node, context, wake) => new KafkaReader(node, context, wake) };
export const upsertKafkaSource: SourceFactory = { identifier: 'upsert-kafka', create: (node, context, wake) => new KafkaReader(node, context, wake) };
