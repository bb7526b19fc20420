/**
 * The checkpoints of one job over all its incarnations: which are retained, the next epoch and block numbers, and the history shown to
 * users. So many completed checkpoints as the job's settings say are kept; a new one takes the place of the oldest in the same atomic write.
 */
import type { Log } from '../../core/ports/log.ts';
import { reason } from '../../core/storage/files.ts';
import { noUsableCheckpoint } from '../../core/errors/runtime.ts';
import type { Json } from '../../catalog/registry/connectors.ts';
import type { SnapshotMessage } from '../graph/messages.ts';
import type { Layout } from '../graph/layout.ts';
import { killPoint, testSetting } from './kill-points.ts';
import { PRODUCT_VERSION } from '../../core/version.ts';
import { blocksOf, MANIFEST_FORMAT, namedBy } from './manifest.ts';
import type { BlockPlace, BlockRef, Manifest, ManifestNode } from './manifest.ts';
import type { NewBlock, StatePort } from './store.ts';

const HISTORY = 20;
/** A checkpoint with so many bytes of blocks has a file of its own; smaller ones go into the store whole, with one sync instead of two. */
const BLOCK_FILE_FROM = testSetting('RIVULET_BLOCK_FILE_FROM', 1024 * 1024);
/** A file of which less than half is still named is emptied into the next checkpoint's; so much at a time, which bounds memory and time. */
const EMPTIED_BYTES = 32 * 1024 * 1024;

export interface CheckpointEvent {
  readonly epoch: number;
  readonly kind: Manifest['kind'];
  status: 'completed' | 'failed' | 'in-progress';
  readonly startedMs: number;
  durationMs: number | undefined;
  sizeBytes: number | undefined;
  totalBytes: number | undefined;
  failure: string | undefined;
  path: string | undefined;
}

export class CheckpointLog {
  readonly jobId: string;
  private readonly store: StatePort;
  private readonly log: Log;
  /** Newest first; read from the store at the first use. */
  private retained: Manifest[] = [];
  /** Came back through damage although they had been dropped: not to be used. */
  private superfluous: number[] = [];
  private damaged: { epoch: number; what: string }[] = [];
  /** Being copied into a savepoint: kept beyond the usual number. */
  private readonly pinned = new Set<Manifest>();
  /** A write has failed: whether the store has it shows only when it is read again. */
  private isUncertain = false;
  private committed = 0;
  private nextEpochNumber = 1;
  private nextSeq = 1;
  readonly history: CheckpointEvent[] = [];
  completed = 0;
  failed = 0;
  /** Why the newest checkpoint is not on the disk yet, while it is tried again. */
  problem: string | undefined;
  /** How many completed checkpoints are kept; at least 1. */
  private readonly retainedCount: number;
  constructor(jobId: string, store: StatePort, log: Log, retainedCount = 2) { this.jobId = jobId; this.store = store; this.log = log; this.retainedCount = retainedCount; }

