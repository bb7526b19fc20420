/** A disk that a test can fill to the last byte: a tmpfs where the system lets us mount one, else a folder whose writes the shim refuses. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../runtime/support/plans.ts';
import { Shim } from './shim/shim.ts';

export interface SmallDisk {
  readonly path: string;
  /** For the process that uses it. */
  readonly env: Readonly<Record<string, string>>;
  /** Not a byte is left. */
  fill(): void;
  free(): void;
  remove(): void;
}

/** undefined, with the reason on stderr: neither can be had here. */
export function smallDisk(megabytes: number): SmallDisk | undefined {
  const path = newFolder();
  try { execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' }); } catch (error) {
    process.stderr.write(`      no tmpfs can be mounted here (${String((error as { stderr?: unknown }).stderr ?? error).trim()}): writes are refused by the shim instead\n`);
    const shim = Shim.for(path);
    return shim === undefined ? undefined : { path, env: shim.env, fill: () => shim.set({ writes: 'ENOSPC', syncs: 'ENOSPC' }), free: () => shim.set({}), remove: () => {} };
  }
  const remove = (): void => { execFileSync('umount', ['-l', path], { stdio: 'ignore' }); };
  process.once('exit', () => { try { remove(); } catch { /* it is unmounted */ } });
  const filler = join(path, 'filler');
  return { path, env: {}, fill: () => fillUp(filler), free: () => rmSync(filler, { force: true }), remove };
}
function fillUp(filler: string): void {
  const file = openSync(filler, 'a');
  try {
    for (let size = 1024 * 1024; size >= 1;) {
      try { if (writeSync(file, Buffer.alloc(size)) < size) size >>= 1; } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size >>= 1;
      }
    }
  } finally { closeSync(file); }
}
