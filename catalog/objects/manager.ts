/**
 * All catalogs of the server, and the view a session has of them: current catalog and database, temporary objects that hide permanent
 * ones of the same path, and the resolution of one-, two- and three-part names as Flink does it.
 */
import { catalogNotFound, catalogReadOnly, databaseNotFound, duplicateObject, objectInUse, tableNotFound, unknownCatalogType } from '../../core/errors/catalog.ts';
import { quoted } from '../../core/errors/define.ts';
import { noReferences, type OptionReferences } from '../secrets/resolver.ts';
import type { RecordStore } from '../store/record-store.ts';
import { GenericCatalog } from './generic-catalog.ts';
import { pathSummary, type Catalog, type CatalogObject, type ObjectPath } from './objects.ts';

export const DEFAULT_CATALOG = 'default_catalog';
/** Makes a catalog of one type from the options of CREATE CATALOG; throws when they are wrong. */
export type CatalogFactory = (name: string, options: ReadonlyMap<string, string>, store: RecordStore) => Catalog;

export class CatalogManager {
  private readonly catalogs = new Map<string, Catalog>();
  private readonly store: RecordStore;
  private readonly factories: ReadonlyMap<string, CatalogFactory>;
  private readonly references: OptionReferences;
  private constructor(store: RecordStore, factories: ReadonlyMap<string, CatalogFactory>, references: OptionReferences) { this.store = store; this.factories = factories; this.references = references; }

  /** Reads everything the store holds. `types`: catalog types besides the built-in one. */
  static async open(store: RecordStore, types: ReadonlyMap<string, CatalogFactory>, references: OptionReferences = noReferences): Promise<CatalogManager> {
    const generic: CatalogFactory = (name, options, s) => new GenericCatalog(name, options, s);
    const manager = new CatalogManager(store, new Map([['generic_in_memory', generic], ...types]), references);
    manager.catalogs.set(DEFAULT_CATALOG, generic(DEFAULT_CATALOG, new Map(), store));
    const records = await store.all();
    for (const { key, value } of records) {
      if (!key.startsWith('catalog/')) continue;
      const name = decodeURIComponent(key.slice('catalog/'.length));
      manager.catalogs.set(name, manager.make(name, new Map(value as [string, string][])));
    }
    for (const { key, value } of records) for (const c of manager.catalogs.values()) if (c instanceof GenericCatalog) c.load(key, value);
    return manager;
  }
  names(): readonly string[] { return [...this.catalogs.keys()].sort(); }
  has(name: string): boolean { return this.catalogs.has(name); }
  /** Throws `catalog-not-found`. */
  get(name: string): Catalog {
    const catalog = this.catalogs.get(name);
    if (catalog === undefined) throw catalogNotFound({ catalog: name, existing: this.names() });
    return catalog;
  }
  async create(name: string, options: ReadonlyMap<string, string>, ifNotExists: boolean): Promise<void> {
    if (this.catalogs.has(name)) {
      if (ifNotExists) return;
      throw duplicateObject({ noun: 'catalog', name });
    }
    const catalog = await this.checked(name, options);
    this.catalogs.set(name, catalog);
    try { await this.store.write([{ key: `catalog/${encodeURIComponent(name)}`, value: [...options] }]); } catch (error) {
      this.catalogs.delete(name);
      throw error;
    }
  }
  /** Gives a catalog other options, checked as at its making; sessions see them from their next statement on, jobs keep what they have. */
  async alter(name: string, options: ReadonlyMap<string, string>): Promise<void> {
    const before = this.get(name);
    if (before instanceof GenericCatalog) throw catalogReadOnly({ catalog: name, type: before.type, action: 'ALTER CATALOG' });
    const after = await this.checked(name, options);
    await this.store.write([{ key: `catalog/${encodeURIComponent(name)}`, value: [...options] }]);
    this.catalogs.set(name, after);
    await before.close();
  }
  async drop(name: string, ifExists: boolean): Promise<void> {
    if (!this.catalogs.has(name) && ifExists) return;
    const catalog = this.get(name);
    if (name === DEFAULT_CATALOG) throw objectInUse({ noun: 'catalog', name, user: 'it is the built-in catalog' });
    if (catalog.type === 'generic_in_memory') for (const db of await catalog.listDatabases()) await catalog.dropDatabase(db, { ifExists: true, cascade: true });
    this.catalogs.delete(name);
    try { await this.store.write([{ key: `catalog/${encodeURIComponent(name)}`, value: undefined }]); } catch (error) {
      this.catalogs.set(name, catalog);
      throw error;
    }
    await catalog.close();
  }
  async close(): Promise<void> {
    for (const catalog of this.catalogs.values()) await catalog.close();
    await this.store.close();
  }
  /** Throws when a reference in options has no value now. */
  checkReferences(options: ReadonlyMap<string, string>): void { this.references.resolve(options); }
  /** With references the catalog is made once with their values, to see that these are right, and kept without. */
  private async checked(name: string, options: ReadonlyMap<string, string>): Promise<Catalog> {
    const resolved = this.references.resolve(options);
    if (resolved !== options) await this.make(name, resolved).close();
    return this.make(name, options);
  }
  private make(name: string, options: ReadonlyMap<string, string>): Catalog {
    const type = options.get('type') ?? '';
    const factory = this.factories.get(type);
    if (factory === undefined) throw unknownCatalogType({ type, known: [...this.factories.keys()] });
    return factory(name, options, this.store);
  }
}

