/**
 * PostgreSQL's types as far as catalogs and clients speak of them: object ids, names, and the mapping from SQL types. A type is named
 * by its pg_type name (`int4`), arrays by the element's name and `[]` (`text[]`). Source: pg_type.dat and format_type() of PostgreSQL 15.
 *
 * The mapping of SQL types is the same as the wire's (`server/pgwire/types.ts`); a test holds the two together.
 */
import {
  BIGINT, BOOLEAN, BYTES, DATE, DOUBLE, FLOAT, INT, INTERVAL_DAY_TIME, MAX_LENGTH, SMALLINT, STRING, array, time, timestamp, timestampLtz, type SqlType,
} from '../../core/types/sql-type.ts';

export interface PgType {
  readonly oid: number;
  readonly name: string;
  /** Bytes, -1 variable, -2 C string. */
  readonly length: number;
  /** b base, p pseudo. */
  readonly kind: 'b' | 'p';
  readonly category: string;
  /** 0: there is no array type. */
  readonly arrayOid: number;
  readonly collation: number;
  /** Of an array type: its element; else 0. */
  readonly element: number;
}
/** oid name length kind category array-oid collation element. */
const SOURCE: readonly string[] = [
  '16 bool 1 b B 1000 0 0',
  '17 bytea -1 b U 1001 0 0',
  '18 char 1 b Z 1002 0 0',
  '19 name 64 b S 1003 950 18',
  '20 int8 8 b N 1016 0 0',
  '21 int2 2 b N 1005 0 0',
  '23 int4 4 b N 1007 0 0',
  '24 regproc 4 b N 1008 0 0',
  '25 text -1 b S 1009 100 0',
  '26 oid 4 b N 1028 0 0',
  '27 tid 6 b U 1010 0 0',
  '28 xid 4 b U 1011 0 0',
  '29 cid 4 b U 1012 0 0',
  '114 json -1 b U 199 0 0',
  '142 xml -1 b U 143 0 0',
  '194 pg_node_tree -1 b Z 0 100 0',
  '600 point 16 b G 1017 0 0',
  '601 lseg 32 b G 1018 0 0',
  '602 path -1 b G 1019 0 0',
  '603 box 32 b G 1020 0 0',
  '604 polygon -1 b G 1027 0 0',
  '628 line 24 b G 629 0 0',
  '650 cidr -1 b I 651 0 0',
  '700 float4 4 b N 1021 0 0',
  '701 float8 8 b N 1022 0 0',
  '705 unknown -2 p X 0 0 0',
  '718 circle 24 b G 719 0 0',
  '774 macaddr8 8 b U 775 0 0',
  '790 money 8 b N 791 0 0',
  '829 macaddr 6 b U 1040 0 0',
  '869 inet -1 b I 1041 0 0',
  '1033 aclitem 12 b U 1034 0 0',
  '1042 bpchar -1 b S 1014 100 0',
  '1043 varchar -1 b S 1015 100 0',
  '1082 date 4 b D 1182 0 0',
  '1083 time 8 b D 1183 0 0',
  '1114 timestamp 8 b D 1115 0 0',
  '1184 timestamptz 8 b D 1185 0 0',
  '1186 interval 16 b T 1187 0 0',
  '1266 timetz 12 b D 1270 0 0',
  '1560 bit -1 b V 1561 0 0',
  '1562 varbit -1 b V 1563 0 0',
  '1700 numeric -1 b N 1231 0 0',
  '1790 refcursor -1 b U 2201 0 0',
  '2202 regprocedure 4 b N 2207 0 0',
  '2203 regoper 4 b N 2208 0 0',
  '2204 regoperator 4 b N 2209 0 0',
  '2205 regclass 4 b N 2210 0 0',
  '2206 regtype 4 b N 2211 0 0',
  '2249 record -1 p P 2287 0 0',
  '2275 cstring -2 p P 1263 0 0',
  '2276 any 4 p P 0 0 0',
  '2277 anyarray -1 p P 0 0 0',
  '2278 void 4 p P 0 0 0',
  '2279 trigger 4 p P 0 0 0',
  '2281 internal 8 p P 0 0 0',
  '2283 anyelement 4 p P 0 0 0',
  '2776 anynonarray 4 p P 0 0 0',
  '2950 uuid 16 b U 2951 0 0',
  '2970 txid_snapshot -1 b U 2949 0 0',
  '3220 pg_lsn 8 b U 3221 0 0',
  '3361 pg_ndistinct -1 b Z 0 100 0',
  '3402 pg_dependencies -1 b Z 0 100 0',
  '3500 anyenum 4 p P 0 0 0',
  '3614 tsvector -1 b U 3643 0 0',
  '3615 tsquery -1 b U 3645 0 0',
  '3734 regconfig 4 b N 3735 0 0',
  '3769 regdictionary 4 b N 3770 0 0',
  '3802 jsonb -1 b U 3807 0 0',
  '3831 anyrange -1 p P 0 0 0',
  '4072 jsonpath -1 b U 4073 0 0',
  '4089 regnamespace 4 b N 4090 0 0',
  '4096 regrole 4 b N 4097 0 0',
  '4191 regcollation 4 b N 4192 0 0',
  '4537 anymultirange -1 p P 0 0 0',
  '4538 anycompatiblemultirange -1 p P 0 0 0',
  '5017 pg_mcv_list -1 b Z 0 100 0',
  '5038 pg_snapshot -1 b U 5039 0 0',
  '5069 xid8 8 b U 271 0 0',
  '5077 anycompatible 4 p P 0 0 0',
  '5078 anycompatiblearray -1 p P 0 0 0',
  '5079 anycompatiblenonarray 4 p P 0 0 0',
  '5080 anycompatiblerange -1 p P 0 0 0',
];
const base: readonly PgType[] = SOURCE.map((line) => {
  const [oid = '', name = '', length = '', kind, category = '', arrayOid = '', collation = '', element = ''] = line.split(' ');
  return { oid: Number(oid), name, length: Number(length), kind: kind === 'p' ? 'p' : 'b', category, arrayOid: Number(arrayOid), collation: Number(collation), element: Number(element) };
});
const vectors: readonly PgType[] = [
  { oid: 22, name: 'int2vector', length: -1, kind: 'b', category: 'A', arrayOid: 1006, collation: 0, element: 21 },
  { oid: 30, name: 'oidvector', length: -1, kind: 'b', category: 'A', arrayOid: 1013, collation: 0, element: 26 },
];
const arrays: readonly PgType[] = [...base, ...vectors].filter((t) => t.arrayOid !== 0).map((t) => ({ oid: t.arrayOid, name: `_${t.name}`, length: -1, kind: t.kind, category: 'A', arrayOid: 0, collation: t.collation, element: t.oid }));
/** Everything that stands in pg_type, by object id. */
export const pgTypes: readonly PgType[] = [...base, ...vectors, ...arrays].sort((a, b) => a.oid - b.oid);
const byOid = new Map(pgTypes.map((t) => [t.oid, t])), byName = new Map(pgTypes.map((t) => [t.name, t]));
export const pgTypeByOid = (oid: number): PgType | undefined => byOid.get(oid);

