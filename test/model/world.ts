/**
 * The server of the simulation with its surroundings, and what must hold of them. The manager, the jobs, coordinators, checkpoint logs,
 * thread pools, subtasks, lanes and the recovery of transactions are the product's own; disk, Kafka, network, threads and clock are not.
 */
import { silentLog } from '../../core/ports/log.ts';
import type { Manifest } from '../../runtime/checkpoint/manifest.ts';
import type { Job } from '../../runtime/jobs/job.ts';
import { Manager } from '../../runtime/jobs/manager.ts';
import { PrintWriter } from '../../runtime/jobs/print-log.ts';
import { WorkerPool } from '../../runtime/jobs/workers.ts';
import { randomFrom } from '../kafka/support.ts';
import { Broker } from './broker.ts';
import type { Identity, Transaction } from './broker.ts';
import { Disk, modelSavepoints, ModelStore } from './disk.ts';
import { modelPlan, modelRegistry, positionsOf, rowsAt, SPLITS } from './job.ts';
import type { Faulty, Input } from './job.ts';
import { Network } from './network.ts';
import { Life, Scheduler } from './scheduler.ts';
import { ModelThreads } from './threads.ts';

export const TRANSACTION_TIMEOUT_MS = 900_000, WORKERS = 3;
/** What a mutated run does to the product's own objects. */
export interface Mutation extends Faulty { readonly lyingDisk?: boolean; readonly onJob?: (job: Job) => void }
export class Violation extends Error {}

interface Server { readonly life: Life; readonly manager: Manager; readonly threads: ModelThreads }

export class World {
  readonly scheduler: Scheduler;
  readonly broker: Broker;
  readonly network: Network;
  readonly disk: Disk;
  readonly input: Input = { lengths: Array.from({ length: SPLITS }, () => 0), wakers: new Set() };
  server: Server | undefined;
  /** Rows that a fallback to an older checkpoint makes again, and how often. */
  private readonly mayRepeat = new Map<string, number>();
  private readonly seen = new Map<string, number>();
  private lastStatus = '';
  private readonly mutation: Mutation;
  readonly trace: string[] = [];
  constructor(seed: number, mutation: Mutation = {}) {
    this.mutation = mutation;
    this.scheduler = new Scheduler(randomFrom(seed));
    this.broker = new Broker(() => this.scheduler.nowMs);
    this.scheduler.onTime = () => this.broker.tick();
    this.network = new Network(this.scheduler, this.broker);
    this.disk = new Disk(this.scheduler);
    this.disk.isLying = mutation.lyingDisk === true;
    this.broker.onCommit = (transaction) => this.checkCommit(transaction);
  }
  note(what: string): void { this.trace.push(`${this.scheduler.steps} ${what}`); }

  // ------------------------------------------------------------------------------------------------------------ the server

  start(parallelism: number): void {
    const life = new Life(), { scheduler, disk } = this;
    this.note(`server starts with ${parallelism}`);
    // LevelDB writes what it finds in its log into a table and syncs it when it opens.
    if (this.mutation.lyingDisk !== true) disk.sync();
    const threads = new ModelThreads(life, modelRegistry(this.network, this.input, TRANSACTION_TIMEOUT_MS, this.mutation), scheduler);
    const manager = new Manager({
      store: new ModelStore(disk, scheduler, life), pool: new WorkerPool(WORKERS, 'model', silentLog, threads), clock: scheduler.clockOf(life), log: silentLog,
      printer: new PrintWriter(() => undefined), savepointFolder: '', savepoints: modelSavepoints(disk), serverParallelism: parallelism,
    });
    this.server = { life, manager, threads };
    this.lastStatus = '';
    this.input.wakers.clear();
    const settings = { 'execution.checkpointing.interval': '100 ms', 'execution.checkpointing.timeout': '30 s', 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '100000', 'restart-strategy.fixed-delay.delay': '1 s' };
    void manager.recover(false).then(async () => {
      // A submit that died before the job was stored is repeated by the user.
      if (manager.list().length === 0) await manager.submit({ name: 'model', sql: '', plan: modelPlan, settings });
    }).catch((error: unknown) => { this.note(`the start failed: ${String(error)}`); });
  }
  /** The process is gone at once; with `power` the whole machine. */
  kill(how: 'kill' | 'power'): void {
    this.server?.life.die();
    this.server = undefined;
    if (how === 'power') this.disk.failPower();
    this.note(how);
    this.checkAtRest();
  }
  get job(): Job | undefined { return this.server === undefined ? undefined : (this.server.manager as unknown as { jobs: Map<string, Job> }).jobs.values().next().value; }
  feed(rows: number): void {
    for (let i = 0; i < rows; i++) this.input.lengths[this.scheduler.below(SPLITS)]!++;
    for (const wake of this.input.wakers) wake();
  }
  damageNewest(): void {
    const newest = this.disk.newest();
    if (!this.disk.damageNewest()) return;
    const kept = rowsAt(positionsOf(this.disk.newest()));
    for (const row of rowsAt(positionsOf(newest))) if (!kept.has(row)) this.mayRepeat.set(row, (this.mayRepeat.get(row) ?? 0) + 1);
    this.note(`checkpoint ${newest?.epoch} is damaged`);
  }

  // -------------------------------------------------------------------------------------------------------------- what holds

