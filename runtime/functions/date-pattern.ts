/**
 * Java date patterns (`yyyy-MM-dd HH:mm:ss.SSS`) for DATE_FORMAT, TO_TIMESTAMP, FROM_UNIXTIME and their kin. A pattern is compiled once;
 * formatting and parsing then walk its fields. Letters: y u M d D E e H h k K m s S a n A, Q q, w is refused. Texts are English.
 * Source: java.time.format.DateTimeFormatter and java.text.SimpleDateFormat, as far as both agree.
 */
import { invalidArgument } from '../../core/errors/data.ts';
import { DAY_MS, civilOf, dayOf, daysInMonth, daysOf, monthOf, yearOf } from '../../core/types/temporal.ts';

interface Field { readonly letter: string; readonly width: number }
type Token = Field | string;
export interface DatePattern { readonly tokens: readonly Token[] }

const LETTERS = 'yuMLdDEeHhkKmsSaQqn';
const known = new Map<string, DatePattern>();
/** Throws invalid-argument for letters that are not known. */
export function datePattern(pattern: string, name: string): DatePattern {
  let compiled = known.get(pattern);
  if (compiled === undefined) {
    compiled = { tokens: tokensOf(pattern, name) };
    if (known.size >= 256) known.clear();
    known.set(pattern, compiled);
  }
  return compiled;
}
function tokensOf(pattern: string, name: string): Token[] {
  const tokens: Token[] = [];
  const push = (text: string): void => { const last = tokens.at(-1); if (typeof last === 'string') tokens[tokens.length - 1] = last + text; else tokens.push(text); };
  for (let i = 0; i < pattern.length;) {
    const c = pattern[i] ?? '';
    if (c === "'") {
      if (pattern[i + 1] === "'") { push("'"); i += 2; continue; }
      let quoted = '';
      for (i++; i < pattern.length; i++) { if (pattern[i] !== "'") quoted += pattern[i]; else if (pattern[i + 1] === "'") { quoted += "'"; i++; } else break; }
      if (i >= pattern.length) throw invalidArgument({ function: name, what: `pattern ends inside a quoted text: ${pattern}` });
      push(quoted);
      i++;
      continue;
    }
    if (!/[A-Za-z]/.test(c)) { push(c); i++; continue; }
    let width = 1;
    while (pattern[i + width] === c) width++;
    if (!LETTERS.includes(c)) throw invalidArgument({ function: name, what: `unknown pattern letter ${c}`, hint: `Letters: ${[...LETTERS].join(' ')}; other text stands in single quotes.` });
    tokens.push({ letter: c === 'L' ? 'M' : c === 'q' ? 'Q' : c, width });
    i += width;
  }
  return tokens;
}
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const TWO: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const pad = (n: number, width: number): string => (width === 2 && n < 100 && n >= 0 ? TWO[n] ?? '' : width === 1 || (width === 4 && n >= 1000) ? String(n) : String(n).padStart(width, '0'));
const weekday = (days: number): number => ((days + 4) % 7 + 7) % 7;

/** Wall-clock milliseconds and the nanoseconds of the second. */
export function formatDate(pattern: DatePattern, ms: number, nanos: number): string {
  const day = Math.floor(ms / DAY_MS), rest = ms - day * DAY_MS, civil = civilOf(day), year = yearOf(civil), month = monthOf(civil);
  const hour = Math.floor(rest / 3_600_000);
  let out = '';
  for (const t of pattern.tokens) {
    if (typeof t === 'string') { out += t; continue; }
    switch (t.letter) {
      case 'y': case 'u': out += t.width === 2 ? pad(((year % 100) + 100) % 100, 2) : year < 0 ? `-${pad(-year, t.width)}` : pad(year, t.width); break;
      case 'M': { const name = MONTHS[month - 1] ?? ''; out += t.width === 3 ? name.slice(0, 3) : t.width === 4 ? name : t.width > 4 ? name.slice(0, 1) : pad(month, t.width); break; }
      case 'd': out += pad(dayOf(civil), t.width); break;
      case 'D': out += pad(day - daysOf(year, 1, 1) + 1, t.width); break;
      case 'E': { const name = DAYS[weekday(day)] ?? ''; out += t.width >= 4 ? name : name.slice(0, 3); break; }
      case 'e': out += pad(weekday(day) + 1, t.width); break;
      case 'H': out += pad(hour, t.width); break;
      case 'k': out += pad(hour === 0 ? 24 : hour, t.width); break;
      case 'K': out += pad(hour % 12, t.width); break;
      case 'h': out += pad(hour % 12 === 0 ? 12 : hour % 12, t.width); break;
      case 'm': out += pad(Math.floor(rest / 60_000) % 60, t.width); break;
      case 's': out += pad(Math.floor(rest / 1000) % 60, t.width); break;
      case 'S': out += pad(nanos, 9).slice(0, t.width).padEnd(t.width, '0'); break;
      case 'n': out += pad(nanos, t.width); break;
      case 'a': out += hour < 12 ? 'AM' : 'PM'; break;
      case 'Q': out += t.width < 3 ? pad(Math.floor((month + 2) / 3), t.width) : `Q${Math.floor((month + 2) / 3)}`; break;
      default:
    }
  }
  return out;
}

