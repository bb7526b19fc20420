/**
 * The job manager: opens the state store, starts the workers, brings back the jobs that should run, and does what the contract says.
 * One per data directory; it owns the directory through the store's lock.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { queryCancelled } from '../../core/errors/common.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { jobEnded, jobNotFound, printSinkNotFound, serverStopping } from '../../core/errors/runtime.ts';
import { stateStoreUnreadable, stateVersionUnknown } from '../../core/errors/storage.ts';
import type { Log } from '../../core/ports/log.ts';
import { PLAN_VERSION } from '../../planner/physical/plan.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import { PRODUCT_VERSION } from '../../core/version.ts';
import { layOut } from '../graph/layout.ts';
import { totalBytes } from '../checkpoint/log.ts';
import { disposeSavepoint, listSavepoints, savepointFiles } from '../checkpoint/savepoint.ts';
import { moduleUrl } from '../modules.ts';
import { reason } from '../../core/storage/files.ts';
import { StateStore } from '../checkpoint/store.ts';
import type { StoredJob } from '../checkpoint/store.ts';
import type {
  CheckpointRecord, JobBadRecord, JobDetail, JobManager, JobManagerOptions, JobSummary, MetricSample, PrintLine, QueryOptions, RestartFrom, RetainedCheckpoint, RowChunk, SavepointInfo, StateFacts,
  StopOptions, SubmitRequest,
} from './contract.ts';
import { constantRows, constantSteps } from './constant-query.ts';
import { jobBadRecords, jobDetail, jobMetrics } from './detail.ts';
import { Job } from './job.ts';
import type { JobEnvironment, JobRecord } from './job.ts';
import { FINAL } from './lifecycle.ts';
import { isSink, PrintWriter } from './print-log.ts';
import { Query } from './query.ts';
import { jobSettings } from './settings.ts';
import { checkpointPath, factsOf, openStartingState } from './starting-state.ts';
import { usedByAll } from '../state/memory.ts';
import { WorkerPool } from './workers.ts';

/** A stop within 10 s is promised; the final checkpoints get most of it. */
const SUSPEND_TIMEOUT_MS = 6000;
const STATS_AGE_MS = 1000, STATS_WAIT_MS = 500;

/** What `startJobManager` starts; a simulation gives it its own environment and calls `recover` itself. */
export class Manager implements JobManager {
  ready = false;
  notReady: string | undefined = 'starting';
  private readonly env: JobEnvironment;
  private readonly jobs = new Map<string, Job>();
  private readonly queries = new Set<Query>();
  private readonly log: Log;
  private queryCount = 0;
  private statsMs = Number.NEGATIVE_INFINITY;
  private ending: Promise<void> | undefined;
  constructor(env: Omit<JobEnvironment, 'startingState'>) {
    this.env = { ...env, startingState: (path, how) => openStartingState((savepoint) => env.savepoints.open(env.savepointFolder, savepoint), this.jobs, path, how) };
    this.log = env.log;
  }
  /** Brings back what the store knows. One job that cannot be brought back does not keep the others down. */
  async recover(leaveStopped: boolean): Promise<void> {
    const stored = await this.env.store.jobs();
    await this.env.store.sweep(new Set(stored.map(({ id }) => id)));
    await this.env.savepoints.sweep(this.env.savepointFolder).catch((error: unknown) => { this.log.warn('what a crash left of a savepoint could not be removed', { err: error }); });
    const found = stored.map((one) => ({ ...one, record: recordOf(one, this.env.clock.now()) })).sort((a, b) => a.record.startTimeMs - b.record.startTimeMs);
    for (const { record } of found) refuseNewer(record, this.env.store.path);
    for (const { record, damage, record: { id } } of found) {
      const job = new Job(record, this.env, record.sql === UNREADABLE ? damage : undefined);
      if (damage !== undefined) this.log.error(`a job is not started: ${damage.message}`, { jobId: id, job: record.name, detail: damage.detail });
      await job.history.load().catch((error: unknown) => {
        if (!(error instanceof RivuletError) || error.code === 'state-version-unknown') throw error;
        job.broken ??= error;
      });
      this.jobs.set(job.id, job);
      if (damage === undefined) this.env.store.noteKnown(id, record, job.history.checkpoints().map(({ epoch }) => epoch));
    }
    if (!leaveStopped) for (const job of this.jobs.values()) if (!job.isFinal) job.launch();
    this.ready = true;
    this.notReady = undefined;
  }
  private job(id: string): Job {
    const job = this.jobs.get(id);
    if (job === undefined) throw jobNotFound({ id, known: this.jobs.keys() });
    return job;
  }
  private refuseWhenStopping(): void { if (this.ending !== undefined) throw serverStopping({}); }

