/** The clauses of ALTER TABLE, in order. What does not touch columns, keys, names or rows is read over. */
import type { TableId } from '../contract.ts';
import { parseColumn, type ColumnDraft } from './column.ts';
import type { Cursor } from './cursor.ts';
import type { Dialect } from './data-type.ts';
import { isKeyElement, parseElements, parseKey } from './elements.ts';

/** undefined: where it was, or at the end; null: first; else behind that column. */
export type Position = string | null | undefined;
export type Alteration =
  | { readonly kind: 'add'; readonly column: ColumnDraft; readonly position: Position; readonly ifNotExists: boolean }
  | { readonly kind: 'change'; readonly name: string; readonly column: ColumnDraft; readonly position: Position }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'drop'; readonly name: string }
  | { readonly kind: 'primaryKey'; readonly columns: readonly string[] }
  | { readonly kind: 'dropPrimaryKey' }
  | { readonly kind: 'renameTable'; readonly to: TableId }
  | { readonly kind: 'defaults'; readonly charset: string | null; readonly collation: string | null }
  | { readonly kind: 'convert'; readonly charset: string | null; readonly collation: string | null }
  | { readonly kind: 'comment'; readonly text: string }
  /** Rows came or went without row events. `other`: a table this happened to as well. */
  | { readonly kind: 'rows'; readonly what: string; readonly other: TableId | undefined };

export function parseAlterations(c: Cursor, dialect: Dialect): Alteration[] {
  const out: Alteration[] = [];
  while (!c.isEnd) {
    parseClause(c, dialect, out);
    if (!c.acceptPunct(',') && c.isPunct(')')) c.fail('the next clause');
  }
  return out;
}

function parseClause(c: Cursor, dialect: Dialect, out: Alteration[]): void {
  const { word } = c.peek();
  switch (word) {
    case 'ADD': c.take(); parseAdd(c, dialect, out); return;
    case 'DROP': c.take(); parseDrop(c, out); return;
    case 'MODIFY': case 'CHANGE': {
      c.take();
      c.accept('COLUMN');
      c.accept('IF', 'EXISTS');
      const old = word === 'CHANGE' ? c.columnName() : undefined, column = parseColumn(c, dialect);
      out.push({ kind: 'change', name: old ?? column.name, column, position: parsePosition(c) });
      if (column.primary) out.push({ kind: 'primaryKey', columns: [column.name] });
      return;
    }
    case 'RENAME': c.take(); parseRename(c, out); return;
    case 'CONVERT': c.take(); parseConvert(c, out); return;
    case 'DEFAULT': case 'CHARACTER': case 'CHAR': case 'CHARSET': case 'COLLATE': parseDefaults(c, out); return;
    case 'COMMENT': c.take(); c.acceptPunct('='); out.push({ kind: 'comment', text: c.string() }); return;
    case 'TRUNCATE': case 'EXCHANGE': parsePartitionRows(c, word, out); return;
    case 'DISCARD': case 'IMPORT': out.push({ kind: 'rows', what: `${word} TABLESPACE`, other: undefined }); rest(c); return;
    // Rows stay what they are. ORDER BY takes every comma behind it for its own.
    case 'ORDER': case 'PARTITION': case 'REORGANIZE': case 'COALESCE': case 'REBUILD': case 'REPAIR': case 'OPTIMIZE': case 'ANALYZE': case 'CHECK': case 'UPGRADE': case 'REMOVE': rest(c); return;
    case 'ALTER': case 'ALGORITHM': case 'LOCK': case 'FORCE': case 'ENABLE': case 'DISABLE': case 'WITH': case 'WITHOUT': case 'SECONDARY_LOAD': case 'SECONDARY_UNLOAD': c.take(); skipUntilClause(c); return;
    default: parseOption(c);
  }
}

