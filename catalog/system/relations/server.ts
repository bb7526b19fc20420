/** The server as a whole: databases (catalogs), schemas (databases), roles, settings, access methods (connectors), sessions and jobs. */
import type { Snapshot } from '../snapshot.ts';
import { BTREE_OID, HEAP_OID, INFORMATION_SCHEMA_OID, OWNER_OID, PG_CATALOG_OID, TABLESPACE_OID, databaseOid, hashOid } from '../oids.ts';
import { accessMethodOid } from './class.ts';
import { roleOidOf, rolesOf } from '../roles.ts';
import { zeroOf, type Provider, type RowObject } from './define.ts';

const UTF8 = 6;
const roles = (s: Snapshot): Promise<RowObject[]> => Promise.resolve(rolesOf(s.context).map((r) => ({ oid: r.oid, rolname: r.name, rolsuper: r.isAdmin, rolinherit: true, rolcreaterole: r.isAdmin, rolcreatedb: r.isAdmin, rolcanlogin: r.canLogIn, rolreplication: false, rolconnlimit: -1, rolbypassrls: r.isAdmin })));
const user = (s: Snapshot): Promise<RowObject[]> => Promise.resolve(rolesOf(s.context).filter((r) => r.canLogIn).map((r) => ({ usename: r.name, usesysid: r.oid, usecreatedb: r.isAdmin, usesuper: r.isAdmin, userepl: false, usebypassrls: r.isAdmin, passwd: '********' })));
/** The connectors of the tables in sight, beside the two that PostgreSQL always has. */
async function accessMethods(s: Snapshot): Promise<RowObject[]> {
  const connectors = new Set((await s.relations()).flatMap((r) => { const c = r.object?.kind === 'table' ? r.object.options.get('connector') : undefined; return c === undefined ? [] : [c]; }));
  return [
    { oid: HEAP_OID, amname: 'heap', amhandler: 3, amtype: 't' }, { oid: BTREE_OID, amname: 'btree', amhandler: 330, amtype: 'i' },
    ...[...connectors].sort().map((c) => ({ oid: accessMethodOid(c), amname: c, amhandler: 0, amtype: 't' })),
  ];
}
/** This session, then one line per job. */
function activity(s: Snapshot): Promise<RowObject[]> {
  const { context } = s, blank = { datid: databaseOid(context.currentCatalog), datname: context.currentCatalog, usesysid: roleOidOf(context, context.user) ?? OWNER_OID, usename: context.user };
  return Promise.resolve([
    { ...blank, pid: context.processId, application_name: context.applicationName, state: 'active', query: '', backend_type: 'client backend', query_start: context.nowMs },
    ...context.jobs().map((j) => ({ ...blank, pid: hashOid('job', j.id), application_name: j.id, state: j.status.toLowerCase(), query: j.name, backend_type: 'job', backend_start: j.startTimeMs, query_start: j.startTimeMs })),
  ]);
}
const settings = (s: Snapshot): Promise<RowObject[]> => Promise.resolve(s.context.settings().map(([name, setting]) => ({ name, setting, unit: null, category: 'Rivulet', short_desc: '', context: 'user', vartype: 'string', source: 'default', boot_val: setting, reset_val: setting, pending_restart: false })));

export const serverProviders: readonly Provider[] = [
  {
    name: 'pg_database',
    rows: (s) => Promise.resolve(s.context.catalog.manager.names().map((name) => ({
      oid: databaseOid(name), datname: name, datdba: OWNER_OID, encoding: UTF8, datlocprovider: 'c', datistemplate: false, datallowconn: true, datconnlimit: -1, dattablespace: TABLESPACE_OID, datcollate: 'C', datctype: 'C',
    }))),
  },
  { name: 'pg_stat_database', rows: (s) => Promise.resolve(s.context.catalog.manager.names().map((name) => ({ datid: databaseOid(name), datname: name }))) },
  {
    name: 'pg_namespace',
    rows: async (s) => [
      ...(await s.namespaces()).map((n) => ({ oid: n.oid, nspname: n.name, nspowner: OWNER_OID })),
      { oid: PG_CATALOG_OID, nspname: 'pg_catalog', nspowner: OWNER_OID }, { oid: INFORMATION_SCHEMA_OID, nspname: 'information_schema', nspowner: OWNER_OID },
    ],
  },
  { name: 'pg_roles', rows: async (s) => (await roles(s)).map((r) => ({ ...r, rolpassword: '********' })) },
  { name: 'pg_authid', rows: roles },
  { name: 'pg_user', rows: user },
  { name: 'pg_shadow', rows: user },
  { name: 'pg_am', rows: accessMethods },
  { name: 'pg_tablespace', rows: () => Promise.resolve([{ oid: TABLESPACE_OID, spcname: 'pg_default', spcowner: OWNER_OID }, { oid: 1664, spcname: 'pg_global', spcowner: OWNER_OID }]) },
  { name: 'pg_language', rows: () => Promise.resolve([{ oid: 12, lanname: 'internal', lanowner: OWNER_OID }, { oid: 14, lanname: 'sql', lanowner: OWNER_OID, lanpltrusted: true }]) },
  {
    name: 'pg_collation',
    rows: () => Promise.resolve([[100, 'default', 'd'], [950, 'C', 'c'], [951, 'POSIX', 'c']].map(([oid, collname, collprovider]) => ({ oid, collname, collnamespace: PG_CATALOG_OID, collowner: OWNER_OID, collprovider, collisdeterministic: true, collencoding: -1, collcollate: collprovider === 'd' ? null : collname, collctype: collprovider === 'd' ? null : collname }))),
  },
  { name: 'pg_settings', rows: settings },
  { name: 'pg_stat_activity', rows: activity },
  { name: 'pg_timezone_names', rows: () => Promise.resolve(Intl.supportedValuesOf('timeZone').map((name) => ({ name, abbrev: null, utc_offset: zeroOf('interval'), is_dst: null }))) },
];
