/** A row of a batch in an error: `+I[1, NULL, text]` as print sinks show it, shortened. The batch has no slices, or they are put into the columns first. */
import { shortened } from '../../core/errors/format.ts';
import { KIND_TEXT, type ChangeBatch } from '../../core/row/batch.ts';
import { materializeTexts } from '../../core/row/slices.ts';
import { printValue } from '../../core/types/print-value.ts';
import type { SqlType } from '../../core/types/sql-type.ts';

const VALUE_CHARACTERS = 60;
export function rowText(batch: ChangeBatch, row: number, columns: readonly { readonly type: SqlType }[]): string {
  materializeTexts(batch);
  const values = batch.columns.map((column, c) => {
    const value = column[row], type = columns[c]?.type, text = value === null || value === undefined || type === undefined ? 'NULL' : printValue(type, value);
    return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}...` : text;
  });
  return shortened(`${KIND_TEXT[batch.kindAt(row)]}[${values.join(', ')}]`);
}
