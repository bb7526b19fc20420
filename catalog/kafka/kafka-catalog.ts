/**
 * The Kafka JSON catalog: every topic is a table whose schema is inferred from sampled messages. Source: Alibaba Cloud "Manage Kafka
 * JSON catalogs" (rules in `docs/kafka-json-catalog.md`). Read-only; one database. Speaks to Kafka only through `KafkaCatalogPort`.
 *
 * Unlike the original it also works over SASL and TLS: all `properties.*` of the catalog go to the client and into the tables.
 */
import { readJson } from '../../core/json/exact.ts';
import { databaseNotFound, invalidTableDefinition, missingOption, schemaNotInferable, unsupportedOption } from '../../core/errors/catalog.ts';
import { featureNotSupported } from '../../core/errors/common.ts';
import { BIGINT, BYTES, INT, notNull, timestampLtz, type SqlType } from '../../core/types/sql-type.ts';
import { inferRecord, mergeRecords, type InferenceOptions, type InferredFields } from '../inference/infer.ts';
import type { CatalogObject, TableColumn, TableObject } from '../objects/objects.ts';
import { ReadOnlyCatalog } from '../objects/read-only-catalog.ts';
import { noReferences, type OptionReferences } from '../secrets/resolver.ts';
import { parseBoolean, parseEnum, parseInteger, type DeclaredOption } from '../options/options.ts';

export interface SampledRecord { readonly key: Uint8Array | null; readonly value: Uint8Array | null }
/** What the catalog asks of a Kafka cluster. Calls fail with RivuletErrors of the client. */
export interface KafkaCatalogPort {
  /** Sorted; without internal topics. */
  listTopics(): Promise<readonly string[]>;
  /** Up to `limit` records, oldest first, spread over the partitions; undefined when there is no such topic. */
  sample(topic: string, limit: number): Promise<readonly SampledRecord[] | undefined>;
  /** True when `cleanup.policy` contains `compact`. */
  isCompacted(topic: string): Promise<boolean>;
  close(): Promise<void>;
}
/** `properties`: the client properties, without the `properties.` prefix, as they are now; asked for before each call, and may throw. */
export type OpenKafkaPort = (properties: () => ReadonlyMap<string, string>) => KafkaCatalogPort;

export const kafkaCatalogOptions: readonly DeclaredOption[] = [
  { key: 'type', type: 'string', required: true, description: '`kafka`' },
  { key: 'properties.bootstrap.servers', type: 'string', required: true, description: 'Brokers, separated by commas.' },
  { key: 'properties.*', type: 'map', description: 'Further Kafka client properties (SASL, TLS …); copied into every table.' },
  { key: 'format', type: 'enum', values: ['json'], required: true, description: 'Only `json`.' },
  { key: 'default-database', type: 'string', default: 'kafka', description: 'Name of the only database.' },
  { key: 'key.fields-prefix', type: 'string', default: 'key_', description: 'Stands before every column inferred from the key.' },
  { key: 'value.fields-prefix', type: 'string', default: 'value_', description: 'Stands before every column inferred from the value.' },
  { key: 'timestamp-format.standard', type: 'enum', values: ['SQL', 'ISO-8601'], default: 'SQL', description: 'Tried first when a text may be a timestamp; the other second.' },
  { key: 'infer-schema.flatten-nested-columns.enable', type: 'boolean', default: 'false', description: 'true: nested objects become columns `outer.inner`; false: one STRING column.' },
  { key: 'infer-schema.primitive-as-string', type: 'boolean', default: 'false', description: 'All primitives become STRING.' },
  { key: 'infer-schema.parse-key-error.field-name', type: 'string', default: 'col', description: 'A key that is not JSON becomes one VARBINARY column: key prefix + this name.' },
  { key: 'infer-schema.compacted-topic-as-upsert-table', type: 'boolean', default: 'true', description: 'A compacted topic with JSON keys becomes an upsert-kafka table.' },
  { key: 'max.fetch.records', type: 'int', default: '100', description: 'Most messages sampled from a topic.' },
  ...['accessKeyId', 'accessKeySecret', 'instanceId', 'endpoint', 'regionId'].map((k): DeclaredOption => ({ key: `aliyun.kafka.${k}`, type: 'string', secret: k === 'accessKeySecret', description: 'Accepted for ApsaraMQ; not used.' })),
];

