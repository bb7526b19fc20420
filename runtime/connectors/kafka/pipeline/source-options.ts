/** Options of the pipeline source `kafka`. Source: Alibaba Cloud "Message Queue for Kafka" (data ingestion), Flink CDC "Kafka CDC". */
import type { DeclaredOption } from '../../../../catalog/options/options.ts';
import { kafkaOptions } from '../options.ts';
import { clientProperties, ofTables } from './options.ts';

export const kafkaPipelineSourceOptions: readonly DeclaredOption[] = [
  ofTables('topic'), ofTables('topic-pattern'), ofTables('properties.bootstrap.servers'), ofTables('properties.group.id'),
  ...clientProperties,
  { key: 'value.format', type: 'enum', values: ['debezium-json', 'canal-json', 'json'], required: true, description: 'What a message is.' },
  { key: 'key.format', type: 'enum', values: ['json'], default: 'json', description: 'Format of the key; its members are the primary key.' },
  { key: 'key.fields-prefix', type: 'string', default: '', description: 'json: stands before the columns of the key.' },
  { key: 'value.fields-prefix', type: 'string', default: '', description: 'json: stands before the columns of the value.' },
  { key: 'scan.startup.mode', type: 'enum', values: ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'], default: 'earliest-offset', description: 'Where to begin without a savepoint.' },
  ofTables('scan.startup.timestamp-millis'), ofTables('scan.startup.specific-offsets'), ofTables('scan.topic-partition-discovery.interval'), ofTables('scan.check.duplicated.group.id'),
  { key: 'scan.bounded.mode', type: 'enum', values: ['unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'], default: 'unbounded', description: 'Where the pipeline ends; fixed once at start.' },
  ofTables('scan.bounded.timestamp-millis'), ofTables('scan.bounded.specific-offsets'), ofTables('scan.header-filter'),
  { key: 'scan.max.pre.fetch.records', type: 'int', default: '50', description: 'Records of each topic looked at before the start, for the columns there are.' },
  { key: 'schema.inference.strategy', type: 'enum', values: ['continuous', 'static'], default: 'continuous', description: 'Whether columns met later are added and types widened.' },
  { key: 'json.infer-schema.fixed-types', type: 'string', description: 'Types of columns that are not to be inferred: `price:DECIMAL(10,2),id:BIGINT`.' },
  { key: 'json.infer-schema.primitive-as-string', type: 'boolean', default: 'false', description: 'All primitives are STRING.' },
  { key: 'json.decode.parser-table-id.fields', type: 'string', description: 'json: fields whose values name the table, as in `db,table`; by default the topic does.' },
  { key: 'timestamp-format.standard', type: 'enum', values: ['SQL', 'ISO-8601'], default: 'SQL', description: 'Which form of a timestamp is looked for first.' },
  { key: 'ingestion.ignore-errors', type: 'boolean', default: 'false', description: 'Messages that cannot be read are left out, counted and logged.' },
  { key: 'ingestion.error-tolerance.max-count', type: 'int', default: '-1', description: 'How many may be left out; -1 is any number.' },
  { key: 'debezium-json.distributed-tables', type: 'boolean', default: 'false', description: 'Accepted; tables may be spread over topics.' },
  { key: 'debezium-json.*', type: 'string', description: 'Accepted: schema-include is found in the message.' },
  { key: 'canal-json.*', type: 'string', description: 'Accepted.' },
  { key: 'schema-change.enabled', type: 'boolean', default: 'true', description: 'Tell the sink of columns that are added or widened.' },
  { key: 'metadata.list', type: 'string', description: 'Accepted: op_ts, is_snapshot are not known of messages.' },
  ...kafkaOptions.filter((o) => o.key.startsWith('aliyun.kafka.')),
];
