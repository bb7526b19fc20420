/**
 * `kafka` and `upsert-kafka` as the planner sees them: options checked with Flink's messages, formats split by role, start and end
 * places parsed. Source: Flink KafkaDynamicTableFactory, UpsertKafkaDynamicTableFactory, KafkaConnectorOptionsUtil.
 */
import { APPEND, UPSERT, type Connector, type DescribeContext, type Json, type SinkDescription, type SourceDescription } from '../../../catalog/registry/connectors.ts';
import { pathSummary, type TableObject } from '../../../catalog/objects/objects.ts';
import { parseBoolean, parseDuration, parseEnum, parseInteger, parseList } from '../../../catalog/options/options.ts';
import { invalidTableOptions } from '../../../core/errors/connector.ts';
import { BIGINT, BYTES, INT, STRING, array, map, notNull, row, timestampLtz, type SqlType } from '../../../core/types/sql-type.ts';
import { DEFAULT_SAMPLES, MAX_SAMPLES } from '../bad-records.ts';
import { checkOptions, describeFormat, formatOf, physicalColumns, type TableFormat } from '../table-options.ts';
import { KafkaClientConfig } from './client/index.ts';
import { parseHeaderFilter } from './header-filter.ts';
import { isTopicName } from './pipeline/topic-name.ts';
import { kafkaOptions, upsertKafkaOptions } from './options.ts';
import { compilePattern } from './places.ts';
import type { FormatSpec, KafkaSinkSpec, KafkaSourceSpec, PlaceSpec } from './spec.ts';

const DEAD_LETTER_TOPIC = 'scan.dead-letter.topic';
const HEADERS = notNull(map(notNull(STRING), notNull(BYTES)));
export const READABLE_METADATA: ReadonlyMap<string, SqlType> = new Map([
  ['topic', notNull(STRING)], ['partition', notNull(INT)], ['headers', HEADERS], ['leader-epoch', INT], ['offset', notNull(BIGINT)], ['timestamp', notNull(timestampLtz(3))], ['timestamp-type', notNull(STRING)],
  ['header-list', array(row([{ name: 'key', type: STRING }, { name: 'value', type: BYTES }]))], ['__raw_key__', STRING], ['__raw_value__', STRING],
]);
const WRITABLE_METADATA: ReadonlyMap<string, SqlType> = new Map([['headers', map(STRING, BYTES)], ['timestamp', timestampLtz(3)]]);

const fail = (table: TableObject, what: string, hint?: string): Error => invalidTableOptions({ table: pathSummary(table.path), what, hint });
/** Client properties, checked by the client's own reading of them. */
function propertiesOf(table: TableObject): Record<string, string> {
  const properties = new Map([...table.options].filter(([k]) => k.startsWith('properties.')).map(([k, v]) => [k.slice('properties.'.length), v]));
  KafkaClientConfig.fromProperties(properties);
  const reset = properties.get('auto.offset.reset');
  if (reset !== undefined && !['latest', 'earliest', 'none'].includes(reset)) throw fail(table, `auto.offset.reset can not be set to ${reset}. Valid values: [latest,earliest,none]`);
  return Object.fromEntries(properties);
}

