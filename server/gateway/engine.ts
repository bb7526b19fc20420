/** What every session shares: the catalogs, the registries, the jobs. Put together once in `server/boot.ts`. */
import type { ConnectorRegistry, FormatRegistry } from '../../catalog/registry/connectors.ts';
import type { EvalEnv, FunctionRegistry } from '../../catalog/registry/functions.ts';
import type { SecretStore } from '../../catalog/secrets/store.ts';
import type { CatalogManager } from '../../catalog/objects/manager.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Expr } from '../../planner/physical/expr.ts';
import type { Access } from '../auth/access.ts';
import type { Audit } from '../auth/audit.ts';
import type { JobManager } from '../../runtime/jobs/contract.ts';

export interface Engine {
  readonly catalogs: CatalogManager;
  readonly functions: FunctionRegistry;
  readonly connectors: ConnectorRegistry;
  readonly formats: FormatRegistry;
  readonly jobs: JobManager;
  /** What CREATE SECRET keeps. */
  readonly secrets: SecretStore;
  readonly access: Access;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Log;
  /** Server-wide defaults of session options, from the configuration. */
  readonly defaults: ReadonlyMap<string, string>;
  readonly evaluateConstant: (expr: Expr, env: EvalEnv) => unknown;
  readonly version: string;
}
