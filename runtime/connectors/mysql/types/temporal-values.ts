/**
 * Dates and times as rows of the binlog store them and as the text protocol writes them, both into one form. Dates that are no dates
 * (`0000-00-00`, a month or day of 0, which `sql_mode` may allow) are NULL. Formats: sql-common/my_time.cc of MySQL (`my_datetime_packed_from_binary` …).
 */
import { asLong } from '../../../../core/types/long.ts';
import { DAY_MS, daysOf } from '../../../../core/types/temporal.ts';
import type { Long } from '../../../../core/types/sql-type.ts';

/** Units of the fraction bytes: 1 byte holds hundredths, 2 ten-thousandths, 3 millionths. */
const MICROS_OF = [0, 10_000, 100, 1] as const;
const SAFE_SECONDS = 9_007_199_253;

export const fractionBytes = (precision: number): number => precision + 1 >> 1;
function fraction(b: Buffer, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + b[at + i]!;
  return value * MICROS_OF[bytes]!;
}
/** Seconds and microseconds in the unit of TIMESTAMP(precision): ms up to 3 digits, µs above. */
export function inUnit(seconds: number, micros: number, precision: number): Long {
  if (precision <= 3) return seconds * 1000 + Math.floor(micros / 1000);
  return seconds < SAFE_SECONDS && seconds > -SAFE_SECONDS ? seconds * 1_000_000 + micros : asLong(BigInt(seconds) * 1_000_000n + BigInt(micros));
}

/** Three bytes. */
export function readDate(b: Buffer, at: number): number | null {
  const packed = b[at]! | b[at + 1]! << 8 | b[at + 2]! << 16;
  return dayNumber(packed >> 9, packed >> 5 & 15, packed & 31);
}
let lastDate = -1, lastDay: number | null = null;
/** Dates of neighbours are often equal: one is remembered. */
export function dayNumber(year: number, month: number, day: number): number | null {
  const key = year << 9 | month << 5 | day;
  if (key !== lastDate) {
    lastDate = key;
    lastDay = month === 0 || day === 0 ? null : daysOf(year, month, day);
  }
  return lastDay;
}
/** DATETIME since 5.6: five bytes and the fraction. */
export function readDatetime(b: Buffer, at: number, precision: number): Long | null {
  const high = b[at]! * 256 + b[at + 1]!, low = (b[at + 2]! << 16 | b[at + 3]! << 8 | b[at + 4]!) >>> 0;
  // 1 bit sign (set), 17 bits year * 13 + month, 5 day, 5 hour, 6 minute, 6 second.
  const yearMonth = (high & 0x7fff) << 2 | low >> 22, month = yearMonth % 13, day = dayNumber((yearMonth - month) / 13, month, low >> 17 & 31);
  if (day === null) return null;
  return inUnit(day * 86400 + (low >> 12 & 31) * 3600 + (low >> 6 & 63) * 60 + (low & 63), fraction(b, at + 5, precision + 1 >> 1), precision);
}
/** TIMESTAMP since 5.6: four bytes and the fraction. */
export function readTimestamp(b: Buffer, at: number, precision: number): Long | null {
  const seconds = b[at]! * 16777216 + (b[at + 1]! << 16 | b[at + 2]! << 8 | b[at + 3]!);
  return seconds === 0 ? null : inUnit(seconds, fraction(b, at + 4, precision + 1 >> 1), precision);
}
/** TIME since 5.6: signed microseconds, of up to 838 hours. */
export function readTime(b: Buffer, at: number, precision: number): number {
  const bytes = precision + 1 >> 1, unit = 256 ** bytes;
  let total = b[at]! << 16 | b[at + 1]! << 8 | b[at + 2]!;
  for (let i = 0; i < bytes; i++) total = total * 256 + b[at + 3 + i]!;
  total -= 0x800000 * unit;
  const size = Math.abs(total), hms = Math.floor(size / unit), micros = size % unit * MICROS_OF[bytes]!;
  const value = ((hms >> 12 & 0x3ff) * 3600 + (hms >> 6 & 63) * 60 + (hms & 63)) * 1_000_000 + micros;
  return total < 0 ? 0 - value : value;
}

/** Formats of tables that were made before 5.6 (MariaDB: `mysql56_temporal_format` off). */
export function readOldTime(b: Buffer, at: number): number {
  const packed = b.readIntLE(at, 3), size = Math.abs(packed), value = (Math.floor(size / 10000) * 3600 + Math.floor(size / 100) % 100 * 60 + size % 100) * 1_000_000;
  return packed < 0 ? 0 - value : value;
}
export function readOldDatetime(b: Buffer, at: number, precision: number): Long | null {
  const packed = b.readUInt32LE(at) + b.readUInt32LE(at + 4) * 4294967296, date = Math.floor(packed / 1_000_000), clock = packed % 1_000_000;
  const day = dayNumber(Math.floor(date / 10000), Math.floor(date / 100) % 100, date % 100);
  return day === null ? null : inUnit(day * 86400 + Math.floor(clock / 10000) * 3600 + Math.floor(clock / 100) % 100 * 60 + clock % 100, 0, precision);
}
export function readOldTimestamp(b: Buffer, at: number, precision: number): Long | null {
  const seconds = b.readUInt32LE(at);
  return seconds === 0 ? null : inUnit(seconds, 0, precision);
}

// ---- texts: `2020-02-29`, `2020-02-29 12:34:56.789`, `-838:59:59.5`
const digits = (text: string, at: number, count: number): number => {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 10 + text.charCodeAt(at + i) - 48;
  return value;
};
/** The digits behind the point at `at` as microseconds. */
function microsOf(text: string, at: number): number {
  if (text.charCodeAt(at) !== 46) return 0;
  let value = 0, unit = 100_000;
  for (let i = at + 1; i < text.length && unit >= 1; i++, unit /= 10) value += (text.charCodeAt(i) - 48) * unit;
  return value;
}
export const parseDateText = (text: string): number | null => dayNumber(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
export function parseDatetimeText(text: string, precision: number): Long | null {
  const day = parseDateText(text);
  return day === null ? null : inUnit(day * 86400 + digits(text, 11, 2) * 3600 + digits(text, 14, 2) * 60 + digits(text, 17, 2), microsOf(text, 19), precision);
}
export function parseTimeText(text: string): number {
  const isNegative = text.charCodeAt(0) === 45, start = isNegative ? 1 : 0, colon = text.indexOf(':', start);
  const value = (digits(text, start, colon - start) * 3600 + digits(text, colon + 1, 2) * 60 + digits(text, colon + 4, 2)) * 1_000_000 + microsOf(text, colon + 6);
  return isNegative ? 0 - value : value;
}
/** As MySQL writes TIME(precision). */
export function timeValueText(micros: number, precision: number): string {
  const size = Math.abs(micros), seconds = Math.floor(size / 1_000_000), two = (n: number): string => String(n).padStart(2, '0');
  const base = `${micros < 0 ? '-' : ''}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return precision === 0 ? base : `${base}.${String(size % 1_000_000).padStart(6, '0').slice(0, precision)}`;
}
/** Milliseconds of the day; undefined when it is no time of a day. */
export const timeOfDay = (micros: number): number | undefined => (micros >= 0 && micros < DAY_MS * 1000 ? Math.floor(micros / 1000) : undefined);