  async submit(request: SubmitRequest): Promise<string> {
    this.refuseWhenStopping();
    const { 'execution.savepoint.path': _, ...settings } = request.settings;
    const { savepointPath, parallelism } = jobSettings(request.settings, this.env.serverParallelism);
    layOut(request.plan, parallelism);
    const record: JobRecord = {
      version: 1, id: randomBytes(16).toString('hex'), name: request.name, sql: request.sql, plan: request.plan, settings,
      startTimeMs: this.env.clock.now(), status: 'RUNNING', endTimeMs: undefined, exceptions: [], widest: parallelism,
    };
    const job = new Job(record, this.env);
    if (savepointPath !== undefined) await job.adoptSavepoint(savepointPath);
    await this.env.store.putJob(record.id, record);
    this.refuseWhenStopping();
    this.jobs.set(job.id, job);
    job.launch();
    return job.id;
  }
  list(): readonly JobSummary[] { return [...this.jobs.values()].map((job) => job.summary()); }
  summary(id: string): JobSummary | undefined { return this.jobs.get(id)?.summary(); }
  async detail(id: string): Promise<JobDetail | undefined> {
    const job = this.jobs.get(id);
    return job === undefined ? undefined : await jobDetail(job);
  }
  async badRecords(id: string): Promise<readonly JobBadRecord[] | undefined> {
    const job = this.jobs.get(id);
    return job === undefined ? undefined : await jobBadRecords(job);
  }
  async waitFor(id: string, signal?: AbortSignal): Promise<JobSummary> {
    const job = this.job(id);
    await job.whenStatus((status) => FINAL.has(status) || status === 'SUSPENDED', signal);
    if (job.status === 'FAILED') {
      const [first] = job.exceptions;
      throw first === undefined ? jobEnded({ id, status: 'FAILED' }) : new RivuletError({ ...first, domain: 'external', retry: 'never' });
    }
    if (job.status === 'SUSPENDED') throw serverStopping({});
    if (job.status === 'CANCELED') throw jobEnded({ id, status: 'CANCELED' });
    return job.summary();
  }
  stop(id: string, options: StopOptions): Promise<{ savepointPath?: string | undefined }> { return this.asked(id, (job) => job.stop(options)); }
  cancel(id: string): Promise<void> { return this.asked(id, (job) => job.cancel()); }
  savepoint(id: string): Promise<{ savepointPath: string }> { return this.asked(id, (job) => job.savepoint()); }
  checkpoint(id: string): Promise<CheckpointRecord> { return this.asked(id, (job) => job.checkpoint()); }
  restart(id: string, options: { readonly from: RestartFrom }): Promise<void> { return this.asked(id, (job) => job.restart(options.from)); }
  private async asked<T>(id: string, act: (job: Job) => Promise<T>): Promise<T> {
    const job = this.job(id);
    this.refuseWhenStopping();
    return await act(job);
  }
  async drop(id: string): Promise<void> {
    const job = this.job(id);
    this.refuseWhenStopping();
    if (!job.isFinal) await job.cancel(); else await job.commitLast();
    await this.env.store.resetJob(id, undefined);
    this.jobs.delete(id);
    job.printLog.close();
    this.log.info('job dropped', { jobId: id });
  }
  printed(id: string, options: { sink?: string | undefined; tail?: number | undefined }): readonly PrintLine[] | undefined {
    const job = this.jobs.get(id), sinks = job?.record.plan.nodes.flatMap((node) => (node.type === 'sink' && node.connector === 'print' ? [node.table] : [])) ?? [];
    if (job !== undefined && options.sink !== undefined && !sinks.some((sink) => isSink(sink, options.sink))) throw printSinkNotFound({ sink: options.sink, known: sinks });
    return job?.printLog.newest(options);
  }
  followPrinted(id: string, options: { sink?: string | undefined; signal: AbortSignal }): AsyncIterable<PrintLine> { return this.job(id).printLog.follow(options); }

