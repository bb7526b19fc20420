/**
 * Object ids. PostgreSQL's own objects keep their ids; ours get a hash of what names them, so that an id stays the same over sessions
 * and restarts and needs no storage. 31 bits: clients read ids as signed numbers. Two objects with one id are possible (one in two
 * million for a thousand objects) and would only confuse a client's display.
 */
const FIRST_USER_OID = 16384;

/** FNV-1a over UTF-16 units of the JSON of the parts, folded into [16384, 2^31). */
export function hashOid(...parts: readonly (string | number)[]): number {
  const text = JSON.stringify(parts);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return FIRST_USER_OID + ((hash >>> 0) % (0x7fffffff - FIRST_USER_OID));
}
export const OWNER_OID = 10, PG_CATALOG_OID = 11, INFORMATION_SCHEMA_OID = 13207, TABLESPACE_OID = 1663, BTREE_OID = 403, HEAP_OID = 2;
/** Ids of the catalogs that others refer to (classoid, tableoid). */
export const CLASS = { pg_type: 1247, pg_attribute: 1249, pg_proc: 1255, pg_class: 1259, pg_authid: 1260, pg_database: 1262, pg_constraint: 2606, pg_namespace: 2615, pg_attrdef: 2604, pg_extension: 3079 } as const;

export const databaseOid = (catalog: string): number => hashOid('database', catalog);
export const namespaceOid = (catalog: string, database: string): number => hashOid('namespace', catalog, database);
export const relationOid = (catalog: string, database: string, name: string, temporary: boolean): number => hashOid(temporary ? 'temporary' : 'relation', catalog, database, name);
export const functionOid = (name: string): number => hashOid('function', name);
