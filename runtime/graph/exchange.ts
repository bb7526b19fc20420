/**
 * Both ends of an exchange edge. The sender splits a batch by target subtask: its own share it hands over as a call, the others it
 * encodes and sends through a channel, several batches in one message while there is more to do: a message costs 20 to 40 µs on its way,
 * as much as some hundred rows. A channel is one (edge, sending subtask, receiving subtask); it carries data, watermarks, the end
 * of input and barriers in order. In flight or gathered are at most `WINDOW_BYTES` plus one batch: the receiver gives credit back when it has
 * processed a message, not when it has got it.
 */
import { ChangeBatch } from '../../core/row/batch.ts';
import type { Column } from '../../core/row/batch.ts';
import { invariant } from '../../core/errors/common.ts';
import { BatchFrames, compileBatchCodec } from '../../core/row/batch-codec.ts';
import type { BatchCodec } from '../../core/row/batch-codec.ts';
import { compilePartitioner } from '../../core/row/partition.ts';
import type { Partitioner } from '../../core/row/partition.ts';
import { TextSlices } from '../../core/row/slices.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { LayoutEdge } from './layout.ts';
import type { PeerMessage } from './messages.ts';

/** Per channel. Large enough for some batches of 1,024 rows, small enough for hundreds of channels. */
export const WINDOW_BYTES = 512 * 1024;
/** Gathered rows go at the latest when they are so many bytes. */
const MESSAGE_BYTES = 32 * 1024;

export type SendPeer = (toSubtask: number, message: PeerMessage, transfer: readonly ArrayBuffer[]) => void;

/** The sending end towards one other subtask. */
export class OutChannel {
  /** Sent or gathered, and not taken off by the receiver. */
  inFlightBytes = 0;
  readonly frames = new BatchFrames();
  readonly to: number;
  constructor(to: number) { this.to = to; }
  get hasRoom(): boolean { return this.inFlightBytes < WINDOW_BYTES; }
}

/** What a sender is made of. `ownPush` takes the own share, when this subtask has an instance of the receiving node. */
export interface ExchangeSenderOptions {
  readonly edge: LayoutEdge;
  readonly attempt: number;
  readonly subtask: number;
  /** Instances of the receiving node. */
  readonly targets: number;
  readonly types: readonly SqlType[];
  readonly send: SendPeer;
  readonly ownPush: ((batch: ChangeBatch) => void) | undefined;
}

export class ExchangeSender {
  readonly edge: LayoutEdge;
  /** To other subtasks only. */
  readonly channels: readonly OutChannel[];
  private readonly options: ExchangeSenderOptions;
  private readonly codec: BatchCodec;
  private readonly hashOf: Partitioner | undefined;
  private readonly byTarget: readonly (OutChannel | undefined)[];
  /** Row numbers by target, reused. */
  private rows: Uint32Array[];
  private readonly counts: Uint32Array;
  private readonly ownBatch: ChangeBatch;
  private ownKinds = new Uint8Array(0);
  /** Of the own share: memory by column, and what the batch shows. */
  private readonly slices: (TextSlices | null)[];
  private readonly shared: (TextSlices | null)[];
  constructor(options: ExchangeSenderOptions) {
    const { edge, subtask, targets, types } = options;
    this.options = options;
    this.edge = edge;
    this.codec = compileBatchCodec(types);
    this.hashOf = edge.kind === 'hash' ? compilePartitioner(types, edge.keys) : undefined;
    this.byTarget = Array.from({ length: targets }, (_, to) => (to !== subtask && isTarget(edge, subtask, to, targets) ? new OutChannel(to) : undefined));
    this.channels = this.byTarget.filter((channel) => channel !== undefined);
    this.rows = Array.from({ length: targets }, () => new Uint32Array(0));
    this.counts = new Uint32Array(targets);
    this.ownBatch = ChangeBatch.withWidth(types.length);
    this.slices = types.map(() => null);
    this.shared = types.map(() => null);
  }

  push(batch: ChangeBatch): void {
    const { subtask, targets, ownPush } = this.options;
    if (this.hashOf === undefined) {
      const to = subtask % targets;
      if (to === subtask) ownPush?.(batch);
      else this.sendRows(to, batch, null, batch.size);
      return;
    }
    this.partition(batch, this.hashOf);
    for (let to = 0; to < targets; to++) {
      const count = this.counts[to] as number;
      if (count > 0 && to !== subtask) this.sendRows(to, batch, this.rows[to] as Uint32Array, count);
    }
    if (subtask < targets && (this.counts[subtask] as number) > 0) ownPush?.(this.ownShare(batch));
  }