  /** Before a restart chooses its checkpoint: after a write that failed the disk says what is true. Throws `data-write-failed` and the like while it cannot. */
  async settle(): Promise<void> {
    if (!this.isUncertain) return;
    const { retained, damaged, superfluous } = this;
    try {
      Object.assign(this, { retained: [], damaged: [], superfluous: [] });
      await this.load();
    } catch (error) {
      Object.assign(this, { retained, damaged, superfluous });
      throw error;
    }
    // Those that are pinned stay the same objects.
    this.retained = this.retained.map((one) => retained.find(({ epoch }) => epoch === one.epoch) ?? one);
    this.isUncertain = false;
  }
  async load(): Promise<void> {
    const expected = this.store.index.epochsOf(this.jobId), oldest = Math.min(...expected);
    for (const { epoch, manifest, damage } of await this.store.manifests(this.jobId)) {
      this.nextEpochNumber = Math.max(this.nextEpochNumber, epoch + 1);
      if (manifest === undefined) { this.noteDamage(epoch, damage?.detail ?? 'unknown damage'); continue; }
      if (expected.length > 0 && epoch < oldest) this.superfluous.push(epoch);
      else this.retained.push(manifest);
      for (const { ref } of blocksOf(manifest)) this.nextSeq = Math.max(this.nextSeq, ref.seq + 1);
    }
    for (const epoch of expected) {
      this.nextEpochNumber = Math.max(this.nextEpochNumber, epoch + 1);
      const isDropped = this.retained.filter((one) => one.epoch > epoch).length >= this.retainedCount;
      if (!isDropped && !this.retained.some((one) => one.epoch === epoch) && !this.damaged.some((one) => one.epoch === epoch)) this.noteDamage(epoch, `it was complete (${this.store.index.path}) but is no longer in ${this.store.path}`);
    }
    if (this.store.hasGaps && this.retained.length === 0 && this.damaged.length === 0) this.noteDamage(this.nextEpochNumber++, `a log of ${this.store.path} is damaged; a checkpoint that stood there is lost`);
    if (this.retained.length > 0) this.store.index.noteFound(this.jobId, [...this.retained, ...this.damaged].map(({ epoch }) => epoch).sort((a, b) => b - a));
  }
  /** A retained checkpoint cannot be read: it is not offered again and goes with the next write. */
  noteDamage(epoch: number, what: string): void {
    this.damaged.push({ epoch, what });
    this.retained = this.retained.filter((manifest) => manifest.epoch !== epoch);
    this.log.error('a retained checkpoint is damaged', { jobId: this.jobId, epoch, what });
  }
  /** The checkpoint to restore from; undefined = the job never completed one. Throws `no-usable-checkpoint` when all are damaged. */
  newest(): Manifest | undefined {
    const newest = this.retained[0];
    if (newest === undefined && this.damaged.length > 0) throw noUsableCheckpoint({ job: this.jobId, damaged: this.damaged.map(({ epoch, what }) => `checkpoint ${epoch}: ${what}`) });
    return newest;
  }
  /**
   * The checkpoint with what a restart from it has to commit. Of one that had a successor that is nothing, whether the successor can be read or not:
   * an epoch is triggered only when the one before is committed. Its identities may be fenced by now, which would look like a loss.
   */
  withPrepared(manifest: Manifest): Manifest {
    const hasSuccessor = [...this.damaged, ...this.retained].some(({ epoch }) => epoch > manifest.epoch);
    return hasSuccessor ? { ...manifest, committables: {} } : manifest;
  }
  /** Its sinks have committed; known only of epochs of this process. */
  noteCommitted(epoch: number): void { this.committed = Math.max(this.committed, epoch); }
  /** The newest checkpoint if it has prepared something that may not be committed yet. */
  uncommitted(): Manifest | undefined {
    const [newest] = this.retained, due = newest === undefined || newest.epoch <= this.committed ? undefined : this.withPrepared(newest);
    return due === undefined || Object.values(due.committables).every((of) => of.length === 0) ? undefined : due;
  }
  /** Retained and readable ones, newest first. */
  checkpoints(): readonly Manifest[] { return this.retained; }
  pin(manifest: Manifest): void { this.pinned.add(manifest); }
  unpin(manifest: Manifest): void { this.pinned.delete(manifest); }
  read(ref: BlockRef): Promise<Uint8Array<ArrayBuffer>> { return this.store.readBlock(this.jobId, ref); }
  /** Epochs are never used twice, also not by failed checkpoints. */
  nextEpoch(): number { return this.nextEpochNumber++; }
  begin(epoch: number, kind: Manifest['kind'], nowMs: number): CheckpointEvent {
    const event: CheckpointEvent = { epoch, kind, status: 'in-progress', startedMs: nowMs, durationMs: undefined, sizeBytes: undefined, totalBytes: undefined, failure: undefined, path: undefined };
    this.history.unshift(event);
    this.history.length = Math.min(this.history.length, HISTORY);
    return event;
  }
  refFor(block: { bytes: Uint8Array; crc: number; entries: number }, place?: BlockPlace): BlockRef {
    return { seq: this.nextSeq++, bytes: block.bytes.byteLength, crc: block.crc, entries: block.entries, ...(place === undefined ? {} : { place }) };
  }
  /**
   * Moves what is left in files that are mostly superfluous into this checkpoint: without it one block that never changes would keep a file
   * of hundreds of megabytes. Gives the manifest with the new places, and the blocks to write beside `blocks`.
   */
  async emptyFiles(manifest: Manifest, blocks: readonly NewBlock[]): Promise<{ manifest: Manifest; blocks: readonly NewBlock[] }> {
    const live = new Map<number, number>();
    for (const { ref } of blocksOf(manifest)) if (ref.place !== undefined && ref.place.file !== manifest.epoch) live.set(ref.place.file, (live.get(ref.place.file) ?? 0) + ref.bytes);
    if (live.size === 0) return { manifest, blocks };
    const sizes = await this.store.files.sizes(this.jobId), chosen = new Set<number>();
    let budget = EMPTIED_BYTES;
    for (const [file, bytes] of [...live].sort((a, b) => a[1] - b[1])) {
      if (bytes * 2 >= (sizes.get(file) ?? 0) || bytes > budget) continue;
      chosen.add(file);
      budget -= bytes;
    }
    if (chosen.size === 0) return { manifest, blocks };
    const moved = new Map<BlockRef, BlockRef>(), all = [...blocks];
    let at = blocks.reduce((end, { ref }) => (ref.place === undefined ? end : end + ref.bytes), 0);
    for (const { ref } of blocksOf(manifest)) {
      if (ref.place === undefined || !chosen.has(ref.place.file)) continue;
      const bytes = await this.read(ref), to = this.refFor({ ...ref, bytes }, { file: manifest.epoch, at });
      at += ref.bytes;
      moved.set(ref, to);
      all.push({ ref: to, bytes });
      killPoint('during-compaction');
    }
    return { manifest: { ...manifest, nodes: withRefs(manifest.nodes, (ref) => moved.get(ref) ?? ref) }, blocks: all };
  }

