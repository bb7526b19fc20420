/**
 * Aggregate functions: what a group keeps (its slots, all persisted) and how a value goes in and, on retraction, out again. NULL
 * arguments are skipped but by COUNT(*) and SINGLE_VALUE. Calls that cannot undo a value from their slots name an order of `values`,
 * and the operator keeps the group's values for them. Source: Flink "System (Built-in) Functions", aggregate functions.
 */
import type { AggregateFunction, AggregateImplementation, ArgumentInfo, FunctionDoc, Signature } from '../../catalog/registry/functions.ts';
import { moreThanOneValue } from '../../core/errors/data.ts';
import { decimalOf, isApproximate, isCharacter, isInteger, isNumeric } from '../../core/types/coercion.ts';
import { compareValues, equalValues } from '../../core/types/compare.ts';
import { castDecimal, divideDecimal } from '../../core/types/decimal.ts';
import { add64, addExact, divide64, subtract64, subtractExact } from '../../core/types/long.ts';
import { BIGINT, BOOLEAN, DOUBLE, STRING, array, asNullable, decimal, notNull, type Long, type SqlType } from '../../core/types/sql-type.ts';
import { doc } from './define.ts';
import { checkMade, joinTexts } from './text-limit.ts';

const FAMILY = 'aggregate';
interface AggregateSpec { readonly name: string; readonly aliases?: readonly string[]; readonly doc: FunctionDoc; readonly infer: (args: readonly ArgumentInfo[]) => Signature | undefined; readonly compile: (args: readonly SqlType[], result: SqlType, options: { retract: boolean }) => AggregateImplementation }
const aggregate = (spec: AggregateSpec): AggregateFunction => ({ ...spec, kind: 'aggregate', family: FAMILY });
const nothing = (): void => {};

/** Integer wrap of a sum to its type, as Java's narrow arithmetic does. */
const narrowBits = (type: SqlType): number | undefined => (type.kind === 'TINYINT' ? 24 : type.kind === 'SMALLINT' ? 16 : type.kind === 'INT' ? 0 : undefined);
function narrow(type: SqlType): (v: Long) => Long {
  const bits = narrowBits(type);
  return bits === undefined ? (v) => v : (v) => (Number(v) << bits) >> bits;
}
type Sum = (a: Long, b: Long) => Long;
/** Slots: sum, number of values. Without values the result is NULL, or zero for $SUM0. */
function sum(type: SqlType, orZero: boolean): AggregateImplementation {
  const exactDecimal = type.kind === 'DECIMAL', floating = isApproximate(type), fit = narrow(type);
  const round = type.kind === 'FLOAT' ? Math.fround : (x: number): number => x; // every step, so that a restored group goes on alike
  const plus: Sum = exactDecimal ? addExact : add64, minus: Sum = exactDecimal ? subtractExact : subtract64;
  return {
    slots: [type, BIGINT],
    init(acc, at) { acc[at] = 0; acc[at + 1] = 0; },
    add: floating
      ? (acc, at, v) => { if (v !== null) { acc[at] = round((acc[at] as number) + (v as number)); acc[at + 1] = (acc[at + 1] as number) + 1; } }
      : (acc, at, v) => { if (v !== null) { acc[at] = fit(plus(acc[at] as Long, v as Long)); acc[at + 1] = (acc[at + 1] as number) + 1; } },
    retract: floating
      ? (acc, at, v) => { if (v !== null) { acc[at] = round((acc[at] as number) - (v as number)); acc[at + 1] = (acc[at + 1] as number) - 1; } }
      : (acc, at, v) => { if (v !== null) { acc[at] = fit(minus(acc[at] as Long, v as Long)); acc[at + 1] = (acc[at + 1] as number) - 1; } },
    result: (acc, at) => (acc[at + 1] === 0 ? (orZero ? 0 : null) : exactDecimal ? castDecimal(acc[at] as Long, type.scale, type.precision, type.scale) : acc[at]),
    // A decimal sum that is a safe integer fits any precision from 16 on.
    plain: exactDecimal && type.precision < 16 ? undefined : { kind: 'sum', form: type.kind === 'FLOAT' ? 'float' : floating ? 'double' : 'long', bits: narrowBits(type), finish: orZero ? 'zero' : 'null' },
  };
}
const sumType = (t: SqlType): SqlType => (t.kind === 'DECIMAL' ? decimal(38, t.scale) : asNullable(t));

