/**
 * + - * / % and MOD over numbers, intervals and datetimes. Integers wrap and divide toward zero; DECIMAL follows the result types of
 * `core/types/decimal.ts` and gives NULL when it overflows; division by zero of integers and DECIMAL is an error, of DOUBLE Infinity or
 * NaN. Source: Flink "System Functions", arithmetic; ScalarOperatorGens; LogicalTypeMerging.
 */
import type { ArgumentInfo, CompiledCall, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { divisionByZero } from '../../core/errors/data.ts';
import { commonType, decimalOf, isApproximate, isDatetime, isInteger, isInterval, isNumeric, isTimestamp } from '../../core/types/coercion.ts';
import { checkPrecision, divideDecimal, divideType, moduloType, plusType, power10, rescale, timesType } from '../../core/types/decimal.ts';
import { add64, addExact, divide64, intFromDouble, multiply64, multiplyExact, negate64, negateExact, remainder, subtract64, subtractExact } from '../../core/types/long.ts';
import { DOUBLE, INT, INTERVAL_DAY_TIME, asNullable, type Long, type SqlType } from '../../core/types/sql-type.ts';
import { DAY_MS, addMonths, belowMs, epochMs, instantFromLocal, localFromInstant, timestampOf, unitsPerMs } from '../../core/types/temporal.ts';
import { zoneOrUtc } from '../../core/types/zone.ts';
import { call, code, propagate, scalar } from './define.ts';

const FAMILY = 'arithmetic';
/** NULL literals take the type of the other side. */
function pair(args: readonly ArgumentInfo[]): readonly [SqlType, SqlType] | undefined {
  const [a, b] = args;
  if (a === undefined || b === undefined || args.length !== 2) return undefined;
  if (a.type.kind === 'NULL') return b.type.kind === 'NULL' ? [asNullable(INT), asNullable(INT)] : [asNullable(b.type), b.type];
  return b.type.kind === 'NULL' ? [a.type, asNullable(a.type)] : [a.type, b.type];
}
type DecimalRule = typeof plusType;
function numeric(a: SqlType, b: SqlType, rule: DecimalRule, args: readonly ArgumentInfo[]): Signature | undefined {
  if (!isNumeric(a) || !isNumeric(b)) return undefined;
  if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') {
    const x = decimalOf(a), y = decimalOf(b);
    if (x === undefined || y === undefined) return { result: propagate(DOUBLE, args), args: [DOUBLE, DOUBLE] };
    return { result: propagate(rule(x, y), args), args: [a, b] };
  }
  const common = commonType([a, b]);
  if (common === undefined) return undefined;
  return { result: propagate(common, args), args: isApproximate(common) ? [common, common] : [a, b] };
}

// ---- code of integers and floats ------------------------------------------------------------------------------------------------
type Symbol = '+' | '-' | '*';
const LONG = { '+': add64, '-': subtract64, '*': multiply64 } as const;
const EXACT = { '+': addExact, '-': subtractExact, '*': multiplyExact } as const;
function integerCode(symbol: Symbol, result: SqlType): CompiledCall {
  switch (result.kind) {
    case 'BIGINT': return code((a, ref) => `${ref(LONG[symbol])}(${a[0]}, ${a[1]})`);
    case 'INT': return code((a) => (symbol === '*' ? `Math.imul(${a[0]}, ${a[1]})` : `((${a[0]} ${symbol} ${a[1]}) | 0)`));
    case 'SMALLINT': return code((a) => `((${a[0]} ${symbol} ${a[1]}) << 16 >> 16)`);
    default: return code((a) => `((${a[0]} ${symbol} ${a[1]}) << 24 >> 24)`);
  }
}
/** Digits before and behind the point of the exact result; it fits `result` unless that was cut to 38 digits. */
function decimalCode(symbol: Symbol, a: SqlType, b: SqlType, result: Extract<SqlType, { kind: 'DECIMAL' }>): CompiledCall {
  const x = decimalOf(a) ?? { precision: 38, scale: 0 }, y = decimalOf(b) ?? { precision: 38, scale: 0 };
  const scale = symbol === '*' ? x.scale + y.scale : Math.max(x.scale, y.scale);
  const digits = symbol === '*' ? x.precision + y.precision + 1 : Math.max(x.precision - x.scale, y.precision - y.scale) + scale + 1;
  return code((args, ref) => {
    const operand = (text: string | undefined, from: number): string => (symbol === '*' || from === scale ? `${text}` : `${ref(multiplyExact)}(${text}, ${ref(power10(scale - from))})`);
    const exact = `${ref(EXACT[symbol])}(${operand(args[0], x.scale)}, ${operand(args[1], y.scale)})`;
    const scaled = scale === result.scale ? exact : `${ref(rescale)}(${exact}, ${scale}, ${result.scale})`;
    return digits <= 38 ? scaled : `${ref(checkPrecision)}(${scaled}, ${result.precision})`;
  });
}
function numericCode(symbol: Symbol, args: readonly ArgumentInfo[], result: SqlType): CompiledCall {
  const [a, b] = args;
  if (result.kind === 'DECIMAL' && a !== undefined && b !== undefined) return decimalCode(symbol, a.type, b.type, result);
  if (result.kind === 'DOUBLE') return code((x) => `(${x[0]} ${symbol} ${x[1]})`);
  if (result.kind === 'FLOAT') return code((x) => `Math.fround(${x[0]} ${symbol} ${x[1]})`);
  return integerCode(symbol, result);
}

