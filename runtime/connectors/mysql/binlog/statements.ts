/**
 * What a QUERY event does to the stream: most are the frame of a transaction, some are DDL, and those that change rows (INSERT, UPDATE …)
 * are a sign of a statement-based binlog, whose rows nobody can know. Format: `Query_event` of MySQL's statement_events.h.
 */
import type { TextBuffer } from '../../../../core/row/text.ts';
import { decodeText } from '../types/charset.ts';
import type { Charsets } from './table-map.ts';

export type StatementKind = 'begin' | 'commit' | 'rollback' | 'rollback-to' | 'savepoint' | 'xa-start' | 'xa-end' | 'xa-prepare' | 'xa-commit' | 'xa-rollback' | 'rows' | 'other';

/** `sql_mode` bits that change how a statement is read. */
const ANSI_QUOTES = 4, NO_BACKSLASH_ESCAPES = 1 << 20;
export interface Statement { readonly database: string; readonly sql: string; readonly ansiQuotes: boolean; readonly noBackslashEscapes: boolean }

/** The statement is `BEGIN`, as in nearly every transaction: found without making texts. */
export function isBegin(b: Buffer, end: number): boolean {
  return b[end - 1] === 78 && b[end - 2] === 73 && b[end - 3] === 71 && b[end - 4] === 69 && b[end - 5] === 66 && b[end - 6] === 0;
}
/** @param at the body; @param sql replaces the text where it was compressed. Throws RangeError where the event is cut short. */
export function readStatement(b: Buffer, at: number, end: number, charsets: Charsets, unpack: ((start: number, end: number) => Buffer) | undefined): Statement {
  const databaseLength = b.readUInt8(at + 8), varsLength = b.readUInt16LE(at + 11), vars = at + 13, databaseAt = vars + varsLength, textAt = databaseAt + databaseLength + 1;
  if (textAt > end) throw new RangeError('a statement is cut short');
  const { mode, collation } = statusVariables(b, vars, databaseAt), database = (b as TextBuffer).utf8Slice(databaseAt, databaseAt + databaseLength);
  const charset = charsets.get(collation)?.charset ?? 'utf8mb4', plain = unpack?.(textAt, end);
  const sql = plain === undefined ? decodeText(charset, b, textAt, end) : decodeText(charset, plain, 0, plain.length);
  return { database, sql, ansiQuotes: (mode & ANSI_QUOTES) !== 0, noBackslashEscapes: (mode & NO_BACKSLASH_ESCAPES) !== 0 };
}
/** The session's mode and character set: variables 1 and 4, which stand among the first. */
function statusVariables(b: Buffer, at: number, end: number): { mode: number; collation: number } {
  let mode = 0, collation = 0;
  while (at < end) {
    switch (b[at++]) {
      case 0: at += 4; break;
      case 1: mode = b.readUInt32LE(at); at += 8; break;
      case 2: at += 2 + b.readUInt8(at); break;
      case 3: at += 4; break;
      case 4: return { mode, collation: b.readUInt16LE(at) };
      case 5: case 6: at += 1 + b.readUInt8(at); break;
      default: return { mode, collation };
    }
  }
  return { mode, collation };
}

/** Blanks and comments before the first word; a comment that MySQL runs (`/*!50003 …`) is part of the statement. */
const LEADING = /^(?:\s+|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*(?![!M])[\s\S]*?\*\/|\/\*(?:!|M!)\d*)+/;
const strip = (sql: string): string => sql.replace(LEADING, '');

