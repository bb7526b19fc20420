/**
 * Dates and times straight from the bytes of a JSON string and back, without a string or a Date. Forms: Flink's TimeFormats (SQL and
 * ISO-8601); leap seconds, 24:00 and days a month does not have are refused, as java.time refuses them.
 *
 * Readers give NaN for a text that is none. `cursor.at` is where reading stopped.
 */
import { asLong } from '../../../core/types/long.ts';
import type { Long } from '../../../core/types/sql-type.ts';

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1, era = Math.floor(y / 400), yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}
/** Where the last reader stopped. */
export const cursor = { at: 0 };

const digit = (b: Uint8Array, at: number): number => { const d = b[at]! - 48; return d >= 0 && d <= 9 ? d : NaN; };
const two = (b: Uint8Array, at: number): number => digit(b, at) * 10 + digit(b, at + 1);

/** The last date read, in its ten bytes, and its day: dates repeat from record to record. */
let seen1 = -1, seen2 = -1, seen3 = -1, seenDay = NaN;

/** `yyyy-MM-dd` at `at` (years beyond 9999 with a sign): days since 1970, or NaN. */
export function readDate(b: Uint8Array, at: number, end: number): number {
  if (end - at < 10) return NaN;
  const c = b[at]!;
  if (c === 43 || c === 45) return readSignedDate(b, at, end);
  const one = c | b[at + 1]! << 8 | b[at + 2]! << 16 | b[at + 3]! << 24;
  const twoBytes = b[at + 4]! | b[at + 5]! << 8 | b[at + 6]! << 16 | b[at + 7]! << 24;
  const three = b[at + 8]! | b[at + 9]! << 8;
  cursor.at = at + 10;
  if (one === seen1 && twoBytes === seen2 && three === seen3) return seenDay;
  if (b[at + 4] !== 45 || b[at + 7] !== 45) return NaN;
  const day = checkedDay(two(b, at) * 100 + two(b, at + 2), two(b, at + 5), two(b, at + 8));
  if (day === day) { seen1 = one; seen2 = twoBytes; seen3 = three; seenDay = day; }
  return day;
}
function checkedDay(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1)) return NaN;
  return day <= (month === 2 && isLeap(year) ? 29 : MONTH_DAYS[month - 1]!) ? daysOf(year, month, day) : NaN;
}
/** `-0001-01-01`, `+12345-01-01` (java.time: SignStyle.EXCEEDS_PAD with 4 to 10 digits). */
function readSignedDate(b: Uint8Array, at: number, end: number): number {
  const negative = b[at] === 45;
  let o = at + 1, year = 0;
  while (o < end && o - at <= 6 && b[o]! >= 48 && b[o]! <= 57) year = year * 10 + b[o++]! - 48;
  const digits = o - at - 1;
  if (digits < 4 || (!negative && digits === 4) || (negative && year === 0) || (digits > 4 && year < 10000) || end - o < 6 || b[o] !== 45 || b[o + 3] !== 45) return NaN;
  cursor.at = o + 6;
  return checkedDay(negative ? -year : year, two(b, o + 1), two(b, o + 4));
}

/** `HH:mm:ss` at `at`: seconds of the day, or NaN. */
export function readClock(b: Uint8Array, at: number, end: number): number {
  if (end - at < 8 || b[at + 2] !== 58 || b[at + 5] !== 58) return NaN;
  const h = two(b, at), m = two(b, at + 3), s = two(b, at + 6);
  cursor.at = at + 8;
  return h < 24 && m < 60 && s < 60 ? h * 3600 + m * 60 + s : NaN;
}
/** `.fraction` of up to nine digits at `at`, or nothing: nanoseconds, or NaN. */
function readFraction(b: Uint8Array, at: number, end: number): number {
  cursor.at = at;
  if (at >= end || b[at] !== 46) return 0;
  let o = at + 1, nanos = 0, unit = 1e8;
  for (; o < end && b[o]! >= 48 && b[o]! <= 57; o++, unit /= 10) {
    if (unit < 1) return NaN;
    nanos += (b[o]! - 48) * unit;
  }
  cursor.at = o;
  return nanos;
}

/** `HH:mm:ss[.fraction]` over the whole of [at, end): milliseconds of the day, kept to whole seconds as Flink's json format does. */
export function readTime(b: Uint8Array, at: number, end: number): number {
  const seconds = readClock(b, at, end);
  if (seconds !== seconds) return NaN;
  const nanos = readFraction(b, at + 8, end);
  return nanos === nanos && cursor.at === end ? seconds * 1000 : NaN;
}

