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
  at(start: number): readonly string[] { return [...this.#tried.get(start) ?? []]; }
}

/** The place of a mistake. `before`: the token in front of it; `what`: what the parser insisted on; `tried`: all it would have taken. */
interface Mistake { readonly text: string; readonly token: Token; readonly before: Token | undefined; readonly what: string; readonly tried: readonly string[]; readonly notes: Notes | undefined }

/** With more alternatives than this only the one the parser insisted on is named. */
const MAX_LISTED = 8;
const isWord = (what: string): boolean => /^[A-Z_]+$/.test(what);
const isDescription = (what: string): boolean => what.includes(' ');

/** `notes` undefined: the first run, whose message nobody sees. `hidesTexts`: what stands there may be a password. */
export function failure(text: string, token: Token, before: Token | undefined, what: string, notes: Notes | undefined, hidesTexts = false): RivuletError {
  if (token.type === 'bad' && token.error !== undefined) return token.error;
  const source = text.slice(token.start, token.end), shown = quoted(source.length <= 40 ? source : `${source.slice(0, 37)}...`);
  const found = token.type === 'end' ? 'the end of the text' : hidesTexts && token.type !== 'word' ? 'a text that is not shown' : token.type === 'string' || token.type === 'quoted' ? shown.slice(1, -1) : shown;
  const mistake = { text, token, before, what, tried: notes === undefined ? [] : notes.at(token.start), notes };
  // The end is pointed at right behind the last token, not behind trailing blanks and comments.
  const at = token.type === 'end' && before !== undefined ? before.end : token.start;
  return syntaxError({ found, expected: expectation(mistake), hint: hintFor(mistake) }, { range: { start: at, end: token.type === 'end' ? at : token.end } });
}

/** A description says enough; a closing symbol may have a comma for company; words are listed with their alternatives. */
function expectation({ what, tried }: Mistake): string {
  if (isDescription(what)) return what;
  if (!isWord(what)) return tried.includes(',') && what === ')' ? '"," or ")"' : `"${what}"`;
  const all = [what, ...tried.filter((t) => t !== what && isWord(t))];
  if (all.length === 1 || all.length > MAX_LISTED) return what;
  return `${all.slice(0, -1).join(', ')} or ${all.at(-1) as string}`;
}

// ---------------------------------------------------------------------------------------------------------------- hints

function hintFor(mistake: Mistake): string | undefined {
  for (const rule of RULES) {
    const hint = rule(mistake);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

const RULES: readonly ((mistake: Mistake) => string | undefined)[] = [rights, misspelt, comma, reserved, misspeltBefore, missingSemicolon, quotes, unit, doubled];

/** PostgreSQL's rights: there are roles alone. */
function rights({ token, what }: Mistake): string | undefined {
  return token.type === 'word' && what === 'a statement' && (token.word === 'GRANT' || token.word === 'REVOKE') ? 'There are no rights per object: users are admins or read-only. ALTER USER … WITH ADMIN | READ ONLY changes it.' : undefined;
}
/** Keywords near a word. Short words are near to too much: there only swapped letters count. */
function near(word: string, candidates: readonly string[]): string | undefined {
  const words = candidates.filter((c) => isWord(c) && c !== word && (word.length > 3 || [...c].sort().join('') === [...word].sort().join('')));
  const found = nearest(word, words);
  return found.length === 0 ? undefined : found.join(' or ');
}
function misspelt({ token, what, tried }: Mistake): string | undefined {
  if (token.type !== 'word' || (REFUSED_NAMES.has(token.word) && what !== 'a query' && what !== 'a statement')) return undefined;
  const meant = near(token.word, tried);
  return meant === undefined ? undefined : `Did you mean ${meant}?`;
}
/** `SELECT a FORM t`: FORM was taken for an alias, and the mistake shows only at t. */
function misspeltBefore({ text, before, notes }: Mistake): string | undefined {
  if (before?.type !== 'word' || notes === undefined || REFUSED_NAMES.has(before.word)) return undefined;
  const meant = near(before.word, notes.at(before.start));
  return meant === undefined ? undefined : `Did you mean ${meant} instead of ${quoted(text.slice(before.start, before.end))}?`;
}

/** Words that start or join clauses: where one stands in the place of a name, something is missing rather than misnamed. */
const CLAUSES = new Set('FROM WHERE GROUP HAVING WINDOW ORDER LIMIT UNION EXCEPT INTERSECT ON JOIN WITH AS SELECT INSERT CREATE SET VALUES AND OR WHEN THEN ELSE END IN IS NOT LIKE BETWEEN INTO USING INNER LEFT RIGHT FULL CROSS NATURAL BY QUALIFY'.split(' '));
function startsClause({ text, token }: Mistake): boolean {
  if (token.word === 'GROUP' || token.word === 'ORDER') return /^\s*BY\b/i.test(text.slice(token.end, token.end + 64));
  return CLAUSES.has(token.word);
}
function comma(mistake: Mistake): string | undefined {
  return mistake.before?.word === ',' && (mistake.token.word === ')' || startsClause(mistake)) ? 'Remove the comma in front of it.' : undefined;
}
function reserved(mistake: Mistake): string | undefined {
  const { text, token, what, tried } = mistake;
  if (token.type !== 'word' || !REFUSED_NAMES.has(token.word) || startsClause(mistake) || tried.includes(token.word)) return undefined;
  if (what.startsWith('";"') && (token.word === 'GROUP' || token.word === 'ORDER')) return `${token.word} needs BY behind it.`;
  if (!/name|expression|alias|variable|end of the statement/.test(what) && what !== ')' && what !== 'FROM') return undefined;
  return `${token.word} is a reserved word: write \`${text.slice(token.start, token.end)}\` in back-ticks if it is meant as a name.`;
}

const STARTS_STATEMENT = new Set('SELECT INSERT CREATE DROP ALTER EXECUTE EXPLAIN SHOW DESCRIBE SET USE BEGIN END UPDATE DELETE WITH'.split(' '));
function missingSemicolon({ token, what }: Mistake): string | undefined {
  return what.startsWith('";"') && STARTS_STATEMENT.has(token.word) ? 'Separate statements with ";".' : undefined;
}
function quotes({ token, what }: Mistake): string | undefined {
  if (/^an option (key|value)/.test(what) && token.type !== 'string') return "Keys and values stand in single quotes: 'key' = 'value'.";
  if (token.type === 'quoted' && what.includes("'…'")) return 'Strings stand in single quotes; back-ticks and double quotes make names.';
  if (token.type === 'string' && /name|alias/.test(what)) return 'Names stand without quotes or in back-ticks; single quotes make strings.';
  return undefined;
}
function unit({ what }: Mistake): string | undefined { return what === 'a time unit such as SECOND' ? "An interval needs its unit, as in INTERVAL '5' SECOND." : undefined; }
function doubled({ token, before }: Mistake): string | undefined { return token.word === '=' && before?.word === '=' ? 'Compare with a single "=".' : undefined; }
