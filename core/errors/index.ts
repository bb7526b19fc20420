/** The registry of error catalogues: docs and the tests «every error is documented» walk it. */
import { accessErrors } from './access.ts';
import { catalogErrors } from './catalog.ts';
import { commonErrors } from './common.ts';
import { configErrors } from './config.ts';
import { connectorErrors } from './connector.ts';
import { dataErrors } from './data.ts';
import { formatErrors } from './format.ts';
import { kafkaCatalogErrors } from './kafka-catalog.ts';
import { kafkaErrors } from './kafka.ts';
import { mysqlDdlErrors } from './mysql-ddl.ts';
import { mysqlPrecheckErrors } from './mysql-precheck.ts';
import { mysqlErrors } from './mysql.ts';
import { cdcErrors } from './mysql-cdc.ts';
import { mysqlBinlogErrors } from './mysql-binlog.ts';
import { pipelineErrors } from './pipeline.ts';
import { mysqlTableErrors } from './mysql-tables.ts';
import { mysqlTypeErrors } from './mysql-types.ts';
import { secretErrors } from './secrets.ts';
import { sessionErrors } from './session.ts';
import { stateErrors } from './state.ts';
import { storageErrors } from './storage.ts';
import type { ErrorFactory } from './define.ts';
import { syntaxErrors } from './syntax.ts';
import { plannerErrors } from './planner.ts';
import { runtimeErrors } from './runtime.ts';
import { systemQueryErrors } from './system-query.ts';
import { wireErrors } from './wire.ts';

export const errorCatalogues: readonly { readonly area: string; readonly errors: Readonly<Record<string, ErrorFactory<never>>> }[] = [
  { area: 'common', errors: commonErrors as never },
  { area: 'access', errors: accessErrors as never },
  { area: 'catalog', errors: catalogErrors as never },
  { area: 'session', errors: sessionErrors as never },
  { area: 'kafka-catalog', errors: kafkaCatalogErrors as never },
  { area: 'kafka', errors: kafkaErrors as never },
  { area: 'mysql', errors: mysqlErrors as never },
  { area: 'mysql-cdc', errors: cdcErrors as never },
  { area: 'mysql-binlog', errors: mysqlBinlogErrors as never },
  { area: 'pipeline', errors: pipelineErrors as never },
  { area: 'mysql-tables', errors: mysqlTableErrors as never },
  { area: 'mysql-precheck', errors: mysqlPrecheckErrors as never },
  { area: 'mysql-ddl', errors: mysqlDdlErrors as never },
  { area: 'mysql-types', errors: mysqlTypeErrors as never },
  { area: 'config', errors: configErrors as never },
  { area: 'connector', errors: connectorErrors as never },
  { area: 'data', errors: dataErrors as never },
  { area: 'format', errors: formatErrors as never },
  { area: 'syntax', errors: syntaxErrors as never },
  { area: 'planner', errors: plannerErrors as never },
  { area: 'system-query', errors: systemQueryErrors as never },
  { area: 'wire', errors: wireErrors as never },
  { area: 'runtime', errors: runtimeErrors as never },
  { area: 'secrets', errors: secretErrors as never },
  { area: 'state', errors: stateErrors as never },
  { area: 'storage', errors: storageErrors as never },
];
