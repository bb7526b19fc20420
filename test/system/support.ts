/** A session's system tables without a server: catalogs in memory, one of them dear to describe. */
import { CatalogManager, SessionCatalog } from '../../catalog/objects/manager.ts';
import type { Catalog, CatalogObject, TableColumn } from '../../catalog/objects/objects.ts';
import type { RecordStore } from '../../catalog/store/record-store.ts';
import type { SystemContext } from '../../catalog/system/system-tables.ts';
import { TopicSchemas } from '../../catalog/system/topic-schemas.ts';
import { BIGINT, STRING, array, decimal, notNull, timestamp, varchar, type SqlType } from '../../core/types/sql-type.ts';
import { parseStatements } from '../../planner/sql/parser.ts';
import { functionCards } from '../../server/catalog-query/functions/index.ts';
import { runCatalogQuery } from '../../server/catalog-query/run.ts';
import { textWriter } from '../../server/pgwire/values.ts';
import { UTC } from '../../server/values/datetime.ts';

const nothing: RecordStore = { all: () => Promise.resolve([]), write: () => Promise.resolve(), close: () => Promise.resolve() };
const physical = (name: string, type: SqlType, comment?: string): TableColumn => ({ kind: 'physical', name, type, comment });

/** A catalog that counts how often a table's schema is looked up, as a Kafka catalog samples a topic each time. */
export class CountingCatalog implements Catalog {
  readonly type = 'counting';
  readonly defaultDatabase = 'topics';
  readonly options = new Map<string, string>();
  readonly name: string;
  readonly sampled: string[] = [];
  readonly names: readonly string[];
  constructor(name: string, names: readonly string[]) { this.name = name; this.names = names; }
  listDatabases(): Promise<readonly string[]> { return Promise.resolve(['topics']); }
  listTables(): Promise<readonly string[]> { return Promise.resolve(this.names); }
  listViews(): Promise<readonly string[]> { return Promise.resolve([]); }
  getObject(database: string, name: string): Promise<CatalogObject | undefined> {
    this.sampled.push(name);
    if (name.startsWith('empty')) return Promise.reject(new Error('no schema can be inferred'));
    return Promise.resolve({ kind: 'table', path: { catalog: this.name, database, name }, temporary: false, columns: [physical('key_id', notNull(BIGINT)), physical(`value_${name}`, STRING)], primaryKey: { name: 'PK_key_id', columns: ['key_id'] }, options: new Map([['connector', 'kafka']]) });
  }
  createDatabase(): Promise<void> { return Promise.resolve(); }
  dropDatabase(): Promise<void> { return Promise.resolve(); }
  createObject(): Promise<void> { return Promise.resolve(); }
  alterObject(): Promise<void> { return Promise.resolve(); }
  renameObject(): Promise<void> { return Promise.resolve(); }
  dropObject(): Promise<void> { return Promise.resolve(); }
  close(): Promise<void> { return Promise.resolve(); }
}

export interface World { readonly catalog: SessionCatalog; readonly counting: CountingCatalog; readonly settings: Map<string, string>; context(): SystemContext }
/** default_catalog with table `orders` and view `big`; catalog `topics` with the given tables. */
export async function world(topics: readonly string[] = ['a', 'b', 'empty']): Promise<World> {
  const counting = new CountingCatalog('topics', topics), manager = await CatalogManager.open(nothing, new Map([['counting', () => counting]]));
  await manager.create('topics', new Map([['type', 'counting']]), false);
  const catalog = new SessionCatalog(manager), path = (name: string) => ({ catalog: 'default_catalog', database: 'default_database', name }), main = manager.get('default_catalog');
  await main.createObject({
    kind: 'table', path: path('orders'), temporary: false, comment: 'all orders', primaryKey: { name: 'PK_id', columns: ['id'] }, options: new Map([['connector', 'kafka'], ['properties.sasl.jaas.config', 'secret words']]),
    columns: [physical('id', notNull(BIGINT)), physical('customer', STRING, 'who'), physical('amount', decimal(10, 2)), physical('ts', timestamp(3)), physical('tags', array(STRING)), physical('v', varchar(20)), { kind: 'metadata', name: 'off', type: BIGINT, metadataKey: 'offset', virtual: true }],
  }, false);
  await main.createObject({ kind: 'view', path: path('big'), temporary: false, query: 'SELECT id FROM orders', context: { catalog: 'default_catalog', database: 'default_database' }, columns: [{ name: 'id', type: notNull(BIGINT) }] }, false);
  const settings = new Map([['server_version', '15.0'], ['search_path', '"$user", public']]), topicSchemas = new TopicSchemas(() => 0), functions = functionCards();
  const context = (): SystemContext => ({
    catalog, currentCatalog: catalog.currentCatalog, currentDatabase: catalog.currentDatabase, topicSchemas, functions,
    schemaOf: (o) => Promise.resolve(o.kind === 'view' ? o.columns : o.columns.flatMap((c) => (c.kind === 'computed' ? [] : [{ name: c.name, type: c.type }]))),
    jobs: () => [{ id: 'j1', name: 'first', status: 'RUNNING', startTimeMs: 1_600_000_000_000 }], jobCounters: async () => [], badRecords: async () => [], maskText: (sql) => sql, settings: () => [...settings], setting: (name) => settings.get(name), setSetting: (name, value) => { settings.set(name, value); },
    user: 'ann', roles: [{ name: 'ann', isAdmin: true, canLogIn: true, isTrusted: true }], applicationName: 'tests', processId: 4711, version: '9.9', nowMs: 1_600_000_000_000, startedMs: 1_500_000_000_000,
  });
  return { catalog, counting, settings, context };
}
/** Rows as psql -At prints them: columns by `|`, NULL as ∅. */
export async function run(w: World, text: string): Promise<string> {
  const [statement] = parseStatements(text, { names: 'postgres' });
  if (statement?.kind !== 'queryStatement') throw new Error('not a query');
  const { columns, rows } = await runCatalogQuery(statement.query, w.context), write = columns.map((c) => textWriter(c.type, UTC));
  return rows.map((r) => r.map((v, i) => (v === null || v === undefined ? '∅' : write[i]?.(v))).join('|')).join('\n');
}
