/**
 * The durable store of catalog records: small JSON values under text keys, each write synced to disk before it returns. One level
 * database in `<data-dir>/catalog`. The whole content is read once, at start.
 *
 *   format    format number and the version that last opened it
 *   check     how often the records were changed, and a digest of all of them; in the same batch as every change
 *   …         records, sealed with their key
 *
 * Beside it `<data-dir>/catalog-revision.json` tells how many changes the store must hold. So a definition cannot be gone, or an older one
 * back, without being noticed, whatever a disk does to the files.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { catalogDamaged, stateVersionUnknown } from '../../core/errors/storage.ts';
import type { Log } from '../../core/ports/log.ts';
import { readIfThere, replaceFile, sealed, unsealed } from '../../core/storage/files.ts';
import { bytesOf, LevelStore, textOf } from '../../core/storage/level-store.ts';
import type { Change } from '../../core/storage/level-store.ts';
import { PRODUCT_VERSION } from '../../core/version.ts';

/** 1: plain JSON values, no `format` and no `check`. 2: as above. */
const CATALOG_FORMAT = 2;
const FORMAT = 'format', CHECK = 'check', WITNESS = 'catalog-revision.json';

export interface CatalogChange { readonly key: string; readonly value: unknown }
export interface RecordStore {
  /** All records, by key order. */
  all(): Promise<readonly { readonly key: string; readonly value: unknown }[]>;
  /** One atomic, synced batch. `value` undefined deletes. Throws `data-write-failed`; then nothing was changed. */
  write(changes: readonly CatalogChange[]): Promise<void>;
  close(): Promise<void>;
}
/** `digest`: of all records together, in no order; 64 bits as a hexadecimal number. */
interface Check { readonly revision: number; readonly digest: string }

class LevelRecordStore implements RecordStore {
  private readonly level: LevelStore;
  private readonly witness: string;
  private readonly log: Log;
  /** Stored texts by key, to take their part out of the digest. */
  private readonly texts = new Map<string, string>();
  private revision = 0;
  private digest = 0n;
  private isWitnessed = true;
  private writing: Promise<unknown> = Promise.resolve();
  constructor(level: LevelStore, log: Log) {
    this.level = level;
    this.log = log;
    this.witness = join(dirname(level.path), WITNESS);
  }
  async load(): Promise<void> {
    const found = new Map((await this.level.readAll({ gt: '', lt: '\uffff' })).map(([key, value]) => [key, textOf(value)]));
    const { format, writer } = this.parsed(FORMAT, found.get(FORMAT) ?? '{"format":0,"writer":""}') as { format: number; writer: string };
    if (format > CATALOG_FORMAT) throw stateVersionUnknown({ what: 'the catalog', path: this.level.path, found: format, known: CATALOG_FORMAT, writer, reader: PRODUCT_VERSION });
    const check = found.get(CHECK), changes: Change[] = [];
    found.delete(FORMAT);
    found.delete(CHECK);
    for (const [key, text] of found) this.note(key, format < 2 ? sealed(text, key) : text);
    await this.compare(format, check);
    if (!this.isWitnessed) changes.push(...this.letGo());
    if (format === CATALOG_FORMAT && writer === PRODUCT_VERSION && changes.length === 0) return;
    changes.push({ type: 'put', key: FORMAT, value: bytesOf(JSON.stringify({ format: CATALOG_FORMAT, writer: PRODUCT_VERSION })) });
    if (format < 2) for (const [key, text] of this.texts) changes.push({ type: 'put', key, value: bytesOf(text) });
    await this.level.write([...changes, this.checkChange(this.revision, this.digest)]);
  }
  /** Are these the records that were written last? */
  private async compare(format: number, text: string | undefined): Promise<void> {
    const whole = await readIfThere(this.witness), witnessed = whole === undefined ? undefined : unsealed(whole), least = witnessed === undefined ? 0 : (JSON.parse(witnessed) as Check).revision;
    if (whole !== undefined && witnessed === undefined) this.log.warn('the revision of the catalog is damaged; it is written anew', { path: this.witness });
    this.isWitnessed = whole !== undefined;
    const opened = text === undefined ? undefined : unsealed(text, CHECK), check = opened === undefined ? { revision: 0, digest: '0' } : JSON.parse(opened) as Check;
    this.revision = Math.max(check.revision, least);
    if (format === CATALOG_FORMAT && (opened === undefined || check.digest !== this.digest.toString(16))) this.refuse(opened === undefined ? 'its record of what it holds is gone' : `what it holds is not what was written with change ${check.revision}`);
    if (check.revision < least) this.refuse(`it ends with change ${check.revision}, but change ${least} was written`);
  }
  /** Without the file beside it the store is taken as it is: that is how an operator says so. */
  private refuse(why: string): void {
    if (this.isWitnessed) throw catalogDamaged({ path: this.level.path, why, witness: this.witness });
    this.log.error('the stored catalog is damaged; it is used as far as it can be read', { path: this.level.path, why });
  }
  /** What cannot be read goes when the operator has said so: it must not keep the next start from going on. */
  private letGo(): readonly Change[] {
    const gone = [...this.texts].filter(([key, text]) => unsealed(text, key) === undefined).map(([key]) => key);
    for (const key of gone) {
      this.log.error('a definition of the catalog cannot be read and is let go', { path: this.level.path, key });
      this.note(key, undefined);
    }
    return gone.map((key) => ({ type: 'del', key }));
  }
  private parsed(key: string, text: string): unknown {
    try { return JSON.parse(text); } catch { return this.refuse(`record ${key} is no JSON`); }
  }
  private note(key: string, text: string | undefined): void {
    const before = this.texts.get(key);
    if (before !== undefined) this.digest ^= digestOf(key, before);
    if (text === undefined) { this.texts.delete(key); return; }
    this.texts.set(key, text);
    this.digest ^= digestOf(key, text);
  }
  private checkChange(revision: number, digest: bigint): Change { return { type: 'put', key: CHECK, value: bytesOf(sealed(JSON.stringify({ revision, digest: digest.toString(16) } satisfies Check), CHECK)) }; }

