/**
 * The state store: one `level` database in `<data-dir>/state` with the jobs, their retained checkpoint manifests and the blocks these
 * refer to. Only the main thread touches it, asynchronously.
 *
 *   format                       format number and the version that last opened it
 *   j/<job id>                   definition and last known status (sealed JSON with its revision)
 *   m/<job id>/<epoch>           manifest of a completed checkpoint (epoch with 12 digits)
 *   b/<job id>/<seq>             packed state block of a small checkpoint
 *
 * A checkpoint becomes true in one atomic, synced batch: its manifest, its new blocks, and the removal of the manifest and blocks that
 * no retained checkpoint needs. Blocks of larger checkpoints go ahead into a file (`block-files.ts`); without the manifest nobody looks
 * at it, and `sweep` removes such leftovers.
 *
 * A write that failed may be on the disk or not (`core/storage/level-store.ts`). A submission that failed is taken back; after a failed
 * checkpoint `CheckpointLog.settle` reads what is true; checkpoints go on by themselves when there is room again.
 */
import { join } from 'node:path';
import { jobUncertain, stateDamaged } from '../../core/errors/runtime.ts';
import { dataReadFailed, dataWriteFailed, stateVersionUnknown } from '../../core/errors/storage.ts';
import { RivuletError } from '../../core/errors/define.ts';
import type { Log } from '../../core/ports/log.ts';
import { isRefusal, reason, sealed, unsealed } from '../../core/storage/files.ts';
import { bytesOf, LevelStore, textOf } from '../../core/storage/level-store.ts';
import type { Change } from '../../core/storage/level-store.ts';
import { PRODUCT_VERSION } from '../../core/version.ts';
import { BlockFiles } from './block-files.ts';
import type { BlockFileWriter } from './block-files.ts';
import { EpochIndex } from './epoch-index.ts';
import { die, isDue, killPoint, testSetting } from './kill-points.ts';
import { checkBlock, decodeManifest, encodeManifest, namedBy } from './manifest.ts';
import type { BlockRef, Manifest, Named } from './manifest.ts';

/** 1: records of jobs are plain JSON. 2: sealed, with a revision. */
const STORE_FORMAT = 2;

export interface RetainedManifest { readonly epoch: number; readonly manifest: Manifest | undefined; readonly damage: RivuletError | undefined }
export interface NewBlock { readonly ref: BlockRef; readonly bytes: Uint8Array }
/** What a new checkpoint makes superfluous: manifests by epoch, blocks in the store, block files. */
export interface Dropped { readonly epochs: readonly number[]; readonly blocks: readonly number[]; readonly files: readonly number[] }
/** A job as the store has it. With `damage` it must not run by itself: `record` is undefined when it cannot be read, else it may not be the newest. */
export interface StoredJob { readonly id: string; readonly name: string | undefined; readonly record: unknown; readonly damage: RivuletError | undefined }

const twelve = (n: number): string => String(n).padStart(12, '0');
const manifestKey = (job: string, epoch: number): string => `m/${job}/${twelve(epoch)}`;
const blockKey = (job: string, seq: number): string => `b/${job}/${twelve(seq)}`;
const jobKey = (job: string): string => `j/${job}`;
const encodeJob = (job: string, record: unknown, revision: number): Uint8Array => bytesOf(sealed(JSON.stringify({ revision, record }), jobKey(job)));

/** The store as jobs see it; a simulation gives its own. */
export type StatePort = Pick<StateStore, 'path' | 'jobs' | 'putJob' | 'resetJob' | 'manifests' | 'readBlock' | 'writeCheckpoint' | 'sweep' | 'noteKnown' | 'hasGaps' | 'close'> & {
  readonly index: Pick<EpochIndex, 'path' | 'epochsOf' | 'noteFound'>;
  readonly files: Pick<BlockFiles, 'sizes'>;
};

export class StateStore {
  readonly path: string;
  readonly index: EpochIndex;
  readonly files: BlockFiles;
  private readonly level: LevelStore;
  /** Some writes were lost to damage before this start: what is not there may have been. */
  get hasGaps(): boolean { return this.level.hasGaps; }
  private constructor(level: LevelStore, index: EpochIndex, files: BlockFiles) { this.path = level.path; this.level = level; this.index = index; this.files = files; }

