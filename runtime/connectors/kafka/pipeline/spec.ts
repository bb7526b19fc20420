/** What the planner half of the pipelines' Kafka sinks tells the writer: plain JSON inside the plan. */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import type { Guarantee } from '../lanes.ts';

export const PARTITION_STRATEGIES = ['all-to-zero', 'hash-by-key', 'hash-by-table', 'hash-by-columns'] as const;
export type PartitionStrategy = (typeof PARTITION_STRATEGIES)[number];
export const PIPELINE_VALUE_FORMATS = ['debezium-json', 'canal-json', 'json', 'avro'] as const;
export type PipelineValueFormat = (typeof PIPELINE_VALUE_FORMATS)[number];

/** RE2 patterns for the whole of a table's id text. */
export interface KafkaPipelineSpec {
  /** Name of the sink block, for errors. */
  readonly table: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly guarantee: Guarantee;
  /** null: made of the job's id. */
  readonly transactionalIdPrefix: string | null;
  /** Records by key: a deleted row is a null value, a changed key takes its old record away. */
  readonly upsert: boolean;
  /** All tables into one. */
  readonly topic: string | null;
  readonly mapping: readonly { readonly patterns: readonly string[]; readonly topic: string }[];
  /** `withTableId`: `TableId` stands before the key columns. */
  readonly key: { readonly format: 'json' | 'csv'; readonly settings: Json; readonly withTableId: boolean };
  readonly value: {
    readonly format: PipelineValueFormat;
    readonly settings: Json;
    /** debezium-json: `schema` and `payload`. */
    readonly includeSchema: boolean;
    /** debezium-json: `table` of `source` is `db.table`. */
    readonly fullTableId: boolean;
    /** canal-json, avro: rows of the snapshot are of type INIT. */
    readonly initType: boolean;
  };
  readonly partition: { readonly strategy: PartitionStrategy; readonly columns: readonly { readonly patterns: readonly string[]; readonly names: readonly string[] }[] };
  /** Of topics that do not exist yet; -1: the cluster's default. */
  readonly newTopic: { readonly partitions: number; readonly replicationFactor: number; readonly configs: Readonly<Record<string, string>> };
  readonly headers: readonly (readonly [key: string, value: string])[];
  /** Headers namespace, schemaName, tableName. */
  readonly tableIdHeaders: boolean;
  /** Facts behind the columns of every table. */
  readonly facts: readonly string[];
}
