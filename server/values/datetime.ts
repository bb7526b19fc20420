/**
 * Dates and times between numbers (see `core/types/sql-type.ts`) and the text that Flink prints and PostgreSQL reads:
 * `2020-02-29`, `12:34:56.789`, `2020-02-29 12:34:56.789`. The proleptic Gregorian calendar throughout; years outside 0001–9999 print
 * with as many digits or the minus sign they need.
 */
import { timestampDigits } from '../../core/types/sql-type.ts';
import type { Long } from '../../core/types/sql-type.ts';

export const DAY_MS = 86_400_000;

/** Unit count of one day in a timestamp of 3, 6 or 9 fraction digits. */
const dayUnits = { 3: 86_400_000, 6: 86_400_000_000, 9: 86_400_000_000_000 } as const;

const pad = (n: number, width: number): string => String(n).padStart(width, '0');
const TWO_DIGITS = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));
/** 0 ≤ n < 100, by table: texts of timestamps are made for every row of a result. */
const two = (n: number): string => TWO_DIGITS[n] as string;

/** Days since 1970-01-01 → `YYYY-MM-DD`. Algorithm: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. */
export function dateText(days: number): string {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097), dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const m = Math.floor((5 * dayOfYear + 2) / 153), day = dayOfYear - Math.floor((153 * m + 2) / 5) + 1, month = m < 10 ? m + 3 : m - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${year < 0 ? `-${pad(-year, 4)}` : pad(year, 4)}-${two(month)}-${two(day)}`;
}

/** The inverse; undefined when there is no such day (2021-02-29). days_from_civil of the same source. */
export function daysOf(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const y = month <= 2 ? year - 1 : year, era = Math.floor(y / 400), yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const days = era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const length = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return day > length ? undefined : days;
}

/** Milliseconds of the day → `HH:MM:SS` with exactly `digits` (0–9) digits of fraction. */
export function timeText(ms: number, digits: number): string {
  return clock(Math.floor(ms / 1000), pad(ms - Math.floor(ms / 1000) * 1000, 3), digits);
}
function clock(secondOfDay: number, fraction: string, digits: number): string {
  const hour = Math.floor(secondOfDay / 3600), minute = Math.floor(secondOfDay / 60) % 60;
  const text = `${hour < 100 ? two(hour) : pad(hour, 2)}:${two(minute)}:${two(secondOfDay % 60)}`;
  return digits === 0 ? text : `${text}.${fraction.slice(0, digits).padEnd(digits, '0')}`;
}

/** A timestamp taken apart: whole days, and units (ms, µs or ns by `digits`) since midnight, 0 ≤ units < one day. Exact for bigint too. */
export function splitTimestamp(value: Long, digits: 3 | 6 | 9): { days: number; units: number } {
  const perDay = dayUnits[digits];
  if (typeof value === 'bigint') {
    let days = value / BigInt(perDay), units = value % BigInt(perDay);
    if (units < 0n) { days -= 1n; units += BigInt(perDay); }
    return { days: Number(days), units: Number(units) };
  }
  let days = Math.floor(value / perDay), units = value - days * perDay;
  if (units < 0) { days--; units += perDay; } else if (units >= perDay) { days++; units -= perDay; } // the quotient may have rounded up
  return { days, units };
}

/** TIMESTAMP(p) → `2020-02-29 12:34:56.789` with exactly p digits of fraction, as Flink prints it. */
export function timestampText(value: Long, precision: number): string {
  const digits = timestampDigits(precision), { days, units } = splitTimestamp(value, digits), perSecond = 10 ** digits;
  const second = Math.floor(units / perSecond);
  return `${dateText(days)} ${clock(second, pad(units - second * perSecond, digits), precision)}`;
}

/** TIMESTAMP_LTZ(p) → wall-clock text in a zone and the zone's offset there, in seconds east of Greenwich. */
export function zonedTimestampText(value: Long, precision: number, zone: Zone): { text: string; offsetSeconds: number } {
  const digits = timestampDigits(precision), { days, units } = splitTimestamp(value, digits);
  const offsetSeconds = zone.offsetAt(days * 86_400 + Math.floor(units / 10 ** digits));
  const shift = BigInt(offsetSeconds) * BigInt(10 ** digits);
  return { text: timestampText(offsetSeconds === 0 ? value : BigInt(value) + shift, precision), offsetSeconds };
}

/** `+00`, `+05:30`, `-00:01:15`: the offset as PostgreSQL writes it behind a timestamptz. */
export function offsetText(offsetSeconds: number): string {
  const size = Math.abs(offsetSeconds), minutes = Math.floor(size / 60) % 60, seconds = size % 60;
  return `${offsetSeconds < 0 ? '-' : '+'}${pad(Math.floor(size / 3600), 2)}${minutes === 0 && seconds === 0 ? '' : `:${pad(minutes, 2)}`}${seconds === 0 ? '' : `:${pad(seconds, 2)}`}`;
}

/** A time zone: offsets in seconds east of Greenwich at an instant (seconds since the epoch). */
export interface Zone { readonly name: string; offsetAt(epochSecond: number): number }

export const UTC: Zone = { name: 'UTC', offsetAt: () => 0 };

/** A region (`Europe/Berlin`) or offset (`+08:00`, `GMT+8`, `UTC`) as in Flink's `table.local-time-zone`; undefined when unknown. */
export function zoneOf(name: string): Zone | undefined {
  if (/^(utc|gmt|z|etc\/utc|etc\/gmt)$/i.test(name)) return UTC;
  const fixed = /^(?:utc|gmt)?([+-])(\d{1,2})(?::?(\d{2}))?$/i.exec(name);
  if (fixed !== null) {
    const offset = (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 3600 + Number(fixed[3] ?? 0) * 60);
    return { name, offsetAt: () => offset };
  }
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, calendar: 'gregory', hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  } catch { return undefined; }
  return new RegionZone(name, format);
}

/** Offsets change only at quarter hours in modern zones, so the (slow, 3 µs) formatter is asked once per quarter hour seen. */
class RegionZone implements Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #known = new Map<number, number>();
  #lastQuarter = Number.NaN;
  #lastOffset = 0;
  constructor(name: string, format: Intl.DateTimeFormat) { this.name = name; this.#format = format; }
  offsetAt(epochSecond: number): number {
    const quarter = Math.floor(epochSecond / 900);
    if (quarter === this.#lastQuarter) return this.#lastOffset;
    let offset = this.#known.get(quarter);
    if (offset === undefined) {
      offset = this.#ask(quarter * 900);
      if (this.#known.size >= 10_000) this.#known.clear();
      this.#known.set(quarter, offset);
    }
    this.#lastQuarter = quarter;
    return (this.#lastOffset = offset);
  }
  #ask(epochSecond: number): number {
    const clamped = Math.min(Math.max(epochSecond, -8.64e12), 8.64e12 - 900);
    const part = new Map(this.#format.formatToParts(clamped * 1000).map((p) => [p.type, p.value]));
    const number = (type: Intl.DateTimeFormatPartTypes): number => Number(part.get(type));
    const year = part.get('era') === 'BC' ? 1 - number('year') : number('year');
    const days = daysOf(year, number('month'), number('day')) ?? 0;
    return days * 86_400 + number('hour') * 3600 + number('minute') * 60 + number('second') - clamped;
  }
}

const DATE_TIME = /^\s*(-?\d{4,6})-(\d{1,2})-(\d{1,2})(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,18}))?)?)?\s*(Z|UTC|[+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?)?\s*$/i;
const TIME = /^\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,18}))?)?\s*$/;

/** What a date-time text says. `fraction` has 9 digits (further ones are cut, as in Flink); the offset is undefined where none was written. */
export interface ReadDateTime { readonly days: number; readonly secondOfDay: number; readonly nanos: number; readonly offsetSeconds: number | undefined }

/** Reads `2020-02-29[( |T)12:34[:56[.789]]][Z|+01:00]`; undefined when it is not one. */
export function readDateTime(text: string): ReadDateTime | undefined {
  const m = DATE_TIME.exec(text);
  if (m === null) return undefined;
  const days = daysOf(Number(m[1]), Number(m[2]), Number(m[3])), second = secondOfDay(m[4] ?? '0', m[5] ?? '0', m[6] ?? '0');
  if (days === undefined || second === undefined) return undefined;
  return { days, secondOfDay: second, nanos: nanosOf(m[7]), offsetSeconds: m[8] === undefined ? undefined : offsetOf(m[8]) };
}
/** Reads `12:34[:56[.789]]` into milliseconds of the day (finer digits are cut); undefined when it is not one. */
export function readTime(text: string): number | undefined {
  const m = TIME.exec(text), second = m === null ? undefined : secondOfDay(m[1] ?? '', m[2] ?? '', m[3] ?? '0');
  return second === undefined ? undefined : second * 1000 + Math.floor(nanosOf(m?.[4]) / 1_000_000);
}
function secondOfDay(hour: string, minute: string, second: string): number | undefined {
  const h = Number(hour), m = Number(minute), s = Number(second);
  return h > 23 || m > 59 || s > 59 ? undefined : h * 3600 + m * 60 + s;
}
const nanosOf = (fraction: string | undefined): number => (fraction === undefined ? 0 : Number(fraction.slice(0, 9).padEnd(9, '0')));
function offsetOf(text: string): number {
  if (/^(z|utc)$/i.test(text)) return 0;
  const digits = text.slice(1).replaceAll(':', '').padEnd(6, '0');
  const sized = text.slice(1).split(':')[0]?.length === 1 ? `0${digits}`.slice(0, 6) : digits;
  return (text.startsWith('-') ? -1 : 1) * (Number(sized.slice(0, 2)) * 3600 + Number(sized.slice(2, 4)) * 60 + Number(sized.slice(4, 6)));
}

/** The "long" of a wall-clock time in the unit of a precision; finer digits than the precision are cut. */
export function timestampOf(read: ReadDateTime, precision: number): Long {
  const digits = timestampDigits(precision), keep = 10 ** (9 - precision), nanos = Math.floor(read.nanos / keep) * keep;
  return asLong((BigInt(read.days) * 86_400n + BigInt(read.secondOfDay)) * BigInt(10 ** digits) + BigInt(Math.floor(nanos / 10 ** (9 - digits))));
}

/** Canonical "long": a number when safe. */
export function asLong(value: bigint): Long {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