  /** Throws `data-directory-in-use`, `data-directory-unusable`, `state-store-unreadable`, `state-version-unknown`. */
  static async open(dataDir: string, log: Log): Promise<StateStore> {
    const level = await LevelStore.open(join(dataDir, 'state'), log, { writeBufferSize: testSetting('RIVULET_WRITE_BUFFER', 16 * 1024 * 1024) });
    try {
      const store = new StateStore(level, await EpochIndex.open(dataDir, log), new BlockFiles(dataDir));
      await store.checkFormat();
      return store;
    } catch (error) {
      await level.close();
      throw error;
    }
  }
  private async checkFormat(): Promise<void> {
    const found = await (await this.level.use()).get('format');
    const { format, writer } = found === undefined ? { format: 0, writer: '' } : this.formatOf(found);
    if (format > STORE_FORMAT) throw stateVersionUnknown({ path: this.path, found: format, known: STORE_FORMAT, writer, reader: PRODUCT_VERSION });
    if (format === STORE_FORMAT && writer === PRODUCT_VERSION) return;
    const changes: Change[] = [{ type: 'put', key: 'format', value: bytesOf(JSON.stringify({ format: STORE_FORMAT, writer: PRODUCT_VERSION })) }];
    if (format < 2) for (const [key, value] of await this.level.readAll({ gt: 'j/', lt: 'j0' })) changes.push({ type: 'put', key, value: encodeJob(key.slice(2), this.parsed(key, textOf(value)), 0) });
    await this.level.write(changes);
  }
  private formatOf(found: Uint8Array): { format: number; writer: string } {
    const { format, writer } = this.parsed('format', textOf(found)) as { format?: unknown; writer?: unknown };
    if (typeof format !== 'number' || !Number.isInteger(format) || format < 1) throw stateDamaged({ what: 'the format of the state store', where: `${this.path} (format)`, why: 'it is no number' });
    return { format, writer: String(writer) };
  }
  private parsed(key: string, text: string): unknown {
    try { return JSON.parse(text); } catch (error) { throw stateDamaged({ what: 'a record of the state store', where: `${this.path} (${key})`, why: reason(error) }, { cause: error }); }
  }

