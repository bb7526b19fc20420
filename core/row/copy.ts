/**
 * Generated copies of single rows between column lists. An unrolled copy keeps one inline cache per column, where a loop over columns of
 * several kinds of elements is megamorphic: about 2 ns per column against 8. Only positions enter the code.
 */
import { generatedFactory } from '../codegen/generated.ts';
import type { Column } from './batch.ts';

/** Copies `source[from[k]][row]` to `target[to[k]][at]` for every k. */
export type RowCopy = (source: readonly Column[], row: number, target: readonly Column[], at: number) => void;

export function compileCopy(from: readonly number[], to: readonly number[]): RowCopy {
  const body = from.map((f, k) => `target[${Number(to[k])}][at] = source[${Number(f)}][row];`).join('\n');
  return generatedFactory([], `return function (source, row, target, at) {\n${body}\n};`)() as RowCopy;
}
/** Writes `values[i]` to `target[offset + i][at]` for i below `count`. */
export function compileSpread(count: number, offset: number): (values: readonly unknown[], target: readonly Column[], at: number) => void {
  const body = range(0, count).map((i) => `target[${Number(offset + i)}][at] = values[${i}];`).join('\n');
  return generatedFactory([], `return function (values, target, at) {\n${body}\n};`)() as (values: readonly unknown[], target: readonly Column[], at: number) => void;
}
/** Sets `target[to[k]][at]` to NULL for every k. */
export function compileNulls(to: readonly number[]): (target: readonly Column[], at: number) => void {
  return generatedFactory([], `return function (target, at) {\n${to.map((t) => `target[${Number(t)}][at] = null;`).join('\n')}\n};`)() as (target: readonly Column[], at: number) => void;
}
export const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
