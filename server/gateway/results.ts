/** Small helpers that make StatementResults. */
import { STRING, type SqlType } from '../../core/types/sql-type.ts';
import type { DoneResult, ResultColumn, RowChunk, RowsResult } from './contract.ts';

export const done = (tag: string): DoneResult => ({ kind: 'done', tag });
export const stringColumns = (...names: string[]): ResultColumn[] => names.map((name) => ({ name, type: STRING }));
/** A result whose rows are known already. */
export function rowsResult(tag: string, columns: readonly ResultColumn[], rows: readonly (readonly unknown[])[]): RowsResult {
  async function* chunks(): AsyncGenerator<RowChunk> { if (rows.length > 0) yield await Promise.resolve({ rows }); }
  return { kind: 'rows', tag, columns, chunks: chunks(), endless: false };
}
export const oneColumn = (tag: string, name: string, values: readonly string[], type: SqlType = STRING): RowsResult => rowsResult(tag, [{ name, type }], values.map((v) => [v]));

/** SQL LIKE over names: `%` any text, `_` one character, `\` escapes. */
export function likeMatcher(pattern: string, ignoreCase: boolean): (text: string) => boolean {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? '';
    if (c === '\\' && i + 1 < pattern.length) source += escapeRegExp(pattern[++i] ?? '');
    else source += c === '%' ? '[^]*?' : c === '_' ? '[^]' : escapeRegExp(c);
  }
  const expression = new RegExp(`^${source.replace(/(?:\[\^\]\*\?)+/g, '[^]*?')}$`, ignoreCase ? 'i' : '');
  return (text) => expression.test(text);
}
const escapeRegExp = (c: string): string => c.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