  /** All jobs of the store and of the index, in no order. */
  async jobs(): Promise<readonly StoredJob[]> {
    const out: StoredJob[] = [], seen = new Set<string>();
    for (const [key, value] of await this.level.readAll({ gt: 'j/', lt: 'j0' })) {
      const id = key.slice(2), entry = this.index.entry(id), name = entry?.name === '' ? undefined : entry?.name;
      seen.add(id);
      const text = unsealed(textOf(value), key);
      if (text === undefined) { out.push({ id, name, record: undefined, damage: this.damagedJob(id, 'its checksum does not match') }); continue; }
      const { revision, record } = JSON.parse(text) as { revision: number; record: unknown };
      out.push({ id, name, record, damage: this.doubt(id, revision) });
    }
    for (const id of this.index.jobs()) if (!seen.has(id)) out.push({ id, name: this.index.entry(id)?.name, record: undefined, damage: this.damagedJob(id, `it stands in ${this.index.path} but is gone from the store`) });
    return out;
  }
  private damagedJob(id: string, why: string): RivuletError { return stateDamaged({ what: 'a job definition', where: `${this.path} (${jobKey(id)})`, why }); }
  /** Why a readable record must not be taken as it is. */
  private doubt(id: string, revision: number): RivuletError | undefined {
    const entry = this.index.entry(id);
    if (entry === undefined) return this.index.isComplete ? jobUncertain({ path: this.index.path }) : undefined;
    return revision < entry.revision ? this.damagedJob(id, `its newest record is lost, the one before it is left (${revision} of ${entry.revision})`) : undefined;
  }
  /** Stores a record; the first of a job also in the index. A job whose first record cannot be stored in both does not exist. Throws `data-write-failed`. */
  async putJob<T extends { readonly name: string }>(id: string, record: T): Promise<void> {
    const before = this.index.entry(id), revision = (before?.revision ?? 0) + 1, undo: readonly Change[] | undefined = before === undefined ? [{ type: 'del', key: jobKey(id) }] : undefined;
    await this.level.write([{ type: 'put', key: jobKey(id), value: encodeJob(id, record, revision) }], { undo });
    const noted = this.index.noteJob(id, { name: record.name, revision });
    if (undo === undefined) { noted.catch(() => { this.index.saveBehind(); }); return; }
    try { await noted; } catch (error) {
      await this.level.write(undo, { undo }).catch(() => {});
      throw dataWriteFailed({ path: this.index.path, why: reason(error) }, { cause: error });
    }
  }
  /** Into the index what the store knows beyond it: after an older version, and when its file had been lost. */
  noteKnown(id: string, record: { readonly name: string }, epochs: readonly number[]): void {
    if (this.index.entry(id)?.name === record.name) return;
    this.index.restore(id, { name: record.name, revision: this.index.entry(id)?.revision ?? 0, epochs: this.index.entry(id)?.epochs ?? epochs });
  }
  /** Forgets the checkpoints of a job and stores (or removes) its record in the same step. Throws `data-write-failed`; then all is as it was. */
  async resetJob(id: string, record: { readonly name: string } | undefined): Promise<void> {
    const before = await this.index.forget(id, record === undefined ? 'job' : 'checkpoints').catch((error: unknown) => { throw dataWriteFailed({ path: this.index.path, why: reason(error) }, { cause: error }); });
    const revision = (before?.revision ?? 0) + 1;
    try {
      const database = await this.level.use();
      const changes: Change[] = [record === undefined ? { type: 'del', key: jobKey(id) } : { type: 'put', key: jobKey(id), value: encodeJob(id, record, revision) }];
      for (const prefix of ['m', 'b']) {
        for await (const key of database.keys({ gt: `${prefix}/${id}/`, lt: `${prefix}/${id}0` })) changes.push({ type: 'del', key });
      }
      await this.level.write(changes);
    } catch (error) {
      this.index.restore(id, before);
      throw error instanceof RivuletError ? error : dataWriteFailed({ path: this.path, why: reason(error) }, { cause: error });
    }
    if (record !== undefined) this.index.noteJob(id, { name: record.name, revision }).catch(() => { this.index.saveBehind(); });
    await this.files.removeJob(id).catch(() => {});
  }

