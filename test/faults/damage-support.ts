/**
 * A data directory of known contents, and a judge that opens a damaged copy of it as a start of the server does: each job's state is that of
 * its newest checkpoint; or that of an older one, and a line of the log says which was given up and why; or it is refused by an error that
 * names what is damaged. Anything else, above all a job, a table or a state that is simply not there, is a finding.
 */
import { cpSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { openRecordStore } from '../../catalog/store/record-store.ts';
import type { RivuletError } from '../../core/errors/define.ts';
import { silentLog } from '../../core/ports/log.ts';
import type { Log } from '../../core/ports/log.ts';
import { CheckpointLog } from '../../runtime/checkpoint/log.ts';
import { blocksOf, MANIFEST_FORMAT } from '../../runtime/checkpoint/manifest.ts';
import type { BlockRef, Manifest } from '../../runtime/checkpoint/manifest.ts';
import { openSavepoint, writeSavepoint } from '../../runtime/checkpoint/savepoint.ts';
import { StateStore } from '../../runtime/checkpoint/store.ts';
import { fastFolder } from '../runtime/support/plans.ts';

const SMALL = 'a'.repeat(32), LARGE = 'b'.repeat(32), FRESH = 'c'.repeat(32);
export const JOBS = [SMALL, LARGE, FRESH] as const;
/** What the directory held when it was whole. */
export interface Truth {
  readonly dataDir: string;
  /** By job and epoch: the blocks' texts in order. */
  readonly states: ReadonlyMap<string, ReadonlyMap<number, string>>;
  readonly records: ReadonlyMap<string, string>;
  readonly catalog: string;
  readonly savepoint: string;
}
const manifest = (job: string, epoch: number, refs: readonly BlockRef[]): Manifest => ({
  format: MANIFEST_FORMAT, writer: 'test', jobId: job, jobName: 'job', epoch, kind: 'checkpoint', createdMs: 0, parallelism: 1, planNodes: ['n'],
  nodes: { n: { instances: 1, tables: { t: [refs] }, ended: [false] } }, positions: { s: [epoch] }, committables: {},
});
const recordOf = (job: string, n: number): { name: string; id: string; n: number; sql: string } => ({ name: `job ${job[0]}`, id: job, n, sql: `INSERT INTO x SELECT ${'y, '.repeat(40)}z` });

/** Three checkpoints of two jobs, small blocks in the store and large ones in files, over two lives of the server; one job without any; two tables and a savepoint. */
export async function makeDirectory(): Promise<Truth> {
  const dataDir = fastFolder(), states = new Map<string, Map<number, string>>(JOBS.map((job) => [job, new Map()])), records = new Map<string, string>();
  for (const life of [1, 2]) {
    const store = await StateStore.open(dataDir, silentLog), catalog = await openRecordStore(join(dataDir, 'catalog'), silentLog);
    for (const job of JOBS) {
      if (life === 1 || job !== FRESH) { await store.putJob(job, recordOf(job, life)); records.set(job, JSON.stringify(recordOf(job, life))); }
      const log = new CheckpointLog(job, store, silentLog);
      await log.load();
      for (let i = 0; i < 2 && job !== FRESH; i++) {
        const epoch = log.nextEpoch(), before = log.checkpoints()[0]?.nodes['n']?.tables['t']?.[0] ?? [], text = `${job[0]} ${epoch} ${'state of some operator '.repeat(20)}`, bytes = Buffer.from(text);
        const ref = log.refFor({ bytes, crc: crc32(bytes), entries: 1 }, job === LARGE ? { file: epoch, at: 0 } : undefined), refs = [...before.slice(-2), ref];
        await log.write(manifest(job, epoch, refs), [{ ref, bytes }]);
        const kept = [...(states.get(job)?.values() ?? [])].at(-1)?.split('\n').slice(-2) ?? [];
        states.get(job)?.set(epoch, [...kept, text].join('\n'));
      }
      if (life === 2 && job === SMALL) await writeSavepoint(join(dataDir, 'savepoints'), log.newest() as Manifest, {}, 0, (ref) => log.read(ref));
    }
    await catalog.write([{ key: `object/c/d/t${life}`, value: { kind: 'table', life, columns: ['a', 'b', 'c'].map((name) => ({ name, type: 'BIGINT' })) } }]);
    await catalog.write([{ key: 'database/c/d', value: {} }]);
    await store.close();
    await catalog.close();
  }
  const truth: Truth = { dataDir, states, records, catalog: '', savepoint: readdirSync(join(dataDir, 'savepoints'))[0] as string };
  return { ...truth, catalog: await catalogText(copyOf(truth), silentLog) };
}
export function copyOf(truth: Truth): string {
  const copy = join(fastFolder(), 'data');
  cpSync(truth.dataDir, copy, { recursive: true });
  return copy;
}
/** Files that matter, relative to the data directory. */
export const filesOf = (dataDir: string): string[] => readdirSync(dataDir, { recursive: true }).map(String).filter((file) => !/(^|\/)(LOCK|LOG|LOG\.old)$/.test(file) && statSync(join(dataDir, file)).isFile()).sort();

async function catalogText(dataDir: string, log: Log): Promise<string> {
  const store = await openRecordStore(join(dataDir, 'catalog'), log);
  try { return JSON.stringify(await store.all()); } finally { await store.close(); }
}
const told = (error: unknown): string => { const e = error as RivuletError; return `${e.code}: ${e.message} ${e.detail ?? ''}`; };

/** Findings; empty = the outcome is one of those allowed. `notes` gets a word per part, for statistics. */
export async function judge(truth: Truth, dataDir: string, damaged: string, notes: string[] = []): Promise<string[]> {
  const findings: string[] = [], lines: string[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => { lines.push(`${message} ${JSON.stringify(fields)}`); }, error: (message, fields) => { lines.push(`${message} ${JSON.stringify(fields)}`); }, child: () => log };
  /** A refusal must lead to the place: the file itself or the folder of its store. */
  const names = (text: string): boolean => text.includes(damaged) || text.includes(damaged.split('/')[0] as string) || JOBS.some((job) => damaged.includes(job) && text.includes(job));
  const refused = (what: string, error: unknown): void => {
    notes.push(`${what} refused`);
    if ((error as RivuletError).code === undefined) findings.push(`${what}: a plain error: ${String(error)}`);
    else if (!names(told(error))) findings.push(`${what}: refused without naming it: ${told(error)}`);
  };
  try {
    if (await catalogText(dataDir, log) !== truth.catalog) findings.push('the catalog is not what it was');
    notes.push('catalog right');
  } catch (error) { refused('catalog', error); }
  try {
    const { manifest: saved, read, close } = await openSavepoint(join(dataDir, 'savepoints'), truth.savepoint), texts: string[] = [];
    try { for (const { ref } of blocksOf(saved)) texts.push(Buffer.from(await read(ref)).toString()); } finally { await close(); }
    if (texts.join('\n') !== [...(truth.states.get(SMALL)?.values() ?? [])].at(-1)) findings.push('the savepoint is not what it was');
  } catch (error) { refused('savepoint', error); }
  let store: StateStore;
  try { store = await StateStore.open(dataDir, log); } catch (error) { refused('state', error); return findings; }
  try {
    const jobs = await store.jobs();
    await store.sweep(new Set(jobs.map(({ id }) => id)));
    for (const job of JOBS) {
      const found = jobs.find(({ id }) => id === job);
      if (found === undefined) { findings.push(`job ${job} is gone`); continue; }
      if (found.damage !== undefined) { refused('record', found.damage); continue; }
      if (JSON.stringify(found.record) !== truth.records.get(job)) findings.push(`the record of job ${job} is not the newest`);
      await judgeState(truth, store, job, log, lines, { findings, notes, refused });
    }
  } catch (error) { refused('state', error); } finally { await store.close(); }
  return findings;
}
/** As a job does when it is brought up: the newest, and the one before while blocks are damaged. */
async function judgeState(truth: Truth, store: StateStore, job: string, log: Log, lines: readonly string[], out: { findings: string[]; notes: string[]; refused: (what: string, error: unknown) => void }): Promise<void> {
  const known = truth.states.get(job) as ReadonlyMap<number, string>, newest = Math.max(0, ...known.keys()), history = new CheckpointLog(job, store, log);
  await history.load();
  for (;;) {
    let chosen: Manifest | undefined;
    try { chosen = history.newest(); } catch (error) { out.refused('checkpoints', error); return; }
    if (chosen === undefined) { if (newest > 0) out.findings.push(`job ${job} starts from nothing`); return; }
    try {
      const texts: string[] = [];
      for (const { ref } of blocksOf(chosen)) texts.push(Buffer.from(await history.read(ref)).toString());
      if (texts.join('\n') !== known.get(chosen.epoch)) out.findings.push(`job ${job} has a wrong state for checkpoint ${chosen.epoch}`);
      out.notes.push(chosen.epoch === newest ? 'state right' : 'state before');
      if (chosen.epoch !== newest && !lines.some((line) => line.includes('damaged'))) out.findings.push(`job ${job} goes back to checkpoint ${chosen.epoch} of ${newest} without a word`);
      if (history.nextEpoch() <= newest) out.findings.push(`job ${job} gives out a number of a checkpoint again`);
      return;
    } catch (error) {
      if ((error as RivuletError).code !== 'state-damaged') { out.refused('block', error); return; }
      history.noteDamage(chosen.epoch, (error as RivuletError).detail ?? '');
    }
  }
}
