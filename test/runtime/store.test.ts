/** The state store and savepoint files: retention, damage, fall-back, sweeping, versions. faults.md B3, A11, A15. */
import { expect } from 'chai';
import { crc32 } from 'node:zlib';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';
import { silentLog } from '../../core/ports/log.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import { CheckpointLog } from '../../runtime/checkpoint/log.ts';
import { decodeManifest, encodeManifest, MANIFEST_FORMAT } from '../../runtime/checkpoint/manifest.ts';
import type { BlockRef, Manifest } from '../../runtime/checkpoint/manifest.ts';
import { listSavepoints, openSavepoint, sweepSavepoints, writeSavepoint } from '../../runtime/checkpoint/savepoint.ts';
import { StateStore } from '../../runtime/checkpoint/store.ts';
import { newFolder } from './support/plans.ts';

const JOB = 'a'.repeat(32);
const manifest = (epoch: number, refs: readonly BlockRef[], more: Partial<Manifest> = {}): Manifest => ({
  format: MANIFEST_FORMAT, writer: 'test', jobId: JOB, jobName: 'a "job" / ü', epoch, kind: 'checkpoint', createdMs: 0, parallelism: 1, planNodes: ['n'],
  nodes: { n: { instances: 1, tables: { t: [refs] }, ended: [false] } }, positions: {}, committables: {}, ...more,
});
const bytes = (text: string): Uint8Array => Buffer.from(text);
const block = (log: CheckpointLog, text: string): { ref: BlockRef; bytes: Uint8Array } => ({ ref: log.refFor({ bytes: bytes(text), crc: crc32(text), entries: 1 }), bytes: bytes(text) });
const failure = async (promise: Promise<unknown>): Promise<RivuletError> => await promise.then(() => expect.fail('no error'), (error: RivuletError) => error);
async function keys(store: StateStore): Promise<string[]> {
  await store.close();
  const raw = new Level(store.path), out = await raw.keys().all();
  await raw.close();
  return out;
}
async function edit(dataDir: string, key: string, change: (value: Uint8Array) => Uint8Array | undefined): Promise<void> {
  const raw = new Level<string, Uint8Array>(join(dataDir, 'state'), { valueEncoding: 'view' });
  const value = change(await raw.get(key) as Uint8Array);
  if (value === undefined) await raw.del(key); else await raw.put(key, value);
  await raw.close();
}
const flip = (value: Uint8Array): Uint8Array => { const copy = new Uint8Array(value), at = copy.length >> 1; copy[at] = (copy[at] as number) ^ 1; return copy; };

