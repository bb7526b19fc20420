/**
 * Files that options may name, for values (`${file:…}`) and for certificates and keys (`ssl.*.location`): only below the folders of the
 * access policy, found by their real paths, so that neither `..` nor a link leads out; regular files of bounded size. What is outside is
 * refused before the disk is asked, so that nobody learns what is there.
 */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, resolve, sep } from 'node:path';
import { accessPolicy } from '../../core/access/policy.ts';

/** refused: not by this policy. missing: allowed, but there is nothing that can be read. */
export type FileAnswer = { readonly kind: 'read'; readonly bytes: Buffer } | { readonly kind: 'refused'; readonly why: string } | { readonly kind: 'missing'; readonly why: string };

/** Folders of the kernel and the token that Kubernetes mounts into every pod are nobody's configuration. */
const NEVER = /^\/(?:proc|sys|dev)(?:\/|$)|\/kubernetes\.io\/serviceaccount(?:\/|$)/;
const isInside = (path: string, folder: string): boolean => path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
const realOf = (path: string): string | undefined => { try { return realpathSync(path); } catch { return undefined; } };
const refused = (why: string): FileAnswer => ({ kind: 'refused', why });

/** @param limitBytes a larger file is not read */
export function readAllowedFile(path: string, limitBytes: number): FileAnswer {
  const { folders, closedFolders } = accessPolicy();
  if (path === '' || path.includes('\0') || path.length > 4096) return { kind: 'missing', why: 'That is no path' };
  if (folders !== undefined) {
    if (!isAbsolute(path)) return refused('The path must be absolute');
    if (folders.length === 0) return refused('No folder is open to options');
    const plain = resolve(path);
    if (!folders.some((f) => isInside(plain, resolve(f)))) return refused(`Only files below ${folders.join(', ')} may be read`);
  }
  const real = realOf(path);
  if (real === undefined) return { kind: 'missing', why: 'There is no such file' };
  if (folders !== undefined) {
    if (!folders.some((f) => isInside(real, realOf(f) ?? resolve(f)))) return refused('A link leads out of the folders that may be read');
    if (NEVER.test(real) || closedFolders.some((f) => isInside(real, realOf(f) ?? resolve(f)))) return refused('This file is never read');
  }
  return contentOf(real, limitBytes);
}
function contentOf(path: string, limitBytes: number): FileAnswer {
  let file: number | undefined;
  try {
    // Not to wait for the other end of a pipe.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) return { kind: 'missing', why: 'It is not a regular file' };
    if (stat.size > limitBytes) return { kind: 'missing', why: `It has ${stat.size} bytes, at most ${limitBytes} are read` };
    const bytes = Buffer.alloc(limitBytes + 1);
    let length = 0;
    for (let n = -1; n !== 0 && length < bytes.length; length += n) n = readSync(file, bytes, length, bytes.length - length, null);
    return length > limitBytes ? { kind: 'missing', why: `It grows beyond ${limitBytes} bytes` } : { kind: 'read', bytes: bytes.subarray(0, length) };
  } catch (error) {
    return { kind: 'missing', why: `It cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})` };
  } finally { if (file !== undefined) closeSync(file); }
}
