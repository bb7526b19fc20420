/** Options of the pipelines' Kafka sinks. Source: Flink CDC "Kafka pipeline connector", Alibaba Cloud "Message Queue for Kafka" (data ingestion); the `sink.topic.*` options and two partition strategies are ours, after DTS. */
import type { DeclaredOption } from '../../../../catalog/options/options.ts';
import { kafkaOptions } from '../options.ts';
import { PARTITION_STRATEGIES, PIPELINE_VALUE_FORMATS } from './spec.ts';

/** An option as SQL tables have it. */
export const ofTables = (key: string): DeclaredOption => kafkaOptions.find((o) => o.key === key) as DeclaredOption;
/** What goes to the client: secret ones by name, so that they are masked. */
export const clientProperties: readonly DeclaredOption[] = [...kafkaOptions.filter((o) => o.key.startsWith('properties.') && o.secret === true), ofTables('properties.*')];
const common: readonly DeclaredOption[] = [
  ofTables('properties.bootstrap.servers'),
  ...clientProperties,
  { key: 'topic', type: 'string', description: 'One topic for all tables; by default each goes to a topic with the text of its routed id, `db.table`.' },
  { key: 'sink.tableId-to-topic.mapping', type: 'string', description: "Topics of tables: `db.t1,db.t2:topicA;db.\\.*:topicB`. 'topic' goes before it." },
  { key: 'sink.delivery-guarantee', type: 'enum', values: ['none', 'at-least-once', 'exactly-once'], default: 'at-least-once', description: 'What a failure may do to written rows.' },
  { key: 'sink.transactional-id-prefix', type: 'string', description: "For exactly-once: begins the transactional ids; by default the job's id." },
  { key: 'sink.add-tableId-to-header-enabled', type: 'boolean', default: 'false', description: 'Headers namespace, schemaName, tableName with every record.' },
  { key: 'sink.custom-header', type: 'string', default: '', description: 'Headers of every record: `key:value,key:value`; `;` separates too.' },
  { key: 'sink.topic.partitions', type: 'int', default: '-1', description: "Partitions of topics made; -1 is the cluster's default." },
  { key: 'sink.topic.replication-factor', type: 'int', default: '-1', description: "Replicas of topics made; -1 is the cluster's default." },
  { key: 'sink.topic.config.*', type: 'string', description: 'Settings of topics made, such as `sink.topic.config.retention.ms`.' },
  { key: 'partition.columns', type: 'string', description: 'For hash-by-columns: `db.t1:a,b;db.\\.*:c`. Tables not named go by their key.' },
  { key: 'key.format', type: 'enum', values: ['json', 'csv'], default: 'json', description: 'Format of the key.' },
  { key: 'key.json.*', type: 'string', description: 'Options of the json format for the key.' },
  { key: 'value.json.*', type: 'string', description: 'Options of the json format for the value; `json.*` is the same.' },
  { key: 'json.*', type: 'string', description: 'Options of the json format.' },
  ...kafkaOptions.filter((o) => o.key.startsWith('aliyun.kafka.')),
];
const strategy = (byDefault: string): DeclaredOption => ({
  key: 'partition.strategy', type: 'enum', values: PARTITION_STRATEGIES, default: byDefault,
  description: "Partition of a record: 0; Kafka's hash of the key; Java's hash of `db.table`; Kafka's hash of chosen columns as JSON.",
});
export const upsertKafkaSinkOptions: readonly DeclaredOption[] = [...common, strategy('hash-by-key'), { key: 'value.format', type: 'enum', values: ['json'], default: 'json', description: 'Format of the value.' }];
export const kafkaSinkOptions: readonly DeclaredOption[] = [
  ...common, strategy('all-to-zero'),
  { key: 'value.format', type: 'enum', values: PIPELINE_VALUE_FORMATS, default: 'debezium-json', description: 'Format of the value; avro is the Record of DTS.' },
  { key: 'debezium-json.include-schema.enabled', type: 'boolean', default: 'false', description: 'Adds `schema` beside `payload`, as Kafka Connect does.' },
  { key: 'debezium-json.emit.full-table-id.enabled', type: 'boolean', default: 'false', description: '`table` of `source` is `db.table`.' },
  { key: 'debezium-json.*', type: 'string', description: 'Options of the json format: timestamp-format.standard and the like.' },
  { key: 'canal-json.snapshot-type', type: 'enum', values: ['INSERT', 'INIT'], default: 'INSERT', description: '`type` of the rows of a snapshot; DTS writes INIT.' },
  { key: 'sink.ddl-messages.enabled', type: 'boolean', default: 'false', description: 'canal-json and avro: statements that change a table are messages of type DDL with their text; to partition 0, or that of their table with hash-by-table.' },
  { key: 'canal-json.*', type: 'string', description: 'Options of the json format: timestamp-format.standard and the like.' },
];
