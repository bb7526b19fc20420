/** `upsert-kafka` and `kafka` as sinks of pipelines: options checked, turned into the writer's spec. Errors name the option. */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import type { PipelineConnector, PipelineDescribeContext, PipelineOptions, PipelineSinkDescription } from '../../../../catalog/registry/pipelines.ts';
import { parseBoolean, parseEnum, parseInteger } from '../../../../catalog/options/options.ts';
import { pipelineInvalidOption } from '../../../../core/errors/pipeline.ts';
import { tablePatterns } from '../../../../core/text/table-pattern.ts';
import { jsonDescriptor } from '../../../formats/json/descriptor.ts';
import { KafkaClientConfig } from '../client/index.ts';
import { kafkaSourceHalf } from './source-describe.ts';
import { kafkaPipelineSourceOptions } from './source-options.ts';
import { kafkaSinkOptions, upsertKafkaSinkOptions } from './options.ts';
import { PARTITION_STRATEGIES, PIPELINE_VALUE_FORMATS, type KafkaPipelineSpec, type PartitionStrategy, type PipelineValueFormat } from './spec.ts';
import { isTopicName, topicOf } from './topic-name.ts';

/** Longest prefix first: the rest of the key is the format's option. */
function jsonSettings(options: PipelineOptions, prefixes: readonly string[], not: readonly string[] = []): Json {
  const given = new Map([...prefixes].reverse().flatMap((prefix) => [...options].filter(([k]) => k.startsWith(prefix) && !not.includes(k)).map(([k, v]): [string, string] => [k.slice(prefix.length), v])));
  for (const key of given.keys()) {
    const known = jsonDescriptor.options.map((o) => o.key);
    if (!known.includes(key)) throw pipelineInvalidOption({ where: 'the block sink', what: `'${prefixes[0]}${key}' is not an option of the json format`, hint: `There are ${known.join(', ')}.` });
  }
  return jsonDescriptor.describe(given, [], 'value', 'encode');
}
class Options {
  readonly given: PipelineOptions;
  readonly where: string;
  constructor(given: PipelineOptions, where: string) { this.given = given; this.where = where; }
  text(key: string, byDefault: string): string { return this.given.get(key) ?? byDefault; }
  flag(key: string): boolean { return parseBoolean(key, this.text(key, 'false')); }
  refuse(what: string, hint?: string): Error { return pipelineInvalidOption({ where: this.where, what, hint }); }
}
/** `patterns:value;patterns:value`; the last colon counts. */
function mapped(o: Options, key: string): { readonly patterns: readonly string[]; readonly value: string }[] {
  return o.text(key, '').split(';').map((entry) => entry.trim()).filter((entry) => entry !== '').map((entry) => {
    const at = entry.lastIndexOf(':'), value = entry.slice(at + 1).trim();
    if (at <= 0 || value === '') throw o.refuse(`'${key}' has "${entry}", which is not tables:value`, 'Write db.t1,db.t2:value;db.\\.*:value.');
    return { patterns: tablePatterns(key, entry.slice(0, at), true), value };
  });
}
/** Documentation separates headers by commas, the code of Flink CDC by semicolons: both. */
function headersOf(o: Options): [string, string][] {
  return o.text('sink.custom-header', '').split(/[,;]/).map((h) => h.trim()).filter((h) => h !== '').map((header) => {
    const at = header.indexOf(':');
    if (at <= 0) throw o.refuse(`'sink.custom-header' has "${header}", which is not key:value`);
    return [header.slice(0, at).trim(), header.slice(at + 1).trim()];
  });
}
function topicsOf(o: Options): Pick<KafkaPipelineSpec, 'topic' | 'mapping'> {
  const topic = o.given.get('topic')?.trim() ?? null, mapping = mapped(o, 'sink.tableId-to-topic.mapping').map(({ patterns, value }) => ({ patterns, topic: value }));
  for (const name of [...(topic === null ? [] : [topic]), ...mapping.map((m) => m.topic)]) if (!isTopicName(name)) throw o.refuse(`"${name}" cannot be the name of a topic`, 'Kafka takes up to 249 letters, digits, dots, underscores and dashes.');
  return { topic, mapping };
}
function describeSink(given: PipelineOptions, context: PipelineDescribeContext, upsert: boolean): PipelineSinkDescription {
  const o = new Options(given, `sink ${context.name}`), properties = new Map([...given].filter(([k]) => k.startsWith('properties.')).map(([k, v]) => [k.slice('properties.'.length), v]));
  KafkaClientConfig.fromProperties(properties);
  const format = parseEnum('value.format', o.text('value.format', upsert ? 'json' : 'debezium-json'), upsert ? ['json'] : PIPELINE_VALUE_FORMATS) as PipelineValueFormat;
  const init = parseEnum('canal-json.snapshot-type', o.text('canal-json.snapshot-type', 'INSERT'), ['INSERT', 'INIT']) === 'INIT';
  const strategy = parseEnum('partition.strategy', o.text('partition.strategy', upsert ? 'hash-by-key' : 'all-to-zero'), PARTITION_STRATEGIES) as PartitionStrategy;
  const columns = mapped(o, 'partition.columns').map(({ patterns, value }) => ({ patterns, names: value.split(',').map((n) => n.trim()) }));
  if (strategy === 'hash-by-columns' && columns.length === 0) throw o.refuse("'partition.strategy' is hash-by-columns, but 'partition.columns' names none", 'Write partition.columns: db.orders:user_id.');
  if (strategy !== 'hash-by-columns' && columns.length > 0) throw o.refuse(`'partition.columns' has no effect with 'partition.strategy' ${strategy}`);
  const initType = format === 'avro' || (format === 'canal-json' && init);
  const topics = topicsOf(o), statements = o.flag('sink.ddl-messages.enabled');
  if (statements && format !== 'canal-json' && format !== 'avro') throw o.refuse(`'sink.ddl-messages.enabled' needs 'value.format' canal-json or avro, not ${format}`);
  const spec: KafkaPipelineSpec = {
    table: context.name, properties: Object.fromEntries(properties), guarantee: parseEnum('sink.delivery-guarantee', o.text('sink.delivery-guarantee', 'at-least-once'), ['none', 'at-least-once', 'exactly-once']) as KafkaPipelineSpec['guarantee'],
    transactionalIdPrefix: given.get('sink.transactional-id-prefix') ?? null, upsert, ...topics,
    key: { format: parseEnum('key.format', o.text('key.format', 'json'), ['json', 'csv']) as 'json', settings: jsonSettings(given, ['key.json.', 'json.']), withTableId: !upsert },
    value: {
      format, settings: jsonSettings(given, format === 'json' || format === 'avro' ? ['value.json.', 'json.'] : [`${format}.`, 'value.json.', 'json.'], ['debezium-json.include-schema.enabled', 'debezium-json.emit.full-table-id.enabled', 'canal-json.snapshot-type']),
      includeSchema: o.flag('debezium-json.include-schema.enabled'), fullTableId: o.flag('debezium-json.emit.full-table-id.enabled'), initType,
    },
    partition: { strategy, columns },
    newTopic: {
      partitions: parseInteger('sink.topic.partitions', o.text('sink.topic.partitions', '-1'), -1, 100_000), replicationFactor: parseInteger('sink.topic.replication-factor', o.text('sink.topic.replication-factor', '-1'), -1, 1000),
      configs: { ...(upsert ? { 'cleanup.policy': 'compact' } : {}), ...Object.fromEntries([...given].filter(([k]) => k.startsWith('sink.topic.config.')).map(([k, v]) => [k.slice('sink.topic.config.'.length), v])) },
    },
    headers: headersOf(o), tableIdHeaders: o.flag('sink.add-tableId-to-header-enabled'),
    facts: format === 'avro' ? ['op_ts', 'binlog_file', 'binlog_pos', 'gtid', 'is_snapshot'] : initType ? ['is_snapshot'] : [],
  };
  const identity: Json = { cluster: properties.get('bootstrap.servers') ?? null, topic: topics.topic, mapping: topics.mapping as unknown as Json };
  return { connector: 'kafka-pipeline', spec: spec as unknown as Json, identity, facts: spec.facts, needsKey: upsert, statements, repeats: spec.guarantee !== 'exactly-once' };
}
const targetOf: NonNullable<PipelineConnector['targetOf']> = (sink, id) => topicOf(sink.spec as unknown as KafkaPipelineSpec, id);

export const upsertKafkaPipeline: PipelineConnector = {
  identifier: 'upsert-kafka', description: 'Each table into a compacted topic: a row under its key, a null value where it was deleted.', options: upsertKafkaSinkOptions,
  describeSink: (options, context) => describeSink(options, context, true), targetOf,
};
export const kafkaPipeline: PipelineConnector = {
  identifier: 'kafka', description: 'As a sink every change as a record, in a format that tells what changed; as a source such records, or plain rows.', options: kafkaSinkOptions, sourceOptions: kafkaPipelineSourceOptions, ...kafkaSourceHalf,
  describeSink: (options, context) => describeSink(options, context, false), targetOf,
};
