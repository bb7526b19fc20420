/** A disk of its own that a test can fill: a tmpfs, where the system lets us mount one. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../runtime/support/plans.ts';

export class SmallDisk {
  readonly path: string;
  private constructor(path: string) { this.path = path; }
  /** undefined, with the reason on stderr: not allowed here. */
  static mount(megabytes: number): SmallDisk | undefined {
    const path = newFolder();
    try { execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' }); } catch (error) {
      process.stderr.write(`      SKIPPED: no tmpfs can be mounted here (${String((error as { stderr?: unknown }).stderr ?? error).trim()}); run as root\n`);
      return undefined;
    }
    process.once('exit', () => { try { execFileSync('umount', ['-l', path], { stdio: 'ignore' }); } catch { /* it is unmounted */ } });
    return new SmallDisk(path);
  }
  private get filler(): string { return join(this.path, 'filler'); }
  /** Not a byte is left. */
  fill(): void {
    const file = openSync(this.filler, 'a');
    try {
      for (let size = 1024 * 1024; size >= 1;) {
        try { if (writeSync(file, Buffer.alloc(size)) < size) size >>= 1; } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
          size >>= 1;
        }
      }
    } finally { closeSync(file); }
  }
  free(): void { rmSync(this.filler, { force: true }); }
  unmount(): void { execFileSync('umount', ['-l', this.path], { stdio: 'ignore' }); }
}
