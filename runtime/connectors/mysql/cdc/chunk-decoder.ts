/**
 * Rows of the text protocol into columns: one generated function for the columns a statement selects. In the generated text are only
 * positions; values' readers go in by reference. A text goes as a slice of the chunk's bytes where the batch takes slices and nothing in
 * it needs escaping.
 *
 * Row format: per column a length-encoded text, or 0xfb for NULL ("Text Resultset Row" of the client/server protocol).
 */
import { generatedFactory } from '../../../../core/codegen/generated.ts';
import type { Column } from '../../../../core/row/batch.ts';
import type { TextSlices } from '../../../../core/row/slices.ts';
import { cellEnd, cellStart } from './raw-rows.ts';
import type { TextCell } from './values.ts';

/** How a selected column becomes a value: into which column, by what. `slices`: null for values that are no texts as sent. */
export interface CellStep { readonly slot: number; readonly cell: TextCell; readonly slices: TextSlices | null }
/** Writes the row whose first value begins at `p` into position `at` of the columns; `ensure` of the slices is the caller's affair. */
export type DecodeRow = (b: Buffer, p: number, columns: readonly Column[], at: number) => void;

/** @param steps by selected column: the wanted columns it gives; usually one, none for a key that nobody wants */
export function compileChunkDecoder(steps: readonly (readonly CellStep[])[]): DecodeRow {
  const refs: unknown[] = [], ref = (value: unknown): string => `r${refs.push(value) - 1}`;
  const start = ref(cellStart), end = ref(cellEnd), plain = ref(isPlainText);
  const body = steps.map((of) => {
    const isNull = of.map(({ slot, slices }) => `columns[${slot}][at] = null; ${slices === null ? '' : `${ref(slices)}.starts[at] = -1;`}`).join(' ');
    const value = of.map(({ slot, cell, slices }) => {
      const read = `columns[${slot}][at] = ${ref(cell)}(b, s, p);`;
      if (slices === null) return read;
      const into = ref(slices);
      return `if (${plain}(b, s, p)) { ${into}.starts[at] = s; ${into}.ends[at] = p; } else { ${into}.starts[at] = -1; ${read} }`;
    }).join(' ');
    return `f = b[p]; if (f === 251) { p++; ${isNull} } else { if (f < 251) { s = p + 1; p = s + f; } else { s = ${start}(b, p); p = ${end}(b, p); } ${value} }`;
  });
  return generatedFactory(refs.map((_, i) => `r${i}`), `return function (b, p, columns, at) { let f = 0, s = 0;\n${body.join('\n')}\n};`)(...refs) as DecodeRow;
}
/** ASCII without quotes, backslashes and control characters. */
function isPlainText(b: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) { const c = b[i]!; if (c < 0x20 || c > 0x7e || c === 0x22 || c === 0x5c) return false; }
  return true;
}
