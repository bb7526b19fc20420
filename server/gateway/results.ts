/** Small helpers that make StatementResults. */
import { STRING, type SqlType } from '../../core/types/sql-type.ts';
import { likeMatcher as matchLike } from '../../runtime/functions/like.ts';
import type { DoneResult, ResultColumn, RowChunk, RowsResult } from './contract.ts';

export const done = (tag: string): DoneResult => ({ kind: 'done', tag });
export const stringColumns = (...names: string[]): ResultColumn[] => names.map((name) => ({ name, type: STRING }));
/** A result whose rows are known already. */
export function rowsResult(tag: string, columns: readonly ResultColumn[], rows: readonly (readonly unknown[])[]): RowsResult {
  async function* chunks(): AsyncGenerator<RowChunk> { if (rows.length > 0) yield await Promise.resolve({ rows }); }
  return { kind: 'rows', tag, columns, chunks: chunks(), endless: false };
}
export const oneColumn = (tag: string, name: string, values: readonly string[], type: SqlType = STRING): RowsResult => rowsResult(tag, [{ name, type }], values.map((v) => [v]));

/** SQL LIKE over names: `%` any text, `_` one character, `\\` escapes. In linear time whatever the pattern. */
export function likeMatcher(pattern: string, ignoreCase: boolean): (text: string) => boolean {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  // PostgreSQL takes an escape before any character, the matcher only before what needs one.
  const test = matchLike(fold(pattern).replace(/\\([^])/g, (_all, c: string) => (c === '%' || c === '_' || c === '\\' ? `\\${c}` : c)).replace(/(^|[^\\])((?:\\\\)*)\\$/, '$1$2\\\\'), '\\');
  return (text) => test(fold(text));
}