/** The formats and which columns each carries. */
interface Layout { readonly key: TableFormat | undefined; readonly value: TableFormat; readonly keyColumns: readonly string[]; readonly valueColumns: readonly string[] }
function layoutOf(table: TableObject, context: DescribeContext, upsert: boolean): Layout {
  if (upsert && table.options.has('format')) throw fail(table, "'upsert-kafka' takes 'value.format', not 'format'");
  const value = formatOf(table, context, 'value.format') ?? formatOf(table, context, 'format');
  if (value === undefined) throw fail(table, "a format must be specified: 'format' or 'value.format'", `Available formats: ${context.formats.identifiers().join(', ')}.`);
  const key = formatOf(table, context, 'key.format'), names = physicalColumns(table).map((c) => c.name);
  const declared = table.options.get('key.fields');
  if (!upsert && declared !== undefined && key === undefined) throw fail(table, "the option 'key.fields' can only be declared if a key format is defined using 'key.format'");
  if (!upsert && key !== undefined && (declared === undefined || parseList(declared).length === 0)) throw fail(table, "a key format 'key.format' requires the declaration of one or more of key fields using 'key.fields'");
  if (upsert && key === undefined) throw fail(table, "'upsert-kafka' tables require 'key.format'");
  const keyColumns = upsert ? names.filter((n) => table.primaryKey?.columns.includes(n) === true) : key === undefined ? [] : parseList(declared ?? '');
  for (const k of keyColumns) if (!names.includes(k)) throw fail(table, `could not find the field '${k}' in the table schema for usage in the key format. A key field must be a regular, physical column`, `Physical columns: ${names.join(', ')}.`);
  const prefix = table.options.get('key.fields-prefix') ?? '', include = parseEnum('value.fields-include', table.options.get('value.fields-include') ?? 'ALL', ['ALL', 'EXCEPT_KEY']);
  if (prefix !== '') {
    for (const k of keyColumns) if (!k.startsWith(prefix)) throw fail(table, `all fields in 'key.fields' must be prefixed with '${prefix}' when option 'key.fields-prefix' is set but field '${k}' is not prefixed`);
    if (include === 'ALL') throw fail(table, "a key prefix is not allowed when option 'value.fields-include' is set to 'ALL'. Set it to 'EXCEPT_KEY' instead to avoid field overlaps");
  }
  const insertOnly = (f: TableFormat): boolean => f.descriptor.decodeMode?.delete !== true && f.descriptor.encodeMode?.delete !== true;
  if (key !== undefined && !insertOnly(key)) throw fail(table, `a key format should only deal with INSERT-only records. But '${key.descriptor.identifier}' has a changelog mode of other kinds`);
  if (upsert && !insertOnly(value)) throw fail(table, `'upsert-kafka' connector doesn't support '${value.descriptor.identifier}' as value format, because '${value.descriptor.identifier}' is not in insert-only mode`);
  return { key, value, keyColumns, valueColumns: include === 'ALL' ? names : names.filter((n) => !keyColumns.includes(n)) };
}
function formatSpec(table: TableObject, format: TableFormat, columns: readonly string[], prefix: string, direction: 'decode' | 'encode'): FormatSpec {
  const physical = physicalColumns(table), places = new Map(physical.map((c, i) => [c.name, i]));
  const fields = columns.map((name) => {
    const field = places.get(name) ?? -1, type = physical[field]?.type ?? STRING;
    if (prefix !== '' && !name.startsWith(prefix)) throw fail(table, `all value fields must be prefixed with '${prefix}' when option 'value.fields-prefix' is set but field '${name}' is not prefixed`);
    return { name: name.slice(prefix.length), type, field };
  });
  return { format: format.descriptor.identifier, settings: describeFormat(table, format, fields, direction), fields };
}
function specsOf(table: TableObject, layout: Layout, direction: 'decode' | 'encode'): { key: FormatSpec | null; value: FormatSpec } {
  return {
    key: layout.key === undefined ? null : formatSpec(table, layout.key, layout.keyColumns, table.options.get('key.fields-prefix') ?? '', direction),
    value: formatSpec(table, layout.value, layout.valueColumns, table.options.get('value.fields-prefix') ?? '', direction),
  };
}

function place(table: TableObject, kind: 'startup' | 'bounded', mode: string): PlaceSpec {
  const key = (name: string): string => `scan.${kind}.${name}`;
  if (mode === 'timestamp') {
    const text = table.options.get(key('timestamp-millis'));
    if (text === undefined) throw fail(table, `'${key('timestamp-millis')}' is required in 'timestamp' ${kind} mode but missing`);
    return { mode, timestampMs: parseInteger(key('timestamp-millis'), text, 0) };
  }
  if (mode !== 'specific-offsets') return { mode };
  const text = table.options.get(key('specific-offsets'));
  if (text === undefined) throw fail(table, `'${key('specific-offsets')}' is required in 'specific-offsets' ${kind} mode but missing`);
  if (kind === 'startup' && parseList(table.options.get('topic') ?? '').length !== 1) throw fail(table, 'currently Kafka source only supports specific offset for single topic');
  const offsets = text.split(';').filter((p) => p.trim() !== '').map((pair): [number, number] => {
    const m = /^\s*partition:(\d+)\s*,\s*offset:(\d+)\s*$/.exec(pair);
    if (m === null) throw fail(table, `invalid properties '${key('specific-offsets')}' should follow the format 'partition:0,offset:42;partition:1,offset:300', but is '${text}'`);
    return [Number(m[1]), Number(m[2])];
  });
  return { mode, offsets };
}
function topicsOf(table: TableObject): { topics: string[] | null; pattern: string | null } {
  const topic = table.options.get('topic'), pattern = table.options.get('topic-pattern');
  if (topic !== undefined && pattern !== undefined) throw fail(table, "option 'topic' and 'topic-pattern' shouldn't be set together");
  if (topic === undefined && pattern === undefined) throw fail(table, "either 'topic' or 'topic-pattern' must be set");
  if (pattern !== undefined) {
    try { compilePattern(pattern); } catch (error) { throw fail(table, `option 'topic-pattern' is not a regular expression: ${error instanceof Error ? error.message : String(error)}`); }
    return { topics: null, pattern };
  }
  const topics = parseList(topic ?? '');
  if (topics.length === 0) throw fail(table, "option 'topic' names no topic");
  return { topics, pattern: null };
}
const STARTUP_MODES = ['earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'];

