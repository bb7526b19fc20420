/**
 * A small file beside the state store that says which jobs, which of their records and which retained checkpoints it must hold. LevelDB
 * drops a damaged stretch of its log without a word when it opens; without this file a job or its newest checkpoint could be gone, or a
 * dropped one back, and nobody would know.
 *
 * The file says no more than the store holds: entries are added after the store's write and removed before it. A job exists when it stands
 * in both, so its submission waits for this file; all else is written behind, one write at a time.
 */
import { join } from 'node:path';
import { stateVersionUnknown } from '../../core/errors/storage.ts';
import type { Log } from '../../core/ports/log.ts';
import { readIfThere, replaceFile, sealed, unsealed } from '../../core/storage/files.ts';
import { PRODUCT_VERSION } from '../../core/version.ts';

const FILE = 'state-epochs.json';
/** 1: an object of epochs by job id. 2: with names and revisions. */
const INDEX_FORMAT = 2;
/** Checkpoints in quick succession share a write of the file: it costs two syncs. */
const SPACING_MS = 100;

/** `revision`: counts the writes of the job's record. `epochs`: the checkpoints retained of the job, newest first; empty = none yet. */
export interface IndexEntry { readonly name: string; readonly revision: number; readonly epochs: readonly number[] }
interface Stored { readonly format: number; readonly writer: string; readonly jobs: Readonly<Record<string, IndexEntry>> }

export class EpochIndex {
  readonly path: string;
  /** False: the file was missing, damaged, or of an older version, so a job that it does not name may exist all the same. */
  readonly isComplete: boolean;
  private readonly entries: Map<string, IndexEntry>;
  /** A savepoint that a job starts from is in the store before the job is. */
  private readonly early = new Map<string, readonly number[]>();
  private readonly log: Log;
  private writing: Promise<void> = Promise.resolve();
  private due: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private savedMs = Number.NEGATIVE_INFINITY;
  private constructor(path: string, isComplete: boolean, entries: Map<string, IndexEntry>, log: Log) { this.path = path; this.isComplete = isComplete; this.entries = entries; this.log = log; }

  /** A missing or damaged file is an empty index, with a warning when it was damaged. Throws `state-version-unknown`. */
  static async open(dataDir: string, log: Log): Promise<EpochIndex> {
    const path = join(dataDir, FILE), whole = await readIfThere(path);
    if (whole === undefined) return new EpochIndex(path, false, new Map(), log);
    const text = unsealed(whole);
    if (text === undefined) {
      log.warn('the index of checkpoints is damaged; it is made anew', { path });
      return new EpochIndex(path, false, new Map(), log);
    }
    const stored = JSON.parse(text) as Stored | Readonly<Record<string, readonly number[]>>;
    if (typeof stored['format'] !== 'number') return new EpochIndex(path, false, new Map(Object.entries(stored as Readonly<Record<string, readonly number[]>>).map(([id, epochs]) => [id, { name: '', revision: 0, epochs }])), log);
    const { format, writer, jobs } = stored as Stored;
    if (format > INDEX_FORMAT) throw stateVersionUnknown({ what: 'the index', path, found: format, known: INDEX_FORMAT, writer, reader: PRODUCT_VERSION });
    return new EpochIndex(path, true, new Map(Object.entries(jobs)), log);
  }
  /** Jobs the store must hold. */
  jobs(): Iterable<string> { return this.entries.keys(); }
  entry(job: string): IndexEntry | undefined { return this.entries.get(job); }
  epochsOf(job: string): readonly number[] { return this.entries.get(job)?.epochs ?? []; }

  /** After the store has the job's record. Rejects when it is not on the disk; then it is not noted either if the job is new. */
  async noteJob(job: string, facts: { readonly name: string; readonly revision: number }): Promise<void> {
    const before = this.entries.get(job);
    this.entries.set(job, { ...facts, epochs: before?.epochs ?? this.early.get(job) ?? [] });
    this.early.delete(job);
    try { await this.save(); } catch (error) {
      if (before === undefined) this.entries.delete(job);
      throw error;
    }
  }
  /** After the store has the checkpoint. Does not wait for the disk. */
  noteCheckpoint(job: string, epoch: number, dropped: readonly number[]): void {
    const entry = this.entries.get(job);
    if (entry === undefined) { this.early.set(job, [epoch]); return; }
    this.entries.set(job, { ...entry, epochs: [epoch, ...entry.epochs.filter((one) => one !== epoch && !dropped.includes(one))] });
    this.saveBehind(entry.epochs.length === 0);
  }
  /** What was found when the store was read: after a power failure the file may not know all of it, and what it does not know would count as dropped later. */
  noteFound(job: string, epochs: readonly number[]): void {
    const entry = this.entries.get(job);
    if (entry === undefined || entry.epochs.join() === epochs.join()) return;
    this.entries.set(job, { ...entry, epochs });
    this.saveBehind();
  }
  /** Before the store forgets the job's checkpoints, or the job. Gives what was known, for `restore` should the store fail. */
  async forget(job: string, what: 'checkpoints' | 'job'): Promise<IndexEntry | undefined> {
    const before = this.entries.get(job);
    if (before === undefined) return undefined;
    if (what === 'job') this.entries.delete(job);
    else this.entries.set(job, { ...before, epochs: [] });
    try { await this.save(); } catch (error) {
      this.entries.set(job, before);
      throw error;
    }
    return before;
  }
  restore(job: string, entry: IndexEntry | undefined): void {
    if (entry === undefined) return;
    this.entries.set(job, entry);
    this.saveBehind();
  }
  /** With the next write, or soon. */
  saveBehind(isUrgent = false): void {
    if (this.timer !== undefined && !isUrgent) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.save().catch((error: unknown) => { this.log.warn('the index of checkpoints could not be written', { path: this.path, err: error }); });
    }, isUrgent ? 0 : Math.max(0, this.savedMs + SPACING_MS - performance.now()));
    this.timer.unref();
  }
  /** Resolves when everything noted so far is on the disk. Changes made while one write is under way go with the next. */
  private save(): Promise<void> {
    this.due ??= this.writing.then(async () => {
      this.due = undefined;
      clearTimeout(this.timer);
      this.timer = undefined;
      const stored: Stored = { format: INDEX_FORMAT, writer: PRODUCT_VERSION, jobs: Object.fromEntries(this.entries) };
      await replaceFile(this.path, sealed(JSON.stringify(stored)));
      this.savedMs = performance.now();
    });
    this.writing = this.due.catch(() => {});
    return this.due;
  }
  /** Resolves when everything noted is written, or could not be. */
  async settled(): Promise<void> {
    if (this.timer !== undefined) await this.save().catch(() => {});
    await this.writing;
  }
}