/** Integers: truncated quotient in the integer type. DECIMAL(38, max(6, s)). Slots: sum, number. */
function average(arg: SqlType, type: SqlType): AggregateImplementation {
  const shape = decimalOf(arg);
  const base = sum(arg.kind === 'DECIMAL' ? decimal(38, arg.scale) : isApproximate(arg) ? DOUBLE : BIGINT, true);
  const result: AggregateImplementation['result'] = type.kind === 'DECIMAL' && shape !== undefined
    ? (acc, at) => (acc[at + 1] === 0 ? null : divideDecimal(acc[at] as Long, shape.scale, acc[at + 1] as Long, 0, type.precision, type.scale))
    : isInteger(type) ? (acc, at) => (acc[at + 1] === 0 ? null : narrow(type)(divide64(acc[at] as Long, acc[at + 1] as Long)))
    : (acc, at) => (acc[at + 1] === 0 ? null : type.kind === 'FLOAT' ? Math.fround((acc[at] as number) / (acc[at + 1] as number)) : (acc[at] as number) / (acc[at + 1] as number));
  const pair: unknown[] = [];
  const finish = isApproximate(arg) && type.kind !== 'FLOAT'
    ? (total: number, count: number): unknown => (count === 0 ? null : total / count)
    : (total: number, count: number): unknown => { pair[0] = total; pair[1] = count; return result(pair, 0); };
  return { ...base, result, plain: base.plain?.kind === 'sum' ? { ...base.plain, finish } : undefined };
}
/** Types whose values are numbers, or bigints where they are large. */
const WHOLE = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'DECIMAL', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ', 'INTERVAL_YEAR_MONTH', 'INTERVAL_DAY_TIME']);
function extreme(type: SqlType, order: 'min' | 'max', retract: boolean): AggregateImplementation {
  const compare = compareValues(type), sign = order === 'min' ? -1 : 1;
  return {
    slots: [type],
    init(acc, at) { acc[at] = null; },
    add(acc, at, v) { if (v !== null && (acc[at] === null || compare(v, acc[at]) * sign > 0)) acc[at] = v; },
    retract: nothing,
    result: (acc, at) => acc[at],
    values: retract ? { order } : undefined,
    plain: retract ? undefined : WHOLE.has(type.kind) ? { kind: 'extreme', order, form: 'long' } : isApproximate(type) ? { kind: 'extreme', order, form: 'double' } : undefined,
  };
}
/** FIRST_VALUE and LAST_VALUE by arrival; NULLs do not count. Slots: value, whether there is one. */
function edge(type: SqlType, first: boolean, retract: boolean): AggregateImplementation {
  return {
    slots: [type],
    init(acc, at) { acc[at] = null; },
    add: first ? (acc, at, v) => { if (acc[at] === null) acc[at] = v; } : (acc, at, v) => { if (v !== null) acc[at] = v; },
    retract: nothing,
    result: (acc, at) => acc[at],
    values: retract ? { order: 'all', fromValues(values) { let last: unknown = null; for (const v of values) { if (first) return v; last = v; } return last; } } : undefined,
  };
}
/** Sums of values and squares; slots: number, sum, sum of squares. */
function moments(finish: (n: number, squares: number) => number | null): AggregateImplementation {
  // Flink: (SUM(x * x) - SUM(x) * SUM(x) / COUNT(x)) / COUNT(x), in DOUBLE.
  const step = (acc: unknown[], at: number, v: unknown, sign: number): void => {
    if (v === null) return;
    const x = v as number;
    acc[at] = (acc[at] as number) + sign;
    acc[at + 1] = (acc[at + 1] as number) + sign * x;
    acc[at + 2] = (acc[at + 2] as number) + sign * x * x;
  };
  return {
    slots: [BIGINT, DOUBLE, DOUBLE],
    init(acc, at) { acc[at] = 0; acc[at + 1] = 0; acc[at + 2] = 0; },
    add: (acc, at, v) => step(acc, at, v, 1),
    retract: (acc, at, v) => step(acc, at, v, -1),
    result(acc, at) {
      const n = acc[at] as number;
      if (n <= 0) return null;
      const sum = acc[at + 1] as number;
      return finish(n, Math.max(0, (acc[at + 2] as number) - sum * sum / n));
    },
  };
}
const numeric = (args: readonly ArgumentInfo[]): SqlType | undefined => { const t = args[0]?.type; return args.length === 1 && t !== undefined && isNumeric(t) ? t : undefined; };
const single = (args: readonly ArgumentInfo[]): SqlType | undefined => (args.length === 1 ? args[0]?.type : undefined);
const keepsType = (args: readonly ArgumentInfo[]): Signature | undefined => { const t = single(args); return t === undefined ? undefined : { result: asNullable(t) }; };
const COMPARABLE = new Set(['MAP', 'MULTISET', 'RAW']);
const statistic = (name: string, description: string, finish: (n: number, squares: number) => number | null, aliases: readonly string[] = []): AggregateFunction => aggregate({
  name, aliases, doc: doc(`${name}(numeric)`, description), infer: (args) => (numeric(args) === undefined ? undefined : { result: DOUBLE, args: [DOUBLE] }), compile: () => moments(finish),
});

