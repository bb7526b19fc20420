/**
 * LIKE, ILIKE, SIMILAR TO and the regular expressions. User patterns run in linear time: LIKE by its own matcher, regular expressions by
 * RE2 (package re2js), or by V8 where the shape of the pattern excludes backtracking. Java features that RE2 lacks (look-around, back
 * references, possessive quantifiers) are refused by name, not silently taken for «no match».
 * Source: Flink "System Functions", string functions; SqlLikeUtils; docs/semantics.md#patterns.
 */
import { RE2JS } from 're2js';
import type { ArgumentInfo, CompiledCall, ScalarFunction } from '../../catalog/registry/functions.ts';
import { invalidPattern } from '../../core/errors/data.ts';
import { isPair } from '../../core/types/cast.ts';
import { BOOLEAN, INT, STRING } from '../../core/types/sql-type.ts';
import { call, characters, code, fixed, integers, literalText, optional, scalar, slot } from './define.ts';
import { checkMade, MAX_MADE } from './text-limit.ts';

const FAMILY = 'pattern';
const text = slot(characters, STRING);
type Test = (value: string) => boolean;

// ---- LIKE -----------------------------------------------------------------------------------------------------------------------
/** A pattern as literal pieces: '' stands for `_`, null for `%`. */
function likeTokens(pattern: string, escape: string): (string | null)[] {
  const tokens: (string | null)[] = [];
  for (let at = 0; at < pattern.length;) {
    const size = isPair(pattern, at) ? 2 : 1, c = pattern.slice(at, at + size);
    at += size;
    if (c === escape) {
      const next = pattern[at];
      if (next !== '_' && next !== '%' && next !== escape) throw invalidPattern({ function: 'LIKE', pattern, why: `The escape character must stand before %, _ or itself` });
      tokens.push(next);
      at++;
    } else if (c === '%') { if (tokens.at(-1) !== null) tokens.push(null); } else tokens.push(c === '_' ? '' : c);
  }
  return tokens;
}
/** Compiles a pattern; without wildcards inside it becomes a comparison of texts. */
export function likeMatcher(pattern: string, escape: string): Test {
  const tokens = likeTokens(pattern, escape);
  const first = tokens[0] === null, last = tokens.length > 0 && tokens.at(-1) === null;
  const middle = tokens.slice(first ? 1 : 0, last && tokens.length > 1 ? -1 : tokens.length);
  if (tokens.length === 1 && first) return () => true;
  if (!middle.some((t) => t === null || t === '')) {
    const piece = middle.join('');
    if (first && last) return (s) => s.includes(piece);
    if (first) return (s) => s.endsWith(piece);
    return last ? (s) => s.startsWith(piece) : (s) => s === piece;
  }
  return (s) => wildcard(s, tokens);
}
/** Greedy matching with one point of return: time O(text × longest piece). */
function wildcard(s: string, tokens: readonly (string | null)[]): boolean {
  let at = 0, token = 0, backToken = -1, backAt = 0;
  while (at < s.length) {
    const t = tokens[token];
    if (t === null) { backToken = ++token; backAt = at; continue; }
    if (t !== undefined && (t === '' || s.startsWith(t, at))) { at += t === '' ? (isPair(s, at) ? 2 : 1) : t.length; token++; continue; }
    if (backToken < 0) return false;
    backAt += isPair(s, backAt) ? 2 : 1;
    at = backAt;
    token = backToken;
  }
  while (tokens[token] === null) token++;
  return token === tokens.length;
}
/** Compiled patterns that are not constant: the last ones used. */
function remembered<T>(compile: (pattern: string) => T): (pattern: string) => T {
  const known = new Map<string, T>();
  return (pattern) => {
    let compiled = known.get(pattern);
    if (compiled === undefined) {
      if (known.size >= 256) known.clear();
      compiled = compile(pattern);
      known.set(pattern, compiled);
    }
    return compiled;
  };
}
function like(name: string, fold: boolean): ScalarFunction {
  return scalar(FAMILY, {
    name, signature: `string ${name} pattern [ESCAPE character]`, about: `% stands for any text, _ for one character${fold ? '; the case of letters does not count' : ''}. The escape character is \\ unless given.`,
    examples: fold ? [["'Hello' ILIKE 'hE%'", 'TRUE']] : [["'hello' LIKE 'h%o'", 'TRUE'], ["'hello' LIKE 'h_llo'", 'TRUE'], ["'100%' LIKE '100!%' ESCAPE '!'", 'TRUE'], ["'hello' LIKE 'H%'", 'FALSE']],
    infer: fixed([text, text, optional(characters, STRING)], BOOLEAN),
    compile: (args) => {
      const escape = args.length > 2 ? literalText(args, 2) : '\\', pattern = literalText(args, 1), lower = (s: string): string => (fold ? s.toLowerCase() : s);
      if (pattern !== undefined && escape !== undefined) {
        const test = likeMatcher(lower(pattern), escape);
        return code((a, ref) => (fold ? `${ref(test)}(${a[0]}.toLowerCase())` : `${ref(test)}(${a[0]})`));
      }
      const matcher = remembered((key) => likeMatcher(lower(key.slice(key.indexOf('\0') + 1)), key.slice(0, key.indexOf('\0'))));
      return call((s: string, p: string, e = '\\') => matcher(`${e}\0${p}`)(lower(s)));
    },
  });
}

