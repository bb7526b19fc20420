/** Plans and a job manager for tests of the runtime. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { APPEND, RETRACT } from '../../../catalog/registry/connectors.ts';
import type { Json } from '../../../catalog/registry/connectors.ts';
import type { Clock } from '../../../core/ports/clock.ts';
import { silentLog } from '../../../core/ports/log.ts';
import { BIGINT } from '../../../core/types/sql-type.ts';
import type { Exchange, PhysicalNode, PhysicalPlan } from '../../../planner/physical/plan.ts';
import type { JobManager, JobManagerOptions, JobStatus } from '../../../runtime/jobs/contract.ts';
import { startJobManager } from '../../../runtime/jobs/manager.ts';
import type { NumbersSpec } from './registry.ts';

export const testRegistry = fileURLToPath(new URL('./registry.ts', import.meta.url));
export const testClock: Clock = {
  now: () => Date.now(), monotonic: () => performance.now(),
  after(delayMs, action) { const timer = setTimeout(action, delayMs); return () => clearTimeout(timer); },
};
const folders: string[] = [];
process.on('exit', () => { for (const folder of folders) try { rmSync(folder, { recursive: true, force: true }); } catch { /* one that cannot be removed keeps none of the others */ } });
/** For tests of many starts, which would wait for the disk most of the time; in memory where the system has such a place. */
export const fastFolder = (): string => newFolder(existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
/** A folder of its own, removed when the process ends. */
export function newFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'rivulet-test-'));
  folders.push(folder);
  return folder;
}
export const ledgerFolder = (dataDir: string, name = 'ledger'): string => { const folder = join(dataDir, name); mkdirSync(folder, { recursive: true }); return folder; };
export function openManager(dataDir: string, options: Partial<JobManagerOptions> = {}): Promise<JobManager> {
  return startJobManager({ dataDir, parallelism: 2, log: silentLog, clock: testClock, registryModule: testRegistry, printTo: () => undefined, ...options });
}

const column = (name: string): { name: string; type: typeof BIGINT } => ({ name, type: BIGINT });
const ROWS = ['id', 'k', 'v'].map(column), COUNTS = ['k', 'n'].map(column);
const base = { changelog: APPEND, upsertKeys: [] } as const;
const forward: Exchange = { kind: 'forward' };
export const numbers = (spec: Partial<NumbersSpec>, id = 'src'): PhysicalNode => ({
  ...base, type: 'source', id, inputs: [], columns: ROWS, label: 'Source(numbers)', connector: 'numbers', table: 'numbers', fields: [],
  spec: { count: 1000, splits: 4, keys: 10, end: 'finish', paceMs: 0, batch: 100, ...spec } as unknown as Json,
});
export const fileNumbers = (file: string, keys = 10): PhysicalNode => ({ ...base, type: 'source', id: 'src', inputs: [], columns: ROWS, label: 'Source(file)', connector: 'file', table: 'file', fields: [], spec: { file, keys } });
export const counts = (input = 'src', id = 'agg'): PhysicalNode => ({
  ...base, changelog: RETRACT, type: 'group-aggregate', id, inputs: [{ node: input, exchange: { kind: 'hash', keys: [1] } }], columns: COUNTS, label: 'GroupAggregate(k)', keys: [1],
  calls: [], retract: false, emitUpdateBefore: true, emitOnEmptyEnd: false, ttlMs: 0,
});
/** Left outer join of two `numbers` streams on their k: every row of the left meets all rows of the right with its k. */
export const leftJoin = (left: string, right: string): PhysicalNode => ({
  ...base, changelog: RETRACT, type: 'join', id: 'join', label: 'Join', columns: ['id', 'k', 'v', 'id2', 'k2', 'v2'].map(column), joinType: 'left',
  inputs: [{ node: left, exchange: { kind: 'hash', keys: [1] } }, { node: right, exchange: { kind: 'hash', keys: [1] } }],
  leftKeys: [1], rightKeys: [1], nullSafe: [false], residual: null, left: { kind: 'unique-key', uniqueKey: [0] }, right: { kind: 'unique-key', uniqueKey: [0] }, ttlMs: [0, 0],
});
export const sink = (connector: string, spec: Json, input: string, options: { id?: string; exchange?: Exchange; columns?: PhysicalNode['columns'] } = {}): PhysicalNode => ({
  ...base, type: 'sink', id: options.id ?? 'snk', inputs: [{ node: input, exchange: options.exchange ?? forward }], columns: options.columns ?? COUNTS, label: `Sink(${connector})`, connector, spec,
  fields: [], table: options.id ?? 'snk', notNull: { columns: [], policy: 'error' },
});
export const collect = (input: string, columns: PhysicalNode['columns'] = ROWS): PhysicalNode => ({ ...base, type: 'collect', id: 'col', inputs: [{ node: input, exchange: { kind: 'single' } }], columns, label: 'Collect' });
export const limitTo = (input: string, n: number): PhysicalNode => ({ ...base, type: 'limit', id: 'lim', inputs: [{ node: input, exchange: { kind: 'single' } }], columns: ROWS, label: `Limit(${n})`, offset: 0, limit: n });
export const planOf = (...nodes: PhysicalNode[]): PhysicalPlan => ({ version: 1, nodes, settings: { timeZone: 'UTC', bounded: false, stateTtlMs: 0 } });

/** Final value of each key of a changelog of (key, count) lines; checks that every retraction takes back what was there. */
export function materialized(lines: readonly string[]): Map<number, number> {
  const rows = new Map<number, number>();
  for (const line of lines) {
    const m = /^(\+I|-U|\+U|-D)\[(\d+), (\d+)\]$/.exec(line);
    if (m === null) throw new TypeError(`no changelog line: ${line}`);
    const key = Number(m[2]), n = Number(m[3]);
    if (m[1] === '+I') { if (rows.has(key)) throw new TypeError(`second insert: ${line}`); rows.set(key, n); }
    else if (m[1] === '+U') { if (rows.has(key)) throw new TypeError(`update without retraction: ${line}`); rows.set(key, n); }
    else { if (rows.get(key) !== n) throw new TypeError(`wrong retraction: ${line}, have ${rows.get(key)}`); rows.delete(key); }
  }
  return rows;
}
/** Waits until the condition holds; gives up after ten seconds and says what it waited for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUp = Date.now() + 10_000; !await holds();) {
    if (Date.now() > giveUp) throw new TypeError(`waited in vain for: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}
export const statusIs = (manager: JobManager, id: string, status: JobStatus): Promise<void> => until(`job is ${status}`, () => manager.summary(id)?.status === status);
