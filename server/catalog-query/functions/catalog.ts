/** Functions over the catalogs: definitions, names, visibility, privileges, comments, sizes. Source: PostgreSQL 15, "System Information Functions". */
import { PG_CATALOG_OID } from '../../../catalog/system/oids.ts';
import { roleNameOf, roleOidOf } from '../../../catalog/system/roles.ts';
import { formatType, isArrayType, oidOfType, pgTypeNamed } from '../../../catalog/system/pg-types.ts';
import { indexDefinition, keyDefinition, viewText } from '../../../catalog/system/relations/class.ts';
import { quoteName } from '../../../catalog/system/relations/define.ts';
import { systemDefinitions } from '../../../catalog/system/definitions.ts';
import type { RelationInfo } from '../../../catalog/system/snapshot.ts';
import type { FunctionCard } from '../../../catalog/system/system-tables.ts';
import { functionsById, relationId, splitName } from '../names.ts';
import { define, named, type Call, type CatalogFunction } from './define.ts';

const relations = { relations: true } as const;
/** The relation whose key has this constraint or index id. */
const keyOwner = (call: Call, id: number): RelationInfo | undefined => call.snapshot.keyOwner(id);
function isVisible(id: number, call: Call): boolean | null {
  const r = call.snapshot.relation(id) ?? keyOwner(call, id);
  if (r !== undefined) return r.schema === call.context.currentDatabase;
  return systemDefinitions().some((d) => d.oid === id && d.schema === 'pg_catalog');
}
/** An id, or a name as the functions that take either get it. */
const idOf = (value: unknown, call: Call): number => (typeof value === 'number' ? value : /^\d+$/.test(String(value)) ? Number(value) : relationId(call.snapshot, splitName(String(value))) ?? 0);
const card = (id: number, call: Call): FunctionCard | undefined => functionsById(call.context.functions).get(id);
/** What stands in the parentheses of a signature. */
const argumentsOf = (signature: string | undefined): string => /\((.*)\)/s.exec(signature ?? '')?.[1] ?? '';

function commentOf(id: number, sub: number, call: Call, of?: string): string | null {
  const r = call.snapshot.relation(id);
  if (r !== undefined && (of === undefined || of === 'pg_class')) return (sub === 0 ? r.object?.comment : r.columns?.[sub - 1]?.comment) || null;
  if (of === 'pg_proc') return card(id, call)?.description ?? null;
  if (of === 'pg_namespace' && id === PG_CATALOG_OID) return 'system catalog schema';
  return null;
}
const visibilities = ['type', 'function', 'opclass', 'operator', 'opfamily', 'collation', 'conversion', 'statistics_obj', 'ts_config', 'ts_dict', 'ts_parser', 'ts_template'];
const privileges = ['table', 'any_column', 'column', 'schema', 'database', 'function', 'sequence', 'tablespace', 'type', 'language', 'server', 'foreign_data_wrapper', 'parameter'];
const sizes = ['pg_relation_size', 'pg_total_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_database_size', 'pg_tablespace_size'];
function prettySize(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let n = bytes, unit = 0;
  while (Math.abs(n) >= 10_240 && unit < units.length - 1) { n /= 1024; unit++; }
  return `${Math.round(n)} ${units[unit]}`;
}
/** Nothing to say about things that do not exist here. */
const nothing = ['pg_get_ruledef', 'pg_get_triggerdef', 'pg_get_partkeydef', 'pg_get_partition_constraintdef', 'pg_get_statisticsobjdef', 'pg_get_statisticsobjdef_columns', 'pg_get_serial_sequence', 'pg_relation_filepath', 'pg_get_function_sqlbody', 'pg_sequence_last_value', 'pg_collation_actual_version', 'pg_get_functiondef', 'pg_last_wal_replay_lsn', 'pg_last_wal_receive_lsn', 'pg_current_wal_lsn', 'pg_last_xact_replay_timestamp', 'pg_describe_object'];