/** Texts in order of arrival, joined. Slots: the joined text; with retraction the operator keeps the values. */
function listAgg(retract: boolean): AggregateImplementation {
  const between = (by: unknown): string => (by === undefined || by === null ? ',' : String(by));
  const fromValues = (values: Iterable<unknown>, by?: unknown): unknown => {
    const all = [...values] as string[];
    return all.length === 0 ? null : joinTexts('LISTAGG', all, between(by));
  };
  return {
    slots: [STRING],
    init(acc, at) { acc[at] = null; },
    add(acc, at, v, by) {
      if (v === null) return;
      const joined = acc[at] === null ? v as string : `${acc[at] as string}${between(by)}${v as string}`;
      checkMade('LISTAGG', joined.length, 'Group by more, or join shorter texts.');
      acc[at] = joined;
    },
    retract: nothing,
    result: (acc, at) => acc[at],
    values: retract ? { order: 'all', fromValues } : undefined,
  };
}
/** COLLECT: a multiset; entries that fall to zero go. Slot: value → count. */
function collect(element: SqlType): AggregateImplementation {
  const step = (acc: unknown[], at: number, v: unknown, by: number): void => {
    if (v === null) return;
    const bag = acc[at] as Map<unknown, number>;
    let key: unknown = v;
    if (typeof v === 'object') for (const k of bag.keys()) if (equalValues(k, v)) { key = k; break; }
    const count = (bag.get(key) ?? 0) + by;
    if (count === 0) bag.delete(key); else bag.set(key, count);
  };
  return {
    slots: [{ kind: 'MULTISET', element, nullable: false }],
    init(acc, at) { acc[at] = new Map(); },
    add: (acc, at, v) => step(acc, at, v, 1),
    retract: (acc, at, v) => step(acc, at, v, -1),
    result: (acc, at) => new Map(acc[at] as Map<unknown, number>),
  };
}
/** ARRAY_AGG: values in order of arrival, NULLs kept; a retraction takes the first equal one out. Slot: the array. */
function arrayAgg(element: SqlType): AggregateImplementation {
  return {
    slots: [array(element)],
    init(acc, at) { acc[at] = []; },
    add(acc, at, v) { (acc[at] as unknown[]).push(v); },
    retract(acc, at, v) { const list = acc[at] as unknown[], i = list.findIndex((x) => equalValues(x, v)); if (i >= 0) list.splice(i, 1); },
    result: (acc, at) => { const list = acc[at] as unknown[]; return list.length === 0 ? null : list.slice(); },
  };
}
/** BOOL_AND and BOOL_OR (PostgreSQL). Slots: number of TRUE, number of FALSE. */
function booleanAgg(all: boolean): AggregateImplementation {
  const step = (acc: unknown[], at: number, v: unknown, by: number): void => { if (v !== null) { const i = v === true ? at : at + 1; acc[i] = (acc[i] as number) + by; } };
  return {
    slots: [BIGINT, BIGINT],
    init(acc, at) { acc[at] = 0; acc[at + 1] = 0; },
    add: (acc, at, v) => step(acc, at, v, 1),
    retract: (acc, at, v) => step(acc, at, v, -1),
    result: (acc, at) => (acc[at] === 0 && acc[at + 1] === 0 ? null : all ? acc[at + 1] === 0 : acc[at] !== 0),
  };
}
const booleanAggregate = (name: string, all: boolean): AggregateFunction => aggregate({
  name, aliases: name === 'BOOL_AND' ? ['EVERY'] : [], doc: doc(`${name}(boolean)`, all ? 'TRUE when all values are TRUE.' : 'TRUE when one value is TRUE.'),
  infer: (args) => (single(args)?.kind === 'BOOLEAN' ? { result: BOOLEAN } : undefined), compile: () => booleanAgg(all),
});

