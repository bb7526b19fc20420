/**
 * Savepoints: a folder of plain files that does not need the state store: `blocks-0001.bin` … with the state blocks one after another
 * and `manifest.json`, all written into a folder `<name>.part`, which gets its name when everything in it is synced. Every block carries its
 * checksum. A savepoint belongs to the user: only `disposeSavepoint`, who asks by name, removes one.
 */
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invariant } from '../../core/errors/common.ts';
import { savepointMissing, savepointUnreadable, stateDamaged } from '../../core/errors/runtime.ts';
import { makeFolder, readFully, reason, syncFolder, writeAll } from '../../core/storage/files.ts';
import { blocksOf, checkBlock, decodeManifest, encodeManifest } from './manifest.ts';
import type { BlockRef, Manifest } from './manifest.ts';

const FILE_BYTES = 256 * 1024 * 1024;
const MANIFEST = 'manifest.json';
/** Ends the name of a folder that is being written. */
const UNFINISHED = '.part';

interface SavepointManifest extends Manifest {
  readonly files: Readonly<Record<string, { readonly file: string; readonly offset: number }>>;
  /** Labels of the plan's nodes by id, so that a plan without some of them can name what it does not take over. Savepoints before had none. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Reads a block of a manifest, checked; from the store or from a savepoint's files. */
export type BlockReader = (ref: BlockRef) => Promise<Uint8Array<ArrayBuffer>>;

/** `2026-11-21T08-05-33-120`: sorts by time and is a good file name everywhere. */
const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replaceAll(/[:.]/g, '-');
const safeName = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'job';

/** Copies a completed checkpoint into a new folder under `root`; gives its path. */
export async function writeSavepoint(root: string, manifest: Manifest, labels: Readonly<Record<string, string>>, nowMs: number, read: BlockReader): Promise<{ path: string; sizeBytes: number }> {
  const path = join(root, `${safeName(manifest.jobName)}-${manifest.jobId.slice(0, 6)}-${stamp(nowMs)}`);
  const part = `${path}${UNFINISHED}`;
  await makeFolder(root);
  await mkdir(part);
  let file: { readonly handle: FileHandle; readonly name: string; length: number } | undefined, isNamed = false;
  try {
    const files: Record<string, { file: string; offset: number }> = {};
    let sizeBytes = 0, count = 0;
    const finish = async (): Promise<void> => { if (file !== undefined) { await file.handle.sync(); await file.handle.close(); file = undefined; } };
    for (const { ref } of blocksOf(manifest)) {
      if (file !== undefined && file.length + ref.bytes > FILE_BYTES) await finish();
      if (file === undefined) {
        const name = `blocks-${String(++count).padStart(4, '0')}.bin`;
        file = { handle: await open(join(part, name), 'wx'), name, length: 0 };
      }
      const bytes = await read(ref);
      await writeAll(file.handle, bytes);
      files[ref.seq] = { file: file.name, offset: file.length };
      file.length += bytes.byteLength;
      sizeBytes += bytes.byteLength;
    }
    await finish();
    const whole: SavepointManifest = { ...manifest, kind: 'savepoint', createdMs: nowMs, committables: {}, files, labels };
    const text = Buffer.from(encodeManifest(whole));
    file = { handle: await open(join(part, MANIFEST), 'wx'), name: MANIFEST, length: 0 };
    await writeAll(file.handle, text);
    await finish();
    await syncFolder(part);
    await rename(part, path);
    isNamed = true;
    await syncFolder(root);
    return { path, sizeBytes: sizeBytes + text.byteLength };
  } catch (error) {
    await file?.handle.close().catch(() => {});
    await rm(isNamed ? path : part, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** How savepoints come to and from files; a simulation gives its own. */
export interface SavepointFiles { readonly write: typeof writeSavepoint; readonly open: typeof openSavepoint; readonly sweep: typeof sweepSavepoints }
export const savepointFiles: SavepointFiles = { write: (...of) => writeSavepoint(...of), open: (...of) => openSavepoint(...of), sweep: (...of) => sweepSavepoints(...of) };

export interface OpenSavepoint { readonly path: string; readonly manifest: Manifest; /** By node id, as far as they are known. */ readonly labels: Readonly<Record<string, string>>; readonly read: BlockReader; close(): Promise<void> }

const folderOf = (root: string, path: string): string => (/^file:/i.test(path) ? fromUrl(path) : isAbsolute(path) ? path : resolve(root, path));
function fromUrl(path: string): string {
  try { return fileURLToPath(path); } catch (error) { throw savepointUnreadable({ path, why: reason(error) }, { cause: error }); }
}
async function manifestText(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, MANIFEST), 'utf8');
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'ENOENT' || code === 'ENOTDIR') throw savepointMissing({ path: folder, why: `There is no ${MANIFEST} in it: it is no savepoint, or one that was never finished` }, { cause: error });
    throw savepointUnreadable({ path: folder, why: reason(error) }, { cause: error });
  }
}
/** `path`: absolute, relative to `root`, or a `file:` URL as Flink writes them. Throws `savepoint-missing`, `savepoint-unreadable`, `state-damaged`, `state-version-unknown`. */
export async function openSavepoint(root: string, path: string): Promise<OpenSavepoint> {
  const folder = folderOf(root, path);
  const manifest = decodeManifest(await manifestText(folder), join(folder, MANIFEST)) as SavepointManifest;
  const handles = new Map<string, Promise<FileHandle>>();
  return {
    path: folder,
    manifest,
    labels: manifest.labels ?? {},
    async read(ref) {
      const place = manifest.files[ref.seq];
      invariant(place !== undefined && basename(place.file) === place.file, `block ${ref.seq} has a place in the savepoint`);
      const where = join(folder, place.file);
      let handle = handles.get(place.file);
      if (handle === undefined) handles.set(place.file, handle = open(where, 'r'));
      const bytes = new Uint8Array(ref.bytes);
      let at = 0;
      try {
        at = await readFully(await handle, bytes, place.offset);
      } catch (error) {
        throw stateDamaged({ what: 'a file of a savepoint', where, why: reason(error) }, { cause: error });
      }
      checkBlock(at === ref.bytes ? bytes : bytes.subarray(0, at), ref, `${where} at ${place.offset}`);
      return bytes;
    },
    async close() { for (const handle of handles.values()) await handle.then((open) => open.close()).catch(() => {}); },
  };
}

