/** A column definition as it stands in CREATE and ALTER TABLE, and what becomes of it in a table with a default collation. */
import type { MySqlColumn, ServerFacts } from '../contract.ts';
import type { Collations } from './collations.ts';
import type { Cursor } from './cursor.ts';
import { parseType, type Dialect, type TypeDraft } from './data-type.ts';

export interface ColumnDraft {
  readonly name: string;
  readonly type: TypeDraft;
  readonly unsigned: boolean;
  readonly zerofill: boolean;
  /** undefined: nothing said. */
  readonly nullable: boolean | undefined;
  /** PRIMARY KEY among its attributes. */
  readonly primary: boolean;
  readonly generated: boolean;
  readonly comment: string;
  readonly charset: string | null;
  readonly collation: string | null;
  /** BINARY behind a text type: the `_bin` collation. */
  readonly binary: boolean;
}
/** Facts of the server that a definition depends on. */
export interface DdlContext {
  readonly facts: ServerFacts;
  readonly collations: Collations;
  /** `explicit_defaults_for_timestamp`: without it a TIMESTAMP is NOT NULL unless said otherwise. */
  readonly explicitTimestamps: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Name, type and attributes, up to a comma, bracket, FIRST, AFTER or the end. */
export function parseColumn(c: Cursor, dialect: Dialect): ColumnDraft {
  const name = c.columnName(), type = parseType(c, dialect);
  const column: Mutable<ColumnDraft> = { name, type, unsigned: type.serial, zerofill: false, nullable: type.serial ? false : undefined, primary: false, generated: false, comment: '', charset: type.charset, collation: type.collation, binary: false };
  while (!c.isEnd && !c.isPunct(',') && !c.isPunct(')') && !c.is('FIRST') && !c.is('AFTER')) attribute(c, column);
  return column;
}

function attribute(c: Cursor, column: Mutable<ColumnDraft>): void {
  if (c.isPunct('(')) { c.skip(); return; }
  const token = c.take();
  switch (token.word) {
    case 'UNSIGNED': column.unsigned = true; return;
    case 'ZEROFILL': column.zerofill = column.unsigned = true; return;
    case 'NOT': if (c.accept('NULL')) column.nullable = false; else c.take(); return;
    case 'NULL': column.nullable = true; return;
    case 'DEFAULT': skipDefault(c); return;
    case 'ON': c.take(); skipDefault(c); return;
    case 'AUTO_INCREMENT': column.nullable = false; return;
    case 'SERIAL': if (c.accept('DEFAULT', 'VALUE')) column.nullable = false; return;
    case 'UNIQUE': c.accept('KEY'); return;
    case 'PRIMARY': c.accept('KEY'); column.primary = true; return;
    case 'KEY': column.primary = true; return;
    case 'COMMENT': column.comment = c.string(); return;
    case 'COLLATE': column.collation = c.option(); return;
    case 'CHARACTER': case 'CHAR': c.expect('SET'); column.charset = c.option(); return;
    case 'CHARSET': column.charset = c.option(); return;
    case 'ASCII': column.charset = 'latin1'; return;
    case 'UNICODE': column.charset = 'ucs2'; return;
    case 'BYTE': column.charset = 'binary'; return;
    case 'BINARY': column.binary = true; return;
    case 'CONSTRAINT': if (c.isName && !c.is('CHECK')) c.take(); return;
    case 'CHECK': c.skipParentheses(); c.accept('NOT', 'ENFORCED'); return;
    case 'REFERENCES': skipReferences(c); return;
    case 'AS': generatedAs(c, column); return;
    case 'VIRTUAL': case 'STORED': case 'PERSISTENT': column.generated = true; return;
    case 'WITH': case 'WITHOUT': c.accept('SYSTEM', 'VERSIONING'); return;
    // GENERATED ALWAYS, COLUMN_FORMAT x, STORAGE x, VISIBLE, SRID n, COMPRESSED, and options of engines, `name = value`.
    default: if (c.acceptPunct('=')) c.take(); return;
  }
}
/** `AS (expression)`, and MariaDB's `AS ROW START`, which is a column as any other. */
function generatedAs(c: Cursor, column: Mutable<ColumnDraft>): void {
  if (c.accept('ROW', 'START') || c.accept('ROW', 'END')) { column.nullable = false; return; }
  column.generated = true;
  c.skipParentheses();
}
/** A literal, a function call or a bracketed expression: the NULL inside must not be taken for an attribute. */
function skipDefault(c: Cursor): void {
  if (c.skipParentheses()) return;
  if (c.isPunct('-') || c.isPunct('+')) c.take();
  if (c.is('CASE')) { for (let depth = 0; !c.isEnd; ) { const { word } = c.peek(); depth += word === 'CASE' ? 1 : word === 'END' ? -1 : 0; c.skip(); if (depth === 0) return; } return; }
  const token = c.take();
  if (token.kind === 'word' && (c.peek().kind === 'string' || c.peek().kind === 'quoted') && (token.text.startsWith('_') || ['DATE', 'TIME', 'TIMESTAMP'].includes(token.word))) c.take();
  while (c.acceptPunct('.')) c.take();
  c.skipParentheses();
}
function skipReferences(c: Cursor): void {
  c.tableName();
  c.skipParentheses();
  for (;;) {
    if (c.accept('MATCH')) c.take();
    else if (c.is('ON', 'DELETE') || c.is('ON', 'UPDATE')) {
      c.take();
      c.take();
      if (c.is('SET') || c.is('NO')) c.take();
      c.take();
    } else return;
  }
}

const MAX_CHARS = 255, MAX_ROW = 65_535;
/** Bytes that each kind of TEXT or BLOB holds. */
export const LOB_SIZES = [['tiny', 255], ['', 65_535], ['medium', 16_777_215], ['long', 4_294_967_295]] as const;
const lobOf = (bytes: number, kind: 'text' | 'blob'): string => `${LOB_SIZES.find(([, size]) => bytes <= size)?.[0] ?? 'long'}${kind}`;

/** The column as information_schema shows it. `tableCollation`: the table's default. */
export function resolveColumn(column: ColumnDraft, tableCollation: string, context: DdlContext): MySqlColumn {
  const { type } = column, { facts } = context, own = collationOf(column, tableCollation, context.collations), charset = own === null ? null : context.collations.charsetOf(own);
  const shape = shapeOf(column, charset, context), isTimestamp = type.dataType === 'timestamp' && !context.explicitTimestamps;
  return {
    name: column.name, dataType: shape.dataType, length: type.family === 'number' ? displayWidth(column, facts) : shape.length, scale: type.dataType === 'decimal' || /^(time|datetime|timestamp)$/.test(type.dataType) ? type.scale : null,
    unsigned: column.unsigned, nullable: column.nullable ?? !isTimestamp, charset: shape.isText ? charset : null, collation: shape.isText ? own : null, values: type.values, generated: column.generated, comment: column.comment,
  };
}
function collationOf(column: ColumnDraft, tableCollation: string, collations: Collations): string | null {
  const { family } = column.type;
  if (family !== 'text' && family !== 'choice') return null;
  const charset = column.charset === null ? undefined : column.charset, inherited = charset === undefined || charset.toUpperCase() === 'DEFAULT' ? tableCollation : collations.ofCharset(charset) ?? `${charset.toLowerCase()}_general_ci`;
  if (column.collation !== null) return collations.named(column.collation, collations.charsetOf(inherited));
  return column.binary ? collations.binary(inherited) : inherited;
}
function shapeOf({ type }: ColumnDraft, charset: string | null, { collations }: DdlContext): { dataType: string; length: number | null; isText: boolean } {
  const { dataType, length } = type;
  // MySQL shows no character set for ENUM and SET in `binary`.
  if (type.family === 'choice') return { dataType, length: null, isText: charset !== 'binary' };
  if (dataType === 'blob' && type.sized) return { dataType: lobOf(length ?? 0, 'blob'), length: null, isText: false };
  if (type.family !== 'text') return { dataType, length, isText: false };
  const isBinary = charset === 'binary', width = collations.width(charset ?? '');
  if (dataType === 'text' && type.sized) return { dataType: lobOf((length ?? 0) * (isBinary ? 1 : width), isBinary ? 'blob' : 'text'), length: null, isText: !isBinary };
  // Without strict mode a VARCHAR too long for a row becomes a TEXT.
  if (dataType === 'varchar' && (length ?? 0) * width > MAX_ROW) return { dataType: lobOf((length ?? 0) * width, isBinary ? 'blob' : 'text'), length: null, isText: !isBinary };
  if (dataType === 'char' || dataType === 'varchar') return { dataType: isBinary ? dataType.replace('char', 'binary') : dataType, length: dataType === 'char' ? Math.min(length ?? 1, MAX_CHARS) : length, isText: !isBinary };
  return { dataType: isBinary ? dataType.replace('text', 'blob') : dataType, length: null, isText: !isBinary };
}
const WIDTHS: Readonly<Record<string, readonly [signed: number, unsigned: number]>> = { tinyint: [4, 3], smallint: [6, 5], mediumint: [9, 8], int: [11, 10], bigint: [20, 20] };
/** Since 8.0.19 MySQL keeps the width of `tinyint(1)` and of ZEROFILL columns only; others show one always. */
function displayWidth(column: ColumnDraft, { flavor, version: [major, minor, patch] }: ServerFacts): number | null {
  const { dataType, length, scale } = column.type, widths = WIDTHS[dataType];
  if (dataType === 'year') return showsWidths(flavor, major, minor, patch) ? 4 : null;
  if (widths === undefined) return (dataType === 'float' || dataType === 'double') && scale === null ? null : length;
  const shown = length ?? widths[column.unsigned ? 1 : 0];
  if (showsWidths(flavor, major, minor, patch) || column.zerofill) return shown;
  return dataType === 'tinyint' && length === 1 && !column.unsigned ? 1 : null;
}
const showsWidths = (flavor: ServerFacts['flavor'], major: number, minor: number, patch: number): boolean => flavor === 'mariadb' || major * 10_000 + minor * 100 + patch < 80_019;
/** CONVERT TO CHARACTER SET: a TEXT keeps room for as many characters as before. */
export function convertColumn(column: MySqlColumn, collation: string, { collations }: DdlContext): MySqlColumn {
  if (column.charset === null || column.collation === null) return column;
  const charset = collations.charsetOf(collation), kind = /^(tiny|medium|long|)text$/.exec(column.dataType)?.[1], choice = column.dataType === 'enum' || column.dataType === 'set';
  if (charset === 'binary') return { ...column, charset: null, collation: null, dataType: choice ? column.dataType : column.dataType.replace('text', 'blob').replace('char', 'binary') };
  const bytes = kind === undefined ? 0 : Math.floor((LOB_SIZES.find(([name]) => name === kind)?.[1] ?? 0) / collations.width(column.charset)) * collations.width(charset);
  return { ...column, charset, collation, dataType: kind === undefined ? column.dataType : lobOf(bytes, 'text') };
}
