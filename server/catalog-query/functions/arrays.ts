/** Arrays, numbers, and the functions that give rows. int2vector and oidvector count from 0, all other arrays from 1. */
import { divisionByZero } from '../../../core/errors/data.ts';
import { systemQueryTooLarge } from '../../../core/errors/system-query.ts';
import { elementOf, isArrayType } from '../../../catalog/system/pg-types.ts';
import { textOf } from '../values.ts';
import { KEYWORDS_OF_POSTGRES } from './keywords.ts';
import { define, named, type Call, type CatalogFunction, type SetFunction } from './define.ts';

const MAX_SERIES = 100_000;
const lower = (type: string | undefined): number => (type === 'int2vector' || type === 'oidvector' ? 0 : 1);
const firstType = (types: readonly string[]): string => types[0] ?? 'text';
const asArray = (type: string): string => (isArrayType(type) ? `${elementOf(type)}[]` : `${type === 'unknown' ? 'text' : type}[]`);
const itemText = (call: Call): ((v: unknown) => string) => { const element = elementOf(call.types[0] ?? 'text[]'), write = textOf(element, call.names); return element === 'bool' ? (v) => (v === true ? 't' : 'f') : write; };

export const arrayFunctions: readonly CatalogFunction[] = [
  define<[unknown[], string, string?]>('array_to_string', ['any', 'text', 'text'], 'text', ([items, by, missing], call) => items.filter((i) => i !== null || missing !== undefined).map((i) => (i === null ? missing : itemText(call)(i))).join(by)),
  define<[string, string | null, string?]>('string_to_array', ['text', 'text', 'text'], 'text[]', ([s, by, missing]) => (s === null ? null : s === '' ? [] : (by === null ? [...s] : by === '' ? [s] : s.split(by)).map((x) => (x === missing ? null : x))), { strict: false }),
  define<[unknown[], number]>('array_length', ['any', 'int4'], 'int4', ([a, d]) => (d !== 1 || a.length === 0 ? null : a.length)),
  define<[unknown[]]>('cardinality', ['any'], 'int4', ([a]) => a.length),
  define<[unknown[]]>('array_ndims', ['any'], 'int4', ([a]) => (a.length === 0 ? null : 1)),
  define<[unknown[], number]>('array_lower', ['any', 'int4'], 'int4', ([a, d], { types }) => (d !== 1 || a.length === 0 ? null : lower(types[0]))),
  define<[unknown[], number]>('array_upper', ['any', 'int4'], 'int4', ([a, d], { types }) => (d !== 1 || a.length === 0 ? null : a.length - 1 + lower(types[0]))),
  define<[unknown[] | null, unknown]>('array_position', ['any', 'any'], 'int4', ([a, x]) => { const at = a?.findIndex((v) => v === x) ?? -1; return at < 0 ? null : at + 1; }, { strict: false }),
  define<[unknown[] | null, unknown]>('array_append', ['any', 'any'], (t) => asArray(firstType(t)), ([a, x]) => [...(a ?? []), x], { strict: false }),
  define<[unknown, unknown[] | null]>('array_prepend', ['any', 'any'], (t) => asArray(t[1] ?? 'text[]'), ([x, a]) => [x, ...(a ?? [])], { strict: false }),
  define<[unknown[] | null, unknown[] | null]>('array_cat', ['any', 'any'], (t) => asArray(firstType(t)), ([a, b]) => { if ((a?.length ?? 0) + (b?.length ?? 0) > MAX_SERIES) throw systemQueryTooLarge({ rows: MAX_SERIES }); return a === null && b === null ? null : [...(a ?? []), ...(b ?? [])]; }, { strict: false }),
  define<[unknown[] | null, unknown]>('array_remove', ['any', 'any'], (t) => asArray(firstType(t)), ([a, x]) => a?.filter((v) => v !== x) ?? null, { strict: false }),
];
const numberType = (types: readonly string[]): string => (firstType(types) === 'unknown' ? 'float8' : firstType(types));
export const numberFunctions: readonly CatalogFunction[] = [
  define<[number]>('abs', ['any'], numberType, ([n]) => Math.abs(n)),
  ...named(['ceil', 'ceiling'], (name) => define<[number]>(name, ['numeric'], numberType, ([n]) => Math.ceil(n))),
  define<[number]>('floor', ['numeric'], numberType, ([n]) => Math.floor(n)),
  define<[number, number?]>('round', ['numeric', 'int4'], numberType, ([n, digits = 0]) => Math.round(n * 10 ** digits) / 10 ** digits),
  define<[number, number?]>('trunc', ['numeric', 'int4'], numberType, ([n, digits = 0]) => Math.trunc(n * 10 ** digits) / 10 ** digits),
  define<[number]>('sign', ['numeric'], numberType, ([n]) => Math.sign(n)),
  define<[number, number]>('mod', ['any', 'any'], numberType, ([a, b]) => { if (b === 0) throw divisionByZero({}); return a % b; }),
  define<[number, number]>('power', ['float8', 'float8'], 'float8', ([a, b]) => a ** b),
  define<[string, number]>('date_part', ['text', 'any'], 'float8', ([unit, t]) => (unit.toLowerCase() === 'epoch' ? t / 1000 : null)),
];