export interface SavepointFacts { readonly path: string; readonly jobId: string; readonly jobName: string; readonly createdMs: number; readonly sizeBytes: number; readonly version: string }
/** Complete and readable savepoints under `root`, newest first. */
export async function listSavepoints(root: string): Promise<readonly SavepointFacts[]> {
  const out: SavepointFacts[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    if (name.endsWith(UNFINISHED)) continue;
    try {
      const path = join(root, name);
      const { manifest } = await openSavepoint(root, path);
      let sizeBytes = 0;
      for (const file of await readdir(path)) sizeBytes += (await stat(join(path, file))).size;
      out.push({ path, jobId: manifest.jobId, jobName: manifest.jobName, createdMs: manifest.createdMs, sizeBytes, version: manifest.writer });
    } catch { /* unfinished or damaged: restoring from it names the reason */ }
  }
  return out.sort((a, b) => b.createdMs - a.createdMs);
}
/** Removes what a crash left of savepoints that were being written. For the start: nobody writes one then. */
export async function sweepSavepoints(root: string): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) if (name.endsWith(UNFINISHED)) await rm(join(root, name), { recursive: true, force: true });
}

/**
 * Removes a savepoint: its manifest first, so that what a crash leaves is none, then the files it names and the folder. Other files in it
 * stay, and the folder with them. Throws `savepoint-missing`, `savepoint-unreadable`.
 */
export async function disposeSavepoint(root: string, path: string): Promise<void> {
  const folder = folderOf(root, path);
  // Damaged ones can be removed too, but never another program's file of this name.
  if (!/^[0-9a-f]{8}\n\{/.test((await manifestText(folder)).slice(0, 10))) throw savepointUnreadable({ path: folder, why: `its ${MANIFEST} is none of a savepoint` });
  try {
    await rm(join(folder, MANIFEST));
    await syncFolder(folder);
    for (const name of await readdir(folder)) if (/^blocks-\d{4,}\.bin$/.test(name)) await rm(join(folder, name));
    if ((await readdir(folder)).length === 0) await rmdir(folder);
  } catch (error) {
    throw savepointUnreadable({ path: folder, why: `it could not be removed: ${reason(error)}` }, { cause: error });
  }
}
