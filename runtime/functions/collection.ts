/**
 * Constructors and functions of arrays, maps and rows. Array positions are 1-based; outside is NULL. Equality inside arrays treats NULL
 * as equal to NULL. Source: Flink "System Functions", collection functions.
 */
import type { ArgumentInfo, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { invalidArgument } from '../../core/errors/data.ts';
import { commonType, isCharacter, isInteger } from '../../core/types/coercion.ts';
import { compareNullable, compareValues, equalValues } from '../../core/types/compare.ts';
import { BOOLEAN, INT, STRING, array, asNullable, map, notNull, row, type SqlType } from '../../core/types/sql-type.ts';
import { anyNullable, call, code, isNull, nullable, propagate, scalar, type Spec } from './define.ts';
import { joinTexts } from './text-limit.ts';

const FAMILY = 'collection';
const fn = (spec: Spec): ScalarFunction => scalar(FAMILY, spec);
const elementOf = (type: SqlType | undefined): SqlType | undefined => (type?.kind === 'ARRAY' || type?.kind === 'MULTISET' ? type.element : undefined);
type Values = readonly unknown[];
const has = (values: Values, value: unknown): boolean => values.some((v) => equalValues(v, value));
/** Values without repetition, in order of first appearance. */
function distinct(values: Values): unknown[] {
  const simple = new Set<unknown>(), nested: unknown[] = [];
  for (const v of values) if (typeof v !== 'object' || v === null) simple.add(v); else if (!has(nested, v)) nested.push(v);
  if (nested.length === 0) return [...simple];
  const result: unknown[] = [];
  for (const v of values) if (!has(result, v)) result.push(v);
  return result;
}

const constructors: readonly ScalarFunction[] = [
  fn({ name: 'ARRAY', signature: 'ARRAY[value, …]', about: 'An array of values of one type.', examples: [['ARRAY[1, 2, 3]', '[1, 2, 3]']], strict: false, infer: (args) => { const e = commonType(args.map((a) => a.type)); return e === undefined ? undefined : { result: notNull(array(e)), args: args.map(() => e) }; }, compile: () => code((a) => `[${a.join(', ')}]`) }),
  fn({
    name: 'MAP', signature: 'MAP[key, value, …]', about: 'A map of keys to values.', examples: [["MAP['a', 1, 'b', 2]", '{a=1, b=2}']], strict: false,
    infer: (args) => {
      if (args.length === 0 || args.length % 2 !== 0) return undefined;
      const key = commonType(args.filter((_, i) => i % 2 === 0).map((a) => a.type)), value = commonType(args.filter((_, i) => i % 2 === 1).map((a) => a.type));
      return key === undefined || value === undefined ? undefined : { result: notNull(map(key, value)), args: args.map((_, i) => (i % 2 === 0 ? key : value)) };
    },
    compile: () => call((...entries: unknown[]) => { const result = new Map<unknown, unknown>(); for (let i = 0; i < entries.length; i += 2) result.set(entries[i], entries[i + 1]); return result; }),
  }),
  fn({ name: 'ROW', signature: 'ROW(value, …)', about: 'A row of values.', examples: [["ROW(1, 'a')", '(1, a)']], strict: false, infer: (args) => ({ result: notNull(row(args.map((a, i) => ({ name: `EXPR$${i}`, type: a.type })))) }), compile: () => code((a) => `[${a.join(', ')}]`) }),
  fn({
    name: 'ITEM', signature: 'array[position], map[key]', about: 'An element of an array (from 1) or the value of a key; NULL when there is none.', examples: [['ARRAY[4, 5][2]', '5'], ['ARRAY[4, 5][3]', 'NULL'], ["MAP['a', 1]['a']", '1'], ["MAP['a', 1]['b']", 'NULL']],
    infer: (args) => {
      const [a, b] = args;
      if (a === undefined || b === undefined) return undefined;
      if (a.type.kind === 'ARRAY') return isInteger(b.type) || isNull(b.type) ? { result: nullable(a.type.element), args: [a.type, isNull(b.type) ? INT : b.type] } : undefined;
      if (a.type.kind === 'MAP') return commonType([a.type.key, b.type]) !== undefined ? { result: nullable(a.type.value), args: [a.type, isCharacter(b.type) ? b.type : a.type.key] } : undefined;
      return undefined;
    },
    compile: (args) => (args[0]?.type.kind === 'ARRAY' ? call((a: Values, i: number) => a[i - 1] ?? null) : call((m: ReadonlyMap<unknown, unknown>, k: unknown) => lookUp(m, k))),
  }),
];
function lookUp(m: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  if (typeof key !== 'object') return m.get(key) ?? null;
  for (const [k, v] of m) if (equalValues(k, key)) return v;
  return null;
}
const size = fn({
  name: 'CARDINALITY', signature: 'CARDINALITY(collection)', about: 'Number of elements or entries.', examples: [['CARDINALITY(ARRAY[1, 2])', '2'], ["CARDINALITY(MAP['a', 1])", '1']],
  infer: (args) => { const k = args[0]?.type.kind; return args.length === 1 && (k === 'ARRAY' || k === 'MAP' || k === 'MULTISET') ? { result: propagate(INT, args) } : undefined; },
  compile: (args) => (args[0]?.type.kind === 'ARRAY' ? code((a) => `${a[0]}.length`) : args[0]?.type.kind === 'MAP' ? code((a) => `${a[0]}.size`) : call((m: Map<unknown, number>) => { let n = 0; for (const c of m.values()) n += c; return n; })),
});
const element = fn({ name: 'ELEMENT', signature: 'ELEMENT(array)', about: 'The only element; NULL when empty, an error when there are more.', examples: [['ELEMENT(ARRAY[7])', '7']], infer: (args) => { const e = elementOf(args[0]?.type); return args.length === 1 && e !== undefined ? { result: nullable(e) } : undefined; }, compile: () => call((a: Values) => { if (a.length > 1) throw invalidArgument({ function: 'ELEMENT', what: `the array has ${a.length} elements` }); return a[0] ?? null; }) });

/** Array and a value of its element type; `run` sees NULL values. */
function withValue(name: string, about: string, examples: Spec['examples'], result: (element: SqlType, args: readonly ArgumentInfo[]) => SqlType, run: (a: Values, v: unknown) => unknown): ScalarFunction {
  return fn({
    name, signature: `${name}(array, value)`, about, examples: examples ?? [], strict: false,
    infer: (args) => {
      const e = elementOf(args[0]?.type), v = args[1]?.type;
      const common = args.length === 2 && e !== undefined && v !== undefined ? commonType([e, v]) : undefined;
      return common === undefined || args[0] === undefined ? undefined : { result: asNullable(result(common, args), args[0].type.nullable), args: [asNullable(array(common), args[0].type.nullable), common] };
    },
    compile: () => call((a: Values | null, v: unknown) => (a === null ? null : run(a, v))),
  });
}
/** One array in. */
function ofArray(name: string, about: string, examples: Spec['examples'], result: (element: SqlType) => SqlType, run: (a: Values, element: SqlType) => unknown, mayBeNull = false): ScalarFunction {
  return fn({
    name, signature: `${name}(array)`, about, examples: examples ?? [], infer: (args) => { const e = elementOf(args[0]?.type); return args.length === 1 && e !== undefined ? { result: asNullable(result(e), mayBeNull || anyNullable(args)) } : undefined; },
    compile: (args) => { const e = elementOf(args[0]?.type) ?? INT; return call((a: Values) => run(a, e)); },
  });
}
/** Arrays of one type in. */
function ofArrays(name: string, about: string, examples: Spec['examples'], run: (...arrays: Values[]) => unknown[]): ScalarFunction {
  return fn({ name, signature: `${name}(array, array${name === 'ARRAY_CONCAT' ? ', …' : ''})`, about, examples: examples ?? [], infer: (args) => { const common = args.length > 0 && (name === 'ARRAY_CONCAT' || args.length === 2) && args.every((a) => a.type.kind === 'ARRAY' || isNull(a.type)) ? commonType(args.map((a) => a.type)) : undefined; return common === undefined ? undefined : { result: propagate(common, args), args: args.map(() => common) }; }, compile: () => call(run) });
}
function extreme(sign: 1 | -1) {
  return (a: Values, e: SqlType): unknown => { const compare = compareValues(e); let best: unknown = null; for (const v of a) if (v !== null && (best === null || compare(v, best) * sign > 0)) best = v; return best; };
}
const arrays: readonly ScalarFunction[] = [
  withValue('ARRAY_CONTAINS', 'TRUE when the array holds the value; NULL is found too.', [['ARRAY_CONTAINS(ARRAY[1, 2], 2)', 'TRUE'], ['ARRAY_CONTAINS(ARRAY[1, 2], 3)', 'FALSE']], () => BOOLEAN, has),
  withValue('ARRAY_POSITION', 'Position of the value, 0 when there is none.', [["ARRAY_POSITION(ARRAY['a', 'b'], 'b')", '2'], ['ARRAY_POSITION(ARRAY[1], 9)', '0']], () => INT, (a, v) => a.findIndex((x) => equalValues(x, v)) + 1),
  withValue('ARRAY_REMOVE', 'The array without the value.', [['ARRAY_REMOVE(ARRAY[1, 2, 1], 1)', '[2]']], (e) => array(e), (a, v) => a.filter((x) => !equalValues(x, v))),
  withValue('ARRAY_APPEND', 'The array with the value at its end.', [['ARRAY_APPEND(ARRAY[1], 2)', '[1, 2]']], (e) => array(e), (a, v) => [...a, v]),
  withValue('ARRAY_PREPEND', 'The array with the value at its start.', [['ARRAY_PREPEND(ARRAY[1], 2)', '[2, 1]']], (e) => array(e), (a, v) => [v, ...a]),
  ofArray('ARRAY_DISTINCT', 'The array without repetitions.', [['ARRAY_DISTINCT(ARRAY[1, 2, 1])', '[1, 2]']], array, distinct),
  ofArray('ARRAY_REVERSE', 'The elements in reverse order.', [['ARRAY_REVERSE(ARRAY[1, 2])', '[2, 1]']], array, (a) => [...a].reverse()),
  ofArray('ARRAY_MAX', 'The largest element.', [['ARRAY_MAX(ARRAY[1, 3, 2])', '3']], (e) => e, extreme(1), true),
  ofArray('ARRAY_MIN', 'The smallest element.', [['ARRAY_MIN(ARRAY[2, 1])', '1']], (e) => e, extreme(-1), true),
  ofArrays('ARRAY_CONCAT', 'The arrays one after the other.', [['ARRAY_CONCAT(ARRAY[1], ARRAY[2, 3])', '[1, 2, 3]']], (...all) => all.flat(1)),
  ofArrays('ARRAY_UNION', 'All elements of both arrays, without repetition.', [['ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])', '[1, 2, 3]']], (a, b = []) => distinct([...(a ?? []), ...b])),
  ofArrays('ARRAY_INTERSECT', 'Elements that both arrays hold, without repetition.', [['ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2, 3])', '[2]']], (a = [], b = []) => distinct(a.filter((v) => has(b, v)))),
  ofArrays('ARRAY_EXCEPT', 'Elements of the first array that the second does not hold.', [['ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2])', '[1]']], (a = [], b = []) => { const left = [...b]; return a.filter((v) => { const at = left.findIndex((x) => equalValues(x, v)); if (at >= 0) left.splice(at, 1); return at < 0; }); }),
  fn({
    name: 'ARRAY_JOIN', signature: 'ARRAY_JOIN(array, delimiter [, nullText])', about: 'The texts of an array with a delimiter between them; NULLs are left out or replaced.', examples: [["ARRAY_JOIN(ARRAY['a', 'b'], '-')", 'a-b']],
    infer: (args) => (args.length >= 2 && args.length <= 3 && isCharacter(elementOf(args[0]?.type) ?? INT) && args.slice(1).every((a) => isCharacter(a.type)) ? { result: propagate(STRING, args) } : undefined),
    compile: () => call((a: (string | null)[], by: string, missing?: string) => joinTexts('ARRAY_JOIN', missing === undefined ? a.filter((v) => v !== null) : a.map((v) => v ?? missing), by)),
  }),
  fn({
    name: 'ARRAY_SLICE', signature: 'ARRAY_SLICE(array, start [, end])', about: 'Elements from start to end, both included; negative positions count from the end.', examples: [['ARRAY_SLICE(ARRAY[1, 2, 3, 4], 2, 3)', '[2, 3]'], ['ARRAY_SLICE(ARRAY[1, 2, 3], -2)', '[2, 3]']],
    infer: (args) => (args.length >= 2 && args.length <= 3 && args[0]?.type.kind === 'ARRAY' && args.slice(1).every((a) => isInteger(a.type)) ? { result: propagate(args[0].type, args) } : undefined),
    compile: () => call((a: Values, start: number, end = a.length) => { const from = start < 0 ? Math.max(0, a.length + start) : Math.max(0, start - 1), to = end < 0 ? a.length + end + 1 : end; return from >= to ? [] : a.slice(from, to); }),
  }),
  fn({
    name: 'ARRAY_SORT', signature: 'ARRAY_SORT(array [, ascending [, nullsFirst]])', about: 'The elements in order; NULLs first when ascending, last when descending, unless said.', examples: [['ARRAY_SORT(ARRAY[2, 3, 1])', '[1, 2, 3]'], ['ARRAY_SORT(ARRAY[2, 3, 1], FALSE)', '[3, 2, 1]']],
    infer: (args) => (args.length >= 1 && args.length <= 3 && args[0]?.type.kind === 'ARRAY' && args.slice(1).every((a) => a.type.kind === 'BOOLEAN') ? { result: propagate(args[0].type, args) } : undefined),
    compile: (args) => { const compare = compareNullable(elementOf(args[0]?.type) ?? INT); return call((a: Values, up = true, first = up) => [...a].sort((x, y) => (x === null || y === null ? (x === y ? 0 : (x === null) === first ? -1 : 1) : up ? compare(x, y) : compare(y, x)))); },
  }),
];
type Dictionary = ReadonlyMap<unknown, unknown>;
const ofMap = (name: string, about: string, example: readonly [string, string], result: (key: SqlType, value: SqlType) => SqlType, run: (m: Dictionary) => unknown): ScalarFunction => fn({
  name, signature: `${name}(map)`, about, examples: [example], infer: (args) => { const t = args[0]?.type; return args.length === 1 && t?.kind === 'MAP' ? { result: propagate(result(t.key, t.value), args) } : undefined; }, compile: () => call(run),
});
const maps: readonly ScalarFunction[] = [
  ofMap('MAP_KEYS', 'The keys.', ["MAP_KEYS(MAP['a', 1])", '[a]'], (k) => array(k), (m) => [...m.keys()]),
  ofMap('MAP_VALUES', 'The values.', ["MAP_VALUES(MAP['a', 1])", '[1]'], (_k, v) => array(v), (m) => [...m.values()]),
  ofMap('MAP_ENTRIES', 'The entries as rows.', ["MAP_ENTRIES(MAP['a', 1])", '[(a, 1)]'], (k, v) => array(notNull(row([{ name: 'key', type: k }, { name: 'value', type: v }]))), (m) => Array.from(m, ([k, v]) => [k, v])),
  fn({ name: 'MAP_UNION', signature: 'MAP_UNION(map, …)', about: 'All entries; of equal keys the last map wins.', examples: [["MAP_UNION(MAP['a', 1], MAP['a', 2])", '{a=2}']], infer: (args) => { const common = args.every((a) => a.type.kind === 'MAP') ? commonType(args.map((a) => a.type)) : undefined; return common === undefined ? undefined : { result: propagate(common, args), args: args.map(() => common) }; }, compile: () => call((...all: Dictionary[]) => new Map(all.flatMap((m) => [...m]))) }),
  fn({
    name: 'MAP_FROM_ARRAYS', signature: 'MAP_FROM_ARRAYS(keys, values)', about: 'A map of an array of keys and one of values, of equal length.', examples: [["MAP_FROM_ARRAYS(ARRAY['a', 'b'], ARRAY[1, 2])", '{a=1, b=2}']],
    infer: (args): Signature | undefined => { const k = elementOf(args[0]?.type), v = elementOf(args[1]?.type); return args.length === 2 && k !== undefined && v !== undefined ? { result: propagate(map(k, v), args) } : undefined; },
    compile: () => call((k: Values, v: Values) => { if (k.length !== v.length) throw invalidArgument({ function: 'MAP_FROM_ARRAYS', what: `${k.length} keys and ${v.length} values` }); return new Map(k.map((key, i) => [key, v[i]])); }),
  }),
  fn({
    name: 'STR_TO_MAP', signature: 'STR_TO_MAP(string [, entryDelimiter [, valueDelimiter]])', about: 'The entries of a text such as a=1,b=2.', examples: [["STR_TO_MAP('k1=v1,k2=v2')", '{k1=v1, k2=v2}'], ["STR_TO_MAP('a:1;b:2', ';', ':')", '{a=1, b=2}']],
    infer: (args) => (args.length >= 1 && args.length <= 3 && args.every((a) => isCharacter(a.type)) ? { result: propagate(map(STRING, STRING), args) } : undefined),
    compile: () => call((s: string, entries = ',', values = '=') => {
      const result = new Map<string, string | null>();
      if (s !== '') for (const part of s.split(entries)) { const at = part.indexOf(values); result.set(at < 0 ? part : part.slice(0, at), at < 0 ? null : part.slice(at + values.length)); }
      return result;
    }),
  }),
];
export const collectionFunctions: readonly ScalarFunction[] = [...constructors, size, element, ...arrays, ...maps];
