/**
 * Functions over text. Positions are 1-based and count characters (code points). Source: Flink "System Functions", string functions;
 * SqlFunctionUtils, BinaryStringDataUtil for the cases the page leaves open.
 */
import type { ArgumentInfo, CompiledCall, ScalarFunction, Signature } from '../../catalog/registry/functions.ts';
import { invalidArgument } from '../../core/errors/data.ts';
import { isCharacter } from '../../core/types/coercion.ts';
import { codePoints, isPair } from '../../core/types/cast.ts';
import { BOOLEAN, INT, MAX_LENGTH, STRING, varchar, type SqlType } from '../../core/types/sql-type.ts';
import { call, characters, code, fixed, integers, isNull, nullable, optional, propagate, scalar, slot, type Slot, type Spec } from './define.ts';
import { replaceAll } from './text-limit.ts';

const FAMILY = 'string';
const text = slot(characters, STRING), count = slot(integers, INT);
const string = (spec: Omit<Spec, 'infer'> & { readonly takes: readonly Slot[]; readonly gives?: SqlType; readonly mayBeNull?: boolean }): ScalarFunction =>
  scalar(FAMILY, { ...spec, infer: fixed(spec.takes, spec.gives ?? STRING, spec.mayBeNull ?? false) });

/** True when every character is one UTF-16 unit, so that positions are indexes. */
const isPlain = (s: string): boolean => { for (let i = 0; i < s.length; i++) if ((s.charCodeAt(i) & 0xfc00) === 0xd800) return false; return true; };
/** Index of the n-th character (0-based); the length when there are fewer. */
function indexOfCharacter(s: string, n: number): number {
  let at = 0;
  for (let i = 0; i < n && at < s.length; i++) at += isPair(s, at) ? 2 : 1;
  return at;
}
function characterSlice(s: string, from: number, to: number): string {
  if (isPlain(s)) return s.slice(from, to);
  const start = indexOfCharacter(s, from);
  return s.slice(start, start + indexOfCharacter(s.slice(start), to - from));
}

