/** Types and functions: pg_type, pg_proc and their kin. */
import { OWNER_OID, PG_CATALOG_OID, functionOid, hashOid } from '../oids.ts';
import { pgTypes, type PgType } from '../pg-types.ts';
import type { RelationInfo, Snapshot } from '../snapshot.ts';
import type { Provider, RowObject } from './define.ts';

/** Drivers recognise arrays by typreceive's name (Npgsql), by typcategory (postgres.js) or by typelem with typlen -1 (JDBC). */
function typeRow(t: PgType): RowObject {
  const isArray = t.name.startsWith('_'), io = isArray ? 'array_' : t.name;
  return {
    oid: t.oid, typname: t.name, typnamespace: PG_CATALOG_OID, typowner: OWNER_OID, typlen: t.length, typbyval: t.length > 0 && t.length <= 8, typtype: t.kind, typcategory: t.category, typispreferred: ['bool', 'text', 'oid', 'float8', 'timestamptz', 'interval', 'inet', 'varbit'].includes(t.name),
    typisdefined: true, typdelim: t.name === 'box' || t.name === '_box' ? ';' : ',', typelem: t.element, typarray: t.arrayOid, typinput: functionOid(`${io}in`), typoutput: functionOid(`${io}out`), typreceive: functionOid(`${io}recv`), typsend: functionOid(`${io}send`),
    typalign: 'i', typstorage: t.length < 0 ? 'x' : 'p', typtypmod: -1, typcollation: t.collation,
  };
}
let builtIn: readonly RowObject[] | undefined;
const builtInTypes = (): readonly RowObject[] => (builtIn ??= pgTypes.map(typeRow));
/** Every relation has a row type of its name. */
const rowType = (r: RelationInfo): RowObject => ({ oid: hashOid('row type', r.oid), typname: r.name, typnamespace: r.namespace, typowner: OWNER_OID, typlen: -1, typtype: 'c', typcategory: 'C', typisdefined: true, typdelim: ',', typrelid: r.oid, typalign: 'd', typstorage: 'x', typtypmod: -1 });
/** Input, output and the like of every type, so that joins over typreceive and typinput find a name. */
export const typeFunctionNames: readonly string[] = [...new Set(pgTypes.map((t) => (t.name.startsWith('_') ? 'array_' : t.name)))].flatMap((io) => ['in', 'out', 'recv', 'send'].map((what) => `${io}${what}`));
function functionRow(name: string, kind: string): RowObject {
  return { oid: functionOid(name), proname: name, pronamespace: PG_CATALOG_OID, proowner: OWNER_OID, prolang: 12, procost: 1, prokind: kind, proisstrict: kind === 'f', provolatile: 'i', proparallel: 's', pronargs: 0, prorettype: 2276, prosrc: name };
}
const functions = (s: Snapshot): RowObject[] => s.context.functions.filter((f) => /^[A-Za-z]/.test(f.name)).map((f) => functionRow(f.name.toLowerCase(), f.kind === 'aggregate' ? 'a' : 'f'));

export const typeProviders: readonly Provider[] = [
  { name: 'pg_type', rows: async (s) => [...builtInTypes(), ...(await s.relations()).map(rowType)] },
  { name: 'pg_proc', rows: (s) => { const named = functions(s), names = new Set(named.map((f) => f['proname'])); return Promise.resolve([...named, ...typeFunctionNames.filter((n) => !names.has(n)).map((n) => functionRow(n, 'f'))]); } },
  { name: 'pg_aggregate', rows: (s) => Promise.resolve(s.context.functions.filter((f) => f.kind === 'aggregate').map((f) => ({ aggfnoid: functionOid(f.name.toLowerCase()), aggkind: 'n' }))) },
];
