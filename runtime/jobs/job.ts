/**
 * One job: its definition, its status, its incarnations one after another. A failure of any kind ends the incarnation and asks the
 * restart strategy; the next incarnation starts from the newest readable checkpoint. Nothing here touches other jobs.
 *
 * Events of an incarnation that is no longer the current one are ignored, so a late failure cannot disturb its successor.
 */
import { queryCancelled } from '../../core/errors/common.ts';
import { RivuletError } from '../../core/errors/define.ts';
import { heapExceeded, jobEnded, jobKillsWorkers, jobWrongStatus, savepointFailed, stateNotClaimed, taskFailed, workerDied, workerLost } from '../../core/errors/runtime.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { PhysicalPlan } from '../../planner/physical/plan.ts';
import { CheckpointCoordinator } from '../checkpoint/coordinator.ts';
import { killPoint } from '../checkpoint/kill-points.ts';
import { CheckpointLog } from '../checkpoint/log.ts';
import type { Manifest } from '../checkpoint/manifest.ts';
import type { OpenSavepoint, SavepointFiles } from '../checkpoint/savepoint.ts';
import type { StatePort } from '../checkpoint/store.ts';
import type { CheckpointRecord, JobException, JobStatus, JobSummary, RestartFrom, StatusChange, StopOptions } from './contract.ts';
import { Execution } from './execution.ts';
import { checkRestoredSize } from './restored-size.ts';
import { checkTransition, FINAL } from './lifecycle.ts';
import { PrintLog } from './print-log.ts';
import type { PrintWriter } from './print-log.ts';
import { restartStrategy } from './restart-strategy.ts';
import type { RestartStrategy } from './restart-strategy.ts';
import { jobSettings } from './settings.ts';
import type { JobSettings } from './settings.ts';
import { labelsOf, nodesWithState } from './starting-state.ts';
import type { StartOptions } from './starting-state.ts';
import { storedStats } from './stored-stats.ts';
import type { SubtaskStats, WorkerPool } from './workers.ts';

/** How long a job that ends tries to end its transactions. */
const END_LIMIT_MS = 5000;
const EXCEPTIONS_KEPT = 20, STATUSES_KEPT = 50;
/** So many deaths of worker threads at work for a job, within so long, and it fails for good. */
const WORKER_DEATHS = 3, WORKER_DEATHS_MS = 10 * 60_000;
/** A job that another one took along starts again after this, whatever its restart strategy: it has done nothing wrong. */
const LOST_WORKER_DELAY_MS = 500;

/** As stored under `j/<id>`. */
export interface JobRecord {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  readonly plan: PhysicalPlan;
  readonly settings: Readonly<Record<string, string>>;
  readonly startTimeMs: number;
  /** A final status, or RUNNING: to be started with the server. */
  readonly status: JobStatus;
  readonly endTimeMs: number | undefined;
  readonly exceptions: readonly JobException[];
  /** Records of older versions have none. */
  readonly statuses?: readonly StatusChange[] | undefined;
  /** Most subtasks the job ever ran with: what a subtask that is no more may have left open in a sink is looked for up to here. */
  readonly widest?: number | undefined;
}
export interface JobEnvironment {
  readonly store: StatePort;
  readonly pool: WorkerPool;
  readonly clock: Clock;
  readonly log: Log;
  readonly printer: PrintWriter;
  readonly savepointFolder: string;
  readonly savepoints: SavepointFiles;
  readonly serverParallelism: number;
  /** `openStartingState` with the jobs there are. */
  readonly startingState: (path: string, options: StartOptions) => Promise<OpenSavepoint>;
}