  fail(what: string): never { throw new Violation(`${what}\n  ${this.trace.slice(-40).join('\n  ')}`); }
  /** A transaction may only be decided for when a synced checkpoint counts its rows, and no row is committed twice. */
  private checkCommit(transaction: Transaction): void {
    const counted = rowsAt(positionsOf(this.disk.newestSynced()));
    for (const { row } of transaction.rows) {
      if (!counted.has(row) && !this.mayRepeat.has(row)) this.fail(`row '${row}' is committed and no durable checkpoint counts it`);
      const times = (this.seen.get(row) ?? 0) + 1;
      this.seen.set(row, times);
      if (times > 1 + (this.mayRepeat.get(row) ?? 0)) this.fail(`row '${row}' is committed ${times} times`);
    }
  }
  /** Transactions that a checkpoint names. */
  private named(manifest: Manifest | undefined): Transaction[] {
    return Object.values(manifest?.committables ?? {}).flat().flatMap((one) => this.broker.transactions.findLast((t) => { const { transactionalId, producerId, producerEpoch } = one as unknown as Identity; return t.rows.length > 0 && t.id === transactionalId && t.producerId === producerId && t.producerEpoch === producerEpoch; }) ?? []);
  }
  /** Those of them that the timeout has ended: their rows are in the state and not in the output. */
  private lost(manifest: Manifest | undefined): Transaction[] { return this.named(manifest).filter((t) => t.outcome === 'expired'); }
  /** Nothing runs: committed is what the newest checkpoint counts, but for what it has prepared and a restart will commit. */
  private checkAtRest(): void {
    const newest = this.disk.newest(), pending = new Set(this.named(newest).filter((t) => t.outcome !== 'committed').flatMap((t) => t.rows.map(({ row }) => row)));
    this.compare(rowsAt(positionsOf(newest)), pending, 'at rest');
  }
  private compare(expected: ReadonlySet<string>, pending: ReadonlySet<string>, when: string): void {
    for (const row of expected) if (!this.seen.has(row) && !pending.has(row)) this.fail(`${when}: row '${row}' is counted and neither committed nor prepared`);
    for (const row of this.seen.keys()) if (!expected.has(row) && !this.mayRepeat.has(row)) this.fail(`${when}: row '${row}' is committed and not counted`);
  }
  /** After every event. */
  watch(): void {
    const status = this.job?.status ?? '';
    if (status === this.lastStatus) return;
    this.lastStatus = status;
    this.note(`job is ${status} ${status === 'FAILING' ? this.job?.exceptions[0]?.code ?? '' : ''}`);
    if (status === 'INITIALIZING' && this.job !== undefined) this.mutation.onJob?.(this.job);
    if (status === 'RUNNING') {
      const newest = this.disk.newest();
      const gone = this.named(newest).find((t) => t.outcome === 'expired' || t.outcome === 'aborted');
      if (gone !== undefined) this.fail(`the job runs although transaction ${gone.id} of its checkpoint is ${gone.outcome}`);
      this.compare(rowsAt(positionsOf(newest)), new Set(), 'restored');
    }
    if (status === 'FAILED') this.checkFailed();
  }
  /** Too many threads died of it, as far as the product knows; a user starts it again. */
  get isWornOut(): boolean { return this.job?.status === 'FAILED' && this.job.exceptions[0]?.code === 'job-kills-workers'; }
  /** A job fails for good only of a transaction that is really lost; then exactly its rows are missing. */
  private checkFailed(): void {
    if (this.isWornOut) { this.checkAtRest(); return; }
    const newest = this.disk.newest(), lost = this.lost(newest), error = this.job?.exceptions[0];
    if (error?.code !== 'kafka-transaction-lost') this.fail(`the job failed for good: ${error?.code} ${error?.message} ${error?.detail}`);
    if (lost.length === 0) this.fail(`a transaction is called lost and none is: ${error.message}`);
    this.checkAtRest();
    const left = this.scheduler.isPatient ? this.named(newest).find((t) => t.outcome === 'open') : undefined;
    if (left !== undefined) this.fail(`the job failed for good of lost transactions and left that of ${left.id}, which is not lost, prepared`);
  }
  /** Everything is read, checkpointed and committed. */
  get isComplete(): boolean {
    const newest = this.disk.newestSynced();
    return this.job?.status === 'RUNNING' && positionsOf(newest).join() === this.input.lengths.join() && [...rowsAt(this.input.lengths)].every((row) => this.seen.has(row));
  }
  /** The job is gone: what its last checkpoint counts is out, and nothing is left for a timeout to end. */
  checkDropped(): void {
    const manifest = this.disk.dropped?.manifest;
    this.compare(rowsAt(positionsOf(manifest)), new Set(this.lost(manifest).flatMap((t) => t.rows.map(({ row }) => row))), 'dropped');
    this.checkOpen();
  }
  /** Transactions of the dead would stand before readers; one without rows can be left by a request that came late. */
  private checkOpen(): void {
    const left = this.broker.open.find((transaction) => transaction.rows.length > 0);
    if (left !== undefined) this.fail(`at the end: a transaction of ${left.id} is still open`);
  }
  checkEnd(): void {
    this.compare(rowsAt(this.input.lengths), new Set(), 'at the end');
    this.checkOpen();
    // By key in the order of its changes.
    const last = new Map<string, number>();
    for (const { row } of this.broker.committed()) {
      const [kind, key, n] = row.split(' ');
      if (kind !== 'count') continue;
      const before = last.get(key as string) ?? 0;
      if (Number(n) <= before && !this.mayRepeat.has(row)) this.fail(`key ${key}: ${n} stands behind ${before}`);
      last.set(key as string, Number(n));
    }
  }
}
