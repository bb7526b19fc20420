/**
 * Statements that change tables, as plain data. The head (which tables) is read first, the rest only when somebody wants it: `body`
 * throws mysql-ddl-not-understood. Grammar: "ALTER TABLE Statement", "CREATE TABLE Statement", "RENAME TABLE Statement" of MySQL's
 * manual and MariaDB's pages of the same names.
 */
import type { TableId } from '../contract.ts';
import { parseAlterations, type Alteration } from './alter.ts';
import type { Cursor } from './cursor.ts';
import type { Dialect } from './data-type.ts';
import { parseElements, type TableElements } from './elements.ts';

export interface CharsetChoice { readonly charset: string | null; readonly collation: string | null }
export interface CreateBody extends TableElements {
  readonly kind: 'columns';
  readonly defaults: CharsetChoice;
  readonly comment: string;
}
export type DdlStatement =
  | { readonly kind: 'create'; readonly table: TableId; readonly replace: boolean; readonly ifNotExists: boolean; body(): CreateBody | { readonly kind: 'like'; readonly table: TableId } | { readonly kind: 'query' } }
  | { readonly kind: 'alter'; readonly table: TableId; body(): readonly Alteration[] }
  | { readonly kind: 'drop'; readonly tables: readonly TableId[] }
  | { readonly kind: 'truncate'; readonly table: TableId }
  | { readonly kind: 'rename'; readonly pairs: readonly (readonly [from: TableId, to: TableId])[] }
  | { readonly kind: 'dropIndex'; readonly table: TableId; readonly index: string }
  | { readonly kind: 'database'; readonly name: string; readonly action: 'create' | 'replace' | 'alter' | 'drop'; readonly defaults: CharsetChoice }
  /** Rows changed by a statement that was not logged as row events. `tables`: those it names as targets. */
  | { readonly kind: 'data'; readonly verb: string; readonly tables: readonly TableId[] };

const DATA_VERBS: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'LOAD']);

/** undefined: a statement that leaves tables alone. Throws where one that does not cannot be read even as far as its tables. */
export function parseStatement(c: Cursor, dialect: Dialect): DdlStatement | undefined {
  const { word } = c.peek();
  switch (word) {
    case 'CREATE': return parseCreate(c, dialect);
    case 'ALTER': return parseAlter(c, dialect);
    case 'DROP': return parseDrop(c);
    case 'RENAME': return parseRename(c);
    case 'TRUNCATE': c.take(); c.accept('TABLE'); return { kind: 'truncate', table: c.tableName() };
    default: return DATA_VERBS.has(word) ? parseData(c) : undefined;
  }
}