export class Job {
  readonly id: string;
  readonly printLog = new PrintLog();
  readonly history: CheckpointLog;
  readonly settings: JobSettings;
  readonly log: Log;
  record: JobRecord;
  status: JobStatus = 'CREATED';
  exceptions: readonly JobException[];
  /** Newest first. */
  statuses: readonly StatusChange[];
  restarts = 0;
  nextRestartMs: number | undefined;
  restoredFrom = 'initial';
  /** Why it cannot be started at all: settings or checkpoints of it cannot be read. It stays in the list, to be looked at and dropped. */
  broken: RivuletError | undefined;
  private readonly badSettings: RivuletError | undefined;
  /** Its definition is damaged: `record` only stands in for it and is never stored. */
  private readonly unreadable: RivuletError | undefined;
  private readonly env: JobEnvironment;
  private strategy: RestartStrategy;
  private execution: Execution | undefined;
  private coordinator: CheckpointCoordinator | undefined;
  private stopRestartTimer: () => void = () => {};
  private isStopping = false;
  private workerDeathsMs: readonly number[] = [];
  private lastStats: readonly SubtaskStats[] = [];
  private readonly watchers = new Set<() => void>();
  constructor(record: JobRecord, env: JobEnvironment, unreadable?: RivuletError) {
    this.record = record;
    this.unreadable = unreadable;
    this.broken = unreadable;
    this.id = record.id;
    this.env = env;
    this.log = env.log.child({ jobId: record.id, job: record.name });
    try { this.settings = jobSettings(record.settings, env.serverParallelism); } catch (error) {
      this.broken = this.badSettings = revived(error);
      this.settings = jobSettings({}, env.serverParallelism);
    }
    this.exceptions = record.exceptions;
    this.statuses = record.statuses ?? [];
    this.strategy = restartStrategy(this.settings.restart, Math.random);
    this.history = new CheckpointLog(record.id, env.store, this.log, this.settings.retainedCheckpoints);
    if (FINAL.has(record.status)) this.status = record.status;
  }
  get isFinal(): boolean { return FINAL.has(this.status); }
  summary(): JobSummary {
    const { id, name, startTimeMs, endTimeMs } = this.record;
    return { id, name, status: this.status, startTimeMs, endTimeMs: this.isFinal ? endTimeMs : undefined, parallelism: this.settings.parallelism, restarts: this.restarts, isPipeline: this.record.plan.nodes.some((node) => node.type === 'pipeline-transform'), lastError: this.exceptions[0]?.message, problem: this.problem() };
  }

