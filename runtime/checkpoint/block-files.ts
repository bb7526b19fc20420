/**
 * Blocks of large checkpoints as plain files, one per job and checkpoint: `<data-dir>/state-blocks/<job id>/<epoch>.blocks`, the blocks one
 * after another. LevelDB copies a value five times over before it rests (batch, log, memory table, two compactions): 3.8 ns of CPU a byte,
 * where a file costs 0.45. What is true stays in the store: a file counts only where a manifest names it, so it is written and synced
 * before the manifest, removed after the manifests that named it, and what a crash leaves behind is swept at the next start.
 */
import { open, readdir, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { invariant } from '../../core/errors/common.ts';
import { makeFolder, readFully, syncFolder, writeAll } from '../../core/storage/files.ts';
import { killPoint } from './kill-points.ts';

const ENDING = '.blocks';

/** A file being written. */
export class BlockFileWriter {
  length = 0;
  private readonly handle: FileHandle;
  private readonly path: string;
  constructor(handle: FileHandle, path: string) { this.handle = handle; this.path = path; }
  /** `at`: where the manifest says the block stands. */
  async add(bytes: Uint8Array, at: number): Promise<void> {
    invariant(at === this.length, 'blocks of a file come in their order');
    await writeAll(this.handle, bytes);
    this.length += bytes.byteLength;
    killPoint('during-state-write');
  }
  /** Everything is on the disk when it resolves. */
  async finish(): Promise<void> {
    killPoint('before-state-sync');
    await this.handle.datasync();
    await this.handle.close();
    await syncFolder(dirname(this.path));
  }
  /** Nothing was written; a full disk must not fill up with halves. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {});
    await rm(this.path, { force: true }).catch(() => {});
  }
}

export class BlockFiles {
  readonly path: string;
  constructor(dataDir: string) { this.path = join(dataDir, 'state-blocks'); }
  /** Where a file stands; also for errors. */
  pathOf(job: string, file: number): string { return join(this.path, job, `${String(file).padStart(12, '0')}${ENDING}`); }
  /** Begins a file anew: a checkpoint that could not be written is tried again under its number. */
  async begin(job: string, file: number): Promise<BlockFileWriter> {
    const path = this.pathOf(job, file);
    await makeFolder(dirname(path));
    return new BlockFileWriter(await open(path, 'w'), path);
  }
  /** Fewer bytes than asked for when the file ends before; rejects when there is no such file. */
  async read(job: string, file: number, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const handle = await open(this.pathOf(job, file), 'r');
    try {
      const bytes = new Uint8Array(length), got = await readFully(handle, bytes, at);
      return got === length ? bytes : bytes.slice(0, got);
    } finally { await handle.close(); }
  }
  /** The job's files with their sizes in bytes. */
  async sizes(job: string): Promise<ReadonlyMap<number, number>> {
    const sizes = new Map<number, number>();
    for (const name of await readdir(join(this.path, job)).catch(() => [])) {
      if (!name.endsWith(ENDING)) continue;
      const file = Number(name.slice(0, -ENDING.length));
      sizes.set(file, (await stat(this.pathOf(job, file))).size);
    }
    return sizes;
  }
  async remove(job: string, files: Iterable<number>): Promise<void> { for (const file of files) await rm(this.pathOf(job, file), { force: true }); }
  async removeJob(job: string): Promise<void> { await rm(join(this.path, job), { recursive: true, force: true }); }
  /** Jobs that have files. */
  async jobs(): Promise<readonly string[]> { return await readdir(this.path).catch(() => []); }
}