function describeSource(connector: Connector, table: TableObject, context: DescribeContext, upsert: boolean): SourceDescription {
  requireKey(table, upsert);
  const layout = layoutOf(table, context, upsert);
  checkOptions(connector, table, layout.key === undefined ? [layout.value] : [layout.key, layout.value]);
  const o = table.options, given = parseEnum('scan.startup.mode', o.get('scan.startup.mode') ?? (context.bounded ? 'earliest-offset' : 'group-offsets'), STARTUP_MODES);
  const startup = upsert ? { mode: 'earliest-offset' } : place(table, 'startup', given);
  const end = parseEnum('scan.bounded.mode', o.get('scan.bounded.mode') ?? 'unbounded', ['unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets']);
  const bounded = place(table, 'bounded', end === 'unbounded' && context.bounded ? 'latest-offset' : end);
  const changelog = layout.value.descriptor.decodeMode ?? APPEND;
  const spec: KafkaSourceSpec = {
    table: pathSummary(table.path), ...topicsOf(table), properties: propertiesOf(table), groupId: o.get('properties.group.id') ?? null, startup, bounded,
    discoveryMs: bounded.mode === 'unbounded' ? parseDuration('scan.topic-partition-discovery.interval', o.get('scan.topic-partition-discovery.interval') ?? '5 min') : 0,
    checkGroup: parseBoolean('scan.check.duplicated.group.id', o.get('scan.check.duplicated.group.id') ?? 'false'),
    ...badRecordsOf(table), headerFilter: headerFilterOf(table), ...specsOf(table, layout, 'decode'), upsert, changelog: changelog.delete || changelog.updateAfter,
  };
  const bare = (format: FormatSpec | null): Json => (format === null ? null : { format: format.format, fields: format.fields as unknown as Json });
  // Not: how to connect, the group, what to do with bad records and other settings of formats.
  const identity: Json = {
    table: spec.table, topics: spec.topics, pattern: spec.pattern, cluster: spec.properties['bootstrap.servers'] ?? null, startup: spec.startup as unknown as Json, bounded: spec.bounded as unknown as Json,
    upsert, changelog: spec.changelog, headerFilter: spec.headerFilter, key: bare(spec.key), value: bare(spec.value),
  };
  const metadata = new Map([...READABLE_METADATA, ...[...layout.value.descriptor.metadata].map(([k, t]): [string, SqlType] => [`value.${k}`, t])]);
  return { changelogMode: upsert ? UPSERT : changelog, bounded: bounded.mode !== 'unbounded', metadata, spec: { ...spec, identity } as unknown as Json, upsertKey: upsert ? layout.keyColumns : undefined };
}
function badRecordsOf(table: TableObject): Pick<KafkaSourceSpec, 'onError' | 'deadLetterTopic' | 'samples'> {
  const onError = parseEnum('scan.on-error', table.options.get('scan.on-error') ?? 'fail', ['fail', 'skip', 'dead-letter']) as KafkaSourceSpec['onError'], topic = table.options.get(DEAD_LETTER_TOPIC);
  const samples = parseInteger('scan.bad-records.samples', table.options.get('scan.bad-records.samples') ?? String(DEFAULT_SAMPLES), 0, MAX_SAMPLES);
  if (onError !== 'dead-letter') {
    if (topic !== undefined) throw fail(table, `option '${DEAD_LETTER_TOPIC}' is only used with 'scan.on-error' = 'dead-letter'`);
    return { onError, samples };
  }
  if (topic === undefined) throw fail(table, `'scan.on-error' = 'dead-letter' requires option '${DEAD_LETTER_TOPIC}'`);
  if (!isTopicName(topic)) throw fail(table, `option '${DEAD_LETTER_TOPIC}' is no name of a topic: '${topic.slice(0, 300)}'`, 'Kafka takes up to 249 letters, digits, dots, underscores and dashes.');
  const { topics, pattern } = topicsOf(table);
  if (topics?.includes(topic) === true || (pattern !== null && compilePattern(pattern).matches(topic))) throw fail(table, `the dead-letter topic '${topic}' is one that the table reads: its records would come back again and again`);
  return { onError, deadLetterTopic: topic, samples };
}
function headerFilterOf(table: TableObject): string | null {
  const text = table.options.get('scan.header-filter') ?? null;
  if (text !== null && parseHeaderFilter(text) === undefined) throw fail(table, `option 'scan.header-filter' cannot be read: '${text}'`, "Write conditions as 'key:value', joined by & and |, with ! in front for «not».");
  return text;
}
function requireKey(table: TableObject, upsert: boolean): void {
  if (upsert && table.primaryKey === undefined) {
    throw fail(table, "'upsert-kafka' tables require to define a PRIMARY KEY constraint. The PRIMARY KEY specifies which columns should be read from or write to the Kafka message key", 'Add PRIMARY KEY (…) NOT ENFORCED.');
  }
}
function describeSink(connector: Connector, table: TableObject, context: DescribeContext, upsert: boolean): SinkDescription {
  requireKey(table, upsert);
  const layout = layoutOf(table, context, upsert), o = table.options;
  checkOptions(connector, table, layout.key === undefined ? [layout.value] : [layout.key, layout.value]);
  const { topics, pattern } = topicsOf(table), [topic] = topics ?? [];
  if (pattern !== null || topic === undefined || (topics?.length ?? 0) > 1) throw fail(table, "a Kafka sink writes to one topic: 'topic' must name exactly one");
  const guarantee = parseEnum('sink.delivery-guarantee', o.get('sink.delivery-guarantee') ?? o.get('sink.semantic') ?? 'at-least-once', ['none', 'at-least-once', 'exactly-once']) as KafkaSinkSpec['guarantee'];
  const prefix = o.get('sink.transactional-id-prefix') ?? null;
  if (guarantee === 'exactly-once' && prefix === null) throw fail(table, 'sink.transactional-id-prefix must be specified when using DeliveryGuarantee.EXACTLY_ONCE');
  const partitioner = parseEnum('sink.partitioner', o.get('sink.partitioner') ?? 'default', ['default', 'fixed', 'round-robin']) as KafkaSinkSpec['partitioner'];
  if (partitioner === 'round-robin' && layout.key !== undefined) throw fail(table, "currently 'round-robin' partitioner only works when option 'key.fields' is not specified");
  const buffer = upsert ? bufferOf(table) : { bufferRows: 0, bufferMs: 0 };
  const spec: KafkaSinkSpec = { table: pathSummary(table.path), topic, properties: propertiesOf(table), ...specsOf(table, layout, 'encode'), upsert, guarantee, transactionalIdPrefix: prefix, partitioner, ...buffer };
  const parallelism = o.get('sink.parallelism');
  return { changelogMode: upsert ? UPSERT : layout.value.descriptor.encodeMode ?? APPEND, metadata: WRITABLE_METADATA, spec: spec as unknown as Json, parallelism: parallelism === undefined ? undefined : parseInteger('sink.parallelism', parallelism, 1, 1024) };
}
function bufferOf(table: TableObject): { bufferRows: number; bufferMs: number } {
  const rows = parseInteger('sink.buffer-flush.max-rows', table.options.get('sink.buffer-flush.max-rows') ?? '0', 0), interval = parseDuration('sink.buffer-flush.interval', table.options.get('sink.buffer-flush.interval') ?? '0');
  if ((rows > 0) !== (interval > 0)) throw fail(table, "'sink.buffer-flush.max-rows' and 'sink.buffer-flush.interval' must be set to be greater than zero together to enable sink buffer flushing");
  return { bufferRows: rows, bufferMs: interval };
}

export const kafkaConnector: Connector = {
  identifier: 'kafka', description: 'Topics of Apache Kafka as streams.', options: kafkaOptions,
  describeSource: (table, context) => describeSource(kafkaConnector, table, context, false),
  describeSink: (table, context) => describeSink(kafkaConnector, table, context, false),
};
export const upsertKafkaConnector: Connector = {
  identifier: 'upsert-kafka', description: 'A compacted topic as a table: the last value of each key counts, a null value deletes.', options: upsertKafkaOptions,
  describeSource: (table, context) => describeSource(upsertKafkaConnector, table, context, true),
  describeSink: (table, context) => describeSink(upsertKafkaConnector, table, context, true),
};
