/** What the system tables are told of a session. */
import type { SessionCatalog } from '../../catalog/objects/manager.ts';
import type { CatalogObject, TableObject } from '../../catalog/objects/objects.ts';
import { hashOid, relationOid } from '../../catalog/system/oids.ts';
import { quoteName } from '../../catalog/system/relations/define.ts';
import { systemTable, type FunctionCard, type SystemBadRecord, type SystemJobCounter, type SystemContext, type SystemTable } from '../../catalog/system/system-tables.ts';
import { TopicSchemas } from '../../catalog/system/topic-schemas.ts';
import { splitName } from '../catalog-query/names.ts';
import { functionCards } from '../catalog-query/functions/index.ts';
import type { ResultColumn } from './contract.ts';
import { maskStatement } from '../../planner/sql/mask.ts';
import type { Engine } from './engine.ts';
import { pgParameters, type SessionSettings } from './settings.ts';

interface Shared { readonly functions: readonly FunctionCard[]; readonly topicSchemas: TopicSchemas }
const perEngine = new WeakMap<Engine, Shared>();
/** Made once per server. */
function sharedOf(engine: Engine): Shared {
  let shared = perEngine.get(engine);
  if (shared === undefined) {
    const cards = engine.functions.names().filter((name) => /^[A-Z]/.test(name)).map((name): FunctionCard => {
      const found = engine.functions.scalar(name) ?? engine.functions.aggregate(name);
      return { name: name.toLowerCase(), kind: found?.kind ?? 'scalar', signature: found?.doc.signature, description: found?.doc.description };
    });
    const known = new Set(cards.map((c) => c.name));
    shared = { functions: [...cards, ...functionCards().filter((c) => !known.has(c.name))], topicSchemas: new TopicSchemas(() => engine.clock.now()) };
    perEngine.set(engine, shared);
  }
  return shared;
}

async function jobCounters({ jobs }: Engine): Promise<SystemJobCounter[]> {
  const details = await Promise.all(jobs.list().map((job) => jobs.detail(job.id)));
  return details.flatMap((job) => (job?.nodes ?? []).flatMap((node) => Object.entries(node.counters).filter(([, value]) => value !== 0)
    .map(([counter, value]) => ({ jobId: job?.id ?? '', nodeId: node.id, nodeType: node.type, table: node.table ?? null, counter, value }))));
}
async function badRecords({ jobs }: Engine): Promise<SystemBadRecord[]> {
  const found = await Promise.all(jobs.list().map(async ({ id }) => ((await jobs.badRecords(id)) ?? []).map((one) => ({ ...one, jobId: id }))));
  return found.flat();
}

export interface SystemContextParts {
  readonly engine: Engine; readonly catalog: SessionCatalog; readonly settings: SessionSettings; readonly user: string; readonly sessionId: string;
  readonly schemaOf: (object: CatalogObject) => Promise<readonly ResultColumn[]>;
}
/** For one statement. */
export function systemContext({ engine, catalog, settings, user, sessionId, schemaOf }: SystemContextParts): SystemContext {
  const setting = (name: string): string | undefined => {
    const value = settings.pgParameter(name) ?? settings.get(name);
    return name.toLowerCase() === 'search_path' && value === pgParameters.get('search_path') ? quoteName(catalog.currentDatabase) : value;
  };
  return {
    catalog, currentCatalog: catalog.currentCatalog, currentDatabase: catalog.currentDatabase, schemaOf, jobs: () => engine.jobs.list(), jobCounters: () => jobCounters(engine), badRecords: () => badRecords(engine),
    maskText: maskStatement, settings: () => settings.allPg(), setting, setSetting: (name, value) => settings.setPg(name, value),
    ...sharedOf(engine), user, applicationName: settings.pgParameter('application_name') ?? '', processId: hashOid('session', sessionId), version: engine.version, roles: rolesOf(engine, user), nowMs: engine.clock.now(), startedMs: Math.floor(performance.timeOrigin),
  };
}
/** Without users whoever comes may do everything. */
const rolesOf = ({ access }: Engine, user: string): SystemContext['roles'] => (access.mustLogIn ? access.users.list().map((u) => ({ name: u.name, isAdmin: u.role === 'admin', canLogIn: u.canLogIn })) : [{ name: user, isAdmin: true, canLogIn: true, isTrusted: true }]);
/** A system table as the planner sees tables; `rows` of it come through PlannerContext.virtualRows. */
export function tableObjectOf(table: SystemTable, catalog: string): TableObject {
  return { kind: 'table', path: { catalog, database: table.schema, name: table.name }, temporary: false, columns: table.columns.map((c) => ({ kind: 'physical', name: c.name, type: c.type })), options: new Map() };
}
/** The object id a name stands for, by its path alone. */
export function regclassOf(name: string, catalog: SessionCatalog): number {
  const parts = splitName(name), system = systemTable(parts);
  if (system !== undefined) return system.oid;
  const path = catalog.path(parts);
  return relationOid(path.catalog, path.database, path.name, catalog.temporaryObject(path) !== undefined);
}
