/** Calendar units over wall-clock milliseconds: taking one out, rounding to one, adding and counting them. Source: Flink DateTimeUtils. */
import { DAY_MS, addMonths, civilOf, dayOf, daysOf, monthOf, yearOf } from '../../core/types/temporal.ts';

export const UNIT_MS: Readonly<Record<string, number>> = { MILLISECOND: 1, SECOND: 1000, MINUTE: 60_000, HOUR: 3_600_000, DAY: DAY_MS, WEEK: 7 * DAY_MS };
export const UNIT_MONTHS: Readonly<Record<string, number>> = { MONTH: 1, QUARTER: 3, YEAR: 12, DECADE: 120, CENTURY: 1200, MILLENNIUM: 12_000 };
/** Upper case, plural and PostgreSQL forms to the unit; undefined when unknown. */
export function unitOf(name: string): string | undefined {
  const upper = name.toUpperCase().replace(/^SQL_TSI_/, ''), singular = upper.length > 4 && upper.endsWith('S') && upper !== 'MILLENNIUMS' ? upper.slice(0, -1) : upper;
  return UNITS.has(upper) ? upper : UNITS.has(singular) ? singular : undefined;
}
const UNITS = new Set(['NANOSECOND', 'MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', 'DECADE', 'CENTURY', 'MILLENNIUM', 'DOW', 'ISODOW', 'DOY', 'ISOYEAR', 'EPOCH']);

/** Monday = 0. */
const mondayIndex = (day: number): number => ((day + 3) % 7 + 7) % 7;
/** The Thursday of the day's week decides year and number of an ISO week. */
function isoWeek(day: number): { year: number; week: number } {
  const thursday = day - mondayIndex(day) + 3, year = yearOf(civilOf(thursday));
  return { year, week: Math.floor((thursday - daysOf(year, 1, 1)) / 7) + 1 };
}
/** Takes a whole unit out of wall-clock milliseconds; units below the millisecond belong to the caller, who knows the fraction. */
export function unitExtractor(unit: string): (ms: number) => number { return EXTRACTORS[unit] ?? ((ms) => Math.floor(ms / 1000)); }
const dayOfTime = (ms: number): number => Math.floor(ms / DAY_MS);
const year = (ms: number): number => yearOf(civilOf(dayOfTime(ms)));
const EXTRACTORS: Readonly<Record<string, (ms: number) => number>> = {
  YEAR: year,
  MONTH: (ms) => monthOf(civilOf(dayOfTime(ms))),
  DAY: (ms) => dayOf(civilOf(dayOfTime(ms))),
  QUARTER: (ms) => Math.floor((monthOf(civilOf(dayOfTime(ms))) + 2) / 3),
  HOUR: (ms) => Math.floor((ms - dayOfTime(ms) * DAY_MS) / 3_600_000),
  MINUTE: (ms) => { const minutes = Math.floor(ms / 60_000); return minutes - Math.floor(minutes / 60) * 60; },
  SECOND: (ms) => { const seconds = Math.floor(ms / 1000); return seconds - Math.floor(seconds / 60) * 60; },
  MILLISECOND: (ms) => ms - Math.floor(ms / 1000) * 1000,
  WEEK: (ms) => isoWeek(dayOfTime(ms)).week,
  ISOYEAR: (ms) => isoWeek(dayOfTime(ms)).year,
  DOW: (ms) => (mondayIndex(dayOfTime(ms)) + 1) % 7 + 1,
  ISODOW: (ms) => mondayIndex(dayOfTime(ms)) + 1,
  DOY: (ms) => dayOfTime(ms) - daysOf(year(ms), 1, 1) + 1,
  DECADE: (ms) => Math.trunc(year(ms) / 10),
  CENTURY: (ms) => { const y = year(ms); return Math.trunc((y > 0 ? y + 99 : y - 99) / 100); },
  MILLENNIUM: (ms) => { const y = year(ms); return Math.trunc((y > 0 ? y + 999 : y - 999) / 1000); },
};
/** Rounded down to a unit; weeks begin on Sunday, as Flink's FLOOR has it. */
export function floorUnit(unit: string, ms: number): number {
  const size = unit === 'WEEK' ? undefined : UNIT_MS[unit];
  if (size !== undefined) return Math.floor(ms / size) * size;
  const day = Math.floor(ms / DAY_MS), civil = civilOf(day), year = yearOf(civil);
  switch (unit) {
    case 'WEEK': return (day - (mondayIndex(day) + 1) % 7) * DAY_MS;
    case 'MONTH': return daysOf(year, monthOf(civil), 1) * DAY_MS;
    case 'QUARTER': return daysOf(year, monthOf(civil) - (monthOf(civil) - 1) % 3, 1) * DAY_MS;
    case 'DECADE': return daysOf(Math.floor(year / 10) * 10, 1, 1) * DAY_MS;
    case 'CENTURY': return daysOf(Math.floor((year - 1) / 100) * 100 + 1, 1, 1) * DAY_MS;
    case 'MILLENNIUM': return daysOf(Math.floor((year - 1) / 1000) * 1000 + 1, 1, 1) * DAY_MS;
    default: return daysOf(year, 1, 1) * DAY_MS;
  }
}
/** Rounded up to a unit. */
export function ceilUnit(unit: string, ms: number): number {
  const floor = floorUnit(unit, ms);
  if (floor === ms) return ms;
  const months = UNIT_MONTHS[unit];
  return months === undefined ? floor + (UNIT_MS[unit] ?? DAY_MS) : addMonths(Math.floor(floor / DAY_MS), months) * DAY_MS;
}
/** Whole months from a to b, toward zero. */
export function monthsBetween(a: number, b: number): number {
  const from = civilOf(Math.floor(a / DAY_MS)), to = civilOf(Math.floor(b / DAY_MS));
  let months = (yearOf(to) - yearOf(from)) * 12 + monthOf(to) - monthOf(from);
  const reached = addMonths(Math.floor(a / DAY_MS), months) * DAY_MS + (a - Math.floor(a / DAY_MS) * DAY_MS);
  if (months > 0 && reached > b) months--;
  else if (months < 0 && reached < b) months++;
  return months + 0;
}