/** SUBSTRING: n < 0 counts from the end, 0 acts as 1, outside gives '', negative length NULL. */
function substring(s: string, from: number, length = MAX_LENGTH): string | null {
  if (length < 0) return null;
  if (s === '' || length === 0) return '';
  const size = codePoints(s), start = from > 0 ? from - 1 : from < 0 ? size + from : 0;
  if (start < 0 || start >= size) return '';
  return characterSlice(s, start, Math.min(size, start + length));
}
/** Position of the first occurrence at or behind `from` (1-based), 0 when absent. */
function position(needle: string, s: string, from = 1): number {
  if (from < 1) return 0;
  const at = s.indexOf(needle, from === 1 ? 0 : indexOfCharacter(s, from - 1));
  if (needle === '' && from > codePoints(s) + 1) return 0;
  return at < 0 ? 0 : codePoints(s.slice(0, at)) + 1;
}
/** INSTR(s, sub, start, nth): a negative start searches backwards from there. */
function instr(s: string, sub: string, start = 1, nth = 1): number {
  if (nth <= 0) throw invalidArgument({ function: 'INSTR', what: 'nthAppearance must be positive' });
  if (sub === '' || start === 0) return 0;
  const all = Array.from(s), part = Array.from(sub);
  const matches = (at: number): boolean => part.every((c, i) => all[at + i] === c);
  let found = 0;
  if (start > 0) { for (let at = start - 1; at + part.length <= all.length; at++) if (matches(at) && ++found === nth) return at + 1; }
  else for (let at = Math.min(all.length + start, all.length - part.length); at >= 0; at--) if (matches(at) && ++found === nth) return at + 1;
  return 0;
}
function padded(s: string, length: number, pad: string, left: boolean): string | null {
  if (length < 0 || pad === '') return null;
  if (length === 0) return '';
  if (length > MAX_PAD) throw invalidArgument({ function: left ? 'LPAD' : 'RPAD', what: `length ${length} is too large` });
  const base = s.slice(0, length), missing = length - base.length; // UTF-16 units, as Java's char arrays
  const filler = missing <= 0 ? '' : pad.repeat(Math.ceil(missing / pad.length)).slice(0, missing);
  return left ? filler + base : base + filler;
}
/** Longest text a function may build from lengths in the data: enough for rows, little enough that no function of it holds up a thread for long. */
const MAX_PAD = 1 << 22;
function repeat(s: string, n: number): string {
  if (n <= 0 || s === '') return '';
  if (s.length * n > MAX_PAD) throw invalidArgument({ function: 'REPEAT', what: `the result would have ${s.length * n} characters` });
  return s.repeat(n);
}
function trim(mode: string, set: string, s: string): string {
  if (set === '') return s;
  let from = 0, to = s.length;
  const single = set.length === 1, unit = set.charCodeAt(0);
  if (single) {
    if (mode !== 'TRAILING') while (from < to && s.charCodeAt(from) === unit) from++;
    if (mode !== 'LEADING') while (to > from && s.charCodeAt(to - 1) === unit) to--;
    return s.slice(from, to);
  }
  const members = new Set(Array.from(set)), all = Array.from(s);
  from = 0; to = all.length;
  if (mode !== 'TRAILING') while (from < to && members.has(all[from] ?? '')) from++;
  if (mode !== 'LEADING') while (to > from && members.has(all[to - 1] ?? '')) to--;
  return all.slice(from, to).join('');
}
const reverse = (s: string): string => (isPlain(s) ? s.split('').reverse().join('') : Array.from(s).reverse().join(''));
function initcap(s: string): string {
  let result = '', start = true;
  for (const c of s) {
    result += start ? c.toUpperCase() : c.toLowerCase();
    start = !/[\p{L}\p{N}]/u.test(c);
  }
  return result;
}
function overlay(s: string, by: string, from: number, length = codePoints(by)): string {
  const size = codePoints(s);
  if (from <= 0 || from > size) return s;
  const end = length < 0 ? size : from - 1 + length;
  return characterSlice(s, 0, from - 1) + by + (end >= size ? '' : characterSlice(s, end, size));
}
function translate(s: string, from: string, to: string): string {
  const source = Array.from(from), target = Array.from(to), map = new Map<string, string>();
  source.forEach((c, i) => { if (!map.has(c)) map.set(c, target[i] ?? ''); });
  let result = '';
  for (const c of s) result += map.get(c) ?? c;
  return result;
}
/** SPLIT_INDEX: 0-based, empty parts kept; an empty text has no parts. */
function splitIndex(s: string, separator: string | number, index: number): string | null {
  if (index < 0 || s === '') return null;
  let by: string;
  if (typeof separator === 'number') { if (separator < 1 || separator > 255) return null; by = String.fromCharCode(separator); } else by = separator === '' ? ' ' : separator;
  let from = 0;
  for (let i = 0; i < index; i++) {
    const next = s.indexOf(by, from);
    if (next < 0) return null;
    from = next + by.length;
  }
  const end = s.indexOf(by, from);
  return end < 0 ? s.slice(from) : s.slice(from, end);
}
const NUMBER_FORM = /^[\x00-\x20]*[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)[\x00-\x20]*$/;

const lengthOf = string({ name: 'CHAR_LENGTH', aliases: ['CHARACTER_LENGTH', 'LENGTH'], signature: 'CHAR_LENGTH(string)', about: 'Number of characters.', examples: [["CHAR_LENGTH('héllo')", '5'], ["CHAR_LENGTH('')", '0']], takes: [text], gives: INT, compile: () => call(codePoints) });
const cases = [
  string({ name: 'UPPER', aliases: ['UCASE'], signature: 'UPPER(string)', about: 'Text in upper case.', examples: [["UPPER('abc')", 'ABC']], takes: [text], compile: () => code((a) => `${a[0]}.toUpperCase()`) }),
  string({ name: 'LOWER', aliases: ['LCASE'], signature: 'LOWER(string)', about: 'Text in lower case.', examples: [["LOWER('ABC')", 'abc']], takes: [text], compile: () => code((a) => `${a[0]}.toLowerCase()`) }),
  string({ name: 'INITCAP', signature: 'INITCAP(string)', about: 'First letter of every word in upper case, the others in lower case.', examples: [["INITCAP('hello wORLD')", 'Hello World']], takes: [text], compile: () => call(initcap) }),
];

