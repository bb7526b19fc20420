/** What the `pipeline-transform` node of a plan holds: where rows go and what becomes of them. Plain JSON; patterns are RE2 regular expressions for the whole of `db.table`. */
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from './expr.ts';

export const SCHEMA_CHANGE_KINDS = ['create.table', 'add.column', 'alter.column.type', 'rename.column', 'drop.column', 'drop.table', 'truncate.table'] as const;
export type SchemaChangeKind = (typeof SCHEMA_CHANGE_KINDS)[number];
export const SCHEMA_BEHAVIORS = ['exception', 'evolve', 'try_evolve', 'lenient', 'ignore'] as const;
export type SchemaBehavior = (typeof SCHEMA_BEHAVIORS)[number];

export interface RouteRule {
  /** The table goes there when one of them matches. */
  readonly sources: readonly string[];
  /** Target, with the replace symbol or `$1` in it. */
  readonly sink: string;
  readonly replaceSymbol: string | null;
}
/** Facts of a row and its table that expressions may name like columns. */
export const ROW_METADATA = ['__namespace_name__', '__schema_name__', '__table_name__', '__data_event_type__'] as const;

/** A column that expressions use: of the table by name, or metadata (`ROW_METADATA`, facts of the source). */
export interface UsedColumn { readonly name: string; readonly type: SqlType; readonly isMetadata: boolean }
export type ProjectionItem =
  | { readonly kind: 'star' }
  /** The column as it is. */
  | { readonly kind: 'column'; readonly name: string }
  /** `expr` over `uses`. */
  | { readonly kind: 'computed'; readonly name: string; readonly expr: Expr };
/** A rule bound against columns; it holds for every table that has all of them with these types. */
export interface BoundTransform {
  /** Texts of the tables it was bound for. */
  readonly tables: readonly string[];
  readonly uses: readonly UsedColumn[];
  /** Over `uses`. */
  readonly filter: Expr | null;
  readonly projection: readonly ProjectionItem[];
}
export interface TransformRule {
  readonly sources: readonly string[];
  /** As written, for errors. */
  readonly text: string;
  /** Names; empty = the table's own key. */
  readonly primaryKeys: readonly string[];
  readonly softDelete: boolean;
  /** Bound at submit, one per set of used columns. */
  readonly bindings: readonly BoundTransform[];
}
export interface PipelineTransformSpec {
  readonly pipeline: string;
  readonly routes: readonly RouteRule[];
  /** A table goes to the target of the first rule that matches, or to those of all. */
  readonly firstRouteOnly: boolean;
  /** The first that matches counts. */
  readonly transforms: readonly TransformRule[];
  readonly behavior: SchemaBehavior;
  /** Kinds of changes the sink is told of; others change rows only (as with `ignore`). */
  readonly changes: readonly SchemaChangeKind[];
  /** Facts behind the source's columns, in order. */
  readonly sourceFacts: readonly string[];
  /** Facts to put behind the sink's columns, in order. */
  readonly sinkFacts: readonly string[];
  /** The sink is told of every statement on a table, in an event without changes, whatever becomes of the changes. */
  readonly statements: boolean;
}
