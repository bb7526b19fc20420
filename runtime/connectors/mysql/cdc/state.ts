/**
 * What a checkpoint holds of a reader: where the stream is, and of each table its columns as of there and what of its snapshot is out.
 * Every chunk that is out was true at a place of the stream that is not behind this one, so no positions of chunks are kept, and their
 * ranges join: the state of a table is a few boundaries however large it is.
 */
import type { Json } from '../../../../catalog/registry/connectors.ts';
import { positionsUnreadable } from '../../../../core/errors/connector.ts';
import type { BinlogPosition, MySqlTable } from '../contract.ts';
import type { StoredRange } from './ranges.ts';
import type { StoredSchemas } from './schemas.ts';

/**
 * `finished`: ranges whose rows are out; null = the snapshot of the table is over, or there is none. `schema`: only where the history does
 * not have the table. `done`: what of the table was read so far, for people; of StoredState, of all tables.
 */
export interface StoredTable { readonly schema?: MySqlTable; readonly finished: readonly StoredRange[] | null; readonly announced: boolean; readonly done?: Done }
export type Done = readonly [chunks: number, rows: number];
export interface StoredState {
  readonly version: 1;
  readonly position: BinlogPosition;
  /** Of a specific start that has not been passed yet. */
  readonly skip: readonly [events: number, rows: number];
  readonly tables: Readonly<Record<string, StoredTable>>;
  readonly schemas: StoredSchemas;
  readonly done?: Done;
}
/** @param restored positions of all subtasks at the checkpoint; only subtask 0 has any */
export function readState(table: string, restored: readonly Json[] | undefined): StoredState | undefined {
  const found = restored?.filter((p) => p !== null) ?? [];
  if (found.length === 0) return undefined;
  const state = found[0] as unknown as StoredState;
  if (found.length > 1 || state.version !== 1 || typeof state.position?.file !== 'string' || typeof state.tables !== 'object') throw positionsUnreadable({ table, why: 'They are not those of a MySQL source of this version' });
  return state;
}
