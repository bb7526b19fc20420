/** INTERVAL literals: months for year-month intervals, milliseconds for day-time ones. Source: Apache Flink, "Data Types", Interval. */
import { invalidQuery } from '../../core/errors/planner.ts';
import type { IntervalLiteral, TimeUnit } from '../sql/ast.ts';

const MS: Readonly<Partial<Record<TimeUnit, number>>> = { WEEK: 604_800_000, DAY: 86_400_000, HOUR: 3_600_000, MINUTE: 60_000, SECOND: 1000, MILLISECOND: 1 };
const MONTHS: Readonly<Partial<Record<TimeUnit, number>>> = { YEAR: 12, QUARTER: 3, MONTH: 1 };
/** Units of a range in order; `DAY TO SECOND` takes DAY, HOUR, MINUTE, SECOND. */
const ORDER: readonly TimeUnit[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];

/** Exactly one of the two is set. Throws invalid-query when the text does not fit the qualifier. */
export function intervalValue(e: IntervalLiteral): { months?: number; ms?: number } {
  const bad = (): Error => invalidQuery({ what: `invalid interval literal '${e.value}'${e.qualifier === undefined ? '' : ` for ${e.qualifier.from}${e.qualifier.to === undefined ? '' : ` TO ${e.qualifier.to}`}`}` }, { range: e.range });
  const m = /^\s*([+-]?)\s*(.*?)\s*$/.exec(e.value), body = m?.[2] ?? '', sign = (m?.[1] === '-') !== e.negative ? -1 : 1;
  const from = e.qualifier?.from, to = e.qualifier?.to;
  if (from === undefined) return postgres(body, sign, bad);
  const perMonth = MONTHS[from];
  if (perMonth !== undefined) {
    const parts = /^(\d+)(?:-(\d+))?$/.exec(body);
    if (parts === null || (parts[2] !== undefined) !== (to === 'MONTH')) throw bad();
    return { months: sign * (Number(parts[1]) * perMonth + Number(parts[2] ?? 0)) };
  }
  if (to === undefined) {
    const unit = MS[from];
    if (unit === undefined || !/^\d+(\.\d{1,9})?$/.test(body) || (body.includes('.') && from !== 'SECOND')) throw bad();
    return { ms: sign * Math.trunc(Number(body) * unit + 1e-6) };
  }
  const units = ORDER.slice(ORDER.indexOf(from), ORDER.indexOf(to) + 1), texts = body.split(/[ :]/);
  if (units.length < 2 || texts.length !== units.length || !texts.every((t, i) => /^\d+$/.test(t) || (units[i] === 'SECOND' && /^\d+\.\d{1,9}$/.test(t)))) throw bad();
  return { ms: sign * units.reduce((sum, unit, i) => sum + Math.trunc(Number(texts[i]) * (MS[unit] ?? 0) + 1e-6), 0) };
}
/** PostgreSQL's form without a qualifier: `1 day 02:00:00`, `3 months`. */
function postgres(body: string, sign: number, bad: () => Error): { months?: number; ms?: number } {
  let months = 0, ms = 0, any = false;
  for (const m of body.matchAll(/(\d+(?:\.\d+)?)\s*(year|month|week|day|hour|hr|h|minute|min|m|second|sec|s|millisecond|ms)s?\b|(\d+):(\d{2})(?::(\d{2}(?:\.\d+)?))?/gi)) {
    any = true;
    if (m[3] !== undefined) { ms += Number(m[3]) * 3_600_000 + Number(m[4]) * 60_000 + Number(m[5] ?? 0) * 1000; continue; }
    const n = Number(m[1]), unit = (m[2] ?? '').toLowerCase();
    if (unit === 'year') months += n * 12;
    else if (unit === 'month') months += n;
    else ms += n * (unit === 'week' ? 604_800_000 : unit === 'day' ? 86_400_000 : unit.startsWith('h') ? 3_600_000 : unit === 'ms' || unit.startsWith('milli') ? 1 : unit.startsWith('m') ? 60_000 : 1000);
  }
  if (!any || (months !== 0 && ms !== 0)) throw bad();
  return months !== 0 ? { months: sign * months } : { ms: sign * ms };
}
