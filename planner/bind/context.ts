/** What the planner needs to know of the world: given by the session; the planner itself imports neither runtime nor server. */
import type { CatalogObject, TableObject } from '../../catalog/objects/objects.ts';
import type { ConnectorRegistry, FormatRegistry } from '../../catalog/registry/connectors.ts';
import type { FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { SqlType } from '../../core/types/sql-type.ts';
import type { Expr } from '../physical/expr.ts';

export interface PlannerContext {
  /** The object a name means for the session; throws catalog-, database- or table-not-found. */
  resolveTable(parts: readonly string[]): Promise<CatalogObject>;
  /** Rows of a system table, known at plan time; undefined for tables with a connector. */
  virtualRows?: ((table: TableObject) => Promise<readonly (readonly unknown[])[]> | undefined) | undefined;
  /** The object id of a relation named in `'name'::regclass`; whether there is such a relation is not looked up. */
  regclass?: ((name: string) => number) | undefined;
  readonly currentCatalog: string;
  readonly currentDatabase: string;
  readonly functions: FunctionRegistry;
  readonly connectors: ConnectorRegistry;
  readonly formats: FormatRegistry;
  /** A session option's value in force. */
  option(key: string): string | undefined;
  readonly timeZone: string;
  /** Value of a constant expression; may throw (division by zero), then the expression is left to the run. */
  evaluateConstant(expr: Expr): unknown;
  /** Types of $1… as far as known, and their values when the query is to run. */
  readonly parameterTypes?: readonly (SqlType | undefined)[] | undefined;
  readonly parameterValues?: readonly unknown[] | undefined;
}
/** State of binding one statement. */
export interface BindState {
  readonly context: PlannerContext;
  /** True for a SELECT that ends: sources are bounded, sorting is allowed. */
  readonly bounded: boolean;
  /** Types found for parameters so far. */
  readonly parameters: (SqlType | undefined)[];
  /** Views being expanded, to refuse cycles and bound the depth. */
  readonly viewDepth: number;
  /** What the statement has come to so far, views and common tables written out; without: not counted. */
  readonly work?: { blocks: number } | undefined;
}