function parseCreate(c: Cursor, dialect: Dialect): DdlStatement | undefined {
  c.take();
  const replace = c.accept('OR', 'REPLACE');
  if (c.accept('DATABASE') || c.accept('SCHEMA')) {
    c.accept('IF', 'NOT', 'EXISTS');
    return { kind: 'database', name: c.name(), action: replace ? 'replace' : 'create', defaults: parseCharsets(c) };
  }
  c.accept('EXTERNAL');
  // A temporary table is its session's own; TEMPORARY and everything else that is created is nobody's business here.
  if (!c.accept('TABLE')) return undefined;
  const ifNotExists = c.accept('IF', 'NOT', 'EXISTS'), table = c.tableName();
  return { kind: 'create', table, replace, ifNotExists, body: () => parseCreateBody(c, dialect) };
}
function parseCreateBody(c: Cursor, dialect: Dialect): CreateBody | { readonly kind: 'like'; readonly table: TableId } | { readonly kind: 'query' } {
  if (c.accept('LIKE')) return { kind: 'like', table: c.tableName() };
  if (c.isPunct('(') && c.peek(1).word === 'LIKE') { c.take(); c.take(); return { kind: 'like', table: c.tableName() }; }
  if (!c.isPunct('(') || ['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(c.peek(1).word) || (c.peek(1).kind === 'punct' && c.peek(1).text === '(')) return { kind: 'query' };
  c.take();
  const elements = parseElements(c, dialect);
  const options = parseTableOptions(c);
  return options === undefined ? { kind: 'query' } : { kind: 'columns', ...elements, ...options };
}
/** Options behind the columns; undefined when a query follows, whose columns are not known. */
function parseTableOptions(c: Cursor): { defaults: CharsetChoice; comment: string } | undefined {
  let charset: string | null = null, collation: string | null = null, comment = '';
  while (!c.isEnd) {
    if (c.is('SELECT') || c.is('AS') || (c.is('VALUES') && c.isPunct('(', 1)) || c.is('WITH', 'RECURSIVE') || (c.is('WITH') && c.peek(2).word === 'AS')) return undefined;
    // Behind it only partitions can follow, and a query, which a row binlog never has.
    if (c.is('PARTITION')) break;
    const choice = acceptCharset(c);
    if (choice !== undefined) { charset = choice.charset ?? charset; collation = choice.collation ?? collation; } else if (c.accept('COMMENT')) { c.acceptPunct('='); comment = c.string(); } else c.skip();
  }
  return { defaults: { charset, collation }, comment };
}
/** `[DEFAULT] CHARACTER SET [=] x`, `[DEFAULT] CHARSET [=] x`, `[DEFAULT] COLLATE [=] x` when one stands here. */
export function acceptCharset(c: Cursor): CharsetChoice | undefined {
  const at = c.is('DEFAULT') ? 1 : 0, word = c.peek(at).word, isSet = word === 'CHARSET' || ((word === 'CHARACTER' || word === 'CHAR') && c.peek(at + 1).word === 'SET');
  if (!isSet && word !== 'COLLATE') return undefined;
  for (let i = at + (word === 'CHARACTER' || word === 'CHAR' ? 2 : 1); i > 0; i--) c.take();
  c.acceptPunct('=');
  const name = c.option();
  return isSet ? { charset: name, collation: null } : { charset: null, collation: name };
}
function parseCharsets(c: Cursor): CharsetChoice {
  let charset: string | null = null, collation: string | null = null;
  while (!c.isEnd) {
    const choice = acceptCharset(c);
    if (choice === undefined) c.skip(); else { charset = choice.charset ?? charset; collation = choice.collation ?? collation; }
  }
  return { charset, collation };
}

function parseAlter(c: Cursor, dialect: Dialect): DdlStatement | undefined {
  c.take();
  if (c.accept('DATABASE') || c.accept('SCHEMA')) {
    // The name may be missing; a name that is one of the words of an option is in backticks or followed by no option value.
    const name = !c.isName || acceptsOption(c) ? c.database : c.name();
    return { kind: 'database', name, action: 'alter', defaults: parseCharsets(c) };
  }
  while (c.accept('ONLINE') || c.accept('OFFLINE') || c.accept('IGNORE'));
  if (!c.accept('TABLE')) return undefined;
  c.accept('IF', 'EXISTS');
  const table = c.tableName();
  return { kind: 'alter', table, body: () => { skipWait(c); return parseAlterations(c, dialect); } };
}
const acceptsOption = (c: Cursor): boolean => c.peek().kind === 'word' && ['DEFAULT', 'CHARACTER', 'CHARSET', 'COLLATE', 'ENCRYPTION', 'READ'].includes(c.peek().word);
/** MariaDB's limit of the wait for a lock. */
function skipWait(c: Cursor): void { if (!c.accept('NOWAIT') && c.accept('WAIT')) c.take(); }

function parseDrop(c: Cursor): DdlStatement | undefined {
  c.take();
  if (c.accept('DATABASE') || c.accept('SCHEMA')) {
    c.accept('IF', 'EXISTS');
    return { kind: 'database', name: c.name(), action: 'drop', defaults: { charset: null, collation: null } };
  }
  if (c.accept('INDEX')) {
    c.accept('IF', 'EXISTS');
    const index = c.name();
    c.expect('ON');
    return { kind: 'dropIndex', table: c.tableName(), index };
  }
  if (!c.accept('TABLE') && !c.accept('TABLES')) return undefined;
  c.accept('IF', 'EXISTS');
  const tables: TableId[] = [];
  do tables.push(c.tableName()); while (c.acceptPunct(','));
  return { kind: 'drop', tables };
}
function parseRename(c: Cursor): DdlStatement | undefined {
  c.take();
  if (!c.accept('TABLE') && !c.accept('TABLES')) return undefined;
  c.accept('IF', 'EXISTS');
  const pairs: [TableId, TableId][] = [];
  do {
    const from = c.tableName();
    skipWait(c);
    c.expect('TO');
    pairs.push([from, c.tableName()]);
  } while (c.acceptPunct(','));
  return { kind: 'rename', pairs };
}
/** Names behind the words that come before targets; a query's own tables may be among them. */
function parseData(c: Cursor): DdlStatement {
  const { word: verb } = c.take(), tables: TableId[] = [];
  // A statement with values may be huge: targets stand at its beginning.
  for (let left = 64, wants = verb === 'UPDATE' || verb === 'INSERT' || verb === 'REPLACE'; left > 0 && !c.isEnd; left--) {
    const { word } = c.peek();
    if (['LOW_PRIORITY', 'HIGH_PRIORITY', 'DELAYED', 'IGNORE', 'QUICK', 'CONCURRENT', 'LOCAL'].includes(word)) c.take();
    else if (['INTO', 'FROM', 'TABLE', 'JOIN'].includes(word)) { c.take(); wants = true; } else if (wants && c.isName) { tables.push(c.tableName()); wants = false; } else c.take();
  }
  return { kind: 'data', verb, tables };
}