  private partition(batch: ChangeBatch, hashOf: Partitioner): void {
    const { targets } = this.options, { counts } = this, size = batch.size;
    if ((this.rows[0] as Uint32Array).length < size) this.rows = this.rows.map(() => new Uint32Array(Math.max(1024, size)));
    counts.fill(0);
    for (let row = 0; row < size; row++) {
      const to = hashOf(batch.columns, row, batch.slices) % targets;
      const count = counts[to] as number;
      (this.rows[to] as Uint32Array)[count] = row;
      counts[to] = count + 1;
    }
  }
  private ownSlices(c: number, from: TextSlices, fromColumn: Column, intoColumn: Column, rows: Uint32Array, count: number): TextSlices {
    const into = this.slices[c] ??= new TextSlices();
    into.begin(from.bytes);
    into.ensure(count);
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number, start = from.starts[row] as number;
      into.starts[i] = start;
      if (start < 0) intoColumn[i] = fromColumn[row];
      else into.ends[i] = from.ends[row] as number;
    }
    return into;
  }
  /** Copies the own rows column by column; valid until the next push. */
  private ownShare(batch: ChangeBatch): ChangeBatch {
    const own = this.ownBatch, rows = this.rows[this.options.subtask] as Uint32Array, count = this.counts[this.options.subtask] as number;
    for (let c = 0; c < own.columns.length; c++) {
      const from = batch.columns[c] as Column, into = own.columns[c] as Column;
      const slices = batch.slices?.[c] ?? null;
      if (slices === null) for (let i = 0; i < count; i++) into[i] = from[rows[i] as number];
      this.shared[c] = slices === null ? null : this.ownSlices(c, slices, from, into, rows, count);
    }
    own.slices = batch.slices === null ? null : this.shared;
    own.size = count;
    own.kinds = null;
    if (batch.kinds !== null) {
      if (this.ownKinds.length < count) this.ownKinds = new Uint8Array(Math.max(1024, count));
      for (let i = 0; i < count; i++) this.ownKinds[i] = batch.kinds[rows[i] as number] as number;
      own.kinds = this.ownKinds;
    }
    return own;
  }

  private sendRows(to: number, batch: ChangeBatch, rows: Uint32Array | null, count: number): void {
    const channel = this.byTarget[to] as OutChannel;
    channel.inFlightBytes += this.codec.append(channel.frames, batch, rows, count);
    if (channel.frames.length >= MESSAGE_BYTES) this.post(channel);
  }
  private post(channel: OutChannel): void {
    const bytes = channel.frames.take();
    this.options.send(channel.to, { a: this.options.attempt, e: this.edge.index, f: this.options.subtask, t: channel.to, k: 'data', x: bytes }, [bytes]);
  }
  /** Sends what is gathered. */
  flush(): void { for (const channel of this.channels) if (channel.frames.length > 0) this.post(channel); }
  /** Follows the rows already pushed, on every channel. */
  sendControl(k: 'barrier' | 'watermark' | 'end', x: number): void {
    this.flush();
    for (const channel of this.channels) this.options.send(channel.to, { a: this.options.attempt, e: this.edge.index, f: this.options.subtask, t: channel.to, k, x } as PeerMessage, []);
  }
  /** The receiver `to` has taken bytes off its channel. */
  credit(to: number, bytes: number): void {
    const channel = this.byTarget[to];
    if (channel === undefined) return;
    channel.inFlightBytes -= bytes;
    invariant(channel.inFlightBytes >= 0, 'a channel gets back no more credit than it used');
  }
}

/** Does an exchange send from subtask `from` to subtask `to`? */
export function isTarget(edge: LayoutEdge, from: number, to: number, targets: number): boolean {
  return to < targets && (edge.kind === 'hash' || from % targets === to);
}

/** The receiving end: messages of one other subtask in order. After a barrier it stands still until the subtask has taken its snapshot. */
export class InChannel {
  readonly edge: LayoutEdge;
  readonly from: number;
  /** Index of this channel among the channels of its input, for watermarks. */
  readonly slot: number;
  isAligned = false;
  isEnded = false;
  private queue: PeerMessage[] = [];
  private head = 0;
  constructor(edge: LayoutEdge, from: number, slot: number) { this.edge = edge; this.from = from; this.slot = slot; }
  add(message: PeerMessage): void { this.queue.push(message); }
  get isEmpty(): boolean { return this.head === this.queue.length; }
  /** Precondition: not empty. */
  take(): PeerMessage {
    const message = this.queue[this.head] as PeerMessage;
    this.queue[this.head++] = undefined as never;
    if (this.head === this.queue.length) { this.queue = []; this.head = 0; }
    return message;
  }
}
