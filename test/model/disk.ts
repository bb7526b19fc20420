/**
 * The data directory: what programs see, and what is synced. A killed process leaves what they see; a power failure leaves what is synced
 * and a first part of what came behind it, in order, as of a log. A failed write may or may not be there when the store is opened again.
 */
import { crc32 } from 'node:zlib';
import { RivuletError } from '../../core/errors/define.ts';
import { stateDamaged } from '../../core/errors/runtime.ts';
import { decodeManifest, encodeManifest } from '../../runtime/checkpoint/manifest.ts';
import type { BlockRef, Manifest } from '../../runtime/checkpoint/manifest.ts';
import type { SavepointFiles } from '../../runtime/checkpoint/savepoint.ts';
import type { Dropped, NewBlock, RetainedManifest, StatePort, StoredJob } from '../../runtime/checkpoint/store.ts';
import { Line } from './scheduler.ts';
import type { Life, Scheduler } from './scheduler.ts';

interface Image { readonly jobs: Map<string, string>; readonly manifests: Map<number, string>; readonly blocks: Map<number, Uint8Array<ArrayBuffer>>; index: readonly number[] }
type Change = (image: Image) => void;
const copy = (image: Image): Image => ({ jobs: new Map(image.jobs), manifests: new Map(image.manifests), blocks: new Map(image.blocks), index: image.index });
const DAMAGED = '00000000\n{}';

export class Disk {
  private readonly scheduler: Scheduler;
  private synced: Image = { jobs: new Map(), manifests: new Map(), blocks: new Map(), index: [] };
  private seen: Image = copy(this.synced);
  private unsynced: Change[] = [];
  readonly savepoints = new Map<string, { readonly manifest: Manifest; readonly blocks: ReadonlyMap<number, Uint8Array<ArrayBuffer>> }>();
  /** So many of the next writes fail. */
  failing = 0;
  /** A write has failed. */
  onFailed: () => void = () => {};
  /** What the job had when it was dropped. */
  dropped: { readonly manifest: Manifest | undefined } | undefined;
  /** The store answers before anything is synced: to show that the checks find it. */
  isLying = false;
  constructor(scheduler: Scheduler) { this.scheduler = scheduler; }

  apply(change: Change): void { change(this.seen); this.unsynced.push(change); }
  sync(): void { this.unsynced = []; this.synced = copy(this.seen); }
  /** The store was opened again behind a failure and has dropped the end of its log. */
  dropLast(): void {
    this.unsynced.pop();
    this.seen = copy(this.synced);
    for (const change of this.unsynced) change(this.seen);
  }
  failPower(): void {
    const kept = this.unsynced.slice(0, this.scheduler.below(this.unsynced.length + 1));
    this.seen = copy(this.synced);
    for (const change of kept) change(this.seen);
    this.unsynced = [];
    this.synced = copy(this.seen);
  }
  damageNewest(): boolean {
    const epochs = [...this.seen.manifests].filter(([, text]) => text !== DAMAGED).map(([epoch]) => epoch).sort((a, b) => b - a);
    if (epochs.length < 2) return false;
    for (const image of [this.seen, this.synced]) if (image.manifests.has(epochs[0] as number)) image.manifests.set(epochs[0] as number, DAMAGED);
    return true;
  }
  image(): Image { return this.seen; }
  private newestOf(image: Image): Manifest | undefined {
    for (const epoch of [...image.manifests.keys()].sort((a, b) => b - a)) { const text = image.manifests.get(epoch); if (text !== undefined && text !== DAMAGED) return decodeManifest(text, 'disk'); }
    return undefined;
  }
  /** What a start would begin from now, and what it would after a power failure. */
  newest(): Manifest | undefined { return this.newestOf(this.seen); }
  newestSynced(): Manifest | undefined { return this.newestOf(this.synced); }
}

