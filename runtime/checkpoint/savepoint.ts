/**
 * Savepoints: a folder of plain files that does not need the state store: `blocks-0001.bin` … with the state blocks one after another
 * and `manifest.json`, written last and put in place by rename, so that a folder with a manifest is complete. Every block carries its
 * checksum. A savepoint belongs to the user: nothing here removes one.
 */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { invariant } from '../../core/errors/common.ts';
import { savepointUnreadable, stateDamaged } from '../../core/errors/runtime.ts';
import { readFully, syncFolder, writeAll } from './block-files.ts';
import { blocksOf, checkBlock, decodeManifest, encodeManifest } from './manifest.ts';
import type { BlockRef, Manifest } from './manifest.ts';
import { reason } from './store.ts';

const FILE_BYTES = 256 * 1024 * 1024;
const MANIFEST = 'manifest.json';

interface SavepointManifest extends Manifest { readonly files: Readonly<Record<string, { readonly file: string; readonly offset: number }>> }

/** Reads a block of a manifest, checked; from the store or from a savepoint's files. */
export type BlockReader = (ref: BlockRef) => Promise<Uint8Array<ArrayBuffer>>;

/** `2026-11-21T08-05-33-120`: sorts by time and is a good file name everywhere. */
const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 23).replaceAll(/[:.]/g, '-');
const safeName = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'job';

/** Copies a completed checkpoint into a new folder under `root`; gives its path. */
export async function writeSavepoint(root: string, manifest: Manifest, nowMs: number, read: BlockReader): Promise<{ path: string; sizeBytes: number }> {
  const path = join(root, `${safeName(manifest.jobName)}-${manifest.jobId.slice(0, 6)}-${stamp(nowMs)}`);
  await mkdir(root, { recursive: true });
  await mkdir(path);
  try {
    const files: Record<string, { file: string; offset: number }> = {};
    let file: { readonly handle: FileHandle; readonly name: string; length: number } | undefined, sizeBytes = 0, count = 0;
    const finish = async (): Promise<void> => { if (file !== undefined) { await file.handle.sync(); await file.handle.close(); file = undefined; } };
    for (const { ref } of blocksOf(manifest)) {
      if (file !== undefined && file.length + ref.bytes > FILE_BYTES) await finish();
      if (file === undefined) {
        const name = `blocks-${String(++count).padStart(4, '0')}.bin`;
        file = { handle: await open(join(path, name), 'wx'), name, length: 0 };
      }
      const bytes = await read(ref);
      await writeAll(file.handle, bytes);
      files[ref.seq] = { file: file.name, offset: file.length };
      file.length += bytes.byteLength;
      sizeBytes += bytes.byteLength;
    }
    await finish();
    const whole: SavepointManifest = { ...manifest, kind: 'savepoint', createdMs: nowMs, committables: {}, files };
    const handle = await open(join(path, `${MANIFEST}.part`), 'wx');
    const text = Buffer.from(encodeManifest(whole));
    await writeAll(handle, text);
    await handle.sync();
    await handle.close();
    await rename(join(path, `${MANIFEST}.part`), join(path, MANIFEST));
    for (const folder of [path, root]) await syncFolder(folder);
    return { path, sizeBytes: sizeBytes + text.byteLength };
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
}

export interface OpenSavepoint { readonly path: string; readonly manifest: Manifest; readonly read: BlockReader; close(): Promise<void> }

/** `path`: absolute, or relative to `root`. Throws `savepoint-unreadable`, `state-damaged`, `state-version-unknown`. */
export async function openSavepoint(root: string, path: string): Promise<OpenSavepoint> {
  const folder = isAbsolute(path) ? path : resolve(root, path);
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST), 'utf8');
  } catch (error) {
    throw savepointUnreadable({ path: folder, why: (error as { code?: unknown }).code === 'ENOENT' ? `there is no ${MANIFEST} in it, so it is no savepoint or one that was never finished` : reason(error) }, { cause: error });
  }
  const manifest = decodeManifest(text, join(folder, MANIFEST)) as SavepointManifest;
  const handles = new Map<string, Promise<FileHandle>>();
  return {
    path: folder,
    manifest,
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
