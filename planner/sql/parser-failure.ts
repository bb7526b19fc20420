/**
 * Makes the message of a syntax error: what was found, what was expected there, and what the user may have meant.
 */
import { nearest, quoted, type RivuletError } from '../../core/errors/define.ts';
import { syntaxError } from '../../core/errors/syntax.ts';
import { REFUSED_NAMES } from './keywords.ts';
import type { Token } from './lexer.ts';

/** What the parser tried in vain, by place: words and symbols of the language, and descriptions such as `a table name`. */
export class Notes {
  readonly #tried = new Map<number, Set<string>>();
  add(at: number, what: string): void {
    const set = this.#tried.get(at);
    if (set === undefined) this.#tried.set(at, new Set([what]));
    else set.add(what);
  }
  at(start: number): ReadonlySet<string> { return this.#tried.get(start) ?? new Set(); }
}

/** With more alternatives than this only the one the parser insisted on is named. */
const MAX_LISTED = 5;
const isWord = (what: string): boolean => /^[A-Z_]+$/.test(what);
const isText = (what: string): boolean => what.includes(' ');
const shown = (what: string): string => (isWord(what) || isText(what) ? what : `"${what}"`);

export function failure(text: string, token: Token, before: Token | undefined, what: string, notes: Notes | undefined): RivuletError {
  if (token.type === 'bad' && token.error !== undefined) return token.error;
  const tried = notes === undefined ? [] : [...notes.at(token.start)];
  const end = token.type === 'end' ? 'the end of the text' : undefined;
  const found = end ?? quoted(token.type === 'word' || token.type === 'symbol' ? text.slice(token.start, token.end) : shortened(text.slice(token.start, token.end)));
  const range = token.type === 'end' ? endRange(text, before, token) : { start: token.start, end: token.end };
  return syntaxError({ found, expected: expectation(what, tried), hint: hintFor(text, token, before, what, tried, notes) }, { range });
}

function shortened(source: string): string { return source.length <= 40 ? source : `${source.slice(0, 37)}...`; }

/** The end of the text is pointed at right behind the last token, not behind trailing blanks and comments. */
function endRange(text: string, before: Token | undefined, token: Token): { start: number; end: number } {
  const at = before === undefined ? token.start : before.end;
  return { start: Math.min(at, text.length), end: Math.min(at, text.length) };
}

function expectation(what: string, tried: readonly string[]): string {
  const all = [what, ...tried.filter((t) => t !== what && !isSymbolNoise(t))];
  const listed = all.length > MAX_LISTED ? [what] : all;
  const texts = listed.map(shown);
  return texts.length === 1 ? texts[0] as string : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1) as string}`;
}
/** A dot or a hint could stand nearly everywhere. */
function isSymbolNoise(what: string): boolean { return what === '.' || what === '/*+' || what === '['; }

function hintFor(text: string, token: Token, before: Token | undefined, what: string, tried: readonly string[], notes: Notes | undefined): string | undefined {
  const words = tried.filter(isWord);
  if (token.type === 'word' && !words.includes(token.word)) {
    const near = nearest(token.word, words);
    if (near.length > 0 && !(REFUSED_NAMES.has(token.word) && token.word.length < 5)) return `Did you mean ${near.join(' or ')}?`;
  }
  if (token.type === 'word' && REFUSED_NAMES.has(token.word) && [what, ...tried].some((t) => /\bname\b|\bexpression\b/.test(t)) && before?.word !== ',' && !STARTS_CLAUSE.has(token.word) || isReservedItem(token, before)) {
    const name = text.slice(token.start, token.end);
    return `${token.word} is a reserved word: write \`${name}\` in back-ticks if it is meant as a name.`;
  }
  if (before?.word === ',' && (token.word === ')' || STARTS_CLAUSE.has(token.word))) return 'Remove the comma in front of it.';
  if (before?.type === 'word' && notes !== undefined && !REFUSED_NAMES.has(before.word)) {
    const near = nearest(before.word, [...notes.at(before.start)].filter(isWord)).filter((word) => word !== before.word);
    if (near.length > 0 && before.word.length > 2) return `Did you mean ${near.join(' or ')} instead of ${quoted(text.slice(before.start, before.end))}?`;
  }
  if (token.type === 'string' && isText(what) && what.includes('name')) return 'Names stand in back-ticks (`name`) or without quotes; single quotes make a string.';
  if (ParsedName.test(what) && (token.type === 'word' || token.type === 'quoted')) return "Keys and values stand in single quotes: 'key' = 'value'.";
  if (what === "a time unit such as SECOND") return "An interval needs its unit: INTERVAL '5' SECOND.";
  return undefined;
}
const ParsedName = /^an option (key|value)/;
/** Words that start the next clause: there something is missing, not misnamed. */
const STARTS_CLAUSE = new Set('FROM WHERE GROUP HAVING WINDOW ORDER LIMIT UNION EXCEPT INTERSECT ON JOIN WITH AS SELECT INSERT CREATE SET VALUES'.split(' '));

/** `SELECT a, order, b`: a reserved word between items is a name that wants back-ticks, even if it could start a clause. */
function isReservedItem(token: Token, before: Token | undefined): boolean {
  return token.type === 'word' && REFUSED_NAMES.has(token.word) && before !== undefined && (before.word === ',' || before.word === 'SELECT') && !NEVER_ITEMS.has(token.word);
}
const NEVER_ITEMS = new Set('FROM WHERE HAVING UNION EXCEPT INTERSECT ON JOIN WITH AS SELECT INSERT CREATE AND OR BY'.split(' '));