  /** Retained checkpoints, newest first; damaged ones with their damage. */
  async manifests(job: string): Promise<readonly RetainedManifest[]> {
    const out: RetainedManifest[] = [];
    for (const [key, value] of await this.level.readAll({ gt: `m/${job}/`, lt: `m/${job}0`, reverse: true })) {
      const epoch = Number(key.slice(-12));
      try {
        const manifest = decodeManifest(textOf(value), `${this.path} (${key})`);
        if (manifest.jobId !== job || manifest.epoch !== epoch) throw stateDamaged({ what: 'a checkpoint manifest', where: `${this.path} (${key})`, why: `it is that of checkpoint ${manifest.epoch} of job ${manifest.jobId}` });
        out.push({ epoch, manifest, damage: undefined });
      } catch (error) {
        // One of a newer version is no damage to fall back from.
        if (!(error instanceof RivuletError) || error.code === 'state-version-unknown') throw error;
        out.push({ epoch, manifest: undefined, damage: error });
      }
    }
    return out;
  }
  /** A block, checked. Throws `state-damaged`. Copied into a buffer of its own: LevelDB's cannot be transferred to a thread. */
  async readBlock(job: string, ref: BlockRef): Promise<Uint8Array<ArrayBuffer>> {
    const key = blockKey(job, ref.seq), { place } = ref, where = place === undefined ? `${this.path} (${key})` : `${this.files.pathOf(job, place.file)} at ${place.at}`;
    let bytes: Uint8Array | undefined;
    try {
      if (place !== undefined) {
        const own = await this.files.read(job, place.file, place.at, ref.bytes);
        checkBlock(own, ref, where);
        return own;
      }
      bytes = await (await this.level.use()).get(key);
    } catch (error) {
      if (error instanceof RivuletError) throw error;
      if (isRefusal(error)) throw dataReadFailed({ path: where, why: reason(error) }, { cause: error });
      throw stateDamaged({ what: 'a block of state', where, why: reason(error) }, { cause: error });
    }
    if (bytes === undefined) throw stateDamaged({ what: 'a block of state', where, why: 'it is missing' });
    checkBlock(bytes, ref, where);
    return new Uint8Array(bytes);
  }
  /** Makes a checkpoint durable and lets go of `dropped` ones and the blocks and files only they needed. */
  async writeCheckpoint(manifest: Manifest, blocks: Iterable<NewBlock> | AsyncIterable<NewBlock>, dropped: Dropped): Promise<void> {
    const job = manifest.jobId, batch: Change[] = [];
    let file: BlockFileWriter | undefined;
    try {
      for await (const { ref, bytes } of blocks) {
        if (ref.place === undefined) { batch.push({ type: 'put', key: blockKey(job, ref.seq), value: bytes }); continue; }
        file ??= await this.files.begin(job, ref.place.file);
        await file.add(bytes, ref.place.at);
      }
      await file?.finish();
    } catch (error) {
      await file?.discard();
      throw error;
    }
    batch.push({ type: 'put', key: manifestKey(job, manifest.epoch), value: bytesOf(encodeManifest(manifest)) });
    for (const epoch of dropped.epochs) batch.push({ type: 'del', key: manifestKey(job, epoch) });
    for (const seq of dropped.blocks) batch.push({ type: 'del', key: blockKey(job, seq) });
    await this.level.write(batch, { act: async (database) => {
      if (isDue('before-state-sync')) await database.batch([...batch], { sync: false }).then(die);
      const written = database.batch([...batch], { sync: true });
      killPoint('during-state-write');
      await written;
    } });
    this.index.noteCheckpoint(job, manifest.epoch, dropped.epochs);
    if (dropped.files.length > 0) killPoint('before-file-removal');
    // What cannot be removed now is swept at the next start.
    await this.files.remove(job, dropped.files).catch(() => {});
  }
  /** Removes blocks that no manifest of the job names (left by a crash) and everything of jobs that have no record. */
  async sweep(jobs: ReadonlySet<string>): Promise<number> {
    const database = await this.level.use(), known = new Map<string, Named | undefined>(), changes: Change[] = [];
    /** Of a job with a record; its manifests are read once. */
    const named = async (job: string): Promise<Named | undefined> => {
      if (!known.has(job)) known.set(job, await this.named(job));
      return known.get(job);
    };
    for await (const key of database.keys({ gt: 'm/', lt: 'm0' })) if (!jobs.has(jobOf(key))) changes.push({ type: 'del', key });
    for await (const key of database.keys({ gt: 'b/', lt: 'b0' })) {
      const job = jobOf(key), kept = jobs.has(job) ? await named(job) : NOTHING;
      if (kept !== undefined && !kept.blocks.has(Number(key.slice(-12)))) changes.push({ type: 'del', key });
    }
    if (changes.length > 0) await this.level.write(changes);
    let removed = 0;
    for (const job of await this.files.jobs()) {
      const kept = jobs.has(job) ? await named(job) : NOTHING;
      const gone = kept === undefined ? [] : [...(await this.files.sizes(job)).keys()].filter((file) => !kept.files.has(file));
      if (jobs.has(job)) await this.files.remove(job, gone); else await this.files.removeJob(job);
      removed += gone.length;
    }
    return changes.length + removed;
  }
  /** What the job's manifests name. undefined: one is damaged, so what it named is not known and nothing is removed. */
  private async named(job: string): Promise<Named | undefined> {
    const manifests = (await this.manifests(job)).map(({ manifest }) => manifest);
    return manifests.includes(undefined) ? undefined : namedBy(manifests as Manifest[]);
  }
  async close(): Promise<void> {
    await this.index.settled();
    await this.level.close();
  }
}

const NOTHING: Named = { blocks: new Set(), files: new Set() };
const jobOf = (key: string): string => key.slice(2, key.indexOf('/', 2));
