/** Numeric functions. Those without a decimal form work in DOUBLE. Source: Flink "System Functions", arithmetic functions. */
import type { ArgumentInfo, CompiledCall, ScalarFunction } from '../../catalog/registry/functions.ts';
import { isApproximate, isInteger } from '../../core/types/coercion.ts';
import { castDecimal, checkPrecision, power10, rescale, rescaleDown, roundType } from '../../core/types/decimal.ts';
import { absExact, asLong, lowInt, negate64, wrap64 } from '../../core/types/long.ts';
import { DOUBLE, INT, asNullable, decimal, notNull, type Long, type SqlType } from '../../core/types/sql-type.ts';
import { call, code, fixed, integers, numbers, optional, propagate, scalar, slot, type Example } from './define.ts';

const FAMILY = 'math';
const double = slot(numbers, DOUBLE);
const unary = (name: string, about: string, write: (x: string) => string, examples: readonly Example[], aliases: readonly string[] = []): ScalarFunction =>
  scalar(FAMILY, { name, aliases, signature: `${name}(number)`, about, examples, infer: fixed([double], DOUBLE), compile: () => code((a) => write(a[0] ?? 'null')) });
const M = (name: string) => (x: string): string => `Math.${name}(${x})`;
const doubles: readonly ScalarFunction[] = [
  unary('SQRT', 'Square root; NaN for negative numbers.', M('sqrt'), [['SQRT(16)', '4.0']]),
  unary('EXP', 'e to the power of the number.', M('exp'), [['EXP(0)', '1.0']]),
  unary('LN', 'Natural logarithm; -Infinity for 0, NaN below.', M('log'), [['LN(1)', '0.0'], ['LN(0)', '-Infinity']]),
  unary('LOG10', 'Logarithm to base 10.', M('log10'), [['LOG10(100)', '2.0']]),
  unary('LOG2', 'Logarithm to base 2.', (x) => `(Math.log(${x}) / Math.LN2)`, [['LOG2(8)', '3.0']]),
  unary('SIN', 'Sine.', M('sin'), [['SIN(0)', '0.0']]), unary('COS', 'Cosine.', M('cos'), [['COS(0)', '1.0']]), unary('TAN', 'Tangent.', M('tan'), []),
  unary('COT', 'Cotangent.', (x) => `(1 / Math.tan(${x}))`, []), unary('ASIN', 'Arc sine.', M('asin'), []), unary('ACOS', 'Arc cosine.', M('acos'), []), unary('ATAN', 'Arc tangent.', M('atan'), []),
  unary('SINH', 'Hyperbolic sine.', M('sinh'), []), unary('COSH', 'Hyperbolic cosine.', M('cosh'), []), unary('TANH', 'Hyperbolic tangent.', M('tanh'), []),
  unary('DEGREES', 'Radians to degrees.', (x) => `(${x} * (180 / Math.PI))`, [['DEGREES(PI())', '180.0']]), unary('RADIANS', 'Degrees to radians.', (x) => `(${x} * (Math.PI / 180))`, []),
  scalar(FAMILY, { name: 'ATAN2', signature: 'ATAN2(y, x)', about: 'Arc tangent of y / x.', infer: fixed([double, double], DOUBLE), compile: () => code((a) => `Math.atan2(${a[0]}, ${a[1]})`) }),
  scalar(FAMILY, { name: 'POWER', aliases: ['POW'], signature: 'POWER(base, exponent)', about: 'base to the power of exponent.', examples: [['POWER(2, 10)', '1024.0']], infer: fixed([double, double], DOUBLE), compile: () => call(javaPower) }),
  scalar(FAMILY, { name: 'LOG', signature: 'LOG([base,] number)', about: 'Natural logarithm, or the logarithm to a base.', examples: [['LOG(2, 8)', '3.0'], ['LOG(1)', '0.0']], infer: fixed([double, optional(numbers, DOUBLE)], DOUBLE), compile: (args) => code((a) => (args.length === 1 ? `Math.log(${a[0]})` : `(Math.log(${a[1]}) / Math.log(${a[0]}))`)) }),
];
/** Math.pow of Java gives NaN to pow(1, NaN) and pow(±1, ±Infinity) just as JavaScript does. */
function javaPower(base: number, exponent: number): number { return base ** exponent; }

