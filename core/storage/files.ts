/**
 * Files that must outlive a power failure. A name is durable only when its folder has been synced after the name was made; bytes only when
 * their file has been, and what a sync has refused is not on the disk however it reads afterwards: a caller writes it anew.
 */
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { dataReadFailed } from '../errors/storage.ts';

export async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += (await handle.write(bytes, at, bytes.byteLength - at)).bytesWritten;
}
/** Fills `into` from `position` on; gives the number of bytes read, fewer only at the end of the file. */
export async function readFully(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let at = 0;
  while (at < into.byteLength) {
    const { bytesRead } = await handle.read(into, at, into.byteLength - at, position + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}
/** Systems and file systems that cannot sync a folder say so with one of these; every other error means that a name may be lost. */
const CANNOT_SYNC_FOLDERS: ReadonlySet<unknown> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF', 'EISDIR', 'EPERM', 'EACCES']);
/** Makes the names in a folder durable, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    await handle.sync();
  } catch (error) {
    if (!CANNOT_SYNC_FOLDERS.has((error as NodeJS.ErrnoException).code)) throw error;
  } finally { await handle?.close(); }
}
/** Makes a folder and those above it, their names durable. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = dirname(path); ; at = dirname(at)) {
    await syncFolder(at);
    if (at.length <= dirname(first).length) return;
  }
}
/** Makes names durable, as `syncFolder` does, in a folder that changes seldom: only when something in it was made, renamed or removed since the last time. */
export class FolderSync {
  private readonly path: string;
  private syncedMs = Number.NaN;
  constructor(path: string) { this.path = path; }
  async settle(): Promise<void> {
    const { mtimeMs } = await stat(this.path);
    if (mtimeMs === this.syncedMs) return;
    await syncFolder(this.path);
    // File systems count time in ticks: a name made in the same tick after this sync would go unseen.
    this.syncedMs = Date.now() - mtimeMs > 100 ? mtimeMs : Number.NaN;
  }
}

/** A text with its checksum before it: 8 hexadecimal digits, a line feed, the text. */
export const sealed = (text: string, context = ''): string => `${crc32(context + text).toString(16).padStart(8, '0')}\n${text}`;
/** The text of what `sealed` gave for the same context; undefined when it is damaged. */
export function unsealed(whole: string, context = ''): string | undefined {
  const text = whole.slice(9);
  return whole[8] === '\n' && crc32(context + text).toString(16).padStart(8, '0') === whole.slice(0, 8) ? text : undefined;
}

/** Puts a small file, readable for its owner only, in the place of another, at once and durably. Rejects when the new content may not be on the disk; then the old one or the new one is. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  try {
    const handle = await open(part, 'w', 0o600);
    try {
      await writeAll(handle, Buffer.from(text));
      await handle.sync();
    } finally { await handle.close(); }
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}
/** undefined: there is no such file. Throws `data-read-failed`. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try { return await readFile(path, 'utf8'); } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw dataReadFailed({ path, why: reason(error) }, { cause: error });
  }
}
/** The system refused, so nothing is known about the bytes: neither there nor gone, neither whole nor damaged. By code, or by the text LevelDB makes of it. */
export const isRefusal = (error: unknown): boolean => /\b(EACCES|EPERM|EMFILE|ENFILE|ENOMEM|ELOOP)\b|permission denied|not permitted|too many open files|too many levels|cannot allocate memory/i.test(reason(error));
/** Why a file operation failed, for an error's detail: the innermost message without its stack. */
export function reason(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message.replace(/\.$/, '') : String(inner);
}