  all(): Promise<readonly { readonly key: string; readonly value: unknown }[]> {
    const out: { key: string; value: unknown }[] = [];
    for (const [key, whole] of [...this.texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const text = unsealed(whole, key);
      if (text === undefined) this.refuse(`the checksum of record ${key} does not match`);
      else out.push({ key, value: this.parsed(key, text) });
    }
    return Promise.resolve(out);
  }
  /** One after another: each batch carries the digest of what it leaves behind. */
  write(changes: readonly CatalogChange[]): Promise<void> {
    const done = this.writing.then(() => this.writeNow(changes));
    this.writing = done.catch(() => {});
    return done;
  }
  private async writeNow(changes: readonly CatalogChange[]): Promise<void> {
    const before = changes.map(({ key }) => [key, this.texts.get(key)] as const), { digest, revision } = this;
    for (const { key, value } of changes) this.note(key, value === undefined ? undefined : sealed(JSON.stringify(value), key));
    const change = (key: string, text: string | undefined): Change => (text === undefined ? { type: 'del', key } : { type: 'put', key, value: bytesOf(text) });
    try {
      await this.level.write([...changes.map(({ key }) => change(key, this.texts.get(key))), this.checkChange(revision + 1, this.digest)], { undo: [...before.map(([key, text]) => change(key, text)), this.checkChange(revision, digest)] });
    } catch (error) {
      for (const [key, text] of before) this.note(key, text);
      throw error;
    }
    this.revision = revision + 1;
    await this.witnessed();
  }
  private async witnessed(): Promise<void> {
    await replaceFile(this.witness, sealed(JSON.stringify({ revision: this.revision, writer: PRODUCT_VERSION }))).catch((error: unknown) => { this.log.warn('the revision of the catalog could not be written', { path: this.witness, err: error }); });
  }
  async close(): Promise<void> {
    await this.writing;
    await this.level.close();
  }
}
const digestOf = (key: string, text: string): bigint => createHash('sha256').update(key).update('\0').update(text).digest().readBigUInt64LE(0);

/** Opens or makes the store. Throws `data-directory-in-use`, `data-directory-unusable`, `state-store-unreadable`, `state-version-unknown`, `catalog-damaged`. */
export async function openRecordStore(folder: string, log: Log): Promise<RecordStore> {
  const level = await LevelStore.open(folder, log), store = new LevelRecordStore(level, log);
  try {
    await store.load();
    await store.all();
  } catch (error) {
    await level.close();
    throw error;
  }
  return store;
}
/** For tests and sessions without a data directory. */
export function memoryRecordStore(): RecordStore {
  const records = new Map<string, string>();
  return {
    all: () => Promise.resolve([...records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value: JSON.parse(value) as unknown }))),
    write: (changes) => {
      for (const c of changes) if (c.value === undefined) records.delete(c.key); else records.set(c.key, JSON.stringify(c.value));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
