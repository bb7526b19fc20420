/**
 * Connectors and formats as the planner sees them: from a table's options to what it can read or write. The same folder under
 * `runtime/connectors/<name>/` also gives the run-time half, found by `identifier` in the worker.
 */
import type { TableObject } from '../objects/objects.ts';
import type { DeclaredOption } from '../options/options.ts';
import type { SqlType } from '../../core/types/sql-type.ts';

/** Which kinds a stream may carry. Append-only: only insert. */
export interface ChangelogMode { readonly insert: boolean; readonly updateBefore: boolean; readonly updateAfter: boolean; readonly delete: boolean }
export const APPEND: ChangelogMode = Object.freeze({ insert: true, updateBefore: false, updateAfter: false, delete: false });
export const UPSERT: ChangelogMode = Object.freeze({ insert: true, updateBefore: false, updateAfter: true, delete: true });
export const RETRACT: ChangelogMode = Object.freeze({ insert: true, updateBefore: true, updateAfter: true, delete: true });

/** A JSON-safe value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface SourceDescription {
  readonly changelogMode: ChangelogMode;
  /** True when the source ends by itself. */
  readonly bounded: boolean;
  /** Metadata keys that may be read, with their types. */
  readonly metadata: ReadonlyMap<string, SqlType>;
  /**
   * Given to the run-time half unchanged: options already parsed and checked. Equal specs mean the same source (scan sharing). If it has
   * a member `identity`, only that counts for the node's id: state and positions stay with a source whose other options change.
   */
  readonly spec: Json;
  /** Primary-key columns that identify rows of an upsert stream (the planner adds ChangelogNormalize). */
  readonly upsertKey?: readonly string[] | undefined;
  /** 1 when one reader must see everything (a binlog); undefined = the job's parallelism. */
  readonly parallelism?: number | undefined;
}
export interface SinkDescription {
  /** Kinds the sink accepts. */
  readonly changelogMode: ChangelogMode;
  readonly metadata: ReadonlyMap<string, SqlType>;
  readonly spec: Json;
  /** 1 when all rows must go through one subtask (print); undefined = the job's parallelism. */
  readonly parallelism?: number | undefined;
}
/**
 * What lookups may remember. partial: answers by key, dropped when they are old or unused (0 = never) or too many. all: the whole table,
 * read again after so long.
 */
export type LookupCache =
  | { readonly kind: 'none' }
  | { readonly kind: 'partial'; readonly maxRows: number; readonly expireAfterWriteMs: number; readonly expireAfterAccessMs: number; readonly keepsMissing: boolean }
  | { readonly kind: 'all'; readonly reloadMs: number };
/** A table that is asked for the rows of given keys, as they are now (`JOIN … FOR SYSTEM_TIME AS OF` a processing time). */
export interface LookupDescription {
  /** As SourceDescription.spec. */
  readonly spec: Json;
  readonly cache: LookupCache;
  readonly maxRowsPerKey: number;
}
export interface DescribeContext {
  readonly formats: FormatRegistry;
  /** Session time zone. */
  readonly timeZone: string;
  /** Bounded run (a SELECT that ends): unbounded sources stop at the end offsets seen at start. */
  readonly bounded: boolean;
}
export interface Connector {
  readonly identifier: string;
  readonly description: string;
  /** Exact keys and prefixes (`properties.*`); format options are added by the formats named. */
  readonly options: readonly DeclaredOption[];
  /** Absent: not a source. Validates everything and throws RivuletErrors that name the option. */
  describeSource?(table: TableObject, context: DescribeContext): SourceDescription;
  describeSink?(table: TableObject, context: DescribeContext): SinkDescription;
  describeLookup?(table: TableObject, context: DescribeContext): LookupDescription;
}
export interface FormatDescriptor {
  readonly identifier: string;
  readonly description: string;
  /** Option keys without prefix, e.g. `ignore-parse-errors`. */
  readonly options: readonly DeclaredOption[];
  /** Kinds it can decode / encode. */
  readonly decodeMode: ChangelogMode | undefined;
  readonly encodeMode: ChangelogMode | undefined;
  readonly metadata: ReadonlyMap<string, SqlType>;
  /** Checks types and options of a role's columns; throws. Gives the JSON-safe settings for the run-time half. */
  describe(options: ReadonlyMap<string, string>, columns: readonly { name: string; type: SqlType }[], role: 'key' | 'value', direction: 'decode' | 'encode'): Json;
}
export interface FormatRegistry { get(identifier: string): FormatDescriptor | undefined; identifiers(): readonly string[] }
export interface ConnectorRegistry { get(identifier: string): Connector | undefined; identifiers(): readonly string[] }
