/**
 * Rows of the binlog into columns: one generated function per table map and choice of columns. Columns nobody wants are stepped over
 * without being decoded; those behind the last wanted one too, as the next row stands behind them. In the generated text are only
 * positions, sizes and names of parameters; values' decoders and conversions go in by reference.
 *
 * Row format: per row a bitmap of NULLs, then the values that are not NULL in column order, as `Field::pack` stores them (sql/field.cc).
 */
import { generatedFactory } from '../../../../core/codegen/generated.ts';
import { mysqlRowUnreadable, mysqlTypeUnsupported } from '../../../../core/errors/mysql-types.ts';
import { RivuletError } from '../../../../core/errors/define.ts';
import type { Column } from '../../../../core/row/batch.ts';
import type { ColumnSlices } from '../../../../core/row/slices.ts';
import { tableText, type MySqlTable, type RowDecoder, type RowsEvent, type TableMap, type WantedColumn } from '../contract.ts';
import { checkMap } from './check-map.ts';
import { columnTypeText } from './column-type.ts';
import { conversionOf, type ConversionOptions } from './conversions.ts';
import { valueReader, sizeCode } from './value-readers.ts';

export interface DecoderOptions extends ConversionOptions {
  /** JSON without the blanks the server writes behind `,` and `:`. */
  readonly compactJson: boolean;
}
type Decode = (rows: RowsEvent, columns: readonly Column[], kinds: Uint8Array, at: number, max: number, slices: ColumnSlices | null, isUpdate: boolean, kind: number) => number;

/**
 * @param table the table as of the place of the rows, from the map itself (`map.full`) or from a history of its schema
 * Throws mysql-table-changed, mysql-type-unsupported and mysql-type-mismatch.
 */
export function decoderFor(map: TableMap, table: MySqlTable, wanted: readonly WantedColumn[], options: DecoderOptions): RowDecoder {
  checkMap(map, table);
  const refs: unknown[] = [], ref = (value: unknown): string => `r${refs.push(value) - 1}`, byColumn = new Map(wanted.map((w) => [w.source, w]));
  const slots = wanted.map((w) => `const c${w.slot} = columns[${w.slot}];`).join(' ');
  let body = '', sliced = '';
  for (const [i, type] of map.types.entries()) {
    const want = byColumn.get(i), metadata = map.metadata[i]!, test = `(b[nulls + ${i >> 3}] & ${1 << (i & 7)}) === 0`;
    if (want === undefined) {
      const size = sizeCode(type, metadata);
      if (size === undefined) throw mysqlTypeUnsupported({ table: tableText(table), column: table.columns[i]!.name, type: columnTypeText(table.columns[i]!) });
      body += `if (${test}) { ${size} }\n`;
      continue;
    }
    const convert = conversionOf(table, want, options), reader = valueReader(type, metadata, want.column, options, ref);
    if (reader === undefined) throw mysqlTypeUnsupported({ table: tableText(table), column: want.column.name, type: columnTypeText(want.column) });
    const value = convert === null ? 'v' : `v === null ? null : ${ref(convert)}(v)`;
    if (reader.isSliceable && convert === null && (want.type.kind === 'VARCHAR' || want.type.kind === 'CHAR')) {
      sliced += `const s${i} = slices === null ? null : slices[${want.slot}] ?? null; if (s${i} !== null) s${i}.ensure(at + max);\n`;
      body += `if (${test}) { ${reader.length} if (s${i} !== null && ${ref(isPlain)}(b, p, p + n)) { s${i}.starts[row] = p; s${i}.ends[row] = p + n; } else { let v; ${reader.code} c${want.slot}[row] = v; if (s${i} !== null) s${i}.starts[row] = -1; } p += n; } else { c${want.slot}[row] = null; if (s${i} !== null) s${i}.starts[row] = -1; }\n`;
      continue;
    }
    body += `if (${test}) { let v; ${reader.length} ${reader.code} ${reader.length === '' ? '' : 'p += n;'} c${want.slot}[row] = ${value}; } else c${want.slot}[row] = null;\n`;
  }
  const text = `return function decode(rows, columns, kinds, at, max, slices, isUpdate, kind) {
const b = rows.bytes, end = rows.end; let p = rows.start, row = at, n = 0; const last = at + max; ${slots}
${sliced}while (p < end && row < last) {
if (isUpdate) { if (((row - at) & 1) === 0) { if (row + 1 === last) break; kinds[row] = 1; } else kinds[row] = 2; } else kinds[row] = kind;
const nulls = p; p += ${map.types.length + 7 >> 3};
${body}row++;
}
if (p > end || isUpdate && ((row - at) & 1) !== 0) throw new RangeError('a row is cut short');
rows.start = p;
return row - at;
};`;
  const decode = generatedFactory(refs.map((_, i) => `r${i}`), text)(...refs) as Decode, name = tableText(table);
  return {
    decode(rows, columns, kinds, at, max, slices) {
      try {
        return decode(rows, columns, kinds, at, max, slices, rows.change === 'update', rows.change === 'delete' ? 3 : 0);
      } catch (error) {
        throw error instanceof RivuletError ? error : mysqlRowUnreadable({ table: name, why: (error as Error).message }, { cause: error });
      }
    },
  };
}
/** Stands in JSON as it is: what `core/row/slices.ts` asks of a slice. */
function isPlain(b: Buffer, start: number, end: number): boolean {
  if (end > b.length) return false;
  for (let i = start; i < end; i++) { const c = b[i]!; if (c < 32 || c > 126 || c === 34 || c === 92) return false; }
  return true;
}
