/** Options of `kafka` and `upsert-kafka` tables. Source: Apache Flink "Apache Kafka SQL Connector", Alibaba Cloud "Kafka connector". */
import type { DeclaredOption } from '../../../catalog/options/options.ts';

/** Client properties that are never shown. */
const secrets = ['sasl.jaas.config', 'ssl.key.password', 'ssl.keystore.password', 'ssl.keystore.key', 'ssl.truststore.password'].map((k): DeclaredOption => ({ key: `properties.${k}`, type: 'string', secret: true, description: 'Kafka client property; shown as ******.' }));
const common: readonly DeclaredOption[] = [
  { key: 'topic', type: 'list', description: 'Topics, separated by `;`. A sink has one.' },
  { key: 'topic-pattern', type: 'string', description: 'Regular expression of topics to read; looked at again at every discovery.' },
  { key: 'properties.bootstrap.servers', type: 'string', required: true, description: 'Brokers, separated by commas.' },
  { key: 'properties.group.id', type: 'string', description: 'Consumer group for committed offsets; not used to assign partitions.' },
  ...secrets,
  { key: 'properties.*', type: 'map', description: 'Kafka client properties: SASL, TLS, isolation.level, auto.offset.reset and the like.' },
  { key: 'format', type: 'string', description: 'Format of the value.' },
  { key: 'key.format', type: 'string', description: 'Format of the key.' },
  { key: 'value.format', type: 'string', description: 'Format of the value.' },
  { key: 'key.fields', type: 'list', description: 'Columns of the key, with their prefix, separated by `;`.' },
  { key: 'key.fields-prefix', type: 'string', default: '', description: 'Prefix of key columns in the table, not in the message.' },
  { key: 'value.fields-prefix', type: 'string', default: '', description: 'Prefix of value columns in the table, not in the message (Alibaba).' },
  { key: 'value.fields-include', type: 'enum', values: ['ALL', 'EXCEPT_KEY'], default: 'ALL', description: 'Whether key columns also stand in the value.' },
  { key: 'scan.topic-partition-discovery.interval', type: 'duration', default: '5 min', description: 'How often new partitions and topics are looked for; 0 switches it off.' },
  { key: 'scan.parallelism', type: 'int', description: 'Accepted; sources run at the job\'s parallelism.' },
  { key: 'scan.startup.mode', type: 'enum', values: ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'], default: 'group-offsets', description: 'Where to begin without a checkpoint.' },
  { key: 'scan.startup.timestamp-millis', type: 'long', description: 'For `timestamp`: first record at or after this epoch time.' },
  { key: 'scan.startup.specific-offsets', type: 'string', description: 'For `specific-offsets`: `partition:0,offset:42;partition:1,offset:300`.' },
  { key: 'scan.bounded.mode', type: 'enum', values: ['unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'], default: 'unbounded', description: 'Where the table ends; fixed once at start.' },
  { key: 'scan.bounded.timestamp-millis', type: 'long', description: 'For `timestamp`.' },
  { key: 'scan.bounded.specific-offsets', type: 'string', description: 'For `specific-offsets`; partitions not listed are not read.' },
  { key: 'scan.check.duplicated.group.id', type: 'boolean', default: 'false', description: 'Refuse to start while another consumer uses the group (Alibaba).' },
  { key: 'scan.on-error', type: 'enum', values: ['fail', 'skip', 'dead-letter'], default: 'fail', description: 'A record that cannot be read fails the job, or is counted, logged and left out, or goes as it is to `scan.dead-letter.topic`. SELECT leaves it out in both cases.' },
  { key: 'scan.dead-letter.topic', type: 'string', description: 'For `dead-letter`: topic of the same cluster; made when it is missing.' },
  { key: 'scan.bad-records.samples', type: 'int', default: '10', description: 'Records that could not be read kept for SHOW BAD RECORDS, each shortened to 200 bytes; 0 to 100.' },
  { key: 'scan.header-filter', type: 'string', description: 'Reads only records whose headers fit, e.g. `depart:toy|depart:book&!env:test`; from left to right, without brackets (Alibaba).' },
  { key: 'sink.partitioner', type: 'string', default: 'default', description: '`default` (hash of the key), `fixed` (by subtask) or `round-robin`.' },
  { key: 'sink.parallelism', type: 'int', description: 'Subtasks of the sink.' },
  { key: 'sink.delivery-guarantee', type: 'enum', values: ['none', 'at-least-once', 'exactly-once'], default: 'at-least-once', description: 'What a failure may do to written rows.' },
  { key: 'sink.semantic', type: 'enum', values: ['none', 'at-least-once', 'exactly-once'], description: 'Old name of sink.delivery-guarantee.' },
  { key: 'sink.transactional-id-prefix', type: 'string', description: 'Required for exactly-once; unique per job.' },
  { key: 'sink.transaction-naming-strategy', type: 'enum', values: ['INCREMENTING', 'POOLING'], default: 'INCREMENTING', description: 'Accepted; a few transactional ids per subtask are used in turn.' },
  ...['accessKeyId', 'accessKeySecret', 'instanceId', 'endpoint', 'regionId'].map((k): DeclaredOption => ({ key: `aliyun.kafka.${k}`, type: 'string', secret: k === 'accessKeySecret', description: 'Accepted for ApsaraMQ; not used.' })),
];
export const kafkaOptions: readonly DeclaredOption[] = common;
export const upsertKafkaOptions: readonly DeclaredOption[] = [
  ...common.filter((o) => o.key !== 'topic-pattern' && o.key !== 'key.fields' && o.key !== 'format'),
  { key: 'sink.buffer-flush.max-rows', type: 'int', default: '0', description: 'Rows gathered per key before they are written; 0 writes at once.' },
  { key: 'sink.buffer-flush.interval', type: 'duration', default: '0', description: 'Longest time rows are gathered; 0 writes at once.' },
];
