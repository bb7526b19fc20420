/** The state of one partition inside a fetcher; see FetchPartition for what callers may see of it. */
import type { FetchPartition } from './types.ts';

/** What is left to hand over of one partition's part of an answer. */
export interface Chunk<Tag> {
  readonly partition: PartitionState<Tag>;
  /** Chunks of an older generation (before a seek) are dropped. */
  readonly generation: number;
  readonly frame: Buffer;
  at: number;
  readonly end: number;
  /** Aborted transactions not yet reached, and producers in one at `at` (read_committed only). */
  aborted: { readonly producerId: number; readonly firstOffset: number }[];
  readonly abortedProducers: Set<number>;
}

/** reading: may be fetched. lookup: its leader is not known. still: waits for seek or remove. */
export type PartitionPhase = 'reading' | 'lookup' | 'still';

export class PartitionState<Tag> implements FetchPartition<Tag> {
  readonly topic: string;
  readonly partition: number;
  tag: Tag;
  position: number;
  highWatermark = -1;
  visibleEnd = -1;
  paused = false;
  /** Where the next fetch begins: after everything received. */
  fetchPosition: number;
  /** Exclusive end, Infinity for none. */
  readonly until: number;
  topicId: string | undefined;
  /** The part of the log a fetch may ask for, set for each by `divide`. */
  askedBytes = 0;
  /** Never asked for less; raised when an answer held not one whole batch. */
  leastBytes = 1;
  /** Size of the largest batch of the last answer, 0 before the first. */
  batchBytes = 0;
  /** What a record took in the last answer, with its share of the batch; a guess before the first. */
  bytesPerOffset = 1024;
  /** A fetch under way asks for it. */
  asked = false;
  phase: PartitionPhase = 'lookup';
  generation = 0;
  leader = -1;
  removed = false;
  reachedEnd = false;
  /** When the topic was first found missing (monotonic); undefined while it is there. */
  missingSince: number | undefined;
  /** The ends of the log, once a position outside it was found; told when all that was received is handed over. */
  outOfRange: { readonly earliest: number; readonly latest: number } | undefined;
  /** Since when (monotonic) an open transaction ends what a read_committed reader may see; undefined while none does. */
  heldSince: number | undefined;
  /** Received while paused; handed over after resume, before anything else is fetched. */
  held: Chunk<Tag>[] = [];
  readonly #wake: () => void;

  constructor(topic: string, partition: number, offset: number, until: number, tag: Tag, wake: () => void) {
    this.topic = topic;
    this.partition = partition;
    this.tag = tag;
    this.position = this.fetchPosition = offset;
    this.until = until;
    this.#wake = wake;
  }

  pause(): void { this.paused = true; }
  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.#wake();
  }
  /** Whether a fetch may ask for it. */
  get fetchable(): boolean { return this.phase === 'reading' && !this.asked && !this.paused && !this.removed && !this.reachedEnd && this.held.length === 0 && this.fetchPosition < this.until; }
  /** About how much of the log is not yet asked for, by what the records of the last answer took; Infinity before the first answer. */
  get backlogBytes(): number { return this.visibleEnd < 0 ? Infinity : Math.max(0, Math.min(this.visibleEnd, this.until) - this.fetchPosition) * this.bytesPerOffset; }
  /** Starts anew at an offset; what is on its way belongs to the older generation. */
  reset(offset: number): void {
    this.generation++;
    this.held = [];
    this.asked = false;
    this.visibleEnd = -1;
    this.position = this.fetchPosition = offset;
    this.reachedEnd = false;
    this.missingSince = undefined;
    this.outOfRange = undefined;
    this.phase = 'lookup';
  }
}
