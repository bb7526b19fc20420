/**
 * Functions over dates and times. Wall-clock parts of a TIMESTAMP_LTZ are those of the session's time zone. The current time is read per
 * call, so per record in a stream. Source: Flink "System Functions", temporal functions; DateTimeUtils.
 */
import type { ArgumentInfo, CompiledCall, EvalEnv, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { invalidArgument } from '../../core/errors/data.ts';
import { isDatetime, isInterval, isNumeric, isTimestamp } from '../../core/types/coercion.ts';
import { LONG_MIN, addExact, asLong, floorDivide, multiplyExact } from '../../core/types/long.ts';
import { BIGINT, DATE, INT, STRING, asNullable, decimal, notNull, time, timestamp, timestampLtz, type Long, type SqlType } from '../../core/types/sql-type.ts';
import { DAY_MS, addMonths, belowMs, epochMs, instantFromLocal, localFromInstant, parseDate, parseTimestamp, timestampOf, unitsPerMs, withNanos } from '../../core/types/temporal.ts';
import { offsetOfLocal, zoneOrUtc, type Zone } from '../../core/types/zone.ts';
import { UNIT_MONTHS, UNIT_MS, ceilUnit, floorUnit, monthsBetween, unitExtractor, unitOf } from './calendar.ts';
import { datePattern, formatDate, parseWithPattern, type DatePattern } from './date-pattern.ts';
import { call, characters, code, fixed, integers, isNull, literalText, nullable, numbers, optional, propagate, scalar, slot, type Example, type Slot } from './define.ts';
import { floorNumber, floorType } from './math.ts';

const FAMILY = 'temporal';
const text = slot(characters, STRING);
const SQL_PATTERN = 'yyyy-MM-dd HH:mm:ss';

/** A datetime as wall-clock milliseconds. */
function wallClock(type: SqlType, env: EvalEnv): (v: never) => number {
  switch (type.kind) {
    case 'DATE': return (v: number) => v * DAY_MS;
    case 'TIME': return (v: number) => v;
    case 'TIMESTAMP': return type.precision <= 3 ? (v: Long) => Number(v) : (v: Long) => epochMs(v, type.precision);
    case 'TIMESTAMP_LTZ': { const zone = zoneOrUtc(env.timeZone); return (v: Long) => { const ms = epochMs(v, type.precision); return ms + zone.offsetAt(ms); }; }
    default: return (v: number) => v;
  }
}

// ---- now ------------------------------------------------------------------------------------------------------------------------
const now = (name: string, type: SqlType, about: string, run: (env: EvalEnv, zone: Zone) => () => unknown, aliases: readonly string[] = []): ScalarFunction =>
  scalar(FAMILY, { name, aliases, signature: name, about, deterministic: false, infer: (args) => (args.length === 0 ? { result: notNull(type) } : undefined), compile: (_a, _r, env) => call(run(env, zoneOrUtc(env.timeZone))) });
const local = (env: EvalEnv, zone: Zone) => (): number => { const ms = Math.floor(env.nowMs()); return ms + zone.offsetAt(ms); };
const instant = (env: EvalEnv) => (): number => Math.floor(env.nowMs());
const clocks: readonly ScalarFunction[] = [
  now('CURRENT_TIMESTAMP', timestampLtz(3), 'The current instant, read per record.', instant, ['NOW', 'CURRENT_ROW_TIMESTAMP']),
  now('PROCTIME', timestampLtz(3), 'The processing time.', instant),
  now('LOCALTIMESTAMP', timestamp(3), 'The current time in the session zone, read per record.', local),
  now('LOCALTIME', time(0), 'The current time of day in the session zone.', (env, zone) => { const wall = local(env, zone); return () => { const ms = wall(), day = ms - Math.floor(ms / DAY_MS) * DAY_MS; return day - day % 1000; }; }, ['CURRENT_TIME']),
  now('CURRENT_DATE', DATE, 'The current date in the session zone.', (env, zone) => { const wall = local(env, zone); return () => Math.floor(wall() / DAY_MS); }),
];

// ---- parts ----------------------------------------------------------------------------------------------------------------------
function extractCode(unit: string, type: SqlType, env: EvalEnv): CompiledCall {
  if (isInterval(type)) {
    if (type.kind === 'INTERVAL_YEAR_MONTH') return code((a) => (unit === 'YEAR' ? `Math.trunc(${a[0]} / 12)` : `(${a[0]} % 12 + 0)`));
    const size = UNIT_MS[unit] ?? 1, above = unit === 'DAY' ? Infinity : unit === 'HOUR' ? DAY_MS : unit === 'MINUTE' ? 3_600_000 : unit === 'SECOND' ? 60_000 : Infinity;
    return call((v: number) => Math.trunc((above === Infinity ? v : v % above) / size) + 0);
  }
  if ((unit === 'MICROSECOND' || unit === 'NANOSECOND') && isTimestamp(type) && 'precision' in type) {
    const { precision } = type, per = unit === 'MICROSECOND' ? 1000 : 1_000_000;
    const wall = wallClock(type, env) as (v: Long) => number;
    return call((v: Long) => { const ms = wall(v); return (ms - Math.floor(ms / 1000) * 1000) * per + Math.floor(belowMs(v, precision) * per / unitsPerMs(precision)); });
  }
  if (unit === 'MICROSECOND' || unit === 'NANOSECOND') return call((v: number) => (v % 1000) * (unit === 'MICROSECOND' ? 1000 : 1_000_000));
  if (unit === 'EPOCH' && isTimestamp(type) && 'precision' in type) return call((v: Long) => floorDivide(v, unitsPerMs(type.precision) * 1000));
  const take = unitExtractor(unit);
  if ('precision' in type && type.kind === 'TIMESTAMP' && type.precision <= 3 || type.kind === 'TIME') return call(take);
  const wall = wallClock(type, env) as (v: unknown) => number;
  return call((v: unknown) => take(wall(v)));
}
function requireUnit(name: string, args: readonly ArgumentInfo[], i: number): string {
  const given = literalText(args, i), unit = given === undefined ? undefined : unitOf(given);
  if (unit === undefined) throw invalidArgument({ function: name, what: `unknown unit ${given ?? 'NULL'}`, hint: 'Units: YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND and, for EXTRACT, DOW, DOY, EPOCH.' });
  return unit;
}
const takesDatetime = (t: SqlType): boolean => isDatetime(t) || isInterval(t);
const extract = scalar(FAMILY, {
  name: 'EXTRACT', signature: 'EXTRACT(unit FROM datetime)', about: 'One part of a datetime or interval. Sunday is DOW 1; WEEK is the ISO week.',
  examples: [["EXTRACT(DAY FROM DATE '2006-06-05')", '5'], ["EXTRACT(DOW FROM DATE '2024-02-25')", '1'], ["EXTRACT(WEEK FROM DATE '2021-01-03')", '53'], ["EXTRACT(SECOND FROM TIMESTAMP '2020-01-01 00:00:59.5')", '59']],
  infer: (args) => (args.length === 2 && args[1] !== undefined && (takesDatetime(args[1].type) || isNull(args[1].type)) ? { result: propagate(BIGINT, args), args: [STRING, isNull(args[1].type) ? timestamp(3) : args[1].type] } : undefined),
  compile: (args, _result, env) => { const inner = extractCode(requireUnit('EXTRACT', args, 0), args[1]?.type ?? DATE, env); return 'code' in inner ? code((a, ref) => inner.code(a.slice(1), ref)) : code((a, ref) => `${ref(inner.call)}(${a[1]})`); },
});
const PARTS: readonly (readonly [name: string, unit: string, example: string])[] = [['YEAR', 'YEAR', '2024'], ['QUARTER', 'QUARTER', '1'], ['MONTH', 'MONTH', '2'], ['WEEK', 'WEEK', '9'], ['DAYOFYEAR', 'DOY', '60'], ['DAYOFMONTH', 'DAY', '29'], ['DAYOFWEEK', 'DOW', '5'], ['HOUR', 'HOUR', '12'], ['MINUTE', 'MINUTE', '34'], ['SECOND', 'SECOND', '56']];
const parts = PARTS.map(([name, unit, result]) => scalar(FAMILY, {
  name, signature: `${name}(datetime)`, about: `EXTRACT(${unit} FROM datetime).`, examples: [[`${name}(TIMESTAMP '2024-02-29 12:34:56')`, result]],
  infer: fixed([slot(isDatetime)], BIGINT), compile: (args, _r, env) => extractCode(unit, args[0]?.type ?? DATE, env),
}));

// ---- rounding -------------------------------------------------------------------------------------------------------------------
function roundToUnit(name: string, up: boolean, examples: readonly Example[], aliases: readonly string[] = []): ScalarFunction {
  return scalar(FAMILY, {
    name, aliases, signature: `${name}(number), ${name}(datetime TO unit)`, about: up ? 'Rounded up to a whole number or unit.' : 'Rounded down to a whole number or unit.', examples,
    infer: (args) => {
      const [a, unit] = args;
      if (args.length === 1 && a !== undefined) return isNumeric(a.type) ? { result: asNullable(floorType(a.type), a.type.nullable) } : undefined;
      return args.length === 2 && a !== undefined && unit !== undefined && isDatetime(a.type) ? { result: a.type } : undefined;
    },
    compile: (args, _result, env) => {
      const type = args[0]?.type ?? INT;
      if (args.length === 1) return floorNumber(type, up);
      const unit = requireUnit(name, args, 1), run = up ? ceilUnit : floorUnit;
      switch (type.kind) {
        case 'DATE': return call((v: number) => Math.floor(run(unit, v * DAY_MS) / DAY_MS));
        case 'TIMESTAMP': { const p = type.precision; return call((v: Long) => { const ms = epochMs(v, p); return timestampOf(run(unit, up && belowMs(v, p) > 0 ? ms + 1 : ms), 0, p); }); }
        case 'TIMESTAMP_LTZ': {
          const zone = zoneOrUtc(env.timeZone), p = type.precision;
          return call((v: Long) => { const ms = epochMs(v, p), wall = run(unit, ms + zone.offsetAt(ms) + (up && belowMs(v, p) > 0 ? 1 : 0)); return timestampOf(wall - offsetOfLocal(zone, wall), 0, p); });
        }
        default: return call((v: number) => run(unit, v) % DAY_MS);
      }
    },
  });
}

// ---- arithmetic -----------------------------------------------------------------------------------------------------------------
const isSmallUnit = (unit: string): boolean => UNIT_MS[unit] !== undefined && unit !== 'DAY' && unit !== 'WEEK' || unit === 'MICROSECOND' || unit === 'NANOSECOND';
const timestampAdd = scalar(FAMILY, {
  name: 'TIMESTAMPADD', signature: 'TIMESTAMPADD(unit, n, datetime)', about: 'The datetime moved by n units.', examples: [["TIMESTAMPADD(WEEK, 1, DATE '2003-01-02')", '2003-01-09'], ["TIMESTAMPADD(MONTH, 1, TIMESTAMP '2020-01-31 10:00:00')", '2020-02-29 10:00:00']],
  infer: (args) => {
    const [unit, n, at] = args;
    if (args.length !== 3 || unit === undefined || n === undefined || at === undefined || !(isNumeric(n.type) || isNull(n.type)) || !isDatetime(at.type)) return undefined;
    const name = unitOf(literalText(args, 0) ?? '') ?? '';
    const result = at.type.kind === 'DATE' && isSmallUnit(name) ? timestamp(name === 'NANOSECOND' ? 9 : name === 'MICROSECOND' ? 6 : name === 'MILLISECOND' ? 3 : 0) : at.type;
    return { result: propagate(result, args), args: [STRING, BIGINT, asNullable(result)] };
  },
  compile: (args, result, env) => {
    const unit = requireUnit('TIMESTAMPADD', args, 0), zone = zoneOrUtc(env.timeZone), months = UNIT_MONTHS[unit], size = UNIT_MS[unit] ?? 0;
    const add = (n: Long, v: Long): Long => {
      if (result.kind === 'DATE') return months === undefined ? Number(v) + Number(n) * (size / DAY_MS) : addMonths(Number(v), Number(n) * months);
      if (result.kind === 'TIME') { const sum = (Number(v) + Number(n) * size) % DAY_MS; return sum < 0 ? sum + DAY_MS : sum; }
      const p = 'precision' in result ? result.precision : 3;
      if (months === undefined) return addExact(v, unit === 'MICROSECOND' ? floorDivide(multiplyExact(n, unitsPerMs(p)), 1000) : unit === 'NANOSECOND' ? floorDivide(multiplyExact(n, unitsPerMs(p)), 1_000_000) : multiplyExact(n, size * unitsPerMs(p)));
      const wall = result.kind === 'TIMESTAMP_LTZ' ? localFromInstant(v, p, zone) : v, ms = epochMs(wall, p), day = Math.floor(ms / DAY_MS);
      const moved = timestampOf(addMonths(day, Number(n) * months) * DAY_MS + ms - day * DAY_MS, belowMs(wall, p), p);
      return result.kind === 'TIMESTAMP_LTZ' ? instantFromLocal(moved, p, zone) : moved;
    };
    return code((a, ref) => `${ref(add)}(${a[1]}, ${a[2]})`);
  },
});
const timestampDiff = scalar(FAMILY, {
  name: 'TIMESTAMPDIFF', signature: 'TIMESTAMPDIFF(unit, a, b)', about: 'Whole units from a to b, toward zero.', examples: [["TIMESTAMPDIFF(DAY, TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 10:00:00')", '1'], ["TIMESTAMPDIFF(MONTH, DATE '2020-01-31', DATE '2020-03-30')", '1'], ["TIMESTAMPDIFF(SECOND, TIMESTAMP '2020-01-01 00:00:01', TIMESTAMP '2020-01-01 00:00:00')", '-1']],
  infer: (args) => (args.length === 3 && args.slice(1).every((a) => isTimestamp(a.type) || a.type.kind === 'DATE' || isNull(a.type)) ? { result: propagate(INT, args), args: [STRING, ...args.slice(1).map((a) => (isNull(a.type) ? timestamp(3) : a.type))] } : undefined),
  compile: (args, _result, env) => {
    const unit = requireUnit('TIMESTAMPDIFF', args, 0), months = UNIT_MONTHS[unit], size = UNIT_MS[unit] ?? 1;
    const from = wallClock(args[1]?.type ?? DATE, env) as (v: unknown) => number, to = wallClock(args[2]?.type ?? DATE, env) as (v: unknown) => number;
    const run = months === undefined ? (a: unknown, b: unknown): number => Math.trunc((to(b) - from(a)) / size) + 0 : (a: unknown, b: unknown): number => Math.trunc(monthsBetween(from(a), to(b)) / months) + 0;
    return code((x, ref) => `${ref(run)}(${x[1]}, ${x[2]})`);
  },
});

// ---- text -----------------------------------------------------------------------------------------------------------------------
/** The pattern of argument i: compiled now when constant, else looked up per call. */
function patternOf(name: string, args: readonly ArgumentInfo[], i: number, missing: string): (given?: string) => DatePattern {
  const constant = args[i] === undefined ? missing : literalText(args, i);
  if (constant !== undefined) { const compiled = datePattern(constant, name); return () => compiled; }
  return (given = missing) => datePattern(given, name);
}
const strings = (name: string, slots: readonly Slot[], result: SqlType, about: string, signature: string, examples: readonly Example[], compile: ScalarFunction['compile'], mayBeNull = false): ScalarFunction =>
  scalar(FAMILY, { name, signature, about, examples, infer: fixed(slots, result, mayBeNull), compile });
const dateFormat = strings('DATE_FORMAT', [slot((t) => isTimestamp(t) || t.kind === 'DATE' || characters(t)), text], STRING, 'The datetime as text, by a Java pattern.', 'DATE_FORMAT(timestamp, pattern)', [["DATE_FORMAT(TIMESTAMP '2020-02-29 12:34:56', 'yyyy/MM/dd HH:mm')", '2020/02/29 12:34']], (args, _r, env) => {
  const type = args[0]?.type ?? STRING, pattern = patternOf('DATE_FORMAT', args, 1, SQL_PATTERN);
  if (characters(type)) return call((s: string, p: string) => { const v = parseTimestamp(s, 9, 'sql'); return v === undefined ? null : formatDate(pattern(p), epochMs(v, 9), belowSecond(v, 9)); });
  if (type.kind === 'DATE') return call((v: number, p: string) => formatDate(pattern(p), v * DAY_MS, 0));
  const precision = 'precision' in type ? type.precision : 3, wall = wallClock(type, env) as (v: Long) => number;
  return call((v: Long, p: string) => formatDate(pattern(p), wall(v), belowSecond(v, precision)));
}, true);
/** Nanoseconds of the second. */
function belowSecond(v: Long, precision: number): number { const ms = epochMs(v, precision); return (ms - Math.floor(ms / 1000) * 1000) * 1_000_000 + belowMs(v, precision) * (1_000_000 / unitsPerMs(precision)); }

const toTimestampOf = (name: string, args: readonly ArgumentInfo[], precision: number): ((s: string, p?: string) => Long | null) => {
  const pattern = args.length > 1 ? patternOf(name, args, 1, SQL_PATTERN) : undefined;
  if (pattern === undefined) return (s) => parseTimestamp(s, precision, 'sql') ?? null;
  return (s, p) => { const d = parseWithPattern(pattern(p), s, false); return d === undefined ? parseTimestamp(s.trim(), precision, 'sql') ?? null : withNanos(d.days * DAY_MS + d.timeMs, d.nanos, precision); };
};
const conversions: readonly ScalarFunction[] = [
  dateFormat,
  strings('TO_DATE', [text, optional(characters, STRING)], DATE, 'The date in a text; NULL when it is none.', 'TO_DATE(string [, pattern])', [["TO_DATE('2020-02-29')", '2020-02-29'], ["TO_DATE('29.02.2020', 'dd.MM.yyyy')", '2020-02-29'], ["TO_DATE('x')", 'NULL']], (args) => {
    if (args.length === 1) return call((s: string) => parseDate(s) ?? null);
    const pattern = patternOf('TO_DATE', args, 1, 'yyyy-MM-dd');
    return call((s: string, p: string) => parseWithPattern(pattern(p), s, true)?.days ?? null);
  }, true),
  strings('TO_TIMESTAMP', [text, optional(characters, STRING)], timestamp(3), 'The timestamp in a text; NULL when it is none.', 'TO_TIMESTAMP(string [, pattern])', [["TO_TIMESTAMP('2020-02-29 12:34:56')", '2020-02-29 12:34:56.000'], ["TO_TIMESTAMP('20200229 1234', 'yyyyMMdd HHmm')", '2020-02-29 12:34:00.000'], ["TO_TIMESTAMP('x')", 'NULL']], (args) => call(toTimestampOf('TO_TIMESTAMP', args, 3)), true),
  scalar(FAMILY, {
    name: 'TO_TIMESTAMP_LTZ', signature: 'TO_TIMESTAMP_LTZ(number [, precision]), TO_TIMESTAMP_LTZ(string [, pattern [, zone]])', about: 'The instant of epoch seconds (precision 0) or milliseconds (3), or of a text (UTC unless a zone is given).', examples: [['TO_TIMESTAMP_LTZ(100, 0)', '1970-01-01 00:01:40.000'], ['TO_TIMESTAMP_LTZ(1500, 3)', '1970-01-01 00:00:01.500']],
    infer: toLtzSignature, compile: toLtz,
  }),
  strings('FROM_UNIXTIME', [slot(numbers, BIGINT), optional(characters, STRING)], STRING, 'Epoch seconds as text in the session zone.', 'FROM_UNIXTIME(seconds [, pattern])', [['FROM_UNIXTIME(44)', '1970-01-01 00:00:44'], ["FROM_UNIXTIME(44, 'yyyy')", '1970']], (args, _r, env) => { const pattern = patternOf('FROM_UNIXTIME', args, 1, SQL_PATTERN), zone = zoneOrUtc(env.timeZone); return call((s: Long, p: string) => { const ms = Number(s) * 1000; return formatDate(pattern(p), ms + zone.offsetAt(ms), 0); }); }),
  scalar(FAMILY, {
    name: 'UNIX_TIMESTAMP', signature: 'UNIX_TIMESTAMP([string [, pattern]])', about: 'Epoch seconds now, or of a text read in the session zone; the smallest BIGINT when it cannot be read.', examples: [["UNIX_TIMESTAMP('1970-01-01 00:01:40')", '100'], ["UNIX_TIMESTAMP('x')", '-9223372036854775808']], deterministic: false,
    infer: (args) => (args.length === 0 ? { result: notNull(BIGINT) } : args.length <= 2 && args[0] !== undefined && isTimestamp(args[0].type) ? { result: propagate(BIGINT, args) } : fixed([text, optional(characters, STRING)], BIGINT)(args)),
    compile: (args, _r, env) => {
      const zone = zoneOrUtc(env.timeZone), type = args[0]?.type;
      if (type === undefined) return call(() => Math.floor(env.nowMs() / 1000));
      if ('precision' in type && isTimestamp(type)) return call((v: Long) => { const ms = epochMs(v, type.precision); return Math.floor((type.kind === 'TIMESTAMP' ? ms - offsetOfLocal(zone, ms) : ms) / 1000); });
      const pattern = patternOf('UNIX_TIMESTAMP', args, 1, SQL_PATTERN);
      return call((s: string, p: string) => { const d = parseWithPattern(pattern(p), s, true); if (d === undefined) return LONG_MIN; const ms = d.days * DAY_MS + d.timeMs; return Math.floor((ms - offsetOfLocal(zone, ms)) / 1000); });
    },
  }),
  strings('CONVERT_TZ', [text, text, text], STRING, 'A timestamp text moved from one zone to another; an unknown zone counts as GMT.', 'CONVERT_TZ(string, from, to)', [["CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'Asia/Shanghai')", '1970-01-01 08:00:00']], () => {
    const pattern = datePattern(SQL_PATTERN, 'CONVERT_TZ');
    return call((s: string, from: string, to: string) => {
      const d = parseWithPattern(pattern, s, true);
      if (d === undefined) return null;
      const wall = d.days * DAY_MS + d.timeMs, ms = wall - offsetOfLocal(zoneOrUtc(from), wall);
      return formatDate(pattern, ms + zoneOrUtc(to).offsetAt(ms), 0);
    });
  }, true),
];
const MIN_MS = -62167219200000, MAX_MS = 253402300799999;
function toLtzSignature(args: readonly ArgumentInfo[]): Signature | undefined {
  const [a] = args;
  if (a === undefined || args.length > 3) return undefined;
  if (isNumeric(a.type)) return args.length <= 2 && args.slice(1).every((p) => integers(p.type)) ? { result: nullable(timestampLtz(3)), args: [a.type.kind === 'DOUBLE' || a.type.kind === 'FLOAT' || a.type.kind === 'DECIMAL' ? decimal(38, 6) : BIGINT, ...args.slice(1).map(() => INT)] } : undefined;
  return args.every((p) => characters(p.type) || isNull(p.type)) ? { result: nullable(timestampLtz(3)), args: args.map(() => STRING) } : undefined;
}
function toLtz(args: readonly ArgumentInfo[]): CompiledCall {
  const type = args[0]?.type;
  if (type !== undefined && isNumeric(type)) {
    const scale = type.kind === 'DECIMAL' ? type.scale : 0;
    return call((v: Long, precision = 3) => {
      if (precision !== 0 && precision !== 3) throw invalidArgument({ function: 'TO_TIMESTAMP_LTZ', what: `precision ${precision}`, hint: 'The precision is 0 for seconds or 3 for milliseconds.' });
      const whole = scale === 0 ? v : asLong(BigInt(v) / 10n ** BigInt(scale)), ms = precision === 0 ? Number(whole) * 1000 : Number(whole);
      return ms < MIN_MS || ms > MAX_MS ? null : ms;
    });
  }
  const read = toTimestampOf('TO_TIMESTAMP_LTZ', args, 3);
  return call((s: string, p: string | undefined, zone = 'UTC') => { const wall = read(s, p); return wall === null ? null : instantFromLocal(wall, 3, zoneOrUtc(zone)); });
}
export const datetimeFunctions: readonly ScalarFunction[] = [
  ...clocks, extract, ...parts,
  roundToUnit('FLOOR', false, [['FLOOR(2.7)', '2'], ["FLOOR(TIMESTAMP '2020-02-29 12:34:56' TO HOUR)", '2020-02-29 12:00:00']]),
  roundToUnit('CEIL', true, [['CEIL(2.1)', '3'], ["CEIL(TIMESTAMP '2020-02-29 12:34:56' TO DAY)", '2020-03-01 00:00:00'], ["CEIL(DATE '2020-02-15' TO MONTH)", '2020-03-01']], ['CEILING']),
  timestampAdd, timestampDiff, ...conversions,
];