export const aggregateFunctions: readonly AggregateFunction[] = [
  aggregate({
    name: 'COUNT', doc: doc('COUNT(*) | COUNT([DISTINCT] value, …)', 'Number of rows, or of rows whose values are all not NULL.'),
    infer: (args) => (args.length <= 2 ? { result: notNull(BIGINT) } : undefined),
    compile: (args) => {
      const counts: (a: unknown, b: unknown) => boolean = args.length === 0 ? () => true : args.length === 1 ? (a) => a !== null : (a, b) => a !== null && b !== null;
      return {
        slots: [BIGINT],
        init(acc, at) { acc[at] = 0; },
        add(acc, at, a, b) { if (counts(a, b)) acc[at] = (acc[at] as number) + 1; },
        retract(acc, at, a, b) { if (counts(a, b)) acc[at] = (acc[at] as number) - 1; },
        result: (acc, at) => acc[at],
        plain: { kind: 'count' },
      };
    },
  }),
  aggregate({ name: 'SUM', doc: doc('SUM([DISTINCT] numeric)', 'Sum of the values that are not NULL; NULL when there are none. Integers keep their type and wrap around; DECIMAL(p, s) gives DECIMAL(38, s).'), infer: (args) => { const t = numeric(args); return t === undefined ? undefined : { result: asNullable(sumType(t)) }; }, compile: (_args, result) => sum(result, false) }),
  aggregate({ name: '$SUM0', aliases: ['SUM0'], doc: doc('$SUM0(numeric)', 'Like SUM, but 0 when there are no values.'), infer: (args) => { const t = numeric(args); return t === undefined ? undefined : { result: notNull(sumType(t)) }; }, compile: (_args, result) => sum(result, true) }),
  aggregate({ name: 'AVG', doc: doc('AVG([DISTINCT] numeric)', 'Mean. Of integers: in their type, truncated toward zero; of DECIMAL(p, s): DECIMAL(38, max(6, s)).'), infer: (args) => { const t = numeric(args); return t === undefined ? undefined : { result: asNullable(t.kind === 'DECIMAL' ? decimal(38, Math.max(6, t.scale)) : t) }; }, compile: (args, result) => average(args[0] ?? DOUBLE, result) }),
  aggregate({ name: 'MIN', doc: doc('MIN(value)', 'Smallest value.'), infer: (args) => (COMPARABLE.has(single(args)?.kind ?? 'RAW') ? undefined : keepsType(args)), compile: (args, _result, o) => extreme(args[0] ?? DOUBLE, 'min', o.retract) }),
  aggregate({ name: 'MAX', doc: doc('MAX(value)', 'Largest value.'), infer: (args) => (COMPARABLE.has(single(args)?.kind ?? 'RAW') ? undefined : keepsType(args)), compile: (args, _result, o) => extreme(args[0] ?? DOUBLE, 'max', o.retract) }),
  aggregate({ name: 'FIRST_VALUE', doc: doc('FIRST_VALUE(value)', 'First value that is not NULL, by arrival.'), infer: keepsType, compile: (args, _result, o) => edge(args[0] ?? DOUBLE, true, o.retract) }),
  aggregate({ name: 'LAST_VALUE', doc: doc('LAST_VALUE(value)', 'Last value that is not NULL, by arrival.'), infer: keepsType, compile: (args, _result, o) => edge(args[0] ?? DOUBLE, false, o.retract) }),
  aggregate({
    name: 'SINGLE_VALUE', doc: doc('SINGLE_VALUE(value)', 'The only value of the group; more than one fails the job. Made by the planner for scalar subqueries.'), infer: keepsType,
    compile: (args) => ({
      slots: [args[0] ?? DOUBLE, BIGINT],
      init(acc, at) { acc[at] = null; acc[at + 1] = 0; },
      add(acc, at, v) { if ((acc[at + 1] as number) > 0) throw moreThanOneValue({}); acc[at] = v; acc[at + 1] = (acc[at + 1] as number) + 1; },
      retract(acc, at) { acc[at + 1] = (acc[at + 1] as number) - 1; acc[at] = null; },
      result: (acc, at) => acc[at],
    }),
  }),
  statistic('STDDEV_POP', 'Population standard deviation.', (n, s) => Math.sqrt(s / n)),
  statistic('STDDEV_SAMP', 'Sample standard deviation; NULL for one value.', (n, s) => (n < 2 ? null : Math.sqrt(s / (n - 1))), ['STDDEV']),
  statistic('VAR_POP', 'Population variance.', (n, s) => s / n),
  statistic('VAR_SAMP', 'Sample variance; NULL for one value.', (n, s) => (n < 2 ? null : s / (n - 1)), ['VARIANCE']),
  aggregate({
    name: 'LISTAGG', aliases: ['STRING_AGG'], doc: doc('LISTAGG(string [, separator])', 'Texts in order of arrival with the separator (default ,) between them; NULLs are skipped.'),
    infer: (args) => { const [a, b] = args; return a !== undefined && args.length <= 2 && isCharacter(a.type) && (b === undefined || (isCharacter(b.type) && b.literal !== undefined)) ? { result: STRING } : undefined; },
    compile: (_args, _result, o) => listAgg(o.retract),
  }),
  aggregate({ name: 'COLLECT', doc: doc('COLLECT([DISTINCT] value)', 'A multiset of the values that are not NULL.'), infer: (args) => { const t = single(args); return t === undefined ? undefined : { result: { kind: 'MULTISET', element: t, nullable: false } }; }, compile: (args) => collect(args[0] ?? DOUBLE) }),
  aggregate({ name: 'ARRAY_AGG', doc: doc('ARRAY_AGG([DISTINCT] value)', 'An array of the values in order of arrival, NULLs included; NULL when there are none.'), infer: (args) => { const t = single(args); return t === undefined ? undefined : { result: array(t) }; }, compile: (args) => arrayAgg(args[0] ?? DOUBLE) }),
  booleanAggregate('BOOL_AND', true), booleanAggregate('BOOL_OR', false),
];
