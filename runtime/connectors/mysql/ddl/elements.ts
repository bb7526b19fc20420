/** What stands between the brackets of CREATE TABLE, and of ADD ( … ): columns, keys, constraints. Only the primary key is kept of the latter. */
import { parseColumn, type ColumnDraft } from './column.ts';
import type { Cursor } from './cursor.ts';
import type { Dialect } from './data-type.ts';

export interface TableElements {
  readonly columns: readonly ColumnDraft[];
  /** Names in order; empty = none said here (a column may still say it). */
  readonly primaryKey: readonly string[];
}

/** Behind the opening bracket, to behind the closing one. */
export function parseElements(c: Cursor, dialect: Dialect): TableElements {
  const columns: ColumnDraft[] = [];
  let primaryKey: string[] = [];
  do {
    if (isKeyElement(c)) primaryKey = parseKey(c) ?? primaryKey;
    else columns.push(parseColumn(c, dialect));
  } while (c.acceptPunct(','));
  c.expectPunct(')');
  return { columns, primaryKey };
}

const KEY_WORDS: ReadonlySet<string> = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'KEY', 'INDEX', 'FULLTEXT', 'SPATIAL', 'FOREIGN', 'CHECK']);
/** True where a key or constraint begins, not a column. All its words are reserved but PERIOD and VECTOR. */
export function isKeyElement(c: Cursor): boolean {
  return c.isAny(KEY_WORDS) || c.is('PERIOD', 'FOR') || c.is('VECTOR', 'INDEX') || c.is('VECTOR', 'KEY');
}
/** Over a key or constraint, up to the next comma; the columns of a primary key, else undefined. */
export function parseKey(c: Cursor): string[] | undefined {
  if (c.accept('CONSTRAINT') && !c.isAny(KEY_WORDS)) c.name();
  if (!c.accept('PRIMARY', 'KEY')) { c.skipItem(); return undefined; }
  c.accept('IF', 'NOT', 'EXISTS');
  // A name and an index type may come first.
  while (!c.isPunct('(') && !c.isEnd && !c.isPunct(',')) c.take();
  c.expectPunct('(');
  const names: string[] = [];
  do {
    names.push(c.name());
    c.skipParentheses();
    if (!c.accept('ASC')) c.accept('DESC');
    c.accept('WITHOUT', 'OVERLAPS');
  } while (c.acceptPunct(','));
  c.expectPunct(')');
  c.skipItem();
  return names;
}