/** Names of the SQL standard and of format_type() → pg_type names. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['boolean', 'bool'], ['smallint', 'int2'], ['integer', 'int4'], ['int', 'int4'], ['bigint', 'int8'], ['real', 'float4'], ['double precision', 'float8'], ['double', 'float8'], ['decimal', 'numeric'], ['dec', 'numeric'],
  ['character varying', 'varchar'], ['character', 'bpchar'], ['"char"', 'char'], ['string', 'text'], ['bytes', 'bytea'], ['varbinary', 'bytea'], ['binary', 'bytea'], ['tinyint', 'int2'], ['float', 'float8'],
  ['timestamp without time zone', 'timestamp'], ['timestamp with time zone', 'timestamptz'], ['timestamp with local time zone', 'timestamptz'], ['timestamp_ltz', 'timestamptz'],
  ['time without time zone', 'time'], ['time with time zone', 'timetz'], ['bit varying', 'varbit'],
]);
/** The type a text means (`integer`, `pg_catalog.int4`, `text[]`, `_text`, `varchar(20)`), as its name here; undefined when there is none. */
export function pgTypeNamed(text: string): string | undefined {
  const plain = text.trim().toLowerCase().replace(/^"?pg_catalog"?\./, '').replace(/\s*\([\d\s,]*\)/, '').trim();
  if (plain.endsWith('[]')) { const element = pgTypeNamed(plain.slice(0, -2)); return element === undefined ? undefined : `${element}[]`; }
  const name = ALIASES.get(plain) ?? plain.replaceAll('"', ''), found = byName.get(name);
  if (found === undefined) return undefined;
  return name.startsWith('_') ? `${byOid.get(found.element)?.name ?? name}[]` : name;
}
export const isArrayType = (name: string): boolean => name.endsWith('[]') || name === 'int2vector' || name === 'oidvector' || name === 'anyarray';
export const elementOf = (name: string): string => (name === 'int2vector' ? 'int2' : name === 'oidvector' ? 'oid' : name === 'anyarray' ? 'text' : name.slice(0, -2));
/** 0 when there is no such type. */
export function oidOfType(name: string): number {
  if (name.endsWith('[]')) return byName.get(name.slice(0, -2))?.arrayOid ?? 0;
  return byName.get(name)?.oid ?? 0;
}
export const typeNameOfOid = (oid: number): string | undefined => {
  const type = byOid.get(oid);
  return type === undefined ? undefined : type.name.startsWith('_') ? `${byOid.get(type.element)?.name ?? ''}[]` : type.name;
};

