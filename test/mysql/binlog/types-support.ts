/** One table read twice: by a SELECT and by the binlog, into columns of the same types. */
import type { MySqlServer } from '../../../runtime/connectors/mysql/connection/server.ts';
import { query, withConnection } from '../../../runtime/connectors/mysql/connection/open.ts';
import type { MySqlTable, WantedColumn } from '../../../runtime/connectors/mysql/contract.ts';
import { sqlTypeOf, type MappingOptions } from '../../../runtime/connectors/mysql/types/mapping.ts';
import { decoderFor, type DecoderOptions } from '../../../runtime/connectors/mysql/types/row-decoder.ts';
import { readTables } from '../../../runtime/connectors/mysql/types/tables.ts';
import { textDecoderFor } from '../../../runtime/connectors/mysql/types/text-decoder.ts';
import type { SqlType } from '../../../core/types/sql-type.ts';
import { read, type Start } from './support.ts';

export const OPTIONS = { timeZone: 'UTC', compactJson: false } as DecoderOptions;
export function wantAll(table: MySqlTable, options: MappingOptions = { face: 'pipeline', tinyint1AsBoolean: false }, declared: Readonly<Record<string, SqlType>> = {}): WantedColumn[] {
  return table.columns.map((column, i) => ({ source: i, column, type: declared[column.name] ?? sqlTypeOf(table, column, options), slot: i }));
}
/** Rows as arrays of plain values (byte arrays as hex). */
const rowsOf = (columns: readonly unknown[][], size: number): unknown[][] => Array.from({ length: size }, (_, row) => columns.map((column) => plain(column[row])));
const plain = (value: unknown): unknown => (value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : value);

type ByTable<T> = ReadonlyMap<string, T>;
/** All rows of the tables, by table. */
export async function selectAll(server: MySqlServer, tables: readonly MySqlTable[], wanted: ByTable<readonly WantedColumn[]>, orderBy: string, options: DecoderOptions = OPTIONS): Promise<Map<string, unknown[][]>> {
  return withConnection(server, {}, async (connection) => {
    const out = new Map<string, unknown[][]>();
    for (const table of tables) {
      const decoder = textDecoderFor(table, wanted.get(table.table)!, options), columns = wanted.get(table.table)!.map((): unknown[] => []);
      const rows = await query(server, connection, `SELECT ${decoder.selectList} FROM \`${table.database}\`.\`${table.table}\` ORDER BY ${orderBy}`, [], 'read');
      decoder.decode(rows, 0, rows.length, columns, 0);
      out.set(table.table, rowsOf(columns, rows.length));
    }
    return out;
  });
}
/** Rows of the tables in the log since `start`, by table. */
export async function streamAll(server: MySqlServer, tables: readonly MySqlTable[], wanted: ByTable<readonly WantedColumn[]>, start: Start, options: DecoderOptions = OPTIONS): Promise<Map<string, unknown[][]>> {
  const known = new Map(tables.map((t) => [t.table, t])), reading = await read(server, start, (t) => t.database === tables[0]?.database && known.has(t.table)), out = new Map(tables.map((t) => [t.table, [] as unknown[][]]));
  try {
    for (;;) {
      const event = await reading.next();
      if (event.kind === 'end') return out;
      if (event.kind !== 'rows') continue;
      const name = event.table.table, want = wanted.get(name)!, decoder = decoderFor(event.table, known.get(name)!, want, options), columns = want.map((): unknown[] => []), kinds = new Uint8Array(8192);
      for (let size; (size = decoder.decode(event, columns, kinds, 0, 7, null)) > 0;) out.get(name)!.push(...rowsOf(columns, size));
    }
  } finally { await reading.close(); }
}
export async function tablesOf(server: MySqlServer, database: string): Promise<MySqlTable[]> {
  return withConnection(server, {}, (connection) => readTables(server, connection, (t) => t.database === database));
}