function concatType(args: readonly ArgumentInfo[]): SqlType {
  let length = 0;
  for (const a of args) length += 'length' in a.type ? a.type.length : 0;
  return length >= MAX_LENGTH || length === 0 ? STRING : varchar(length);
}
const concatenates = (least: number, most: number) => (args: readonly ArgumentInfo[]): Signature | undefined =>
  (args.length < least || args.length > most || !args.every((a) => isCharacter(a.type) || isNull(a.type)) ? undefined : { result: propagate(concatType(args), args), args: args.map((a) => (isNull(a.type) ? STRING : a.type)) });
const joined = (): CompiledCall => code((a) => `(${a.join(' + ')})`);
const concats: readonly ScalarFunction[] = [
  scalar(FAMILY, { name: '||', signature: 'string || string', about: 'The texts one after the other; NULL when one is NULL.', examples: [["'a' || 'b'", 'ab']], infer: concatenates(2, 2), compile: joined }),
  scalar(FAMILY, { name: 'CONCAT', signature: 'CONCAT(string, …)', about: 'The texts one after the other; NULL when one is NULL.', examples: [["CONCAT('a', 'b', 'c')", 'abc'], ["CONCAT('a', CAST(NULL AS STRING))", 'NULL']], infer: concatenates(1, Infinity), compile: joined }),
  scalar(FAMILY, {
    name: 'CONCAT_WS', signature: 'CONCAT_WS(separator, string, …)', about: 'The texts with the separator between them; NULL texts are left out; NULL when the separator is NULL.', examples: [["CONCAT_WS('~', 'a', CAST(NULL AS STRING), 'b')", 'a~b']], strict: false,
    infer: (args) => { const known = concatenates(1, Infinity)(args); return known === undefined ? undefined : { result: { ...STRING, nullable: args[0]?.type.nullable ?? true }, args: args.map(() => STRING) }; },
    compile: () => call((separator: string | null, ...parts: (string | null)[]) => (separator === null ? null : parts.filter((p) => p !== null).join(separator))),
  }),
];
const parts: readonly ScalarFunction[] = [
  string({ name: 'SUBSTRING', aliases: ['SUBSTR'], signature: 'SUBSTRING(string FROM start [FOR length])', about: 'Part of a text from a 1-based position; a negative position counts from the end.', examples: [["SUBSTRING('hello', 2)", 'ello'], ["SUBSTRING('hello' FROM 2 FOR 3)", 'ell'], ["SUBSTRING('hello', -3, 2)", 'll'], ["SUBSTRING('hello', 1, -1)", 'NULL'], ["SUBSTRING('hello', 0, 2)", 'he']], takes: [text, count, optional(integers, INT)], mayBeNull: true, compile: () => call(substring) }),
  string({ name: 'LEFT', signature: 'LEFT(string, n)', about: 'The first n characters; empty when n is negative.', examples: [["LEFT('hello', 2)", 'he']], takes: [text, count], compile: () => call((s: string, n: number) => (n <= 0 ? '' : characterSlice(s, 0, n))) }),
  string({ name: 'RIGHT', signature: 'RIGHT(string, n)', about: 'The last n characters; empty when n is negative.', examples: [["RIGHT('hello', 2)", 'lo']], takes: [text, count], compile: () => call((s: string, n: number) => { const size = codePoints(s); return n <= 0 ? '' : characterSlice(s, Math.max(0, size - n), size); }) }),
  string({ name: 'POSITION', signature: 'POSITION(sub IN string)', about: 'Position of the first occurrence, 0 when there is none.', examples: [["POSITION('l' IN 'hello')", '3']], takes: [text, text], gives: INT, compile: () => call(position) }),
  string({ name: 'LOCATE', signature: 'LOCATE(sub, string [, start])', about: 'Position of the first occurrence at or behind start, 0 when there is none.', examples: [["LOCATE('l', 'hello', 4)", '4'], ["LOCATE('z', 'hello')", '0']], takes: [text, text, optional(integers, INT)], gives: INT, compile: () => call(position) }),
  string({ name: 'INSTR', signature: 'INSTR(string, sub [, start [, nth]])', about: 'Position of the nth occurrence, searched from start; a negative start searches backwards.', examples: [["INSTR('hello', 'l')", '3'], ["INSTR('hello', 'l', -1)", '4'], ["INSTR('hello', 'l', 1, 2)", '4']], takes: [text, text, optional(integers, INT), optional(integers, INT)], gives: INT, compile: () => call(instr) }),
  string({ name: 'REPLACE', signature: 'REPLACE(string, old, new)', about: 'Every occurrence replaced.', examples: [["REPLACE('hello', 'l', 'L')", 'heLLo']], takes: [text, text, text], compile: () => call(replaceAll) }),
  string({ name: 'REPEAT', signature: 'REPEAT(string, n)', about: 'The text n times.', examples: [["REPEAT('ab', 3)", 'ababab']], takes: [text, count], compile: () => call(repeat) }),
  string({ name: 'REVERSE', signature: 'REVERSE(string)', about: 'The characters in reverse order.', examples: [["REVERSE('abc')", 'cba']], takes: [text], compile: () => call(reverse) }),
  string({ name: 'LPAD', signature: 'LPAD(string, length, pad)', about: 'Filled from the left, or cut, to a length.', examples: [["LPAD('hi', 4, '??')", '??hi'], ["LPAD('hi', 1, '??')", 'h']], takes: [text, count, text], mayBeNull: true, compile: () => call((s: string, n: number, p: string) => padded(s, n, p, true)) }),
  string({ name: 'RPAD', signature: 'RPAD(string, length, pad)', about: 'Filled from the right, or cut, to a length.', examples: [["RPAD('hi', 4, '??')", 'hi??']], takes: [text, count, text], mayBeNull: true, compile: () => call((s: string, n: number, p: string) => padded(s, n, p, false)) }),
  string({ name: 'TRIM', signature: 'TRIM([BOTH | LEADING | TRAILING] [characters] FROM string)', about: 'Characters (default: blank) removed at the ends.', examples: [["TRIM('  a ')", 'a'], ["TRIM(LEADING 'x' FROM 'xax')", 'ax']], takes: [text, text, text], compile: (args) => { const mode = args[0]?.literal?.value; return typeof mode === 'string' ? code((a, ref) => `${ref((s: string, set: string) => trim(mode, set, s))}(${a[2]}, ${a[1]})`) : call(trim); } }),
  ...([['LTRIM', 'LEADING', "LTRIM('  a ')", 'a '], ['RTRIM', 'TRAILING', "RTRIM(' a ')", ' a'], ['BTRIM', 'BOTH', "BTRIM('xax', 'x')", 'a']] as const).map(([name, mode, sql, result]) =>
    string({ name, signature: `${name}(string [, characters])`, about: `Characters (default: blank) removed at ${mode === 'BOTH' ? 'both ends' : mode === 'LEADING' ? 'the start' : 'the end'}.`, examples: [[sql, result]], takes: [text, optional(characters, STRING)], compile: () => call((s: string, set = ' ') => trim(mode, set, s)) })),
  string({ name: 'OVERLAY', signature: 'OVERLAY(string PLACING new FROM start [FOR length])', about: 'Characters replaced from a position; default length is that of the new text.', examples: [["OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6)", 'xxxxxxxxx'], ["OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6 FOR 2)", 'xxxxxxxxxst']], takes: [text, text, count, optional(integers, INT)], compile: () => call(overlay) }),
  string({ name: 'TRANSLATE', signature: 'TRANSLATE(string, from, to)', about: 'Every character of from replaced by the one of to in the same place, or removed.', examples: [["TRANSLATE('abc', 'ab', 'x')", 'xc']], takes: [text, text, text], compile: () => call(translate) }),
  string({ name: 'SPLIT_INDEX', signature: 'SPLIT_INDEX(string, separator, index)', about: 'Part number index (from 0) of a text split at a separator (a text or a character code).', examples: [["SPLIT_INDEX('a,b,c', ',', 1)", 'b'], ["SPLIT_INDEX('a,b', ',', 5)", 'NULL'], ["SPLIT_INDEX('a,,c', 44, 1)", '']], takes: [text, slot((t) => characters(t) || integers(t)), count], mayBeNull: true, compile: () => call(splitIndex) }),
  scalar(FAMILY, {
    name: 'ELT', signature: 'ELT(index, string, …)', about: 'The text at a 1-based index; NULL outside.', examples: [["ELT(2, 'a', 'b')", 'b'], ["ELT(3, 'a', 'b')", 'NULL']], strict: false,
    infer: (args) => (args.length >= 2 && args.slice(1).every((a) => isCharacter(a.type) || isNull(a.type)) && args[0] !== undefined && (integers(args[0].type) || isNull(args[0].type)) ? { result: nullable(STRING), args: args.map((_, i) => (i === 0 ? INT : STRING)) } : undefined),
    compile: () => call((n: number | null, ...texts: (string | null)[]) => (n === null ? null : texts[n - 1] ?? null)),
  }),
];
const tests: readonly ScalarFunction[] = [
  string({ name: 'STARTSWITH', signature: 'STARTSWITH(string, start)', about: 'TRUE when the text starts so.', examples: [["STARTSWITH('hello', 'he')", 'TRUE']], takes: [text, text], gives: BOOLEAN, compile: () => code((a) => `${a[0]}.startsWith(${a[1]})`) }),
  string({ name: 'ENDSWITH', signature: 'ENDSWITH(string, end)', about: 'TRUE when the text ends so.', examples: [["ENDSWITH('hello', 'lo')", 'TRUE']], takes: [text, text], gives: BOOLEAN, compile: () => code((a) => `${a[0]}.endsWith(${a[1]})`) }),
  ...([['IS_ALPHA', 'letters only', (s: string) => /^\p{L}+$/u.test(s), "IS_ALPHA('abc')"], ['IS_DIGIT', 'digits only', (s: string) => /^\p{Nd}+$/u.test(s), "IS_DIGIT('123')"], ['IS_DECIMAL', 'a number', (s: string) => NUMBER_FORM.test(s), "IS_DECIMAL('1.5')"]] as const).map(([name, what, run, sql]) =>
    scalar(FAMILY, { name, signature: `${name}(value)`, about: `TRUE when the text is ${what}; FALSE for an empty text or NULL.`, examples: [[sql, 'TRUE'], [`${name}('')`, 'FALSE']], strict: false, infer: (args) => (args.length === 1 ? { result: { ...BOOLEAN, nullable: false }, args: [STRING] } : undefined), compile: () => call((s: string | null) => s !== null && run(s)) })),
  string({ name: 'ASCII', signature: 'ASCII(string)', about: 'Code of the first byte (UTF-8) of the text, 0 when empty.', examples: [["ASCII('abc')", '97'], ["ASCII('')", '0']], takes: [text], gives: INT, compile: () => call((s: string) => (s === '' ? 0 : (Buffer.from(s.slice(0, 2), 'utf8').readInt8(0)))) }),
  string({ name: 'CHR', signature: 'CHR(n)', about: 'The character with the code n modulo 256; empty when n is negative.', examples: [['CHR(97)', 'a'], ['CHR(353)', 'a'], ['CHR(-1)', '']], takes: [slot(integers)], compile: () => call((n: number | bigint) => (n < 0 ? '' : String.fromCharCode(Number(BigInt(n) & 255n)))) }),
];
export const stringFunctions: readonly ScalarFunction[] = [lengthOf, ...cases, ...concats, ...parts, ...tests];
