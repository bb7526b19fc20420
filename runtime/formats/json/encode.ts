/**
 * Encoder of the json format: a row to an object with the columns in order. Flink: RowDataToJsonConverters and Jackson's generator.
 *
 * One function is generated per table; it refers to columns by index, to names as prepared bytes and to writers by index. `writeRow` is
 * shared with debezium-json. A value that JSON cannot carry (a NULL key of a MAP in mode FAIL) throws `unwritable-value`.
 */
import { generatedFactory } from '../../../core/codegen/generated.ts';
import type { Json } from '../../../catalog/registry/connectors.ts';
import type { ChangeBatch } from '../../../core/row/batch.ts';
import { isText } from '../../../core/row/slices.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';
import type { ByteSink, Encoder } from '../../connectors/contract.ts';
import type { JsonSettings } from './descriptor.ts';
import { quoteJson } from './reader.ts';
import { compileWriter, copyQuoted, writeInteger, writeString, type EncodeSettings, type ValueWriter } from './write.ts';

export interface EncodeField { readonly name: string; readonly type: SqlType; readonly column: number }
/** Appends row `at` as an object. Texts that stand as slices are copied. */
export type RowWriter = (batch: ChangeBatch, at: number, out: ByteSink) => void;

/** Code that stores constant bytes at `o`: words of four, the last overlapping the one before it. */
function stores(bytes: Buffer): string {
  const n = bytes.length;
  if (n < 4) return Array.from(bytes, (c, k) => `b[o+${k}] = ${c};`).join(' ');
  const at = Array.from({ length: n >> 2 }, (_, k) => k * 4);
  if (n % 4 !== 0) at.push(n - 4);
  return at.map((k) => `w.setInt32(o+${k}, ${bytes.readInt32LE(k)}, true);`).join(' ');
}
const NULL = 'b[o] = 110; b[o+1] = 117; b[o+2] = 108; b[o+3] = 108; o += 4;';
/** Writers for INT and STRING columns are called by themselves, so that each call site sees one type. */
export function compileRowWriter(fields: readonly EncodeField[], settings: EncodeSettings): RowWriter {
  const writers = fields.map((f) => compileWriter(f.type, f.name, settings));
  const names = fields.map((f) => Buffer.from(`${quoteJson(f.name)}:`));
  const widest = names.reduce((sum, name) => sum + name.length + 6, 16);
  /** A name with what stands before it. */
  const name = (i: number, before: '' | ','): string => {
    const bytes = Buffer.concat([Buffer.from(before), names[i] as Buffer]);
    return `${bytes.length > 64 ? `b.set(N[${i}], o + ${before.length});${before === '' ? '' : 'b[o] = 44;'}` : stores(bytes)} o += ${bytes.length};`;
  };
  const value = (i: number): string => {
    const kind = (fields[i] as EncodeField).type.kind;
    const call = kind === 'CHAR' || kind === 'VARCHAR' ? 'writeString(v, out)' : kind === 'INT' || kind === 'BIGINT' || kind === 'SMALLINT' || kind === 'TINYINT' ? 'writeInteger(v, out)' : `W[${i}](v, out)`;
    return `out.length = o; ${call}; out.ensure(${widest}); b = out.bytes; w = out.view; o = out.length;`;
  };
  const parts = fields.map((f, i) => {
    const load = `v = columns[${f.column}][at];`, comma = i === 0 ? '' : ',', some = 'if (n++ > 0) b[o++] = 44;';
    if (isText(f.type)) {
      const slice = `out.length = o; out.ensure(q${i}.ends[at] - s + ${widest}); b = out.bytes; w = out.view; o = copyQuoted(q${i}, s, q${i}.ends[at], w, o);`;
      const open = `s = q${i} === null ? -1 : q${i}.starts[at]; if (s >= 0) {`;
      if (settings.ignoreNullFields) return `${open} ${some} ${name(i, '')} ${slice} } else { ${load} if (v !== null) { ${some} ${name(i, '')} ${value(i)} } }`;
      return `${name(i, comma)} ${open} ${slice} } else { ${load} if (v === null) { ${NULL} } else { ${value(i)} } }`;
    }
    if (settings.ignoreNullFields) return `${load} if (v !== null) { ${some} ${name(i, '')} ${value(i)} }`;
    return `${load} ${name(i, comma)} if (v === null) { ${NULL} } else { ${value(i)} }`;
  });
  const slices = fields.map((f, i) => (isText(f.type) ? `const q${i} = slices === null ? null : slices[${f.column}];` : '')).join(' ');
  const code = `return function (batch, at, out) { const columns = batch.columns, slices = batch.slices; ${slices}
out.ensure(${widest}); let b = out.bytes, w = out.view, o = out.length, v, n = 0, s = 0; b[o++] = 123;\n${parts.join('\n')}\nb[o++] = 125; out.length = o; };`;
  return generatedFactory(['W', 'N', 'writeString', 'writeInteger', 'copyQuoted'], code)(writers, names, writeString, writeInteger, copyQuoted) as RowWriter;
}

export function jsonEncoder(settings: Json, fields: readonly EncodeField[]): Encoder {
  const write = compileRowWriter(fields, settings as unknown as JsonSettings);
  return { encode(batch: ChangeBatch, row: number, out: ByteSink) { write(batch, row, out); return true; } };
}
