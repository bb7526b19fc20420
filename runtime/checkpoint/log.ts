/**
 * The checkpoints of one job over all its incarnations: which are retained, the next epoch and block numbers, and the history shown to
 * users. Two completed checkpoints are kept; a new one takes the place of the oldest in the same atomic write.
 */
import type { Log } from '../../core/ports/log.ts';
import { noUsableCheckpoint } from '../../core/errors/runtime.ts';
import type { Json } from '../../catalog/registry/connectors.ts';
import type { SnapshotMessage } from '../graph/messages.ts';
import type { Layout } from '../graph/layout.ts';
import { blocksOf, MANIFEST_FORMAT, PRODUCT_VERSION } from './manifest.ts';
import type { BlockRef, Manifest, ManifestNode } from './manifest.ts';
import type { NewBlock, StateStore } from './store.ts';

export const RETAINED_CHECKPOINTS = 2;
const HISTORY = 20;

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
  private readonly store: StateStore;
  private readonly log: Log;
  /** Newest first; read from the store at the first use. */
  private retained: Manifest[] = [];
  /** Came back through damage although they had been dropped: not to be used. */
  private superfluous: number[] = [];
  private damaged: { epoch: number; what: string }[] = [];
  /** Being copied into a savepoint: kept beyond the usual number. */
  private readonly pinned = new Set<Manifest>();
  private nextEpochNumber = 1;
  private nextSeq = 1;
  readonly history: CheckpointEvent[] = [];
  completed = 0;
  failed = 0;
  constructor(jobId: string, store: StateStore, log: Log) { this.jobId = jobId; this.store = store; this.log = log; }

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
      const isDropped = this.retained.filter((one) => one.epoch > epoch).length >= RETAINED_CHECKPOINTS;
      if (!isDropped && !this.retained.some((one) => one.epoch === epoch) && !this.damaged.some((one) => one.epoch === epoch)) this.noteDamage(epoch, `it was complete (${this.store.index.path}) but is no longer in ${this.store.path}`);
    }
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
  refFor(block: { bytes: Uint8Array; crc: number; entries: number }): BlockRef { return { seq: this.nextSeq++, bytes: block.bytes.byteLength, crc: block.crc, entries: block.entries }; }

  /** Writes a completed checkpoint and forgets what it makes superfluous. */
  async write(manifest: Manifest, blocks: readonly NewBlock[]): Promise<void> {
    const isKept = (one: Manifest, at: number): boolean => at < RETAINED_CHECKPOINTS - 1 || this.pinned.has(one);
    const keep = [manifest, ...this.retained.filter(isKept)], dropped = this.retained.filter((one, at) => !isKept(one, at));
    const kept = new Set<number>(), gone = new Set<number>();
    for (const one of keep) for (const { ref } of blocksOf(one)) kept.add(ref.seq);
    for (const one of dropped) for (const { ref } of blocksOf(one)) if (!kept.has(ref.seq)) gone.add(ref.seq);
    const damaged = this.damaged.map(({ epoch }) => epoch);
    await this.store.writeCheckpoint(manifest, blocks, { epochs: [...dropped.map((one) => one.epoch), ...damaged, ...this.superfluous], blocks: [...gone] });
    this.retained = keep;
    this.superfluous = [];
    this.damaged = this.damaged.filter(({ epoch }) => !damaged.includes(epoch));
  }
  /** Takes a savepoint over as the newest checkpoint, in place of all retained ones: its blocks get numbers of this job. `nodes`: what of it to keep. */
  async adopt(savepoint: Manifest, facts: { jobName: string; nodes: Manifest['nodes'] }, read: (ref: BlockRef) => Promise<Uint8Array>): Promise<void> {
    const pairs: { from: BlockRef; to: BlockRef }[] = [];
    const renumber = (ref: BlockRef): BlockRef => { const to = { ...ref, seq: this.nextSeq++ }; pairs.push({ from: ref, to }); return to; };
    const nodes = Object.fromEntries(Object.entries(facts.nodes).map(([id, node]) => [id, {
      ...node, tables: Object.fromEntries(Object.entries(node.tables).map(([table, lists]) => [table, lists.map((list) => list.map(renumber))])),
    }]));
    const manifest: Manifest = { ...savepoint, jobId: this.jobId, jobName: facts.jobName, epoch: this.nextEpoch(), kind: 'checkpoint', nodes, committables: {} };
    const gone = this.retained.flatMap((one) => [...blocksOf(one)].map(({ ref }) => ref.seq));
    const blocks = async function* (): AsyncGenerator<NewBlock> { for (const { from, to } of pairs) yield { ref: to, bytes: await read(from) }; };
    await this.store.writeCheckpoint(manifest, blocks(), { epochs: [...[...this.retained, ...this.damaged].map((one) => one.epoch), ...this.superfluous], blocks: gone });
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
  const blocks: NewBlock[] = [];
  for (const { subtask, blocks: fresh } of snapshots) {
    for (const block of fresh) {
      const ofNode = tables.get(block.node) ?? new Map<string, BlockRef[][]>();
      tables.set(block.node, ofNode);
      const lists = ofNode.get(block.table) ?? [];
      ofNode.set(block.table, lists);
      while (lists.length <= subtask) lists.push([]);
      const ref = refFor(block);
      if (block.kind === 'base') lists[subtask] = [ref];
      else (lists[subtask] as BlockRef[]).push(ref);
      blocks.push({ ref, bytes: block.bytes });
    }
  }
  const nodes: Record<string, ManifestNode> = {}, positions: Record<string, Json[]> = {}, committables: Record<string, Json[]> = {};
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
  }
  return { manifest: { format: MANIFEST_FORMAT, writer: PRODUCT_VERSION, ...facts, parallelism: layout.parallelism, nodes, positions, committables }, blocks };
}
export const totalBytes = (manifest: Manifest): number => { let sum = 0; for (const { ref } of blocksOf(manifest)) sum += ref.bytes; return sum; };