// ---- datetimes and intervals ----------------------------------------------------------------------------------------------------
function datetimeSignature(a: SqlType, b: SqlType, minus: boolean, args: readonly ArgumentInfo[]): Signature | undefined {
  if (isInterval(a) && isInterval(b)) return a.kind === b.kind ? { result: propagate(a, args) } : undefined;
  if (isDatetime(a) && isInterval(b)) return a.kind === 'TIME' && b.kind === 'INTERVAL_YEAR_MONTH' ? undefined : { result: propagate(a, args) };
  if (!minus && isInterval(a) && isDatetime(b)) return datetimeSignature(b, a, false, args);
  if (minus && (isTimestamp(a) || a.kind === 'DATE') && (isTimestamp(b) || b.kind === 'DATE')) {
    const common = commonType([a, b]);
    return common === undefined ? undefined : { result: propagate(INTERVAL_DAY_TIME, args), args: [common, common] };
  }
  return undefined;
}
/** value + sign * interval. */
export function shiftDatetime(type: SqlType, interval: SqlType, sign: 1 | -1, timeZone: string): (value: never, interval: never) => unknown {
  const months = interval.kind === 'INTERVAL_YEAR_MONTH';
  switch (type.kind) {
    case 'DATE': return months ? (d: number, n: number) => addMonths(d, sign * n) : (d: number, n: number) => d + sign * Math.trunc(n / DAY_MS);
    case 'TIME': return (t: number, n: number) => { const sum = (t + sign * n) % DAY_MS; return sum < 0 ? sum + DAY_MS : sum; };
    case 'TIMESTAMP': case 'TIMESTAMP_LTZ': {
      const { precision } = type, units = unitsPerMs(precision);
      if (!months) return units === 1 ? (t: Long, n: number) => addExact(t, sign * n) : (t: Long, n: number) => addExact(t, multiplyExact(sign * n, units));
      const shifted = (t: Long, n: number): Long => {
        const ms = epochMs(t, precision), day = Math.floor(ms / DAY_MS);
        return timestampOf(addMonths(day, sign * n) * DAY_MS + (ms - day * DAY_MS), belowMs(t, precision), precision);
      };
      if (type.kind === 'TIMESTAMP') return shifted;
      const zone = zoneOrUtc(timeZone);
      return (t: Long, n: number) => instantFromLocal(shifted(localFromInstant(t, precision, zone), n), precision, zone);
    }
    default: return (a: number, b: number) => a + sign * b;
  }
}
function additive(symbol: '+' | '-', args: readonly ArgumentInfo[], result: SqlType, timeZone: string): CompiledCall {
  const a = args[0]?.type, b = args[1]?.type;
  if (a === undefined || b === undefined || isNumeric(result)) return numericCode(symbol, args, result);
  if (isInterval(a) && isInterval(b)) return code((x) => `(${x[0]} ${symbol} ${x[1]})`);
  if (symbol === '-' && !isInterval(b)) {
    if (a.kind === 'DATE') return code((x) => `((${x[0]} - ${x[1]}) * ${DAY_MS})`);
    const precision = 'precision' in a ? a.precision : 3;
    return call((x: Long, y: Long) => epochMs(x, precision) - epochMs(y, precision));
  }
  const [moment, interval] = isInterval(a) ? [b, a] : [a, b];
  const shift = shiftDatetime(moment, interval, symbol === '+' ? 1 : -1, timeZone);
  return code((x, ref) => (isInterval(a) ? `${ref(shift)}(${x[1]}, ${x[0]})` : `${ref(shift)}(${x[0]}, ${x[1]})`));
}