const keeps = (args: readonly ArgumentInfo[]): SqlType => (args[0]?.type.kind === 'NULL' ? asNullable(INT) : args[0]?.type ?? INT);
const absolute = scalar(FAMILY, {
  name: 'ABS', signature: 'ABS(number)', about: 'Absolute value, in the type of the number.', examples: [['ABS(-3)', '3'], ['ABS(-1.50)', '1.50']], infer: fixed([slot(numbers)], keeps),
  compile: (_args, type) => {
    switch (type.kind) {
      case 'DECIMAL': return call(absExact);
      case 'BIGINT': return call((v: Long) => (v < 0 ? negate64(v) : v));
      case 'FLOAT': case 'DOUBLE': return code((a) => `Math.abs(${a[0]})`);
      case 'INT': return code((a) => `(Math.abs(${a[0]}) | 0)`);
      default: return code((a) => `(Math.abs(${a[0]}) << ${type.kind === 'SMALLINT' ? 16 : 24} >> ${type.kind === 'SMALLINT' ? 16 : 24})`);
    }
  },
});
const sign = scalar(FAMILY, {
  name: 'SIGN', signature: 'SIGN(number)', about: '-1, 0 or 1, in the type of the number.', examples: [['SIGN(-5)', '-1'], ['SIGN(2.5)', '1.0'], ['SIGN(0e0)', '0.0']], infer: fixed([slot(numbers)], keeps),
  compile: (_args, type) => (type.kind === 'DECIMAL' ? call((v: Long) => (v === 0 ? 0 : v > 0 ? power10(type.scale) : asLong(-BigInt(power10(type.scale))))) : isApproximate(type) ? code((a) => `Math.sign(${a[0]})`) : call((v: Long) => (v > 0 ? 1 : v < 0 ? -1 : 0))),
});

/** ROUND and TRUNCATE. `half`: half away from zero, else toward zero. */
function rounding(name: string, half: boolean, about: string, examples: readonly Example[], aliases: readonly string[] = []): ScalarFunction {
  const digitsOf = (args: readonly ArgumentInfo[]): number | undefined => { if (args.length === 1) return 0; const d = args[1]?.literal?.value; return typeof d === 'number' ? d : undefined; };
  return scalar(FAMILY, {
    name, aliases, signature: `${name}(number [, digits])`, about, examples,
    infer: (args) => {
      const known = fixed([slot(numbers), optional(integers, INT)], keeps)(args), type = args[0]?.type;
      if (known === undefined || type?.kind !== 'DECIMAL') return known;
      const digits = digitsOf(args);
      return { ...known, result: propagate(digits === undefined ? decimal(38, Math.min(type.scale, 18)) : roundType(type, digits), args) };
    },
    compile: (args, result) => roundCode(args[0]?.type ?? result, result, half),
  });
}
function roundCode(type: SqlType, result: SqlType, half: boolean): CompiledCall {
  if (type.kind === 'DECIMAL' && result.kind === 'DECIMAL') {
    const shape = result, from = type.scale;
    return call((v: Long, digits = 0) => {
      if (digits >= from) return castDecimal(v, from, shape.precision, shape.scale);
      const cut = half ? rescale(v, from, digits) : rescaleDown(v, from, digits);
      return checkPrecision(rescale(cut, digits, shape.scale), shape.precision);
    });
  }
  if (isApproximate(type)) {
    const fit = type.kind === 'FLOAT' ? Math.fround : (x: number): number => x;
    return call((v: number, digits = 0) => fit(roundDouble(v, digits, half)));
  }
  return call((v: Long, digits = 0) => {
    if (digits >= 0) return v;
    const cut = rescale(half ? rescale(v, 0, digits) : rescaleDown(v, 0, digits), digits, 0);
    return type.kind === 'BIGINT' ? wrap64(BigInt(cut)) : lowInt(cut);
  });
}
/** Through the shortest decimal text, as BigDecimal.valueOf does, so that 1.005 rounds to 1.01. */
function roundDouble(v: number, digits: number, half: boolean): number {
  if (!Number.isFinite(v) || digits > 400) return v;
  const m = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(v));
  if (m === null) return v;
  const fraction = m[3] ?? '', scale = fraction.length - Number(m[4] ?? 0);
  if (digits >= scale) return v;
  if (scale - digits > 700) return 0;
  const unscaled = BigInt(`${m[1]}${m[2]}${fraction}`), cut = half ? rescale(asLong(unscaled), scale, digits) : rescaleDown(asLong(unscaled), scale, digits);
  return Number(`${cut}e${-digits}`);
}
/** FLOOR and CEIL of numbers; with a unit they belong to `datetime.ts`, which calls this for one argument. */
export function floorNumber(type: SqlType, up: boolean): CompiledCall {
  if (isInteger(type)) return code((a) => `${a[0]}`);
  if (type.kind !== 'DECIMAL') return code((a) => (type.kind === 'FLOAT' ? `Math.fround(Math.${up ? 'ceil' : 'floor'}(${a[0]}))` : `Math.${up ? 'ceil' : 'floor'}(${a[0]})`));
  const { scale } = type;
  return call((v: Long) => { const whole = rescaleDown(v, scale, 0), exact = rescale(whole, 0, scale) === v; return exact || (v < 0) === up ? whole : asLong(BigInt(whole) + (up ? 1n : -1n)); });
}
export const floorType = (type: SqlType): SqlType => (type.kind === 'DECIMAL' ? decimal(type.precision, 0) : type);