/** One session's view. */
export class SessionCatalog {
  readonly manager: CatalogManager;
  currentCatalog: string;
  currentDatabase: string;
  private readonly temporary = new Map<string, CatalogObject>();
  constructor(manager: CatalogManager) {
    this.manager = manager;
    this.currentCatalog = DEFAULT_CATALOG;
    this.currentDatabase = manager.get(DEFAULT_CATALOG).defaultDatabase;
  }
  useCatalog(name: string): void {
    const catalog = this.manager.get(name);
    this.currentCatalog = name;
    this.currentDatabase = catalog.defaultDatabase;
  }
  async useDatabase(parts: readonly string[]): Promise<void> {
    const { catalog, database } = await this.database(parts);
    this.currentCatalog = catalog;
    this.currentDatabase = database;
  }
  /** `[db]` or `[catalog, db]`, checked to exist; no parts = the current one. A lone name that is a catalog but no database means that catalog's default database. */
  async database(parts: readonly string[]): Promise<{ catalog: string; database: string }> {
    if (parts.length === 0) return { catalog: this.currentCatalog, database: this.currentDatabase };
    const catalogName = parts.length > 1 ? parts[0] ?? '' : this.currentCatalog, database = parts.at(-1) ?? '';
    const catalog = this.manager.get(catalogName), existing = await catalog.listDatabases();
    if (existing.includes(database)) return { catalog: catalogName, database };
    if (parts.length === 1 && this.manager.has(database)) return { catalog: database, database: this.manager.get(database).defaultDatabase };
    throw databaseNotFound({ catalog: catalogName, database, existing });
  }
  /** The full path a name means for this session; nothing is looked up. */
  path(parts: readonly string[]): ObjectPath {
    const name = parts.at(-1) ?? '';
    if (parts.length === 1) return { catalog: this.currentCatalog, database: this.currentDatabase, name };
    if (parts.length === 2) return { catalog: this.currentCatalog, database: parts[0] ?? '', name };
    return { catalog: parts.at(-3) ?? '', database: parts.at(-2) ?? '', name };
  }
  /** Temporary objects first, then the catalog's. Throws catalog-, database- or table-not-found with the nearest names. */
  async resolve(parts: readonly string[]): Promise<CatalogObject> {
    const found = await this.find(parts);
    if (found !== undefined) return found;
    const path = this.path(parts), catalog = this.manager.get(path.catalog), databases = await catalog.listDatabases();
    if (!databases.includes(path.database)) throw databaseNotFound({ catalog: path.catalog, database: path.database, existing: databases });
    const existing = await this.tableNames(path.catalog, path.database);
    throw tableNotFound({ table: path.name, where: `${quoted(path.catalog)}.${quoted(path.database)}`, existing, noun: catalog.type === 'kafka' ? 'topic' : 'table' });
  }
  async find(parts: readonly string[]): Promise<CatalogObject | undefined> {
    const path = this.path(parts);
    const temporary = this.temporary.get(keyOf(path));
    if (temporary !== undefined) return temporary;
    if (!this.manager.has(path.catalog)) throw catalogNotFound({ catalog: path.catalog, existing: this.manager.names() });
    return this.manager.get(path.catalog).getObject(path.database, path.name);
  }
  temporaryObject(path: ObjectPath): CatalogObject | undefined { return this.temporary.get(keyOf(path)); }
  createTemporary(object: CatalogObject, ignoreIfExists: boolean): void {
    const key = keyOf(object.path);
    if (this.temporary.has(key)) {
      if (ignoreIfExists) return;
      throw duplicateObject({ noun: `temporary ${object.kind}`, name: object.path.name });
    }
    this.temporary.set(key, object);
  }
  replaceTemporary(object: CatalogObject): void { this.temporary.set(keyOf(object.path), object); }
  /** False when there is none. */
  dropTemporary(path: ObjectPath): boolean { return this.temporary.delete(keyOf(path)); }
  temporaryObjects(): readonly CatalogObject[] { return [...this.temporary.values()]; }
  /** Tables and views of a database with the session's temporary ones, sorted. */
  async tableNames(catalog: string, database: string, kind?: 'view'): Promise<readonly string[]> {
    const c = this.manager.get(catalog);
    const names = new Set(kind === 'view' ? await c.listViews(database) : await c.listTables(database));
    for (const o of this.temporary.values()) if (o.path.catalog === catalog && o.path.database === database && (kind === undefined || o.kind === kind)) names.add(o.path.name);
    return [...names].sort();
  }
}
const keyOf = (p: ObjectPath): string => JSON.stringify([p.catalog, p.database, p.name]);
export { pathSummary };