interface Settings extends InferenceOptions { readonly database: string; readonly keyPrefix: string; readonly valuePrefix: string; readonly rawKeyColumn: string; readonly upsert: boolean; readonly limit: number }

function readSettings(options: ReadonlyMap<string, string>): Settings {
  const of = 'catalog type "kafka"';
  for (const key of options.keys()) {
    if (!kafkaCatalogOptions.some((o) => o.key === key || (o.key.endsWith('*') && key.startsWith(o.key.slice(0, -1))))) throw unsupportedOption({ option: key, of, supported: kafkaCatalogOptions.map((o) => o.key) });
  }
  for (const o of kafkaCatalogOptions) if (o.required === true && !options.has(o.key)) throw missingOption({ option: o.key, of });
  const text = (key: string): string => options.get(key) ?? kafkaCatalogOptions.find((o) => o.key === key)?.default ?? '';
  parseEnum('format', text('format'), ['json']);
  const keyPrefix = text('key.fields-prefix'), valuePrefix = text('value.fields-prefix');
  if (keyPrefix.startsWith(valuePrefix) || valuePrefix.startsWith(keyPrefix)) {
    throw invalidTableDefinition({ what: `options "key.fields-prefix" ('${keyPrefix}') and "value.fields-prefix" ('${valuePrefix}') must not be prefixes of each other`, hint: 'Choose two prefixes that differ from their first characters on, such as key_ and value_.' });
  }
  return {
    database: text('default-database'), keyPrefix, valuePrefix, rawKeyColumn: keyPrefix + text('infer-schema.parse-key-error.field-name'),
    flatten: parseBoolean('infer-schema.flatten-nested-columns.enable', text('infer-schema.flatten-nested-columns.enable')),
    primitiveAsString: parseBoolean('infer-schema.primitive-as-string', text('infer-schema.primitive-as-string')),
    timestampStandard: parseEnum('timestamp-format.standard', text('timestamp-format.standard'), ['SQL', 'ISO-8601']) as 'SQL',
    upsert: parseBoolean('infer-schema.compacted-topic-as-upsert-table', text('infer-schema.compacted-topic-as-upsert-table')),
    limit: parseInteger('max.fetch.records', text('max.fetch.records'), 1, 100_000),
  };
}

export class KafkaCatalog extends ReadOnlyCatalog {
  readonly type = 'kafka';
  readonly defaultDatabase: string;
  private readonly settings: Settings;
  private readonly port: KafkaCatalogPort;
  /** Throws when an option is missing, unknown or wrong; does not connect. Client properties may be references. */
  constructor(name: string, options: ReadonlyMap<string, string>, open: OpenKafkaPort, references: OptionReferences = noReferences) {
    super(name, options);
    this.settings = readSettings(options);
    this.defaultDatabase = this.settings.database;
    const properties = new Map([...options].filter(([k]) => k.startsWith('properties.')));
    this.port = open(() => new Map([...references.resolve(properties)].map(([k, v]) => [k.slice('properties.'.length), v])));
  }
  listDatabases(): Promise<readonly string[]> { return Promise.resolve([this.settings.database]); }
  async listTables(database: string): Promise<readonly string[]> {
    this.checkDatabase(database);
    return this.port.listTopics();
  }
  listViews(database: string): Promise<readonly string[]> { this.checkDatabase(database); return Promise.resolve([]); }

  async getObject(database: string, name: string): Promise<CatalogObject | undefined> {
    if (database !== this.settings.database) return undefined;
    const sample = await this.port.sample(name, this.settings.limit);
    if (sample === undefined) return undefined;
    return tableOfSample(this.name, name, sample, this.settings, this.options, () => this.port.isCompacted(name));
  }
  close(): Promise<void> { return this.port.close(); }

  private checkDatabase(database: string): void {
    if (database !== this.settings.database) throw databaseNotFound({ catalog: this.name, database, existing: [this.settings.database] });
  }
}

interface Inferred { readonly key: InferredFields | 'none' | 'raw'; readonly value: InferredFields }