/** The pseudo-random sequence of a seed: the same on every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const random: readonly ScalarFunction[] = [
  scalar(FAMILY, { name: 'RAND', signature: 'RAND([seed])', about: 'A new number from 0 (included) to 1 (excluded) per row; a seed fixes the sequence.', deterministic: false, infer: fixed([optional(integers, INT)], notNull(DOUBLE)), compile: (args, _r, env) => { const s = args[0]?.literal?.value, next = typeof s === 'number' ? seeded(s) : () => env.random(); return call(() => next()); } }),
  scalar(FAMILY, {
    name: 'RAND_INTEGER', signature: 'RAND_INTEGER([seed,] bound)', about: 'A new integer from 0 (included) to bound (excluded) per row.', deterministic: false, infer: fixed([slot(integers, INT), optional(integers, INT)], INT),
    compile: (args, _r, env) => { const s = args.length === 2 ? args[0]?.literal?.value : undefined, next = typeof s === 'number' ? seeded(s) : () => env.random(); return call((...bounds: number[]) => Math.floor(next() * (bounds.at(-1) ?? 1))); },
  }),
];
const constants = [['PI', Math.PI, '3.141592653589793'], ['E', Math.E, '2.718281828459045']] as const;
export const mathFunctions: readonly ScalarFunction[] = [
  absolute, sign, ...doubles,
  rounding('ROUND', true, 'Rounded half away from zero to digits behind the point (negative: before it).', [['ROUND(2.5, 0)', '3'], ['ROUND(1.2345, 2)', '1.23'], ['ROUND(1234, -2)', '1200'], ['ROUND(-2.5e0)', '-3.0']]),
  rounding('TRUNCATE', false, 'Cut toward zero to digits behind the point.', [['TRUNCATE(42.345, 2)', '42.34'], ['TRUNCATE(-42.9, 0)', '-42']], ['TRUNC']),
  ...random,
  ...constants.map(([name, value, text]) => scalar(FAMILY, { name, signature: `${name}()`, about: 'The constant.', examples: [[`${name}()`, text]], infer: fixed([], notNull(DOUBLE)), compile: () => code(() => String(value)) })),
];
