/** The `pipeline` block and the keys of routes and transforms. Source: Flink CDC "Data Pipeline", "Schema Evolution". */
import type { DeclaredOption } from '../../catalog/options/options.ts';
import { SCHEMA_BEHAVIORS } from '../physical/pipeline.ts';

export const pipelineOptions: readonly DeclaredOption[] = [
  { key: 'name', type: 'string', description: 'Name of the job.' },
  { key: 'parallelism', type: 'int', default: '1', description: 'Connections that read a snapshot side by side, when given; rows go through one thread.' },
  { key: 'local-time-zone', type: 'string', description: "Time zone of functions and of TIMESTAMP_LTZ; by default the server's." },
  { key: 'execution.runtime-mode', type: 'enum', values: ['STREAMING', 'BATCH'], default: 'STREAMING', description: 'BATCH ends after the snapshot.' },
  { key: 'route-mode', type: 'enum', values: ['ALL_MATCH', 'FIRST_MATCH'], default: 'ALL_MATCH', description: 'Whether a table goes to the targets of all routes that match it, or of the first.' },
  { key: 'schema.change.behavior', type: 'enum', values: SCHEMA_BEHAVIORS, default: 'lenient', description: 'What becomes of a changed table; see docs/pipelines.md.' },
  { key: 'operator.uid.prefix', type: 'string', description: "Part of the operators' ids: a savepoint fits a pipeline with the same prefix." },
  { key: 'schema.operator.uid', type: 'string', description: 'Old name of operator.uid.prefix.' },
  { key: 'schema-operator.rpc-timeout', type: 'duration', default: '3 min', description: 'Accepted; changes of tables need no calls here.' },
  { key: 'sink.partitioning.strategy', type: 'enum', values: ['SINK_DEFINED', 'PRIMARY_KEY', 'TABLE_ID'], default: 'SINK_DEFINED', description: 'Accepted; a pipeline has one writer, so the order of a table is kept whatever it is.' },
  { key: 'execution.checkpointing.interval', type: 'duration', description: "Time between checkpoints; by default the server's." },
  { key: 'execution.*', type: 'string', description: 'Settings of the job, as SET has them.' },
  { key: 'restart-strategy.*', type: 'string', description: 'Settings of the job, as SET has them.' },
];
export const ROUTE_KEYS = ['source-table', 'sink-table', 'replace-symbol', 'description'] as const;
export const TRANSFORM_KEYS = ['source-table', 'projection', 'filter', 'primary-keys', 'partition-keys', 'table-options', 'table-options.delimiter', 'converter-after-transform', 'description'] as const;
/** Options every sink takes besides its own. */
export const sinkChangeOptions: readonly DeclaredOption[] = [
  { key: 'include.schema.changes', type: 'list', description: 'Changes the sink is told of, as a list; `drop` stands for all that begin so. create.table always is.' },
  { key: 'exclude.schema.changes', type: 'list', description: "Changes the sink is not told of; goes before the other. With 'lenient' by default drop.table and truncate.table." },
];
