/**
 * A LevelDB of the data directory. Opened only after `level-files.ts` has looked through it; every write is one atomic batch, synced with
 * the names of its files. Used by the store of state and the store of catalogs, each with a folder of its own.
 *
 * LevelDB refuses all writes after one that failed until it is opened again. So a failed write closes the database, and the next use opens
 * it: what was in its log is then written and synced anew into a table, or the opening fails. Nothing is believed because it can be read
 * back from the system's memory. Whether the failed batch is among it only the opened database can tell; `undo` takes it back.
 */
import { access, constants, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Level } from 'level';
import { RivuletError } from '../errors/define.ts';
import { dataDirectoryInUse, dataDirectoryUnusable, dataWriteFailed, stateStoreUnreadable } from '../errors/storage.ts';
import type { Log } from '../ports/log.ts';
import { FolderSync, makeFolder, reason, syncFolder } from './files.ts';
import { levelDamage } from './level-files.ts';

export type Database = Level<string, Uint8Array>;
export type Change = { readonly type: 'put'; readonly key: string; readonly value: Uint8Array } | { readonly type: 'del'; readonly key: string };
export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');

const RETRY_MS = 1000;

export class LevelStore {
  readonly path: string;
  private readonly log: Log;
  private readonly names: FolderSync;
  private readonly options: { readonly writeBufferSize?: number | undefined };
  private database: Database | undefined;
  private opening: Promise<Database> | undefined;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;
  /** To be taken back before anything else is read or written. */
  private undo: readonly Change[] = [];
  /** The opening passed over damage in a log: some writes are missing. */
  hasGaps = false;
  private constructor(path: string, log: Log, options: { readonly writeBufferSize?: number | undefined }) {
    this.path = path;
    this.log = log;
    this.options = options;
    this.names = new FolderSync(path);
  }

  /** Opens or makes the database in `folder` of the data directory. Throws `data-directory-in-use`, `data-directory-unusable`, `state-store-unreadable`. */
  static async open(path: string, log: Log, options: { readonly writeBufferSize?: number | undefined } = {}): Promise<LevelStore> {
    try {
      await makeFolder(path);
      await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw dataDirectoryUnusable({ path: dirname(path), why: reason(error) }, { cause: error });
    }
    const store = new LevelStore(path, log, options);
    await store.lookThrough();
    await store.use();
    return store;
  }
  /** Before the first opening only: later ones find what this process has written. */
  private async lookThrough(): Promise<void> {
    let damage: Awaited<ReturnType<typeof levelDamage>>;
    try { damage = await levelDamage(this.path); } catch (error) {
      // Names of files that are being replaced: another server is at work here.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw dataDirectoryUnusable({ path: dirname(this.path), why: reason(error) }, { cause: error });
    }
    const fatal = damage.find((one) => !one.isInLog && one.isUnborn !== true);
    if (fatal !== undefined) {
      // What another server is changing looks damaged: then the lock is the reason.
      await this.refuseWhenLocked();
      throw stateStoreUnreadable({ path: this.path, why: `${join(this.path, fatal.file)}: ${fatal.why}` });
    }
    for (const { file, why, isUnborn } of damage) {
      if (isUnborn === true) { await this.refuseWhenLocked(); await rm(join(this.path, file)); continue; }
      this.hasGaps = true;
      this.log.error('a log of the data directory is damaged: what was written there is lost', { file: join(this.path, file), why });
    }
  }
  /** LevelDB takes its lock before it looks at a file, and changes nothing in a folder that is said to hold no database to be made. */
  private async refuseWhenLocked(): Promise<void> {
    if (!(await readdir(this.path)).includes('LOCK')) return;
    const probe: Database = new Level<string, Uint8Array>(this.path, { createIfMissing: true, errorIfExists: true });
    await probe.open().catch((error: unknown) => { if (isLocked(error)) throw dataDirectoryInUse({ path: dirname(this.path) }, { cause: error }); });
    await probe.close();
  }
  async use(): Promise<Database> {
    if (this.database !== undefined) return this.database;
    this.opening ??= this.openDatabase().finally(() => { this.opening = undefined; });
    return await this.opening;
  }
  private async openDatabase(): Promise<Database> {
    const database: Database = new Level<string, Uint8Array>(this.path, { keyEncoding: 'utf8', valueEncoding: 'view', ...this.options });
    try {
      await database.open();
    } catch (error) {
      throw openingError(this.path, error);
    }
    try {
      await syncFolder(this.path);
      if (this.undo.length > 0) await database.batch([...this.undo], { sync: true });
      this.undo = [];
    } catch (error) {
      await database.close().catch(() => {});
      throw dataWriteFailed({ path: this.path, why: reason(error) }, { cause: error });
    }
    this.database = database;
    return database;
  }
  /**
   * One atomic, synced batch. Throws `data-write-failed` and the like. `undo`: what to do at the next use should the write fail, for changes
   * that the caller then takes as not made. `act` replaces the plain batch (tests of crashes).
   */
  async write(changes: readonly Change[], options: { readonly undo?: readonly Change[] | undefined; readonly act?: ((database: Database) => Promise<void>) | undefined } = {}): Promise<void> {
    const database = await this.use().catch((error: unknown) => { throw dataWriteFailed({ path: this.path, why: reason(error) }, { cause: error }); });
    try {
      await (options.act?.(database) ?? database.batch([...changes], { sync: true }));
      await this.names.settle();
    } catch (error) {
      this.undo = [...this.undo, ...(options.undo ?? [])];
      if (this.database === database && !this.isClosed) {
        this.database = undefined;
        await database.close().catch(() => {});
        this.takeBackSoon();
      }
      throw dataWriteFailed({ path: this.path, why: reason(error) }, { cause: error });
    }
  }
  /** Without waiting for the next use: a process that dies before it would leave the change. */
  private takeBackSoon(): void {
    if (this.undo.length === 0 || this.isClosed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.use().catch(() => { this.takeBackSoon(); }); }, RETRY_MS);
    this.timer.unref();
  }
  /** Throws `state-store-unreadable`. */
  async readAll(range: { gt: string; lt: string; reverse?: boolean }): Promise<[string, Uint8Array][]> {
    const database = await this.use();
    try { return await database.iterator(range).all(); } catch (error) { throw stateStoreUnreadable({ path: this.path, why: reason(error) }, { cause: error }); }
  }
  async close(): Promise<void> {
    clearTimeout(this.timer);
    if (this.undo.length > 0) await this.use().catch(() => {});
    this.isClosed = true;
    await this.opening?.catch(() => {});
    await this.database?.close();
    this.database = undefined;
  }
}

/** The data directory itself, made when it is not there. Throws `data-directory-unusable` with the folder that is in the way. */
export async function makeDataDirectory(path: string): Promise<void> {
  try {
    await makeFolder(path);
    if (!(await stat(path)).isDirectory()) throw dataDirectoryUnusable({ path, why: 'it is not a folder' });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw error instanceof RivuletError ? error : dataDirectoryUnusable({ path, why: reason(error) }, { cause: error });
  }
}
function isLocked(error: unknown): boolean {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if ((inner as { code?: unknown }).code === 'LEVEL_LOCKED') return true;
  return false;
}
function openingError(path: string, error: unknown): RivuletError {
  if (isLocked(error)) return dataDirectoryInUse({ path: dirname(path) }, { cause: error });
  const why = reason(error);
  return /permission denied|read-only|no space|too many|not a directory|input\/output error/i.test(why) ? dataDirectoryUnusable({ path, why }, { cause: error }) : stateStoreUnreadable({ path, why }, { cause: error });
}