  /** Writes a completed checkpoint and forgets what it makes superfluous. */
  async write(manifest: Manifest, blocks: readonly NewBlock[]): Promise<void> {
    const isKept = (one: Manifest, at: number): boolean => at < this.retainedCount - 1 || this.pinned.has(one);
    const keep = [manifest, ...this.retained.filter(isKept)], dropped = this.retained.filter((one, at) => !isKept(one, at));
    const damaged = this.damaged.map(({ epoch }) => epoch);
    this.isUncertain = true;
    await this.told(manifest, this.store.writeCheckpoint(manifest, blocks, { epochs: [...dropped.map((one) => one.epoch), ...damaged, ...this.superfluous], ...onlyIn(dropped, keep) }));
    this.isUncertain = false;
    this.retained = keep;
    this.superfluous = [];
    this.damaged = this.damaged.filter(({ epoch }) => !damaged.includes(epoch));
  }
  private async told({ epoch }: Manifest, writing: Promise<void>): Promise<void> {
    try { await writing; } catch (error) {
      this.problem = `checkpoint ${epoch} could not be written: ${reason(error)}`;
      throw error;
    }
    this.problem = undefined;
  }
  /** Takes a savepoint over as the newest checkpoint, in place of all retained ones: its blocks get numbers of this job. `nodes`: what of it to keep. */
  async adopt(savepoint: Manifest, facts: { jobName: string; nodes: Manifest['nodes'] }, read: (ref: BlockRef) => Promise<Uint8Array>): Promise<void> {
    const pairs: { from: BlockRef; to: BlockRef }[] = [], epoch = this.nextEpoch();
    let at = 0;
    const renumber = (ref: BlockRef): BlockRef => {
      const to = { ...ref, seq: this.nextSeq++, place: { file: epoch, at } };
      at += ref.bytes;
      pairs.push({ from: ref, to });
      return to;
    };
    const nodes = withRefs(facts.nodes, renumber);
    const manifest: Manifest = { ...savepoint, format: MANIFEST_FORMAT, jobId: this.jobId, jobName: facts.jobName, epoch, kind: 'checkpoint', nodes, committables: {} };
    const blocks = async function* (): AsyncGenerator<NewBlock> { for (const { from, to } of pairs) yield { ref: to, bytes: await read(from) }; };
    this.isUncertain = true;
    await this.store.writeCheckpoint(manifest, blocks(), { epochs: [...[...this.retained, ...this.damaged].map((one) => one.epoch), ...this.superfluous], ...onlyIn(this.retained, []) });
    this.isUncertain = false;
    this.retained = [manifest];
    this.superfluous = [];
    this.damaged = [];
  }
  /** After the store has reset the job: nothing is retained; epochs go on. */
  forget(): void {
    this.retained = [];
    this.damaged = [];
  }
}

