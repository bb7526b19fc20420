/** The views of information_schema that clients read: catalogs, schemas, tables, columns, keys. Source: PostgreSQL 15, "The Information Schema". */
import { ownerOf } from '../roles.ts';
import { formatType, pgTypeByOid } from '../pg-types.ts';
import type { ColumnInfo, RelationInfo, Snapshot } from '../snapshot.ts';
import { keyDefinition, viewText } from './class.ts';
import { yesOrNo, type Provider, type RowObject } from './define.ts';

const place = (s: Snapshot, r: RelationInfo): RowObject => ({ table_catalog: s.context.currentCatalog, table_schema: r.schema, table_name: r.name });

function columnRow(s: Snapshot, r: RelationInfo, c: ColumnInfo): RowObject {
  const type = pgTypeByOid(c.typeOid), isArray = type?.name.startsWith('_') === true;
  return {
    ...place(s, r), column_name: c.name, ordinal_position: c.number, column_default: c.computed ? null : c.expression, is_nullable: yesOrNo(!c.notNull), data_type: isArray ? 'ARRAY' : formatType(c.typeOid, null).replace(/\(.*\)/, ''),
    ...lengths(c, type?.name ?? ''), udt_catalog: s.context.currentCatalog, udt_schema: 'pg_catalog', udt_name: type?.name ?? 'text', dtd_identifier: String(c.number), is_self_referencing: 'NO', is_identity: 'NO', identity_cycle: 'NO',
    is_generated: c.computed ? 'ALWAYS' : 'NEVER', generation_expression: c.computed ? c.expression : null, is_updatable: yesOrNo(c.writable),
  };
}
const INTEGERS: ReadonlyMap<string, number> = new Map([['int2', 16], ['int4', 32], ['int8', 64], ['float4', 24], ['float8', 53]]);
function lengths(c: ColumnInfo, name: string): RowObject {
  const bits = INTEGERS.get(name);
  if (bits !== undefined) return { numeric_precision: bits, numeric_precision_radix: 2, numeric_scale: name.startsWith('int') ? 0 : null };
  switch (name) {
    case 'numeric': return c.modifier < 4 ? { numeric_precision_radix: 10 } : { numeric_precision: (c.modifier - 4) >> 16, numeric_precision_radix: 10, numeric_scale: (c.modifier - 4) & 0xffff };
    case 'varchar': case 'bpchar': return { character_maximum_length: c.modifier < 4 ? null : c.modifier - 4, character_octet_length: c.modifier < 4 ? 1073741824 : (c.modifier - 4) * 4 };
    case 'text': return { character_octet_length: 1073741824 };
    case 'date': return { datetime_precision: 0 };
    case 'time': case 'timestamp': case 'timestamptz': return { datetime_precision: c.modifier < 0 ? 6 : c.modifier };
    default: return {};
  }
}
const withKey = async (s: Snapshot): Promise<RelationInfo[]> => (await s.relations()).filter((r) => r.primaryKey !== undefined);
const keyPlace = (s: Snapshot, r: RelationInfo): RowObject => ({ constraint_catalog: s.context.currentCatalog, constraint_schema: r.schema, constraint_name: r.primaryKey?.name, ...place(s, r) });

export const informationSchemaProviders: readonly Provider[] = [
  { name: 'information_schema_catalog_name', rows: (s) => Promise.resolve([{ catalog_name: s.context.currentCatalog }]) },
  { name: 'schemata', rows: async (s) => [...(await s.namespaces()).map((n) => n.name), 'information_schema', 'pg_catalog'].map((schema_name) => ({ catalog_name: s.context.currentCatalog, schema_name, schema_owner: ownerOf(s.context) })) },
  { name: 'tables', rows: async (s) => (await s.relations()).map((r) => ({ ...place(s, r), table_type: r.kind === 'v' ? 'VIEW' : r.temporary ? 'LOCAL TEMPORARY' : 'BASE TABLE', is_insertable_into: yesOrNo(r.kind === 'r'), is_typed: 'NO' })) },
  { name: 'columns', demandBy: 'table_name', rows: async (s) => (await s.relations()).flatMap((r) => (r.columns ?? []).map((c) => columnRow(s, r, c))) },
  { name: 'views', rows: async (s) => (await s.relations()).filter((r) => r.kind === 'v').map((r) => ({ ...place(s, r), view_definition: viewText(r, s.context), check_option: 'NONE', is_updatable: 'NO', is_insertable_into: 'NO', is_trigger_updatable: 'NO', is_trigger_deletable: 'NO', is_trigger_insertable_into: 'NO' })) },
  { name: 'table_constraints', demandBy: 'table_name', rows: async (s) => (await withKey(s)).map((r) => ({ ...keyPlace(s, r), constraint_type: 'PRIMARY KEY', is_deferrable: 'NO', initially_deferred: 'NO', enforced: 'NO' })) },
  { name: 'key_column_usage', demandBy: 'table_name', rows: async (s) => (await withKey(s)).flatMap((r) => (r.primaryKey?.columns ?? []).map((n, i) => ({ ...keyPlace(s, r), column_name: r.columns?.[n - 1]?.name, ordinal_position: i + 1 }))) },
  { name: 'constraint_column_usage', demandBy: 'table_name', rows: async (s) => (await withKey(s)).flatMap((r) => (r.primaryKey?.columns ?? []).map((n) => ({ ...place(s, r), column_name: r.columns?.[n - 1]?.name, constraint_catalog: s.context.currentCatalog, constraint_schema: r.schema, constraint_name: r.primaryKey?.name }))) },
  { name: 'check_constraints', rows: () => Promise.resolve([]) },
  { name: 'enabled_roles', rows: (s) => Promise.resolve([{ role_name: s.context.user }]) },
  { name: 'applicable_roles', rows: () => Promise.resolve([]) },
  { name: 'character_sets', rows: (s) => Promise.resolve([{ character_set_name: 'UTF8', character_repertoire: 'UCS', form_of_use: 'UTF8', default_collate_catalog: s.context.currentCatalog, default_collate_schema: 'pg_catalog', default_collate_name: 'default' }]) },
  { name: 'jobs', rows: (s) => Promise.resolve(s.context.jobs().map((j) => ({ job_id: j.id, job_name: j.name, status: j.status, start_time: j.startTimeMs }))) },
  { name: 'job_counters', rows: async (s) => (await s.context.jobCounters()).map((c) => ({ job_id: c.jobId, node_id: c.nodeId, node_type: c.nodeType, table_name: c.table, counter: c.counter, value: c.value })) },
  {
    name: 'bad_records',
    rows: async (s) => (await s.context.badRecords()).map((r) => ({
      job_id: r.jobId, node_id: r.nodeId, table_name: r.table, topic: r.topic, partition: r.partition, record_offset: r.offset, record_time: r.timestampMs < 0 ? null : r.timestampMs, part: r.part,
      field: r.field, code: r.code, message: r.message, outcome: r.outcome, key: r.key, value: r.value, read_at: r.atMs,
    })),
  },
];
export { keyDefinition };
