/**
 * The state store: one `level` database in `<data-dir>/state` with the jobs, their retained checkpoint manifests and the blocks these
 * refer to. Only the main thread touches it, asynchronously.
 *
 *   format                       format number and the version that wrote it
 *   j/<job id>                   definition and last known status (JSON)
 *   m/<job id>/<epoch>           manifest of a completed checkpoint (epoch with 12 digits)
 *   b/<job id>/<seq>             packed state block of a small checkpoint
 *
 * A checkpoint becomes true in one atomic, synced batch: its manifest, its new blocks, and the removal of the manifest and blocks that
 * no retained checkpoint needs. Blocks of larger checkpoints go ahead into a file (`block-files.ts`); without the manifest nobody looks
 * at it, and `sweep` removes such leftovers.
 *
 * LevelDB refuses all writes after one failed (disk full) until it is opened again, so a failed write closes the database and the next
 * use opens it anew: checkpoints go on by themselves when there is room again.
 */
import { mkdir, access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { dataDirectoryInUse, dataDirectoryUnusable, stateDamaged, stateStoreUnreadable, stateVersionUnknown } from '../../core/errors/runtime.ts';
import { RivuletError } from '../../core/errors/define.ts';
import type { Log } from '../../core/ports/log.ts';
import { BlockFiles } from './block-files.ts';
import type { BlockFileWriter } from './block-files.ts';
import { EpochIndex } from './epoch-index.ts';
import { die, isDue, killPoint } from './kill-points.ts';
import { checkBlock, decodeManifest, encodeManifest, namedBy, PRODUCT_VERSION } from './manifest.ts';
import type { BlockRef, Manifest, Named } from './manifest.ts';

const STORE_FORMAT = 1;

type Database = Level<string, Uint8Array>;
type Change = { readonly type: 'put'; readonly key: string; readonly value: Uint8Array } | { readonly type: 'del'; readonly key: string };

export interface RetainedManifest { readonly epoch: number; readonly manifest: Manifest | undefined; readonly damage: RivuletError | undefined }
export interface NewBlock { readonly ref: BlockRef; readonly bytes: Uint8Array }
/** What a new checkpoint makes superfluous: manifests by epoch, blocks in the store, block files. */
export interface Dropped { readonly epochs: readonly number[]; readonly blocks: readonly number[]; readonly files: readonly number[] }

const twelve = (n: number): string => String(n).padStart(12, '0');
const manifestKey = (job: string, epoch: number): string => `m/${job}/${twelve(epoch)}`;
const blockKey = (job: string, seq: number): string => `b/${job}/${twelve(seq)}`;
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

/** The store as jobs see it; a simulation gives its own. */
export type StatePort = Pick<StateStore, 'path' | 'jobs' | 'putJob' | 'resetJob' | 'manifests' | 'readBlock' | 'writeCheckpoint' | 'sweep' | 'close'> & {
  readonly index: Pick<EpochIndex, 'path' | 'epochsOf'>;
  readonly files: Pick<BlockFiles, 'sizes'>;
};

export class StateStore {
  readonly path: string;
  readonly index: EpochIndex;
  readonly files: BlockFiles;
  private database: Database | undefined;
  private opening: Promise<Database> | undefined;
  private isClosed = false;
  private constructor(path: string, index: EpochIndex, files: BlockFiles) { this.path = path; this.index = index; this.files = files; }

  /** Throws `data-directory-in-use`, `data-directory-unusable`, `state-store-unreadable`, `state-version-unknown`. */
  static async open(dataDir: string, log: Log): Promise<StateStore> {
    const path = join(dataDir, 'state');
    try {
      await mkdir(path, { recursive: true });
      await access(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw dataDirectoryUnusable({ path: dataDir, why: reason(error) }, { cause: error });
    }
    const store = new StateStore(path, await EpochIndex.open(dataDir, log), new BlockFiles(dataDir));
    try {
      await store.checkFormat(await store.use());
    } catch (error) {
      await store.close();
      throw error instanceof RivuletError ? error : stateStoreUnreadable({ path, why: reason(error) }, { cause: error });
    }
    return store;
  }
  private async use(): Promise<Database> {
    if (this.database !== undefined) return this.database;
    this.opening ??= this.openDatabase().finally(() => { this.opening = undefined; });
    return await this.opening;
  }
  private async openDatabase(): Promise<Database> {
    const database: Database = new Level<string, Uint8Array>(this.path, { keyEncoding: 'utf8', valueEncoding: 'view', writeBufferSize: 16 * 1024 * 1024 });
    try {
      await database.open();
    } catch (error) {
      throw openingError(this.path, error);
    }
    this.database = database;
    return database;
  }
  private async checkFormat(database: Database): Promise<void> {
    const found = await database.get('format');
    if (found === undefined) {
      await this.write([{ type: 'put', key: 'format', value: bytesOf(JSON.stringify({ format: STORE_FORMAT, writer: PRODUCT_VERSION })) }]);
      return;
    }
    const { format, writer } = JSON.parse(textOf(found)) as { format: number; writer: string };
    if (format > STORE_FORMAT) throw stateVersionUnknown({ path: this.path, found: format, known: STORE_FORMAT, writer });
  }
  private async write(changes: readonly Change[], isCheckpoint = false): Promise<void> {
    const database = await this.use();
    try {
      if (isCheckpoint && isDue('before-state-sync')) await database.batch([...changes], { sync: false }).then(die);
      const written = database.batch([...changes], { sync: true });
      if (isCheckpoint) killPoint('during-state-write');
      await written;
    } catch (error) {
      if (this.database === database && !this.isClosed) {
        this.database = undefined;
        await database.close().catch(() => {});
      }
      throw error;
    }
  }

  /** All job records, in no order; a record that cannot be read is reported instead of silently left out. */
  async jobs(): Promise<readonly { readonly id: string; readonly record: unknown }[]> {
    const out: { id: string; record: unknown }[] = [];
    for (const [key, value] of await this.readAll({ gt: 'j/', lt: 'j0' })) {
      try {
        out.push({ id: key.slice(2), record: JSON.parse(textOf(value)) });
      } catch (error) {
        throw stateDamaged({ what: 'a job definition', where: `${this.path} (${key})`, why: reason(error) }, { cause: error });
      }
    }
    for (const id of this.index.jobs()) {
      if (!out.some((job) => job.id === id)) throw stateDamaged({ what: 'the state store', where: this.path, why: `job ${id} stands in ${this.index.path} but its definition is gone` });
    }
    return out;
  }
  private async readAll(range: { gt: string; lt: string; reverse?: boolean }): Promise<[string, Uint8Array][]> {
    try {
      return await (await this.use()).iterator(range).all();
    } catch (error) {
      if (error instanceof RivuletError) throw error;
      throw stateStoreUnreadable({ path: this.path, why: reason(error) }, { cause: error });
    }
  }
  async putJob(id: string, record: unknown): Promise<void> {
    await this.write([{ type: 'put', key: `j/${id}`, value: bytesOf(JSON.stringify(record)) }]);
    this.index.noteJob(id);
  }
  /** Forgets the checkpoints of a job and stores (or removes) its record in the same step. */
  async resetJob(id: string, record: unknown | undefined): Promise<void> {
    await this.index.forget(id, record === undefined ? 'job' : 'checkpoints');
    const database = await this.use();
    const changes: Change[] = [record === undefined ? { type: 'del', key: `j/${id}` } : { type: 'put', key: `j/${id}`, value: bytesOf(JSON.stringify(record)) }];
    for (const prefix of ['m', 'b']) {
      for await (const key of database.keys({ gt: `${prefix}/${id}/`, lt: `${prefix}/${id}0` })) changes.push({ type: 'del', key });
    }
    await this.write(changes);
    await this.files.removeJob(id);
  }

  /** Retained checkpoints, newest first; damaged ones with their damage. */
  async manifests(job: string): Promise<readonly RetainedManifest[]> {
    const out: RetainedManifest[] = [];
    for (const [key, value] of await this.readAll({ gt: `m/${job}/`, lt: `m/${job}0`, reverse: true })) {
      const epoch = Number(key.slice(-12));
      try {
        out.push({ epoch, manifest: decodeManifest(textOf(value), `${this.path} (${key})`), damage: undefined });
      } catch (error) {
        if (!(error instanceof RivuletError)) throw error;
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
      bytes = await (await this.use()).get(key);
    } catch (error) {
      if (error instanceof RivuletError) throw error;
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
    await this.write(batch, true);
    this.index.noteCheckpoint(job, manifest.epoch, dropped.epochs);
    if (dropped.files.length > 0) killPoint('before-file-removal');
    // What cannot be removed now is swept at the next start.
    await this.files.remove(job, dropped.files).catch(() => {});
  }
  /** Removes blocks that no manifest of the job names (left by a crash) and everything of jobs that have no record. */
  async sweep(jobs: ReadonlySet<string>): Promise<number> {
    const database = await this.use(), known = new Map<string, Named | undefined>(), changes: Change[] = [];
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
    if (changes.length > 0) await this.write(changes);
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
    this.isClosed = true;
    await this.opening?.catch(() => {});
    await this.index.settled();
    await this.database?.close();
    this.database = undefined;
  }
}

const NOTHING: Named = { blocks: new Set(), files: new Set() };
const jobOf = (key: string): string => key.slice(2, key.indexOf('/', 2));

/** Why a file operation failed, for an error's detail: the innermost message without its stack. */
export function reason(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message.replace(/\.$/, '') : String(inner);
}
function openingError(path: string, error: unknown): RivuletError {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if ((inner as { code?: unknown }).code === 'LEVEL_LOCKED') return dataDirectoryInUse({ path: join(path, '..') }, { cause: error });
  }
  const why = reason(error);
  return /permission denied|read-only|no space|too many levels|not a directory/i.test(why) ? dataDirectoryUnusable({ path, why }, { cause: error }) : stateStoreUnreadable({ path, why }, { cause: error });
}