  runQuery(plan: PhysicalPlan, options: QueryOptions): AsyncIterable<RowChunk> {
    this.refuseWhenStopping();
    const { parallelism, memoryLimitBytes } = jobSettings(options.settings ?? {}, this.env.serverParallelism);
    const constant = constantSteps(plan);
    if (constant !== undefined) return answered(() => constantRows(plan, constant), options.signal);
    const id = `query-${++this.queryCount}-${randomBytes(4).toString('hex')}`;
    return this.tracked(() => new Query({ pool: this.env.pool, clock: this.env.clock, id, plan, parallelism, memoryLimitBytes, signal: options.signal }));
  }
  /** Nothing is started before the first row is asked for. */
  private async *tracked(start: () => Query): AsyncGenerator<RowChunk, void, undefined> {
    this.refuseWhenStopping();
    const query = start();
    this.queries.add(query);
    try {
      yield* query.rows();
    } finally {
      this.queries.delete(query);
    }
  }
  async savepoints(): Promise<readonly SavepointInfo[]> { return await listSavepoints(this.env.savepointFolder); }
  async dropSavepoint(path: string): Promise<void> {
    this.refuseWhenStopping();
    await disposeSavepoint(this.env.savepointFolder, path);
    this.log.info('savepoint removed', { path });
  }
  checkpoints(): readonly RetainedCheckpoint[] {
    return [...this.jobs.values()].flatMap((job) => job.history.checkpoints().map((one) => ({
      path: checkpointPath(job.id, one.epoch), jobId: job.id, jobName: job.record.name, epoch: one.epoch, createdMs: one.createdMs, sizeBytes: totalBytes(one),
    })));
  }
  async startingState(path: string): Promise<StateFacts> {
    const state = await this.env.startingState(path, { isToStart: false });
    try { return factsOf(state); } finally { await state.close(); }
  }
  usedTables(): ReadonlyMap<string, readonly string[]> {
    const used = new Map<string, Set<string>>();
    for (const job of this.jobs.values()) {
      if (job.isFinal) continue;
      for (const node of job.record.plan.nodes) {
        if (node.type !== 'source' && node.type !== 'sink') continue;
        const ids = used.get(node.table) ?? new Set();
        used.set(node.table, ids.add(job.id));
      }
    }
    return new Map([...used].map(([table, ids]) => [table, [...ids]]));
  }
  unfinished(): readonly { readonly id: string; readonly plan: PhysicalPlan }[] { return [...this.jobs.values()].filter((job) => !job.isFinal).map(({ id, record }) => ({ id, plan: record.plan })); }
  async metrics(): Promise<readonly MetricSample[]> {
    await this.refreshStats();
    const { memory } = this.env.pool, statuses = new Map<string, number>();
    for (const job of this.jobs.values()) statuses.set(job.status, (statuses.get(job.status) ?? 0) + 1);
    return [
      { name: 'workers', kind: 'gauge', help: 'Worker threads', value: this.env.pool.size, labels: {} },
      { name: 'worker_deaths_total', kind: 'counter', help: 'Worker threads that died and were replaced', value: this.env.pool.deaths, labels: {} },
      { name: 'state_memory_bytes', kind: 'gauge', help: 'Memory that state of jobs and queries takes', value: usedByAll(memory), labels: {} },
      ...(Number.isFinite(memory.limitBytes) ? [{ name: 'state_memory_limit_bytes', kind: 'gauge' as const, help: 'Most memory that state may take, by --memory-limit', value: memory.limitBytes, labels: {} }] : []),
      { name: 'queries_running', kind: 'gauge', help: 'SELECT statements being answered', value: this.queries.size, labels: {} },
      ...[...statuses].map(([status, value]) => ({ name: 'jobs', kind: 'gauge' as const, help: 'Jobs by status', value, labels: { status } })),
      ...[...this.jobs.values()].flatMap((job) => jobMetrics(job)),
    ];
  }
  /** Row counters live in the workers, which answer between two batches; one that is busy for longer than a scrape may wait shows its last ones. */
  private async refreshStats(): Promise<void> {
    const nowMs = this.env.clock.monotonic();
    if (nowMs - this.statsMs < STATS_AGE_MS) return;
    this.statsMs = nowMs;
    let stopTimer = (): void => {};
    const timeout = new Promise<void>((resolve) => { stopTimer = this.env.clock.after(STATS_WAIT_MS, resolve); });
    await Promise.race([Promise.all([...this.jobs.values()].map((job) => job.stats().catch(() => {}))), timeout]);
    stopTimer();
  }
  shutdown(): Promise<void> { return this.ending ??= this.end(); }
  private async end(): Promise<void> {
    this.ready = false;
    this.notReady = 'shutting down';
    for (const query of this.queries) query.fail(serverStopping({}));
    await Promise.all([...this.jobs.values()].map((job) => job.suspend(SUSPEND_TIMEOUT_MS)));
    for (const job of this.jobs.values()) job.printLog.close();
    await this.env.pool.terminate();
    await this.env.store.close();
  }
}