/** What a process sees of the disk; its work there ends with it. */
export class ModelStore implements StatePort {
  readonly path = 'disk';
  readonly hasGaps = false;
  readonly index: StatePort['index'];
  readonly files: StatePort['files'] = { sizes: async () => new Map() };
  private readonly disk: Disk;
  private readonly scheduler: Scheduler;
  private readonly line: Line;
  private isBroken = false;
  constructor(disk: Disk, scheduler: Scheduler, life: Life) {
    this.disk = disk;
    this.scheduler = scheduler;
    this.line = new Line(life);
    this.index = { path: 'index', epochsOf: () => disk.image().index, noteFound: (_job, epochs) => { disk.apply((image) => { image.index = epochs; }); } };
  }
  /** After a failed write the database is opened again, which makes what is in its log last. */
  private reopen(): void {
    if (this.isBroken && !this.disk.isLying) this.disk.sync();
    this.isBroken = false;
  }
  private write(change: Change): Promise<void> {
    const { disk, scheduler, line } = this;
    return new Promise((resolve, reject) => {
      scheduler.post(line, () => {
        const fate = disk.failing > 0 ? (['refused', 'written', 'dropped'] as const)[scheduler.below(3)] : 'synced';
        if (fate === 'synced') this.reopen(); else disk.failing--;
        const fail = (): void => { this.isBroken = true; disk.onFailed(); scheduler.post(line, () => reject(new RivuletError({ sqlstate: '53100', code: 'disk-full', domain: 'external', retry: 'restart', message: 'no space left on device', cause: undefined }))); };
        if (fate === 'refused') { fail(); return; }
        disk.apply(change);
        scheduler.post(line, () => {
          if (fate === 'dropped') disk.dropLast();
          if (fate !== 'synced') { fail(); return; }
          if (!disk.isLying) disk.sync();
          scheduler.post(line, resolve);
        });
      });
    });
  }
  async jobs(): Promise<readonly StoredJob[]> { return [...this.disk.image().jobs].map(([id, text]) => ({ id, name: undefined, record: JSON.parse(text) as unknown, damage: undefined })); }
  noteKnown(): void {}
  async putJob(id: string, record: unknown): Promise<void> {
    const text = JSON.stringify(record);
    await this.write((image) => { image.jobs.set(id, text); });
  }
  async resetJob(id: string, record: unknown): Promise<void> {
    const text = record === undefined ? undefined : JSON.stringify(record);
    if (text === undefined) this.disk.dropped = { manifest: this.disk.newest() };
    await this.write((image) => {
      if (text === undefined) image.jobs.delete(id); else image.jobs.set(id, text);
      image.manifests.clear();
      image.blocks.clear();
      image.index = [];
    });
  }
  async manifests(): Promise<readonly RetainedManifest[]> {
    this.reopen();
    return [...this.disk.image().manifests].sort(([a], [b]) => b - a).map(([epoch, text]) => {
      try { return { epoch, manifest: decodeManifest(text, `manifest ${epoch}`), damage: undefined }; } catch (error) { return { epoch, manifest: undefined, damage: error as RivuletError }; }
    });
  }
  async readBlock(_job: string, ref: BlockRef): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.disk.image().blocks.get(ref.seq);
    if (bytes === undefined || crc32(bytes) !== ref.crc) throw stateDamaged({ what: 'a block of state', where: `block ${ref.seq}`, why: 'it is missing' });
    return bytes.slice();
  }
  async writeCheckpoint(manifest: Manifest, blocks: Iterable<NewBlock> | AsyncIterable<NewBlock>, dropped: Dropped): Promise<void> {
    const text = encodeManifest(manifest), fresh: [number, Uint8Array<ArrayBuffer>][] = [];
    for await (const { ref, bytes } of blocks) fresh.push([ref.seq, new Uint8Array(bytes)]);
    await this.write((image) => {
      for (const [seq, bytes] of fresh) image.blocks.set(seq, bytes);
      image.manifests.set(manifest.epoch, text);
      for (const epoch of dropped.epochs) image.manifests.delete(epoch);
      for (const seq of dropped.blocks) image.blocks.delete(seq);
    });
    // The index is written behind it and not synced.
    this.scheduler.post(this.line, () => { this.disk.apply((image) => { image.index = [manifest.epoch, ...image.index.filter((one) => !dropped.epochs.includes(one) && one !== manifest.epoch)]; }); });
  }
  async sweep(): Promise<number> { return 0; }
  async close(): Promise<void> {}
}

export const modelSavepoints = (disk: Disk): SavepointFiles => ({
  async sweep() {},
  async write(_root, manifest, _labels, nowMs, read) {
    const blocks = new Map<number, Uint8Array<ArrayBuffer>>(), path = `savepoint-${disk.savepoints.size}`;
    for (const node of Object.values(manifest.nodes)) for (const lists of Object.values(node.tables)) for (const refs of lists) for (const ref of refs) blocks.set(ref.seq, await read(ref));
    disk.savepoints.set(path, { manifest: { ...manifest, kind: 'savepoint', createdMs: nowMs, committables: {} }, blocks });
    return { path, sizeBytes: 0 };
  },
  async open(_root, path) {
    const found = disk.savepoints.get(path);
    if (found === undefined) throw new TypeError(`no savepoint ${path}`);
    return { path, manifest: found.manifest, labels: {}, read: async (ref) => (found.blocks.get(ref.seq) as Uint8Array<ArrayBuffer>).slice(), close: async () => {} };
  },
});
