/**
 * The composition root: the one place where registries, ports, stores and settings meet. `startServer` gives a running server that
 * listens on both ports; `main.ts` adds the process around it.
 */
import { join } from 'node:path';
import type { Log } from '../core/ports/log.ts';
import { makeDataDirectory } from '../core/storage/level-store.ts';
import { KafkaCatalog } from '../catalog/kafka/kafka-catalog.ts';
import { MySqlCatalog } from '../catalog/mysql/mysql-catalog.ts';
import { ReferenceResolver, type OptionReferences } from '../catalog/secrets/resolver.ts';
import { SecretStore } from '../catalog/secrets/store.ts';
import { setAccessPolicy } from '../core/access/policy.ts';
import { CatalogManager, type CatalogFactory } from '../catalog/objects/manager.ts';
import { openRecordStore } from '../catalog/store/record-store.ts';
import { evaluateConstant } from '../runtime/codegen/compile.ts';
import { openKafkaCatalogPort } from '../runtime/connectors/kafka/catalog-port.ts';
import { openMySqlCatalogPort } from '../runtime/connectors/mysql/catalog-port.ts';
import { connectorRegistry } from '../runtime/connectors/index.ts';
import { pipelineRegistry } from '../runtime/connectors/pipelines.ts';
import { formatRegistry } from '../runtime/formats/index.ts';
import { functionRegistry } from '../runtime/functions/index.ts';
import type { JobManager } from '../runtime/jobs/contract.ts';
import { startJobManager } from '../runtime/jobs/manager.ts';
import { VARIABLE_PREFIX, type Config } from './config/config.ts';
import { memoryShares } from './config/memory.ts';
import type { Engine } from './gateway/engine.ts';
import { EngineGateway } from './gateway/gateway.ts';
import { hostZone } from './gateway/settings.ts';
import { Access } from './auth/access.ts';
import { openAudit } from './auth/audit.ts';
import { openHostRefused } from '../core/errors/config.ts';
import { isLoopback } from './config/loopback.ts';
import { tokenRoutes } from './http/tokens.ts';
import { pipelineRoutes } from './http/pipelines.ts';
import { startHttpServer } from './http/server.ts';
import { authenticator } from './pgwire/auth.ts';
import { startPgServer } from './pgwire/server.ts';
import type { Pipelines } from './pipelines/contract.ts';
import { pipelineCheckers } from './pipelines/checkers.ts';
import { PipelineService } from './pipelines/service.ts';
import { deferReferences } from './secrets/deferred.ts';
import { takeSecretsKey } from './secrets/key.ts';
import { systemClock } from './ports/clock.ts';
import { warmUp } from './warm-up.ts';

export interface RunningServer {
  readonly pgPort: number;
  readonly httpPort: number;
  readonly jobs: JobManager;
  readonly pipelines: Pipelines;
  /** Reads certificates again and opens the audit log anew; undefined when there is neither. Never rejects. */
  readonly reload: (() => Promise<void>) | undefined;
  /** Makes the first statements fast (`warm-up.ts`). Never rejects. */
  warmUp(): Promise<void>;
  /** Stops listening, takes a final checkpoint of every job, closes the stores. Idempotent. */
  stop(): Promise<void>;
}

const catalogTypes = (references: OptionReferences): ReadonlyMap<string, CatalogFactory> => new Map<string, CatalogFactory>([
  ['kafka', (name, options) => new KafkaCatalog(name, options, openKafkaCatalogPort, references)],
  ['mysql', (name, options) => new MySqlCatalog(name, options, openMySqlCatalogPort, references)],
]);

export async function startServer(config: Config, log: Log, version: string): Promise<RunningServer> {
  // Plans of jobs hold what a restart needs, credentials among them: the folder is its owner's alone.
  await makeDataDirectory(config.dataDir);
  setAccessPolicy({ folders: config.secretsDirs, closedFolders: [config.dataDir], hosts: config.connectorHosts });
  const key = takeSecretsKey(config.secretsKeyFile, process.env), store = await openRecordStore(join(config.dataDir, 'catalog'), log);
  // The catalog store is opened first: its lock keeps a second server from the file of secrets too.
  const secrets = await SecretStore.open(config.dataDir, key), references = new ReferenceResolver({ variables: config.secretsEnv, environment: process.env, secrets });
  const { connectors, pipelines: pipelineConnectors, resolvePlan, resolveSpec } = deferReferences({ connectors: connectorRegistry, pipelines: pipelineRegistry, formats: formatRegistry, references });
  const access = await Access.open({ dataDir: config.dataDir, configured: config.users, trustsEveryone: config.insecureNoAuth, clock: systemClock });
  if (!isLoopback(config.host) && !config.insecureNoAuth && !access.mustLogIn) throw openHostRefused({ host: config.host });
  const tls = config.tlsCert === undefined || config.tlsKey === undefined ? undefined : await (await import('./tls/certificates.ts')).openTls({ cert: config.tlsCert, key: config.tlsKey, clientCa: config.tlsClientCa }, log);
  if (!isLoopback(config.host) && tls === undefined) log.warn('THE NETWORK CAN READ ALONG: the server listens beyond this machine without TLS; statements, results and HTTP passwords go in clear text. Give it --tls-cert and --tls-key.', { host: config.host });
  const audit = openAudit(config.auditLog, log);
  const catalogs = await CatalogManager.open(store, catalogTypes(references), references);
  const jobs = await startJobManager({ dataDir: config.dataDir, parallelism: config.parallelism, limits: memoryShares(config.memoryLimit, config.parallelism), log, clock: systemClock, resolvePlan });
  const engine: Engine = {
    catalogs, secrets, functions: functionRegistry, connectors, formats: formatRegistry, jobs, access, audit, clock: systemClock, log, version, defaults: config.sessionDefaults,
    evaluateConstant: (expr, env) => evaluateConstant(expr, { functions: functionRegistry, env }),
  };
  const gateway = new EngineGateway(engine);
  const pipelines = new PipelineService({ engine, connectors: pipelineConnectors, resolveSpec, checkers: pipelineCheckers, hostZone: hostZone(), variables: serverVariables(process.env) });
  const pg = await startPgServer({ host: config.host, port: config.pgPort, gateway, log, tls, authenticate: authenticator(access, audit, config.tlsRequired) });
  const http = await startHttpServer({ host: config.host, port: config.httpPort, gateway, log, access, audit, tls, names: config.httpNames, routes: [pipelineRoutes(pipelines, log), tokenRoutes(access, systemClock)] });
  access.users.onChange = () => { for (const server of [pg, http]) server.endSessions((principal) => access.isWelcome(principal)); };
  const ends = new AbortController();
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    ends.abort();
    await Promise.all([pg.close(), http.close()]);
    await jobs.shutdown();
    await catalogs.close();
    tls?.close();
    audit.close();
  };
  const reload = async (): Promise<void> => { audit.reopen(); await tls?.reload(); };
  return { pgPort: pg.port, httpPort: http.port, jobs, pipelines, reload: tls === undefined && config.auditLog === undefined ? undefined : reload, warmUp: () => warmUp(gateway, log, ends.signal), stop: () => (stopping ??= stop()) };
}
/** What the server's environment gives to pipelines: only what is named for it, since whoever may submit one can read its values. */
const serverVariables = (env: NodeJS.ProcessEnv): ReadonlyMap<string, string> => new Map(Object.entries(env).flatMap(([name, value]): [string, string][] => (name.startsWith(VARIABLE_PREFIX) && value !== undefined ? [[name.slice(VARIABLE_PREFIX.length), value]] : [])));
