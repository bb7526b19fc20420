/**
 * Comparison, logic and tests for NULL. The binder has cast both sides to one type, but for mixes of integer types (canonical longs of
 * number and bigint compare exactly in JavaScript) and of CHAR with VARCHAR. AND, OR, NOT and the IS tests are written natively by the
 * code generator; their cards here carry types, docs and a plain implementation of the same truth tables.
 */
import type { ArgumentInfo, CompiledCall, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { commonType } from '../../core/types/coercion.ts';
import { compareStrings, compareValues, equalValues, isScalarIdentity } from '../../core/types/compare.ts';
import { BOOLEAN, notNull, type SqlType } from '../../core/types/sql-type.ts';
import { call, code, propagate, scalar, type Example } from './define.ts';

const FAMILY = 'comparison';
function comparable(args: readonly ArgumentInfo[]): Signature | undefined {
  const [a, b] = args;
  if (a === undefined || b === undefined || args.length !== 2) return undefined;
  const common = commonType([a.type, b.type]);
  return common === undefined ? undefined : { result: propagate(BOOLEAN, args) };
}
const kindOf = (args: readonly ArgumentInfo[]): SqlType => (args[0]?.type.kind === 'NULL' ? args[1]?.type : args[0]?.type) ?? { kind: 'NULL', nullable: true };
function equality(args: readonly ArgumentInfo[], not: boolean): CompiledCall {
  if (isScalarIdentity(kindOf(args))) return code((a) => `(${a[0]} ${not ? '!==' : '==='} ${a[1]})`);
  return code((a, ref) => `${not ? '!' : ''}${ref(equalValues)}(${a[0]}, ${a[1]})`);
}
function ordering(args: readonly ArgumentInfo[], symbol: '<' | '<=' | '>' | '>='): CompiledCall {
  const type = kindOf(args);
  switch (type.kind) {
    case 'CHAR': case 'VARCHAR': return code((a, ref) => `(${ref(compareStrings)}(${a[0]}, ${a[1]}) ${symbol} 0)`);
    case 'BINARY': case 'VARBINARY': case 'ARRAY': case 'MAP': case 'MULTISET': case 'ROW': case 'RAW': { const compare = compareValues(type); return code((a, ref) => `(${ref(compare)}(${a[0]}, ${a[1]}) ${symbol} 0)`); }
    default: return code((a) => `(${a[0]} ${symbol} ${a[1]})`);
  }
}
const equal = scalar(FAMILY, { name: '=', signature: 'a = b', about: 'TRUE when the values are equal; NULL when one is NULL.', examples: [['1 = 1', 'TRUE'], ["'a' = 'b'", 'FALSE'], ['1 = CAST(NULL AS INT)', 'NULL'], ['1.0 = 1', 'TRUE']], infer: comparable, compile: (args) => equality(args, false) });
const unequal = scalar(FAMILY, { name: '<>', aliases: ['!='], signature: 'a <> b', about: 'TRUE when the values differ; NULL when one is NULL.', examples: [['1 <> 2', 'TRUE']], infer: comparable, compile: (args) => equality(args, true) });
const ordered = (['<', '<=', '>', '>='] as const).map((symbol) => scalar(FAMILY, {
  name: symbol, signature: `a ${symbol} b`, about: 'Compares two values of one type; strings by code points, FALSE before TRUE.',
  examples: symbol === '<' ? [['1 < 2', 'TRUE'], ["'a' < 'B'", 'FALSE'], ["DATE '2020-01-01' < DATE '2020-01-02'", 'TRUE']] : [[`2 ${symbol} 2`, symbol.length === 2 ? 'TRUE' : 'FALSE']],
  infer: comparable, compile: (args) => ordering(args, symbol),
}));

const booleansOnly = (least: number, most: number) => (args: readonly ArgumentInfo[]): Signature | undefined =>
  (args.length >= least && args.length <= most && args.every((a) => a.type.kind === 'BOOLEAN' || a.type.kind === 'NULL') ? { result: propagate(BOOLEAN, args), args: args.map(() => BOOLEAN) } : undefined);
const logic = (name: 'AND' | 'OR', examples: readonly Example[]): ScalarFunction => {
  const stop = name === 'OR';
  return scalar('logic', {
    name, signature: `a ${name} b`, about: name === 'AND' ? 'TRUE when both are TRUE; FALSE when one is FALSE; else NULL.' : 'TRUE when one is TRUE; FALSE when both are FALSE; else NULL.', examples,
    strict: false, infer: booleansOnly(1, Infinity), compile: () => call((...values: (boolean | null)[]) => (values.includes(stop) ? stop : values.includes(null) ? null : !stop)),
  });
};
const and = logic('AND', [['TRUE AND FALSE', 'FALSE'], ['TRUE AND CAST(NULL AS BOOLEAN)', 'NULL'], ['FALSE AND CAST(NULL AS BOOLEAN)', 'FALSE']]);
const or = logic('OR', [['TRUE OR FALSE', 'TRUE'], ['TRUE OR CAST(NULL AS BOOLEAN)', 'TRUE'], ['FALSE OR CAST(NULL AS BOOLEAN)', 'NULL']]);
const not = scalar('logic', { name: 'NOT', signature: 'NOT a', about: 'The opposite; NULL stays NULL.', examples: [['NOT TRUE', 'FALSE']], infer: booleansOnly(1, 1), compile: () => code((a) => `!${a[0]}`) });

const test = (name: string, about: string, run: (value: unknown) => boolean, boolean: boolean, examples: readonly Example[]): ScalarFunction => scalar('logic', {
  name, signature: `a ${name}`, about, examples, strict: false,
  infer: (args) => (args.length === 1 && (!boolean || args[0]?.type.kind === 'BOOLEAN' || args[0]?.type.kind === 'NULL') ? { result: notNull(BOOLEAN), args: boolean ? [BOOLEAN] : undefined } : undefined),
  compile: () => call(run),
});
const tests = [
  test('IS NULL', 'TRUE when the value is NULL.', (v) => v === null, false, [['CAST(NULL AS INT) IS NULL', 'TRUE']]),
  test('IS NOT NULL', 'TRUE when the value is not NULL.', (v) => v !== null, false, [['1 IS NOT NULL', 'TRUE']]),
  test('IS TRUE', 'TRUE when the value is TRUE; never NULL.', (v) => v === true, true, [['(1 = 1) IS TRUE', 'TRUE']]),
  test('IS NOT TRUE', 'TRUE when the value is FALSE or NULL.', (v) => v !== true, true, [['CAST(NULL AS BOOLEAN) IS NOT TRUE', 'TRUE']]),
  test('IS FALSE', 'TRUE when the value is FALSE; never NULL.', (v) => v === false, true, [['(1 = 2) IS FALSE', 'TRUE']]),
  test('IS NOT FALSE', 'TRUE when the value is TRUE or NULL.', (v) => v !== false, true, [['CAST(NULL AS BOOLEAN) IS NOT FALSE', 'TRUE']]),
  test('IS UNKNOWN', 'TRUE when a BOOLEAN is NULL.', (v) => v === null, true, []),
  test('IS NOT UNKNOWN', 'TRUE when a BOOLEAN is not NULL.', (v) => v !== null, true, []),
];
const distinctness = (name: string, not: boolean): ScalarFunction => scalar(FAMILY, {
  name, signature: `a ${name} b`, about: not ? 'Like =, but NULL equals NULL; never NULL.' : 'Like <>, but NULL equals NULL; never NULL.',
  examples: [[`CAST(NULL AS INT) ${name} CAST(NULL AS INT)`, not ? 'TRUE' : 'FALSE'], [`1 ${name} 2`, not ? 'FALSE' : 'TRUE']], strict: false,
  infer: (args) => { const known = comparable(args); return known === undefined ? undefined : { result: notNull(BOOLEAN) }; },
  compile: () => call((a: unknown, b: unknown) => equalValues(a, b) === not),
});
const inList = scalar(FAMILY, {
  name: 'IN', signature: 'a IN (b, c, …)', about: 'TRUE when a equals one of the values; NULL when it does not and one of them is NULL.',
  examples: [['2 IN (1, 2, 3)', 'TRUE'], ['4 IN (1, 2, 3)', 'FALSE'], ['4 IN (1, CAST(NULL AS INT))', 'NULL']], strict: false,
  infer: (args) => (args.length >= 2 && commonType(args.map((a) => a.type)) !== undefined ? { result: propagate(BOOLEAN, args) } : undefined),
  compile: () => call((value: unknown, ...items: unknown[]) => (value === null ? null : items.some((i) => i !== null && equalValues(value, i)) ? true : items.includes(null) ? null : false)),
});
export const comparison: readonly ScalarFunction[] = [equal, unequal, ...ordered, and, or, not, ...tests, distinctness('IS DISTINCT FROM', false), distinctness('IS NOT DISTINCT FROM', true), inList];
