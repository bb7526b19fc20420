/** Texts and regular expressions as PostgreSQL has them. Patterns of users run on RE2 (linear time). */
import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import { castFailed, invalidArgument, invalidPattern } from '../../../core/errors/data.ts';
import { quoteName } from '../../../catalog/system/relations/define.ts';
import { splitName, type Names } from '../names.ts';
import { textOf } from '../values.ts';
import { define, named, type CatalogFunction, type SetFunction } from './define.ts';

const patterns = new Map<string, RE2JS>();
const KEPT_PATTERNS = 200;
/** Compiled once per pattern and case; the newest KEPT_PATTERNS are kept. */
export function regex(pattern: string, ignoreCase: boolean): RE2JS {
  const key = `${ignoreCase ? 'i' : ''}/${pattern}`;
  let found = patterns.get(key);
  if (found === undefined) {
    try { found = RE2JS.compile(pattern, (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | RE2JS.DOTALL); } catch (error) { throw invalidPattern({ function: '~', pattern, why: error instanceof Error ? error.message : String(error) }); }
    if (patterns.size >= KEPT_PATTERNS) for (const oldest of patterns.keys()) { patterns.delete(oldest); break; }
    patterns.set(key, found);
  }
  return found;
}
export const matches = (text: string, pattern: string, ignoreCase: boolean): boolean => regex(pattern, ignoreCase).matcher(text).find();
/** LIKE: `%`, `_`, and the escape character. */
export function likePattern(pattern: string, escape = '\\'): string {
  let source = '';
  const units = [...pattern];
  for (let i = 0; i < units.length; i++) {
    const c = units[i] as string;
    if (c === escape && i + 1 < units.length) source += RE2JS.quote(units[++i] as string);
    else source += c === '%' ? '.*' : c === '_' ? '.' : RE2JS.quote(c);
  }
  return `^(?:${source})$`;
}
/** SIMILAR TO: a regular expression with `%` and `_`. */
export const similarPattern = (pattern: string): string => `^(?:${[...pattern].map((c) => (c === '%' ? '.*' : c === '_' ? '.' : c === '.' || c === '^' || c === '$' ? `\\${c}` : c)).join('')})$`;

const MAX_TEXT = 256 * 1024;
/** Throws for a text that would fill the memory; `length` in UTF-16 units. */
export function checkLength(length: number): void { if (!(length <= MAX_TEXT)) throw invalidArgument({ function: 'a text function', what: `the result would be longer than ${MAX_TEXT} characters` }); }
export const quoteLiteral = (text: string): string => (text.includes('\\') ? ' E' : '') + `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
/** format(): %s %I %L %%, with positions (`%1$s`). */
function format(args: readonly unknown[]): string {
  let next = 1;
  return String(args[0]).replace(/%(?:(\d+)\$)?(-?\d+)?([sIL%])/g, (_all, position: string | undefined, width: string | undefined, kind: string) => {
    if (kind === '%') return '%';
    const value = args[position === undefined ? next++ : Number(position)] ?? null;
    const text = kind === 'L' ? (value === null ? 'NULL' : quoteLiteral(String(value))) : value === null ? '' : kind === 'I' ? quoteName(String(value)) : String(value);
    checkLength(Math.abs(Number(width ?? 0)));
    return width === undefined ? text : width.startsWith('-') ? text.padEnd(-Number(width)) : text.padStart(Number(width));
  });
}
/** A value as JSON; records by the names of their columns are not known here and become lists. */
function jsonOf(value: unknown, type: string): unknown {
  if (value === null || type !== 'json') return typeof value === 'bigint' ? Number(value) : value;
  try { return JSON.parse(String(value)) as unknown; } catch { throw castFailed({ value: String(value), type: 'json' }); }
}
function jsonObject(args: readonly unknown[], types: readonly string[]): string {
  const entries: string[] = [];
  for (let i = 0; i + 1 < args.length; i += 2) entries.push(`${JSON.stringify(String(args[i]))} : ${JSON.stringify(jsonOf(args[i + 1], types[i + 1] ?? ''))}`);
  return `{${entries.join(', ')}}`;
}
/** From 1; a negative start eats from the count. */
function substring(text: string, from: number, count?: number | undefined): string {
  const units = [...text], end = count === undefined ? units.length + 1 : from + count;
  if (count !== undefined && count < 0) throw invalidArgument({ function: 'substring', what: 'negative substring length not allowed' });
  return units.slice(Math.max(0, from - 1), Math.max(0, end - 1)).join('');
}
const trimSet = (side: 'l' | 'r' | 'b') => ([text, set = ' ']: readonly [string, string?]): string => {
  const units = [...text], drop = new Set(set);
  let from = 0, to = units.length;
  if (side !== 'r') while (from < to && drop.has(units[from] as string)) from++;
  if (side !== 'l') while (to > from && drop.has(units[to - 1] as string)) to--;
  return units.slice(from, to).join('');
};
function pad(text: string, length: number, fill: string, atStart: boolean): string {
  checkLength(length);
  const units = [...text], filler = [...fill];
  if (units.length >= length) return units.slice(0, length).join('');
  if (filler.length === 0) return text;
  const added = Array.from({ length: length - units.length }, (_, i) => filler[i % filler.length]);
  return (atStart ? [...added, ...units] : [...units, ...added]).join('');
}
function regexpReplace([text, pattern, replacement, flags = '']: readonly [string, string, string, string?]): string {
  checkLength(flags.includes('g') ? (text.length + 1) * (replacement.length + 1) / 8 : 0); // an estimate: every eighth place may match
  const java = replacement.replace(/\$/g, '\\$').replace(/\\(\d)/g, '$$$1').replace(/\\&/g, '$0'), matcher = regex(pattern, flags.includes('i')).matcher(text);
  return flags.includes('g') ? matcher.replaceAll(java) : matcher.replaceFirst(java);
}
function regexpMatch([text, pattern, flags = '']: readonly [string, string, string?]): (string | null)[] | null {
  const matcher = regex(pattern, flags.includes('i')).matcher(text);
  if (!matcher.find()) return null;
  const groups = matcher.groupCount();
  return groups === 0 ? [matcher.group(0) ?? null] : Array.from({ length: groups }, (_, i) => matcher.group(i + 1) ?? null);
}
const joinText = (value: unknown, type: string, names: Names): string => (type === 'bool' ? (value === true ? 't' : 'f') : textOf(type, names)(value));

const length = named(['length', 'char_length', 'character_length'], (name) => define<[string]>(name, ['text'], 'int4', ([s]) => [...s].length));

export const textFunctions: readonly CatalogFunction[] = [
  define<[string]>('lower', ['text'], 'text', ([s]) => s.toLowerCase()),
  define<[string]>('upper', ['text'], 'text', ([s]) => s.toUpperCase()),
  define<[string]>('initcap', ['text'], 'text', ([s]) => s.toLowerCase().replace(/\p{L}[\p{L}\p{N}]*/gu, (w) => (w[0] ?? '').toUpperCase() + w.slice(1))),
  ...length,
  define<[string]>('octet_length', ['text'], 'int4', ([s]) => Buffer.byteLength(s)),
  define<[string]>('reverse', ['text'], 'text', ([s]) => [...s].reverse().join('')),
  define<[string]>('md5', ['text'], 'text', ([s]) => createHash('md5').update(s).digest('hex')),
  ...named(['substring', 'substr'], (name) => define<[string, number | string, number?]>(name, ['text', 'any', 'int4'], 'text', ([s, from, count]) => (typeof from === 'string' && !/^\d+$/.test(from) ? regexpMatch([s, from])?.[0] ?? null : substring(s, Number(from), count)))),
  define<[string, number]>('left', ['text', 'int4'], 'text', ([s, n]) => [...s].slice(0, n).join('')),
  define<[string, number]>('right', ['text', 'int4'], 'text', ([s, n]) => (n === 0 ? '' : [...s].slice(n < 0 ? -n : Math.max(0, [...s].length - n)).join(''))),
  define<[string, number, string?]>('lpad', ['text', 'int4', 'text'], 'text', ([s, n, f = ' ']) => pad(s, n, f, true)),
  define<[string, number, string?]>('rpad', ['text', 'int4', 'text'], 'text', ([s, n, f = ' ']) => pad(s, n, f, false)),
  define<[string, number]>('repeat', ['text', 'int4'], 'text', ([s, n]) => { checkLength(s.length * n); return s.repeat(Math.max(0, n)); }),
  define<[string, string]>('strpos', ['text', 'text'], 'int4', ([s, part]) => { const at = s.indexOf(part); return at < 0 ? 0 : [...s.slice(0, at)].length + 1; }),
  define<[string, string]>('position', ['text', 'text'], 'int4', ([part, s]) => { const at = s.indexOf(part); return at < 0 ? 0 : [...s.slice(0, at)].length + 1; }),
  define<[string, string]>('starts_with', ['text', 'text'], 'bool', ([s, part]) => s.startsWith(part)),
  define<[string, string, string]>('replace', ['text', 'text', 'text'], 'text', ([s, from, to]) => { if (from === '') return s; const parts = s.split(from); checkLength(s.length + (parts.length - 1) * to.length); return parts.join(to); }),
  define<[string, string, string]>('translate', ['text', 'text', 'text'], 'text', ([s, from, to]) => { const f = [...from], t = [...to]; return [...s].map((c) => (f.includes(c) ? t[f.indexOf(c)] ?? '' : c)).join(''); }),
  define<[string, string, number]>('split_part', ['text', 'text', 'int4'], 'text', ([s, by, n]) => { const parts = by === '' ? [s] : s.split(by); return parts.at(n < 0 ? n : n - 1) ?? ''; }),
  define('btrim', ['text', 'text'], 'text', trimSet('b')), define('ltrim', ['text', 'text'], 'text', trimSet('l')), define('rtrim', ['text', 'text'], 'text', trimSet('r')),
  define('concat', ['any'], 'text', (args, { types, names }) => args.map((a, i) => (a === null ? '' : joinText(a, types[i] ?? 'text', names))).join(''), { strict: false }),
  define('concat_ws', ['text', 'any'], 'text', (args) => (args[0] === null ? null : args.slice(1).filter((a) => a !== null).map(String).join(String(args[0]))), { strict: false }),
  define('format', ['text', 'any'], 'text', (args) => (args[0] === null ? null : format(args)), { strict: false }),
  define<[string]>('quote_ident', ['text'], 'text', ([s]) => quoteName(s)),
  define<[string]>('quote_literal', ['text'], 'text', ([s]) => quoteLiteral(s).trim()),
  define<[string | null]>('quote_nullable', ['text'], 'text', ([s]) => (s === null ? 'NULL' : quoteLiteral(s).trim()), { strict: false }),
  define('regexp_replace', ['text', 'text', 'text', 'text'], 'text', regexpReplace),
  define('regexp_match', ['text', 'text', 'text'], 'text[]', regexpMatch),
  define<[string, string, string?]>('regexp_like', ['text', 'text', 'text'], 'bool', ([s, p, flags = '']) => matches(s, p, flags.includes('i'))),
  ...named(['json_build_object', 'jsonb_build_object'], (name) => define(name, ['any'], 'json', (args, { types }) => jsonObject(args, types), { strict: false })),
  ...named(['json_build_array', 'jsonb_build_array'], (name) => define(name, ['any'], 'json', (args, { types }) => `[${args.map((a, i) => JSON.stringify(jsonOf(a, types[i] ?? ''))).join(', ')}]`, { strict: false })),
  ...named(['to_json', 'to_jsonb', 'row_to_json', 'array_to_json'], (name) => define(name, ['any'], 'json', ([v], { types }) => JSON.stringify(jsonOf(v, types[0] ?? '')))),
  define<[string]>('parse_ident', ['text'], 'text[]', ([s]) => splitName(s)),
  define<[number]>('chr', ['int4'], 'text', ([n]) => { if (n < 1 || n > 0x10ffff) throw invalidArgument({ function: 'chr', what: `requested character ${n} is not valid` }); return String.fromCodePoint(n); }),
  define<[string]>('ascii', ['text'], 'int4', ([s]) => s.codePointAt(0) ?? 0),
];
export const textSetFunctions: readonly SetFunction[] = [
  { name: 'regexp_split_to_table', args: ['text', 'text'], columns: () => [{ name: 'regexp_split_to_table', type: 'text' }], rows: ([s, p]) => regex(String(p), false).split(String(s)).map((x) => [x]) },
  { name: 'string_to_table', args: ['text', 'text'], columns: () => [{ name: 'string_to_table', type: 'text' }], rows: ([s, by]) => String(s).split(String(by)).map((x) => [x]) },
];
