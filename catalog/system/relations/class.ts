/** Relations and what belongs to them: pg_class, pg_attribute, keys as constraints and indexes, comments, and the views made of these. */
import { ownerOf } from '../roles.ts';
import { systemDefinitions, type SystemDefinition } from '../definitions.ts';
import { BTREE_OID, CLASS, INFORMATION_SCHEMA_OID, OWNER_OID, PG_CATALOG_OID, hashOid } from '../oids.ts';
import { oidOfType, pgTypeByOid } from '../pg-types.ts';
import type { SystemContext } from '../contract.ts';
import type { ColumnInfo, RelationInfo, Snapshot } from '../snapshot.ts';
import { optionText, quoteName, type Provider, type RowObject } from './define.ts';

const namespaceOf = (table: SystemDefinition): number => (table.schema === 'pg_catalog' ? PG_CATALOG_OID : INFORMATION_SCHEMA_OID);
const connectorOf = (r: RelationInfo): string | undefined => (r.object?.kind === 'table' ? r.object.options.get('connector') : undefined);
/** A connector is what PostgreSQL calls an access method: `\d+` and `\dt+` show it. */
export const accessMethodOid = (connector: string): number => hashOid('access method', connector);
/** The names a query of the session's user gives back with pg_get_viewdef(). */
const viewText = (r: RelationInfo, context: SystemContext): string => (r.object?.kind === 'view' ? `${context.maskText(r.object.query).trim().replace(/;$/, '')};` : '');

function userClass(r: RelationInfo): RowObject[] {
  const connector = connectorOf(r), table = r.object?.kind === 'table' ? r.object : undefined;
  const common = { relnamespace: r.namespace, relowner: OWNER_OID, relpersistence: r.temporary ? 't' : 'p', relispopulated: true, reltuples: -1, relfrozenxid: 0, relminmxid: 0, relreplident: 'd' };
  const own = {
    ...common, oid: r.oid, relname: r.name, relkind: r.kind, relnatts: r.columns?.length ?? 0, relhasindex: r.primaryKey !== undefined, relhasrules: r.kind === 'v', reltype: hashOid('row type', r.oid), relfilenode: r.kind === 'r' ? r.oid : 0,
    relam: connector === undefined ? 0 : accessMethodOid(connector), reloptions: table === undefined || table.options.size === 0 ? null : [...table.options].map(([k, v]) => optionText(k, v)),
  };
  if (r.primaryKey === undefined) return [own];
  return [own, { ...common, oid: r.primaryKey.indexOid, relname: r.primaryKey.name, relkind: 'i', relnatts: r.primaryKey.columns.length, relam: BTREE_OID, relreplident: 'n' }];
}
const systemClass = (t: SystemDefinition): RowObject => ({
  oid: t.oid, relname: t.name, relnamespace: namespaceOf(t), relowner: OWNER_OID, relkind: t.kind, relpersistence: 'p', relispopulated: true, reltuples: -1, relnatts: t.columns.length, relreplident: 'n', relhasrules: t.kind === 'v',
  relam: t.kind === 'r' ? 2 : 0, relfilenode: t.kind === 'r' ? t.oid : 0,
});

function attribute(relation: number, c: Pick<ColumnInfo, 'name' | 'number' | 'typeOid' | 'modifier' | 'notNull'>, more: RowObject = {}): RowObject {
  const type = pgTypeByOid(c.typeOid);
  return {
    attrelid: relation, attname: c.name, atttypid: c.typeOid, attstattarget: -1, attlen: type?.length ?? -1, attnum: c.number, attndims: type?.category === 'A' && type.name.startsWith('_') ? 1 : 0, attcacheoff: -1, atttypmod: c.modifier,
    attbyval: (type?.length ?? -1) > 0 && (type?.length ?? -1) <= 8, attalign: 'i', attstorage: (type?.length ?? -1) < 0 ? 'x' : 'p', attnotnull: c.notNull, attislocal: true, attcollation: type?.collation ?? 0, ...more,
  };
}
function userAttributes(r: RelationInfo): RowObject[] {
  const columns = (r.columns ?? []).map((c) => attribute(r.oid, c, { atthasdef: c.expression !== null, attgenerated: c.computed ? 's' : '' }));
  const { primaryKey } = r;
  if (primaryKey === undefined) return columns;
  const keys = primaryKey.columns.flatMap((n, i) => { const c = r.columns?.[n - 1]; return c === undefined ? [] : [attribute(primaryKey.indexOid, { ...c, number: i + 1 })]; });
  return [...columns, ...keys];
}
let systemAttributes: readonly RowObject[] | undefined;
/** The same for every session: made once. */
const ofSystemTables = (): readonly RowObject[] => (systemAttributes ??= systemDefinitions().flatMap((t) => t.columns.map((c, i) => attribute(t.oid, { name: c.name, number: i + 1, typeOid: oidOfType(c.pg), modifier: -1, notNull: t.schema === 'pg_catalog' && c.name === 'oid' }))));

