/**
 * Keys of records. json: an object of the key columns in the key's order, for sinks of many tables with `TableId` first; csv: the values
 * in one line, quoted where they must be. Source: Flink CDC's KeySerializationFactory.
 */
import { idText, type TableVersion } from '../../../../catalog/objects/pipeline-table.ts';
import type { ChangeBatch, Column } from '../../../../core/row/batch.ts';
import { printValue } from '../../../../core/types/print-value.ts';
import type { SqlType } from '../../../../core/types/sql-type.ts';
import type { ByteSink } from '../../contract.ts';
import { appendUtf8 } from '../../../formats/byte-sink.ts';
import type { JsonSettings } from '../../../formats/json/descriptor.ts';
import { compileRowWriter, type RowWriter } from '../../../formats/json/encode.ts';
import { quoteJson } from '../../../formats/json/reader.ts';
import type { KafkaPipelineSpec } from './spec.ts';

/** undefined: the records of the table have no key. */
export function keyWriter(spec: KafkaPipelineSpec, table: TableVersion): RowWriter | undefined {
  const columns = table.primaryKey.map((k) => ({ name: table.columns[k]!.name, type: table.columns[k]!.type, column: k }));
  const text = idText(table.id), { withTableId } = spec.key;
  if (columns.length === 0 && !withTableId) return undefined;
  if (spec.key.format === 'csv') return csvWriter([...(withTableId ? [text] : [])], columns);
  const write = compileRowWriter(columns, { ...(spec.key.settings as unknown as JsonSettings), exactTime: true });
  if (!withTableId) return write;
  const head = `{"TableId":${quoteJson(text)}`;
  return (batch, row, out) => {
    appendUtf8(out, columns.length === 0 ? `${head}}` : head);
    if (columns.length === 0) return;
    // The opening brace of the columns' object becomes the comma behind TableId.
    const brace = out.length;
    write(batch, row, out);
    out.bytes[brace] = 44;
  };
}
const SPECIAL = /[",\n\r]/;
const quote = (value: string): string => (SPECIAL.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
function csvWriter(constants: readonly string[], columns: readonly { readonly type: SqlType; readonly column: number }[]): RowWriter {
  const head = constants.map(quote).join(',');
  return (batch: ChangeBatch, row: number, out: ByteSink) => {
    const values = columns.map(({ type, column }) => { const v = textAt(batch, column, row); return v === null ? '' : quote(printValue(type, v)); });
    appendUtf8(out, [...(head === '' ? [] : [head]), ...values].join(','));
  };
}
function textAt(batch: ChangeBatch, column: number, row: number): unknown {
  const slice = batch.slices?.[column] ?? null;
  if (slice !== null && slice.starts[row]! >= 0) return slice.make(slice.bytes, slice.starts[row]!, slice.ends[row]!);
  return (batch.columns[column] as Column)[row];
}
