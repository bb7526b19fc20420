/** Declared options: one card per key of a WITH clause, a hint or SET. Docs, validation and completion come from the cards. */
import { invalidOptionValue } from '../../core/errors/common.ts';

export type OptionType = 'string' | 'int' | 'long' | 'boolean' | 'duration' | 'memory' | 'enum' | 'list' | 'map';
export interface DeclaredOption {
  /** `scan.startup.mode`; a trailing `*` declares a whole prefix (`properties.*`). */
  readonly key: string;
  readonly type: OptionType;
  /** Text form; undefined = no default. */
  readonly default?: string | undefined;
  readonly values?: readonly string[] | undefined;
  readonly required?: boolean | undefined;
  /** Shown as `******` in SHOW CREATE, logs and errors. */
  readonly secret?: boolean | undefined;
  readonly description: string;
}

const DURATION_UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6], ['nano', 1e-6], ['nanos', 1e-6], ['nanosecond', 1e-6], ['nanoseconds', 1e-6], ['us', 1e-3], ['µs', 1e-3], ['micro', 1e-3], ['micros', 1e-3], ['microsecond', 1e-3], ['microseconds', 1e-3],
  ['', 1], ['ms', 1], ['milli', 1], ['millis', 1], ['millisecond', 1], ['milliseconds', 1], ['s', 1e3], ['sec', 1e3], ['secs', 1e3], ['second', 1e3], ['seconds', 1e3],
  ['m', 6e4], ['min', 6e4], ['minute', 6e4], ['minutes', 6e4], ['h', 36e5], ['hour', 36e5], ['hours', 36e5], ['d', 864e5], ['day', 864e5], ['days', 864e5],
]);
/** Flink's TimeUtils.parseDuration: `10 s`, `10s`, `5 min`, `1 d`; a bare number is milliseconds; also ISO `PT10S`. Gives milliseconds. */
export function parseDuration(option: string, text: string): number {
  const m = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  const unit = m === null ? undefined : DURATION_UNITS.get((m[2] ?? '').toLowerCase());
  if (m !== null && unit !== undefined) return Number(m[1]) * unit;
  const iso = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/i.exec(text.trim());
  if (iso !== null && text.trim().length > 2) return Number(iso[1] ?? 0) * 36e5 + Number(iso[2] ?? 0) * 6e4 + Number(iso[3] ?? 0) * 1e3;
  throw invalidOptionValue({ option, value: text, expected: "a duration such as '10 s', '5 min' or '500 ms'" });
}
const MEMORY_UNITS: ReadonlyMap<string, number> = new Map([['', 1], ['b', 1], ['bytes', 1], ['k', 1024], ['kb', 1024], ['m', 1024 ** 2], ['mb', 1024 ** 2], ['g', 1024 ** 3], ['gb', 1024 ** 3], ['t', 1024 ** 4], ['tb', 1024 ** 4]]);
/** Flink's MemorySize.parse: `64 mb`, `1 gb`; a bare number is bytes. */
export function parseMemory(option: string, text: string): number {
  const m = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text);
  const unit = m === null ? undefined : MEMORY_UNITS.get((m[2] ?? '').toLowerCase());
  if (m === null || unit === undefined) throw invalidOptionValue({ option, value: text, expected: "a size such as '64 mb' or '1 gb'" });
  return Number(m[1]) * unit;
}
export function parseBoolean(option: string, text: string): boolean {
  const t = text.trim().toLowerCase();
  if (t === 'true') return true;
  if (t === 'false') return false;
  throw invalidOptionValue({ option, value: text, expected: "'true' or 'false'" });
}
/** A whole number inside the safe range. */
export function parseInteger(option: string, text: string, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number {
  const n = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(n) || n < min || n > max) throw invalidOptionValue({ option, value: text, expected: `a whole number${min > Number.MIN_SAFE_INTEGER ? ` of at least ${min}` : ''}${max < Number.MAX_SAFE_INTEGER ? ` and at most ${max}` : ''}` });
  return n;
}
/** One of the values, in any letter case; gives the declared spelling. */
export function parseEnum(option: string, text: string, values: readonly string[]): string {
  const found = values.find((v) => v.toLowerCase() === text.trim().toLowerCase());
  if (found === undefined) throw invalidOptionValue({ option, value: text, expected: `one of ${values.map((v) => `'${v}'`).join(', ')}` });
  return found;
}
/** `;`-separated, blanks trimmed, empty parts dropped (Flink's List<String> form). */
export const parseList = (text: string): string[] => text.split(';').map((s) => s.trim()).filter((s) => s !== '');
