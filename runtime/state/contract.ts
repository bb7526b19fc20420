/**
 * Keyed state as operators see it. Rows live as packed bytes outside the JavaScript heap; an entry is named by a stable integer handle.
 *
 * A table is a two-level map: key (join key, group key: what rows are partitioned by) → entries, each with a sub-key that is unique
 * under its key. Operators without a second level declare no sub-key columns. Besides its packed value columns an entry carries up to
 * two numbers («meta») that change often: counts and associations.
 *
 * Values go in and out through arrays that the operator owns and reuses: nothing is allocated per call but strings and bigints read.
 * What changed since the last checkpoint is tracked by the table; operators never see checkpoints except through `Operator.flush`.
 */
import type { SqlType } from '../../core/types/sql-type.ts';

export interface StateTableSpec {
  /** Unique within the operator; part of the state's identity on disk. */
  readonly name: string;
  readonly key: readonly SqlType[];
  readonly subKey: readonly SqlType[];
  readonly value: readonly SqlType[];
  readonly meta: 0 | 1 | 2;
  /** Entries not written for so long are dropped; 0 = never. */
  readonly ttlMs: number;
}
/** Positive integer; 0 = none. Stable until the entry is removed. */
export type Entry = number;

export interface StateTable {
  readonly size: number;
  /** The entry under (key, sub-key), or 0. NULL equals NULL here. */
  find(key: readonly unknown[], subKey: readonly unknown[]): Entry;
  /** Finds or makes it with empty (all NULL) value and meta 0; `wasCreated` tells which. */
  findOrCreate(key: readonly unknown[], subKey: readonly unknown[]): Entry;
  readonly wasCreated: boolean;
  /** Entries under a key, oldest first. The current entry may be removed while walking. */
  first(key: readonly unknown[]): Entry;
  next(entry: Entry): Entry;
  /** Decode into `into[0…]`. */
  readKey(entry: Entry, into: unknown[]): void;
  readSubKey(entry: Entry, into: unknown[]): void;
  readValue(entry: Entry, into: unknown[]): void;
  writeValue(entry: Entry, values: readonly unknown[]): void;
  meta(entry: Entry, index: 0 | 1): number;
  setMeta(entry: Entry, index: 0 | 1, value: number): void;
  remove(entry: Entry): void;
  /** Every entry, in no order; for tests, savepoint inspection and bounded results. */
  entries(): Iterable<Entry>;
  /** Bytes of memory held. */
  readonly bytes: number;
}
/** Of one operator instance. Asking twice for the same name gives the same table. */
export interface OperatorState { table(spec: StateTableSpec): StateTable }