const one = (name: string, type: string): readonly { name: string; type: string }[] => [{ name, type }];
const series = ([from, to, step = 1]: readonly unknown[]): unknown[][] => {
  const by = Number(step), rows: unknown[][] = [];
  if (by === 0) return [];
  for (let n = Number(from); by > 0 ? n <= Number(to) : n >= Number(to); n += by) { if (rows.length >= MAX_SERIES) throw systemQueryTooLarge({ rows: MAX_SERIES }); rows.push([n]); }
  return rows;
};
export const setFunctions: readonly SetFunction[] = [
  { name: 'generate_series', args: ['int4', 'int4', 'int4'], columns: (t) => one('generate_series', t.includes('int8') ? 'int8' : 'int4'), rows: series },
  {
    name: 'generate_subscripts', args: ['any', 'int4', 'bool'], columns: () => one('generate_subscripts', 'int4'),
    rows: ([a, _, reverse], { types }) => { const rows = (a as unknown[]).map((__, i) => [i + lower(types[0])]); return reverse === true ? rows.reverse() : rows; },
  },
  { name: 'unnest', args: ['any'], columns: (t) => one('unnest', elementOf(t[0] ?? 'text[]')), rows: ([a]) => (a as unknown[]).map((x) => [x]) },
  { name: '_pg_expandarray', args: ['any'], columns: (t) => [{ name: 'x', type: elementOf(t[0] ?? 'text[]') }, { name: 'n', type: 'int4' }], rows: ([a]) => (a as unknown[]).map((x, i) => [x, i + 1]) },
  { name: 'pg_options_to_table', args: ['text[]'], columns: () => [{ name: 'option_name', type: 'text' }, { name: 'option_value', type: 'text' }], rows: ([a]) => (a as string[]).map((o) => { const at = o.indexOf('='); return [o.slice(0, at), o.slice(at + 1)]; }) },
  { name: 'pg_get_keywords', args: [], columns: () => [{ name: 'word', type: 'text' }, { name: 'catcode', type: 'char' }, { name: 'barelabel', type: 'bool' }, { name: 'catdesc', type: 'text' }, { name: 'baredesc', type: 'text' }], rows: () => KEYWORDS_OF_POSTGRES.map((word) => [word, 'R', true, 'reserved', 'can be bare label']) },
  { name: 'pg_show_all_settings', args: [], columns: () => [{ name: 'name', type: 'text' }, { name: 'setting', type: 'text' }], rows: (_, { context }) => context.settings().map(([k, v]) => [k, v]) },
  { name: 'pg_partition_ancestors', args: ['regclass'], columns: () => one('relid', 'regclass'), rows: ([id]) => [[id]] },
  { name: 'pg_partition_tree', args: ['regclass'], columns: () => [{ name: 'relid', type: 'regclass' }, { name: 'parentrelid', type: 'regclass' }, { name: 'isleaf', type: 'bool' }, { name: 'level', type: 'int4' }], rows: ([id]) => [[id, null, true, 0]] },
  { name: 'pg_get_publication_tables', args: ['text'], columns: () => one('relid', 'oid'), rows: () => [] },
  { name: 'pg_tablespace_databases', args: ['oid'], columns: () => one('pg_tablespace_databases', 'oid'), rows: () => [] },
  { name: 'aclexplode', args: ['aclitem[]'], columns: () => [{ name: 'grantor', type: 'oid' }, { name: 'grantee', type: 'oid' }, { name: 'privilege_type', type: 'text' }, { name: 'is_grantable', type: 'bool' }], rows: () => [] },
  { name: 'pg_listening_channels', args: [], columns: () => one('pg_listening_channels', 'text'), rows: () => [] },
  { name: 'pg_timezone_names', args: [], columns: () => one('name', 'text'), rows: () => Intl.supportedValuesOf('timeZone').map((z) => [z]) },
];