async function tableOfSample(catalog: string, topic: string, sample: readonly SampledRecord[], settings: Settings, options: ReadonlyMap<string, string>, isCompacted: () => Promise<boolean>): Promise<TableObject> {
  const inferred = inferSample(topic, sample, settings);
  const hasKey = inferred.key !== 'none', jsonKey = inferred.key instanceof Map;
  const upsert = settings.upsert && jsonKey && (await isCompacted());
  const keyColumns: { name: string; type: SqlType }[] = inferred.key === 'raw' ? [{ name: settings.rawKeyColumn, type: BYTES }]
    : inferred.key === 'none' ? [] : [...inferred.key].map(([n, type]) => ({ name: settings.keyPrefix + n, type: upsert ? notNull(type) : type }));
  const columns: TableColumn[] = keyColumns.map((c) => ({ kind: 'physical', ...c }));
  for (const [n, type] of inferred.value) columns.push({ kind: 'physical', name: settings.valuePrefix + n, type });
  for (const [name, type] of METADATA) if (!columns.some((c) => c.name === name)) columns.push({ kind: 'metadata', name, type, metadataKey: name, virtual: true });
  const tableOptions = new Map<string, string>([['connector', upsert ? 'upsert-kafka' : 'kafka'], ['topic', topic]]);
  for (const [k, v] of options) if (k.startsWith('properties.')) tableOptions.set(k, v);
  tableOptions.set('value.format', 'json');
  tableOptions.set('value.fields-prefix', settings.valuePrefix);
  tableOptions.set('value.json.timestamp-format.standard', settings.timestampStandard);
  tableOptions.set('value.json.infer-schema.flatten-nested-columns.enable', String(settings.flatten));
  tableOptions.set('value.json.infer-schema.primitive-as-string', String(settings.primitiveAsString));
  if (hasKey) {
    tableOptions.set('value.fields-include', 'EXCEPT_KEY');
    tableOptions.set('key.format', jsonKey ? 'json' : 'raw');
    tableOptions.set('key.fields-prefix', settings.keyPrefix);
    if (!upsert) tableOptions.set('key.fields', keyColumns.map((c) => c.name).join(';'));
  }
  const keyNames = upsert ? keyColumns.map((c) => c.name) : ['partition', 'offset'];
  return { kind: 'table', path: { catalog, database: settings.database, name: topic }, temporary: false, columns, options: tableOptions, primaryKey: { name: `PK_${keyNames.join('_')}`, columns: keyNames } };
}
const METADATA: readonly (readonly [string, SqlType])[] = [['partition', notNull(INT)], ['offset', notNull(BIGINT)], ['timestamp', notNull(timestampLtz(3))]];

/** Merges the fields of all sampled keys and values. Throws `schema-not-inferable` when no value yields one. */
export function inferSample(topic: string, sample: readonly SampledRecord[], options: InferenceOptions): Inferred {
  const value: InferredFields = new Map(), key: InferredFields = new Map();
  let keys = 0, rawKeys = 0, objects = 0, tombstones = 0;
  for (const record of sample) {
    if (record.key !== null && record.key.length > 0) {
      keys++;
      const fields = fieldsOf(record.key, options);
      if (fields === undefined) rawKeys++; else mergeRecords(key, fields);
    }
    if (record.value === null || record.value.length === 0) { tombstones++; continue; }
    const fields = fieldsOf(record.value, options);
    if (fields !== undefined) { objects++; mergeRecords(value, fields); }
  }
  if (objects === 0) throw schemaNotInferable({ topic, sampled: sample.length, why: tombstones === sample.length ? 'all are tombstones (no value)' : 'none has a JSON object as its value' });
  return { value, key: keys === 0 || (rawKeys === 0 && key.size === 0) ? 'none' : rawKeys > 0 ? 'raw' : key };
}
function fieldsOf(bytes: Uint8Array, options: InferenceOptions): InferredFields | undefined {
  if (bytes.length > 64 * 1024 * 1024) throw featureNotSupported({ feature: 'schema inference over messages of more than 64 MB' });
  const node = readJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  return node === undefined ? undefined : inferRecord(node, options);
}
