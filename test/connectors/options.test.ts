/** What the connectors refuse in a WITH clause, and what their descriptions say of a table. */
import { expect } from 'chai';
import { RivuletError } from '../../core/errors/define.ts';
import { BIGINT, INT, STRING, timestampLtz } from '../../core/types/sql-type.ts';
import { connectorRegistry, connectors, validateTableOptions } from '../../runtime/connectors/index.ts';
import { formatRegistry } from '../../runtime/formats/index.ts';
import { describeSink, describeSource, kafkaTable, tableOf } from './support.ts';

const COLUMNS = { id: INT, k_id: INT, name: STRING };
const JSON_TABLE = { format: 'json' };
function failure(run: () => unknown): RivuletError {
  try { run(); } catch (error) { if (error instanceof RivuletError) return error; throw error; }
  throw new RangeError('nothing was refused');
}
const source = (options: Record<string, string>) => () => describeSource(kafkaTable(COLUMNS, 'top', options));
const sink = (options: Record<string, string>) => () => describeSink(kafkaTable(COLUMNS, 'top', options));
const upsert = (options: Record<string, string>, key: readonly string[] = ['id']) => () => describeSink(kafkaTable(COLUMNS, 'top', { 'key.format': 'json', 'value.format': 'json', ...options }, key));

