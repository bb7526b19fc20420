/** What a system table is and what it asks of the session whose client reads it. Implemented by the gateway, filled in by `relations/`. */
import type { SessionCatalog } from '../objects/manager.ts';
import type { CatalogObject } from '../objects/objects.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { TopicSchemas } from './topic-schemas.ts';

export interface SystemColumn {
  readonly name: string;
  /** PostgreSQL's type, as `pg-types.ts` names it. */
  readonly pg: string;
  readonly type: SqlType;
}
export interface FunctionCard { readonly name: string; readonly kind: 'scalar' | 'aggregate' | 'table'; /** `SUBSTRING(string FROM integer)` */ readonly signature?: string | undefined; readonly description?: string | undefined }
export interface SystemJob { readonly id: string; readonly name: string; readonly status: string; readonly startTimeMs: number }

export interface SystemJobCounter { readonly jobId: string; readonly nodeId: string; readonly nodeType: string; /** Of a source or sink. */ readonly table: string | null; readonly counter: string; readonly value: number }
export interface SystemBadRecord {
  readonly jobId: string; readonly nodeId: string; readonly table: string; readonly topic: string; readonly partition: number; readonly offset: number; /** -1: none. */ readonly timestampMs: number; readonly part: string;
  readonly field: string | null; readonly code: string; readonly message: string; readonly outcome: string; readonly key: string | null; readonly value: string | null; readonly atMs: number;
}
export interface SystemRole { readonly name: string; readonly isAdmin: boolean; readonly canLogIn: boolean; /** Nobody has to log in: this is whoever asks. */ readonly isTrusted?: boolean | undefined }

/** One statement's view of the server. */
export interface SystemContext {
  readonly catalog: SessionCatalog;
  readonly currentCatalog: string;
  readonly currentDatabase: string;
  /** Bound columns, computed ones included. May fail (a view over a table that is gone): the object is then shown with the columns it declares. */
  schemaOf(object: CatalogObject): Promise<readonly { readonly name: string; readonly type: SqlType }[]>;
  jobs(): readonly SystemJob[];
  jobCounters(): Promise<readonly SystemJobCounter[]>;
  badRecords(): Promise<readonly SystemBadRecord[]>;
  settings(): readonly (readonly [string, string])[];
  /** A statement's text as it may be shown: hints of a view may hold passwords. */
  maskText(sql: string): string;
  /** Run-time parameter or session option; undefined when there is none. */
  setting(name: string): string | undefined;
  setSetting(name: string, value: string): void;
  readonly functions: readonly FunctionCard[];
  readonly user: string;
  readonly roles: readonly SystemRole[];
  readonly applicationName: string;
  /** Stands for the server process of this session. */
  readonly processId: number;
  /** Of this product, e.g. `0.1.0`. */
  readonly version: string;
  readonly nowMs: number;
  readonly startedMs: number;
  /** Schemas that are dear to find (inferred from samples), kept over statements. */
  readonly topicSchemas: TopicSchemas;
}

export interface SystemTable {
  readonly oid: number;
  /** `pg_catalog` or `information_schema`. */
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly SystemColumn[];
  /**
   * Rows in the order of `columns`. For tables that describe columns, relations whose schema is dear to find are left out until
   * somebody asked for them through `demand`.
   */
  rows(context: SystemContext): Promise<readonly (readonly unknown[])[]>;
  /** The column by whose value the rows of one relation are asked for; reading it in any other way asks for all. See `Snapshot.demand`. */
  readonly demandBy?: string | undefined;
  /** The column that asks for one relation when it is compared with a constant; nothing else asks. */
  readonly demandConstant?: string | undefined;
}