export interface ManifestFacts { readonly jobId: string; readonly jobName: string; readonly epoch: number; readonly kind: Manifest['kind']; readonly createdMs: number; readonly planNodes: readonly string[] }

/**
 * The manifest of an epoch from the subtasks' snapshots and the manifest before it in this incarnation (`base`; its subtasks are the
 * same as ours). A base block takes the place of what its table and subtask had, a delta is added.
 */
export function mergeSnapshots(facts: ManifestFacts, layout: Layout, base: Manifest | undefined, snapshots: readonly SnapshotMessage[], refFor: CheckpointLog['refFor']): { manifest: Manifest; blocks: NewBlock[] } {
  const tables = new Map<string, Map<string, BlockRef[][]>>();
  for (const [node, { tables: before }] of Object.entries(base?.nodes ?? {})) {
    tables.set(node, new Map(Object.entries(before).map(([table, lists]) => [table, lists.map((list) => [...list])])));
  }
  const blocks: NewBlock[] = [], isLarge = snapshots.reduce((sum, one) => sum + one.blocks.reduce((of, { bytes }) => of + bytes.byteLength, 0), 0) >= BLOCK_FILE_FROM;
  let at = 0;
  for (const { subtask, blocks: fresh } of snapshots) {
    for (const block of fresh) {
      const ofNode = tables.get(block.node) ?? new Map<string, BlockRef[][]>();
      tables.set(block.node, ofNode);
      const lists = ofNode.get(block.table) ?? [];
      ofNode.set(block.table, lists);
      while (lists.length <= subtask) lists.push([]);
      const ref = refFor(block, isLarge ? { file: facts.epoch, at } : undefined);
      at += block.bytes.byteLength;
      if (block.kind === 'base') lists[subtask] = [ref];
      else (lists[subtask] as BlockRef[]).push(ref);
      blocks.push({ ref, bytes: block.bytes });
    }
  }
  const nodes: Record<string, ManifestNode> = {}, positions: Record<string, Json[]> = {}, committables: Record<string, Json[]> = {}, counters: Record<string, Record<string, number>> = {};
  for (const { node, instances } of layout.nodes) {
    const ofNode = tables.get(node.id);
    nodes[node.id] = {
      instances, tables: Object.fromEntries(ofNode ?? []),
      ended: snapshots.filter(({ subtask }) => subtask < instances).map(({ ended }) => ended.includes(node.id)),
    };
  }
  for (const snapshot of snapshots) {
    for (const [node, position] of Object.entries(snapshot.positions)) (positions[node] ??= []).push(position);
    for (const [node, committable] of Object.entries(snapshot.committables)) (committables[node] ??= []).push(committable);
    for (const [node, values] of Object.entries(snapshot.counters)) for (const [name, value] of Object.entries(values)) { const sums = counters[node] ??= {}; sums[name] = (sums[name] ?? 0) + value; }
  }
  return { manifest: { format: MANIFEST_FORMAT, writer: PRODUCT_VERSION, ...facts, parallelism: layout.parallelism, nodes, positions, committables, counters }, blocks };
}
/** The nodes with every block named anew. */
function withRefs(nodes: Manifest['nodes'], rename: (ref: BlockRef) => BlockRef): Manifest['nodes'] {
  return Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, {
    ...node, tables: Object.fromEntries(Object.entries(node.tables).map(([table, lists]) => [table, lists.map((list) => list.map(rename))])),
  }]));
}
/** Blocks in the store, and files, that the first manifests name and the second do not. */
function onlyIn(dropped: readonly Manifest[], kept: readonly Manifest[]): { blocks: number[]; files: number[] } {
  const gone = namedBy(dropped), stay = namedBy(kept);
  return { blocks: [...gone.blocks].filter((seq) => !stay.blocks.has(seq)), files: [...gone.files].filter((file) => !stay.files.has(file)) };
}
export const totalBytes = (manifest: Manifest): number => { let sum = 0; for (const { ref } of blocksOf(manifest)) sum += ref.bytes; return sum; };
