/** The shim for a process under test: built with the system's C compiler, driven through a control file. See shim.c. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { newFolder } from '../../runtime/support/plans.ts';

let library: string | undefined;
/** undefined, with the reason on stderr: it cannot be built here. */
function build(): string | undefined {
  if (library !== undefined) return library;
  const path = join(newFolder(), 'shim.so');
  try {
    if (process.platform !== 'linux') throw new TypeError('only Linux has LD_PRELOAD as we need it');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-w', '-o', path, new URL('./shim.c', import.meta.url).pathname, '-ldl', '-lpthread'], { stdio: 'pipe' });
  } catch (error) {
    process.stderr.write(`      SKIPPED: the shim for system calls cannot be built here (${String((error as { stderr?: unknown }).stderr ?? error).trim().split('\n')[0]}); install a C compiler\n`);
    return undefined;
  }
  return library = path;
}

export class Shim {
  private readonly control: string;
  readonly journal: string;
  readonly env: Readonly<Record<string, string>>;
  private constructor(path: string, root: string, hasJournal: boolean) {
    const folder = newFolder(existsSync('/dev/shm') ? '/dev/shm' : undefined);
    this.control = join(folder, 'control');
    this.journal = join(folder, 'journal');
    mkdirSync(this.journal);
    writeFileSync(this.control, Buffer.alloc(32));
    this.env = { LD_PRELOAD: path, RIVULET_SHIM_CONTROL: this.control, RIVULET_SHIM_ROOT: root, ...(hasJournal ? { RIVULET_SHIM_JOURNAL: this.journal } : {}) };
  }
  /** For the files below `root`. */
  static for(root: string, options: { hasJournal?: boolean } = {}): Shim | undefined {
    const path = build();
    return path === undefined ? undefined : new Shim(path, root, options.hasJournal === true);
  }
  /** From now on: what fails, with which error, after how many more calls; how far the wall clock is off. */
  set(faults: { writes?: keyof typeof constants.errno | undefined; syncs?: keyof typeof constants.errno | undefined; after?: number | undefined; clockMs?: number | undefined }): void {
    const block = Buffer.alloc(32), errno = (name: keyof typeof constants.errno | undefined): number => (name === undefined ? 0 : constants.errno[name]);
    block.writeInt32LE(errno(faults.writes), 0);
    block.writeInt32LE(errno(faults.syncs), 4);
    block.writeInt32LE(faults.after ?? 0, 8);
    block.writeBigInt64LE(BigInt(faults.clockMs ?? 0), 16);
    const file = openSync(this.control, 'r+');
    writeSync(file, block, 0, 32, 0);
    closeSync(file);
  }
}

interface Event { readonly number: number; readonly kind: 'file' | 'folder' | 'promised'; readonly inode: string; readonly path: string }
/** What a power failure could leave at each moment of a run, taken strictly: the bytes of each file as last synced, the names of each folder as last synced. */
export class PowerJournal {
  readonly events: readonly Event[];
  private readonly folder: string;
  constructor(folder: string) {
    this.folder = folder;
    this.events = readFileSync(join(folder, 'log'), 'utf8').split('\n').slice(0, -1).map((line) => { const [number, kind, inode, ...path] = line.split('\t'); return { number: Number(number), kind: kind as Event['kind'], inode: inode as string, path: path.join('\t') }; });
  }
  /** What the process had promised before the moment. */
  promised(upTo: number): string[] { return this.events.filter((e) => e.kind === 'promised' && e.number <= upTo).map((e) => e.path); }
  /** Writes `root` as it was durable at a moment to `target`. */
  restore(upTo: number, root: string, target: string): void {
    const bytes = new Map<string, number>(), names = new Map<string, number>();
    for (const event of this.events) {
      if (event.number > upTo) break;
      if (event.kind === 'file') bytes.set(event.inode, event.number);
      else if (event.kind === 'folder') names.set(event.inode, event.number);
    }
    const top = this.events.findLast((e) => e.kind === 'folder' && e.path === root)?.inode;
    const fill = (inode: string | undefined, path: string): void => {
      mkdirSync(path, { recursive: true });
      const event = inode === undefined ? undefined : names.get(inode);
      if (event === undefined) return;
      for (const line of readFileSync(join(this.folder, String(event)), 'utf8').split('\n').slice(0, -1)) {
        const [child, kind, name] = line.split('\t') as [string, string, string], to = join(path, name);
        if (kind === 'd') fill(child, to);
        else { mkdirSync(dirname(to), { recursive: true }); const at = bytes.get(child); writeFileSync(to, at === undefined ? '' : readFileSync(join(this.folder, String(at)))); }
      }
    };
    fill(top, target);
  }
}