// ---- division -------------------------------------------------------------------------------------------------------------------
const fail = (): never => { throw divisionByZero({}); };
/** `body` guarded against a zero divisor; the guard is left out for a constant that is not zero. */
const guarded = (divisor: ArgumentInfo | undefined, body: (a: readonly string[], ref: (v: unknown) => string) => string): CompiledCall => {
  const constant = divisor?.literal?.value;
  return code((a, ref) => (constant !== undefined && constant !== null && constant !== 0 ? body(a, ref) : `(${a[1]} === 0 ? ${ref(fail)}() : ${body(a, ref)})`));
};
function divideCode(args: readonly ArgumentInfo[], result: SqlType): CompiledCall {
  const [a, b] = args;
  switch (result.kind) {
    case 'DOUBLE': return code((x) => `(${x[0]} / ${x[1]})`);
    case 'FLOAT': return code((x) => `Math.fround(${x[0]} / ${x[1]})`);
    case 'BIGINT': return guarded(b, (x, ref) => `${ref(divide64)}(${x[0]}, ${x[1]})`);
    case 'INT': return guarded(b, (x) => `((${x[0]} / ${x[1]}) | 0)`);
    case 'SMALLINT': return guarded(b, (x) => `((${x[0]} / ${x[1]}) << 16 >> 16)`);
    case 'TINYINT': return guarded(b, (x) => `((${x[0]} / ${x[1]}) << 24 >> 24)`);
    case 'DECIMAL': {
      const s1 = a === undefined ? 0 : decimalOf(a.type)?.scale ?? 0, s2 = b === undefined ? 0 : decimalOf(b.type)?.scale ?? 0;
      return guarded(b, (x, ref) => `${ref(divideDecimal)}(${x[0]}, ${s1}, ${x[1]}, ${s2}, ${result.precision}, ${result.scale})`);
    }
    default: return guarded(b, (x) => `Math.trunc(${x[0]} / Number(${x[1]}))`); // interval / number
  }
}
function moduloCode(args: readonly ArgumentInfo[], result: SqlType): CompiledCall {
  const [a, b] = args;
  if (isApproximate(result)) return code((x) => `(${x[0]} % ${x[1]})`);
  if (result.kind === 'DECIMAL' && a !== undefined && b !== undefined) {
    const x = decimalOf(a.type)?.scale ?? 0, y = decimalOf(b.type)?.scale ?? 0, scale = Math.max(x, y);
    const { precision } = result, target = result.scale;
    return call((p: Long, q: Long) => (q === 0 ? fail() : checkPrecision(rescale(remainder(rescale(p, x, scale), rescale(q, y, scale)), scale, target), precision)));
  }
  if (a?.type.kind === 'BIGINT' || b?.type.kind === 'BIGINT') return guarded(b, (x, ref) => `${ref(remainder)}(${x[0]}, ${x[1]})`);
  return guarded(b, (x) => `(${x[0]} % ${x[1]} + 0)`);
}
function moduloSignature(args: readonly ArgumentInfo[]): Signature | undefined {
  const types = pair(args);
  if (types === undefined) return undefined;
  const [a, b] = types;
  if (isInteger(a) && isInteger(b)) return { result: propagate(b, args), args: [a, b] };
  return numeric(a, b, moduloType, args);
}
/** interval * number, number * interval. */
function intervalTimes(a: SqlType, b: SqlType, args: readonly ArgumentInfo[]): Signature | undefined {
  if (isInterval(a) && isNumeric(b)) return { result: propagate(a, args), args: [a, DOUBLE] };
  return isNumeric(a) && isInterval(b) ? { result: propagate(b, args), args: [DOUBLE, b] } : undefined;
}

