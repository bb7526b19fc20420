/**
 * Which subtask a row belongs to. The hash depends on the values of the key columns alone (their canonical bytes), so it is the same on
 * every worker, after every restart and for state that is restored at another parallelism: `subtask = hash % parallelism`. Types that
 * share a representation (INT and BIGINT, CHAR and VARCHAR, nullable or not) give equal hashes for equal values.
 */
import type { SqlType } from '../types/sql-type.ts';
import type { ChangeBatch, Column } from './batch.ts';
import { ByteWriter } from './bytes.ts';
import { compileRowCodec } from './codec.ts';
import { partitionHash } from './hash.ts';
import { isText, type ColumnSlices, type TextSlices } from './slices.ts';

/** Unsigned 32-bit hash of the key of one row of a batch; `slices` as in ChangeBatch. */
export type Partitioner = (columns: readonly Column[], row: number, slices?: ColumnSlices | null) => number;

/** `types` are those of the input's columns, `keyColumns` positions in it, in the order of the key. No key columns: always 0. */
export function compilePartitioner(types: readonly SqlType[], keyColumns: readonly number[]): Partitioner {
  const codec = compileRowCodec(keyColumns.map((c) => types[c]!));
  const writer = new ByteWriter(64);
  const picked: Column[] = keyColumns.map(() => []), pickedSlices: (TextSlices | null)[] = keyColumns.map(() => null);
  const hasText = keyColumns.some((c) => isText(types[c]!));
  return (columns, row, slices = null) => {
    for (let i = 0; i < keyColumns.length; i++) picked[i] = columns[keyColumns[i]!]!;
    let end: number;
    if (slices === null || !hasText) end = codec.encodeColumns(picked, row, writer, 0);
    else {
      for (let i = 0; i < keyColumns.length; i++) pickedSlices[i] = slices[keyColumns[i]!]!;
      end = codec.encodeSliced(picked, pickedSlices, row, writer, 0, false);
    }
    return partitionHash(writer.bytes, 0, end);
  };
}

/** Fills `targets[row]` with the owner of each row, 0…parallelism-1. NULL equals NULL. */
export function compileTargets(types: readonly SqlType[], keyColumns: readonly number[], parallelism: number): (batch: ChangeBatch, targets: Uint16Array) => void {
  const hash = compilePartitioner(types, keyColumns);
  return (batch, targets) => { for (let row = 0; row < batch.size; row++) targets[row] = hash(batch.columns, row, batch.slices) % parallelism; };
}