export const catalogFunctions: readonly CatalogFunction[] = [
  define<[number | null, number | null]>('format_type', ['oid', 'int4'], 'text', ([id, modifier]) => (id === null ? null : formatType(id, modifier)), { strict: false }),
  define<[string]>('pg_get_expr', ['pg_node_tree', 'oid', 'bool'], 'text', ([expression]) => expression),
  define<[number]>('pg_get_constraintdef', ['oid', 'bool'], 'text', ([id], call) => { const r = keyOwner(call, id); return r === undefined ? null : keyDefinition(r); }, relations),
  define<[number, number?]>('pg_get_indexdef', ['oid', 'int4', 'bool'], 'text', ([id, column], call) => {
    const r = keyOwner(call, id);
    if (r === undefined) return null;
    return Number(column ?? 0) === 0 ? indexDefinition(r) : quoteName(r.columns?.[(r.primaryKey?.columns[Number(column) - 1] ?? 0) - 1]?.name ?? '');
  }, relations),
  define('pg_get_viewdef', ['any', 'any'], 'text', ([id], call) => { const r = call.snapshot.relation(idOf(id, call)); return r === undefined ? null : ` ${viewText(r, call.context)}`; }, relations),
  define<[number]>('pg_get_userbyid', ['oid'], 'name', ([id], { context }) => roleNameOf(context, id) ?? `unknown (OID=${id})`),
  define<[number]>('pg_encoding_to_char', ['int4'], 'name', ([n]) => (n === 6 ? 'UTF8' : n === 0 ? 'SQL_ASCII' : '')),
  define<[string]>('pg_char_to_encoding', ['name'], 'int4', ([s]) => (/^utf-?8$/i.test(s) ? 6 : -1)),
  define<[number]>('pg_table_is_visible', ['oid'], 'bool', ([id], call) => isVisible(id, call), relations),
  ...visibilities.map((what) => define(`pg_${what}_is_visible`, ['oid'], 'bool', () => true)),
  ...privileges.map((what) => define(`has_${what}_privilege`, ['any', 'any', 'any', 'any'], 'bool', () => true)),
  define('pg_has_role', ['any', 'any', 'any'], 'bool', () => true),
  define('row_security_active', ['any'], 'bool', () => false),
  define<[number, string?]>('obj_description', ['oid', 'name'], 'text', ([id, of], call) => commentOf(id, 0, call, of), relations),
  define<[number, number]>('col_description', ['oid', 'int4'], 'text', ([id, n], call) => commentOf(id, n, call), relations),
  define('shobj_description', ['oid', 'name'], 'text', () => null),
  ...named(sizes, (name) => define(name, ['any', 'any'], 'int8', () => 0)),
  define<[number]>('pg_size_pretty', ['int8'], 'text', ([n]) => prettySize(n)),
  define<[number]>('pg_get_function_arguments', ['oid'], 'text', ([id], call) => argumentsOf(card(id, call)?.signature)),
  define<[number]>('pg_get_function_identity_arguments', ['oid'], 'text', ([id], call) => argumentsOf(card(id, call)?.signature)),
  define('pg_get_function_result', ['oid'], 'text', () => 'any'),
  define('pg_get_function_arg_default', ['oid', 'int4'], 'text', () => null),
  define('pg_relation_is_publishable', ['regclass'], 'bool', () => false),
  define('pg_relation_is_updatable', ['regclass', 'bool'], 'int4', () => 8),
  define('pg_column_is_updatable', ['regclass', 'int2', 'bool'], 'bool', () => true),
  define('pg_get_replica_identity_index', ['regclass'], 'oid', () => null),
  define('pg_relation_filenode', ['regclass'], 'oid', ([id]) => id),
  define('pg_tablespace_location', ['oid'], 'text', () => ''),
  define('pg_stat_get_numscans', ['oid'], 'int8', () => 0),
  define('pg_indexam_has_property', ['oid', 'text'], 'bool', () => false),
  define('pg_index_has_property', ['regclass', 'text'], 'bool', () => false),
  define('pg_index_column_has_property', ['regclass', 'int4', 'text'], 'bool', ([_, __, what]) => what === 'asc' || what === 'orderable'),
  define('pg_index_position', ['oid', 'int2'], 'int4', () => null),
  ...named(nothing, (name) => define(name, ['any', 'any', 'any'], 'text', () => null)),
  define('pg_typeof', ['any'], 'regtype', (_, { types }) => oidOfType(types[0] ?? 'text') || oidOfType(isArrayType(types[0] ?? '') ? 'anyarray' : 'text'), { strict: false }),
  define<[string]>('to_regclass', ['text'], 'regclass', ([s], call) => relationId(call.snapshot, splitName(s)) ?? null, relations),
  define<[string]>('to_regtype', ['text'], 'regtype', ([s]) => oidOfType(pgTypeNamed(s) ?? '') || null),
  define<[string]>('to_regnamespace', ['text'], 'regnamespace', ([s], call) => call.names.idOf('regnamespace', s)),
  define<[string]>('to_regproc', ['text'], 'regproc', ([s], call) => { try { return call.names.idOf('regproc', s); } catch { return null; } }),
  define<[string]>('to_regrole', ['text'], 'regrole', ([name], { context }) => roleOidOf(context, name) ?? null),
];
