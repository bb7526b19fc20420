/**
 * COALESCE, IF, IFNULL, NULLIF, GREATEST, LEAST. The binder writes the first four as CASE, so that branches are lazy; their cards serve
 * SHOW FUNCTIONS and other callers. Source: Flink "System Functions", conditional functions.
 */
import type { ArgumentInfo, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { commonType } from '../../core/types/coercion.ts';
import { compareValues, equalValues } from '../../core/types/compare.ts';
import { BOOLEAN, STRING, asNullable, notNull, typeText } from '../../core/types/sql-type.ts';
import { anyNullable, call, scalar } from './define.ts';

const FAMILY = 'conditional';
/** All arguments behind the first `skip` in their common type. */
function unify(args: readonly ArgumentInfo[], skip: number, isNullable: (args: readonly ArgumentInfo[]) => boolean): Signature | undefined {
  const common = commonType(args.slice(skip).map((a) => a.type));
  return common === undefined ? undefined : { result: asNullable(common, isNullable(args.slice(skip))), args: args.map((a, i) => (i < skip ? BOOLEAN : asNullable(common, a.type.nullable))) };
}
const allNullable = (args: readonly ArgumentInfo[]): boolean => args.every((a) => a.type.nullable);
function extreme(name: string, sign: 1 | -1, word: string, example: readonly [string, string]): ScalarFunction {
  return scalar(FAMILY, {
    name, signature: `${name}(value, …)`, about: `The ${word} value; NULL when one is NULL.`, examples: [example, [`${name}(1, CAST(NULL AS INT))`, 'NULL']],
    infer: (args) => (args.length > 0 ? unify(args, 0, anyNullable) : undefined),
    compile: (_args, result) => { const compare = compareValues(result); return call((...values: unknown[]) => values.reduce((best, v) => (compare(v, best) * sign > 0 ? v : best))); },
  });
}
export const conditionalFunctions: readonly ScalarFunction[] = [
  scalar(FAMILY, { name: 'COALESCE', signature: 'COALESCE(value, …)', about: 'The first value that is not NULL.', examples: [['COALESCE(CAST(NULL AS INT), 5)', '5']], strict: false, infer: (args) => unify(args, 0, allNullable), compile: () => call((...values: unknown[]) => values.find((v) => v !== null) ?? null) }),
  scalar(FAMILY, { name: 'IFNULL', signature: 'IFNULL(value, other)', about: 'The value, or the other one when it is NULL.', examples: [['IFNULL(CAST(NULL AS INT), 5)', '5']], strict: false, infer: (args) => (args.length === 2 ? unify(args, 0, allNullable) : undefined), compile: () => call((a: unknown, b: unknown) => a ?? b) }),
  scalar(FAMILY, { name: 'IF', signature: 'IF(condition, value, other)', about: 'The value when the condition is TRUE, else the other one.', examples: [["IF(1 > 0, 'yes', 'no')", 'yes']], strict: false, infer: (args) => (args.length === 3 ? unify(args, 1, anyNullable) : undefined), compile: () => call((test: boolean | null, a: unknown, b: unknown) => (test === true ? a : b)) }),
  scalar(FAMILY, { name: 'NULLIF', signature: 'NULLIF(value, other)', about: 'NULL when the two are equal, else the value.', examples: [['NULLIF(5, 5)', 'NULL'], ['NULLIF(5, 0)', '5']], strict: false, infer: (args) => (args.length === 2 && args[0] !== undefined && commonType(args.map((a) => a.type)) !== undefined ? { result: asNullable(args[0].type) } : undefined), compile: () => call((a: unknown, b: unknown) => (a === null || b === null || !equalValues(a, b) ? a : null)) }),
  scalar(FAMILY, { name: 'TYPEOF', signature: 'TYPEOF(value)', about: 'The type of the value.', examples: [['TYPEOF(1.50)', 'DECIMAL(3, 2) NOT NULL']], strict: false, infer: (args) => (args.length === 1 ? { result: notNull(STRING) } : undefined), compile: (args) => { const type = typeText(args[0]?.type ?? STRING, true); return call(() => type); } }),
  extreme('GREATEST', 1, 'largest', ['GREATEST(1, 3, 2)', '3']), extreme('LEAST', -1, 'smallest', ["LEAST('b', 'a')", 'a']),
];