// ---- regular expressions --------------------------------------------------------------------------------------------------------
export interface Regex { test: Test; /** Group n of the first match; null: no match, no such group, or the group took no part. */ extract(s: string, group: number): string | null; replace(s: string, by: string): string }

/** What Java has and RE2 has not. */
const UNSUPPORTED: readonly (readonly [RegExp, string])[] = [[/\(\?<?[=!]/, 'look-around is not available'], [/\\[1-9]|\\k</, 'back references are not available'], [/\(\?>/, 'atomic groups are not available'], [/[*+?}]\+/, 'possessive quantifiers are not available']];
/**
 * Patterns that V8 runs without backtracking over more than one piece of the text: literals, classes, groups and at most four
 * alternatives without repetition, and at most one `*` or `+` on a single character class as the last thing in the pattern. Same meaning in Java, RE2 and V8.
 */
const SAFE = /^(?:[A-Za-z0-9_ \/=&:;,@#%~`'"!<>-]|\\[.\/?*+()[\]{}|^$-]|[()|^$]|\[\^?(?:[A-Za-z0-9_ \/=&:;,.@#%~'"!<>?]|[a-zA-Z0-9]-[a-zA-Z0-9])+\])*(?:(?:[A-Za-z0-9]|\[\^?(?:[A-Za-z0-9_ \/=&:;,.@#%~'"!<>?]|[a-zA-Z0-9]-[a-zA-Z0-9])+\])[*+])?\)*$/;
function safeForV8(pattern: string): RegExp | undefined {
  if (pattern.length > 200 || !SAFE.test(pattern) || pattern.includes('$') || pattern.split('|').length > 5) return undefined; // `$` differs before a final newline; alternatives multiply
  try { return new RegExp(pattern, 'u'); } catch { return undefined; }
}
/** undefined: not a regular expression. Throws invalid-pattern for what only Java's engine has. */
function makeRegex(pattern: string, name: string, ignoreCase: boolean): Regex | undefined {
  const quick = ignoreCase ? undefined : safeForV8(pattern);
  if (quick !== undefined) {
    const all = new RegExp(pattern, 'gu');
    return { test: (s) => quick.test(s), extract: (s, group) => { const m = quick.exec(s); return m === null ? null : m[group] ?? null; }, replace: (s, by) => s.replace(all, checkedReplacer(s, by)) };
  }
  let compiled: RE2JS;
  try { compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0); } catch {
    const why = UNSUPPORTED.find(([form]) => form.test(pattern.replace(/\\\\/g, '')))?.[1];
    if (why !== undefined) throw invalidPattern({ function: name, pattern, why: why.charAt(0).toUpperCase() + why.slice(1) });
    return undefined;
  }
  return {
    test: (s) => compiled.matcher(s).find(),
    extract: (s, group) => { const m = compiled.matcher(s); return group < 0 || group > compiled.groupCount() || !m.find() ? null : m.group(group) ?? null; },
    replace: (s, by) => replaceAll(compiled, s, by),
  };
}
const REPLACE = 'REGEXP_REPLACE';
/** Counts only where the result could be too long. */
function checkedReplacer(s: string, by: string): (match: string) => string {
  let length = s.length;
  return length + (length + 1) * by.length <= MAX_MADE ? () => by : (match) => { length += by.length - match.length; checkMade(REPLACE, length); return by; };
}
/** All matches by a literal text. */
function replaceAll(compiled: RE2JS, s: string, by: string): string {
  const m = compiled.matcher(s);
  let result = '', from = 0;
  while (m.find()) { result += s.slice(from, m.start()) + by; from = m.end(); checkMade(REPLACE, result.length); }
  return from === 0 && result === '' ? s : result + s.slice(from);
}
/** `run` with the pattern in argument 1 compiled once when constant. */
function withRegex(name: string, args: readonly ArgumentInfo[], run: (regex: Regex | undefined, s: string, rest: unknown[]) => unknown, ignoreCase = false): CompiledCall {
  const constant = literalText(args, 1), compile = (pattern: string): Regex | undefined => makeRegex(pattern, name, ignoreCase);
  if (constant !== undefined) { const regex = compile(constant); return call((s: string, _p: string, ...rest: unknown[]) => run(regex, s, rest)); }
  const matcher = remembered((pattern) => ({ regex: compile(pattern) }));
  return call((s: string, p: string, ...rest: unknown[]) => run(matcher(p).regex, s, rest));
}
const find = (regex: Regex | undefined, s: string): boolean => regex?.test(s) ?? false;
const posix = (name: string, ignoreCase: boolean): ScalarFunction => scalar(FAMILY, {
  name, signature: `string ${name} pattern`, about: `TRUE when a part of the text matches the regular expression${ignoreCase ? ', the case of letters aside' : ''} (PostgreSQL).`, examples: [[`'hello' ${name} '${ignoreCase ? 'L' : 'l'}+o$'`, 'TRUE']],
  infer: fixed([text, text], BOOLEAN), compile: (args) => withRegex(name, args, find, ignoreCase),
});
/** SQL's regular expression as RE2's: % and _ are wildcards, the rest as it is; the whole text must match. */
function similarRegex(pattern: string, escape: string): string {
  let result = '', inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? '';
    if (c === escape) { const next = pattern[++i] ?? ''; result += /[A-Za-z0-9]/.test(next) ? next : `\\${next}`; continue; }
    if (inClass) { inClass = c !== ']'; result += c; continue; }
    if (c === '[') { inClass = true; result += c; } else if (c === '%') result += '(?:.*)'; else if (c === '_') result += '(?:.)'; else if ('.^$\\'.includes(c)) result += `\\${c}`; else result += c;
  }
  return `^(?:${result})$`;
}
const similar = scalar(FAMILY, {
  name: 'SIMILAR TO', signature: 'string SIMILAR TO pattern [ESCAPE character]', about: 'TRUE when the whole text matches an SQL regular expression (% _ | * + ? {n} ( ) [ ]).', examples: [["'abc' SIMILAR TO '(a|x)%'", 'TRUE'], ["'abc' SIMILAR TO 'b'", 'FALSE']],
  infer: fixed([text, text, optional(characters, STRING)], BOOLEAN),
  compile: () => {
    const matcher = remembered((key) => {
      const pattern = key.slice(key.indexOf('\0') + 1), source = similarRegex(pattern, key.slice(0, key.indexOf('\0')));
      try { return RE2JS.compile(source, RE2JS.DOTALL); } catch { throw invalidPattern({ function: 'SIMILAR TO', pattern, why: 'It is not an SQL regular expression' }); }
    });
    return call((s: string, p: string, e = '\\') => matcher(`${e}\0${p}`).matcher(s).find());
  },
});
const regexps: readonly ScalarFunction[] = [
  scalar(FAMILY, { name: 'REGEXP', aliases: ['REGEXP_LIKE'], signature: 'REGEXP(string, pattern)', about: 'TRUE when a part of the text matches the regular expression; FALSE for an empty or wrong one.', examples: [["REGEXP('hello', 'l+')", 'TRUE'], ["REGEXP('hello', '')", 'FALSE'], ["REGEXP('hello', '(')", 'FALSE']], infer: fixed([text, text], BOOLEAN), compile: (args) => { const run = withRegex('REGEXP', args, find) as { call: (s: string, p: string) => boolean }; return call((s: string, p: string) => p !== '' && run.call(s, p)); } }),
  scalar(FAMILY, { name: 'REGEXP_EXTRACT', signature: 'REGEXP_EXTRACT(string, pattern [, group])', about: 'The part that matches the pattern, or a group of it; NULL when nothing matches or the pattern is wrong.', examples: [["REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", 'bar'], ["REGEXP_EXTRACT('a=1&channel_id=x9&b', '(&|^)channel_id=([^&]*)', 2)", 'x9'], ["REGEXP_EXTRACT('abc', 'z')", 'NULL']], infer: fixed([text, text, optional(integers, INT)], STRING, true), compile: (args) => withRegex('REGEXP_EXTRACT', args, (regex, s, rest) => regex?.extract(s, (rest[0] as number | undefined) ?? 0) ?? null) }),
  scalar(FAMILY, { name: 'REGEXP_REPLACE', signature: 'REGEXP_REPLACE(string, pattern, replacement)', about: 'Every match replaced by a literal text; NULL when the pattern is wrong.', examples: [["REGEXP_REPLACE('foobar', 'oo|ar', '')", 'fb'], ["REGEXP_REPLACE('a1b22', '[0-9]+', '$0')", 'a$0b$0']], infer: fixed([text, text, text], STRING, true), compile: (args) => withRegex('REGEXP_REPLACE', args, (regex, s, rest) => regex?.replace(s, String(rest[0])) ?? null) }),
  posix('~', false), posix('~*', true),
];
export const patternFunctions: readonly ScalarFunction[] = [like('LIKE', false), like('ILIKE', true), similar, ...regexps];