const plus = scalar(FAMILY, {
  name: '+', signature: 'a + b', about: 'Sum of two numbers or intervals; a datetime moved by an interval.',
  examples: [['1 + 2', '3'], ['2147483647 + 1', '-2147483648'], ['1.10 + 2', '3.10'], ["TIMESTAMP '2020-01-31 10:00:00' + INTERVAL '1' MONTH", '2020-02-29 10:00:00']],
  infer: (args) => { const t = pair(args); return t === undefined ? undefined : numeric(t[0], t[1], plusType, args) ?? datetimeSignature(t[0], t[1], false, args); },
  compile: (args, result, env) => additive('+', args, result, env.timeZone),
});
const minus = scalar(FAMILY, {
  name: '-', signature: 'a - b, - a', about: 'Difference of two numbers or intervals; a datetime moved back by an interval; the negative of a number.',
  examples: [['5 - 7', '-2'], ['- (1 + 2)', '-3'], ["DATE '2020-03-01' - INTERVAL '1' DAY", '2020-02-29']],
  infer: (args) => {
    const [a] = args;
    if (args.length === 1 && a !== undefined) return isNumeric(a.type) || isInterval(a.type) ? { result: a.type } : a.type.kind === 'NULL' ? { result: asNullable(INT), args: [INT] } : undefined;
    const t = pair(args);
    return t === undefined ? undefined : numeric(t[0], t[1], plusType, args) ?? datetimeSignature(t[0], t[1], true, args);
  },
  compile: (args, result, env) => (args.length > 1 ? additive('-', args, result, env.timeZone) : negation(result)),
});
function negation(type: SqlType): CompiledCall {
  switch (type.kind) {
    case 'INT': return code((a) => `((0 - ${a[0]}) | 0)`);
    case 'SMALLINT': return code((a) => `((0 - ${a[0]}) << 16 >> 16)`);
    case 'TINYINT': return code((a) => `((0 - ${a[0]}) << 24 >> 24)`);
    case 'BIGINT': return code((a, ref) => `${ref(negate64)}(${a[0]})`);
    case 'DECIMAL': return code((a, ref) => `${ref(negateExact)}(${a[0]})`);
    case 'FLOAT': case 'DOUBLE': return code((a) => `(-${a[0]})`);
    default: return code((a) => `(0 - ${a[0]})`);
  }
}
const times = scalar(FAMILY, {
  name: '*', signature: 'a * b', about: 'Product of two numbers; an interval taken n times.', examples: [['3 * 4', '12'], ['0.5 * 3', '1.5'], ['1e0 * 2', '2.0']],
  infer: (args) => { const t = pair(args); return t === undefined ? undefined : numeric(t[0], t[1], timesType, args) ?? intervalTimes(t[0], t[1], args); },
  compile: (args, result) => (isInterval(result) ? call((a: number, b: number) => intFromDoubleOrMs(a * b)) : numericCode('*', args, result)),
});
const intFromDoubleOrMs = (d: number): number => (Math.abs(d) < 2147483647 ? intFromDouble(d) : Math.trunc(d));
const divide = scalar(FAMILY, {
  name: '/', signature: 'a / b', about: 'Quotient; integers are divided toward zero.', examples: [['7 / 2', '3'], ['-7 / 2', '-3'], ['7e0 / 2', '3.5'], ['1.0 / 3', '0.333333333333'], ['1e0 / 0', 'Infinity']],
  infer: (args) => {
    const t = pair(args);
    if (t === undefined) return undefined;
    return numeric(t[0], t[1], divideType, args) ?? (isInterval(t[0]) && isNumeric(t[1]) ? { result: propagate(t[0], args), args: [t[0], DOUBLE] } : undefined);
  },
  compile: (args, result) => divideCode(args, result),
});
const modulo = scalar(FAMILY, {
  name: '%', aliases: ['MOD'], signature: 'a % b, MOD(a, b)', about: 'Remainder of the division; has the sign of a.', examples: [['7 % 3', '1'], ['MOD(-7, 3)', '-1'], ['MOD(5.5, 2)', '1.5']],
  infer: moduloSignature, compile: (args, result) => moduloCode(args, result),
});
export const arithmetic: readonly ScalarFunction[] = [plus, minus, times, divide, modulo];
