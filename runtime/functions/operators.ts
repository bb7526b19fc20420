/**
 * Operators: arithmetic, comparison, logic, concatenation. Typing and results as Flink's: integers wrap, integer division truncates and
 * fails on zero, DECIMAL follows the precision rules and becomes NULL when it does not fit. AND, OR, NOT, IN and the IS tests are
 * inlined by `runtime/codegen/emitter.ts`; only their typing stands here. Source: Flink "System (Built-in) Functions", "Data Types".
 */
import type { ArgumentInfo, CompiledCall, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { divisionByZero } from '../../core/errors/data.ts';
import { commonType, decimalOf, isApproximate, isCharacter, isInteger, isInterval, isNumeric, isTimestamp } from '../../core/types/coercion.ts';
import { compareValues, equalValues, isScalarIdentity } from '../../core/types/compare.ts';
import { castDecimal, checkPrecision, divideDecimal, divideType, moduloType, plusType, rescale, timesType } from '../../core/types/decimal.ts';
import { add64, addExact, divide64, multiply64, multiplyExact, negate64, negateExact, remainder, subtract64, subtractExact } from '../../core/types/long.ts';
import { BOOLEAN, DOUBLE, STRING, INTERVAL_DAY_TIME, asNullable, timestampDigits, type Long, type SqlType } from '../../core/types/sql-type.ts';
import { DAY_MS, addMonths, belowMs, dayOfMs, epochMs, timestampOf } from '../../core/types/temporal.ts';
import { call, doc, nullableLike, scalar } from './define.ts';

const FAMILY = 'operators';
type Arithmetic = '+' | '-' | '*' | '/' | '%';
const SMALL: Readonly<Record<string, number>> = { TINYINT: 24, SMALLINT: 16, INT: 0 };

function inferArithmetic(op: Arithmetic, args: readonly ArgumentInfo[]): Signature | undefined {
  const [a, b] = args.map((x) => x.type);
  if (a === undefined || args.length > 2) return undefined;
  if (b === undefined) return op === '-' && (isNumeric(a) || isInterval(a)) ? { result: a } : undefined;
  const nullable = a.nullable || b.nullable;
  const temporal = inferTemporal(op, a, b);
  if (temporal !== undefined) return { result: asNullable(temporal, nullable) };
  const left = a.kind === 'NULL' ? b : a, right = b.kind === 'NULL' ? a : b;
  if (!isNumeric(left) || !isNumeric(right)) return undefined;
  if (isApproximate(left) || isApproximate(right)) {
    const common = commonType([left, right]) ?? DOUBLE;
    return { result: asNullable(common, nullable), args: [common, common] };
  }
  if (isInteger(left) && isInteger(right)) {
    const common = commonType([left, right]) ?? left;
    return { result: asNullable(common, nullable), args: [a.kind === 'NULL' ? common : a, b.kind === 'NULL' ? common : b] };
  }
  const x = decimalOf(left), y = decimalOf(right);
  if (x === undefined || y === undefined) return undefined;
  const type = op === '*' ? timesType(x, y) : op === '/' ? divideType(x, y) : op === '%' ? moduloType(x, y) : plusType(x, y);
  const as = (t: SqlType): SqlType => (t.kind === 'DECIMAL' ? t : { kind: 'DECIMAL', precision: decimalOf(t)?.precision ?? 38, scale: 0, nullable: t.nullable });
  return { result: asNullable(type, true), args: [as(left), as(right)] };
}
/** Timestamps and intervals. */
function inferTemporal(op: Arithmetic, a: SqlType, b: SqlType): SqlType | undefined {
  const datetime = (t: SqlType): boolean => isTimestamp(t) || t.kind === 'DATE' || t.kind === 'TIME';
  if ((op === '+' || op === '-') && datetime(a) && isInterval(b)) return atLeastMillis(a, b);
  if (op === '+' && isInterval(a) && datetime(b)) return atLeastMillis(b, a);
  if ((op === '+' || op === '-') && isInterval(a) && a.kind === b.kind) return a;
  if (op === '*' && isInterval(a) && isNumeric(b)) return a;
  if (op === '*' && isNumeric(a) && isInterval(b)) return b;
  if (op === '/' && isInterval(a) && isNumeric(b)) return a;
  if (op === '-' && datetime(a) && a.kind === b.kind) return INTERVAL_DAY_TIME;
  return undefined;
}
/** TIMESTAMP(0) plus a day-time interval keeps fractions of a second. */
const atLeastMillis = (t: SqlType, interval: SqlType): SqlType => ('precision' in t && isTimestamp(t) && interval.kind === 'INTERVAL_DAY_TIME' && t.precision < 3 ? { ...t, precision: 3 } as SqlType : t);

function compileArithmetic(op: Arithmetic, args: readonly ArgumentInfo[], result: SqlType): CompiledCall {
  const [a, b] = args.map((x) => x.type);
  if (a === undefined) return call(() => null);
  if (b === undefined) return a.kind === 'BIGINT' ? call(negate64) : a.kind === 'DECIMAL' ? call(negateExact) : SMALL[a.kind] !== undefined ? { code: ([x]) => wrapInt(`-${x}`, a.kind) } : { code: ([x]) => `-${x}` };
  if (isTimestamp(a) || isTimestamp(b) || isInterval(a) || isInterval(b) || a.kind === 'DATE' || a.kind === 'TIME') return compileTemporal(op, a, b, result);
  if (result.kind === 'DECIMAL') return compileDecimal(op, a, b, result);
  if (isApproximate(result)) {
    if (op === '%') return { code: ([x, y]) => `${x} % ${y}` };
    return result.kind === 'FLOAT' ? { code: ([x, y]) => `Math.fround(${x} ${op} ${y})` } : { code: ([x, y]) => `${x} ${op} ${y}` };
  }
  return compileInteger(op, a, b, result);
}
/** Inline code for sums that stay inside 2^53; the call catches the rest. */
function compileInteger(op: Arithmetic, a: SqlType, b: SqlType, result: SqlType): CompiledCall {
  const big = result.kind === 'BIGINT';
  switch (op) {
    case '+': return big ? { code: ([x, y], ref) => `${ref(add64)}(${x}, ${y})` } : { code: ([x, y]) => wrapInt(`${x} + ${y}`, result.kind) };
    case '-': return big ? { code: ([x, y], ref) => `${ref(subtract64)}(${x}, ${y})` } : { code: ([x, y]) => wrapInt(`${x} - ${y}`, result.kind) };
    case '*': return big ? { code: ([x, y], ref) => `${ref(multiply64)}(${x}, ${y})` } : { code: ([x, y]) => wrapInt(`Math.imul(${x}, ${y})`, result.kind) };
    case '/': {
      const divide = a.kind === 'BIGINT' || b.kind === 'BIGINT' ? (x: Long, y: Long): Long => { if (y === 0) throw divisionByZero({}); return divide64(x, y); } : (x: number, y: number): number => { if (y === 0) throw divisionByZero({}); return Math.trunc(x / y) + 0; };
      return { code: ([x, y], ref) => (big ? `${ref(divide)}(${x}, ${y})` : wrapInt(`${ref(divide)}(${x}, ${y})`, result.kind)) };
    }
    case '%': return call(modulo);
  }
}
function modulo(x: Long, y: Long): Long {
  if (y === 0) throw divisionByZero({});
  return typeof x === 'number' && typeof y === 'number' ? (x % y) + 0 : remainder(x, y);
}
/** Two's complement wrap of an INT, SMALLINT or TINYINT result. */
const wrapInt = (code: string, kind: string): string => { const by = SMALL[kind] ?? 0; return by === 0 ? `((${code}) | 0)` : `(((${code}) << ${by}) >> ${by})`; };

function compileDecimal(op: Arithmetic, a: SqlType, b: SqlType, result: Extract<SqlType, { kind: 'DECIMAL' }>): CompiledCall {
  const s1 = decimalOf(a)?.scale ?? 0, s2 = decimalOf(b)?.scale ?? 0, { precision, scale } = result;
  switch (op) {
    case '+': case '-': {
      const common = Math.max(s1, s2), sum = op === '+' ? addExact : subtractExact;
      if (s1 === s2 && common === scale) return call((x: Long, y: Long) => checkPrecision(sum(x, y), precision));
      return call((x: Long, y: Long) => castDecimal(sum(rescale(x, s1, common), rescale(y, s2, common)), common, precision, scale));
    }
    case '*': return s1 + s2 === scale ? call((x: Long, y: Long) => checkPrecision(multiplyExact(x, y), precision)) : call((x: Long, y: Long) => castDecimal(multiplyExact(x, y), s1 + s2, precision, scale));
    case '/': return call((x: Long, y: Long) => { if (y === 0) throw divisionByZero({}); return divideDecimal(x, s1, y, s2, precision, scale); });
    case '%': return call((x: Long, y: Long) => { if (y === 0) throw divisionByZero({}); const common = Math.max(s1, s2); return castDecimal(modulo(rescale(x, s1, common), rescale(y, s2, common)), common, precision, scale); });
  }
}
/** Units per millisecond of a temporal type's long. */
const perMilli = (t: SqlType): number => (isTimestamp(t) && 'precision' in t ? 10 ** (timestampDigits(t.precision) - 3) : 1);
function compileTemporal(op: Arithmetic, a: SqlType, b: SqlType, result: SqlType): CompiledCall {
  if (isInterval(a) && isInterval(b)) return op === '+' ? { code: ([x, y]) => `${x} + ${y}` } : { code: ([x, y]) => `${x} - ${y}` };
  if (isInterval(a) || isInterval(b)) {
    if (op === '*' || op === '/') return call((x: Long, y: Long) => { if (op === '/' && y === 0) throw divisionByZero({}); return Math.trunc(op === '*' ? Number(x) * Number(y) : Number(x) / Number(y)) + 0; });
    const [point, interval, swap] = isInterval(b) ? [a, b, false] : [b, a, true], sign = op === '-' ? -1 : 1;
    const move = mover(point, interval, result, sign);
    return swap ? call((i: number, t: Long) => move(t, i)) : call(move);
  }
  const unit = perMilli(a), other = perMilli(b);
  const days = a.kind === 'DATE' ? 86_400_000 : 1;
  return call((x: Long, y: Long) => Math.trunc(Number(x) / unit) * days - Math.trunc(Number(y) / other) * days);
}
function mover(point: SqlType, interval: SqlType, result: SqlType, sign: number): (t: Long, by: number) => Long {
  if (interval.kind === 'INTERVAL_YEAR_MONTH') return monthMover(point, sign);
  if (point.kind === 'DATE') return (t, by) => Number(t) + Math.trunc((sign * by) / 86_400_000);
  if (point.kind === 'TIME') return (t, by) => (((Number(t) + sign * by) % 86_400_000) + 86_400_000) % 86_400_000;
  const unit = perMilli(result), widen = unit / perMilli(point);
  return (t, by) => addExact(widen === 1 ? t : multiplyExact(t, widen), sign * by * unit);
}
/** Whole months: the day of the month is kept where the month has it, else the month's last day is taken. */
function monthMover(point: SqlType, sign: number): (t: Long, by: number) => Long {
  if (point.kind === 'DATE') return (t, by) => addMonths(Number(t), sign * by);
  if (point.kind === 'TIME') return (t) => t;
  const precision = 'precision' in point ? point.precision : 3;
  return (t, by) => {
    const ms = epochMs(t, precision), day = dayOfMs(ms);
    return timestampOf(addMonths(day, sign * by) * DAY_MS + (ms - day * DAY_MS), belowMs(t, precision), precision);
  };
}
const arithmetic = (op: Arithmetic, description: string): ScalarFunction => scalar(FAMILY, { name: op, doc: doc(`numeric ${op} numeric`, description), infer: (args) => inferArithmetic(op, args), compile: (args, result) => compileArithmetic(op, args, result) });

const COMPARISONS = { '=': 'equal', '<>': 'not equal', '<': 'less than', '<=': 'less than or equal', '>': 'greater than', '>=': 'greater than or equal' } as const;
function comparison(op: keyof typeof COMPARISONS): ScalarFunction {
  const test = { '=': '===', '<>': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' }[op];
  return scalar(FAMILY, {
    name: op, doc: doc(`value ${op} value`, `TRUE when the left value is ${COMPARISONS[op]} ${op === '=' ? 'to' : op.length > 1 ? 'to' : ''} the right one; NULL when one is NULL.`),
    infer: (args) => (args.length === 2 && commonType(args.map((a) => a.type)) !== undefined ? { result: nullableLike(BOOLEAN, args) } : undefined),
    compile(args) {
      const type = commonType(args.map((a) => a.type)) ?? STRING;
      const ordered = op !== '=' && op !== '<>';
      if (type.kind === 'DOUBLE' || type.kind === 'FLOAT' || (isScalarIdentity(type) && !isCharacter(type)) || (isScalarIdentity(type) && !ordered)) return { code: ([x, y]) => `${x} ${test} ${y}` };
      if (!ordered) return { code: ([x, y], ref) => `${op === '=' ? '' : '!'}${ref(equalValues)}(${x}, ${y})` };
      return { code: ([x, y], ref) => `${ref(compareValues(type))}(${x}, ${y}) ${test} 0` };
    },
  });
}
/** Typing only: the code generator knows them. */
const inlined = (name: string, signature: string, description: string, nullable: boolean | undefined, fits: (args: readonly ArgumentInfo[]) => boolean): ScalarFunction => scalar(FAMILY, {
  name, doc: doc(signature, description), strict: false,
  infer: (args) => (fits(args) ? { result: nullable === undefined ? nullableLike(BOOLEAN, args) : asNullable(BOOLEAN, nullable) } : undefined),
  compile: (args) => (name === 'IN' ? call((v: unknown, ...items: unknown[]) => (v === null ? null : items.some((i) => i !== null && equalValues(v, i)) ? true : items.includes(null) ? null : false)) : call(() => { void args; return null; })),
});
const booleans = (args: readonly ArgumentInfo[]): boolean => args.every((a) => a.type.kind === 'BOOLEAN' || a.type.kind === 'NULL');
const one = (args: readonly ArgumentInfo[]): boolean => args.length === 1;

export const operatorFunctions: readonly ScalarFunction[] = [
  arithmetic('+', 'Sum. Integers wrap around silently; DECIMAL that does not fit is NULL. Also datetime + interval.'),
  arithmetic('-', 'Difference, or the negation of one operand. Also datetime - interval.'),
  arithmetic('*', 'Product.'),
  arithmetic('/', 'Quotient. Integers truncate toward zero; division by zero fails the job, for DOUBLE it gives Infinity or NaN.'),
  arithmetic('%', 'Remainder with the sign of the dividend.'),
  ...(Object.keys(COMPARISONS) as (keyof typeof COMPARISONS)[]).map(comparison),
  inlined('AND', 'boolean AND boolean', 'Three-valued conjunction.', undefined, booleans),
  inlined('OR', 'boolean OR boolean', 'Three-valued disjunction.', undefined, booleans),
  inlined('NOT', 'NOT boolean', 'Three-valued negation.', undefined, (a) => one(a) && booleans(a)),
  inlined('IS NULL', 'value IS NULL', 'TRUE when the value is NULL.', false, one),
  inlined('IS NOT NULL', 'value IS NOT NULL', 'TRUE when the value is not NULL.', false, one),
  ...['TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE'].map((t) => inlined(`IS ${t}`, `boolean IS ${t}`, 'Never NULL.', false, (a) => one(a) && booleans(a))),
  inlined('IS DISTINCT FROM', 'value IS DISTINCT FROM value', 'Like <>, but NULL equals NULL.', false, (a) => a.length === 2),
  inlined('IS NOT DISTINCT FROM', 'value IS NOT DISTINCT FROM value', 'Like =, but NULL equals NULL.', false, (a) => a.length === 2),
  inlined('IN', 'value IN (value, …)', 'TRUE when the value equals one of the list; NULL when it does not but the list holds a NULL.', undefined, (a) => a.length > 1),
  scalar(FAMILY, {
    name: '||', doc: doc('string || string', 'The texts one after the other; NULL when one is NULL.'),
    infer: (args) => (args.length === 2 && args.every((a) => isCharacter(a.type) || a.type.kind === 'NULL') ? { result: nullableLike(STRING, args) } : undefined),
    compile: () => ({ code: ([x, y]) => `${x} + ${y}` }),
  }),
];