const REFUSED: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['unknown option', source({ ...JSON_TABLE, 'scan.startup.mod': 'x' }), /^unsupported options found for 'kafka': "scan\.startup\.mod"/], ['format option of another role', source({ ...JSON_TABLE, 'value.json.ignore-parse-errors': 'true' }), /^unsupported options/],
  ['no format', source({}), /^a format must be specified/], ['unknown format', source({ format: 'jsn' }), /^could not find any factory for identifier 'jsn'/], ['topic and pattern', source({ ...JSON_TABLE, 'topic-pattern': 'x.*' }), /^option 'topic' and 'topic-pattern' shouldn't be set together/],
  ['neither', () => describeSource(tableOf(COLUMNS, { connector: 'kafka', 'properties.bootstrap.servers': 'h:1', format: 'json' })), /^either 'topic' or 'topic-pattern' must be set/], ['bad pattern', () => describeSource(tableOf(COLUMNS, { connector: 'kafka', 'properties.bootstrap.servers': 'h:1', format: 'json', 'topic-pattern': '(' })), /^option 'topic-pattern' is not a regular expression/],
  ['no servers', () => describeSource(tableOf(COLUMNS, { connector: 'kafka', topic: 't', format: 'json' })), /bootstrap\.servers/], ['bad servers', source({ ...JSON_TABLE, 'properties.bootstrap.servers': 'nonsense' }), /bootstrap\.servers/],
  ['key format without fields', source({ ...JSON_TABLE, 'key.format': 'json' }), /^a key format 'key\.format' requires the declaration of one or more of key fields/], ['key fields without format', source({ ...JSON_TABLE, 'key.fields': 'id' }), /^the option 'key\.fields' can only be declared if a key format is defined/],
  ['unknown key field', source({ ...JSON_TABLE, 'key.format': 'json', 'key.fields': 'nope' }), /^could not find the field 'nope' in the table schema/], ['field without prefix', source({ ...JSON_TABLE, 'key.format': 'json', 'key.fields': 'id', 'key.fields-prefix': 'k_', 'value.fields-include': 'EXCEPT_KEY' }), /^all fields in 'key\.fields' must be prefixed with 'k_'/],
  ['prefix with ALL', source({ ...JSON_TABLE, 'key.format': 'json', 'key.fields': 'k_id', 'key.fields-prefix': 'k_' }), /^a key prefix is not allowed when option 'value\.fields-include' is set to 'ALL'/], ['include', source({ ...JSON_TABLE, 'value.fields-include': 'SOME' }), /value\.fields-include/], ['changelog key format', source({ ...JSON_TABLE, 'key.format': 'debezium-json', 'key.fields': 'id' }), /^a key format should only deal with INSERT-only records/],
  ['startup mode', source({ ...JSON_TABLE, 'scan.startup.mode': 'now' }), /scan\.startup\.mode/], ['timestamp missing', source({ ...JSON_TABLE, 'scan.startup.mode': 'timestamp' }), /^'scan\.startup\.timestamp-millis' is required in 'timestamp' startup mode but missing/], ['offsets missing', source({ ...JSON_TABLE, 'scan.startup.mode': 'specific-offsets' }), /^'scan\.startup\.specific-offsets' is required/],
  ['offsets form', source({ ...JSON_TABLE, 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': '0:42' }), /^invalid properties 'scan\.startup\.specific-offsets' should follow the format/], ['offsets of two topics', source({ ...JSON_TABLE, topic: 'a;b', 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:1' }), /^currently Kafka source only supports specific offset for single topic/],
  ['reset', source({ ...JSON_TABLE, 'properties.auto.offset.reset': 'smallest' }), /^auto\.offset\.reset can not be set to smallest\. Valid values: \[latest,earliest,none\]/], ['header filter', source({ ...JSON_TABLE, 'scan.header-filter': 'a&b' }), /scan\.header-filter/], ['on-error', source({ ...JSON_TABLE, 'scan.on-error': 'ignore' }), /scan\.on-error/], ['interval', source({ ...JSON_TABLE, 'scan.topic-partition-discovery.interval': '5 parsec' }), /discovery\.interval/],
  ['exactly-once', sink({ ...JSON_TABLE, 'sink.delivery-guarantee': 'exactly-once' }), /^sink\.transactional-id-prefix must be specified when using DeliveryGuarantee\.EXACTLY_ONCE/], ['round-robin', sink({ ...JSON_TABLE, 'key.format': 'json', 'key.fields': 'id', 'sink.partitioner': 'round-robin' }), /^currently 'round-robin' partitioner only works when option 'key\.fields' is not specified/], ['two topics', sink({ ...JSON_TABLE, topic: 'a;b' }), /one topic/], ['parallelism', sink({ ...JSON_TABLE, 'sink.parallelism': '0' }), /sink\.parallelism/],
  ['upsert without key', () => describeSource(tableOf(COLUMNS, { connector: 'upsert-kafka', topic: 't', 'properties.bootstrap.servers': 'h:1', 'key.format': 'json', 'value.format': 'json' })), /^'upsert-kafka' tables require to define a PRIMARY KEY constraint/], ['upsert changelog', upsert({ 'value.format': 'debezium-json' }), /^'upsert-kafka' connector doesn't support 'debezium-json' as value format/], ['upsert buffer', upsert({ 'sink.buffer-flush.max-rows': '5' }), /^'sink\.buffer-flush\.max-rows' and 'sink\.buffer-flush\.interval' must be set to be greater than zero together/], ['upsert format', upsert({ format: 'json' }), /'format'/], ['upsert key.fields', upsert({ 'key.fields': 'id' }), /unsupported options/],
  ['two columns raw', source({ format: 'raw' }), /^the 'raw' format only supports single physical column/], ['print option', () => describeSink(tableOf(COLUMNS, { connector: 'print', 'print-identifer': 'x' })), /unsupported options found for 'print'/],
  ['sequence end', () => describeSource(tableOf(COLUMNS, { connector: 'datagen', 'fields.id.kind': 'sequence', 'fields.id.start': '1' })), /fields\.id\.end/], ['datagen column', () => describeSource(tableOf(COLUMNS, { connector: 'datagen', 'fields.idd.kind': 'sequence' })), /fields\.idd\.kind/],
];

describe('connector options', () => {
  for (const [name, run, message] of REFUSED) it(`refuses: ${name}`, () => {
    const error = failure(run);
    expect(error.message).match(message);
    expect(error.domain).equal('user');
  });
  it('names what is near, and the options there are', () => {
    const error = failure(source({ ...JSON_TABLE, 'scan.startup.mod': 'x' }));
    expect(error.hint).contain('"scan.startup.mode"');
    expect(error.detail).contain('json.ignore-parse-errors').and.contain('properties.*');
    expect(failure(source({ format: 'jsn' })).hint).contain('"json"');
  });
  it('describes sources', () => {
    const plain = describeSource(kafkaTable(COLUMNS, 'a;b', { ...JSON_TABLE, 'json.ignore-parse-errors': 'true', 'properties.x': 'y' }));
    expect(plain.bounded).equal(false);
    expect(plain.changelogMode).deep.equal({ insert: true, updateBefore: false, updateAfter: false, delete: false });
    expect(plain.spec).deep.include({ topics: ['a', 'b'], startup: { mode: 'group-offsets' } });
    expect(JSON.parse(JSON.stringify(plain.spec))).deep.equal(plain.spec);
    expect(describeSource(kafkaTable(COLUMNS, 't', JSON_TABLE), true)).deep.include({ bounded: true });
    expect(describeSource(kafkaTable(COLUMNS, 't', { format: 'debezium-json' })).changelogMode).deep.equal({ insert: true, updateBefore: true, updateAfter: true, delete: true });
    expect(describeSource(kafkaTable(COLUMNS, 't', { format: 'debezium-json' })).metadata.has('value.source.timestamp')).equal(true);
    const keyed = describeSource(kafkaTable(COLUMNS, 't', { 'key.format': 'json', 'value.format': 'json', 'scan.startup.mode': 'latest-offset' }, ['name', 'id']));
    expect(keyed.upsertKey).deep.equal(['id', 'name']);
    expect(keyed.spec).deep.include({ startup: { mode: 'earliest-offset' }, upsert: true });
  });
  it('accepts a PRIMARY KEY on a json table, and both standards of naming the value format', () => {
    expect(() => describeSource({ ...kafkaTable(COLUMNS, 't', JSON_TABLE), primaryKey: { name: 'pk', columns: ['id'] } })).not.to.throw();
    expect(() => source({ format: 'json', 'value.format': 'json', 'value.json.ignore-parse-errors': 'true' })()).not.to.throw();
  });
  it('prefixes are cut for the message and kept in the table', () => {
    const table = kafkaTable({ k_id: BIGINT, v_a: STRING, ts: [timestampLtz(3), 'timestamp'] }, 't', { 'value.format': 'json', 'key.format': 'json', 'key.fields': 'k_id', 'key.fields-prefix': 'k_', 'value.fields-prefix': 'v_', 'value.fields-include': 'except_key' });
    const spec = describeSource(table).spec as { key: { fields: unknown }; value: { fields: unknown } };
    expect([spec.key.fields, spec.value.fields]).deep.equal([[{ name: 'id', type: BIGINT, field: 0 }], [{ name: 'a', type: STRING, field: 1 }]]);
    expect(failure(() => describeSource(kafkaTable({ k_id: BIGINT, a: STRING }, 't', { 'value.format': 'json', 'value.fields-prefix': 'v_' }))).message).contain("prefixed with 'v_'");
  });
  it('every option is documented; secrets are marked; tables are checked in one call', () => {
    for (const c of connectors) for (const o of c.options) expect(o.description, `${c.identifier} ${o.key}`).match(/\.$/);
    expect(connectorRegistry.get('kafka')?.options.filter((o) => o.secret === true).map((o) => o.key)).include('properties.sasl.jaas.config');
    expect(failure(() => validateTableOptions(tableOf(COLUMNS, { connector: 'kafak' }), connectorRegistry, formatRegistry)).hint).contain('"kafka"');
    expect(failure(() => validateTableOptions(tableOf(COLUMNS, {}), connectorRegistry, formatRegistry)).code).equal('missing-connector');
    expect(failure(() => validateTableOptions(tableOf(COLUMNS, { connector: 'print', x: 'y' }), connectorRegistry, formatRegistry)).code).equal('unsupported-table-options');
    expect(() => validateTableOptions(kafkaTable(COLUMNS, 't', JSON_TABLE), connectorRegistry, formatRegistry)).not.to.throw();
  });
});