export function kindOf(sql: string): StatementKind {
  if (sql === 'BEGIN') return 'begin';
  if (sql === 'COMMIT') return 'commit';
  const text = strip(sql), match = /^(?:XA\s+)?\w+/i.exec(text);
  switch (match?.[0].toUpperCase().replace(/\s+/g, ' ')) {
    case 'BEGIN': return 'begin';
    case 'START': return /^START\s+TRANSACTION/i.test(text) ? 'begin' : 'other';
    case 'COMMIT': return 'commit';
    case 'ROLLBACK': return /^ROLLBACK\s+(?:WORK\s+)?TO\b/i.test(text) ? 'rollback-to' : 'rollback';
    case 'SAVEPOINT': case 'RELEASE': return 'savepoint';
    case 'XA START': case 'XA BEGIN': return 'xa-start';
    case 'XA END': return 'xa-end';
    case 'XA PREPARE': return 'xa-prepare';
    case 'XA COMMIT': return 'xa-commit';
    case 'XA ROLLBACK': return 'xa-rollback';
    case 'INSERT': case 'UPDATE': case 'DELETE': case 'REPLACE': case 'LOAD': case 'WITH': return 'rows';
    default: return 'other';
  }
}
/** The transaction's id as the server writes it behind XA START, XA COMMIT …: texts are equal for equal ids. */
export const xaId = (sql: string): string => strip(sql).replace(/^XA\s+\w+\s*/i, '').replace(/\s+(?:ONE\s+PHASE|JOIN|RESUME)\s*$/i, '').replace(/\s+/g, '').toLowerCase();

/** Of SAVEPOINT, RELEASE SAVEPOINT and ROLLBACK TO; names are equal whatever their case. */
export const savepointName = (sql: string): string => strip(sql).replace(/^(?:SAVEPOINT|RELEASE\s+SAVEPOINT|ROLLBACK\s+(?:WORK\s+)?TO(?:\s+SAVEPOINT)?)\s+/i, '').trim().replace(/^`(.*)`$/s, '$1').replaceAll('``', '`').toLowerCase();

/** Names, dots, commas, brackets; texts and comments are skipped. */
const TOKEN = /`(?:[^`]|``)*`|"(?:[^"\\]|\\.|"")*"|'(?:[^'\\]|\\.|'')*'|\/\*[\s\S]*?\*\/|--[^\n]*|[\p{L}\p{N}_$]+|\S/gu;
const MOST_TOKENS = 2000;

/** Tables that a statement of kind 'rows' may change, as pairs of database and table. */
export function changedTables(sql: string, database: string, ansiQuotes: boolean): [database: string, table: string][] {
  const tokens: string[] = [];
  for (const [token] of strip(sql).matchAll(TOKEN)) {
    if (tokens.length === MOST_TOKENS) break;
    if (token.startsWith("'") || token.startsWith('/*') || token.startsWith('--') || token.startsWith('"') && !ansiQuotes) continue;
    tokens.push(token);
  }
  const upper = tokens.map((t) => t.toUpperCase()), [from, to] = targetRange(upper), found: [string, string][] = [];
  for (let i = from; i < to; i++) {
    const name = nameOf(tokens[i]!);
    if (name === undefined) continue;
    const second = upper[i + 1] === '.' ? nameOf(tokens[i + 2] ?? '') : undefined;
    found.push(second === undefined ? [database, name] : [name, second]);
    if (second !== undefined) i += 2;
  }
  return found;
}
/** Which tokens may name the target. */
function targetRange(upper: readonly string[]): [number, number] {
  const first = (words: readonly string[], after: number): number => { const at = upper.findIndex((t, i) => i >= after && words.includes(t)); return at < 0 ? upper.length : at; };
  switch (upper[0]) {
    case 'INSERT': case 'REPLACE': {
      let at = 1;
      while (['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE', 'INTO'].includes(upper[at] ?? '')) at++;
      return [at, Math.min(upper.length, at + 3)];
    }
    case 'LOAD': { const at = first(['TABLE'], 1) + 1; return [at, Math.min(upper.length, at + 3)]; }
    case 'UPDATE': return [1, first(['SET'], 1)];
    case 'DELETE': return [1, first(['WHERE', 'ORDER', 'LIMIT', 'RETURNING'], 1)];
    default: return [0, upper.length];
  }
}
function nameOf(token: string): string | undefined {
  if (token.startsWith('`')) return token.slice(1, -1).replaceAll('``', '`');
  if (token.startsWith('"')) return token.slice(1, -1).replaceAll('""', '"');
  return /^[\p{L}\p{N}_$]/u.test(token) ? token : undefined;
}