const keyed = async (s: Snapshot): Promise<{ r: RelationInfo; key: NonNullable<RelationInfo['primaryKey']> }[]> => (await s.relations()).flatMap((r) => (r.primaryKey === undefined ? [] : [{ r, key: r.primaryKey }]));
export const keyDefinition = (r: RelationInfo): string => `PRIMARY KEY (${(r.primaryKey?.columns ?? []).map((n) => quoteName(r.columns?.[n - 1]?.name ?? '')).join(', ')}) NOT ENFORCED`;
export const indexDefinition = (r: RelationInfo): string => `CREATE UNIQUE INDEX ${quoteName(r.primaryKey?.name ?? '')} ON ${quoteName(r.schema)}.${quoteName(r.name)} USING btree (${(r.primaryKey?.columns ?? []).map((n) => quoteName(r.columns?.[n - 1]?.name ?? '')).join(', ')})`;
export { viewText };

export const classProviders: readonly Provider[] = [
  { name: 'pg_class', demandConstant: 'oid', rows: async (s) => [...(await s.relations()).flatMap(userClass), ...systemDefinitions().map(systemClass)] },
  { name: 'pg_attribute', demandBy: 'attrelid', rows: async (s) => [...(await s.relations()).flatMap(userAttributes), ...ofSystemTables()] },
  { name: 'pg_attrdef', demandBy: 'adrelid', rows: async (s) => (await s.relations()).flatMap((r) => (r.columns ?? []).filter((c) => c.expression !== null).map((c) => ({ oid: hashOid('default', r.oid, c.number), adrelid: r.oid, adnum: c.number, adbin: c.expression }))) },
  {
    name: 'pg_constraint', demandBy: 'conrelid',
    rows: async (s) => (await keyed(s)).map(({ r, key }) => ({ oid: key.oid, conname: key.name, connamespace: r.namespace, contype: 'p', convalidated: false, conrelid: r.oid, conindid: key.indexOid, conislocal: true, connoinherit: true, conkey: key.columns })),
  },
  {
    name: 'pg_index', demandBy: 'indrelid',
    rows: async (s) => (await keyed(s)).map(({ r, key }) => ({
      indexrelid: key.indexOid, indrelid: r.oid, indnatts: key.columns.length, indnkeyatts: key.columns.length, indisunique: true, indisprimary: true, indimmediate: true, indisvalid: true, indisready: true, indislive: true,
      indkey: key.columns, indcollation: key.columns.map(() => 0), indclass: key.columns.map(() => 0), indoption: key.columns.map(() => 0),
    })),
  },
  {
    name: 'pg_description',
    rows: async (s) => [
      ...(await s.relations()).flatMap((r) => [
        ...(r.object?.comment === undefined || r.object.comment === '' ? [] : [{ objoid: r.oid, classoid: CLASS.pg_class, objsubid: 0, description: r.object.comment }]),
        ...(r.columns ?? []).flatMap((c) => (c.comment === null ? [] : [{ objoid: r.oid, classoid: CLASS.pg_class, objsubid: c.number, description: c.comment }])),
      ]),
      { objoid: PG_CATALOG_OID, classoid: CLASS.pg_namespace, objsubid: 0, description: 'system catalog schema' },
    ],
  },
  { name: 'pg_rewrite', rows: async (s) => (await s.relations()).filter((r) => r.kind === 'v').map((r) => ({ oid: hashOid('rule', r.oid), rulename: '_RETURN', ev_class: r.oid, ev_type: '1', ev_enabled: 'O', is_instead: true })) },
  {
    name: 'pg_tables',
    rows: async (s) => [
      ...(await s.relations()).filter((r) => r.kind === 'r').map((r) => ({ schemaname: r.schema, tablename: r.name, tableowner: ownerOf(s.context), tablespace: null, hasindexes: r.primaryKey !== undefined, hasrules: false, hastriggers: false, rowsecurity: false })),
      ...systemDefinitions().filter((t) => t.kind === 'r').map((t) => ({ schemaname: t.schema, tablename: t.name, tableowner: ownerOf(s.context), tablespace: null, hasindexes: false, hasrules: false, hastriggers: false, rowsecurity: false })),
    ],
  },
  {
    name: 'pg_views',
    rows: async (s) => [
      ...(await s.relations()).filter((r) => r.kind === 'v').map((r) => ({ schemaname: r.schema, viewname: r.name, viewowner: ownerOf(s.context), definition: viewText(r, s.context) })),
      ...systemDefinitions().filter((t) => t.kind === 'v').map((t) => ({ schemaname: t.schema, viewname: t.name, viewowner: ownerOf(s.context), definition: '' })),
    ],
  },
  { name: 'pg_indexes', demandBy: 'tablename', rows: async (s) => (await keyed(s)).map(({ r, key }) => ({ schemaname: r.schema, tablename: r.name, indexname: key.name, tablespace: null, indexdef: indexDefinition(r) })) },
  ...['pg_stat_user_tables', 'pg_stat_all_tables', 'pg_stat_xact_user_tables', 'pg_statio_user_tables', 'pg_statio_all_tables'].map((name): Provider => ({ name, rows: async (s) => (await s.relations()).filter((r) => r.kind === 'r').map((r) => ({ relid: r.oid, schemaname: r.schema, relname: r.name })) })),
];