function parseAdd(c: Cursor, dialect: Dialect, out: Alteration[]): void {
  const isColumn = c.accept('COLUMN');
  if (!isColumn) {
    if (c.is('PARTITION')) { rest(c); return; }
    if (c.accept('SYSTEM', 'VERSIONING')) return;
    if (isKeyElement(c)) {
      const columns = parseKey(c);
      if (columns !== undefined) out.push({ kind: 'primaryKey', columns });
      return;
    }
  }
  const ifNotExists = c.accept('IF', 'NOT', 'EXISTS');
  const add = (column: ColumnDraft, position: Position): void => {
    out.push({ kind: 'add', column, position, ifNotExists });
    if (column.primary) out.push({ kind: 'primaryKey', columns: [column.name] });
  };
  if (c.acceptPunct('(')) {
    const { columns, primaryKey } = parseElements(c, dialect);
    for (const column of columns) add(column, undefined);
    if (primaryKey.length > 0) out.push({ kind: 'primaryKey', columns: primaryKey });
    return;
  }
  const column = parseColumn(c, dialect);
  add(column, parsePosition(c));
}
function parsePosition(c: Cursor): Position {
  if (c.accept('FIRST')) return null;
  return c.accept('AFTER') ? c.columnName() : undefined;
}
function parseDrop(c: Cursor, out: Alteration[]): void {
  if (c.accept('PRIMARY', 'KEY')) { out.push({ kind: 'dropPrimaryKey' }); return; }
  if (c.is('PARTITION')) { out.push({ kind: 'rows', what: 'DROP PARTITION', other: undefined }); rest(c); return; }
  if (c.accept('SYSTEM', 'VERSIONING') || c.accept('PERIOD', 'FOR')) { skipUntilClause(c); return; }
  if (c.accept('INDEX') || c.accept('KEY') || c.accept('CONSTRAINT')) {
    c.accept('IF', 'EXISTS');
    if (c.name().toUpperCase() === 'PRIMARY') out.push({ kind: 'dropPrimaryKey' });
    return;
  }
  if (c.accept('FOREIGN', 'KEY') || c.accept('CHECK')) { c.accept('IF', 'EXISTS'); c.name(); return; }
  c.accept('COLUMN');
  c.accept('IF', 'EXISTS');
  out.push({ kind: 'drop', name: c.columnName() });
  if (!c.accept('RESTRICT')) c.accept('CASCADE');
}
function parseRename(c: Cursor, out: Alteration[]): void {
  if (c.is('INDEX') || c.is('KEY')) { skipUntilClause(c); return; }
  if (c.accept('COLUMN')) {
    c.accept('IF', 'EXISTS');
    const from = c.columnName();
    c.expect('TO');
    out.push({ kind: 'rename', from, to: c.columnName() });
    return;
  }
  if (!c.accept('TO') && !c.accept('AS')) c.acceptPunct('=');
  out.push({ kind: 'renameTable', to: c.tableName() });
}
function parseConvert(c: Cursor, out: Alteration[]): void {
  if (c.is('PARTITION') || c.is('TABLE')) {
    const isTable = c.is('TABLE');
    c.take();
    const first = c.tableName();
    c.expect('TO');
    c.take();
    out.push({ kind: 'rows', what: isTable ? 'CONVERT TABLE' : 'CONVERT PARTITION', other: isTable ? first : c.tableName() });
    rest(c);
    return;
  }
  c.expect('TO');
  if (c.accept('CHARACTER') || c.accept('CHAR')) c.expect('SET'); else c.expect('CHARSET');
  const charset = c.option(), collation = c.accept('COLLATE') ? (c.acceptPunct('='), c.option()) : null;
  out.push({ kind: 'convert', charset: charset.toUpperCase() === 'DEFAULT' ? null : charset, collation });
}
function parseDefaults(c: Cursor, out: Alteration[]): void {
  c.accept('DEFAULT');
  const isCollation = c.accept('COLLATE');
  if (!isCollation && !c.accept('CHARSET')) { if (!c.accept('CHAR')) c.expect('CHARACTER'); c.expect('SET'); }
  c.acceptPunct('=');
  const name = c.option();
  out.push({ kind: 'defaults', charset: isCollation ? null : name, collation: isCollation ? name : null });
}
function parsePartitionRows(c: Cursor, word: string, out: Alteration[]): void {
  c.take();
  let other: TableId | undefined;
  while (!c.isEnd && other === undefined) { if (c.accept('WITH', 'TABLE')) other = c.tableName(); else c.skip(); }
  out.push({ kind: 'rows', what: `${word} PARTITION`, other });
  rest(c);
}

/** Options of a table that take no part in its columns; a name that is not among them must be followed by `=`. */
const OPTIONS: ReadonlySet<string> = new Set([
  'ENGINE', 'TYPE', 'AUTO_INCREMENT', 'AUTOEXTEND_SIZE', 'AVG_ROW_LENGTH', 'CHECKSUM', 'TABLE_CHECKSUM', 'COMPRESSION', 'CONNECTION', 'DATA', 'INDEX', 'DELAY_KEY_WRITE', 'ENCRYPTION', 'ENGINE_ATTRIBUTE', 'SECONDARY_ENGINE_ATTRIBUTE', 'INSERT_METHOD',
  'KEY_BLOCK_SIZE', 'MAX_ROWS', 'MIN_ROWS', 'PACK_KEYS', 'PASSWORD', 'ROW_FORMAT', 'SECONDARY_ENGINE', 'STATS_AUTO_RECALC', 'STATS_PERSISTENT', 'STATS_SAMPLE_PAGES', 'TABLESPACE', 'STORAGE', 'UNION', 'PAGE_CHECKSUM', 'TRANSACTIONAL', 'SEQUENCE', 'START', 'NULL',
]);
function parseOption(c: Cursor): void {
  const token = c.peek();
  if (token.kind !== 'word' && token.kind !== 'name') c.fail('a clause of ALTER TABLE');
  if (!OPTIONS.has(token.word) && !c.isPunct('=', 1)) c.fail('a clause of ALTER TABLE that is known');
  c.take();
  if (token.word === 'DATA' || token.word === 'INDEX') c.expect('DIRECTORY');
  c.acceptPunct('=');
  if (!c.isEnd && !c.isPunct(',')) c.skip();
}
/** Over what belongs to a clause without meaning here. Another option may follow without a comma. */
function skipUntilClause(c: Cursor): void { while (!c.isEnd && !c.isPunct(',')) c.skip(); }
/** Clauses with commas of their own, which are the last. */
function rest(c: Cursor): void { while (!c.isEnd) c.skip(); }