export type ZoneRule = 'none' | 'Z' | 'offset';
export interface TimestampForm {
  /** A blank between date and time is read. */
  readonly sql: boolean;
  /** A `T` between date and time is read; then the seconds may be missing. */
  readonly iso: boolean;
  readonly zone: ZoneRule;
  /** Digits of the unit: 3 ms, 6 µs, 9 ns. */
  readonly digits: 3 | 6 | 9;
}
/** A timestamp over the whole of [at, end), in the form's unit as a canonical long; NaN when it is none. Finer digits are cut off. */
export function readTimestamp(b: Uint8Array, at: number, end: number, form: TimestampForm): Long {
  const day = readDate(b, at, end);
  if (day !== day) return NaN;
  let o = cursor.at;
  const separator = b[o];
  if (o >= end || !((form.sql && separator === 32) || (form.iso && (separator === 84 || separator === 116)))) return NaN;
  let seconds = readClock(b, o + 1, end);
  if (seconds === seconds) o += 9;
  else {
    // ISO_LOCAL_TIME: the seconds are optional.
    if (separator === 32 || end - o < 6 || b[o + 3] !== 58 || b[o + 6] === 58) return NaN;
    const h = two(b, o + 1), m = two(b, o + 4);
    if (!(h < 24 && m < 60)) return NaN;
    seconds = h * 3600 + m * 60;
    o += 6;
  }
  const nanos = readFraction(b, o, end);
  if (nanos !== nanos) return NaN;
  const zone = form.zone === 'none' ? 0 : readZone(b, cursor.at, end, form.zone);
  if (zone !== zone || cursor.at !== end) return NaN;
  return inUnit(day * 86400 + seconds - zone, nanos, form.digits);
}
/** A timestamp in quotes at `at`, of the plain form; NaN for any other text. `cursor.at` is then behind the closing quote. */
export function quotedTimestamp(b: Uint8Array, at: number, end: number, form: TimestampForm): Long {
  const p = at + 1, separator = b[p + 10];
  if (at + 21 > end || form.digits === 9 || form.zone === 'offset' || !((separator === 32 && form.sql) || (separator === 84 && form.iso))) return scannedTimestamp(b, at, end, form);
  const day = readDate(b, p, end);
  const h1 = b[p + 11]! - 48, h2 = b[p + 12]! - 48, m1 = b[p + 14]! - 48, m2 = b[p + 15]! - 48, s1 = b[p + 17]! - 48, s2 = b[p + 18]! - 48;
  // All six between 0 and 9: none has bits above 15, and adding 6 carries none of them to 16.
  if (((h1 | h2 | m1 | m2 | s1 | s2) & ~15) !== 0 || (((h1 + 6) | (h2 + 6) | (m1 + 6) | (m2 + 6) | (s1 + 6) | (s2 + 6)) & 16) !== 0) return NaN;
  const h = h1 * 10 + h2;
  if (h > 23 || m1 > 5 || s1 > 5 || b[p + 13] !== 58 || b[p + 16] !== 58 || cursor.at !== p + 10 || day !== day) return scannedTimestamp(b, at, end, form);
  let o = p + 19, fraction = 0, places = 0, c = b[o];
  if (c === 46) {
    while ((c = b[++o]!) >= 48 && c <= 57) { fraction = fraction * 10 + c - 48; places++; }
    if (places > 9) return NaN;
  }
  if (form.zone === 'Z') { if (c !== 90) return NaN; c = b[++o]; }
  if (c !== 34 || o >= end) return NaN;
  cursor.at = o + 1;
  const seconds = day * 86400 + (h * 60 + m1 * 10 + m2) * 60 + s1 * 10 + s2;
  const left = form.digits - places, units = left >= 0 ? fraction * TENS[left]! : Math.floor(fraction / TENS[-left]!);
  if (form.digits === 3) return seconds * 1000 + units;
  return Math.abs(seconds) < 9e9 ? seconds * 1e6 + units : asLong(BigInt(seconds) * 1000000n + BigInt(units));
}
const TENS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
function scannedTimestamp(b: Uint8Array, at: number, end: number, form: TimestampForm): Long {
  let close = at + 17;
  const limit = Math.min(end, at + 44);
  while (close < limit && b[close] !== 34) close++;
  if (close >= limit) return NaN;
  const value = readTimestamp(b, at + 1, close, form);
  cursor.at = close + 1;
  return value;
}
/** The same for a date. */
export function quotedDate(b: Uint8Array, at: number, end: number): number {
  if (at + 12 > end || b[at + 11] !== 34) return NaN;
  const day = readDate(b, at + 1, at + 11);
  if (cursor.at !== at + 11) return NaN;
  cursor.at = at + 12;
  return day;
}
/** `Z`, or with 'offset' also `+hh:mm`: seconds east of UTC. */
function readZone(b: Uint8Array, at: number, end: number, rule: ZoneRule): number {
  if (at < end && (b[at] === 90 || (rule === 'offset' && b[at] === 122))) { cursor.at = at + 1; return 0; }
  if (rule !== 'offset' || end - at < 6 || (b[at] !== 43 && b[at] !== 45) || b[at + 3] !== 58) return NaN;
  const seconds = two(b, at + 1) * 3600 + two(b, at + 4) * 60;
  cursor.at = at + 6;
  return seconds <= 18 * 3600 ? (b[at] === 45 ? -seconds : seconds) : NaN;
}
const SAFE_SECONDS_NANO = 9007199;
function inUnit(seconds: number, nanos: number, digits: 3 | 6 | 9): Long {
  if (digits === 3) return seconds * 1000 + Math.floor(nanos / 1e6);
  if (digits === 6) {
    const value = seconds * 1e6 + Math.floor(nanos / 1e3);
    return Number.isSafeInteger(value) ? value : asLong(BigInt(seconds) * 1000000n + BigInt(Math.floor(nanos / 1e3)));
  }
  return Math.abs(seconds) < SAFE_SECONDS_NANO ? seconds * 1e9 + nanos : asLong(BigInt(seconds) * 1000000000n + BigInt(nanos));
}