/** Stands for the statement of a job whose definition cannot be read. */
const UNREADABLE = '-- the definition of this job cannot be read';
/** What a stored job is shown as. One with damage does not run by itself: it has failed, and says why. */
function recordOf({ id, name, record, damage }: StoredJob, nowMs: number): JobRecord {
  const known = record as JobRecord | undefined;
  if (damage === undefined && known !== undefined) return known;
  const base: JobRecord = known ?? { version: 1, id, name: name ?? 'unreadable', sql: UNREADABLE, plan: { version: PLAN_VERSION, nodes: [], settings: { timeZone: 'UTC', bounded: false, stateTtlMs: 0 } }, settings: {}, startTimeMs: 0, status: 'FAILED', endTimeMs: undefined, exceptions: [] };
  const exceptions = damage === undefined ? [] : [{ atMs: nowMs, message: damage.message, sqlstate: damage.sqlstate, code: damage.code, detail: damage.detail, hint: damage.hint, nodeId: undefined, subtask: undefined }];
  return { ...base, status: 'FAILED', endTimeMs: base.endTimeMs ?? nowMs, exceptions: [...exceptions, ...base.exceptions] };
}
/** Before any job runs: one that a newer version has stored would be taken for failed, and stay so when that version comes back. */
function refuseNewer(record: JobRecord, path: string): void {
  for (const [what, found, known] of [[`the definition of job ${record.id}`, record.version, 1], [`the plan of job ${record.id}`, record.plan.version, PLAN_VERSION]] as const) {
    if (found > known) throw stateVersionUnknown({ what, path, found, known, writer: 'of a newer version', reader: PRODUCT_VERSION });
  }
}

/** As with other queries nothing happens before the first row is asked for. */
async function* answered(rows: () => RowChunk, signal: AbortSignal): AsyncGenerator<RowChunk, void, undefined> {
  if (signal.aborted) throw queryCancelled({ why: 'user request' });
  const chunk = rows();
  if (chunk.rows.length > 0) yield chunk;
}

/** Opens the data directory and brings back its jobs. Throws `data-directory-in-use` and the like. */
export async function startJobManager(options: JobManagerOptions): Promise<JobManager> {
  const store = await StateStore.open(options.dataDir, options.log);
  const given = options.registryModule, registryModule = given === undefined ? moduleUrl('registry').href : /^[a-z]+:/.test(given) ? given : pathToFileURL(given).href;
  const pool = new WorkerPool(options.parallelism, registryModule, options.log, undefined, options.resolvePlan, options.limits);
  const manager = new Manager({
    store, pool, clock: options.clock, log: options.log, printer: new PrintWriter(options.printTo), savepointFolder: join(options.dataDir, 'savepoints'), savepoints: savepointFiles, serverParallelism: options.parallelism,
  });
  try {
    await manager.recover(options.leaveStopped === true);
  } catch (error) {
    await pool.terminate();
    await store.close();
    throw error instanceof RivuletError ? error : stateStoreUnreadable({ path: store.path, why: reason(error) }, { cause: error });
  }
  return manager;
}
