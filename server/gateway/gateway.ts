/** The engine as the protocols see it: sessions, jobs, print logs, metrics. */
import { jobNotFound } from '../../core/errors/runtime.ts';
import type { RetainedCheckpoint, SavepointInfo } from '../../runtime/jobs/contract.ts';
import type { Gateway, JobSummary, PrintLine, Session, SessionOptions } from './contract.ts';
import type { Engine } from './engine.ts';
import { loopDelaySamples } from './loop-delay.ts';
import { prometheusText } from './metrics.ts';
import { EngineSession } from './session.ts';

export class EngineGateway implements Gateway {
  private readonly engine: Engine;
  constructor(engine: Engine) { this.engine = engine; }
  get ready(): boolean { return this.engine.jobs.ready; }
  get version(): string { return this.engine.version; }
  openSession(options: SessionOptions): Session { return new EngineSession(this.engine, options); }
  jobs(): readonly JobSummary[] { return this.engine.jobs.list(); }
  async jobDetail(id: string): Promise<Record<string, unknown> | undefined> {
    const detail = await this.engine.jobs.detail(id);
    return detail === undefined ? undefined : { ...detail };
  }
  badRecords(id: string): Promise<readonly object[] | undefined> { return this.engine.jobs.badRecords(id); }
  printed(id: string, options: { sink?: string | undefined; tail?: number | undefined }): readonly PrintLine[] | undefined { return this.engine.jobs.printed(id, options); }
  followPrinted(id: string, options: { sink?: string | undefined; signal: AbortSignal }): AsyncIterable<PrintLine> {
    if (this.engine.jobs.summary(id) === undefined) throw jobNotFound({ id, known: this.engine.jobs.list().map((j) => j.id) });
    return this.engine.jobs.followPrinted(id, options);
  }
  stopJob(id: string, options: { savepoint: boolean; drain?: boolean | undefined }): Promise<{ savepointPath?: string | undefined }> { return this.engine.jobs.stop(id, options); }
  cancelJob(id: string): Promise<void> { return this.engine.jobs.cancel(id); }
  savepointJob(id: string): Promise<{ savepointPath: string }> { return this.engine.jobs.savepoint(id); }
  restartJob(id: string, options: { from: 'latest' | 'initial' | { savepointPath: string } }): Promise<void> { return this.engine.jobs.restart(id, options); }
  dropJob(id: string): Promise<void> { return this.engine.jobs.drop(id); }
  savepoints(): Promise<readonly SavepointInfo[]> { return this.engine.jobs.savepoints(); }
  checkpoints(): readonly RetainedCheckpoint[] { return this.engine.jobs.checkpoints(); }
  dropSavepoint(path: string): Promise<void> { return this.engine.jobs.dropSavepoint(path); }
  async metrics(): Promise<string> { return prometheusText([...await this.engine.jobs.metrics(), ...loopDelaySamples()]); }
}