  /** What a person should look at now; undefined: nothing. */
  private problem(): string | undefined {
    switch (this.status) {
      case 'FAILED': case 'FAILING': case 'RESTARTING': return this.exceptions[0]?.message;
      case 'RUNNING': return this.history.problem;
      default: return undefined;
    }
  }
  private statusesWith(status: JobStatus, atMs = this.env.clock.now()): readonly StatusChange[] { return [{ status, atMs }, ...this.statuses].slice(0, STATUSES_KEPT); }
  private setStatus(status: JobStatus): void {
    checkTransition(this.status, status);
    this.status = status;
    this.statuses = this.statusesWith(status);
    this.nextRestartMs = undefined;
    this.log.info(`job is ${status}`, { status });
    for (const watcher of this.watchers) watcher();
  }
  /** Resolves when the predicate holds; checked at every change of status. */
  async whenStatus(holds: (status: JobStatus) => boolean, signal?: AbortSignal): Promise<void> {
    while (!holds(this.status)) {
      if (signal?.aborted === true) throw queryCancelled({ why: 'user request' });
      await new Promise<void>((resolve) => {
        const wake = (): void => { this.watchers.delete(wake); signal?.removeEventListener('abort', wake); resolve(); };
        this.watchers.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
  }
  private async store(status: JobStatus): Promise<void> {
    const isFinal = FINAL.has(status);
    const atMs = this.env.clock.now(), statuses = isFinal ? this.statusesWith(status, atMs) : this.statuses;
    this.record = { ...this.record, status: isFinal ? status : 'RUNNING', endTimeMs: isFinal ? atMs : undefined, exceptions: this.exceptions, statuses };
    await this.env.store.putJob(this.id, this.record);
  }
  /** Stores the final status, then shows it. A status that cannot be stored is shown all the same; the server start repeats the ending. */
  private async finish(status: 'FAILED' | 'FINISHED' | 'CANCELED'): Promise<void> {
    const before = this.status;
    await this.store(status).catch((error: unknown) => this.log.error('the end of the job could not be stored', { err: error }));
    // Somebody may have restarted it meanwhile.
    if (this.status !== before) return;
    this.setStatus(status);
  }

  /** Starts an incarnation. Status is CREATED or RESTARTING. */
  launch(): void {
    this.setStatus('INITIALIZING');
    try {
      this.startExecution();
    } catch (error) {
      this.onFailure(undefined, revived(error), NOWHERE);
    }
  }
  /** Throws for plans that cannot be laid out (of another version). */
  private startExecution(): void {
    if (this.broken !== undefined) throw this.broken;
    const execution: Execution = new Execution({
      pool: this.env.pool, clock: this.env.clock, jobId: this.id, plan: this.record.plan, parallelism: this.settings.parallelism, memoryLimitBytes: this.settings.memoryLimitBytes,
      events: {
        onReady: () => { if (execution === this.execution) this.onReady(execution); },
        onDone: () => { if (execution === this.execution) this.onDone(execution); },
        onFailed: (error, at) => { this.onFailure(execution, error, at); },
        onSnapshot: (message) => { if (execution === this.execution) this.coordinator?.onSnapshot(message); },
        onCommitted: (subtask, epoch) => { if (execution === this.execution) this.coordinator?.onCommitted(subtask, epoch); },
        onQuiet: () => { if (execution === this.execution) this.coordinator?.quiet(); },
        onPrint: (lines, _bytes, credit) => {
          this.printLog.add(lines);
          for (const line of lines) if (line.logger) this.log.info(line.text, { logger: 'PrintSinkOutputWriter', sink: line.sink });
          void this.env.printer.out(lines).then(credit, credit);
        },
      },
    });
    this.execution = execution;
    this.bringUp(execution).catch((error: unknown) => { this.onFailure(execution, revived(error), NOWHERE); });
  }
  private base: Manifest | undefined;
  private async bringUp(execution: Execution): Promise<void> {
    await this.history.settle();
    if (execution !== this.execution) return;
    const manifest = this.history.newest();
    this.base = undefined;
    this.restoredFrom = manifest === undefined ? 'initial' : `checkpoint ${manifest.epoch}`;
    if (manifest !== undefined) {
      checkRestoredSize(manifest, execution.layout, { serverBytes: this.env.pool.memory.limitBytes, jobBytes: this.settings.memoryLimitBytes });
      try {
        if (manifest.kind !== 'final') await execution.sendState(manifest, (ref) => this.history.read(ref));
      } catch (error) {
        if (!(error instanceof RivuletError) || error.code !== 'state-damaged' || execution !== this.execution) throw error;
        this.history.noteDamage(manifest.epoch, error.detail ?? error.message);
        await execution.end();
        if (execution === this.execution) this.startExecution();
        return;
      }
      if (execution !== this.execution) return;
      killPoint('during-restore');
    }
    await this.env.pool.recover({ ...this.record, parallelism: this.settings.parallelism }, manifest === undefined ? undefined : this.history.withPrepared(manifest));
    if (execution !== this.execution) return;
    killPoint('after-recover');
    if (manifest !== undefined) {
      this.history.noteCommitted(manifest.epoch);
      if (manifest.kind === 'final') { this.execution = undefined; await execution.end(); await this.finish('FINISHED'); return; }
      const rescaled = new Set(execution.rescaledNodes(manifest));
      this.base = { ...manifest, nodes: Object.fromEntries(Object.entries(manifest.nodes).filter(([id]) => !rescaled.has(id))) };
    }
    if ((this.record.widest ?? 0) < this.settings.parallelism) {
      this.record = { ...this.record, widest: this.settings.parallelism };
      await this.env.store.putJob(this.id, this.record);
      if (execution !== this.execution) return;
    }
    execution.deploy(manifest);
    killPoint('after-deploy');
  }
  private onReady(execution: Execution): void {
    const { settings } = this, { clock } = this.env;
    const coordinator = new CheckpointCoordinator({
      jobId: this.id, jobName: this.record.name, plan: this.record.plan, layout: execution.layout, history: this.history, base: this.base,
      intervalMs: settings.checkpointIntervalMs, timeoutMs: settings.checkpointTimeoutMs, minPauseMs: settings.minPauseMs, tolerableFailures: settings.tolerableFailures,
      clock, log: this.log, trigger: (epoch, mode) => execution.trigger(epoch, mode), commit: (epoch) => execution.commit(epoch),
      fail: (error) => { this.onFailure(execution, error, NOWHERE); },
    });
    this.coordinator = coordinator;
    this.isStopping = false;
    killPoint('before-run');
    execution.run();
    this.setStatus('RUNNING');
    coordinator.start();
  }
  /** Every sink has seen the end of its input: a last checkpoint commits what is left. */
  private onDone(execution: Execution): void {
    if (this.isStopping || this.coordinator === undefined) return;
    this.isStopping = true;
    this.coordinator.suspend(true);
    this.coordinator.run('final', 'hold').then(async () => {
      if (execution !== this.execution) return;
      await this.takeDown(jobEnded({ id: this.id, status: 'FINISHED' }));
      await this.finish('FINISHED');
    }, () => { /* the failure that ended the incarnation is handled where it came up */ });
  }
  /** Ends the current incarnation; afterwards the newest checkpoint is settled. */
  private async takeDown(why: RivuletError): Promise<void> {
    const { execution, coordinator } = this;
    this.stopRestartTimer();
    this.execution = undefined;
    this.coordinator = undefined;
    coordinator?.abort(why);
    if (execution !== undefined) {
      if (!await execution.end()) this.log.warn('some subtasks did not end in time');
      if (execution.lastStats.length > 0) this.lastStats = execution.lastStats;
    }
    await coordinator?.settled();
    await this.history.settle().catch((error: unknown) => this.log.warn('whether the last checkpoint was written is not known yet', { err: error }));
  }
  /** A job whose work ends threads takes all others along, and one that fills their heaps is about to: after some times it is not started again. */
  private judged(error: RivuletError): RivuletError {
    if (error.code !== workerDied.card.name && error.code !== heapExceeded.card.name) return error;
    const nowMs = this.env.clock.monotonic();
    this.workerDeathsMs = [...this.workerDeathsMs.filter((atMs) => nowMs - atMs < WORKER_DEATHS_MS), nowMs];
    return this.workerDeathsMs.length < WORKER_DEATHS ? error : jobKillsWorkers({ deaths: this.workerDeathsMs.length, withinMs: WORKER_DEATHS_MS, why: error.detail ?? error.message }, { cause: error });
  }
  private onFailure(execution: Execution | undefined, thrown: RivuletError, at: { readonly nodeId: string | undefined; readonly subtask: number | undefined }): void {
    if (execution !== this.execution) return;
    const error = this.judged(thrown), exception: JobException = { atMs: this.env.clock.now(), message: error.message, sqlstate: error.sqlstate, code: error.code, detail: error.detail, hint: error.hint, ...at };
    this.exceptions = [exception, ...this.exceptions].slice(0, EXCEPTIONS_KEPT);
    this.log.error(`job failed: ${error.message}`, { err: error, detail: error.detail, nodeId: at.nodeId, subtask: at.subtask });
    this.setStatus('FAILING');
    this.takeDown(error).then(() => this.afterFailure(error)).catch((unexpected: unknown) => this.log.error('the end of an incarnation failed', { err: unexpected }));
  }
  private async afterFailure(error: RivuletError): Promise<void> {
    if (this.status !== 'FAILING') return;
    const delayMs = error.retry === 'never' ? undefined : error.code === workerLost.card.name ? LOST_WORKER_DELAY_MS : this.strategy.onFailure(this.env.clock.monotonic());
    if (delayMs === undefined) {
      await this.endTransactions();
      if ((this.status as JobStatus) === 'FAILING') await this.finish('FAILED');
      return;
    }
    this.setStatus('RESTARTING');
    this.nextRestartMs = this.env.clock.now() + delayMs;
    this.restarts++;
    // So that the failures are known after a restart of the server, too.
    this.store('RUNNING').catch((failure: unknown) => this.log.warn('a failure of the job could not be stored', { err: failure }));
    this.stopRestartTimer = this.env.clock.after(delayMs, () => { if (this.status === 'RESTARTING') this.launch(); });
  }

  private refuse(action: string, allowed: string): never { throw jobWrongStatus({ id: this.id, status: this.status, action, allowed }); }
  async cancel(): Promise<void> {
    if (this.isFinal || this.status === 'SUSPENDED') this.refuse('cancel', 'not in a final status');
    if (this.status === 'CANCELLING') { await this.whenStatus((status) => status !== 'CANCELLING'); return; }
    this.setStatus('CANCELLING');
    await this.takeDown(jobEnded({ id: this.id, status: 'CANCELED' }));
    await this.endTransactions();
    await this.finish('CANCELED');
  }
  async stop(options: StopOptions): Promise<{ savepointPath?: string | undefined }> {
    const { execution, coordinator } = this;
    // Without a savepoint there is nothing to wait for: a job that starts, or starts over and over, is stopped as it is.
    if (!options.savepoint && options.drain !== true && !this.isFinal && this.status !== 'RUNNING') { await this.cancel(); return {}; }
    if (this.status !== 'RUNNING' || execution === undefined || coordinator === undefined || this.isStopping) this.refuse('stop', 'RUNNING');
    this.isStopping = true;
    coordinator.suspend(true);
    let savepointPath: string | undefined;
    try {
      const manifest = await coordinator.run('savepoint', options.drain === true ? 'drain' : 'hold');
      if (options.savepoint) savepointPath = await this.copySavepoint(manifest);
    } catch (error) {
      if (execution === this.execution) { this.isStopping = false; coordinator.suspend(false); execution.resume(); }
      throw error;
    }
    if (execution !== this.execution) return { savepointPath };
    await this.takeDown(jobEnded({ id: this.id, status: 'FINISHED' }));
    await this.finish('FINISHED');
    return { savepointPath };
  }
  /**
   * Of a running job: of now. Of one that was ended: of its newest checkpoint, so that a job that failed on a record can go on as a changed
   * statement; what that checkpoint has prepared is committed first, because a savepoint does not carry it.
   */
  async savepoint(): Promise<{ savepointPath: string }> {
    const newest = FINAL.has(this.status) ? this.history.newest() : undefined;
    if (newest !== undefined && newest.kind !== 'final') {
      await this.commitPrepared(newest);
      return { savepointPath: await this.copySavepoint(newest) };
    }
    if (this.status !== 'RUNNING' || this.coordinator === undefined || this.isStopping) this.refuse('take a savepoint of', 'RUNNING');
    return { savepointPath: await this.copySavepoint(await this.coordinator.run('savepoint', 'continue')) };
  }
  /**
   * A job that ends between the durable checkpoint and its commit owes the commit: the checkpoint is true, and nobody may come to do it
   * later. What is in no checkpoint is aborted, so that it does not stand before readers until the transaction's timeout. What cannot be
   * ended in time is left to the next start or to DROP JOB.
   */
  private async endTransactions(): Promise<void> {
    let newest: Manifest | undefined;
    // Damaged ones name nothing that could be committed.
    try { newest = this.history.newest(); } catch { /* said at the next start */ }
    const due = newest === undefined ? undefined : this.history.withPrepared(newest);
    await this.inTime(this.env.pool.recoverForGood({ ...this.record, parallelism: this.settings.parallelism }, due), due?.epoch);
  }
  private async inTime(ending: Promise<void>, epoch: number | undefined): Promise<void> {
    let stopTimer = (): void => {};
    const timeout = new Promise<void>((resolve) => { stopTimer = this.env.clock.after(END_LIMIT_MS, () => { this.log.warn('transactions of the job could not be ended in time', { epoch }); resolve(); }); });
    const work = ending.then(() => this.history.noteCommitted(epoch ?? 0), (error: unknown) => this.log.warn('transactions of the job could not be ended', { err: error, epoch }));
    await Promise.race([work, timeout]);
    stopTimer();
  }
  /** Of a job that has ended, before its checkpoints are forgotten: what could not be committed then. */
  async commitLast(): Promise<void> {
    const due = this.history.uncommitted();
    if (due !== undefined) await this.inTime(this.commitPrepared(due), due.epoch);
  }
  /** Of a job that does not run. */
  private async commitPrepared(manifest: Manifest): Promise<void> {
    await this.env.pool.commitPrepared({ ...this.record, parallelism: this.settings.parallelism }, this.history.withPrepared(manifest)).catch((error: unknown) => {
      // What is lost for good must not take the state with it; the job has failed of it and said so.
      if (!(error instanceof RivuletError) || error.code !== 'kafka-transaction-lost') throw error;
      this.log.warn('a prepared transaction is lost; the state is taken over without it', { err: error });
    });
  }
  /**
   * A retained checkpoint (the newest without an epoch) for a job to start from; undefined = there is none. With `isToStart` what the newest
   * one has prepared is committed before, and the job must be down; `isOwn`: the caller has seen to that.
   */
  async checkpointToCopy(epoch: number | undefined, isToStart: boolean, isOwn: boolean): Promise<Manifest | undefined> {
    const newest = this.history.newest(), chosen = epoch === undefined ? newest : this.history.checkpoints().find((one) => one.epoch === epoch);
    if (chosen === undefined || newest === undefined || chosen.kind === 'final') return undefined;
    if (isToStart) {
      if (!this.isFinal && !isOwn) this.refuse('start from a checkpoint of', 'in a final status');
      await this.commitPrepared(newest);
    }
    return chosen;
  }
  async checkpoint(): Promise<CheckpointRecord> {
    if (this.status !== 'RUNNING' || this.coordinator === undefined || this.isStopping) this.refuse('take a checkpoint of', 'RUNNING');
    const { epoch } = await this.coordinator.run('checkpoint', 'continue');
    return this.history.history.find((event) => event.epoch === epoch) ?? this.history.history[0] as CheckpointRecord;
  }
  private async copySavepoint(manifest: Manifest): Promise<string> {
    this.history.pin(manifest);
    try {
      const { path, sizeBytes } = await this.env.savepoints.write(this.env.savepointFolder, manifest, labelsOf(this.record.plan), this.env.clock.now(), (ref) => this.history.read(ref));
      const event = this.history.history.find((candidate) => candidate.epoch === manifest.epoch);
      if (event !== undefined) { event.path = path; event.sizeBytes = sizeBytes; }
      return path;
    } catch (error) {
      throw savepointFailed({ job: this.record.name, why: error instanceof RivuletError ? error.detail ?? error.message : String((error as Error).message) }, { cause: error });
    } finally {
      this.history.unpin(manifest);
    }
  }
  /** Makes a savepoint (or a checkpoint: `starting-state.ts`) the newest checkpoint. Throws `savepoint-unreadable`, `state-not-claimed`, `state-damaged`. */
  async adoptSavepoint(path: string): Promise<void> {
    const savepoint = await this.env.startingState(path, { isToStart: true, asking: this });
    try {
      const { manifest, labels } = savepoint, known = new Set(this.record.plan.nodes.map((node) => node.id));
      const lost = nodesWithState(manifest).filter((id) => !known.has(id));
      if (lost.length > 0 && !this.settings.ignoreUnclaimedState) throw stateNotClaimed({ nodes: lost.map((id) => ({ id, label: labels[id] })) });
      await this.history.adopt(manifest, { jobName: this.record.name, nodes: Object.fromEntries(Object.entries(manifest.nodes).filter(([id]) => known.has(id))) }, savepoint.read);
      this.restoredFrom = savepoint.path;
    } finally {
      await savepoint.close();
    }
  }
  async restart(from: RestartFrom): Promise<void> {
    if (this.unreadable !== undefined) throw this.unreadable;
    if (this.status === 'SUSPENDED' || this.status === 'CANCELLING') this.refuse('restart', 'running or in a final status');
    if (typeof from === 'object') await this.env.startingState(from.savepointPath, { isToStart: false }).then((state) => state.close());
    if (!this.isFinal) {
      this.setStatus('CANCELLING');
      await this.takeDown(queryCancelled({ why: 'restart of the job' }));
    }
    this.setStatus('CREATED');
    this.strategy = restartStrategy(this.settings.restart, Math.random);
    this.restarts = 0;
    this.workerDeathsMs = [];
    try {
      if (from === 'initial') {
        this.record = { ...this.record, status: 'RUNNING', endTimeMs: undefined };
        await this.env.store.resetJob(this.id, this.record);
        this.history.forget();
        this.broken = this.badSettings;
      } else {
        if (typeof from === 'object') await this.adoptSavepoint(from.savepointPath);
        await this.store('RUNNING');
      }
    } finally {
      this.launch();
    }
  }
  /** Server shutdown: a last checkpoint if one can be had within the time, then the workers' side is closed. The job runs on at the next start. */
  async suspend(timeoutMs: number): Promise<void> {
    if (this.isFinal || this.status === 'SUSPENDED') return;
    const { coordinator } = this;
    if (this.status === 'RUNNING' && coordinator !== undefined && !this.isStopping) {
      this.isStopping = true;
      coordinator.suspend(true);
      let stopTimer = (): void => {};
      const timeout = new Promise<void>((resolve) => { stopTimer = this.env.clock.after(timeoutMs, () => { this.log.warn('no final checkpoint in time'); resolve(); }); });
      await Promise.race([coordinator.run('checkpoint', 'hold').then(() => {}, (error: unknown) => this.log.warn('the final checkpoint failed', { err: error })), timeout]);
      stopTimer();
    }
    if (this.isFinal || this.status as JobStatus === 'SUSPENDED') return;
    this.setStatus('SUSPENDED');
    await this.takeDown(jobEnded({ id: this.id, status: 'SUSPENDED' }));
  }
  /** Counters of the subtasks; the last known ones when nothing runs, else those of the newest checkpoint. */
  async stats(): Promise<readonly SubtaskStats[]> {
    const fresh = await this.execution?.stats();
    if (fresh !== undefined && fresh.length > 0) this.lastStats = fresh;
    return this.knownStats;
  }
  get knownStats(): readonly SubtaskStats[] { return this.lastStats.length > 0 ? this.lastStats : storedStats(this.history.checkpoints()[0]); }
}

const revived = (error: unknown): RivuletError => (error instanceof RivuletError ? error : taskFailed({ why: error instanceof Error ? error.message : String(error) }, { cause: error }));
const NOWHERE = { nodeId: undefined, subtask: undefined } as const;
