/**
 * Sources and sinks of pipelines as a document names them by `type`: from options to what the plan holds. The run-time halves are
 * ordinary source and sink factories, found by `connector`; they give and take `PipelineBatch`.
 */
import type { PipelineTableId, TableVersion } from '../objects/pipeline-table.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { DeclaredOption } from '../options/options.ts';
import type { Json } from './connectors.ts';

/** Options of a block by key, variables put in. */
export type PipelineOptions = ReadonlyMap<string, string>;
export interface PipelineDescribeContext {
  /** `name` of the block, else its type: for errors. */
  readonly name: string;
  /** `pipeline.name`, else one made of source and sink. */
  readonly pipeline: string;
  /** `pipeline.parallelism` as written; undefined when left out. */
  readonly parallelism: number | undefined;
  readonly timeZone: string;
  /** `execution.runtime-mode` BATCH: end with what is there now, unless an option says otherwise. */
  readonly ends: boolean;
  /** A SQL type from its text; throws syntax errors. */
  parseType(text: string): SqlType;
}
export interface PipelineSourceDescription {
  /** Identifier of the run-time half. */
  readonly connector: string;
  /** The plan adds `facts`: names of the facts to put behind each table's columns, in order. */
  readonly spec: { readonly [key: string]: Json };
  /** What state hangs on: a changed document whose source has the same identity goes on from a savepoint. */
  readonly identity: Json;
  /** It ends by itself. */
  readonly bounded: boolean;
  /** False: changes of tables are not to be told to the sink. */
  readonly schemaChanges: boolean;
  /** Facts of rows asked for by name (`metadata.list`); the transform may use them. */
  readonly facts: readonly string[];
  /** The plan adds `tables`: what was discovered, for a reader that begins with it. */
  readonly keepsTables?: boolean | undefined;
}
export interface PipelineSinkDescription {
  readonly connector: string;
  readonly spec: Json;
  readonly identity: Json;
  /** Facts of rows it wants behind a table's columns, in this order. */
  readonly facts: readonly string[];
  /** Tables without a key are refused. */
  readonly needsKey: boolean;
  /** It wants the text of every statement on its tables: events without changes. */
  readonly statements?: boolean | undefined;
  /** After a failure it may hold rows the source's state knows nothing of (not exactly-once): the source tells it of every delete that may concern one. */
  readonly repeats?: boolean | undefined;
}
export interface PipelineConnector {
  /** `type` in the document. */
  readonly identifier: string;
  readonly description: string;
  readonly options: readonly DeclaredOption[];
  /** Options as a source, where they differ. */
  readonly sourceOptions?: readonly DeclaredOption[] | undefined;
  /** Absent: not a source. Unknown and missing options were refused before. Throws RivuletErrors that name the option. */
  describeSource?(options: PipelineOptions, context: PipelineDescribeContext): PipelineSourceDescription;
  describeSink?(options: PipelineOptions, context: PipelineDescribeContext): PipelineSinkDescription;
  /** Structure stage: the tables the source captures now. Rejects when there are none or the server cannot be reached. */
  discover?(source: PipelineSourceDescription, options: PipelineOptions): Promise<readonly TableVersion[]>;
  /** The name under which the sink will store a table, for checks before the start (a topic). */
  targetOf?(sink: PipelineSinkDescription, id: PipelineTableId): string;
}
export interface PipelineConnectorRegistry { get(identifier: string): PipelineConnector | undefined; list(): readonly PipelineConnector[] }
