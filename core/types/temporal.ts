/**
 * DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ: calendar arithmetic, units, text. Values are numbers as in `sql-type.ts`; no Date object
 * and no regular expression is used per value. Calendar: proleptic Gregorian. Parsing rules are those of Flink (DateTimeUtils) or,
 * where named, of Java's ISO formatters.
 */
import { asLong, floorDivide, floorModulo, multiplyExact } from './long.ts';
import { timestampDigits, type Long } from './sql-type.ts';
import { offsetOfLocal, type Zone } from './zone.ts';

export const DAY_MS = 86_400_000;

// ---- calendar -------------------------------------------------------------------------------------------------------------------

/** Year, month (1-12) and day of a day number, packed: `year << 9 | month << 5 | day`; read with yearOf, monthOf, dayOf. Algorithm: Hinnant, civil_from_days. */
export function civilOf(days: number): number {
  const z = days + 719_468, era = Math.floor(z / 146_097), dayOfEra = z - era * 146_097;
  const yearOfEra = ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const m = ((5 * dayOfYear + 2) / 153) | 0, day = dayOfYear - (((153 * m + 2) / 5) | 0) + 1, month = m < 10 ? m + 3 : m - 9;
  return ((yearOfEra + era * 400 + (month <= 2 ? 1 : 0)) << 9) | (month << 5) | day;
}
export const yearOf = (civil: number): number => civil >> 9;
export const monthOf = (civil: number): number => (civil >> 5) & 15;
export const dayOf = (civil: number): number => civil & 31;
/** Day number of a date; month and day may be out of range (day 0 is the last of the month before; months must be 1-12). */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year, era = Math.floor(y / 400), yearOfEra = y - era * 400;
  const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1;
  return era * 146_097 + yearOfEra * 365 + (yearOfEra >> 2) - ((yearOfEra / 100) | 0) + dayOfYear - 719_468;
}
export const isLeapYear = (year: number): boolean => (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
export function daysInMonth(year: number, month: number): number {
  return month === 2 ? (isLeapYear(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
/** Adds months; the day is cut to the length of the month (2020-01-31 + 1 month = 2020-02-29). */
export function addMonths(days: number, months: number): number {
  const civil = civilOf(days), index = yearOf(civil) * 12 + monthOf(civil) - 1 + months;
  const year = Math.floor(index / 12), month = index - year * 12 + 1;
  return daysOf(year, month, Math.min(dayOf(civil), daysInMonth(year, month)));
}

// ---- units ----------------------------------------------------------------------------------------------------------------------

/** Units per millisecond: 1, 1000 or 1,000,000. */
export const unitsPerMs = (precision: number): number => (precision <= 3 ? 1 : precision <= 6 ? 1000 : 1_000_000);
/** TIMESTAMP(from) to TIMESTAMP(to): finer digits are cut (toward the past). */
export function convertTimestamp(value: Long, from: number, to: number): Long {
  const a = timestampDigits(from), b = timestampDigits(to);
  let result = value;
  if (b > a) result = multiplyExact(value, 10 ** (b - a));
  else if (b < a) result = floorDivide(value, 10 ** (a - b));
  if (to < b && to < from) { const unit = 10 ** (b - to), cut = floorDivide(result, unit); result = multiplyExact(cut, unit); }
  return result;
}
/** Whole milliseconds (toward the past) of a timestamp; a plain number for every year up to 280,000. */
export function epochMs(value: Long, precision: number): number {
  return precision <= 3 ? Number(value) : Number(floorDivide(value, unitsPerMs(precision)));
}
/** The part of a timestamp below its millisecond, in its own unit. */
export function belowMs(value: Long, precision: number): number { return precision <= 3 ? 0 : floorModulo(value, unitsPerMs(precision)); }
/** Timestamp of whole milliseconds plus `below` units. */
export function timestampOf(ms: number, below: number, precision: number): Long {
  if (precision <= 3) return ms;
  const scaled = multiplyExact(ms, unitsPerMs(precision));
  return typeof scaled === 'number' && Number.isSafeInteger(scaled + below) ? scaled + below : asLong(BigInt(scaled) + BigInt(below));
}

/** Instant to wall clock of the zone. */
export function localFromInstant(value: Long, precision: number, zone: Zone): Long { return shift(value, precision, zone.offsetAt(epochMs(value, precision))); }
/** Wall clock of the zone to instant (gaps and overlaps: see `offsetOfLocal`). */
export function instantFromLocal(value: Long, precision: number, zone: Zone): Long { return shift(value, precision, -offsetOfLocal(zone, epochMs(value, precision))); }
function shift(value: Long, precision: number, ms: number): Long {
  if (ms === 0) return value;
  const units = ms * unitsPerMs(precision);
  if (typeof value === 'number') { const sum = value + units; if (Number.isSafeInteger(sum)) return sum; }
  return asLong(BigInt(value) + BigInt(units));
}

// ---- text out -------------------------------------------------------------------------------------------------------------------

const TWO: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const pad = (n: number, width: number): string => String(n).padStart(width, '0');

/** `2020-02-29`; years below 0 get a minus, above 9999 more digits. */
export function dateText(days: number): string {
  const civil = civilOf(days), year = yearOf(civil);
  const text = year >= 1000 && year <= 9999 ? String(year) : year < 0 ? `-${pad(-year, 4)}` : pad(year, 4);
  return `${text}-${TWO[monthOf(civil)]}-${TWO[dayOf(civil)]}`;
}
/** `12:34:56` of milliseconds of the day. */
export function clockText(ms: number): string {
  const second = Math.floor(ms / 1000);
  return `${TWO[(second / 3600) | 0]}:${TWO[((second / 60) | 0) % 60]}:${TWO[second % 60]}`;
}
/** TIME(p) as CAST prints it: `12:34:56`, with p > 0 also `.5` (at least one digit, no trailing zeros, at most p). */
export function timeText(ms: number, precision: number): string {
  const day = ms < 0 ? ms + DAY_MS : ms, base = clockText(day);
  if (precision === 0) return base;
  const digits = pad(day % 1000, 3).slice(0, precision).replace(/0+$/, '');
  return `${base}.${digits === '' ? '0' : digits}`;
}
/** TIMESTAMP(p) as CAST prints it: `2020-02-29 12:34:56.789` with exactly p digits. */
export function timestampText(value: Long, precision: number): string {
  const ms = epochMs(value, precision), day = Math.floor(ms / DAY_MS), rest = ms - day * DAY_MS;
  const base = `${dateText(day)} ${clockText(rest)}`;
  return precision === 0 ? base : `${base}.${fraction9(rest, value, precision).slice(0, precision)}`;
}
function fraction9(msOfDay: number, value: Long, precision: number): string {
  const ms = msOfDay % 1000;
  return precision <= 3 ? `${pad(ms, 3)}000000` : pad(ms * 1_000_000 + belowMs(value, precision) * (1_000_000 / unitsPerMs(precision)), 9);
}
/** 0, 3, 6 or 9 digits, as Java's toString of times does. */
function javaFraction(fraction: string): string {
  if (fraction === '000000000') return '';
  return fraction.endsWith('000000') ? fraction.slice(0, 3) : fraction.endsWith('000') ? fraction.slice(0, 6) : fraction;
}
/** Java's LocalTime.toString: `12:34`, `12:34:56`, `12:34:56.789`. */
export function javaTimeText(ms: number): string {
  const base = clockText(ms), fraction = javaFraction(`${pad(ms % 1000, 3)}000000`);
  return fraction !== '' ? `${base}.${fraction}` : base.endsWith(':00') ? base.slice(0, 5) : base;
}
/** Java's LocalDateTime.toString: `2020-02-29T12:34`, `2020-02-29T12:34:56.789`. */
export function javaTimestampText(value: Long, precision: number): string {
  const ms = epochMs(value, precision), day = Math.floor(ms / DAY_MS), rest = ms - day * DAY_MS;
  const base = clockText(rest), fraction = javaFraction(fraction9(rest, value, precision));
  return `${dateText(day)}T${fraction !== '' ? `${base}.${fraction}` : base.endsWith(':00') ? base.slice(0, 5) : base}`;
}
/** Java's Instant.toString: `2020-02-29T12:34:00Z`, with 0, 3, 6 or 9 digits. */
export function javaInstantText(value: Long, precision: number): string {
  const ms = epochMs(value, precision), day = Math.floor(ms / DAY_MS), rest = ms - day * DAY_MS;
  const fraction = javaFraction(fraction9(rest, value, precision));
  return `${dateText(day)}T${clockText(rest)}${fraction === '' ? '' : `.${fraction}`}Z`;
}
/** Months as `+1-02`. */
export function yearMonthText(months: number): string {
  const size = Math.abs(months);
  return `${months < 0 ? '-' : '+'}${Math.floor(size / 12)}-${TWO[size % 12]}`;
}
/** Milliseconds as `+1 02:03:04.005`. */
export function dayTimeText(ms: number): string {
  const size = Math.abs(ms), days = Math.floor(size / DAY_MS), rest = size - days * DAY_MS;
  return `${ms < 0 ? '-' : '+'}${days} ${clockText(rest)}.${pad(rest % 1000, 3)}`;
}

// ---- text in --------------------------------------------------------------------------------------------------------------------

/** `sql`: one or two digits per field, as CAST and TO_TIMESTAMP read it. `json`: `yyyy-MM-dd HH:mm:ss[.f]`. `iso`: `yyyy-MM-ddTHH:mm[:ss[.f]]`. */
export type TimestampForm = 'sql' | 'json' | 'iso';

/** Scanner over one text; module state instead of an object per value. */
let text = '', at = 0;
/** Reads up to `most` digits, at least `least`; -1 when there are fewer. */
function digits(least: number, most: number): number {
  let value = 0, count = 0;
  for (; count < most; count++) {
    const c = text.charCodeAt(at) - 48;
    if (!(c >= 0 && c <= 9)) break;
    value = value * 10 + c;
    at++;
  }
  return count < least ? -1 : value;
}
const skip = (code: number): boolean => (text.charCodeAt(at) === code ? (at++, true) : false);
const DASH = 45, COLON = 58, DOT = 46, BLANK = 32, LETTER_T = 84;
/** Nanoseconds of up to nine digits behind a dot; -1 when more follow. */
function nanos(): number {
  const from = at;
  let value = digits(0, 9);
  for (let i = at - from; i < 9; i++) value *= 10;
  return value;
}

/** Reads a whole timestamp without zone; undefined when it is not one. Digits beyond the precision are cut. A day that the month lacks becomes its last day (not in `iso`), as Java's SMART resolver does. */
export function parseTimestamp(input: string, precision: number, form: TimestampForm): Long | undefined {
  text = input; at = 0;
  const value = scanTimestamp(precision, form);
  return value === undefined || at !== input.length ? undefined : value;
}
/** Like parseTimestamp with a `Z` behind it (JSON formats): an instant in UTC. */
export function parseInstant(input: string, precision: number, form: 'json' | 'iso'): Long | undefined {
  text = input; at = 0;
  const value = scanTimestamp(precision, form);
  return value === undefined || !skip(90) || at !== input.length ? undefined : value;
}
function scanTimestamp(precision: number, form: TimestampForm): Long | undefined {
  const least = form === 'sql' ? 1 : 2, isNegative = form !== 'sql' && skip(DASH), year = digits(4, 4);
  if (year < 0 || !skip(DASH)) return undefined;
  const month = digits(least, 2);
  if (month < 1 || month > 12 || !skip(DASH)) return undefined;
  let day = digits(least, 2);
  if (day < 1 || day > 31) return undefined;
  const signed = isNegative ? -year : year, length = daysInMonth(signed, month);
  if (day > length) { if (form === 'iso') return undefined; day = length; }
  let ms = daysOf(signed, month, day) * DAY_MS, fraction = 0;
  if (at < text.length || form !== 'sql') {
    if (!skip(form === 'iso' ? LETTER_T : BLANK)) return undefined;
    const hour = digits(least, 2), minute = skip(COLON) ? digits(least, 2) : -1;
    let second = 0;
    if (hour < 0 || hour > 24 || minute < 0 || minute > 59) return undefined;
    if (skip(COLON)) { second = digits(least, 2); if (second < 0 || second > 59) return undefined; if (skip(DOT)) fraction = nanos(); } else if (form !== 'iso') return undefined;
    if (hour === 24 && (form === 'iso' || minute !== 0 || second !== 0 || fraction !== 0)) return undefined;
    ms += (hour * 3600 + minute * 60 + second) * 1000;
  }
  return withNanos(ms, fraction, precision);
}
/** Timestamp of whole seconds (in ms) and nanoseconds, cut to the precision. */
export function withNanos(secondMs: number, nano: number, precision: number): Long {
  const keep = 10 ** (9 - precision), cut = nano - nano % keep;
  const ms = (cut - cut % 1_000_000) / 1_000_000;
  return timestampOf(secondMs + ms, (cut - ms * 1_000_000) / (1_000_000 / unitsPerMs(precision)), precision);
}
/** `yyyy-MM-dd` exactly (formats). */
export function parseIsoDate(input: string): number | undefined {
  text = input; at = 0;
  const isNegative = skip(DASH), size = digits(4, 4), year = isNegative ? -size : size;
  if (size < 0 || !skip(DASH)) return undefined;
  const month = digits(2, 2);
  if (month < 1 || month > 12 || !skip(DASH)) return undefined;
  const day = digits(2, 2);
  return day < 1 || day > daysInMonth(year, month) || at !== input.length ? undefined : daysOf(year, month, day);
}
/** CAST to DATE: year, year-month or year-month-day, one or more digits each; text behind the first blank is ignored (DateTimeUtils.parseDate). */
export function parseDate(input: string): number | undefined {
  const blank = input.indexOf(' ');
  text = blank > 0 ? input.slice(0, blank) : input; at = 0;
  const year = digits(1, 9);
  let month = 1, day = 1;
  if (skip(DASH)) { month = digits(1, 2); if (skip(DASH)) day = digits(1, 2); }
  if (at !== text.length || year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysOf(year, month, day);
}
/** CAST to TIME and formats: `HH[:mm[:ss[.fraction]]]` to milliseconds of the day (further digits are cut). */
export function parseTime(input: string): number | undefined {
  text = input; at = 0;
  const hour = digits(1, 2);
  let minute = 0, second = 0, nano = 0;
  if (skip(COLON)) { minute = digits(1, 2); if (skip(COLON)) { second = digits(1, 2); if (skip(DOT)) nano = nanos(); } }
  if (at !== input.length || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return undefined;
  return (hour * 3600 + minute * 60 + second) * 1000 + Math.floor(nano / 1_000_000);
}
/** TIME(p): finer digits than p are cut. */
export function cutTime(ms: number, precision: number): number { return precision >= 3 ? ms : ms - ms % 10 ** (3 - precision); }