const SQL_NAMES: ReadonlyMap<string, string> = new Map([['bool', 'boolean'], ['int2', 'smallint'], ['int4', 'integer'], ['int8', 'bigint'], ['float4', 'real'], ['float8', 'double precision'], ['varchar', 'character varying'], ['bpchar', 'character'], ['char', '"char"'], ['varbit', 'bit varying']]);
/** format_type(): the SQL name with its modifier; `-` for 0, `???` for an unknown id. `modifier` -1 or null: none. */
export function formatType(oid: number, modifier: number | null): string {
  const type = byOid.get(oid);
  if (type === undefined) return oid === 0 ? '-' : '???';
  if (type.name.startsWith('_')) return `${formatType(type.element, modifier)}[]`;
  const m = modifier ?? -1;
  switch (type.name) {
    case 'numeric': return m < 4 ? 'numeric' : `numeric(${(m - 4) >> 16},${(m - 4) & 0xffff})`;
    case 'varchar': return m < 4 ? 'character varying' : `character varying(${m - 4})`;
    case 'bpchar': return m < 4 ? (modifier === null ? 'character' : 'bpchar') : `character(${m - 4})`;
    case 'time': case 'timestamp': return `${type.name}${m < 0 ? '' : `(${m})`} without time zone`;
    case 'timetz': case 'timestamptz': return `${type.name.slice(0, -2)}${m < 0 ? '' : `(${m})`} with time zone`;
    default: return SQL_NAMES.get(type.name) ?? type.name;
  }
}

/** What a column of a SQL type is to PostgreSQL's clients. MAP, ROW, MULTISET and arrays of arrays are json, as on the wire. */
export function pgTypeOfSql(type: SqlType): { readonly oid: number; readonly modifier: number } {
  const plain = (name: string, modifier = -1): { oid: number; modifier: number } => ({ oid: oidOfType(name), modifier });
  switch (type.kind) {
    case 'BOOLEAN': return plain('bool');
    case 'TINYINT': case 'SMALLINT': return plain('int2');
    case 'INT': return plain('int4');
    case 'BIGINT': return plain('int8');
    case 'FLOAT': return plain('float4');
    case 'DOUBLE': return plain('float8');
    case 'DECIMAL': return plain('numeric', ((type.precision << 16) | type.scale) + 4);
    case 'CHAR': return plain('bpchar', type.length + 4);
    case 'VARCHAR': return type.length === MAX_LENGTH ? plain('text') : plain('varchar', type.length + 4);
    case 'BINARY': case 'VARBINARY': return plain('bytea');
    case 'DATE': return plain('date');
    case 'TIME': return plain('time', Math.min(type.precision, 6));
    case 'TIMESTAMP': return plain('timestamp', Math.min(type.precision, 6));
    case 'TIMESTAMP_LTZ': return plain('timestamptz', Math.min(type.precision, 6));
    case 'INTERVAL_YEAR_MONTH': case 'INTERVAL_DAY_TIME': return plain('interval');
    case 'ARRAY': {
      const element = pgTypeOfSql(type.element), arrayOid = byOid.get(element.oid)?.arrayOid ?? 0;
      return element.oid === 114 || arrayOid === 0 || type.element.kind === 'ARRAY' ? plain('json') : { oid: arrayOid, modifier: element.modifier };
    }
    case 'MAP': case 'MULTISET': case 'ROW': return plain('json');
    case 'RAW': case 'NULL': return plain('text');
  }
}
/** The SQL type in which values of a PostgreSQL type go out. What has no counterpart is text. */
export function sqlTypeOf(name: string): SqlType {
  if (isArrayType(name)) return array(sqlTypeOf(elementOf(name)));
  switch (name) {
    case 'bool': return BOOLEAN;
    case 'int2': return SMALLINT;
    case 'int4': return INT;
    case 'int8': case 'oid': case 'xid': case 'cid': case 'xid8': return BIGINT;
    case 'float4': return FLOAT;
    case 'float8': case 'numeric': return DOUBLE;
    case 'bytea': return BYTES;
    case 'date': return DATE;
    case 'time': return time(3);
    case 'timestamp': return timestamp(3);
    case 'timestamptz': return timestampLtz(3);
    case 'interval': return INTERVAL_DAY_TIME;
    default: return STRING;
  }
}
