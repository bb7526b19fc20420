/**
 * A small file beside the state store that says which jobs and which retained checkpoints it must hold. LevelDB drops a damaged stretch of its log
 * without a word when it opens; without this file a job or its newest checkpoint could be gone and nobody would know.
 *
 * The file always says no more than the store holds: entries are added after the store's write and removed before it. It is replaced by
 * rename and not synced; after a power failure it may be older than the store, which is harmless.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Log } from '../../core/ports/log.ts';

const FILE = 'state-epochs.json';

export class EpochIndex {
  readonly path: string;
  private readonly epochs: Map<string, readonly number[]>;
  private readonly log: Log;
  private saving: Promise<void> = Promise.resolve();
  private isDue = false;
  private constructor(path: string, epochs: Map<string, readonly number[]>, log: Log) { this.path = path; this.epochs = epochs; this.log = log; }

  /** A missing or damaged file is an empty index, with a warning when it was damaged. */
  static async open(dataDir: string, log: Log): Promise<EpochIndex> {
    const path = join(dataDir, FILE), text = await readFile(path, 'utf8').catch(() => undefined);
    let epochs = new Map<string, readonly number[]>();
    if (text !== undefined) {
      const json = text.slice(9);
      if (crc32(json).toString(16).padStart(8, '0') === text.slice(0, 8)) epochs = new Map(Object.entries(JSON.parse(json) as Record<string, readonly number[]>));
      else log.warn('the index of checkpoints is damaged; it is made anew', { path });
    }
    return new EpochIndex(path, epochs, log);
  }
  /** Jobs the store must hold. */
  jobs(): Iterable<string> { return this.epochs.keys(); }
  /** The checkpoints retained of a job, newest first; empty = none yet. */
  epochsOf(job: string): readonly number[] { return this.epochs.get(job) ?? []; }

  /** After the store has the job. */
  noteJob(job: string): void {
    if (this.epochs.has(job)) return;
    this.epochs.set(job, []);
    void this.save();
  }
  /** After the store has the checkpoint. Does not wait for the disk. */
  noteCheckpoint(job: string, epoch: number, dropped: readonly number[]): void {
    this.epochs.set(job, [epoch, ...this.epochsOf(job).filter((one) => one !== epoch && !dropped.includes(one))]);
    void this.save();
  }
  /** Before the store forgets the job's checkpoints, or the job. */
  async forget(job: string, what: 'checkpoints' | 'job'): Promise<void> {
    if (what === 'job') this.epochs.delete(job);
    else this.epochs.set(job, []);
    await this.save();
  }
  /** One write at a time; changes made meanwhile go with the next. */
  private save(): Promise<void> {
    if (this.isDue) return this.saving;
    this.isDue = true;
    return this.saving = this.saving.then(() => this.write());
  }
  private async write(): Promise<void> {
    this.isDue = false;
    const json = JSON.stringify(Object.fromEntries(this.epochs));
    try {
      await writeFile(`${this.path}.part`, `${crc32(json).toString(16).padStart(8, '0')}\n${json}`);
      await rename(`${this.path}.part`, this.path);
    } catch (error) {
      this.log.warn('the index of checkpoints could not be written', { path: this.path, err: error });
    }
  }
  /** Resolves when everything noted is written. */
  async settled(): Promise<void> { await this.saving; }
}