export interface ParsedDate { readonly days: number; /** Milliseconds of the day, whole seconds. */ readonly timeMs: number; readonly nanos: number }
/** undefined: the text does not fit. `lenient` (SimpleDateFormat): fields may have any number of digits, overflow carries over, and text behind the pattern is ignored. */
export function parseWithPattern(pattern: DatePattern, text: string, lenient: boolean): ParsedDate | undefined {
  let at = 0, year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0, nanos = 0, half = -1, dayOfYear = -1;
  const { tokens } = pattern;
  for (let i = 0; i < tokens.length; i++) {
    const t = tokens[i] as Token, next = tokens[i + 1];
    if (typeof t === 'string') { if (!text.startsWith(t, at)) return undefined; at += t.length; continue; }
    if (t.letter === 'a') {
      const word = text.slice(at, at + 2).toUpperCase();
      if (word !== 'AM' && word !== 'PM') return undefined;
      half = word === 'AM' ? 0 : 1;
      at += 2;
      continue;
    }
    if ((t.letter === 'M' && t.width >= 3) || t.letter === 'E') {
      const names = t.letter === 'M' ? MONTHS : DAYS, rest = text.slice(at).toLowerCase();
      const found = names.findIndex((n) => rest.startsWith((t.width >= 4 ? n : n.slice(0, 3)).toLowerCase()));
      if (found < 0) return undefined;
      if (t.letter === 'M') month = found + 1;
      const full = names[found] ?? '';
      at += t.width >= 4 || (lenient && rest.startsWith(full.toLowerCase())) ? full.length : 3;
      continue;
    }
    const adjacent = typeof next === 'object' && next.letter !== 'a';
    const most = t.letter === 'S' ? (adjacent || !lenient ? t.width : 9) : adjacent || (!lenient && t.width > 1 && !(t.letter === 'y' && t.width !== 2) && t.letter !== 'u') ? t.width : 10;
    const least = lenient || t.width === 1 ? 1 : t.width;
    const sign = (t.letter === 'u' || t.letter === 'y') && text[at] === '-' ? -1 : 1, from = sign < 0 ? at + 1 : at;
    let end = from;
    while (end - from < most && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
    if (end - from < least) return undefined;
    const digits = text.slice(from, end), n = sign * Number(digits);
    at = end;
    switch (t.letter) {
      case 'y': case 'u': year = t.width === 2 && digits.length === 2 ? (n < 70 && lenient ? (n > 55 ? 1900 : 2000) : 2000) + n : n; break;
      case 'M': month = n; break;
      case 'd': day = n; break;
      case 'D': dayOfYear = n; break;
      case 'H': hour = n; break;
      case 'k': hour = n === 24 ? 0 : n; break;
      case 'K': hour = n; if (half < 0) half = 0; break;
      case 'h': hour = n === 12 ? 0 : n; if (half < 0) half = 0; break;
      case 'm': minute = n; break;
      case 's': second = n; break;
      case 'S': nanos = lenient ? n * 1_000_000 : Number(digits.padEnd(9, '0').slice(0, 9)); break;
      case 'n': nanos = n; break;
      default:
    }
  }
  if (!lenient && at !== text.length) return undefined;
  if (half === 1) hour += 12;
  return resolve(year, month, day, dayOfYear, hour, minute, second, nanos, lenient);
}
function resolve(year: number, month: number, day: number, dayOfYear: number, hour: number, minute: number, second: number, nanos: number, lenient: boolean): ParsedDate | undefined {
  if (lenient) {
    const index = year * 12 + month - 1, y = Math.floor(index / 12), extra = Math.floor(nanos / 1_000_000_000);
    const seconds = hour * 3600 + minute * 60 + second + extra, over = Math.floor(seconds / 86_400);
    const days = (dayOfYear > 0 ? daysOf(year, 1, 1) + dayOfYear - 1 : daysOf(y, index - y * 12 + 1, 1) + day - 1) + over;
    return { days, timeMs: (seconds - over * 86_400) * 1000, nanos: nanos - extra * 1_000_000_000 };
  }
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return undefined;
  const days = dayOfYear > 0 ? daysOf(year, 1, 1) + dayOfYear - 1 : daysOf(year, month, Math.min(day, daysInMonth(year, month)));
  return { days, timeMs: (hour * 3600 + minute * 60 + second) * 1000, nanos };
}