// ---------------------------------------------------------------------------------------------------------------- writing

const put2 = (b: Uint8Array, at: number, v: number): void => { const t = (v * 205) >> 11; b[at] = 48 + t; b[at + 1] = 48 + v - t * 10; };
/** The last day written, as year, month, day. */
let wroteDay = NaN, wroteYear = 0, wroteMonth = 0, wroteDate = 0;
function civil(days: number): void {
  if (days === wroteDay) return;
  const z = days + 719468, era = Math.floor(z / 146097), dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  wroteDate = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  wroteMonth = shifted < 10 ? shifted + 3 : shifted - 9;
  wroteYear = yearOfEra + era * 400 + (wroteMonth <= 2 ? 1 : 0);
  wroteDay = days;
}
/** Writes `yyyy-MM-dd`; needs up to 17 bytes; gives the position behind it. */
export function writeDate(b: Uint8Array, at: number, days: number): number {
  civil(days);
  let o = at;
  if (wroteYear >= 0 && wroteYear <= 9999) {
    const century = Math.floor(wroteYear / 100);
    put2(b, o, century);
    put2(b, o + 2, wroteYear - century * 100);
    o += 4;
  } else {
    const text = (wroteYear < 0 ? '-' : '+') + String(Math.abs(wroteYear)).padStart(4, '0');
    for (let i = 0; i < text.length; i++) b[o++] = text.charCodeAt(i);
  }
  b[o] = 45;
  put2(b, o + 1, wroteMonth);
  b[o + 3] = 45;
  put2(b, o + 4, wroteDate);
  return o + 6;
}
/** Writes `HH:mm:ss` of a second of the day. */
export function writeClock(b: Uint8Array, at: number, secondOfDay: number): number {
  const h = (secondOfDay / 3600) | 0, m = ((secondOfDay - h * 3600) / 60) | 0;
  put2(b, at, h);
  b[at + 2] = 58;
  put2(b, at + 3, m);
  b[at + 5] = 58;
  put2(b, at + 6, secondOfDay - h * 3600 - m * 60);
  return at + 8;
}
/** With milliseconds behind a point when there are any, zeros at the end dropped. */
export function writeClockMs(b: Uint8Array, at: number, ms: number): number {
  let o = writeClock(b, at, Math.floor(ms / 1000)), rest = ms % 1000;
  if (rest === 0) return o;
  b[o++] = 46;
  for (let unit = 100; rest > 0; unit /= 10) { const digit = Math.floor(rest / unit); b[o++] = 48 + digit; rest -= digit * unit; }
  return o;
}
/** Writes a timestamp of the unit `digits` with the separator byte (32 or 84); zeros at the end of the fraction are dropped. Needs up to 36 bytes. */
export function writeTimestamp(b: Uint8Array, at: number, value: Long, digits: 3 | 6 | 9, separator: number): number {
  const perSecond = digits === 3 ? 1e3 : digits === 6 ? 1e6 : 1e9;
  let seconds: number, fraction: number;
  if (typeof value === 'number') {
    seconds = Math.floor(value / perSecond);
    fraction = value - seconds * perSecond;
  } else {
    const unit = BigInt(perSecond);
    const rest = ((value % unit) + unit) % unit;
    seconds = Number((value - rest) / unit);
    fraction = Number(rest);
  }
  const days = Math.floor(seconds / 86400);
  let o = writeDate(b, at, days);
  b[o] = separator;
  o = writeClock(b, o + 1, seconds - days * 86400);
  if (fraction === 0) return o;
  b[o++] = 46;
  let left: number = digits;
  while (fraction % 10 === 0) { fraction /= 10; left--; }
  for (let i = o + left - 1; i >= o; i--) { const next = Math.floor(fraction / 10); b[i] = 48 + fraction - next * 10; fraction = next; }
  return o + left;
}