describe('state store', () => {
  let dataDir: string, store: StateStore, log: CheckpointLog;
  beforeEach(async () => { dataDir = newFolder(); store = await StateStore.open(dataDir, silentLog); log = new CheckpointLog(JOB, store, silentLog); });
  afterEach(() => store.close());
  const reopen = async (): Promise<void> => { await store.close(); store = await StateStore.open(dataDir, silentLog); log = new CheckpointLog(JOB, store, silentLog); await log.load(); };
  const writeThree = async (): Promise<void> => {
    const a = block(log, 'block a'), b = block(log, 'block b'), c = block(log, 'block c');
    await log.write(manifest(log.nextEpoch(), [a.ref]), [a]);
    await log.write(manifest(log.nextEpoch(), [a.ref, b.ref]), [b]);
    await log.write(manifest(log.nextEpoch(), [c.ref]), [c]);
  };

  it('retains two checkpoints and the blocks they name, and continues epochs and numbers', async () => {
    await writeThree();
    const d = block(log, 'block d');
    await log.write(manifest(log.nextEpoch(), [d.ref]), [d]);
    expect(await keys(store)).to.deep.equal([`b/${JOB}/000000000003`, `b/${JOB}/000000000004`, 'format', `m/${JOB}/000000000003`, `m/${JOB}/000000000004`]);
    await reopen();
    expect([log.newest()?.epoch, log.nextEpoch(), log.refFor({ bytes: bytes(''), crc: 0, entries: 0 }).seq]).to.deep.equal([4, 5, 5]);
  });
  it('retains as many checkpoints as the job says; one that had a successor is committed, so nothing of it is committed again', async () => {
    log = new CheckpointLog(JOB, store, silentLog, 4);
    await store.putJob(JOB, { name: 'a job' });
    for (let i = 0; i < 6; i++) { const one = block(log, `block ${i}`); await log.write(manifest(log.nextEpoch(), [one.ref], { committables: { n: [{ id: i }] } }), [one]); }
    expect(log.checkpoints().map((one) => one.epoch)).to.deep.equal([6, 5, 4, 3]);
    const prepared = (): unknown => { const newest = log.newest() as Manifest, { epoch, committables } = log.withPrepared(newest); return [epoch, committables]; };
    expect(prepared()).to.deep.equal([6, { n: [{ id: 5 }] }]);
    log.noteDamage(6, 'test');
    expect(prepared()).to.deep.equal([5, {}]);
    await reopen();
    expect(log.checkpoints().map((one) => one.epoch), 'fewer from now on: the others go with the next').to.deep.equal([6, 5, 4, 3]);
    const last = block(log, 'last');
    await log.write(manifest(log.nextEpoch(), [last.ref]), [last]);
    expect((await keys(store)).filter((key) => /^[bm]/.test(key))).to.have.lengthOf(4);
  });
  it('a record of a job that is not the newest, that is damaged, or that the index does not know, is told; a submission that failed is none', async () => {
    await store.putJob(JOB, { name: 'a job', n: 1 });
    await store.close();
    let old: Uint8Array = bytes('');
    await edit(dataDir, `j/${JOB}`, (value) => { old = value.slice(); return value; });
    await reopen();
    await store.putJob(JOB, { name: 'a job', n: 2 });
    const found = async (): Promise<[unknown, unknown, unknown][]> => { await reopen(); return (await store.jobs()).map(({ record, name, damage }) => [(record as { n?: number } | undefined)?.n, name, damage?.code]); };
    expect(await found()).to.deep.equal([[2, 'a job', undefined]]);
    await store.close();
    await edit(dataDir, `j/${JOB}`, () => old);
    expect(await found(), 'an older record that came back').to.deep.equal([[1, 'a job', 'state-damaged']]);
    await store.close();
    await edit(dataDir, `j/${JOB}`, flip);
    expect(await found()).to.deep.equal([[undefined, 'a job', 'state-damaged']]);
    await store.resetJob(JOB, undefined);
    await store.close();
    await edit(dataDir, `j/${JOB}`, () => old);
    expect(await found(), 'a dropped job that came back').to.deep.equal([[1, undefined, 'job-uncertain']]);
    await store.close();
    rmSync(join(dataDir, 'state-epochs.json'));
    expect(await found(), 'without the index the store is taken as it is').to.deep.equal([[1, undefined, undefined]]);
  });
  it('keeps a pinned checkpoint until it is released', async () => {
    await writeThree();
    const pinned = log.newest() as Manifest;
    log.pin(pinned);
    for (const text of ['d', 'e', 'f']) { const one = block(log, text); await log.write(manifest(log.nextEpoch(), [one.ref]), [one]); }
    expect(Buffer.from(await log.read((pinned.nodes['n']?.tables['t']?.[0]?.[0]) as BlockRef)).toString()).to.equal('block c');
    log.unpin(pinned);
    const last = block(log, 'g');
    await log.write(manifest(log.nextEpoch(), [last.ref]), [last]);
    expect((await keys(store)).filter((key) => key.startsWith('b/'))).to.have.lengthOf(2);
  });
  it('names a damaged or missing block', async () => {
    await writeThree();
    const ref = log.newest()?.nodes['n']?.tables['t']?.[0]?.[0] as BlockRef, key = `b/${JOB}/000000000003`;
    for (const [change, why] of [[flip, 'its checksum does not match'], [(v: Uint8Array) => v.slice(1), 'it has 6 bytes instead of 7'], [() => undefined, 'it is missing']] as const) {
      await store.close();
      await edit(dataDir, key, change);
      await reopen();
      expect(await failure(log.read(ref))).to.include({ code: 'state-damaged', detail: `"${store.path} (${key})": ${why}.` });
      await store.close();
      await edit(dataDir, key, () => bytes('block c'));
      await reopen();
    }
  });
  it('offers the checkpoint before a damaged one, and refuses when none is left', async () => {
    await writeThree();
    await store.close();
    await edit(dataDir, `m/${JOB}/000000000003`, flip);
    await reopen();
    expect(log.newest()?.epoch).to.equal(2);
    expect(log.nextEpoch(), 'the number of the damaged one is not used again').to.equal(4);
    log.noteDamage(2, 'block gone');
    expect(() => log.newest()).to.throw('no retained checkpoint').with.property('detail').that.matches(/checkpoint 3: .*checkpoint 2: block gone/);
  });
  it('finds out when the store has lost what it must hold', async () => {
    await store.putJob(JOB, { name: 'a job' });
    await writeThree();
    expect(store.index.epochsOf(JOB)).to.deep.equal([3, 2]);
    await store.close();
    await edit(dataDir, `m/${JOB}/000000000003`, () => undefined);
    await reopen();
    expect(log.newest()?.epoch).to.equal(2);
    await store.close();
    await edit(dataDir, `m/${JOB}/000000000002`, () => undefined);
    await edit(dataDir, `m/${JOB}/000000000001`, () => bytes(encodeManifest(manifest(1, []))));
    await reopen();
    expect(() => log.newest(), 'an old one that came back is not taken').to.throw('no retained checkpoint');
    await store.close();
    await edit(dataDir, `j/${JOB}`, () => undefined);
    await reopen();
    const [gone] = await store.jobs();
    expect([gone?.id, gone?.name, gone?.record, gone?.damage?.code, gone?.damage?.detail]).to.deep.equal([JOB, 'a job', undefined, 'state-damaged', `"${store.path} (j/${JOB})": it stands in ${store.index.path} but is gone from the store.`]);
  });
  it('takes a checkpoint that the index does not know yet: the kill came between the two', async () => {
    await writeThree();
    await store.close();
    for (const text of ['', `${crc32(`{"${JOB}":[]}`).toString(16).padStart(8, '0')}\n{"${JOB}":[]}`, `${crc32(`{"${JOB}":[2]}`).toString(16).padStart(8, '0')}\n{"${JOB}":[2]}`]) {
      writeFileSync(join(dataDir, 'state-epochs.json'), text);
      await reopen();
      expect(log.newest()?.epoch, text).to.equal(3);
      await store.close();
    }
  });
  it('sweeps blocks no manifest names and all of jobs that have no record', async () => {
    await writeThree();
    await store.writeCheckpoint(manifest(9, [], { jobId: 'b'.repeat(32) }), [{ ref: { seq: 1, bytes: 1, crc: 0, entries: 0 }, bytes: bytes('x') }], { epochs: [], blocks: [], files: [] });
    await store.close();
    await edit(dataDir, `b/${JOB}/000000000099`, () => bytes('left by a crash'));
    await reopen();
    expect(await store.sweep(new Set([JOB]))).to.equal(3);
    expect((await keys(store)).filter((key) => key.startsWith('b/'))).to.have.lengthOf(3);
  });
  it('refuses a store and a manifest of a later version, naming both versions', async () => {
    await store.close();
    await edit(dataDir, 'format', () => bytes('{"format":99,"writer":"7.0.0"}'));
    const error = await failure(StateStore.open(dataDir, silentLog));
    expect(error.code).to.equal('state-version-unknown');
    expect(`${error.message} ${error.detail}`).to.match(/format 99, Rivulet 0\.1\.0 knows up to 2.*written by Rivulet 7\.0\.0/);
    expect(() => decodeManifest(encodeManifest({ ...manifest(1, []), format: 99 }), 'here')).to.throw('format 99');
    await edit(dataDir, 'format', () => undefined);
  });
  it('says in one line when the directory cannot be used', async () => {
    const file = join(dataDir, 'file');
    writeFileSync(file, '');
    expect((await failure(StateStore.open(file, silentLog))).code).to.equal('data-directory-unusable');
    expect((await failure(StateStore.open(dataDir, silentLog))).code).to.equal('data-directory-in-use');
  });

  describe('large checkpoints', () => {
    /** A checkpoint of these blocks, each its text repeated, in a file of its own; `before` stays named too. */
    const writeFile = async (texts: readonly string[], before: readonly BlockRef[] = []): Promise<BlockRef[]> => {
      const epoch = log.nextEpoch();
      let at = 0;
      const blocks = texts.map((text) => {
        const all = bytes(text.repeat(1000)), ref = log.refFor({ bytes: all, crc: crc32(all), entries: 1 }, { file: epoch, at });
        at += all.byteLength;
        return { ref, bytes: all };
      });
      const whole = await log.emptyFiles(manifest(epoch, [...before, ...blocks.map((b) => b.ref)]), blocks);
      await log.write(whole.manifest, whole.blocks);
      return [...(whole.manifest.nodes['n']?.tables['t']?.[0] ?? [])];
    };
    const files = (): string[] => readdirSync(join(dataDir, 'state-blocks', JOB)).map((name) => String(Number(name.split('.')[0]))).sort();
    const read = async (ref: BlockRef): Promise<string> => Buffer.from(await log.read(ref)).toString('latin1').slice(0, 1);

    it('stand in files, which go with the last manifest that names them', async () => {
      const one = await writeFile(['a', 'b']);
      await writeFile(['c'], one);
      expect(files()).to.deep.equal(['1', '2']);
      await reopen();
      const two = [...(log.newest()?.nodes['n']?.tables['t']?.[0] ?? [])];
      expect(await Promise.all(two.map(read))).to.deep.equal(['a', 'b', 'c']);
      await writeFile(['d'], two.slice(2));
      expect(files(), 'checkpoint 2 still names file 1').to.deep.equal(['1', '2', '3']);
      await writeFile(['e']);
      await writeFile(['f']);
      expect(files()).to.deep.equal(['4', '5']);
      expect((await keys(store)).filter((key) => key.startsWith('b/'))).to.deep.equal([]);
    });
    it('a file of which little is left is emptied into the next', async () => {
      const one = await writeFile(['a', 'b', 'c', 'd']);
      const two = await writeFile(['e'], [one[1] as BlockRef]);
      expect(two.map((ref) => ref.place), 'a quarter of file 1 was left: it moved').to.deep.equal([{ file: 2, at: 1000 }, { file: 2, at: 0 }]);
      expect(await Promise.all(two.map(read))).to.deep.equal(['b', 'e']);
      await writeFile(['f'], two);
      expect(files()).to.deep.equal(['2', '3']);
    });
    it('damage names the file and the place', async () => {
      const [, ref] = await writeFile(['a', 'b']) as [BlockRef, BlockRef], path = store.files.pathOf(JOB, 1);
      writeFileSync(path, flip(readFileSync(path)).fill(120, 1500, 1501));
      expect((await failure(log.read(ref))).detail).to.equal(`"${path} at 1000": its checksum does not match.`);
      truncateSync(path, 1100);
      expect((await failure(log.read(ref))).detail).to.include('it has 100 bytes instead of 1000');
      rmSync(path);
      expect(await failure(log.read(ref))).to.include({ code: 'state-damaged' });
    });
    it('a file that the system will not let us read is no damage: nothing is given up for it', async () => {
      const [ref] = await writeFile(['a']) as [BlockRef], path = store.files.pathOf(JOB, 1);
      rmSync(path);
      symlinkSync(path, path);
      expect(await failure(log.read(ref))).to.include({ code: 'data-read-failed', retry: 'restart' });
    });
    it('what a crash or a failure leaves behind goes', async () => {
      await store.putJob(JOB, { name: 'a job' });
      await writeFile(['a']);
      writeFileSync(store.files.pathOf(JOB, 77), 'written, never named');
      await (await store.files.begin('c'.repeat(32), 1)).finish();
      expect(await store.sweep(new Set([JOB]))).to.equal(2);
      expect([files(), readdirSync(join(dataDir, 'state-blocks'))]).to.deep.equal([['1'], [JOB]]);
      const broken = async function* (): AsyncGenerator<{ ref: BlockRef; bytes: Uint8Array }> { yield { ref: log.refFor({ bytes: bytes('x'), crc: 0, entries: 1 }, { file: 5, at: 0 }), bytes: bytes('x') }; throw new RangeError('the disk is full'); };
      await store.writeCheckpoint(manifest(5, []), broken(), { epochs: [], blocks: [], files: [] }).then(() => expect.fail('written'), (error: Error) => expect(error.message).to.equal('the disk is full'));
      expect(files()).to.deep.equal(['1']);
      await store.resetJob(JOB, undefined);
      expect(readdirSync(join(dataDir, 'state-blocks'))).to.deep.equal([]);
    });
    it('a savepoint of them is taken over into one file', async () => {
      await writeFile(['c'], await writeFile(['a', 'b']));
      const { path } = await writeSavepoint(join(dataDir, 'savepoints'), log.newest() as Manifest, {}, 0, (ref) => log.read(ref)), open = await openSavepoint(join(dataDir, 'savepoints'), path);
      await log.adopt(open.manifest, { jobName: 'again', nodes: open.manifest.nodes }, (ref) => open.read(ref));
      await open.close();
      const refs = log.newest()?.nodes['n']?.tables['t']?.[0] ?? [];
      expect(refs.map((ref) => ref.place)).to.deep.equal([{ file: 3, at: 0 }, { file: 3, at: 1000 }, { file: 3, at: 2000 }]);
      expect(await Promise.all(refs.map(read))).to.deep.equal(['a', 'b', 'c']);
      expect(files()).to.deep.equal(['3']);
    });
  });

  it('writes savepoints that read back alone, and finds damage in them', async () => {
    await writeThree();
    const { path } = await writeSavepoint(join(dataDir, 'savepoints'), log.newest() as Manifest, {}, 0, (ref) => log.read(ref));
    mkdirSync(join(dataDir, 'savepoints/half.part'));
    writeFileSync(join(dataDir, 'savepoints/half.part/manifest.json'), 'left by a crash');
    expect((await listSavepoints(join(dataDir, 'savepoints'))).map((one) => one.path)).to.deep.equal([path]);
    await sweepSavepoints(join(dataDir, 'savepoints'));
    expect(readdirSync(join(dataDir, 'savepoints'))).to.have.lengthOf(1);
    expect(path).to.match(/savepoints\/a-job-aaaaaa-1970-01-01T00-00-00-000$/);
    expect(readdirSync(path).sort()).to.deep.equal(['blocks-0001.bin', 'manifest.json']);
    const ref = log.newest()?.nodes['n']?.tables['t']?.[0]?.[0] as BlockRef;
    const read = async (): Promise<string> => { const open = await openSavepoint(join(dataDir, 'savepoints'), path); try { return Buffer.from(await open.read(ref)).toString(); } finally { await open.close(); } };
    expect(await read()).to.equal('block c');
    writeFileSync(join(path, 'blocks-0001.bin'), flip(readFileSync(join(path, 'blocks-0001.bin'))));
    expect((await failure(read())).detail).to.include(`blocks-0001.bin at 0": its checksum does not match`);
    truncateSync(join(path, 'blocks-0001.bin'), 3);
    expect((await failure(read())).detail).to.include('it has 3 bytes instead of 7');
    truncateSync(join(path, 'manifest.json'), 100);
    expect((await failure(read())).code).to.equal('state-damaged');
    expect((await failure(openSavepoint(dataDir, 'nowhere'))).code).to.equal('savepoint-missing');
  });
});
