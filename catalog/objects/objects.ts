/** What a catalog holds: tables, views and their columns, as plain immutable data. Semantics: Flink "CREATE statements". */
import type { SqlType } from '../../core/types/sql-type.ts';

export interface ObjectPath { readonly catalog: string; readonly database: string; readonly name: string }
/** Back-ticked and dotted: `` `a`.`b`.`c` ``. */
export const pathText = (p: ObjectPath): string => [p.catalog, p.database, p.name].map((n) => `\`${n.replaceAll('`', '``')}\``).join('.');
/** Flink's summary form in messages: a.b.c */
export const pathSummary = (p: ObjectPath): string => `${p.catalog}.${p.database}.${p.name}`;

export type TableColumn =
  | { readonly kind: 'physical'; readonly name: string; readonly type: SqlType; readonly comment?: string | undefined }
  /** `metadataKey` defaults to the column's name when FROM is absent. `virtual`: read-only, not part of the sink schema. */
  | { readonly kind: 'metadata'; readonly name: string; readonly type: SqlType; readonly metadataKey: string; readonly virtual: boolean; readonly comment?: string | undefined }
  /** `expression` is SQL text over the other columns; its type is known after binding. */
  | { readonly kind: 'computed'; readonly name: string; readonly expression: string; readonly comment?: string | undefined };

export interface TableObject {
  readonly kind: 'table';
  readonly path: ObjectPath;
  readonly temporary: boolean;
  readonly columns: readonly TableColumn[];
  readonly primaryKey?: { readonly name: string; readonly columns: readonly string[] } | undefined;
  /** expression: SQL text, e.g. `` `ts` - INTERVAL '5' SECOND `` */
  readonly watermark?: { readonly column: string; readonly expression: string } | undefined;
  readonly partitionKeys?: readonly string[] | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly comment?: string | undefined;
}
export interface ViewObject {
  readonly kind: 'view';
  readonly path: ObjectPath;
  readonly temporary: boolean;
  /** The query as the user wrote it; names in it resolve against `catalog` and `database` as they stood when the view was made. */
  readonly query: string;
  readonly context: { readonly catalog: string; readonly database: string };
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly comment?: string | undefined;
}
export type CatalogObject = TableObject | ViewObject;

/** A catalog of any type. Methods that change it may throw `catalog-read-only`. Names are case-sensitive. */
export interface Catalog {
  readonly name: string;
  /** `generic_in_memory` (ours, persisted), `kafka`, later `mysql` … */
  readonly type: string;
  readonly defaultDatabase: string;
  /** Options of CREATE CATALOG, for SHOW CREATE CATALOG (secrets are masked by the printer). */
  readonly options: ReadonlyMap<string, string>;
  listDatabases(): Promise<readonly string[]>;
  /** Tables and views, sorted. */
  listTables(database: string): Promise<readonly string[]>;
  listViews(database: string): Promise<readonly string[]>;
  /** May ask the outside (a Kafka catalog samples the topic); undefined when there is no such object. */
  getObject(database: string, name: string): Promise<CatalogObject | undefined>;
  createDatabase(name: string, ignoreIfExists: boolean): Promise<void>;
  dropDatabase(name: string, options: { ifExists: boolean; cascade: boolean }): Promise<void>;
  createObject(object: CatalogObject, ignoreIfExists: boolean): Promise<void>;
  alterObject(object: CatalogObject): Promise<void>;
  renameObject(path: ObjectPath, newName: string): Promise<void>;
  dropObject(database: string, name: string): Promise<void>;
  close(): Promise<void>;
}
