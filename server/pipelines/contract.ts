/** What the HTTP API and the command line ask of pipelines. */
import type { JobSummary } from '../../runtime/jobs/contract.ts';
import type { CheckItem } from '../../runtime/pipelines/check-item.ts';
import type { Json } from '../../catalog/registry/connectors.ts';

export type { CheckItem } from '../../runtime/pipelines/check-item.ts';

export interface PipelineRequest {
  readonly yaml: string;
  /** Values of `#{name}`. */
  readonly variables: ReadonlyMap<string, string>;
  /** Goes on from here instead of the document's start. */
  readonly savepointPath?: string | undefined;
  /** Settings of the job that go before the document's. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Start it although the same pipeline runs. Default true. */
  readonly again?: boolean | undefined;
}
export interface CheckResult {
  readonly name: string;
  /** No item failed. */
  readonly passed: boolean;
  readonly items: readonly CheckItem[];
  /** Where rows will go: `db.table` → names in the sink. Empty when the tables could not be looked up. */
  readonly targets: readonly { readonly table: string; readonly targets: readonly string[] }[];
}
/** `alreadyRunning`: the same document runs between the same ends; nothing was started. */
export interface SubmittedPipeline extends CheckResult { readonly id: string; readonly alreadyRunning?: boolean | undefined }
/** A job of the list that is a pipeline, with how far its source is. */
export interface PipelineSummary extends JobSummary { readonly progress: readonly Json[] }

export interface Pipelines {
  /** Throws when the document itself is wrong; what is wrong around it is in the list. */
  check(request: PipelineRequest): Promise<CheckResult>;
  /** Checks first; throws pipeline-precheck-failed with the items that failed. */
  submit(request: PipelineRequest): Promise<SubmittedPipeline>;
  list(): Promise<readonly PipelineSummary[]>;
  /** The job's detail and its document; undefined = no such pipeline. */
  detail(id: string): Promise<Record<string, unknown> | undefined>;
}
/** Looks at one side of a pipeline before it starts: server settings, rights, topics. Never throws for what it finds. */
export interface PipelineChecker { (pipeline: CheckedPipeline): Promise<readonly CheckItem[]> }
export interface CheckedPipeline {
  readonly source: { readonly type: string; readonly spec: Json };
  readonly sink: { readonly type: string; readonly spec: Json };
  /** Tables as they will reach the sink, with the topic or table they are stored in. */
  readonly targets: readonly { readonly table: string; readonly hasKey: boolean; readonly target: string }[];
  /** Goes on from a savepoint. */
  readonly resumes: boolean;
}
