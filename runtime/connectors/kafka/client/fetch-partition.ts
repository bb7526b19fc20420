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
  partitionMaxBytes: number;
  phase: PartitionPhase = 'lookup';
  generation = 0;
  leader = -1;
  removed = false;
  reachedEnd = false;
  /** When the topic was first found missing (monotonic); undefined while it is there. */
  missingSince: number | undefined;
  /** The ends of the log, once a position outside it was found; told when all that was received is handed over. */
  outOfRange: { readonly earliest: number; readonly latest: number } | undefined;
  /** Received while paused; handed over after resume, before anything else is fetched. */
  held: Chunk<Tag>[] = [];
  readonly #wake: () => void;

  constructor(topic: string, partition: number, offset: number, until: number, tag: Tag, partitionMaxBytes: number, wake: () => void) {
    this.topic = topic;
    this.partition = partition;
    this.tag = tag;
    this.position = this.fetchPosition = offset;
    this.until = until;
    this.partitionMaxBytes = partitionMaxBytes;
    this.#wake = wake;
  }

  pause(): void { this.paused = true; }
  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.#wake();
  }
  /** Whether a fetch may ask for it. */
  get fetchable(): boolean { return this.phase === 'reading' && !this.paused && !this.removed && !this.reachedEnd && this.held.length === 0 && this.fetchPosition < this.until; }
  /** Starts anew at an offset; what is on its way belongs to the older generation. */
  reset(offset: number): void {
    this.generation++;
    this.held = [];
    this.position = this.fetchPosition = offset;
    this.reachedEnd = false;
    this.missingSince = undefined;
    this.outOfRange = undefined;
    this.phase = 'lookup';
  }
}
