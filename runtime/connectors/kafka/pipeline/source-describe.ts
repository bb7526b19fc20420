/** The pipeline source `kafka`: its options as the spec of the reader, and the tables in a sample of its topics. */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { FACT_TYPES, type TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import type { PipelineConnector, PipelineDescribeContext, PipelineOptions, PipelineSourceDescription } from '../../../../catalog/registry/pipelines.ts';
import { parseBoolean, parseDuration, parseEnum, parseInteger, parseList } from '../../../../catalog/options/options.ts';
import { pipelineInvalidOption, pipelineNoTables } from '../../../../core/errors/pipeline.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import { STRING, type SqlType } from '../../../../core/types/sql-type.ts';
import { KafkaClientConfig } from '../client/index.ts';
import { openKafkaCatalogPort } from '../catalog-port.ts';
import { parseHeaderFilter } from '../header-filter.ts';
import { compilePattern } from '../places.ts';
import type { KafkaSourceSpec, PlaceSpec } from '../spec.ts';
import { InferredTables } from './inferred-tables.ts';
import { readMessage, type MessageSettings } from './messages.ts';
import { kafkaPipelineSourceOptions } from './source-options.ts';
import type { KafkaPipelineSourceSpec } from './source-spec.ts';

class Options {
  private readonly given: PipelineOptions;
  readonly where: string;
  constructor(given: PipelineOptions, where: string) { this.given = given; this.where = where; }
  maybe(key: string): string | undefined { return this.given.get(key); }
  text(key: string): string { return this.given.get(key) ?? kafkaPipelineSourceOptions.find((o) => o.key === key)?.default ?? ''; }
  flag(key: string): boolean { return parseBoolean(key, this.text(key)); }
  choice(key: string): string { return parseEnum(key, this.text(key), kafkaPipelineSourceOptions.find((o) => o.key === key)?.values ?? []); }
  list(key: string): string[] { return this.text(key).split(',').map((t) => t.trim()).filter((t) => t !== ''); }
  refuse(what: string, hint?: string): Error { return pipelineInvalidOption({ where: this.where, what, hint }); }
}
function topicsOf(o: Options): Pick<KafkaSourceSpec, 'topics' | 'pattern'> {
  const topic = o.maybe('topic'), pattern = o.maybe('topic-pattern');
  if (topic !== undefined && pattern !== undefined) throw o.refuse("option 'topic' and 'topic-pattern' shouldn't be set together");
  if (topic === undefined && pattern === undefined) throw o.refuse("either 'topic' or 'topic-pattern' must be set");
  if (pattern !== undefined) {
    try { compilePattern(pattern); } catch (error) { throw o.refuse(`'topic-pattern' is not a regular expression: ${error instanceof Error ? error.message : String(error)}`); }
    return { topics: null, pattern };
  }
  const topics = parseList((topic ?? '').replaceAll(',', ';'));
  if (topics.length === 0) throw o.refuse("option 'topic' names no topic");
  return { topics, pattern: null };
}
function placeOf(o: Options, kind: 'startup' | 'bounded', ends = false): PlaceSpec {
  const mode = ends && o.maybe('scan.bounded.mode') === undefined ? 'latest-offset' : o.choice(`scan.${kind}.mode`), key = (name: string): string => `scan.${kind}.${name}`;
  if (mode === 'timestamp') {
    if (o.maybe(key('timestamp-millis')) === undefined) throw o.refuse(`'${key('timestamp-millis')}' is required in 'timestamp' ${kind} mode but missing`);
    return { mode, timestampMs: parseInteger(key('timestamp-millis'), o.text(key('timestamp-millis')), 0) };
  }
  if (mode !== 'specific-offsets') return { mode };
  return {
    mode, offsets: o.text(key('specific-offsets')).split(';').filter((p) => p.trim() !== '').map((pair): [number, number] => {
      const m = /^\s*partition:(\d+)\s*,\s*offset:(\d+)\s*$/.exec(pair);
      if (m === null) throw o.refuse(`'${key('specific-offsets')}' should follow the format 'partition:0,offset:42;partition:1,offset:300', but is '${o.text(key('specific-offsets'))}'`);
      return [Number(m[1]), Number(m[2])];
    }),
  };
}
/** Splits at commas outside of brackets. */
function fixedTypes(o: Options, context: PipelineDescribeContext): [string, SqlType][] {
  const key = 'json.infer-schema.fixed-types';
  return o.text(key).split(/,(?![^(<]*[)>])/).map((t) => t.trim()).filter((t) => t !== '').map((entry) => {
    const at = entry.indexOf(':');
    if (at <= 0) throw o.refuse(`'${key}' has "${entry}", which is not column:TYPE`);
    try { return [entry.slice(0, at).trim(), context.parseType(entry.slice(at + 1))]; } catch (error) {
      if (error instanceof RivuletError) throw o.refuse(`'${key}' has "${entry}": ${error.message}`);
      throw error;
    }
  });
}
function describeSource(given: PipelineOptions, context: PipelineDescribeContext): PipelineSourceDescription {
  const o = new Options(given, `source ${context.name}`), properties = new Map([...given].filter(([k]) => k.startsWith('properties.')).map(([k, v]) => [k.slice('properties.'.length), v]));
  KafkaClientConfig.fromProperties(properties);
  const headerFilter = o.maybe('scan.header-filter') ?? null;
  if (headerFilter !== null && parseHeaderFilter(headerFilter) === undefined) throw o.refuse(`'scan.header-filter' cannot be read: '${headerFilter}'`, "Write conditions as 'key:value', joined by & and |.");
  const bounded = placeOf(o, 'bounded', context.ends), topics = topicsOf(o), format = o.choice('value.format') as MessageSettings['format'];
  const reader: KafkaSourceSpec = {
    table: context.name, ...topics, properties: Object.fromEntries(properties), groupId: o.maybe('properties.group.id') ?? null, startup: placeOf(o, 'startup'), bounded,
    discoveryMs: bounded.mode === 'unbounded' ? parseDuration('scan.topic-partition-discovery.interval', o.text('scan.topic-partition-discovery.interval')) : 0, checkGroup: o.flag('scan.check.duplicated.group.id'), onError: 'fail', headerFilter,
    key: null, value: { format: 'raw', settings: { charset: 'utf-8', littleEndian: false }, fields: [{ name: 'value', type: STRING, field: 0 }] }, upsert: false, changelog: false,
  };
  const facts = o.list('metadata.list');
  for (const fact of facts) if (!FACT_TYPES.has(fact)) throw o.refuse(`'metadata.list' names "${fact}"`, `There are ${[...FACT_TYPES.keys()].join(', ')}.`);
  const spec: KafkaPipelineSourceSpec = {
    reader, messages: { format, tableFields: o.list('json.decode.parser-table-id.fields'), keyPrefix: format === 'json' ? o.text('key.fields-prefix') : '', valuePrefix: format === 'json' ? o.text('value.fields-prefix') : '' },
    inference: { timestampStandard: o.choice('timestamp-format.standard') as 'SQL', primitiveAsString: o.flag('json.infer-schema.primitive-as-string'), isStatic: o.choice('schema.inference.strategy') === 'static', fixed: fixedTypes(o, context) },
    errors: { ignore: o.flag('ingestion.ignore-errors'), most: parseInteger('ingestion.error-tolerance.max-count', o.text('ingestion.error-tolerance.max-count'), -1) }, facts, sample: parseInteger('scan.max.pre.fetch.records', o.text('scan.max.pre.fetch.records'), 1, 100_000),
  };
  const identity: Json = { cluster: properties.get('bootstrap.servers') ?? null, topics: topics.topics, pattern: topics.pattern, format };
  return { connector: 'kafka-pipeline', spec: spec as unknown as { readonly [key: string]: Json }, identity, bounded: bounded.mode !== 'unbounded', schemaChanges: o.flag('schema-change.enabled'), facts, keepsTables: true };
}

/** Tables in the oldest records of every topic. A topic without records has none yet; it is not an error. */
async function discover(source: PipelineSourceDescription): Promise<TableVersion[]> {
  const { reader, messages, inference, sample } = source.spec as unknown as KafkaPipelineSourceSpec, properties = new Map(Object.entries(reader.properties)), port = openKafkaCatalogPort(() => properties);
  try {
    const all = await port.listTopics(), pattern = reader.pattern === null ? undefined : compilePattern(reader.pattern), topics = reader.topics ?? all.filter((t) => pattern?.matches(t) === true);
    const missing = topics.filter((t) => !all.includes(t)), [first] = missing;
    if (first !== undefined || topics.length === 0) throw pipelineNoTables({ option: reader.pattern === null ? 'topic' : 'topic-pattern', value: first ?? reader.pattern ?? '', excluded: false, near: all.slice(0, 20) });
    const tables = new InferredTables({ ...inference, isStatic: false, fixed: new Map(inference.fixed), timeZone: 'UTC' }, []), text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('utf8'));
    for (const topic of topics) for (const record of await port.sample(topic, sample) ?? []) {
      try {
        const message = readMessage(topic, text(record.key), text(record.value), messages);
        if (message !== undefined) tables.after(message);
      } catch (error) {
        // Told when the record is read in its turn, with its place.
        if (!(error instanceof RivuletError) || error.code !== 'bad-record') throw error;
      }
    }
    return tables.versions;
  } finally { await port.close(); }
}
export const kafkaSourceHalf: Pick<PipelineConnector, 'describeSource' | 'discover'> = { describeSource, discover };
