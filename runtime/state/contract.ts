/**
 * Keyed state as operators see it. Rows live as packed bytes outside the JavaScript heap; an entry is named by a stable integer handle.
 *
 * A table is a two-level map: key (join key, group key: what rows are partitioned by) → entries, each with a sub-key that is unique
 * under its key. Operators without a second level declare no sub-key columns. Besides its packed value columns an entry carries up to
 * two numbers («meta») that change often: counts and associations.
 *
 * Values go in and out through arrays that the operator owns and reuses: nothing is allocated per call but strings and bigints read.
 * Every call exists twice: over an array of values, and (`…At`) over columns and a row, for rows that stand in a batch. The list of
 * columns is the operator's own, made once: positions of the spec, not of the batch.
 *
 * What changed since the last checkpoint is tracked by the table; operators never see checkpoints except through `Operator.flush`.
 */
import type { Column } from '../../core/row/batch.ts';
import type { SqlType } from '../../core/types/sql-type.ts';

export interface StateTableSpec {
  /** Unique within the operator; part of the state's identity on disk. */
  readonly name: string;
  /** In the order of the exchange's keys: at a restore with another parallelism their hash decides which subtask gets the entry. */
  readonly key: readonly SqlType[];
  readonly subKey: readonly SqlType[];
  /** The sub-key is one BIGINT that the table gives out itself, ascending under a key: a list. Entries are made by `appendAt` alone. */
  readonly isList?: boolean | undefined;
  readonly value: readonly SqlType[];
  readonly meta: 0 | 1 | 2;
  /** Entries not written for so long (processing time) are dropped; 0 = never. */
  readonly ttlMs: number;
}
/** Positive integer; 0 = none. Stable until the entry is removed. */
export type Entry = number;

export interface StateTable {
  readonly spec: StateTableSpec;
  readonly size: number;
  /** The entry under (key, sub-key), or 0. NULL equals NULL here; equality is that of the packed bytes (`core/row/bytes.ts`). */
  find(key: readonly unknown[], subKey: readonly unknown[]): Entry;
  findAt(key: readonly Column[], subKey: readonly Column[], row: number): Entry;
  /** Finds or makes it with empty (all NULL) value and meta 0; `wasCreated` tells which. */
  findOrCreate(key: readonly unknown[], subKey: readonly unknown[]): Entry;
  findOrCreateAt(key: readonly Column[], subKey: readonly Column[], row: number): Entry;
  readonly wasCreated: boolean;
  /** Only of a list: a new entry behind the others under its key, equal ones or not. Looks for nothing, so it costs half of `findOrCreateAt`. */
  appendAt(key: readonly Column[], value: readonly Column[], row: number): Entry;
  /** Entries under a key, oldest first. The current entry may be removed while walking; none may be made before `next` was called. */
  first(key: readonly unknown[]): Entry;
  firstAt(key: readonly Column[], row: number): Entry;
  next(entry: Entry): Entry;
  /** The newest entry under a key, or 0. */
  last(key: readonly unknown[]): Entry;
  lastAt(key: readonly Column[], row: number): Entry;
  /** Decode into `into[0…]`. */
  readKey(entry: Entry, into: unknown[]): void;
  readSubKey(entry: Entry, into: unknown[]): void;
  readValue(entry: Entry, into: unknown[]): void;
  readKeyAt(entry: Entry, columns: readonly Column[], row: number): void;
  readSubKeyAt(entry: Entry, columns: readonly Column[], row: number): void;
  readValueAt(entry: Entry, columns: readonly Column[], row: number): void;
  /** True when the stored value differs from what was there before (compared as packed bytes). Renews the time to live either way. */
  writeValue(entry: Entry, values: readonly unknown[]): boolean;
  writeValueAt(entry: Entry, columns: readonly Column[], row: number): boolean;
  /** Whether the stored value is this one, byte for byte. */
  valueEqualsAt(entry: Entry, columns: readonly Column[], row: number): boolean;
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
